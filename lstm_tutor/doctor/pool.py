"""What can stand in the place of what is right: generated factors, and other ways to sum, to carry and to begin.

A new usual factor is a line in VALUES or FORMS; a new kind of wrong step a line in STEPS, of wrong sum one in MASKS,
SCALES or STATES, of what flows out one in OUT. Codes are those of reference.py; {} in one stands for the code that is right.
"""

import re
from dataclasses import dataclass
from itertools import combinations, permutations

from lstm_helpers.weights import GATES
from lstm_tutor.doctor.findings import IMMEDIATE, Arrow
from lstm_tutor.doctor.reference import INPUTS, RIGHT

EQUATION = {"i": "3.7", "f": "3.8", "g": "3.9", "o": "3.6"}
OWN = dict(zip(GATES, ("3.10", "3.11", "3.12", "3.13")))  # where one gate's parameters stand; (3.14) is all four
TILDE = "\u0303"


@dataclass(frozen=True)
class Change:
    """One mistake. equation: one number or two; words: what the doctor says, "" where it is none; parts: ((part, code), ...)
    of the reference; drawn: what the picture writes beside the arrows, instead of the codes."""

    equation: str
    words: str
    parts: tuple
    drawn: tuple = ()

    @property
    def arrows(self):
        """The arrows of the graph that carry something wrong."""
        return self.drawn or tuple(arrow for part in self.parts for arrow in arrows_of(*part))


# --- factors ---

VALUES = [f"s.{v}" for v in ("i", "f", "g", "o", "c", "m", "h", "i_pre", "f_pre", "g_pre", "o_pre")]
VALUES += ["p.c", "p.h", "p.m", "c_0", "h_0"]
ELSEWHERE = [f"{step}.{v}" for step in ("w", "pp", "n", "last", "first") for v in "ifgocmh"]
SLOPES = ["{0} * (1 - {0})", "(1 - {0}**2)"]
FORMS = [*SLOPES, "(1 - {0})", "(1 + {0})", "{0} * (1 + {0})", "(1 + {0}**2)", "{0}**2", "(1 - {0}) ** 2"]
ONCE_MORE = {"tanh": "(1 - np.tanh({0}) ** 2)", "σ": "sigmoid({0}) * (1 - sigmoid({0}))"}
FORMS += ["({0} * (1 - {0})) ** 2", "(1 - {0}**2) ** 2", "{0} * (1 - {0}**2)", "np.tanh({0})", "sigmoid({0})"]
FORMS += [*ONCE_MORE.values(), "(1 - sigmoid({0}) ** 2)", "(1 - abs({0}))", "1 / {0}"]
ATOMS = ["1", *VALUES, *ELSEWHERE, *(form.format(v) for form in FORMS for v in VALUES)]
ATOMS += [form.format(v) for form in SLOPES for v in ELSEWHERE]
ATOMS += [f"s.{a} * (1 - s.{b})" for a, b in permutations("ifgom", 2)]
ATOMS += [f"s.{a} * s.{b}" for a, b in combinations("ifgomc", 2)]

ALL_OF_H = r"\mathrm{all\ of}\ \delta h_t"
ARROWS = {  # of the graph, at step 2, in the direction of the forward pass: from, to, what it carries
    "immediate": [("h2", "L", IMMEDIATE)],
    "carried_h": [("h1", f"{k}~2", "W_h" * (k == "i")) for k in GATES],
    "of_cell": [("m2", "h2", ALL_OF_H)],
    "cell_factor": [("m2", "h2", "o_t")],
    "cell_slope": [("c2", "m2", "1-m_t^2")],
    "carried_c": [("c1", "c2", "f_{t+1}")],
    "before_c": [("f1", "c1", "c_0")],
    "o_partner": [("o2", "h2", "m_t")],
    "i_partner": [("i2", "c2", "g_t")],
    "f_partner": [("f2", "c2", "c_{t-1}")],
    "g_partner": [("g2", "c2", "i_t")],
    "g_slope": [("g~2", "g2", "1-g_t^2")],
    **{f"{k}_slope": [(f"{k}~2", f"{k}2", f"{k}_t(1-{k}_t)")] for k in "ifo"},
    **{f"of_{k}": [(f"{k}2", "h2" if k == "o" else "c2", "")] for k in GATES},
}


