"""The referee's whistle: compare two sides of an equation, or every intermediate of a calculation."""

import numpy as np
import pandas as pd

LARGEST_RTOL = 1e-2  # two numbers that differ by one in a hundred are not equal


def verify(tag, left, right, *, rtol=1e-12):
    """Print that equation `tag` holds, or raise AssertionError with both shapes and the largest difference.

    left, right: numbers, arrays, tensors or (nested) lists of them, of one shape, obtained by different means.
    rtol: largest difference allowed, as a fraction of the largest entry on either side. It is relative, because
    an absolute one would take a zero for a gradient of 1e-21. State your own where a side is inexact by nature
    (finite differences, float32).
    Raises ValueError where the comparison could not have failed: a side compared with itself, nothing to
    compare, zeros on both sides, or an rtol of 0.01 and more. Raises TypeError for what is not numbers.
    """
    size = _compare(f"({tag})", ("the left side", "the right side"), (left, right), rtol)[0].size
    print(f"({tag}) holds to {rtol:.0e}, " + ("one number" if size == 1 else f"{size} numbers"))


def agreement(by_hand, autograd, *, rtol=1e-12, headers=("by hand", "autograd")):
    """A table `name | by hand | autograd | agrees`, a row a name; arrays are shown by their largest entry.

    by_hand, autograd: mappings from the same names, in order, to what verify takes. Each row is compared as verify
    compares, and what it would raise is raised with the row's name; ValueError also for different names, or none.
    """
    if list(by_hand) != list(autograd):
        raise ValueError(f"the two sides must have the same names in one order: {list(by_hand)} and {list(autograd)}")
    if not len(by_hand):
        raise ValueError("agreement compares nothing: there are no names on either side")
    rows = {}
    for name in by_hand:
        names = tuple(f'"{header}"' for header in headers)
        sides = _compare(f"row {name}", names, (by_hand[name], autograd[name]), rtol)
        shown = np.abs(sides[0]).argmax()
        rows[name] = [f"{side.flat[shown]:.6f}" for side in sides] + [f"to {rtol:.0e}"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=[*headers, "agrees"])


def _compare(what, names, sides, rtol):
    """Both sides as float64 arrays, if they agree and could have differed."""
    if not 0 < rtol < LARGEST_RTOL:
        raise ValueError(
            f"{what} cannot be judged with rtol = {rtol}: it must be above 0, or rounding alone decides, "
            f"and below {LARGEST_RTOL}, or wrong numbers pass"
        )
    if _are_one_thing(*sides):
        raise ValueError(f"{what} compares a thing with itself: obtain the two sides by different means")
    left, right = (_numbers(what, name, side) for name, side in zip(names, sides))
    if left.shape != right.shape:
        raise AssertionError(
            f"{what} cannot hold: {names[0]} has shape {left.shape}, {names[1]} {right.shape}. "
            f"Shapes must be equal, nothing is broadcast"
        )
    if left.size == 0:
        raise ValueError(f"{what} compares nothing: both sides have shape {left.shape}")
    if bad := [name for name, side in zip(names, (left, right)) if not np.isfinite(side).all()]:
        raise AssertionError(f"{what} cannot hold: NaN or infinity on {' and '.join(bad)}")
    scale = max(np.abs(left).max(), np.abs(right).max())
    if scale == 0:
        raise ValueError(f"{what} compares zeros with zeros: choose values for which a mistake would show")
    largest = np.abs(left - right).max()
    if not largest <= rtol * scale:
        where = np.unravel_index(np.abs(left - right).argmax(), left.shape)
        at = f" at {[int(k) for k in where]}" if where else ""
        raise AssertionError(
            f"{what} does not hold: both sides have shape {left.shape}, and they differ by up to {largest:.3g}{at}, "
            f"where {names[0]} is {left[where]:.6g} and {names[1]} {right[where]:.6g}. "
            f"That is {largest / scale:.1e} of the largest entry; allowed is {rtol:.0e}"
        )
    return left, right


def _are_one_thing(left, right):
    """Whether two sides, or two parts of them that stand in one place, are the same object or the same memory."""
    if left is right:
        return not isinstance(left, int)  # small whole numbers are shared by all who compute them
    left, right = _off_tape(left), _off_tape(right)
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        return left.shape == right.shape and _place(left) == _place(right)
    if all(isinstance(side, (list, tuple)) or np.ndim(side) for side in (left, right)):
        pairs = list(zip(left, right))
        # Python keeps one object for equal constants, so that one of several may be shared by accident.
        shared = [a is b for a, b in pairs if type(a) is float]
        return any(_are_one_thing(a, b) for a, b in pairs if type(a) is not float) or (any(shared) and all(shared))
    return False


def _place(array):
    """Where in memory the entries lie: the first one, and how far it is to the next along each axis."""
    return array.ctypes.data, [step for step, length in zip(array.strides, array.shape) if length > 1]


def _off_tape(value):
    """A tensor as an array, on the same memory; anything else as it is."""
    return value.detach().cpu().numpy() if hasattr(value, "detach") else value


def _numbers(what, name, value):
    """value as a float64 array."""
    if isinstance(value, (list, tuple)):
        value = [_numbers(what, name, entry) for entry in value]
        if len({entry.shape for entry in value}) > 1:
            raise ValueError(f"{what}: the parts of {name} have different shapes {[v.shape for v in value]}")
    array = np.asarray(_off_tape(value))
    if array.dtype.kind not in "iuf" or np.ma.isMaskedArray(value):
        raise TypeError(f"{what}: numbers are wanted on {name}, not {type(value).__name__} {value!r:.60}")
    return array.astype(np.float64)
