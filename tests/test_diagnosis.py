"""The doctor: faulty backward passes are named by their equations, right ones in any style pass, nothing stops it."""

import random
import re
import time
from itertools import combinations, product

import numpy as np
import pytest
import torch
from matplotlib.patches import Circle, Rectangle
from random_lstm import sample

from lstm_helpers import GATES, lstm_backward, lstm_forward, sigmoid  # noqa: F401  # a planted mistake uses it
from lstm_tutor.doctor import GALLERY, diagnose
from lstm_tutor.doctor.cases import coefficients
from lstm_tutor.doctor.mistakes import CELL, PARTNERS, SLOPES
from lstm_tutor.planted import planted


def backward(x, steps, weights, h_0, c_0, dh):
    dW_x, dW_h, db = np.zeros_like(weights.W_x), np.zeros_like(weights.W_h), np.zeros_like(weights.b)
    dx, z = np.zeros_like(x), np.zeros((*x.shape[:2], len(weights.b)))
    carry_h, carry_c = np.zeros_like(h_0), np.zeros_like(c_0)
    for t in range(len(x) - 1, -1, -1):
        s = steps[t]
        h_prev = steps[t - 1].h if t else h_0
        c_prev = steps[t - 1].c if t else c_0
        d_h = dh[t] + carry_h
        d_c = d_h * s.o * (1 - s.m**2) + carry_c
        d_o = d_h * s.m * s.o * (1 - s.o)
        d_i = d_c * s.g * s.i * (1 - s.i)
        d_f = d_c * c_prev * s.f * (1 - s.f)
        d_g = d_c * s.i * (1 - s.g**2)
        d_z = np.hstack([d_i, d_f, d_g, d_o])
        dW_x = dW_x + d_z.T @ x[t]
        dW_h = dW_h + d_z.T @ h_prev
        db = db + d_z.sum(axis=0)
        dx[t] = d_z @ weights.W_x
        z[t] = d_z
        carry_h = d_z @ weights.W_h
        carry_c = d_c * s.f
    return {"W_x": dW_x, "W_h": dW_h, "b": db, "h_0": carry_h, "c_0": carry_c}


