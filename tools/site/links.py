"""What Sphinx does not join: equation numbers with their equations, terms with the glossary, a page with its files."""

import json
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, NavigableString, Tag

from tools.chinese.wording import FOLDERS, NAMES, unbroken, words
from tools.site import search

NUMBER = re.compile(r"(?<!\w)\((\d\.\d{1,2}[a-z]?)\)")
NOTEBOOK = re.compile(r"(?:\b[Nn]otebook |(?<=notebooks )|(?<=notebooks \d\d and )|笔记本 )0?([1-9])(?!\.?\d)")
# In code, comments alone speak of equations.
NO_NUMBERS = "h1, h2, h3, script, style, summary, .math, .highlight span:not(.c1)"
NO_NOTEBOOKS = f"{NO_NUMBERS}, pre, code, .output, .ways"
NO_TERMS = f"{NO_NOTEBOOKS}, details"
SEARCH_OF_SPHINX = ", ".join(f"script[src*='{name}']" for name in ("searchtools", "searchindex", "language_data"))
# How the notebooks say terms that they inflect or shorten; and where one character is a word of its own in Chinese.
SAID = {
    "exploding gradient": "explod(?:es?|ed|ing)",
    "finite difference": "(?:finite|one-sided|central) differences?",
    "gradient clipping": "clip(?:s|ped|ping)?",
    "Jacobian matrix": "Jacobian(?: matrix| matrices|s)?",
    "long short-term memory": "LSTMs?",
    "loss function": "loss(?:es)?",
    "recurrent neural network": "recurrent (?:neural )?networks?|RNNs?",
    "saturation": "saturat(?:es?|ed|ion)",
    "time step": "steps?",
    "vanishing gradient": "vanish(?:es|ed|ing)?",
    "门": "(?<![专部热])门(?!诊)",
    "层": "(?<!出)层",
    "有限差分": "(?:有限|中心|单侧)?差[分商]",
    "长短期记忆": "LSTM|长短期记忆",
    "循环神经网络": "循环(?:神经)?网络|RNN",
    "雅可比矩阵": "雅可比(?:矩阵)?",
    "损失函数": "损失(?:函数)?",
}


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
        link = self.soup.new_tag(
            "a", href=to, attrs={key.replace("_", "-"): value for key, value in attributes.items()}
        )
        link.string = text
        return link

    def texts(self, without):
        """The text nodes of all that is said on the page outside of these elements and of links."""
        outside, found = {id(element) for element in self.soup.main.select(without)}, []

        def walk(element):
            for child in element.children:
                if isinstance(child, Tag):
                    if child.name != "a" and id(child) not in outside:
                        walk(child)
                elif type(child) is NavigableString:
                    found.append(child)

        walk(self.soup.main)
        return found


def join(folder):
    """Link the pages in this folder, those of each language with one another, and their languages."""
    pages = {language: [] for language in FOLDERS}
    for path in sorted(folder.rglob("*.html")):
        path, soup = path.relative_to(folder), BeautifulSoup(path.read_text("utf-8"), "html.parser")
        language = next((name for name in FOLDERS if path.parts[0] == name), "en")
        pages[language].append(Page(path, soup, language))
    for language in pages:
        join_pages(pages[language], folder)
        share(pages[language], folder)
        for page in pages[language]:
            switch(page, {other: {page.name for page in pages[other]} for other in FOLDERS if other != language})
            text = str(page.soup) if language == "en" else unbroken(str(page.soup))
            (folder / page.path).write_text(text, encoding="utf-8")
        search.write(pages[language], folder)


def join_pages(pages, folder):
    """Link the pages of one language, and write what their previews show into its _static/equations.js."""
    equations = {number: (page, tex) for page in pages for number, tex in formulas(page)}
    notebooks = [page for page in pages if re.match(r"\d", page.path.name)]
    language = pages[0].language
    for page in pages:
        link_equations(page, {number: home.path for number, (home, _) in equations.items()})
        link_notebooks(page, {page.name.name[1]: page.path for page in notebooks if len(page.name.parts) == 1})
        name_parts(page)
        mark_pictures(page)
        mark_english(page)
        replace_search(page)
    glossary = next(page for page in pages if page.path.name == "glossary.html")
    link_terms([page for page in notebooks if len(page.name.parts) == 1], glossary)
    for page in notebooks:
        show_ways(page)
    shown = json.dumps({number: tex for number, (_, tex) in equations.items()})
    file = folder / FOLDERS[language] / "_static" / "equations.js"
    file.write_text(f"const EQUATIONS = {shown};\n", encoding="utf-8")


def share(pages, folder):
    """What Sphinx put beside the pages of another language, and is there in English already, goes."""
    ours, twins = folder / FOLDERS[pages[0].language], {}
    for file in sorted(ours.rglob("*"), reverse=True) if ours != folder else ():  # a folder after what is in it
        twin = folder / file.relative_to(ours)
        if file.is_file() and twin.is_file() and file.read_bytes() == twin.read_bytes():
            twins[file] = twin.relative_to(folder)
            file.unlink()
        elif file.is_dir() and not [*file.iterdir()]:
            file.rmdir()
    for page in pages:
        for element in page.soup.select("[href], [src]"):
            attribute = "href" if element.has_attr("href") else "src"
            way = urlsplit(element[attribute])
            file = (folder / page.path).parent / unquote(way.path)
            if not way.scheme and file.resolve() in twins:
                element[attribute] = way._replace(path=page.to(twins[file.resolve()])).geturl()


