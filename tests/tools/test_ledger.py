"""The tool that makes mistakes in the ledger, tried on a notebook with one check that sees and three that are blind."""

import os
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.notebooks import ROOT

CELLS = {
    "start": """
import numpy as np
from lstm_helpers.checks import verify

x, i, f = np.array([0.5, -1.5, 2.0]), np.array([0.1, 0.2, 0.3]), np.array([0.6, 0.5, 0.9])
b, nothing = np.array([0.3, 0.2, -0.1]), np.zeros(3)


def gated(b):
    return f * x + i * x[0] + b
""",
    "sees": 'verify("1.1", gated(b), [0.6 * 0.5 + 0.05 + 0.3, -0.75 + 0.1 + 0.2, 1.8 + 0.15 - 0.1])',
    "no-bias": 'verify("1.2", gated(nothing), [0.6 * 0.5 + 0.05, -0.75 + 0.1, 1.8 + 0.15])',
    "loose": """
total = sum(0.25**k for k in range(40))
verify("1.3", total, 4 / 3)
""",
    "equivalent": """
late = np.hstack([x, 0 * x])[:3]
verify("1.4", late, [0.5, -1.5, 2.0])
""",
}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("ledger") / "01_planted.ipynb"
    cells = [new_markdown_cell(f"$$a \\tag{{1.{k}}}$$", id=f"tag-{k}") for k in (1, 2, 3, 4)]
    cells += [new_code_cell(source.strip(), id=cell_id) for cell_id, source in CELLS.items()]
    nbformat.write(new_notebook(cells=cells), path)
    # In a process of its own: the tool forks, and a test's process has threads.
    command = [sys.executable, "-m", "tools.audit.ledger", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr
    return done.stdout


def row(report, tag):
    line = next(line for line in report.splitlines() if line.startswith(f"({tag}) "))
    kinds = ("term", "factor", "bias", "sign", "index", "gates", "order", "all", "equivalent", "both moved")
    return dict(zip(kinds, line.split()[1:]))


def missed(report, tag):
    return [line for line in report[report.index("Not caught:") :].splitlines() if line.startswith(f"({tag}) ")]


def test_a_check_that_sees_is_reported_as_catching_every_mistake(report):
    kinds = row(report, "1.1")
    caught, counted = kinds["all"].split("/")
    assert caught == counted and int(counted) >= 8
    assert {kinds[kind] for kind in ("bias", "gates")} == {"1/1"}
    assert not missed(report, "1.1")


def test_a_forgotten_bias_that_is_zero_is_reported_as_not_caught(report):
    assert row(report, "1.2")["bias"] == "0/1"
    assert missed(report, "1.2")
    assert "    - return f * x + i * x[0] + b\n    + return f * x + i * x[0]\n" in report


def test_terms_too_small_to_be_seen_are_reported_as_not_caught(report):
    caught, counted = row(report, "1.3")["term"].split("/")
    assert int(caught) < int(counted)
    assert any("terms" in line or "less than is allowed" in line for line in missed(report, "1.3"))


def test_what_changes_nothing_for_any_numbers_is_not_counted(report):
    assert int(row(report, "1.4")["equivalent"]) >= 1
    assert not missed(report, "1.4")
