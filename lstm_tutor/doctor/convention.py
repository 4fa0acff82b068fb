"""How somebody's LSTM stores and orders things, found by running its forward pass on random numbers.

Their parameters are filled with random numbers and their forward pass is run once for each order of the axes of x. A
hypothesis says how to read weights out of their arrays. All hypotheses together go through one reference forward pass;
that whose h is theirs is the convention. Where none is, the reference pass is run with the mistakes of a table.
"""

import copy
import inspect
import itertools
import re
import warnings
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lstm_helpers import GATES
from lstm_tutor.doctor.findings import Finding
from lstm_tutor.doctor.forward_mistakes import agrees, mistakes

SIZES = {"T": 4, "N": 2, "I": 3, "H": 5}  # all different, as are I + H, 4H, 8H: a length tells which axis it is
TOLERANCE, TOLERANCE_32 = 1e-9, 1e-4  # on h, of order 1; the second where they compute in float32
# One letter an axis, those in brackets joined; "[": a list along the first axis. One sequence alone has no N.
X_AXES = ("TNI", "NTI", "INT", "TIN", "NIT", "ITN", "TI", "IT", "[TNI", "[TIN", "[TI")
STATE_AXES = ("NH", "HN", "H", "1NH")
# Parameters: g gates, u units of one gate, k what they are multiplied by: parts h, x, and 1 and 2 for two biases.
PARTS = ("hx", "xh", "h", "x", "1", "12", "hx1", "xh1", "1hx", "1xh")
WEIGHT_AXES = {
    4: ("(gu)k", "k(gu)", "(ug)k", "k(ug)", "guk", "gku", "(gu)", "(ug)", "gu", "(kgu)"),
    1: ("uk", "ku", "u"),
}
USUAL_ORDERS = ("ifgo", "ifog", "figo", "fiog", "igfo", "iofg")
ORDERS = sorted(map("".join, itertools.permutations(GATES)), key=lambda order: order not in USUAL_ORDERS)
MEANINGS = {  # the gates as people call them
    "i": ("i", "in", "input", "u", "update"),
    "f": ("f", "forget"),
    "g": ("g", "c", "a", "z", "cell", "candidate", "ct", "cand", "modulation"),
    "o": ("o", "out", "output"),
}


@dataclass(frozen=True)
class Slot:
    """What one of their parameters is: positions of its gates in their order, its parts, its axes."""

    leaf: int
    positions: tuple
    parts: str
    axes: str


@dataclass(frozen=True)
class Convention:
    """order: our letters of their gates. states: axes of the start states, "" where they are zero.

    first: the start states given, in order: "hc", "ch", "h" or "".
    names: of all their parameters. letters: theirs of the gates, or (). entries, missing, scale, scaled and bias
    concern what backward returns: see pair.py.
    """

    slots: tuple
    order: str
    forget: int
    x: str
    h: str
    states: str
    first: str
    one: bool
    names: tuple
    letters: tuple
    tolerance: float
    entries: tuple = ()
    missing: tuple = ()
    scale: str = ""
    scaled: tuple = ()
    bias: str = "1"

    @property
    def parts(self):
        return "".join(slot.parts for slot in self.slots)

    def __str__(self):
        axes, joined = self.slots[0].axes, [slot for slot in self.slots if {*"hx"} <= {*slot.parts}]
        gates = self.letters or tuple(self.order)
        words = [
            {"TNI": "time first", "NTI": "sequences first", "INT": "features first"}.get(self.x, f"x {spelt(self.x)}"),
            "" if "T" in self.h else "h_T alone",
            "one sequence" if self.one else "",
            f"[{'; '.join(joined[0].parts)}]" if joined else "W_x and W_h apart",
            "rows" if axes.index("u") < axes.index("k") else "columns",
            ("interleaved " if "(ug)" in axes else "") + f"gates {', '.join(gates)}",
            "two biases" if "2" in self.parts else "one bias" if "1" in self.parts else "no bias",
            "forget bias 1 added at run time" if self.forget else "",
            {"": "states from zero", "h": "h_0 given, c from zero"}.get(
                self.first, f"states ({', '.join(self.first)})"
            ),
        ]
        return ", ".join(filter(None, words))


