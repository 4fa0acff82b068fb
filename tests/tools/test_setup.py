"""`make setup` and its like, with the real Makefile and tools/setup.py in an empty folder.

No package is fetched: a module named venv makes an environment whose Python is a shell script. As pip and as uv it
writes down what it was asked, and fails where a test tells it to.
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
(home / "bin" / "python").symlink_to("../../stand-ins/python")
(home / "bin" / "uv").touch()
(home / "pyvenv.cfg").write_text(f"command = python -m venv {home}")
(home / "lib").mkdir()
"""
PYTHON = """#!/bin/sh
[ "$1" = -m ] || exit 0
shift
case "$*" in *test*) packages="numpy ruff" ;; *) packages=numpy ;; esac
cd .venv/lib 2>/dev/null || cd .newest/lib
case "$*" in
  jupyterlab*) echo "$*"; exit ;;
  *--version*) exit ;;
  *--offline*) ls -d $packages; exit ;;
esac
echo "$*" >> ../../asked
for part in $FAILS; do
  case "$*$" in *$(echo $part | tr , " ")*) echo "${SAYS:-no answer from $*}"; exit 1 ;; esac
done
[ -z "$PIP_USER$PIP_TARGET$PIP_PREFIX$PIP_ROOT" ] && [ "$PIP_INDEX_URL" ] && mkdir -p $packages && sleep ${SLEEP:-0}
"""


@pytest.fixture
def folder(tmp_path):
    """A copy of what a set-up consists of, and the stand-ins."""
    (tmp_path / "tools").mkdir()
    for name in ("Makefile", "pyproject.toml", "tools/setup.py", "tools/lab.css"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "stand-ins").mkdir()
    (tmp_path / "stand-ins" / "venv.py").write_text(VENV, encoding="utf-8")
    (tmp_path / "stand-ins" / "python").write_text(PYTHON, encoding="utf-8")
    (tmp_path / "stand-ins" / "python").chmod(0o755)
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


def test_a_reader_gets_the_cpu_build_and_tests_add_what_they_need_once(folder):
    said, asked = make(folder, "setup")
    assert len(said.splitlines()) == 1 and [line.split()[0] for line in asked] == ["pip", "uv", "uv", "uv"]
    assert all("--torch-backend=cpu" in line and "torch==" in line for line in asked[1:3])
    assert asked[3].endswith(".[course]")
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
    said, asked = make(folder, ".venv/with-test", FAILS="uv")
    assert "pip tries" in said and asked[-1].startswith("pip ") and asked[-1].endswith(".[course,test]")


def test_a_download_of_pytorch_that_breaks_off_does_not_become_another_build(folder):
    torch = re.search(r"torch==[\d.]+", (folder / "pyproject.toml").read_text(encoding="utf-8"))[0]
    asked = make(folder, "setup", FAILS=f"--no-deps,{torch}$", succeeds=False)[1]
    assert sum(line.startswith("pip ") for line in asked) == 1


def newer(folder):
    requirements = folder / "pyproject.toml"
    requirements.write_text(requirements.read_text(encoding="utf-8") + "# newer\n", encoding="utf-8")


def python_gone(folder):
    (folder / ".venv" / "bin" / "python").unlink()
    (folder / ".venv" / "bin" / "python").symlink_to(folder / "a-python-that-was-uninstalled")


DAMAGES = {
    "no NumPy": lambda folder: (folder / ".venv" / "lib" / "numpy").rmdir(),
    "newer requirements": newer,
    "a Python that is gone": python_gone,
    "a change broken off": lambda folder: (folder / ".venv" / "unfinished").touch(),
    "moved": lambda folder: folder.rename(folder.with_name("moved")),
}
NO_NETWORK = {"FAILS": "uv pip", "SAYS": "ERROR: connection broken\nconflict", "succeeds": False}


def test_nothing_is_lost_without_a_network_and_all_is_mended_with_one(folder):
    make(folder, "setup")
    make(folder, ".venv/with-test", **NO_NETWORK)
    assert make(folder, "setup") == ("", [])
    for name, damage in DAMAGES.items():
        folder = damage(folder) or folder
        before = {path: path.lstat().st_ino for path in (folder / ".venv").rglob("[!.l]*")}
        said, _ = make(folder, "setup", **NO_NETWORK)
        assert "Is there a network?" in said and "conflict" not in said, name
        assert before.items() <= {path: path.lstat().st_ino for path in (folder / ".venv").rglob("*")}.items(), name
        assert len(make(folder, "setup")[1]) == 4 and (folder / ".venv" / "lib" / "numpy").exists(), name
    assert make(folder, "setup") == ("", []) and [path.name for path in folder.glob(".venv*")] == [".venv"]


@pytest.mark.parametrize("anew, number", [(False, signal.SIGINT), (True, signal.SIGKILL)])
def test_after_an_interruption_starting_again_works(folder, anew, number):
    if anew:
        make(folder, "setup")
        python_gone(folder)
        (folder / "asked").unlink()
    process = start(folder, "setup", SLEEP="60")
    while not (folder / "asked").exists():
        time.sleep(0.02)
    os.killpg(process.pid, number)
    process.communicate(timeout=30)
    assert len(make(folder, "setup")[1]) == 4 and make(folder, "setup") == ("", [])


def test_no_file_of_pip_has_a_say_in_where_packages_go(folder):
    make(folder, "setup")
    (folder / ".pip").mkdir()
    elsewhere = "[install]\nuser = true\ntarget = x\nprefix = x\nroot = x\n"
    (folder / ".pip" / "pip.conf").write_text(elsewhere, encoding="utf-8")
    venv.create(folder / "real")  # in which a real pip runs, borrowed
    shutil.copy(folder / ".venv" / "pip.conf", folder / "real" / "pip.conf")
    command = [folder / "real" / "bin" / "python", "-m", "pip", "install", "--no-index", "no-such-package"]
    environment = os.environ | {"HOME": str(folder), "PYTHONPATH": sysconfig.get_path("purelib")}
    said = subprocess.run(command, env=environment, capture_output=True, text=True).stderr
    assert "No matching distribution" in said  # else: "Can not combine"


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
        assert re.findall(r"\S+==", asked[-2]) == ["torch=="]
        assert asked[-1].endswith("--no-deps --editable .") and not (folder / ".venv" / "bin").exists()


def whose(folder, number):
    """A PATH on which `id -u` says that this account runs make."""
    (folder / "id").write_text(f"#!/bin/sh\necho {number}\n", encoding="utf-8")
    (folder / "id").chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def test_jupyterlab_opens_the_notebook_but_not_as_root(folder):
    said, asked = make(folder, "lab", succeeds=False, PATH=whose(folder, 0))
    assert said.startswith("JupyterLab does not start as root") and said.count("\n") == 2 and not asked
    opened = make(folder, "lab", PATH=whose(folder, 1000))[0].splitlines()[-1]
    assert "/lab/tree/01_forward_equations.ipynb " in opened and "--allow-root" not in opened
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
    assert "--allow-root" in make(folder, "lab", "OPTIONS=--allow-root")[0]
    assert runtime.stat().st_mode & 0o777 == 0o700
    assert os.getuid() or subprocess.run(**read).stdout == b""
