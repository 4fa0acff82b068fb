"""The second part: the last step, which nothing follows; (3.5) to (3.9), products of factors."""

from itertools import combinations, permutations, product

import numpy as np

from lstm_helpers.weights import GATES
from lstm_tutor.doctor.cases import close, values
from lstm_tutor.doctor.findings import IMMEDIATE, Arrow
from lstm_tutor.doctor.mistakes import CELL, EQUATION, PARTNERS, RIGHT_SOURCE, SLOPES, SOURCES, TERMS, times_words


class Factors:
    """Methods of Examination, which has the witness."""

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
        if np.abs(z[:, 1]).max() < 1e-12 and not self.read_in_time():
            self.find("3.4", "the last step is left out: its dh changes nothing there")
            self.explained = False
            return False
        z = self.deltas(cases, [0.0, 1.0])
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

    def read_in_time(self):
        """Is dh read in another order of time? Then the patient gets it in that order from now on."""
        cases = self.scalar(3, 4)
        ways = {
            "dh is read in reversed order of time: dh[t - 1] belongs to step t": lambda dh: dh[::-1],
            "dh is taken from the step before: dh[t - 1] belongs to step t": lambda dh: np.roll(dh, -1, axis=0),
            "dh is taken from the step after: dh[t - 1] belongs to step t": lambda dh: np.roll(dh, 1, axis=0),
        }
        for words, self.patient.in_time in ways.items():
            each = [self.deltas(cases, row) for row in np.eye(3)]
            if all(
                np.abs(z[:, t]).max() > 1e-12 and np.abs(z[:, t + 1 :]).max(initial=0) < 1e-12
                for t, z in enumerate(each)
            ):
                self.find("3.4", words)
                return True
        self.patient.in_time = lambda dh: dh
        return False

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
        """A δc_t that no table explains, but which several gates have in common: then (3.5) is wrong."""
        made_from = {}  # gate: (cost, δc_t) for the right factors of the gate, and for one mistake in them
        for gate in (gate for gate in "ifg" if gate in best["unknown"]):
            with np.errstate(all="ignore"):
                ways = [((a is not None) + (b is not None), z[:, GATES.index(gate)] / (partner(v) * slope(v)))
                        for a, partner in PARTNERS[gate].items() for b, slope in SLOPES[gate].items()
                        if a is None or b is None]  # fmt: skip
            made_from[gate] = [(cost, d_c) for cost, d_c in ways if np.isfinite(d_c).all()]
        agree = [(one[0] + other[0], one[1]) for g, k in combinations(made_from, 2)
                 for one, other in product(made_from[g], made_from[k]) if close(one[1], other[1], 1e-6)]  # fmt: skip
        if not agree:
            return best
        d_c, rows = min(agree, key=lambda pair: pair[0])[1], z.copy()
        for gate in "ifg":  # as if δc_t were right
            rows[:, GATES.index(gate)] *= self.right_through(v) / d_c
        return self.explain(rows, v) | {"cell": None, "d_c": d_c}

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
