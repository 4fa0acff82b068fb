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


def marks(kind="-", **marks):
    return {"slideshow": {"slide_type": kind} | marks}


def markdown(source, cell_id, kind="-", **more):
    return new_markdown_cell(source, id=cell_id, metadata=marks(kind, **more))


def code(source, count, cell_id, *outputs, tags=()):
    metadata = marks() | ({"tags": list(tags)} if tags else {})
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
        markdown("# Title\n\nSee [the other](other.ipynb).", "title", question="Which?", picture="drawing"),
        markdown("## Part\n\n$$a = b \\tag{1.1}$$", "equation", "slide", question="Is it?"),
        code('verify("1.1", left, right)', 1, "check", new_output("stream", text="(1.1) holds\n")),
        markdown("By (1.1) we see a picture: one bar. `(1.9)` is code.", "announcing", "notes"),
        code("Picture(figure)", 2, "drawing", picture()),
        markdown("The bar is one high.", "reading"),
        code(
            "1 / 0",
            3,
            "mistake",
            new_output("error", ename="E", evalue="x", traceback=["E: x"]),
            tags=["raises-exception"],
        ),
        code("%timeit f()", 4, "speed", new_output("stream", text="1 s\n"), tags=["nbval-ignore-output"]),
    ]
    return new_notebook(cells=cells)


def complaints(notebook, tmp_path, stored=None):
    (tmp_path / "other.ipynb").write_text(stored_form(new_notebook(cells=[markdown("# Other title", "title")])))
    path = tmp_path / "01_example.ipynb"
    path.write_text(stored_form(notebook) if stored is None else stored, encoding="utf-8")
    return {rule.__name__: found for rule in RULES if (found := list(rule(notebook, path)))}


def test_a_good_notebook_has_no_complaints(tmp_path):
    assert complaints(good(), tmp_path) == {}


def break_cell(name, **changes):
    def change(notebook):
        cell = next(cell for cell in notebook.cells if cell.id == name)
        for key, value in changes.items():
            setattr(cell, key, value)

    return change


def delete(name):
    def change(notebook):
        notebook.cells = [cell for cell in notebook.cells if cell.id != name]

    return change


def insert(*cells):
    return lambda notebook: notebook.cells.extend(cells)


