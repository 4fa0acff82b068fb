"""How a gradient travels through an LSTM: single paths, the four terms of dC_t/dC_{t-1}, and exact Jacobians.

Steps count from 1. Jacobians are indexed [n, new, old]. A total derivative counts every route, an immediate one only
the direct; notebook 04 has the equations, numbered (4.·) here. Sources: Hochreiter & Schmidhuber (1997), appendix A;
Gers, Schmidhuber & Cummins (2000), section 3.
"""

from decimal import Decimal
from itertools import pairwise
from numbers import Real

import numpy as np

from lstm_helpers.inputs import check_arrays, check_steps
from lstm_helpers.lstm import check_trace
from lstm_helpers.weights import GATES, check_gate, check_weights

MOST_PATHS, MOST_STEPS = 20_000, 10_000


# --- paths: a node is "h3" or, for a pre-activation, "f~3" ---


def count_paths(last, step, gate="f"):
    """How many paths lead from L_last to that gate's pre-activation at `step`; (4.10). For f: 1, 5, 24, ...

    Raises ValueError beyond 10,000 steps, where the number has 6,800 digits.
    """
    check_gate(gate)
    check_steps(None, last=last, step=step)
    if last - step > MOST_STEPS:
        raise ValueError(
            f"from step {step} to {last} there are more paths than can be counted: "
            f"ask for no more than {MOST_STEPS:,} steps"
        )
    from_h, from_c = (1, 0) if gate == "o" else (1, 1)
    for _ in range(step, last):
        from_h, from_c = 4 * from_h + from_c, 3 * from_h + from_c
    return from_h


def gradient_paths(last, step, gate="f"):
    """Every path from L_last to that gate's pre-activation at `step`, as tuples of nodes from "L" to e.g. "f~2".

    The path along the cell comes first. Raises ValueError beyond 20,000 paths: their number grows almost fivefold
    with each step.
    """
    count = count_paths(last, step, gate)
    if count > MOST_PATHS:
        many = f"{count:,}" if count < 10**6 else f"about {Decimal(count):.1e}"
        raise ValueError(
            f"there are {many} paths from L_{last} to {gate}~{step}, and more than {MOST_PATHS:,} are not listed: "
            f"ask for fewer steps, or for their sum, which back-propagation has at once (lstm_backward)"
        )
    target, found, unfinished = f"{gate}~{step}", [], [("L", f"h{last}")]
    while unfinished:
        path = unfinished.pop()
        if path[-1] == target:
            found.append(path)
        else:
            unfinished += [(*path, node) for node in reversed(predecessors(path[-1], step))]
    return found


def predecessors(node, first):
    """What a node was computed from, no earlier than step `first`."""
    kind, t = _kind_and_step(node)
    if kind == "h":
        return [f"m{t}", f"o{t}"]
    if kind == "m":
        return [f"c{t}"]
    if kind == "c":
        return ([f"c{t - 1}"] if t > first else []) + [f"f{t}", f"i{t}", f"g{t}"]
    if kind.endswith("~"):
        return [f"h{t - 1}"] if t > first else []
    return [f"{kind}~{t}"]


def path_factors(path, trace, weights, dh_last=1.0):
    """The local derivative along each edge of a path, in its order; (4.1) to (4.3). Each (N,).

    path: nodes from "L" backwards, as gradient_paths gives them. trace, weights: of a scalar LSTM (H = 1), of which L
    sees the last h alone. dh_last: dL/dh_last, (N,), or one number for all sequences. Raises ValueError for a wider
    LSTM, for a path that does not begin with L and the last h, and for an edge that is none; TypeError or ValueError
    for a dh_last that does not fit.
    """
    _check(trace, weights)
    if weights.H != 1:
        raise ValueError(
            f"a path is a chain of numbers, so the LSTM must have one unit, but this one has H = {weights.H}: "
            f"for more units use state_jacobian or cell_gradient"
        )
    T, N, _ = trace.h.shape
    if list(path[:2]) != ["L", f"h{T}"]:
        raise ValueError(
            f"a path begins with L and h{T}, the last h of this trace of {T} steps, and goes backwards from there, as "
            f"gradient_paths gives it: this one begins with {list(path[:2])}"
        )
    if isinstance(dh_last, Real):
        dh_last = np.full(N, dh_last, weights.dtype)
    check_arrays({"dh_last": (dh_last, "(N,), or a number")}, weights.dtype, N=N)
    i, f, g, o, m = (getattr(trace, name)[..., 0] for name in "ifgom")
    edges = {"hm": o, "ho": m, "mc": 1 - m**2, "cc": f, "cf": trace.cells[:-1, :, 0], "ci": g, "cg": i}
    edges |= {"ff": f * (1 - f), "ii": i * (1 - i), "gg": 1 - g**2, "oo": o * (1 - o)}
    edges |= {f"{gate}~h": np.full_like(f, weights.gate(gate)[1]) for gate in GATES}
    factors = [dh_last]
    for start, end in pairwise(path[1:]):
        kind, t = _kind_and_step(start)
        if end not in predecessors(start, 1):
            raise ValueError(f"{start} to {end} is no edge of an LSTM with {T} steps: see gradient_paths for real ones")
        factors.append(edges[kind + end[0]][t - 1])
    return factors


