// A living LSTM: one unit, up to twelve steps; forward pass and every path of its gradient, redrawn at each touch.
// No framework, no network. First the mathematics, which needs no page; then what draws it: <living-lstm>.

// --- mathematics: of one unit, named as in lstm_helpers; step t is row t - 1; (n.m) are the notebooks' equations ---

(() => {
const lstm = (() => {
  const GATES = ["i", "f", "g", "o"];
  const sigmoid = (z) => 0.5 * Math.tanh(0.5 * z) + 0.5; // (1.1)
  const dot = (a, b) => a.reduce((sum, a_j, j) => sum + a_j * b[j], 0);

  // x: T rows of I numbers. weights: {W_x: 4 rows of I, W_h: 4 numbers, b: 4 numbers}, rows i, f, g, o.
  function lstm_forward(x, weights, h0 = 0, c0 = 0) {
    const trace = { x, h0, c0 };
    for (const name of ["i_pre", "f_pre", "g_pre", "o_pre", ...GATES, "c", "m", "h"]) trace[name] = [];
    for (const x_t of x) {
      const h_prev = trace.h.at(-1) ?? h0, c_prev = trace.c.at(-1) ?? c0;
      GATES.forEach((gate, k) => {
        const pre = dot(weights.W_x[k], x_t) + weights.W_h[k] * h_prev + weights.b[k]; // (1.8)
        trace[`${gate}_pre`].push(pre);
        trace[gate].push(gate === "g" ? Math.tanh(pre) : sigmoid(pre)); // (1.2) to (1.4), (1.6)
      });
      const [i, f, g, o] = GATES.map((gate) => trace[gate].at(-1));
      const c = f * c_prev + i * g, m = Math.tanh(c); // (1.5)
      [["c", c], ["m", m], ["h", o * m]].forEach(([name, value]) => trace[name].push(value)); // (1.7)
    }
    trace.cells = [c0, ...trace.c];
    return trace;
  }

  // Gradients of a loss of which dh are the immediate partial derivatives by every h_t.
  function lstm_backward(trace, weights, dh) {
    const T = dh.length, { i, f, g, o, m, cells } = trace;
    const d = { h: [], c: [], i_pre: [], f_pre: [], g_pre: [], o_pre: [] };
    let h_carry = 0, c_carry = 0;
    for (let t = T - 1; t >= 0; t--) {
      const d_h = dh[t] + h_carry; // (3.4)
      const d_c = d_h * o[t] * (1 - m[t] ** 2) + c_carry; // (3.5)
      const d_pre = [
        d_c * g[t] * i[t] * (1 - i[t]), // (3.7)
        d_c * cells[t] * f[t] * (1 - f[t]), // (3.8)
        d_c * i[t] * (1 - g[t] ** 2), // (3.9)
        d_h * m[t] * o[t] * (1 - o[t]), // (3.6)
      ];
      [d.h[t], d.c[t]] = [d_h, d_c];
      GATES.forEach((gate, k) => (d[`${gate}_pre`][t] = d_pre[k]));
      h_carry = dot(d_pre, weights.W_h);
      c_carry = d_c * f[t];
    }
    const h_prev = [trace.h0, ...trace.h.slice(0, -1)], pre = GATES.map((gate) => d[`${gate}_pre`]);
    d.W_x = pre.map((d_k) => trace.x[0].map((_, j) => dot(d_k, trace.x.map((x_t) => x_t[j]))));
    d.W_h = pre.map((d_k) => dot(d_k, h_prev));
    d.b = pre.map((d_k) => d_k.reduce((a, b) => a + b));
    d.x = trace.x.map((x_t, t) => x_t.map((_, j) => dot(pre.map((d_k) => d_k[t]), weights.W_x.map((row) => row[j]))));
    return { ...d, h0: h_carry, c0: c_carry };
  }

  // Nodes are "L", "h3", "m3", "c3", "f3" and "f~3". What a node was computed from, no earlier than step first.
  function predecessors(node, first, last) {
    const kind = node.replace(/\d+$/, ""), t = +node.slice(kind.length);
    if (node === "L") return [`h${last}`];
    if (kind === "h") return [`m${t}`, `o${t}`];
    if (kind === "m") return [`c${t}`];
    if (kind === "c") return [...(t > first ? [`c${t - 1}`] : []), `f${t}`, `i${t}`, `g${t}`];
    if (kind.endsWith("~")) return t > first ? [`h${t - 1}`] : [];
    return [`${kind}~${t}`];
  }

  // The local derivative along an edge, from a node back to one that it was computed from; (4.1) to (4.3).
  function local_derivative(start, end, trace, weights, dh_last) {
    if (start === "L") return dh_last;
    const kind = start.replace(/\d+$/, ""), t = +start.slice(kind.length) - 1;
    if (kind.endsWith("~")) return weights.W_h[GATES.indexOf(kind[0])];
    const { i, f, g, o, m, cells } = trace;
    if (kind === "h") return end[0] === "m" ? o[t] : m[t];
    if (kind === "m") return 1 - m[t] ** 2;
    if (kind === "c") return { c: f[t], f: cells[t], i: g[t], g: i[t] }[end[0]];
    return kind === "g" ? 1 - g[t] ** 2 : trace[kind][t] * (1 - trace[kind][t]);
  }

  // How many paths lead from L_last to that gate's pre-activation at step; (4.10).
  function count_paths(last, step, gate) {
    let [from_h, from_c] = gate === "o" ? [1, 0] : [1, 1];
    for (; step < last; step++) [from_h, from_c] = [4 * from_h + from_c, 3 * from_h + from_c];
    return from_h;
  }

  // The paths from L_T to that pre-activation, as {nodes, value}, value being the chain product: the `most` largest ones.
  function gradient_paths(trace, weights, step, gate, dh_last, most = Infinity) {
    const last = trace.h.length, target = `${gate}~${step}`, known = new Map([[target, [{ nodes: [target], value: 1 }]]]);
    const paths_from = (node) => {
      if (!known.has(node)) {
        const found = predecessors(node, step, last).flatMap((end) => {
          const factor = local_derivative(node, end, trace, weights, dh_last);
          return paths_from(end).map(({ nodes, value }) => ({ nodes: [node, ...nodes], value: factor * value }));
        });
        known.set(node, found.sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, most));
      }
      return known.get(node);
    };
    return paths_from("L");
  }

  // The graph with m and the gates left out of it, as [from, to, what the arrow carries back]: the gradient at its start
  // times the local derivatives on the way to its end. What arrives at a node adds up to the gradient there. d: lstm_backward.
  function gradient_arrows({ f, o, m }, weights, d, dh_last) {
    const arrows = [["L", `h${f.length}`, dh_last]];
    for (let t = f.length; t >= 1; t--) {
      const r = t - 1;
      arrows.push([`h${t}`, `c${t}`, d.h[r] * o[r] * (1 - m[r] ** 2)]);
      if (t > 1) arrows.push([`c${t}`, `c${t - 1}`, d.c[r] * f[r]]);
      GATES.forEach((gate, k) => {
        const pre = d[`${gate}_pre`][r];
        arrows.push([`${gate === "o" ? "h" : "c"}${t}`, `${gate}~${t}`, pre]);
        if (t > 1) arrows.push([`${gate}~${t}`, `h${t - 1}`, pre * weights.W_h[k]]);
      });
    }
    return arrows;
  }

  // Immediate derivatives: of C_t by h_{t-1} through each gate; of h_t by C_t (0 for t = 0: h_0 is given).
  function c_by_h({ i, f, g, cells }, { W_h }, t) {
    const r = t - 1;
    return { f: cells[r] * f[r] * (1 - f[r]) * W_h[1], i: g[r] * i[r] * (1 - i[r]) * W_h[0], g: i[r] * (1 - g[r] ** 2) * W_h[2] };
  }
  const h_by_c = ({ o, m }, t) => (t ? o[t - 1] * (1 - m[t - 1] ** 2) : 0);

  function cell_state_terms(trace, weights, t) { // (4.13)
    const via = c_by_h(trace, weights, t), tau = h_by_c(trace, t - 1);
    return { f_direct: trace.f[t - 1], via_f: via.f * tau, via_i: via.i * tau, via_g: via.g * tau };
  }

  function state_jacobian(trace, weights, t) { // d(h_t, C_t)/d(h_{t-1}, C_{t-1}), (4.14)
    const { f, o, m } = trace, via = c_by_h(trace, weights, t), K = via.f + via.i + via.g, tau = h_by_c(trace, t);
    return [[tau * K + m[t - 1] * o[t - 1] * (1 - o[t - 1]) * weights.W_h[3], tau * f[t - 1]], [K, f[t - 1]]];
  }

  function cell_gradient(trace, weights, last, step) { // the exact dC_last/dC_step, (4.16)
    let h = h_by_c(trace, step), c = 1;
    for (let t = step + 1; t <= last; t++) [h, c] = state_jacobian(trace, weights, t).map(([by_h, by_c]) => by_h * h + by_c * c);
    return c;
  }

  return { GATES, lstm_forward, lstm_backward, local_derivative, count_paths, gradient_paths, gradient_arrows,
    cell_state_terms, state_jacobian, cell_gradient, dot };
})();

const rnn = {
  rnn_forward(x, weights, S0 = 0) { // weights: {W_x: I numbers, W_s, b}; (2.1)
    const trace = { x, S0, theta: [], S: [] };
    for (const x_t of x) {
      trace.theta.push(lstm.dot(weights.W_x, x_t) + weights.b + weights.W_s * (trace.S.at(-1) ?? S0));
      trace.S.push(Math.tanh(trace.theta.at(-1)));
    }
    return trace;
  },
  chain_factors: (trace, weights) => trace.S.map((S) => (1 - S ** 2) * weights.W_s), // (2.4)
  rnn_state_gradient: (trace, weights, last, step) =>
    rnn.chain_factors(trace, weights).slice(step, last).reduce((a, b) => a * b, 1),
};

// --- lessons: what each shows is checked in tests/test_living.py; between the two marks stands JSON, which Python reads ---

const PRESETS = /* presets */ {
  "worked example": {
    "look": "The rule of notebook 01: x₂ = 1 adds x₁ to the memory, x₂ = −1 clears it, x₃ = 1 reads it. Forget and input gate follow x₂: at t = 7 the forget gate falls to 0, and what was stored is gone. Press through the steps, then drag an x₂ up or down.",
    "x": [[1,0,0],[3,1,0],[2,0,0],[4,1,0],[2,0,0],[1,0,1],[3,-1,0],[6,1,0],[1,0,1]],
    "W_x": [[0,100,0],[0,100,0],[1,0,0],[0,0,100]], "W_h": [0,0,0,0], "b": [-10,10,0,-10], "h0": 0, "c0": 0, "y": 1,
    "rnn": {"W_x": [0.2,0.5,0], "W_s": 0.9, "b": 0}, "t": 7, "node": "g~8"
  },
  "swapped gates": {
    "look": "The same weights, but the rows of input and forget gate have changed places. Rounded, the output h is still 0 0 0 0 0 1 0 0 1; the memory c is not: it takes in every x₁ and keeps nothing from one step to the next.",
    "x": [[1,0,0],[3,1,0],[2,0,0],[4,1,0],[2,0,0],[1,0,1],[3,-1,0],[6,1,0],[1,0,1]],
    "W_x": [[0,100,0],[0,100,0],[1,0,0],[0,0,100]], "W_h": [0,0,0,0], "b": [10,-10,0,-10], "h0": 0, "c0": 0, "y": 1,
    "rnn": {"W_x": [0.2,0.5,0], "W_s": 0.9, "b": 0}, "t": 3, "node": "g~8"
  },
  "vanishing at b_f = 0": {
    "look": "With b_f = 0 the forget gates stand near ½, and the gradient halves at each step back: dC₁₂/dC₁ is 0.0026. An LSTM vanishes too, only later than the RNN (brown). Now pull b_f up.",
    "x": [[0.1],[-0.1],[0.6],[0.1],[-0.5],[0.4],[1.3],[0.9],[-0.7],[-1.3],[-0.6],[0]],
    "W_x": [[0.8],[0.5],[0.9],[0.6]], "W_h": [0.4,0.3,0.5,-0.4], "b": [0,0,0,0], "h0": 0, "c0": 0, "y": 1,
    "rnn": {"W_x": [0.9], "W_s": 0.5, "b": 0}, "t": 6, "node": "f~4"
  },
  "b_f = 3": {
    "look": "Inputs and weights as before, only b_f is 3: the forget gates stand above 0.9, and dC₁₂/dC₁ is 1.3. It exceeds 1 although no forget gate does; the coloured terms make up the rest. Set the row W_h to 0, and it falls below 1.",
    "x": [[0.1],[-0.1],[0.6],[0.1],[-0.5],[0.4],[1.3],[0.9],[-0.7],[-1.3],[-0.6],[0]],
    "W_x": [[0.8],[0.5],[0.9],[0.6]], "W_h": [0.4,0.3,0.5,-0.4], "b": [0,3,0,0], "h0": 0, "c0": 0, "y": 1,
    "rnn": {"W_x": [0.9], "W_s": 0.5, "b": 0}, "t": 6, "node": "f~4"
  },
  "a latch": {
    "look": "x₁ = 1 sets the memory at t = 2, x₂ = 1 clears it at t = 6, x₁ sets it again at t = 8. The forget gate is 1 but at t = 6: the gradient reaches back to C₆ at full strength, and not a step further.",
    "x": [[0,0],[1,0],[0,0],[0,0],[0,0],[0,1],[0,0],[1,0],[0,0],[0,0]],
    "W_x": [[10,0],[0,-20],[3,0],[0,0]], "W_h": [0,0,0,0], "b": [-5,8,0,3], "h0": 0, "c0": 0, "y": 0.5,
    "rnn": {"W_x": [2,-2], "W_s": 1.5, "b": 0}, "t": 6, "node": "i~8"
  },
  "an RNN at W_s = 1.05": {
    "look": "Look at the RNN (brown). Nothing comes in, S rests at 0, and its gradient grows by 1.05 a step. Now drag x₁ up to 1: S leaves 0, its slope falls below 1/1.05, and the same W_s > 1 makes the gradient vanish.",
    "x": [[0],[0],[0],[0],[0],[0],[0],[0],[0],[0],[0],[0]],
    "W_x": [[0.8],[0.5],[0.9],[0.6]], "W_h": [0.4,0.3,0.5,-0.4], "b": [0,1,0,0], "h0": 0, "c0": 0, "y": 1,
    "rnn": {"W_x": [1], "W_s": 1.05, "b": 0}, "t": 1, "node": "g~1"
  },
  "the way round the cell": {
    "look": "∏ dC/dC says 0.86, the exact dC₃/dC₁ is 0.64: the way C₁ → h₁ → o₂ → h₂ → gates of step 3 → C₃ passes C₂ by. It needs W_ho. Move W_ho to 0, and the two agree.",
    "x": [[0],[0],[2]],
    "W_x": [[2],[-1],[2],[1]], "W_h": [0,-3,4,1], "b": [1,-2,-2,2], "h0": 0, "c0": 0, "y": 0.5,
    "rnn": {"W_x": [1], "W_s": 0.8, "b": 0}, "t": 1, "node": "g~1"
  },
  "explosion": {
    "look": "No forget gate is above ½, and yet dC₁₂/dC₁ is 8·10⁷: the gradient grows on its way through h, by the large recurrent weights. Halve the four W_h, and it is below 1.",
    "x": [[0],[1],[1],[2],[-1],[0],[0],[0],[0],[1],[-1],[-1]],
    "W_x": [[-1],[1],[0],[0]], "W_h": [3,-4,7,-5], "b": [2,-2,0,2], "h0": 0, "c0": 0, "y": 0.5,
    "rnn": {"W_x": [1], "W_s": 2, "b": 0}, "t": 1, "node": "g~1"
  }
} /* end of presets */;

globalThis.livingLSTM = { lstm, rnn, PRESETS };
if (!globalThis.customElements || customElements.get("living-lstm")) return;

// --- numbers and SVG as text ---

const { GATES } = lstm, ORDER = ["f", "i", "g", "o"], MOST_STEPS = 12, SHOWN_PATHS = 7;
const NAMES = { f: "forget gate", i: "input gate", g: "candidate", o: "output gate", c: "cell state", h: "hidden state" };
const PARTS = { inputs: "inputs", gates: "gates", memory: "memory and output", flow: "gradient", terms: "four terms",
  race: "race", cell: "cell", paths: "paths", weights: "weights" };
const sub = (number) => String(number).replace(/\d/g, (d) => "₀₁₂₃₄₅₆₇₈₉"[d]);
const up = (number) => String(number).replace(/[-\d]/g, (d) => (d === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]));
const range = (first, last) => Array.from({ length: last - first + 1 }, (_, k) => first + k);
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// A number as on a blackboard: 0.52, −10, 3.1·10⁻⁷.
function said(value) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 1e-3 || size >= 1e4) {
    const [digits, power] = value.toExponential(1).split("e");
    return `${digits.replace("-", "−")}·10${up(+power)}`;
  }
  return value.toPrecision(size < 0.1 ? 2 : 3).replace(/\.?0+$/, "").replace("-", "−");
}
const wire = (value) => (Math.abs(value) < 0.005 ? "0.00" : Math.abs(value) < 99.5 ? value.toFixed(2) : value.toFixed(0)).replace("-", "−");
const symbol = (node) => (node === "L" ? "L" : node[1] === "~" ? `${node[0]}\u0303${sub(node.slice(2))}` : node[0] + sub(node.slice(1)));

