"""The notebooks as files: find them, run them, store them so that two runs give the same bytes.

`python tests/notebook_files.py [FILE ...]` is `make notebooks`.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
PATHS = sorted(path for path in (ROOT / "notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
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


def run(path):
    """The notebook at path, executed top to bottom in a fresh kernel. Raises CellExecutionError where a cell fails."""
    notebook = read(path)
    client = NotebookClient(notebook, timeout=120, record_timing=False, resources={"metadata": {"path": path.parent}})
    client.execute()
    return notebook


def stored_form(notebook):
    """The text of the file: nothing that differs between machines, and no traceback frames, which hold paths."""
    notebook = nbformat.from_dict(notebook)
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k in ("tags", "slideshow")})
        cell.source = cell.source.rstrip()
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                output.traceback = [f"{output.ename}: {output.evalue}"]
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return nbformat.writes(notebook) + "\n"


def keep_timings(fresh, stored):
    """Put back the stored output of unchanged cells that are excused from comparison: no two runs time the same."""
    known = {cell.id: cell for cell in stored.cells if cell.cell_type == "code"}
    for cell in fresh.cells:
        before = known.get(cell.id)
        if "nbval-ignore-output" in cell.metadata.get("tags", []) and before and before.source == cell.source:
            cell.outputs = before.outputs or cell.outputs
    return fresh


def main(arguments):
    for path in [Path(argument).resolve() for argument in arguments] or PATHS:
        print(f"running {path.name}", flush=True)
        text = stored_form(keep_timings(run(path), read(path)))
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
