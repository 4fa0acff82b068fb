"""Self-checks of the exercises: not answered yet, right, or not yet with a hint. One module a notebook."""

import copy
import importlib

import numpy as np

MODULES = {"1": "forward", "2": "bptt", "3": "gradients", "4": "cell_state", "5": "implementations", "6": "training"}
JUDGES = {}


class NotAnswered(Exception):
    """The answer, or what the student's function returned, is still blank."""


def judge(number):
    """Decorator: the function takes an answer to this exercise and returns a hint, or None where it is right."""

    def register(function):
        JUDGES[number] = function
        return function

    return register


def check(number, answer):
    """Print what to think of an answer to exercise `number`, e.g. "1.3". Never raises.

    answer: what the exercise asks for. Blank is what the notebook is handed out with: ... or None, or a function
    that returns one of them.
    """
    try:
        importlib.import_module(f"{__name__}.{MODULES[number.split('.')[0]]}")
        hint = JUDGES[number](filled(answer))
        print(f"{number} right" if hint is None else f"{number} not yet: {hint}")
    except NotAnswered:
        print(f"{number} not answered yet")
    except Exception as error:  # a student's code may stop in any way; the notebook goes on
        print(f"{number} not yet: stopped with {type(error).__name__}: {error}")


def filled(value):
    """The value itself; raises NotAnswered where it is blank, or a part of it is."""
    parts = list(value.values()) if isinstance(value, dict) else value
    if (
        value is None
        or value is ...
        or (isinstance(parts, (list, tuple)) and any(v is None or v is ... for v in parts))
    ):
        raise NotAnswered
    return value


def ask(function, *arguments):
    """What the student's function returns for copies of these arguments, so that changing them does no harm."""
    if not callable(function):
        raise TypeError(f"a function is wanted here, not {type(function).__name__}")
    return filled(function(*copy.deepcopy(arguments)))


def close(got, wanted, rtol=1e-6):
    """Are these the same numbers in the same shape?"""
    got, wanted = numbers(got), np.asarray(wanted, float)
    scale = np.abs(wanted).max(initial=0.0)
    return got.shape == wanted.shape and bool(np.all(np.abs(got - wanted) <= rtol * (scale or 1.0)))


def compare(got, wanted, mistakes=(), otherwise="the numbers are not right yet", rtol=1e-6):
    """None where got is wanted. Else a hint: that of the mistake which gives just these numbers, or one about the
    shape, or `otherwise`. mistakes: pairs (what this mistake gives, hint), or a dict of them.
    """
    if close(got, wanted, rtol):
        return None
    for wrong, hint in mistakes.items() if isinstance(mistakes, dict) else mistakes:
        if close(got, wrong, rtol):
            return hint
    shape, right = numbers(got).shape, np.shape(wanted)
    if shape != right:
        return f"the shape is {shape}, but {right} is wanted"
    if not np.isfinite(numbers(got)).all():
        return "there is a NaN or an infinity in the result"
    return otherwise


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


def numbers(value):
    """A student's numbers as a float array: from lists, arrays, or tensors. Raises TypeError for anything else."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    try:
        return np.asarray(value, float)
    except (TypeError, ValueError):
        raise TypeError(f"numbers are wanted, not {type(value).__name__}") from None
