"""Building a merge plan out of three points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hati_core.errors import SchemaMergeRefused
from hati_core.merge.classify import IS_CONFLICT, classified
from hati_core.merge.context import MergeContext, Scratch
from hati_core.merge.lineage import Point
from hati_core.merge.plan import MergePlan, PlanKind
from hati_core.merge.rows import scalar
from hati_core.merge.schema import TableAction, added_columns, table_action
from hati_core.merge.states import Shape, TableAt, shared_columns
from hati_core.merge.table_plan import TableWork
from hati_core.model import Resolution


def plan_points(
    context: MergeContext,
    kind: PlanKind,
    base: Point,
    ours: Point,
    theirs: Point,
    resolutions: Mapping[str, Resolution],
) -> MergePlan:
    """Plan the merge of what happened from ``base`` to ``theirs`` into ``ours``.

    Resolutions that fit no conflict of the new plan are left out and listed in it.

    Raises:
        InvalidKey: rows of a table cannot be told apart.
        SchemaMergeRefused: columns or tables changed in ways that are not merged yet.
    """
    work = {}
    for name, there in context.tables_by_name({"base": base, "ours": ours, "theirs": theirs}).items():
        planned = _plan_table(context, name, there)
        if planned:
            work[name] = planned
    plan = MergePlan(
        kind=kind,
        source=context.catalog(theirs.branch_id).name,
        target=context.catalog(ours.branch_id).name,
        base=base,
        ours=ours,
        theirs=theirs,
        notes=_views_left(context, base, ours, theirs),
        resolutions={},
        default=None,
        dropped_resolutions=(),
        _context=context,
        _work=work,
    )
    return _with_fitting(plan, resolutions)


def _with_fitting(plan: MergePlan, resolutions: Mapping[str, Resolution]) -> MergePlan:
    """The plan with those resolutions that still fit; ids change when the values at stake do."""
    known = plan.conflicts.known(list(resolutions))
    return replace(
        plan,
        resolutions={key: value for key, value in resolutions.items() if key in known},
        dropped_resolutions=tuple(key for key in resolutions if key not in known),
    )


def _plan_table(context: MergeContext, name: str, there: Mapping[str, TableAt]) -> TableWork | None:
    base, ours, theirs = there["base"], there["ours"], there["theirs"]
    if base.point == theirs.point or not (base.moved or theirs.moved):
        return None
    action = table_action(base.info, ours.info, theirs.info)
    if action is TableAction.MERGE_ROWS:
        return _plan_rows(context, name, there)
    if action is TableAction.CREATE:
        assert theirs.info is not None
        key, origin = context.key_for(name, theirs.info.columns, [theirs])
        return TableWork(action, Shape(name, theirs.info.columns, key, origin), ours, theirs)
    survivor = ours if action is TableAction.DROP else theirs
    if survivor.info and base.info and _changed(context, name, there, survivor, base):
        dropped_by, edited_by = (theirs, ours) if action is TableAction.DROP else (ours, theirs)
        raise SchemaMergeRefused(
            f"“{dropped_by.catalog.name}” dropped the table “{name}”, and “{edited_by.catalog.name}” changed rows "
            f"in it. Drop it on “{edited_by.catalog.name}” too, or bring it back on “{dropped_by.catalog.name}”, "
            "then merge.",
            table=name,
        )
    if action is TableAction.DROP:
        assert ours.info is not None
        key, origin = context.key_for(name, ours.info.columns, [ours])
        return TableWork(action, Shape(name, ours.info.columns, key, origin), ours, theirs)
    return None


def _changed(context: MergeContext, name: str, there: Mapping[str, TableAt], survivor: TableAt, base: TableAt) -> bool:
    """Whether the side that still has the table changed it since the base."""
    assert survivor.info is not None
    assert base.info is not None
    columns = shared_columns([survivor.info, base.info])
    key, origin = context.key_for(name, columns, [base, survivor])
    states = context.states(Shape(name, columns, key, origin), there["ancestor"], {"base": base, "ours": survivor})
    sql = f"SELECT count(*) FROM {states.name} WHERE base IS DISTINCT FROM ours"
    return bool(scalar(context.engine, survivor.point.branch_id, sql))


def _plan_rows(context: MergeContext, name: str, there: Mapping[str, TableAt]) -> TableWork:
    base, ours, theirs = there["base"], there["ours"], there["theirs"]
    assert ours.info is not None
    assert theirs.info is not None
    added = added_columns(base.info, ours.info, theirs.info, (ours.catalog.name, theirs.catalog.name))
    columns = ours.info.columns + added
    key, origin = context.key_for(name, columns, [base, ours, theirs])
    shape = Shape(name, columns, key, origin)
    points = {"base": base, "ours": ours, "theirs": theirs}
    states = context.states(shape, there["ancestor"], points)
    result = Scratch(context.engine, "classified")
    with context.engine.session(ours.point.branch_id) as cursor:
        cursor.execute(f"CREATE TABLE {result.name} AS {classified(states.name, shape, context.row_level)}")
    conflicts = scalar(context.engine, ours.point.branch_id, f"SELECT count(*) FROM {result.name} WHERE {IS_CONFLICT}")
    return TableWork(TableAction.MERGE_ROWS, shape, ours, theirs, result, conflicts, added)


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
