"""What tools/pages.py makes of notebooks and README.md, before Sphinx sees it."""

import re

import pages
import pytest
from nbformat.v4 import new_code_cell, new_output

from notebooks import COURSE, EXERCISES, read


def cell(source, *data, **slideshow):
    outputs = [one if "output_type" in one else new_output("display_data", one) for one in data]
    return new_code_cell(source, outputs=outputs, metadata={"slideshow": slideshow})


PICTURE, TABLE = {"image/png": "", "text/plain": "what it shows"}, {"text/html": "<table></table>"}
SLIDER, SAID = {"text/html": '<input type="range">'}, new_output("stream", text="(1.1) holds to 1e-12, 8 numbers\n")


@pytest.mark.parametrize(
    "why, code",
    [
        ("Code of the picture", cell("Picture(draw())", PICTURE)),
        ("Code of the picture", cell("Slider(frames)", SLIDER)),
        ("", cell("Picture(draw())", PICTURE, show="code")),
        ("", cell("draw()\ntable", PICTURE, TABLE)),
        ("", cell("table", TABLE)),
        ("", cell("x = 1")),
        ("Code of the check", cell('verify(\n    "1.1", a, b\n)', SAID)),
        ("Code of the check", cell('verify("1.1", a, b)\nassert a > 0', SAID)),
        ("", cell('verify("1.1", a, b)', SAID, show="code")),
        ("Code of the check", cell('right = autograd(z)\nverify("1.1", f, right)', SAID)),
        ("", cell('used = autograd(z)\nverify("1.1", f, used)', SAID)),
        ("", cell('def used():\n    pass\nverify("1.1", f, used())', SAID)),
        ("", cell('f = sigmoid(z)  # (1.2)\nverify("1.2", f, b)', SAID)),
        ("", cell('verify("1.1", f, b)\nprint(f)', SAID, new_output("stream", text="7\n"))),
    ],
)
def test_code_is_folded_that_only_draws_or_only_checks(why, code):
    assert pages.folded(code, later={"used", "autograd"}) == why


def test_headings_are_said_without_tex():
    assert pages.without_tex(r"# $\partial C_t/\partial C_{t-1}$ and `W_s`") == "# ∂Cₜ/∂Cₜ₋₁ and `W_s`"
    with pytest.raises(ValueError, match="less of TeX"):
        pages.without_tex(r"## $\sqrt{2}$")


@pytest.mark.parametrize("path", COURSE, ids=lambda path: path.stem)
def test_each_exercise_is_asked_then_hinted_at_then_solved(path):
    cells = pages.exercises(path).cells
    shown = [re.sub(r"(?s)^## (\S+) .*", r"\1", cell.source) for cell in cells]
    order = [line for line in shown if re.fullmatch(r"\d\.\d|<details .*", line)]
    numbers = [line for line in order if line[0] != "<"]
    folds = [f'<details class="{name}"><summary>{name.title()}</summary>' for name in ("hint", "solution")]
    assert order == [line for number in numbers for line in (number, *folds)] and len(numbers) >= 5
    depth = 0
    for one in cells:
        depth += one.source.startswith("<details") - (one.source == "</details>")
        assert depth or "solution" not in one.metadata.get("tags", []), f"{one.id} gives the answer away"
        assert depth or "# solution" not in one.source, f"{one.id} gives the answer away"
    asked = {one.id: one.source for one in read(EXERCISES[COURSE.index(path)]).cells}
    assert {one.id for one in cells} >= {*asked} - {
        one.id.removesuffix("-blank") for one in cells if "-blank" in one.id
    }


def test_all_of_readme_stands_on_one_page_and_links_find_it():
    parts = pages.readme()
    assert set(parts) == {"index", "CONTRIBUTING", *pages.PARTS.values()}
    written = (pages.ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    shown = [line for page, part in parts.items() if page != "CONTRIBUTING" for line in part.splitlines()]
    without_links = (sorted(line.lstrip("# ") for line in lines if "](" not in line) for lines in (written, shown))
    assert next(without_links) == next(without_links)
    assert not [part for part in parts.values() if re.search(r"\]\((#|notebooks/)", part)]


def test_the_glossary_has_every_word_of_readme():
    said = pages.terms(pages.readme()["glossary"])
    assert said["forget gate"] == "遗忘门" and said["batch"] == "批次" and len(said) == 44
