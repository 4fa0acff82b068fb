"""The memory experiment: its task, its measurements, and a table that is never half a table."""

import dataclasses

import numpy as np
import pytest
import torch

from lstm_helpers import LSTMWeights, lstm_backward, lstm_forward
from lstm_helpers.experiment import memory_task, starts
from lstm_helpers.experiment import sweep as sweep_module
from lstm_helpers.experiment.memory_task import (
    NETWORKS,
    TASKS,
    Network,
    Run,
    new_network,
    sequences,
    state_gradient,
    train,
    zero_sequences,
)
from lstm_helpers.experiment.sweep import COLUMNS, KEYS, RUNS, read_table, sweep, write_table

FEW = RUNS[:4]
TINY = dataclasses.replace(TASKS["digits"], training=64, validation=32, testing=48, hidden=4, batch=16)


def quick(run):
    """A row without training."""
    return dataclasses.asdict(run) | dict.fromkeys(COLUMNS[len(KEYS) :], float(run.seed))


def explode(run):
    if run == FEW[2]:
        raise RuntimeError("broken off")
    return quick(run)


def refuse(run):
    raise AssertionError(f"{run} was finished and must not run again")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "table.csv"
    sweep(path, FEW, quick, workers=1)
    return path


def test_answers_are_sums_of_the_first_two():
    digits, sums = sequences(7, 50, seed=3)
    assert digits.shape == (7, 50) and set(np.unique(digits)) == set(range(10))
    assert all(sums[n] == digits[0, n] + digits[1, n] for n in range(50))


def test_the_textbooks_sequences_are_zeros_with_one_digit():
    digits, sums = zero_sequences(9, 300, seed=3)
    pairs, counts = np.unique(10 * digits[0] + digits[1], return_counts=True)
    assert len(pairs) == 100 and (counts == 3).all() and (sums == digits[0] + digits[1]).all()
    assert ((digits[2:] != 0).sum(axis=0) <= 1).all() and (digits[2:] != 0).any(axis=1).all()
    with pytest.raises(ValueError, match="equally often"):
        zero_sequences(9, 150, seed=3)


def test_an_orthogonal_network_is_orthogonal():
    W_s = Network("orthogonal RNN").recurrent.weight_hh_l0
    assert torch.allclose(W_s @ W_s.T, torch.eye(64), atol=1e-5)


def test_a_replica_differs_by_one_rounding_in_each_weight():
    run = Run("b_f = 3", 10, 4)
    nets = [new_network(dataclasses.replace(run, replica=replica)) for replica in (0, 0, 1)]
    first, same, moved = (torch.cat([p.detach().ravel() for p in net.parameters()]) for net in nets)
    assert torch.equal(first, same) and (moved > first).all()
    assert ((moved - first).abs() < 1.3e-7 * first.abs()).all()


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setitem(TASKS, "digits", TINY)
    return Run("b_f = 1", 4, 5, rate=0.03, epochs=6)


def test_three_sets_of_sequences_and_the_last_is_looked_at_once(tiny, monkeypatch):
    made, seen = [], []

    def note(net, digits, sums, measure=memory_task.measure):
        seen.append(digits.shape[1])
        return measure(net, digits, sums)

    def make(L, count, seed):
        made.append((count, seed))
        return sequences(L, count, seed)

    monkeypatch.setattr(memory_task, "measure", note)
    monkeypatch.setattr(memory_task, "sequences", make)
    train(tiny)
    assert [count for count, _ in made] == [64, 32, 48] and len({seed for _, seed in made}) == 3
    assert seen == [32] * 6 + [64, 48]


@pytest.mark.parametrize("chosen_by", ["loss", "accuracy"])
def test_the_epoch_is_chosen_on_the_validation_sequences(tiny, monkeypatch, chosen_by):
    """Whatever the third epoch scores on the validation set is made the best there is."""
    monkeypatch.setitem(TASKS, "digits", dataclasses.replace(TINY, chosen_by=chosen_by))
    calls = []

    def pretend(net, digits, sums):
        calls.append([p.detach().clone() for p in net.parameters()])
        third = len(calls) == 3
        return (0.1 if third else 5.0, 0.9 if third else 0.2)

    monkeypatch.setattr(memory_task, "measure", pretend)
    row = train(tiny)
    assert row["epoch"] == 3 and row["new_end"] == 0.2
    assert all(torch.equal(a, b) for a, b in zip(calls[2], calls[-1]))  # tested is the network of epoch 3


