"""The exercises to notebook 03."""

from functools import partial

import numpy as np

from lstm_helpers.language import say
from lstm_helpers.lstm import lstm_step, sigmoid
from lstm_helpers.weights import LSTMWeights
from lstm_tutor.exercises.reading import Hint, numbers
from lstm_tutor.exercises.table import Both, Exercise, Function, Letters, Listed, Named, Number, Paper, Shape
from lstm_tutor.planted import planted


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


# --- 3.1 ---

T, N, I, H = 6, 5, 3, 8


def of_shape(shape, general):
    all_steps = "these are all steps together; what is the shape for one step, or of the sum over all steps?"
    return Shape(shape, general, {(T, *shape): all_steps})


SHAPES = {
    "delta f_t": of_shape((N, H), "this is the delta of a single gate: a number for each sequence and each unit"),
    "delta c_t": of_shape((N, H), "c_t holds a number for each sequence and each unit, and so does its gradient"),
    "dL/dW_hf": of_shape((H, H), "which shape has the block of W_h that belongs to the forget gate?"),
    "dL/db_f": of_shape((H,), "b_f has one axis, a number for each unit; sequences and steps are summed over"),
    "delta z_t": of_shape((N, 4 * H), "four deltas stand side by side, one row for each sequence"),
    "dL/dW_x": of_shape((4 * H, I), "which shape has W_x itself, with all four gates?"),
}
SUMS = {
    "sum 1": Number(
        T * N,
        "over which two of T, N, I and H does (3.11) sum?",
        {
            T: "the sequences are added up too: it is the inner axis of the product",
            N: "the steps are added up too",
        },
    ),
    "sum 2": Number(
        4 * H,
        "how long is the axis that the product sums over?",
        {
            H: "that is what one gate says; the product has all four of them",
            4: "four gates, but in each of them all units listen to this one",
        },
    ),
}

# --- 3.2 ---


def on_paper():
    f, o, c_prev, c = 0.8, 0.4, 1.5, 0.9
    m, later = np.tanh(c), 0.5 * 0.9
    d_h = 1.5 - 0.4
    first = d_h * o * (1 - m**2)
    d_c = first + later
    d_f = d_c * c_prev * f * (1 - f)
    d_o = d_h * m * o * (1 - o)
    return d_c, d_f, d_o, d_c * f


ON_PAPER = Paper(
    on_paper,
    {
        "delta c_t": "first delta h_t, then the two terms of (3.5)",
        "delta f_t": "delta c_t, times what f_t was multiplied with, times the slope of the sigmoid",
        "delta o_t": "delta h_t, times what o_t was multiplied with, times the slope of the sigmoid",
        "the carry": "this is the second term of (3.5), as step t - 1 will see it",
    },
    {
        ("first + later", "first"): "c_t is used twice; what the next step says of it is missing",
        ("1.5 - 0.4", "1.5"): "h_t is used by the next step too: begin with all of delta h_t",
        ("0.5 * 0.9", "0.5"): "on the way from c_{t+1} to c_t stands a gate",
        ("1 - m**2", "1 - np.tanh(m) ** 2"): "m_t is a tanh already: its slope is 1 - m_t^2",
        ("1 - m**2", "1 - c**2"): "the slope is 1 - tanh(c_t)^2, not 1 - c_t^2",
        ("o * (1 - m**2)", "o"): "the slope of tanh is missing on the way from m_t to c_t",
        ("c_prev * f *", "c * f *"): "the forget gate was multiplied with the cell state before the step",
        (" * f * (1 - f)", ""): "the slope of the sigmoid is missing",
        ("c_prev * f * (1 - f)", "f * (1 - f)"): "what was the forget gate multiplied with?",
        ("d_h * m * o * (1 - o)", "d_c * m * o * (1 - o)"): "the output gate does not act on c_t: begin with delta h_t",
        ("m * o * (1 - o)", "m"): "the slope of the sigmoid is missing",
        ("m * o * (1 - o)", "c * o * (1 - o)"): "the output gate is multiplied with m_t, not with c_t",
        ("m * o * (1 - o)", "o * (1 - o)"): "what was the output gate multiplied with?",
        ("d_o, d_c * f", "d_o, d_c"): "on the way from c_t to c_{t-1} stands a gate",
        ("d_o, d_c * f", "d_o, later * f"): "the carry is what reaches c_t on both ways, times the gate",
    },
    decimals=3,
)

# --- 3.3 ---


def forget_gate(d_f, h, h_0):
    before = np.concatenate([h_0[None], h[:-1]])
    dW = sum(d.T @ b for d, b in zip(d_f, before))  # (3.11)
    return dW, d_f.sum(axis=(0, 1))


