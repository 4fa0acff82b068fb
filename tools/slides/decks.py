"""`make slides`: a deck for each notebook in each language, once npm has brought MathJax and reveal.js to .venv/node.

What a cell is in the room stands in its metadata, under "slideshow"; README.md, "Changing it", lists the marks.
"""

import html
import re
import shutil
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import jinja2
from nbconvert.filters import Highlight2HTML, markdown2html

from lstm_helpers.plots.style import COLOURS
from tools.chinese.wording import FOLDERS, NAMES, unbroken, words
from tools.notebooks import FOLDER, FROM_NPM, MATHJAX, REVEAL, ROOT, copy_assets, read, write

TEMPLATES = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"))
TEMPLATES.globals["colours"] = COLOURS
HEADING = re.compile(r"(?m)^#{1,6} +(.*)$")
EQUATION = re.compile(r"<p>\$\$(.*?)\$\$</p>", re.DOTALL)
TAG = re.compile(r"\s*\\tag\{(.*?)\}")
EXECUTED = re.compile(r"(?m)^\((\d+\.\d+[a-z]?)\) (holds to .*)\n?")  # what verify prints
RANGE = re.compile(r"\((\d+)\.(\d+)\)(?: to \(\1\.(\d+)\))?")
DTYPE = re.compile(r",? ?dtype: \w+$")  # what pandas says below a column
ENTRY = re.compile(r", (?=[\w.']+: )")  # of a dict
NAME = re.compile(r"<label>(.*?) <input")  # what a slider moves
FRAME = re.compile(r'<img data-label="([^"]*)" alt="([^"]*)" src="([^"]*)"')
SENTENCE = re.compile(r"[.?!]\**\s+(?=[*\"A-Z∂])|[。？！](?:\*\*(?!\S))?\s*")  # where one ends
WHOLE = re.compile(r"\$[^$]+\$|`[^`]+`|\([^()]*\)|\"[^\"]*\"|（[^（）]*）|“[^“”]*？[^“”]*”")  # what no sentence ends in
FOR_READERS = re.compile(r"(?m)^> \*\*给读.*\n?")  # a line that the Chinese course adds
NO_WORDS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL)  # of HTML
NOT_PROSE = re.compile(r"#|\$\$|>|\||[-*] |\d+\. ")
WITHOUT_QUESTION = ("What to remember", "Exercises")


@dataclass
class Part:
    """A piece of a slide. what: text, equation, table, picture, steps, code or output. click: how many show it."""

    what: str
    html: str
    click: int = 0


@dataclass
class Slide:
    kind: str  # title, plan, question or plain
    heading: str  # HTML; of a slide that goes on, that of the slide before
    goes_on: bool = False
    opens: str = ""  # the question that the section opens with
    question: str = ""
    parts: list = field(default_factory=list)
    clicks: int = 0
    code: list = field(default_factory=list)  # folded away: HTML
    note: list = field(default_factory=list)  # Markdown
    minutes: float = 0.0
    until: float = 0.0

    def add(self, parts, fragment):
        """Put parts on the slide, if fragment, with the next click."""
        self.clicks += bool(fragment and parts)
        for part in parts:
            part.click = self.clicks
        self.parts += parts

    def columns(self):
        """Text, and what may stand beside it; nothing may where the order of code and its output counts."""
        beside = [part for part in self.parts if part.what in ("picture", "steps", "table")]
        if len(beside) != 1 or any(part.what == "code" for part in self.parts):
            return self.parts, []
        return [part for part in self.parts if part is not beside[0]], beside

    def weight(self):
        """How long it takes, compared with other slides: by what is said, and what there is to see."""
        words = len(" ".join([*self.note, self.question]).split())
        shown = sum(len(NO_WORDS.sub("", part.html).split()) for part in self.parts if part.what != "table")
        pictures = sum(part.what in ("picture", "steps", "table") for part in self.parts)
        return 25 + words + shown + 40 * pictures + 15 * self.clicks


