"""The doctor: hand in a backward pass, and learn which of its equations is wrong.

A gradient is a sum over paths, and a path a product over arrows: so mistakes can be told apart, several at once too, as
long as none makes zero what another would be seen in (mend it, and ask again). Numbers such as (3.5) are the equations
of notebook 03.
"""

import numpy as np

from lstm_tutor.doctor.cases import Case, Patient, Stop, close
from lstm_tutor.doctor.decode import Examination
from lstm_tutor.doctor.derivative import diagnose_derivative, diagnose_terms
from lstm_tutor.doctor.findings import Diagnosis, Finding
from lstm_tutor.doctor.mistakes import GALLERY

__all__ = ["GALLERY", "Diagnosis", "Finding", "diagnose", "diagnose_derivative", "diagnose_terms"]
SHAPES = ((1, 1, 1, 1), (3, 2, 3, 4), (5, 3, 2, 1), (4, 1, 3, 3))  # T, N, I, H


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
            return Diagnosis(True, (), tuple(patient.remarks), "every gradient is right")
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
