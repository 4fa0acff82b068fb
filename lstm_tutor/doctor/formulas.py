"""What a formula is asked with, how its answers are taken, what it is the sum of, and what may stand in its factors."""

import re
from copy import deepcopy
from dataclasses import dataclass, is_dataclass
from functools import cache, cached_property
from itertools import chain, pairwise
from types import SimpleNamespace

import numpy as np

from lstm_helpers.gradient_flow import gradient_paths
from lstm_helpers.lstm import lstm_forward, sigmoid
from lstm_helpers.weights import GATES
from lstm_tutor.doctor.asking import Stop, answer_of, as_array
from lstm_tutor.doctor.cases import close, draw_case, side_by_side
from lstm_tutor.doctor.pool import ATOMS, FORMS, SLOPES, TILDE, of_slope, spoken
from lstm_tutor.doctor.reference import RIGHT, around, evaluate, known_steps

JUDGES = 20  # of the random networks: they take no part in a search
NEAR = 1e-9  # so near to 1 a ratio is no mistake
NAME = re.compile(r"\b[spwn]\.\w+|\b[ch]_0\b|W_\w+|dL\S+")
CODES = [code for code in ATOMS if not re.search(r"\b(pp|first|last)\.", code)]
EXTRA = {form.format(f"s.{v}") for form in ("{0}", *SLOPES) for v in "ifgocmhXS"}
DOORS = ("4.4", "4.5", "4.6", "4.7", "4.8")  # of the five paths from L_3 to f~_2
SLOPE, BEGIN = "(1 - s.S**2)", "a factor dS_j/dS_{{j-1}} too {}: the product must begin at j = k + 1"
RNN_ATOMS = ["1", *(f.format(v) for f in ("{0}", *FORMS) for v in ("s.X", "s.S", "p.X", "p.S", "n.X", "n.S"))]


def answers(formula, asked, names):
    """-> its numbers, remarks, whether they grow with the last argument. Raises Stop where it gives none."""
    numbers, given = np.array([answer(formula, deepcopy(each)) for each in asked]), deepcopy(asked[0])
    if answer(formula, given) != numbers[0]:
        raise Stop("the same call gives another answer each time: does something outlast a call, or is it chance?")
    new, old = arrays_of(given, names), arrays_of(asked[0], names)
    changed = [name for name in old if not np.array_equal(new[name], old[name])]
    larger = np.array([answer(formula, deepcopy((*each[:-1], 1000 * each[-1]))) for each in asked[:3]])
    remarks = [f"the function changes its argument {n}: work on a copy, or use = instead of +=" for n in changed[:1]]
    return numbers, tuple(remarks), close(larger, 1000 * numbers[:3], 1e-4)


def answer(formula, arguments):
    """What it answers for one network, a number."""
    number = as_array(answer_of(formula, *arguments))
    if number.size != 1 or number.dtype.kind not in "fiu":
        raise Stop(f"one number is wanted, the derivative of one network, and not an array of the shape {number.shape}")
    if not np.isfinite(number).all():
        raise Stop("the function gives NaN or infinity")
    return float(number.reshape(()))


def arrays_of(arguments, names):
    """{name: array}, of a record's arrays each by itself."""
    parts = [vars(argument) if is_dataclass(argument) else {"": argument} for argument in arguments]
    return {f"{name}.{part}".strip("."): array for name, of in zip(names, parts) for part, array in of.items()}


@dataclass(frozen=True)
class Sum:
    """A derivative as a sum over paths. paths: {called: arrows}, arrows as (from, to), in the direction of the forward
    pass. right: {arrow: factor}, a number for each network. wrong: {arrow: {words: (how unusual, another factor / the
    right one)}}. numbers: {arrow or path, None for the whole: equation}. names: of the formula's arguments. last: steps
    of the picture, None where there is none."""

    paths: dict
    right: dict
    wrong: dict
    numbers: dict
    noun: str
    names: tuple
    last: int | None

    @cached_property
    def columns(self):
        return {called: np.prod([self.right[arrow] for arrow in path], axis=0) for called, path in self.paths.items()}


