"""Settling the conflicts of a merge over days and by several people: every choice is kept until the merge is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from hati_core.merge.choices import Choice, choice_of, dump
from hati_core.merge.chosen import Chosen
from hati_core.merge.conflict_filter import ConflictFilter
from hati_core.merge.plan import MergePlan
from hati_core.merge.rows import fetch
from hati_core.model import Conflict, Resolution, Side
from hati_core.storage.choice_log import LogState
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
    def state(self) -> LogState:
        """As long as it is the state of what was read, nobody has chosen or undone anything since."""
        return self._log.state(*self._ends)

    def chosen(self) -> Chosen:
        """Every step up to now."""
        return Chosen(tuple(self._log.steps(*self._ends)))

    def choose(self, plan: MergePlan, changes: Mapping[str, Resolution | None], author: str | None = None) -> MergePlan:
        """Settle conflicts, or open them again with None, as one step; cells settled before stay so.

        What others have chosen meanwhile is taken in first, or it would be lost.

        Raises:
            InvalidResolution, InvalidValue: as :meth:`MergePlan.with_resolution`; nothing is kept.
        """
        chosen = self.chosen()
        plan = self.taken_in(plan, chosen)
        after = plan.with_choices(changes)
        self._add(after, plan.rows(changes.keys()), chosen, author)
        return after

    def choose_rest(
        self, plan: MergePlan, side: Side, wanted: ConflictFilter = _ALL, author: str | None = None
    ) -> MergePlan:
        """Take one side for what is open and meets a filter, as one step; what others have chosen is taken in first.

        With a column, only its cells; where a side deleted the row, the row as a whole.
        """
        chosen = self.chosen()
        after, touched = self.taken_in(plan, chosen), dict[str, Conflict]()
        # Taking a side's columns can bring up rows that were not in conflict before.
        while rest := {c.id: c for c in after.open_conflicts.where(wanted) if c.id not in touched}:
            touched |= rest
            after = after.with_resolutions(
                {key: _from(after, conflict, side, wanted) for key, conflict in rest.items()}
            )
        if touched:
            self._add(after, touched, chosen, author)
        return after

    def _add(self, after: MergePlan, rows: Mapping[str, Conflict], chosen: Chosen, author: str | None) -> None:
        texts, kept = self._as_texts(after, rows), chosen.resolutions
        step = [choice_of(row, texts.get(key)) for key, row in rows.items()]
        # A step that changes nothing would take away what can be done again.
        if all(kept.get(choice.conflict_id) == choice.resolution for choice in step):
            return
        signed = author or self._store.author
        passed = chosen.in_passing(step[0], signed, datetime.now(UTC)) if len(step) == 1 else None
        before = chosen.before(passed).get(step[0].conflict_id) if passed else None
        if passed and before and before.resolution == step[0].resolution:
            self._log.drop(*self._ends, passed)
        else:
            self._log.add(*self._ends, signed, dump(step), passed)

    def clear(self, plan: MergePlan, author: str | None = None) -> MergePlan:
        """Open every conflict again, as one step; choices that fit no more are gone with it."""
        self._open(self.chosen().kept.values(), author)
        return plan.with_changes(dict.fromkeys(plan.resolutions))

    def unfit(self, plan: MergePlan, chosen: Chosen | None = None) -> list[Choice]:
        """What was chosen for conflicts that are no more, because the values at stake have changed."""
        kept = (chosen or self.chosen()).kept
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
        self._log.undo(*self._ends)
        return self.taken_in(plan)

    def redo(self, plan: MergePlan) -> MergePlan:
        """Make the step again that was taken back last."""
        self._log.redo(*self._ends)
        return self.taken_in(plan)

    def taken_in(self, plan: MergePlan, chosen: Chosen | None = None) -> MergePlan:
        """The plan with what stands now, such as what somebody else chose meanwhile."""
        kept = (chosen or self.chosen()).resolutions
        # What is chosen for a column decides which rows conflict.
        for _ in range(_ROUNDS):
            changes = self._news(plan, kept)
            if not changes:
                break
            plan = plan.with_changes(changes)
        return plan

    def _news(self, plan: MergePlan, kept: Mapping[str, Resolution]) -> dict[str, Resolution | None]:
        gone: dict[str, Resolution | None] = dict.fromkeys(plan.resolutions.keys() - kept.keys())
        # Only what may be different is compared as text, so that nothing is asked where nothing is new.
        doubtful = {key for key, choice in kept.items() if plan.resolutions.get(key) != choice}
        mine = self._as_texts(plan, plan.rows(doubtful & plan.resolutions.keys()))
        news = {key: kept[key] for key in doubtful if mine.get(key) != kept[key]}
        fitting = plan.fitting(news.keys())
        return gone | {key: choice for key, choice in news.items() if key in fitting}

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
