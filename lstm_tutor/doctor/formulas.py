"""What a formula is asked with, how its answers are taken, what it is the sum of, and what may be wrong in that."""

from dataclasses import dataclass, is_dataclass
from functools import cached_property
from itertools import chain, combinations, pairwise

import numpy as np

from lstm_helpers.gradient_flow import gradient_paths
from lstm_helpers.lstm import lstm_forward, sigmoid
from lstm_helpers.weights import LSTMWeights
from lstm_tutor.doctor.asking import Stop, own_line
from lstm_tutor.doctor.cases import close

JUDGES = 20  # of the random networks: they take no part in a search
FEW, MANY, NEAR = 10, 30, 1e-7  # numbers of paths; what is the same number in a search
FORMS = {  # what people make of a value a
    "{a}": lambda a: a,
    "{a}(1 - {a})": lambda a: a * (1 - a),
    "1 - {a}²": lambda a: 1 - a**2,
    "1 - {a}": lambda a: 1 - a,
    "{a}²": lambda a: a**2,
    "1 + {a}²": lambda a: 1 + a**2,
    "(1 - {a})²": lambda a: (1 - a) ** 2,
    "{a}(1 + {a})": lambda a: a * (1 + a),
    "{a}(1 - {a}²)": lambda a: a * (1 - a**2),
    "tanh {a}": np.tanh,
    "1 - (tanh {a})²": lambda a: 1 - np.tanh(a) ** 2,
    "σ({a})": sigmoid,
    "σ({a})(1 - σ({a}))": lambda a: sigmoid(a) * (1 - sigmoid(a)),
}


def alternatives(known, t, right, index="t", left_out=None):
    """What may stand where a factor belongs -> the factor, {words: (how unusual, 0 to 2, the other factor)}.

    known: {step: {letter: value}}. right: (form, letter, how many steps later than t).
    """
    form, own, later = right
    slope = form != "{a}"

    def name(letter, d):
        if slope and d == 0 and index == "t":
            return letter
        return f"{letter}_{index}" if d == 0 else f"{letter}_{{{index}{d:+d}}}"

    belongs = form.format(a=name(own, later))
    factor = FORMS[form](known[t + later][own])
    forgotten = f"the slope of {'tanh' if form == '1 - {a}²' else 'σ'}, {belongs}, is forgotten"
    found = {left_out or (forgotten if slope else f"the factor {belongs} is left out"): (0, 1 + 0 * factor)}
    found[f"the slope {belongs} is applied twice" if slope else f"the factor {belongs} is there twice"] = 0, factor**2
    for d in (0, -1, 1):
        for letter, value in known.get(t + d, {}).items():
            for other, made in FORMS.items():
                written, mine = other.format(a=name(letter, d)), letter == own
                usual = (mine and d == later) if slope else other == "{a}" and (mine or d == 0)
                near = other == form or (
                    (mine or letter == f"{own}\u0303" or (own, letter) == ("m", "c")) and d == later
                )
                place = f"{'the slope ' * (slope and index == 't')}{belongs} belongs"
                itself = f"{written} itself stands where its slope {belongs} belongs"
                words = itself if slope and mine and d == 0 and other == "{a}" else f"{written} stands where {place}"
                found[words] = 0 if usual else 1 if near else 2, made(value)
                if other in ("{a}", "{a}(1 - {a})", "1 - {a}²"):
                    found[f"{written} is a factor too many"] = 2, factor * made(value)
    return factor, found


def lstm_networks(last, count):
    """Random scalar LSTMs, all numbers from N(0, 1) -> what a formula is asked with, {step: {letter: (count,)}}."""
    asked = []
    for k in range(count):
        draw = np.random.default_rng(77_000 + k)
        weights = LSTMWeights(draw.normal(size=(4, 1)), draw.normal(size=(4, 1)), draw.normal(size=4))
        x, h_0, c_0, dh = (draw.normal(size=shape) for shape in ((last, 1, 1), (1, 1), (1, 1), ()))
        asked.append((lstm_forward(x, weights, h_0, c_0), weights, float(dh)))
    known = {t: {} for t in range(last + 1)}
    for t in range(1, last + 1):
        known[t] = {name: np.array([getattr(trace, name)[t - 1, 0, 0] for trace, _, _ in asked]) for name in "ifgocmh"}
        known[t] |= {f"{gate}\u0303": np.log(known[t][gate] / (1 - known[t][gate])) for gate in "ifo"}
        known[t]["g\u0303"] = np.arctanh(known[t]["g"])
    known[0] = {"c": np.array([trace.c0[0, 0] for trace, _, _ in asked])}
    known[0] |= {"h": np.array([trace.h0[0, 0] for trace, _, _ in asked]), "m": np.tanh(known[0]["c"])}
    return asked, known


