"""Judges of the exercises to notebook 03."""

import re

import numpy as np

from lstm_helpers.exercises import ask, close, compare, compare_each, filled, judge, numbers
from lstm_helpers.lstm import lstm_step, sigmoid
from lstm_helpers.weights import LSTMWeights


def a_case(T, N, I, H, seed, p_o=0.0):
    """dh (T, N, H), the T steps (with a peephole p_o), the weights, h_0 and c_0: all of N(0, 1)."""
    draw = np.random.default_rng(seed)
    weights = LSTMWeights(draw.normal(size=(4 * H, I)), draw.normal(size=(4 * H, H)), draw.normal(size=4 * H))
    x, dh = draw.normal(size=(T, N, I)), draw.normal(size=(T, N, H))
    h_0, c_0 = draw.normal(size=(N, H)), draw.normal(size=(N, H))
    steps, h, c = [], h_0, c_0
    for x_t in x:
        s = lstm_step(x_t, h, c, weights)
        o_pre = s.o_pre + p_o * s.c
        steps.append(s._replace(o_pre=o_pre, o=sigmoid(o_pre), h=sigmoid(o_pre) * s.m))
        h, c = steps[-1].h, steps[-1].c
    return dh, steps, weights, h_0, c_0


def not_so_many(got, *names):
    """A hint unless got holds as many parts as there are names."""
    if isinstance(got, dict) or not hasattr(got, "__len__") or len(got) != len(names):
        return f"return {len(names)} arrays: {', '.join(names)}"
    return None


@judge("3.1")
def shapes_and_sums(answer):
    shapes, sums = (filled(part) for part in answer)
    T, N, I, H = 6, 5, 3, 8
    one_gate = "this is the delta of a single gate: a number for each sequence and each unit"
    wanted = {
        "delta f_t": ((N, H), one_gate),
        "delta c_t": ((N, H), "c_t holds a number for each sequence and each unit, and so does its gradient"),
        "dL/dW_hf": ((H, H), "which shape has the block of W_h that belongs to the forget gate?"),
        "dL/db_f": ((H,), "b_f has one axis, a number for each unit; sequences and steps are summed over"),
        "delta z_t": ((N, 4 * H), "four deltas stand side by side, one row for each sequence"),
        "dL/dW_x": ((4 * H, I), "which shape has W_x itself, with all four gates?"),
    }
    if set(shapes) != set(wanted):
        return f"the names {list(wanted)} are wanted, not {list(shapes)}"
    for name, (shape, hint) in wanted.items():
        got = shapes[name]
        if isinstance(got, (int, float)):
            return f"{name}: a shape is a tuple; one that has a single axis is written with a comma, such as (7,)"
        if tuple(got) != shape:
            if tuple(got) == (T, *shape):
                hint = "these are all steps together; what is the shape for one step, or of the sum over all steps?"
            elif tuple(got) == shape[::-1]:
                hint = "rows and columns are exchanged"
            return f"{name}: {hint}"
    return compare_each(
        sums,
        [T * N, 4 * H],
        [
            (
                [
                    (T, "the sequences are added up too: it is the inner axis of the product"),
                    (N, "the steps are added up too"),
                    (T * N * H, "one entry belongs to one pair of units; there is no sum over units"),
                ],
                "over which two of T, N, I and H does (3.11) sum?",
            ),
            (
                [
                    (H, "that is what one gate says; the product has all four of them"),
                    (4, "four gates, but in each of them all units listen to this one"),
                    (4 * H + 1, "the immediate part is not in this product"),
                    (4 * H * N, "the sequences do not hear of each other: each has a row of its own"),
                ],
                "how long is the axis that the product sums over?",
            ),
        ],
    )


def on_paper(m):
    """delta c_t, delta f_t, delta o_t and the carry of exercise 3.2, with this value of m_t."""
    d_h, f, o, c_prev = 1.5 - 0.4, 0.8, 0.4, 1.5
    d_c = d_h * o * (1 - m**2) + 0.5 * 0.9
    return d_c, d_c * c_prev * f * (1 - f), d_h * m * o * (1 - o), d_c * f


