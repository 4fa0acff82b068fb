"""The parameters of an LSTM layer, four gates stacked, to and from PyTorch."""

from dataclasses import dataclass

import numpy as np

from lstm_helpers.inputs import check_arrays, describe

GATES = "ifgo"  # the order in which W_x, W_h and b stack the four blocks of H rows: PyTorch's


@dataclass(frozen=True, eq=False)
class LSTMWeights:
    """The parameters of one LSTM layer, four gates stacked in the row order i, f, g, o.

    W_x: (4H, I), from the input. W_h: (4H, H), from the hidden state. b: (4H,). All of one float
    dtype. The arrays are kept, not copied. Raises TypeError or ValueError where they do not fit.
    """

    W_x: np.ndarray
    W_h: np.ndarray
    b: np.ndarray

    def __post_init__(self):
        check_arrays({"W_h": (self.W_h, "(4H, H)"), "W_x": (self.W_x, "(4H, I)"), "b": (self.b, "(4H,)")})

    @property
    def I(self):  # noqa: E743 - the notation table's symbol
        """Number of inputs."""
        return self.W_x.shape[1]

    @property
    def H(self):
        """Number of hidden units."""
        return self.W_h.shape[1]

    @property
    def dtype(self):
        return self.W_x.dtype

    def gate(self, name):
        """(W_x·, W_h·, b·) of one gate, shapes (H, I), (H, H), (H,): views, so writing to them writes to the weights.

        name: "i", "f", "g" or "o"; ValueError otherwise.
        """
        check_gate(name)
        rows = slice(GATES.index(name) * self.H, (GATES.index(name) + 1) * self.H)
        return self.W_x[rows], self.W_h[rows], self.b[rows]

    @classmethod
    def from_torch(cls, module):
        """A copy of the weights of an `nn.LSTM` (one layer, one direction, no projection) or an `nn.LSTMCell`.

        PyTorch has two biases that are only ever added; b is their sum, zero for bias=False.
        `batch_first` concerns x and the output, not the weights, and is ignored.
        """
        import torch  # here, because the mathematics must import without PyTorch

        if not isinstance(module, (torch.nn.LSTM, torch.nn.LSTMCell)):
            raise TypeError(f"from_torch takes an nn.LSTM or an nn.LSTMCell, not {describe(module)}")
        suffix = ""
        if isinstance(module, torch.nn.LSTM):
            suffix = "_l0"
            if module.num_layers > 1 or module.bidirectional or module.proj_size:
                raise ValueError(
                    f"LSTMWeights holds one layer in one direction without projection, not {module}: "
                    f"take the arrays of one by hand, e.g. module.weight_ih_l1 or module.weight_ih_l0_reverse"
                )

        def array(name):
            return getattr(module, name + suffix).detach().cpu().numpy().copy()

        W_x, W_h = array("weight_ih"), array("weight_hh")
        b = array("bias_ih") + array("bias_hh") if module.bias else np.zeros(len(W_x), W_x.dtype)
        return cls(W_x, W_h, b)

    def to_torch(self):
        """An `nn.LSTM` with a copy of these weights: b is `bias_ih_l0`; `bias_hh_l0` is zero and frozen.

        Two trained biases would move twice as fast as our one. PyTorch's random state is not touched.
        """
        import torch

        W_x, W_h, b = (torch.from_numpy(array) for array in (self.W_x, self.W_h, self.b))
        with torch.random.fork_rng(devices=[]):
            lstm = torch.nn.LSTM(self.I, self.H, dtype=W_x.dtype)
        with torch.no_grad():
            for parameter, value in zip(lstm.parameters(), (W_x, W_h, b, 0 * b)):
                parameter.copy_(value)
        lstm.bias_hh_l0.requires_grad_(False)
        return lstm


def check_weights(weights):
    if not isinstance(weights, LSTMWeights):
        raise TypeError(
            f"weights must be LSTMWeights, not {describe(weights)}: "
            f"build them with LSTMWeights(W_x, W_h, b) or LSTMWeights.from_torch(module)"
        )


def check_gate(name):
    if name not in list(GATES):
        raise ValueError(f'there is no gate {name!r}: pass "i", "f", "g" (the candidate) or "o"')
