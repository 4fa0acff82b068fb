import numpy as np


def stacked_then_einsum(x, steps, weights, h_0, c_0, dh):
    T, N, H = dh.shape
    i, f, g, o, c, h, m = (np.stack([getattr(s, k) for s in steps]) for k in "ifgochm")
    c_prev = np.concatenate([c_0[None], c[:-1]])
    h_prev = np.concatenate([h_0[None], h[:-1]])
    slope = np.concatenate([i * (1 - i), f * (1 - f), 1 - g**2, o * (1 - o)], axis=2)
    dz = np.zeros((T, N, 4 * H))
    h_carry = np.zeros((N, H))
    c_carry = np.zeros((N, H))
    for t in range(T - 1, -1, -1):
        d_h = dh[t] + h_carry
        d_c = d_h * o[t] * (1 - m[t]**2) + c_carry
        outer = np.concatenate([d_c * g[t], d_c * c_prev[t], d_c * i[t], d_h * m[t]], axis=1)
        dz[t] = outer * slope[t]
        h_carry = dz[t] @ weights.W_h
        c_carry = d_c * f[t]
    return {
        "W_x": np.einsum("tnk,tni->ki", dz, x),
        "W_h": np.einsum("tnk,tnj->kj", dz, h_prev),
        "b": dz.sum(axis=(0, 1)),
        "x": dz @ weights.W_x,
        "h_0": h_carry,
        "c_0": c_carry,
        "z": dz,
    }


def step_function_with_cache(x, steps, weights, h_0, c_0, dh):
    def step_backward(d_h, d_c, cache):
        x_t, h_prev, c_prev, s = cache
        d_c = d_c + d_h * s.o * (1 - s.m**2)
        d_i = d_c * s.g * s.i * (1 - s.i)
        d_f = d_c * c_prev * s.f * (1 - s.f)
        d_g = d_c * s.i * (1 - s.g**2)
        d_o = d_h * s.m * s.o * (1 - s.o)
        d_z = np.hstack([d_i, d_f, d_g, d_o])
        params = {"W_x": d_z.T @ x_t, "W_h": d_z.T @ h_prev, "b": d_z.sum(axis=0)}
        return d_z @ weights.W_x, d_z @ weights.W_h, d_c * s.f, params

    caches, h_prev, c_prev = [], h_0, c_0
    for x_t, s in zip(x, steps):
        caches.append((x_t, h_prev, c_prev, s))
        h_prev, c_prev = s.h, s.c
    grads = {k: np.zeros_like(getattr(weights, k)) for k in ("W_x", "W_h", "b")}
    grads["x"] = np.zeros_like(x)
    d_h, d_c = np.zeros_like(h_0), np.zeros_like(c_0)
    for t in reversed(range(len(steps))):
        grads["x"][t], d_h, d_c, params = step_backward(d_h + dh[t], d_c, caches[t])
        for k, value in params.items():
            grads[k] += value
    grads["h_0"], grads["c_0"] = d_h, d_c
    return grads


def gate_by_gate(x, steps, weights, h_0, c_0, dh):
    T, N, H = dh.shape
    rows = {k: slice(n * H, (n + 1) * H) for n, k in enumerate("ifgo")}
    W_h = {k: weights.W_h[r] for k, r in rows.items()}
    delta = {k: np.zeros((T + 1, N, H)) for k in rows}
    dc_next, f_next = np.zeros((N, H)), np.zeros((N, H))
    for t in reversed(range(T)):
        s = steps[t]
        c_prev = steps[t - 1].c if t > 0 else c_0
        d_h = dh[t].copy()
        for k in "figo":
            d_h += delta[k][t + 1] @ W_h[k]
        d_c = d_h * s.o * (1 - s.m**2) + dc_next * f_next
        delta["o"][t] = d_h * s.m * s.o * (1 - s.o)
        delta["i"][t] = d_c * s.g * s.i * (1 - s.i)
        delta["f"][t] = d_c * c_prev * s.f * (1 - s.f)
        delta["g"][t] = d_c * s.i * (1 - s.g**2)
        dc_next, f_next = d_c, s.f
    h_prev = np.stack([h_0] + [s.h for s in steps[:-1]])
    dW_x, dW_h = np.zeros_like(weights.W_x), np.zeros_like(weights.W_h)
    db = np.zeros_like(weights.b)
    for k, r in rows.items():
        d = delta[k][:T].reshape(T * N, H)
        dW_x[r] = d.T @ x.reshape(T * N, -1)
        dW_h[r] = d.T @ h_prev.reshape(T * N, H)
        db[r] = d.sum(axis=0)
    return {"W_x": dW_x, "W_h": dW_h, "b": db}


