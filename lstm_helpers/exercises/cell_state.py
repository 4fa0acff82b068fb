"""Judges of the exercises to notebook 04."""

import re
from itertools import pairwise
from types import CodeType, FunctionType

import numpy as np

from lstm_helpers.exercises.judges import ask, compare, compare_each, filled, judge, letters, numbers
from lstm_helpers.gradient_flow import (
    cell_gradient,
    cell_gradients,
    cell_state_terms,
    gradient_paths,
    path_gradient,
    predecessors,
    state_jacobians,
)
from lstm_helpers.lstm import lstm_backward, lstm_forward, lstm_step, sigmoid
from lstm_helpers.weights import LSTMWeights


def a_case(T, N, I, H, seed):
    """The trace of a random LSTM with its weights: inputs, states and weights of N(0, 1)."""
    draw = np.random.default_rng(seed)
    weights = LSTMWeights(draw.normal(size=(4 * H, I)), draw.normal(size=(4 * H, H)), draw.normal(size=4 * H))
    x, h_0, c_0 = draw.normal(size=(T, N, I)), draw.normal(size=(N, H)), draw.normal(size=(N, H))
    return lstm_forward(x, weights, h_0, c_0), weights


def diagonal(entries):
    return entries[..., None] * np.eye(entries.shape[-1])


# --- 4.1 ---


@judge("4.1")
def paths_to_the_output_gate(answer):
    if isinstance(answer, str) or not all(hasattr(path, "__iter__") for path in answer):
        raise TypeError("a list of paths is wanted")
    paths = [nodes(path) for path in answer]
    if paths and all(len(path) == 1 for path in paths):
        return 'this is a list of nodes; a list of paths is wanted, and each of them is a list from "L" to "o~2"'
    for path in paths:
        hint = no_path(path)
        if hint:
            return hint
    missing = set(gradient_paths(3, 2, "o")) - set(paths)
    if not missing:
        return "one path is there twice" if len(paths) > len(set(paths)) else None
    if any("o3" in path for path in missing) and len(missing) == 1:
        return "one path is still missing: h3 can be left in two ways"
    return f"of the four paths, {len(missing)} are missing: go back from c3 in every way that leads to h2"


def nodes(path):
    """A path as a tuple of names from L backwards, also where it was written the other way round or as one string."""
    path = re.split(r"[\s,>→-]+", path.strip()) if isinstance(path, str) else path
    path = tuple("L" if str(node) in ("L3", "L_3") else str(node).replace("_", "") for node in path)
    return path[::-1] if path and path[-1] == "L" else path


def no_path(path):
    """A hint where these nodes are no path from L to o~2."""
    for node in path:
        if not re.fullmatch(r"L|([hmcifgo]|[ifgo]~)[1-3]", node):
            return f"{node!r} is no node: the names are L, h3, m3, c3, f3 and so on, and f~3 for a pre-activation"
    for end, start in pairwise(path):
        before = ["h3"] if end == "L" else [] if start == "L" else predecessors(end, 1)
        if start in before:
            continue
        if (end, start) in (("c2", "o2"), ("c2", "h2"), ("c2", "m2")):
            return f"no arrow leads from {start} to c2: the output gate of step 2 acts on h2 only"
        between = [node for node in before if start in predecessors(node, 1)]
        if between:
            return f"between {end} and {start} there is another node"
        return f"no arrow leads from {start} to {end}"
    if not path or path[0] != "L" or path[-1] != "o~2":
        return 'each path has to lead from "L" to "o~2", with both of them in its list'
    return None


# --- 4.2 ---


def ways(p_f=(), p_o=(), p_o_before=(), shut=(), T=3):
    """How many paths lead from L_T to f~_1. At the steps given, the forget gate sees c_{t-1}; the output gate sees c_t,
    or c_{t-1}; the output gate hears no h.
    """
    from_c, from_h = 1, 1 + (1 in p_o)
    for t in range(2, T + 1):
        c = from_c * (1 + (t in p_f)) + 3 * from_h
        from_h = c * (1 + (t in p_o)) + from_h * (t not in shut) + from_c * (t in p_o_before)
        from_c = c
    return from_h


