"""A class's answers: run every notebook in a folder of submissions and say which exercises are right.

`make grade FOLDER=submissions` is `python -m lstm_tutor.grade.grade submissions`. This RUNS STUDENTS' CODE.

A submission is a notebook in the folder, or in a folder of its own there, which then bears the student's name. Each is
run by a process of its own, `submission`, in a kernel of its own, with limits on time, memory and the size of files, in
an empty folder that is removed afterwards, with an environment that names neither the submissions nor you. Nothing of
what it prints is kept. `submission` says what counts as an answer, and how a student could cheat all the same.

What one submission can do to the others. On Linux, where `unshare` may make namespaces, it sees an empty folder instead
of the submissions, no network and no processes but its own; the disk can only be read, and what it started ends with
it. Elsewhere, and in containers that forbid namespaces, its code may do whatever your account may: it can look for the
other submissions, read, change and delete them, and leave processes behind; a line above the table says so then. Do not
run it as root, whose programs could open the disk itself, in /dev, and start processes without end. macOS has no limit
that keeps a program from filling the memory, and Windows none of these limits.
"""

import argparse
import collections
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from lstm_tutor.grade.remarks import answers, copies, lines_to_see
from lstm_tutor.grade.submission import LONGEST, ROOT, STARTUP, course, named

STATES = re.compile(r"(right|not yet|not answered|did not run)(: .*)?", re.DOTALL)
ENDED = "did not run: the process that ran it was ended"
TOO_LARGE = 50  # MB of a notebook


# --- walls, on Linux ---

# $1: what to hide, $2: where to work, both folders; then the command. Without capabilities nothing of it can be undone.
WALLS = """
cut -d' ' -f2 /proc/self/mounts | grep -Ev '^/(dev|proc|sys)(/|$)' | while read -r place; do
  mount -o remount,bind,ro "$(printf %b "$place")" 2>/dev/null
done
mount -t tmpfs -o size=64m tmpfs /dev/shm
mount -t tmpfs -o size=1m tmpfs "$1" && mkdir -p "$2" && mount -t tmpfs -o size=256m tmpfs "$2" && cd "$2" || exit 1
shift 2
exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$@"
"""
NAMESPACES = "--map-root-user --mount --net --ipc --pid --fork --kill-child --mount-proc".split()


def walled(command, hidden, work):
    return ["unshare", *NAMESPACES, "sh", "-c", WALLS, "sh", str(hidden), str(work), *command]


def walls_hold(hidden, work):
    """Can this machine hide the submissions, keep the disk from being written, and run Python all the same?"""
    test = 'test -z "$(ls -A "$1")" && ! touch "$2/written" && touch here && ! umount "$1" && "$3" -c ""'
    command = walled(["sh", "-c", test, "sh", str(hidden), str(ROOT), sys.executable], hidden, work)
    try:
        return subprocess.run(command, capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


# --- the class ---


def submissions(folder, csv):
    """[(student, path)]: path is a notebook, or what else was handed in instead of one."""
    found = []
    for place in sorted(folder.iterdir(), key=lambda path: path.name.lower()):
        if place.name.startswith((".", "__")) or place == csv:
            continue
        if place.is_dir() and place.suffix != ".ipynb" and not place.is_symlink():
            inside = [path for path in sorted(place.rglob("*.ipynb")) if ".ipynb_checkpoints" not in path.parts]
            found += [(place.name, path) for path in inside or [place]]
        else:
            found.append((student(place), place))
    return found


def student(path):
    """What a file's name says besides the exercise's: "lovelace_123_01_forward_equations-1.ipynb" is "lovelace_123"."""
    exercise = named(path.name)
    return (exercise and path.name.split(exercise)[0].strip(" _-")) or path.stem


def unreadable(path):
    """Why there is no sense in running what lies at path, or None."""
    if path.is_symlink():  # to the solutions, or to a fellow's answers
        return "did not run: a link, not a file of its own"
    if path.is_dir() and path.suffix != ".ipynb":
        return "did not run: no notebook in the folder"
    if path.suffix.lower() != ".ipynb" or not path.is_file():
        return "did not run: not a notebook"
    if path.stat().st_size > TOO_LARGE * 10**6:
        return f"did not run: the notebook is larger than {TOO_LARGE} MB"
    return None


def judged(path, work, walls, options):
    """What to think of the submission at path, run by a process of its own in the folder work: as submission.result."""
    try:
        trouble = unreadable(path)
        text = b"" if trouble else path.read_bytes()
    except OSError as error:
        trouble = f"did not run: {error}"
    if trouble:
        return {"trouble": trouble}
    limits = {name: getattr(options, name) for name in ("cell_seconds", "notebook_seconds", "memory")}
    command = [sys.executable, "-m", "lstm_tutor.grade.submission", json.dumps(limits | {"name": path.name})]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            walled(command, options.folder, work) if walls else command,
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=subprocess.DEVNULL,
            cwd=work,
            env=environment(work),
            start_new_session=True,
        )
        options.running.add(process)
        try:  # it keeps to its limits itself, unless it was kept from doing so
            process.communicate(text, timeout=options.notebook_seconds + 2 * STARTUP)
        except (OSError, subprocess.TimeoutExpired):
            pass  # what it said so far is no JSON
        finally:
            process.kill()
            process.wait()
            options.running.discard(process)
        said.seek(0)
        return believed(said.read(10**6)) | {"lines": lines_to_see(text), "answers": answers(text)}


