"""The notebooks as plain pages (`make site`) and as slides (`make slides`), for browsers without a network.

`python publish/build.py site` or `... slides`, once npm has brought MathJax and reveal.js to .venv/node.
"""

import re
import shutil
import sys
from pathlib import Path

import jinja2
import nbformat
from nbconvert.exporters import HTMLExporter, SlidesExporter
from nbconvert.filters import markdown2html

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
NOTEBOOKS = ROOT / "notebooks"
FROM_NPM = ROOT / ".venv" / "node" / "node_modules"
MATHJAX = {"mathjax/es5/tex-svg-full.js": "mathjax.js"}
REVEAL = {"reveal.js/dist/reveal.js": "reveal.js", "reveal.js/plugin/notes/notes.js": "notes.js"}
REVEAL |= {"reveal.js/dist/reveal.css": "reveal.css", "reveal.js/dist/theme": "theme"}
HEADING = re.compile(r"(?m)^#{1,6} +(.*)$")


def read(path):
    return nbformat.read(path, as_version=4)


def slide_type(cell):
    return cell.metadata.get("slideshow", {}).get("slide_type", "-")


def title(notebook):
    return HEADING.search(notebook.cells[0].source)[1]


def exporter(kind, template):
    """An exporter whose pages hold all they show, but for MathJax and reveal.js, which lie beside them."""
    return kind(
        template_name="reveal" if kind is SlidesExporter else "classic",  # whose preprocessors are wanted
        template_file=template,
        extra_template_basedirs=[str(HERE)],
        extra_template_paths=[str(HERE)],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        sanitize_html=False,
    )


def html(notebook, kind, template, root=""):
    """The notebook in this template; links to notebooks lead to their pages. root: the way to the index."""
    resources = {"course": {"title": title(notebook), "root": root}}
    text, _ = exporter(kind, template).from_notebook_node(notebook, resources=resources)
    if kind is SlidesExporter:  # exercises are done in the notebook: there are no slides of them
        text = re.sub(r'<a href="(?:exercises|solutions)/[^"]*">(.*?)</a>', r"\1", text)
    return re.sub(r'(href="[^":]+)\.ipynb', r"\1.html", text)


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


def contents(paths):
    """What the index says of the course's notebooks: title, aims and time, as they stand in their first cells."""
    for path in paths:
        notebook = read(path)
        aims = re.search(
            r"\*\*Afterwards you can\*\* (.*?)\s*\*\*Time:\*\* (.*?)\. ", notebook.cells[0].source, re.DOTALL
        )
        yield {"name": path.stem, "title": title(notebook), "aims": markdown2html(aims[1]), "time": aims[2]}


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 2**20:.1f} MiB")


def copy_assets(names, folder):
    folder.mkdir(parents=True)
    for source, name in names.items():
        copy = shutil.copytree if (FROM_NPM / source).is_dir() else shutil.copy
        copy(FROM_NPM / source, folder / name)


def write_index(what, folder, course):
    templates = jinja2.Environment(loader=jinja2.FileSystemLoader(HERE), autoescape=True)
    picture = (ROOT / "figures" / "cell.svg").read_text(encoding="utf-8")
    text = templates.get_template("index.html.j2").render(what=what, notebooks=contents(course), picture=picture)
    write(folder / "index.html", text)


def main(what):
    folder, course = ROOT / what, sorted(NOTEBOOKS.glob("*.ipynb"))
    shutil.rmtree(folder, ignore_errors=True)
    copy_assets(MATHJAX if what == "site" else MATHJAX | REVEAL, folder / "assets")
    if what == "site":
        for path in sorted(NOTEBOOKS.rglob("[0-9]*.ipynb")):
            target = (folder / path.relative_to(NOTEBOOKS)).with_suffix(".html")
            write(target, html(read(path), HTMLExporter, "page.html.j2", root="" if path in course else "../"))
    else:
        for path in course:
            write(folder / f"{path.stem}.html", deck(read(path)))
    write_index(what, folder, course)


if __name__ == "__main__":
    main(sys.argv[1])
