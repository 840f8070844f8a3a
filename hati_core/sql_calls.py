"""The SQL functions about branches, carried out by the repository's own methods."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hati_core.branch import Branch
from hati_core.errors import StatementRefused
from hati_core.merge.diff import TableDiff
from hati_core.model import Commit, Row, Strategy
from hati_core.names import MAIN
from hati_core.sql import gate
from hati_core.sql.functions import BranchCall
from hati_core.sql.gate import StatementKind

if TYPE_CHECKING:
    from hati_core.repository import Repository

_PAGE = 1_000
"""Rows that are worked out at a time."""
_LOG = 50
_WHICH = ("active", "discarded", "all")

Argument = str | int | None
Columns = Mapping[str, str]
"""Names of columns with DuckDB's types."""


@dataclass(frozen=True)
class _Function:
    """A function: how it is written, what kinds of arguments it takes, what its rows have, and what makes them.

    Arguments behind the first ``least`` may be left out; ``own`` is handed on as the branch that is meant then.
    """

    form: str
    kinds: tuple[type, ...]
    least: int
    columns: Columns
    run: Callable[[Repository, list[Any], str], Iterable[Row]]
    writes: bool = False


def run_on(branch: Branch, sql: str) -> list[Row]:
    """Run one statement on a branch, whether it reads or writes; a write answers with its count."""
    if gate.check(sql).kind is StatementKind.QUERY:
        return branch.query(sql)
    return [{"rows": branch.execute(sql)}]


def run_call(repository: Repository, call: BranchCall, own: str = MAIN) -> Iterable[Row]:
    """Carry out one call; what writes has been done when this returns, and what reads is made row by row.

    ``own`` is the branch that is meant where none is named.

    Raises:
        StatementRefused: no such function, or other arguments than it takes.
        HatiError: as the repository's own methods do.
    """
    function, arguments = _checked(call)
    return function.run(repository, arguments, own)


def columns_of(call: BranchCall) -> Columns | None:
    """What the rows of a call have; None for ``branch_query``, whose rows have what its statement gives.

    Raises:
        StatementRefused: no such function, or other arguments than it takes.
    """
    return _checked(call)[0].columns or None


@dataclass(frozen=True)
class Signature:
    """What a person who looks for a function sees of it; arguments behind the first ``least`` may be left out."""

    name: str
    form: str
    kinds: tuple[type, ...]
    least: int
    columns: Columns
    writes: bool


def signatures() -> list[Signature]:
    """Every function."""
    return [
        Signature(name, function.form, function.kinds, function.least, function.columns, function.writes)
        for name, function in _FUNCTIONS.items()
    ]


def writes(call: BranchCall) -> bool:
    """Whether a call makes, changes or discards a branch; of ``branch_query`` its statement says so."""
    return _checked(call)[0].writes


def _checked(call: BranchCall) -> tuple[_Function, list[Argument]]:
    known = ", ".join(function.form for function in _FUNCTIONS.values())
    function = _FUNCTIONS.get(call.name)
    if function is None:
        raise StatementRefused(f"There is no function {call.name}. There are: {known}.", part=call.name)
    arguments = list(call.arguments)
    while len(arguments) > function.least and arguments[-1] is None:
        arguments.pop()
    fitting = all(isinstance(value, kind) for value, kind in zip(arguments, function.kinds, strict=False))
    if not fitting or not function.least <= len(arguments) <= len(function.kinds):
        raise StatementRefused(f"Write {function.form}, with text in single quotes.", part=call.name)
    return function, arguments


def _query(repository: Repository, arguments: list[Any], own: str) -> list[Row]:
    return run_on(repository.branch(arguments[0]), arguments[1])


def _create(repository: Repository, arguments: list[Any], own: str) -> list[Row]:
    branch = repository.create_branch(arguments[0], arguments[1] if arguments[1:] else MAIN)
    return [{"branch": branch.name, "version": branch.head}]


def _merge(repository: Repository, arguments: list[Any], own: str) -> list[Row]:
    commit = repository.merge(arguments[0], arguments[1] if arguments[1:] else Strategy.MANUAL)
    return [{"branch": arguments[0], "merged_into": commit.branch, "version": commit.version}]


def _discard(repository: Repository, arguments: list[Any], own: str) -> list[Row]:
    repository.discard(arguments[0])
    return [{"branch": arguments[0], "discarded": True}]


def _sync(repository: Repository, arguments: list[Any], own: str) -> list[Row]:
    commit = repository.sync(arguments[0], arguments[1] if arguments[1:] else Strategy.MANUAL)
    return [{"branch": commit.branch, "merged_from": MAIN, "version": commit.version}]


def _revert(repository: Repository, arguments: list[Any], own: str) -> list[Row]:
    name, version = arguments
    commit = repository.apply_merge(repository.plan_revert(name, version))
    return [{"branch": commit.branch, "reverted": version, "version": commit.version}]


def _list(repository: Repository, arguments: list[Any], own: str) -> list[Row]:
    which = arguments[0] if arguments else "active"
    if which not in _WHICH:
        raise StatementRefused(f"There are no “{which}” branches. Write {_FUNCTIONS['branch_list'].form}.", part=which)
    infos = repository.branches(which)
    return [
        {
            "branch": info.name,
            "parent": info.parent,
            "status": info.status.value,
            "forked_at": info.base,
            "version": info.head,
            "author": info.author,
            "created_at": info.created_at,
            "expires_at": info.expires_at,
            "description": info.description,
        }
        for info in infos
    ]


