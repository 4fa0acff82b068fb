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

// --- lessons, living_lessons.json; what each shows is checked in tests/test_living.py ---

const { lessons: PRESETS, zh, colours } = globalThis.livingLSTM;
for (const [name, preset] of Object.entries(PRESETS)) PRESETS[name] = { ...PRESETS[preset.like], ...preset };

// --- words: say, put before a template, says it in the language that is drawn in, words = {"at k = {}": …} ---

let words = {};
const say = (parts, ...values) => {
  let n = 0;
  return (words[parts.join("{}")] ?? parts.join("{}")).replace(/{(\d?)}/g, (_, k) => values[k || n++]);
};

// --- numbers, colours and SVG as text ---

const { GATES } = lstm, ORDER = [..."figo"], MOST_STEPS = 12, SHOWN_PATHS = 7, DECADES = 4;
const NAMES = { f: "forget gate", i: "input gate", g: "candidate", o: "output gate", c: "cell state", h: "hidden state" };
const SHORT = { f: "forget", i: "input", g: "candidate", o: "output" };
const TABS = { forward: "Forward", backward: "Backward", paths: "Paths" };
// What each view shows.
const PARTS = { inputs: "forward backward paths", gates: "forward", memory: "forward", cell: "forward", flow: "backward paths",
  terms: "backward", race: "backward", paths: "paths", rnn: "forward backward paths" };
const sub = (number) => String(number).replace(/\d/g, (d) => "₀₁₂₃₄₅₆₇₈₉"[d]);
const up = (number) => String(number).replace(/[-\d]/g, (d) => (d === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]));
const range = (first, last) => Array.from({ length: last - first + 1 }, (_, k) => first + k);
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const sum = (values) => values.reduce((a, b) => a + b, 0);

// A number as on a blackboard: 0.52, −10, 3.1·10⁻⁷.
function said(value) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size === Infinity) return "∞"; // so many times an RNN's gradient of 0
  if (size < 1e-3 || size >= 1e4) {
    const [digits, power] = value.toExponential(1).split("e");
    return `${digits.replace("-", "−")}·10${up(+power)}`;
  }
  return `${+value.toPrecision(size < 0.1 ? 2 : size < 1000 ? 3 : 4)}`.replace("-", "−");
}
const wire = (value) => (Math.abs(value) < 0.005 ? "0.00" : Math.abs(value) < 99.5 ? value.toFixed(2) : value.toFixed(0)).replace("-", "−");
const kind_of = (node) => node.replace(/\d+$/, ""), step_of = (node) => +/\d+$/.exec(node);
const symbol = (node) => (node === "L" ? "L" : node[1] === "~" ? `${node[0]}\u0303${sub(node.slice(2))}` : node[0] + sub(node.slice(1)));

const COLOURS = { ...colours, rnn: colours.brown, exact: colours.violet }; // light, dark
const rgb = (name, dark) => [1, 3, 5].map((at) => parseInt(COLOURS[name][+dark].slice(at, at + 2), 16));
// Black or white: what can be read on that colour.
const on = (colour) => (lstm.dot(colour.map((v) => (v / 255) ** 2.2), [0.2126, 0.7152, 0.0722]) > 0.183 ? "black" : "white");

const attrs = (given) => Object.entries(given).map(([key, value]) => ` ${key}="${value}"`).join("");
// Colours are classes, fill-f being the forget gate's: parsing style attributes would cost half the frame.
const path = (d, colour, width = 1, more = {}) => `<path${attrs({ d, class: `line-${colour}`, "stroke-width": width, ...more })}/>`;
const box = (x, y, width, height, colour, edge = "none", more = {}) => `<rect${attrs({ x, y, width, height, class: `fill-${colour} edge-${edge}`, ...more })}/>`;
const shaded = (x, y, width, height, colour, share, dark, more) => { // and the ink that is read on it
  const ground = rgb("ground", dark), shade = rgb(colour, dark).map((v, k) => Math.round(share * v + (1 - share) * ground[k]));
  return [box(x, y, width, height, "", colour, { fill: `rgb(${shade})`, ...more }), on(shade)];
};
const disc = (cx, cy, r, colour, edge = "none", width = 1.5) => `<circle${attrs({ cx, cy, r, class: `fill-${colour} edge-${edge}`, "stroke-width": width })}/>`;
const text = (x, y, words, colour = "ink", size = 12, anchor = "middle") =>
  `<text${attrs({ x, y, "text-anchor": anchor, class: `fill-${colour}`, "font-size": size })}>${words}</text>`;
const ink = (name) => (ORDER.includes(name) ? name : "ink");
const colored = (colour, words) => `<span class="c-${colour}">${words}</span>`;

