"""Which columns a merged table has, and what they are called, typed and filled with.

Columns are told apart by DuckLake's ids, which stay through renaming and retyping. Each property
of a column merges by itself, by the rule that cells are merged by: what only one side changed is
taken, what both changed differently is a conflict.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from hati_core.merge.lineage import Lineage
from hati_core.merge.pairing import paired
from hati_core.merge.shape import MergedColumn, TableAt
from hati_core.model import Column, Conflict, ConflictKind, Row, Side

Choose = Callable[[Conflict], Side | None]
"""How a conflict of columns or tables is settled; None while it is open."""
GaveValues = Callable[["Group", str], bool]
"""Whether the side of that label gave a column new values since the base."""


@dataclass(frozen=True)
class Group:
    """One column at the points that have it; ``kept`` are the labels where it is the ancestor's own."""

    at: Mapping[str, Column]
    kept: frozenset[str]

    @property
    def name(self) -> str:
        """What it was called at the base, or else what somebody calls it."""
        return next(self.at[label].name for label in ("base", *self.at) if label in self.at)


@dataclass(frozen=True)
class ColumnMerge:
    """The columns of a merged table, the conflicts about them, and what of them is left alone."""

    columns: tuple[MergedColumn, ...]
    conflicts: tuple[Conflict, ...] = ()
    notes: tuple[str, ...] = ()


def grouped(lineage: Lineage, there: Mapping[str, TableAt]) -> list[Group]:
    """The columns of a table at several points, each once."""
    tables = {label: table for label, table in there.items() if table.info}

    def identity(label: str, column: Column) -> tuple[str, str, int | None]:
        table = tables[label]
        assert table.info is not None
        return table.info.uuid, lineage.owner(table.point, column.born), column.id

    groups = []
    for at in paired({label: table.info.columns for label, table in tables.items() if table.info}, identity):
        own = identity("ancestor", at["ancestor"]) if "ancestor" in at else None
        groups.append(Group(at, frozenset(label for label, column in at.items() if identity(label, column) == own)))
    return groups


def as_it_is(groups: Iterable[Group], label: str) -> tuple[MergedColumn, ...]:
    """The columns at one point, as that point has them."""
    return tuple(_merged(group.at[label], group) for group in groups if label in group.at)


def common(groups: Iterable[Group], label: str, other: str) -> tuple[MergedColumn, ...]:
    """The columns at one point that another still has or never had, in a type that both fit into."""
    found = []
    for group in groups:
        if label in group.at and (other in group.at or "ancestor" not in group.at):
            column, counterpart = group.at[label], group.at.get(other)
            kind = column.type if counterpart is None or counterpart.type == column.type else "VARCHAR"
            found.append(_merged(replace(column, type=kind), group))
    return tuple(found)


def _merged(column: Column, group: Group) -> MergedColumn:
    return MergedColumn(**{**vars(column), "at": group.at, "kept": group.kept})


def merge_columns(table: str, groups: Sequence[Group], choose: Choose, gave_values: GaveValues) -> ColumnMerge:
    """Merge the columns of a table that both sides have; open conflicts are settled as ours has it for now."""
    return _ColumnMerger(table, choose, gave_values).run(groups)


