"""The exercises to notebook 01."""

import json

import numpy as np

from lstm_helpers.language import say
from lstm_helpers.lstm import lstm_forward, sigmoid
from lstm_helpers.weights import LSTMWeights
from lstm_tutor.exercises.reading import Hint, configuration, numbers
from lstm_tutor.exercises.table import Exercise, Function, Named, Number, Paper, Property, Shape
from lstm_tutor.living.configuration import PRESETS, Configuration
from lstm_tutor.planted import planted

# --- 1.1 ---


def on_paper():
    f, i, g, o = sigmoid(0.0), sigmoid(0.0), np.tanh(1.0), sigmoid(10.0)
    c = f * 2 + i * g
    return c, o * np.tanh(c)


ON_PAPER = Paper(
    on_paper,
    dict.fromkeys(("c_t", "h_t"), "start with the four gates: f = i = sigmoid(0), g = tanh(1), o = sigmoid(10)"),
    {
        ("np.tanh(1.0)", "1.0"): "the candidate is tanh(1), not 1",
        ("o * np.tanh(c)", "o * c"): "h is the output gate times tanh(c), not times c",
        ("sigmoid(10.0)", "10"): "10 is the pre-activation of the output gate; the gate is sigmoid of it",
        ("f * 2 + i * g", "g"): "both gates are sigmoid(0), which is 0.5",
    },
    decimals=3,
)

# --- 1.2 ---

EXCHANGED, ONE_GATE = "rows are what comes out, columns what goes in", "this is one gate of the four"
BATCH_FIRST = "the sequences come first here: exchange the first two axes"
SHAPES = {
    "W_x": Shape(
        (64, 5),
        "W_x turns the I numbers of an input into the pre-activations of four gates",
        {(5, 64): EXCHANGED, (16, 5): ONE_GATE},
    ),
    "W_h": Shape(
        (64, 16),
        "W_h turns the H numbers of a state into the pre-activations of four gates",
        {(16, 64): EXCHANGED, (16, 16): ONE_GATE},
    ),
    "b": Shape((64,), "b has one number for each unit of each of the four gates", {(16,): ONE_GATE}),
    "x": Shape(
        (9, 7, 5),
        "x is time-major: first the steps, then the sequences, then the inputs",
        {(7, 9, 5): BATCH_FIRST},
    ),
    "h": Shape((9, 7, 16), "h has a state of H numbers for every step and every sequence", {(7, 9, 16): BATCH_FIRST}),
}

# --- 1.3 and 1.7 ---


def step(x_t, h_prev, c_prev, W_x, W_h, b):
    i, f, g, o = np.split(x_t @ W_x.T + h_prev @ W_h.T + b, 4, axis=1)
    c = sigmoid(f) * c_prev + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def coupled_step(x_t, h_prev, c_prev, W_x, W_h, b):
    i, _, g, o = np.split(x_t @ W_x.T + h_prev @ W_h.T + b, 4, axis=1)
    c = (1 - sigmoid(i)) * c_prev + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def a_case():
    draw, N, I, H = np.random.default_rng(101), 3, 2, 4
    return [[draw.normal(size=size) for size in ((N, I), (N, H), (N, H), (4 * H, I), (4 * H, H), 4 * H)]]


STEP = Function(
    step,
    a_case,
    dict.fromkeys(("h_t", "c_t"), "compare gate by gate with the fields i, f, g, o of lstm_helpers.lstm_step(...)"),
    {
        ("return sigmoid(o) * np.tanh(c), c", "return c, sigmoid(o) * np.tanh(c)"): "return h first, then c",
        ("i, f, g, o =", "f, i, g, o ="): "rows are stacked i, f, g, o: you took the first for f",
        ("i, f, g, o =", "i, f, o, g ="): "rows are stacked i, f, g, o: g comes before o",
        (" + h_prev @ W_h.T", ""): "W_h h_prev is missing",
        (" + b", ""): "the bias b is missing",
        ("np.tanh(g)", "sigmoid(g)"): "the candidate g has a tanh, not a sigmoid",
        ("np.tanh(c)", "c"): "h is o times tanh(c), not o times c",
        ("np.tanh(c), c", "np.tanh(c_prev), c"): "h is made of the new c, not of c_prev",
    },
)
COUPLED = Function(
    coupled_step,
    a_case,
    dict.fromkeys(("h_t", "c_t"), "c = (1 - i) * c_prev + i * g, and h as before"),
    {
        step: "this is still the LSTM: the forget gate must become 1 - i",
        planted(step, ("sigmoid(i) *", "(1 - sigmoid(f)) *")): "you kept f and replaced i; it is f that becomes 1 - i",
        ("sigmoid(i) * np.tanh(g)", "np.tanh(g)"): "what is written is still i times g",
    },
)

# --- 1.4 ---


def latch_fault(answer):
    """Weights for I = H = 1: is c within 0.1 of 0 before the first 1, and within 0.3 of 1 from then on?"""
    W_x, W_h, b = (numbers(part) for part in answer)
    for name, part, shape in (("W_x", W_x, (4, 1)), ("W_h", W_h, (4, 1)), ("b", b, (4,))):
        if part.shape != shape:
            raise Hint(say("{} has the shape {}, but {} is wanted").format(name, part.shape, shape))
    weights, steps = LSTMWeights(W_x, W_h, b), np.arange(1, 1001)
    once, always = steps == 3, steps >= 3
    counts = say("a second 1 adds up: the cell counts. What could the latch listen to, so that it knows it is set?")
    drifts = say("c drifts to {:.2f} while 1,000 ones come: further ones still get in a little, or push some out")
    cases = [
        (steps < 0, say("with no 1 at all, c comes to {:.2f} within 1,000 steps: is the input gate shut while x = 0?")),
        (once[:3], say("c must jump to about 1 at the first 1: are input gate and candidate both open there?")),
        (once, say("c comes to {:.2f} within 1,000 idle steps: is the forget gate open?")),
        (always[:6], counts),
        (always, drifts),
    ]
    for seed in range(20):
        draw, hint = np.random.default_rng(seed), say("on a random sequence of 1,000 zeros and ones, c comes to {:.2f}")
        cases.append((draw.random(1000) < draw.choice([0.01, 0.1, 0.5, 0.9]), hint))
    for x, hint in cases:
        c, is_set = lstm_forward(x.astype(float)[:, None, None], weights).c[:, 0, 0], np.cumsum(x) > 0
        off = np.abs(c - is_set) - np.where(is_set, 0.3, 0.1)
        if not off.max() <= 0:
            return hint.format(c[off.argmax()])
    return None


