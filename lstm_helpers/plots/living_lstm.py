"""A living LSTM in a notebook, on a page or on a slide: living_lstm.js, with a picture where scripts do not run."""

import base64
import html
import io
import json
import re
from importlib import resources

import matplotlib as mpl
import numpy as np

from lstm_helpers.configuration import Configuration
from lstm_helpers.gradient_flow import cell_gradient, cell_state_terms
from lstm_helpers.plots.forward import draw_gates
from lstm_helpers.plots.show import Picture, Slider  # noqa: F401

SCRIPT = resources.files(__package__).joinpath("living_lstm.js").read_text(encoding="utf-8")
PRESETS = json.loads(re.search(r"/\* presets \*/ (.*?) /\* end of presets \*/", SCRIPT, re.DOTALL)[1])