@dataclass
class _ColumnMerger:
    table: str
    choose: Choose
    gave_values: GaveValues
    conflicts: list[Conflict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def run(self, groups: Sequence[Group]) -> ColumnMerge:
        merged = [self._settled(group) for group in groups if self._stays(group)]
        merged.sort(key=_position(groups))
        return ColumnMerge(tuple(self._named_apart(merged)), tuple(self.conflicts), tuple(self.notes))

    def _stays(self, group: Group) -> bool:
        base, ours, theirs = (group.at.get(label) for label in ("base", "ours", "theirs"))
        if not (ours or theirs):
            return False
        if base is None or (ours and theirs):
            return True
        keeper = "ours" if ours else "theirs"
        kept = group.at[keeper]
        if not (_altered(base, kept) or self.gave_values(group, keeper)):
            return False
        values = {side: {"column": _described(c)} if c else None for side, c in _sides(base, ours, theirs)}
        choice = self._choice((base.name,), "column", values)
        return choice is Side.THEIRS if keeper == "theirs" else choice is not Side.THEIRS

    def _settled(self, group: Group) -> MergedColumn:
        base, ours, theirs = (group.at.get(label) for label in ("base", "ours", "theirs"))
        if ours is None or theirs is None:
            return _merged(ours or next(column for column in (theirs, base) if column), group)
        name = ours.name if base is None else self._three_way(group, "name")
        kind = self._three_way(group, "type")
        default = self._three_way(group, "default")
        nullable = ours.nullable or bool(base and not base.nullable and theirs.nullable)
        if base and base.nullable and ours.nullable and not theirs.nullable:
            self.notes.append(
                f"That “{name}” of “{self.table}” may not be empty is not merged; set it there if it is wanted."
            )
        begun = ours if ours.default == default else theirs
        column = replace(begun, name=name or "", type=kind or "", default=default, nullable=nullable)
        return _merged(column, group)

    def _three_way(self, group: Group, attribute: str) -> str | None:
        found = {side: getattr(group.at.get(side.value), attribute, None) for side in Side}
        base, ours, theirs = found[Side.BASE], found[Side.OURS], found[Side.THEIRS]
        was_there = "base" in group.at
        if ours == theirs or (was_there and theirs == base):
            return ours
        if was_there and ours == base:
            return theirs
        values = {side: {attribute: value} for side, value in found.items() if side.value in group.at}
        return found[self._choice((group.name,), attribute, values) or Side.OURS]

    def _choice(self, key: tuple[str, ...], what: str, values: Mapping[Side, Row | None]) -> Side | None:
        conflict = schema_conflict(self.table, key, what, values)
        self.conflicts.append(conflict)
        return self.choose(conflict)

    def _named_apart(self, merged: list[MergedColumn]) -> list[MergedColumn]:
        """Give one of two columns of one name another: they got it on different sides."""
        taken = {column.name.casefold() for column in merged}
        result: list[MergedColumn] = []
        for column in merged:
            rival = next((i for i, c in enumerate(result) if c.name.casefold() == column.name.casefold()), None)
            if rival is None:
                result.append(column)
                continue
            first = result[rival]
            mine, other = (first, column) if _is_so_called_at(first, "ours") else (column, first)
            values: dict[Side, Row | None] = {
                Side.OURS: {"name": _renamed(mine)},
                Side.THEIRS: {"name": _renamed(other)},
            }
            loser = mine if self._choice((column.name,), "name", values) is Side.THEIRS else other
            renamed = replace(loser, name=_free_name(loser, taken))
            taken.add(renamed.name.casefold())
            result[rival] = renamed if loser is first else first
            result.append(renamed if loser is column else column)
        return result


def _is_so_called_at(column: MergedColumn, label: str) -> bool:
    there = column.at.get(label)
    return there is not None and there.name.casefold() == column.name.casefold()


def schema_conflict(table: str, key: tuple[str, ...], what: str, values: Mapping[Side, Row | None]) -> Conflict:
    """A conflict about a column or a table; its id stands for the values at stake."""
    rows = {side: values.get(side) for side in Side}
    text = json.dumps([table, key, what, *(rows[side] for side in Side)], default=str)
    return Conflict(
        id=hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:16],
        table=table,
        key=key,
        kind=ConflictKind.SCHEMA,
        columns=(what,),
        base=rows[Side.BASE],
        ours=rows[Side.OURS],
        theirs=rows[Side.THEIRS],
    )


def free_name(name: str, taken: set[str]) -> str:
    """A name like this one that is not taken; ``taken`` holds names in folded case."""
    return next(other for n in count(2) if (other := f"{name}_{n}").casefold() not in taken)


def _free_name(column: MergedColumn, taken: set[str]) -> str:
    before = column.at.get("base")
    return before.name if before and before.name.casefold() not in taken else free_name(column.name, taken)


def _sides(base: Column | None, ours: Column | None, theirs: Column | None) -> list[tuple[Side, Column | None]]:
    return [(Side.BASE, base), (Side.OURS, ours), (Side.THEIRS, theirs)]


def _altered(base: Column, now: Column) -> bool:
    return (base.name, base.type, base.default) != (now.name, now.type, now.default)


def _described(column: Column) -> str:
    default = f" DEFAULT {column.default}" if column.default is not None else ""
    return f"{column.name} {column.type}{default}"


def _renamed(column: MergedColumn) -> str:
    before = column.at.get("base")
    return f"{column.name}, renamed from {before.name}" if before and before.name != column.name else column.name


def _position(groups: Sequence[Group]) -> Callable[[MergedColumn], tuple[int, int]]:
    """In the order of the target; what it does not have comes after, in the order of the source."""
    order = {id(group.at): index for index, group in enumerate(groups)}

    def position(column: MergedColumn) -> tuple[int, int]:
        return (0 if "ours" in column.at else 1, order[id(column.at)])

    return position
