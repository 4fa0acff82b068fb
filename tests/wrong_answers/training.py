import numpy as np
import torch

from lstm_helpers.exercises.training import sigmoid


def set_rows(i=None, f=None, g=None, others=0.0, only_ih=False, twice=False):
    """A chrono with mistakes: i, f, g (tau) -> the value for these rows."""

    def wrong(lstm, T_max):
        H = lstm.hidden_size
        tau = 1 + (T_max - 2) * torch.rand(H)
        with torch.no_grad():
            for block, value in enumerate((i, f, g)):
                if value is not None:
                    rows = slice(block * H, (block + 1) * H)
                    lstm.bias_ih_l0[rows] = value(tau)
                    if not only_ih:
                        lstm.bias_hh_l0[rows] = value(tau) if twice else 0
        return lstm

    return wrong


def log(tau):
    return torch.log(tau)


def minus_log(tau):
    return -torch.log(tau)


def uniform_logarithm(lstm, T_max):
    log_time = np.log(T_max - 1) * torch.rand(lstm.hidden_size)
    return set_rows(lambda tau: -log_time, lambda tau: log_time)(lstm, T_max)


def second_draw(lstm, T_max):
    return set_rows(lambda tau: -torch.log(1 + (T_max - 2) * torch.rand(lstm.hidden_size)), log)(lstm, T_max)


def one_time(lstm, T_max):
    return set_rows(lambda tau: -log(tau[0]), lambda tau: log(tau[0]))(lstm, T_max)


def from_zero(lstm, T_max):
    tau = (T_max - 1) * torch.rand(lstm.hidden_size)
    return set_rows(lambda _: -torch.log(tau), lambda _: torch.log(tau))(lstm, T_max)


def whole_times(lstm, T_max):
    tau = torch.randint(1, T_max, (lstm.hidden_size,)).double()
    return set_rows(lambda _: -torch.log(tau), lambda _: torch.log(tau))(lstm, T_max)


def even_times(lstm, T_max):
    tau = torch.linspace(1, T_max - 1, lstm.hidden_size)
    return set_rows(lambda _: -torch.log(tau), lambda _: torch.log(tau))(lstm, T_max)


def from_two(lstm, T_max):
    tau = 2 + (T_max - 3) * torch.rand(lstm.hidden_size)
    return set_rows(lambda _: -torch.log(tau), lambda _: torch.log(tau))(lstm, T_max)


def all_biases_zeroed(lstm, T_max):
    torch.nn.init.zeros_(lstm.bias_ih_l0)
    torch.nn.init.zeros_(lstm.bias_hh_l0)
    return set_rows(minus_log, log)(lstm, T_max)


def added(lstm, T_max):
    H = lstm.hidden_size
    log_time = torch.log(1 + (T_max - 2) * torch.rand(H))
    with torch.no_grad():
        lstm.bias_ih_l0[:H] -= log_time
        lstm.bias_hh_l0[H : 2 * H] += log_time


def new_lstm(lstm, T_max):
    return set_rows(minus_log, log)(torch.nn.LSTM(lstm.input_size, lstm.hidden_size), T_max)


def weights_too(lstm, T_max):
    for parameter in lstm.parameters():
        torch.nn.init.zeros_(parameter)
    return set_rows(minus_log, log)(lstm, T_max)


def moved(change):
    """A permutation of units with a mistake: change(order, rows, W_x, W_h, b, W_hy) -> the four, anew."""

    def wrong(order, W_x, W_h, b, W_hy, b_y):
        rows = np.concatenate([gate * len(order) + order for gate in range(4)])
        return [*change(order, rows, W_x, W_h, b, W_hy), b_y]

    return wrong


def other_way_round(order, rows, W_x, W_h, b, W_hy):
    back, rows = np.argsort(order), np.argsort(rows)
    return W_x[rows], W_h[rows][:, back], b[rows], W_hy[:, back]


def first_block(order, rows, W_x, W_h, b, W_hy):
    rows = np.r_[order, len(order) : len(rows)]
    return W_x[rows], W_h[rows][:, order], b[rows], W_hy[:, order]


def unit_by_unit(order, rows, W_x, W_h, b, W_hy):
    rows = np.concatenate([np.arange(4 * k, 4 * k + 4) for k in order])
    return W_x[rows], W_h[rows][:, order], b[rows], W_hy[:, order]


