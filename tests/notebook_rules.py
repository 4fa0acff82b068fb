"""What a notebook of this course must be, beyond what nbval compares. Each rule yields its complaints."""

import ast
import re
from itertools import pairwise
from urllib.parse import unquote

from pictures import PNG

from notebooks import read, stored_form

TAG = re.compile(r"\\tag\{([^}]*)\}")
REFERENCE = re.compile(r"(?<![\w.])\((\d+\.\d+)\)")
HEADING = re.compile(r"^(#{1,6}) ", re.MULTILINE)
MACHINE = re.compile(
    r"/home/|/root/|/Users/|/tmp/|site-packages|ipykernel_\d|[A-Z]:\\|\bat 0x[0-9a-f]{6,}|0x[0-9a-f]{8,}"
)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook):
    for cell in code_cells(notebook):
        for output in cell.outputs:
            yield cell, output


def prose(cell):
    """A Markdown cell without its code spans and fenced blocks, where # and (1.2) mean something else."""
    return re.sub(r"```.*?```|`[^`\n]*`", "", cell.source, flags=re.DOTALL)


def output_text(output):
    """All text of an output, pictures left out."""
    texts = [output.get("text", ""), output.get("evalue", ""), *output.get("traceback", [])]
    texts += [str(value) for mime, value in output.get("data", {}).items() if not mime.startswith("image/")]
    return PNG.sub("", "\n".join(texts))


# --- run and stored as `make notebooks` does it ---


def was_run_in_order(notebook, path):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"execution counts are {counts}, not 1 to {len(counts)}: run `make notebooks`"


def has_stored_outputs(notebook, path):
    """nbval passes a notebook whose outputs were stripped; a cell that prints or ends in an expression has one."""
    for cell in code_cells(notebook):
        body = _tree(cell).body
        silent = not cell.source or re.search(r"torch.set_(default_dtype|num_threads)\(", cell.source.splitlines()[-1])
        if body and isinstance(body[-1], ast.Expr) and not silent and not cell.outputs:
            yield f"cell {cell.id} ends in an expression, but no output is stored"


def is_in_stored_form(notebook, path):
    if stored_form(notebook) != path.read_text(encoding="utf-8"):
        yield "the file holds metadata, tracebacks or formatting that `make notebooks` removes: run it"


def has_stable_ids(notebook, path):
    ids = [cell.get("id", "") for cell in notebook.cells]
    for cell_id in ids:
        if not re.fullmatch(r"[a-z][a-z0-9-]*", cell_id) or re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}.*)?", cell_id):
            yield f"cell id {cell_id!r} is missing or random: give it a name such as 'one-step-by-hand'"


def says_nothing_on_stderr(notebook, path):
    for cell, output in outputs(notebook):
        if output.get("name") == "stderr":
            yield f"cell {cell.id} wrote to stderr: {output.text[:80]!r}"


def names_no_machine(notebook, path):
    for cell, output in outputs(notebook):
        found = MACHINE.search(output_text(output))
        if found:
            yield f"the output of cell {cell.id} names a path or a memory address: {found.group()!r}"


def raises_only_on_purpose(notebook, path):
    for cell, output in outputs(notebook):
        if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", []):
            yield f"cell {cell.id} raised {output.ename}"


def excuses_only_timings(notebook, path):
    for cell in code_cells(notebook):
        tags = set(cell.metadata.get("tags", []))
        if tags & {"nbval-skip", "nbval-ignore-output"} or "NBVAL" in cell.source:
            if tags & {"nbval-skip"} or "NBVAL" in cell.source or not re.search(r"time|bench|seconds", cell.source):
                yield f"cell {cell.id} is excused from comparison, but measures no time"


# --- readable ---


def has_headings_in_order(notebook, path):
    levels = [len(h) for cell in notebook.cells if cell.cell_type == "markdown" for h in HEADING.findall(prose(cell))]
    if not levels or levels[0] != 1 or levels.count(1) > 1:
        yield "there must be one top heading, at the beginning"
    for above, below in pairwise(levels):
        if below > above + 1:
            yield f"a heading of level {below} follows one of level {above}"


def has_short_code_cells(notebook, path):
    for cell in code_cells(notebook):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        if len(lines) > 15:
            yield f"cell {cell.id} has {len(lines)} lines of code; 15 is the most that a reader takes in at once"


def has_working_links(notebook, path):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            yield from broken_links(cell.source, path)


def broken_links(text, path):
    for target in re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", text):
        target = unquote(target[0] or target[1])
        if not re.match(r"[a-z]+:|#", target) and not (path.parent / target.split("#")[0]).exists():
            yield f"link to {target}, which does not exist"


