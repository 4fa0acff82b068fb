"""Backward passes as people write them: faulty ones with the equations that are wrong, right ones, and broken ones.

Each is called as notebook 03 calls its own, `backward(x, steps, weights, h_0, c_0, dh)`; the styles differ on purpose.
Numbers are those of notebook 03. A wrong carry is often what is returned for h_0 or c_0 too: then (3.16) may be named
with (3.4) or (3.5), or left out, as one line is all of them. Where (3.14) is wrong, the numbers of the gates for which
it is wrong do as well.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import numpy as np
import torch

from lstm_helpers import LSTMWeights, lstm_backward, lstm_forward

FAULTY, RIGHT, BROKEN = [], [], []


@dataclass(frozen=True)
class Case:
    """accepted: the sets of equation numbers that name the fault. words: what a report of a broken one must contain."""

    backward: Callable
    accepted: tuple[frozenset[str], ...] = ()
    words: str = ""

    @property
    def name(self):
        return self.backward.__name__

    @property
    def says(self):
        return self.backward.__doc__


def faulty(*equations, or_else=()):
    """Registers a function in which exactly these equations are wrong. or_else: other sets that are equally right."""

    def register(backward):
        FAULTY.append(Case(backward, tuple(map(frozenset, (equations, *or_else)))))
        return backward

    return register


def right(backward):
    RIGHT.append(Case(backward))
    return backward


def broken(words):
    def register(backward):
        BROKEN.append(Case(backward, words=words))
        return backward

    return register


def stacked(steps, names):
    """Some of what the steps keep, each (T, N, H): `stacked(steps, "i f c")`."""
    return [np.stack([getattr(step, name) for step in steps]) for name in names.split()]


def before(steps, h_0, c_0):
    """h_{t-1} and c_{t-1} of every step, each (T, N, H)."""
    return np.stack([h_0, *(s.h for s in steps[:-1])]), np.stack([c_0, *(s.c for s in steps[:-1])])


# One mistake


@faulty("3.4")
def no_recurrent_arrows(x, steps, weights, h_0, c_0, dh):
    """delta h_t is the immediate part alone."""
    i, f, g, o, m = stacked(steps, "i f g o m")
    h_prev, c_prev = before(steps, h_0, c_0)
    d_h = np.array(dh)
    d_c = d_h * o * (1 - m * m)
    for t in range(len(x) - 2, -1, -1):
        d_c[t] += d_c[t + 1] * f[t + 1]
    d_i, d_f, d_g = d_c * g * i * (1 - i), d_c * c_prev * f * (1 - f), d_c * i * (1 - g * g)
    z = np.concatenate([d_i, d_f, d_g, d_h * m * o * (1 - o)], axis=2)
    sums = {"W_x": np.einsum("tnk,tni->ki", z, x), "W_h": np.einsum("tnk,tni->ki", z, h_prev), "b": z.sum((0, 1))}
    return sums | {"x": z @ weights.W_x, "h_0": z[0] @ weights.W_h, "c_0": d_c[0] * f[0], "z": z}


@faulty("3.5")
def forget_gate_of_this_step(x, steps, weights, h_0, c_0, dh):
    """The carry of c is multiplied by f_t, not by f_{t+1}."""

    def step_backward(dnext_h, dnext_c, cache):
        x_t, prev_h, prev_c, s = cache
        dc = dnext_h * s.o * (1 - s.m**2) + dnext_c * s.f
        di, df, dg, do = dc * s.g, dc * prev_c, dc * s.i, dnext_h * s.m
        da = np.hstack((di * s.i * (1 - s.i), df * s.f * (1 - s.f), dg * (1 - s.g**2), do * s.o * (1 - s.o)))
        return da.dot(weights.W_x), da.dot(weights.W_h), dc, x_t.T.dot(da), prev_h.T.dot(da), da.sum(0)

    caches = list(zip(x, *before(steps, h_0, c_0), steps))
    dx, dWx, dWh, db = np.zeros_like(x), 0, 0, 0
    dprev_h, dc = np.zeros_like(h_0), np.zeros_like(c_0)
    for t in reversed(range(len(caches))):
        dx[t], dprev_h, dc, dWx_t, dWh_t, db_t = step_backward(dh[t] + dprev_h, dc, caches[t])
        dWx, dWh, db = dWx + dWx_t, dWh + dWh_t, db + db_t
    return {"x": dx, "W_x": dWx.T, "W_h": dWh.T, "b": db, "h_0": dprev_h, "c_0": dc * steps[0].f}


@faulty("3.5")
def slope_on_both_terms(x, steps, weights, h_0, c_0, dh):
    """1 - m_t^2 multiplies what comes from c_{t+1} as well."""
    T, N, H = len(x), len(h_0), weights.H
    A, (C, M) = np.stack([np.hstack([s.i, s.f, s.g, s.o]) for s in steps]), stacked(steps, "c m")
    pre, seen = np.zeros((T, N, 4 * H)), np.zeros((T, N, 4 * H))
    back_c, back_h, drows = np.zeros((T, N, H)), np.array(dh), np.zeros((1 + weights.I + H, 4 * H))
    rows = np.vstack([weights.b, weights.W_x.T, weights.W_h.T])
    dh0, dc0 = np.zeros((N, H)), np.zeros((N, H))
    for t in reversed(range(T)):
        source = np.hstack([np.ones((N, 1)), x[t], steps[t - 1].h if t > 0 else h_0])
        seen[t, :, 3 * H :] = M[t] * back_h[t]
        back_c[t] += back_h[t] * A[t, :, 3 * H :]
        back_c[t] *= 1 - M[t] ** 2
        seen[t, :, H : 2 * H] = (C[t - 1] if t > 0 else c_0) * back_c[t]
        seen[t, :, :H] = A[t, :, 2 * H : 3 * H] * back_c[t]
        seen[t, :, 2 * H : 3 * H] = A[t, :, :H] * back_c[t]
        pre[t] = A[t] * (1 - A[t]) * seen[t]
        pre[t, :, 2 * H : 3 * H] = (1 - A[t, :, 2 * H : 3 * H] ** 2) * seen[t, :, 2 * H : 3 * H]
        drows += source.T @ pre[t]
        down = pre[t] @ rows.T
        (back_c[t - 1] if t > 0 else dc0)[:] += A[t, :, H : 2 * H] * back_c[t]
        (back_h[t - 1] if t > 0 else dh0)[:] += down[:, 1 + weights.I :]
    grad = drows.T
    return {"b": grad[:, 0], "W_x": grad[:, 1 : 1 + weights.I], "W_h": grad[:, 1 + weights.I :], "h_0": dh0, "c_0": dc0}


@faulty("3.6")
def output_gate_squashed_twice(x, steps, weights, h_0, c_0, dh):
    """The slope of the output gate is taken at o_t, which is squashed already, not at its pre-activation."""

    def sigmoid(v, derivative=False):
        s = 1 / (1 + np.exp(-v))
        return s * (1 - s) if derivative else s

    W = {gate: np.hstack(weights.gate(gate)[1::-1]) for gate in "figo"}  # on [h, x], columns are sequences
    d_W, d_b = {gate: np.zeros_like(W[gate]) for gate in W}, {gate: np.zeros((weights.H, 1)) for gate in W}
    dh_next, dC_next = np.zeros_like(h_0).T, np.zeros_like(c_0).T
    for t in reversed(range(len(x))):
        h_prev, C_prev = (h_0, c_0) if t == 0 else (steps[t - 1].h, steps[t - 1].c)
        z = np.vstack((h_prev.T, x[t].T))
        f, i, g, o, C = (getattr(steps[t], name).T for name in "figoc")
        dh_t = dh[t].T + dh_next
        do = sigmoid(o, derivative=True) * dh_t * np.tanh(C)
        dC = dC_next + dh_t * o * (1 - np.tanh(C) ** 2)
        dg, di, df = dC * i * (1 - g * g), dC * g * i * (1 - i), dC * C_prev.T * f * (1 - f)
        dz = 0
        for gate, delta in zip("figo", (df, di, dg, do)):
            d_W[gate] += np.dot(delta, z.T)
            d_b[gate] += np.sum(delta, axis=1, keepdims=True)
            dz = dz + np.dot(W[gate].T, delta)
        dh_next, dC_next = dz[: weights.H], f * dC
    rows = np.vstack([d_W[gate] for gate in "ifgo"])
    b = np.vstack([d_b[gate] for gate in "ifgo"])[:, 0]
    return {"W_h": rows[:, : weights.H], "W_x": rows[:, weights.H :], "b": b, "h_0": dh_next.T, "c_0": dC_next.T}


@faulty("3.4", or_else=[("3.4", "3.16")])
def no_arrow_through_forget_gate(x, steps, weights, h_0, c_0, dh):
    """h_t is used by three gates of step t + 1: the forget gate is left out."""
    W_hi, _, W_hg, W_ho = (weights.gate(k)[1] for k in "ifgo")
    grads = {k: [np.zeros_like(a) for a in weights.gate(k)] for k in "ifgo"}
    carry_h, carry_c = np.zeros_like(h_0), np.zeros_like(c_0)
    for t in range(len(steps) - 1, -1, -1):
        s = steps[t]
        h_prev = steps[t - 1].h if t else h_0
        c_prev = steps[t - 1].c if t else c_0
        d_h = dh[t] + carry_h
        d_c = carry_c + d_h * s.o * (1 - s.m**2)
        delta = {"o": d_h * s.m * s.o * (1 - s.o), "i": d_c * s.g * s.i * (1 - s.i)}
        delta |= {"f": d_c * c_prev * s.f * (1 - s.f), "g": d_c * s.i * (1 - s.g**2)}
        for k, d in delta.items():
            for total, term in zip(grads[k], (d.T @ x[t], d.T @ h_prev, d.sum(0))):
                total += term
        carry_h = delta["i"] @ W_hi + delta["g"] @ W_hg + delta["o"] @ W_ho
        carry_c = d_c * s.f
    W_x, W_h, b = (np.concatenate([grads[k][n] for k in "ifgo"]) for n in range(3))
    return {"W_x": W_x, "W_h": W_h, "b": b, "h_0": carry_h, "c_0": carry_c}


@faulty("3.4", or_else=[("3.4", "3.16")])
def recurrent_weights_transposed(x, steps, weights, h_0, c_0, dh):
    """Each gate's block of W_h is transposed on the way back to h."""
    U = weights.W_h.reshape(4, weights.H, weights.H)
    gates = np.stack([[s.i, s.f, s.g, s.o] for s in steps])  # (T, 4, N, H)
    slopes = gates * (1 - gates)
    slopes[:, 2] = 1 - gates[:, 2] ** 2
    h_prev, c_prev = before(steps, h_0, c_0)
    D, from_h, d_c = np.zeros_like(gates), 0, 0
    for t in reversed(range(len(x))):
        i, f, g, o = gates[t]
        d_h = dh[t] + from_h
        d_c = d_c + d_h * o * (1 - steps[t].m ** 2)
        D[t] = np.stack([d_c * g, d_c * c_prev[t], d_c * i, d_h * steps[t].m]) * slopes[t]
        from_h = np.einsum("knj,kij->ni", D[t], U)
        d_c = d_c * f
    W_x, W_h = (np.einsum("tknj,tni->kji", D, a).reshape(4 * weights.H, -1) for a in (np.asarray(x), h_prev))
    return {"W_x": W_x, "W_h": W_h, "b": np.einsum("tknj->kj", D).ravel(), "h_0": from_h, "c_0": d_c}


@faulty("3.4")
def dh_of_the_step_before(x, steps, weights, h_0, c_0, dh):
    """The immediate part of step t is read from row t - 1 of dh, one too early."""
    t, back = len(x), {"h_0": 0, "c_0": 0, "W_x": 0, "W_h": 0, "b": 0}
    while t > 0:
        t -= 1
        s, (h_prev, c_prev) = steps[t], ((h_0, c_0), (steps[t - 1].h, steps[t - 1].c))[t > 0]
        d_h = dh[t - 1] + back["h_0"]
        d_c = d_h * s.o * (1 - s.m**2) + back["c_0"]
        d_i, d_f, d_g = d_c * s.g * s.i * (1 - s.i), d_c * c_prev * s.f * (1 - s.f), d_c * s.i * (1 - s.g**2)
        d_pre = np.hstack([d_i, d_f, d_g, d_h * s.m * s.o * (1 - s.o)])
        back["W_x"] += d_pre.T @ x[t]
        back["W_h"] += d_pre.T @ h_prev
        back["b"] += d_pre.sum(axis=0)
        back["h_0"], back["c_0"] = d_pre @ weights.W_h, d_c * s.f
    return back


