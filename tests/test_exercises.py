"""Exercises follow from their solutions, right answers are right, and each typical mistake gets its hint."""

import importlib
import re

import numpy as np
import pytest
import torch
from notebook_rules import output_text, outputs

from lstm_helpers.exercises import (
    JUDGES,
    MODULES,
    Hint,
    NotAnswered,
    ask,
    check,
    close,
    compare,
    letters,
    numbers,
    word,
)
from notebooks import EXERCISES, SOLUTIONS, read, unsolved

for module in MODULES.values():
    importlib.import_module(f"lstm_helpers.exercises.{module}")  # fills JUDGES
ANSWERS = [importlib.import_module(f"wrong_answers.{module}") for module in MODULES.values()]
WRONG = {number: answers for module in ANSWERS for number, answers in module.WRONG.items()}
# Right answers in other forms than that of the solutions.
RIGHT = {number: answers for module in ANSWERS for number, answers in getattr(module, "RIGHT", {}).items()}


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
    assert said.startswith((f"{number} not yet: ", f"{number} not answered yet: ")) and words in said


@pytest.mark.parametrize(
    ("number", "answer"), [(number, answer) for number, several in RIGHT.items() for answer in several]
)
def test_a_right_answer_in_another_form_is_right(number, answer, capsys):
    check(number, answer)
    assert capsys.readouterr().out == f"{number} right\n"


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


def handed_out(x, y):
    """As in the exercises."""
    ...


@pytest.mark.parametrize("function", [handed_out, lambda x, y: None, lambda x, y: ...])
def test_a_function_as_it_was_handed_out_is_not_answered(function):
    with pytest.raises(NotAnswered):
        ask(function, np.ones(2), [np.ones(2)])


def test_work_in_place_without_return_is_said(capsys):
    def clip(gradients, c):
        for gradient in gradients:
            gradient *= c

    def forgetful(gradients, c):
        c * gradients[0]

    given = [np.ones(2), np.ones(3)]
    for function, words in ((clip, "changes gradients in place and returns nothing"), (forgetful, "returns nothing")):
        with pytest.raises(Hint, match=words):
            ask(function, given, 0.5)
    assert given[0].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("AE", "AE"),
        ("lines A, E", "AE"),
        ("(a) and (e)", "AE"),
        (["E", "A"], "AE"),
        ({"A", "E"}, "AE"),
        ("A, E, not B", "AE"),
        ("C", "C"),
    ],
)
def test_letters_are_read_forgivingly(answer, said):
    assert letters(answer, "ABCDE") == set(said)


@pytest.mark.parametrize("answer", ["A or E", "A B D or C", "A/E", "F", "", "neither", 3, "B?", "AF", "not A"])
def test_letters_are_read_to_the_last_word(answer):
    with pytest.raises(Hint, match="letters from A to E are wanted"):
        letters(answer, "ABCDE")


def test_small_letters_and_beginnings_of_words_are_read():
    assert letters("a and C", "abcd") == {"a", "c"}
    assert word("it vanishes", ("vanish", "explod", "stay")) == "vanish"


@pytest.mark.parametrize(("number", "half"), [("1.1", [1.381, ...]), ("1.2", dict(zip(("W_x", "b"), ((64, 5), None))))])
def test_a_half_blank_answer_says_what_is_missing(number, half, capsys):
    check(number, half)
    said = capsys.readouterr().out
    assert said.startswith(f"{number} not answered yet: ") and said.endswith("is still blank\n")


@pytest.mark.parametrize("blank", [[[..., ...], {"a": None}], (handed_out, ...), {"a": None, "b": lambda x: None}])
def test_an_answer_blank_in_all_its_parts_is_blank(blank, capsys):
    check("1.1", blank)
    assert capsys.readouterr().out == "1.1 not answered yet\n"


def test_a_letter_is_judged_before_there_is_a_function(capsys):
    check("5.3", ("A", lambda lstm, readout, x: ...))
    check("5.3", ("C", lambda lstm, readout, x: ...))
    check("5.3", (..., lambda lstm, readout, x: readout(lstm(x)[0][:, -1])))
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == [
        "5.3 not yet",
        "5.3 not answered yet",
        "5.3 not answered yet",
    ]


def test_as_many_digits_as_are_asked_for():
    assert close(0.12351, 0.1239, decimals=3) and not close(0.1233, 0.1239, decimals=3)
    assert close(1.734e-4, 1.73e-4, digits=3) and not close(1.736e-4, 1.73e-4, digits=3)
    assert close([120.4, 0.01204], [120, 0.012], digits=3) and not close([120.4, 0.01206], [120, 0.012], digits=3)
    assert "nearly, but not to 3 digits after" in compare(0.12, 0.1239, decimals=3)


def test_one_number_may_come_in_an_array_of_one():
    assert close(np.array([2.0]), 2.0) and not close(np.array([2.0, 2.0]), 2.0) and not close([2.0], [[2.0]])


def test_tensors_that_require_a_gradient_are_numbers():
    tensors = (torch.ones(2, requires_grad=True), [torch.ones(2, dtype=torch.bfloat16), np.ones(2)][0])
    assert numbers(tensors).tolist() == [[1, 1], [1, 1]]
