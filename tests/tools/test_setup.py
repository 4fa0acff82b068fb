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
import time

import pytest

from tools.notebooks import ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="make is for Linux and macOS")

NO_INDEX = "--torch-backend=cpu"
VENV = """
import os, sys
from pathlib import Path
home = Path(sys.argv[-1])
(home / "bin").mkdir(parents=True)
(home / "bin" / "python").symlink_to(sys.executable)
(home / "pyvenv.cfg").write_text(f"home = {Path(sys.base_prefix) / 'bin'}")
(home / "lib" / "python{}.{}".format(*sys.version_info) / "site-packages").mkdir(parents=True)
"""
INSTALLER = """
import os, sys, sysconfig, time
from pathlib import Path
words = " ".join([Path(__file__).parent.name, *sys.argv[1:]])
with open("asked", "a") as asked:
    print(words, file=asked)
if any(part.replace(",", " ") in words + "$" for part in os.environ.get("FAILS", "").split()):
    sys.exit("no answer from " + words)
time.sleep(float(os.environ.get("SECONDS", 0)))
site = Path(sysconfig.get_path("purelib"))
for name in ("numpy", "torch", "ruff") if "test" in words else ("numpy", "torch"):
    (site / name).mkdir(exist_ok=True)
    (site / name / "__init__.py").touch()
for name in os.environ.get("MORE", "").split():
    (site / name).mkdir(exist_ok=True)
"""


@pytest.fixture
def folder(tmp_path):
    """A copy of what a set-up consists of, and the stand-ins."""
    (tmp_path / "tools" / "templates").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "tools/setup.py", "tools/lab.css"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name, source in {"venv": VENV, "pip": INSTALLER, "uv": INSTALLER, "matplotlib": ""}.items():
        package = tmp_path / "stand-ins" / name
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text(source, encoding="utf-8")
    (tmp_path / "stand-ins" / "matplotlib" / "font_manager.py").touch()
    return tmp_path


# What a script runs in the background ignores interrupts, and so would make as its child.
HEED = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execvp(sys.argv[1], sys.argv[1:])"


def start(folder, *words, **environment):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "COV"))}
    environment = inherited | {"PYTHONPATH": str(folder / "stand-ins")} | environment
    words = [sys.executable, "-ISc", HEED, "make", f"PYTHON={sys.executable}", *words]
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(words, cwd=folder, env=environment, **output)


def make(folder, *words, succeeds=True, **environment):
    """What make said, and what pip and uv were asked meanwhile."""
    (folder / "asked").unlink(missing_ok=True)
    process = start(folder, *words, **environment)
    said = process.communicate()[0]
    assert (process.returncode == 0) == succeeds, said
    asked = folder / "asked"
    return said, asked.read_text(encoding="utf-8").splitlines() if asked.exists() else []


def site_packages(folder):
    return next((folder / ".venv" / "lib").glob("python*/site-packages"))


def test_a_reader_gets_the_cpu_build_and_no_test_tools_once(folder):
    said, asked = make(folder, "setup")
    assert "Setting up .venv" in said and len(said.splitlines()) == 1
    assert [line.split()[0] for line in asked] == ["pip", "uv", "uv", "uv"]
    assert all("--torch-backend=cpu" in line and "torch==" in line for line in asked[1:3])
    assert asked[3].endswith(".[course]")
    assert make(folder, "setup") == ("", [])


def test_tests_add_what_they_need_once(folder):
    make(folder, "setup")
    said, asked = make(folder, ".venv/with-test")
    assert said == "Adding what this needs (test) ...\n"
    assert len(asked) == 1 and asked[0].startswith("uv ") and asked[0].endswith(".[course,test]")
    assert make(folder, ".venv/with-test", "setup") == ("", [])
    # In a fresh clone both come at once.
    shutil.rmtree(folder / ".venv")
    assert make(folder, ".venv/with-test")[1][-1].endswith(".[course,test]")
    assert make(folder, ".venv/with-test", "setup") == ("", [])


NEEDS = {
    "setup": {"course"},
    "lab": {"course"},
    "test": {"test"},
    "lint": {"test"},
    "notebooks": {"test"},
    "figures": {"course"},
    "sweep": {"course"},
    "site": {"publish"},
    "handout": {"publish", "browser"},
    "rise": {"rise"},
    "test-browser": {"publish", "test", "rise", "browser"},
    "test-hub": {"hub"},
}


def test_each_command_asks_for_what_it_needs(folder):
    for command, extras in NEEDS.items():
        said, _ = make(folder, "--dry-run", command)
        assert set(re.findall(r"tools/setup.py .venv/with-(\w+)", said)) == extras, command


def test_without_pytorchs_index_pip_brings_pytorch_alone_and_uv_the_rest(folder):
    said, asked = make(folder, "setup", FAILS=NO_INDEX)
    assert said.count("pip brings PyTorch") == 1 and len(said.splitlines()) == 2
    assert "--no-deps torch==" in asked[2] and asked[2].startswith("pip ")
    assert asked[3].startswith("uv ") and asked[3].endswith(".[course]") and len(asked) == 4


def test_without_uv_pip_does_it_all(folder):
    said, asked = make(folder, "setup", FAILS="uv")
    assert asked[-1].startswith("pip ") and asked[-1].endswith(".[course]")
    assert "pip tries" in said


def test_without_a_network_it_says_what_failed_and_starts_over(folder):
    said, _ = make(folder, "setup", FAILS="pip uv", succeeds=False)
    assert "no answer from pip" in said and "Is there a network" in said
    said, asked = make(folder, "setup")
    assert "built anew" in said and len(asked) == 4


