"""What stands in people's backward passes where the equations of notebook 03 want something else, each once.

Everything is written as that notebook's `backward` writes it: s is the step, c_prev and h_prev are the states before
it. So one line here is what the doctor looks up, what a picture writes beside an arrow, and what the gallery of
notebook 03 plants.
"""

import re
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from lstm_helpers.lstm import sigmoid

RIGHT_SOURCE = {"o": "δh", "i": "δc", "f": "δc", "g": "δc"}
SOURCES = {"δh": "δh_t", "δm": "δm_t = δh_t o_t", "δc": "δc_t"}  # what a gate's delta may be made of
EQUATION = {"i": "3.7", "f": "3.8", "g": "3.9", "o": "3.6"}
LINES = {  # of `backward`, {name: what it is made of}; a mistake changes one
    "d_h": "dh[t] + carry_h",
    "d_c": "d_h * s.o * (1 - s.m**2) + carry_c",
    "d_o": "d_h * s.m * s.o * (1 - s.o)",
    "d_i": "d_c * s.g * s.i * (1 - s.i)",
    "d_f": "d_c * c_prev * s.f * (1 - s.f)",
    "d_g": "d_c * s.i * (1 - s.g**2)",
}


class Factor:
    """A factor as code. Called with what steps know, Case.values, it is a number for each case."""

    def __init__(self, code):
        self.code = code
        self.compiled = compile(code, "a factor", "eval")

    def __call__(self, v, before=None):
        names = {"np": np, "sigmoid": sigmoid, "s": SimpleNamespace(**v), "c_0": v["first_c"]} | v
        names["before"] = SimpleNamespace(**(before or {}))
        return eval(self.compiled, names) * np.ones_like(v["i"])

    def written(self, place=None):
        """As mathtext, without its dollars. In the carry along the cell, s is step t + 1."""
        code = re.sub(r"\b(s|before)\.(\w)_pre\b", r"\\tilde{\2}_t", self.code)
        code = re.sub(r"\bs\.(\w)\b", r"\1_{t+1}" if place is ALONG else r"\1_t", code)
        code = re.sub(r"\b([ch])_prev\b", r"\1_{t-1}", re.sub(r"\bbefore\.(\w)\b", r"\1_t", code))
        code = code.replace("np.tanh", r"\tanh").replace("sigmoid", r"\sigma").replace(" ** ", "**")
        return code.replace("**2", "^2").replace(" * ", r"\,").replace(" - ", "-").replace(" + ", "+")


@dataclass(frozen=True)
class Mistake:
    """One that can be planted: in `backward`, `right` becomes `wrong`. words: what the doctor says of it."""

    equation: str
    words: str
    right: str
    wrong: str

    @property
    def said(self):
        return self.equation, self.words


class Place(dict):
    """Where one factor stands in an equation: {words: Factor}, of which None has the right one.

    line: of LINES. arrow: of the graph, in the direction of the forward pass, at step 2.
    """

    def __init__(self, equation, line, arrow, right, others):
        super().__init__({None: Factor(right)} | {words: Factor(code) for words, code in others.items()})
        self.equation, self.line, self.arrow = equation, line, arrow

    def mistake(self, words):
        """The one with these words, planted in the line of `backward`."""
        code, right = self[words].code, self[None].code
        before = f"{self.line} = {LINES[self.line]}"
        code = "" if code == "1" else f" * ({code})" if re.search(" [-+*] ", code) else f" * {code}"
        return Mistake(self.equation, words, before, code.join(before.rsplit(f" * {right}", 1)))


def times_words(c):
    return {-1: "has the wrong sign", 2: "is counted twice", 0.5: "is halved"}.get(c, f"comes {c:.4g} times")


def spoken(code):
    """A value of the code in words: "s.c" is c_t, "c_prev" is c_{t-1}."""
    code = re.sub(r"\bs\.(\w)_pre\b", "\\1\u0303_t", code)
    code = re.sub(r"\bs\.(\w)\b", r"\1_t", code)
    return re.sub(r"np\.tanh\((.*)\)", r"tanh \1", re.sub(r"\b([ch])_prev\b", r"\1_{t-1}", code))


