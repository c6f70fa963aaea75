"""Small faults planted into a module's syntax tree, one at a time.

Rows one too early or too late, swapped arguments, terms left out, signs and comparisons turned,
limits of slices moved, statements dropped. Annotations, documentation and the texts of errors are
left alone.
"""

import ast
import copy
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

__all__ = ["Mutant", "mutants", "planted"]

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
TURNED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
OTHER_NAME = {
    "min": "max", "max": "min", "any": "all", "all": "any", "minimum": "maximum",
    "maximum": "minimum", "zeros": "ones", "ones": "zeros", "floor": "ceil", "ceil": "floor",
    "first": "last", "last": "first", "argmax": "argmin", "argmin": "argmax",
    "isnan": "isfinite", "isfinite": "isnan", "vstack": "hstack", "cumsum": "asarray",
}  # fmt: skip
SPANS = {"span", "wide"}  # slices over days that are kept in a name
ROWS = {"t", "k", "row", "day", "at", "place", "first", "last", "begin", "stop"}
SPOKEN = {"say", "tell"}  # what tells the user of progress


class Mutant(NamedTuple):
    """One fault: where it is, of what kind, and how it read before and after."""

    number: int
    where: str  # the function, dotted
    line: int
    kind: str
    before: str
    after: str
    text: str  # of the line
    turn: int  # of equal faults in equal lines of the function, counted from 1

    @property
    def key(self) -> str:
        """Return what names the fault wherever the function stands."""
        again = f" ({self.turn})" if self.turn > 1 else ""
        return f"{self.where}: {self.text} | {self.before} -> {self.after}{again}"


class _Place(NamedTuple):
    where: str
    line: int
    old: ast.AST
    put: Callable[[ast.AST], None]


def mutants(source: str) -> list[Mutant]:
    """Return every fault that can be planted in a module, none twice."""
    found: list[Mutant] = []
    seen, turns = set(), Counter[tuple[str, ...]]()
    lines = source.splitlines()
    for number, (place, kind, new) in enumerate(_faults(ast.parse(source))):
        before, after = _text(place.old), _text(new)
        same = place.line, before, after, id(place.old)
        if before == after or same in seen:
            continue
        seen.add(same)
        text = lines[place.line - 1].strip()
        alike = place.where, text, before, after
        turns[alike] += 1
        found.append(
            Mutant(number, place.where, place.line, kind, before, after, text, turns[alike])
        )
    return found


def planted(source: str, number: int) -> ast.Module:
    """Return the module's tree with one fault in it."""
    tree = ast.parse(source)
    for k, (place, _, new) in enumerate(_faults(tree)):
        if k == number:
            place.put(new)
            return ast.fix_missing_locations(tree)
    raise ValueError(f"no fault {number}")


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Slice):
        return ":".join("" if one is None else ast.unparse(one) for one in (node.lower, node.upper))
    return " ".join(ast.unparse(node).split())


def _faults(tree: ast.Module) -> Iterator[tuple[_Place, str, ast.AST]]:
    for place in _places(tree, "module"):
        for kind, new in _instead(place.old):
            yield place, kind, new


def _places(node: ast.AST, where: str) -> Iterator[_Place]:
    """Yield every node that may be replaced, with its place."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases", "type_params"):
            continue
        for k, child in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(child, ast.AST) or _left_alone(child):
                continue
            inner = where
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                inner = child.name if where == "module" else f"{where}.{child.name}"
            place = _put_at(node, name, k if isinstance(value, list) else None)
            yield _Place(where, getattr(child, "lineno", 0), child, place)
            yield from _places(child, inner)


def _put_at(node: ast.AST, name: str, k: int | None) -> Callable[[ast.AST], None]:
    def put(new: ast.AST) -> None:
        if k is None:
            setattr(node, name, new)
        else:
            getattr(node, name)[k] = new

    return put


def _left_alone(node: ast.AST) -> bool:
    """Say whether a node is an import, an error, a text, or a list of what a module offers."""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Raise | ast.JoinedStr | ast.Assert):
        return True
    if isinstance(node, ast.Assign):
        return any(isinstance(one, ast.Name) and one.id == "__all__" for one in node.targets)
    if isinstance(node, ast.Expr):
        value = node.value
        told = isinstance(value, ast.Call) and _called(value) in SPOKEN
        return told or isinstance(value, ast.Constant)
    return isinstance(node, ast.If) and _text(node.test) == "TYPE_CHECKING"


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Name):
        return call.func.id
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _instead(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield what may stand in a node's place."""
    if isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(node, ast.Compare):
        if len(node.ops) == 1 and type(node.ops[0]) in COMPARED:
            other = COMPARED[type(node.ops[0])]()
            yield "comparison", ast.Compare(node.left, [other], node.comparators)
    elif isinstance(node, ast.BinOp):
        yield from _operations(node)
    elif isinstance(node, ast.UnaryOp):
        if not isinstance(node.op, ast.USub) or not isinstance(node.operand, ast.Constant):
            yield "sign", node.operand
    elif isinstance(node, ast.BoolOp):
        yield (
            "logic",
            ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values),
        )
        yield (
            "dropped term",
            node.values[0] if len(node.values) == 2 else ast.BoolOp(node.op, node.values[:-1]),
        )
    elif isinstance(node, ast.IfExp):
        yield "condition", ast.IfExp(node.test, node.orelse, node.body)
    elif isinstance(node, ast.Subscript):
        yield from _rows(node)
    elif isinstance(node, ast.Slice):
        yield from _slices(node)
    elif isinstance(node, ast.Call):
        yield from _calls(node)
    else:
        yield from _statements(node)


