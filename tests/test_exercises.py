"""Exercises follow from their solutions; each mistake of the table, handed in, gets its own hint."""

import linecache
import re
import signal
import time

import numpy as np
import pytest
import torch
from notebook_rules import output_text, outputs

from lstm_tutor import exercises
from lstm_tutor.exercises import MODULES, check
from lstm_tutor.exercises.asking import ask, public
from lstm_tutor.exercises.reading import Hint, NotAnswered, close, letters, numbers, rounded_too_early, word
from lstm_tutor.exercises.showing import Verdict
from lstm_tutor.exercises.table import Choice, Exercise, Finding, Function, Letters, Named, Number
from lstm_tutor.planted import planted
from tools.notebooks import EXERCISES, SOLUTIONS, read, unsolved

TABLE = {number: one for notebook in MODULES for number, one in exercises.exercises(notebook).items()}
WRONG = [(number, *pair) for number, one in TABLE.items() for pair in one.task.wrong()]


@pytest.fixture(autouse=True)
def fresh():
    exercises.RIGHT.clear()
    exercises.SAID.clear()


@pytest.fixture
def said(capsys):
    """A function: what check says of an answer."""

    def say(number, answer):
        check(number, answer)
        return capsys.readouterr().out

    return say


# --- the notebooks ---


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
    assert list(right) == list(blank) == list(exercises.exercises(path.name[1]))


@pytest.mark.parametrize("path", EXERCISES, ids=lambda path: path.stem)
def test_answers_need_no_other_cell(path, capsys):
    names = {}
    for cell in read(path).cells:
        if cell.cell_type == "code" and "# your answer" in cell.source:
            names.pop("check", None)
            exec(cell.source, names)
    assert capsys.readouterr().out.count("not answered yet") == len(exercises.exercises(path.name[1]))


# --- the table ---


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_a_mistake_gets_its_hint_when_asked_again(number, answer, hint, said):
    """So no two mistakes of one exercise give the same numbers on its cases."""
    first, second, third = (said(number, answer) for _ in range(3))
    assert first.startswith(f"{number} not yet: ") and hint in second and second == third
    assert first == second or first.endswith(" Run this cell again for a closer hint.\n")


@pytest.mark.parametrize("number", TABLE)
def test_the_right_answer_is_right_in_other_forms_too(number, said):
    for answer in (TABLE[number].task.right, *TABLE[number].also, *other_forms(TABLE[number].task)):
        assert said(number, answer) == f"{number} right\n"


def other_forms(task):
    """The right answer written in other ways."""
    if isinstance(task, Named):
        for name, part in task.tasks.items():
            for answer in other_forms(part):
                yield task.joined({other: each.right for other, each in task.tasks.items()} | {name: answer})
    elif isinstance(task, Letters):
        yield from (" and ".join(task.right), list(task.right), f"lines {', '.join(task.right.lower())}, not X"[:-7])
    elif isinstance(task, Choice) and isinstance(task.right, str):
        yield from (f"({task.right})", f" {task.right.lower()}. ", [task.right], f"the {task.right}")
    elif isinstance(task, Number):
        yield from (np.array([task.right]), torch.tensor(task.right))
    elif isinstance(task, Function):
        yield lambda *case: as_tensors(task.right(*case))


def as_tensors(value):
    if isinstance(value, (tuple, list)):
        return type(value)(as_tensors(part) for part in value)
    return torch.tensor(numbers(value), requires_grad=True)


@pytest.mark.parametrize("number", TABLE)
def test_what_is_no_usual_mistake_is_said_to_be_none(number, said):
    for answer, general in strays(TABLE[number].task):
        exercises.SAID.clear()
        first, second = said(number, answer), said(number, answer)
        assert general in first and general in second
        assert first == second or "no usual mistake gives this. " in second


def strays(task):
    """Answers that are wrong in an unusual way, with the general hint that they get."""
    if isinstance(task, Named):
        right = {name: part.right for name, part in task.tasks.items()}
        for name, part in task.tasks.items():
            yield from ((task.joined(right | {name: answer}), hint) for answer, hint in strays(part))
    elif isinstance(task, Number):
        yield -137.31 * task.right - 0.0137, task.general
    elif isinstance(task, Function):
        general = task.general if isinstance(task.general, str) else next(iter(task.general.values()))
        yield lambda *case: stray(task.right(*case)), general


def stray(value):
    return type(value)(map(stray, value)) if isinstance(value, (tuple, list)) else -1.37 * numbers(value) - 0.0137


@pytest.mark.parametrize("number", TABLE)
def test_a_blank_is_known(number, said):
    for blank in (None, ..., lambda *arguments: None, lambda *arguments: ...):
        words = said(number, blank)
        assert words == f"{number} not answered yet\n" or (callable(blank) and f"{number} not yet: " in words)


