"""What holds for all tests."""

import os

import pytest
import torch
from hypothesis import settings
from random_lstm import RandomLSTM

# Time limits per example say more about the machine than about the code.
settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")
# Two notebooks run at a time: threads that wait for each other on few cores cost more than they bring. The variables
# are for the notebooks' kernels.
torch.set_num_threads(1)
os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@pytest.fixture
def random_lstm():
    return RandomLSTM
