"""The usual mistakes that notebook 03 shows, each as a change of its `backward`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """equation: what is wrong. In `backward`, `right` becomes `wrong`."""

    equation: str
    right: str
    wrong: str


GALLERY = {
    "carry of h dropped": Mistake("3.4", "dh[t] + carry_h", "dh[t]"),
    "carry of c dropped": Mistake("3.5", "(1 - s.m**2) + carry_c", "(1 - s.m**2)"),
    "carry of c multiplied": Mistake("3.5", "(1 - s.m**2) + carry_c", "(1 - s.m**2) * carry_c"),
    "slope of the forget gate forgotten": Mistake("3.8", "c_prev * s.f * (1 - s.f)", "c_prev"),
    "tanh of what is already squashed": Mistake("3.5", "(1 - s.m**2)", "(1 - np.tanh(s.m)**2)"),
    "c_t where c_(t-1) belongs": Mistake("3.8", "d_c * c_prev", "d_c * s.c"),
    "rows in the order f, i, g, o": Mistake("3.14", "[d_i, d_f, d_g, d_o]", "[d_f, d_i, d_g, d_o]"),
    "first step only, no sum over time": Mistake("3.14", "dW_x + d_z.T @ x[t]", "d_z.T @ x[t]"),
    "bias: first sequence only": Mistake("3.14", "d_z.sum(axis=0)", "d_z[0]"),
}
