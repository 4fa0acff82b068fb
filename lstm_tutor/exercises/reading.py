"""Reading answers: what is blank, numbers, letters, words. Forgiving, but to the last word."""

import dis
import math
import re

import numpy as np

from lstm_helpers.language import say
from lstm_tutor.living.configuration import Configuration

MOST = 10**5  # numbers or letters in an answer


class NotAnswered(Exception):
    """The answer, or what the student's function returned, is still blank. Its text, if any, says which part is."""


class Hint(Exception):
    """Raised where an answer cannot even be judged; its text is the hint."""


def filled(value):
    """The value itself; raises NotAnswered where it is blank, or a part of it is."""
    if value is None or value is ...:
        raise NotAnswered
    parts = value if isinstance(value, dict) else dict(enumerate(value, 1)) if isinstance(value, (list, tuple)) else {}
    blank = [key for key, part in parts.items() if is_blank(part)]
    if blank and all(key in blank or is_unwritten(part) for key, part in parts.items()):
        raise NotAnswered
    if blank:
        part = "{}" if isinstance(value, dict) else say("part {} of {}")
        still = say("{} is still blank") if len(blank) == 1 else say("{} are still blank")
        raise NotAnswered(still.format(say(", ").join(part.format(key, len(parts)) for key in blank)))
    return value


def within_reason(value):
    """The value itself; raises a Hint where it holds more than any answer does, before anything is done with it."""
    waiting, held = [value], 0
    while waiting:
        one = waiting.pop()
        if hasattr(one, "shape"):
            held += math.prod(one.shape)
        elif isinstance(one, (str, range, list, tuple, set, frozenset, dict)):
            held += len(one)
        if held > MOST:
            raise Hint(say("more than {:,} numbers or letters are no answer to this").format(MOST))
        if isinstance(one, (list, tuple, set, frozenset, dict)):
            waiting += one.values() if isinstance(one, dict) else one
    return value


def is_blank(value):
    try:
        filled(value)
    except NotAnswered:
        return True
    return False


def is_unwritten(function):
    """Has this function no body but `...`, `pass` or a docstring, as it was handed out?"""
    code = getattr(function, "__code__", None)
    constant, idle = {"LOAD_CONST", "RETURN_CONST"}, {"RESUME", "NOP", "POP_TOP", "RETURN_VALUE", "COPY_FREE_VARS"}
    return code is not None and all(
        step.opname in idle or (step.opname in constant and (step.argval is None or step.argval is ...))
        for step in dis.get_instructions(code)
    )


# --- numbers ---


