"""Typical wrong answers to the exercises, each with words of the hint that it must get. One module a notebook."""

import numpy as np

from lstm_helpers import gradient_flow


def changed(code, *replacements):
    """The function `answer` that this code defines, once each old piece is replaced by a new one."""
    for old, new in replacements:
        assert old in code, old
        code = code.replace(old, new)
    names = {"np": np, "gradient_flow": gradient_flow}
    exec(code, names)
    return names["answer"]
