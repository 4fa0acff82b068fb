"""Pictures of what networks learned: errors of many runs, gates beside gates, accuracy beside gradient."""

import numpy as np

from lstm_helpers.plots.style import FAINT, GATE_COLOURS, GREY, INK, OTHER_COLOURS, new_figure, shades, spread, styled

MARKERS = "sDo^v"


@styled
def draw_runs(errors, floor):
    """A panel for each kind of start, a curve for each run. errors: {title: (runs, updates)}. Returns the Figure.

    floor: the error that needs no memory; runs that end below it are drawn dark, the others brown and dashed.
    """
    figure, axes = new_figure(max(7, 3.4 * len(errors)), 3.6, ncols=len(errors), sharey=True, squeeze=False)
    for ax, (title, runs) in zip(axes[0], errors.items()):
        for run in runs:
            found = run[-1] < floor / 2
            ax.plot(run, "-" if found else "--", color=INK if found else OTHER_COLOURS["brown"], lw=1.6)
        ax.axhline(floor, color=GREY, lw=1.2, ls=":")
        ax.set(title=title, xlabel="update", ylim=(0, None), xlim=(0, len(runs[0])))
    axes[0, 0].set_ylabel("error of $y_t$")
    axes[0, -1].text(
        len(runs[0]), floor * 1.15, "dotted: without memory", color=GREY, ha="right", va="bottom", fontsize=11
    )
    return figure


@styled
def draw_learned_gates(hand_set, learned):
    """Gates and memory at the nine steps, learned ones as bars, hand-set ones as outlines. Returns the Figure.

    hand_set: {"i", "f", "o", "memory": (T,)}. learned: {title: the same}, one column each.
    """
    figure, axes = new_figure(3.8 * len(learned), 5.6, nrows=4, ncols=len(learned), sharex=True, sharey="row",
                              squeeze=False)  # fmt: skip
    t = np.arange(1, len(hand_set["i"]) + 1)
    for column, (title, values) in zip(axes.T, learned.items()):
        for ax, name in zip(column, ("i", "f", "o", "memory")):
            ax.bar(t, values[name], width=0.8, color=GATE_COLOURS.get(name, "#9DB4CC"))
            ax.bar(t, hand_set[name], width=0.8, facecolor="none", edgecolor=INK, linewidth=1.3)
            ax.set(ylim=(-2, 9) if name == "memory" else (0, 1.05), yticks=[0, 8] if name == "memory" else [0, 1])
        column[0].set_title(title)
        column[-1].set_xticks(t)
        column[-1].set_xlabel("step t")
    for ax, name in zip(axes[:, 0], ("$i_t$", "$f_t$", "$o_t$", "memory")):
        ax.set_ylabel(name)
    return figure


@styled
def draw_doors(x1, panels):
    """How a number is written, a line for each learned cell. x1: (K,). panels: {title: (cells, K)}, the last of them
    in the units of the output, where the dashed diagonal is the rule. Returns the Figure.
    """
    figure, axes = new_figure(12, 3.8, ncols=len(panels))
    for ax, (title, lines), colour in zip(axes, panels.items(), (GATE_COLOURS["i"], GATE_COLOURS["g"], INK)):
        ax.plot(x1, lines.T, color=colour, lw=1.8, alpha=0.8)
        ax.set(title=title, xlabel="$x_1$ that is to be added", xticks=x1)
    axes[0].set_ylim(0, 1)
    axes[1].set_ylim(-1, 1)
    axes[-1].plot(x1, x1, "--", color=OTHER_COLOURS["brown"])
    axes[-1].text(x1[0], 0.9 * x1[-1], "dashed: the rule", color=OTHER_COLOURS["brown"])
    return figure


def network_looks(networks):
    """{network: (colour, line, marker)}: an RNN in dashed brown, LSTMs the lighter, the larger the forget bias."""
    plain = [name for name in networks if "RNN" not in name]
    colours = dict(zip(plain, shades(len(plain))))
    looks = zip(networks, MARKERS)
    return {name: (colours.get(name, OTHER_COLOURS["brown"]), "-" if name in colours else "--", mark)
            for name, mark in looks}  # fmt: skip


