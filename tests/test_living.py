"""The living picture computes what lstm_helpers computes, and its lessons show what they say."""

import html
import json
import re

import numpy as np
import pytest
from living_node import asked, drawn
from pictures import pictures

from lstm_helpers import gradient_flow, lstm_backward, lstm_forward, rnn, worked_example
from lstm_tutor.living.configuration import DRAWING, PRESETS, SCRIPT, Configuration
from lstm_tutor.living.living_lstm import PAGE, living_lstm
from tools.notebooks import COURSE, read

GRADIENTS = ("W_x", "W_h", "b", "x", "h0", "c0", "h", "c", "i_pre", "f_pre", "g_pre", "o_pre")


def differences(configurations):
    """{what: largest difference to lstm_helpers in all configurations, on the scale of the array's largest number}."""
    configurations, largest = list(configurations), {}
    for values, told in zip(configurations, asked(configurations)):
        for name, (got, wanted) in compared(values, told).items():
            got, wanted = np.ravel(got).astype(float), np.ravel(wanted)
            assert got.shape == wanted.shape, f"{name}: {got.shape}, not {wanted.shape}"
            scale = np.abs(wanted).max(initial=0) or 1
            error = np.abs(got - wanted).max(initial=0) / scale
            largest[name] = max(largest.get(name, 0), error if np.isfinite(error) else np.inf)
    return largest


def compared(values, told):
    """{what: (the picture's, that of lstm_helpers)} of one configuration."""
    one = Configuration.from_values(values)
    trace, weights, T = one.trace, one.weights, len(values["x"])
    yield_from = {f"forward {name}": (told["trace"][name], getattr(trace, name).reshape(-1)) for name in "ifgocmh"}
    pre = (
        np.squeeze(one.x, 1) @ weights.W_x.T
        + np.r_[values["h0"], trace.h[:-1, 0, 0]][:, None] * weights.W_h[:, 0]
        + weights.b
    )
    yield_from["forward pre"] = (np.array([told["trace"][f"{gate}_pre"] for gate in "ifgo"]).T, pre)
    for key, gradients in (("gradients", one.gradients), ("everywhere", lstm_backward(trace, weights, trace.h))):
        for name in GRADIENTS:
            yield_from[f"{key} {name}"] = (told[key][name], getattr(gradients, name))
    return yield_from | of_paths(one, values, told) | of_jacobians(trace, weights, T, told) | of_rnn(one, told)


def of_paths(one, values, told):
    trace, weights, step, gate = one.trace, one.weights, values["step"], values["gate"]
    paths = gradient_flow.gradient_paths(len(trace.h), step, gate)
    value = {path: gradient_flow.path_gradient(path, trace, weights, one.dh_last)[0] for path in paths}
    got = {tuple(path["nodes"]): path["value"] for path in told["paths"]}
    assert got.keys() == value.keys(), "the paths are others"
    sizes = sorted(np.abs(list(value.values())), reverse=True)[:7]
    arriving = {}
    for _, end, carried in told["arrows"]:
        arriving[end] = arriving.get(end, 0) + carried
    wanted = {f"{name}{t}": row for name in "hc" for t, row in enumerate(getattr(one.gradients, name)[:, 0, 0], 1)}
    for gate_ in "ifgo":
        wanted |= {f"{gate_}~{t}": v for t, v in enumerate(getattr(one.gradients, f"{gate_}_pre")[:, 0, 0], 1)}
    assert arriving.keys() == wanted.keys()
    return {
        "paths": ([got[path] for path in paths], list(value.values())),
        "largest paths": (np.abs([path["value"] for path in told["largest"]]), sizes),
        "number of paths": (told["count"], gradient_flow.count_paths(len(trace.h), step, gate)),
        "arrows": ([arriving[node] for node in wanted], list(wanted.values())),
    }


def of_jacobians(trace, weights, T, told):
    terms = [gradient_flow.cell_state_terms(trace, weights, t) for t in range(1, T + 1)]
    exact = [gradient_flow.cell_gradient(trace, weights, T, k) for k in range(1, T + 1)]
    found = {
        f"term {name}": ([term[name] for term in told["terms"]], np.reshape([term[name] for term in terms], T))
        for name in terms[0]
    }
    found["state_jacobian"] = (told["jacobians"], gradient_flow.state_jacobians(trace, weights)[:, 0])
    return found | {"cell_gradient": (told["cell_gradients"], np.reshape(exact, T))}


