"""Faulty backward passes are wrong where their rows say, and the doctor names just that. Referee: lstm_backward."""

import re
from functools import partial
from itertools import combinations

import faulty_backwards
import numpy as np
import pytest
from doctor_cases import passes_a, passes_b, passes_late
from faulty_backwards import BROKEN, FORMS, backward, forward
from random_lstm import RandomLSTM, sample

from lstm_helpers import lstm_backward, lstm_forward
from lstm_tutor.doctor import diagnose
from lstm_tutor.planted import planted

BLIND = passes_a, passes_b, passes_late  # written without sight of the doctor, the last when it was finished
FAULTS = [*faulty_backwards.FAULTS, *(row for file in BLIND for row in file.FAULTS)]
SHAPES = [(1, 1, 1, 1), (1, 3, 2, 4), (2, 1, 3, 2), (3, 2, 3, 4), (5, 3, 2, 3)]  # T, N, I, H
OF_GATES = ("3.10", "3.11", "3.12", "3.13")
KINDS = {"not linear": "in proportion", "argument changed": "changes its argument", "state": "kept between calls",
         "chance": "drawn at random", "precision": "float32"}  # the doctor's words for them  # fmt: skip
NOT_NAMED = {  # noticed, but with other equations than their authors name
    "The rows are taken to be in the order i, f, o, g.",  # (3.14) is told: one cause for what they tell gate by gate
    "The deltas are stacked in the order i, f, o, g, and those of h_0 and c_0 are exchanged.",  # the same
    "The rows are cut in the order i, f, o, g, and c before the first step is Python's [-1].",  # the same
    "The carry of h starts with small random numbers, and gate i has tanh of g, already a tanh.",  # chance alone
    "W_hi and W_hf exchanged in the carry, only the last dh used.",  # told as where it begins, (3.14)
    "W_h is cached from the first call, the square is outside the bracket, deltas are late.",  # (3.14) hides (3.5)
}


def accepted(equations):
    """The sets of what may be named: "3.4 (3.16) | not linear" is 3.4, 3.4 with 3.16, or "not linear"."""
    sets = []
    for alternative in equations.split(" | "):
        free = re.findall(r"\((.*?)\)", alternative)
        fixed = re.findall(r"\d\.\d+|[a-z][a-z ]*[a-z]", re.sub(r"\(.*?\)", "", alternative))
        sets += [{*fixed, *more} for n in range(len(free) + 1) for more in combinations(free, n)]
    return sets + [names - {"3.14"} | {*OF_GATES} for names in sets if "3.14" in names]


def whole(right, equations, words, *changes):
    """A row's pass, with its changes."""
    function = backward if right in FORMS else right
    return planted(function, *changes) if changes else function


def asked(right, *row):
    """The same in the row's form, if it is one of these."""
    return partial(right, whole(right, *row)) if right in FORMS else whole(right, *row)


RIGHT = [(right, "", right.__name__) for right in dict.fromkeys(row[0] for row in FAULTS)]
OF_NUMBERS = [row for row in faulty_backwards.FAULTS if not re.search("[a-z]", row[1])]


def rows(rows):
    return pytest.mark.parametrize("row", rows, ids=lambda row: row[2])


def task(T, N, I, H):
    """The arguments of a backward pass, and what must come out."""
    case = RandomLSTM(T, N, I, H, seed=T)
    case.weights.W_x[:] /= np.sqrt(I)  # no gate saturated
    dh = np.random.default_rng(T).normal(size=(T, N, H))
    back = lstm_backward(lstm_forward(case.x, case.weights, case.h0, case.c0), case.weights, dh)
    expected = vars(back) | {"h_0": back.h0, "c_0": back.c0, "z": back.pre}
    return (case.x, forward(case.x, case.weights, case.h0, case.c0), case.weights, case.h0, case.c0, dh), expected


def error(backward, shape):
    """The largest difference, as a share of the largest entry."""
    arguments, expected = task(*shape)
    answer = {name: np.asarray(array) for name, array in backward(*arguments).items()}
    assert all(array.shape == expected[name].shape for name, array in answer.items())
    return max(np.abs(array - expected[name]).max() / np.abs(expected[name]).max() for name, array in answer.items())


def deltas(given, x, weights, named):
    """All z: as given, or from delta x or the gradient of W_x, as I is at least T N and 4H."""
    if "z" in given:
        return given["z"]
    if "x" in given and "3.15" not in named:
        return given["x"] @ np.linalg.pinv(weights.W_x)
    return (given["W_x"] @ np.linalg.pinv(x.reshape(8, 13))).T.reshape(4, 2, 12)


