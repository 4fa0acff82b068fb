"""What is measured on the slides of a deck, and a look at all of them.

`python tests/browser/deck_tools.py [DECK ...]` counts, and lays all slides of each deck out in screenshots/."""

import io
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
SHOW_ALL = ".fragment { visibility: visible !important; opacity: 1 !important }"

SEE = (ROOT / "tests" / "browser" / "slide.js").read_text(encoding="utf-8")
PLACES = "Reveal.getSlides().map(slide => Reveal.getIndices(slide))"


def open_deck(page):
    page.wait_for_function("window.Reveal?.isReady?.()", timeout=60_000)
    page.evaluate("document.fonts.ready")
    page.add_style_tag(content=SHOW_ALL)


def slides(page):
    """What is seen on each slide, one after the other."""
    for place in page.evaluate(PLACES):
        page.evaluate("at => Reveal.slide(at.h, at.v)", place)
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")  # laid out
        yield page.evaluate(SEE)


def contact_sheet(pictures, path, columns=4):
    """All slides side by side, with their numbers."""
    size = (480, 270)
    sheet = Image.new("RGB", (columns * (size[0] + 6), -(-len(pictures) // columns) * (size[1] + 6)), "#808080")
    for k, picture in enumerate(pictures):
        small = Image.open(picture).convert("RGB").resize(size, Image.LANCZOS)
        sheet.paste(small, (k % columns * (size[0] + 6), k // columns * (size[1] + 6)))
    sheet.save(path)


def main(decks):
    from playwright.sync_api import sync_playwright

    from conftest import FLAGS, find_browser

    (ROOT / "screenshots").mkdir(exist_ok=True)
    total = dict.fromkeys(("slides", "with code", "with picture", "half empty"), 0)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        for deck in decks:
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            page.goto(deck.resolve().as_uri())
            open_deck(page)
            seen, pictures = [], []
            for slide in slides(page):
                seen.append(slide)
                pictures.append(io.BytesIO(page.screenshot()))
            for first in range(0, len(pictures), 16):
                contact_sheet(pictures[first : first + 16], ROOT / "screenshots" / f"{deck.stem}_{first + 1:02d}.png")
            count = {
                "slides": len(seen),
                "with code": sum(slide["code"] > 0 for slide in seen),
                "with picture": sum(slide["pictures"] for slide in seen),
                "half empty": sum(half_empty(slide) for slide in seen),
            }
            for number, slide in enumerate(seen, start=1):
                for complaint in complaints(slide):
                    print(f"   {number}: {complaint}")
            print(deck.stem, count)
            total = {name: total[name] + count[name] for name in total}
            page.close()
        browser.close()
    print("all", total)


def half_empty(slide):
    """More than a third of the height holds nothing, and it is neither a question nor a picture."""
    return slide["empty"] > 1 / 3 and not slide["pictures"] and not slide["questions"] and slide["kind"] != "section"


def complaints(slide):
    """What is wrong with a slide."""
    where = f"({slide['words'][:70]})"
    if slide["bottom"] > 720 or slide["right"] > 1280:
        yield f"stands outside: {slide['right']} x {slide['bottom']} {where}"
    yield from (f"too small: {text} {where}" for text in slide["small"][:3])
    yield from (f"wraps inside an expression: {text} {where}" for text in slide["wrapped"][:3])
    if half_empty(slide):
        yield f"{slide['empty']:.0%} of the height is empty {where}"
    if slide["tables"] and not slide["texts"] and not slide["pictures"] and not slide["code"]:
        yield f"is nothing but a number or a table {where}"
    if not slide["note"].strip():
        yield f"has no note {where}"


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]] or sorted((ROOT / "slides").glob("[0-9]*.html")))