def test_a_download_of_pytorch_that_breaks_off_does_not_become_another_build(folder):
    said, asked = make(folder, "setup", FAILS="--no-deps,torch==2.13.0$", succeeds=False)
    assert "no answer from uv" in said and sum(line.startswith("pip ") for line in asked) == 1


def remove(*parts):
    def damage(folder):
        path = site_packages(folder) / parts[0] if parts[0] == "numpy" else folder / ".venv" / parts[0]
        path = path.joinpath(*parts[1:])
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    return damage


def python_gone(folder):
    python = folder / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(folder / "a-python-that-was-uninstalled")


def python_broken(folder):
    python = folder / ".venv" / "bin" / "python"
    python.unlink()
    python.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    python.chmod(0o755)


def newer_requirements(folder):
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("# newer\n")


DAMAGES = {
    "no bin": remove("bin"),
    "no Python": python_gone,
    "a Python that fails": python_broken,
    "no NumPy": remove("numpy"),
    "half of NumPy": remove("numpy", "__init__.py"),
    "no stamp": remove("with-course"),
    "an unfinished change": lambda folder: (folder / ".venv" / "unfinished").touch(),
    "a stamp cut short": lambda folder: (folder / ".venv" / "with-course").write_text("{", encoding="utf-8"),
    "newer requirements": newer_requirements,
}


def test_a_damaged_environment_is_built_anew(folder):
    make(folder, "setup")
    for name, damage in DAMAGES.items():
        damage(folder)
        said, asked = make(folder, "setup")
        assert "built anew" in said and len(asked) == 4, name
        assert (site_packages(folder) / "numpy" / "__init__.py").exists(), name


def test_a_moved_folder_is_set_up_anew(folder):
    make(folder, "setup")
    moved = folder.with_name("moved")
    folder.rename(moved)
    assert "built anew" in make(moved, "setup")[0]


def test_a_renewed_pip_and_compiled_files_are_no_damage(folder):
    make(folder, "setup", MORE="pip-1.dist-info numpy/__pycache__")
    for name in ("pip-1.dist-info", "numpy/__pycache__"):
        (site_packages(folder) / name).rmdir()
    assert make(folder, "setup") == ("", [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["INT", "TERM"])
def test_a_signal_to_make_alone_ends_a_set_up(folder, number):
    process = start(folder, "setup", SECONDS="60")
    while not (folder / "asked").exists():
        time.sleep(0.02)
    os.kill(process.pid, number)
    said = process.communicate(timeout=30)[0]
    assert process.returncode and "Set-up was broken off" in said
    said, asked = make(folder, "setup")
    assert "built anew" in said and len(asked) == 4


def test_an_interrupted_addition_leaves_no_half_state(folder):
    make(folder, "setup")
    (folder / "asked").unlink()
    process = start(folder, ".venv/with-test", SECONDS="60")
    while not (folder / "asked").exists():
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=30)
    said, asked = make(folder, ".venv/with-test")
    assert "built anew" in said and asked[-1].endswith(".[course,test]")


def test_an_older_python_is_told_before_anything_is_made(folder):
    older = folder / "older"
    older.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    older.chmod(0o755)
    for python in (older, folder / "missing"):
        said, asked = make(folder, "setup", f"PYTHON={python}", succeeds=False)
        assert "Python 3.11 or newer is needed" in said and not asked
    assert not (folder / ".venv").exists()


def test_the_newest_versions_are_asked_for_anew_each_time_without_pins(folder):
    for _ in range(2):
        _, asked = make(folder, ".newest/with-test")
        assert "torch==" in asked[-3] and " numpy matplotlib " in asked[-2] and " pytest " in asked[-2]
        assert [word for word in asked[-2].split() if "=" in word] == ["torch==2.13.0"]
        assert asked[-1].endswith("--no-deps --editable .")
    assert not (folder / ".venv" / "with-course").exists()


def as_user(folder, number):
    """A command `id` that says who runs make."""
    (folder / "commands").mkdir(exist_ok=True)
    (folder / "commands" / "id").write_text(f"#!/bin/sh\necho {number}\n", encoding="utf-8")
    (folder / "commands" / "id").chmod(0o755)
    return {"PATH": f"{folder / 'commands'}{os.pathsep}{os.environ['PATH']}"}


def test_root_is_told_in_one_line_how_to_open_jupyterlab(folder):
    said, asked = make(folder, "lab", succeeds=False, **as_user(folder, 0))
    told = [line for line in said.splitlines() if not line.startswith("make: ***")]
    assert len(told) == 1 and "make lab OPTIONS=--allow-root" in told[0] and not asked


@pytest.mark.parametrize("number, words", [(0, ["OPTIONS=--ip=x --allow-root"]), (1000, [])], ids=["asked", "not root"])
def test_jupyterlab_opens_with_the_options(folder, number, words):
    (folder / "stand-ins" / "jupyterlab").mkdir()
    (folder / "stand-ins" / "jupyterlab" / "__main__.py").write_text("import sys; print(sys.argv)", encoding="utf-8")
    said, _ = make(folder, "lab", *words, **as_user(folder, number))
    opened = said.splitlines()[-1]
    assert "01_forward_equations.ipynb" in opened and ("--allow-root" in opened) == bool(words)
    assert "filter" in (folder / ".venv" / "jupyter" / "custom" / "custom.css").read_text(encoding="utf-8")
