"""Anyone's pair put into the course's form: what is recognised, what is said of a wrong forward pass, or no LSTM's."""

from types import SimpleNamespace

import numpy as np
import pytest
from random_lstm import RandomLSTM

from lstm_helpers import LSTMWeights, lstm_backward, lstm_forward, sigmoid
from lstm_tutor.doctor.pair import in_their_names, read


def reordered(array, order, stored="ifgo"):
    """Four blocks of rows, from one order to another."""
    return np.concatenate([np.split(array, 4)[stored.index(gate)] for gate in order])


def a_gate(p):
    W, b = (np.concatenate([p[kind + gate] for gate in "ifco"]) for kind in "Wb")
    return W[:, p["bf"].size :], W[:, : p["bf"].size], b[:, 0]


def a_gate_gradients(d):
    blocks = zip("ifco", np.split(np.hstack([d.W_h, d.W_x]), 4), np.split(d.b[:, None], 4))
    return {f"d{kind}{gate}": a for gate, W, b in blocks for kind, a in (("W", W), ("b", b))} | {"dx": d.x.T}


def interleaved(p):
    H = p["net"]["kernel"].shape[1] // 4
    W = p["net"]["kernel"].T.reshape(H, 4, -1).swapaxes(0, 1).reshape(4 * H, -1)
    return W[:, :-H], W[:, -H:], np.repeat([0.0, 1, 0, 0], H)


def interleaved_gradients(d):
    W = np.hstack([d.W_x, d.W_h])
    return {"net": {"kernel": W.reshape(4, -1, W.shape[1]).swapaxes(0, 1).reshape(W.shape).T}}


def blocks(array):
    return reordered(array, "giof").reshape(4, -1, array.shape[1])


# How it is read; init; parameters -> W_x, W_h, b; LSTMGradients -> theirs; x, h and dh between their axes and ours.
CONVENTIONS = [
    (
        "features first, [h; x], rows, gates f, i, c, o, one bias, states from zero",
        lambda I, H: {kind + gate: np.zeros((H, I + H) if kind == "W" else (H, 1)) for gate in "fico" for kind in "Wb"},
        a_gate,
        a_gate_gradients,
        np.transpose,
    ),
    (
        "time first, W_x and W_h apart, rows, gates i, f, g, o, two biases, states from zero",
        lambda I, H: [np.zeros(shape) for shape in ((4 * H, I), (4 * H, H), 4 * H, 4 * H)],
        lambda p: (p[0], p[1], p[2] + p[3]),
        lambda d: [d.W_x, d.W_h, d.b, d.b],
        lambda x: x,
    ),
    (
        "sequences first, W_x and W_h apart, columns, gates i, f, o, g, one bias, states from zero",
        lambda I, H: tuple(np.zeros(shape, np.float32) for shape in ((I, 4 * H), (H, 4 * H), 4 * H)),
        lambda p: tuple(reordered(a.T.astype(float), "ifgo", "ifog") for a in p),
        lambda d: (d.x.swapaxes(0, 1), *(reordered(a, "ifog").T for a in (d.W_x, d.W_h, d.b)), d.h0, d.c0),
        lambda x: x.swapaxes(0, 1),
    ),
    (
        "time first, [x; h], columns, interleaved gates i, f, g, o, no bias, forget bias 1 added at run time, "
        "states from zero",
        lambda I, H: {"net": {"kernel": np.zeros((I + H, 4 * H))}},
        interleaved,
        interleaved_gradients,
        lambda x: x,
    ),
    (
        "time first, W_x and W_h apart, rows, gates g, i, o, f, two biases, states from zero",
        lambda I, H: SimpleNamespace(U=np.zeros((4, H, I)), V=np.zeros((4, H, H)), bias=np.zeros(8 * H)),
        lambda p: [
            reordered(a, "ifgo", "giof") for a in (*map(np.concatenate, (p.U, p.V)), np.add(*np.split(p.bias, 2)))
        ],
        lambda d: {"dU": blocks(d.W_x), "dV": blocks(d.W_h), "dbias": np.tile(reordered(d.b, "giof"), 2)},
        lambda x: list(x) if isinstance(x, np.ndarray) else np.array(x),
    ),
]