@faulty("3.4", or_else=[("3.4", "3.16")])
def carry_never_reset(x, steps, weights, h_0, c_0, dh):
    """The carry of h is added to and never begun anew: each step hears from all later steps, not only from the next."""

    def one_back(state, step):
        carry_h, carry_c, done = state
        s, x_t, dh_t, h_prev, c_prev = step
        d_h = dh_t + carry_h
        d_c = d_h * s.o * (1 - s.m * s.m) + carry_c
        d_i, d_f, d_g = d_c * s.g * s.i * (1 - s.i), d_c * c_prev * s.f * (1 - s.f), d_c * s.i * (1 - s.g * s.g)
        d_z = np.c_[d_i, d_f, d_g, d_h * s.m * s.o * (1 - s.o)]
        done = [a + b for a, b in zip(done, (d_z.T @ x_t, d_z.T @ h_prev, d_z.sum(0)))]
        return carry_h + d_z @ weights.W_h, d_c * s.f, done

    sequence = list(zip(steps, x, dh, *before(steps, h_0, c_0)))
    carry_h, carry_c, (W_x, W_h, b) = reduce(one_back, sequence[::-1], (0, 0, [0, 0, 0]))
    return dict(W_x=W_x, W_h=W_h, b=b, h_0=carry_h, c_0=carry_c)


@faulty("3.5")
def cell_hears_immediate_part_only(x, steps, weights, h_0, c_0, dh):
    """delta c_t takes dh_t where the total delta h_t belongs."""
    X, dH, W_x, W_h = (torch.as_tensor(np.asarray(a)) for a in (x, dh, weights.W_x, weights.W_h))
    h_prev, c_prev = (torch.as_tensor(a) for a in before(steps, h_0, c_0))
    i, f, g, o, m = (torch.as_tensor(a) for a in stacked(steps, "i f g o m"))
    carry_h, carry_c, deltas = torch.zeros_like(dH[0]), torch.zeros_like(dH[0]), []
    for t in range(X.shape[0])[::-1]:
        grad_h = dH[t] + carry_h
        grad_c = dH[t] * o[t] * (1 - m[t].square()) + carry_c
        grads = (grad_c * g[t] * i[t] * (1 - i[t]), grad_c * c_prev[t] * f[t] * (1 - f[t]))
        grads += (grad_c * i[t] * (1 - g[t].square()), grad_h * m[t] * o[t] * (1 - o[t]))
        deltas.insert(0, torch.cat(grads, dim=-1))
        carry_h, carry_c = torch.mm(deltas[0], W_h), grad_c * f[t]
    z = torch.stack(deltas)
    flat = z.flatten(0, 1).T
    back = {"W_x": flat @ X.flatten(0, 1), "W_h": flat @ h_prev.flatten(0, 1), "b": flat.sum(1), "x": z @ W_x, "z": z}
    return back | {"h_0": carry_h, "c_0": carry_c}


@faulty("3.5")
def slope_without_the_square(x, steps, weights, h_0, c_0, dh):
    """1 - m_t stands for 1 - m_t^2."""
    i, f, g, o, m = stacked(steps, "i f g o m")
    h_prev, c_prev = before(steps, h_0, c_0)
    of_c = o * (1 - m)  # all that is nonlinear, first
    local = np.stack([g * i * (1 - i), c_prev * f * (1 - f), i * (1 - g**2), m * o * (1 - o)], axis=2)
    T, N, H = f.shape
    z, d_h, d_c = np.empty((T, N, 4 * H)), 0, 0
    for t in reversed(range(T)):
        d_h = dh[t] + d_h
        d_c = d_h * of_c[t] + d_c
        z[t] = (local[t] * np.stack([d_c, d_c, d_c, d_h], axis=1)).reshape(N, 4 * H)
        d_h, d_c = z[t] @ weights.W_h, d_c * f[t]
    rows = np.concatenate([x, h_prev, np.ones((T, N, 1))], axis=2).reshape(T * N, -1)
    W_x, W_h, b = np.split(z.reshape(T * N, -1).T @ rows, [weights.I, weights.I + H], axis=1)
    return {"W_x": W_x, "W_h": W_h, "b": b[:, 0], "x": z @ weights.W_x, "h_0": d_h, "c_0": d_c}


@faulty("3.5")
def slope_at_c_instead_of_m(x, steps, weights, h_0, c_0, dh):
    """1 - c_t^2 stands for 1 - m_t^2."""
    W_x, W_h, b = np.zeros_like(weights.W_x), np.zeros_like(weights.W_h), np.zeros_like(weights.b)
    d_x, d_h0, d_c0 = np.zeros_like(x), np.zeros_like(h_0), np.zeros_like(c_0)
    for n in range(len(h_0)):  # one sequence after the other, all vectors
        later_h, later_c = np.zeros(weights.H), np.zeros(weights.H)
        for t in reversed(range(len(x))):
            i, f, g, o, c, m = (getattr(steps[t], name)[n] for name in "ifgocm")
            h_before, c_before = (steps[t - 1].h[n], steps[t - 1].c[n]) if t else (h_0[n], c_0[n])
            v = dh[t][n] + later_h
            u = v * o * (1 - c**2) + later_c
            local = g * i * (1 - i), c_before * f * (1 - f), i * (1 - g**2)
            z = np.concatenate([*(u * k for k in local), v * m * o * (1 - o)])
            W_x += np.outer(z, x[t][n])
            W_h += np.outer(z, h_before)
            b += z
            d_x[t, n] = weights.W_x.T @ z
            later_h, later_c = weights.W_h.T @ z, u * f
        d_h0[n], d_c0[n] = later_h, later_c
    return {"W_x": W_x, "W_h": W_h, "b": b, "x": d_x, "h_0": d_h0, "c_0": d_c0}


@faulty("3.5", or_else=[("3.5", "3.16")])
def memory_kept_without_forget_gate(x, steps, weights, h_0, c_0, dh):
    """delta c_{t+1} is handed on as it is, not multiplied by f_{t+1}."""

    class Cell:
        def __init__(self):
            self.dW_x, self.dW_h, self.db = 0, 0, 0
            self.dh_next, self.dc_next = 0, 0

        def back(self, s, x_t, h_prev, c_prev, grad):
            grad = grad + self.dh_next
            self.dc_next = self.dc_next + grad * s.o * (1 - s.m**2)
            d_gates = {"i": s.g, "f": c_prev, "g": s.i}
            deltas = [self.dc_next * d_gates[k] * self.slope(k, getattr(s, k)) for k in "ifg"]
            self.delta = np.concatenate([*deltas, grad * s.m * self.slope("o", s.o)], axis=-1)
            self.dh_next = self.delta @ weights.W_h
            self.collect(x_t, h_prev)

        @staticmethod
        def slope(gate, value):
            return 1 - value**2 if gate == "g" else value * (1 - value)

        def collect(self, x_t, h_prev):
            self.dW_x += self.delta.T @ x_t
            self.dW_h += self.delta.T @ h_prev
            self.db += self.delta.sum(axis=0)

    cell = Cell()
    for arguments in reversed(list(zip(steps, x, *before(steps, h_0, c_0), dh))):
        cell.back(*arguments)
    return {"W_x": cell.dW_x, "W_h": cell.dW_h, "b": cell.db, "h_0": cell.dh_next, "c_0": cell.dc_next}


@faulty("3.6")
def cell_state_without_tanh(x, steps, weights, h_0, c_0, dh):
    """The output gate sees c_t where it was multiplied with m_t."""
    tape, next_h, next_c = [], 0, 0
    for s, c_prev, dh_t in list(zip(steps, [c_0] + [s.c for s in steps], dh))[::-1]:
        d = {"h": dh_t + next_h}
        d["c"] = d["h"] * s.o * (1 - s.m**2) + next_c
        d["o~"] = d["h"] * s.c * s.o * (1 - s.o)
        d["i~"] = d["c"] * s.g * s.i * (1 - s.i)
        d["f~"] = d["c"] * c_prev * s.f * (1 - s.f)
        d["g~"] = d["c"] * s.i * (1 - s.g**2)
        next_h = sum(d[k + "~"] @ weights.gate(k)[1] for k in "ifgo")
        next_c = d["c"] * s.f
        tape.append(d)
    tape.reverse()
    z = [np.hstack([d["i~"], d["f~"], d["g~"], d["o~"]]) for d in tape]
    h_prev = [h_0] + [s.h for s in steps]
    return {
        "W_x": sum(a.T @ b for a, b in zip(z, x)),
        "W_h": sum(a.T @ b for a, b in zip(z, h_prev)),
        "b": sum(a.sum(axis=0) for a in z),
        "z": np.array(z),
        "h_0": next_h,
        "c_0": next_c,
    }


@faulty("3.6")
def output_gate_hears_the_cell(x, steps, weights, h_0, c_0, dh):
    """The output gate's delta takes delta c_t, as the other three do, where delta h_t belongs."""
    slope = {k: (lambda v: 1 - v**2) if k == "g" else (lambda v: v * (1 - v)) for k in "ifgo"}
    factor = {"i": lambda s, c: s.g, "f": lambda s, c: c, "g": lambda s, c: s.i, "o": lambda s, c: s.m}
    W_x, W_h, b, carry_h, carry_c = [0] * 5
    for x_t, s, h, c, dh_t in zip(x[::-1], steps[::-1], *(a[::-1] for a in before(steps, h_0, c_0)), dh[::-1]):
        carry_h = dh_t + carry_h
        carry_c = carry_h * s.o * (1 - s.m**2) + carry_c
        z = np.concatenate([carry_c * factor[k](s, c) * slope[k](getattr(s, k)) for k in "ifgo"], axis=1)
        W_x, W_h, b = W_x + z.T @ x_t, W_h + z.T @ h, b + z.sum(0)
        carry_h, carry_c = z @ weights.W_h, carry_c * s.f
    return {"W_x": W_x, "W_h": W_h, "b": b, "h_0": carry_h, "c_0": carry_c}


@faulty("3.7")
def tanh_slope_on_input_gate(x, steps, weights, h_0, c_0, dh):
    """The input gate is a sigmoid, but gets the slope i (1 - i^2)."""
    W_x, W_h, b, d_x = (np.zeros_like(a) for a in (weights.W_x, weights.W_h, weights.b, x))

    def down(t):
        """What step t + 1 hands to h_t and c_t."""
        if t == len(steps):
            return 0, 0
        h_later, c_later = down(t + 1)
        s, h_prev, c_prev = steps[t], *((steps[t - 1].h, steps[t - 1].c) if t else (h_0, c_0))
        d_h = dh[t] + h_later
        d_c = d_h * s.o * (1 - s.m**2) + c_later
        i_pre = d_c * s.g * s.i * (1 - s.i**2)
        f_pre = d_c * c_prev * s.f * (1 - s.f)
        g_pre = d_c * s.i * (1 - s.g**2)
        o_pre = d_h * s.m * s.o * (1 - s.o)
        z = np.hstack([i_pre, f_pre, g_pre, o_pre])
        W_x[:], W_h[:], b[:] = W_x + z.T @ x[t], W_h + z.T @ h_prev, b + z.sum(0)
        d_x[t] = z @ weights.W_x
        return z @ weights.W_h, d_c * s.f

    h_first, c_first = down(0)
    return {"W_x": W_x, "W_h": W_h, "b": b, "x": d_x, "h_0": h_first, "c_0": c_first}


@faulty("3.7")
def input_gate_multiplied_with_memory(x, steps, weights, h_0, c_0, dh):
    """The input gate sees c_{t-1}, as the forget gate does, where it was multiplied with g_t."""

    def deltas():
        carry_h = carry_c = 0
        c_before = [c_0, *[s.c for s in steps]]
        for t in reversed(range(len(steps))):
            s, c_prev = steps[t], c_before[t]
            d_h = dh[t] + carry_h
            d_c = d_h * s.o * (1 - s.m**2) + carry_c
            both = d_c * c_prev
            d_i, d_f, d_g = both * s.i * (1 - s.i), both * s.f * (1 - s.f), d_c * s.i * (1 - s.g**2)
            z = np.hstack([d_i, d_f, d_g, d_h * s.m * s.o * (1 - s.o)])
            carry_h, carry_c = z @ weights.W_h, d_c * s.f
            yield t, z, carry_h, carry_c

    out = {"W_x": 0, "W_h": 0, "b": 0}
    for t, z, h_back, c_back in deltas():
        out["W_x"] = out["W_x"] + z.T @ x[t]
        out["W_h"] = out["W_h"] + z.T @ (steps[t - 1].h if t > 0 else h_0)
        out["b"] = out["b"] + z.sum(axis=0)
        out["h_0"], out["c_0"] = h_back, c_back
    return out


