"""Judges of the exercises to notebook 01."""

import numpy as np

from lstm_helpers.exercises.judges import ask, compare, judge, numbers
from lstm_helpers.lstm import lstm_forward, lstm_step, sigmoid
from lstm_helpers.weights import LSTMWeights


def a_case(N=3, I=2, H=4, seed=101):
    draw = np.random.default_rng(seed)
    weights = LSTMWeights(draw.normal(size=(4 * H, I)), draw.normal(size=(4 * H, H)), draw.normal(size=4 * H))
    return draw.normal(size=(N, I)), draw.normal(size=(N, H)), draw.normal(size=(N, H)), weights


@judge("1.1")
def one_step(answer):
    c = 0.5 * 2 + 0.5 * np.tanh(1)
    h = sigmoid(np.array(10.0)) * np.tanh(c)
    return compare(
        answer,
        [c, h],
        [
            ([0.5 * 2 + 0.5 * 1, sigmoid(np.array(10.0)) * np.tanh(1.5)], "the candidate is tanh(1), not 1"),
            ([c, sigmoid(np.array(10.0)) * c], "h is the output gate times tanh(c), not times c"),
            ([c, 10 * np.tanh(c)], "10 is the pre-activation of the output gate; the gate is sigmoid of it"),
            ([np.tanh(1), sigmoid(np.array(10.0)) * np.tanh(np.tanh(1))], "both gates are sigmoid(0), which is 0.5"),
        ],
        "start with the four gates: f = i = sigmoid(0), g = tanh(1), o = sigmoid(10)",
        decimals=3,
    )


@judge("1.2")
def shapes(answer):
    wanted = {"W_x": (64, 5), "W_h": (64, 16), "b": (64,), "x": (9, 7, 5), "h": (9, 7, 16)}
    hints = {
        "W_x": "W_x turns the I numbers of an input into the pre-activations of four gates",
        "W_h": "W_h turns the H numbers of a state into the pre-activations of four gates",
        "b": "b has one number for each unit of each of the four gates",
        "x": "x is time-major: first the steps, then the sequences, then the inputs",
        "h": "h has a state of H numbers for every step and every sequence",
    }
    if set(answer) != set(wanted):
        return f"the names {sorted(wanted)} are wanted, not {sorted(answer)}"
    wrong = [name for name in wanted if tuple(answer[name]) != wanted[name]]
    return hints[wrong[0]] if wrong else None


@judge("1.3")
def step_by_hand(answer):
    x_t, h_prev, c_prev, weights = a_case()
    H = h_prev.shape[1]
    step = lstm_step(x_t, h_prev, c_prev, weights)
    stacked = x_t @ weights.W_x.T + h_prev @ weights.W_h.T + weights.b
    a, b, g, o = (stacked[:, k * H : (k + 1) * H] for k in range(4))
    c_swapped = sigmoid(a) * c_prev + sigmoid(b) * np.tanh(g)
    c_no_bias = lstm_step(x_t, h_prev, c_prev, LSTMWeights(weights.W_x, weights.W_h, 0 * weights.b))
    c_sigmoid = step.f * c_prev + step.i * sigmoid(g)
    got = ask(answer, x_t, h_prev, c_prev, weights.W_x, weights.W_h, weights.b)
    return compare(
        got,
        [step.h, step.c],
        [
            ([step.c, step.h], "return h first, then c"),
            ([sigmoid(o) * np.tanh(c_swapped), c_swapped], "rows are stacked i, f, g, o: you took the first for f"),
            ([c_no_bias.h, c_no_bias.c], "the bias b is missing"),
            ([step.o * np.tanh(c_sigmoid), c_sigmoid], "the candidate g has a tanh, not a sigmoid"),
            ([step.o * step.c, step.c], "h is o times tanh(c), not o times c"),
        ],
        "compare gate by gate with the fields i, f, g, o of lstm_step(...)",
    )


