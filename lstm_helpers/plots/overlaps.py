"""Texts that lie on one another, on a line, or over the edge: Matplotlib knows all the boxes."""

from itertools import combinations
from unittest.mock import patch

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import same_color, to_rgba
from matplotlib.text import Text

SLACK = 1.0  # pixels, at 100 an inch, by which a text's box is larger than its letters on each side


def overlaps(figure):
    """What is wrong with the texts of a figure as it is drawn, a complaint each: text on text, text over the edge,
    text on a line of another colour.

    A line of the text's own colour is the one that it names. A text may lie on what is filled: a bar, a band.
    """
    texts = {text: text.get_window_extent().padded(-SLACK) for text in _drawn(figure) if text.get_text().strip()}
    found = [f"{_words(a)} lies on {_words(b)}" for a, b in combinations(texts, 2) if _meet(texts[a], texts[b])]
    edge = figure.bbox.padded(SLACK)
    for text, box in texts.items():
        if box.x0 < edge.x0 or box.x1 > edge.x1 or box.y0 < edge.y0 or box.y1 > edge.y1:
            found.append(f"{_words(text)} is cut off at the edge")
        for line in (line for axes in figure.axes for line in axes.lines):
            colour = line.get_color()
            if not same_color(colour, text.get_color()) and _crosses(line, box) and not _covered(line, box):
                found.append(f"{_words(text)} lies on a line of the colour {colour}")
    return found


def _drawn(figure):
    """The Text artists that Matplotlib draws: it has more of them than that, for ticks that are out of sight."""
    drawn, draw = [], Text.draw

    def record(text, renderer, *args, **kwargs):
        drawn.append(text)
        return draw(text, renderer, *args, **kwargs)

    with patch.object(Text, "draw", record):
        FigureCanvasAgg(figure).draw()
    return dict.fromkeys(drawn)


def _meet(a, b):
    return min(a.x1, b.x1) > max(a.x0, b.x0) and min(a.y1, b.y1) > max(a.y0, b.y0)


def _covered(line, box):
    """Does something opaque lie between the line and the text?"""
    for cover in line.axes.patches:
        if cover.get_zorder() > line.get_zorder() and to_rgba(cover.get_facecolor())[3] == 1:
            around = cover.get_window_extent()
            if around.x0 <= box.x0 and around.x1 >= box.x1 and around.y0 <= box.y0 and around.y1 >= box.y1:
                return True
    return False


def _crosses(line, box):
    """Does a piece of the line, as far as the axes show it, pass through the box? Each piece is a + s (b - a)."""
    if not line.get_visible() or line.get_linestyle() in ("None", ""):
        return False
    shown = line.axes.bbox if line.get_clip_on() else line.figure.bbox
    low = np.maximum([box.x0, box.y0], [shown.x0, shown.y0])
    high = np.minimum([box.x1, box.y1], [shown.x1, shown.y1])
    points = line.get_transform().transform(line.get_xydata())
    a, b = points[:-1], points[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        enters, leaves = np.sort([(low - a) / (b - a), (high - a) / (b - a)], axis=0)
    still = a == b  # in one direction: inside for all s or for none
    enters = np.where(still, np.where((a > low) & (a < high), 0, np.inf), enters).max(axis=1)
    leaves = np.where(still, 1, leaves).min(axis=1)
    return bool((low < high).all() and (np.maximum(enters, 0) < np.minimum(leaves, 1)).any())


def _words(text):
    return repr(" ".join(text.get_text().split()))
