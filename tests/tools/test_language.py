"""`check` speaks the language of the notebook: all that it says is a message of the catalogue, whose Chinese is
complete and says what the English says; what the Chinese notebooks show of it is what it says there."""

import html
import json
import os
import re
import subprocess
import sys

import numpy as np
import polib
import pytest

from lstm_helpers import language
from lstm_tutor import exercises
from lstm_tutor.exercises import MODULES, check
from lstm_tutor.exercises.reading import Hint
from lstm_tutor.exercises.showing import Verdict, place_of
from lstm_tutor.exercises.table import Named
from lstm_tutor.grade import grade
from lstm_tutor.living.configuration import PRESETS
from tools.chinese import hints, translation
from tools.chinese.translation import SPOKEN, compiled, spoken_complaints, translated, update_spoken, wrong_spoken
from tools.notebooks import EXERCISES, FOLDER, ROOT, SOLUTIONS, read
from tools.site.pages import hint

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
    """A catalogue in which each letter of a known message becomes a star; what keeps its letters, nobody translates."""

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
    ("1.3", lambda *case: np.ones(3)),
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
    ("2.3", (dict.fromkeys("ABCDEF", "vanishes, stays"), 1)),
    ("2.5", (1, 2, 3)),
    ("2.3", (dict.fromkeys("ABCDEF", "7"), 1)),
    ("1.2", {"W_x": 64}),
    ("1.2", dict.fromkeys(("W_x", "W_h", "b", "x", "h"), 64)),
    ("1.99", 1),
    ("1.5", "6。"),
    ("1.5", "6" * 10**6),
    ("1.8", "7 7"),
    ("1.8", "{}"),
    ("1.8", line(x=[[0, 0, 0]] * 13)),
    ("1.8", line(x=[])),
    ("1.8", line(c0="x")),
    ("1.8", line(c0=[1, 2])),
    ("1.8", line(c0=1e308)),
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


# --- the language that is spoken ---


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A small catalogue in a language "zh", which is all there is beside English."""
    folder = tmp_path / "zh" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogue = polib.POFile()
    catalogue.metadata = translation.HEADER
    chinese = {"{}: {}": "{}：{}", "not yet": "还不对", "the shape is {}, but {} is wanted": "应为 {1}，而不是 {0}"}
    catalogue.extend(polib.POEntry(msgid=english, msgstr=said) for english, said in chinese.items())
    (folder / "lstm_helpers.mo").write_bytes(catalogue.to_binary())
    monkeypatch.setattr(language, "LOCALE", tmp_path)


def test_english_is_spoken_by_default_and_chinese_where_it_is_chosen(small, monkeypatch, capsys):
    wrong = ("1.5", [1, 2]), "1.5 not yet: the shape is (2,), but () is wanted\n", "1.5 还不对：应为 ()，而不是 (2,)\n"
    for variable, folder, wanted in (
        (None, "course/notebooks/exercises", wrong[1]),
        (None, "course/notebooks/zh/exercises", wrong[2]),
        (None, "notebooks/other", wrong[1]),
        ("zh", "course/notebooks/exercises", wrong[2]),
        ("en", "course/notebooks/zh/exercises", wrong[1]),
        ("", "course/notebooks/zh/exercises", wrong[2]),
    ):
        monkeypatch.setattr(language, "HERE", ROOT / folder)
        monkeypatch.delenv("LSTM_LANGUAGE", raising=False)
        if variable is not None:
            monkeypatch.setenv("LSTM_LANGUAGE", variable)
        check(*wrong[0])
        assert capsys.readouterr().out == wanted
    monkeypatch.setenv("LSTM_LANGUAGE", "fr")
    with pytest.raises(ValueError, match="'fr', but the judges speak en and zh only"):
        check(*wrong[0])


def test_a_notebook_speaks_the_language_of_its_folder():
    """As Jupyter runs it, which starts a kernel in the notebook's folder."""
    asked = "from lstm_tutor.exercises import check; import os; os.chdir('/'); check('2.1', [9, 55, 24])"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    for folder, wanted in ((EXERCISES[0].parent, "2.1 right\n"), (FOLDER / "zh" / "exercises", "2.1 正确\n")):
        command = [sys.executable, "-c", asked]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8")
        assert (done.stdout, done.stderr) == (wanted, "")


