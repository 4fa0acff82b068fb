"""What holds for all tests."""

import pytest
import torch
from hypothesis import settings
from random_lstm import RandomLSTM

# Time limits per example say more about the machine than about the code.
settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")
torch.set_num_threads(1)


@pytest.fixture
def random_lstm():
    return RandomLSTM
