"""The exercises to notebook 06."""

import copy

import numpy as np
import torch

from lstm_helpers.language import say
from lstm_helpers.lstm import sigmoid
from lstm_tutor.exercises.asking import call
from lstm_tutor.exercises.reading import NotAnswered, numbers
from lstm_tutor.exercises.table import Both, Exercise, Function, Letters, Listed, Named, Number, Property
from lstm_tutor.planted import planted

# --- 6.1 ---

P = np.bincount(np.add.outer(np.arange(10), np.arange(10)).ravel()) / 100  # (6.6)
LOG = "(6.7) has the natural logarithm"
FIRST_DIGIT = {
    "share": Number(
        0.1,
        "the first digit is known: which sums are left, and how likely is each?",
        {
            10: "write the share as a number between 0 and 1",
            0.5: "half of what counts is known, but an answer is right or wrong: count the sums that are left",
            1 / 19: "19 sums are possible in all, but how many are, once the first digit is known?",
        },
        known=1e-2,
        digits=3,
    ),
    "loss": Number(
        np.log(10),
        "the loss is the mean of -log p of the right sum: which p does the best network give it?",
        {
            -np.log(10): "a loss is not negative: mind the minus of (6.7)",
            np.log2(10): LOG,
            -(P * np.log(P)).sum(): "that is the loss of a network that remembers nothing",
        },
        digits=3,
    ),
}

# --- 6.2 ---


def b_f(share):
    return -np.log(share ** (-1 / 500) - 1)


GATE = "that is the forget gate itself; b_f is what goes into sigma"
FIVE_HUNDRED = {
    "one half": Number(
        b_f(0.5),
        "(6.9) says how many steps a b_f is good for: put 500 there and solve for b_f",
        {
            np.log(500): "the factor ln 2 of (6.9) is missing",
            0.5 ** (1 / 500): GATE,
        },
        decimals=2,
    ),
    "nine tenths": Number(
        b_f(0.9),
        "sigma(b_f) ** 500 is to be 0.9: what stands in (6.9) where ln 2 stood?",
        {b_f(0.1): "with this b_f a tenth arrives: nine tenths are to arrive, not to be lost"},
        decimals=2,
    ),
}

# --- 6.3 ---


def size(factor, general, mistakes=(), known=0.05, rtol=0.02):
    """The size of 48 factors. A logarithm may come with two digits."""
    wrong = {factor**n: "count the factors from step 2 to step 50" for n in (47, 49, 50)} | dict(mistakes)
    wrong |= {factor: "that is the factor of one step", 48 * np.log10(factor): "a logarithm: give the number itself"}
    return Number(factor**48, general, wrong, known=known, rtol=rtol)


GATE_EACH = "by (6.8) every step multiplies with sigma(b_f)"
SLOPE = "a step multiplies with the slope of max(0, theta) and with W_s, as (2.19) has it for tanh"
ROUNDED = {0.98**48: "round at the end: sigma(4) is 0.982, and the third digit counts 48 times"}
SIZES = {
    "A": size(0.5, GATE_EACH),
    "B": size(sigmoid(np.array(4.0)).item(), GATE_EACH, ROUNDED, known=0.012, rtol=0.007),
    "C": Number(1.0, SLOPE, {0.0: "it has not gone: which factor does a step contribute?"}, rtol=0.005),
    "D": size(0.8, SLOPE),
    "E": Number(0.0, "which slope has max(0, theta) at step 30, and what does it do to the product?", rtol=0),
}

# --- 6.4 ---


def chrono(lstm, T_max):
    H, T = lstm.hidden_size, T_max - 1
    i, f = slice(0, H), slice(H, 2 * H)
    tau = 1 + (T - 1) * torch.rand(H)
    b_f = torch.log(tau)
    b_i = -b_f
    with torch.no_grad():
        lstm.bias_ih_l0[i] = b_i
        lstm.bias_ih_l0[f] = b_f
        lstm.bias_hh_l0[: 2 * H] = 0
    return lstm


def fault_in_chrono(answer):
    drawn = []
    for I, H, T_max in ((5, 301, 100), (3, 400, 900), (2, 400, 5), (2, 400, 5)):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(64 + len(drawn))
            given = torch.nn.LSTM(I, H)
            lstm = copy.deepcopy(given)
            returned = call(answer, lstm, T_max)
        before, after = ([p.detach().double().numpy() for p in net.parameters()] for net in (given, lstm))
        touched = [not np.array_equal(*pair) for pair in zip(before, after)]
        if returned is ... or (returned is None and not any(touched)):
            raise NotAnswered
        if not any(touched):
            return say("the LSTM that the function was given is still as it was")
        if touched[0] or touched[1]:
            return say("only biases are to change, not W_x and W_h")
        biases = [b.reshape(4, H) for b in (before[2] + before[3], *after[2:])]
        hint = fault_in_biases(*biases, T_max - 1)
        if hint:
            return hint
        drawn.append(biases[1][1] + biases[2][1])
    if np.allclose(drawn[-1], drawn[-2], atol=1e-4):
        return say("the times are to be drawn: here a second network got the same ones as the first")
    return None


