"""The first part of the examination: the deltas of single steps, read off whatever gradients a function returns."""

import numpy as np

from lstm_tutor.doctor.cases import Case, close

WITNESSES = ("z", "W_x", "x", "W_h", "b")
MANY = 64  # random LSTMs: more than there are arrows to tell apart


class Witness:
    """Methods of Examination, which has the patient."""

    def scalar(self, T, count=MANY):
        return [Case(T, 1, T + 5, 1, 1000 * T + k, one_hot=True) for k in range(count)]

    def ask(self, case, dh=None):
        """The answer for a scalar LSTM, with what the witness needs besides: for W_h, that of the LSTM between its
        markers; for b, those without the first step, without the first two, ..., whose differences are the deltas."""
        if self.witness == "b":
            answer, endings = self.patient.ask(case, dh), [np.zeros(len(case.weights.b))]
            for t in range(len(case.x), 0, -1):
                given = None if dh is None else dh[t - 1 :]
                endings.insert(0, self.patient.ask(case.ending(t), given)["b"])
            return answer | {"endings": -np.diff(endings, axis=0)}
        if self.witness != "W_h":
            return self.patient.ask(case, dh)
        answer = self.patient.ask(case.marked, case.marked.alone(dh))
        H = case.marked.weights.H
        found = {name: answer[name][::H] for name in ("W_x", "b") if name in answer}
        found |= {name: answer[name][:, :1] for name in ("h_0", "c_0") if name in answer}
        found |= {name: answer[name] for name in ("x",) if name in answer}
        if "z" in answer:
            found["z"] = answer["z"][..., ::H]
        return found | {"W_h": answer["W_h"][::H, :1], "markers": answer["W_h"][::H, 1:]}

    def read(self, name, answer, case):
        """The deltas (T, 4H) of a case, as this entry of the answer shows them; for W_h, (T, 4) of a scalar LSTM."""
        if name == "z":
            return answer["z"][:, 0]
        if name == "W_x":
            return answer["W_x"][:, : len(case.x)].T
        if name == "W_h":
            before = np.concatenate([case.marked.h_0, *(step.h for step in case.marked.steps[:-1])])
            return np.linalg.solve(before[:, 1:].T, answer["markers"].T)
        if name == "b":
            return answer["endings"]
        return answer["x"][:, 0] @ np.linalg.pinv(case.weights.W_x)

    def deltas(self, cases, dh):
        """(count, T, 4): the student's deltas; dh: (T,) for all cases alike."""
        dh = np.asarray(dh, float)[:, None, None]
        return np.stack([self.read(self.witness, self.ask(case, dh.copy()), case) for case in cases])

    def choose_witness(self):
        """Which entry shows the deltas? The one that most entries agree with, over three steps. W_h and b are
        asked last: they need more than one answer."""
        cases, votes = self.scalar(3, 12), {}
        right = np.stack([case.right()["z"][:, 0] for case in cases])
        tolerance = 1e3 * self.patient.tolerance
        before = np.array([[case.h_0[0, 0], *(step.h[0, 0] for step in case.steps[:-1])] for case in cases])
        W_h = np.stack([case.weights.W_h[:, 0] for case in cases])
        answers, have = [self.patient.ask(case) for case in cases], self.patient.ask(cases[0])
        for self.witness in WITNESSES:
            needs_more = self.witness in ("W_h", "b")
            if self.witness not in have or (needs_more and max(votes.values(), default=0) >= 1):
                continue
            if needs_more:
                answers = [self.ask(case) for case in cases]
            z = np.stack([self.read(self.witness, answer, case) for answer, case in zip(answers, cases)])
            made = {"b": z.sum(axis=1), "W_h": (z * before[..., None]).sum(axis=1)[..., None],
                    "h_0": (z[:, 0] * W_h).sum(axis=1)[:, None, None]}  # fmt: skip
            made |= {key: np.stack([self.read(key, a, case) for a, case in zip(answers, cases)])
                     for key in ("z", "W_x", "x") if key in answers[0] and key != self.witness}  # fmt: skip
            agree = [close(array, z if key in ("z", "W_x", "x") else np.stack([a[key] for a in answers]), tolerance)
                     for key, array in made.items() if key in answers[0]]  # fmt: skip
            votes[self.witness] = np.mean(agree or [0.9]) + close(z, right, tolerance)
        self.witness = max(votes, key=votes.get, default=None)
        if "z" in votes and self.witness != "z":
            answers = [self.ask(case) for case in cases]
            z = np.stack([answer["z"][::-1, 0] for answer in answers])
            seen = np.stack([self.read(self.witness, answer, case) for answer, case in zip(answers, cases)])
            words = "z is in reversed order of time" if close(z, seen, 1e-6) else "z is not what the others are made of"
            self.find("3.14", f"{words}: row t - 1 belongs to step t")
