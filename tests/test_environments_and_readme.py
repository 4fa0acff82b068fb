"""The two ways to set the course up name the same packages with compatible versions; the README counts right."""

import re
import tomllib

import pytest
import yaml
from notebook_rules import TAG
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from notebooks import COURSE, ROOT, read

FOR_HUBS = {"nbgitpuller"}  # only a hub's environment needs it
CONDA_NAMES = {"matplotlib": "matplotlib-base", "torch": "pytorch-cpu"}


def from_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *(project["optional-dependencies"][name] for name in ("course", "test"))]
    requirements = [Requirement(line) for group in groups for line in group]
    wanted = {CONDA_NAMES.get(r.name, r.name): r.specifier for r in requirements}
    return wanted | {"python": SpecifierSet(project["requires-python"])}


def from_environment():
    lines = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    found = {}
    for line in lines:
        if isinstance(line, str) and line != "pip":
            name = line.replace(">", "=").split("=")[0]
            found[name] = line.removeprefix(name)
    return {name: spec for name, spec in found.items() if name not in FOR_HUBS}


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
    "change", [{"numpy": "=2.3"}, {"pytorch-cpu": "=2.12"}, {"pandas": None}, {"scipy": "=1.17"}, {"packaging": ">=20"}]
)
def test_drift_is_seen(change):
    conda = {name: spec for name, spec in (from_environment() | change).items() if spec}
    assert len(drift(from_pyproject(), conda)) == 1


def test_readme_tells_each_notebooks_time_and_number_of_equations():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told = {int(n): int(minutes) for n, minutes in re.findall(r"\*\*(\d) \[.*?\)\*\*, (\d+) minutes", readme)}
    counted = {int(n): int(count) for n, count in re.findall(r"(?m)^\| (\d) \| (\d+) \|", readme)}
    for number, path in enumerate(COURSE, start=1):
        texts = [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]
        assert f"**Time:** about {told[number]} minutes" in texts[0]
        assert counted[number] == len(TAG.findall("\n".join(texts)))
