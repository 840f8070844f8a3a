"""What branches would have been worth in the past: their holdings of now at the prices of then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from hati_core.merge.rows import fetch
from hati_core.model import BranchInfo, Row
from hati_core.recent import Recent
from hati_core.scenarios.history import (
    History,
    matches_query,
    possible_histories,
    series_query,
)
from hati_core.scenarios.metrics import Breakdown
from hati_core.scenarios.performance import Point
from hati_core.store import Store

_CACHED = 256
_Version = tuple[str, int]


@dataclass(frozen=True)
class Series:
    """What the holdings of one branch are worth day by day.

    Of ``positions``, ``missing`` have no price at all and are left out; ``left_out`` names some of them. Prices begin
    on ``earliest``, those of the position ``latest`` last, and with these the series.
    """

    points: tuple[Point, ...]
    positions: int
    missing: int
    left_out: tuple[str, ...]
    earliest: date | None
    latest: str | None

    @property
    def begins(self) -> date | None:
        """The first day on which everything that has a price has one."""
        return self.points[0].day if self.points else None

    def since(self, day: date) -> tuple[Point, ...]:
        """The values from a day on. Where there is none on the day itself, the last one before it holds."""
        kept = tuple(point for point in self.points if point.day >= day)
        before = self.points[len(self.points) - len(kept) - 1 : len(self.points) - len(kept)]
        if before and (not kept or kept[0].day > day):
            return (Point(day, before[0].value), *kept)
        return kept


def common_begin(series: Sequence[Series]) -> date | None:
    """The first day that all series have a value for, so that what they come to can be compared."""
    return max((found.begins for found in series if found.begins), default=None)


class OverTime:
    """Histories of prices and the values in them, remembered by branch and version: a version never changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._histories: Recent[tuple[_Version, Breakdown], tuple[History, ...]] = Recent(_CACHED)
        self._series: Recent[tuple[_Version, History], Series] = Recent(_CACHED)

    def histories(self, branch: BranchInfo, breakdown: Breakdown) -> tuple[History, ...]:
        """The ways to value the holdings of a breakdown back through time, those that know most positions first.

        Raises:
            HatiError: the tables cannot be read.
        """
        place = ((branch.id, branch.head), breakdown)
        known = self._histories.get(place)
        if known is None:
            tables = [
                self._store.table(branch.id, branch.head, name) for name in self._store.tables(branch.id, branch.head)
            ]
            known = self._histories.put(place, self._likely(branch, possible_histories(tables, breakdown)))
        return known

    def series(self, branch: BranchInfo, history: History) -> Series:
        """What a branch is worth through a history.

        Raises:
            TableNotFound: the branch does not have one of its tables.
            HatiError: it does not have the columns.
        """
        place = ((branch.id, branch.head), history)
        known = self._series.get(place)
        if known is None:
            relations = self._relations(branch, history)
            rows = self._fetch(branch, series_query(history, *relations))
            known = self._series.put(place, _series(rows))
        return known

    def _likely(self, branch: BranchInfo, possible: Sequence[History]) -> tuple[History, ...]:
        """Those that know any position, the most first; else in their order."""
        places = {_names_in(history): history for history in possible}
        matches = {
            names: self._fetch(branch, matches_query(history, *self._relations(branch, history)))[0]["matches"]
            for names, history in places.items()
        }
        likely = [history for history in possible if matches[_names_in(history)]]
        return tuple(sorted(likely, key=lambda history: -matches[_names_in(history)]))

    def _relations(self, branch: BranchInfo, history: History) -> tuple[str, str]:
        """The holdings and the prices as they are at the version that the list of branches shows."""
        catalog = self._store.catalog(branch.id)
        holdings, prices = (
            catalog.at(self._store.table(branch.id, branch.head, name).name, branch.head)
            for name in (history.holdings, history.table)
        )
        return holdings, prices

    def _fetch(self, branch: BranchInfo, query: str) -> list[Row]:
        return fetch(self._store.engine, branch.id, query)


def _series(rows: Sequence[Row]) -> Series:
    of_all = rows[0]
    return Series(
        tuple(Point(row["day"], row["value"]) for row in rows if row["day"] is not None),
        of_all["positions"],
        of_all["missing"],
        tuple(of_all["names"] or ()),
        of_all["earliest"],
        of_all["latest"],
    )


def _names_in(history: History) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    return history.table, history.names, history.held_by
