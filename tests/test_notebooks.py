"""Every notebook keeps every rule, and a fresh run draws the pictures that are stored."""

import pytest
from notebook_rules import RULES, broken_links, pictures, visible_change

from notebooks import FOLDER, PATHS, ROOT, read, run

DRAWING = [path for path in PATHS if pictures(read(path))]


def short(path):
    return str(path.relative_to(FOLDER).with_suffix(""))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", PATHS, ids=short)
def test_rule(path, rule):
    complaints = list(rule(read(path), path))
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("path", DRAWING, ids=short)
def test_fresh_run_draws_the_stored_pictures(path):
    stored, fresh = pictures(read(path)), pictures(run(path))
    assert stored.keys() == fresh.keys(), "the number of pictures changed: run `make notebooks`"
    changes = {key: visible_change(stored[key], fresh[key]) for key in stored}
    changes = {key: change for key, change in changes.items() if change}
    assert not changes, f"pictures changed; look at them, then run `make notebooks`: {changes}"


def test_readme_links_lead_somewhere():
    readme = ROOT / "README.md"
    assert not list(broken_links(readme.read_text(encoding="utf-8"), readme))
