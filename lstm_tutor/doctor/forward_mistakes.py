"""One step of the LSTM in exchangeable lines, and the mistakes people make in them."""

import itertools
from functools import lru_cache

import numpy as np

from lstm_helpers import GATES, sigmoid

# V, U: (·, I, H) and (·, H, H), of one gate, for many readings of the weights at once; x: (T, N, I).
STEP = {"x_t": "x[t]"} | {f"z_{a}": f"x_t @ V_{a} + h_prev @ U_{a} + b_{a}" for a in GATES}
STEP |= {"i": "σ(z_i)", "f": "σ(z_f)", "g": "tanh(z_g)", "o": "σ(z_o)"}
STEP |= {"c": "f * c_prev + i * g", "m": "tanh(c)", "h": "o * m", "out": "h"}
STEP |= {"h_prev": "h", "c_prev": "c", "h_last": "h"}  # for the next step
EQUATIONS = {"i": "1.3", "f": "1.2", "g": "1.4", "o": "1.6"}

OF_Z = (  # words, what is replaced in the pre-activation, by what; {0}: the gate, or nothing for all four
    ("b_{0} is not added", " + b_{0}", ""),
    ("b_{0} is subtracted", "+ b_{0}", "- b_{0}"),
    ("b_{0} is added twice", "b_{0}", "2 * b_{0}"),
    ("W_x{0} x_t is left out", "x_t @ V_{0} + ", ""),
    ("W_h{0} h_{{t-1}} is left out", "h_prev @ U_{0} + ", ""),
    ("W_h{0} is transposed", "U_{0}", "U_{0}.mT"),
    ("c_{{t-1}} stands where h_{{t-1}} belongs", "h_prev", "c_prev"),
)
OF_OTHERS = (  # {0}: the gate; {1}: another
    ("b_{1} stands where b_{0} belongs", "b_{0}", "b_{1}"),
    ("W_x{1} stands where W_x{0} belongs", "V_{0}", "V_{1}"),
    ("W_h{1} stands where W_h{0} belongs", "U_{0}", "U_{1}"),
    ("the parameters of {1} stand where those of {0} belong", "_{0}", "_{1}"),
)
OF_GATE = (  # {0}: the gate; {1}: its function; {2}: the other one
    ("{2} stands where {1} belongs", "{2}(z_{0})"),
    ("{1} is forgotten", "z_{0}"),
    ("{1} is applied twice", "{1}({1}(z_{0}))"),
    ("relu stands where {1} belongs", "relu(z_{0})"),
)
OF_STATES = (  # equation, what is replaced, by what, words
    ("1.5", "c", "i * g", "f c_{t-1} is left out"),
    ("1.5", "c", "c_prev + i * g", "f is left out"),
    ("1.5", "c", "f * c_prev + g", "i is left out"),
    ("1.5", "c", "f * c_prev + i", "g is left out"),
    ("1.5", "c", "f * c_prev", "i g is left out"),
    ("1.5", "c", "(1 - f) * c_prev + i * g", "1 − f stands where f belongs"),
    ("1.5", "c", "f * c_prev + (1 - i) * g", "1 − i stands where i belongs"),
    ("1.5", "c", "f * c_prev + (1 - f) * g", "1 − f stands where i belongs"),
    ("1.5", "c", "(1 - i) * c_prev + i * g", "1 − i stands where f belongs"),
    ("1.5", "c", "f * c_prev + f * g", "f stands where i belongs"),
    ("1.5", "c", "i * c_prev + i * g", "i stands where f belongs"),
    ("1.5", "c", "f * c_prev + o * g", "o stands where i belongs"),
    ("1.5", "c", "o * c_prev + i * g", "o stands where f belongs"),
    ("1.5", "c", "f * g + i * c_prev", "c_{t-1} and g are exchanged"),
    ("1.5", "c", "f * (c_prev + i * g)", "f multiplies i g too"),
    ("1.5", "c", "f * c_prev - i * g", "i g is subtracted"),
    ("1.5", "c", "f * c_prev * i * g", "f c_{t-1} and i g are multiplied, not added"),
    ("1.5", "c", "f * h_prev + i * g", "h_{t-1} stands where c_{t-1} belongs"),
    ("1.5", "c", "f * tanh(c_prev) + i * g", "tanh is applied to c_{t-1}"),
    ("1.5", "c", "tanh(f * c_prev + i * g)", "tanh is applied to c_t"),
    ("1.5", "c", "f + i * g", "c_{t-1} is left out"),
    ("1.7", "h", "o * c", "tanh is forgotten"),
    ("1.7", "h", "o * σ(c)", "σ stands where tanh belongs"),
    ("1.7", "h", "tanh(o * c)", "tanh is taken of o c_t, not of c_t"),
    ("1.7", "h", "o * tanh(m)", "tanh is applied twice"),
    ("1.7", "h", "m", "o is left out"),
    ("1.7", "h", "(1 - o) * m", "1 − o stands where o belongs"),
    ("1.7", "h", "o * tanh(c_prev)", "c_{t-1} stands where c_t belongs"),
    ("1.7", "h", "o * g", "g stands where tanh c_t belongs"),
    ("1.7", "h", "i * m", "i stands where o belongs"),
    ("1.7", "h", "f * m", "f stands where o belongs"),
    ("1.7", "h", "o + m", "o and tanh c_t are added, not multiplied"),
    ("1.7", "out", "c", "c_t is returned, not h_t"),
    ("1.7", "out", "m", "tanh c_t is returned, not h_t"),
    ("1.8", "h_prev", "h_0", "h_{t-1} is not handed on: every step takes h_0"),
    ("1.5", "c_prev", "c_0", "c_{t-1} is not handed on: every step takes c_0"),
    ("1.8", "x_t", "x[t]; h_prev = h_prev if t else 0 * h_0", "h_0 is not used"),
    ("1.5", "x_t", "x[t]; c_prev = c_prev if t else 0 * c_0", "c_0 is not used"),
    ("1.8", "x_t", "x[t]; h_prev, c_prev = (h_prev, c_prev) if t else (0 * h_0, 0 * c_0)", "h_0 and c_0 are not used"),
    ("1.8", "h_prev", "h_last", "h_{t-2} is handed on, not h_{t-1}"),
    ("1.8", "h_prev", "c", "c_{t-1} is handed on as h_{t-1}"),
    ("1.8", "h_prev", "m", "tanh c_{t-1} is handed on as h_{t-1}"),
    ("1.5", "c_prev", "m", "tanh c_{t-1} is handed on as c_{t-1}"),
    ("1.5", "c_prev", "h", "h_{t-1} is handed on as c_{t-1}"),
    ("1.8", "x_t", "x[-1 - t]", "the steps of x are taken from the last to the first"),
    ("1.8", "x_t", "x[0]", "every step takes x_1"),
)


