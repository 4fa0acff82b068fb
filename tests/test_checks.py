"""The referee must see every kind of difference, and refuse comparisons that could not fail."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lstm_helpers.checks import agreement, verify

A = np.array([[1.0, -2.0], [3e-5, 4.0]])
rows = [row.copy() for row in A]
line = np.arange(5.0)


@pytest.mark.parametrize("right", [A + 1e-13, A.tolist(), torch.tensor(A, requires_grad=True), rows])
def test_prints_one_stable_line(right, capsys):
    verify("1.2", A, right)
    assert capsys.readouterr().out == "(1.2) holds to 1e-12, 4 numbers\n"


@pytest.mark.parametrize("left, right", [(5, 5), (5, np.int64(5)), ([5], [5.0]), (np.float32(0.5), 0.5)])
def test_a_scalar_is_one_number_and_whole_numbers_do_too(left, right, capsys):
    verify("4.1", left, right)
    assert capsys.readouterr().out == "(4.1) holds to 1e-12, one number\n"


def test_small_types_are_compared_as_float64():
    """In their own type, the absolute value of -128 is -128, and the difference overflows."""
    verify("1.2", np.array([-128], np.int8), np.array([-128], np.int8))
    with pytest.raises(AssertionError, match=r"by up to 1.2e\+05 at \[0\]"):
        verify("1.2", np.array([6e4], np.float16), np.array([-6e4], np.float16))
    with pytest.raises(AssertionError, match=r"by up to 2 at \[0\], where the left side is 1 and the right side 3"):
        verify("1.2", np.array([1], np.uint8), np.array([3], np.uint8))


def test_a_difference_of_exactly_what_is_allowed_is_allowed():
    verify("1.2", 1024.0, 1023.0, rtol=2.0**-10)


@given(st.sampled_from([1e-300, 1e-21, 1.0, 1e200]), st.sampled_from([1e-14, 1e-12, 1e-6, 5e-3]), st.booleans())
def test_the_tolerance_is_a_fraction_of_the_largest_entry_on_either_side(scale, rtol, exchanged):
    """Half of what is allowed passes, three halves do not, at a small entry as at the largest."""
    left = scale * np.array([-2.0, 0.125, 1.0])
    for entry in range(3):
        for part in (0.5, -0.5, 1.5, -1.5):
            right = left.copy()
            right[entry] += part * rtol * scale * 2
            sides = (right, left) if exchanged else (left, right)
            for compare in (
                lambda sides: verify("1.2", *sides, rtol=rtol),
                lambda sides: agreement({"W": sides[0]}, {"W": sides[1]}, rtol=rtol),
            ):
                if abs(part) < 1:
                    compare(sides)
                else:
                    with pytest.raises(AssertionError, match="does not hold"):
                        compare(sides)


def test_the_default_tolerance_is_1e_12():
    for compare in (verify, lambda name, left, right: agreement({name: left}, {name: right})):
        compare("W", A, A * (1 + 9e-13))
        with pytest.raises(AssertionError, match="allowed is 1e-12"):
            compare("W", A, A * (1 + 2e-12))


DIFFERENT = {
    "a wrong sign": (A, -A, "does not hold"),
    "one wrong entry": (A, A + np.array([[0, 0], [0, 1e-9]]), r"at \[1, 1\]"),
    "zero for a tiny gradient": (np.full(3, 1e-21), np.zeros(3), "does not hold"),
    "a tiny gradient for zero": (np.zeros(3), np.full(3, 1e-21), "does not hold"),
    "zeros for some gradients": (np.array([0.0, 1e-21]), np.zeros(2), "does not hold"),
    "some gradients for zeros": (np.zeros(2), np.array([0.0, 1e-21]), "does not hold"),
    "zeros for negative numbers": (-A[1], np.zeros(2), "does not hold"),
    "negative numbers for zeros": (np.zeros(2), -A[1], "does not hold"),
    "twice a tiny gradient": (np.full(3, 1e-21), np.full(3, 2e-21), "does not hold"),
    "shapes that broadcast": (A, A[:1], r"\(2, 2\).*\(1, 2\)"),
    "a number for an array": (A, 1.0, "shape"),
    "a number for a list": ([1.0, 2.0], 1.0, "shape"),
    "a list for a number": (1.0, [1.0, 2.0], "shape"),
    "the first part of the same memory": (line[:3], line, r"\(3,\).*\(5,\)"),
    "NaN on both sides": (A * np.nan, A * np.nan, "NaN or infinity on the left side and the right side$"),
    "infinity on the right": (A, A * np.inf, "infinity on the right side$"),
    "infinity on the left": (A * np.inf, A, "infinity on the left side$"),
    "one infinity": (A, np.where(A > 3, np.inf, A), "infinity on the right side$"),
    "one NaN": (np.where(A > 3, np.nan, A), A.copy(), "infinity on the left side$"),
    "one infinity on both sides": (
        np.where(A > 3, np.inf, A),
        np.where(A > 3, np.inf, A),
        "on the left side and the right side$",
    ),
}


@pytest.mark.parametrize("case", DIFFERENT)
def test_raises_on_a_difference(case):
    left, right, words = DIFFERENT[case]
    with pytest.raises(AssertionError, match=words):
        verify("1.2", left, right)
    words = words.replace("the left side", '"by hand"').replace("the right side", '"autograd"')
    with pytest.raises(AssertionError, match=words):
        agreement({"W": left}, {"W": right})


def test_names_both_shapes_and_the_largest_difference():
    with pytest.raises(AssertionError) as caught:
        verify("1.2", A, A + np.array([[-1e-9, 0.25], [0, 0.1]]))
    assert str(caught.value) == (
        "(1.2) does not hold: both sides have shape (2, 2), and they differ by up to 0.25 at [0, 1], where the left "
        "side is -2 and the right side -1.75. That is 6.1e-02 of the largest entry; allowed is 1e-12"
    )
    with pytest.raises(AssertionError, match=r"by up to 0.25 at \[0, 1\], where the left side is -2 "):
        verify("1.2", A, A - np.array([[-1e-9, 0.25], [0, 0.1]]))
    with pytest.raises(AssertionError, match=r"differ by up to 2, where the left side is 3 and the right side 1\."):
        verify("1.2", 3.0, 1.0)


# --- comparisons that could not fail ---

single = np.array([1.0, 2.0, 3.0], np.float32)
tape = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
counts = np.array([1, 5, 24])
number, fraction = np.float64(0.5), float("0.3")
ONE_THING = {
    "an array": (A, A),
    "a view": (A, A[:]),
    "a view with another axis of length 1": (A[None], A.reshape(1, 2, 2)),
    "two views of an array that is not contiguous": (A.T[1], A[:, 1]),
    "a tensor": (tape, tape),
    "a tensor and what is detached from it": (tape, tape.detach()),
    "a float32 tensor and its array": (tape, tape.detach().numpy()),
    "float32": (single, single[:]),
    "whole numbers": (counts, counts.view()),
    "an array and its rows": (A, [A[0], A[1]]),
    "an array's rows, twice": ([A[0], A[1]], (A[0], A[1])),
    "one part of several": ([A[0], rows[0]], [A[0], rows[0].copy()]),
    "a list": (rows, rows),
    "one number of NumPy's": (number, number),
    "numbers": ([0.1 + x for x in (1, 2)],) * 2,
    "numbers in two lists": ([fraction, 5], [fraction, 5]),
    "one number of NumPy's among others": ([number, 2.0], [number, 2.0]),
}


@pytest.mark.parametrize("case", ONE_THING)
def test_refuses_a_thing_compared_with_itself(case):
    left, right = ONE_THING[case]
    with pytest.raises(ValueError, match="with itself"):
        verify("1.2", left, right)
    with pytest.raises(ValueError, match="with itself"):
        agreement({"W": left}, {"W": right})


def test_equal_numbers_that_python_keeps_once_may_be_compared():
    """1 is 1 and a constant is itself, however they were obtained."""
    verify("1.2", [1, 5, 24], [1, 5, 24])
    verify("1.2", [0.5, float("0.3")], [0.5, float("0.3")])
    agreement({"count": 5}, {"count": 5})


def test_other_entries_of_the_same_memory_are_other_numbers(capsys):
    """A symmetric matrix equals its transpose: that can be false, so it may be asked."""
    S = np.array([[1.0, 2.0], [2.0, 3.0]])
    verify("1.2", S, S.T)
    verify("1.3", np.array([1.0, 1.0])[:1], np.array([1.0, 1.0])[1:])
    palindrome = np.array([1.0, 2.0, 1.0])
    verify("1.4", palindrome, palindrome[::-1])
    verify("1.5", palindrome[:1], palindrome[2:])
    constant = np.broadcast_to(2.0, 3)
    verify("1.6", constant, np.array([2.0, 2.0, 2.0]))


@pytest.mark.parametrize(
    "left, right, error, words",
    [
        (A * 0, A * 0, ValueError, "zeros with zeros"),
        (0.0, 0, ValueError, "zeros with zeros"),
        (A[:0], A[:0].copy(), ValueError, r"nothing: both sides have shape \(0, 2\)"),
        ([], [], ValueError, "nothing"),
        ("0.5", 0.5, TypeError, "numbers"),
        (0.5, None, TypeError, "numbers are wanted on the right side, not NoneType None"),
        (0.5, [0.5, "a"], TypeError, "numbers are wanted on the right side, not str 'a'"),
        (True, 1.0, TypeError, "numbers"),
        (1 + 0j, 1.0, TypeError, "numbers"),
        (np.ma.array(A, mask=A > 0), A.copy(), TypeError, "mask"),
        (A.tolist(), [rows[0], A[1:]], ValueError, r"different shapes \[\(2,\), \(1, 2\)\]"),
        (A.tolist(), [rows[0], rows[1][:1]], ValueError, r"different shapes \[\(2,\), \(1,\)\]"),
    ],
)
def test_refuses_what_could_not_fail(left, right, error, words):
    with pytest.raises(error, match=words):
        verify("1.2", left, right)
    with pytest.raises(error, match=words.replace("the right side", '"autograd"')):
        agreement({"W": left}, {"W": right})


@pytest.mark.parametrize("rtol", [0.01, 0.5, 1, 1e300, np.inf, np.nan, 0, -1e-12])
def test_refuses_a_tolerance_with_which_nothing_or_everything_fails(rtol):
    with pytest.raises(ValueError, match=r"^\(1.2\) cannot be judged with rtol = "):
        verify("1.2", A, A.copy(), rtol=rtol)
    with pytest.raises(ValueError, match="rtol = "):
        agreement({"W": A}, {"W": A.copy()}, rtol=rtol)


# --- agreement ---


def test_agreement_has_a_row_a_name_and_shows_the_largest_entry():
    wide = np.array([[0.5, -3.0], [2.0, 1.0]])
    near = wide + np.array([[0, 2e-6], [0, 0]])
    table = agreement({"f_1": 0.25, "W": wide}, {"f_1": torch.tensor(0.25), "W": torch.tensor(near)}, rtol=1e-6)
    assert list(table.index) == ["f_1", "W"]
    assert list(table.columns) == ["by hand", "autograd", "agrees"]
    assert table.loc["f_1"].tolist() == ["0.250000", "0.250000", "to 1e-06"]
    assert table.loc["W"].tolist() == ["-3.000000", "-2.999998", "to 1e-06"]
    assert agreement({"W": -wide}, {"W": -near}, rtol=1e-6).loc["W"].tolist()[:2] == ["3.000000", "2.999998"]


def test_agreement_names_its_sides_as_it_is_told():
    headers = ("this notebook", "helper")
    assert list(agreement({"W": A}, {"W": A.copy()}, headers=headers).columns) == [*headers, "agrees"]
    with pytest.raises(AssertionError, match='where "this notebook" is -2 and "helper" 2'):
        agreement({"W": A[0]}, {"W": np.array([1.0, 2.0])}, headers=headers)
    with pytest.raises(AssertionError, match=r'infinity on "helper"$'):
        agreement({"W": A[0]}, {"W": A[0] * np.inf}, headers=headers)


@pytest.mark.parametrize(
    "other, error, words",
    [
        ({"f_1": 0.25, "W": -A}, AssertionError, "^row W does not hold"),
        (
            {"f_1": 0.25, "W": A[0]},
            AssertionError,
            r"^row W cannot hold: .* shape \(2, 2\), .autograd. \(2,\)",
        ),
        ({"f_1": 0.25, "V": A}, ValueError, "same names"),
        ({"W": A, "f_1": 0.25}, ValueError, "in one order"),
        ({"f_1": 0.5, "W": A.copy()}, AssertionError, "^row f_1 does not hold"),
    ],
)
def test_agreement_names_the_row_that_differs(other, error, words):
    with pytest.raises(error, match=words):
        agreement({"f_1": float("0.25"), "W": A.copy()}, other)


def test_agreement_is_brief_about_large_arrays():
    large = np.random.default_rng(0).normal(size=(128, 32))
    with pytest.raises(AssertionError) as caught:
        agreement({"W_x": large}, {"W_x": large + 1e-3})
    assert len(str(caught.value)) < 300


def test_agreement_of_nothing_is_none():
    with pytest.raises(ValueError, match="no names"):
        agreement({}, {})


def test_agreement_of_one_dict_with_itself_is_none():
    values = {"f_1": 0.1 + 0.2, "count": 5}
    with pytest.raises(ValueError, match="with itself"):
        agreement(values, values)
    with pytest.raises(ValueError, match="row f_1 compares a thing with itself"):
        agreement(values, dict(values))
