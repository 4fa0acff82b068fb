"""What a notebook of this course must be, beyond what nbval compares. Each rule yields its complaints."""

import ast
import re
from itertools import pairwise
from urllib.parse import unquote

from pictures import PNG
from references import REFERENCE, TAG, equations_of, misplaced_references, names_in

from tools.notebooks import read, stored_form

HEADING = re.compile(r"^(#{1,6}) ", re.MULTILINE)
MACHINE = re.compile(
    r"/home/|/root/|/Users/|/tmp/|site-packages|ipykernel_\d|[A-Z]:\\|\bat 0x[0-9a-f]{6,}|0x[0-9a-f]{8,}"
)
APPROXIMATE = re.compile(r"\\approx|\\lim|\\dots|O\(|tolerance|digits|grid", re.IGNORECASE)


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


def shows_all_of_it(notebook, path):
    """pandas and NumPy cut what is too long for them: a reader misses what stood behind the dots."""
    for cell, output in outputs(notebook):
        found = re.search(r".{,40}(?:\.\.\.|…)", re.sub(r"(?s)<script>.*?</script>", "", output_text(output)))
        if found:
            yield f"the output of cell {cell.id} is cut off: {found.group()!r}"


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


def repeats_no_cell(notebook, path):
    """A cell that stands there twice was pasted twice."""
    first = {}
    for cell in notebook.cells:
        before = first.setdefault(cell.source.strip(), cell.id)
        if cell.source.strip() and before != cell.id:
            yield f"cell {cell.id} repeats cell {before} word for word"


def uses_what_it_defines(notebook, path):
    """Each name that a cell sets is used, or one that is set together with it: no code is left over."""
    if path.parent.name == "exercises":  # there, what is given waits for the reader's answer
        return
    used = {name for cell in code_cells(notebook) for name in names_in(_tree(cell), ast.Load)}
    for cell in code_cells(notebook):
        for statement in _tree(cell).body:
            if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
                together = [{statement.name}]
            elif isinstance(statement, (ast.Import, ast.ImportFrom)):
                together = [{(alias.asname or alias.name).split(".")[0]} for alias in statement.names]
            elif isinstance(statement, ast.Assign):
                together = [names_in(target, ast.Store) for target in statement.targets]
            else:
                continue
            for names in together:
                if names and not names & used and not all(name.startswith("_") for name in names):
                    yield f"cell {cell.id} defines {', '.join(sorted(names))}, and no cell uses it"


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
        lines = [line for line in cell.source.splitlines() if line.strip() not in ("", "# solution", "# end")]
        if len(lines) > 15:
            yield f"cell {cell.id} has {len(lines)} lines of code; 15 is the most that a reader takes in at once"


def has_working_links(notebook, path):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            yield from broken_links(cell.source, path)


def broken_links(text, path):
    """Complaints about links in a text that stands in the file at path: to no file, or to no heading of it."""
    for target in re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", text):
        target = unquote(target[0] or target[1])
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = path.parent / name if name else path
        if not file.exists():
            yield f"link to {target}, which does not exist"
        elif anchor and file.suffix in (".ipynb", ".md") and anchor not in anchors(file):
            yield f"link to {target}, but no heading there is called so"