FAULTS = {
    "an unrun cell": (break_cell("check", execution_count=None), "was_run_in_order"),
    "counts out of order": (break_cell("check", execution_count=2), "was_run_in_order"),
    "stripped outputs": (break_cell("drawing", outputs=[]), "has_stored_outputs"),
    "stderr": (break_cell("check", outputs=[new_output("stream", name="stderr", text="w")]), "says_nothing_on_stderr"),
    "a path": (break_cell("check", outputs=[text("in /home/me/x.py")]), "names_no_machine"),
    "an address": (break_cell("check", outputs=[text("<A at 0x7f0012345678>")]), "names_no_machine"),
    "a table that is cut off": (
        break_cell("check", outputs=[text(str(pd.DataFrame({"gate": ["forget" * 9]})))]),
        "shows_all_of_it",
    ),
    "an array that is cut off": (break_cell("check", outputs=[text(repr(np.arange(2000)))]), "shows_all_of_it"),
    "an error not on purpose": (break_cell("mistake", metadata={}), "raises_only_on_purpose"),
    "a random id": (break_cell("check", id="a1b2c3d4-aaaa-bbbb-cccc-0123456789ab"), "has_stable_ids"),
    "an excuse without a timing": (
        insert(code("f()", 5, "excused", text("1"), tags=["nbval-ignore-output"])),
        "excuses_only_timings",
    ),
    "an excuse in a comment": (insert(code("# NBVAL_SKIP\nf()", 5, "excused", text("1"))), "excuses_only_timings"),
    "a level left out": (insert(markdown("#### Deep", "deep")), "has_headings_in_order"),
    "a second title": (insert(markdown("# Again", "again")), "has_headings_in_order"),
    "a long cell": (insert(code("x = 1\n" * 16, 5, "long")), "has_short_code_cells"),
    "a dead link": (insert(markdown("[gone](gone.ipynb)", "gone")), "has_working_links"),
    "an anchor to nowhere": (insert(markdown("See [above](#Title-2).", "gone")), "has_working_links"),
    "an anchor to nowhere in another notebook": (
        insert(markdown("See [there](other.ipynb#Title).", "gone")),
        "has_working_links",
    ),
    "a doubled Markdown cell": (insert(markdown("The bar is one high.", "again")), "repeats_no_cell"),
    "a doubled code cell": (insert(code("Picture(figure)", 5, "again", text("1"))), "repeats_no_cell"),
    "a name that nothing uses": (insert(code("left_over = 1", 5, "unused")), "uses_what_it_defines"),
    "a function that nothing uses": (
        insert(code("def left_over(x):\n    return x", 5, "unused")),
        "uses_what_it_defines",
    ),
    "an alt text about something else": (
        break_cell("drawing", outputs=[picture(alt="Seven swans swimming quietly.")]),
        "tells_its_pictures_apart",
    ),
    "one alt text for two pictures": (insert(code("again", 5, "again", picture())), "tells_its_pictures_apart"),
    "a picture that nobody reads": (delete("reading"), "reads_its_pictures"),
    "a picture behind which the next part begins": (
        break_cell("reading", source="## Next\n\nThe bar was one high."),
        "reads_its_pictures",
    ),
    "a note without words": (break_cell("announcing", source="..."), "is_a_deck_of_slides"),
    "no alt text": (
        break_cell("drawing", outputs=[new_output("display_data", {"image/png": picture().data["image/png"]})]),
        "describes_its_pictures",
    ),
    "no alt in HTML": (
        break_cell("drawing", outputs=[new_output("display_data", {"text/html": '<img src="x">'})]),
        "describes_its_pictures",
    ),
    "a cell without a slide type": (break_cell("check", metadata={}), "is_a_deck_of_slides"),
    "a section within a slide": (
        insert(markdown("## More", "more", "fragment"), markdown("To say.", "say", "notes")),
        "is_a_deck_of_slides",
    ),
    "a section with nothing to say": (insert(markdown("## More", "more", "slide")), "is_a_deck_of_slides"),
    "a section without a question": (
        insert(markdown("## More", "more", "slide"), markdown("To be said of it.", "say", "notes")),
        "is_marked_for_the_room",
    ),
    "a title without a picture": (break_cell("title", metadata=marks(question="Which?")), "is_marked_for_the_room"),
    "a title with a text for a picture": (
        break_cell("title", metadata=marks(question="Which?", picture="check")),
        "is_marked_for_the_room",
    ),
    "code shown as nobody knows": (break_cell("check", metadata=marks(show="lead")), "is_marked_for_the_room"),
    "a question that asks nothing": (break_cell("reading", metadata=marks(show="question")), "is_marked_for_the_room"),
    "a tag without a check": (insert(markdown("$$c = d \\tag{1.2}$$", "more")), "keeps_its_ledger"),
    "a check without a tag": (insert(code('verify("1.2", a, b)', 5, "more", text("x"))), "keeps_its_ledger"),
    "a check before its tag": (
        insert(code('verify("1.2", a, b)', 5, "more", text("x")), markdown("$$c = d \\tag{1.2}$$", "late")),
        "keeps_its_ledger",
    ),
    "a check behind the next heading": (
        insert(markdown("$$c = d \\tag{1.2}$$\n## Next", "more"), code('verify("1.2", a, b)', 5, "late", text("x"))),
        "keeps_its_ledger",
    ),
    "a second check": (insert(code('verify("1.1", a, b)', 5, "more", text("x"))), "keeps_its_ledger"),
    "a check in a comment only": (break_cell("check", source='# verify("1.1", left, right)'), "keeps_its_ledger"),
    "rtol = 1": (break_cell("check", source='verify("1.1", left, right, rtol=1)'), "explains_its_tolerances"),
    "a tolerance that is computed": (
        break_cell("check", source='verify("1.1", left, right, rtol=loose)'),
        "explains_its_tolerances",
    ),
    "a wide tolerance without a word": (
        break_cell("check", source='verify("1.1", left, right, rtol=1e-3)'),
        "explains_its_tolerances",
    ),
    "a comment at another equation's line": (
        insert(
            markdown("$$c_t = d \\tag{1.2}$$", "second"),
            code("c_t = f(x)  # (1.1)\nverify('1.2', c_t, d)", 5, "late", text("x")),
        ),
        "refers_to_its_equations",
    ),
    "a number of another chapter": (
        insert(markdown("$$c = d \\tag{2.3}$$", "more"), code('verify("2.3", a, b)', 5, "late", text("x"))),
        "keeps_its_ledger",
    ),
    "a reference to nothing": (insert(markdown("By (1.7) it holds.", "more")), "refers_to_its_equations"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_seen(fault, tmp_path):
    change, rule = FAULTS[fault]
    notebook = good()
    change(notebook)
    assert rule in complaints(notebook, tmp_path)


SAME = [
    "f(a), f(a)",
    "a, a + 0",
    "a, 1 * a",
    "-(-a), a.copy()",
    "a, np.array(a)",
    "a, torch.from_numpy(a)[:].numpy()",
    "a, b\nb = a.copy()",
    "b + 0, c\nb = a\nc = np.asarray(b)",
]


@pytest.mark.parametrize("sides", SAME)
def test_a_thing_compared_with_itself_is_seen(sides, tmp_path):
    notebook = good()
    sides, *before = sides.split("\n")
    break_cell("check", source="\n".join([*before, f'verify("1.1", {sides})']))(notebook)
    assert "compares_two_things" in complaints(notebook, tmp_path)


@pytest.mark.parametrize("sides", ["a, b\nb = a + c", "a, b\nb = a\nb = f(a)", "a, a.T", "a[1:], a[:-1]"])
def test_two_things_are_not_taken_for_one(sides, tmp_path):
    notebook = good()
    sides, *before = sides.split("\n")
    break_cell("check", source="\n".join([*before, f'verify("1.1", {sides})']))(notebook)
    assert complaints(notebook, tmp_path) == {}


def test_what_is_right_about_links_tolerances_and_names_is_not_blamed(tmp_path):
    notebook = good()
    break_cell("equation", source="## Part\n\n$$a \\approx b \\tag{1.1}$$")(notebook)
    break_cell("check", source='verify("1.1", left, right, rtol=1e-3)')(notebook)
    links = "[a](#Title), [b](#part), [c](other.ipynb#Other-title), [d](other.ipynb#other-title)"
    insert(markdown(links, "links"), code("used, spare = pair\nused", 5, "pair", text("1")))(notebook)
    assert complaints(notebook, tmp_path) == {}


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


def images(height):
    return next(pictures([picture(height)]))


def test_a_picture_with_other_data_is_seen_and_the_same_is_not():
    assert visible_change(images(1.0), images(1.0)) is None
    assert "levels" in visible_change(images(1.0), images(1.05))
    assert "size" in visible_change(images(1.0), np.zeros((10, 10, 3)))


def test_only_unchanged_timings_keep_their_output():
    def notebook(source, tags, printed):
        return new_notebook(cells=[code(source, 1, "cell", text(printed), tags=tags)])

    def kept(source, tags):
        fresh = keep_timings(notebook(source, tags, "new"), notebook("seconds()", tags, "old"))
        return fresh.cells[0].outputs[0].data["text/plain"]

    assert kept("seconds()", ["nbval-ignore-output"]) == "old"
    assert kept("seconds(2)", ["nbval-ignore-output"]) == "new"
    assert kept("seconds()", []) == "new"
