"""The examination: equation by equation, from the last step backwards, each with the student's own numbers before it.

A backward pass is linear in dh, and its gradients are sums over arrows of the graph. So each equation can be asked for
by itself: inputs are chosen that let single deltas be read off the answer, products of factors are looked up among
their usual mistakes, and sums are regressed on the arrows that could carry something. Equations as in notebook 03.
"""

from lstm_tutor.doctor.carries import Carries
from lstm_tutor.doctor.factors import Factors
from lstm_tutor.doctor.findings import Arrow
from lstm_tutor.doctor.mistakes import ALONG
from lstm_tutor.doctor.sums import RIGHT_ARROWS, Sums
from lstm_tutor.doctor.witness import Witness


class Examination(Witness, Factors, Carries, Sums):
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
