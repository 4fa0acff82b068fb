"""The gradient of two LSTM steps, arrow by arrow, with the term of the equation that each arrow is."""

from lstm_helpers.plots.graph import draw_graph
from lstm_helpers.plots.style import GATE_COLOURS, GREY, INK, styled

# One stage: the arrows that are new, {(from, to) in the direction of the forward pass: colour}, and the equation in
# pieces: {mathtext: colour}. Grey is what is not carried by the new arrows.
FROM_H = {("h1", f"{gate}~2"): GATE_COLOURS[gate] for gate in "ifgo"}


def _into(gates, t):
    arrows = {}
    for gate in gates:
        state = "h" if gate == "o" else "c"
        arrows |= dict.fromkeys([(f"{gate}{t}", f"{state}{t}"), (f"{gate}~{t}", f"{gate}{t}")], GATE_COLOURS[gate])
    return arrows


STAGES = [
    ({("h2", "L"): INK}, {r"$\delta h_2 =$": GREY, r"$\partial^+ L\,/\,\partial h_2$": INK}),
    (
        _into("o", 2),
        {r"$\delta\tilde{o}_2 =$": GREY, r"$\delta h_2\, m_2\, o_2 (1 - o_2)$": GATE_COLOURS["o"]},
    ),
    (
        {("m2", "h2"): INK, ("c2", "m2"): INK},
        {r"$\delta c_2 =$": GREY, r"$\delta h_2\, o_2 (1 - m_2^2)$": INK},
    ),
    (
        _into("ifg", 2),
        {
            r"$\delta\tilde{i}_2 = \delta c_2\, g_2\, i_2 (1 - i_2)$   ": GATE_COLOURS["i"],
            r"$\delta\tilde{f}_2 = \delta c_2\, c_1\, f_2 (1 - f_2)$   ": GATE_COLOURS["f"],
            r"$\delta\tilde{g}_2 = \delta c_2\, i_2 (1 - g_2^2)$": GATE_COLOURS["g"],
        },
    ),
    (
        FROM_H,
        {r"$\delta h_1 = \partial^+ L\,/\,\partial h_1$": GREY}
        | {rf"$+\ \delta\tilde{{{gate}}}_2 W_{{h{gate}}}$": GATE_COLOURS[gate] for gate in "ifgo"},
    ),
    (
        {("m1", "h1"): INK, ("c1", "m1"): INK},
        {r"$\delta c_1 =$": GREY, r"$\delta h_1\, o_1 (1 - m_1^2)$": INK, r"$+\ \delta c_2\, f_2$": GREY},
    ),
    (
        {("c1", "c2"): INK},
        {r"$\delta c_1 = \delta h_1\, o_1 (1 - m_1^2)$": GREY, r"$+\ \delta c_2\, f_2$": INK},
    ),
    (
        _into("ifgo", 1),
        {"the four gates as at step 2, from ": GREY, r"$\delta h_1$ and $\delta c_1$": INK},
    ),
]


@styled
def draw_way_back(upto, ax=None):
    """The first `upto` of the eight stages in which a gradient comes back through two steps."""
    new, equation = STAGES[upto - 1]
    old = {edge: colour for arrows, _ in STAGES[: upto - 1] for edge, colour in arrows.items()}
    return draw_graph(2, coloured=old | new, title=equation, backwards=True, thin=old, ax=ax)