const attrs = (given) => Object.entries(given).map(([key, value]) => ` ${key}="${value}"`).join("");
// Colours are classes: fill-f is filled with the forget gate's colour. (Parsing style attributes would cost half the frame.)
const line = (x1, y1, x2, y2, colour, width = 1, more = {}) => `<line${attrs({ x1, y1, x2, y2, class: `line-${colour}`, "stroke-width": width, ...more })}/>`;
const path = (d, colour, width = 1, more = {}) => `<path${attrs({ d, class: `line-${colour}`, "stroke-width": width, ...more })}/>`;
const area = (d, colour, more = {}) => `<path${attrs({ d, class: `fill-${colour}`, ...more })}/>`;
const box = (x, y, width, height, colour, edge = "none", more = {}) =>
  `<rect${attrs({ x, y, width: Math.max(width, 0), height: Math.max(height, 0), class: `fill-${colour} edge-${edge}`, ...more })}/>`;
const disc = (cx, cy, r, colour, edge = "none", width = 1.5, more = {}) => `<circle${attrs({ cx, cy, r, class: `fill-${colour} edge-${edge}`, "stroke-width": width, ...more })}/>`;
const text = (x, y, words, colour = "ink", size = 12, anchor = "middle", more = {}) =>
  `<text${attrs({ x, y, "text-anchor": anchor, class: `fill-${colour}`, "font-size": size, ...more })}>${words}</text>`;