def of_rnn(one, told):
    return {
        "S": (told["S"], one.rnn_trace.S),
        "theta": (told["theta"], one.rnn_trace.theta),
        "chain factors": (told["factors"], rnn.rnn_jacobians(one.rnn_trace, one.rnn)),
        "rnn_state_gradient": (told["rnn_gradients"], one.rnn_gradients),
    }


def test_200_configurations_agree_with_lstm_helpers():
    found = differences(drawn(200))
    assert max(found.values()) < 1e-12, found


# --- lessons ---


def lesson(name, **changes):
    """(configuration, exact dC_T/dC_1, sums of the four terms for t = 1 ... T)"""
    one = Configuration.from_values(PRESETS[name] | changes)
    T, exact = len(one.x), gradient_flow.cell_gradient(one.trace, one.weights, len(one.x), 1).item()
    terms = [gradient_flow.cell_state_terms(one.trace, one.weights, t) for t in range(1, T + 1)]
    return one, exact, np.array([sum(term.values()).item() for term in terms])


def test_the_worked_example_is_that_of_notebook_01():
    for name, order in (("worked example", "ifgo"), ("swapped gates", "figo")):
        one = lesson(name)[0]
        wanted = lstm_forward(worked_example.sequence(), worked_example.weights(order))
        assert np.allclose(one.trace.gates, wanted.gates) and np.allclose(one.trace.h, wanted.h)
        assert one.trace.h.round().ravel().tolist() == [0, 0, 0, 0, 0, 1, 0, 0, 1]
    assert one.trace.i.round().ravel().tolist() == [1, 1, 1, 1, 1, 1, 0, 1, 1]
    assert one.trace.f.round().ravel().tolist() == [0, 1, 0, 1, 0, 0, 0, 1, 0]


def test_vanishing_and_forget_bias_3():
    at_0, exact, _ = lesson("vanishing at b_f = 0")
    assert f"{exact:.4f}" == "0.0026" and abs(at_0.rnn_gradients[0]) < exact / 100
    assert 0.35 < at_0.trace.f.min() < at_0.trace.f.max() < 0.7
    at_3, exact, _ = lesson("b_f = 3")
    assert f"{exact:.1f}" == "1.3" and (at_3.trace.f < 1).all() and np.array_equal(at_3.x, at_0.x)
    assert lesson("b_f = 3", W_h=[0, 0, 0, 0])[1] < 1


def test_the_latch_reaches_back_to_step_6():
    one, _, _ = lesson("a latch")
    assert one.trace.c.round().ravel().tolist() == [0, 1, 1, 1, 1, 0, 0, 1, 1, 1]
    assert one.trace.f.round().ravel().tolist() == [1, 1, 1, 1, 1, 0, 1, 1, 1, 1]
    left = [gradient_flow.cell_gradient(one.trace, one.weights, 10, k).item() for k in (5, 6)]
    assert left[0] < 1e-4 and left[1] > 0.99


def test_an_rnn_at_1_05_grows_until_its_state_leaves_0():
    preset = PRESETS["an RNN at W_s = 1.05"]
    assert np.isclose(lesson("an RNN at W_s = 1.05")[0].rnn_gradients[0], 1.05**11)
    assert lesson("an RNN at W_s = 1.05", x=[[1.0], *preset["x"][1:]])[0].rnn_gradients[0] < 0.5


def test_the_way_round_the_cell_needs_the_output_gate():
    _, exact, sums = lesson("the way round the cell")
    assert (f"{sums[1:].prod():.2f}", f"{exact:.2f}") == ("0.86", "0.64")
    _, exact, sums = lesson("the way round the cell", W_h=[*PRESETS["the way round the cell"]["W_h"][:3], 0])
    assert np.isclose(exact, sums[1:].prod())


