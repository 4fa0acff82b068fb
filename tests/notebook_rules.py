"""What a notebook of this course must be, beyond what nbval compares. Each rule yields its complaints."""

import ast
import re
from itertools import pairwise
from urllib.parse import unquote

from pictures import PNG

from tools.notebooks import ROOT, read, stored_form

HEADING = re.compile(r"^(#{1,6}) ", re.MULTILINE)
TAG = re.compile(r"\\tag\{([^}]*)\}")
REFERENCE = re.compile(r"(?<![\w.])\(([1-9]\.\d+[a-z]?)\)")
MACHINE = re.compile(
    r"/home/|/root/|/Users/|/tmp/|site-packages|ipykernel_\d|[A-Z]:\\|\bat 0x[0-9a-f]{6,}|0x[0-9a-f]{8,}"
)
APPROXIMATE = re.compile(r"\\approx|\\lim|\\dots|O\(|tolerance|digits|grid", re.IGNORECASE)
ISSUED = (ROOT / "tests" / "equations.txt").read_text(encoding="utf-8").splitlines()
EQUATIONS = [line for line in ISSUED if not line.startswith("#") and not line.endswith(" cut")]


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
        silent = re.search(r"torch.set_(default_dtype|num_threads)\(.*\Z", cell.source)
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


def excuses_only_timings(notebook, path):
    for cell in code_cells(notebook):
        tags, timed = cell.metadata.get("tags", []), re.search(r"time|bench|seconds", cell.source)
        if "nbval-skip" in tags or "NBVAL" in cell.source or ("nbval-ignore-output" in tags and not timed):
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
    if file.suffix == ".ipynb":
        text = "\n\n".join(cell.source for cell in read(file).cells if cell.cell_type == "markdown")
    text = re.sub(r"(?ms)^```.*?^```", "", text)
    found = set(re.findall(r"<\w+ [^>]*(?:id|name)=\"([^\"]+)\"", text))
    for heading in re.findall(r"(?m)^#{1,6} +(.*?) *#*$", text):
        heading = re.sub(r"\[([^\]]*)\]\([^)]*\)|[*`]", r"\1", heading)
        found |= {heading.replace(" ", "-"), re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")}
    return found


def describes_its_pictures(notebook, path):
    """Each picture has a description, and no two have the same."""
    first = {}
    for cell, output in outputs(notebook):
        data = output.get("data", {})
        if "image/png" in data:
            alt = output.metadata.get("image/png", {}).get("alt", "")
            if len(alt.split()) < 4 or alt != data.get("text/plain"):
                yield f"the picture of cell {cell.id} has no alt text: show it with lstm_helpers.plots.Picture"
            if first.setdefault(alt, cell.id) != cell.id:
                yield f"the pictures of cells {first[alt]} and {cell.id} have the same alt text"
        for tag in re.findall(r"<img [^>]*>", data.get("text/html", "")):
            if not re.search(r'alt="[^"]{10,}"', tag):
                yield f"a picture in the HTML of cell {cell.id} has no alt text"


def reads_its_pictures(notebook, path):
    """Below a picture, at most one cell of code further, stands what it shows, before the next heading."""
    if path.parent.name == "exercises":
        return
    for position, cell in enumerate(notebook.cells):
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", [])):
            after = [other for other in notebook.cells[position + 1 : position + 3] if other.cell_type == "markdown"]
            if not after or HEADING.match(after[0].source):
                yield f"nobody says what the picture of cell {cell.id} shows: a Markdown cell below it is missing"


def is_small(notebook, path):
    if path.stat().st_size > 1.5 * 2**20:
        yield f"the file is {path.stat().st_size / 2**20:.1f} MiB: too slow to open and to merge"


# --- every numbered equation is executed ---


def keeps_its_ledger(notebook, path):
    """Below each equation of the chapter, before the next heading, stands its one check; no check without one."""
    chapter, pending = int(path.name[:2]), []
    for cell in notebook.cells:
        for part in re.split(r"(?m)^(?=#{1,6} )", prose(cell)) if cell.cell_type == "markdown" else []:
            if HEADING.match(part) and pending:
                yield f"({', '.join(pending)}) has no check before the next heading"
                pending = []
            pending += TAG.findall(part)
            yield from (f"({tag}) is not of chapter {chapter}" for tag in pending if int(tag.split(".")[0]) != chapter)
        for call in _verify_calls(cell):
            tag = ast.unparse(call.args[0]).strip("'")
            if tag in pending:
                pending.remove(tag)
            else:
                yield f"the check of ({tag}) in cell {cell.id} does not stand below its equation, or stands there twice"
    if pending:
        yield f"({', '.join(pending)}) has no check"


def explains_its_tolerances(notebook, path):
    """rtol is a number; above 1e-6 the equation or the words around its check say why; above 1e-2 is no check."""
    for position, cell in enumerate(notebook.cells):
        before = [cell.source for cell in notebook.cells[:position] if cell.cell_type == "markdown"][-2:]
        after = [cell.source for cell in notebook.cells[position + 1 :] if cell.cell_type == "markdown"][:1]
        for call in _verify_calls(cell):
            for rtol in (keyword.value for keyword in call.keywords if keyword.arg == "rtol"):
                if not isinstance(rtol, ast.Constant) or not 0 < rtol.value <= 1e-2:
                    yield f"a check in cell {cell.id} needs a number of at most 0.01 as rtol, not {ast.unparse(rtol)}"
                elif rtol.value > 1e-6 and not APPROXIMATE.search(" ".join([*before, *after])):
                    yield f"nothing around cell {cell.id} says why a tolerance in it is {rtol.value}"


def refers_to_its_equations(notebook, path):
    """A number in parentheses, in prose or a comment, is that of an equation."""
    for cell in notebook.cells:
        text = prose(cell) if cell.cell_type == "markdown" else "\n".join(re.findall(r"#.*", cell.source))
        yield from (f"cell {cell.id} {complaint}" for complaint in unknown_equations(text))


def unknown_equations(text):
    for reference in REFERENCE.findall(text):
        if reference not in EQUATIONS:
            yield f"refers to ({reference}), which does not exist"


def _tree(cell):
    lines = ["pass" if re.match(r"\s*[%!]", line) else line for line in cell.source.splitlines()]
    return ast.parse("\n".join(lines))


def _verify_calls(cell):
    calls = (node for node in ast.walk(_tree(cell)) if isinstance(node, ast.Call)) if cell.cell_type == "code" else ()
    return [call for call in calls if getattr(call.func, "id", "") == "verify"]


RULES = [
    was_run_in_order,
    has_stored_outputs,
    is_in_stored_form,
    has_stable_ids,
    says_nothing_on_stderr,
    names_no_machine,
    shows_all_of_it,
    excuses_only_timings,
    has_headings_in_order,
    has_short_code_cells,
    has_working_links,
    describes_its_pictures,
    reads_its_pictures,
    is_small,
    keeps_its_ledger,
    explains_its_tolerances,
    refers_to_its_equations,
]