def one_sequence_at_a_time(x, steps, weights, h_0, c_0, dh):
    T, N, H = dh.shape
    W_x, W_h = weights.W_x, weights.W_h
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros(4 * H)
    dx, dz = np.zeros_like(x), np.zeros((T, N, 4 * H))
    dh_0, dc_0 = np.zeros((N, H)), np.zeros((N, H))
    for n in range(N):
        carry_h, carry_c = np.zeros(H), np.zeros(H)
        for t in range(T - 1, -1, -1):
            i, f, g, o, m = (getattr(steps[t], k)[n] for k in "ifgom")
            h_before = steps[t - 1].h[n] if t else h_0[n]
            c_before = steps[t - 1].c[n] if t else c_0[n]
            delta_h = dh[t, n] + carry_h
            delta_c = carry_c + delta_h * o * (1 - m**2)
            d = dz[t, n]
            d[:H] = delta_c * g * i * (1 - i)
            d[H:2 * H] = delta_c * c_before * f * (1 - f)
            d[2 * H:3 * H] = delta_c * i * (1 - g**2)
            d[3 * H:] = delta_h * m * o * (1 - o)
            dW_x += np.outer(d, x[t, n])
            dW_h += np.outer(d, h_before)
            db += d
            dx[t, n] = W_x.T @ d
            carry_h = W_h.T @ d
            carry_c = f * delta_c
        dh_0[n], dc_0[n] = carry_h, carry_c
    return {"W_x": dW_x, "W_h": dW_h, "b": db, "x": dx, "h_0": dh_0, "c_0": dc_0, "z": dz}


