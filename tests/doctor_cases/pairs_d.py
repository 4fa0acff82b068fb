"""Six LSTMs in other people's conventions, and twelve mistakes in them."""
import numpy as np


def sigmoid(x):
    return 1. / (1 + np.exp(-x))


# 1. a blog's LSTM: wg, wi, wf, wo (H, I+H) on [x, h]; one sequence, x (T, I); zero states

def init_blog(I, H):
    p = {'w' + k: np.random.uniform(-0.1, 0.1, (H, I + H)) for k in 'gifo'}
    p.update({'b' + k: np.random.uniform(-0.1, 0.1, H) for k in 'gifo'})
    return p


def forward_blog(x, p):
    s = np.zeros_like(p['bg'])
    h = np.zeros_like(s)
    nodes, hs = [], []
    for t in range(len(x)):
        xc = np.hstack((x[t], h))
        g = np.tanh(np.dot(p['wg'], xc) + p['bg'])
        i = sigmoid(np.dot(p['wi'], xc) + p['bi'])
        f = sigmoid(np.dot(p['wf'], xc) + p['bf'])
        o = sigmoid(np.dot(p['wo'], xc) + p['bo'])
        s_prev = s
        s = g * i + s_prev * f
        h = np.tanh(s) * o
        nodes.append((xc, s_prev, g, i, f, o, s))
        hs.append(h)
    return np.array(hs), (nodes, p)


def backward_blog(dh, cache):
    nodes, p = cache
    diff = {k: np.zeros_like(v) for k, v in p.items()}
    x_dim = p['wg'].shape[1] - p['wg'].shape[0]
    bottom_h = np.zeros_like(p['bg'])
    bottom_s = np.zeros_like(p['bg'])
    for t in reversed(range(len(nodes))):
        xc, s_prev, g, i, f, o, s = nodes[t]
        top_h = dh[t] + bottom_h
        ds = o * (1 - np.tanh(s) ** 2) * top_h + bottom_s
        d = {'o': np.tanh(s) * top_h * o * (1. - o), 'i': g * ds * i * (1. - i),
             'g': i * ds * (1. - g ** 2), 'f': s_prev * ds * f * (1. - f)}
        dxc = np.zeros_like(xc)
        for k in 'gifo':
            diff['w' + k] += np.outer(d[k], xc)
            diff['b' + k] += d[k]
            dxc += np.dot(p['w' + k].T, d[k])
        bottom_s = ds * f
        bottom_h = dxc[x_dim:]
    return diff


# 2. one kernel (I+H, 4H), i j f o, forget bias added at run time, x (N, T, I), zero (c, h)

def init_kernel(I, H):
    return {'kernel': 0.1 * np.random.randn(I + H, 4 * H), 'bias': np.zeros(4 * H)}


def forward_kernel(inputs, params, forget_bias=1.0):
    N, T, _ = inputs.shape
    H = params['bias'].shape[0] // 4
    state = (np.zeros((N, H)), np.zeros((N, H)))
    outputs, cache = np.zeros((N, T, H)), []
    for t in range(T):
        c, h = state
        xh = np.concatenate([inputs[:, t], h], 1)
        i, j, f, o = np.split(xh @ params['kernel'] + params['bias'], 4, axis=1)
        i, j, f, o = sigmoid(i), np.tanh(j), sigmoid(f + forget_bias), sigmoid(o)
        new_c = c * f + i * j
        new_h = np.tanh(new_c) * o
        cache.append((xh, c, i, j, f, o, new_c))
        state = (new_c, new_h)
        outputs[:, t] = new_h
    return outputs, (cache, params)


def backward_kernel(doutputs, cache):
    steps, params = cache
    N, T, H = doutputs.shape
    I = params['kernel'].shape[0] - H
    dkernel, dbias = np.zeros_like(params['kernel']), np.zeros_like(params['bias'])
    dinputs = np.zeros((N, T, I))
    dc, dh = np.zeros((N, H)), np.zeros((N, H))
    for t in range(T - 1, -1, -1):
        xh, c, i, j, f, o, new_c = steps[t]
        dh = dh + doutputs[:, t]
        tc = np.tanh(new_c)
        dc = dc + dh * o * (1 - tc * tc)
        do = dh * tc * o * (1 - o)
        di = dc * j * i * (1 - i)
        dj = dc * i * (1 - j * j)
        df = dc * c * f * (1 - f)
        dz = np.concatenate([di, dj, df, do], 1)
        dkernel += xh.T @ dz
        dbias += dz.sum(0)
        dxh = dz @ params['kernel'].T
        dinputs[:, t], dh = dxh[:, :I], dxh[:, I:]
        dc = dc * f
    return {'dkernel': dkernel, 'dbias': dbias, 'dinputs': dinputs}


