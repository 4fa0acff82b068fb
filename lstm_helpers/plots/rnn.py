"""Pictures of the scalar RNN: its chain of factors, what the factors do over many steps, and the cliff."""

import numpy as np
from matplotlib.colors import LogNorm, TwoSlopeNorm
from matplotlib.patches import Circle

from lstm_helpers.plots.style import (
    BROWN,
    FAINT,
    GREY,
    INK,
    VIOLET,
    decimals,
    minus,
    new_figure,
    shades,
    spread,
    styled,
)


@styled
def draw_unrolled_rnn(values, copies=False):
    """The network of three steps, with numbers in its nodes.

    values: {"S": (S_0 ... S_3), "X": (X_1, X_2, X_3), "O": O_3, "L": L_3}. copies: whether each step is shown with
    its own copy of W_x.
    """
    figure, ax = new_figure(10, 4.7)
    ax.set_axis_off()
    ax.set(xlim=(-0.4, 10.05), ylim=(-0.55, 4.2), aspect="equal")
    row, place = 1.9, [0.3, 2.7, 5.1, 7.5]
    for t, x in enumerate(place):
        _ball(ax, x, row, f"$S_{t}$", values["S"][t])
        if t == 0:
            continue
        own = t if copies else ""
        _ball(ax, x, 0, f"$X_{t}$", values["X"][t - 1])
        _arrow(ax, (x, 0.52), (x, row - 0.52), VIOLET, f"$W_{{x{own}}}$", (0.13, 0))
        _arrow(ax, (place[t - 1] + 0.52, row), (x - 0.52, row), BROWN, "$W_s$", (-0.2, 0.22))
    for name, x, text in (("O", 7.5, "$O_3$"), ("L", 9.35, "$L_3$")):
        _ball(ax, x, 3.65, text, values[name])
    _arrow(ax, (7.5, row + 0.52), (7.5, 3.13), INK, "$W_o$", (0.13, 0))
    _arrow(ax, (8.02, 3.65), (8.83, 3.65), INK, "", (0, 0))
    if not copies:
        ax.text(2.55, 0.95, "one number,\nused 3 times", color=VIOLET, ha="right", va="center")
    return figure


def _ball(ax, x, y, name, value):
    ax.add_patch(Circle((x, y), 0.52, fc="white", ec=INK, lw=1.8, zorder=3))
    ax.text(x, y + 0.13, name, ha="center", va="center", zorder=4)
    ax.text(x, y - 0.21, decimals(value), ha="center", va="center", fontsize=12, color=GREY, zorder=4)


def _arrow(ax, start, end, colour, label, shift):
    ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2.2})
    middle = [(a + b) / 2 + s for a, b, s in zip(start, end, shift)]
    ax.text(*middle, label, color=colour, va="center")


@styled
def draw_factor(slopes):
    """The factor tanh'(theta) W_s: left as a map over theta and W_s, right as a curve for each W_s in `slopes`."""
    figure, (left, right) = new_figure(11, 4.6, ncols=2, width_ratios=[1.15, 1])
    theta, W_s = np.linspace(-3, 3, 301), np.linspace(0.05, 5, 300)
    size = W_s[:, None] * (1 - np.tanh(theta) ** 2)
    norm = TwoSlopeNorm(0, vmin=-2.5, vmax=1)
    left.pcolormesh(theta, W_s, np.log10(size), cmap="RdBu_r", norm=norm, rasterized=True)
    lines = left.contour(theta, W_s, size, [0.1, 0.5, 1, 2, 4], colors=INK, linewidths=[1, 1, 3, 1, 1])
    spots = [(-2.25, 2.35), (1.85, 4.6), (1.43, 4.6), (0.95, 4.2), (0.0, 4.0)]
    left.clabel(lines, fmt="%g", fontsize=13, manual=spots)
    left.set(xlabel=r"$\theta_j$", ylabel="$W_s$", title=r"$\tanh'(\theta_j)\,W_s$: thick where it is 1")
    for W, colour in zip(slopes, shades(len(slopes))):
        right.plot(theta, W * (1 - np.tanh(theta) ** 2), color=colour)
        right.text(0, W - 0.08, f"{W:g}", color=colour, ha="center", va="top")  # under its own peak
    right.axhline(1, color=INK, lw=1.2, ls=":")
    right.text(3, 1.04, "1", color=INK, ha="right")
    right.set(xlabel=r"$\theta_j$", xlim=(-3, 3), ylim=(0, max(slopes) + 0.2))
    right.set_title("the same; the number under a peak is $W_s$")
    return figure


