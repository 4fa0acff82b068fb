"""A living LSTM in a notebook, on a page or on a slide: living_lstm.js, with a picture where scripts do not run."""

import html
import re

import numpy as np

from lstm_helpers.gradient_flow import cell_gradient, cell_state_terms
from lstm_helpers.plots.forward import draw_gates
from lstm_helpers.plots.show import png
from lstm_helpers.plots.style import BROWN, INK, VIOLET, new_figure, styled
from lstm_tutor.living.configuration import PRESETS, SCRIPT, Configuration

VIEWS = ("forward", "backward", "paths")
PAGE = re.sub(r"(?m)^ +| *// .*$|\n(?=\n)", "", SCRIPT)  # what a page carries: without comments and indentation


class LivingLSTM:
    """What `living_lstm` returns; last expression of a cell. configuration: what it opens with."""

    def __init__(self, preset, view):
        self.preset, self.view, self.configuration = preset, view, Configuration.from_values(PRESETS[preset])

    @property
    def alt(self):
        steps = len(self.configuration.x)
        shown = f"How much of C_k is left after {steps} steps: exactly, as the product of dC/dC, and for a tanh RNN."
        if self.view == "forward":
            shown = f"Heat map of gates, cell state and hidden state over {steps} steps."
        return f"An LSTM of one unit to play with, here as it opens with the lesson {self.preset!r}. {shown}"

    def _repr_mimebundle_(self, include=None, exclude=None):
        picture = png(self.still(), colours=32)
        page = (
            f'<living-lstm preset="{html.escape(self.preset)}" view="{self.view}"><img alt="{html.escape(self.alt)}" '
            f'width="1000" style="max-width:100%" src="data:image/png;base64,{picture}"></living-lstm>\n'
            f"<script>\n{PAGE}</script>"
        )
        return {"text/html": page, "text/plain": self.alt}

    def still(self):
        """The picture that is shown where scripts do not run. Returns the Figure."""
        one = self.configuration
        return draw_gates(one.trace) if self.view == "forward" else draw_what_is_left(one)


def living_lstm(preset="worked example", view=None):
    """An LSTM of one unit to play with: forward pass, and every path of its gradient, redrawn at each touch.

    preset: the lesson it opens with, a name in lstm_tutor.living.configuration.PRESETS. view: "forward", "backward" or
    "paths"; the lesson's own where not given. It needs neither kernel nor network. Where scripts do not run, its first
    state is shown as a picture.
    Raises ValueError for a preset or view that there is not.
    """
    if preset not in PRESETS:
        raise ValueError(f"there is no preset {preset!r}: choose one of {', '.join(map(repr, PRESETS))}")
    view = view or PRESETS[preset]["view"]
    if view not in VIEWS:
        raise ValueError(f"there is no view {view!r}: choose one of {', '.join(map(repr, VIEWS))}")
    return LivingLSTM(preset, view)


@styled
def draw_what_is_left(configuration):
    """How much of C_k is left at the end, for every step k of a Configuration. Returns the Figure."""
    trace, weights, T = configuration.trace, configuration.weights, len(configuration.x)
    figure, ax = new_figure(10, 3.4)
    sums = [sum(cell_state_terms(trace, weights, t).values()).item() for t in range(1, T + 1)]
    left = {
        "exact $dC_T/dC_k$": ([cell_gradient(trace, weights, T, k).item() for k in range(1, T + 1)], "-", VIOLET),
        r"$\prod dC_t/dC_{t-1}$": ([np.prod(sums[k:]) for k in range(1, T + 1)], "--", INK),
        "tanh RNN $dS_T/dS_k$": (configuration.rnn_gradients, ":", BROWN),
    }
    for number, (name, (values, dashes, colour)) in enumerate(left.items()):
        sizes = np.log10(np.maximum(np.abs(values), 1e-18))
        ax.plot(range(1, T + 1), sizes, color=colour, linestyle=dashes, marker="o", linewidth=3.4 - number)
        ax.text(0.02 + 0.27 * number, 1.05, name, color=colour, transform=ax.transAxes)
    ax.set(xlabel="step $k$", ylabel=r"$\log_{10}$ of the size", xticks=range(1, T + 1))
    return figure
