"""Would the check of each numbered equation notice a mistake? Make mistakes in the code of its left side and see.

`make test-ledger` is `python -m tools.audit.ledger [NOTEBOOK ...]`. For every verify("n.m", left, right) it changes,
one at a time, the left expression, the notebook's lines that compute it, and the functions (the notebook's own, and
those of lstm_helpers) that only the left side calls: a term or factor is dropped, a bias forgotten, a sign flipped, an
index shifted, two gates exchanged, matrices taken in another order. The changed code runs in a fork of the process
that has executed the notebook up to there. What can become of a change:

refused, stopped   verify sees it, or the code stops with an error before it: caught;
not caught         verify holds, though the left side moved, or would move on numbers without special zeros and ones;
equivalent         the left side is the same, and stays so when every number the notebook holds by then is perturbed;
other things       not counted: both sides moved alike, the run took too long, one of many with a slow check left out.

After a run over all notebooks, ledger.json keeps [caught, counted] of each equation: a test compares README with it.
"""

import ast
import builtins
import contextlib
import copy
import gc
import inspect
import io
import json
import linecache
import multiprocessing
import os
import pickle
import re
import signal
import symtable
import sys
import textwrap
import time
import types
import warnings
from collections import Counter
from dataclasses import dataclass, field, is_dataclass
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # a process that has other threads must not fork
os.environ["MPLBACKEND"] = "agg"

import numpy as np  # noqa: E402
import torch  # noqa: E402

from lstm_helpers import checks  # noqa: E402
from tools.notebooks import COURSE, read  # noqa: E402

STORED = Path(__file__).with_name("ledger.json")
SECONDS_PER_CHECK = 40  # of processor time; beyond that the changes of one check are sampled evenly
CAUGHT = ("refused", "stopped")


# --- the mistakes ---

# Calls and keywords whose arguments say how many, how large, in which form, not what is computed.
PLUMBING = set(
    "print zeros ones empty full eye zeros_like ones_like empty_like linspace arange default_rng normal randn "
    "manual_seed reshape view expand broadcast_to round tensor_split isinstance len format join Series DataFrame Index "
    "Picture describe check_arrays check_steps check_weights check_trace _check".split()
)
SETTINGS = set("axis dim size shape dtype rtol atol name index requires_grad keepdims copy".split())
SQUASH = {"tanh", "sigmoid", "exp", "log", "sqrt", "cosh", "log1p", "abs", "arctanh"}
STACKING = {"hstack", "vstack", "stack", "concatenate", "column_stack", "cat"}
GATES = ({"i": "f", "f": "i"}, {"f": "o", "o": "f"}, {"i": "g", "g": "i"})
COMPOUND = (ast.For, ast.While, ast.If, ast.With)
DEFINITIONS = (ast.FunctionDef, ast.ClassDef)
OPPOSITE = {ast.Add: ast.Sub(), ast.Sub: ast.Add()}


def mistakes(root):
    """(what stands there, what is written instead) for every single mistake in a line, a function or an expression."""
    for node, in_index in computing(root):
        yield from ((node, other) for other in (shifted(node) if in_index else instead_of(node)))
    for part in simple_parts(root):
        exchanged = (with_gates_exchanged(part, pair) for pair in GATES)
        yield from ((part, other) for other in exchanged if ast.dump(other) != ast.dump(part))


def computing(node, in_index=False):
    """(node, does it stand in [ ] or range( )?) for all of the code that computes: no message, no setting."""
    if isinstance(node, (ast.Raise, ast.Assert, ast.JoinedStr, ast.Import, ast.ImportFrom, ast.arguments)):
        return
    if isinstance(node, ast.If) and any(isinstance(child, ast.Raise) for child in node.body):
        return
    if isinstance(node, ast.keyword) and node.arg in SETTINGS:
        return
    if isinstance(node, ast.Call) and called(node) in PLUMBING:
        yield from computing(node.func, in_index)  # what stands before .reshape(...)
        return
    yield node, in_index
    for child in ast.iter_child_nodes(node):
        inside = child is getattr(node, "slice", None) or (isinstance(node, ast.Call) and called(node) == "range")
        yield from computing(child, in_index or inside)


