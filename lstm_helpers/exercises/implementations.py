"""Judges of the exercises to notebook 05."""

from itertools import permutations

import numpy as np

from lstm_helpers.exercises.judges import ask, compare, filled, judge, letter, numbers, word
from lstm_helpers.lstm import lstm_forward, sigmoid
from lstm_helpers.weights import LSTMWeights


def torch_lstm(I, H, seed, **options):
    """An nn.LSTM in float64 with parameters from N(0, 1). PyTorch's random state is not touched."""
    from torch import nn

    return drawn(nn.LSTM(I, H, device="meta", **options), seed)


def drawn(module, seed):
    """A module made on the "meta" device, its parameters drawn from N(0, 1) in float64."""
    import torch

    module, draw = module.double().to_empty(device="cpu").requires_grad_(False), np.random.default_rng(seed)
    for parameter in module.parameters():
        parameter.copy_(torch.from_numpy(draw.normal(size=parameter.shape)))
    return module


@judge("5.1")
def five_shapes(answer):
    T, N, I, H, layers = 50, 5, 8, 16, 3
    major = "batch_first puts the sequences first, in x and in the output"
    known = {
        "x": ((N, T, I), {(T, N, I): major, (N, T, H): "x has I numbers a step, not H"}),
        "output": (
            (N, T, 2 * H),
            {
                (T, N, 2 * H): major,
                (N, T, H): "output holds the states of both directions side by side",
                (N, T, 2 * layers * H): "output holds the last layer's states only",
                (N, T, layers * H): "output holds the last layer's states only, but those of both directions",
            },
        ),
        "weight_ih_l1": (
            (4 * H, 2 * H),
            {
                (4 * H, I): "only layer 0 reads x; what does layer 1 read?",
                (4 * H, H): "layer 1 reads what both directions of layer 0 put out",
                (2 * H, 4 * H): "rows are what comes out, columns what goes in",
                (8 * H, 2 * H): "each direction has weights of its own, so these are four gates, not eight",
                (H, 2 * H): "the four gates are stacked",
            },
        ),
    }
    states = {
        (N, 2 * layers, H): "batch_first changes input and output, but not h_n and c_n",
        (N, layers, H): "batch_first changes input and output, but not h_n and c_n; and there are two directions",
        (layers, N, H): "each layer has two directions, each with a last state of its own",
        (layers, N, 2 * H): "two directions double the first axis of h_n and c_n, not the last",
        (2, N, H): "h_n and c_n hold the states of all layers",
        (1, N, H): "h_n and c_n hold the states of all layers and both directions",
    }
    known |= {name: ((2 * layers, N, H), states) for name in ("h_n", "c_n")}
    if set(answer) != set(known):
        return f"the names {sorted(known)} are wanted, not {sorted(answer)}"
    for name, (wanted, hints) in known.items():
        shape = tuple(answer[name])
        if shape != wanted:
            return f"{name}: {hints.get(shape, 'look at the table of four kinds of LSTM in notebook 05')}"
    return None


@judge("5.2")
def slices(answer):
    first_layer = "this is a state of the first layer; of which layer are the states in `output`?"
    order = "h_n has layer after layer, and in each the forward direction first"
    wanted = {
        "h_n[0]": ("E", {}, first_layer),
        "h_n[1]": ("E", {}, first_layer),
        "h_n[2]": (
            "A",
            {"C": "that is the forward direction when it has just begun; where does it end?"},
            order + ". Which layer and direction is number 2?",
        ),
        "h_n[3]": (
            "D",
            {"B": "at this row the backward direction has made its first step; where does it end?"},
            order + ". Which layer and direction is number 3?",
        ),
        "c_n[3]": ("E", {"D": "that is h_n[3]; does `output` hold cell states?"}, "does `output` hold cell states?"),
        "forward, first step": (
            "C",
            {
                "A": "that is the forward direction after its last step",
                "E": "`output` has every step of the last layer",
            },
            "the forward direction is the first half of the last axis, and begins with x_1",
        ),
        "backward, first step": (
            "B",
            {
                "D": "that is the backward direction after its last step",
                "E": "`output` has every step of the last layer",
            },
            "the backward direction is the second half of the last axis, and begins with the last step",
        ),
    }
    if set(answer) != set(wanted):
        return f"the names {sorted(wanted)} are wanted, not {sorted(answer)}"
    for name, (right, hints, otherwise) in wanted.items():
        said = letter(answer[name], "ABCDE", name)
        if said != right:
            return f"{name}: {hints.get(said, otherwise)}"
    return None


