"""What the rules know of the data, all of it read through the tools."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from hati_core.agent.answers import ROWS_SHOWN, Answer
from hati_core.agent.levers import Levers, levers
from hati_core.agent.planner.script import Call
from hati_core.errors import HatiError
from hati_core.model import Column, TableInfo
from hati_core.quote import identifier
from hati_core.scenarios.roles import is_numeric
from hati_core.sql import gate

_MOST_LABELS = 100


@dataclass(frozen=True)
class Position:
    """A row that is worth something: its label, group, and figures, which are None where there is no such column."""

    label: Any
    group: Any
    quantity: float
    price: float
    cost: float | None
    value: float


@dataclass(frozen=True)
class Group:
    """A group of rows by its name; ``outlay`` is what one more of each of its units would cost."""

    name: Any
    rows: int
    value: float
    outlay: float


@dataclass(frozen=True)
class Survey:
    """The table that a metric is about, and what it holds. ``positions`` are the largest, ``labels`` all if few."""

    levers: Levers
    metric_sql: str
    rows: int = 0
    value: float = 0.0
    cost: float = 0.0
    outlay: float = 0.0
    positions: tuple[Position, ...] = ()
    groups: tuple[Group, ...] = ()
    labels: tuple[Any, ...] = ()
    others: tuple[TableInfo, ...] = ()

    @property
    def numbers(self) -> tuple[str, ...]:
        """Numeric columns that the metric reads and that may be written."""
        table = self.levers.table
        read = self.metric_sql.casefold()
        return tuple(
            column.name
            for column in table.columns
            if is_numeric(column) and column.name not in table.key and column.name.casefold() in read
        )


Asking = Generator[Call, Answer, Survey | str]
"""Asks by tools, and returns a survey, or the sentence why there is none."""


def survey(branch: str, metric: str) -> Asking:
    """Look at the table that a metric is about."""
    described = yield Call("describe_tables", {"branch": branch})
    measured = yield Call("metrics", {"branch": branch})
    tables = [_table(found) for found in described.get("tables", ())]
    sql = next((str(found["sql"]) for found in measured.get("metrics", ()) if found["name"] == metric), "")
    try:
        reads = {name.casefold() for name in gate.check(sql).reads}
    except HatiError:
        reads = set()
    about = next((table for table in tables if table.name.casefold() in reads), None)
    if about is None:
        return f"The planner finds no table that “{metric}” is about."
    found = levers(about)
    others = tuple(table for table in tables if table is not about)
    if not found.price:
        return Survey(found, sql, others=others)
    return (yield from _holdings(branch, found, sql, others))


def _holdings(branch: str, found: Levers, sql: str, others: tuple[TableInfo, ...]) -> Generator[Call, Answer, Survey]:
    table, label = identifier(found.table.name), identifier(found.label)
    group = identifier(found.group) if found.group else "NULL"
    price = identifier(found.price or "")
    quantity = identifier(found.quantity) if found.quantity else "1"
    cost = identifier(found.cost) if found.cost else "NULL"
    value = f"({quantity} * {price})"
    outlay = f"({quantity} * {found.unit_cost_sql})"
    held = f"FROM {table} WHERE {price} > 0 AND {quantity} > 0"

    def ask(query: str) -> Generator[Call, Answer, list[Answer]]:
        answer = yield Call("query", {"branch": branch, "sql": query})
        return list(answer.get("rows", ()))

    totals = yield from ask(
        f"SELECT count(*) AS n, coalesce(sum({value}), 0)::DOUBLE AS v, "
        f"coalesce(sum({quantity} * coalesce({cost}, {price})), 0)::DOUBLE AS c, "
        f"coalesce(sum({outlay}), 0)::DOUBLE AS o {held}"
    )
    largest = yield from ask(
        f"SELECT {label} AS l, {group} AS g, {quantity}::DOUBLE AS q, {price}::DOUBLE AS p, {cost}::DOUBLE AS c, "
        f"{value}::DOUBLE AS v {held} ORDER BY v DESC, l LIMIT {ROWS_SHOWN}"
    )
    groups = []
    if found.group:
        groups = yield from ask(
            f"SELECT {group} AS g, count(*) AS n, sum({value})::DOUBLE AS v, sum({outlay})::DOUBLE AS o {held} "
            f"AND {group} IS NOT NULL GROUP BY ALL ORDER BY v DESC, g LIMIT {ROWS_SHOWN}"
        )
    total = totals[0] if totals else {"n": 0, "v": 0.0, "c": 0.0, "o": 0.0}
    labels = [row["l"] for row in largest]
    while len(labels) < min(total["n"], _MOST_LABELS):
        more = yield from ask(
            f"SELECT {label} AS l {held} ORDER BY {value} DESC, l LIMIT {ROWS_SHOWN} OFFSET {len(labels)}"
        )
        if not more:
            break
        labels += [row["l"] for row in more]
    return Survey(
        found,
        sql,
        int(total["n"]),
        total["v"],
        total["c"],
        total["o"],
        tuple(Position(row["l"], row["g"], row["q"], row["p"], row["c"], row["v"]) for row in largest),
        tuple(Group(row["g"], row["n"], row["v"], row["o"]) for row in groups),
        tuple(labels) if total["n"] <= _MOST_LABELS else (),
        others,
    )


def _table(found: Answer) -> TableInfo:
    columns = tuple(Column(name, kind.removesuffix(" NOT NULL")) for name, kind in found["columns"].items())
    return TableInfo(found["table"], "", columns, tuple(found["key"]))