const STYLE = `
:host { display: block; margin: .6em 0 }
.w { container-type: inline-size; color: var(--ink); background: var(--ground); text-align: left; font-variant-numeric: tabular-nums;
  font: calc(14px * var(--z))/1.4 system-ui, "DejaVu Sans", sans-serif }
${[0, 1].map((dark) => `.w${dark ? ".dark" : ""} { color-scheme: ${dark ? "dark" : "light"}; ${Object.keys(COLOURS).map((name) => `--${name}: ${COLOURS[name][dark]};`).join("")} }`).join("")}
${Object.keys(COLOURS).map((name) => `.fill-${name} { fill: var(--${name}) } .line-${name}, .edge-${name} { stroke: var(--${name}) } .c-${name} { color: var(--${name}) }`).join("")}
.fill-none, path[class^=line] { fill: none } .fill-white { fill: #fff } .fill-black { fill: #000 }
.pad { padding: .7em; display: grid; gap: .6em } .top, .foot, .foot label { display: flex; gap: .5em .9em; flex-wrap: wrap; align-items: center }
.look { margin: 0 } .grid { display: grid; gap: .8em 1.6em; grid-template-columns: minmax(0, 1fr) }
@container (min-width: 860px) { .grid { grid-template: "look time" auto "big time" auto "weights time" 1fr / calc(276px * var(--z)) minmax(0, 1fr) } .look { grid-area: look } .big { grid-area: big } .weights { grid-area: weights } .time { grid-area: time } }
[hidden] { display: none !important } p { margin: .3em 0 } b, th, summary, legend { font-weight: 600 }
select, button, input { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--grey); border-radius: 5px; padding: .1em .4em; max-width: 100%; box-sizing: border-box; min-height: 26px }
button { background: var(--soft); cursor: pointer; padding: .1em .7em } summary { cursor: pointer }
:focus-visible, .tabs :has(:focus-visible) { outline: 3px solid var(--i); outline-offset: 1px }
.tabs { display: flex; border: 1px solid var(--grey); border-radius: 6px; margin-left: auto }
.tabs label { padding: .22em .95em; cursor: pointer; border-radius: 5px } .tabs :has(:checked) { background: var(--ink); color: var(--ground) } .tabs input { position: absolute; opacity: 0 }
input[type=range] { padding: 0; width: 100%; margin: 0; border: 0; background: none; height: 1.5em; min-height: 0; accent-color: var(--k, var(--grey)) }
input[type=number] { width: 100%; padding: 0 2px; text-align: center; appearance: textfield; min-height: 1.6em; border-color: var(--faint) }
input::-webkit-inner-spin-button { display: none } input[type=checkbox] { min-height: 0; vertical-align: middle } input[aria-invalid=true] { outline: 2px solid var(--f) }
sub { line-height: 0 } small { display: block; font-size: .8em; font-weight: 400 }
.big { display: grid; grid-template-columns: auto 1fr 4.2em; gap: .6em; align-items: center; background: var(--soft); border-left: 5px solid var(--f); padding: .45em .6em; --k: var(--f); font-weight: 600 }
table { border-collapse: collapse; width: 100% } th, td { padding: .1em .25em; border: 0; text-align: center; vertical-align: top; background: none }
.knobs { table-layout: fixed } .knobs th[scope=row] { width: 2.4em; text-align: left } .knobs th { color: var(--k); line-height: 1.2 }
.three { display: grid; grid-template-columns: repeat(auto-fit, minmax(5.3em, 1fr)); gap: .3em .6em } fieldset { border: 0; padding: 0; margin: .7em 0 0; min-width: 0 } legend { padding: 0 }
.roll { overflow: auto hidden } .roll, [data-weights] { display: flex; flex-direction: column } .step, [data-svg=steps] { order: -2 }
figure { margin: 0 0 .7em; width: max-content; min-width: 100% } figcaption { position: sticky; left: 0; max-width: var(--seen); margin-bottom: .15em }
svg { display: block; font-family: inherit; overflow: visible; touch-action: pan-x pan-y } svg[data-drag] { touch-action: pan-x; cursor: ns-resize } svg[data-svg=flow] { cursor: pointer } svg text { pointer-events: none; user-select: none }
.row { display: grid; margin-left: calc(34px * var(--z)); grid-template-columns: var(--columns) }
.two { display: grid; gap: .4em 1.6em; grid-template-columns: minmax(0, 1fr); align-items: start } @container (min-width: 1100px) { .two { grid-template-columns: 11fr 10fr } }
.sums td, .sums th { text-align: right; border-bottom: 1px solid var(--faint); padding: .2em .35em } .sums th:first-child { text-align: left }
ol { list-style: none; margin: .2em 0; padding: 0 } li span { overflow-wrap: anywhere }
li button { display: grid; grid-template-columns: 5.4em 3.4em 1fr; gap: .3em; width: 100%; text-align: left; border-color: transparent; background: none; padding: .15em .4em }
li [aria-pressed=true] { background: var(--tint); border-color: var(--exact) }
.chain { display: flex; flex-wrap: wrap; gap: .35em .3em; align-items: center; margin: .4em 0 } .chain span { background: var(--soft); border-radius: 4px; padding: .1em .45em; text-align: center; border-bottom: 3px solid var(--k) }
.foot { border-top: 1px solid var(--faint); padding-top: .6em } .foot label { flex: 1 1 14em; flex-wrap: nowrap; white-space: nowrap } .foot input { font: .85em monospace; flex: 1; min-width: 4em }
.ears { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }`;

// --- what a line may hold ---

const LARGEST = 1e6; // with every number as large, nothing that is drawn overflows
const fair = (value) => Number.isFinite(value) && Math.abs(value) <= LARGEST;

function read_line(words, decoded = String) {
  let state;
  try {
    state = JSON.parse(decoded(words).trim().replace(/^'|'$/g, "")); // Python’s quotes may stand around it
  } catch {
    throw Error(say`this is not a line copied from here`);
  }
  const numbers = (name, value, ...shape) => {
    const fits = (part, [size, ...rest]) =>
      size === undefined ? fair(part) : Array.isArray(part) && part.length === size && part.every((p) => fits(p, rest));
    if (!fits(value, shape)) throw Error(shape.length ? say`${name} must be ${shape.join(" × ")} finite numbers up to a million` : say`${name} must be one finite number up to a million`);
  };
  const T = state?.x?.length, I = state?.x?.[0]?.length;
  if (!(T >= 1 && T <= MOST_STEPS && I >= 1 && I <= 4)) throw Error(say`x must hold 1 to 12 steps of 1 to 4 numbers`);
  numbers("x", state.x, T, I);
  numbers("W_x", state.W_x, 4, I);
  for (const name of ["W_h", "b"]) numbers(name, state[name], 4);
  for (const name of ["h0", "c0", "y"]) numbers(name, state[name]);
  numbers("rnn W_x", state.rnn?.W_x, I);
  for (const name of ["W_s", "b"]) numbers(`rnn ${name}`, state.rnn[name]);
  const t = clamp(Math.round(state.t) || T, 1, T), [, gate, step] = /^([ifgo])~(\d+)$/.exec(state.node) ?? [0, "f", 1];
  const { x, W_x, W_h, b, h0, c0, y, rnn: beside } = state, view = Object.hasOwn(TABS, state.view) ? state.view : undefined;
  const kept = { x, W_x, W_h, b, h0, c0, y, rnn: beside, t, node: `${gate}~${clamp(+step, 1, T)}`, view };
  return JSON.parse(JSON.stringify(kept));
}

// All numbers that are drawn.
function results(state) {
  const T = state.x.length, trace = lstm.lstm_forward(state.x, state, state.h0, state.c0);
  const dh_last = trace.h[T - 1] - state.y, dh = range(1, T).map((t) => (t === T ? dh_last : 0));
  const d = lstm.lstm_backward(trace, state, dh), S = rnn.rnn_forward(state.x, state.rnn, state.h0);
  const terms = range(1, T).map((t) => lstm.cell_state_terms(trace, state, t)), totals = terms.map((term) => sum(Object.values(term)));
  const race = { exact: range(1, T).map((k) => lstm.cell_gradient(trace, state, T, k)),
    product: range(1, T).map((k) => totals.slice(k).reduce((a, b) => a * b, 1)), rnn: range(1, T).map((k) => rnn.rnn_state_gradient(S, state.rnn, T, k)) };
  return { T, trace, dh_last, d, S, terms, totals, race, whole: d[`${state.node[0]}_pre`][step_of(state.node) - 1], loss: dh_last ** 2 / 2 };
}

// --- pictures over time: of results, state and the width of a column; they give {height, ink, label, caption} ---

const GUTTER = 34, MARGIN = 42;
const middle = (t, col) => GUTTER + (t - 0.5) * col;
const half_bar = (col) => Math.min(col * 0.3, 26);
const across = (T, col, y, colour) => path(`M${GUTTER} ${y}h${T * col}`, colour);
const curve = (values, col, y, colour, width, more, hollow = () => false) =>
  path(values.map((v, r) => `${r ? "L" : "M"}${middle(r + 1, col)} ${y(v).toFixed(1)}`).join(""), colour, width, more) +
  values.map((v, r) => disc(middle(r + 1, col), y(v), width + 0.7, hollow(v) ? "ground" : colour, colour)).join("");

function draw_steps(T, now, col) {
  return range(1, T).map((t) => text(middle(t, col), 13, t === now ? `t = ${t}` : t, t === now ? "ink" : "grey", t === now ? 13.5 : 12)).join("");
}