def believed(said):
    """What the process of a submission said, as far as it has the form that it should have."""
    try:
        told = json.loads(said)
        if "trouble" in told:
            return {"trouble": str(told["trouble"])}
        verdicts = {number: told["verdicts"][number] for number in course()[told["notebook"]]}
        if all(STATES.fullmatch(words) for words in verdicts.values()):
            return {"notebook": told["notebook"], "verdicts": verdicts}
    except (ValueError, KeyError, TypeError):
        pass
    return {"trouble": ENDED}


def environment(work):
    """All that a submission is told. Home, settings and temporary files of Python and Jupyter are in its own folder."""
    passed_on = ("PATH", "LANG", "SYSTEMROOT", "LSTM_LANGUAGE")  # the last one says in which language hints are given
    told = {name: os.environ[name] for name in passed_on if name in os.environ}
    home = (
        "HOME USERPROFILE TMPDIR TEMP JUPYTER_CONFIG_DIR JUPYTER_DATA_DIR JUPYTER_RUNTIME_DIR IPYTHONDIR MPLCONFIGDIR"
    )
    told |= dict.fromkeys(home.split(), str(work))
    one_thread = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"], "1")
    return told | one_thread | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "JUPYTER_PLATFORM_DIRS": "1"}


def grade(options):
    """A table (pandas) with a row for each submission: student, notebook, right, of, file, trouble, remarks, each
    exercise."""
    found = submissions(options.folder, options.csv)
    options.running = set()
    with tempfile.TemporaryDirectory(prefix="grade-", ignore_cleanup_errors=True) as parent:
        places = [Path(parent, str(number)) for number in range(len(found) + 1)]
        for place in places:
            place.mkdir()
        walls = walls_hold(options.folder, places.pop())
        if not walls:
            print("This machine keeps the submissions' code neither from your files nor from each other's.")
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            print("You are root here, and so is the submissions' code.")
        pool = ThreadPoolExecutor(options.jobs)
        tasks = []
        try:
            tasks += [pool.submit(judged, path, place, walls, options) for (_, path), place in zip(found, places)]
            for _ in tqdm(as_completed(tasks), total=len(tasks), unit="notebook"):
                pass
        finally:  # when somebody interrupts it, nothing runs on
            pool.shutdown(wait=False, cancel_futures=True)
            while not all(task.done() for task in tasks):  # one may just be about to start its process
                for process in list(options.running):
                    process.kill()
                time.sleep(0.1)
    results = [task.result() for task in tasks]
    alike = copies([(name, result.get("answers", {})) for (name, _), result in zip(found, results)])
    for result, remarks in zip(results, alike):
        result["remarks"] = "; ".join(result.get("lines", []) + remarks)
    table = pd.DataFrame([row(options.folder, *pair, result) for pair, result in zip(found, results)])
    numbers = [number for exercises in course().values() for number in exercises]
    return table[[name for name in table if name not in numbers] + [name for name in numbers if name in table]]


