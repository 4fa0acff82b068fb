"""One derivative under examination: which of its paths are there, how often, and which factors of them are wrong.

A derivative is a sum over paths and a path a product over arrows. The fewest changes that give a student's number for
one random network are looked for; whether they give exactly these, others judge, which took no part in the search.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np

from lstm_tutor.doctor.asking import Stop
from lstm_tutor.doctor.cases import close
from lstm_tutor.doctor.findings import Arrow, Diagnosis, Finding
from lstm_tutor.doctor.formulas import JUDGES, answers, lstm_sum, of_node, rnn_sum, split
from lstm_tutor.doctor.pool import times_words
from lstm_tutor.doctor.search import visibly

EXACT, SINGLE = 1e-8, 3e-6  # what rounding may do in float64 and in float32; ten times that in a search
FEW, MANY = 10, 30  # paths: for fewer than FEW what is rare is looked for too, MANY are not looked at one by one
ROWS = 200  # of a table of pairs at a time
COUNTS = dict(enumerate("none one two three four five six seven eight nine ten eleven twelve".split()))
FLOAT32 = "the numbers are no more precise than float32's: is something of that type?"


def diagnose_derivative(formula, last=3, step=2, gate="f"):
    """Which of the paths are in a derivative of a scalar LSTM? -> Diagnosis.

    formula(trace, weights, dh_last): trace, of lstm_forward for one sequence and one unit over `last` steps; weights,
    LSTMWeights; dh_last, the number dL/dh_last, of which L alone depends. It returns one number, dL_last by the
    pre-activation of `gate` at `step`. Raises ValueError for steps or gates that are none, and beyond 20,000 paths.
    Never raises for what the function does. Numbers such as (4.8) are the equations of notebook 04.
    """
    return examine(formula, *lstm_sum(last, step, gate))


def diagnose_terms(formula, last=3, weight="W_x"):
    """Which of the terms of (2.10) are in a derivative of the scalar RNN of notebook 02? -> Diagnosis.

    formula(X, S, W_s, dL_dS): X (last,), of which X[k-1] is X_k; S (last + 1,), of which S[k] is S_k; the numbers W_s
    and dL_last/dS_last. It returns one number, dL_last by `weight`, "W_x", "W_s" or "b_1". Raises ValueError for
    another weight. Never raises for what the function does.
    """
    if weight not in ("W_x", "W_s", "b_1"):
        raise ValueError(f'weight is "W_x", "W_s" or "b_1", not {weight!r}: the other two have no sum over the steps')
    return examine(formula, *rnn_sum(last, weight))


def examine(formula, total, asked):
    if not callable(formula):
        raise TypeError(f"a function is wanted, not {type(formula).__name__}: pass its name, without parentheses")
    try:
        numbers, remarks, linear = answers(formula, asked, total.names)
    except Stop as stop:
        return Diagnosis(False, (Finding("", str(stop)),), last=total.last)
    found, tolerance = explain(total, numbers)
    crooked = "" if linear else f"it does not grow in proportion with {total.names[-1]}: is something clipped? "
    if found is None:
        return Diagnosis(False, (finding(total, crooked + not_explained(total, numbers)),), remarks, last=total.last)
    in_front = any(end == "L" for change in found for _, end in change.arrows)
    whole = [finding(total, crooked)] if crooked and not in_front else []
    return told(total, found, whole, remarks + (FLOAT32,) * (tolerance == SINGLE), tolerance == EXACT)


class Change(NamedTuple):
    """One mistake: each mask's paths are multiplied by its ratio, (networks,). words: "" where the paths come another
    number of times; path: the only one on which the arrow is wrong; steps: at which it is, where they are several."""

    unusual: int
    words: str
    scaled: tuple
    arrows: tuple = ()
    path: str | None = None
    steps: str = ""


def changes_of(total):
    """Every Change that is looked for: a factor everywhere or on one path, at several steps, products for sums."""
    masks = {arrow: np.array([arrow in path for path in total.paths.values()]) for arrow in total.right}
    alone = dict(zip(total.paths, np.eye(len(total.paths), dtype=bool))) if len(total.paths) < MANY else {}
    one, rarest = np.ones_like(next(iter(total.right.values()))), 2 if len(total.paths) < FEW else 1
    for mask in [*masks.values(), *alone.values()]:
        yield from (Change(0, "", ((mask, times * one),)) for times in (0.0, -1.0, 2.0, 0.5))
    for arrow, mask in masks.items():
        where = [(mask, None)] + [(alone[p], p) for p in alone if arrow in total.paths[p] and mask.sum() > 1]
        for words, (unusual, ratio) in total.wrong[arrow].items():
            if unusual <= rarest:
                yield from (Change(unusual + bool(p), words, ((m, ratio),), (arrow,), p) for m, p in where)
    for some, steps in at_several_steps(masks, bool(alone)):
        for words, (unusual, _) in total.wrong[some[0]].items():
            if unusual < 2 and all(words in total.wrong[arrow] for arrow in some):
                scaled = tuple((masks[arrow], total.wrong[arrow][words][1]) for arrow in some)
                yield Change(unusual, words, scaled, some, steps=steps)
    yield from products(total, masks, alone)


def at_several_steps(arrows, or_fewer):
    """The same arrow at all of its steps, or fewer, and which they are in words."""
    kinds = {}
    for arrow in arrows:
        kinds.setdefault(tuple(split(node)[0] for node in arrow), []).append(arrow)
    for alike in kinds.values():
        for n in range(len(alike), 1 if or_fewer else max(1, len(alike) - 1), -1):
            for some in combinations(alike, n):
                listed = " and ".join(sorted(split(end)[1] for _, end in some))
                yield some, "at every step" if n == len(alike) else f"at steps {listed}"


def products(total, masks, alone):
    """Terms that are multiplied: with the factor in front once, or as often as it comes."""
    front = next(iter(total.right.values()))
    for called, terms, by in [*products_at_nodes(total, masks), *products_of_paths(total, alone)]:
        for ratio in (by / front ** (len(terms) - 1), by):
            scaled = ((terms[0], ratio), *((term, 0 * by) for term in terms[1:]))
            yield Change(1, f"{called} are multiplied with each other: they are to be added", scaled)


def products_at_nodes(total, masks):
    """Two routes from a node to L, whatever leads to the node."""
    for one, other in [pair for pair in combinations(masks, 2) if pair[0][0] == pair[1][0]]:
        routes = {tuple(path[: path.index(other) + 1]) for path in total.paths.values() if other in path}
        by = sum(np.prod([total.right[arrow] for arrow in route], axis=0) for route in routes)
        called = f"the two terms of {of_node(one[0])}, through {of_node(one[1])} and {of_node(other[1])},"
        yield called, [masks[one], masks[other]], by


def products_of_paths(total, alone):
    for group in [*combinations(alone, 2), tuple(alone)] if len(alone) > 1 else ():
        called = "all of them" if len(group) == len(alone) else f"these: {'; '.join(group)},"
        yield called, [alone[path] for path in group], np.prod([total.columns[path] for path in group[1:]], axis=0)


def explain(total, numbers):
    """-> the fewest Changes after which the sum gives exactly these numbers, or None; the tolerance it took"""
    columns, changes = np.stack(list(total.columns.values())), list(changes_of(total))
    scale = np.abs(columns).sum(axis=0)  # every network counts the same
    columns, numbers = columns / scale, numbers / scale
    for tolerance in (EXACT, SINGLE):
        for found in candidates(columns, numbers, changes, tolerance):
            if close(changed(columns, found)[:, -JUDGES:].sum(axis=0), numbers[-JUDGES:], tolerance):
                return found, tolerance
    return None, SINGLE


def candidates(columns, numbers, changes, tolerance):
    """Lists of Changes to be judged, the fewest and most usual first. For two, float32 has too few digits."""
    once = Change(0, "", ((np.ones(len(columns), bool), np.ones(len(numbers))),))
    yield regressed(columns, numbers, [])
    yield from pairs(columns, numbers, [once], changes, 10 * tolerance)
    if tolerance == EXACT:
        likely, rare = ([change for change in changes if change.unusual == rank] for rank in (0, 2))
        usual = [change for change in changes if change.unusual < 2]
        yield from pairs(columns, numbers, usual, usual, 10 * tolerance)
        yield from pairs(columns, numbers, likely, rare, 10 * tolerance)
        single = [change for change in usual if change.words and not change.path] if len(columns) < MANY else []
        yield from (regressed(columns, numbers, [change]) for change in single)


def changed(columns, changes):
    """The columns (paths, networks) after these changes."""
    for change in changes:
        for mask, ratio in change.scaled:
            columns = np.where(mask[:, None], columns * ratio, columns)
    return columns


def pairs(columns, numbers, firsts, seconds, near):
    """Those that give one network's number. A path is multiplied by both, so that all sums are a product of tables."""
    n = np.abs(columns)[:, :-JUDGES].min(axis=0).argmax()  # where every path can be seen best
    one, other, found = multiples(firsts, n, len(columns)), multiples(seconds, n, len(columns)).T, []
    for row in range(0, len(one), ROWS):
        off = np.abs(one[row : row + ROWS] * columns[:, n] @ other - numbers[n])
        found += [[firsts[row + k], seconds[j]] for k, j in np.argwhere(off < near)]
    return sorted(found, key=lambda changes: sum(change.unusual for change in changes))


