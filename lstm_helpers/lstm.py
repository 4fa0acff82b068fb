"""The LSTM of Hochreiter & Schmidhuber (1997) with the forget gate of Gers, Schmidhuber & Cummins (2000).

Sequences are time-major, (T, N, I): T steps, N sequences side by side, I inputs. H is the number of
hidden units. Steps count from 1, as in the mathematics: the symbol at step t stands in row t - 1.
Numbers in comments, such as (1.5), are those of the equations in the notebooks.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lstm_helpers.inputs import check_arrays, check_belong, describe, instead_of
from lstm_helpers.weights import check_weights


def sigmoid(z):
    """The logistic function 1 / (1 + exp(-z)), equation (1.1), for any real z without overflow.

    Any shape, the dtype is kept. Computed as (1 + tanh(z/2)) / 2, whose error is at most one
    rounding unit of 1: below z = -38 (float64) or z = -20 (float32) the result is exactly 0.
    Raises TypeError for what is neither array nor number.
    """
    if not hasattr(z, "dtype") and not isinstance(z, (int, float)):
        raise TypeError(f"z must be a NumPy array or a number, not {describe(z)}{instead_of('z', z)}")
    return 0.5 * np.tanh(0.5 * z) + 0.5


class LSTMStep(NamedTuple):
    """Every intermediate of one step, each (N, H): pre-activations, gates, cell state, its tanh, hidden state."""

    i_pre: np.ndarray
    f_pre: np.ndarray
    g_pre: np.ndarray
    o_pre: np.ndarray
    i: np.ndarray
    f: np.ndarray
    g: np.ndarray
    o: np.ndarray
    c: np.ndarray
    m: np.ndarray
    h: np.ndarray


@dataclass(frozen=True, eq=False)
class LSTMTrace:
    """What the forward pass leaves behind. Step t is row t - 1 of each (T, N, ·) array: `trace.h[t-1]` is h_t.

    x: (T, N, I). i, f, g, o, c, m, h: (T, N, H). h0, c0: (N, H), the states before step 1.
    x, h0 and c0 are the caller's own arrays where they were given. For the backward pass:
    inputs: (T+1, N, H+I+1), what step t multiplies: the rows [h_{t-1}, x_t, 1] of (1.9); the last is [h_T, 0, 1].
    gates: (T, N, 4H), stacked like the weights. cells: (T+1, N, H), c_0 to c_T. i, f, g, o and c are views of these.
    """

    x: np.ndarray
    i: np.ndarray
    f: np.ndarray
    g: np.ndarray
    o: np.ndarray
    c: np.ndarray
    m: np.ndarray
    h: np.ndarray
    h0: np.ndarray
    c0: np.ndarray
    inputs: np.ndarray
    gates: np.ndarray
    cells: np.ndarray


@dataclass(frozen=True, eq=False)
class LSTMGradients:
    """Total derivatives of a loss L, sums over steps and sequences. Each has the shape of what it is named after.

    W_x: (4H, I). W_h: (4H, H). b: (4H,), equal to the gradient of each of PyTorch's two biases, not to their sum.
    x: (T, N, I). h0, c0: (N, H). And on the way there, for every step, (T, N, H): h and c, called
    delta h_t and delta c_t in notebook 03, and those of the four pre-activations, views of pre (T, N, 4H).
    """

    W_x: np.ndarray
    W_h: np.ndarray
    b: np.ndarray
    x: np.ndarray
    h0: np.ndarray
    c0: np.ndarray
    h: np.ndarray
    c: np.ndarray
    i_pre: np.ndarray
    f_pre: np.ndarray
    g_pre: np.ndarray
    o_pre: np.ndarray
    pre: np.ndarray


def lstm_step(x_t, h_prev, c_prev, weights):
    """One step, written as the equations are: x_t (N, I), h_prev and c_prev (N, H) -> LSTMStep.

    Raises TypeError or ValueError for arrays that do not fit together.
    """
    check_weights(weights)
    arrays = {"x_t": (x_t, "(N, I)"), "h_prev": (h_prev, "(N, H)"), "c_prev": (c_prev, "(N, H)")}
    check_arrays(arrays, weights.dtype, I=weights.I, H=weights.H)
    stacked = x_t @ weights.W_x.T + h_prev @ weights.W_h.T + weights.b  # (1.8)
    i_pre, f_pre, g_pre, o_pre = np.split(stacked, 4, axis=1)
    i, f, g, o = sigmoid(i_pre), sigmoid(f_pre), np.tanh(g_pre), sigmoid(o_pre)  # (1.2) to (1.4), (1.6)
    c = f * c_prev + i * g  # (1.5)
    m = np.tanh(c)
    h = o * m  # (1.7)
    return LSTMStep(i_pre, f_pre, g_pre, o_pre, i, f, g, o, c, m, h)


def lstm_forward(x, weights, h0=None, c0=None):
    """A whole sequence: x (T, N, I) -> LSTMTrace. h0 and c0: (N, H), zero where not given.

    The same equations as `lstm_step`, arranged for speed. No argument is changed.
    Raises TypeError or ValueError for arrays that do not fit together.
    """
    check_weights(weights)
    given = {name: (state, "(N, H)") for name, state in (("h0", h0), ("c0", c0)) if state is not None}
    check_arrays({"x": (x, "(T, N, I)")} | given, weights.dtype, I=weights.I, H=weights.H)
    (T, N, I), H = x.shape, weights.H
    h0, c0 = (np.zeros((N, H), weights.dtype) if state is None else state for state in (h0, c0))

    # One product per step: the rows of `inputs[t]` are [h, x, 1] of the N sequences, (1.9).
    shapes = ((T + 1, N, H + I + 1), (T, N, 4 * H), (T + 1, N, H), (T, N, H))
    inputs, gates, c, m = (np.empty(shape, weights.dtype) for shape in shapes)
    inputs[0, :, :H], inputs[:T, :, H:-1], inputs[T, :, H:-1], inputs[..., -1] = h0, x, 0, 1
    # One tanh serves all four gates: sigmoid(z) = tanh(z/2)/2 + 1/2 for i, f, o, and tanh(z) as it is for g.
    slope = np.repeat(np.array([[0.5, 0.5, 1, 0.5]] * N, weights.dtype), H, axis=1)  # (N, 4H): no broadcasting
    offset = 1 - slope
    stacked_weights = np.vstack([weights.W_h.T, weights.W_x.T, weights.b]) * slope[0]
    (i, f, g, o), h = _four(gates), inputs[..., :H]
    c[0] = c0
    written = np.empty((N, H), weights.dtype)
    for inputs_t, gates_t, i_t, f_t, g_t, o_t, c_prev, c_t, m_t, h_t in zip(
        inputs, gates, i, f, g, o, c, c[1:], m, h[1:]
    ):
        inputs_t.dot(stacked_weights, gates_t)
        np.tanh(gates_t, gates_t)
        gates_t *= slope
        gates_t += offset
        np.multiply(f_t, c_prev, c_t)
        np.multiply(i_t, g_t, written)
        c_t += written  # (1.5)
        np.tanh(c_t, m_t)
        np.multiply(o_t, m_t, h_t)  # (1.7)
    return LSTMTrace(x, i, f, g, o, c[1:], m, h[1:], h0, c0, inputs, gates, c)


def _four(stacked):
    """The blocks of i, f, g and o of a (T, N, 4H) array, as views (T, N, H)."""
    T, N, rows = stacked.shape
    return stacked.reshape(T, N, 4, rows // 4).transpose(2, 0, 1, 3)


CACHED = 2**15  # numbers per array that lstm_backward works on at a time: what a processor's cache holds


def lstm_backward(trace, weights, dh, dc_last=None):
    """Back-propagation through time: the gradients of a loss L -> LSTMGradients. Equation numbers: notebook 03.

    dh: (T, N, H), the immediate partial derivatives of L by each h_t, without the route through later steps:
    zeros where a step's h_t is not used.
    dc_last: (N, H), the immediate partial derivative of L by c_T, without the route through h_T; zero if not given.
    No argument is changed.
    Raises TypeError or ValueError for arrays that do not fit together.
    """
    check_weights(weights)
    check_trace(trace, weights)
    (T, N, H), I, W_h = trace.h.shape, weights.I, weights.W_h
    dc_last = np.zeros((N, H), weights.dtype) if dc_last is None else dc_last
    check_arrays({"dh": (dh, "(T, N, H)"), "dc_last": (dc_last, "(N, H)")}, weights.dtype, T=T, N=N, H=H)

    d_pre, d_h, d_c = np.empty((T, N, 4 * H), weights.dtype), dh.copy(), np.empty((T, N, H), weights.dtype)
    h_carry, c_carry = np.zeros((N, H), weights.dtype), dc_last.copy()  # what step t + 1 says about h_t and c_t
    steps = max(1, CACHED // (N * H))
    for end in range(T, 0, -steps):
        now = slice(max(end - steps, 0), end)
        # All that is nonlinear, for many steps at once: by what d_c, or for o d_h, must be multiplied.
        gates, m, d_stacked = trace.gates[now], trace.m[now], d_pre[now]
        i, f, g, o = _four(gates)
        d_i, d_f, d_g, d_o = _four(d_stacked)
        np.subtract(1, gates, d_stacked)
        d_stacked *= gates  # sigmoid' = s (1 - s)
        d_i *= g  # (3.7)
        d_f *= trace.cells[now]  # (3.8)
        d_g[:] = (1 - g * g) * i  # (3.9), with tanh' = 1 - g^2
        d_o *= m  # (3.6)
        d_c[now] = (1 - m * m) * o  # (3.5)
        # What is left is linear, and must go step by step, from the last to the first.
        arrays = (d_h[now], d_c[now], f, d_i, d_f, d_g, d_o, d_stacked)
        for d_h_t, d_c_t, f_t, d_i_t, d_f_t, d_g_t, d_o_t, d_pre_t in zip(*(array[::-1] for array in arrays)):
            d_h_t += h_carry  # (3.4)
            d_c_t *= d_h_t
            d_c_t += c_carry  # (3.5)
            d_i_t *= d_c_t
            d_f_t *= d_c_t
            d_g_t *= d_c_t
            d_o_t *= d_h_t
            d_pre_t.dot(W_h, h_carry)
            np.multiply(d_c_t, f_t, c_carry)
    # One product sums over steps and sequences, for all parameters.
    d_rows = d_pre.reshape(T * N, 4 * H)
    d_weights = d_rows.T @ trace.inputs[:T].reshape(T * N, H + I + 1)
    d_x = (d_rows @ weights.W_x).reshape(T, N, I)
    d_W_h, d_W_x, d_b = d_weights[:, :H], d_weights[:, H:-1], d_weights[:, -1]
    return LSTMGradients(d_W_x, d_W_h, d_b, d_x, h_carry, c_carry, d_h, d_c, *_four(d_pre), d_pre)


def check_trace(trace, weights):
    if not isinstance(trace, LSTMTrace):
        raise TypeError(f"trace must be an LSTMTrace, not {describe(trace)}: pass what lstm_forward returned")
    check_belong(trace.x, trace.h, weights)
