"""Numbers of equations in comments, docstrings and messages: do they exist, and is it the equation that is meant?"""

import ast
import io
import re
import tokenize

TAG = re.compile(r"\\tag\{([^}]*)\}")
REFERENCE = re.compile(r"(?<![\w.])\((\d+\.\d+[a-z]?)\)")


def equations_of(*notebooks):
    """{tag: TeX} of all numbered equations."""
    cells = [cell for notebook in notebooks for cell in notebook.cells if cell.cell_type == "markdown"]
    displayed = [tex for cell in cells for tex in re.findall(r"\$\$(.*?)\$\$", cell.source, flags=re.DOTALL)]
    return {tag: tex for tex in displayed for tag in TAG.findall(tex)}


def wrong_references(source, equations):
    """Of a Python file: complaints about equations named in comments, docstrings and messages that do not exist."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", -1)):
            for reference in REFERENCE.findall(token.string):
                if reference not in equations:
                    yield f"line {token.start[0]} refers to ({reference}), which does not exist"
    yield from misplaced_references(source, equations)


def misplaced_references(source, equations):
    """Of lines `c = ...  # (1.5)`: the equation must have the symbol that the line sets on its left side.

    Where a line sets something else to a sum, as in `stacked = a + b + c  # (1.8)`, the equation must have as many plus
    signs on its right side.
    """
    for number, line in enumerate(source.splitlines(), start=1):
        code, _, comment = line.partition("  # ")
        cited = _with_ranges(REFERENCE.findall(comment), comment)
        cited = [equations[tag] for tag in cited if tag in equations]
        if not cited or any("=" not in tex for tex in cited):
            continue
        names, value = _set_by(code)
        for name in names:
            symbol = _symbol(name)
            if symbol and not any(re.search(symbol, _left_side(tex)) for tex in cited):
                yield f"line {number} sets {name}, which stands not on the left of its equation: {line.strip()}"
        if not any(map(_symbol, names)) and not any(r"\sum" in tex for tex in cited):
            pluses = _pluses(value)
            if pluses and all(_right_side(tex).count("+") != pluses for tex in cited):
                yield f"line {number} has {pluses} plus signs, its equation has not: {line.strip()}"


def _with_ranges(tags, comment):
    """The tags of a comment; "(1.2) to (1.4)" names (1.3) too."""
    for first, last in re.findall(r"\((\d+\.\d+)\) to \((\d+\.\d+)\)", comment):
        chapter, begin, end = first.split(".")[0], *(int(tag.split(".")[1]) for tag in (first, last))
        tags = [*tags, *(f"{chapter}.{k}" for k in range(begin + 1, end))]
    return tags


def _set_by(code):
    """(names that a line of code sets, the value); a NumPy call such as np.tanh(c, m) sets its last argument."""
    try:
        [statement] = ast.parse(code.strip()).body
    except (SyntaxError, ValueError):
        return [], None
    match statement:
        case ast.Assign(targets, value):
            return [name for target in targets for name in names_in(target, ast.Store) | _names_of_parts(target)], value
        case ast.AugAssign(target, _, value):
            return [ast.unparse(target)], None
        case ast.Expr(ast.Call(ast.Attribute(ast.Name("np")), [_, *_, ast.Name(name)])):
            return [name], None
    return [], None


def _names_of_parts(target):
    return {target.value.id} if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) else set()


def _pluses(value):
    """How many terms a sum has, less one."""
    return 1 + _pluses(value.left) if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add) else 0


def _symbol(name):
    """A pattern for the symbol that a name of the notation table stands for, or None: d_i_t is delta i with a tilde."""
    match = re.fullmatch(r"(d_?)?([ifgochm])(_pre)?(_t|_\d)?", name)
    if not match or (match[1] and match[2] == "m"):
        return None
    tilde = match[3] or (match[1] and match[2] in "ifgo")
    delta, tilde = (
        r"\\(delta|partial)\s*" if match[1] else r"(?<!delta)(?<!delta )",
        r"\\tilde\s*" if tilde else r"(?<!tilde )",
    )
    return rf"{delta}{tilde}(?<![a-zA-Z\\]){match[2]}(?![a-zA-Z])"


def _right_side(tex):
    """What stands right of the first equals sign, without indices and exponents."""
    return re.sub(r"[_^]\{[^}]*\}", "", tex.partition("=")[2])


def _left_side(tex):
    """What stands left of the equals signs of a displayed equation, one per part."""
    parts = re.split(r"\\qquad|\\quad|\\\\|,\\?\s", tex)
    return " ; ".join(part.partition("=")[0] for part in parts if "=" in part)


def names_in(node, context):
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, context)}