@faulty("3.8")
def memory_after_the_step(x, steps, weights, h_0, c_0, dh):
    """c_t where c_{t-1} belongs."""
    d_x, d_h, d_c = [], np.zeros_like(h_0), np.zeros_like(c_0)
    grads = [0 * weights.W_x, 0 * weights.W_h, 0 * weights.b]
    for s, x_t, h_t, dh_t in zip(reversed(steps), x[::-1], before(steps, h_0, c_0)[0][::-1], dh[::-1]):
        d_h = d_h + dh_t
        d_c = d_c + d_h * s.o * (1 - np.tanh(s.c) ** 2)
        d_ig = d_c * s.i * s.g
        z = np.hstack([d_ig * (1 - s.i), d_c * s.f * (1 - s.f) * s.c, d_c * s.i * (1 - s.g**2), d_h * s.h * (1 - s.o)])
        grads = [total + term for total, term in zip(grads, [z.T @ x_t, z.T @ h_t, np.ones(len(z)) @ z])]
        d_x.append(z @ weights.W_x)
        d_h, d_c = z @ weights.W_h, d_c * s.f
    return dict(zip(("W_x", "W_h", "b"), grads)) | {"x": np.stack(d_x[::-1]), "h_0": d_h, "c_0": d_c}


@faulty("3.8")
def hidden_state_for_memory(x, steps, weights, h_0, c_0, dh):
    """h_{t-1} where c_{t-1} belongs."""
    n, T = weights.H, len(x)
    a_prev, da_next, dc_next = h_0.T, np.zeros_like(h_0.T), np.zeros_like(c_0.T)  # columns are sequences
    dW, db = np.zeros((4 * n, n + weights.I)), np.zeros((4 * n, 1))
    for t in reversed(range(T)):
        a_prev = steps[t - 1].h.T if t > 0 else h_0.T
        it, ft, cct, ot, c_next = (getattr(steps[t], k).T for k in "ifgoc")
        da = dh[t].T + da_next
        dc = dc_next + ot * (1 - np.square(np.tanh(c_next))) * da
        dot = da * np.tanh(c_next) * ot * (1 - ot)
        dcct = dc * it * (1 - np.square(cct))
        dit = dc * cct * it * (1 - it)
        dft = dc * a_prev * ft * (1 - ft)
        stack = np.concatenate([dit, dft, dcct, dot], axis=0)
        dW += np.dot(stack, np.concatenate([a_prev, x[t].T], axis=0).T)
        db += np.sum(stack, axis=1, keepdims=True)
        da_next, dc_next = np.dot(weights.W_h.T, stack), dc * ft
    return {"W_h": dW[:, :n], "W_x": dW[:, n:], "b": db.ravel(), "h_0": da_next.T, "c_0": dc_next.T}


@faulty("3.8")
def memory_rolled_round(x, steps, weights, h_0, c_0, dh):
    """c is shifted by np.roll, so that step 1 sees c_T where c_0 belongs."""
    i, f, g, o, c, m, h = stacked(steps, "i f g o c m h")
    c_prev, h_prev = np.roll(c, 1, axis=0), np.roll(h, 1, axis=0)
    h_prev[0] = h_0
    D_h, D_c = np.array(dh), np.zeros_like(c)
    Z = np.zeros((*c.shape[:2], 4, weights.H))
    for t in range(len(x) - 1, -1, -1):
        D_c[t] += D_h[t] * o[t] * (1 - m[t] ** 2)
        Z[t, :, 0], Z[t, :, 1] = D_c[t] * g[t] * i[t] * (1 - i[t]), D_c[t] * c_prev[t] * f[t] * (1 - f[t])
        Z[t, :, 2], Z[t, :, 3] = D_c[t] * i[t] * (1 - g[t] ** 2), D_h[t] * m[t] * o[t] * (1 - o[t])
        back = Z[t].reshape(len(h_0), -1) @ weights.W_h
        if t > 0:
            D_h[t - 1] += back
            D_c[t - 1] = D_c[t] * f[t]
    z = Z.reshape(*c.shape[:2], -1)
    return {
        "W_x": np.tensordot(z, x, axes=([0, 1], [0, 1])),
        "W_h": np.tensordot(z, h_prev, axes=([0, 1], [0, 1])),
        "b": z.sum(axis=(0, 1)),
        "h_0": back,
        "c_0": D_c[0] * f[0],
    }


@faulty("3.9")
def candidate_taken_for_a_sigmoid(x, steps, weights, h_0, c_0, dh):
    """The candidate is a tanh, but gets the sigmoid's slope g (1 - g)."""
    T, N, H = len(x), *h_0.shape
    pre, back_h, back_c = np.zeros((T, N, 4 * H)), np.zeros((T + 1, N, H)), np.zeros((T + 1, N, H))
    for t, n in ((t, n) for t in range(T, 0, -1) for n in range(N)):
        s = steps[t - 1]
        for k in range(H):  # one unit at a time
            d_h = dh[t - 1][n][k] + back_h[t, n, k]
            d_c = d_h * s.o[n, k] * (1 - s.m[n, k] ** 2) + back_c[t, n, k]
            c_prev = steps[t - 2].c[n, k] if t > 1 else c_0[n, k]
            for row, seen, gate in ((0, s.g, s.i), (2, s.i, s.g)):
                pre[t - 1, n, row * H + k] = d_c * seen[n, k] * gate[n, k] * (1 - gate[n, k])
            pre[t - 1, n, H + k] = d_c * c_prev * s.f[n, k] * (1 - s.f[n, k])
            pre[t - 1, n, 3 * H + k] = d_h * s.m[n, k] * s.o[n, k] * (1 - s.o[n, k])
            back_c[t - 1, n, k] = d_c * s.f[n, k]
        back_h[t - 1, n] = pre[t - 1, n] @ weights.W_h
    W_x = sum(pre[t].T @ x[t] for t in range(T))
    W_h = sum(pre[t].T @ (steps[t - 1].h if t else h_0) for t in range(T))
    return {"z": pre, "W_x": W_x, "W_h": W_h, "b": pre.sum((0, 1)), "h_0": back_h[0], "c_0": back_c[0]}


@faulty("3.9")
def candidate_without_input_gate(x, steps, weights, h_0, c_0, dh):
    """The factor i_t is missing from the candidate's delta."""
    Wi, Wf, Wg, Wo = (np.hstack([weights.gate(k)[1], weights.gate(k)[0]]) for k in "ifgo")
    H = weights.H
    dWi, dWf, dWg, dWo = (np.zeros_like(W) for W in (Wi, Wf, Wg, Wo))
    dbi, dbf, dbg, dbo = (np.zeros((1, H)) for _ in range(4))
    dh_next, dc_next, dx = np.zeros_like(h_0), np.zeros_like(c_0), []
    for t in reversed(range(len(x))):
        i, f, g, o, c = steps[t].i, steps[t].f, steps[t].g, steps[t].o, steps[t].c
        h_prev, c_prev = (steps[t - 1].h, steps[t - 1].c) if t else (h_0, c_0)
        row = np.hstack([h_prev, x[t]])
        dh_t = dh[t] + dh_next
        dc = dc_next + dh_t * o * (1 - np.tanh(c) ** 2)
        do = dh_t * np.tanh(c) * o * (1 - o)
        dg = dc * (1 - g**2)
        di = dc * g * i * (1 - i)
        df = dc * c_prev * f * (1 - f)
        drow = df @ Wf + di @ Wi + dg @ Wg + do @ Wo
        dWi, dWf, dWg, dWo = dWi + di.T @ row, dWf + df.T @ row, dWg + dg.T @ row, dWo + do.T @ row
        dbi, dbf = dbi + di.sum(axis=0, keepdims=True), dbf + df.sum(axis=0, keepdims=True)
        dbg, dbo = dbg + dg.sum(axis=0, keepdims=True), dbo + do.sum(axis=0, keepdims=True)
        dh_next, dc_next = drow[:, :H], f * dc
        dx.insert(0, drow[:, H:])
    dW = np.vstack([dWi, dWf, dWg, dWo])
    b = np.hstack([dbi, dbf, dbg, dbo]).squeeze(0)
    return {"W_h": dW[:, :H], "W_x": dW[:, H:], "b": b, "x": np.array(dx), "h_0": dh_next, "c_0": dc_next}


def deltas_of(steps, weights, c_0, dh):
    """For those below whose mistake comes after the deltas: z (T, N, 4H), delta h_1, delta c_1."""
    z, carry_h, carry_c = [], 0, 0
    for s, c_prev, dh_t in list(zip(steps, [c_0, *(s.c for s in steps)], dh))[::-1]:
        d_h = dh_t + carry_h
        d_c = d_h * s.o * (1 - s.m**2) + carry_c
        d_i, d_f, d_g = d_c * s.g * s.i * (1 - s.i), d_c * c_prev * s.f * (1 - s.f), d_c * s.i * (1 - s.g**2)
        z.append(np.hstack([d_i, d_f, d_g, d_h * s.m * s.o * (1 - s.o)]))
        carry_h, carry_c = z[-1] @ weights.W_h, d_c * s.f
    return np.stack(z[::-1]), d_h, d_c


ALL_GATES = ("3.10", "3.11", "3.12", "3.13")


@faulty("3.14", or_else=[ALL_GATES])
def hidden_state_after_the_step(x, steps, weights, h_0, c_0, dh):
    """The gradient of W_h takes h_t where h_{t-1} belongs."""
    z, _, d_c = deltas_of(steps, weights, c_0, dh)
    rows = np.array([np.hstack([x_t, s.h, np.ones((len(x_t), 1))]) for x_t, s in zip(x, steps)])
    total = (z.swapaxes(1, 2) @ rows).sum(axis=0)
    back = {"W_x": total[:, : weights.I], "W_h": total[:, weights.I : -1], "b": total[:, -1]}
    return back | {"z": z, "h_0": z[0] @ weights.W_h, "c_0": d_c * steps[0].f}


@faulty("3.14", or_else=[ALL_GATES])
def mean_over_sequences(x, steps, weights, h_0, c_0, dh):
    """The gradients of the three parameters are divided by the number of sequences."""
    z, _, d_c = deltas_of(steps, weights, c_0, dh)
    h_prev, N = before(steps, h_0, c_0)[0], len(h_0)
    mean = {"W_x": sum(d.T @ a for d, a in zip(z, x)) / N, "W_h": sum(d.T @ a for d, a in zip(z, h_prev)) / N}
    return mean | {
        "x": z @ weights.W_x,
        "b": z.sum(axis=0).mean(axis=0),
        "h_0": z[0] @ weights.W_h,
        "c_0": d_c * steps[0].f,
    }


@faulty("3.14", or_else=[ALL_GATES])
def bias_of_one_step(x, steps, weights, h_0, c_0, dh):
    """db is set anew at each step instead of added to: step 1 alone is left."""
    dW_x, dW_h, db = np.zeros_like(weights.W_x), np.zeros_like(weights.W_h), np.zeros_like(weights.b)
    z, _, d_c = deltas_of(steps, weights, c_0, dh)
    for t in reversed(range(len(z))):
        dW_x += z[t].T @ x[t]
        dW_h += z[t].T @ (h_0 if t == 0 else steps[t - 1].h)
        db = z[t].sum(axis=0)
    return {"W_x": dW_x, "W_h": dW_h, "b": db, "h_0": z[0] @ weights.W_h, "c_0": d_c * steps[0].f}


@faulty("3.11", or_else=[("3.14",)])
def forget_bias_copied_from_input_gate(x, steps, weights, h_0, c_0, dh):
    """A copied line: the forget gate's bias gets the sum of the input gate's deltas."""
    z, _, d_c = deltas_of(steps, weights, c_0, dh)
    d_i, d_f, d_g, d_o = np.split(z, 4, axis=-1)
    h_prev, _ = before(steps, h_0, c_0)
    dW_xi, dW_hi, db_i = np.einsum("tnh,tni", d_i, x), np.einsum("tnh,tni", d_i, h_prev), np.einsum("tnh->h", d_i)
    dW_xf, dW_hf, db_f = np.einsum("tnh,tni", d_f, x), np.einsum("tnh,tni", d_f, h_prev), np.einsum("tnh->h", d_i)
    dW_xg, dW_hg, db_g = np.einsum("tnh,tni", d_g, x), np.einsum("tnh,tni", d_g, h_prev), np.einsum("tnh->h", d_g)
    dW_xo, dW_ho, db_o = np.einsum("tnh,tni", d_o, x), np.einsum("tnh,tni", d_o, h_prev), np.einsum("tnh->h", d_o)
    W_x, W_h = np.concatenate([dW_xi, dW_xf, dW_xg, dW_xo]), np.concatenate([dW_hi, dW_hf, dW_hg, dW_ho])
    b = np.concatenate([db_i, db_f, db_g, db_o])
    return {"W_x": W_x, "W_h": W_h, "b": b, "h_0": z[0] @ weights.W_h, "c_0": d_c * steps[0].f}


@faulty("3.14", or_else=[ALL_GATES])
def first_step_begins_at_zero(x, steps, weights, h_0, c_0, dh):
    """The gradient of W_h leaves out step 1, as if h_0 were always zero."""
    z, _, d_c = deltas_of(steps, weights, c_0, dh)
    W_h = np.zeros_like(weights.W_h)
    for d_z, s in zip(z[1:], steps):
        W_h += d_z.T @ s.h
    flat = z.reshape(-1, z.shape[-1])
    back = {"W_x": flat.T @ np.reshape(x, (-1, weights.I)), "W_h": W_h, "b": flat.sum(axis=0), "x": z @ weights.W_x}
    return back | {"h_0": z[0] @ weights.W_h, "c_0": d_c * steps[0].f}