const ink = (name) => (ORDER.includes(name) ? name : "ink");

const STYLE = `
:host { display: block; margin: .6em 0; }
.w { container-type: inline-size; --ink: #1A1A1A; --grey: #595959; --faint: #D0D0D0; --ground: #fff; --soft: #F4F4F2; --tint: #FFF3C4;
  --f: #C25200; --i: #0072B2; --g: #008560; --o: #B0568A; --rnn: #8A5A00; --exact: #5B2A86;
  color: var(--ink); background: var(--ground); font: 14px/1.4 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; text-align: left; }
.w.dark { --ink: #E8E8E8; --grey: #B0B0B0; --faint: #4A4A4A; --ground: #161616; --soft: #232323; --tint: #3A3415;
  --f: #FF9A55; --i: #62B8F0; --g: #3CC9A0; --o: #E59CC6; --rnn: #DDB060; --exact: #C9A6F5; color-scheme: dark; }
.grid { display: grid; gap: 8px 18px; grid-template: "head" "time" "weights" "side" / minmax(0, 1fr); padding: 8px; }
.head { grid-area: head; } .weights { grid-area: weights; } .time { grid-area: time; } .side { grid-area: side; display: grid; gap: 8px 18px; align-content: start; }
.foot { grid-column: 1 / -1; display: flex; gap: 8px; flex-wrap: wrap; align-items: center; }
@container (min-width: 720px) {
  .grid { grid-template: "head time" auto "weights time" 1fr "side side" auto / 290px minmax(0, 1fr); }
  .side { grid-template-columns: 1fr 1fr; } }
@container (min-width: 1180px) {
  .grid { grid-template: "head time side" auto "weights time side" 1fr / 290px minmax(0, 1fr) 350px; }
  .side { grid-template-columns: minmax(0, 1fr); } }
[hidden] { display: none !important; }
p { margin: .3em 0; } b { font-weight: 600; }
h3 { font-size: 1em; margin: 0; line-height: 1.3; font-weight: 600; }
select, button, input { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--grey); border-radius: 4px; padding: 1px 5px; max-width: 100%; box-sizing: border-box; }
button { background: var(--soft); cursor: pointer; min-height: 26px; }
:focus-visible { outline: 3px solid var(--i); outline-offset: 1px; }
input[type=range] { padding: 0; width: 100%; margin: 0; border: 0; background: none; height: 20px; accent-color: var(--k, var(--grey)); }
input[type=number] { width: 100%; padding: 0 2px; text-align: center; appearance: textfield; -moz-appearance: textfield; height: 22px; }
input::-webkit-inner-spin-button { display: none; }
input[aria-invalid=true] { outline: 2px solid var(--f); }
sub { line-height: 0; font-size: .8em; } [data-node] { cursor: pointer; } svg text { pointer-events: none; }
.big { display: grid; grid-template-columns: auto 1fr 60px; gap: 6px; align-items: center; background: var(--soft); border-left: 5px solid var(--f); padding: 6px 8px; margin: 6px 0; --k: var(--f); color: var(--f); font-weight: 600; }
.big input[type=range] { height: 30px; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
th, td { padding: 1px 3px; border: 0; text-align: center; font-weight: 600; background: none; }
th[scope=row] { text-align: left; width: 34px; }
th[scope=col] { color: var(--k); line-height: 1.1; } small { display: block; font-size: 11px; font-weight: 400; }
td { font-weight: 400; vertical-align: top; }
.three { display: grid; grid-template-columns: repeat(auto-fit, minmax(76px, 1fr)); gap: 4px 8px; }
.three label { display: block; }
fieldset { border: 0; padding: 0; margin: 8px 0 0; min-width: 0; } legend { font-weight: 600; padding: 0; }
.roll { overflow-x: auto; overflow-y: hidden; }
figure { margin: 0 0 5px; width: max-content; min-width: 100%; } figcaption h3 { display: inline; } figcaption { position: sticky; left: 0; max-width: var(--seen); line-height: 1.3; }
svg { display: block; font-family: inherit; overflow: visible; touch-action: pan-x pan-y; } svg text { user-select: none; }
svg[data-drag] { touch-action: pan-x; cursor: ns-resize; }
.row { display: grid; margin-left: 30px; grid-template-columns: var(--columns); }
.step { padding: 0 0 0 30px; } .step input { display: block; }
.numbers { font-variant-numeric: tabular-nums; } .warn { color: var(--f); font-weight: 600; }
ol { list-style: none; margin: 3px 0; padding: 0; }
li button { display: grid; grid-template-columns: 5.6em 3.6em 1fr; gap: 4px; width: 100%; text-align: left; border-color: transparent; background: none; padding: 1px 3px; }
li button[aria-pressed=true] { background: var(--tint); border-color: var(--grey); } li span { overflow-wrap: anywhere; }
.line { flex: 1 1 200px; font-family: monospace; font-size: 12px; } .quiet { color: var(--grey); }
.ears { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.flowing { stroke-dasharray: 5 4; animation: back .7s linear infinite; } @keyframes back { to { stroke-dashoffset: -9; } }
@media (prefers-reduced-motion: reduce) { .flowing { animation: none; } }
${["ink", "grey", "faint", "ground", "soft", "tint", "f", "i", "g", "o", "rnn", "exact"].map((name) =>
  `.fill-${name} { fill: var(--${name}); } .line-${name}, .edge-${name} { stroke: var(--${name}); }`).join("\n")}
.fill-none, path[class^=line] { fill: none; } .bold { font-weight: 600; }
@media print { .weights, .foot, .head button { display: none; } }`;

// --- what a line may hold ---

