"""Faulty backward passes: pieces of a right one replaced, each with the equations that are wrong; and broken ones.

A row: the right function, the equations, a name, (right, wrong), ... The equations, with notebook 03's numbers, are
written "3.5 3.8"; "3.4 (3.16)" where 3.16 may be named or not (a wrong carry is often what is returned for h_0 or c_0
too, and one line is both); " | " stands between alternatives. (3.14) may be named by the four of its gates.
"""

import numpy as np
import torch

from lstm_helpers import LSTMWeights, lstm_step, sigmoid  # noqa: F401  # a fault uses sigmoid


def forward(x, weights, h, c):
    """The steps that a backward pass is given."""
    steps = []
    for x_t in x:
        steps.append(lstm_step(x_t, h, c, weights))
        h, c = steps[-1].h, steps[-1].c
    return steps


def backward(x, steps, weights, h_0, c_0, dh):
    """The pass of notebook 03, which is right. It answers with all there is."""
    dW_x = dW_h = db = carry_h = carry_c = 0
    z = [0] * len(x)
    for t in reversed(range(len(x))):
        s = steps[t]
        h_prev, c_prev = (steps[t - 1].h, steps[t - 1].c) if t > 0 else (h_0, c_0)
        d_h = dh[t] + carry_h
        d_c = d_h * s.o * (1 - s.m**2) + carry_c
        d_o = d_h * s.m * s.o * (1 - s.o)
        d_i = d_c * s.g * s.i * (1 - s.i)
        d_f = d_c * c_prev * s.f * (1 - s.f)
        d_g = d_c * s.i * (1 - s.g**2)
        d_z = z[t] = np.hstack([d_i, d_f, d_g, d_o])
        dW_x, dW_h, db = dW_x + d_z.T @ x[t], dW_h + d_z.T @ h_prev, db + d_z.sum(axis=0)
        carry_h = d_z @ weights.W_h
        carry_c = d_c * s.f
    z = np.stack(z)
    d_x = z @ weights.W_x
    return {"W_x": dW_x, "W_h": dW_h, "b": db, "x": d_x, "h_0": carry_h, "c_0": carry_c, "z": z}


# The forms: how a pass answers, or is asked.


def only(*names):
    def form(backward, *arguments):
        answer = backward(*arguments)
        return {name: answer[name] for name in names}

    form.__name__ = "only " + " ".join(names)
    return form


without_z, as_notebook = only("W_x", "W_h", "b", "x", "h_0", "c_0"), only("W_x", "W_h", "b", "h_0", "c_0")
parameters, only_W_x, W_h_and_b = only("W_x", "W_h", "b"), only("W_x"), only("W_h", "b")
b_and_x, b_and_c_0 = only("b", "x"), only("b", "c_0")


def lists(backward, *arguments):
    return {name: array.tolist() for name, array in backward(*arguments).items()}


def tensors(backward, *arguments):
    return {name: torch.tensor(array.copy()) for name, array in backward(*arguments).items()}


def in_float32(backward, x, steps, weights, *others):
    steps = [type(s)(*map(np.float32, s)) for s in steps]
    weights = LSTMWeights(*map(np.float32, (weights.W_x, weights.W_h, weights.b)))
    return backward(np.float32(x), steps, weights, *map(np.float32, others))


def in_place(backward, *arguments, kept={}):  # noqa: B006  # what it answered before is written over
    answer = backward(*arguments)
    for name, array in answer.items():
        answer[name] = kept.setdefault((name, array.shape), array.copy())
        answer[name][...] = array
    return answer


def on_its_own_steps(backward, x, steps, weights, h_0, c_0, dh):
    return backward(x, forward(x, weights, h_0, c_0), weights, h_0, c_0, dh)


def by_sequence(backward, x, steps, weights, h_0, c_0, dh):
    total = {"W_x": 0, "W_h": 0, "b": 0}
    for n in range(len(h_0)):
        own = [type(s)(*(array[[n]] for array in s)) for s in steps]
        answer = backward(x[:, [n]], own, weights, h_0[[n]], c_0[[n]], dh[:, [n]])
        total = {name: total[name] + answer[name] for name in total}
    return total


def by_step(backward, *arguments):
    """The sum over one call for each step's part of dh."""
    *others, dh = arguments
    parts = [dh * (np.arange(len(dh)) == t)[:, None, None] for t in range(len(dh))]
    answers = [backward(*others, part) for part in parts]
    return {name: sum(answer[name] for answer in answers) for name in answers[0]}