def _factor(equation, line, arrow, right, others, more=None):
    """The factor `right`, left out, or another value in its place."""
    called = {"s.m": "m = tanh c"}.get(right, spoken(right))
    table = {f"the factor {called} is left out": "1"}
    table |= {f"{spoken(code)} stands where {called} belongs": code for code in others}
    return Place(equation, line, arrow, right, table | (more or {}))


def _sigmoid_slope(s):
    slope = f"{s}(1 - {s})"
    others = (
        {
            f"the slope of σ, {slope}, is forgotten": "1",
            f"{s} itself stands where its slope {slope} belongs": f"s.{s}",
            f"1 - {s} stands where the slope {slope} belongs": f"1 - s.{s}",
            f"{slope} has the wrong sign inside: {s}(1 + {s})": f"s.{s} * (1 + s.{s})",
            f"the slope of tanh, 1 - {s}², is applied to {s}, which is a σ": f"1 - s.{s}**2",
            f"σ' is applied to {s}, which is squashed already; the slope is {slope}": (
                f"sigmoid(s.{s}) * (1 - sigmoid(s.{s}))"
            ),
            f"the slope {slope} is computed from the pre-activation instead of {s}": f"s.{s}_pre * (1 - s.{s}_pre)",
            f"σ({s}) stands where the slope {slope} belongs": f"sigmoid(s.{s})",
            f"the slope {slope} is applied twice": f"(s.{s} * (1 - s.{s})) ** 2",
            f"the square is one too many: {s}(1 - {s}²)": f"s.{s} * (1 - s.{s}**2)",
        }
        | {
            f"{k}(1 - {k}), the slope of {k}, stands where the slope {slope} belongs": f"s.{k} * (1 - s.{k})"
            for k in "ifo"
            if k != s
        }
        | {
            f"1 - g², the slope of g, stands where the slope {slope} belongs": "1 - s.g**2",
        }
    )
    return Place(EQUATION[s], f"d_{s}", (f"{s}~2", f"{s}2"), f"s.{s} * (1 - s.{s})", others)


def _tanh_slope(s, before, called, *place):
    slope = f"1 - {s}²"
    others = {
        f"the slope of tanh, {slope}, is forgotten": "1",
        f"1 - ({called})² stands where {slope} belongs: the slope is made from the result of tanh": f"1 - {before}**2",
        f"tanh is taken once more of {s}, which is squashed already; the slope is {slope}": f"1 - np.tanh(s.{s})**2",
        f"the slope of σ, {s}(1 - {s}), is applied to {s}, which is a tanh": f"s.{s} * (1 - s.{s})",
        f"1 - {s} stands where {slope} belongs: the square is missing": f"1 - s.{s}",
        f"{slope} has the wrong sign inside: 1 + {s}²": f"1 + s.{s}**2",
        f"{s}² stands where {slope} belongs": f"s.{s}**2",
        f"{s} itself stands where its slope {slope} belongs": f"s.{s}",
        f"the slope {slope} is applied twice": f"(1 - s.{s}**2) ** 2",
        f"(1 - {s})² stands where {slope} belongs": f"(1 - s.{s}) ** 2",
        f"1 - σ({called})², the slope made from σ, stands where {slope} belongs": f"1 - sigmoid({before})**2",
        f"the slope of σ of {called} stands where {slope} belongs": f"sigmoid({before}) * (1 - sigmoid({before}))",
    }
    if s == "g":
        others |= {
            f"{k}(1 - {k}), the slope of {k}, stands where the slope {slope} belongs": f"s.{k} * (1 - s.{k})"
            for k in "ifo"
        }
    return Place(*place, f"(1 - s.{s}**2)", others)


