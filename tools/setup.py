"""What the commands of the Makefile begin with: an environment that holds what they need.

`tools/setup.py .venv/with-test`, for `make test`, leaves in .venv what a reader and the tests need, and that file as a
stamp. Packages come from uv, which is fast and can ask for PyTorch's CPU build, or from pip where uv does not reach
them. A .venv that is broken off, moved, half deleted or older than pyproject.toml is built anew. Nothing is written
elsewhere. In .newest each package is the newest there is, PyTorch apart, and it is always built anew.
"""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

TARGET = Path(sys.argv[1])
VENV, EXTRA = TARGET.parent, TARGET.name.removeprefix("with-")
NEWEST = VENV.name == ".newest"
PYTHON = VENV / "bin" / "python"
UNFINISHED = VENV / "unfinished"  # stands while packages are being changed
LOG = VENV / "log"
UV = "uv==0.13.*"

AGAIN = "Run the same command again: it starts over by itself."
STOPPED = f"Set-up stopped there. Is there a network, and room on the disk? {AGAIN}"
NO_VENV = (
    "Python could not make .venv. Is there room on the disk? Debian and Ubuntu also need: apt install python3-venv"
)


def fingerprint():
    """For which folder and which requirements a set-up was made."""
    return f"{Path.cwd()} {hashlib.sha256(Path('pyproject.toml').read_bytes()).hexdigest()}"


def packages():
    """What lies in site-packages, two levels deep; None without a Python that runs. pip may be renewed by anyone."""
    try:
        command = [PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
        site = Path(subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip())
    except (OSError, subprocess.CalledProcessError):
        return None
    names = {name for name in os.listdir(site) if not name.startswith(("pip", "setuptools"))}
    inside = {f"{name}/{child}" for name in names if (site / name).is_dir() for child in os.listdir(site / name)}
    return {name for name in names | inside if "__pycache__" not in name}


def stamp(extra):
    return VENV / f"with-{extra}"


def holds(extra):
    """Was this extra installed, and is everything still there?"""
    try:
        told = json.loads(stamp(extra).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return told["for"] == fingerprint() and set(told["packages"]) <= (packages() or set())


class Interrupted(Exception):
    """Somebody wants this to end."""


def stop(*_):
    raise Interrupted


def step(*command, **environment):
    """Run one step quietly; did it succeed? Its words go to LOG.

    A make that is interrupted alone (kill -INT, an editor's stop button) tells nobody, but removes the file that it was
    making: so when TARGET is gone, the step ends.
    """
    settings = {"PIP_NO_CACHE_DIR": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "UV_CACHE_DIR": str(VENV / "uv-cache")}
    with LOG.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(command, env=os.environ | settings | environment, stdout=log, stderr=log)
    try:
        while True:
            try:
                return process.wait(timeout=0.2) == 0
            except subprocess.TimeoutExpired:
                if not TARGET.exists():
                    raise Interrupted from None
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def need(done):
    """End with what the last step said, unless it is done."""
    if not done:
        print(LOG.read_text(encoding="utf-8", errors="replace"), file=sys.stderr)
        sys.exit(STOPPED)


def requirements(*extras):
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["dependencies"] + [line for name in extras for line in project["optional-dependencies"][name]]


def build():
    """A new .venv with PyTorch in it."""
    shutil.rmtree(VENV, ignore_errors=True)
    VENV.mkdir()
    UNFINISHED.touch()
    TARGET.touch()
    if not step(sys.executable, "-m", "venv", VENV):
        sys.exit(NO_VENV)
    torch = next(line for line in requirements("course") if line.startswith("torch=="))
    pip = [PYTHON, "-m", "pip", "install", "--quiet"]
    uv = [PYTHON, "-m", "uv", "pip", "install", "--quiet", "--python", VENV, "--torch-backend=cpu", "--no-deps", torch]
    step(*pip, UV)
    # A failed download is worth another try, an index that does not answer at all is not.
    if step(*uv, "--dry-run", UV_HTTP_RETRIES="0", UV_HTTP_TIMEOUT="10"):
        need(step(*uv))
    else:
        print("PyTorch's own index does not answer: pip brings PyTorch, on Linux perhaps a larger build, with CUDA.")
        need(step(*pip, "--no-compile", "--no-deps", torch))


def install(*wanted):
    """The other packages. PyTorch is there already, so that neither uv nor pip looks for another build of it."""
    if not step(PYTHON, "-m", "uv", "pip", "install", "--quiet", "--python", VENV, *wanted):
        print("uv could not bring the packages: pip tries, which takes longer.")
        need(step(PYTHON, "-m", "pip", "install", "--quiet", "--no-compile", *wanted))
    shutil.rmtree(VENV / "uv-cache", ignore_errors=True)


def install_course():
    """This course with its extras, or, in .newest, without the versions that it asks for."""
    extras = sorted({"course", EXTRA})
    if NEWEST:
        install(
            *(line if line.startswith("torch==") else re.match(r"[\w-]+", line)[0] for line in requirements(*extras))
        )
        install("--no-deps", "--editable", ".")
    else:
        install("--editable", f".[{','.join(extras)}]")


def finish():
    """No news pop-up in JupyterLab, and Matplotlib's list of fonts is built now, not in a reader's first cell."""
    settings = VENV / "share" / "jupyter" / "lab" / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    quiet = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
    (settings / "overrides.json").write_text(json.dumps(quiet), encoding="utf-8")
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR"):
        if name in os.environ:
            Path(os.environ[name]).mkdir(parents=True, exist_ok=True)
    step(PYTHON, "-c", "import matplotlib.font_manager")


def main():
    if not NEWEST and not UNFINISHED.exists() and holds(EXTRA):
        return
    try:
        if NEWEST or UNFINISHED.exists() or not holds("course"):
            if VENV.exists() and not NEWEST:
                print(f"What stands in {VENV} is unfinished, incomplete or out of date: it is built anew.")
            print(f"Setting up {VENV}: half a minute with a fast network, 1.2 GB ...")
            build()
            install_course()
            finish()
            fresh = {"course", EXTRA}
        else:
            print(f"Adding what this needs ({EXTRA}) ...")
            UNFINISHED.touch()
            TARGET.touch()
            install_course()
            fresh = {EXTRA}
        if not TARGET.exists():
            raise Interrupted
        told = json.dumps({"for": fingerprint(), "packages": sorted(packages())})
        for name in fresh:
            stamp(name).write_text(told, encoding="utf-8")
        UNFINISHED.unlink()
    except Interrupted:
        sys.exit(f"\nSet-up was broken off. {AGAIN}")


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parent.parent)
    sys.stdout.reconfigure(line_buffering=True)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    main()
