"""The register of faulty backward passes keeps its word. Referee: lstm_backward, on several shapes."""

import numpy as np
import pytest
from faulty_backwards import BROKEN, FAULTY, RIGHT, Case
from random_lstm import RandomLSTM

from lstm_helpers import lstm_backward, lstm_forward, lstm_step

SHAPES = [(1, 1, 1, 1), (1, 3, 2, 4), (2, 1, 3, 2), (3, 2, 3, 4), (5, 3, 2, 3)]  # T, N, I, H
ENDS = ("W_x", "W_h", "b", "x", "h_0", "c_0", "z")
# The equations in which a mistake reaches each end; and each block of the bias if W_h = 0: no gate then
# hears another.
DELTAS = {"3.4", "3.5", "3.6", "3.7", "3.8", "3.9"}
PARAMETERS = DELTAS | {"3.10", "3.11", "3.12", "3.13", "3.14"}
UPSTREAM = {"W_x": PARAMETERS, "W_h": PARAMETERS, "b": PARAMETERS, "x": DELTAS | {"3.15"}, "z": DELTAS}
UPSTREAM |= {"h_0": DELTAS | {"3.16"}, "c_0": DELTAS | {"3.16"}}
OF_BLOCK = {"i": {"3.4", "3.5", "3.7", "3.10", "3.14"}, "f": {"3.4", "3.5", "3.8", "3.11", "3.14"}}
OF_BLOCK |= {"g": {"3.4", "3.5", "3.9", "3.12", "3.14"}, "o": {"3.4", "3.6", "3.13", "3.14"}}
# And what at least one of must be wrong if an equation is.
MARKS = {number: {end for end in UPSTREAM if number in UPSTREAM[end]} for number in set().union(*UPSTREAM.values())}
MARKS |= {"3.6": {"o"}, "3.7": {"i"}, "3.8": {"f"}, "3.9": {"g"}}


def task(T, N, I, H, recurrent=1.0):
    """The arguments of a backward pass, and what must come out. recurrent: a factor of W_h."""
    case = RandomLSTM(T, N, I, H, seed=T)
    case.weights.W_h[:] *= recurrent
    dh = np.random.default_rng(T).normal(size=(T, N, H))
    steps, h, c = [], case.h0, case.c0
    for x_t in case.x:
        steps.append(lstm_step(x_t, h, c, case.weights))
        h, c = steps[-1].h, steps[-1].c
    back = lstm_backward(lstm_forward(case.x, case.weights, case.h0, case.c0), case.weights, dh)
    expected = dict(zip(ENDS, (back.W_x, back.W_h, back.b, back.x, back.h0, back.c0, back.pre)))
    return (case.x, steps, case.weights, case.h0, case.c0, dh), expected


def arrays(x, steps, weights, *others):
    return [x, weights.W_x, weights.W_h, weights.b, *others, *(array for step in steps for array in step)]


def far(given, expected):
    """The largest difference, as a share of the largest entry."""
    return np.abs(np.asarray(given) - expected).max() / np.abs(expected).max()


def errors(backward, shape):
    """{name: how far off}, of a function that leaves its arguments alone and returns a dict of numbers that fit."""
    arguments, expected = task(*shape)
    before = [array.copy() for array in arrays(*arguments)]
    given = backward(*arguments)
    assert all(map(np.array_equal, arrays(*arguments), before)), "arguments changed: dh, or arrays of the steps"
    assert isinstance(given, dict), f"returns {type(given).__name__}, {given}"
    assert given and given.keys() <= expected.keys(), f"keys {list(given)}"
    for name, gradient in given.items():
        shape = np.asarray(gradient).shape
        assert shape == expected[name].shape, f"{name} has shape {shape}"
        assert np.isfinite(np.asarray(gradient)).all(), f"nan in {name}"
    return {name: far(given[name], expected[name]) for name in given}


def check_right(case):
    for shape in SHAPES:
        assert max(errors(case.backward, shape).values()) < 1e-4, f"wrong at {shape}"


def check_faulty(case):
    """It differs; the equations named explain each result that is wrong, and each of them leaves its mark."""
    named, wrong = case.accepted[0], set()
    for shape in SHAPES:
        off = {name for name, error in errors(case.backward, shape).items() if error > 1e-9}
        unreached = [name for name in off if not UPSTREAM[name] & named]
        assert not unreached, f"{sorted(named)} do not explain {unreached} at {shape}"
        wrong |= off
    assert max(errors(case.backward, SHAPES[-1]).values()) > 0.01, "is right"
    for T in (1, 2):
        arguments, expected = task(T, 1, 2, 3, recurrent=0.0)
        blocks = [np.split(np.asarray(bias), 4) for bias in (case.backward(*arguments)["b"], expected["b"])]
        off = {block for block, ours, theirs in zip(OF_BLOCK, *blocks) if far(ours, theirs) > 1e-9}
        unreached = [block for block in off if not OF_BLOCK[block] & named]
        assert not unreached, f"{sorted(named)} do not explain the deltas of {unreached}"
        wrong |= off
    unseen = [number for number in named if not MARKS[number] & wrong]
    assert not unseen, f"nothing is wrong that {unseen} would make wrong"


@pytest.mark.parametrize("case", FAULTY, ids=lambda case: case.name)
def test_faulty_ones_differ_where_they_say(case):
    check_faulty(case)


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.name)
def test_right_ones_agree(case):
    check_right(case)


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.name)
def test_broken_ones_break_as_they_say(case):
    with pytest.raises(Exception) as caught:
        errors(case.backward, SHAPES[-1])
    said = f"{caught.value} {caught.traceback[-1].statement}"
    assert case.words in said, said


def test_the_register_is_large_and_varied():
    sizes = [len(case.accepted[0] - {"3.16"} or case.accepted[0]) for case in FAULTY]
    assert len(sizes) >= 50 and sizes.count(1) >= 30 and sizes.count(2) >= 12 and sizes.count(3) >= 8
    assert len(RIGHT) >= 12 and len(BROKEN) >= 8
    cases = FAULTY + RIGHT + BROKEN
    assert len({case.name for case in cases}) == len(cases) and all(case.says for case in cases)
    named = set().union(*(case.accepted[0] for case in FAULTY))
    assert DELTAS | {"3.14", "3.15", "3.16"} <= named


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.name)
def test_a_right_one_registered_as_faulty_is_noticed(case):
    with pytest.raises(AssertionError, match=r"is right|do not explain|not accounted"):
        check_faulty(Case(case.backward, (frozenset({"3.5"}),)))


@pytest.mark.parametrize("case", FAULTY, ids=lambda case: case.name)
def test_a_faulty_one_registered_as_right_or_with_another_number_is_noticed(case):
    with pytest.raises(AssertionError, match="wrong at"):
        check_right(case)
    with pytest.raises(AssertionError, match="do not explain"):
        check_faulty(Case(case.backward, (frozenset({"3.99"}),)))
