"""`make site` in a browser without a network: every page fits, is found, can be read and used by everybody."""

import re
from functools import cache
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from page_tools import FORMULA_ERRORS, SLIDERS, move_slider

from tools.chinese.wording import FOLDERS, NAMES
from tools.notebooks import COURSE, EXERCISES, ROOT, read

SITE = ROOT / "site"
PAGES = [path for path in sorted(SITE.rglob("*.html")) if path.relative_to(SITE).parts[0] != "slides"]
ENGLISH = [path for path in PAGES if path.relative_to(SITE).parts[0] != "zh"]
# What the same style sheets and scripts make of other words is seen on three pages.
LESSON = "01_forward_equations.html"
SEEN = [*ENGLISH, *(SITE / "zh" / page for page in ("index.html", LESSON, f"exercises/{LESSON}"))]
FROM_NOTEBOOKS = [path for path in PAGES if re.match(r"\d", path.name)]
TAGS = {
    tag: path.stem for path in COURSE for cell in read(path).cells for tag in re.findall(r"\\tag\{(.*?)\}", cell.source)
}
# Numbers of equations that are no links: in headings, in formulas and in code other than comments they need not be.
UNLINKED = """numbers => {
  const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT), found = [];
  while (walk.nextNode()) {
    const at = walk.currentNode.parentElement;
    if (at.closest('a, h1, h2, h3, script, .math') || at.closest('.highlight span:not(.c1)')) continue;
    for (const [, number] of walk.currentNode.data.matchAll(/(?<!\\w)\\((\\d\\.\\d+)\\)/g))
      if (numbers.includes(number)) found.push(walk.currentNode.data);
  }
  return found;
}"""
# Formulas, tables, code, pictures that are wider than their place, but are not scrolled by keyboard, or give no sign.
CUT = """() => [...document.querySelectorAll('main *')].filter(box =>
  box.clientWidth && box.scrollWidth > box.clientWidth + 1 && !box.closest('mjx-container *, .wider *')
  && getComputedStyle(box).overflowX !== 'visible'
  && !(box.tabIndex === 0 && getComputedStyle(box).maskImage.includes('gradient'))
).map(box => box.outerHTML.slice(0, 120))"""
# Heads of tables that say something, but are not seen.
HEADLESS = """() => [...document.querySelectorAll('main thead')].filter(head =>
  head.textContent.trim() && !head.getBoundingClientRect().height).map(head => head.textContent)"""
IN_VIEW = """selector => {
  const box = document.querySelector(selector).getBoundingClientRect();
  return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight;
}"""
AT_TOP = "id => Math.abs(document.getElementById(id).getBoundingClientRect().top - 64) < 2"  # below the bar


def name(path):
    return str(path.relative_to(SITE).with_suffix(""))