@judge("5.3")
def final_states(answer):
    import torch

    said, repaired = (filled(part) for part in answer)
    lines = {
        "A": "line A is right: with batch_first, the first axis of x has the sequences",
        "B": "line B is right: the LSTM was built for x as it lies",
        "D": "line D is right: the readout takes (N, 2H) and gives (N, D_y)",
    }
    said = letter(said, "ABCD")
    if said != "C":
        return lines[said]
    for N, T, I, H, D_y in ((3, 5, 2, 4, 3), (1, 4, 3, 2, 2), (4, 1, 2, 3, 1)):
        lstm = torch_lstm(I, H, 53, bidirectional=True, batch_first=True)
        readout = drawn(torch.nn.Linear(2 * H, D_y, device="meta"), 54)
        x = torch.from_numpy(np.random.default_rng(55).normal(size=(N, T, I)))
        output, (h_n, c_n) = lstm(x)
        mistakes = [
            (h_n.reshape(N, -1), "the letter is right, but these are still the numbers of the given code"),
            (output[:, -1], "the backward half of output[:, -1] has made one single step"),
            (output[:, 0], "the forward half of output[:, 0] has made one single step"),
            (torch.cat([h_n[1], h_n[0]], 1), "the readout wants the forward state first"),
            (h_n.permute(1, 2, 0).reshape(N, -1), "forward and backward alternate now; all H of one come first"),
            (torch.cat([c_n[0], c_n[1]], 1), "these are the cell states; the hidden states are wanted"),
            (output.mean(1), "this is the mean over all steps; the two final states are wanted"),
        ]
        hint = compare(
            ask(repaired, lstm, readout, x),
            readout(torch.cat([h_n[0], h_n[1]], 1)),
            [(readout(wrong), words) for wrong, words in mistakes],
            "h_n is (2, N, H): what must happen to its axes before two of them are merged?",
        )
        if hint:
            return hint
    return None


def reordered(stacked, old, new):
    """Rows stacked in the order old -> in the order new. Both are written with g, not c."""
    return np.concatenate([np.split(stacked, 4)[old.index(gate)] for gate in new])


@judge("5.4")
def orders(answer):
    repaired, blind = (filled(part) for part in answer)
    draw = np.random.default_rng(54)
    for H, shape, old, new in (
        (3, (12, 2), "iofc", "ifgo"),
        (2, (8, 5), "ifgo", "ogif"),
        (1, (4,), "gofi", "cifo"),
        (5, (20,), "fcoi", "oicf"),
    ):
        stacked, a, b = draw.normal(size=shape), old.replace("c", "g"), new.replace("c", "g")
        swapped = stacked.reshape(-1, 4, *shape[1:])[:, [a.index(gate) for gate in b]].reshape(shape)
        mistakes = [
            (reordered(stacked, b, a), "these are still the numbers of the given code: what does `position` mean?"),
            (stacked, "nothing has changed its place"),
        ]
        if H > 1:  # one unit has one row a gate
            mistakes.append((swapped, "a gate's H rows stand together: cut into four blocks, not into groups of four"))
        hint = compare(
            ask(repaired, stacked, old, new),
            reordered(stacked, a, b),
            mistakes,
            f'"{old}" to "{new}": say it in words for the first block of the result. In which block does it lie now?',
        )
        if hint:
            return hint
    return blind_orders(blind)


def blind_orders(answer):
    gates = np.arange(4)
    moved = [np.flatnonzero(p != gates) for p in map(np.array, permutations(gates)) if np.all(p[p] == gates)]
    pairs = sum(len(places) == 2 for places in moved)
    return compare(
        answer,
        len(moved),
        [
            (24 - len(moved), "this many orders it gets wrong; the others are asked for"),
            (1, 'it gets more than "ifgo" itself right: CS231n\'s order is one example'),
            (pairs, "these are the orders in which two gates change places; are there others?"),
            (pairs + 1, "what if two gates change places, and so do the two others?"),
            (len(moved) - 1, 'one is missing: is "ifgo" itself among yours?'),
            (24, "ONNX's order is one that it gets wrong"),
        ],
        "the function is repaired; now let it and the faulty one run on all 24 orders and count",
    )