@dataclass(frozen=True, eq=False)
class Run:
    """One run of their forward pass: the axes it was given, and its h as (T, N, H), or (1, N, H) for h_T alone."""

    x_axes: str
    h_axes: str
    states: str
    first: str
    case: dict
    h: np.ndarray


def spelt(axes):
    """For people: "(T, N, I)", or "list of (N, I)"."""
    return f"list of ({', '.join(axes[2:])})" if axes[0] == "[" else f"({', '.join(axes)})"


def to_theirs(array, ours, axes):
    """An array whose axes are `ours`, e.g. "TNI", with the axes of theirs: a view where that is possible, or a list."""
    size = dict(zip(ours, array.shape))
    groups = re.findall(r"\w+(?=\))|\w", axes)
    letters = [letter for letter in "".join(groups) if letter in ours]
    letters += [letter for letter in ours if letter not in letters]  # of length 1
    moved = array.transpose([ours.index(letter) for letter in letters])
    theirs = moved.reshape([int(np.prod([size.get(letter, 1) for letter in group])) for group in groups])
    return list(theirs) if axes[0] == "[" else theirs


def to_ours(value, ours, axes, size):
    """The inverse of `to_theirs`. Raises ValueError where the value has not these axes."""
    letters = [letter for letter in axes if letter in ours]
    letters += [letter for letter in ours if letter not in letters]
    array = shaped(value, [size[letter] for letter in letters], spelt(axes))
    return array.transpose([letters.index(letter) for letter in ours])


def shaped(value, shape, name):
    """The value as an array of that shape, axes of length 1 apart. Raises ValueError."""
    array = np.asarray(value)
    if [n for n in array.shape if n != 1] != [n for n in shape if n != 1]:
        raise ValueError(
            f"{name} has the shape {array.shape}, wanted {tuple(shape)}: that of what it is the gradient of"
        )
    return array.reshape(shape)


def axes_of(value, size):
    """Which axes an array or a list of arrays has, told by their lengths; "" where they cannot be told."""
    try:
        shape = np.shape(value)
    except ValueError:
        return ""
    letter = {1: "1"} | {size[name]: name for name in size if size[name] > 1}
    axes = "".join(letter.get(n, "?") for n in shape)
    once = "?" not in axes and all(n == 1 for name, n in Counter(axes).items() if name != "1")
    return "[" * isinstance(value, (list, tuple)) + axes if once else ""


def parts_of(container):
    if isinstance(container, dict):
        return container.items()
    if isinstance(container, (list, tuple)):
        return zip(getattr(container, "_fields", range(len(container))), container)
    return getattr(container, "__dict__", {}).items()


def leaves(container, path=()):
    """{path: array} of all arrays in nested dicts, lists, tuples and attributes."""
    if isinstance(container, np.ndarray):
        return {path: container}
    parts = parts_of(container) if len(path) < 5 else ()
    return {where: array for key, part in parts for where, array in leaves(part, (*path, key)).items()}


def parameters_in(container):
    """`leaves`, each array once, where it comes first."""
    first = {id(array): path for path, array in reversed(leaves(container).items())}
    return {path: array for path, array in leaves(container).items() if first[id(array)] == path}


def spoken(path):
    return ".".join(map(str, path))


def called(names):
    return ", ".join(name if re.search("[a-zA-Z]", name) else f"array {name}".strip() for name in names)


def common_start(names):
    """How many letters all names begin with."""
    return sum(1 for _ in itertools.takewhile(lambda letters: len({*letters}) == 1, zip(*names)))


def different(names):
    """What differs in names of four gates, e.g. ("f", "i", "c", "o") of Wf, Wi, Wc and Wo; () where nothing tells."""
    head, tail = (common_start(turned) for turned in (names, [name[::-1] for name in names]))
    found = tuple(re.sub(r"gate|[\W\d_]", "", name[head : len(name) - tail].lower()) for name in names)
    return found if all(found) and len({*found}) == 4 == len(names) else ()


