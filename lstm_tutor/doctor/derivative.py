"""One derivative under examination: which of its paths are there, how often, and which factors of them are wrong.

A derivative is a sum over paths and a path a product over arrows. The fewest changes that give a student's numbers are
looked for on random networks; whether they give exactly these, others judge, which took no part in the search. The
last change needs no guess: what would have to stand in its place is read off, and looked up among the alternatives.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from lstm_tutor.doctor.asking import Stop
from lstm_tutor.doctor.cases import close
from lstm_tutor.doctor.findings import Arrow, Diagnosis, Finding
from lstm_tutor.doctor.formulas import (
    FEW,
    JUDGES,
    MANY,
    NEAR,
    answers,
    kind,
    lstm_sum,
    often,
    rnn_sum,
    spoken,
    spots,
    usual,
)
from lstm_tutor.doctor.pool import times_words
from lstm_tutor.doctor.search import visibly

DOORS = {"c": "4.4", "f": "4.5", "i": "4.6", "g": "4.7", "o": "4.8"}  # of the five paths from L_3 to f~_2
CLUES = 4  # networks that a change is looked for on
EXACT, SINGLE, ROUGH = 1e-8, 3e-6, 1e-4  # for the judges, the same for float32, its search


@dataclass(frozen=True)
class Seen:
    """What a formula answers, beside the columns (paths, networks) of which it should be the sum; every network counts
    the same. clues: the networks in which every path can be seen best."""

    numbers: np.ndarray
    columns: np.ndarray
    clues: np.ndarray
    precise: bool

    def after(self, changes):
        """The columns after these changes, (spot, choice) each."""
        columns = self.columns
        for spot, choice in changes:
            columns = spot.changed(columns, [choice], slice(None))[0]
        return columns

    def judged(self, changes):
        """Do these changes give exactly what the judges see? -> the changes, or None."""
        there = self.after(changes)[:, -JUDGES:].sum(axis=0)
        return changes if close(there, self.numbers[-JUDGES:], EXACT if self.precise else SINGLE) else None

    def regressed(self, changes):
        """The same with any number of times for each path."""
        there = self.after(changes)[:, :-JUDGES]
        times = np.linalg.lstsq(there.T, self.numbers[:-JUDGES], rcond=None)[0]
        times = np.where(np.abs(times - np.round(times, 3)) < 1e-4, np.round(times, 3), times)
        return self.judged(
            [*changes, *((often(np.arange(len(times)) == k, c), 0) for k, c in enumerate(times) if c != 1)]
        )

    def fit(self, there):
        """The choices after which the columns, (choices, paths, clues), add up to what is seen."""
        off = np.abs(there.sum(axis=1) - self.numbers[self.clues]).max(axis=1)
        return np.flatnonzero(off < (NEAR if self.precise else ROUGH))

    def read_off(self, there, pools):
        """Of the columns (choices, paths, clues), with which last change do they add up? -> (row, spot, choice)."""
        lacking = self.numbers[self.clues] - there.sum(axis=1)
        for spot, order, pool in pools:
            with np.errstate(all="ignore"):
                needed = np.nan_to_num(1 + lacking / there[:, spot.masks[0]].sum(axis=1), posinf=0, neginf=0)
            window = (NEAR if self.precise else ROUGH) * (1 + np.abs(needed))
            for row in np.flatnonzero(np.ptp(needed, axis=1) < window[:, 0]):
                yield row, often(spot.masks[0], needed[row].mean().round(4)), 0
            low, high = (np.searchsorted(pool[:, 0], needed[:, 0] + way * window[:, 0]) for way in (-1, 1))
            for row in np.flatnonzero(high > low):
                for k in range(low[row], high[row]):
                    if (np.abs(pool[k] - needed[row]) <= window[row]).all():
                        yield row, spot, order[k]


def explain(total, made, numbers, precise):
    """The fewest changes, (spot, choice) each, after which the sum gives these numbers; None where none is found."""
    columns = np.stack(list(total.columns.values()))
    scale, count = np.abs(columns).sum(axis=0), len(columns)
    clues = np.argsort(-np.abs(columns / scale)[:, :-JUDGES].min(axis=0))[:CLUES]
    seen = Seen(numbers / scale, columns / scale, clues, precise)
    if (precise or count < MANY) and (found := seen.regressed([])) is not None:
        return found
    single, several, multiplied = made
    orders = [np.argsort(spot.ratios[0][:, clues[0]]) for spot in single]
    pools = [(spot, order, spot.ratios[0][np.ix_(order, clues)]) for spot, order in zip(single, orders)]

    def best(candidates):
        ranked = sorted(candidates, key=lambda changes: sum(spot.said[choice][0] for spot, choice in changes))
        return next(filter(None, map(seen.judged, ranked)), None)

    ones = [[(spot, choice)] for _, spot, choice in seen.read_off(seen.columns[None, :, clues], pools)]
    for spot in several + multiplied:
        ones += [[(spot, k)] for k in seen.fit(spot.changed(seen.columns, np.arange(len(spot.said)), clues))]
    if (found := best(ones)) or not precise:
        return found
    twos, firsts = [], single + several + multiplied * (count < FEW)
    for first in firsts:
        chosen = usual(first)
        rows = seen.read_off(first.changed(seen.columns, chosen, clues), pools)
        twos += [[(first, chosen[row]), (spot, k)] for row, spot, k in rows]
    for one, other in combinations(several, 2) if count < MANY else ():
        for k in usual(one):
            there = other.changed(seen.after([(one, k)]), usual(other), clues)
            twos += [[(one, k), (other, usual(other)[j])] for j in seen.fit(there)]
    if found := best(twos):
        return found
    some = np.arange(count + CLUES)  # networks enough to refuse a regression quickly
    for first, k in [(spot, k) for spot in firsts for k in usual(spot)] if count < MANY else ():
        there = first.changed(seen.columns, [k], some)[0]
        if close(np.linalg.lstsq(there.T, seen.numbers[some], rcond=None)[0] @ there, seen.numbers[some], NEAR):
            if found := seen.regressed([(first, k)]):
                return found
    return None


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

    return examine(formula, lstm_sum(last, step, gate), ("trace", "weights", "dh_last"), number, "path", last)


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

    return examine(formula, rnn_sum(last, weight), ("X", "S", "W_s", "dL_dS"), number, "term", None)


def examine(formula, drawn_at_random, names, number, noun, last):
    if not callable(formula):
        raise TypeError(f"a function is wanted, not {type(formula).__name__}: pass its name, without parentheses")
    total, asked = drawn_at_random
    try:
        seen, remarks, linear = answers(formula, asked, names)
    except Stop as stop:
        return Diagnosis(False, (Finding("", str(stop)),), last=last)
    made = spots(total)
    found, precise, whole = explain(total, made, seen, True), True, number(("", "L"), None)
    if found is None:
        found, precise = explain(total, made, seen, False), False
        remarks += ("the numbers are no more precise than float32's: is something of that type?",) * (found is not None)
    crooked = f"it does not grow in proportion with {names[-1]}: is something clipped or normalised?"
    if found is None:
        words = f"it is no sum over the {noun}s with one or two of the usual mistakes: {beginning(total, seen)}"
        findings = (Finding(whole, words if linear else f"{crooked} So {words}"),)
        return Diagnosis(False, findings, remarks, last=last)
    said = [(spot.said[choice], spot.masks[0]) for spot, choice in found]
    changes = [each for each, _ in said if isinstance(each[1], str)]
    times = np.prod([np.where(mask, each[1], 1.0) for each, mask in said if each not in changes] or [1.0], axis=0)
    sums = dict(zip(total.paths, (times * np.ones(len(total.paths))).tolist()))
    clipped = not linear and all(arrows and arrows[0][1] != "L" for _, _, arrows, _ in changes)
    findings = [Finding(whole, crooked)] * clipped
    for _, words, arrows, path in changes:
        if not arrows:
            findings.append(Finding(whole, words))
            continue
        where = f", on the path {path}" if path else f", {steps(arrows, total)}" if len(arrows) > 1 else ""
        words = f"on the arrow from {spoken(arrows[0][0])} to {spoken(arrows[0][1])}{where}: {words}"
        findings.append(
            Finding(number(arrows[0], path), words, tuple(Arrow(*arrow, "", "", each_step=False) for arrow in arrows))
        )
    for times in sorted({c for c in sums.values() if c != 1}):
        group = [called for called, c in sums.items() if c == times]
        says = ("missing is" if len(group) == 1 else "missing are") if times == 0 else f"{times_words(times)}:"
        alone = group[0] if len(group) == 1 else None
        arrows = total.paths[alone] if alone else []
        findings.append(
            Finding(
                number(("", "L"), alone),
                f"{says} {in_words(group, total, noun)}",
                tuple(Arrow(*arrow, "", "", each_step=False) for arrow in arrows),
            )
        )
    there, of = sum(c != 0 for c in sums.values()), COUNTS.get(len(sums), len(sums))
    if not findings:
        return Diagnosis(True, (), remarks, f"right: all {of} {noun}s are there", last, exact=precise)
    summary = f"{COUNTS.get(there, there)} of the {of} {noun}s {'is' if there == 1 else 'are'} there"
    summary += ", but not as they should be" if there == len(sums) else ""
    return Diagnosis(False, tuple(findings), remarks, summary, last, exact=precise)


def beginning(total, seen):
    """One network's number and the right one, in as many digits as it needs to tell them apart."""
    right = sum(total.columns.values())
    n = np.abs(seen - right).argmax()
    return "for a random network it gives {} where {} belongs".format(*visibly(seen[n], right[n]))


def steps(arrows, total):
    """At which steps an arrow is wrong."""
    everywhere = [arrow for arrow in total.right if kind(arrow) == kind(arrows[0])]
    numbers = sorted(int(end[-1]) for _, end in arrows)
    listed = f"{', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
    return "at every step" if len(arrows) == len(everywhere) else f"at steps {listed}"


COUNTS = dict(enumerate("none one two three four five six seven eight nine ten eleven twelve".split()))


def in_words(group, total, noun):
    """Some of the paths: by what they have in common, if nothing else has, or else one by one."""
    if len(group) == 1:
        return f"the {noun} {group[0]}" if noun == "term" else f"the one {group[0]}"
    for arrow in total.right:
        if {called for called, path in total.paths.items() if arrow in path} == set(group):
            return f"all {len(group)} that use the arrow from {spoken(arrow[0])} to {spoken(arrow[1])}"
    more = f", and {len(group) - 4} more" if len(group) > 4 else ""
    return f"{len(group)} {noun}s: {'; '.join(group[:4])}{more}"
