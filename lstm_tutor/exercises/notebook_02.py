"""The exercises to notebook 02."""

import numpy as np

from lstm_helpers.language import say
from lstm_tutor.exercises.asking import call, differ
from lstm_tutor.exercises.reading import numbers
from lstm_tutor.exercises.table import Both, Choice, Exercise, Function, Letters, Listed, Named, Number, Word

# --- 2.1 ---

TERMS = [(t, k) for t in range(1, 11) for k in range(1, t + 1)]

COUNTS = {
    "number 1": Number(
        2 + (10 - 4) + 1,
        "write the fractions from left to right: those before the product, in it, and after it",
        {
            6: "that is the product in the middle; what stands before it and after it?",
            10: "the product begins with j = k + 1, not with j = k",
        },
    ),
    "number 2": Number(
        len(TERMS),
        "the gradient of L_1 has one term, that of L_2 two, and so on",
        {
            10: "that is the last loss alone; the gradient of L_t has t terms, and they are added for all t",
            100: "the gradient of L_t has terms for k = 1 ... t only: later steps do not reach back",
            45: "the term k = t counts too, although its product is empty",
        },
    ),
    "number 3": Number(
        sum(k < 5 <= t for t, k in TERMS),
        "the factor occurs where j = 5 lies between k + 1 and t: which t and which k are that?",
        {
            4: "that is the last loss alone; which other losses lie behind step 5?",
            6: "that is one k for each loss; all k whose way passes from S_5 to S_4 count",
        },
    ),
}

# --- 2.2 ---


def values(answer):
    """The set of the values that an answer lists, or of the one that it is."""
    answer = list(answer) if isinstance(answer, (set, frozenset, range)) else answer
    return frozenset(np.atleast_1d(numbers(answer)).round(6).tolist())


LINEAR = "the derivative of the identity is 1 everywhere, and a factor is that times W_s"
RELU = "its slope has two values, one on each side of 0; a factor is the slope times W_s"
OFF = {frozenset({1.5}): "how much does the unit pass back while it is off?"}
AT_MOST, LIST = "how large can a factor be at most, if |W_s| = 0.9?", "look at your list of its factors"

UNITS = Both(
    Named({"linear": Choice(values, {1.5}, LINEAR), "ReLU": Choice(values, {0, 1.5}, RELU, OFF)}),
    Named(
        {
            "linear": Letters(
                "abcd",
                "abd",
                {"a": AT_MOST, "b": "is there an input that could change a factor?", "c": LIST, "d": LIST},
            ),
            "ReLU": Letters(
                "abcd",
                "acd",
                {
                    "a": AT_MOST,
                    "b": "look for inputs that turn the unit off",
                    "c": LIST,
                    "d": "can inputs keep the unit on?",
                },
            ),
            "tanh": Letters(
                "abcd",
                "ad",
                {
                    "a": AT_MOST,
                    "b": "look for inputs that saturate the unit, and think of (2.14)",
                    "c": "without rounding, does 1 - tanh(theta)^2 reach 0 at any theta?",
                    "d": "can inputs keep the state inside the band (2.14)?",
                },
            ),
        }
    ),
)

# --- 2.3 ---


def log10_size(W_s, X, S_0):
    S, logs = [S_0], []
    for X_t in X:
        S.append(np.tanh(X_t + W_s * S[-1]))
        logs.append(np.log10(abs(W_s * (1 - S[-1] ** 2))))  # (2.4)
    return sum(logs)


def long_products():
    draw = np.random.default_rng(203)
    return [(-1.7, draw.normal(size=61), -0.4), (5.0, 0.5 * draw.normal(size=400), -0.4)]


FATES = ("vanishes", "explodes", "stays")
PREDICTED = {
    "A": Word(FATES, "vanishes", "at rest (2.15) gives the product; work out its size for 40 steps"),
    "B": Word(FATES, "explodes", "a negative W_s turns the sign over at each step; what does it do to the size?"),
    "C": Word(FATES, "vanishes", "where does the state go, and how large is the factor there? See (2.17)"),
    "D": Word(FATES, "vanishes", "how often is the state inside the band (2.14), and what does a step outside cost?"),
    "E": Word(
        FATES,
        "explodes",
        "these inputs make theta_t equal to the small nudge of step t: where does that keep the state?",
    ),
    "F": Word(FATES, "stays", "at rest every factor is W_s itself, neither smaller nor larger"),
}
MEASURED = Function(
    log10_size,
    long_products,
    "run the unit forward, then add log10 of the size of each factor (2.4)",
    {
        (
            "sum(logs)",
            "np.log10(np.prod(10 ** np.array(logs)))",
        ): "minus infinity: the product became 0 in the computer; add logarithms instead",
        ("np.log10", "np.log"): "this is the natural logarithm; powers of ten are wanted",
        ("1 - S[-1] ** 2", "1 - S[-2] ** 2"): "the slope at theta_j is 1 - S_j^2, not S_{j-1}",
        ("W_s * (1 - S[-1] ** 2)", "W_s"): "tanh' is missing",
        ("W_s * (1 - S[-1] ** 2)", "1 - S[-1] ** 2"): "W_s is missing: each factor has one",
        ("sum(logs)", "sum(logs[1:])"): "the step from S_0 to S_1 is missing",
    },
    name="log10_size",
)

