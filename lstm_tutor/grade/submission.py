"""One submission: run its cells in a kernel of its own, and put the handed-out checks to what they leave behind.

`python -m lstm_tutor.grade.submission LIMITS < NOTEBOOK` is what `grade` starts for each notebook, in an empty
folder; the result goes to stdout as JSON.

What counts is not what a notebook prints. After the cell of an exercise, the check of the course's own notebook is put
to the names that the cell defines, by a judge that was imported before the submission's first cell and is not the one
that the submission imports. What the judge says comes back as a display under a word that is drawn for this very
question. So a printed "1.1 right", another `check`, a changed check cell and a judge that was tampered with gain
nothing. A student who reads this file can still cheat: code in the kernel can reach everything in the kernel, the
word, the judge, NumPy and the right answers, and Python hides none of it. Look at a cell before you believe a surprise.
"""

import ast
import asyncio
import builtins
import contextlib
import json
import math
import os
import re
import secrets
import subprocess
import sys
import time
from pathlib import Path

from lstm_helpers.language import say
from lstm_tutor import exercises
from lstm_tutor.exercises.asking import public
from lstm_tutor.exercises.reading import FULL_WIDTH

# nbclient and nbformat are imported where they are used: the kernels import this module too.

ROOT = Path(__file__).resolve().parent.parent.parent
ASKED = re.compile(r"(?m)^[^#\n]*\bcheck\(\s*[\"'](\d\.\d+)[\"']")
FILE = re.compile(r"\(\d+\.py, line")  # in a SyntaxError; the number is IPython's
STRANGE = re.compile(r"invalid character '(.)' \(U\+\w+\)")  # in another SyntaxError
LONE = re.compile("[\ud800-\udfff]")
LONGEST = 300  # letters of a hint
STARTUP, TO_LISTEN = 60, 10  # seconds for a kernel to start, and to react when it is interrupted


def course():
    """What was handed out: {name of a notebook, without .ipynb: {number: (id of its cell, its check, as source)}}."""
    found = {}
    for path in sorted((ROOT / "notebooks" / "exercises").glob("*.ipynb")):
        found[path.stem] = {}
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            for number in ASKED.findall(source) if cell["cell_type"] == "code" else ():
                found[path.stem][number] = cell["id"], ast.unparse(ast.parse(source).body[-1])
    return found


# --- in the kernel ---


def begin(word, notebook):
    """Keep this judge under a word, away from what the submission imports. notebook: the number of its exercises."""
    known = {notebook: exercises.exercises(notebook)}
    exercises.exercises = known.__getitem__
    sys.modules[word] = sys.modules[__name__]
    for name in [name for name in sys.modules if name.startswith(exercises.__name__)]:
        del sys.modules[name]


def judge(word, ask):
    """Display, under this word, what the judge thinks of an answer. ask: a function that puts it to a check."""
    from IPython.display import publish_display_data

    said = []
    exercises.show = said.append
    try:
        ask(exercises.check)
        if said[-1].words.endswith(say(exercises.AGAIN)):
            ask(exercises.check)
        words = said[-1].words
    except NameError as error:  # check() itself raises nothing
        words = f"did not run: {error}"
    except BaseException as error:  # such as SystemExit, which a student's function may raise, too
        words = f"not yet: stopped with {type(error).__name__}"
    publish_display_data({"text/plain": ""}, {word: words})


# --- the process that runs the submission ---


def limit(seconds, gibibytes):
    """Limit this process and all that it starts, as far as the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    wanted = {"CORE": 0, "FSIZE": 64 * 2**20, "CPU": seconds + STARTUP, "AS": int(gibibytes * 2**30)}
    if os.path.exists("/proc/self"):  # counted are all threads of this user, those that run already too
        wanted["NPROC"] = 256 + len([*Path("/proc").glob("[0-9]*/task/*")])
    for name, most in wanted.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS knows some limits by name only
            resource.setrlimit(kind, (most, most))


def kernel_client(cell_seconds):
    """A client of nbclient that keeps no output but what the judge says."""
    import nbformat
    from jupyter_client import AsyncKernelManager
    from nbclient import NotebookClient

    class Client(NotebookClient):
        word, words, wrong = "", "", ""  # the judge's, and what it said; what went wrong in a cell

        def output(self, outs, msg, display_id, cell_index):
            content = msg["content"]
            if msg["msg_type"] == "error":
                self.wrong = plainly(content["ename"], content["evalue"])
            elif self.word and self.word in content.get("metadata", ()):
                self.words = content["metadata"][self.word]

        async def run(self, source):
            """Run source and return what went wrong, "" if nothing."""
            self.wrong = ""
            cell = nbformat.v4.new_code_cell(source)
            self.nb.cells = [cell]
            await self.async_execute_cell(cell, 0)
            return self.wrong

    manager = AsyncKernelManager(
        kernel_name="python3",
        transport="ipc" if sys.platform == "linux" else "tcp",  # behind walls there is no network
        connection_file=os.path.abspath("kernel.json"),
    )
    settings = {"allow_errors": True, "store_widget_state": False, "record_timing": False, "startup_timeout": STARTUP}
    settings["shutdown_kernel"] = "immediate"
    client = Client(nbformat.v4.new_notebook(), km=manager, **settings)
    client.cell_seconds = cell_seconds
    return client


def plainly(name, text):
    """What a kernel says of an error, for a teacher: no hidden class, no number of IPython's, full-width signs told."""
    kind = getattr(builtins, name, None)
    name = public(kind) if isinstance(kind, type) else name
    meant = {sign: sign.translate(FULL_WIDTH) for sign in STRANGE.findall(text)}
    told = [f"; {sign} is full-width, type {plain}" for sign, plain in meant.items() if plain != sign]
    return f"{name}: {re.sub(FILE, '(line', text)}{''.join(told)}"


