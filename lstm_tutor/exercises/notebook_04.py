"""The exercises to notebook 04."""

import json
import re
import sys
from functools import partial
from itertools import pairwise

import numpy as np

from lstm_helpers import gradient_flow
from lstm_helpers.language import say
from lstm_helpers.lstm import lstm_backward, lstm_forward, lstm_step, sigmoid
from lstm_helpers.weights import LSTMWeights
from lstm_tutor.exercises.asking import ask
from lstm_tutor.exercises.reading import Hint, configuration
from lstm_tutor.exercises.table import Both, Exercise, Function, Letters, Listed, Number, Property
from lstm_tutor.living.configuration import PRESETS, Configuration


def a_case(T, N, I, H, seed):
    """The trace of a random LSTM with its weights: inputs, states and weights of N(0, 1)."""
    draw = np.random.default_rng(seed)
    weights = LSTMWeights(draw.normal(size=(4 * H, I)), draw.normal(size=(4 * H, H)), draw.normal(size=4 * H))
    x, h_0, c_0 = draw.normal(size=(T, N, I)), draw.normal(size=(N, H)), draw.normal(size=(N, H))
    return lstm_forward(x, weights, h_0, c_0), weights


# --- 4.1 ---


def fault_in_paths(answer):
    if isinstance(answer, str) or not all(hasattr(path, "__iter__") for path in answer):
        raise TypeError(say("a list of paths is wanted"))
    paths = [nodes(path) for path in answer]
    if paths and all(len(path) == 1 for path in paths):
        raise Hint(
            say('this is a list of nodes; a list of paths is wanted, and each of them is a list from "L" to "o~2"')
        )
    hints = [hint for hint in map(fault_in_path, paths) if hint]
    missing = set(map(tuple, FOUR)) - set(paths)
    if hints:
        return hints[0]
    if not missing:
        return say("one path is there twice") if len(paths) > len(set(paths)) else None
    if missing == {tuple(FOUR[3])}:
        return say("one path is still missing: h3 can be left in two ways")
    hint = say("of the four paths, {} are missing: go back from c3 in every way that leads to h2")
    return hint.format(len(missing))


def nodes(path):
    """A path as a tuple of names from L backwards, also where it was written the other way round or as one string."""
    path = re.split(r"[\s,>→-]+", path.strip()) if isinstance(path, str) else path
    path = tuple("L" if str(node) in ("L3", "L_3") else str(node).replace("_", "") for node in path)
    return path[::-1] if path and path[-1] == "L" else path


def fault_in_path(path):
    """A hint where these nodes are no path from L to o~2."""
    for node in path:
        if not re.fullmatch(r"L|([hmcifgo]|[ifgo]~)[1-3]", node):
            hint = say("{!r} is no node: the names are L, h3, m3, c3, f3 and so on, and f~3 for a pre-activation")
            raise Hint(hint.format(node))
    for end, start in pairwise(path):
        before = ["h3"] if end == "L" else [] if start == "L" else gradient_flow.predecessors(end, 1)
        if start in before:
            continue
        if (end, start) in (("c2", "o2"), ("c2", "h2"), ("c2", "m2")):
            return say("no arrow leads from {} to c2: the output gate of step 2 acts on h2 only").format(start)
        if any(start in gradient_flow.predecessors(node, 1) for node in before):
            return say("between {} and {} there is another node").format(end, start)
        return say("no arrow leads from {} to {}").format(start, end)
    if not path or path[0] != "L" or path[-1] != "o~2":
        return say('each path has to lead from "L" to "o~2", with both of them in its list')
    return None


FOUR = [list(path) for path in gradient_flow.gradient_paths(3, 2, "o")]
PATHS = Property(
    fault_in_paths,
    FOUR,
    "what o2 changes is h2: follow every arrow back from L that can come there",
    [
        (FOUR[:3], "h3 can be left in two ways"),
        (FOUR[3:], "of the four paths, 3 are missing"),
        ([*FOUR, FOUR[0]], "twice"),
        ([[node for node in path if node != "m3"] for path in FOUR], "between h3 and c3 there is another node"),
        ([["L", "h3", "m3", "c3", "c2", "o2", "o~2"], *FOUR], "acts on h2 only"),
        ([["L", "h3", "m3", "c3", "o3", "o~3", "h2", "o2", "o~2"]], "no arrow leads from o3 to c3"),
        ([path[:-1] for path in FOUR], "each path has to lead"),
        ([path[1:] for path in FOUR], "each path has to lead"),
        ([["L", "h3", "tanh", "c3"]], "'tanh' is no node"),
        (FOUR[0], "this is a list of nodes"),
    ],
)

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


