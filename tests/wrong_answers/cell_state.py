from functools import partial

import numpy as np

from lstm_helpers import gradient_flow
from lstm_helpers.gradient_flow import cell_gradient as exact
from wrong_answers import changed

THROUGH = {gate: ["L", "h3", "m3", "c3", f"{gate}3", f"{gate}~3", "h2", "o2", "o~2"] for gate in "fig"}
LAST = ["L", "h3", "o3", "o~3", "h2", "o2", "o~2"]
PATHS = [*THROUGH.values(), LAST]


def without(path, node):
    return [n for n in path if n != node]


WAY_ROUND = """
def answer(trace, weights, k, dh_last):
    c, f, o, m = (getattr(trace, name)[:, :, 0] for name in "cfom")
    W_ho = weights.gate("o")[1][0, 0]
    product = dh_last
    for t in range(len(o), k, -1):
        product = product * m[t - 1] * o[t - 1] * (1 - o[t - 1]) * W_ho
    before = c[k - 2] if k > 1 else trace.c0[:, 0]
    return product * o[k - 1] * (1 - m[k - 1] ** 2) * before * f[k - 1] * (1 - f[k - 1])
"""
TOTALS = """
def answer(trace, weights):
    product = np.eye(weights.H)
    for t in range(2, len(trace.h) + 1):
        product = sum(gradient_flow.cell_state_terms(trace, weights, t).values()) @ product
    return product
"""
GRADIENT = """
def answer(trace, weights, last, step):
    (N, H), identity = trace.c0.shape, np.eye(weights.H)
    tau = trace.o[step - 1] * (1 - trace.m[step - 1] ** 2)
    right = np.concatenate([tau[:, :, None] * identity, np.array([identity] * N)], axis=1)
    product = np.eye(2 * H)
    for J in gradient_flow.state_jacobians(trace, weights)[step:last]:
        product = J @ product
    return (product @ right)[:, H:]
"""
FAULT_A, FAULT_E = ("step - 1]", "step]"), ("J @ product", "product @ J")
COUPLED = """
def answer(s, before, W_h, p_f):
    _, W_hf, W_hg, _ = np.split(W_h, 4)
    by_f = (before.c - s.g) * s.f * (1 - s.f)
    by_g = (1 - s.f) * (1 - s.g**2)
    tau = before.o * (1 - before.m**2)
    straight = s.f + by_f * p_f
    by_h = by_f[:, :, None] * W_hf + by_g[:, :, None] * W_hg
    return straight[:, :, None] * np.eye(len(p_f)) + by_h * tau[:, None, :]
"""


def way_round(*changes, bound=4):
    return bound, changed(WAY_ROUND, *changes)


def totals(*changes, exact="ACEG"):
    return exact, changed(TOTALS, *changes)


def gradient(*changes, letters="AE"):
    return letters, changed(GRADIENT, *changes)


def coupled(*changes):
    return changed(COUPLED, *changes)


def borrowed(trace, weights, last, step):
    return exact(trace, weights, last, step)


def borrowed_row(trace, weights, step, last):
    return np.array([gradient_flow.cell_gradients(trace, weights, step, last)[-1] for _ in "1"])[0]


TERMS, STEPS = [0.0454, 0.0302, -0.0189], [7, 16]