@judge("4.2")
def counting(answer):
    every, lstm = (1, 2, 3), (ways(), "this is the number without the change, and it does change")
    return compare_each(
        answer,
        [ways(shut=every), ways(p_f=every), ways(p_o=every)],
        [
            (
                [
                    lstm,
                    (ways(shut=(3,)), "only one step has this deaf output gate so far; all of them have it"),
                    (ways(shut=(2,)), "only one step has this deaf output gate so far; all of them have it"),
                    (ways(shut=every, T=2), "that is L_2; go one step further back"),
                ],
                "one term of (4.10) belongs to the output gate: which one, in which of the two equations?",
            ),
            (
                [
                    lstm,
                    (ways(p_f=every, T=2), "that is L_2; go one step further back"),
                    (ways(p_f=(3,)), "step 2 has a peephole too"),
                    (ways(p_f=(2,)), "step 3 has a peephole too"),
                    (ways(p_f=(3,)) + ways(p_f=(2,)) - ways(), "one path goes through both peepholes"),
                ],
                "the peephole is one more way from c_t to c_{t-1}: which of the two equations of (4.10) changes?",
            ),
            (
                [
                    lstm,
                    (ways(p_o=every, T=2), "that is L_2; go one step further back"),
                    (ways(p_o=(2, 3)), "each of the three steps has this peephole: one of them is left out"),
                    (ways(p_o_before=every), "this output gate sees c_t of its own step, not c_{t-1}"),
                    (ways(p_f=every), "this is the number for B"),
                ],
                "from h_t there are now two ways to c_t of the same step; that holds for h_1 too",
            ),
        ],
        rtol=1e-3,
        names="ABC",
    )


# --- 4.3 ---


@judge("4.3")
def along_output_gates(answer):
    bound, function = (filled(part) for part in answer)
    hint = compare(
        np.squeeze(numbers(bound)),
        4,
        [
            (1, "|W_ho| = 1 is certainly enough, but the two other factors are small: how large can they be?"),
            (0.25, "this is the largest value of o (1 - o); how large may W_ho be beside it?"),
            (2, "o (1 - o) has its largest value at o = 1/2; which one is it?"),
            (16, "one step has the slope of one sigmoid, not of two"),
        ],
        "take the largest value that m_t can come near to, and the largest that o_t (1 - o_t) can have",
        rtol=1e-3,
    )
    if hint:
        return f"the bound: {hint}"
    for T, N, k in ((5, 3, 2), (4, 2, 4), (4, 3, 1)):
        trace, weights = a_case(T, N, 2, 1, seed=403)
        dh_last = np.random.default_rng(43).normal(size=N)
        got = numbers(ask(function, trace, weights, k, dh_last))
        hint = compare(got, *known_products(trace, weights, k, dh_last))
        if hint:
            return f"step {k} of {T}: {hint}"
    return None


