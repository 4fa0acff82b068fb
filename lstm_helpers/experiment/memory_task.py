"""The textbook's memory experiment, as notebook 06 repeats it: a row of L digits comes in, the answer is the sum of
the first two. One training run, from its settings to one row of the sweep's table.

A small relative of the adding problem of Hochreiter & Schmidhuber (1997), section 5.4. Trained with PyTorch; the
gradients that are measured before and after come from this course's own mathematics.
"""

import copy
from dataclasses import asdict, dataclass
from numbers import Integral, Real

import numpy as np
import torch
from torch import nn

from lstm_helpers.gradient_flow import cell_gradient
from lstm_helpers.lstm import lstm_forward
from lstm_helpers.rnn import RNNWeights, rnn_forward, rnn_state_gradient
from lstm_helpers.weights import LSTMWeights

DIGITS, SUMS, EMBEDDING = 10, 19, 32
NETWORKS = {"tanh RNN": None, "orthogonal RNN": None} | {f"b_f = {b_f}": float(b_f) for b_f in range(6)}


@dataclass(frozen=True)
class Task:
    """How many sequences of which kind, for how many units, in batches of how many. chosen_by: the epoch whose network
    is tested is the one with the smallest "loss", or the greatest "accuracy", on the validation sequences.
    """

    training: int
    validation: int
    testing: int
    hidden: int
    batch: int
    chosen_by: str


TASKS = {
    "digits": Task(training=3000, validation=500, testing=1000, hidden=64, batch=128, chosen_by="loss"),
    # Qiu Xipeng et al., Neural Networks and Deep Learning: Cases and Practice (2022), chapter 6.
    "zeros": Task(training=300, validation=100, testing=100, hidden=32, batch=8, chosen_by="accuracy"),
}


@dataclass(frozen=True, order=True)
class Run:
    """One training run. network: a key of NETWORKS. L: digits in a row, 3 or more. seed: of weights, sequences and
    their order. replica: the start weights are moved by so many roundings, and nothing else is. rate: Adam's learning
    rate. clip: longest gradient, or inf. epochs: passes over the sequences. task: a key of TASKS.
    Raises ValueError for what it cannot run.
    """

    network: str
    L: int
    seed: int
    replica: int = 0
    rate: float = 3e-3
    clip: float = 1.0
    epochs: int = 20
    task: str = "digits"

    def __post_init__(self):
        rate, clip = (_at_least(0, value, Real) and value > 0 for value in (self.rate, self.clip))
        for name, fits, wanted in (
            ("network", self.network in list(NETWORKS), f"one of {list(NETWORKS)}"),
            ("task", self.task in list(TASKS), f"one of {list(TASKS)}"),
            ("L", _at_least(3, self.L), "a whole number from 3: the first two digits are to be remembered"),
            ("seed", _at_least(0, self.seed), "a whole number from 0"),
            ("replica", _at_least(0, self.replica), "a whole number from 0: of roundings that move the start weights"),
            ("epochs", _at_least(1, self.epochs), "a whole number from 1: of passes over the sequences"),
            ("rate", rate and self.rate < np.inf, "a number above 0, and finite"),
            ("clip", clip, "a number above 0, or inf for no clipping"),
        ):
            if not fits:
                raise ValueError(f"{name} is {getattr(self, name)!r}, but must be {wanted}")


def _at_least(least, value, kind=Integral):
    return isinstance(value, kind) and not isinstance(value, bool) and value >= least


def sequences(L, count, seed):
    """Digits (L, count), integers from 0 to 9, and the sums of the first two, (count,)."""
    digits = np.random.default_rng(seed).integers(0, DIGITS, size=(L, count))
    return digits, digits[0] + digits[1]


def zero_sequences(L, count, seed):
    """The textbook's: every pair of digits equally often, then zeros, one of which is replaced by a random digit."""
    if count % 100:
        raise ValueError(f"{count} sequences cannot have each of the 100 pairs of digits equally often")
    draw = np.random.default_rng(seed)
    digits = np.zeros((L, count), dtype=int)
    digits[0], digits[1] = np.divmod(np.arange(count) % 100, DIGITS)
    digits[draw.integers(2, L, count), np.arange(count)] = draw.integers(0, DIGITS, count)
    return digits, digits[0] + digits[1]


