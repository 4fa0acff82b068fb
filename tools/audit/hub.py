"""A class at work: a real JupyterHub with its local spawner, eight students at once, each of whom runs notebook 05 from
the first cell to the last through the hub's API. Prints time and memory; fails where a student does not get there.

`make test-hub` is `python -m tools.audit.hub [STUDENTS]`.
"""

import json
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import websocket

from tools.notebooks import FOLDER, ROOT, read

NOTEBOOK = "05_three_implementations.ipynb"
PROXY = ROOT / ".venv" / "node" / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
TIME_LIMIT = 300  # seconds, for each step of one student


class Hub:
    """A JupyterHub of our own on 127.0.0.1, in a folder that is removed afterwards."""

    def __enter__(self):
        self.home, self.token, self.port = (
            Path(tempfile.mkdtemp(prefix="hub")),
            secrets.token_hex(16),
            three_free_ports(),
        )
        (self.home / "students").mkdir()
        settings = {"HOME": self.home, "PORT": self.port, "TOKEN": self.token, "PROXY": PROXY}
        environment = os.environ | {f"COURSE_HUB_{name}": str(value) for name, value in settings.items()}
        config = Path(__file__).with_name("jupyterhub_config.py")
        with (self.home / "log").open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", config],
                env=environment,
                cwd=self.home,
                stdout=log,
                stderr=log,
            )
        wait_until(lambda: self.answers("/hub/api/"), "the hub answers")
        return self

    def __exit__(self, *failure):
        if any(failure):
            print((self.home / "log").read_text()[-4000:], file=sys.stderr)
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def answers(self, path):
        try:
            return self.ask("GET", path)
        except OSError:
            assert self.process.poll() is None, f"the hub stopped:\n{(self.home / 'log').read_text()[-4000:]}"
            return None

    def ask(self, method, path, body=None):
        """The JSON that the hub, or a student's server behind it, answers."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=TIME_LIMIT) as answer:
            return json.loads(answer.read() or "null")


def three_free_ports():
    """The first of three consecutive ports that nobody uses."""
    for _ in range(100):
        with socket.socket() as first, socket.socket() as second, socket.socket() as third:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
                third.bind(("127.0.0.1", port + 2))
            except OSError:
                continue
            return port
    raise OSError("no three ports in a row are free")


def wait_until(condition, what):
    end = time.monotonic() + TIME_LIMIT
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.2)
    raise TimeoutError(f"{what}: not within {TIME_LIMIT} s")


def study(hub, student):
    """(seconds until the server was there, seconds for the notebook) of one student who starts from nothing."""
    desk = hub.home / "students" / student
    shutil.copytree(FOLDER, desk / "notebooks")
    before = {path for path in desk.rglob("*") if path.is_file()}
    began = time.monotonic()
    hub.ask("POST", f"/hub/api/users/{student}")
    hub.ask("POST", f"/hub/api/users/{student}/server")
    wait_until(
        lambda: hub.ask("GET", f"/hub/api/users/{student}")["servers"].get("", {}).get("ready"), "the server runs"
    )
    served = time.monotonic()
    path = f"notebooks/{NOTEBOOK}"
    session = {"path": path, "name": NOTEBOOK, "type": "notebook", "kernel": {"name": "python3"}}
    kernel = hub.ask("POST", f"/user/{student}/api/sessions", session)["kernel"]["id"]
    run_cells(hub, f"/user/{student}/api/kernels/{kernel}/channels")
    done = time.monotonic()
    # Jupyter keeps its own records in folders that begin with a dot.
    new = {path.relative_to(desk) for path in desk.rglob("*") if path.is_file() and path not in before}
    strange = [str(path) for path in new if not path.parts[0].startswith(".")]
    assert not strange, f"{student}: the notebook wrote {strange}"
    return served - began, done - served


def run_cells(hub, path):
    """Run all code cells of the notebook in this kernel; what they print must be what is stored."""
    channel = websocket.create_connection(
        f"ws://127.0.0.1:{hub.port}{path}", header=[f"Authorization: token {hub.token}"], timeout=TIME_LIMIT
    )
    for cell in read(FOLDER / NOTEBOOK).cells:
        if cell.cell_type != "code":
            continue
        message = uuid.uuid4().hex
        header = {
            "msg_id": message,
            "msg_type": "execute_request",
            "version": "5.3",
            "username": "",
            "session": message,
        }
        tags = cell.metadata.get("tags", [])
        content = {"code": cell.source, "silent": False, "stop_on_error": "raises-exception" not in tags}
        request = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        channel.send(json.dumps(request))
        printed, failed = "", None
        while True:
            reply = json.loads(channel.recv())
            if reply["parent_header"].get("msg_id") != message:
                continue
            kind, content = reply["msg_type"], reply["content"]
            if kind == "stream":
                printed += content["text"]
            elif kind == "error":
                failed = f"{content['ename']}: {content['evalue']}"
            elif kind == "status" and content["execution_state"] == "idle":
                break
        assert not failed or "raises-exception" in tags, f"cell {cell.id}: {failed}"
        stored = "".join(output.get("text", "") for output in cell.outputs if output.output_type == "stream")
        assert printed == stored or "nbval-ignore-output" in tags, f"cell {cell.id} printed {printed!r}, not {stored!r}"
    channel.close()


class MemoryWatch:
    """The most memory that the students' processes took at one time, in MiB; pages they share count once (PSS)."""

    def __init__(self, hub):
        self.hub, self.most, self.processes, self.ended = hub, 0.0, 0, threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def watch(self):
        while not self.ended.wait(0.5):
            total, count = 0, 0
            for process in psutil.Process(self.hub.process.pid).children(recursive=True):
                try:
                    if not process.name().startswith("node"):
                        total, count = total + process.memory_full_info().pss, count + 1
                except psutil.Error:  # it ended while we looked
                    continue
            if total > self.most * 2**20:
                self.most, self.processes = total / 2**20, count

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *failure):
        self.ended.set()
        self.thread.join()


def report(students):
    with Hub() as hub, MemoryWatch(hub) as memory, ThreadPoolExecutor(students) as crowd:
        began = time.monotonic()
        times = list(crowd.map(lambda k: study(hub, f"student-{k + 1}"), range(students)))
        total = time.monotonic() - began
    started, ran = zip(*times)
    print(
        f"{students} student{'s' * (students > 1)} at once: all done after {total:.0f} s; "
        f"server there after {statistics.median(started):.0f} s, notebook 05 run in {statistics.median(ran):.0f} s "
        f"(median; slowest {max(ran):.0f} s); at most {memory.most:.0f} MiB in {memory.processes} processes, "
        f"{memory.most / students:.0f} MiB a student"
    )
    return total


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    print(f"{os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB")
    alone = report(1)
    print(f"a class of {count} takes {report(count) / alone:.1f} times as long as one student alone")
