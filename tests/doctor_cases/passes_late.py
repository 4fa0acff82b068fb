import numpy as np


def stacked(x, steps, weights, h_0, c_0, dh):
    T, N, H = dh.shape
    dz = np.zeros((T, N, 4 * H))
    dx = np.zeros_like(x)
    dW_x = np.zeros_like(weights.W_x)
    dW_h = np.zeros_like(weights.W_h)
    db = np.zeros_like(weights.b)
    h_next = np.zeros((N, H))
    c_next = np.zeros((N, H))
    for t in reversed(range(T)):
        s = steps[t]
        c_prev = steps[t - 1].c if t > 0 else c_0
        h_prev = steps[t - 1].h if t > 0 else h_0
        d_h = dh[t] + h_next
        d_c = d_h * s.o * (1 - s.m ** 2) + c_next
        dz[t, :, :H] = d_c * s.g * s.i * (1 - s.i)
        dz[t, :, H:2 * H] = d_c * c_prev * s.f * (1 - s.f)
        dz[t, :, 2 * H:3 * H] = d_c * s.i * (1 - s.g ** 2)
        dz[t, :, 3 * H:] = d_h * s.m * s.o * (1 - s.o)
        dW_x += dz[t].T @ x[t]
        dW_h += dz[t].T @ h_prev
        db += dz[t].sum(axis=0)
        dx[t] = dz[t] @ weights.W_x
        h_next = dz[t] @ weights.W_h
        c_next = d_c * s.f
    return {"W_x": dW_x, "W_h": dW_h, "b": db, "x": dx, "h_0": h_next, "c_0": c_next, "z": dz}


def step_cache(x, steps, weights, h_0, c_0, dh):
    H = h_0.shape[1]
    Wi, Wf, Wg, Wo = (weights.W_h[k * H:(k + 1) * H] for k in range(4))

    def step_backward(dh_t, dc_t, cache):
        x_t, h_prev, c_prev, s = cache
        dc_t = dc_t + dh_t * s.o * (1 - s.m * s.m)
        do = s.o * (1 - s.o) * s.m * dh_t
        di = s.i * (1 - s.i) * s.g * dc_t
        df = s.f * (1 - s.f) * c_prev * dc_t
        dg = (1 - s.g * s.g) * s.i * dc_t
        da = np.hstack((di, df, dg, do))
        dx_t = da @ weights.W_x
        dh_prev = di @ Wi + df @ Wf + dg @ Wg + do @ Wo
        dc_prev = s.f * dc_t
        return dx_t, dh_prev, dc_prev, da.T @ x_t, da.T @ h_prev, np.sum(da, axis=0)

    caches = list(zip(x, [h_0] + [s.h for s in steps], [c_0] + [s.c for s in steps], steps))
    dx, dW_x = np.zeros_like(x), np.zeros_like(weights.W_x)
    dW_h, db = np.zeros_like(weights.W_h), np.zeros_like(weights.b)
    dh_carry, dc_carry = np.zeros_like(h_0), np.zeros_like(c_0)
    for t in range(len(steps) - 1, -1, -1):
        dh_t = dh[t] + dh_carry
        dx[t], dh_carry, dc_carry, gx, gh, gb = step_backward(dh_t, dc_carry, caches[t])
        dW_x += gx
        dW_h += gh
        db += gb
    return {"W_x": dW_x, "W_h": dW_h, "b": db, "x": dx, "h_0": dh_carry, "c_0": dc_carry}


