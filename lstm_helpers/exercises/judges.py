"""Judges written as functions: for the exercises of notebooks 1, 4, 5 and 6, which are not in the table yet."""

import numpy as np

from lstm_helpers.exercises.asking import ask
from lstm_helpers.exercises.reading import Hint, NotAnswered, filled, letter, letters, numbers, rounded_too_early, word
from lstm_helpers.exercises.reading import close as close_to
from lstm_helpers.exercises.table import Exercise, Finding

__all__ = ["Hint", "NotAnswered", "ask", "compare", "compare_each", "filled", "judge", "letter", "letters", "numbers"]
__all__ += ["word"]
JUDGES = {}


def judge(number):
    """Decorator: the function takes an answer to this exercise and returns a hint, or None where it is right."""

    def register(function):
        JUDGES[number] = function
        return function

    return register


class Judged:
    """A task with a judge of its own; its wrong answers stand in tests/wrong_answers/."""

    def __init__(self, hint_on):
        self.hint_on = hint_on

    def judge(self, answer):
        hint = self.hint_on(answer)
        return hint and Finding(hint, known=False)


def judged(notebook):
    """The exercises of a notebook whose judges are functions."""
    return [Exercise(number, "", "", Judged(judge)) for number, judge in JUDGES.items() if number[0] == notebook]


def close(got, wanted, **exact):
    """As close() of reading; a list of numbers may come as a list of arrays of one."""
    if isinstance(got, (list, tuple)) and isinstance(wanted, (list, tuple)) and np.ndim(wanted) == 1:
        got = numbers(got)
        got = got[:, 0] if got.ndim == 2 and got.shape[1] == 1 else got
    return close_to(got, wanted, **exact)


def compare(got, wanted, mistakes=(), otherwise="the numbers are not right yet", rtol=1e-6, decimals=None, digits=None):
    """None where got is wanted. Else a hint: that of the mistake which gives just these numbers, or one about the
    shape, or `otherwise`. mistakes: pairs (what this mistake gives, hint), or a dict of them.
    rtol, decimals, digits: as for close().
    """
    if isinstance(got, (list, tuple)) and isinstance(wanted, (list, tuple)) and len(got) != len(wanted):
        first = got[: len(wanted)]
        right = len(got) > len(wanted) and compare(first, wanted, (), "no", rtol, decimals, digits) is None
        return f"{len(got)} things came, but {len(wanted)} are wanted" + (
            ": the first ones are right, leave out the rest" if right else ""
        )
    exact = {"rtol": rtol, "decimals": decimals, "digits": digits}
    if close(got, wanted, **exact):
        return None
    for wrong, hint in mistakes.items() if isinstance(mistakes, dict) else mistakes:
        if close(got, wrong, **exact):
            return hint
    shape, right = numbers(got).shape, np.shape(wanted)
    if shape != right:
        return f"the shape is {shape}, but {right} is wanted"
    if not np.isfinite(numbers(got)).all():
        return "there is a NaN or an infinity in the result"
    return rounded_too_early(got, wanted, **exact) or otherwise


def compare_each(answer, wanted, known, rtol=1e-6, names=None):
    """compare() for each of several numbers: None, or a hint on the first wrong one. known: (mistakes, otherwise)."""
    if numbers(answer).shape != (len(wanted),):
        return f"a list of {len(wanted)} numbers is wanted"
    names = names or [f"number {k + 1}" for k in range(len(wanted))]
    for name, got, right, (mistakes, otherwise) in zip(names, numbers(answer), wanted, known):
        hint = compare(got, right, mistakes, otherwise, rtol)
        if hint:
            return f"{name}: {hint}"
    return None
