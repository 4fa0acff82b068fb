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
    x, h0 and c0 are the caller's own arrays where they were given.
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


def lstm_forward(x, weights, h0=None, c0=None):
    """A whole sequence: x (T, N, I) -> LSTMTrace. h0 and c0: (N, H), zero where not given.

    The same equations as `lstm_step`, arranged for speed; no argument is changed.
    Raises TypeError or ValueError for arrays that do not fit together.
    """
    _check_weights(weights)
    _float_array("x", x, 3, "(T, N, I)", weights.dtype)
    _check_inputs("x", x, weights)
    (T, N, I), H = x.shape, weights.H
    h0, c0 = (np.zeros((N, H), weights.dtype) if state is None else state for state in (h0, c0))
    _check_state("h0", h0, N, weights)
    _check_state("c0", c0, N, weights)

    # One product per step: the columns of `inputs[t]` are [h; x; 1] of the N sequences, (1.10). States are
    # columns in here, so that each gate is a contiguous block of rows.
    inputs = np.empty((T + 1, H + I + 1, N), weights.dtype)
    inputs[0, :H] = h0.T
    inputs[:T, H:-1] = x.transpose(0, 2, 1)
    inputs[:, -1] = 1
    # One tanh serves all four: sigmoid(z) = tanh(z/2)/2 + 1/2 on the rows of i, f, o, tanh(z) on those of g.
    slope = np.repeat(np.array([0.5, 0.5, 1, 0.5], weights.dtype), H)[:, None]
    stacked_weights = np.hstack([weights.W_h, weights.W_x, weights.b[:, None]]) * slope
    gates = np.empty((T, 4 * H, N), weights.dtype)
    i, f, g, o = (gates[:, k * H : (k + 1) * H] for k in range(4))
    c, m, h = np.empty((T + 1, H, N), weights.dtype), np.empty((T, H, N), weights.dtype), inputs[:, :H]
    c[0] = c0.T
    for t in range(T):
        np.matmul(stacked_weights, inputs[t], out=gates[t])
        np.tanh(gates[t], out=gates[t])
        gates[t] *= slope
        gates[t] += 1 - slope
        np.multiply(f[t], c[t], out=c[t + 1])
        c[t + 1] += i[t] * g[t]  # (1.5)
        np.tanh(c[t + 1], out=m[t])
        np.multiply(o[t], m[t], out=h[t + 1])  # (1.7)
    rows = (array.transpose(0, 2, 1) for array in (i, f, g, o, c[1:], m, h[1:]))
    return LSTMTrace(x, *rows, h0, c0)


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
