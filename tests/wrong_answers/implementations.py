import numpy as np
import torch

from lstm_helpers.exercises.implementations import LSTMWeights, lstm_forward

SHAPES = {"x": (5, 50, 8), "output": (5, 50, 32), "h_n": (6, 5, 16), "c_n": (6, 5, 16), "weight_ih_l1": (64, 32)}
WHERE = dict(zip(("h_n[0]", "h_n[1]", "h_n[2]", "h_n[3]", "c_n[3]"), "EEADE"))
WHERE |= {"forward, first step": "C", "backward, first step": "B"}


def network(both):
    """An answer to 5.3: both(output, h_n, c_n, N) -> what the readout gets."""

    def wrong(lstm, readout, x):
        output, (h_n, c_n) = lstm(x)
        return readout(both(output, h_n, c_n, len(x)))

    return "C", wrong


def by_position(find):
    """An answer to the first part of 5.4: find(old, new) -> the four blocks to take."""

    def wrong(stacked, old, new):
        blocks = np.split(stacked, 4)
        return np.concatenate([blocks[k] for k in find(old.replace("c", "g"), new.replace("c", "g"))])

    return wrong


def right(old, new):
    return [old.index(gate) for gate in new]


def in_groups_of_four(stacked, old, new):
    a, b = old.replace("c", "g"), new.replace("c", "g")
    groups = np.split(stacked, len(stacked) // 4)
    return np.concatenate([group[right(a, b)] for group in groups])


def counter(epsilon=1e-5, forget=(0, -60), bias=(30, 30, 0, 30), W_hy=None, candidate=None, into=(0, 0)):
    W_x = [into, forget, candidate or (epsilon, 0), (0, 0)]
    return W_x, np.zeros((4, 1)), bias, W_hy or 1 / epsilon


def stack(fault):
    """An answer to 5.7 with one fault."""

    def wrong(lstm, x):
        first, h_n = x, []
        for layer in range(lstm.num_layers):
            tail = f"_l{layer}"
            weights = []
            for name in (tail, tail + "_reverse"):
                W_x, W_h, b_1, b_2 = (getattr(lstm, k + name) for k in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
                b = {"one bias": b_1, "other bias": b_2, "mean": (b_1 + b_2) / 2}.get(fault, b_1 + b_2)
                weights.append(LSTMWeights(W_x.numpy(), W_h.numpy(), b.numpy()))
            into = first if fault == "always x" else x
            there = lstm_forward(into, weights[0]).h
            back = lstm_forward(into if fault == "read forward" else into[::-1], weights[1]).h
            h_n += [there[-1], back[0] if fault == "row" else back[-1]]
            if fault not in ("read forward", "not turned"):
                back = back[::-1]
            x = np.concatenate([back, there] if fault == "swapped" else [there, back], axis=2)
            if fault == "forward only" and layer + 1 < lstm.num_layers:
                x = there
        h_n = {"directions": h_n[0::2] + h_n[1::2], "last layer": h_n[-2:], "upside down": h_n[::-1]}.get(fault, h_n)
        return (np.stack(h_n), x) if fault == "order" else x if fault == "one" else (x, np.stack(h_n))

    return wrong


WRONG = {
    "5.1": [
        (SHAPES | {"x": (50, 5, 8)}, "x: batch_first puts"),
        (SHAPES | {"output": (50, 5, 32)}, "output: batch_first puts"),
        (SHAPES | {"output": (5, 50, 16)}, "both directions side by side"),
        (SHAPES | {"output": (5, 50, 96)}, "last layer's states only"),
        (SHAPES | {"h_n": (5, 6, 16)}, "h_n: batch_first changes input and output, but not"),
        (SHAPES | {"h_n": (3, 5, 32)}, "double the first axis"),
        (SHAPES | {"c_n": (3, 5, 16)}, "c_n: each layer has two directions"),
        (SHAPES | {"c_n": (2, 5, 16)}, "the states of all layers"),
        (SHAPES | {"weight_ih_l1": (64, 8)}, "only layer 0 reads x"),
        (SHAPES | {"weight_ih_l1": (64, 16)}, "both directions of layer 0"),
        (SHAPES | {"weight_ih_l1": (32, 64)}, "rows are what comes out"),
        (SHAPES | {"weight_ih_l1": (1, 2)}, "look at the table"),
        ({"x": (5, 50, 8)}, "the names"),
        (SHAPES | {"x": 3}, "stopped with TypeError"),
    ],
    "5.2": [
        (WHERE | {"h_n[0]": "A"}, "h_n[0]: this is a state of the first layer"),
        (WHERE | {"h_n[1]": "D"}, "h_n[1]: this is a state of the first layer"),
        (WHERE | {"h_n[2]": "C"}, "when it has just begun"),
        (WHERE | {"h_n[2]": "E"}, "number 2"),
        (WHERE | {"h_n[3]": "B"}, "where does it end"),
        (WHERE | {"c_n[3]": "D"}, "cell states"),
        (WHERE | {"forward, first step": "A"}, "after its last step"),
        (WHERE | {"backward, first step": "C"}, "second half"),
        (WHERE | {"h_n[0]": "F"}, "h_n[0]: a letter from A to E"),
        (WHERE | {"h_n[0]": "A or E"}, "h_n[0]: a letter from A to E is wanted, not 'A or E'"),
        (WHERE | {"h_n[0]": "A B D or E"}, "h_n[0]: a letter from A to E"),
        (WHERE | {"h_n[0]": "A E"}, "h_n[0]: a letter from A to E is wanted, and only one"),
        (WHERE | {"h_n[0]": "not E"}, "h_n[0]: a letter from A to E"),
        (WHERE | {"h_n[2]": "C, not A"}, "when it has just begun"),
        ({"h_n[0]": "E"}, "the names"),
    ],
    "5.3": [
        (("A", network(lambda output, h_n, c_n, N: h_n)[1]), "line A is right"),
        (("B", network(lambda output, h_n, c_n, N: h_n)[1]), "line B is right"),
        (("none", network(lambda output, h_n, c_n, N: h_n)[1]), "a letter from A to D"),
        (network(lambda output, h_n, c_n, N: h_n.reshape(N, -1)), "still the numbers of the given code"),
        (network(lambda output, h_n, c_n, N: output[:, -1]), "backward half of output[:, -1]"),
        (network(lambda output, h_n, c_n, N: output[:, 0]), "forward half of output[:, 0]"),
        (network(lambda output, h_n, c_n, N: torch.cat([h_n[1], h_n[0]], 1)), "forward state first"),
        (network(lambda output, h_n, c_n, N: torch.stack([h_n[0], h_n[1]], 2).reshape(N, -1)), "alternate"),
        (network(lambda output, h_n, c_n, N: c_n.transpose(0, 1).reshape(N, -1)), "cell states"),
        (network(lambda output, h_n, c_n, N: output[:, 0] * 2), "(2, N, H)"),
        (network(lambda output, h_n, c_n, N: h_n.transpose(0, 1)), "stopped with RuntimeError"),
    ],
    "5.4": [
        ((by_position(lambda old, new: [new.index(gate) for gate in old]), 10), "numbers of the given code"),
        ((by_position(lambda old, new: range(4)), 10), "nothing has changed"),
        ((in_groups_of_four, 10), "H rows stand together"),
        ((by_position(lambda old, new: right(old, new)[::-1]), 10), "for the first block"),
        ((by_position(right), 14), "it gets wrong"),
        ((by_position(right), 1), "CS231n's order is one example"),
        ((by_position(right), 6), "are there others"),
        ((by_position(right), 7), "two others"),
        ((by_position(right), 9), 'is "ifgo" itself'),
        ((by_position(right), 12), "run on all 24"),
    ],
    "5.5": [
        ([0.0173, 16.1, 0.045, "same"], "epsilon: the memory passes through a tanh too"),
        ([1.73e-3, 16.1, 0.045, "same"], "epsilon: 0.01 is the error of the count"),
        ([1e-4, 16.1, 0.045, "same"], "divided by 3"),
        ([3e-8, 16.1, 0.045, "same"], "the square of epsilon"),
        ([0.173, 16.1, 0.045, "same"], "a count of 1"),
        ([1, 16.1, 0.045, "same"], "write (5.5) for z = 100"),
        ([1.73e-4, 9.2, 0.045, "same"], "b_f: this is for one idle step"),
        ([1.73e-4, 11.5, 0.045, "same"], "the part of it"),
        ([1.73e-4, 7, 0.045, "same"], "not of ten"),
        ([1.73e-4, -16.1, 0.045, "same"], "is shut"),
        ([1.73e-4, 16.1, 4.54e-5, "same"], "leak: this is what one step lets in"),
        ([1.73e-4, 16.1, 0.0, "same"], "leak: each zero"),
        ([1.73e-4, 16.1, 0.045, "larger"], "in_float32: a float32 keeps"),
        ([1.73e-4, 16.1, 0.045, "smaller"], "in_float32: the tanh"),
        ([1.73e-4, 16.1, 0.045, "huge"], "in_float32: the words are smaller, larger and same"),
        ([1.73e-4, 16.1, 0.045, "same or larger"], "the words are"),
        ([1.73e-4, 16.1, 0.045, "larger, not the same"], "a float32 keeps"),
        ([1.74e-4, 16.1, 0.045, "same"], "epsilon: nearly, but not to 3 digits"),
        ([1.73e-4, 16.0, 0.045, "same"], "b_f: nearly, but not to 1 digit"),
        ([1.73e-4, 16.1, 0.05, "same"], "leak: nearly, but not to 2 digits"),
        ([1.73e-4, 16.1, 0.045], "three numbers and a word"),
    ],
    "5.6": [
        (counter(epsilon=1.0), "still too large for a tanh"),
        (counter(epsilon=0.1), "still too large for a tanh"),
        (counter(epsilon=1e-3), "the memory's tanh bends"),
        (counter(epsilon=1e-4), "the memory's tanh bends"),
        (counter(W_hy=1.0), "nothing comes out"),
        (counter(W_hy=5e4), "adds 0.5 instead of 1"),
        (counter(bias=(30, 30, 0, 0)), "adds 0.5 instead of 1"),
        (counter(bias=(-30, 30, 0, 30)), "nothing comes out"),
        (counter(bias=(30, 0, 0, 30)), "does not keep a one"),
        (counter(bias=(30, 7, 0, 30)), "fades from 3"),
        (counter(bias=(30, 12, 0, 30)), "a gate not quite open"),
        (counter(bias=(30, 30, 1e-6, 30), candidate=(9e-6, 0)), "grows from 3"),
        (counter(forget=(0, 0)), "does not clear"),
        (counter(forget=(0, -35)), "a reset leaves"),
        (counter(forget=(0, -60), candidate=(1e-5, -1e-5)), "a reset leaves -1"),
        (counter(into=(0, -60)), "a one that comes together"),
        ((*counter()[:1], np.zeros(4), *counter()[2:]), "W_h has the shape"),
        ((np.zeros((2, 4)), *counter()[1:]), "W_x has the shape"),
        ((*counter()[:3], [1, 2]), "one number"),
        (3, "stopped with TypeError"),
    ],
    "5.7": [
        (stack("one bias"), "output: b_hh is missing"),
        (stack("other bias"), "output: b_ih is missing"),
        (stack("mean"), "added, not averaged"),
        (stack("read forward"), "from the last step to the first"),
        (stack("not turned"), "belongs to step T"),
        (stack("swapped"), "forward half comes first"),
        (stack("always x"), "every layer reads x"),
        (stack("forward only"), "stopped with ValueError"),
        (stack("row"), "h_n: in which row"),
        (stack("directions"), "h_n: the order is layer by layer"),
        (stack("upside down"), "h_n: the first layer comes first"),
        (stack("last layer"), "h_n: the last states of all layers"),
        (stack("order"), "output first, then h_n"),
        (stack("one"), "two arrays are wanted"),
        (lambda lstm, x: (x, x), "the shape is"),
    ],
}

RIGHT = {
    "5.2": [WHERE | {"h_n[0]": letter} for letter in ("e", "(E)", "line E", "E, not A", "not A but E", ["E"], " E. ")],
    "5.3": [
        (letter, network(lambda output, h_n, c_n, N: torch.cat([*h_n], 1))[1])
        for letter in ("C", "line C", "(C)", "C, not B", "c")
    ],
    "5.5": [
        [1.732e-4, 16.12, 0.0454, word] for word in ("same", "the same", "Same.", "same size", "not larger, the same")
    ],
}
