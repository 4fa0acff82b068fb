"""What stands in people's backward passes where the equations of notebook 03 want something else: factor by factor.

Each table is {words: what it computes from the values of a step}; the entry None is the right one. The values of step t
go by the names of the forward pass (i, f, g, o, c, m, h, i_pre, ...), and c_prev, h_prev, m_prev are those of t - 1.
"""

import numpy as np

from lstm_helpers.lstm import sigmoid

EQUATION = {"i": "3.7", "f": "3.8", "g": "3.9", "o": "3.6"}


def one(v):
    return np.ones_like(v["i"])


def value(name):
    return lambda v: v[name]


def _factor(right, called, others):
    """The factor `right`; left out; or another value in its place."""
    table = {None: value(right), f"the factor {called} is left out": one}
    return table | {f"{word} stands where {called} belongs": value(name) for name, word in others.items()}


def _sigmoid_slope(s):
    slope = f"{s}(1 - {s})"
    return {
        None: lambda v: v[s] * (1 - v[s]),
        f"the slope of σ, {slope}, is forgotten": one,
        f"{s} itself stands where its slope {slope} belongs": value(s),
        f"1 - {s} stands where the slope {slope} belongs": lambda v: 1 - v[s],
        f"{slope} has the wrong sign inside: {s}(1 + {s})": lambda v: v[s] * (1 + v[s]),
        f"the slope of tanh, 1 - {s}², is applied to {s}, which is a σ": lambda v: 1 - v[s] ** 2,
        f"σ' is applied to {s}, which is squashed already; the slope is {slope}": lambda v: (
            sigmoid(v[s]) * (1 - sigmoid(v[s]))
        ),
        f"the slope {slope} is computed from the pre-activation instead of {s}": lambda v: (
            v[f"{s}_pre"] * (1 - v[f"{s}_pre"])
        ),
        f"σ({s}) stands where the slope {slope} belongs": lambda v: sigmoid(v[s]),
        f"the slope {slope} is applied twice": lambda v: (v[s] * (1 - v[s])) ** 2,
    }


def _tanh_slope(s, before, called):
    slope = f"1 - {s}²"
    return {
        None: lambda v: 1 - v[s] ** 2,
        f"the slope of tanh, {slope}, is forgotten": one,
        f"1 - ({called})² stands where {slope} belongs: the slope is made from the result of tanh": lambda v: (
            1 - v[before] ** 2
        ),
        f"tanh is taken once more of {s}, which is squashed already; the slope is {slope}": lambda v: (
            1 - np.tanh(v[s]) ** 2
        ),
        f"the slope of σ, {s}(1 - {s}), is applied to {s}, which is a tanh": lambda v: v[s] * (1 - v[s]),
        f"1 - {s} stands where {slope} belongs: the square is missing": lambda v: 1 - v[s],
        f"{slope} has the wrong sign inside: 1 + {s}²": lambda v: 1 + v[s] ** 2,
        f"{s}² stands where {slope} belongs": lambda v: v[s] ** 2,
        f"{s} itself stands where its slope {slope} belongs": value(s),
        f"the slope {slope} is applied twice": lambda v: (1 - v[s] ** 2) ** 2,
    }


SLOPES = {gate: _sigmoid_slope(gate) for gate in "ifo"} | {"g": _tanh_slope("g", "g_pre", "g̃")}
PARTNERS = {  # what a gate was multiplied with in the forward pass
    "o": _factor("m", "m = tanh c", {"c": "c_t", "h": "h_t", "g": "g_t", "c_prev": "c_{t-1}"}),
    "i": _factor("g", "g_t", {"c_prev": "c_{t-1}", "c": "c_t", "f": "f_t", "g_pre": "g̃_t", "m": "m_t"}),
    "f": _factor(
        "c_prev",
        "c_{t-1}",
        {"c": "c_t", "h_prev": "h_{t-1}", "g": "g_t", "m": "m_t", "m_prev": "tanh c_{t-1}", "first_c": "c_0"},
    )
    | {"0 stands where c_0 belongs": lambda v: 0 * v["c_prev"]},
    "g": _factor("i", "i_t", {"f": "f_t", "o": "o_t", "g": "g_t", "c_prev": "c_{t-1}"}),
}
CELL = {  # from δh_t to the first term of δc_t
    "factor": _factor("o", "o_t", {"m": "m_t", "f": "f_t", "i": "i_t", "o_slope": "o_t(1 - o_t)"}),
    "slope": _tanh_slope("m", "c", "c_t"),
}
ALONG = {  # from δc_{t+1} to δc_t, made from the values v of step t + 1, w of step t
    None: lambda v, w: v["f"],
    "the factor f_{t+1} of the carry is left out": lambda v, w: one(v),
    "f_t stands where the later step's f_{t+1} belongs": lambda v, w: w["f"],
    "i_{t+1} stands where f_{t+1} belongs": lambda v, w: v["i"],
    "o_{t+1} stands where f_{t+1} belongs": lambda v, w: v["o"],
    "δc_{t+1} f_{t+1} is multiplied by o_t(1 - m_t²) too: it comes along the cell, not through m_t": lambda v, w: (
        v["f"] * w["o"] * (1 - w["m"] ** 2)
    ),
    "δc_{t+1} f_{t+1} is multiplied by 1 - m_t² too: it comes along the cell, not through m_t": lambda v, w: (
        v["f"] * (1 - w["m"] ** 2)
    ),
}
TIMES = {1: "", -1: "has the wrong sign", 2: "is counted twice", 0.5: "is halved"}