def readings(members, shape, letters, names):
    """The ways to read parameters of one shape: yields tuples of Slots."""
    I, H = SIZES["I"], SIZES["H"]
    for n, parts in itertools.product((4, 1), PARTS):
        k = sum({"h": H, "x": I}.get(part, 1) for part in parts)
        for axes in WEIGHT_AXES[n]:
            told = to_theirs(np.empty((n, H, k)), "guk", axes).shape == shape if "k" in axes or k == 1 else False
            if not told or (axes == "(kgu)" and parts != "12"):
                continue
            positions = [(0, 1, 2, 3)] if n == 4 else [(0,), (1,), (2,), (3,)]
            one = len(positions)
            splits = {one: [(members,)]}.get(len(members), [])
            if len(members) == 2 * one and parts == "1":
                splits = [(members[:one], members[one:]), (members[::2], members[1::2])]
            for split in splits:
                ordered = [aligned(group, letters, names) for group in split]
                yield tuple(
                    Slot(leaf, position, part, axes)
                    for group, part in zip(ordered, (parts, "2"))
                    for leaf, position in zip(group, positions)
                )


def aligned(members, letters, names):
    """Four parameters in the order of the letters, where their names have the same four."""
    own = different([names[leaf] for leaf in members])
    return [members[own.index(letter)] for letter in letters] if letters and {*own} == {*letters} else members


def layouts(used, shapes, names):
    """(letters, [tuple of Slots]): all ways to read these parameters as those of one LSTM layer."""
    groups = {}
    for leaf in used:
        groups.setdefault(shapes[leaf], []).append(leaf)
    letters = next(filter(None, (different([names[leaf] for leaf in group]) for group in groups.values())), ())
    found = []
    for choice in itertools.product(*(readings(group, shape, letters, names) for shape, group in groups.items())):
        slots, biases = [], 0
        for group in choice:  # a second group of biases is the second bias
            second = biases and group[0].parts == "1"
            slots += [Slot(s.leaf, s.positions, "2", s.axes) if second else s for s in group]
            biases += "1" in group[0].parts
        count = Counter("".join(slot.parts * len(slot.positions) for slot in slots))
        blocks = {"(ug)" in slot.axes for slot in slots if "(" in slot.axes}
        if count["h"] == count["x"] == 4 and count["1"] in (0, 4) and count["2"] in (0, 4) and len(blocks) < 2:
            found.append(tuple(sorted(slots, key=lambda slot: "k" not in slot.axes or slot.parts == "1")))
    return letters, [*dict.fromkeys(found)]


@lru_cache
def places(slot, I, H):
    """Where a parameter's numbers stand in a (4, H, H+I+2) array of all: their gates, units, and h, x, two biases."""
    column = {"h": range(H), "x": range(H, H + I), "1": [H + I], "2": [H + I + 1]}
    columns = [k for part in slot.parts for k in column[part]]
    everything = np.arange(4 * H * (H + I + 2)).reshape(4, H, -1)
    return to_theirs(everything[list(slot.positions)][:, :, columns], "guk", slot.axes)


def gate_rows(order):
    return [order.index(gate) for gate in GATES]


def fresh_case(one, dtype, size=SIZES):
    """{x, h_0, c_0, size}: random numbers; a single sequence if one."""
    rng, size = np.random.default_rng(0), size | ({"N": 1} if one else {})
    T, N, I, H = size.values()
    x, h_0, c_0 = (rng.normal(size=shape).astype(dtype) for shape in ((T, N, I), (N, H), (N, H)))
    return {"x": x, "h_0": h_0, "c_0": c_0, "size": size}


def call(forward, parameters, case, x_axes, states, first):
    """(h, cache) of their forward pass. The arguments are views of ours: a change is seen by who asked."""
    given = [to_theirs(case[f"{name}_0"], "NH", states) for name in first]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        returned = forward(to_theirs(case["x"], "TNI", x_axes), parameters, *given)
    if not isinstance(returned, (tuple, list)) or len(returned) != 2:
        how_many = f"{len(returned)} things" if isinstance(returned, (tuple, list)) else type(returned).__name__
        raise ValueError(f"h and a cache are wanted, return h, cache: forward returned {how_many}")
    return returned


