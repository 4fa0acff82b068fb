"""Judges of the exercises to notebook 02."""

import numpy as np

from lstm_helpers.exercises import Hint, ask, compare, compare_each, filled, judge, letter, letters, numbers, word
from lstm_helpers.rnn import RNNWeights, chain_factors, rnn_forward


def joined(arrays):
    """All numbers of several arrays as one vector."""
    return np.concatenate([numbers(array).ravel() for array in arrays])


def shapes_differ(arrays, like):
    """A hint unless the arrays have the shapes of those in like."""
    shapes, wanted = ([numbers(array).shape for array in several] for several in (arrays, like))
    return None if shapes == wanted else f"the shapes are {shapes}, but {wanted} are wanted"


@judge("2.1")
def counting(answer):
    pairs = [(t, k) for t in range(1, 11) for k in range(1, t + 1)]
    return compare_each(
        answer,
        [2 + (10 - 4) + 1, len(pairs), sum(k < 5 <= t for t, k in pairs)],
        [
            (
                {
                    6: "that is the product in the middle; what stands before it and after it?",
                    10: "the product begins with j = k + 1, not with j = k",
                    15: "tanh' times W_s is one fraction, so count it once",
                    16: "tanh' times W_s is one fraction, so count it once, and so is tanh' times X_k",
                },
                "write the fractions from left to right: those before the product, in it, and after it",
            ),
            (
                {
                    10: "that is the last loss alone; the gradient of L_t has t terms, and they are added for all t",
                    100: "the gradient of L_t has terms for k = 1 ... t only: later steps do not reach back",
                    45: "the term k = t counts too, although its product is empty",
                },
                "the gradient of L_1 has one term, that of L_2 two, and so on",
            ),
            (
                {
                    4: "that is the last loss alone; which other losses lie behind step 5?",
                    6: "that is one k for each loss; all k whose way passes from S_5 to S_4 count",
                    30: "the term k = 5 ends at S_5: its product does not contain this factor",
                    20: "the loss L_5 counts too: its way back begins with just this factor",
                },
                "the factor occurs where j = 5 lies between k + 1 and t: which t and which k are that?",
            ),
        ],
    )


@judge("2.2")
def other_units(answer):
    possible, true = (filled(part) for part in answer)
    for part, names in ((possible, {"linear", "ReLU"}), (true, {"linear", "ReLU", "tanh"})):
        if set(part) != names:
            return f"the names {sorted(names)} are wanted, not {sorted(part)}"
    found = {unit: set(np.atleast_1d(numbers(list_or_number(possible[unit]))).round(6)) for unit in possible}
    if found["linear"] != {1.5}:
        return "linear: the derivative of the identity is 1 everywhere, and a factor is that times W_s"
    if found["ReLU"] == {1.5}:
        return "ReLU: how much does the unit pass back while it is off?"
    if found["ReLU"] != {0.0, 1.5}:
        return "ReLU: its slope has two values, one on each side of 0; a factor is the slope times W_s"
    wanted = {"linear": set("abd"), "ReLU": set("acd"), "tanh": set("ad")}
    for unit, right in wanted.items():
        wrong = sorted(letters(true[unit], "abcd", unit) ^ right)
        if wrong:
            return f"{unit}, statement {wrong[0]}: {STATEMENTS[wrong[0]][unit]}"
    return None


STATEMENTS = {
    "a": dict.fromkeys(("linear", "ReLU", "tanh"), "how large can a factor be at most, if |W_s| = 0.9?"),
    "b": {
        "linear": "is there an input that could change a factor?",
        "ReLU": "look for inputs that turn the unit off",
        "tanh": "look for inputs that saturate the unit, and think of (2.14)",
    },
    "c": {
        "linear": "look at your list of its factors",
        "ReLU": "look at your list of its factors",
        "tanh": "without rounding, does 1 - tanh(theta)^2 reach 0 at any theta?",
    },
    "d": {
        "linear": "look at your list of its factors",
        "ReLU": "can inputs keep the unit on?",
        "tanh": "can inputs keep the state inside the band (2.14)?",
    },
}


def list_or_number(values):
    return list(values) if isinstance(values, (set, frozenset, range)) else values