@judge("1.4")
def latch(answer):
    """weights for I = H = 1: c within 0.3 of 1 from the first 1 on, for 1,000 steps."""
    W_x, W_h, b = (numbers(part) for part in answer)
    for name, part, shape in (("W_x", W_x, (4, 1)), ("W_h", W_h, (4, 1)), ("b", b, (4,))):
        if part.shape != shape:
            return f"{name} has the shape {part.shape}, but {shape} is wanted"
    weights, steps = LSTMWeights(W_x, W_h, b), np.arange(1, 1001)

    def cell_states(x):
        return lstm_forward(x.astype(float)[:, None, None], weights).c[:, 0, 0]

    never, once, always = cell_states(0 * steps), cell_states(steps == 3), cell_states(steps >= 3)
    if np.abs(never[:2]).max() > 0.1:
        return "c must stay near 0 before the first 1: is the input gate shut while x = 0?"
    if once[2] < 0.7:
        return "c must jump to about 1 at the first 1: are input gate and candidate both open there?"
    if once[4] < 0.7:
        return "the memory fades while x = 0: is the forget gate open?"
    if always[2:6].max() > 1.3:
        return "a second 1 adds up: the cell counts. What could the latch listen to, so that it knows it is set?"
    if np.abs(never).max() > 0.1:
        return f"with no 1 at all, c has crept to {np.abs(never).max():.2f} within 1,000 steps: shut the gates further"
    if once[2:].min() < 0.7:
        return f"the memory fades to {once[2:].min():.2f} within 1,000 idle steps: open the forget gate further"
    if np.abs(always[2:] - 1).max() > 0.3:
        worst = always[2:][np.abs(always[2:] - 1).argmax()]
        return f"c drifts to {worst:.2f} while 1,000 ones come: further ones still get in a little, or push some out"
    for seed in range(20):
        draw = np.random.default_rng(seed)
        x = draw.random(1000) < draw.choice([0.01, 0.1, 0.5, 0.9])
        c, first = cell_states(x), x.argmax()
        worst = c[first:][np.abs(c[first:] - 1).argmax()]
        if np.abs(worst - 1) > 0.3:
            return f"on a random sequence of 1,000 zeros and ones, c comes to {worst:.2f} after the first 1"
    return None


@judge("1.5")
def leak(answer):
    exact = np.log(0.5) / np.log(sigmoid(np.array(2.0)))
    return compare(
        answer,
        np.ceil(exact),
        [
            (np.floor(exact), "after that many steps a little more than half is left: round up"),
            (1, "sigmoid(2) is 0.88: one step takes away twelve hundredths only"),
            (np.ceil(np.log(0.5) / np.log(2 / 10)), "the gate is sigmoid(2), not 2/10"),
        ],
        "after n steps sigmoid(2) ** n is left",
    )


@judge("1.6")
def equal_parameters(answer):
    wanted = 4 * 128 * (28 + 128 + 1)
    H = int(np.argmin([abs(4 * H * (100 + H + 1) - wanted) for H in range(1, 300)])) + 1
    one_gate = int(np.argmin([abs(H * (100 + H + 1) - wanted) for H in range(1, 400)])) + 1
    return compare(
        answer,
        H,
        [
            (128, "with the same H, 72 further inputs make 4 * 128 * 72 further parameters"),
            (one_gate, "both networks have four gates: count 4 on both sides"),
        ],
        "an LSTM has 4 H (I + H + 1) parameters: solve for H, or try all H",
    )


@judge("1.7")
def coupled(answer):
    x_t, h_prev, c_prev, weights = a_case(seed=107)
    step = lstm_step(x_t, h_prev, c_prev, weights)
    c = (1 - step.i) * c_prev + step.i * step.g
    keep_f = step.f * c_prev + (1 - step.f) * step.g
    return compare(
        ask(answer, x_t, h_prev, c_prev, weights.W_x, weights.W_h, weights.b),
        [step.o * np.tanh(c), c],
        [
            ([step.h, step.c], "this is still the LSTM: the forget gate must become 1 - i"),
            ([step.o * np.tanh(keep_f), keep_f], "you kept f and replaced i; it is f that becomes 1 - i"),
            ([step.o * np.tanh(c), (1 - step.i) * c_prev + step.g], "what is written is still i times g"),
        ],
        "c = (1 - i) * c_prev + i * g, and h as before",
    )