def multiples(changes, n, paths):
    """(changes, paths): by what each change multiplies each path of the network n."""
    table = np.ones((len(changes), paths))
    for row, change in zip(table, changes):
        for mask, ratio in change.scaled:
            row[mask] *= ratio[n]
    return table


def regressed(columns, numbers, changes):
    """These changes, and then each path as often as a regression says."""
    there = changed(columns, changes)[:, :-JUDGES]
    times = np.linalg.lstsq(there.T, numbers[:-JUDGES], rcond=None)[0]
    times = np.where(np.abs(times - np.round(times, 3)) < 1e-4, np.round(times, 3), times)
    return [*changes, Change(1, "", tuple(zip(np.eye(len(times), dtype=bool), times)))]


def finding(total, words, arrows=(), path=None):
    """About a path, an arrow, or the whole sum."""
    number = total.numbers.get(path or (arrows[0] if arrows else None), total.numbers[None])
    return Finding(number, words, tuple(Arrow(*arrow, "", "", each_step=False) for arrow in arrows))


def not_explained(total, numbers):
    """With one network's number and the right one, in as many digits as it needs to tell them apart."""
    right = sum(total.columns.values())
    n = np.abs(numbers - right).argmax()
    words = f"it is no sum over the {total.noun}s with one or two of the usual mistakes: for a random network it gives"
    return "{} {} where {} belongs".format(words, *visibly(numbers[n], right[n]))


