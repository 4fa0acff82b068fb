"""The worked example: its tables follow from its rule, and its weights carry the rule out."""

import numpy as np
import pytest

from lstm_helpers import GATES, lstm_forward, worked_example


def test_inputs_and_weights_are_those_of_the_lecture():
    """Copied once more, step by step and gate by gate, on [x1, x2, x3, 1]."""
    steps = [(1, 0, 0), (3, 1, 0), (2, 0, 0), (4, 1, 0), (2, 0, 0), (1, 0, 1), (3, -1, 0), (6, 1, 0), (1, 0, 1)]
    assert worked_example.sequence()[:, 0, :3].tolist() == [list(step) for step in steps]
    weights = worked_example.weights()
    rows = {"i": [0, 100, 0, -10], "f": [0, 100, 0, 10], "g": [1, 0, 0, 0], "o": [0, 0, 100, -10]}
    assert {gate: weights.gate(gate)[0].tolist() for gate in GATES} == {gate: [row] for gate, row in rows.items()}


def test_the_tables_follow_from_the_rule():
    """x2 = 1 adds x1 to the memory, x2 = -1 clears it, x3 = 1 puts it out."""
    memory, after, y = 0, [], []
    for x1, x2, x3, one in worked_example.sequence()[:, 0]:
        memory = {1: memory + x1, 0: memory, -1: 0}[x2]
        after.append(memory)
        y.append(memory * (x3 == 1))
        assert one == 1
    assert np.array_equal(worked_example.MEMORY_AFTER, after)
    assert np.array_equal(worked_example.Y, y)


@pytest.mark.parametrize("scale", [1e-3, 1e-4])
def test_with_a_small_candidate_the_weights_carry_out_the_rule(scale):
    """tanh is nearly straight there; gates of 10 are open or closed to 5e-5, so the memory is right to that."""
    trace = lstm_forward(worked_example.sequence(), worked_example.weights(candidate_scale=scale))
    assert np.abs(trace.c[:, 0, 0] / scale - worked_example.MEMORY_AFTER).max() < 2e-3
    assert np.abs(trace.h[:, 0, 0] / scale - worked_example.Y).max() < 2e-3


def test_scales_reach_their_rows_alone():
    plain, scaled = worked_example.weights(), worked_example.weights(candidate_scale=0.5, gate_scale=3.0)
    for gate, factor in zip(GATES, (3, 3, 0.5, 3)):
        assert np.array_equal(scaled.gate(gate)[0], factor * plain.gate(gate)[0])
    assert not plain.W_h.any() and not plain.b.any() and (plain.I, plain.H) == (4, 1)


def test_another_order_puts_a_gate_into_another_row():
    plain, other = worked_example.weights(), worked_example.weights("figo")
    assert np.array_equal(other.gate("i")[0], plain.gate("f")[0])
    assert np.array_equal(other.gate("f")[0], plain.gate("i")[0])


def test_any_dtype():
    assert worked_example.weights(dtype=np.float32).dtype == np.float32
    assert worked_example.sequence().shape == (9, 1, 4)


@pytest.mark.parametrize("order", ["ifg", "iifo", "ifgoo", "IFGO"])
def test_an_order_that_is_none_is_refused(order):
    with pytest.raises(ValueError, match=f"once, e.g. .ifgo., not '{order}'"):
        worked_example.weights(order)
