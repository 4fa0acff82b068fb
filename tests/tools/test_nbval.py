"""What nbval is made to see here: a picture that changed, a cell that runs out of time. Red notebooks, run for real."""

import os
import re
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tools.notebooks import ROOT

DRAW = """from lstm_helpers.plots import Picture
from lstm_helpers.plots.style import new_figure
figure, ax = new_figure(2, 1.5)
ax.bar([0], [HEIGHT])
ax.set_ylim(0, 2)
Picture(figure, "A bar that is one high.")"""


def drawn(height):
    names = {}
    exec(DRAW.rpartition("\n")[0].replace("HEIGHT", height), names)
    data, metadata = names["Picture"](names["figure"], "A bar that is one high.")._repr_mimebundle_()
    return new_output("execute_result", data, metadata=metadata, execution_count=1)


def code(source, *outputs):
    return new_code_cell(source, execution_count=1, outputs=list(outputs))


NOTEBOOKS = {
    "same": [code(DRAW.replace("HEIGHT", "1.0"), drawn("1.0"))],
    "changed": [code(DRAW.replace("HEIGHT", "1.0"), drawn("1.1"))],
    "slow": [code("import time\ntime.sleep(60)"), code("1 + 1", new_output("stream", name="stdout", text="3"))],
}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebooks")
    for name, cells in NOTEBOOKS.items():
        nbformat.write(new_notebook(cells=cells), folder / f"{name}.ipynb")
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "-p", "conftest", "-n0", "-rs"]
    command += ["-p", "no:cacheprovider", "--nbval-cell-timeout=8", *sorted(folder.glob("*.ipynb"))]
    places = os.pathsep.join(str(ROOT / place) for place in (".", "tests", "tools"))
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": places}, capture_output=True, text=True
    ).stdout


def test_a_picture_that_is_the_same_passes_and_nothing_but_the_two_faults_is_red(report):
    assert "2 failed, 1 passed, 1 skipped" in report, report


def test_a_picture_that_changed_is_seen(report):
    assert re.search(r"picture 1 of 1 changed near pixel \(\d+, \d+\) by \d+ of 255 levels", report)


def test_a_cell_that_runs_out_of_time_ends_its_notebook_in_plain_words(report):
    assert "Is the machine busy?" in report and "nothing is known of this one" in report and "xfail" not in report
