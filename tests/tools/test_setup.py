"""`make setup` and its like, with the real Makefile and tools/setup.py in an empty folder.

No package is fetched: modules named venv, pip and uv stand in for the real ones. They write down what they were asked,
and fail where a test tells them to.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import venv

import pytest

from tools.notebooks import ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="make is for Linux and macOS")

VENV = """
import sys
from pathlib import Path
home = Path(sys.argv[-1])
(home / "bin").mkdir()
(home / "bin" / "python").symlink_to(sys.executable)
(home / "bin" / "uv").touch()
(home / "pyvenv.cfg").write_text(f"home = {Path(sys.base_prefix) / 'bin'}\\ncommand = python -m venv {home}")
(home / "lib" / "python{}.{}".format(*sys.version_info) / "site-packages").mkdir(parents=True)
"""
INSTALLER = """
import os, sys, sysconfig, time
from pathlib import Path
words = " ".join([Path(__file__).parent.name, *sys.argv[1:]])
packages = [Path(sysconfig.get_path("purelib"), name) for name in ("numpy", *["ruff"] * ("test" in words))]
if "--offline" in words or "--version" in words:
    sys.exit("--offline" in words and not all(package.exists() for package in packages))
with open("asked", "a") as asked:
    print(words, file=asked)
if any(part.replace(",", " ") in words + "$" for part in os.environ.get("FAILS", "").split()):
    sys.exit(os.environ.get("SAYS", "no answer from " + words))
assert not {"PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"} & set(os.environ) and os.environ.get("PIP_INDEX_URL")
for package in packages:
    package.mkdir(exist_ok=True)