function draw_bars(state, j, limit, col, height) {
  const y = (value) => height / 2 - (clamp(value, -limit, limit) / limit) * (height / 2 - 4), half = half_bar(col);
  const bars = state.x.map((x_t, r) => {
    const at = middle(r + 1, col), top = y(x_t[j]);
    return box(at - half, Math.min(y(0), top), 2 * half, Math.abs(top - y(0)), "faint") + box(at - half, top - 2, 2 * half, 4, "ink", "none", { rx: 2 });
  });
  return across(state.x.length, col, y(0), "grey") + bars.join("") + text(GUTTER - 9, height / 2 + 4, state.x[0].length > 1 ? `x${sub(j + 1)}` : "x", "ink", 13, "end");
}

const step_in_words = ({ trace }, { t }) => Object.keys(NAMES).map((name) => `${say([NAMES[name]])} ${wire(trace[name][t - 1])}`).join(", ");

function draw_gates({ T, trace }, state, col, { dark }) {
  const rows = Object.keys(NAMES), high = 22;
  const drawn = rows.map((name, row) => {
    const values = trace[name], most = Math.max(1, ...values.map(Math.abs)), y = row * high + (row > 3 ? 5 : 0);
    const cells = values.map((value, r) => {
      const x = GUTTER + r * col, [rect, words] = shaded(x + 1, y + 1, col - 2, high - 2, ink(name), Math.abs(value) / most, dark, { rx: 3, "stroke-width": 0.6 });
      return rect + text(x + col / 2, y + 15.5, wire(value), words, col < 50 ? 11 : 12.5);
    });
    return text(GUTTER - 9, y + 15.5, name, ink(name), 13, "end") + cells.join("");
  });
  const height = rows.length * high + 5, now = step_in_words({ trace }, state);
  return { height, ink: drawn.join("") + box(GUTTER + (state.t - 1) * col - 1, -1, col + 2, height + 2, "none", "ink", { rx: 4, "stroke-width": 2 }),
    caption: say`strong colour is far from 0`, label: say`Heat map of gates and states. At step ${state.t}: ${now}.` };
}

function draw_memory({ T, trace, S, loss }, state, col) {
  const height = 96, all = [...trace.c, ...trace.h, ...S.S, state.y, -0.3, 0.3];
  const top = Math.max(...all), bottom = Math.min(...all), y = (v) => 9 + ((top - v) / (top - bottom)) * (height - 18);
  const ends = [["c", trace.c, "ink"], ["h", trace.h, "o"], ["S", S.S, "rnn"], ["y*", [state.y], "exact"]].map(([name, values, colour]) => [name, values.at(-1), colour]);
  let lowest = -Infinity;
  const labels = [...ends].sort((a, b) => b[1] - a[1]).map(([name, value, colour]) => text(middle(T, col) + 17, (lowest = Math.max(y(value) + 4, lowest + 14)), name, colour, 13, "start"));
  const [c, h, s] = ends.map(([, value]) => said(value)), at = sub(T);
  return { height, label: say`Curves over ${T} steps, which end at c ${c}, h ${h}, and S ${s} for the RNN; the target is ${said(state.y)}.`,
    ink: across(T, col, y(0), "faint") + text(GUTTER - 9, y(0) + 4, "0", "grey", 11, "end") + curve(S.S, col, y, "rnn", 2, { "stroke-dasharray": "2 4" }) + curve(trace.h, col, y, "o", 2.4) + curve(trace.c, col, y, "ink", 3) +
      disc(middle(T, col), y(state.y), 7, "none", "exact", 2.5) + labels.join(""),
    caption: `c${at} = ${c}, ${colored("o", `h${at} = ${h}`)}, ${colored("exact", say`target y* = ${said(state.y)}`)}, ${say`loss`} ½(h${at} − y*)² = ${said(loss)}; ${colored("rnn", `RNN: S${at} = ${s}`)}` };
}

const PLACE = { c: [0.4, 36], "f~": [0.13, 98], "i~": [0.4, 98], "g~": [0.67, 98], "o~": [0.66, 146], h: [0.98, 174] }; // across a column, and down

function place(node, col, T) {
  if (node === "L") return [GUTTER + T * col + 24, 128];
  const [x, y] = PLACE[kind_of(node)];
  return [GUTTER + (step_of(node) - 1 + x) * col, y];
}

// A path without m and the gates, which the graph leaves out.
const stops = (nodes) => nodes.filter((node) => /^[Lhc]|~/.test(node));

function draw_flow(found, state, col, { log, route }) {
  const { T, trace, d, dh_last, whole } = found, r = Math.min(12, col * 0.115), arrows = lstm.gradient_arrows(trace, state, d, dh_last);
  arrows.sort((a, b) => Math.abs(a[2]) - Math.abs(b[2]));
  const most = Math.max(Math.abs(arrows.at(-1)[2]), 1e-300), power = Math.log10(most);
  const share = (v) => (log ? clamp(1 + (Math.log10(Math.abs(v)) - power) / DECADES, 0, 1) : Math.abs(v) / most);
  const bend = (start, end) => { // quadratic: from h up to c it goes round the gates
    const [[x1, y1], [x2, y2]] = [place(start, col, T), place(end, col, T)];
    return [x1, y1, ...(start[0] === "h" && end[0] === "c" ? [x1, y2] : [(x1 + x2) / 2, (y1 + y2) / 2]), x2, y2].map((v) => Math.round(10 * v) / 10);
  };
  const shaft = ([x1, y1, cx, cy, x2, y2]) => `M${x1} ${y1}Q${cx} ${cy} ${x2} ${y2}`;
  const head = ([x1, y1, cx, cy, x2, y2], width) => { // a triangle behind the middle
    const s = 0.6, at = (a, b, c) => (1 - s) ** 2 * a + 2 * s * (1 - s) * b + s * s * c, to = (a, b, c) => (1 - s) * (b - a) + s * (c - b);
    const [x, y, dx, dy] = [at(x1, cx, x2), at(y1, cy, y2), to(x1, cx, x2), to(y1, cy, y2)], size = (2.6 + width * 0.7) / Math.hypot(dx, dy), [u, v] = [dx * size, dy * size];
    return `M${(x + 1.6 * u).toFixed(1)} ${(y + 1.6 * v).toFixed(1)}L${(x - v).toFixed(1)} ${(y + u).toFixed(1)}L${(x + v).toFixed(1)} ${(y - u).toFixed(1)}Z`;
  };
  const shafts = [], faint = [], heads = {};
  for (const [start, end, v] of arrows) {
    const at = bend(start, end), colour = ink(ORDER.includes(end[0]) ? end[0] : start[0]), width = +(0.8 + 6 * share(v)).toFixed(1);
    if (share(v) < 0.01) faint.push(shaft(at));
    else {
      shafts.push(path(shaft(at), colour, width, v * dh_last < 0 ? { "stroke-dasharray": "5 2.5" } : {}));
      heads[colour] = (heads[colour] ?? "") + head(at, width);
    }
  }
  const nodes = ["L", ...range(1, T).flatMap((t) => Object.keys(PLACE).map((kind) => kind + t))].map((node) => {
    const [x, y] = place(node, col, T), chosen = node === state.node, colour = ink(node[0]);
    return disc(x, y, node[1] === "~" ? r : r + 0.5, chosen ? "tint" : "ground", chosen ? "exact" : colour, chosen ? 3.5 : 1.5) + text(x, y + r * 0.42, node[1] === "~" ? `${node[0]}\u0303` : node[0], colour, Math.max(9.5, r * 1.35));
  });
  const lit = route && stops(route.nodes), trail = lit?.slice(1).map((node, k) => shaft(bend(lit[k], node))).join("");
  const small = Math.min(11, 0.22 * col), number = (node, y, v) => text(place(node, col, T)[0], y, said(v), "grey", small);
  const numbers = range(1, T).map((t) => number(`c${t}`, 14, d.c[t - 1]) + number(`h${t}`, 200, d.h[t - 1])).join("");
  const pres = ORDER.map((g) => colored(g, `${g}\u0303`)).join(" ");
  const strongest = arrows.slice(-3).reverse().map(([a, b, v]) => `${symbol(a)} → ${symbol(b)}: ${said(v)}`).join(", ");
  const scale = log ? say`logarithmically, from ${said(10 ** (power - DECADES))} to ${said(most)}` : say`up to ${said(most)}`;
  return { height: 206, over: nodes.join(""),
    ink: `<g${route ? ' opacity="0.35"' : ""}>${path(faint.join(""), "faint")}${shafts.join("")}${Object.entries(heads).map(([colour, d_]) => `<path d="${d_}" class="fill-${colour}"/>`).join("")}</g>${numbers}` +
      (route ? path(trail, "ground", 8) + path(trail, "exact", 4.5) : ""),
    label: say`Unrolled graph with the gradient of L flowing back. Largest arrows: ${strongest}. dL by d${symbol(state.node)} is ${said(whole)}.`,
    caption: route ? say`violet: the path that is chosen below. Press a circle ${pres} for another pre-activation.`
      : say`Arrows are as thick as what they carry back, ${scale}; the largest: ${strongest}; broken: its sign is not that of dL/dh${sub(T)}. Above: dL/dC<sub>t</sub>, below: dL/dh<sub>t</sub>. Press a circle ${pres} for its paths.` };
}

