"""Self-checks of the exercises: not answered yet, right, or not yet with a hint. One module a notebook."""

import copy
import dis
import importlib
import inspect
import linecache
import re

import numpy as np

MODULES = {"1": "forward", "2": "bptt", "3": "gradients", "4": "cell_state", "5": "implementations", "6": "training"}
JUDGES = {}


class NotAnswered(Exception):
    """The answer, or what the student's function returned, is still blank. Its text, if any, says which part is."""


class Hint(Exception):
    """Raised where an answer cannot even be judged; its text is the hint."""


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
    except NotAnswered as blank:
        print(f"{number} not answered yet" + f": {blank}" * bool(str(blank)))
    except Hint as hint:
        print(f"{number} not yet: {hint}")
    except Exception as error:  # a student's code may stop in any way; the notebook goes on
        print(f"{number} not yet: stopped with {type(error).__name__}{students_line(error)}: {error}")


def filled(value):
    """The value itself; raises NotAnswered where it is blank, or a part of it is."""
    if value is None or value is ...:
        raise NotAnswered
    parts = value if isinstance(value, dict) else dict(enumerate(value, 1)) if isinstance(value, (list, tuple)) else {}
    blank = [key for key, part in parts.items() if is_blank(part)]
    if blank and all(key in blank or is_unwritten(part) for key, part in parts.items()):
        raise NotAnswered
    if blank:
        names = [str(key) if isinstance(value, dict) else f"part {key} of {len(parts)}" for key in blank]
        raise NotAnswered(f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} still blank")
    return value


def is_blank(value):
    try:
        filled(value)
    except NotAnswered:
        return True
    return False


# --- a student's function ---


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
                f"the function changes {' and '.join(changed)} in place and returns nothing: "
                f"work on a copy, and end the function with return"
            )
        raise Hint("the function returns nothing: does it end with return?")
    return filled(returned)


def call(function, *arguments):
    """The student's function on these very arguments. Code that stops in it is shown with its line by check()."""
    if not callable(function):
        raise TypeError(f"a function is wanted here, not {type(function).__name__}")
    return function(*arguments)


def is_unwritten(function):
    """Has this function no body but `...`, `pass` or a docstring, as it was handed out?"""
    code = getattr(function, "__code__", None)
    constant, idle = {"LOAD_CONST", "RETURN_CONST"}, {"RESUME", "NOP", "POP_TOP", "RETURN_VALUE", "COPY_FREE_VARS"}
    return code is not None and all(
        step.opname in idle or (step.opname in constant and (step.argval is None or step.argval is ...))
        for step in dis.get_instructions(code)
    )


def argument_names(function, arguments):
    try:
        return [*inspect.signature(function).bind(*arguments).arguments]
    except (TypeError, ValueError):
        return [f"argument {k + 1}" for k in range(len(arguments))]


def differ(before, after):
    """Do two arguments, arrays or lists of them, hold different numbers?"""
    if isinstance(before, (list, tuple)):
        return len(before) != len(after) or any(differ(*pair) for pair in zip(before, after))
    try:
        return not np.array_equal(numbers(before), numbers(after), equal_nan=True)
    except (TypeError, Hint):
        return False


def students_line(error):
    """Where in the student's own code an error came up, in words, or nothing: " in line 3 of its cell (`...`)"."""
    frames = []
    trace = error.__traceback__
    while trace:
        frames.append((trace.tb_frame.f_code, trace.tb_lineno))
        trace = trace.tb_next
    below = [k for k, (code, _) in enumerate(frames) if code is call.__code__]
    below = frames[below[-1] + 1 :] if below else []
    if not below:
        return ""
    home = below[0][0].co_filename  # in a notebook, each cell counts as a file of its own
    line = [number for code, number in below if code.co_filename == home][-1]
    source = linecache.getline(home, line).strip()
    return f" in line {line} of its cell" + f" (`{source}`)" * bool(source)


# --- numbers ---