def called(call):
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def instead_of(node):
    """What a mistaken author might have written instead of this node."""
    match node:
        case ast.BinOp(left, ast.Add() | ast.Sub() as op, right):
            alone = right if isinstance(op, ast.Add) else ast.UnaryOp(ast.USub(), right)
            return [left, alone, ast.BinOp(left, OPPOSITE[type(op)], right)]
        case ast.BinOp(left, ast.Mult(), right):
            return [left, right]
        case ast.BinOp(left, ast.Div() | ast.Pow()):
            return [left]
        case ast.BinOp(left, ast.MatMult(), right):
            return [left, right, ast.BinOp(right, ast.MatMult(), left)]
        case ast.UnaryOp(ast.USub(), operand) if not isinstance(operand, ast.Constant):
            return [operand]
        case ast.AugAssign(target, ast.Add() | ast.Sub() as op, value):
            return [ast.Pass(), ast.AugAssign(target, OPPOSITE[type(op)], value)]
        case ast.AugAssign(_, ast.Mult() | ast.Div()):
            return [ast.Pass()]
        case ast.Attribute(value, "T"):
            return [value]
        case ast.Call(args=[argument], keywords=[]) if called(node) in SQUASH:
            return [argument]
        case ast.Call(func, [ast.List(parts) | ast.Tuple(parts), *rest]) if called(node) in STACKING:
            orders = [[*parts[:k], parts[k + 1], parts[k], *parts[k + 2 :]] for k in range(len(parts) - 1)]
            return [ast.Call(func, [ast.List(order, ast.Load()), *rest], node.keywords) for order in orders]
        case ast.Assign(targets, ast.List(parts)) if len(parts) > 1:  # a product of a list, one factor forgotten
            without = [[*parts[:k], ast.Constant(1.0), *parts[k + 1 :]] for k in range(len(parts))]
            return [ast.Assign(targets, ast.List(factors, ast.Load())) for factors in without]
        case ast.Call(ast.Name("range"), args) if len(args) < 3:
            cuts = ((1, None), (None, -1), (-30, None), (None, 30))
            return [ast.Call(ast.Name("_cut", ast.Load()), [node, *map(ast.Constant, cut)], []) for cut in cuts]
        case ast.Subscript(value, ast.Slice(None, None, ast.UnaryOp(ast.USub(), ast.Constant(1)))):
            return [value]
    return []


def shifted(node):
    """Within [ ] and range( ): t - 1 for t and the other way round, and the neighbours of a number."""
    match node:
        case ast.BinOp(left, ast.Add() | ast.Sub() as op, ast.Constant(int(n))):
            return [left, ast.BinOp(left, op, ast.Constant(n + 1))]
        case ast.Name("t" | "k" | "j" | "n" | "step" | "last"):
            return [ast.BinOp(node, ast.Sub(), ast.Constant(1))]
        case ast.Constant(int(n)) if not isinstance(n, bool):
            return [ast.Constant(n + 1), ast.Constant(n - 1)][: 1 + (n > 0)]
    return []


def simple_parts(node):
    """The simple statements of a compound one or of a function; an expression as it is."""
    if hasattr(node, "body") and isinstance(node, ast.stmt):
        return [part for child in node.body + getattr(node, "orelse", []) for part in simple_parts(child)]
    return [] if isinstance(node, (ast.Import, ast.ImportFrom, ast.Raise, ast.Assert)) else [node]


def with_gates_exchanged(part, pair):
    """A copy in which two gates are exchanged wherever they are used: f, b_f, W_hf, f_pre, step_1.f, "f", "ifgo"."""

    def other(name):
        match = re.fullmatch(r"(|d|d_|b_|W_[xh]|via_|P_|rows_of_)([ifgo])((_\w+)?)", name)
        return match[1] + pair.get(match[2], match[2]) + match[3] if match else name

    part = copy.deepcopy(part)
    for node, _ in computing(part):
        match node:
            case ast.Name(name, ast.Load()):
                node.id = other(name)
            case ast.Attribute(_, name, ast.Load()):
                node.attr = other(name)
            case ast.Constant(str(letters)) if re.fullmatch(r"[ifgo]|(?=.*i)(?=.*f)(?=.*g)[ifgo]{3,4}", letters):
                node.value = "".join(pair.get(letter, letter) for letter in letters)
    return part


LOST = []  # how many steps the cuts of loops have dropped


def cut(steps, first, last):
    LOST.append(len(steps) - len(steps[first:last]))
    return steps[first:last]


