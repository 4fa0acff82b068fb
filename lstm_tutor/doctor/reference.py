"""One backward pass with replaceable parts: what a student's would give if its mistakes were these."""

from functools import cache
from itertools import product
from types import SimpleNamespace

import numpy as np

from lstm_helpers.lstm import sigmoid
from lstm_helpers.weights import GATES
from lstm_tutor.doctor.cases import sequence

# What each part is in notebook 03, as code. s: the step; p: what it found, p.c is c_{t-1}; w and pp:
# steps[t - 1] and steps[t - 2], at the beginning Python's last; n: the step after, or the last one; first, last: those
# of the sequence; through_h: the first term of δc_t.
RIGHT = {
    "order": "reversed(range(T))",
    "start_h": "0",
    "start_c": "0",
    "together": "True",  # all sequences at once
    "before_h": "h_0",
    "before_c": "c_0",
    "immediate": "dh[t]",  # (3.4)
    "carried_h": "carry_h",
    "of_cell": "d_h",  # (3.5)
    "cell_factor": "s.o",
    "cell_slope": "(1 - s.m**2)",
    "carried_c": "carry_c",
    "of_o": "d_h",  # (3.6)
    "o_partner": "s.m",
    "o_slope": "s.o * (1 - s.o)",
    "of_i": "d_c",  # (3.7)
    "i_partner": "s.g",
    "i_slope": "s.i * (1 - s.i)",
    "of_f": "d_c",  # (3.8)
    "f_partner": "p.c",
    "f_slope": "s.f * (1 - s.f)",
    "of_g": "d_c",  # (3.9)
    "g_partner": "s.i",
    "g_slope": "(1 - s.g**2)",
    "rows": "ifgo",  # (3.14)
    "next_h": "via('i', 'i') + via('f', 'f') + via('g', 'g') + via('o', 'o')",
    "next_c": "d_c * s.f",
    "x": "z @ W_x",  # (3.15)
    "h_0": "carry_h",  # (3.16)
    "c_0": "carry_c",
}
INPUTS = {"W_x": "x", "W_h": "h_before", "b": "one"}
RIGHT |= {
    f"{name} {gate}": f"add(z_{gate}, {INPUTS[name]})" for name, gate in product(INPUTS, GATES)
}  # (3.10) to (3.13)

LINES = {
    "d_h": "{immediate} + {carried_h}",
    "through_h": "{of_cell} * {cell_factor} * {cell_slope}",
    "d_c": "through_h + {carried_c}",
    **{k: f"{{of_{k}}} * {{{k}_partner}} * {{{k}_slope}}" for k in GATES},
}


@cache
def compiled(code):
    return compile(code, "a part of the reference", "eval")


def altered(changes):
    """RIGHT with the parts of these changes; {} in a new part stands for what was there."""
    parts = dict(RIGHT)
    for change in changes:
        for slot, code in change.parts:
            parts[slot] = code.replace("{}", f"({parts[slot]})")
    return parts


def known_steps(case):
    """What the steps have recorded, s.i, s.c ..., T of them."""
    return [SimpleNamespace(**step._asdict()) for step in case.steps]


def before(known, t, h, c):
    """p of row t: what the step found. h, c: what stands for it at the first step."""
    return known[t - 1] if t else SimpleNamespace(**vars(known[-1]) | {"h": h, "c": c, "m": np.tanh(c)})


def around(known, t, h, c):
    """The names by which parts speak of the steps around row t."""
    p, n = before(known, t, h, c), known[min(t + 1, len(known) - 1)]
    return {"t": t, "s": known[t], "p": p, "pp": known[(t - 2) % len(known)], "w": known[t - 1], "n": n}


def simulate(case, parts=RIGHT):
    """The answer of a backward pass with these parts: {name: array} of W_x, W_h, b, x, h_0, c_0, z."""
    names = walk_all(case, parts)
    answer = {name: np.concatenate([evaluate(parts[f"{name} {k}"], names) for k in GATES]) for name in INPUTS}
    answer["b"] = answer["b"][:, 0]
    answer |= {name: evaluate(parts[name], names) + 0 * case.h_0 for name in ("h_0", "c_0")}
    return answer | {"x": evaluate(parts["x"], names) + 0 * case.x, "z": names["z"]}


