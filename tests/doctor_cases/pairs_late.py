import numpy as np


# 1. numpy port of a framework's layer: (N, T, I), object, stacked rows i f g o, two biases
def init_port(I, H):
    from types import SimpleNamespace
    k = 1 / np.sqrt(H)
    return SimpleNamespace(weight_ih=np.random.uniform(-k, k, (4 * H, I)),
                           weight_hh=np.random.uniform(-k, k, (4 * H, H)),
                           bias_ih=np.zeros(4 * H), bias_hh=np.zeros(4 * H))


def forward_port(input, params, h_0, c_0):
    hs, cs, acts = [h_0], [c_0], []
    for t in range(input.shape[1]):
        hx, cx = hs[-1], cs[-1]
        gates = input[:, t] @ params.weight_ih.T + params.bias_ih
        gates = gates + hx @ params.weight_hh.T + params.bias_hh
        ingate, forgetgate, cellgate, outgate = np.split(gates, 4, axis=1)
        ingate = 1 / (1 + np.exp(-ingate))
        forgetgate = 1 / (1 + np.exp(-forgetgate))
        cellgate = np.tanh(cellgate)
        outgate = 1 / (1 + np.exp(-outgate))
        cy = forgetgate * cx + ingate * cellgate
        hy = outgate * np.tanh(cy)
        hs.append(hy), cs.append(cy)
        acts.append((ingate, forgetgate, cellgate, outgate))
    return np.stack(hs[1:], axis=1), (input, hs, cs, acts, params)


def backward_port(grad_output, cache):
    input, hs, cs, acts, params = cache
    grad_w_ih, grad_w_hh = np.zeros_like(params.weight_ih), np.zeros_like(params.weight_hh)
    grad_bias, grad_x = np.zeros_like(params.bias_ih), []
    grad_h, grad_c = np.zeros_like(hs[0]), np.zeros_like(cs[0])
    for t in reversed(range(input.shape[1])):
        i, f, g, o = acts[t]
        tanh_c = np.tanh(cs[t + 1])
        grad_h = grad_h + grad_output[:, t]
        grad_c = grad_c + grad_h * o * (1 - tanh_c ** 2)
        grad_i = grad_c * g * i * (1 - i)
        grad_f = grad_c * cs[t] * f * (1 - f)
        grad_g = grad_c * i * (1 - g ** 2)
        grad_o = grad_h * tanh_c * o * (1 - o)
        grad_gates = np.concatenate([grad_i, grad_f, grad_g, grad_o], axis=1)
        grad_w_ih += grad_gates.T @ input[:, t]
        grad_w_hh += grad_gates.T @ hs[t]
        grad_bias += grad_gates.sum(axis=0)
        grad_x.append(grad_gates @ params.weight_ih)
        grad_h, grad_c = grad_gates @ params.weight_hh, grad_c * f
    return {"grad_input": np.stack(grad_x[::-1], axis=1), "grad_h_0": grad_h, "grad_c_0": grad_c,
            "grad_weight_ih": grad_w_ih, "grad_weight_hh": grad_w_hh,
            "grad_bias_ih": grad_bias, "grad_bias_hh": grad_bias.copy()}


# 2. course assignment: (n_x, m, T_x), dict, one matrix a gate on [a_prev; xt], start at zero
def init_course(n_x, n_a):
    parameters = {}
    for gate in "fico":
        parameters["W" + gate] = np.random.randn(n_a, n_a + n_x) * 0.01
        parameters["b" + gate] = np.zeros((n_a, 1))
    return parameters


def forward_course(x, parameters):
    sigmoid = lambda s: 1 / (1 + np.exp(-s))
    m, T_x, n_a = x.shape[1], x.shape[2], parameters["bf"].shape[0]
    a, caches = np.zeros((n_a, m, T_x)), []
    a_prev, c_prev = np.zeros((n_a, m)), np.zeros((n_a, m))
    for t in range(T_x):
        concat = np.concatenate((a_prev, x[:, :, t]), axis=0)
        ft = sigmoid(np.dot(parameters["Wf"], concat) + parameters["bf"])
        it = sigmoid(np.dot(parameters["Wi"], concat) + parameters["bi"])
        cct = np.tanh(np.dot(parameters["Wc"], concat) + parameters["bc"])
        ot = sigmoid(np.dot(parameters["Wo"], concat) + parameters["bo"])
        c_next = ft * c_prev + it * cct
        a_next = ot * np.tanh(c_next)
        caches.append((c_next, c_prev, concat, ft, it, cct, ot))
        a[:, :, t], a_prev, c_prev = a_next, a_next, c_next
    return a, (caches, x, parameters)


