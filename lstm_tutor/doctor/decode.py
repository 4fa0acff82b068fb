"""From single deltas to the factors and arrows that they are made of.

With dh = 1 at one step, the deltas of that step are products: each is compared with all products of a pool. Then what a
step hears from the step after it is a sum over arrows, of which most are known.
"""

from dataclasses import dataclass, replace

import numpy as np

from lstm_helpers.lstm import sigmoid
from lstm_helpers.weights import GATES
from lstm_tutor.doctor.asking import EXACT
from lstm_tutor.doctor.cases import close
from lstm_tutor.doctor.deltas import MANY, NOTHING, STEPS_OF
from lstm_tutor.doctor.findings import Arrow
from lstm_tutor.doctor.pool import (
    ATOMS,
    EQUATION,
    ORDERS,
    STEPS,
    TILDE,
    Change,
    factor,
    rows,
    spoken,
    times_words,
    written,
)
from lstm_tutor.doctor.reference import RIGHT, around, evaluate, known_steps

UNKNOWN = 2.5  # what a factor costs that is in no pool: more than two that are
PRODUCT = 1e3  # how many times the tolerance a product of factors may be off
SUM = 1e4  # and a sum over arrows
SHORT = 0.3  # and a number in front that is written with fewer digits (1/3 with nine is off by the tolerance)
SILENT = 1e-3  # a coefficient that is none
CELL = RIGHT["cell_factor"], RIGHT["cell_slope"]
LOCAL = {k: (RIGHT[f"{k}_partner"], RIGHT[f"{k}_slope"]) for k in GATES}
SOURCES = {"d_h": "δh_t", "d_c": "δc_t", "(d_h * s.o)": "δm_t = δh_t o_t"}


def decode(seen, t):
    """What the deltas of row t tell, and what it hears from row t + 1 -> (Changes, equations not understood)."""
    seen, moved = in_time(seen)
    if np.abs(seen.deltas[t, t]).max() < NOTHING:
        return moved, ["3.14"]  # dh of a step is not heard at that step
    step = read_step(seen.deltas[t, t], pool_at(seen, t))
    unknown = ["3.5"] * (step.cell is None) + [EQUATION[k] for k, made in step.gates.items() if not made]
    before = min(t, STEPS_OF - 2)
    carries, more = read_carries(seen, step, before, pool_at(seen, before), pool_at(seen, before + 1))
    return moved + changes_of(step) + with_common(common_times(step), carries), unknown + more


def in_time(seen):
    """Where dh of one step is used at another one: as if it were not, and the Change that says so."""
    loud = np.abs(seen.deltas).max(axis=(2, 3)) > NOTHING  # (S, T)
    arrives = [int(np.flatnonzero(row)[-1]) if row.any() else -1 for row in loud]
    T = len(arrives)
    for code, where in {"dh[T - 1 - t]": [*range(T)][::-1], "dh[t - 1]": [*range(1, T), 0]}.items():
        if arrives == where:
            change = next(change for change in STEPS if change.parts == (("immediate", code),))
            return replace(seen, raw=seen.raw[[*np.argsort(arrives), T]]), [change]
    return seen, []


# --- the pool as numbers ---


@dataclass(frozen=True, eq=False)
class Pool:
    """Every atom at one step of the scalar LSTMs. values: (atoms, K); names: those that codes may use."""

    codes: tuple
    values: np.ndarray
    names: dict
    tolerance: float

    def value(self, *codes):
        """(K,): the product of some codes."""
        return np.ravel(evaluate(" * ".join(codes), self.names) * np.ones((MANY, 1)))


def pool_at(seen, t):
    known, joint = known_steps(seen.joint), seen.joint
    names = {"np": np, "sigmoid": sigmoid, "first": known[0], "last": known[-1], "c_0": joint.c_0, "h_0": joint.h_0}
    empty = Pool((), np.zeros(0), names | around(known, t, joint.h_0, joint.c_0), seen.tolerance)
    with np.errstate(all="ignore"):
        values = {code: empty.value(code) for code in ATOMS}
    kept = {code: v for code, v in values.items() if np.isfinite(v).all() and np.abs(v).min() > NOTHING}
    return replace(empty, codes=tuple(kept), values=np.stack([*kept.values()]))


