"""The merge rules as data: every file of ``cases/`` holds, and so does its mirror image.

A commit and a plan cost the same for one table as for many, so all the cases that are run share
one repository and one merge, each with its table under a name of its own.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import pytest

from hati_core import Branch, BranchView, MergePlan, Repository, Side, errors
from hati_core.model import Conflict

pytestmark = pytest.mark.every_backend

CASES = sorted(Path(__file__).parent.glob("cases/*.toml"))
KNOWN = {"rule", "base", "ours", "theirs", "conflicts", "merged", "branch_wins", "main_wins", "error", "message"}
MIRRORED = {"edit_delete": "delete_edit", "delete_edit": "edit_delete"}

Table = list[tuple[str, ...]]


@dataclass(frozen=True)
class Case:
    """One file, seen from one side or the other."""

    base: list[str]
    ours: list[str]
    theirs: list[str]
    conflicts: Table
    merged: Table
    branch_wins: Table
    main_wins: Table
    error: str
    message: str

    def mirrored(self) -> Case:
        head, rows = self.conflicts[:1], self.conflicts[1:]
        swapped = [(MIRRORED.get(kind, kind), *rest) for kind, *rest in rows]
        return Case(
            self.base,
            self.theirs,
            self.ours,
            head + sorted(swapped),
            self.merged,
            self.main_wins,
            self.branch_wins,
            self.error,
            self.message,
        )


def load(file: Path) -> Case:
    given: Mapping[str, str] = tomllib.loads(file.read_text())
    assert set(given) <= KNOWN, f"{file.name} has unknown parts: {sorted(set(given) - KNOWN)}"
    assert given["rule"]
    lines = {part: given[part].strip().splitlines() for part in ("base", "ours", "theirs")}
    tables = {part: table(given.get(part, "")) for part in ("conflicts", "merged", "branch_wins", "main_wins")}
    return Case(**lines, **tables, error=given.get("error", ""), message=given.get("message", ""))


def table(text: str) -> Table:
    """Head and sorted rows of a table written with bars."""
    rows = [tuple(cell.strip() for cell in line.split(" | ")) for line in text.strip().splitlines()]
    return rows[:1] + sorted(rows[1:])


def shown(value: object) -> str:
    return "NULL" if value is None else str(value) or "''"


def listed(conflicts: Iterable[Conflict]) -> Table:
    rows = sorted((c.kind.value, " · ".join(map(shown, c.key)), ", ".join(c.columns)) for c in conflicts)
    return [("kind", "key", "columns"), *rows] if rows else []


def rows_of(query: Callable[[str], list[dict[str, object]]], name: str) -> Table:
    """A table as text, by whatever runs a query."""
    head = tuple(str(column["column_name"]) for column in query(f"SELECT column_name FROM (DESCRIBE {name})"))
    cells = query(f"SELECT COLUMNS(*)::VARCHAR FROM {name}")
    return [head, *sorted(tuple(shown(value) for value in row.values()) for row in cells)]


def run(branch: Branch, scripts: Mapping[str, list[str]]) -> None:
    """The first line of every script as one commit, then the second, and so on; ``t`` is the case's own table."""
    for lines in zip_longest(*scripts.values(), fillvalue=""):
        with branch.transaction() as tx:
            for name, line in zip(scripts, lines, strict=True):
                if line:
                    tx.execute(re.sub(r"\bt\b", name, line))


def table_name(file: Path) -> str:
    return f"case_{CASES.index(file)}"


@dataclass(frozen=True)
class Merged:
    """One direction of a merge: its plans, and the target after the branch won."""

    branch_wins: MergePlan
    main_wins: MergePlan
    after: BranchView


@pytest.fixture(scope="module")
def merges(request: pytest.FixtureRequest, shared_repo: Repository) -> dict[bool, Merged]:
    """The merge of all the cases that are run, by whether it is mirrored."""
    here = [item for item in request.session.items if item.path == request.path and hasattr(item, "callspec")]
    params = [item.callspec.params for item in here]
    files = {table_name(each["file"]): load(each["file"]) for each in params if "file" in each}
    cases = {name: case for name, case in files.items() if not case.error}
    run(shared_repo.create_branch("base"), {name: case.base for name, case in cases.items()})
    for side, scripts in (
        ("left", {name: case.ours for name, case in cases.items()}),
        ("right", {name: case.theirs for name, case in cases.items()}),
    ):
        run(shared_repo.create_branch(side, "base"), scripts)
        shared_repo.create_branch(f"{side} target", side)
    merged = {}
    for mirror, source, target in ((False, "right", "left target"), (True, "left", "right target")):
        plan = shared_repo.plan_merge(source, into=target)
        merged[mirror] = Merged(
            plan.with_default(Side.THEIRS), plan.with_default(Side.OURS), shared_repo.branch(target)
        )
        shared_repo.apply_merge(merged[mirror].branch_wins)
    return merged


@pytest.mark.parametrize("mirror", [False, True], ids=["as-is", "mirrored"])
@pytest.mark.parametrize("file", [file for file in CASES if not load(file).error], ids=lambda file: file.stem)
def test_merge(merges: dict[bool, Merged], file: Path, mirror: bool) -> None:
    case = load(file).mirrored() if mirror else load(file)
    name, merged = table_name(file), merges[mirror]
    assert listed(merged.branch_wins.conflicts.of(name)) == case.conflicts
    if case.conflicts:
        assert rows_of(merged.branch_wins.query, name) == case.branch_wins
        assert rows_of(merged.main_wins.query, name) == case.main_wins
    assert rows_of(merged.after.query, name) == (case.branch_wins or case.merged)


@pytest.mark.parametrize("file", [file for file in CASES if load(file).error], ids=lambda file: file.stem)
def test_refused(shared_repo: Repository, file: Path) -> None:
    case, base = load(file), shared_repo.create_branch(file.stem)
    run(base, {"t": case.base})
    sides = [shared_repo.create_branch(f"{file.stem} {side}", base.name) for side in ("ours", "theirs")]
    for branch, script in zip(sides, (case.ours, case.theirs), strict=True):
        run(branch, {"t": script})
    for into, source in (sides, sides[::-1]):
        with pytest.raises(getattr(errors, case.error), match=case.message):
            shared_repo.plan_merge(source.name, into=into.name)


def test_every_case_expects_something() -> None:
    assert len(CASES) > 40
    for file in CASES:
        case = load(file)
        settled = bool(case.conflicts and case.branch_wins and case.main_wins)
        assert [bool(case.merged), settled, bool(case.error)].count(True) == 1, file
