"""The doctor: faulty backward passes are named by their equations, right ones pass, nothing stops it."""

import time
from itertools import combinations, product

import numpy as np
import pytest
from matplotlib.patches import Circle, Rectangle
from random_lstm import sample

from lstm_helpers import lstm_backward, lstm_forward
from lstm_tutor.doctor import GALLERY, diagnose
from lstm_tutor.doctor.cases import Case, close, draw_case
from lstm_tutor.doctor.decode import coefficients
from lstm_tutor.doctor.pool import ATOMS, OUT, STEPS, SUMS, WIDE, Change, factor
from lstm_tutor.doctor.reference import RIGHT, altered, simulate, walk
from lstm_tutor.doctor.search import without_needless
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
    "first step left out": ({"3.14"}, [("range(len(x) - 1, -1, -1)", "range(len(x) - 1, 0, -1)")]),
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
    "f in place of its slope, start states of zero": (
        {"3.8"},
        [("else h_0", "else 0 * h_0"), ("else c_0", "else 0 * c_0"), ("s.f * (1 - s.f)", "s.f")],
    ),
    "a sum kept between calls": (
        {""},
        [("h_0, c_0, dh):", "h_0, c_0, dh, kept={}):"),
         ("np.zeros_like(weights.b)", "kept.setdefault(len(weights.b), np.zeros_like(weights.b))"),
         ("db = db + ", "db += ")],
    ),
    "dropout": ({""}, [("d_h = dh[t]", "d_h = np.random.binomial(1, 0.5, dh[t].shape) * dh[t]")]),
    "carry of c through f_{t+2}": ({"3.5"}, [("d_c * s.f\n", "d_c * steps[min(t + 1, len(x) - 1)].f\n")]),
    "carry of c through f_T": ({"3.5"}, [("carry_c = d_c * s.f", "carry_c = d_c * steps[-1].f")]),
    "carry of c through 1 - i": ({"3.5"}, [("carry_c = d_c * s.f", "carry_c = d_c * (1 - s.i)")]),
    "carry of c through f²": ({"3.5"}, [("carry_c = d_c * s.f", "carry_c = d_c * s.f**2")]),
    "the last three steps": ({"3.14"}, [("range(len(x) - 1, -1, -1)", "range(len(x) - 1, max(len(x) - 4, -1), -1)")]),
    "the last step": ({"3.14"}, [("range(len(x) - 1, -1, -1)", "range(len(x) - 1, len(x) - 2, -1)")]),
    "W_xf and b_i twice": (
        {"3.10", "3.11"},
        [("d_z.T @ x[t]", "np.hstack([d_i, 2 * d_f, d_g, d_o]).T @ x[t]"),
         ("d_z.sum(axis=0)", "np.hstack([2 * d_i, d_f, d_g, d_o]).sum(axis=0)")],
    ),
    "δc never assigned": ({"3.5"}, [("d_h * s.o * (1 - s.m**2) + carry_c", "0 * d_h")]),
    "carries that begin at one": (
        {"3.4", "3.5"},
        [("= np.zeros_like(h_0), np.zeros_like(c_0)", "= 1 + 0 * h_0, 1 + 0 * c_0")],
    ),
    "steps[-1] at the first step": ({"3.8", "3.14"}, [(".h if t else h_0", ".h"), (".c if t else c_0", ".c")]),
    "c_T for c_{t-1}": ({"3.8"}, [("d_c * c_prev", "d_c * steps[-1].c")]),
    "b_i and b_o copied from b_f": ({"3.10", "3.13"}, [("d_z.sum(axis=0)", "np.hstack([d_f, d_f, d_g, d_f]).sum(0)")]),
    "W_xg and b_g from δc": (
        {"3.12"},
        [("d_z.T @ x[t]", "np.hstack([d_i, d_f, d_c, d_o]).T @ x[t]"),
         ("d_z.sum(axis=0)", "np.hstack([d_i, d_f, d_c, d_o]).sum(axis=0)")],
    ),
    "a third along the cell": ({"3.5"}, [("carry_c = d_c * s.f", "carry_c = d_c * s.f / 3")]),
    "a third of ∂⁺L": ({"3.4"}, [("d_h = dh[t]", "d_h = dh[t] / 3")]),
    "δĩ in a batch": ({"3.7"}, [("d_i = d_c", "d_i = np.arange(1, len(d_c) + 1)[:, None] * d_c")]),
    "all negated": ({"3.4"}, [("d_h = dh[t] + carry_h", "d_h = -dh[t] + carry_h")]),
    "two in one equation": ({"3.8"}, [("d_c * c_prev * s.f * (1 - s.f)", "d_c * s.c * s.f")]),
}  # fmt: skip
NO_CAUSE = {
    "slope on one of two terms",
    "δĩ in a batch",
    "δc of no table",
    "δc of no table, and i",
    "dropout",
    "clipped",
    "clipped, and i",
    "a sum kept between calls",
}  # where it begins is told


@pytest.mark.parametrize("name", sample(MISTAKES))
def test_a_mistake_is_named_by_its_equation_and_gives_the_numbers(name):
    equations, changes = MISTAKES[name]
    found = diagnose(planted(backward, *changes))
    assert not found.right and found.exact == (name not in NO_CAUSE), found
    assert {finding.equation for finding in found.findings} == equations, found


