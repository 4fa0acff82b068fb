"""The small module behind the course "LSTM, worked out". The mathematics is here and needs only NumPy;
`lstm_helpers.checks` compares, `lstm_helpers.plots` draws."""

from lstm_helpers.lstm import (
    LSTMGradients,
    LSTMStep,
    LSTMTrace,
    lstm_backward,
    lstm_forward,
    lstm_step,
    sigmoid,
)
from lstm_helpers.weights import GATES, LSTMWeights

__all__ = [
    "GATES",
    "LSTMGradients",
    "LSTMStep",
    "LSTMTrace",
    "LSTMWeights",
    "lstm_backward",
    "lstm_forward",
    "lstm_step",
    "sigmoid",
]