def states_taken(forward):
    """Which start states can be handed over: "hc", "h" alone, or "" for none."""
    try:
        kinds = [p.kind for p in inspect.signature(forward).parameters.values()]
    except (TypeError, ValueError):
        return "hc"
    positional = sum(kind in (0, 1) for kind in kinds)
    return "hc" if positional >= 4 or 2 in kinds else "h" if positional == 3 else ""  # 2: *arguments


def try_runs(forward, parameters, one):
    """(runs, errors): their h for every order of the axes that neither raises nor returns something else than h."""
    runs, errors = [], []
    case = fresh_case(one, dtype_of(parameters))
    taken, x_orders = states_taken(forward), sorted(X_AXES, key=lambda axes: one and "N" in axes)
    for states, x_axes in itertools.product((*STATE_AXES, "") if taken else ("",), x_orders):
        first = taken if states else ""
        if not one and ("N" not in x_axes or states == "H"):
            continue
        try:
            h, again = (call(forward, *copy.deepcopy((parameters, case)), x_axes, states, first)[0] for _ in range(2))
            axes = axes_of(h, case["size"])
            if not {"H"} <= {*axes} <= {*"[TNH1"} or ("N" in axes) == one:
                raise ValueError(f"h came out with the shape {np.shape(h)}")
            if not np.any(h):
                raise ValueError("h is 0 at every step: is every h_t stored?")
            if not np.array_equal(h, again):
                raise ValueError("h is another one when it is called again with the same arguments")
            h = to_ours(h, "TNH", axes, case["size"] | {"T": case["size"]["T"] if "T" in axes else 1})
        except Exception as error:  # a wrong order of axes may raise anything
            errors.append(f"{type(error).__name__}: {error}")
            continue
        if not any(bool(r.states) == bool(states) and np.array_equal(r.h, h) for r in runs):
            runs.append(Run(x_axes, axes, states, first, case, h))
    return runs, errors


def dtype_of(parameters):
    return np.result_type(np.float32, *parameters_in(parameters).values())


def used_leaves(forward, parameters, run):
    """The numbers of the parameters on which h depends."""
    used = []
    for leaf in range(len(parameters_in(parameters))):
        other = copy.deepcopy(parameters)
        [*parameters_in(other).values()][leaf][...] += 0.5
        try:
            h, _ = call(forward, other, copy.deepcopy(run.case), run.x_axes, run.states, run.first)
            same = np.array_equal(np.asarray(h), np.asarray(to_theirs(run.h, "TNH", run.h_axes)))
        except Exception:  # whatever it is, the parameter is looked at
            same = False
        used += [] if same else [leaf]
    return used


def not_examined(words):
    return (Finding("", f"not examined: {words}"),)


def by_names(letters):
    """Our letters of their gates, as far as the names say it: "figo" for f, i, c, o; "" where they do not."""
    order = "".join(next((gate for gate in GATES if letter in MEANINGS[gate]), "") for letter in letters)
    return order if len({*order}) == 4 else ""


def filled(init, slots, order, weights):
    """Their parameters, fresh, with the numbers of weights (4, H, H+I+2): columns h, x, two biases."""
    H = weights.shape[1]
    parameters = copy.deepcopy(init(weights.shape[2] - H - 2, H))
    arrays, numbers = [*parameters_in(parameters).values()], weights[[GATES.index(gate) for gate in order]].ravel()
    for slot in slots:
        arrays[slot.leaf][...] = numbers[places(slot, weights.shape[2] - H - 2, H)]
    return parameters


