"""`check` speaks the language of the notebook: all that it says is a message of the catalogue, whose Chinese is
complete and says what the English says; what the Chinese notebooks show of it is what it says there."""

import html
import json
import os
import re
import subprocess
import sys

import hints
import numpy as np
import polib
import pytest
import translation
from translation import SPOKEN, compiled, spoken_complaints, translated, update_spoken, wrong_spoken

from lstm_helpers import exercises, language
from lstm_helpers.configuration import PRESETS
from lstm_helpers.exercises import MODULES, check, grade
from lstm_helpers.exercises.reading import Hint
from lstm_helpers.exercises.showing import Verdict, place_of
from lstm_helpers.exercises.table import Named
from notebooks import EXERCISES, FOLDER, ROOT, SOLUTIONS, read

MESSAGES = hints.messages()
TABLE = {number: one for notebook in MODULES for number, one in exercises.exercises(notebook).items()}
OF_ALL = {message for message, places in MESSAGES.items() if not {module for module, _ in places} & {*MODULES.values()}}


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.delenv("LSTM_LANGUAGE", raising=False)
    exercises.RIGHT.clear()
    exercises.SAID.clear()


# --- all that it says is known ---


class Marking:
    """A catalogue in which every letter of a known message becomes a star; what keeps its letters, nobody translates."""

    def __init__(self, known):
        self.known, self.said = known, set()

    def gettext(self, message):
        if message not in self.known:
            return message
        self.said.add(message)
        pieces = re.split(f"({hints.FIELD.pattern})", message)
        return "".join(re.sub("[A-Za-z]", "*", piece) if k % 2 == 0 else piece for k, piece in enumerate(pieces))


@pytest.fixture
def marking(monkeypatch):
    """A function: speak a language that has these messages."""

    def speak(known):
        one = Marking(known)
        monkeypatch.setattr(language, "catalogue", lambda *_: one)
        return one

    return speak


def untranslated(words, task=None):
    """The words left in what was said, but for code, quotations, and the names that the student's own dict has."""
    keys = []
    for part in (task, *getattr(task, "tasks", {}).values()):
        keys += part.tasks if type(part) is Named else ()
    for key in sorted(map(str, keys), key=len, reverse=True):
        words = words.replace(f"{key}: ", "")
    return re.search(hints.WORD, re.sub(r"`[^`]*`|'[^']*'|\"[^\"]*\"", "", words))


def left_over(number):
    """What the exercise's usual mistakes are told, in both stages, that is not translated."""
    task = TABLE[number].task
    for answer, _ in task.wrong():
        try:
            finding = task.judge(answer)
            said = [finding.words(again) for again in (False, True)]
        except Hint as hint:
            said = [str(hint)]
        yield from (words for words in said if untranslated(words, task))


@pytest.mark.parametrize("number", TABLE)
def test_every_hint_on_a_usual_mistake_is_a_message(number, marking):
    marking(MESSAGES)
    assert not [*left_over(number)]


def test_a_hint_that_is_no_message_is_noticed(marking):
    template = "{} has the shape {}, but {} is wanted"
    marking(MESSAGES.keys() - {"the bias b is missing", template})
    assert [*left_over("1.3")] == ["the bias b is missing"]
    assert [*left_over("1.4")] == ["W_x has the shape (1, 4), but (4, 1) is wanted"]


def in_place(x_t, h_prev, *others):
    x_t += 1
    h_prev += 1


def without_signature(*arguments):
    arguments[0][:] += 1


without_signature.__signature__ = "none"


def silent(*arguments):
    len(arguments)


def shapeless(*arguments):
    raise KeyError(7)


def line(**changes):
    """What the living LSTM copies, with changes."""
    return json.dumps(PRESETS["worked example"] | changes)


STEP, COUPLED = TABLE["1.3"].task.right, TABLE["1.7"].task.right
RNN = PRESETS["worked example"]["rnn"]
# Answers that cannot be judged, or are right, or strange: between them they get every sentence that is of no exercise.
ODD = [
    ("1.3", in_place),
    ("1.3", without_signature),
    ("1.3", silent),
    ("1.3", shapeless),
    ("1.3", eval("lambda *arguments: {}[7]")),
    ("1.3", 3),
    ("1.3", ...),
    ("1.3", STEP),
    ("1.3", lambda *case: ([1, [2, 3]], 1)),
    ("1.3", lambda *case: ("x", "y")),
    ("1.3", lambda *case: 2.0),
    ("1.3", lambda *case: [1]),
    ("1.3", lambda *case: [*STEP(*case), 1]),
    ("1.7", lambda *case: [np.nan * part for part in COUPLED(*case)]),
    ("1.7", lambda *case: COUPLED(*case)[::-1]),
    ("3.5", ("CD", lambda *case: np.ones((2, 2, 16)))),
    ("1.1", [1.38, 0.88]),
    ("2.4", [2.8, 1.67, 9]),
    ("2.1", [9, 55, ...]),
    ("2.1", [9, ..., ...]),
    ("2.1", [9]),
    ("1.5", [5, 6]),
    ("1.5", 100),
    ("6.2", [6.58, 6.58]),
    ("4.5", ("X", 1)),
    ("2.5", ("X", 1)),
    ("2.5", ("A and E", 1)),
    ("2.5", (1, 2, 3)),
    ("2.3", (dict.fromkeys("ABCDEF", "7"), 1)),
    ("1.2", {"W_x": 64}),
    ("1.2", dict.fromkeys(("W_x", "W_h", "b", "x", "h"), 64)),
    ("1.8", "7"),
    ("1.8", "{}"),
    ("1.8", line(x=[[0, 0, 0]] * 13)),
    ("1.8", line(x=[])),
    ("1.8", line(c0="7.")),
    ("1.8", line(c0=[1, 2])),
    ("1.8", line(rnn={})),
    ("1.8", line(rnn=RNN | {"W_s": []})),
    ("1.8", line(rnn=RNN | {"b": []})),
]


def test_what_is_of_no_exercise_is_a_message_too(marking, monkeypatch):
    shown, known = [], marking(MESSAGES)
    monkeypatch.setattr(exercises, "show", shown.append)
    for number, answer in ODD:
        exercises.SAID.clear()
        check(number, answer), check(number, answer)
    said = {words for one in shown for words in (str(one), html.unescape(re.sub("<.*?>", "", one._repr_html_())))}
    values = re.compile(r"\b(?:str|int|vanishes|explodes|stays|rnn)\b")
    assert not [words for words in said if untranslated(values.sub("", words))]
    assert OF_ALL - known.said == {"See ({})."}, "give an odd answer that is told so"