@judge("2.3")
def predict_and_measure(answer):
    predicted, log10_size = (filled(part) for part in answer)
    if set(predicted) != set(CASES):
        return f"the names {sorted(CASES)} are wanted, not {sorted(predicted)}"
    for name, (right, hint) in CASES.items():
        try:
            said = word(predicted[name], ("vanish", "explod", "stay"))
        except Hint:
            return f"{name}: one of the words vanishes, explodes and stays is wanted, not {predicted[name]!r:.40}"
        if said != right:
            return f"{name}: {hint}"
    return measured(log10_size)


CASES = {
    "A": ("vanish", "at rest (2.15) gives the product; work out its size for 40 steps"),
    "B": ("explod", "a negative W_s turns the sign over at each step; what does it do to the size?"),
    "C": ("vanish", "where does the state go, and how large is the factor there? See (2.17)"),
    "D": ("vanish", "how often is the state inside the band (2.14), and what does a step outside cost?"),
    "E": ("explod", "these inputs make theta_t equal to the small nudge of step t: where does that keep the state?"),
    "F": ("stay", "at rest every factor is W_s itself, neither smaller nor larger"),
}


def measured(log10_size):
    draw = np.random.default_rng(203)
    for W_s, T, scale in ((-1.7, 61, 1.0), (5.0, 400, 0.5)):
        X, S_0 = scale * draw.normal(size=T), -0.4
        weights = RNNWeights.scalar(1.0, W_s)
        trace = rnn_forward(X[:, None, None], weights, np.array([[S_0]]))
        sizes = np.log10(np.abs(chain_factors(trace, weights)[:, 0]))
        one_early = np.append(S_0, trace.S[:-1, 0, 0])
        with np.errstate(all="ignore"):
            got = numbers(ask(log10_size, W_s, X, S_0))
        if np.isnan(got).any():
            return "log10_size gives NaN: a logarithm of a negative number? What is wanted is the size"
        if np.isneginf(got).any():
            return "log10_size gives minus infinity: the product became 0 in the computer; add logarithms instead"
        hint = compare(
            got,
            sizes.sum(),
            [
                (sizes.sum() * np.log(10), "log10_size uses the natural logarithm; powers of ten are wanted"),
                (np.log10(np.abs(W_s * (1 - one_early**2))).sum(), "the slope at theta_j is 1 - S_j^2, not S_{j-1}"),
                (T * np.log10(np.abs(W_s)), "log10_size lacks tanh'"),
                (sizes.sum() - T * np.log10(np.abs(W_s)), "log10_size lacks W_s: each factor has one"),
                (sizes[1:].sum(), "log10_size lacks the step from S_0 to S_1"),
                (sizes[:-1].sum(), "log10_size lacks the last step"),
                (np.cumsum(sizes), "log10_size gives a number for each step; the last one is wanted"),
            ],
            "log10_size: run the unit forward, then add log10 of the size of each factor (2.4)",
        )
        if hint:
            return hint
    return None


@judge("2.4")
def edge(answer):
    def steps(saturated):
        return np.ceil(np.log(1 / saturated) / np.log(1.5))

    return compare_each(
        answer,
        [1 / (1 - 0.8**2), 1 / np.sqrt(1 - 0.8**2), steps(1.5 * (1 - 0.99**2))],
        [
            (
                {
                    1 / (1 - 0.8): "tanh' is 1 - S^2, with a square",
                    1 / 0.8**2: "tanh' is 1 - S^2, not S^2",
                    1 - 0.8**2: "this is tanh'; W_s times it is to be 1",
                },
                "solve tanh' times W_s = 1 with tanh' = 1 - S^2",
            ),
            (
                {
                    1 / (1 - 0.8**2): "this makes the factor at 0.8 equal to 1, but the one at 0 exceeds 1 then",
                    1.0: "this makes the factor at 0 equal to 1, but the one at 0.8 is smaller",
                    2 / (2 - 0.8**2): "this makes the mean of the two factors 1; it is their product that counts",
                    1 / (1 - 0.8**2) / 2 + 0.5: "this is the mean of two values of W_s; take the product of two steps",
                    1 / (1 - 0.4**2): "this is for a state of 0.4 throughout; the factors differ, so multiply them",
                },
                "the product of two steps, one at 0 and one at 0.8, is to be 1",
            ),
            (
                {
                    steps(1.5 * (1 - 0.99**2)) - 1: "after that many steps the product is still below 1",
                    np.log(1 / (1.5 * (1 - 0.99**2))) / np.log(1.5): "a number of steps is whole: which one?",
                    steps(1 - 0.99**2): "the saturated step has the factor W_s too",
                    steps(1.5 * (1 - 0.99)): "tanh' is 1 - S^2, with a square",
                },
                "how small is the factor at 0.99, and how often must 1.5 be multiplied to make up for it?",
            ),
        ],
        rtol=3e-3,  # half a unit of the third digit of 1.67
    )


