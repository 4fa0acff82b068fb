"""`make bench`: how long this NumPy LSTM takes, as a multiple of nn.LSTM on the same numbers.

Every contender runs in a process of its own with a pinned number of threads, and the rounds are interleaved,
so that a slow spell of the machine meets all of them. Reported are ratios of medians.
"""

import ast
import os
import subprocess
import sys
import time

import numpy as np
import pandas as pd

SIZES = [(9, 1, 4, 1), (50, 1, 8, 16), (100, 1, 32, 32), (100, 32, 32, 64), (100, 64, 64, 128), (200, 32, 128, 256),
         (50, 64, 256, 512)]  # fmt: skip
CONTENDERS = ["NumPy", "nn.LSTMCell loop", "nn.LSTM"]
ROUNDS, SLICE = 9, 0.05  # seconds that a contender runs in a round, at least once


def numpy_calls(lstm, x, dh):
    from lstm_helpers import LSTMWeights, lstm_backward, lstm_forward

    weights, x, dh = LSTMWeights.from_torch(lstm), x.numpy(), dh.numpy()

    def forward():
        lstm_forward(x, weights)

    def both():
        lstm_backward(lstm_forward(x, weights), weights, dh)

    return {"forward": forward, "forward + backward": both}


def torch_calls(lstm, x, dh, loop):
    import torch

    cell = torch.nn.LSTMCell(lstm.input_size, lstm.hidden_size, dtype=x.dtype)
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in lstm.state_dict().items()})
    module = cell if loop else lstm
    x = x.requires_grad_()

    def outputs():
        if not loop:
            return lstm(x)[0]
        h = c = torch.zeros(x.shape[1], lstm.hidden_size, dtype=x.dtype)
        hs = []
        for x_t in x:
            h, c = cell(x_t, (h, c))
            hs.append(h)
        return torch.stack(hs)

    def forward():
        with torch.no_grad():
            outputs()

    def both():
        for tensor in (x, *module.parameters()):
            tensor.grad = None
        outputs().backward(dh)

    return {"forward": forward, "forward + backward": both}


def contend(name):
    """A contender's process: reads what to run, runs it, writes the seconds a call took."""
    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    calls = {}
    for line in sys.stdin:
        key = T, N, I, H, dtype, what = ast.literal_eval(line)
        if key[:5] not in calls:
            torch.manual_seed(0)
            dtype = getattr(torch, dtype)
            lstm, x, dh = torch.nn.LSTM(I, H, dtype=dtype), torch.randn(T, N, I, dtype=dtype), torch.randn(
                T, N, H, dtype=dtype)  # fmt: skip
            of = numpy_calls(lstm, x, dh) if name == "NumPy" else torch_calls(lstm, x, dh, loop="loop" in name)
            calls = {key[:5]: of}  # the last size only: memory is not what is measured
            for call in of.values():
                call()
        times, started = [], time.perf_counter()
        while not times or time.perf_counter() - started < SLICE:
            before = time.perf_counter()
            calls[key[:5]][what]()
            times.append(time.perf_counter() - before)
        print(float(np.median(times)), flush=True)


def start(name, threads):
    pinned = {f"{library}_NUM_THREADS": str(threads) for library in ("OMP", "OPENBLAS", "MKL")}
    return subprocess.Popen([sys.executable, __file__, name], env=os.environ | pinned, text=True,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip


def ask(process, key):
    process.stdin.write(f"{key!r}\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def compare(threads):
    """Rows of the table for one thread count."""
    processes = {name: start(name, threads) for name in CONTENDERS}
    for what in ("forward", "forward + backward"):
        for dtype in ("float64", "float32"):
            for size in SIZES:
                rounds = [[ask(p, (*size, dtype, what)) for p in processes.values()] for _ in range(ROUNDS)]
                medians = np.median(rounds, axis=0)
                print(f"{threads} {what} {dtype} {size}", file=sys.stderr)
                yield threads, what, dtype, str(size), *(medians / medians[-1]).round(2)
    for process in processes.values():
        process.stdin.close()
        process.wait()


def jacobians(T=100, H=32, I=8):
    """How many times faster state_jacobians is than torch.func.jacrev step by step."""
    import torch
    from torch.func import jacrev

    from lstm_helpers import LSTMWeights, lstm_forward
    from lstm_helpers.gradient_flow import state_jacobians

    torch.manual_seed(0)
    cell, x = torch.nn.LSTMCell(I, H, dtype=torch.float64), torch.randn(T, 1, I, dtype=torch.float64)
    weights = LSTMWeights.from_torch(cell)
    trace = lstm_forward(x.numpy(), weights)

    def step_by_step():
        state, found = torch.zeros(2 * H, dtype=torch.float64), []
        for x_t in x[:, 0]:
            step = lambda state: torch.cat(cell(x_t, (state[:H], state[H:])))  # noqa: B023, E731 - used at once
            with torch.no_grad():
                found.append(jacrev(step)(state))
                state = step(state)
        return torch.stack(found)

    ours, theirs = state_jacobians(trace, weights)[:, 0], step_by_step().numpy()
    assert np.abs(ours - theirs).max() < 1e-12
    times = [[], []]
    for _ in range(ROUNDS):
        for kept, call in zip(times, (lambda: state_jacobians(trace, weights), step_by_step)):
            before = time.perf_counter()
            call()
            kept.append(time.perf_counter() - before)
    return np.median(times[1]) / np.median(times[0])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        contend(sys.argv[1])
    else:
        rows = [row for threads in (1, 2) for row in compare(threads)]
        table = pd.DataFrame(rows, columns=["threads", "pass", "dtype", "(T, N, I, H)", *CONTENDERS])
        print("Time as a multiple of nn.LSTM's, medians of interleaved rounds:\n")
        print(table.to_string(index=False))
        print(f"\nstate_jacobians, T = 100, H = 32: {jacobians():.0f} times faster than torch.func.jacrev step by step")
