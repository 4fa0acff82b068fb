from wrong_answers import changed

SHAPES = {
    "delta f_t": (5, 8),
    "delta c_t": (5, 8),
    "dL/dW_hf": (8, 8),
    "dL/db_f": (8,),
    "delta z_t": (5, 32),
    "dL/dW_x": (32, 3),
}
FACTORS = [1 / 30, 1 / 30, 1, 30]

GATE = """
def answer(d_f, h, h_0):
    before = np.concatenate([h_0[None], h[:-1]])
    dW = sum(d.T @ b for d, b in zip(d_f, before))
    db = d_f.sum(axis=(0, 1))
    return dW, db
"""
STEP = """
def slope(squashed):
    return 1 / (1 + np.exp(-squashed)) * (1 - 1 / (1 + np.exp(-squashed)))
def answer(d_h, carry_c, s, c_prev):
    first = d_h * s.o * (1 - s.m**2)
    d_c = d_h * s.o * (1 - s.m**2) + carry_c
    d_i = d_c * s.g * s.i * (1 - s.i)
    d_f = d_c * c_prev * s.f * (1 - s.f)
    d_g = d_c * s.i * (1 - s.g**2)
    d_o = d_h * s.m * s.o * (1 - s.o)
    new_c = d_c * s.f
    return d_i, d_f, d_g, d_o, new_c
"""
SWEEP = """
def answer(dh, steps, W_h, c_0):
    carry_h, carry_c, deltas = 0, 0, []
    for s, c_prev, dh_t in reversed(list(zip(steps, [c_0, *(s.c for s in steps)], dh))):
        d_h = dh_t + carry_h
        d_c = d_h * s.o * (1 - s.m**2) + carry_c
        d_z = np.hstack([d_c * s.g, d_c * c_prev, d_c * s.i, d_h * s.m])
        d_z *= np.hstack([s.i * (1 - s.i), s.f * (1 - s.f), 1 - s.g**2, s.o * (1 - s.o)])
        carry_h, carry_c = d_z @ W_h, d_c * s.f
        deltas.insert(0, d_z)
    return np.array(deltas)
"""
MEAN = """
def answer(h, W_hy, b_y, target):
    error = h @ W_hy.T + b_y - target
    return 2 / target.size * error @ W_hy
"""
PEEPHOLE = """
def stacked(now, later):
    return np.vstack([now.sum(axis=0), later]) if np.ndim(later) else now.sum(axis=0)
def answer(dh, steps, W_h, c_0, p_o):
    carry_h, carry_c, dp_o, deltas = 0, 0, 0, []
    for t in reversed(range(len(dh))):
        s, c_prev = steps[t], steps[t - 1].c if t else c_0
        d_h = dh[t] + carry_h
        d_o = d_h * s.m * s.o * (1 - s.o)
        d_c = d_h * s.o * (1 - s.m**2) + carry_c
        d_c = d_c + d_o * p_o
        d_i = d_c * s.g * s.i * (1 - s.i)
        d_f = d_c * c_prev * s.f * (1 - s.f)
        d_g = d_c * s.i * (1 - s.g**2)
        carry_c = d_c * s.f
        deltas.insert(0, np.hstack([d_i, d_f, d_g, d_o]))
        carry_h = deltas[0] @ W_h
        dp_o = dp_o + (d_o * s.c).sum(axis=0)
    return np.array(deltas), dp_o
"""
FAULT_C, FAULT_D = ("d_h * s.m]", "dh_t * s.m]"), ("1 - s.g**2", "1 - np.tanh(s.g) ** 2")


def gate(*replacement):
    return changed(GATE, replacement)


def step(*replacement):
    return changed(STEP, replacement)


def sweep(*replacements, letters="CD"):
    return letters, changed(SWEEP, *replacements)


def mean(*replacement):
    return FACTORS, changed(MEAN, replacement)


def peephole(*replacement):
    return changed(PEEPHOLE, replacement)