def backward_course(da, cache):
    caches, x, P = cache
    n_a = da.shape[0]
    grads = {"d" + k: np.zeros_like(v) for k, v in P.items()}
    grads["dx"] = np.zeros(x.shape)
    da_prev, dc_next = np.zeros(da.shape[:2]), np.zeros(da.shape[:2])
    for t in reversed(range(len(caches))):
        c_next, c_prev, concat, ft, it, cct, ot = caches[t]
        da_next, tc = da[:, :, t] + da_prev, np.tanh(c_next)
        dot = da_next * tc * ot * (1 - ot)
        dcct = (dc_next * it + ot * (1 - tc ** 2) * it * da_next) * (1 - cct ** 2)
        dit = (dc_next * cct + ot * (1 - tc ** 2) * cct * da_next) * it * (1 - it)
        dft = (dc_next * c_prev + ot * (1 - tc ** 2) * c_prev * da_next) * ft * (1 - ft)
        dc_next = dc_next * ft + ot * (1 - tc ** 2) * ft * da_next
        grads["dWf"] += np.dot(dft, concat.T)
        grads["dWi"] += np.dot(dit, concat.T)
        grads["dWc"] += np.dot(dcct, concat.T)
        grads["dWo"] += np.dot(dot, concat.T)
        for k, d in (("dbf", dft), ("dbi", dit), ("dbc", dcct), ("dbo", dot)):
            grads[k] += np.sum(d, axis=1, keepdims=True)
        dconcat = P["Wf"].T @ dft + P["Wi"].T @ dit + P["Wc"].T @ dcct + P["Wo"].T @ dot
        da_prev, grads["dx"][:, :, t] = dconcat[:n_a], dconcat[n_a:]
    return grads


# 3. batched gist: (T, N, I), tuple of one matrix with the bias in row 0, columns i f o g
def init_gist(input_size, hidden_size):
    WLSTM = np.random.randn(input_size + hidden_size + 1, 4 * hidden_size)
    WLSTM /= np.sqrt(input_size + hidden_size)
    WLSTM[0, :] = 0
    return (WLSTM,)


def forward_gist(X, params, h0, c0):
    WLSTM, = params
    (n, b, input_size), d = X.shape, WLSTM.shape[1] // 4
    Hin = np.ones((n, b, WLSTM.shape[0]))
    Hout, C, Ct = np.zeros((n, b, d)), np.zeros((n, b, d)), np.zeros((n, b, d))
    IFOG, IFOGf = np.zeros((n, b, 4 * d)), np.zeros((n, b, 4 * d))
    for t in range(n):
        Hin[t, :, 1:1 + input_size] = X[t]
        Hin[t, :, 1 + input_size:] = Hout[t - 1] if t > 0 else h0
        IFOG[t] = Hin[t].dot(WLSTM)
        IFOGf[t, :, :3 * d] = 1.0 / (1.0 + np.exp(-IFOG[t, :, :3 * d]))
        IFOGf[t, :, 3 * d:] = np.tanh(IFOG[t, :, 3 * d:])
        prevc = C[t - 1] if t > 0 else c0
        C[t] = IFOGf[t, :, :d] * IFOGf[t, :, 3 * d:] + IFOGf[t, :, d:2 * d] * prevc
        Ct[t] = np.tanh(C[t])
        Hout[t] = IFOGf[t, :, 2 * d:3 * d] * Ct[t]
    return Hout, (WLSTM, IFOGf, IFOG, C, Ct, Hin, c0, input_size)


def backward_gist(dHout_in, cache):
    WLSTM, IFOGf, IFOG, C, Ct, Hin, c0, input_size = cache
    dHout, dC, dWLSTM = dHout_in.copy(), np.zeros_like(C), np.zeros_like(WLSTM)
    dIFOG, dIFOGf, dHin = np.zeros_like(IFOG), np.zeros_like(IFOG), np.zeros_like(Hin)
    n, b, d = C.shape
    for t in reversed(range(n)):
        dIFOGf[t, :, 2 * d:3 * d] = Ct[t] * dHout[t]
        dC[t] += (1 - Ct[t] ** 2) * (IFOGf[t, :, 2 * d:3 * d] * dHout[t])
        dIFOGf[t, :, d:2 * d] = (C[t - 1] if t > 0 else c0) * dC[t]
        dIFOGf[t, :, :d] = IFOGf[t, :, 3 * d:] * dC[t]
        dIFOGf[t, :, 3 * d:] = IFOGf[t, :, :d] * dC[t]
        dIFOG[t, :, 3 * d:] = (1 - IFOGf[t, :, 3 * d:] ** 2) * dIFOGf[t, :, 3 * d:]
        y = IFOGf[t, :, :3 * d]
        dIFOG[t, :, :3 * d] = (y * (1.0 - y)) * dIFOGf[t, :, :3 * d]
        dWLSTM += Hin[t].T.dot(dIFOG[t])
        dHin[t] = dIFOG[t].dot(WLSTM.T)
        if t > 0:
            dC[t - 1] += IFOGf[t, :, d:2 * d] * dC[t]
            dHout[t - 1] += dHin[t, :, 1 + input_size:]
        else:
            dc0 = IFOGf[t, :, d:2 * d] * dC[t]
            dh0 = dHin[t, :, 1 + input_size:]
    return {"dX": dHin[:, :, 1:1 + input_size], "dWLSTM": dWLSTM, "dc0": dc0, "dh0": dh0}