def with_doors(general, mistakes, **doors):
    known = {ways(): "this is the number without the change, and it does change"}
    known[ways(**doors, T=2)] = "that is L_2; go one step further back"
    return Number(ways(**doors), general, known | mistakes)


EVERY, ONE_STEP = (1, 2, 3), "only one step has this deaf output gate so far; all of them have it"
COUNTS = {
    "A": with_doors(
        "one term of (4.10) belongs to the output gate: which one, in which of the two equations?",
        {ways(shut=(3,)): ONE_STEP, ways(shut=(2,)): ONE_STEP},
        shut=EVERY,
    ),
    "B": with_doors(
        "the peephole is one more way from c_t to c_{t-1}: which of the two equations of (4.10) changes?",
        {
            ways(p_f=(3,)): "step 2 has a peephole too",
            ways(p_f=(2,)): "step 3 has a peephole too",
            ways(p_f=(3,)) + ways(p_f=(2,)) - ways(): "one path goes through both peepholes",
        },
        p_f=EVERY,
    ),
    "C": with_doors(
        "from h_t there are now two ways to c_t of the same step; that holds for h_1 too",
        {
            ways(p_o=(2, 3)): "each of the three steps has this peephole: one of them is left out",
            ways(p_o_before=EVERY): "this output gate sees c_t of its own step, not c_{t-1}",
            ways(p_f=EVERY): "this is the number for B",
        },
        p_o=EVERY,
    ),
}

# --- 4.3 ---

BOUND = Number(
    4,
    "the bound: take the largest value that m_t can come near to, and the largest that o_t (1 - o_t) can have",
    {
        1: "the bound: |W_ho| = 1 is certainly enough, but the two other factors are small: how large can they be?",
        0.25: "the bound: this is the largest value of o (1 - o); how large may W_ho be beside it?",
        2: "the bound: o (1 - o) has its largest value at o = 1/2; which one is it?",
        16: "the bound: one step has the slope of one sigmoid, not of two",
    },
    rtol=1e-3,
)


def way_round(trace, weights, k, dh_last):
    c, f, o, m = (getattr(trace, name)[:, :, 0] for name in "cfom")
    W_ho = weights.gate("o")[1][0, 0]
    product = dh_last
    for t in range(len(o), k, -1):
        product = product * m[t - 1] * o[t - 1] * (1 - o[t - 1]) * W_ho
    before = c[k - 2] if k > 1 else trace.c0[:, 0]
    return product * o[k - 1] * (1 - m[k - 1] ** 2) * before * f[k - 1] * (1 - f[k - 1])


def ways_round():
    cases = {}
    for T, N, k in ((5, 3, 2), (4, 2, 4), (4, 3, 1)):
        cases[say("step {} of {}").format(k, T)] = (
            *a_case(T, N, 2, 1, seed=403),
            k,
            np.random.default_rng(43).normal(size=N),
        )
    return cases


def all_paths(trace, weights, k, dh_last):
    dh = np.zeros_like(trace.h)
    dh[-1, :, 0] = dh_last
    return lstm_backward(trace, weights, dh).f_pre[k - 1, :, 0]