function read_line(words) {
  let state;
  try {
    state = JSON.parse(words);
  } catch {
    throw Error("this is not a line copied from here");
  }
  const numbers = (name, value, ...shape) => {
    const fits = (part, [size, ...rest]) =>
      size === undefined ? Number.isFinite(part) : Array.isArray(part) && part.length === size && part.every((p) => fits(p, rest));
    if (!fits(value, shape)) throw Error(`${name} must be ${shape.join(" × ") || "one"} finite number${shape.length ? "s" : ""}`);
    return value;
  };
  const T = state?.x?.length, I = state?.x?.[0]?.length;
  if (!(T >= 1 && T <= MOST_STEPS && I >= 1 && I <= 4)) throw Error("x must hold 1 to 12 steps of 1 to 4 numbers");
  numbers("x", state.x, T, I);
  numbers("W_x", state.W_x, 4, I);
  for (const name of ["W_h", "b"]) numbers(name, state[name], 4);
  for (const name of ["h0", "c0", "y"]) numbers(name, state[name]);
  numbers("rnn W_x", state.rnn?.W_x, I);
  for (const name of ["W_s", "b"]) numbers(`rnn ${name}`, state.rnn[name]);
  const t = clamp(Math.round(state.t) || T, 1, T), [, gate, step] = /^([ifgo])~(\d+)$/.exec(state.node) ?? [0, "f", 1];
  const { x, W_x, W_h, b, h0, c0, y, rnn: beside } = state;
  const kept = { x, W_x, W_h, b, h0, c0, y, rnn: { W_x: beside.W_x, W_s: beside.W_s, b: beside.b }, t, node: `${gate}~${clamp(+step, 1, T)}` };
  return JSON.parse(JSON.stringify(kept));
}

// All numbers that are drawn.
function results(state) {
  const T = state.x.length, trace = lstm.lstm_forward(state.x, state, state.h0, state.c0);
  const dh_last = trace.h[T - 1] - state.y, dh = range(1, T).map((t) => (t === T ? dh_last : 0));
  const d = lstm.lstm_backward(trace, state, dh), S = rnn.rnn_forward(state.x, state.rnn, state.h0);
  const terms = range(1, T).map((t) => lstm.cell_state_terms(trace, state, t));
  const totals = terms.map((term) => term.f_direct + term.via_f + term.via_i + term.via_g);
  const to_the_end = (factor) => range(1, T).map((k) => factor.slice(k).reduce((a, b) => a * b, 1));
  const exact = range(1, T).map((k) => lstm.cell_gradient(trace, state, T, k));
  const race = { exact, product: to_the_end(totals), rnn: range(1, T).map((k) => rnn.rnn_state_gradient(S, state.rnn, T, k)) };
  const [gate, step] = [state.node[0], +state.node.slice(2)];
  const paths = lstm.gradient_paths(trace, state, step, gate, dh_last, SHOWN_PATHS);
  return { T, trace, dh_last, d, S, terms, totals, race, gate, step, paths, all: lstm.count_paths(T, step, gate),
    whole: d[`${gate}_pre`][step - 1], loss: dh_last ** 2 / 2 };
}

// --- pictures over time: each gets results and the width of a column, and gives {height, ink, label, caption} ---

const GUTTER = 30, MARGIN = 26;
const middle = (t, col) => GUTTER + (t - 0.5) * col;
const half_bar = (col) => Math.min(col * 0.3, 26);
const across = (T, col, y, colour) => line(GUTTER, y, GUTTER + T * col, y, colour);
const colored = (colour, words) => `<span style="color:var(--${colour})">${words}</span>`;
const curve_over = (values, col, y, colour, width, more) =>
  path(values.map((v, r) => `${r ? "L" : "M"}${middle(r + 1, col)} ${y(v).toFixed(1)}`).join(""), colour, width, more);

function draw_steps(T, t_now, col) {
  return range(1, T).map((t) => text(middle(t, col), 12, t === t_now ? `t = ${t}` : t, t === t_now ? "ink" : "grey")).join("");
}

function draw_bars(state, j, limit, col, height) {
  const y = (value) => height / 2 - (clamp(value, -limit, limit) / limit) * (height / 2 - 3), half = half_bar(col);
  const bars = state.x.map((x_t, r) => {
    const at = middle(r + 1, col), top = y(x_t[j]);
    return box(at - half, Math.min(y(0), top), 2 * half, Math.abs(top - y(0)), "grey", "none", { opacity: 0.5 }) +
      line(at - half, top, at + half, top, "ink", 3);
  });
  const name = state.x[0].length > 1 ? `x${sub(j + 1)}` : "x";
  return across(state.x.length, col, y(0), "grey") + bars.join("") + text(GUTTER - 6, height / 2 + 4, name, "ink", 12, "end");
}

function draw_gates({ T, trace }, state, col) {
  const rows = [...ORDER, "c", "h"], high = 21;
  const drawn = rows.map((name, row) => {
    const values = trace[name], most = Math.max(1, ...values.map(Math.abs)), y = row * high;
    const cells = values.map((value, r) => {
      const share = Math.abs(value) / most, x = GUTTER + r * col + 1.5;
      return box(x, y + 1, col - 3, high - 2, ink(name), ink(name), { "fill-opacity": share.toFixed(3), "stroke-opacity": 0.5 }) +
        text(x + col / 2 - 1.5, y + 15, wire(value), share > 0.6 ? "ground" : "ink", col < 46 ? 10.5 : 12);
    });
    return text(GUTTER - 8, y + 15, name, `${ink(name)} bold`, 13, "end") + cells.join("");
  });
  const now = rows.map((name) => `${NAMES[name]} ${wire(trace[name][state.t - 1])}`).join(", ");
  return { height: rows.length * high, ink: drawn.join(""), caption: "dark is far from 0: for a gate, open",
    label: `Heat map of gates and states over ${T} steps. At step ${state.t}: ${now}.` };
}

function draw_memory({ T, trace, S, loss }, state, col) {
  const height = 84, all = [...trace.c, ...trace.h, ...S.S, state.y, -0.3, 0.3];
  const top = Math.max(...all), bottom = Math.min(...all), y = (v) => 8 + ((top - v) / (top - bottom)) * (height - 16);
  const run = (values, colour, width, more) => curve_over(values, col, y, colour, width, more) +
    values.map((v, r) => disc(middle(r + 1, col), y(v), width, colour)).join("");
  const ends = [["c", trace.c, "ink"], ["h", trace.h, "o"], ["S", S.S, "rnn"]].map(([name, values, colour]) => [name, values[T - 1], colour]);
  let lowest = -Infinity;
  const labels = [...ends].sort((a, b) => b[1] - a[1]).map(([name, value, colour]) => {
    lowest = Math.max(y(value) + 4, lowest + 12);
    return text(middle(T, col) + 14, lowest, name, `${colour} bold`, 13, "start");
  });
  const [c, h, s] = ends.map(([, value]) => said(value)), at = sub(T);
  return { height,
    ink: across(T, col, y(0), "faint") + text(GUTTER - 6, y(0) + 4, "0", "grey", 11, "end") + run(S.S, "rnn", 2, { "stroke-dasharray": "2 4" }) +
      run(trace.h, "o", 2.4, { "stroke-dasharray": "7 3" }) + run(trace.c, "ink", 3.2) + disc(middle(T, col), y(state.y), 7, "none", "exact", 2.5) + labels.join(""),
    label: `Memory c, output h and the RNN's state S over ${T} steps. At the end c is ${c}, h ${h}, S ${s}; the target is ${said(state.y)}.`,
    caption: `c${at} = ${c}, ${colored("o", `h${at} = ${h}`)}, ${colored("rnn", `RNN S${at} = ${s}`)}; ring: the target y*; loss ½(h${at} − y*)² = ${said(loss)}` };
}

const PLACE = { c: [0.36, 22], m: [0.8, 42], f: [0.12, 84], i: [0.33, 84], g: [0.54, 84], o: [0.75, 84],
  "f~": [0.12, 122], "i~": [0.33, 122], "g~": [0.54, 122], "o~": [0.75, 122], h: [0.95, 152] }; // across a column, and down
const DECADES = 4;

function place(node, col, T) {
  if (node === "L") return [GUTTER + T * col + 14, 134];
  const kind = node.replace(/\d+$/, ""), [x, y] = PLACE[kind];
  return [GUTTER + (+node.slice(kind.length) - 1 + x) * col, y];
}

