import numpy as np


# (1) course assignment: x (N, T, D), Wx (D, 4H), gates i f o g, h0 given, c starts at zero
def init_course(I, H):
    return {'Wx': np.random.randn(I, 4 * H), 'Wh': np.random.randn(H, 4 * H), 'b': np.zeros(4 * H)}


def forward_course(x, params, h0):
    def sigmoid(a):
        return 1.0 / (1.0 + np.exp(-a))

    def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
        ai, af, ao, ag = np.split(x.dot(Wx) + prev_h.dot(Wh) + b, 4, axis=1)
        i, f, o, g = sigmoid(ai), sigmoid(af), sigmoid(ao), np.tanh(ag)
        next_c = f * prev_c + i * g
        tc = np.tanh(next_c)
        next_h = o * tc
        return next_h, next_c, (x, prev_h, prev_c, Wx, Wh, i, f, o, g, tc)

    N, T, D = x.shape
    h, cache = np.zeros((N, T, h0.shape[1])), []
    prev_h, prev_c = h0, np.zeros_like(h0)
    for t in range(T):
        prev_h, prev_c, step = lstm_step_forward(
            x[:, t], prev_h, prev_c, params['Wx'], params['Wh'], params['b'])
        h[:, t] = prev_h
        cache.append(step)
    return h, cache


def backward_course(dh, cache):
    def lstm_step_backward(dnext_h, dnext_c, cache):
        x, prev_h, prev_c, Wx, Wh, i, f, o, g, tc = cache
        dc = dnext_c + dnext_h * o * (1 - tc ** 2)
        do = dnext_h * tc
        di, df, dg = dc * g, dc * prev_c, dc * i
        da = np.hstack((i * (1 - i) * di, f * (1 - f) * df, o * (1 - o) * do, (1 - g ** 2) * dg))
        return da.dot(Wx.T), da.dot(Wh.T), dc * f, x.T.dot(da), prev_h.T.dot(da), da.sum(axis=0)

    N, T, H = dh.shape
    Wx, Wh = cache[0][3], cache[0][4]
    dx, dWx, dWh, db = np.zeros((N, T, len(Wx))), np.zeros_like(Wx), np.zeros_like(Wh), 0
    dprev_h, dprev_c = np.zeros((N, H)), np.zeros((N, H))
    for t in reversed(range(T)):
        dx[:, t], dprev_h, dprev_c, dWxt, dWht, dbt = lstm_step_backward(
            dh[:, t] + dprev_h, dprev_c, cache[t])
        dWx += dWxt
        dWh += dWht
        db += dbt
    return {'dx': dx, 'dh0': dprev_h, 'dWx': dWx, 'dWh': dWh, 'db': db}


# (2) course assignment: features first, x (n_x, m, T), a matrix a gate on [a_prev; x_t]
def init_cell(n_x, n_a):
    parameters = {'W' + k: np.random.randn(n_a, n_a + n_x) for k in 'fico'}
    parameters.update({'b' + k: np.zeros((n_a, 1)) for k in 'fico'})
    return parameters


def forward_cell(x, parameters, a0, c0):
    sigmoid = lambda s: 1 / (1 + np.exp(-s))

    def lstm_cell_forward(xt, a_prev, c_prev, p):
        concat = np.concatenate((a_prev, xt), axis=0)
        ft = sigmoid(np.dot(p['Wf'], concat) + p['bf'])
        it = sigmoid(np.dot(p['Wi'], concat) + p['bi'])
        cct = np.tanh(np.dot(p['Wc'], concat) + p['bc'])
        ot = sigmoid(np.dot(p['Wo'], concat) + p['bo'])
        c_next = ft * c_prev + it * cct
        a_next = ot * np.tanh(c_next)
        return a_next, c_next, (c_next, a_prev, c_prev, ft, it, cct, ot, xt, p)

    a, caches, a_next, c_next = np.zeros(a0.shape + x.shape[2:]), [], a0, c0
    for t in range(x.shape[2]):
        a_next, c_next, cache = lstm_cell_forward(x[:, :, t], a_next, c_next, parameters)
        a[:, :, t] = a_next
        caches.append(cache)
    return a, (caches, x)


