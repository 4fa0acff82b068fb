"""All that `check` can say: the hints in the tables of exercises, and the calls of say() in the code."""

import ast
import re

from lstm_tutor.exercises import AGAIN, MODULES
from lstm_tutor.exercises import exercises as exercise_table
from lstm_tutor.exercises.showing import COLOURS
from lstm_tutor.exercises.table import Listed
from tools.notebooks import ROOT

TUTOR = ROOT / "lstm_tutor"
OF_ALL = [TUTOR / "exercises" / f"{name}.py" for name in ("__init__", "showing", "asking", "reading", "table")]
OF_ALL += [
    ROOT / "lstm_helpers" / "language.py",
    TUTOR / "living" / "configuration.py",
    ROOT / "tools" / "site" / "pages.py",
]
WORD = re.compile(r"(?<![\w.])[A-Za-z]?[a-z]{2,}(?![\w(])")
FIELD = re.compile(r"\{\d*(?:![rs])?(?::[^{}]*)?\}")  # where a value goes; c_{t-1} is none


def messages():
    """{message: [(module, exercise)], where it is said} in the order of the exercises. What holds no word is left out,
    such as dL/dW_s."""
    found = {}
    for path in OF_ALL:
        for message, _ in calls_of_say(path):
            found.setdefault(message, []).append((path.stem, ""))
    found |= {words: [("showing", "")] for words in (*COLOURS, AGAIN)}
    for notebook, module in MODULES.items():
        calls = calls_of_say(TUTOR / "exercises" / f"{module}.py")
        for number, exercise in exercise_table(notebook).items():
            said = [*of_task(exercise.task), *(message for message, home in calls if home == number)]
            for message in filter(WORD.search, said):
                found.setdefault(message, []).append((module, number))
    return {message: list(dict.fromkeys(places)) for message, places in found.items()}


def of_task(task):
    """The hints of a task, and the names of its parts."""
    for part in getattr(task, "tasks", {}).values():
        yield from of_task(part)
    if isinstance(task, Listed):
        yield from (task.wanted, *task.tasks)
    for attribute in ("general", "missing", "hints", "mistakes", "names"):
        said = getattr(task, attribute, ())
        if attribute == "general" and isinstance(said, dict):
            yield from said
        yield from said.values() if isinstance(said, dict) else [said] if isinstance(said, str) else said


def calls_of_say(path):
    """[(message, exercise)] of the calls of say() in a file, in the part of which exercise they are, if of any."""
    text = path.read_text(encoding="utf-8")
    parts, number = [], ""
    for line in text.splitlines():
        number = (re.findall(r"# --- (\d\.\d)", line) or [number])[0]
        parts.append(number)
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and node.args]
    nodes = [node for node in nodes if getattr(node.func, "id", "") == "say" and isinstance(node.args[0], ast.Constant)]
    return [(node.args[0].value, parts[node.lineno - 1]) for node in sorted(nodes, key=lambda node: node.lineno)]
