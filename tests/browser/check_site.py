"""`make site` in a browser without a network: every page fits, is found, can be read and used by everybody."""

import re
from functools import cache
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from page_tools import FORMULA_ERRORS, SLIDERS, move_slider

from notebooks import COURSE, ROOT, read

SITE = ROOT / "site"
PAGES = [path for path in sorted(SITE.rglob("*.html")) if path.relative_to(SITE).parts[0] != "slides"]
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
IN_VIEW = """selector => {
  const box = document.querySelector(selector).getBoundingClientRect();
  return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight;
}"""


def name(path):
    return str(path.relative_to(SITE).with_suffix(""))


@cache
def soup(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def ready(page):
    page.wait_for_function("window.MathJax?.startup?.promise")
    page.evaluate("MathJax.startup.promise.then(() => new Promise(requestAnimationFrame))")
    return page


def test_every_notebook_has_its_pages():
    names = {name(path) for path in PAGES}
    assert names >= {"index", "glossary"} | {f"{folder}{path.stem}" for path in COURSE for folder in ("", "exercises/")}


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
    ways = {link["href"].removeprefix("../") for link in soup(path).select("article .ways a")}
    notebook = f"notebooks/{name(path)}.ipynb"
    other = f"{path.stem}.html" if path.parent.name == "exercises" else f"exercises/{path.stem}.html"
    assert ways == {notebook, other, f"slides/{path.stem}.html"}
    assert not [image for image in soup(path).main.select("img") if len(image.get("alt", "").split()) < 4]


def test_equations_are_anchors():
    for number, stem in TAGS.items():
        formula = soup(SITE / f"{stem}.html").find(id=f"eq-{number}")
        assert formula.select_one(".eqno").text.startswith(f"({number})") and "\\tag" not in formula.text


@pytest.mark.parametrize("path", PAGES, ids=name)
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
        for width in (1920, 400, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"wider than the screen at {width}"
            assert not page.evaluate(CUT), f"at {width}"
        for slider in page.locator(SLIDERS).all():
            move_slider(page, slider)


def test_search_finds_peephole(open_page):
    with open_page((SITE / "index.html").as_uri()) as page:
        page.keyboard.press("Control+k")
        page.keyboard.type("peephole")
        page.keyboard.press("Enter")
        page.wait_for_selector("#search-results li a")
        found = page.locator("#search-results li a")
        assert any("01_forward_equations.html" in link.get_attribute("href") for link in found.all())
        found.first.click()
        ready(page)
        assert page.locator("main", has_text="peephole").count()


def test_an_equation_is_shown_and_reached(open_page):
    """On a page of exercises, whose equations stand on another page: by keyboard, and by mouse."""
    with open_page((SITE / "exercises" / "03_lstm_gradients.html").as_uri()) as page:
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
        assert page.url.endswith("/03_lstm_gradients.html#eq-3.5")
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


def test_copy_and_the_next_page(open_page):
    with open_page((SITE / "01_forward_equations.html").as_uri()) as page:
        ready(page)
        assert page.locator("div.highlight button.copybtn").count() == page.locator("div.highlight").count() > 20
        page.locator(".next-page, a.right-next").first.click()
        ready(page)
        assert page.url.endswith("exercises/01_forward_equations.html")
        solution = page.locator("details.solution").first
        assert not solution.locator("div.highlight").first.is_visible()
        solution.locator("summary").first.click()
        assert solution.locator("div.highlight").first.is_visible()
