"""The forward pass against PyTorch, on drawn shapes; what is refused, and in which words."""

import subprocess
import sys
import warnings
from dataclasses import fields

import numpy as np
import pytest
import torch
from hypothesis import example, given
from random_lstm import SHAPES, RandomLSTM, with_entry
from torch import nn

from lstm_helpers import LSTMWeights, lstm_forward, lstm_step, sigmoid


def torch_forward(case):
    """(output, h_n, c_n) of nn.LSTM on the same numbers, as (T, N, H), (N, H), (N, H)."""
    x, h0, c0 = (torch.from_numpy(array) for array in (case.x, case.h0, case.c0))
    with torch.no_grad():
        output, (h_n, c_n) = case.weights.to_torch()(x, (h0[None], c0[None]))
    return output.numpy(), h_n[0].numpy(), c_n[0].numpy()


@given(SHAPES)
@example((1, 1, 1, 1))
def test_forward_equals_nn_lstm(shape):
    case = RandomLSTM(*shape)
    trace = lstm_forward(case.x, case.weights, case.h0, case.c0)
    output, h_n, c_n = torch_forward(case)
    assert np.abs(trace.h - output).max() < 1e-12
    assert np.abs(trace.h[-1] - h_n).max() < 1e-12
    assert np.abs(trace.c[-1] - c_n).max() < 1e-12


@given(SHAPES)
def test_forward_in_float32_stays_float32_and_equals_nn_lstm(shape):
    case = RandomLSTM(*shape, dtype=np.float32)
    trace = lstm_forward(case.x, case.weights, case.h0, case.c0)
    assert {getattr(trace, field.name).dtype for field in fields(trace)} == {np.dtype(np.float32)}
    assert np.abs(trace.h - torch_forward(case)[0]).max() < 1e-5


@given(SHAPES)
@example((1, 1, 1, 1))
def test_step_equals_nn_lstmcell(shape):
    case = RandomLSTM(*shape)
    cell = nn.LSTMCell(case.weights.I, case.weights.H, dtype=torch.float64)
    with torch.no_grad():
        for name, value in (("weight_ih", case.weights.W_x), ("weight_hh", case.weights.W_h)):
            getattr(cell, name).copy_(torch.from_numpy(value))
        cell.bias_ih.copy_(torch.from_numpy(case.weights.b) - 0.25)
        cell.bias_hh.fill_(0.25)
        h, c = cell(
            *(torch.from_numpy(a) for a in (case.x[0],)), (torch.from_numpy(case.h0), torch.from_numpy(case.c0))
        )
    step = lstm_step(case.x[0], case.h0, case.c0, LSTMWeights.from_torch(cell))
    assert np.abs(step.h - h.numpy()).max() < 1e-12
    assert np.abs(step.c - c.numpy()).max() < 1e-12


@given(SHAPES)
@example((1, 1, 1, 1))
def test_single_steps_equal_the_whole_sequence_in_every_intermediate(shape):
    case = RandomLSTM(*shape)
    trace = lstm_forward(case.x, case.weights, case.h0, case.c0)
    h, c = case.h0, case.c0
    for t in range(1, len(case.x) + 1):
        step = lstm_step(case.x[t - 1], h, c, case.weights)
        for name in "ifgocmh":
            assert np.abs(getattr(step, name) - getattr(trace, name)[t - 1]).max() < 1e-12, (name, t)
        for name, squash in zip("ifgo", (sigmoid, sigmoid, np.tanh, sigmoid)):
            assert np.array_equal(squash(getattr(step, f"{name}_pre")), getattr(step, name)), (name, t)
        h, c = step.h, step.c


def test_missing_states_are_zeros():
    case = RandomLSTM(4, 2, 3, 5)
    zeros = np.zeros((2, 5))
    trace, explicit = lstm_forward(case.x, case.weights), lstm_forward(case.x, case.weights, zeros, zeros)
    assert np.array_equal(trace.h, explicit.h)
    assert trace.h0.shape == trace.c0.shape == (2, 5)


@pytest.mark.parametrize("given", ["h0", "c0"])
def test_one_state_may_be_missing(given):
    case = RandomLSTM(4, 2, 3, 5)
    trace = lstm_forward(case.x, case.weights, **{given: getattr(case, given)})
    both = {"h0": np.zeros((2, 5)), "c0": np.zeros((2, 5))} | {given: getattr(case, given)}
    assert np.array_equal(trace.h, lstm_forward(case.x, case.weights, **both).h)


@given(SHAPES)
@example((1, 1, 1, 1))
def test_float16_stays_float16(shape):
    """Between two and three decimals: what is looked for is a float32 or float64 on the way."""
    half, double = RandomLSTM(*shape, np.float16), RandomLSTM(*shape)
    trace = lstm_forward(half.x, half.weights)
    assert {getattr(trace, field.name).dtype for field in fields(trace)} == {np.dtype(np.float16)}
    assert {array.dtype for array in lstm_step(half.x[0], half.h0, half.c0, half.weights)} == {np.dtype(np.float16)}
    assert np.abs(trace.h - lstm_forward(double.x, double.weights).h).max() < 0.05


def test_longdouble_keeps_its_digits():
    """Nothing on the way is rounded to float64 (where longdouble is no longer than that, this says nothing)."""
    case = RandomLSTM(5, 2, 3, 4, np.longdouble)
    trace, h, c = lstm_forward(case.x, case.weights, case.h0, case.c0), case.h0, case.c0
    for t in range(1, 6):
        step = lstm_step(case.x[t - 1], h, c, case.weights)
        h, c = step.h, step.c
        assert np.abs(trace.c[t - 1] - c).max() <= 20 * np.finfo(np.longdouble).eps * np.abs(c).max()


