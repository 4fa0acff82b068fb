"""Judges of the exercises to notebook 06."""

import copy
import re

import numpy as np

from lstm_helpers.exercises.judges import NotAnswered, ask, compare, judge, numbers
from lstm_helpers.lstm import lstm_forward, sigmoid
from lstm_helpers.weights import LSTMWeights


@judge("6.1")
def first_digit(answer):
    if numbers(answer).shape != (2,):
        return "two numbers are wanted: the share of right answers, then the loss"
    share, loss = numbers(answer)
    pairs = np.bincount(np.add.outer(np.arange(10), np.arange(10)).ravel()) / 100
    return compare(
        share,
        0.1,
        [
            (10, "write the share as a number between 0 and 1"),
            (0.5, "half of what counts is known, but an answer is right or wrong: count the sums that are left"),
            (1 / 19, "19 sums are possible in all, but how many are, once the first digit is known?"),
            (0.01, "that is one pair of a hundred; the first digit is known already"),
        ],
        "the first digit is known: which sums are left, and how likely is each?",
        rtol=1e-2,
    ) or compare(
        loss,
        np.log(10),
        [
            (-np.log(10), "a loss is not negative: mind the minus of (6.7)"),
            (1, "(6.7) has the natural logarithm"),
            (np.log2(10), "(6.7) has the natural logarithm"),
            (np.log(19), "not all 19 sums are possible once the first digit is known"),
            (-(pairs * np.log(pairs)).sum(), "that is the loss of a network that remembers nothing"),
            (0.1 * np.log(10), "that is what one of the sums adds to the mean; all that are possible occur"),
        ],
        "the loss is the mean of -log p of the right sum: which p does the best network give it?",
        rtol=5e-3,
    )


@judge("6.2")
def five_hundred_steps(answer):
    if numbers(answer).shape != (2,):
        return "two numbers are wanted: b_f for one half, then b_f for nine tenths"
    half, most = numbers(answer)

    def b_f(share):
        return -np.log(share ** (-1 / 500) - 1)

    return compare(
        half,
        b_f(0.5),
        [
            (np.log(500), "the factor ln 2 of (6.9) is missing"),
            (np.log10(500 / np.log(2)), "(6.9) has the natural logarithm"),
            (0.5 ** (1 / 500), "that is the forget gate itself; b_f is what goes into sigma"),
            (b_f(0.9), "first one half, then nine tenths"),
        ],
        "(6.9) says how many steps a b_f is good for: put 500 there and solve for b_f",
        rtol=6e-3,
    ) or compare(
        most,
        b_f(0.9),
        [
            (b_f(0.1), "with this b_f a tenth arrives: nine tenths are to arrive, not to be lost"),
            (b_f(0.5), "this is b_f for one half; more is to arrive"),
            (
                np.log(2500 / np.log(2)),
                "not a fifth of the loss for five times the half-life: the decay is no straight line",
            ),
            (0.9 ** (1 / 500), "that is the forget gate itself; b_f is what goes into sigma"),
        ],
        "sigma(b_f) ** 500 is to be 0.9: what stands in (6.9) where ln 2 stood?",
        rtol=6e-3,
    )


@judge("6.3")
def sizes_at_the_start(answer):
    one_step = {"A": 0.5, "B": sigmoid(np.array(4.0)), "C": 1.0, "D": 0.8, "E": 0.0}
    if set(answer) != set(one_step):
        return f"the names {sorted(one_step)} are wanted, not {sorted(answer)}"
    for name in one_step:
        hint = size_hint(name, float(numbers(answer[name])), one_step[name])
        if hint:
            return f"{name}: {hint}"