def vector_sweep(g, S, W_s, mistake=None):
    """dL/dW_s and dL/dS_0 of a vector RNN from g = dL/dS_T, or what one mistake makes of them."""
    delta, dW_s = g, np.zeros_like(W_s)
    for t in range(len(S) - 1, 0, -1):
        local = delta * (1 - S[t] ** 2)
        pair = (S[t - 1], local) if "outer" in (mistake or "") else (local, S[t if mistake == "S_t" else t - 1])
        dW_s = dW_s + np.outer(*pair)
        delta = (W_s if mistake in ("given", "outer only") else W_s.T) @ (delta if mistake == "no slope" else local)
    return dW_s, delta


@judge("2.5")
def repaired_sweep(answer):
    said, repaired = (filled(part) for part in answer)
    lines = {
        "A": "line A is right: the walk begins with what L says of S_T, and with no gradient collected yet",
        "B": "line B is right: it visits every step from T to 1, the newest first",
        "C": "line C is right: tanh' is one number for each unit, and multiplies element by element",
        "D": "line D is right: row = the unit that answers, column = the unit it listens to, as in W_s itself",
    }
    if (said := letter(said, "ABCDE")) != "E":
        return lines[said]
    draw = np.random.default_rng(205)
    for T, H in ((5, 3), (1, 2)):
        g, S, W_s = draw.normal(size=H), np.tanh(draw.normal(size=(T + 1, H))), draw.normal(size=(H, H))
        wanted = vector_sweep(g, S, W_s)
        hints = {
            "given": "the letter is right, but these are still the numbers of the given code",
            "outer": "line E is repaired, but dL/dW_s came out transposed: line D was right as it stood",
            "outer only": "the letter is right, but it is line D that you changed",
            "S_t": "line E is repaired, but dL/dW_s needs the state before the step, as in the given code",
            "no slope": "tanh' of this step gets lost: line E must hand on `local`, not `delta`",
        }
        got = ask(repaired, g, S, W_s)
        hint = shapes_differ(got, wanted) or compare(
            joined(got),
            joined(wanted),
            [(joined(vector_sweep(g, S, W_s, mistake)), hint) for mistake, hint in hints.items()],
            "write line E with indices: what sums over the new units, and what is left is the old one?",
        )
        if hint:
            return hint
    return None


@judge("2.6")
def clip_by_norm(answer):
    draw = np.random.default_rng(206)
    large = [draw.normal(size=shape) for shape in ((3, 2), (3, 3), (3,))]
    for gradients, c in ((large, 0.7), ([*large[:2], 0 * large[2]], 2.0), (large, 50.0), ([0 * g for g in large], 0.7)):
        lengths = [np.linalg.norm(g) for g in gradients]
        length = np.linalg.norm(lengths)
        scales = {
            "each array is cut by its own length; that turns the direction. One length for all of them": [
                min(1, c / one) if one else 1 for one in lengths
            ],
            "this gradient is longer than c, and came back as it was": [1] * 3,
            "this gradient is shorter than c and must stay as it is; only longer ones are cut": [c / (length or 1)] * 3,
            "the length of all arrays together is not the sum of their lengths": [min(1, c / (sum(lengths) or 1))] * 3,
            "the length is the root of the sum of squares; the root is missing": [min(1, c / (length**2 or 1))] * 3,
        }
        mistakes = [([np.clip(g, -c, c) for g in gradients], "each number is cut by itself; that turns the direction")]
        mistakes += [([scale * g for scale, g in zip(s, gradients)], hint) for hint, s in scales.items()]
        with np.errstate(all="ignore"):
            got = ask(answer, gradients, c)
        if np.isnan(joined(got)).any():
            return "where all numbers are zeros you get NaN: 0 divided by 0"
        hint = shapes_differ(got, gradients) or compare(
            joined(got),
            min(1, c / (length or 1)) * joined(gradients),
            [(joined(wrong), hint) for wrong, hint in mistakes],
            "square all numbers of all arrays, add them up, take the root: that is the length in (2.18)",
            rtol=1e-5,  # PyTorch's way, with 1e-6 added to the length, is right too
        )
        if hint:
            return hint
    return None


