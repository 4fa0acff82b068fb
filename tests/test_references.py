"""The equations that lstm_helpers names exist, and where a line of code stands by one, it is the right one."""

from itertools import pairwise

import pytest
from references import equations_of, misplaced_references, wrong_references

from tools.notebooks import COURSE, ROOT, read

HELPERS = sorted((ROOT / "lstm_helpers").rglob("*.py"))


@pytest.fixture(scope="module")
def equations():
    return equations_of(*map(read, COURSE))


@pytest.mark.parametrize("path", HELPERS, ids=lambda path: str(path.relative_to(ROOT / "lstm_helpers")))
def test_helpers_name_equations_that_exist_and_are_meant(path, equations):
    complaints = list(wrong_references(path.read_text(encoding="utf-8"), equations))
    assert not complaints, "\n".join(complaints)


EQUATIONS = {
    "1.2": r"f_t = \sigma(W_{xf}\,x_t + b_f) \tag{1.2}",
    "1.3": r"i_t = \sigma(W_{xi}\,x_t + b_i) \tag{1.3}",
    "1.4": r"g_t = \tanh(W_{xg}\,x_t + b_g) \tag{1.4}",
    "1.5": r"c_t = f_t \odot c_{t-1} + i_t \odot g_t \tag{1.5}",
    "1.6": r"h_t = o_t \odot m_t, \qquad m_t = \tanh(c_t) \tag{1.6}",
    "1.7": r"\tilde z_t = W_x\,x_t + W_h\,h_{t-1} + b \tag{1.7}",
    "1.8": r"\tilde z_t = \begin{bmatrix}W_h & W_x & b\end{bmatrix} v_t \tag{1.8}",
    "3.7": r"\delta\tilde i_t = \delta c_t \odot g_t \tag{3.7}",
    "3.8": r"\delta\tilde f_t = \delta c_t \odot c_{t-1} \tag{3.8}",
}


@pytest.mark.parametrize(
    "line",
    [
        "c = f * c_prev + i * g  # (1.5)",
        "i, f, g = split(z)  # (1.2) to (1.4)",
        "np.multiply(o_t, m_t, h_t)  # (1.6)",
        "m = np.tanh(c)  # (1.6)",
        "stacked = W_x @ x + W_h @ h + b  # (1.7)",
        "stacked = W @ joined  # (1.8)",
        "d_i *= g  # (3.7)",
        "df_2 = dc_2 * c_1  # (3.8)",
        "total = 1 + 2  # a plus that belongs to no equation",
    ],
)
def test_a_line_by_its_own_equation_is_right(line):
    assert not list(wrong_references(line, EQUATIONS))


@pytest.mark.parametrize(
    "line",
    [
        "c = f * c_prev + i * g  # (1.6)",
        "i, f, g = split(z)  # (1.3) to (1.4)",
        "np.multiply(o_t, m_t, h_t)  # (1.5)",
        "stacked = W_x @ x + W_h @ h + b  # (1.8)",
        "d_i *= g  # (3.8)",
        "df_2 = dc_2 * c_1  # (3.7)",
        "f = sigmoid(z)  # (3.8)",
        "c_t += written  # (1.9)",
        '"""The gates of (1.9)."""',
        'hint = f"{name} is wrong: look at (1.9)"',
    ],
)
def test_a_number_that_slipped_is_seen(line):
    assert len(list(wrong_references(line, EQUATIONS))) == 1


def test_every_equation_of_the_forward_pass_shifted_by_one_is_seen(equations):
    """What happens when an equation is inserted in notebook 01 and the helpers' comments stay as they are."""
    tags = [tag for tag in equations if tag.startswith("1.")]
    shifted = equations | {after: equations[before] for before, after in pairwise(tags)}
    source = (ROOT / "lstm_helpers" / "lstm.py").read_text(encoding="utf-8")
    assert not list(misplaced_references(source, equations))
    assert len(list(misplaced_references(source, shifted))) >= 5
