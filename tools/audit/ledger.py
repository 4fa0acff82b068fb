"""Would the check of each numbered equation notice a mistake? Make mistakes in the code of its left side and see.

`python -m tools.audit.ledger [NOTEBOOK ...]` is `make test-ledger`. For every verify("n.m", left, right) it changes,
one at a time, the left expression, the notebook's statements that compute it, and the functions (the notebook's own,
and those of lstm_helpers) that only the left side calls: a term or factor is dropped, a bias forgotten, a sign flipped,
an index shifted, two gates exchanged, matrices taken in another order. The changed code runs in a fork of the process
that has executed the notebook up to there. What can become of a change:

caught      verify refuses, or the code stops with an error before it;
not caught  the left side moved, or would move on numbers without zeros and ones in special places, yet verify holds;
equivalent  the left side is the same, and stays so when every number the notebook holds by then is perturbed;
both moved  a change of what both sides are computed from: verify holds, and rightly; not counted.
"""

import ast
import contextlib
import copy
import difflib
import gc
import inspect
import io
import linecache
import os
import pickle
import re
import signal
import sys
import tempfile
import textwrap
import time
import traceback
import types
import warnings
from collections import Counter
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import NamedTuple

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # a process that has other threads must not fork
os.environ["MPLBACKEND"] = "agg"

import numpy as np  # noqa: E402

from lstm_helpers import checks  # noqa: E402
from tools.notebooks import COURSE, read  # noqa: E402

KINDS = ("term", "factor", "bias", "sign", "index", "gates", "order")
SECONDS_PER_CHECK = 40.0  # of processor time; beyond that the changes of one check are sampled evenly


# --- the mistakes ---

# Calls and keywords whose arguments say how many, how large, in which form, not what is computed.
PLUMBING = set(
    "print zeros ones empty full eye zeros_like ones_like empty_like linspace arange default_rng normal randn "
    "manual_seed reshape view expand broadcast_to round tensor_split isinstance len format join Series DataFrame Index "
    "Picture describe check_arrays check_steps check_weights check_trace".split()
)
SETTINGS = set("axis dim size shape dtype rtol atol name index requires_grad keepdims copy".split())
SQUASH = {"tanh", "sigmoid", "exp", "log", "sqrt", "cosh", "log1p", "abs", "arctanh"}
STACKING = {"hstack", "vstack", "stack", "concatenate", "column_stack", "cat"}
PAIRS = [("i", "f"), ("f", "o"), ("i", "g")]


def mistakes(root):
    """(kind, changed copy of root) for every single mistake in a statement, a function or an expression."""
    for node, kind, replacement in _places(root, in_index=False):
        yield kind, copy.deepcopy(root, {id(node): replacement})
    for part in _simple_parts(root):
        for pair in PAIRS:
            exchange = _Exchange(pair)
            changed = exchange.visit(copy.deepcopy(part))
            if exchange.done:
                yield "gates", copy.deepcopy(root, {id(part): changed})


def _simple_parts(node):
    """The simple statements of a statement or function; an expression as it is."""
    if isinstance(node, ast.stmt) and hasattr(node, "body"):
        return [part for child in node.body + getattr(node, "orelse", []) for part in _simple_parts(child)]
    return [] if isinstance(node, (ast.Import, ast.ImportFrom)) else [node]


def _places(node, in_index):
    """(node, kind, what stands there instead) for node and all below it that is not plumbing."""
    if isinstance(node, (ast.Raise, ast.Assert, ast.JoinedStr, ast.Import, ast.ImportFrom, ast.arguments)):
        return
    if isinstance(node, ast.If) and any(isinstance(child, ast.Raise) for child in node.body):
        return
    if isinstance(node, ast.Call) and _called(node) in PLUMBING:
        yield from _places(node.func, in_index)  # what stands before .reshape(...)
        return
    if isinstance(node, ast.keyword) and node.arg in SETTINGS:
        return
    yield from ((node, kind, new) for kind, new in _alternatives(node, in_index))
    for child in ast.iter_child_nodes(node):
        inside = in_index or (isinstance(node, ast.Subscript) and child is node.slice)
        inside = inside or (isinstance(node, ast.Call) and _called(node) == "range")
        yield from _places(child, inside)


