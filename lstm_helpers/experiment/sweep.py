"""`make sweep`: every training run of the memory experiment, and the table that notebook 06 reads.

The file begins with comment lines (settings, versions, number of rows, checksum), then comes a CSV. After each run it
is replaced as a whole, so that a sweep that is broken off loses only the runs under way, and the next one goes on.
"""

import dataclasses
import hashlib
import io
import multiprocessing
import os
import platform
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from lstm_helpers.experiment import memory_task
from lstm_helpers.experiment.memory_task import Run, train

PATH = Path(__file__).with_name("memory_sweep.csv")
USUAL = {"rate": 3e-3, "clip": 1.0, "epochs": 20, "task": "digits"}


def runs_of(network, L, seeds, **settings):
    """A run for each seed, and one that differs from the first of them by rounding only."""
    return [Run(network, L, seed, **settings) for seed in seeds] + [Run(network, L, seeds[0], 1, **settings)]


# One half of the configurations, to set the cut of a prediction by. The longer ones are for those that may learn them.
SETS_THE_CUT = {(network, L) for network in ("tanh RNN", "b_f = 0", "b_f = 1", "b_f = 3", "b_f = 5")
                for L in (5, 10, 20, 40, 80)}  # fmt: skip
SETS_THE_CUT -= {("tanh RNN", 80), ("b_f = 0", 40), ("b_f = 0", 80), ("b_f = 1", 80)}
# And another to try it on: other lengths, other networks, and some with other learning rates.
TRIES_IT = {
    ("tanh RNN", 7), ("tanh RNN", 13), ("b_f = 0", 12), ("b_f = 0", 15), ("b_f = 1", 15), ("b_f = 1", 30),
    ("b_f = 2", 15), ("b_f = 2", 30), ("b_f = 2", 40), ("b_f = 3", 30), ("b_f = 3", 60), ("b_f = 4", 30),
    ("b_f = 4", 60), ("orthogonal RNN", 10), ("orthogonal RNN", 20), ("orthogonal RNN", 40), ("orthogonal RNN", 80),
}  # fmt: skip
RATES = (1e-3, 1e-2)
AT_OTHER_RATES = {("b_f = 0", 10), ("b_f = 0", 20), ("b_f = 3", 20), ("b_f = 3", 40)}
FIRST_SEEDS, OTHER_SEEDS = (0, 1, 2), (10, 11, 12)
GROUPS = [
    *(runs_of(network, L, FIRST_SEEDS) for network, L in SETS_THE_CUT),
    *(runs_of(network, L, OTHER_SEEDS) for network, L in TRIES_IT),
    *(runs_of(network, L, OTHER_SEEDS, rate=rate) for network, L in AT_OTHER_RATES for rate in RATES),
    # What does clipping change?
    *(runs_of(network, 20, FIRST_SEEDS, clip=np.inf) for network, L in SETS_THE_CUT if L == 20),
    runs_of("b_f = 5", 80, FIRST_SEEDS, clip=np.inf),
    # Does patience help, where an LSTM fails?
    *(runs_of(network, L, FIRST_SEEDS, epochs=60) for network, L in (("b_f = 0", 20), ("b_f = 1", 40))),
    # The textbook's own set-up.
    *(runs_of(network, 20, (0, 1), rate=1e-3, clip=np.inf, epochs=500, task="zeros")
      for network in ("tanh RNN", "b_f = 0", "b_f = 3")),
]  # fmt: skip
RUNS = sorted(run for group in GROUPS for run in group)
KEYS = [field.name for field in dataclasses.fields(Run)]
MEASURED = ["loss_1", "epoch", "loss", "accuracy", "known_end", "new_end", "gradient_start", "median_start",
            "gradient_end", "clipped"]  # fmt: skip
COLUMNS = KEYS + MEASURED
SETTINGS = {"embedding": memory_task.EMBEDDING} | {name: str(task) for name, task in memory_task.TASKS.items()}


def versions():
    return {"python": platform.python_version(), "torch": torch.__version__.split("+")[0], "numpy": np.__version__}


def write_table(table, path=PATH):
    """Replace the file at path by this table: whole or not at all."""
    body = table.sort_values(KEYS)[COLUMNS].to_csv(index=False, lineterminator="\n")
    header = SETTINGS | versions() | {"rows": len(table), "sha256": hashlib.sha256(body.encode()).hexdigest()}
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_text("".join(f"# {name}: {value}\n" for name, value in header.items()) + body, encoding="utf-8")
    os.replace(unfinished, path)


def read_table(path=PATH, runs=RUNS):
    """The table at path, one row a run, complete and undamaged.

    runs: those that must be there; None takes an unfinished sweep that is to go on, with the same versions.
    Raises ValueError, or FileNotFoundError.
    """
    mend = f"Run `make sweep`; if the file is damaged, delete {path.name} first"
    if not path.exists():
        raise FileNotFoundError(f"{path.name} is missing. {mend}")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    header = dict(line[2:].rstrip("\n").partition(": ")[::2] for line in lines if line.startswith("# "))
    body = "".join(line for line in lines if not line.startswith("# "))
    if hashlib.sha256(body.encode()).hexdigest() != header.get("sha256"):
        raise ValueError(f"{path.name} is damaged: its lines do not have the checksum that was written. {mend}")
    for name, value in (SETTINGS if runs else SETTINGS | versions()).items():
        if header.get(name) != str(value):
            raise ValueError(f"{path.name} was made with {name} {header.get(name)}, and here it is {value}. {mend}")
    table = pd.read_csv(io.StringIO(body))
    if list(table.columns) != COLUMNS or table[KEYS].duplicated().any():
        raise ValueError(f"{path.name} has the columns {list(table.columns)} or a run twice. {mend}")
    if not np.isfinite(table[MEASURED]).all(axis=None):
        raise ValueError(f"{path.name} has a measured value that is missing or infinite. {mend}")
    missing, strange = set(runs or ()) - finished(table), finished(table) - set(runs or finished(table))
    if missing or strange:
        raise ValueError(f"{path.name} lacks {len(missing)} of {len(runs)} runs and has {len(strange)} others, "
                         f"e.g. {min(missing or strange)}. {mend}")  # fmt: skip
    return table


def cost(run):
    """About how long a run takes, beside others: a batch of 8 takes half the time of one of 128."""
    task = memory_task.TASKS[run.task]
    return run.L * run.epochs * task.training / task.batch * (0.2 if "RNN" in run.network else 1) * (task.batch + 100)


def finished(table):
    return {Run(*row) for row in table[KEYS].itertuples(index=False)}


def sweep(path=PATH, runs=RUNS, train=train, workers=2):
    """Run what is not in the file yet, the longest first, and write the file after each run."""
    table = read_table(path, runs=None) if path.exists() else pd.DataFrame(columns=COLUMNS)
    rows = [row for row in table.to_dict("records") if Run(*(row[key] for key in KEYS)) in set(runs)]
    todo = sorted(set(runs) - finished(table), key=lambda run: (-cost(run), run))
    with multiprocessing.Pool(workers, initializer=_alone) as pool:  # leaving it, for whatever reason, ends the workers
        for row in tqdm(pool.imap_unordered(train, todo), total=len(runs), initial=len(runs) - len(todo), unit="run"):
            rows.append(row)
            write_table(pd.DataFrame(rows, columns=COLUMNS), path)


def _alone():
    """A worker uses one core, and leaves Ctrl-C to the process that writes."""
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


if __name__ == "__main__":
    try:
        sweep()
    except KeyboardInterrupt:
        raise SystemExit("\nStopped. The finished runs are kept: `make sweep` goes on from here.") from None