def arrows_of(part, code):
    """What the picture says of one part. A label is short: a longer code is told in words below the picture."""
    later = part == "next_c"
    label = written(code.removeprefix("d_c * "), later) if len(code) < 30 and "{" not in code else ""
    for start, end, belongs in ARROWS.get(part.replace("next_", "carried_"), ()):
        yield Arrow(start, end, label if belongs else "", belongs, each_step=part != "before_c")


def spoken(code, later=False):
    """A code in words: "s.c" is c_t, "p.c" is c_{t-1}. later: s is step t + 1."""
    t = ["t", "t-1", "t-2", "t+1"] if not later else ["t+1", "t", "t-1", "t+2"]
    index = {"s": t[0], "p": t[1], "w": t[1], "pp": t[2], "n": t[3], "last": "T", "first": "1"}
    code = re.sub(r"\b(s|pp?|w|n|last|first)\.(\w)(_pre)?\b", lambda m: name_of(m[2], index[m[1]], m[3]), code)
    code = re.sub(r" ?\*\* ?2", "²", code.replace("np.tanh", "tanh").replace("sigmoid", "σ"))
    return re.sub(r"^\((.*)\)$", r"\1", code).replace(" * (", "(").replace(" * ", " ")


def name_of(letter, step, pre):
    return letter + TILDE * bool(pre) + (f"_{step}" if len(step) == 1 else f"_{{{step}}}")


def written(code, later=False):
    """A code as mathtext, without its dollars."""
    words = spoken(code, later).replace("²", "^2").replace("σ", r"\sigma").replace("tanh", r"\tanh ")
    return re.sub(rf"(\w){TILDE}", r"\\tilde{\1}", words).replace(" ", r"\,")


def factor(part, code):
    """The Change: this code stands in the place of a factor."""
    gate = part[0] if part[1] == "_" else None
    words = (
        of_slope(part, code) if part.endswith("slope") else f"{spoken(code)} stands where {spoken(RIGHT[part])} belongs"
    )
    if code == "1" and not part.endswith("slope"):
        words = f"the factor {spoken(RIGHT[part])} is left out"
    return Change(EQUATION.get(gate, "3.5"), (f"δ{gate}{TILDE}_t: " if gate else "") + words, ((part, code),))


def of_slope(part, code):
    s = re.search(r"s\.(\w)", RIGHT[part])[1]
    slope, function = (f"1 - {s}²", "tanh") if s in "gm" else (f"{s}(1 - {s})", "σ")
    once_more = ONCE_MORE[function].format(f"s.{s}")
    return {
        "1": f"the slope of {function}, {slope}, is forgotten",
        f"s.{s}": f"{s} itself stands where its slope {slope} belongs",
        once_more: f"{function} is taken once more of {s}, which is squashed already; the slope is {slope}",
    }.get(code, f"{spoken(code)} stands where the slope {slope} belongs")


def times_words(c):
    return {-1: "has the wrong sign", 2: "is counted twice", 0.5: "is halved"}.get(c, f"comes {c:.4g} times")


ORDERS = ["".join(order) for order in permutations(GATES) if "".join(order) != GATES]


def rows(order):
    """The Change: the four blocks are stacked in another order, on the way back too."""
    words = f"the rows of the gates are stacked {', '.join(order)}; the weights want i, f, g, o"
    return Change("3.14", words, (("rows", order),))


# --- what flows from step to step ---