@dataclass(frozen=True)
class Product:
    """A vector explained as times * one * two. cost: how much of that is not as it should be."""

    one: str
    two: str
    times: float
    cost: float


def explained(vector, one, two, pool, both=True):
    """The cheapest Product that a vector is, where one * two should be; None where the pool has none.

    both: both factors may be others.
    """
    if np.abs(vector).max() < NOTHING:
        return Product("0", two, 1.0, 1)
    if not np.isfinite(vector).all():
        return None
    times = ratio(vector, pool.value(one, two), pool.tolerance)
    if times is not None:
        return Product(one, two, times, int(times != 1))
    found = [Product(a, two, times, 1 + (times != 1)) for a, times in matches(vector / pool.value(two), pool)]
    found += [Product(one, b, times, 1 + (times != 1)) for b, times in matches(vector / pool.value(one), pool)]
    if both and not any(product.times == 1 for product in found):
        found += two_of_the_pool(vector, pool)
    return min(found, key=lambda product: product.cost, default=None)


def ratio(vector, numbers, tolerance):
    """How many times one vector is the other, or None."""
    times = vector[0] / numbers[0]
    return plain(times, tolerance) if close(vector, times * numbers, PRODUCT * tolerance) else None


def plain(number, tolerance):
    """The number with the fewest digits that rounding allows, as 0.5; of 1/3 ten, so that equal ones are the same."""
    for digits in range(1, 11):
        short = float(f"{number:.{digits}g}")
        if abs(short - number) <= SHORT * tolerance * abs(number):
            break
    return short


def matches(vector, pool):
    """(code, times) of the atoms that a vector is a multiple of."""
    scaled = pool.values * (vector[:1] / pool.values[:, :1])
    near = np.abs(scaled[:, 1] - vector[1]) <= SUM * pool.tolerance * np.abs(vector).max()
    for k in np.flatnonzero(near):
        times = ratio(vector, pool.values[k], pool.tolerance)
        if times is not None:
            yield pool.codes[k], times


def two_of_the_pool(vector, pool):
    """The shortest product of two atoms, with nothing in front: one or none. In float32 too many would fit."""
    if pool.tolerance > EXACT:
        return []
    left = vector / pool.values
    off = np.abs(left[:, None, :2] - pool.values[None, :, :2]).max(axis=2)
    near = off < SUM * pool.tolerance * np.abs(pool.values[:, :2]).max(axis=1)
    found = [(pool.codes[a], pool.codes[b]) for a, b in np.argwhere(near)
             if close(left[a], pool.values[b], PRODUCT * pool.tolerance)]  # fmt: skip
    return [Product(*min(found, key=lambda codes: len("".join(codes))), 1.0, 2)] if found else []


# --- the products of one step ---


@dataclass(frozen=True, eq=False)
class Step:
    """How the deltas of a step are made of a δh_t of 1. rows: the order of the gates; cell: the Product of δc_t, or
    None; gates: {gate: (source, Product)}, (another gate, None), or None where nothing explains it."""

    rows: str
    cell: Product | None
    gates: dict
    cost: float


def read_step(made, pool):
    """The cheapest Step. made: (K, 4), the deltas."""
    steps, right = [], exactly_right(dict(zip(GATES, made.T)), pool)
    for order in [GATES, *ORDERS]:
        seen = {gate: made[:, row] for row, gate in enumerate(order)}
        if order == GATES or exactly_right(seen, pool) >= right + 2:
            steps += [read_gates(order, seen, cell, pool) for cell in cells(seen, pool)]
    return min(steps, key=lambda step: step.cost)


def exactly_right(seen, pool):
    return sum(is_gate(seen[k], k, pool.value(*CELL), pool) for k in GATES)


