"""Anyone's pair put into the course's form: what is recognised, what is said of a wrong forward pass, or no LSTM's."""

from types import SimpleNamespace

import numpy as np
import pytest
from random_lstm import RandomLSTM

from lstm_helpers import LSTMWeights, lstm_backward, lstm_forward, sigmoid
from lstm_tutor.doctor import diagnose_pair
from lstm_tutor.doctor.pair import in_their_names, read


def stored(order, parts, rows, biases, W_x, W_h, b):
    """{name: array} of a convention. order: our letters, of blocks; or theirs and ours of four arrays, "fico,figo"."""
    letters, _, ours = order.rpartition(",")
    matrices = {"": [W_h, W_x]} if parts == "hx" else {"": [W_x, W_h]} if parts == "xh" else {"x": [W_x], "h": [W_h]}
    arrays = {f"W{name}": np.hstack(W) for name, W in matrices.items()} | {f"b{k}": b[:, None] for k in range(biases)}
    four = {name: [np.split(a, 4)["ifgo".index(gate)] for gate in ours] for name, a in arrays.items()}
    if letters:
        return {name + k: a if rows else a.T for name, split in four.items() for k, a in zip(letters, split)}
    return {name: np.vstack(split) if rows else np.vstack(split).T for name, split in four.items()}


def pair(
    convention, turn=np.array, forget=0, container=dict, dtype=float, last=False, states=False, change=lambda d: d
):
    """init, forward, backward. turn: from our axes to theirs and back. last: h_T alone.

    states: takes (c_0, h_0); "h": h_0.
    change: of what backward returns, a dict.
    """

    def init(I, H):
        arrays = stored(*convention, np.zeros((4 * H, I)), np.zeros((4 * H, H)), np.zeros(4 * H))
        return container({name: array.astype(dtype) for name, array in arrays.items()})

    def run(x, parameters, c_0=None, h_0=None):
        arrays = [*(parameters if isinstance(parameters, (list, tuple)) else vars_of(parameters).values())]
        x = np.array(turn(x), float)
        I = x.shape[2]
        H = next(H for H in range(1, 99) if sum(a.size for a in arrays) == 4 * H * (H + I + convention[-1]))
        where = np.split(np.arange(4 * H * (H + I + 1)), [4 * H * I, 4 * H * (I + H)])
        places = stored(*convention, where[0].reshape(-1, I), where[1].reshape(-1, H), where[2]).values()
        numbers = np.zeros(4 * H * (H + I + 1))
        for place, array in zip(places, arrays):
            numbers[place] += array
        W_x, W_h, b = np.split(numbers, [4 * H * I, 4 * H * (I + H)])
        b[H : 2 * H] += forget
        weights = LSTMWeights(W_x.reshape(-1, I), W_h.reshape(-1, H), b)
        trace = lstm_forward(x, weights, h_0, c_0)
        return trace.h[-1] if last else turn(trace.h), (trace, weights)

    def forward(x, parameters):
        return run(x, parameters)

    def backward(dh, cache):
        immediate = 0 * cache[0].h
        if last:
            immediate[-1] = dh
        else:
            assert type(dh) is type(turn(immediate))
            immediate[:] = turn(dh)
        d = lstm_backward(*cache, immediate)
        arrays = {f"d{name}": a for name, a in stored(*convention, d.W_x, d.W_h, d.b).items()}
        return change(arrays | {"dx": turn(d.x), "dh0": d.h0, "dc0": d.c0})

    def with_h_0(x, parameters, h_0):
        return run(x, parameters, 0 * h_0, h_0)

    return init, {"h": with_h_0, True: run, False: forward}[states], backward


def vars_of(parameters):
    return parameters if isinstance(parameters, dict) else vars(parameters)


def batch_first(x):
    return x.swapaxes(0, 1)


def listed(x):
    return [*x] if isinstance(x, np.ndarray) else np.array(x)


def alone(x):
    return x[:, 0] if x.ndim == 3 else x[:, None]