def known_products(trace, weights, k, dh_last):
    """What is right, pairs of mistakes and hints, and a hint for all else."""
    T, N, _ = trace.h.shape
    o, m, c, f = (np.concatenate([np.zeros((1, N)), getattr(trace, name)[..., 0]]) for name in "omcf")  # row t: step t
    c[0], W_ho = trace.c0[:, 0], weights.gate("o")[1][0, 0]
    tau, end = o * (1 - m**2), c[k - 1] * f[k] * (1 - f[k])

    off_by_a_row = "the cell before step k is off by a row: c[t-1] is c_t"
    if k == 1:
        off_by_a_row = "before step 1 stands c_0, in trace.c0; c[-1] is c_T"

    def along(factor, first=k + 1, last=T):
        return dh_last * np.prod([factor[t] for t in range(first, last + 1)] or [np.ones(N)], axis=0)

    factor = m * o * (1 - o) * W_ho
    gates = along(factor)
    way = [f"{node}{t}" for t in range(T, k, -1) for node in ("h", "o", "o~")]
    right = path_gradient(("L", *way, f"h{k}", f"m{k}", f"c{k}", f"f{k}", f"f~{k}"), trace, weights, dh_last)
    dh = np.zeros_like(trace.h)
    dh[-1, :, 0] = dh_last
    whole = lstm_backward(trace, weights, dh).f_pre[k - 1, :, 0]
    straight = dh_last * tau[T] * f[k + 1 :].prod(axis=0) * end
    mistakes = [
        (gates * tau[k] * c[k] * f[k] * (1 - f[k]), "f_k was multiplied with the cell before the step, c_{k-1}"),
        (gates * tau[k] * c[k - 2] * f[k] * (1 - f[k]), off_by_a_row),
        (whole, "this is the sum over all paths; a single one is wanted"),
        (straight, "this is the path along the cell; the other one keeps to the output gates"),
        (right / dh_last, "the first factor is missing, dL/dh_T"),
        (along(factor * tau) * tau[k] * end, "tau is the way from h_t to c_t; this path comes there at step k only"),
        (along(o * (1 - o) * W_ho) * tau[k] * end, "what was the output gate multiplied with?"),
        (along(m * W_ho) * tau[k] * end, "the slope of the sigmoid is missing at the output gates"),
        (along(m * o * (1 - o)) * tau[k] * end, "from o~_t to h_{t-1} leads a weight, W_ho"),
        (along(m * o * (1 - o)) * W_ho * tau[k] * end, "each step back has a W_ho of its own"),
        (along(c * o * (1 - o) * W_ho) * tau[k] * end, "the output gate was multiplied with m_t = tanh(c_t), not c_t"),
        (along(o * o * (1 - o) * W_ho) * tau[k] * end, "h_t by o_t is m_t; it is h_t by m_t that is o_t"),
        (along(factor, k, T - 1) * tau[k] * end, "the steps of the output gates are off by one: from k + 1 to T"),
        (along(factor, k, T) * tau[k] * end, "at step k the path goes through m_k, not through the output gate"),
        (along(factor, k + 2, T) * tau[k] * end, "an output gate is missing: they are those of the steps k + 1 to T"),
        (along(factor, k + 1, T - 1) * tau[k] * end, "the output gate of step T is missing"),
        (gates * (1 - m[k] ** 2) * end, "o_k is missing between h_k and m_k"),
        (gates * o[k] * end, "the slope of tanh is missing between m_k and c_k"),
        (gates * o[k] * (1 - m[k]) * end, "the slope of tanh is 1 - m_k^2, with a square"),
        (gates * o[k] * (1 - np.tanh(m[k]) ** 2) * end, "m_k is a tanh already: its slope is 1 - m_k^2"),
        (gates * end, "between h_k and c_k there are two factors"),
        (gates * tau[k] * c[k - 1], "the slope of the sigmoid is missing at the forget gate"),
        (gates * tau[k] * f[k] * (1 - f[k]), "what was the forget gate multiplied with?"),
        (gates * tau[k], "the path goes on from c_k to f_k and to its pre-activation"),
    ]
    return right, mistakes, "write the path node by node, and a factor for each arrow: (4.1) to (4.3)"


# --- 4.4 ---


