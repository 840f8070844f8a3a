"""What a person has to look at before a merge: its conflicts, and the rows that break a rule of their table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hati_core.merge.conflicts import ConflictList
from hati_core.merge.plan import MergePlan
from hati_core.model import Conflict, Side, Violation


@dataclass(frozen=True)
class Agenda:
    """Conflicts and rows that break a rule or were mended, by table.

    ``done`` are the ids of those that are settled and break nothing. ``broken`` has by row the rules that it breaks;
    ``mended`` is how many rows that are no conflict broke one. ``elsewhere`` are those of the ``violations`` that no
    choice in the plan can mend.
    """

    everything: ConflictList
    settled: ConflictList
    left: ConflictList
    done: frozenset[str]
    broken: Mapping[str, tuple[Violation, ...]]
    mended: int
    violations: tuple[Violation, ...]
    elsewhere: tuple[Violation, ...]


def agenda(plan: MergePlan, merged: MergePlan | None = None) -> Agenda:
    """What is to be looked at in a plan, and how far it is settled.

    ``merged`` is the plan with a side for what is open, where the rules are to be those that it would break.
    """
    violations = (merged or plan).violations
    known = plan.fitting([row_id for violation in violations for row_id in violation.row_ids])
    broken: dict[str, tuple[Violation, ...]] = {}
    for violation in violations:
        for row_id in known.intersection(violation.row_ids):
            broken[row_id] = (*broken.get(row_id, ()), violation)
    rows = _rows(plan, broken)
    everything = plan.conflicts.with_rows(rows)
    done = (plan.decided | {row.id for row in rows}) - broken.keys()
    return Agenda(
        everything,
        everything.among(done),
        everything.without(done),
        done,
        broken,
        sum(row.id not in broken for row in rows),
        violations,
        tuple(violation for violation in violations if known.isdisjoint(violation.row_ids)),
    )


def _rows(plan: MergePlan, broken: Mapping[str, tuple[Violation, ...]]) -> list[Conflict]:
    """Rows that are no conflict: those that break a rule, and those that were mended."""
    ids = plan.resolutions.keys() | broken.keys()
    found = plan.rows(ids - plan.conflicts.known(list(ids)))
    rows = sorted(found.values(), key=lambda row: (row.table.casefold(), str(row.key)))
    return [replace(row, columns=_columns(plan, row, broken.get(row.id, ()))) for row in rows]


def _columns(plan: MergePlan, row: Conflict, broken: tuple[Violation, ...]) -> tuple[str, ...]:
    """The columns that the broken rules read and the choices name, in the order of the table."""
    chosen = plan.resolutions.get(row.id) or {}
    named = {name for violation in broken for name in violation.columns}
    named |= set() if isinstance(chosen, Side) else set(chosen)
    wanted = {name.casefold() for name in named}
    return tuple(name for name in row.columns if name.casefold() in wanted) or row.columns
