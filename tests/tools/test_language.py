"""`check` speaks the language of the notebook: all that it says is a message of the catalogue."""

import ast
import os
import re
import subprocess
import sys

import pytest

from lstm_helpers import language
from lstm_tutor import exercises
from lstm_tutor.exercises import MODULES, check
from lstm_tutor.exercises.reading import Hint
from lstm_tutor.exercises.table import Named
from lstm_tutor.grade import grade
from tools.chinese import hints
from tools.notebooks import ROOT
from tools.site.pages import hint

MESSAGES = hints.messages()
TASKS = {number: one.task for notebook in MODULES for number, one in exercises.exercises(notebook).items()}
OF_ALL = [ROOT / "lstm_tutor" / "living" / "configuration.py", ROOT / "lstm_helpers" / "language.py"]
OF_ALL += [path for path in (ROOT / "lstm_tutor" / "exercises").glob("*.py") if path.stem not in MODULES.values()]
QUOTED = re.compile(r"`.*?`|'.*?'|\".*?\"")


class Starred:
    """A catalogue in which the words of a known message become stars; words that stay, nobody translates."""

    def __init__(self, known=MESSAGES):
        self.known = {*known}

    def gettext(self, message):
        return hints.WORD.sub("*", message) if message in self.known else message


def untranslated(number):
    """What the exercise's usual mistakes are told, in both stages, that is not translated."""
    task = TASKS[number]
    keys = [key for part in (task, *getattr(task, "tasks", {}).values()) if type(part) is Named for key in part.tasks]
    own = {*hints.WORD.findall(" ".join(map(str, keys)))}  # in the names that the student's own dict has
    for answer, _ in task.wrong():
        try:
            said = [task.judge(answer).words(again) for again in (False, True)]
        except Hint as hint:
            said = [str(hint)]
        yield from (words for words in said if {*hints.WORD.findall(QUOTED.sub("", words))} - own)


@pytest.mark.parametrize("number", TASKS)
def test_every_hint_on_a_usual_mistake_is_a_message(number, monkeypatch):
    monkeypatch.setattr(language, "catalogue", lambda *_: Starred())
    assert not [*untranslated(number)]


def test_a_hint_that_is_no_message_is_noticed(monkeypatch):
    without = {*MESSAGES} - {"the bias b is missing", "{} has the shape {}, but {} is wanted"}
    monkeypatch.setattr(language, "catalogue", lambda *_: Starred(without))
    assert [*untranslated("1.3")] == ["the bias b is missing"]
    assert [*untranslated("1.4")] == ["W_x has the shape (1, 4), but (4, 1) is wanted"]


def sentences(code):
    """What stands in the code as a text, or begins an f-string, and has three words."""
    nodes = [*ast.walk(ast.parse(code))]
    skipped = {node.value for node in nodes if isinstance(node, ast.Expr) or getattr(node, "attr", "") == "split"}
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and node not in skipped]
    return [text for text in texts if re.match(r"[\w{]", str(text)) and len(hints.WORD.findall(str(text))) > 2]


@pytest.mark.parametrize("path", OF_ALL, ids=lambda path: path.stem)
def test_what_is_of_no_exercise_is_a_message_too(path):
    assert not [text for text in sentences(path.read_text(encoding="utf-8")) if text not in MESSAGES]


def test_a_language_is_that_of_the_folder_or_the_one_chosen(monkeypatch):
    for chosen, folder, said in (
        ("", "course/notebooks/exercises", "right"),
        ("", "course/notebooks/zh/exercises", "正确"),
        ("", "notebooks/other", "right"),
        ("zh", "course/notebooks/exercises", "正确"),
        ("en", "course/notebooks/zh/exercises", "right"),
    ):
        monkeypatch.setattr(language, "HERE", ROOT / folder)
        monkeypatch.setenv("LSTM_LANGUAGE", chosen)
        assert language.say("right") == said
    monkeypatch.setenv("LSTM_LANGUAGE", "fr")
    with pytest.raises(ValueError, match="'fr', but the judges speak en and zh only"):
        language.say("right")


def test_a_notebook_that_goes_elsewhere_speaks_the_language_of_its_folder():
    asked = "from lstm_helpers.language import say; import os; os.chdir('/'); assert say('right') == '正确'"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "LSTM_LANGUAGE": ""}
    subprocess.run([sys.executable, "-c", asked], cwd=ROOT / "notebooks" / "zh", env=environment, check=True)


def test_grades_are_told_in_english_words_whatever_the_hints(tmp_path, monkeypatch):
    monkeypatch.setenv("LSTM_LANGUAGE", "zh")
    assert grade.environment(tmp_path)["LSTM_LANGUAGE"] == "zh"
    shown = []
    monkeypatch.setattr(exercises, "show", shown.append)
    check("1.5", 100), check("1.5", ...), check("1.5", TASKS["1.5"].right)
    assert [one.words.partition(":")[0] for one in shown] == ["not yet", "not answered yet", "right"]
    assert grade.STATES.fullmatch(shown[0].words) and re.search("[一-鿿]", shown[0].words)


def test_pages_show_hints_in_either_language():
    said = [hint(exercises.exercises("1")["1.2"], name).source for name in ("en", "zh")]
    assert [len(re.findall("(?m)^.*[一-鿿]", one)) > 1 for one in said] == [False, True]
