"""Choices made for merges that are not made yet: steps that can be undone and done again, by whoever goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hati_core.storage.registry_database import RegistryDatabase
from hati_core.storage.registry_rows import now
from hati_core.storage.tables import choices

_TRIES = 20
LogState = tuple[int, int, datetime | None]
"""How many steps there are, how many of them stand, and when the last was made."""


@dataclass(frozen=True)
class ChoiceStep:
    """One step; ``changes`` is for whoever wrote it to read, ``at`` in UTC."""

    number: int
    author: str
    at: datetime
    undone: bool
    changes: str


class ChoiceLog:
    """The steps of every merge that is being settled, by source and target branch."""

    def __init__(self, database: RegistryDatabase) -> None:
        self._database = database

    def steps(self, source_id: str, target_id: str) -> list[ChoiceStep]:
        """Every step, oldest first."""
        wanted = sa.select(choices).where(_of(source_id, target_id)).order_by(choices.c.number)
        with self._database.reading() as connection:
            return [_step(row) for row in connection.execute(wanted)]

    def state(self, source_id: str, target_id: str) -> LogState:
        """As :func:`state_of` the steps, without reading them."""
        asked = sa.select(
            sa.func.count(), sa.func.sum(sa.cast(choices.c.undone, sa.Integer)), sa.func.max(choices.c.at)
        )
        with self._database.reading() as connection:
            number, undone, last = connection.execute(asked.where(_of(source_id, target_id))).one()
        return int(number), int(number) - int(undone or 0), datetime.fromisoformat(last) if last else None

    def add(
        self, source_id: str, target_id: str, author: str, changes: str, instead_of: ChoiceStep | None = None
    ) -> None:
        """Add a step behind the last one that is not undone; those that are undone are gone.

        ``instead_of`` is a last step whose place it takes, if that one still stands as it was.
        """
        for attempt in range(_TRIES):
            try:
                with self._database.writing() as connection:
                    connection.execute(sa.delete(choices).where(_of(source_id, target_id), choices.c.undone.is_(True)))
                    if instead_of:
                        _drop(connection, source_id, target_id, instead_of)
                    last = connection.scalar(sa.select(sa.func.max(choices.c.number)).where(_of(source_id, target_id)))
                    step = {"number": (last or 0) + 1, "author": author, "at": now(), "undone": False}
                    ends = {"source_id": source_id, "target_id": target_id}
                    connection.execute(sa.insert(choices).values(**ends, **step, changes=changes))
                return
            except IntegrityError:
                # Somebody else took the number in that moment.
                if attempt == _TRIES - 1:
                    raise

    def drop(self, source_id: str, target_id: str, step: ChoiceStep) -> None:
        """Forget the last step, if it still stands as it was."""
        with self._database.writing() as connection:
            _drop(connection, source_id, target_id, step)

    def undo(self, source_id: str, target_id: str) -> ChoiceStep | None:
        """Undo the last step that is not; returns it, or None where there is none."""
        return self._turn(source_id, target_id, choices.c.number.desc(), was=False)

    def redo(self, source_id: str, target_id: str) -> ChoiceStep | None:
        """Do the step again that was undone last; returns it, or None where there is none."""
        return self._turn(source_id, target_id, choices.c.number, was=True)

    def _turn(self, source_id: str, target_id: str, first: sa.ColumnElement[int], *, was: bool) -> ChoiceStep | None:
        ours = _of(source_id, target_id)
        with self._database.writing() as connection:
            found = connection.execute(
                sa.select(choices).where(ours, choices.c.undone.is_(was)).order_by(first)
            ).first()
            if found is None:
                return None
            change = sa.update(choices).where(ours, choices.c.number == found.number).values(undone=not was)
            connection.execute(change)
            return _step(found)

    def forget(self, source_id: str, target_id: str) -> None:
        """Forget every step."""
        with self._database.writing() as connection:
            connection.execute(sa.delete(choices).where(_of(source_id, target_id)))


def state_of(steps: Sequence[ChoiceStep]) -> LogState:
    """As long as this stays the same, nobody has chosen or undone anything."""
    done = sum(not step.undone for step in steps)
    return len(steps), done, max((step.at for step in steps), default=None)


def _drop(connection: sa.Connection, source_id: str, target_id: str, step: ChoiceStep) -> None:
    """Drop a step unless another one came behind it, which was chosen with it in view."""
    last = sa.select(sa.func.max(choices.c.number)).where(_of(source_id, target_id)).scalar_subquery()
    same = sa.and_(choices.c.number == step.number, choices.c.number == last, choices.c.at == step.at.isoformat())
    connection.execute(sa.delete(choices).where(_of(source_id, target_id), same))


def _of(source_id: str, target_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(choices.c.source_id == source_id, choices.c.target_id == target_id)


def _step(row: sa.Row[Any]) -> ChoiceStep:
    return ChoiceStep(row.number, row.author, datetime.fromisoformat(row.at), bool(row.undone), row.changes)