RANGE, SLOPE_O, SLOPE_F = "range(len(o), k, -1)", " * o[t - 1] * (1 - o[t - 1])", " * f[k - 1] * (1 - f[k - 1])"
TAU_K, BEFORE = "o[k - 1] * (1 - m[k - 1] ** 2)", "c[k - 2] if k > 1 else trace.c0[:, 0]"
ROUND = Function(
    way_round,
    ways_round,
    "write the path node by node, and a factor for each arrow: (4.1) to (4.3)",
    {
        f"{BEFORE} -> c[k - 1]": "f_k was multiplied with the cell before the step, c_{k-1}",
        f"{BEFORE} -> c[k - 2]": "before step 1 stands c_0, in trace.c0; c[-1] is c_T",
        f"{BEFORE} -> trace.cells[k - 2, :, 0]": "the cell before step k is off by a row: c[t-1] is c_t",
        all_paths: "this is the sum over all paths; a single one is wanted",
        f"m[t - 1]{SLOPE_O} * W_ho -> f[t - 1] && {TAU_K} -> o[-1] * (1 - m[-1] ** 2)": "this is the path along the"
        " cell; the other one keeps to the output gates",
        "= dh_last -> = 1": "the first factor is missing, dL/dh_T",
        " * W_ho -> * W_ho * o[t - 1] * (1 - m[t - 1] ** 2)": "tau is the way from h_t to c_t; this path comes there at"
        " step k only",
        "* m[t - 1] -> ": "what was the output gate multiplied with?",
        f"{SLOPE_O} -> ": "the slope of the sigmoid is missing at the output gates",
        " * W_ho -> ": "from o~_t to h_{t-1} leads a weight, W_ho",
        " * W_ho ->  && = dh_last -> = dh_last * W_ho": "each step back has a W_ho of its own",
        "* m[t - 1] -> * c[t - 1]": "the output gate was multiplied with m_t = tanh(c_t), not c_t",
        "* m[t - 1] -> * o[t - 1]": "h_t by o_t is m_t; it is h_t by m_t that is o_t",
        f"{RANGE} -> range(len(o) - 1, k - 1, -1)": "the steps of the output gates are off by one: from k + 1 to T",
        f"{RANGE} -> range(len(o), k - 1, -1)": "at step k the path goes through m_k, not through the output gate",
        f"{RANGE} -> range(len(o), k + 1, -1)": "an output gate is missing: they are those of the steps k + 1 to T",
        f"{RANGE} -> range(len(o) - 1, k, -1)": "the output gate of step T is missing",
        f"{TAU_K} -> (1 - m[k - 1] ** 2)": "o_k is missing between h_k and m_k",
        f"{TAU_K} -> o[k - 1]": "the slope of tanh is missing between m_k and c_k",
        "1 - m[k - 1] ** 2 -> 1 - m[k - 1]": "the slope of tanh is 1 - m_k^2, with a square",
        "1 - m[k - 1] ** 2 -> 1 - np.tanh(m[k - 1]) ** 2": "m_k is a tanh already: its slope is 1 - m_k^2",
        f"{TAU_K} * before -> before": "between h_k and c_k there are two factors",
        f"{SLOPE_F} -> ": "the slope of the sigmoid is missing at the forget gate",
        f" * before{SLOPE_F} -> {SLOPE_F}": "what was the forget gate multiplied with?",
        f" * before{SLOPE_F} -> ": "the path goes on from c_k to f_k and to its pre-activation",
    },
)

# --- 4.4 ---

F, I, G, O, C = 0.9, 0.2, 0.5, 0.6, 1.0
M = np.tanh(C)
TAU = O * (1 - M**2)


def term(nth, factor, slope, weight, mistakes):
    """A term of (4.12). factor: what the gate is multiplied with. mistakes: {in place of factor * slope: hint}."""
    no_tau = factor * slope * weight
    return Number(
        no_tau * TAU,
        f"this is the {nth} term of (4.12): three factors, the last one is tau",
        {
            no_tau: "tau_{t-1} is missing, the way from h_{t-1} to C_{t-1}",
            factor * slope * TAU: "the recurrent weight is missing",
            factor * slope: "that is the way from the pre-activation to C_t alone: a weight and tau are missing",
            no_tau * O: "tau has a second factor, the slope of tanh",
            no_tau * (1 - M**2): "tau has a second factor, o_{t-1}",
            no_tau * O * (1 - M): "the slope of tanh is 1 - m^2, with a square",
            no_tau * O * (1 - np.tanh(M) ** 2): "m is a tanh already: its slope is 1 - m^2",
            -no_tau * TAU: "look at the sign",
            factor * weight * TAU: "the slope of the gate itself is missing",
            0.0: "none of the terms is zero: the slope of tanh at c is 1 - tanh(c)^2, not 1 - c^2",
        }
        | {wrong * weight * TAU: hint for wrong, hint in mistakes.items()},
        known=0.012,  # two digits will do
        decimals=4,
    )