def mistakes():
    """[(equation, words, changed lines of STEP)], one gate's first."""
    table = []
    for a in GATES:
        z, others = f"z_{a}", [b for b in GATES if b != a]
        functions = ("tanh", "σ") if a == "g" else ("σ", "tanh")
        for words, code in OF_GATE:
            table.append((EQUATIONS[a], f"{a}: {words.format(a, *functions)}", {a: code.format(a, *functions)}))
        for words, old, new in OF_Z:
            table.append((EQUATIONS[a], f"{a}: {words.format(a)}", {z: STEP[z].replace(old.format(a), new.format(a))}))
        for (words, old, new), b in itertools.product(OF_OTHERS, others):
            code = STEP[z].replace(old.format(a), new.format(a, b))
            table.append((EQUATIONS[a], f"{a}: {words.format(a, b)}", {z: code}))
    for words, old, new in OF_Z:
        code = {f"z_{a}": STEP[f"z_{a}"].replace(old.format(a), new.format(a)) for a in GATES}
        table.append(("1.8", words.format("").replace("b_", "b"), code))
    return table + [(equation, words, {name: code}) for equation, name, code, words in OF_STATES]


@lru_cache(None)
def compiled(name, code):
    return compile(f"{name} = {code}", "a step", "exec")


def agrees(weights, x, h_0, c_0, changes, h, tolerance):
    """(B,) bools: which of B readings of weights, (B, 4, H, H+I+1), gives h, (T, N, H) or h_T alone, (1, N, H).

    x: (T, N, I). h_0, c_0: (B, N, H). changes: lines of STEP.
    """
    lines = [compiled(name, code) for name, code in (STEP | changes).items()]
    H, alive, every = weights.shape[2], np.ones(len(weights), bool), len(h) == len(x)
    scope = {"σ": sigmoid, "tanh": np.tanh, "relu": lambda z: np.maximum(z, 0), "x": x, "h_0": h_0, "c_0": c_0}
    scope |= {"h_prev": h_0, "c_prev": c_0, "h_last": h_0}
    for k, a in enumerate(GATES):
        of_gate = weights[:, k].mT
        scope |= {f"V_{a}": of_gate[:, H:-1], f"U_{a}": of_gate[:, :H], f"b_{a}": of_gate[:, -1:]}
    for scope["t"] in range(len(x)):
        for line in lines:
            exec(line, scope)
        if every or scope["t"] == len(x) - 1:
            alive &= np.abs(scope["out"] - h[scope["t"] if every else 0]).max((1, 2)) < tolerance
        if not alive.any():
            break
    return alive