@pytest.mark.parametrize("network", NETWORKS)
def test_state_gradient_is_autograds(network):
    torch.manual_seed(1)
    net, (digits, _) = Network(network), sequences(6, 1, seed=0)
    recurrent = net.recurrent.double()
    x = net.embedding(torch.from_numpy(digits)).double()

    def last(state):  # c for the LSTM, whose h follows from c at step 2 through the output gate found there
        if "RNN" in network:
            return recurrent(x[2:], state[None, None])[1][0, 0]
        weight, bias = recurrent.weight_hh_l0, recurrent.bias_ih_l0 + recurrent.bias_hh_l0
        pre = recurrent.weight_ih_l0 @ x[1, 0] + weight @ h_1[0, 0] + bias
        h = torch.sigmoid(pre[-64:]) * torch.tanh(state)
        return recurrent(x[2:], (h[None, None], state[None, None]))[1][1][0, 0]

    with torch.no_grad():
        h_1 = recurrent(x[:1])[0]
        state = recurrent(x[:2])[1]
    state = (state if "RNN" in network else state[1])[0, 0]
    singular = torch.linalg.svdvals(torch.func.jacrev(last)(state)).detach().numpy()
    net.recurrent.float()
    # The weights are float32 numbers to begin with, so nothing was lost by rounding them back.
    assert state_gradient(net, digits) == pytest.approx((singular[0], np.median(singular)), rel=1e-6)


@pytest.mark.parametrize("run", [Run("b_f = 3", 10, 1), Run("orthogonal RNN", 20, 10)], ids=str)
def test_a_row_of_the_table_is_reproduced(run):
    """As far as chaos allows: what came before the first update, the first epoch, and the verdict."""
    row, stored = train(run), read_table().set_index(KEYS).loc[dataclasses.astuple(run)]
    assert row["gradient_start"] == pytest.approx(stored["gradient_start"], rel=1e-6)
    assert row["median_start"] == pytest.approx(stored["median_start"], rel=1e-6)
    assert row["loss_1"] == pytest.approx(stored["loss_1"], rel=1e-2)
    assert (row["accuracy"] > 0.5) == (stored["accuracy"] > 0.5)


def test_each_configuration_has_a_replica_and_no_held_out_one_helps_to_set_the_cut():
    settings = {dataclasses.replace(run, seed=0, replica=0) for run in RUNS}
    assert settings == {dataclasses.replace(run, seed=0, replica=0) for run in RUNS if run.replica}
    assert not sweep_module.SETS_THE_CUT & sweep_module.TRIES_IT
    assert not set(sweep_module.FIRST_SEEDS) & set(sweep_module.OTHER_SEEDS)


def test_a_finished_sweep_runs_nothing_again(path):
    before = path.read_bytes()
    sweep(path, FEW, refuse, workers=1)
    assert path.read_bytes() == before and len(read_table(path, FEW)) == 4


def test_a_broken_off_sweep_keeps_what_was_finished(tmp_path):
    path = tmp_path / "table.csv"
    with pytest.raises(RuntimeError, match="broken off"):
        sweep(path, FEW, explode, workers=1)
    with pytest.raises(ValueError, match="lacks"):
        read_table(path, FEW)
    sweep(path, FEW, quick, workers=1)
    assert len(read_table(path, FEW)) == 4 and not list(tmp_path.glob("*.part"))


CHANGED = {  # what is written for what, who reads the file then, and what they are told
    "a key": ("b_f = 0,5", "b_f = 0,6", "damaged"),
    "no checksum": ("sha256", "sha", "damaged"),
    "a setting": ("embedding: 32", "embedding: 16", "made with embedding 16"),
    "a task": ("batch=128", "batch=64", "made with digits Task"),
    "another version": ("# torch: 2", "# torch: 1", "made with torch 1"),
}