def test_grades_are_told_in_english_words_whatever_the_hints(tmp_path, monkeypatch):
    assert "LSTM_LANGUAGE" not in grade.environment(tmp_path)
    monkeypatch.setenv("LSTM_LANGUAGE", "zh")
    assert grade.environment(tmp_path)["LSTM_LANGUAGE"] == "zh"
    shown = []
    monkeypatch.setattr(exercises, "show", shown.append)
    check("1.5", 100), check("1.5", ...), check("1.5", TABLE["1.5"].task.right)
    assert [one.words.partition(":")[0] for one in shown] == ["not yet", "not answered yet", "right"]
    assert grade.STATES.fullmatch(shown[0].words)
    assert shown[0].words.endswith(language.say(exercises.AGAIN)) and re.search("[一-鿿]", shown[0].words)


def test_the_second_hint_comes_as_soon_in_chinese(monkeypatch):
    monkeypatch.setenv("LSTM_LANGUAGE", "zh")
    wrong = lambda *case: [2 * part for part in STEP(*case)], lambda *case: (2 * STEP(*case)[0], STEP(*case)[1])
    first, second = (exercises.judged(TABLE["1.3"], answer) for answer in wrong)
    assert "h_t、c_t：" in first and "再运行一次" in first and "h_t：" in second and "再运行一次" not in second


def test_pages_show_hints_in_either_language():
    assert hint(TABLE["1.1"]).source.endswith("* See (1.5).")
    assert hint(TABLE["1.1"], "zh").source.endswith("* 见 (1.5)。")


# --- the catalogue ---


def test_what_check_says_is_translated_and_right():
    found = list(wrong_spoken())
    assert not found, f"run `make translation` and mend {SPOKEN.relative_to(ROOT)}:\n" + "\n".join(found)


def test_the_catalogue_holds_what_check_says_and_is_compiled(tmp_path):
    fresh = tmp_path / SPOKEN.name
    fresh.write_bytes(SPOKEN.read_bytes())
    update_spoken(MESSAGES, fresh)
    assert fresh.read_text(encoding="utf-8") == SPOKEN.read_text(encoding="utf-8"), "run `make translation`"
    assert SPOKEN.with_suffix(".mo").read_bytes() == compiled(), "run `make translation`"


def test_a_changed_message_keeps_its_chinese_as_a_proposal(tmp_path):
    file = tmp_path / "one.po"
    update_spoken({"the bias b is missing": [("forward", "1.3")], "look at b": []}, file)
    catalogue = polib.pofile(str(file))
    catalogue[0].msgstr = catalogue[1].msgstr = "缺少偏置 b"
    catalogue.save()
    changed = {"the shape is {}": [("table", "")], "the bias b_f is missing": [("forward", "1.3"), ("bptt", "")]}
    update_spoken(changed, file)
    shape, bias = polib.pofile(str(file))
    assert (shape.msgid, shape.msgstr, shape.flags) == ("the shape is {}", "", ["python-brace-format"])
    assert bias.fuzzy and bias.msgstr == "缺少偏置 b" and bias.previous_msgid == "the bias b is missing"
    assert bias.occurrences == [("forward:1.3", ""), ("bptt", "")]
    update_spoken(changed, file)
    assert polib.pofile(str(file))[1].fuzzy and b"b_f" not in compiled(file)


ENGLISH = "at step {} the forget gate is {:.2f}: W_hf h_t[0] is 3, see (1.2)"
CHINESE = "遗忘门在第 {} 步是 {:.2f}：W_hf h_t[0] 是 3，见 (1.2)"
TERMS = {"forget gate": "遗忘门"}