def per_sequence(x, steps, weights, h_0, c_0, dh):
    T, N, H = dh.shape
    W_x = dict(zip("ifgo", np.split(weights.W_x, 4)))
    W_h = dict(zip("ifgo", np.split(weights.W_h, 4)))
    delta = {k: np.zeros((T, N, H)) for k in "ifgo"}
    for n in range(N):
        carry_h, carry_c = np.zeros(H), np.zeros(H)
        for t in range(T - 1, -1, -1):
            i, f, g, o, m = (getattr(steps[t], k)[n] for k in "ifgom")
            c_before = steps[t - 1].c[n] if t else c_0[n]
            dht = dh[t, n] + carry_h
            dct = dht * o * (1 - m ** 2) + carry_c
            delta["i"][t, n] = dct * g * i * (1 - i)
            delta["f"][t, n] = dct * c_before * f * (1 - f)
            delta["g"][t, n] = dct * i * (1 - g ** 2)
            delta["o"][t, n] = dht * m * o * (1 - o)
            carry_h = sum(delta[k][t, n] @ W_h[k] for k in "ifgo")
            carry_c = dct * f
    h_before = np.stack([h_0] + [s.h for s in steps[:-1]])
    out_x = {k: np.einsum("tnh,tni->hi", d, x) for k, d in delta.items()}
    out_h = {k: np.einsum("tnh,tnj->hj", d, h_before) for k, d in delta.items()}
    out_b = {k: d.sum(axis=(0, 1)) for k, d in delta.items()}
    dx = sum(delta[k] @ W_x[k] for k in "ifgo")
    return {
        "W_x": np.concatenate([out_x[k] for k in "ifgo"]),
        "W_h": np.concatenate([out_h[k] for k in "ifgo"]),
        "b": np.concatenate([out_b[k] for k in "ifgo"]), "x": dx}


