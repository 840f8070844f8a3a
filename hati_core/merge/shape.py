"""A table at a point, and what its rows are compared in: the merged columns, and those that identify a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hati_core.merge.lineage import Point
from hati_core.model import Column, KeyOrigin, TableInfo
from hati_core.quote import identifier
from hati_core.storage.catalog import Catalog

LINEAGE_KEY = ("rowid", "branch")


@dataclass(frozen=True)
class TableAt:
    """A table at a point; ``info`` is None where the table does not exist there.

    ``label`` says which point it is (ancestor, base, ours, …). ``moved`` is False where no
    commit since the common ancestor can have changed the table.
    """

    label: str
    point: Point
    catalog: Catalog
    info: TableInfo | None
    moved: bool = True

    @property
    def relation(self) -> str:
        """The table as SQL; it takes an alias only through a subquery."""
        assert self.info is not None
        return self.catalog.at(self.info.name, self.point.version)

    @property
    def rows(self) -> str:
        """The query for the rows with ``row_id``, and ``cells`` as a struct, whatever the columns are called."""
        assert self.info is not None
        cells = ", ".join(f"{identifier(name)} := {identifier(name)}" for name in self.info.column_names)
        return f"SELECT rowid AS row_id, struct_pack({cells}) AS cells FROM {self.relation}"


@dataclass(frozen=True)
class MergedColumn(Column):
    """A column in which rows of several points are compared.

    ``at`` is the column at each point that has it, ``kept`` the labels of those where it is
    the ancestor's own.
    """

    at: Mapping[str, Column] = field(default_factory=dict, compare=False, repr=False)
    kept: frozenset[str] = field(default=frozenset(), compare=False, repr=False)

    def is_readable_at(self, label: str) -> bool:
        """Whether the changes logged up to a point tell the column's values: not where it was dropped on the way."""
        return "ancestor" not in self.at or label in self.kept

    def is_lost_at(self, label: str) -> bool:
        """Whether a point has dropped it; for the rows of that point the ancestor's values stand."""
        return label not in self.at and "ancestor" in self.at


@dataclass(frozen=True)
class Shape:
    """The columns that rows are compared in, and those that identify a row."""

    table: str
    columns: tuple[MergedColumn, ...]
    key: tuple[str, ...]
    origin: KeyOrigin

    @property
    def by_lineage(self) -> bool:
        """Whether rows are told apart by DuckLake's numbers for them, not by columns."""
        return self.origin is KeyOrigin.LINEAGE

    def row(self, there: TableAt, prefix: str = "", past: str = "") -> str:
        """A row at a point as a struct of these columns.

        A column that the point has dropped takes its value from the ancestor's row behind the
        prefix ``past``; one that it never had is filled with what it began with.
        """
        return f"struct_pack({', '.join(self._cell(column, there.label, prefix, past) for column in self.columns)})"

    def _cell(self, column: MergedColumn, label: str, prefix: str, past: str) -> str:
        source = column.at.get(label)
        begun = typed(column.initial, column.type)
        if source is None:
            lost = f"TRY_CAST({past}{identifier(column.at['ancestor'].name)} AS {column.type})" if past else begun
            value = lost if column.is_lost_at(label) else begun
        elif source.type == column.type:
            value = f"{prefix}{identifier(source.name)}"
        else:
            value = f"TRY_CAST({prefix}{identifier(source.name)} AS {column.type})"
        if source and "ancestor" not in column.at and source.initial != column.initial:
            own = typed(source.initial, column.type)
            value = f"CASE WHEN {value} IS NOT DISTINCT FROM {own} THEN {begun} ELSE {value} END"
        return f"{identifier(column.name)} := {value}"

    def key_of(self, row: str) -> str:
        """The key of a row struct, as a struct."""
        return f"struct_pack({', '.join(f'{identifier(c)} := {row}.{identifier(c)}' for c in self.key)})"

    def has_key_at(self, label: str) -> bool:
        """Whether the key columns were there already at a point."""
        return self.by_lineage or all(label in column.at for column in self.columns if column.name in self.key)

    def key_at(self, label: str) -> list[str]:
        """What the key columns are called at a point, in the order of the key."""
        columns = {column.name: column for column in self.columns}
        return [columns[name].at[label].name for name in self.key]

    def same_row(self, left: str, left_at: TableAt, right: str, right_at: TableAt) -> str:
        """The condition that two of :attr:`TableAt.rows`, under their aliases, are one row."""
        if self.by_lineage:
            return f"{left}.row_id = {right}.row_id"
        pairs = zip(self.key_at(left_at.label), self.key_at(right_at.label), strict=True)
        return " AND ".join(f"{left}.cells.{identifier(a)} = {right}.cells.{identifier(b)}" for a, b in pairs)


def typed(expression: str | None, kind: str) -> str:
    """The value of a default, or of one that there is not, as a type has it."""
    return f"TRY_CAST({expression or 'NULL'} AS {kind})"
