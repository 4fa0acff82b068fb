"""The doctor: hand in a backward pass, and learn which of its equations is wrong.

A gradient is a sum over paths, and a path a product over arrows. So a backward pass is explained by the fewest changes
of a right one that give exactly its numbers. Numbers such as (3.5) are the equations of notebook 03.
"""

from dataclasses import replace

from lstm_tutor.doctor.asking import FROM_ZERO, Patient, Stop, first_questions
from lstm_tutor.doctor.derivative import diagnose_derivative, diagnose_terms
from lstm_tutor.doctor.findings import Diagnosis, Finding
from lstm_tutor.doctor.gallery import GALLERY
from lstm_tutor.doctor.pair import in_their_names, read
from lstm_tutor.doctor.search import explain

__all__ = ["GALLERY", "Diagnosis", "Finding", "diagnose", "diagnose_derivative", "diagnose_pair", "diagnose_terms"]


def diagnose(backward):
    """Examine a backward pass -> Diagnosis, which says what is wrong, equation by equation.

    backward(x, steps, weights, h_0, c_0, dh): x (T, N, I); steps, a list of what lstm_step returned; weights,
    LSTMWeights; h_0, c_0 (N, H); dh (T, N, H), the immediate partial derivatives of L by each h_t. It returns a
    dictionary with any of W_x, W_h, b, x, h_0, c_0, in the shapes of what they are gradients of, and, if you like,
    z (T, N, 4H), the deltas of the stacked pre-activations. Never raises for what the function does.
    """
    if not callable(backward):
        raise TypeError(f"diagnose takes a function, not {type(backward).__name__}: pass backward, without parentheses")
    return examine(Patient(backward))


def diagnose_pair(init, forward, backward):
    """Examine somebody's own forward and backward pass, as they are -> Diagnosis, in their names.

    init(I, H): NumPy arrays in any container (dict, tuple, list, object with arrays); their values do not matter.
    forward(x, parameters), also with h_0, or h_0 and c_0 -> (h, cache), two things: h of every step, or of the last
    alone; for one sequence or for several. backward(dh, cache), dh in the form of h -> gradients, in the form of the
    parameters, or as a tuple or dict in which they can be told. cache: whatever backward wants, c too.
    How these are written is found by running forward against `lstm_forward`: axes of x and h, weights in rows or
    columns, joined or apart, the order of the gates, biases, start states; `.convention` says what was read. A forward
    pass that is no LSTM, or a wrong one, is told as such. Never raises for what the functions do.
    """
    for name, function in (("init", init), ("forward", forward), ("backward", backward)):
        if not callable(function):
            raise TypeError(f"{name} is a {type(function).__name__}: pass a function, without parentheses")
    reading = read(init, forward, backward)
    if reading.function is None:
        proved = all(finding.equation for finding in reading.findings)  # a mistake forward, found by its numbers
        return Diagnosis(False, reading.findings, convention=reading.convention, exact=proved)
    patient = Patient(
        reading.function,
        from_zero=reading.from_zero,
        zero_cell=reading.zero_cell,
        one_sequence=reading.one_sequence,
    )
    found = examine(patient)
    theirs = [replace(f, words=in_their_names(reading.names, f.words)) for f in found.findings]
    return replace(
        found,
        exact=found.exact and not reading.findings,
        summary="" if reading.findings else in_their_names(reading.names, found.summary),
        right=found.right and not reading.findings,
        findings=(*reading.findings, *theirs),
        remarks=(*reading.remarks, *found.remarks),
        convention=f"read as: {reading.convention}",
    )


def examine(patient):
    try:
        patient, remarks, whole = first_questions(patient)
        looked_at = list(patient.ask(patient.draw(2, 1, 1, 1, 0)))
        changes, begins, exact = explain(patient)
    except Stop as stop:
        return Diagnosis(False, (Finding("", str(stop)),))
    found = [Finding(equation, c.words, c.arrows) for c in changes for equation in c.equation.split()] + begins
    findings = [Finding("", words) for words in whole] + sorted(found, key=lambda finding: float(finding.equation[2:]))
    if findings:  # then it is of no use to know
        remarks = [words for words in remarks if words != FROM_ZERO]
    summary = f"every gradient that it returns is right: {', '.join(looked_at)}" if not findings else ""
    return Diagnosis(not findings, tuple(findings), tuple(remarks), summary, exact=exact and not whole)