def test_the_reference_is_right():
    case = draw_case(4, 2, 3, 5, seed=4)
    right = lstm_backward(lstm_forward(case.x, case.weights, case.h_0, case.c_0), case.weights, case.dh)
    names = {"W_x": "W_x", "W_h": "W_h", "b": "b", "x": "x", "h_0": "h0", "c_0": "c0", "z": "pre"}
    answer, on_the_way = simulate(case), walk(case)
    assert all(close(answer[name], getattr(right, theirs), 1e-12) for name, theirs in names.items())
    assert close(on_the_way["delta_h"], right.h, 1e-12) and close(on_the_way["delta_c"], right.c, 1e-12)


def student(*changes):
    """What the reference makes of these Changes, as a backward pass."""

    def function(x, steps, weights, h_0, c_0, dh):
        answer = simulate(Case(x, tuple(steps), weights, h_0, c_0, dh), altered(changes))
        return {name: answer[name] for name in ("W_x", "W_h", "b", "x", "h_0", "c_0")}

    return function


def equations(changes):
    return {equation for change in changes for equation in change.equation.split()}


@pytest.mark.parametrize(
    "change", sample([change for change in STEPS + WIDE + SUMS if change.words]), ids=lambda c: c.words
)
def test_every_line_of_the_tables_is_found(change):
    found = diagnose(student(change))
    assert found.exact and {finding.equation for finding in found.findings} == equations([change]), found


def test_a_change_that_the_numbers_do_not_need_is_not_told():
    needed, needless = factor("i_slope", "s.i"), Change("3.5", "none", (("carried_c", "1 * {}"),))
    case = draw_case(3, 2, 3, 2, seed=0)
    fresh = [(case, simulate(case, altered([needed])))]
    assert without_needless([needless, needed], fresh, 1e-9) == [needed]


FLOWS_OUT = [(name, code) for name, codes in OUT.items() for code, words in codes.items() if words]


@pytest.mark.parametrize(("name", "code"), sample(FLOWS_OUT))
def test_what_flows_out_wrongly_is_found_beside_another_mistake(name, code):
    slope = factor("i_slope", "s.i")
    found = diagnose(student(slope, Change("3.15", "", ((name, code.replace("{}", f"({RIGHT[name]})")),))))
    assert found.exact and {f.equation for f in found.findings} == {"3.7", "3.15" if name == "x" else "3.16"}, found


FACTORS = [part for part in RIGHT if part.endswith(("_partner", "_slope", "cell_factor"))]


@pytest.mark.parametrize("seed", sample(range(40)))
def test_three_factors_of_the_pool_are_found_together(seed):
    draw = np.random.default_rng(seed)
    parts, codes = draw.choice(FACTORS, 3, replace=False), draw.choice([a for a in ATOMS if "1 /" not in a], 3)
    wanted = [factor(str(part), str(code)) for part, code in zip(parts, codes)]
    found = diagnose(student(*wanted))
    assert found.exact and {f.equation for f in found.findings} == equations(wanted), found


@pytest.mark.parametrize("name", GALLERY)
def test_the_gallery_is_found(name):
    found = diagnose(planted(backward, (GALLERY[name].right, GALLERY[name].wrong)))
    assert found.exact and [f.equation for f in found.findings] == [GALLERY[name].equation], found


@pytest.mark.parametrize("names", [["W_x"], ["W_h", "b"], ["b"], ["x"], ["W_x", "W_h", "b", "x", "h_0", "c_0", "z"]])
def test_some_of_the_gradients_are_enough(names):
    have = {"W_x": "dW_x", "W_h": "dW_h", "b": "db", "x": "dx", "h_0": "carry_h", "c_0": "carry_c", "z": "z"}
    returned = "{" + ", ".join(f'"{name}": {have[name]}' for name in names) + "}"
    changes = ("s.i * (1 - s.i)", "s.i"), ("carry_c = d_c * s.f", "carry_c = d_c * s.o")
    assert {f.equation for f in diagnose(planted(backward, *changes, (RETURNED, returned))).findings} == {"3.5", "3.7"}


def test_start_states_that_are_never_looked_at_are_taken_as_zero():
    found = diagnose(planted(backward, ("else h_0", "else 0 * h_0"), ("else c_0", "else 0 * c_0")))
    assert found.right and "start states of zero" in found.remarks[0]


def test_float32_inside_is_remarked():
    found = diagnose(planted(backward, ("d_h = dh[t] + carry_h", "d_h = (dh[t] + carry_h).astype(np.float32)")))
    assert found.right and "float32" in found.remarks[0]


def test_which_gradients_were_looked_at_is_said():
    assert diagnose(planted(backward, (RETURNED, '{"b": db}'))).summary.endswith(": b")


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
        (lambda *arguments: {"W_x": [[1], [2, 3]]}, "a list of parts"),
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
    assert ">(3.7) δ" in found._repr_html_() and str(found).startswith("(3.7) ")


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
    assert all(" ".join(words.replace("\u0303", "~").split()) in shown for words in below)