def walk_all(case, parts):
    return walk(case, parts) if parts["together"] == "True" else one_after_another(case, parts)


def evaluate(code, names):
    return eval(compiled(code), names)


def walk(case, parts=RIGHT, left=(0, 0)):
    """The loop over the steps -> every name by which what comes after it may speak. left: what the carries begin with,
    where a part asks for that."""
    T, N, H = case.dh.shape
    W_h = dict(zip(GATES, np.split(case.weights.W_h, 4, axis=-2)))
    known, zero = known_steps(case), np.zeros((N, H))
    names = {"np": np, "sigmoid": sigmoid, "T": T, "N": N, "H": H, "dh": case.dh, "h_0": case.h_0, "c_0": case.c_0}
    names |= {"steps": known, "first": known[0], "last": known[-1], "W_h": W_h, "left_h": left[0], "left_c": left[1]}
    names |= {f"carry_{k}": evaluate(parts[f"start_{k}"], names) + zero for k in "hc"}
    first = [evaluate(parts[f"before_{k}"], names) + zero for k in "hc"]
    z, d_h, d_c = np.zeros((4, T, N, H)), np.zeros((T, N, H)), np.zeros((T, N, H))
    for t in evaluate(parts["order"], names):
        names |= around(known, t, *first)
        for slot in ("d_h", "through_h", "d_c"):
            names[slot] = evaluate(LINES[slot].format(**parts), names)
        d_h[t], d_c[t] = names["d_h"], names["d_c"]
        delta = {k: evaluate(LINES[k].format(**parts), names) for k in GATES}
        for row, k in enumerate(parts["rows"]):
            z[row, t] = delta[k]
        names["via"] = lambda j, k, turned=False, t=t: through(z[GATES.index(j), t], W_h[k], turned)
        carries = [evaluate(parts[f"next_{k}"], names) + zero for k in "hc"]
        names["carry_h"], names["carry_c"] = carries
    return names | sums_names(case, z, d_h, d_c, *first)


def one_after_another(case, parts):
    """As `walk`, sequence by sequence, each beginning with what the one before has left in the carries."""
    walks, left = [], (0, 0)
    for n in range(case.dh.shape[1]):
        walks.append(walk(sequence(case, n), parts, left))
        left = walks[-1]["carry_h"], walks[-1]["carry_c"]
    z, d_h, d_c = (np.concatenate([names[key] for names in walks], axis=-2) for key in ("blocks", "delta_h", "delta_c"))
    ends = {key: np.concatenate([names[key] for names in walks]) for key in ("carry_h", "carry_c", "d_h", "d_c")}
    return walks[-1] | {"N": len(walks)} | ends | sums_names(case, z, d_h, d_c, case.h_0, case.c_0)


def sums_names(case, z, d_h, d_c, first_h, first_c):
    """The names by which the parts after the loop speak. z: the deltas of four gates, (T, N, H) each."""
    names = {f"z_{k}": deltas for k, deltas in zip(GATES, z)} | {"z": np.concatenate([*z], axis=-1), "blocks": z}
    names |= {"delta_h": d_h, "delta_c": d_c, "add": add, "np": np}
    if hasattr(case.weights, "W_x"):
        names |= {"W_x": case.weights.W_x, "W": dict(zip(GATES, np.split(case.weights.W_x, 4)))}
    return names | inputs_of(case, first_h, first_c)


def inputs_of(case, first_h, first_c):
    """What the deltas may be multiplied with in the parameters' sums, each (T, N, ·)."""
    h, c = (np.stack([getattr(step, name) for step in case.steps]) for name in "hc")
    h_before, c_before = np.concatenate([first_h[None], h[:-1]]), np.concatenate([first_c[None], c[:-1]])
    one = np.ones((*case.dh.shape[:2], 1))
    return {"x": case.x, "h": h, "c": c, "h_before": h_before, "c_before": c_before, "one": one}


def through(delta, W, turned):
    """One gate's delta, back through its W_h; turned: through its transpose."""
    if W.ndim == 3:
        return np.einsum("nk,nkh->nh", delta, W)
    return delta @ (W.T if turned else W)


def add(deltas, inputs):
    """(T, N, H) and (T, N, ·) -> the sum over steps and sequences, (H, ·)."""
    return np.einsum("tnk,tni->ki", deltas, inputs)