def is_gate(vector, k, cell, pool):
    """Is a vector exactly what the delta of gate k should be?"""
    return close(vector, (1 if k == "o" else cell) * pool.value(*LOCAL[k]), PRODUCT * pool.tolerance)


def cells(seen, pool):
    """What δc_t may be for a δh_t of 1: as it should be, or as one of the gates tells it if that gate is right."""
    yield pool.value(*CELL)
    yield from (seen[k] / pool.value(*LOCAL[k]) for k in "ifg" if np.abs(seen[k]).max() > NOTHING)


def read_gates(order, seen, cell, pool):
    product = explained(cell, *CELL, pool)
    ways = {gate: ways_of(gate, seen[gate], cell, pool) for gate in GATES}
    best = {gate: min(ways[gate], key=lambda way: way[0], default=(UNKNOWN, None)) for gate in GATES}
    cost = (
        (order != GATES) + (product.cost if product else UNKNOWN) + sum(min(way[0], UNKNOWN) for way in best.values())
    )
    return Step(order, product, {gate: way[1] if way[0] < UNKNOWN else None for gate, way in best.items()}, cost)


def ways_of(gate, vector, cell, pool):
    """(cost, (source, Product)) of what a gate's delta may be."""
    ways = [(1, (k, None)) for k in GATES if k != gate and is_gate(vector, k, cell, pool)]  # one array for both
    for source, numbers in zip(SOURCES, (np.ones(MANY), cell, pool.value("s.o"))):
        product = explained(vector / numbers, *LOCAL[gate], pool, both=source == RIGHT[f"of_{gate}"])
        if product:
            ways.append((product.cost + (source != RIGHT[f"of_{gate}"]), (source, product)))
    return ways


def changes_of(step):
    """The Changes that make the reference do what this Step does; what is not explained is left as it should be."""
    changes, common = [rows(step.rows)] if step.rows != GATES else [], common_times(step)
    if step.cell:
        changes += of_product(step.cell, ("cell_factor", "cell_slope"), "3.5", common, "the first term of δc_t")
    for gate, made in step.gates.items():
        changes += of_gate(gate, *made, common if gate == "o" else 1) if made else []
    return changes


def common_times(step):
    """The number in front of δh_t: what δõ_t and the first term of δc_t are both multiplied by."""
    o, cell = step.gates["o"], step.cell
    return cell.times if cell and o and o[1] and o[1].times == cell.times else 1


def of_gate(gate, source, product, common):
    right, called = RIGHT[f"of_{gate}"], f"δ{gate}{TILDE}_t"
    if product is None:
        parts = tuple((f"{gate}{part}", RIGHT[f"{source}{part}"]) for part in ("_partner", "_slope"))
        parts += ((f"of_{gate}", RIGHT[f"of_{source}"]),)
        return [Change(EQUATION[gate], f"{called}: it is δ{source}{TILDE}_t (one array for both?)", parts)]
    changes = of_product(product, (f"{gate}_partner", f"{gate}_slope"), EQUATION[gate], common, called)
    words = f"{called}: {SOURCES[source]} stands where {SOURCES[right]} belongs"
    return [Change(EQUATION[gate], words, ((f"of_{gate}", source),))] * (source != right) + changes


def of_product(product, parts, equation, common, called):
    """The Changes of two factors and of a number in front."""
    codes = dict(zip(parts, (product.one, product.two)))
    changes = [factor(part, code) for part, code in codes.items() if code != RIGHT[part]]
    if product.times != common:
        words = f"{called} {times_words(product.times / common)}"
        changes.append(Change(equation, words, (in_front(parts[1], product.times / common),)))
    return changes


def with_common(times, carries):
    """The Changes in (3.4) and a number in front of δh_t, or of dh alone where the carry takes it back."""
    if times == 1:
        return carries
    immediate, taken_back = in_front("immediate", times), in_front("carried_h", plain(1 / times, EXACT))
    others = [change for change in carries if change.parts != (taken_back,)]
    if len(others) < len(carries):
        words = f"∂⁺L/∂h_t, the immediate part of δh_t, {times_words(times)}"
        return [Change("3.4", words, (immediate,)), *others]
    return [Change("3.4", f"δh_t {times_words(times)}", (immediate, in_front("carried_h", times))), *carries]


