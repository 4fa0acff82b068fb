"""A class at work: a real JupyterHub with its local spawner, eight students at once, each of whom runs notebook 05 from
the first cell to the last on their own server. Prints time and memory; fails where a student does not get there.

`make test-hub` is `python -m tools.audit.hub [STUDENTS]`; each student is a process of its own.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.request
from functools import partial
from pathlib import Path

import psutil
import websocket
from jupyter_server.gateway.gateway_client import GatewayClient
from jupyter_server.gateway.managers import GatewayKernelManager
from nbclient import NotebookClient

from tools.notebooks import FOLDER, ROOT, read

NOTEBOOK = FOLDER / "05_three_implementations.ipynb"
PROXY = ROOT / ".venv" / "node" / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
URL = "http://127.0.0.1:8765"  # as in jupyterhub_config.py
TIME_LIMIT = 300  # seconds, for each step


def ask(method, path, token):
    """The JSON that the hub answers."""
    request = urllib.request.Request(URL + path, method=method, headers={"Authorization": f"token {token}"})
    with urllib.request.urlopen(request, timeout=TIME_LIMIT) as answer:
        return json.loads(answer.read() or "null")


def wait_until(condition, what):
    end = time.monotonic() + TIME_LIMIT
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {TIME_LIMIT} s")
        time.sleep(0.2)


def study(student, token):
    """One student's process, who starts from nothing: a server, a kernel on it, all cells of the notebook there."""
    user = f"/hub/api/users/{student}"
    ask("POST", user, token)
    ask("POST", user + "/server", token)
    wait_until(lambda: ask("GET", user, token)["servers"].get("", {}).get("ready"), "the server runs")
    GatewayClient.instance(url=f"{URL}/user/{student}", auth_token=token, request_timeout=TIME_LIMIT)
    # The gateway's client forgets the token where it opens the kernel's channel.
    websocket.create_connection = partial(websocket.create_connection, header=[f"Authorization: token {token}"])
    notebook = read(NOTEBOOK)
    stored = printed(notebook)
    NotebookClient(notebook, kernel_manager_class=GatewayKernelManager, timeout=TIME_LIMIT).execute()
    assert printed(notebook) == stored, f"{student}'s notebook prints other things than the stored one"


def printed(notebook):
    """What each cell prints, where a test compares it."""
    return {
        cell.id: "".join(output.text for output in cell.outputs if output.output_type == "stream")
        for cell in notebook.cells
        if cell.cell_type == "code" and "nbval-ignore-output" not in cell.metadata.get("tags", [])
    }


def memory(hub):
    """MiB that the hub's and the students' processes take; pages that they share count once (PSS)."""
    total = 0
    for process in psutil.Process(hub.pid).children(recursive=True):
        try:
            total += 0 if process.name().startswith("node") else process.memory_full_info().pss / 2**20
        except psutil.Error:  # it ended while we looked
            continue
    return total


def answers(hub, token):
    assert hub.poll() is None, "the hub stopped"
    try:
        return ask("GET", "/hub/api/", token)
    except OSError:
        return None


def report(students):
    """Seconds that so many students took at once, on a hub in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        token = secrets.token_hex(16)
        settings = {"COURSE_HUB_HOME": home, "COURSE_HUB_TOKEN": token, "COURSE_HUB_PROXY": str(PROXY)}
        command = [sys.executable, "-m", "jupyterhub", "-f", Path(__file__).with_name("jupyterhub_config.py")]
        log = Path(home, "log")
        with log.open("w") as file:
            hub = subprocess.Popen(command, env=os.environ | settings, cwd=home, stdout=file, stderr=file)
        try:
            wait_until(lambda: answers(hub, token), "the hub answers")
            began, most = time.monotonic(), 0.0
            command = [sys.executable, "-m", "tools.audit.hub"]
            crowd = [subprocess.Popen([*command, f"student-{k + 1}", token], cwd=ROOT) for k in range(students)]
            while any(student.poll() is None for student in crowd):
                most = max(most, memory(hub))
                time.sleep(0.5)
            seconds = time.monotonic() - began
            assert not any(student.returncode for student in crowd), "a student did not get to the end"
        except BaseException:
            print(log.read_text()[-4000:], file=sys.stderr)
            raise
        finally:
            hub.terminate()
            hub.wait()
    print(f"{students} at once: all done after {seconds:.0f} s; at most {most:.0f} MiB, {most / students:.0f} each")
    return seconds


if __name__ == "__main__":
    if len(sys.argv) > 2:
        study(*sys.argv[1:])
    else:
        count = int(sys.argv[1]) if len(sys.argv) > 1 else 8
        print(f"{os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB")
        alone = report(1)
        print(f"a class of {count} takes {report(count) / alone:.1f} times as long as one student alone")