const TERMS = { f_direct: ["ink", "f"], via_f: ["f", "via f"], via_i: ["i", "via i"], via_g: ["g", "via g"] };

function draw_terms({ T, terms, totals }, state, col) {
  const height = 84, half = half_bar(col), keys = Object.keys(TERMS);
  const stacked = terms.flatMap((term) => [1, -1].map((sign) => sum(keys.map((key) => (sign * term[key] > 0 ? term[key] : 0)))));
  const top = Math.max(1, ...stacked), bottom = Math.min(0, ...stacked), y = (v) => 8 + ((top - v) / (top - bottom)) * (height - 16);
  const bars = terms.map((term, r) => {
    const level = { 1: 0, [-1]: 0 }, at = middle(r + 1, col);
    const blocks = keys.map((key) => {
      const sign = term[key] < 0 ? -1 : 1, from = level[sign], to = (level[sign] += term[key]);
      return box(at - half, Math.min(y(from), y(to)), 2 * half, Math.abs(y(to) - y(from)), TERMS[key][0], "none", key === "f_direct" ? { opacity: 0.55 } : {});
    });
    return blocks.join("") + `<path class="fill-ground edge-ink" stroke-width="1.6" d="M${at} ${y(totals[r]) - 5}l5 5l-5 5l-5-5z"/>`;
  });
  const now = terms[state.t - 1], each = keys.map((key) => [TERMS[key][0], say([TERMS[key][1]]) + " " + said(now[key])]), all = said(totals[state.t - 1]), ticks = [0, 1].map((v) => across(T, col, y(v), v ? "faint" : "grey") + text(GUTTER - 9, y(v) + 4, v, "grey", 11, "end"));
  return { height, ink: ticks.join("") + bars.join(""),
    label: say`Stacked bars of the four terms of dC_t/dC_(t-1). At step ${state.t}: ${each.map(([, term]) => term).join(", ")}, sum ${all}.`,
    caption: say`at t = ${state.t}: ${each.map((one) => colored(...one)).join(" + ")} = ${all} (diamond)` };
}

function draw_race({ T, race }, state, col, { base }) {
  const height = 112, before = base.T === T ? base.race.exact : [], at = sub(T), k = state.t;
  const logs = [...Object.values(race), before].flat().filter((v) => v).map((v) => Math.log10(Math.abs(v)));
  const top = Math.max(0.4, ...logs), bottom = Math.min(-0.6, Math.max(-18, Math.min(...logs)));
  const y = (v) => 9 + ((top - Math.max(Math.log10(Math.abs(v)), bottom)) / (top - bottom)) * (height - 18); // 0 lies at the bottom
  const run = (values, colour, width, more) => curve(values, col, y, colour, width, more, (v) => v < 0);
  const every = Math.max(1, Math.ceil((top - bottom) / 4)), ticks = range(Math.ceil(bottom / every), Math.floor(top / every)).map((n) => n * every);
  const axis = ticks.map((p) => across(T, col, y(10 ** p), p ? "faint" : "grey") + text(GUTTER - 5, y(10 ** p) + 4, p ? `10${up(p)}` : "1", "grey", 11, "end"));
  const [exact, product, of_rnn] = [race.exact, race.product, race.rnn].map((values) => values[k - 1]), off = Math.abs(product / exact - 1);
  const verdict = exact * product < 0 ? `<b class="c-f">${say`the product has the wrong sign`}</b>` : !exact || off < 0.005 ? say`the two agree` : say`the product is off by ${said(100 * off)} %`;
  const signs = range(1, T).filter((n) => race.exact[n - 1] * race.product[n - 1] < 0).join(" "), also = signs && signs !== `${k}` ? colored("f", say` (wrong sign at k = ${signs})`) : "";
  const left = `<b>${colored("exact", `dC${at}/dC${sub(k)} = ${said(exact)}`)}</b>`, beside = colored("rnn", `RNN: dS${at}/dS${sub(k)} = ${said(of_rnn)}`), times = said(exact && Math.abs(exact / of_rnn));
  return { height,
    ink: axis.join("") + `<g opacity="0.18">${run(before, "exact", 6)}</g>` + run(race.rnn, "rnn", 2) + run(race.exact, "exact", 3.2) + run(race.product, "ink", 1.6, { "stroke-dasharray": "5 3" }),
    label: say`Race of gradients over the step k that they reach back to, in powers of ten. At k = ${k}: dC_T/dC_k ${said(exact)}, product ${said(product)}, RNN ${said(of_rnn)}.`,
    caption: say`at k = ${k}: ${left}, product of the four terms’ sums (dashed) ${said(product)}: ${verdict}${also}. ${beside}; the LSTM’s is ${times} times that. Hollow: negative; pale: as the lesson began.` };
}

// The cell of notebook 01 with its numbers.
const GATE_X = { f: 104, i: 214, g: 324, o: 434 }, READ_X = 520, WRITE_X = 269, CELL_LINE = 42, MERGE = 112, BUS = 250;