RETURNED = '{"W_x": dW_x, "W_h": dW_h, "b": db, "h_0": carry_h, "c_0": carry_c}'
BLOCKS_TRANSPOSED = "d_z @ np.vstack([block.T for block in np.split(weights.W_h, 4)])"
MISTAKES = {  # the equations that must be named: what was changed
    "carry of h subtracted": ({"3.4"}, [("dh[t] + carry_h", "dh[t] - carry_h")]),
    "carry of h piles up": ({"3.4"}, [("carry_h = d_z", "carry_h = carry_h + d_z")]),
    "carry of c piles up": ({"3.5"}, [("carry_c = d_c * s.f", "carry_c = carry_c + d_c * s.f")]),
    "carry of c through tanh": (
        {"3.5"},
        [("d_h * s.o * (1 - s.m**2) + carry_c", "(d_h * s.o + carry_c) * (1 - s.m**2)")],
    ),
    "immediate for total": ({"3.6"}, [("d_o = d_h", "d_o = dh[t]")]),
    "δh for δc": ({"3.7"}, [("d_i = d_c", "d_i = d_h")]),
    "slope on one of two terms": (
        {"3.7"},
        [("d_i = d_c * s.g * s.i * (1 - s.i)", "d_i = (d_c - carry_c) * s.g * s.i * (1 - s.i) + carry_c * s.g")],
    ),
    "h_t for h_{t-1}": ({"3.14"}, [("d_z.T @ h_prev", "d_z.T @ s.h")]),
    "mean over sequences": ({"3.14"}, [("d_z.sum(axis=0)", "d_z.mean(axis=0)")]),
    "last step only": ({"3.14"}, [("db = db + d_z.sum(axis=0)", "db = d_z.sum(axis=0) if t == len(x) - 1 else db")]),
    "h_t for h_{t-1}, candidate alone": (
        {"3.12"},
        [("d_z.T @ h_prev", "np.vstack([d_i.T @ h_prev, d_f.T @ h_prev, d_g.T @ s.h, d_o.T @ h_prev])")],
    ),
    "mean over sequences, one bias": (
        {"3.11"},
        [("d_z.sum(axis=0)", "np.hstack([d_i.sum(0), d_f.mean(0), d_g.sum(0), d_o.sum(0)])")],
    ),
    "= for +=": ({"3.14"}, [("dW_h = dW_h + ", "dW_h = ")]),
    "rows in another order": ({"3.14"}, [("[d_i, d_f, d_g, d_o]", "[d_f, d_i, d_g, d_o]")]),
    "W_h transposed on the way back": ({"3.4"}, [("d_z @ weights.W_h", BLOCKS_TRANSPOSED)]),
    "dh in reversed order": ({"3.4"}, [("d_h = dh[t]", "d_h = dh[len(x) - 1 - t]")]),
    "blocks exchanged": (
        {"3.4"},
        [("d_z @ weights.W_h", "np.hstack([d_f, d_i, d_g, d_o]) @ weights.W_h")],
    ),
    "first step left out": ({"3.4"}, [("range(len(x) - 1, -1, -1)", "range(len(x) - 1, 0, -1)")]),
    "c_0 taken for 0": ({"3.8"}, [("steps[t - 1].c if t else c_0", "steps[t - 1].c if t else 0 * c_0")]),
    "δõ from δc": ({"3.6"}, [("d_o = d_h", "d_o = d_c")]),
    "δõ from δm": ({"3.6"}, [("d_o = d_h", "d_o = d_h * s.o")]),
    "δõ from the first term of δc": ({"3.6"}, [("d_o = d_h", "d_o = (d_c - carry_c)")]),
    "δõ from δc, and that wrong": ({"3.5", "3.6"}, [("d_o = d_h", "d_o = d_c"), ("(1 - s.m**2)", "(1 - s.c**2)")]),
    "δĩ from δm": ({"3.7"}, [("d_i = d_c", "d_i = d_h * s.o")]),
    "δc of no table": ({"3.5"}, [("d_h * s.o * (1 - s.m**2)", "d_h * np.sin(2 * s.c)")]),
    "δc of no table, and i": (
        {"3.5", "3.7"},
        [("d_h * s.o * (1 - s.m**2)", "d_h * np.sin(2 * s.c)"), ("s.i * (1 - s.i)", "s.i")],
    ),
    "carry of c of no table": ({"3.5"}, [("carry_c = d_c * s.f", "carry_c = d_c * s.f * s.o")]),
    "carry of c from δh": ({"3.5"}, [("carry_c = d_c * s.f", "carry_c = d_h * s.f")]),
    "carry of c ends": ({"3.5"}, [("carry_c = d_c * s.f", "carry_c = (d_c - carry_c) * s.f")]),
    "carry of h twice in δc": ({"3.5"}, [("d_c = d_h", "d_c = (d_h + carry_h)")]),
    "carry of h twice in δc, and without o": (
        {"3.4", "3.5"},
        [("d_c = d_h", "d_c = (d_h + carry_h)"), ("carry_h = d_z @", "d_z[:, -d_o.shape[1] :] = 0; carry_h = d_z @")],
    ),
    "half of δh": ({"3.4"}, [("d_h = dh[t] + carry_h", "d_h = (dh[t] + carry_h) / 2")]),
    "mean of dh over sequences": ({"3.4"}, [("d_h = dh[t]", "d_h = dh[t] / x.shape[1]")]),
    "clipped": ({""}, [("d_h = dh[t] + carry_h", "d_h = np.clip(dh[t] + carry_h, -0.5, 0.5)")]),
    "clipped, and i": (
        {"", "3.7"},
        [("d_h = dh[t] + carry_h", "d_h = np.clip(dh[t] + carry_h, -0.5, 0.5)"), ("s.i * (1 - s.i)", "s.i")],
    ),
    "x of the step before": ({"3.14"}, [("d_z.T @ x[t]", "d_z.T @ x[t - 1]")]),
    "dh of the step before, and g": ({"3.4", "3.9"}, [("d_h = dh[t]", "d_h = dh[t - 1]"), ("s.g**2", "s.g")]),
    "x and W_h of other steps": ({"3.14"}, [("d_z.T @ x[t]", "d_z.T @ x[t - 1]"), ("d_z.T @ h_prev", "d_z.T @ s.h")]),
    "x in reversed order": ({"3.14"}, [("d_z.T @ x[t]", "d_z.T @ x[len(x) - 1 - t]")]),
    "slopes of i and g exchanged": (
        {"3.7", "3.9"},
        [("d_c * s.g * s.i * (1 - s.i)", "d_c * s.g * (1 - s.g**2)"), ("s.i * (1 - s.g**2)", "s.i * s.i * (1 - s.i)")],
    ),
    "rows, f and the carry of c": (
        {"3.5", "3.8", "3.14"},
        [("[d_i, d_f, d_g, d_o]", "[d_f, d_i, d_o, d_g]"), ("s.f * (1 - s.f)", "s.f"), ("d_c * s.f", "d_c * s.i")],
    ),
    "both pile up, and o": (
        {"3.4", "3.5", "3.6"},
        [("carry_h = d_z", "carry_h = carry_h + d_z"), ("carry_c = d_c", "carry_c = carry_c + d_c"),
         ("s.o * (1 - s.o)", "s.o")],
    ),
    "two": ({"3.5", "3.9"}, [("1 - s.g**2", "1 - np.tanh(s.g) ** 2"), ("carry_c = d_c * s.f", "carry_c = d_c * s.i")]),
    "three": (
        {"3.7", "3.9", "3.14"},
        [("s.g * s.i * (1 - s.i)", "s.g"), ("1 - s.g**2", "1 + s.g**2"), ("d_z.T @ h_prev", "d_z.T @ s.h")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sample(MISTAKES))
def test_a_mistake_is_named_by_its_equation(name):
    equations, changes = MISTAKES[name]
    found = diagnose(planted(backward, *changes))
    assert not found.right
    assert {finding.equation for finding in found.findings} == equations, found


PLACES = [*SLOPES.values(), *PARTNERS.values(), *CELL.values()]
FACTORS = [(place.line, place.mistake(words)) for place in PLACES for words in place
           if words and "0 stands" not in words]  # fmt: skip


def trios():
    """Every factor of the doctor's table once, three at a time, in three lines of the pass."""
    left, draw = list(FACTORS), random.Random(3)
    draw.shuffle(left)
    while left:
        lines = dict(reversed(left))  # one mistake a line
        chosen = list(lines.items())[:3]
        left = [pair for pair in left if pair not in chosen]
        yield [mistake for _, mistake in chosen]


@pytest.mark.parametrize("mistakes", sample(trios()))
def test_what_is_in_the_table_is_found_in_threes(mistakes):
    found = diagnose(planted(backward, *((mistake.right, mistake.wrong) for mistake in mistakes)))
    said = {(f.equation, re.sub(r"^δ.̃?_t: ", "", f.words)) for f in found.findings}
    assert said == {mistake.said for mistake in mistakes}, found


@pytest.mark.parametrize("name", GALLERY)
def test_the_gallery_is_found(name):
    found = diagnose(planted(backward, (GALLERY[name].right, GALLERY[name].wrong)))
    assert [f.equation for f in found.findings] == [GALLERY[name].equation] and GALLERY[name].words in str(found)


@pytest.mark.parametrize("names", [["W_x"], ["W_h", "b"], ["b"], ["x"], ["W_x", "W_h", "b", "x", "h_0", "c_0", "z"]])
def test_some_of_the_gradients_are_enough(names):
    have = {"W_x": "dW_x", "W_h": "dW_h", "b": "db", "x": "dx", "h_0": "carry_h", "c_0": "carry_c", "z": "z"}
    returned = "{" + ", ".join(f'"{name}": {have[name]}' for name in names) + "}"
    changes = ("s.i * (1 - s.i)", "s.i"), ("carry_c = d_c * s.f", "carry_c = d_c * s.o")
    assert {f.equation for f in diagnose(planted(backward, *changes, (RETURNED, returned))).findings} == {"3.5", "3.7"}


def with_columns(x, steps, weights, h_0, c_0, dh):
    """Sequence by sequence, gate by gate, in columns."""
    total = {"W_x": 0 * weights.W_x, "W_h": 0 * weights.W_h, "b": 0 * weights.b}
    W = {gate: weights.gate(gate)[1] for gate in GATES}
    for n in range(x.shape[1]):
        from_h = from_c = np.zeros((h_0.shape[1], 1))
        for t in reversed(range(len(x))):
            i, f, g, o, m = (getattr(steps[t], name)[n][:, None] for name in "ifgom")
            h, c = (h_0, c_0) if t == 0 else (steps[t - 1].h, steps[t - 1].c)
            d_h = dh[t][n][:, None] + from_h
            d_c = from_c + d_h * o * (1 - m * m)
            d = {"i": d_c * g * i * (1 - i), "f": d_c * c[n][:, None] * f * (1 - f)}
            d |= {"g": d_c * i * (1 - g * g), "o": d_h * m * o * (1 - o)}
            stacked = np.concatenate([d[gate] for gate in GATES])
            total["W_x"] = total["W_x"] + np.outer(stacked, x[t][n])
            total["W_h"] = total["W_h"] + np.outer(stacked, h[n])
            total["b"] = total["b"] + stacked[:, 0]
            from_h, from_c = sum(W[gate].T @ d[gate] for gate in GATES), d_c * f
    return total


def by_the_helper(x, steps, weights, h_0, c_0, dh):
    back = lstm_backward(lstm_forward(x, weights, h_0, c_0), weights, dh)
    return {"W_x": back.W_x, "x": back.x, "z": back.pre, "c_0": back.c0}


def in_torch(x, steps, weights, h_0, c_0, dh):
    back = by_the_helper(x, steps, weights, h_0, c_0, dh)
    return {name: torch.tensor(value, requires_grad=True) for name, value in back.items()}


def in_float32(x, steps, weights, h_0, c_0, dh):
    return {name: value.astype(np.float32) for name, value in by_the_helper(x, steps, weights, h_0, c_0, dh).items()}


RIGHT = [
    backward,
    planted(backward, (RETURNED, '{"b": db, "x": dx, "z": z}')),
    with_columns,
    by_the_helper,
    in_torch,
    in_float32,
]


@pytest.mark.parametrize("number", range(len(RIGHT)))
def test_what_is_right_passes_in_any_style(number):
    assert diagnose(RIGHT[number]).right


def test_it_is_quick():
    began = time.process_time()
    diagnose(planted(backward, ("s.i * (1 - s.i)", "s.i")))
    assert time.process_time() - began < 2


def changes_its_arguments(x, steps, weights, h_0, c_0, dh):
    answer = backward(x, steps, weights, h_0, c_0, dh)
    dh += 1
    return answer


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda *arguments: None, "return"),
        (lambda *arguments: [1], "dictionary"),
        (lambda *arguments: {"W": 1}, "none of the names"),
        (planted(backward, (RETURNED, '{"W_x": dW_x.T}')), "W_x has the shape"),
        (planted(backward, (RETURNED, '{"b": db * np.nan}')), "NaN"),
        (planted(backward, ("d_h = dh[t]", "d_h = dh[t] @ x[t]")), "stops with ValueError"),
    ],
)
def test_what_cannot_be_examined_is_said(function, words):
    found = diagnose(function)
    assert not found.right and len(found.findings) == 1 and words in str(found)


