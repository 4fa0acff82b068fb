"""The living LSTM in a browser: by mouse, keyboard and touch; in JupyterLab, trusted or not, on a page, in a deck."""

import json
from urllib.parse import quote

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from check_notebooks import RUN, lab  # noqa: F401 - a fixture

from lstm_helpers.gradient_flow import cell_gradient
from lstm_tutor.living.configuration import PRESETS, SCRIPT, Configuration
from lstm_tutor.living.living_lstm import living_lstm
from tools.notebooks import ROOT

REVEAL = ROOT / ".venv" / "node" / "node_modules" / "reveal.js" / "dist"
SIZES = [(400, "light"), (400, "dark"), (1280, "light"), (1280, "dark"), (1920, "light"), (1920, "dark")]
HEAD = '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>A living LSTM</title>'
HEAD += '<meta name="viewport" content="width=device-width, initial-scale=1"></head>'


def shown(preset="worked example", view=None):
    return living_lstm(preset, view)._repr_mimebundle_()["text/html"]


@pytest.fixture
def page_of(open_page, tmp_path):
    """page_of(preset, view): a page with nothing but one living LSTM."""

    def opened(preset="b_f = 3", view=None, address="", before=""):
        path, living = tmp_path / "page.html", before + shown(preset, view)
        path.write_text(f"{HEAD}<body><main><h1>LSTM</h1>{living}</main></body></html>", encoding="utf-8")
        return open_page(path.as_uri() + address)

    return opened


def line(page):
    """The configuration as the page would copy it."""
    page.wait_for_timeout(60)  # a frame has been drawn
    return page.locator("[data-do=line]").input_value()


def values(page):
    return json.loads(line(page))


# --- by mouse, keyboard and touch ---


def test_the_mouse_moves_weights_inputs_steps_and_paths(page_of):
    with page_of("b_f = 3", "forward") as page:
        page.locator(".big input[type=range]").click(position={"x": 5, "y": 10})
        assert values(page)["b"][1] < -3
        bars = page.locator("[data-drag='0']")
        box, before = bars.bounding_box(), values(page)["x"]
        column = (box["width"] - 34 - 42) / 12
        page.mouse.move(box["x"] + 34 + 2.5 * column, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + 34 + 2.6 * column, box["y"] - 3, steps=4)
        page.mouse.up()
        now = values(page)
        assert now["x"][2][0] == 2 != before[2][0] and now["t"] == 3
        assert [x for t, x in enumerate(now["x"]) if t != 2] == [x for t, x in enumerate(before) if t != 2]
        page.get_by_text("Backward", exact=True).click()
        page.locator("[data-svg=flow]").wait_for()
        page.locator("[data-svg=gates]").wait_for(state="hidden")
        graph = page.locator("[data-svg=flow]").bounding_box()
        column = (graph["width"] - 34 - 42) / 12
        page.mouse.click(graph["x"] + 34 + 4.4 * column, graph["y"] + 98)
        assert values(page)["node"] == "i~5" and values(page)["view"] == "paths"
        factors = page.locator("[data-chain]").inner_text()
        page.locator("[data-route='3']").click()
        page.wait_for_timeout(60)
        assert page.locator("[data-chain]").inner_text() != factors
        assert page.locator("[data-route='3']").get_attribute("aria-pressed") == "true"


def test_the_keyboard_does_it_all_and_what_it_does_is_spoken(page_of):
    with page_of("b_f = 3", "forward") as page:
        page.locator(".big input[type=range]").focus()
        for _ in range(20):
            page.keyboard.press("ArrowLeft")
        assert values(page)["b"][1] == 2
        assert page.locator(".big input[type=range]").get_attribute("aria-valuetext") == "2"
        page.keyboard.press("Tab")
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("-1.25")
        assert values(page)["b"][1] == -1.25
        page.locator("[data-do=t]").focus()
        page.keyboard.press("Home")
        assert values(page)["t"] == 1
        page.locator("[data-do=view][value=forward]").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        assert values(page)["view"] == "paths"
        page.locator("[data-do=gate]").select_option("g")
        page.locator("[data-do=node-step]").select_option("2")
        assert values(page)["node"] == "g~2"
        page.wait_for_timeout(900)
        assert page.locator("[data-ears]").inner_text().startswith("At step 2: forget gate 0.")