function draw_cell({ trace }, state, dark) {
  const r = state.t - 1, t = sub(state.t), before = sub(r), [c_prev, h_prev] = [trace.cells[r], r ? trace.h[r - 1] : state.h0];
  const v = Object.fromEntries([...GATES, "c", "m", "h"].map((name) => [name, trace[name][r]]));
  const wires = (points, colour, width = 2.2) => path(points.map(([x, y], k) => `${k ? "L" : "M"}${x} ${y}`).join(""), colour, width);
  const sign = (x, y, what) => disc(x, y, 12, "ground", "ink", 1.8) + text(x, y + 5, what, "ink", 16);
  const ends = { f: [[104, 54]], i: [[214, MERGE], [257, MERGE]], g: [[324, MERGE], [281, MERGE]], o: [[434, 138], [508, 138]] };
  const gates = ORDER.map((name) => {
    const x = GATE_X[name], [rect, words] = shaded(x - 48, 168, 96, 46, name, Math.abs(v[name]), dark, { rx: 7, "stroke-width": 2.2 });
    return wires([[x, BUS], [x, 214]], "grey") + wires([[x, 170], ...ends[name]], name) + rect +
      text(x, 186, `${name === "g" ? "tanh" : "σ"} · ${say([SHORT[name]])}`, words, 11) + text(x, 205, `${name}${t} = ${wire(v[name])}`, words, 14.5) +
      text(x + 6, 236, `${name}\u0303${t} = ${said(trace[`${name}_pre`][r])}`, "grey", 12.5, "start");
  });
  const x_t = state.x[r].length > 1 ? `(${state.x[r].map(said).join(", ")})` : said(state.x[r][0]);
  return box(28, 18, 512, 248, "soft", "none", { rx: 14 }) + wires([[0, CELL_LINE], [560, CELL_LINE]], "ink", 4.5) + wires([[0, BUS], [434, BUS]], "grey") + wires([[40, 290], [40, BUS]], "grey") +
      wires([[WRITE_X, 100], [WRITE_X, 54]], "ink") + wires([[READ_X, CELL_LINE], [READ_X, 126]], "ink") + wires([[READ_X, 150], [READ_X, BUS], [560, BUS]], "ink") + gates.join("") +
      sign(104, CELL_LINE, "×") + sign(WRITE_X, CELL_LINE, "+") + sign(WRITE_X, MERGE, "×") + sign(READ_X, 138, "×") + box(READ_X - 22, 66, 44, 22, "ground", "ink", { rx: 6, "stroke-width": 1.6 }) + text(READ_X, 82, "tanh", "ink", 13) +
      text(0, 12, `c${before} = ${wire(c_prev)}`, "ink", 14.5, "start") + text(560, 12, `c${t} = ${wire(v.c)}`, "ink", 14.5, "end") + text(122, 34, `f${t} · c${before} = ${wire(v.f * c_prev)}`, "f", 13, "start") +
      text(WRITE_X + 9, 81, `i${t} · g${t} = ${wire(v.i * v.g)}`, "ink", 13, "start") + text(READ_X - 8, 112, `m${t} = ${wire(v.m)}`, "ink", 13, "end") + text(0, 240, `h${before} = ${wire(h_prev)}`, "ink", 13.5, "start") +
      text(560, 284, `h${t} = ${wire(v.h)}`, "ink", 14.5, "end") + text(50, 284, `x${t} = ${x_t}`, "ink", 13.5, "start");
}

// The same step as sums.
function write_sums({ trace }, state) {
  const r = state.t - 1, t = sub(state.t), before = sub(r), h_prev = r ? trace.h[r - 1] : state.h0, v = (name) => wire(trace[name][r]);
  const rows = ORDER.map((name) => {
    const k = GATES.indexOf(name), parts = [lstm.dot(state.W_x[k], state.x[r]), state.W_h[k] * h_prev, state.b[k]];
    return `<tr><th scope="row" class="c-${name}">${name}\u0303${t}</th>${parts.map((part) => `<td>${part < 0 ? "" : "+"}${said(part)}</td>`).join("")}<td>= ${said(trace[`${name}_pre`][r])}</td><td class="c-${name}"><b>${name}${t} = ${v(name)}</b></td></tr>`;
  });
  return `<table class="sums"><thead><tr><td></td><th scope="col">W<sub>x</sub> x${t}</th><th scope="col">W<sub>h</sub> h${before}</th><th scope="col">b</th><th scope="col">${say`sum`}</th><th scope="col">σ, tanh</th></tr></thead><tbody>${rows.join("")}</tbody></table>
<p>c${t} = ${colored("f", `f${t}`)} c${before} + ${colored("i", `i${t}`)} ${colored("g", `g${t}`)} = ${colored("f", v("f"))} · ${wire(trace.cells[r])} + ${colored("i", v("i"))} · ${colored("g", v("g"))} = <b>${v("c")}</b><br>
h${t} = ${colored("o", `o${t}`)} tanh c${t} = ${colored("o", v("o"))} · ${v("m")} = <b>${v("h")}</b></p>`;
}

// A local derivative as the notebooks write it.
function factor_name(start, end) {
  const kind = kind_of(start), s = sub(step_of(start)), name = kind[0];
  if (start === "L") return `∂L/∂${symbol(end)}`;
  if (kind[1] === "~") return `W<sub>h${name}</sub>`;
  if (kind === "h") return end[0] === "m" ? `o${s}` : `m${s}`;
  if (kind === "m") return `1−m${s}²`;
  if (kind === "c") return { c: `f${s}`, f: `c${sub(step_of(start) - 1)}`, i: `g${s}`, g: `i${s}` }[end[0]];
  return kind === "g" ? `1−g${s}²` : `${name}${s}(1−${name}${s})`;
}

const draw = { gates: draw_gates, memory: draw_memory, flow: draw_flow, terms: draw_terms, race: draw_race };
globalThis.livingLSTM = { lstm, rnn, PRESETS, read_line, results, draw, draw_cell, write_sums };
if (!globalThis.customElements || customElements.get("living-lstm")) return;

// --- the element: <living-lstm preset="a latch" view="backward"> ---

class LivingLSTM extends HTMLElement {
  connectedCallback() {
    if (!this.shadowRoot) {
      this.dataset.lmSuppressShortcuts = "true"; // JupyterLab takes keys for itself unless this stands where they are pressed
      this.dataset.preventSwipe = ""; // reveal.js turns the page at a swipe
      Object.assign(this, { log: true, shown: 0, written: new WeakMap() });
      // What the page says, or JupyterLab's address of the notebook that is being opened.
      this.words = words = document.documentElement.lang.startsWith("zh") || location.pathname.includes("/zh/") ? zh : {};
      this.attachShadow({ mode: "open" }).innerHTML = `<style>${STYLE}</style>${this.skeleton()}`;
      this.find("details").open = this.closest(".slides") || this.clientWidth >= 860;
      this.listen();
      this.night = matchMedia("(prefers-color-scheme: dark)");
      const [given, view] = ["preset", "view"].map((name) => this.getAttribute(name)), preset = Object.hasOwn(PRESETS, given) ? given : "worked example";
      this.view = Object.hasOwn(TABS, view) ? view : PRESETS[preset].view;
      this.theme();
      this.load(PRESETS[preset], preset);
      // The address may carry a line, for the first one on the page; not where the address belongs to reveal.js or to Lab.
      this.has_address = document.querySelector("living-lstm") === this && !this.closest(".reveal") && !document.body.dataset.jpThemeName;
      if (this.has_address) for (const event of ["load", "hashchange"]) addEventListener(event, () => this.follow());
    }
    this.sized = new ResizeObserver(() => {
      this.measured = false;
      this.later();
    });
    this.sized.observe(this.find(".w"));
    this.themed = new MutationObserver(() => this.theme());
    for (const node of [document.documentElement, document.body]) this.themed.observe(node, { attributes: true });
    this.night.onchange = () => this.theme();
  }