# What faults replace, or put there.
CARRY = "d_z @ weights.W_h"
MEMORY_AFTER, HIDDEN_AFTER = ("d_c * c_prev", "d_c * s.c"), ("d_z.T @ h_prev", "d_z.T @ s.h")
NO_SLOPE_I, NO_SLOPE_F, NO_SLOPE_O = ((f" * s.{k} * (1 - s.{k})", "") for k in "ifo")
NO_SLOPE_M, NO_CARRY_C = (" * (1 - s.m**2)", ""), (" + carry_c", "")
C_FOR_M = ("d_h * s.m", "d_h * s.c")
END_C = ('"c_0": carry_c', '"c_0": d_c')
TRANSPOSED = (CARRY, "d_z @ np.vstack([block.T for block in np.split(weights.W_h, 4)])")
H_BEFORE = "[h_0, *(s.h for s in steps[:-1])]"
CUT = ("s = steps[t]\n", "s = steps[t]\n        if (len(x) - t) % 3 == 1:\n            carry_h = carry_c = 0\n")

# fmt: off
FAULTS = [
    # One mistake
    (backward, "3.4", "no carry of h", ("dh[t] + carry_h", "dh[t]")),
    (without_z, "3.5", "f_t for f_{t+1}", ("d_c * s.f", "d_c * steps[max(t - 1, 0)].f")),
    (as_notebook, "3.5", "slope of tanh on the carry too", ("d_h * s.o * (1 - s.m**2) + carry_c",
     "(d_h * s.o + carry_c) * (1 - s.m**2)")),
    (parameters, "3.6", "o squashed twice", ("s.o * (1 - s.o)", "sigmoid(s.o) * (1 - sigmoid(s.o))")),
    (only_W_x, "3.4 (3.16)", "no arrow through f", (CARRY, "np.hstack([d_i, 0 * d_f, d_g, d_o]) @ weights.W_h")),
    (W_h_and_b, "3.4 (3.16)", "blocks of W_h transposed", TRANSPOSED),
    (b_and_x, "3.4", "dh of the step before", ("dh[t]", "dh[t - 1]")),
    (b_and_c_0, "3.4 (3.16)", "carry of h never reset", (CARRY, "carry_h + d_z @ weights.W_h")),
    (lists, "3.5", "dh_t for delta h_t", ("d_c = d_h", "d_c = dh[t]")),
    (tensors, "3.5", "1 - m", ("s.m**2", "s.m")),
    (in_float32, "3.5", "1 - c^2", ("s.m**2", "s.c**2")),
    (in_place, "3.5 (3.16)", "carry of c without f", ("d_c * s.f", "d_c")),
    (on_its_own_steps, "3.6", "c_t for m_t at o", C_FOR_M),
    (by_sequence, "3.6", "delta c_t for delta h_t at o", ("d_o = d_h", "d_o = d_c")),
    (by_step, "3.7", "1 - i^2", ("(1 - s.i)", "(1 - s.i**2)")),
    (backward, "3.7", "c_{t-1} for g_t at i", ("d_c * s.g", "d_c * c_prev")),
    (without_z, "3.8", "c_t for c_{t-1}", MEMORY_AFTER),
    (W_h_and_b, "3.8", "h_{t-1} for c_{t-1}", ("d_c * c_prev", "d_c * h_prev")),
    (parameters, "3.8", "c_T for c_0", ("d_c * c_prev", "d_c * steps[t - 1].c")),
    (only_W_x, "3.9", "sigmoid's slope at g", ("(1 - s.g**2)", "s.g * (1 - s.g)")),
    (W_h_and_b, "3.9", "no i_t at g", ("d_c * s.i * (1 - s.g**2)", "d_c * (1 - s.g**2)")),
    (lists, "3.14", "h_t for h_{t-1}", HIDDEN_AFTER),
    (b_and_x, "3.14", "mean over sequences",
     ("d_x =", "dW_x, dW_h, db = (d / len(h_0) for d in (dW_x, dW_h, db))\n    d_x =")),
    (b_and_c_0, "3.14", "bias of step 1", ("db + d_z", "d_z")),
    (tensors, "3.11 | 3.14", "bias of f copied from i", ("db + d_z", "db + np.hstack([d_i, d_i, d_g, d_o])")),
    (in_float32, "3.14", "zero for h_0", ("d_z.T @ h_prev", "d_z.T @ (h_prev * (t > 0))")),
    (in_place, "3.14", "deltas of step 1 at all steps",
     ("d_x =", f"dW_x, dW_h, db = d_z.T @ sum(x), d_z.T @ sum({H_BEFORE}), len(x) * d_z.sum(axis=0)\n    d_x =")),
    (on_its_own_steps, "3.15", "x in the loop's order", ("d_x = z", "d_x = z[::-1]")),
    (by_step, "3.15", "x added up", ("z @ weights.W_x", "np.cumsum(z[::-1] @ weights.W_x, axis=0)[::-1]")),
    (backward, "3.16", "delta h_1 for delta h_0", ('"h_0": carry_h', '"h_0": d_h')),
    (without_z, "3.16", "delta c_1 for delta c_0", END_C),
    (as_notebook, "3.16", "h_0 and c_0 exchanged", ('carry_h, "c_0": carry_c', 'carry_c, "c_0": carry_h')),
    # Where the rows are used, or whose rows they are, or where they are put side by side.
    (as_notebook, "3.4 3.14 3.16 | 3.7 3.8 | 3.14", "rows f, i, g, o", ("d_i, d_f,", "d_f, d_i,")),
    (by_sequence, "3.4 (3.16)", "blocks g and o exchanged", (CARRY, "np.hstack([d_i, d_f, d_o, d_g]) @ weights.W_h")),
    (parameters, "3.14", "reshaped, not transposed",
     ("d_x =", f"dW_x, dW_h = (z.reshape(len(db), -1) @ np.vstack(rows) for rows in (x, {H_BEFORE}))\n    d_x =")),
    (only_W_x, "3.8", "c_0 for c_{t-1}", ("d_c * c_prev", "d_c * c_0")),
    (W_h_and_b, "3.5 (3.16)", "carry of c averaged", ("d_c * s.f", "(d_c * s.f).mean(axis=0) + 0 * d_c")),
    (b_and_x, "3.4 (3.16)", "carry of h summed over sequences", (CARRY, "d_z.sum(axis=0) @ weights.W_h + 0 * d_h")),
    # Two
    (b_and_c_0, "3.5 3.6", "h = o c", NO_SLOPE_M, C_FOR_M),
    (lists, "3.4 3.5", "carries cut every third step", CUT),
    (tensors, "3.4 3.5 (3.16)", "forwards in time", ("reversed(range(len(x)))", "range(len(x))")),
    (in_float32, "3.7 3.8", "slopes of i and f exchanged", ("s.g * s.i * (1 - s.i)", "s.g * s.f * (1 - s.f)"),
     ("c_prev * s.f * (1 - s.f)", "c_prev * s.i * (1 - s.i)")),
    (in_place, "3.8 3.14", "both states after the step", MEMORY_AFTER, HIDDEN_AFTER),
    (on_its_own_steps, "3.5 3.6", "no slope at o, no carry of c", NO_SLOPE_O, NO_CARRY_C),
    (by_sequence, "3.9 3.14", "slope at g~, bias twice", ("s.g**2", "s.g_pre**2"), ("db + d_z", "db + 2 * d_z")),
    (by_step, "3.4 3.15 (3.16)", "carry of h subtracted, x of the last step", (CARRY, "-d_z @ weights.W_h"),
     ("d_x = z", "d_x = (z.T * (np.arange(len(x)) == len(x) - 1)).T")),
    (without_z, "3.14 3.16", "mean over steps, no h_0",
     ("d_x =", "dW_x, dW_h, db = (d / len(x) for d in (dW_x, dW_h, db))\n    d_x ="),
     ('"h_0": carry_h', '"h_0": 0 * carry_h')),
    (parameters, "3.7 3.9", "no slope at i, g^2 - 1", NO_SLOPE_I, ("(1 - s.g**2)", "(s.g**2 - 1)")),
    (b_and_x, "3.5 3.15", "no o in delta c, x through other rows", ("d_c = d_h * s.o", "d_c = d_h"),
     ("z @ weights.W_x", "z @ np.vstack([np.split(weights.W_x, 4)[k] for k in (1, 0, 2, 3)])")),
    (only_W_x, "3.4 3.8", "dh_T alone, no 1 - f", ("dh[t]", "dh[t] * (t == len(x) - 1)"), (" * (1 - s.f)", "")),
    # Three, and four
    (as_notebook, "3.7 3.8 3.9 | 3.5 (3.16)", "carry of c multiplied in place",
     ("+ carry_c\n", "+ carry_c\n        d_c = d_c * s.f\n"), ("carry_c = d_c * s.f", "carry_c = d_c")),
    (b_and_c_0, "3.6 3.7 3.8", "no slope at i, f, o", NO_SLOPE_I, NO_SLOPE_F, NO_SLOPE_O),
    (lists, "3.5 3.8 3.14", "1 - |m|, both states after", ("s.m**2", "abs(s.m)"), MEMORY_AFTER, HIDDEN_AFTER),
    (tensors, "3.4 3.9 3.14 (3.16)", "transposed, no slope at g, bias a mean",
     TRANSPOSED, (" * (1 - s.g**2)", ""), ("d_z.sum(axis=0)", "d_z.mean(axis=0)")),
    (in_float32, "3.4 3.5 3.15 (3.16)", "dh_T twice, carry of c through i, x in the loop's order",
     ("dh[t]", "dh[t] * (1 + (t == len(x) - 1))"), ("d_c * s.f", "d_c * s.i"), ("d_x = z", "d_x = z[::-1]")),
    (in_place, "3.6 3.8 3.12 | 3.6 3.8 3.14", "g_t at o, tanh c_{t-1} at f, W_hg transposed",
     ("d_h * s.m", "d_h * s.g"), ("d_c * c_prev", "d_c * np.tanh(c_prev)"),
     ("d_z.T @ h_prev", "np.vstack([d_i.T @ h_prev, d_f.T @ h_prev, h_prev.T @ d_g, d_o.T @ h_prev])")),
    (on_its_own_steps, "3.4 3.7 3.16", "no arrow through o, m_t at i, delta c_1 for delta c_0",
     (CARRY, "np.hstack([d_i, d_f, d_g, 0 * d_o]) @ weights.W_h"), ("d_c * s.g", "d_c * s.m"), END_C),
    (by_sequence, "3.5 3.6 3.14", "sign at o, carry of c doubled, x_{t-1}", ("(1 - s.o)", "(s.o - 1)"),
     ("d_c * s.f", "d_c * s.f * (1 + (t > 0))"), ("d_z.T @ x[t]", "d_z.T @ (x[t - 1] * (t > 0))")),
    (by_step, "3.5 3.9 3.14", "no carry of c, slope of i at g, bias of the last sequence",
     NO_CARRY_C, ("(1 - s.g**2)", "s.i * (1 - s.i)"), ("d_z.sum(axis=0)", "d_z[-1]")),
    (backward, "3.6 3.9 3.15", "m_{t-1} at o, (1 - g)^2, x without g", ("d_h * s.m", "d_h * np.tanh(c_prev)"),
     ("(1 - s.g**2)", "(1 - s.g) ** 2"), ("z @ weights.W_x", "(z * np.repeat([1, 1, 0, 1], weights.H)) @ weights.W_x")),
    (without_z, "3.5 3.6 3.8 3.14", "a first attempt",
     NO_SLOPE_M, ("d_h * s.m", "d_h * s.h"), MEMORY_AFTER, ("dW_x + d_z", "dW_x - d_z")),
]
# fmt: on
FORMS = {row[0] for row in FAULTS} - {backward}

