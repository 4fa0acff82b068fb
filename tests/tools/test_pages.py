"""What tools/site/pages.py makes of notebooks and README.md, before Sphinx sees it."""

import re
from itertools import product
from pathlib import Path

import polib
import pytest
from bs4 import BeautifulSoup

from tools.chinese import wording
from tools.notebooks import COURSE, FOLDER, SOLUTIONS, read
from tools.site import links, pages, search
from tools.slides import decks as slides


def test_headings_are_said_without_tex():
    assert pages.without_tex(r"# $\partial C_t/\partial C_{t-1}$ and `W_s`") == "# ∂Cₜ/∂Cₜ₋₁ and `W_s`"
    with pytest.raises(ValueError, match="less of TeX"):
        pages.without_tex(r"## $\sqrt{2}$")


@pytest.mark.parametrize("language", wording.FOLDERS)
@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_each_exercise_is_asked_then_hinted_at_then_solved(path, language):
    cells, say = pages.exercises(FOLDER / path.name, language).cells, wording.words(language)
    shown = [re.sub(r"(?s)^## (\S+) .*", r"\1", cell.source) for cell in cells]
    order = [line for line in shown if re.fullmatch(r"\d\.\d|<details .*", line)]
    numbers = [line for line in order if line[0] != "<"]
    folds = [f'<details class="{name}"><summary>{say[name]}</summary>' for name in ("hint", "solution")]
    assert order == [line for number in numbers for line in (number, *folds)] and len(numbers) >= 5
    depth = 0
    for one in cells:
        depth += one.source.startswith("<details") - (one.source == "</details>")
        assert depth or "solution" not in one.metadata.get("tags", []), f"{one.id} gives the answer away"
        assert depth or "# solution" not in one.source, f"{one.id} gives the answer away"
    blank = FOLDER / wording.FOLDERS[language] / "exercises" / path.name
    asked = {one.id: one.source for one in read(blank).cells}
    assert {one.id for one in cells} >= {*asked} - {
        one.id.removesuffix("-blank") for one in cells if "-blank" in one.id
    }


@pytest.mark.parametrize("language", wording.FOLDERS)
def test_all_of_readme_stands_on_a_page_and_links_find_it(language):
    index, glossary = pages.readme(language)
    titles = {pages.anchor(title) for title in re.findall(r"(?m)^#+ (.*)$", index)}
    assert {*re.findall(r"\]\(#([^)]*)\)", index)} <= titles and "](notebooks/" not in index
    said = pages.terms(glossary)
    assert said["forget gate"] == "遗忘门" and said["batch"] == "批次" and len(said) == 44
    written = (pages.ROOT / wording.README[language]).read_text(encoding="utf-8")
    assert written.count("\n#") == (index + glossary).count("\n#")


PAGE = """<head><script src="_static/searchtools.js"></script></head><nav><a class="navbar-brand"></a></nav>
  <div class="article-header-buttons"></div><main><article><h1></h1><section id="top"><h1>Title</h1>{said}</section>
  </article></main>"""
FORMULA = '<div class="math" id="eq-1.1">\\[a\\]</div>'


def test_pages_are_joined(tmp_path):
    """Numbers with equations; a lesson with its chapter's exercises, deck, notebook and the page in other languages."""
    says = {
        "01_a": FORMULA,
        "01b_b": "<p>(1.1), (1.2)</p>",
        "exercises/01_a": "<p>(1.1)</p>",
        "glossary": "",
        "search": "",
    }
    for folder, (name, said) in product(("", "zh/"), says.items()):
        file = tmp_path / folder / f"{name}.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(PAGE.format(said=said), encoding="utf-8")
        (tmp_path / folder / "_static").mkdir(exist_ok=True)
    links.join(tmp_path)

    def ways(page, selector):
        soup = BeautifulSoup((tmp_path / page).read_text("utf-8"), "html.parser")
        return [element.get("href") or element.get("src") for element in soup.select(selector)]

    assert ways("zh/01b_b.html", "section a") == ["01_a.html#eq-1.1"]
    assert ways("zh/exercises/01_a.html", "section a") == ["../01_a.html#eq-1.1"]
    lesson, asked = ways("zh/01b_b.html", ".ways a"), ways("zh/exercises/01_a.html", ".ways a")
    assert lesson == ["exercises/01_a.html", "../slides/zh/01b_b.html", "../notebooks/zh/01b_b.ipynb"]
    assert asked == ["../01_a.html", "../../slides/zh/01_a.html", "../../notebooks/zh/exercises/01_a.ipynb"]
    assert ways("exercises/01_a.html", "div a") == ["../zh/exercises/01_a.html"]
    assert ways("search.html", "[src]") == ["_static/sections.js", "_static/search.js"]


