"""The course in Chinese: gettext catalogues of what is read, and what is made from them, where nothing is edited.

`python -m tools.chinese.translation` is `make translation`: it brings the catalogues up to date with the English, makes
notebooks/zh and the like from them, and says what is wrong there and how much is not translated, or no longer: that is
shown in English. Code cells are the English ones. Exercises share their catalogue with the solutions that they are
made from.
"""

import json
import os
import re
import sys
from collections import defaultdict
from contextlib import chdir
from copy import copy
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from unittest.mock import patch

import nbformat
import polib

from lstm_helpers.language import DOMAIN, LOCALE
from lstm_tutor.exercises.showing import Verdict
from tools.chinese import hints, wording
from tools.chinese.complaints import complaints, glossary, split, spoken_complaints
from tools.notebooks import COURSE, FOLDER, PATHS, ROOT, SOLUTIONS, read

CATALOGUES = ROOT / "translations" / "zh"
CHINESE = FOLDER / "zh"
README = ROOT / "README.md"
WORDING, HINTS = Path(wording.__file__), Path(hints.__file__)  # who knows what pages and slides add, what `check` says
LIVING = ROOT / "lstm_tutor" / "living" / "living_lstm.js"
SPOKEN = LOCALE / "zh" / "LC_MESSAGES" / f"{DOMAIN}.po"
OTHERS = {  # than notebooks: their catalogue, and what is made from it; pages and slides read theirs themselves
    HINTS: (SPOKEN, SPOKEN.with_suffix(".mo")),
    README: (CATALOGUES / "README.po", ROOT / "README.zh.md"),
    LIVING: (CATALOGUES / "living.po", LIVING.with_name("living_words.json")),
    WORDING: (CATALOGUES / "pages.po", None),
}
SOURCES = [*OTHERS, *COURSE, *SOLUTIONS]
MADE = [HINTS, README, LIVING, *PATHS]
SWITCH = {"en": "**English** · [中文](README.zh.md)", "zh": "[English](README.md) · **中文**"}
HEADER = {"Content-Type": "text/plain; charset=UTF-8", "Content-Transfer-Encoding": "8bit", "Language": "zh_CN"}
VERDICT = re.compile(r"(\d\.\d+) (right|not answered yet)")  # the ones that are stored
UNIT = re.compile(r"(?ms)^\|[^\n]*$|^[^|\n].*?(?=\n+\||\Z)")  # a row of a table, or the text up to one
IN_ENGLISH = "> 此处的中文译文尚未更新，未译部分以英文显示。"


def catalogue_of(path):
    """The catalogue of one of SOURCES, or of a notebook of exercises."""
    if path in OTHERS:
        return OTHERS[path][0]
    return CATALOGUES / path.relative_to(FOLDER).with_suffix(".po").as_posix().replace("exercises/", "solutions/")


def chinese_of(path):
    """The file that is made from the catalogue of one of MADE."""
    return OTHERS[path][1] if path in OTHERS else CHINESE / path.relative_to(FOLDER)


# --- what is to be translated ---


def messages(path):
    """[(context, English)] of one of SOURCES. The context of all that a cell says is its id."""
    if path in (HINTS, LIVING):
        return [(None, words) for words in (hints.messages() if path == HINTS else living())]
    if path == WORDING:
        return list(wording.messages().items())
    texts = blocks() if path == README else [(c.id, c.source) for c in read(path).cells if c.cell_type == "markdown"]
    return list(dict.fromkeys((context, unit) for context, text in texts for unit in units(text)))


def units(text):
    """What is translated as one: rows of tables, and the text around them."""
    return [unit for unit in UNIT.findall(text) if is_prose(unit)]


def is_prose(text):
    """Has it words, not only formulas and code without a comment?"""
    return bool(re.search(r"[A-Za-z]{2}", split(text)[0])) or "  # " in text


def blocks():
    """[(heading, block)] of README.md; its glossary is in two languages already."""
    found, heading = [], ""
    for block in re.findall(r"(?:```.*?```|(?!\n\n).)+", README.read_text(encoding="utf-8").strip(), re.DOTALL):
        block = block.strip("\n")
        if block.startswith("#"):
            heading = re.sub(r"[^a-z]+", "-", block.lower()).strip("-")
        elif heading.startswith("words") or block == SWITCH["en"]:
            continue
        found.append((heading, block))
    return found


def living():
    """The words of the living LSTM: say`at k = ${k}`, the names that it takes from tables, its lessons."""
    script = LIVING.read_text(encoding="utf-8")
    found = [re.sub(r"\$\{[^{}]*\}", "{}", words) for words in re.findall(r"say`([^`]*)`", script)]
    for table in ("NAMES", "SHORT", "TABS", "TERMS"):
        entry = ', "(.*?)"]' if table == "TERMS" else ': "(.*?)"'
        found += re.findall(entry, re.search(rf"const {table} = (.*?);", script)[1])
    found += re.findall(r'\?\? "([^"]*)"\]\)', script)
    lessons = json.loads(LIVING.with_name("living_lessons.json").read_text(encoding="utf-8"))
    found += [*lessons, *(lesson["look"] for lesson in lessons.values())]
    return [words for words in dict.fromkeys(found) if is_prose(words)]


# --- the catalogues ---


