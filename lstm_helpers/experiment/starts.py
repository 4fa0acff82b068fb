"""Many small networks trained at once on the worked example's rule, for notebook 06: sixty starts and what becomes of
them. The same mathematics as in `lstm.py`, with one more axis, the network's.

A network is the five arrays of the notebook: W_x (4H, I), W_h (4H, H), b (4H,), W_hy (1, H), b_y (1,).
"""

import numpy as np

from lstm_helpers.lstm import sigmoid


def obeying_sequences(draw, T=9, N=32):
    """Random inputs x (T, N, 3), the memory (T, N, 1) that the rule makes of them, and the wanted output (T, N, 1)."""
    x1 = draw.integers(1, 7, (T, N))
    x2 = draw.choice([1, 0, -1], (T, N), p=[0.35, 0.5, 0.15])
    x3 = draw.choice([1, 0], (T, N), p=[0.4, 0.6])
    memory = np.zeros((T + 1, N))
    for t in range(T):
        memory[t + 1] = (x2[t] != -1) * memory[t] + (x2[t] == 1) * x1[t]  # (6.1)
    return np.stack([x1, x2, x3], axis=2).astype(float), memory[1:, :, None], (x3 * memory[1:])[:, :, None]


def losses_and_gradients(x, wanted, W_x, W_h, b, W_hy, b_y):
    """Of S networks at once. x (T, N, I). W_x (4, S, H, I), W_h (4, S, H, H), b (4, S, H), W_hy (S, H), b_y (S,).

    Returns the losses (S,) and the gradients, shaped like the weights. Inside, sequences are the last axis.
    """
    (T, N, I), (S, H) = x.shape, W_hy.shape
    x_all = x.reshape(T * N, I).T  # (I, T N)
    from_x = (W_x.reshape(-1, I) @ x_all + b.reshape(-1, 1)).reshape(4, S, H, T, N)
    gates = np.empty((T, 4, S, H, N))
    c, m, h = (np.zeros((T + 1, S, H, N)) for _ in range(3))  # row 0 is the state before step 1
    for t in range(T):
        pre = from_x[:, :, :, t] + W_h @ h[t]
        gates[t] = sigmoid(pre)
        gates[t, 2] = np.tanh(pre[2])
        i, f, g, o = gates[t]
        c[t + 1] = f * c[t] + i * g
        m[t + 1] = np.tanh(c[t + 1])
        h[t + 1] = o * m[t + 1]
    error = (W_hy[:, :, None] * h[1:]).sum(axis=2) + b_y[:, None] - wanted.transpose(0, 2, 1)  # (T, S, N)
    dy = 2 * error / (T * N)  # (6.2)
    slope = gates * (1 - gates)
    slope[:, 2] = 1 - gates[:, 2] ** 2
    d_pre, W_h_back, dh_next, dc_next = np.empty_like(gates), W_h.swapaxes(2, 3), 0.0, 0.0
    for t in reversed(range(T)):
        i, f, g, o = gates[t]
        dh = W_hy[:, :, None] * dy[t, :, None] + dh_next
        dc = dh * o * (1 - m[t + 1] ** 2) + dc_next
        d_pre[t] = np.stack([dc * g, dc * c[t], dc * i, dh * m[t + 1]]) * slope[t]
        dh_next = (W_h_back @ d_pre[t]).sum(axis=0)
        dc_next = dc * f
    flat = np.ascontiguousarray(d_pre.transpose(1, 2, 3, 0, 4)).reshape(4, S, H, T * N)
    h_before = np.ascontiguousarray(h[:-1].transpose(1, 0, 3, 2)).reshape(S, T * N, H)
    return (error**2).mean(axis=(0, 2)), [
        (flat.reshape(-1, T * N) @ x_all.T).reshape(W_x.shape),
        flat @ h_before,
        flat.sum(axis=3),
        (dy[:, :, None] * h[1:]).sum(axis=(0, 3)),
        dy.sum(axis=(0, 2)),
    ]


def train(networks, seed=100, updates=1500, stop=None, keep=(), scale=(1, 1, 1)):
    """Train all networks on the same sequences, each on its own loss, with Adam at a rate that falls from 0.05 to 0.

    scale: what x1, x2, x3 are multiplied with before the networks see them.
    Returns the losses (updates, S), and {k: the networks after k updates} for each k in keep. stop: after so many.
    """
    weights = _stacked(networks)
    first, second = [0 * w for w in weights], [0 * w for w in weights]
    draw, losses, kept = np.random.default_rng(seed), [], {}
    for k in range(1, (stop or updates) + 1):
        if k - 1 in keep:
            kept[k - 1] = _unstacked(weights)
        x, _, wanted = obeying_sequences(draw)
        loss, gradients = losses_and_gradients(x * scale, wanted, *weights)
        losses.append(loss)
        for w, g, m, v in zip(weights, gradients, first, second):  # (3.22)
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            w -= 0.05 * (1 - (k - 1) / updates) * m / (1 - 0.9**k) / (np.sqrt(v / (1 - 0.999**k)) + 1e-8)
    if k in keep:
        kept[k] = _unstacked(weights)
    return np.array(losses), kept


def _stacked(networks):
    """Networks of H units each -> arrays with a network's axis, as `losses_and_gradients` wants them."""
    S, H = len(networks), networks[0][1].shape[1]
    W_x, W_h, b, W_hy, b_y = (np.stack(arrays) for arrays in zip(*networks))
    W_x, W_h, b = (w.reshape(S, 4, H, *w.shape[2:]).swapaxes(0, 1).copy() for w in (W_x, W_h, b))
    return [W_x, W_h, b, W_hy[:, 0], b_y[:, 0]]


def _unstacked(weights):
    W_x, W_h, b, W_hy, b_y = weights
    S, H = W_hy.shape
    W_x, W_h, b = (w.swapaxes(0, 1).reshape(S, 4 * H, *w.shape[3:]) for w in (W_x, W_h, b))
    return [[array.copy() for array in network] for network in zip(W_x, W_h, b, W_hy[:, None], b_y[:, None])]
