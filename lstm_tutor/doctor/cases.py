"""Random LSTMs to ask a student's backward pass about."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np

from lstm_helpers.lstm import LSTMStep, lstm_step
from lstm_helpers.weights import LSTMWeights


@dataclass(frozen=True, eq=False)
class Case:
    """An LSTM with its forward pass and a dh. x: (T, N, I); steps: T of LSTMStep; h_0, c_0: (N, H); dh: (T, N, H).

    weights: LSTMWeights; where scalar LSTMs lie `side_by_side`, their W_h alone, (N, 4, 1): one for each row.
    """

    x: np.ndarray
    steps: tuple
    weights: LSTMWeights
    h_0: np.ndarray
    c_0: np.ndarray
    dh: np.ndarray


def draw_case(T, N, I, H, seed, from_zero=False, one_hot=False, zero_cell=False):
    """All numbers from N(0, 1). one_hot: x picks one input per step and sequence, so that the first T N columns of
    dL/dW_x are the deltas, each by itself."""
    draw = np.random.default_rng(seed)
    weights = LSTMWeights(draw.normal(size=(4 * H, I)), draw.normal(size=(4 * H, H)), draw.normal(size=4 * H))
    x, dh = draw.normal(size=(T, N, I)), draw.normal(size=(T, N, H))
    if one_hot:
        x[..., : T * N] = np.eye(T * N).reshape(T, N, T * N)
    h_0, c_0 = draw.normal(size=(2, N, H)) * (not from_zero)
    c_0 *= not zero_cell
    return Case(x, forward(x, weights, h_0, c_0), weights, h_0, c_0, dh)


def forward(x, weights, h_0, c_0):
    steps, h, c = [], h_0, c_0
    for x_t in x:
        steps.append(lstm_step(x_t, h, c, weights))
        h, c = steps[-1].h, steps[-1].c
    return tuple(steps)


def side_by_side(cases):
    """Scalar LSTMs as the rows of one case, each with its own W_h."""
    x, h_0, c_0, dh = (
        np.concatenate([getattr(case, name) for case in cases], axis=-2) for name in ("x", "h_0", "c_0", "dh")
    )
    steps = tuple(LSTMStep(*map(np.concatenate, zip(*each))) for each in zip(*(case.steps for case in cases)))
    return Case(x, steps, SimpleNamespace(W_h=np.stack([case.weights.W_h for case in cases])), h_0, c_0, dh)


def ending(case, t):
    """The same LSTM from row t to its end, with the states before that as its initial ones."""
    h, c = (case.steps[t - 1].h, case.steps[t - 1].c) if t else (case.h_0, case.c_0)
    return replace(case, x=case.x[t:], steps=case.steps[t:], h_0=h, c_0=c, dh=case.dh[t:])


def sequence(case, n):
    """The same LSTM with its n-th sequence alone."""
    steps = tuple(LSTMStep(*(array[[n]] for array in step)) for step in case.steps)
    return Case(case.x[:, [n]], steps, case.weights, case.h_0[[n]], case.c_0[[n]], case.dh[:, [n]])


def unit_dh(case):
    """The same LSTM T + 1 times: with dh = 1 at one step each, and with dh = 0."""
    return [replace(case, dh=dh[:, None, None] + 0 * case.dh) for dh in np.eye(len(case.x) + 1)[:, :-1]]


def close(a, b, tolerance):
    """Do two arrays agree, relative to the largest number in them?"""
    scale = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    return a.shape == b.shape and bool(np.abs(a - b).max(initial=0) <= tolerance * max(scale, 1e-300))
