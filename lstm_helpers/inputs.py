"""The LSTM of Hochreiter & Schmidhuber (1997) with the forget gate of Gers, Schmidhuber & Cummins (2000).

Sequences are time-major, (T, N, I): T steps, N sequences side by side, I inputs. H is the number of
hidden units. Steps count from 1, as in the mathematics: the symbol at step t stands in row t - 1.
Numbers in comments, such as (1.5), are those of the equations in the notebooks.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

GATES = "ifgo"  # the order in which W_x, W_h and b stack the four blocks of H rows: PyTorch's


def sigmoid(z):
    """The logistic function 1 / (1 + exp(-z)), equation (1.1), for any real z without overflow.

    Any shape, the dtype is kept. Computed as (1 + tanh(z/2)) / 2, whose error is at most one
    rounding unit of 1: below z = -37 (float64) or z = -17 (float32) the result is exactly 0.
    """
    return 0.5 * np.tanh(0.5 * z) + 0.5


@dataclass(frozen=True, eq=False)
class LSTMWeights:
    """The parameters of one LSTM layer, four gates stacked in the row order i, f, g, o.

    W_x: (4H, I), from the input. W_h: (4H, H), from the hidden state. b: (4H,). All of one float
    dtype. The arrays are kept, not copied. Raises TypeError or ValueError where they do not fit.
    """

    W_x: np.ndarray
    W_h: np.ndarray
    b: np.ndarray

    def __post_init__(self):
        dtype = _float_array("W_x", self.W_x, 2, "(4H, I)").dtype
        _float_array("W_h", self.W_h, 2, "(4H, H)", dtype, "W_x")
        _float_array("b", self.b, 1, "(4H,)", dtype, "W_x")
        rows, H = self.W_h.shape
        if rows != 4 * H or H == 0:
            hint = " It looks transposed: pass W_h.T." if H == 4 * rows else ""
            raise ValueError(
                f"W_h has shape {self.W_h.shape}, but must be (4H, H): four times as many rows as columns, "
                f"one block of H rows for each of i, f, g, o.{hint}"
            )
        if self.W_x.shape[0] != 4 * H or self.W_x.shape[1] == 0:
            hint = " It looks transposed: pass W_x.T." if self.W_x.shape[1] == 4 * H else ""
            raise ValueError(
                f"W_x has shape {self.W_x.shape}, but W_h says H = {H}, so W_x must be (4H, I) = ({4 * H}, I) "
                f"with at least one input.{hint}"
            )
        if self.b.shape != (4 * H,):
            hint = " PyTorch's two biases are added, not joined: b = bias_ih + bias_hh." * (self.b.size == 8 * H)
            raise ValueError(
                f"b has shape {self.b.shape}, but W_h says H = {H}, so b must be (4H,) = ({4 * H},).{hint}"
            )

    @property
    def I(self):  # noqa: E743 - the notation table's symbol
        """Number of inputs."""
        return self.W_x.shape[1]

    @property
    def H(self):
        """Number of hidden units."""
        return self.W_h.shape[1]

    @property
    def dtype(self):
        return self.W_x.dtype

    def gate(self, name):
        """(W_x·, W_h·, b·) of one gate, shapes (H, I), (H, H), (H,): views, so writing to them writes to the weights.

        name: "i", "f", "g" or "o"; ValueError otherwise.
        """
        if not isinstance(name, str) or len(name) != 1 or name not in GATES:
            raise ValueError(f'there is no gate {name!r}: pass "i", "f", "g" (the candidate) or "o"')
        rows = slice(GATES.index(name) * self.H, (GATES.index(name) + 1) * self.H)
        return self.W_x[rows], self.W_h[rows], self.b[rows]

    @classmethod
    def from_torch(cls, module):
        """A copy of the weights of an `nn.LSTM` (one layer, one direction, no projection) or an `nn.LSTMCell`.

        PyTorch has two biases that are only ever added; b is their sum, zero for bias=False.
        `batch_first` concerns x and the output, not the weights, and is ignored.
        """
        from torch import nn  # the mathematics must import without PyTorch

        if not isinstance(module, (nn.LSTM, nn.LSTMCell)):
            raise TypeError(f"from_torch takes an nn.LSTM or an nn.LSTMCell, not {_describe(module)}")
        suffix = ""
        if isinstance(module, nn.LSTM):
            suffix = "_l0"
            for name, wanted in (("num_layers", 1), ("bidirectional", False), ("proj_size", 0)):
                if getattr(module, name) != wanted:
                    raise ValueError(
                        f"this nn.LSTM has {name}={getattr(module, name)}, but LSTMWeights holds one layer in one "
                        f"direction without projection: build it with {name}={wanted}, "
                        f"or copy the arrays you want by hand, e.g. LSTMWeights(W_x, W_h, b)"
                    )

        def array(name):
            tensor = getattr(module, name + suffix).detach().cpu()
            if not str(tensor.dtype).endswith(("float16", "float32", "float64")) or "bfloat" in str(tensor.dtype):
                raise TypeError(f"{name} is {tensor.dtype}, which NumPy does not have: convert with module.float()")
            return tensor.numpy().copy()

        W_x, W_h = array("weight_ih"), array("weight_hh")
        b = array("bias_ih") + array("bias_hh") if module.bias else np.zeros(len(W_x), W_x.dtype)
        return cls(W_x, W_h, b)

    def to_torch(self):
        """An `nn.LSTM` with a copy of these weights: b is `bias_ih_l0`; `bias_hh_l0` is zero and frozen.

        Two trained biases would move twice as fast as our one. PyTorch's random state is not touched.
        """
        import torch

        if self.dtype not in (np.float16, np.float32, np.float64):
            raise TypeError(f"PyTorch has no {self.dtype}: convert the weights to float32 or float64 first")
        # Made on the "meta" device, a module has shapes but no numbers, and so draws none.
        lstm = torch.nn.LSTM(self.I, self.H, dtype=getattr(torch, self.dtype.name), device="meta").to_empty(
            device="cpu"
        )
        with torch.no_grad():
            lstm.weight_ih_l0.copy_(torch.from_numpy(self.W_x))
            lstm.weight_hh_l0.copy_(torch.from_numpy(self.W_h))
            lstm.bias_ih_l0.copy_(torch.from_numpy(self.b))
            lstm.bias_hh_l0.zero_()
        lstm.bias_hh_l0.requires_grad_(False)
        return lstm


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
    inputs: (T+1, N, H+I+1), what step t multiplies: the rows [h_{t-1}, x_t, 1] of (1.10); the last has h_T only.
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
    _check_weights(weights)
    _float_array("x_t", x_t, 2, "(N, I)", weights.dtype)
    _check_inputs("x_t", x_t, weights)
    for name, state in (("h_prev", h_prev), ("c_prev", c_prev)):
        _check_state(name, state, len(x_t), weights)
    stacked = x_t @ weights.W_x.T + h_prev @ weights.W_h.T + weights.b  # (1.9)
    i_pre, f_pre, g_pre, o_pre = np.split(stacked, 4, axis=1)
    i, f, g, o = sigmoid(i_pre), sigmoid(f_pre), np.tanh(g_pre), sigmoid(o_pre)  # (1.2) to (1.4), (1.6)
    c = f * c_prev + i * g  # (1.5)
    m = np.tanh(c)
    h = o * m  # (1.7)
    return LSTMStep(i_pre, f_pre, g_pre, o_pre, i, f, g, o, c, m, h)


def lstm_forward(x, weights, h0=None, c0=None, out=None):
    """A whole sequence: x (T, N, I) -> LSTMTrace. h0 and c0: (N, H), zero where not given.

    The same equations as `lstm_step`, arranged for speed. No argument is changed but `out`, a trace of the same
    sizes that is no longer needed: its arrays are used again, which saves the time to get memory for large ones.
    Raises TypeError or ValueError for arrays that do not fit together.
    """
    _check_weights(weights)
    _float_array("x", x, 3, "(T, N, I)", weights.dtype)
    _check_inputs("x", x, weights)
    (T, N, I), H = x.shape, weights.H
    h0, c0 = (np.zeros((N, H), weights.dtype) if state is None else state for state in (h0, c0))
    _check_state("h0", h0, N, weights)
    _check_state("c0", c0, N, weights)

    # One product per step: the rows of `inputs[t]` are [h, x, 1] of the N sequences, (1.9).
    shapes = {"inputs": (T + 1, N, H + I + 1), "gates": (T, N, 4 * H), "cells": (T + 1, N, H), "m": (T, N, H)}
    inputs, gates, c, m = _arrays(shapes, weights.dtype, out, LSTMTrace)
    inputs[0, :, :H], inputs[:T, :, H:-1], inputs[..., -1] = h0, x, 1
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


def _arrays(shapes, dtype, out, kind):
    """Arrays of these shapes: those of `out` by these names, or new ones."""
    if out is None:
        return [np.empty(shape, dtype) for shape in shapes.values()]
    if not isinstance(out, kind):
        raise TypeError(f"out must be {kind.__name__} from an earlier call, not {_describe(out)}")
    for name, shape in shapes.items():
        array = getattr(out, name)
        if array.shape != shape or array.dtype != dtype:
            raise ValueError(
                f"out has {name} of shape {array.shape} and {array.dtype}, but this call needs {shape} and {dtype}: "
                f"pass out only between calls of the same T, N, I, H and dtype"
            )
    return [getattr(out, name) for name in shapes]


CACHED = 2**15  # numbers per array that lstm_backward works on at a time: what a processor's cache holds


def lstm_backward(trace, weights, dh, dc_last=None, out=None):
    """Back-propagation through time: the gradients of a loss L -> LSTMGradients. Equation numbers: notebook 03.

    dh: (T, N, H), the immediate partial derivatives of L by each h_t, without the route through later steps.
    dc_last: (N, H), the immediate partial derivative of L by c_T, without the route through h_T; zero if not given.
    No argument is changed but `out`, gradients of the same sizes that are no longer needed, as for lstm_forward.
    Raises TypeError or ValueError for arrays that do not fit together.
    """
    _check_weights(weights)
    _check_trace(trace, weights)
    _float_array("dh", dh, 3, "(T, N, H)", weights.dtype)
    if dh.shape != trace.h.shape:
        raise ValueError(
            f"dh has shape {dh.shape}, but must be (T, N, H) = {trace.h.shape}: a gradient for h_t at every step. "
            f"If only the last h is used, pass zeros for the others"
        )
    (T, N, H), I, W_h = dh.shape, weights.I, weights.W_h
    if dc_last is not None:
        _check_state("dc_last", dc_last, N, weights)

    shapes = {"pre": (T, N, 4 * H), "h": (T, N, H), "c": (T, N, H)}
    d_pre, d_h, d_c = _arrays(shapes, weights.dtype, out, LSTMGradients)
    d_h[:] = dh
    h_carry = np.zeros((N, H), weights.dtype)  # what step t + 1 says about h_t
    c_carry = np.zeros((N, H), weights.dtype) if dc_last is None else dc_last.copy()  # and about c_t
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


# What is refused, and in which words. Nothing is converted or broadcast in silence.


def _describe(value):
    return f"a {type(value).__module__.split('.')[0]}.{type(value).__name__}".replace("builtins.", "")


def _float_array(name, value, ndim, shape, dtype=None, like="the weights"):
    """value, if it is a finite float array with ndim axes and the wanted dtype."""
    if not isinstance(value, np.ndarray):
        hint = f"{name}.detach().numpy()" if type(value).__module__ == "torch" else f"np.array({name}, dtype=float)"
        raise TypeError(f"{name} must be a NumPy array of shape {shape}, not {_describe(value)}: pass {hint}")
    if not np.issubdtype(value.dtype, np.floating):
        raise TypeError(
            f"{name} holds {value.dtype} numbers, but must hold floats: "
            f"integer arrays cut off decimals without a word. Pass {name}.astype(np.float64)"
        )
    if dtype is not None and value.dtype != dtype:
        raise TypeError(
            f"{name} is {value.dtype}, but {like} are {dtype}".replace("W_x are", "W_x is")
            + f": use one dtype for all, e.g. {name}.astype(np.{dtype})"
        )
    if value.ndim != ndim:
        hint = {
            (3, 2): f". A single sequence is a batch of one: {name}[:, None, :]",
            (2, 3): f". Is the first axis PyTorch's layer axis, or the time? Then take one entry of it, e.g. {name}[0]",
        }.get((ndim, value.ndim), "")
        raise ValueError(f"{name} has shape {value.shape}, but must be {shape}: {ndim} axes, not {value.ndim}{hint}")
    if not np.isfinite(value).all():
        bad = np.argwhere(~np.isfinite(value))[0].tolist()
        raise ValueError(f"{name}{bad} is {value[tuple(bad)]}: every entry must be a finite number")
    return value


def _check_weights(weights):
    if not isinstance(weights, LSTMWeights):
        raise TypeError(
            f"weights must be LSTMWeights, not {_describe(weights)}: "
            f"build them with LSTMWeights(W_x, W_h, b) or LSTMWeights.from_torch(module)"
        )


def _check_trace(trace, weights):
    if not isinstance(trace, LSTMTrace):
        raise TypeError(f"trace must be an LSTMTrace, not {_describe(trace)}: pass what lstm_forward returned")
    if trace.x.shape[2] != weights.I or trace.h.shape[2] != weights.H or trace.h.dtype != weights.dtype:
        raise ValueError(
            f"the trace has I = {trace.x.shape[2]}, H = {trace.h.shape[2]} and {trace.h.dtype}, the weights have "
            f"I = {weights.I}, H = {weights.H} and {weights.dtype}: pass the weights that made the trace"
        )


def _check_inputs(name, x, weights):
    if 0 in x.shape:
        raise ValueError(f"{name} has shape {x.shape}: every axis must be at least 1 long")
    if x.shape[-1] != weights.I:
        raise ValueError(
            f"{name} has shape {x.shape}, so its last axis says {x.shape[-1]} inputs, but W_x has I = {weights.I} "
            f"columns: the last axis of {name} must be {weights.I} long"
        )


def check_steps(T, **steps):
    """Refuse step numbers outside 1 ... T, or a `step` after `last`, with a ValueError; TypeError for no integer."""
    for name, value in steps.items():
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool):
            raise TypeError(f"{name} must be an integer, the number of a step, not {value!r}")
        if not 1 <= value <= T:
            raise ValueError(f"{name} is {value}, but steps count from 1 to T = {T}")
    if "step" in steps and steps["step"] > steps["last"]:
        raise ValueError(f"step {steps['step']} comes after last = {steps['last']}: gradients run backwards in time")


def _check_state(name, state, N, weights):
    _float_array(name, state, 2, "(N, H)", weights.dtype)
    if state.shape != (N, weights.H):
        raise ValueError(
            f"{name} has shape {state.shape}, but must be (N, H) = ({N}, {weights.H}): "
            f"one row for each of the {N} sequences, one column for each hidden unit"
        )
