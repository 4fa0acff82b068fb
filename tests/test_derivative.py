"""The doctor for one derivative: the paths that are there, those that are not, and the factor that is wrong."""

import time
from itertools import pairwise
from unicodedata import normalize

import numpy as np
import pytest

from lstm_helpers import lstm_backward
from lstm_helpers.gradient_flow import gradient_paths, path_factors, path_gradient
from lstm_tutor.doctor import diagnose_derivative, diagnose_terms
from lstm_tutor.doctor.formulas import called, lstm_sum


def plain(words):
    return normalize("NFC", words)


def whole(trace, weights, dh_last, step, gate):
    dh = np.zeros_like(trace.h)
    dh[-1] = dh_last
    return getattr(lstm_backward(trace, weights, dh), f"{gate}_pre")[step - 1, 0, 0]


def altered(last=3, step=2, gate="f", **times):
    """Back-propagation's derivative with paths taken another number of times: {their place in the list: how often}."""
    paths = gradient_paths(last, step, gate)

    def formula(trace, weights, dh_last):
        strange = ((c - 1) * path_gradient(paths[int(k[1:])], trace, weights, dh_last)[0] for k, c in times.items())
        return whole(trace, weights, dh_last, step, gate) + sum(strange)

    return formula


def chains(slope=lambda o: o * (1 - o), before=lambda c: c[0], to_f=lambda f, i: f, with_g=1):
    """(4.4) to (4.9) by hand, with places to go wrong."""

    def formula(trace, weights, dh_3):
        f, i, g, o, m, c, _ = (getattr(trace, name)[:, 0, 0] for name in "figomch")
        W_h = {gate: weights.gate(gate)[1][0, 0] for gate in "figo"}
        tau = o * (1 - m**2)
        by_h = tau[2] * c[1] * to_f(f[2] * (1 - f[2]), f[2]) * W_h["f"] + tau[2] * g[2] * i[2] * (1 - i[2]) * W_h["i"]
        by_h = by_h + with_g * tau[2] * i[2] * (1 - g[2] ** 2) * W_h["g"] + m[2] * slope(o[2]) * W_h["o"]
        return dh_3 * (tau[2] * f[2] + by_h * tau[1]) * before(c) * f[1] * (1 - f[1])

    return formula


@pytest.mark.parametrize(("last", "step", "gate"), [(3, 2, "f"), (3, 2, "o"), (3, 1, "g"), (4, 1, "f"), (1, 1, "i")])
def test_back_propagation_has_every_path(last, step, gate):
    found = diagnose_derivative(altered(last, step, gate), last, step, gate)
    assert found.right and "all" in found.summary


def test_its_columns_are_the_paths_of_gradient_flow():
    total, arguments = lstm_sum(3, 1, "f")
    for path in gradient_paths(3, 1):
        expected = [path_gradient(path, *each)[0] for each in arguments]
        np.testing.assert_allclose(total.columns[called(path)], expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        (altered(p4=0), [("4.8", "missing is the one through õ_3")]),
        (altered(p0=0), [("4.4", "missing is the one along the cell")]),
        (altered(p1=2, p3=-1), [("4.7", "has the wrong sign: the one through g̃_3"),
                                ("4.5", "is counted twice: the one through f̃_3")]),
        (chains(slope=lambda o: o), [("4.3", "on the arrow from õ_3 to o_3: o itself stands where its slope")]),
        (chains(before=lambda c: c[1]), [("4.1", "on the arrow from f_2 to c_2: c_t stands where c_{t-1} belongs")]),
        (chains(slope=lambda o: o, with_g=0), [("4.3", "o itself stands"), ("4.7", "missing is the one through g̃_3")]),
        (chains(to_f=lambda slope, f: 1 - f), [("4.3", "1 - f stands where the slope f(1 - f) belongs")]),
    ],
)  # fmt: skip
def test_a_path_or_a_factor_is_named(formula, said):
    found = diagnose_derivative(formula)
    assert [f.equation for f in found.findings] == [equation for equation, _ in said]
    assert all(plain(words) in plain(f.words) for f, (_, words) in zip(found.findings, said)), found


@pytest.mark.parametrize(("last", "count"), [(3, 24), (4, 115)])
def test_one_path_among_many_is_missed(last, count):
    place = count // 2
    found = diagnose_derivative(altered(last, 1, **{f"p{place}": 0}), last, 1)
    assert found.summary.startswith(f"{count - 1} of the {count} paths")
    assert [f.words for f in found.findings] == [f"missing is the one {called(gradient_paths(last, 1)[place])}"]