// What each edge carries: the gradient at its start times the local derivative along it. From L back, every edge once.
function carried({ T, trace, d, dh_last }, state) {
  const scaled = (values, factors) => values.map((v, r) => v * factors[r]);
  const at = { h: d.h, c: d.c, m: scaled(d.h, trace.o), o: scaled(d.h, trace.m), f: scaled(d.c, trace.cells), i: scaled(d.c, trace.g), g: scaled(d.c, trace.i) };
  for (const gate of GATES) at[`${gate}~`] = d[`${gate}_pre`];
  const edges = [], known = new Set(["L"]);
  for (const node of known) { // a Set is walked to its end, also to what is added on the way
    const kind = node.replace(/\d+$/, ""), gradient = node === "L" ? 1 : at[kind][+node.slice(kind.length) - 1];
    for (const end of lstm.predecessors(node, 1, T)) {
      edges.push([node, end, gradient * lstm.local_derivative(node, end, trace, state, dh_last)]);
      known.add(end);
    }
  }
  return { edges: edges.sort((a, b) => Math.abs(a[2]) - Math.abs(b[2])), nodes: [...known] };
}

function draw_flow(found, state, col, { log, shown }) {
  const { T, paths, whole } = found, r = Math.min(9, col * 0.1), { edges, nodes } = carried(found, state);
  const most = Math.max(Math.abs(edges.at(-1)[2]), 1e-300), power = Math.log10(most);
  const share = (v) => (log ? clamp(1 + (Math.log10(Math.abs(v)) - power) / DECADES, 0, 1) : Math.abs(v) / most);
  const bend = (start, end) => { // quadratic: from h back to the pre-activations of the step before it runs below
    const [[x1, y1], [x2, y2]] = [place(start, col, T), place(end, col, T)];
    return [x1, y1, ...(start[1] === "~" ? [x1, y2 + 6] : [(x1 + x2) / 2, (y1 + y2) / 2]), x2, y2].map((v) => Math.round(10 * v) / 10);
  };
  const curve = ([x1, y1, cx, cy, x2, y2]) => `M${x1} ${y1}Q${cx} ${cy} ${x2} ${y2}`;
  const head = ([x1, y1, cx, cy, x2, y2], width) => { // a triangle a little behind the middle
    const s = 0.56, on = (a, b, c) => (1 - s) ** 2 * a + 2 * s * (1 - s) * b + s * s * c, to = (a, b, c) => (1 - s) * (b - a) + s * (c - b);
    const [x, y, dx, dy] = [on(x1, cx, x2), on(y1, cy, y2), to(x1, cx, x2), to(y1, cy, y2)], size = (2.2 + width * 0.6) / Math.hypot(dx, dy);
    const [u, v] = [dx * size, dy * size];
    return `M${(x + 1.7 * u).toFixed(1)} ${(y + 1.7 * v).toFixed(1)}L${(x - v).toFixed(1)} ${(y + u).toFixed(1)}L${(x + v).toFixed(1)} ${(y - u).toFixed(1)}Z`;
  };
  const arrows = [], faint = [], heads = {};
  for (const [start, end, v] of edges) {
    const at = bend(start, end), colour = ink(ORDER.includes(end[0]) ? end[0] : start[0]), width = +(0.8 + 5.7 * share(v)).toFixed(1);
    if (share(v) < 0.01) faint.push(curve(at));
    else {
      arrows.push(path(curve(at), colour, width) + (v < 0 && width > 2 ? path(curve(at), "ground", width - 1.7) : ""));
      heads[colour] = (heads[colour] ?? "") + head(at, width);
    }
  }
  const nodes_ = nodes.map((node) => {
    const [x, y] = place(node, col, T), pre = node[1] === "~", chosen = node === state.node, size = pre || node === "L" ? r + 1 : r;
    return disc(x, y, size, chosen ? "tint" : "ground", chosen ? "exact" : ink(node[0]), chosen ? 3 : 1.3, pre ? { "data-node": node } : {}) +
      text(x, y + r * 0.45, pre ? `${node[0]}\u0303` : node[0], ink(node[0]), Math.max(8.5, r * 1.35));
  });
  const route = paths[shown]?.nodes ?? [], lit = route.slice(1).map((node, k) => curve(bend(route[k], node))).join("");
  const strongest = edges.slice(-3).reverse().map(([a, b, v]) => `${symbol(a)} to ${symbol(b)} ${said(v)}`).join(", ");
  return { height: 170, over: nodes_.join(""),
    ink: path(faint.join(""), "faint") + arrows.join("") + Object.entries(heads).map(([colour, d]) => area(d, colour)).join("") + path(lit, "exact", 2.4, { class: "line-exact flowing" }),
    label: `Unrolled graph of ${T} steps with the gradient of L flowing back. Largest arrows: ${strongest}. dL by d${symbol(state.node)} is ${said(whole)}.`,
    caption: `arrows are as thick as what they carry back from L, ${log ? `logarithmically from 10${up(Math.floor(power) - DECADES)} to ${said(most)}` : `linearly up to ${said(most)}`}; hollow is negative. Click a pre-activation, a circle of the lower row.` };
}

const TERMS = { f_direct: ["ink", "f"], via_f: ["f", "via f"], via_i: ["i", "via i"], via_g: ["g", "via g"] };

function draw_terms({ T, terms, totals }, state, col) {
  const height = 76, half = half_bar(col), keys = Object.keys(TERMS);
  const stacked = terms.flatMap((term) => [1, -1].map((sign) => keys.reduce((sum, key) => sum + (sign * term[key] > 0 ? term[key] : 0), 0)));
  const top = Math.max(1, ...stacked), bottom = Math.min(0, ...stacked), y = (v) => 6 + ((top - v) / (top - bottom)) * (height - 12);
  const bars = terms.map((term, r) => {
    const level = { 1: 0, [-1]: 0 }, at = middle(r + 1, col);
    const blocks = keys.map((key) => {
      const sign = term[key] < 0 ? -1 : 1, from = level[sign], to = (level[sign] += term[key]);
      return box(at - half, Math.min(y(from), y(to)), 2 * half, Math.abs(y(to) - y(from)), TERMS[key][0], "none", key === "f_direct" ? { opacity: 0.6 } : {});
    });
    return blocks.join("") + `<path class="fill-ground edge-ink" stroke-width="1.6" d="M${at} ${y(totals[r]) - 5}l5 5l-5 5l-5-5z"/>`;
  });
  const now = terms[state.t - 1], sum = said(totals[state.t - 1]), ticks = [0, 1].map((v) => across(T, col, y(v), v ? "faint" : "grey") + text(GUTTER - 6, y(v) + 4, v, "grey", 11, "end"));
  return { height, ink: ticks.join("") + bars.join(""),
    label: `Stacked bars of the four terms of dC_t/dC_(t-1). At step ${state.t}: ${keys.map((key) => `${TERMS[key][1]} ${said(now[key])}`).join(", ")}, sum ${sum}.`,
    caption: `at t = ${state.t}: ${keys.map((key) => colored(...[TERMS[key][0], `${TERMS[key][1]} ${said(now[key])}`])).join(", ")}; together (diamond) ${sum}` };
}

function draw_race({ T, race }, state, col, { base }) {
  const height = 104, before = base.exact.length === T ? base.exact : [], at = sub(T), k = state.t;
  const logs = [...Object.values(race), before].flat().filter((v) => v).map((v) => Math.log10(Math.abs(v)));
  const top = Math.max(0.4, ...logs), bottom = Math.min(-0.6, Math.max(-18, Math.min(...logs)));
  const y = (v) => 7 + ((top - Math.max(Math.log10(Math.abs(v)), bottom)) / (top - bottom)) * (height - 14); // 0 lies at the bottom
  const run = (values, colour, width, more = {}) => curve_over(values, col, y, colour, width, more) +
    values.map((v, r) => disc(middle(r + 1, col), y(v), width + 0.9, v < 0 ? "ground" : colour, colour)).join("");
  const every = Math.max(1, Math.ceil((top - bottom) / 4)), ticks = range(Math.ceil(bottom / every), Math.floor(top / every)).map((n) => n * every);
  const axis = ticks.map((p) => across(T, col, y(10 ** p), p ? "faint" : "grey") + text(GUTTER - 4, y(10 ** p) + 4, p ? `10${up(p)}` : "1", "grey", 11, "end"));
  const [exact, product, of_rnn] = [race.exact, race.product, race.rnn].map((values) => values[k - 1]), off = Math.abs(product / exact - 1);
  const verdict = exact * product < 0 ? `<b class="warn">∏ has the wrong sign</b>` : !exact || off < 0.005 ? "the two agree" : `∏ is off by ${said(100 * off)} %`;
  return { height,
    ink: axis.join("") + curve_over(before, col, y, "exact", 6, { opacity: 0.2 }) + run(race.rnn, "rnn", 2) + run(race.exact, "exact", 3.2) + run(race.product, "ink", 1.6, { "stroke-dasharray": "5 3" }),
    label: `Race of gradients over the step k that they reach back to, in powers of ten. At k = ${k}: exact dC_T/dC_k ${said(exact)}, product of dC/dC ${said(product)}, RNN dS_T/dS_k ${said(of_rnn)}.`,
    caption: `at k = ${k}: <b>${colored("exact", `dC${at}/dC${sub(k)} = ${said(exact)}`)}</b>, ∏ dC<sub>t</sub>/dC<sub>t−1</sub> = ${said(product)} (dashed): ${verdict}. ${colored("rnn", `RNN: dS${at}/dS${sub(k)} = ${said(of_rnn)}`)}. Hollow is negative; pale: when the lesson began.` };
}

