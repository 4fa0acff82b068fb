"""What is refused, and in which words. Nothing is converted or broadcast in silence.

This module stands below all others and knows none of their classes: it checks arrays, states and step numbers. Each
function takes the name by which the caller knows the argument, and raises TypeError or ValueError in its terms.
"""

import numpy as np


def describe(value):
    """What an argument is, in words: its type with the name of its library."""
    return f"a {type(value).__module__.split('.')[0]}.{type(value).__name__}".replace("builtins.", "")


def float_array(name, value, ndim, shape, dtype=None, like="the weights"):
    """value, if it is a finite float array with ndim axes and the wanted dtype."""
    if not isinstance(value, np.ndarray):
        hint = f"{name}.detach().numpy()" if type(value).__module__ == "torch" else f"np.array({name}, dtype=float)"
        raise TypeError(f"{name} must be a NumPy array of shape {shape}, not {describe(value)}: pass {hint}")
    if not np.issubdtype(value.dtype, np.floating):
        raise TypeError(
            f"{name} holds {value.dtype} numbers, but must hold floats: "
            f"integer arrays cut off decimals without a word. Pass {name}.astype(np.float64)"
        )
    if dtype is not None and value.dtype != dtype:
        raise TypeError(
            f"{name} is {value.dtype}, but {like} are {dtype}".replace("W_x are", "W_x is")
            + f": use one dtype for all, e.g. {name}.astype(np.{dtype})"
        )
    if value.ndim != ndim:
        hint = {
            (3, 2): f". A single sequence is a batch of one: {name}[:, None, :]",
            (2, 3): f". Is the first axis PyTorch's layer axis, or the time? Then take one entry of it, e.g. {name}[0]",
        }.get((ndim, value.ndim), "")
        raise ValueError(f"{name} has shape {value.shape}, but must be {shape}: {ndim} axes, not {value.ndim}{hint}")
    if not np.isfinite(value).all():
        bad = np.argwhere(~np.isfinite(value))[0].tolist()
        raise ValueError(f"{name}{bad} is {value[tuple(bad)]}: every entry must be a finite number")
    return value


def check_inputs(name, x, I):
    """x (..., I): every axis at least 1 long, the last one as long as W_x has columns."""
    if 0 in x.shape:
        raise ValueError(f"{name} has shape {x.shape}: every axis must be at least 1 long")
    if x.shape[-1] != I:
        raise ValueError(
            f"{name} has shape {x.shape}, so its last axis says {x.shape[-1]} inputs, but W_x has I = {I} "
            f"columns: the last axis of {name} must be {I} long"
        )


def check_state(name, state, shape, dtype):
    """A state before the first step, or a gradient by one: shape is the (N, H) that it must have."""
    float_array(name, state, 2, "(N, H)", dtype)
    if state.shape != shape:
        raise ValueError(
            f"{name} has shape {state.shape}, but must be (N, H) = {shape}: "
            f"one row for each of the {shape[0]} sequences, one column for each hidden unit"
        )


def check_steps(T, **steps):
    """Refuse step numbers outside 1 ... T, or a `step` after `last`, with a ValueError; TypeError for no integer."""
    for name, value in steps.items():
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool):
            raise TypeError(f"{name} must be an integer, the number of a step, not {value!r}")
        if not 1 <= value <= T:
            raise ValueError(f"{name} is {value}, but steps count from 1 to T = {T}")
    if "step" in steps and steps["step"] > steps["last"]:
        raise ValueError(f"step {steps['step']} comes after last = {steps['last']}: gradients run backwards in time")