@judge("5.5")
def how_small(answer):
    if len(answer) != 4:
        return "three numbers and a word are wanted"
    n, idle, error = 100, 1000, 0.01
    leak = float(sigmoid(np.array(-10.0)))
    return (
        part(
            "epsilon",
            answer[0],
            np.sqrt(3 * error / (n + n**3)),
            {
                np.sqrt(3 * error / n): "the memory passes through a tanh too, and it is a hundred times as large",
                np.sqrt(3 * error) / n: "0.01 is the error of the count, not a hundredth of the count",
                np.sqrt(error / n**3): "the term in (5.5) is divided by 3",
                3 * error / n**3: "in (5.5) it is the square of epsilon",
                np.sqrt(3 * error): "this is for a count of 1",
            },
            "write (5.5) for z = 100, and set the second term to 0.01",
            digits=3,
        )
        or part(
            "b_f",
            answer[1],
            np.log(n * idle / error),
            {
                np.log(n / error): "this is for one idle step; there are 1000",
                np.log(idle / error): "0.01 is the loss of the count, not the part of it that is lost",
                np.log(idle / (error / n)) / np.log(10): "sigma has powers of e, not of ten",
                -np.log(n * idle / error): "with a negative bias the gate is shut",
            },
            "each step loses sigma(-b_f), about exp(-b_f), of the 100",
            decimals=1,
        )
        or part(
            "leak",
            answer[2],
            idle * leak,
            {
                leak: "this is what one step lets in; there are 1000, and the memory keeps them",
                0.5 * idle: "without a one the input gate has the pre-activation -10, not 0",
                idle: "the input gate is nearly shut while x = 0",
            },
            "each zero lets in sigma(-10) times the candidate; and the readout divides by epsilon",
            digits=2,
        )
        or float32_word(answer[3])
    )


def part(name, got, wanted, mistakes, otherwise, **exact):
    """As compare, for one of several numbers."""
    hint = compare(got, wanted, list(mistakes.items()), otherwise, **exact)
    return hint and f"{name}: {hint}"


def float32_word(answer):
    hints = {
        "same": None,
        "larger": "a float32 keeps seven digits of a small number too; what is divided by epsilon is small with it",
        "smaller": "the tanh does less harm with each smaller epsilon, but here rounding does more than the tanh",
    }
    hint = hints[word(answer, ("smaller", "larger", "same"), "in_float32")]
    return hint and f"in_float32: {hint}"


@judge("5.6")
def counter(answer):
    """weights and readout for I = 2, H = 1: ones since the last reset, to 0.01, for up to 300 steps."""
    W_x, W_h, b, W_hy = (numbers(filled(part)) for part in answer)
    for name, array, shape in (("W_x", W_x, (4, 2)), ("W_h", W_h, (4, 1)), ("b", b, (4,))):
        if array.shape != shape:
            return f"{name} has the shape {array.shape}, but {shape} is wanted"
    if W_hy.size != 1:
        return "W_hy is one number"
    weights, W_hy = LSTMWeights(W_x, W_h, b), W_hy.item()

    def off(ones, resets):
        """What comes out, what would come out if the memory's tanh were not there, and the right count."""
        x = np.stack(np.broadcast_arrays(ones, resets), axis=1)[:, None].astype(float)
        trace, count = lstm_forward(x, weights), [0.0]
        for one, reset in x[:, 0]:
            count.append((0 if reset else count[-1]) + one)
        return W_hy * trace.h[:, 0, 0], W_hy * (trace.o * trace.c)[:, 0, 0], np.array(count[1:])

    steps, none = np.arange(1, 301), np.zeros(300)
    for hint in (
        first_ones(*off(steps <= 3, none)),
        many_ones(*off(steps > 0, none)),
        at_resets(off, steps),
    ):
        if hint:
            return hint
    for seed in range(20):
        draw = np.random.default_rng(seed)
        ones, cleared = draw.random(300) < draw.random(), draw.random(300) < draw.choice([0.01, 0.1, 0.5])
        y, _, count = off(ones, cleared)
        if not np.abs(y - count).max() <= 0.01:
            t = np.abs(y - count).argmax()
            return f"on a random sequence, {y[t]:.3f} comes out at step {t + 1}, but the count is {count[t]:.0f}"
    return None


def first_ones(y, unsquashed, count):
    """Three ones, then nothing."""
    if np.abs(y[:3]).max() < 1e-3:
        return "three ones come, and nothing comes out: are input and output gate open, and does g hear x?"
    if np.abs(unsquashed[:3] - unsquashed[0] * count[:3]).max() > 0.01 * abs(unsquashed[0]):
        return "the memory does not keep a one while the next one comes: how far open is the forget gate?"
    if np.abs(y[:3] - y[0] * count[:3]).max() > 0.01 * abs(y[0]):
        return "the second and the third one do not add as much as the first: what is still too large for a tanh?"
    if abs(unsquashed[0] - 1) > 1e-3:
        return f"a one adds {y[0]:.3g} instead of 1: do the gates let all of it through, and does W_hy undo epsilon?"
    if y[-1] < 2.99:
        return f"the count fades from 3 to {y[-1]:.3f} while zeros come: how far open is the forget gate?"
    if y[-1] > 3.01:
        return f"the count grows from 3 to {y[-1]:.3f} while zeros come: something leaks in"
    return None


