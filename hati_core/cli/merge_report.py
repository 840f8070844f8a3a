"""What came of planning a merge, for a terminal and as JSON."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

from hati_core.cli.changes import PlannedTable, table_document, tables_lines, violation_documents, violation_lines
from hati_core.cli.conflict_files import question_document, side_text
from hati_core.cli.history import commit_document
from hati_core.cli.outcomes import Outcome
from hati_core.cli.printing import visible
from hati_core.cli.questions import SIDES, Labels, Makers, Question, questions
from hati_core.cli.resolutions import ends_of
from hati_core.merge.plan import MergePlan
from hati_core.model import Commit, Side
from hati_core.names import MAIN
from hati_core.phrases import count


@dataclass(frozen=True)
class Report:
    """A plan and what became of it.

    ``is_refused`` says that conflicts alone are a reason not to merge, ``has_moved`` that the choices were made for
    other versions. ``commit`` is the branch's newest one once ``is_merged``.
    """

    plan: MergePlan
    makers: Makers
    is_refused: bool = False
    has_moved: bool = False
    is_merged: bool = False
    commit: Commit | None = None
    outcome: Outcome = field(default_factory=Outcome)

    @property
    def is_stuck(self) -> bool:
        """Whether it cannot be written as it stands."""
        return bool(self.is_refused or self.plan.open_conflicts or self.plan.violations)

    @property
    def takes_out(self) -> bool:
        """Whether it takes work out of the target because somebody undid a merge of it on the other side."""
        return bool(self.tables) and any(one.is_taken_out for one in self.plan.undone)

    @property
    def way_back(self) -> Sequence[str]:
        """Commands that bring back what undone merges had brought; once it was taken out of the target, the merge's."""
        if self.written and self.takes_out:
            return [_revert(self.written.version, self.plan.target)]
        return [_revert(one.landed.last.version, one.landed.merge.branch) for one in self.plan.undone]

    @property
    def written(self) -> Commit | None:
        """The commit that was made; None where nothing had to be written."""
        return self.commit if self.commit and self.commit.version != self.plan.target_version else None

    @cached_property
    def tables(self) -> list[PlannedTable]:
        """The tables that the merge changes."""
        return [PlannedTable(table) for table in self.plan.tables.values() if table]

    def open(self, limit: int) -> list[Question]:
        """The first of what is still to be decided."""
        return list(islice((one for one in questions(self.plan) if one.choice is None), limit))


def document(report: Report, limit: int) -> Mapping[str, Any]:
    """All of it as JSON has it, with so many rows of each table and so many questions."""
    plan, labels = report.plan, Labels.of(report.plan)
    left = report.open(limit) if report.is_stuck else []
    return {
        **ends_of(plan),
        "merged": report.is_merged,
        "moved": report.has_moved,
        "commit": commit_document(report.written) if report.written else None,
        "tables": {table.table: table_document(table, limit) for table in report.tables},
        "conflicts": len(plan.conflicts),
        "open_conflicts": len(plan.conflicts if report.is_refused else plan.open_conflicts),
        "questions": [question_document(one, labels, report.makers) for one in left],
        "violations": violation_documents(plan.violations),
        "undone": [one.message for one in plan.undone],
        "needs_yes": report.takes_out and not report.is_merged,
        "way_back": report.way_back,
        "notes": plan.notes,
        "metrics": report.outcome.document(),
    }


def lines(report: Report, limit: int) -> Iterator[str]:
    """All of it as lines."""
    plan = report.plan
    source, target = f"{plan.source}@{plan.source_version}", f"{plan.target}@{plan.target_version}"
    for text in (*plan.notes, *(one.message for one in plan.undone)):
        yield f"! {visible(text)}"
    for command in report.way_back:
        yield f"! {'The way back' if report.written else 'To have it again'}: {visible(command)}"
    if report.has_moved:
        yield visible(f"A branch has moved since the choices were made. Nothing was written: {source} into {target}.")
    elif report.is_refused or plan.open_conflicts:
        left = len(plan.conflicts if report.is_refused else plan.open_conflicts)
        yield visible(f"{count(left, 'conflict')} between {target} and {source}. Nothing was written.")
        yield from _question_lines(report, limit)
    elif plan.violations:
        yield visible(f"Merging {source} into {target} would break a rule. Nothing was written.")
        yield from violation_lines(plan.violations)
    elif not report.tables:
        yield visible(f"{target} has all of {source} already.")
    else:
        if report.written:
            yield visible(f"Merged {source} into {plan.target}, which is at version {report.written.version} now.")
        else:
            asks = " Add --yes to do it." if report.takes_out else ""
            yield visible(f"Merging {source} into {target} would write this; nothing was written.{asks}")
        yield from report.outcome.lines()
        yield from tables_lines(report.tables, limit)


def _revert(version: int, branch: str) -> str:
    where = "" if branch == MAIN else f" --branch {shlex.quote(branch)}"
    return f"hati revert {version}{where} --yes"


def _question_lines(report: Report, limit: int) -> Iterator[str]:
    labels = Labels.of(report.plan)
    names = {Side.BASE: labels.base, Side.OURS: labels.target, Side.THEIRS: labels.source}
    width = max(len(visible(name)) for name in names.values())
    shown = report.open(limit)
    for one in shown:
        yield ""
        yield f"! {visible(one.name)}"
        for side in SIDES:
            gone = one.column is None and one.sides[side] is None
            value = "(no such row)" if gone else side_text(one.sides[side])
            commit = report.makers.of(one.conflict, side, one.column)
            by = f"  by {commit.author}, {commit.at:%Y-%m-%d %H:%M}: {commit.message}" if commit else ""
            yield f"    {visible(names[side]):<{width}}  {visible(value)}{visible(by)}"
    yield ""
    if len(shown) == limit:
        yield "There may be more; --limit shows them."
    yield "Settle them by --conflicts-to FILE and --resolutions FILE, by --strategy, or on the page Merge of the app."
