"""`make site`: the notebooks as plain pages, once npm has brought MathJax to .venv/node.

Not called site.py: that is a module of Python's own.
"""

import shutil

from nbconvert.exporters import HTMLExporter
from publish import MATHJAX, NOTEBOOKS, ROOT, copy_assets, html, read, write, write_index


def main():
    folder, course = ROOT / "site", sorted(NOTEBOOKS.glob("*.ipynb"))
    shutil.rmtree(folder, ignore_errors=True)
    copy_assets(MATHJAX, folder / "assets")
    for path in sorted(NOTEBOOKS.rglob("[0-9]*.ipynb")):
        target = (folder / path.relative_to(NOTEBOOKS)).with_suffix(".html")
        write(target, html(read(path), HTMLExporter, "page.html.j2", root="" if path in course else "../"))
    write_index("site", folder, course)


if __name__ == "__main__":
    main()