def _alternatives(node, in_index):
    if in_index:
        yield from _shifts(node)
        return
    match node:
        case ast.BinOp(left, ast.Add() | ast.Sub() as op, right):
            opposite = ast.Sub() if isinstance(op, ast.Add) else ast.Add()
            yield "bias" if _is_bias(right) else "term", left
            yield "bias" if _is_bias(left) else "term", right if isinstance(op, ast.Add) else _minus(right)
            yield "sign", ast.BinOp(left, opposite, right)
        case ast.BinOp(left, ast.Mult(), right):
            yield "factor", left
            yield "factor", right
        case ast.BinOp(left, ast.Div() | ast.Pow(), right):
            yield "factor", left
        case ast.BinOp(left, ast.MatMult(), right):
            yield "factor", left
            yield "factor", right
            yield "order", ast.BinOp(right, ast.MatMult(), left)
        case ast.UnaryOp(ast.USub(), operand) if not isinstance(operand, ast.Constant):
            yield "sign", operand
        case ast.AugAssign(target, ast.Add() | ast.Sub() as op, value):
            yield "bias" if _is_bias(value) else "term", ast.Pass()
            yield "sign", ast.AugAssign(target, ast.Sub() if isinstance(op, ast.Add) else ast.Add(), value)
        case ast.AugAssign(target, ast.Mult() | ast.Div(), value):
            yield "factor", ast.Pass()
        case ast.Attribute(value, "T"):
            yield "order", value
        case ast.Call(args=[argument]) if _called(node) in SQUASH and not node.keywords:
            yield "factor", argument
        case ast.Call(func, args=[ast.List(elts) | ast.Tuple(elts) as parts, *rest]) if _called(node) in STACKING:
            for k in range(len(elts) - 1):
                other = [*elts[:k], elts[k + 1], elts[k], *elts[k + 2 :]]
                yield "order", ast.Call(func, [type(parts)(other, ast.Load()), *rest], node.keywords)
        case ast.Assign(targets, ast.List(elts)) if len(elts) > 1:
            for k in range(len(elts)):  # a product of a list with one factor forgotten
                without = ast.List([*elts[:k], ast.Constant(1.0), *elts[k + 1 :]], ast.Load())
                yield "factor", ast.Assign(targets, without, lineno=0)
        case ast.Call(ast.Name("range"), args) if len(args) < 3:
            for cut in ("_not_the_first", "_not_the_last", "_last_thirty", "_first_thirty"):
                yield "term", ast.Call(ast.Name(cut, ast.Load()), [node], [])
        case ast.Subscript(value, ast.Slice(None, None, ast.UnaryOp(ast.USub(), ast.Constant(1)))):
            yield "index", value


def _shifts(node):
    """Within [ ] and range( ): t - 1 for t and the other way round, and the neighbours of a number."""
    match node:
        case ast.BinOp(left, ast.Add() | ast.Sub() as op, ast.Constant(int(n))):
            yield "index", left
            yield "index", ast.BinOp(left, op, ast.Constant(n + 1))
        case ast.Name(name) if re.fullmatch(r"[tkjn]|step|last", name):
            yield "index", ast.BinOp(node, ast.Sub(), ast.Constant(1))
        case ast.Constant(int(n)) if not isinstance(n, bool):
            yield "index", ast.Constant(n + 1)
            if n > 0:
                yield "index", ast.Constant(n - 1)


def _called(call):
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _is_bias(node):
    return any(
        re.fullmatch(r"d?b|b_\w+|bias\w*", getattr(part, "id", getattr(part, "attr", ""))) for part in ast.walk(node)
    ) and not any(isinstance(part, (ast.BinOp, ast.Call)) for part in ast.walk(node))


def _minus(node):
    return ast.UnaryOp(ast.USub(), node)


