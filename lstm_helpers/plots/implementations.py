"""Pictures for the comparison of implementations: a bug that rounding hides, and how 7 comes back."""

import numpy as np
from matplotlib.ticker import LogLocator

from lstm_helpers.plots.style import BROWN, FAINT, GREY, INK, VIOLET, new_figure, styled


@styled
def draw_two_memories(right, swapped, wanted, ax=None):
    """Cell state after each step for the right and the swapped gate rows. All (T,).

    wanted: what the rule puts into the memory; only whether it is empty is used, as a background.
    """
    figure, ax = new_figure(10, 4, ax)
    t = np.arange(1, len(right) + 1)
    for step, value in zip(t, wanted):
        if value == 0:
            ax.axvspan(step - 0.5, step + 0.5, color=FAINT, alpha=0.5, lw=0)
    ax.set_title("grey: after this step the memory must be empty", fontsize=13, color=GREY)
    ax.plot(t, right, "o-", color=VIOLET, markersize=9)
    ax.plot(t, swapped, "s--", color=BROWN, markersize=8)
    ax.text(5, right[4] + 0.14, "rows $i, f, g, o$", color=VIOLET, ha="center")
    ax.text(4.9, swapped[4] - 0.3, "rows $f, i, g, o$", color=BROWN, ha="right")
    ax.set(xlabel="step $t$", ylabel="cell state $c_t$", ylim=(-0.15, 2.35), xlim=(0.5, len(t) + 0.5))
    ax.set(xticks=t, yticks=[0, 0.5, 1, 1.5, 2])
    return figure


@styled
def draw_distance_from_seven(scales, distances):
    """|h_6/epsilon - 7| against epsilon, one line for each gate scale, on logarithmic axes.

    scales: (K,) values of epsilon. distances: {line's label: (K,)}.
    """
    figure, ax = new_figure(10, 4.4)
    looks = zip((BROWN, VIOLET), ("s--", "o-"), (6.0, 0.01))
    for (label, distance), (colour, line, beside) in zip(distances.items(), looks):
        ax.loglog(scales, distance, line, color=colour, markersize=6)
        ax.text(scales[3], distance[3] * beside, label, color=colour, va="center")
    ax.text(scales[-7], distance[-7] * 0.01, r"falls with $\epsilon^2$", color=INK, va="center")
    ax.set(xlabel=r"$\epsilon$, the scale of the candidate", ylabel=r"distance of $h_6/\epsilon$ from 7")
    ax.set_ylim(1e-13, 1e2)
    ax.yaxis.set_major_locator(LogLocator(numticks=6))
    return figure