def anchors(file):
    """What a link can lead to in a notebook or Markdown file: JupyterLab's names of its headings, and GitHub's."""
    text = file.read_text(encoding="utf-8")
    texts = (
        [cell.source for cell in read(file).cells if cell.cell_type == "markdown"]
        if file.suffix == ".ipynb"
        else [text]
    )
    found = set()
    for text in texts:
        text = re.sub(r"(?ms)^```.*?^```", "", text)
        found |= set(re.findall(r"<\w+ [^>]*(?:id|name)=\"([^\"]+)\"", text))
        for heading in re.findall(r"(?m)^#{1,6} +(.*?) *#*$", text):
            heading = re.sub(r"\[([^\]]*)\]\([^)]*\)|[*`]", r"\1", heading)
            found |= {heading.replace(" ", "-"), re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")}
    return found


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


def tells_its_pictures_apart(notebook, path):
    """No two pictures have one description, and each description speaks of what its section speaks of."""
    first = {}
    for position, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" not in data and "<img" not in data.get("text/html", ""):
                continue
            alt = data.get("text/plain", "")
            if first.setdefault(alt, cell.id) != cell.id:
                yield f"the pictures of cells {first[alt]} and {cell.id} have the same alt text"
            own, near = _stems(alt), _stems(_section(notebook, position))
            if own and len(own & near) < len(own) / 6:
                yield f"the alt text of cell {cell.id} has hardly a word in common with its section: {alt!r}"


def reads_its_pictures(notebook, path):
    """Below a picture, at most one cell of code further, stands what it shows, before the next heading."""
    if path.parent.name == "exercises":
        return
    for position, cell in enumerate(notebook.cells):
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", [])):
            after = [other for other in notebook.cells[position + 1 : position + 3] if other.cell_type == "markdown"]
            if not after or HEADING.match(after[0].source):
                yield f"nobody says what the picture of cell {cell.id} shows: a Markdown cell below it is missing"


def _section(notebook, position):
    """The prose from the heading above a cell to the next one."""
    begins = [
        k for k, cell in enumerate(notebook.cells) if cell.cell_type == "markdown" and HEADING.search(cell.source)
    ]
    start = max((k for k in begins if k <= position), default=0)
    end = min((k for k in begins if k > position), default=len(notebook.cells))
    return " ".join(cell.source for cell in notebook.cells[start:end] if cell.cell_type == "markdown")


def _stems(text):
    """The longer words of a text by their first five letters, so that "picture" and "pictures" are one."""
    return {word[:5] for word in re.findall(r"[a-z]{4,}", text.lower()) if word not in SMALL_WORDS}


SMALL_WORDS = set(
    "with from that this than then them they their there what which when where while have been were into over under "
    "above below each both same other more most only also four five first last after about through until again".split()
)


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
        marks = cell.metadata.get("slideshow", {})
        kind = marks.get("slide_type")
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
            if len(re.findall(r"\w+", cell.source)) < 5:
                yield f"the speaker's note {cell.id} says nothing"
        if marks.get("show") == "lead" and re.search(r"[.?!] +[A-Z]", cell.source):
            silent.discard(section)  # what follows the first sentence is spoken
    for section in sorted(silent):
        yield f"the section {section!r} has no speaker's note: a cell of slide type notes"


def is_marked_for_the_room(notebook, path):
    """The title has a question and a picture, each section a question, and marks are those that the decks know."""
    if path.parent.name in ("exercises", "solutions"):
        return
    pictures = {cell.id for cell in notebook.cells if "image/png" in str(cell.get("outputs", ""))}
    for position, cell in enumerate(notebook.cells):
        marks = cell.metadata.get("slideshow", {})
        show, kind = marks.get("show"), cell.cell_type
        allowed = ("code", "steps") if kind == "code" else ("lead", "question", "question-and-answer")
        if show is not None and show not in allowed:
            yield f"cell {cell.id}: a {kind} cell cannot be shown as {show!r}, only as {', '.join(allowed)}"
        heading = re.search(r"(?m)^##? (.*)", prose(cell)) if kind == "markdown" else None
        opens = heading and heading[1] not in ("What to remember", "Exercises")
        if opens and not marks.get("question") and not heading[1].endswith("?"):
            yield f"cell {cell.id} opens without a question for the room: slideshow.question is missing"
        if position == 0 and marks.get("picture") not in pictures:
            yield f"the title's slideshow.picture is not the id of a cell with a picture: {marks.get('picture')!r}"
        if show and show.startswith("question") and "?" not in cell.source:
            yield f"cell {cell.id} is marked as a question, but asks nothing"


# --- every numbered equation is executed ---


def keeps_its_ledger(notebook, path):
    """Below each numbered equation, before the next heading, stands its one check; no check without an equation."""
    number = int(path.name[:2])
    tags, pending = [], []
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
            if tag in pending:
                pending.remove(tag)
            else:
                yield f"the check of ({tag}) in cell {cell.id} does not stand below its equation, or stands there twice"
    if pending:
        yield f"({', '.join(pending)}) has no check"
    if strange := [tag for tag in tags if not re.fullmatch(rf"{number}\.\d+[a-z]?", tag)]:
        yield f"the tags {strange} are not of chapter {number}"


def compares_two_things(notebook, path):
    """No verify(a, a + 0), and no verify(a, b) after b = a.copy()."""
    same = {}  # a name: the other name or field that it is nothing but a copy of
    for cell in code_cells(notebook):
        for node in _tree(cell).body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                core = _core(node.value, same)
                same.pop(node.targets[0].id, None)
                if isinstance(core, (ast.Name, ast.Attribute)):
                    same[node.targets[0].id] = core
            for call in (call for call in ast.walk(node) if isinstance(call, ast.Call) and _called(call) == "verify"):
                left, right = (ast.unparse(_core(side, same)) for side in [*call.args[1:3], call, call][:2])
                if left == right and len(call.args) >= 3:
                    yield f"the check of ({call.args[0].value}) in cell {cell.id} compares a thing with itself: {left}"


def _core(node, same):
    """An expression without what changes nothing: + 0, * 1, .copy(), np.array( ), other names for it."""
    zero, one = (lambda part, n=n: isinstance(part, ast.Constant) and part.value == n for n in (0, 1))
    match node:
        case ast.BinOp(left, ast.Add() | ast.Sub(), right) if zero(right):
            return _core(left, same)
        case ast.BinOp(left, ast.Mult() | ast.Div() | ast.Pow(), right) if one(right):
            return _core(left, same)
        case ast.BinOp(left, ast.Add(), right) if zero(left):
            return _core(right, same)
        case ast.BinOp(left, ast.Mult(), right) if one(left):
            return _core(right, same)
        case ast.UnaryOp(ast.UAdd(), inner) | ast.UnaryOp(ast.USub(), ast.UnaryOp(ast.USub(), inner)):
            return _core(inner, same)
        case ast.Call(ast.Attribute(inner, "copy" | "clone" | "detach" | "numpy" | "tolist" | "item"), [], []):
            return _core(inner, same)
        case ast.Call(_, [inner], []) if _called(node) in (
            "array",
            "asarray",
            "copy",
            "tensor",
            "from_numpy",
            "list",
            "float",
        ):
            return _core(inner, same)
        case ast.Subscript(inner, ast.Slice(None, None, None)):
            return _core(inner, same)
        case ast.Name(name) if name in same:
            return same[name]
    return node


def explains_its_tolerances(notebook, path):
    """rtol is a number; above 1e-6 the equation or the words around its check say why; above 1e-2 is no check."""
    for position, cell in enumerate(notebook.cells):
        for call in _verify_calls(cell) if cell.cell_type == "code" else []:
            for rtol in (keyword.value for keyword in call.keywords if keyword.arg == "rtol"):
                tag = ast.unparse(call.args[0]).strip("'")
                if not isinstance(rtol, ast.Constant) or not 0 < rtol.value <= 1e-2:
                    yield f"the check of ({tag}) needs a number of at most 0.01 as rtol, not {ast.unparse(rtol)}"
                elif rtol.value > 1e-6 and not APPROXIMATE.search(_around(notebook, position)):
                    yield f"nothing around the check of ({tag}) says why its tolerance is {rtol.value}"


def _around(notebook, position):
    """The two Markdown cells before a cell and the one after it."""
    before = [cell.source for cell in notebook.cells[:position] if cell.cell_type == "markdown"][-2:]
    after = [cell.source for cell in notebook.cells[position + 1 :] if cell.cell_type == "markdown"][:1]
    return " ".join([*before, *after])


def refers_to_its_equations(notebook, path):
    """A number in parentheses is an equation of this notebook's chapter."""
    number = path.name[1:2]
    folder = path.parent.parent if path.parent.name in ("exercises", "solutions") else path.parent
    equations = equations_of(notebook, *(read(lesson) for lesson in folder.glob(f"0{number}*.ipynb") if lesson != path))
    for cell in notebook.cells:
        text = prose(cell) if cell.cell_type == "markdown" else "\n".join(re.findall(r"#.*", cell.source))
        for reference in REFERENCE.findall(text):
            if reference.split(".")[0] == number and reference not in equations:
                yield f"cell {cell.id} refers to ({reference}), which does not exist"
        if cell.cell_type == "code":
            yield from (f"cell {cell.id}: {complaint}" for complaint in misplaced_references(cell.source, equations))


def _tree(cell):
    lines = ["pass" if re.match(r"\s*[%!]", line) else line for line in cell.source.splitlines()]
    return ast.parse("\n".join(lines))


def _called(call):
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _verify_calls(cell):
    calls = [node for node in ast.walk(_tree(cell)) if isinstance(node, ast.Call) and _called(node) == "verify"]
    return sorted(calls, key=lambda call: (call.lineno, call.col_offset))


RULES = [
    was_run_in_order,
    has_stored_outputs,
    is_in_stored_form,
    has_stable_ids,
    says_nothing_on_stderr,
    names_no_machine,
    shows_all_of_it,
    raises_only_on_purpose,
    excuses_only_timings,
    repeats_no_cell,
    uses_what_it_defines,
    has_headings_in_order,
    has_short_code_cells,
    has_working_links,
    describes_its_pictures,
    tells_its_pictures_apart,
    reads_its_pictures,
    is_small,
    is_a_deck_of_slides,
    is_marked_for_the_room,
    keeps_its_ledger,
    compares_two_things,
    explains_its_tolerances,
    refers_to_its_equations,
]