@judge("3.2")
def paper_step(answer):
    i, f, g, o, c_prev, c = 0.5, 0.8, -0.6, 0.4, 1.5, 0.9
    m, immediate, later, carry = np.tanh(c), 1.5, -0.4, 0.5 * 0.9
    d_h = immediate + later
    first = d_h * o * (1 - m**2)
    d_c = first + carry
    both = "the slope belongs to both terms of delta c_t: mind the parentheses"
    known = [
        (
            [
                (first, "c_t is used twice; what the next step says of it is missing"),
                (
                    immediate * o * (1 - m**2) + carry,
                    "h_t is used by the next step too: begin with all of delta h_t",
                ),
                (later * o * (1 - m**2) + carry, "the immediate part of delta h_t is missing"),
                (first + 0.5, "on the way from c_{t+1} to c_t stands a gate"),
                (first + 0.5 * f, "the gate on the way from c_{t+1} to c_t is that of step t + 1"),
                (d_h * o * (1 - np.tanh(m) ** 2) + carry, "m_t is a tanh already: its slope is 1 - m_t^2"),
                (d_h * o * (1 - c**2) + carry, "the slope is 1 - tanh(c_t)^2, not 1 - c_t^2"),
                (d_h * o * (1 - m) + carry, "the slope is 1 - m_t^2, with a square"),
                (d_h * (1 - m**2) + carry, "h_t is o_t times m_t: o_t is missing"),
                (d_h * o + carry, "the slope of tanh is missing on the way from m_t to c_t"),
                (first * carry, "two ways lead to c_t; what comes along them is added, not multiplied"),
            ],
            "first delta h_t, then the two terms of (3.5)",
        ),
        (
            [
                (d_c * c * f * (1 - f), "the forget gate was multiplied with the cell state before the step"),
                (d_c * c_prev, "the slope of the sigmoid is missing"),
                (d_c * f * (1 - f), "what was the forget gate multiplied with?"),
                (d_c * c_prev * f, "the slope of the sigmoid is f (1 - f), not f"),
                (d_c * c_prev * (1 - f), "the slope of the sigmoid is f (1 - f), not 1 - f"),
                (d_c * c_prev * (1 - f**2), "f is a sigmoid, not a tanh: another slope"),
                (carry * c_prev + first * c_prev * f * (1 - f), both),
                (first * c_prev + carry * c_prev * f * (1 - f), both),
                (first + carry * c_prev * f * (1 - f), both),
                (d_c * g * i * (1 - i), "that is the delta of the input gate"),
                (d_c * i * (1 - g**2), "that is the delta of the candidate"),
            ],
            "delta c_t, times what f_t was multiplied with, times the slope of the sigmoid",
        ),
        (
            [
                (d_c * m * o * (1 - o), "the output gate does not act on c_t: begin with delta h_t"),
                (d_h * m, "the slope of the sigmoid is missing"),
                (d_h * c * o * (1 - o), "the output gate is multiplied with m_t, not with c_t"),
                (d_h * o * (1 - o), "what was the output gate multiplied with?"),
                (d_h * m * (1 - o**2), "o is a sigmoid, not a tanh: another slope"),
                (d_h * m * o, "the slope of the sigmoid is o (1 - o), not o"),
                (d_h * m * (1 - o), "the slope of the sigmoid is o (1 - o), not 1 - o"),
                (immediate * m * o * (1 - o), "this is only what the immediate part of delta h_t gives"),
            ],
            "delta h_t, times what o_t was multiplied with, times the slope of the sigmoid",
        ),
        (
            [
                (d_c, "on the way from c_t to c_{t-1} stands a gate"),
                (d_c * 0.9, "the gate on the way from c_t to c_{t-1} is that of step t"),
                (carry * f, "the carry is what reaches c_t on both ways, times the gate"),
                (first * f, "the carry is what reaches c_t on both ways, times the gate"),
                (d_c * i, "c_{t-1} is multiplied with another gate"),
            ],
            "this is the second term of (3.5), as step t - 1 will see it",
        ),
    ]
    if numbers(answer).shape != (4,):
        return "a list of 4 numbers is wanted"
    for k, (got, (mistakes, otherwise)) in enumerate(zip(numbers(answer), known)):
        # With m_t as the task prints it, to three digits, the results may round differently.
        if min(abs(got - on_paper(m)[k]), abs(got - on_paper(0.716)[k])) <= 5.1e-4:
            continue
        hints = [hint for wrong, hint in mistakes if close(got, wrong, rtol=5e-3)]
        if abs(got - on_paper(m)[k]) < 6e-3:
            hints.insert(0, "nearly: give three digits after the point, and calculate with more")
        return f"number {k + 1}: {(hints or [otherwise])[0]}"
    return None


