"""The forward pass against PyTorch, on drawn shapes; what is refused."""

import subprocess
import sys
import warnings
from dataclasses import fields

import numpy as np
import pytest
import torch
from hypothesis import example, given
from random_lstm import SHAPES, RandomLSTM
from torch import nn

from lstm_helpers import GATES, LSTMWeights, lstm_forward, lstm_step, sigmoid


def torch_forward(case):
    """(output, h_n, c_n) of nn.LSTM on the same numbers, as (T, N, H), (N, H), (N, H)."""
    x, h0, c0 = (torch.from_numpy(array) for array in (case.x, case.h0, case.c0))
    with torch.no_grad():
        output, (h_n, c_n) = case.weights.to_torch()(x, (h0[None], c0[None]))
    return output.numpy(), h_n[0].numpy(), c_n[0].numpy()


@pytest.mark.parametrize("dtype, atol", [(np.float64, 1e-12), (np.float32, 1e-5)])
@given(shape=SHAPES)
@example(shape=(1, 1, 1, 1))
def test_forward_equals_nn_lstm_in_its_dtype(shape, dtype, atol):
    case = RandomLSTM(*shape, dtype)
    trace = lstm_forward(case.x, case.weights, case.h0, case.c0)
    output, h_n, c_n = torch_forward(case)
    assert {getattr(trace, field.name).dtype for field in fields(trace)} == {np.dtype(dtype)}
    assert {array.dtype for array in lstm_step(case.x[0], case.h0, case.c0, case.weights)} == {np.dtype(dtype)}
    assert np.abs(trace.h - output).max() < atol
    assert np.abs(trace.h[-1] - h_n).max() < atol
    assert np.abs(trace.c[-1] - c_n).max() < atol


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


@pytest.mark.parametrize("given", [(), ("h0",), ("c0",)])
def test_missing_states_are_zeros(given):
    case = RandomLSTM(4, 2, 3, 5)
    states = {name: getattr(case, name) if name in given else np.zeros((2, 5)) for name in ("h0", "c0")}
    trace = lstm_forward(case.x, case.weights, **{name: states[name] for name in given})
    assert np.array_equal(trace.h, lstm_forward(case.x, case.weights, **states).h)
    assert np.array_equal(trace.h0, states["h0"]) and np.array_equal(trace.c0, states["c0"])


def test_the_trace_holds_what_was_given_and_what_the_backward_pass_needs():
    case = RandomLSTM(5, 3, 2, 4)
    trace = lstm_forward(case.x, case.weights, case.h0, case.c0)
    assert trace.x is case.x and trace.h0 is case.h0 and trace.c0 is case.c0
    assert np.array_equal(trace.cells[0], case.c0) and np.array_equal(trace.cells[1:], trace.c)
    assert np.array_equal(trace.m, np.tanh(trace.c))
    assert np.array_equal(trace.inputs[-1], np.hstack([trace.h[-1], np.zeros((3, 2)), np.ones((3, 1))]))
    for k, name in enumerate(GATES):
        assert np.array_equal(trace.gates[..., 4 * k : 4 * k + 4], getattr(trace, name))


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


ok = RandomLSTM(4, 2, 3, 5)
REFUSED = {  # arrays: tests/test_inputs.py
    "a module for weights": (lambda: lstm_forward(ok.x, nn.LSTM(3, 5)), "from_torch"),
    "step: no weights": (lambda: lstm_step(ok.x[0], ok.h0, ok.c0, (1, 2, 3)), "LSTMWeights"),
    "sigmoid: a list": (lambda: sigmoid([0, 1]), r"^z must be .*, not a list: pass np.array\(z, "),
    "sigmoid: nothing": (lambda: sigmoid(None), "z must be a NumPy array or a number, not None$"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_words_that_help(case):
    call, words = REFUSED[case]
    with pytest.raises(TypeError, match=words):
        call()


def test_the_mathematics_imports_numpy_alone():
    code = (
        "import sys, lstm_helpers.worked_example; "
        "print({'torch', 'matplotlib', 'pandas', 'PIL'} & {name.split('.')[0] for name in sys.modules})"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"