@faulty("3.14", or_else=[ALL_GATES])
def one_buffer_for_all_steps(x, steps, weights, h_0, c_0, dh):
    """The deltas are appended without a copy: afterwards every entry of the list is that of step 1."""
    H, history, d_x = weights.H, [], np.zeros_like(x)
    buffer, carry_h, carry_c = np.empty((len(h_0), 4 * H)), np.zeros_like(h_0), np.zeros_like(c_0)
    for t in reversed(range(len(x))):
        s, c_prev = steps[t], steps[t - 1].c if t else c_0
        d_h = dh[t] + carry_h
        d_c = d_h * s.o * (1 - s.m**2) + carry_c
        buffer[:, :H] = d_c * s.g * s.i * (1 - s.i)
        buffer[:, H : 2 * H] = d_c * c_prev * s.f * (1 - s.f)
        buffer[:, 2 * H : 3 * H] = d_c * s.i * (1 - s.g**2)
        buffer[:, 3 * H :] = d_h * s.m * s.o * (1 - s.o)
        history.append(buffer)
        d_x[t] = buffer @ weights.W_x
        carry_h, carry_c = buffer @ weights.W_h, d_c * s.f
    z, (h_prev, _) = np.stack(history[::-1]), before(steps, h_0, c_0)
    W_x, W_h = (np.einsum("tnk,tni->ki", z, a) for a in (np.asarray(x), h_prev))
    return {"W_x": W_x, "W_h": W_h, "b": z.sum((0, 1)), "x": d_x, "h_0": carry_h, "c_0": carry_c}


@faulty("3.15")
def inputs_in_reversed_order(x, steps, weights, h_0, c_0, dh):
    """The gradients of the inputs are left in the order of the loop, last step first."""
    dx, pre_h, pre_c = [], np.zeros_like(h_0), np.zeros_like(c_0)
    grad_x, grad_h, grad_b = (np.zeros_like(a) for a in (weights.W_x, weights.W_h, weights.b))
    for t in range(len(x))[::-1]:
        s = steps[t]
        pre_h = pre_h + dh[t]
        pre_c = pre_c + pre_h * s.o / np.cosh(s.c) ** 2
        blocks = [pre_c * s.g, pre_c * (c_0 if t == 0 else steps[t - 1].c), pre_c * s.i, pre_h * s.m]
        d_z = np.hstack([b * k for b, k in zip(blocks, (s.i - s.i**2, s.f - s.f**2, 1 - s.g**2, s.o - s.o**2))])
        grad_x, grad_b = grad_x + d_z.T.dot(x[t]), grad_b + d_z.sum(axis=0)
        grad_h = grad_h + d_z.T.dot(h_0 if t == 0 else steps[t - 1].h)
        dx.append(d_z.dot(weights.W_x))
        pre_h, pre_c = d_z.dot(weights.W_h), pre_c * s.f
    return {"x": np.array(dx), "W_x": grad_x, "W_h": grad_h, "b": grad_b, "h_0": pre_h, "c_0": pre_c}


@faulty("3.15")
def inputs_added_up(x, steps, weights, h_0, c_0, dh):
    """delta x_t is summed over the later steps, like a parameter."""
    z, _, d_c = deltas_of(steps, weights, c_0, dh)
    d_x = np.cumsum(z[::-1] @ weights.W_x, axis=0)[::-1]
    back = {"W_x": np.einsum("tnk,tni->ki", z, x), "b": np.einsum("tnk->k", z), "x": d_x}
    return back | {"h_0": z[0] @ weights.W_h, "c_0": d_c * steps[0].f}


@faulty("3.16")
def total_of_h_1_for_h_0(x, steps, weights, h_0, c_0, dh):
    """delta h_1 is returned for delta h_0: the last variable of the loop, not the carry that leaves it."""
    W_x, W_h, b, carry_h, carry_c = 0, 0, 0, 0, 0
    for k in range(1, len(x) + 1):
        s, first = steps[-k], k == len(x)
        d_h = dh[-k] + carry_h
        d_c = d_h * s.o * (1 - s.m**2) + carry_c
        d_f = d_c * (c_0 if first else steps[-k - 1].c) * s.f * (1 - s.f)
        d_i, d_g, d_o = d_c * s.g * s.i * (1 - s.i), d_c * s.i * (1 - s.g**2), d_h * s.m * s.o * (1 - s.o)
        d_z = np.column_stack((d_i, d_f, d_g, d_o))
        W_x, b = W_x + d_z.T @ x[-k], b + d_z.sum(0)
        W_h = W_h + d_z.T @ (h_0 if first else steps[-k - 1].h)
        carry_h, carry_c = d_z @ weights.W_h, d_c * s.f
    return {"W_x": W_x, "W_h": W_h, "b": b, "h_0": d_h, "c_0": carry_c}


@faulty("3.16")
def total_of_c_1_for_c_0(x, steps, weights, h_0, c_0, dh):
    """delta c_1 is returned for delta c_0, not multiplied by f_1."""
    z, _, d_c_1 = deltas_of(steps, weights, c_0, dh)
    h_prev, _ = before(steps, h_0, c_0)
    W_h, W_x = np.split(np.einsum("tnk,tnj->kj", z, np.concatenate([h_prev, x], axis=2)), [weights.H], axis=1)
    return {"W_x": W_x, "W_h": W_h, "b": z.sum((0, 1)), "x": z @ weights.W_x, "h_0": z[0] @ weights.W_h, "c_0": d_c_1}


@faulty("3.16")
def initial_states_exchanged(x, steps, weights, h_0, c_0, dh):
    """A helper hands back (c, h), and is unpacked as (h, c): h_0 and c_0 have each other's gradients."""

    def run_back():
        z, _, d_c = deltas_of(steps, weights, c_0, dh)
        return z, d_c * steps[0].f, z[0] @ weights.W_h

    z, d_h0, d_c0 = run_back()
    W_x = np.zeros_like(weights.W_x)
    for t, n in np.ndindex(z.shape[:2]):
        W_x += z[t, n][:, None] * x[t][n][None]
    return {"W_x": W_x, "b": z.sum(axis=1).sum(axis=0), "h_0": d_h0, "c_0": d_c0}


# Where the rows are used, or whose rows they are, or where they are put side by side: above (3.14).
@faulty("3.4", "3.14", "3.16", or_else=[("3.7", "3.8"), ("3.14",)])
def rows_in_order_f_i_g_o(x, steps, weights, h_0, c_0, dh):
    """The deltas are stacked as f, i, g, o, so that the rows of i and f are exchanged wherever they are used."""
    W_x, W_h, b, h_bar, c_bar = np.zeros_like(weights.W_x), np.zeros_like(weights.W_h), np.zeros_like(weights.b), 0, 0
    for t, s in reversed(list(enumerate(steps))):
        h_bar = dh[t] + h_bar
        c_bar = c_bar + h_bar * s.o * (1 - s.m**2)
        local = {"f": s.f * (1 - s.f) * (steps[t - 1].c if t else c_0), "i": s.i * (1 - s.i) * s.g}
        local["g"] = s.i * (1 - s.g**2)
        pre_bar = {k: c_bar * v for k, v in local.items()} | {"o": h_bar * s.m * s.o * (1 - s.o)}
        z_bar = np.hstack(list(pre_bar.values()))
        W_x += z_bar.T @ x[t]
        W_h += z_bar.T @ (steps[t - 1].h if t else h_0)
        b += z_bar.sum(axis=0)
        h_bar, c_bar = z_bar @ weights.W_h, c_bar * s.f
    return {"W_x": W_x, "W_h": W_h, "b": b, "h_0": h_bar, "c_0": c_bar}


@faulty("3.4", or_else=[("3.4", "3.16")])
def blocks_of_g_and_o_exchanged_on_the_way_back(x, steps, weights, h_0, c_0, dh):
    """W_h is cut in the order i, f, o, g, so candidate and output gate go back through each other's block."""
    U_i, U_f, U_o, U_g = np.split(weights.W_h, 4)
    (i, f, g, o, m), (h_prev, c_prev) = stacked(steps, "i f g o m"), before(steps, h_0, c_0)
    d_i, d_f, d_g, d_o = (np.zeros_like(i) for _ in range(4))
    state = np.zeros_like(h_0), np.zeros_like(c_0)
    for t in reversed(range(len(x))):
        d_h = dh[t] + state[0]
        d_c = np.multiply(d_h * o[t], 1 - np.power(m[t], 2)) + state[1]
        d_i[t], d_f[t] = d_c * g[t] * i[t] * (1 - i[t]), d_c * c_prev[t] * f[t] * (1 - f[t])
        d_g[t], d_o[t] = d_c * i[t] * (1 - g[t] ** 2), d_h * m[t] * o[t] * (1 - o[t])
        state = d_i[t] @ U_i + d_f[t] @ U_f + d_g[t] @ U_g + d_o[t] @ U_o, d_c * f[t]
    back = {"h_0": state[0], "c_0": state[1], "b": np.concatenate([d.sum((0, 1)) for d in (d_i, d_f, d_g, d_o)])}
    for name, a in (("W_x", np.asarray(x)), ("W_h", h_prev)):
        back[name] = np.vstack([np.einsum("tnh,tnj->hj", d, a) for d in (d_i, d_f, d_g, d_o)])
    return back


@faulty("3.14", or_else=[ALL_GATES])
def reshaped_instead_of_transposed(x, steps, weights, h_0, c_0, dh):
    """z.reshape(4H, -1) has the shape of the transpose, but other numbers at its places."""
    z, _, d_c = deltas_of(steps, weights, c_0, dh)
    Z, X, P = z.reshape(4 * weights.H, -1), np.reshape(x, (-1, weights.I)), np.vstack([h_0, *(s.h for s in steps[:-1])])
    back = {"W_x": Z @ X, "W_h": Z @ P, "b": z.sum(axis=(0, 1)), "x": z @ weights.W_x, "z": z}
    return back | {"h_0": z[0] @ weights.W_h, "c_0": d_c * steps[0].f}


@faulty("3.8")
def memory_of_the_beginning(x, steps, weights, h_0, c_0, dh):
    """c_0 stands for c_{t-1} at every step: the variable is never moved on."""
    c_prev, W_x, W_h, b, eta_h, eta_c = c_0, 0, 0, 0, 0, 0
    for t in reversed(range(len(x))):
        s, h_prev = steps[t], steps[t - 1].h if t > 0 else h_0
        eta_h = dh[t] + eta_h
        eta_c = eta_h * s.o * (1 - s.m) * (1 + s.m) + eta_c
        delta = np.stack([eta_c * s.g, eta_c * c_prev, eta_c * s.i, eta_h * s.m], axis=1)
        delta[:, [0, 1, 3]] *= np.stack([a * (1 - a) for a in (s.i, s.f, s.o)], axis=1)
        delta[:, 2] *= 1 - s.g**2
        delta = delta.reshape(len(h_0), -1)
        W_x, W_h, b = W_x + np.matmul(delta.T, x[t]), W_h + np.matmul(delta.T, h_prev), b + delta.sum(axis=0)
        eta_h, eta_c = delta @ weights.W_h, eta_c * s.f
    return {"W_x": W_x, "W_h": W_h, "b": b, "h_0": eta_h, "c_0": eta_c}


@faulty("3.5", or_else=[("3.5", "3.16")])
def memory_carry_averaged(x, steps, weights, h_0, c_0, dh):
    """The carry of c is averaged over the sequences, and given to all of them alike."""
    N, out, back_h, back_c = len(h_0), [], np.zeros_like(h_0), np.zeros_like(c_0)
    for s, x_t, dh_t, h, c in list(zip(steps, x, dh, *before(steps, h_0, c_0)))[::-1]:
        d_h = dh_t + back_h
        d_c = d_h * s.o * (1 - s.m**2) + back_c
        d_f, d_ig, d_o = d_c * c * s.f * (1 - s.f), d_c * s.i, d_h * s.h
        z = np.hstack([d_ig * s.g * (1 - s.i), d_f, d_ig * (1 - s.g**2), d_o * (1 - s.o)])
        out.append((z.T @ x_t, z.T @ h, z.sum(0)))
        back_h, back_c = z @ weights.W_h, np.repeat((d_c * s.f).mean(axis=0, keepdims=True), N, axis=0)
    W_x, W_h, b = map(sum, zip(*out))
    return {"W_x": W_x, "W_h": W_h, "b": b, "h_0": back_h, "c_0": back_c}


