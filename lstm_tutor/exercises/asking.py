"""Calling a student's function: with copies, and with words for what goes wrong."""

import copy
import inspect
import linecache
from functools import reduce

import numpy as np

from lstm_helpers.language import say
from lstm_tutor.exercises.reading import Hint, filled, is_unwritten, numbers, within_reason


def ask(function, *arguments):
    """What the student's function returns for copies of these arguments, so that changing them does no harm.

    Raises NotAnswered where the function is still blank, and a Hint where it works but returns nothing.
    """
    copies = copy.deepcopy(arguments)
    returned = call(function, *copies)
    if returned is None and not is_unwritten(function):
        changed = [name for name, *pair in zip(argument_names(function, arguments), arguments, copies) if differ(*pair)]
        if changed:
            raise Hint(
                say(
                    "the function changes {} in place and returns nothing: "
                    "work on a copy, and end the function with return"
                ).format(reduce(say("{} and {}").format, changed))
            )
        raise Hint(say("the function returns nothing: does it end with return?"))
    return filled(within_reason(returned))


def call(function, *arguments):
    """The student's function on these very arguments. Code that stops in it is shown with its line by check()."""
    if not callable(function):
        raise TypeError(say("a function is wanted here, not {}").format(type(function).__name__))
    return function(*arguments)


def argument_names(function, arguments):
    try:
        return [*inspect.signature(function).bind(*arguments).arguments]
    except (TypeError, ValueError):
        return [say("argument {}").format(k + 1) for k in range(len(arguments))]


def differ(before, after):
    """Do two arguments, arrays or lists of them, hold different numbers?"""
    if isinstance(before, (list, tuple)):
        return len(before) != len(after) or any(differ(*pair) for pair in zip(before, after))
    try:
        return not np.array_equal(numbers(before), numbers(after), equal_nan=True)
    except (TypeError, Hint):
        return False


def public(kind):
    """The name of a class of errors, or of what it is a kind of where that name is hidden: SyntaxError for IPython's
    _IncompleteInputError."""
    return next(one.__name__ for one in kind.__mro__ if not one.__name__.startswith("_"))


def stopped(error):
    """In words, that the student's code stopped with this error, and, where it is known, in which line of it."""
    name = public(type(error))
    try:
        text = str(error)
    except BaseException:  # this may be a student's code, too
        text = ""
    frames = []
    trace = error.__traceback__
    while trace:
        frames.append((trace.tb_frame.f_code, trace.tb_lineno))
        trace = trace.tb_next
    below = [k for k, (code, _) in enumerate(frames) if code is call.__code__]
    below = frames[below[-1] + 1 :] if below else []
    if not below:
        return say("stopped with {}: {}").format(name, text)
    home = below[0][0].co_filename  # in a notebook, each cell counts as a file of its own
    line = [number for code, number in below if code.co_filename == home][-1]
    is_file = not home.startswith("<") or home.startswith("<ipython")  # <string> may be somebody else's by now
    source = linecache.getline(home, line).strip() if is_file else ""
    if not source:
        return say("stopped with {} in line {} of its cell: {}").format(name, line, text)
    return say("stopped with {} in line {} of its cell (`{}`): {}").format(name, line, source, text)
