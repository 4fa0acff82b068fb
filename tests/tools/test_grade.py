"""`make grade`: what counts as an answer, and that a broken or hostile submission costs only its own row.

One class of submissions is graded once for all tests, as a teacher would do it, with short limits.
"""

import asyncio
import builtins
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from lstm_tutor.exercises import exercises
from lstm_tutor.grade import grade, submission
from tools import students
from tools.notebooks import EXERCISES, FOLDER, ROOT, SOLUTIONS, read

FIRST = "01_forward_equations.ipynb"
NUMBERS = list(exercises("1"))
ALL = len(NUMBERS)
LINUX = sys.platform == "linux"
CELL_SECONDS = 12  # the judge is imported within them, on a busy machine too


def cells(path=SOLUTIONS[0], **instead):
    """The sources of a notebook's code cells by id, some of them with others instead; answer_1=None leaves one out."""
    sources = {cell.id: cell.source for cell in read(path).cells if cell.cell_type == "code"}
    sources |= {id.replace("_", "-"): source for id, source in instead.items()}
    return {id: source for id, source in sources.items() if source is not None}


def text(sources, ids=True):
    """A notebook as a file. ids: are there ids, which came with nbformat 4.5?"""
    made = []
    for id, source in sources.items():
        made.append({"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None})
        made[-1] |= {"id": id} if ids else {}
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5 if ids else 4})


# What a cell may do without any harm to the next one: each stands before one exercise of the same notebook.
HARM = {
    "answer-1": "input()",
    "answer-2": "import os, time\nwhile True: time.sleep(1)",
    "answer-3": "for _ in range(50): print('x' * 10**6)",
    "answer-4": "bytearray(3 * 2**30)",
    "answer-5": "import shutil\nshutil.rmtree(os.getcwd())",
    "answer-6": "import sys\nsys.exit(3)",
    "answer-7": "import time\nif hasattr(os, 'fork') and os.fork() == 0:\n    time.sleep(1000)",
}

FORGED = {
    "imports": """
import builtins, sys
import numpy as np
from IPython.display import display, publish_display_data
import lstm_tutor.exercises as judges
from lstm_tutor.exercises import check, notebook_01 as forward, showing
judges.judged = lambda exercise, answer: "right"
for exercise in judges.exercises("1"):
    exercise.task.__class__.judge = lambda self, answer: None
def check(number, answer):
    print(number, "right")
judges.check = builtins.check = check
""",
    "answer-1": "c_and_h = [1, 2]\nprint('1.1 right')\ndisplay(showing.Verdict('1.1', 'right'))\ncheck('1.1', c_and_h)",
    "answer-2": "shapes = {}\ncheck('1.2', dict(W_x=(64, 5), W_h=(64, 16), b=(64,), x=(9, 7, 5), h=(9, 7, 16)))",
    "answer-3": """
def step(*arguments):
    print("1.3 right")
    publish_display_data({"text/plain": "1.3 right"}, {"": "right", "1.3": "right"})
    raise SystemExit
check("1.3", step)
""",
    "answer-4": "W_x = W_h = b = 0\nprint('1.4 right')",
    "answer-5": "steps = 5\njudges.check('1.5', 6)",
    "answer-6": "H = 99\ncheck('1.6', 100)",
}

OLD = {  # no ids, other names, lone and full-width signs, an exercise that did not exist, one that no longer does
    "imports": cells()["imports"] + "\nfrom lstm_tutor.exercises import check",
    "answer-1": "c_h = [1.381, 0.881]\ncheck('1.1', c_h)",
    "answer-2": "shapes = {\ncheck('1.2', shapes)",
    "answer-3": "step = '\ud800'\ncheck('1.3', step)",
    "answer-5": "steps = 6，\ncheck('1.5', steps)",
    "answer-6": "H = 99\ncheck('1.6', H)",
    "answer-7": "check('1.8', 3)",
}