STEPS = """
3.4     | carried_h = 0                     | the carry is left out: δh_t must also hear from step t + 1, through W_h
3.5     | carried_c = 0                     | the carry along the cell, δc_{t+1} f_{t+1}, is left out
3.5     | of_cell = 0; carried_c = 0        | δc_t is 0: is it never assigned, or are its two terms multiplied? They are to be added
3.5     | of_cell = 0                       | the first term of δc_t, δh_t o_t (1 - m_t²), is left out
3.5     | of_cell = dh[t]                   | δc_t: the immediate ∂⁺L/∂h_t stands where the total δh_t belongs
3.5     | of_cell = (d_h + carry_h)         | δc_t: the carry of h is in it twice
3.5     | of_cell = carry_h                 | δc_t: of δh_t only the carry is in it
3.4     | next_h = carry_h + {}             | the carry of h piles up: each step adds to it, and it must be made anew
3.4     | next_h = {} + dh[t]               | ∂⁺L/∂h_t is handed on to the step before as well
3.5     | next_c = carry_c + {}             | the carry along the cell piles up: each step adds to it, and it must be made anew
3.5     | next_c = through_h * s.f          | the carry along the cell hands on the first term of δc_t alone
3.5     | next_c = carry_c * s.f            | the carry along the cell hands on what it was handed, without the first term of δc_t
3.5     | next_c = d_h * s.f                | δh_{t+1} stands where δc_{t+1} belongs, in what comes along the cell
3.5     | carried_c = {} * (1 - s.m**2)     | δc_{t+1} f_{t+1} is multiplied by 1 - m_t² too: it does not come through m_t
3.5     | carried_c = {} * s.o * (1 - s.m**2) | δc_{t+1} f_{t+1} is multiplied by o_t(1 - m_t²) too: it does not come through m_t
3.4 3.5 | next_h = d_c * s.f; next_c = VIA  | the carries of h and c are exchanged
3.6     | of_o = through_h                  | δõ_t: the first term of δc_t stands where δh_t belongs
{n}     | of_{k} = IMMEDIATE                | δ{k}̃_t: the immediate ∂⁺L/∂h_t stands where the total belongs
{n}     | of_{k} = carry_{s}                | δ{k}̃_t: only what comes from the step after is in it
{n}     | of_{k} = through_h                | δ{k}̃_t: only the first term of δc_t is in it, without what comes along the cell
{n}     | {k}_slope = {} * (t == T - 1)     | δ{k}̃_t: only the last step's is made
{n}     | {k}_slope = {} * (t > 0)          | δ{k}̃_t: it is 0 at the first step
{n}     | {k}_slope = {} * (t < T - 1)      | δ{k}̃_t: it is 0 at the last step
3.8     | f_partner = ({} if t else c_0)    |
3.8     | before_c = 0 * c_0                | δf̃_1: 0 stands where c_0 belongs
3.8     | before_c = last.c                 | δf̃_1: c_T (Python's steps[-1]) stands where c_0 belongs
3.8     | before_c = first.c                | δf̃_1: c_1 stands where c_0 belongs
3.8     | before_c = first.m                | δf̃_1: m_1 stands where c_0 belongs
3.8     | before_c = h_0                    | δf̃_1: h_0 stands where c_0 belongs
3.8     | before_c = np.tanh(c_0)           | δf̃_1: tanh(c_0) stands where c_0 belongs
3.8     | before_c = 1 + 0 * c_0            | δf̃_1: 1 stands where c_0 belongs
3.4     | immediate = dh[t] * (t == T - 1)  | dh of an earlier step than the last is not used: every step has its immediate part
3.4     | immediate = dh[t] * (t < T - 1)   | ∂⁺L/∂h_T, the immediate part of the last step, is left out
3.4     | immediate = dh[t] * (t > 0)       | ∂⁺L/∂h_1, the immediate part of the first step, is left out
3.4     | immediate = dh[T - 1 - t]         | dh is taken in the reverse order: row t of dh belongs to row t of steps
3.4     | immediate = dh[t - 1]             | dh of the step before is taken
3.4     | immediate = dh[min(t + 1, T - 1)] | dh of the step after is taken
3.4     | immediate = dh[T - 1]             | dh of the last step is taken at every step
3.4     | immediate = dh[0]                 | dh of the first step is taken at every step
3.4     | immediate = dh[t] / N             | everything is divided by the number of sequences: dh is the derivative of L already
3.4     | immediate = dh[t] / T             | everything is divided by the number of steps: dh is the derivative of L already
3.4     | immediate = dh[t] / (N * T)       | everything is divided by the number of steps and sequences: dh is the derivative of L
3.4     | immediate = -dh[t]                | every gradient has the wrong sign, as if ∂⁺L/∂h_t had
3.4     | immediate = 2 * dh[t]             | ∂⁺L/∂h_t, the immediate part of δh_t, is counted twice
3.4     | immediate = dh[t] / 2             | ∂⁺L/∂h_t, the immediate part of δh_t, is halved
3.4     | immediate = dh[t:].sum(0)         | dh of all later steps is added to that of this one: they are heard through the carries
3.4     | immediate = dh[: t + 1].sum(0)    | dh of all earlier steps is added to that of this one
3.4     | immediate = dh.sum(0)             | dh of all steps is added up at every step
3.4     | immediate = dh.mean(0)            | the mean of dh over the steps is taken at every step
3.4     | immediate = 0 * dh[t]             | ∂⁺L/∂h_t, the immediate part of δh_t, is left out
3.4     | immediate = dh[t] * s.o           | ∂⁺L/∂h_t is multiplied by o_t
3.4 3.5 | order = range(T)                  | the loop runs forwards in time: what step t hears comes from step t + 1, begin at the last
3.14    | order = reversed(range(min(1, T - 1), T)) | the first step is left out of the loop
3.14    | order = [T - 1]                   | only the last step is made
3.14    | order = [0]                       | only the first step is made
3.14    | order = reversed(range(max(T - 2, 0), T)) | only the last two steps are made
3.14    | order = reversed(range(max(T - 3, 0), T)) | only the last three steps are made
3.14    | order = range(T - 1, -1, -2)      | every other step is left out
3.4     | carried_h = {} * (t > 0)          | the carry of h is left out at the first step
3.5     | carried_c = {} * (t > 0)          | the carry along the cell is left out at the first step
3.4     | carried_h = {} * (t > T - K)      | the carry of h is cut K - 2 steps before the last
3.5     | carried_c = {} * (t > T - K)      | the carry along the cell is cut K - 2 steps before the last
3.4 3.5 | carried_h = {} * (t > T - K); carried_c = {} * (t > T - K) | both carries are cut K - 2 steps before the last
3.4 3.5 | carried_h = {} * ((T - 1 - t) % K > 0); carried_c = {} * ((T - 1 - t) % K > 0) | both carries are cut every K steps
3.4     | start_h = 1                       | the carry of h begins at 1: nothing comes after the last step
3.4     | start_h = dh[-1]                  | the carry of h begins at dh_T: nothing comes after the last step
3.5     | start_c = 1                       | the carry along the cell begins at 1: nothing comes after the last step
3.5     | start_c = last.c                  | the carry along the cell begins at c_T: nothing comes after the last step
3.5     | start_c = c_0                     | the carry along the cell begins at c_0: nothing comes after the last step
3.5     | start_c = dh[-1]                  | the carry along the cell begins at dh_T: nothing comes after the last step
"""
WIDE = """
3.4     | next_h = VIA_TURNED               | W_h is transposed on the way back: δz̃ W_h, with rows for δz̃, is wanted, here and in (3.16)
3.4     | next_h = VIA_{k}                  | W_h{k} is transposed on the way back
3.4     | next_h = {}.mean(0)               | the carry of h is averaged over the sequences of a batch: each sequence has one of its own
3.4     | next_h = {}.sum(0)                | the carry of h is added up over the sequences of a batch: each sequence has one of its own
3.4     | next_h = {}[:1]                   | the carry of h is that of the first sequence for all of a batch
3.4     | next_h = {}[-1:]                  | the carry of h is that of the last sequence for all of a batch
3.4     | next_h = {}.mean(1, keepdims=True) | the carry of h is averaged over the units
3.5     | next_c = {}.mean(0)               | the carry along the cell is averaged over the sequences of a batch
3.5     | next_c = {}.sum(0)                | the carry along the cell is added up over the sequences of a batch
3.5     | next_c = {}.mean(1, keepdims=True) | the carry along the cell is averaged over the units
3.4     | immediate = dh[t].mean(0)         | the mean of dh over the sequences is taken
3.4     | immediate = dh[t].sum(0)          | the sum of dh over the sequences is taken
3.8     | before_c = c_0[:1]                | δf̃_1: the first sequence's c_0 stands where each one's own belongs
3.4     | together = False; start_h = left_h | the carry of h is not set to zero before the next sequence of a batch
3.5     | together = False; start_c = left_c | the carry along the cell is not set to zero before the next sequence of a batch
3.4 3.5 | together = False; start_h = left_h; start_c = left_c | the carries are not set to zero before the next sequence
"""