def entries(file):
    return list(polib.pofile(str(file), wrapwidth=0)) if file.exists() else []


@cache
def translations(file):
    """{(context, English): Chinese} of a catalogue, fuzzy entries left out."""
    return {(entry.msgctxt, entry.msgid): entry.msgstr for entry in entries(file) if entry.translated()}


def update(file, wanted, others=()):
    """Bring a catalogue up to date with these messages. A cell that moved here brings its Chinese from `others`, the
    entries of all catalogues. A changed message gets, marked fuzzy, that of the one in its cell that it is like."""
    known, new = defaultdict(dict), polib.POFile(wrapwidth=0)
    for entry in (*others, *entries(file)):
        if entry.msgstr:
            known[cell_of(entry.msgctxt)][entry.msgid] = entry
    for context, english in wanted:
        alike = known[cell_of(context)]
        near = [english] if english in alike else get_close_matches(english, alike, 1)
        entry = copy(alike[near[0]]) if near else polib.POEntry(msgid=english)
        if entry.msgid != english:
            entry.previous_msgid, entry.flags = entry.msgid, ["fuzzy"]
        elif not entry.fuzzy:
            entry.previous_msgid = None
        entry.msgctxt, entry.msgid = context, english
        new.append(entry)
    new.metadata = HEADER
    file.write_text(str(new), encoding="utf-8")
    translations.cache_clear()


def cell_of(context):
    """The id of a cell: of "04_cell_state_gradients/race" too, which is what slides ask there."""
    return context and context.rpartition("/")[2]


def missing(path):
    """The messages of one of SOURCES that have no Chinese, or that of other English."""
    known = translations(catalogue_of(path))
    return [english for context, english in messages(path) if (context, english) not in known]


def wrong(path):
    """Complaints on the Chinese that there is, each with its message's context."""
    judge, known = spoken_complaints if path == HINTS else complaints, translations(catalogue_of(path))
    for context, english in filter(known.__contains__, messages(path)):
        found = judge(english, known[context, english], glossary())
        yield from (f"{context or english}: {complaint}" for complaint in found)


def in_all(judge):
    """What is `missing` or `wrong` in all catalogues, a line each."""
    return [f"{catalogue_of(path).relative_to(ROOT)}: {found}" for path in SOURCES for found in judge(path)]


# --- what is made from them ---


def chinese(path):
    """The bytes of that file."""
    known = translations(catalogue_of(path))
    if path == HINTS:
        return polib.pofile(str(SPOKEN)).to_binary()
    if path == README:
        text = chinese_readme(known)
    elif path == LIVING:
        text = json.dumps({said: words for (_, said), words in known.items()}, ensure_ascii=False, indent=0) + "\n"
    else:
        text = nbformat.writes(translated(read(path), known)) + "\n"
    return text.encode()


def chinese_readme(known):
    english = README.read_text(encoding="utf-8")
    text = english.replace(*SWITCH.values())
    for heading, block in blocks():
        text = text.replace(block, in_chinese(heading, block, known), 1)
    for before, after in zip(*(re.findall(r"(?m)^#+ (.*)$", one) for one in (english, text))):
        text = text.replace(f"](#{slug(before)})", f"](#{slug(after)})")
    return re.sub(r"\(notebooks/(?=[\w/]+\.ipynb)", "(notebooks/zh/", text)


def slug(heading):
    """The anchor that a repository's page gives a heading of README.md."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def translated(notebook, known):
    """The notebook with its Markdown in Chinese, and what `check` showed, as it shows it there."""
    notebook = nbformat.from_dict(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = in_chinese(cell.id, cell.source, known)
        for output in cell.get("outputs", ()):
            if VERDICT.fullmatch(output.get("data", {}).get("text/plain", "")):
                output.data.update(verdict(output.data))
    return notebook


def in_chinese(context, text, known):
    """A Markdown text in Chinese; where some of it has none, a line below its heading says so."""
    chinese = UNIT.sub(lambda unit: known.get((context, unit[0]), unit[0]), text)
    if all((context, unit) in known for unit in units(text)):
        return chinese
    heading, rest = re.fullmatch(r"(?s)(#+ [^\n]*)?\n*(.*)", chinese).groups()
    return "\n\n".join(filter(None, (heading, IN_ENGLISH, rest)))


def verdict(shown):
    """What `check` shows in a Chinese notebook where it shows this in the English one."""
    number, state = VERDICT.fullmatch(shown["text/plain"]).groups()
    right, of = re.search(r" (\d+) of (\d+) right<", shown["text/html"]).groups()
    equation = hints.exercise_table(number[0])[number].equation
    said = Verdict(number, state, equation, int(right), int(of))
    with chdir(CHINESE / "exercises"), patch.dict(os.environ, LSTM_LANGUAGE="zh"):
        return {"text/plain": str(said), "text/html": said._repr_html_()}


def main():
    others = [entry for file in (SPOKEN, *CATALOGUES.rglob("*.po")) for entry in entries(file)]
    for path in SOURCES:
        update(catalogue_of(path), messages(path), others)
    for path in MADE:
        chinese_of(path).write_bytes(chinese(path))
    print(f"{len(in_all(missing))} messages have no Chinese, or that of older English: they are shown in English")
    sys.exit("\n".join(in_all(wrong)) or 0)


if __name__ == "__main__":
    main()