@styled
def draw_accuracy(accuracies, lengths, chance):
    """Accuracy against the length L, median as a line, all runs between lowest and highest as a band.

    accuracies: {network: (lengths, runs)}. Returns the Figure.
    """
    figure, ax = new_figure(11, 4.8)
    looks = network_looks(list(accuracies))
    at = np.arange(len(lengths))
    ends = spread([np.median(runs[-1]) for runs in accuracies.values()], gap=0.075)
    ax.axhline(chance, color=GREY, lw=1.2, ls=":")
    ax.text(-0.3, chance + 0.012, "guessing", color=GREY, fontsize=11)
    for (name, runs), end in zip(accuracies.items(), ends):
        colour, line, mark = looks[name]
        ax.fill_between(at, runs.min(axis=1), runs.max(axis=1), color=colour, alpha=0.15, lw=0)
        ax.plot(at, np.median(runs, axis=1), line, marker=mark, markersize=8, color=colour)
        ax.text(at[-1] + 0.12, end, name, color=colour, va="center")
    ax.set_xticks(at, [f"L = {L}" for L in lengths])
    ax.set(ylabel="right answers", xlim=(-0.35, at[-1] + 1.0), ylim=(0, 1.04))
    return figure


@styled
def draw_gradient_and_accuracy(runs, chance, circled, note):
    """One mark a trained network: the gradient before training, and the accuracy that was reached.

    runs: {network: (gradients, accuracies)}. circled: (gradients, accuracies) of those that note explains.
    """
    figure, ax = new_figure(11, 5.2)
    ax.axhline(chance, color=GREY, lw=1.2, ls=":")
    ax.text(1e-19, chance + 0.015, "guessing", color=GREY, fontsize=11)
    for k, (name, (colour, _, mark)) in enumerate(network_looks(list(runs)).items()):
        ax.plot(*runs[name], mark, color=colour, markersize=8, alpha=0.75, markeredgewidth=0)
        ax.plot(1e-23, 0.92 - 0.085 * k, mark, color=colour, markersize=9)
        ax.text(3e-23, 0.92 - 0.085 * k, name, color=colour, va="center")
    ax.plot(*circled, "o", markersize=15, markerfacecolor="none", color=INK, mew=1.4)
    ax.text(min(circled[0]) / 4, np.median(circled[1]), note, ha="right", va="center", fontsize=12)
    ax.set_xscale("log")
    ax.set(xlabel="gradient from step L back to step 2, before training", ylabel="right answers, after training",
           ylim=(0, 1.04), xlim=(3e-25, 1e3))  # fmt: skip
    ax.set_xticks(10.0 ** np.arange(-24, 1, 4))
    return figure


@styled
def draw_gradient_by_lag(sizes):
    """Size of the gradient at each lag, one curve an epoch, one panel a network. sizes: {title: {epoch: (lags,)}}."""
    figure, axes = new_figure(12, 4.6, ncols=len(sizes), sharey=True)
    for ax, (title, epochs) in zip(axes, sizes.items()):
        ends = spread([np.log10(size[-1]) for size in epochs.values()], gap=0.42)
        for (epoch, size), colour, end in zip(epochs.items(), shades(len(epochs)), ends):
            ax.semilogy(size, color=colour)
            ax.text(len(size) - 0.6, 10**end, f"epoch {epoch}" if epoch else "at the start", color=colour, va="center",
                    fontsize=11)  # fmt: skip
        ax.set(title=title, xlabel="lag, steps back from the end", xlim=(0, len(size) * 1.3))
        ax.axhline(1, color=FAINT, lw=1, zorder=0)
        ax.set_xticks(range(0, len(size), 5))
    axes[0].set_ylabel("size of the gradient")
    return figure