def table(text):
    """The Changes of a table's lines; one with {k} in it four times, one with K in it for 2 to 5."""
    turned = {k: f"via('{k}', '{k}', True)" for k in GATES}
    vias = {"VIA_TURNED": " + ".join(turned.values()), "VIA": RIGHT["next_h"]}
    vias |= {f"VIA_{k}": RIGHT["next_h"].replace(f"via('{k}', '{k}')", turned[k]) for k in GATES}
    for line in text.strip().splitlines():
        for one in lines_of(line):
            equation, parts, words = (piece.strip() for piece in one.split(" |"))
            parts = (part.split(" = ") for part in parts.split("; "))
            yield Change(equation, words, tuple((part, vias.get(code, code)) for part, code in parts))


def lines_of(line):
    if re.search(r"\bK\b", line):
        for K in (2, 3, 4, 5):
            yield re.sub(r"\bK\b", str(K), line.replace("K - 2", str(K - 2)))
    elif "{k}" not in line:
        yield line
    for k in GATES if "{k}" in line else ():
        immediate = "dh[t]" if k == "o" else "(dh[t] * s.o * (1 - s.m**2))"
        source = "h" if k == "o" else "c"
        line_k = (
            line.replace("{k}", k).replace("{n}", EQUATION[k]).replace("{s}", source).replace("IMMEDIATE", immediate)
        )
        if not (k == "o" and "of_o = through_h" in line_k):
            yield line_k


