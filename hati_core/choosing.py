"""Settling the conflicts of a merge over days and by several people: every choice is kept until the merge is made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from hati_core.merge.choices import Choice, choice_of, dump, load
from hati_core.merge.conflict_filter import ConflictFilter
from hati_core.merge.plan import MergePlan
from hati_core.merge.rows import fetch
from hati_core.model import Conflict, ConflictKind, Resolution, Side
from hati_core.storage.choice_log import ChoiceStep
from hati_core.store import Store

_ROUNDS = 5
_CELLS_A_STATEMENT = 500
_ALL = ConflictFilter()


class Choices:
    """The choices for one merge, from :meth:`Repository.choices`; in the registry, with author and time.

    A plan is what it was; each method that changes something takes the plan in hand and returns the next one.
    """

    def __init__(self, store: Store, source_id: str, target_id: str) -> None:
        self._store = store
        self._ends = (source_id, target_id)
        self._log = store.registry.choices

    @property
    def state(self) -> tuple[int, str]:
        """As long as this stays the same, nobody has chosen or undone anything."""
        return self._log.state(*self._ends)

    def kept(self) -> dict[str, Choice]:
        """What stands, by conflict, whether it fits a plan of today or not."""
        found: dict[str, Choice] = {}
        for step in self._log.steps(*self._ends):
            for choice in () if step.undone else load(step.changes, step.author, step.at):
                found[choice.conflict_id] = choice
        return {key: choice for key, choice in found.items() if choice.resolution is not None}

    def resolutions(self) -> dict[str, Resolution]:
        """What stands, as plans take it."""
        kept = self.kept()
        return {key: choice.resolution for key, choice in kept.items() if choice.resolution is not None}

    def can(self) -> tuple[bool, bool]:
        """Whether there is something to undo, and something to do again."""
        steps = self._log.steps(*self._ends)
        return any(not step.undone for step in steps), any(step.undone for step in steps)

    def choose(self, plan: MergePlan, changes: Mapping[str, Resolution | None], author: str | None = None) -> MergePlan:
        """Settle conflicts, or open them again with None, as one step; cells settled before stay so.

        Raises:
            InvalidResolution, InvalidValue: as :meth:`MergePlan.with_resolution`; nothing is kept.
        """
        kept = self.resolutions()
        plan = self._with_kept(plan, changes.keys(), kept)
        opened = {key for key, choice in changes.items() if choice is None}
        settled = {key: choice for key, choice in changes.items() if choice is not None}
        after = plan.with_changes(dict.fromkeys(opened)).with_resolutions(settled)
        self._add(after, plan.rows(changes.keys()), kept, author)
        return after

    def open_cell(self, plan: MergePlan, conflict_id: str, column: str, author: str | None = None) -> MergePlan:
        """Open one cell of a conflict again, as one step; the others stay as they are settled."""
        kept = self.resolutions()
        plan = self._with_kept(plan, [conflict_id], kept)
        rows, before = plan.rows([conflict_id]), plan.resolutions.get(conflict_id)
        cells = dict.fromkeys(rows[conflict_id].columns, before) if isinstance(before, Side) else dict(before or {})
        cells.pop(column, None)
        after = plan.with_changes({conflict_id: cells or None})
        self._add(after, rows, kept, author)
        return after

    def choose_rest(
        self, plan: MergePlan, side: Side, wanted: ConflictFilter = _ALL, author: str | None = None
    ) -> MergePlan:
        """Take one side for what is open and meets a filter, as one step.

        With a column, only its cells; where a side deleted the row, the row as a whole.
        """
        after, touched = plan, dict[str, Conflict]()
        # Taking a side's columns can bring up rows that were not in conflict before.
        while rest := {c.id: c for c in after.open_conflicts.where(wanted) if c.id not in touched}:
            touched |= rest
            after = after.with_resolutions(
                {key: _from(after, conflict, side, wanted) for key, conflict in rest.items()}
            )
        if touched:
            self._add(after, touched, self.resolutions(), author)
        return after

    def _with_kept(self, plan: MergePlan, ids: Collection[str], kept: Mapping[str, Resolution]) -> MergePlan:
        """The plan with what others have chosen for cells of these rows meanwhile, which would be lost otherwise."""
        mine = self._as_texts(plan, plan.rows(ids))
        changes = {key: kept.get(key) for key in plan.fitting(ids) if mine.get(key) != kept.get(key)}
        return plan.with_changes(changes) if changes else plan

    def _add(
        self, after: MergePlan, rows: Mapping[str, Conflict], kept: Mapping[str, Resolution], author: str | None
    ) -> None:
        texts = self._as_texts(after, rows)
        step = [choice_of(row, texts.get(key)) for key, row in rows.items()]
        # A step that changes nothing would take away what can be done again.
        if any(kept.get(choice.conflict_id) != choice.resolution for choice in step):
            self._log.add(*self._ends, author or self._store.author, dump(step))

    def clear(self, plan: MergePlan, author: str | None = None) -> MergePlan:
        """Open every conflict again, as one step; choices that fit no more are gone with it."""
        self._open(self.kept().values(), author)
        return plan.with_changes(dict.fromkeys(plan.resolutions))

    def unfit(self, plan: MergePlan) -> list[Choice]:
        """What was chosen for conflicts that are no more, because the values at stake have changed."""
        kept = self.kept()
        return [kept[key] for key in kept.keys() - plan.fitting(kept.keys())]

    def drop_unfit(self, plan: MergePlan, author: str | None = None) -> None:
        """Forget what fits no more, once somebody has been told."""
        self._open(self.unfit(plan), author)

    def _open(self, choices: Iterable[Choice], author: str | None) -> None:
        step = [replace(choice, resolution=None) for choice in choices]
        if step:
            self._log.add(*self._ends, author or self._store.author, dump(step))

    def undo(self, plan: MergePlan) -> MergePlan:
        """Take back the last step, whoever made it."""
        return self._turned(plan, self._log.undo(*self._ends))

    def redo(self, plan: MergePlan) -> MergePlan:
        """Make the step again that was taken back last."""
        return self._turned(plan, self._log.redo(*self._ends))

    def _turned(self, plan: MergePlan, step: ChoiceStep | None) -> MergePlan:
        """The plan with what stands now for the conflicts that a step was about."""
        ids = {choice.conflict_id for choice in load(step.changes, step.author, step.at)} if step else set[str]()
        if any(row.kind is ConflictKind.SCHEMA for row in plan.rows(ids).values()):
            return self.taken_in(plan)
        kept = self.resolutions()
        return plan.with_changes({key: kept.get(key) for key in plan.fitting(ids)})

    def taken_in(self, plan: MergePlan) -> MergePlan:
        """The plan with what stands now, such as what somebody else chose meanwhile."""
        kept = self.resolutions()
        # What is chosen for a column decides which rows conflict.
        for _ in range(_ROUNDS):
            changes = self._news(plan, kept)
            if not changes:
                break
            plan = plan.with_changes(changes)
        return plan

    def _news(self, plan: MergePlan, kept: Mapping[str, Resolution]) -> dict[str, Resolution | None]:
        rows = plan.rows(plan.resolutions.keys())
        mine = self._as_texts(plan, rows)
        fitting = plan.fitting(kept.keys())
        gone: dict[str, Resolution | None] = dict.fromkeys(mine.keys() - kept.keys())
        return gone | {key: choice for key, choice in kept.items() if key in fitting and mine.get(key) != choice}

    def forget(self) -> None:
        """Forget all of it, once the merge is made."""
        self._log.forget(*self._ends)

    def _as_texts(self, plan: MergePlan, rows: Mapping[str, Conflict]) -> dict[str, Resolution]:
        """What a plan has chosen for rows, values as the database writes them, which it reads again without loss."""
        chosen = {key: plan.resolutions[key] for key in rows if key in plan.resolutions}
        cells = [
            (key, name, value)
            for key, choice in chosen.items()
            if not isinstance(choice, Side)
            for name, value in choice.items()
            if not isinstance(value, Side) and value is not None
        ]
        found = {key: dict(choice) for key, choice in chosen.items() if not isinstance(choice, Side)}
        types = {table: {c.name: c.type for c in work.shape.columns} for table, work in plan.work().items()}
        for start in range(0, len(cells), _CELLS_A_STATEMENT):
            part = cells[start : start + _CELLS_A_STATEMENT]
            sql = ", ".join(
                f"CAST(${at}::{types[rows[key].table][name]} AS VARCHAR) AS cell_{at}"
                for at, (key, name, _) in enumerate(part, 1)
            )
            values = [value for _, _, value in part]
            (texts,) = fetch(plan.context.engine, plan.ours.branch_id, f"SELECT {sql}", values)
            for (key, name, _), text in zip(part, texts.values(), strict=True):
                found[key][name] = text
        return {**chosen, **found}


def _from(plan: MergePlan, conflict: Conflict, side: Side, wanted: ConflictFilter) -> Resolution:
    """What is open of a conflict, from one side; what was chosen for other cells stays."""
    before = plan.resolutions.get(conflict.id)
    if wanted.column is not None and conflict.is_by_cell:
        return {wanted.column: side}
    if before and conflict.is_by_cell and not isinstance(before, Side):
        return {column: side for column in conflict.columns if column not in before}
    return side