@judge("3.3")
def forget_gate(answer):
    for T, N, H in ((4, 3, 5), (1, 4, 2)):
        _, steps, _, h_0, _ = a_case(T, N, 2, H, seed=303)
        d_f, h = np.random.default_rng(33).normal(size=(T, N, H)), np.array([s.h for s in steps])
        before = np.concatenate([h_0[None], h[:-1]])

        def of(deltas, states):
            return np.einsum("tna,tnb->ab", deltas, states)

        right, right_b = of(d_f, before), d_f.sum(axis=(0, 1))
        got = ask(answer, d_f, h, h_0)
        hint = not_so_many(got, "dL/dW_hf", "dL/db_f")
        if hint:
            return hint
        if close(got[0], right_b) and close(got[1], right):
            return "return the gradient of W_hf first, then that of b_f"
        known = [
            (of(d_f, h), "beside delta f_t stands the state before the step, h_{t-1}"),
            (of(d_f, h).T, "beside delta f_t stands the state before the step, h_{t-1}"),
            (of(d_f[1:], h[:-1]), "step 1 is missing: the state before it is h_0, which is not zero"),
            (of(d_f, np.roll(h, 1, axis=0)), "before step 1 stands h_0, not the state of the last step"),
            (of(d_f[:-1], h[1:]), "the states are shifted the wrong way: later ones cannot matter"),
            (right.T, "transposed: the row is the unit that answers, as in W_hf itself"),
            (of(d_f[-1:], before[-1:]), "only the last step is there; the contributions of all steps add up"),
            (of(d_f[:1], before[:1]), "only the first step is there; the contributions of all steps add up"),
            (of(d_f[:, :1], before[:, :1]), "only the first sequence is there; the loss adds up over all of them"),
            (right / N, "the loss is a sum over sequences, not a mean"),
            (right / T, "the contributions of the steps add up; there is no mean over steps"),
            (right / T / N, "the loss is a sum, not a mean"),
            (of(d_f.sum(1, keepdims=True), before.sum(1, keepdims=True)), "first multiply, then sum over sequences"),
            (np.einsum("tna,tnb->tab", d_f, before), "the sum over the steps is missing"),
        ]
        hint = compare(got[0], right, known, "one product for each step, (3.11), and their sum")
        if hint:
            return f"W_hf: {hint}"
        known = [
            (d_f.sum(axis=0), "summed over the steps only: the sequences share the bias too"),
            (d_f.sum(axis=1), "summed over the sequences only: the steps share the bias too"),
            (d_f[-1].sum(axis=0), "only the last step is there"),
            (d_f[0].sum(axis=0), "only the first step is there"),
            (d_f[:, 0].sum(axis=0), "only the first sequence is there"),
            (d_f.mean(axis=(0, 1)), "a mean where a sum belongs"),
            (d_f.sum(axis=0).mean(axis=0), "a mean over the sequences where a sum belongs"),
            (d_f.mean(axis=0).sum(axis=0), "a mean over the steps where a sum belongs"),
            (d_f.sum(), "there is one number left: each unit has a bias of its own"),
        ]
        hint = compare(got[1], right_b, known, "the bias is added in every step and every sequence")
        if hint:
            return f"b_f: {hint}"
    return None


@judge("3.4")
def step_back(answer):
    for N, H in ((3, 4), (1, 5)):
        dh, steps, _, _, _ = a_case(2, N, 3, H, seed=304)
        hint = one_step_back(answer, dh[1], dh[0], steps[1], steps[0].c)
        if hint:
            return hint
    return None


STEP_NAMES = ("delta i", "delta f", "delta g", "delta o", "the new carry")


def one_step_back(answer, d_h, carry, s, c_prev):
    got = ask(answer, d_h, carry, s, c_prev)
    hint = not_so_many(got, *STEP_NAMES)
    return hint or hint_of_step(dict(zip(STEP_NAMES, got)), d_h, carry, s, c_prev)