def alternatives(right, values, part="", t="t"):
    """{words: (how unusual, another factor / the right one)}. values: {code: factor}; part: of reference.py."""
    belongs = spoken(right).replace("_t", "") if part.endswith("slope") else spoken(right)
    twice = f"the slope {belongs} is applied twice" if "(" in right else f"the factor {belongs} is there twice"
    found = {twice: (0, values[right] ** 2)}
    for code, value in values.items():
        found.setdefault(instead(code, right, part), (unusual(code, right), value))
        if code in EXTRA:
            found[f"{spoken(code)} is a factor too many"] = 2, values[right] * value
    with np.errstate(all="ignore"):
        ratios = np.array([factor for _, factor in found.values()]) / values[right]
    kept = np.isfinite(ratios).all(axis=1) & (np.abs(ratios - 1).max(axis=1) > NEAR)
    spelled = [words.replace("_t", f"_{t}").replace("{t", f"{{{t}") for words in found]
    return {
        words: (rank, ratio) for words, (rank, _), ratio, keep in zip(spelled, found.values(), ratios, kept) if keep
    }


@cache
def instead(code, right, part):
    if part.endswith("slope"):
        return of_slope(part, code).replace("_t", "")
    belongs = spoken(right)
    return f"the factor {belongs} is left out" if code == "1" else f"{spoken(code)} stands where {belongs} belongs"


@cache
def unusual(code, right):
    """How unusual it is that this code stands where that one belongs: 0, 1 or 2."""
    names, own = set(NAME.findall(code)), set(NAME.findall(right))
    bare, alike = NAME.fullmatch(code), NAME.sub("", code) == NAME.sub("", right)
    if names <= own | {f"{name}_pre" for name in own} or (bare and alike and code[-1] == right[-1]):
        return 0
    return 1 if bare or alike else 2


