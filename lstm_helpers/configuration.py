"""A one-unit LSTM as one line of text, as the living picture (`plots.living_lstm`) copies it and takes it back.

The line is JSON: x (T rows of I), W_x (4 rows of I), W_h (4), b (4), rows i, f, g, o; h0, c0; the target y of the loss
L = (h_T - y)^2 / 2; rnn {W_x (I), W_s, b}, the tanh RNN beside it. What else stands in it says where the reader looked.
"""

import json
from dataclasses import dataclass

import numpy as np

from lstm_helpers.lstm import lstm_backward, lstm_forward
from lstm_helpers.weights import LSTMWeights

KEYS = ("x", "W_x", "W_h", "b", "h0", "c0", "y", "rnn")
MOST_STEPS = 12


@dataclass(frozen=True, eq=False)
class Configuration:
    """x: (T, 1, I). weights: of one unit. h0, c0: (1, 1). y: the target. rnn: {"W_x": list, "W_s": float, "b": float}."""

    x: np.ndarray
    weights: LSTMWeights
    h0: np.ndarray
    c0: np.ndarray
    y: float
    rnn: dict

    @classmethod
    def from_line(cls, line):
        """The configuration that a copied line holds. Raises ValueError, in a student's words, where it holds none."""
        try:
            values = json.loads(line)
        except (TypeError, ValueError):
            raise ValueError(
                f'the line copied from the picture is wanted, as a text that begins with {{"x": and ends with }}, '
                f"not {line!r:.40}: press its button Copy, and paste between single quotes"
            ) from None
        return cls.from_values(values)

    @classmethod
    def from_values(cls, values):
        """The same from what the line's JSON means, a dict with all of KEYS."""
        missing = [key for key in KEYS if not isinstance(values, dict) or key not in values]
        if missing:
            raise ValueError(f"the line lacks {', '.join(missing)}: copy it anew from the picture, as a whole")
        x = _numbers("x", values["x"], (None, None))
        (T, I), rnn = x.shape, values["rnn"]
        if not 1 <= T <= MOST_STEPS:
            raise ValueError(f"x has {T} steps, but the picture has 1 to {MOST_STEPS}")
        weights = LSTMWeights(
            _numbers("W_x", values["W_x"], (4, I)),
            _numbers("W_h", values["W_h"], (4,))[:, None],
            _numbers("b", values["b"], (4,)),
        )
        h0, c0, y = (float(_numbers(name, values[name], ())) for name in ("h0", "c0", "y"))
        return cls(x[:, None], weights, np.array([[h0]]), np.array([[c0]]), y, rnn)

    @property
    def trace(self):
        return lstm_forward(self.x, self.weights, self.h0, self.c0)

    @property
    def dh_last(self):
        """dL/dh_T of L = (h_T - y)^2 / 2."""
        return float(self.trace.h[-1, 0, 0]) - self.y

    @property
    def gradients(self):
        """LSTMGradients of L = (h_T - y)^2 / 2."""
        trace = self.trace
        dh = np.zeros_like(trace.h)
        dh[-1] = trace.h[-1] - self.y
        return lstm_backward(trace, self.weights, dh)


def _numbers(name, value, shape):
    wanted = " x ".join("any" if size is None else str(size) for size in shape) or "one number"
    try:
        array = np.array(value, float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} holds something that is no number: copy the line anew from the picture") from None
    fits = array.ndim == len(shape) and all(size in (None, got) for size, got in zip(shape, array.shape))
    if not fits or not np.isfinite(array).all() or 0 in array.shape:
        raise ValueError(f"{name} must be {wanted} of finite numbers, but it is {array.shape}: copy the line anew")
    return array
