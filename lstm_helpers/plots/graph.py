"""The unrolled LSTM as a graph of single operations, with chosen edges in colour."""

import numpy as np
from matplotlib.offsetbox import AnchoredOffsetbox, HPacker, TextArea
from matplotlib.patches import Circle

from lstm_helpers.plots.style import FAINT, GATE_COLOURS, GREY, INK, new_figure, styled

PALE = "#A6A6A6"
STEP = 4.6  # inches from one step to the next
PLACES = {  # of a node within its step
    "f~": (0.0, 0.0), "i~": (0.9, 0.0), "g~": (1.8, 0.0), "o~": (2.7, 0.0),
    "f": (0.0, 1.15), "i": (0.9, 1.15), "g": (1.8, 1.15), "o": (2.7, 1.15),
    "c": (0.9, 2.9), "m": (2.25, 2.3), "h": (3.4, 1.75), "L": (4.5, 2.3),
}  # fmt: skip


def edges(last):
    """Every pair (from, to) of nodes, in the direction of the forward pass, for steps 1 ... last and the loss."""
    found = []
    for t in range(1, last + 1):
        found += [(f"{gate}~{t}", f"{gate}{t}") for gate in "figo"]
        found += [(f"{gate}{t}", f"c{t}") for gate in "fig"]
        found += [(f"c{t}", f"m{t}"), (f"m{t}", f"h{t}"), (f"o{t}", f"h{t}")]
        if t < last:
            found += [(f"h{t}", f"{gate}~{t + 1}") for gate in "figo"] + [(f"c{t}", f"c{t + 1}")]
    return [*found, (f"h{last}", "L")]


@styled
def draw_graph(last, coloured=None, title="", thin=(), backwards=False, ax=None):
    """Steps 1 ... last with their loss L at the last one. title: a text, or its pieces, {text: colour}.

    coloured: {(from, to): colour} for the edges to bring out, drawn as arrows from `to` to `from` where backwards is
    true. thin: those of them that are drawn thinner.
    """
    coloured = coloured or {}
    figure, ax = new_figure(round(0.5 + STEP * last * 0.77, 1), 4.2, ax)
    ax.set_axis_off()
    ax.set(xlim=(-0.5, STEP * last + 0.4), ylim=(-1.7, 3.7), aspect="equal")
    place = {node: _place(node, last) for pair in edges(last) for node in pair}
    for t in range(1, last + 1):
        x = (t - 1) * STEP
        ax.text(x + 1.35, -1.32, f"step {t}", ha="center", va="top", color=GREY)
        if t > 1:
            ax.plot([x - 0.5] * 2, [-1.6, 3.3], color=FAINT, lw=1, ls=":")
    for edge in edges(last):
        if edge not in coloured:
            _edge(ax, last, edge, PALE if coloured else GREY, 1.4)
    for edge, colour in coloured.items():
        width = 1.8 if edge in thin else 3.4
        _edge(ax, last, edge, colour, width, backwards)
    lit = {node for edge in coloured for node in edge}
    for node, at in place.items():
        colour = GATE_COLOURS.get(node[0], INK)
        ax.add_patch(Circle(at, 0.31, fc="white", ec=colour, lw=2.2 if node in lit or not coloured else 1.0, zorder=3))
        ax.text(*at, label(node), ha="center", va="center", zorder=4, color=colour, fontsize=13)
    if isinstance(title, str):
        ax.set_title(title, loc="left")
    else:
        pieces = [TextArea(text, textprops={"color": colour, "fontsize": 15}) for text, colour in title.items()]
        line = HPacker(children=pieces, pad=0, sep=6, align="baseline")
        ax.add_artist(AnchoredOffsetbox("upper left", child=line, frameon=False, pad=0, borderpad=0))
    return figure


def label(node):
    """A node's name as mathtext: "f~2" is the pre-activation of the forget gate at step 2."""
    if node == "L":
        return "$L$"
    name = rf"\tilde{{{node[0]}}}" if "~" in node else node[0]
    return f"${name}_{{{node[-1]}}}$"


def _place(node, last):
    x, y = PLACES[node.rstrip("0123456789")]
    t = last if node == "L" else int(node[-1])
    return x + (t - 1) * STEP, y


def edge_points(edge, last):
    """The corners (or a bow's many points) of an edge: straight, but for the four from h to the next step's
    pre-activations, which go round below, side by side, and for what leaps over a step, in a bow above."""
    points = np.array([_place(node, last) for node in edge])
    if edge[0][0] == "h" and "~" in edge[1]:
        track = "figo".index(edge[1][0])
        x, y = points[0][0] + 0.18 - 0.12 * track, -0.5 - 0.17 * track
        return np.array([(x, points[0][1]), (x, y), (points[1][0], y), points[1]])
    if edge[1] != "L" and int(edge[1][-1]) - int(edge[0][-1]) > 1:
        along = np.linspace(0, 1, 60)[:, None]
        height = 4 * along * (1 - along) * (0.75 if edge[0][0] == "c" else 2.3)
        return points[0] + along * (points[1] - points[0]) + height * [0, 1]
    return points


def _edge(ax, last, edge, colour, width, backwards=False):
    points = edge_points(edge, last)[:: -1 if backwards else 1]
    end = points[-1]
    towards = (points[-1] - points[-2]) / np.linalg.norm(points[-1] - points[-2])
    points = points[np.linalg.norm(points - end, axis=1) > 0.33]  # up to the rim of the circle
    points = np.concatenate([points, [end - 0.33 * towards]])
    order = 1 if colour in (PALE, GREY) else 2
    ax.plot(*points[:-1].T, color=colour, lw=width, zorder=order, solid_joinstyle="round")
    arrow = {"arrowstyle": "-|>", "color": colour, "lw": width, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 11}
    ax.annotate("", points[-1], points[-2], arrowprops=arrow, zorder=order)