def gates():
    cases, draw = [a_case(T, N, 2, H, seed=303) for T, N, H in ((4, 3, 5), (1, 4, 2))], np.random.default_rng(33)
    return [(draw.normal(size=dh.shape), np.array([s.h for s in steps]), h_0) for dh, steps, _, h_0, _ in cases]


BEFORE = "beside delta f_t stands the state before the step, h_{t-1}"
FORGET_GATE = Function(
    forget_gate,
    gates,
    {
        "W_hf": "one product for each step, (3.11), and their sum",
        "b_f": "the bias is added in every step and every sequence",
    },
    {
        ("zip(d_f, before)", "zip(d_f, h)"): BEFORE,
        ("zip(d_f, before)", "zip(d_f[1:], h)"): "step 1 is missing: the state before it is h_0, which is not zero",
        ("[h_0[None], h[:-1]]", "[h[-1:], h[:-1]]"): "before step 1 stands h_0, not the state of the last step",
        ("d.T @ b", "b.T @ d"): "transposed: the row is the unit that answers, as in W_hf itself",
        ("zip(d_f, before)", "zip(d_f[-1:], before[-1:])"): "only the last step is there; the contributions add up",
        ("return dW,", "return dW / d_f.shape[1],"): "the loss is a sum over sequences, not a mean",
        ("d_f.sum(axis=(0, 1))", "d_f.sum(axis=0)"): "summed over the steps only: the sequences share the bias too",
        ("d_f.sum(axis=(0, 1))", "d_f.sum(axis=1)"): "summed over the sequences only: the steps share the bias too",
        ("d_f.sum(axis=(0, 1))", "d_f[-1].sum(axis=0)"): "only the last step is there",
        ("d_f.sum(axis=(0, 1))", "d_f.sum()"): "there is one number left: each unit has a bias of its own",
    },
)

# --- 3.4 ---


def step_back(d_h, carry_c, s, c_prev):
    first = d_h * s.o * (1 - s.m**2)
    d_c = first + carry_c  # (3.5)
    d_i = d_c * s.g * s.i * (1 - s.i)
    d_f = d_c * c_prev * s.f * (1 - s.f)
    d_g = d_c * s.i * (1 - s.g**2)
    d_o = d_h * s.m * s.o * (1 - s.o)
    return d_i, d_f, d_g, d_o, d_c * s.f


def single_steps():
    cases = [a_case(2, N, 3, H, seed=304) for N, H in ((3, 4), (1, 5))]
    return [(dh[1], dh[0], steps[1], steps[0].c) for dh, steps, *_ in cases]


IMMEDIATE_O = ("np.hstack(d_z)", "np.hstack([*d_z[:3], dh_t * s.m * s.o * (1 - s.o)])")
TANH_TWICE = ("1 - s.g**2", "1 - np.tanh(s.g) ** 2")
STEP_PARTS = {
    "delta i": "delta c_t, what i_t was multiplied with, slope",
    "delta f": "delta c_t, what f_t was multiplied with, slope",
    "delta g": "delta c_t, what g_t was multiplied with, slope",
    "delta o": "delta h_t, what o_t was multiplied with, slope",
    "the new carry": "is delta c_t right, (3.5)? And what was c_{t-1} multiplied with?",
}
STEP_BACK = Function(
    step_back,
    single_steps,
    STEP_PARTS,
    {
        ("first + carry_c", "first"): "delta c_t: what comes in from the step after it is missing",
        (
            "+ carry_c",
            "+ carry_c * s.f",
        ): "delta c_t: the carry comes in multiplied with f_{t+1}; f_t is for the next step back",
        ("d_h * s.o * (1 - s.m**2)", "d_h * s.o"): "delta c_t: the slope of tanh is missing between m_t and c_t",
        ("1 - s.m**2", "1 - np.tanh(s.m) ** 2"): "delta c_t: m_t is a tanh already: its slope is 1 - m_t^2",
        ("1 - s.m**2", "1 - s.c**2"): "delta c_t: the slope of tanh is 1 - m_t^2, not 1 - c_t^2",
        (" * s.i * (1 - s.i)", ""): "the slope of the sigmoid is missing",
        ("s.g * s.i * (1 - s.i)", "s.i * (1 - s.i)"): "what was the input gate multiplied with?",
        ("s.i * (1 - s.i)", "sigmoid(s.i) * (1 - sigmoid(s.i))"): "i_t is a sigmoid already: its slope is i (1 - i),"
        " without another sigmoid",
        (" * s.f * (1 - s.f)", ""): "the slope of the sigmoid is missing",
        ("c_prev * s.f", "s.c * s.f"): "the forget gate was multiplied with the cell state before the step",
        ("c_prev * s.f * (1 - s.f)", "s.f * (1 - s.f)"): "what was the forget gate multiplied with?",
        (" * (1 - s.g**2)", ""): "the slope of tanh is missing",
        ("1 - s.g**2", "s.g * (1 - s.g)"): "the candidate is a tanh, not a sigmoid: another slope",
        TANH_TWICE: "g_t is a tanh already: its slope is 1 - g_t^2",
        ("d_c * s.i * (1 - s.g**2)", "d_c * (1 - s.g**2)"): "what was the candidate multiplied with?",
        ("d_h * s.m", "d_c * s.m"): "the output gate does not act on c_t: begin with delta h_t",
        (" * s.o * (1 - s.o)", ""): "the slope of the sigmoid is missing",
        ("d_h * s.m", "d_h * s.c"): "the output gate is multiplied with m_t = tanh(c_t), not with c_t",
        ("d_h * s.m", "d_h"): "what was the output gate multiplied with?",
        ("d_o, d_c * s.f", "d_o, d_c"): "on the way from c_t to c_{t-1} stands a gate",
        ("d_o, d_c * s.f", "d_o, carry_c * s.f"): "what reaches c_t on both ways goes on, not the old carry alone",
    },
)

