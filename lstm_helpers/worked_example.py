"""Hung-yi Lee's memory cell: one unit, nine steps, weights set by hand (lecture "Recurrent Neural Network", 2016).

The rule: x2 = 1 adds x1 to the memory, x2 = -1 clears it, x3 = 1 puts it out. The fourth input is a
constant 1, so that the last column of the weights does the work of a bias.
"""

import numpy as np

from lstm_helpers.weights import GATES, LSTMWeights

# Rows: x1, x2, x3, then what the rule makes of them. Columns: t = 1 ... 9.
X1 = [1, 3, 2, 4, 2, 1, 3, 6, 1]
X2 = [0, 1, 0, 1, 0, 0, -1, 1, 0]
X3 = [0, 0, 0, 0, 0, 1, 0, 0, 1]
MEMORY_AFTER = np.array([0.0, 3, 3, 7, 7, 7, 0, 6, 6])
Y = np.array([0.0, 0, 0, 0, 0, 7, 0, 0, 6])

ON_INPUTS = {  # weights on [x1, x2, x3, 1]
    "g": [1, 0, 0, 0],
    "i": [0, 100, 0, -10],
    "f": [0, 100, 0, 10],
    "o": [0, 0, 100, -10],
}


def sequence():
    """The nine inputs as one sequence, (T, N, I) = (9, 1, 4)."""
    return np.stack([X1, X2, X3, np.ones(9)], axis=1)[:, None, :]


def weights(order=GATES, candidate_scale=1.0, gate_scale=1.0, dtype=np.float64):
    """The hand-set weights as LSTMWeights with I = 4, H = 1, no recurrence and no further bias.

    order: which gate stands in which row; anything but "ifgo" makes the mistake on purpose.
    candidate_scale, gate_scale: factors on the candidate's row and on the three gates' rows.
    Raises ValueError for an order that is not a permutation of "ifgo".
    """
    if sorted(order) != sorted(GATES):
        raise ValueError(f'order must name each of the gates i, f, g, o once, e.g. "ifgo", not {order!r}')
    rows = [np.multiply(ON_INPUTS[gate], candidate_scale if gate == "g" else gate_scale) for gate in order]
    return LSTMWeights(np.array(rows, dtype), np.zeros((4, 1), dtype), np.zeros(4, dtype))
