"""What an examination comes back with: findings, and which arrows of the graph carry something wrong."""

import html
from dataclasses import dataclass

IMMEDIATE = r"\partial^+ L/\partial h_t"


@dataclass(frozen=True)
class Arrow:
    """An arrow of the graph, at step 2, that is wrong. carries, belongs: mathtext. extra: it is none of the graph's.

    each_step: the same arrow is wrong at every step.
    """

    start: str
    end: str
    carries: str
    belongs: str
    extra: bool = False
    each_step: bool = True


def carry_arrows(times):
    """All four arrows of the carry of h, of which one is labelled."""
    carries = "0" if times == "0" else rf"{times}W_h"
    return [Arrow("h1", f"{gate}~2", *((carries, "W_h") if gate == "i" else ("", ""))) for gate in "ifgo"]


def immediate(start, end, carries=rf"{IMMEDIATE}\ \mathrm{{alone}}"):
    return Arrow(start, end, carries, r"\mathrm{all\ of}\ \delta h_t")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. equation: its number in notebook 03, "" where it concerns the function as a whole.
    arrows: those of the graph that carry something wrong."""

    equation: str
    words: str
    arrows: tuple = ()


@dataclass(frozen=True)
class Diagnosis:
    """What was found. right: nothing is wrong. remarks: what is no mistake. summary: the whole in a few words.
    exact: the findings were shown to give exactly the function's numbers."""

    right: bool
    findings: tuple
    remarks: tuple = ()
    summary: str = ""
    last: int | None = 2  # steps of the graph; None where it is no LSTM's
    exact: bool = False

    def __str__(self):
        lines = [self.summary] if self.summary else []
        lines += [f"({f.equation}) {f.words}" if f.equation else f.words for f in self.findings]
        return "\n".join([*lines, *self.remarks])

    __repr__ = __str__

    def draw(self):
        """The graph of two or three steps with the wrong arrows in red and, beside each, what it carries and what
        belongs there; below it, what is wrong but no arrow's. Returns a Figure."""
        from lstm_tutor.doctor.draw import draw_findings  # Matplotlib, only where it is wanted

        if self.last is None:
            raise ValueError("the picture is the graph of an LSTM, and this was an RNN: print the diagnosis instead")
        return draw_findings(self.findings, self.last)

    def _repr_html_(self):
        rows = [(f"({f.equation})" if f.equation else "", f.words) for f in self.findings]
        rows = [("", self.summary)] * bool(self.summary) + rows
        rows += [("", words) for words in self.remarks]
        lines = [
            f"<tr><td>{number}</td><td style='text-align:left'>{html.escape(words)}</td></tr>" for number, words in rows
        ]
        return f"<table>{''.join(lines)}</table>"
