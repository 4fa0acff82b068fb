"""Pictures of what networks learned: errors of many runs, gates beside gates, accuracy beside gradient."""

import re

import numpy as np

from lstm_helpers.plots.style import BROWN, GATE_COLOURS, GREY, INK, NETWORKS, network_look, new_figure, spread, styled


@styled
def draw_runs(errors, floor):
    """Two heaps of runs: dark those that end at less than half of floor, brown and dashed the others. Lines are
    medians, bands hold eight of ten: single runs may be chaotic.

    errors: (runs, updates). floor: the least error without memory.
    """
    figure, ax = new_figure(10, 4.4)
    found, updates = errors[:, -1] < floor / 2, np.arange(errors.shape[1])
    heaps = (found, "-", INK, "found a memory", 0), (~found, "--", BROWN, "did not", 0.05)
    for heap, line, colour, verdict, lower in heaps:
        low, middle, high = np.quantile(errors[heap], [0.1, 0.5, 0.9], axis=0)
        ax.fill_between(updates, low, high, color=colour, alpha=0.2, lw=0)
        ax.plot(updates, middle, line, color=colour, lw=1.6)
        ax.text(1.01 * len(updates), middle[-1] - lower, f"{heap.sum()} {verdict}", color=colour, va="center")
    ax.axhline(floor, color=GREY, lw=1.2, ls=":")
    ax.text(1.01 * len(updates), 1.12 * floor, "the least without memory", color=GREY, va="center")
    ax.set(xlabel="update", ylabel="error of $y_t$", ylim=(0, None), xlim=(0, len(updates)))
    ax.set_xticks(np.arange(0, len(updates) + 1, 250))
    return figure


@styled
def draw_starts(counts, total):
    """A bar for each kind of start: how many of the networks found a memory. counts: {title: number}, the first of
    them the one to compare with.
    """
    first = next(iter(counts))
    figure, ax = new_figure(9, 0.46 * len(counts) + 1.0)
    rows = range(len(counts))
    ax.barh(rows, [total] * len(counts), height=0.6, color="none", edgecolor=GREY, lw=1.0)
    ax.barh(rows, list(counts.values()), height=0.6, color=INK)
    ax.axvline(counts[first], color=BROWN, lw=1.6, ls="--")
    ax.text(counts[first], -0.55, f"as many as {first}", color=BROWN, ha="center", va="bottom")
    for row, number in zip(rows, counts.values()):
        ax.text(total + 1, row, str(number), va="center")
    ax.set_yticks(rows, [re.sub(r"\bx(\d)", r"$x_\1$", title) for title in counts])
    ax.set(xlabel=f"found a memory, of {total}", xlim=(0, total), ylim=(len(counts) - 0.5, -0.5))
    return figure


@styled
def draw_learned_gates(hand_set, learned):
    """Gates and memory at the nine steps, learned ones as bars, hand-set ones as outlines.

    hand_set: {"i", "f", "o", "memory": (T,)}. learned: {title: the same}, one column each.
    """
    columns, t = len(learned), np.arange(1, len(hand_set["i"]) + 1)
    figure, axes = new_figure(3.8 * columns, 5.6, nrows=4, ncols=columns, sharex=True, sharey="row", squeeze=False)
    for row, (name, label) in zip(axes, {"i": "$i_t$", "f": "$f_t$", "o": "$o_t$", "memory": "memory"}.items()):
        for ax, values in zip(row, learned.values()):
            ax.bar(t, values[name], width=0.8, color=GATE_COLOURS.get(name, "#5F7FA3"))
            ax.bar(t, hand_set[name], width=0.8, facecolor="none", edgecolor=INK, linewidth=1.3)
        row[0].set(ylabel=label, ylim=(0, 1.05), yticks=[0, 1])
    axes[-1, 0].set(ylim=(-2, 9), yticks=[0, 8])
    for title, column in zip(learned, axes.T):
        column[0].set_title(title)
        column[-1].set(xlabel="step $t$", xticks=t)
    return figure


