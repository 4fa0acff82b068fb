"""The exercises to notebook 04."""

import json
import re
from itertools import pairwise

import numpy as np

from lstm_helpers import gradient_flow
from lstm_helpers.language import say
from lstm_helpers.lstm import lstm_backward, lstm_forward, lstm_step, sigmoid
from lstm_helpers.weights import LSTMWeights
from lstm_tutor.exercises.reading import Hint, configuration
from lstm_tutor.exercises.table import Both, Exercise, Function, Letters, Listed, Number, Property
from lstm_tutor.living.configuration import PRESETS, Configuration
from lstm_tutor.planted import planted


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
        (FOUR[:3], "of the four paths, 1 are missing"),
        ([*FOUR, FOUR[0]], "twice"),
        ([[node for node in path if node != "m3"] for path in FOUR], "between h3 and c3 there is another node"),
        ([["L", "h3", "m3", "c3", "c2", "o2", "o~2"], *FOUR], "no arrow leads from o2 to c2"),
        ([path[:-1] for path in FOUR], "each path has to lead"),
        ([["L", "h3", "tanh", "c3"]], "'tanh' is no node"),
        (FOUR[0], "this is a list of nodes"),
    ],
)

# --- 4.2 ---


UNCHANGED, ONE_BACK = (
    "this is the number without the change, and it does change",
    "that is L_2; go one step further back",
)
COUNTS = {
    "A": Number(
        16,
        "one term of (4.10) belongs to the output gate: which one, in which of the two equations?",
        {24: UNCHANGED, 4: ONE_BACK, 19: "only one step has this deaf output gate so far; all of them have it"},
    ),
    "B": Number(
        34,
        "the peephole is one more way from c_t to c_{t-1}: which of the two equations of (4.10) changes?",
        {24: UNCHANGED, 6: ONE_BACK, 28: "step 2 has a peephole too"},
    ),
    "C": Number(
        126,
        "from h_t there are now two ways to c_t of the same step; that holds for h_1 too",
        {24: UNCHANGED, 16: ONE_BACK, 71: "each of the three steps has this peephole: one of them is left out"},
    ),
}

# --- 4.3 ---

