"""Pictures that can be heard and sliders that need no kernel."""

import base64
import html
import io
import os

import matplotlib as mpl
from PIL import Image

from lstm_helpers.plots.overlaps import refuse_overlaps
from lstm_helpers.plots.style import STYLE, minus

PIXELS_PER_INCH = 100  # on the page; the picture has twice as many, for projectors and sharp screens


class Picture:
    """A figure as PNG whose plain-text twin is its description; last expression of a cell.

    figure: Matplotlib Figure. alt: what the picture shows, in a sentence or two, for readers who do not see it.
    Raises ValueError without such a sentence.
    """

    def __init__(self, figure, alt):
        self.alt, self.width, self.png = _sentence(alt), _width(figure), png(figure, colours=256)
        _check([figure])

    def _repr_mimebundle_(self, include=None, exclude=None):
        data = {"image/png": self.png, "text/plain": self.alt}
        return data, {"image/png": {"alt": self.alt, "width": self.width}}


class Slider:
    """Frames drawn beforehand and moved through by a plain HTML slider: works without a kernel and without a network.

    figures: Figures of one size. labels: one short text or number per frame, shown and spoken. alt: what the whole
    shows. name: what the slider moves, e.g. "step t". start: the frame to open with, which is also the only one where
    scripts are stripped. Raises ValueError where figures and labels do not fit.
    """

    def __init__(self, figures, labels, alt, name, start=0):
        figures, labels = list(figures), [minus(str(label)) for label in labels]
        if len(figures) != len(labels) or len(figures) < 2:
            raise ValueError(f"a slider needs two or more figures and one label each: {len(figures)}, {len(labels)}")
        if len({tuple(figure.get_size_inches()) for figure in figures}) > 1:
            raise ValueError("all figures of a slider must have one size, or the page jumps: pass the same figsize")
        self.labels, self.alt, self.name, self.start = labels, _sentence(alt), name, start
        self.width, self.frames = _width(figures[0]), [png(figure, colours=64) for figure in figures]
        _check(figures)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self._html(), "text/plain": self.alt}

    def _html(self):
        name, labels = html.escape(self.name), [html.escape(label) for label in self.labels]
        frames = "".join(
            f'<img data-label="{label}" alt="{html.escape(self.alt)} {label}" '
            f'src="data:image/png;base64,{frame}" '
            f'width="{self.width}" style="max-width:100%;display:{"block" if k == self.start else "none"}">'
            for k, (frame, label) in enumerate(zip(self.frames, labels))
        )
        # JupyterLab takes the arrow keys for itself unless the attribute below stands on the input.
        move = (
            "const box = this.closest('div'), k = +this.value;"
            "box.querySelectorAll('img').forEach((img, j) => {img.style.display = j === k ? 'block' : 'none'});"
            "const label = box.querySelectorAll('img')[k].dataset.label;"
            "box.querySelector('output').textContent = label; this.setAttribute('aria-valuetext', label);"
        )
        return (
            f'<div style="max-width:{self.width}px">{frames}'
            f'<label>{name} <input type="range" min="0" max="{len(labels) - 1}" value="{self.start}" step="1" '
            f'aria-valuetext="{labels[self.start]}" data-lm-suppress-shortcuts="true" autocomplete="off" '
            f'style="width:60%;vertical-align:middle" oninput="{move}"></label> '
            f"<output>{labels[self.start]}</output></div>"
        )


def _check(figures):
    """After their PNGs, because they are drawn anew for it, and a second layout is not quite the first."""
    if os.environ.get("LSTM_CHECK_PICTURES"):  # which tools.notebooks sets: where pictures are made
        refuse_overlaps(figures)


def _sentence(alt):
    if not isinstance(alt, str) or len(alt.split()) < 4:
        raise ValueError(f"alt must say in a sentence what the picture shows, for readers who do not see it: {alt!r}")
    return " ".join(alt.split())


def _width(figure):
    return round(figure.get_figwidth() * PIXELS_PER_INCH)


def png(figure, colours):
    """The figure as base64 PNG with a palette: a quarter of the size, no visible difference."""
    drawn, small = io.BytesIO(), io.BytesIO()
    with mpl.rc_context(STYLE):
        # Uncompressed, because the palette's picture is what is kept.
        figure.savefig(drawn, format="png", dpi=2 * PIXELS_PER_INCH, pil_kwargs={"compress_level": 0})
    picture = Image.open(drawn).convert("RGB")
    # Level 6 and not 9: an eighth larger, five times as fast.
    picture.quantize(colours, dither=Image.Dither.NONE).save(small, "PNG", compress_level=6)
    return base64.b64encode(small.getvalue()).decode()