// The cell of notebook 01 with the numbers of step t on its wires.
const GATE_X = { f: 88, i: 174, g: 260, o: 346 }, READ_X = 410, WRITE_X = 217, CELL_LINE = 40, MERGE = 114, BUS = 246;

function draw_cell({ trace }, state) {
  const r = state.t - 1, t = sub(state.t), before = sub(r), [c_prev, h_prev] = [trace.cells[r], r ? trace.h[r - 1] : state.h0];
  const v = Object.fromEntries([...GATES, "c", "m", "h"].map((name) => [name, trace[name][r]]));
  const wires = (points, colour, width = 2) => path(points.map(([x, y], k) => `${k ? "L" : "M"}${x} ${y}`).join(""), colour, width);
  const sign = (x, y, what) => disc(x, y, 11, "ground", "ink", 1.6) + text(x, y + 4.5, what, "ink", 15);
  const ends = { f: [[88, 51]], i: [[174, MERGE], [206, MERGE]], g: [[260, MERGE], [228, MERGE]], o: [[346, 132], [399, 132]] };
  const gates = ORDER.map((name) => {
    const x = GATE_X[name], open = Math.abs(v[name]), words = open > 0.6 ? "ground" : "ink", role = name === "g" ? "tanh: candidate" : `σ: ${NAMES[name].split(" ")[0]}`;
    return wires([[x, BUS], [x, 214]], "grey") + wires([[x, 176], ...ends[name]], name) + box(x - 41, 174, 82, 40, "ground", "none", { rx: 6 }) +
      box(x - 41, 174, 82, 40, name, name, { rx: 6, "fill-opacity": open, "stroke-width": 2 }) + text(x, 190, role, words, 10.5) +
      text(x, 206, `${name}${t} = ${wire(v[name])}`, `${words} bold`, 13) + text(x + 4, 231, `${name}\u0303 = ${said(trace[`${name}_pre`][r])}`, "grey", 12, "start");
  });
  const x_t = state.x[r].length > 1 ? `(${state.x[r].map(said).join(", ")})` : said(state.x[r][0]);
  return { ink: box(18, 20, 416, 240, "soft", "none", { rx: 10 }) + wires([[0, CELL_LINE], [440, CELL_LINE]], "ink", 4) + wires([[0, BUS], [346, BUS]], "grey") + wires([[30, 284], [30, BUS]], "grey") +
      wires([[WRITE_X, 103], [WRITE_X, 51]], "ink") + wires([[READ_X, CELL_LINE], [READ_X, 121]], "ink") + wires([[READ_X, 143], [READ_X, BUS], [440, BUS]], "ink") + gates.join("") +
      sign(88, CELL_LINE, "×") + sign(WRITE_X, CELL_LINE, "+") + sign(WRITE_X, MERGE, "×") + sign(READ_X, 132, "×") + box(READ_X - 20, 68, 40, 20, "ground", "ink", { rx: 5 }) + text(READ_X, 82, "tanh") +
      text(2, 15, `c${before} = ${wire(c_prev)}`, "ink", 13, "start") + text(438, 15, `c${t} = ${wire(v.c)}`, "ink", 13, "end") + text(102, 33, `f·c${before} = ${wire(v.f * c_prev)}`, "f", 12.5, "start") +
      text(WRITE_X + 7, 80, `i·g = ${wire(v.i * v.g)}`, "ink", 12.5, "start") + text(READ_X - 6, 110, `m = ${wire(v.m)}`, "ink", 12.5, "end") + text(2, 240, `h${before} = ${wire(h_prev)}`, "ink", 12.5, "start") +
      text(438, 278, `h${t} = ${wire(v.h)}`, "ink", 13, "end") + text(38, 278, `x${t} = ${x_t}`, "ink", 12.5, "start"),
    label: `The LSTM cell at step ${state.t}: ${ORDER.map((name) => `${NAMES[name]} ${wire(v[name])}`).join(", ")}; c from ${wire(c_prev)} to ${wire(v.c)}, h from ${wire(h_prev)} to ${wire(v.h)}.` };
}

// --- the element: <living-lstm preset="a latch" parts="gates memory cell"> ---

class LivingLSTM extends HTMLElement {
  connectedCallback() {
    if (!this.shadowRoot) {
      this.dataset.lmSuppressShortcuts = "true"; // JupyterLab takes keys for itself unless this stands where they are pressed
      this.dataset.preventSwipe = ""; // reveal.js turns the page at a swipe
      this.log = true;
      this.shown = 0;
      this.written = new WeakMap();
      this.attachShadow({ mode: "open" }).innerHTML = `<style>${STYLE}</style>${this.skeleton()}`;
      this.listen();
      const given = this.preset_of(this.getAttribute("preset"));
      this.load(PRESETS[given], given);
      this.from_address();
    }
    this.sized = new ResizeObserver(() => {
      this.measured = false;
      this.later();
    });
    this.sized.observe(this.find(".w"));
    this.themed = new MutationObserver(() => this.theme());
    for (const node of [document.documentElement, document.body]) this.themed.observe(node, { attributes: true });
    this.night = matchMedia("(prefers-color-scheme: dark)");
    this.night.onchange = () => this.theme();
    this.theme();
  }

  disconnectedCallback() {
    this.sized.disconnect();
    this.themed.disconnect();
  }

  find(selector) {
    return this.shadowRoot.querySelector(selector);
  }

  preset_of(name) {
    return name in PRESETS ? name : Object.keys(PRESETS)[0];
  }

  // Dark or light: what the page says, what JupyterLab says, what the ground below is, what the reader's system says.
  theme() {
    const page = this.closest("[data-theme]")?.dataset.theme, lab = document.body.dataset.jpThemeLight;
    let dark = /dark|light/.test(page) ? page.includes("dark") : lab ? lab === "false" : undefined;
    for (let node = this.parentElement; node && dark === undefined; node = node.parentElement) {
      const [red, green, blue, alpha = 1] = getComputedStyle(node).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
      if (alpha > 0.5) dark = 0.3 * red + 0.6 * green + 0.1 * blue < 110;
    }
    this.find(".w").classList.toggle("dark", dark ?? this.night.matches);
  }

  skeleton() {
    const asked = this.getAttribute("parts")?.split(/[\s,]+/) ?? [], has = (part) => (asked.length && !asked.includes(part) ? "hidden" : "");
    const picture = (part, title, extra = "") =>
      `<figure data-part="${part}" ${has(part)}><figcaption><h3>${title}</h3> <span class="numbers" data-caption="${part}"></span>${extra}</figcaption><svg role="img" data-svg="${part}"><g></g><g></g></svg></figure>`;
    return `<div class="w" role="group" aria-label="A living LSTM"><div class="grid">
<div class="head"><label><b>Lesson</b> <select data-do="preset">${Object.keys(PRESETS).map((name) => `<option>${name}</option>`).join("")}</select></label>
  <button data-do="again">start again</button><p data-look></p><div class="big"><span>forget bias b<sub>f</sub></span>${this.knob("b.1", "b_f, the forget bias")}</div></div>
<div class="time"><div class="roll">
  <div class="step"><label><span class="ears">step t to look at</span><input type="range" data-do="t" min="1" data-lm-suppress-shortcuts="true"></label></div>
  <svg aria-hidden="true" data-svg="steps"><g></g><g></g></svg>
  <figure data-part="inputs" ${has("inputs")}><figcaption><h3>Inputs: drag the bars or type</h3></figcaption><div data-inputs></div></figure>
  ${picture("gates", "Gates")}${picture("memory", "Memory and output")}
  ${picture("flow", "The gradient flows back", ` <label><input type="checkbox" data-do="log" checked> logarithmic</label>`)}
  ${picture("terms", "Four terms of dC<sub>t</sub>/dC<sub>t−1</sub>")}${picture("race", "How much of C<sub>k</sub> is left at the end")}</div></div>
<div class="weights" data-part="weights" ${has("weights")}></div>
<div class="side">
  <section data-part="cell" ${has("cell")}><h3>The cell at step <span data-caption="cell"></span></h3><svg role="img" data-svg="cell" viewBox="0 0 440 284" width="100%"></svg></section>
  <section data-part="paths" ${has("paths")}><h3>Paths from L to <select data-do="gate" aria-label="gate">${ORDER.map((g) => `<option value="${g}">${g}\u0303</option>`).join("")}</select> at step <select data-do="node-step" aria-label="step of the pre-activation"></select></h3><p class="numbers" data-caption="paths"></p><ol data-paths></ol></section></div>
<div class="foot"><label class="line">one line: <input class="line" data-do="line" spellcheck="false" style="width:70%" aria-label="this configuration as one line; paste another one here"></label><button data-do="copy">Copy</button><button data-do="link">Copy link</button>
  <details><summary>parts</summary>${Object.entries(PARTS).map(([part, name]) => `<label><input type="checkbox" data-do="part" value="${part}" ${has(part) ? "" : "checked"}> ${name}</label>`).join(" ")}</details><span role="status" data-said></span></div>
<div class="ears" aria-live="polite" data-ears></div></div></div>`;
  }