SLOPES = {gate: _sigmoid_slope(gate) for gate in "ifo"}
SLOPES["g"] = _tanh_slope("g", "s.g_pre", "g̃", "3.9", "d_g", ("g~2", "g2"))
PARTNERS = {  # what a gate was multiplied with in the forward pass
    "o": _factor("3.6", "d_o", ("o2", "h2"), "s.m", ["s.c", "s.h", "s.g", "c_prev", "np.tanh(c_prev)"]),
    "i": _factor("3.7", "d_i", ("i2", "c2"), "s.g", ["c_prev", "s.c", "s.f", "s.g_pre", "s.m", "s.i"]),
    "f": _factor(
        "3.8",
        "d_f",
        ("f2", "c2"),
        "c_prev",
        ["s.c", "h_prev", "s.g", "s.m", "np.tanh(c_prev)", "c_0"],
        {"0 stands where c_0 belongs": "0 * c_prev"},
    ),
    "g": _factor("3.9", "d_g", ("g2", "c2"), "s.i", ["s.f", "s.o", "s.g", "c_prev", "s.i_pre"]),
}
CELL = {  # from δh_t to the first term of δc_t
    "factor": _factor("3.5", "d_c", ("m2", "h2"), "s.o", ["s.m", "s.f", "s.i", "s.o_pre", "s.o * (1 - s.o)"]),
    "slope": _tanh_slope("m", "s.c", "c_t", "3.5", "d_c", ("c2", "m2")),
}
ALONG = Place(  # from δc_{t+1} to δc_t; s is step t + 1, before is step t
    "3.5",
    "carry_c",
    ("c1", "c2"),
    "s.f",
    {
        "the factor f_{t+1} of the carry is left out": "1",
        "f_t stands where the later step's f_{t+1} belongs": "before.f",
        "i_{t+1} stands where f_{t+1} belongs": "s.i",
        "o_{t+1} stands where f_{t+1} belongs": "s.o",
        "δc_{t+1} f_{t+1} is multiplied by o_t(1 - m_t²) too: it comes along the cell, not through m_t": (
            "s.f * before.o * (1 - before.m**2)"
        ),
        "δc_{t+1} f_{t+1} is multiplied by 1 - m_t² too: it comes along the cell, not through m_t": (
            "s.f * (1 - before.m**2)"
        ),
        "δh_{t+1} stands where δc_{t+1} belongs": "s.f / (s.o * (1 - s.m**2))",
        "the slope f_{t+1}(1 - f_{t+1}) stands where f_{t+1} belongs": "s.f * (1 - s.f)",
    },
)
TERMS = {  # what is left out of a sum, or in the wrong order
    "carry of h": Mistake(
        "3.4",
        "the carry is left out: δh_t must also hear from step t + 1, through W_h",
        "dh[t] + carry_h",
        "dh[t]",
    ),
    "carry of c": Mistake(
        "3.5",
        "the carry along the cell, δc_{t+1} f_{t+1}, is left out",
        "(1 - s.m**2) + carry_c",
        "(1 - s.m**2)",
    ),
    "product": Mistake(
        "3.5",
        "δc_t is 0 where no later step says anything: are its two terms multiplied? They are to be added",
        "(1 - s.m**2) + carry_c",
        "(1 - s.m**2) * carry_c",
    ),
    "rows": Mistake(
        "3.14",
        "the rows of the gates are stacked f, i, g, o; the weights want i, f, g, o",
        "[d_i, d_f, d_g, d_o]",
        "[d_f, d_i, d_g, d_o]",
    ),
    "first step": Mistake(
        "3.14",
        "W_x: only the first step is in it; the steps must be added up (is = where += belongs?)",
        "dW_x + d_z.T @ x[t]",
        "d_z.T @ x[t]",
    ),
    "first sequence": Mistake("3.14", "b: only the first sequence of a batch is used", "d_z.sum(axis=0)", "d_z[0]"),
}
GALLERY = {  # of notebook 03, by the names that they have there
    "carry of h dropped": TERMS["carry of h"],
    "carry of c dropped": TERMS["carry of c"],
    "carry of c multiplied": TERMS["product"],
    "slope of the forget gate forgotten": SLOPES["f"].mistake("the slope of σ, f(1 - f), is forgotten"),
    "tanh of what is already squashed": CELL["slope"].mistake(
        "tanh is taken once more of m, which is squashed already; the slope is 1 - m²"
    ),
    "c_t where c_(t-1) belongs": PARTNERS["f"].mistake("c_t stands where c_{t-1} belongs"),
    "rows in the order f, i, g, o": TERMS["rows"],
    "first step only, no sum over time": TERMS["first step"],
    "bias: first sequence only": TERMS["first sequence"],
}