WRONG = {
    "3.1": [
        ((SHAPES | {"delta f_t": (6, 5, 8)}, [30, 32]), "all steps together"),
        ((SHAPES | {"delta f_t": (8,)}, [30, 32]), "single gate"),
        ((SHAPES | {"delta c_t": (5, 32)}, [30, 32]), "c_t holds a number"),
        ((SHAPES | {"dL/dW_hf": (5, 8)}, [30, 32]), "the block of W_h"),
        ((SHAPES | {"dL/db_f": (8)}, [30, 32]), "with a comma"),
        ((SHAPES | {"dL/db_f": (5, 8)}, [30, 32]), "b_f has one axis"),
        ((SHAPES | {"delta z_t": (5, 8)}, [30, 32]), "side by side"),
        ((SHAPES | {"dL/dW_x": (3, 32)}, [30, 32]), "exchanged"),
        ((SHAPES | {"dL/dW_x": (8, 3)}, [30, 32]), "all four gates"),
        (({"delta f_t": (5, 8)}, [30, 32]), "the names"),
        ((SHAPES, [5, 32]), "number 1: the steps are added up too"),
        ((SHAPES, [6, 32]), "number 1: the sequences are added up too"),
        ((SHAPES, [240, 32]), "one pair of units"),
        ((SHAPES, [30, 8]), "number 2: that is what one gate says"),
        ((SHAPES, [30, 4]), "all units listen"),
        ((SHAPES, [30, 160]), "do not hear of each other"),
        ((SHAPES, [7, 32]), "over which two of T, N, I and H"),
        ((SHAPES, [30, 33]), "the immediate part is not in this product"),
        ((SHAPES, [30, 7]), "how long is the axis"),
        ((SHAPES, 30), "a list of 2 numbers"),
    ],
    "3.2": [
        ([0.214, 0.159, 0.189, 0.531], "number 1: c_t is used twice"),
        ([0.714, 0.159, 0.189, 0.531], "on the way from c_{t+1} to c_t stands a gate"),
        ([0.614, 0.159, 0.189, 0.531], "is that of step t + 1"),
        ([0.742, 0.159, 0.189, 0.531], "begin with all of delta h_t"),
        ([0.724, 0.159, 0.189, 0.531], "m_t is a tanh already"),
        ([0.534, 0.159, 0.189, 0.531], "not 1 - c_t^2"),
        ([0.664, 0.096, 0.189, 0.531], "number 2: the forget gate was multiplied with the cell state before"),
        ([0.664, 0.996, 0.189, 0.531], "number 2: the slope"),
        ([0.664, 0.213, 0.189, 0.531], "delta of the candidate"),
        ([0.664, 0.05, 0.189, 0.531], "number 2: delta c_t, times what f_t was multiplied with"),
        ([0.664, 0.159, 0.05, 0.531], "number 3: delta h_t, times what o_t was multiplied with"),
        ([0.664, 0.159, 0.114, 0.531], "number 3: the output gate does not act"),
        ([0.664, 0.159, 0.238, 0.531], "not with c_t"),
        ([0.664, 0.159, 0.189, 0.664], "number 4: on the way"),
        ([0.664, 0.159, 0.189, 0.598], "is that of step t"),
        (0.664, "a list of 4 numbers"),
        ([0.664, 0.16, 0.19, 0.53], "number 2: nearly: give three digits"),
        ([0.66, 0.159, 0.189, 0.531], "number 1: nearly"),
        ([0.664, 0.159, 0.19, 0.531], "number 3: nearly"),
        ([0.664, 0.159, 0.189, 0.53], "number 4: nearly"),
        ([0.665, 0.159, 0.189, 0.531], "number 1: nearly"),
        ([-0.664, 0.159, 0.189, 0.531], "number 1: first delta h_t"),
        ([0.264, 0.159, 0.189, 0.531], "number 1: first delta h_t"),
        ([0.372, 0.159, 0.189, 0.531], "the immediate part of delta h_t is missing"),
        ([0.575, 0.159, 0.189, 0.531], "with a square"),
        ([0.986, 0.159, 0.189, 0.531], "o_t is missing"),
        ([0.89, 0.159, 0.189, 0.531], "the slope of tanh is missing"),
        ([0.096, 0.159, 0.189, 0.531], "added, not multiplied"),
        ([0.664, 0.106, 0.189, 0.531], "what was the forget gate multiplied with?"),
        ([0.664, 0.797, 0.189, 0.531], "f (1 - f), not f"),
        ([0.664, 0.199, 0.189, 0.531], "f (1 - f), not 1 - f"),
        ([0.664, 0.359, 0.189, 0.531], "number 2: f is a sigmoid"),
        ([0.664, 0.726, 0.189, 0.531], "both terms of delta c_t"),
        ([0.664, 0.429, 0.189, 0.531], "both terms of delta c_t"),
        ([0.664, 0.322, 0.189, 0.531], "both terms of delta c_t"),
        ([0.664, -0.1, 0.189, 0.531], "delta of the input gate"),
        ([0.664, 0.159, 0.788, 0.531], "number 3: the slope of the sigmoid is missing"),
        ([0.664, 0.159, 0.264, 0.531], "what was the output gate multiplied with?"),
        ([0.664, 0.159, 0.662, 0.531], "number 3: o is a sigmoid"),
        ([0.664, 0.159, 0.315, 0.531], "o (1 - o), not o"),
        ([0.664, 0.159, 0.473, 0.531], "o (1 - o), not 1 - o"),
        ([0.664, 0.159, 0.1893, 0.5], "number 4: this is the second term"),
        ([0.664, 0.159, 0.258, 0.531], "only what the immediate part"),
        ([0.664, 0.159, 0.189, 0.36], "on both ways, times the gate"),
        ([0.664, 0.159, 0.189, 0.332], "another gate"),
    ],
    "3.3": [
        (gate("zip(d_f, before)", "zip(d_f, h)"), "W_hf: beside delta f_t"),
        (gate("zip(d_f, before)", "zip(d_f[1:], h)"), "step 1 is missing"),
        (gate("np.concatenate([h_0[None], h[:-1]])", "np.roll(h, 1, axis=0)"), "not the state of the last step"),
        (gate("d.T @ b", "b.T @ d"), "transposed"),
        (gate("zip(d_f, before)", "zip(d_f[-1:], before[-1:])"), "only the last step"),
        (gate("return dW,", "return dW / d_f.shape[1],"), "W_hf: the loss is a sum"),
        (gate("return dW, db", "return db, dW"), "first, then that of b_f"),
        (gate("axis=(0, 1)", "axis=0"), "b_f: summed over the steps only"),
        (gate("axis=(0, 1)", "axis=1"), "b_f: summed over the sequences only"),
        (gate("d_f.sum(axis=(0, 1))", "d_f.mean(axis=(0, 1))"), "b_f: a mean"),
        (gate("return dW, db", "return dW"), "return 2 arrays"),
        (gate("zip(d_f, before)", "zip(d_f[:-1], h[1:])"), "shifted the wrong way"),
        (gate("zip(d_f, before)", "zip(d_f[:1], before)"), "only the first step is there; the contributions"),
        (gate("zip(d_f, before)", "zip(d_f[:, :1], before[:, :1])"), "only the first sequence is there; the loss"),
        (gate("d.T @ b", "np.outer(d.sum(axis=0), b.sum(axis=0))"), "first multiply, then sum over sequences"),
        (gate("sum(d.T @ b for d, b in zip(d_f, before))", "np.einsum('tna,tnb->tab', d_f, before)"), "the sum over"),
        (gate("d.T @ b", "2 * d.T @ b"), "W_hf: one product for each step"),
        (gate("return dW,", "return dW / len(h),"), "no mean over steps"),
        (gate("return dW,", "return dW / h[..., 0].size,"), "W_hf: the loss is a sum, not a mean"),
        (gate("d_f.sum(axis=(0, 1))", "d_f[-1].sum(axis=0)"), "b_f: only the last step is there"),
        (gate("d_f.sum(axis=(0, 1))", "d_f[0].sum(axis=0)"), "b_f: only the first step is there"),
        (gate("d_f.sum(axis=(0, 1))", "d_f[:, 0].sum(axis=0)"), "b_f: only the first sequence is there"),
        (gate("d_f.sum(axis=(0, 1))", "d_f.sum(axis=0).mean(axis=0)"), "b_f: a mean over the sequences"),
        (gate("d_f.sum(axis=(0, 1))", "d_f.mean(axis=0).sum(axis=0)"), "b_f: a mean over the steps"),
        (gate("d_f.sum(axis=(0, 1))", "d_f.sum()"), "b_f: there is one number left"),
        (gate("d_f.sum(axis=(0, 1))", "2 * d_f.sum(axis=(0, 1))"), "b_f: the bias is added in every step"),
        (gate("d.T @ b", "d @ b"), "stopped with ValueError"),
    ],
    "3.4": [
        (step(" + carry_c", ""), "delta c_t: what comes in"),
        (step(" + carry_c", " + carry_c * s.f"), "f_t is for the next step back"),
        (step(" + carry_c", " * carry_c"), "added, not multiplied"),
        (step("1 - s.m**2", "1 - np.tanh(s.m) ** 2"), "m_t is a tanh already"),
        (step("1 - s.m**2", "1 - s.c**2"), "not 1 - c_t^2"),
        (step("d_h * s.o * (1 - s.m", "d_h * (1 - s.m"), "o_t is missing"),
        (step("d_h * s.m", "d_c * s.m"), "delta o: the output gate does not act"),
        (step("d_h * s.m", "d_h * s.c"), "not with c_t"),
        (step("s.m * s.o * (1 - s.o)", "s.m"), "delta o: the slope"),
        (step("new_c = d_c * s.f", "new_c = d_c"), "the new carry: on the way"),
        (step("new_c = d_c * s.f", "new_c = carry_c * s.f"), "not the old carry alone"),
        (step("s.g * s.i * (1 - s.i)", "s.g"), "delta i: the slope"),
        (step("s.g * s.i * (1 - s.i)", "s.g * s.i"), "delta i: the slope of the sigmoid is i (1 - i), not i"),
        (step("s.g * s.i * (1 - s.i)", "s.g * (1 - s.i)"), "not 1 - i"),
        (step("s.g * s.i * (1 - s.i)", "s.i * (1 - s.i)"), "what was the input gate multiplied with?"),
        (step("s.g * s.i * (1 - s.i)", "s.g * (1 - s.i**2)"), "i is a sigmoid, not a tanh"),
        (step("s.g * s.i * (1 - s.i)", "s.g * s.g * (1 - s.g)"), "not of what it multiplies"),
        (step("s.g * s.i * (1 - s.i)", "c_prev * s.i * (1 - s.i)"), "multiplied with the candidate"),
        (step("s.i * (1 - s.i)", "slope(s.i)"), "delta i: i_t is a sigmoid already"),
        (step("d_c * s.g * s.i * (1 - s.i)", "carry_c * s.g + first * s.g * s.i * (1 - s.i)"), "in parentheses"),
        (step("d_c * s.g * s.i * (1 - s.i)", "first * s.g + carry_c * s.g * s.i * (1 - s.i)"), "in parentheses"),
        (step("d_c * c_prev * s.f * (1 - s.f)", "first + carry_c * c_prev * s.f * (1 - s.f)"), "delta f: all of"),
        (step("d_c * s.i * (1 - s.g**2)", "first * s.i * (1 - s.g**2) + carry_c"), "delta g: all of delta c_t"),
        (step("c_prev * s.f * (1 - s.f)", "c_prev * s.f"), "delta f: the slope of the sigmoid is f (1 - f), not f"),
        (step("c_prev * s.f * (1 - s.f)", "c_prev * (1 - s.f)"), "not 1 - f"),
        (step("c_prev * s.f * (1 - s.f)", "s.f * (1 - s.f)"), "what was the forget gate multiplied with?"),
        (step("c_prev * s.f * (1 - s.f)", "c_prev * (1 - s.f**2)"), "f is a sigmoid"),
        (step("c_prev * s.f * (1 - s.f)", "np.tanh(c_prev) * s.f * (1 - s.f)"), "c_{t-1} itself, no tanh"),
        (step("s.f * (1 - s.f)", "slope(s.f)"), "delta f: f_t is a sigmoid already"),
        (step("s.m * s.o * (1 - s.o)", "s.m * s.o"), "delta o: the slope of the sigmoid is o (1 - o), not o"),
        (step("s.m * s.o * (1 - s.o)", "s.m * (1 - s.o)"), "not 1 - o"),
        (step("s.m * s.o * (1 - s.o)", "s.m * (1 - s.o**2)"), "o is a sigmoid"),
        (step("s.m * s.o * (1 - s.o)", "s.o * (1 - s.o)"), "what was the output gate multiplied with?"),
        (step("s.m * s.o * (1 - s.o)", "s.h * s.o * (1 - s.o)"), "h_t contains o_t already"),
        (step("s.o * (1 - s.o)", "slope(s.o)"), "delta o: o_t is a sigmoid already"),
        (step("s.i * (1 - s.g**2)", "s.i"), "delta g: the slope of tanh is missing"),
        (step("s.i * (1 - s.g**2)", "(1 - s.g**2)"), "what was the candidate multiplied with?"),
        (step("(1 - s.g**2)", "(1 - s.g)"), "delta g: the slope of tanh is 1 - g^2, with a square"),
        (step("(1 - s.g**2)", "(1 - s.m**2)"), "the slope is that of the candidate itself"),
        (step("(1 - s.g**2)", "(1 - s.g**3)"), "delta g: delta c_t, what g_t was multiplied with"),
        (step("(1 - s.m**2)", "(1 - s.m)"), "delta c_t: the slope of tanh is 1 - m_t^2, with a square"),
        (step("(1 - s.m**2)", "(1 - s.h**2)"), "h_t is m_t times o_t"),
        (step("d_c = d_h * s.o * (1 - s.m**2) + carry_c", "d_c = carry_c"), "the way through h_t is missing"),
        (step("d_c = d_h * s.o * (1 - s.m**2)", "d_c = d_h"), "stand in between"),
        (step("d_c = d_h * s.o * (1 - s.m**2)", "d_c = d_h * s.o"), "missing between m_t and c_t"),
        (step("new_c = d_c * s.f", "new_c = first * s.f"), "the new carry: what reaches c_t on both ways"),
        (step("new_c = d_c * s.f", "new_c = d_c * s.f + carry_c"), "the old carry is used up"),
        (step("new_c = d_c * s.f", "new_c = d_c * s.i"), "the new carry: c_{t-1} is multiplied with another gate"),
        (step("new_c = d_c * s.f", "new_c = d_c * s.o"), "is delta c_t right"),
        (step("c_prev * s.f * (1 - s.f)", "c_prev"), "delta f: the slope"),
        (step("c_prev * s.f", "s.c * s.f"), "the cell state before the step"),
        (step("1 - s.g**2", "1 - np.tanh(s.g) ** 2"), "g_t is a tanh already"),
        (step("(1 - s.g**2)", "s.g * (1 - s.g)"), "delta g: the candidate is a tanh"),
        (step("s.g * s.i * (1 - s.i)", "s.g * s.i**2"), "delta i: delta c_t, what i_t was multiplied with, slope"),
        (step("c_prev * s.f", "2 * c_prev * s.f"), "delta f: delta c_t, what f_t was multiplied with, slope"),
        (step("s.m * s.o * (1 - s.o)", "s.m * s.o**2"), "delta o: delta h_t, what o_t was multiplied with, slope"),
        (step("d_i, d_f, d_g", "d_f, d_i, d_g"), "delta f stands where delta i belongs"),
        (step("return d_i, d_f, d_g, d_o, new_c", "return np.hstack([d_i, d_f, d_g, d_o]), new_c"), "return 5 arrays"),
    ],
    "3.5": [
        (sweep(FAULT_C, FAULT_D), "these are still the numbers of the given code"),
        (sweep(FAULT_C), "line D is repaired, line C not yet"),
        (sweep(FAULT_D), "line C is repaired, line D not yet"),
        (sweep(("1 - s.g**2", "s.g * (1 - s.g)")), "in line D, the candidate"),
        (sweep(("1 - s.g**2", "s.g * (1 - s.g)"), FAULT_C), "in line D, the candidate"),
        (sweep(("d_h * s.m]", "d_c * s.m]")), "in line C, the output gate"),
        (
            sweep((", d_c * s.f", ", d_c")),
            "at step 2 of 3 (the steps after it are right) it differs in delta i, delta f",
        ),
        (sweep(("d_c * c_prev", "d_c * s.c")), "at step 3 of 3 (the last one) it differs in delta f;"),
        (sweep(("np.array(deltas)", "deltas[0]")), "the shape is"),
        (sweep(("np.array(deltas)", "np.array(deltas[::-1])")), "in reversed order: row 0 belongs to step 1"),
        (sweep(("d_c * c_prev", "d_c * s.c")), "begin there. delta f: the forget gate was multiplied with the cell"),
        (sweep(("s.i * (1 - s.i)", "s.i")), "begin there. delta i: the slope of the sigmoid is i (1 - i), not i"),
        (sweep((" + carry_c", "")), "at step 2 of 3 (the steps after it are right)"),
        (sweep((" + carry_c", "")), "begin there. delta c_t: what comes in from the step after it is missing"),
        (sweep(letters="C, not B"), "line C is one of the two"),
        (sweep(letters="lines C and A"), "line A is right"),
        (sweep(letters="AC"), "line A is right"),
        (sweep(letters="BD"), "line B is right"),
        (sweep(letters=["E", "C"]), "line E is right"),
        (sweep(letters="D"), "is one of the two"),
        (sweep(letters="XY"), "letters A to E"),
        (sweep(("1 - s.g**2", "1 - s.g")), "in line D, the slope of tanh is 1 - g^2, with a square"),
    ],
    "3.6": [
        (([1 / 60, 1 / 60, 1, 60], mean("2", "2")[1]), "number 1: L has a factor 1/2"),
        (([1 / 10, 1 / 10, 1, 10], mean("2", "2")[1]), "D_y of them"),
        (([30, 30, 1, 30], mean("2", "2")[1]), "number 1: upside down"),
        (([1 / 30, 1, 1, 30], mean("2", "2")[1]), "of smaller terms"),
        (([1 / 30, 1 / 900, 1, 30], mean("2", "2")[1]), "comes in once"),
        (([1 / 30, 1 / 30, 1 / 30, 30], mean("2", "2")[1]), "number 3: in (3.22), k = 1: g stands above"),
        (([1 / 30, 1 / 30, 1, 1 / 30], mean("2", "2")[1]), "number 4: upside down"),
        (([1 / 20, 1 / 20, 1, 20], mean("2", "2")[1]), "number 1: count all numbers that the mean is taken over, and"),
        (([2 / 5, 2 / 5, 1, 5], mean("2", "2")[1]), "not only over sequences"),
        (([1 / 5, 1 / 5, 1, 5], mean("2", "2")[1]), "over steps, sequences and outputs, and mind the 1/2"),
        (([2, 1 / 30, 1, 30], mean("2", "2")[1]), "number 1: the 1/2 is dealt with"),
        (([1, 1, 1, 1], mean("2", "2")[1]), "number 1: the mean is L times a number"),
        (([7, 1 / 30, 1, 30], mean("2", "2")[1]), "number 1: the mean is L times which number?"),
        (([1 / 30, 30, 1, 30], mean("2", "2")[1]), "number 2: upside down"),
        (([1 / 30, 7, 1, 30], mean("2", "2")[1]), "what does a common factor do?"),
        (([1 / 30, 1 / 30, 1 / 900, 30], mean("2", "2")[1]), "number 3: in (3.22), k = 1: below the fraction bar"),
        (([1 / 30, 1 / 30, 7, 30], mean("2", "2")[1]), "what is left of g?"),
        (([1 / 30, 1 / 30, 1, 1], mean("2", "2")[1]), "number 4: rate times gradient is to stay the same, and"),
        (([1 / 30, 1 / 30, 1, 7], mean("2", "2")[1]), "number 4: rate times gradient is to stay the same"),
        (mean("2 / target.size", "2"), "dh_of_mean: the 1/2 is dealt with"),
        (mean("2 / target.size", "1 / len(h) / len(h[0])"), "D_y outputs, and has no 1/2"),
        (mean("2 / target.size", "2 / len(h[0])"), "dh_of_mean: the mean goes over steps and outputs too"),
        (mean("2 / target.size", "1 / len(h[0])"), "steps and outputs too, and has no 1/2"),
        (mean(" + b_y", ""), "b_y is missing"),
        (mean("2 / target.size", "11 / target.size"), "dh_of_mean: (3.2) with the factor that you found"),
        (mean("2 / target.size * ", ""), "for the sum L"),
        (mean("2 / target.size", "1 / target.size"), "dh_of_mean: the factor 2 is missing"),
        (mean("2 / target.size", "2 / len(h) / len(h[0])"), "D_y outputs"),
        (mean("2 / target.size", "2 / h.size"), "not over those of h"),
        (mean("2 / target.size", "-2 / target.size"), "the sign is wrong"),
        (mean(" @ W_hy\n", "\n"), "this is delta y_t"),
    ],
    "3.7": [
        (peephole("d_c + d_o * p_o", "d_c"), "used three times now"),
        (peephole("d_c + d_o * p_o", "d_c + d_o"), "with p_o = 0: p_o is missing"),
        (peephole("d_c + d_o * p_o", "d_c + d_h * s.m * p_o"), "its slope is missing in the new term"),
        (peephole("d_c + d_o * p_o", "d_c + d_o * p_o * (1 - s.m**2)"), "no tanh lies on this way"),
        (peephole("carry_c = d_c * s.f", "carry_c = (d_c - d_o * p_o) * s.f"), "the carry needs all of delta c_t"),
        (peephole("d_o = d_h *", "d_o = dh[t] *"), "delta o needs all of delta h_t"),
        (peephole("d_o * s.c", "d_o * c_prev"), "dL/dp_o: p_o is multiplied with c_t, the new"),
        (peephole("d_o * s.c", "d_o * s.m"), "not with its tanh"),
        (peephole("(d_o * s.c)", "d_o"), "gradient of b_o"),
        (peephole("d_o * s.c", "d_o * s.c * p_o"), "all zeros"),
        (peephole("d_o * s.c", "d_o * s.c * (p_o if p_o.any() else 1)"), "p_o itself does not stand in its own"),
        (
            peephole("dp_o + (d_o * s.c).sum(axis=0)", "stacked(d_o * s.c, dp_o)"),
            "summed over the sequences only: the steps",
        ),
        (peephole(".sum(axis=0)", ""), "summed over the steps only"),
        (
            peephole("dp_o = dp_o + ", "dp_o = dp_o if t < len(dh) - 1 else "),
            "only the last step is there; the steps add up",
        ),
        (peephole("dp_o + (d_o * s.c).sum(axis=0)", "dp_o + d_o.T @ s.c"), "p_o is a vector"),
        (
            peephole("(d_o * s.c).sum(axis=0)", "2 * (d_o * s.c).sum(axis=0)"),
            "delta o_t times what p_o was multiplied with",
        ),
        (peephole("(d_o * s.c).sum(axis=0)", "(d_o * s.c).mean(axis=0)"), "a mean over the sequences"),
        (peephole("dp_o = dp_o +", "dp_o ="), "only step 1 is there"),
        (peephole("return np.array(deltas), dp_o", "return dp_o"), "return 2 arrays"),
        (peephole("np.array(deltas)", "np.array(deltas[::-1])"), "in reversed order: row 0 belongs to step 1"),
        (peephole("s.g * s.i * (1 - s.i)", "s.g * s.i"), "delta i: the slope of the sigmoid is i (1 - i), not i"),
        (
            changed(PEEPHOLE, ("        d_c = d_c + d_o * p_o\n", ""), ("d_c * s.f\n", "(d_c + d_o * p_o) * s.f\n")),
            "compute delta o and the new term before them",
        ),
        (
            changed(
                PEEPHOLE,
                ("        d_c = d_c + d_o * p_o\n", ""),
                ("carry_c = d_c * s.f", "carry_c = d_c * s.f + d_o * p_o"),
            ),
            "the cell state of its own step",
        ),
    ],
}