FAULTS = [
    # 16 single
    (stacked, "3.6", "The slope of the output gate lacks its factor 1 - o.",
     ("d_h * s.m * s.o * (1 - s.o)", "d_h * s.m * s.o")),
    (stacked, "3.8", "At step 1 the index t - 1 wraps round: the last c instead of c_0.",
     ("c_prev = steps[t - 1].c if t > 0 else c_0", "c_prev = steps[t - 1].c")),
    (stacked, "3.5", "tanh is applied to m, which is the tanh of c already.",
     ("(1 - s.m ** 2)", "(1 - np.tanh(s.m) ** 2)")),
    (stacked, "3.14", "The bias takes the mean over the sequences instead of the sum.",
     ("dz[t].sum(axis=0)", "dz[t].mean(axis=0)")),
    (stacked, "3.16", "The gradient by c_0 is that by c_1: the factor f_1 is missing.",
     ('"c_0": c_next', '"c_0": d_c')),
    (stacked, "3.4 (3.16)", "The carry of h is cut after every second step.",
     ("h_next = dz[t] @ weights.W_h", "h_next = dz[t] @ weights.W_h * (t % 2)")),
    (step_cache, "3.4 (3.16)", "The matrix of the output gate is transposed in the carry of h.",
     ("do @ Wo", "do @ Wo.T")),
    (step_cache, "3.7", "The input gate has the slope of a tanh instead of a sigmoid's.",
     ("s.i * (1 - s.i) * s.g * dc_t", "(1 - s.i * s.i) * s.g * dc_t")),
    (step_cache, "argument changed", "The carry of h is added to the caller's dh in place.",
     ("dh_t = dh[t] + dh_carry", "dh_t = dh[t]\n        dh_t += dh_carry")),
    (step_cache, "state", "The sum for W_h is kept in a default argument from call to call.",
     ("h_0, c_0, dh):", "h_0, c_0, dh, kept={}):"),
     ("dW_h, db = np.zeros_like(weights.W_h), np.zeros_like(weights.b)",
      'dW_h = kept.setdefault(weights.W_h.shape, np.zeros_like(weights.W_h))\n'
      "    db = np.zeros_like(weights.b)")),
    (step_cache, "chance", "A fresh dropout mask is laid over dh in the backward pass.",
     ("dh_t = dh[t] + dh_carry",
      "dh_t = dh[t] * (np.random.rand(*h_0.shape) < 0.5) / 0.5 + dh_carry")),
    (step_cache, "not linear", "The carry of h is clipped before it is used.",
     ("dh_t = dh[t] + dh_carry", "dh_t = dh[t] + np.clip(dh_carry, -0.05, 0.05)")),
    (per_sequence, "precision", "The deltas are kept in float32.",
     ("np.zeros((T, N, H))", "np.zeros((T, N, H), dtype=np.float32)")),
    (per_sequence, "3.5", "The carry of c is not reset when the next sequence begins.",
     ("for n in range(N):\n        carry_h, carry_c = np.zeros(H), np.zeros(H)",
      "carry_c = np.zeros(H)\n    for n in range(N):\n        carry_h = np.zeros(H)")),
    (per_sequence, "3.12 3.13 | 3.14", "W_h is put together in the order i, f, o, g.",
     ('out_h[k] for k in "ifgo"', 'out_h[k] for k in "ifog"')),
    (per_sequence, "3.15", "The gate g is left out of the gradient by x.",
     ('dx = sum(delta[k] @ W_x[k] for k in "ifgo")', 'dx = sum(delta[k] @ W_x[k] for k in "ifo")')),

    # 12 double
    (stacked, "3.9 3.14", "The slope of g lacks the square, and W_h is paired with h_t.",
     ("d_c * s.i * (1 - s.g ** 2)", "d_c * s.i * (1 - s.g)"),
     ("dW_h += dz[t].T @ h_prev", "dW_h += dz[t].T @ s.h")),
    (stacked, "3.8 3.15", "df takes c_t for c_{t-1}, and dx comes out in reversed order.",
     ("d_c * c_prev * s.f * (1 - s.f)", "d_c * s.c * s.f * (1 - s.f)"),
     ("dx[t] = dz[t]", "dx[T - 1 - t] = dz[t]")),
    (stacked, "3.7 3.16", "The slope of i lacks its factor i, and h_0 takes the delta of step T.",
     ("d_c * s.g * s.i * (1 - s.i)", "d_c * s.g * (1 - s.i)"),
     ('"h_0": h_next', '"h_0": dz[-1] @ weights.W_h')),
    (stacked, "3.5 (3.16)", "The factor o is missing in dc, and c is carried by i instead of f.",
     ("d_c = d_h * s.o * (1 - s.m ** 2)", "d_c = d_h * (1 - s.m ** 2)"),
     ("c_next = d_c * s.f", "c_next = d_c * s.i")),
    (step_cache, "3.6 3.8", "The output gate takes c for tanh(c); the slope of f is of its input.",
     ("s.o * (1 - s.o) * s.m * dh_t", "s.o * (1 - s.o) * s.c * dh_t"),
     ("s.f * (1 - s.f) * c_prev", "s.f_pre * (1 - s.f_pre) * c_prev")),
    (step_cache, "3.4 3.14", "The last dh counts twice, and W_x has step 1 only.",
     ("dh_carry, dc_carry = np.zeros_like(h_0), np.zeros_like(c_0)",
      "dh_carry, dc_carry = dh[-1], np.zeros_like(c_0)"),
     ("dW_x += gx", "dW_x = gx")),
    (step_cache, "3.9 3.5 (3.16)", "dg lacks i, and c is carried by f_t instead of f_{t+1}.",
     ("(1 - s.g * s.g) * s.i * dc_t", "(1 - s.g * s.g) * dc_t"),
     ("dc_t = dc_t + dh_t", "dc_t = dc_t * s.f + dh_t"),
     ("dc_prev = s.f * dc_t", "dc_prev = dc_t")),
    (step_cache, "3.4 (3.16)", "W_hi and W_hf exchanged in the carry, only the last dh used.",
     ("di @ Wi + df @ Wf", "di @ Wf + df @ Wi"),
     ("dh_t = dh[t] + dh_carry", "dh_t = dh[t] * (t == len(steps) - 1) + dh_carry")),
    (per_sequence, "3.6 3.11", "do takes dh without the carry, and W_hf is a copy of W_hi.",
     ("dht * m * o * (1 - o)", "dh[t, n] * m * o * (1 - o)"),
     ("    out_b = {", '    out_h["f"] = out_h["i"]\n    out_b = {')),
    (per_sequence, "3.7 3.13", "di has c_{t-1} in place of g, and the bias of o counts twice.",
     ("dct * g * i * (1 - i)", "dct * c_before * i * (1 - i)"),
     ("    dx = sum(", '    out_b["o"] += out_b["o"]\n    dx = sum(')),
    (per_sequence, "3.4 3.10", "Gate o is missing in the carry of h, W_xi pairs with x_{t-1}.",
     ('@ W_h[k] for k in "ifgo"', '@ W_h[k] for k in "ifg"'),
     ("    out_h = {", '    late = np.roll(x, 1, axis=0)\n'
      '    out_x["i"] = np.einsum("tnh,tni->hi", delta["i"], late)\n'
      "    out_h = {")),
    (per_sequence, "3.8 3.12", "df takes zero for c_0, and W_hg is transposed.",
     ("c_before = steps[t - 1].c[n] if t else c_0[n]",
      "c_before = steps[t - 1].c[n] if t else np.zeros(H)"),
     ("    out_b = {", '    out_h["g"] = out_h["g"].T\n    out_b = {')),

    # 6 triple
    (stacked, "3.4 3.6 3.16", "The carry of h is subtracted, do has g for m, c_0 has f_1 twice.",
     ("d_h = dh[t] + h_next", "d_h = dh[t] - h_next"),
     ("d_h * s.m * s.o * (1 - s.o)", "d_h * s.g * s.o * (1 - s.o)"),
     ('"c_0": c_next', '"c_0": c_next * steps[0].f')),
    (stacked, "3.7 3.8 3.14", "g and c_{t-1} are exchanged in di and df, and W_x takes x_{t-1}.",
     ("d_c * s.g * s.i * (1 - s.i)", "d_c * c_prev * s.i * (1 - s.i)"),
     ("d_c * c_prev * s.f * (1 - s.f)", "d_c * s.g * s.f * (1 - s.f)"),
     ("dz[t].T @ x[t]", "dz[t].T @ x[t - 1]")),
    (step_cache, "3.5 3.9 3.15", "dc has m for o, dg the slope of its input, dx lacks the gate o.",
     ("dh_t * s.o * (1 - s.m * s.m)", "dh_t * s.m * (1 - s.m * s.m)"),
     ("(1 - s.g * s.g)", "(1 - s.g_pre * s.g_pre)"),
     ("da @ weights.W_x", "da[:, :3 * H] @ weights.W_x[:3 * H]")),
    (step_cache, "3.6 3.7 3.4 (3.16)", "do has o twice, di lacks g, dh_t itself is carried too.",
     ("s.o * (1 - s.o) * s.m", "s.o * s.o * (1 - s.o) * s.m"),
     ("s.i * (1 - s.i) * s.g * dc_t", "s.i * (1 - s.i) * dc_t"),
     ("do @ Wo", "do @ Wo + dh_t")),
    (per_sequence, "3.5 3.9 3.11", "The carry of c lacks f, dg takes dh for dc, and b_f is a mean.",
     ("carry_c = dct * f", "carry_c = dct"),
     ("dct * i * (1 - g ** 2)", "dht * i * (1 - g ** 2)"),
     ("    dx = sum(", '    out_b["f"] = delta["f"].mean(axis=(0, 1))\n    dx = sum(')),
    (per_sequence, "3.8 3.14 3.15", "df takes only the carry of c, W_h no h_0, dx is a step late.",
     ("dct * c_before * f * (1 - f)", "carry_c * c_before * f * (1 - f)"),
     ("np.stack([h_0] +", "np.stack([np.zeros_like(h_0)] +"),
     ("dx = sum(delta[k] @ W_x[k]", "dx = sum(np.roll(delta[k], 1, axis=0) @ W_x[k]")),
]
