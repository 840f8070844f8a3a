"""Scenario actions carried out: in a transaction of their own, or on a copy for a preview."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hati_core.errors import BranchMoved, InvalidAction
from hati_core.mandate import Mandate
from hati_core.model import Commit, TableInfo
from hati_core.quote import identifier, literal
from hati_core.scenarios.action import Action
from hati_core.scenarios.sql_text import typed
from hati_core.store import Store
from hati_core.transaction import Transaction, transaction

_MESSAGE_LENGTH = 200
_NAMED = 5


@dataclass(frozen=True)
class Done:
    """What statements came to: the rows affected, and what there is to say of it."""

    affected: int
    notes: tuple[str, ...] = ()


def carry_out(tx: Transaction, action: Action, table: TableInfo) -> Done:
    """Run the statements of an action on its table.

    Raises:
        InvalidAction: it does not fit the table, or names rows that are not there.
        QueryError, DataError: a value does not fit its column.
    """
    statements = action.statements(table)
    _require_rows(tx, action, table)
    watched = action.watched(table)
    before = _number(tx, watched) if watched else 0.0
    affected = sum(tx.execute(statement) for statement in statements)
    outcome = action.told(table, before, _number(tx, watched)) if watched else ()
    return Done(affected, (*outcome, *action.caveats(table)))


def act(
    store: Store,
    branch_id: str,
    branch: str,
    action: Action,
    message: str | None,
    author: str | None,
    expected_version: int | None,
    mandate: Mandate | None = None,
) -> Commit:
    """Carry an action out as one commit.

    Raises:
        InvalidAction: as :func:`carry_out`, or no row would change; nothing is written.
        KeyViolation, CheckViolation: a key or a check would be broken; nothing is written.
        BranchMoved: the head is not ``expected_version`` any more.
    """
    info = store.table(branch_id, store.head(branch_id), action.table)
    called = message or action.sentence(info)[:_MESSAGE_LENGTH]
    with transaction(store, branch_id, branch, author=author or store.author, message=called, mandate=mandate) as tx:
        if expected_version is not None and tx.head != expected_version:
            raise BranchMoved(
                f"“{branch}” has changed since this was worked out. Nothing was written; look at what it would do now.",
                branch=branch,
                expected=expected_version,
                actual=tx.head,
                table=info.name,
            )
        info = store.table(branch_id, tx.head, action.table)
        done = carry_out(tx, action, info)
        if not done.affected:
            raise InvalidAction(
                f"“{action.sentence(info)}” changes no row of “{info.name}” on “{branch}”. Nothing was written.",
                branch=branch,
                table=info.name,
            )
    return store.catalog(branch_id).commits(1, until=tx.head + 1)[0]


def _require_rows(tx: Transaction, action: Action, table: TableInfo) -> None:
    missing = list(_missing(tx, action, table))
    if missing:
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        raise InvalidAction(
            f"“{table.name}” on “{tx.branch}” has no row where {' or '.join(missing[:_NAMED])}{more}. "
            "Choose values that are there.",
            branch=tx.branch,
            table=table.name,
        )


def _missing(tx: Transaction, action: Action, table: TableInfo) -> Iterator[str]:
    for named in action.named(table):
        column = named.column
        wanted = ", ".join(f"({typed(column, value)}, {literal(str(value))})" for value in named.values)
        rows = tx.query(
            f"SELECT wanted.text FROM (VALUES {wanted}) AS wanted(value, text) WHERE NOT EXISTS "
            f"(SELECT 1 FROM {identifier(table.name)} AS t WHERE t.{identifier(column.name)} = wanted.value)"
        )
        yield from (f"{column.name} is {row['text']}" for row in rows)


def _number(tx: Transaction, sql: str) -> float:
    (row,) = tx.query(sql)
    (value,) = row.values()
    return float(value)