@judge("4.4")
def at_rest(answer):
    terms, first, steps = (filled(part) for part in answer)
    f, i, g, o, c = 0.9, 0.2, 0.5, 0.6, 1.0
    m, W = np.tanh(c), {"f": 2.0, "i": 1.5, "g": -0.5}
    tau = o * (1 - m**2)
    slope = {"f": c * f * (1 - f), "i": g * i * (1 - i), "g": i * (1 - g**2)}
    right = {gate: slope[gate] * W[gate] * tau for gate in "fig"}
    total = f + sum(right.values())
    other = {"f": c, "i": g, "g": i}

    def of_term(gate):
        return [
            (slope[gate] * W[gate], "tau_{t-1} is missing, the way from h_{t-1} to C_{t-1}"),
            (slope[gate] * tau, "the recurrent weight is missing"),
            (slope[gate], "that is the way from the pre-activation to C_t alone: a weight and tau are missing"),
            (slope[gate] * W[gate] * o, "tau has a second factor, the slope of tanh"),
            (slope[gate] * W[gate] * (1 - m**2), "tau has a second factor, o_{t-1}"),
            (slope[gate] * W[gate] * o * (1 - m), "the slope of tanh is 1 - m^2, with a square"),
            (slope[gate] * W[gate] * o * (1 - np.tanh(m) ** 2), "m is a tanh already: its slope is 1 - m^2"),
            (-right[gate], "look at the sign"),
            (other[gate] * W[gate] * tau, "the slope of the gate itself is missing"),
            (slope[gate] / other[gate] * W[gate] * tau, "what is this gate multiplied with in C_t?"),
        ]

    if (np.abs(numbers(terms)) < 1e-6).any():
        return "none of the terms is zero: the slope of tanh at c is 1 - tanh(c)^2, not 1 - c^2"
    hint = compare_each(
        terms,
        list(right.values()),
        [
            (
                [
                    *of_term("f"),
                    (c * f * W["f"] * tau, "the slope of the sigmoid is f (1 - f), not f"),
                    (c * (1 - f) * W["f"] * tau, "the slope of the sigmoid is f (1 - f), not 1 - f"),
                ],
                "this is the second term of (4.12): three factors, the last one is tau",
            ),
            (
                [
                    *of_term("i"),
                    (g * i * W["i"] * tau, "the slope of the sigmoid is i (1 - i), not i"),
                    (g * (1 - i) * W["i"] * tau, "the slope of the sigmoid is i (1 - i), not 1 - i"),
                ],
                "this is the third term of (4.12): three factors, the last one is tau",
            ),
            (
                [
                    *of_term("g"),
                    (i * g * (1 - g) * W["g"] * tau, "the candidate is a tanh, not a sigmoid: another slope"),
                    (i * (1 - g) * W["g"] * tau, "the slope of tanh is 1 - g^2, with a square"),
                    (i * (1 - np.tanh(g) ** 2) * W["g"] * tau, "g is a tanh already: its slope is 1 - g^2"),
                ],
                "this is the fourth term of (4.12): three factors, the last one is tau",
            ),
        ],
        rtol=0.012,
        names=["via f", "via i", "via g"],
    ) or compare(terms, list(right.values()), decimals=4)
    if hint:
        return hint
    hint = compare(
        np.squeeze(numbers(first)),
        f,
        [
            (total, "h_0 is given: does it move when c_0 does?"),
            (1.0, "on the way from c_0 to c_1 stands a gate"),
            (0.0, "h_0 does not move with c_0, but c_1 does"),
        ],
        "which of the four terms are left if h_0 does not depend on c_0?",
        rtol=2e-3,
    )
    if hint:
        return f"at t = 1: {hint}"

    def until_half(factor):
        return np.log(0.5) / np.log(factor)

    alone, together = until_half(f), until_half(total)
    swapped = [(np.ceil(together), "the two numbers of steps stand in the wrong order")]
    return compare_each(
        steps,
        [np.ceil(alone), np.ceil(together)],
        [
            (
                [
                    *swapped,
                    (np.floor(alone), "after that many steps a little more than half is left"),
                    (5, "each step takes a tenth of what is there, not of what was there at the start"),
                ],
                "the smallest n with 0.9^n < 1/2",
            ),
            (
                [
                    (np.floor(together), "after that many steps a little more than half is left"),
                    (np.ceil(alone), "this is the number with f alone; the four terms together make a larger factor"),
                    (np.ceil(until_half(total - right["g"])), "the term via g belongs to the sum too"),
                    (np.ceil(until_half(total - 2 * right["g"])), "the term via g is negative"),
                ],
                "add up the four terms with all digits; which is the first power of the sum below 1/2?",
            ),
        ],
        rtol=1e-3,
        names=["steps with f alone", "steps with all four terms"],
    )


# --- 4.5 ---

