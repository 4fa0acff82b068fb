"""Texts that lie on one another, on a line, or over the edge: Matplotlib knows all the boxes."""

from itertools import combinations
from unittest.mock import patch

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import same_color, to_rgba
from matplotlib.text import Text
from matplotlib.transforms import Bbox

SLACK = 1.0  # pixels, at 100 an inch, by which a text's box is larger than its letters on each side


def refuse_overlaps(figures):
    """Raises ValueError where a label cannot be read."""
    for number, figure in enumerate(figures, start=1):
        for complaint in overlaps(figure):
            raise ValueError(f"picture {number} of {len(figures)}: {complaint}")


def overlaps(figure):
    """What is wrong with the texts of a figure as it is drawn, a complaint each: text on text, text over the edge,
    text on a line of another colour.

    A line of the text's own colour is the one that it names. A text may lie on what is filled: a bar, a band.
    """
    seen = [text for text in _drawn(figure) if text.get_visible() and text.get_text().strip()]
    texts = {text: text.get_window_extent().padded(-SLACK) for text in seen}
    pairs = combinations(texts, 2)
    found = [f"{_words(a)} lies on {_words(b)}" for a, b in pairs if texts[a].fully_overlaps(texts[b])]
    lines = [line for axes in figure.axes for line in axes.lines]
    for text, box in texts.items():
        if not _inside(box, figure.bbox.padded(SLACK)):
            found.append(f"{_words(text)} is cut off at the edge")
        others = [line for line in lines if not same_color(line.get_color(), text.get_color())]
        crossing = [line for line in others if _crosses(line, box) and not _covered(line, box)]
        found += [f"{_words(text)} lies on a line of the colour {line.get_color()}" for line in crossing]
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


def _inside(box, around):
    return all(around.contains(*corner) for corner in box.corners())


def _covered(line, box):
    """Does something opaque lie between the line and the text?"""
    above = [patch for patch in line.axes.patches if patch.get_zorder() > line.get_zorder()]
    opaque = [patch for patch in above if to_rgba(patch.get_facecolor())[3] == 1]
    return any(_inside(box, patch.get_window_extent()) for patch in opaque)


def _crosses(line, box):
    """Does the line, as far as the axes show it, pass through the box?"""
    shown = Bbox.intersection(box, line.axes.bbox if line.get_clip_on() else line.figure.bbox)
    if shown is None or not line.get_visible() or line.get_linestyle() == "None":
        return False
    return line.get_path().transformed(line.get_transform()).intersects_bbox(shown, filled=False)


def _words(text):
    return repr(" ".join(text.get_text().split()))