def size_hint(name, got, factor):
    wanted = factor**48

    def near(other, tolerance=0.05):
        return abs(got - other) <= tolerance * abs(other)

    if abs(got - wanted) <= {"A": 0.02, "B": 0.007, "C": 0.005, "D": 0.02, "E": 0.0}[name] * wanted:
        return None
    if name == "E":
        return "which slope has max(0, theta) at step 30, and what does it do to the product?"
    if name != "C" and near(factor, 0.01):
        return "that is the factor of one step"
    if name == "B" and near(0.98**48, 0.02):
        return "round at the end: sigma(4) is 0.982, and the third digit counts 48 times"
    if name != "C" and any(near(factor**steps, 0.012) for steps in (44, 45, 46, 47, 49, 50)):
        return "count the factors from step 2 to step 50"
    if got < 0:
        return "a size is not negative; if it is a logarithm, give the number itself"
    if got == 0:
        return "it has not gone altogether: which factor does a step contribute, and how many steps are there?"
    if name == "B" and near(1):
        return "sigma(4) is near 1, but 48 steps multiply with it"
    if name in "AB":
        return "by (6.8) every step multiplies with sigma(b_f)"
    return "a step multiplies with the slope of max(0, theta) and with W_s, as (2.19) has it for tanh"


@judge("6.4")
def chrono(answer):
    import torch

    if not callable(answer):
        return ask(answer)  # says that a function is wanted
    drawn = []
    for I, H, T_max in ((5, 301, 100), (3, 400, 900), (2, 400, 5), (2, 400, 5)):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(64 + len(drawn))
            given = torch.nn.LSTM(I, H)
            lstm = copy.deepcopy(given)
            returned = answer(lstm, T_max)
        before, after = ([p.detach().double().numpy() for p in net.parameters()] for net in (given, lstm))
        changed = [not np.array_equal(new, old) for new, old in zip(after, before)]
        if returned is ... or (returned is None and not any(changed)):
            raise NotAnswered
        if not any(changed):
            return "the LSTM that the function was given is still as it was"
        if changed[0] or changed[1]:
            return "only biases are to change, not W_x and W_h"
        hint = bias_hint(*(np.reshape(b, (4, H)) for b in (before[2] + before[3], *after[2:])), T_max - 1)
        if hint:
            return hint
        drawn.append(after[2][H : 2 * H] + after[3][H : 2 * H])
    if np.allclose(drawn[-1], drawn[-2], atol=1e-4):
        return "the times are to be drawn: here a second network got the same ones as the first"
    return None


def bias_hint(old, b_ih, b_hh, longest):
    """Arrays (4, H), rows i, f, g, o. old: the sum of both biases before. longest: the longest time to be drawn."""
    new = b_ih + b_hh
    i, f = new[:2]

    def same(a, b, tolerance=1e-4):
        return np.abs(a - b).max() < tolerance

    def logarithms(b):
        return -1e-4 < b.min() and b.max() < np.log(longest) + 1e-4 and np.ptp(b) > 1

    def even(share):
        return abs(share.mean() - 0.5) < 0.08 and abs(share.std() - 12**-0.5) < 0.05

    if logarithms(i) and same(f, -i):
        return "the blocks of rows are i, f, g, o: you took the first for the forget gate's"
    if not same(new[2:], old[2:]):
        return "the blocks of rows are i, f, g, o, and those of g and o are to stay as they were"
    if same(f, old[1]):
        return "the forget gate's bias is still what it was"
    if same(i, old[0]):
        return "the input gate's bias is still what it was"
    if same(b_ih[1], b_hh[1]) and logarithms(b_ih[1]) and not logarithms(f):
        return "PyTorch adds its two biases: with the logarithm in both of them, b_f is twice as large"
    if same(i, f):
        return "the input gate's bias is minus the forget gate's"
    if not same(i, -f) and same(i, -f, 2 * np.abs(old).max()):
        return "PyTorch adds its two biases, and its random numbers are still in their sum"
    if not same(i, -f):
        return "each unit's input gate gets minus the b_f of this unit; a second draw gives another number"
    if np.ptp(f) < 1e-4:
        return "every unit is to draw a time of its own"
    if f.max() > 2 * np.log(longest) + 1:
        return "b_f is the logarithm of the time, not the time itself"
    if f.min() < -1e-4 or f.max() > np.log(longest) + 1e-4:
        return "the times must lie between 1 and T_max - 1"
    if np.abs(np.exp(f) - np.exp(f).round()).max() < 5e-3:
        return "the times are real numbers: here they are all whole"
    if even((np.exp(f) - 1) / (longest - 1)):
        return None
    if even(f / np.log(longest)):
        return "it is the time that is drawn uniformly; here it was its logarithm"
    return "exp(b_f) must be spread uniformly between 1 and T_max - 1: is it the natural logarithm?"