def pair(init, unpack, pack, turn, change=lambda d: d):
    """forward and backward of a convention; change: what its backward returns, changed."""

    def forward(x, p):
        weights = LSTMWeights(*map(np.ascontiguousarray, unpack(p)))
        trace = lstm_forward(np.array(turn(x), float), weights)
        return turn(trace.h), (trace, weights)

    return init, forward, lambda dh, cache: change(pack(lstm_backward(*cache, np.array(turn(dh), float))))


def gradients(reading, N=3):
    """What the reading's function answers, and the right numbers, on other sizes than those of the reading."""
    case, dh = RandomLSTM(4, N, 2, 3), RandomLSTM(4, N, 3, 1, seed=1).x
    states = [state * (not reading.from_zero) for state in (case.h0, case.c0)]
    d = lstm_backward(lstm_forward(case.x, case.weights, *states), case.weights, dh)
    wanted = {"W_x": d.W_x, "W_h": d.W_h, "b": d.b, "x": d.x, "h_0": d.h0, "c_0": d.c0}
    return reading.function(case.x, None, case.weights, *states, dh), wanted


@pytest.mark.parametrize("line, init, unpack, pack, turn", CONVENTIONS)
def test_conventions_are_read_and_right_gradients_come_back_right(line, init, unpack, pack, turn):
    reading = read(*pair(init, unpack, pack, turn))
    assert (reading.convention, reading.findings, reading.remarks) == (line, (), ())
    found, wanted = gradients(reading)
    assert {"W_x", "W_h"} <= {*found}
    for name in found:
        np.testing.assert_allclose(found[name], wanted[name], atol=1e-4 if "o, g" in line else 1e-12, err_msg=name)


def a_remark_or_finding(change, k=1):
    """Of the reading of a right pair whose gradients are changed: remarks and findings; whether all is right again."""
    reading = read(*pair(*CONVENTIONS[k][1:], change))
    found, wanted = gradients(reading)
    return reading, all(np.allclose(found[name], wanted[name]) for name in found)


@pytest.mark.parametrize("divisor, what", [(2, "sequences"), (6, "steps"), (12, "sequences times steps")])
def test_means_are_a_remark(divisor, what):
    by = {2: lambda d: d["dx"].shape[1], 6: lambda d: d["dx"].shape[2], 12: lambda d: d["dx"][0].size}[divisor]
    reading, right = a_remark_or_finding(lambda d: {name: a / by(d) for name, a in d.items()}, 0)
    assert right and not reading.findings and f"number of {what}:" in reading.remarks[0]


def test_two_biases_have_one_gradient():
    reading, right = a_remark_or_finding(lambda d: [*d[:3], 2 * d[3]])
    assert right and reading.findings[0].equation == "3.17" and "array 2 and array 3" in reading.findings[0].words


def test_a_missing_gradient_is_told_and_does_not_hide_the_rest():
    reading, right = a_remark_or_finding(lambda d: {name: a for name, a in d.items() if name != "dbo"}, 0)
    assert right and reading.findings[0].words.startswith("no gradient of bo among")


def test_names():
    reading = read(*pair(*CONVENTIONS[0][1:]))
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
    ({'+ p["b" + a] for a in "ifgo"': '+ p["b" + a] for a in "ifgo"', "(zo)": '(zo - p["bo"] + p["bf"])'}, ["1.6"]),
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
    return by_hand({"sigmoid(zi)": 'sigmoid(zi + c * p["pi"])', "sigmoid(zf)": 'sigmoid(zf + c * p["pf"])',
                    "sigmoid(zo)": 'sigmoid(zo + c * p["po"])'})(x, p)  # fmt: skip


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