def in_front(part, times):
    """A part with a number in front."""
    return part, f"{{}} * {times!r}"


# --- what a step hears from the step after it: (3.4), (3.5) ---

HEARD = {  # how often the carry of h is in δc_t, and the part that says so
    1: (),
    0: (("of_cell", "dh[t]"),),
    2: (("of_cell", "(d_h + carry_h)"),),
}


def read_carries(seen, step, t, pool_t, pool_next):
    """-> (Changes, equations that are not understood)."""
    made, later, heard = (seen.deltas[s, row] for s, row in ((t, t), (t + 1, t + 1), (t + 1, t)))
    rows_of = {gate: row for row, gate in enumerate(step.rows) if np.abs(made[:, row]).max() > NOTHING}
    with np.errstate(all="ignore"):
        speaking = {gate: heard[:, row] / made[:, row] for gate, row in rows_of.items()}
    of_cell = [k for k in speaking if step.gates[k] and step.gates[k][0] in ("d_c", "i", "f", "g")]
    direct = [k for k in speaking if k not in of_cell and (step.gates[k] or k == "o")]
    columns = arrow_columns(later, seen.joint.weights.W_h)
    tried = [coefficients(columns, speaking[k], seen.tolerance) for k in direct]
    arrows = next((sums for sums in tried if sums), {} if {} in tried else None)
    unknown = ["3.4"] * (bool(direct) and arrows is None)
    cell_t, cell_next = cell_numbers(seen, step, t, pool_t), cell_numbers(seen, step, t + 1, pool_next)
    if not of_cell or cell_t is None:
        return of_arrows(arrows), unknown
    if not direct:
        arrows = by_the_cell(speaking[of_cell[0]], columns, cell_next / cell_t, pool_next)
    if unknown:
        carried_h = speaking[direct[0]]
    else:
        carried_h = sum((c * columns[key] for key, c in (arrows or {}).items()), np.zeros(MANY))
    for times, parts in HEARD.items():
        along = read_along([(speaking[k] - times * carried_h) * cell_t / cell_next for k in of_cell], pool_next)
        if along is not None:
            more = [change for change in STEPS if change.parts == parts]
            return of_arrows(arrows) + along + more, unknown
    return of_arrows(arrows), [*unknown, "3.5"]


def arrow_columns(later, W_h):
    """{(j, k): (K,)}: δj̃_{t+1} through W_hk, those of a gate's own W_h first, each number once."""
    kept = {}
    for j, k in sorted(((j, k) for j in range(4) for k in range(4)), key=lambda key: key[0] != key[1]):
        column = later[:, j] * W_h[:, k, 0]
        if np.abs(column).max() > NOTHING and not any(close(column, other, PRODUCT * 1e-12) for other in kept.values()):
            kept[GATES[j], GATES[k]] = column
    return kept


def coefficients(columns, target, tolerance):
    """{name: coefficient} of the columns that target is the sum of; None where it is no sum of them."""
    if np.abs(target).max() < NOTHING:
        return {}
    if not columns or not np.isfinite(target).all():
        return None
    matrix = np.stack([*columns.values()], axis=1)
    scale = np.linalg.norm(matrix, axis=0)
    found = np.linalg.lstsq(matrix / scale, target, rcond=None)[0] / scale
    if not close(matrix @ found, target, SUM * tolerance):
        return None
    return {name: plain(c, tolerance) for name, c in zip(columns, found) if abs(c) > SILENT}


def cell_numbers(seen, step, t, pool):
    """(K,): what a δh_t of 1 becomes in δc_t, or None."""
    if step.cell:
        return step.cell.times * pool.value(step.cell.one, step.cell.two)
    for gate in "ifg":
        if step.gates[gate] and step.gates[gate][0] == "d_c":
            product = step.gates[gate][1]
            made = seen.deltas[t, t, :, step.rows.index(gate)]
            return made / (product.times * pool.value(product.one, product.two))
    return None