# 3. rows interleaved unit by unit, g i f o; two matrices, one bias; x (T, N, I), h0, c0 given

def init_interleaved(I, H):
    return 0.1 * np.random.randn(4 * H, I), 0.1 * np.random.randn(4 * H, H), np.zeros(4 * H)


def forward_interleaved(x, params, h0, c0):
    Wx, Wh, b = params
    T, N, _ = x.shape
    H = Wh.shape[1]
    hs, cs = np.zeros((T + 1, N, H)), np.zeros((T + 1, N, H))
    acts = np.zeros((T, N, H, 4))
    hs[0], cs[0] = h0, c0
    for t in range(T):
        a = (x[t] @ Wx.T + hs[t] @ Wh.T + b).reshape(N, H, 4)
        acts[t, :, :, 0] = np.tanh(a[:, :, 0])
        acts[t, :, :, 1:] = sigmoid(a[:, :, 1:])
        g, i, f, o = [acts[t, :, :, k] for k in range(4)]
        cs[t + 1] = f * cs[t] + i * g
        hs[t + 1] = o * np.tanh(cs[t + 1])
    return hs[1:], (x, params, hs, cs, acts)


def backward_interleaved(dhs, cache):
    x, (Wx, Wh, b), hs, cs, acts = cache
    T, N, H = dhs.shape
    dx, dWx, dWh, db = np.zeros_like(x), np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)
    dh_next, dc_next = np.zeros((N, H)), np.zeros((N, H))
    for t in reversed(range(T)):
        g, i, f, o = [acts[t, :, :, k] for k in range(4)]
        tanh_c = np.tanh(cs[t + 1])
        dh = dhs[t] + dh_next
        dc = dh * o * (1 - tanh_c**2) + dc_next
        da = np.zeros((N, H, 4))
        da[:, :, 0] = dc * i * (1 - g**2)
        da[:, :, 1] = dc * g * i * (1 - i)
        da[:, :, 2] = dc * cs[t] * f * (1 - f)
        da[:, :, 3] = dh * tanh_c * o * (1 - o)
        da = da.reshape(N, 4 * H)
        dx[t] = da @ Wx
        dWx += da.T @ x[t]
        dWh += da.T @ hs[t]
        db += da.sum(axis=0)
        dh_next = da @ Wh
        dc_next = dc * f
    return dx, dh_next, dc_next, dWx, dWh, db


# 4. rows i o f c, two matrices and two biases in a list; x (T, N, I), the last h alone

def init_last(I, H):
    k = 1 / np.sqrt(H)
    return [np.random.uniform(-k, k, s) for s in ((4 * H, I), (4 * H, H), (4 * H,), (4 * H,))]


def forward_last(X, weights):
    W_ih, W_hh, b_ih, b_hh = weights
    H = W_hh.shape[1]
    h = np.zeros((X.shape[1], H))
    c = np.zeros((X.shape[1], H))
    tape = []
    for x in X:
        z = x.dot(W_ih.T) + b_ih + h.dot(W_hh.T) + b_hh
        i, o, f = sigmoid(z[:, :H]), sigmoid(z[:, H:2*H]), sigmoid(z[:, 2*H:3*H])
        c_hat = np.tanh(z[:, 3*H:])
        h_old, c_old = h, c
        c = f * c_old + i * c_hat
        h = o * np.tanh(c)
        tape.append((x, h_old, c_old, i, o, f, c_hat, c))
    return h, (weights, tape)


def backward_last(dh_last, cache):
    weights, tape = cache
    W_ih, W_hh = weights[:2]
    grads = [np.zeros_like(w) for w in weights]
    dh, dc = dh_last, np.zeros_like(dh_last)
    for x, h_old, c_old, i, o, f, c_hat, c in reversed(tape):
        tc = np.tanh(c)
        dc = dc + dh * o * (1 - tc**2)
        dzo = dh * tc * o * (1 - o)
        dzi = dc * c_hat * i * (1 - i)
        dzf = dc * c_old * f * (1 - f)
        dzc = dc * i * (1 - c_hat**2)
        dz = np.hstack((dzi, dzo, dzf, dzc))
        grads[0] += dz.T.dot(x)
        grads[1] += dz.T.dot(h_old)
        grads[2] += dz.sum(0)
        grads[3] += dz.sum(0)
        dh = dz.dot(W_hh)
        dc = dc * f
    return grads