ENDS = {  # in the place of the second exercise
    "deaf": "import time\nwhile True:\n    try: time.sleep(1)\n    except BaseException: pass",
    "ends": """
import os, subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)", os.getcwd()])  # is it still there afterwards?
os._exit(0)
""",
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Grade a class. Returns its table, by students, what was written on the screen, and the folder for its work."""
    folder, temporary = tmp_path_factory.mktemp("class"), tmp_path_factory.mktemp("work")
    notebooks = {"=blank": cells(EXERCISES[0]), "sturdy": with_harm(cells()), "forger": cells(**FORGED)}
    notebooks |= {name: cells(answer_2=source) for name, source in ENDS.items()}
    if grade.walls_hold(folder, temporary):
        spy = f"shutil.rmtree({str(folder)!r}, ignore_errors=True)\nsteps = os.listdir({str(folder)!r})"
        notebooks["spy"] = cells(answer_5=f"import os, shutil\n{spy}\ncheck('1.5', steps)")
    for name, sources in notebooks.items():
        (folder / name).mkdir()
        (folder / name / FIRST).write_text(text(sources), encoding="utf-8")
    own = folder / "forger" / "lstm_tutor" / "exercises"
    own.mkdir(parents=True)
    for package in (own, own.parent):
        (package / "__init__.py").write_text("def check(number, answer): print(number, 'right')", encoding="utf-8")
    (folder / f"old_{FIRST}").write_text(text(cells(**OLD), ids=False), encoding="utf-8")
    (folder / f"broken_{FIRST}").write_text(text(cells())[:-9], encoding="utf-8")
    (folder / "linked").symlink_to(SOLUTIONS[0].parent)
    (folder / "letter.txt").write_text("My dog ate it.", encoding="utf-8")
    (folder / "nothing").mkdir()
    limits = f"--cell-seconds {CELL_SECONDS} --notebook-seconds 60 --memory 2 --jobs 2".split()
    done = subprocess.run(
        [sys.executable, "-m", "lstm_tutor.grade.grade", folder, *limits],
        env=os.environ | {"TMPDIR": str(temporary), "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(folder / "grades.csv", dtype=str, keep_default_na=False).set_index("student")
    return table, done.stdout, done.stderr, temporary


def with_harm(sources):
    made = {}
    for id, source in sources.items():
        made |= {f"harm-{id}": HARM[id]} if id in HARM else {}
        made[id] = source
    return made


def test_right_and_blank_and_a_row_for_each(graded):
    table = graded[0]
    assert said(graded, "sturdy") == ["right"] * ALL and table.loc["sturdy", "right"] == str(
        ALL
    )  # whatever harm is done
    assert said(graded, "'=blank") == ["not answered"] * ALL and table.loc["'=blank", "right"] == "0"
    students = "'=blank broken deaf ends forger letter linked nothing old sturdy".split()
    assert sorted({*table.index} - {"spy"}) == students and len(table) == len({*table.index})


def said(graded, student):
    return [graded[0].loc[student, number] for number in NUMBERS]


@pytest.mark.parametrize(
    ("student", "why"),
    [("deaf", f"code cell 3 could not be stopped after {CELL_SECONDS} s"), ("ends", "the kernel ended in code cell 3")],
)
def test_what_ends_the_kernel_costs_what_comes_after(graded, student, why):
    assert said(graded, student) == ["right"] + [f"did not run: {why}"] * (ALL - 1)


def test_a_notebook_has_its_time_and_no_more():
    with pytest.raises(submission.Stopped, match="the notebook's time was over before code cell 3"):
        asyncio.run(submission.run_cell(None, "pass", 3, until=time.monotonic()))


def test_nothing_printed_patched_or_checked_otherwise_counts(graded):
    words = said(graded, "forger")
    assert all(one.startswith("not yet: ") for one in words[:6])
    assert "SystemExit" in words[2] and "round up" in words[4]


def test_an_old_copy_is_judged_as_far_as_it_goes(graded):
    words = said(graded, "old")
    assert "'c_and_h' is not defined after code cell 2: was it renamed, or is this an old copy" in words[0]
    assert words[1].startswith("did not run: SyntaxError") and words[1].endswith(" (line 2) in code cell 3")
    assert words[2] == r"did not run: '\ud800' is a lone surrogate, half of a character, in code cell 4"
    assert (
        words[3] == "right"
        and "; ， is full-width, type , in code cell 7" in words[4]
        and "an LSTM has 4 H (I + H + 1) parameters" in words[5]
    )
    assert words[6] == "not answered: there is no cell for it"


def test_what_gives_no_answers_at_all_is_said(graded):
    trouble = graded[0].loc[:, "trouble"]
    assert trouble["broken"] == "did not run: not a notebook (NotJSONError)" == graded[0].loc["broken", "1.4"]
    assert trouble["letter"] == "did not run: not a notebook"
    assert trouble["linked"] == "did not run: a link, not a file of its own"
    assert trouble["nothing"] == "did not run: no notebook in the folder"
    assert not trouble["sturdy"]


def test_remarks_say_what_to_look_at(graded):
    remarks = graded[0].loc[:, "remarks"]
    assert remarks["'=blank"] == remarks["letter"] == remarks["linked"] == ""
    assert remarks["ends"].startswith(f"1.1, {', '.join(NUMBERS[2:])} as in the solutions, deaf")
    lines = remarks["forger"].split("; ")
    assert lines[0] == "code cell 1: import lstm_tutor.exercises as judges"
    assert "code cell 1: def check(number, answer):" in lines and "to look at: forger: code cell 1" in graded[1]


def test_others_files_are_out_of_sight(graded):
    """An empty list, and the class is still there."""
    if "spy" not in graded[0].index:
        assert "keeps the submissions' code neither" in graded[1]
        pytest.skip("no namespaces here")
    assert graded[0].loc["spy", "1.5"] == "not yet: the shape is (0,), but () is wanted"
    assert "keeps the submissions' code neither" not in graded[1]


def commands_in(folder):
    """The commands that run on this machine and name a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has just ended
            found.append(path.read_bytes())
    return [command for command in found if os.fsencode(folder) in command]


@pytest.mark.skipif(not LINUX, reason="needs /proc")
def test_nothing_runs_on_and_nothing_stays(graded):
    assert commands_in(Path(sys.executable).name) and not commands_in(graded[3])
    assert not list(graded[3].iterdir())


def test_the_screen_shows_the_table_hints_and_progress(graded):
    _, screen, progress, _ = graded
    lines = [line.split() for line in screen.splitlines()]
    assert ["sturdy", str(ALL), "of", str(ALL)] + ["right"] * ALL in lines and ["'=blank", "0", "of", str(ALL)] + [
        "–"
    ] * ALL in lines
    assert f"\n{', '.join(NUMBERS[1:])}: 1 × did not run: the kernel ended in code cell 3 (ends)\n" in screen
    assert " × did not run: not a notebook (letter)\n" in screen and "100%" in progress


# --- without a kernel ---


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a notebook"),
        (b"\x89PNG\r\n\xff", "not a notebook"),
        (b"[]", "not a notebook"),
        (b'{"cells": 3, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "not a notebook"),
        (b"[" * 10**5, "not a notebook"),
        (text({}).encode(), "none of the course's exercises"),
        (text({"a": "print(1)"}).encode(), "none of the course's exercises"),
    ],
)
def test_files_of_any_kind(content, words):
    assert words in submission.result(content, "homework.ipynb", 1, 1)["trouble"]