def hypotheses(run, readings_of_run, orders, names, arrays):
    """(conventions, their weights (B, 4, H, H+I+1), h_0, c_0 (B, N, H)), for one run."""
    tolerance = TOLERANCE if {array.dtype for array in (*arrays, run.h)} == {np.dtype(np.float64)} else TOLERANCE_32
    h_0, c_0 = run.case["h_0"], run.case["c_0"]
    starts = {"hc": (h_0, c_0), "ch": (c_0, h_0), "h": (h_0, 0 * c_0), "": (0 * h_0, 0 * c_0)}
    firsts = ("hc", "ch") if run.first == "hc" else (run.first,)
    found, weights, states = [], [], []
    for letters, slots in readings_of_run:
        numbers = np.zeros((4, SIZES["H"], SIZES["H"] + SIZES["I"] + 2))
        for slot in slots:
            numbers.ravel()[places(slot, SIZES["I"], SIZES["H"])] = arrays[slot.leaf]
        numbers = np.concatenate([numbers[..., :-2], numbers[..., -2:].sum(-1, keepdims=True)], -1)
        for first, forget, order in itertools.product(firsts, (0, 1), orders):
            common = (run.x_axes, run.h_axes, run.states, first, run.case["size"]["N"] == 1, names, letters, tolerance)
            found.append(Convention(slots, order, forget, *common))
            weights.append(numbers[gate_rows(order)])
            weights[-1][1, :, -1] += forget
            states.append(starts[first])
    return found, np.array(weights), *np.array(states).swapaxes(0, 1)


def first_that_agrees(init, forward, trials, changes):
    """The first convention whose h is theirs, also on fresh numbers of other sizes; None where there is none."""
    for run, (conventions, weights, h_0, c_0) in trials:
        alive = agrees(weights, run.case["x"], h_0, c_0, changes, run.h, conventions[0].tolerance)
        for k in np.flatnonzero(alive):
            if agrees_again(init, forward, conventions[k], changes):
                return conventions[k]
    return None


def agrees_again(init, forward, convention, changes):
    """Whether h is theirs on fresh numbers of other sizes. Errors of theirs count as no."""
    weights = np.random.default_rng(2).normal(size=(4, 6, 12))
    weights[..., -2:] *= ["1" in convention.parts, "2" in convention.parts]
    parameters = filled(init, convention.slots, convention.order, weights)
    case = fresh_case(convention.one, dtype_of(parameters), {"T": 3, "N": 2, "I": 4, "H": 6})
    try:
        h, _ = call(forward, parameters, case, convention.x, convention.states, convention.first)
        h = to_ours(h, "TNH", convention.h, case["size"] | ({} if "T" in convention.h else {"T": 1}))
    except Exception:
        return False
    merged = np.concatenate([weights[..., :-2], weights[..., -2:].sum(-1, keepdims=True)], -1)
    merged[1, :, -1] += convention.forget
    start = [case[f"{name}_0"][None] * (name in convention.first) for name in "hc"]
    return agrees(merged[None], case["x"], *start, changes, h, convention.tolerance).all()


def find(init, forward, numbers=(False, True)):
    """(Convention or None, findings): how their forward pass reads, or what is wrong with it.

    numbers: whether it is asked for one sequence alone, in this order.
    """
    try:
        parameters = copy.deepcopy(init(SIZES["I"], SIZES["H"]))
        named, rng = parameters_in(parameters), np.random.default_rng(3)
        for array in named.values():
            array[...] = rng.normal(size=array.shape)
    except Exception as error:
        return None, not_examined(f"init(3, 5), 3 inputs and 5 hidden units, raised {type(error).__name__}: {error}")
    if not named:
        return None, not_examined("init(3, 5) holds no NumPy arrays: return them in a dict, list, tuple or object")
    names, arrays, every_trial, errors = tuple(map(spoken, named)), [*named.values()], [], []
    shapes = [array.shape for array in arrays]
    for one in numbers:
        runs, raised = try_runs(forward, parameters, one)
        errors += raised
        for run in runs:
            used = used_leaves(forward, parameters, run)
            letters, slots = layouts(used, shapes, names)
            trial = (run, hypotheses(run, [(letters, s) for s in slots], ORDERS, names, arrays)) if slots else None
            convention = first_that_agrees(init, forward, [trial], {}) if slots else None
            if convention:
                return convention, (*wrong_names(convention), *unused_bias(convention, used, shapes, names))
            every_trial.append((run, used))
    if not every_trial:
        error = min(errors, key=lambda error: "ValueError: h " not in error)  # there it ran, at least
        return None, not_examined(f"no h came from forward, in whatever order x has its axes, e.g. {error}")
    return None, mistaken(init, forward, every_trial, shapes, names, arrays) or no_lstm(every_trial[0][1], shapes)


