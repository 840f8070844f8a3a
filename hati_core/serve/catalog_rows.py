"""What PostgreSQL's tables say of a repository: every branch is a schema, and a database that one can connect to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hati_core.branch import Branch
from hati_core.model import BranchInfo, Check, Column, TableInfo, ViewInfo
from hati_core.quote import identifiers
from hati_core.recent import Recent
from hati_core.repository import Repository
from hati_core.serve.types import SCALARS, wire_type

Entry = dict[str, Any]
CATALOG, INFORMATION_SCHEMA, OWNER, RECORD = 11, 13_000, 10, 2249
_FIRST_OF_OURS, _RANGE = 1 << 20, (1 << 31) - (1 << 20)
"""OIDs of ours lie above those of PostgreSQL."""

_CLASS: Entry = {
    "reltype": 0,
    "reloftype": 0,
    "relowner": OWNER,
    "reltablespace": 0,
    "relpages": 0,
    "reltuples": -1.0,
    "relallvisible": 0,
    "reltoastrelid": 0,
    "relisshared": False,
    "relpersistence": "p",
    "relhasrules": False,
    "relhastriggers": False,
    "relhassubclass": False,
    "relrowsecurity": False,
    "relforcerowsecurity": False,
    "relispopulated": True,
    "relreplident": "d",
    "relispartition": False,
    "relrewrite": 0,
    "relfrozenxid": 0,
    "relminmxid": 0,
    "relhasoids": False,
}
_ATTRIBUTE: Entry = {
    "attstattarget": -1,
    "attcacheoff": -1,
    "attbyval": False,
    "attstorage": "p",
    "attalign": "i",
    "attcompression": "",
    "atthasmissing": False,
    "attidentity": "",
    "attgenerated": "",
    "attisdropped": False,
    "attislocal": True,
    "attinhcount": 0,
}
_CONSTRAINT: Entry = {
    "condeferrable": False,
    "condeferred": False,
    "convalidated": True,
    "contypid": 0,
    "conparentid": 0,
    "confrelid": 0,
    "confupdtype": " ",
    "confdeltype": " ",
    "confmatchtype": " ",
    "conislocal": True,
    "coninhcount": 0,
    "connoinherit": True,
}
_INDEX: Entry = {
    "indisunique": True,
    "indnullsnotdistinct": False,
    "indisprimary": True,
    "indisexclusion": False,
    "indimmediate": True,
    "indisclustered": False,
    "indisvalid": True,
    "indcheckxmin": False,
    "indisready": True,
    "indislive": True,
    "indisreplident": False,
}
_TYPE: Entry = {
    "typnamespace": CATALOG,
    "typowner": OWNER,
    "typtype": "b",
    "typispreferred": False,
    "typisdefined": True,
    "typdelim": ",",
    "typrelid": 0,
    "typmodin": "-",
    "typmodout": "-",
    "typanalyze": "-",
    "typalign": "i",
    "typstorage": "x",
    "typnotnull": False,
    "typbasetype": 0,
    "typtypmod": -1,
    "typndims": 0,
}


def oid_of(*parts: str) -> int:
    """The number of a thing, the same in every process: it follows from the names of what it is."""
    digest = hashlib.blake2b("\0".join(parts).encode(), digest_size=8).digest()
    return _FIRST_OF_OURS + int.from_bytes(digest) % _RANGE


@dataclass
class Rows:
    """Rows by the table that they belong to."""

    tables: dict[str, list[Entry]] = field(default_factory=dict)

    def add(self, table: str, entry: Mapping[str, Any]) -> None:
        """Add a row."""
        self.tables.setdefault(table, []).append(dict(entry))

    def extend(self, other: Rows) -> None:
        """Add all rows of another."""
        for table, entries in other.tables.items():
            self.tables.setdefault(table, []).extend(entries)

    def define(self, oid: int, text: str) -> None:
        """Say how a thing is written."""
        self.add("pg_definitions", {"oid": oid, "definition": text})


_known: Recent[tuple[object, ...], Rows] = Recent(1024)
"""What is said of branches, by all that it depends on: most of them stay as they are from question to question."""


def rows_of(repository: Repository) -> Rows:
    """The rows that tell of every branch and its tables, views, keys and checks, and of all types."""
    rows = Rows()
    rows.add("pg_namespace", {"oid": CATALOG, "nspname": "pg_catalog", "nspowner": OWNER})
    rows.add("pg_namespace", {"oid": INFORMATION_SCHEMA, "nspname": "information_schema", "nspowner": OWNER})
    rules = repository.rules_digest()
    for info in repository.branches():
        key = (repository.place, rules, info.id, info.name, info.head)
        rows.extend(_known.get(key) or _known.put(key, _of_branch(repository, info)))
    for entry in types():
        rows.add("pg_type", entry)
    for scalar in SCALARS.values():
        rows.define(scalar.oid, scalar.sql)
    return rows


def _of_branch(repository: Repository, info: BranchInfo) -> Rows:
    rows = Rows()
    schema = oid_of("schema", info.id)
    rows.add("pg_namespace", {"oid": schema, "nspname": info.name, "nspowner": OWNER})
    rows.add("pg_database", _database(oid_of("database", info.id), info.name))
    branch = repository.branch(info.name)
    for table in branch.declared_tables():
        _add_table(rows, branch, schema, table)
    for view in branch.views():
        _add_view(rows, branch, schema, view)
    return rows


def namespace_of(repository: Repository, branch: str) -> int:
    """The number of a branch's schema."""
    return oid_of("schema", repository.branch(branch).id)