def test_a_notebook_is_known_by_its_checks_or_else_its_name():
    assert submission.named("x.ipynb", ["2.1", "1.1", "2.7"]) == "02_bptt_scalar_rnn"
    assert submission.named("x_03_lstm_gradients-2.ipynb") == "03_lstm_gradients"
    assert submission.named("02_bptt_scalar_rnn.ipynb", ["1.1"]) == "01_forward_equations"
    assert submission.named("x.ipynb", ["9.9"]) is None


def test_an_answer_is_judged_where_it_is_asked_for_last_or_else_where_it_stood():
    handed_out, later = ("answer-5", "steps = 6"), ("own", "steps = 7")
    assert submission.place([handed_out, later], "1.5", "answer-5") == 1
    assert submission.place([handed_out, ("own", "check('1.5', 7)"), later], "1.5", "answer-5") == 2
    assert submission.place([later, later], "1.5", "answer-5") == 0


@pytest.mark.parametrize("path", EXERCISES, ids=lambda path: path.stem)
def test_the_handed_out_checks_are_the_solutions(path):
    asked = submission.course()[path.stem]
    assert list(asked) == list(exercises(path.name[1]))
    sources = cells(SOLUTIONS[0].parent / path.name)
    for home, check in asked.values():
        assert sources[home].replace('"', "'").endswith(check)


@pytest.mark.parametrize(
    "told",
    [
        "",
        "1",
        "[]",
        '{"notebook": "01_forward_equations", "verdicts": {"1.1": "right"}}',
        '{"notebook": "99", "verdicts": {}}',
        json.dumps({"notebook": SOLUTIONS[0].stem, "verdicts": dict.fromkeys(NUMBERS, "very good")}),
        json.dumps({"notebook": SOLUTIONS[0].stem, "verdicts": dict.fromkeys(NUMBERS, 1)}),
    ],
)
def test_a_process_that_says_something_else_is_not_believed(told):
    assert grade.believed(told) == {"trouble": grade.ENDED}


def test_students_are_known_by_file_or_folder(tmp_path):
    names = ["b/week1/x.ipynb", "b/.ipynb_checkpoints/x.ipynb", f"a_17_{FIRST}", FIRST, "c.ipynb", "grades.csv", ".x"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = grade.submissions(tmp_path, tmp_path / "grades.csv")
    assert [name for name, _ in found] == [Path(FIRST).stem, "a_17", "b", "c"]


@pytest.mark.skipif(os.name == "nt", reason="needs the right to make links")
def test_a_link_to_anothers_notebook_and_a_pipe_are_no_notebooks(tmp_path):
    (tmp_path / FIRST).write_text(text(cells()), encoding="utf-8")
    (tmp_path / "link.ipynb").symlink_to(tmp_path / FIRST)
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "folder.ipynb").mkdir()
    assert grade.unreadable(tmp_path / FIRST) is None
    assert grade.unreadable(tmp_path / "link.ipynb") == "did not run: a link, not a file of its own"
    for name in ("pipe", "folder"):
        assert grade.unreadable(tmp_path / f"{name}.ipynb") == "did not run: not a notebook"