def wrong_names(convention):
    """Where their names of the gates say something else than what the gates do."""
    named = by_names(convention.letters)
    if named in ("", convention.order):
        return ()
    what = "; ".join(f"{a} does what {b} should" for a, b in zip(named, convention.order) if a != b)
    return (forward_finding("1.5", f"by their names, gates are exchanged: {what}"),)


def unused_bias(convention, used, shapes, names):
    spare = [leaf for leaf in range(len(shapes)) if leaf not in used]
    for shape in {shapes[leaf] for leaf in spare} if "1" not in convention.parts else ():
        biases = [leaf for leaf in spare if shapes[leaf] == shape]
        if any("1" in slot.parts for slots in layouts([*used, *biases], shapes, names)[1] for slot in slots):
            return (forward_finding("1.8", f"b is not added: h does not depend on {called(names[b] for b in biases)}"),)
    return ()


def forward_finding(equation, words):
    return Finding(equation, f"your forward pass: {words}. Mend it, and ask again")


def mistaken(init, forward, every_trial, shapes, names, arrays):
    """The findings of the first mistake of the table, or two of them, that give their h."""
    trials = []
    for run, used in every_trial:
        spare = {}
        for leaf in set(range(len(shapes))) - {*used}:
            spare.setdefault(shapes[leaf], []).append(leaf)
        for groups in (g for n in range(len(spare) + 1) for g in itertools.combinations(spare.values(), n)):
            letters, slots = layouts(sorted(sum(groups, used)), shapes, names)
            if slots:
                readings_of_run = [(letters, s) for s in slots]
                orders = [by_names(letters)] if by_names(letters) else ORDERS
                trials.append((run, hypotheses(run, readings_of_run, orders, names, arrays)))
                break
    usual = [(run, of_usual_order(trial)) for run, trial in trials]
    for searched, n in ((trials, 1), (usual, 2)) if trials else ():
        for group in itertools.combinations(mistakes(), n):
            changes = {name: code for row in group for name, code in row[2].items()}
            apart = len(changes) == sum(len(row[2]) for row in group)
            if apart and first_that_agrees(init, forward, searched, changes):
                return tuple(forward_finding(equation, words) for equation, words, _ in group)
    return ()


def of_usual_order(trial):
    """The conventions in which two mistakes are searched, for it takes seconds: of usual orders, if no names tell."""
    conventions, *numbers = trial
    kept = [k for k, c in enumerate(conventions) if not c.forget and (c.order in USUAL_ORDERS or by_names(c.letters))]
    return [conventions[k] for k in kept], *(array[kept] for array in numbers)


def no_lstm(used, shapes):
    """What else it may be, by how many numbers h depends on: of H (H + I), with no, one or two biases, a gate."""
    H, a_gate = SIZES["H"], [SIZES["H"] * (SIZES["H"] + SIZES["I"] + biases) for biases in (0, 1, 2)]
    count = sum(int(np.prod(shapes[leaf])) for leaf in used)
    kinds = {n: what for gate in a_gate for n, what in ((gate, "a plain RNN"), (3 * gate, "a GRU"))}
    kinds |= {4 * gate + more: "an LSTM with peephole connections" for gate in a_gate for more in (3 * H, 3 * H * H)}
    what = kinds.get(count) or ("an LSTM of more than one layer or direction" if count > 1.5 * 4 * a_gate[1] else "")
    if count in [4 * gate for gate in a_gate]:
        words = "the parameters are those of an LSTM, but h is neither an LSTM's nor that of a mistake known here: "
        return not_examined(words + "compare one step with (1.2) to (1.7), gate by gate, on numbers you can work out")
    if what:
        return not_examined(f"by its parameters this is {what}, and what is examined is an LSTM of one layer")
    words = f"with I = 3 and H = 5, h depends on arrays of the shapes {', '.join(str(shapes[k]) for k in used)}"
    return not_examined(f"{words}: wanted four gates, each with W_x, W_h and perhaps b, apart or joined")
