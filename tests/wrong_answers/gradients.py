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
def answer(d_h, carry_c, s, c_prev):
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
        ([0.664, 0.159, 0.114, 0.531], "number 3: the output gate does not act"),
        ([0.664, 0.159, 0.238, 0.531], "not with c_t"),
        ([0.664, 0.159, 0.189, 0.664], "number 4: on the way"),
        ([0.664, 0.159, 0.189, 0.598], "is that of step t"),
        (0.664, "a list of 4 numbers"),
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
        (step("c_prev * s.f * (1 - s.f)", "c_prev"), "delta f: the slope"),
        (step("c_prev * s.f", "s.c * s.f"), "the cell state before the step"),
        (step("1 - s.g**2", "1 - np.tanh(s.g) ** 2"), "g_t is a tanh already"),
        (step("(1 - s.g**2)", "s.g * (1 - s.g)"), "delta g: the candidate is a tanh"),
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
        (sweep(letters="AC"), "line A is right"),
        (sweep(letters="BD"), "line B is right"),
        (sweep(letters=["E", "C"]), "line E is right"),
        (sweep(letters="D"), "is one of the two"),
        (sweep(letters="XY"), "letters A to E"),
    ],
    "3.6": [
        (([1 / 60, 1 / 60, 1, 60], mean("2", "2")[1]), "number 1: L has a factor 1/2"),
        (([1 / 10, 1 / 10, 1, 10], mean("2", "2")[1]), "D_y of them"),
        (([30, 30, 1, 30], mean("2", "2")[1]), "number 1: upside down"),
        (([1 / 30, 1, 1, 30], mean("2", "2")[1]), "of smaller terms"),
        (([1 / 30, 1 / 900, 1, 30], mean("2", "2")[1]), "comes in once"),
        (([1 / 30, 1 / 30, 1 / 30, 30], mean("2", "2")[1]), "number 3: in (3.22), k = 1: g stands above"),
        (([1 / 30, 1 / 30, 1, 1 / 30], mean("2", "2")[1]), "number 4: upside down"),
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
        (peephole(".sum(axis=0)", ""), "summed over the steps only"),
        (peephole("dp_o = dp_o +", "dp_o ="), "only step 1 is there"),
        (peephole("return np.array(deltas), dp_o", "return dp_o"), "return 2 arrays"),
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