class _Exchange(ast.NodeTransformer):
    """Exchange two gates wherever their values are used: f, b_f, W_hf, f_pre, df_2, step_1.f, "f", "ifgo"."""

    def __init__(self, pair):
        self.other = {pair[0]: pair[1], pair[1]: pair[0]}
        self.done = False

    def renamed(self, name):
        match = re.fullmatch(r"(|d|d_|b_|W_[xh]|via_|P_|rows_of_)([ifgo])((_\w+)?)", name)
        if not match or match[2] not in self.other:
            return name
        self.done = True
        return match[1] + self.other[match[2]] + match[3]

    def visit_Name(self, node):
        return ast.Name(self.renamed(node.id), node.ctx) if isinstance(node.ctx, ast.Load) else node

    def visit_Attribute(self, node):
        value = self.visit(node.value)
        return ast.Attribute(value, self.renamed(node.attr) if isinstance(node.ctx, ast.Load) else node.attr, node.ctx)

    def visit_Constant(self, node):
        letters = node.value
        if not isinstance(letters, str) or not re.fullmatch(r"[ifgo]|(?=.*i)(?=.*f)(?=.*g)[ifgo]{3,4}", letters):
            return node
        exchanged = "".join(self.other.get(letter, letter) for letter in letters)
        self.done = self.done or exchanged != letters
        return ast.Constant(exchanged)

    def visit_JoinedStr(self, node):
        return node

    def visit_Raise(self, node):
        return node

    def visit_Assert(self, node):
        return node

    def visit_arguments(self, node):
        return node


CUT = []  # how many terms the cuts below have dropped


def _cut(begin, end):
    def cut(steps):
        CUT.append(len(steps) - len(steps[begin:end]))
        return steps[begin:end]

    return cut


CUTS = {
    "_not_the_first": _cut(1, None),
    "_not_the_last": _cut(None, -1),
    "_last_thirty": _cut(-30, None),
    "_first_thirty": _cut(None, 30),
}


# --- what a side is computed from ---


@dataclass
class Place:
    """A simple statement, or the head of a compound one: what it reads, what it sets, what it changes in place."""

    at: int  # number of the statement of the notebook that holds it
    cell: str
    roots: list  # what may be changed
    reads: set
    sets: set
    changes: set
    heads: list = field(default_factory=list)  # of the loops and ifs around it


@dataclass
class Side:
    """One side of an equation: what it alone is computed from, what the other side uses, what both need."""

    expression: ast.expr
    places: list
    others: list
    needed: set  # numbers of statements


@dataclass
class Equation:
    """A verify, and the side to be changed: the left one, or the right one where the left has nothing of its own."""

    tag: str
    at: int
    side: Side


class Statement(NamedTuple):
    cell: str
    node: ast.stmt
    fails: bool  # does the cell raise an error on purpose?


def statements_of(notebook):
    """The statements of all code cells, in order."""
    found = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            lines = ["pass" if re.match(r"\s*[%!]", line) else line for line in cell.source.splitlines()]
            linecache.cache[_file(cell.id)] = len(cell.source), None, [line + "\n" for line in lines], _file(cell.id)
            fails = "raises-exception" in cell.metadata.get("tags", [])
            found += [Statement(cell.id, node, fails) for node in ast.parse("\n".join(lines)).body]
    return found


def _file(cell):
    return f"<cell {cell}>"  # where inspect.getsource finds the source


def execute(node, cell, space):
    exec(compile(ast.Module([ast.fix_missing_locations(node)], []), _file(cell), "exec"), space)


def _reads(node):
    """Names whose values a node takes from outside: not what a function or a comprehension binds for itself."""
    found = {node.id} if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) else set()
    found = found.union(*(_reads(child) for child in ast.iter_child_nodes(node)))
    match node:
        case ast.FunctionDef() | ast.Lambda():
            inside = {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
            return found - inside - set().union(*(_sets(part) for part in ast.iter_child_nodes(node)))
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return found - set().union(*(_sets(part.target) for part in node.generators))
    return found


def _sets(target):
    return {part.id for part in ast.walk(target) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}


def _base(node):
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call, ast.Starred)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


LISTS = {"append", "extend", "update", "insert", "pop"}
OTHERS = {"step", "backward", "normal", "randn"}


def _changed_in_place(node):
    """Names whose objects a statement may change: x[k] = , x.grad = , x += , x.append( ), what a bare call is given."""
    changed = set()
    for part in ast.walk(node):
        if isinstance(part, (ast.Subscript, ast.Attribute)) and isinstance(part.ctx, ast.Store):
            changed.add(_base(part))
        if isinstance(part, ast.AugAssign):
            changed.add(_base(part.target))
        if isinstance(part, ast.Call) and (_called(part) in LISTS | OTHERS or _called(part).endswith("_")):
            changed.add(_base(part.func))
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _called(node.value) not in LISTS:
        functions = {getattr(part.func, "id", None) for part in ast.walk(node) if isinstance(part, ast.Call)}
        changed |= _reads(node) - functions
    return changed - {None, "np", "torch", "nn", "plt", "pd"}