def test_the_explosion_is_one_of_the_recurrent_weights():
    one, exact, _ = lesson("explosion")
    assert one.trace.f.max() <= 0.5 and f"{exact:.0e}" == "8e+07"
    assert abs(lesson("explosion", W_h=[3, -4, 0.7, -5])[1]) < 1


def test_what_notebook_01_reads_off():
    inputs = PRESETS["worked example"]["x"]
    added = [[*row[:1], 1, *row[2:]] if t == 5 else row for t, row in enumerate(inputs, start=1)]
    memories = [
        lesson("worked example", b=[-10, 0, 0, -10])[0].trace.c[5],
        lesson("worked example")[0].trace.c[5],
        lesson("worked example", x=added)[0].trace.c[4],
    ]
    assert_read("01", memories, ".2f")


def test_what_notebook_02_reads_off():
    rest, rnn = (PRESETS["an RNN at W_s = 1.05"][name] for name in ("x", "rnn"))

    def left(bar, W_s):
        return lesson("an RNN at W_s = 1.05", x=[[bar], *rest[1:]], rnn=rnn | {"W_s": W_s})[0]

    assert_read("02", [left(0, 1.05).rnn_gradients[0], left(0.05, 2).rnn_trace.S[-1, 0, 0]], ".2f")
    assert_read("02", [left(0, 2).rnn_gradients[0], left(0.0001, 2).rnn_gradients[0]], ".0f")
    assert_read("02", [left(1, 1.05).rnn_gradients[0], left(0.01, 2).rnn_gradients[0]], ".3f")
    assert_read("02", [left(0.05, 2).rnn_gradients[0]], ".5f")
    for bar in (0.001, 0.05, 1):  # "the same bar saturates a larger W_s further", also for other bars and weights
        ends = [abs(left(bar, W_s).rnn_trace.S[-1].item()) for W_s in (0.5, 1.05, 1.5, 2, 3, 5)]
        assert ends == sorted(ends) and len(set(ends)) == len(ends)


def test_what_notebook_04_reads_off():
    weights = PRESETS["the way round the cell"]["W_h"]
    for W_ho in (0, 1, 3):
        _, exact, sums = lesson("the way round the cell", W_h=[*weights[:3], W_ho])
        assert_read("04", [sums[1:].prod(), exact], ".2f")


def assert_read(chapter, numbers, form):
    """That these numbers stand in what the chapter says of its living LSTM."""
    cells = [cell for path in COURSE if path.name.startswith(chapter) for cell in read(path).cells]
    text = "\n".join(cell.source for cell in cells if cell.id in ("living-try", "living-read"))
    said = re.findall(r"[−\d.]+\d", text)
    wanted = [format(float(np.squeeze(one)), form).replace("-", "−") for one in numbers]
    assert set(wanted) <= set(said), (wanted, said)


# --- in Python ---


@pytest.mark.parametrize("preset", PRESETS)
def test_it_opens_with_its_lesson_and_leaves_a_picture_where_scripts_do_not_run(preset):
    data = living_lstm(preset)._repr_mimebundle_()
    page, alt = data["text/html"], data["text/plain"]
    assert f'<living-lstm preset="{preset}" view="{PRESETS[preset]["view"]}"><img alt="{html.escape(alt)}"' in page
    assert PAGE in page and preset in alt and len(next(pictures([{"data": data}]))) > 400


def test_what_there_is_not_is_named():
    with pytest.raises(ValueError, match="'a latch'"):
        living_lstm("a lach")
    with pytest.raises(ValueError, match="'forward', 'backward', 'paths'"):
        living_lstm(view="sideways")


def test_the_script_is_small_and_asks_for_nothing():
    assert len(DRAWING.encode()) < 60_000
    assert len(PAGE.encode()) < 65_000  # with its lessons, and its words in Chinese
    assert not re.search(r"https?:|\bimport\b|fetch|XMLHttp", SCRIPT) and "</script" not in SCRIPT


# --- the copied line ---

LINE = json.dumps(PRESETS["a latch"])


def test_a_copied_line_is_taken_with_or_without_quotes():
    for given in (LINE, f"  {LINE}\n", json.loads(LINE)):
        assert np.array_equal(Configuration.from_line(given).trace.h, lesson("a latch")[0].trace.h)


