"""The language in which `check` speaks: English, or one that has a gettext catalogue in `locale`.

The environment variable LSTM_LANGUAGE names it. Without it, notebooks below notebooks/zh speak Chinese, for Jupyter
runs a notebook in its own folder; all others speak English.
"""

import gettext
import os
from functools import cache
from itertools import pairwise
from pathlib import Path

LOCALE = Path(__file__).parent / "locale"
HERE = Path.cwd()  # a notebook may go elsewhere later
DOMAIN = "lstm_helpers"


def languages():
    """The languages there are: "en", "zh"."""
    return ["en", *sorted(path.name for path in LOCALE.glob("*") if gettext.find(DOMAIN, LOCALE, [path.name]))]


def language():
    """The language chosen. Raises ValueError where LSTM_LANGUAGE names one that there is not."""
    chosen = os.environ.get("LSTM_LANGUAGE")
    if not chosen:
        below = [name for above, name in pairwise(HERE.parts) if above == "notebooks"]
        return next((name for name in below if name in languages()), "en")
    if chosen not in languages():
        raise ValueError(f"LSTM_LANGUAGE is {chosen!r}, but the judges speak {' and '.join(languages())} only")
    return chosen


@cache
def catalogue(name, folder):
    return gettext.translation(DOMAIN, folder, [name], fallback=name == "en")


def say(message, name=None):
    """The message in the language of this name, or in the one chosen; as it is where there is no translation.

    What is put together with values is said as `say("the shape is {}").format(shape)`, so that `make translation`
    finds the message and a translation may put the values in another order, as {1} and {0}.
    """
    return catalogue(name or language(), LOCALE).gettext(message) if message else ""


def prefixed(name, words):
    """What the words speak of, and the words; only one of them where the other is empty."""
    return say("{}: {}").format(name, words) if name and words else name or words
