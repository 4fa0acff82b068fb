"""Pictures carry their words, sliders their frames, figures/ is what the code draws, colours can be read."""

import base64
import io
import re
from itertools import combinations, pairwise

import numpy as np
import pytest
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.patches import Circle
from PIL import Image

from lstm_helpers import LSTMWeights, lstm_step
from lstm_helpers.plots import Picture, Slider, flow, graph, training, way_back
from lstm_helpers.plots.cell import draw_cell
from lstm_helpers.plots.overlaps import overlaps
from lstm_helpers.plots.style import (
    BROWN,
    GATE_COLOURS,
    GREY,
    INK,
    NETWORKS,
    VIOLET,
    decimals,
    new_figure,
    number,
    shades,
    text_on,
)
from tools.figures import FIGURES, FOLDER, drawn
from tools.notebooks import ROOT

ALT = "A line that rises from zero to one."


def line(height=1.0, width=3):
    figure, ax = new_figure(width, 2)
    ax.plot([0, 1], [0, height])
    ax.set_ylim(0, 2)
    return figure


def test_a_picture_is_a_png_with_its_sentence():
    data, metadata = Picture(line(), f"  {ALT}\n")._repr_mimebundle_()
    assert data["text/plain"] == metadata["image/png"]["alt"] == ALT
    assert Picture(line(), "Four words are enough.").alt == "Four words are enough."
    image = png(data["image/png"])
    assert image.width == 2 * metadata["image/png"]["width"] == 600
    assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)  # opaque white: readable on a dark page


def png(data):
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_pictures_have_a_palette_and_a_whole_number_of_pixels():
    """A quarter of the size on disk; and HTML knows no half pixels."""
    data, metadata = Picture(line(width=3.337), ALT)._repr_mimebundle_()
    page = Slider([line(width=3.337), line(2, 3.337)], ["a", "b"], ALT, "h")._repr_mimebundle_()["text/html"]
    assert repr(metadata["image/png"]["width"]) == "334"
    assert page.count('width="334"') == 2 and "max-width:334px" in page
    frame = png(re.search(r"base64,([^\"]+)", page)[1])
    assert png(data["image/png"]).mode == frame.mode == "P"
    assert len(frame.getcolors()) <= 64


def test_a_slider_has_a_frame_and_a_label_a_step_and_opens_at_start():
    figures = (line(h) for h in (0.5, 1, 1.5))
    data = Slider(figures, iter(["low", "<mid>", "high"]), ALT, "height", start=1)._repr_mimebundle_()
    frames = re.findall(r"<img [^>]*>", data["text/html"])
    assert data["text/plain"] == ALT
    assert "".join(frames) in data["text/html"]  # one after the other, with nothing between
    assert len({re.search(r"base64,([^\"]+)", frame)[1] for frame in frames}) == 3
    assert ["display:block" in frame for frame in frames] == [False, True, False]
    assert all(f'alt="{ALT} {label}"' in frame for frame, label in zip(frames, ("low", "&lt;mid&gt;", "high")))
    assert 'max="2" value="1"' in data["text/html"] and 'aria-valuetext="&lt;mid&gt;"' in data["text/html"]
    assert 'data-lm-suppress-shortcuts="true"' in data["text/html"]