def later(array):
    """At step t what stands at step t + 1, and zero at the last."""
    return np.concatenate([array[1:], np.zeros_like(array[:1])])


def sums(given, z, used, named):
    """(equation, its left side, its right side) of each gate's rows of a parameter."""
    total = np.einsum("tnk,tnj->kj", z, used).reshape(given.shape)
    numbers = ("3.14",) * 4 if "3.14" in named else OF_GATES
    return list(zip(numbers, np.split(given, 4), np.split(total, 4)))


def equations_that_fail(backward, named):
    """Which equations do the function's own numbers not fulfil?

    From its z follow delta h_t and delta c_t by gates that are not named. Then each equation has its two sides.
    """
    (x, steps, weights, h_0, c_0, dh), _ = task(4, 2, 13, 3)
    given = {name: np.asarray(array) for name, array in backward(x, steps, weights, h_0, c_0, dh).items()}
    z = deltas(given, x, weights, named)
    i, f, g, o, c, m, h = (np.stack([getattr(step, name) for step in steps]) for name in "ifgocmh")
    h_prev, c_prev = np.stack([h_0, *h[:-1]]), np.stack([c_0, *c[:-1]])
    d_i, d_f, d_g, d_o = np.split(z, 4, axis=2)
    by_gate = {"3.7": d_i / (g * i * (1 - i)), "3.8": d_f / (c_prev * f * (1 - f)), "3.9": d_g / (i * (1 - g**2))}
    by_o, by_sum = d_o / (m * o * (1 - o)), dh + later(z @ weights.W_h)
    d_h = by_sum if "3.6" in named else by_o
    d_c = immediate = d_h * o * (1 - m**2)
    for _ in steps:
        d_c = immediate + later(d_c * f)
    d_c = next((by_gate[number] for number in by_gate if number not in named), d_c)
    sides = [("3.4", d_h, by_sum), ("3.5", d_c, immediate + later(d_c * f)), ("3.6", d_h, by_o)]
    sides += [(number, d_c, by_gate[number]) for number in by_gate]
    ends = {"x": ("3.15", z @ weights.W_x), "h_0": ("3.16", z[0] @ weights.W_h), "c_0": ("3.16", d_c[0] * f[0])}
    sides += [(number, given[name], right) for name, (number, right) in ends.items() if name in given]
    for name, used in {"W_x": x, "W_h": h_prev, "b": np.ones((4, 2, 1))}.items():
        sides += sums(given[name], z, used, named) if name in given else []
    tolerance = 1e-8 * np.abs(z).max()
    return {number for number, ours, theirs in sides if np.abs(ours - theirs).max() > tolerance}


@rows(RIGHT)
def test_right_ones_agree(row):
    assert max(error(asked(*row), shape) for shape in SHAPES) < 1e-4


@rows(OF_NUMBERS)
def test_faulty_ones_differ_where_they_say(row):
    assert [error(asked(*row), shape) for shape in SHAPES][-1] > 0.01, "is right"
    failing = [equations_that_fail(whole(*row), named) for named in accepted(row[1])]
    assert any(map(set.__eq__, failing, accepted(row[1]))), f"{row[1]} named, {failing} fail"


# --- the doctor, who was made without these functions ---


def named(found, equations):
    """The numbers of what was found, and of the kinds that these equations speak of those that were told."""
    kinds = {kind for kind, words in KINDS.items() if words in str(found) and kind in equations}
    return kinds | {finding.equation for finding in found.findings if finding.equation or not kinds}


@rows(sample(FAULTS))
def test_the_doctor_notices_each_and_names_it(row):
    found = diagnose(asked(*row))
    assert not found.right or found.remarks
    assert (named(found, row[1]) in accepted(row[1])) == (row[2] not in NOT_NAMED), found


def test_each_fault_has_a_name_of_its_own():
    names = [row[2] for row in faulty_backwards.FAULTS]
    assert len(set(names)) == len(names) and NOT_NAMED <= {row[2] for row in FAULTS}


@rows(RIGHT)
def test_the_doctor_raises_no_false_alarm(row):
    found = diagnose(asked(*row))
    assert found.right and not found.findings, found


@rows(BROKEN)
def test_the_doctor_says_what_is_broken(row):
    assert row[2].lower() in str(diagnose(asked(*row))).lower()
