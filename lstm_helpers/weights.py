"""The parameters of an LSTM layer, four gates stacked, to and from PyTorch."""

from dataclasses import dataclass

import numpy as np

from lstm_helpers.inputs import describe, float_array

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
        dtype = float_array("W_x", self.W_x, 2, "(4H, I)").dtype
        float_array("W_h", self.W_h, 2, "(4H, H)", dtype, "W_x")
        float_array("b", self.b, 1, "(4H,)", dtype, "W_x")
        rows, H = self.W_h.shape
        if rows != 4 * H or H == 0:
            hint = " It looks transposed: pass W_h.T." if H == 4 * rows else ""
            raise ValueError(
                f"W_h has shape {self.W_h.shape}, but must be (4H, H): four times as many rows as columns, "
                f"one block of H rows for each of i, f, g, o, and H at least 1.{hint}"
            )
        if self.W_x.shape[0] != 4 * H or self.W_x.shape[1] == 0:
            hint = " It looks transposed: pass W_x.T." if self.W_x.shape[1] == 4 * H else ""
            raise ValueError(
                f"W_x has shape {self.W_x.shape}, but W_h says H = {H}, so W_x must be (4H, I) = ({4 * H}, I) "
                f"with at least one input.{hint}"
            )
        if self.b.shape != (4 * H,):
            hint = " PyTorch's two biases are added, not joined: b = bias_ih + bias_hh." * (self.b.size == 8 * H)
            raise ValueError(
                f"b has shape {self.b.shape}, but W_h says H = {H}, so b must be (4H,) = ({4 * H},).{hint}"
            )

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
            by_hand = "or take its arrays by hand, which end in"
            for name, wanted, otherwise in (
                ("num_layers", 1, f"{by_hand} _l0, _l1, ... for the layers, e.g. module.weight_ih_l1"),
                ("bidirectional", False, f"{by_hand} _reverse for the direction backwards in time"),
                ("proj_size", 0, "for a projection makes h shorter than c, and LSTMWeights has no place for it"),
            ):
                if getattr(module, name) != wanted:
                    raise ValueError(
                        f"this nn.LSTM has {name}={getattr(module, name)}, but LSTMWeights holds one layer in one "
                        f"direction without projection: build it with {name}={wanted}, {otherwise}"
                    )

        def array(name):
            tensor = getattr(module, name + suffix).detach().cpu()
            if tensor.dtype not in (torch.float16, torch.float32, torch.float64):
                raise TypeError(f"{name} is {tensor.dtype}, which NumPy does not have: convert with module.float()")
            return tensor.numpy().copy()

        W_x, W_h = array("weight_ih"), array("weight_hh")
        b = array("bias_ih") + array("bias_hh") if module.bias else np.zeros(len(W_x), W_x.dtype)
        return cls(W_x, W_h, b)

    def to_torch(self):
        """An `nn.LSTM` with a copy of these weights: b is `bias_ih_l0`; `bias_hh_l0` is zero and frozen.

        Two trained biases would move twice as fast as our one. PyTorch's random state is not touched.
        """
        import torch

        if self.dtype not in (np.float16, np.float32, np.float64):
            raise TypeError(f"PyTorch has no {self.dtype}: convert the weights to float32 or float64 first")
        # Made on the "meta" device, a module has shapes but no numbers, and so draws none.
        lstm = torch.nn.LSTM(self.I, self.H, dtype=getattr(torch, self.dtype.name), device="meta").to_empty(
            device="cpu"
        )
        with torch.no_grad():
            lstm.weight_ih_l0.copy_(torch.from_numpy(self.W_x))
            lstm.weight_hh_l0.copy_(torch.from_numpy(self.W_h))
            lstm.bias_ih_l0.copy_(torch.from_numpy(self.b))
            lstm.bias_hh_l0.zero_()
        lstm.bias_hh_l0.requires_grad_(False)
        return lstm


def check_weights(weights):
    if not isinstance(weights, LSTMWeights):
        raise TypeError(
            f"weights must be LSTMWeights, not {describe(weights)}: "
            f"build them with LSTMWeights(W_x, W_h, b) or LSTMWeights.from_torch(module)"
        )


def check_gate(name):
    if not isinstance(name, str) or len(name) != 1 or name not in GATES:
        raise ValueError(f'there is no gate {name!r}: pass "i", "f", "g" (the candidate) or "o"')
