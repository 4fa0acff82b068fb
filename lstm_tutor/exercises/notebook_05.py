"""The exercises to notebook 05."""

from itertools import permutations

import numpy as np
import torch
from torch import nn

from lstm_helpers.language import say
from lstm_helpers.lstm import lstm_forward, sigmoid
from lstm_helpers.weights import LSTMWeights
from lstm_tutor.exercises.reading import Hint, numbers
from lstm_tutor.exercises.table import Both, Exercise, Function, Letters, Listed, Named, Number, Property, Shape, Word


def drawn(module, seed):
    """A module made on the "meta" device, its parameters from N(0, 1), float64; PyTorch's random state stays."""
    module, draw = module.double().to_empty(device="cpu").requires_grad_(False), np.random.default_rng(seed)
    for parameter in module.parameters():
        parameter.copy_(torch.from_numpy(draw.normal(size=parameter.shape)))
    return module


# --- 5.1 ---

T, N, I, H, LAYERS = 50, 5, 8, 16, 3
FOUR_KINDS = "look at the table of four kinds of LSTM in notebook 05"
MAJOR = "batch_first puts the sequences first, in x and in the output"
STATES = {
    (N, 2 * LAYERS, H): "batch_first changes input and output, but not h_n and c_n",
    (LAYERS, N, H): "each layer has two directions, each with a last state of its own",
    (2, N, H): "h_n and c_n hold the states of all layers",
}
OUTPUT = {
    (T, N, 2 * H): MAJOR,
    (N, T, H): "output holds the states of both directions side by side",
    (N, T, 2 * LAYERS * H): "output holds the last layer's states only",
}
WEIGHT = {
    (4 * H, I): "only layer 0 reads x; what does layer 1 read?",
    (4 * H, H): "layer 1 reads what both directions of layer 0 put out",
    (2 * H, 4 * H): "rows are what comes out, columns what goes in",
}
SHAPES = {
    "x": Shape((N, T, I), FOUR_KINDS, {(T, N, I): MAJOR}),
    "output": Shape((N, T, 2 * H), FOUR_KINDS, OUTPUT),
    "h_n": Shape((2 * LAYERS, N, H), FOUR_KINDS, STATES),
    "c_n": Shape((2 * LAYERS, N, H), FOUR_KINDS, STATES),
    "weight_ih_l1": Shape((4 * H, 2 * H), FOUR_KINDS, WEIGHT),
}

# --- 5.2 ---


def place(right, general, mistakes=()):
    return Letters("ABCDE", right, mistakes, general)


FIRST_LAYER = "this is a state of the first layer; of which layer are the states in `output`?"
ORDER = "h_n has layer after layer, and in each the forward direction first. Which layer and direction is number"
BEGINS = "has just begun; where does it end?"
WHERE = {
    "h_n[0]": place("E", FIRST_LAYER),
    "h_n[1]": place("E", FIRST_LAYER),
    "h_n[2]": place("A", f"{ORDER} 2?", {"C": f"there the forward direction {BEGINS}"}),
    "h_n[3]": place("D", f"{ORDER} 3?", {"B": f"there the backward direction {BEGINS}"}),
    "c_n[3]": place("E", "does `output` hold cell states?", {"D": "that is h_n[3]; does `output` hold cell states?"}),
    "forward, first step": place(
        "C",
        "the forward direction is the first half of the last axis, and begins with x_1",
    ),
    "backward, first step": place(
        "B",
        "the backward direction is the second half of the last axis, and begins with the last step",
    ),
}

# --- 5.3 ---


def final_states(lstm, readout, x):
    _, (h_n, _) = lstm(x)
    return readout(torch.cat([h_n[0], h_n[1]], dim=1))


def networks():
    cases = []
    for N, T, I, H, D_y in ((3, 5, 2, 4, 3), (1, 4, 3, 2, 2), (4, 1, 2, 3, 1)):
        lstm = drawn(nn.LSTM(I, H, bidirectional=True, batch_first=True, device="meta"), 53)
        readout = drawn(nn.Linear(2 * H, D_y, device="meta"), 54)
        cases.append((lstm, readout, torch.from_numpy(np.random.default_rng(55).normal(size=(N, T, I)))))
    return cases


BOTH = "torch.cat([h_n[0], h_n[1]], dim=1)"
LINE = Letters(
    "ABCD",
    "C",
    {
        "A": "line A is right: with batch_first, the first axis of x has the sequences",
        "B": "line B is right: the LSTM was built for x as it lies",
        "D": "line D is right: the readout takes (N, 2H) and gives (N, D_y)",
    },
    "after which line do the numbers of one sequence stand in the row of another one?",
)
FINAL_STATES = Function(
    final_states,
    networks,
    "h_n is (2, N, H): what must happen to its axes before two of them are merged?",
    {
        (BOTH, "h_n.reshape(len(x), -1)"): "the letter is right, but these are still the numbers of the given code",
        (BOTH, "lstm(x)[0][:, -1]"): "the backward half of output[:, -1] has made one single step",
        ("[h_n[0], h_n[1]]", "[h_n[1], h_n[0]]"): "the readout wants the forward state first",
        ("[h_n[0], h_n[1]]", "[*lstm(x)[1][1]]"): "these are the cell states; the hidden states are wanted",
    },
)