def test_a_slider_opens_at_its_first_frame_and_takes_numbers_for_labels():
    page = Slider([line(1), line(2)], [1, np.float64(0.5)], ALT, "t < 3")._repr_mimebundle_()["text/html"]
    frames = re.findall(r"<img [^>]*>", page)
    assert ["display:block" in frame for frame in frames] == [True, False]
    assert [re.search('data-label="([^"]+)"', frame)[1] for frame in frames] == ["1", "0.5"]
    assert 'value="0"' in page and 'aria-valuetext="1"' in page and "<output>1</output>" in page
    assert "t &lt; 3 <input" in page


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: Picture(line(), ""), "alt"),
        (lambda: Picture(line(), "A rising line."), "alt"),
        (lambda: Picture(line(), "A line."), "alt"),
        (lambda: Slider([line()], ["one"], ALT, "h"), "two or more"),
        (lambda: Slider([line(), line()], ["one"], ALT, "h"), "one label each"),
        (lambda: Slider([line(), line(width=4)], ["a", "b"], ALT, "h"), "one size"),
        (lambda: Slider([line(), line()], ["a", "b"], "", "h"), "in a sentence what the picture shows"),
        (lambda: Slider([line(), line()], ["a", "b"], None, "h"), "None"),
    ],
)
def test_refused_with_words_that_help(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_what_the_code_draws(name):
    """And drawn refuses labels that cannot be read."""
    assert drawn(name) == (FOLDER / name).read_text(encoding="utf-8"), "run `make figures`, and look at it"


def test_figures_holds_nothing_else():
    assert {path.name for path in FOLDER.iterdir()} == set(FIGURES)


def luminance(colour):
    channels = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("colour", [*GATE_COLOURS.values(), VIOLET, BROWN, GREY, INK, *shades(6)])
def test_colours_reach_the_contrast_of_text_on_white(colour):
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5


def test_no_colour_stands_in_two_files():
    """What is drawn with the same colours takes them from lstm_helpers.plots.style."""
    homes = {}
    for path in (path for room in ("lstm_helpers", "lstm_tutor", "tools") for path in (ROOT / room).rglob("*.*")):
        if path.suffix in (".py", ".js", ".css", ".j2"):
            for colour in re.findall(r"#[0-9A-Fa-f]{6}\b", path.read_text(encoding="utf-8")):
                homes.setdefault(colour.upper(), set()).add(path.name)
    assert {*GATE_COLOURS.values(), INK} <= set(homes)
    assert {colour: names for colour, names in homes.items() if len(names) > 1} == {}


def test_gate_colours_differ_for_colour_blind_readers():
    """Machado, Oliveira & Fernandes (2009), severity 1.0: protanopia, deuteranopia."""
    matrices = {
        "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
        "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    }
    rgb = {gate: np.array([int(c[k : k + 2], 16) / 255 for k in (1, 3, 5)]) for gate, c in GATE_COLOURS.items()}
    for kind, matrix in matrices.items():
        for a, b in combinations(rgb, 2):
            assert np.linalg.norm(np.array(matrix) @ (rgb[a] - rgb[b])) > 0.1, (kind, a, b)


def names_and_markers(figure):
    """{text: (colour, marker of a line of that colour, if it has one)} of all texts in a figure."""
    lines = [line for ax in figure.axes for line in ax.lines if line.get_marker() not in ("None", "")]
    marks = {line.get_color(): line.get_marker() for line in lines}
    texts = [text for ax in figure.axes for text in ax.texts]
    return {text.get_text(): (text.get_color(), marks.get(text.get_color())) for text in texts}


def test_a_network_looks_the_same_in_all_pictures():
    one, names = np.ones(3), [name for name in NETWORKS if name != "orthogonal RNN"]  # which has the other's colour
    both = training.draw_gradient_and_accuracy({"": {name: (one, one) for name in names}}, chance=0.1, cut=1)
    seen = names_and_markers(both)
    assert len({*NETWORKS.values()}) == len(NETWORKS) and len({seen[training.titled(name)] for name in names}) == 7
    for few in (["b_f = 3"], ["tanh RNN", "b_f = 1", "b_f = 5"]):
        shown = names_and_markers(training.draw_accuracy({name: {5: one, 10: one} for name in few}, [5, 10], 0.1))
        by_lag = names_and_markers(training.draw_gradient_by_lag({name: one for name in few}))
        race = names_and_markers(flow.draw_survival({training.titled(name): np.ones((3, 2)) for name in few}))
        for name in few:
            title = training.titled(name)
            assert shown[title] == seen[title]
            assert by_lag[title][0] == race[title][0] == seen[title][0]


@pytest.mark.parametrize("colour", [*GATE_COLOURS.values(), INK])
def test_numbers_can_be_read_on_what_is_filled_in_part(colour):
    shade = LinearSegmentedColormap.from_list("", ["white", colour])
    fills = [to_hex(shade(share)) for share in np.linspace(0, 1, 51)]
    texts = [text_on(fill) for fill in fills]
    assert texts == sorted(texts)  # black on the pale ones, white on the others
    for fill, text in zip(fills, texts):
        light = 1.05 / (luminance(fill) + 0.05)
        assert (light if text == "white" else 21 / light) >= 4
    assert texts[0] == "black" and texts[-1] == "white"


def test_numbers_in_pictures_have_a_minus_and_no_hyphen():
    assert [number(-10.0), number(-0.3), number(-12.34), number(3)] == ["\u221210", "\u22120.30", "\u221212.3", "3"]
    assert [decimals(-0.001), decimals(-0.65)] == ["0.00", "\u22120.65"]
    slider = Slider([line(), line(2)], [-0.5, "wire-by-wire 4-5"], ALT, "n")
    assert slider.labels == ["\u22120.5", "wire-by-wire 4-5"]


# --- built step by step ---


def test_the_cell_grows_by_one_equation_a_stage():
    weights = LSTMWeights(np.ones((4, 2)), np.full((4, 1), -1.0), np.array([1, 2, -1, 0.5]))
    x_t, h, c = np.array([[0.3, -2.0]]), np.array([[0.6]]), np.array([[-1.2]])
    step = lstm_step(x_t, h, c, weights)
    said = [{text.get_text() for text in draw_cell(step, x_t, h, c, upto=k).axes[0].texts} for k in range(1, 7)]
    new = [sorted(after - before) for before, after in zip([set(), *said], said)]
    named = [
        {name for name in ("f_t$", "i_t$", "g_t$", "c_t$", "o_t$", "h_t$") if f"${name} = " in " ".join(texts)}
        for texts in new
    ]
    assert named == [{"f_t$"}, {"i_t$"}, {"g_t$"}, {"c_t$"}, {"o_t$"}, {"h_t$"}]
    assert all(before < after for before, after in pairwise(said))
    assert said[-1] == {text.get_text() for text in draw_cell(step, x_t, h, c).axes[0].texts}


def test_the_way_back_takes_every_arrow_once():
    arrows = [edge for new, _ in way_back.STAGES for edge in new]
    assert sorted(arrows) == sorted(graph.edges(2))


def test_the_way_back_goes_only_on_from_where_it_has_arrived():
    arrived = {"L"}
    for new, _ in way_back.STAGES:
        for start, end in new:
            assert end in arrived | {start for start, _ in new}
        arrived |= {start for start, _ in new}


@pytest.mark.parametrize("upto", [1, 8])
def test_arrows_of_the_way_back_point_backwards(upto):
    (arrow,) = [
        each
        for each in way_back.draw_way_back(upto).axes[0].texts
        if hasattr(each, "arrow_patch") and each.arrow_patch and each.xyann[0] > 8.5
    ]
    assert arrow.xy[0] < arrow.xyann[0]  # from L to h_2


# --- labels that cannot be read ---


def labelled(*texts, **line):
    """A figure with the diagonal of a square, and texts (x, y, text, colour) on it."""
    figure, ax = new_figure(4, 4)
    figure.set_layout_engine("none")
    ax.set_position([0, 0, 1, 1])
    ax.set(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[])
    ax.plot([0, 1], [0, 1], **{"color": "red"} | line)
    for x, y, text, colour in texts:
        ax.text(x, y, text, color=colour, ha="center", va="center")
    return figure


@pytest.mark.parametrize(
    ("figure", "complaint"),
    [
        (labelled((0.3, 0.7, "one", INK), (0.35, 0.71, "two", INK)), "'one' lies on 'two'"),
        (labelled((0.5, 0.5, "one", INK)), "'one' lies on a line of the colour red"),
        (labelled((0, 0.3, "far left", "red")), "'far left' is cut off at the edge"),
    ],
)
def test_labels_that_cannot_be_read_are_found(figure, complaint, monkeypatch):
    found = overlaps(figure)
    assert len(found) == 1 and complaint in found[0]
    monkeypatch.setenv("LSTM_CHECK_PICTURES", "yes")
    with pytest.raises(ValueError, match="picture 1 of 1: "):
        Picture(figure, ALT)
    with pytest.raises(ValueError, match="picture 2 of 2: "):
        Slider([labelled(), figure], "ab", ALT, "n")


@pytest.mark.parametrize(
    "figure",
    [
        labelled((0.5, 0.5, "its own line", "red")),
        labelled((0.2, 0.8, "one", INK), (0.8, 0.2, "two", INK)),
        labelled((0.5, 0.5, "nothing is drawn there", INK), linestyle="None"),
        labelled((0.5, 0.5, "nor there", INK), visible=False),
        labelled((0.5, 0.62, "just above", INK), (0.5, 0.38, "just below", INK)),
    ],
)
def test_labels_that_can_be_read_are_no_fault(figure):
    assert overlaps(figure) == []


def test_what_is_covered_or_clipped_is_not_seen():
    figure = labelled((0.5, 0.5, "n", INK))
    figure.axes[0].add_patch(Circle((0.5, 0.5), 0.1, fc="white", zorder=3))
    assert overlaps(figure) == []
    figure.axes[0].patches[0].set_alpha(0.5)
    assert len(overlaps(figure)) == 1
    figure = labelled(linestyle="None")
    figure.axes[0].set_position([0, 0, 0.6, 1])
    figure.text(0.9, 0.5, "n")
    beyond = figure.axes[0].plot([1.52, 1.52, np.nan, 1.5], [0, 1, np.nan, 1], color="blue")[0]
    assert overlaps(figure) == []
    beyond.set_clip_on(False)
    assert len(overlaps(figure)) == 1
