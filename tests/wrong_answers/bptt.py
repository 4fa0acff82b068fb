import numpy as np
import torch

from wrong_answers import changed

PREDICTED = {"A": "vanishes", "B": "explodes", "C": "vanishes", "D": "vanishes", "E": "explodes", "F": "stays"}
POSSIBLE = {"linear": [1.5], "ReLU": [0, 1.5]}
TRUE = {"linear": "abd", "ReLU": "acd", "tanh": "ad"}

MEASURE = """
def answer(W_s, X, S_0):
    S, logs = [S_0], []
    for X_t in X:
        S.append(np.tanh(X_t + W_s * S[-1]))
        logs.append(np.log10(abs(W_s * (1 - S[-1] ** 2))))
    return sum(logs)
"""
SWEEP = """
def answer(g, S, W_s):
    delta, dW_s = g, np.zeros_like(W_s)
    for t in range(len(S) - 1, 0, -1):
        local = delta * (1 - S[t] ** 2)
        dW_s = dW_s + np.outer(local, S[t - 1])
        delta = W_s.T @ local
    return dW_s, delta
"""
CLIP = """
def answer(gradients, c):
    length = np.sqrt(sum((g**2).sum() for g in gradients))
    return [g * min(1, c / length) for g in gradients]
"""
LEAKY = """
def answer(X, Y, S_0, a, W_x, W_s, b_1, W_o, b_2):
    S, slope = [S_0], []
    for X_t in X:
        m = np.tanh(W_x * X_t + W_s * S[-1] + b_1)
        slope.append(1 - m**2)
        S.append((1 - a) * S[-1] + a * m)
    error = W_o * np.array(S[1:]) + b_2 - Y
    dW_s, carry = 0, 0
    for t in reversed(range(len(X))):
        delta = error[t] * W_o + carry
        dW_s += delta * a * slope[t] * S[t]
        carry = delta * (1 - a + a * slope[t] * W_s)
    return dW_s, carry
"""


def measure(*replacement):
    return PREDICTED, changed(MEASURE, replacement)


def sweep(*replacements):
    return "E", changed(SWEEP, *replacements)


def leaky(*replacements):
    return changed(LEAKY, *replacements)


SLOPE_OF_S = ("dW_s, carry = 0, 0", "dW_s, carry, slope = 0, 0, 1 - np.array(S[1:]) ** 2")
NOT_TRANSPOSED, OUTER = ("W_s.T @", "W_s @"), ("(local, S[t - 1])", "(S[t - 1], local)")


def clip_in_place(gradients, c):
    length = np.sqrt(sum((g**2).sum() for g in gradients))
    for g in gradients:
        g *= min(1, c / length) if length else 1


def one_number(W_s, X, S_0):
    return np.array([changed(MEASURE)(W_s, X, S_0)])


def tensors(*arguments):
    return tuple(torch.tensor(number, requires_grad=True) for number in changed(LEAKY)(*arguments))