EXACT = {
    "A": (True, "the ways round a C run from one output gate to the next h: what is left of them here?"),
    "B": (False, "a way round C_2 may enter C_3 by any of its three gates: which of them are still open?"),
    "C": (True, "where could a way round C_2 come back to a C at all?"),
    "D": (False, "with one unit the factors may be swapped; but is anything still left out of the product?"),
    "E": (True, "how large is the slope of this output gate, and what does that do to a way through it?"),
    "F": (False, "the cell then passes everything on; do the ways round it become fewer?"),
    "G": (True, "which step is there to go round, between C_1 and C_2?"),
}


@judge("4.5")
def exact_products(answer):
    predicted, function = (filled(part) for part in answer)
    said = letters(predicted, "ABCDEFG")
    for T, N, H, seed in ((5, 2, 3, 405), (2, 3, 2, 45)):
        trace, weights = a_case(T, N, 2, H, seed)
        terms = [cell_state_terms(trace, weights, t) for t in range(1, T + 1)]
        totals = [sum(term.values()) for term in terms]
        product = chained(totals[1:])
        mistakes = [
            (cell_gradient(trace, weights, T, 1), "it gives the exact dC_T/dC_1; here the product is wanted"),
            (chained(totals[1:][::-1]), "the newest factor must stand on the left"),
            (chained(totals), "it has the factor of t = 1 too; from C_1 on, the first one is that of t = 2"),
            (chained(totals[:-1]), "the steps are off by one: the factors are those of t = 2 to T"),
            (chained(totals[2:]), "the factor of t = 2 is missing"),
            (chained(totals[1:-1]), "the factor of t = T is missing"),
            (chained([term["f_direct"] for term in terms[1:]]), "it has only f_t; each factor is a sum of four terms"),
            (chained([sum(list(term.values())[1:]) for term in terms[1:]]), "f_t is missing in the sum"),
            (np.prod(totals[1:], axis=0), "these are matrices: multiply them with @, not entry by entry"),
            (sum(totals[1:]), "the factors are added, where they should be multiplied"),
            (totals[-1], "it gives the last factor alone"),
            (product.swapaxes(1, 2), "rows and columns are exchanged"),
            (product[0], "it gives the first sequence only"),
        ]
        got = numbers(ask(function, trace, weights))
        hint = compare(got, product, mistakes, "each factor is the sum of cell_state_terms(trace, weights, t)")
        if hint:
            return f"product_of_totals: {hint}"
    for name, (is_exact, hint) in EXACT.items():
        if (name in said) != is_exact:
            return f"{name}: {hint}"
    return None


def chained(factors):
    """The product of matrices, the last of the list on the left."""
    product = np.eye(factors[0].shape[-1]) if factors else 1.0
    for factor in factors:
        product = factor @ product
    return product


# --- 4.6 ---


def cell_gradient_with(trace, weights, last, step, tau="right", order="right", rows=0, block="C"):
    """dC_last/dC_step, or what a mistake makes of it."""
    (N, H), row = trace.c0.shape, step - 1
    if tau == "next" and step < len(trace.o):
        row = step
    o, m = trace.o[row], trace.m[row]
    slope = {"no tanh": o, "no o": 1 - m**2, "none": 0 * o, "one": 1 + 0 * o}.get(tau, o * (1 - m**2))
    right = np.concatenate([diagonal(slope), diagonal(np.ones((N, H)))], axis=1)
    product = np.eye(2 * H)
    for J in state_jacobians(trace, weights)[max(step + rows, 0) : last + rows]:
        product = J @ product if order == "right" else product @ J
    return (product @ right)[:, H:] if block == "C" else (product @ right)[:, :H]


