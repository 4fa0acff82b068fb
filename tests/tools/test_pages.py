"""What tools/site/pages.py makes of notebooks and README.md, before Sphinx sees it."""

import re
from pathlib import Path

import polib
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_output

from tools.chinese import wording
from tools.notebooks import COURSE, FOLDER, read
from tools.site import links, pages, search
from tools.slides import decks as slides


def cell(source, *data, **slideshow):
    outputs = [one if "output_type" in one else new_output("display_data", one) for one in data]
    return new_code_cell(source, outputs=outputs, metadata={"slideshow": slideshow})


PICTURE, TABLE = {"image/png": "", "text/plain": "what it shows"}, {"text/html": "<table></table>"}
SLIDER, SAID = {"text/html": '<input type="range">'}, new_output("stream", text="(1.1) holds to 1e-12, 8 numbers\n")


@pytest.mark.parametrize(
    "why, code",
    [
        ("picture-code", cell("Picture(draw())", PICTURE)),
        ("picture-code", cell("Slider(frames)", SLIDER)),
        ("", cell("Picture(draw())", PICTURE, show="code")),
        ("", cell("draw()\ntable", PICTURE, TABLE)),
        ("", cell("table", TABLE)),
        ("", cell("x = 1")),
        ("check-code", cell('verify(\n    "1.1", a, b\n)', SAID)),
        ("check-code", cell('verify("1.1", a, b)\nassert a > 0', SAID)),
        ("", cell('verify("1.1", a, b)', SAID, show="code")),
        ("check-code", cell('right = autograd(z)\nverify("1.1", f, right)', SAID)),
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


@pytest.mark.parametrize("language", wording.FOLDERS)
@pytest.mark.parametrize("path", COURSE, ids=lambda path: path.stem)
def test_each_exercise_is_asked_then_hinted_at_then_solved(path, language):
    cells, say = pages.exercises(path, language).cells, wording.words(language)
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
def test_all_of_readme_stands_on_one_page_and_links_find_it(language):
    parts = pages.readme(language)
    assert set(parts) - {"CONTRIBUTING"} == {"index", *pages.PARTS.values()}
    written = (pages.ROOT / wording.README[language]).read_text(encoding="utf-8").splitlines()
    shown = [line for page, part in parts.items() if page != "CONTRIBUTING" for line in part.splitlines()]
    without_links = (
        sorted(line.lstrip("# ") for line in lines if line and "](" not in line) for lines in (written, shown)
    )
    assert next(without_links) == next(without_links)
    assert not [part for part in parts.values() if re.search(r"\]\((#|notebooks/)", part)]


def test_the_glossary_has_every_word_of_readme():
    said = pages.terms(pages.readme()["glossary"])
    assert said["forget gate"] == "遗忘门" and said["batch"] == "批次" and len(said) == 44


def test_each_word_of_the_glossary_is_said_in_a_notebook():
    """In its text: not in headings, formulas, code and links, where links.py does not look."""
    cells = [cell.source for path in COURSE for cell in read(path).cells if cell.cell_type == "markdown"]
    text = re.sub(r"(?m)^#.*$|(?s:\$\$.*?\$\$)|\$[^$]*\$|`[^`]*`|\[[^\]]*\]\([^)]*\)", " ", "\n\n".join(cells))
    terms = pages.terms(pages.readme()["glossary"])
    assert [term for term in terms if not links.said(term.split(", ")).search(text)] == []


@pytest.mark.parametrize(
    "said, linked",
    [
        ("<p>Notebook 05 and notebook 4.</p>", {"Notebook 05": "05_c.html", "notebook 4": "04_b.html"}),
        ("<p>notebooks 04 and 05</p>", {"04": "04_b.html", "05": "05_c.html"}),
        ("<p>notebook 04, notebook 04</p><section>notebook 04</section>", {"notebook 04": "04_b.html"}),
        ('<p><a href="../04_b.html">here</a> and in notebook 04</p>', {"here": "04_b.html"}),
        ("<p>notebook 4.5, notebook 07, notebook 14, 04</p>", {}),
        ("<h2>notebook 04</h2><pre>notebook 04</pre><code>notebook 04</code>", {}),
    ],
)
def test_notebooks_that_are_named_are_linked_once_a_section(said, linked):
    page = links.Page(Path("exercises/04_b.html"), BeautifulSoup(f"<main>{said}</main>", "html.parser"))
    words = page.soup.text
    links.link_notebooks(page, {"4": Path("04_b.html"), "5": Path("05_c.html")})
    found = page.soup.select("a")
    assert {link.text: link["href"] for link in found} == {text: f"../{home}" for text, home in linked.items()}
    assert len(found) == len(linked) + said.count("<section>") and page.soup.text == words
    own = links.Page(Path("04_b.html"), BeautifulSoup("<main>notebook 04</main>", "html.parser"))
    links.link_notebooks(own, {"4": Path("04_b.html")})
    assert not own.soup.select("a")


def test_the_chinese_glossary_has_chinese_first_in_its_order():
    rows = re.findall(r"(?m)^\| (.*?) \| (.*?) \| \|$", pages.glossary(pages.readme("zh")["glossary"], "zh"))
    assert {english: chinese for chinese, english in rows} == pages.terms(pages.readme()["glossary"])
    order = [chinese for chinese, _ in rows]
    assert [word for word in order if word in ("半衰期", "路径", "门", "遗忘门")] == ["半衰期", "路径", "门", "遗忘门"]


PAGE = """<head><link href="{up}_static/same.css"><script src="{up}_static/own.js"></script>
  <script src="{up}_static/searchtools.js"></script></head><nav><a class="navbar-brand"></a></nav>
  <div class="article-header-buttons"></div><main><article><h1></h1><section id="top"><h1>Title</h1>{said}</section>
  </article></main>"""
GLOSSARY = "<table><tbody><tr><td>{}</td><td>{}</td><td></td></tr></tbody></table>"
FORMULA = '<div class="math" id="eq-1.1">\\[a\\]</div><table><tbody><tr><td>gate</td></tr></tbody></table>'


def test_pages_are_joined(tmp_path):
    """Numbers with equations, terms with the glossary and back; what two languages share stands there once."""
    for folder, term, other in (("", "gate", "门"), ("zh/", "门", "gate")):
        here = tmp_path / folder
        for name, said in {
            "01_a": f"<p>{term}</p>{FORMULA}",
            "exercises/01_a": f"<p>{term} (1.1)</p>",
            "glossary": GLOSSARY.format(term, other),
            "search": "",
        }.items():
            (here / name).parent.mkdir(parents=True, exist_ok=True)
            page = PAGE.format(up="../" * name.count("/"), said=said)
            (here / name).with_suffix(".html").write_text(page, encoding="utf-8")
        for file, text in {"_static/same.css": "", "_static/own.js": term, "_images/same.svg": ""}.items():
            (here / file).parent.mkdir(exist_ok=True)
            (here / file).write_text(text, encoding="utf-8")
    links.join(tmp_path)

    def ways(page, selector="main a"):
        soup = BeautifulSoup((tmp_path / page).read_text("utf-8"), "html.parser")
        return [element.get("href") or element.get("src") for element in soup.select(selector)]

    for folder, term in (("", "gate"), ("zh/", "门")):
        assert ways(f"{folder}01_a.html", "main section a") == [f"glossary.html#term-{term}"]
        assert ways(f"{folder}exercises/01_a.html", "main section a") == ["../01_a.html#eq-1.1"]
        assert ways(f"{folder}glossary.html") == [f"01_a.html#first-term-{term}"]
        assert (tmp_path / folder / "_static" / "own.js").read_text("utf-8") == term
    search_own = ["_static/sections.js", "_static/search.js"]
    assert ways("search.html", "[src]") == ["_static/own.js", *search_own]
    assert ways("zh/exercises/01_a.html", "link[href$=css], [src]") == ["../../_static/same.css", "../_static/own.js"]
    assert sorted(path.name for path in (tmp_path / "zh").glob("_*/*")) == ["own.js", "sections.js"]
    assert not (tmp_path / "zh" / "_images").exists() and (tmp_path / "_images" / "same.svg").exists()


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
    row = "<table><tbody><tr><td>Forward pass, gate</td><td>前向传播，门</td><td>1</td></tr></tbody></table>"
    glossary = links.Page(Path("glossary.html"), BeautifulSoup(row, "html.parser"))
    assert search.others(glossary) == {"前向传播": "forward pass", "门": "gate"}


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
    slide = slides.Slide("plain", "", parts=[slides.Part("text", "<p>第一句。结果如下：</p>")])
    slide.announce_nothing()
    assert (slide.parts[0].html, slide.note) == ("<p>第一句。</p>", ["结果如下："])


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