@styled
def draw_doors(x1, panels):
    """How a number is written, a line for each learned cell. x1: (K,). panels: {title: (cells, K)}, the last of them
    in the units of the output, where the dashed diagonal is the rule.
    """
    figure, axes = new_figure(11, 3.8, ncols=len(panels))
    for ax, (title, lines), colour in zip(axes, panels.items(), (GATE_COLOURS["i"], GATE_COLOURS["g"], INK)):
        ax.plot(x1, lines.T, color=colour, lw=1.8, alpha=0.8)
        ax.set(title=title, xlabel="$x_1$ that is to be added", xticks=x1)
    axes[0].set_ylim(0, 1)
    axes[1].set_ylim(-1, 1)
    axes[-1].plot(x1, x1, "--", color=BROWN)
    axes[-1].text(x1[0], 0.9 * x1[-1], "dashed: the rule", color=BROWN)
    return figure


def titled(network):
    """ "b_f = 3" as mathematics."""
    return network.replace("b_f", "$b_f$")


@styled
def draw_accuracy(accuracies, lengths, chance):
    """Accuracy against the length L, median as a line, all runs between lowest and highest as a band.

    accuracies: {network: {L: (runs,)}}, for some of the lengths or all.
    """
    figure, ax = new_figure(11, 4.8)
    ends = {}
    for last in lengths:  # labels stand where the lines end, and apart from others there
        here = {name: np.median(runs[last]) for name, runs in accuracies.items() if max(runs) == last}
        ends |= dict(zip(here, spread(list(here.values()), gap=0.085)))
    ax.axhline(chance, color=GREY, lw=1.2, ls=":")
    ax.text(-0.33, chance + 0.015, "guessing", color=GREY)
    for name, runs in accuracies.items():
        colour, line, mark = network_look(name)
        at = [lengths.index(L) for L in runs]
        low, middle, high = np.transpose([(min(run), np.median(run), max(run)) for run in runs.values()])
        ax.fill_between(at, low, high, color=colour, alpha=0.15, lw=0)
        ax.plot(at, middle, line, marker=mark, markersize=8, color=colour)
        ax.text(at[-1] + 0.12, ends[name], titled(name), color=colour, va="center")
    ax.set_xticks(range(len(lengths)), [f"$L$ = {L}" for L in lengths])
    ax.set(ylabel="right answers", xlim=(-0.35, len(lengths) - 0.92), ylim=(0, 1.04))
    return figure


@styled
def draw_gradient_and_accuracy(panels, chance, cut):
    """One mark a trained network: the gradient before training, and the accuracy that was reached.

    panels: {title: {network: (gradients, accuracies)}}. cut: the gradient from which on learning is predicted.
    """
    figure, axes = new_figure(5.6 * len(panels), 4.8, ncols=len(panels), sharey=True, sharex=True, squeeze=False)
    for ax, (title, networks) in zip(axes[0], panels.items()):
        ax.axvline(cut, color=INK, lw=1.2, ls=":")
        ax.axhline(chance, color=GREY, lw=1.2, ls=":")
        for row, name in enumerate(sorted(networks, key=list(NETWORKS).index)):
            (colour, _, mark), (gradients, accuracies) = network_look(name), networks[name]
            ax.plot(gradients, accuracies, mark, color=colour, markersize=7, alpha=0.75, markeredgewidth=0)
            ax.plot(2e-11, 0.98 - 0.085 * row, mark, color=colour, markersize=8)
            ax.text(5e-11, 0.98 - 0.085 * row, titled(name), color=colour, va="center")
        ax.text(1.3 * cut, 0.44, "the cut")
        ax.text(1.5e-10, chance + 0.015, "guessing", color=GREY)
        ax.set_xscale("log")
        ax.set(title=title, ylim=(0, 1.04), xlim=(1e-11, 1e3))
        ax.set_xticks(10.0 ** np.arange(-10, 3, 2))
    axes[0, 0].set_ylabel("right answers, after training")
    figure.supxlabel("gradient from step $L$ back to step 2, before training", fontsize=13)
    return figure


@styled
def draw_gradient_by_lag(sizes):
    """Size of the gradient at each lag, one curve a network. sizes: {network: (lags,)}."""
    figure, ax = new_figure(9, 4.6)
    ends = spread([np.log10(size[-1]) for size in sizes.values()], gap=0.35)
    for (name, size), end in zip(sizes.items(), ends):
        colour, line, _ = network_look(name)
        ax.semilogy(size, line, color=colour)
        ax.text(len(size) - 0.6, 10**end, titled(name), color=colour, va="center")
    ax.set(xlabel="lag, steps back from the end", ylabel="size of the gradient", xlim=(0, len(size) - 1))
    ax.set_xticks(range(0, len(size), 5))
    return figure
