"""The fewest changes of a right pass that give exactly the student's numbers."""

import re

import numpy as np

from lstm_helpers.weights import GATES
from lstm_tutor.doctor.cases import close
from lstm_tutor.doctor.decode import decode
from lstm_tutor.doctor.deltas import MIDDLE, STEPS_OF, SUMS_ALONE, WIDTH, all_agree, choose_witnesses, deltas_with, see
from lstm_tutor.doctor.findings import Finding
from lstm_tutor.doctor.pool import EQUATION, EVERY, OUT, OWN, STEPS, SUMS, TILDE, WIDE, Change, of_parameters
from lstm_tutor.doctor.reference import INPUTS, RIGHT, altered, evaluate, simulate, sums_names, walk_all

FRESH = ((4, 2, 3, 2), (7, 3, 2, 3), (3, 1, 4, 2))  # T, N, I, H of the cases on which changes are judged
FEW = 3  # what may be changed or not understood before another witness is asked
JUDGED = 10  # how many times the tolerance the reference's numbers may be off the student's
SUMMED = 100  # and a sum over what was read off


def explain(patient):
    """-> (Changes, Findings, exact): what is wrong; where what is not understood begins; whether it was proved."""
    fresh = [(case, patient.ask(case)) for case in (patient.draw(*shape, 50) for shape in FRESH)]
    for changes in [(), *((change,) for change in STEPS + WIDE + SUMS if change.words)]:
        if gives(changes, fresh, patient.tolerance):
            return list(changes), [], True
    tried = []
    for witnesses in choose_witnesses(patient) or [None]:
        tried.append(explain_by(witnesses, patient, fresh))
        cost, changes, begins, exact = min(tried, key=lambda one: one[0])
        if (exact and cost <= FEW) or all_agree(patient, witnesses):
            break
    named = {change.equation for change in changes}
    return changes, [finding for finding in begins if finding.equation not in named], exact


def explain_by(witnesses, patient, fresh):
    """What some witnesses tell: how much is changed or not understood; Changes, Findings, exact."""
    changes, begins = of_deltas(patient, witnesses) if witnesses else ([], [])
    blind = begins and set(witnesses) & SUMS_ALONE  # the sums cannot be looked at
    changes = changes + ([] if blind else of_sums(patient, witnesses, changes, begins))
    exact = gives(changes, fresh, patient.tolerance)
    changes = without_needless(changes, fresh, patient.tolerance) if exact else changes
    told = [change for change in changes if change.words]
    return len(told) + 3 * len(begins) + 10 * bool(blind) + 2 * (not exact), told, begins, exact


def gives(changes, fresh, tolerance):
    """Do these Changes give exactly the student's numbers, on cases that took no part in the search?"""
    parts = altered(changes)
    return all(same_numbers(case, parts, answer, JUDGED * tolerance) for case, answer in fresh)


def same_numbers(case, parts, answer, tolerance):
    try:
        mine = simulate(case, parts)
    except (ValueError, IndexError):  # parts that do not fit together
        return False
    return all(close(mine[name], answer[name], tolerance) for name in answer)


def without_needless(changes, fresh, tolerance):
    for change in changes:
        fewer = [other for other in changes if other is not change]
        if gives(fewer, fresh, tolerance):
            changes = fewer
    return changes


def improve(changes, pool, agree):
    """Add Changes of a pool, each time the one with which most agrees -> (Changes, whether all agrees)."""
    changes, right = list(changes), agree(altered(changes))
    while not right.all():
        ways = [agree(altered([*changes, change])) for change in pool]
        best = int(np.argmax([way.sum() for way in ways]))
        if ways[best].sum() <= right.sum():
            return changes, False
        changes, right = [*changes, pool[best]], ways[best]
    return changes, True


# --- how the deltas are made ---


def of_deltas(patient, witnesses):
    """The Changes in how the deltas are made; Findings on what is not understood."""
    seen = see(patient, witnesses)
    tried = []
    for t in (MIDDLE, STEPS_OF - 1, None):
        changes, unknown = decode(seen, t) if t is not None else ([], [])
        if (changes, unknown) in tried:
            continue
        pool = [*pythons_last(changes), *STEPS]
        better, agreed = (changes, False) if unknown else improve(changes, pool, seen.agree)
        if agreed:
            break
        tried.append((changes, unknown))
    if not agreed:
        changes, unknown = tried[0]
        return changes, [begin(seen, altered(changes), equation) for equation in unknown or [None]]
    if set(witnesses) & SUMS_ALONE:
        return better, []
    return of_batch(patient, witnesses, better)


def pythons_last(changes):
    """The same with steps[t - 1] for what the step found, which is another at the first step alone."""
    for change in changes:
        parts = tuple((part, re.sub(r"\bp\.", "w.", code)) for part, code in change.parts)
        if parts != change.parts:
            yield Change(change.equation, change.words, parts, change.arrows)


def of_batch(patient, witnesses, changes):
    """The same for several sequences and units, where the deltas of scalar LSTMs are explained."""
    case = patient.draw(4, 3, 12 + WIDTH, 2, 9, one_hot=True)
    z = deltas_with(patient, witnesses, case)
    changes, agreed = improve(changes, WIDE + STEPS, lambda parts: agree_in_a_batch(z, case, parts, patient.tolerance))
    if agreed:
        return changes, []
    wrong = ~agree_in_a_batch(z, case, altered(changes), patient.tolerance)
    t = int(np.flatnonzero(wrong.any(axis=1))[-1])  # nearest to the loss
    words = f"this is where it begins: at step {t + 1} of {len(z)}, with several sequences and units, not with one"
    return changes, [Finding(equation_of(wrong[t]), words)]