def hint_of_step(parts, d_h, carry, s, c_prev, otherwise=None):
    """A hint on what a step back returned, by name, or None. otherwise: the hint where no known mistake fits."""
    names = tuple(parts)
    first = d_h * s.o * (1 - s.m**2)
    d_c, slope = first + carry, {gate: getattr(s, gate) * (1 - getattr(s, gate)) for gate in "ifgo"}
    again = {gate: sigmoid(getattr(s, gate)) * (1 - sigmoid(getattr(s, gate))) for gate in "ifgo"}  # squashed twice
    squashed_twice = "{0}_t is a sigmoid already: its slope is {0} (1 - {0}), without another sigmoid".format
    used = dict(zip(STEP_NAMES, (s.g, c_prev, s.i, s.m, 1.0)))  # what each was multiplied with
    slopes = (slope["i"], slope["f"], 1 - s.g**2, slope["o"], s.f)
    factor = {name: used[name] * one for name, one in zip(STEP_NAMES, slopes)}
    wanted = {name: factor[name] * (d_h if name == "delta o" else d_c) for name in names}
    exchanged = [(a, b) for a in names for b in names if a != b and close(parts[a], wanted[b])]
    if exchanged:
        return "{} stands where {} belongs: the order is i, f, g, o, carry".format(*exchanged[0][::-1])
    known = [
        (d_c * factor["delta o"], "the output gate does not act on c_t: begin with delta h_t"),
        (d_h * s.m, "the slope of the sigmoid is missing"),
        (d_h * s.c * slope["o"], "the output gate is multiplied with m_t = tanh(c_t), not with c_t"),
        (d_h * slope["o"], "what was the output gate multiplied with?"),
        (d_h * s.m * (1 - s.o**2), "o is a sigmoid, not a tanh: another slope"),
        (d_h * s.m * s.o, "the slope of the sigmoid is o (1 - o), not o"),
        (d_h * s.m * (1 - s.o), "the slope of the sigmoid is o (1 - o), not 1 - o"),
        (d_h * s.m * again["o"], squashed_twice("o")),
        (d_h * s.h * slope["o"], "m_t alone was multiplied with o_t; h_t contains o_t already"),
    ]
    hint = compare(
        parts["delta o"], wanted["delta o"], known, otherwise or "delta h_t, what o_t was multiplied with, slope"
    )
    if hint:
        return f"delta o: {hint}"
    # Four results share delta c_t. If two of them fit the same wrong one, the mistake is there.
    rest = [name for name in names if name != "delta o"]
    wrong_c = [
        (first, "what comes in from the step after it is missing"),
        (first + carry * s.f, "the carry comes in multiplied with f_{t+1}; f_t is for the next step back"),
        (first * carry, "two ways lead to c_t; what comes along them is added, not multiplied"),
        (carry, "the way through h_t is missing"),
        (d_h + carry, "from h_t to c_t, the output gate and the slope of tanh stand in between"),
        (d_h * s.o + carry, "the slope of tanh is missing between m_t and c_t"),
        (d_h * (1 - s.m**2) + carry, "o_t is missing on the way through h_t"),
        (d_h * s.o * (1 - np.tanh(s.m) ** 2) + carry, "m_t is a tanh already: its slope is 1 - m_t^2"),
        (d_h * s.o * (1 - s.c**2) + carry, "the slope of tanh is 1 - m_t^2, not 1 - c_t^2"),
        (d_h * s.o * (1 - s.m) + carry, "the slope of tanh is 1 - m_t^2, with a square"),
        (d_h * s.o * (1 - s.h**2) + carry, "the slope of tanh is 1 - m_t^2; h_t is m_t times o_t"),
    ]
    for wrong, hint in wrong_c:
        told = not close(wrong, d_c)  # at the last step the carry is zero, and some of these are right
        if told and sum(close(parts[name], wrong * factor[name]) for name in rest) >= 2:
            return f"delta c_t: {hint}"
    known = {
        "the new carry": (
            [
                (d_c, "on the way from c_t to c_{t-1} stands a gate"),
                (carry * s.f, "what reaches c_t on both ways goes on, not the old carry alone"),
                (first * s.f, "what reaches c_t on both ways goes on"),
                (d_c * s.f + carry, "the old carry is used up: it is a part of delta c_t"),
                (d_c * s.i, "c_{t-1} is multiplied with another gate"),
            ],
            "is delta c_t right, (3.5)? And what was c_{t-1} multiplied with?",
        ),
        "delta i": (
            [
                (d_c * s.g, "the slope of the sigmoid is missing"),
                (d_c * slope["i"], "what was the input gate multiplied with?"),
                (d_c * s.g * (1 - s.i**2), "i is a sigmoid, not a tanh: another slope"),
                (d_c * s.g * (1 - s.i), "the slope of the sigmoid is i (1 - i), not 1 - i"),
                (d_c * s.g * s.i, "the slope of the sigmoid is i (1 - i), not i"),
                (d_c * s.g * again["i"], squashed_twice("i")),
                (d_c * s.g * slope["g"], "the slope is that of the input gate itself, not of what it multiplies"),
                (d_c * c_prev * slope["i"], "the input gate was multiplied with the candidate"),
            ],
            "delta c_t, what i_t was multiplied with, slope",
        ),
        "delta f": (
            [
                (d_c * c_prev, "the slope of the sigmoid is missing"),
                (d_c * s.c * slope["f"], "the forget gate was multiplied with the cell state before the step"),
                (d_c * slope["f"], "what was the forget gate multiplied with?"),
                (d_c * c_prev * (1 - s.f**2), "f is a sigmoid, not a tanh: another slope"),
                (d_c * c_prev * (1 - s.f), "the slope of the sigmoid is f (1 - f), not 1 - f"),
                (d_c * c_prev * s.f, "the slope of the sigmoid is f (1 - f), not f"),
                (d_c * c_prev * again["f"], squashed_twice("f")),
                (d_c * np.tanh(c_prev) * slope["f"], "the forget gate was multiplied with c_{t-1} itself, no tanh"),
            ],
            "delta c_t, what f_t was multiplied with, slope",
        ),
        "delta g": (
            [
                (d_c * s.i, "the slope of tanh is missing"),
                (d_c * s.i * slope["g"], "the candidate is a tanh, not a sigmoid: another slope"),
                (d_c * s.i * (1 - np.tanh(s.g) ** 2), "g_t is a tanh already: its slope is 1 - g_t^2"),
                (d_c * (1 - s.g**2), "what was the candidate multiplied with?"),
                (d_c * s.i * (1 - s.g), "the slope of tanh is 1 - g^2, with a square"),
                (d_c * s.i * (1 - s.m**2), "the slope is that of the candidate itself"),
            ],
            "delta c_t, what g_t was multiplied with, slope",
        ),
    }
    for name in [name for name in known if name in parts]:
        mistakes, in_general = known[name]
        half = "all of delta c_t is multiplied by the slope: put its two terms in parentheses"
        mistakes = [
            *mistakes,
            (carry * used[name] + first * factor[name], half),
            (first * used[name] + carry * factor[name], half),
            (first + carry * factor[name], half),
            (first * factor[name] + carry, half),
        ]
        hint = compare(parts[name], wanted[name], mistakes, otherwise or in_general)
        if hint:
            return f"{name}: {hint}"
    return None


