import numpy as np


def stacked(x, steps, weights, h_0, c_0, dh):
    """All four gates side by side, everything in one loop."""
    T, N, H = dh.shape
    dz = np.zeros((T, N, 4 * H))
    dx = np.zeros_like(x)
    dW_x = np.zeros_like(weights.W_x)
    dW_h = np.zeros_like(weights.W_h)
    db = np.zeros_like(weights.b)
    dh_next = np.zeros((N, H))
    dc_next = np.zeros((N, H))
    for t in reversed(range(T)):
        s = steps[t]
        h_prev = steps[t - 1].h if t > 0 else h_0
        c_prev = steps[t - 1].c if t > 0 else c_0
        dh_t = dh[t] + dh_next
        dc_t = dh_t * s.o * (1 - s.m ** 2) + dc_next
        up = np.hstack([dc_t * s.g, dc_t * c_prev, dc_t * s.i, dh_t * s.m])
        slope = np.hstack([s.i * (1 - s.i), s.f * (1 - s.f), 1 - s.g ** 2, s.o * (1 - s.o)])
        dz[t] = up * slope
        dW_x += dz[t].T @ x[t]
        dW_h += dz[t].T @ h_prev
        db += dz[t].sum(axis=0)
        dx[t] = dz[t] @ weights.W_x
        dh_next = dz[t] @ weights.W_h
        dc_next = dc_t * s.f
    return {"W_x": dW_x, "W_h": dW_h, "b": db, "x": dx, "h_0": dh_next, "c_0": dc_next, "z": dz}


def step_by_step(x, steps, weights, h_0, c_0, dh):
    def step_backward(dnext_h, dnext_c, cache):
        x_t, prev_h, prev_c, s = cache
        tanh_c = np.tanh(s.c)
        dnext_c = dnext_c + dnext_h * s.o * (1 - tanh_c ** 2)
        do = dnext_h * tanh_c
        df = dnext_c * prev_c
        di = dnext_c * s.g
        dg = dnext_c * s.i
        da = np.hstack([di * s.i * (1 - s.i), df * s.f * (1 - s.f),
                        dg * (1 - s.g ** 2), do * s.o * (1 - s.o)])
        dprev_h = da @ weights.W_h
        dprev_c = dnext_c * s.f
        return da @ weights.W_x, dprev_h, dprev_c, da.T @ x_t, da.T @ prev_h, da.sum(axis=0)

    hs = [h_0] + [s.h for s in steps]
    cs = [c_0] + [s.c for s in steps]
    dx, dWx, dWh = np.zeros_like(x), np.zeros_like(weights.W_x), np.zeros_like(weights.W_h)
    db = np.zeros_like(weights.b)
    dh_next, dc_next = np.zeros_like(h_0), np.zeros_like(c_0)
    for t in reversed(range(len(steps))):
        cache = (x[t], hs[t], cs[t], steps[t])
        step = step_backward(dh[t] + dh_next, dc_next, cache)
        dx[t], dh_next, dc_next, dWx_t, dWh_t, db_t = step
        dWx += dWx_t
        dWh += dWh_t
        db += db_t
    return {"x": dx, "h_0": dh_next, "c_0": dc_next, "W_x": dWx, "W_h": dWh, "b": db}