@judge("4.6")
def two_bugs(answer):
    lines, repaired = (filled(part) for part in answer)
    said = letters(lines, "ABCDEF")
    fine = {
        "B": "line B is right: tau on the diagonal of the upper block, the identity below",
        "C": "line C is right: the product begins with the identity",
        "D": "line D is right: rows step to last - 1 are J_{step+1} to J_last",
        "F": "line F is right: the lower half of the product's rows is that of C",
    }
    for letter, hint in fine.items():
        if letter in said:
            return hint
    if len(said) == 1:
        return f"line {said.pop()} is one of the two; the other one is still missing"
    for T, N, H, last, step in ((6, 2, 3, 5, 2), (6, 2, 3, 3, 2), (5, 3, 2, 5, 1), (4, 2, 3, 4, 4)):
        trace, weights = a_case(T, N, 2, H, seed=406)
        case = (trace, weights, last, step)
        wanted = cell_gradient(*case)
        known = [
            (
                {"tau": "next", "order": "old"},
                "the letters are right, but these are still the numbers of the given code",
            ),
            ({"order": "old"}, "line A is repaired, line E not yet: see the rows from lag 2 on"),
            ({"tau": "next"}, "line E is repaired, line A not yet: see the row for lag 1"),
            ({"tau": "no tanh"}, "in line A, between h and C there is also the slope of tanh"),
            ({"tau": "no o"}, "in line A, between h and C there is also the output gate"),
            ({"tau": "none"}, "h_step is held fixed, but it moves with C_step"),
            ({"tau": "none", "order": "old"}, "h_step is held fixed, but it moves with C_step"),
            ({"tau": "one"}, "between C_step and h_step there is tau_step, not 1"),
            ({"rows": -1}, "line D was right: the first Jacobian on the way is that of step + 1"),
            ({"block": "h"}, "line F was right: these are the rows of h"),
        ]
        known = [(cell_gradient_with(*case, **mistake), hint) for mistake, hint in known]
        hint = compare(numbers(ask(repaired, *case)), wanted, known, "see in the table which row differs first")
        if hint:
            return f"step {step}, last {last}: {hint}"
    if asks_the_referee(repaired):
        return "the numbers are right, but they are the referee's: repair the given lines, without cell_gradient"
    return None


REFEREES = (cell_gradient, cell_gradients)


def asks_the_referee(function, seen=()):
    """Is this the helper, or does it name it, itself or in a function of the student's own that it calls?"""
    function = getattr(function, "func", function)  # what a functools.partial calls
    if any(function is referee for referee in REFEREES):
        return True
    if not isinstance(function, FunctionType) or function in seen or function.__module__ == cell_gradient.__module__:
        return False
    named, known = names_in(function.__code__), function.__globals__
    if {referee.__name__ for referee in REFEREES} & named - known.keys():  # an attribute, as in gradient_flow.cell_...
        return True
    return any(asks_the_referee(known.get(name), (*seen, function)) for name in named)