def backward(dh, steps, W_h, c_0, p_o=0.0, mistakes=()):
    """delta z_t of all steps (T, N, 4H), the gradient of a peephole p_o, and what comes into each step, (d_h, all that
    delta c_t has beside the way through h_t, s, c_prev); or what these mistakes make of them."""
    carry_h, carry_c, dp_o, deltas, incoming = 0.0, 0.0, 0.0, [], []
    before = [c_0] + [s.c for s in steps]
    for t in reversed(range(len(steps))):
        s, c_prev, dh_t = steps[t], before[t], dh[t]
        d_h = dh_t + carry_h
        straight = d_h * s.o * (1 - s.m**2) + carry_c
        d_o = (dh_t if "immediate" in mistakes else d_h) * s.m * s.o * (1 - s.o)
        if "d_c for d_o" in mistakes:
            d_o = straight * s.m * s.o * (1 - s.o)
        new = (d_h * s.m if "no slope" in mistakes else d_o) * (1 if "no p_o" in mistakes else p_o)
        new = new * ((1 - s.m**2) if "through tanh" in mistakes else 1)
        # What the gates get of the new term, what the carry gets of it, and what it gets past the forget gate.
        shares = {"none": (0, 0, 0), "late": (0, 1, 0), "not carried": (1, 0, 0), "c_{t-1}": (0, 0, 1)}
        to_gates, to_carry, past_f = next((shares[name] for name in mistakes if name in shares), (1, 1, 0))
        d_c = straight + to_gates * new
        incoming.insert(0, (d_h, carry_c + to_gates * new, s, c_prev))
        slopes = {"tanh twice": 1 - np.tanh(s.g) ** 2, "sigmoid": s.g * (1 - s.g), "no square": 1 - s.g}
        slope_g = next((slopes[name] for name in mistakes if name in slopes), 1 - s.g**2)
        d_i, d_f, d_g = d_c * s.g * s.i * (1 - s.i), d_c * c_prev * s.f * (1 - s.f), d_c * s.i * slope_g
        deltas.insert(0, np.hstack([d_i, d_f, d_g, d_o]))
        carry_h, carry_c = deltas[0] @ W_h, (straight + to_carry * new) * s.f + past_f * new
        dp_o = dp_o + (d_o * s.c).sum(axis=0)
    return np.array(deltas), dp_o, incoming


