"""The weights: gates as views, to and from PyTorch; what is refused, and in which words."""

import numpy as np
import pytest
import torch
from random_lstm import RandomLSTM, with_entry
from torch import nn

from lstm_helpers import GATES, LSTMWeights


def test_gates_are_views_in_the_order_i_f_g_o():
    weights = RandomLSTM(1, 1, 3, 2).weights
    for k, name in enumerate(GATES):
        W_x, W_h, b = weights.gate(name)
        assert np.array_equal(W_x, weights.W_x[2 * k : 2 * k + 2])
        assert np.array_equal(W_h, weights.W_h[2 * k : 2 * k + 2])
        b[:] = 7.0
        assert np.array_equal(weights.b[2 * k : 2 * k + 2], [7.0, 7.0])


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", [nn.LSTM, nn.LSTMCell])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_from_torch_and_back_gives_the_same_outputs(kind, bias, dtype):
    torch.manual_seed(1)
    module = kind(3, 4, bias=bias, dtype=dtype)
    weights = LSTMWeights.from_torch(module)
    x = torch.randn(1, 2, 3, dtype=dtype)
    with torch.no_grad():
        h = module(x)[0][0] if kind is nn.LSTM else module(x[0])[0]
        again = weights.to_torch()(x)[0][0]
    assert weights.b.any() == bias
    assert {array.dtype.name for array in (weights.W_x, weights.W_h, weights.b)} == {str(dtype).removeprefix("torch.")}
    assert (h - again).abs().max() < {torch.float64: 1e-12, torch.float32: 1e-6, torch.float16: 1e-2}[dtype]
    weights.W_x[:] = 0  # a copy: the module must not notice
    assert all(parameter.abs().max() > 0 for parameter in module.parameters())


def test_to_torch_trains_one_bias_and_leaves_the_random_state_alone():
    torch.manual_seed(3)
    lstm = RandomLSTM(1, 1, 2, 3).weights.to_torch()
    after = torch.rand(1)
    torch.manual_seed(3)
    assert after == torch.rand(1)
    assert lstm.bias_ih_l0.requires_grad and not lstm.bias_hh_l0.requires_grad
    assert not lstm.bias_hh_l0.any()


# --- what is refused ---

ok = RandomLSTM(4, 2, 3, 5)
W_x, W_h, b = ok.weights.W_x, ok.weights.W_h, ok.weights.b
longdouble = [array.astype(np.longdouble) for array in (W_x, W_h, b)]


REFUSED = {
    "W_x of another H": (lambda: LSTMWeights(W_x[:-1], W_h, b), ValueError, r"= \(20, I\) with at least one input\.$"),
    "W_x transposed": (lambda: LSTMWeights(W_x.T, W_h, b), ValueError, "W_x.T"),
    "W_h transposed": (lambda: LSTMWeights(W_x, W_h.T, b), ValueError, "W_h.T"),
    "W_h not (4H, H)": (lambda: LSTMWeights(W_x, W_h[:, 1:], b), ValueError, r"four times .* H at least 1\.$"),
    "both biases joined": (lambda: LSTMWeights(W_x, W_h, np.tile(b, 2)), ValueError, r"bias_ih \+ bias_hh"),
    "b of another H": (lambda: LSTMWeights(W_x, W_h, b[1:]), ValueError, r"\(19,\), .* must be \(4H,\) = \(20,\)\.$"),
    "b as a column": (lambda: LSTMWeights(W_x, W_h, b[:, None]), ValueError, r"\(4H,\)"),
    "weights of two dtypes": (lambda: LSTMWeights(W_x, W_h, b.astype("f4")), TypeError, "b is float32"),
    "integer weights": (lambda: LSTMWeights(W_x.astype(int), W_h, b), TypeError, "int64"),
    "NaN in weights": (lambda: LSTMWeights(W_x, with_entry(W_h, np.nan), b), ValueError, r"W_h\[0, 0\] is nan"),
    "complex weights": (lambda: LSTMWeights(W_x + 0j, W_h, b), TypeError, "complex128"),
    "two layers": (lambda: LSTMWeights.from_torch(nn.LSTM(3, 5, 2)), ValueError, "num_layers=2"),
    "two layers, how to take one": (lambda: LSTMWeights.from_torch(nn.LSTM(3, 5, 2)), ValueError, "weight_ih_l1"),
    "two directions": (lambda: LSTMWeights.from_torch(nn.LSTM(3, 5, bidirectional=True)), ValueError, "bidirectional"),
    "a projection": (lambda: LSTMWeights.from_torch(nn.LSTM(3, 5, proj_size=2)), ValueError, "no place for it"),
    "a GRU": (lambda: LSTMWeights.from_torch(nn.GRU(3, 5)), TypeError, "GRU"),
    "bfloat16": (lambda: LSTMWeights.from_torch(nn.LSTM(3, 5, dtype=torch.bfloat16)), TypeError, r"module.float\(\)"),
    "integers throughout": (lambda: LSTMWeights(*(a.astype(int) for a in (W_x, W_h, b))), TypeError, "W_x holds int64"),
    "no units": (lambda: LSTMWeights(W_x[:0], W_h[:0, :0], b[:0]), ValueError, "H at least 1"),
    "no inputs": (lambda: LSTMWeights(W_x[:, :0], W_h, b), ValueError, "at least one input"),
    "b as a row": (lambda: LSTMWeights(W_x, W_h, b[None]), ValueError, r"one axis, not 2. Take b\[0\]"),
    "longdouble to PyTorch": (lambda: LSTMWeights(*longdouble).to_torch(), TypeError, "float64 first"),
    "an unknown gate": (lambda: ok.weights.gate("c"), ValueError, "candidate"),
    "a number for a gate": (lambda: ok.weights.gate(1), ValueError, "there is no gate 1:"),
    "nothing for a gate": (lambda: ok.weights.gate(""), ValueError, "there is no gate '':"),
    "two gates at once": (lambda: ok.weights.gate("if"), ValueError, "'if'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_words_that_help(case):
    call, error, words = REFUSED[case]
    with pytest.raises(error, match=words):
        call()
