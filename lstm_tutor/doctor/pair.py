"""Somebody's init, forward and backward as one backward pass in the course's own form."""

import re
from dataclasses import dataclass, replace

import numpy as np

from lstm_helpers import LSTMWeights, lstm_backward, lstm_forward
from lstm_tutor.doctor.convention import (
    SIZES,
    axes_of,
    call,
    called,
    filled,
    find,
    gate_rows,
    leaves,
    not_examined,
    parameters_in,
    parts_of,
    places,
    shaped,
    spelt,
    spoken,
    to_ours,
    to_theirs,
)
from lstm_tutor.doctor.findings import Finding

SHARE = 0.25  # of b that the first of two biases gets, so that the two are not alike
AXES = {"x": "TNI", "h_0": "NH", "c_0": "NH"}
PREFIX = "(d|grad|gradient)?"
OTHERS = {  # how people call what is no parameter
    "x": "(x|xs|inputs?)",
    "h_0": "(h|a|hidden)(0|prev|init|initial|next|start)?",
    "c_0": "(c|cell|s)(0|prev|init|initial|next|start)?",
}


@dataclass(frozen=True)
class Entry:
    """A gradient among what backward returns. role: the number of a parameter, or "x", "h_0", "c_0" with its axes."""

    path: tuple
    role: int | str
    axes: str = ""


@dataclass(frozen=True, eq=False)
class Reading:
    """A pair as read. function: in the course's form, None where the pair cannot be examined: then findings say why.

    convention: in one line. from_zero: start states cannot be given; zero_cell: c_0 cannot.
    one_sequence: N must be 1. names: theirs by ours.
    """

    convention: str
    function: object
    from_zero: bool = True
    one_sequence: bool = False
    remarks: tuple = ()
    names: dict | None = None
    findings: tuple = ()
    zero_cell: bool = False


def read(init, forward, backward):
    """Find out how somebody's pair is written -> Reading. Raises nothing of theirs.

    init(I, H) -> parameters; forward(x, parameters) or forward(x, parameters, h_0, c_0) -> (h, cache);
    backward(dh, cache) -> gradients.
    """
    convention, findings = find(init, forward)
    if convention is None or findings:
        return Reading(str(convention or ""), None, findings=findings)
    reading = read_backward((init, forward, backward), convention)
    if convention.one or is_whole(reading):
        return reading
    alone, findings = find(init, forward, (True,))  # forward may take two sequences by broadcasting alone
    second = read_backward((init, forward, backward), alone) if alone and not findings else reading
    return second if is_whole(second) else reading


def is_whole(reading):
    """Can it be examined, with every gradient?"""
    return all(finding.equation for finding in reading.findings)


def read_backward(pair, convention):
    """The Reading, where it is known how their forward pass is written."""
    try:
        convention, returned = recognised(pair, convention)
    except Exception as error:
        words = f"backward raised {type(error).__name__}: {error}; dh was in the form of h, {spelt(convention.h)}"
        return Reading(str(convention), None, findings=not_examined(words))
    if len(convention.missing) == len(convention.slots):
        words = f"no gradient of {called(convention.names)} among what backward returned: {listed(returned)}"
        return Reading(str(convention), None, findings=not_examined(words))
    convention, findings, remarks = compared(pair, convention)
    return Reading(
        str(convention),
        as_backward(*pair, convention),
        not convention.states,
        convention.one,
        (*remarks, *left_out(convention, returned)),
        their_names(convention),
        findings + lacking(convention, returned),
        convention.first == "h",
    )


def listed(returned):
    return ", ".join(f"{spoken(path)} {np.shape(array)}".strip() for path, array in returned.items()) or "no array"


def lacking(convention, returned):
    """A finding where some gradients, not all, are missing. What they are a part of is not examined."""
    names = called(convention.names[leaf] for leaf in convention.missing)
    return (Finding("", f"no gradient of {names} among what backward returned: {listed(returned)}"),) if names else ()