NG, KERAS, TORCH = ("fico,figo", "hx", True, 1), ("ifgo", "apart", False, 1), ("ifgo", "apart", True, 2)
CONVENTIONS = [
    (NG, {"turn": np.transpose}, "features first, [h; x], rows, gates f, i, c, o, one bias"),
    (TORCH, {}, "time first, W_x and W_h apart, rows, gates i, f, g, o, two biases"),
    (KERAS, {"turn": batch_first}, "sequences first, W_x and W_h apart, columns, gates i, f, g, o, one bias"),
    (("ifog", "xh", False, 1), {"dtype": np.float32}, "time first, [x; h], columns, gates i, f, o, g, one bias"),
    (("igfo", "xh", False, 1), {"forget": 1}, "time first, [x; h], columns, gates i, g, f, o, one bias, forget bias 1"),
    (("goif", "hx", True, 0), {"forget": 1}, "time first, [h; x], rows, gates g, o, i, f, no bias, forget bias 1"),
    (("iofg", "apart", True, 1), {"turn": alone}, "x (T, I), one sequence, W_x and W_h apart, rows, gates i, o, f, g"),
    (("ifgo", "hx", True, 1), {"last": True}, "time first, h_T alone, [h; x], rows, gates i, f, g, o, one bias"),
    (("ifgo", "hx", True, 1), {"states": True}, "time first, [h; x], rows, gates i, f, g, o, one bias, states (c, h)"),
    (NG, {"states": "h"}, "time first, [h; x], rows, gates f, i, c, o, one bias, h_0 given, c from zero"),
    (("ogif", "hx", True, 1), {"container": lambda d: SimpleNamespace(**d)}, "time first, [h; x], rows, gates o, g, i"),
    (("iufo,figo", "apart", False, 2), {"turn": listed}, "time first, W_x and W_h apart, columns, gates i, u, f, o"),
    (("fico,figo", "apart", False, 1), {"container": lambda d: [*d.values()]}, "time first, W_x and W_h apart"),
]


def gradients(reading, N=3):
    """What the reading's function answers, and the right numbers, on other sizes than those of the reading."""
    N = 1 if reading.one_sequence else N
    case, dh = RandomLSTM(4, N, 2, 3), RandomLSTM(4, N, 3, 1, seed=1).x
    given = (not reading.from_zero, not (reading.from_zero or reading.zero_cell))
    states = [state * is_given for state, is_given in zip((case.h0, case.c0), given)]
    d = lstm_backward(lstm_forward(case.x, case.weights, *states), case.weights, dh)
    wanted = {"W_x": d.W_x, "W_h": d.W_h, "b": d.b, "x": d.x, "h_0": d.h0, "c_0": d.c0}
    return reading.function(case.x, None, case.weights, *states, dh), wanted


@pytest.mark.parametrize("convention, more, line", CONVENTIONS)
def test_conventions_are_read_and_right_gradients_come_back_right(convention, more, line):
    reading = read(*pair(convention, **more))
    assert reading.convention.startswith(line) and reading.from_zero == ("states from zero" in reading.convention)
    assert (reading.findings, reading.remarks) == ((), ())
    found, wanted = gradients(reading)
    assert {*found} == {*wanted} - {"b"} | {*["b"] * (convention[-1] > 0)}
    for name in found:
        np.testing.assert_allclose(found[name], wanted[name], atol=1e-5 if "dtype" in more else 1e-12, err_msg=name)


def test_code_for_one_sequence_is_read_though_its_forward_takes_several_by_broadcasting():
    init, forward, backward = pair(TORCH)

    def either(x, parameters):
        h, cache = forward(x.reshape(len(x), -1, x.shape[-1]), parameters)
        return h.reshape(*x.shape[:-1], -1), cache

    def of_one(dh, cache):
        (T, _), d = dh.shape, backward(dh[:, None], cache)
        return d | {"dx": d["dx"].reshape(T, -1)}

    reading = read(init, either, of_one)
    assert reading.one_sequence and reading.findings == ()


def changed(change, convention=NG, turn=np.transpose):
    """The reading of a right pair whose gradients are changed; whether what its function answers is all right."""
    reading = read(*pair(convention, turn, change=change))
    found, wanted = gradients(reading)
    return reading, all(np.allclose(found[name], wanted[name]) for name in found)


def test_a_pair_that_takes_h_0_alone_is_examined():
    assert diagnose_pair(*pair(NG, states="h")).right
    wrong = diagnose_pair(*pair(NG, states="h", change=lambda d: d | {"dh0": 2 * d["dh0"]}))
    assert not wrong.right and "h_0" in wrong.findings[0].words and "c from zero" in wrong.convention


@pytest.mark.parametrize("axes, what", [([1], "sequences"), ([2], "steps"), ([1, 2], "sequences times steps")])
def test_means_are_a_remark(axes, what):
    reading, right = changed(lambda d: {name: a / np.prod([d["dx"].shape[k] for k in axes]) for name, a in d.items()})
    assert right and not reading.findings and f"number of {what}:" in reading.remarks[0]


def test_two_biases_have_one_gradient():
    reading, right = changed(lambda d: d | {"db1": 2 * d["db1"]}, TORCH, np.array)
    assert right and [f.equation for f in reading.findings] == ["3.17"] and "b0 and b1" in reading.findings[0].words


def test_a_missing_gradient_is_told_and_the_rest_examined():
    reading, right = changed(lambda d: {name: a for name, a in d.items() if name != "db0f"})
    assert right and reading.findings[0].words.startswith("no gradient of b0f among")
    assert "b" not in gradients(reading)[0]


