"""The examination: equation by equation, from the last step backwards, each with the student's own numbers before it.

A backward pass is linear in dh, and its gradients are sums over arrows of the graph. So each equation can be asked for
by itself: inputs are chosen that let single deltas be read off the answer, products of factors are looked up among
their usual mistakes, and sums are regressed on the arrows that could carry something. Equations as in notebook 03.
"""

from itertools import permutations, product

import numpy as np

from lstm_helpers.diagnosis.alternatives import ALONG, CELL, EQUATION, PARTNERS, SLOPES, TIMES
from lstm_helpers.diagnosis.cases import Case, values
from lstm_helpers.diagnosis.fitting import close, coefficients
from lstm_helpers.diagnosis.sums import RIGHT_ARROWS, Sums
from lstm_helpers.weights import GATES

MANY = 64  # random LSTMs: more than there are arrows to tell apart


class Examination(Sums):
    """Findings are (equation, words), kept in the order in which they arise."""

    def __init__(self, patient):
        self.patient, self.findings, self.explained = patient, [], True
        self.arrows, self.along_found = RIGHT_ARROWS, {None: 1.0}
        self.odd_first = set()  # gates whose delta is made in another way at step 1: they say nothing of the arrows

    def find(self, equation, words):
        if (equation, words) not in self.findings:
            self.findings.append((equation, words))

    def run(self):
        self.choose_witness()
        if self.witness is None:
            return
        if not self.product_rule():
            return
        self.sums_over_sequences()
        if self.later_step():
            self.arrows_back()
            self.three_steps()
        self.parameters()
        self.outflow()
        self.orientation()

    # --- how the deltas of single steps are read off an answer ---

    def scalar(self, T, count=MANY):
        return [Case(T, 1, T + 5, 1, 1000 * T + k, one_hot=True) for k in range(count)]

    def read(self, name, answer, case):
        """The deltas (T, 4) of a scalar LSTM, as this entry of the answer shows them."""
        if name == "z":
            return answer["z"][:, 0]
        if name == "W_x":
            return answer["W_x"][:, : len(case.x)].T
        return answer["x"][:, 0] @ np.linalg.pinv(case.weights.W_x)

    def deltas(self, cases, dh):
        """(count, T, 4): the student's deltas; dh: (T,) for all cases alike."""
        dh = np.asarray(dh, float)[:, None, None]
        return np.stack([self.read(self.witness, self.patient.ask(case, dh.copy()), case) for case in cases])

    def choose_witness(self):
        """Which entry shows the deltas? The one that most entries agree with, on one step and on two."""
        self.witness = None
        cases, candidates = self.scalar(2, 12), None
        answers = [self.patient.ask(case) for case in cases]
        candidates = [name for name in ("z", "W_x", "x") if name in answers[0]]
        if not candidates:
            return
        votes = {}
        for name in candidates:
            z = np.stack([self.read(name, answer, case) for answer, case in zip(answers, cases)])
            before = np.array([[case.h_0[0, 0], case.steps[0].h[0, 0]] for case in cases])
            W_h = np.stack([case.weights.W_h[:, 0] for case in cases])
            made = {
                "b": z.sum(axis=1),
                "W_h": (z * before[..., None]).sum(axis=1)[..., None],
                "h_0": (z[:, 0] * W_h).sum(axis=1)[:, None, None],
            }
            votes[name] = sum(
                close(sums, np.stack([answer[key] for answer in answers]), 1e3 * self.patient.tolerance)
                for key, sums in made.items()
                if key in answers[0]
            )
            right = np.stack([case.right()["z"][:, 0] for case in cases])
            votes[name] += 0.5 * close(z, right, 1e3 * self.patient.tolerance)
            votes[name] += sum(close(z, np.stack([self.read(k, a, c) for a, c in zip(answers, cases)]),
                                     1e3 * self.patient.tolerance) for k in candidates if k != name)  # fmt: skip
        self.witness = max(candidates, key=lambda name: votes[name])
        if "z" in candidates and self.witness != "z":
            z = np.stack([answer["z"][::-1, 0] for answer in answers])
            seen = np.stack([self.read(self.witness, answer, case) for answer, case in zip(answers, cases)])
            words = "z is in reversed order of time" if close(z, seen, 1e-6) else "z is not what the others are made of"
            self.find("3.14", f"{words}: row t - 1 belongs to step t")

    # --- the last step, which nothing follows: (3.5) to (3.9), products of factors ---

    def product_rule(self):
        cases = self.scalar(1)
        at_rest = self.deltas(cases, [0.0])
        if np.abs(at_rest).max() > 1e-9:
            self.find("3.4", "with dh = 0 the gradients are not 0: both carries must begin as zeros")
        z = (self.deltas(cases, [1.0]) - at_rest)[:, 0]
        if np.abs(z).max() < 1e-12:
            self.find("3.4", "step 1 is left out: with one step nothing comes back. Does the loop end too early?")
            self.explained = False
            return False
        cases = self.scalar(2)
        z = self.deltas(cases, [0.0, 1.0])
        if np.abs(z[:, 1]).max() < 1e-12:
            words = "the last step is left out: its dh changes nothing there"
            if np.abs(z[:, 0]).max() > 1e-12:
                words = "dh is read in reversed order of time: dh[t - 1] belongs to step t"
            self.find("3.4", words)
            self.explained = False
            return False
        z, v = z[:, 1], values(cases, 2)
        self.rows = tuple(GATES)
        best = self.explain(z, v)
        if best["unknown"]:
            orders = [(order, self.explain(z[:, [GATES.index(g) for g in order]], v)) for order in permutations(GATES)]
            order, other = min(orders, key=lambda pair: (len(pair[1]["unknown"]), pair[1]["cost"]))
            if len(other["unknown"]) < len(best["unknown"]):
                places = ", ".join(GATES[order.index(gate)] for gate in GATES)
                self.find("3.14", f"the rows of the gates are stacked {places}; the weights want i, f, g, o")
                best, self.rows = other, order
        self.one_step = best
        self.tell(best, z, v, step="step 2 of 2")
        return True

    def in_order(self, z):
        """The last axis sorted as i, f, g, o, whatever order the student stacked."""
        return z[..., [GATES.index(gate) for gate in self.rows]]

    def explain(self, z, v):
        """The cheapest account of z (count, 4) by the tables of alternatives."""
        tolerance = max(1e-7, 10 * self.patient.tolerance)
        gates = {}
        cells = list(product(CELL["factor"], CELL["slope"]))
        through = {cell: CELL["factor"][cell[0]](v) * CELL["slope"][cell[1]](v) for cell in cells} | {"δh": 1.0}
        options = {}
        for gate in GATES:
            row = z[:, GATES.index(gate)]
            pairs = list(product(PARTNERS[gate], SLOPES[gate]))
            products = np.stack([PARTNERS[gate][a](v) * SLOPES[gate][b](v) for a, b in pairs])
            for cell, factor in through.items() if gate != "o" else [("δh", 1.0)]:
                wanted = products * factor
                with np.errstate(all="ignore"):
                    times = (wanted * row).sum(axis=1) / (wanted**2).sum(axis=1)
                    off = np.abs(times[:, None] * wanted - row).max(axis=1) / np.abs(row).max()
                for k in np.flatnonzero(off < tolerance):
                    how = {"partner": pairs[k][0], "slope": pairs[k][1], "times": float(np.round(times[k], 6))}
                    cost = sum(part is not None for part in pairs[k]) + (how["times"] != 1) + 0.01 * k / len(pairs)
                    if (gate, cell) not in options or cost < options[gate, cell][0]:
                        options[gate, cell] = cost, how
        if (("o", "δh")) in options:
            gates["o"] = options["o", "δh"][1]
        best = None
        for number, cell in enumerate(cells):
            cost, chosen = sum(part is not None for part in cell) + 0.01 * number / len(cells), {}
            for gate in "ifg":
                ways = [(options[gate, key][0] + extra, key, options[gate, key][1])
                        for key, extra in ((cell, 0), ("δh", 1.5)) if (gate, key) in options]  # fmt: skip
                if ways:
                    price, key, how = min(ways, key=lambda way: way[0])
                    chosen[gate] = how | {"from": key}
                    cost += price
                else:
                    cost += 3
            shared = {how["times"] for how in chosen.values()}
            if len(shared) == 1 and len(chosen) == 3 and shared != {1.0}:
                cost -= 2
            if best is None or cost < best[0]:
                best = cost, cell, chosen
        cost, cell, chosen = best
        gates |= chosen
        zero = [gate for gate in GATES if np.abs(z[:, GATES.index(gate)]).max() < 1e-12]
        unknown = [gate for gate in GATES if gate not in gates and gate not in zero]
        cost += options["o", "δh"][0] if ("o", "δh") in options else 3
        return {"gates": gates, "cell": cell, "unknown": unknown, "zero": zero, "cost": cost}

    def tell(self, best, z, v, step):
        gates = best["gates"]
        in_cell = [gate for gate in "ifg" if gate in gates and gates[gate]["from"] != "δh"]
        if in_cell:
            for part in best["cell"]:
                if part is not None:
                    self.find("3.5", part)
        times = [gates[gate]["times"] for gate in GATES if gate in gates]
        common = times[0] if len(times) == 4 and len(set(times)) == 1 else 1
        if common != 1:
            self.find("3.4", f"∂⁺L/∂h_t, the immediate part of δh_t, {TIMES.get(common, f'comes {common:g} times')}")
        of_cell = {gates[gate]["times"] for gate in in_cell}
        share = of_cell.pop() if len(of_cell) == 1 and len(in_cell) == 3 and common == 1 else 1
        if share != 1:
            self.find("3.5", f"the first term of δc_t {TIMES.get(share, f'comes {share:g} times')}")
        for gate, how in gates.items():
            for part in (how["partner"], how["slope"]):
                if part is not None:
                    self.find(EQUATION[gate], f"δ{gate}̃_t: {part}")
            if gate != "o" and how["from"] == "δh":
                self.find(EQUATION[gate], f"δ{gate}̃_t: δh_t stands where δc_t belongs")
            left = how["times"] / common / (share if gate in in_cell else 1)
            if abs(left - 1) > 1e-4:
                self.find(EQUATION[gate], f"δ{gate}̃_t {TIMES.get(left, f'comes {left:g} times')}")
        for gate in best["zero"]:
            self.find(EQUATION[gate], f"δ{gate}̃_t is 0")
        for gate in best["unknown"]:
            self.explained = False
            k = GATES.index(gate)
            right = self.right_row(gate, best, v)
            self.find(
                EQUATION[gate],
                f"δ{gate}̃_t is not what the equation says, and none of the usual mistakes: at {step} of a scalar LSTM, "
                f"with dh = 1, it is {z[0, k]:.6g} where {right[0]:.6g} belongs",
            )

    def right_row(self, gate, best, v):
        factor, slope = best["cell"]
        through = 1.0 if gate == "o" else CELL["factor"][factor](v) * CELL["slope"][slope](v)
        return through * PARTNERS[gate][None](v) * SLOPES[gate][None](v)

    def local(self, gate, v, parts=("partner", "slope")):
        """The student's own factors of one gate at a step with these values, without what comes from δh or δc."""
        how = self.one_step["gates"][gate]
        factor = how["times"] * np.ones_like(v["i"])
        if "partner" in parts:
            factor = factor * PARTNERS[gate][how["partner"]](v)
        if "slope" in parts:
            factor = factor * SLOPES[gate][how["slope"]](v)
        return factor

    def through_cell(self, v):
        factor, slope = self.one_step["cell"]
        return CELL["factor"][factor](v) * CELL["slope"][slope](v)

    # --- two steps ---

    def later_step(self):
        """Does nothing flow forwards, and is the first step made like the last? True where one can go on."""
        cases = self.scalar(2)
        last, first = (self.in_order(self.deltas(cases, dh)) for dh in ([0.0, 1.0], [1.0, 0.0]))
        v1, v2 = values(cases, 1), values(cases, 2)
        tolerance = max(1e-7, 10 * self.patient.tolerance)
        if np.abs(first[:, 1]).max() > tolerance:
            words = "step 2 hears something from dh of step 1: nothing flows forwards in a backward pass"
            if np.abs(last[:, 0]).max() < tolerance:
                words = "the loop runs forwards in time: what step t hears comes from step t + 1, so begin at the last"
            self.find("3.4", words)
            self.explained = False
            return False
        expected = np.stack([self.of_one_step(gate, v1) for gate in GATES], axis=1)
        if not close(first[:, 0], expected, tolerance):
            self.first_step(first[:, 0], expected, v1)
        self.two = cases, last, v1, v2
        return not self.one_step["unknown"]

    def of_one_step(self, gate, v):
        best = self.one_step
        if gate not in best["gates"]:
            return 0 * v["i"] if gate in best["zero"] else self.right_row(gate, best, v)
        through = 1.0 if gate == "o" or best["gates"][gate]["from"] == "δh" else self.through_cell(v)
        return through * self.local(gate, v)

    def first_step(self, seen, expected, v):
        """What is wrong at the first step alone."""
        off = [gate for k, gate in enumerate(GATES) if not close(seen[:, k], expected[:, k], 1e-6)]
        off = [gate for gate in off if gate not in self.one_step["unknown"]]  # of which enough was said
        self.odd_first = set(off) if len(off) < 4 else set()
        if not off:
            return
        if np.abs(seen).max() < 1e-12:
            self.find("3.4", "dh of an earlier step than the last is not used: every step has its immediate part")
        elif off == ["f"] and np.abs(seen[:, 1]).max() < 1e-12:
            self.find("3.8", "δf̃_1: 0 stands where c_0 belongs")
        else:
            again = self.explain(seen, v)
            self.tell(again, seen, v, "step 1 of 2")

    # --- the arrows from one step to the step before: (3.4), (3.5) ---

    def arrows_back(self):
        cases, last, v1, v2 = self.two
        z2, W_h = last[:, 1], np.stack([case.weights.W_h[:, 0] for case in cases])
        self.along = {}
        blocks = {(j, k): z2[:, GATES.index(j)] * W_h[:, GATES.index(k)] for j in GATES for k in GATES}
        found = {}
        for gate in (g for g in "oifg" if g in self.one_step["gates"] and g not in self.odd_first):
            how = self.one_step["gates"][gate]
            direct = gate == "o" or how["from"] == "δh"
            full = self.local(gate, v1)
            through = full if direct else self.through_cell(v1) * full
            columns = {("h", *key): through * block for key, block in blocks.items()}
            if not direct:
                d_c2 = self.through_cell(v2)
                for words, factor in ALONG.items():
                    carried = d_c2 * factor(v2, v1)
                    columns["c", words, "partner", "slope"] = carried * full
                    columns["c", words, "partner"] = carried * self.local(gate, v1, ["partner"])
                    columns["c", words, "slope"] = carried * self.local(gate, v1, ["slope"])
                    columns["c", words] = carried
            columns = self.distinct(columns)
            found[gate] = coefficients(columns, last[:, 0, GATES.index(gate)], self.patient.tolerance * 10)
        self.read_arrows(found)
        self.found = found

    def distinct(self, columns):
        """Without columns that say the same as an earlier one."""
        kept = {}
        for name, column in columns.items():
            if not any(close(column, other, 1e-9) for other in kept.values()):
                kept[name] = column
        return kept

    def read_arrows(self, found):
        unknown = [gate for gate, sums in found.items() if sums is None]
        self.explained &= not unknown
        if len(unknown) == len(found):
            self.find("3.4", "what step 1 hears from step 2 is no sum over the arrows that lead there")
            return
        for gate in unknown:
            self.find(EQUATION[gate], f"δ{gate}̃_1: what it hears from step 2 is no sum over the arrows that lead there")
        known = {gate: sums for gate, sums in found.items() if sums is not None}
        heard = {gate: {key[1:]: c for key, c in sums.items() if key[0] == "h"} for gate, sums in known.items()}
        self.of_h(heard)
        along = {gate: {key[1:]: c for key, c in sums.items() if key[0] == "c"} for gate, sums in known.items()
                 if gate != "o" and self.one_step["gates"][gate]["from"] != "δh"}  # fmt: skip
        self.of_c(along)

    def of_h(self, heard):
        silent = [gate for gate, sums in heard.items() if not sums]
        speaking = [sums for sums in heard.values() if sums]
        self.arrows = speaking[0] if speaking else {}
        if silent and not speaking:
            self.find("3.4", "the carry is left out: δh_t must also hear from step t + 1, through W_h")
            return
        if silent == ["o"]:
            self.find("3.6", "δõ_t: the immediate ∂⁺L/∂h_t stands where the total δh_t belongs")
        elif silent and set(silent) >= {g for g in "ifg" if g in heard}:
            self.find("3.5", "δc_t: the immediate ∂⁺L/∂h_t stands where the total δh_t belongs")
        else:
            for gate in silent:
                self.find(EQUATION[gate], f"δ{gate}̃_t: the immediate ∂⁺L/∂h_t stands where the total δh_t belongs")
        for gate, sums in heard.items():
            if sums and sums != self.arrows:
                self.find(EQUATION[gate], f"δ{gate}̃_t: hears of h another sum than the other gates do")
        if self.arrows != RIGHT_ARROWS:
            self.wrong_arrows(self.arrows)

    def wrong_arrows(self, arrows):
        strange = {key: c for key, c in arrows.items() if key[0] != key[1]}
        direct = {gate: arrows.get((gate, gate), 0.0) for gate in GATES}
        if len(set(direct.values())) == 1 and not strange:
            c = direct["i"]
            self.find("3.4", f"the carry δz̃_(t+1) W_h {TIMES.get(c, f'comes {c:g} times')}")
            return
        if self.rows != tuple(GATES) and all(self.rows[GATES.index(k)] == j for j, k in arrows):
            return  # follows from the order of the rows
        if strange and len(strange) == 4 and not any(direct.values()):
            pairs = ", ".join(f"δ{j}̃ with W_h{k}" for j, k in sorted(strange))
            self.find("3.4", f"the blocks are exchanged on the way back: {pairs}")
            return
        for j, k in strange:
            self.find("3.4", f"δ{j}̃_(t+1) goes back through W_h{k}; it must go through W_h{j}")
        for gate, c in direct.items():
            if c == 0 and not any(j == gate for j, _ in strange):
                self.find("3.4", f"the arrow through {gate}̃_(t+1) is left out: δ{gate}̃_(t+1) W_h{gate}")
            elif c not in (0, 1):
                self.find("3.4", f"δ{gate}̃_(t+1) W_h{gate} {TIMES.get(c, f'comes {c:g} times')}")

    def of_c(self, along):
        if not along:
            return
        shown = {}
        for gate, sums in along.items():
            full = {words: c for (words, *parts), c in sums.items() if parts == ["partner", "slope"]}
            other = {key: c for key, c in sums.items() if list(key[1:]) != ["partner", "slope"]}
            shown[gate] = full
            for (words, *parts), c in other.items():
                named = {"partner": "the factor", "slope": "the slope"}
                missing = " and ".join(word for part, word in named.items() if part not in parts)
                say = (
                    f"δ{gate}̃_t: of the two terms of δc_t, the one along the cell has not got {missing} of gate {gate}"
                )
                self.find(EQUATION[gate], say)
                shown[gate] = shown[gate] | {words: c}
        self.along_found = next(iter(shown.values()))
        silent = [gate for gate, sums in shown.items() if not sums]
        if len(silent) == len(shown):
            self.find("3.5", "the carry along the cell, δc_{t+1} f_{t+1}, is left out")
            return
        for gate in silent:
            self.find(EQUATION[gate], f"δ{gate}̃_t: takes δc_t without the carry along the cell, δc_{{t+1}} f_{{t+1}}")
        for sums in (s for s in shown.values() if s):
            for words, c in sums.items():
                if words is not None:
                    self.find("3.5", words)
                if c != 1:
                    self.find("3.5", f"the carry along the cell {TIMES.get(c, f'comes {c:g} times')}")

    # --- three steps: do the carries only carry? ---

    def three_steps(self):
        gate = next((g for g in "ifg" if g in self.one_step["gates"] and self.one_step["gates"][g]["from"] != "δh"
                     and self.one_step["gates"][g]["partner"] != "0 stands where c_0 belongs"), None)  # fmt: skip
        if gate not in self.found or any(sums is None for sums in self.found.values()):
            return
        cases = self.scalar(3)
        z = self.in_order(self.deltas(cases, [0.0, 0.0, 1.0]))
        v1, v2, v3 = (values(cases, t) for t in (1, 2, 3))
        W_h = np.stack([case.weights.W_h[:, 0] for case in cases])
        carry = [sum(c * z[:, t, GATES.index(j)] * W_h[:, GATES.index(k)] for (j, k), c in self.arrows.items())
                 for t in (1, 2)]  # fmt: skip
        d_c3 = self.through_cell(v3)

        def handed(later, now):
            return sum(c * ALONG[words](later, now) for words, c in self.along_found.items())

        d_c2 = self.through_cell(v2) * carry[1] + d_c3 * handed(v3, v2)
        columns = {"h": carry[0], "h twice": carry[1]}
        seen = z[:, 0, GATES.index("o")] / self.local("o", v1) if "o" in self.one_step["gates"] else None
        if seen is not None and self.found.get("o"):
            sums = coefficients(columns, seen, self.patient.tolerance * 100)
            if sums and sums.get("h twice"):
                self.find("3.4", "the carry of h piles up: step t hears again what step t + 2 said. Use = , not +=")
            elif sums is not None and not sums.get("h"):
                self.find("3.4", "the carry of h ends after one step")
        if self.found[gate] and {key[0] for key in self.found[gate]} == {"h", "c"}:
            seen = z[:, 0, GATES.index(gate)] / self.local(gate, v1)
            parts = {"h": self.through_cell(v1) * carry[0], "h twice": self.through_cell(v1) * carry[1],
                     "c": d_c2 * handed(v2, v1), "c twice": d_c3 * handed(v3, v2)}  # fmt: skip
            sums = coefficients(parts, seen, self.patient.tolerance * 100)
            if sums and sums.get("c twice"):
                self.find("3.5", "the carry along the cell piles up: what step t + 2 said is heard again at step t. "
                          "Use = , not +=")  # fmt: skip
            elif sums is not None and not sums.get("c"):
                self.find("3.5", "the carry along the cell ends after one step")
