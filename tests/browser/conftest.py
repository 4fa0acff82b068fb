"""A headless Chromium that reaches nothing but this machine."""

import contextlib

import pytest

from tools.slides.handout import find_browser

# Chromium's own look-ups are no part of the test. Its sandbox does not work for root, as in containers.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright  # which `make test` does without

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser):
    """open_page(url, home, height, known): a context manager for a page that may ask for nothing but `home`.

    When it closes, the test fails if the page did, or if it wrote an error to the console, apart from what is known.
    """

    @contextlib.contextmanager
    def opened(url, home="file:", height=720, known=()):
        context = browser.new_context(viewport={"width": 1280, "height": height})
        page, complaints = context.new_page(), []

        def decide(route):
            if route.request.url.startswith((home, "data:", "blob:")):
                route.continue_()
            else:
                complaints.append(f"asked for {route.request.url}")
                route.abort()

        context.route("**/*", decide)
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(f"{error}"))
        page.goto(url)
        yield page
        context.close()
        complaints = [complaint for complaint in complaints if not any(words in complaint for words in known)]
        assert not complaints, "\n".join(complaints)

    return opened