def named_letters(answer):
    """The letters A to E that an answer names: "CD", "C and D", "lines C, D", ["c", "d"], "D, not B"."""
    text = re.sub(r"\bnot \w+", "", answer if isinstance(answer, str) else " ".join(map(str, answer)))
    words = re.findall(r"[A-Za-z]+", text)
    named = [word for word in words if set(word.upper()) <= set("ABCDE")]
    return set("".join(named or words).upper())


@judge("3.5")
def two_bugs(answer):
    letters, repaired = (filled(part) for part in answer)
    said = named_letters(letters)
    lines = {
        "A": "line A is right: the immediate part, and what the step after it says, (3.4)",
        "B": "line B is right: the carry was multiplied with f_{t+1} when it was made, in line E",
        "E": "line E is right: what it makes is used up by the step before it",
    }
    if not said <= set("ABCDE") or not said:
        return "two of the letters A to E are wanted"
    for letter in "ABE":
        if letter in said:
            return lines[letter]
    if len(said) == 1:
        return f"line {said.pop()} is one of the two; the other one is still missing"
    for T, N, I, H in ((3, 2, 3, 4), (4, 3, 2, 1)):
        dh, steps, weights, _, c_0 = a_case(T, N, I, H, seed=305)
        case = (dh, steps, weights.W_h, c_0)
        wanted, _, incoming = backward(*case)
        hints = {
            ("immediate", "tanh twice"): "the letters are right, but these are still the numbers of the given code",
            ("tanh twice",): "line C is repaired, line D not yet: at the last step delta g still differs",
            ("immediate",): "line D is repaired, line C not yet: before the last step delta o still differs",
            ("sigmoid",): "in line D, the candidate is a tanh, not a sigmoid: another slope",
            ("sigmoid", "immediate"): "in line D, the candidate is a tanh, not a sigmoid: another slope",
            ("no square",): "in line D, the slope of tanh is 1 - g^2, with a square",
            ("no square", "immediate"): "in line D, the slope of tanh is 1 - g^2, with a square",
            ("d_c for d_o",): "in line C, the output gate does not act on c_t",
            ("d_c for d_o", "tanh twice"): "in line C, the output gate does not act on c_t",
        }
        got = numbers(ask(repaired, *case))
        known = [(backward(*case, mistakes=mistakes)[0], hint) for mistakes, hint in hints.items()]
        hint = compare(got, wanted, known, None) or where_it_differs(got, wanted, incoming)
        if hint:
            return hint
    return None


