"""LSTMs of random shapes and weights, and a sample of the doctor's cases, which several test files share."""

import os

import numpy as np
from hypothesis import strategies as st

from lstm_helpers import LSTMWeights

SHAPES = st.tuples(  # T, N, I, H
    st.integers(1, 7), st.integers(1, 4), st.integers(1, 5), st.integers(1, 6)
)


class RandomLSTM:
    """Weights, inputs and states drawn from N(0, 1): biases and states are not zero, the gates not alike."""

    def __init__(self, T, N, I, H, dtype=np.float64, seed=0):
        rng = np.random.default_rng(seed)

        def draw(*shape):
            return rng.normal(size=shape).astype(dtype)

        self.weights = LSTMWeights(draw(4 * H, I), draw(4 * H, H), draw(4 * H))
        self.x, self.h0, self.c0 = draw(T, N, I), draw(N, H), draw(N, H)

    @property
    def arrays(self):
        return self.x, self.h0, self.c0, self.weights.W_x, self.weights.W_h, self.weights.b


def sample(cases):
    """Every fifth of the doctor's cases: `make test-doctor` and the weekly workflow have all, a push does not wait."""
    return [*cases][:: 1 if os.environ.get("LSTM_DOCTOR") == "all" else 5]