def places_of(at, cell, node, heads=()):
    """The places of one statement of the notebook, those within loops and ifs each for itself."""
    heads = list(heads)

    def place(root, target=None, changed=True):
        sets = _sets(target) if target is not None else set()
        return Place(at, cell, [root] if changed else [], _reads(root), sets, _changed_in_place(root), heads)

    match node:
        case ast.For() | ast.While() | ast.If() | ast.With():
            head = place(getattr(node, "iter", None) or getattr(node, "test", None) or node.items[0].context_expr)
            head.sets = _sets(getattr(node, "target", None) or ast.Tuple([i for i in getattr(node, "items", [])]))
            if not isinstance(node, ast.For):
                head.roots = []
            parts = [*node.body, *getattr(node, "orelse", [])]
            inner = [one for part in parts for one in places_of(at, cell, part, [*heads, head])]
            for one in inner:  # who changes the loop's variable changes what it came from
                if isinstance(node, ast.For) and one.changes & head.sets:
                    one.changes |= head.reads
            return [head, *inner]
        case ast.FunctionDef(name) | ast.ClassDef(name):
            return [Place(at, cell, [node], _reads(node), {name}, set(), heads)]
        case ast.Assign([ast.Tuple(targets)], ast.Tuple(values)) if len(targets) == len(values):
            found = [place(value, target) for target, value in zip(targets, values)]
            for one, target in zip(found, targets):
                one.changes |= _changed_in_place(target)
            return found
        case ast.Expr() if _only_shows(node):
            return []
        case ast.Assign(targets):
            return [place(node, ast.Tuple(targets))]
    return [place(node)]


def _only_shows(node):
    """Is this an assertion, or an expression whose value is only to be looked at?"""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return _called(node.value) in ("verify", "agreement", "print", "Picture")
    return isinstance(node, (ast.Expr, ast.Assert))


def behind(names, at, places):
    """{id: (place, names for whose sake)} of all places before statement `at` that the values of names come from."""
    found, open_names = {}, [(name, at) for name in names]
    compound, seen = {place.at for place in places if place.heads}, set()
    while open_names:
        name, before = open_names.pop()
        if (name, before) in seen:
            continue
        seen.add((name, before))
        setter = None  # the last statement that sets the name: all its places count, and those that change it later
        for place in reversed([place for place in places if place.at < before]):
            if setter is not None and place.at < setter:
                break
            if name in place.sets or name in place.changes:
                for one in [place, *place.heads]:
                    kept = found.setdefault(id(one), (one, set()))
                    kept[1].add(name)
                    if one.roots and isinstance(one.roots[0], (ast.FunctionDef, ast.ClassDef)):
                        open_names += [(read, before) for read in one.reads]  # a function finds them when called
                    elif one.at in compound:
                        open_names += [(read, one.at + 0.5) for read in one.reads]  # set in the same loop, maybe below
                    else:
                        open_names += [(read, one.at) for read in one.reads]
                if name in place.sets and not place.heads:
                    setter = place.at
    return found


def equations_of(statements):
    """Every verify("n.m", left, right) at the top level of a cell or in a loop there, with what its sides come from."""
    places = [place for at, (cell, node, _) in enumerate(statements) for place in places_of(at, cell, node)]
    found = []
    for at, (cell, node, _) in enumerate(statements):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            continue
        for call in (part for part in ast.walk(node) if isinstance(part, ast.Call) and _called(part) == "verify"):
            tag, left, right = call.args[:3]
            sides = _side(left, right, at, cell, places), _side(right, left, at, cell, places)
            changed = next((side for side in sides if side.places or list(mistakes(side.expression))), sides[0])
            found.append(Equation(tag.value, at, changed))
    return found