STEPS, WIDE = tuple(table(STEPS)), tuple(table(WIDE))

# --- what flows out: (3.15) and (3.16) ---

EVERY = {  # of x, h_0 and c_0
    "0": "it is 0: never assigned?",
    "{} / N": "it is divided by the number of sequences",
    "{} / T": "it is divided by the number of steps",
    "{} * 2": "it is counted twice",
    "-{}": "it has the wrong sign",
    "{}[..., -1:, :]": "every sequence has that of the last",
    "{}[..., :1, :]": "every sequence has that of the first",
    "{} * (np.arange(N) == N - 1)[:, None]": "only the last sequence's is there",
    "{} * (np.arange(N) == 0)[:, None]": "only the first sequence's is there",
    "{}.sum(-2, keepdims=True)": "every sequence has the sum of all sequences",
    "{}.mean(-2, keepdims=True)": "every sequence has the mean of all sequences",
}
EXCHANGED = "{{}} + (z_{0} - z_{1}) @ (W['{1}'] - W['{0}'])"
OUT = {  # {name: {code: words}}; no words: it is what the equation says, of the student's own deltas
    "x": {
        **{f"{{}} - z_{k} @ W['{k}']": f"the gate {k} is left out" for k in GATES},
        **{f"z_{k} @ W['{k}']": f"only the gate {k} is in it (is = where += belongs?)" for k in GATES},
        **{EXCHANGED.format(a, b): f"W_x{a} and W_x{b} are exchanged" for a, b in combinations(GATES, 2)},
        "np.roll({}, 1, 0)": "a step's is stored at the step after",
        "np.roll({}, -1, 0)": "a step's is stored at the step before",
        "{}[::-1]": "its steps are in the reverse order",
        "np.roll({}[::-1], 1, 0)": "row t is stored at row -t",
        "{}.sum(0)": "every step has the sum of all steps",
        "{}[::-1].cumsum(0)[::-1]": "each step has the later ones added to it",
        "{}[:1]": "every step has that of the first",
        "{}[-1:]": "every step has that of the last",
        "{} * (np.arange(T) > 0)[:, None, None]": "the first step's is 0",
        "{} * (np.arange(T) < T - 1)[:, None, None]": "the last step's is 0",
        "{} * (np.arange(T) == T - 1)[:, None, None]": "only the last step's is there",
        "{} * (np.arange(T) == 0)[:, None, None]": "only the first step's is there",
    },
    "h_0": {
        RIGHT["next_h"]: "",
        "dh[0] + {}": "∂⁺L/∂h_1 is added to it",
        "d_h": "δh_1 stands there: it has to go through the gates and W_h once more",
        "d_c": "δc_1 stands there",
        "carry_c": "δc_0 stands there",
        "d_h * s.o": "δh_1 o_1 stands there",
    },
    "c_0": {
        RIGHT["next_c"]: "",
        "d_c": "δc_1 stands there, without f_1",
        "carry_c * s.f": "f_1 is in it twice",
        "d_c * last.f": "f_T stands where f_1 belongs",
        "carry_h": "δh_0 stands there",
        "d_h": "δh_1 stands there",
        "d_h * s.f": "δh_1 stands where δc_1 belongs",
        "through_h * s.f": "only the first term of δc_1 is in it",
    },
}

# --- sums of the parameters: (3.10) to (3.14) ---

