"""What is refused, and in which words. Nothing is converted or broadcast in silence.

This module stands below all others and knows none of their classes: it checks arrays and step numbers. Arguments are
named as the caller knows them, and what does not fit raises TypeError or ValueError in these terms.
"""

import re

import numpy as np

HINTS = {  # by the number of axes passed and that wanted, or by the axes wanted where one has another length
    (2, 3): "A single sequence is a batch of one: {0}[:, None, :]",
    (3, 2): "Is the first axis PyTorch's layer axis, or the time? Then take one entry of it, e.g. {0}[0]",
    "(4H, I)": "If it is transposed, pass {0}.T",
    "(4H, H)": "If it is transposed, pass {0}.T",
    "(4H,)": "PyTorch's two biases are added, not joined: b = bias_ih + bias_hh",
    "(T, N, H)": "Where h_t is not used, pass zeros",
}


def describe(value):
    """What an argument is, in words: its type with the name of its library."""
    if value is None:
        return "None"
    if type(value) is np.ndarray:
        return f"one of {value.dtype.str if value.dtype.kind == 'f' else value.dtype}"
    name = f"{type(value).__module__.split('.')[0]}.{type(value).__name__}".removeprefix("builtins.")
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def instead_of(name, value):
    """How to make an array of floats from what students pass; nothing for what must be thought about first."""
    if hasattr(value, "detach"):
        return f": pass {name}.detach().cpu().numpy()"
    simple = type(value) in (list, tuple, np.ndarray, np.matrix)
    return f": pass np.array({name}, dtype=float)" if simple else ""


def check_arrays(arrays, dtype=None, **sizes):
    """Refuse what is no finite float array, or does not fit to the others.

    arrays: {name: (array, its axes)}, the axes like "(4H, I)". An axis is as long as sizes says or, where it says
    nothing, at least 1 and the same in all arrays. dtype: of all arrays, by default that of the first.
    """
    for name, (value, axes) in arrays.items():
        # Subclasses are not taken: a matrix multiplies where an array goes entry by entry, a mask would be ignored.
        if type(value) not in (np.ndarray, np.memmap) or value.dtype.kind != "f" or not value.dtype.isnative:
            raise TypeError(
                f"{name} must be a plain NumPy array of floats, {axes}, not {describe(value)}{instead_of(name, value)}"
            )
        dtype = dtype or value.dtype
        if value.dtype != dtype:
            raise TypeError(
                f"{name} is {value.dtype}, but must be {dtype} like the rest: use one dtype for all, "
                f"e.g. {name}.astype(np.{dtype})"
            )
        _check_shape(name, value.shape, axes, sizes)
        if not np.isfinite(value).all():
            bad = np.argwhere(~np.isfinite(value))[0].tolist()
            raise ValueError(f"{name}{bad} is {value[tuple(bad)]}: every entry must be a finite number")


def _check_shape(name, shape, axes, sizes):
    """Compare a shape with its axes, and add the lengths that were not known to sizes."""
    letters = re.findall("4?[A-Z]", axes)
    wrong = f"{name} has shape {shape}, but must be {axes}"
    if len(shape) != len(letters):
        wanted = "one axis" if len(letters) == 1 else f"{len(letters)} axes"
        raise ValueError(f"{wrong}: {wanted}, not {len(shape)}{_hint(name, (len(shape), len(letters)))}")
    if 0 in shape:
        raise ValueError(f"{wrong}: every axis must be at least 1 long")
    for letter, length in reversed(list(zip(letters, shape))):  # (4H, H): how long H is, the last axis says
        blocks = 4 if letter == "4H" else 1
        if length != blocks * sizes.setdefault(letter[-1], length // blocks):
            raise ValueError(f"{wrong} with {letter[-1]} = {sizes[letter[-1]]}{_hint(name, axes)}")


def _hint(name, what):
    return f". {HINTS[what].format(name)}" if what in HINTS else ""


def check_belong(x, states, weights):
    """A trace's x (T, N, I) and states (T, N, H), and weights with I, H and a dtype, of an LSTM or an RNN."""
    (I, H), dtype = (x.shape[2], states.shape[2]), states.dtype
    if (I, H, dtype) != (weights.I, weights.H, weights.dtype):
        raise ValueError(
            f"the trace has I = {I}, H = {H} and {dtype}, the weights have "
            f"I = {weights.I}, H = {weights.H} and {weights.dtype}: pass the weights that made the trace"
        )


def check_steps(T, **steps):
    """Refuse step numbers outside 1 ... T (None: no limit), or a `step` after `last`: ValueError; TypeError for what
    is no integer.
    """
    for name, value in steps.items():
        if not isinstance(value, (int, np.integer)):
            raise TypeError(f"{name} must be an integer, the number of a step, not {value!r}")
        if value < 1 or (T is not None and value > T):
            raise ValueError(f"{name} is {value}, but steps count from 1" + ("" if T is None else f" to T = {T}"))
    if "step" in steps and steps["step"] > steps["last"]:
        raise ValueError(f"step {steps['step']} comes after last = {steps['last']}: gradients run backwards in time")