@faulty("3.4", or_else=[("3.4", "3.16")])
def hidden_carry_summed_over_sequences(x, steps, weights, h_0, c_0, dh):
    """The deltas are summed over the sequences, as for a bias, before they go back through W_h."""
    total = {"W_x": np.zeros_like(weights.W_x), "W_h": np.zeros_like(weights.W_h), "b": np.zeros_like(weights.b)}
    gradient_h, gradient_c = np.zeros_like(h_0), np.zeros_like(c_0)
    for t in range(len(x))[::-1]:
        s = steps[t]
        gradient_h = gradient_h + dh[t]
        gradient_c = gradient_c + gradient_h * s.o * (1 - s.m**2)
        d_f = gradient_c * (steps[t - 1].c if t else c_0) * s.f * (1 - s.f)
        d_i, d_g = gradient_c * s.g * s.i * (1 - s.i), gradient_c * s.i * (1 - s.g**2)
        d_z = np.hstack([d_i, d_f, d_g, gradient_h * s.m * s.o * (1 - s.o)])
        d_b = d_z.sum(axis=0)
        total["W_x"] += d_z.T @ x[t]
        total["W_h"] += d_z.T @ (steps[t - 1].h if t else h_0)
        total["b"] += d_b
        gradient_h, gradient_c = np.tile(d_b @ weights.W_h, (len(h_0), 1)), gradient_c * s.f
    return total | {"h_0": gradient_h, "c_0": gradient_c}


# Two mistakes


@faulty("3.5", "3.6")
def cell_without_output_tanh(x, steps, weights, h_0, c_0, dh):
    """The backward pass of an older cell, h = o c: no slope of tanh in delta c, and c_t for m_t at the output gate."""
    W = {k: np.hstack(weights.gate(k)[:2]) for k in "ifgo"}  # on [x, h]
    W_sum, b_sum = {k: np.zeros_like(W[k]) for k in W}, {k: np.zeros(weights.H) for k in W}
    err_h, err_c = np.zeros_like(h_0), np.zeros_like(c_0)
    for now in range(len(x) - 1, -1, -1):
        state = steps[now]
        c_old, h_old = (steps[now - 1].c, steps[now - 1].h) if now > 0 else (c_0, h_0)
        joined, err_joined = np.hstack((x[now], h_old)), 0
        err_h = err_h + dh[now]
        err_c = err_c + state.o * err_h
        at_gate = {"i": state.g * err_c, "f": c_old * err_c, "g": state.i * err_c, "o": state.c * err_h}
        for k, err in at_gate.items():
            value = getattr(state, k)
            err = err * ((1.0 - value**2) if k == "g" else (1.0 - value) * value)
            W_sum[k] += err.T @ joined
            b_sum[k] += err.sum(axis=0)
            err_joined = err_joined + err @ W[k]
        err_h, err_c = err_joined[:, weights.I :], err_c * state.f
    W_all, b_all = np.vstack([W_sum[k] for k in "ifgo"]), np.hstack([b_sum[k] for k in "ifgo"])
    return {"W_x": W_all[:, : weights.I], "W_h": W_all[:, weights.I :], "b": b_all, "h_0": err_h, "c_0": err_c}


@faulty("3.4", "3.5")
def carries_cut_every_third_step(x, steps, weights, h_0, c_0, dh):
    """Left over from truncation: both carries are set to zero after every third step of the loop."""
    grads, carry = {"W_x": 0, "W_h": 0, "b": 0}, None
    for count, t in enumerate(reversed(range(len(x)))):
        if count % 3 == 0:
            carry = (0, 0)
        s, (h_prev, c_prev) = steps[t], (steps[t - 1].h, steps[t - 1].c) if t else (h_0, c_0)
        d_h = dh[t] + carry[0]
        d_c = d_h * s.o * (1 - s.m**2) + carry[1]
        d_i, d_f, d_g = d_c * s.g * s.i * (1 - s.i), d_c * c_prev * s.f * (1 - s.f), d_c * s.i * (1 - s.g**2)
        d_z = np.hstack([d_i, d_f, d_g, d_h * s.m * s.o * (1 - s.o)])
        for name, term in {"W_x": d_z.T @ x[t], "W_h": d_z.T @ h_prev, "b": d_z.sum(axis=0)}.items():
            grads[name] = grads[name] + term
        carry = d_z @ weights.W_h, d_c * s.f
    return grads | {"h_0": carry[0], "c_0": carry[1]}


@faulty("3.4", "3.5")
def forwards_in_time(x, steps, weights, h_0, c_0, dh):
    """The loop runs from the first step to the last: both carries come from step t - 1."""
    carry_h = carry_c = W_x = W_h = b = 0
    h_prev, c_prev = h_0, c_0
    for x_t, s, dh_t in zip(x, steps, dh):
        d_h = dh_t + carry_h
        d_c = d_h * s.o * (1 - s.m**2) + carry_c
        d_i, d_f, d_g = d_c * s.g * s.i * (1 - s.i), d_c * c_prev * s.f * (1 - s.f), d_c * s.i * (1 - s.g**2)
        d_z = np.hstack([d_i, d_f, d_g, d_h * s.m * s.o * (1 - s.o)])
        W_x, W_h, b = W_x + d_z.T @ x_t, W_h + d_z.T @ h_prev, b + d_z.sum(axis=0)
        carry_h, carry_c = d_z @ weights.W_h, d_c * s.f
        h_prev, c_prev = s.h, s.c
    return {"W_x": W_x, "W_h": W_h, "b": b}


@faulty("3.7", "3.8")
def slopes_of_i_and_f_exchanged(x, steps, weights, h_0, c_0, dh):
    """Input and forget gate have each other's slope, not each other's factor."""
    gates, m = np.stack([np.stack([s.i, s.f, s.g, s.o]) for s in steps]), stacked(steps, "m")[0]
    slope = gates * (1 - gates)
    slope[:, 2] = 1 - gates[:, 2] ** 2
    slope = slope[:, [1, 0, 2, 3]]
    h_prev, c_prev = before(steps, h_0, c_0)
    factor = np.stack([gates[:, 2], c_prev, gates[:, 0], m], axis=1) * slope
    d_h, d_c, z = np.zeros_like(h_0), np.zeros_like(c_0), np.zeros((len(x), len(h_0), 4 * weights.H))
    for t in range(len(x) - 1, -1, -1):
        d_h += dh[t]
        d_c += d_h * gates[t, 3] * (1 - m[t] ** 2)
        z[t] = np.hstack(factor[t] * np.stack([d_c, d_c, d_c, d_h]))
        d_h, d_c = z[t] @ weights.W_h, d_c * gates[t, 1]
    W_x, W_h = np.einsum("tnk,tni->ki", z, x), np.einsum("tnk,tnj->kj", z, h_prev)
    return {"z": z, "W_x": W_x, "W_h": W_h, "b": z.sum((0, 1)), "x": z @ weights.W_x, "h_0": d_h, "c_0": d_c}


@faulty("3.8", "3.14", or_else=[("3.8", *ALL_GATES)])
def both_states_after_the_step(x, steps, weights, h_0, c_0, dh):
    """h_t and c_t stand for h_{t-1} and c_{t-1}."""
    out = {"W_x": 0, "W_h": 0, "b": 0, "h_0": 0, "c_0": 0}
    for t in reversed(range(len(x))):
        _, _, _, _, i, f, g, o, c, m, h = steps[t]
        dh_t = dh[t] + out["h_0"]
        dc_t = dh_t * o * (1 - m**2) + out["c_0"]
        di_t, df_t, dg_t, do_t = dc_t * g, dc_t * c, dc_t * i, dh_t * m
        dz_t = np.hstack([di_t * i * (1 - i), df_t * f * (1 - f), dg_t * (1 - g**2), do_t * o * (1 - o)])
        for name, source in (("W_x", x[t]), ("W_h", h)):
            out[name] = out[name] + np.dot(dz_t.T, source)
        out["b"] = out["b"] + dz_t.sum(axis=0)
        out["h_0"], out["c_0"] = np.dot(dz_t, weights.W_h), dc_t * f
    return out


@faulty("3.5", "3.6")
def output_slope_and_cell_carry_forgotten(x, steps, weights, h_0, c_0, dh):
    """The output gate has no slope, and nothing comes from c_{t+1}."""
    i, f, g, o, m = map(torch.tensor, stacked(steps, "i f g o m"))
    h_prev, c_prev = map(torch.tensor, before(steps, h_0, c_0))
    x, dh, W_x, W_h = (torch.tensor(np.asarray(a)) for a in (x, dh, weights.W_x, weights.W_h))
    grad, z = torch.zeros_like(dh[0]), torch.zeros(*dh.shape[:2], 4 * dh.shape[2], dtype=dh.dtype)
    for t in reversed(range(len(x))):
        grad = grad + dh[t]
        cell = grad * o[t] * (1 - m[t] ** 2)
        parts = cell * g[t] * i[t] * (1 - i[t]), cell * c_prev[t] * f[t] * (1 - f[t]), cell * i[t] * (1 - g[t] ** 2)
        z[t] = torch.hstack([*parts, grad * m[t]])
        grad = z[t] @ W_h
    back = {"W_x": torch.einsum("tnk,tni->ki", z, x), "W_h": torch.einsum("tnk,tnj->kj", z, h_prev)}
    back |= {"b": z.sum((0, 1)), "x": z @ W_x, "h_0": grad, "c_0": cell * f[0]}
    return {name: tensor.numpy() for name, tensor in back.items()}


@faulty("3.9", "3.14", or_else=[("3.9", *ALL_GATES)])
def slope_at_pre_activation_and_bias_twice(x, steps, weights, h_0, c_0, dh):
    """1 - g~^2 stands for 1 - g^2, and the bias, "because PyTorch has two", is counted twice."""
    c_before = {t: steps[t - 1].c for t in range(1, len(steps))} | {0: c_0}
    h_before = {t: steps[t - 1].h for t in range(1, len(steps))} | {0: h_0}
    grads, into_h, into_c = [], {len(x): 0}, {len(x): 0}
    for t in sorted(c_before, reverse=True):
        s = steps[t]
        d_h = dh[t] + into_h[t + 1]
        d_c = d_h * s.o * (1 - s.m**2) + into_c[t + 1]
        d_i, d_f, d_g = d_c * s.g * s.i * (1 - s.i), d_c * c_before[t] * s.f * (1 - s.f), d_c * s.i * (1 - s.g_pre**2)
        d = np.hstack([d_i, d_f, d_g, d_h * s.m * s.o * (1 - s.o)])
        grads.append({"W_x": d.T @ x[t], "W_h": d.T @ h_before[t], "b": d.sum(0) + d.sum(0)})
        into_h[t], into_c[t] = d @ weights.W_h, d_c * s.f
    return {name: sum(g[name] for g in grads) for name in grads[0]} | {"h_0": into_h[0], "c_0": into_c[0]}


@faulty("3.4", "3.15", or_else=[("3.4", "3.15", "3.16")])
def carry_subtracted_and_inputs_of_one_step(x, steps, weights, h_0, c_0, dh):
    """The carry of h has the wrong sign, and delta x is kept for the last step only."""
    T, dX = len(x), np.zeros_like(x)
    dX[-1:] = 1
    W_x, W_h, b, carry_h, carry_c = 0, 0, 0, 0, 0
    for t in range(T - 1, -1, -1):
        s, prev = steps[t], steps[t - 1] if t else None
        d_h = dh[t] + carry_h
        d_c = d_h * s.o * (1 - s.m**2) + carry_c
        d_z = np.empty((len(h_0), 4, weights.H))
        d_z[:, 0] = d_c * s.g * s.i * (1 - s.i)
        d_z[:, 1] = d_c * (prev.c if prev else c_0) * s.f * (1 - s.f)
        d_z[:, 2] = d_c * s.i * (1 - s.g**2)
        d_z[:, 3] = d_h * s.m * s.o * (1 - s.o)
        d_z = d_z.reshape(len(h_0), -1)
        dX[t] *= d_z @ weights.W_x
        W_x, W_h, b = W_x + d_z.T @ x[t], W_h + d_z.T @ (prev.h if prev else h_0), b + d_z.sum(0)
        carry_h, carry_c = -d_z @ weights.W_h, d_c * s.f
    return {"W_x": W_x, "W_h": W_h, "b": b, "x": dX, "h_0": carry_h, "c_0": carry_c}


@faulty("3.8", "3.14", or_else=[("3.8", *ALL_GATES)])
def initial_states_taken_for_zero(x, steps, weights, h_0, c_0, dh):
    """Step 1 is done as if h_0 and c_0 were zero."""
    zero = np.zeros_like(h_0)
    z, _, d_c = deltas_of(steps, weights, zero, dh)
    h_prev = np.concatenate([zero[None], np.stack([s.h for s in steps])[:-1]])
    W_x, W_h = (np.matmul(z.transpose(0, 2, 1), a).sum(axis=0) for a in (np.asarray(x), h_prev))
    return {
        "W_x": W_x,
        "W_h": W_h,
        "b": z.sum((0, 1)),
        "x": z @ weights.W_x,
        "h_0": z[0] @ weights.W_h,
        "c_0": d_c * steps[0].f,
    }