def _constants(node: ast.Constant) -> Iterator[tuple[str, ast.AST]]:
    value = node.value
    if isinstance(value, bool):
        yield "constant", ast.Constant(not value)
    elif isinstance(value, int):
        yield "constant", ast.Constant(value + 1)
        if value >= 1:
            yield "constant", ast.Constant(value - 1)
    elif isinstance(value, float):
        yield "constant", ast.Constant(value + 1.0)
    elif value in ("left", "right"):
        yield "constant", ast.Constant({"left": "right", "right": "left"}[value])


def _operations(node: ast.BinOp) -> Iterator[tuple[str, ast.AST]]:
    if type(node.op) in TURNED:
        yield "operation", ast.BinOp(node.left, TURNED[type(node.op)](), node.right)
    if isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.Div | ast.BitAnd | ast.BitOr):
        yield "dropped term", node.left
    if isinstance(node.op, ast.Add | ast.Mult | ast.BitAnd | ast.BitOr):
        yield "dropped term", node.right


def _rows(node: ast.Subscript) -> Iterator[tuple[str, ast.AST]]:
    """Yield the row before and the row after."""
    index = node.slice
    if not isinstance(index, ast.Name) or not isinstance(node.ctx, ast.Load):
        return
    for sign in ("-", "+"):
        if index.id in SPANS:
            text = f"slice({index.id}.start {sign} 1, {index.id}.stop {sign} 1)"
        elif index.id in ROWS:
            text = f"{index.id} {sign} 1"
        else:
            return
        yield "row", ast.Subscript(node.value, ast.parse(text, mode="eval").body, node.ctx)


def _slices(node: ast.Slice) -> Iterator[tuple[str, ast.AST]]:
    one: ast.expr = ast.Constant(1)
    lower = one if node.lower is None else ast.BinOp(node.lower, ast.Add(), one)
    upper: ast.expr = ast.UnaryOp(ast.USub(), one)
    if node.upper is not None:
        upper = ast.BinOp(node.upper, ast.Sub(), one)
    if node.step is None:
        yield "slice", ast.Slice(lower, node.upper)
        yield "slice", ast.Slice(node.lower, upper)


def _calls(node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    for k in range(len(node.args) - 1):
        new = copy.copy(node)
        new.args = [*node.args]
        new.args[k], new.args[k + 1] = new.args[k + 1], new.args[k]
        if not any(isinstance(one, ast.Starred) for one in node.args[k : k + 2]):
            yield "swapped", new
    for k in range(len(node.keywords) - 1):
        pair = node.keywords[k : k + 2]
        if any(one.arg is None for one in pair):
            continue
        new = copy.copy(node)
        new.keywords = [*node.keywords]
        new.keywords[k] = ast.keyword(pair[0].arg, pair[1].value)
        new.keywords[k + 1] = ast.keyword(pair[1].arg, pair[0].value)
        yield "swapped", new
    other = OTHER_NAME.get(_called(node))
    if other is not None:
        new = copy.copy(node)
        if isinstance(node.func, ast.Attribute):
            new.func = ast.Attribute(node.func.value, other, node.func.ctx)
        else:
            new.func = ast.Name(other, ast.Load())
        yield "function", new


def _statements(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.AugAssign):
        if type(node.op) in TURNED:
            yield "operation", ast.AugAssign(node.target, TURNED[type(node.op)](), node.value)
        yield "dropped statement", ast.Pass()
    elif isinstance(node, ast.Expr) or (
        isinstance(node, ast.Assign)
        and all(isinstance(one, ast.Subscript | ast.Attribute) for one in node.targets)
    ):
        yield "dropped statement", ast.Pass()
    elif isinstance(node, ast.If):
        if isinstance(node.test, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
            negated = ast.UnaryOp(ast.Not(), node.test)
            yield "condition", ast.If(negated, node.body, node.orelse)
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
        values = node.value.elts
        for k in range(len(values) - 1):
            swapped = [*values]
            swapped[k], swapped[k + 1] = swapped[k + 1], swapped[k]
            yield "swapped", ast.Return(ast.Tuple(swapped, ast.Load()))
    elif isinstance(node, ast.Continue):
        yield "flow", ast.Break()
    elif isinstance(node, ast.Break):
        yield "flow", ast.Continue()