def adam(carry, note=lambda w: w.copy()):
    """carry(m, v, corrected m, corrected v) -> m and v to carry on, m and v for the update."""

    def wrong(w, gradient, rate, updates):
        m, v, path = 0 * w, 0 * w, []
        for k in range(1, updates + 1):
            g = gradient(w)
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            m, v, now_m, now_v = carry(m, v, m / (1 - 0.9**k), v / (1 - 0.999**k))
            w -= rate * now_m / (np.sqrt(now_v) + 1e-8)
            path.append(note(w))
        return np.array(path)

    return wrong


def right_adam(m, v, new_m, new_v):
    return m, v, new_m, new_v


def epsilon_inside(w, gradient, rate, updates):
    m, v, path = 0 * w, 0 * w, []
    for k in range(1, updates + 1):
        g = gradient(w)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w = w - rate * m / (1 - 0.9**k) / np.sqrt(v / (1 - 0.999**k) + 1e-8)
        path.append(w)
    return np.array(path)


def from_zero_on(w, gradient, rate, updates):
    return np.array([w - rate * gradient(w) / (1 - 0.9**k) for k in range(updates)])


def scores(change, axis=2, shift=True):
    """A gradient with a mistake: change(p - e, real (T, N, 1), lengths, p) -> dL/dy."""

    def wrong(y, s, lengths):
        p = np.exp(y - shift * y.max(axis=axis, keepdims=True))
        p = p / p.sum(axis=axis, keepdims=True)
        real = (np.arange(len(y))[:, None] < lengths)[:, :, None]
        return change(p - np.eye(y.shape[2])[s], real, lengths, p)

    return wrong


SIZES = {"A": 0.5**48, "B": sigmoid(4.0) ** 48, "C": 1, "D": 0.8**48, "E": 0}

