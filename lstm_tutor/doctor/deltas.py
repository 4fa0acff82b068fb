"""Single deltas, read off whatever a function returns: it is linear in dh, and one-hot inputs part its sums."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from lstm_helpers.lstm import LSTMStep
from lstm_tutor.doctor.cases import Case, close, ending, side_by_side, unit_dh
from lstm_tutor.doctor.reference import add, walk

MANY = 24  # random LSTMs: more than there are arrows to tell apart
STEPS_OF, MIDDLE = 7, 3  # their steps; around row 3, t ± 1, t ± 2, the first and the last are all different
WIDTH = 7  # inputs beyond the one-hot ones
SOME_STEPS = slice(None), slice(1), slice(-1, None), slice(1, None), slice(-1)
SUMS_ALONE = {"W_h", "b"}  # witnesses that show the deltas of one unit of one sequence only
NOTHING = 1e-12  # a delta that is rounding alone
READ = 1e3  # how many times the tolerance a delta that was read off may be off
SAME = 1e-6  # and a sum of them, relative to the largest number, for a vote


def read(witness, answer, case, patient):
    """(T, N, 4H): the deltas as one entry of an answer shows them."""
    T, N, H = case.dh.shape
    if witness == "z":
        return answer["z"]
    if witness == "W_x":
        return answer["W_x"][:, : T * N].T.reshape(T, N, 4 * H)
    if witness == "x":
        return answer["x"] @ np.linalg.pinv(case.weights.W_x)
    sums = [patient.ask(ending(case, t))[witness].reshape(4) for t in range(1, T)]
    deltas = -np.diff([answer[witness].reshape(4), *sums, np.zeros(4)], axis=0)[:, None]
    return deltas / h_before(case)[:, None] if witness == "W_h" else deltas


def h_before(case):
    """(T, 1): h_{t-1} of a scalar LSTM."""
    return np.stack([case.h_0, *(step.h for step in case.steps[:-1])])[:, 0]


def choose_witnesses(patient):
    """Choices that name for each gate an entry which shows its deltas: first the one that most entries agree with, in
    one scalar LSTM, then the others."""
    case = patient.draw(4, 1, 4 + WIDTH, 1, 5, one_hot=True)
    answer = patient.ask(case)
    able = [name for name in ("W_x", "z", "x", "W_h", "b") if name in answer]
    if patient.from_zero and "W_h" in able:
        able.remove("W_h")  # at the first step it shows nothing
    shown = {witness: read(witness, answer, case, patient)[:, 0] for witness in able}
    best = [max(able, key=lambda w: votes(shown[w][:, k], answer, case, k)) for k in range(4) if able]
    return [best, *([witness] * 4 for witness in able if [witness] * 4 != best)] if able else []


def all_agree(patient, witnesses):
    """Are the parameters' gradients of a batch the sums of the deltas that these witnesses show?"""
    if not witnesses or set(witnesses) & SUMS_ALONE:
        return False
    case = patient.draw(3, 2, 6 + WIDTH, 2, 6, one_hot=True)
    answer, z = patient.ask(case), deltas_with(patient, witnesses, case)
    h = np.stack([case.h_0, *(step.h for step in case.steps[:-1])])
    sums = {"W_x": add(z, case.x), "W_h": add(z, h), "b": z.sum((0, 1)), "x": z @ case.weights.W_x}
    return all(close(answer[name], sums[name], SAME) for name in sums if name in answer)


def votes(deltas, answer, case, gate):
    """How many entries of the answer are a sum of these deltas of a gate? And are they seen after the first step?"""
    inputs = {"W_x": case.x[:, 0], "W_h": h_before(case), "b": np.ones((len(case.x), 1))}
    given = {name: np.ravel(answer[name][gate]) for name in inputs if name in answer}
    agree = [any(close(given[name], deltas[rows] @ inputs[name][rows], SAME) for rows in SOME_STEPS) for name in given]
    return sum(agree) + 0.5 * (np.abs(deltas[1:]).min() > NOTHING)


def deltas_with(patient, witnesses, case):
    answer, H = patient.ask(case), case.dh.shape[2]
    shown = {witness: read(witness, answer, case, patient) for witness in set(witnesses)}
    return np.concatenate([shown[w][..., k * H : (k + 1) * H] for k, w in enumerate(witnesses)], axis=-1)


@dataclass(frozen=True, eq=False)
class Seen:
    """What K scalar LSTMs show. raw: (T + 1, T, K, 4), their deltas with dh = 1 at one step alone, and with dh = 0;
    joint: the LSTMs side by side; units: the same T + 1 times, each with its dh. tolerance: the patient's."""

    raw: np.ndarray
    joint: Case
    units: Case
    tolerance: float

    @property
    def deltas(self):
        """(S, T, K, 4): with dh = 1 at step S, what dh = 0 gives apart."""
        return self.raw[:-1] - self.raw[-1]

    def simulated(self, parts):
        """What these parts give for raw."""
        z = walk(self.units, parts)["z"]
        return z.reshape(len(z), len(self.raw), -1, 4).swapaxes(0, 1)

    def agree(self, parts):
        """(T + 1, T, 4): where these parts give the student's deltas."""
        mine = self.simulated(parts)
        size = np.maximum(np.abs(mine), np.abs(self.raw)).max(axis=2)
        return np.abs(mine - self.raw).max(axis=2) <= READ * self.tolerance * size + 0.1 * NOTHING


def see(patient, witnesses):
    cases = [patient.draw(STEPS_OF, 1, STEPS_OF + WIDTH, 1, 1000 + k, one_hot=True) for k in range(MANY)]
    raw = [[deltas_with(patient, witnesses, unit)[:, 0] for unit in unit_dh(case)] for case in cases]
    joint = side_by_side(cases)
    steps = tuple(LSTMStep(*map(tiled, step)) for step in joint.steps)
    dh = np.concatenate([unit.dh for unit in unit_dh(joint)], axis=1)
    weights = SimpleNamespace(W_h=tiled(joint.weights.W_h))
    units = Case(dh, steps, weights, tiled(joint.h_0), tiled(joint.c_0), dh)  # of x nothing is needed
    return Seen(np.array(raw).transpose(1, 2, 0, 3), joint, units, patient.tolerance)


def tiled(array):
    return np.concatenate([array] * (STEPS_OF + 1))
