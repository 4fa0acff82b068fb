"""The referee's whistle: compare two sides of an equation, or every intermediate of a calculation."""

import numpy as np
import pandas as pd


def verify(tag, left, right, *, rtol=1e-12):
    """Print that equation `tag` holds, or raise AssertionError with both shapes and the largest difference.

    left, right: numbers, arrays, tensors or (nested) lists of them, of one shape, obtained by different means.
    rtol: largest difference allowed, as a fraction of the largest entry on either side. It is relative, because
    an absolute one would take a zero for a gradient of 1e-21. State your own where a side is inexact by nature
    (finite differences, float32).
    Raises ValueError where the comparison could not have failed: a side compared with itself, nothing to
    compare, or zeros on both sides. Raises TypeError for what is not numbers.
    """
    if left is right:
        raise ValueError(f"({tag}) compares a thing with itself: obtain the two sides by different means")
    left, right = _numbers(tag, "left", left), _numbers(tag, "right", right)
    if left.shape != right.shape:
        raise AssertionError(
            f"({tag}) cannot hold: the left side has shape {left.shape}, the right side {right.shape}. "
            f"Shapes must be equal, nothing is broadcast"
        )
    if left.__array_interface__ == right.__array_interface__:
        raise ValueError(f"({tag}) compares a thing with itself: both sides are the same memory")
    if left.size == 0:
        raise ValueError(f"({tag}) compares nothing: both sides have shape {left.shape}")
    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        raise AssertionError(f"({tag}) cannot hold: NaN or infinity on the {_bad_sides(left, right)}")
    scale = max(np.abs(left).max(), np.abs(right).max())
    if scale == 0:
        raise ValueError(f"({tag}) compares zeros with zeros: choose values for which a mistake would show")
    largest = np.abs(left - right).max()
    if not largest <= rtol * scale:
        where = np.unravel_index(np.abs(left - right).argmax(), left.shape)
        at = f" at {[int(k) for k in where]}" if where else ""
        raise AssertionError(
            f"({tag}) does not hold: both sides have shape {left.shape}, and they differ by up to {largest:.3g}{at}, "
            f"where the left side is {left[where]:.6g} and the right side {right[where]:.6g}. "
            f"That is {largest / scale:.1e} of the largest entry; allowed is {rtol:.0e}"
        )
    print(f"({tag}) holds to {rtol:.0e}, {_count(left)}")


def agreement(by_hand, autograd, *, rtol=1e-12, headers=("by hand", "autograd")):
    """A table `name | by hand | autograd | agrees`, a row a name; arrays are shown by their largest entry.

    by_hand, autograd: mappings from the same names, in order, to numbers or arrays of equal shape.
    Raises ValueError for different names and AssertionError, naming the row, where the two disagree.
    """
    if list(by_hand) != list(autograd):
        raise ValueError(f"the two sides must have the same names in one order: {list(by_hand)} and {list(autograd)}")
    rows = {}
    for name in by_hand:
        sides = [_numbers(name, side, value) for side, value in zip(headers, (by_hand[name], autograd[name]))]
        if sides[0].shape != sides[1].shape:
            raise AssertionError(f"{name}: shape {sides[0].shape} {headers[0]}, {sides[1].shape} {headers[1]}")
        scale = max(np.abs(side).max() for side in sides)
        if not np.abs(sides[0] - sides[1]).max() <= rtol * scale:
            raise AssertionError(
                f"{name} disagrees: {sides[0].tolist()} {headers[0]}, {sides[1].tolist()} {headers[1]}"
            )
        shown = np.abs(sides[0]).argmax()
        rows[name] = [f"{side.flat[shown]:.6f}" for side in sides] + [f"to {rtol:.0e}"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=[*headers, "agrees"])


def _numbers(tag, side, value):
    """value as a float64 array; tensors are taken off autograd's tape."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    elif isinstance(value, (list, tuple)):
        value = [_numbers(tag, side, entry) for entry in value]
        if len({entry.shape for entry in value}) > 1:
            raise ValueError(f"({tag}) {side} side: its parts have different shapes {[v.shape for v in value]}")
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"({tag}) {side} side: numbers are wanted, not {type(value).__name__} {value!r:.60}")
    return array if array.dtype == np.float64 else array.astype(np.float64)


def _bad_sides(left, right):
    names = [name for name, side in (("left", left), ("right", right)) if not np.isfinite(side).all()]
    return " and ".join(names) + " side" + "s" * (len(names) > 1)


def _count(array):
    return "one number" if array.size == 1 else f"{array.size} numbers"
