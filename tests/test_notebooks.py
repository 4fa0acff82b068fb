"""Every notebook keeps every rule."""

import pytest
from notebook_rules import RULES, TAG, broken_links

from tools.notebooks import COURSE, FOLDER, PATHS, ROOT, read


def short(path):
    return str(path.relative_to(FOLDER).with_suffix(""))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", PATHS, ids=short)
def test_rule(path, rule):
    complaints = list(rule(read(path), path))
    assert not complaints, "\n".join(complaints)


def test_each_number_of_an_equation_is_in_use_once_or_cut():
    """tests/equations.txt says why."""
    lines = (ROOT / "tests" / "equations.txt").read_text(encoding="utf-8").splitlines()
    issued = [line.partition(" ") for line in lines if not line.startswith("#")]
    used = [tag for path in COURSE for cell in read(path).cells for tag in TAG.findall(cell.source)]
    assert sorted(used) == sorted(number for number, _, cut in issued if cut != "cut")


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_readme_links_lead_somewhere(name):
    readme = ROOT / name
    assert not list(broken_links(readme.read_text(encoding="utf-8"), readme))
