"""The pictures in figures/, one for each notebook: `make figures` draws them again, byte for byte."""

import io
from pathlib import Path

import matplotlib as mpl
import numpy as np

from lstm_helpers import lstm_forward, lstm_step, worked_example
from lstm_helpers.gradient_flow import gradient_paths
from lstm_helpers.plots.cell import draw_cell
from lstm_helpers.plots.flow import draw_path
from lstm_helpers.plots.graph import draw_graph
from lstm_helpers.plots.implementations import draw_two_memories
from lstm_helpers.plots.rnn import draw_cobweb
from lstm_helpers.plots.style import GATE_COLOURS, INK, STYLE
from lstm_helpers.plots.training import draw_gradient_and_accuracy

FOLDER = Path(__file__).parents[2] / "figures"


def cell_figure():
    """The worked example's cell at t = 6, where the memory is kept and read."""
    x, weights = worked_example.sequence(), worked_example.weights()
    h = c = np.zeros((1, 1))
    for x_t in x[:6]:
        before, step = (h, c), lstm_step(x_t, h, c, weights)
        h, c = step.h, step.c
    return draw_cell(step, x[5], *before, title="An LSTM cell at work: the memory is kept, and read")


def uses_figure():
    """What of step 2 depends on h_1 and c_1: each arrow is a term of (3.4) or (3.5)."""
    of_h = {("h1", f"{gate}~2"): GATE_COLOURS[gate] for gate in "figo"}
    return draw_graph(2, coloured=of_h | {("c1", "m1"): INK, ("c1", "c2"): INK})


def path_figure():
    """The path from L_3 to the forget gate of step 2 that leaves through step 3's input gate."""
    path = next(path for path in gradient_paths(3, 2, "f") if "i~3" in path)
    return draw_path(path, 3)


def memories_figure():
    """The worked example with its gate rows in PyTorch's order, and with input and forget gate swapped."""
    x, orders = worked_example.sequence(), ("ifgo", "figo")
    memories = [lstm_forward(x, worked_example.weights(order)).c[:, 0, 0] for order in orders]
    return draw_two_memories(*memories, worked_example.MEMORY_AFTER)


def prediction_figure():
    """The gradient before training and the accuracy after it, for the runs on which notebook 06 tries its cut."""
    from lstm_helpers.experiment import sweep  # which needs torch

    table = sweep.read_table()
    tried = table[(table["replica"] == 0) & table["seed"].isin(sweep.OTHER_SEEDS)]
    runs = {name: (rows["gradient_start"], rows["accuracy"]) for name, rows in tried.groupby("network")}
    return draw_gradient_and_accuracy({"": runs}, chance=0.1, cut=10**-2.1)


FIGURES = {
    "cell.svg": cell_figure,
    "cobweb.svg": lambda: draw_cobweb(1.5, starts=(0.05, -0.3)),
    "uses.svg": uses_figure,
    "path.svg": path_figure,
    "memories.svg": memories_figure,
    "prediction.svg": prediction_figure,
}


# For readers of dark pages: light becomes dark, and each colour keeps its hue.
DARK = "@media (prefers-color-scheme: dark) {svg:root {filter: invert(0.93) hue-rotate(180deg)}}"


def svg(figure):
    """The figure as SVG text without date or random ids, dark where the reader prefers dark pages."""
    text = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue().replace("</style>", f"\n{DARK}</style>", 1)


if __name__ == "__main__":
    for name, draw in FIGURES.items():
        (FOLDER / name).write_text(svg(draw()), encoding="utf-8")
        print(f"figures/{name}")
