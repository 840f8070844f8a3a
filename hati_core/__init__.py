"""Branch data like code: fork, change, compare, merge. Works alone, without a screen."""

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
from hati_core.scenarios.metrics import Breakdown, Metric, Unit
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
