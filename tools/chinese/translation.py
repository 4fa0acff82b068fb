"""The course in other words: gettext catalogues of the Markdown cells, and the Chinese notebooks made from them.

`python -m tools.chinese.translation` is `make translation`: it brings translations/zh up to date with the English cells
(new and changed ones are left to be translated), writes notebooks/zh from what is complete, and says how much that is.
Code cells are the English ones. Exercises share their catalogue with the solutions, from which they are made.
"""

import json
import os
import re
import sys
from collections import Counter
from contextlib import chdir
from difflib import get_close_matches
from functools import cache
from unittest.mock import patch

import nbformat
import polib

from lstm_helpers.language import DOMAIN, LOCALE
from lstm_tutor.exercises.showing import Verdict
from tools.chinese import hints, wording
from tools.notebooks import COURSE, EXERCISES, FOLDER, PATHS, ROOT, SOLUTIONS, read
from tools.site.pages import terms

CATALOGUES = ROOT / "translations" / "zh"
CHINESE = FOLDER / "zh"
README = ROOT / "README.md"
WORDING = ROOT / "tools" / "chinese" / "wording.py"
LIVING = ROOT / "lstm_tutor" / "living" / "living_lstm.js"  # whose Chinese words stand beside it, living_words.json
OTHERS = {README: "README", WORDING: "pages", LIVING: "living"}
SWITCH = {"en": "**English** · [中文](README.zh.md)", "zh": "[English](README.md) · **中文**"}
VERDICT = re.compile(r"(\d\.\d+) (right|not answered yet)")  # the ones that are stored
SPOKEN = LOCALE / "zh" / "LC_MESSAGES" / f"{DOMAIN}.po"  # what `check` says; a .mo beside it is what it reads
HEADER = {"Content-Type": "text/plain; charset=UTF-8", "Content-Transfer-Encoding": "8bit", "Language": "zh_CN"}
# What may stand in Latin letters: names, and what is read as a symbol. All else in small letters is left over English.
NAMES = set(
    "tanh log sigmoid softmax float32 float64 adam conda pip make root hub repo2docker nbgitpuller cff "
    "onnxruntime".split()
)
# Titles of papers and projects, which stay as they are, as does a single word in straight quotes.
TITLE = re.compile(r"[A-Z][\w-]*(?::? (?:to |with |for |of |a |the |on |and )*[A-Z][\w-]*)+")
CJK = r"[一-鿿]"
# A line for readers of Qiu's 《神经网络与深度学习》, whose exercises the course answers: it has no English.
NOTE = re.compile(r"(?m)^> \*\*给读《神经网络与深度学习》的同学\*\*：.*\n?")
# Each kind of what has to come through unchanged, in the order in which it is cut out.
UNTOUCHED = {
    "code": r"```.*?```|`[^`\n]+`",  # but for comments
    "formula": r"\$\$.*?\$\$|\$[^$\n]+\$",
    "link": r"(?<=\])\([^)\s]+\)|https?://[^\s)>]+",
    "tag of HTML": r"<[^>]+>|&\w+;",
    "reference": r"\(\d\.\d+\)",
}
# In the plain text of what `check` says: code and symbols, such as f(x), W_x[0], trace.c0, c_{t-1}, dL/dW_s.
SYMBOL = re.compile(
    r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)*(?:\([^()]*\)|\[[^\]]*\])|[\w/~]*_(?:\{[^}]*\}|\w+)|[A-Za-z]\w*\.[A-Za-z]\w*"
)
GREEK = {"δ": "delta", "ε": "epsilon", "θ": "theta", "σ": "sigma", "τ": "tau"}  # δc_t is delta c_t
SPELT = {*GREEK.values(), *"exp log10 output return rnn".split()}  # symbols and code there
COUNTED = {"number": r"\d+(?:[.,]\d+)*", "heading": r"(?m)^#+ ", "item": r"(?m)^ *(?:[*-]|\d+\.) "}


def catalogue_of(path):
    """Where the words of the notebook at path, of README.md, of pages and slides (WORDING), of the LIVING one stand."""
    if path in OTHERS:
        return CATALOGUES / f"{OTHERS[path]}.po"
    return CATALOGUES / path.relative_to(FOLDER).with_suffix(".po").as_posix().replace("exercises/", "solutions/")


def chinese_of(path):
    """Where the Chinese notebook, or README.zh.md, stands that belongs to path."""
    return ROOT / "README.zh.md" if path == README else CHINESE / path.relative_to(FOLDER)


