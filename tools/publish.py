"""What pages (website.py) and slides (slides.py) have in common: templates, links, what is copied beside them."""

import re
import shutil
from pathlib import Path

import jinja2
import nbformat
from nbconvert.exporters import SlidesExporter
from nbconvert.filters import markdown2html

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = Path(__file__).resolve().parent / "templates"
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
        extra_template_basedirs=[str(TEMPLATES)],
        extra_template_paths=[str(TEMPLATES)],
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
    templates = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)
    picture = (ROOT / "figures" / "cell.svg").read_text(encoding="utf-8")
    text = templates.get_template("index.html.j2").render(what=what, notebooks=contents(course), picture=picture)
    write(folder / "index.html", text)