def backward_cell(da, caches):
    def lstm_cell_backward(da_next, dc_next, cache):
        c_next, a_prev, c_prev, ft, it, cct, ot, xt, p = cache
        dtc = ot * (1 - np.tanh(c_next) ** 2)
        dot = da_next * np.tanh(c_next) * ot * (1 - ot)
        dcct = (dc_next * it + dtc * it * da_next) * (1 - cct ** 2)
        dit = (dc_next * cct + dtc * cct * da_next) * it * (1 - it)
        dft = (dc_next * c_prev + dtc * c_prev * da_next) * ft * (1 - ft)
        concat, g = np.concatenate((a_prev, xt), axis=0), {}
        for k, d in zip('fico', (dft, dit, dcct, dot)):
            g['dW' + k], g['db' + k] = np.dot(d, concat.T), np.sum(d, axis=1, keepdims=True)
        dz = sum(np.dot(p['W' + k].T, d) for k, d in zip('fico', (dft, dit, dcct, dot)))
        g['da_prev'], g['dxt'] = dz[:len(a_prev)], dz[len(a_prev):]
        g['dc_prev'] = dc_next * ft + dtc * ft * da_next
        return g

    caches, x = caches
    dx, da_prevt, dc_prevt, gradients = np.zeros(x.shape), 0, 0, {}
    for t in reversed(range(x.shape[2])):
        g = lstm_cell_backward(da[:, :, t] + da_prevt, dc_prevt, caches[t])
        da_prevt, dc_prevt, dx[:, :, t] = g['da_prev'], g['dc_prev'], g['dxt']
        for k in ('dWf', 'dbf', 'dWi', 'dbi', 'dWc', 'dbc', 'dWo', 'dbo'):
            gradients[k] = gradients.get(k, 0) + g[k]
    gradients['dx'], gradients['da0'] = dx, da_prevt
    return gradients


# (3) gist: one sequence, list of (I, 1) columns, a matrix a gate on [h; x], zero states
def init_gist(X_size, H_size):
    p = {'W_' + k: np.random.randn(H_size, H_size + X_size) * 0.1 for k in 'fico'}
    p.update({'b_' + k: np.zeros((H_size, 1)) for k in 'fico'})
    return p


def forward_gist(inputs, p):
    sigmoid = lambda v: 1 / (1 + np.exp(-v))
    zs, fs, is_, cbs, os_, hs, cs = {}, {}, {}, {}, {}, {}, {}
    hs[-1], cs[-1] = np.zeros_like(p['b_f']), np.zeros_like(p['b_f'])
    for t in range(len(inputs)):
        zs[t] = np.vstack((hs[t - 1], inputs[t]))
        fs[t] = sigmoid(np.dot(p['W_f'], zs[t]) + p['b_f'])
        is_[t] = sigmoid(np.dot(p['W_i'], zs[t]) + p['b_i'])
        cbs[t] = np.tanh(np.dot(p['W_c'], zs[t]) + p['b_c'])
        cs[t] = fs[t] * cs[t - 1] + is_[t] * cbs[t]
        os_[t] = sigmoid(np.dot(p['W_o'], zs[t]) + p['b_o'])
        hs[t] = os_[t] * np.tanh(cs[t])
    return [hs[t] for t in range(len(inputs))], (zs, fs, is_, cbs, os_, cs, p)


def backward_gist(dhs, cache):
    sigmoid = lambda v: 1 / (1 + np.exp(-v))
    dsigmoid, dtanh = lambda y: y * (1 - y), lambda y: 1 - y * y
    zs, fs, is_, cbs, os_, cs, p = cache
    d, H = {'d' + k: np.zeros_like(v) for k, v in p.items()}, len(p['b_f'])
    dh_next, dC_next = np.zeros((H, 1)), np.zeros((H, 1))
    for t in reversed(range(len(dhs))):
        dh = dhs[t] + dh_next
        do = dsigmoid(os_[t]) * dh * np.tanh(cs[t])
        dC = dC_next + dh * os_[t] * dtanh(np.tanh(cs[t]))
        dC_bar = dtanh(cbs[t]) * dC * is_[t]
        di = dsigmoid(is_[t]) * dC * cbs[t]
        df = dsigmoid(fs[t]) * dC * cs[t - 1]
        d['dW_f'] += np.dot(df, zs[t].T)
        d['db_f'] += df
        d['dW_i'] += np.dot(di, zs[t].T)
        d['db_i'] += di
        d['dW_c'] += np.dot(dC_bar, zs[t].T)
        d['db_c'] += dC_bar
        d['dW_o'] += np.dot(do, zs[t].T)
        d['db_o'] += do
        dz = (np.dot(p['W_f'].T, df) + np.dot(p['W_i'].T, di)
              + np.dot(p['W_c'].T, dC_bar) + np.dot(p['W_o'].T, do))
        dh_next, dC_next = dz[:H, :], fs[t] * dC
    return d


