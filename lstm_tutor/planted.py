"""A mistake planted in a function that is right: for exercises, the gallery of notebook 03, tests of the doctor."""

import inspect
import textwrap


def planted(function, *changes):
    """The function with pieces of its source replaced: (right, wrong) pairs, each at the one place where `right` is."""
    source = textwrap.dedent(inspect.getsource(function))
    for right, wrong in changes:
        if source.count(right) != 1:
            raise ValueError(f"{right!r} occurs {source.count(right)} times in {function.__name__}, but must once")
        source = source.replace(right, wrong)
    exec(source, function.__globals__, made := {})
    return made[function.__name__]