def _side(expression, other, at, cell, places):
    ours, theirs = behind(_reads(expression), at, places), behind(_reads(other), at, places)
    alone = [
        place
        for key, (place, names) in ours.items()
        if key not in theirs or (len(place.sets) > 1 and not names & theirs[key][1])
    ]
    names = _reads(expression).union(*(place.reads for place in alone if place.cell == cell))
    near = {place.at for place in alone if place.cell == cell or (place.sets | place.changes) & names}
    kept = {id(place) for place in alone}
    return Side(
        expression,
        [place for place in alone if place.at in near],
        [other, *(root for place, _ in theirs.values() if id(place) not in kept for root in place.roots)],
        {place.at for place, _ in [*ours.values(), *theirs.values()]} | {at},
    )


# --- running it changed ---


class _Seen(BaseException):
    """Both sides are known; nothing after them matters."""


class Referee:
    """Stands in for verify: keeps both sides of the one equation that is asked about."""

    def __init__(self, verify):
        self.verify, self.tag, self.sides, self.judges = verify, None, None, True

    def __call__(self, tag, left, right, **options):
        if self.tag is None:
            return self.verify(tag, left, right, **options)
        if tag == self.tag:
            self.sides = _array(left), _array(right)
            if self.judges:
                self.verify(tag, left, right, **options)
            raise _Seen


def _array(side):
    if hasattr(side, "detach"):
        return side.detach().numpy().astype(float)
    if isinstance(side, (list, tuple)):
        return np.concatenate([_array(part).ravel() for part in side])
    return np.array(side, dtype=float)


class Forks:
    """Tasks, each in a fork of this process, several at a time; what they return comes back by a file."""

    def __init__(self, jobs):
        self.jobs, self.running, self.results = jobs, {}, {}

    def start(self, key, task, seconds):
        while len(self.running) >= self.jobs:
            self.reap()
        with tempfile.NamedTemporaryFile(delete=False) as file:
            name = file.name
        child = os.fork()
        if child == 0:
            try:
                signal.setitimer(signal.ITIMER_REAL, seconds)  # an alarm ends the fork
                outcome = task()
                with open(name, "wb") as file:
                    pickle.dump(outcome, file)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(0)
        self.running[child] = key, name

    def reap(self):
        child, _ = os.waitpid(-1, 0)
        key, name = self.running.pop(child)
        with open(name, "rb") as file:
            text = file.read()
        os.unlink(name)
        self.results[key] = pickle.loads(text) if text else Outcome("late")

    def all(self):
        """{key: outcome} of everything started since the last call."""
        while self.running:
            self.reap()
        results, self.results = self.results, {}
        return results


@dataclass
class Outcome:
    verdict: str
    sides: tuple = None
    words: str = ""
    seconds: float = 0.0
    cut: int = 0


def run(equation, begin, statements, space, referee, change=None, perturbed=False):
    """Run what the equation needs from statement `begin` on, changed; tell how its verify took it."""
    warnings.simplefilter("ignore")
    referee.tag, referee.sides, referee.judges = equation.tag, None, not perturbed
    space.update(CUTS)
    CUT.clear()
    np.empty, np.empty_like = _nothing, lambda array, *_, **__: _nothing(np.shape(array), np.asarray(array).dtype)
    began = time.perf_counter()
    words = ""
    try:
        if perturbed:
            perturb(space)
        if change:
            change.apply()
        for at in sorted(at for at in equation.side.needed if at >= begin):
            cell, node, fails = statements[at]
            with contextlib.suppress(Exception if fails else ()):
                execute(change.statement if change and change.statement and at == begin else node, cell, space)
        outcome = "never reached"
    except _Seen:
        outcome = "held"
    except AssertionError as error:
        outcome, words = "refused" if referee.sides else "stopped", str(error)
    except (Exception, SystemExit) as error:
        outcome, words = "refused" if referee.sides else "stopped", f"{type(error).__name__}: {error}"
    return Outcome(outcome, referee.sides, words, time.perf_counter() - began, sum(CUT))


ZEROS = np.zeros


def _nothing(shape, dtype=float, *rest, **named):
    """np.empty, but what was not written is never right by luck."""
    array = ZEROS(shape, dtype, *rest, **named)
    if array.dtype.kind == "f":
        array.fill(np.nan)
    return array


