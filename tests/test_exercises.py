"""Exercises follow from their solutions, right answers are right, and each typical mistake gets its hint."""

import importlib
import re

import pytest
from notebook_rules import output_text, outputs

from lstm_helpers.exercises import JUDGES, MODULES, check
from notebooks import EXERCISES, SOLUTIONS, read, unsolved

for module in MODULES.values():
    importlib.import_module(f"lstm_helpers.exercises.{module}")  # fills JUDGES
WRONG = {
    number: answers
    for module in MODULES.values()
    for number, answers in importlib.import_module(f"wrong_answers.{module}").WRONG.items()
}


def verdicts(path):
    """What the checks printed in the stored notebook: {number: words}."""
    printed = "\n".join(output_text(output) for _, output in outputs(read(path)))
    return dict(re.findall(r"(?m)^(\d\.\d+) (right|not answered yet|not yet: .*)$", printed))


@pytest.mark.parametrize("path", EXERCISES, ids=lambda path: path.stem)
def test_exercises_are_the_solutions_without_the_answers(path):
    made = unsolved(read(path.parent.parent / "solutions" / path.name)).cells
    kept = [(cell.id, cell.source, cell.get("metadata")) for cell in read(path).cells]
    assert kept == [(cell.id, cell.source, cell.get("metadata")) for cell in made], "run `make notebooks`"
    assert "solution" not in "\n".join(source for _, source, _ in kept).lower().replace("../solutions", "")


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_solutions_are_right_and_exercises_are_blank(path):
    right, blank = verdicts(path), verdicts(path.parent.parent / "exercises" / path.name)
    assert set(right.values()) == {"right"} and set(blank.values()) == {"not answered yet"}
    assert list(right) == list(blank) == [f"{path.name[1]}.{k + 1}" for k in range(len(right))]
    assert 5 <= len(right) <= 8
    assert right.keys() <= WRONG.keys() and right.keys() <= JUDGES.keys()


@pytest.mark.parametrize(
    ("number", "answer", "words"), [(number, *pair) for number, pairs in WRONG.items() for pair in pairs]
)
def test_a_wrong_answer_gets_its_hint(number, answer, words, capsys):
    check(number, answer)
    said = capsys.readouterr().out
    assert said.startswith(f"{number} not yet: ") and words in said


@pytest.mark.parametrize("number", WRONG)
def test_each_exercise_has_hints_of_its_own_and_knows_a_blank(number, capsys):
    assert len({words for _, words in WRONG[number]}) >= 2
    for blank in (None, ..., lambda *arguments: None, lambda *arguments: ...):
        check(number, blank)
        said = capsys.readouterr().out
        assert said == f"{number} not answered yet\n" or (callable(blank) and "not yet: stopped with TypeError" in said)


@pytest.mark.parametrize("number", ["9.1", "1.99", "", None])
def test_an_unknown_number_does_not_stop_the_notebook(number, capsys):
    check(number, 1)
    assert "not yet: stopped with" in capsys.readouterr().out