@pytest.mark.parametrize(
    "line, words",
    [
        ("b_f = 3", "press its button Copy"),
        (None, "press its button Copy"),
        (LINE[:-9], "press its button Copy"),
        ("[1, 2]", "lacks x"),
        ({"x": [[1]]}, "lacks W_x"),
        (LINE.replace("[1, 0]", "[1]", 1), "x holds"),
        (LINE.replace("-20", "NaN"), "W_x must be 4 x 2 of finite numbers"),
        (json.dumps(json.loads(LINE) | {"rnn": {"W_x": [1, 1], "b": 0}}), "W_s of rnn must be one number"),
        (json.dumps(json.loads(LINE) | {"x": [[0, 0]] * 13}), "no more than 12"),
        (json.dumps(json.loads(LINE) | {"x": []}), "x must be any x any"),
    ],
)
def test_what_is_no_line_is_refused_in_plain_words(line, words):
    with pytest.raises(ValueError, match=words):
        Configuration.from_line(line)


# --- hostile lines, and numbers too large ---


def huge(size, T=12, I=4):
    """A line of which every number is as large as that, its sign by chance."""
    rng = np.random.default_rng(T)

    def draw(*shape):
        return (size * rng.choice([-1, 1], shape)).tolist()

    names = {"x": (T, I), "W_x": (4, I), "W_h": (4,), "b": (4,), "h0": (), "c0": (), "y": ()}
    rnn = {"W_x": draw(I), "W_s": draw(), "b": draw()}
    return {name: draw(*shape) for name, shape in names.items()} | {"rnn": rnn, "t": T, "node": "f~1"}


def edge():
    """Every lesson; lines of numbers as large as may be, and of such as make a gradient exactly 0."""
    still = PRESETS["b_f = 3"] | {"rnn": {"W_x": [0], "W_s": 0, "b": 0}}
    steepest = huge(0) | {"W_h": [1e6] * 4, "y": 1, "rnn": {"W_x": [0] * 4, "W_s": 1e6, "b": 0}}  # no gate saturates
    sizes = [*(huge(1e6, T) for T in range(1, 13)), *(huge(size) for size in (0, 1e-300, 1, 1e3))]
    return [*PRESETS.values(), *sizes, still, steepest]


def test_as_large_as_may_be_everything_drawn_is_a_number():
    for values, told in zip(edge(), asked([json.dumps(one) for one in edge()], ask="living_lines.js")):
        assert "refused" not in told, (told, values)
        assert not re.search("NaN|Infinity|undefined|null", told["drawn"]), (values, told["drawn"])
        one = Configuration.from_values(values)
        for array in (*vars(one.gradients).values(), one.rnn_gradients, one.trace.c):
            assert np.isfinite(array).all()


def test_what_may_overflow_is_refused_in_plain_words():
    def filled(value, size):
        if isinstance(value, dict):
            return {key: filled(one, size) for key, one in value.items()}
        return [filled(one, size) for one in value] if isinstance(value, list) else size

    latch, names = PRESETS["a latch"], ("x", "W_x", "W_h", "b", "h0", "c0", "y", "rnn")
    sizes = (1e308, -1.01e6, 10**400)
    lines = [json.dumps(latch | {name: filled(latch[name], size)}) for name in names for size in sizes]
    for line, told in zip(lines, asked(lines, ask="living_lines.js")):
        with pytest.raises(ValueError, match="million"):
            Configuration.from_line(line)
        assert "million" in told.get("refused", told), told["view"]


def test_an_address_names_no_view_that_is_none_and_what_cannot_be_read_is_told():
    views = [json.dumps(PRESETS["a latch"] | {"view": view}) for view in ("constructor", "__proto__", "paths", 1)]
    lines = [*views, "%E0%A4%A", "%", "[" * 10**5]
    told = asked(lines, ask="living_lines.js")
    assert [one.get("view") for one in told[:4]] == ["", "", "paths", ""]
    assert {one.get("refused") for one in told[4:]} == {"Error: this is not a line copied from here"}
    with pytest.raises(ValueError, match="press its button Copy"):
        Configuration.from_line(lines[-1])