class Network(nn.Module):
    """Embedding (10, 32), one recurrent layer, readout of the last state to 19 sums."""

    def __init__(self, network, hidden=64):
        super().__init__()
        self.embedding = nn.Embedding(DIGITS, EMBEDDING)
        b_f = NETWORKS[network]
        self.recurrent = (nn.RNN if b_f is None else nn.LSTM)(EMBEDDING, hidden)
        self.readout = nn.Linear(hidden, SUMS)
        with torch.no_grad():
            if b_f is not None:
                self.recurrent.bias_ih_l0[hidden : 2 * hidden] += b_f  # rows i, f, g, o
            if network == "orthogonal RNN":
                nn.init.orthogonal_(self.recurrent.weight_hh_l0)

    def forward(self, digits):
        """digits (L, N) -> scores (N, 19)."""
        return self.readout(self.recurrent(self.embedding(digits))[0][-1])


def new_network(run):
    """The network of a run, before training; a replica's weights are `replica` roundings further up, each of them."""
    torch.manual_seed(run.seed)
    net = Network(run.network, TASKS[run.task].hidden)
    with torch.no_grad():
        for p in net.parameters():
            for _ in range(run.replica):
                p.copy_(torch.nextafter(p, torch.full_like(p, torch.inf)))  # about 1e-7 of it
    return net


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
    singular = np.linalg.svd(jacobian, compute_uv=False)  # (N, hidden), falling
    return float(np.median(singular[:, 0])), float(np.median(np.median(singular, axis=1)))


def measure(net, digits, sums):
    """Mean loss and share of right answers."""
    with torch.no_grad():
        scores = net(digits)
        right = (scores.argmax(dim=1) == sums).double().mean()
        return nn.functional.cross_entropy(scores, sums).item(), right.item()


def train(run):
    """Train one network -> a row: the settings, then what was measured, as {column: value}.

    Three sets of sequences: the network is trained on the first, the second chooses the epoch, and the third is looked
    at once, with the network of that epoch. loss_1: mean loss of the first epoch's batches. epoch: the one chosen.
    loss, accuracy: of its network on the test sequences. known_end, new_end: share of right answers after the last
    epoch, on training and on validation sequences. gradient_start, gradient_end: the largest singular value of
    `state_gradient` before training and in the chosen epoch; median_start: the median one before. clipped: share of
    updates whose gradient was longer than clip.
    Raises ValueError where the weights have grown beyond all numbers.
    """
    task, net = TASKS[run.task], new_network(run)
    make = zero_sequences if run.task == "zeros" else sequences
    counts = (task.training, task.validation, task.testing)
    old, watched, new = (
        [torch.from_numpy(array) for array in make(run.L, count, 3 * run.seed + k)] for k, count in enumerate(counts)
    )
    probe = watched[0][:, :8].numpy()
    adam = torch.optim.Adam(net.parameters(), lr=run.rate)
    (largest, median), best, losses, lengths = state_gradient(net, probe), np.inf, [], []
    torch.manual_seed(run.seed)  # of the order
    for epoch in range(1, run.epochs + 1):
        for batch in torch.randperm(task.training).split(task.batch):
            loss = nn.functional.cross_entropy(net(old[0][:, batch]), old[1][batch])
            adam.zero_grad()
            loss.backward()
            lengths.append(nn.utils.clip_grad_norm_(net.parameters(), run.clip).item())
            adam.step()
            losses.append(loss.item())
        loss, accuracy = measure(net, *watched)
        score = loss if task.chosen_by == "loss" else -accuracy
        if epoch == 1 or score < best:
            best, chosen, its_epoch = score, copy.deepcopy(net.state_dict()), epoch
    known_end = measure(net, *old)[1]
    net.load_state_dict(chosen)
    loss, right = measure(net, *new)
    return asdict(run) | {
        "loss_1": float(np.mean(losses[: len(losses) // run.epochs])),
        "epoch": its_epoch,
        "loss": loss,
        "accuracy": right,
        "known_end": known_end,
        "new_end": accuracy,
        "gradient_start": largest,
        "median_start": median,
        "gradient_end": state_gradient(net, probe)[0],
        "clipped": float(np.mean(np.array(lengths) > run.clip)),
    }
