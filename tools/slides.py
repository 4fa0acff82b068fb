"""`make slides`: a deck for each notebook, once npm has brought MathJax and reveal.js to .venv/node.

What a cell is in the room stands in its metadata, under "slideshow"; README.md, "Changing it", lists the marks.
"""

import ast
import html
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import jinja2
from nbconvert.filters import Highlight2HTML, markdown2html
from publish import MATHJAX, NOTEBOOKS, REVEAL, ROOT, copy_assets, read, write

TEMPLATES = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"))
HEADING = re.compile(r"(?m)^#{1,6} +(.*)$")
EQUATION = re.compile(r"<p>\$\$(.*?)\$\$</p>", re.DOTALL)
TAG = re.compile(r"\s*\\tag\{(.*?)\}")
EXECUTED = re.compile(r"(?m)^\((\d+\.\d+)\) (holds to .*)\n?")  # what verify prints
SERIES = re.compile(r"\n(Name: .*, )?dtype: \w+$")  # what pandas says below a column
FRAME = re.compile(r'<img data-label="([^"]*)" alt="([^"]*)" src="([^"]*)"')
NOT_PROSE = re.compile(r"#|\$\$|>|\||[-*] |\d+\. ")
WITHOUT_QUESTION = ("What to remember", "Exercises")


@dataclass
class Part:
    """A piece of a slide. what: text, equation, table, picture, code or output. click: how many clicks show it."""

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
            part.click = part.click + self.clicks if part.click else self.clicks
            self.parts.append(part)
        self.clicks = max([self.clicks, *(part.click for part in parts)])

    def columns(self):
        """Text, and what may stand beside it; nothing may where the order of code and its output counts."""
        beside = [part for part in self.parts if part.what in ("picture", "steps", "table")]
        if not beside and self.parts and self.parts[-1].what == "output" and self.parts[-1].html.count("\n") > 2:
            beside = self.parts[-1:]
        if len(beside) != 1 or any(part.what == "code" for part in self.parts):
            return self.parts, []
        return [part for part in self.parts if part is not beside[0]], beside

    def weight(self):
        """How long it takes, compared with other slides: by what is said, and what there is to see."""
        words = len(" ".join([*self.note, self.question]).split())
        shown = sum(len(re.sub("<[^>]*>", "", part.html).split()) for part in self.parts if part.what != "table")
        pictures = sum(part.what in ("picture", "steps", "table") for part in self.parts)
        return 25 + words + shown + 40 * pictures + 15 * self.clicks


def mark(cell, name):
    return cell.metadata.get("slideshow", {}).get(name, "")


def inline(markdown):
    return markdown2html(markdown).strip().removeprefix("<p>").removesuffix("</p>")


def sentences(text):
    """The sentences of a paragraph; formulas, code and brackets stay whole."""
    hidden = re.sub(r"\$[^$]+\$|`[^`]+`|\([^()]*\)|\"[^\"]*\"", lambda found: "X" * len(found[0]), text)
    cuts = [0, *(found.end() for found in re.finditer(r"[.?!]\**\s+(?=[*\"A-Z∂])", hidden)), len(text)]
    return [text[start:end].strip() for start, end in zip(cuts, cuts[1:]) if text[start:end].strip()]


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
            spoken.append(" ".join(others))
            led = True
    return "\n\n".join(shown), "\n\n".join(filter(None, spoken))


def asks(markdown):
    """(question, rest): the sentences that ask, and the others."""
    said = [sentence for paragraph in markdown.split("\n\n") for sentence in sentences(paragraph)]
    ask = [sentence for sentence in said if sentence.rstrip("*:)").endswith("?")]
    return " ".join(ask), " ".join(sentence for sentence in said if sentence not in ask)


def text_parts(markdown, executed):
    """Text as parts; each numbered equation is one, with its number and what its check said."""
    for k, piece in enumerate(EQUATION.split(markdown2html(markdown))):
        if k % 2 == 0:
            piece = re.sub(r"<a [^>]*ipynb[^>]*>(.*?)</a>", r"\1", piece)  # exercises are done in the notebook
            yield from [Part("text", piece)] if piece.strip() else []
            continue
        tag = TAG.search(piece)
        number = ""
        if tag:
            said = executed.get(tag[1])
            done = f'<span class="executed" title="{html.escape(said)}">✓ executed</span>' if said else ""
            number = f'<span class="number">({tag[1]}){done}</span>'
        formula = f'<div class="formula">$${TAG.sub("", piece)}$$</div>'
        yield Part("equation", f'<div class="tagged" data-tag="{tag[1] if tag else ""}">{formula}{number}</div>')


def picture(source, alt, more=""):
    return f'<img src="{source}" alt="{html.escape(alt)}"{more}>'


def steps(page):
    """A slider's frames, one click after the other. The label of the last one shown stands below."""
    frames = FRAME.findall(page)
    images = [
        picture(source, alt, f' data-label="{label}"' + (f' class="fragment" data-fragment-index="{k}"' if k else ""))
        for k, (label, alt, source) in enumerate(frames)
    ]
    return Part("steps", f'<figure class="steps"><div>{"".join(images)}</div><figcaption></figcaption></figure>'), len(
        frames
    )