BOUND = Number(
    4,
    "the bound: take the largest value that m_t can come near to, and the largest that o_t (1 - o_t) can have",
    {
        1: "the bound: |W_ho| = 1 is certainly enough, but the two other factors are small: how large can they be?",
        0.25: "the bound: this is the largest value of o (1 - o); how large may W_ho be beside it?",
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
    dh, label = np.random.default_rng(43).normal(size=3), say("step {} of {}").format
    return {label(k, T): (*a_case(T, N, 2, 1, 403), k, dh[:N]) for T, N, k in ((5, 3, 2), (4, 2, 4), (4, 3, 1))}


def all_paths(trace, weights, k, dh_last):
    dh = np.zeros_like(trace.h)
    dh[-1, :, 0] = dh_last
    return lstm_backward(trace, weights, dh).f_pre[k - 1, :, 0]


SLOPE_F, BEFORE = " * f[k - 1] * (1 - f[k - 1])", "c[k - 2] if k > 1 else trace.c0[:, 0]"
ROUND = Function(
    way_round,
    ways_round,
    "write the path node by node, and a factor for each arrow: (4.1) to (4.3)",
    {
        (BEFORE, "c[k - 1]"): "f_k was multiplied with the cell before the step, c_{k-1}",
        (BEFORE, "c[k - 2]"): "before step 1 stands c_0, in trace.c0; c[-1] is c_T",
        all_paths: "this is the sum over all paths; a single one is wanted",
        ("= dh_last", "= 1"): "the first factor is missing, dL/dh_T",
        (" * o[t - 1] * (1 - o[t - 1])", ""): "the slope of the sigmoid is missing at the output gates",
        (" * W_ho", ""): "from o~_t to h_{t-1} leads a weight, W_ho",
        ("* m[t - 1]", "* c[t - 1]"): "the output gate was multiplied with m_t = tanh(c_t), not c_t",
        ("(len(o), k,", "(len(o), k - 1,"): "at step k the path goes through m_k, not through the output gate",
        ("1 - m[k - 1] ** 2", "1 - np.tanh(m[k - 1]) ** 2"): "m_k is a tanh already: its slope is 1 - m_k^2",
        (SLOPE_F, ""): "the slope of the sigmoid is missing at the forget gate",
        (f" * before{SLOPE_F}", SLOPE_F): "what was the forget gate multiplied with?",
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
            -no_tau * TAU: "look at the sign",
            factor * weight * TAU: "the slope of the gate itself is missing",
        }
        | {wrong * weight * TAU: hint for wrong, hint in mistakes.items()},
        known=0.012,  # two digits will do
        decimals=4,
    )


FACTOR, A_TANH = "what is this gate multiplied with in C_t?", "the candidate is a tanh, not a sigmoid: another slope"
TERMS = {
    "via f": term("second", C, F * (1 - F), 2.0, {F: "the slope of the sigmoid is f (1 - f), not f"}),
    "via i": term("third", G, I * (1 - I), 1.5, {I * (1 - I): FACTOR}),
    "via g": term("fourth", I, 1 - G**2, -0.5, {1 - G**2: FACTOR, I * G * (1 - G): A_TANH}),
}
VIA_G, TOTAL = TERMS["via g"].right, F + sum(term.right for term in TERMS.values())
FIRST = Number(
    F,
    "at t = 1: which of the four terms are left if h_0 does not depend on c_0?",
    {
        TOTAL: "at t = 1: h_0 is given: does it move when c_0 does?",
        1.0: "at t = 1: on the way from c_0 to c_1 stands a gate",
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
        },
    ),
    "steps with all four terms": Number(
        until_half(TOTAL),
        "add up the four terms with all digits; which is the first power of the sum below 1/2?",
        {
            until_half(TOTAL) - 1: MORE,
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


REFEREE = "gradient_flow.cell_gradient(trace, weights, len(trace.h), 1)"
PRODUCT = Function(
    product_of_totals,
    lambda: [a_case(5, 2, 2, 3, seed=405), a_case(2, 3, 2, 2, seed=45)],
    "each factor is the sum of cell_state_terms(trace, weights, t)",
    {
        ("return product", f"return {REFEREE}"): "it gives the exact dC_T/dC_1; here the product is wanted",
        ("sum(terms.values()) @ product", "product @ sum(terms.values())"): "the newest factor must stand on the left",
        ("range(2,", "range(1,"): "it has the factor of t = 1 too; from C_1 on, the first one is that of t = 2",
        ("sum(terms.values())", "terms['f_direct']"): "it has only f_t; each factor is a sum of four terms",
        ("@ product", "* product"): "these are matrices: multiply them with @, not entry by entry",
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
    """A hint where the function calls the helper, or is it."""
    names = getattr(getattr(function, "__code__", None), "co_names", ())
    return BORROWED if any("cell_gradient" in name for name in names) else None


BORROWED = "the numbers are right, but they are the referee's: repair the given lines, without cell_gradient"
FAULT_A = ("tau = trace.o[step - 1] * (1 - trace.m[step - 1] ** 2)", "tau = trace.o[step] * (1 - trace.m[step] ** 2)")
FAULT_E = ("J @ product", "product @ J")
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
        planted(repaired, FAULT_A, FAULT_E): "the letters are right, but these are still the numbers of the given code",
        FAULT_E: "line A is repaired, line E not yet: see the rows from lag 2 on",
        FAULT_A: "line E is repaired, line A not yet: see the row for lag 1",
        (" * (1 - trace.m[step - 1] ** 2)", ""): "in line A, between h and C there is also the slope of tanh",
        ("tau[:, :, None] * identity", "np.zeros((N, H, H))"): "h_step is held fixed, but it moves with C_step",
        gradient_flow.cell_gradient: BORROWED,
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


COUPLED = Function(
    total_derivative,
    coupled_steps,
    "write c_t = f c_{t-1} + (1 - f) g, and differentiate it term by term",
    {
        (" + p_f * by_f", ""): "the peephole is not there yet: which new arrow leads from c_{t-1} to f~_t?",
        (" + by_h * tau[:, None, :]", ""): "the ways through h_{t-1} are missing: c_{t-1} makes h_{t-1}, too",
        ("(before.c - s.g)", "before.c"): "f_t also decides how much of g_t is written",
        ("before.c - s.g", "before.c + s.g"): "1 - f_t falls when f_t grows: mind the sign",
        (" * s.f * (1 - s.f)", ""): "the slope of the sigmoid is missing in the term via f",
        ("s.i * (1 - s.g", "(1 - s.g"): "what was the candidate multiplied with?",
        ("s.i * (1 - s.g**2)", "s.i"): "the slope of tanh is missing in the term via g",
        ("before.o * (1 - before.m**2)", "s.o * (1 - s.m**2)"): "tau belongs to step t - 1: h_{t-1} is made of o_{t-1}"
        " and m_{t-1}",
        (" * tau[:, None, :]", ""): "tau is missing, the way from h_{t-1} to c_{t-1}",
        ("tau[:, None, :]", "tau[:, :, None]"): "tau belongs to the old units: it multiplies the columns",
        ("return total", "return total.swapaxes(1, 2)"): "rows and columns are exchanged: the row is the unit of c_t",
        ("_, W_hf, W_hg, _", "W_hf, _, W_hg, _"): "these are not the rows of f: they are stacked i, f, g, o",
        ("p_f * by_f", "p_f * s.f * (1 - s.f)"): "what is f_t multiplied with in c_t, all told?",
        ("p_f * by_f", "p_f"): "between the peephole and c_t stands the forget gate, with its slope",
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
        (with_changes(W_h=[0.4, 0.3, 2, -0.4]), "it is 6.9 times"),
        (with_changes(b=[0, 2, 0, 0]), "the forget bias is 2"),
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