def describes_its_pictures(notebook, path):
    for cell, output in outputs(notebook):
        data = output.get("data", {})
        if "image/png" in data:
            alt = output.metadata.get("image/png", {}).get("alt", "")
            if len(alt.split()) < 4 or alt != data.get("text/plain"):
                yield f"the picture of cell {cell.id} has no alt text: show it with lstm_helpers.plots.Picture"
        for tag in re.findall(r"<img [^>]*>", data.get("text/html", "")):
            if not re.search(r'alt="[^"]{10,}"', tag):
                yield f"a picture in the HTML of cell {cell.id} has no alt text"
        if "image/svg+xml" in data:
            yield f"cell {cell.id} shows SVG, which untrusted notebooks hide: show it with lstm_helpers.plots.Picture"


def is_small(notebook, path):
    if path.stat().st_size > 1.5 * 2**20:
        yield f"the file is {path.stat().st_size / 2**20:.1f} MiB: too slow to open and to merge"


# --- presentable ---


def is_a_deck_of_slides(notebook, path):
    """Every cell of the course's notebooks has its place in the slides, and each section has something to say."""
    if path.parent.name in ("exercises", "solutions"):
        return
    section, silent = None, set()
    for cell in notebook.cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type")
        if kind not in ("slide", "subslide", "fragment", "-", "notes", "skip"):
            yield f"cell {cell.id} has no slide type: it is {kind!r}"
        heading = re.search(r"(?m)^## (.*)", prose(cell)) if cell.cell_type == "markdown" else None
        if heading:
            section = heading[1]
            silent |= {section} - {"What to remember", "Exercises"}
            if kind != "slide":
                yield f"the section {section!r} does not begin a new slide"
        if kind == "notes":
            silent.discard(section)
    for section in sorted(silent):
        yield f"the section {section!r} has no speaker's note: a cell of slide type notes"


# --- every numbered equation is executed ---


def keeps_its_ledger(notebook, path):
    """Tags n.1, n.2, ... in order; below each, before the next heading, its one check; no check without a tag."""
    number = int(path.name[:2])
    tags, checks, pending = [], [], []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for part in re.split(r"(?m)^(?=#{1,6} )", prose(cell)):
                if HEADING.match(part) and pending:
                    yield f"({', '.join(pending)}) has no check before the next heading"
                    pending = []
                pending += TAG.findall(part)
                tags += TAG.findall(part)
            continue
        for call in _verify_calls(cell):
            if not call.args or not isinstance(call.args[0], ast.Constant):
                yield f'cell {cell.id}: verify needs its tag written out, verify("{number}.1", ...)'
                continue
            tag = call.args[0].value
            checks.append(tag)
            if tag in pending:
                pending.remove(tag)
            else:
                yield f"the check of ({tag}) in cell {cell.id} does not stand below its equation, or stands there twice"
            sides = [ast.dump(side) for side in call.args[1:3]]
            if len(sides) == 2 and sides[0] == sides[1]:
                yield f"the check of ({tag}) compares a thing with itself"
    if pending:
        yield f"({', '.join(pending)}) has no check"
    if tags != [f"{number}.{k + 1}" for k in range(len(tags))]:
        yield f"the tags are {tags}, not {number}.1, {number}.2, ... in order"
    if checks != tags:
        yield f"the checks run in the order {checks}, the tags in the order {tags}"


def refers_to_its_equations(notebook, path):
    """A number in parentheses is an equation of this notebook; in exercises, of the notebook that they belong to."""
    number = path.name[1:2]
    home = read(path.parent.parent / path.name) if path.parent.name in ("exercises", "solutions") else notebook
    tags = {tag for cell in home.cells for tag in TAG.findall(cell.source)}
    for cell in notebook.cells:
        text = prose(cell) if cell.cell_type == "markdown" else "\n".join(re.findall(r"#.*", cell.source))
        for reference in REFERENCE.findall(text):
            if reference.split(".")[0] == number and reference not in tags:
                yield f"cell {cell.id} refers to ({reference}), which does not exist"


def _tree(cell):
    lines = ["pass" if re.match(r"\s*[%!]", line) else line for line in cell.source.splitlines()]
    return ast.parse("\n".join(lines))


def _verify_calls(cell):
    calls = [node for node in ast.walk(_tree(cell)) if isinstance(node, ast.Call)]
    calls = [call for call in calls if getattr(call.func, "id", getattr(call.func, "attr", "")) == "verify"]
    return sorted(calls, key=lambda call: (call.lineno, call.col_offset))


RULES = [
    was_run_in_order,
    has_stored_outputs,
    is_in_stored_form,
    has_stable_ids,
    says_nothing_on_stderr,
    names_no_machine,
    raises_only_on_purpose,
    excuses_only_timings,
    has_headings_in_order,
    has_short_code_cells,
    has_working_links,
    describes_its_pictures,
    is_small,
    is_a_deck_of_slides,
    keeps_its_ledger,
    refers_to_its_equations,
]
