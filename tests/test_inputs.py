"""What is refused by every function of the mathematics alike, and hints that work when they are followed."""

import re

import numpy as np
import pytest
import torch
from random_lstm import RandomLSTM

from lstm_helpers import LSTMWeights, lstm_backward, lstm_forward, lstm_step
from lstm_helpers.gradient_flow import path_gradient
from lstm_helpers.inputs import check_arrays, check_steps
from lstm_helpers.rnn import RNNWeights, rnn_forward

case = RandomLSTM(4, 2, 3, 5)
weights, trace, x = case.weights, lstm_forward(case.x, case.weights), case.x
thin = RandomLSTM(4, 2, 3, 1)
thin_trace = lstm_forward(thin.x, thin.weights)
rnn_weights = RNNWeights(weights.W_x[:5], weights.W_h[:5], weights.b[:5])
ARGUMENTS = {  # of every function, those that are arrays, with the axes they must have
    LSTMWeights: {"W_h": (weights.W_h, "(4H, H)"), "W_x": (weights.W_x, "(4H, I)"), "b": (weights.b, "(4H,)")},
    RNNWeights: {"W_s": (rnn_weights.W_s, "(H, H)"), "W_x": (rnn_weights.W_x, "(H, I)"), "b": (rnn_weights.b, "(H,)")},
    lambda **arrays: lstm_step(weights=weights, **arrays): {
        "x_t": (x[0], "(N, I)"),
        "h_prev": (case.h0, "(N, H)"),
        "c_prev": (case.c0, "(N, H)"),
    },
    lambda **arrays: lstm_forward(weights=weights, **arrays): {
        "x": (x, "(T, N, I)"),
        "h0": (case.h0, "(N, H)"),
        "c0": (case.c0, "(N, H)"),
    },
    lambda **arrays: lstm_backward(trace, weights, **arrays): {
        "dh": (trace.h, "(T, N, H)"),
        "dc_last": (trace.c[-1], "(N, H)"),
    },
    lambda **arrays: path_gradient(("L", "h4", "m4"), thin_trace, thin.weights, **arrays): {
        "dh_last": (thin_trace.h[-1, :, 0], "(N,), or a number"),
    },
    lambda **arrays: rnn_forward(weights=rnn_weights, **arrays): {
        "x": (x, "(T, N, I)"),
        "S0": (case.h0, "(N, H)"),
    },
}
EACH = [(call, name) for call, arguments in ARGUMENTS.items() for name in arguments]
NO_FLOATS = "must be a plain NumPy array of floats, {axes}, not"
WRONG = {
    "a matrix": (lambda array: array.reshape(1, -1).view(np.matrix), TypeError, f"{NO_FLOATS} a numpy.matrix"),
    "masked": (lambda array: np.ma.array(array, mask=array > 0), TypeError, f"{NO_FLOATS} a numpy.MaskedArray"),
    "whole numbers": (lambda array: array.astype(int), TypeError, f"{NO_FLOATS} one of int64"),
    "of the other byte order": (lambda array: array.astype(">f8"), TypeError, f"{NO_FLOATS} one of >f8"),
    "of another dtype": (lambda array: array.astype("f4"), TypeError, "is float32, but must be float64 like the rest"),
    "a tensor": (torch.from_numpy, TypeError, f"{NO_FLOATS} a torch.Tensor"),
    "a list": (lambda array: array.tolist(), TypeError, f"{NO_FLOATS} a list"),
    "nothing": (lambda array: None, TypeError, f"{NO_FLOATS} None"),
    "an axis too many": (lambda array: array[None], ValueError, "has shape .* but must be {axes}: .* ax[ie]s, not"),
    "an empty axis": (lambda array: array[..., :0], ValueError, "has shape .* {axes}: every axis must be at least 1"),
    "not finite": (lambda array: np.where(array == array.flat[-1], np.nan, array), ValueError, "is nan: every entry"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_every_array_argument_is_looked_at(kind):
    change, error, words = WRONG[kind]
    for call, name in EACH:
        arrays = {each: array for each, (array, _) in ARGUMENTS[call].items()}
        optional = kind == "nothing" and name in ("h0", "c0", "S0", "dc_last")
        sets_the_dtype = kind == "of another dtype" and name in ("W_h", "W_s")  # then the others are blamed
        if not optional and not sets_the_dtype:
            with pytest.raises(error, match=f"^{name}.* " + words.format(axes=re.escape(ARGUMENTS[call][name][1]))):
                call(**arrays | {name: change(arrays[name])})


FREE = {"x": "T", "W_x": "I"}  # axes whose length these arrays alone decide


@pytest.mark.parametrize("call, name", EACH)
def test_arrays_that_do_not_fit_together_are_refused(call, name):
    arrays = {each: array for each, (array, _) in ARGUMENTS[call].items()}
    call(**arrays)
    for axis, letter in enumerate(re.findall("4?[A-Z]", ARGUMENTS[call][name][1])):
        changed = arrays | {name: arrays[name].take(range(arrays[name].shape[axis] - 1), axis)}
        if letter == FREE.get(name):
            call(**changed)
        elif arrays[name].shape[axis] > 1:
            with pytest.raises(ValueError, match=rf"has shape .* but must be \(.* with {letter[-1]} = \d"):
                call(**changed)


def test_the_words_for_a_shape_name_what_is_known():
    with pytest.raises(ValueError, match=r"^x has shape \(4, 2, 2\), but must be \(T, N, I\) with I = 3$"):
        lstm_forward(x[..., :2], weights)
    with pytest.raises(ValueError, match=r"^dh has .* with T = 4. Where h_t is not used, pass zeros$"):
        lstm_backward(trace, weights, trace.h[1:])


def test_other_arrays_of_numpy_are_taken(tmp_path):
    """A file mapped into memory, a view, columns in Fortran's order."""
    np.save(tmp_path / "x.npy", x)
    for same in (np.load(tmp_path / "x.npy", mmap_mode="r"), x[:, ::-1][:, ::-1], np.asfortranarray(x)):
        assert np.array_equal(lstm_forward(same, weights).h, trace.h)


HINTS = {  # what is passed for x (axes wanted), and what to pass instead
    "a list": (x.tolist(), "(T, N, I)", "np.array(x, dtype=float)"),
    "whole numbers": (x.astype(int), "(T, N, I)", "np.array(x, dtype=float)"),
    "a matrix": (x[0].view(np.matrix), "(N, I)", "np.array(x, dtype=float)"),
    "of the other byte order": (x.astype(">f8"), "(T, N, I)", "np.array(x, dtype=float)"),
    "a parameter": (torch.nn.Parameter(torch.from_numpy(x)), "(T, N, I)", "x.detach().cpu().numpy()"),
    "one sequence": (x[:, 0], "(T, N, I)", "x[:, None, :]"),
    "a layer axis": (x[:1], "(N, I)", "x[0]"),
    "transposed": (weights.W_h.T, "(4H, H)", "x.T"),
}


@pytest.mark.parametrize("kind", HINTS)
def test_a_hint_that_is_followed_works(kind):
    value, axes, instead = HINTS[kind]
    with pytest.raises((TypeError, ValueError), match=re.escape(instead) + "$"):
        check_arrays({"x": (value, axes)})
    check_arrays({"x": (eval(instead, {"np": np, "x": value}), axes)})


packed = torch.nn.utils.rnn.pack_padded_sequence(torch.from_numpy(x), [4, 2])


@pytest.mark.parametrize("value", [None, 3, {"a": 1}, packed, np.ma.array(x, mask=x > 0)])
def test_where_no_way_is_right_for_all_none_is_named(value):
    with pytest.raises(TypeError, match=r"^x must be .* \(N, I\), not (None|an? [\w.]+)$"):
        check_arrays({"x": (value, "(N, I)")})


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_first_number_that_is_not_finite_is_named(bad):
    value = x.copy()
    value[2, 1, 0] = value[3, 0, 0] = bad
    with pytest.raises(ValueError, match=rf"^x\[2, 1, 0\] is {bad}: every entry"):
        check_arrays({"x": (value, "(T, N, I)")})


@pytest.mark.parametrize(
    "T, steps, error, words",
    [
        (4, {"t": 0}, ValueError, "^t is 0, but steps count from 1 to T = 4$"),
        (4, {"t": np.int64(5)}, ValueError, "^t is 5, but"),
        (None, {"last": 0, "step": 0}, ValueError, "^last is 0, but steps count from 1$"),
        (4, {"last": 2, "step": 3}, ValueError, "^step 3 comes after last = 2"),
        (4, {"t": 2.0}, TypeError, "not 2.0$"),
        (4, {"t": "2"}, TypeError, "not '2'$"),
    ],
)
def test_steps_that_are_none(T, steps, error, words):
    with pytest.raises(error, match=words):
        check_steps(T, **steps)


def test_steps_that_are_some():
    check_steps(4, t=1)
    check_steps(np.int64(4), last=np.int8(4), step=np.uint8(4))
    check_steps(None, last=10**9, step=1)