def numbers(value):
    """A student's numbers as a float array: from lists, arrays, or tensors, also such that require a gradient.
    Raises TypeError for anything else."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().double().numpy()
    elif isinstance(value, (list, tuple)):
        value = [numbers(part) for part in value]
        shapes = [part.shape for part in value]
        if len(set(shapes)) > 1:
            raise Hint(say("the parts have different shapes: {}").format(", ".join(map(str, shapes))))
    try:
        return np.asarray(value, float)
    except (TypeError, ValueError):
        raise TypeError(say("numbers are wanted, not {}").format(type(value).__name__)) from None


def alike(got, wanted):
    """got as an array; one number may come as an array that holds only this one."""
    got = numbers(got)
    return got.reshape(()) if np.ndim(wanted) == 0 and got.size == 1 else got


def close(got, wanted, rtol=1e-6, decimals=None, digits=None):
    """Are these the same numbers in the same shape? NaN is like NaN, and infinity like itself.

    decimals, digits: instead of rtol, the number of digits after the point, or of digits, that is asked for: an
    answer may be off by half a unit of the last one.
    """
    got, wanted = alike(got, wanted), numbers(wanted)
    if got.shape != wanted.shape:
        return False
    allowed = rtol * (np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0) or 1.0)
    if decimals is not None:
        allowed = half_a_unit(decimals)
    elif digits is not None:
        allowed = half_a_unit(digits - 1 - np.floor(np.log10(np.where(wanted == 0, 1.0, np.abs(wanted)))))
    with np.errstate(invalid="ignore"):
        same = (got == wanted) | (np.abs(got - wanted) <= allowed) | (np.isnan(got) & np.isnan(wanted))
    return bool(np.all(same))


def half_a_unit(decimals):
    return 0.5 * 10.0 ** -np.asarray(decimals, float) * (1 + 1e-6)


def rounded_too_early(got, wanted, rtol=None, decimals=None, digits=None):
    """A hint where an answer is right but for its last digit or two, or None."""
    if decimals is not None and close(got, wanted, decimals=decimals - 1.5):
        return say("nearly, but not to {} digits after the point: is it rounded too early?").format(decimals)
    if digits is not None and close(got, wanted, digits=digits - 1.5):
        return say("nearly, but not to {} digits: is it rounded too early?").format(digits)
    return None


# --- letters, words and shapes ---

FILLING = set("line lines letter letters answer answers the is are it its and only both number size of".split())
FILLING |= set("第行字母答案是和与及")
NEGATION = ("not", "no", "不")
FULL_WIDTH = str.maketrans("，、；：。（）“”", ',,;:.()""')  # as they are typed between Chinese words
HAN = "一-鿿"


def letters(answer, among):
    """The letters of `among` in an answer such as "AE", "(A), E", "lines A and E", ["A", "E"] or "A, E, not B", as a
    set. Raises a Hint for anything that is not understood to the last word, such as "A or E".
    """
    wanted = say("letters from {} to {} are wanted").format(among[0], among[-1])
    return set(read(answer, spelt_with(among), wanted))


def full_width(answer, words):
    """The words on an answer that could not be judged, and on the first full-width sign in it, if there is one."""
    texts = answer.values() if isinstance(answer, dict) else answer if isinstance(answer, (list, tuple)) else [answer]
    signs = [sign for text in texts if isinstance(text, str) for sign in text if ord(sign) in FULL_WIDTH]
    if not signs:
        return words
    return say("{} (full width: type {} instead of {})").format(words, signs[0].translate(FULL_WIDTH), signs[0])


def spelt_with(among):
    """A function: the letters of a word in the case of `among`, or None where one is not among them."""

    def meaning(said):
        said = said.upper() if among.isupper() else said.lower()
        return list(said) if set(said) <= set(among) else None

    return meaning


def word(answer, among):
    """The one word of `among` in "same", "the same" or "same, not larger"; "vanishing" counts as "vanishes", for four
    letters are enough. Raises a Hint for none or several."""
    wanted = say("the words are {} and {}").format(", ".join(among[:-1]), among[-1])

    def meaning(said):
        return [known for known in among if said.lower()[:4] == known[:4]] or None

    found = set(read(answer, meaning, wanted))
    if len(found) > 1:
        raise Hint(say("{}, and only one").format(wanted))
    return found.pop()


def read(answer, meaning, wanted):
    """What the words of an answer mean, without those after "not"; a Hint `wanted` where one means nothing."""
    if isinstance(answer, (list, tuple, set, frozenset)):
        answer = " ".join(map(str, answer))
    not_this = Hint(say("{}, not {!r:.60}").format(wanted, answer))
    answer = answer.translate(FULL_WIDTH) if isinstance(answer, str) else answer
    if not isinstance(answer, str) or re.search(r"[^\w\s,;:.()'\"!&+-]", answer):
        raise not_this
    found, negated = [], False
    for said in re.findall(rf"[{HAN}]|(?:(?![{HAN}])[\w-])+|[,;.]", answer):
        if said in (",", ";", ".", "but"):
            negated = False
        elif said.lower() in NEGATION:
            negated = True
        elif said.lower() not in FILLING:
            meant = meaning(said)
            if meant is None:
                raise not_this
            found += [] if negated else meant
    if not found:
        raise not_this
    return found


def shape(answer):
    """A shape such as (5, 8) or (5,), given as a tuple or a list. Raises a Hint for a single number."""
    if isinstance(answer, (int, float, str)):
        raise Hint(say("a shape is a tuple; one that has a single axis is written with a comma, such as (7,)"))
    return tuple(answer)


def configuration(line):
    """The Configuration that a line copied from the living LSTM holds."""
    try:
        return Configuration.from_line(line)
    except ValueError as error:
        raise Hint(str(error)) from None