@judge("6.5")
def permuted(answer):
    names = ["W_x", "W_h", "b", "W_hy", "b_y"]
    for H, order in ((5, [3, 0, 4, 1, 2]), (3, [1, 2, 0])):
        x, *network = a_network(H, seed=65)
        got = [numbers(part) for part in ask(answer, np.array(order), *network)]
        if len(got) != 5:
            return f"five arrays are wanted: {', '.join(names)}"
        for name, new, old in zip(names, got, network):
            if new.shape != old.shape:
                return f"{name} has the shape {new.shape}, but {old.shape} is wanted"
        hint = permutation_hint(np.array(order), x, network, got)
        if hint:
            return hint
    return None


def a_network(H, seed, D_y=2, I=3, T=7, N=4):
    """x (T, N, I) and the arrays W_x, W_h, b, W_hy, b_y."""
    draw = np.random.default_rng(seed)
    return [draw.normal(size=shape) for shape in [(T, N, I), (4 * H, I), (4 * H, H), 4 * H, (D_y, H), D_y]]


def permutation_hint(order, x, network, got):
    def outside(W_x, W_h, b, W_hy, b_y):
        """Every h and every output, in one row."""
        h = lstm_forward(x, LSTMWeights(W_x, W_h, b)).h
        return np.concatenate([h.ravel(), (h @ W_hy.T + b_y).ravel()])

    def moved(rows, columns):
        return W_x[rows], W_h[rows][:, columns], b[rows], W_hy[:, columns], b_y

    def in_all_gates(order):
        return (np.arange(4)[:, None] * len(order) + order).ravel()

    W_x, W_h, b, W_hy, b_y = network
    rows, first_block, back = in_all_gates(order), np.arange(4 * len(order)), np.argsort(order)
    first_block[: len(order)] = order
    side_by_side = (4 * order[:, None] + np.arange(4)).ravel()
    new_x, new_h, new_b, new_hy, _ = moved(rows, order)
    wrong = {
        "no unit has changed places": network,
        "the other way round: new unit k is to be old unit order[k]": moved(in_all_gates(back), back),
        "a unit has a row in each of the four blocks": moved(first_block, order),
        "the rows stand gate by gate, not unit by unit": moved(side_by_side, order),
        "the columns of W_h: who listens to the units that moved?": (new_x, W_h[rows], new_b, new_hy, b_y),
        "the rows of W_h belong to the units, too": (new_x, W_h[:, order], new_b, new_hy, b_y),
        "the rows of W_x belong to the units, too": (W_x, new_h, new_b, new_hy, b_y),
        "the biases belong to the units, too": (new_x, new_h, b, new_hy, b_y),
        "the readout listens to the units that moved": (new_x, new_h, new_b, W_hy, b_y),
    }
    return compare(
        outside(*got),
        outside(new_x, new_h, new_b, new_hy, b_y),
        [(outside(*mistake), hint) for hint, mistake in wrong.items()],
        "two questions: which rows belong to a unit, and which columns listen to it?",
    )


