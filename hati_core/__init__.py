"""Branch data like code: fork, change, compare, merge. Works alone, without a screen."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hati_core.branch import Branch
    from hati_core.branch_view import BranchView
    from hati_core.errors import HatiError
    from hati_core.history import TablePage
    from hati_core.mandate import Mandate
    from hati_core.merge.blame import CellBlame, CellChange
    from hati_core.merge.conflict_filter import ConflictFilter
    from hati_core.merge.diff import Diff, TableDiff
    from hati_core.merge.plan import MergePlan
    from hati_core.merge.row_filter import RowFilter
    from hati_core.merge.table_plan import TablePlan
    from hati_core.merge.undone import UndoneMerge
    from hati_core.model import (
        BranchInfo,
        ChangeKind,
        Check,
        Commit,
        CompactReport,
        Conflict,
        ConflictKind,
        GcReport,
        Origin,
        PastStatement,
        RowChange,
        Side,
        Strategy,
        TableEdits,
        TableInfo,
        Violation,
    )
    from hati_core.previews import Preview, TablePreview
    from hati_core.repository import Repository
    from hati_core.scenarios.metrics import Breakdown, Metric
    from hati_core.scenarios.units import Unit
    from hati_core.storage.commit_filter import CommitFilter
    from hati_core.storage.limits import Stop

__all__ = [
    "Branch",
    "BranchInfo",
    "BranchView",
    "Breakdown",
    "CellBlame",
    "CellChange",
    "ChangeKind",
    "Check",
    "Commit",
    "CommitFilter",
    "CompactReport",
    "Conflict",
    "ConflictFilter",
    "ConflictKind",
    "Diff",
    "GcReport",
    "HatiError",
    "Mandate",
    "MergePlan",
    "Metric",
    "Origin",
    "PastStatement",
    "Preview",
    "Repository",
    "RowChange",
    "RowFilter",
    "Side",
    "Stop",
    "Strategy",
    "TableDiff",
    "TableEdits",
    "TableInfo",
    "TablePage",
    "TablePlan",
    "TablePreview",
    "UndoneMerge",
    "Unit",
    "Violation",
]

_HOMES = {
    "branch": ("Branch",),
    "branch_view": ("BranchView",),
    "errors": ("HatiError",),
    "history": ("TablePage",),
    "mandate": ("Mandate",),
    "merge.blame": ("CellBlame", "CellChange"),
    "merge.conflict_filter": ("ConflictFilter",),
    "merge.diff": ("Diff", "TableDiff"),
    "merge.plan": ("MergePlan",),
    "merge.row_filter": ("RowFilter",),
    "merge.table_plan": ("TablePlan",),
    "merge.undone": ("UndoneMerge",),
    "model": (
        "BranchInfo",
        "ChangeKind",
        "Check",
        "Commit",
        "CompactReport",
        "Conflict",
        "ConflictKind",
        "GcReport",
        "Origin",
        "PastStatement",
        "RowChange",
        "Side",
        "Strategy",
        "TableEdits",
        "TableInfo",
        "Violation",
    ),
    "previews": ("Preview", "TablePreview"),
    "repository": ("Repository",),
    "scenarios.metrics": ("Breakdown", "Metric"),
    "scenarios.units": ("Unit",),
    "storage.commit_filter": ("CommitFilter",),
    "storage.limits": ("Stop",),
}

if not TYPE_CHECKING:
    # A type checker sees the names above, and no others.
    def __getattr__(name: str) -> object:
        """Load what is asked for when it is asked for: ``hati --help`` is not to wait for the engine."""
        home = next((home for home, names in _HOMES.items() if name in names), None)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f"hati_core.{home}"), name)
        return value
