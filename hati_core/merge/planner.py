"""Building a merge plan out of three points: first what the tables and columns are, then their rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from hati_core.merge.classify import IS_CONFLICT
from hati_core.merge.columns import Choose, Group, as_it_is, common, merge_columns
from hati_core.merge.context import MergeContext
from hati_core.merge.lineage import Point
from hati_core.merge.plan import MergePlan, PlanKind
from hati_core.merge.rows import scalar
from hati_core.merge.schema import Survivor, TableAction, TableFate, named_apart, table_fate
from hati_core.merge.schema_versions import with_versions
from hati_core.merge.shape import Shape, TableAt, typed
from hati_core.merge.table_plan import TableWork
from hati_core.merge.undone import undone_merges
from hati_core.model import Conflict, Resolution, Side
from hati_core.quote import identifier


def plan_points(
    context: MergeContext,
    kind: PlanKind,
    base: Point,
    ours: Point,
    theirs: Point,
    resolutions: Mapping[str, Resolution],
    default: Side | None = None,
) -> MergePlan:
    """Plan the merge of what happened from ``base`` to ``theirs`` into ``ours``.

    Resolutions that fit no conflict of the new plan are left out and listed in it.

    Raises:
        InvalidKey: rows of a table cannot be told apart.
    """

    def plan_again(resolutions: Mapping[str, Resolution], default: Side | None) -> MergePlan:
        return plan_points(context, kind, base, ours, theirs, resolutions, default)

    works = _Planner(context, base, ours, theirs, _chooser(resolutions, default)).run()
    plan = MergePlan(
        kind=kind,
        source=context.catalog(theirs.branch_id).name,
        target=context.catalog(ours.branch_id).name,
        base=base,
        ours=ours,
        theirs=theirs,
        notes=(*(note for work in works for note in work.notes), *_views_left(context, base, ours, theirs)),
        undone=undone_merges(context, base, ours, theirs) if kind is PlanKind.MERGE else (),
        resolutions={},
        default=default,
        dropped_resolutions=(),
        _context=context,
        _work={work.shape.table: work for work in works},
        _plan_again=plan_again,
    )
    return _with_fitting(plan, resolutions)


def _chooser(resolutions: Mapping[str, Resolution], default: Side | None) -> Choose:
    def choose(conflict: Conflict) -> Side | None:
        decided = resolutions.get(conflict.id, default)
        return decided if isinstance(decided, Side) else default

    return choose


def _with_fitting(plan: MergePlan, resolutions: Mapping[str, Resolution]) -> MergePlan:
    """The plan with those resolutions that still fit; ids change when the values at stake do."""
    known = plan.fitting(resolutions.keys())
    return replace(
        plan,
        resolutions={key: value for key, value in resolutions.items() if key in known},
        dropped_resolutions=tuple(key for key in resolutions if key not in known),
    )


@dataclass(frozen=True)
class _Planner:
    context: MergeContext
    base: Point
    ours: Point
    theirs: Point
    choose: Choose

    def run(self) -> list[TableWork]:
        points = {"base": self.base, "ours": self.ours, "theirs": self.theirs}
        tables = [_Table(self.context, there, self.choose) for there in self.context.paired_tables(points)]
        living = [table for table in tables if table.there["ours"].info or table.there["theirs"].info]
        planned = {id(table.there): table for table in living}
        fates = named_apart([table.fate() for table in living], self.choose)
        works = [planned[id(fate.there)].work(fate) for fate in fates]
        return sorted((with_versions(work) for work in works if work), key=lambda work: work.shape.table.casefold())


@dataclass(frozen=True)
class _Table:
    """One table on its way through a merge."""

    context: MergeContext
    there: Mapping[str, TableAt]
    choose: Choose

    @cached_property
    def groups(self) -> list[Group]:
        return self.context.groups(self.there)

    @property
    def is_untouched(self) -> bool:
        """Whether the source did nothing to it since the base."""
        base, theirs = self.there["base"], self.there["theirs"]
        return base.point == theirs.point or not (base.moved or theirs.moved)

    def fate(self) -> TableFate:
        """What becomes of it as a whole."""
        base, ours, theirs = (self.there[label].info for label in ("base", "ours", "theirs"))
        if self.is_untouched:
            info = ours or theirs
            assert info is not None
            return TableFate(self.there, TableAction.KEEP, info.name)
        one_sided = base is not None and (ours is None) != (theirs is None)
        survivor = self._survivor(Side.OURS if ours else Side.THEIRS) if one_sided else None
        return table_fate(self.there, survivor, self.choose)

    def _survivor(self, side: Side) -> Survivor:
        base, there = self.there["base"], self.there[side.value]
        columns = common(self.groups, side.value, "base")
        shape = self.context.shape(there.info.name if there.info else "", columns, [base, there])
        states = self.context.states(shape, self.there["ancestor"], {"base": base, side.value: there})
        sql = f"SELECT count(*) FROM {states.name} WHERE base IS DISTINCT FROM {side.value}"
        changed = scalar(self.context.engine, there.point.branch_id, sql)
        return Survivor(side, int(changed), self._is_altered(side.value))

    def _is_altered(self, label: str) -> bool:
        base, there = self.there["base"].info, self.there[label].info
        names = base and there and base.name == there.name
        return not names or any(group.at.get("base") != group.at.get(label) for group in self.groups)

    def work(self, fate: TableFate) -> TableWork | None:
        """Everything about it that does not depend on resolutions of rows; None where the merge leaves it alone."""
        if fate.action is TableAction.MERGE_ROWS:
            return self._merged(fate)
        source = self.there["theirs" if fate.action is TableAction.CREATE else "ours"]
        if fate.action is TableAction.KEEP and not fate.conflicts:
            return None
        source = source if source.info else self.there["theirs"]
        shape = self.context.shape(fate.name, as_it_is(self.groups, source.label), [source])
        return self._work(fate, shape)

    def _work(self, fate: TableFate, shape: Shape) -> TableWork:
        there = self.there
        return TableWork(
            fate.action, shape, there["ancestor"], there["ours"], there["theirs"], schema_conflicts=fate.conflicts
        )

    def _merged(self, fate: TableFate) -> TableWork:
        merge = merge_columns(fate.name, self.groups, self.choose, self._gave_values)
        points = {label: self.there[label] for label in ("base", "ours", "theirs")}
        shape = self.context.shape(fate.name, merge.columns, list(points.values()))
        result = self.context.outcomes(shape, self.there["ancestor"], points)
        branch_id = self.there["ours"].point.branch_id
        conflicts = scalar(self.context.engine, branch_id, f"SELECT count(*) FROM {result.name} WHERE {IS_CONFLICT}")
        return replace(
            self._work(fate, shape),
            classified=result,
            row_conflicts=int(conflicts),
            schema_conflicts=(*fate.conflicts, *merge.conflicts),
            notes=merge.notes,
        )

    def _gave_values(self, group: Group, keeper: str) -> bool:
        """Whether a side that still has a column set any value of it since the base."""
        base, there = self.there["base"], self.there[keeper]
        columns = common(self.groups, keeper, "base")
        shape = self.context.shape(there.info.name if there.info else "", columns, [base, there])
        states = self.context.states(shape, self.there["ancestor"], {"base": base, keeper: there})
        name = identifier(group.at[keeper].name)
        column = next(c for c in columns if c.name == group.at[keeper].name)
        before = f"CASE WHEN base IS NULL THEN {typed(column.default, column.type)} ELSE base.{name} END"
        changed = f"{keeper} IS NOT NULL AND {keeper}.{name} IS DISTINCT FROM {before}"
        sql = f"SELECT count(*) FROM {states.name} WHERE {changed}"
        return bool(scalar(self.context.engine, there.point.branch_id, sql))


def _views_left(context: MergeContext, base: Point, ours: Point, theirs: Point) -> tuple[str, ...]:
    """Views that only theirs has, or has in another form: they are not merged, and said to be so."""
    other = context.views(theirs)
    if not other:
        return ()
    mine, before = context.views(ours), context.views(base)
    target = context.catalog(ours.branch_id).name
    return tuple(
        f"The view “{name}” is not merged; create it on “{target}” if it is wanted there."
        for name, sql in other.items()
        if mine.get(name) != sql and before.get(name) != sql
    )
