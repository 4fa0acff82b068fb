"""`make site` and `make slides` in a browser without a network: they fit, they move, they can be read by everybody."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from notebook_rules import broken_links
from page_tools import FORMULA_ERRORS, move_slider

from notebooks import COURSE, ROOT
from notebooks import PATHS as NOTEBOOKS

PAGES = sorted((ROOT / "site").rglob("*.html"))
DECKS = sorted((ROOT / "slides").glob("[0-9]*.html"))


def name(path):
    return str(path.relative_to(ROOT).with_suffix(""))


MEASURE = """() => {
  const frame = document.querySelector('.reveal .slides').getBoundingClientRect(), scale = frame.height / 720;
  let height = 0, width = 0;
  for (const element of Reveal.getCurrentSlide().querySelectorAll('*')) {
    const box = element.getBoundingClientRect();
    if (element.closest('aside, mjx-assistive-mml') || !box.width || !box.height) continue;
    height = Math.max(height, (box.bottom - frame.top) / scale);
    width = Math.max(width, (box.right - frame.left) / scale);
  }
  return [Math.round(height), Math.round(width), Reveal.getCurrentSlide().innerText.trim().split('\\n')[0]];
}"""


SHOW_NOTES = """() => {
  const spoken = Reveal.getSlides().find(slide => slide.querySelector(':scope > aside.notes'));
  const { h, v } = Reveal.getIndices(spoken);
  Reveal.slide(h, v);
}"""


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
    """Nothing stands outside the 1280 x 720 of its slide, all fragments shown; sliders move; notes are spoken of."""
    with open_page(path.as_uri()) as page:
        page.wait_for_function("window.Reveal?.isReady?.()")
        assert not page.evaluate(FORMULA_ERRORS)
        with page.expect_popup() as speaker:
            page.keyboard.press("s")
        page.evaluate(SHOW_NOTES)
        speaker.value.wait_for_function("document.querySelector('.speaker-controls-notes .value')?.innerText.trim()")
        speaker.value.close()
        page.add_style_tag(content=".fragment { visibility: visible !important; opacity: 1 !important }")
        too_large, moved = [], 0
        for number, at in enumerate(
            page.evaluate("Reveal.getSlides().map(slide => Reveal.getIndices(slide))"), start=1
        ):
            page.evaluate("at => Reveal.slide(at.h, at.v)", at)
            height, width, words = page.evaluate(MEASURE)
            if height > 720 or width > 1280:
                too_large.append(f"slide {number} is {width} x {height}: {words}")
            for slider in page.locator("section.present:not(.stack) input[type=range]").all():
                move_slider(page, slider)
                moved += 1
        assert not too_large, "\n".join(too_large)
        assert moved == page.locator("input[type=range]").count()
