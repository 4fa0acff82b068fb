"""The third part: what a step hears from the step after it; (3.4), (3.5), sums over arrows."""

import numpy as np

from lstm_helpers.weights import GATES
from lstm_tutor.doctor.cases import close, coefficients, values
from lstm_tutor.doctor.findings import IMMEDIATE, Arrow, carry_arrows, immediate
from lstm_tutor.doctor.mistakes import ALONG, EQUATION, PARTNERS, RIGHT_SOURCE, SLOPES, TERMS, times_words
from lstm_tutor.doctor.sums import RIGHT_ARROWS


class Carries:
    """Methods of Examination, which has found out about single steps."""

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
            if "loop runs forwards" in words:  # which both carries suffer from
                self.find("3.5", words)
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
        no_f = np.abs(seen[:, GATES.index("f")]).max() < 1e-12 and "f" not in self.one_step["zero"]
        if not off and not (no_f and np.abs(seen).max() > 1e-12):
            return
        if np.abs(seen).max() < 1e-12:
            self.find("3.4", "dh of an earlier step than the last is not used: every step has its immediate part",
                      Arrow("h2", "L", r"0\ \mathrm{for}\ t<T", IMMEDIATE))  # fmt: skip
        elif no_f and set(off) <= {"f"}:
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
            if found.get("o", {}) is None and self.kind_of_source("o") == "δh":  # not by arrows: then as δõ_1 shows it
                blocks = {("?", "?"): last[:, 0, GATES.index("o")] / first[:, GATES.index("o")]}
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

    def kind_of_source(self, gate):
        """What the student makes this gate's delta of; the right one where that is not known."""
        return self.one_step["gates"].get(gate, {"from": RIGHT_SOURCE[gate]})["from"]

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
        if "o" in unknown and self.kind_of_source("o") == "δh":
            self.find(
                "3.4", "what step 1 hears from step 2 is no sum over the arrows that lead there", *carry_arrows("?")
            )
            self.carry_known, found = False, {gate: sums for gate, sums in found.items() if gate != "o"}
            unknown.remove("o")
        elif len(unknown) == len(found):
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
        if self.carry_known:
            self.of_h(heard)
        along = {gate: {key[1:]: c for key, c in sums.items() if key[0] == "c"} for gate, sums in known.items()
                 if self.kind_of_source(gate) == "δc"}  # fmt: skip
        self.of_c(along)

    def strange_carry_of_c(self, gates):
        """A carry along the cell that no table explains, but which these gates have in common: (3.5) is wrong."""
        heard = next((sums for sums in self.found.values() if sums is not None), None)
        if (heard is None and self.carry_known) or len(gates) < 2 or "o" in gates:
            return False
        cases, first, last, v1, v2 = self.two
        z2, W_h = last[:, 1], np.stack([case.weights.W_h[:, 0] for case in cases])
        o = GATES.index("o")
        of_h = last[:, 0, o] / first[:, o] if not self.carry_known else sum(
            c * z2[:, GATES.index(key[1])] * W_h[:, GATES.index(key[2])] for key, c in heard.items() if key[0] == "h"
        )  # fmt: skip
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
        of_o = heard.get("o")  # the one gate that hears nothing through δc_t
        if (
            of_o
            and self.arrows != RIGHT_ARROWS
            and all(
                sums.keys() == of_o.keys() and len({sums[key] / of_o[key] for key in of_o}) == 1 for sums in speaking
            )
        ):
            self.arrows = of_o
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
        of_cell = {gate for gate in heard if self.kind_of_source(gate) == "δc"}
        if len(others) > 1 and set(others) == of_cell:
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
            times = set(arrows.values())  # beside 1, which follows from the order of the rows
            if times != {1.0}:
                how = times_words(times.pop()) if len(times) == 1 else "does not count its four products alike"
                self.find("3.4", f"the carry δz̃_(t+1) W_h {how}", *carry_arrows("?"))
            return
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
        self.along_found = next((sums for gate, sums in shown.items() if sums and gate != "o"), {})
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
        if not self.found or any(sums is None for sums in self.found.values()):
            return

        def plain(gate):
            """Does this gate hear both terms of δc_t with all of its factors?"""
            sums = self.found.get(gate, {})
            kinds = {key[0] for key in sums}
            return kinds == {"h", "c"} and all(key[2:] == ("partner", "slope") for key in sums if key[0] == "c")

        gate = next((g for g in "ifg" if plain(g) and self.kind_of_source(g) == "δc" and self.one_step["cell"]
                     and g in self.one_step["gates"]), None)  # fmt: skip
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
        if gate is not None:
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
