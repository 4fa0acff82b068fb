"""`make site`: the course as pages that need no network, in each language: site/index.html, site/zh/index.html.

pages.py lays out what Sphinx with myst-nb makes pages from, links.py joins them; beside them lie the notebooks, the
slides that `make slides` wrote, and MathJax, which npm brought. Not called site.py: that is a module of Python's own.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from sphinx.cmd.build import build_main

from tools.chinese.wording import FOLDERS
from tools.notebooks import FROM_NPM, MATHJAX, ROOT
from tools.site import links, pages

SITE = ROOT / "site"
SPHINX = {"en": "en", "zh": "zh_CN"}  # what it calls our languages
SEARCH = ("searchindex.js", "searchtools.js", "language_data.js", "*-stemmer.js")  # Sphinx's, which links.py replaces
NOT_NEEDED = (".doctrees", ".buildinfo", "objects.inv", "locales", "*.map", "*macros.html", *SEARCH)


def build(folder, language):
    """Let Sphinx make the pages of this language in a folder of work, which keeps the English ones' structure."""
    source, built, trees = (folder / kind / language for kind in ("source", "site", "trees"))
    pages.lay_out(source, language)
    settings = ["-c", str(ROOT / "tools" / "site"), "-D", f"language={SPHINX[language]}", "-d", str(trees)]
    if build_main(["-q", "-W", "--keep-going", *settings, str(source), str(built)]):
        sys.exit("make site: Sphinx warned, see above; what it warns of would be wrong on a page")
    for name, copy in MATHJAX.items():
        shutil.copy(FROM_NPM / name, built / "_static" / copy)
    shutil.copytree(built, SITE / FOLDERS[language], ignore=shutil.ignore_patterns(*NOT_NEEDED), dirs_exist_ok=True)


def main():
    shutil.rmtree(SITE, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        for language in FOLDERS:
            build(Path(folder), language)
    shutil.copytree(ROOT / "notebooks", SITE / "notebooks", ignore=shutil.ignore_patterns(".*"))
    links.join(SITE)
    shutil.copytree(ROOT / "slides", SITE / "slides")
    size = sum(path.stat().st_size for path in SITE.rglob("*") if path.is_file())
    print(f"site  {len(list(SITE.rglob('*.html')))} pages, {size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