  disconnectedCallback() {
    this.sized.disconnect();
    this.themed.disconnect();
    this.night.onchange = null;
  }

  find(selector) {
    return this.shadowRoot.querySelector(selector);
  }

  get(data) {
    return this.find(`[data-${data}]`);
  }

  // Dark or light: what the page says, what JupyterLab says, what the ground below is, what the reader's system says.
  theme() {
    const page = this.closest("[data-theme]")?.dataset.theme, lab = document.body.dataset.jpThemeLight;
    let dark = /dark|light/.test(page) ? page.includes("dark") : lab ? lab === "false" : undefined;
    for (let node = this.parentElement; node && dark === undefined; node = node.parentElement) {
      const [red, green, blue, alpha = 1] = getComputedStyle(node).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
      if (alpha > 0.5) dark = 0.3 * red + 0.6 * green + 0.1 * blue < 110;
    }
    dark ??= this.night.matches;
    if (dark === this.dark) return;
    this.dark = dark;
    this.find(".w").classList.toggle("dark", dark);
    if (this.state) this.later();
  }

  skeleton() {
    const picture = (part, title, extra = "") =>
      `<figure data-part="${part}"><figcaption><b>${title}</b> <span data-caption="${part}"></span>${extra}</figcaption><svg role="img" data-svg="${part}"><g></g><g></g></svg></figure>`;
    return `<div class="w" role="group" aria-label="${say`A living LSTM`}"><div class="pad">
<div class="top"><label><b>${say`Lesson`}</b> <select data-do="preset">${Object.keys(PRESETS).map((name) => `<option value="${name}">${say([name])}</option>`).join("")}</select></label><button data-do="again">${say`Start again`}</button>
  <div class="tabs" role="radiogroup" aria-label="${say`what to look at`}">${Object.entries(TABS).map(([view, name]) => `<label><input type="radio" name="view" data-do="view" value="${view}">${say([name])}</label>`).join("")}</div></div>
<div class="grid"><p class="look"><span data-look></span> <i data-since>${say`That was at the beginning.`}</i></p><div class="big"><span>${say`forget bias b<sub>f</sub>`}</span>${this.knob("b.1", say`b_f, the forget bias`)}</div><div class="time"><div class="roll">
  <div class="step"><label><span class="ears">${say`step t to look at`}</span><input type="range" data-do="t" min="1"></label></div>
  <svg aria-hidden="true" data-svg="steps"><g></g><g></g></svg>
  <figure data-part="inputs"><figcaption class="c-grey">${say`Inputs: drag the bars`}<span data-type>${say`, or type`}</span></figcaption><div data-inputs></div></figure>
  ${picture("gates", say`Gates and states`)}${picture("memory", say`Memory and output`)}${picture("flow", say`The gradient flows back`, ` <label class="c-grey" data-log><input type="checkbox" data-do="log" checked> ${say`logarithmic`}</label>`)}
  ${picture("terms", say`The four terms of dC<sub>t</sub>/dC<sub>t−1</sub>`)}${picture("race", say`How much of C<sub>k</sub> is left at the end`)}</div>
  <div data-part="cell"><b>${say`The cell at step`} <span data-caption="cell"></span></b><div class="two"><svg role="img" aria-label="${say`the numbers of this step on the wires of the cell`}" data-svg="cell" viewBox="0 0 560 292" width="100%"></svg><div data-sums></div></div></div>
  <div data-part="paths"><b>${say`Paths from L to`} <select data-do="gate" aria-label="${say`gate`}">${ORDER.map((g) => `<option value="${g}">${g}\u0303</option>`).join("")}</select> ${say`at step`} <select data-do="node-step" aria-label="${say`step of the pre-activation`}"></select></b>
    <p data-caption="paths"></p><div class="two"><ol data-paths></ol><div><b>${say`The chosen path, factor by factor`}</b><div class="chain" data-chain></div></div></div></div></div>
<details class="weights"><summary>${say`Weights, target, start, RNN`}</summary><div data-weights></div></details></div>
<div class="foot"><label>${say`As one line`} <input data-do="line" spellcheck="false" aria-label="${say`this configuration as one line; paste another one here`}"></label><button data-do="copy">${say`Copy`}</button><span role="status" data-said></span></div>
<div class="ears" aria-live="polite" data-ears></div></div></div>`;
  }

  knob(address, name, low = -4, high = 4) {
    const common = `data-at="${address}" autocomplete="off"`;
    return `<input type="range" ${common} step="0.05" data-low="${low}" data-high="${high}" aria-label="${name}"><input type="number" ${common} step="any" aria-label="${say`${name}, as a number`}">`;
  }

  rebuild() {
    const { x } = this.state, T = x.length, I = x[0].length, inputs = range(0, I - 1), n = (j) => (I > 1 ? j + 1 : "");
    const row = (head, key, name) => `<tr><th scope="row">${head}</th>${ORDER.map((g) => [g, key(GATES.indexOf(g))]).map(([g, address]) => `<td style="--k:var(--${g})">${address === "b.1" ? `<span class="c-grey">${say`above`}</span>` : this.knob(address, `${name}${g}, ${say([NAMES[g]])}`)}</td>`).join("")}</tr>`;
    const small = (address, words, name, ...reach) => `<div>${words}${this.knob(address, name, ...reach)}</div>`;
    this.get("weights").innerHTML = `<table class="knobs"><thead><tr><td></td>${ORDER.map((g) => `<th scope="col" style="--k:var(--${g})">${g}<small>${say([SHORT[g]])}</small></th>`).join("")}</tr></thead><tbody>${inputs.map((j) => row(`W<sub>x${n(j)}</sub>`, (k) => `W_x.${k}.${j}`, `W_x${n(j)}`)).join("")}
${row("W<sub>h</sub>", (k) => `W_h.${k}`, "W_h")}${row("b", (k) => `b.${k}`, "b_")}</tbody></table>
<fieldset><legend>${say`Loss, start, steps`}</legend><div class="three" style="--k:var(--exact)">${small("y", say`target y*`, say`target y*`, -1, 1)}${small("h0", say`h₀ and S₀`, "h_0")}${small("c0", "c₀", "c_0")}<label>T = <span data-T></span> <input type="range" data-do="T" min="2" max="${MOST_STEPS}"></label></div></fieldset>
<fieldset data-part="rnn"><legend class="c-rnn">${say`The tanh RNN beside it`}</legend><div class="three" style="--k:var(--rnn)">${inputs.map((j) => small(`rnn.W_x.${j}`, `W<sub>x${n(j)}</sub>`, `RNN W_x${n(j)}`)).join("")}${small("rnn.W_s", "W<sub>s</sub>", "RNN W_s", -2, 2)}${small("rnn.b", "b<sub>1</sub>", "RNN b_1")}</div></fieldset>
<p>${say`Draw at random:`} <button data-do="draw-x">${say`inputs`}</button> <button data-do="draw-w">${say`weights`}</button></p>`;
    this.get("inputs").innerHTML = inputs.map((j) => `<svg data-drag="${j}" role="img" aria-label="${say`bars of input ${j + 1}`}"><g></g><g></g></svg><div class="row">${range(1, T)
      .map((t) => `<input type="number" data-at="x.${t - 1}.${j}" step="any" autocomplete="off" aria-label="${say`x${n(j)} at step ${t}`}">`).join("")}</div>`).join("");
    this.get("do=node-step").innerHTML = range(1, T).map((t) => `<option>${t}</option>`).join("");
    this.get("do=t").max = T;
    this.ranges = new Map();
    this.measured = false;
  }