class Stopped(Exception):
    """No further cell can be run; its text says why."""


async def run_cell(client, source, at, until):
    """Run source as code cell `at` and return what went wrong, "" if nothing. Raises Stopped where nothing can be run
    after it. until: when the notebook's time is over, by time.monotonic()."""
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    half = LONE.search(source)
    if half:
        return f"{half[0]!a} is a lone surrogate, half of a character,"
    left = until - time.monotonic()
    if left <= 0:
        raise Stopped(f"the notebook's time was over before code cell {at}")
    client.timeout = min(client.cell_seconds, math.ceil(left))
    try:
        return await client.run(source)
    except DeadKernelError:
        raise Stopped(f"the kernel ended in code cell {at}") from None
    except CellTimeoutError:
        await client.km.interrupt_kernel()
        client.kc.stop_channels()  # nbclient still listens there for what the cell has to say
        client.startup_timeout = TO_LISTEN
        try:
            await client.async_start_new_kernel_client()
        except RuntimeError:
            raise Stopped(f"code cell {at} could not be stopped after {client.timeout} s") from None
        return f"stopped after {client.timeout} s"


async def judged(cells, name, cell_seconds, seconds):
    """Run the code cells, [(id, source)], of a submission; returns {number: what to think of it}.

    name: of the course's notebook that it is. A check follows the last cell that asks for it, or has the id of the cell
    that does so in the course's notebook, or else the last cell.
    """
    asked = course()[name]
    places = {number: place(cells, number, home) for number, (home, _) in asked.items()}
    client, judge_is = kernel_client(cell_seconds), secrets.token_hex()
    said, wrong, end = {}, {}, ""
    Path("work").mkdir()
    quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    await client.async_start_new_kernel(cwd=os.path.abspath("work"), **quiet)
    kernel = client.km  # nbclient drops it where the kernel does not answer
    try:
        await client.async_start_new_kernel_client()
        until = time.monotonic() + seconds
        first = f"__import__({__spec__.name!r}, fromlist=['judge']).begin({judge_is!r}, {name[1]!r})"
        await run_cell(client, first, 0, until)
        for at, (_, source) in enumerate(cells, 1):
            wrong[at] = await run_cell(client, source, at, until)
            for number in [number for number in asked if (places[number] or len(cells)) == at]:
                client.word, client.words = secrets.token_hex(), ""
                question = f"__import__({judge_is!r}).judge({client.word!r}, lambda check: {asked[number][1]})"
                failed = await run_cell(client, question, at, until)
                said[number] = verdict(client.words, failed, places[number], wrong)
    except Stopped as stopped:
        end = str(stopped)
    finally:
        await kernel.shutdown_kernel(now=True)  # and all of its process group
    return {number: said.get(number, f"did not run: {end}")[:LONGEST] for number in asked}


def place(cells, number, home):
    """After which code cell, from 1, an answer is there, or 0 where the notebook has no cell for it."""
    asking = [at for at, (_, source) in enumerate(cells, 1) if number in ASKED.findall(source)]
    same = [at for at, (id, _) in enumerate(cells, 1) if id == home]
    return max(asking or same, default=0)


def verdict(words, failed, at, wrong):
    """What to think of an answer. words: the judge's. failed: what went wrong in it. at: the answer's cell, or 0.
    wrong: {cell: what went wrong in it}."""
    if failed or not isinstance(words, str) or not words:
        return f"did not run: {failed or 'the judge was kept from speaking'}, when the answer was judged"
    if words.startswith("did not run") and not at:
        return "not answered: there is no cell for it"
    if words.startswith("did not run") and wrong[at]:
        return f"did not run: {wrong[at]} in code cell {at}"
    if words.startswith("did not run"):
        return f"{words} after code cell {at}: was it renamed, or is this an old copy of the exercises?"
    return words.replace("not answered yet", "not answered", 1)


def result(text, name, cell_seconds, notebook_seconds):
    """What to think of a notebook with this text: {"notebook": ..., "verdicts": {number: words}}, or {"trouble": why
    it cannot be judged}. name: of its file."""
    import nbformat

    try:
        notebook = nbformat.reads(text.decode("utf-8-sig"), as_version=4)
        cells = [(cell.get("id"), cell.source) for cell in notebook.cells if cell.cell_type == "code"]
        asked = [number for _, source in cells for number in ASKED.findall(source)]
    except Exception as error:  # whatever a file of any kind makes nbformat say
        return {"trouble": f"did not run: not a notebook ({type(error).__name__})"}
    exercise = named(name, asked)
    if exercise is None or not cells:
        return {"trouble": "did not run: none of the course's exercises"}
    return {"notebook": exercise, "verdicts": asyncio.run(judged(cells, exercise, cell_seconds, notebook_seconds))}


def named(file, asked=()):
    """The course's notebook that most of the numbers asked belong to, or whose name is in the file's name, or None."""
    counts = {name: sum(number in numbers for number in asked) for name, numbers in course().items()}
    if any(counts.values()):
        return max(counts, key=counts.get)
    return next((name for name in counts if name in file), None)


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    limit(told["notebook_seconds"], told.pop("memory"))
    print(json.dumps(result(sys.stdin.buffer.read(), **told)))
