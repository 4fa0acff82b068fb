"""What the commands of the Makefile begin with: `tools/setup.py .venv/with-test` leaves in .venv what a reader and the
tests need, and that file as a stamp.

uv brings the packages: it is fast and can ask for PyTorch's CPU build. pip does where uv does not reach them. Both
fetch all before they change any. An environment that is broken, moved or half changed is made anew, and the old one is
put back where that fails. .newest holds the newest of each package, PyTorch apart, and is made anew each time.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAMP = ROOT / sys.argv[1]
VENV, EXTRAS = STAMP.parent, sorted({"course", STAMP.name.removeprefix("with-")})
OLD, NEWEST = VENV.with_name(f"{VENV.name}.old"), VENV.name == ".newest"
PYTHON, LOG, UNFINISHED = VENV / "bin" / "python", VENV / "log", VENV / "unfinished"
UV = [PYTHON, "-m", "uv", "pip", "install", "--quiet", "--python", VENV]
PIP = [PYTHON, "-m", "pip", "install", "--quiet", "--no-compile"]

PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
PROJECT = tomllib.loads(PYPROJECT)["project"]
WANTED = PROJECT["dependencies"] + [line for name in EXTRAS for line in PROJECT["optional-dependencies"][name]]
TORCH = next(line for line in WANTED if line.startswith("torch=="))
STATE = f"{ROOT} {hashlib.sha256(PYPROJECT.encode()).hexdigest()}"

# A reader's settings say where packages come from, but not where they go: variables are left out, files are overruled.
PIP_CONF = "".join(f"[{part}]\nuser = no\ntarget =\nprefix =\nroot =\n" for part in ("global", "install"))
ELSEWHERE = {"PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"}
SETTINGS = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
SETTINGS |= {"PIP_NO_CACHE_DIR": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "UV_CACHE_DIR": str(VENV / "uv-cache")}

NETWORK = r"(?i).*(connection|timed out|dns error|name resolution|unreachable).*"
NO_NETWORK = "The packages cannot be fetched. Is there a network? Or does a mirror or proxy not answer?"
AGAIN = "Set-up stopped there. Is there room on the disk? Run the same command again: it starts over by itself."
NO_VENV = "Python could not make an environment. Is there room on the disk? Debian, Ubuntu: apt install python3-venv"


def run(*command, **variables):
    """Does this succeed? What it says goes to LOG."""
    with LOG.open("w", encoding="utf-8") as log:
        try:
            return not subprocess.run(command, cwd=ROOT, env=SETTINGS | variables, stdout=log, stderr=log).returncode
        except OSError:  # no such Python
            return False


def need(done):
    """End, and say why, unless it is done."""
    if done:
        return
    said = LOG.read_text(encoding="utf-8", errors="replace")
    if reason := re.search(NETWORK, said):
        UNFINISHED.unlink()  # nothing is half changed
        sys.exit(f"{reason[0].strip()}\n{NO_NETWORK}")
    sys.exit(f"{said}\n{AGAIN}")


def whole():
    """Is everything there? uv can tell without a network; where there is no uv, the stamp is believed."""
    if UNFINISHED.exists() or not STAMP.exists() or STAMP.read_text(encoding="utf-8") != STATE:
        return False
    extras = [word for name in EXTRAS for word in ("--extra", name)]
    return not (VENV / "bin" / "uv").exists() or run(*UV, "--offline", "-r", "pyproject.toml", *extras)


def usable():
    """Can packages be added to what is there? Its commands know the folder in which it was made."""
    config = VENV / "pyvenv.cfg"
    here = config.exists() and str(VENV) in config.read_text(encoding="utf-8")
    return here and not UNFINISHED.exists() and run(PYTHON, "-m", "pip", "--version")


def install(*what):
    if not run(*UV, *what):
        print("uv could not bring the packages: pip tries, which takes longer.")
        need(run(*PIP, *what))


def add():
    """What is wanted, into the environment that is there, PyTorch first: nobody then looks for another build of it."""
    UNFINISHED.touch()
    (VENV / "pip.conf").write_text(PIP_CONF, encoding="utf-8")
    run(*PIP, "uv==0.13.*")
    cpu = [*UV, "--torch-backend=cpu", "--no-deps", TORCH]
    # A failed download is worth another try, an index that does not answer at all is not.
    if run(*cpu, "--dry-run", UV_HTTP_RETRIES="0", UV_HTTP_TIMEOUT="10"):
        need(run(*cpu))
    else:
        print("PyTorch's own index does not answer: pip brings PyTorch, on Linux perhaps a larger build, with CUDA.")
        need(run(*PIP, "--no-deps", TORCH))
    if NEWEST:
        install(*(line if line == TORCH else re.match(r"[\w-]+", line)[0] for line in WANTED))
        install("--no-deps", "--editable", ".")
    else:
        install("--editable", f".[{','.join(EXTRAS)}]")
    shutil.rmtree(VENV / "uv-cache", ignore_errors=True)
    run(PYTHON, "-c", "import matplotlib.font_manager")  # makes its list of fonts now, not in a reader's first cell
    STAMP.write_text(STATE, encoding="utf-8")
    UNFINISHED.unlink()


def put_back():
    """The old environment, where there is one and the new one has no stamp yet."""
    if OLD.exists() and not any(VENV.glob("with-*")):
        shutil.rmtree(VENV, ignore_errors=True)
        OLD.rename(VENV)
    shutil.rmtree(OLD, ignore_errors=True)


def main():
    put_back()  # the last set-up may have been killed
    if NEWEST:
        shutil.rmtree(VENV, ignore_errors=True)
    if not whole():
        print(f"Setting up {VENV.name} ({', '.join(EXTRAS)}): half a minute with a fast network, 1.2 GB in all ...")
        try:
            if not usable():
                if VENV.exists():
                    VENV.rename(OLD)
                VENV.mkdir()
                UNFINISHED.touch()
                if not run(sys.executable, "-m", "venv", VENV):
                    sys.exit(NO_VENV)
            add()
        finally:
            put_back()
    runtime = VENV / "jupyter" / "runtime"  # who reads the token in it can do here what its owner can
    runtime.mkdir(parents=True, exist_ok=True)
    runtime.chmod(0o700)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(f"\n{AGAIN}")