builtins._cut = cut  # a changed loop finds it, in a notebook and in a module


# --- what a side is computed from ---


@dataclass
class Statement:
    cell: str
    node: ast.stmt
    fails: bool  # does the cell raise an error on purpose?
    lines: list


@dataclass(eq=False)
class Line:
    """A simple statement, or the head of a loop: the names it reads and those whose values it makes or changes."""

    at: int  # number of the statement that holds it
    cell: str
    root: ast.AST
    reads: set
    writes: set
    replaces: bool = False  # are its names' earlier values gone?


@dataclass
class Equation:
    """A verify: of the side to be changed its expression, lines and own functions' opposite; what both sides need."""

    tag: str
    at: int
    expression: ast.expr
    lines: list  # that compute this side alone
    others: list  # roots of what the other side is computed from
    needed: set  # numbers of statements
    tried: set = field(default_factory=set)  # functions that were changed


def statements_of(notebook):
    """The statements of all code cells, in order."""
    found = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            source = re.sub(r"(?m)^\s*[%!].*", "pass", cell.source) + "\n"
            linecache.cache[file_of(cell.id)] = len(source), None, source.splitlines(True), file_of(cell.id)
            fails = "raises-exception" in cell.metadata.get("tags", [])
            for node in ast.parse(source).body:
                found.append(Statement(cell.id, node, fails, list(lines_of(node, len(found), cell.id))))
    return found


def file_of(cell):
    return f"<cell {cell}>"  # where inspect.getsource finds the source


def execute(node, cell, space):
    exec(compile(ast.Module([ast.fix_missing_locations(node)], []), file_of(cell), "exec"), space)


def names(node):
    """(read, set): names whose values a piece of code takes from outside, and those that it binds there."""
    table = symtable.symtable(ast.unparse(ast.fix_missing_locations(node)), "cell", "exec")
    symbols, inner = table.get_symbols(), table.get_children()
    read = {symbol.get_name() for symbol in symbols if symbol.is_referenced()}
    while inner:
        scope = inner.pop()
        read |= {symbol.get_name() for symbol in scope.get_symbols() if symbol.is_global()}
        inner += scope.get_children()
    return read, {symbol.get_name() for symbol in symbols if symbol.is_local()}


def base(node):
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call, ast.Starred)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return getattr(node, "id", None)


def changed_in_place(node):
    """Names whose objects a simple statement may change: x[k] = , x.grad = , x.append( ), what a bare call is given."""
    stores = {
        base(part)
        for part in ast.walk(node)
        if isinstance(part, (ast.Subscript, ast.Attribute)) and isinstance(part.ctx, ast.Store)
    }
    match node:
        case ast.Expr(ast.Call(ast.Attribute(owner, "append" | "extend" | "update" | "insert" | "pop"))):
            return stores | {base(owner)}
        case ast.Expr(ast.Call()):
            functions = {getattr(part.func, "id", None) for part in ast.walk(node) if isinstance(part, ast.Call)}
            changed = {base(node.value)} | names(node)[0] - functions
            return stores | changed - {"np", "torch", "nn", "plt", "pd"}
    return stores


def only_shows(node):
    """Is this an assertion, or an expression whose value is only to be looked at?"""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return called(node.value) in ("verify", "agreement", "print", "Picture", "still_true")
    return isinstance(node, (ast.Expr, ast.Assert))


def lines_of(node, at, cell, around=frozenset()):
    """The lines of a statement; those within loops and ifs read the loop's name and the condition too."""
    if isinstance(node, COMPOUND):
        if isinstance(node, ast.For):
            yield Line(at, cell, node.iter, names(node.iter)[0] | around, names(node.target)[0], replaces=True)
        head = getattr(node, "target", None) or getattr(node, "test", None)
        around = around | names(head)[0] if head else around
        for part in [*node.body, *getattr(node, "orelse", [])]:
            yield from lines_of(part, at, cell, around)
        return
    match node:
        case ast.Assign([ast.Tuple(targets)], ast.Tuple(values)) if len(targets) == len(values):
            for target, value in zip(targets, values):
                replaces = isinstance(target, ast.Name) and not around
                yield Line(at, cell, value, names(value)[0] | around, {base(target)}, replaces)
        case _ if not only_shows(node):
            read, written = names(node)
            replaces = isinstance(node, (ast.Assign, ast.FunctionDef, ast.ClassDef)) and not around
            yield Line(at, cell, node, read | around, written | changed_in_place(node), replaces)


