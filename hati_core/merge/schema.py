"""What becomes of tables as a whole: which come, go or stay, and what they are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from hati_core.merge.columns import Choose, free_name, schema_conflict
from hati_core.merge.shape import TableAt
from hati_core.model import Conflict, Row, Side, TableInfo


class TableAction(Enum):
    """What a merge does with a table as a whole."""

    MERGE_ROWS = "merge_rows"
    CREATE = "create"
    DROP = "drop"
    KEEP = "keep"


@dataclass(frozen=True)
class TableFate:
    """What becomes of a table; its conflicts are settled as ours has it as long as they are open."""

    there: Mapping[str, TableAt]
    action: TableAction
    name: str
    conflicts: tuple[Conflict, ...] = ()

    @property
    def stays(self) -> bool:
        """Whether the target has the table after the merge."""
        is_kept = self.action is TableAction.KEEP and self.there["ours"].info is not None
        return is_kept or self.action in (TableAction.MERGE_ROWS, TableAction.CREATE)


@dataclass(frozen=True)
class Survivor:
    """The side that still has a table that the other dropped, and how many rows it changed since the base."""

    side: Side
    changed_rows: int
    altered: bool

    @property
    def changed(self) -> bool:
        return self.altered or self.changed_rows > 0


def table_fate(there: Mapping[str, TableAt], survivor: Survivor | None, choose: Choose) -> TableFate:
    """What becomes of a table that a side has; ``survivor`` is that side where the other dropped it since the base."""
    base, ours, theirs = (there[label].info for label in ("base", "ours", "theirs"))
    if ours and theirs:
        fate = TableFate(there, TableAction.MERGE_ROWS, ours.name)
        if ours.name == theirs.name or (base and theirs.name == base.name):
            return fate
        if base and ours.name == base.name:
            return replace(fate, name=theirs.name)
        if ours.name.casefold() == theirs.name.casefold():
            return fate
        names = {side: {"name": info.name} for side, info in _sides(there) if info}
        conflict = schema_conflict(ours.name, (), "name", names)
        chosen = names.get(choose(conflict) or Side.OURS, names[Side.OURS])
        return replace(fate, name=str(chosen["name"]), conflicts=(conflict,))
    info = ours or theirs
    assert info is not None
    if base is None:
        return TableFate(there, TableAction.KEEP if ours else TableAction.CREATE, info.name)
    assert survivor is not None
    goes = TableAction.DROP if ours else TableAction.KEEP
    if not survivor.changed:
        return TableFate(there, goes, info.name)
    stays = TableAction.KEEP if ours else TableAction.CREATE
    values: dict[Side, Row | None] = {
        Side.BASE: {"table": base.name},
        survivor.side: {"table": _changes(survivor, info.name, base.name)},
    }
    conflict = schema_conflict(info.name, (), "table", values)
    is_kept = (choose(conflict) or Side.OURS) is survivor.side
    return TableFate(there, stays if is_kept else goes, info.name, (conflict,))


def _changes(survivor: Survivor, name: str, before: str) -> str:
    rows = f"{survivor.changed_rows:,} row{'' if survivor.changed_rows == 1 else 's'} changed"
    parts = [f"renamed from {before}" if name != before else "", "columns changed" if survivor.altered else ""]
    return ", ".join([name, *(part for part in parts if part), rows])


def named_apart(fates: Sequence[TableFate], choose: Choose) -> list[TableFate]:
    """Give one of two tables of one name another."""
    taken = {fate.name.casefold() for fate in fates if fate.stays}
    result: list[TableFate] = []
    for fate in sorted(fates, key=lambda fate: fate.there["ours"].info is None):
        rival = next((i for i, other in enumerate(result) if _clash(other, fate)), None)
        if rival is None:
            result.append(fate)
            continue
        first = result[rival]
        values: dict[Side, Row | None] = {
            Side.OURS: {"name": _origin(first)},
            Side.THEIRS: {"name": _origin(fate)},
        }
        conflict = schema_conflict(fate.name, (), "name", values)
        other = free_name(fate.name, taken)
        taken.add(other.casefold())
        if choose(conflict) is Side.THEIRS:
            result[rival] = replace(first, name=other, conflicts=(*first.conflicts, conflict))
            result.append(fate)
        else:
            result.append(replace(fate, name=other, conflicts=(*fate.conflicts, conflict)))
    return result


def _clash(left: TableFate, right: TableFate) -> bool:
    return left.stays and right.stays and left.name.casefold() == right.name.casefold()


def _origin(fate: TableFate) -> str:
    before = fate.there["base"].info
    return f"{fate.name}, renamed from {before.name}" if before and before.name != fate.name else fate.name


def _sides(there: Mapping[str, TableAt]) -> list[tuple[Side, TableInfo | None]]:
    return [(side, there[side.value].info) for side in Side]