@styled
def draw_chain(S, factors, W_s):
    """Along one sequence: the state with the band in which a factor exceeds 1, and below the size of each factor.

    S, factors: (T,), of one sequence.
    """
    figure, (top, bottom) = new_figure(11, 5.6, nrows=2, sharex=True, height_ratios=[1, 1.25])
    t = np.arange(1, len(S) + 1)
    edge = np.sqrt(1 - 1 / W_s)
    grows = np.abs(factors) > 1
    top.axhspan(-edge, edge, color="#F3E3C8", lw=0)
    top.text(len(S) / 2, 0, "in here a factor exceeds 1", va="center", ha="right", color=BROWN)
    top.plot(t, S, color=GREY, lw=1.2)
    top.scatter(t, S, c=np.where(grows, BROWN, VIOLET), zorder=3)
    top.set(ylabel="$S_j$", ylim=(-1.1, 1.1), yticks=[-1, 0, 1])
    size = np.log10(np.abs(factors))
    bottom.bar(t, size, color=np.where(grows, BROWN, VIOLET), width=0.7)
    bottom.axhline(0, color=INK, lw=1)
    bottom.set(xlabel="step $j$", ylabel=r"$\log_{10}|\tanh'(\theta_j)\,W_s|$", xlim=(0, len(t) + 1))
    bottom.text(len(t), size.min() * 0.95, "down: this step shrinks the gradient", color=VIOLET, ha="right")
    return figure


@styled
def draw_vanishing(panels, W_values, floor, bottom=-160):
    """The size of dS_t/dS_0 against t, a band (10 % to 90 %) with its median for each W_s.

    panels: {title: list of (T + 1, draws) arrays of log10 sizes, one for each of W_values}. floor: log10 of the
    smallest number of float32, drawn as a line. Violet is W_s < 1, black 1, brown above.
    """
    figure, axes = new_figure(11, 5, ncols=len(panels), sharey=True)
    dashes = ["-", "--", "-.", (0, (1, 1))]
    above = [W_s for W_s in W_values if W_s > 1]
    for ax, (title, bands) in zip(axes, panels.items()):
        middles = [np.percentile(band, 50, axis=1) for band in bands]
        ends = [int(np.flatnonzero(middle > bottom)[-1]) for middle in middles]
        heights = spread([middle[end] for middle, end in zip(middles, ends)], gap=10)
        for W_s, band, middle, end, height in zip(W_values, bands, middles, ends, heights):
            colour = VIOLET if W_s < 1 else INK if W_s == 1 else BROWN
            steps = np.arange(len(middle))
            ax.fill_between(steps, *np.percentile(band, [10, 90], axis=1), color=colour, alpha=0.15, lw=0)
            ax.plot(steps, middle, color=colour, ls=dashes[above.index(W_s)] if W_s in above else "-")
            right = end + (1.5 if end == steps[-1] else 5)
            ax.text(right, max(height, bottom + 5), f"$W_s$ = {W_s:g}", color=colour, va="center")
        ax.plot([0, len(steps) - 1], [floor, floor], color=INK, lw=1.2, ls=":")
        ax.set(xlabel="step $t$", title=title, ylim=(bottom, 8), xlim=(0, steps[-1]), xticks=range(0, 101, 20))
    axes[-1].text(len(steps) - 1, floor - 2, "float32 ends here", va="top", ha="right")
    axes[0].set_ylabel(r"$\log_{10}|\partial S_t/\partial S_0|$")
    return figure


@styled
def draw_lingering(S, logs, labels):
    """State (above, logarithmic) and size of the product so far (below) of several runs.

    S, logs: lists of (T,) arrays. labels: one text a run.
    """
    figure, (top, bottom) = new_figure(11, 5.6, nrows=2, sharex=True)
    for states, log, label, colour in zip(S, logs, labels, (VIOLET, BROWN)):
        t = np.arange(1, len(states) + 1)
        top.semilogy(t, np.abs(states), color=colour)
        bottom.plot(t, log, color=colour)
        at, rises = 3 * len(t) // 4, log[-1] > 0
        bottom.text(at, log[at] + 4, label, color=colour, va="bottom", ha="right" if rises else "left")
    bottom.axhline(0, color=INK, lw=1, ls=":")
    top.set(ylabel="$|S_t|$")
    bottom.set(xlabel="step $t$", ylabel=r"$\log_{10}|\partial S_t/\partial S_0|$", xlim=(0, len(t) + 1))
    return figure