def by_the_cell(heard, columns, share, pool):
    """Where no gate hears of h alone: the arrows, from a gate that hears what comes along the cell as well."""
    along = [{}, *({"c": pool.value(code) * share} for code in ("s.f", *pool.codes))]
    for column in along:
        sums = coefficients(columns | column, heard, pool.tolerance)
        if sums is not None:
            return {key: c for key, c in sums.items() if key != "c"}
    return None


def read_along(factors, pool):
    """Changes in the factor of δc_{t+1} in δc_t, which most gates agree on; None where the pool has none."""
    factors = [vector * (np.abs(vector).max() > 1e3 * NOTHING) for vector in factors]
    agree = [sum(close(vector, other, SUM * pool.tolerance) for other in factors) for vector in factors]
    product = explained(factors[int(np.argmax(agree))], "s.f", "1", pool)
    if product is None:
        return None
    if product.one == "0":
        return [change for change in STEPS if change.parts == (("carried_c", "0"),)]
    if (product.one, product.two) == ("s.f", "1"):
        words = f"the carry along the cell {times_words(product.times)}"
        return [Change("3.5", words, (in_front("next_c", product.times),))] * (product.times != 1)
    return [along([code for code in (product.one, product.two) if code != "1"], product.times)]


def along(codes, times):
    """The Change: these factors stand in the place of f_{t+1} in the carry along the cell."""
    code = " * ".join(codes) or "1"
    words = "the factor f_{t+1} of the carry is left out"
    if codes:
        words = f"{spoken(code, later=True)} stands where f_{{t+1}} belongs, in what comes along the cell"
    here = [code.replace("w.", "s.") for code in codes if "w." in code]  # of the step that hears it
    there = [code for code in codes if "w." not in code] + [repr(times)] * (times != 1)
    parts = ("next_c", " * ".join(["d_c", *there])), ("carried_c", " * ".join(["{}", *here]))
    return Change("3.5", words, parts[: 1 + bool(here)], (Arrow("c1", "c2", written(code, later=True), "f_{t+1}"),))


def of_arrows(arrows):
    """The Changes that make the carry of h this sum. arrows: {(j, k): how often δj̃_{t+1} W_hk}, or None."""
    if arrows is None or arrows == {(k, k): 1.0 for k in GATES}:
        return []
    if not arrows:
        return [change for change in STEPS if change.parts == (("carried_h", "0"),)]
    times = arrows.get(("i", "i"))
    if arrows == {(k, k): times for k in GATES}:
        return [Change("3.4", f"the carry δz̃_(t+1) W_h {times_words(times)}", (in_front("carried_h", times),))]
    code = " + ".join(f"{c!r} * via({j!r}, {k!r})" for (j, k), c in arrows.items())
    said, drawn = zip(*said_of_arrows(arrows))
    return [Change("3.4", "; ".join(said), (("next_h", code),), drawn)]


def said_of_arrows(arrows):
    """(words, Arrow) for each of the four arrows that is not as it should be."""
    strange = [key for key in arrows if key[0] != key[1]]
    for j, k in strange:
        words = f"δ{j}{TILDE}_(t+1) goes back through W_h{k}; it must go through W_h{j}"
        yield words, Arrow("h1", f"{j}~2", f"W_{{h{k}}}", f"W_{{h{j}}}")
    for k in GATES:
        times, called = arrows.get((k, k), 0), f"δ{k}{TILDE}_(t+1) W_h{k}"
        if times == 0 and not any(j == k for j, _ in strange):
            yield f"the arrow through {k}{TILDE}_(t+1) is left out: {called}", Arrow("h1", f"{k}~2", "0", f"W_{{h{k}}}")
        elif times not in (0, 1):
            yield f"{called} {times_words(times)}", Arrow("h1", f"{k}~2", rf"{times:g}\,W_{{h{k}}}", f"W_{{h{k}}}")
