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
from lstm_helpers.experiment.memory_task import NETWORKS, Run, train

PATH = Path(__file__).with_name("memory_sweep.csv")
LENGTHS, SEEDS = (5, 10, 20, 40, 80), range(5)
RUNS = sorted(
    [Run(network, L, 1.0, seed) for network in NETWORKS for L in LENGTHS for seed in SEEDS]
    + [Run(network, 20, np.inf, seed) for network in NETWORKS for seed in SEEDS]  # what does clipping change?
    # Does patience help, where b_f = 0 and 3 fail?
    + [Run(network, L, 1.0, seed, epochs=60) for network, L in (("b_f = 0", 20), ("b_f = 3", 80)) for seed in SEEDS]
)
KEYS = [field.name for field in dataclasses.fields(Run)]
COLUMNS = [*KEYS, "loss_1", "accuracy", "gradient_start", "median_start", "gradient_end", "clipped"]
SETTINGS = {name.lower(): getattr(memory_task, name) for name in
            ("EMBEDDING", "HIDDEN", "TRAINING", "TESTING", "BATCH", "RATE")}  # fmt: skip


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
    missing = set(runs or ()) - finished(table)
    if missing:
        raise ValueError(f"{path.name} lacks {len(missing)} of {len(runs)} runs, e.g. {min(missing)}. {mend}")
    return table


def finished(table):
    return {Run(*row) for row in table[KEYS].itertuples(index=False)}


def sweep(path=PATH, runs=RUNS, train=train, workers=2):
    """Run what is not in the file yet, the longest first, and write the file after each run."""
    table = read_table(path, runs=None) if path.exists() else pd.DataFrame(columns=COLUMNS)
    rows = table.to_dict("records")
    todo = sorted(set(runs) - finished(table), key=lambda run: (-run.L * run.epochs, run))
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
