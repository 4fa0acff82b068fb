"""The last part of the examination: what is made of the deltas, (3.14) to (3.16), and which way round W_h stands."""

import numpy as np

from lstm_helpers.weights import GATES
from lstm_tutor.doctor.cases import Case, close, coefficients, values
from lstm_tutor.doctor.findings import Arrow
from lstm_tutor.doctor.mistakes import ALONG, times_words

OWN = dict(zip(GATES, ("3.10", "3.11", "3.12", "3.13")))  # where one gate's parameters stand; (3.14) is all four
RIGHT_ARROWS = {(gate, gate): 1.0 for gate in GATES}  # (delta of gate j, W_h of gate k): how often
TRANSPOSED = "W_h is transposed on the way back: δz̃ W_h, with rows for δz̃, is wanted, here and in (3.16)"


class Sums:
    """Methods of Examination, which has the patient, the witness and what was found out about single steps."""

    def sums_over_sequences(self):
        """A batch must give the sum, or the stack, of what its sequences give one by one."""
        case = Case(2, 3, 11, 2, 7, one_hot=True)
        whole, alone = self.patient.ask(case), [self.patient.ask(case.sequence(n)) for n in range(3)]
        answers = {name: [answer[name] for answer in alone] for name in whole}
        if len(whole) > 1 and all(close(3 * array, self.together(name, answers[name]), 1e3 * self.patient.tolerance)
                                  for name, array in whole.items()):  # fmt: skip
            self.find("3.4", "everything is divided by the number of sequences: dh is the derivative of L already",
                      Arrow("h2", "L", r"\partial^+ L/\partial h_t\,/\,N", r"\partial^+ L/\partial h_t"))  # fmt: skip
            return
        if self.carries_mix(case):
            case = Case(1, 3, 11, 2, 7, one_hot=True)  # without a carry, for the sums
            whole, alone = self.patient.ask(case), [self.patient.ask(case.sequence(n)) for n in range(3)]
            answers = {name: [answer[name] for answer in alone] for name in whole}
        tolerance = 1e3 * self.patient.tolerance
        for name, array in whole.items():
            parts = answers[name]
            total = self.together(name, parts)
            if close(array, total, tolerance):
                continue
            if name not in ("W_x", "W_h", "b"):
                equation = {"x": "3.15", "z": "3.14"}.get(name, "3.16")
                self.find(equation, f"{name}: a sequence gets other numbers in a batch than alone")
                continue
            wrong = [g for g, mine, right in zip(GATES, array.reshape(4, -1), total.reshape(4, -1))
                     if not close(mine, right, tolerance)]  # fmt: skip
            rows = [GATES.index(g) for g in wrong]
            for words, other in {"the mean over the sequences is taken, and the sum is wanted": total / 3,
                                 "only the first sequence of a batch is used": parts[0],
                                 "only the last sequence of a batch is used": parts[-1]}.items():  # fmt: skip
                if close(array.reshape(4, -1)[rows], other.reshape(4, -1)[rows], tolerance):
                    self.find_parameter(name, words, wrong)
                    break
            else:
                self.find_parameter(name, "for a batch it is not the sum over its sequences", wrong)
                self.explained = False

    def find_parameter(self, name, words, gates=GATES):
        """What is wrong in dL/dW_x, dL/dW_h or dL/db of all gates, or of some."""
        if len(gates) == len(GATES):
            self.find("3.14", f"{name}: {words}")
        for gate in gates if len(gates) < len(GATES) else ():
            self.find(OWN[gate], f"{name}{gate if name == 'W_x' or name == 'W_h' else '_' + gate}: {words}")

    def carries_mix(self, case):
        """Is a carry averaged, or added up, over the sequences of a batch? Asked with dh at step 2 alone; the answer to
        dh = 1 at step 1 alone says what a sequence makes there of a δh_1 of 1."""
        if self.witness in ("W_h", "b"):
            return False
        last, first = np.zeros_like(case.dh), np.zeros_like(case.dh)
        last[1], first[0] = case.dh[1], 1
        local = self.of_batch(case, first, range(3))[0]
        alone = [self.of_batch(case.sequence(n), last[:, [n]], [n])[0] for n in range(3)]
        whole, alone = self.of_batch(case, last, range(3))[0], np.concatenate(alone)
        o, f = self.row_of("o"), self.row_of("f")
        if min(np.abs(local[:, k]).min() for k in (o, f)) < 1e-9:
            return False
        mine, right = (z[:, o] / local[:, o] for z in (whole, alone))  # carried into δh_1
        tau = (case.steps[0].o * (1 - case.steps[0].m ** 2)) * self.times
        along, right_along = ((z[:, f] / local[:, f] - h) * tau for z, h in ((whole, mine), (alone, right)))
        found = False
        for equation, carry, got, wanted in (
            ("3.4", "the carry of h", mine, right),
            ("3.5", "the carry along the cell", along, right_along),
        ):
            for how, other in (("averaged", wanted.mean(axis=0)), ("added up", wanted.sum(axis=0))):
                if not close(got, wanted, 1e-5) and close(got, np.tile(other, (3, 1)), 1e-5):
                    found = True
                    words = f"{carry} is {how} over the sequences of a batch: each sequence has a carry of its own"
                    self.find(equation, words)
        return found

    def of_batch(self, case, dh, sequences):
        """The deltas (T, N, 4, H) of these sequences of three."""
        (T, N, _), H, answer = case.x.shape, case.h_0.shape[1], self.patient.ask(case, dh)
        if self.witness == "z":
            z = answer["z"]
        elif self.witness == "W_x":
            z = answer["W_x"].T[[3 * t + n for t in range(T) for n in sequences]]
        else:
            z = answer["x"] @ np.linalg.pinv(case.weights.W_x)
        return z.reshape(T, N, 4, H)

    def together(self, name, parts):
        """What a batch must give, from what its sequences give one by one."""
        return sum(parts) if name in ("W_x", "W_h", "b") else np.concatenate(parts, axis=parts[0].ndim - 2)

    def parameters(self):
        T = 3
        cases = self.scalar(T)
        answers = [self.ask(case) for case in cases]
        z = np.stack([self.read(self.witness, answer, case) for answer, case in zip(answers, cases)])
        v = [values(cases, t + 1) for t in range(T)]
        generic = np.stack([case.x[:, 0, T] for case in cases])
        others = {f"x_{t + 1}": generic[:, t] for t in range(T)}
        for name, column in (("W_x", T), ("W_h", 0), ("b", None)):
            if name not in answers[0]:
                continue
            seen = np.stack([a[name] if column is None else a[name][:, column] for a in answers])
            columns = {}
            for t in range(T):
                state = {
                    f"h_{t}": v[t]["h_prev"],
                    f"h_{t + 1}": v[t]["h"],
                    f"c_{t}": v[t]["c_prev"],
                    "1": np.ones_like(v[t]["i"]),
                }
                for called, factor in (others | state).items():
                    columns[t + 1, called] = (z[:, t] * factor[:, None]).ravel()
            right = {t + 1: {"W_x": f"x_{t + 1}", "W_h": f"h_{t}", "b": "1"}[name] for t in range(T)}
            each, wrong = {}, []
            for k, gate in enumerate(GATES):
                wanted = {(t, called): 1.0 for t, called in right.items() if np.abs(z[:, t - 1, k]).max() > 1e-12}
                mine = {key: column.reshape(-1, 4)[:, k] for key, column in columns.items()}
                if np.abs(z[..., k]).max() > 1e-12:
                    each[gate] = coefficients(self.distinct(mine), seen[:, k], self.patient.tolerance * 100)
                    wrong += [gate] if each[gate] != wanted else []
            if len(wrong) in (1, 2) and len(each) > 2:
                for gate in wrong:
                    self.read_parameter(name, each[gate], right, [gate])
                continue
            sums = coefficients(self.distinct(columns), seen.ravel(), self.patient.tolerance * 100)
            self.read_parameter(name, sums, right)

    def read_parameter(self, name, sums, right, gates=GATES):
        T, symbol = len(right), {"W_x": "x_t", "W_h": "h_{t-1}", "b": "1"}[name]
        if sums is None:
            self.explained = False
            self.find_parameter(name, "it is no sum over steps of δz̃_t times anything that is known at a step", gates)
            return
        wanted = {(t, called): 1.0 for t, called in right.items()}
        if sums == wanted:
            return
        at_right = {t: sums.get((t, called), 0.0) for t, called in right.items()}
        strange = {key: c for key, c in sums.items() if key not in wanted}
        if not strange:
            values_found = list(at_right.values())
            same = len(set(values_found)) == 1
            if same and abs(values_found[0] - 1 / T) < 2e-3:
                self.find_parameter(name, "the mean over the steps is taken, and the sum is wanted", gates)
            elif same:
                self.find_parameter(name, times_words(values_found[0]), gates)
            elif values_found == [0.0] * (T - 1) + [1.0]:
                self.find_parameter(name, "only the last step is in it; the steps must be added up", gates)
            elif values_found == [1.0] + [0.0] * (T - 1):
                self.find_parameter(
                    name, "only the first step is in it; the steps must be added up (is = where += belongs?)", gates
                )
            else:
                listed = ", ".join(f"{c:g}" for c in values_found)
                self.find_parameter(name, f"its {T} steps are in it {listed} times; each must be in it once", gates)
            return
        named = {(t, called): c for (t, called), c in strange.items()}
        if name == "W_h" and all(called == f"h_{t}" for t, called in named):
            self.find_parameter("W_h", "h_t stands where h_{t-1}, the state before the step, belongs", gates)
        elif name == "W_h" and all(called == f"c_{t - 1}" for t, called in named):
            self.find_parameter("W_h", "c_{t-1} stands where h_{t-1} belongs", gates)
        elif name == "W_x" and sorted(named) == sorted(
            (t, f"x_{T + 1 - t}") for t in range(1, T + 1) if 2 * t != T + 1
        ):
            self.find_parameter("W_x", "x is taken in reversed order of time", gates)
        else:
            listed = ", ".join(f"δz̃_{t} with {called}" for t, called in sorted(named))
            self.find_parameter(name, f"{listed}; δz̃_t belongs with {symbol}", gates)

    def outflow(self):
        """δx_t, δh_0 and δc_0, from the student's own deltas."""
        T = 1 if any("piles up" in words for _, words in self.findings) else 2  # one step has nothing to pile up
        cases = self.scalar(T)
        answers = [self.ask(case) for case in cases]
        z = self.in_order(np.stack([self.read(self.witness, answer, case) for answer, case in zip(answers, cases)]))
        W_h = np.stack([case.weights.W_h[:, 0] for case in cases])
        if "h_0" in answers[0] and self.carry_known:
            seen = np.stack([a["h_0"][0, 0] for a in answers])
            columns = {(t + 1, j, k): z[:, t, GATES.index(j)] * W_h[:, GATES.index(k)] for t in range(T) for j in GATES
                       for k in GATES}  # fmt: skip
            sums = coefficients(self.distinct(columns), seen, self.patient.tolerance * 100)
            if sums is None or any(key[0] != 1 for key in sums):
                self.find(
                    "3.16",
                    "h_0: it must be δz̃_1 W_h, what the first step hands on"
                    + ("; this is what the second step hands on" if sums and all(key[0] == 2 for key in sums) else ""),
                )
            elif {key[1:]: c for key, c in sums.items()} not in [
                {key: c for key, c in arrows.items() if np.abs(z[:, 0, GATES.index(key[0])]).max() > 1e-12}
                for arrows in (self.arrows, RIGHT_ARROWS, {(row, k): 1.0 for row, k in zip(self.rows, GATES)})
            ]:
                self.find("3.16", "h_0: its sum over the four gates is not that of δz̃_1 W_h")
        self.outflow_c(cases, answers, z)
        if "x" in answers[0] and self.witness != "x":
            seen = np.stack([a["x"][:, 0] for a in answers])
            W_x = np.stack([case.weights.W_x for case in cases])
            made = np.einsum("rtk,rki->rti", z, W_x)
            if not close(seen, made, 1e3 * self.patient.tolerance):
                words = "it must be δz̃_t W_x"
                if close(seen, made[:, ::-1], 1e3 * self.patient.tolerance):
                    words = "it is in reversed order of time"
                self.find("3.15", f"x: {words}")

    def outflow_c(self, cases, answers, z):
        gate = next(
            (g for g in "ifg" if g in self.one_step["gates"] and self.one_step["gates"][g]["from"] == "δc"), None
        )
        if "c_0" not in answers[0] or gate is None or not self.explained:
            return
        # One step, so that δc_1 is the first term of (3.5) alone.
        cases = self.scalar(1)
        v = values(cases, 1)
        seen = np.array([self.ask(case, np.ones((1, 1, 1)))["c_0"][0, 0] for case in cases])
        d_c = self.through_cell(v) * self.times
        if close(seen, self.right_through(v) * v["f"], 1e-6):
            return
        columns = {words: d_c * factor(v) for words, factor in ALONG.items() if "before" not in factor.code}
        sums = coefficients(columns, seen, self.patient.tolerance * 100)
        if sums is None or (not sums and self.along_found):
            self.find(
                "3.16", "c_0: it must be δc_1 f_1, and " + ("it is 0" if sums is not None else "it is something else")
            )
        for words, c in (sums or {}).items():
            if words is not None:
                if words not in self.along_found:
                    self.find("3.16", f"c_0: {words.replace('{t+1}', '1')}")
            elif c not in (1, self.along_found.get(None)):
                self.find("3.16", f"c_0 {times_words(c)}")

    def orientation(self):
        """With several units: which way round do the blocks of W_h stand, in the carry and in the gradient?"""
        H, I = 3, 3 + 13
        case = Case(1, 1, I, H, 11, one_hot=True)
        answer = self.patient.ask(case)
        if self.witness in ("W_h", "b"):
            if "b" not in answer:
                return
            z = answer["b"]
        elif self.witness == "W_x":
            z = answer["W_x"][:, 0]
        elif self.witness == "z":
            z = answer["z"][0, 0]
        else:
            z = np.linalg.pinv(case.weights.W_x.T) @ answer["x"][0, 0]
        blocks, tolerance = z.reshape(4, H), 1e3 * self.patient.tolerance
        if "W_h" in answer:
            seen, right = answer["W_h"].reshape(4, H, H), blocks[:, :, None] * case.h_0[0]
            turned = [gate for gate, mine, block in zip(GATES, seen, right)
                      if not close(mine, block, tolerance) and close(mine, block.T, tolerance)]  # fmt: skip
            if turned:
                self.find_parameter("W_h", "it is transposed: rows belong to δz̃, columns to h_{t-1}", turned)
        if "h_0" in answer:
            W_h = case.weights.W_h.reshape(4, H, H)
            if close(answer["h_0"][0], np.einsum("kh,kgh->g", blocks, W_h), tolerance):
                self.find("3.4", TRANSPOSED)
        case = Case(2, 1, I, H, 12, one_hot=True)
        self.carry_orientation(case, tolerance)

    def carry_orientation(self, case, tolerance):
        """δõ_1 with dh at step 2 alone shows which way W_h was used between the steps."""
        H = case.h_0.shape[1]
        if (
            self.witness in ("x", "W_h", "b")
            or "o" not in self.found
            or any(key[0] == "c" for key in self.found["o"] or {})
        ):
            return

        def deltas(which):
            dh = np.zeros_like(case.dh)
            dh[which] = 1
            answer = self.patient.ask(case, dh)
            return self.read(self.witness, answer, case).reshape(2, 4, H)

        local, z = deltas(0)[0, self.row_of("o")], deltas(1)
        W_h = case.weights.W_h.reshape(4, H, H)
        if close(z[0, self.row_of("o")], local * np.einsum("kh,kgh->g", z[1], W_h), tolerance):
            self.find("3.4", TRANSPOSED)