# 5. W, U, b a gate in a dict; features first, x (T, I, N); h0, c0 (H, N) given

def init_wub(I, H):
    p = {}
    for k in 'ifgo':
        p['W' + k] = np.random.randn(H, I) / np.sqrt(I)
        p['U' + k] = np.random.randn(H, H) / np.sqrt(H)
        p['b' + k] = np.zeros((H, 1))
    return p


def forward_wub(x, p, h0, c0):
    h, c, i, f, g, o = {-1: h0}, {-1: c0}, {}, {}, {}, {}
    for t in range(len(x)):
        i[t] = sigmoid(p['Wi'] @ x[t] + p['Ui'] @ h[t-1] + p['bi'])
        f[t] = sigmoid(p['Wf'] @ x[t] + p['Uf'] @ h[t-1] + p['bf'])
        g[t] = np.tanh(p['Wg'] @ x[t] + p['Ug'] @ h[t-1] + p['bg'])
        o[t] = sigmoid(p['Wo'] @ x[t] + p['Uo'] @ h[t-1] + p['bo'])
        c[t] = f[t] * c[t-1] + i[t] * g[t]
        h[t] = o[t] * np.tanh(c[t])
    return np.stack([h[t] for t in range(len(x))]), (x, p, h, c, i, f, g, o)


def backward_wub(dh, cache):
    x, p, h, c, i, f, g, o = cache
    G = {'d' + k: np.zeros_like(v) for k, v in p.items()}
    G['dx'] = np.zeros_like(x)
    dhn, dcn = np.zeros_like(h[-1]), np.zeros_like(c[-1])
    for t in reversed(range(len(x))):
        dht = dh[t] + dhn
        m = np.tanh(c[t])
        dct = dcn + dht * o[t] * (1 - m * m)
        do = dht * m * o[t] * (1 - o[t])
        di = dct * g[t] * i[t] * (1 - i[t])
        df = dct * c[t-1] * f[t] * (1 - f[t])
        dg = dct * i[t] * (1 - g[t] ** 2)
        G['dWi'] += di @ x[t].T
        G['dWf'] += df @ x[t].T
        G['dWg'] += dg @ x[t].T
        G['dWo'] += do @ x[t].T
        for k, d in zip('ifgo', (di, df, dg, do)):
            G['dU' + k] += d @ h[t-1].T
            G['db' + k] += d.sum(axis=1, keepdims=True)
        G['dx'][t] = p['Wi'].T @ di + p['Wf'].T @ df + p['Wg'].T @ dg + p['Wo'].T @ do
        dhn = p['Ui'].T @ di + p['Uf'].T @ df + p['Ug'].T @ dg + p['Uo'].T @ do
        dcn = dct * f[t]
    G['dh0'], G['dc0'] = dhn, dcn
    return G


# 6. one matrix (H+I, 4H) on [h, x] without bias, f i g o; x (N, T, I); stacked cache, einsum

def init_nobias(I, H):
    return {'W': np.random.randn(H + I, 4 * H) / np.sqrt(H + I)}


def forward_nobias(x, params):
    W = params['W']
    N, T, I = x.shape
    H = W.shape[1] // 4
    names = ('f', 'i', 'g', 'o', 'c', 'c_prev', 'h')
    cache = {k: np.empty((N, T, H)) for k in names}
    cache['hx'] = np.empty((N, T, H + I))
    h, c = np.zeros((N, H)), np.zeros((N, H))
    for t in range(T):
        hx = np.concatenate((h, x[:, t]), axis=-1)
        zf, zi, zg, zo = np.split(np.einsum('nk,kz->nz', hx, W), 4, axis=-1)
        f, i, g, o = sigmoid(zf), sigmoid(zi), np.tanh(zg), sigmoid(zo)
        c_prev, c = c, f * c + i * g
        h = o * np.tanh(c)
        for k, v in zip(names + ('hx',), (f, i, g, o, c, c_prev, h, hx)):
            cache[k][:, t] = v
    cache['W'] = W
    return cache['h'], cache