def fault_in_biases(old, b_ih, b_hh, longest):
    """Arrays (4, H), rows i, f, g, o. old: the sum of both biases before. longest: the longest time to be drawn."""
    new = b_ih + b_hh
    i, f = new[:2]
    times = np.exp(f)
    share = (times - 1) / (longest - 1)

    def same(a, b, tolerance=1e-4):
        return np.abs(a - b).max() < tolerance

    if same(f, -i) and f.max() < 1e-4:
        return say("the blocks of rows are i, f, g, o: you took the first for the forget gate's")
    if not same(new[2:], old[2:]):
        return say("the blocks of rows are i, f, g, o, and those of g and o are to stay as they were")
    if same(i, f):
        return say("the input gate's bias is minus the forget gate's")
    if not same(i, -f) and same(i, -f, 2 * np.abs(old).max()):
        return say("PyTorch adds its two biases, and its random numbers are still in their sum")
    if not same(i, -f):
        return say("each unit's input gate gets minus the b_f of this unit; a second draw gives another number")
    if not (-1e-4 < share.min() and share.max() < 1 + 1e-4):
        return say("exp(b_f) must lie between 1 and T_max - 1, and PyTorch adds its two biases")
    if np.abs(times - times.round()).max() < 5e-3:
        return say("the times are real numbers: here they are all whole")
    if abs(share.mean() - 0.5) > 0.08 or abs(share.std() - 12**-0.5) > 0.05:
        return say("exp(b_f), not b_f, must be spread uniformly between 1 and T_max - 1, for every unit anew")
    return None


TAU = "1 + (T - 1) * torch.rand(H)"
CHRONO = Property(
    fault_in_chrono,
    chrono,
    "look at the sum of both biases, in the rows of each gate",
    [
        (planted(chrono, *changes), hint)
        for hint, *changes in (
            ("you took the first", ("l0[i] = b_i", "l0[i] = b_f"), ("l0[f] = b_f", "l0[f] = b_i")),
            ("those of g and o are to stay", ("lstm.bias_hh_l0[: 2 * H]", "lstm.bias_hh_l0[:]")),
            ("PyTorch adds its two", ("[: 2 * H] = 0", "[: 2 * H] = lstm.bias_ih_l0[: 2 * H]")),
            ("random numbers are still", ("lstm.bias_hh_l0[: 2 * H] = 0", "pass")),
            ("is minus the forget gate's", ("b_i = -b_f", "b_i = b_f")),
            ("a second draw", ("b_i = -b_f", f"b_i = -torch.log({TAU})")),
            ("all whole", (TAU, "torch.randint(1, T_max, (H,)).double()")),
            ("exp(b_f) must lie", ("b_f = torch.log(tau)", "b_f = tau")),
            ("must be spread uniformly", (TAU, "T ** torch.rand(H)")),
            ("a second network", ("torch.rand(H)", "torch.linspace(0, 1, H)")),
            ("still as it was", ("H, T =", "lstm = copy.deepcopy(lstm); H, T =")),
            ("only biases", ("return lstm", "torch.nn.init.zeros_(lstm.weight_ih_l0)")),
        )
    ],
)

# --- 6.5 ---


def permuted(order, W_x, W_h, b, W_hy, b_y):
    rows = (len(order) * np.arange(4)[:, None] + order).ravel()
    return W_x[rows], W_h[rows][:, order], b[rows], W_hy[:, order], b_y


def numbered_anew():
    draw, I, D_y, cases = np.random.default_rng(65), 3, 2, []
    for order in ([3, 0, 4, 1, 2], [1, 2, 0]):
        H = len(order)
        shapes = (4 * H, I), (4 * H, H), 4 * H, (D_y, H), D_y
        cases.append((np.array(order), *(draw.normal(size=shape) for shape in shapes)))
    return cases


PERMUTED = Function(
    permuted,
    numbered_anew,
    dict.fromkeys(
        ("W_x", "W_h", "b", "W_hy", "b_y"),
        "two questions: which rows belong to a unit, and which columns listen to it?",
    ),
    {
        ("rows =", "order = np.argsort(order); rows ="): "the other way round: new unit k is to be old unit order[k]",
        ("len(order) * np.arange(4)[:, None] + order", "np.arange(4) + 4 * order[:, None]"): "the rows stand gate by"
        " gate, not unit by unit",
        ("W_h[rows][:, order]", "W_h[rows]"): "the columns of W_h: who listens to the units that moved?",
        ("W_x[rows]", "W_x"): "the rows of W_x belong to the units, too",
        ("W_hy[:, order]", "W_hy"): "the readout listens to the units that moved",
    },
)

# --- 6.6 ---