def rnn_networks(last, count):
    """The same of scalar RNNs; known at each step are X and S. X_0 is the last: that is what X[-1] gives in Python."""
    draw = np.random.default_rng(210)
    W_x, W_s, b, dS, S_0 = draw.normal(size=(5, count))
    X, S = draw.normal(size=(last, count)), [S_0]
    for X_t in X:
        S.append(np.tanh(W_x * X_t + W_s * S[-1] + b))
    known = {0: {"X": X[-1], "S": S_0}} | {t: {"X": X[t - 1], "S": S[t]} for t in range(1, last + 1)}
    asked = [(X[:, n].copy(), np.array([s[n] for s in S]), float(W_s[n]), float(dS[n])) for n in range(count)]
    return asked, known


def answers(formula, asked, names):
    """-> its numbers, remarks, whether they grow with the last argument. Raises Stop where it gives none."""
    remarks = {}
    seen = np.array([answer(formula, each, names, remarks) for each in asked])
    if answer(formula, asked[0], names, remarks) != seen[0]:
        raise Stop(
            "the same call gives another answer the second time: does something outlast a call, or is it chance?"
        )
    larger = np.array([answer(formula, (*each[:-1], 1000 * each[-1]), names, remarks) for each in asked[:3]])
    return seen, tuple(remarks), close(larger, 1000 * seen[:3], 1e-4)


def answer(formula, arguments, names, remarks):
    """What it answers for one network, a number. Its arguments are as before."""
    arrays = {}
    for name, argument in zip(names, arguments):
        parts = {f"{name}.{part}": array for part, array in vars(argument).items()} if is_dataclass(argument) else {}
        arrays |= parts or {name: argument}
    kept = {name: np.copy(array) for name, array in arrays.items()}
    try:
        value = formula(*arguments)
        value = value.detach().cpu().numpy() if hasattr(value, "detach") else value
        number = None if value is None else np.asarray(value)
    except Exception as error:
        raise Stop(f"the function stops with {type(error).__name__}: {error}{own_line(formula, error)}") from None
    changed = [name for name, array in arrays.items() if not np.array_equal(array, kept[name])]
    for name in changed:
        arrays[name][...] = kept[name]
        remarks[f"the function changes its argument {changed[0]}: work on a copy, or use = instead of +="] = True
    if number is None:
        raise Stop("the function returns nothing (None): is a `return` missing at its end?")
    if number.size != 1 or number.dtype.kind not in "fiu":
        raise Stop(f"one number is wanted, the derivative of one network, and not an array of the shape {number.shape}")
    if not np.isfinite(number).all():
        raise Stop("the function gives NaN or infinity")
    return float(number.reshape(()))


@dataclass(frozen=True)
class Sum:
    """A derivative as a sum over paths. paths: {called: arrows}, arrows as (from, to), in the direction of the forward
    pass. right: {arrow: factor}, a number for each network. wrong: {arrow: {words: (how unusual, factor)}}."""

    paths: dict
    right: dict
    wrong: dict

    @cached_property
    def columns(self):
        return {called: np.prod([self.right[arrow] for arrow in path], axis=0) for called, path in self.paths.items()}

    def through(self, arrow):
        return np.array([arrow in path for path in self.paths.values()])