def test_what_is_searched():
    """Each section without those in it, each numbered equation; a term's other name, in either language."""
    page = """<main><section id="top"><h1>Gates<a class="headerlink">#</a></h1><p>A \\(c_t\\).</p><script>let x</script>
      <section id="two"><h2>Two</h2><p>More.</p><div class="math" id="eq-1.2">\\[a\n= b\\]</div></section></section>
      </main>"""
    page = links.Page(Path("exercises/01.html"), BeautifulSoup(page, "html.parser"))
    assert search.sections(page) == [
        ["exercises/01.html#top", "Gates", "Gates", "A \\(c_t\\)."],
        ["exercises/01.html#two", "Two", "Gates", "More."],
        ["exercises/01.html#eq-1.2", "(1.2)", "Gates", "\\[a = b\\]"],
    ]
    cells = "<td>Forward pass, gate</td><td>前向传播，门</td><td>step</td><td>步</td>"
    row = f"<table><tbody><tr>{cells}</tr></tbody></table>"
    glossary = links.Page(Path("glossary.html"), BeautifulSoup(row, "html.parser"))
    assert search.others(glossary, "en") == {"前向传播": "forward pass", "门": "gate", "步": "step"}
    assert search.others(glossary, "zh") == {"forward pass": "前向传播", "gate": "门", "step": "步"}


@pytest.mark.parametrize(
    "text, sentences",
    [
        ("One. Two? Three!", ["One.", "Two?", "Three!"]),
        ("它是 0.5。**对吗？** 对！**好**。", ["它是 0.5。", "**对吗？**", "对！", "**好**。"]),
        ("函数 `f。g` 和 $x。y$（见上。）不同。另一句", ["函数 `f。g` 和 $x。y$（见上。）不同。", "另一句"]),
        ("“会爆炸吗？”是个问题。再问。", ["“会爆炸吗？”是个问题。", "再问。"]),
    ],
)
def test_sentences(text, sentences):
    assert slides.sentences(text) == sentences


def test_chinese_questions_and_first_sentences():
    asked, rest = slides.asks("先看图。哪一个更大？为什么（不是 $x$）？答案在下面。")
    assert (asked, rest) == ("哪一个更大？为什么（不是 $x$）？", "先看图。答案在下面。")
    shown, spoken = slides.lead("第一句。第二句。第三句。\n\n$$x$$\n\n又一段。")
    assert (shown, spoken) == ("第一句。\n\n$$x$$", "第二句。第三句。\n\n又一段。")


def test_a_line_for_readers_of_another_book_is_not_on_a_slide():
    assert slides.FOR_READERS.sub("", "甲。\n> **给读《神经网络与深度学习》的同学**：乙。\n\n丙。") == "甲。\n\n丙。"


@pytest.mark.parametrize("path", COURSE, ids=lambda path: path.stem)
def test_slides_share_the_lessons_minutes(path):
    """What a slide holds besides words, such as a script, takes no time."""
    deck = slides.Deck(path.stem, read(path))
    assert sum(slide.minutes for slide in deck.slides) == deck.minutes
    assert max(slide.minutes for slide in deck.slides) <= 0.15 * deck.minutes


def test_no_line_begins_with_a_full_stop():
    formula = '<span class="math notranslate nohighlight">\\(c\\)</span>'
    joined = wording.unbroken(f"由 $c_t$。和（$x$）、<div>$$y$$</div>得 $z$ 和{formula}：")
    kept = [f'<span class="unbroken">{piece}</span>' for piece in ("$c_t$。", "（$x$）、", f"{formula}：")]
    assert joined == f"由 {kept[0]}和{kept[1]}<div>$$y$$</div>得 $z$ 和{kept[2]}"


def test_words_without_chinese_or_of_other_english_are_english(monkeypatch, tmp_path):
    english, catalogue = wording.ENGLISH, polib.POFile()
    for key, said in {"home": english["home"], "plan": "Another plan"}.items():
        catalogue.append(polib.POEntry(msgctxt=key, msgid=said, msgstr="首页"))
    catalogue.save(str(tmp_path / "pages.po"))
    monkeypatch.setattr(wording, "CATALOGUE", tmp_path / "pages.po")
    said = wording.words.__wrapped__("zh")
    assert (said["home"], said["plan"], said["hint"]) == ("首页", english["plan"], english["hint"])


def test_each_word_is_said_somewhere():
    texts = [path.read_text("utf-8") for path in (pages.ROOT / "tools").rglob("*.*") if path.suffix in (".py", ".j2")]
    named = {key for text in texts for key in re.findall(r"[\"']([a-z-]+)[\"'](?!:)", text)}
    assert [key for key in wording.ENGLISH if key not in named and not key.startswith("speaker-")] == []


@pytest.mark.parametrize(
    "words, sentence",
    [("each row", "Each row"), ("a row", "A row"), ("b_f has one axis", "b_f has one axis"), ("δc_t", "δc_t")],
)
def test_a_symbol_that_a_hint_begins_with_stays_as_it_is(words, sentence):
    assert pages.sentence(words) == sentence
