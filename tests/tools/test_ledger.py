"""The tool that makes mistakes in the ledger, tried on a notebook with one check that sees and three that are blind."""

import json
import os
import re
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from notebook_rules import TAG

from tools.notebooks import COURSE, ROOT, read

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
    "no-bias": 'verify("1.2a", gated(nothing), [0.6 * 0.5 + 0.05, -0.75 + 0.1, 1.8 + 0.15])',
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
    cells = [new_markdown_cell(f"$$a \\tag{{{tag}}}$$") for tag in ("1.1", "1.2a", "1.3", "1.4")]
    cells += [new_code_cell(source.strip(), id=cell_id) for cell_id, source in CELLS.items()]
    nbformat.write(new_notebook(cells=cells), path)
    # In a process of its own: the tool forks, and a test's process has threads.
    command = [sys.executable, "-m", "tools.audit.ledger", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr
    return done.stdout


def counts(report, tag):
    """(caught, counted) of an equation."""
    return tuple(map(int, re.search(rf"(?m)^\({re.escape(tag)}\) (\d+) of (\d+)$", report).groups()))


def missed(report, tag):
    return re.findall(rf"(?m)^not caught: (.*)\n    \({re.escape(tag)}\) in (.*)$", report)


def test_a_check_that_sees_is_reported_as_catching_every_mistake(report):
    caught, counted = counts(report, "1.1")
    assert caught == counted >= 8
    assert not missed(report, "1.1")


def test_a_forgotten_bias_that_is_zero_is_reported_as_not_caught(report):
    others = "moves nothing on these numbers, but would on others"
    assert (others, "gated: f * x + i * x[0] + b -> f * x + i * x[0]") in missed(report, "1.2a")


def test_terms_too_small_to_be_seen_are_reported_as_not_caught(report):
    caught, counted = counts(report, "1.3")
    assert caught < counted
    assert any("terms" in how or "less than is allowed" in how for how, _ in missed(report, "1.3"))


def test_what_changes_nothing_for_any_numbers_is_not_counted(report):
    assert not missed(report, "1.4")
    assert int(re.search(r"'equivalent': (\d+)", report)[1]) >= 1


def disagreements(stored, texts, tags):
    """What is wrong with the stored result of `make test-ledger`, or with what the READMEs say of it."""
    if list(stored) != tags:
        yield f"make test-ledger has not seen {set(tags) ^ set(stored) or 'the order of the equations'}"
    caught, counted = (sum(numbers) for numbers in zip(*stored.values()))
    figures = {f"{caught:,}", f"{counted:,}", f"{100 * caught / counted:.1f} %"}
    losing = {f"({tag})" for tag, (caught, counted) in stored.items() if caught < counted}
    for name, text in texts.items():
        paragraph = next(line for line in text.splitlines() if "make test-ledger" in line)
        if absent := [figure for figure in sorted(figures | losing) if figure not in paragraph]:
            yield f"{name} does not say {absent}"


STORED = json.loads((ROOT / "tools" / "audit" / "ledger.json").read_text(encoding="utf-8"))
TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md")}
TAGS = [
    tag
    for path in COURSE
    for cell in read(path).cells
    if cell.cell_type == "markdown"
    for tag in TAG.findall(cell.source)
]


def test_the_readmes_say_what_the_last_run_found_and_it_saw_every_equation():
    assert not list(disagreements(STORED, TEXTS, TAGS))


def test_another_figure_and_a_new_equation_are_seen():
    assert len(list(disagreements(STORED | {"1.1": [0, 1]}, TEXTS, [*TAGS, "3.4a"]))) == 3