# (4) object with arrays, columns inside, x (N, T, I), gates i f c o, only the last h (N, H)
def init_obj(input_dim, hidden_dim):
    class LSTMWeights:
        pass
    w = LSTMWeights()
    w.W = np.random.uniform(-0.1, 0.1, (4 * hidden_dim, input_dim))
    w.U = np.random.uniform(-0.1, 0.1, (4 * hidden_dim, hidden_dim))
    w.b = np.zeros((4 * hidden_dim, 1))
    return w


def forward_obj(x, w):
    sigm = lambda a: 1. / (1. + np.exp(-a))
    N, T, _ = x.shape
    n = w.U.shape[1]
    h, c, gates = [np.zeros((n, N))], [np.zeros((n, N))], []
    for t in range(T):
        a = w.W @ x[:, t, :].T + w.U @ h[-1] + w.b
        i, f = sigm(a[:n]), sigm(a[n:2 * n])
        cand, o = np.tanh(a[2 * n:3 * n]), sigm(a[3 * n:])
        c.append(f * c[-1] + i * cand)
        h.append(o * np.tanh(c[-1]))
        gates.append((i, f, cand, o))
    return h[-1].T, (x, w, h, c, gates)


def backward_obj(dh_last, cache):
    x, w, h, c, gates = cache
    dW, dU, db, dx = np.zeros_like(w.W), np.zeros_like(w.U), np.zeros_like(w.b), np.zeros_like(x)
    dh, dc = dh_last.T, np.zeros_like(h[0])
    for t in range(x.shape[1], 0, -1):      # h[t], c[t] after step t; h[0], c[0] the start
        i, f, cand, o = gates[t - 1]
        tanh_c = np.tanh(c[t])
        dc = dc + dh * o * (1 - tanh_c ** 2)
        da_i = dc * cand * i * (1 - i)
        da_f = dc * c[t - 1] * f * (1 - f)
        da_c = dc * i * (1 - cand ** 2)
        da_o = dh * tanh_c * o * (1 - o)
        da = np.vstack([da_i, da_f, da_c, da_o])
        dW += da @ x[:, t - 1, :]
        dU += da @ h[t - 1].T
        db += da.sum(axis=1, keepdims=True)
        dx[:, t - 1, :] = (w.W.T @ da).T
        dh = w.U.T @ da
        dc = dc * f
    return {'dW': dW, 'dU': dU, 'db': db, 'dx': dx}


# (5) tuple W_ih, W_hh, b_ih, b_hh, time-major x (T, N, I), zero states, gates i f g o
def init_tuple(input_size, hidden_size):
    k = 1 / np.sqrt(hidden_size)
    shapes = ((4 * hidden_size, input_size), (4 * hidden_size, hidden_size),
              (4 * hidden_size,), (4 * hidden_size,))
    return tuple(np.random.uniform(-k, k, s) for s in shapes)


def forward_tuple(x, params):
    W_ih, W_hh, b_ih, b_hh = params
    h_t = c_t = np.zeros((x.shape[1], W_hh.shape[1]))
    outputs, saved = [], []
    for x_t in x:
        h_prev, c_prev = h_t, c_t
        gates = x_t @ W_ih.T + b_ih + h_prev @ W_hh.T + b_hh
        i, f, g, o = np.split(gates, 4, axis=1)
        i, f, o = (1 / (1 + np.exp(-v)) for v in (i, f, o))
        g = np.tanh(g)
        c_t = f * c_prev + i * g
        h_t = o * np.tanh(c_t)
        outputs.append(h_t)
        saved.append((x_t, h_prev, c_prev, i, f, g, o, c_t))
    return np.stack(outputs), (saved, params)


