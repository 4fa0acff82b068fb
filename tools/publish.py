"""What pages (website.py) and slides (slides.py) have in common: where things are, and what is copied beside them."""

import shutil
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
FROM_NPM = ROOT / ".venv" / "node" / "node_modules"
MATHJAX = {"mathjax/es5/tex-svg-full.js": "mathjax.js"}
REVEAL = {f"reveal.js/dist/{name}": name for name in ("reveal.js", "reveal.css", "theme")}


def read(path):
    return nbformat.read(path, as_version=4)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 2**20:.1f} MiB")


def copy_assets(names, folder):
    folder.mkdir(parents=True)
    for source, name in names.items():
        copy = shutil.copytree if (FROM_NPM / source).is_dir() else shutil.copy
        copy(FROM_NPM / source, folder / name)