WRONG = {
    "2.1": [
        ([6, 55, 24], "product in the middle"),
        ([10, 55, 24], "j = k + 1"),
        ([15, 55, 24], "count it once"),
        ([9, 100, 24], "later steps do not reach back"),
        ([9, 10, 24], "number 2: that is the last loss alone"),
        ([9, 45, 24], "its product is empty"),
        ([9, 55, 4], "number 3: that is the last loss alone"),
        ([9, 55, 30], "the term k = 5"),
        ([9, 55, 20], "the loss L_5"),
        ([16, 55, 24], "and so is tanh' times X_k"),
        ([8, 55, 24], "from left to right"),
        ([9, 54, 24], "the gradient of L_1 has one term"),
        ([9, 55, 6], "one k for each loss"),
        ([9, 55, 25], "which t and which k"),
        ([9, 55], "a list of 3 numbers"),
        (9, "a list of 3 numbers"),
    ],
    "2.2": [
        ((POSSIBLE | {"linear": [1]}, TRUE), "that times W_s"),
        ((POSSIBLE | {"ReLU": 1.5}, TRUE), "while it is off"),
        ((POSSIBLE | {"ReLU": [0, 1]}, TRUE), "one on each side of 0"),
        ((POSSIBLE, TRUE | {"tanh": "abd"}), "tanh, statement b: look for inputs that saturate"),
        ((POSSIBLE, TRUE | {"tanh": "acd"}), "tanh, statement c: without rounding"),
        ((POSSIBLE, TRUE | {"tanh": "a"}), "inside the band"),
        ((POSSIBLE, TRUE | {"ReLU": "abcd"}), "turn the unit off"),
        ((POSSIBLE, TRUE | {"linear": ["a", "d"]}), "linear, statement b"),
        ((POSSIBLE, TRUE | {"linear": "bd"}), "if |W_s| = 0.9"),
        ((POSSIBLE, TRUE | {"linear": "abcd"}), "linear, statement c: look at your list"),
        ((POSSIBLE, TRUE | {"linear": "ab"}), "linear, statement d: look at your list"),
        ((POSSIBLE, TRUE | {"ReLU": "ad"}), "ReLU, statement c: look at your list"),
        ((POSSIBLE, TRUE | {"ReLU": "ac"}), "keep the unit on"),
        ((POSSIBLE, TRUE | {"linear": "abdx"}), "linear: letters from a to d"),
        ((POSSIBLE, TRUE | {"linear": "a or b, d"}), "linear: letters from a to d"),
        ((POSSIBLE, {"linear": "abd"}), "the names"),
    ],
    "2.3": [
        ((PREDICTED | {"A": "stays"}, changed(MEASURE)), "its size for 40 steps"),
        ((PREDICTED | {"F": "vanishes"}, changed(MEASURE)), "neither smaller nor larger"),
        ((PREDICTED | {"A": "vanishes or explodes"}, changed(MEASURE)), "A: one of the words"),
        ((PREDICTED | {"A": 1}, changed(MEASURE)), "A: one of the words"),
        ((PREDICTED | {"B": "vanishes"}, changed(MEASURE)), "B: a negative W_s"),
        ((PREDICTED | {"C": "explodes"}, changed(MEASURE)), "C: where does the state go"),
        ((PREDICTED | {"D": "explodes"}, changed(MEASURE)), "what does a step outside cost"),
        ((PREDICTED | {"E": "vanishes"}, changed(MEASURE)), "where does that keep the state"),
        ((PREDICTED | {"F": "grows"}, changed(MEASURE)), "F: one of the words"),
        (measure("np.log10", "np.log"), "natural logarithm"),
        (measure("abs(", "("), "What is wanted is the size"),
        (measure("sum(logs)", "np.log10(np.prod(10 ** np.array(logs)))"), "add logarithms"),
        (measure("W_s * (1 - S[-1] ** 2)", "1 - S[-1] ** 2"), "lacks W_s"),
        (measure("W_s * (1 - S[-1] ** 2)", "W_s"), "lacks tanh'"),
        (measure("1 - S[-1] ** 2", "1 - S[-2] ** 2"), "not S_{j-1}"),
        (measure("sum(logs)", "sum(logs[1:])"), "the step from S_0 to S_1"),
        (measure("sum(logs)", "sum(logs[:-1])"), "lacks the last step"),
        (measure("sum(logs)", "np.cumsum(logs)"), "a number for each step"),
        (measure("return sum(logs)", "sum(logs)"), "returns nothing"),
        (measure("W_s * S[-1]", "S[-1]"), "run the unit forward"),
    ],
    "2.4": [
        ([5, 1.67, 9], "with a square"),
        ([1.5625, 1.67, 9], "not S^2"),
        ([0.36, 1.67, 9], "this is tanh'"),
        ([2.78, 2.78, 9], "the one at 0 exceeds 1"),
        ([2.78, 1.47, 9], "the mean of the two factors"),
        ([2.78, 1.89, 9], "the mean of two values of W_s"),
        ([2.8, 1.67, 9], "solve tanh' times W_s = 1"),
        ([2.78, 1, 9], "the factor at 0 equal to 1"),
        ([2.78, 1.19, 9], "a state of 0.4 throughout"),
        ([2.78, 1.66, 9], "one at 0 and one at 0.8"),
        ([2.78, 1.6, 9], "one at 0 and one at 0.8"),
        ([2.78, 1.67, 8.9], "how small is the factor at 0.99"),
        ([2.78, 1.67, 8], "still below 1"),
        ([2.78, 1.67, 8.66], "is whole"),
        ([2.78, 1.67, 10], "has the factor W_s too"),
        ([2.78, 1.67, 11], "number 3: tanh' is 1 - S^2"),
    ],
    "2.5": [
        (("A", changed(SWEEP)), "line A is right"),
        (("B", changed(SWEEP)), "line B is right"),
        (("A or E", changed(SWEEP)), "a letter from A to E"),
        (("C", changed(SWEEP)), "line C is right"),
        (("D", changed(SWEEP, OUTER)), "line D is right"),
        (("F", changed(SWEEP)), "a letter from A to E"),
        (sweep(NOT_TRANSPOSED), "still the numbers of the given code"),
        (sweep(OUTER), "came out transposed"),
        (sweep(OUTER, NOT_TRANSPOSED), "it is line D that you changed"),
        (sweep(("S[t - 1]", "S[t]")), "the state before the step"),
        (sweep(("W_s.T @ local", "W_s.T @ delta")), "tanh' of this step gets lost"),
        (sweep(("return dW_s, delta", "return delta, dW_s")), "the shapes are"),
        (sweep(("W_s.T @ local", "local")), "write line E with indices"),
    ],
    "2.6": [
        (changed(CLIP, ("g * min(1, c / length)", "g / length * min(c, length)")), "0 divided by 0"),
        (changed(CLIP, ("g * min", "g / np.linalg.norm(g) * np.linalg.norm(g) * min")), "0 divided by 0"),
        (lambda gradients, c: [changed(CLIP)([g], c)[0] for g in gradients], "by its own length"),
        (lambda gradients, c: [np.clip(g, -c, c) for g in gradients], "each number is cut by itself"),
        (lambda gradients, c: gradients, "came back as it was"),
        (changed(CLIP, ("min(1, c / length)", "c / length")), "shorter than c"),
        (changed(CLIP, ("min(1, c / length)", "max(1, c / length)")), "came back as it was"),
        (changed(CLIP, ("np.sqrt(", "(")), "the root is missing"),
        (changed(CLIP, ("np.sqrt(sum((g**2).sum()", "(sum(np.linalg.norm(g)")), "not the sum of their lengths"),
        (clip_in_place, "changes gradients in place and returns nothing"),
        (changed(CLIP, ("[g *", "[g[0] *")), "the shapes are"),
        (changed(CLIP, ("np.sqrt(sum", "np.sqrt(max")), "square all numbers of all arrays"),
    ],
    "2.7": [
        (leaky(("delta = error[t] * W_o", "delta = error[t] * W_o * (t == len(X) - 1)")), "only the last loss"),
        (leaky(("* W_o + carry", "* W_o")), "what the later losses say"),
        (leaky(("error[t] * W_o", "error[t]")), "W_o is missing"),
        (leaky(("1 - a + a * slope[t] * W_s", "1 - a + a * W_s")), "a = 1: tanh' is missing"),
        (leaky(("* slope[t] * W_s)", "* slope[t])")), "W_s is missing"),
        (leaky(("* S[t]\n", "* S[t + 1]\n")), "S_{t-1}, not S_t"),
        (leaky(("return dW_s, carry", "return dW_s, delta")), "one factor is missing"),
        (leaky(("return dW_s, carry", "return carry, dW_s")), "dL/dW_s first"),
        (leaky(("delta * (1 - a + a * slope", "delta * (a * slope")), "a = 0.3: S_{t-1} reaches S_t on two ways"),
        (leaky(("1 - a + a * slope", "1 - a + slope")), "a is missing where S_{t-1} reaches"),
        (leaky(("delta * a * slope", "delta * slope")), "a is missing where W_s itself"),
        (leaky(("= [S_0], []", "= [S_0], []; a = 1")), "the plain unit, a = 1"),
        (leaky(SLOPE_OF_S), "S_t is no longer tanh(theta_t)"),
        (leaky(SLOPE_OF_S, ("* a * slope", "* slope"), ("1 - a + a * slope", "slope")), "still the plain unit"),
        (leaky(("* a * slope", "* slope"), ("1 - a + a * slope", "slope")), "on the way back"),
        (leaky(("W_x * X_t + ", "")), "numerical differences"),
    ],
}

RIGHT = {
    "2.2": [(POSSIBLE, {"linear": "a, b and d", "ReLU": ["A", "C", "D"], "tanh": "a, d, not b"})],
    "2.3": [
        (dict(zip("ABCDEF", ("it vanishes", "exploding", "Vanishes.", "vanish", "explodes", "stays"))), one_number)
    ],
    "2.4": [[1 / 0.36, 1 / 0.6, 9], [2.778, 1.667, 9]],
    "2.5": [(letter, changed(SWEEP)) for letter in ("e", "(E)", "line E", "E, not D", "not D but E")],
    "2.7": [tensors],
}