@dataclass
class Change:
    """One mistake: a statement of the notebook put in place of the old one, or a function's code replaced."""

    kind: str
    where: str
    before: ast.AST
    after: ast.AST
    statement: ast.AST = None
    function: types.FunctionType = None

    def apply(self):
        if self.function is not None:
            scope = self.function.__globals__ | CUTS
            self.function.__globals__.update(CUTS)
            execute(copy.deepcopy(self.after), self.where, scope)
            self.function.__code__ = scope[self.after.name].__code__

    def difference(self):
        before, after = (
            ast.unparse(ast.fix_missing_locations(node)).splitlines() for node in (self.before, self.after)
        )
        return [line[:2] + line[2:].strip() for line in difflib.ndiff(before, after) if line[0] in "+-"]


def perturb(space):
    """Move every floating-point number that the notebook holds, zeros too, each time in the same way."""
    draw, seen = np.random.default_rng(0), {}

    def moved(value, depth):
        if isinstance(value, (float, np.floating)):
            return type(value)(value * (1 + 0.3 * draw.uniform(-1, 1)) + 0.05 * draw.normal())
        if id(value) in seen or depth > 3:
            return value
        seen[id(value)] = value
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.flags.writeable:
            value *= 1 + 0.3 * draw.uniform(-1, 1, value.shape)
            value += 0.05 * draw.normal(size=value.shape)
        elif type(value).__module__.startswith("torch") and hasattr(value, "data_ptr"):
            if value.is_floating_point():
                moved(value.detach().numpy(), depth)
        elif type(value).__module__.startswith("torch") and hasattr(value, "parameters"):
            for parameter in value.parameters():
                moved(parameter.detach().numpy(), depth)
        elif isinstance(value, (list, dict)):
            for key in list(value) if isinstance(value, dict) else range(len(value)):
                value[key] = moved(value[key], depth + 1)
        elif isinstance(value, tuple):
            for part in value:
                moved(part, depth + 1)
        elif is_dataclass(value) and not isinstance(value, type):
            for part in fields(value):
                moved(getattr(value, part.name), depth + 1)
        return value

    for name in [name for name in space if not name.startswith("_")]:
        space[name] = moved(space[name], 0)

    def no_zeros(shape, dtype=float, *rest, **named):
        array = ZEROS(shape, dtype, *rest, **named)
        if array.dtype.kind == "f":
            array += 0.1 * np.random.default_rng(array.size).normal(size=array.shape)
        return array

    np.zeros, np.zeros_like = no_zeros, lambda array, *_, **__: no_zeros(np.shape(array), np.asarray(array).dtype)


def moves(before, after, by):
    if before.shape != after.shape:
        return True
    scale = max(np.abs(before).max(initial=0), np.abs(after).max(initial=0))
    return not np.abs(before - after).max(initial=0) <= by * scale


def first_verdict(outcome, plain):
    """What the run of a changed equation shows by itself; "unchanged" asks for more."""
    if outcome.verdict != "held":
        return outcome.verdict, outcome.words
    moved = [moves(was, now, 1e-15) for was, now in zip(plain.sides, outcome.sides)]
    if all(moved):
        return "both moved", ""
    if not any(moved):
        return ("not caught", "terms are lost unnoticed") if outcome.cut else ("unchanged", "")
    k = moved.index(True)
    by = np.abs(outcome.sides[k] - plain.sides[k]).max() / np.abs(plain.sides[k]).max()
    return "not caught", f"moves it by {by:.0e}, less than is allowed"


def second_verdict(straight, crooked):
    """Of a change that moved nothing: the left side without and with it, on perturbed numbers."""
    if straight.sides is None or crooked.sides is None:
        return "unknown", straight.words or crooked.words
    if any(moves(was, now, 1e-13) for was, now in zip(straight.sides, crooked.sides)):
        return "not caught", "moves nothing on these numbers, but would on others"
    return "equivalent", ""


# --- which functions the left side alone calls ---


def functions_behind(nodes, space, known):
    """{function: FunctionDef} of the notebook and of lstm_helpers that nodes mention, and those that these mention."""
    found, queue = {}, [(node, space) for node in nodes]
    while queue:
        node, scope = queue.pop()
        for part in ast.walk(node):
            if isinstance(part, (ast.Name, ast.Attribute)) and isinstance(part.ctx, ast.Load):
                for function in _functions(_resolved(part, scope)):
                    definition = _definition(function, known)
                    if definition is not None and function not in found:
                        found[function] = definition
                        queue.append((definition, function.__globals__))
    return found