WRONG = {
    "4.1": [
        (PATHS[:3], "h3 can be left in two ways"),
        ([LAST], "3 are missing"),
        ([*PATHS, LAST], "twice"),
        ([without(path, "m3") for path in PATHS], "between h3 and c3 there is another node"),
        ([without(path, "f~3") for path in PATHS], "between f3 and h2"),
        ([["L", "h3", "m3", "c3", "c2", "o2", "o~2"], *PATHS], "acts on h2 only"),
        ([["L", "h3", "m3", "c3", "o3", "o~3", "h2", "o2", "o~2"], *PATHS], "no arrow leads from o3 to c3"),
        ([path[:-1] for path in PATHS], "each path has to lead"),
        ([path[1:] for path in PATHS], "each path has to lead"),
        ([["L", "h3", "tanh", "c3"]], "'tanh' is no node"),
        (LAST, "this is a list of nodes"),
        (4, "stopped with TypeError"),
        ("L h3 o3", "a list of paths is wanted"),
    ],
    "4.2": [
        ([24, 34, 126], "A: this is the number without"),
        ([19, 34, 126], "A: only one step"),
        ([4, 34, 126], "A: that is L_2"),
        ([12, 34, 126], "A: one term of (4.10)"),
        ([16, 6, 126], "B: that is L_2"),
        ([16, 33, 126], "B: one path goes through both"),
        ([16, 28, 126], "B: step 2"),
        ([16, 34, 71], "C: each of the three steps"),
        ([16, 34, 32], "C: this output gate sees c_t of its own step"),
        ([16, 34, 34], "C: this is the number for B"),
        ([16, 34, 100], "C: from h_t"),
        ([16, 34], "3 numbers"),
    ],
    "4.3": [
        (way_round(bound=1), "the bound: |W_ho| = 1 is certainly"),
        (way_round(bound=0.25), "the bound: this is the largest value of o (1 - o)"),
        (way_round(("m[t - 1] * ", "")), "step 2 of 5: what was the output gate multiplied with"),
        (way_round(("c[k - 2] if k > 1 else trace.c0[:, 0]", "c[k - 1]")), "before the step, c_{k-1}"),
        (way_round((" if k > 1 else trace.c0[:, 0]", "")), "step 1 of 4: before step 1 stands c_0"),
        (way_round(("else trace.c0[:, 0]", "else 0")), "step 1 of 4: write the path"),
        (way_round((" * W_ho\n", "\n")), "leads a weight"),
        (way_round((" * W_ho\n", "\n"), ("product = dh_last", "product = dh_last * W_ho")), "a W_ho of its own"),
        (way_round(("range(len(o), k, -1)", "range(len(o), k - 1, -1)")), "at step k the path goes through m_k"),
        (way_round(("range(len(o), k, -1)", "range(len(o) - 1, k, -1)")), "the output gate of step T is missing"),
        (way_round(("product = dh_last", "product = 1")), "the first factor is missing"),
        (way_round(("(1 - o[t - 1])", "(1 - m[t - 1] ** 2)")), "write the path"),
        (way_round((" * (1 - f[k - 1])", "")), "write the path"),
        (way_round((" * f[k - 1] * (1 - f[k - 1])", "")), "missing at the forget gate"),
        (way_round(("return ", "return trace.h * ")), "the shape is"),
    ],
    "4.4": [
        (([0.18, 0.12, -0.075], 0.9, STEPS), "via f: tau_{t-1} is missing"),
        (([0.0454, 0.0378, -0.0189], 0.9, STEPS), "via i: the slope of the sigmoid is i (1 - i), not i"),
        (([0.0454, -0.0302, -0.0189], 0.9, STEPS), "via i: look at the sign"),
        (([0.0454, 0.06, -0.0189], 0.9, STEPS), "via i: what is this gate multiplied with"),
        (([0.0454, 0.05, -0.0189], 0.9, STEPS), "via i: tau has a second factor, o_{t-1}"),
        (([0.0454, 0.04, -0.0189], 0.9, STEPS), "via i: this is the third term"),
        (([0.0454, 0.0302, 0.0378], 0.9, STEPS), "via g: the recurrent weight"),
        (([0.0454, 0.0302, -0.0063], 0.9, STEPS), "via g: the candidate is a tanh"),
        (([0.0454, 0.0302, -0.0126], 0.9, STEPS), "via g: the slope of tanh is 1 - g^2"),
        (([0, 0, 0], 0.9, STEPS), "not 1 - c^2"),
        (([0.045, 0.03, -0.019], 0.9, STEPS), "nearly, but not to 4 digits after the point"),
        ((TERMS, 0.9567, STEPS), "at t = 1: h_0 is given"),
        ((TERMS, 0.9, [6, 16]), "steps with f alone: after that many"),
        ((TERMS, 0.9, [7, 15]), "steps with all four terms: after that many"),
        ((TERMS, 0.9, [7, 7]), "this is the number with f alone"),
        ((TERMS, 0.9, [16, 7]), "wrong order"),
        ((TERMS, 0.9, [5, 16]), "a tenth of what is there"),
        ((TERMS, 0.9, [7, 29]), "via g belongs to the sum"),
        ((TERMS, 0.9, [7, 17]), "with all digits"),
        ((0.0454, 0.9, STEPS), "a list of 3 numbers"),
    ],
    "4.5": [
        (totals(exact="ACG"), "E: how large is the slope"),
        (totals(exact="ACDEG"), "D: with one unit"),
        (totals(exact=["A", "B", "C", "E", "G"]), "B: a way round"),
        (totals(exact="ACEFG"), "F: the cell then"),
        (totals(exact="G"), "A: the ways round"),
        (totals(exact=""), "letters from A to G"),
        (totals(exact="XY"), "letters from A to G"),
        (totals(exact="A, C or G"), "letters from A to G"),
        (totals(("range(2,", "range(1,")), "the factor of t = 1 too"),
        (
            totals(("product = sum", "product = product @ sum"), (" @ product\n    return", "\n    return")),
            "newest factor",
        ),
        (totals(("sum(", "(lambda v: list(v)[0])(")), "only f_t"),
        (totals((") @ product", ") * product")), "each factor is the sum"),
        (totals(("len(trace.h) + 1", "len(trace.h)")), "the factor of t = T is missing"),
        (("ACEG", lambda trace, weights: gradient_flow.cell_gradient(trace, weights, len(trace.h), 1)), "the exact"),
        (("ACEG", 1), "a function is wanted"),
    ],
    "4.6": [
        (gradient(FAULT_A, FAULT_E), "still the numbers of the given code"),
        (gradient(FAULT_E), "line A is repaired, line E not yet"),
        (gradient(FAULT_A), "line E is repaired, line A not yet"),
        (gradient(("tau[:, :, None] * identity", "0 * tau[:, :, None] * identity")), "h_step is held fixed"),
        (gradient((" * (1 - trace.m[step - 1] ** 2)", "")), "also the slope of tanh"),
        (gradient(("[step:last]", "[step - 1 : last - 1]")), "line D was right"),
        (gradient(("[:, H:]", "[:, :H]")), "line F was right"),
        (gradient(("(product @ right)[:, H:]", "product")), "the shape is"),
        (gradient(letters="BE"), "line B is right"),
        (gradient(letters="AD"), "line D is right"),
        (gradient(letters="E"), "line E is one of the two"),
        (gradient(letters=["a"]), "line A is one of the two"),
        (gradient(letters="Z"), "letters from A to F"),
        (gradient(letters="A or E"), "letters from A to F"),
        (("AE", gradient_flow.cell_gradient), "the referee's"),
        (("AE", partial(gradient_flow.cell_gradient)), "the referee's"),
        (("AE", lambda *case: gradient_flow.cell_gradient(*case)), "the referee's"),
        (("lines A and E", lambda *case: borrowed(*case)), "the referee's"),
        (("AE", lambda trace, weights, last, step: [borrowed_row(trace, weights, step, last)][0]), "the referee's"),
    ],
    "4.7": [
        (coupled(("(before.c - s.g)", "before.c")), "with p_f = 0: f_t also decides"),
        (coupled(("(before.c - s.g)", "(before.c + s.g)")), "mind the sign"),
        (coupled((" + by_f * p_f", "")), "with a peephole: the peephole is not there yet"),
        (coupled(("by_f * p_f", "by_f * tau * p_f")), "with a peephole: the peephole sees c_{t-1} itself"),
        (coupled(("by_f * p_f", "before.c * s.f * (1 - s.f) * p_f")), "with a peephole: the peephole moves f_t"),
        (coupled(("before.o * (1 - before.m**2)", "s.o * (1 - s.m**2)")), "tau belongs to step t - 1"),
        (coupled((" * tau[:, None, :]", " * tau[:, :, None]")), "write c_t"),
        (coupled((" * tau[:, None, :]", "")), "tau is missing"),
        (coupled((" + by_h * tau[:, None, :]", "")), "through h_{t-1} are missing"),
        (coupled(("_, W_hf, W_hg, _", "W_hf, W_hg, _, _")), "not the rows of f and g"),
        (coupled(("_, W_hf, W_hg, _", "W_hf, _, W_hg, _")), "not the rows of f:"),
        (coupled(("by_g = (1 - s.f)", "by_g = s.f")), "multiplied with 1 - f_t"),
        (coupled(("* W_hf", "* W_hf.T"), ("* W_hg", "* W_hg.T")), "rows and columns of W_h"),
        (
            coupled(("return ", "return (lambda d: d.swapaxes(1, 2))("), ("tau[:, None, :]", "tau[:, None, :])")),
            "rows and columns",
        ),
        (
            coupled(
                ("(before.c - s.g)", "before.c"),
                ("_, W_hf", "W_hi, W_hf"),
                ("* W_hg\n", "* W_hg + (s.g * s.i * (1 - s.i))[:, :, None] * W_hi\n"),
            ),
            "this is the LSTM",
        ),
        (lambda s, before, W_h, p_f: s.f, "the shape is"),
    ],
}

RIGHT = {
    "4.4": [([0.04536, 0.03024, -0.0189], 0.9, STEPS)],
    "4.5": [totals(exact="A, C, E, G, not B"), totals(exact="(A) (C) (E) (G)")],
    "4.6": [gradient(letters="A and E, not D")],
}
