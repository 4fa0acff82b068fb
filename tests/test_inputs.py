"""What is refused by every function of the mathematics alike, and hints that work when they are followed."""

import re

import numpy as np
import pytest
import torch
from random_lstm import RandomLSTM

from lstm_helpers import LSTMWeights, lstm_backward, lstm_forward, lstm_step
from lstm_helpers.gradient_flow import path_gradient
from lstm_helpers.inputs import check_steps, float_array
from lstm_helpers.rnn import RNNWeights, rnn_forward

case = RandomLSTM(4, 2, 3, 5)
weights, trace, x = case.weights, lstm_forward(case.x, case.weights), case.x
thin = RandomLSTM(4, 2, 3, 1)
thin_trace = lstm_forward(thin.x, thin.weights)
rnn_weights = RNNWeights(weights.W_x[:5], weights.W_h[:5], weights.b[:5])
ARGUMENTS = {  # of every function, those that are arrays, with the shape they must have
    LSTMWeights: {
        "W_x": (weights.W_x, "(4H, I)"),
        "W_h": (weights.W_h, "(4H, H)"),
        "b": (weights.b, "(4H,)"),
    },
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
    RNNWeights: {
        "W_x": (rnn_weights.W_x, "(H, I)"),
        "W_s": (rnn_weights.W_s, "(H, H)"),
        "b": (rnn_weights.b, "(H,)"),
    },
    lambda **arrays: rnn_forward(weights=rnn_weights, **arrays): {
        "x": (x, "(T, N, I)"),
        "S0": (case.h0, "(N, H)"),
    },
}
WRONG = {
    "a matrix": lambda array: array.view(np.matrix),
    "masked": lambda array: np.ma.array(array, mask=array > 0),
    "integers": lambda array: array.astype(int),
    "booleans": lambda array: array > 0,
    "complex": lambda array: array + 1j,
    "of the other byte order": lambda array: array.astype(">f8"),
    "float32": lambda array: array.astype("f4"),
    "a tensor": torch.from_numpy,
    "a list": lambda array: array.tolist(),
    "nothing": lambda array: None,
}


@pytest.mark.parametrize("kind", WRONG)
def test_every_array_argument_is_looked_at(kind):
    for call, arguments in ARGUMENTS.items():
        arrays = {name: array for name, (array, _) in arguments.items()}
        call(**arrays)
        for name, (array, shape) in arguments.items():
            optional = kind == "nothing" and name in ("h0", "c0", "S0", "dc_last")
            sets_the_dtype = kind == "float32" and name == "W_x"  # then the others are blamed
            if optional or sets_the_dtype or (kind == "a matrix" and array.ndim != 2):
                continue
            words = {
                "a list": f"must be a NumPy array of shape {shape}, not a list",
                "float32": f"is float32, but {'W_x is' if 'W_x' in arrays else 'the weights are'} float64",
            }
            with pytest.raises(TypeError, match=f"^{name} {re.escape(words.get(kind, ''))}"):
                call(**arrays | {name: WRONG[kind](array)})


@pytest.mark.parametrize("call", [call for call, arguments in ARGUMENTS.items() if {"x", "x_t"} & set(arguments)])
def test_a_wrong_number_of_inputs_is_named(call):
    arrays = {name: array for name, (array, _) in ARGUMENTS[call].items()}
    name = "x" if "x" in arrays else "x_t"
    with pytest.raises(ValueError, match=rf"^{name} has shape \(.*2\), .* says 2 inputs, .* of {name} must be 3 long$"):
        call(**arrays | {name: arrays[name][..., :2]})
    with pytest.raises(ValueError, match=rf"^{name} has shape \(.*0, 3\): every axis must be at least 1 long$"):
        call(**arrays | {name: arrays[name][..., :0, :]})


def test_other_arrays_of_numpy_are_taken(tmp_path):
    """A file mapped into memory, a view, columns in Fortran's order."""
    np.save(tmp_path / "x.npy", x)
    for same in (np.load(tmp_path / "x.npy", mmap_mode="r"), x[:, ::-1][:, ::-1], np.asfortranarray(x)):
        assert np.array_equal(lstm_forward(same, weights).h, trace.h)


packed = torch.nn.utils.rnn.pack_padded_sequence(torch.from_numpy(x), [4, 2])
HINTS = {  # what is passed for x (axes, shape wanted), and what to pass instead
    "a list": (x.tolist(), 3, "np.array(x, dtype=float)"),
    "whole numbers in a list": ([[1], [2]], 2, "np.array(x, dtype=float)"),
    "a list of numbers": ([1.0, 2.0], 1, "np.array(x, dtype=float)"),
    "a tensor": (torch.from_numpy(x), 3, "x.detach().numpy()"),
    "a parameter": (torch.nn.Parameter(torch.from_numpy(x)), 3, "x.detach().numpy()"),
    "bfloat16": (torch.from_numpy(x).bfloat16(), 3, "x.detach().float().numpy()"),
    "a packed sequence": (packed, 3, "torch.nn.utils.rnn.pad_packed_sequence(x)[0].detach().numpy()"),
    "a matrix": (x[0].view(np.matrix), 2, "np.asarray(x)"),
    "masked": (np.ma.array(x, mask=x > 0), 3, "x.filled(0.0)"),
    "integers": (x.astype(int), 3, "x.astype(np.float64)"),
    "objects": (x.astype(object), 3, "x.astype(np.float64)"),
    "complex": (x + 0j, 3, "x.real"),
    "big-endian": (x.astype(">f8"), 3, "x.astype(np.float64)"),
    "big-endian float32": (x.astype(">f4"), 3, "x.astype(np.float32)"),
    "one sequence": (x[:, 0], 3, "x[:, None, :]"),
    "a layer axis": (x[:1], 2, "x[0]"),
    "a row": (x[0, :1], 1, "x[0]"),
    "a column": (x[0, :, :1], 1, "x[:, 0]"),
}


