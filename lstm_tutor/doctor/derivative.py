"""One derivative under examination: which of its paths are there, how often, and which factor of them is wrong.

A derivative is a sum over paths and a path a product over arrows. So over many random networks a student's numbers are
regressed on the path products; where that leaves something over, a factor is wrong, and the usual mistakes are tried
in its place: on every arrow of that kind, on one arrow, on one path.
"""

from itertools import pairwise

import numpy as np

from lstm_helpers.gradient_flow import gradient_paths
from lstm_helpers.lstm import lstm_forward
from lstm_tutor.doctor.cases import Case, Stop, answer_of, close, coefficients, values
from lstm_tutor.doctor.findings import Arrow, Diagnosis, Finding
from lstm_tutor.doctor.mistakes import ALONG, CELL, PARTNERS, SLOPES, times_words

PLACES = {tuple(node[:-1] for node in place.arrow): place
          for place in (*PARTNERS.values(), *SLOPES.values(), *CELL.values(), ALONG)}  # fmt: skip
DOORS = {"c": "4.4", "f": "4.5", "i": "4.6", "g": "4.7", "o": "4.8"}  # of the five paths from L_3 to f~_2
EXACT = 1e-8


class Sum:
    """A derivative as a sum over paths. paths: {called: arrows}, arrows as (from, to), in the direction of the forward
    pass. right: {arrow: factor}, an array with a number for each network. wrong: {arrow: {words: factor}}."""

    def __init__(self, paths, right, wrong):
        self.paths, self.right, self.wrong = paths, right, wrong
        self.columns = {called: np.prod([right[arrow] for arrow in path], axis=0) for called, path in paths.items()}

    def explain(self, seen):
        """-> {called: how often}, and None or (arrow, words, where) for a wrong factor; or None for both."""
        scale = np.abs(list(self.columns.values())).sum(axis=0)  # every network counts the same
        columns = {called: column / scale for called, column in self.columns.items()}
        sums = coefficients(columns, seen / scale, EXACT / 100)
        if sums is not None:
            return {called: sums.get(called, 0.0) for called in self.paths}, None
        found = self.wrong_everywhere(seen / scale, columns) or self.wrong_on_one_path(seen / scale, columns)
        return found

    def ratios(self):
        for arrow, others in self.wrong.items():
            for words, factor in others.items():
                with np.errstate(all="ignore"):
                    ratio = factor / self.right[arrow]
                if np.isfinite(ratio).all() and np.abs(ratio).max() > 0:
                    yield arrow, words, ratio

    def wrong_everywhere(self, seen, columns):
        """One factor wrong on every path through an arrow, or through every arrow of its kind."""
        kinds = {}
        for arrow, words, ratio in self.ratios():
            kinds.setdefault((kind(arrow), words), {})[arrow] = ratio
        ways = [(words, arrows) for (_, words), arrows in kinds.items() if len(arrows) > 1]
        ways += [(words, {arrow: ratio}) for (_, words), arrows in kinds.items() for arrow, ratio in arrows.items()]
        matrix = np.stack(list(columns.values()))  # (paths, networks)
        through = {arrow: np.array([arrow in path for path in self.paths.values()]) for arrow in self.right}
        for all_there in (True, False):
            for words, arrows in ways:
                changed = matrix.copy()
                for arrow, ratio in arrows.items():
                    changed[through[arrow]] *= ratio
                sums = None
                if all_there and close(changed.sum(axis=0), seen, EXACT):
                    sums = dict.fromkeys(self.paths, 1.0)
                elif not all_there and len(self.paths) < 30:
                    sums = coefficients(dict(zip(self.paths, changed)), seen, EXACT / 100)
                if sums is not None:
                    where = "at every step" if len(arrows) > 1 else ""
                    return {called: sums.get(called, 0.0) for called in self.paths}, (next(iter(arrows)), words, where)
        return None

    def wrong_on_one_path(self, seen, columns):
        """One factor wrong on one path; the others may be there or not."""
        blind = np.linalg.qr(np.stack(list(columns.values()), axis=1), mode="complete")[0][:, len(columns) :]
        blind = blind[:, :40].T  # forty directions that see nothing of any path as it should be
        rest = blind @ seen
        ratios = list(self.ratios())
        for called, path in self.paths.items():
            mine = [(arrow, words, ratio) for arrow, words, ratio in ratios if arrow in path]
            if not mine:
                continue
            strange = blind @ np.stack([columns[called] * ratio for _, _, ratio in mine], axis=1)
            times = (strange * rest[:, None]).sum(axis=0) / (strange**2).sum(axis=0)
            off = np.abs(strange * times - rest[:, None]).max(axis=0)
            for k in np.flatnonzero((off < 1e-6 * np.abs(rest).max()) & (np.abs(np.abs(times) - 1) < 1e-3)):
                others = seen - times[k] * columns[called] * mine[k][2]
                sums = coefficients(columns, others, EXACT / 100)
                if sums is not None and called not in sums:
                    sums = {c: sums.get(c, 0.0) for c in self.paths} | {called: float(np.round(times[k], 3))}
                    return sums, (*mine[k][:2], f"on the path {called}")
        return None, None


