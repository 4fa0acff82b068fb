"""A student's function, asked carefully, and what is asked first: is anything wrong that is no equation?"""

import traceback
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from types import FunctionType

import numpy as np

from lstm_helpers.lstm import LSTMStep
from lstm_helpers.weights import LSTMWeights
from lstm_tutor.doctor.cases import close, draw_case

NAMES = ("W_x", "W_h", "b", "x", "h_0", "c_0", "z")
EXACT = 1e-9  # what rounding may do in float64, relative to the largest number
SINGLE = 3e-4  # and in float32
LOST = 1e-12  # a float64 function of dh is linear to more than that
SMALL = 1e-4  # a dh so small that nothing is clipped
FROM_ZERO = "h_0 and c_0 are never looked at: examined as a function for start states of zero"


class Stop(Exception):
    """What keeps the examination from going on, in words for the student."""


@dataclass(frozen=True)
class Patient:
    """A backward pass in the course's form. dh is asked `scale` times as large, and answers are divided by that.

    tolerance: what its rounding may do. from_zero: it takes its start states as zero; zero_cell: c_0 alone.
    one_sequence: it has no batch.
    """

    backward: Callable
    scale: float = 1.0
    tolerance: float = EXACT
    from_zero: bool = False
    one_sequence: bool = False
    zero_cell: bool = False

    def draw(self, T, N, I, H, seed, one_hot=False):
        return draw_case(T, 1 if self.one_sequence else N, I, H, seed, self.from_zero, one_hot, self.zero_cell)

    def ask(self, case, dh=None):
        """{name: float64 array}. Raises Stop, with words, where there is no such answer."""
        dh = self.scale * (case.dh if dh is None else dh)
        answer = checked(answer_of(fresh(self.backward), *arguments_of(case, dh)), case)
        return {name: array.astype(np.float64) / self.scale for name, array in answer.items()}


def arguments_of(case, dh):
    """Copies, for a function may change what it is given."""
    steps = [LSTMStep(*(array.copy() for array in step)) for step in case.steps]
    weights = LSTMWeights(*(array.copy() for array in vars(case.weights).values()))
    return case.x.copy(), steps, weights, case.h_0.copy(), case.c_0.copy(), dh.copy()


def fresh(function):
    """The function with what it keeps between calls, in defaults or in variables around it, as it is now."""
    if not isinstance(function, FunctionType):
        return function
    kept = {name: function.__globals__[name] for name in function.__code__.co_names if name in function.__globals__}
    kept = {name: value for name, value in kept.items() if isinstance(value, (dict, list, np.ndarray, float, int))}
    twin = FunctionType(function.__code__, function.__globals__ | deepcopy(kept), function.__name__,
                        deepcopy(function.__defaults__), function.__closure__)  # fmt: skip
    twin.__kwdefaults__ = deepcopy(function.__kwdefaults__)
    return twin


def answer_of(function, *arguments):
    """What a student's function returns. Raises Stop where it stops or returns nothing."""
    try:
        answer = function(*arguments)
    except Exception as error:
        raise Stop(f"the function stops with {type(error).__name__}: {error}{own_line(function, error)}") from None
    if answer is None:
        raise Stop("the function returns nothing (None): is a `return` missing at its end?")
    return answer


def own_line(function, error):
    """Where in the student's own code an error arose."""
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f" (line {frames[-1].lineno}: {frames[-1].line})" if frames and frames[-1].line else ""


def checked(answer, case):
    """The entries that have a name of ours, as arrays of the right shapes."""
    if not isinstance(answer, dict):
        raise Stop(f"a dictionary is wanted, with any of {', '.join(NAMES)}, not {type(answer).__name__}")
    (T, N, I), H = case.x.shape, case.h_0.shape[1]
    shapes = [(4 * H, I), (4 * H, H), (4 * H,), (T, N, I), (N, H), (N, H), (T, N, 4 * H)]
    found = {name: as_array(answer[name]) for name in NAMES if name in answer}
    if not found:
        raise Stop(f"the dictionary has none of the names {', '.join(NAMES)}")
    for name, shape in zip(NAMES, shapes):
        if name in found and found[name].shape != shape:
            raise Stop(
                f"{name} has the shape {found[name].shape} where {shape} is wanted (T = {T}, N = {N}, I = {I}, "
                f"H = {H}): a gradient has the shape of what it is a gradient of"
            )
        if name in found and found[name].dtype.kind not in "fiu":
            raise Stop(f"{name} holds {found[name].dtype}, and numbers are wanted")
        if name in found and not np.isfinite(found[name]).all():
            raise Stop(f"{name} holds NaN or infinity")
    return found