def lstm_sum(last, step, gate):
    """The paths from L_last to a gate's pre-activation over random scalar LSTMs -> (Sum, arguments of a formula)."""
    paths = {called(path): [pair[::-1] for pair in pairwise(path)] for path in gradient_paths(last, step, gate)}
    asked, known = lstm_networks(last, 3 * len(paths) // 2 + 60 + JUDGES)
    W_h = {g: np.array([weights.gate(g)[1][0, 0] for _, weights, _ in asked]) for g in "ifgo"}
    dh = np.array([dh_last for *_, dh_last in asked])
    forms = {"mh": ("{a}", "o", 0), "oh": ("{a}", "m", 0), "cm": ("1 - {a}²", "m", 0), "cc": ("{a}", "f", 0)}
    forms |= {"fc": ("{a}", "c", -1), "ic": ("{a}", "g", 0), "gc": ("{a}", "i", 0), "gg": ("1 - {a}²", "g", 0)}
    right, wrong = {}, {}
    for arrow in dict.fromkeys(arrow for path in paths.values() for arrow in path):
        (start, end), t = arrow, arrow[1][-1]
        if end == "L":
            right[arrow], wrong[arrow] = dh, {f"the factor dL/dh_{last} is left out": (0, 1 + 0 * dh)}
            wrong[arrow][f"h_{last} stands where dL/dh_{last} belongs"] = 0, known[last]["h"]
        elif start[0] == "h":
            right[arrow], wrong[arrow] = W_h[end[0]], {f"the weight W_h{end[0]} is left out": (0, 1 + 0 * dh)}
            wrong[arrow] |= {f"W_h{g} stands where W_h{end[0]} belongs": (0, W_h[g]) for g in W_h if g != end[0]}
        else:
            form = forms.get(start[0] + end[0], ("{a}(1 - {a})", end[0], 0))
            right[arrow], wrong[arrow] = alternatives(known, int(t), form)
    return Sum(paths, right, wrong), asked


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
    asked, known = rnn_networks(last, 3 * last + 60 + JUDGES)
    W_s, dS = (np.array([each[k] for each in asked]) for k in (2, 3))
    one, front = np.ones(len(asked)), (f"S{last}", "L")
    right, wrong, paths = {front: dS}, {front: {"the factor in front, dL_t/dS_t, is left out": (0, one)}}, {}
    slopes = {k: 1 - known[k]["S"] ** 2 for k in range(1, last + 1)}
    for k, slope in slopes.items():
        at, back, door = (f"theta{k}", f"S{k}"), (f"S{k - 1}", f"theta{k}"), (f"{weight}, {k}", f"theta{k}")
        right[at], wrong[at] = alternatives(known, k, ("1 - {a}²", "S", 0), "k", "the slope tanh' is left out")
        if k > 1:
            right[back], wrong[back] = W_s, {"the weight W_s is left out": (0, one)}
            wrong[back]["the factor dS_j/dS_{j-1} is left out"] = 0, 1 / slope
            wrong[back]["the weight W_s is there twice"] = 0, W_s**2
        letter, belongs = {"W_x": ("X", 0), "W_s": ("S", -1), "b_1": ("1", 0)}[weight]
        own = {t: values | ({"1": one} if weight == "b_1" else {}) for t, values in known.items()}
        right[door], wrong[door] = alternatives(own, k, ("{a}", letter, belongs), "k")
        must = "the product must begin at j = k + 1"
        wrong[door][f"a factor dS_j/dS_{{j-1}} too many: {must}"] = 0, right[door] * slope * W_s
        if k < last:
            too_few = right[door] / (slopes[k + 1] * W_s)
            wrong[door][f"a factor dS_j/dS_{{j-1}} too few: {must}"] = 0, too_few
        later = [((f"theta{j}", f"S{j}"), (f"S{j - 1}", f"theta{j}")) for j in range(last, k, -1)]
        paths[f"k = {k}"] = [front, *chain.from_iterable(later), at, door]
    return Sum(paths, right, wrong), asked


@dataclass(frozen=True)
class Spot:
    """Where one thing may be wrong: the paths of masks[k] are multiplied by ratios[k] (choices, networks).
    said: of each choice (how unusual, words or how often, arrows, path or None)."""

    masks: list
    ratios: list
    said: list

    def changed(self, columns, choices, networks):
        """The columns with each choice, (choices, paths, networks)."""
        found = np.repeat(columns[None, :, networks], len(choices), axis=0)
        for mask, ratio in zip(self.masks, self.ratios):
            found[:, mask] *= ratio[choices][:, None, networks]
        return found


def kind(arrow):
    return tuple(node.rstrip("0123456789") for node in arrow)


def spots(total):
    """-> those with one mask, an arrow or a single path; those with several, an arrow at several steps or a product."""
    few, ratios, kinds, single, several = len(total.paths) < FEW, {}, {}, [], []
    for arrow, others in total.wrong.items():
        new = {}
        for words, (unusual, factor) in sorted(others.items(), key=lambda item: item[1][0]):
            with np.errstate(all="ignore"):
                ratio = factor / total.right[arrow]
            if np.isfinite(ratio).all() and not close(ratio, 1 + 0 * ratio, NEAR) and unusual < 2 + few:
                new.setdefault(tuple(np.round(ratio[:3], 9)), (unusual, words, ratio))
        ratios[arrow] = {words: (unusual, ratio) for unusual, words, ratio in new.values()}
        kinds.setdefault(kind(arrow), []).append(arrow)

    def one_mask(mask, arrows, path):
        made = [((u + bool(path), w, (a,), path), r) for a in arrows for w, (u, r) in ratios[a].items() if few or u < 2]
        made += [((1, c, (), path), np.full(len(made[0][1]), c)) for c in (0.0, -1.0, 2.0, 0.5)]
        single.append(Spot([mask], [np.array([ratio for _, ratio in made])], [said for said, _ in made]))

    for arrow in ratios:
        one_mask(total.through(arrow), [arrow], None)
    for called, path in total.paths.items() if len(total.paths) < MANY else ():
        one_mask(np.array([called == other for other in total.paths]), path, called)
    for arrows in kinds.values():
        sizes = range(len(arrows), 1, -1) if len(total.paths) < MANY and len(arrows) < 6 else [len(arrows)]
        for some in chain.from_iterable(combinations(arrows, n) for n in sizes):
            words = [w for w in ratios[some[0]] if all(w in ratios[arrow] for arrow in some)]
            if words:
                made = [np.array([ratios[arrow][w][1] for w in words]) for arrow in some]
                said = [(ratios[some[0]][w][0], w, some, None) for w in words]
                several.append(Spot([total.through(arrow) for arrow in some], made, said))
    return single, several, list(products(total))


def products(total):
    """Two terms of a node, two paths, or all, multiplied: with the factor in front once, or as often as it comes."""
    front, columns = next(iter(total.right.values())), total.columns
    groups = {}
    for one, other in combinations(total.right, 2):  # two routes from one node to L, whatever leads to the node
        if one[0] == other[0]:
            routes = {tuple(path[: path.index(other) + 1]) for path in total.paths.values() if other in path}
            by = sum(np.prod([total.right[arrow] for arrow in route], axis=0) for route in routes)
            name = f"the two terms of {spoken(one[0])}, through {spoken(one[1])} and {spoken(other[1])},"
            groups[name] = [total.through(one), total.through(other)], by, 2
    together = [*combinations(columns, 2), tuple(columns)] if len(columns) < MANY else []
    for group in together if len(columns) > 1 else []:
        masks = [np.array([called == mine for called in columns]) for mine in group]
        by = np.prod([columns[called] for called in group[1:]], axis=0)
        groups["all of them" if len(group) == len(columns) else f"these: {'; '.join(group)},"] = masks, by, len(group)
    for name, (masks, by, count) in groups.items():
        ratios = [np.array([by / front ** (count - 1), by])] + [np.zeros((2, len(by)))] * (count - 1)
        words = f"{name} are multiplied with each other: they are to be added"
        yield Spot(masks, ratios, [(1, words, (), None)] * 2)


def often(mask, times):
    """These paths another number of times."""
    return Spot([mask], [np.full((1, 1), times)], [(1, float(times), (), None)])


def usual(spot):
    """Its choices that are worth a second beside them."""
    return np.array([k for k, said in enumerate(spot.said) if said[0] < 2], dtype=int)
