"""The tanh RNN, its Jacobians and its terms against PyTorch and autograd, on drawn shapes; what is refused."""

import numpy as np
import pytest
import torch
from hypothesis import example, given
from random_lstm import SHAPES
from torch import nn

from lstm_helpers.rnn import (
    RNNWeights,
    chain_factors,
    chain_terms,
    rnn_forward,
    rnn_jacobians,
    rnn_state_gradient,
)


def random_rnn(T, N, I, H, dtype=np.float64, seed=0):
    """(weights, x, S0), nothing zero."""
    rng = np.random.default_rng(seed)
    shapes = ((H, I), (H, H), (H,), (T, N, I), (N, H))
    W_x, W_s, b, x, S0 = (rng.normal(size=shape).astype(dtype) for shape in shapes)
    return RNNWeights(W_x, W_s, b), x, S0


@pytest.mark.parametrize("dtype, atol", [(np.float64, 1e-12), (np.float32, 1e-5)])
@given(shape=SHAPES)
@example(shape=(1, 1, 1, 1))
def test_forward_equals_nn_rnn(shape, dtype, atol):
    weights, x, S0 = random_rnn(*shape, dtype)
    module = nn.RNN(weights.I, weights.H, dtype=torch.from_numpy(x).dtype)
    with torch.no_grad():
        for parameter, value in zip(module.parameters(), (weights.W_x, weights.W_s, weights.b, 0 * weights.b)):
            parameter.copy_(torch.from_numpy(value))
        expected = module(torch.from_numpy(x), torch.from_numpy(S0)[None])[0].numpy()
    before = [array.copy() for array in (weights.W_x, weights.W_s, weights.b, x, S0)]
    trace = rnn_forward(x, weights, S0)
    assert trace.S.dtype == trace.theta.dtype == dtype
    assert np.abs(trace.S - expected).max() < atol
    assert np.abs(np.tanh(trace.theta) - trace.S).max() == 0
    assert all(map(np.array_equal, before, (weights.W_x, weights.W_s, weights.b, x, S0)))


@given(SHAPES)
@example((1, 1, 1, 1))
def test_the_state_before_step_1_is_zero_where_not_given(shape):
    for dtype in (np.float32, np.float64):
        weights, x, S0 = random_rnn(*shape, dtype)
        trace, explicit = rnn_forward(x, weights), rnn_forward(x, weights, 0 * S0)
        assert trace.S0.shape == S0.shape and trace.S0.dtype == trace.S.dtype == dtype and not trace.S0.any()
        assert np.array_equal(trace.S, explicit.S) and np.array_equal(trace.theta, explicit.theta)


def autograd_states(weights, x, S0, **copies):
    """[S_0 ... S_T] as tensors that remember; copies: weights with a leading axis, one for each step."""
    tensors = {name: torch.from_numpy(getattr(weights, name)) for name in ("W_x", "W_s", "b")}
    states = [torch.from_numpy(S0).requires_grad_()]
    for t, x_t in enumerate(torch.from_numpy(x)):
        own = {name: copies[name][t] if name in copies else value for name, value in tensors.items()}
        states.append(torch.tanh(x_t @ own["W_x"].T + states[-1] @ own["W_s"].T + own["b"]))
    return states


@given(SHAPES)
@example((1, 1, 1, 1))
@example((7, 1, 1, 1))
def test_jacobians_and_their_product_equal_autograd(shape):
    weights, x, S0 = random_rnn(*shape)
    trace, T = rnn_forward(x, weights, S0), shape[0]
    states = autograd_states(weights, x, S0)
    for step, last in {(1, T), (1, 1), (max(T - 1, 1), T)}:
        ours = rnn_state_gradient(trace, weights, last, step)
        for unit in range(weights.H):
            rows = torch.autograd.grad(states[last][:, unit].sum(), states[step], retain_graph=True)[0]
            assert np.abs(ours[:, unit] - rows.numpy()).max() < 1e-12
    for unit in range(weights.H):  # the first step's Jacobian, which no product above contains
        rows = torch.autograd.grad(states[1][:, unit].sum(), states[0], retain_graph=True)[0]
        assert np.abs(rnn_jacobians(trace, weights)[0, :, unit] - rows.numpy()).max() < 1e-12


@pytest.mark.parametrize("T", [1, 2, 9])
def test_terms_equal_autograd_with_one_copy_a_step(T):
    weights, x, S0 = random_rnn(T, 1, 1, 1, seed=T)
    trace = rnn_forward(x, weights, S0)
    copies = {
        name: torch.from_numpy(np.stack([getattr(weights, name)] * T)).requires_grad_() for name in ("W_x", "W_s", "b")
    }
    states = autograd_states(weights, x, S0, **copies)
    for last in range(1, T + 1):
        expected = torch.autograd.grad(states[last].sum(), list(copies.values()), retain_graph=True)
        terms = chain_terms(trace, weights, last)
        for name, gradient in zip(copies, expected):
            assert terms[name].shape == (last, 1)
            assert np.abs(terms[name][:, 0] - gradient.numpy().reshape(T)[:last]).max() < 1e-12, (name, last)


