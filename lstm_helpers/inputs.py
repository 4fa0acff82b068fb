"""What is refused, and in which words. Nothing is converted or broadcast in silence.

This module stands below all others and knows none of their classes: it checks arrays, states and step numbers. Each
function takes the name by which the caller knows the argument, and raises TypeError or ValueError in its terms.
"""

import numpy as np


def describe(value):
    """What an argument is, in words: its type with the name of its library."""
    if value is None:
        return "None"
    name = f"{type(value).__module__.split('.')[0]}.{type(value).__name__}".replace("builtins.", "")
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def float_array(name, value, ndim, shape, dtype=None, like="the weights"):
    """value, if it is a finite float array with ndim axes and the wanted dtype."""
    # Subclasses are not taken: a matrix multiplies where an array goes entry by entry, a mask would be ignored.
    if type(value) not in (np.ndarray, np.memmap):
        raise TypeError(f"{name} must be a NumPy array of shape {shape}, not {describe(value)}{as_array(name, value)}")
    if not np.issubdtype(value.dtype, np.floating):
        raise TypeError(f"{name} holds {value.dtype} numbers, but must hold floats{_as_floats(name, value)}")
    if not value.dtype.isnative:
        raise TypeError(
            f"{name} is {value.dtype}, numbers whose bytes lie in the order of another kind of machine: "
            f"pass {name}.astype(np.{value.dtype.name})"
        )
    if dtype is not None and value.dtype != dtype:
        raise TypeError(
            f"{name} is {value.dtype}, but {like} are {dtype}".replace("W_x are", "W_x is")
            + f": use one dtype for all, e.g. {name}.astype(np.{dtype})"
        )
    if value.ndim != ndim:
        axes, hint = "one axis" if ndim == 1 else f"{ndim} axes", _axes_hint(name, value, ndim)
        raise ValueError(f"{name} has shape {value.shape}, but must be {shape}: {axes}, not {value.ndim}{hint}")
    if not np.isfinite(value).all():
        bad = np.argwhere(~np.isfinite(value))[0].tolist()
        raise ValueError(f"{name}{bad} is {value[tuple(bad)]}: every entry must be a finite number")
    return value


def as_array(name, value):
    """How to make the array that was wanted; nothing where no way is known to work."""
    if isinstance(value, np.matrix):
        return f": its * multiplies matrices, where an array's goes entry by entry. Pass np.asarray({name})"
    if isinstance(value, np.ma.MaskedArray):
        return (
            f": what is masked would be used like any other number. Pass {name}.filled(0.0), or what should stand there"
        )
    if hasattr(value, "batch_sizes"):  # of a PackedSequence
        return (
            f", whose sequences have different lengths. Shorter ones can be filled up with zeros: "
            f"pass torch.nn.utils.rnn.pad_packed_sequence({name})[0].detach().numpy(), "
            f"and make no use of what comes after a sequence's end"
        )
    if hasattr(value, "detach"):
        to_cpu = "" if value.device.type == "cpu" else ".cpu()"
        to_float = ".float()" if "bfloat16" in str(value.dtype) else ""  # NumPy has no bfloat16
        return f": pass {name}.detach(){to_cpu}{to_float}.numpy()"
    try:
        works = np.array(value, dtype=float).ndim > 0
    except (TypeError, ValueError):
        works = False
    return f": pass np.array({name}, dtype=float)" if works else ""


def _as_floats(name, value):
    if value.dtype.kind == "c":
        return f". If all imaginary parts are zero, pass {name}.real"
    why = ": integer arrays cut off decimals without a word" * (value.dtype.kind in "iu")
    return f"{why}. Pass {name}.astype(np.float64)"


def _axes_hint(name, value, ndim):
    if (ndim, value.ndim) == (3, 2):
        return f". A single sequence is a batch of one: {name}[:, None, :]"
    if (ndim, value.ndim) == (2, 3):
        return f". Is the first axis PyTorch's layer axis, or the time? Then take one entry of it, e.g. {name}[0]"
    if (ndim, value.ndim) == (1, 2) and 1 in value.shape:
        return f". Take {name}[0]" if value.shape[0] == 1 else f". Take {name}[:, 0]"
    return ""


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


def check_belong(x, states, weights):
    """A trace's x (T, N, I) and states (T, N, H), and weights with I, H and a dtype, of an LSTM or an RNN."""
    (I, H), dtype = (x.shape[2], states.shape[2]), states.dtype
    if (I, H, dtype) != (weights.I, weights.H, weights.dtype):
        raise ValueError(
            f"the trace has I = {I}, H = {H} and {dtype}, the weights have "
            f"I = {weights.I}, H = {weights.H} and {weights.dtype}: pass the weights that made the trace"
        )


def check_steps(T, **steps):
    """Refuse step numbers outside 1 ... T (None: no limit), or a `step` after `last`, with a ValueError; TypeError for
    no integer.
    """
    for name, value in steps.items():
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool):
            plain = value.item() if isinstance(value, np.generic) else value
            raise TypeError(f"{name} must be an integer, the number of a step, not {plain!r}")
        if value < 1 or (T is not None and value > T):
            raise ValueError(f"{name} is {value}, but steps count from 1" + f" to T = {T}" * (T is not None))
    if "step" in steps and steps["step"] > steps["last"]:
        raise ValueError(f"step {steps['step']} comes after last = {steps['last']}: gradients run backwards in time")
