"""The memory experiment: its task, its measurements, and a table that is never half a table."""

import dataclasses

import numpy as np
import pytest
import torch

from lstm_helpers.experiment.memory_task import NETWORKS, Network, Run, sequences, state_gradient, train
from lstm_helpers.experiment.sweep import COLUMNS, KEYS, RUNS, read_table, sweep

FEW = RUNS[:4]


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


@pytest.mark.parametrize("network", NETWORKS)
def test_state_gradient_is_autograds(network):
    torch.manual_seed(1)
    net, (digits, _) = Network(network), sequences(6, 1, seed=0)
    recurrent = net.recurrent.double()
    x = net.embedding(torch.from_numpy(digits)).double()

    def last(state):  # c for the LSTM, whose h follows from c at step 2 through the output gate found there
        if network == "tanh RNN":
            return recurrent(x[2:], state[None, None])[1][0, 0]
        weight, bias = recurrent.weight_hh_l0, recurrent.bias_ih_l0 + recurrent.bias_hh_l0
        pre = recurrent.weight_ih_l0 @ x[1, 0] + weight @ h_1[0, 0] + bias
        h = torch.sigmoid(pre[-64:]) * torch.tanh(state)
        return recurrent(x[2:], (h[None, None], state[None, None]))[1][1][0, 0]

    with torch.no_grad():
        h_1 = recurrent(x[:1])[0]
        state = recurrent(x[:2])[1]
    state = (state if network == "tanh RNN" else state[1])[0, 0]
    singular = torch.linalg.svdvals(torch.func.jacrev(last)(state)).detach().numpy()
    net.recurrent.float()
    # The weights are float32 numbers to begin with, so nothing was lost by rounding them back.
    assert state_gradient(net, digits) == pytest.approx((singular[0], np.median(singular)), rel=1e-6)


def test_a_row_of_the_table_is_reproduced():
    """To a tolerance: float32 rounds otherwise on other processors, and training enlarges it."""
    run = Run("b_f = 3", 20, 1.0, 0)
    row, stored = train(run), read_table().set_index(KEYS).loc[dataclasses.astuple(run)]
    assert row["loss_1"] == pytest.approx(stored["loss_1"], rel=1e-3)
    assert row["gradient_start"] == pytest.approx(stored["gradient_start"], rel=1e-6)
    assert row["accuracy"] == pytest.approx(stored["accuracy"], abs=0.03)
    assert row["clipped"] == pytest.approx(stored["clipped"], abs=0.1)


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


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("b_f = 0,5", "b_f = 0,6", "damaged"),
        ("batch: 128", "batch: 64", "made with batch 64"),
        ("sha256", "sha", "damaged"),
    ],
)
def test_a_changed_file_is_refused(path, old, new, message):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(ValueError, match=message):
        read_table(path, FEW)


def test_a_sweep_does_not_go_on_with_other_versions(path):
    path.write_text(path.read_text().replace("# torch: 2", "# torch: 1"))
    with pytest.raises(ValueError, match="made with torch 1"):
        sweep(path, FEW, refuse, workers=1)


def test_half_a_file_is_refused(path):
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match="damaged"):
        read_table(path, FEW)


def test_a_missing_file_says_how_to_make_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="make sweep"):
        read_table(tmp_path / "none.csv")


@pytest.mark.parametrize("change", [{"network": "GRU"}, {"L": 1}, {"clip": 0.0}, {"epochs": 0}])
def test_impossible_runs_are_refused(change):
    with pytest.raises(ValueError):
        dataclasses.replace(FEW[0], **change)