# Those that break, with words that a report must contain. All but what these say is right.


def has_a_line_of_its_own(x, steps, weights, h_0, c_0, dh):
    return {"h_0": dh[0] @ weights.W_h}


BROKEN = [
    (has_a_line_of_its_own, "", "dh[0] @ weights.W_h"),
    (backward, "", "ValueError", (CARRY, "d_z @ weights.W_h.T")),
    (backward, "", "c_prev", ("s.m**2", "s.c_prev**2")),
    (backward, "", "argument", ("h_0, c_0, dh):", "dh):")),
    (backward, "", "W_x", ('"W_x": dW_x', '"W_x": dW_x.T')),
    (backward, "", "(1, ", ('"b": db', '"b": db[None]')),
    (backward, "", "dh", ("d_h = dh[t] + carry_h", "d_h = dh[t]\n        d_h += carry_h")),
    (backward, "", "steps", ("carry_c = d_c * s.f", "carry_c = d_c * s.f\n        s.i[...] *= 1 - s.i")),
    (backward, "", "None", ("return {", "{")),
    (backward, "", "tuple", ("return {", "return dW_x, {")),
    (backward, "", "dW_x", ('"W_x": dW_x', '"dW_x": dW_x')),
    (backward, "", "nan", ("db + d_z", "np.nan * d_z")),
]