def _resolved(node, scope):
    if isinstance(node, ast.Name):
        return scope.get(node.id)
    if isinstance(node, ast.Attribute):
        with contextlib.suppress(Exception):
            owner = _resolved(node.value, scope)
            if owner is not None and not (isinstance(owner, types.ModuleType) and not _ours(owner.__name__)):
                return getattr(owner, node.attr, None)
    return None


def _ours(module):
    return module == "__main__" or (
        module.startswith("lstm_helpers")
        and not re.search(r"\.(checks|inputs|weights|plots|exercises|experiment)", module)
    )


def _functions(thing):
    thing = getattr(thing, "__func__", thing)
    if isinstance(thing, types.FunctionType) and _ours(thing.__module__):
        return [thing]
    if isinstance(thing, type) and thing.__module__ == "__main__":  # a class of the notebook: its methods
        return [part for part in vars(thing).values() if isinstance(part, types.FunctionType)]
    return []


def _definition(function, known):
    if function.__closure__ or function.__name__ == "<lambda>":
        return None
    if function.__module__ == "__main__":
        return known.get(function.__qualname__)
    return ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]


def _known(statements):
    found = {}
    for _, node, _ in statements:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = node
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{part.name}": part for part in node.body if isinstance(part, ast.FunctionDef)}
    return found


# --- one notebook ---


def changes_at(at, equation, statements, space, taken):
    """The changes of one equation that begin at statement `at`: its places there, and functions first called there."""
    cell, statement, _ = statements[at]
    places = [place for place in equation.side.places if place.at == at]
    nodes = [root for place in places for root in place.roots if not isinstance(root, (ast.FunctionDef, ast.ClassDef))]
    found = []
    if at == equation.at:
        nodes = [equation.side.expression, *nodes]
    for root in nodes:
        for kind, changed in mistakes(root):
            whole = copy.deepcopy(statement, {id(root): changed})
            found.append(Change(kind, cell, root, changed, statement=whole))
    known = _known(statements[: at + 1])
    shared = functions_behind(equation.side.others, space, known)
    for function, definition in functions_behind(nodes, space, known).items():
        if function not in shared and function not in taken:
            taken.add(function)
            body = copy.deepcopy(definition)
            if ast.get_docstring(body) is not None:
                body.body = body.body[1:] or [ast.Pass()]
            body.decorator_list = []
            for kind, changed in mistakes(body):
                found.append(Change(kind, function.__qualname__, body, changed, function=function))
    return [change for change in found if _names_exist(change, space, statements)]


def _names_exist(change, space, statements):
    """An exchange of gates must not name what does not exist: that would be no mistake of a living author."""
    if change.kind != "gates":
        return True
    new = _reads(change.after) - _reads(change.before)
    local = {part.id for part in ast.walk(change.before) if isinstance(part, ast.Name)}
    local |= {part.arg for part in ast.walk(change.before) if isinstance(part, ast.arg)}
    later = set().union(*(_sets(node) for _, node, _ in statements))
    return new <= (set(space) | local | later)


def examine(path, only=None):
    """The rows of the report that belong to the notebook at path, which is executed in this process."""
    import torch

    torch.set_num_threads(1)
    statements = statements_of(read(path))
    equations = [e for e in equations_of(statements) if only is None or e.tag in only]
    real = checks.verify
    checks.verify = referee = Referee(real)
    space = {"__name__": "__main__"}
    forks, results, taken = Forks(os.cpu_count()), [], {equation.tag: set() for equation in equations}
    before = os.getcwd()
    os.chdir(Path(path).parent)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for at, (cell, node, fails) in enumerate(statements):
                for equation in equations:
                    if at == equation.at or any(place.at == at for place in equation.side.places):
                        changes = changes_at(at, equation, statements, space, taken[equation.tag])
                        if changes:
                            gc.collect()
                            gc.freeze()
                            results += judged(changes, equation, at, statements, space, referee, forks)
                with contextlib.suppress(Exception if fails else ()):
                    execute(node, cell, space)
    finally:
        checks.verify = real
        os.chdir(before)
    return results