def lstm_sum(last, step, gate):
    """The paths from L_last to a gate's pre-activation over random scalar LSTMs -> (Sum, arguments of a formula)."""
    paths = {called(path): [pair[::-1] for pair in pairwise(path)] for path in gradient_paths(last, step, gate)}
    cases = [draw_case(last, 1, 1, 1, seed) for seed in range(3 * len(paths) // 2 + 60 + JUDGES)]
    asked = [(lstm_forward(c.x, c.weights, c.h_0, c.c_0), c.weights, float(c.dh[-1, 0, 0])) for c in cases]
    case, right, wrong = side_by_side(cases), {}, {}
    values, of_five = [values_at(case, t) for t in range(last)], (last, step, gate) == (3, 2, "f")
    numbers = {None: "4.9", **dict(zip(paths, DOORS if of_five else ()))}
    for start, end in dict.fromkeys(chain.from_iterable(paths.values())):
        part = part_of(split(start)[0], end)
        code, known = RIGHT.get(part, part), values[int(split(end)[1] or last) - 1]
        right[start, end], wrong[start, end] = known[code], alternatives(code, known, part)
        numbers[start, end] = {"c": "4.1", "L": "4.9"}.get(end[0], "4.3" if "~" in start + end else "4.2")
    return Sum(paths, right, wrong, numbers, "path", ("trace", "weights", "dh_last"), last), asked


def part_of(start, end):
    """What an arrow carries, as reference.py names it, or its code."""
    if start == "h":
        return f"W_h{end[0]}" if end != "L" else "dL/dh"
    carried = {"mh": "cell_factor", "cm": "cell_slope", "cc": "s.f"}
    return f"{start[0]}_slope" if "~" in start else carried.get(start + end[0], f"{start}_partner")


def values_at(case, t):
    """{code of pool.py, or W_hi ..., or dL/dh: (networks,)} at row t. The first has only c_0 and h_0 before it."""
    names = around(known_steps(case), t, case.h_0, case.c_0) | {"np": np, "sigmoid": sigmoid}
    names |= {"h_0": case.h_0, "c_0": case.c_0}
    with np.errstate(all="ignore"):
        found = {code: (evaluate(code, names) + 0 * case.c_0)[:, 0] for code in CODES if t or "w." not in code}
    return found | dict(zip(map("W_h{}".format, GATES), case.weights.W_h[..., 0].T)) | {"dL/dh": case.dh[-1, :, 0]}


def rnn_sum(last, weight):
    """The terms of (2.10) over random scalar RNNs -> (Sum, arguments of a formula)."""
    W_s, dS, X, S = rnn_networks(last, 3 * last + 60 + JUDGES)
    code, one, front = {"W_x": "s.X", "W_s": "p.S", "b_1": "1"}[weight], 1 + 0 * dS, (f"S{last}", "L")
    right, wrong = {front: dS}, {front: alternatives("dL_t/dS_t", {"dL_t/dS_t": dS, "1": one})}
    paths, numbers, later, steps = {}, {None: "2.10"}, [front], [SimpleNamespace(X=x, S=s) for x, s in zip(X, S)]
    for k in range(last, 0, -1):
        at, back, door = (f"theta{k}", f"S{k}"), (f"S{k - 1}", f"theta{k}"), (f"{weight}, {k}", f"theta{k}")
        paths[f"k = {k}"], later = [*later, at, door], [*later, at, back]
        names = {"p": steps[k - 1], "s": steps[k], "n": steps[min(k + 1, last)], "np": np, "sigmoid": sigmoid}
        values = {c: evaluate(c, names) + 0 * dS for c in RNN_ATOMS}
        right |= {at: values[SLOPE], door: values[code]} | ({back: W_s} if k > 1 else {})
        wrong[at] = {"the slope tanh' is left out": (0, 1 / values[SLOPE])} | alternatives(SLOPE, values, t="k")
        wrong[back] = alternatives("W_s", {"W_s": W_s, "1": one})
        wrong[back]["the factor dS_j/dS_{j-1} is left out"] = 0, 1 / (values[SLOPE] * W_s)
        wrong[door] = alternatives(code, values, t="k") | {BEGIN.format("many"): (0, values[SLOPE] * W_s)}
        if k < last:
            wrong[door][BEGIN.format("few")] = 0, 1 / (W_s * (1 - S[k + 1] ** 2))
        numbers |= {at: "2.4", back: "2.4", door: "2.11"}
    asked = [(X[1:, n].copy(), S[:, n].copy(), float(W_s[n]), float(dS[n])) for n in range(len(dS))]
    return Sum(dict(reversed(paths.items())), right, wrong, numbers, "term", ("X", "S", "W_s", "dL_dS"), None), asked


def rnn_networks(last, count):
    """Random scalar RNNs -> W_s, dL_dS, X, S, (count,) or (last + 1, count). X_0 is the last, as X[-1] in Python."""
    draw = np.random.default_rng(210)
    (W_x, W_s, b, dS, S_0), X = draw.normal(size=(5, count)), draw.normal(size=(last, count))
    S = [S_0]
    for X_t in X:
        S.append(np.tanh(W_x * X_t + W_s * S[-1] + b))
    return W_s, dS, np.concatenate([X[-1:], X]), np.array(S)


def called(path):
    """A path by the pre-activations through which it leaves its states: "along the cell", "through o~3 and f~2"."""
    doors = [node for node in path[:-1] if "~" in node]
    return "through " + " and ".join(map(of_node, doors)) if doors else "along the cell"


def of_node(node):
    """A node in words: "o~3" is õ_3."""
    name, t = split(node.replace("theta", "θ").replace("~", TILDE))
    return f"the {name[:-2]} of step {t}" if name.endswith(", ") else f"{name}_{t}" if t else name


def split(node):
    """A node's name and its step."""
    name = node.rstrip("0123456789")
    return name, node[len(name) :]