def test_the_trace_holds_what_was_given():
    case = RandomLSTM(5, 3, 2, 4)
    trace = lstm_forward(case.x, case.weights, case.h0, case.c0)
    assert trace.x is case.x and trace.h0 is case.h0 and trace.c0 is case.c0
    assert np.array_equal(trace.cells[0], case.c0) and np.array_equal(trace.cells[1:], trace.c)
    assert np.array_equal(trace.m, np.tanh(trace.c))
    assert np.array_equal(trace.inputs[-1], np.hstack([trace.h[-1], np.zeros((3, 2)), np.ones((3, 1))]))


def test_no_argument_is_changed():
    case = RandomLSTM(5, 3, 2, 4)
    before = [array.copy() for array in case.arrays]
    lstm_forward(case.x, case.weights, case.h0, case.c0)
    lstm_step(case.x[0], case.h0, case.c0, case.weights)
    assert all(np.array_equal(array, copy) for array, copy in zip(case.arrays, before))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_saturated_gates_do_not_warn(dtype):
    case = RandomLSTM(3, 2, 2, 2, dtype)
    case.weights.W_x[:] *= 1000
    case.weights.b[:] = np.where(np.arange(8) % 2, 1000, -1000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trace = lstm_forward(case.x, case.weights, case.h0, case.c0)
        step = lstm_step(case.x[0], case.h0, case.c0, case.weights)
    assert np.isfinite(trace.h).all() and np.isfinite(step.h).all()
    assert np.abs(trace.h - torch_forward(case)[0]).max() < 1e-6


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_equals_torch_and_keeps_its_bounds(dtype):
    z = np.array([-1000, -30, -3, -0.5, 0, 0.5, 3, 30, 1000], dtype)
    assert sigmoid(z).dtype == dtype
    assert np.abs(sigmoid(z) - torch.sigmoid(torch.from_numpy(z)).numpy()).max() <= np.finfo(dtype).eps
    assert sigmoid(z).min() == 0 and sigmoid(z).max() == 1


# --- what is refused ---

ok = RandomLSTM(4, 2, 3, 5)


REFUSED = {
    "one sequence without its batch axis": (lambda: lstm_forward(ok.x[:, 0], ok.weights), ValueError, r"\(T, N, I\)"),
    "wrong number of inputs": (lambda: lstm_forward(ok.x[..., :2], ok.weights), ValueError, "I = 3"),
    "no steps": (lambda: lstm_forward(ok.x[:0], ok.weights), ValueError, "at least 1"),
    "no sequences": (lambda: lstm_forward(ok.x[:, :0], ok.weights), ValueError, "at least 1"),
    "integers": (lambda: lstm_forward(ok.x.astype(int), ok.weights), TypeError, "astype"),
    "float32 x, float64 weights": (lambda: lstm_forward(ok.x.astype("f4"), ok.weights), TypeError, "one dtype"),
    "float32 h0": (lambda: lstm_forward(ok.x, ok.weights, ok.h0.astype("f4"), ok.c0), TypeError, "h0 is float32"),
    "NaN in x": (lambda: lstm_forward(with_entry(ok.x, np.nan), ok.weights), ValueError, r"x\[0, 0, 0\] is nan"),
    "NaN in c0": (lambda: lstm_forward(ok.x, ok.weights, ok.h0, with_entry(ok.c0, np.nan)), ValueError, "c0"),
    "infinity in x": (lambda: lstm_forward(with_entry(ok.x, np.inf), ok.weights), ValueError, "finite"),
    "a list": (lambda: lstm_forward(ok.x.tolist(), ok.weights), TypeError, "np.array"),
    "a tensor": (lambda: lstm_forward(torch.from_numpy(ok.x), ok.weights), TypeError, r"detach\(\).numpy\(\)"),
    "h0 with PyTorch's layer axis": (lambda: lstm_forward(ok.x, ok.weights, ok.h0[None]), ValueError, r"\(N, H\)"),
    "h0 for one sequence only": (lambda: lstm_forward(ok.x, ok.weights, ok.h0[:1]), ValueError, r"= \(2, 5\)"),
    "c0 of another width": (lambda: lstm_forward(ok.x, ok.weights, ok.h0, ok.c0[:, :1]), ValueError, r"= \(2, 5\)"),
    "a module for weights": (lambda: lstm_forward(ok.x, nn.LSTM(3, 5)), TypeError, "from_torch"),
    "step: a whole sequence": (lambda: lstm_step(ok.x, ok.h0, ok.c0, ok.weights), ValueError, r"\(N, I\)"),
    "step: h_prev of another batch": (lambda: lstm_step(ok.x[0], ok.h0[:1], ok.c0, ok.weights), ValueError, "h_prev"),
    "step: integers": (lambda: lstm_step(ok.x[0], ok.h0.astype(int), ok.c0, ok.weights), TypeError, "h_prev"),
    "sigmoid: a list": (lambda: sigmoid([0, 1]), TypeError, r"^z must be .*, not a list: pass np.array\(z, "),
    "sigmoid: nothing": (lambda: sigmoid(None), TypeError, "z must be a NumPy array or a number, not None$"),
    "step: no weights": (lambda: lstm_step(ok.x[0], ok.h0, ok.c0, (1, 2, 3)), TypeError, "LSTMWeights"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_words_that_help(case):
    call, error, words = REFUSED[case]
    with pytest.raises(error, match=words):
        call()


def test_the_mathematics_imports_numpy_alone():
    code = (
        "import sys, lstm_helpers.worked_example; "
        "print({'torch', 'matplotlib', 'pandas', 'PIL'} & {name.split('.')[0] for name in sys.modules})"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"