@cache
def soup(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def ready(page):
    page.wait_for_function("window.MathJax?.startup?.promise")
    page.evaluate("MathJax.startup.promise.then(() => new Promise(requestAnimationFrame))")
    return page


def language(path):
    return "en" if path in ENGLISH else "zh"


def test_every_notebook_has_its_pages():
    names = {name(path) for path in PAGES}
    for folder in FOLDERS.values():
        assert names >= {f"{folder}index", f"{folder}glossary"}
        assert names >= {f"{folder}{path.stem}" for path in COURSE}
        assert names >= {f"{folder}exercises/{path.stem}" for path in EXERCISES}


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_links_lead_somewhere(path):
    for element in soup(path).select("[href], [src]"):
        target = urlsplit(element.get("href") or element.get("src"))
        if target.scheme:
            continue
        file = (path.parent / unquote(target.path)).resolve() if target.path else path
        assert file.exists(), target
        if target.fragment and file.suffix == ".html" and file in PAGES:
            assert soup(file).find(id=unquote(target.fragment)), target


@pytest.mark.parametrize("path", FROM_NOTEBOOKS, ids=name)
def test_ways_from_a_page(path):
    """To its notebook, its slides and its exercises or text; what pictures show is said."""
    ways = {(path.parent / link["href"]).resolve() for link in soup(path).select("article .ways a")}
    deck = SITE / "slides" / FOLDERS[language(path)] / path.name
    if path.parent.name == "exercises":
        other = path.parent.parent / path.name
    else:  # those of a chapter are named as its first lesson
        (other,) = (path.parent / "exercises").glob(f"{path.name[:2]}_*.html")
    assert ways == {(SITE / "notebooks" / name(path)).with_suffix(".ipynb"), other, deck}
    assert not [image for image in soup(path).main.select("img") if len(image.get("alt", "").split()) < 4]


@pytest.mark.parametrize("folder", FOLDERS.values())
def test_equations_are_anchors(folder):
    for number, stem in TAGS.items():
        formula = soup(SITE / folder / f"{stem}.html").find(id=f"eq-{number}")
        assert formula.select_one(".eqno").text.startswith(f"({number})") and "\\tag" not in formula.text


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_page_says_its_language_and_leads_to_the_same_one_in_the_other(path):
    """In which the same headings have the same anchors, and the contents lead to them."""
    ours, (other,) = language(path), FOLDERS.keys() - {language(path)}
    twin = SITE / FOLDERS[other] / path.relative_to(SITE / FOLDERS[ours])
    assert soup(path).html["lang"].split("-")[0] == ours
    (link,) = soup(path).select(".article-header-buttons > a[hreflang]")
    assert link.text == NAMES[other] in link["aria-label"] and link["lang"] == link["hreflang"] == other
    assert (path.parent / link["href"]).resolve() == twin
    alternates = [(one["hreflang"], one["href"]) for one in soup(path).select("link[rel=alternate]")]
    assert alternates == [(other, link["href"])]
    anchors = [[section["id"] for section in soup(one).main.select("section[id]")] for one in (path, twin)]
    assert anchors[0] == anchors[1] and (anchors[0] or path.stem == "search")
    contents = [entry["href"] for entry in soup(path).select(".bd-sidebar-secondary a[href^='#']")]
    assert {*contents} <= {f"#{anchor}" for anchor in anchors[0]}


@pytest.mark.parametrize("path", SEEN, ids=name)
def test_page(path, open_page):
    with open_page(path.as_uri()) as page:
        ready(page)
        assert not page.evaluate(FORMULA_ERRORS)
        assert not page.evaluate(UNLINKED, [*TAGS])
        page.add_style_tag(content="* { transition: none !important }")
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
            # pandas leaves the corner of a table empty. Without preload axe does not fetch the style sheets once more.
            found = [
                v
                for v in Axe().run(page, options={"preload": False}).response["violations"]
                if v["id"] != "empty-table-header"
            ]
            assert not found, [(scheme, v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in found]
        page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
        assert not page.evaluate(HEADLESS)
        for width in (1920, 400, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"wider than the screen at {width}"
            assert not page.evaluate(CUT), f"at {width}"
        for slider in page.locator(SLIDERS).all():
            move_slider(page, slider)


@pytest.mark.parametrize(
    "folder, words, place, line",
    [
        ("", "clipping", "clipping-the-remedy-for-explosion", "steep"),
        ("", "3.4", "eq-3.4", ""),
        ("zh/", "（3.4）", "eq-3.4", ""),
        ("zh/", "窥视孔", "a-peephole", "细胞状态"),
        ("zh/", "梯度截断的办法", "clipping-the-remedy-for-explosion", "陡"),
        ("", "遗忘门", "the-forget-gate-keep-or-erase", "hidden state"),
    ],
)
def test_search(open_page, folder, words, place, line):
    """What fits best comes first, with a line of it, and leads to its heading or equation."""
    with open_page((SITE / folder / "index.html").as_uri()) as page:
        page.keyboard.press("Control+k")
        page.keyboard.insert_text(words)
        page.keyboard.press("Enter")
        page.wait_for_selector("#search-results li a")
        found = page.locator("#search-results li").first
        assert line in found.locator("p").inner_text(timeout=1000)
        found.locator("a").click()
        ready(page)
        assert page.url.startswith((SITE / folder).as_uri()) and page.url.endswith(f"#{place}")
        page.wait_for_function(IN_VIEW, arg=f"[id='{place}'] :is(h2, mjx-container)")


@pytest.mark.parametrize("term", "隐状态 记忆元 梯度截断 BPTT 门控 循环神经网络 通过时间反向传播 小批量".split())
def test_terms_of_other_books_are_found(open_page, term):
    with open_page(f"{(SITE / 'zh' / 'search.html').as_uri()}?q={term}") as page:
        page.wait_for_selector("#search-results li")
        assert page.locator("#search-results li").count() >= 5


@pytest.mark.parametrize("place", ["the-forget-gate-keep-or-erase", "eq-1.6"])
def test_the_switch_leads_to_the_same_place_and_back(open_page, place):
    """From a heading, or from an equation that was followed, in English to the one in Chinese, which is read there."""
    with open_page(f"{(SITE / '01_forward_equations.html').as_uri()}#{place}") as page:
        for folder in ("", "zh/", ""):
            ready(page)
            assert page.url.endswith(f"/site/{folder}01_forward_equations.html#{place}")
            page.wait_for_function(AT_TOP, arg=place)
            page.locator(".article-header-buttons > a[hreflang]").focus()
            page.keyboard.press("Enter")
            page.wait_for_url(f"**/site/{'' if folder else 'zh/'}*.html#*")


@pytest.mark.parametrize("stem", [path.stem for path in COURSE if path.stem[2] == "b"])
def test_a_place_that_moved_to_the_second_lesson_is_followed(open_page, stem):
    first = next(path for path in ENGLISH if path.name.startswith(f"{stem[:2]}_"))
    places = [part["id"] for part in soup(SITE / f"{stem}.html").main.select("section section[id], div.math[id]")]
    place = next(place for place in reversed(places) if not soup(first).find(id=place))
    with open_page(f"{first.as_uri()}#{place}") as page:
        page.wait_for_url(f"**/{stem}.html#{place}", timeout=10_000)


@pytest.mark.parametrize("folder", FOLDERS.values())
def test_an_equation_is_shown_and_reached(open_page, folder):
    """On a page of exercises, whose equations stand on another page: by keyboard, and by mouse."""
    with open_page((SITE / folder / "exercises" / "03_lstm_gradients.html").as_uri()) as page:
        ready(page)
        page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
        link, preview = page.locator("a[data-equation='3.5']").first, page.locator("#preview")
        link.focus()
        preview.locator("svg").wait_for()
        assert "(3.5)" in preview.inner_text()
        page.keyboard.press("Escape")
        assert preview.is_hidden()
        link.hover()
        preview.locator("svg").wait_for()
        link.click()
        ready(page)
        assert page.url.endswith(f"/site/{folder}03_lstm_gradients.html#eq-3.5")
        page.wait_for_function(IN_VIEW, arg="[id='eq-3.5']")


def test_by_keyboard(open_page):
    """Skip to the text, unfold code, switch the theme: with Tab and Enter alone."""
    with open_page((SITE / "01_forward_equations.html").as_uri()) as page:
        ready(page)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.url.endswith("#main-content")
        fold = page.locator("details.hide").first
        assert fold.get_attribute("open") is None
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.matches('details.hide > summary')"):
                break
        page.keyboard.press("Enter")
        assert fold.get_attribute("open") is not None
        page.locator(".theme-switch-button:visible").focus()
        page.keyboard.press("Enter")
        page.locator(".theme-change-button[data-mode=dark]:visible").focus()
        page.keyboard.press("Enter")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_copy_and_a_solution(open_page):
    with open_page((SITE / "01_forward_equations.html").as_uri()) as page:
        ready(page)
        assert page.locator("div.highlight button.copybtn").count() == page.locator("div.highlight").count() > 20
        page.locator(".ways a[href*=exercises]").first.click()
        ready(page)
        solution = page.locator("details.solution").first
        assert not solution.locator("div.highlight").first.is_visible()
        solution.locator("summary").first.click()
        assert solution.locator("div.highlight").first.is_visible()