def output_parts(cell):
    """What a cell shows: pictures, tables, text. What verify says stands beside its equation."""
    for output in cell.outputs:
        data = output.get("data", {})
        if "image/png" in data:
            source = f"data:image/png;base64,{data['image/png']}"
            yield Part("picture", picture(source, data["text/plain"]))
        elif "text/html" in data:
            slider = '<input type="range"' in data["text/html"]
            yield Part("picture" if slider else "table", f'<div class="output">{data["text/html"]}</div>')
        else:
            text = data.get("text/plain") or EXECUTED.sub("", output.get("text", ""))
            text, error = SERIES.sub("", text).rstrip(), ""
            if output.output_type == "error":
                text, error = f"{output.ename}: {output.evalue}", " error"
            if text.startswith("{"):
                yield Part("table", rows_of(text))
            elif text:
                yield Part("output", f'<pre class="output{error}">{html.escape(text)}</pre>')


def rows_of(text):
    """A printed dictionary as a table."""
    rows = ((str(key), str(value)) for key, value in ast.literal_eval(text).items())
    rows = "".join(f"<tr><th>{html.escape(key)}</th><td>{html.escape(value)}</td></tr>" for key, value in rows)
    return f'<div class="output"><table>{rows}</table></div>'


def highlighted(cell):
    return Highlight2HTML(pygments_lexer="ipython3")(cell.source.replace("\n\n\n", "\n\n"))


class Deck:
    """The slides of a notebook."""

    def __init__(self, notebook):
        self.cells = {cell.id: cell for cell in notebook.cells}
        said = (output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", []))
        self.executed = dict(EXECUTED.findall("".join(said)))
        self.sections = []  # the first slide of each
        first, *others = notebook.cells
        self.minutes = int(re.search(r"\*\*Time:\*\* about (\d+) minutes", first.source)[1])
        self.title = HEADING.search(first.source)[1]
        self.slides = [self.title_slide(first), Slide("plan", "Plan", note=["What comes, and how long it takes."])]
        for cell in others:
            self.add(cell)
        self.drop_empty()
        self.share_time()

    def title_slide(self, cell):
        shown = self.cells[mark(cell, "picture")].outputs[0].data
        source = f"data:image/png;base64,{shown['image/png']}"
        note = HEADING.sub("", cell.source, count=1).strip()
        slide = Slide("title", inline(self.title), question=inline(mark(cell, "question")), note=[note])
        slide.parts.append(Part("picture", picture(source, shown["text/plain"])))
        return slide

    def add(self, cell):
        kind, show, source = mark(cell, "slide_type"), mark(cell, "show"), cell.source
        heading = HEADING.search(source) if cell.cell_type == "markdown" else None
        if heading:
            source = HEADING.sub("", source, count=1).strip()
        if kind in ("slide", "subslide") or show.startswith("question"):
            above = self.slides[-1].heading
            self.slides.append(Slide("plain", inline(heading[1]) if heading else above, goes_on=not heading))
        slide = self.slides[-1]
        if heading and heading[0].startswith("## ") and heading[1] not in WITHOUT_QUESTION:
            slide.opens, slide.clicks = inline(mark(cell, "question")), 1  # the question stands alone first
            self.sections.append(slide)
        if cell.cell_type == "code":
            self.add_code(cell, slide)
        elif show.startswith("question"):
            slide.kind = "question"
            asked, rest = asks(source)
            slide.question = inline(asked)
            if show == "question-and-answer":
                slide.add(list(text_parts(rest, self.executed)), fragment=True)
            else:
                slide.note.append(rest)
        elif kind == "notes":
            slide.note.append(source)
        elif kind != "skip":
            shown, spoken = lead(source) if show == "lead" else (source, "")
            slide.add(list(text_parts(shown, self.executed)), fragment=kind == "fragment")
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
            part, count = steps(cell.outputs[0].data["text/html"])
            slide.add([part], fragment=kind == "fragment")
            slide.clicks += count - 1
        else:
            slide.add(list(output_parts(cell)), fragment=kind == "fragment")

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
        """The notebook's minutes, in halves, by the slides' weights."""
        weights = [slide.weight() for slide in self.slides]
        done = 0
        for k, slide in enumerate(self.slides, start=1):
            slide.until = round(2 * self.minutes * sum(weights[:k]) / sum(weights)) / 2
            slide.minutes, done = slide.until - done, slide.until

    def html(self):
        page = TEMPLATES.get_template("deck.html.j2")
        return page.render(deck=self, markdown=markdown2html, plain=plain(self.title))


def plain(title):
    """A title for the browser's tab, without its formula."""
    return re.sub(r":? *\$[^$]*\$", "", title)


def main():
    folder, course = ROOT / "slides", sorted(NOTEBOOKS.glob("*.ipynb"))
    shutil.rmtree(folder, ignore_errors=True)
    copy_assets(MATHJAX | REVEAL, folder / "assets")
    decks = {path.stem: Deck(read(path)) for path in course}
    for name, deck in decks.items():
        write(folder / f"{name}.html", deck.html())
    write(folder / "index.html", TEMPLATES.get_template("decks.html.j2").render(decks=decks, plain=plain))


if __name__ == "__main__":
    main()