def kind(arrow):
    return tuple(node.rstrip("0123456789") for node in arrow)


def ask(formula, *arguments):
    """What the formula answers for one network, a number."""
    answer = np.asarray(answer_of(formula, *arguments))
    if answer.size != 1 or answer.dtype.kind not in "fiu":
        raise Stop(f"one number is wanted, the derivative of one network, and not an array of the shape {answer.shape}")
    if not np.isfinite(answer).all():
        raise Stop("the function gives NaN or infinity")
    return float(answer.reshape(()))


def lstm_sum(last, step, gate):
    """The paths from L_last to a gate's pre-activation over random scalar LSTMs -> (Sum, arguments of a formula)."""
    paths = {called(path): [pair[::-1] for pair in pairwise(path)] for path in gradient_paths(last, step, gate)}
    cases = [Case(last, 1, 1, 1, 77_000 + k) for k in range(3 * len(paths) // 2 + 60)]
    v = {t: values(cases, t) for t in range(1, last + 1)}
    dh = np.array([case.dh[-1, 0, 0] for case in cases])
    right, wrong, one = {}, {}, np.ones(len(cases))
    for arrow in dict.fromkeys(arrow for path in paths.values() for arrow in path):
        start, end = arrow
        if end == "L":
            right[arrow] = dh
            wrong[arrow] = {f"the factor dL/dh_{last} is left out": one,
                            f"h_{last} stands where dL/dh_{last} belongs": v[last]["h"]}  # fmt: skip
            continue
        t = int(end[-1])
        if start[0] == "h":
            W_h = {g: np.array([case.weights.gate(g)[1][0, 0] for case in cases]) for g in "ifgo"}
            right[arrow] = W_h[end[0]]
            wrong[arrow] = {f"the weight W_h{end[0]} is left out": one}
            wrong[arrow] |= {f"W_h{g} stands where W_h{end[0]} belongs": W_h[g] for g in "ifgo" if g != end[0]}
            continue
        place = PLACES[kind(arrow)]
        before = v.get(t - 1)
        right[arrow] = place[None](v[t])
        wrong[arrow] = {words: factor(v[t], before) for words, factor in place.items()
                        if words and (before or "before" not in factor.code)}  # fmt: skip
        wrong[arrow] |= {f"the factor is taken from step {s}": place[None](v[s]) for s in v if s != t}
    traces = [lstm_forward(case.x, case.weights, case.h_0, case.c_0) for case in cases]
    return Sum(paths, right, wrong), [(trace, case.weights, dh_last) for trace, case, dh_last in zip(traces, cases, dh)]


def called(path):
    """A path by the pre-activations through which it leaves its states: "along the cell", "through o~3 and f~2"."""
    doors = [node for node in path[:-1] if "~" in node]
    return "through " + " and ".join(map(spoken, doors)) if doors else "along the cell"


def spoken(node):
    """A node in words: "o~3" is õ_3."""
    name = node.rstrip("0123456789")
    name, t = name.replace("theta", "θ").replace("~", "\u0303"), node[len(name) :]
    return f"the {name[:-2]} of step {t}" if name.endswith(", ") else f"{name}_{t}" if t else name


def rnn_sum(last, weight):
    """The terms of (2.10) over random scalar RNNs -> (Sum, arguments of a formula)."""
    draw = np.random.default_rng(210)
    count = 3 * last + 60
    W_x, W_s, b, dS = draw.normal(size=(4, count))
    X, S0 = draw.normal(size=(last, count)), draw.normal(size=count)
    S, theta = [S0], [0 * S0]
    for X_t in X:
        theta.append(W_x * X_t + W_s * S[-1] + b)
        S.append(np.tanh(theta[-1]))
    one = np.ones(count)
    right, wrong, paths = {(f"S{last}", "L"): dS}, {}, {}
    wrong[f"S{last}", "L"] = {"the factor in front, dL_t/dS_t, is left out": one}
    for k in range(1, last + 1):
        slope = 1 - S[k] ** 2
        right[f"theta{k}", f"S{k}"] = slope
        wrong[f"theta{k}", f"S{k}"] = {
            "the slope tanh' is left out": one,
            "1 - S_k stands where 1 - S_k² belongs: the square is missing": 1 - S[k],
            "1 - θ_k² stands where 1 - S_k² belongs": 1 - theta[k] ** 2,
            "tanh is taken once more of S_k, which is squashed already": 1 - np.tanh(S[k]) ** 2,
            "the slope tanh' is taken from the step before": 1 - S[k - 1] ** 2,
        }
        if k > 1:
            right[f"S{k - 1}", f"theta{k}"] = W_s
            wrong[f"S{k - 1}", f"theta{k}"] = {"the weight W_s is left out": one,
                                              "W_x stands where W_s belongs": W_x,
                                              "the factor dS_j/dS_{j-1} is left out": 1 / slope}  # fmt: skip
        others = {"X_k": X[k - 1], "X_{k-1}": X[k - 2], "X_{k+1}": X[k % last], "S_k": S[k], "S_{k-1}": S[k - 1]}
        belongs = {"W_x": "X_k", "W_s": "S_{k-1}", "b_1": "1"}[weight]
        arrow = f"{weight}, {k}", f"theta{k}"
        right[arrow] = (others | {"1": one})[belongs]
        wrong[arrow] = {f"{other} stands where {belongs} belongs": factor for other, factor in others.items()
                        if other != belongs}  # fmt: skip
        wrong[arrow] |= {f"the factor {belongs} is left out": one} if weight != "b_1" else {}
        wrong[arrow]["a factor dS_j/dS_{j-1} too many: the product must begin at j = k + 1"] = (
            right[arrow] * slope * W_s
        )
        if k < last:
            too_few = "a factor dS_j/dS_{j-1} too few: the product must begin at j = k + 1"
            wrong[arrow][too_few] = right[arrow] / ((1 - S[k + 1] ** 2) * W_s)
        path = [(f"S{last}", "L")]
        for j in range(last, k, -1):
            path += [(f"theta{j}", f"S{j}"), (f"S{j - 1}", f"theta{j}")]
        paths[f"k = {k}"] = [*path, (f"theta{k}", f"S{k}"), arrow]
    arguments = [(X[:, n].copy(), np.array([s[n] for s in S]), W_s[n], dS[n]) for n in range(count)]
    return Sum(paths, right, wrong), arguments


# --- in words ---


def diagnose_derivative(formula, last=3, step=2, gate="f"):
    """Which of the paths are in a derivative of a scalar LSTM? -> Diagnosis.

    formula(trace, weights, dh_last): trace, of lstm_forward for one sequence and one unit over `last` steps; weights,
    LSTMWeights; dh_last, the number dL/dh_last, of which L alone depends. It returns one number, dL_last by the
    pre-activation of `gate` at `step`. Raises ValueError for steps or gates that are none, and beyond 20,000 paths.
    Never raises for what the function does. Numbers such as (4.8) are the equations of notebook 04.
    """
    of_three = (last, step, gate) == (3, 2, "f")

    def number(arrow, path):
        if path is not None:
            return DOORS[path.removeprefix("through ")[0] if path != "along the cell" else "c"] if of_three else "4.9"
        start, end = arrow
        return "4.9" if end == "L" else "4.1" if end[0] == "c" else "4.3" if "~" in start + end else "4.2"

    return examine(formula, lstm_sum(last, step, gate), number, "path", last)


def diagnose_terms(formula, last=3, weight="W_x"):
    """Which of the terms of (2.10) are in a derivative of the scalar RNN of notebook 02? -> Diagnosis.

    formula(X, S, W_s, dL_dS): X (last,), of which X[k-1] is X_k; S (last + 1,), of which S[k] is S_k; the numbers W_s
    and dL_last/dS_last. It returns one number, dL_last by `weight`, "W_x", "W_s" or "b_1". Raises ValueError for
    another weight. Never raises for what the function does.
    """
    if weight not in ("W_x", "W_s", "b_1"):
        raise ValueError(f'weight is "W_x", "W_s" or "b_1", not {weight!r}: the other two have no sum over the steps')

    def number(arrow, path):
        return "2.10" if path is not None or arrow[1] == "L" else "2.4" if "," not in arrow[0] else "2.11"

    return examine(formula, rnn_sum(last, weight), number, "term", None)


def examine(formula, made, number, noun, last):
    if not callable(formula):
        raise TypeError(f"a function is wanted, not {type(formula).__name__}: pass its name, without parentheses")
    total, arguments = made
    try:
        seen = np.array([ask(formula, *each) for each in arguments])
    except Stop as stop:
        return Diagnosis(False, (Finding("", str(stop)),), last=last)
    sums, wrong = total.explain(seen)
    if sums is None:
        right = sum(total.columns.values())
        words = f"it is no sum over the {noun}s with a usual mistake in one factor: for a random network it gives "
        return Diagnosis(
            False, (Finding(number(("", "L"), None), f"{words}{seen[0]:.6g} where {right[0]:.6g} belongs"),), last=last
        )
    findings = []
    if wrong:
        arrow, words, where = wrong
        path = where.removeprefix("on the path ") if where.startswith("on") else None
        where = f", {where}" if where else ""
        words = f"on the arrow from {spoken(arrow[0])} to {spoken(arrow[1])}{where}: {words}"
        findings.append(Finding(number(arrow, path), words, drawn([arrow])))
    for times in sorted({c for c in sums.values() if c != 1}):
        group = [called for called, c in sums.items() if c == times]
        says = ("missing is" if len(group) == 1 else "missing are") if times == 0 else f"{times_words(times)}:"
        says = f"{says} {in_words(group, total, noun)}"
        arrows = total.paths[group[0]] if len(group) == 1 else []
        findings.append(
            Finding(number(None, group[0]) if len(group) == 1 else number(("", "L"), None), says, drawn(arrows))
        )
    there = sum(c != 0 for c in sums.values())
    of = f"of the {COUNTS.get(len(sums), len(sums))} {noun}s {'is' if there == 1 else 'are'} there"
    not_so = ", but not as they should be" if there == len(sums) else ""
    if not findings:
        return Diagnosis(
            True, (), summary=f"right: all {COUNTS.get(len(sums), len(sums))} {noun}s are there", last=last
        )
    return Diagnosis(False, tuple(findings), summary=f"{COUNTS.get(there, there)} {of}{not_so}", last=last)


COUNTS = dict(enumerate("none one two three four five six seven eight nine ten eleven twelve".split()))


def drawn(arrows):
    return tuple(Arrow(*arrow, "", "", each_step=False) for arrow in arrows)


def in_words(group, total, noun):
    """Some of the paths: by what they have in common, if nothing else has, or else one by one."""
    if len(group) == 1:
        return f"the {noun} {group[0]}" if noun == "term" else f"the one {group[0]}"
    for arrow in total.right:
        if {called for called, path in total.paths.items() if arrow in path} == set(group):
            return f"all {len(group)} that use the arrow from {spoken(arrow[0])} to {spoken(arrow[1])}"
    more = f", and {len(group) - 4} more" if len(group) > 4 else ""
    return f"{len(group)} {noun}s: {'; '.join(group[:4])}{more}"
