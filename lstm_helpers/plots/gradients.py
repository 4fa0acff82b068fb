"""Pictures for the gradients of an LSTM: step widths, truncation, two loss curves."""

import numpy as np

from lstm_helpers.plots.style import BROWN, INK, VIOLET, network_look, new_figure, styled


@styled
def draw_step_widths(widths, errors, expected):
    """Relative error of a finite difference against its step width: dots measured, lines expected.

    errors, expected: {label: (K,)}, the same labels; pairs of a higher and a lower curve, from left to right. Where
    an error of 100 % or more is expected nothing is drawn: what is measured there is rounding's whim.
    """
    figure, ax = new_figure(11, 4.8)
    sides = (VIOLET, 6, "left", "bottom"), (BROWN, -6, "right", "top")
    for (label, error), (colour, off, ha, va), at in zip(errors.items(), 2 * sides, (8, 8, 19, 19)):
        shown = expected[label] < 1
        ax.loglog(widths[shown], expected[label][shown], color=colour, lw=1)
        ax.loglog(widths[shown], error[shown], "o", color=colour, ms=4, mew=0, alpha=0.7)
        spot = widths[at], expected[label][at]
        ax.annotate(label, spot, (off, off), textcoords="offset points", color=colour, ha=ha, va=va)
    ax.set(xlabel="step width", ylabel="relative error", xlim=(widths[0] / 2, widths[-1] * 2), ylim=(1e-11, 1e1))
    ax.set_xticks(10.0 ** np.arange(-13, 1, 2))
    return figure


@styled
def draw_truncation(lengths, shares):
    """What truncated back-propagation leaves out, as a share of the gradient. shares: {network: (draws, K)}: the line
    is the median, the band holds the middle 80 % of the draws."""
    figure, ax = new_figure(10, 4)
    at = len(lengths) // 3
    for label, share in shares.items():
        colour = network_look(label)[0]
        low, middle, high = np.quantile(share, (0.1, 0.5, 0.9), axis=0)
        ax.fill_between(lengths, low, high, color=colour, alpha=0.2, lw=0)
        ax.plot(lengths, middle, color=colour)
        ax.text(lengths[at], high[at] + 0.04, label, color=colour)
    ax.set(xlabel="steps of back-propagation", ylabel="share left out", ylim=(0, 1.1), xlim=(1, lengths[-1]))
    ax.set_xticks([1, *range(10, lengths[-1] + 1, 10)])
    return figure


@styled
def draw_two_curves(thick, thin, labels):
    """Two loss curves on top of each other: one thick and pale, one thin and dark. Both (K,)."""
    figure, ax = new_figure(10, 4)
    ax.semilogy(thick, color="#E3B778", lw=9, solid_capstyle="butt")
    ax.semilogy(thin, color=INK, lw=1.6)
    ax.text(0.98, 0.95, labels[0] + " (thick)", color=BROWN, ha="right", transform=ax.transAxes)
    ax.text(0.98, 0.85, labels[1] + " (thin)", color=INK, ha="right", transform=ax.transAxes)
    ax.set(xlabel="update", ylabel="loss", xlim=(0, len(thin)))
    return figure