def close(got, wanted, rtol=1e-6, decimals=None, digits=None):
    """Are these the same numbers in the same shape? One number may come as an array that holds only this one.

    decimals, digits: instead of rtol, the number of digits after the point, or of digits, that is asked for: an
    answer may be off by half a unit of the last one.
    """
    of_single_numbers = all(isinstance(side, (list, tuple)) for side in (got, wanted)) and np.ndim(wanted) == 1
    got, wanted = numbers(got), np.asarray(wanted, float)
    if wanted.ndim == 0 and got.size == 1:
        got = got.reshape(())
    if of_single_numbers and got.ndim == 2 and got.shape[1] == 1:
        got = got[:, 0]
    if got.shape != wanted.shape:
        return False
    allowed = rtol * (np.abs(wanted).max(initial=0.0) or 1.0)
    if decimals is not None:
        allowed = half_a_unit(decimals)
    elif digits is not None:
        size = np.floor(np.log10(np.where(wanted == 0, 1.0, np.abs(wanted))))
        allowed = half_a_unit(digits - 1 - size)
    return bool(np.all(np.abs(got - wanted) <= allowed))


def half_a_unit(decimals):
    return 0.5 * 10.0 ** -np.asarray(decimals, float) * (1 + 1e-6)


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
    if decimals is not None and close(got, wanted, decimals=decimals - 1.5):
        return f"nearly, but not to {decimals} digits after the point: is it rounded too early?"
    if digits is not None and close(got, wanted, digits=digits - 1.5):
        return f"nearly, but not to {digits} digits: is it rounded too early?"
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
    """A student's numbers as a float array: from lists, arrays, or tensors, also such that require a gradient.
    Raises TypeError for anything else."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().double().numpy()
    elif isinstance(value, (list, tuple)):
        value = [numbers(part) for part in value]
        shapes = [part.shape for part in value]
        if len(set(shapes)) > 1:
            raise Hint(f"the parts have different shapes: {', '.join(map(str, shapes))}")
    try:
        return np.asarray(value, float)
    except (TypeError, ValueError):
        raise TypeError(f"numbers are wanted, not {type(value).__name__}") from None


# --- letters and words ---

FILLING = set("line lines letter letters answer answers the is are it its and only both number size of".split())


def letters(answer, among, name=""):
    """The letters of `among` in an answer such as "AE", "(A), E", "lines A and E", ["A", "E"] or "A, E, not B", as a
    set. Raises a Hint for anything that is not understood to the last word, such as "A or E".
    name: of the part of the answer that it is, for the hint; likewise below.
    """
    wanted = f"{name}: " * bool(name) + f"letters from {among[0]} to {among[-1]} are wanted"
    return set(read(answer, spelt_with(among), wanted))


def letter(answer, among, name=""):
    """The one letter of `among` in "b", "(B)", "line B" or "B, not C". Raises a Hint for none or several."""
    wanted = f"{name}: " * bool(name) + f"a letter from {among[0]} to {among[-1]} is wanted"
    return only(read(answer, spelt_with(among), wanted), wanted)


def spelt_with(among):
    """A function: the letters of a word in the case of `among`, or None where one is not among them."""

    def meaning(said):
        said = said.upper() if among.isupper() else said.lower()
        return list(said) if set(said) <= set(among) else None

    return meaning


def word(answer, among, name=""):
    """The one word of `among` in "same", "the same" or "same, not larger"; "vanishing" counts as "vanish" where that
    is among them. Raises a Hint for none or several."""
    wanted = f"{name}: " * bool(name) + f"the words are {', '.join(among[:-1])} and {among[-1]}"

    def meaning(said):
        return [known for known in among if said.lower().startswith(known)] or None

    return only(read(answer, meaning, wanted), wanted)


def read(answer, meaning, wanted):
    """What the words of an answer mean, without those after "not"; a Hint `wanted` where one means nothing."""
    if isinstance(answer, (list, tuple, set, frozenset)):
        answer = " ".join(map(str, answer))
    if not isinstance(answer, str) or re.search(r"[^\w\s,;:.()'\"!&+-]", answer):
        raise Hint(f"{wanted}, not {answer!r:.60}")
    found, negated = [], False
    for said in re.findall(r"[\w-]+|[,;.]", answer):
        if said in (",", ";", ".", "but"):
            negated = False
        elif said.lower() in ("not", "no"):
            negated = True
        elif said.lower() not in FILLING:
            meant = meaning(said)
            if meant is None:
                raise Hint(f"{wanted}, not {answer!r:.60}")
            found += [] if negated else meant
    if not found:
        raise Hint(f"{wanted}, not {answer!r:.60}")
    return found


def only(found, wanted):
    if len(set(found)) > 1:
        raise Hint(f"{wanted}, and only one")
    return found[0]
