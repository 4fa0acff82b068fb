"""Random LSTMs to ask a student's backward pass about, what it answers, and of which columns that is the sum."""

import traceback
from functools import cached_property

import numpy as np

from lstm_helpers.lstm import lstm_backward, lstm_forward, lstm_step
from lstm_helpers.weights import LSTMWeights

NAMES = ("W_x", "W_h", "b", "x", "h_0", "c_0", "z")


class Stop(Exception):
    """What keeps the examination from going on, in words for the student."""


class Case:
    """One LSTM with its forward pass. All numbers are drawn from N(0, 1); one_hot: x picks one input per step and
    sequence, so that the columns of dL/dW_x are the deltas, each by itself."""

    def __init__(self, T, N, I, H, seed, one_hot=False):
        draw = np.random.default_rng(seed)
        self.weights = LSTMWeights(draw.normal(size=(4 * H, I)), draw.normal(size=(4 * H, H)), draw.normal(size=4 * H))
        self.x = draw.normal(size=(T, N, I))
        if one_hot:
            self.x[..., : T * N] = np.eye(T * N).reshape(T, N, T * N)
        self.h_0, self.c_0 = draw.normal(size=(N, H)), draw.normal(size=(N, H))
        self.dh = draw.normal(size=(T, N, H))
        self.run()

    def run(self):
        self.steps, h, c = [], self.h_0, self.c_0
        for x_t in self.x:
            self.steps.append(lstm_step(x_t, h, c, self.weights))
            h, c = self.steps[-1].h, self.steps[-1].c

    def sequence(self, n):
        """The same LSTM with its n-th sequence alone."""
        alone = object.__new__(Case)
        alone.weights, alone.x, alone.dh = self.weights, self.x[:, [n]], self.dh[:, [n]]
        alone.h_0, alone.c_0 = self.h_0[[n]], self.c_0[[n]]
        alone.steps = [type(step)(*(array[[n]] for array in step)) for step in self.steps]
        return alone

    def ending(self, t):
        """The same LSTM from step t (from 1) to its end, with the states before that as its initial ones."""
        end = object.__new__(Case)
        end.weights, end.x, end.dh, end.steps = self.weights, self.x[t - 1 :], self.dh[t - 1 :], self.steps[t - 1 :]
        end.h_0, end.c_0 = (self.steps[t - 2].h, self.steps[t - 2].c) if t > 1 else (self.h_0, self.c_0)
        return end

    @cached_property
    def marked(self):
        """For a scalar LSTM: the same one as unit 0 of a wider LSTM, whose T other units do not touch it. What they
        hold before each step marks that step in dL/dW_h."""
        T, H = len(self.x), 1 + len(self.x)
        wide = Case(T, 1, self.x.shape[2], H, 31)
        wide.weights.W_x[:], wide.weights.W_h[:] = 0, np.tile(np.eye(H), (4, 1)) * wide.weights.W_h
        for mine, theirs in zip(vars(self.weights).values(), vars(wide.weights).values()):
            theirs[::H] = 0
            theirs[::H, ...][tuple([slice(None), *[slice(n) for n in mine.shape[1:]]])] = mine
        wide.h_0[0, 0], wide.c_0[0, 0] = self.h_0[0, 0], self.c_0[0, 0]
        wide.x, wide.dh = self.x, wide.alone(self.dh)
        wide.run()
        return wide

    def alone(self, dh):
        """dh of the scalar LSTM, where the other units have none; for None, its own."""
        if dh is None:
            return None
        wide = np.zeros_like(self.dh)
        wide[..., :1] = dh
        return wide

    def values(self, t):
        """What step t (from 1) knows of a scalar LSTM, by name: one number each."""
        v = {name: array[0, 0] for name, array in self.steps[t - 1]._asdict().items()}
        before = self.steps[t - 2] if t > 1 else None
        v["c_prev"], v["h_prev"] = (before.c[0, 0], before.h[0, 0]) if before else (self.c_0[0, 0], self.h_0[0, 0])
        return v | {"m_prev": np.tanh(v["c_prev"]), "first_c": self.c_0[0, 0], "o_slope": v["o"] * (1 - v["o"])}

    def right(self, dh=None):
        """The right answer to `ask`, every name."""
        gradients = lstm_backward(
            lstm_forward(self.x, self.weights, self.h_0, self.c_0), self.weights, self.dh if dh is None else dh
        )
        answer = {name: getattr(gradients, name) for name in ("W_x", "W_h", "b", "x")}
        return answer | {"h_0": gradients.h0, "c_0": gradients.c0, "z": gradients.pre}


def values(cases, t):
    """Case.values of many scalar LSTMs: one array an entry."""
    each = [case.values(t) for case in cases]
    return {name: np.array([v[name] for v in each]) for name in each[0]}


