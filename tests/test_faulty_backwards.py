"""The register of backward passes: each faulty one differs from lstm_backward, each right one agrees."""

from dataclasses import replace

import numpy as np
import pytest
from faulty_backwards import BROKEN, FAULTY, RIGHT
from random_lstm import RandomLSTM

from lstm_helpers import lstm_backward, lstm_forward, lstm_step

ENDS = ("W_x", "W_h", "b", "x", "h_0", "c_0", "z")
SHAPES = [(1, 1, 1, 1), (1, 3, 2, 4), (2, 1, 3, 2), (3, 2, 3, 4), (5, 3, 2, 3)]  # T, N, I, H


def task(T, N, I, H):
    """The arguments of a backward pass, and what must come out."""
    case = RandomLSTM(T, N, I, H, seed=T)
    dh = np.random.default_rng(T).normal(size=(T, N, H))
    steps, h, c = [], case.h0, case.c0
    for x_t in case.x:
        steps.append(lstm_step(x_t, h, c, case.weights))
        h, c = steps[-1].h, steps[-1].c
    back = lstm_backward(lstm_forward(case.x, case.weights, case.h0, case.c0), case.weights, dh)
    expected = dict(zip(ENDS, (back.W_x, back.W_h, back.b, back.x, back.h0, back.c0, back.pre)))
    return (case.x, steps, case.weights, case.h0, case.c0, dh), expected


def arrays(arguments):
    x, steps, weights, *others = arguments
    return [x, weights.W_x, weights.W_h, weights.b, *others, *(array for step in steps for array in step)]


def error(case, shape):
    """The largest error of what it returns, each as a share of the largest entry. It must leave its arguments alone."""
    arguments, expected = task(*shape)
    kept = [array.copy() for array in arrays(arguments)]
    given = case.backward(*arguments)
    assert given and given.keys() <= expected.keys()
    assert all(np.array_equal(array, copy) for array, copy in zip(arrays(arguments), kept)), "changes its arguments"
    for name, gradient in given.items():
        assert np.asarray(gradient).shape == expected[name].shape, f"{name} has another shape"
        assert np.isfinite(np.asarray(gradient)).all()
    return max(np.abs(np.asarray(given[name]) - expected[name]).max() / np.abs(expected[name]).max() for name in given)


def check_faulty(case):
    errors = {shape: error(case, shape) for shape in SHAPES}
    assert errors[SHAPES[-1]] > 0.01, f"{case.name} is right: {errors}"


def check_right(case):
    for shape in SHAPES:
        assert error(case, shape) < 1e-4, f"{case.name} is wrong at {shape}"


@pytest.mark.parametrize("case", FAULTY, ids=lambda case: case.name)
def test_faulty_ones_differ(case):
    check_faulty(case)


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.name)
def test_right_ones_agree(case):
    check_right(case)