# --- 3.5 ---


def sweep(dh, steps, W_h, c_0, step=step_back):
    carry_h, carry_c, deltas = 0, 0, []
    before = [c_0] + [s.c for s in steps]
    for s, c_prev, dh_t in reversed(list(zip(steps, before, dh))):
        *d_z, carry_c = step(dh_t + carry_h, carry_c, s, c_prev)
        deltas.insert(0, np.hstack(d_z))
        carry_h = deltas[0] @ W_h
    return np.array(deltas)


def sweeps():
    cases = [a_case(T, N, I, H, seed=305) for T, N, I, H in ((3, 2, 3, 4), (4, 3, 2, 1))]
    return [(dh, steps, weights.W_h, c_0) for dh, steps, weights, _, c_0 in cases]


def by_step(deltas):
    """delta z_t of all steps (T, N, 4H), the last step and i first."""
    deltas = numbers(deltas)
    if deltas.ndim != 3 or deltas.shape[2] % 4:
        raise Hint(say("the shape is {}, but (T, N, 4H) is wanted").format(deltas.shape))
    parts, T = {}, len(deltas)
    last, earlier = say("at step {} of {} (the last one)"), say("at step {} of {} (the steps after it are right)")
    for t in range(T, 0, -1):
        place = (last if t == T else earlier).format(t, T)
        parts |= {(place, name): part for name, part in zip(STEP_PARTS, np.split(deltas[t - 1], 4, axis=1))}
    return parts


GIVEN = partial(planted(sweep, IMMEDIATE_O), step=planted(step_back, TANH_TWICE))
BEGIN = "what comes in from later steps is right: begin here"
REVERSED = "these are the right deltas in reversed order: row 0 belongs to step 1, though the pass ends there"
LINES = Letters(
    "ABCDE",
    "CD",
    {
        "A": "line A is right: the immediate part, and what the step after it says, (3.4)",
        "B": "line B is right: the carry was multiplied with f_{t+1} when it was made, in line E",
        "E": "line E is right: what it makes is used up by the step before it",
    },
    "read the table from the top: what differs first, and which line makes that?",
    "what you name is one of the two; the other one is still missing",
)
SWEEP = Function(
    sweep,
    sweeps,
    BEGIN,
    {
        GIVEN: "these are still the numbers of the given code",
        IMMEDIATE_O: "line D is repaired, line C not yet: before the last step delta o still differs",
        ("np.array(deltas)", "np.array(deltas[::-1])"): REVERSED,
    },
    split=by_step,
)

# --- 3.6 ---

FACTOR = 2 / (4 * 5 * 3)
FACTORS = {
    "number 1": Number(
        FACTOR,
        "the mean is L times which number?",
        {
            1 / (4 * 5 * 3): "L has a factor 1/2 and the mean has none: compare their derivatives",
            2 / (4 * 5): "count all numbers that the mean is taken over: each y_t has D_y of them",
            2.0: "the 1/2 is dealt with; now divide by the number of numbers",
        },
        rtol=2e-2,
    ),
    "number 2": Number(
        FACTOR,
        "every line from (3.4) to (3.11) is linear in the deltas: what does a common factor do?",
        {
            FACTOR**2: "the factor comes in once, with delta y_t; the backward pass is linear in it",
            1.0: "the sum over steps and sequences is the same as before, of smaller terms",
        },
        rtol=2e-2,
    ),
    "number 3": Number(
        1.0,
        "write (3.22) for k = 1 with m = 0 and v = 0 before it: what is left of g?",
        {FACTOR: "in (3.22), k = 1: g stands above the fraction bar and below it"},
        rtol=2e-2,
    ),
    "number 4": Number(
        1 / FACTOR,
        "rate times gradient is to stay the same",
        {FACTOR: "upside down: the gradients are smaller now, and the rate has to make up for it"},
        rtol=2e-2,
    ),
}


