"""The words that pages and slides add to the course: English here, Chinese in translations/zh/pages.po."""

import re
from functools import cache

import polib

from tools.notebooks import COURSE, ROOT, read

FOLDERS = {"en": "", "zh": "zh/"}  # where each language stands within notebooks/, slides/ and site/
NAMES = {"en": "English", "zh": "中文"}
README = {"en": "README.md", "zh": "README.zh.md"}
CATALOGUE = ROOT / "translations" / "zh" / "pages.po"
# A formula, in the slides' form or Sphinx's, with the Chinese punctuation on both sides.
BESIDE = re.compile(r"([（“]*)(?:\$[^$<>\n]+\$|<span class=\"math [^>]*>[^<]*</span>)([，。：；！？）”、]*)")
ENGLISH = {
    "title": "LSTM, worked out",
    "course": "The course",
    "around": "Around it",
    "contents": "On this page",
    "home": "Home",
    "below": "Pages to {}",
    "switch": "This page in English",  # what the link that leads to it is called, on the pages of another language
    "picture-code": "Code of the picture",
    "hint": "Hint",
    "solution": "Solution",
    "text": "Text",
    "exercises": "Exercises and solutions",
    "slides": "Slides",
    "notebook": "Notebook",
    "found": "{} places, the best one first",
    "not-found": "Nothing was found. Fewer words find more.",
    "decks": "LSTM, worked out: slides",
    "deck": "{} minutes, {} slides.",
    "print": "To print, with notes",
    "keys": "Arrow keys, space, <kbd>PageDown</kbd> and <kbd>PageUp</kbd> turn slides. <kbd>C</kbd> opens the code "
    "behind a slide, <kbd>S</kbd> the speaker's window with notes and a clock, <kbd>O</kbd> all slides, <kbd>F</kbd> "
    "fills the screen. A slider moves by mouse, or by arrow keys once <kbd>Enter</kbd> was pressed on it.",
    "plan": "Plan",
    "plan-note": "What comes, and how long it takes.",
    "time": "About {} minutes",
    "minutes": "<b>{} min</b>, to {} of {}",
    "executed": "executed",
    "code": "code",
    # in reveal.js's window for the speaker
    "speaker-connecting": "Loading speaker view...",
    "speaker-next": "Upcoming",
    "speaker-time": "Time ",
    "speaker-reset": "Click to Reset",
    "speaker-pace": "Pacing – Time to finish current slide",
    "speaker-notes": "Notes",
    "speaker-layout": "Layout",
    "speaker-default": "Default",
    "speaker-wide": "Wide",
    "speaker-tall": "Tall",
    "speaker-notes-only": "Notes only",
}


def unbroken(page):
    """A page in which no line begins, after a formula, with what ends a sentence: browsers would break there."""
    return BESIDE.sub(
        lambda found: f'<span class="unbroken">{found[0]}</span>' if found[1] + found[2] else found[0], page
    )


def messages():
    """{key: English} of all of them, and of the questions that slides ask, which stand in the cells' metadata."""
    found = dict(ENGLISH)
    for path in COURSE:
        for cell in read(path).cells:
            if asked := cell.metadata.get("slideshow", {}).get("question"):
                found[f"{path.stem}/{cell.id}"] = asked
    return found


@cache
def words(language):
    """{key: words} in this language; English ones where there is no translation, or one of other English words."""
    english = messages()
    chinese = {(one.msgctxt, one.msgid): one.msgstr for one in polib.pofile(str(CATALOGUE)) if one.translated()}
    return english if language == "en" else {key: chinese.get((key, said), said) for key, said in english.items()}