def test_a_cell_of_the_table_is_harmless():
    assert (
        grade.clean("=1+1") == "'=1+1"
        and grade.clean("  ＝1+1") == "'  ＝1+1"
        and grade.clean("a\udcff") == "a�"
        and grade.clean("\x1b[2Jx\n") == "�[2Jx�"
        and grade.clean(3) == 3
    )
    assert len(grade.clean("x" * 10**6)) == submission.LONGEST


@pytest.mark.parametrize(("folder", "words"), [("no", "is no folder"), (".", "is empty"), (ROOT, "holds this course")])
def test_what_cannot_be_graded_is_said(folder, words, tmp_path, capsys):
    with pytest.raises(SystemExit):
        grade.options([str(tmp_path / folder)])
    assert words in capsys.readouterr().err


def test_a_table_that_cannot_be_written_is_said_before_the_work(tmp_path, capsys, monkeypatch):
    (tmp_path / FIRST).touch()
    grade.options([str(tmp_path)])
    assert not (tmp_path / "grades.csv").exists()
    (tmp_path / "grades.csv").mkdir()
    with pytest.raises(SystemExit):
        grade.options([str(tmp_path)])
    assert "grades.csv cannot be written: Is a directory. Is it open" in capsys.readouterr().err
    monkeypatch.setattr(grade, "unwritable", lambda path: None)  # it was still closed then
    monkeypatch.setattr(grade, "grade", lambda options: pd.DataFrame({"notebook": [None], "student": "ada", **EMPTY}))
    with pytest.raises(SystemExit, match="cannot be written"):
        grade.main([str(tmp_path)])
    assert "Not one of the exercises" in capsys.readouterr().out


EMPTY = {"trouble": "did not run", "remarks": ""}


@pytest.mark.skipif(not LINUX, reason="needs /proc")
def test_a_signal_ends_the_submissions_too(tmp_path):
    folder, work = tmp_path / "class", tmp_path / "work"
    work.mkdir()
    folder.mkdir()
    (folder / FIRST).write_text(text(cells(answer_1="import time\ntime.sleep(300)")), encoding="utf-8")
    command = [sys.executable, "-m", "lstm_tutor.grade.grade", folder]
    told = os.environ | {"TMPDIR": str(work), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=told, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: [command for command in commands_in(work) if b"ipykernel" in command])
    finally:
        process.send_signal(signal.SIGHUP)
    assert process.wait(60) == 128 + signal.SIGHUP
    wait_until(lambda: not commands_in(work))
    assert not [*work.iterdir()] and not (folder / "grades.csv").exists()


def wait_until(so):
    end = time.monotonic() + 120
    while not so():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.parametrize("target", ["grade", "students"])
def test_make_says_that_the_folder_is_missing(target):
    done = subprocess.run(["make", target], cwd=ROOT, capture_output=True, text=True, env=os.environ | {"FOLDER": ""})
    assert done.returncode and f"FOLDER is missing: make {target} FOLDER=" in done.stderr


def test_a_hidden_error_is_called_by_its_public_name(monkeypatch):
    monkeypatch.setattr(builtins, "_IncompleteInputError", type("_IncompleteInputError", (SyntaxError,), {}), False)
    assert submission.plainly("_IncompleteInputError", "no end (3.py, line 2)") == "SyntaxError: no end (line 2)"
    assert submission.plainly("Own", "text") == "Own: text"


def test_what_is_handed_out_has_no_solutions_and_no_loose_link(tmp_path):
    students.main(tmp_path / "handed out")
    found = [path.relative_to(tmp_path / "handed out").as_posix() for path in tmp_path.rglob("*.ipynb")]
    here = [
        path.relative_to(ROOT).as_posix() for path in FOLDER.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts
    ]
    assert sorted(found) == sorted(name for name in here if "/solutions/" not in name)
    for name in found:
        for cell in read(tmp_path / "handed out" / name).cells:
            assert "solution" not in cell.metadata.get("tags", ())
            for link in re.findall(r"\]\(([^()#\s:]+)[)#]", cell.source if cell.cell_type == "markdown" else ""):
                assert (tmp_path / "handed out" / name).parent.joinpath(link).exists(), f"{name}: {link}"
    with pytest.raises(SystemExit, match="holds the course itself"):
        students.main(ROOT)
