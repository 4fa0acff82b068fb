"""Pictures of gradients on their way through an LSTM."""

from itertools import pairwise

import numpy as np
from matplotlib.ticker import MaxNLocator

from lstm_helpers.plots.graph import draw_graph, label
from lstm_helpers.plots.style import (
    BROWN,
    FAINT,
    GATE_COLOURS,
    GREY,
    INK,
    PALE_BLUE,
    VIOLET,
    network_look,
    new_figure,
    number,
    shades,
    spread,
    styled,
)

TERM_COLOURS = {"f_direct": GREY} | {f"via_{gate}": GATE_COLOURS[gate] for gate in "fig"}
TERM_NAMES = {"f_direct": "$f_t$"} | {f"via_{gate}": f"via ${gate}$" for gate in "fig"}


@styled
def draw_path(path, last, title=""):
    """One path on the unrolled graph of steps 1 ... last, its nodes after the title. path: nodes from "L" backwards."""
    door = [node for node in path if node.endswith("3")][-1]  # through which it leaves step 3: the cell, or a gate
    coloured = {(end, start): GATE_COLOURS.get(door[0], INK) for start, end in pairwise(path)}
    title += r" $\rightarrow$ ".join(map(label, path))
    return draw_graph(last, coloured=coloured, title=title)


@styled
def draw_terms(terms, total):
    """The four terms of dC_t/dC_{t-1} for each step as stacked bars, negative ones below zero.

    terms: {name: (T,)}. total: (T,).
    """
    figure, ax = new_figure(11, 4.4)
    t = np.arange(1, len(total) + 1)
    above, below = np.zeros(len(t)), np.zeros(len(t))
    for name, values in terms.items():
        bottom = np.where(values >= 0, above, below)
        ax.bar(t, values, bottom=bottom, color=TERM_COLOURS[name], width=0.75)
        above, below = above + np.maximum(values, 0), below + np.minimum(values, 0)
    ax.plot(t, total, "D", color="white", markeredgecolor=INK, markeredgewidth=1.8, markersize=8, zorder=4)
    ax.axhline(0, color=INK, lw=1)
    ax.set(xlabel="step $t$", xlim=(0.2, len(t) + 0.8))
    top = max(above.max(), 0.1)
    for k, (name, text) in enumerate([*TERM_NAMES.items(), ("", "diamond: their sum")]):
        ax.text(len(t) + 1.1, top * (1 - 0.14 * k), text, color=TERM_COLOURS.get(name, INK), va="center")
    ax.set_xticks(t[::2] if len(t) > 12 else t)
    return figure


@styled
def draw_survival(bands, bottom=-30.0, top=4.0, xlabel="lag", every=20, ax=None):
    """log10 of a gradient's size against the lag: a band (10 % to 90 %) with its median for each setting.

    bands: {network or other label: (lags, draws)}. A median that leaves the picture has its label at the bottom.
    every: lags from one tick to the next.
    """
    figure, ax = new_figure(11, 5, ax)
    looks = {text: network_look(text) or (shade, "-", "") for text, shade in zip(bands, shades(len(bands)))}
    quantiles = {text: np.percentile(band, [10, 50, 90], axis=1) for text, band in bands.items()}
    gap = (top - bottom) / 19
    heights = spread([max(middle[-1], bottom + gap) for _, middle, _ in quantiles.values()], gap)
    for (text, (low, middle, high)), height in zip(quantiles.items(), heights):
        lag = np.arange(len(middle))
        colour, line, _ = looks[text]
        ax.fill_between(lag, low, high, color=colour, alpha=0.18, lw=0)
        ax.plot(lag, middle, line, color=colour)
        ax.text(lag[-1] * 1.015, height, text, color=colour, va="center")
    ax.axhline(0, color=FAINT, lw=1, zorder=0)
    ax.set(xlabel=xlabel, ylabel=r"$\log_{10}$ of the size", ylim=(bottom, top), xlim=(0, lag[-1]))
    ax.set_xticks(range(0, len(lag), every))
    return figure


@styled
def draw_forget_bias(forget, terms, sizes, b_f):
    """Three panels for one forget bias: where the forget gates are, how large the four terms, what survives.

    forget: all values of f_t. terms: {name: size}. sizes: (lags,) norms.
    """
    figure, (left, middle, right) = new_figure(11, 3.7, ncols=3)
    left.hist(forget, bins=np.linspace(0, 1, 26), color=GATE_COLOURS["f"])
    left.set(xlabel="$f_t$", xlim=(0, 1), yticks=[], title=f"forget gates, $b_f$ = {number(b_f)}")
    for name, size in terms.items():
        middle.bar(TERM_NAMES[name], size, width=0.7, color=TERM_COLOURS[name])
    middle.set(ylim=(0, 1.25), title="size of the four terms", yticks=[0, 0.5, 1])
    right.semilogy(sizes, color=INK)
    right.axhline(1, color=FAINT, lw=1)
    right.set(ylim=(1e-12, 1e3), xlim=(0, len(sizes) - 1), xlabel="lag", title="what survives")
    right.xaxis.set_major_locator(MaxNLocator(4))
    return figure


@styled
def draw_reset(memory, gradients):
    """The cell state of the worked example and, below, how much it depends on what was stored at each storing step.

    memory: (T,). gradients: {storing step: (T,)}, NaN before it. Where two coincide, the later one is drawn thinner, on
    top of the other.
    """
    figure, (top, bottom) = new_figure(10, 4.8, nrows=2, sharex=True)
    t = np.arange(1, len(memory) + 1)
    top.bar(t, memory, color=PALE_BLUE, edgecolor=INK, linewidth=1.2, width=0.72)
    top.set(ylabel="$c_t$")
    looks = ({"lw": 6, "ms": 13, "ls": "-", "alpha": 0.55}, {"lw": 2, "ms": 6, "ls": "--"})
    for (step, gradient), colour, look in zip(gradients.items(), (VIOLET, BROWN), looks):
        bottom.plot(t, gradient, "o", color=colour, **look)
        bottom.text(step, 1.2, f"stored at $t$ = {step}", color=colour, ha="center")
    bottom.set(ylabel=r"$dC_t\,/\,dC_k$", ylim=(-0.15, 1.5), yticks=[0, 1])
    bottom.set_xticks(t, [f"$t$ = {k}" for k in t])
    return figure
