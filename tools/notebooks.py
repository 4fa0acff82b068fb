"""The notebooks as files: find them, run them, store them so that two runs give the same bytes; and what pages and
slides, which are made from them, have in common.

`python -m tools.notebooks [FILE ...]` is `make notebooks`.
"""

import os
import re
import shutil
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "notebooks"
SOLUTIONS = sorted((FOLDER / "solutions").glob("*.ipynb"))
EXERCISES = [FOLDER / "exercises" / path.name for path in SOLUTIONS]
COURSE = sorted(FOLDER.glob("*.ipynb"))
PATHS = [*COURSE, *SOLUTIONS, *EXERCISES]
FROM_NPM = ROOT / ".venv" / "node" / "node_modules"
MATHJAX = {"mathjax/es5/tex-svg-full.js": "mathjax.js"}
REVEAL = {f"reveal.js/dist/{name}": name for name in ("reveal.js", "reveal.css", "theme")}
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "pygments_lexer": "ipython3",
    },
}


def read(path):
    return nbformat.read(path, as_version=4)


def unsolved(notebook):
    """The exercises of a notebook of solutions: without cells tagged "solution", and blanks for the marked answers.

    `name = answer  # solution` becomes `name = ...`, and the lines from `# solution` to `# end` become one `...`.
    """
    notebook = nbformat.from_dict(notebook)
    notebook.cells = [cell for cell in notebook.cells if "solution" not in cell.metadata.get("tags", [])]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            source = re.sub(r"(?ms)^( *)# solution\n.*?^ *# end$", r"\1...  # your answer", cell.source)
            cell.source = re.sub(r"(?m)^( *[^#\n]*?[=:] ).*?(,?)  # solution$", r"\1...\2  # your answer", source)
    return notebook


def source(path):
    """The notebook to be run at path: the one that stands there, or for exercises, what follows from the solutions."""
    return unsolved(read(FOLDER / "solutions" / path.name)) if path in EXERCISES else read(path)


def run(path):
    """The notebook at path, executed top to bottom in a fresh kernel. Raises CellExecutionError where a cell fails."""
    notebook = source(path)
    client = NotebookClient(notebook, timeout=120, record_timing=False, resources={"metadata": {"path": path.parent}})
    client.execute()
    return notebook


def stored_form(notebook):
    """The text of the file: nothing that differs between machines, and no traceback frames, which hold paths."""
    notebook = nbformat.from_dict(notebook)
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k in ("tags", "slideshow")})
        if cell.metadata.get("slideshow", {}).get("show") != "code" and draws(cell):
            cell.metadata["jupyter"] = {"source_hidden": True}  # of a picture, JupyterLab too shows the picture first
        cell.source = cell.source.rstrip()
        if cell.cell_type == "code":
            cell.outputs = joined_streams(cell.outputs)
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                output.traceback = [f"{output.ename}: {output.evalue}"]
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return nbformat.writes(notebook) + "\n"


def draws(cell):
    """Is it a cell of the course, not of its exercises, that shows a picture or a slider?"""
    return "slideshow" in cell.metadata and re.search(r"(?m)^(Picture|Slider)\(", cell.source) is not None


def joined_streams(outputs):
    """What was printed as one output: a kernel may hand it over in pieces, and not in the same ones each time."""
    joined = []
    for output in outputs:
        if joined and output.output_type == "stream" and output.name == joined[-1].get("name"):
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def keep_timings(fresh, stored):
    """Put back the stored output of unchanged cells that are excused from comparison: no two runs time the same."""
    known = {cell.id: cell for cell in stored.cells if cell.cell_type == "code"}
    for cell in fresh.cells:
        before = known.get(cell.id)
        if "nbval-ignore-output" in cell.metadata.get("tags", []) and before and before.source == cell.source:
            cell.outputs = before.outputs or cell.outputs
    return fresh


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 2**20:.1f} MiB")


def copy_assets(names, folder):
    folder.mkdir(parents=True)
    for source, name in names.items():
        copy = shutil.copytree if (FROM_NPM / source).is_dir() else shutil.copy
        copy(FROM_NPM / source, folder / name)


def main(arguments):
    os.environ["LSTM_CHECK_PICTURES"] = "yes"  # labels that overlap stop a notebook: lstm_helpers.plots.overlaps
    for path in [Path(argument).resolve() for argument in arguments] or PATHS:
        print(f"running {path.relative_to(FOLDER)}", flush=True)
        notebook = run(path)
        text = stored_form(keep_timings(notebook, read(path)) if path in COURSE else notebook)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