def sequence_by_sequence(x, steps, weights, h_0, c_0, dh):
    T, N, H = dh.shape
    rows = {k: slice(j * H, (j + 1) * H) for j, k in enumerate("ifgo")}
    dW_x, dW_h, db = [np.zeros_like(w) for w in (weights.W_x, weights.W_h, weights.b)]
    dx, dh_0, dc_0 = np.zeros_like(x), np.zeros_like(h_0), np.zeros_like(c_0)
    for n in range(N):
        dh_carry, dc_carry = np.zeros(H), np.zeros(H)
        for t in range(T - 1, -1, -1):
            v = {k: getattr(steps[t], k)[n] for k in "ifgom"}
            h_prev = steps[t - 1].h[n] if t else h_0[n]
            c_prev = steps[t - 1].c[n] if t else c_0[n]
            dh_t = dh[t, n] + dh_carry
            dc_t = dh_t * v["o"] * (1 - v["m"] ** 2) + dc_carry
            d = {"i": dc_t * v["g"] * v["i"] * (1 - v["i"]),
                 "f": dc_t * c_prev * v["f"] * (1 - v["f"]),
                 "g": dc_t * v["i"] * (1 - v["g"] ** 2),
                 "o": dh_t * v["m"] * v["o"] * (1 - v["o"])}
            dh_carry = np.zeros_like(dh_t)
            for k, r in rows.items():
                dW_x[r] += np.outer(d[k], x[t, n])
                dW_h[r] += np.outer(d[k], h_prev)
                db[r] += d[k]
                dx[t, n] += d[k] @ weights.W_x[r]
                dh_carry += d[k] @ weights.W_h[r]
            dc_carry = dc_t * v["f"]
        dh_0[n], dc_0[n] = dh_carry, dc_carry
    return {"W_x": dW_x, "W_h": dW_h, "b": db, "x": dx, "h_0": dh_0, "c_0": dc_0}


def deltas_then_einsum(x, steps, weights, h_0, c_0, dh):
    """First the deltas of all steps (index 1..T, the zeros at T + 1 start it), then the sums."""
    T, N, H = dh.shape
    W_hi, W_hf, W_hg, W_ho = np.split(weights.W_h, 4)
    h = np.stack([h_0] + [s.h for s in steps])
    c = np.stack([c_0] + [s.c for s in steps])
    di, df, dg, do, dc = np.zeros((5, T + 2, N, H))
    for t in range(T, 0, -1):
        s = steps[t - 1]
        f_next = steps[t].f if t < T else 0.0
        delta_h = (dh[t - 1] + df[t + 1] @ W_hf + di[t + 1] @ W_hi
                   + dg[t + 1] @ W_hg + do[t + 1] @ W_ho)
        dc[t] = delta_h * s.o * (1 - s.m ** 2) + dc[t + 1] * f_next
        do[t] = delta_h * s.m * s.o * (1 - s.o)
        di[t] = dc[t] * s.g * s.i * (1 - s.i)
        df[t] = dc[t] * c[t - 1] * s.f * (1 - s.f)
        dg[t] = dc[t] * s.i * (1 - s.g ** 2)

    def over_x(d):
        return np.einsum("tnj,tnk->jk", d[1:T + 1], x)

    def over_h(d):
        return np.einsum("tnj,tnk->jk", d[1:-1], h[:-1])

    dW_x = np.concatenate([over_x(di), over_x(df), over_x(dg), over_x(do)])
    dW_h = np.concatenate([over_h(di), over_h(df), over_h(dg), over_h(do)])
    db = np.concatenate([d.sum(axis=(0, 1)) for d in (di, df, dg, do)])
    return {"W_x": dW_x, "W_h": dW_h, "b": db}


