"""One look for every picture: colours, sizes, white ground. Text is ASCII or mathtext, with a minus for a minus."""

import functools
import re

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

# On light and on dark ground, for pictures (which are light), the living LSTM, decks and pages: no other file holds one
# of them. Okabe & Ito's, darkened where needed so that each reaches 4.5 : 1 on white as text, 3.5 : 1 on a dark page.
COLOURS = {
    "i": ("#0072B2", "#62B8F0"),
    "f": ("#C25200", "#FF9A55"),
    "g": ("#008560", "#3CC9A0"),
    "o": ("#B0568A", "#E59CC6"),
    "violet": ("#5B2A86", "#C9A6F5"),  # not for gates, as is brown: RNNs, one path among several, a remedy
    "brown": ("#8A5A00", "#DDB060"),
    "ink": ("#1A1A1A", "#E8E8E8"),
    "grey": ("#595959", "#B4B4B4"),
    "faint": ("#D0D0D0", "#444444"),
    "soft": ("#F5F5F3", "#222222"),
    "tint": ("#FFF4CC", "#2B2812"),
    "ground": ("#FFFFFF", "#161616"),
}
GATE_COLOURS = {gate: COLOURS[gate][0] for gate in "ifgo"}
GATE_NAMES = {"i": "input gate", "f": "forget gate", "g": "candidate", "o": "output gate"}
VIOLET, BROWN, INK, GREY, FAINT = (COLOURS[name][0] for name in ("violet", "brown", "ink", "grey", "faint"))
PALE_BLUE = "#DCE6F0"  # bars of the memory, in pictures

STYLE = {
    "font.family": "DejaVu Sans",  # comes with Matplotlib: the same on every machine
    "font.size": 13,
    "text.color": INK,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.titlesize": 14,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "lines.linewidth": 2.4,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "lstm",
    "svg.fonttype": "path",
}


def styled(draw):
    """Decorator for figure functions: everything they create is created in the course's style."""

    @functools.wraps(draw)
    def drawing(*args, **kwargs):
        with mpl.rc_context(STYLE):
            return draw(*args, **kwargs)

    return drawing


def new_figure(width, height, ax=None, **subplots):
    """(figure, axes) outside pyplot, so that nothing is shown or kept behind the reader's back; or the ax that there is
    already, with its figure. Sizes in inches."""
    if ax is not None:
        return ax.figure, ax
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(**subplots)


def shades(count):
    """count colours from dark to light, equally far apart for every reader, all dark enough for text on white."""
    return [mpl.colors.to_hex(colour) for colour in mpl.colormaps["viridis"](np.linspace(0, 0.44, count))]


def spread(heights, gap):
    """The heights, moved apart as little as it takes for labels there to be at least gap apart."""
    order = np.argsort(heights)
    moved = np.asarray(heights, float)[order]
    for _ in range(200):
        overlap = np.maximum(gap - np.diff(moved), 0) / 2
        moved[:-1] -= overlap
        moved[1:] += overlap
    return moved[np.argsort(order)]


# Each network's (colour, line, marker), the same in all pictures: RNNs brown, LSTMs the lighter, the larger b_f.
NETWORKS = {
    "tanh RNN": (BROWN, "--", "X"),
    "orthogonal RNN": (BROWN, ":", "*"),
} | {f"b_f = {b_f}": (colour, "-", "sDo^vP"[b_f]) for b_f, colour in enumerate(shades(6))}


def network_look(name):
    """(colour, line, marker) of the network of this name, with or without the dollars of mathtext; or None."""
    return NETWORKS.get(name.removeprefix("LSTM, ").replace("$", ""))


def text_on(colour):
    """White where its contrast with this colour is 4 : 1 or more; elsewhere black, which has more than 5 : 1."""
    channels = np.array(mpl.colors.to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return "white" if 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05) >= 4 else "black"


def minus(text):
    """The text with minus signs before numbers, where Python writes hyphens."""
    return re.sub(r"(?<!\w)-(?=\d)", "\N{MINUS SIGN}", text)


def number(value):
    """A number as one would write it on a blackboard: 3, -10, 0.76, 1.99."""
    if value == round(value):
        return minus(str(int(value)))
    return decimals(value) if abs(value) < 10 else minus(f"{value:.1f}")


def decimals(value):
    """Two decimals, without a minus sign on zero."""
    return minus(f"{value:.2f}".replace("-0.00", "0.00"))