@styled
def draw_cobweb(W_s, starts, steps=40, ax=None):
    """S -> tanh(W_s S) as a cobweb: the curve, the diagonal, and where that many steps lead from each start.

    The title says where the last start has led, and the slope of the curve there.
    """
    figure, ax = new_figure(6.4, 5.6, ax)
    S = np.linspace(-1, 1, 401)
    ax.plot(S, S, color=GREY, lw=1.2)
    ax.plot(S, np.tanh(W_s * S), color=INK)
    for start, colour in zip(starts, (VIOLET, BROWN)):
        x = [start]
        for _ in range(steps):
            x.append(np.tanh(W_s * x[-1]))
        ax.plot(np.repeat(x, 2)[:-1], np.repeat(x, 2)[1:], color=colour, lw=1.4)
        ax.plot(start, start, "o", color=colour, markersize=7)
        slope = W_s * (1 - x[-1] ** 2)
    ax.set(xlim=(-1, 1), ylim=(-1, 1), xlabel="$S_{t-1}$", ylabel="$S_t$", aspect="equal", xticks=[-1, 0, 1])
    ax.set_yticks([-1, 0, 1])
    title = f"$W_s$ = {W_s:.2f}, from {start:g}:\nafter {steps} steps at {round(x[-1], 3) + 0.0:.3f}, slope {slope:.3f}"
    ax.set_title(minus(title), fontsize=13)
    return figure


@styled
def draw_cliff(W_s, b, loss, place, steps):
    """A loss with a wall: its profile along b at one W_s, and the map from above with one step of gradient descent.

    W_s: (K,), b: (M,), loss: (K, M). place: (W_s, b, loss) of a point on the wall. steps: {label: (2,) step from
    there}; an arrow that would leave the map ends at its edge.
    """
    figure, (left, right) = new_figure(11, 4.6, ncols=2)
    ticks = np.linspace(-0.4, 0.4, 5)
    left.plot(b, loss[np.abs(W_s - place[0]).argmin()], color=INK)
    left.plot(*place[1:], "o", color=BROWN, markersize=9)
    left.text(place[1] - 0.03, place[2], "here", color=BROWN, ha="right", va="center")
    left.set(xlabel="$b_1$", ylabel="loss", xlim=(b[0], b[-1]), xticks=ticks, title=f"cut at $W_s$ = {place[0]:g}")
    right.pcolormesh(b, W_s, loss, cmap="Greys", norm=LogNorm(1e-3, 1e3), rasterized=True)
    right.axhline(place[0], color=INK, lw=1, ls=":")
    for (label, step), colour, side in zip(steps.items(), (BROWN, VIOLET), (1, -1)):
        start = np.array(place[:2])
        move = step * min(1, (b[0] - start[1]) / step[1])
        arrow = {"arrowstyle": "-|>", "color": colour, "lw": 2.6, "shrinkA": 0, "shrinkB": 0}
        right.annotate("", (start + move)[::-1], start[::-1], arrowprops=arrow, zorder=4 - side)
        middle = start + move / 2
        right.text(middle[1], middle[0] + side * 0.1, label, color=colour, ha="center", va="center")
    right.set(xlabel="$b_1$", ylabel="$W_s$", title="from above", xticks=ticks)
    right.set(xlim=(b[0], b[-1]), ylim=(W_s[0], W_s[-1]))
    right.text(-0.3, 1.15, "low", ha="center")
    right.text(0.38, 1.15, "high", ha="center")
    return figure


@styled
def draw_norms(norms, bounds):
    """Norm of a product of n factors against n, beside what eigenvalues and singular values say. All (n,)."""
    figure, ax = new_figure(10, 4.2)
    n = np.arange(1, len(norms) + 1)
    lines = {"the product": norms} | bounds
    looks = (INK, "o-", 8.4, 0.3, "left"), (VIOLET, "--", 8, 2.5, "left"), (BROWN, ":", 7.6, 5, "right")
    for (label, values), (colour, line, at, over, side) in zip(lines.items(), looks):
        ax.semilogy(n, values, line, color=colour, markersize=5)
        height = 10 ** np.interp(at, n, np.log10(values)) * over
        ax.text(at, height, label, color=colour, ha=side, va="center")
    ax.axhline(1, color=FAINT, lw=1)
    ax.set(xlabel="number of factors", ylabel="norm of the product", xlim=(0.7, len(n) + 0.3))
    ax.set_xticks(n)
    return figure


@styled
def draw_cost(steps, counts):
    """How often a factor is multiplied with, against the length t.

    steps: (K,). counts: {label: (K,)}, the larger one first.
    """
    figure, ax = new_figure(9, 4)
    for (label, count), colour, over in zip(counts.items(), (BROWN, VIOLET), (4, 0.35)):
        ax.loglog(steps, count, "o-", color=colour, markersize=5)
        ax.text(steps[-3], count[-3] * over, label, color=colour, ha="right" if over > 1 else "left", va="center")
    ax.set(xlabel="length $t$", ylabel="uses of a factor", xlim=(steps[0] * 0.9, steps[-1] * 1.1))
    ax.set_xticks(steps, steps)
    ax.minorticks_off()
    return figure