def mark(cell, name):
    return cell.metadata.get("slideshow", {}).get(name, "")


def inline(markdown):
    return markdown2html(markdown).strip().removeprefix("<p>").removesuffix("</p>")


def sentences(text):
    """The sentences of a paragraph; formulas, code and brackets stay whole."""
    hidden = WHOLE.sub(lambda found: "X" * len(found[0]), text)
    cuts = [0, *(found.end() for found in SENTENCE.finditer(hidden)), len(text)]
    return [text[start:end].strip() for start, end in pairwise(cuts) if text[start:end].strip()]


def together(said):
    """Sentences as a paragraph; Chinese ones need no space between them."""
    return re.sub(r"([。？！]\**) ", r"\1", " ".join(said))


def lead(markdown):
    """(shown, spoken): headings, formulas, lists and the first sentence; and the rest of the text."""
    shown, spoken, led = [], [], False
    for paragraph in re.split(r"\n\n+", markdown):
        if NOT_PROSE.match(paragraph):
            shown.append(paragraph)
        elif led:
            spoken.append(paragraph)
        else:
            first, *others = sentences(paragraph)
            shown.append(first)
            spoken.append(together(others))
            led = True
    return "\n\n".join(shown), "\n\n".join(filter(None, spoken))


def asks(markdown):
    """(question, rest): the sentences that ask, and the others."""
    said = [sentence for paragraph in markdown.split("\n\n") for sentence in sentences(paragraph)]
    ask = [sentence for sentence in said if sentence.rstrip("*:)：）").endswith(("?", "？"))]
    return together(ask), together(sentence for sentence in said if sentence not in ask)


def text_parts(markdown, executed, word):
    """Text as parts; each numbered equation is one, with its number and what its check said, in a word and in full."""
    for k, piece in enumerate(EQUATION.split(markdown2html(markdown))):
        if k % 2 == 0:
            yield from [Part("text", piece)] if piece.strip() else []
            continue
        tag = TAG.search(piece)
        said = tag and executed.get(tag[1])
        done = f'<span class="executed" title="{html.escape(said)}">✓ {word}</span>' if said else ""
        yield Part("equation", tagged(piece, tag[1] if tag else "", done))


def tagged(formula, number, done=""):
    """A formula, its number beside it, and under the number that its check ran."""
    beside = f'<span class="number">({number}){done}</span>' if number else ""
    formula = f'<div class="formula">$${TAG.sub("", formula)}$$</div>'
    return f'<div class="tagged" data-tag="{number}">{formula}{beside}</div>'


def picture(source, alt, more=""):
    return f'<img src="{source}" alt="{html.escape(alt)}"{more}>'


def named(label):
    """The equations that a label names: "(3.4)", "(3.6) to (3.9)"."""
    for chapter, first, last in RANGE.findall(label):
        yield from (f"{chapter}.{number}" for number in range(int(first), int(last or first) + 1))


def steps(frames, name):
    """A slider's frames, one click after the other. The label of the last one shown stands below."""
    images = ""
    for k, (label, alt, source) in enumerate(frames):
        label = label if re.search("[a-z]", label) else f"{name}: {label}"
        more = f' data-label="{label}" data-equations="{" ".join(named(label))}"'
        more += f' class="fragment" data-fragment-index="{k}"' if k else ""
        images += picture(source, html.unescape(alt), more)
    return Part("steps", f'<figure class="steps"><div>{images}</div><figcaption></figcaption></figure>')


def output_parts(cell):
    """What a cell shows: pictures, tables, text. What verify says stands beside its equation."""
    for output in cell.outputs:
        data = output.get("data", {})
        if "image/png" in data:
            source = f"data:image/png;base64,{data['image/png']}"
            yield Part("picture", picture(source, data["text/plain"]))
        elif shown := data.get("text/html"):
            yield Part("table" if "<table" in shown else "picture", f'<div class="output">{shown}</div>')
        elif output.output_type == "error":
            yield Part("output", f'<pre class="output error">{html.escape(f"{output.ename}: {output.evalue}")}</pre>')
        elif text := DTYPE.sub("", data.get("text/plain") or EXECUTED.sub("", output.get("text", ""))).strip():
            lines = ENTRY.sub(",\n ", text) if text.startswith("{") else text
            yield Part("output", f'<pre class="output">{html.escape(lines)}</pre>')


