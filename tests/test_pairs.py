"""Forward and backward passes in sixteen conventions, written without sight of the doctor, are read and named."""

import inspect

import pytest
from doctor_cases import pairs_c, pairs_d, pairs_late
from random_lstm import sample
from test_faulty_backwards import accepted

from lstm_tutor.doctor import diagnose_pair
from lstm_tutor.planted import planted

FILES = pairs_c, pairs_d, pairs_late  # the last written when the doctor was finished
PAIRS, FAULTS = [pair for file in FILES for pair in file.PAIRS], [row for file in FILES for row in file.FAULTS]
NOT_NAMED = {"The pieces of dz are put together as i f j o, though the kernel has i j f o."}  # as rows, (3.14)


def with_changes(pair, changes):
    """The pair with each piece replaced in the function that has it."""
    mine = [[change for change in changes if change[0] in inspect.getsource(function)] for function in pair]
    return [planted(function, *those) if those else function for function, those in zip(pair, mine)]


@pytest.mark.parametrize("pair", sample(PAIRS), ids=lambda pair: pair[0].__name__)
def test_a_right_pair_is_read_and_right(pair):
    found = diagnose_pair(*pair)
    assert found.right and found.convention.startswith("read as: "), found


@pytest.mark.parametrize("row", sample(FAULTS), ids=lambda row: row[2])
def test_a_faulty_pair_is_named_by_its_equations(row):
    pair, equations, words, *changes = row
    found = diagnose_pair(*with_changes(pair, changes))
    named = {finding.equation for finding in found.findings}
    assert not found.right and (named in accepted(equations)) == (words not in NOT_NAMED), found


def test_only_functions_are_examined():
    with pytest.raises(TypeError, match="without parentheses"):
        diagnose_pair(*PAIRS[0][:2], {})
