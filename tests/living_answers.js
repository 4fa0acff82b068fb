// What living_lstm.js makes of each configuration: everything that is drawn, under the names of lstm_helpers.
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