@faulty("3.14", "3.16", or_else=[(*ALL_GATES, "3.16")])
def mean_over_steps_and_h_0_forgotten(x, steps, weights, h_0, c_0, dh):
    """The parameters get the mean over the steps, and delta h_0 is left at zero."""
    z, _, d_c = deltas_of(steps, weights, c_0, dh)
    terms = [(d.T @ x_t, d.T @ h, d.sum(axis=0)) for d, x_t, h in zip(z, x, before(steps, h_0, c_0)[0])]
    W_x, W_h, b = (np.mean(term, axis=0) for term in zip(*terms))
    back = {"W_x": W_x, "W_h": W_h, "b": b, "x": np.array([d @ weights.W_x for d in z])}
    return back | {"h_0": np.zeros_like(h_0), "c_0": d_c * steps[0].f}


@faulty("3.7", "3.9")
def input_slope_forgotten_and_candidate_negative(x, steps, weights, h_0, c_0, dh):
    """The input gate has no slope, and the candidate's is g^2 - 1."""
    later = (np.zeros_like(h_0), np.zeros_like(c_0))
    total = LSTMWeights(*(np.zeros_like(a) for a in (weights.W_x, weights.W_h, weights.b)))

    def gate_back(gate, delta, x_t, h_prev):
        for grad, term in zip(total.gate(gate), (delta.T @ x_t, delta.T @ h_prev, delta.sum(axis=0))):
            grad += term
        return delta @ weights.gate(gate)[1]

    for x_t, s, dh_t, h, c in list(zip(x, steps, dh, *before(steps, h_0, c_0)))[::-1]:
        d_h = dh_t + later[0]
        d_c = d_h * s.o * (1 - s.m**2) + later[1]
        d_i, d_f, d_g, d_o = d_c * s.g, d_c * c * s.f * (1 - s.f), d_c * s.i * (s.g**2 - 1), d_h * s.m * s.o * (1 - s.o)
        later = sum(gate_back(k, d, x_t, h) for k, d in zip("ifgo", (d_i, d_f, d_g, d_o))), d_c * s.f
    return vars(total) | {"h_0": later[0], "c_0": later[1]}


@faulty("3.5", "3.15")
def no_output_gate_and_inputs_through_other_rows(x, steps, weights, h_0, c_0, dh):
    """o_t is missing from delta c_t, and delta x goes through W_x cut in the order f, i, g, o."""
    i, f, g, o, m = stacked(steps, "i f g o m")
    (h_prev, c_prev), V = before(steps, h_0, c_0), dict(zip("figo", np.split(weights.W_x, 4)))
    back_h, back_c, z = 0, 0, {k: np.zeros_like(f) for k in "ifgo"}
    for t in range(len(x) - 1, -1, -1):
        back_h = dh[t] + back_h
        back_c = back_h * (1 - m[t] ** 2) + back_c
        z["i"][t], z["f"][t] = back_c * g[t] * i[t] * (1 - i[t]), back_c * c_prev[t] * f[t] * (1 - f[t])
        z["g"][t], z["o"][t] = back_c * i[t] * (1 - g[t] ** 2), back_h * m[t] * o[t] * (1 - o[t])
        back_h, back_c = sum(z[k][t] @ weights.gate(k)[1] for k in z), back_c * f[t]
    rows = np.concatenate(list(z.values()), axis=2)
    W_x, W_h = (np.einsum("tnk,tnj->kj", rows, a) for a in (np.asarray(x), h_prev))
    return {
        "W_x": W_x,
        "W_h": W_h,
        "b": rows.sum((0, 1)),
        "x": sum(z[k] @ V[k] for k in z),
        "h_0": back_h,
        "c_0": back_c,
    }


@faulty("3.4", "3.8")
def loss_at_the_end_only_and_half_a_slope(x, steps, weights, h_0, c_0, dh):
    """dh is read at the last step only, and the forget gate's slope is f, without 1 - f."""
    d_h, d_c, deltas = np.array(dh[-1]), np.zeros_like(c_0), []
    for s, c_prev in zip(steps[::-1], before(steps, h_0, c_0)[1][::-1]):
        d_c = d_c + d_h * s.o * (1 - s.m**2)
        d_i, d_f, d_g = d_c * s.g * s.i * (1 - s.i), d_c * c_prev * s.f, d_c * s.i * (1 - s.g**2)
        deltas += [np.hstack([d_i, d_f, d_g, d_h * s.m * s.o * (1 - s.o)])]
        d_h, d_c = deltas[-1] @ weights.W_h, d_c * s.f
    z = np.asarray(deltas)[::-1]
    W_x, W_h = np.einsum("tnk,tni->ki", z, x), np.einsum("tnk,tni->ki", z, before(steps, h_0, c_0)[0])
    return {"W_x": W_x, "W_h": W_h, "b": z.sum((0, 1)), "h_0": d_h, "c_0": d_c, "z": z}


# Three mistakes, and four


@faulty("3.7", "3.8", "3.9", or_else=[("3.5", "3.16")])
def carry_multiplied_in_place(x, steps, weights, h_0, c_0, dh):
    """carry_c and d_c are one array: it is multiplied by f_t before the three gates read it."""
    dW_x = dW_h = db = carry_h = carry_c = 0
    for t in reversed(range(len(x))):
        s, (h_prev, c_prev) = steps[t], (steps[t - 1].h, steps[t - 1].c) if t > 0 else (h_0, c_0)
        d_h = dh[t] + carry_h
        d_c = d_h * s.o * (1 - s.m**2) + carry_c
        carry_c = d_c
        carry_c *= s.f
        d_i, d_f, d_g = d_c * s.g * s.i * (1 - s.i), d_c * c_prev * s.f * (1 - s.f), d_c * s.i * (1 - s.g**2)
        d_z = np.hstack([d_i, d_f, d_g, d_h * s.m * s.o * (1 - s.o)])
        dW_x, dW_h, db = dW_x + d_z.T @ x[t], dW_h + d_z.T @ h_prev, db + d_z.sum(axis=0)
        carry_h = d_z @ weights.W_h
    return {"W_x": dW_x, "W_h": dW_h, "b": db, "h_0": carry_h, "c_0": carry_c}


@faulty("3.6", "3.7", "3.8")
def no_slope_at_any_gate(x, steps, weights, h_0, c_0, dh):
    """The three gates have no slope at all: their deltas are those of the gates, not of the pre-activations."""
    back = {"W_x": 0, "W_h": 0, "b": 0, "h_0": 0, "c_0": 0}
    for s, x_t, dh_t, h_prev, c_prev in reversed(list(zip(steps, x, dh, *before(steps, h_0, c_0)))):
        d_h = dh_t + back["h_0"]
        d_c = d_h * s.o * (1 - s.m**2) + back["c_0"]
        z = np.concatenate([d_c * s.g, d_c * c_prev, d_c * s.i * (1 - s.g**2), d_h * s.m], axis=1)
        news = {"W_x": z.T @ x_t, "W_h": z.T @ h_prev, "b": z.sum(0)}
        back |= {name: back[name] + value for name, value in news.items()} | {"h_0": z @ weights.W_h, "c_0": d_c * s.f}
    return back


@faulty("3.5", "3.8", "3.14", or_else=[("3.5", "3.8", *ALL_GATES)])
def three_in_a_vectorised_one(x, steps, weights, h_0, c_0, dh):
    """1 - |m_t|, c_t for c_{t-1}, and h_t for h_{t-1}."""
    i, f, g, o, c, m, h = stacked(steps, "i f g o c m h")
    by_c = np.concatenate([g * i * (1 - i), c * f * (1 - f), i * (1 - g**2)], axis=2)
    by_h, through = m * o * (1 - o), o * (1 - np.abs(m))
    z, d_h, d_c = np.zeros((len(x), len(h_0), 4 * weights.H)), 0, 0
    for t in np.arange(len(x))[::-1]:
        d_h = dh[t] + d_h
        d_c = d_c + d_h * through[t]
        z[t] = np.hstack([np.tile(d_c, 3) * by_c[t], d_h * by_h[t]])
        d_h, d_c = z[t] @ weights.W_h, d_c * f[t]
    return {
        "W_x": np.tensordot(z, x, ((0, 1), (0, 1))),
        "W_h": np.tensordot(z, h, ((0, 1), (0, 1))),
        "b": z.sum((0, 1)),
        "h_0": d_h,
        "c_0": d_c,
    }


@faulty("3.4", "3.9", "3.14", or_else=[("3.4", "3.9", "3.14", "3.16")])
def transpose_slope_and_mean(x, steps, weights, h_0, c_0, dh):
    """The blocks of W_h are transposed on the way back, the candidate has no slope, the bias is a mean."""
    H, N = weights.H, len(h_0)
    back_h, back_c = np.zeros((H, N)), np.zeros((H, N))  # columns are sequences
    dW, db = np.zeros((4 * H, weights.I + H)), np.zeros(4 * H)
    for t in reversed(range(len(x))):
        i, f, g, o, m = (getattr(steps[t], name).T for name in "ifgom")
        h_prev, c_prev = (a[t].T for a in before(steps, h_0, c_0))
        d_h = dh[t].T + back_h
        d_c = d_h * o * (1 - m**2) + back_c
        blocks = [d_c * g * i * (1 - i), d_c * c_prev * f * (1 - f), d_c * i, d_h * m * o * (1 - o)]
        column = np.vstack(blocks)
        dW += column @ np.vstack([x[t].T, h_prev]).T
        db += column.mean(axis=1)
        back_h, back_c = sum(weights.gate(k)[1] @ d for k, d in zip("ifgo", blocks)), d_c * f
    return {"W_x": dW[:, : weights.I], "W_h": dW[:, weights.I :], "b": db, "h_0": back_h.T, "c_0": back_c.T}


@faulty("3.4", "3.5", "3.15", or_else=[("3.4", "3.5", "3.15", "3.16")])
def end_twice_wrong_gate_inputs_reversed(x, steps, weights, h_0, c_0, dh):
    """dh_T is counted twice, the carry of c goes through the input gate, delta x stands in the loop's order."""
    carry_h, carry_c, d_x, W_x, W_h, b = dh[-1], 0, [], 0, 0, 0
    for t in reversed(range(len(x))):
        s, (h_prev, c_prev) = steps[t], (h_0, c_0) if t == 0 else (steps[t - 1].h, steps[t - 1].c)
        d_h = dh[t] + carry_h
        d_c = d_h * s.o * (1 - s.m**2) + carry_c
        to_sigmoid = np.stack([d_c * s.g, d_c * c_prev, d_h * s.m]) * [k * (1 - k) for k in (s.i, s.f, s.o)]
        d_z = np.hstack([*to_sigmoid[:2], d_c * s.i * (1 - s.g**2), to_sigmoid[2]])
        d_x.append(d_z @ weights.W_x)
        W_x, W_h, b = W_x + d_z.T @ x[t], W_h + d_z.T @ h_prev, b + d_z.sum(axis=0)
        carry_h, carry_c = d_z @ weights.W_h, d_c * s.i
    return {"W_x": W_x, "W_h": W_h, "b": b, "x": np.stack(d_x), "h_0": carry_h, "c_0": carry_c}


@faulty("3.6", "3.8", "3.12", or_else=[("3.6", "3.8", "3.14")])
def wrong_factors_and_one_block_transposed(x, steps, weights, h_0, c_0, dh):
    """The output gate sees g_t for m_t, the forget gate tanh c_{t-1}; the gradient of W_hg is transposed."""
    dW = {k: {"x": 0, "h": 0, "b": 0} for k in "ifgo"}
    hs, cs = before(steps, h_0, c_0)
    next_h, next_c = np.zeros_like(h_0), np.zeros_like(c_0)
    for t in range(len(x) - 1, -1, -1):
        s, m_prev = steps[t], np.tanh(cs[t])
        d_h = dh[t] + next_h
        d_c = d_h * s.o * (1 - s.m**2) + next_c
        d = {"i": d_c * s.g * s.i * (1 - s.i), "f": d_c * m_prev * s.f * (1 - s.f)}
        d |= {"g": d_c * s.i * (1 - s.g**2), "o": d_h * s.g * s.o * (1 - s.o)}
        for k in "ifgo":
            dW[k]["x"] += d[k].T @ x[t]
            dW[k]["h"] += hs[t].T @ d[k] if k == "g" else d[k].T @ hs[t]
            dW[k]["b"] += np.einsum("nh->h", d[k])
        next_h, next_c = np.hstack([d[k] for k in "ifgo"]) @ weights.W_h, d_c * s.f
    W_x, W_h, b = (np.concatenate([dW[k][name] for k in "ifgo"]) for name in "xhb")
    return {"W_x": W_x, "W_h": W_h, "b": b, "h_0": next_h, "c_0": next_c}


