"""Self-checks of the exercises: not answered yet, right, or not yet with a hint. One module a notebook."""

import importlib
import re

from lstm_helpers.language import language, say
from lstm_tutor.exercises.asking import stopped
from lstm_tutor.exercises.reading import Hint, NotAnswered, filled, full_width, within_reason
from lstm_tutor.exercises.showing import Verdict, show

MODULES = {number: f"notebook_0{number}" for number in "123456"}
RIGHT, SAID = set(), set()  # in this kernel: the exercises that are right, and where a first hint was given
AGAIN = "Run this cell again for a closer hint."


def exercises(notebook):
    """{number: Exercise} of the notebook with this number, "1" to "6"."""
    module = importlib.import_module(f"{__name__}.{MODULES[notebook]}")
    return {exercise.number: exercise for exercise in module.EXERCISES}


def check(number, answer):
    """Show what to think of an answer to exercise `number`, e.g. "1.3", in the language of `lstm_helpers.language`.

    Raises ValueError where there is no such language, and nothing else, whatever the answer, but for
    KeyboardInterrupt: Ctrl-C ends it, and what a student's code raises under this name cannot be told from that.

    answer: what the exercise asks for. Blank is what the notebook is handed out with: ... or None, or a function
    that returns one of them. The first hint says where to look; asked again, it names the mistake if it is a usual one.
    """
    language()
    number = str(number)
    try:
        of = exercises(number.split(".")[0])
        exercise = of[number]
    except KeyError:
        show(Verdict(number, f"not yet: {say('there is no exercise {}').format(number)}"))
        return
    RIGHT.discard(number)
    try:
        words = judged(exercise, answer)
    except NotAnswered as blank:
        words = "not answered yet" + f": {blank}" * bool(str(blank))
    except Hint as hint:
        words = f"not yet: {full_width(answer, str(hint))}"
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a student's code may stop in any way, SystemExit too; the notebook goes on
        words = f"not yet: {full_width(answer, stopped(error))}"
    words = words.encode("utf-8", "backslashreplace").decode()  # a lone surrogate cannot be printed
    show(Verdict(number, words, exercise.equation, len(RIGHT & set(of)), len(of)))


def judged(exercise, answer):
    """The words on an answer. Raises NotAnswered where it is blank, and a Hint where it cannot be judged."""
    finding = exercise.task.judge(filled(within_reason(answer)))
    if not finding:
        RIGHT.add(exercise.number)
        return "right"
    asked = (exercise.number, re.split("[,、]", finding.where)[0])
    again = asked in SAID
    SAID.add(asked)
    words = finding.words(again)
    if not again and finding.words(True) != words:
        if f"({exercise.number[0]}." not in words:
            words = say("{} – see ({})").format(words, exercise.equation)
        words = (say("{} {}") if words.endswith(("?", "？")) else say("{}. {}")).format(words, say(AGAIN))
    return f"not yet: {words}"