def backward_tuple(grad_out, cache):
    saved, (W_ih, W_hh, b_ih, b_hh) = cache
    gW_ih, gW_hh, gb = np.zeros_like(W_ih), np.zeros_like(W_hh), np.zeros_like(b_ih)
    grad_h = grad_c = np.zeros_like(grad_out[0])
    last = len(saved) - 1
    for t in range(last, -1, -1):
        x_t, h_prev, c_prev, i, f, g, o, c_t = saved[t]
        grad_h = grad_out[t] + grad_h
        tc = np.tanh(c_t)
        grad_c = grad_c + grad_h * o * (1 - tc * tc)
        grad_gates = np.concatenate([grad_c * g * i * (1 - i),
                                     grad_c * c_prev * f * (1 - f),
                                     grad_c * i * (1 - g * g),
                                     grad_h * tc * o * (1 - o)], axis=1)
        gW_ih += grad_gates.T @ x_t
        gW_hh += grad_gates.T @ h_prev
        gb += grad_gates.sum(0)
        grad_h = grad_gates @ W_hh
        grad_c = grad_c * f
    return gW_ih, gW_hh, gb, gb.copy()


# (6) batched gist: one matrix WLSTM (1 + I + H, 4H), first row the biases, x (T, N, I), i f o g
def init_batched(input_size, hidden_size):
    WLSTM = np.random.randn(input_size + hidden_size + 1, 4 * hidden_size)
    return {'WLSTM': WLSTM / np.sqrt(input_size + hidden_size)}


def forward_batched(X, params, h0, c0):
    WLSTM, d, (n, b, input_size) = params['WLSTM'], h0.shape[1], X.shape
    Hin = np.ones((n, b, WLSTM.shape[0]))
    IFOG, IFOGf = np.zeros((n, b, 4 * d)), np.zeros((n, b, 4 * d))
    Hout, C, Ct = np.zeros((n, b, d)), np.zeros((n, b, d)), np.zeros((n, b, d))
    for t in range(n):
        prevc = C[t - 1] if t > 0 else c0
        Hin[t, :, 1:1 + input_size] = X[t]
        Hin[t, :, 1 + input_size:] = Hout[t - 1] if t > 0 else h0
        IFOG[t] = Hin[t].dot(WLSTM)
        IFOGf[t, :, :3 * d] = 1.0 / (1.0 + np.exp(-IFOG[t, :, :3 * d]))
        IFOGf[t, :, 3 * d:] = np.tanh(IFOG[t, :, 3 * d:])
        C[t] = IFOGf[t, :, :d] * IFOGf[t, :, 3 * d:] + IFOGf[t, :, d:2 * d] * prevc
        Ct[t] = np.tanh(C[t])
        Hout[t] = IFOGf[t, :, 2 * d:3 * d] * Ct[t]
    return Hout, (WLSTM, Hin, IFOGf, C, Ct, c0, input_size)


def backward_batched(dHout_in, cache):
    WLSTM, Hin, IFOGf, C, Ct, c0, input_size = cache
    n, b, d = C.shape
    dIFOG, dWLSTM, dC = np.zeros(IFOGf.shape), np.zeros(WLSTM.shape), np.zeros(C.shape)
    dX, dHout = np.zeros((n, b, input_size)), dHout_in.copy()
    for t in reversed(range(n)):
        i, f, o, g = (IFOGf[t, :, k * d:(k + 1) * d] for k in range(4))
        dC[t] += (1 - Ct[t] ** 2) * o * dHout[t]
        dIFOG[t, :, 2 * d:3 * d] = Ct[t] * dHout[t] * o * (1 - o)
        dIFOG[t, :, :d] = g * dC[t] * i * (1 - i)
        dIFOG[t, :, 3 * d:] = i * dC[t] * (1 - g ** 2)
        dIFOG[t, :, d:2 * d] = (C[t - 1] if t > 0 else c0) * dC[t] * f * (1 - f)
        dWLSTM += Hin[t].T.dot(dIFOG[t])
        dHin = dIFOG[t].dot(WLSTM.T)
        dX[t] = dHin[:, 1:1 + input_size]
        if t > 0:
            dHout[t - 1] += dHin[:, 1 + input_size:]
            dC[t - 1] += f * dC[t]
        else:
            dh0 = dHin[:, 1 + input_size:]
            dc0 = f * dC[t]
    return {'dX': dX, 'dWLSTM': dWLSTM, 'dc0': dc0, 'dh0': dh0}