def formulas(page):
    """(number, TeX) of the numbered equations on the page."""
    for formula in page.soup.select("div.math[id^=eq-]"):
        tex = formula.find(string=re.compile(r"\\\[")).strip()
        yield formula["id"].removeprefix("eq-"), tex.removeprefix(r"\[").removesuffix(r"\]")


def replace(node, links):
    """Put links in the place of what was found in this text node. links: (match, link), in order."""
    pieces, last, text = [], 0, str(node)
    for match, link in links:
        pieces += [text[last : match.start()], link]
        last = match.end()
    if pieces:
        node.replace_with(*filter(None, [*pieces, text[last:]]))


def link_equations(page, homes):
    """Each "(3.4)" leads to its equation. homes: {number: path of its page}."""
    for link in page.soup.main.select('a[href*=".ipynb#"]'):  # what a check shows leads to a section of the notebook
        if NUMBER.fullmatch(link.text):
            link.replace_with(link.text)
    page.soup.main.smooth()
    for node in page.texts(NO_NUMBERS):
        links = []
        for match in NUMBER.finditer(node):
            if match[1] in homes:
                home = "" if homes[match[1]] == page.path else page.to(homes[match[1]])
                links.append((match, page.link(match[0], f"{home}#eq-{match[1]}", data_equation=match[1])))
        replace(node, links)


def link_notebooks(page, homes):
    """Each "notebook 02" leads there, once a section, and not from its own page. homes: {number: path of its page}."""
    linked = {
        (id(link.find_parent("section")), number)
        for number, home in homes.items()
        for link in page.soup.main.select(f'a[href="{page.to(home)}"]')
    }
    for node in page.texts(NO_NOTEBOOKS):
        section, links = id(node.find_parent("section")), []
        for match in NOTEBOOK.finditer(node):
            home = homes.get(match[1], page.path)
            if home != page.path and (section, match[1]) not in linked:
                linked.add((section, match[1]))
                links.append((match, page.link(match[0], page.to(home))))
        replace(node, links)


def link_terms(pages, glossary):
    """Each term of the glossary, where a notebook first says it, leads to its row; the row leads back."""
    rows = {}
    for row in glossary.soup.select("tbody tr"):
        term, other, _ = row.select("td")
        row["id"], other["lang"] = "term-" + re.sub(r"\W+", "-", term.text), "zh" if pages[0].language == "en" else "en"
        rows |= {form: row for form in re.split(", |，", term.text)}
    longest = sorted(rows, key=len, reverse=True)
    one = said(longest, pages[0].language)
    for page in pages:
        waiting = {row["id"] for row in rows.values()}
        for node in page.texts(NO_TERMS):
            links = []
            for match in one.finditer(node):
                row = rows[longest[match.lastindex - 1]]
                if row["id"] in waiting:
                    waiting.remove(row["id"])
                    links.append((match, to_row(page, match[0], row, glossary)))
            replace(node, links)


def said(terms, language="en"):
    """What finds these terms as the notebooks say them: that of number k is group k, counted from 1."""
    forms = "|".join(f"({SAID.get(term) or re.escape(term) + '(?:e?s)?'})" for term in terms)
    return re.compile(forms if language == "zh" else rf"(?<![\w-])(?:{forms})(?![\w-])", re.IGNORECASE)


def to_row(page, word, row, glossary):
    """The link from a word to its row of the glossary, in which the way back is put down."""
    term, other, first = row.select("td")
    anchor = f"first-{row['id']}"
    back = glossary.link(str(int(page.path.name[:2])), f"{page.name}#{anchor}")
    cell = first.p or first
    cell.extend([", ", back] if cell.find("a") else [back])
    return page.link(word, f"{page.to(glossary.path)}#{row['id']}", id=anchor, data_term=f"{term.text} · {other.text}")


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


def show_ways(page):
    """Below the title: the way from a page to its exercises or its text, its slides, its notebook."""
    name, is_exercises, folder, say = (
        page.path.stem,
        len(page.name.parts) > 1,
        FOLDERS[page.language],
        words(page.language),
    )
    other = (f"{folder}{name}.html", "text") if is_exercises else (f"{folder}exercises/{name}.html", "exercises")
    notebook = f"notebooks/{folder}{page.name.with_suffix('.ipynb')}"
    ways = page.soup.new_tag("p", attrs={"class": "ways"})
    for path, title in (other, (f"slides/{folder}{name}.html", "slides"), (notebook, "notebook")):
        ways.append(page.link(say[title], page.to(path)))
    page.soup.select_one("article h1").insert_after(ways)  # the first h1 is for printing


def switch(page, others):
    """The link in the bar to the same page in each other language; site.js adds the heading that is being read.

    others: {language: names of its pages}. A page that it has not leads to its first one.
    """
    bar = page.soup.select_one(".article-header-buttons")
    for language, names in others.items():
        way = page.to(f"{FOLDERS[language]}{page.name if page.name in names else 'index.html'}")
        link = page.link(NAMES[language], way, lang=language, hreflang=language, aria_label=words(language)["switch"])
        if page.name in names:
            link["data-switch"] = ""
            page.soup.head.append(page.soup.new_tag("link", rel="alternate", hreflang=language, href=way))
        bar.insert(0, link)
