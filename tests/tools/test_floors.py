"""The house's three floors: an arrow upwards makes `make lint` red, and no file is read from a floor above."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.notebooks import ROOT

ROOMS = ("lstm_helpers", "lstm_tutor", "tools")  # from the ground up


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("lstm_helpers/inputs.py", "from lstm_tutor.living import living_lstm"),
        ("lstm_tutor/doctor/cases.py", "def f():\n    import tools.notebooks"),
        ("lstm_helpers/weights.py", "from lstm_helpers import rnn"),
    ],
)
def test_an_arrow_upwards_is_red(file, line, tmp_path):
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / file).open("a") as opened:
        opened.write(line)
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and "1 broken" in done.stdout, done.stdout


@pytest.mark.parametrize(
    "path", sorted((ROOT / "lstm_helpers").rglob("*.py")) + sorted((ROOT / "lstm_tutor").rglob("*.py"))
)
def test_no_file_is_read_from_a_floor_above(path):
    """import-linter sees imports; what a module reads at import is named in its strings."""
    above = ROOMS[ROOMS.index(path.relative_to(ROOT).parts[0]) + 1 :]
    parts = [node.value.split("/")[0] for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
             if isinstance(node, ast.Constant) and isinstance(node.value, str)]  # fmt: skip
    assert not set(above) & set(parts)
