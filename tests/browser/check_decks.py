"""`make slides` in a browser without a network: every slide fits, moves, and can be read from the last row."""

import pytest
from deck_tools import complaints, open_deck, slides
from notebook_rules import broken_links
from page_tools import FORMULA_ERRORS, SLIDERS, move_slider

from tools.chinese.wording import words
from tools.notebooks import COURSE, ROOT

DECKS = sorted((ROOT / "slides").rglob("[0-9]*.html"))
ENGLISH = [path for path in DECKS if path.parent.name != "zh"]
SEEN = [*ENGLISH, ROOT / "slides" / "zh" / "01_forward_equations.html"]
CHARACTERS = """() => ['门', '梯'].map(one => {
  const pen = document.createElement('canvas').getContext('2d');
  pen.font = `100px ${getComputedStyle(document.querySelector('h1')).fontFamily}`;
  return pen.measureText(one).width;
})"""


# What can take the focus although its slide is not shown.
ELSEWHERE = """() => [...document.querySelectorAll('.slides > section:not(.present) :is(a, button, input, summary)')]
  .filter(control => { control.focus(); return document.activeElement === control; }).length"""
# Which pictures that the lesson of a living LSTM speaks of first end below the slide, once something was changed.
BELOW = """async () => {
  const living = document.querySelector('section.present living-lstm'), hidden = [];
  if (!living) return hidden;
  if (living.offsetWidth < 900) return ['all of it'];
  living.state.b[1] = -living.state.b[1];
  living.render();
  const lowest = living.getBoundingClientRect().bottom;
  for (const part of livingLSTM.PRESETS[living.begun].first.split(' ')) {
    const shown = living.get(`part=${part}`);
    if (!shown.checkVisibility() || shown.getBoundingClientRect().bottom > lowest) hidden.push(part);
  }
  return hidden;
}"""


def name(path):
    return str(path.relative_to(ROOT).with_suffix(""))


def test_slides_were_built():
    assert len(DECKS) == 2 * len(COURSE) == 2 * len(ENGLISH)


def test_decks_say_their_language():
    for path in DECKS:
        language = "en" if path in ENGLISH else "zh"
        assert f'<html lang="{language}">' in path.read_text(encoding="utf-8")
        assert f"assets/notes.{language}.js" in path.read_text(encoding="utf-8")


def test_the_speakers_window_speaks_chinese():
    script = (ROOT / "slides" / "assets" / "notes.zh.js").read_text(encoding="utf-8")
    said = {key: words for key, words in words("zh").items() if key.startswith("speaker-")}
    assert not [words for words in said.values() if f">{words}<" not in script and f"'{words}'" not in script]


@pytest.mark.parametrize("path", DECKS, ids=name)
def test_links_lead_somewhere(path):
    assert not list(broken_links(path.read_text(encoding="utf-8"), path))


@pytest.mark.parametrize("path", SEEN, ids=name)
def test_deck(path, open_page):
    """Each slide fits, can be read from the last row and wraps no expression; keys turn slides; notes say minutes."""
    with open_page(path.as_uri()) as page:
        open_deck(page)
        assert not page.evaluate(FORMULA_ERRORS)
        if path not in ENGLISH:
            assert page.evaluate(CHARACTERS) == [100, 100], "no font with Chinese: apt install fonts-wqy-zenhei"
        seen, moved, minutes = [], 0, 0
        for number, slide in enumerate(slides(page), start=1):
            seen += [f"slide {number}: {complaint}" for complaint in complaints(slide)]
            seen += [f"slide {number}: {part} is out of sight" for part in page.evaluate(BELOW)]
            assert not page.evaluate(ELSEWHERE), f"on slide {number} a Tab reaches other slides"
            minutes += page.evaluate("+Reveal.getCurrentSlide().dataset.minutes")
            for _ in range(page.locator(f"section.present {SLIDERS}").count()):
                slider = page.locator(SLIDERS).nth(moved)
                turns_slides(page, slider)
                move_slider(page, slider, first="Enter")
                moved += 1
        assert not seen, "\n".join(seen)
        assert moved == page.locator(SLIDERS).count()
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


@pytest.mark.parametrize("path", ENGLISH, ids=name)
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
