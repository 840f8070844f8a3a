"""The types of values that a client sends without saying them: those of the columns that they meet."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from hati_core.serve.types import SCALARS, wire_type

ColumnsOf = Callable[[str], Mapping[str, str] | None]
"""The columns of a table with DuckDB's types, by names in lower case and in order; None where there is no table."""
_MEETING = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.NullSafeNEQ)
_INTEGER = SCALARS["int8"].oid
_BY_NAME = {name: scalar for scalar in SCALARS.values() for name in (scalar.name, scalar.sql)} | {
    "int": SCALARS["int4"],
    "decimal": SCALARS["numeric"],
    "double": SCALARS["float8"],
    "timestamp": SCALARS["timestamp"],
    "time": SCALARS["time"],
    "blob": SCALARS["bytea"],
    "regclass": SCALARS["text"],
    "regtype": SCALARS["text"],
}


def guess(tree: exp.Expr, columns_of: ColumnsOf) -> dict[int, int]:
    """The OIDs of types that values of a statement have by where they stand, by their numbers."""
    known: dict[str, str] = {}
    for table in tree.find_all(exp.Table):
        known |= columns_of(table.name) or {}
    found: dict[int, int] = {}
    for parameter in tree.find_all(exp.Parameter, exp.Placeholder):
        number = parameter.name
        oid = _oid(parameter, known)
        if number.isdigit() and oid:
            found.setdefault(int(number), oid)
    if isinstance(tree, exp.Insert):
        found |= {number: oid for number, oid in _inserted(tree, columns_of).items() if number not in found}
    return found


def _oid(parameter: exp.Expr, known: Mapping[str, str]) -> int | None:
    parent = parameter.parent
    if isinstance(parent, exp.Cast):
        return _of_cast(parent)
    if isinstance(parent, exp.Limit | exp.Offset | exp.Fetch):
        return _INTEGER
    if isinstance(parent, exp.Paren | exp.Any | exp.Neg):
        oid = _oid(parent, known)
        if not isinstance(parent, exp.Any) or oid is None:
            return oid
        return next((scalar.array for scalar in SCALARS.values() if scalar.oid == oid), None)
    if isinstance(parent, exp.In | exp.Between):
        return _of_column(parent.this, known)
    if isinstance(parent, _MEETING):
        other = parent.expression if parent.this is parameter else parent.this
        return _of_column(other, known)
    return None


def _of_column(node: exp.Expr, known: Mapping[str, str]) -> int | None:
    if isinstance(node, exp.Column) and node.name.lower() in known:
        return wire_type(known[node.name.lower()]).oid
    if isinstance(node, exp.Literal) and not node.is_string:
        return SCALARS["numeric"].oid if "." in node.name else _INTEGER
    return None


def _of_cast(cast: exp.Cast) -> int | None:
    name = cast.args["to"].sql("postgres").lower().rsplit(".", maxsplit=1)[-1].strip('"')
    scalar = _BY_NAME.get(name.removesuffix("[]").partition("(")[0])
    if scalar is None:
        return None
    return scalar.array if name.endswith("[]") else scalar.oid


def _inserted(tree: exp.Insert, columns_of: ColumnsOf) -> dict[int, int]:
    target, values = tree.this, tree.expression
    table = target.this if isinstance(target, exp.Schema) else target
    columns = columns_of(table.name) if isinstance(table, exp.Table) else None
    if not columns or not isinstance(values, exp.Values):
        return {}
    names = [column.name.lower() for column in target.expressions] if isinstance(target, exp.Schema) else list(columns)
    found = {}
    for row in values.expressions:
        for name, cell in zip(names, row.expressions, strict=False):
            if isinstance(cell, exp.Parameter | exp.Placeholder) and cell.name.isdigit() and name in columns:
                found[int(cell.name)] = wire_type(columns[name]).oid
    return found