@pytest.mark.parametrize(("last", "many"), [(3, 5), (4, 24)])
def test_paths_that_share_an_arrow_are_one_finding(last, many):
    places = [k for k, path in enumerate(gradient_paths(last, 1)) if f"o{last}" in path]
    found = diagnose_derivative(altered(last, 1, **{f"p{k}": 0 for k in places}), last, 1)
    assert [f.words for f in found.findings] == [f"missing are all {many} that use the arrow from o_{last} to h_{last}"]


@pytest.mark.parametrize("formula", [altered(4, 1), lambda trace, weights, dh: np.sin(dh)])
def test_it_is_quick_for_115_paths(formula):
    began = time.process_time()
    diagnose_derivative(formula, last=4, step=1)
    assert time.process_time() - began < 2


def by_paths(change, last=3, step=2, gate="f"):
    """The sum over paths, factor by factor: change(place of the path, arrow as "f3 c3", its factor, trace)."""
    paths = gradient_paths(last, step, gate)

    def formula(trace, weights, dh_last):
        found = 0
        for k, path in enumerate(paths):
            factors = zip(path_factors(path, trace, weights, dh_last), pairwise(path))
            found += np.prod([change(k, f"{end} {start}", factor[0], trace) for factor, (start, end) in factors])
        return found

    return formula


def two_terms_multiplied(pair):
    """Two paths' products multiplied with each other, dh in front once."""
    paths = gradient_paths(3, 2)

    def formula(trace, weights, dh):
        each = [path_gradient(path, trace, weights, 1.0)[0] for path in paths]
        return dh * (sum(each) - sum(each[k] for k in pair) + np.prod([each[k] for k in pair]))

    return formula


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda k, arrow, right, trace: {"f~3 f3": 1, "f3 c3": trace.c[2, 0, 0]}.get(arrow, right),
            [("4.1", "from f_3 to c_3: c_t stands where c_{t-1}"), ("4.3", "from f̃_3 to f_3: the slope of σ, f(1")],
        ),
        (
            lambda k, arrow, right, trace: {"f~2 f2": trace.f[1, 0, 0], "f2 c2": trace.c[1, 0, 0]}.get(arrow, right),
            [("4.1", "from f_2 to c_2: c_t stands"), ("4.3", "from f̃_2 to f_2: f itself stands")],
        ),
        (
            lambda k, arrow, right, trace: 1 if (k, arrow) in ((1, "c3 m3"), (2, "c2 m2")) else right,
            [("4.5", "m_3, on the path through f̃_3: the slope of tanh"), ("4.6", "m_2, on the path through ĩ_3: the")],
        ),
        (
            lambda k, arrow, right, trace: 1 if arrow in ("c2 m2", "c3 m3", "f~2 f2", "f~3 f3") else right,
            [
                ("4.2", "at every step: the slope of tanh, 1 - m², is"),
                ("4.3", "at every step: the slope of σ, f(1 - f)"),
            ],
        ),
        (
            lambda k, arrow, right, trace: 0 if k == 2 else right**2 if arrow == "o~3 o3" else right,
            [("4.3", "the slope o(1 - o) is applied twice"), ("4.6", "missing is the one through ĩ_3")],
        ),
        (lambda k, arrow, right, trace: -right if arrow == "h3 L" else right, [("4.9", "has the wrong sign: all 5")]),
    ],
)
def test_two_changes_are_named_both(change, said):
    found = diagnose_derivative(by_paths(change))
    assert found.exact
    assert sorted(f.equation for f in found.findings) == sorted(equation for equation, _ in said)
    for equation, words in said:
        assert any(f.equation == equation and plain(words) in plain(f.words) for f in found.findings), found


def test_a_product_in_place_of_a_sum():
    assert "through f̃_3; through ĩ_3, are multiplied" in plain(str(diagnose_derivative(two_terms_multiplied((1, 2)))))


def test_what_is_not_explained_is_shown_in_digits_enough():
    def formula(trace, weights, dh_last):
        return whole(trace, weights, dh_last, 2, "f") * (1 + 1e-4 * trace.c[0, 0, 0])

    found = diagnose_derivative(formula)
    it, right = str(found).partition(" gives ")[2].removesuffix(" belongs").split(" where ")
    assert not found.exact and it != right


def test_a_function_that_changes_its_arguments_is_told_so():
    def formula(trace, weights, dh_last):
        answer = whole(trace, weights, dh_last, 2, "f")
        trace.c[0] *= 2
        return answer

    found = diagnose_derivative(formula)
    assert found.right and "its argument trace.c" in found.remarks[0]