def is_prose(source):
    """Does a cell have words, not only formulas and code?"""
    return bool(re.search(r"[A-Za-z]{2}", split(source)[0]))


def messages(path):
    """{context: Markdown} of what is to be translated: a message a cell, or a block of README.md, or WORDING's."""
    if path == WORDING:
        return wording.messages()
    if path == LIVING:
        return {re.sub(r"[^\w{}]+", "-", words)[:60]: words for words in living()}
    if path == README:
        found = blocks(path.read_text(encoding="utf-8"))
        return {context: block for context, block in found.items() if is_prose(block) or "  # " in block}
    return {cell.id: cell.source for cell in read(path).cells if cell.cell_type == "markdown" and is_prose(cell.source)}


def blocks(text):
    """{heading-number: block} of a Markdown text; the glossary is in two languages already."""
    found, heading, number = {}, "", 0
    for block in re.findall(r"(?:```.*?```|(?!\n\n).)+", text.strip(), re.DOTALL):
        block = block.strip("\n")
        if block.startswith("#"):
            heading, number = re.sub(r"[^a-z]+", "-", block.lower()).strip("-"), 0
        elif heading.startswith("words") or block == SWITCH["en"]:
            continue
        found[f"{heading}-{number}"], number = block, number + 1
    return found


def living():
    """The words of the living LSTM: say`at k = ${k}`, the names that it takes from tables, its lessons."""
    script = LIVING.read_text(encoding="utf-8")
    found = [re.sub(r"\$\{[^{}]*\}", "{}", words) for words in re.findall(r"say`([^`]*)`", script)]
    for table, entry in {
        "NAMES": ': "(.*?)"',
        "SHORT": ': "(.*?)"',
        "TABS": ': "(.*?)"',
        "TERMS": ', "(.*?)"]',
    }.items():
        found += re.findall(entry, re.search(rf"const {table} = (.*?);", script)[1])
    found += re.findall(r'\?\? "([^"]*)"\]\)', script)
    lessons = json.loads(LIVING.with_name("living_lessons.json").read_text(encoding="utf-8"))
    found += [*lessons, *(lesson["look"] for lesson in lessons.values())]
    return [words for words in dict.fromkeys(found) if is_prose(words)]


@cache
def translations(file):
    """{(context, English): Chinese} of a catalogue, fuzzy entries left out."""
    entries = polib.pofile(str(file), wrapwidth=0) if file.exists() else []
    return {(entry.msgctxt, entry.msgid): entry.msgstr for entry in entries if entry.translated()}


def update(file, wanted):
    """Bring a catalogue up to date with {context: English}. A changed message keeps its old Chinese, marked fuzzy."""
    old = {entry.msgctxt: entry for entry in polib.pofile(str(file), wrapwidth=0)} if file.exists() else {}
    new = polib.POFile(wrapwidth=0)
    new.metadata = HEADER
    for context, english in wanted.items():
        entry = old.get(context) or polib.POEntry(msgctxt=context, msgid=english)
        if entry.msgid != english:
            entry.previous_msgid, entry.msgid = entry.msgid, english
            entry.flags = ["fuzzy"] if entry.msgstr else []
        elif "fuzzy" not in entry.flags:
            entry.previous_msgid = None
        new.append(entry)
    keep(new, file)


def update_spoken(wanted, file=SPOKEN):
    """The same for what `check` says, {message: [(module, exercise)]}: a new message gets the Chinese, marked fuzzy, of
    the one that it resembles, if that is said no longer."""
    old = {entry.msgid: entry for entry in polib.pofile(str(file), wrapwidth=0)} if file.exists() else {}
    gone = {message: entry for message, entry in old.items() if message not in wanted and entry.msgstr}
    new = polib.POFile(wrapwidth=0)
    new.metadata = HEADER
    for message, places in wanted.items():
        entry = old.get(message) or polib.POEntry(msgid=message)
        near = [] if message in old else get_close_matches(message, gone, 1, 0.7)
        if near:
            entry.previous_msgid, entry.msgstr, entry.flags = near[0], gone.pop(near[0]).msgstr, ["fuzzy"]
        if hints.FIELD.search(message) and "python-brace-format" not in entry.flags:
            entry.flags.append("python-brace-format")
        entry.occurrences = places
        new.append(entry)
    keep(new, file)


def compiled(file=SPOKEN):
    """The bytes of the .mo beside what `check` says."""
    return polib.pofile(str(file), wrapwidth=0).to_binary()