def behind(wanted, at, statements):
    """{line: names for whose sake} of all lines before statement `at` that the values of these names come from."""
    found, wanted = {}, set(wanted)
    for statement in reversed(statements[:at]):
        loops, inside = isinstance(statement.node, COMPOUND), set(wanted)
        for _ in statement.lines:  # a line of a loop may read what one below it makes
            for line in statement.lines:
                if line.writes & inside:
                    found.setdefault(line, set()).update(line.writes & inside)
                    inside |= line.reads if loops else set()
        reads = set().union(*(line.reads for line in statement.lines if line in found))
        replaced = set().union(*(line.writes for line in statement.lines if line.replaces))
        wanted = (wanted | reads) - replaced if loops else (wanted - replaced) | reads
    return found


def equations_of(statements):
    """Every verify("n.m", left, right) at the top level of a cell or in a loop there, with what its sides come from.

    Changed is the left side, or the right one where the left has nothing of its own.
    """
    found = []
    for at, statement in enumerate(statements):
        if not isinstance(statement.node, (ast.FunctionDef, ast.ClassDef)):
            for call in (part for part in ast.walk(statement.node) if isinstance(part, ast.Call)):
                if called(call) == "verify":
                    tag, left, right = call.args[:3]
                    ours, theirs = (equation_of(tag.value, at, *s, statements) for s in ((left, right), (right, left)))
                    found.append(ours if ours.lines or any(mistakes(left)) else theirs)
    return found


def equation_of(tag, at, expression, other, statements):
    """The equation whose side `expression` is changed."""
    reads = names(expression)[0]
    ours, theirs = behind(reads, at, statements), behind(names(other)[0], at, statements)
    # A line that makes several things may make one for each side.
    alone = [line for line in ours if line not in theirs or (len(line.writes) > 1 and not ours[line] & theirs[line])]
    cell = statements[at].cell
    reads = reads.union(*(line.reads for line in alone if line.cell == cell))
    near = {line.at for line in alone if line.cell == cell or line.writes & reads}
    others = [other, *(line.root for line in theirs if line not in alone)]
    needed = {line.at for line in [*ours, *theirs]} | {at}
    return Equation(tag, at, expression, [line for line in alone if line.at in near], others, needed)


# --- running it changed ---


class Seen(BaseException):
    """Both sides are known; nothing after them matters."""


@dataclass
class Outcome:
    verdict: str
    sides: list
    seconds: float = 0.0
    lost: int = 0


@dataclass
class Change:
    """One mistake: new code for a statement of the notebook, or for a function that it calls."""

    where: str
    words: str
    code: ast.stmt
    function: types.FunctionType = None


def changes(whole, root, where, function=None):
    """All mistakes in root, which is a part of the code `whole`, or that code itself."""
    for node, other in mistakes(root):
        words = " -> ".join(ast.unparse(ast.fix_missing_locations(part)) for part in (node, other))
        yield Change(where, words, copy.deepcopy(whole, {id(node): other}), function)  # other is taken for node's copy