def told(total, found, whole, remarks, precise):
    """The Diagnosis: the factors that are wrong, then the paths that come another number of times than once."""
    count = len(total.paths)
    times = changed(np.ones((count, 1)), [change for change in found if not change.words])[:, 0].tolist()
    findings = [*whole, *(of_change(total, change) for change in found if change.words)]
    for often in sorted({*times} - {1}):
        findings.append(of_paths(total, [path for path, c in zip(total.paths, times) if c == often], often))
    there, of = count - times.count(0), COUNTS.get(count, count)
    summary = f"{COUNTS.get(there, there)} of the {of} {total.noun}s {'is' if there == 1 else 'are'} there"
    summary += ", but not as they should be" if there == count else ""
    summary = summary if findings else f"right: all {of} {total.noun}s are there"
    return Diagnosis(not findings, tuple(findings), remarks, summary, total.last, exact=precise)


def of_change(total, change):
    if not change.arrows:
        return finding(total, change.words)
    start, end = map(of_node, change.arrows[0])
    where = f", on the path {change.path}" if change.path else f", {change.steps}" if change.steps else ""
    return finding(total, f"on the arrow from {start} to {end}{where}: {change.words}", change.arrows, change.path)


def of_paths(total, group, times):
    """Of paths that come as often as each other: by what they have in common, if nothing else has, or one by one."""
    says = f"missing {'is' if len(group) == 1 else 'are'}" if times == 0 else f"{times_words(times)}:"
    if len(group) == 1:
        the_one = f"the {'one' if total.noun == 'path' else 'term'} {group[0]}"
        return finding(total, f"{says} {the_one}", total.paths[group[0]], group[0])
    for start, end in total.right:
        if [path for path, arrows in total.paths.items() if (start, end) in arrows] == group:
            return finding(total, f"{says} all {len(group)} that use the arrow from {of_node(start)} to {of_node(end)}")
    more = f", and {len(group) - 4} more" if len(group) > 4 else ""
    return finding(total, f"{says} {len(group)} {total.noun}s: {'; '.join(group[:4])}{more}")
