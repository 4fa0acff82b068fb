import numpy as np

from lstm_helpers import lstm_step, sigmoid
from lstm_helpers.exercises.forward import LSTMWeights


def step(change):
    """A step with one mistake: change(i, f, g, o, c_prev) -> h, c from the four pre-activations."""

    def wrong(x_t, h_prev, c_prev, W_x, W_h, b):
        return change(*np.split(x_t @ W_x.T + h_prev @ W_h.T + b, 4, axis=1), c_prev)

    return wrong


def from_c(o, c):
    return sigmoid(o) * np.tanh(c), c


def no_bias(x_t, h_prev, c_prev, W_x, W_h, b):
    step = lstm_step(x_t, h_prev, c_prev, LSTMWeights(W_x, W_h, 0 * b))
    return step.h, step.c


def one_gate_only(x_t, h_prev, c_prev, W_x, W_h, b):
    return sigmoid(x_t @ W_x.T), c_prev


SHAPES = {"W_x": (64, 5), "W_h": (64, 16), "b": (64,), "x": (9, 7, 5), "h": (9, 7, 16)}

WRONG = {
    "1.1": [
        ([1.5, 0.905], "tanh(1), not 1"),
        ([1.381, 1.381], "not times c"),
        ([0.762, 0.642], "both gates are sigmoid(0)"),
        (1.381, "the shape is ()"),
        ("a lot", "stopped with TypeError"),
    ],
    "1.2": [
        (SHAPES | {"W_x": (5, 64)}, "W_x turns the I numbers"),
        (SHAPES | {"W_h": (16, 16)}, "W_h turns the H numbers"),
        (SHAPES | {"x": (7, 9, 5)}, "time-major"),
        (SHAPES | {"b": (16,)}, "each of the four gates"),
        ({"W_x": (64, 5)}, "the names"),
    ],
    "1.3": [
        (step(lambda i, f, g, o, c: from_c(o, sigmoid(i) * c + sigmoid(f) * np.tanh(g))), "stacked i, f, g, o"),
        (step(lambda i, f, g, o, c: from_c(o, sigmoid(f) * c + sigmoid(i) * sigmoid(g))), "candidate g has a tanh"),
        (step(lambda i, f, g, o, c: from_c(o, sigmoid(f) * c + sigmoid(i) * np.tanh(g))[::-1]), "h first, then c"),
        (no_bias, "bias b is missing"),
        (one_gate_only, "stopped with"),
        (3, "a function is wanted"),
    ],
    "1.4": [
        (([[20], [0], [0], [0]], [[0], [0], [0], [0]], [-10, 10, 10, 10]), "the cell counts"),
        (([[20], [0], [0], [0]], [[-20], [0], [0], [0]], [-10, 0, 10, 10]), "fades while x = 0"),
        (([[0], [0], [0], [0]], [[0], [0], [0], [0]], [10, 10, 10, 10]), "near 0 before"),
        (([[20, 0, 0, 0]], [[-20], [0], [0], [0]], [-10, 10, 10, 10]), "W_x has the shape"),
    ],
    "1.5": [(5, "round up"), (1, "0.88"), (10, "sigmoid(2) ** n")],
    "1.6": [(128, "72 further inputs"), (237, "four gates"), (64, "solve for H")],
    "1.7": [
        (step(lambda i, f, g, o, c: from_c(o, sigmoid(f) * c + sigmoid(i) * np.tanh(g))), "still the LSTM"),
        (step(lambda i, f, g, o, c: from_c(o, sigmoid(f) * c + (1 - sigmoid(f)) * np.tanh(g))), "kept f"),
    ],
}