def as_array(given):
    if isinstance(given, (list, tuple)):
        parts = [as_array(part) for part in given]
        if len({part.shape for part in parts}) > 1:
            raise Stop(
                f"an array is wanted, and not a list of parts of the shapes {parts[0].shape}, {parts[-1].shape} ..."
            )
        return np.asarray(parts)
    return given.detach().cpu().numpy() if hasattr(given, "detach") else np.asarray(given)


def first_questions(patient):
    """What is no equation -> (Patient to go on with, remarks, words on what concerns the function as a whole).

    Raises Stop where no equation can be asked for.
    """
    patient = replace(patient, backward=fresh(patient.backward))
    case = patient.draw(4, 2, 3, 2, seed=1)
    answer = patient.ask(case)
    again = answer_of(fresh(patient.backward), *arguments_of(case, case.dh))
    others = [name for name in again if name not in NAMES]
    remarks = [f"{name!r} is none of the names {', '.join(NAMES)}, and is not looked at" for name in others]
    whole = kept_between_calls(patient, case)
    changed = changed_arguments(patient, case)
    if changed:
        remarks.append(f"the function changes its argument {changed[0]}: work on a copy, or use = instead of +=")
    patient, words = how_it_grows(patient, case)
    whole += words
    if patient.tolerance > EXACT:
        remarks.append("the numbers are right to some seven digits only: is something float32 in there?")
    if not patient.from_zero and never_looks_at_the_start(patient, case, answer):
        patient = replace(patient, from_zero=True)
        remarks.append(FROM_ZERO)
    return patient, remarks, whole


def kept_between_calls(patient, case):
    """Words, where a call leaves something behind for the next one. Raises Stop where numbers are drawn at random."""
    other = patient.draw(*case.x.shape[:2], case.x.shape[2], case.h_0.shape[1], seed=2)
    after_another = fresh(patient.backward)
    answer_of(after_another, *arguments_of(case, case.dh))
    second = answer_of(after_another, *arguments_of(other, other.dh))
    anew = [answer_of(fresh(patient.backward), *arguments_of(other, other.dh)) for _ in range(2)]
    if not same(*anew):
        raise Stop(
            "the same call gives other numbers each time: is something drawn at random in there (dropout?), or kept "
            "between calls? A gradient is of the numbers that the forward pass had"
        )
    if same(second, anew[0]):
        return []
    return [
        "a second call gives other numbers than it would as the first: something is kept between calls (a sum that is "
        "never set to zero, a default argument that is changed?). What is below is so at the first call too"
    ]


def same(one, other):
    return all(np.array_equal(as_array(one[name]), as_array(other[name])) for name in one if name in NAMES)


def changed_arguments(patient, case):
    """Names of arguments that are not what they were."""
    given, kept = arguments_of(case, case.dh), arguments_of(case, case.dh)
    answer_of(fresh(patient.backward), *given)
    names = ("x", "steps", "weights", "h_0", "c_0", "dh")
    return [name for name, new, old in zip(names, given, kept) if not unchanged(new, old)]


def unchanged(new, old):
    if isinstance(new, LSTMWeights):
        new, old = vars(new).values(), vars(old).values()
    return all(np.array_equal(a, b) for a, b in zip(new, old)) and len(new) == len(old)


def how_it_grows(patient, case):
    """Is it a linear function of dh, and to how many digits? -> Patient with scale and tolerance, words."""
    off = nonlinear(patient, case)
    if off < LOST:
        return patient, []
    if off < SINGLE:
        return replace(patient, tolerance=SINGLE), []
    words = "a larger dh does not give larger gradients in proportion: is something clipped or normalised in here? "
    words += "That is for the optimiser"
    small = replace(patient, scale=SMALL)
    off = nonlinear(small, case)
    if off > SINGLE:
        raise Stop(words)
    return replace(small, tolerance=SINGLE if off > 100 * LOST else EXACT), [words]


def nonlinear(patient, case):
    """How far the answer to 3 dh is from three times that to dh, relative to the largest number in it."""
    zero, one, three = (patient.ask(case, k * case.dh) for k in (0, 1, 3))
    off = max(np.abs(three[name] - 3 * one[name] + 2 * zero[name]).max() for name in one)
    return off / max(*(np.abs(array).max() for array in three.values()), 1e-300)


def never_looks_at_the_start(patient, case, answer):
    """Does it give the same with other start states, and the same steps?"""
    other = patient.ask(replace(case, h_0=case.h_0 + 1, c_0=case.c_0 - 1))
    return all(close(answer[name], other[name], patient.tolerance) for name in answer)