def dh_of_mean(h, W_hy, b_y, target):
    dy = h @ W_hy.T + b_y - target
    return 2 / dy.size * (dy @ W_hy)  # (3.2)


def readouts():
    draw, sizes = np.random.default_rng(306), ((7, 5, 4, 3), (3, 4, 3, 5))
    shapes = [((T, N, H), (D_y, H), (D_y,), (T, N, D_y)) for T, N, H, D_y in sizes]
    return [[draw.normal(size=shape) for shape in four] for four in shapes]


MEAN = Function(
    dh_of_mean,
    readouts,
    "(3.2) with the factor that you found",
    {
        ("2 / dy.size * ", ""): "this is (3.2) for the sum L",
        ("2 / dy.size", "1 / dy.size"): "the factor 2 is missing: the mean has no 1/2",
        ("dy.size", "dy[..., 0].size"): "the mean is also taken over the D_y outputs",
        ("dy.size", "dy.shape[1]"): "the mean goes over steps and outputs too",
    },
    name="dh_of_mean",
)

# --- 3.7 ---


def peephole(dh, steps, W_h, c_0, p_o):
    carry_h, carry_c, dp_o, deltas = 0, 0, 0, []
    before = [c_0] + [s.c for s in steps]
    for s, c_prev, dh_t in reversed(list(zip(steps, before, dh))):
        d_h = dh_t + carry_h
        d_o = d_h * s.m * s.o * (1 - s.o)
        new = d_o * p_o
        *d_z, carry_c = step_back(d_h, carry_c + new, s, c_prev)
        deltas.insert(0, np.hstack(d_z))
        carry_h = deltas[0] @ W_h
        dp_o = dp_o + (d_o * s.c).sum(axis=0)
    return np.array(deltas), dp_o


def peepholes():
    p, cases = np.random.default_rng(37).normal(size=(3, 4)), {}
    labels = say("with p_o = 0"), say("with p_o not zero"), say("with p_o not zero, T = 1")
    for label, T, p_o in zip(labels, (4, 4, 1), (np.zeros(4), p[0], p[1, :2])):
        dh, steps, weights, _, c_0 = a_case(T, 3, 2, len(p_o), seed=307, p_o=p_o)
        cases[label] = (dh, steps, weights.W_h, c_0, p_o)
    return cases


NEW_TERM = "carry_c + new, s, c_prev)"
PEEPHOLE = Function(
    peephole,
    peepholes,
    dict.fromkeys(STEP_PARTS, BEGIN) | {"dL/dp_o": "delta o_t times what p_o was multiplied with, summed up"},
    {
        (NEW_TERM, "carry_c, s, c_prev)"): "delta c_t lacks the way through the output gate: c_t is used three times"
        " now",
        (NEW_TERM, "carry_c, s, c_prev); carry_c = carry_c + new * s.f"): "delta i, f and g need all of delta c_t:"
        " compute delta o and the new term before them",
        (NEW_TERM, f"{NEW_TERM}; carry_c = carry_c - new * s.f"): "the carry needs all of delta c_t, with the new term",
        ("d_o * p_o", "d_h * s.m * p_o"): "between c_t and o_t stands the sigmoid: its slope is missing in the new"
        " term",
        ("d_o * s.c", "d_o * s.c * p_o"): "all zeros; even where p_o is 0 its gradient is not, for p_o is multiplied"
        " with c_t",
        ("d_o * s.c", "d_o * c_prev"): "p_o is multiplied with c_t, the new cell state",
        ("(d_o * s.c)", "d_o"): "this is the gradient of b_o; what is p_o multiplied with?",
        ("(d_o * s.c).sum(axis=0)", "d_o * s.c"): "summed over the steps only: the sequences share p_o too",
    },
    split=lambda returned: by_step(returned[0]) | {("", "dL/dp_o"): returned[1]},
    returns=("delta z_t of all steps", "dL/dp_o"),
)

EXERCISES = [
    Exercise(
        "3.1",
        "say the shapes of six gradients, and over how many terms two sums go",
        "3.11",
        Both(Named(SHAPES), Listed(SUMS)),
    ),
    Exercise("3.2", "work out one step back on paper", "3.5", ON_PAPER),
    Exercise("3.3", "write the gradients of the forget gate's parameters", "3.11", FORGET_GATE),
    Exercise("3.4", "write one step back from memory", "3.5", STEP_BACK),
    Exercise("3.5", "find the two wrong lines in a backward pass, and repair them", "3.6", Both(LINES, SWEEP)),
    Exercise("3.6", "put a mean in place of the sum L", "3.2", Both(Listed(FACTORS), MEAN)),
    Exercise("3.7", "write the backward pass of an output gate with a peephole", "3.5", PEEPHOLE),
]