def left_out(convention, returned):
    """Remarks on parameters and gradients that are not looked at."""
    used, known = {slot.leaf for slot in convention.slots}, [entry.path for entry in convention.entries]
    unused = [name for leaf, name in enumerate(convention.names) if leaf not in used]
    more = [spoken(path) for path in returned if not any(path[: len(start)] == start for start in known)]
    remarks = [f"h does not depend on {called(unused)}: not examined."] if unused else []
    return (*remarks, *([f"backward also returned {called(more)}: not examined."] if more else []))


def bare(key):
    return re.sub(r"[\W_]", "", str(key).lower())


def named(path, pattern):
    """Whether the names on the way to an array, all or the last of them, are those of the pattern."""
    return any(re.fullmatch(pattern, "".join(map(bare, path[k:]))) for k in range(len(path)))


def at(container, path):
    for key in path:
        container = dict(parts_of(container))[key]
    return container


def recognised(pair, convention):
    """(convention with its entries, {path: array} of what backward returned), by a run on lengths that all differ."""
    size, rng = SIZES | ({"N": 1} if convention.one else {}), np.random.default_rng(6)
    T, N, I, H = size.values()
    weights = LSTMWeights(rng.normal(size=(4 * H, I)), rng.normal(size=(4 * H, H)), rng.normal(size=4 * H))
    states, dh = rng.normal(size=(2, N, H)), rng.normal(size=(T if "T" in convention.h else 1, N, H))
    returned = run_backward(pair, convention, rng.normal(size=(T, N, I)), weights, *states, dh)
    arrays = leaves(returned)
    inside = {path[:k]: at(returned, path[:k]) for path in arrays for k in range(len(path) + 1)}
    axes = {path: axes_of(value, size) for path, value in inside.items()}
    shapes = {slot.leaf: places(slot, I, H).shape for slot in convention.slots}
    letters = {role: {*ours} - ({"N"} if convention.one else set()) for role, ours in AXES.items()}

    patterns = {  # places in lists are no names
        leaf: PREFIX + PREFIX.join(map(bare, name.split("."))) if re.search("[^0-9.]", name) else "(?!)"
        for leaf, name in enumerate(convention.names)
    }

    def by_name(role, path):
        if role in AXES:
            return by_shape(role, path) and named(path, PREFIX + OTHERS[role])
        return path in arrays and named(path, patterns[role])

    def by_shape(role, path):
        if role in AXES:
            return {*axes[path]} - {*"[1"} == letters[role]
        return path in arrays and arrays[path].shape == shapes.get(role)

    def by_place(role, path):
        return path in arrays and len(arrays) == len(patterns) and [*arrays].index(path) == role

    found = {}
    for test in (by_name, by_shape, by_place):
        for role in (*patterns, *(("x", "c_0", "h_0") if convention.first == "ch" else AXES)):
            for path in inside:
                taken = any(path[: len(other)] == other or other[: len(path)] == path for other in found.values())
                if role not in found and not taken and test(role, path):
                    found[role] = path
    entries = tuple(Entry(path, role, axes[path]) for role, path in found.items())
    return replace(convention, entries=entries, missing=tuple(sorted({*shapes} - {*found}))), arrays


def run_backward(pair, convention, x, weights, h_0, c_0, dh):
    """What their backward returns, in the axes and parameters of theirs."""
    init, forward, backward = pair
    numbers = np.concatenate([weights.W_h, weights.W_x, np.zeros((len(weights.b), 2))], 1)
    share = SHARE if "2" in convention.parts else 1
    numbers[:, -2:] = weights.b[:, None] * [share, 1 - share]
    numbers = numbers.reshape(4, weights.H, -1)
    parameters = filled(init, convention.slots, convention.order, numbers)
    dtype = np.result_type(*parameters_in(parameters).values())
    case = {name: array.astype(dtype, copy=False) for name, array in (("x", x), ("h_0", h_0), ("c_0", c_0))}
    _, cache = call(forward, parameters, case, convention.x, convention.states, convention.first)
    return backward(to_theirs(dh.astype(dtype, copy=False), "TNH", convention.h), cache)


