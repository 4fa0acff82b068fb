"""The living picture computes what lstm_helpers computes, and its lessons show what they say."""

from itertools import pairwise

import numpy as np
import pytest
from living_node import asked, drawn

from lstm_helpers import gradient_flow, lstm_backward, rnn
from lstm_helpers.configuration import Configuration
from lstm_helpers.plots.living_lstm import PRESETS, SCRIPT

CONFIGURATIONS = list(drawn(200))
GRADIENTS = ("W_x", "W_h", "b", "x", "h0", "c0", "h", "c", "i_pre", "f_pre", "g_pre", "o_pre")


def differences(configurations, script=None):
    """{what: largest difference to lstm_helpers in all configurations, on the scale of the array's largest number}."""
    largest = {}
    for values, told in zip(configurations, asked(configurations, script)):
        for name, (got, wanted) in compared(values, told).items():
            got, wanted = np.ravel(got).astype(float), np.ravel(wanted)
            assert got.shape == wanted.shape, f"{name}: {got.shape}, not {wanted.shape}"
            scale = np.abs(wanted).max(initial=0) or 1
            error = np.abs(got - wanted).max(initial=0) / scale
            largest[name] = max(largest.get(name, 0), error if np.isfinite(error) else np.inf)
    return largest


def compared(values, told):
    """{what: (the picture's, that of lstm_helpers)} of one configuration."""
    one = Configuration.from_values(values)
    trace, weights, T = one.trace, one.weights, len(values["x"])
    yield_from = {f"forward {name}": (told["trace"][name], getattr(trace, name).reshape(-1)) for name in "ifgocmh"}
    pre = np.squeeze(one.x, 1) @ weights.W_x.T + np.r_[values["h0"], trace.h[:-1, 0, 0]][:, None] * weights.W_h[:, 0] + weights.b
    yield_from["forward pre"] = (np.array([told["trace"][f"{gate}_pre"] for gate in "ifgo"]).T, pre)
    for key, gradients in (("gradients", one.gradients), ("everywhere", lstm_backward(trace, weights, trace.h))):
        for name in GRADIENTS:
            yield_from[f"{key} {name}"] = (told[key][name], getattr(gradients, name))
    return yield_from | of_paths(one, values, told) | of_jacobians(trace, weights, T, told) | of_rnn(one, told)


def of_paths(one, values, told):
    trace, weights, step, gate = one.trace, one.weights, values["step"], values["gate"]
    paths = gradient_flow.gradient_paths(len(trace.h), step, gate)
    value = {path: gradient_flow.path_gradient(path, trace, weights, one.dh_last)[0] for path in paths}
    got = {tuple(path["nodes"]): path["value"] for path in told["paths"]}
    assert got.keys() == value.keys(), "the paths are others"
    sizes = sorted(np.abs(list(value.values())), reverse=True)[:7]
    arriving = {}
    for _, end, carried in told["arrows"]:
        arriving[end] = arriving.get(end, 0) + carried
    wanted = {f"{name}{t}": row for name in "hc" for t, row in enumerate(getattr(one.gradients, name)[:, 0, 0], 1)}
    for gate_ in "ifgo":
        wanted |= {f"{gate_}~{t}": v for t, v in enumerate(getattr(one.gradients, f"{gate_}_pre")[:, 0, 0], 1)}
    assert arriving.keys() == wanted.keys()
    return {
        "paths": ([got[path] for path in paths], list(value.values())),
        "largest paths": (np.abs([path["value"] for path in told["largest"]]), sizes),
        "number of paths": (told["count"], gradient_flow.count_paths(len(trace.h), step, gate)),
        "arrows": ([arriving[node] for node in wanted], list(wanted.values())),
    }


def of_jacobians(trace, weights, T, told):
    terms = [gradient_flow.cell_state_terms(trace, weights, t) for t in range(1, T + 1)]
    exact = [gradient_flow.cell_gradient(trace, weights, T, k) for k in range(1, T + 1)]
    found = {
        f"term {name}": ([term[name] for term in told["terms"]], np.reshape([term[name] for term in terms], T))
        for name in terms[0]
    }
    found["state_jacobian"] = (told["jacobians"], gradient_flow.state_jacobians(trace, weights)[:, 0])
    return found | {"cell_gradient": (told["cell_gradients"], np.reshape(exact, T))}


def of_rnn(one, told):
    weights = rnn.RNNWeights(*(np.array(one.rnn[name], float).reshape(shape) for name, shape in (("W_x", (1, -1)), ("W_s", (1, 1)), ("b", 1))))
    trace = rnn.rnn_forward(one.x, weights, one.h0)
    T = len(one.x)
    gradients = [rnn.rnn_state_gradient(trace, weights, T, k) for k in range(1, T + 1)]
    return {
        "S": (told["S"], trace.S[:, 0, 0]),
        "theta": (told["theta"], trace.theta[:, 0, 0]),
        "chain factors": (told["factors"], rnn.rnn_jacobians(trace, weights)[:, 0, 0, 0]),
        "rnn_state_gradient": (told["rnn_gradients"], np.reshape(gradients, T)),
    }


def test_200_configurations_agree_with_lstm_helpers():
    found = differences(CONFIGURATIONS)
    assert max(found.values()) < 1e-12, found
    print(len(found), sorted(found.items(), key=lambda kv: -kv[1])[:6])