def rows(i, f=0, g=0, o=0):
    return [[i], [f], [g], [o]]


LATCH = Property(
    latch_fault,
    (rows(40), rows(-80), [-20, 20, 20, 20]),
    "run it on zeros, on a single 1 and on 1,000 ones, and look at c",
    [
        ((rows(0), rows(0), [10, 10, 10, 10]), "with no 1 at all"),
        ((rows(20), rows(0), [-10, 10, 0, 10]), "c must jump to about 1"),
        ((rows(20), rows(-20), [-10, 0, 10, 10]), "within 1,000 idle steps"),
        ((rows(20), rows(0), [-10, 10, 10, 10]), "the cell counts"),
        ((rows(11.1), rows(-3.9), [-10, 10, 10, 10]), "c drifts to"),
        ((rows(20, o=20), rows(-60), [-10, 20, 10, -10]), "on a random sequence"),
        (([[20, 0, 0, 0]], rows(-20), [-10, 10, 10, 10]), "W_x has the shape"),
    ],
)

# --- 1.5 ---

EXACTLY = np.log(0.5) / np.log(sigmoid(2.0))
STEPS = np.ceil(EXACTLY)
LEAK = Number(
    STEPS,
    "after n steps sigmoid(2) ** n is left",
    {
        STEPS - 1: "after that many steps a little more than half is left: round up",
        EXACTLY: "a number of steps is whole: round up",
        1: "the gate is sigmoid(2) = 0.88, not 2/10: one step takes away twelve hundredths only",
    },
)

# --- 1.6 ---


def units(parameters, I=100):
    """The H whose H (I + H + 1) is this number."""
    return (np.sqrt((I + 1) ** 2 + 4 * parameters) - (I + 1)) / 2


PARAMETERS = 4 * 128 * (28 + 128 + 1)
EQUAL = Number(
    round(units(PARAMETERS / 4)),
    "an LSTM has 4 H (I + H + 1) parameters: solve for H, or try all H",
    {
        128: "with the same H, 72 further inputs make 4 * 128 * 72 further parameters",
        units(PARAMETERS / 4): "H is a whole number: round it",
        round(units(PARAMETERS)): "both networks have four gates: count 4 on both sides",
    },
)

# --- 1.8 ---

GIVEN = PRESETS["worked example"]
UNCLEARED = [0, 1, 1, 2, 2, 2, 2, 3, 3]  # the memory after each step, where x_2 = -1 does nothing


def clearing_fault(line):
    one = configuration(line)
    if not np.array_equal(one.x, Configuration.from_values(GIVEN).x):
        return say("the inputs have changed: press Start again in the picture, and leave the bars alone")
    c, f_7 = one.trace.c.ravel(), one.trace.f.item(6)
    wrong = np.flatnonzero(np.abs(c - UNCLEARED) > 0.1) + 1
    if not len(wrong):
        return None
    if wrong[0] == 7 and f_7 < 0.9:
        hint = say("at t = 7 the forget gate is still {:.2f}: which two numbers add up to its pre-activation?")
        return hint.format(f_7)
    hint = say("after step {} the memory is {:.2f}, but it should be about {}")
    return hint.format(wrong[0], c[wrong[0] - 1], UNCLEARED[wrong[0] - 1])


def with_changes(**changes):
    return json.dumps(GIVEN | changes)


KEEPS = Property(
    clearing_fault,
    with_changes(b=[-10, 110, 0, -10]),
    "step to t = 7, and read in the sums beside the cell what shuts the forget gate",
    [
        (with_changes(), "the forget gate is still 0.00"),
        (with_changes(x=[[0, 0, 0]] * 9), "the inputs have changed"),
        (with_changes(b=[10, 110, 0, -10]), "after step 1 the memory is 0.76"),
        (with_changes(c0=1), "after step 1 the memory is 1.00"),
        ("b_f = 110", "press its button Copy"),
    ],
)

EXERCISES = [
    Exercise("1.1", "work out one step on paper", "1.5", ON_PAPER, ([1.3808, 0.8812],)),
    Exercise("1.2", "say the shapes of weights and states", "1.8", Named(SHAPES)),
    Exercise("1.3", "write one step from memory", "1.8", STEP),
    Exercise("1.4", "find the weights of a latch", "1.5", LATCH, ((rows(20, -20), rows(0), [-10, 10, 10, 10]),)),
    Exercise("1.5", "how long a leaky forget gate keeps half of a number", "1.5", LEAK),
    Exercise("1.6", "find the H that makes two LSTMs equally large", "1.12", EQUAL),
    Exercise("1.7", "write the step of an LSTM with coupled gates", "1.5", COUPLED),
    Exercise(
        "1.8",
        "find weights with which x_2 = -1 clears nothing",
        "1.2",
        KEEPS,
        (with_changes(W_x=[[0, 100, 0], [0, 0, 0], [1, 0, 0], [0, 0, 100]]),),
    ),
]
