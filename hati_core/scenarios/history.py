"""Histories of prices, found by their structure, and the queries that value holdings back through them.

The rule: what a branch holds now is valued at the last price known on each day; a day begins to count when every
position that has any price has its first one. A position without any price is left out, and named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from hati_core.model import Column, TableInfo
from hati_core.quote import identifier, identifiers
from hati_core.scenarios.metrics import Breakdown
from hati_core.scenarios.roles import is_numeric, label_columns

_CLOSING = ("adj_close", "adjusted_close", "adjusted", "close", "price")
"""Of several prices of a day, those that a day is valued by come first."""
_NAMED = 5


@dataclass(frozen=True)
class History:
    """A table of prices by time, and how the rows of a table of holdings are found in it.

    ``names`` are the columns that say whose price it is, ``held_by`` those of the holdings with the same values.
    ``by_day`` says that there is no time of day.
    """

    table: str
    time: str
    price: str
    names: tuple[str, ...]
    holdings: str
    held_by: tuple[str, ...]
    quantity: str
    by_day: bool


def possible_histories(tables: Iterable[TableInfo], breakdown: Breakdown) -> list[History]:
    """Every way to value the holdings of a breakdown back through another table, the likelier ones first.

    A history has a date or a time, a number, and columns that can hold what the holdings are named by; whether they
    do hold it, only the rows can tell.
    """
    everything = list(tables)
    holdings = next((table for table in everything if table.name.casefold() == breakdown.table.casefold()), None)
    if holdings is None:
        return []
    quantities = _quantities(holdings, breakdown.amount)
    found = []
    for table in everything:
        if table is holdings:
            continue
        times = [column for column in table.columns if column.type.startswith(("DATE", "TIMESTAMP"))]
        for names, held_by in _pairs(table, holdings):
            prices = sorted(
                (column.name for column in table.columns if is_numeric(column) and column.name not in names),
                key=_closing_first,
            )
            found += [
                History(
                    table.name, time.name, price, names, holdings.name, held_by, quantity, by_day=time.type == "DATE"
                )
                for quantity, time, price in product(quantities, times, prices)
            ]
    return found


def _quantities(holdings: TableInfo, amount: str) -> list[str]:
    """Columns that can say how much is held: those that the amount multiplies first, in its order."""
    numbers = [column.name for column in holdings.columns if is_numeric(column) and column.name not in holdings.key]
    places = {name: amount.find(identifier(name)) for name in numbers}
    return sorted(numbers, key=lambda name: (places[name] < 0, places[name]))


def _closing_first(price: str) -> int:
    name = price.casefold()
    return _CLOSING.index(name) if name in _CLOSING else len(_CLOSING)


def _pairs(table: TableInfo, holdings: TableInfo) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Columns of a table that can hold the names of the holdings, beside the columns that those are in."""
    labels = [column for name in label_columns(holdings) if (column := holdings.column(name))]
    if len(labels) > 1:
        same = [next((other for other in table.columns if _same_name(other, label)), None) for label in labels]
        if all(same):
            yield tuple(column.name for column in same if column), tuple(column.name for column in labels)
    for label in labels:
        fitting = [other for other in table.columns if _can_be(other, label)]
        # Columns of the same name come first.
        for is_same in (True, False):
            yield from (((other.name,), (label.name,)) for other in fitting if _same_name(other, label) is is_same)


def _same_name(column: Column, label: Column) -> bool:
    return column.name.casefold() == label.name.casefold() and column.type == label.type


def _can_be(column: Column, label: Column) -> bool:
    """Text is a name wherever it stands; numbers coincide by chance, so that those need the same name too."""
    return column.type == label.type == "VARCHAR" or _same_name(column, label)


def matches_query(history: History, holdings: str, prices: str) -> str:
    """How many of the names in the holdings the history has; both are relations."""
    return (
        f"SELECT count(*) AS matches FROM (SELECT DISTINCT {_keys(history.held_by)} FROM {holdings}) "
        f"SEMI JOIN (SELECT DISTINCT {_keys(history.names)} FROM {prices}) USING ({_key_list(history)})"
    )


def series_query(history: History, holdings: str, prices: str) -> str:
    """What the holdings are worth at the end of each day on which a price of theirs is known, in order of time.

    Every row, and there is one where there is no such day, says the same of them all: ``positions``, how many are
    ``missing`` from the history with some ``names`` of them, the ``earliest`` day of all others, and the name of the
    ``latest`` of these. The value moves by the change of each price; so the cost follows the number of prices, not
    positions times days.
    """
    keys = _key_list(history)
    return f"""
        WITH held AS MATERIALIZED ({_held(history, holdings)}),
        quoted AS MATERIALIZED ({_quoted(history, prices)}),
        begun AS (SELECT id, min(day) AS begins FROM quoted GROUP BY id),
        known AS (SELECT concat_ws(' · ', {keys}) AS label, begins FROM held LEFT JOIN begun USING (id)),
        coverage AS (
            SELECT count(*) AS positions,
                count(*) FILTER (begins IS NULL) AS missing,
                min(label, {_NAMED}) FILTER (begins IS NULL) AS names,
                min(begins) AS earliest,
                max(begins) AS latest_day,
                arg_max(label, begins ORDER BY label) AS latest
            FROM known),
        moves AS (
            SELECT day, quantity * (price - coalesce(lag(price) OVER (PARTITION BY id ORDER BY day), 0)) AS move
            FROM quoted),
        days AS (SELECT day, sum(move) AS move FROM moves GROUP BY day),
        levels AS (SELECT day, sum(move) OVER (ORDER BY day) AS value FROM days)
        SELECT coverage.*, day, value FROM coverage LEFT JOIN levels ON day >= latest_day ORDER BY day"""


def _held(history: History, holdings: str) -> str:
    """How much there is of each name; what is held with nothing cannot delay the beginning."""
    return (
        f"SELECT *, row_number() OVER () AS id FROM (SELECT {_keys(history.held_by)}, "
        f"sum({identifier(history.quantity)})::DOUBLE AS quantity FROM {holdings} GROUP BY ALL) WHERE quantity <> 0"
    )


def _quoted(history: History, prices: str) -> str:
    """The last price of each day of what is held; of several at one moment, their mean."""
    time, price = identifier(history.time), identifier(history.price)
    moments = (
        f"SELECT id, moment, any_value(quantity) AS quantity, avg(price) AS price FROM held JOIN (SELECT "
        f"{_keys(history.names)}, {time} AS moment, {price}::DOUBLE AS price FROM {prices} WHERE {time} IS NOT NULL "
        f"AND isfinite({time}) AND isfinite({price}::DOUBLE)) USING ({_key_list(history)}) GROUP BY id, moment"
    )
    if history.by_day:
        return f"SELECT id, moment AS day, quantity, price FROM ({moments})"
    return (
        "SELECT id, moment::DATE AS day, any_value(quantity) AS quantity, arg_max(price, moment) AS price "
        f"FROM ({moments}) GROUP BY id, day"
    )


def _keys(columns: Sequence[str]) -> str:
    return ", ".join(f"{identifier(name)} AS key_{at}" for at, name in enumerate(columns))


def _key_list(history: History) -> str:
    return identifiers(f"key_{at}" for at in range(len(history.names)))
