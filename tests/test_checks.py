"""The referee must see every kind of difference, and refuse comparisons that could not fail."""

import numpy as np
import pytest
import torch

from lstm_helpers.checks import agreement, verify

A = np.array([[1.0, -2.0], [3e-5, 4.0]])


@pytest.mark.parametrize("right", [A + 1e-13, A.tolist(), torch.tensor(A, requires_grad=True), (A[0], A[1])])
def test_prints_one_stable_line(right, capsys):
    verify("1.2", A, right)
    assert capsys.readouterr().out == "(1.2) holds to 1e-12, 4 numbers\n"


def test_a_scalar_is_one_number_and_whole_numbers_do_too(capsys):
    verify("4.1", 5, [np.int64(5)][0])
    assert capsys.readouterr().out == "(4.1) holds to 1e-12, one number\n"


DIFFERENT = {
    "a wrong sign": (A, -A, "does not hold"),
    "one wrong entry": (A, A + np.array([[0, 0], [0, 1e-9]]), r"at \[1, 1\]"),
    "zero for a tiny gradient": (np.full(3, 1e-21), np.zeros(3), "does not hold"),
    "twice a tiny gradient": (np.full(3, 1e-21), np.full(3, 2e-21), "does not hold"),
    "shapes that broadcast": (A, A[:1], r"\(2, 2\).*\(1, 2\)"),
    "a number for an array": (A, 1.0, "shape"),
    "NaN on both sides": (A * np.nan, A * np.nan, "NaN"),
    "infinity": (A, A * np.inf, "right side"),
}


@pytest.mark.parametrize("case", DIFFERENT)
def test_raises_on_a_difference(case):
    left, right, words = DIFFERENT[case]
    with pytest.raises(AssertionError, match=words):
        verify("1.2", left, right)


def test_names_both_shapes_and_the_largest_difference():
    with pytest.raises(AssertionError, match=r"\(1.2\).*\(2, 2\).*0\.25.*\[0, 1\].*-2 .*-1.75"):
        verify("1.2", A, A + np.array([[0, 0.25], [0, 0]]))


@pytest.mark.parametrize(
    "left, right, error, words",
    [
        (A, A, ValueError, "with itself"),
        (A, A[:], ValueError, "with itself"),
        (A * 0, A * 0, ValueError, "zeros with zeros"),
        (A[:0], A[:0].copy(), ValueError, "nothing"),
        ("0.5", 0.5, TypeError, "numbers"),
        (True, 1.0, TypeError, "numbers"),
        ([A, A[0]], A, ValueError, "different shapes"),
    ],
)
def test_refuses_what_could_not_fail(left, right, error, words):
    with pytest.raises(error, match=words):
        verify("1.2", left, right)


def test_agreement_has_a_row_a_name():
    table = agreement({"f_1": 0.25, "W": A}, {"f_1": torch.tensor(0.25), "W": torch.tensor(A)})
    assert list(table.index) == ["f_1", "W"]
    assert table.loc["W"].tolist() == ["4.000000", "4.000000", "to 1e-12"]


@pytest.mark.parametrize(
    "other, error, words",
    [
        ({"f_1": 0.25, "W": -A}, AssertionError, "W disagrees"),
        ({"f_1": 0.25, "W": A[0]}, AssertionError, "W: shape"),
        ({"f_1": 0.25, "V": A}, ValueError, "same names"),
        ({"f_1": 0.25, "W": A * np.nan}, AssertionError, "W disagrees"),
    ],
)
def test_agreement_names_the_row_that_differs(other, error, words):
    with pytest.raises(error, match=words):
        agreement({"f_1": 0.25, "W": A}, other)