  // Slider and number field of the state's number at this address, such as W_x.1.0.
  knob(address, name, { slider = true, low = -4, high = 4 } = {}) {
    const common = `data-at="${address}" data-lm-suppress-shortcuts="true" autocomplete="off"`;
    const range_ = `<input type="range" ${common} step="0.05" data-low="${low}" data-high="${high}" aria-label="${name}">`;
    return `${slider ? range_ : ""}<input type="number" ${common} step="any" aria-label="${name}, as a number">`;
  }

  // What depends on the number of steps and inputs, made anew when these change.
  rebuild() {
    const { x } = this.state, T = x.length, I = x[0].length, inputs = range(0, I - 1), several = I > 1;
    const cell = (address, name, gate) => `<td style="--k:var(--${gate})">${address === "b.1" ? `<span class="quiet">above</span>` : this.knob(address, name)}</td>`;
    const row = (head, key, name) => `<tr><th scope="row">${head}</th>${ORDER.map((g) => cell(key(GATES.indexOf(g)), `${name(g)}, ${NAMES[g]}`, g)).join("")}</tr>`;
    const rows = inputs.map((j) => row(`W<sub>x${several ? j + 1 : ""}</sub>`, (k) => `W_x.${k}.${j}`, (g) => `W_x${several ? j + 1 : ""}${g}`));
    const small = (address, words, name, more) => `<label><span>${words}</span> ${this.knob(address, name, more)}</label>`;
    this.find(".weights").innerHTML = `<table><thead><tr><th scope="row"></th>${ORDER.map((g) => `<th scope="col" style="--k:var(--${g})">${g}<small>${NAMES[g].split(" ")[0]}</small></th>`).join("")}</tr></thead><tbody>${rows.join("")}
${row("W<sub>h</sub>", (k) => `W_h.${k}`, (g) => `W_h${g}`)}${row("b", (k) => `b.${k}`, (g) => `b_${g}`)}</tbody></table>
<fieldset><legend>Loss, start, steps</legend><div class="three" style="--k:var(--exact)">${small("y", "target y*", "target y", { low: -1, high: 1 })}${small("h0", "h₀ (and S₀)", "h_0")}${small("c0", "c₀", "c_0")}<label>steps T = <span data-T></span> <input type="range" data-do="T" min="2" max="${MOST_STEPS}" data-lm-suppress-shortcuts="true"></label></div></fieldset>
<fieldset><legend style="color:var(--rnn)">The tanh RNN beside it</legend><div class="three" style="--k:var(--rnn)">${inputs.map((j) => small(`rnn.W_x.${j}`, `W<sub>x${several ? j + 1 : ""}</sub>`, `RNN W_x${several ? j + 1 : ""}`)).join("")}${small("rnn.W_s", "W<sub>s</sub>", "RNN W_s", { low: -2, high: 2 })}${small("rnn.b", "b<sub>1</sub>", "RNN b_1")}</div></fieldset>
<p>Draw at random: <button data-do="draw-x">inputs</button> <button data-do="draw-w">weights</button></p>`;
    this.find("[data-inputs]").innerHTML = inputs.map((j) => `<svg data-drag="${j}" role="img" aria-label="bars of input ${j + 1}; the numbers stand below"><g></g><g></g></svg><div class="row">${range(1, T)
      .map((t) => `<input type="number" data-at="x.${t - 1}.${j}" step="any" data-lm-suppress-shortcuts="true" autocomplete="off" aria-label="x${several ? j + 1 : ""} at step ${t}">`).join("")}</div>`).join("");
    this.find("[data-do=node-step]").innerHTML = range(1, T).map((t) => `<option>${t}</option>`).join("");
    this.find("[data-do=t]").max = T;
    this.ranges = new Map();
    this.measured = false;
  }

  load(state, preset = "") {
    const { look, ...rest } = state, before = this.state;
    this.state = read_line(JSON.stringify(rest));
    this.preset = preset;
    this.shown = 0;
    this.find("[data-look]").textContent = look ?? "A configuration that was handed to you.";
    this.find("[data-do=preset]").value = preset;
    const same = before && before.x.length === this.state.x.length && before.x[0].length === this.state.x[0].length;
    if (!same) this.rebuild();
    this.ranges = new Map(); // how far each slider reaches
    const { race, whole } = results(this.state);
    this.base = { exact: race.exact, whole, node: this.state.node };
    this.limits = this.state.x[0].map((_, j) => Math.max(2, ...this.state.x.map((x_t) => Math.abs(x_t[j]))));
    this.render();
  }

  // The address may carry a line, for the first one on the page; not where the address belongs to reveal.js or to Lab.
  has_address() {
    return document.querySelector("living-lstm") === this && !this.closest(".reveal") && !document.body.dataset.jpThemeName;
  }

  from_address() {
    this.find("[data-do=link]").hidden = !this.has_address();
    const [, words] = /^#lstm=(.+)$/.exec(location.hash) ?? [];
    if (words && this.has_address()) this.take(decodeURIComponent(words));
  }

  take(words) {
    try {
      this.load(read_line(words));
      this.say("taken over");
    } catch (error) {
      this.say(`not taken over: ${error.message}`);
    }
  }

  say(words) {
    this.find("[data-said]").textContent = words;
  }

  at(address, value) {
    const keys = address.split("."), last = keys.pop(), home = keys.reduce((part, key) => part[key], this.state);
    if (value !== undefined) home[last] = value;
    return home[last];
  }

  later() {
    this.frame ??= requestAnimationFrame(() => this.render());
  }

