"""Every notebook keeps every rule."""

import pytest
from notebook_rules import RULES, broken_links

from tools.notebooks import FOLDER, PATHS, ROOT, read


def short(path):
    return str(path.relative_to(FOLDER).with_suffix(""))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", PATHS, ids=short)
def test_rule(path, rule):
    complaints = list(rule(read(path), path))
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_readme_links_lead_somewhere(name):
    readme = ROOT / name
    assert not list(broken_links(readme.read_text(encoding="utf-8"), readme))