FAULTS = [
    # ---- single ----
    (stacked_then_einsum, "3.6",
     "The delta of c is made in place in the array of the delta of h, which gate o then uses.",
     ("        d_c = d_h * o[t] * (1 - m[t]**2) + c_carry\n",
      "        d_c = d_h\n        d_c *= o[t] * (1 - m[t]**2)\n        d_c += c_carry\n")),
    (stacked_then_einsum, "3.14",
     "Deltas are flattened step by step, but x sequence by sequence, so that W_x pairs wrong rows.",
     ('np.einsum("tnk,tni->ki", dz, x)',
      "dz.reshape(T * N, -1).T @ x.swapaxes(0, 1).reshape(T * N, -1)")),
    (stacked_then_einsum, "3.9",
     "Vectorised over all four gates with the sigmoid's slope, also for the tanh of gate g.",
     ("slope = np.concatenate([i * (1 - i), f * (1 - f), 1 - g**2, o * (1 - o)], axis=2)",
      "gates = np.concatenate([i, f, g, o], axis=2)\n    slope = gates * (1 - gates)")),
    (stacked_then_einsum, "precision",
     "The buffer of the deltas is float32.",
     ("dz = np.zeros((T, N, 4 * H))", "dz = np.zeros((T, N, 4 * H), dtype=np.float32)")),
    (step_function_with_cache, "3.14",
     "The step takes h_prev from the enclosing function, where it is the last h.",
     ("        x_t, h_prev, c_prev, s = cache", "        x_t, _, c_prev, s = cache")),
    (step_function_with_cache, "3.8 3.14",
     "h_prev and c_prev move on before they are put into the cache, so they are of step t.",
     ("        caches.append((x_t, h_prev, c_prev, s))\n        h_prev, c_prev = s.h, s.c\n",
      "        h_prev, c_prev = s.h, s.c\n        caches.append((x_t, h_prev, c_prev, s))\n")),
    (step_function_with_cache, "argument changed (3.6)",
     "tanh(c) is squared in place, which changes m of the step handed over, and gate o uses it.",
     ("        d_c = d_c + d_h * s.o * (1 - s.m**2)\n",
      "        squared = s.m\n        squared *= squared\n"
      "        d_c = d_c + d_h * s.o * (1 - squared)\n")),
    (step_function_with_cache, "3.4 3.5 (3.16)",
     "The step returns the carries of h and c in the other order than its caller takes them.",
     ("d_z @ weights.W_h, d_c * s.f, params", "d_c * s.f, d_z @ weights.W_h, params")),
    (step_function_with_cache, "state (3.14)",
     "The sums of the parameters live in a mutable default argument and go on in the next call.",
     ("weights, h_0, c_0, dh):", "weights, h_0, c_0, dh, grads={}):"),
     ('    grads = {k: np.zeros_like(getattr(weights, k)) for k in ("W_x", "W_h", "b")}\n',
      '    for k in ("W_x", "W_h", "b"):\n'
      "        grads.setdefault(k, np.zeros_like(getattr(weights, k)))\n")),
    (gate_by_gate, "3.6 3.7 3.8 | 3.4 3.10 3.11 3.13",
     "dict.fromkeys gives all four gates one and the same array, so all have the deltas of g.",
     ("{k: np.zeros((T + 1, N, H)) for k in rows}",
      "dict.fromkeys(rows, np.zeros((T + 1, N, H)))")),
    (gate_by_gate, "3.4",
     "The recurrent matrices of the gates are transposed in the carry of h.",
     ("@ W_h[k]", "@ W_h[k].T")),
    (gate_by_gate, "3.14 | 3.6 3.7 3.8 3.9",
     "The loop stops before the first step, whose deltas stay zero.",
     ("reversed(range(T))", "reversed(range(1, T))")),
    (one_sequence_at_a_time, "3.4 3.5",
     "The carries are not reset for the next sequence.",
     ("    for n in range(N):\n        carry_h, carry_c = np.zeros(H), np.zeros(H)\n",
      "    carry_h, carry_c = np.zeros(H), np.zeros(H)\n    for n in range(N):\n")),
    (one_sequence_at_a_time, "3.15",
     "The delta of x of one sequence is written to all sequences of the step.",
     ("dx[t, n] = ", "dx[t] = ")),
    (one_sequence_at_a_time, "3.10",
     "The bias is summed gate by gate with overlapping slices, so gate i counts twice.",
     ("            db += d\n",
      "            db[:H] += d[:H]\n            db[:2 * H] += d[:2 * H]\n"
      "            db[2 * H:] += d[2 * H:]\n")),
    (one_sequence_at_a_time, "not linear (3.4)",
     "The delta of h is clipped to -1…1 at each step.",
     ("dh[t, n] + carry_h", "np.clip(dh[t, n] + carry_h, -1, 1)")),
    # ---- double ----
    (stacked_then_einsum, "3.6 3.9 3.14",
     "The slopes of g and o are exchanged, and np.roll puts the last h where h_0 belongs.",
     ("1 - g**2, o * (1 - o)]", "o * (1 - o), 1 - g**2]"),
     ("np.concatenate([h_0[None], h[:-1]])", "np.roll(h, 1, axis=0)")),
    (stacked_then_einsum, "3.5 3.15 (3.16)",
     "The carry of c uses f of the step before, and the deltas of x are in reversed order.",
     ("c_carry = d_c * f[t]", "c_carry = d_c * f[t - 1]"),
     ("dz @ weights.W_x", "dz[::-1] @ weights.W_x")),
    (stacked_then_einsum, "chance (3.4) 3.7",
     "The carry of h starts with small random numbers, and gate i has tanh of g, already a tanh.",
     ("h_carry = np.zeros((N, H))", "h_carry = 0.01 * np.random.randn(N, H)"),
     ("[d_c * g[t], ", "[d_c * np.tanh(g[t]), ")),
    (step_function_with_cache, "3.5 3.6",
     "The slope of tanh(c) is taken of c itself, and gate o gets the delta of c.",
     ("(1 - s.m**2)", "(1 - s.c**2)"),
     ("d_o = d_h * s.m", "d_o = d_c * s.m")),
    (step_function_with_cache, "3.7 3.14",
     "The slope of i is half a copy of the line of g, and parameters are overwritten at each step.",
     ("s.g * s.i * (1 - s.i)", "s.g * s.i * (1 - s.g)"),
     ("grads[k] += value", "grads[k] = value")),
    (step_function_with_cache, "3.8",
     "Gate f takes c_prev from the enclosing function, the last c, and half of the slope of i.",
     ("        x_t, h_prev, c_prev, s = cache", "        x_t, h_prev, _, s = cache"),
     ("s.f * (1 - s.f)", "s.f * (1 - s.i)")),
    (step_function_with_cache, "3.6 3.9 3.16 | 3.4 3.12 3.13 3.15 3.16",
     "The deltas are stacked in the order i, f, o, g, and those of h_0 and c_0 are exchanged.",
     ("[d_i, d_f, d_g, d_o]", "[d_i, d_f, d_o, d_g]"),
     ('grads["h_0"], grads["c_0"] = d_h, d_c', 'grads["h_0"], grads["c_0"] = d_c, d_h')),
    (gate_by_gate, "3.5 3.12",
     "The carry of c has f of its own step, and the deltas of g are doubled for W_x.",
     ("dc_next * f_next\n", "dc_next * s.f\n"),
     ("dW_x[r] = d.T @", 'dW_x[r] = (2 if k == "g" else 1) * d.T @')),
    (gate_by_gate, "3.4 3.8 3.12 3.13 | 3.6 3.8 3.9",
     "The rows are cut in the order i, f, o, g, and c before the first step is Python's [-1].",
     ('enumerate("ifgo")', 'enumerate("ifog")'),
     ("steps[t - 1].c if t > 0 else c_0", "steps[t - 1].c")),
    (gate_by_gate, "argument changed 3.9",
     "The carry is added into dh itself, and the slope of g lacks the square.",
     ("dh[t].copy()", "dh[t]"),
     ("(1 - s.g**2)", "(1 - s.g)")),
    (one_sequence_at_a_time, "3.4 3.14 (3.16)",
     "The carry of h piles up over the steps, and W_h uses h of the same step.",
     ("carry_h = W_h.T @ d", "carry_h += W_h.T @ d"),
     ("steps[t - 1].h[n] if t", "steps[t].h[n] if t")),
    (one_sequence_at_a_time, "3.9",
     "Gate g has f in place of i, and the slope has the wrong sign in it.",
     ("delta_c * i", "delta_c * f"),
     ("(1 - g**2)", "(1 + g**2)")),
    # ---- triple ----
    (stacked_then_einsum, "3.4 3.14 3.15",
     "Only the last step's loss counts, W_h pairs with h of step t, and x is divided by N.",
     ("d_h = dh[t] + h_carry", "d_h = h_carry + (dh[t] if t == T - 1 else 0)"),
     ('"tnk,tnj->kj", dz, h_prev', '"tnk,tnj->kj", dz, h'),
     ("dz @ weights.W_x", "dz @ weights.W_x / N")),
    (step_function_with_cache, "3.5 3.7 3.15 (3.16)",
     "The carry of c lacks f, gate i gets the delta of h, and x is filled at index -t.",
     ("d_c * s.f, params", "d_c, params"),
     ("d_i = d_c * s.g", "d_i = d_h * s.g"),
     ('grads["x"][t], d_h', 'grads["x"][-t], d_h')),
    (gate_by_gate, "3.4 3.6 3.11",
     "The carry of h lacks o, gate o has c for tanh(c), b_f has the 1 of its start value.",
     ('for k in "figo"', 'for k in "fig"'),
     ("d_h * s.m * s.o", "d_h * s.c * s.o"),
     ("db[r] = d.sum(axis=0)", 'db[r] = d.sum(axis=0) + (k == "f")')),
    (gate_by_gate, "state (3.4) 3.5 3.14",
     "W_h is cached from the first call, the square is outside the bracket, deltas are late.",
     ("weights, h_0, c_0, dh):", "weights, h_0, c_0, dh, cut={}):"),
     ("    W_h = {k: weights.W_h[r] for k, r in rows.items()}\n",
      "    if H not in cut:\n"
      "        cut[H] = {k: weights.W_h[r].copy() for k, r in rows.items()}\n"
      "    W_h = cut[H]\n"),
     ("(1 - s.m**2)", "(1 - s.m)**2"),
     ("delta[k][:T]", "delta[k][1:]")),
    (one_sequence_at_a_time, "3.8 3.13 3.16",
     "c_0 is always the first sequence's, o's W_h uses h_t, h_0 and c_0 only the last sequence's.",
     ("else c_0[n]", "else c_0[0]"),
     ("            dW_h += np.outer(d, h_before)\n",
      "            dW_h[:3 * H] += np.outer(d[:3 * H], h_before)\n"
      "            dW_h[3 * H:] += np.outer(d[3 * H:], steps[t].h[n])\n"),
     ("        dh_0[n], dc_0[n] = carry_h", "    dh_0[n], dc_0[n] = carry_h")),
    (one_sequence_at_a_time, "3.4 3.7 3.14 (3.16)",
     "The carry of h is cut to three gates, gate i's slope lacks a factor, x is one step early.",
     ("carry_h = W_h.T @ d", "carry_h = W_h[:3 * H].T @ d[:3 * H]"),
     ("g * i * (1 - i)", "g * (1 - i)"),
     ("np.outer(d, x[t, n])", "np.outer(d, x[t - 1, n])")),
]
