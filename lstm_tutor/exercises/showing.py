"""What `check` shows: a line of text, and in Jupyter the same line in colour, with links to the equations."""

import html
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from lstm_helpers.language import prefixed, say

COLOURS = {"right": ("#009E73", "✓"), "not yet": ("#E69F00", "↻"), "not answered yet": ("#999999", "○")}


@dataclass(frozen=True)
class Verdict:
    """What is to be said of one answer. words: a state, one of COLOURS, and what may follow in the language chosen,
    "not yet: ...". equation: the number of the one to go back to, "" if there is none.
    right, of: how many exercises of this notebook are right so far, and how many there are."""

    number: str
    words: str
    equation: str = ""
    right: int = 0
    of: int = 0

    @property
    def parts(self):
        state, _, rest = self.words.partition(": ")
        return f"{self.number} {say(state)}", rest

    def __str__(self):
        return prefixed(*self.parts)

    __repr__ = __str__

    def _repr_html_(self):
        colour, sign = COLOURS[self.words.partition(":")[0]]
        state, rest = map(html.escape, self.parts)
        line = prefixed(f"<b>{sign} {state}</b>", rest)
        if f"({self.equation})" not in line:
            line += f" · ({self.equation})" * bool(self.equation)
        line += f" · {say('{} of {} right').format(self.right, self.of)}" * bool(self.of)
        line = re.sub(r"\((\d\.\d+[a-z]?)\)", lambda found: linked(found[1], self.number), line)
        return f'<div style="border-left: 0.4em solid {colour}; padding-left: 0.6em">{line}</div>'


def show(verdict):
    """In a notebook, display the verdict; elsewhere print it."""
    jupyter = sys.modules.get("IPython")
    if jupyter and jupyter.get_ipython():
        jupyter.display.display(verdict)
    else:
        print(verdict)


def linked(equation, number):
    """(3.4) as a link to where it stands, if that is in the notebook of exercise `number` and can be found."""
    if equation.split(".")[0] != str(number).split(".")[0]:
        return f"({equation})"
    target = place_of(equation)
    return f'<a href="{html.escape(target)}">({equation})</a>' if target else f"({equation})"


def place_of(equation, folder=Path("..")):
    """Where an equation stands, as a link from a notebook of exercises: "../03_lstm_gradients.ipynb#Heading"; or ""."""
    for path in sorted(folder.glob(f"0{equation[0]}*.ipynb")):
        heading = ""
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            text = "".join(cell["source"]) if cell["cell_type"] == "markdown" else ""
            for line in text.splitlines():
                found = re.match(r"#{1,6} +(.*?) *#*$", line)
                if found:
                    heading = re.sub(r"\[([^\]]*)\]\([^)]*\)|[*`]", r"\1", found[1]).replace(" ", "-")
                if rf"\tag{{{equation}}}" in line:
                    return f"{folder.as_posix()}/{path.name}#{heading}"
    return ""