def adam(w, gradient, rate, updates):
    m, v, path = 0 * w, 0 * w, []
    for k in range(1, updates + 1):
        g = gradient(w)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        now_m, now_v = m / (1 - 0.9**k), v / (1 - 0.999**k)
        w = w - rate * now_m / (np.sqrt(now_v) + 1e-8)  # (3.22)
        path.append(w)
    return np.array(path)


def walks():
    return [
        (np.array([0.0, 2.0, -1.0]), lambda w: np.array([1.0, 0.1, 20.0]) * (w - 3), 0.1, 30),
        (np.array([0.5, -0.5]), np.sin, 0.03, 12),
        (np.array([1.0, -2.0]), lambda w: 1e-6 * w, 0.1, 5),  # as small as makes epsilon count
    ]


LINE = Letters(
    "ABCDEF",
    "E",
    {
        "A": "line A is right: k counts the updates from 1 on, so that nothing is divided by 0",
        "B": "line B is right: each update asks for the gradient where it stands",
        "C": "line C is right: m is to be this mean, uncorrected",
        "D": "line D is right: v is to be this mean, uncorrected",
        "F": "line F is right: epsilon is added to the root, as in (3.22)",
    },
    "the first update is right: which line spoils what the second one goes on from?",
)
UNCORRECTED = "the correction must not go: without it the first updates have the wrong length"
ADAM = Function(
    adam,
    walks,
    "follow m, v and w through two updates on paper, with (3.22) beside them",
    {
        ("path.append(w)", "path.append(w); m, v = now_m, now_v"): "it still does what the faulty one does: follow"
        " m and v into the second update",
        ("path.append(w)", "path.append(w); v = now_v"): "m is right now, but what is carried on as v?",
        ("now_m, now_v = m / (1 - 0.9**k), v / (1 - 0.999**k)", "now_m, now_v = m, v"): UNCORRECTED,
    },
)

# --- 6.7 ---


def score_gradient(y, s, lengths):
    p = np.exp(y - y.max(axis=2, keepdims=True))
    p = p / p.sum(axis=2, keepdims=True)
    real = (np.arange(len(y))[:, None] < lengths)[:, :, None]
    return real * (p - np.eye(y.shape[2])[s]) / lengths.sum()


def batches():
    draw, cases = np.random.default_rng(67), []
    for T, N, K, lengths, size in ((6, 3, 5, [6, 2, 3], 1), (4, 5, 7, [1, 4, 2, 3, 3], 1), (5, 2, 3, [4, 5], 1e4)):
        cases.append((size * draw.normal(size=(T, N, K)), draw.integers(0, K, (T, N)), np.array(lengths)))
    return cases


def all_or_nothing(dy):
    """The gradient; NaN throughout where a NaN or an infinity is in it, wherever that may be."""
    dy = numbers(dy)
    return {("", ""): dy if np.isfinite(dy).all() else dy + np.nan}


SCORE_GRADIENT = Function(
    score_gradient,
    batches,
    "nudge one score at one real step both ways, as in (3.20), and see what L does",
    {
        ("y - y.max(axis=2, keepdims=True)", "y"): "exp overflows for scores in the thousands: take off the largest of"
        " every K scores first",
        ("lengths.sum()", "s.size"): "the mean is over M steps, those that are real; you divided by T N",
        (" / lengths.sum()", ""): "the gradient of the sum; L is a mean",
        ("real *", ""): "the padding has no part in L, so its gradient is 0",
        ("< lengths", "<= lengths"): "one step too many: row t is step t + 1",
        ("return real", "return -1 * real"): "the sign: (6.7) has p - e",
        ("(p - np.eye(y.shape[2])[s])", "p"): "the right answer's 1 must be taken off p",
        ("p.sum(axis=2", "p.sum(axis=1"): "the softmax is over the K scores, which is axis 2 here",
    },
    split=all_or_nothing,
)

SHARE_AND_LOSS = "two numbers are wanted: the share of right answers, then the loss"
HALF_AND_MOST = "two numbers are wanted: b_f for one half, then b_f for nine tenths"
EXERCISES = [
    Exercise("6.1", "say how far the first digit alone leads", "6.7", Listed(FIRST_DIGIT, SHARE_AND_LOSS)),
    Exercise("6.2", "find the b_f for five hundred steps", "6.9", Listed(FIVE_HUNDRED, HALF_AND_MOST)),
    Exercise("6.3", "say how much of the gradient arrives before the first update", "6.8", Named(SIZES)),
    Exercise("6.4", "draw the forget gate's biases for many time spans", "6.9", CHRONO),
    Exercise("6.5", "number the units of a network anew", "6.5", PERMUTED),
    Exercise("6.6", "find the wrong line in an Adam, and repair it", "6.3", Both(LINE, ADAM)),
    Exercise("6.7", "write the gradient for sequences of unequal lengths", "6.7", SCORE_GRADIENT),
]
