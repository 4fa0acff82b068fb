"""`make rise` in a browser: live slides from the first to the last, nothing out of reach, no network."""

import re

import pytest
from check_notebooks import lab  # noqa: F401

from tools.notebooks import COURSE, read

# Of the slide that is shown: its place, how far it reaches below the screen, whether it scrolls, what is seen of code.
SEE = """() => {
  const slide = document.querySelector('section.present > section.present');
  const visible = element => element.offsetParent && !element.closest('.reveal-skip, aside');
  const all = selector => [...slide.querySelectorAll(selector)].filter(visible);
  const boxes = selector => all(selector).map(element => element.getBoundingClientRect());
  const top = Math.min(...boxes('.jp-Cell').map(box => box.top));
  slide.scrollTop = 1e6;
  const end = Math.max(...boxes('.jp-Cell').map(box => box.bottom)), scrolled = slide.scrollTop;
  slide.scrollTop = 0;
  return {
    number: document.querySelector('.slide-number').innerText,
    fragments: slide.querySelectorAll('.fragment.visible').length,
    top, end, scrolled,
    wide: boxes('img, table').some(box => box.right > innerWidth),
    small: all('p, li, pre, td').map(element => parseFloat(getComputedStyle(element).fontSize)),
    pictures: all('img, living-lstm').length,
    code: all('.jp-InputArea-editor').map(editor => editor.innerText).join(' '),
  };
}"""
# What jupyterlab-rise itself says: focus that goes round in circles, and a style sheet that it looks for in vain.
RISE_SAYS = ("Maximum call stack size exceeded", f"/{COURSE[0].stem}.css'")


@pytest.mark.parametrize("width, height", [(1280, 720), (1920, 1080)])
def test_live_slides(width, height, lab, open_page):  # noqa: F811
    address, _ = lab
    kinds = [cell.metadata.get("slideshow", {}).get("slide_type") for cell in read(COURSE[0]).cells]
    count = sum(kind in ("slide", "subslide") for kind in kinds)
    with open_page(f"{address}/rise/{COURSE[0].name}", home=address, height=height, known=RISE_SAYS) as page:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_selector(".slide-number", timeout=60_000)
        page.wait_for_selector("section.present > section.present p")
        numbers, taller = [], 0
        while not numbers or numbers[-1] != f"{count} / {count}":
            seen = page.evaluate(SEE)
            assert seen["top"] >= 0 and seen["end"] <= height, f"{seen['number']} is cut off"
            assert not seen["wide"], f"{seen['number']} is wider than the screen"
            assert seen["small"] or seen["pictures"], f"{seen['number']} is empty"
            assert all(size >= 21.9 * height / 720 for size in seen["small"]), f"{seen['number']}: {seen['small']} px"
            assert not re.search(r"Picture\(|Slider\(", seen["code"]), f"{seen['number']} shows code that draws"
            if seen["scrolled"] and not taller:
                page.mouse.move(width / 2, height / 2)
                page.mouse.wheel(0, 200)
                page.wait_for_function("document.querySelector('section.present > section.present').scrollTop > 0")
            taller += seen["scrolled"] > 0
            numbers += [seen["number"]] if seen["number"] not in numbers else []
            turn(page, seen)
        assert numbers == [f"{k} / {count}" for k in range(1, count + 1)] and taller


def turn(page, seen):
    """On with the space bar: another slide, or more of this one."""
    page.keyboard.press("Space")
    page.wait_for_function(
        """([number, fragments]) => document.querySelector('.slide-number').innerText !== number
          || document.querySelectorAll('section.present > section.present .fragment.visible').length !== fragments
          || number.split(' / ')[0] === number.split(' / ')[1]""",
        arg=[seen["number"], seen["fragments"]],
    )
