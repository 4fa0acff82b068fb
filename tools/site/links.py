"""What Sphinx does not join: equation numbers with their equations, a page with its files and its other language."""

import json
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path

from bs4 import BeautifulSoup, NavigableString

from tools.chinese.wording import FOLDERS, NAMES, unbroken, words
from tools.site import search

NUMBER = re.compile(r"(?<!\w)\((\d\.\d{1,2}[a-z]?)\)")
# In code, comments alone speak of equations.
NO_NUMBERS = "h1, h2, h3, script, style, summary, .math, .highlight span:not(.c1)"
SEARCH_OF_SPHINX = ", ".join(f"script[src*='{name}']" for name in ("searchtools", "searchindex", "language_data"))


@dataclass
class Page:
    path: Path  # from the site's folder on
    soup: BeautifulSoup
    language: str = "en"

    @property
    def name(self):
        """Its path from its language's folder on."""
        return self.path.relative_to(FOLDERS[self.language])

    def to(self, other):
        """The way from this page to another, or to a file of the site."""
        return posixpath.relpath(Path(other).as_posix(), self.path.parent.as_posix())

    def link(self, text, to, **attributes):
        return self.soup.new_tag("a", string=text, attrs={"href": to, **attributes})

    def texts(self, without):
        """The text nodes of all that is said on the page outside of these elements and of links."""
        outside = {id(element) for element in self.soup.main.select(f"a, {without}")}
        texts = [text for text in self.soup.main.descendants if type(text) is NavigableString]
        return [text for text in texts if outside.isdisjoint(map(id, text.parents))]


def join(folder):
    """Link the pages in this folder, those of each language with one another, and their languages."""
    pages = {language: [] for language in FOLDERS}
    for path in sorted(folder.rglob("*.html")):
        path, soup = path.relative_to(folder), BeautifulSoup(path.read_text("utf-8"), "html.parser")
        language = next((name for name in FOLDERS if path.parts[0] == name), "en")
        pages[language].append(Page(path, soup, language))
    for language in pages:
        join_pages(pages[language], folder)
        for page in pages[language]:
            switch(page)
            text = str(page.soup) if language == "en" else unbroken(str(page.soup))
            (folder / page.path).write_text(text, encoding="utf-8")
        search.write(pages[language], folder)


def join_pages(pages, folder):
    """Link the pages of one language, and write what their previews show into its _static/equations.js."""
    equations = {number: (page, tex) for page in pages for number, tex in formulas(page)}
    language = pages[0].language
    for page in pages:
        link_equations(page, {number: home.path for number, (home, _) in equations.items()})
        name_parts(page)
        mark_pictures(page)
        mark_english(page)
        replace_search(page)
    lessons = [page for page in pages if page.path.name[0].isdigit()]
    exercises = {page.path.name[:2]: page.path for page in lessons if page.path.parent.name == "exercises"}
    for page in lessons:
        show_ways(page, exercises[page.path.name[:2]])
    shown = json.dumps({number: tex for number, (_, tex) in equations.items()})
    file = folder / FOLDERS[language] / "_static" / "equations.js"
    file.write_text(f"const EQUATIONS = {shown};\n", encoding="utf-8")


def formulas(page):
    """(number, TeX) of the numbered equations on the page."""
    for formula in page.soup.select("div.math[id^=eq-]"):
        tex = formula.find(string=re.compile(r"\\\[")).strip()
        yield formula["id"].removeprefix("eq-"), tex.removeprefix(r"\[").removesuffix(r"\]")


def link_equations(page, homes):
    """Each "(3.4)" leads to its equation. homes: {number: path of its page}."""
    for link in page.soup.main.select('a[href*=".ipynb#"]'):  # what a check shows leads to a section of the notebook
        if NUMBER.fullmatch(link.text):
            link.replace_with(link.text)
    page.soup.main.smooth()
    for text in page.texts(NO_NUMBERS):
        # Every second piece is a number.
        pieces = [equation_link(page, piece, homes) if k % 2 else piece for k, piece in enumerate(NUMBER.split(text))]
        if len(pieces) > 1:
            text.replace_with(*filter(None, pieces))


def equation_link(page, number, homes):
    if number not in homes:
        return f"({number})"
    home = "" if homes[number] == page.path else page.to(homes[number])
    return page.link(f"({number})", f"{home}#eq-{number}", **{"data-equation": number})


def name_parts(page):
    """Give a name to what sphinx-book-theme leaves nameless to who does not see it."""
    say = words(page.language)
    page.soup.select_one(".navbar-brand").parent.attrs |= {"role": "navigation", "aria-label": say["home"]}
    for fold in page.soup.select(".sidebar-primary-items__start li > details > summary"):
        fold["aria-label"] = say["below"].format(fold.find_parent("li").a.text.strip())


def mark_pictures(page):
    """Tell site.css how wide a picture is, and the theme to leave it alone: site.css has dark ones."""
    for image in page.soup.main.select("img"):
        image["class"] = [*image.get("class", []), "dark-light"]
        if image.get("width"):
            image["style"] = f"--width: {image['width'].removesuffix('px')}px; {image.get('style', '')}"


def mark_english(page):
    """What the code of a notebook shows is English in every language; living LSTMs and exercises speak its own."""
    if page.language != "en" and len(page.name.parts) == 1:
        for shown in page.soup.select(".cell_output:not(:has(living-lstm))"):
            shown["lang"] = "en"


def replace_search(page):
    """Sphinx's search knows pages only, and cannot quote them where nothing may be fetched: ours is in its place."""
    for script in page.soup.select(SEARCH_OF_SPHINX):
        script.decompose()
    if page.name.stem == "search":
        page.soup.head.extend(page.soup.new_tag("script", src=f"_static/{name}.js") for name in ("sections", "search"))


def show_ways(page, exercises):
    """Below the title: the way from a page to its chapter's exercises or their text, to its slides, its notebook."""
    text, say = Path(FOLDERS[page.language], page.path.name), words(page.language)
    other = (text, "text") if page.path == exercises else (exercises, "exercises")
    notebook = f"notebooks/{page.path.with_suffix('.ipynb')}"
    ways = page.soup.new_tag("p", attrs={"class": "ways"})
    for path, title in (other, (f"slides/{text}", "slides"), (notebook, "notebook")):
        ways.append(page.link(say[title], page.to(path)))
    page.soup.select_one("article h1").insert_after(ways)  # the first h1 is for printing


def switch(page):
    """The link in the bar to the same page in each other language; site.js adds the heading that is being read."""
    bar = page.soup.select_one(".article-header-buttons")
    for language in FOLDERS.keys() - {page.language}:
        way, says = page.to(f"{FOLDERS[language]}{page.name}"), {"aria-label": words(language)["switch"]}
        bar.insert(0, page.link(NAMES[language], way, lang=language, hreflang=language, **says))
        page.soup.head.append(page.soup.new_tag("link", rel="alternate", hreflang=language, href=way))