def leaky(X, Y, S_0, a, W_x, W_s, b_1, W_o, b_2, mistake=None):
    """dL/dW_s and dL/dS_0 of the leaky unit, or what one mistake makes of them."""
    S, m = [S_0], [None]
    for X_t in X:
        m.append(np.tanh(W_x * X_t + W_s * S[-1] + b_1))
        S.append((1 - a) * S[-1] + a * m[-1])
    dW_s = carry = 0.0
    for t in range(len(X), 0, -1):
        error = 0.0 if mistake == "last loss" and t < len(X) else W_o * S[t] + b_2 - Y[t - 1]
        delta = error * (1 if mistake == "no W_o" else W_o) + (0.0 if mistake == "no carry" else carry)
        no_a = mistake in ("no a", "forward only")
        slope = 1 - (S[t] if mistake in ("slope of S", "forward only") else m[t]) ** 2
        tanh_part = slope if no_a or mistake == "no a in factor" else a * slope
        straight = 0 if no_a or mistake == "not straight" else 1 - a
        immediate = slope if no_a or mistake == "no a in immediate" else a * slope
        dW_s += delta * immediate * S[t if mistake == "S_t" else t - 1]
        if mistake == "no slope":
            tanh_part = a
        carry = delta * (straight + tanh_part * (1 if mistake == "no W_s" else W_s))
    return dW_s, delta if mistake == "delta_1" else carry


@judge("2.7")
def leaky_gradients(answer):
    plain = {
        "last loss": "only the last loss is there, but L is the sum of all L_t",
        "no carry": "delta_t lacks what the later losses say of S_t, the second part of (2.21)",
        "no slope": "tanh' is missing on the way from S_t to S_{t-1}",
        "no W_s": "W_s is missing on the way from S_t to S_{t-1}",
        "no W_o": "W_o is missing on the way from O_t to S_t",
        "S_t": "beside W_s stands S_{t-1}, not S_t",
        "delta_1": "dL/dW_s is right, but delta_1 belongs to S_1: one factor is missing on the way to S_0",
    }
    leaking = {
        "slope of S": "tanh' is 1 - tanh(theta)^2, and S_t is no longer tanh(theta_t)",
        "not straight": "S_{t-1} reaches S_t on two ways; the straight one, past tanh, is missing",
        "no a in factor": "a is missing where S_{t-1} reaches S_t through tanh",
        "no a in immediate": "a is missing where W_s itself is differentiated",
        "no a": "a does not occur yet on the way back",
        "forward only": "going backward this is still the plain unit; differentiate the new line of code",
    }
    draw = np.random.default_rng(207)
    for a, T, hints in ((1.0, 5, plain), (0.3, 4, plain | leaking), (0.6, 1, plain | leaking)):
        case = [draw.normal(size=T), draw.normal(size=T), 0.7, a, 0.8, -1.3, 0.4, 1.6, -0.5]
        wanted = leaky(*case)
        mistakes = [(leaky(*case, mistake=mistake), hint) for mistake, hint in hints.items()]
        mistakes += [(wanted[::-1], "return dL/dW_s first, then dL/dS_0")]
        mistakes += [(leaky(*case[:3], 1.0, *case[4:]), "this is the plain unit, a = 1, where a is smaller")]
        otherwise = "compare with numerical differences: change W_s or S_0 by 1e-6, and see how much L changes"
        hint = compare(ask(answer, *case), wanted, mistakes, otherwise)
        if hint:
            return f"with a = {a:g}: {hint}"
    return None