def path_gradient(path, trace, weights, dh_last=1.0):
    """The chain product along one path, (N,): its share in the gradient of L. Arguments as for path_factors."""
    return np.prod(path_factors(path, trace, weights, dh_last), axis=0)


# --- Jacobians ---


def cell_state_terms(trace, weights, t):
    """The four terms of the total derivative dC_t/dC_{t-1}; (4.13).

    Returns {"f_direct", "via_f", "via_i", "via_g": (N, H, H)}, whose sum it is.

    It supposes h_{t-1} = o_{t-1} tanh(C_{t-1}). At t = 1, h_0 is given and does not depend on C_0, so that
    f_direct is all there is.
    """
    _check(trace, weights)
    check_steps(len(trace.h), t=t)
    terms = {"f_direct": _diagonal(trace.f[t - 1])}
    for gate, slope in _cell_slopes(trace, slice(t - 1, t)).items():
        terms[f"via_{gate}"] = slope[0][..., None] * weights.gate(gate)[1] * _h_by_c(trace, t - 1)[:, None]
    return terms


def state_jacobian(trace, weights, t):
    """d(h_t, C_t)/d(h_{t-1}, C_{t-1}), (N, 2H, 2H), the h block first; (4.14)."""
    _check(trace, weights)
    check_steps(len(trace.h), t=t)
    return _jacobians(trace, weights, slice(t - 1, t))[0]


def state_jacobians(trace, weights):
    """state_jacobian for every step, (T, N, 2H, 2H): step t is row t - 1."""
    _check(trace, weights)
    return _jacobians(trace, weights, slice(None))


def cell_gradient(trace, weights, last, step):
    """The exact total derivative dC_last/dC_step, (N, H, H), every route counted; (4.16). 1 <= step <= last <= T."""
    return cell_gradients(trace, weights, step, last)[-1]


def cell_gradients(trace, weights, step, last=None):
    """dC_t/dC_step for every t from step to last (by default T), (last - step + 1, N, H, H)."""
    _check(trace, weights)
    last = len(trace.h) if last is None else last
    check_steps(len(trace.h), last=last, step=step)
    N, H = trace.c0.shape
    identity = np.broadcast_to(np.eye(H, dtype=weights.dtype), (N, H, H))
    state = np.concatenate([_diagonal(_h_by_c(trace, step)), identity], axis=1)  # h_step moves with C_step
    found = [identity]
    for jacobian in _jacobians(trace, weights, slice(step, last)):
        state = jacobian @ state
        found.append(state[:, H:])
    return np.stack(found)


def _jacobians(trace, weights, rows):
    f, o, m = trace.f[rows], trace.o[rows], trace.m[rows]
    (steps, N, H) = f.shape
    c_by_h = sum(slope[..., None] * weights.gate(gate)[1] for gate, slope in _cell_slopes(trace, rows).items())
    h_by_c = (o * (1 - m**2))[..., None]
    jacobians = np.empty((steps, N, 2 * H, 2 * H), weights.dtype)
    jacobians[..., :H, :H] = h_by_c * c_by_h + (m * o * (1 - o))[..., None] * weights.gate("o")[1]
    jacobians[..., :H, H:] = _diagonal(h_by_c[..., 0] * f)
    jacobians[..., H:, :H] = c_by_h
    jacobians[..., H:, H:] = _diagonal(f)
    return jacobians


def _cell_slopes(trace, rows):
    """Immediate derivatives of C_t by the pre-activations of f, i and g."""
    f, i, g, c_prev = trace.f[rows], trace.i[rows], trace.g[rows], trace.cells[:-1][rows]
    return {"f": c_prev * f * (1 - f), "i": g * i * (1 - i), "g": i * (1 - g**2)}


def _h_by_c(trace, t):
    """Immediate derivative of h_t by C_t, (N, H); zero for t = 0, where h_0 is given."""
    return trace.o[t - 1] * (1 - trace.m[t - 1] ** 2) if t else np.zeros_like(trace.c0)


def _diagonal(entries):
    return entries[..., None] * np.eye(entries.shape[-1], dtype=entries.dtype)


def _kind_and_step(node):
    kind = str(node).rstrip("0123456789")
    if kind not in ("h", "m", "c", *"ifgo", "i~", "f~", "g~", "o~") or kind == node:
        raise ValueError(f'{node!r} is not a node: nodes are "L", and "h3", "m3", "c3", "f3" or "f~3" with a step')
    return kind, int(node[len(kind) :])


def _check(trace, weights):
    check_weights(weights)
    check_trace(trace, weights)