def equation_of(wrong):
    """The equation of the deltas (4,) that are wrong while what they are made of is not."""
    gates = [k for k, off in zip(GATES, wrong) if off]
    return EQUATION[gates[0]] if len(gates) == 1 else "3.5" if "o" not in gates else "3.4"


def agree_in_a_batch(z, case, parts, tolerance):
    """(T, 4): where the deltas of a batch are what these parts give."""
    try:
        mine = walk_all(case, parts)["z"]
    except (ValueError, IndexError):
        return np.zeros((len(z), 4), bool)
    off = np.abs(mine - z).reshape(*z.shape[:2], 4, -1).max(axis=(1, 3))
    return off <= SUMMED * tolerance * np.abs(z).max()


def begin(seen, parts, equation):
    """A Finding: where the student's deltas are not what these parts give, nearest to the loss, with both numbers."""
    wrong = ~seen.agree(parts)
    of_gate = [row for row, k in enumerate(GATES) if EQUATION[k] == equation] or range(4)
    T = wrong.shape[1]
    places = [(s, s - lag, row) for lag in range(T) for s in range(T - 1, lag - 1, -1) for row in of_gate]
    s, t, row = next((place for place in places if wrong[place]), (0, 0, of_gate[0]))
    equation = equation or equation_of(wrong[s, t])
    one, other = visibly(seen.raw[s, t, 0, row], seen.simulated(parts)[s, t, 0, row])
    words = f"this is where it begins: of a scalar LSTM, with dh = 1 at step {s + 1} of {T} alone, "
    return Finding(equation, words + f"δ{GATES[row]}{TILDE}_{t + 1} is {one} where {other} belongs")


def visibly(one, other):
    """Two numbers with as many digits as it takes to tell them apart."""
    for digits in range(4, 17):
        if f"{one:.{digits}g}" != f"{other:.{digits}g}":
            break
    return f"{one:.{digits}g}", f"{other:.{digits}g}"


# --- what is made of them ---


def of_sums(patient, witnesses, changes, begins):
    """The Changes in what is made of the deltas: the parameters, x and the start states."""
    case = patient.draw(4, 3, 12 + WIDTH, 2, 11, one_hot=True)
    answer, names = patient.ask(case), walk_all(case, altered(changes))
    if begins:  # then with the deltas as they are
        z = deltas_with(patient, witnesses, case)
        z = z.reshape(*case.dh.shape[:2], 4, -1).transpose(2, 0, 1, 3)
        names |= sums_names(case, z, names["delta_h"], names["delta_c"], case.h_0, case.c_0)

    def is_code(given, code):
        return close(given, evaluate(code, names) + np.zeros(given.shape), SUMMED * patient.tolerance)

    found = []
    for name in [name for name in INPUTS if name in answer]:
        blocks = dict(zip(GATES, np.split(answer[name].reshape(len(answer[name]), -1), 4)))
        wrong = {k: block for k, block in blocks.items() if not is_code(block, RIGHT[f"{name} {k}"])}
        ways = {k: [way for way in of_parameters(name, k) if is_code(block, way[0])] for k, block in wrong.items()}
        found += of_parameter(name, ways) if ways else []
    found = list(together(found))
    for name in [name for name in (OUT if not begins else "x") if name in answer]:
        if not is_code(answer[name], RIGHT[name]):
            ways = ((code.replace("{}", f"({RIGHT[name]})"), words) for code, words in (OUT[name] | EVERY).items())
            found.append(of_outflow(name, *next((way for way in ways if is_code(answer[name], way[0])), (None, None))))
    return found


def of_parameter(name, ways):
    """ways: {gate that is wrong: [(code, words)]} -> one Change for all four where a way is common to them, or each."""
    common = set.intersection(*(set(map(of_any_gate, ways[k])) for k in ways)) if len(ways) == 4 else set()
    chosen = {k: next((way for way in ways[k] if not common or of_any_gate(way) in common), (None, None)) for k in ways}
    parts = {k: ((f"{name} {k}", code),) * bool(code) for k, (code, _) in chosen.items()}
    if len(ways) == 4 and (common or not any(ways.values())):
        words = of_any_gate(chosen["i"]) or "it is not the sum over steps and sequences that (3.14) wants"
        return [Change("3.14", f"{name}: {words}", sum(parts.values(), ()))]
    called, otherwise = name + "_" * (name == "b"), "it is not the sum over steps and sequences that is wanted"
    return [Change(OWN[k], f"{called}{k}: {words or otherwise}", parts[k]) for k, (_, words) in chosen.items()]


def together(changes):
    """One Change for what is said alike of several parameters in one equation."""
    groups = {}
    for change in changes:
        name, _, words = change.words.partition(": ")
        groups.setdefault((change.equation, words), []).append((name, change.parts))
    for (equation, words), group in groups.items():
        names, parts = zip(*group)
        yield Change(equation, f"{', '.join(names)}: {words}", sum(parts, ()))


def of_any_gate(way):
    """The words of a way without the gate."""
    return re.sub(rf"δ\w{TILDE}", f"δz{TILDE}", way[1]) if way[1] else ""


def of_outflow(name, code, words):
    equation = "3.15" if name == "x" else "3.16"
    if code is None:
        return Change(equation, f"{name}: it is not what the equation makes of the deltas", ())
    return Change(equation, words and f"{name}: {words}", ((name, code),))