FACTOR = "what is this gate multiplied with in C_t?"
OF_F = {F: "the slope of the sigmoid is f (1 - f), not f", 1 - F: "the slope of the sigmoid is f (1 - f), not 1 - f"}
OF_I = {
    I * (1 - I): FACTOR,
    G * I: "the slope of the sigmoid is i (1 - i), not i",
    G * (1 - I): "the slope of the sigmoid is i (1 - i), not 1 - i",
}
OF_G = {
    1 - G**2: FACTOR,
    I * G * (1 - G): "the candidate is a tanh, not a sigmoid: another slope",
    I * (1 - G): "the slope of tanh is 1 - g^2, with a square",
    I * (1 - np.tanh(G) ** 2): "g is a tanh already: its slope is 1 - g^2",
}
TERMS = {
    "via f": term("second", C, F * (1 - F), 2.0, OF_F),
    "via i": term("third", G, I * (1 - I), 1.5, OF_I),
    "via g": term("fourth", I, 1 - G**2, -0.5, OF_G),
}
VIA_G, TOTAL = TERMS["via g"].right, F + sum(term.right for term in TERMS.values())
FIRST = Number(
    F,
    "at t = 1: which of the four terms are left if h_0 does not depend on c_0?",
    {
        TOTAL: "at t = 1: h_0 is given: does it move when c_0 does?",
        1.0: "at t = 1: on the way from c_0 to c_1 stands a gate",
        0.0: "at t = 1: h_0 does not move with c_0, but c_1 does",
    },
    rtol=2e-3,
)


def exactly_half(factor):
    return np.log(0.5) / np.log(factor)


def until_half(factor):
    return np.ceil(exactly_half(factor))


MORE, WHOLE = "after that many steps a little more than half is left", "a number of steps is whole: round up"
HALF = {
    "steps with f alone": Number(
        until_half(F),
        "the smallest n with 0.9^n < 1/2",
        {
            until_half(TOTAL): "the two numbers of steps stand in the wrong order",
            until_half(F) - 1: MORE,
            exactly_half(F): WHOLE,
            5: "each step takes a tenth of what is there, not of what was there at the start",
        },
    ),
    "steps with all four terms": Number(
        until_half(TOTAL),
        "add up the four terms with all digits; which is the first power of the sum below 1/2?",
        {
            until_half(TOTAL) - 1: MORE,
            exactly_half(TOTAL): WHOLE,
            until_half(F): "this is the number with f alone; the four terms together make a larger factor",
            until_half(TOTAL - VIA_G): "the term via g belongs to the sum too",
            until_half(TOTAL - 2 * VIA_G): "the term via g is negative",
        },
    ),
}

# --- 4.5 ---

EXACT = Letters(
    "ABCDEFG",
    "ACEG",
    {
        "A": "the ways round a C run from one output gate to the next h: what is left of them here?",
        "B": "a way round C_2 may enter C_3 by any of its three gates: which of them are still open?",
        "C": "where could a way round C_2 come back to a C at all?",
        "D": "with one unit the factors may be swapped; but is anything still left out of the product?",
        "E": "how large is the slope of this output gate, and what does that do to a way through it?",
        "F": "the cell then passes everything on; do the ways round it become fewer?",
        "G": "which step is there to go round, between C_1 and C_2?",
    },
)


def product_of_totals(trace, weights):
    product = np.eye(weights.H)
    for t in range(2, len(trace.h) + 1):
        terms = gradient_flow.cell_state_terms(trace, weights, t)
        product = sum(terms.values()) @ product
    return product


NEXT, BY_ENTRY = "sum(terms.values()) @ product", "these are matrices: multiply them with @, not entry by entry"
PRODUCT = Function(
    product_of_totals,
    lambda: [a_case(5, 2, 2, 3, seed=405), a_case(2, 3, 2, 2, seed=45)],
    "each factor is the sum of cell_state_terms(trace, weights, t)",
    {
        "return product -> return gradient_flow.cell_gradient(trace, weights, len(trace.h), 1)": "it gives the exact"
        " dC_T/dC_1; here the product is wanted",
        f"{NEXT} -> product @ sum(terms.values())": "the newest factor must stand on the left",
        "range(2, -> range(1,": "it has the factor of t = 1 too; from C_1 on, the first one is that of t = 2",
        "range(2, len(trace.h) + 1) -> range(1, len(trace.h))": "the steps are off by one: the factors are those of"
        " t = 2 to T",
        "range(2, -> range(3,": "the factor of t = 2 is missing",
        "len(trace.h) + 1 -> len(trace.h)": "the factor of t = T is missing",
        "sum(terms.values()) -> terms['f_direct']": "it has only f_t; each factor is a sum of four terms",
        "terms.values()) -> [*terms.values()][1:])": "f_t is missing in the sum",
        "@ product -> * product": BY_ENTRY,
        "@ product -> * product && np.eye(weights.H) -> 1": BY_ENTRY,
        f"{NEXT} -> sum(terms.values()) + product && np.eye(weights.H) -> 0": "the factors are added, where they should"
        " be multiplied",
        "@ product -> ": "it gives the last factor alone",
        "return product -> return product.swapaxes(1, 2)": "rows and columns are exchanged",
        "return product -> return product[0]": "it gives the first sequence only",
    },
    name="product_of_totals",
)

