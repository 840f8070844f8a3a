"""Looking back: the commits of a branch, a page of a table at a version, and who last changed a cell."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from io import StringIO

from hati_core.errors import InvalidKey, VersionNotFound
from hati_core.merge.blame import CellBlame, blame_row
from hati_core.merge.lineage import Point
from hati_core.merge.row_history import row_versions
from hati_core.merge.rows import fetch
from hati_core.merge.shape import TableAt
from hati_core.model import Commit, Key, Row, TableInfo
from hati_core.quote import identifier, identifiers, literal
from hati_core.storage.commit_filter import CommitFilter
from hati_core.store import Store


@dataclass(frozen=True)
class TablePage:
    """Some rows of a table, ordered by key, each beside its key; ``total`` is how many rows there are in all.

    In a table without a key, a row's key is DuckLake's number for it. ``names`` are the keys as short texts that fit
    into an address; :meth:`History.key_named` reads them.
    """

    info: TableInfo
    keys: tuple[Key, ...]
    names: tuple[str, ...]
    rows: tuple[Row, ...]
    total: int

    def csv(self) -> str:
        """The rows as CSV, with a line of names first; an empty cell is empty."""
        text = StringIO()
        writer = csv.writer(text)
        writer.writerow(self.info.column_names)
        writer.writerows(row.values() for row in self.rows)
        return text.getvalue()


class History:
    """What a branch, or one version of it, can tell of its past."""

    _store: Store
    id: str
    name: str
    version: int | None

    def log(self, limit: int = 50, *, offset: int = 0, wanted: CommitFilter | None = None) -> list[Commit]:
        """A page of the commits, newest first; those before the fork name the branch that made them."""
        head = self._at()
        if offset or wanted:
            found = self._store.catalog(self.id).commits(limit, until=head, wanted=wanted, offset=offset)
        else:
            found = list(self._store.commits(self.id, head, limit))
        return self._by_maker(found, head)

    def commit_count(self, wanted: CommitFilter | None = None) -> int:
        """How many commits there are, of a kind or in all; the one that made the repository counts too."""
        return self._store.catalog(self.id).commit_count(self._at(), wanted or CommitFilter())

    def authors(self, after: int = -1) -> list[str]:
        """Who made the commits, or those after a version, in order of their names."""
        return self._store.catalog(self.id).authors(self._at(), after)

    def authors_of(self, table: str, keys: Collection[Key], after: int) -> list[str]:
        """Who wrote or removed any row of these keys after a version, in order of their names.

        In a table without a key, a key is DuckLake's number for the row, as :meth:`page` gives it.

        Raises:
            TableNotFound: there is no table of that name.
            InvalidKey: rows of the table cannot be followed.
        """
        head = self._at()
        info, catalog = self._store.table(self.id, head, table), self._store.catalog(self.id)
        there = TableAt("rows", Point(self.id, head), catalog, info)
        versions = row_versions(self._store.merge_context(), there, keys, after)
        found = (catalog.commits(1, after=version - 1, until=version)[0] for version in versions)
        return sorted({commit.author for commit in found if commit.author})

    def touched_tables(self) -> list[str]:
        """The tables that the commits touched, by the names that they had then, in order of these."""
        return self._store.catalog(self.id).touched(self._at())

    def commit(self, version: int) -> Commit | None:
        """The commit that made a version, or None where there is none."""
        head = self._at()
        found = self._store.catalog(self.id).commits(1, after=version - 1, until=min(version, head))
        return self._by_maker(found, head)[0] if found else None

    def page(self, table: str, offset: int = 0, limit: int = 100, *, text: str = "") -> TablePage:
        """A page of the rows of a table, or of those with a text in one of their cells, without regard to case.

        Raises:
            TableNotFound: there is none of that name.
        """
        version = self._at()
        self._store.require_live(self.id, self.name)
        info = self._store.table(self.id, version, table)
        catalog = self._store.catalog(self.id)
        relation = catalog.at(info.name, version)
        order = identifiers(info.key) if info.key else "rowid"
        cells = ", ".join(f"{identifier(name)}::VARCHAR" for name in info.column_names)
        wanted = f"WHERE contains(lower(concat_ws(chr(10), {cells})), lower({literal(text)}))" if text else ""
        rows = fetch(
            self._store.engine,
            self.id,
            f"SELECT {'NULL' if info.key else 'rowid'} AS row_id, {_name(info)} AS name, {_whole(info)} AS cells "
            f"FROM {relation} "
            f"{wanted} ORDER BY {order} LIMIT {int(limit)} OFFSET {int(offset)}",
        )
        (counted,) = fetch(self._store.engine, self.id, f"SELECT count(*) AS rows FROM {relation} {wanted}")
        keys = tuple(tuple(row["cells"][name] for name in info.key) if info.key else (row["row_id"],) for row in rows)
        names = tuple(_written(row["name"]) for row in rows)
        return TablePage(info, keys, names, tuple(row["cells"] for row in rows), counted["rows"])

    def key_named(self, table: str, name: str) -> Key | None:
        """The key that :meth:`page` gives that name; None where no row has it, or it is no such name.

        Raises:
            TableNotFound: there is no table of that name.
        """
        version = self._at()
        self._store.require_live(self.id, self.name)
        info = self._store.table(self.id, version, table)
        parts = _read(name, info)
        if parts is None:
            return None
        sql = (
            f"SELECT {identifiers(info.key) if info.key else 'rowid'} FROM "
            f"{self._store.catalog(self.id).at(info.name, version)} WHERE {_name(info)} = $1::VARCHAR[] LIMIT 1"
        )
        found = fetch(self._store.engine, self.id, sql, [parts])
        return tuple(found[0].values()) if found else None

    def blame(self, table: str, key: Key) -> list[CellBlame]:
        """For each cell of the row of that key, the commit that last changed it and what stood there before.

        In a table without a key, ``key`` is DuckLake's number for the row, as :meth:`page` gives it.

        Raises:
            TableNotFound: there is no table of that name.
            InvalidKey: no row has that key, or the row cannot be followed.
        """
        version = self._at()
        self._store.require_live(self.id, self.name)
        info = self._store.table(self.id, version, table)
        if len(key) != len(info.key or ("row",)):
            raise InvalidKey(f"A row of “{info.name}” is named by {', '.join(info.key)}.", table=info.name)
        self._store.catch_up(self.id)
        found = blame_row(self._store.merge_context(), Point(self.id, version), info, key)
        if not found:
            raise InvalidKey(f"No row of “{info.name}” on “{self.name}” has this key.", table=info.name)
        return found

    def _by_maker(self, commits: list[Commit], head: int) -> list[Commit]:
        """The commits under the names of the branches that made them: up to a fork that is the parent."""
        lineage, point = self._store.lineage(), Point(self.id, head)
        makers = [lineage.owner(point, commit.version) for commit in commits]
        names = {maker: self._store.catalog(maker).name for maker in set(makers)}
        return [replace(commit, branch=names[maker]) for commit, maker in zip(commits, makers, strict=True)]

    def _at(self) -> int:
        return self._store.head(self.id) if self.version is None else self.version


def no_version(branch: str, head: int, version: int) -> VersionNotFound:
    """The error for a version that a branch does not have."""
    return VersionNotFound(f"“{branch}” has versions 0 to {head}; there is no version {version}.", branch=branch)


def _name(info: TableInfo) -> str:
    """The key of a row as a list of texts."""
    parts = [f"{identifier(name)}::VARCHAR" for name in info.key] or ["rowid::VARCHAR"]
    return f"[{', '.join(parts)}]"


def _written(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def _read(name: str, info: TableInfo) -> list[str] | None:
    """The texts out of a name; None where somebody changed it into something else."""
    if len(info.key) < 2:
        return [name]
    try:
        parts = json.loads(name)
    except (ValueError, RecursionError):
        return None
    return list(map(str, parts)) if isinstance(parts, list) and len(parts) == len(info.key) else None


def _whole(info: TableInfo) -> str:
    return f"struct_pack({', '.join(f'{identifier(name)} := {identifier(name)}' for name in info.column_names)})"