FAULTS = [
    # ---- one mistake
    (stacked, "3.8", "The forget gate's delta takes c of this step, not of the step before.",
     ("dc_t * c_prev", "dc_t * s.c")),
    (stacked, "3.14", "At the first step h_prev is steps[-1].h, the last one, in place of h_0.",
     ("h_prev = steps[t - 1].h if t > 0 else h_0", "h_prev = steps[t - 1].h")),
    (stacked, "3.5", "The slope of tanh(c) is forgotten on the way from h to c.",
     (" * (1 - s.m ** 2)", "")),
    (stacked, "not linear (3.4) (3.16)", "The carry of h is clipped against exploding gradients.",
     ("dh_next = dz[t] @ weights.W_h", "dh_next = np.clip(dz[t] @ weights.W_h, -0.05, 0.05)")),
    (step_by_step, "3.4", "Only dh of this step goes in, the carry of h is never added.",
     ("dh[t] + dh_next", "dh[t]")),
    (step_by_step, "3.6", "The output gate's delta is multiplied by c, not by tanh(c).",
     ("do = dnext_h * tanh_c", "do = dnext_h * s.c")),
    (step_by_step, "chance (3.4)", "A new dropout mask is drawn for δh in the backward pass.",
     ("dh[t] + dh_next", "(dh[t] + dh_next) * (np.random.rand(*h_0.shape) < 0.5)")),
    (step_by_step, "3.16", "dh of the first step is added to the gradient of h_0.",
     ('"h_0": dh_next', '"h_0": dh_next + dh[0]')),
    (sequence_by_sequence, "3.6 3.9 | 3.4 3.12 3.13 3.15 (3.16)",
     "The rows are taken to be in the order i, f, o, g.",
     ('enumerate("ifgo")', 'enumerate("ifog")')),
    (sequence_by_sequence, "3.4 (3.16)", "W_h transposed in every gate's carry.",
     ("d[k] @ weights.W_h[r]", "weights.W_h[r] @ d[k]")),
    (sequence_by_sequence, "3.15", "The gradient of x is overwritten gate by gate, o remains.",
     ("dx[t, n] += ", "dx[t, n] = ")),
    (sequence_by_sequence, "3.4 (3.16)",
     "The carry of h is not set to zero before a step's gates are summed, old carries remain.",
     ("            dh_carry = np.zeros_like(dh_t)\n", "")),
    (deltas_then_einsum, "3.5", "The carry of c takes f of this step, not of the next.",
     ("f_next = steps[t].f if t < T else 0.0", "f_next = s.f")),
    (deltas_then_einsum, "3.11 3.12", "The rows f and g of W_h are exchanged when put together.",
     ("over_h(df), over_h(dg)", "over_h(dg), over_h(df)")),
    (deltas_then_einsum, "3.4", "Copy and paste: the input gate's carry goes through W_hf.",
     ("di[t + 1] @ W_hi", "di[t + 1] @ W_hf")),
    (deltas_then_einsum, "precision", "The deltas are kept in float32.",
     ("np.zeros((5, T + 2, N, H))", "np.zeros((5, T + 2, N, H), dtype=np.float32)")),

    # ---- two mistakes
    (stacked, "3.4 3.9",
     "The carry of h starts with the last dh (so counted twice); g's slope has g, not g².",
     ("dh_next = np.zeros((N, H))", "dh_next = dh[-1].copy()"),
     ("1 - s.g ** 2", "1 - s.g")),
    (stacked, "3.5 3.14 (3.16)",
     "b is assigned, not added up, over the steps; the carry of c goes through i, not f.",
     ("db += ", "db = "),
     ("dc_next = dc_t * s.f", "dc_next = dc_t * s.i")),
    (stacked, "3.6 argument changed",
     "The carry is added into the caller's dh; the factor o is missing in the output gate's slope.",
     ("dh_t = dh[t] + dh_next", "dh_t = dh[t]\n        dh_t += dh_next"),
     ("s.o * (1 - s.o)", "1 - s.o")),
    (step_by_step, "3.8 state",
     "The sum for b is a default argument that lives on; f's slope is that of tanh.",
     ("c_0, dh):", "c_0, dh, kept={}):"),
     ("db = np.zeros_like(weights.b)",
      "db = kept.setdefault(weights.b.shape, np.zeros_like(weights.b))"),
     ("df * s.f * (1 - s.f)", "df * (1 - s.f ** 2)")),
    (step_by_step, "3.7 3.14",
     "The input gate's delta has i in place of g; W_h is summed with h of the same step.",
     ("di = dnext_c * s.g", "di = dnext_c * s.i"),
     ("da.T @ prev_h", "da.T @ s.h")),
    (step_by_step, "3.5",
     "From h to c the output gate is missing, and tanh is taken twice in the slope.",
     ("dnext_h * s.o", "dnext_h"),
     ("(1 - tanh_c ** 2)", "(1 - np.tanh(tanh_c) ** 2)")),
    (sequence_by_sequence, "3.5 3.15",
     "The carry of c is not reset for the next sequence; dx leaves out the output gate.",
     ("    for n in range(N):", "    dc_carry = np.zeros(H)\n    for n in range(N):"),
     ("dh_carry, dc_carry = np.zeros(H), np.zeros(H)", "dh_carry = np.zeros(H)"),
     ("d[k] @ weights.W_x[r]", '(d[k] @ weights.W_x[r] if k != "o" else 0)')),
    (sequence_by_sequence, "3.8 3.14",
     "The forget gate's delta has a minus sign; the bias is counted twice (one of x, one of h).",
     ('"f": dc_t', '"f": -dc_t'),
     ("db[r] += d[k]", "db[r] += 2 * d[k]")),
    (sequence_by_sequence, "3.4 3.6",
     "Only the last step's dh is used; the output gate's delta starts from δc, not δh.",
     ("dh[t, n] + dh_carry", "(dh[t, n] if t == T - 1 else 0) + dh_carry"),
     ('"o": dh_t', '"o": dc_t')),
    (deltas_then_einsum, "3.4 3.10",
     "The output gate is missing in the carry of h; W_xi is a mean over the sequences.",
     ("dg[t + 1] @ W_hg + do[t + 1] @ W_ho", "dg[t + 1] @ W_hg"),
     ("over_x(di)", "over_x(di) / N")),
    (deltas_then_einsum, "3.9",
     "The delta of g has f in place of i and a sigmoid's slope.",
     ("dc[t] * s.i * (", "dc[t] * s.f * ("),
     ("1 - s.g ** 2", "s.g * (1 - s.g)")),
    (deltas_then_einsum, "3.5 3.14",
     "The carry of c reads dc[t], still zero, not dc[t + 1]; the first step is left out of W_h.",
     ("dc[t + 1] * f_next", "dc[t] * f_next"),
     ("d[1:-1], h[:-1]", "d[2:-1], h[1:-1]")),

    # ---- three mistakes
    (stacked, "3.5 3.8 3.14",
     "δc starts from dh without its carry; c_0 is taken as zero; W_x is summed with x of t - 1.",
     ("dc_t = dh_t * s.o", "dc_t = dh[t] * s.o"),
     ("else c_0", "else np.zeros_like(c_0)"),
     ("dz[t].T @ x[t]", "dz[t].T @ x[t - 1]")),
    (stacked, "3.4 3.7 3.15 (3.16)",
     "The carry of h is cut to i, f, g; the input gate's slope is missing; dx adds to all steps.",
     ("dz[t] @ weights.W_h", "dz[t][:, :3 * H] @ weights.W_h[:3 * H]"),
     ("s.i * (1 - s.i)", "np.ones((N, H))"),
     ("dx[t] = ", "dx += ")),
    (step_by_step, "3.6 3.15 3.16",
     "o's slope uses the pre-activation; dx is stored a step early; c_0 gets f once too often.",
     ("do * s.o * (1 - s.o)", "do * s.o_pre * (1 - s.o_pre)"),
     ("dx[t], dh_next", "dx[t - 1], dh_next"),
     ('"c_0": dc_next', '"c_0": dc_next * steps[0].f')),
    (sequence_by_sequence, "3.5 3.9 3.14 (3.16)",
     "The carry of c has no f; the delta of g has no i; W_h is summed with h of the same step.",
     ('dc_carry = dc_t * v["f"]', "dc_carry = dc_t"),
     ('"g": dc_t * v["i"]', '"g": dc_t'),
     ("np.outer(d[k], h_prev)", "np.outer(d[k], steps[t].h[n])")),
    (deltas_then_einsum, "3.6 3.7 3.11",
     "o's delta lacks tanh(c); i's delta has c of t - 1, not g; W_xf is a mean over the steps.",
     ("delta_h * s.m * s.o", "delta_h * s.o"),
     ("dc[t] * s.g * s.i", "dc[t] * c[t - 1] * s.i"),
     ("over_x(df)", "over_x(df) / T")),
    (deltas_then_einsum, "3.8 3.12 3.13",
     "f's delta reads c one step too far back; W_hg is not assigned; W_ho is a copy of W_hi.",
     ("c[t - 1] * s.f", "c[t - 2] * s.f"),
     ("over_h(dg)", "np.zeros((H, H))"),
     ("over_h(do)", "over_h(di)")),
]