@pytest.mark.parametrize("chinese", [CHINESE, "遗忘门是 {1:.2f}，在第 {0} 步：W_hf h_t[0] 是 3，见 (1.2)"])
def test_a_right_translation_has_no_complaint(chinese):
    assert not [*spoken_complaints(ENGLISH, chinese, TERMS)]
    assert not [*spoken_complaints("c_{t-1} is what tanh(c_t) is made of", "c_{t-1} 组成 tanh(c_t)", TERMS)]
    assert not [*spoken_complaints("delta c_t is sigma of sigma(b_f)", "δc_t 是 σ(b_f) 的 σ", TERMS)]
    assert not [*spoken_complaints("output", "output", TERMS)]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("第 {} 步", "某一步", "values differ: {'0': '', '1': ':.2f'} became {'0': ':.2f'}"),
        ("{:.2f}", "{}", "values differ: {'0': '', '1': ':.2f'} became {'0': '', '1': ''}"),
        ("{}", "{1}", "values differ: {'0': '', '1': ':.2f'} became"),
        ("{}", "{0}", "values cannot be put in: "),
        ("W_hf", "W_hi", "symbols differ: ['W_hf', 'h_t[0]'] became ['W_hi', 'h_t[0]']"),
        (" h_t[0]", "", "symbols differ: ['W_hf', 'h_t[0]'] became ['W_hf']"),
        ("是 3", "是 4", "numbers differ: ['3'] became ['4']"),
        ("(1.2)", "(1.3)", "reference missing: (1.2)"),
        ("遗忘门", "忘记门", "forget gate is 遗忘门"),
        ("见 (1.2)", "see (1.2)", "English left over: see"),
        ("，见", ",见", "half-width punctuation"),
    ],
)
def test_a_wrong_translation_is_noticed(old, new, said):
    assert old in CHINESE
    found = [*spoken_complaints(ENGLISH, CHINESE.replace(old, new, 1), TERMS)]
    assert any(one.startswith(said) for one in found), found


# --- what the Chinese notebooks show ---


@pytest.mark.parametrize("path", [SOLUTIONS[0], EXERCISES[0]], ids=lambda path: path.parent.name)
def test_stored_verdicts_are_those_of_a_chinese_notebook(path, monkeypatch):
    words = {(cell.id, cell.source): "门" for cell in read(path).cells if cell.cell_type == "markdown"}
    pairs = [*zip(read(path).cells, translated(read(path), words).cells)]
    verdicts = [(its.outputs[-1].data, ours.outputs) for ours, its in pairs if "check(" in ours.source]
    of = exercises.exercises("1")
    last, most = [*of][-1], len(of)
    assert len(verdicts) == most
    state, right = ("正确", most) if path in SOLUTIONS else ("还没作答", 0)
    shown = verdicts[-1][0]
    assert shown["text/plain"] == f"{last} {state}"
    equation = of[last].equation
    target = place_of(equation, FOLDER / "zh").split("#")[1]
    link = f'<a href="../01_forward_equations.ipynb#{target}">({equation})</a>'
    assert f" {last} {state}</b> · {link} · {most} 题中答对 {right} 题<" in shown["text/html"]
    assert re.search("[一-鿿]", target)
    monkeypatch.setenv("LSTM_LANGUAGE", "en")
    monkeypatch.chdir(path.parent)
    said = Verdict("1.8", "right" if path in SOLUTIONS else "not answered yet", "1.2", right, 8)
    assert verdicts[-1][1][-1].data == {"text/plain": str(said), "text/html": said._repr_html_()}


def test_other_outputs_are_left_as_they_are():
    for path in SOLUTIONS:
        words = {(cell.id, cell.source): "门" for cell in read(path).cells if cell.cell_type == "markdown"}
        for ours, its in zip(read(path).cells, translated(read(path), words).cells):
            for before, after in zip(ours.get("outputs", ()), its.get("outputs", ())):
                said = before.get("data", {}).get("text/plain", "")
                assert (before == after) != bool(re.fullmatch(r"\d\.\d right", said))
