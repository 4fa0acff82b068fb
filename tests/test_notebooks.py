"""Every notebook keeps every rule, and what the helpers and READMEs refer to is there."""

import pytest
from notebook_rules import EQUATIONS, RULES, TAG, broken_links, unknown_equations

from tools.notebooks import COURSE, FOLDER, PATHS, ROOT, read

HELPERS = [path for room in ("lstm_helpers", "lstm_tutor") for path in sorted((ROOT / room).rglob("*.py"))]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: str(path.relative_to(FOLDER).with_suffix("")))
def test_a_notebook_keeps_every_rule(path):
    notebook = read(path)
    complaints = [f"{rule.__name__}: {complaint}" for rule in RULES for complaint in rule(notebook, path)]
    assert not complaints, "\n".join(complaints)


def test_each_number_of_an_equation_is_in_use_once_or_cut():
    """tests/equations.txt says why."""
    used = [tag for path in COURSE for cell in read(path).cells for tag in TAG.findall(cell.source)]
    assert sorted(used) == sorted(EQUATIONS)


def test_equations_that_the_helpers_name_exist():
    named = {path: list(unknown_equations(path.read_text(encoding="utf-8"))) for path in HELPERS}
    assert not {path: complaints for path, complaints in named.items() if complaints}


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_readme_links_lead_somewhere(name):
    readme = ROOT / name
    assert not list(broken_links(readme.read_text(encoding="utf-8"), readme))
