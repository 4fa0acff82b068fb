"""`make site`: the course as pages that need no network: site/index.html.

pages.py lays out what Sphinx with myst-nb makes pages from, links.py joins them; beside them lie the notebooks, the
slides that `make slides` wrote, and MathJax, which npm brought. Not called site.py: that is a module of Python's own.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import links
import pages
from publish import FROM_NPM, MATHJAX, ROOT
from sphinx.cmd.build import build_main

SITE = ROOT / "site"


def main():
    shutil.rmtree(SITE, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        source, built = Path(folder) / "source", Path(folder) / "site"
        pages.lay_out(source)
        if build_main(["-q", "-W", "--keep-going", "-c", str(ROOT / "tools" / "site"), str(source), str(built)]):
            sys.exit("make site: Sphinx warned, see above; what it warns of would be wrong on a page")
        shutil.copytree(
            built,
            SITE,
            ignore=shutil.ignore_patterns(".doctrees", ".buildinfo", "objects.inv", "locales", "*.map", "*macros.html"),
        )
    for name, copy in MATHJAX.items():
        shutil.copy(FROM_NPM / name, SITE / "_static" / copy)
    shutil.copytree(ROOT / "notebooks", SITE / "notebooks", ignore=shutil.ignore_patterns(".*"))
    links.join(SITE)
    shutil.copytree(ROOT / "slides", SITE / "slides")
    size = sum(path.stat().st_size for path in SITE.rglob("*") if path.is_file())
    print(f"site  {len(list(SITE.rglob('*.html')))} pages, {size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