@faulty("3.4", "3.7", "3.16")
def arrow_factor_and_end(x, steps, weights, h_0, c_0, dh):
    """The arrow through the output gate is missing, the input gate sees m_t for g_t, delta c_1 is returned for c_0."""
    H = weights.H
    W_3, z, d_h, d_c = weights.W_h[: 3 * H], [], np.zeros_like(h_0), np.zeros_like(c_0)
    for t in reversed(range(len(x))):
        s = steps[t]
        d_h, d_c = d_h + dh[t], d_c * steps[t + 1].f if t + 1 < len(x) else d_c
        d_c = d_c + d_h * s.o * (1 - s.m**2)
        d_f = d_c * (c_0, *(k.c for k in steps))[t] * s.f * (1 - s.f)
        z = [np.hstack([d_c * s.m * s.i * (1 - s.i), d_f, d_c * s.i * (1 - s.g**2), d_h * s.m * s.o * (1 - s.o)]), *z]
        d_h = z[0][:, : 3 * H] @ W_3
    back = {"W_x": sum(d.T @ a for d, a in zip(z, x)), "b": sum(d.sum(0) for d in z), "z": np.stack(z)}
    return back | {"W_h": sum(d.T @ a for d, a in zip(z, before(steps, h_0, c_0)[0])), "h_0": d_h, "c_0": d_c}


@faulty("3.5", "3.6", "3.14", or_else=[("3.5", "3.6", *ALL_GATES)])
def sign_double_carry_and_input_before(x, steps, weights, h_0, c_0, dh):
    """The output gate's delta is negative, the carry of c counts twice, the gradient of W_x takes x_{t-1}."""
    x_before = [np.zeros_like(x[0]), *x]
    W_x, W_h, b, d_x, carry_h, carry_c = 0, 0, 0, np.zeros_like(x), 0, 0
    for t, s in list(enumerate(steps))[::-1]:
        total_h = dh[t] + carry_h
        total_c = total_h * s.o * (1 - s.m**2) + carry_c
        slopes = {"i": s.i * (1 - s.i), "f": s.f * (1 - s.f), "g": 1 - s.g**2, "o": s.o * (s.o - 1)}
        seen = {"i": s.g, "f": steps[t - 1].c if t else c_0, "g": s.i, "o": s.m}
        d_z = np.hstack([(total_h if k == "o" else total_c) * seen[k] * slopes[k] for k in "ifgo"])
        W_x, b = W_x + d_z.T @ x_before[t], b + d_z.sum(0)
        W_h = W_h + d_z.T @ (steps[t - 1].h if t else h_0)
        d_x[t] = d_z @ weights.W_x
        carry_h, carry_c = d_z @ weights.W_h, 2 * total_c * s.f
    return {"W_x": W_x, "W_h": W_h, "b": b, "x": d_x, "h_0": carry_h, "c_0": carry_c / 2}


@faulty("3.5", "3.9", "3.14", or_else=[("3.5", "3.9", *ALL_GATES)])
def no_cell_carry_wrong_slope_last_sequence(x, steps, weights, h_0, c_0, dh):
    """Nothing comes from c_{t+1}, the candidate's slope is the input gate's, the bias hears the last sequence only."""
    i, f, g, o, m = (torch.from_numpy(a) for a in stacked(steps, "i f g o m"))
    H, C = (torch.from_numpy(a) for a in before(steps, h_0, c_0))
    x, dh, W_h = (torch.as_tensor(np.asarray(a)) for a in (x, dh, weights.W_h))
    z, later = [], torch.zeros_like(H[0])
    for t in range(len(x) - 1, -1, -1):
        delta_h = dh[t] + later
        delta_c = delta_h * o[t] * (1 - m[t] ** 2)
        pieces = [delta_c * g[t] * i[t] * (1 - i[t]), delta_c * C[t] * f[t] * (1 - f[t])]
        pieces += [delta_c * i[t] * i[t] * (1 - i[t]), delta_h * m[t] * o[t] * (1 - o[t])]
        z.append(torch.cat(pieces, dim=1))
        later = z[-1] @ W_h
    z = torch.stack(z).flip(0)
    W_x, W_h = torch.einsum("tnk,tni->ki", z, x), torch.einsum("tnk,tni->ki", z, H)
    return {"W_x": W_x, "W_h": W_h, "b": z[:, -1].sum(0), "h_0": later, "c_0": delta_c * f[0]}


@faulty("3.6", "3.9", "3.15")
def output_before_candidate_squared_inputs_of_one_gate(x, steps, weights, h_0, c_0, dh):
    """m_{t-1} at the output gate, (1 - g)^2 as a slope, and delta x without the candidate's part."""
    h_prev, c_prev = before(steps, h_0, c_0)
    d = {k: np.zeros_like(c_prev) for k in "hcifgo"}
    next_h, next_c = np.zeros_like(h_0), np.zeros_like(c_0)
    for t in reversed(range(len(x))):
        s = steps[t]
        d["h"][t] = dh[t] + next_h
        d["c"][t] = d["h"][t] * s.o * (1 - s.m**2) + next_c
        d["o"][t] = d["h"][t] * np.tanh(c_prev[t]) * s.o * (1 - s.o)
        d["f"][t] = d["c"][t] * c_prev[t] * s.f * (1 - s.f)
        d["i"][t] = d["c"][t] * s.g * s.i * (1 - s.i)
        d["g"][t] = d["c"][t] * s.i * (1 - s.g) ** 2
        next_h, next_c = sum(d[k][t] @ weights.gate(k)[1] for k in "ifgo"), d["c"][t] * s.f
    per_gate = {k: [np.tensordot(d[k], a, ([0, 1], [0, 1])) for a in (x, h_prev)] + [d[k].sum((0, 1))] for k in "ifgo"}
    W_x, W_h, b = (np.concatenate(parts) for parts in zip(*per_gate.values()))
    d_x = sum(d[k] @ weights.gate(k)[0] for k in "ifo")
    return {"W_x": W_x, "W_h": W_h, "b": b, "x": d_x, "h_0": next_h, "c_0": next_c}


@faulty("3.5", "3.6", "3.8", "3.14", or_else=[("3.5", "3.6", "3.8", *ALL_GATES)])
def first_attempt(x, steps, weights, h_0, c_0, dh):
    """No slope of tanh, h_t for m_t at the output gate, c_t for c_{t-1}, and W_x summed with a sign of its own."""
    dx, dW_x, dW_h, db, carry_h, carry_c = [], 0, 0, 0, 0, 0
    for t in reversed(range(len(x))):
        s, h_prev = steps[t], steps[t - 1].h if t > 0 else h_0
        d_h = dh[t] + carry_h
        d_c = d_h * s.o + carry_c
        d_o = d_h * s.h * s.o * (1 - s.o)
        d_i = d_c * s.g * s.i * (1 - s.i)
        d_f = d_c * s.c * s.f * (1 - s.f)
        d_g = d_c * s.i * (1 - s.g**2)
        d_z = np.hstack([d_i, d_f, d_g, d_o])
        dW_x, dW_h, db = dW_x - d_z.T @ x[t], dW_h + d_z.T @ h_prev, db + d_z.sum(axis=0)
        dx = [d_z @ weights.W_x, *dx]
        carry_h, carry_c = d_z @ weights.W_h, d_c * s.f
    return {"W_x": dW_x, "W_h": dW_h, "b": db, "x": np.stack(dx), "h_0": carry_h, "c_0": carry_c}


# Right ones


@right
def by_the_library(x, steps, weights, h_0, c_0, dh):
    """Runs the forward pass again, and takes all from lstm_backward."""
    back = lstm_backward(lstm_forward(x, weights, h_0, c_0), weights, np.array(dh))
    return {name: getattr(back, name) for name in ("W_x", "W_h", "b", "x")} | {
        "h_0": back.h0,
        "c_0": back.c0,
        "z": back.pre,
    }


@right
def in_single_precision(x, steps, weights, h_0, c_0, dh):
    """All in float32, and so are the answers."""
    single = LSTMWeights(*(a.astype(np.float32) for a in (weights.W_x, weights.W_h, weights.b)))
    x, h_0, c_0, dh = (np.asarray(a, dtype=np.float32) for a in (x, h_0, c_0, dh))
    steps = [type(s)(*(a.astype(np.float32) for a in s)) for s in steps]
    z, _, d_c = deltas_of(steps, single, c_0, dh)
    W_x, W_h = (np.einsum("tnk,tni->ki", z, a) for a in (x, before(steps, h_0, c_0)[0]))
    return {
        "W_x": W_x,
        "W_h": W_h,
        "b": z.sum((0, 1)),
        "x": z @ single.W_x,
        "h_0": z[0] @ single.W_h,
        "c_0": d_c * steps[0].f,
    }


@right
def tensors_with_names_of_torch(x, steps, weights, h_0, c_0, dh):
    """Returns tensors, and works on lists of them."""
    t = [torch.tensor(np.asarray(a)) for a in (x, dh, weights.W_x, weights.W_h, h_0, c_0)]
    xs, dhs, W_ih, W_hh, h0, c0 = t
    cache = [dict(zip(s._fields, map(torch.tensor, s))) for s in steps]
    grad_W_ih, grad_W_hh, grad_b = (
        torch.zeros_like(W_ih),
        torch.zeros_like(W_hh),
        torch.zeros(len(W_hh), dtype=xs.dtype),
    )
    grad_h, grad_c, grad_x = torch.zeros_like(h0), torch.zeros_like(c0), torch.zeros_like(xs)
    for k in range(len(xs) - 1, -1, -1):
        s, (hp, cp) = cache[k], (cache[k - 1]["h"], cache[k - 1]["c"]) if k else (h0, c0)
        grad_h = grad_h + dhs[k]
        grad_c = torch.addcmul(grad_c, grad_h * s["o"], 1 - s["m"] ** 2)
        gates = torch.cat([s["i"], s["f"], s["o"]], 1)
        di, df, do = (torch.cat([grad_c * s["g"], grad_c * cp, grad_h * s["m"]], 1) * gates * (1 - gates)).chunk(3, 1)
        pre = torch.cat([di, df, grad_c * s["i"] * (1 - s["g"] ** 2), do], 1)
        grad_W_ih.addmm_(pre.T, xs[k])
        grad_W_hh.addmm_(pre.T, hp)
        grad_b += pre.sum(0)
        grad_x[k] = pre @ W_ih
        grad_h, grad_c = pre @ W_hh, grad_c * s["f"]
    return {"W_x": grad_W_ih, "W_h": grad_W_hh, "b": grad_b, "x": grad_x, "h_0": grad_h, "c_0": grad_c}


@right
def only_two_of_the_keys(x, steps, weights, h_0, c_0, dh):
    """Answers for b and c_0 alone."""
    carry_h = carry_c = b = 0
    for t in reversed(range(len(x))):
        s, c_prev = steps[t], steps[t - 1].c if t else c_0
        d_h = dh[t] + carry_h
        d_c = d_h * s.o * (1 - s.m**2) + carry_c
        d_i, d_f, d_g = d_c * s.g * s.i * (1 - s.i), d_c * c_prev * s.f * (1 - s.f), d_c * s.i * (1 - s.g**2)
        d_z = np.hstack([d_i, d_f, d_g, d_h * s.m * s.o * (1 - s.o)])
        b, carry_h, carry_c = b + d_z.sum(axis=0), d_z @ weights.W_h, d_c * s.f
    return {"b": b, "c_0": carry_c}


@right
def in_place_on_its_own_copies(x, steps, weights, h_0, c_0, dh):
    """Writes into copies of the steps and of dh until they are the deltas."""
    c_prev, d_h, W_x, W_h = c_0, np.array(dh), np.zeros_like(weights.W_x), np.zeros_like(weights.W_h)
    steps = [type(s)(*(a.copy() for a in s)) for s in steps]
    forgets, hidden = [s.f.copy() for s in steps], [h_0, *[s.h.copy() for s in steps]]
    for s, f, c in list(zip(steps, forgets, [c_0, *[s.c.copy() for s in steps]])):
        s.f[...] = c * f * (1 - f)
        i = s.i.copy()
        s.i[...] *= s.g * (1 - i)
        s.g[...] = (1 - s.g**2) * i
        s.c[...] = s.o * (1 - s.m**2)
        s.o[...] *= s.m * (1 - s.o)
    d_c, b, z = np.zeros_like(c_prev), np.zeros_like(weights.b), None
    for t in reversed(range(len(steps))):
        s = steps[t]
        d_h[t] += 0 if z is None else z @ weights.W_h
        d_c += d_h[t] * s.c
        for a in (s.i, s.f, s.g):
            a *= d_c
        s.o[...] *= d_h[t]
        d_c *= forgets[t]
        z = np.hstack([s.i, s.f, s.g, s.o])
        W_x += z.T @ x[t]
        W_h += z.T @ hidden[t]
        b += z.sum(0)
    return {"W_x": W_x, "W_h": W_h, "b": b, "h_0": z @ weights.W_h, "c_0": d_c}


