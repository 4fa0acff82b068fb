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
    assert done.returncode == 1 and " 0 broken" not in done.stdout, done.stdout


def test_no_file_is_read_from_a_floor_above():
    """import-linter sees imports; what a module reads at import is named in its strings."""
    for floor, room in enumerate(ROOMS[:2]):
        for path in (ROOT / room).rglob("*.py"):
            nodes = ast.walk(ast.parse(path.read_text("utf-8")))
            named = {str(node.value).split("/")[0] for node in nodes if isinstance(node, ast.Constant)}
            assert not named & set(ROOMS[floor + 1 :]), path