def where_it_differs(got, wanted, incoming):
    """A hint: the last step at which two arrays (T, N, 4H) differ, in which gates, and why if it can be told; or None.

    incoming: for each step what `hint_of_step` needs to know beside the deltas.
    """
    if got.shape != wanted.shape or close(got, wanted):
        return None
    if close(got[::-1], wanted):
        return "these are the right deltas in reversed order: row 0 belongs to step 1, though the pass ends there"
    T, N, rows = wanted.shape
    wrong = ~(np.abs(got - wanted) <= 1e-6 * np.abs(wanted).max()).reshape(T, N, 4, rows // 4).all(axis=(1, 3))
    last = int(np.flatnonzero(wrong.any(axis=1))[-1])
    names = ", ".join(f"delta {gate}" for gate, bad in zip("ifgo", wrong[last]) if bad)
    later = "the last one" if last == T - 1 else "the steps after it are right"
    parts = dict(zip(STEP_NAMES, np.split(got[last], 4, axis=1)))
    unknown = "begin there"
    hint = hint_of_step(parts, *incoming[last], otherwise=unknown) or unknown
    reason = unknown if hint.endswith(unknown) else f"{unknown}. {hint}"
    return f"at step {last + 1} of {T} ({later}) it differs in {names}; {reason}"


@judge("3.6")
def a_mean(answer):
    factors, dh_of_mean = (filled(part) for part in answer)
    T, N, D_y = 4, 5, 3
    factor = 2 / (T * N * D_y)
    known = [
        (1 / (T * N * D_y), "L has a factor 1/2 and the mean has none: compare their derivatives"),
        (2 / (T * N), "count all numbers that the mean is taken over: each y_t has D_y of them"),
        (1 / (T * N), "count all numbers that the mean is taken over, and mind the 1/2 in L"),
        (2 / N, "the mean goes over steps, sequences and outputs, not only over sequences"),
        (1 / N, "the mean goes over steps, sequences and outputs, and mind the 1/2 in L"),
        (1 / factor, "upside down: the mean is smaller than the sum"),
        (2.0, "the 1/2 is dealt with; now divide by the number of numbers"),
        (1.0, "the mean is L times a number, and so is everything that comes from it"),
    ]
    hint = compare_each(
        factors,
        [factor, factor, 1.0, 1 / factor],
        [
            (known, "the mean is L times which number?"),
            (
                [
                    (factor**2, "the factor comes in once, with delta y_t; the backward pass is linear in it"),
                    (factor * T * N, "the sum over steps and sequences is the same as before, of smaller terms"),
                    (1.0, "the sum over steps and sequences is the same as before, of smaller terms"),
                    (1 / factor, "upside down: it gets smaller, as delta y_t does"),
                ],
                "every line from (3.4) to (3.11) is linear in the deltas: what does a common factor do?",
            ),
            (
                [
                    (factor, "in (3.22), k = 1: g stands above the fraction bar and below it"),
                    (1 / factor, "in (3.22), k = 1: g stands above the fraction bar and below it"),
                    (factor**2, "in (3.22), k = 1: below the fraction bar stands the root of g^2"),
                    (np.sqrt(factor), "in (3.22), k = 1: below the fraction bar stands the root of g^2"),
                ],
                "write (3.22) for k = 1 with m = 0 and v = 0 before it: what is left of g?",
            ),
            (
                [
                    (factor, "upside down: the gradients are smaller now, and the rate has to make up for it"),
                    (1.0, "rate times gradient is to stay the same, and the gradient does not"),
                ],
                "rate times gradient is to stay the same",
            ),
        ],
        rtol=2e-2,
    )
    if hint:
        return hint
    draw = np.random.default_rng(306)
    for T, N, H, D_y in ((7, 5, 4, 3), (3, 4, 3, 5)):
        h, target = draw.normal(size=(T, N, H)), draw.normal(size=(T, N, D_y))
        W_hy, b_y = draw.normal(size=(D_y, H)), draw.normal(size=D_y)
        dy = h @ W_hy.T + b_y - target
        of_sum, mean = dy @ W_hy, 2 / dy.size
        hint = compare(
            ask(dh_of_mean, h, W_hy, b_y, target),
            of_sum * mean,
            [
                (of_sum, "this is (3.2) for the sum L"),
                (of_sum * 2, "the 1/2 is dealt with; now divide by the number of numbers"),
                (of_sum / dy.size, "the factor 2 is missing: the mean has no 1/2"),
                (of_sum * 2 / (T * N), "the mean is also taken over the D_y outputs"),
                (of_sum / (T * N), "the mean is also taken over the D_y outputs, and has no 1/2"),
                (of_sum * 2 / N, "the mean goes over steps and outputs too"),
                (of_sum / N, "the mean goes over steps and outputs too, and has no 1/2"),
                (of_sum * 2 / h.size, "the mean is taken over the numbers of y, not over those of h"),
                (-of_sum * mean, "the sign is wrong: y minus target"),
                ((dy - b_y) @ W_hy * mean, "b_y is missing in y"),
                (dy * mean, "this is delta y_t; one product leads from it to h_t"),
            ],
            "dh_of_mean: (3.2) with the factor that you found",
        )
        if hint:
            return f"dh_of_mean: {hint}"
    return None


@judge("3.7")
def peephole(answer):
    p = np.random.default_rng(37).normal(size=(3, 4))
    for T, H, p_o in ((4, 4, np.zeros(4)), (4, 4, p[0]), (1, 4, p[1]), (3, 2, p[2, :2])):
        dh, steps, weights, _, c_0 = a_case(T, 3, 2, H, seed=307, p_o=p_o)
        case = (dh, steps, weights.W_h, c_0, p_o)
        hint = one_peephole(ask(answer, *case), case)
        if hint:
            return f"{'with p_o = 0' if not p_o.any() else 'with p_o not zero'}: {hint}"
    return None


def one_peephole(got, case):
    hint = not_so_many(got, "delta z_t of all steps", "dL/dp_o")
    if hint:
        return hint
    wanted, right, incoming = backward(*case)
    hints = {
        ("none",): "delta c_t lacks the way through the output gate: c_t is used three times now",
        ("late",): "delta i, f and g need all of delta c_t: compute delta o and the new term before them",
        ("not carried",): "the carry needs all of delta c_t, with the new term",
        ("c_{t-1}",): "the output gate looks at c_t, the cell state of its own step",
        ("no slope",): "between c_t and o_t stands the sigmoid: its slope is missing in the new term",
        ("no p_o",): "p_o is missing in the new term",
        ("through tanh",): "the peephole looks at c_t itself: no tanh lies on this way",
        ("immediate",): "delta o needs all of delta h_t, as before",
    }
    known = [(backward(*case, mistakes=mistakes)[0], hint) for mistakes, hint in hints.items()]
    deltas = numbers(got[0])
    hint = compare(deltas, wanted, known, None) or where_it_differs(deltas, wanted, incoming)
    if hint:
        return hint
    _, steps, _, c_0, p_o = case
    H = len(p_o)
    d_o, c, m = wanted[..., -H:], np.array([s.c for s in steps]), np.array([s.m for s in steps])
    before, o = np.concatenate([c_0[None], c[:-1]]), np.array([s.o for s in steps])
    known = [
        (np.zeros(H), "all zeros; even where p_o is 0 its gradient is not, for p_o is multiplied with c_t"),
        ((d_o * before).sum(axis=(0, 1)), "p_o is multiplied with c_t, the new cell state"),
        ((d_o * m).sum(axis=(0, 1)), "p_o is multiplied with c_t, not with its tanh"),
        (d_o.sum(axis=(0, 1)), "this is the gradient of b_o; what is p_o multiplied with?"),
        ((d_o / (o * (1 - o)) * c).sum(axis=(0, 1)), "the slope of the sigmoid is missing"),
        ((d_o * c).sum(axis=0), "summed over the steps only: the sequences share p_o too"),
        ((d_o * c).sum(axis=1), "summed over the sequences only: the steps share p_o too"),
        ((d_o[0] * c[0]).sum(axis=0), "only step 1 is there; the steps add up"),
        ((d_o[-1] * c[-1]).sum(axis=0), "only the last step is there; the steps add up"),
        ((d_o * c).mean(axis=(0, 1)), "a mean where a sum belongs"),
        ((d_o * c).sum(axis=0).mean(axis=0), "a mean over the sequences where a sum belongs"),
        (np.einsum("tna,tnb->ab", d_o, c), "p_o is a vector: each unit sees its own cell only"),
        ((d_o * c * p_o).sum(axis=(0, 1)), "p_o itself does not stand in its own gradient"),
    ]
    hint = compare(got[1], right, known, "delta o_t times what p_o was multiplied with, summed up")
    return f"dL/dp_o: {hint}" if hint else None