def test_a_changed_argument_is_remarked_and_put_back():
    found = diagnose(changes_its_arguments)
    assert found.right and "changes its argument dh" in found.remarks[0]


def test_what_has_no_name_is_said_with_both_numbers():
    found = diagnose(planted(backward, ("s.m * s.o * (1 - s.o)", "np.sin(3 * s.m) * s.o")))
    assert {finding.equation for finding in found.findings} == {"3.6"} and "belongs" in str(found)


def test_a_diagnosis_is_a_table_in_a_notebook():
    found = diagnose(planted(backward, ("s.i * (1 - s.i)", "s.i")))
    assert "<td>(3.7)</td>" in found._repr_html_() and str(found).startswith("(3.7) ")


def test_only_functions_are_examined():
    with pytest.raises(TypeError, match="without parentheses"):
        diagnose({"W_x": 1})


def test_coefficients_are_read_off_or_refused():
    draw = np.random.default_rng(0)
    a, b, c = draw.normal(size=(3, 30))
    assert coefficients({"a": a, "b": b}, 2 * a - b, 1e-9) == {"a": 2.0, "b": -1.0}
    assert coefficients({"a": a, "b": b}, c, 1e-9) is None


PICTURES = ["δõ from δc", "two", "three", "both pile up, and o", "rows, f and the carry of c", "δc of no table, and i",
            "clipped, and i", "blocks exchanged"]  # fmt: skip


@pytest.mark.parametrize("name", sample(PICTURES))
def test_a_picture_has_every_label_by_itself(name):
    """Labels lie on no circle and no other label, within the picture; each arrow that is wrong has one."""
    found = diagnose(planted(backward, *MISTAKES[name][1]))
    figure = found.draw()
    (ax,) = figure.axes
    labels = [p.get_window_extent() for p in ax.patches if isinstance(p, Rectangle)]
    circles = [p.get_window_extent() for p in ax.patches if isinstance(p, Circle)]
    texts = [text.get_window_extent() for text in ax.texts if text.get_text()]
    assert len(labels) == sum(bool(arrow.carries) for finding in found.findings for arrow in finding.arrows)
    pairs = [*combinations(labels, 2), *product(labels, circles), *combinations(texts, 2)]
    assert not any(a.padded(-1).overlaps(b.padded(-1)) for a, b in pairs)
    assert all(figure.bbox.contains(*corner) for box in texts + labels for corner in (box.p0, box.p1))
    below = [finding.words for finding in found.findings if not finding.arrows]
    shown = " ".join(" ".join(text.get_text().split()) for text in ax.texts)
    assert all(" ".join(words.split()) in shown for words in below)