@pytest.mark.parametrize("number", TABLE)
def test_an_exercise_rests_on_an_equation_and_has_hints_of_its_own(number):
    assert re.fullmatch(rf"{number[0]}\.\d+", TABLE[number].equation)
    assert len({hint for other, _, hint in WRONG if other == number}) >= 2


@pytest.mark.parametrize(("right", "times"), [("no such line", 0), ("value", 5)])
def test_a_mistake_is_planted_in_exactly_one_place(right, times):
    with pytest.raises(ValueError, match=f"occurs {times} times in stray"):
        planted(stray, (right, "pass"))


# --- how answers are judged, shown on a small exercise ---


def two_parts(x):
    a = 2 * x
    return a, a + 1


SMALL = Exercise(
    "2.1",
    "two things",
    "2.10",
    Function(
        two_parts,
        lambda: [(np.arange(3.0),)],
        {"a": "look at a", "b": "look at b"},
        {("2 * x", "3 * x"): "a: three times", ("a + 1", "a - 1"): "the sign"},
    ),
)


def judged(answer, times=1, exercise=SMALL):
    for _ in range(times):
        words = exercises.judged(exercise, answer)
    return words


def test_hints_come_in_two_stages_for_each_part():
    sign, three = lambda x: (2 * x, 2 * x - 1), lambda x: (3 * x, 3 * x + 1)
    assert judged(sign) == "not yet: b: look at b – see (2.10). Run this cell again for a closer hint."
    assert judged(three) == "not yet: a, b: look at a – see (2.10). Run this cell again for a closer hint."
    assert judged(sign) == "not yet: b: the sign" and judged(three) == "not yet: a: three times"
    assert judged(lambda x: (2 * x, x)) == "not yet: no usual mistake gives this. b: look at b"
    assert "a, b: there is a NaN or an infinity in the result" in judged(lambda x: (np.log(x), x))


def test_of_two_mistakes_the_first_is_told():
    assert judged(lambda x: (3 * x, 2 * x - 1), 2) == "not yet: a: three times"
    assert judged(lambda x: (x - 7, 2 * x - 1), 2) == "not yet: b: the sign"
    assert judged(lambda x: (2 * x + 1, 2 * x), 2).startswith("not yet: b stands where a belongs")


def test_what_cannot_be_judged_is_said_at_once():
    with pytest.raises(Hint, match="3 things came, but 2 are wanted: the first ones are right"):
        judged(lambda x: (2 * x, 2 * x + 1, "cache"))
    with pytest.raises(Hint, match="1 things came, but 2 are wanted: a, b"):
        judged(lambda x: [2 * x])
    with pytest.raises(Hint, match="one thing came"):
        judged(lambda x: 2.0)
    for array in (np.ones(3), np.ones((3, 2)), torch.ones(2, 4)):
        with pytest.raises(Hint, match=r"one array of the shape \(\d.*\) came, but 2 things are wanted: a, b"):
            judged(lambda x, array=array: array)
    for a_and_b in (lambda x: (2 * x[:2], x), lambda x: (2 * x[:2], 2 * x - 1)):
        assert judged(a_and_b, 2) == "not yet: a, b: the shape is (2,), but (3,) is wanted"


def test_a_students_error_is_shown_with_its_line(said):
    def crashes(W_s, X, S_0):
        return X @ np.ones((2, 2))

    said_of = said("2.3", (TABLE["2.3"].task.right[0], crashes))
    assert "stopped with ValueError in line " in said_of and "of its cell (`return X @ np.ones((2, 2))`)" in said_of
    assert "a function is wanted" in said("2.6", 3)

    def inverse(x):
        return np.linalg.inv(x)  # this line, not the one of NumPy that stops

    by_way_of = lambda W_s, X, S_0: inverse(X)  # noqa: E731
    assert "(`return np.linalg.inv(x)" in said("2.3", (TABLE["2.3"].task.right[0], by_way_of))


def test_a_line_of_no_file_is_not_shown(said, monkeypatch):
    monkeypatch.setitem(linecache.cache, "<string>", (4, None, ["else's\n"], "<string>"))  # as Python 3.13 keeps it
    assert "else's" not in said("1.3", eval("lambda *case: case[7]"))


class Hidden(ValueError):
    def __str__(self):
        raise SystemExit


Hidden.__name__ = "_Hidden"


@pytest.mark.parametrize("error", [SystemExit(3), GeneratorExit(), BaseException("\ud800"), Hidden()])
def test_nothing_leaves_check_but_an_interrupt(error, said):
    def stops(*case):
        raise error

    assert f"1.3 not yet: stopped with {public(type(error))} in line" in said("1.3", stops)
    with pytest.raises(KeyboardInterrupt):
        check("1.3", lambda *case: signal.raise_signal(signal.SIGINT))