def backward_nobias(dout, cache):
    W, hx = cache['W'], cache['hx']
    N, T, H = dout.shape
    tc = np.tanh(cache['c'])
    dh, dc = np.zeros((N, H)), np.zeros((N, H))
    dz, dx = np.empty((N, T, 4 * H)), []
    for t in range(T)[::-1]:
        f, i, g, o = (cache[k][:, t] for k in 'figo')
        dh = dh + dout[:, t]
        dc = dc + dh * o * (1 - tc[:, t] ** 2)
        dzf = dc * cache['c_prev'][:, t] * f * (1 - f)
        dzi = dc * g * i * (1 - i)
        dzg = dc * i * (1 - g ** 2)
        dzo = dh * tc[:, t] * o * (1 - o)
        dz[:, t] = np.concatenate((dzf, dzi, dzg, dzo), axis=-1)
        dhx = np.einsum('nz,kz->nk', dz[:, t], W)
        dh, dc = dhx[:, :H], dc * f
        dx.append(dhx[:, H:])
    return {'dW': np.einsum('ntk,ntz->kz', hx, dz), 'dx': np.stack(dx[::-1], axis=1)}


PAIRS = [
    (init_blog, forward_blog, backward_blog),
    (init_kernel, forward_kernel, backward_kernel),
    (init_interleaved, forward_interleaved, backward_interleaved),
    (init_last, forward_last, backward_last),
    (init_wub, forward_wub, backward_wub),
    (init_nobias, forward_nobias, backward_nobias),
]

FAULTS = [
    # backward, single
    (PAIRS[0], '3.5',
     'The carry of the cell state is multiplied by f of its own step, not the next one.',
     ('top_h + bottom_s', 'top_h + bottom_s * f'),
     ('bottom_s = ds * f', 'bottom_s = ds')),
    (PAIRS[1], '3.14',
     'The gradient of the kernel is overwritten at every step, not summed over time.',
     ('dkernel += xh.T @ dz', 'dkernel = xh.T @ dz')),
    (PAIRS[2], '3.8',
     'The forget gate takes the new cell state instead of the previous one.',
     ('dc * cs[t] * f', 'dc * cs[t + 1] * f')),
    (PAIRS[3], '3.4',
     'The gradient of the last h is added again at every earlier step.',
     ('dh = dz.dot(W_hh)', 'dh = dh_last + dz.dot(W_hh)')),
    (PAIRS[5], '3.15',
     'The list of dx was filled from the last step on and is not turned round.',
     ('np.stack(dx[::-1], axis=1)', 'np.stack(dx, axis=1)')),
    # backward, double
    (PAIRS[2], '3.14 3.16',
     'W_h is paired with h of the same step; dc0 is returned without f of step 1.',
     ('dWh += da.T @ hs[t]', 'dWh += da.T @ hs[t + 1]'),
     ('return dx, dh_next, dc_next,', 'return dx, dh_next, dc,')),
    (PAIRS[3], '3.5 3.6',
     'The derivative of tanh(c) is 1 - c**2, and the output gate has that of a tanh.',
     ('(1 - tc**2)', '(1 - c**2)'),
     ('dh * tc * o * (1 - o)', 'dh * tc * (1 - o**2)')),
    (PAIRS[4], '3.4 3.12 (3.16)',
     'The U in the carry of h are not transposed, and dWg is overwritten each step.',
     ("dhn = p['Ui'].T @ di + p['Uf'].T @ df + p['Ug'].T @ dg + p['Uo'].T @ do",
      "dhn = p['Ui'] @ di + p['Uf'] @ df + p['Ug'] @ dg + p['Uo'] @ do"),
     ("G['dWg'] += dg", "G['dWg'] = dg")),
    # forward only
    (PAIRS[0], '1.7',
     'h is computed before the cell state is updated, so it sees the old one.',
     ('        s = g * i + s_prev * f\n        h = np.tanh(s) * o\n',
      '        h = np.tanh(s) * o\n        s = g * i + s_prev * f\n')),
    (PAIRS[4], '1.6 | 1.8',
     'A copied line: the output gate uses the recurrent matrix of the forget gate.',
     ("p['Uo'] @ h[t-1]", "p['Uf'] @ h[t-1]")),
    # of my choice, single
    (PAIRS[1], '3.8 3.9',
     'The pieces of dz are put together as i f j o, though the kernel has i j f o.',
     ('np.concatenate([di, dj, df, do], 1)', 'np.concatenate([di, df, dj, do], 1)')),
    (PAIRS[5], '3.7',
     'The sigmoid is applied once more to the activated input gate.',
     ('dzi = dc * g * i * (1 - i)', 'dzi = dc * g * sigmoid(i) * (1 - sigmoid(i))')),
]
