"""The house's floors: an import inside lstm_helpers goes to a lower floor, never up."""

import ast
from pathlib import Path

import pytest

HELPERS = Path(__file__).parent.parent / "lstm_helpers"
FLOORS = {  # module or package: its floor; checks is the referee, which stands apart and uses none of ours
    "inputs": 1, "checks": 1, "language": 1,
    "weights": 2,
    "lstm": 3,
    "": 4,  # lstm_helpers itself, which gathers the names of floors 2 and 3
    "rnn": 4, "worked_example": 4, "gradient_flow": 4,
    "experiment": 5, "configuration": 5,
    "exercises": 6,  # two of which judge a configuration
    "plots": 7,
    "diagnosis": 8,  # which draws what it found
}  # fmt: skip


def module(path):
    """The name in FLOORS of the file at this path."""
    first = path.relative_to(HELPERS).parts[0]
    return "" if first == "__init__.py" else first.removesuffix(".py")


def imported(tree):
    """The modules of lstm_helpers that a file imports, also inside its functions, by their names in FLOORS."""
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module == "lstm_helpers":
            names = [f"lstm_helpers.{alias.name}" for alias in node.names]
            names = [name if name.split(".")[1] in FLOORS else "lstm_helpers" for name in names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            if name.split(".")[0] == "lstm_helpers":
                yield [*name.split("."), ""][1]


def complaints(name, source):
    for used in imported(ast.parse(source)):
        if used != name and FLOORS[used] >= FLOORS[name]:
            yield f"{name or 'lstm_helpers'} (floor {FLOORS[name]}) imports {used} (floor {FLOORS[used]})"


@pytest.mark.parametrize("path", sorted(HELPERS.rglob("*.py")), ids=lambda path: str(path.relative_to(HELPERS)))
def test_imports_go_to_lower_floors(path):
    assert not list(complaints(module(path), path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("inputs", "from lstm_helpers.weights import LSTMWeights"),
        ("rnn", "from lstm_helpers import gradient_flow"),
        ("lstm", "from lstm_helpers import lstm_step"),
        ("gradient_flow", "def f():\n    import lstm_helpers.plots.flow"),
    ],
)
def test_an_import_upwards_is_seen(name, source):
    assert len(list(complaints(name, source))) == 1
