"""`make slides`: a deck for each notebook, once npm has brought MathJax and reveal.js to .venv/node."""

import shutil

from nbconvert.exporters import SlidesExporter
from nbconvert.filters import markdown2html
from publish import HEADING, MATHJAX, NOTEBOOKS, REVEAL, ROOT, copy_assets, html, read, slide_type, write, write_index


def deck(notebook):
    """A notebook as slides. Cells of type "notes" are what the speaker says to the slide. A slide without a heading
    shows, small, the one that it belongs to. Of a cell that draws, the picture is shown and not the code."""
    above = ""
    for cell in notebook.cells:
        shown = [mime for output in cell.get("outputs", []) for mime in output.get("data", {})]
        if "image/png" in shown or "<img" in str(cell.get("outputs")):
            cell.metadata["transient"] = {"remove_source": True}
        if cell.cell_type == "code":
            cell.source = cell.source.replace("\n\n\n", "\n\n")
        headings = HEADING.findall(cell.source) if cell.cell_type == "markdown" else []
        if slide_type(cell) == "subslide" and not headings:
            cell.metadata["running"] = markdown2html(above).removeprefix("<p>").removesuffix("</p>")
        above = headings[-1] if headings else above
    return html(notebook, SlidesExporter, "deck.html.j2")


def main():
    folder, course = ROOT / "slides", sorted(NOTEBOOKS.glob("*.ipynb"))
    shutil.rmtree(folder, ignore_errors=True)
    copy_assets(MATHJAX | REVEAL, folder / "assets")
    for path in course:
        write(folder / f"{path.stem}.html", deck(read(path)))
    write_index("slides", folder, course)


if __name__ == "__main__":
    main()