# --- 2.4 ---


def steps(saturated):
    return np.ceil(np.log(1 / saturated) / np.log(1.5))


EDGES = {
    "number 1": Number(
        1 / (1 - 0.8**2),
        "solve tanh' times W_s = 1 with tanh' = 1 - S^2",
        {
            1 / (1 - 0.8): "tanh' is 1 - S^2, with a square",
            1 - 0.8**2: "this is tanh'; W_s times it is to be 1",
        },
        digits=3,
    ),
    "number 2": Number(
        1 / np.sqrt(1 - 0.8**2),
        "the product of two steps, one at 0 and one at 0.8, is to be 1",
        {
            1 / (1 - 0.8**2): "this makes the factor at 0.8 equal to 1, but the one at 0 exceeds 1 then",
            1.0: "this makes the factor at 0 equal to 1, but the one at 0.8 is smaller",
        },
        digits=3,
    ),
    "number 3": Number(
        steps(1.5 * (1 - 0.99**2)),
        "how small is the factor at 0.99, and how often must 1.5 be multiplied to make up for it?",
        {
            steps(1.5 * (1 - 0.99**2)) - 1: "after that many steps the product is still below 1",
            np.log(1 / (1.5 * (1 - 0.99**2))) / np.log(1.5): "a number of steps is whole: which one?",
            steps(1 - 0.99**2): "the saturated step has the factor W_s too",
        },
    ),
}

# --- 2.5 ---


def repaired_sweep(g, S, W_s):
    delta, dW_s = g, np.zeros_like(W_s)
    for t in range(len(S) - 1, 0, -1):
        local = delta * (1 - S[t] ** 2)
        dW_s = dW_s + np.outer(local, S[t - 1])
        delta = W_s.T @ local
    return dW_s, delta


def sweeps():
    draw = np.random.default_rng(205)
    sizes = [(5, 3), (1, 2)]
    return [(draw.normal(size=H), np.tanh(draw.normal(size=(T + 1, H))), draw.normal(size=(H, H))) for T, H in sizes]


LINE = Letters(
    "ABCDE",
    "E",
    {
        "A": "line A is right: the walk begins with what L says of S_T, and with no gradient collected yet",
        "B": "line B is right: it visits every step from T to 1, the newest first",
        "C": "line C is right: tanh' is one number for each unit, and multiplies element by element",
        "D": "line D is right: row = the unit that answers, column = the unit it listens to, as in W_s itself",
    },
    "write the lines with indices: which one is no longer right when W_s is a matrix?",
)
SWEEP = Function(
    repaired_sweep,
    sweeps,
    dict.fromkeys(
        ("dL/dW_s", "dL/dS_0"),
        "write line E with indices: what sums over the new units, and what is left is the old one?",
    ),
    {
        ("W_s.T @", "W_s @"): "the letter is right, but these are still the numbers of the given code",
        ("(local, S[t - 1])", "(S[t - 1], local)"): "it came out transposed: line D was right as it stood",
        ("S[t - 1]", "S[t]"): "line E is repaired, but dL/dW_s needs the state before the step, as in the given code",
        ("W_s.T @ local", "W_s.T @ delta"): "tanh' of this step gets lost: line E must hand on `local`, not `delta`",
    },
)

# --- 2.6 ---


def clip(gradients, c):
    length = np.sqrt(sum((g**2).sum() for g in gradients))
    scale = min(1, c / length) if length else 1
    return [g * scale for g in gradients]


def clip_each_array(gradients, c):
    return [clip([g], c)[0] for g in gradients]


def clip_each_number(gradients, c):
    return [np.clip(g, -c, c) for g in gradients]


def networks():
    draw = np.random.default_rng(206)
    large = [draw.normal(size=shape) for shape in ((3, 2), (3, 3), (3,))]
    return [(large, 0.7), ([*large[:2], 0 * large[2]], 2.0), (large, 50.0), ([0 * g for g in large], 0.7)]


