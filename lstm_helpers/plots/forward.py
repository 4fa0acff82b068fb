"""Pictures of the forward pass: what goes in, what the gates do, what fits where."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from lstm_helpers.plots.style import (
    BROWN,
    FAINT,
    GATE_COLOURS,
    GATE_NAMES,
    GREY,
    INK,
    PALE_BLUE,
    VIOLET,
    decimals,
    new_figure,
    number,
    styled,
    text_on,
)


@styled
def draw_memory(inputs, memory, y, actions):
    """The nine steps as a story: bars for the memory after each step, arrows for what was put out.

    inputs: (T, K), written below the bars. memory, y: one number a step. actions: one word a step.
    """
    figure, ax = new_figure(10, 4.6)
    t = np.arange(1, len(memory) + 1)
    ax.bar(t, memory, width=0.72, color=PALE_BLUE, edgecolor=INK, linewidth=1.2)
    arrow = {"arrowstyle": "<|-", "color": GATE_COLOURS["o"], "lw": 2.4}
    for step, height, out in zip(t, memory, y):
        ax.text(step, height + 0.15, number(height), ha="center", weight="bold")
        if out:
            above = (step, height + 2.2)
            ax.annotate(f"$y_{step}$ = {number(out)}", above, ha="center", color=GATE_COLOURS["o"])
            ax.annotate("", (step, height + 0.9), above, arrowprops=arrow)
    ax.set(xlim=(0, len(t) + 0.6), ylim=(0, 10.4), ylabel="memory after the step", yticks=[0, 3, 6, 9])
    names = "\n".join(["$t$", *(f"$x_{k}$" for k in range(1, inputs.shape[1] + 1)), ""])
    columns = ["\n".join([str(k), *map(number, row), action]) for k, row, action in zip(t, inputs, actions)]
    ax.set_xticks([0.25, *t], [names, *columns])
    ax.tick_params(axis="x", length=0)
    return figure


@styled
def draw_squashing():
    """The two squashing functions, sigmoid and tanh, on one axis."""
    figure, ax = new_figure(9, 3.6)
    z = np.linspace(-6, 6, 401)
    ax.axhline(0, color=FAINT, lw=1)
    ax.axvline(0, color=FAINT, lw=1)
    ax.plot(z, 1 / (1 + np.exp(-z)), color=VIOLET)
    ax.plot(z, np.tanh(z), color=BROWN, linestyle="--")
    ax.text(1.3, 0.4, r"$\sigma(z)$: how far a gate is open, 0 to 1", color=VIOLET)
    ax.text(-5.9, -0.86, r"$\tanh z$: what is written, $-1$ to 1", color=BROWN)
    ax.set(xlabel="$z$", yticks=[-1, -0.5, 0, 0.5, 1], xlim=(-6, 6))
    return figure


@styled
def draw_gates(trace, ax=None):
    """Gates, cell and hidden state of a one-unit trace over time as a heat map with the numbers in it.

    trace: LSTMTrace with N = H = 1.
    """
    T = len(trace.h)
    figure, ax = new_figure(10, 4.4, ax)
    names = GATE_NAMES | {"c": "cell state", "h": "hidden state"}
    for row, name in enumerate("figoch"):
        values, colour = getattr(trace, name)[:, 0, 0], GATE_COLOURS.get(name, INK)
        shades = LinearSegmentedColormap.from_list(name, ["white", colour])
        share = np.abs(values) / max(1.0, np.abs(values).max())
        for t in range(T):
            fill = shades(share[t])
            ax.add_patch(Rectangle((t + 0.53, row - 0.45), 0.94, 0.9, fc=fill, ec=colour, lw=1.2))
            ax.text(t + 1, row, decimals(values[t]), ha="center", va="center", color=text_on(fill))
        ax.text(0.4, row, f"{names[name]}  ${name}_t$", ha="right", va="center", color=colour)
    ax.set(xlim=(0.4, T + 0.6), ylim=(5.6, -0.6), yticks=[])
    ax.set_xticks(range(1, T + 1), [f"$t$ = {t}" for t in range(1, T + 1)])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return figure


@styled
def draw_stacking(N, I, H):
    """The one matrix product of a step, to scale: (4H, H+I+1) times (H+I+1, N) gives (4H, N)."""
    figure, ax = new_figure(10, 4.6)
    ax.set_axis_off()
    unit = 4.0 / (4 * H)
    columns, width = H + I + 1, max(N, 1)
    left, middle, right = 1.5, 1.5 + columns * unit + 0.9, 1.5 + (columns + width) * unit + 2.3
    for k, gate in enumerate("ifgo"):
        top = 4 - k * H * unit
        for x, wide in ((left, columns), (right, width)):
            ax.add_patch(Rectangle((x, top - H * unit), wide * unit, H * unit, fc=GATE_COLOURS[gate], alpha=0.22))
            ax.add_patch(Rectangle((x, top - H * unit), wide * unit, H * unit, fill=False, ec=GATE_COLOURS[gate], lw=2))
        y = top - H * unit / 2
        ax.text(left - 0.15, y, f"{H} rows for ${gate}$", ha="right", va="center", color=GATE_COLOURS[gate])
        ax.text(left + H * unit / 2, y, f"$W_{{h{gate}}}$", ha="center", va="center")
        ax.text(left + (H + I / 2) * unit, y, f"$W_{{x{gate}}}$", ha="center", va="center")
        ax.text(left + (H + I + 0.5) * unit, y, f"$b_{gate}$", ha="center", va="center")
        ax.text(right + width * unit / 2, y, rf"$\tilde{{{gate}}}_t$", ha="center", va="center")
    for edge in (H, H + I):
        ax.plot([left + edge * unit] * 2, [0, 4], color=INK, lw=1.2)
    start = 2 + columns * unit / 2
    for name, size in (("$h_{t-1}$", H), ("$x_t$", I), ("1", 1)):
        box = Rectangle((middle, start - size * unit), width * unit, size * unit, fc="#EFEFEF", ec=INK, lw=1.4)
        ax.add_patch(box)
        ax.text(middle + width * unit / 2, start - size * unit / 2, name, ha="center", va="center", fontsize=12)
        start -= size * unit
    ax.text(middle - 0.45, 2, r"$\times$", ha="center", va="center", fontsize=20)
    ax.text(right - 0.7, 2, "=", ha="center", va="center", fontsize=20)
    for x, wide, text in (
        (left, columns, f"$(4H, H+I+1)$ = ({4 * H}, {columns})"),
        (middle, width, f"({columns}, $N$ = {N})"),
        (right, width, f"({4 * H}, {N})"),
    ):
        ax.text(x + wide * unit / 2, -0.3, text, ha="center", va="center", color=GREY)
    ax.set(xlim=(0, right + width * unit + 0.6), ylim=(-0.5, 4.15), aspect="equal")
    return figure