def test_a_finger_drags_an_input_and_finds_a_path(browser, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(f"{HEAD}<body>{shown('b_f = 3', 'forward')}</body></html>", encoding="utf-8")
    context = browser.new_context(viewport={"width": 400, "height": 800}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(path.as_uri())
    box = page.locator("[data-drag='0']").bounding_box()
    finger = context.new_cdp_session(page)

    def touch(kind, *at):
        points = [{"x": at[0], "y": at[1]}] if at else []
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    x, middle = box["x"] + 34 + 22, box["y"] + box["height"] / 2
    touch("touchStart", x, middle)
    for y in range(int(middle), int(box["y"] + box["height"]) - 3, 2):
        touch("touchMove", x, y)
    touch("touchEnd")
    assert values(page)["x"][0][0] < -1.5
    page.get_by_text("Paths", exact=True).tap()
    page.locator("[data-svg=flow]").wait_for()
    graph = page.locator("[data-svg=flow]").bounding_box()
    page.touchscreen.tap(graph["x"] + 34 + 1.67 * 72, graph["y"] + 98)
    assert values(page)["node"] == "g~2"
    context.close()


# --- what it says is so ---


@pytest.mark.parametrize("preset", PRESETS)
def test_the_numbers_shown_are_those_of_lstm_helpers(preset, page_of):
    with page_of(preset, "backward") as page:
        one = Configuration.from_line(line(page))
        step = values(page)["t"]
        exact = cell_gradient(one.trace, one.weights, len(one.x), step).item()
        said = page.locator("[data-caption=race] b").first.inner_text().split(" = ")[1]
        digits = said.replace("−", "-").replace("·10", "e").translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))
        assert abs(float(digits) - exact) <= 0.051 * abs(exact), (said, exact)


def test_a_line_comes_and_goes_and_a_wrong_one_is_refused(page_of):
    with page_of("b_f = 3") as page:
        given = json.dumps(PRESETS["a latch"])
        page.locator("[data-do=line]").fill(given)
        page.keyboard.press("Enter")
        assert values(page)["W_x"] == PRESETS["a latch"]["W_x"]
        page.locator("[data-do=line]").fill(given.replace("0.5", '"half"'))
        page.keyboard.press("Enter")
        page.wait_for_timeout(60)
        assert "y must be one finite number" in page.locator("[data-said]").inner_text()
        page.locator("[data-do=again]").click()
        assert values(page)["W_x"] == PRESETS["b_f = 3"]["W_x"]
        page.locator("[data-do=copy]").click()
        address = page.evaluate("location.hash")
    with page_of("a latch", address=address) as page:
        assert values(page)["W_x"] == PRESETS["b_f = 3"]["W_x"]


def test_a_shared_link_leads_to_the_picture_or_to_why_it_is_refused(page_of):
    line = json.dumps(PRESETS["a latch"] | {"view": "constructor"})
    before = "<div style='height: 9000px'></div>"
    with page_of("b_f = 3", address=f"#lstm={quote(line)}", before=before) as page:
        assert values(page)["W_x"] == PRESETS["a latch"]["W_x"] and values(page)["view"] == "backward"
        assert 0 <= page.locator("living-lstm").bounding_box()["y"] < 100
        for refused in ("%E0%A4%A", quote(line.replace("-20", "1e308"))):
            page.evaluate("refused => { scrollTo(0, 0); location.hash = `lstm=${refused}` }", refused)
            page.wait_for_function("scrollY > 8000")
            box = page.get_by_text("not taken over: ").bounding_box()
            assert 0 < box["y"] < page.viewport_size["height"] - box["height"] + 1


def test_a_number_that_is_too_large_is_refused_where_it_is_typed(page_of):
    with page_of("b_f = 3") as page:
        page.locator(".big input[type=number]").fill("1e308")
        assert values(page)["b"][1] == 3 and page.get_by_text("numbers up to a million").is_visible()


def test_the_lessons_sentence_is_of_the_beginning_once_something_was_changed(page_of):
    with page_of("b_f = 3") as page:
        since = page.get_by_text("That was at the beginning.")
        page.locator("[data-do=t]").press("Home")  # a step to look at is no change
        assert values(page)["t"] == 1 and not since.is_visible()
        below = page.locator(".big").bounding_box()
        page.locator(".big input[type=range]").press("ArrowLeft")
        assert values(page)["b"][1] == 2.95 and since.is_visible() and page.locator(".big").bounding_box() == below
        page.locator("[data-do=again]").click()
        assert values(page)["b"][1] == 3 and not since.is_visible()