  listen() {
    const root = this.shadowRoot, on = (type, act) => root.addEventListener(type, act);
    on("input", ({ target }) => {
      const address = target.dataset.at, what = target.dataset.do;
      if (address) {
        const good = target.value !== "" && Number.isFinite(+target.value);
        target.setAttribute("aria-invalid", !good);
        if (good) this.at(address, +target.value);
      } else if (what === "t") this.state.t = +target.value;
      else if (what === "T") this.steps(+target.value);
      else return;
      this.later();
    });
    on("change", ({ target }) => {
      const what = target.dataset.do;
      if (what === "preset") this.load(PRESETS[target.value], target.value);
      else if (what === "gate" || what === "node-step") this.aim(`${this.find("[data-do=gate]").value}~${this.find("[data-do=node-step]").value}`);
      else if (what === "log") this.log = target.checked;
      else if (what === "line") this.take(target.value);
      else if (what === "part") for (const part of root.querySelectorAll(`[data-part=${target.value}]`)) part.hidden = !target.checked;
      if (target.dataset.at) this.ranges.delete(target.dataset.at);
      this.later();
    });
    on("click", ({ target }) => {
      const what = target.closest("[data-do]")?.dataset.do, normal = () => Math.round(10 * Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random())) / 10;
      if (what === "again") this.load(PRESETS[this.preset_of(this.preset)], this.preset_of(this.preset));
      else if (what === "draw-x") this.state.x = this.state.x.map((x_t) => x_t.map(normal));
      else if (what === "draw-w") for (const part of ["W_x", "W_h", "b"]) this.state[part] = this.state[part].map((v) => (Array.isArray(v) ? v.map(normal) : normal()));
      else if (what === "copy") this.copy(this.words());
      else if (what === "link") this.copy(location.href.replace(/#.*/, "") + (location.hash = `#lstm=${encodeURIComponent(this.words())}`));
      else if (target.closest("[data-route]")) this.shown = +target.closest("[data-route]").dataset.route;
      else return;
      this.later();
    });
    on("pointerdown", (event) => {
      const svg = event.target.closest?.("svg"), at = svg && this.point(svg, event);
      if (!svg || svg.dataset.svg === "cell" || at.t < 1 || at.t > this.state.x.length) return;
      if (event.target.dataset.node) return this.aim(event.target.dataset.node);
      this.state.t = at.t;
      if (svg.dataset.drag) {
        svg.setPointerCapture(event.pointerId);
        this.dragged = { svg, t: at.t, j: +svg.dataset.drag };
        this.drag(event);
      }
      this.later();
    });
    on("pointermove", (event) => this.dragged && this.drag(event));
    for (const type of ["pointerup", "pointercancel"]) on(type, () => (this.dragged = undefined));
    on("keydown", (event) => {
      if (/^Page/.test(event.key)) return event.preventDefault(); // a presenter's clicker turns the page and moves no slider
      if (!["Escape", "Tab"].includes(event.key)) event.stopPropagation(); // reveal.js and others have other plans for keys
    });
  }

  point(svg, event) {
    const seen = svg.getBoundingClientRect();
    const x = ((event.clientX - seen.left) / seen.width) * this.width, y = (event.clientY - seen.top) / seen.height;
    return { t: Math.floor((x - GUTTER) / this.col) + 1, y };
  }

  drag(event) {
    const { svg, t, j } = this.dragged, limit = this.limits[j];
    this.state.x[t - 1][j] = Math.round(clamp(1 - 2 * this.point(svg, event).y, -1, 1) * limit * 20) / 20;
    this.later();
  }

  aim(node) {
    this.state.node = node;
    this.shown = 0;
    this.later();
  }

  steps(T) {
    const { x } = this.state;
    this.state.x = range(0, T - 1).map((r) => x[r] ?? x[0].map(() => 0));
    this.state = read_line(JSON.stringify(this.state));
    const focused = this.shadowRoot.activeElement?.dataset.do;
    this.rebuild();
    if (focused) this.find(`[data-do=${focused}]`)?.focus();
  }

  words() {
    return JSON.stringify(this.state);
  }

  copy(words) {
    const field = this.find("[data-do=line]"), done = () => this.say("copied");
    const by_hand = () => {
      field.value = words;
      field.select();
      this.say(document.execCommand("copy") ? "copied" : "press Ctrl+C");
    };
    navigator.clipboard?.writeText ? navigator.clipboard.writeText(words).then(done, by_hand) : by_hand();
  }

  // Write only what has changed.
  put(element, markup) {
    if (this.written.get(element) === markup) return;
    this.written.set(element, markup);
    element.innerHTML = markup;
  }

  // The columns are as wide as there is room for.
  measure() {
    const room = this.find(".roll").clientWidth, T = this.state.x.length;
    this.col = Math.max(44, Math.floor((room - GUTTER - MARGIN) / T));
    this.width = GUTTER + T * this.col + MARGIN;
    this.find(".w").style.setProperty("--seen", `${room}px`);
    this.find(".w").style.setProperty("--columns", `repeat(${T}, ${this.col}px)`);
    this.find(".step").style.width = `${GUTTER + T * this.col}px`;
    this.measured = room > 0; // on a slide that is not shown, there is none
  }

  render() {
    cancelAnimationFrame(this.frame);
    this.frame = undefined;
    if (!this.measured) this.measure();
    if (!this.measured) return;
    const { state, col } = this, T = state.x.length, found = results(state), how = { log: this.log, shown: this.shown, base: this.base };
    const paint = (svg, { height, ink: drawn, over = "", label }, light = true) => {
      const view = `0 0 ${this.width} ${height}`;
      if (svg.getAttribute("viewBox") !== view) for (const [key, value] of Object.entries({ viewBox: view, width: this.width, height })) svg.setAttribute(key, value);
      this.put(svg.firstChild, (light ? box(GUTTER + (state.t - 1) * col, 0, col, height, "tint") : "") + drawn);
      this.put(svg.lastChild, over);
      if (label) svg.setAttribute("aria-label", label);
    };
    paint(this.find("[data-svg=steps]"), { height: 16, ink: draw_steps(T, state.t, col) });
    const high = state.x[0].length > 1 ? 36 : 60;
    for (const svg of this.shadowRoot.querySelectorAll("[data-drag]")) paint(svg, { height: high, ink: draw_bars(state, +svg.dataset.drag, this.limits[svg.dataset.drag], col, high) });
    for (const [part, draw] of Object.entries({ gates: draw_gates, memory: draw_memory, flow: draw_flow, terms: draw_terms, race: draw_race })) {
      if (this.find(`figure[data-part=${part}]`).hidden) continue;
      const picture = draw(found, state, col, how);
      paint(this.find(`[data-svg=${part}]`), picture);
      this.put(this.find(`[data-caption=${part}]`), picture.caption);
    }
    const cell = draw_cell(found, state);
    this.put(this.find("[data-svg=cell]"), cell.ink);
    this.find("[data-svg=cell]").setAttribute("aria-label", cell.label);
    this.put(this.find("[data-caption=cell]"), `${state.t}`);
    this.list(found);
    this.sync();
    clearTimeout(this.speech);
    const end = `dC${T} by dC${state.t} is ${said(found.race.exact[state.t - 1])}`;
    this.speech = setTimeout(() => this.put(this.find("[data-ears]"), `${cell.label} Loss ${said(found.loss)}. ${symbol(state.node)} gets ${said(found.whole)}; ${end}.`), 600);
  }

  // The largest paths to the chosen pre-activation, what they add up to, and what all of them do.
  list({ paths, all, whole, T }) {
    const { state, base } = this, times = base.node === state.node && base.whole ? `, ${said(whole / base.whole)} times what it was when the lesson began` : "";
    const shown_sum = paths.reduce((sum, { value }) => sum + value, 0);
    this.put(this.find("[data-caption=paths]"), `<b style="color:var(--exact)">dL/d${symbol(state.node)} = ${said(whole)}</b>${times}. It is the sum over ${all === 1 ? "one path" : `${all.toLocaleString("en")} paths`}${all > paths.length ? `; these ${paths.length} largest add up to ${said(shown_sum)}` : ""}. Press one to see it in the graph.`);
    const short = (nodes) => nodes.filter((node, k) => k === 0 || /^[hc]|~/.test(node)).map(symbol).join(" ");
    this.put(this.find("[data-paths]"), paths.map(({ nodes, value }, k) =>
      `<li><button data-route="${k}" aria-pressed="${k === this.shown}"><b class="numbers">${said(value)}</b> <span class="quiet">${whole ? `${Math.round((100 * value) / whole)} %` : ""}</span> <span>${short(nodes)}</span></button></li>`).join(""));
  }

  // Every control shows the state, but for the one that is being typed into.
  sync() {
    const { state } = this, active = this.shadowRoot.activeElement;
    for (const input of this.shadowRoot.querySelectorAll("[data-at]")) {
      const address = input.dataset.at, value = this.at(address);
      if (input.type === "range") {
        let most = this.ranges.get(address);
        if (most === undefined) this.ranges.set(address, (most = Math.max(+input.dataset.high, Math.ceil(Math.abs(value) * 1.2))));
        input.min = most > +input.dataset.high ? -most : input.dataset.low;
        input.max = most;
        input.value = value;
        input.setAttribute("aria-valuetext", said(value));
      } else if (input !== active || +input.value !== value) {
        input.value = +value.toFixed(4);
        input.removeAttribute("aria-invalid");
      }
    }
    this.find("[data-do=t]").value = state.t;
    this.find("[data-do=T]").value = this.find("[data-T]").textContent = state.x.length;
    this.find("[data-do=T]").setAttribute("aria-valuetext", `${state.x.length} steps`);
    this.find("[data-do=gate]").value = state.node[0];
    this.find("[data-do=node-step]").value = state.node.slice(2);
    if (active !== this.find("[data-do=line]")) this.find("[data-do=line]").value = this.words();
  }
}

customElements.define("living-lstm", LivingLSTM);
})();