def many_ones(y, unsquashed, count):
    """300 ones and no reset."""
    error = abs(y[-1] - count[-1])
    if error <= 0.01:
        return None
    tanh = abs(unsquashed[-1] - count[-1]) < error / 2
    reason = "the memory's tanh bends; (5.5) says how small epsilon must be" if tanh else "is a gate not quite open?"
    return f"after 300 ones, {y[-1]:.3f} comes out: {reason}"


def at_resets(off, steps):
    """A reset after 250 ones, alone or together with a one, and two of them on an empty memory."""
    y = off(steps <= 250, steps == 251)[0]
    if y[250] > 200:
        return "a reset does not clear the count: which gate keeps it?"
    if abs(y[250]) > 0.01:
        return f"a reset leaves {y[250]:.3g} of a count of 250: it must be 0"
    y = off(steps <= 251, steps == 251)[0]
    if abs(y[250] - 1) > 0.01:
        return f"a one that comes together with a reset counts already: 1 is wanted, not {y[250]:.3f}"
    y = off(steps < 0, steps <= 2)[0]
    return "a reset of an empty memory must leave it empty" if np.abs(y).max() > 0.01 else None


def layers_and_directions(lstm, x, mistake=None):
    """Output and h_n of a bidirectional nn.LSTM, or what one mistake makes of them. x: (T, N, I)."""
    h_n, sequence = [], x
    for layer in range(lstm.num_layers):
        halves = []
        for suffix in (f"_l{layer}", f"_l{layer}_reverse"):
            W_x, W_h, b_ih, b_hh = (
                getattr(lstm, name + suffix).numpy() for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            b = {"b_ih": b_ih, "b_hh": b_hh, "mean": (b_ih + b_hh) / 2}.get(mistake, b_ih + b_hh)
            turn = slice(None, None, -1 if suffix.endswith("reverse") else 1)
            h = lstm_forward(x if mistake == "read forward" else x[turn], LSTMWeights(W_x, W_h, b)).h
            halves.append(h if mistake in ("read forward", "left reversed") else h[turn])
            h_n.append(halves[-1][-1] if mistake == "last row" else h[-1])
        output = np.concatenate(halves[::-1] if mistake == "backward first" else halves, axis=2)
        x = sequence if mistake == "always x" else output
    return output, np.stack(h_n)


@judge("5.7")
def all_layers(answer):
    import torch

    hints = {
        "b_ih": "b_hh is missing: both biases are added",
        "b_hh": "b_ih is missing: both biases are added",
        "mean": "the two biases are added, not averaged",
        "read forward": "the backward direction must read its input from the last step to the first",
        "left reversed": "the first state that the backward direction makes belongs to step T: in which row is it?",
        "always x": "every layer reads x now, but layer 1 reads what layer 0 puts out",
        "backward first": "in output, the forward half comes first",
    }
    for layers, T, N, I, H in ((1, 4, 3, 2, 3), (2, 5, 3, 4, 2), (3, 3, 1, 1, 2)):
        lstm = torch_lstm(I, H, 57, num_layers=layers, bidirectional=True)
        x = np.random.default_rng(58).normal(size=(T, N, I))
        output, (h_n, _) = lstm(torch.from_numpy(x))
        got = ask(answer, lstm, x)
        if not isinstance(got, (tuple, list)) or len(got) != 2:
            return "two arrays are wanted, output and h_n"
        known = [
            (layers_and_directions(lstm, x, mistake)[0], words)
            for mistake, words in hints.items()
            if mistake != "always x" or I == 2 * H
        ]
        hint = compare(
            got[0],
            output,
            [*known, (h_n, "return output first, then h_n")],
            f"num_layers={layers}: the numbers are not right yet. Compare with lstm(x), one layer first",
        )
        if hint:
            return f"output: {hint}"
        mistakes = [
            (
                layers_and_directions(lstm, x, "last row")[1],
                "in which row of its half does the backward direction end?",
            ),
            (torch.cat([h_n[0::2], h_n[1::2]]), "the order is layer by layer, and in each forward, then backward"),
            (h_n.flip(0), "the first layer comes first, and in each layer the forward direction"),
            (h_n[-2:], "the last states of all layers are wanted, not only of the last one"),
        ]
        hint = compare(got[1], h_n, mistakes, "the last state that each direction of each layer has made is wanted")
        if hint:
            return f"h_n: {hint}"
    return None
