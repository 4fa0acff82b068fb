"""A diagnosis as a picture: the graph of two or three steps, its wrong arrows in red, with what they carry."""

import textwrap
from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.transforms import Bbox

from lstm_helpers.plots.graph import STEP, draw_graph, edge_points
from lstm_helpers.plots.style import INK, styled

RED = "#C00020"
SIZE = 13
AWAY = [(radius, angle) for radius in (0.0, 0.5, 0.7, 0.9, 1.15, 1.45, 1.8, 2.2, 2.7) for angle in range(0, 360, 15)]


@styled
def draw_findings(findings, last=2):
    """The graph of `last` steps, or of three where that is needed, with the arrows of these Findings in red. A Figure.

    Beside a red arrow stands what it carries and what belongs there; one that is wrong at every step is labelled at
    the last. Below stands what is wrong with no arrow.
    """
    arrows = [(finding, arrow) for finding in findings for arrow in finding.arrows]
    last = max([last, *(int(node[-1]) for _, arrow in arrows for node in (arrow.start, arrow.end) if node != "L")])
    below = [
        line
        for finding in findings
        if not any(arrow.carries for arrow in finding.arrows)
        for line in _lines(finding, 48 * last)
    ]
    width, height = STEP * last + 0.9, 6.0 + 0.3 * len(below) + 0.2 * bool(below)
    figure = Figure(figsize=(1.1 * width, 1.1 * height))
    ax = figure.add_axes((0, 0, 1, 1))
    red = {edge: RED for _, arrow in arrows for edge in _copies(arrow, last)}
    draw_graph(last, coloured=red, ax=ax)
    ax.set(xlim=(-0.5, width - 0.5), ylim=(4.2 - height, 4.2))
    for k, line in enumerate(below):
        ax.text(-0.3, -1.75 - 0.3 * k, line, color=RED, fontsize=SIZE, va="top")
    notes = Notes(ax, last, red)
    for finding, arrow in arrows:
        if arrow.carries:
            notes.add(_copies(arrow, last)[-1], finding.equation, arrow)
    return figure


def _copies(arrow, last):
    """The arrow at each step at which it is wrong, the one to be labelled last."""
    edge = (arrow.start, "L" if arrow.end == "L" else arrow.end)
    if not arrow.each_step:
        return [edge]
    steps = {int(node[-1]) for node in edge if node != "L"}
    if edge[1] == "L":
        return [(f"h{last}", "L")]
    moved = [tuple(f"{node[:-1]}{int(node[-1]) + by}" for node in edge) for by in range(-1, last - 1)]
    return [edge for edge in moved if min(steps) > 0 and all(0 < int(node[-1]) <= last for node in edge)]


def _lines(finding, width):
    number = f"({finding.equation}) " if finding.equation else ""
    return textwrap.wrap(number + _plain(finding.words), width, subsequent_indent="    ")


def _plain(words):
    """Without the tildes that combine with a letter, which the picture's font places badly."""
    return words.replace("\u0303", "~")


class Notes:
    """Labels beside arrows: each where it hides no circle and no other label, and as little of the red arrows as can
    be, with a thin line to its arrow if it stands away from it."""

    def __init__(self, ax, last, red):
        self.ax, self.last = ax, last
        self.inside = ax.get_window_extent().padded(-4)
        self.taken = [artist.get_window_extent() for artist in (*ax.patches, *ax.texts)]
        self.red = np.concatenate([_dense(self._pixels(edge_points(edge, last))) for edge in red] or [np.zeros((0, 2))])

    def _pixels(self, points):
        return self.ax.transData.transform(points)

    def add(self, edge, equation, arrow):
        points = _dense(self._pixels(edge_points(edge, self.last)))
        anchor = points[len(points) // 2]
        lines = [f"({equation}) carries ${arrow.carries}$", f"belongs: ${arrow.belongs}$"]
        texts = [self.ax.text(0, 0, line, color=colour, fontsize=SIZE, zorder=7)
                 for line, colour in zip(lines, (RED, INK))]  # fmt: skip
        sizes = [text.get_window_extent() for text in texts]
        wide = max(size.width for size in sizes) + 8
        high = sum(size.height for size in sizes) + 10
        scale = self._pixels([(1, 0)])[0, 0] - self._pixels([(0, 0)])[0, 0]
        best = None
        for radius, angle in AWAY:
            turn = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
            centre = anchor + scale * radius * turn + turn * (wide / 2, high / 2) * (radius > 0)
            box = _box(centre, wide, high)
            line = np.linspace(anchor, np.clip(anchor, box.p0, box.p1), 25)
            cost = radius + self._cost(box, line)
            if best is None or cost < best[0]:
                best = cost, box, line
        _, box, line = best
        self._write(texts, sizes, box, line)
        self.taken += [box]
        self.red = np.concatenate([self.red, line])

    def _cost(self, box, line):
        inside = self.inside
        cost = 1000.0 * (box.x0 < inside.x0 or box.x1 > inside.x1 or box.y0 < inside.y0 or box.y1 > inside.y1)
        for other in self.taken:
            if min(box.x1, other.x1) > max(box.x0, other.x0) and min(box.y1, other.y1) > max(box.y0, other.y0):
                cost += 100
            cost += 3 * _inside(line[1:-1], other).any()
        return cost + 0.2 * _inside(self.red, box).sum()

    def _write(self, texts, sizes, box, line):
        back = self.ax.transData.inverted()
        (x0, y0), (x1, y1) = back.transform([box.p0, box.p1])
        self.ax.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, fc="white", ec=RED, lw=0.8, zorder=6))
        top = box.y1 - 4
        for text, size in zip(texts, sizes):
            text.set_position(back.transform((box.x0 + 4, top - size.height)))
            text.set_va("bottom")
            top -= size.height + 2
        if np.linalg.norm(line[-1] - line[0]) > 3:
            self.ax.plot(*back.transform(line[[0, -1]]).T, color=RED, lw=0.8, zorder=5)


def _box(centre, wide, high):
    half = np.array([wide, high]) / 2
    return Bbox([centre - half, centre + half])


def _inside(points, box):
    return ((points > box.p0) & (points < box.p1)).all(axis=1)


def _dense(points):
    """Points every few pixels along a line."""
    pieces = [np.linspace(a, b, max(2, int(np.linalg.norm(b - a) / 4))) for a, b in pairwise(points)]
    return np.concatenate(pieces)