time.sleep(float(os.environ.get("SECONDS", 0)))
"""


@pytest.fixture
def folder(tmp_path):
    """A copy of what a set-up consists of, and the stand-ins."""
    (tmp_path / "tools").mkdir()
    for name in ("Makefile", "pyproject.toml", "tools/setup.py", "tools/lab.css"):
        shutil.copy(ROOT / name, tmp_path / name)
    lab = "import sys; print(sys.argv)"
    for name, source in {"venv": VENV, "pip": INSTALLER, "uv": INSTALLER, "jupyterlab": lab}.items():
        (tmp_path / "stand-ins" / name).mkdir(parents=True)
        (tmp_path / "stand-ins" / name / "__init__.py").touch()
        (tmp_path / "stand-ins" / name / "__main__.py").write_text(source, encoding="utf-8")
    return tmp_path


def start(folder, *words, **environment):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "COV"))}
    reader = {"PYTHONPATH": str(folder / "stand-ins"), "PIP_USER": "1", "PIP_ROOT": "/x", "PIP_INDEX_URL": "mirror"}
    words = ["make", f"PYTHON={sys.executable}", *words]
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "start_new_session": True}
    return subprocess.Popen(words, cwd=folder, env=inherited | reader | environment, **output)


def make(folder, *words, succeeds=True, **environment):
    """What make said, and what pip and uv were asked meanwhile."""
    (folder / "asked").unlink(missing_ok=True)
    process = start(folder, *words, **environment)
    said = process.communicate()[0]
    assert (process.returncode == 0) == succeeds, said
    asked = folder / "asked"
    return said, asked.read_text(encoding="utf-8").splitlines() if asked.exists() else []


def numpy(folder):
    return next((folder / ".venv" / "lib").glob("python*/site-packages")) / "numpy"


def test_a_reader_gets_the_cpu_build_and_tests_add_what_they_need_once(folder):
    said, asked = make(folder, "setup")
    assert len(said.splitlines()) == 1 and [line.split()[0] for line in asked] == ["pip", "uv", "uv", "uv"]
    assert all("--torch-backend=cpu" in line and "torch==" in line for line in asked[1:3])
    assert asked[3].endswith(".[course]") and make(folder, "setup") == ("", [])
    assert make(folder, ".venv/with-test")[1][-1].endswith(".[course,test]")
    assert make(folder, ".venv/with-test", "setup") == ("", [])


NEEDS = {"setup": "course", "test": "test", "site": "publish", "handout": "browser publish", "rise": "rise"}
NEEDS |= {"lab": "course", "lint": "test", "test-browser": "browser publish rise test", "test-hub": "hub"}


def test_each_command_asks_for_what_it_needs(folder):
    for command, extras in NEEDS.items():
        said, _ = make(folder, "--dry-run", command)
        assert set(re.findall(r"tools/setup.py .venv/with-(\w+)", said)) == set(extras.split()), command


def test_pip_helps_where_uv_does_not_reach(folder):
    said, asked = make(folder, "setup", FAILS="--torch-backend=cpu")
    assert said.count("pip brings PyTorch") == 1 and asked[2].startswith("pip ") and "--no-deps torch==" in asked[2]
    assert asked[3].startswith("uv ") and asked[3].endswith(".[course]") and len(asked) == 4
    shutil.rmtree(folder / ".venv")
    said, asked = make(folder, "setup", FAILS="uv")
    assert "pip tries" in said and asked[-1].startswith("pip ") and asked[-1].endswith(".[course]")
    # But a download of PyTorch that breaks off does not become another build.
    shutil.rmtree(folder / ".venv")
    asked = make(folder, "setup", FAILS="--no-deps,torch==2.13.0$", succeeds=False)[1]
    assert sum(line.startswith("pip ") for line in asked) == 1


def newer(folder):
    requirements = folder / "pyproject.toml"
    requirements.write_text(requirements.read_text(encoding="utf-8") + "# newer\n", encoding="utf-8")


def python_gone(folder):
    (folder / ".venv" / "bin" / "python").unlink()
    (folder / ".venv" / "bin" / "python").symlink_to(folder / "a-python-that-was-uninstalled")


DAMAGES = {
    "no NumPy": lambda folder: numpy(folder).rmdir(),
    "newer requirements": newer,
    "moved": lambda folder: folder.rename(folder.with_name("moved")),
    "a Python that is gone": python_gone,
    "a change broken off": lambda folder: (folder / ".venv" / "unfinished").touch(),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_nothing_is_lost_without_a_network_and_all_is_mended_with_one(folder, name):
    make(folder, "setup")
    folder = DAMAGES[name](folder) or folder
    before = {path: path.lstat().st_ino for path in (folder / ".venv").rglob("[!.l]*") if path.parent != folder}
    said, _ = make(folder, "setup", FAILS="uv pip", SAYS="ERROR: connection broken\nconflict", succeeds=False)
    assert "Is there a network?" in said and "conflict" not in said
    assert before.items() <= {path: path.lstat().st_ino for path in (folder / ".venv").rglob("*")}.items()
    assert len(make(folder, "setup")[1]) == 4 and numpy(folder).exists() and make(folder, "setup") == ("", [])
    assert sorted(path.name for path in folder.glob(".venv*")) == [".venv"]


@pytest.mark.parametrize("command, number", [("setup", signal.SIGINT), (".venv/with-test", signal.SIGKILL)])
def test_after_an_interruption_starting_again_works(folder, command, number):
    if command != "setup":
        make(folder, "setup")
        (folder / "asked").unlink()
    process = start(folder, command, SECONDS="60")
    while not (folder / "asked").exists():
        time.sleep(0.02)
    os.killpg(process.pid, number)
    process.communicate(timeout=30)
    assert len(make(folder, command)[1]) == 4 and make(folder, command) == ("", [])


def test_no_file_of_pip_has_a_say_in_where_packages_go(folder):
    make(folder, "setup")
    (folder / ".pip").mkdir()
    elsewhere = "[install]\nuser = true\ntarget = x\nprefix = x\nroot = x\n"
    (folder / ".pip" / "pip.conf").write_text(elsewhere, encoding="utf-8")
    venv.create(folder / "real")  # in which a real pip runs, borrowed
    command = [folder / "real" / "bin" / "python", "-m", "pip", "install", "--no-index", "no-such-package"]
    environment = os.environ | {"HOME": str(folder), "PYTHONPATH": sysconfig.get_path("purelib")}
    for words in ("Can not combine", "No matching distribution"):
        assert words in subprocess.run(command, env=environment, capture_output=True, text=True).stderr
        shutil.copy(folder / ".venv" / "pip.conf", folder / "real" / "pip.conf")


def test_an_older_python_is_told_before_anything_is_made(folder):
    (folder / "older").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    (folder / "older").chmod(0o755)
    for python in (folder / "older", folder / "missing"):
        said, _ = make(folder, "setup", f"PYTHON={python}", succeeds=False)
        assert "Python 3.11 or newer is needed" in said and not (folder / ".venv").exists()


def test_the_newest_versions_are_asked_for_anew_each_time_without_pins(folder):
    for _ in range(2):
        asked = make(folder, ".newest/with-test")[1]
        assert {"numpy", "matplotlib", "pytest"} < set(asked[-2].split())
        assert [word for word in asked[-2].split() if "==" in word] == ["torch==2.13.0"]
        assert asked[-1].endswith("--no-deps --editable .") and not (folder / ".venv" / "bin").exists()


@pytest.mark.parametrize("number, words", [(0, ["OPTIONS=--ip=x --allow-root"]), (1000, []), (0, [])])
def test_jupyterlab_opens_the_notebook_but_not_as_root_unless_asked(folder, number, words):
    (folder / "id").write_text(f"#!/bin/sh\necho {number}\n", encoding="utf-8")  # says who runs make
    (folder / "id").chmod(0o755)
    refused = number == 0 and not words
    said, asked = make(folder, "lab", *words, succeeds=not refused, PATH=f"{folder}{os.pathsep}{os.environ['PATH']}")
    if refused:
        assert said.startswith("JupyterLab does not start as root") and said.count("\n") == 2 and not asked
    else:
        opened = said.splitlines()[-1]
        assert "/lab/tree/01_forward_equations.ipynb'" in opened and ("--allow-root" in opened) == bool(words)
        assert (folder / ".venv" / "jupyter" / "custom" / "custom.css").exists()


def test_no_other_account_reads_jupyters_token(folder):
    runtime = folder / ".venv" / "jupyter" / "runtime"
    make(folder, "setup")
    assert runtime.stat().st_mode & 0o777 == 0o700
    runtime.chmod(0o755)
    (runtime / "token").write_text("secret", encoding="utf-8")
    if os.getuid() == 0:
        read = {"args": ["cat", "runtime/token"], "cwd": runtime.parent, "user": 65534, "capture_output": True}
        assert subprocess.run(**read).stdout == b"secret"
    make(folder, "lab", "OPTIONS=--allow-root")
    assert runtime.stat().st_mode & 0o777 == 0o700
    assert os.getuid() or subprocess.run(**read).stdout == b""
