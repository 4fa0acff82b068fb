"""What holds for all tests, and how nbval runs the notebooks here: once, with their pictures, one thread a kernel."""

import os
import signal
from pathlib import Path

import polib
import pytest
import torch
from hypothesis import settings
from nbval.plugin import IPyNbCell
from pictures import visible_changes

# What a shell starts in the background ignores Ctrl-C, which some tests send.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Time limits per example say more about the machine than about the code.
settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")
# As many notebooks run at a time as there are cores: threads that wait for each other cost more than they bring. The
# variables are for the notebooks' kernels; `make test-machines` sets others.
torch.set_num_threads(1)
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")


class Cell(IPyNbCell):
    """nbval's test of a cell, which here compares pictures too, and ends a notebook at the cell that takes too long."""

    def setup(self):
        if self.parent.timed_out:
            pytest.skip("an earlier cell of this notebook ran out of time: nothing is known of this one")

    def compare_outputs(self, test, ref, skip_compare=None):
        if not super().compare_outputs(test, ref, skip_compare):
            return False
        self.comparison_traceback += visible_changes(ref, test)
        return not self.comparison_traceback

    def raise_cell_error(self, message, *args, **kwargs):
        if self.parent.timed_out:
            message += (
                ". Is the machine busy? Run the test again when it is not. If it is idle, this cell is too slow for "
                "readers as well: make it shorter"
            )
        super().raise_cell_error(message, *args, **kwargs)


def pytest_collection_modifyitems(items):
    """nbval's cells become ours. Notebooks come first, the largest one first: the workers are then busy to the end."""
    sizes = {}
    for item in items:
        if isinstance(item, IPyNbCell):
            item.__class__ = Cell
            sizes[item.path] = sizes.get(item.path, 0) + len(item.cell.source)
    items.sort(key=lambda item: -sizes.get(item.path, 0))


def pytest_terminal_summary(terminalreporter):
    """How much of the course is shown in English in the Chinese one, which stops nobody but `make test-chinese`."""
    files = [file for room in ("translations", "lstm_helpers") for file in (Path(__file__).parent / room).rglob("*.po")]
    if waiting := sum(not entry.translated() for file in files for entry in polib.pofile(str(file))):
        terminalreporter.write_line(f"{waiting} messages are not translated: make test-chinese says which")