# 4. blog: one sequence (T, I), the last h alone, flat list of W, U, b for f, i, o, g, start at zero
def init_blog(I, H):
    return [np.random.randn(*s) * 0.1 for _ in "fiog" for s in ((H, I), (H, H), (H,))]


def forward_blog(xs, params):
    sig = lambda v: 1. / (1. + np.exp(-v))
    Wf, Uf, bf, Wi, Ui, bi, Wo, Uo, bo, Wg, Ug, bg = params
    h, c, steps = np.zeros(len(bf)), np.zeros(len(bf)), []
    for x in xs:
        f = sig(Wf @ x + Uf @ h + bf)
        i = sig(Wi @ x + Ui @ h + bi)
        o = sig(Wo @ x + Uo @ h + bo)
        g = np.tanh(Wg @ x + Ug @ h + bg)
        h_prev, c_prev = h, c
        c = f * c_prev + i * g
        h = o * np.tanh(c)
        steps.append((x, h_prev, c_prev, f, i, o, g, c))
    return h, (steps, params)


def backward_blog(dh, cache):
    steps, params = cache
    Uf, Ui, Uo, Ug = params[1::3]
    grads = [np.zeros_like(p) for p in params]
    dh_next, dc_next = dh, np.zeros_like(dh)
    for x, h_prev, c_prev, f, i, o, g, c in steps[::-1]:
        dc = dc_next + dh_next * o * (1 - np.tanh(c) ** 2)
        df = dc * c_prev * f * (1 - f)
        di = dc * g * i * (1 - i)
        do = dh_next * np.tanh(c) * o * (1 - o)
        dg = dc * i * (1 - g ** 2)
        for k, d in enumerate((df, di, do, dg)):
            grads[3 * k] += np.outer(d, x)
            grads[3 * k + 1] += np.outer(d, h_prev)
            grads[3 * k + 2] += d
        dh_next = Uf.T @ df + Ui.T @ di + Uo.T @ do + Ug.T @ dg
        dc_next = dc * f
    return grads


PAIRS = [
    (init_port, forward_port, backward_port),
    (init_course, forward_course, backward_course),
    (init_gist, forward_gist, backward_gist),
    (init_blog, forward_blog, backward_blog),
]

FAULTS = [
    (PAIRS[0], "3.14", "The recurrent weights' gradient takes h_t where it needs h_{t-1}.",
     ("grad_gates.T @ hs[t]", "grad_gates.T @ hs[t + 1]")),
    (PAIRS[0], "3.9 3.15", "The candidate is differentiated like a sigmoid, and the input's "
     "gradients, gathered from the last step on, are not put back in order.",
     ("grad_c * i * (1 - g ** 2)", "grad_c * i * g * (1 - g)"),
     ("np.stack(grad_x[::-1], axis=1)", "np.stack(grad_x, axis=1)")),
    (PAIRS[0], "1.7", "The output is computed from the cell state before its update.",
     ("hy = outgate * np.tanh(cy)", "hy = outgate * np.tanh(cx)")),
    (PAIRS[1], "3.11", "Wf's gradient is overwritten at each step, not summed.",
     ('grads["dWf"] += np.dot(dft, concat.T)', 'grads["dWf"] = np.dot(dft, concat.T)')),
    (PAIRS[1], "3.7", "The input gate lacks the part of the cell's gradient from later steps.",
     ("dit = (dc_next * cct + ot * (1 - tc ** 2) * cct * da_next) * it * (1 - it)",
      "dit = (ot * (1 - tc ** 2) * cct * da_next) * it * (1 - it)")),
    (PAIRS[1], "3.8 3.10", "The forget gate takes the new cell state for the previous one, and "
     "Wi's gradient is a copied line that still has the forget gate's delta.",
     ("(dc_next * c_prev + ot * (1 - tc ** 2) * c_prev * da_next)",
      "(dc_next * c_next + ot * (1 - tc ** 2) * c_next * da_next)"),
     ('grads["dWi"] += np.dot(dit, concat.T)', 'grads["dWi"] += np.dot(dft, concat.T)')),
    (PAIRS[2], "3.6 3.7 3.8", "The sigmoid's derivative y(1-y) is taken at the pre-activation.",
     ("y = IFOGf[t, :, :3 * d]", "y = IFOG[t, :, :3 * d]")),
    (PAIRS[2], "3.5 3.16", "The tanh's derivative has c in place of tanh(c), and the start cell "
     "state's gradient lacks the forget gate.",
     ("(1 - Ct[t] ** 2)", "(1 - C[t] ** 2)"),
     ("dc0 = IFOGf[t, :, d:2 * d] * dC[t]", "dc0 = dC[t]")),
    (PAIRS[3], "3.4", "The loss's gradient, due at the last step alone, is added at every step.",
     ("dh_next = Uf.T @ df", "dh_next = dh + Uf.T @ df")),
    (PAIRS[3], "1.5", "The new candidate is weighted by 1 - f as in a GRU, not by the input gate.",
     ("c = f * c_prev + i * g", "c = f * c_prev + (1 - f) * g")),
]