  load(state, preset = "") {
    words = this.words;
    const before = this.state;
    this.state = read_line(JSON.stringify(state));
    if (before && this.state.view) Object.assign(this, { view: this.state.view, measured: false });
    Object.assign(this, { begun: preset || this.begun, shown: 0 });
    this.get("look").textContent = say([state.look ?? "A configuration that was handed to you."]);
    this.get("do=preset").value = preset;
    if (before?.x.length !== this.state.x.length || before.x[0].length !== this.state.x[0].length) this.rebuild();
    this.ranges = new Map(); // how far each slider reaches
    this.base = results(this.state);
    this.begin = this.numbers();
    this.limits = this.state.x[0].map((_, j) => Math.max(2, ...this.state.x.map((x_t) => Math.abs(x_t[j]))));
    this.render();
  }

  take(words, decoded) {
    try {
      this.load(read_line(words, decoded));
      this.get("said").textContent = say`taken over`;
      return true;
    } catch (error) {
      this.get("said").textContent = say`not taken over: ${error.message}`;
    }
  }

  // To what a shared link holds, or to the words why it is refused.
  follow() {
    if (!location.hash.startsWith("#lstm=")) return;
    if (this.take(location.hash.slice(6), decodeURIComponent)) this.scrollIntoView();
    else this.get("said").scrollIntoView(false);
  }

  // The state's number at an address such as W_x.1.0; with a value, after setting it.
  at(address, value) {
    const keys = address.split("."), last = keys.pop(), home = keys.reduce((part, key) => part[key], this.state);
    return value === undefined ? home[last] : (home[last] = value);
  }

  later() {
    this.frame ??= requestAnimationFrame(() => this.render());
  }

  listen() {
    const root = this.shadowRoot, listen_to = (type, act) => root.addEventListener(type, act);
    listen_to("input", ({ target }) => {
      const { at, do: what } = target.dataset;
      const far = at && !fair(+target.value), good = at && target.value !== "" && !far;
      this.get("said").textContent = far ? say`numbers up to a million` : "";
      if (at) {
        target.setAttribute("aria-invalid", !good);
        if (good) this.at(at, +target.value);
      } else if (what === "t") this.state.t = +target.value;
      else return;
      this.later();
    });
    listen_to("change", ({ target }) => {
      const what = target.dataset.do;
      if (what === "preset") this.load(PRESETS[target.value], target.value);
      else if (what === "view") Object.assign(this, { view: target.value, measured: false });
      else if (what === "gate" || what === "node-step") this.aim(`${this.get("do=gate").value}~${this.get("do=node-step").value}`);
      else if (what === "log") this.log = target.checked;
      else if (what === "line") this.take(target.value);
      else if (what === "T") this.steps(+target.value);
      if (target.dataset.at) this.ranges.delete(target.dataset.at);
      this.later();
    });
    listen_to("click", ({ target }) => {
      const what = target.dataset.do, route = target.closest("[data-route]"), drawn = () => Math.round(40 * Math.random() - 20) / 10; // from −2 to 2
      if (what === "again") this.load(PRESETS[this.begun], this.begun);
      else if (/^draw/.test(what)) for (const part of what === "draw-x" ? ["x"] : ["W_x", "W_h", "b"]) this.state[part] = this.state[part].map((v) => (v.map ? v.map(drawn) : drawn()));
      else if (what === "copy") this.copy();
      else if (route) this.shown = +route.dataset.route;
      else return;
      this.later();
    });
    listen_to("pointerdown", (event) => {
      const svg = event.target.closest?.("svg"), at = svg && this.point(svg, event), T = this.state.x.length;
      if (!svg || svg.dataset.svg === "cell" || at.t < 1 || at.t > T) return;
      const away = (node) => Math.hypot(...[at.x, at.y].map((v, k) => v - place(node, this.col, T)[k]));
      const near = ORDER.map((gate) => `${gate}~${at.t}`).sort((a, b) => away(a) - away(b))[0];
      if (svg.dataset.svg === "flow" && away(near) < 20) return this.aim(near);
      this.state.t = at.t;
      if (svg.dataset.drag) {
        svg.setPointerCapture(event.pointerId);
        this.dragged = { svg, t: at.t, j: +svg.dataset.drag };
        this.drag(event);
      }
      this.later();
    });
    listen_to("pointermove", (event) => this.dragged && this.drag(event));
    for (const type of ["pointerup", "pointercancel"]) listen_to(type, () => (this.dragged = undefined));
    listen_to("keydown", (event) => {
      if (/^Page/.test(event.key)) return event.preventDefault(); // a presenter's clicker turns the page and moves no slider
      if (!["Escape", "Tab"].includes(event.key)) event.stopPropagation(); // reveal.js and others have other plans for keys
    });
  }

  point(svg, event) {
    const seen = svg.getBoundingClientRect(), unit = this.width / seen.width, x = (event.clientX - seen.left) * unit;
    return { x, y: (event.clientY - seen.top) * unit, t: Math.floor((x - GUTTER) / this.col) + 1 };
  }

  drag(event) {
    const { svg, t, j } = this.dragged, share = 1 - (2 * this.point(svg, event).y) / svg.viewBox.baseVal.height;
    this.state.x[t - 1][j] = Math.round(clamp(share, -1, 1) * this.limits[j] * 20) / 20;
    this.later();
  }

  aim(node) {
    Object.assign(this.state, { node, t: step_of(node) });
    Object.assign(this, { shown: 0, view: "paths", measured: false });
    this.later();
  }

  steps(T) {
    const { x } = this.state;
    this.state.x = range(0, T - 1).map((r) => x[r] ?? x[0].map(() => 0));
    this.state = read_line(JSON.stringify(this.state));
    this.rebuild();
    this.get("do=T").focus();
  }

  numbers() {
    return JSON.stringify({ ...this.state, t: 0, node: 0, view: 0 });
  }

  line() {
    return JSON.stringify({ ...this.state, view: this.view });
  }

  copy() {
    this.get("do=line").select();
    const copied = document.execCommand("copy") ? say`copied` : say`press Ctrl+C`; // navigator.clipboard is not there on plain http
    if (this.has_address) history.replaceState(null, "", `#lstm=${encodeURIComponent(this.line())}`);
    this.get("said").textContent = copied + (this.has_address ? say`; the address holds it too` : "");
  }