def changed_in_place(function):
    given, c = networks()[0]
    call(function, given, c)
    if differ(given, networks()[0][0]):
        return say("the list is right, but the gradient that was passed is changed as well: make new arrays")
    return None


CLIPPED = Function(
    clip,
    networks,
    dict.fromkeys(
        ("array 1", "array 2", "array 3"),
        "square all numbers of all arrays, add them up, take the root: that is the length in (2.18)",
    ),
    {
        ("g * scale", "g / length * length * scale"): "where all numbers are zeros you get NaN: 0 divided by 0",
        clip_each_array: "each array is cut by its own length; that turns the direction. One length for all of them",
        clip_each_number: "each number is cut by itself; that turns the direction",
        ("min(1, c / length)", "1"): "this gradient is longer than c, and came back as it was",
        ("min(1, c / length)", "c / length"): "this gradient is shorter than c and must stay as it is;"
        " only longer ones are cut",
        ("np.sqrt(sum((g**2).sum()", "(sum(np.linalg.norm(g)"): "the length of all arrays together is not the sum of"
        " their lengths",
        ("np.sqrt(", "("): "the length is the root of the sum of squares; the root is missing",
    },
    otherwise=changed_in_place,
    rtol=1e-5,  # PyTorch's way, with 1e-6 added to the length, is right too
)

# --- 2.7 ---


def leaky(X, Y, S_0, a, W_x, W_s, b_1, W_o, b_2):
    S, m = [S_0], [None]
    for X_t in X:
        m.append(np.tanh(W_x * X_t + W_s * S[-1] + b_1))
        S.append((1 - a) * S[-1] + a * m[-1])
    dW_s = carry = 0.0
    for t in range(len(X), 0, -1):
        delta = (W_o * S[t] + b_2 - Y[t - 1]) * W_o + carry  # (2.21)
        slope = 1 - m[t] ** 2
        dW_s += delta * a * slope * S[t - 1]
        carry = delta * (1 - a + a * slope * W_s)
    return dW_s, carry


def leaky_units():
    draw, units = np.random.default_rng(207), {}
    for a, T in ((1.0, 5), (0.3, 4), (0.6, 1)):
        units[say("with a = {:g}").format(a)] = (
            draw.normal(size=T),
            draw.normal(size=T),
            0.7,
            a,
            0.8,
            -1.3,
            0.4,
            1.6,
            -0.5,
        )
    return units


LEAKY = Function(
    leaky,
    leaky_units,
    dict.fromkeys(
        ("dL/dW_s", "dL/dS_0"),
        "compare with numerical differences: change W_s or S_0 by 1e-6, and see how much L changes",
    ),
    {
        ("(W_o * S[t]", "(t == len(X)) * (W_o * S[t]"): "only the last loss is there, but L is the sum of all L_t",
        ("* W_o + carry", "* W_o"): "delta_t lacks what the later losses say of S_t, the second part of (2.21)",
        ("a * slope * W_s", "a * W_s"): "tanh' is missing on the way from S_t to S_{t-1}",
        ("a * slope * W_s", "a * slope"): "W_s is missing on the way from S_t to S_{t-1}",
        ("- Y[t - 1]) * W_o", "- Y[t - 1])"): "W_o is missing on the way from O_t to S_t",
        ("slope * S[t - 1]", "slope * S[t]"): "beside W_s stands S_{t-1}, not S_t",
        ("return dW_s, carry", "return dW_s, delta"): "delta_1 belongs to S_1: one factor is missing on the way to S_0",
        ("1 - m[t] ** 2", "1 - S[t] ** 2"): "tanh' is 1 - tanh(theta)^2, and S_t is no longer tanh(theta_t)",
        ("1 - a + a * slope", "a * slope"): "S_{t-1} reaches S_t on two ways; the straight one, past tanh, is missing",
        ("delta * a * slope", "delta * slope"): "a is missing where W_s itself is differentiated",
    },
)

EXERCISES = [
    Exercise("2.1", "count factors, terms and uses in (2.10)", "2.10", Listed(COUNTS)),
    Exercise("2.2", "which statements on the product hold of linear units, of ReLU and of tanh", "2.14", UNITS),
    Exercise("2.3", "predict and measure |dS_40/dS_0| of six units", "2.15", Both(Named(PREDICTED), MEASURED)),
    Exercise("2.4", "which W_s, and how many steps, leave the gradient's size as it is", "2.14", Listed(EDGES)),
    Exercise("2.5", "find the wrong line in a vector RNN's backward sweep, and repair it", "2.21", Both(LINE, SWEEP)),
    Exercise("2.6", "clip a whole network's gradient", "2.18", CLIPPED),
    Exercise("2.7", "derive the gradients of a leaky unit", "2.21", LEAKY),
]