def in_a_fork(task, seconds=300.0):
    """What the task returns in a copy of this process, which then is gone; "late" after so much processor time."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            signal.setitimer(signal.ITIMER_PROF, seconds)  # its signal ends the copy
            outcome = pickle.dumps(task())
            with open(writing, "wb") as pipe:
                pipe.write(outcome)
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        outcome = pipe.read()
    os.waitpid(child, 0)
    return pickle.loads(outcome) if outcome else Outcome("late", [])


def run(equation, begin, statements, space, change=None, perturbed=False):
    """Run what the equation needs from statement `begin` on, changed; tell how its verify took it."""
    sides, verdict, began = [], "never reached", time.process_time()

    def verify(tag, left, right, **options):
        if tag == equation.tag:
            sides.extend(checks._numbers(tag, "a side", side) for side in (left, right))
            if not perturbed:
                checks.verify(tag, left, right, **options)
            raise Seen

    space["verify"] = verify
    np.empty, np.empty_like = filling(lambda shape: np.nan)  # what was not written is never right by luck
    try:
        if perturbed:
            np.zeros, np.zeros_like = filling(lambda shape: 0.1 * np.random.default_rng(0).normal(size=shape))
            perturb(space, np.random.default_rng(0), {})
        if change and change.function:
            scope = dict(change.function.__globals__)
            execute(change.code, change.where, scope)
            change.function.__code__ = scope[change.code.name].__code__
        for at in sorted(at for at in equation.needed if at >= begin):
            changed = change and not change.function and at == begin
            with contextlib.suppress(Exception if statements[at].fails else ()):
                execute(change.code if changed else statements[at].node, statements[at].cell, space)
    except Seen:
        verdict = "held"
    except (Exception, SystemExit) as error:
        verdict = "refused" if sides else "stopped"
        if type(error) is NameError and not any(
            error.name in line.writes for part in statements for line in part.lines
        ):
            verdict = "names what does not exist"  # no mistake of a living author
    return Outcome(verdict, sides, time.process_time() - began, sum(LOST))


def filling(fill):
    """np.empty and np.empty_like, or np.zeros and np.zeros_like, with other floats in them."""

    def make(shape, dtype=float, *_, **__):
        array = np.ndarray(shape, dtype)
        array[...] = fill(array.shape) if array.dtype.kind == "f" else 0
        return array

    return make, lambda like, *_, **__: make(np.shape(like), np.asarray(like).dtype)


def perturb(value, draw, seen):
    """Move every floating-point number that value holds, zeros too, each time in the same way, and return it."""
    if isinstance(value, (float, np.floating)):
        return type(value)(value * (1 + 0.3 * draw.uniform(-1, 1)) + 0.05 * draw.normal())
    if id(value) in seen:
        return value
    seen[id(value)] = value
    if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.flags.writeable:
        value *= 1 + 0.3 * draw.uniform(-1, 1, value.shape)
        value += 0.05 * draw.normal(size=value.shape)
    elif isinstance(value, torch.Tensor):
        perturb(value.detach().numpy(), draw, seen)
    elif isinstance(value, (list, dict)):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            if not str(key).startswith("__"):
                value[key] = perturb(value[key], draw, seen)
    elif isinstance(value, tuple):
        for part in value:
            perturb(part, draw, seen)
    elif isinstance(value, torch.nn.Module) or (is_dataclass(value) and not isinstance(value, type)):
        perturb(vars(value), draw, seen)
    return value


def moves(before, after, by):
    if before.shape != after.shape:
        return True
    scale = max(np.abs(before).max(initial=0), np.abs(after).max(initial=0))
    return not np.abs(before - after).max(initial=0) <= by * scale


def verdict_of(plain, changed, perturbed):
    """What the run of a changed equation shows; None of one that must be repeated on perturbed numbers."""
    if changed.verdict != "held" and not perturbed:
        return changed.verdict
    if not plain.sides or not changed.sides:
        return "cannot be tried on other numbers"
    moved = [moves(was, now, 1e-13 if perturbed else 1e-15) for was, now in zip(plain.sides, changed.sides)]
    if perturbed:
        return "not caught: moves nothing on these numbers, but would on others" if any(moved) else "equivalent"
    if any(moved):
        return "both moved" if all(moved) else "not caught: moves it by less than is allowed"
    return "not caught: terms are lost" if changed.lost else None


# --- which functions a side alone calls ---


def functions_behind(nodes, space):
    """{function: its definition} of the notebook and of lstm_helpers that nodes name, and that these name in turn."""
    found, queue = {}, [(node, space) for node in nodes]
    while queue:
        node, scope = queue.pop()
        for part in ast.walk(node):
            for function in functions_named(part, scope):
                if function not in found:
                    with contextlib.suppress(OSError):  # some are made without a source
                        found[function] = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
                        queue.append((found[function], function.__globals__))
    return found


def functions_named(node, scope):
    """The function that a name, or a chain of names and dots, stands for; for a class of the notebook its methods."""
    thing = None
    if all(isinstance(part, (ast.Name, ast.Attribute, ast.Load)) for part in ast.walk(node)):
        with contextlib.suppress(Exception):
            thing = eval(ast.unparse(node), scope)
    thing = getattr(thing, "__func__", thing)
    things = vars(thing).values() if isinstance(thing, type) and thing.__module__ == "__main__" else [thing]
    return [
        thing
        for thing in things
        if isinstance(thing, types.FunctionType)
        and re.match(r"__main__|lstm_helpers(?!.*\.(checks|inputs|weights|plots|experiment))", thing.__module__)
        and not thing.__closure__
        and thing.__name__ != "<lambda>"
    ]


# --- one notebook ---


def changes_at(at, equation, statements, space):
    """The changes of one equation that begin at statement `at`: its lines there, and functions first called there."""
    statement = statements[at]
    nodes = [line.root for line in equation.lines if line.at == at and not isinstance(line.root, DEFINITIONS)]
    if at == equation.at:
        nodes.insert(0, equation.expression)
    for root in nodes:
        yield from changes(statement.node, root, statement.cell)
    shared = functions_behind(equation.others, space)
    for function, definition in functions_behind(nodes, space).items():
        if function not in shared and function not in equation.tried:
            equation.tried.add(function)
            if ast.get_docstring(definition) is not None:
                definition.body = definition.body[1:] or [ast.Pass()]
            definition.decorator_list = []
            yield from changes(definition, definition, function.__qualname__, function)


def examine(path):
    """{tag: [(verdict, change)]} of the notebook at path, which is executed in this process."""
    torch.set_num_threads(1)
    gc.disable()  # forks share memory that nobody touches
    warnings.simplefilter("ignore")
    statements = statements_of(read(path))
    equations = equations_of(statements)
    space, rows = {"__name__": "__main__"}, {equation.tag: [] for equation in equations}
    os.chdir(path.parent)
    with contextlib.redirect_stdout(io.StringIO()):
        for at, statement in enumerate(statements):
            for equation in equations:
                if at == equation.at or any(line.at == at for line in equation.lines):
                    if found := list(changes_at(at, equation, statements, space)):
                        rows[equation.tag] += judged(found, equation, at, statements, space)
            with contextlib.suppress(Exception if statement.fails else ()):
                execute(statement.node, statement.cell, space)
    return rows


def judged(found, equation, at, statements, space):
    """(what becomes of it, the change in words) for each change."""

    def tried(seconds=300.0, **options):
        return in_a_fork(lambda: run(equation, at, statements, space, **options), seconds)

    plain = tried()
    if plain.verdict != "held":  # a statement was left out that matters: leave out none
        everything = range(equation.at + 1)
        equation.needed = {k for k in everything if k == equation.at or not only_shows(statements[k].node)}
        plain = tried()
    if plain.verdict != "held":
        raise RuntimeError(f"({equation.tag}) from statement {at} on does not run by itself: {plain}")
    most = max(12, int(SECONDS_PER_CHECK / max(plain.seconds, 1e-3)))
    chosen = {int(k) for k in np.linspace(0, len(found) - 1, most)}
    limit, plain_perturbed = 5 + 5 * plain.seconds, None
    for k, change in enumerate(found):
        verdict = verdict_of(plain, tried(limit, change=change), False) if k in chosen else "left out"
        if verdict is None:
            plain_perturbed = plain_perturbed or tried(perturbed=True)
            verdict = verdict_of(plain_perturbed, tried(limit, change=change, perturbed=True), True)
        yield verdict, f"({equation.tag}) in {change.where}: {change.words}"


def main(arguments):
    began, rows, counts = time.perf_counter(), [], {}
    paths = [Path(argument).resolve() for argument in arguments] or COURSE
    # A process for each notebook, which sets torch's defaults for good.
    with multiprocessing.get_context("spawn").Pool(maxtasksperchild=1) as pool:
        for path, found in zip(paths, pool.imap(examine, paths)):
            for tag, mine in found.items():
                caught = sum(verdict in CAUGHT for verdict, _ in mine)
                counts[tag] = caught, caught + sum(verdict.startswith("not caught") for verdict, _ in mine)
                print(f"({tag}) {caught} of {counts[tag][1]}")
                rows += mine
            print(f"{path.name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    print(*(f"{verdict}\n    {words}" for verdict, words in rows if verdict.startswith("not caught")), sep="\n")
    caught, counted = (sum(numbers) for numbers in zip(*counts.values()))
    print(f"{caught} of {counted} caught, {100 * caught / counted:.1f} %;", dict(Counter(row[0] for row in rows)))
    if not arguments:
        STORED.write_text(json.dumps(counts).replace("], ", "],\n") + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
