"""The examination: equation by equation, from the last step backwards, each with the student's own numbers before it.

A backward pass is linear in dh, and its gradients are sums over arrows of the graph. So each equation can be asked for
by itself: inputs are chosen that let single deltas be read off the answer, products of factors are looked up among
their usual mistakes, and sums are regressed on the arrows that could carry something. Equations as in notebook 03.
"""

from itertools import permutations, product

import numpy as np

from lstm_helpers.diagnosis.arrows import IMMEDIATE, Arrow, carry_arrows, immediate
from lstm_helpers.diagnosis.cases import Case, values
from lstm_helpers.diagnosis.fitting import close, coefficients
from lstm_helpers.diagnosis.mistakes import ALONG, CELL, EQUATION, PARTNERS, SLOPES, TERMS, times_words
from lstm_helpers.diagnosis.sums import RIGHT_ARROWS, Sums
from lstm_helpers.weights import GATES

MANY = 64  # random LSTMs: more than there are arrows to tell apart
RIGHT_SOURCE = {"o": "δh", "i": "δc", "f": "δc", "g": "δc"}
SOURCES = {"δh": "δh_t", "δm": "δm_t = δh_t o_t", "δc": "δc_t"}  # what a gate's delta may be made of


class Examination(Sums):
    """Findings are {(equation, words): Arrows}, kept in the order in which they arise."""

    def __init__(self, patient):
        self.patient, self.findings, self.explained = patient, {}, True
        self.arrows, self.along_found, self.found = RIGHT_ARROWS, {None: 1.0}, {}
        self.carry_known, self.times = True, 1.0  # times: how often a δh_t of 1 comes to δc_t

    def find(self, equation, words, *arrows):
        self.findings.setdefault((equation, words), arrows)

    def find_factor(self, place, words, said=None):
        """A factor of the table that stands in the place of the right one."""
        arrow = Arrow(
            *place.arrow, place[words].written(place), place[None].written(place), each_step=place is not ALONG
        )
        self.find(place.equation, said or words, arrow)

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
        if name.startswith("W_x"):
            columns = np.arange(len(case.x))
            columns = {"W_x reversed": columns[::-1], "W_x of the step before": np.roll(columns, 1)}.get(name, columns)
            return answer["W_x"][:, columns].T
        return answer["x"][:, 0] @ np.linalg.pinv(case.weights.W_x)

    def deltas(self, cases, dh):
        """(count, T, 4): the student's deltas; dh: (T,) for all cases alike."""
        dh = np.asarray(dh, float)[:, None, None]
        return np.stack([self.read(self.witness, self.patient.ask(case, dh.copy()), case) for case in cases])

    def choose_witness(self):
        """Which entry shows the deltas? The one that most entries agree with, on one step and on two."""
        self.witness = None
        cases, strange = self.scalar(3, 12), ("W_x reversed", "W_x of the step before")
        answers = [self.patient.ask(case) for case in cases]
        candidates = [name for name in ("z", "W_x", "x", *strange) if name.split()[0] in answers[0]]
        if not candidates:
            return
        votes = {}
        for name in candidates:
            z = np.stack([self.read(name, answer, case) for answer, case in zip(answers, cases)])
            before = np.array([[case.h_0[0, 0], *(step.h[0, 0] for step in case.steps[:-1])] for case in cases])
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
                                     1e3 * self.patient.tolerance)
                               for k in candidates if k != name and k not in strange)  # fmt: skip
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
        if best["cost"] > 2.5:
            best = self.explain(z, v, permutations(GATES))
            self.rows = best["rows"]
        if self.rows != tuple(GATES):
            places = ", ".join(GATES[self.rows.index(gate)] for gate in GATES)
            self.find("3.14", f"the rows of the gates are stacked {places}; the weights want i, f, g, o")
        if len(best["unknown"]) > 1:
            best = self.strange_cell(best, self.in_order(z), v)
        self.one_step = best
        self.tell(best, self.in_order(z), v, step="step 2 of 2")
        return True

    def in_order(self, z):
        """The last axis sorted as i, f, g, o, whatever order the student stacked."""
        return z[..., [GATES.index(gate) for gate in self.rows]]

    def row_of(self, gate):
        """Which of the student's four rows holds this gate."""
        return GATES.index(self.rows[GATES.index(gate)])

    def explain(self, z, v, orders=(tuple(GATES),)):
        """The cheapest account of z (count, 4) by the tables of alternatives, with its rows in one of these orders."""
        cells = list(product(CELL["factor"], CELL["slope"]))
        sources = {("δc", *cell): CELL["factor"][cell[0]](v) * CELL["slope"][cell[1]](v) for cell in cells}
        sources |= {("δm", words): factor(v) for words, factor in CELL["factor"].items()} | {("δh",): np.ones(len(z))}
        accounts, orders = [], list(orders)
        asked = {pair for order in orders for pair in zip(GATES, order)}
        options = {(gate, row): self.options(gate, z[:, GATES.index(row)], sources, v) for gate, row in asked}
        for order in orders:
            ways = {gate: options[gate, row] for gate, row in zip(GATES, order)}
            zero = [gate for gate, row in zip(GATES, order) if np.abs(z[:, GATES.index(row)]).max() < 1e-12]
            for number, cell in enumerate(cells):
                account = self.account(cell, ways, zero) | {"rows": order}
                account["cost"] += 0.01 * number / len(cells) + 1.5 * (order != tuple(GATES))
                accounts.append(account)
        return min(accounts, key=lambda account: account["cost"])

    def options(self, gate, row, sources, v):
        """{source: (cost, how)}: how this row could be the delta of this gate, made from each source."""
        tolerance, found = max(1e-7, 10 * self.patient.tolerance), {}
        pairs = list(product(PARTNERS[gate], SLOPES[gate]))
        partners = {words: factor(v) for words, factor in PARTNERS[gate].items()}
        slopes = {words: factor(v) for words, factor in SLOPES[gate].items()}
        products = np.stack([partners[a] * slopes[b] for a, b in pairs])
        for source, through in sources.items():
            wanted = products * through
            with np.errstate(all="ignore"):
                times = (wanted * row).sum(axis=1) / (wanted**2).sum(axis=1)
                off = np.abs(times[:, None] * wanted - row).max(axis=1) / np.abs(row).max()
            for k in np.flatnonzero(off < tolerance):
                how = {"partner": pairs[k][0], "slope": pairs[k][1], "times": float(np.round(times[k], 6))}
                cost = sum(part is not None for part in pairs[k]) + (how["times"] != 1) + 0.01 * k / len(pairs)
                if source not in found or cost < found[source][0]:
                    found[source] = cost, how | {"from": source[0]}
        return found

    def account(self, cell, ways, zero):
        """What each gate's delta is made of, if (3.5) is made with the factors of this cell."""
        cost, gates = sum(part is not None for part in cell), {}
        for gate, options in ways.items():
            prices = [(options[source][0] + 1.5 * (source[0] != RIGHT_SOURCE[gate]), options[source][1])
                      for source in (("δc", *cell), ("δm", cell[0]), ("δh",)) if source in options]  # fmt: skip
            if prices:
                price, gates[gate] = min(prices, key=lambda pair: pair[0])
                cost += price
            else:
                cost += 3
        shared = {gates[gate]["times"] for gate in "ifg" if gate in gates}
        if len(shared) == 1 and all(gate in gates for gate in "ifg") and shared != {1.0}:
            cost -= 2
        unknown = [gate for gate in GATES if gate not in gates and gate not in zero]
        return {"gates": gates, "cell": cell, "unknown": unknown, "zero": zero, "cost": cost}

    def strange_cell(self, best, z, v):
        """A δc_t that no table explains, but which several gates have in common: then (3.5) alone is wrong."""
        right = {gate: self.right_local(gate, v) for gate in "ifg"}
        made_from = {gate: z[:, GATES.index(gate)] / right[gate] for gate in "ifg"}
        for first in "ifg":
            common = [gate for gate in "ifg" if close(made_from[gate], made_from[first], 1e-6)]
            if len(common) > 1 and set(common) <= set(best["unknown"]):
                rows = z.copy()
                for gate in "ifg":  # as if δc_t were right
                    rows[:, GATES.index(gate)] *= self.right_through(v) / made_from[first]
                return self.explain(rows, v) | {"cell": None, "d_c": made_from[first]}
        return best

    def tell(self, best, z, v, step):
        gates = best["gates"]
        in_cell = [gate for gate in "ifg" if gate in gates and gates[gate]["from"] == "δc"]
        if best["cell"] is None:
            self.explained = False
            self.find(
                "3.5",
                f"δc_t is not what the equation says, and none of the usual mistakes: at {step} of a scalar LSTM, with "
                f"dh = 1, it is {best['d_c'][0]:.6g} where {self.right_through(v)[0]:.6g} belongs",
                Arrow("m2", "h2", "", ""),
                Arrow("c2", "m2", rf"\delta c_2={best['d_c'][0]:.4g}", f"{self.right_through(v)[0]:.4g}"),
            )
        elif in_cell:
            for name, words in zip(("factor", "slope"), best["cell"]):
                if words is not None:
                    self.find_factor(CELL[name], words)
        times = [gates[gate]["times"] for gate in GATES if gate in gates]
        common = times[0] if len(times) == 4 and len(set(times)) == 1 else 1
        if common != 1:
            self.find("3.4", f"∂⁺L/∂h_t, the immediate part of δh_t, {times_words(common)}",
                      Arrow("h2", "L", f"{common:g}\\,{IMMEDIATE}", IMMEDIATE))  # fmt: skip
        of_cell = {gates[gate]["times"] for gate in in_cell}
        share = of_cell.pop() if len(of_cell) == 1 and len(in_cell) == 3 and common == 1 else 1
        if share != 1:
            self.find("3.5", f"the first term of δc_t {times_words(share)}",
                      Arrow("c2", "m2", rf"{share:g}\,(1-m_t^2)", "1-m_t^2"))  # fmt: skip
        self.times = common * share
        for gate, how in gates.items():
            for table, words in ((PARTNERS, how["partner"]), (SLOPES, how["slope"])):
                if words is not None:
                    self.find_factor(table[gate], words, f"δ{gate}̃_t: {words}")
            place, partner = PARTNERS[gate], PARTNERS[gate][how["partner"]].written()
            if how["from"] != RIGHT_SOURCE[gate]:
                wrong, right = SOURCES[how["from"]], RIGHT_SOURCE[gate]
                self.find(EQUATION[gate], f"δ{gate}̃_t: {wrong} stands where {right}_t belongs",
                          Arrow(*place.arrow, "0", place[None].written()),
                          Arrow(f"{gate}2", how["from"][1] + "2", partner, "", extra=True))  # fmt: skip
            left = how["times"] / common / (share if gate in in_cell else 1)
            if abs(left - 1) > 1e-4:
                self.find(EQUATION[gate], f"δ{gate}̃_t {times_words(left)}",
                          Arrow(*place.arrow, rf"{left:g}\,{partner}", place[None].written()))  # fmt: skip
        if set(best["zero"]) >= set("ifg"):
            self.find(*TERMS["product"].said, Arrow("c2", "m2", "0", "1-m_t^2"))
        for gate in best["zero"]:
            if gate == "o" or not set(best["zero"]) >= set("ifg"):
                place = PARTNERS[gate]
                self.find(EQUATION[gate], f"δ{gate}̃_t is 0", Arrow(*place.arrow, "0", place[None].written()))
        for gate in best["unknown"]:
            self.explained = False
            seen = z[0, GATES.index(gate)]
            through = best.get("d_c", self.through_cell(v, best)) if gate != "o" else np.ones(len(z))
            right = (through * self.right_local(gate, v))[0]
            self.find(
                EQUATION[gate],
                f"δ{gate}̃_t is not what the equation says, and none of the usual mistakes: at {step} of a scalar LSTM, "
                f"with dh = 1, it is {seen:.6g} where {right:.6g} belongs",
                Arrow(f"{gate}~2", f"{gate}2", rf"\delta\tilde{{{gate}}}_2={seen:.4g}", f"{right:.4g}"),
            )

    def right_local(self, gate, v):
        return PARTNERS[gate][None](v) * SLOPES[gate][None](v)

    def right_through(self, v):
        return CELL["factor"][None](v) * CELL["slope"][None](v)

    def through_cell(self, v, best=None):
        """From δh_t to δc_t, with the student's factors; the right ones where these have no name."""
        factor, slope = (best or self.one_step)["cell"] or (None, None)
        return CELL["factor"][factor](v) * CELL["slope"][slope](v)

    def local(self, gate, v, parts=("partner", "slope")):
        """The student's own factors of one gate at a step with these values, without what comes from δh or δc."""
        how = self.one_step["gates"][gate]
        factor = how["times"] * np.ones_like(v["i"])
        if "partner" in parts:
            factor = factor * PARTNERS[gate][how["partner"]](v)
        if "slope" in parts:
            factor = factor * SLOPES[gate][how["slope"]](v)
        return factor

    def source(self, gate, v):
        """From δh_t to what the gate's delta is made of."""
        kind = self.one_step["gates"][gate]["from"]
        if kind == "δm":
            return CELL["factor"][(self.one_step["cell"] or (None,))[0]](v)
        return self.through_cell(v) if kind == "δc" else np.ones_like(v["i"])

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
        self.first_step(first[:, 0], v1)
        self.two = cases, first[:, 0], last, v1, v2
        return True

    def first_step(self, seen, v):
        """What is wrong at the first step alone. seen: its deltas (count, 4), with nothing after it."""
        known = [g for g in GATES if g in self.one_step["gates"] and (self.one_step["cell"] or g == "o")]
        off = [g for g in known
               if not close(seen[:, GATES.index(g)], self.source(g, v) * self.local(g, v), 1e-6)]  # fmt: skip
        if not off:
            return
        if np.abs(seen).max() < 1e-12:
            self.find("3.4", "dh of an earlier step than the last is not used: every step has its immediate part",
                      Arrow("h2", "L", r"0\ \mathrm{for}\ t<T", IMMEDIATE))  # fmt: skip
        elif off == ["f"] and np.abs(seen[:, 1]).max() < 1e-12:
            self.find("3.8", "δf̃_1: 0 stands where c_0 belongs", Arrow("f1", "c1", "0", "c_0", each_step=False))
        else:
            self.tell(self.explain(seen, v), seen, v, "step 1 of 2")

    # --- the arrows from one step to the step before: (3.4), (3.5) ---

    def arrows_back(self):
        """Regress what step 1 hears from step 2 on all that it could hear. The student's own answer with nothing after
        step 1 says what becomes there of a δh_1 of 1, be it right or wrong."""
        cases, first, last, v1, v2 = self.two
        z2, W_h = last[:, 1], np.stack([case.weights.W_h[:, 0] for case in cases])
        blocks = {(j, k): z2[:, GATES.index(j)] * W_h[:, GATES.index(k)] for j in GATES for k in GATES}
        gates, found = self.one_step["gates"], {}
        of_cell = [gate for gate in "ifg" if gate in gates and gates[gate]["from"] == "δc"]
        for gate in "oifg":
            k = GATES.index(gate)
            full_h = first[:, k]  # of δh_1
            if np.abs(full_h).max() < 1e-12 or (gate not in gates and gate != "o" and not of_cell):
                continue
            columns = {("h", *key): full_h * block for key, block in blocks.items()}
            if (gate in gates and gates[gate]["from"] == "δc") or (gate not in gates and gate != "o"):
                full = full_h / self.of_cell(of_cell, first, v1)
                for words, factor in ALONG.items():
                    carried = self.of_cell(of_cell, z2, v2) * factor(v2, v1)
                    columns["c", words, "partner", "slope"] = carried * full
                    if gate in gates:
                        columns["c", words, "partner"] = carried * self.local(gate, v1, ["partner"])
                        columns["c", words, "slope"] = carried * self.local(gate, v1, ["slope"])
                        columns["c", words] = carried
            sums = coefficients(self.distinct(columns), last[:, 0, k], self.patient.tolerance * 10)
            if sums is not None or gate in gates:
                found[gate] = sums
        self.found = found
        self.read_arrows(found)

    def of_cell(self, gates, z, v):
        """From δh_t to δc_t, where nothing comes along the cell: by the tables, or else read off one of these gates."""
        if self.one_step["cell"] or not gates:
            return self.through_cell(v)
        return z[:, GATES.index(gates[0])] / self.local(gates[0], v)

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
        if not found:
            return
        if len(unknown) == len(found):
            self.find("3.4", "what step 1 hears from step 2 is no sum over the arrows that lead there",
                      *carry_arrows("?"))  # fmt: skip
            self.carry_known = False
            return
        if self.strange_carry_of_c(unknown):
            unknown = []
        for gate in unknown:
            self.find(EQUATION[gate], f"δ{gate}̃_1: what it hears from step 2 is no sum over the arrows that lead there",
                      Arrow(*PARTNERS[gate].arrow, "?", PARTNERS[gate][None].written()))  # fmt: skip
        known = {gate: sums for gate, sums in found.items() if sums is not None}
        heard = {gate: {key[1:]: c for key, c in sums.items() if key[0] == "h"} for gate, sums in known.items()}
        self.of_h(heard)
        along = {gate: {key[1:]: c for key, c in sums.items() if key[0] == "c"} for gate, sums in known.items()
                 if self.one_step["gates"].get(gate, {"from": RIGHT_SOURCE[gate]})["from"] == "δc"}  # fmt: skip
        self.of_c(along)

    def strange_carry_of_c(self, gates):
        """A carry along the cell that no table explains, but which these gates have in common: (3.5) is wrong."""
        heard = next((sums for sums in self.found.values() if sums is not None), None)
        if heard is None or len(gates) < 2 or "o" in gates:
            return False
        cases, first, last, v1, v2 = self.two
        z2, W_h = last[:, 1], np.stack([case.weights.W_h[:, 0] for case in cases])
        of_h = sum(c * z2[:, GATES.index(key[1])] * W_h[:, GATES.index(key[2])] for key, c in heard.items()
                   if key[0] == "h")  # fmt: skip
        of_cell = [gate for gate in "ifg" if gate in self.one_step["gates"]]
        d_c1 = self.of_cell(of_cell, first, v1)
        handed = [(last[:, 0, k] / first[:, k] - of_h) * d_c1 for k in map(GATES.index, gates)]
        if not all(close(array, handed[0], 1e-6) for array in handed):
            return False
        right = self.of_cell(of_cell, z2, v2) * v2["f"]
        self.find(
            "3.5",
            f"what comes along the cell is not δc_{{t+1}} f_{{t+1}}, and none of the usual mistakes: from step 2 to 1 "
            f"of a scalar LSTM, with dh = 1 at step 2 alone, it is {handed[0][0]:.6g} where {right[0]:.6g} belongs",
            Arrow("c1", "c2", f"{handed[0][0]:.4g}", f"{right[0]:.4g}", each_step=False),
        )
        return True

    def of_h(self, heard):
        silent = [gate for gate, sums in heard.items() if not sums]
        speaking = [sums for sums in heard.values() if sums]
        self.arrows = max(speaking, key=lambda sums: (sums == RIGHT_ARROWS, speaking.count(sums)), default={})
        if silent and not speaking:
            self.find(*TERMS["carry of h"].said, *carry_arrows("0"))
            return
        if silent == ["o"]:
            self.find("3.6", "δõ_t: the immediate ∂⁺L/∂h_t stands where the total δh_t belongs", immediate("o2", "h2"))
        elif silent and set(silent) >= {g for g in "ifg" if g in heard}:
            self.find("3.5", "δc_t: the immediate ∂⁺L/∂h_t stands where the total δh_t belongs", immediate("m2", "h2"))
        else:
            for gate in silent:
                self.find(EQUATION[gate], f"δ{gate}̃_t: the immediate ∂⁺L/∂h_t stands where the total δh_t belongs",
                          immediate(*PARTNERS[gate].arrow))  # fmt: skip
        others = {gate: sums for gate, sums in heard.items() if sums and sums != self.arrows}
        if len(others) > 1 and set(others) == set(heard) - {"o"} and "o" in heard:
            c = {sums.get(key, 0) / c for sums in others.values() for key, c in self.arrows.items()}
            how = times_words(c.pop()) if len(c) == 1 else "is another sum than in δõ_t"
            self.find("3.5", f"δc_t: the carry of h in it {how}", immediate("m2", "h2", r"\mathrm{another\ carry}"))
        else:
            for gate in others:
                self.find(EQUATION[gate], f"δ{gate}̃_t: hears of h another sum than the other gates do",
                          immediate(*PARTNERS[gate].arrow, r"\mathrm{another\ carry}"))  # fmt: skip
        if self.arrows != RIGHT_ARROWS:
            self.wrong_arrows(self.arrows)

    def wrong_arrows(self, arrows):
        strange = {key: c for key, c in arrows.items() if key[0] != key[1]}
        z2 = self.two[2][:, 1]
        direct = {gate: arrows.get((gate, gate), 0.0) for gate in GATES if np.abs(z2[:, GATES.index(gate)]).max() > 0}
        if len(set(direct.values())) == 1 and not strange:
            c = next(iter(direct.values()))
            if c == 1:
                return
            self.find("3.4", f"the carry δz̃_(t+1) W_h {times_words(c)}", *carry_arrows(f"{c:g}\\,"))
            return
        if self.rows != tuple(GATES) and all(self.rows[GATES.index(k)] == j for j, k in arrows):
            return  # follows from the order of the rows
        if strange and len(strange) == 4 and not any(direct.values()):
            pairs = ", ".join(f"δ{j}̃ with W_h{k}" for j, k in sorted(strange))
            self.find("3.4", f"the blocks are exchanged on the way back: {pairs}",
                      *(Arrow("h1", f"{j}~2", f"W_{{h{k}}}", f"W_{{h{j}}}") for j, k in strange))  # fmt: skip
            return
        for j, k in strange:
            self.find("3.4", f"δ{j}̃_(t+1) goes back through W_h{k}; it must go through W_h{j}",
                      Arrow("h1", f"{j}~2", f"W_{{h{k}}}", f"W_{{h{j}}}"))  # fmt: skip
        for gate, c in direct.items():
            arrow = Arrow("h1", f"{gate}~2", rf"{c:g}\,W_{{h{gate}}}" if c else "0", f"W_{{h{gate}}}")
            if c == 0 and not any(j == gate for j, _ in strange):
                self.find("3.4", f"the arrow through {gate}̃_(t+1) is left out: δ{gate}̃_(t+1) W_h{gate}", arrow)
            elif c not in (0, 1):
                self.find("3.4", f"δ{gate}̃_(t+1) W_h{gate} {times_words(c)}", arrow)

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
                factors = [table[gate][None].written() for table in (PARTNERS, SLOPES)]
                carries = [PARTNERS[gate][None].written() if "partner" in parts else "1",
                           SLOPES[gate][None].written() if "slope" in parts else "1"]  # fmt: skip
                for table, seen, right in zip((PARTNERS, SLOPES), carries, factors):
                    if seen != right:
                        arrow = Arrow(*table[gate].arrow, seen + r"\ \mathrm{in\ the\ cell's\ term}", right)
                        self.find(EQUATION[gate], say, arrow)
                shown[gate] = shown[gate] | {words: c}
        self.along_found = next(iter(shown.values()))
        silent = [gate for gate, sums in shown.items() if not sums]
        if len(silent) == len(shown):
            self.find(*TERMS["carry of c"].said, Arrow("c1", "c2", "0", "f_{t+1}", each_step=False))
            return
        for gate in silent:
            if gate == "o":
                continue  # which needs none
            words = f"δ{gate}̃_t: takes δc_t without the carry along the cell, δc_{{t+1}} f_{{t+1}}"
            carries, belongs = r"\mathrm{without}\ \delta c_{t+1} f_{t+1}", r"\mathrm{all\ of}\ \delta c_t"
            self.find(EQUATION[gate], words, Arrow(*PARTNERS[gate].arrow, carries, belongs))
        for sums in (s for s in shown.values() if s):
            for words, c in sums.items():
                if words is not None:
                    self.find_factor(ALONG, words)
                if c != 1:
                    self.find("3.5", f"the carry along the cell {times_words(c)}",
                              Arrow("c1", "c2", rf"{c:g}\,f_{{t+1}}", "f_{t+1}", each_step=False))  # fmt: skip

    # --- three steps: do the carries only carry? ---

    def three_steps(self):
        gate = next((g for g in "ifg" if g in self.one_step["gates"] and self.one_step["gates"][g]["from"] == "δc"
                     and self.one_step["gates"][g]["partner"] != "0 stands where c_0 belongs"), None)  # fmt: skip
        if gate not in self.found or any(sums is None for sums in self.found.values()) or not self.one_step["cell"]:
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

        columns = {"h": carry[0], "h twice": carry[1]}
        seen = z[:, 0, GATES.index("o")] / self.local("o", v1) if "o" in self.one_step["gates"] else None
        if seen is not None and self.found.get("o"):
            sums = coefficients(columns, seen, self.patient.tolerance * 100)
            if sums and sums.get("h twice"):
                self.find("3.4", "the carry of h piles up: step t hears again what step t + 2 said. Use = , not +=",
                          Arrow("h1", "f~3", r"\delta\tilde{z}_3 W_h,\ \mathrm{again}", "", extra=True))  # fmt: skip
            elif sums is not None and not sums.get("h"):
                self.find("3.4", "the carry of h ends after one step")
        if self.found[gate] and {key[0] for key in self.found[gate]} == {"h", "c"}:
            seen = z[:, 0, GATES.index(gate)] / self.local(gate, v1)
            old = d_c3 * handed(v3, v2)
            parts = {"h": self.through_cell(v1) * carry[0], "h twice": self.through_cell(v1) * carry[1],
                     "c": self.through_cell(v2) * carry[1] * handed(v2, v1), "c of c": old * handed(v2, v1),
                     "c twice": old}  # fmt: skip
            sums = coefficients(self.distinct(parts), seen, self.patient.tolerance * 100)
            if sums and sums.get("c twice"):
                words = (
                    "the carry along the cell piles up: what step t + 2 said is heard again at step t. Use = , not +="
                )
                self.find("3.5", words, Arrow("c1", "c3", r"\delta c_3 f_3,\ \mathrm{again}", "", extra=True))
            elif sums is not None and not sums.get("c of c") and None in self.along_found:
                words = "the carry along the cell ends after one step: δc_{t+1} f_{t+1} needs all of δc_{t+1}"
                carries = r"f_{t+1}\ \mathrm{of\ a\ part\ of}\ \delta c_{t+1}"
                belongs = r"f_{t+1}\ \mathrm{of\ all\ of}\ \delta c_{t+1}"
                self.find("3.5", words, Arrow("c1", "c2", carries, belongs))
