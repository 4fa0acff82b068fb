import numpy as np
import torch

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


def with_cache(x_t, h_prev, c_prev, W_x, W_h, b):
    step = lstm_step(x_t, h_prev, c_prev, LSTMWeights(W_x, W_h, b))
    return step.h, step.c, {"i": step.i, "f": step.f}


def no_return(x_t, h_prev, c_prev, W_x, W_h, b):
    step = lstm_step(x_t, h_prev, c_prev, LSTMWeights(W_x, W_h, b))
    return_me = step.h, step.c  # noqa: F841 - that it gets lost is the mistake


def in_place(x_t, h_prev, c_prev, W_x, W_h, b):
    step = lstm_step(x_t, h_prev, c_prev, LSTMWeights(W_x, W_h, b))
    h_prev[:], c_prev[:] = step.h, step.c


def crashes(x_t, h_prev, c_prev, W_x, W_h, b):
    product = x_t @ W_x
    return product, product


def in_torch(x_t, h_prev, c_prev, W_x, W_h, b):
    """A right answer, with tensors that require a gradient."""
    cell = torch.nn.LSTMCell(W_x.shape[1], W_h.shape[1], dtype=torch.float64)
    with torch.no_grad():
        for parameter, array in zip(cell.parameters(), (W_x, W_h, b, 0 * b)):
            parameter.copy_(torch.from_numpy(array))
    return cell(torch.from_numpy(x_t), (torch.from_numpy(h_prev), torch.from_numpy(c_prev)))


SHAPES = {"W_x": (64, 5), "W_h": (64, 16), "b": (64,), "x": (9, 7, 5), "h": (9, 7, 16)}

WRONG = {
    "1.1": [
        ([1.5, 0.905], "tanh(1), not 1"),
        ([1.381, 1.381], "not times c"),
        ([0.762, 0.642], "both gates are sigmoid(0)"),
        (1.381, "the shape is ()"),
        ([1.38, 0.88], "nearly, but not to 3 digits"),
        ([1.380, 0.881], "nearly, but not to 3 digits"),
        ([1.381, 0.881, 0.5], "3 things came, but 2 are wanted: the first ones are right"),
        ([1.381, ...], "part 2 of 2 is still blank"),
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
        (one_gate_only, "different shapes: (3, 16), (3, 4)"),
        (with_cache, "3 things came, but 2 are wanted: the first ones are right"),
        (no_return, "does it end with return?"),
        (in_place, "changes h_prev and c_prev in place and returns nothing"),
        (crashes, "stopped with ValueError in line "),
        (crashes, "of its cell (`product = x_t @ W_x`): matmul"),
        (3, "a function is wanted"),
    ],
    "1.4": [
        (([[20], [0], [0], [0]], [[0], [0], [0], [0]], [-10, 10, 10, 10]), "the cell counts"),
        (([[20], [0], [0], [0]], [[-20], [0], [0], [0]], [-10, 0, 10, 10]), "fades while x = 0"),
        (([[0], [0], [0], [0]], [[0], [0], [0], [0]], [10, 10, 10, 10]), "near 0 before"),
        (([[11.1], [0], [0], [0]], [[-3.9], [0], [0], [0]], [-10, 10, 10, 10]), "c drifts to"),
        (([[20], [0], [0], [0]], [[-20], [0], [0], [0]], [-10, 10, 10, 10]), "c drifts to 1.55"),
        (([[20], [0], [0], [0]], [[-40], [0], [0], [0]], [-10, 7, 10, 10]), "fades to 0.40 within 1,000"),
        (([[12], [0], [0], [0]], [[-40], [0], [0], [0]], [-6, 20, 10, 10]), "has crept to"),
        (([[20], [0], [0], [20]], [[-60], [0], [0], [0]], [-10, 20, 10, -10]), "on a random sequence"),
        (([[20, 0, 0, 0]], [[-20], [0], [0], [0]], [-10, 10, 10, 10]), "W_x has the shape"),
    ],
    "1.5": [(5, "round up"), (1, "0.88"), (10, "sigmoid(2) ** n")],
    "1.6": [(128, "72 further inputs"), (237, "four gates"), (64, "solve for H")],
    "1.7": [
        (step(lambda i, f, g, o, c: from_c(o, sigmoid(f) * c + sigmoid(i) * np.tanh(g))), "still the LSTM"),
        (step(lambda i, f, g, o, c: from_c(o, sigmoid(f) * c + (1 - sigmoid(f)) * np.tanh(g))), "kept f"),
    ],
}

RIGHT = {
    "1.1": [[1.3808, 0.8812], (np.array([1.381]), np.array([0.881]))],
    "1.3": [in_torch],
    "1.4": [
        ([[20], [-20], [0], [0]], [[0], [0], [0], [0]], [-10, 10, 10, 10]),
        ([[40], [0], [0], [0]], [[-80], [0], [0], [0]], [-20, 20, 20, 20]),
    ],
    "1.5": [[6], np.array([6]), 6.0],
}