def row(folder, student, path, result):
    notebook = result.get("notebook") or named(path.name)
    numbers = course().get(notebook, ())
    said = result.get("verdicts") or dict.fromkeys(numbers, result["trouble"])
    right = sum(words == "right" for words in said.values())
    about = {"student": student, "notebook": notebook, "right": right, "of": len(numbers)}
    about |= {"file": str(path.relative_to(folder)), "trouble": result.get("trouble"), "remarks": result["remarks"]}
    return {key: clean(value) for key, value in (about | said).items()}


def clean(value):
    """No control characters for a terminal, no formulas for a spreadsheet, no novels."""
    if not isinstance(value, str):
        return value
    value = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in value[:LONGEST])
    return "'" + value if value.lstrip().startswith(tuple("=+-@＝＋－＠")) else value


def show(table):
    """Print the table, a piece for each notebook, and below it which hints and reasons are whose."""
    for notebook, part in table.groupby("notebook", dropna=False, sort=True):
        numbers = list(course().get(notebook, ()))
        print(f"\n{notebook if numbers else 'Not one of the exercises'}\n")
        if numbers:
            marks = part[numbers].map(lambda words: STATES.match(words)[1].replace("not answered", "–"))
            marks.insert(0, "right", [f"{right} of {of}" for right, of in zip(part["right"], part["of"])])
            marks.index = part["student"]
            total = pd.DataFrame([["", *(marks[numbers] == "right").sum().map(str)]], ["right, of all"], marks.columns)
            print(pd.concat([marks, total]).to_string(), end="\n\n")
        told = collections.defaultdict(list)
        for one in part.to_dict("records"):
            reasons = collections.defaultdict(list)
            for number in numbers:
                if ":" in one[number]:
                    reasons[one[number]].append(number)
            for words, about in reasons.items():
                told[", ".join(about), words].append(one["student"])
            if not numbers:
                told["", one["trouble"]].append(one["student"])
        for (about, words), students in sorted(told.items(), key=lambda pair: (pair[0][0], -len(pair[1]))):
            text = f"{about}{': ' * bool(about)}{len(students)} × {words} ({', '.join(students)})"
            print(textwrap.fill(text, 118, subsequent_indent=" " * 4))
        for one in part[part["remarks"] != ""].to_dict("records"):
            print(textwrap.fill(f"to look at: {one['student']}: {one['remarks']}", 118, subsequent_indent=" " * 4))


def options(arguments):
    parser = argparse.ArgumentParser(prog="make grade", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="notebooks, or a folder for each student")
    parser.add_argument("--csv", type=Path, help="where the table goes; usually grades.csv in the folder")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="submissions at a time")
    parser.add_argument("--cell-seconds", type=int, default=120, help="the longest that a cell may run")
    parser.add_argument("--notebook-seconds", type=int, default=600, help="the longest that a notebook may run")
    parser.add_argument("--memory", type=float, default=4, help="GiB of a process")
    chosen = parser.parse_args(arguments)
    chosen.folder = chosen.folder.resolve()
    chosen.csv = (chosen.csv or chosen.folder / "grades.csv").resolve()
    if not course():
        parser.error("the course's notebooks are not here: use the repository's folder, not an installed package")
    if not chosen.folder.is_dir():
        parser.error(f"{chosen.folder} is no folder")
    if ROOT.is_relative_to(chosen.folder):
        parser.error(f"{chosen.folder} holds this course: put the submissions into a folder of their own")
    if not submissions(chosen.folder, chosen.csv):
        parser.error(f"{chosen.folder} is empty")
    reason = unwritable(chosen.csv)
    if reason:
        parser.error(f"{chosen.csv} cannot be written: {reason}. Is it open in a spreadsheet?")
    return chosen


def unwritable(path):
    """Why no file can be written at path, or None."""
    is_new = not path.exists()
    try:
        path.open("a").close()
    except OSError as error:
        return error.strerror
    if is_new:
        path.unlink()
    return None


def end(number, frame):
    """On this signal, end as after Ctrl-C; once."""
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


def main(arguments):
    for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP, and nohup ignores it
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, end)
    chosen = options(arguments)
    table = grade(chosen)
    show(table)
    sys.stdout.flush()
    try:
        table.to_csv(chosen.csv, index=False, encoding="utf-8-sig")  # so that spreadsheets see it is UTF-8
    except OSError as error:
        sys.exit(f"\n{chosen.csv} cannot be written: {error.strerror}")
    print(f"\nAll hints in full: {chosen.csv}")


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # a screen that knows no × loses no table
    main(sys.argv[1:])