@pytest.mark.parametrize("kind", HINTS)
def test_a_hint_that_is_followed_works(kind):
    value, ndim, instead = HINTS[kind]
    with pytest.raises((TypeError, ValueError)) as caught:
        float_array("x", value, ndim, "(...)")
    assert instead in str(caught.value)
    assert "cut off decimals" not in str(caught.value) or value.dtype == int
    mended = float_array("x", eval(instead, {"np": np, "torch": torch, "x": value}), ndim, "(...)")
    assert mended.ndim == ndim


def test_one_dtype_for_all_can_be_had():
    single = x.astype("f4")
    with pytest.raises(TypeError, match=r"x is float64, but the weights are float32: .* e.g. x.astype\(np.float32\)$"):
        float_array("x", x, 3, "(T, N, I)", single.dtype)
    with pytest.raises(TypeError, match="but W_x is float32"):
        float_array("b", x, 3, "(T, N, I)", single.dtype, "W_x")


@pytest.mark.parametrize(
    "value, words",
    [
        ([[1.0], [2.0, 3.0]], "not a list"),
        ([["a"]], "not a list"),
        (None, "not None"),
        (3, "not an int"),
        ({"a": 1}, "not a dict"),
        (np.float64(3), "not a numpy.float64"),
    ],
)
def test_where_no_way_is_known_none_is_named(value, words):
    with pytest.raises(TypeError, match=rf"^x must be a NumPy array of shape \(N, I\), {words}$"):
        float_array("x", value, 2, "(N, I)")


@pytest.mark.parametrize("value", [x[0, 0], x[:1], x[..., None]])
def test_the_number_of_axes_is_named(value):
    with pytest.raises(ValueError, match=rf"must be \(N, I\): 2 axes, not {value.ndim}"):
        float_array("x", value, 2, "(N, I)")


def test_integers_are_told_why_and_others_are_not():
    with pytest.raises(TypeError, match=r"hold floats: integer arrays .* a word. Pass x.astype\(np.float64\)$"):
        float_array("x", x.astype(np.uint8), 3, "(T, N, I)")
    with pytest.raises(TypeError, match=r"holds bool numbers, but must hold floats. Pass x.astype\(np.float64\)$"):
        float_array("x", x > 0, 3, "(T, N, I)")


def test_a_tensor_on_another_device_is_fetched_first():
    with pytest.raises(TypeError, match=r"pass x.detach\(\).cpu\(\).numpy\(\)$"):
        float_array("x", torch.empty(2, 3, device="meta"), 2, "(N, I)")


def test_no_hint_where_it_would_not_help():
    with pytest.raises(ValueError, match=r"must be \(N, H\): 2 axes, not 1$"):
        float_array("h0", x[0, 0, :1], 2, "(N, H)")
    with pytest.raises(ValueError, match=r"must be \(4H,\): one axis, not 2$"):
        float_array("b", x[0], 1, "(4H,)")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_first_number_that_is_not_finite_is_named(bad):
    value = x.copy()
    value[2, 1, 0] = value[3, 0, 0] = bad
    with pytest.raises(ValueError, match=rf"^x\[2, 1, 0\] is {bad}: every entry"):
        float_array("x", value, 3, "(T, N, I)")


@pytest.mark.parametrize(
    "T, steps, error, words",
    [
        (4, {"t": 0}, ValueError, "^t is 0, but steps count from 1 to T = 4$"),
        (4, {"t": 5}, ValueError, "^t is 5, but"),
        (4, {"t": np.int64(5)}, ValueError, "^t is 5, but"),
        (None, {"last": 0, "step": 0}, ValueError, "^last is 0, but steps count from 1$"),
        (4, {"last": 2, "step": np.int64(3)}, ValueError, "^step 3 comes after last = 2"),
        (4, {"t": 2.0}, TypeError, "not 2.0$"),
        (4, {"t": np.float32(2)}, TypeError, "not 2.0$"),
        (4, {"t": True}, TypeError, "not True$"),
        (4, {"t": np.True_}, TypeError, "not True$"),
        (4, {"t": "2"}, TypeError, "not '2'$"),
    ],
)
def test_steps_that_are_none(T, steps, error, words):
    with pytest.raises(error, match=words):
        check_steps(T, **steps)


def test_steps_that_are_some():
    check_steps(4, t=1)
    check_steps(4, last=4, step=4)
    check_steps(np.int64(4), last=np.int8(3), step=np.uint8(1))
    check_steps(None, last=10**9, step=1)