def keep(catalogue, file):
    file.parent.mkdir(parents=True, exist_ok=True)
    text = str(catalogue)
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        file.write_text(text, encoding="utf-8")
    translations.cache_clear()


def translated(notebook, known):
    """The notebook with its Markdown in Chinese, and what `check` showed, as it shows it there. Raises KeyError, with
    the cell's id, where there is no Chinese."""
    notebook = nbformat.from_dict(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and is_prose(cell.source):
            cell.source = known[cell.id, cell.source]
        for output in cell.get("outputs", ()):
            if VERDICT.fullmatch(output.get("data", {}).get("text/plain", "")):
                output.data.update(verdict(output.data))
    return notebook


def verdict(shown):
    """What `check` shows in a Chinese notebook where it shows this in the English one."""
    number, state = VERDICT.fullmatch(shown["text/plain"]).groups()
    right, of = re.search(r" (\d+) of (\d+) right<", shown["text/html"]).groups()
    equation = hints.exercise_table(number[0])[number].equation
    said = Verdict(number, state, equation, int(right), int(of))
    with chdir(CHINESE / "exercises"), patch.dict(os.environ, LSTM_LANGUAGE="zh"):
        return {"text/plain": str(said), "text/html": said._repr_html_()}


def split(text):
    """The text without what has to come through unchanged, and {kind: how often each piece occurs}."""
    found = {}
    for kind, pattern in UNTOUCHED.items():
        pieces = [
            re.sub(r"\\text\{[^}]*\}|  # .*|alt=\"[^\"]*\"", "", piece)
            for piece in re.findall(pattern, text, re.DOTALL)
        ]
        found[kind] = Counter(pieces)
        text = re.sub(pattern, " ", text, flags=re.DOTALL)
    return text, found


def complaints(english, chinese, glossary, names=NAMES):
    """What is wrong with a translation, in words. glossary: {English term: Chinese term}. names: what may stay."""
    (said, kept), (says, keeps) = split(english), split(NOTE.sub("", chinese))
    for kind in UNTOUCHED:
        for piece in kept[kind] - keeps[kind]:
            yield f"{kind} missing: {piece}"
        for piece in keeps[kind] - kept[kind]:
            yield f"{kind} not in the English: {piece}"
    for what, pattern in COUNTED.items():
        before, after = Counter(re.findall(pattern, said)), Counter(re.findall(pattern, says))
        if before != after:
            lost, new = sorted((before - after).elements()), sorted((after - before).elements())
            yield f"{what}s differ: {lost} became {new}"
    if english.count("|") != chinese.count("|"):
        yield "the cells of a table differ"
    titles = TITLE.findall(english) + re.findall(r'"\w+"', english)
    for title in titles:
        said, says = said.replace(title, ""), says.replace(title, "")
    for word in re.findall(r"[A-Za-z][\w-]*", says):
        if re.search(r"[a-z]{3}", word[1:] if word.istitle() else word) and word.lower() not in names:
            if word.islower() or (word.istitle() and word.lower() in common()):
                yield f"English left over: {word}"
    for found in re.findall(rf"{CJK}[,;:?!](?!/)|{CJK}\(|\([^()\n]*{CJK}|[,;:] ?{CJK}|{CJK}\.(?:\s|$)", says):
        yield f"half-width punctuation: {found!r}"
    for found in re.findall(rf"{CJK}[A-Za-z0-9]|[A-Za-z0-9]{CJK}", chinese):
        yield f"a space is missing between Chinese and Latin: {found!r}"
    for paragraph in chinese.split("\n"):
        for number, found in enumerate(re.finditer(r"\*\*", paragraph)):
            inside, outside = paragraph[found.end() :][:1], paragraph[: found.start()][-1:]
            if number % 2:
                inside, outside = outside, inside
            if re.match(r"[^\w\s$`\[]", inside) and re.match(r"\w", outside):
                yield f"Markdown shows these asterisks as they are: {outside}**{inside} in {paragraph[:30]}"
    for term, chinese_term in glossary.items():
        for one, its in zip(term.split(", "), chinese_term.split("，")):
            if re.search(rf"(?i)\b{re.escape(one)}s?\b", said) and its not in says:
                yield f"{one} is {its}"


def spoken_complaints(english, chinese, glossary):
    """The same for what `check` says."""
    chinese = re.sub(r"[δεθστ](?=([A-Za-z])?)", lambda found: GREEK[found[0]] + " " * bool(found[1]), chinese)
    for found, kind in ((fields, "values"), (lambda text: sorted(set(SYMBOL.findall(text))), "symbols")):
        if found(english) != found(chinese):
            yield f"{kind} differ: {found(english)} became {found(chinese)}"
    if fields(english):
        try:
            chinese.format(*[1.0] * len(fields(english)))
        except (ValueError, KeyError, IndexError) as error:
            yield f"values cannot be put in: {error}"
    if chinese != english or not english.isidentifier():
        texts = [SYMBOL.sub(" ", hints.FIELD.sub(" ", text)) for text in (english, chinese)]
        yield from complaints(*texts, glossary, NAMES | SPELT)


def fields(text):
    """{which value: how it is to be written}: of "{}, not {!r}" {"0": "", "1": "!r"}."""
    found = [re.fullmatch(r"\{(\d*)(.*)\}", field) for field in hints.FIELD.findall(text)]
    return dict(sorted((field[1] or str(n), field[2]) for n, field in enumerate(found)))


def wrong_spoken(file=SPOKEN):
    """Complaints on the catalogue of what `check` says, each with its message."""
    known = translations(file)
    for message in hints.messages():
        if (None, message) not in known:
            yield f"{message}: not translated"
            continue
        yield from (f"{message}: {one}" for one in spoken_complaints(message, known[None, message], glossary()))


@cache
def common():
    """Words that the English course writes in small letters too, so that a capital makes no name of them."""
    return {word for path in PATHS for text in messages(path).values() for word in re.findall(r"\b[a-z]{3,}\b", text)}


@cache
def glossary():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return terms(re.search(r"(?ms)^## Words, English and Chinese\n(.*?)^## ", text)[1])


def wrong(path):
    """Complaints on the catalogue of the notebook at path, each with its cell."""
    known = translations(catalogue_of(path))
    for context, english in messages(path).items():
        if (context, english) not in known:
            yield f"{context}: not translated, or the English has changed since"
            continue
        if path == LIVING and fields(english) != fields(known[context, english]):
            yield f"{context}: values differ: {fields(english)} became {fields(known[context, english])}"
        yield from (f"{context}: {one}" for one in complaints(english, known[context, english], glossary()))


def chinese(path):
    """The text of the Chinese notebook or README.zh.md that belongs to path, whose catalogue has to be complete."""
    known = translations(catalogue_of(path))
    if path != README:
        return nbformat.writes(translated(read(path), known)) + "\n"
    text = english = README.read_text(encoding="utf-8")
    text = text.replace(*SWITCH.values())
    for context, block in messages(README).items():
        text = text.replace(block, known[context, block], 1)
    for before, after in zip(*(re.findall(r"(?m)^#+ (.*)$", one) for one in (english, text))):
        text = text.replace(f"](#{slug(before)})", f"](#{slug(after)})")
    return re.sub(r"\(notebooks/(?=[\w/]+\.ipynb)", "(notebooks/zh/", text)


def living_words():
    """The text of living_words.json."""
    known = translations(catalogue_of(LIVING))
    return json.dumps({english: words for (_, english), words in known.items()}, ensure_ascii=False, indent=0) + "\n"


def slug(heading):
    """The anchor that a repository's page gives a heading of README.md."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def told(file, wanted, found):
    """Say how far a catalogue is; returns how many complaints there are, and whether all is translated."""
    done = len(wanted) - sum("not translated" in one for one in found)
    print(f"{done:4d} of {len(wanted):4d} messages  {file.relative_to(ROOT)}")
    print("".join(f"       {one}\n" for one in found if "not translated" not in one), end="")
    return len(found), done == len(wanted)


def main():
    update_spoken(hints.messages())
    SPOKEN.with_suffix(".mo").write_bytes(compiled())
    left, _ = told(SPOKEN, hints.messages(), list(wrong_spoken()))
    for path in [*OTHERS, *COURSE, *SOLUTIONS]:
        update(catalogue_of(path), messages(path))
        found, complete = told(catalogue_of(path), messages(path), list(wrong(path)))
        left += found
        if path == LIVING:
            LIVING.with_name("living_words.json").write_text(living_words(), encoding="utf-8")
        elif complete and path != WORDING:
            for each in [path, *(one for one in EXERCISES if path in SOLUTIONS and one.name == path.name)]:
                chinese_of(each).parent.mkdir(parents=True, exist_ok=True)
                chinese_of(each).write_text(chinese(each), encoding="utf-8")
    sys.exit(f"{left} messages are missing or wrong" if left else 0)


if __name__ == "__main__":
    main()