PAIRS = [
    (init_course, forward_course, backward_course),
    (init_cell, forward_cell, backward_cell),
    (init_gist, forward_gist, backward_gist),
    (init_obj, forward_obj, backward_obj),
    (init_tuple, forward_tuple, backward_tuple),
    (init_batched, forward_batched, backward_batched),
]

FAULTS = [
    (PAIRS[0], '3.5', 'The gradient of c from the following step is thrown away in the loop.',
     ('dx[:, t], dprev_h, dprev_c, dWxt', 'dx[:, t], dprev_h, _, dWxt')),
    (PAIRS[0], '3.9 3.14', 'Sigmoid derivative for tanh gate g; db of one step alone.',
     ('(1 - g ** 2) * dg', 'g * (1 - g) * dg'),
     ('db += dbt', 'db = dbt')),
    (PAIRS[1], '3.8', 'The part of dft that comes through a_next lacks the factor c_prev.',
     ('dc_next * c_prev + dtc * c_prev * da_next', 'dc_next * c_prev + dtc * da_next')),
    (PAIRS[1], '1.5', 'Every step gets c0 as its previous cell state; c_next is not handed on.',
     ('lstm_cell_forward(x[:, :, t], a_next, c_next, parameters)',
      'lstm_cell_forward(x[:, :, t], a_next, c0, parameters)')),
    (PAIRS[2], '3.6', 'Sigmoid is applied once more to the already activated output gate.',
     ('dsigmoid(os_[t])', 'dsigmoid(sigmoid(os_[t]))')),
    (PAIRS[2], '3.4 3.11', 'The output gate is missing in dz for dh_next; db_f sums di.',
     ("np.dot(p['W_c'].T, dC_bar) + np.dot(p['W_o'].T, do))", "np.dot(p['W_c'].T, dC_bar))"),
     ("d['db_f'] += df", "d['db_f'] += di")),
    (PAIRS[3], '3.14 | 3.10 3.11 3.12 3.13', 'dU takes h of the same step.',
     ('da @ h[t - 1].T', 'da @ h[t].T')),
    (PAIRS[3], '3.5 3.7', 'dc has 1 - c**2, no tanh; the input gate a tanh derivative.',
     ('dh * o * (1 - tanh_c ** 2)', 'dh * o * (1 - c[t] ** 2)'),
     ('dc * cand * i * (1 - i)', 'dc * cand * (1 - i ** 2)')),
    (PAIRS[4], '1.8', 'b_ih is added twice and b_hh is never used.',
     ('h_prev @ W_hh.T + b_hh', 'h_prev @ W_hh.T + b_ih')),
    (PAIRS[4], '3.4', 'Only the last step gets its own dh; earlier ones the carry.',
     ('grad_h = grad_out[t] + grad_h', 'grad_h = grad_out[t] if t == last else grad_h')),
    (PAIRS[5], '3.16', 'The gradient of c0 lacks the forget gate of the first step.',
     ('dc0 = f * dC[t]', 'dc0 = dC[t]')),
    (PAIRS[5], '1.6', 'Wrong slice: the output gate goes through tanh together with g.',
     ('IFOGf[t, :, :3 * d] = 1.0 / (1.0 + np.exp(-IFOG[t, :, :3 * d]))',
      'IFOGf[t, :, :2 * d] = 1.0 / (1.0 + np.exp(-IFOG[t, :, :2 * d]))'),
     ('IFOGf[t, :, 3 * d:] = np.tanh(IFOG[t, :, 3 * d:])',
      'IFOGf[t, :, 2 * d:] = np.tanh(IFOG[t, :, 2 * d:])')),
]