def test_gradients_without_names_are_told_by_shape_and_order():
    reading, right = changed(lambda d: (d["dx"], *[a for name, a in d.items() if name[1] in "Wb"], d["dc0"], d["dh0"]))
    assert right and not reading.findings


def test_names():
    reading, _ = changed(lambda d: d)
    assert in_their_names(reading.names, "W_xg is wrong") == "W_xg is wrong (your dWc)"
    assert in_their_names(reading.names, "δg̃_t is too large") == "δg̃_t is too large (your gate c)"
    assert in_their_names(reading.names, "c_0 is wrong") == "c_0 is wrong"


def by_hand(change=None, alone=False):
    """A forward pass (T, N, I), a dict of matrices a gate, in lines that can be changed, {old: new}."""
    step = """
zi, zf, zg, zo = (x_t @ p["W" + a] + h @ p["U" + a] + p["b" + a] for a in "ifgo")
i, f, g, o = sigmoid(zi), sigmoid(zf), np.tanh(zg), sigmoid(zo)
c = f * c + i * g
h = o * np.tanh(c)"""
    for old, new in (change or {}).items():
        assert old in step
        step = step.replace(old, new)

    def forward(x, p):
        scope = {"np": np, "sigmoid": sigmoid, "p": p, "h": 0 * p["bi"], "c": 0 * p["bi"]}
        steps = []
        for scope["x_t"] in x:
            exec(step, scope)
            steps.append(scope["h"])
        return (steps[-1] if alone else np.array(steps)), None

    return forward


def a_dict(I, H):
    shapes = {"W": (I, H), "U": (H, H), "b": H}
    return {kind + gate: np.zeros(shapes[kind]) for kind in shapes for gate in "ifgo"}


MISTAKES = [
    ({}, []),
    ({"sigmoid(zf)": "np.tanh(zf)"}, ["1.2"]),
    ({"sigmoid(zi)": "zi"}, ["1.3"]),
    ({"np.tanh(zg)": "sigmoid(zg)"}, ["1.4"]),
    ({"f * c": "(1 - f) * c"}, ["1.5"]),
    ({"f * c + i * g": "i * g"}, ["1.5"]),
    ({"f * c + i * g": "i * c + f * g"}, ["1.5"]),
    ({"(zo)": '(zo - p["bo"] + p["bf"])'}, ["1.6"]),
    ({"np.tanh(c)": "c"}, ["1.7"]),
    ({' + p["b" + a]': ""}, ["1.8"]),
    ({"h @": "c @"}, ["1.8"]),
    ({"h @": "0 * h @"}, ["1.8"]),
    ({"sigmoid(zf)": "np.tanh(zf)", "np.tanh(c)": "c"}, ["1.2", "1.7"]),
]


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("change, equations", MISTAKES, ids=[" ".join(change.values()) for change, _ in MISTAKES])
def test_a_mistake_forward_is_told_by_its_equation(change, equations, alone):
    reading = read(a_dict, by_hand(change, alone), lambda dh, cache: None)
    assert [f.equation for f in reading.findings] == (equations or [""])
    assert reading.function is None and bool(equations) == ("Mend it" in reading.findings[0].words)


def gru(x, p):
    h, steps = 0 * p["bi"], []
    for x_t in x:
        r, z = (sigmoid(x_t @ p["W" + a] + h @ p["U" + a] + p["b" + a]) for a in "if")
        h = z * h + (1 - z) * np.tanh(x_t @ p["Wg"] + r * h @ p["Ug"] + p["bg"])
        steps.append(h)
    return np.array(steps), None


def two_layers(x, p):
    first, _ = by_hand()(x, p)
    return by_hand()(first, {name[1:]: array for name, array in p.items() if name[0] == "2"})


def peepholes(x, p):
    return by_hand({f"z{a})": f'z{a} + c * p["p{a}"])' for a in "ifo"})(x, p)


@pytest.mark.parametrize(
    "init, forward, words",
    [
        (a_dict, gru, "a GRU"),
        (lambda I, H: a_dict(I, H) | {"2" + name: a for name, a in a_dict(H, H).items()}, two_layers, "more than one"),
        (lambda I, H: a_dict(I, H) | {"p" + gate: np.zeros(H) for gate in "ifo"}, peepholes, "peephole"),
        (a_dict, lambda x, p: 1 / 0, "ZeroDivisionError"),
        (a_dict, by_hand({"np.tanh(c)": "np.sin(c * c)"}), "neither an LSTM's"),
    ],
)
def test_what_is_no_lstm_is_not_examined(init, forward, words):
    (finding,) = read(init, forward, None).findings
    assert finding.equation == "" and finding.words.startswith("not examined: ") and words in finding.words