# --- 4.6 ---


def repaired(trace, weights, last, step):
    (N, H), identity = trace.c0.shape, np.eye(weights.H)
    tau = trace.o[step - 1] * (1 - trace.m[step - 1] ** 2)
    right = np.concatenate([tau[:, :, None] * identity, np.array([identity] * N)], axis=1)
    product = np.eye(2 * H)
    for J in gradient_flow.state_jacobians(trace, weights)[step:last]:
        product = J @ product
    return (product @ right)[:, H:]


def lags():
    sizes = ((6, 2, 3, 5, 2), (6, 2, 3, 3, 2), (5, 3, 2, 5, 1), (4, 2, 3, 4, 4))
    label = say("step {}, last {}").format
    return {label(step, last): (*a_case(T, N, 2, H, 406), last, step) for T, N, H, last, step in sizes}


def from_the_referee(function):
    """A hint where the function comes to call the helper, under whatever name."""
    case, called, before = next(iter(lags().values())), set(), sys.getprofile()
    sys.setprofile(lambda frame, *_: called.add(frame.f_code))
    try:
        ask(function, *case)
    finally:
        sys.setprofile(before)
    return BORROWED if gradient_flow.cell_gradients.__code__ in called else None  # cell_gradient calls it too


def last_of_all(trace, weights, last, step):
    return gradient_flow.cell_gradients(trace, weights, step, last)[-1]


BORROWED = "the numbers are right, but they are the referee's: repair the given lines, without cell_gradient"
FIXED = "h_step is held fixed, but it moves with C_step"
FAULT_A, FAULT_E, UPPER = "[step - 1] -> [step]", "J @ product -> product @ J", "tau[:, :, None] * identity"
LINES = Letters(
    "ABCDEF",
    "AE",
    {
        "B": "line B is right: tau on the diagonal of the upper block, the identity below",
        "C": "line C is right: the product begins with the identity",
        "D": "line D is right: rows step to last - 1 are J_{step+1} to J_last",
        "F": "line F is right: the lower half of the product's rows is that of C",
    },
    "begin with the smallest lag that differs: which lines can make that?",
    "what you name is one of the two; the other one is still missing",
)
REPAIRED = Function(
    repaired,
    lags,
    "see in the table which row differs first",
    {
        f"{FAULT_A} && {FAULT_E}": "the letters are right, but these are still the numbers of the given code",
        FAULT_E: "line A is repaired, line E not yet: see the rows from lag 2 on",
        FAULT_A: "line E is repaired, line A not yet: see the row for lag 1",
        " * (1 - trace.m[step - 1] ** 2) -> ": "in line A, between h and C there is also the slope of tanh",
        "trace.o[step - 1] * -> ": "in line A, between h and C there is also the output gate",
        f"{UPPER} -> np.zeros((N, H, H))": FIXED,
        f"{UPPER} -> np.zeros((N, H, H)) && {FAULT_E}": FIXED,
        f"{UPPER} -> np.array([identity] * N)": "between C_step and h_step there is tau_step, not 1",
        "[step:last] -> [step - 1 : last - 1]": "line D was right: the first Jacobian on the way is that of step + 1",
        "[:, H:] -> [:, :H]": "line F was right: these are the rows of h",
        gradient_flow.cell_gradient: BORROWED,
        partial(last_of_all): BORROWED,
        (lambda *case: getattr(gradient_flow, "cell_" + "gradient")(*case)): BORROWED,
    },
    otherwise=from_the_referee,
)

