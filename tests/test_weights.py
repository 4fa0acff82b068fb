"""The weights: gates as views, to and from PyTorch; what is refused, and in which words."""

import numpy as np
import pytest
import torch
from random_lstm import RandomLSTM
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


ok = RandomLSTM(4, 2, 3, 5).weights
W_x, W_h, b = ok.W_x, ok.W_h, ok.b
REFUSED = {  # other arrays: tests/test_inputs.py
    "W_x transposed": (lambda: LSTMWeights(W_x.T, W_h, b), ValueError, "with H = 5. If it is transposed, pass W_x.T$"),
    "W_h transposed": (lambda: LSTMWeights(W_x, W_h.T, b), ValueError, "W_h.T"),
    "both biases joined": (lambda: LSTMWeights(W_x, W_h, np.tile(b, 2)), ValueError, r"bias_ih \+ bias_hh"),
    "two layers": (lambda: LSTMWeights.from_torch(nn.LSTM(3, 5, 2)), ValueError, r"num_layers=2.*weight_ih_l1"),
    "two directions": (lambda: LSTMWeights.from_torch(nn.LSTM(3, 5, bidirectional=True)), ValueError, "_reverse"),
    "a projection": (lambda: LSTMWeights.from_torch(nn.LSTM(3, 5, proj_size=2)), ValueError, "proj_size=2"),
    "a GRU": (lambda: LSTMWeights.from_torch(nn.GRU(3, 5)), TypeError, "GRU"),
    "an unknown gate": (lambda: ok.gate("c"), ValueError, "candidate"),
    "a number for a gate": (lambda: ok.gate(1), ValueError, "there is no gate 1:"),
    "two gates at once": (lambda: ok.gate("if"), ValueError, "'if'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_words_that_help(case):
    call, error, words = REFUSED[case]
    with pytest.raises(error, match=words):
        call()
