"""How the columns of a table on the target become those of the merged table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from hati_core.merge.shape import MergedColumn, typed
from hati_core.model import Column, TableInfo
from hati_core.quote import identifier

_WIDTHS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
_WIDER: dict[str, tuple[str, ...]] = {
    **{kind: (*_WIDTHS[at + 1 :], "FLOAT", "DOUBLE") for at, kind in enumerate(_WIDTHS)},
    **{f"U{kind}": tuple(f"U{wider}" for wider in _WIDTHS[at + 1 :]) for at, kind in enumerate(_WIDTHS)},
    "FLOAT": ("DOUBLE",),
    "DATE": ("TIMESTAMP",),
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")


def is_widening(kind: str, to: str) -> bool:
    """Whether DuckLake turns one type into the other without touching a row."""
    before, after = _DECIMAL.fullmatch(kind), _DECIMAL.fullmatch(to)
    if kind == to:
        return False
    if before and after:
        (digits, scale), (more, finer) = map(int, before.groups()), map(int, after.groups())
        return finer >= scale and more - finer >= digits - scale
    return to in _WIDER.get(kind, ())


@dataclass(frozen=True)
class Alteration:
    """One step on the way; ``told`` says it to a person, and is empty for a step that only helps."""

    sql: str
    told: str = ""
    retypes: bool = False


@dataclass
class _Steps:
    table: str
    found: list[Alteration] = field(default_factory=list)

    def alter(self, what: str, told: str = "", *, retypes: bool = False) -> None:
        self.found.append(Alteration(f"ALTER TABLE {identifier(self.table)} {what}", told, retypes))


def alterations(table: str, columns: Sequence[MergedColumn], ours: TableInfo) -> tuple[Alteration, ...]:
    """The statements that give ``table``, which has the columns of ``ours``, the merged columns; in order."""
    steps = _Steps(table)
    own = [(column.at["ours"], column) for column in columns if "ours" in column.at]
    kept = [column for column in ours.columns if any(column.name == before.name for before, _ in own)]
    for column in ours.columns:
        if column not in kept:
            steps.alter(f"DROP COLUMN {identifier(column.name)}", f"column {column.name} dropped")
    _rename(steps, [(before.name, after.name) for before, after in own if before.name != after.name])
    for before, after in own:
        _change(steps, before, after, is_last=before == kept[-1])
    for column in columns:
        if "ours" not in column.at:
            steps.alter(
                f"ADD COLUMN {identifier(column.name)} {column.type}{_default(column.initial)}",
                f"column {column.name} added",
            )
            _set_default(steps, column.name, column.initial, column.default)
    return tuple(steps.found)


def renames(names: Sequence[tuple[str, str]], what: str) -> list[tuple[str, str]]:
    """The renames that turn each first name into the second, in order: they may swap names, so by way of free ones."""
    free = [_passing(what, number) for number in range(len(names))]
    away = zip((before for before, _ in names), free, strict=True)
    back = zip(free, (after for _, after in names), strict=True)
    return [*away, *back]


def _passing(what: str, number: int = 0) -> str:
    """A name that nobody has."""
    return f"hati {what} {number} on its way"


def _rename(steps: _Steps, names: Sequence[tuple[str, str]]) -> None:
    told = {after: f"column {before} renamed to {after}" for before, after in names}
    for before, after in renames(names, "column"):
        steps.alter(f"RENAME COLUMN {identifier(before)} TO {identifier(after)}", told.get(after, ""))


def _change(steps: _Steps, before: Column, after: MergedColumn, *, is_last: bool) -> None:
    name = identifier(after.name)
    told = f"column {after.name} {before.type} → {after.type}"
    if is_widening(before.type, after.type):
        steps.alter(f"ALTER COLUMN {name} SET DATA TYPE {after.type}", told, retypes=True)
    elif before.type != after.type:
        _rewrite(steps, after, told if is_last else f"{told}, moved to the end")
    if "ancestor" not in after.at and before.initial != after.initial:
        own, merged = (typed(begun, after.type) for begun in (before.initial, after.initial))
        steps.found.append(
            Alteration(
                f"UPDATE {identifier(steps.table)} SET {name} = {merged} WHERE {name} IS NOT DISTINCT FROM {own}"
            )
        )
    if after.nullable and not before.nullable:
        steps.alter(f"ALTER COLUMN {name} DROP NOT NULL", f"column {after.name} may be empty")
    rewritten = before.type != after.type and not is_widening(before.type, after.type)
    if rewritten and before.default == after.default and after.default is not None:
        steps.alter(f"ALTER COLUMN {name} SET DEFAULT {after.default}")
    else:
        _set_default(steps, after.name, before.default, after.default)


def _rewrite(steps: _Steps, column: MergedColumn, told: str) -> None:
    """A type that DuckLake does not widen to takes a new column, which comes last in its table.

    Adding the columns behind it anew would keep their order and end their lineage, by which later merges know them.
    """
    name, passing = identifier(column.name), identifier(_passing("column"))
    steps.alter(f"ADD COLUMN {passing} {column.type}")
    steps.found.append(
        Alteration(f"UPDATE {identifier(steps.table)} SET {passing} = TRY_CAST({name} AS {column.type})")
    )
    steps.alter(f"DROP COLUMN {name}")
    steps.alter(f"RENAME COLUMN {passing} TO {name}", told)


def _set_default(steps: _Steps, name: str, before: str | None, after: str | None) -> None:
    if before == after:
        return
    told = f"default of {name} {before or 'none'} → {after or 'none'}"
    if after is None:
        steps.alter(f"ALTER COLUMN {identifier(name)} DROP DEFAULT", told)
    else:
        steps.alter(f"ALTER COLUMN {identifier(name)} SET DEFAULT {after}", told)


def _default(expression: str | None) -> str:
    return "" if expression is None else f" DEFAULT {expression}"