def right(x, weights, h_0, c_0, dh):
    """The right gradients, under the names of `once`. dh: (T, N, H), or (1, N, H) for the last step alone."""
    trace, dh_all = lstm_forward(x, weights, h_0, c_0), np.zeros((*x.shape[:2], weights.H))
    dh_all[-len(dh) :] = dh
    d = lstm_backward(trace, weights, dh_all)
    return {"W_x": d.W_x, "W_h": d.W_h, "b": d.b, "b_2": d.b, "x": d.x, "h_0": d.h0, "c_0": d.c0}


def once(pair, convention, x, weights, h_0, c_0, dh):
    """Their gradients under our names, of two biases each: b and b_2. dh as in `right`."""
    no_bias, I, b = "1" not in convention.parts, weights.I, weights.b.copy()
    b[weights.H : 2 * weights.H] -= convention.forget
    weights = LSTMWeights(weights.W_x, weights.W_h, b)
    if no_bias:  # then b is the weight of one more input, which is always 1
        x = np.concatenate([x, np.ones_like(x[..., :1])], -1)
        weights = LSTMWeights(np.column_stack([weights.W_x, b]), weights.W_h, b)
    returned = run_backward(pair, convention, x, weights, h_0, c_0, dh)
    (T, N, wide), H = x.shape, weights.H
    size = {"T": T, "N": N, "I": wide, "H": H}
    factor = np.prod([size[axis] for axis in convention.scale])
    numbers, others = np.zeros((4, H, H + wide + 2)), {}
    slots = {slot.leaf: slot for slot in convention.slots}
    for entry in convention.entries:
        value = at(returned, entry.path)
        if entry.role in slots:
            where = places(slots[entry.role], wide, H)
            numbers.ravel()[where] = shaped(value, where.shape, spoken(entry.path) or "the gradient")
        elif entry.role in AXES:
            scale = factor if entry.role in convention.scaled else 1
            others[entry.role] = to_ours(value, AXES[entry.role], entry.axes, size) * scale
    rows = numbers[gate_rows(convention.order)].reshape(4 * H, -1) * factor
    others |= {"x": others["x"][..., :I]} if "x" in others else {}
    found = {"x": rows[:, H : H + I], "h": rows[:, :H], "1": rows[:, -2], "2": rows[:, -1]}
    names = {"x": "W_x", "h": "W_h", "1": "b", "2": "b_2"}
    missing = "".join(slots[leaf].parts for leaf in convention.missing)
    return others | {names[part]: found[part] for part in names if part in convention.parts and part not in missing}


def as_backward(init, forward, backward, convention):
    """Their pair as backward(x, steps, weights, h_0, c_0, dh) -> {name: gradient}, the course's own form.

    Raises what theirs raises, and ValueError where a gradient has not its parameter's shape.
    """

    def function(x, steps, weights, h_0, c_0, dh):
        if "T" in convention.h:
            return course_names(once((init, forward, backward), convention, x, weights, h_0, c_0, dh))
        total = {}  # h_T alone: the gradients are linear in dh, so each step is the last of a sequence of its own
        for t in [t for t in range(len(x)) if dh[t].any()] or [len(x) - 1]:
            found = once((init, forward, backward), convention, x[: t + 1], weights, h_0, c_0, dh[t : t + 1])
            if "x" in found:
                found["x"] = np.concatenate([found["x"], np.zeros_like(x[t + 1 :])])
            total = {name: total.get(name, 0) + found[name] for name in found}
        return course_names(total)

    def course_names(found):
        theirs = "b_2" if convention.bias == "2" or "b" not in found else "b"
        return {("b" if name == theirs else name): found[name] for name in found if name not in {"b", "b_2"} - {theirs}}

    return function


def tried_sizes(convention):
    return SIZES | {"N": 1 if convention.one else 3}  # three sequences: then a half is no mean


def tried(pair, convention):
    """(their gradients, the right ones) of a random case."""
    T, N, I, H = tried_sizes(convention).values()
    rng = np.random.default_rng(7)
    weights = LSTMWeights(*(rng.normal(size=shape) for shape in ((4 * H, I), (4 * H, H), 4 * H)))
    x, dh = rng.normal(size=(T, N, I)), rng.normal(size=(T if "T" in convention.h else 1, N, H))
    states = [rng.normal(size=(N, H)) * (name in convention.first) for name in "hc"]
    return once(pair, convention, x, weights, *states, dh), right(x, weights, *states, dh)


