"""lstm_backward against autograd on drawn shapes; what is refused."""

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from random_lstm import SHAPES, RandomLSTM

import lstm_helpers.lstm
from lstm_helpers import lstm_backward, lstm_forward, lstm_step

ENDS = ("W_x", "W_h", "b", "x", "h0", "c0")
TOTALS = ("h", "c", "i_pre", "f_pre", "g_pre", "o_pre")


def outside(case, seed=1):
    """(dh, dc_last) of a loss sum(dh * h) + sum(dc_last * c_T), nothing zero."""
    rng = np.random.default_rng(seed)
    (T, N, _), H = case.x.shape, case.weights.H
    return rng.normal(size=(T, N, H)).astype(case.x.dtype), rng.normal(size=(N, H)).astype(case.x.dtype)


def ours(case, dh, dc_last):
    trace = lstm_forward(case.x, case.weights, case.h0, case.c0)
    return lstm_backward(trace, case.weights, dh, dc_last)


def autograd(case, dh, dc_last):
    """{name: gradient} of every argument and, for each step, of every intermediate, from equations typed anew."""
    leaf = {name: torch.from_numpy(value.copy()).requires_grad_() for name, value in zip(
        ("x", "h0", "c0", "W_x", "W_h", "b"), case.arrays)}  # fmt: skip
    h, c, kept, loss = leaf["h0"], leaf["c0"], [], 0
    for x_t, dh_t in zip(leaf["x"], torch.from_numpy(dh)):
        pre = (x_t @ leaf["W_x"].T + h @ leaf["W_h"].T + leaf["b"]).chunk(4, dim=1)
        i, f, g, o = pre[0].sigmoid(), pre[1].sigmoid(), pre[2].tanh(), pre[3].sigmoid()
        c = f * c + i * g
        h = o * c.tanh()
        kept.append((h, c, *pre))
        for tensor in kept[-1]:
            tensor.retain_grad()
        loss = loss + (h * dh_t).sum()
    (loss + (c * torch.from_numpy(dc_last)).sum()).backward()
    expected = {name: leaf[name].grad.numpy() for name in ENDS}
    zero = torch.zeros(())
    for name, tensors in zip(TOTALS, zip(*kept)):
        expected[name] = np.stack([(zero if t.grad is None else t.grad).numpy() for t in tensors])
    return expected


@given(SHAPES, st.sampled_from([1, 2**15]))
@example((1, 1, 1, 1), 2**15)
@example((7, 1, 1, 1), 2**15)
@example((7, 4, 5, 6), 100)  # several blocks, the last one shorter
def test_every_gradient_equals_autograd(shape, cached):
    case = RandomLSTM(*shape)
    dh, dc_last = outside(case)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lstm_helpers.lstm, "CACHED", cached)
        gradients = ours(case, dh, dc_last)
    for name, expected in autograd(case, dh, dc_last).items():
        assert getattr(gradients, name).shape == expected.shape, name
        assert np.abs(getattr(gradients, name) - expected).max() < 1e-11, name


def test_missing_dc_last_is_zero_and_float32_stays_float32():
    case = RandomLSTM(4, 2, 3, 5, np.float32)
    dh, dc_last = outside(case)
    with_zero, without = ours(case, dh, 0 * dc_last), ours(case, dh, None)
    for name, gradient in vars(without).items():
        assert np.array_equal(gradient, getattr(with_zero, name)) and gradient.dtype == np.float32, name


def test_no_argument_is_changed():
    case = RandomLSTM(5, 3, 2, 4)
    dh, dc_last = outside(case)
    arrays = [*case.arrays, dh, dc_last]
    before = [array.copy() for array in arrays]
    lstm_step(case.x[0], case.h0, case.c0, case.weights)
    trace = lstm_forward(case.x, case.weights, case.h0, case.c0)
    copies = {name: array.copy() for name, array in vars(trace).items()}
    lstm_backward(trace, case.weights, dh, dc_last)
    assert all(np.array_equal(array, copy) for array, copy in zip(arrays, before))
    assert all(np.array_equal(array, copies[name]) for name, array in vars(trace).items())


ok = RandomLSTM(4, 2, 3, 5)
dh, _ = outside(ok)
trace = lstm_forward(ok.x, ok.weights, ok.h0, ok.c0)
single = RandomLSTM(4, 2, 3, 5, np.float32).weights
REFUSED = {  # other arrays: tests/test_inputs.py
    "h for a trace": (lambda: lstm_backward(trace.h, ok.weights, dh), TypeError, "lstm_forward"),
    "a module": (lambda: lstm_backward(trace, torch.nn.LSTM(3, 5), dh), TypeError, "from_torch"),
    "other H": (lambda: lstm_backward(trace, RandomLSTM(1, 1, 3, 4).weights, dh), ValueError, "made the trace"),
    "other I": (lambda: lstm_backward(trace, RandomLSTM(1, 1, 2, 5).weights, dh), ValueError, "I = 3.*I = 2, H = 5"),
    "float32 weights": (lambda: lstm_backward(trace, single, dh.astype("f4")), ValueError, "and float64, .* float32:"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_words_that_help(name):
    call, error, words = REFUSED[name]
    with pytest.raises(error, match=words):
        call()