class Patient:
    """The student's function, asked carefully: a crash, changed arguments, strange shapes become a Stop or a remark."""

    def __init__(self, backward):
        self.in_time = lambda dh: dh
        self.backward, self.remarks, self.exact, self.scale = backward, [], True, 1.0

    def ask(self, case, dh=None):
        """Its answer as {name: float64 array}."""
        dh = self.scale * self.in_time(case.dh if dh is None else dh)
        steps = [type(step)(*(array.copy() for array in step)) for step in case.steps]
        kept = [array.copy() for array in (case.x, *vars(case.weights).values(), case.h_0, case.c_0, dh)]
        answer = answer_of(self.backward, case.x, steps, case.weights, case.h_0, case.c_0, dh)
        self.notice_changes(case, dh, kept, steps)
        return {name: array / self.scale for name, array in self.checked(answer, case).items()}

    def notice_changes(self, case, dh, kept, steps):
        names = ("x", "weights.W_x", "weights.W_h", "weights.b", "h_0", "c_0", "dh")
        now = (case.x, *vars(case.weights).values(), case.h_0, case.c_0, dh)
        changed = [name for name, old, new in zip(names, kept, now) if not np.array_equal(old, new)]
        if any(not np.array_equal(a, b) for s, k in zip(steps, case.steps) for a, b in zip(s, k)):
            changed.append("steps")
        for array, old in zip(now, kept):
            array[...] = old
        if changed:
            self.remark(f"the function changes its argument {changed[0]}: work on a copy, or use = instead of +=")

    def remark(self, words):
        if words not in self.remarks:
            self.remarks.append(words)

    def checked(self, answer, case):
        if not isinstance(answer, dict):
            raise Stop(f"a dictionary is wanted, with any of {', '.join(NAMES)}, not {type(answer).__name__}")
        (T, N, I), H = case.x.shape, case.h_0.shape[1]
        shapes = {"W_x": (4 * H, I), "W_h": (4 * H, H), "b": (4 * H,), "x": (T, N, I), "h_0": (N, H), "c_0": (N, H)}
        shapes["z"] = (T, N, 4 * H)
        found = {}
        for name, array in answer.items():
            if name not in shapes:
                self.remark(f"{name!r} is none of the names {', '.join(NAMES)}, and is not looked at")
                continue
            array = array.detach().cpu().numpy() if hasattr(array, "detach") else array
            array = np.asarray([np.asarray(part) for part in array] if isinstance(array, (list, tuple)) else array)
            if array.shape != shapes[name]:
                raise Stop(f"{name} has the shape {array.shape} where {shapes[name]} is wanted (T = {T}, N = {N}, "
                           f"I = {I}, H = {H}): a gradient has the shape of what it is a gradient of")  # fmt: skip
            if array.dtype.kind not in "fiu":
                raise Stop(f"{name} holds {array.dtype}, and numbers are wanted")
            self.exact &= array.dtype.itemsize >= 8
            found[name] = array.astype(np.float64)
            if not np.isfinite(found[name]).all():
                raise Stop(f"{name} holds NaN or infinity")
        if not found:
            raise Stop(f"the dictionary has none of the names {', '.join(NAMES)}")
        return found

    @property
    def tolerance(self):
        """What rounding may do: the function may calculate in float32."""
        return 1e-9 if self.exact else 2e-4


def answer_of(function, *arguments):
    """What a student's function returns. Raises Stop where it stops or returns nothing."""
    try:
        answer = function(*arguments)
    except Exception as error:
        raise Stop(f"the function stops with {type(error).__name__}: {error}{own_line(function, error)}") from None
    if answer is None:
        raise Stop("the function returns nothing (None): is a `return` missing at its end?")
    return answer


def own_line(function, error):
    """Where in the student's own code an error arose."""
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f" (line {frames[-1].lineno}: {frames[-1].line})" if frames and frames[-1].line else ""


def close(a, b, tolerance):
    scale = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    return a.shape == b.shape and bool(np.abs(a - b).max(initial=0) <= tolerance * max(scale, 1e-300))


def coefficients(columns, target, tolerance):
    """{name: coefficient} of the columns that target is the sum of; None where it is no sum of them."""
    largest = max(np.abs(column).max() for column in columns.values())
    names = [name for name, column in columns.items() if np.abs(column).max() > 1e-12 * largest]  # not rounding alone
    if not names or np.abs(target).max() < tolerance:
        return {} if np.abs(target).max() < tolerance else None
    matrix = np.stack([columns[name] for name in names], axis=1)
    scale = np.linalg.norm(matrix, axis=0)
    found = np.linalg.lstsq(matrix / scale, target, rcond=None)[0] / scale
    if not close(matrix @ found, target, 100 * tolerance):
        return None
    return {name: float(np.round(c, 3)) for name, c in zip(names, found) if abs(c) > 0.02}
