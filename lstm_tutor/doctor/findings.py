"""What an examination comes back with: findings, and which arrows of the graph carry something wrong."""

import html
from dataclasses import dataclass

IMMEDIATE = r"\partial^+ L/\partial h_t"


@dataclass(frozen=True)
class Arrow:
    """An arrow of the graph, at step 2, that is wrong. carries, belongs: mathtext. each_step: so at every step."""

    start: str
    end: str
    carries: str
    belongs: str
    each_step: bool = True


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. equation: its number in notebook 03, "" where it concerns the function as a whole.
    arrows: those of the graph that carry something wrong."""

    equation: str
    words: str
    arrows: tuple = ()

    def __str__(self):
        return f"({self.equation}) {self.words}" if self.equation else self.words


@dataclass(frozen=True)
class Diagnosis:
    """What was found. right: nothing is wrong. remarks: what is no mistake. summary: the whole in a few words.

    exact: the changes that the findings name were put into a right pass, and gave exactly the student's numbers.
    convention: how somebody's own code was read.
    """

    right: bool
    findings: tuple
    remarks: tuple = ()
    summary: str = ""
    last: int | None = 2  # steps of the graph; None where it is no LSTM's
    exact: bool = False
    convention: str = ""

    def lines(self):
        """All that is to be said."""
        these = "this change" if len(self.findings) == 1 else "these changes"
        forward = "forward " if self.exact and self.findings and self.findings[0].equation.startswith("1.") else ""
        proved = (
            f"With {these} a right {forward}pass gives exactly your numbers." if self.exact and self.findings else ""
        )
        said = (self.convention, self.summary, *map(str, self.findings), proved, *self.remarks)
        return [line for line in said if line]

    def __str__(self):
        return "\n".join(self.lines())

    __repr__ = __str__

    def _repr_html_(self):
        rows = (f"<tr><td style='text-align:left'>{html.escape(line)}</td></tr>" for line in self.lines())
        return f"<table>{''.join(rows)}</table>"

    def draw(self):
        """The graph of two or three steps with the wrong arrows in red and, beside each, what it carries and what
        belongs there; below it, what is wrong but no arrow's. Returns a Figure."""
        from lstm_tutor.doctor.draw import draw_findings  # Matplotlib, only where it is wanted

        if self.last is None:
            raise ValueError("the picture is the graph of an LSTM, and this was an RNN: print the diagnosis instead")
        return draw_findings(self.findings, self.last)
