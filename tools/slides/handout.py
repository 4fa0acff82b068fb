"""`make handout`: each deck as a PDF to print, a page a slide with its note, by the Chromium that is installed."""

import shutil

from tools.notebooks import ROOT

BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
BROWSERS += [f"/Applications/{name}.app/Contents/MacOS/{name}" for name in ("Chromium", "Google Chrome")]


def find_browser():
    """Chromium or Chrome, on the PATH or where macOS keeps it."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise SystemExit(f"no browser: install Chromium or Chrome (looked for {', '.join(BROWSERS)})")
    return found


def main():
    from playwright.sync_api import sync_playwright  # which those who only look for a browser do without

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"])
        for deck in sorted((ROOT / "slides").rglob("[0-9]*.html")):
            page = browser.new_page()
            page.goto(f"{deck.as_uri()}?handout")
            page.wait_for_function("document.querySelector('.page') && !document.querySelector('.reveal:not(.page)')")
            page.pdf(path=deck.with_suffix(".pdf"), format="A4", print_background=True)
            print(deck.with_suffix(".pdf").relative_to(ROOT))
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