MASKS = {  # of the deltas and of what they are multiplied with, alike
    "[:1]": "only the first step is in it; the steps must be added up (is = where += belongs?)",
    "[-1:]": "only the last step is in it; the steps must be added up",
    "[1:]": "the first step is left out",
    "[:-1]": "the last step is left out",
    "[:, :1]": "only the first sequence of a batch is used",
    "[:, -1:]": "only the last sequence of a batch is used",
    "[:, 1:]": "the first sequence of a batch is left out",
    "[:, :-1]": "the last sequence of a batch is left out",
    "[-1:, :1]": "only the last step of the first sequence is used",
    "[:1, :1]": "only the first step of the first sequence is used",
    "[:1, -1:]": "only the first step of the last sequence is used",
}
SCALES = {
    " / N": "the mean over the sequences is taken, and the sum is wanted",
    " / T": "the mean over the steps is taken, and the sum is wanted",
    " / (N * T)": "the mean over steps and sequences is taken, and the sum is wanted",
    " / H": "it is divided by the number of units",
    " * 2": "it is counted twice",
    " / 2": "it is halved",
    " * -1": "it has the wrong sign",
    " * 0": "it is 0: never assigned?",
    " + 1": "1 is added to it: where does the sum begin?",
}
OTHER_STEPS = {
    "np.roll({}, 1, 0)": "{} of the step before",
    "np.roll({}, -1, 0)": "{} of the step after",
    "{}[::-1]": "{} in the reverse order",
    "{}[-1:] + 0 * {}": "{} of the last step",
    "{}[:1] + 0 * {}": "{} of the first step",
}
STATES = {"h": "h_t", "c": "c_t", "c_before": "c_{t-1}"}  # in the place of h_{t-1}
STATES |= {
    "np.concatenate([0 * h[:1], h[:-1]])": "0 for h_0",
    "np.concatenate([h[-1:], h[:-1]])": "h_T (Python's steps[-1]) for h_0",
    "np.concatenate([h[:1], h[:-1]])": "h_1 for h_0",
    "np.concatenate([h_before[:1], h[1:]])": "h_t, from the second step on,",
    "np.roll(h, 2, 0)": "h_{t-2}",
    "h[-1:] + 0 * h": "h_T, at every step,",
    "h[:1] + 0 * h": "h_1, at every step,",
}


def of_parameters(name, gate):
    """(code, words) of dL/dW_x, dL/dW_h or dL/db of one gate: first one change, then two."""
    right = {"deltas": f"z_{gate}", "inputs": INPUTS[name], "mask": "", "scale": ""}
    singles = [({kind: code}, words) for kind, code, words in single_changes(name, gate, right)]
    pairs = [(a | b, f"{said}; {more}") for (a, said), (b, more) in combinations(singles, 2) if not a.keys() & b.keys()]
    for changed, words in singles + pairs:
        yield "add(({deltas}){mask}, ({inputs}){mask}){scale}".format(**right | changed), words


def single_changes(name, gate, right):
    yield from (("mask", code, words) for code, words in MASKS.items())
    yield from (("scale", code, words) for code, words in SCALES.items())
    own, belongs = right["deltas"], f"stands where δ{gate}{TILDE}_t belongs"
    for k in GATES.replace(gate, ""):
        yield "deltas", f"z_{k}", f"δ{k}{TILDE}_t {belongs}"
    yield "deltas", "delta_c", f"δc_t {belongs}"
    yield "deltas", "delta_h", f"δh_t {belongs}"
    for code, words in OTHER_STEPS.items():
        yield "deltas", code.replace("{}", own), f"{words.format(f'δ{gate}{TILDE}')} {belongs}"
    if name != "b":
        called = {"W_x": "x", "W_h": "h_{t-1}"}[name]
        for code, words in OTHER_STEPS.items():
            yield "inputs", code.replace("{}", right["inputs"]), f"{words.format(called)} stands where it belongs"
    for code, words in STATES.items() if name == "W_h" else ():
        yield "inputs", code, f"{words} stands where h_{{t-1}} belongs"
    if name == "W_h":
        yield "scale", ".T", "it is transposed"


def of_all_sums():
    """One Change of W_x, W_h and b alike, for each of MASKS and SCALES."""
    for kind, code, words in [
        *(("mask", *item) for item in MASKS.items()),
        *(("scale", *item) for item in SCALES.items()),
    ]:
        codes = {"mask": "add((z_{0}){2}, ({1}){2})", "scale": "add(z_{0}, {1}){2}"}[kind]
        parts = [(f"{name} {k}", codes.format(k, INPUTS[name], code)) for name in INPUTS for k in GATES]
        yield Change("3.14", f"W_x, W_h, b: {words}", tuple(parts))


SUMS = tuple(of_all_sums())
