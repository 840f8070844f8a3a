"""Writing a plan as one commit, for whoever made it."""

from __future__ import annotations

from hati_core.errors import BranchMoved
from hati_core.mandate import Mandate
from hati_core.merge.apply import PlanWriter, require_complete
from hati_core.merge.plan import MergePlan, PlanKind
from hati_core.merge.schema import TableAction
from hati_core.merge.violations import checks_of, gained_checks
from hati_core.model import Check, Commit
from hati_core.storage.catalog import Journal
from hati_core.store import Store
from hati_core.transaction import transaction


def apply_plan(
    store: Store, plan: MergePlan, message: str | None, author: str | None, mandate: Mandate | None = None
) -> Commit:
    """Write a plan on its target; returns the commit, or the head where nothing had to be written.

    Raises:
        UnresolvedConflicts: a conflict is open.
        CheckViolation: the merged rows break a rule.
        BranchMoved: a branch has commits that the plan has not seen.
    """
    require_complete(plan)
    theirs = plan.theirs
    is_merge = plan.kind is PlanKind.MERGE
    with PlanWriter(store.engine, plan) as writer:
        writer.prepare()
        with transaction(
            store,
            plan.ours.branch_id,
            plan.target,
            author=author or store.author,
            message=message or plan.default_message,
            about=Journal(
                merged=(theirs.branch_id, theirs.version, plan.source) if is_merge else None,
                reverts=plan.base.version if plan.kind is PlanKind.REVERT else None,
                restores=theirs.version if plan.kind is PlanKind.RESTORE else None,
            ),
            mandate=mandate,
        ) as tx:
            _require_unmoved(store, plan, tx.head)
            tx.before_definition()
            touched, keys = writer.write(tx.cursor)
            tx.retype(name for name, work in plan.work().items() if any(step.retypes for step in work.alterations))
            tx.note(*touched, keys=keys, checks=_checks(plan), rekeyed=False)
    if is_merge:
        store.registry.choices.forget(theirs.branch_id, plan.ours.branch_id)
    commit = store.catalog(plan.ours.branch_id).commits(1, until=tx.head + 1)[0]
    if is_merge and commit.version == tx.head:
        store.registry.record_merge(plan.ours.branch_id, tx.head, theirs.branch_id, theirs.version)
    return commit


def _checks(plan: MergePlan) -> dict[str, tuple[Check, ...]]:
    """The checks of tables that take over some of the other side's, or are new under their names."""
    known, found = plan.context.checks, {}
    for name, work in plan.work().items():
        gained = gained_checks(known, work)
        if gained or work.renamed_from or work.action is TableAction.CREATE:
            found[name] = (*checks_of(known, [work.ours.info]), *gained)
    return found


def _require_unmoved(store: Store, plan: MergePlan, head: int) -> None:
    seen = [(plan.target, plan.target_version, head)]
    if plan.kind is PlanKind.MERGE:
        store.require_live(plan.theirs.branch_id, plan.source)
        seen.append((plan.source, plan.source_version, store.head(plan.theirs.branch_id)))
    for branch, expected, actual in seen:
        if expected != actual:
            raise BranchMoved(
                f"“{branch}” has changed since this was planned. Nothing was written; plan it again. "
                "Choices that still fit are kept.",
                branch=branch,
                expected=expected,
                actual=actual,
            )
