"""Each rule for notebooks, fed a notebook that breaks it and one that does not."""

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_rules import RULES
from pictures import pictures, visible_change

from lstm_helpers.plots import Picture
from lstm_helpers.plots.style import new_figure
from tools.notebooks import keep_timings, stored_form


def markdown(source, cell_id="more"):
    return new_markdown_cell(source, id=cell_id)


def code(source, count=5, cell_id="late", *outputs, tags=()):
    metadata = {"tags": list(tags)} if tags else {}
    return new_code_cell(source, id=cell_id, execution_count=count, outputs=list(outputs), metadata=metadata)


def text(value):
    return new_output("execute_result", {"text/plain": value}, execution_count=1)


def picture(height=1.0, alt="A bar that is one high."):
    figure, ax = new_figure(2, 1.5)
    ax.bar([0], [height])
    ax.set_ylim(0, 2)
    data, metadata = Picture(figure, alt)._repr_mimebundle_()
    return new_output("display_data", data, metadata=metadata)


def good():
    cells = [
        markdown("# Title\n\nSee [the other](other.ipynb#Other-title) and [below](#part).", "title"),
        markdown("## Part\n\n$$a \\approx b \\tag{1.1}$$", "equation"),
        code('verify("1.1", left, right, rtol=1e-3)', 1, "check", new_output("stream", text="(1.1) holds\n")),
        markdown("By (1.1) we see a picture: one bar. `(1.99)` is code.", "announcing"),
        code("Picture(figure)", 2, "drawing", picture()),
        markdown("The bar is one high.", "reading"),
        code("%timeit f()", 3, "speed", new_output("stream", text="1 s\n"), tags=["nbval-ignore-output"]),
    ]
    return new_notebook(cells=cells)


def complaints(notebook, tmp_path, stored=None):
    (tmp_path / "other.ipynb").write_text(stored_form(new_notebook(cells=[markdown("# Other title", "title")])))
    path = tmp_path / "01_example.ipynb"
    path.write_text(stored_form(notebook) if stored is None else stored, encoding="utf-8")
    return {rule.__name__ for rule in RULES if list(rule(notebook, path))}


def test_a_good_notebook_has_no_complaints(tmp_path):
    assert complaints(good(), tmp_path) == set()


def shows(*outputs):
    return {"check": {"outputs": list(outputs)}}


TABLE, HTML = str(pd.DataFrame({"gate": ["forget" * 9]})), {"text/html": '<img src="x">'}
SECOND, CHECK = markdown("$$c = d \\tag{1.2}$$"), code('verify("1.2", a, b)')
FAULTS = [  # (the rule that sees it, the fault: what a cell becomes, or cells that come last)
    ("was_run_in_order", {"check": {"execution_count": None}}),
    ("was_run_in_order", {"check": {"execution_count": 2}}),
    ("has_stored_outputs", {"drawing": {"outputs": []}}),
    ("says_nothing_on_stderr", shows(new_output("stream", name="stderr", text="w"))),
    ("names_no_machine", shows(text("in /home/me/x.py"))),
    ("names_no_machine", shows(text("<A at 0x7f0012345678>"))),
    ("shows_all_of_it", shows(text(TABLE))),
    ("shows_all_of_it", shows(text(repr(np.arange(2000))))),
    ("has_stable_ids", {"check": {"id": "a1b2c3d4-aaaa-bbbb-cccc-0123456789ab"}}),
    ("excuses_only_timings", [code("f()", tags=["nbval-ignore-output"])]),
    ("excuses_only_timings", [code("# NBVAL_SKIP\nf()")]),
    ("has_headings_in_order", [markdown("#### Deep")]),
    ("has_headings_in_order", [markdown("# Again")]),
    ("has_short_code_cells", [code("x = 1\n" * 16)]),
    ("has_working_links", [markdown("[gone](gone.ipynb)")]),
    ("has_working_links", [markdown("See [above](#Title-2).")]),
    ("has_working_links", [markdown("See [there](other.ipynb#Title).")]),
    ("describes_its_pictures", shows(new_output("display_data", {"image/png": picture().data["image/png"]}))),
    ("describes_its_pictures", shows(new_output("display_data", HTML))),
    ("describes_its_pictures", [code("Picture(figure)", 5, "again", picture())]),
    ("reads_its_pictures", {"reading": {"source": "## Next\n\nThe bar was one high."}}),
    ("keeps_its_ledger", [SECOND]),
    ("keeps_its_ledger", [CHECK]),
    ("keeps_its_ledger", [CHECK, SECOND]),
    ("keeps_its_ledger", [markdown("$$c = d \\tag{1.2}$$\n## Next"), CHECK]),
    ("keeps_its_ledger", [code('verify("1.1", a, b)')]),
    ("keeps_its_ledger", {"check": {"source": '# verify("1.1", left, right)'}}),
    ("keeps_its_ledger", [markdown("$$c = d \\tag{2.3}$$"), code('verify("2.3", a, b)')]),
    ("explains_its_tolerances", {"check": {"source": 'verify("1.1", left, right, rtol=1)'}}),
    ("explains_its_tolerances", {"check": {"source": 'verify("1.1", left, right, rtol=loose)'}}),
    ("explains_its_tolerances", {"equation": {"source": "## Part\n\n$$a = b \\tag{1.1}$$"}}),
    ("refers_to_its_equations", [markdown("By (1.99) it holds.")]),
    ("refers_to_its_equations", [code("c = f(x)  # (1.99)")]),
]


@pytest.mark.parametrize("rule, fault", FAULTS)
def test_a_fault_is_seen(rule, fault, tmp_path):
    notebook = good()
    for cell in notebook.cells:
        cell.update(fault.get(cell.id, {}) if isinstance(fault, dict) else {})
    notebook.cells += [] if isinstance(fault, dict) else fault
    assert rule in complaints(notebook, tmp_path)


def test_metadata_that_running_leaves_behind_is_seen(tmp_path):
    notebook = good()
    notebook.cells[2].metadata["execution"] = {"iopub.execute_input": "2026-01-01T00:00:00Z"}
    assert "is_in_stored_form" in complaints(notebook, tmp_path, stored=nbformat.writes(notebook))


def test_what_was_printed_in_pieces_is_stored_as_one():
    def printed(*pieces):
        outputs = [new_output("stream", name=name, text=text) for name, text in pieces]
        return stored_form(new_notebook(cells=[code("check()", 1, "check", *outputs)]))

    assert printed(("stdout", "right"), ("stdout", "\n")) == printed(("stdout", "right\n"))
    assert printed(("stdout", "a"), ("stderr", "b")) != printed(("stdout", "ab"))


def test_a_picture_with_other_data_is_seen_and_the_same_is_not():
    one, same, other = (next(pictures([picture(height)])) for height in (1.0, 1.0, 1.05))
    assert visible_change(one, same) is None
    assert "levels" in visible_change(one, other)
    assert "size" in visible_change(one, np.zeros((10, 10, 3)))


@pytest.mark.parametrize(
    "source, tags, kept",
    [
        ("seconds()", ["nbval-ignore-output"], "old"),
        ("seconds(2)", ["nbval-ignore-output"], "new"),
        ("seconds()", [], "new"),
    ],
)
def test_only_unchanged_timings_keep_their_output(source, tags, kept):
    fresh, stored = (
        new_notebook(cells=[code(written, 1, "cell", text(printed), tags=tags)])
        for written, printed in ((source, "new"), ("seconds()", "old"))
    )
    assert keep_timings(fresh, stored).cells[0].outputs[0].data["text/plain"] == kept