# --- 5.4 ---


def reorder(stacked, old, new):
    old, new = old.replace("c", "g"), new.replace("c", "g")
    position = [old.index(gate) for gate in new]  # (5.9)
    return np.concatenate([np.split(stacked, 4)[k] for k in position])


def stacks():
    draw = np.random.default_rng(54)
    kinds = (((12, 2), "iofc", "ifgo"), ((8, 5), "ifgo", "ogif"), ((4,), "gofi", "cifo"), ((20,), "fcoi", "oicf"))
    return {say('"{}" to "{}"').format(old, new): (draw.normal(size=shape), old, new) for shape, old, new in kinds}


GIVEN = "these are still the numbers of the given code: what does `position` mean?"
REORDER = Function(
    reorder,
    stacks,
    "say it in words for the first block of the result. In which block does it lie now?",
    {
        ("[old.index(gate) for gate in new]", "[new.index(gate) for gate in old]"): GIVEN,
        ("np.split(stacked, 4)[k] for k", "stacked[k::4] for k"): "a gate's H rows stand together: cut into four"
        " blocks, not into groups of four",
    },
)
CHANGES = [np.array(order) for order in permutations(range(4))]
BLIND = [order for order in CHANGES if (order[order] == range(4)).all()]  # position is its own inverse
PAIRS = sum((order != range(4)).sum() == 2 for order in BLIND)
BY_LUCK = Number(
    len(BLIND),
    "the function is repaired; now let it and the faulty one run on all 24 orders and count",
    {
        24 - len(BLIND): "this many orders it gets wrong; the others are asked for",
        PAIRS: "these are the orders in which two gates change places; are there others?",
        len(BLIND) - 1: 'one is missing: is "ifgo" itself among yours?',
    },
)

# --- 5.5 ---

ONES, IDLE, ERROR = 100, 1000, 0.01
LEAK = sigmoid(np.array(-10.0)).item()
HOW_SMALL = {
    "epsilon": Number(
        np.sqrt(3 * ERROR / (ONES + ONES**3)),
        "write (5.5) for z = 100, and set the second term to 0.01",
        {
            np.sqrt(3 * ERROR / ONES): "the memory passes through a tanh too, and it is a hundred times as large",
            3 * ERROR / ONES**3: "in (5.5) it is the square of epsilon",
        },
        digits=3,
    ),
    "b_f": Number(
        np.log(ONES * IDLE / ERROR),
        "each step loses sigma(-b_f), about exp(-b_f), of the 100",
        {
            np.log(ONES / ERROR): "this is for one idle step; there are 1000",
            np.log10(ONES * IDLE / ERROR): "sigma has powers of e, not of ten",
        },
        decimals=1,
    ),
    "leak": Number(
        IDLE * LEAK,
        "each zero lets in sigma(-10) times the candidate; and the readout divides by epsilon",
        {LEAK: "this is what one step lets in; there are 1000, and the memory keeps them"},
        known=1.2e-2,
        digits=2,
    ),
    "in_float32": Word(
        ("smaller", "larger", "same"),
        "same",
        "how many digits does a float32 keep of a small number, and how many of a large one?",
        {
            "larger": "a float32 keeps seven digits of a small number too; what is divided by epsilon is small with it",
            "smaller": "the tanh does less harm with each smaller epsilon, but here rounding does more than the tanh",
        },
    ),
}
ANSWERS = Listed(HOW_SMALL, "three numbers and a word are wanted")

# --- 5.6 ---


def fault_in_counter(answer):
    """Weights and readout for I = 2, H = 1: ones since the last reset, to 0.01, for up to 300 steps?"""
    W_x, W_h, b, W_hy = (numbers(part) for part in answer)
    for name, array, shape in (("W_x", W_x, (4, 2)), ("W_h", W_h, (4, 1)), ("b", b, (4,))):
        if array.shape != shape:
            raise Hint(say("{} has the shape {}, but {} is wanted").format(name, array.shape, shape))
    if W_hy.size != 1:
        raise Hint(say("W_hy is one number"))
    weights, steps = LSTMWeights(W_x, W_h, b), np.arange(1, 301)
    three, full, together = steps <= 3, steps <= 250, steps <= 251
    cases = [
        (three[:3], 0, say("{:.3g} comes out after {} ones: do all gates pass them on, and does W_hy undo epsilon?")),
        (three, 0, say("after three ones {:.3f} comes out at step {}: does the forget gate leak, or the input gate?")),
        (steps > 0, 0, say("{:.3f} comes out after {} ones: does a tanh bend, (5.5), or is a gate not quite open?")),
        (full, steps == 251, say("{:.3g} comes out at step {}, a reset after 250 ones: which gate keeps the count?")),
        (together, steps == 251, say("{:.3g} comes out at step {}: a one that comes with a reset counts already")),
    ]
    for seed in range(20):
        draw, hint = np.random.default_rng(seed), say("on a random sequence, {:.3f} comes out at step {}, not {:.0f}")
        cases.append((draw.random(300) < draw.random(), draw.random(300) < draw.choice([0.01, 0.1, 0.5]), hint))
    for ones, resets, hint in cases:
        x, count = np.stack(np.broadcast_arrays(ones, resets), axis=1).astype(float), [0.0]
        for one, reset in x:
            count.append((0 if reset else count[-1]) + one)
        y = W_hy.item() * lstm_forward(x[:, None], weights).h[:, 0, 0]
        t = np.abs(y - count[1:]).argmax()
        if not abs(y[t] - count[t + 1]) <= 0.01:
            return hint.format(y[t], t + 1, count[t + 1])
    return None


