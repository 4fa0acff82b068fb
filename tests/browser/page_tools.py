"""What is asked of pages, slides and notebooks alike."""

FORMULA_ERRORS = "() => [...document.querySelectorAll('mjx-merror, [data-mjx-error]')].map(e => e.textContent)"
# Sliders of frames drawn beforehand; those of the living LSTM stand inside it, and check_living.py moves them.
SLIDERS = "label:has(+ output) > input[type=range]"
SHOWN = "input => [...input.closest('div').querySelectorAll('img')].findIndex(i => i.style.display !== 'none')"


def move_slider(page, slider, first=None):
    """Move it by keyboard (after the key `first`) and by mouse: each move shows another picture, and says its name."""
    slider.scroll_into_view_if_needed()
    box, last = slider.locator("xpath=ancestor::div[1]"), int(slider.get_attribute("max"))
    words = [image.get_attribute("data-label") for image in box.locator("img").all()]

    def moves_to(frame, act):
        before = box.screenshot()
        act()
        assert slider.evaluate(SHOWN) == frame
        assert slider.get_attribute("aria-valuetext") == box.locator("output").inner_text() == words[frame]
        assert box.screenshot() != before, "the slider moved, but the picture did not change"

    start = slider.evaluate(SHOWN)
    key, step = ("ArrowLeft", -1) if start == last else ("ArrowRight", 1)
    slider.focus()
    if first:
        page.keyboard.press(first)
    moves_to(start + step, lambda: page.keyboard.press(key))
    size = slider.bounding_box()
    for frame in (last, 0) if start + step != last else (0, last):
        x = size["width"] - 3 if frame else 3
        moves_to(frame, lambda x=x: slider.click(position={"x": x, "y": size["height"] / 2}))