def test_terms_keep_sequences_apart():
    weights, x, S0 = random_rnn(5, 3, 1, 1)
    together = chain_terms(rnn_forward(x, weights, S0), weights, 4)
    for n in range(3):
        alone = chain_terms(rnn_forward(x[:, n : n + 1], weights, S0[n : n + 1]), weights, 4)
        for name in together:
            assert np.abs(together[name][:, n] - alone[name][:, 0]).max() < 1e-15


def test_a_trace_keeps_what_was_given():
    weights, x, S0 = random_rnn(4, 2, 1, 1)
    trace = rnn_forward(x, weights, S0)
    before = chain_terms(trace, weights, 4)
    x[:] = S0[:] = 0
    assert all(np.array_equal(terms, before[name]) for name, terms in chain_terms(trace, weights, 4).items())


weights, x, S0 = random_rnn(4, 2, 3, 5)
trace = rnn_forward(x, weights, S0)
scalar, scalar_x, _ = random_rnn(4, 2, 1, 1)
scalar_trace = rnn_forward(scalar_x, scalar)
of_one_unit, of_one_input = ((rnn_forward(x, w), w) for w, x, _ in (random_rnn(4, 2, 3, 1), random_rnn(4, 2, 1, 5)))
single = random_rnn(4, 2, 1, 1, np.float32)[0]
USERS = {
    "rnn_jacobians": rnn_jacobians,
    "rnn_state_gradient": lambda trace, weights: rnn_state_gradient(trace, weights, 2, 1),
    "chain_factors": chain_factors,
    "chain_terms": lambda trace, weights: chain_terms(trace, weights, 2),
}


@pytest.mark.parametrize("use", USERS)
@pytest.mark.parametrize(
    "trace, weights, error, words",
    [
        (trace, scalar, ValueError, "I = 3, H = 5 and float64, the weights have I = 1, H = 1 and float64"),
        (scalar_trace, weights, ValueError, "pass the weights that made the trace"),
        (scalar_trace, of_one_unit[1], ValueError, "I = 1, H = 1.*I = 3, H = 1"),
        (scalar_trace, single, ValueError, "float64.*float32"),
        (scalar_trace.S, scalar, TypeError, "rnn_forward returned"),
        (scalar_trace, (1, 2, 3), TypeError, "RNNWeights"),
    ],
)
def test_a_trace_and_weights_that_do_not_belong_together_are_refused(use, trace, weights, error, words):
    with pytest.raises(error, match=words):
        USERS[use](trace, weights)


def test_steps_may_be_numpy_integers():
    last, step = np.uint8(3), np.uint8(1)  # of which the negative overflows
    ours = rnn_state_gradient(trace, weights, last, step)
    assert np.array_equal(ours, rnn_state_gradient(trace, weights, 3, 1))
    terms = chain_terms(scalar_trace, scalar, last)
    assert all(np.array_equal(terms[name], value) for name, value in chain_terms(scalar_trace, scalar, 3).items())


@pytest.mark.parametrize("last", [2, 3])
def test_gradients_keep_float32(last):
    weights, x, S0 = random_rnn(4, 2, 1, 1, np.float32)
    trace = rnn_forward(x, weights, S0)
    assert rnn_jacobians(trace, weights).dtype == chain_factors(trace, weights).dtype == np.float32
    assert rnn_state_gradient(trace, weights, last, 2).dtype == np.float32
    assert {term.dtype for term in chain_terms(trace, weights, last).values()} == {np.dtype(np.float32)}


def test_scalar_takes_three_numbers():
    made = RNNWeights.scalar(2, -3, 5, np.float32)
    assert [made.W_x.tolist(), made.W_s.tolist(), made.b.tolist()] == [[[2.0]], [[-3.0]], [5.0]]
    assert made.dtype == np.float32 and RNNWeights.scalar(1, 1).dtype == np.float64 and RNNWeights.scalar(1, 1).b == 0


REFUSED = {  # arrays: tests/test_inputs.py
    "a tuple for weights": (lambda: rnn_forward(x, (1, 2, 3)), TypeError, "RNNWeights"),
    "one unit, many inputs": (lambda: chain_factors(*of_one_unit), ValueError, "I = 3, H = 1.*rnn_jacobians"),
    "many units, one input": (lambda: chain_terms(*of_one_input, 2), ValueError, "I = 1, H = 5"),
    "terms beyond T": (lambda: chain_terms(scalar_trace, scalar, 5), ValueError, "last is 5.*T = 4"),
    "beyond T": (lambda: rnn_state_gradient(trace, weights, 5, 1), ValueError, "T = 4"),
    "forwards in time": (lambda: rnn_state_gradient(trace, weights, 1, 3), ValueError, "backwards"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_words_that_help(case):
    call, error, words = REFUSED[case]
    with pytest.raises(error, match=words):
        call()