def test_a_hidden_error_is_called_by_its_public_name():
    assert public(Hidden) == "ValueError" and public(SyntaxError) == "SyntaxError"


ENDLESS = []
ENDLESS.append(ENDLESS)


@pytest.mark.parametrize(
    "answer",
    [[1.0] * 10**6, [[1] * 1000] * 1000, np.ones(10**6), "A" * 10**6, (list("A" * 10**6), 1), range(10**9), ENDLESS],
)
def test_a_million_numbers_are_refused_at_once(answer, said):
    for number, one in (("1.5", answer), ("2.5", (answer, 1)), ("1.3", lambda *case: answer)):
        began = time.process_time()
        assert "more than 100,000 numbers or letters" in said(number, one)
        assert time.process_time() - began < 1  # the first of them took two


@pytest.mark.parametrize(
    ("number", "answer", "meant"),
    [
        ("1.2", dict.fromkeys(TABLE["1.2"].task.tasks, "（64，5）"), "( instead of （"),
        ("1.1", ["1，381", 0.881], ", instead of ，"),
        ("1.5", "6。", ". instead of 。"),
    ],
)
def test_a_full_width_sign_is_named(number, answer, meant, said):
    assert f"(full width: type {meant})" in said(number, answer)


@pytest.mark.parametrize("number", ["9.1", "1.99", "", None])
def test_an_unknown_number_is_said_to_be_none(number, said):
    assert said(number, 1) == f"{number} not yet: there is no exercise {number}\n"


def test_a_list_of_another_length_or_other_names_is_said(said):
    assert "a list of 3 numbers is wanted" in said("2.1", [9, 55]) and "a list of 3" in said("2.1", 9)
    assert "a list of 2 numbers is wanted" in said("1.1", [1.381, 0.881, 0.5])
    assert "the share of right answers, then" in said("6.1", 0.1) and "and a word are" in said("5.5", [1, 2, 3])
    assert "a dict with the names ['linear', 'ReLU'] is wanted" in said("2.2", ({"linear": 1}, {"linear": "a"}))


def test_the_verdict_has_colour_sign_links_and_progress(monkeypatch):
    monkeypatch.chdir(SOLUTIONS[0].parent)
    shown = Verdict("2.3", "not yet: a < b, see (2.4) and (1.2)", "2.15", 2, 7)._repr_html_()
    assert "<b>↻ 2.3 not yet</b>: a &lt; b" in shown and "2 of 7 right" in shown and "(1.2)<" not in shown
    links = re.findall(r'<a href="\.\./([^"#]*)#([^"]*)">\((\d\.\d+)\)</a>', shown)
    assert [equation for *_, equation in links] == ["2.4", "2.15"]
    for path, heading, equation in links:
        text = "\n".join(cell.source for cell in read(SOLUTIONS[0].parent.parent / path).cells)
        sections = re.split(r"(?m)^(?=#+ )", text)
        (home,) = [part for part in sections if rf"\tag{{{equation}}}" in part]
        assert home.splitlines()[0].strip("# ").replace(" ", "-") == heading
    for words, sign in (
        ("right", "✓"),
        ("not answered yet", "○"),
        ("not answered yet: part 1 of 2 is still blank", "○"),
    ):
        assert f"{sign} 2.3 " in Verdict("2.3", words)._repr_html_()


def test_what_is_right_is_counted(said):
    said("2.1", [9, 55, 24]), said("2.4", [2.78, 1.67, 9])
    assert exercises.RIGHT == {"2.1", "2.4"}
    said("2.1", [9, 55, 25])
    assert exercises.RIGHT == {"2.4"}


# --- reading answers ---


def handed_out(x, y):
    """As in the exercises."""
    ...


@pytest.mark.parametrize("function", [handed_out, lambda x, y: None, lambda x, y: ...])
def test_a_function_as_it_was_handed_out_is_not_answered(function):
    with pytest.raises(NotAnswered):
        ask(function, np.ones(2), [np.ones(2)])


def test_work_in_place_without_return_is_said():
    def clip(gradients, c):
        for gradient in gradients:
            gradient *= c

    def forgetful(gradients, c):
        c * gradients[0]

    given = [np.ones(2), np.ones(3)]

    def appends(gradients, c):
        gradients.append(c)

    in_place = "changes gradients in place and returns nothing"
    for function, words in ((clip, in_place), (appends, in_place), (forgetful, "returns nothing")):
        with pytest.raises(Hint, match=f"the function {words}"):
            ask(function, given, 0.5)
    assert given[0].tolist() == [1, 1]


def test_clipping_in_place_is_no_new_list(said):
    def clip(gradients, c):
        for gradient, clipped in zip(gradients, TABLE["2.6"].task.right(gradients, c)):
            gradient[:] = clipped
        return gradients

    assert "is changed as well: make new arrays" in said("2.6", clip)


