"""The cell diagram, with one step's numbers on its wires."""

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Circle, FancyBboxPatch

from lstm_helpers.plots.style import (
    FAINT,
    GATE_COLOURS,
    GATE_NAMES,
    GREY,
    INK,
    decimals,
    new_figure,
    number,
    styled,
    text_on,
)

# Where things stand, in inches from the lower left corner.
CELL_LINE, MERGE, OUTPUT, GATE_ROW, BUS = 4.75, 3.7, 3.3, 2.35, 1.3  # heights
GATE_X = {"f": 2.6, "i": 4.1, "g": 5.7, "o": 7.3}
WRITE_X, READ_X = 4.9, 8.75
LEFT, RIGHT = 0.25, 10.75


@styled
def draw_cell(step, x_t, h_prev, c_prev, title="", upto=6):
    """One step of an LSTM with one unit and one sequence, after the equations (1.2) to (1.7).

    step: LSTMStep whose arrays are (1, 1). x_t: its input, (1, I). h_prev, c_prev: the states before it, (1, 1).
    upto: how many of the six equations are drawn, in their order. A gate's box is filled as far as the gate is open.
    """
    figure, ax = new_figure(11, 6)
    ax.set_axis_off()
    ax.set(xlim=(0, 11), ylim=(0, 6), aspect="equal")
    v = {name: float(value[0, 0]) for name, value in step._asdict().items()}
    v |= {"h_prev": float(h_prev[0, 0]), "c_prev": float(c_prev[0, 0])}

    _rounded(ax, 1.75, 0.75, 7.75, 4.6, radius=0.3, fc="#F6F6F6", ec=FAINT)
    ax.text(LEFT, 5.75, title, fontsize=17, va="center", weight="bold")

    for gate, stage in {"f": 1, "i": 2, "g": 3, "o": 5}.items():
        if stage <= upto:
            _draw_gate(ax, gate, v)
    _wire(ax, [(1.4, 0.2), (1.4, BUS)], GREY, arrow=False)
    _dot(ax, 1.4, BUS)
    _label(ax, LEFT, BUS + 0.27, f"$h_{{t-1}}$ = {decimals(v['h_prev'])}", INK)
    _label(ax, 1.55, 0.35, "$x_t$ = (" + ", ".join(number(value) for value in x_t[0]) + ")", INK)
    if upto >= 4:  # (1.5)
        _draw_cell_state(ax, v)
    if upto >= 6:  # (1.7)
        _draw_hidden_state(ax, v)
    return figure


def _draw_gate(ax, gate, v):
    x, colour = GATE_X[gate], GATE_COLOURS[gate]
    _wire(ax, [(LEFT, BUS), (x, BUS)], GREY, arrow=False)
    _wire(ax, [(x, BUS), (x, GATE_ROW - 0.35)], GREY)
    _dot(ax, x, BUS)
    tops = {
        "f": [(x, CELL_LINE - 0.2)],
        "i": [(x, MERGE), (WRITE_X - 0.2, MERGE)],
        "g": [(x, MERGE), (WRITE_X + 0.2, MERGE)],
        "o": [(x, OUTPUT), (READ_X - 0.2, OUTPUT)],
    }
    _wire(ax, [(x, GATE_ROW + 0.35), *tops[gate]], colour)
    _gate(ax, gate, x, v[gate])
    _label(ax, x + 0.1, BUS + 0.34, rf"$\tilde{{{gate}}}_t$ = {number(v[gate + '_pre'])}", GREY)
    _label(ax, x + 0.1, GATE_ROW + 0.62, f"${gate}_t$ = {decimals(v[gate])}", colour)


def _draw_cell_state(ax, v):
    _wire(ax, [(LEFT, CELL_LINE), (RIGHT, CELL_LINE)], INK, width=4)
    _wire(ax, [(WRITE_X, MERGE + 0.2), (WRITE_X, CELL_LINE - 0.2)], INK)
    _node(ax, GATE_X["f"], CELL_LINE, r"$\times$")
    _node(ax, WRITE_X, CELL_LINE, "+")
    _node(ax, WRITE_X, MERGE, r"$\times$")
    over = CELL_LINE + 0.27
    _label(ax, LEFT, over, f"$c_{{t-1}}$ = {decimals(v['c_prev'])}", INK)
    _label(ax, 3.0, over, rf"$f_t\,c_{{t-1}}$ = {decimals(v['f'] * v['c_prev'])}", GATE_COLOURS["f"])
    _label(ax, WRITE_X + 0.12, 4.25, rf"$i_t\,g_t$ = {decimals(v['i'] * v['g'])}", INK)
    _label(ax, RIGHT, over, f"$c_t$ = {decimals(v['c'])}", INK, left=True)


def _draw_hidden_state(ax, v):
    _wire(ax, [(READ_X, CELL_LINE), (READ_X, 4.32)], INK, arrow=False)
    _wire(ax, [(READ_X, 4.0), (READ_X, OUTPUT + 0.2)], INK)
    _wire(ax, [(READ_X, OUTPUT - 0.2), (READ_X, BUS), (RIGHT, BUS)], INK)
    _dot(ax, READ_X, CELL_LINE, INK)
    _node(ax, READ_X, OUTPUT, r"$\times$")
    _rounded(ax, READ_X - 0.42, 3.98, 0.84, 0.36, fc="white", ec=INK, zorder=4)
    _centred(ax, READ_X, 4.16, "tanh", 14)
    _label(ax, READ_X - 0.12, 3.72, f"$m_t$ = {decimals(v['m'])}", INK, left=True)
    _label(ax, RIGHT, BUS + 0.27, f"$h_t$ = {decimals(v['h'])}", INK, left=True)


def _gate(ax, gate, x, value):
    fill = 1 - abs(value) * (1 - np.array(to_rgb(GATE_COLOURS[gate])))
    _rounded(ax, x - 0.58, GATE_ROW - 0.35, 1.16, 0.7, fc=fill, ec=GATE_COLOURS[gate], lw=2.4, zorder=4)
    _centred(ax, x, GATE_ROW + 0.13, "tanh" if gate == "g" else r"$\sigma$", 14, text_on(fill))
    _centred(ax, x, GATE_ROW - 0.15, GATE_NAMES[gate], 12.5, text_on(fill))


def _wire(ax, points, colour, width=2.4, arrow=True):
    ax.plot(*zip(*points), color=colour, linewidth=width, solid_capstyle="butt", solid_joinstyle="round", zorder=2)
    if arrow:
        (x0, y0), (x1, y1) = points[-2:]
        back = x1 - 0.12 * np.sign(x1 - x0), y1 - 0.12 * np.sign(y1 - y0)  # wires are level or upright
        style = {"arrowstyle": "-|>", "color": colour, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 16}
        ax.annotate("", (x1, y1), back, arrowprops=style, zorder=3)


def _node(ax, x, y, sign):
    ax.add_patch(Circle((x, y), 0.2, fc="white", ec=INK, lw=2, zorder=4))
    _centred(ax, x, y - 0.01, sign, 15)


def _dot(ax, x, y, colour=GREY):
    ax.add_patch(Circle((x, y), 0.055, color=colour, zorder=4))


def _rounded(ax, x, y, width, height, radius=0.1, **look):
    ax.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=f"round,pad=0,rounding_size={radius}", **look))


def _centred(ax, x, y, text, size, colour=INK):
    ax.text(x, y, text, ha="center", va="center", fontsize=size, color=colour, zorder=5)


def _label(ax, x, y, text, colour, left=False):
    ax.text(x, y, text, color=colour, ha="right" if left else "left", va="center", fontsize=15, zorder=6)
