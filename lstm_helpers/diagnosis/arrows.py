"""Wrong arrows of the graph: which, and what they carry."""

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