# --- 4.7 ---


def coupled_step(x_t, h_prev, c_prev, weights, p_f):
    """As in the notebook: i = 1 - f, and the forget gate sees c_{t-1}."""
    s = lstm_step(x_t, h_prev, c_prev, weights)
    f = sigmoid(s.f_pre + p_f * c_prev)
    c = f * c_prev + (1 - f) * s.g
    return s._replace(f_pre=s.f_pre + p_f * c_prev, f=f, i=1 - f, c=c, m=np.tanh(c), h=s.o * np.tanh(c))


def coupled_steps():
    cases = {}
    for label, N, p_f in ((say("with p_f = 0"), 2, np.zeros(3)), (say("with a peephole"), 3, np.array([0.8, -1.3]))):
        trace, weights = a_case(2, N, 2, len(p_f), seed=407)
        before = coupled_step(trace.x[0], trace.h0, trace.c0, weights, p_f)
        cases[label] = coupled_step(trace.x[1], before.h, before.c, weights, p_f), before, weights.W_h, p_f
    return cases


def total_derivative(s, before, W_h, p_f):
    _, W_hf, W_hg, _ = np.split(W_h, 4)
    by_f = (before.c - s.g) * s.f * (1 - s.f)
    by_g = s.i * (1 - s.g**2)
    tau = before.o * (1 - before.m**2)
    by_h = by_f[:, :, None] * W_hf + by_g[:, :, None] * W_hg
    straight = s.f + p_f * by_f
    total = straight[:, :, None] * np.eye(len(p_f)) + by_h * tau[:, None, :]
    return total


VIA_I = "_, W_hf -> W_hi, W_hf && * W_hg -> * W_hg + (s.g * s.i * (1 - s.i))[:, :, None] * W_hi"
COUPLED = Function(
    total_derivative,
    coupled_steps,
    "write c_t = f c_{t-1} + (1 - f) g, and differentiate it term by term",
    {
        " + p_f * by_f -> ": "the peephole is not there yet: which new arrow leads from c_{t-1} to f~_t?",
        " + by_h * tau[:, None, :] -> ": "the ways through h_{t-1} are missing: c_{t-1} makes h_{t-1}, too",
        "(before.c - s.g) -> before.c": "f_t also decides how much of g_t is written",
        f"(before.c - s.g) -> before.c && {VIA_I}": "this is the LSTM: here i_t has no weights of its own",
        VIA_I: "i_t has no weights of its own: what it does is in the term via f already",
        "before.c - s.g -> before.c + s.g": "1 - f_t falls when f_t grows: mind the sign",
        "before.c - s.g -> s.g - before.c": "the sign of the term via f is wrong",
        "before.c - s.g -> s.c - s.g": "f_t was multiplied with the cell before the step",
        " * s.f * (1 - s.f) -> ": "the slope of the sigmoid is missing in the term via f",
        "s.i * (1 - s.g -> s.f * (1 - s.g": "g_t is multiplied with 1 - f_t, not with f_t",
        "s.i * (1 - s.g -> (1 - s.g": "what was the candidate multiplied with?",
        "s.i * (1 - s.g**2) -> s.i": "the slope of tanh is missing in the term via g",
        "s.g**2 -> np.tanh(s.g) ** 2": "g_t is a tanh already: its slope is 1 - g_t^2",
        "(1 - s.g**2) -> s.g * (1 - s.g)": "the candidate is a tanh, not a sigmoid: another slope",
        " + by_g[:, :, None] * W_hg -> ": "the term via g is missing",
        "by_f[:, :, None] * W_hf + -> ": "the term via f is missing",
        "before.o * (1 - before.m**2) -> s.o * (1 - s.m**2)": "tau belongs to step t - 1: h_{t-1} is made of o_{t-1}"
        " and m_{t-1}",
        " * (1 - before.m**2) -> ": "tau has a second factor, the slope of tanh",
        "before.o * (1 - -> (1 -": "tau has a second factor, o_{t-1}",
        " * tau[:, None, :] -> ": "tau is missing, the way from h_{t-1} to c_{t-1}",
        "tau[:, None, :] -> tau[:, :, None]": "tau belongs to the old units: it multiplies the columns",
        "* W_hf -> * W_hf.T && * W_hg -> * W_hg.T": "rows and columns of W_h are exchanged: [new, old] is as in W_h"
        " itself",
        "return total -> return total.swapaxes(1, 2)": "rows and columns are exchanged: the row is the unit of c_t",
        "_, W_hf, W_hg, _ -> W_hf, _, W_hg, _": "these are not the rows of f: they are stacked i, f, g, o",
        "_, W_hf, W_hg, _ -> _, W_hf, _, W_hg": "these are not the rows of g: they are stacked i, f, g, o",
        "_, W_hf, W_hg, _ -> W_hf, W_hg, _, _": "these are not the rows of f and g: they are stacked i, f, g, o",
        "p_f * by_f -> p_f * s.f * (1 - s.f)": "what is f_t multiplied with in c_t, all told?",
        "p_f * by_f -> p_f * before.c * s.f * (1 - s.f)": "the peephole moves f_t, and with it 1 - f_t too",
        "p_f * by_f -> p_f * by_f * tau": "the peephole sees c_{t-1} itself: its way does not lead through h_{t-1}",
        "p_f * by_f -> p_f * by_f * before.c": "the derivative of p_f c_{t-1} by c_{t-1} is p_f",
        "p_f * by_f -> p_f": "between the peephole and c_t stands the forget gate, with its slope",
        "s.f + p_f * by_f -> p_f * by_f": "the direct term is missing",
        "return total -> return total.sum(axis=0)": "the sequences must not be added up: each has a matrix of its own",
        "return total -> return total[0]": "this is the first sequence only",
    },
)

