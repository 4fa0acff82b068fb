"""The pictures in figures/, for README and index: `make figures` draws them again, byte for byte."""

import io
import re
from pathlib import Path

import matplotlib as mpl
import numpy as np

from lstm_helpers import LSTMWeights, lstm_forward, lstm_step, worked_example
from lstm_helpers.gradient_flow import cell_gradients, gradient_paths
from lstm_helpers.plots.cell import draw_cell
from lstm_helpers.plots.flow import draw_path, draw_survival
from lstm_helpers.plots.forward import draw_gates
from lstm_helpers.plots.implementations import draw_two_memories
from lstm_helpers.plots.overlaps import refuse_overlaps
from lstm_helpers.plots.rnn import draw_cobweb
from lstm_helpers.plots.style import STYLE, new_figure, styled
from lstm_helpers.plots.training import draw_gradient_and_accuracy
from lstm_helpers.plots.way_back import draw_way_back

FOLDER = Path(__file__).parents[1] / "figures"


def cell_figure():
    """The worked example's cell at t = 6, where the memory is kept and read."""
    x, weights = worked_example.sequence(), worked_example.weights()
    h = c = np.zeros((1, 1))
    for x_t in x[:6]:
        before, step = (h, c), lstm_step(x_t, h, c, weights)
        h, c = step.h, step.c
    return draw_cell(step, x[5], *before, title="An LSTM cell at work: the memory is kept, and read")


@styled
def thumbnail(draw, *args, **kwargs):
    """The picture small enough that its labels are legible two abreast: 6 inches for 400 pixels."""
    figure, ax = new_figure(6, 4)
    draw(*args, ax=ax, **kwargs)
    return figure


def gates_figure():
    """The worked example's gates, candidate and states over its nine steps."""
    figure = thumbnail(draw_gates, lstm_forward(worked_example.sequence(), worked_example.weights()))
    figure.axes[0].set_xticklabels(range(1, 10))  # t = 1, t = 2, ... would run into one another
    figure.axes[0].set_xlabel("step $t$")
    return figure


def race_figure():
    """dC_t/dC_1 of untrained LSTMs with 16 units for four forget biases: 20 draws each."""
    draw, bands = np.random.default_rng(0), {}
    for b_f in (0, 1, 3, 5):
        sizes = []
        for _ in range(20):
            W_x, W_h = draw.uniform(-0.25, 0.25, (64, 8)), draw.uniform(-0.25, 0.25, (64, 16))
            weights = LSTMWeights(W_x, W_h, np.repeat([0.0, b_f, 0, 0], 16))
            trace = lstm_forward(draw.normal(size=(101, 1, 8)), weights)
            sizes.append(np.log10(np.linalg.norm(cell_gradients(trace, weights, 1)[:, 0], 2, axis=(-2, -1))))
        bands[f"$b_f$ = {b_f}"] = np.array(sizes).T
    return thumbnail(draw_survival, bands, bottom=-26.0, top=4.0)


def paths_figures():
    """The five paths from L_3 to the forget gate's pre-activation at step 2, one figure each."""
    paths = gradient_paths(3, 2, "f")
    return [draw_path(path, 3, f"path {k} of {len(paths)}: ") for k, path in enumerate(paths, start=1)]


def memories_figure():
    """The worked example with its gate rows in PyTorch's order, and with input and forget gate swapped."""
    x, orders = worked_example.sequence(), ("ifgo", "figo")
    memories = [lstm_forward(x, worked_example.weights(order)).c[:, 0, 0] for order in orders]
    return thumbnail(draw_two_memories, *memories, worked_example.MEMORY_AFTER)


def prediction_figure():
    """The gradient before training and the accuracy after it, for the runs on which notebook 06 tries its cut."""
    from lstm_helpers.experiment import sweep  # which needs torch

    table = sweep.read_table()
    tried = table[(table["replica"] == 0) & table["seed"].isin(sweep.OTHER_SEEDS)]
    runs = {name: (rows["gradient_start"], rows["accuracy"]) for name, rows in tried.groupby("network")}
    return draw_gradient_and_accuracy({"": runs}, chance=0.1, cut=10**-2.1)


FIGURES = {
    "cell.svg": cell_figure,
    "gates.svg": gates_figure,
    "cobweb.svg": lambda: thumbnail(draw_cobweb, 1.5, starts=(0.05, -0.3)),
    "paths.svg": paths_figures,
    "way_back.svg": lambda: thumbnail(draw_way_back, 8),
    "race.svg": race_figure,
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


def moving(figures, seconds=2.5):
    """SVG text that shows figures of one size one after the other, over and over; the last one where nothing moves."""
    pages = [svg(figure) for figure in figures]
    head = pages[0].partition(' <g id="figure_1">')[0]
    frames = [page.removeprefix(head).removesuffix("</svg>\n") for page in pages]
    frames = [re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{k}-", frame) for k, frame in enumerate(frames, start=1)]
    rules = [f".frame {{animation: frame {seconds * len(frames)}s infinite step-end}}"]
    rules += [f"@keyframes frame {{0% {{visibility: visible}} {100 / len(frames)}% {{visibility: hidden}}}}"]
    rules += [
        f".frame:nth-of-type({k}) {{animation-delay: {seconds * (k - 1 - len(frames))}s}}"
        for k in range(1, len(frames) + 1)
    ]
    rules += [".frame:not(:last-of-type) {visibility: hidden}"]
    rules += ["@media (prefers-reduced-motion: reduce) {.frame {animation: none}}"]
    head = head.replace("</style>", "\n" + "\n".join(rules) + "</style>")
    return head + "".join(f'<g class="frame">\n{frame}</g>\n' for frame in frames) + "</svg>\n"


def drawn(name):
    """The SVG text of the file of this name: a function draws one figure, or several that follow each other.
    Raises ValueError where a label cannot be read."""
    figures = FIGURES[name]()
    figures = figures if isinstance(figures, list) else [figures]
    text = moving(figures) if len(figures) > 1 else svg(figures[0])
    refuse_overlaps(figures)  # later, for it draws them, after which their layout is a little different
    return text


if __name__ == "__main__":
    for name in FIGURES:
        (FOLDER / name).write_text(drawn(name), encoding="utf-8")
        print(f"figures/{name}")