  put(element, markup) {
    if (this.written.get(element) === markup) return;
    this.written.set(element, markup);
    element.innerHTML = markup;
  }

  // The columns are as wide as there is room for, or roll where they would be too narrow; on a wide screen and on slides everything is larger.
  measure() {
    const slides = this.closest(".slides"), { style, clientWidth } = this.find(".w"), z = (this.zoom = slides ? 1.15 : clientWidth >= 1500 ? 1.2 : 1);
    style.setProperty("--z", z);
    const first = (slides && PRESETS[this.begun]?.first) ?? ""; // what is spoken of in the room stands above the rest
    for (const part of this.shadowRoot.querySelectorAll("[data-part]")) {
      part.hidden = !PARTS[part.dataset.part].includes(this.view);
      part.style.order = first.includes(part.dataset.part) ? -1 : 0;
    }
    for (const part of this.shadowRoot.querySelectorAll(".row, [data-type]")) part.hidden = this.view !== "forward";
    if (slides) { // what does not fit on the slide is scrolled to
      const [seen, own] = [slides, this].map((element) => element.getBoundingClientRect()), left = slides.offsetHeight * (1 - (own.top - seen.top) / seen.height);
      Object.assign(this.style, { overflow: "auto", maxHeight: `${left - 8}px` });
    }
    const room = this.find(".roll").clientWidth, T = this.state.x.length;
    const fits = Math.floor((room / z - GUTTER - MARGIN) / T);
    this.col = fits >= 42 ? fits : this.get("part=flow").hidden ? 44 : 72; // for a finger
    this.width = GUTTER + T * this.col + MARGIN;
    style.setProperty("--seen", `${room}px`);
    style.setProperty("--columns", `repeat(${T}, ${this.col * z}px)`);
    Object.assign(this.find(".step").style, { marginLeft: `${(GUTTER + this.col / 2) * z - 8}px`, width: `${(T - 1) * this.col * z + 16}px` });
    this.measured = room > 0; // on a slide that is not shown, there is none
  }

  render() {
    cancelAnimationFrame(this.frame);
    this.frame = undefined;
    words = this.words;
    if (!this.measured) this.measure();
    if (!this.measured) return;
    const { state, col, dark } = this, T = state.x.length, found = results(state), seen = (part) => !this.get(`part=${part}`).hidden;
    const [gate, step] = [state.node[0], step_of(state.node)], paths = seen("paths") && lstm.gradient_paths(found.trace, state, step, gate, found.dh_last, SHOWN_PATHS);
    const how = { log: this.log, base: this.base, dark, route: paths ? paths[this.shown] : undefined };
    const paint = (svg, { height, ink: drawn, over = "", label }, light = true) => {
      const size = { viewBox: `0 0 ${this.width} ${height}`, width: this.width * this.zoom, height: height * this.zoom };
      for (const [key, value] of Object.entries(size)) if (svg.getAttribute(key) !== `${value}`) svg.setAttribute(key, value);
      this.put(svg.firstChild, (light ? box(GUTTER + (state.t - 1) * col, 0, col, height, "tint") : "") + drawn);
      this.put(svg.lastChild, over);
      if (label) svg.setAttribute("aria-label", label);
    };
    paint(this.get("svg=steps"), { height: 18, ink: draw_steps(T, state.t, col) });
    const high = state.x[0].length > 1 || this.view !== "forward" ? 34 : 58;
    if (seen("inputs")) for (const svg of this.shadowRoot.querySelectorAll("[data-drag]")) paint(svg, { height: high, ink: draw_bars(state, +svg.dataset.drag, this.limits[svg.dataset.drag], col, high) });
    for (const part of Object.keys(draw)) {
      if (!seen(part)) continue;
      const picture = draw[part](found, state, col, how);
      paint(this.get(`svg=${part}`), picture, part !== "gates");
      this.put(this.get(`caption=${part}`), picture.caption);
    }
    this.get("log").hidden = !!paths;
    if (seen("cell")) {
      this.put(this.get("svg=cell"), draw_cell(found, state, dark));
      this.put(this.get("caption=cell"), `${state.t}`);
      this.put(this.get("sums"), write_sums(found, state));
    }
    if (paths) this.list(found, paths, lstm.count_paths(T, step, gate));
    this.sync();
    clearTimeout(this.speech);
    const spoken = say`At step ${state.t}: ${step_in_words(found, state)}. Loss ${said(found.loss)}. dL by d${symbol(state.node)} is ${said(found.whole)}, dC${T} by dC${state.t} ${said(found.race.exact[state.t - 1])}.`;
    this.speech = setTimeout(() => this.put(this.get("ears"), spoken), 600);
  }

  // The largest paths, what they add up to, and the factors of one of them.
  list({ T, whole, trace, dh_last }, paths, all) {
    const { state, base } = this, before = base.d[`${state.node[0]}_pre`][step_of(state.node) - 1];
    const times = base.T === T && before && whole !== before ? say`, ${said(whole / before)} times what it was as the lesson began (${said(before)})` : "";
    const together = sum(paths.map(({ value }) => value)), most = paths.length < all ? say`; the ${paths.length} largest, listed here, add up to ${said(together)}` : "";
    const how_many = all === 1 ? say`one path` : say`${all.toLocaleString("en")} paths`;
    this.put(this.get("caption=paths"), `<b class="c-exact">dL/d${symbol(state.node)} = ${said(whole)}</b>${times}${say`. It is the sum over ${how_many}${most}. Press one.`}`);
    const short = (nodes) => stops(nodes).map(symbol).join(" ").replace(/(c[₀-₉]+ )(?:c[₀-₉]+ )+(c[₀-₉]+)/g, "$1… $2");
    this.put(this.get("paths"), paths.map(({ nodes, value }, k) =>
      `<li><button data-route="${k}" aria-pressed="${k === this.shown}"><b>${said(value)}</b> <span class="c-grey">${whole ? `${said(Math.round((100 * value) / whole))} %` : ""}</span> <span>${short(nodes)}</span></button></li>`).join(""));
    const { nodes, value } = paths[this.shown] ?? paths[0];
    this.put(this.get("chain"), nodes.slice(1).map((end, k) => [nodes[k], end]).map(([start, end]) =>
      `<span style="--k:var(--${ink(ORDER.includes(end[0]) ? end[0] : start[0])})"><small class="c-grey">${factor_name(start, end)}</small>${said(lstm.local_derivative(start, end, trace, state, dh_last))}</span>`).join("·") + ` = <b class="c-exact">${said(value)}</b>`);
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
      } else if (input !== active) {
        input.value = +value.toFixed(4);
        input.removeAttribute("aria-invalid");
      }
    }
    this.get("since").style.visibility = this.numbers() === this.begin ? "hidden" : ""; // its place is kept: nothing moves at the first touch
    this.get("do=t").value = state.t;
    this.get("do=T").value = this.get("T").textContent = state.x.length;
    this.find(`[data-do=view][value=${this.view}]`).checked = true;
    this.get("do=gate").value = state.node[0];
    this.get("do=node-step").value = step_of(state.node);
    if (active !== this.get("do=line")) this.get("do=line").value = this.line();
  }
}

customElements.define("living-lstm", LivingLSTM);
})();