def highlighted(cell):
    return Highlight2HTML(pygments_lexer="ipython3")(cell.source.replace("\n\n\n", "\n\n"))


class Deck:
    """The slides of a notebook. like: the deck of the English notebook, if this is in another language."""

    def __init__(self, name, notebook, language="en", like=None):
        self.name, self.language, self.words = name, language, words(language)
        self.like = like or self
        self.cells = {cell.id: cell for cell in notebook.cells}
        said = (output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", []))
        self.executed = dict(EXECUTED.findall("".join(said)))
        texts = (markdown2html(cell.source) for cell in notebook.cells if cell.cell_type == "markdown")
        formulas = [formula for text in texts for formula in EQUATION.findall(text) if TAG.search(formula)]
        self.equations = {number: tagged(formula, number) for formula in formulas for number in TAG.findall(formula)}
        self.sections = []  # the first slide of each
        first, *others = notebook.cells
        self.minutes = like.minutes if like else int(re.search(r"\*\*Time:\*\* about (\d+)", first.source)[1])
        self.title = HEADING.search(first.source)[1]
        plan = Slide("plan", self.words["plan"], note=[self.words["plan-note"]])
        self.slides = [self.title_slide(first), plan]
        for cell in others:
            self.add(cell)
        self.drop_empty()
        self.share_time()

    def question(self, cell):
        """What the cell's metadata asks, if anything."""
        return inline(self.words[f"{self.name}/{cell.id}"]) if mark(cell, "question") else ""

    def title_slide(self, cell):
        note = HEADING.sub("", cell.source, count=1).strip()
        slide = Slide("title", inline(self.title), question=self.question(cell), note=[note])
        if name := mark(cell, "picture"):
            shown = self.cells[name].outputs[0].data
            frames = FRAME.findall(shown.get("text/html", ""))  # of a slider's, the last one is shown
            source = frames[-1][2] if frames else f"data:image/png;base64,{shown['image/png']}"
            alt = html.unescape(frames[-1][1]) if frames else shown["text/plain"]
            slide.parts.append(Part("picture", picture(source, alt)))
        return slide

    def add(self, cell):
        kind, show, source = mark(cell, "slide_type"), mark(cell, "show"), FOR_READERS.sub("", cell.source)
        heading = HEADING.search(source) if cell.cell_type == "markdown" else None
        if heading:
            source = HEADING.sub("", source, count=1).strip()
        if kind in ("slide", "subslide") or show.startswith("question"):
            above = self.slides[-1].heading
            self.slides.append(Slide("plain", inline(heading[1]) if heading else above, goes_on=not heading))
        slide = self.slides[-1]
        in_english = HEADING.search(self.like.cells[cell.id].source)[1] if heading else ""
        if heading and heading[0].startswith("## ") and in_english not in WITHOUT_QUESTION:
            slide.opens, slide.clicks = self.question(cell), 1  # the question stands alone first
            self.sections.append(slide)
        if cell.cell_type == "code":
            self.add_code(cell, slide)
        elif show.startswith("question"):
            slide.kind = "question"
            asked, rest = asks(source)
            slide.question = inline(asked)
            if show == "question-and-answer":
                slide.add(list(text_parts(rest, self.executed, self.words["executed"])), fragment=True)
            else:
                slide.note.append(rest)
        elif kind == "notes":
            slide.note.append(source)
        elif kind != "skip":
            shown, spoken = lead(source) if show == "lead" else (source, "")
            slide.add(list(text_parts(shown, self.executed, self.words["executed"])), fragment=kind == "fragment")
            slide.note.append(spoken)

    def add_code(self, cell, slide):
        kind, show = mark(cell, "slide_type"), mark(cell, "show")
        if show == "code":
            slide.add([Part("code", highlighted(cell))], fragment=kind == "fragment")
        else:
            slide.code.append(highlighted(cell))
        if kind == "skip":
            return
        if show == "steps":
            page = cell.outputs[0].data["text/html"]
            frames = FRAME.findall(page)
            self.recall(slide, [number for label, *_ in frames for number in named(label)])
            slide.add([steps(frames, NAME.search(page)[1])], fragment=False)
            slide.clicks = len(frames) - 1
        else:
            slide.add(list(output_parts(cell)), fragment=kind == "fragment")

    def recall(self, slide, numbers):
        """Put the equations of these numbers on the slide, beside the picture that is built up with them."""
        here = "".join(part.html for part in slide.parts)
        wanted = [number for number in dict.fromkeys(numbers) if f'data-tag="{number}"' not in here]
        slide.parts += [Part("equation", self.equations[number]) for number in sorted(wanted, key=float)]

    def drop_empty(self):
        """A slide on which nothing is left to see, such as a check alone, goes: its note and code to the one before."""
        kept = []
        for slide in self.slides:
            if slide.parts or slide.question or slide.opens or slide.kind != "plain":
                kept.append(slide)
            else:
                kept[-1].note += slide.note
                kept[-1].code += slide.code
        self.slides = kept

    def share_time(self):
        """The notebook's minutes, in halves, by the weights of the slides, of the English ones in every language."""
        if len(self.slides) != len(self.like.slides):
            raise ValueError(f"{self.name}: {len(self.slides)} slides in Chinese, {len(self.like.slides)} in English")
        weights = [slide.weight() for slide in self.like.slides]
        done = 0
        for k, slide in enumerate(self.slides, start=1):
            slide.until = round(2 * self.minutes * sum(weights[:k]) / sum(weights)) / 2
            slide.minutes, done = slide.until - done, slide.until

    def html(self):
        template = TEMPLATES.get_template("deck.html.j2")
        page = template.render(deck=self, markdown=markdown2html, plain=plain(self.title), **around(self.language))
        page = re.sub(r'<a href="(?:exercises|solutions)/[^"]*">(.*?)</a>', r"\1", page)  # there are no slides of them
        page = re.sub(r'(href="[^":]+)\.ipynb', r"\1.html", page)
        return page if self.language == "en" else unbroken(page)


def plain(title):
    """A title for the browser's tab, without its formula."""
    return re.sub(r"[:：]? *\$[^$]*\$", "", title)


def around(language):
    """What every template needs to know of the language."""
    up = "../" * FOLDERS[language].count("/")
    others = {name: (title, f"{up}{FOLDERS[name]}index.html") for name, title in NAMES.items() if name != language}
    return {"language": language, "words": words(language), "up": up, "others": others}


def speakers_window(language):
    """reveal.js's plugin for the speaker's window, in this language."""
    script = (FROM_NPM / "reveal.js" / "plugin" / "notes" / "notes.js").read_text(encoding="utf-8")
    for key, english in words("en").items():
        for quotes in ("><", "''") if key.startswith("speaker-") else ():
            script = script.replace(english.join(quotes), words(language)[key].join(quotes))
    return script


def main():
    folder, course = ROOT / "slides", sorted(FOLDER.glob("*.ipynb"))
    shutil.rmtree(folder, ignore_errors=True)
    copy_assets(MATHJAX | REVEAL, folder / "assets")
    english = {}
    for language, place in FOLDERS.items():
        write(folder / "assets" / f"notes.{language}.js", speakers_window(language))
        decks = {
            path.stem: Deck(path.stem, read(FOLDER / place / path.name), language, english.get(path.stem))
            for path in course
        }
        english = english or decks
        for name, deck in decks.items():
            write(folder / place / f"{name}.html", deck.html())
        index = TEMPLATES.get_template("decks.html.j2").render(decks=decks, plain=plain, **around(language))
        write(folder / place / "index.html", index)


if __name__ == "__main__":
    main()