def compared(pair, convention):
    """(convention with its scale, findings, remarks): means instead of sums; gradients of two biases that differ."""
    try:
        found, wanted = tried(pair, convention)
    except Exception:  # the core says what it is
        return convention, (), ()

    def same(a, b):
        return np.allclose(a, b, rtol=0, atol=convention.tolerance * max(1, np.abs(b).max()))

    findings, remarks, exchange = (), (), {"h_0": "c_0", "c_0": "h_0"}
    unnamed = [entry.role for entry in convention.entries if entry.role in exchange and isinstance(entry.path[-1], int)]
    if len(unnamed) == 2 and all(same(found[role], wanted[exchange[role]]) for role in unnamed):  # returned as (c, h)
        entries = (replace(entry, role=exchange.get(entry.role, entry.role)) for entry in convention.entries)
        convention = replace(convention, entries=tuple(entries))
    if {"b", "b_2"} <= {*found} and not same(found["b"], found["b_2"]):
        first, second = ([convention.names[s.leaf] for s in convention.slots if part in s.parts] for part in "12")
        bias = "2" if same(found["b_2"], wanted["b"]) else "1"
        words = f"the gradients of {called(first)} and {called(second)} differ, and should be alike: h depends "
        words += "on the sum of the two biases alone"
        convention, findings = replace(convention, bias=bias), (Finding("3.17", words),)
    parameters = [name for name in found if name not in AXES]
    for scale, what in (("", ""), ("N", "sequences"), ("T", "steps"), ("NT", "sequences times steps")):
        factor = np.prod([tried_sizes(convention)[axis] for axis in scale])
        if all(same(found[name] * factor, wanted[name]) for name in parameters):
            if scale:
                scaled = tuple(name for name in AXES if name in found and same(found[name] * factor, wanted[name]))
                convention = replace(convention, scale=scale, scaled=scaled)
                remarks = (
                    f"your gradients are divided by the number of {what}: they belong to the mean of the losses.",
                )
            break
    return convention, findings, remarks


def their_names(convention):
    """{ours: theirs}: "W_xf", "dWf"; "W_x", "dWf, dWi, …"; and "δg̃_t", "gate c" where their letter is another."""
    own = {entry.role: spoken([key for key in entry.path if isinstance(key, str)]) for entry in convention.entries}
    names = {}
    for part, ours in (("x", "W_x"), ("h", "W_h"), ("1", "b")):
        slots = [slot for slot in convention.slots if part in slot.parts]
        words = {slot.leaf: own.get(slot.leaf, "") for slot in slots}
        names[ours] = ", ".join(filter(None, words.values()))
        for k, gate in enumerate(convention.order):
            names[f"{ours}{gate}" if part != "1" else f"b_{gate}"] = next(
                (words[slot.leaf] for slot in slots if k in slot.positions), ""
            )
    letters = dict(zip(convention.order, convention.letters))
    names |= {f"δ{gate}̃_t": f"gate {letter}" for gate, letter in letters.items() if letter[0] != gate}
    return {ours: theirs for ours, theirs in names.items() if theirs and theirs != ours}


def in_their_names(names, text):
    """The text with their names in brackets at its end, of those of ours that stand in it.

    What is said of rows is said of gates, for theirs have another order.
    """
    stacked = re.search("stacked (.), (.), (.), (.);", text)
    if stacked:
        moved = [(a, b) for a, b in zip("ifgo", stacked.groups()) if a != b]
        text = "gates change places: " + ", ".join(f"δ{b}\u0303_t stands where δ{a}\u0303_t belongs" for a, b in moved)
    theirs = [theirs for ours, theirs in names.items() if re.search(rf"(?<!\w){re.escape(ours)}(?!\w)", text)]
    return text + (f" (your {', '.join(dict.fromkeys(theirs))})" if theirs else "")
