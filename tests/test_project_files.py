"""The files beside the notebooks agree: what says a version says that of pyproject.toml, the weekly workflow runs the
README's commands, the README counts right, and what has a schema keeps to it."""

import os
import re
import subprocess
import sys
import tomllib
from collections import Counter

import pytest
import yaml
from notebook_rules import EQUATIONS
from packaging.requirements import Requirement

from tools.notebooks import COURSE, ROOT, read
from tools.slides.handout import find_browser

SCHEMAS = {
    "github-workflows": sorted((ROOT / ".github" / "workflows").glob("*.yml")),
    "citation-file-format": [ROOT / "CITATION.cff"],
}
CONDA_NAMES = {"matplotlib": "matplotlib-base", "torch": "pytorch-cpu"}


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


README, PROJECT = text("README.md"), tomllib.loads(text("pyproject.toml"))["project"]
WEEKLY = yaml.safe_load(text(".github/workflows/test.yml"))["jobs"]["commands"]


def conda(line):
    """numpy==2.4.* as conda writes it: numpy=2.4, which means every 2.4.x."""
    requirement = Requirement(line)
    version = re.search(r"==(\d+\.\d+)", line)[1]
    return f"{CONDA_NAMES.get(requirement.name, requirement.name)}={version}"


def test_versions_are_those_of_pyproject():
    """A reader's packages, PyTorch's build, the oldest Python, the course's own: says which file to mend."""
    needed = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["course"]
    oldest, torch = PROJECT["requires-python"].removeprefix(">="), next(line for line in needed if "torch" in line)
    packages = "".join(f"  - {line}\n" for line in (f"python={oldest}", "pip", *map(conda, needed)))
    wanted = {
        "environment.yml": f"dependencies:\n{packages}  - pip:\n      - -e .\n",
        "README.md": f"\n.venv/bin/python -m uv pip install --torch-backend=cpu {torch}\n",
        "Makefile": f"version_info < ({oldest.replace('.', ', ')}))",
        "CITATION.cff": f"version: {PROJECT['version']}\n",
    }
    to_mend = {name: line for name, line in wanted.items() if line not in text(name)}
    assert not to_mend, f"these files lack what pyproject.toml says: {to_mend}"


def test_readme_tells_each_lessons_minutes_and_each_chapters_number_of_equations():
    for path in COURSE:
        minutes = re.search(r"\*\*Time:\*\* about (\d+) minutes", read(path).cells[0].source)[1]
        assert re.search(rf"\(notebooks/{path.name}\)\**, {minutes} minutes", README), path.name
    told = {chapter: int(count) for chapter, count in re.findall(r"(?m)^\| (\d) \| (\d+) \|", README)}
    assert told == Counter(number.split(".")[0] for number in EQUATIONS)


def test_the_weekly_workflow_runs_the_readmes_commands_on_the_readmes_systems_and_pythons():
    block = README.split("## Other ways")[1].split("```sh\n")[1].split("```")[0]
    windows = block.replace(".venv/bin/python", r".venv\Scripts\python").splitlines()
    run = [step["run"].splitlines() for step in WEEKLY["steps"] if "run" in step]
    assert run == [["make test"], [line for line in windows if "jupyterlab" not in line]]
    first, last = re.search(r"Python 3\.(\d+) to 3\.(\d+) on Linux, macOS and Windows", README).groups()
    pythons = [f"3.{minor}" for minor in range(int(first), int(last) + 1)]
    assert PROJECT["requires-python"] == f">={pythons[0]}"
    systems = ["ubuntu-latest", "macos-latest", "windows-latest"]
    assert WEEKLY["strategy"]["matrix"] == {"os": systems, "python": pythons}


@pytest.mark.parametrize("schema", SCHEMAS)
def test_what_has_a_schema_keeps_to_it(schema):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *SCHEMAS[schema]]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_chrome_is_found_where_macos_keeps_it_and_the_readme_names_it(monkeypatch):
    chrome = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    monkeypatch.setattr("shutil.which", lambda name: name if name == chrome else None)
    assert find_browser() == chrome
    for name in ("README.md", "README.zh.md"):
        line = next(line for line in text(name).splitlines() if "make handout" in line)
        assert "Chromium" in line and "Chrome" in line.replace("Chromium", "")


def test_hubs_get_nbgitpuller():
    script = ROOT / "postBuild"
    assert os.name == "nt" or os.access(script, os.X_OK)
    assert "pip install" in script.read_text(encoding="utf-8")