def counter(epsilon=1e-5, forget=(0, -60), bias=(30, 30, 0, 30), W_hy=None, into=(0, 0)):
    return [into, forget, (epsilon, 0), (0, 0)], np.zeros((4, 1)), bias, W_hy or 1 / epsilon


COUNTER = Property(
    fault_in_counter,
    counter(),
    "run it on three ones and many zeros, on 300 ones and on a reset, and look at W_hy h_t",
    [
        (counter(W_hy=5e4), "1.5 comes out after 3 ones"),
        (counter(bias=(30, 7, 0, 30)), "does the forget gate leak"),
        (counter(epsilon=1e-4), "does a tanh bend"),
        (counter(forget=(0, 0)), "250 comes out at step 251"),
        (counter(into=(0, -60)), "a one that comes with a reset"),
        (counter(forget=(20, -60), bias=(30, 12, 0, 30)), "on a random sequence"),
        ((*counter()[:1], np.zeros(4), *counter()[2:]), "W_h has the shape"),
        ((*counter()[:3], [1, 2]), "one number"),
    ],
)

# --- 5.7 ---


def all_layers(lstm, x):
    h_n, below = [], x
    for layer in range(lstm.num_layers):
        halves = []
        for name, way in ((f"_l{layer}", 1), (f"_l{layer}_reverse", -1)):
            kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            W_x, W_h, b_ih, b_hh = (getattr(lstm, kind + name).numpy() for kind in kinds)
            b = b_ih + b_hh  # (5.8)
            h = lstm_forward(below[::way], LSTMWeights(W_x, W_h, b)).h
            halves.append(h[::way])
            h_n.append(h[-1])  # (5.10)
        below = np.concatenate(halves, axis=2)
    return below, np.stack(h_n)


def all_layers_of_pytorch(lstm, x):
    output, (h_n, _) = lstm(torch.from_numpy(x))
    return output, h_n


def deep_networks():
    cases, draw = {}, np.random.default_rng(58)
    for layers, T, N, I, H in ((1, 4, 3, 2, 3), (2, 5, 3, 4, 2), (3, 3, 1, 1, 2)):
        lstm = drawn(nn.LSTM(I, H, num_layers=layers, bidirectional=True, device="meta"), 57)
        cases[f"num_layers={layers}"] = (lstm, draw.normal(size=(T, N, I)))
    return cases


READ_FORWARD = "the backward direction must read its input from the last step to the first"
ALL_LAYERS = Function(
    all_layers,
    deep_networks,
    {
        "output": "the numbers are not right yet. Compare with lstm(x), one layer first",
        "h_n": "the last state that each direction of each layer has made is wanted",
    },
    {
        ("b_ih + b_hh", "b_ih"): "b_hh is missing: both biases are added",
        ("below[::way]", "below"): READ_FORWARD,
        ("h[::way]", "h"): "the first state that the backward direction makes belongs to step T: in which row is it?",
        ("below[::way]", "x[::way]"): "every layer reads x now, but layer 1 reads what layer 0 puts out",
        (
            "h_n.append(h[-1])",
            "h_n.append(halves[-1][-1])",
        ): "in which row of its half does the backward direction end?",
        (
            "stack(h_n)",
            "stack(h_n[0::2] + h_n[1::2])",
        ): "the order is layer by layer, and in each forward, then backward",
    },
)

EXERCISES = [
    Exercise("5.1", "say the shapes of a bidirectional network's tensors", "5.10", Named(SHAPES)),
    Exercise("5.2", "find states in the output of a bidirectional network", "5.10", Named(WHERE)),
    Exercise("5.3", "find the line that mixes up the sequences, and repair it", "5.10", Both(LINE, FINAL_STATES)),
    Exercise("5.4", "repair a conversion of gate orders, and count what its test saw", "5.9", Both(REORDER, BY_LUCK)),
    Exercise("5.5", "say how small is small enough", "5.5", ANSWERS, ([1.732e-4, 16.12, 0.0454, "same size"],)),
    Exercise("5.6", "find the weights of a counter", "5.5", COUNTER),
    Exercise("5.7", "run all layers and both directions", "5.8", ALL_LAYERS, (all_layers_of_pytorch,)),
]