# --- 4.8 ---

VANISHING = PRESETS["vanishing at b_f = 0"]


def tenfold_fault(line):
    one, given = configuration(line), Configuration.from_values(VANISHING)
    if not all(np.array_equal(getattr(one, name), getattr(given, name)) for name in ("x", "h0", "c0", "y")):
        return say(
            "inputs, start or target have changed: press Start again in the picture, and move weights and biases only"
        )
    if one.weights.b[1] != 0:
        return say("the forget bias is {:g}, but it has to stay at 0").format(one.weights.b[1])
    before, now = (each.gradients.f_pre[3, 0, 0] for each in (given, one))
    if abs(now) >= 10 * abs(before):
        return None
    hint = say("it is {:.2g} times as large as it was: try one recurrent weight after the other")
    return hint.format(abs(now / before))


def with_changes(**changes):
    return json.dumps(VANISHING | changes)


TENFOLD = Property(
    tenfold_fault,
    with_changes(W_h=[0.4, 0.3, 3, -0.4]),
    "look at the views Backward and Paths: by which arrows does the gradient get from c_t to c_{t-1}?",
    [
        (with_changes(), "it is 1 times"),
        (with_changes(W_h=[4, 0.3, 0.5, -0.4]), "it is 0.33 times"),
        (with_changes(W_h=[0.4, 0.3, 2, -0.4]), "it is 6.9 times"),
        (with_changes(b=[0, 2, 0, 0]), "the forget bias is 2"),
        (with_changes(y=-9), "target have changed"),
        (with_changes(x=VANISHING["x"][1:]), "inputs, start or target have changed"),
        (with_changes(W_h=[0.4, 0.3, 3]), "W_h must be 4"),
    ],
)

EXERCISES = [
    Exercise("4.1", "list the four paths to an output gate", "4.10", PATHS, ([" → ".join(p[::-1]) for p in FOUR],)),
    Exercise("4.2", "count the paths of three other cells", "4.10", Listed(COUNTS)),
    Exercise("4.3", "write the path along the output gates", "4.8", Both(BOUND, ROUND)),
    Exercise("4.4", "work out the four terms of a unit at rest", "4.12", Both(Listed(TERMS), FIRST, Listed(HALF))),
    Exercise("4.5", "say when the product of the factors is exact", "4.13", Both(EXACT, PRODUCT)),
    Exercise("4.6", "find the two wrong lines in (4.16), and repair them", "4.16", Both(LINES, REPAIRED)),
    Exercise("4.7", "derive dC_t/dC_{t-1} with coupled gates and a peephole", "4.13", COUPLED),
    Exercise(
        "4.8",
        "make a gradient ten times as large without the forget bias",
        "4.12",
        TENFOLD,
        (with_changes(W_h=[0.4, 4, 0.5, -0.4]),),
    ),
]
