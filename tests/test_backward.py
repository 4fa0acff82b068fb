"""lstm_backward against autograd on drawn shapes, and against finite differences that know nothing of PyTorch."""

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from random_lstm import SHAPES, RandomLSTM

import lstm_helpers.lstm
from lstm_helpers import GATES, LSTMWeights, lstm_backward, lstm_forward

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


@given(SHAPES)
def test_equals_nn_lstm_with_h_n_and_c_n(shape):
    """The framework's own backward pass; each of its two biases has our gradient."""
    case = RandomLSTM(*shape)
    dh, dc_last = outside(case)
    lstm = case.weights.to_torch()
    lstm.bias_hh_l0.requires_grad_(True)
    x, h0, c0 = (torch.from_numpy(array.copy()).requires_grad_() for array in (case.x, case.h0, case.c0))
    output, (h_n, c_n) = lstm(x, (h0[None], c0[None]))
    ((output[:-1] * torch.from_numpy(dh[:-1])).sum() + (h_n * torch.from_numpy(dh[-1])).sum()
     + (c_n * torch.from_numpy(dc_last)).sum()).backward()  # fmt: skip
    gradients = ours(case, dh, dc_last)
    pairs = {"W_x": lstm.weight_ih_l0, "W_h": lstm.weight_hh_l0, "b": lstm.bias_ih_l0, "x": x, "h0": h0, "c0": c0}
    for name, tensor in pairs.items():
        assert np.abs(getattr(gradients, name) - tensor.grad.numpy()).max() < 1e-11, name
    assert (lstm.bias_ih_l0.grad - lstm.bias_hh_l0.grad).abs().max() < 1e-12


@pytest.mark.parametrize("name", ENDS)
def test_equals_finite_differences(name):
    """Central differences, error about step^2 + eps/step: 1e-9 at a step of 1e-5."""
    case = RandomLSTM(3, 2, 2, 3)
    dh, dc_last = outside(case)
    arrays = dict(zip(("x", "h0", "c0", "W_x", "W_h", "b"), (array.copy() for array in case.arrays)))

    def loss():
        weights = LSTMWeights(arrays["W_x"], arrays["W_h"], arrays["b"])
        trace = lstm_forward(arrays["x"], weights, arrays["h0"], arrays["c0"])
        return (trace.h * dh).sum() + (trace.c[-1] * dc_last).sum()

    by_hand = getattr(ours(case, dh, dc_last), name)
    for index in np.ndindex(by_hand.shape):
        middle = arrays[name][index]
        arrays[name][index] = middle + 1e-5
        above = loss()
        arrays[name][index] = middle - 1e-5
        below = loss()
        arrays[name][index] = middle
        assert abs((above - below) / 2e-5 - by_hand[index]) < 1e-8 * max(1, abs(by_hand).max()), index


def test_float32_stays_float32():
    case = RandomLSTM(6, 3, 4, 5, np.float32)
    dh, dc_last = outside(case)
    gradients = ours(case, dh, dc_last)
    for name, expected in autograd(case, dh, dc_last).items():
        assert getattr(gradients, name).dtype == np.float32, name
        assert np.abs(getattr(gradients, name) - expected).max() < 1e-4 * np.abs(expected).max(), name


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
def test_without_dc_last_every_gradient_keeps_its_dtype(dtype):
    case = RandomLSTM(3, 2, 3, 4, dtype)
    gradients = ours(case, outside(case)[0], None)
    assert {name: value.dtype for name, value in vars(gradients).items()} == dict.fromkeys(vars(gradients), dtype)


def test_missing_dc_last_is_zero():
    case = RandomLSTM(4, 2, 3, 5)
    dh, dc_last = outside(case)
    with_zero, without = ours(case, dh, 0 * dc_last), ours(case, dh, None)
    assert all(np.array_equal(getattr(with_zero, name), getattr(without, name)) for name in ENDS + TOTALS)


def test_no_argument_is_changed():
    case = RandomLSTM(5, 3, 2, 4)
    dh, dc_last = outside(case)
    trace = lstm_forward(case.x, case.weights, case.h0, case.c0)
    arrays = [*case.arrays, dh, dc_last, *(getattr(trace, name) for name in vars(trace))]
    before = [array.copy() for array in arrays]
    lstm_backward(trace, case.weights, dh, dc_last)
    assert all(np.array_equal(array, copy) for array, copy in zip(arrays, before))


def test_gates_of_the_trace_lie_in_the_order_of_the_weights():
    case = RandomLSTM(2, 3, 2, 4)
    trace = lstm_forward(case.x, case.weights, case.h0, case.c0)
    for k, name in enumerate(GATES):
        assert np.array_equal(trace.gates[..., 4 * k : 4 * k + 4], getattr(trace, name))
    assert np.array_equal(trace.inputs[1, :, :4], trace.h[0]) and np.array_equal(trace.inputs[0, :, :4], case.h0)


ok = RandomLSTM(4, 2, 3, 5)
dh, dc_last = outside(ok)
trace = lstm_forward(ok.x, ok.weights, ok.h0, ok.c0)
single = RandomLSTM(4, 2, 3, 5, np.float32).weights


REFUSED = {
    "dh of the last step only": (lambda: lstm_backward(trace, ok.weights, dh[-1]), ValueError, r"\(T, N, H\)"),
    "dh of fewer steps": (lambda: lstm_backward(trace, ok.weights, dh[1:]), ValueError, "pass zeros"),
    "dh of one sequence": (lambda: lstm_backward(trace, ok.weights, dh[:, :1]), ValueError, r"\(4, 2, 5\)"),
    "float32 dh": (lambda: lstm_backward(trace, ok.weights, dh.astype("f4")), TypeError, "dh is float32"),
    "NaN in dh": (lambda: lstm_backward(trace, ok.weights, dh * np.nan), ValueError, "dh.*nan"),
    "a tensor": (lambda: lstm_backward(trace, ok.weights, torch.from_numpy(dh)), TypeError, "detach"),
    "dc_last with a layer axis": (lambda: lstm_backward(trace, ok.weights, dh, dc_last[None]), ValueError, "dc_last"),
    "h for a trace": (lambda: lstm_backward(trace.h, ok.weights, dh), TypeError, "lstm_forward"),
    "other weights": (lambda: lstm_backward(trace, RandomLSTM(1, 1, 3, 4).weights, dh), ValueError, "made the trace"),
    "other inputs": (
        lambda: lstm_backward(trace, RandomLSTM(1, 1, 2, 5).weights, dh),
        ValueError,
        "I = 3.*I = 2, H = 5",
    ),
    "float32 weights": (lambda: lstm_backward(trace, single, dh.astype("f4")), ValueError, "and float64, .* float32:"),
    "a module": (lambda: lstm_backward(trace, torch.nn.LSTM(3, 5), dh), TypeError, "from_torch"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_words_that_help(name):
    call, error, words = REFUSED[name]
    with pytest.raises(error, match=words):
        call()