@pytest.mark.parametrize("case", CHANGED)
def test_a_changed_file_is_refused(path, case):
    """Other versions are told only where a sweep would go on."""
    old, new, message = CHANGED[case]
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(ValueError, match=message):
        sweep(path, RUNS[:5], refuse, workers=1)
    if case == "another version":
        assert len(read_table(path, FEW)) == 4
    else:
        with pytest.raises(ValueError, match=message):
            read_table(path, FEW)


@pytest.mark.parametrize("column, value", [("accuracy", ""), ("gradient_start", "inf")])
def test_what_was_not_measured_is_refused_though_the_checksum_is_right(path, column, value):
    table = read_table(path, FEW).astype(object)
    table.loc[1, column] = value
    write_table(table, path)
    with pytest.raises(ValueError, match="missing or infinite"):
        read_table(path, FEW)


def test_a_run_twice_is_refused(path):
    table = read_table(path, FEW)
    write_table(table.iloc[[0, *range(4)]], path)
    with pytest.raises(ValueError, match="a run twice"):
        read_table(path, FEW)


def test_runs_that_nobody_asked_for_are_refused_and_dropped(path):
    with pytest.raises(ValueError, match="has 1 others"):
        read_table(path, FEW[:3])
    sweep(path, [*FEW[:3], RUNS[9]], quick, workers=1)
    assert len(read_table(path, [*FEW[:3], RUNS[9]])) == 4


def test_a_missing_file_says_how_to_make_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="make sweep"):
        read_table(tmp_path / "none.csv")


IMPOSSIBLE = {
    "network": ["GRU", []],
    "task": ["words", {}],
    "L": [2, 3.5, "a"],
    "seed": [-1, None],
    "replica": [-1, 0.5],
    "rate": [0.0, np.inf, np.nan, "fast"],
    "clip": [0.0, None],
    "epochs": [0, True],
}


@pytest.mark.parametrize("name, value", [(name, value) for name, values in IMPOSSIBLE.items() for value in values])
def test_impossible_runs_are_refused(name, value):
    with pytest.raises(ValueError, match=f"^{name} is .* but must be "):
        dataclasses.replace(FEW[0], **{name: value})


@pytest.mark.parametrize("H", [1, 3])
def test_networks_side_by_side_have_the_gradients_of_each(H):
    draw = np.random.default_rng(H)
    networks = [[draw.normal(size=shape) for shape in [(4 * H, 3), (4 * H, H), 4 * H, (1, H), 1]] for _ in range(4)]
    x, _, wanted = starts.obeying_sequences(draw, T=5, N=6)
    losses, gradients = starts.losses_and_gradients(x, wanted, *starts._stacked(networks))
    together = starts._unstacked(gradients)
    for (W_x, W_h, b, W_hy, b_y), loss, got in zip(networks, losses, together):
        weights = LSTMWeights(W_x, W_h, b)
        trace = lstm_forward(x, weights)
        error = trace.h @ W_hy.T + b_y - wanted
        dy = 2 * error / error.size
        back = lstm_backward(trace, weights, dy @ W_hy)
        wanted_gradients = [back.W_x, back.W_h, back.b, np.einsum("tny,tnh->yh", dy, trace.h), dy.sum(axis=(0, 1))]
        assert loss == pytest.approx((error**2).mean(), rel=1e-12)
        for one, other in zip(got, wanted_gradients):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12 * np.abs(other).max())


def test_side_by_side_keeps_the_networks_that_were_asked_for():
    draw = np.random.default_rng(0)
    networks = [[draw.normal(size=shape) for shape in [(4, 3), (4, 1), 4, (1, 1), 1]] for _ in range(3)]
    losses, kept = starts.train(networks, updates=5, keep=(0, 2, 5))
    shorter, at_the_end = starts.train(networks, updates=5, stop=2, keep=(2,))
    assert losses.shape == (5, 3) and list(kept) == [0, 2, 5] and np.array_equal(shorter, losses[:2])
    for network, start, two, again in zip(networks, kept[0], kept[2], at_the_end[2]):
        assert all(np.array_equal(a, b) for a, b in zip(network, start))
        assert all(np.array_equal(a, b) for a, b in zip(two, again))
    scaled, _ = starts.train(networks, updates=2, scale=(0, 1, 1))
    assert not np.allclose(scaled, shorter)
