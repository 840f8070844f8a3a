"""Metrics that somebody set, which ready-made ones somebody does not want, their order, and the currency of amounts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from hati_core.storage.registry_database import RegistryDatabase, put
from hati_core.storage.tables import about, metrics

_REMOVED = "removed_metrics"
_ORDER = "order_of_metrics"
_CURRENCY = "currency"


class MetricDefinitions:
    """What a repository keeps of its metrics, by name."""

    def __init__(self, database: RegistryDatabase) -> None:
        self._database = database

    def all(self) -> list[dict[str, Any]]:
        """Those that were set, in the order in which they were."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(metrics.c.definition).order_by(metrics.c.position))
            return [json.loads(row.definition) for row in rows]

    def set(self, name: str, definition: dict[str, Any]) -> None:
        """Add a metric or replace the one of that name, which keeps its place."""
        with self._database.writing() as connection:
            position = connection.scalar(sa.select(metrics.c.position).where(metrics.c.name == name))
            if position is None:
                position = (connection.scalar(sa.select(sa.func.max(metrics.c.position))) or 0) + 1
            metric = {"name": name, "position": position, "definition": json.dumps(definition)}
            put(connection, metrics, metric, replace=True)

    def drop(self, name: str) -> None:
        """Forget a metric that was set."""
        with self._database.writing() as connection:
            connection.execute(sa.delete(metrics).where(metrics.c.name == name))

    def rename(self, name: str, definition: dict[str, Any]) -> None:
        """Let a metric that was set go by the name in its new definition, in the same place."""
        with self._database.writing() as connection:
            renamed = {"name": definition["name"], "definition": json.dumps(definition)}
            connection.execute(sa.update(metrics).where(metrics.c.name == name).values(renamed))
            order = [definition["name"] if known == name else known for known in _names(connection, _ORDER)]
            _keep(connection, _ORDER, order)

    def removed(self) -> list[str]:
        """The ready-made ones that are not wanted."""
        with self._database.reading() as connection:
            return _names(connection, _REMOVED)

    def remove(self, name: str, *, wanted: bool) -> None:
        """Say whether a ready-made metric is wanted."""
        with self._database.writing() as connection:
            others = [known for known in _names(connection, _REMOVED) if known != name]
            _keep(connection, _REMOVED, others if wanted else [*others, name])

    def order(self) -> list[str]:
        """The names of metrics that stand first, in their order."""
        with self._database.reading() as connection:
            return _names(connection, _ORDER)

    def set_order(self, names: Sequence[str]) -> None:
        """Say which metrics stand first, and in what order."""
        with self._database.writing() as connection:
            _keep(connection, _ORDER, names)

    def currency(self) -> str | None:
        """The symbol of the currency that amounts of money are in, if somebody set one."""
        with self._database.reading() as connection:
            return connection.scalar(sa.select(about.c.value).where(about.c.name == _CURRENCY))

    def set_currency(self, symbol: str) -> None:
        """Say which currency amounts of money are in."""
        with self._database.writing() as connection:
            put(connection, about, {"name": _CURRENCY, "value": symbol}, replace=True)


def _names(connection: sa.Connection, place: str) -> list[str]:
    found = connection.scalar(sa.select(about.c.value).where(about.c.name == place))
    return list(json.loads(found)) if found else []


def _keep(connection: sa.Connection, place: str, names: Sequence[str]) -> None:
    put(connection, about, {"name": place, "value": json.dumps(list(names))}, replace=True)
