"""Every notebook in JupyterLab in a browser: all cells run, nothing complains, sliders move. Screenshots of each page,
in the light and the dark theme, are in screenshots/ afterwards."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from page_tools import FORMULA_ERRORS, SLIDERS, move_slider

from tools.notebooks import FOLDER, PATHS, ROOT

SCREENSHOTS = ROOT / "screenshots"
# All cells are to be on the page at once, seen or not.
SETTINGS = "lab/user-settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings"
RISE = "lab/user-settings/jupyterlab-rise/plugin.jupyterlab-settings"  # as `make rise` sets it
SCROLL = """top => {
  const notebook = document.querySelector('.jp-WindowedPanel-outer');
  notebook.scrollTop = top;
  return [notebook.clientHeight, notebook.scrollHeight];
}"""
TOO_WIDE = """() => [...document.querySelectorAll('.jp-InputArea-editor .cm-scroller')]
  .filter(code => code.clientWidth && code.scrollWidth > code.clientWidth + 1).map(code => code.innerText)"""
# The picture inside <living-lstm> is not shown where scripts run.
FILTERS = """() =>
  [...document.querySelectorAll('.jp-OutputArea-output img:not(living-lstm img)')]
    .map(image => getComputedStyle(image).filter)"""
RUN = """async () => {
  const app = window.jupyterapp;
  await app.restored;
  while (!app.shell.currentWidget?.content?.model) await new Promise(done => setTimeout(done, 100));
  const notebook = app.shell.currentWidget;
  await notebook.context.ready;
  await notebook.sessionContext.ready;
  await app.commands.execute('notebook:clear-all-cell-outputs');
  await app.commands.execute('notebook:run-all-cells');  // comes back early where a cell fails on purpose
  const cells = [...notebook.content.model.cells].filter(cell => cell.type === 'code');
  const allowed = cell => (cell.getMetadata('tags') ?? []).includes('raises-exception');
  const failed = cell => cell.outputs.toJSON().some(output => output.output_type === 'error') && !allowed(cell);
  const idle = () => notebook.sessionContext.session.kernel.status === 'idle';
  const ended = () => idle() && (cells.every(cell => cell.executionCount) || cells.some(failed));
  while (!ended()) await new Promise(done => setTimeout(done, 100));
  return cells.map(cell => ({
    id: cell.id, count: cell.executionCount, tags: cell.getMetadata('tags') ?? [], outputs: cell.outputs.toJSON(),
  }));
}"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """(address, folder) of a JupyterLab on a copy of the notebooks."""
    folder, config = tmp_path_factory.mktemp("course") / "notebooks", tmp_path_factory.mktemp("config")
    shutil.copytree(FOLDER, folder)
    (config / SETTINGS).parent.mkdir(parents=True)
    (config / SETTINGS).write_text(json.dumps({"windowingMode": "none"}))
    (config / "custom").mkdir()
    shutil.copy(ROOT / "tools" / "lab.css", config / "custom" / "custom.css")  # as `make lab` does
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [f"--ServerApp.root_dir={folder}", f"--ServerApp.port={port}", "--IdentityProvider.token="]
    options += ["--no-browser", "--allow-root", "--expose-app-in-browser", "--LabApp.news_url=None"]
    options += ["--LabApp.custom_css=True"]
    environment = os.environ | {"JUPYTER_CONFIG_DIR": str(config)}
    (config / RISE).parent.mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "slides" / "templates" / "rise.json", config / RISE)
    with (config / "log").open("w") as log:
        command = [sys.executable, "-m", "jupyterlab", *options]
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/api", timeout=1).read()
            break
        except OSError:
            assert server.poll() is None, (config / "log").read_text()
            time.sleep(0.1)
    yield address, folder
    server.terminate()
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:  # its loop has ended, but Python waits for a thread of AnyIO's that never does
        server.kill()
        server.wait()


@pytest.mark.parametrize("path", PATHS, ids=lambda path: str(path.relative_to(FOLDER).with_suffix("")))
def test_notebook_in_jupyterlab(path, lab, open_page):
    address, folder = lab
    name = path.relative_to(FOLDER)
    before = set(folder.rglob("*"))
    with open_page(f"{address}/doc/tree/{name}?reset", home=address, height=900) as page:
        page.wait_for_function("window.jupyterapp?.shell?.currentWidget", timeout=60_000)
        page.set_default_timeout(120_000)
        cells = page.evaluate(RUN)
        assert [cell["count"] for cell in cells] == list(range(1, len(cells) + 1))
        for cell in cells:
            bad = [o for o in cell["outputs"] if o["output_type"] == "error" or o.get("name") == "stderr"]
            assert not bad or "raises-exception" in cell["tags"], f"cell {cell['id']}: {bad}"
        assert not page.evaluate(FORMULA_ERRORS)
        sliders = page.locator(f".jp-Notebook {SLIDERS}")
        assert sliders.count() == sum(str(cell["outputs"]).count("<output>") for cell in cells)
        for slider in sliders.all():
            move_slider(page, slider)
        page.set_viewport_size({"width": 1366, "height": 900})
        page.wait_for_timeout(500)
        assert not page.evaluate(TOO_WIDE), "runs off a laptop's screen"
        page.set_viewport_size({"width": 1920, "height": 900})
        photograph(page, str(name.with_suffix("")).replace("/", "_"))
        page.evaluate("window.jupyterapp.commands.execute('notebook:shutdown-kernel')")
    left = {str(p) for p in set(folder.rglob("*")) - before if ".ipynb_checkpoints" not in str(p)}
    assert not left, f"running the notebook left files behind: {left}"


def photograph(page, name):
    """Screenshots of the notebook, a screen at a time."""
    SCREENSHOTS.mkdir(exist_ok=True)
    for old in SCREENSHOTS.glob(f"{name}_*.png"):
        old.unlink()
    for theme in ("Light", "Dark"):
        page.evaluate(f"window.jupyterapp.commands.execute('apputils:change-theme', {{theme: 'JupyterLab {theme}'}})")
        page.wait_for_selector(f"body[data-jp-theme-name='JupyterLab {theme}']", state="attached")
        page.wait_for_timeout(500)
        assert set(page.evaluate(FILTERS)) <= ({"none"} if theme == "Light" else {"invert(0.93) hue-rotate(180deg)"})
        height, total = page.evaluate(SCROLL, 0)
        for number in range(-(-total // height)):
            page.evaluate(SCROLL, number * height)
            page.screenshot(path=SCREENSHOTS / f"{name}_{theme.lower()}_{number + 1:02d}.png")
