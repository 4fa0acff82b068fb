"""The textbook's memory experiment, as notebook 06 repeats it: a row of L digits comes in, the answer is the sum of
the first two. One training run, from its settings to one row of the sweep's table.

A small relative of the adding problem of Hochreiter & Schmidhuber (1997), section 5.4. Trained with PyTorch; the
gradients that are measured before and after come from this course's own mathematics.
"""

from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import nn

from lstm_helpers.gradient_flow import cell_gradient
from lstm_helpers.lstm import lstm_forward
from lstm_helpers.rnn import RNNWeights, rnn_forward, rnn_state_gradient
from lstm_helpers.weights import LSTMWeights

DIGITS, SUMS = 10, 19
EMBEDDING, HIDDEN = 32, 64
TRAINING, TESTING, BATCH, RATE = 3000, 1000, 128, 3e-3
NETWORKS = {"tanh RNN": None, "b_f = 0": 0.0, "b_f = 1": 1.0, "b_f = 3": 3.0, "b_f = 5": 5.0}


@dataclass(frozen=True, order=True)
class Run:
    """One training run. network: a key of NETWORKS. L: digits in a row, 2 or more. clip: longest gradient, or inf.
    seed: of weights, sequences and their order. epochs: passes over the sequences.
    Raises ValueError for what it cannot run.
    """

    network: str
    L: int
    clip: float
    seed: int
    epochs: int = 20

    def __post_init__(self):
        if self.network not in NETWORKS:
            raise ValueError(f"there is no network {self.network!r}: choose one of {list(NETWORKS)}")
        if self.L < 2:
            raise ValueError(f"L is {self.L}, but the answer is the sum of the first two digits: L must be 2 or more")
        if not self.clip > 0:
            raise ValueError(f"clip is {self.clip}, but must be above 0, or inf for no clipping")
        if self.epochs < 1:
            raise ValueError(f"epochs is {self.epochs}, but one pass over the sequences is the least")


def sequences(L, count, seed):
    """Digits (L, count), integers from 0 to 9, and the sums of the first two, (count,)."""
    digits = np.random.default_rng(seed).integers(0, DIGITS, size=(L, count))
    return digits, digits[0] + digits[1]


class Network(nn.Module):
    """Embedding (10, 32), one recurrent layer of 64 units, readout of the last state to 19 sums."""

    def __init__(self, network):
        super().__init__()
        self.embedding = nn.Embedding(DIGITS, EMBEDDING)
        b_f = NETWORKS[network]
        self.recurrent = (nn.RNN if b_f is None else nn.LSTM)(EMBEDDING, HIDDEN)
        self.readout = nn.Linear(HIDDEN, SUMS)
        if b_f is not None:
            with torch.no_grad():
                self.recurrent.bias_ih_l0[HIDDEN : 2 * HIDDEN] += b_f  # rows i, f, g, o

    def forward(self, digits):
        """digits (L, N) -> scores (N, 19)."""
        return self.readout(self.recurrent(self.embedding(digits))[0][-1])


def state_gradient(net, digits):
    """How far the state after the last digit still depends on the state after the second: the largest and the median
    singular value of dC_L/dC_2, or of dS_L/dS_2 for the RNN, by notebooks 04 and 02. The largest is the spectral norm.
    Both as medians over the columns of digits (L, N).
    """
    with torch.no_grad():
        x = net.embedding(torch.from_numpy(digits)).double().numpy()
    if isinstance(net.recurrent, nn.LSTM):
        weights = LSTMWeights.from_torch(net.recurrent)
        weights = LSTMWeights(*(array.astype(float) for array in (weights.W_x, weights.W_h, weights.b)))
        jacobian = cell_gradient(lstm_forward(x, weights), weights, len(x), 2)
    else:
        W_x, W_s, b, more = (p.detach().double().numpy() for p in net.recurrent.parameters())
        weights = RNNWeights(W_x, W_s, b + more)
        jacobian = rnn_state_gradient(rnn_forward(x, weights), weights, len(x), 2)
    singular = np.linalg.svd(jacobian, compute_uv=False)  # (N, 64), falling
    return float(np.median(singular[:, 0])), float(np.median(np.median(singular, axis=1)))


def train(run, watch=None):
    """Train one network -> a row: the settings, then what was measured, as {column: value}.

    loss_1: mean loss of the first epoch's batches. accuracy: share of right answers on TESTING new sequences, of the
    best epoch; a little too good, because these sequences also choose the epoch. gradient_start, gradient_end: the
    largest singular value of `state_gradient` before and after; median_start: the median one before. clipped: share of
    updates whose gradient was longer than clip. watch: called with (epoch, network) before the first and after each.
    Raises ValueError where the weights have grown beyond all numbers.
    """
    torch.manual_seed(run.seed)
    net = Network(run.network)
    digits, sums = map(torch.from_numpy, sequences(run.L, TRAINING, 2 * run.seed))
    new_digits, new_sums = map(torch.from_numpy, sequences(run.L, TESTING, 2 * run.seed + 1))
    probe = new_digits[:, :8].numpy()
    adam = torch.optim.Adam(net.parameters(), lr=RATE)
    cross_entropy = nn.CrossEntropyLoss()

    def accuracy():
        with torch.no_grad():
            return (net(new_digits).argmax(dim=1) == new_sums).double().mean().item()

    watch = watch or (lambda epoch, net: None)
    watch(0, net)
    (largest, median), best, losses, lengths = state_gradient(net, probe), accuracy(), [], []
    for epoch in range(1, run.epochs + 1):
        for batch in torch.randperm(TRAINING).split(BATCH):
            loss = cross_entropy(net(digits[:, batch]), sums[batch])
            adam.zero_grad()
            loss.backward()
            lengths.append(nn.utils.clip_grad_norm_(net.parameters(), run.clip).item())
            adam.step()
            losses.append(loss.item())
        best = max(best, accuracy())
        watch(epoch, net)
    return asdict(run) | {
        "loss_1": float(np.mean(losses[: len(losses) // run.epochs])),
        "accuracy": best,
        "gradient_start": largest,
        "median_start": median,
        "gradient_end": state_gradient(net, probe)[0],
        "clipped": float(np.mean(np.array(lengths) > run.clip)),
    }
