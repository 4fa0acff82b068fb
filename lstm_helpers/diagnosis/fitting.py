"""Are two arrays equal, and of which columns is an array the sum?"""

import numpy as np


def close(a, b, tolerance):
    scale = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    return a.shape == b.shape and bool(np.abs(a - b).max(initial=0) <= tolerance * max(scale, 1e-300))


def coefficients(columns, target, tolerance):
    """{name: coefficient} of the columns that target is the sum of; None where it is no sum of them."""
    largest = max(np.abs(column).max() for column in columns.values())
    names = [name for name, column in columns.items() if np.abs(column).max() > 1e-12 * largest]  # not rounding alone
    if not names or np.abs(target).max() < tolerance:
        return {} if np.abs(target).max() < tolerance else None
    matrix = np.stack([columns[name] for name in names], axis=1)
    scale = np.linalg.norm(matrix, axis=0)
    found = np.linalg.lstsq(matrix / scale, target, rcond=None)[0] / scale
    if not close(matrix @ found, target, 100 * tolerance):
        return None
    return {name: float(np.round(c, 3)) for name, c in zip(names, found) if abs(c) > 0.02}