def test_float32_is_a_remark():
    found = diagnose_derivative(lambda *arguments: np.float32(altered()(*arguments)))
    assert found.right and "float32" in found.remarks[0]


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        (lambda trace, weights, dh, calls=[]: calls.append(0) or len(calls), "the same call gives another answer"),
        (lambda *arguments: np.clip(altered()(*arguments), -1, 1), "not grow in proportion"),
        (lambda trace, weights, dh: np.sin(dh), "no sum over the paths"),
        (lambda trace, weights, dh: trace.c, "one number is wanted"),
        (lambda trace, weights, dh: trace.q, "stops with AttributeError"),
        (lambda trace, weights, dh: None, "return"),
        (lambda trace, weights, dh: np.nan, "NaN"),
    ],
)
def test_what_is_no_such_sum_is_said(formula, words):
    found = diagnose_derivative(formula)
    assert not found.right and len(found.findings) == 1 and words in str(found)


def test_a_missing_path_is_drawn():
    found = diagnose_derivative(altered(p4=0))
    texts = [text.get_text() for text in found.draw().axes[0].texts]
    assert len(found.findings[0].arrows) == len(gradient_paths(3, 2)[4]) - 1
    assert any("missing is the one" in text for text in texts)


def terms(X, S, W_s, dL_dS, first=lambda k: k + 1, last=lambda t: t, of=1, beside=lambda X, S, k: X[k - 1]):
    """(2.10), with places to go wrong."""
    t, found = len(X), []
    for k in range(of, len(X) + 1):
        factors = [(1 - S[j] ** 2) * W_s for j in range(first(k), last(t) + 1)]
        found.append(dL_dS * np.prod(factors) * (1 - S[k] ** 2) * beside(X, S, k))
    return sum(found)


@pytest.mark.parametrize(
    ("changes", "weight", "equation", "words"),
    [
        ({}, "W_x", None, "right: all three terms"),
        ({"beside": lambda X, S, k: S[k - 1]}, "W_s", None, "right: all three terms"),
        ({"beside": lambda X, S, k: 1}, "b_1", None, "right: all three terms"),
        ({"of": 2}, "W_x", "2.10", "missing is the term k = 1"),
        ({"first": lambda k: k + 2}, "W_x", "2.11", "too few"),
        ({"first": lambda k: k}, "W_x", "2.11", "too many"),
        ({"last": lambda t: t - 1}, "W_x", "2.4", "the factor dS_j/dS_{j-1} is left out"),
        ({"beside": lambda X, S, k: X[k - 2]}, "W_x", "2.11", "X_{k-1} stands where X_k belongs"),
        ({"beside": lambda X, S, k: S[k]}, "W_s", "2.11", "S_k stands where S_{k-1} belongs"),
    ],
)
def test_terms_of_the_scalar_rnn(changes, weight, equation, words):
    found = diagnose_terms(lambda *arguments: terms(*arguments, **changes), weight=weight)
    assert [f.equation for f in found.findings] == ([equation] if equation else []) and words in str(found)


def test_a_slope_forgotten_at_every_step_is_one_finding():
    found = diagnose_terms(lambda X, S, W_s, dL_dS: dL_dS * sum(W_s ** (3 - k) * X[k - 1] for k in (1, 2, 3)))
    assert [f.words.partition(", ")[2] for f in found.findings] == ["at every step: the slope tanh' is left out"]


def test_a_slope_left_out_at_two_steps_of_three_is_one_finding():
    def formula(X, S, W_s, dL_dS):
        return dL_dS * ((1 - S[1] ** 2) * W_s**2 * X[0] + W_s * X[1] + X[2])

    found = diagnose_terms(formula)
    assert [f.words.partition(", ")[2] for f in found.findings] == ["at steps 2 and 3: the slope tanh' is left out"]


def test_all_terms_multiplied_are_told_to_be_added():
    found = diagnose_terms(lambda X, S, W_s, dL_dS: dL_dS * W_s**3 * np.prod((1 - S[1:]) * (1 + S[1:]))
                           * np.prod(1 - S[2:] ** 2) * (1 - S[3] ** 2) * np.prod(X))  # fmt: skip
    assert found.exact and "all of them are multiplied" in str(found)


def test_wrong_questions_are_refused():
    with pytest.raises(TypeError, match="without parentheses"):
        diagnose_derivative(0.3)
    with pytest.raises(ValueError, match="no sum over the steps"):
        diagnose_terms(terms, weight="W_o")
    with pytest.raises(ValueError, match="an RNN"):
        diagnose_terms(lambda *arguments: terms(*arguments, of=2)).draw()