def _log(repository: Repository, arguments: list[Any], own: str) -> list[Row]:
    branch = repository.branch(arguments[0] if arguments else own)
    return [_logged(commit) for commit in branch.log(arguments[1] if arguments[1:] else _LOG)]


def _logged(commit: Commit) -> Row:
    return {
        "version": commit.version,
        "branch": commit.branch,
        "author": commit.author,
        "at": commit.at,
        "message": commit.message,
        "changed": commit.summary,
        "merged_from": commit.merged_from,
        "reverts": commit.reverts,
    }


def _diff(repository: Repository, arguments: list[Any], own: str) -> Iterator[Row]:
    diff = repository.diff(arguments[0], arguments[1] if arguments[1:] else MAIN)
    for table in diff.tables.values():
        yield from _differences(table)


def _differences(table: TableDiff) -> Iterator[Row]:
    for change in table.schema_changes:
        yield {"table": table.table, "change": "columns", "key": change, "columns": None, "before": None, "after": None}
    offset = 0
    while found := table.rows(None, offset, _PAGE):
        for row in found:
            yield {
                "table": table.table,
                "change": row.kind.value,
                "key": _key(row.key),
                "columns": list(row.columns),
                "before": _json(row.before),
                "after": _json(row.after),
            }
        offset += len(found)


def _conflicts(repository: Repository, arguments: list[Any], own: str) -> Iterator[Row]:
    plan = repository.plan_merge(arguments[0], arguments[1] if arguments[1:] else MAIN)
    for conflict in plan.conflicts:
        yield {
            "id": conflict.id,
            "table": conflict.table,
            "kind": conflict.kind.value,
            "key": _key(conflict.key),
            "columns": list(conflict.columns),
            "base": _json(conflict.base),
            "into": _json(conflict.ours),
            "from": _json(conflict.theirs),
        }


def _key(key: tuple[Any, ...]) -> str:
    return ", ".join(str(part) for part in key)


def _json(row: Row | None) -> str | None:
    return None if row is None else json.dumps(row, default=str, ensure_ascii=False)


_CHANGE = {"table": "VARCHAR", "change": "VARCHAR", "key": "VARCHAR", "columns": "VARCHAR[]"}
_FUNCTIONS = {
    "branch_create": _Function(
        "branch_create('name' [, 'parent'])",
        (str, str),
        1,
        {"branch": "VARCHAR", "version": "BIGINT"},
        _create,
        writes=True,
    ),
    "branch_query": _Function("branch_query('name', 'SQL')", (str, str), 2, {}, _query),
    "branch_merge": _Function(
        "branch_merge('name' [, 'strategy'])",
        (str, str),
        1,
        {"branch": "VARCHAR", "merged_into": "VARCHAR", "version": "BIGINT"},
        _merge,
        writes=True,
    ),
    "branch_discard": _Function(
        "branch_discard('name')", (str,), 1, {"branch": "VARCHAR", "discarded": "BOOLEAN"}, _discard, writes=True
    ),
    "branch_list": _Function(
        "branch_list(['active' | 'discarded' | 'all'])",
        (str,),
        0,
        {
            "branch": "VARCHAR",
            "parent": "VARCHAR",
            "status": "VARCHAR",
            "forked_at": "BIGINT",
            "version": "BIGINT",
            "author": "VARCHAR",
            "created_at": "TIMESTAMP WITH TIME ZONE",
            "expires_at": "TIMESTAMP WITH TIME ZONE",
            "description": "VARCHAR",
        },
        _list,
    ),
    "branch_diff": _Function(
        "branch_diff('name' [, 'other'])", (str, str), 1, _CHANGE | {"before": "JSON", "after": "JSON"}, _diff
    ),
    "branch_conflicts": _Function(
        "branch_conflicts('name' [, 'into'])",
        (str, str),
        1,
        {"id": "VARCHAR", "table": "VARCHAR", "kind": "VARCHAR", "key": "VARCHAR", "columns": "VARCHAR[]"}
        | {"base": "JSON", "into": "JSON", "from": "JSON"},
        _conflicts,
    ),
    "branch_sync": _Function(
        "branch_sync('name' [, 'strategy'])",
        (str, str),
        1,
        {"branch": "VARCHAR", "merged_from": "VARCHAR", "version": "BIGINT"},
        _sync,
        writes=True,
    ),
    "branch_log": _Function(
        "branch_log(['name' [, limit]])",
        (str, int),
        0,
        {
            "version": "BIGINT",
            "branch": "VARCHAR",
            "author": "VARCHAR",
            "at": "TIMESTAMP WITH TIME ZONE",
            "message": "VARCHAR",
            "changed": "VARCHAR",
            "merged_from": "VARCHAR",
            "reverts": "BIGINT",
        },
        _log,
    ),
    "branch_revert": _Function(
        "branch_revert('name', version)",
        (str, int),
        2,
        {"branch": "VARCHAR", "reverted": "BIGINT", "version": "BIGINT"},
        _revert,
        writes=True,
    ),
}
