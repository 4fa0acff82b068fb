"""What Sphinx does not join: equation numbers with their equations, terms with the glossary, a page with its files."""

import json
import re
from dataclasses import dataclass

from bs4 import BeautifulSoup, NavigableString, Tag
from publish import ROOT

NUMBER = re.compile(r"(?<!\w)\((\d\.\d{1,2})\)")
# In code, comments alone speak of equations.
NO_NUMBERS = "h1, h2, h3, script, style, summary, .math, .highlight span:not(.c1)"
NO_TERMS = f"{NO_NUMBERS}, pre, code, details, .output, .ways"
# How the notebooks say terms that they inflect or shorten.
SAID = {
    "exploding gradient": "explod(?:es?|ed|ing)",
    "finite difference": "finite differences?|numerical differences?",
    "gradient clipping": "clip(?:s|ped|ping)?",
    "Jacobian matrix": "Jacobian(?: matrix| matrices|s)?",
    "long short-term memory": "LSTMs?",
    "loss function": "loss(?:es)?",
    "recurrent neural network": "recurrent (?:neural )?networks?|RNNs?",
    "saturation": "saturat(?:es?|ed|ion)",
    "time step": "steps?",
    "vanishing gradient": "vanish(?:es|ed|ing)?",
}


@dataclass
class Page:
    path: object  # from the site's folder on
    soup: BeautifulSoup

    @property
    def article(self):
        return self.soup.main

    def to(self, other):
        """The way from this page to another, or to a file of the site."""
        return "../" * (len(self.path.parts) - 1) + str(other)

    def texts(self, without):
        """The text nodes of all that is said in the article outside of these elements and of links."""
        outside, found = {id(element) for element in self.article.select(without)}, []

        def walk(element):
            for child in element.children:
                if isinstance(child, Tag):
                    if child.name != "a" and id(child) not in outside:
                        walk(child)
                elif type(child) is NavigableString:
                    found.append(child)

        walk(self.article)
        return found


def join(folder):
    """Link the pages in this folder, and write what the previews show into _static/equations.js."""
    paths = sorted(folder.rglob("*.html"))
    pages = [Page(p.relative_to(folder), BeautifulSoup(p.read_text(encoding="utf-8"), "html.parser")) for p in paths]
    for page in pages:
        name_parts(page)
    equations = {}
    for page in pages:
        for formula in page.soup.select("div.math[id^=eq-]"):
            number = formula["id"].removeprefix("eq-")
            equations[number] = (page.path, formula.find(string=re.compile(r"\\\[")).strip().removeprefix(r"\[").removesuffix(r"\]"))
    course = [page for page in pages if re.match(r"\d", page.path.name)]
    glossary = next(page for page in pages if page.path.name == "glossary.html")
    for page in pages:
        link_equations(page, equations)
    link_terms([page for page in course if len(page.path.parts) == 1], glossary)
    for page in course:
        show_ways(page)
    for page in pages:
        for image in page.article.select("img"):
            image["class"] = [*image.get("class", []), "dark-light"]  # the theme leaves it alone: site.css darkens it
            if image.get("width"):
                image["style"] = f"--width: {image['width'].removesuffix('px')}px; {image.get('style', '')}"
        (folder / page.path).write_text(str(page.soup), encoding="utf-8")
    shown = json.dumps({number: tex for number, (_, tex) in equations.items()})
    (folder / "_static" / "equations.js").write_text(f"const EQUATIONS = {shown};\n", encoding="utf-8")


def replace(node, found, make):
    """Put make(match) in the place of each match."""
    pieces, last, text = [], 0, str(node)
    for match in found:
        pieces += [text[last : match.start()], make(match)]
        last = match.end()
    if last:
        node.replace_with(*[piece for piece in [*pieces, text[last:]] if piece])


def link_equations(page, equations):
    """Each "(3.4)" leads to its equation."""
    for link in page.article.select('a[href*=".ipynb#"]'):  # from an output to the section of a notebook
        if NUMBER.fullmatch(link.text):
            link.replace_with(link.text)
    page.article.smooth()
    for node in page.texts(NO_NUMBERS):
        found = [match for match in NUMBER.finditer(node) if match[1] in equations]

        def make(match):
            home, _ = equations[match[1]]
            href = f"#eq-{match[1]}" if home == page.path else f"{page.to(home)}#eq-{match[1]}"
            link = page.soup.new_tag("a", href=href, attrs={"class": "equation", "data-equation": match[1]})
            link.string = match[0]
            return link

        replace(node, found, make)


def link_terms(pages, glossary):
    """Each term of the glossary, where a notebook first says it, leads to its row; the row leads back."""
    forms = {}
    for row in glossary.article.select("tbody tr"):
        term, chinese, _ = row.select("td")
        row["id"] = "term-" + re.sub(r"\W+", "-", term.text)
        chinese["lang"] = "zh"
        row["data-chinese"] = f"{term.text} · {chinese.text}"
        forms |= {form: row for form in term.text.split(", ")}
    longest = sorted(forms, key=len, reverse=True)
    words = "|".join(f"(?P<w{k}>{pattern(form)})" for k, form in enumerate(longest))
    term = re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE)
    for page in pages:
        linked = set()
        for node in page.texts(NO_TERMS):
            first = []
            for match in term.finditer(node):
                row = forms[longest[int(match.lastgroup[1:])]]
                if row["id"] not in linked:
                    linked.add(row["id"])
                    first.append(match)

            def make(match):
                row = forms[longest[int(match.lastgroup[1:])]]
                back = glossary.soup.new_tag("a", href=f"{page.path}#first-{row['id']}")
                back.string = page.path.name[1]
                cell = row.select("td")[-1]
                cell.extend([", ", back] if cell.find("a") else [back])
                link = page.soup.new_tag("a", href=f"{page.to(glossary.path)}#{row['id']}", id=f"first-{row['id']}")
                link["class"], link["data-chinese"], link.string = "term", row["data-chinese"], match[0]
                return link

            replace(node, first, make)


def pattern(form):
    return SAID.get(form) or re.escape(form) + "(?:e?s)?"


def name_parts(page):
    """Give a name to what sphinx-book-theme leaves nameless to who does not see it."""
    page.soup.select_one(".navbar-brand").parent.attrs |= {"role": "navigation", "aria-label": "Home"}
    for fold in page.soup.select(".sidebar-primary-items__start li > details > summary"):
        fold["aria-label"] = f"Pages to {fold.find_parent('li').a.text.strip()}"


def show_ways(page):
    """Below the title: the way from a page to its notebook, its slides, its exercises."""
    name, inside = page.path.stem, len(page.path.parts) > 1
    kinds = {f"{name}.html": "Text", f"exercises/{name}.html": "Exercises and solutions", f"slides/{name}.html": "Slides"}
    kinds |= {f"notebooks/{'exercises/' * inside}{name}.ipynb": "Notebook"}
    ways = page.soup.new_tag("p", attrs={"class": "ways"})
    for path, title in kinds.items():
        if path != str(page.path):
            link = page.soup.new_tag("a", href=page.to(path))
            link.string = title
            ways.append(link)
    page.article.h1.insert_after(ways)