# --- where it stands ---


@pytest.mark.parametrize("view", ["forward", "backward", "paths"])
def test_it_fits_and_can_be_read_at_every_size(view, page_of):
    with page_of("worked example", view) as page:
        for width, scheme in SIZES:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(200)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            found = Axe().run(page).response["violations"]
            assert not found, [(width, scheme, v["id"], [n["html"][:160] for n in v["nodes"][:3]]) for v in found]


def test_in_a_deck_keys_go_where_they_belong(open_page, tmp_path):
    start = "Reveal.initialize({hash: true, width: 1280, height: 720})"
    slides = f"<section>one</section><section>{shown('b_f = 3', 'backward')}</section><section>three</section>"
    (tmp_path / "deck.html").write_text(
        f'{HEAD}<link rel="stylesheet" href="{(REVEAL / "reveal.css").as_uri()}"><body><div class="reveal">'
        f'<div class="slides">{slides}</div></div><script src="{(REVEAL / "reveal.js").as_uri()}"></script>'
        f"<script>{start}</script></body></html>",
        "utf-8",
    )
    with open_page((tmp_path / "deck.html").as_uri()) as page:
        page.wait_for_function("window.Reveal?.isReady?.()")
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(300)
        slider = page.locator(".big input[type=range]")
        slider.click(position={"x": 5, "y": 8})
        before = values(page)["b"][1]
        page.keyboard.press("ArrowRight")
        assert page.evaluate("Reveal.getIndices().h") == 1 and values(page)["b"][1] > before
        page.keyboard.press("PageDown")  # a presenter's clicker
        assert page.evaluate("Reveal.getIndices().h") == 2


@pytest.mark.parametrize("trusted", [True, False])
def test_in_jupyterlab(trusted, lab, open_page):  # noqa: F811
    address, folder = lab
    cell = nbformat.v4.new_code_cell("from lstm_tutor.living import living_lstm\nliving_lstm('b_f = 3')", id="living")
    data = living_lstm("b_f = 3")._repr_mimebundle_()
    cell.execution_count, cell.outputs = 1, [nbformat.v4.new_output("execute_result", data, execution_count=1)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=kernel), folder / f"living_{trusted}.ipynb")
    with open_page(f"{address}/lab/tree/living_{trusted}.ipynb?reset", home=address) as page:
        page.set_viewport_size({"width": 1366, "height": 768})  # a laptop's, with Lab's sidebar
        page.wait_for_function("window.jupyterapp?.shell?.currentWidget", timeout=60_000)
        page.set_default_timeout(60_000)
        picture = page.locator(".jp-OutputArea img")
        if not trusted:
            picture.wait_for()
            assert picture.is_visible() and picture.get_attribute("alt") == data["text/plain"]
            assert not page.locator(".jp-OutputArea script, living-lstm, .jp-OutputArea input").count()
            return
        page.evaluate(RUN)
        page.locator("[data-do=line]").wait_for()
        assert not picture.is_visible() and not page.evaluate("jupyterapp.shell.leftCollapsed")
        for view in ("Forward", "Paths", "Backward"):
            page.get_by_text(view, exact=True).click()
            page.wait_for_timeout(100)
            assert page.locator(".roll").evaluate("roll => roll.scrollWidth <= roll.clientWidth"), "L is out of sight"
        page.locator(".big input[type=range]").focus()
        page.keyboard.press("ArrowLeft")
        assert values(page)["b"][1] == 2.95
        page.keyboard.press("ArrowUp")  # in command mode, Lab selects another cell
        assert values(page)["b"][1] == 3
        page.keyboard.type("dd")  # in command mode, Lab deletes the cell
        assert page.locator("[data-do=line]").is_visible()
        page.evaluate("window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
        page.wait_for_function("document.querySelector('living-lstm').shadowRoot.querySelector('.w.dark')")
        page.evaluate("window.jupyterapp.commands.execute('notebook:shutdown-kernel')")


def test_the_script_may_stand_on_a_page_twice(open_page, tmp_path):
    (tmp_path / "page.html").write_text(
        f"{HEAD}<body>{shown()}{shown('a latch')}<script>{SCRIPT}</script></body></html>", "utf-8"
    )
    with open_page((tmp_path / "page.html").as_uri()) as page:
        assert [len(json.loads(one.input_value())["x"]) for one in page.locator("[data-do=line]").all()] == [9, 10]