def judged(changes, equation, at, statements, space, referee, forks):
    """What becomes of each change, as rows of the report."""

    def task(change=None, perturbed=False):
        return lambda: run(equation, at, statements, space, referee, change, perturbed)

    def alone(**options):
        forks.start(None, task(**options), 300)
        return forks.all()[None]

    plain = alone()
    if plain.verdict != "held":  # a statement was left out that matters: leave out none
        everything = range(equation.at + 1)
        equation.side.needed = {k for k in everything if k == equation.at or not _only_shows(statements[k][1])}
        plain = alone()
    if plain.verdict != "held":
        raise RuntimeError(f"({equation.tag}) from statement {at} on does not run by itself: {plain}")
    most = max(12, int(SECONDS_PER_CHECK / max(plain.seconds, 1e-3)))
    chosen = {int(k) for k in np.linspace(0, len(changes) - 1, most)}
    limit = 5 + 5 * plain.seconds
    for k in chosen:
        forks.start(k, task(changes[k]), limit)
    verdicts = {k: ("left out", "") for k in range(len(changes))}
    verdicts |= {k: first_verdict(outcome, plain) for k, outcome in forks.all().items()}
    unchanged = [k for k in verdicts if verdicts[k][0] == "unchanged"]
    if unchanged:
        straight = alone(perturbed=True)
        for k in unchanged:
            forks.start(k, task(changes[k], perturbed=True), limit)
        verdicts |= {k: second_verdict(straight, outcome) for k, outcome in forks.all().items()}
    return [
        Row(equation.tag, change.kind, change.where, change.difference(), *verdicts[k])
        for k, change in enumerate(changes)
    ]


# --- what is said of it ---

CAUGHT = ("refused", "stopped")


class Row(NamedTuple):
    tag: str
    kind: str
    where: str
    difference: list
    verdict: str
    words: str


def report(results):
    """Lines: the table, the totals, and every change that was not caught with its difference."""
    tags = sorted({row.tag for row in results}, key=lambda tag: [int(part) for part in tag.split(".")])
    widths = "{:9}" + "{:>11}" * len(KINDS) + "{:>11}" + "{:>12}" * 2
    yield widths.format("equation", *KINDS, "all", "equivalent", "both moved")
    for tag in [*tags, None]:
        mine = [row for row in results if tag in (None, row.tag)]
        cells = [_share([row for row in mine if row.kind == kind]) for kind in KINDS]
        verdicts = Counter(row.verdict for row in mine)
        counts = verdicts["equivalent"] + verdicts["unknown"], verdicts["both moved"]
        yield widths.format(f"({tag})" if tag else "together", *cells, _share(mine), *counts)
    caught, missed = sum(verdicts[name] for name in CAUGHT), verdicts["not caught"]
    yield ""
    yield f"{caught} of {caught + missed} changes caught, {_percent(caught, missed)}:"
    yield f"{verdicts['refused']} by verify ({_percent(verdicts['refused'], missed)} of those that reach it),"
    yield f"{verdicts['stopped']} stopped with an error before it. Not counted: {verdicts['equivalent']} equivalent,"
    yield f"{verdicts['unknown']} that move nothing and cannot be tried on other numbers, {verdicts['both moved']} that"
    yield f"move both sides alike, {verdicts['late']} too slow, {verdicts['never reached']} that leave the check out,"
    yield f"{verdicts['left out']} not tried, because their check takes long and a sample of its changes has to do."
    if missed:
        yield "\nNot caught:"
    for row in results:
        if row.verdict == "not caught":
            yield f"({row.tag}) {row.kind}, in {row.where}: {row.words}"
            yield from ("    " + line for line in row.difference)


def _percent(caught, missed):
    return f"{100 * caught / max(1, caught + missed):.1f} %"


def _share(rows):
    caught = sum(row.verdict in CAUGHT for row in rows)
    counted = caught + sum(row.verdict == "not caught" for row in rows)
    return f"{caught}/{counted}" if counted else "."


def main(arguments):
    results = []
    for path in [Path(argument).resolve() for argument in arguments] or COURSE:
        began = time.perf_counter()
        notebook = Forks(1)  # a process of its own: a notebook sets torch's defaults for good
        notebook.start(path, lambda path=path: examine(path), 3600)
        found = notebook.all()[path]
        if isinstance(found, Outcome):
            sys.exit(f"{path.name} could not be examined")
        results += found
        print(f"{path.name}: {len(found)} changes, {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    print("\n".join(report(results)))


if __name__ == "__main__":
    main(sys.argv[1:])