@right
def all_einsum(x, steps, weights, h_0, c_0, dh):
    """Gates on an axis of their own, every product an einsum."""
    A = np.array([[s.i, s.f, s.g, s.o] for s in steps])  # (T, 4, N, H)
    S = np.where(np.arange(4)[:, None, None] == 2, 1 - A**2, A * (1 - A))
    h_prev, c_prev = before(steps, h_0, c_0)
    M = np.array([s.m for s in steps])
    P = np.stack([A[:, 2], c_prev, A[:, 0], M], axis=1) * S
    U, V = weights.W_h.reshape(4, weights.H, -1), weights.W_x.reshape(4, weights.H, -1)
    D, u, v = np.zeros_like(A), np.zeros_like(h_0), np.zeros_like(c_0)
    for t in range(len(A))[::-1]:
        u = u + dh[t]
        v = v + np.einsum("nh,nh,nh->nh", u, A[t, 3], 1 - M[t] ** 2)
        D[t] = np.einsum("knh,knh->knh", P[t], np.array([v, v, v, u]))
        u, v = np.einsum("knh,khj->nj", D[t], U), v * A[t, 1]
    flat = {"W_x": np.einsum("tknh,tni->khi", D, x), "W_h": np.einsum("tknh,tnj->khj", D, h_prev)}
    back = {name: a.reshape(4 * weights.H, -1) for name, a in flat.items()}
    return back | {"b": np.einsum("tknh->kh", D).ravel(), "x": np.einsum("tknh,khi->tni", D, V), "h_0": u, "c_0": v}


@right
def one_matrix_of_weights(x, steps, weights, h_0, c_0, dh):
    """The rows [h, x, 1] and one matrix for all, columns instead of rows, gates in the order f, i, o, g inside."""
    H, order = weights.H, ("f", "i", "o", "g")
    W = np.vstack([np.column_stack([*weights.gate(k)[1::-1], weights.gate(k)[2]]) for k in order])
    dW, dh_next, dc_next, dx = np.zeros_like(W), np.zeros((H, len(h_0))), np.zeros((H, len(h_0))), np.zeros_like(x)
    for t in reversed(range(len(x))):
        h_prev, c_prev = (a[t].T for a in before(steps, h_0, c_0))
        f, i, o, g, c = (getattr(steps[t], k).T for k in "fiogc")
        total = dh[t].T + dh_next
        dc = dc_next + total * o * (1 - np.tanh(c) ** 2)
        d_f, d_i, d_o = dc * c_prev * f * (1 - f), dc * g * i * (1 - i), total * np.tanh(c) * o * (1 - o)
        d = np.vstack([d_f, d_i, d_o, dc * i * (1 - g * g)])
        dW += d @ np.vstack([h_prev, x[t].T, np.ones((1, len(h_0)))]).T
        down = W.T @ d
        dh_next, dx[t], dc_next = down[:H], down[H:-1].T, dc * f
    f, i, o, g = np.split(dW, 4)
    rows = np.vstack([i, f, g, o])
    return {"W_h": rows[:, :H], "W_x": rows[:, H:-1], "b": rows[:, -1], "x": dx, "h_0": dh_next.T, "c_0": dc_next.T}


@right
def autograd_inside(x, steps, weights, h_0, c_0, dh):
    """Types the forward pass anew in PyTorch and asks autograd."""
    names = ("W_x", "W_h", "b", "x", "h_0", "c_0")
    leaves = [torch.tensor(a, requires_grad=True) for a in (weights.W_x, weights.W_h, weights.b, x, h_0, c_0)]
    W_x, W_h, b, inputs, h, c = leaves
    loss = 0
    for x_t, dh_t in zip(inputs, dh):
        h, c = torch.lstm_cell(x_t, (h, c), W_x, W_h, b, torch.zeros_like(b))
        loss = loss + (h * torch.tensor(dh_t)).sum()
    return {name: grad.numpy() for name, grad in zip(names, torch.autograd.grad(loss, leaves))}


@right
def sequence_after_sequence(x, steps, weights, h_0, c_0, dh):
    """Vectors and outer products, one sequence at a time, without its initial states."""
    back = {"W_x": 0 * weights.W_x, "W_h": 0 * weights.W_h, "b": 0 * weights.b}
    for n in range(np.shape(x)[1]):
        v, u = 0, 0
        for t in range(len(x) - 1, -1, -1):
            s = type(steps[t])(*(a[n] for a in steps[t]))
            v = v + dh[t][n]
            u = u + v * s.o * (1 - s.m**2)
            seen = [u * s.g, u * (steps[t - 1].c[n] if t else c_0[n]), u * s.i, v * s.m]
            slopes = [s.i * (1 - s.i), s.f * (1 - s.f), 1 - s.g**2, s.o * (1 - s.o)]
            z = np.ravel(np.multiply(seen, slopes))
            back["W_x"] += np.outer(z, x[t][n])
            back["W_h"] += np.outer(z, steps[t - 1].h[n] if t else h_0[n])
            back["b"] += z
            v, u = z @ weights.W_h, u * s.f
    return back


@right
def by_recursion(x, steps, weights, h_0, c_0, dh):
    """Calls itself on the shorter sequence, and adds its own step's terms to what the rest returns."""
    if len(steps) > 1:
        back = by_recursion(x[1:], steps[1:], weights, steps[0].h, steps[0].c, dh[1:])
    else:
        back = {"W_x": 0, "W_h": 0, "b": 0, "h_0": 0, "c_0": 0}
    s = steps[0]
    d_h = dh[0] + back["h_0"]
    d_c = d_h * s.o * (1 - s.m**2) + back["c_0"]
    d_i, d_f, d_g = d_c * s.g * s.i * (1 - s.i), d_c * c_0 * s.f * (1 - s.f), d_c * s.i * (1 - s.g**2)
    d_z = np.hstack([d_i, d_f, d_g, d_h * s.m * s.o * (1 - s.o)])
    terms = {"W_x": d_z.T @ x[0], "W_h": d_z.T @ h_0, "b": d_z.sum(axis=0)}
    return {name: back[name] + term for name, term in terms.items()} | {"h_0": d_z @ weights.W_h, "c_0": d_c * s.f}


@right
def joint_jacobians(x, steps, weights, h_0, c_0, dh):
    """For each sequence the matrix d(h_t, c_t)/d(h_{t-1}, c_{t-1}), (2H, 2H), and row vectors times it."""
    H, (h_prev, c_prev) = weights.H, before(steps, h_0, c_0)
    row, z = np.zeros((len(h_0), 2 * H)), np.zeros((len(x), len(h_0), 4 * H))
    for t, n in ((t, n) for t in reversed(range(len(x))) for n in range(len(h_0))):
        i, f, g, o, m = (np.diag(getattr(steps[t], name)[n]) for name in "ifgom")
        one, none = np.eye(H), np.zeros((H, H))
        c_of_pre = np.hstack([g @ i @ (one - i), np.diag(c_prev[t, n]) @ f @ (one - f), i @ (one - g @ g), none])
        h_of_c = o @ (one - m @ m)
        h_of_pre = h_of_c @ c_of_pre + np.hstack([none, none, none, m @ o @ (one - o)])
        row[n, :H] += dh[t][n]
        z[t, n] = row[n] @ np.vstack([h_of_pre, c_of_pre])
        row[n] = np.hstack([z[t, n] @ weights.W_h, row[n] @ np.vstack([h_of_c @ f, f])])
    W_x, W_h = np.einsum("tnk,tni->ki", z, x), np.einsum("tnk,tni->ki", z, h_prev)
    return {"z": z, "W_x": W_x, "W_h": W_h, "b": z.sum((0, 1)), "h_0": row[:, :H], "c_0": row[:, H:]}


@right
def a_tape_of_closures(x, steps, weights, h_0, c_0, dh):
    """Each operation leaves a function that says how to go back through it; the tape is then played in reverse."""
    grad, tape = {}, []

    def add(name, value):
        grad[name] = grad.get(name, 0) + value

    def record(t, s, h_prev, c_prev):
        def back_through_sums():
            for name, value in (("W_x", x[t]), ("W_h", h_prev), ("b", np.ones(len(h_prev)))):
                add(name, grad["z", t].T @ value)
            add(("x", t), grad["z", t] @ weights.W_x)
            add(("h", t), grad["z", t] @ weights.W_h)

        def back_through_gates():
            d_i, d_f = grad["i", t] * s.i * (1 - s.i), grad["f", t] * s.f * (1 - s.f)
            add(("z", t), np.hstack([d_i, d_f, grad["g", t] * (1 - s.g**2), grad["o", t] * s.o * (1 - s.o)]))

        def back_through_memory():
            for name, factor in ((("i", t), s.g), (("g", t), s.i), (("f", t), c_prev), (("c", t), s.f)):
                add(name, grad["c", t + 1] * factor)

        def back_through_output():
            add(("h", t + 1), dh[t])
            add(("o", t), grad["h", t + 1] * s.m)
            add(("c", t + 1), grad["h", t + 1] * s.o * (1 - s.m**2))

        tape.extend((back_through_sums, back_through_gates, back_through_memory, back_through_output))

    for t, arguments in enumerate(zip(steps, *before(steps, h_0, c_0))):
        record(t, *arguments)
    while tape:
        tape.pop()()
    back = {name: grad[name] for name in ("W_x", "W_h", "b")} | {"h_0": grad["h", 0], "c_0": grad["c", 0]}
    return back | {"x": np.stack([grad["x", t] for t in range(len(x))])}


# Broken ones: no diagnosis of equations, but words that help. All but what their words say is right.


@broken("W_h.T")
def raises_in_a_product(x, steps, weights, h_0, c_0, dh):
    """A transpose too many: the product does not fit, and NumPy raises ValueError."""
    carry_h = np.zeros_like(h_0)
    for d_z in deltas_of(steps, weights, c_0, dh)[0][::-1]:
        carry_h = d_z @ weights.W_h.T
    return {"h_0": carry_h}


@broken("c_prev")
def asks_a_step_for_what_it_has_not(x, steps, weights, h_0, c_0, dh):
    """AttributeError: a step does not keep c_{t-1}."""
    return {"b": sum((dh[t] * s.o * (1 - s.m**2) * s.c_prev).sum(0) for t, s in enumerate(steps))}


@broken("argument")
def takes_fewer_arguments(x, steps, weights, dh):
    """TypeError when called: the initial states are not among its parameters."""
    return {"b": deltas_of(steps, weights, np.zeros_like(dh[0]), dh)[0].sum((0, 1))}


@broken("W_x")
def transposed_gradient(x, steps, weights, h_0, c_0, dh):
    """The gradient of W_x is (I, 4H)."""
    return {"W_x": np.einsum("tni,tnk->ik", x, deltas_of(steps, weights, c_0, dh)[0])}


@broken("(1, ")
def bias_with_an_axis_too_many(x, steps, weights, h_0, c_0, dh):
    """The gradient of b is (1, 4H)."""
    return {"b": deltas_of(steps, weights, c_0, dh)[0].sum(axis=0).sum(axis=0, keepdims=True)}


@broken("dh")
def adds_to_dh(x, steps, weights, h_0, c_0, dh):
    """Adds the carries to its argument dh, in place."""
    z, _, d_c = deltas_of(steps, weights, c_0, dh)
    for t in range(len(x)):
        dh[t] += z[t + 1] @ weights.W_h if t + 1 < len(x) else 1
    return {"b": z.sum((0, 1)), "h_0": z[0] @ weights.W_h, "c_0": d_c * steps[0].f}


@broken("steps")
def writes_slopes_into_the_steps(x, steps, weights, h_0, c_0, dh):
    """Leaves i (1 - i) in the arrays of the steps it was given."""
    z = deltas_of(steps, weights, c_0, dh)[0]
    for s in steps:
        s.i[...] *= 1 - s.i
    return {"b": z.sum((0, 1))}


@broken("None")
def forgets_to_return(x, steps, weights, h_0, c_0, dh):
    """Has no return."""
    gradients = {"b": deltas_of(steps, weights, c_0, dh)[0].sum((0, 1))}
    gradients["h_0"] = np.zeros_like(h_0)


@broken("tuple")
def returns_a_tuple(x, steps, weights, h_0, c_0, dh):
    """Returns (dW_x, db), not a dict."""
    z = deltas_of(steps, weights, c_0, dh)[0]
    return np.einsum("tnk,tni->ki", z, x), z.sum((0, 1))


@broken("dW_x")
def names_of_its_own(x, steps, weights, h_0, c_0, dh):
    """The keys are dW_x and db."""
    z = deltas_of(steps, weights, c_0, dh)[0]
    return {"dW_x": np.einsum("tnk,tni->ki", z, x), "db": z.sum((0, 1))}


@broken("nan")
def not_a_number(x, steps, weights, h_0, c_0, dh):
    """0 / 0 in the bias."""
    with np.errstate(invalid="ignore"):
        return {"b": deltas_of(steps, weights, c_0, dh)[0].sum((0, 1)) * (np.zeros(1) / 0)}
