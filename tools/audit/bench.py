"""`make bench`: how long this NumPy LSTM takes, as a multiple of nn.LSTM on the same numbers, forward and backward.

Each of the two runs in a process of its own with a pinned number of threads (one, or what OMP_NUM_THREADS says), and
the rounds are interleaved, so that a slow spell of the machine meets both. Reported are ratios of medians.
"""

import os
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context

THREADS = os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ |= {"OPENBLAS_NUM_THREADS": THREADS, "MKL_NUM_THREADS": THREADS}

import numpy as np  # noqa: E402 - libraries read the number of threads when they are imported
import torch  # noqa: E402

from lstm_helpers import LSTMWeights, lstm_backward, lstm_forward  # noqa: E402

SIZES = (
    (9, 1, 4, 1),
    (50, 1, 8, 16),
    (100, 1, 32, 32),
    (100, 32, 32, 64),
    (100, 64, 64, 128),
    (200, 32, 128, 256),
    (50, 64, 256, 512),
)
ROUNDS, SLICE = 9, 0.05  # seconds that each runs in a round, at least once


@cache
def call(name, size, dtype):
    """A function of no arguments: one forward and backward pass."""
    T, N, I, H = size
    torch.manual_seed(0)
    lstm = torch.nn.LSTM(I, H, dtype=dtype)
    x, dh = torch.randn(T, N, I, dtype=dtype), torch.randn(T, N, H, dtype=dtype)
    if name == "NumPy":
        weights, x, dh = LSTMWeights.from_torch(lstm), x.numpy(), dh.numpy()
        return lambda: lstm_backward(lstm_forward(x, weights), weights, dh)
    inputs = [x.requires_grad_(), *lstm.parameters()]
    return lambda: torch.autograd.grad(lstm(x)[0], inputs, dh)


def seconds(*what):
    """Seconds that a call takes, the median of a round."""
    run, times = call(*what), []
    run()
    began = time.perf_counter()
    while not times or time.perf_counter() - began < SLICE:
        before = time.perf_counter()
        run()
        times.append(time.perf_counter() - before)
    return np.median(times)


def main():
    processes = {name: ProcessPoolExecutor(1, get_context("spawn")) for name in ("NumPy", "nn.LSTM")}
    print(f"Time of forward and backward pass as a multiple of nn.LSTM's, {THREADS} thread(s), {ROUNDS} rounds")
    for dtype in (torch.float64, torch.float32):
        for size in SIZES:
            rounds = []
            for _ in range(ROUNDS):
                rounds.append(
                    [process.submit(seconds, name, size, dtype).result() for name, process in processes.items()]
                )
            ours, theirs = np.median(rounds, axis=0)
            print(f"{dtype}, (T, N, I, H) = {size}: {ours / theirs:.2f}", flush=True)


if __name__ == "__main__":
    main()
