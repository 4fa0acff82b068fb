"""The tanh recurrent network of notebook 02: forward pass, and the factors and terms of its gradients.

Arrays are time-major, (T, N, I), steps count from 1, and the symbol at step t stands in row t - 1.
Source: Elman (1990) for the network; Werbos (1990) for back-propagation through time; Pascanu, Mikolov
& Bengio (2013), equation 5, for the product of Jacobians. Numbers such as (2.4) are the notebook's equations.
"""

from dataclasses import dataclass

import numpy as np

from lstm_helpers.inputs import check_arrays, check_belong, check_steps, describe


@dataclass(frozen=True, eq=False)
class RNNWeights:
    """The parameters of a tanh RNN. W_x: (H, I), from the input. W_s: (H, H), from the state. b: (H,), called b_1
    in the notebook. All of one float dtype. Raises TypeError or ValueError where they do not fit.
    """

    W_x: np.ndarray
    W_s: np.ndarray
    b: np.ndarray

    def __post_init__(self):
        check_arrays({"W_s": (self.W_s, "(H, H)"), "W_x": (self.W_x, "(H, I)"), "b": (self.b, "(H,)")})

    @classmethod
    def scalar(cls, W_x, W_s, b=0.0, dtype=np.float64):
        """One unit with one input, from three numbers."""
        return cls(np.array([[W_x]], dtype), np.array([[W_s]], dtype), np.array([b], dtype))

    @property
    def I(self):  # noqa: E743 - the notation table's symbol
        """Number of inputs."""
        return self.W_x.shape[1]

    @property
    def H(self):
        """Number of hidden units."""
        return self.W_s.shape[1]

    @property
    def dtype(self):
        return self.W_x.dtype


@dataclass(frozen=True, eq=False)
class RNNTrace:
    """x: (T, N, I). theta (pre-activations) and S (states): (T, N, H). S0: (N, H), the state before step 1.

    x and S0 are copies: what happens to the caller's arrays later does not change the gradients.
    """

    x: np.ndarray
    theta: np.ndarray
    S: np.ndarray
    S0: np.ndarray


def rnn_forward(x, weights, S0=None):
    """A whole sequence: x (T, N, I) -> RNNTrace. S0: (N, H), zero where not given.

    Raises TypeError or ValueError for arrays that do not fit together.
    """
    _check_rnn_weights(weights)
    given = {} if S0 is None else {"S0": (S0, "(N, H)")}
    check_arrays({"x": (x, "(T, N, I)")} | given, weights.dtype, I=weights.I, H=weights.H)
    S0 = np.zeros((x.shape[1], weights.H), weights.dtype) if S0 is None else S0
    theta = x @ weights.W_x.T + weights.b
    S = np.empty_like(theta)
    before = S0
    for t in range(len(x)):
        theta[t] += before @ weights.W_s.T
        before = np.tanh(theta[t], out=S[t])
    return RNNTrace(np.array(x), theta, S, np.array(S0))


def rnn_jacobians(trace, weights):
    """dS_j/dS_{j-1} = diag(tanh'(theta_j)) W_s for every step j, (T, N, H, H), indexed [j-1, n, new, old]; (2.19)."""
    _check_trace(trace, weights)
    return (1 - trace.S**2)[..., None] * weights.W_s


def rnn_state_gradient(trace, weights, last, step):
    """dS_last/dS_step, (N, H, H), indexed [n, new, old]: the factors in time order, the newest on the left; (2.20).

    1 <= step <= last <= T; ValueError otherwise. last = step gives identity matrices.
    """
    _check_trace(trace, weights)
    check_steps(len(trace.S), last=last, step=step)
    product = np.broadcast_to(np.eye(weights.H, dtype=weights.dtype), (trace.S.shape[1], weights.H, weights.H))
    for jacobian in rnn_jacobians(trace, weights)[step:last]:
        product = jacobian @ product
    return product


def chain_factors(trace, weights):
    """tanh'(theta_j) W_s of a scalar RNN (I = H = 1) for every step j, (T, N); (2.4). ValueError for a wider one."""
    _check_trace(trace, weights)
    if weights.H != 1 or weights.I != 1:
        raise ValueError(
            f"the chain of numbers needs a scalar RNN, but this one has I = {weights.I}, H = {weights.H}: "
            f"its factors are matrices, see rnn_jacobians"
        )
    return rnn_jacobians(trace, weights)[..., 0, 0]


def chain_terms(trace, weights, last):
    """What each step k = 1 ... last adds to the gradients of S_last in a scalar RNN; (2.10), (2.11).

    Returns {"W_x", "W_s", "b": (last, N)}: row k - 1 is (product of the factors k+1 ... last) times the immediate
    partial derivative at step k. Summed over k they are the total derivatives of S_last, one for each sequence.
    """
    factors = chain_factors(trace, weights)
    check_steps(len(trace.S), last=last)
    later = np.ones_like(trace.S[:last, :, 0])
    later[:-1] = np.cumprod(factors[last - 1 : 0 : -1], axis=0)[::-1]
    common = later * (1 - trace.S[:last, :, 0] ** 2)
    before = np.concatenate([trace.S0[None], trace.S])[:last, :, 0]
    return {"W_x": common * trace.x[:last, :, 0], "W_s": common * before, "b": common}


def _check_rnn_weights(weights):
    if not isinstance(weights, RNNWeights):
        raise TypeError(f"weights must be RNNWeights, not {describe(weights)}: build them with RNNWeights(W_x, W_s, b)")


def _check_trace(trace, weights):
    _check_rnn_weights(weights)
    if not isinstance(trace, RNNTrace):
        raise TypeError(f"trace must be an RNNTrace, not {describe(trace)}: pass what rnn_forward returned")
    check_belong(trace.x, trace.S, weights)