def names_in(code):
    """The global names and attributes in a function's code, and in that of the functions inside it."""
    inner = [names_in(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    return set(code.co_names).union(*inner)


# --- 4.7 ---


def coupled_step(x_t, h_prev, c_prev, weights, p):
    """As in the notebook: i = 1 - f, and the forget gate sees c_{t-1}."""
    s = lstm_step(x_t, h_prev, c_prev, weights)
    f_pre = s.f_pre + p * c_prev
    f = sigmoid(f_pre)
    c = f * c_prev + (1 - f) * s.g
    return s._replace(f_pre=f_pre, f=f, i=1 - f, c=c, m=np.tanh(c), h=s.o * np.tanh(c))


@judge("4.7")
def coupled_gates(answer):
    for N, H, has_peephole in ((2, 3, False), (3, 2, True)):
        trace, weights = a_case(2, N, 2, H, seed=407)
        p = has_peephole * np.random.default_rng(47).normal(size=H)
        before = coupled_step(trace.x[0], trace.h0, trace.c0, weights, p)
        s = coupled_step(trace.x[1], before.h, before.c, weights, p)
        got = numbers(ask(answer, s, before, weights.W_h, p))
        hint = compare(got, *known_totals(s, before, weights, p))
        if hint:
            return f"{'with a peephole' if has_peephole else 'with p_f = 0'}: {hint}"
    return None


def known_totals(s, before, weights, p):
    """What is right, pairs of mistakes and hints, and a hint for all else."""
    W = {gate: weights.gate(gate)[1] for gate in "ifgo"}
    slope, i_slope = s.f * (1 - s.f), s.i * (1 - s.i)
    by_f, by_g = (before.c - s.g) * slope, s.i * (1 - s.g**2)
    tau = before.o * (1 - before.m**2)

    def total(by_f=by_f, by_g=by_g, tau=tau, straight=None, W_f=W["f"], W_g=W["g"], by_p=None, more=0.0):
        straight = s.f if straight is None else straight
        straight = straight + p * (by_f if by_p is None else by_p)
        return diagonal(straight) + (by_f[:, :, None] * W_f + by_g[:, :, None] * W_g + more) * tau[:, None]

    right = total()
    via_i = (s.g * i_slope)[:, :, None] * W["i"]
    mistakes = [
        (total(by_p=0 * by_f), "the peephole is not there yet: which new arrow leads from c_{t-1} to f~_t?"),
        (diagonal(s.f + p * by_f), "the ways through h_{t-1} are missing: c_{t-1} makes h_{t-1}, too"),
        (total(by_f=before.c * slope), "f_t also decides how much of g_t is written"),
        (
            total(by_f=before.c * slope, more=via_i),
            "this is the LSTM: here i_t has no weights of its own",
        ),
        (total(more=via_i), "i_t has no weights of its own: what it does is in the term via f already"),
        (total(by_f=(before.c + s.g) * slope), "1 - f_t falls when f_t grows: mind the sign"),
        (total(by_f=(s.g - before.c) * slope), "the sign of the term via f is wrong"),
        (total(by_f=(s.c - s.g) * slope), "f_t was multiplied with the cell before the step"),
        (total(by_f=before.c - s.g), "the slope of the sigmoid is missing in the term via f"),
        (total(by_g=s.f * (1 - s.g**2)), "g_t is multiplied with 1 - f_t, not with f_t"),
        (total(by_g=1 - s.g**2), "what was the candidate multiplied with?"),
        (total(by_g=s.i), "the slope of tanh is missing in the term via g"),
        (total(by_g=s.i * (1 - np.tanh(s.g) ** 2)), "g_t is a tanh already: its slope is 1 - g_t^2"),
        (total(by_g=s.i * s.g * (1 - s.g)), "the candidate is a tanh, not a sigmoid: another slope"),
        (total(by_g=0 * by_g), "the term via g is missing"),
        (total(by_f=0 * by_f, by_p=by_f), "the term via f is missing"),
        (total(tau=s.o * (1 - s.m**2)), "tau belongs to step t - 1: h_{t-1} is made of o_{t-1} and m_{t-1}"),
        (total(tau=before.o), "tau has a second factor, the slope of tanh"),
        (total(tau=1 - before.m**2), "tau has a second factor, o_{t-1}"),
        (total(tau=1 + 0 * tau), "tau is missing, the way from h_{t-1} to c_{t-1}"),
        (total(W_f=W["f"].T, W_g=W["g"].T), "rows and columns of W_h are exchanged: [new, old] is as in W_h itself"),
        (right.swapaxes(1, 2), "rows and columns are exchanged: the row is the unit of c_t"),
        (total(W_f=W["i"]), "these are not the rows of f: they are stacked i, f, g, o"),
        (total(W_g=W["o"]), "these are not the rows of g: they are stacked i, f, g, o"),
        (total(W_f=W["i"], W_g=W["f"]), "these are not the rows of f and g: they are stacked i, f, g, o"),
        (total(by_p=slope), "what is f_t multiplied with in c_t, all told?"),
        (total(by_p=before.c * slope), "the peephole moves f_t, and with it 1 - f_t too"),
        (total(by_p=by_f * tau), "the peephole sees c_{t-1} itself: its way does not lead through h_{t-1}"),
        (total(by_p=by_f * before.c), "the derivative of p_f c_{t-1} by c_{t-1} is p_f"),
        (total(by_p=1 + 0 * by_f), "between the peephole and c_t stands the forget gate, with its slope"),
        (total(straight=0 * s.f), "the direct term is missing"),
        (right.sum(axis=0), "the sequences must not be added up: each has a matrix of its own"),
        (right[0], "this is the first sequence only"),
    ]
    return right, mistakes, "write c_t = f c_{t-1} + (1 - f) g, and differentiate it term by term"