@judge("6.6")
def repaired_adam(answer):
    letter, function = answer
    for w, gradient, rate, updates in (
        (np.array([0.0, 2.0, -1.0]), lambda w: np.array([1.0, 0.1, 20.0]) * (w - 3), 0.1, 30),
        (np.array([0.5, -0.5]), np.sin, 0.03, 12),
        (np.array([1.0, -2.0]), lambda w: 1e-6 * w, 0.1, 5),  # as small as makes epsilon count
    ):
        wanted = adam_path(w, gradient, rate, updates)
        hints = {
            "it still does what the faulty one does: follow m and v into the second update": (True, True, True),
            "the correction must not go: without it the first updates have the wrong length": (False, False, False),
            "m is right now, but what is carried on as v?": (True, False, True),
            "v is right now, but what is carried on as m?": (True, True, False),
        }
        mistakes = [(adam_path(w, gradient, rate, updates, *kinds), hint) for hint, kinds in hints.items()]
        inside = adam_path(w, gradient, rate, updates, inside=True)
        mistakes.append((inside, "epsilon is added to the root, (3.22), not to what stands under it"))
        mistakes.append(
            (0 * wanted + wanted[-1], "all rows show the last w: it was changed in place after it was noted")
        )
        hint = compare(
            ask(function, w, gradient, rate, updates),
            wanted,
            mistakes,
            "follow m, v and w through two updates on paper, with (3.22) beside them",
        )
        if hint:
            return hint
    named = set(re.findall(r"\b[A-F]\b", re.sub(r"\bNOT +[A-F]\b", "", str(letter).upper())))
    if len(named) > 1:
        return "the function is right; one line of the faulty one is to blame, so one letter is wanted"
    return None if named == {"E"} else "the function is right; which line of the faulty one was to blame?"


def adam_path(w, gradient, rate, updates, corrected=True, keeps_m=False, keeps_v=False, inside=False):
    """w after each update. Mistakes: keeps_m, keeps_v: the corrected one goes on; inside: epsilon under the root."""
    m, v, path = 0 * w, 0 * w, []
    for k in range(1, updates + 1):
        g = gradient(w)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        now_m, now_v = (m / (1 - 0.9**k), v / (1 - 0.999**k)) if corrected else (m, v)
        w = w - rate * now_m / (np.sqrt(now_v + 1e-8) if inside else np.sqrt(now_v) + 1e-8)
        m, v = now_m if keeps_m else m, now_v if keeps_v else v
        path.append(w)
    return np.array(path)


@judge("6.7")
def unequal_lengths(answer):
    draw = np.random.default_rng(67)
    for T, N, K, lengths, size in ((6, 3, 5, [6, 2, 3], 1), (4, 5, 7, [1, 4, 2, 3, 3], 1), (5, 2, 3, [4, 5], 1e4)):
        y, s, lengths = size * draw.normal(size=(T, N, K)), draw.integers(0, K, (T, N)), np.array(lengths)
        with np.errstate(all="ignore"):
            got = numbers(ask(answer, y, s, lengths))
        if got.shape == y.shape and not np.isfinite(got).all():
            return "exp overflows for scores in the thousands: take off the largest of every K scores first"
        hint = gradient_hint(got, y, s, lengths)
        if hint:
            return hint
    return None


def gradient_hint(got, y, s, lengths):
    def softmax(axis):
        p = np.exp(y - y.max(axis=axis, keepdims=True))
        return p / p.sum(axis=axis, keepdims=True)

    (T, N), M, p, e = s.shape, lengths.sum(), softmax(2), np.eye(y.shape[2])[s]
    step = np.arange(1, T + 1)[:, None, None]
    real, d = step <= lengths[:, None], p - e
    return compare(
        got,
        real * d / M,
        [
            (real * d / (T * N), "the mean is over M steps, those that are real; you divided by T N"),
            (real * d / N, "you divided by the number of sequences; the mean is over M steps"),
            (real * d / (N * lengths[:, None]), "one mean over all M steps, not one for each sequence"),
            (real * d, "the gradient of the sum; L is a mean"),
            (d / M, "the padding has no part in L, so its gradient is 0"),
            (d / (T * N), "the padding has no part in L: neither in the sum nor in the number of steps"),
            ((step <= lengths[:, None] + 1) * d / M, "one step too many: row t is step t + 1"),
            ((step < lengths[:, None]) * d / M, "one step too few: row t is step t + 1"),
            (-(real * d) / M, "the sign: (6.7) has p - e"),
            (real * p / M, "the right answer's 1 must be taken off p"),
            (real * (softmax(1) - e) / M, "the softmax is over the K scores, which is axis 2 here"),
            (real * (softmax(0) - e) / M, "the softmax is over the K scores, which is axis 2 here"),
        ],
        "nudge one score at one real step both ways, as in (3.20), and see what L does",
    )
