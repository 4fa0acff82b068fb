"""The doctor: hand in a backward pass, and learn which of its equations is wrong.

A gradient is a sum over paths, and a path a product over arrows: so the mistakes can be told apart, and three at once
are named as three. Numbers such as (3.5) are the equations of notebook 03.
"""

import html
from dataclasses import dataclass

import numpy as np

from lstm_helpers.diagnosis.cases import Case, Patient, Stop
from lstm_helpers.diagnosis.decode import Examination
from lstm_helpers.diagnosis.fitting import close

SHAPES = ((1, 1, 1, 1), (3, 2, 3, 4), (5, 3, 2, 1), (4, 1, 3, 3))  # T, N, I, H


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. equation: its number in notebook 03, "" where it concerns the function as a whole.
    arrows: those of the graph that carry something wrong."""

    equation: str
    words: str
    arrows: tuple = ()


@dataclass(frozen=True)
class Diagnosis:
    """What `diagnose` found. right: every gradient that was returned is right. remarks: what is no wrong gradient."""

    right: bool
    findings: tuple
    remarks: tuple = ()

    def __str__(self):
        lines = ["every gradient is right"] if self.right else []
        lines += [f"({f.equation}) {f.words}" if f.equation else f.words for f in self.findings]
        return "\n".join([*lines, *self.remarks])

    __repr__ = __str__

    def draw(self):
        """The graph of two or three steps with the wrong arrows in red and, beside each, what it carries and what
        belongs there; below it, what is wrong but no arrow's. Returns a Figure."""
        from lstm_helpers.diagnosis.draw import draw_findings  # Matplotlib, only where it is wanted

        return draw_findings(self.findings)

    def _repr_html_(self):
        rows = [(f"({f.equation})" if f.equation else "", f.words) for f in self.findings]
        rows = rows or [("", "every gradient is right")]
        rows += [("", words) for words in self.remarks]
        lines = [
            f"<tr><td>{number}</td><td style='text-align:left'>{html.escape(words)}</td></tr>" for number, words in rows
        ]
        return f"<table>{''.join(lines)}</table>"


def diagnose(backward):
    """Examine a backward pass -> Diagnosis, which says what is wrong, equation by equation.

    backward(x, steps, weights, h_0, c_0, dh): x (T, N, I); steps, a list of what lstm_step returned; weights,
    LSTMWeights; h_0, c_0 (N, H); dh (T, N, H), the immediate partial derivatives of L by each h_t. It returns a
    dictionary with any of W_x, W_h, b, x, h_0, c_0, in the shapes of what they are gradients of, and, if you like,
    z (T, N, 4H), the deltas of the stacked pre-activations. Never raises for what the function does.
    """
    if not callable(backward):
        raise TypeError(f"diagnose takes a function, not {type(backward).__name__}: pass backward, without parentheses")
    patient = Patient(backward)
    try:
        nonlinear = grows_otherwise(patient)
        wrong = list(wrong_numbers(patient))
        if not wrong and not nonlinear:
            return Diagnosis(True, (), tuple(patient.remarks))
        examination = Examination(patient)
        if wrong:
            examination.run()
    except Stop as stop:
        return Diagnosis(False, (Finding("", str(stop)),), tuple(patient.remarks))
    findings = sorted(examination.findings.items(), key=lambda item: int(item[0][0].split(".")[1]))
    if nonlinear:
        words = "a larger dh does not give larger gradients in proportion: is something clipped or normalised in here? "
        words += "That is for the optimiser; what is below was found with a small dh" if wrong else ""
        findings.insert(0, (("", words), ()))
    if not findings:
        findings = [(("3.14", wrong[0]), ())]
    found = tuple(Finding(*said, arrows) for said, arrows in findings)
    return Diagnosis(False, found, tuple(patient.remarks))


def grows_otherwise(patient):
    """Is the function no linear one of dh? Then it is asked with a small dh from now on."""
    case = Case(*SHAPES[1], 1)
    small, large = patient.ask(case, case.dh / 1000), patient.ask(case, 1000 * case.dh)
    if all(close(1e6 * small[name], large[name], 100 * patient.tolerance) for name in small):
        return False
    patient.scale = 1e-3
    return True


def wrong_numbers(patient):
    """In words, the first entry of each gradient that is not right, over several shapes."""
    for number, (T, N, I, H) in enumerate(SHAPES):
        case = Case(T, N, I, H, number)
        answer, right = patient.ask(case), case.right()
        for name, array in answer.items():
            if not close(array, right[name], 10 * patient.tolerance):
                at = np.unravel_index(np.abs(array - right[name]).argmax(), array.shape)
                yield (f"{name} is not right: with T, N, I, H = {T}, {N}, {I}, {H} its entry {[int(k) for k in at]} is "
                       f"{array[at]:.6g} where {right[name][at]:.6g} belongs")  # fmt: skip
