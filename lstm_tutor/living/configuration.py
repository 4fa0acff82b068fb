"""A one-unit LSTM as one line of text, as the living picture (`living_lstm`) copies it and takes it back.

The line is JSON: x (T rows of I), W_x (4 rows of I), W_h (4), b (4), rows i, f, g, o; h0, c0; the target y of the loss
L = (h_T - y)^2 / 2; rnn {W_x (I), W_s, b}, the tanh RNN beside it. What else stands in it says where the reader looked.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lstm_helpers.language import say
from lstm_helpers.lstm import lstm_backward, lstm_forward
from lstm_helpers.plots import style
from lstm_helpers.rnn import RNNWeights, rnn_forward, rnn_state_gradient
from lstm_helpers.weights import LSTMWeights

KEYS = ("x", "W_x", "W_h", "b", "h0", "c0", "y", "rnn")
MOST_STEPS = 12
LARGEST = 1e6  # with every number as large, no gradient of twelve steps overflows

FOLDER = Path(__file__).parent
PRESETS, WORDS = (
    json.loads((FOLDER / name).read_text(encoding="utf-8")) for name in ("living_lessons.json", "living_words.json")
)
DRAWING = (FOLDER / "living_lstm.js").read_text(encoding="utf-8").strip()
# The picture's script begins with its lessons, its words in Chinese, and its colours.
GIVEN = {"lessons": PRESETS, "zh": WORDS, "colours": style.COLOURS}
SCRIPT = f"globalThis.livingLSTM = {json.dumps(GIVEN, ensure_ascii=False, separators=(',', ':'))};\n{DRAWING}\n"
PRESETS = {name: PRESETS.get(preset.get("like"), {}) | preset for name, preset in PRESETS.items()}  # the lessons


@dataclass(frozen=True, eq=False)
class Configuration:
    """x: (T, 1, I). weights: of one unit. h0, c0: (1, 1), h0 being the RNN's S_0 too. y: the target. rnn: one unit."""

    x: np.ndarray
    weights: LSTMWeights
    h0: np.ndarray
    c0: np.ndarray
    y: float
    rnn: RNNWeights

    @classmethod
    def from_line(cls, line):
        """The configuration that a copied line holds, with or without quotes around it. Raises ValueError, in a
        student's words, where it holds none.
        """
        try:
            return cls.from_values(line if isinstance(line, dict) else json.loads(line))
        except (TypeError, json.JSONDecodeError, RecursionError):
            raise ValueError(
                say(
                    'the line copied from the picture is wanted, as a text that begins with {{"x": and ends with }}, '
                    "not {!r:.40}: press its button Copy, and paste between single quotes"
                ).format(line)
            ) from None

    @classmethod
    def from_values(cls, values):
        """The same from what the line's JSON means: a dict with all of KEYS."""
        missing = [key for key in KEYS if not isinstance(values, dict) or key not in values]
        if missing:
            lacks = say("the line lacks {}: copy it anew from the picture, as a whole")
            raise ValueError(lacks.format(", ".join(missing)))
        x = _numbers("x", values["x"], (None, None))
        T, I = x.shape
        if T > MOST_STEPS:
            raise ValueError(say("x has {} steps, but the picture has no more than {}").format(T, MOST_STEPS))
        weights = LSTMWeights(
            _numbers("W_x", values["W_x"], (4, I)),
            _numbers("W_h", values["W_h"], (4,))[:, None],
            _numbers("b", values["b"], (4,)),
        )
        h0, c0, y = (_numbers(name, values[name], ()).reshape(1, 1) for name in ("h0", "c0", "y"))
        beside = values["rnn"] if isinstance(values["rnn"], dict) else {}
        rnn = RNNWeights(
            _numbers(say("W_x of rnn"), beside.get("W_x"), (I,))[None],
            _numbers(say("W_s of rnn"), beside.get("W_s"), ()).reshape(1, 1),
            _numbers(say("b of rnn"), beside.get("b"), ()).reshape(1),
        )
        return cls(x[:, None], weights, h0, c0, float(y[0, 0]), rnn)

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
        dh = np.zeros((len(self.x), 1, 1))
        dh[-1] = self.dh_last
        return lstm_backward(self.trace, self.weights, dh)

    @property
    def rnn_trace(self):
        return rnn_forward(self.x, self.rnn, self.h0)

    @property
    def rnn_gradients(self):
        """dS_T/dS_k of the RNN for k = 1 ... T, (T,)."""
        trace, T = self.rnn_trace, len(self.x)
        return np.array([rnn_state_gradient(trace, self.rnn, T, k).item() for k in range(1, T + 1)])


def _numbers(name, value, shape):
    wanted = " x ".join(say("any") if size is None else str(size) for size in shape) or say("one number")
    try:
        array = np.array(value, float)
    except OverflowError:  # a whole number of hundreds of digits
        array = np.array(np.inf)
    except (TypeError, ValueError):
        hint = say("{} holds something that is no number: copy the line anew from the picture")
        raise ValueError(hint.format(name)) from None
    if (np.abs(array) > LARGEST).any():
        hint = say("{} holds a number beyond a million, with which gradients may overflow: make it smaller")
        raise ValueError(hint.format(name))
    fits = array.ndim == len(shape) and all(size in (None, got) for size, got in zip(shape, array.shape))
    if not fits or not np.isfinite(array).all() or 0 in array.shape:
        hint = say("{} must be {} of finite numbers, but it is {}: copy the line anew")
        raise ValueError(hint.format(name, wanted, array.shape))
    return array