def _database(oid: int, name: str) -> Entry:
    return {
        "oid": oid,
        "datname": name,
        "datdba": OWNER,
        "encoding": 6,
        "datlocprovider": "c",
        "datistemplate": False,
        "datallowconn": True,
        "datconnlimit": -1,
        "datlastsysoid": 0,
        "datfrozenxid": 0,
        "datminmxid": 0,
        "dattablespace": 1663,
        "datcollate": "C.UTF-8",
        "datctype": "C.UTF-8",
    }


def _add_table(rows: Rows, branch: Branch, schema: int, table: TableInfo) -> None:
    oid = oid_of("table", branch.id, table.uuid)
    checks = branch.checks(table.name)
    entry = {"relkind": "r", "relam": 2, "relhasindex": bool(table.key), "relchecks": len(checks)}
    _add_class(rows, oid, table.name, schema, table.columns, entry, table.key)
    if table.key:
        _add_key(rows, oid, branch, schema, table)
    for check in checks:
        _add_check(rows, oid, schema, table, check)


def _add_view(rows: Rows, branch: Branch, schema: int, view: ViewInfo) -> None:
    oid = oid_of("view", branch.id, view.name)
    entry = {"relkind": "v", "relam": 0, "relhasindex": False, "relchecks": 0}
    _add_class(rows, oid, view.name, schema, view.columns, entry, ())
    rows.define(oid, f"{view.sql.rstrip().rstrip(';')};")


def _add_class(
    rows: Rows, oid: int, name: str, schema: int, columns: Sequence[Column], entry: Entry, key: Sequence[str]
) -> None:
    made = {"oid": oid, "relname": name, "relnamespace": schema, "relfilenode": oid, "relnatts": len(columns)}
    rows.add("pg_class", {**_CLASS, **made, **entry})
    for number, column in enumerate(columns, 1):
        kind = wire_type(column.type)
        rows.add(
            "pg_attribute",
            {
                **_ATTRIBUTE,
                "attrelid": oid,
                "attname": column.name,
                "atttypid": kind.oid,
                "attlen": kind.size,
                "attnum": number,
                "attndims": 1 if kind.item else 0,
                "atttypmod": kind.modifier,
                "attnotnull": not column.nullable or column.name in key,
                "atthasdef": column.default is not None,
                "attcollation": 100 if kind.name in ("varchar", "text") else 0,
            },
        )
        if column.default is not None:
            number_of_default = oid_of("default", str(oid), column.name)
            default = {"adrelid": oid, "adnum": number, "adbin": column.default, "adsrc": column.default}
            rows.add("pg_attrdef", {"oid": number_of_default, **default})


def _add_key(rows: Rows, oid: int, branch: Branch, schema: int, table: TableInfo) -> None:
    name = f"{table.name}_pkey"
    index, constraint = oid_of("index", str(oid)), oid_of("key", str(oid))
    numbers = [table.column_names.index(column) + 1 for column in table.key]
    columns = [column for part in table.key if (column := table.column(part))]
    entry = {"relkind": "i", "relam": 403, "relhasindex": False, "relchecks": 0}
    _add_class(rows, index, name, schema, columns, entry, ())
    rows.add(
        "pg_index",
        {
            **_INDEX,
            "indexrelid": index,
            "indrelid": oid,
            "indnatts": len(numbers),
            "indnkeyatts": len(numbers),
            "indkey": numbers,
            "indcollation": [0 for _ in numbers],
            "indclass": [0 for _ in numbers],
            "indoption": [0 for _ in numbers],
        },
    )
    made = {"oid": constraint, "conname": name, "connamespace": schema, "contype": "p", "conrelid": oid}
    rows.add("pg_constraint", {**_CONSTRAINT, **made, "conindid": index, "conkey": numbers})
    listed = identifiers(table.key) if any(not part.isidentifier() for part in table.key) else ", ".join(table.key)
    rows.define(
        index, f"CREATE UNIQUE INDEX {identifiers([name])} ON {identifiers([table.name])} USING btree ({listed})"
    )
    rows.define(constraint, f"PRIMARY KEY ({listed})")


def _add_check(rows: Rows, oid: int, schema: int, table: TableInfo, check: Check) -> None:
    number = oid_of("check", str(oid), check.name)
    made = {"oid": number, "conname": check.name, "connamespace": schema, "contype": "c", "conrelid": oid}
    text = {"conindid": 0, "consrc": check.expression, "conbin": check.expression}
    rows.add("pg_constraint", {**_CONSTRAINT, **made, **text})
    rows.define(number, f"CHECK ({check.expression})")


def types() -> Iterator[Entry]:
    """Every type that a column or a value can have, and the list of it."""
    for scalar in SCALARS.values():
        own = f"{scalar.name}in", f"{scalar.name}out", f"{scalar.name}recv", f"{scalar.name}send"
        yield _type(scalar.oid, scalar.name, scalar.size, scalar.category, 0, scalar.array, own)
        lists = "array_in", "array_out", "array_recv", "array_send"
        yield _type(scalar.array, f"_{scalar.name}", -1, "A", scalar.oid, 0, lists)
    record = "record_in", "record_out", "record_recv", "record_send"
    yield _type(RECORD, "record", -1, "P", 0, 0, record) | {"typtype": "p"}


def _type(
    oid: int, name: str, size: int, category: str, item: int, array: int, own: tuple[str, str, str, str]
) -> Entry:
    return {
        **_TYPE,
        "oid": oid,
        "typname": name,
        "typlen": size,
        "typbyval": 0 < size <= 8,
        "typcategory": category,
        "typelem": item,
        "typarray": array,
        "typinput": own[0],
        "typoutput": own[1],
        "typreceive": own[2],
        "typsend": own[3],
        "typcollation": 100 if category == "S" else 0,
        "typsubscript": "array_subscript_handler" if item else "-",
    }
