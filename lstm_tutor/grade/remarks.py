"""What is worth a look in a submission, for a teacher: its source is searched, nothing of it is run.

A remark proves nothing. Two students may write the same by chance, and who changes a name in a copy gets no remark.
"""

import json
import re

from lstm_tutor.grade.submission import ASKED, ROOT

HANDED_OUT = "from lstm_tutor.exercises import check"
SUSPECT = re.compile(r"lstm_tutor\b.*\bexercises\b|\bsolutions\b|\bdef check\b|\bcheck *=(?!=)")
ALIKE = 250  # letters, without blanks, that several answers of two students have in common and that were not handed out
SOLUTIONS = "the solutions"


def sources(text):
    """The sources of the code cells in a notebook's file, given as bytes; [] where it is no notebook."""
    try:
        return ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []


def lines_to_see(text):
    """Of a notebook: the lines that name the judges or the solutions, or make another `check`."""
    found = []
    for at, source in enumerate(sources(text), 1):
        lines = [line.strip() for line in source.splitlines()]
        found += [f"code cell {at}: {line[:80]}" for line in lines if line != HANDED_OUT and SUSPECT.search(line)]
    return found[:3]


def answers(text):
    """{number: the cell that asks for this answer, without comments, blanks and its import}."""
    found = {}
    for source in sources(text):
        bare = re.sub(r"#.*|\s", "", source.replace(HANDED_OUT, ""))
        found |= dict.fromkeys(ASKED.findall(source), bare)
    return found


def of_the_course(folder):
    """The answers in all notebooks of the course's exercises, or of its solutions."""
    found = {}
    for path in (ROOT / "notebooks" / folder).glob("*.ipynb"):
        found |= answers(path.read_bytes())
    return found


def copies(given):
    """[words] on which answers are as in whose notebook. given: [(student, answers)]."""
    blank, known = of_the_course("exercises"), [(SOLUTIONS, of_the_course("solutions")), *given]
    said = []
    for student, mine in given:
        whose = {}
        for other, theirs in known:
            same = [number for number in mine if number in blank and mine[number] == theirs.get(number)]
            if other != student and sum(len(mine[number]) - len(blank[number]) for number in same) >= ALIKE:
                whose.setdefault(", ".join(same), []).append(other)
        said.append([f"{same} as in {', '.join(others)}" for same, others in whose.items()])
    return said
