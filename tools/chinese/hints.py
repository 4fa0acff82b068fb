"""All that `check` and the like can say: the calls of say() in the code, and the hints in the tables of exercises."""

import ast
import re

from lstm_tutor.exercises import AGAIN, MODULES
from lstm_tutor.exercises import exercises as exercise_table
from lstm_tutor.exercises.showing import COLOURS
from lstm_tutor.exercises.table import Listed
from tools.notebooks import ROOT

WORD = re.compile(r"(?<![\w.])[A-Za-z]?[a-z]{2,}(?![\w(])")
FIELD = re.compile(r"\{\d*(?:![rs])?(?::[^{}]*)?\}")  # where a value goes; c_{t-1} is none


def messages():
    """They all. What a table says without a word is left out, such as dL/dW_s."""
    found = [*COLOURS, AGAIN]
    for room in ("lstm_helpers", "lstm_tutor", "tools"):
        for path in sorted((ROOT / room).rglob("*.py")):
            found += calls_of_say(path)
    for notebook in MODULES:
        for exercise in exercise_table(notebook).values():
            found += filter(WORD.search, of_task(exercise.task))
    return list(dict.fromkeys(found))


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
    nodes = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    called = [node.args[0] for node in nodes if node.args and getattr(node.func, "id", "") == "say"]
    return [argument.value for argument in called if isinstance(argument, ast.Constant)]
