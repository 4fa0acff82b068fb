"""`make site` and `make slides` in a browser without a network: they fit, they move, they can be read by everybody."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from deck_tools import complaints, open_deck, slides
from notebook_rules import broken_links
from page_tools import FORMULA_ERRORS, move_slider

from notebooks import COURSE, ROOT
from notebooks import PATHS as NOTEBOOKS

PAGES = sorted((ROOT / "site").rglob("*.html"))
DECKS = sorted((ROOT / "slides").glob("[0-9]*.html"))


def name(path):
    return str(path.relative_to(ROOT).with_suffix(""))


def test_pages_and_slides_were_built():
    assert len(PAGES) == 1 + len(NOTEBOOKS) and len(DECKS) == len(COURSE)


@pytest.mark.parametrize("path", [*PAGES, *DECKS], ids=name)
def test_links_lead_somewhere(path):
    assert not list(broken_links(path.read_text(encoding="utf-8"), path))


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_page(path, open_page):
    with open_page(path.as_uri()) as page:
        page.wait_for_function("!document.querySelector('script[src]') || window.MathJax?.startup?.promise")
        page.evaluate("window.MathJax?.startup?.promise")
        assert not page.evaluate(FORMULA_ERRORS)
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            # pandas leaves the corner of a table empty.
            found = [v for v in Axe().run(page).response["violations"] if v["id"] != "empty-table-header"]
            assert not found, [(scheme, v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in found]
        for width in (400, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"wider than the screen at {width}"
        for slider in page.locator("input[type=range]").all():
            move_slider(page, slider)


@pytest.mark.parametrize("path", DECKS, ids=name)
def test_deck(path, open_page):
    """Each slide fits, can be read from the last row and wraps no expression; keys turn slides; notes say minutes."""
    with open_page(path.as_uri()) as page:
        open_deck(page)
        assert not page.evaluate(FORMULA_ERRORS)
        seen, moved, minutes = [], 0, 0
        for number, slide in enumerate(slides(page), start=1):
            seen += [f"slide {number}: {complaint}" for complaint in complaints(slide)]
            minutes += page.evaluate("+Reveal.getCurrentSlide().dataset.minutes")
            for _ in range(page.locator("section.present input[type=range]").count()):
                slider = page.locator("input[type=range]").nth(moved)
                turns_slides(page, slider)
                move_slider(page, slider, first="Enter")
                moved += 1
        assert not seen, "\n".join(seen)
        assert moved == page.locator("input[type=range]").count()
        assert minutes == page.evaluate("parseFloat(document.querySelector('.time').textContent.match(/\\d+/)[0])")
        assert not page.evaluate("document.querySelectorAll('aside mjx-assistive-mml').length"), (
            "formulas twice in notes"
        )


def turns_slides(page, slider):
    """The clicker's keys turn the slide although the slider has the focus, and leave the slider alone."""
    for key, back in {"PageDown": "PageUp", "Space": "PageUp", "ArrowRight": "ArrowLeft"}.items():
        at, value = page.evaluate("Reveal.getIndices()"), slider.input_value()
        slider.focus()
        page.keyboard.press(key)
        assert page.evaluate("Reveal.getIndices()") != at and slider.input_value() == value, f"{key} moved the slider"
        page.keyboard.press(back)
        page.evaluate("at => Reveal.slide(at.h, at.v)", at)


@pytest.mark.parametrize("path", DECKS, ids=name)
def test_printed_deck(path, open_page):
    """`?print-pdf` gives one page a slide, and so does the handout, each page with its note."""
    count = path.read_text(encoding="utf-8").count("<section class=")
    with open_page(f"{path.as_uri()}?print-pdf") as page:
        page.wait_for_selector(".pdf-page", state="attached")
        page.wait_for_function("window.Reveal?.isReady?.()")
        assert page.locator(".pdf-page").count() == count
    with open_page(f"{path.as_uri()}?handout") as page:
        page.wait_for_function("document.querySelector('.page') && !document.querySelector('.reveal:not(.page)')")
        assert page.locator(".page").count() == page.locator(".page > aside").count() == count
        too_long = "document.querySelectorAll('.page').values().filter(p => p.scrollHeight > p.clientHeight + 1)"
        assert not page.evaluate(f"[...{too_long}].map(p => p.innerText.slice(0, 40))")
