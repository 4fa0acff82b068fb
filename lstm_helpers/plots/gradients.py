"""Pictures for the gradients of an LSTM: step widths, truncation, two loss curves."""

import numpy as np

from lstm_helpers.plots.style import INK, OTHER_COLOURS, axes_for, spread, styled

VIOLET, BROWN = OTHER_COLOURS["violet"], OTHER_COLOURS["brown"]
LOOKS = ((VIOLET, "-"), (BROWN, "-"), (VIOLET, "--"), (BROWN, "--"))


@styled
def draw_step_widths(widths, errors, ax=None):
    """Relative error of a finite difference against its step width. errors: {label: (K,)}. Returns the Figure."""
    figure, ax = axes_for(ax, 11, 4.8)
    ends = spread([np.log10(error[0]) for error in errors.values()], gap=0.8)
    for (label, error), (colour, line), end in zip(errors.items(), LOOKS, ends):
        ax.loglog(widths, error, line, color=colour)
        best = error.argmin()
        ax.plot(widths[best], error[best], "o", color=colour)
        ax.text(widths[0] * 0.7, 10**end, label, color=colour, va="center", ha="right")
    ax.set(xlabel="step width", ylabel="relative error", xlim=(widths[0] / 1e5, widths[-1] * 2), ylim=(1e-13, 1e3))
    ax.set_xticks(10.0 ** np.arange(-13, 1, 2))
    return figure


@styled
def draw_truncation(lengths, errors, ax=None):
    """What truncated back-propagation leaves out, as a share of the gradient. errors: {label: (K,)}."""
    figure, ax = axes_for(ax, 10, 4)
    for (label, error), colour in zip(errors.items(), (BROWN, VIOLET)):
        ax.plot(lengths, error, "o-", color=colour)
        ax.text(lengths[len(lengths) // 3] * 1.03, error[len(lengths) // 3] + 0.04, label, color=colour)
    ax.set(xlabel="steps of back-propagation", ylabel="share left out", ylim=(0, 1.1), xlim=(0, lengths[-1] + 1))
    return figure


@styled
def draw_two_curves(thick, thin, labels, ax=None):
    """Two loss curves on top of each other: one thick and pale, one thin and dark. Both (K,). Returns the Figure."""
    figure, ax = axes_for(ax, 10, 4)
    ax.semilogy(thick, color="#E3B778", lw=9, solid_capstyle="butt")
    ax.semilogy(thin, color=INK, lw=1.6)
    ax.text(0.98, 0.95, labels[0] + " (thick)", color=BROWN, ha="right", transform=ax.transAxes)
    ax.text(0.98, 0.85, labels[1] + " (thin)", color=INK, ha="right", transform=ax.transAxes)
    ax.set(xlabel="update", ylabel="loss", xlim=(0, len(thin)))
    return figure
