"""Paths, terms and Jacobians against autograd on drawn shapes."""

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from random_lstm import SHAPES, RandomLSTM

from lstm_helpers import lstm_backward, lstm_forward
from lstm_helpers.gradient_flow import (
    cell_gradient,
    cell_gradients,
    cell_state_terms,
    count_paths,
    gradient_paths,
    path_factors,
    path_gradient,
    predecessors,
    state_jacobian,
    state_jacobians,
)


def torch_step(case, t, h, c):
    W_x, W_h, b, x_t = (
        torch.from_numpy(a) for a in (case.weights.W_x, case.weights.W_h, case.weights.b, case.x[t - 1])
    )
    i, f, g, o = (x_t @ W_x.T + h @ W_h.T + b).chunk(4, dim=1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def torch_states(case):
    """[(h_0, c_0), ..., (h_T, c_T)], all in one graph."""
    states = [(torch.from_numpy(case.h0).requires_grad_(), torch.from_numpy(case.c0).requires_grad_())]
    for t in range(1, len(case.x) + 1):
        states.append(torch_step(case, t, *states[-1]))
    return states


def rows_by_autograd(outputs, inputs):
    """d outputs / d inputs for (N, K) outputs of sequences that do not touch each other: (N, K, inputs)."""
    rows = [torch.autograd.grad(column.sum(), inputs, retain_graph=True, allow_unused=True) for column in outputs.T]
    rows = [torch.cat([torch.zeros_like(i) if r is None else r for r, i in zip(row, inputs)], 1) for row in rows]
    return torch.stack(rows, dim=1).detach().numpy()


@given(SHAPES)
@example((1, 1, 1, 1))
def test_state_jacobians_equal_autograd(shape):
    case = RandomLSTM(*shape)
    trace = lstm_forward(case.x, case.weights, case.h0, case.c0)
    together = state_jacobians(trace, case.weights)
    for t, before in enumerate(torch_states(case)[:-1], start=1):
        h, c = (tensor.detach().requires_grad_() for tensor in before)
        expected = rows_by_autograd(torch.cat(torch_step(case, t, h, c), dim=1), (h, c))
        assert np.abs(state_jacobian(trace, case.weights, t) - expected).max() < 1e-12
        assert np.array_equal(together[t - 1], state_jacobian(trace, case.weights, t))


@given(SHAPES, st.data())
@example((1, 1, 1, 1), None)
def test_cell_gradient_equals_autograd(shape, data):
    case = RandomLSTM(*shape)
    trace, states, T = lstm_forward(case.x, case.weights, case.h0, case.c0), torch_states(case), shape[0]
    step = data.draw(st.integers(1, T)) if data else 1
    last = data.draw(st.integers(step, T)) if data else 1
    expected = rows_by_autograd(states[last][1], (states[step][1],))
    assert np.abs(cell_gradient(trace, case.weights, last, step) - expected).max() < 1e-12
    assert cell_gradients(trace, case.weights, step).shape == (T - step + 1, shape[1], shape[3], shape[3])


@given(SHAPES)
@example((1, 1, 1, 1))
@example((4, 1, 1, 1))
def test_four_terms_equal_autograd_one_by_one(shape):
    """Each term by itself: the other routes are cut with detach()."""
    case = RandomLSTM(*shape)
    trace, states = lstm_forward(case.x, case.weights, case.h0, case.c0), torch_states(case)
    W_x, W_h, b = (torch.from_numpy(a) for a in (case.weights.W_x, case.weights.W_h, case.weights.b))
    for t in range(1, shape[0] + 1):
        terms = cell_state_terms(trace, case.weights, t)
        assert list(terms) == ["f_direct", "via_f", "via_i", "via_g"]
        c_prev = states[t - 1][1].detach().requires_grad_()
        h_prev = torch.from_numpy(case.h0) if t == 1 else torch.from_numpy(trace.o[t - 2].copy()) * c_prev.tanh()
        for name, term in terms.items():
            z_open, z_cut = (torch.from_numpy(case.x[t - 1]) @ W_x.T + h @ W_h.T + b for h in (h_prev, h_prev.detach()))
            i, f, g = (
                (z_open if name == f"via_{gate}" else z_cut).chunk(4, dim=1)["ifg".index(gate)] for gate in "ifg"
            )
            direct = c_prev if name == "f_direct" else c_prev.detach()
            expected = rows_by_autograd(f.sigmoid() * direct + i.sigmoid() * g.tanh() + 0 * c_prev, (c_prev,))
            assert np.abs(term - expected).max() < 1e-12, (name, t)


def test_their_sum_is_the_one_step_gradient():
    case = RandomLSTM(5, 2, 3, 4)
    trace = lstm_forward(case.x, case.weights, case.h0, case.c0)
    for t in range(2, 6):
        total = sum(cell_state_terms(trace, case.weights, t).values())
        assert np.abs(total - cell_gradient(trace, case.weights, t, t - 1)).max() < 1e-12


# --- paths ---


@pytest.mark.parametrize(
    "gate, counts", [*((g, [1, 5, 24, 115, 551, 2640]) for g in "ifg"), ("o", [1, 4, 19, 91, 436])]
)
def test_paths_are_counted_and_all_different(gate, counts):
    assert [count_paths(n, 1, gate) for n in range(1, len(counts) + 1)] == counts
    for n, count in enumerate(counts, start=1):
        paths = gradient_paths(n + 2, 3, gate)
        assert len(set(paths)) == len(paths) == count
        assert all(path[:2] == ("L", f"h{n + 2}") and path[-1] == f"{gate}~3" for path in paths)


def test_the_path_along_the_cell_comes_first():
    assert gradient_paths(3, 2) == [
        ("L", "h3", "m3", "c3", "c2", "f2", "f~2"),
        *(("L", "h3", "m3", "c3", g, f"{g[0]}~3", "h2", "m2", "c2", "f2", "f~2") for g in ("f3", "i3", "g3")),
        ("L", "h3", "o3", "o~3", "h2", "m2", "c2", "f2", "f~2"),
    ]


@pytest.mark.parametrize("gate", "ifgo")
@pytest.mark.parametrize("last, step", [(1, 1), (3, 2), (4, 1), (6, 2)])
def test_sum_over_paths_equals_the_gradient(gate, last, step):
    case = RandomLSTM(last, 3, 2, 1)
    trace = lstm_forward(case.x, case.weights, case.h0, case.c0)
    dh_last = np.array([0.5, -2.0, 3.0])
    dh = np.zeros((last, 3, 1))
    dh[-1, :, 0] = dh_last
    expected = getattr(lstm_backward(trace, case.weights, dh), f"{gate}_pre")[step - 1, :, 0]
    values = [path_gradient(path, trace, case.weights, dh_last) for path in gradient_paths(last, step, gate)]
    assert np.abs(sum(values) - expected).max() < 1e-13


def test_factors_are_one_an_edge():
    case = RandomLSTM(3, 2, 2, 1)
    trace = lstm_forward(case.x, case.weights, case.h0, case.c0)
    path = gradient_paths(3, 2)[0]
    factors = path_factors(path, trace, case.weights, 7.0)
    assert len(factors) == len(path) - 1 and all(factor.shape == (2,) for factor in factors)
    assert np.array_equal(factors[0], [7.0, 7.0]) and np.array_equal(factors[3], trace.f[2, :, 0])


def test_dL_by_the_last_h_is_1_where_not_given():
    case = RandomLSTM(3, 2, 2, 1)
    trace = lstm_forward(case.x, case.weights, case.h0, case.c0)
    path = gradient_paths(3, 2)[1]
    assert np.array_equal(path_factors(path, trace, case.weights)[0], [1.0, 1.0])
    doubled = path_gradient(path, trace, case.weights, 2.0)
    assert np.array_equal(2 * path_gradient(path, trace, case.weights), doubled) and doubled.all()


@pytest.mark.parametrize("node", ["q3", "h", "f~", "L", "", 3])
def test_what_is_no_node_has_no_predecessors(node):
    with pytest.raises(ValueError, match=f"^{node!r} is not a node"):
        predecessors(node, 1)


@pytest.mark.parametrize("H", [1, 4])
def test_everything_keeps_float32(H):
    case = RandomLSTM(3, 2, 2, H, np.float32)
    trace, T = lstm_forward(case.x, case.weights, case.h0, case.c0), 3
    found = [state_jacobian(trace, case.weights, T), state_jacobians(trace, case.weights)]
    found += [cell_gradients(trace, case.weights, 1), cell_gradient(trace, case.weights, T, T)]
    found += cell_state_terms(trace, case.weights, T).values()
    if H == 1:
        found += path_factors(gradient_paths(T, 1)[-1], trace, case.weights)
    assert {array.dtype for array in found} == {np.dtype(np.float32)}


def test_steps_may_be_numpy_integers():
    """Of which the negative overflows."""
    one, two, three, four = np.arange(1, 5, dtype=np.uint8)
    assert count_paths(four, one) == 115 and gradient_paths(three, two) == gradient_paths(3, 2)
    for call, steps in ((cell_gradient, (3, 1)), (state_jacobian, (2,))):
        ours = call(wide_trace, wide.weights, *np.array(steps, np.uint8))
        assert np.array_equal(ours, call(wide_trace, wide.weights, *steps))
    terms = cell_state_terms(wide_trace, wide.weights, 2)
    assert all(
        np.array_equal(terms[name], term) for name, term in cell_state_terms(wide_trace, wide.weights, two).items()
    )


wide, thin = RandomLSTM(3, 2, 2, 4), RandomLSTM(3, 2, 2, 1)
wide_trace, thin_trace = (lstm_forward(case.x, case.weights) for case in (wide, thin))
USERS = {
    "path_factors": lambda trace, weights: path_factors(("L", "h3", "m3"), trace, weights),
    "cell_state_terms": lambda trace, weights: cell_state_terms(trace, weights, 2),
    "state_jacobian": lambda trace, weights: state_jacobian(trace, weights, 2),
    "state_jacobians": state_jacobians,
    "cell_gradient": lambda trace, weights: cell_gradient(trace, weights, 2, 1),
    "cell_gradients": lambda trace, weights: cell_gradients(trace, weights, 1),
}


@pytest.mark.parametrize("use", USERS)
def test_a_trace_and_weights_that_do_not_belong_together_are_refused(use):
    single = RandomLSTM(3, 2, 2, 1, np.float32).weights
    for trace, weights in ((wide_trace, thin.weights), (thin_trace, wide.weights), (thin_trace, single)):
        with pytest.raises(ValueError, match="pass the weights that made the trace"):
            USERS[use](trace, weights)
    with pytest.raises(TypeError, match="from_torch"):
        USERS[use](thin_trace, torch.nn.LSTM(2, 1))
    with pytest.raises(TypeError, match="lstm_forward returned"):
        USERS[use](thin_trace.h, thin.weights)


to_the_first = ("L", "h3", "m3", "c3", "c2", "c1")
paths = {last: gradient_paths(last, 2)[0] for last in (3, 4)}
REFUSED = {
    "too many paths": (lambda: gradient_paths(8, 1), "there are 60,605 paths from L_8 to f~1, and more than 20,000"),
    "a number to be told": (lambda: gradient_paths(10, 1), r"there are about 1.4e\+6 paths"),
    "more paths than a string of digits may hold": (lambda: gradient_paths(7000, 1), r"about \d\.\de\+4762 paths"),
    "too many paths to o": (lambda: gradient_paths(np.int64(8), np.int64(1), "o"), "are 47,956 paths from L_8 to o~1"),
    "no steps": (lambda: count_paths(0, 1), "last is 0, but steps count from 1$"),
    "steps beyond counting": (lambda: count_paths(10_002, 1), "step 1 to 10002 .* no more than 10,000 steps$"),
    "no such gate": (lambda: gradient_paths(3, 1, "c"), "candidate"),
    "forwards in time": (lambda: gradient_paths(1, 3), "step 3 comes after last = 1"),
    "dL/dh of three": (
        lambda: path_gradient(paths[3], thin_trace, thin.weights, np.ones(3)),
        r"dh_last has shape \(3,\), but must be \(N,\), or a number with N = 2",
    ),
    "dL/dh that is no number": (
        lambda: path_gradient(paths[3], thin_trace, thin.weights, np.nan),
        r"dh_last\[0\] is nan",
    ),
    "a wide LSTM": (lambda: path_gradient(paths[3], wide_trace, wide.weights), "one unit"),
    "a path of another length": (lambda: path_gradient(paths[4], thin_trace, thin.weights), "h3"),
    "an empty path": (lambda: path_gradient((), thin_trace, thin.weights), "goes backwards"),
    "a path's end": (lambda: path_gradient(paths[3][1:], thin_trace, thin.weights), r"with \['h3', 'm3'\]"),
    "a broken path": (lambda: path_gradient(("L", "h3", "c3"), thin_trace, thin.weights), "h3 to c3 is no edge"),
    "a path to before step 1": (
        lambda: path_gradient(("L", "h3", "m3", "c3", "c2", "c1", "c0"), thin_trace, thin.weights),
        "c1 to c0 is no edge of an LSTM with 3 steps",
    ),
    "a last cell beyond T": (lambda: cell_gradient(wide_trace, wide.weights, 4, 1), "last is 4.*T = 3"),
    "a first cell beyond T": (lambda: cell_gradients(wide_trace, wide.weights, 4), "step is 4.*T = 3"),
    "t beyond T": (lambda: state_jacobian(wide_trace, wide.weights, 4), "T = 3"),
    "terms at t = 0": (lambda: cell_state_terms(wide_trace, wide.weights, 0), "count from 1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_words_that_help(name):
    call, words = REFUSED[name]
    with pytest.raises(ValueError, match=words):
        call()
