"""The pictures in figures/: `make figures` draws them again, byte for byte."""

import io
from pathlib import Path

import matplotlib as mpl
import numpy as np

from lstm_helpers import lstm_step, worked_example
from lstm_helpers.plots.cell import draw_cell
from lstm_helpers.plots.style import STYLE

FOLDER = Path(__file__).parents[2] / "figures"


def cell_figure():
    """The worked example's cell at t = 6, where the memory is kept and read."""
    x, weights = worked_example.sequence(), worked_example.weights()
    h = c = np.zeros((1, 1))
    for x_t in x[:6]:
        before, step = (h, c), lstm_step(x_t, h, c, weights)
        h, c = step.h, step.c
    return draw_cell(step, x[5], *before, title="An LSTM cell at work: the memory is kept, and read")


FIGURES = {"cell.svg": cell_figure}


def svg(figure):
    """The figure as SVG text without date or random ids."""
    text = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


if __name__ == "__main__":
    for name, draw in FIGURES.items():
        (FOLDER / name).write_text(svg(draw()), encoding="utf-8")
        print(f"figures/{name}")