@pytest.mark.parametrize(
    ("answer", "among"),
    [
        ("AE", "AE"),
        ("lines A, E", "AE"),
        ("(a) and (e)", "AE"),
        (["E", "A"], "AE"),
        ({"A", "E"}, "AE"),
        ("A, E, not B", "AE"),
        ("A、E，不是 B", "AE"),
        ("（A）和（E）", "AE"),
        ("A行和E行", "AE"),
        ("not D but E", "E"),
        ("C", "C"),
    ],
)
def test_letters_are_read_forgivingly(answer, among):
    assert letters(answer, "ABCDE") == set(among)


@pytest.mark.parametrize("answer", ["A or E", "A B D or C", "A/E", "F", "", "neither", 3, "B?", "AF", "not A"])
def test_letters_are_read_to_the_last_word(answer):
    with pytest.raises(Hint, match="letters from A to E are wanted"):
        letters(answer, "ABCDE")


def test_small_letters_and_beginnings_of_words_are_read():
    fates = ("vanishes", "explodes", "stays")
    assert letters("a and C", "abcd") == {"a", "c"}
    assert [word(said, fates) for said in ("it vanishes", "Exploding", "stays, not vanishes")] == list(fates)
    for answer in ("vanishes or explodes", "grows", 1):
        with pytest.raises(Hint, match="the words are vanishes, explodes and stays"):
            word(answer, fates)


@pytest.mark.parametrize(("number", "half"), [("2.1", [9, 55, ...]), ("2.2", (..., {"linear": "a"}))])
def test_a_half_blank_answer_says_what_is_missing(number, half, said):
    assert re.fullmatch(rf"{number} not answered yet: .* is still blank\n", said(number, half))


@pytest.mark.parametrize("blank", [[[..., ...], {"a": None}], (handed_out, ...), {"a": None, "b": lambda x: None}])
def test_an_answer_blank_in_all_its_parts_is_blank(blank, said):
    assert said("2.1", blank) == "2.1 not answered yet\n"


def test_a_letter_is_judged_before_there_is_a_function(said):
    right = TABLE["2.5"].task.right[1]
    for answer, words in (
        (("A", lambda *case: ...), "not yet"),
        (("E", lambda *case: ...), "not answered yet"),
        ((..., right), "not "),
    ):
        assert said("2.5", answer).startswith(f"2.5 {words}")


def test_of_several_wrong_letters_the_first_is_told_at_once():
    task = Letters("ABC", "A", {"B": "look at B", "C": "look at C"})
    assert task.judge("ABC") == Finding("look at B", where="B", known=False)


def test_a_number_rounded_too_early_is_no_unusual_mistake():
    finding = Number(0.1239, "general", {1: "one"}, decimals=3).judge(0.12)
    assert finding.words(True).startswith("nearly, but not to 3 digits")


def test_as_many_digits_as_are_asked_for():
    assert close(0.12351, 0.1239, decimals=3) and not close(0.1233, 0.1239, decimals=3)
    assert close(1.734e-4, 1.73e-4, digits=3) and not close(1.736e-4, 1.73e-4, digits=3)
    assert close([120.4, 0.01204], [120, 0.012], digits=3) and not close([120.4, 0.01206], [120, 0.012], digits=3)
    assert "nearly, but not to 3 digits after" in rounded_too_early(0.12, 0.1239, decimals=3)


def test_a_wrong_number_is_known_to_the_digits_asked_for(said):
    for number, answer, hint in (
        ("5.5", [1.73e-4, 16.1, 4.5e-5, "same"], "one step lets in"),
        ("6.1", [0.053, 2.3], "19 sums"),
        ("6.3", TABLE["6.3"].task.right | {"A": -14}, "a logarithm"),
    ):
        assert hint not in said(number, answer) and hint in said(number, answer)


def test_an_overflow_is_known_whatever_comes_of_it(said):
    infinite = ("y - y.max(axis=2, keepdims=True)", "y"), ("(p -", "(np.nan_to_num(p, nan=np.inf) -")
    answers = 2 * [planted(TABLE["6.7"].task.right, *infinite)]
    assert "exp overflows" in [said("6.7", answer) for answer in answers][1]


def test_the_shape_of_a_tensor_is_shown_as_that_of_an_array(said):
    assert "the shape is (3, 5, 2), but (3, 3) is wanted" in said("5.3", ("C", lambda lstm, readout, x: x))


def test_one_number_may_come_in_an_array_of_one():
    assert close(np.array([2.0]), 2.0) and not close(np.array([2.0, 2.0]), 2.0) and not close([2.0], [[2.0]])


def test_tensors_that_require_a_gradient_are_numbers():
    tensors = (torch.ones(2, requires_grad=True), torch.ones(2, dtype=torch.bfloat16))
    assert numbers(tensors).tolist() == [[1, 1], [1, 1]]