WRONG = {
    "6.1": [
        ([0.5, 2.303], "count the sums that are left"),
        ([1 / 19, 2.944], "19 sums are possible in all"),
        ([10, 2.303], "between 0 and 1"),
        ([0.3, 2.303], "which sums are left"),
        ([0.1, 1], "natural logarithm"),
        ([0.1, 3.32], "natural logarithm"),
        ([0.1, 2.794], "remembers nothing"),
        ([0.1, 2.944], "not all 19 sums"),
        ([0.1, -2.303], "not negative"),
        ([0.1, 0.2303], "one of the sums"),
        ([0.1, 0.9], "which p"),
        (0.1, "two numbers"),
    ],
    "6.2": [
        ([6.21, 8.46], "the factor ln 2"),
        ([2.86, 3.68], "natural logarithm"),
        ([0.9986, 0.99979], "the forget gate itself"),
        ([8.46, 6.58], "first one half"),
        ([5, 8.46], "put 500 there"),
        ([6.58, 5.38], "not to be lost"),
        ([6.58, 8.19], "no straight line"),
        ([6.58, 6.58], "one half; more"),
        ([6.58, 7], "where ln 2 stood"),
        (6.58, "two numbers"),
    ],
    "6.3": [
        (SIZES | {"A": 0.5**50}, "A: count the factors"),
        (SIZES | {"A": 0.5**49}, "A: count the factors"),
        (SIZES | {"A": -14.4}, "A: a size is not negative"),
        (SIZES | {"A": 0}, "A: it has not gone altogether"),
        (SIZES | {"B": 1}, "B: sigma(4) is near 1"),
        (SIZES | {"B": 0.98}, "B: that is the factor of one step"),
        (SIZES | {"B": 4**48}, "B: by (6.8)"),
        (SIZES | {"B": 0.98**48}, "B: round at the end"),
        (SIZES | {"B": 0.982**44}, "B: count the factors"),
        (SIZES | {"C": 1.1}, "C: a step multiplies"),
        (SIZES | {"C": 0.5**48}, "C: a step multiplies"),
        (SIZES | {"D": 0.8}, "D: that is the factor of one step"),
        (SIZES | {"D": 1}, "D: a step multiplies"),
        (SIZES | {"E": 1}, "E: which slope"),
        (SIZES | {"E": 1e-9}, "E: which slope"),
        ({"A": 1}, "the names"),
    ],
    "6.4": [
        (set_rows(log, minus_log), "you took the first"),
        (set_rows(f=minus_log, g=log), "those of g and o are to stay"),
        (all_biases_zeroed, "those of g and o are to stay"),
        (set_rows(minus_log), "the forget gate's bias is still"),
        (set_rows(f=log), "the input gate's bias is still"),
        (set_rows(minus_log, log, twice=True), "twice as large"),
        (set_rows(minus_log, log, only_ih=True), "random numbers are still"),
        (added, "random numbers are still"),
        (set_rows(log, log), "is minus the forget gate's"),
        (second_draw, "a second draw"),
        (one_time, "a time of its own"),
        (set_rows(lambda tau: -tau, lambda tau: tau), "not the time itself"),
        (from_zero, "between 1 and T_max - 1"),
        (uniform_logarithm, "here it was its logarithm"),
        (set_rows(lambda tau: -torch.log10(tau), torch.log10), "natural logarithm"),
        (whole_times, "all whole"),
        (even_times, "a second network"),
        (from_two, "must be spread uniformly"),
        (new_lstm, "still as it was"),
        (weights_too, "only biases"),
        (3, "a function is wanted"),
    ],
    "6.5": [
        (lambda order, *network: network, "no unit has changed places"),
        (moved(other_way_round), "the other way round"),
        (moved(first_block), "each of the four blocks"),
        (moved(unit_by_unit), "gate by gate"),
        (
            moved(lambda order, rows, W_x, W_h, b, W_hy: (W_x[rows], W_h[rows], b[rows], W_hy[:, order])),
            "columns of W_h",
        ),
        (
            moved(lambda order, rows, W_x, W_h, b, W_hy: (W_x[rows], W_h[:, order], b[rows], W_hy[:, order])),
            "rows of W_h",
        ),
        (
            moved(lambda order, rows, W_x, W_h, b, W_hy: (W_x, W_h[rows][:, order], b[rows], W_hy[:, order])),
            "rows of W_x",
        ),
        (
            moved(lambda order, rows, W_x, W_h, b, W_hy: (W_x[rows], W_h[rows][:, order], b, W_hy[:, order])),
            "the biases",
        ),
        (moved(lambda order, rows, W_x, W_h, b, W_hy: (W_x[rows], W_h[rows][:, order], b[rows], W_hy)), "the readout"),
        (moved(lambda order, rows, W_x, W_h, b, W_hy: (W_x[rows], W_h[rows], b[rows], W_hy)), "two questions"),
        (lambda order, W_x, W_h, b, W_hy, b_y: (W_x[order], W_h, b, W_hy, b_y), "W_x has the shape"),
        (lambda order, *network: network[:3], "five arrays"),
    ],
    "6.6": [
        (("E", adam(lambda m, v, new_m, new_v: (new_m, new_v, new_m, new_v))), "into the second update"),
        (("E", adam(lambda m, v, new_m, new_v: (m, v, m, v))), "must not go"),
        (("E", adam(lambda m, v, new_m, new_v: (m, new_v, new_m, new_v))), "carried on as v"),
        (("E", adam(lambda m, v, new_m, new_v: (new_m, v, new_m, new_v))), "carried on as m"),
        (("E", adam(right_adam, note=lambda w: w)), "changed in place"),
        (("E", adam(lambda m, v, new_m, new_v: (m, v, new_m, v))), "two updates on paper"),
        (("D", adam(right_adam)), "the function is right; which"),
        (("A or E", adam(right_adam)), "one letter is wanted"),
        ((5, adam(right_adam)), "the function is right; which"),
        (("E", epsilon_inside), "epsilon is added to the root"),
        (("E", from_zero_on), "not yet"),
    ],
    "6.7": [
        (scores(lambda d, real, lengths, p: real * d / real.size), "you divided by T N"),
        (scores(lambda d, real, lengths, p: real * d / len(lengths)), "number of sequences"),
        (scores(lambda d, real, lengths, p: real * d / lengths[:, None] / len(lengths)), "not one for each sequence"),
        (scores(lambda d, real, lengths, p: real * d), "L is a mean"),
        (scores(lambda d, real, lengths, p: d / lengths.sum()), "its gradient is 0"),
        (scores(lambda d, real, lengths, p: d / real.size), "neither in the sum"),
        (scores(lambda d, real, lengths, p: np.insert(real, 0, True, axis=0)[:-1] * d / lengths.sum()), "too many"),
        (scores(lambda d, real, lengths, p: np.append(real, 0 * real[:1], axis=0)[1:] * d / lengths.sum()), "too few"),
        (scores(lambda d, real, lengths, p: -(real * d) / lengths.sum()), "the sign"),
        (scores(lambda d, real, lengths, p: real * p / lengths.sum()), "taken off p"),
        (scores(lambda d, real, lengths, p: real * d / lengths.sum(), axis=1), "axis 2 here"),
        (scores(lambda d, real, lengths, p: real * d / lengths.sum(), axis=0), "axis 2 here"),
        (scores(lambda d, real, lengths, p: real * d / lengths.sum(), shift=False), "exp overflows"),
        (scores(lambda d, real, lengths, p: real[..., 0]), "the shape is"),
        (scores(lambda d, real, lengths, p: 3 * real * d), "nudge one score"),
    ],
}
