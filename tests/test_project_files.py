"""The files beside the notebooks agree: both environments name the same packages with compatible versions, the workflow
runs the README's commands, the README counts right, and what has a schema keeps to it."""

import os
import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from notebook_rules import TAG
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tools.notebooks import COURSE, ROOT, read
from tools.slides.handout import find_browser

README = (ROOT / "README.md").read_text(encoding="utf-8")
CONDA_NAMES = {"matplotlib": "matplotlib-base", "torch": "pytorch-cpu"}


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def from_pyproject():
    """What a reader needs."""
    lines = project()["dependencies"] + project()["optional-dependencies"]["course"]
    requirements = [Requirement(line) for line in lines]
    wanted = {CONDA_NAMES.get(r.name, r.name): r.specifier for r in requirements}
    return wanted | {"python": SpecifierSet(project()["requires-python"])}


def from_environment():
    lines = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    found = {}
    for line in lines:
        if isinstance(line, str) and line != "pip":
            name = line.replace(">", "=").split("=")[0]
            found[name] = line.removeprefix(name)
    return found


def compatible(pip, conda):
    """Do pip's specifier and conda's agree on some version? conda's "=2.4" means 2.4 and every 2.4.x."""
    if conda.startswith("="):
        version = conda.lstrip("=")
        return any(f"{version}{patch}" in pip for patch in ("", ".0", ".1"))
    return conda == str(pip)


def drift(pip, conda):
    names = {
        f"{name} is only in {'pyproject.toml' if name in pip else 'environment.yml'}"
        for name in pip.keys() ^ conda.keys()
    }
    versions = {
        f"{name}: pyproject.toml wants {pip[name]}, environment.yml {conda[name]}"
        for name in pip.keys() & conda.keys()
        if not compatible(pip[name], conda[name])
    }
    return names | versions


def test_environment_yml_and_pyproject_agree():
    assert not drift(from_pyproject(), from_environment())


@pytest.mark.parametrize(
    "change",
    [
        {"numpy": "=2.3"},
        {"pytorch-cpu": "=2.12"},
        {"pandas": None},
        {"scipy": "=1.17"},
        {"pytest": "=9.2"},
        {"python": "=3.10"},
    ],
)
def test_drift_is_seen(change):
    conda = {name: spec for name, spec in (from_environment() | change).items() if spec}
    assert len(drift(from_pyproject(), conda)) == 1


def test_readme_tells_each_notebooks_time_and_number_of_equations():
    told = {int(n): int(minutes) for n, minutes in re.findall(r"\*\*(\d) \[.*?\)\*\*, (\d+) minutes", README)}
    counted = {int(n): int(count) for n, count in re.findall(r"(?m)^\| (\d) \| (\d+) \|", README)}
    for number, path in enumerate(COURSE, start=1):
        texts = [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]
        assert f"**Time:** about {told[number]} minutes" in texts[0]
        assert counted[number] == len(TAG.findall("\n".join(texts)))


def raw_commands():
    """The README's commands for a machine without make, as Windows writes them."""
    block = README.split("## Other ways")[1].split("```sh\n")[1].split("```")[0]
    return block.replace(".venv/bin/python", r".venv\Scripts\python").splitlines()


def disagreements(text):
    """What a workflow's text does otherwise than README and pyproject.toml say."""
    job = yaml.safe_load(text)["jobs"]["test"]
    steps = {step.get("if", "").split(" ")[1] if "if" in step else "any": step.get("run", "") for step in job["steps"]}
    versions, first, last = (
        job["strategy"]["matrix"]["python"],
        *re.search(r"Python (3\.\d+) to (3\.\d+)", README).groups(),
    )
    wanted = {
        "Linux, macOS": steps.get("!=", "").strip() == "make test" and "\nmake test " in README,
        "Windows": steps.get("==", "").splitlines() == [line for line in raw_commands() if "jupyterlab" not in line],
        "systems": [name.split("-")[0] for name in job["strategy"]["matrix"]["os"]] == ["ubuntu", "macos", "windows"],
        "Pythons": versions == [f"3.{minor}" for minor in range(int(first[2:]), int(last[2:]) + 1)],
        "oldest Python": project()["requires-python"] == f">={versions[0]}",
    }
    return {name for name, agrees in wanted.items() if not agrees}


WORKFLOW = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")


def test_the_workflow_runs_the_readmes_commands_on_the_readmes_systems_and_pythons():
    assert disagreements(WORKFLOW) == set()


@pytest.mark.parametrize(
    "old, new, seen",
    [
        ("run: make test", "run: make lint", {"Linux, macOS"}),
        ("[course,test]", "[test]", {"Windows"}),
        ("macos-latest, ", "", {"systems"}),
        (', "3.13"', "", {"Pythons"}),
        ('["3.11", ', '["3.10", ', {"Pythons", "oldest Python"}),
    ],
)
def test_a_workflow_that_does_otherwise_is_seen(old, new, seen):
    assert old in WORKFLOW
    assert disagreements(WORKFLOW.replace(old, new)) == seen


def breaches(schema, *paths):
    """What a validator that brings its schemas along says against files; those that keep to it are not named."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True).stdout


SCHEMAS = {
    ".github/workflows/test.yml": ("github-workflows", "runs-on:"),
    "CITATION.cff": ("citation-file-format", "title:"),
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_what_has_a_schema_keeps_to_it(name, tmp_path):
    schema, needed = SCHEMAS[name]
    broken = tmp_path / "broken.yml"
    broken.write_text((ROOT / name).read_text(encoding="utf-8").replace(needed, "nonsense:"), encoding="utf-8")
    said = breaches(schema, ROOT / name, broken)
    assert f"{broken}::" in said and "nonsense" in said
    assert f"{ROOT / name}::" not in said


def test_chrome_is_found_where_macos_keeps_it_and_the_readme_names_it(monkeypatch):
    chrome = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    monkeypatch.setattr("shutil.which", lambda name: name if name == chrome else None)
    assert find_browser() == chrome
    for name in ("README.md", "README.zh.md"):
        line = next(line for line in (ROOT / name).read_text(encoding="utf-8").splitlines() if "make handout" in line)
        assert "Chromium" in line and "Chrome" in line.replace("Chromium", "")


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == project()["version"]
    assert citation["license"] == ["MIT", "CC-BY-4.0"]


def test_code_and_text_have_their_licences():
    assert project()["license"] == "MIT" and (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    text = (ROOT / "LICENSE-TEXT").read_text(encoding="utf-8")
    assert text.startswith("Creative Commons Attribution 4.0 International\n")
    assert re.findall(r"(?m)^Section (\d) –", text) == [str(number) for number in range(1, 9)]
    for name in ("README.md", "CONTRIBUTING.md"):
        told = (ROOT / name).read_text(encoding="utf-8")
        assert "[CC BY 4.0](LICENSE-TEXT)" in told and "[MIT licence](LICENSE)" in told


def test_hubs_get_nbgitpuller_and_readers_do_not():
    script = ROOT / "postBuild"
    assert os.name == "nt" or os.access(script, os.X_OK)
    assert "pip install" in script.read_text(encoding="utf-8") and "nbgitpuller" not in from_environment()
