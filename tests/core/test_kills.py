"""A process killed at any moment loses nothing that it committed, and leaves nothing half-done.

``SOAK=1`` kills 200 processes. A failure names its seed; ``KILL_SEEDS=7`` kills that one's
processes again, as nearly as the clock allows.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hati_core import Branch, Repository
from hati_core.model import BranchStatus
from hati_core.storage.address import Address
from tests.conftest import NewPlace
from tests.core.doomed import rows_of
from tests.core.processes import ROOT
from tests.servers import Postgres

KILLS = 10
"""In one repository, one after the other."""
SOAK = os.environ.get("SOAK") == "1"
SEEDS = [int(seed) for seed in os.environ.get("KILL_SEEDS", "").split(",") if seed] or list(range(20 if SOAK else 2))
SERVER_KILLS = 10 if SOAK else 2
SERVER_SEEDS = SEEDS[: 10 if SOAK else 1]
MOST_LINES = 16
LONGEST_MOMENT = 0.12
"""Seconds that a process is left to itself after the last line; longer than most of what it does."""
OLD_VERSIONS = 1
"""Of each branch, looked at beside the last one, before and after a collection."""
NOW = timedelta(0)


@dataclass
class Told:
    """What the processes said so far; what the last one had begun may be done or not."""

    rows: dict[str, dict[int, list[list[int]]]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    discarded: set[str] = field(default_factory=set)
    merges: set[tuple[str, str, int]] = field(default_factory=set)
    keyed: dict[tuple[str, int], str] = field(default_factory=dict)
    open: dict[str, Any] | None = None
    lines: int = 0

    def hear(self, line: str) -> None:
        print(line, end="")
        said = json.loads(line)
        self.lines += 1
        self.open = said if "begin" in said else None
        if "rows" in said:
            self.names[said["id"]] = said["name"]
            self.rows.setdefault(said["id"], {})[said["version"]] = said["rows"]
        if "merged" in said:
            self.merges.add((said["id"], *said["merged"]))
        if "table" in said:
            self.keyed[said["id"], said["version"]] = said["table"]
        if said.get("done") == "discard":
            self.discarded.add(said["id"])
        if said.get("done") == "bring back":
            self.discarded.discard(said["id"])

    def is_open(self, *acts: str, branch_id: str | None = None) -> bool:
        return self.open is not None and self.open["begin"] in acts and self.open["id"] == branch_id


def kill_one(place: str, seed: int, told: Told) -> None:
    """Start a process, let it say a few lines, and kill it a moment later."""
    chance = random.Random(seed)
    command = [sys.executable, "-W", "error", "-m", "tests.core.doomed", place, str(seed)]
    # Unbuffered, or lines that were read ahead would be missing from what is left at the end.
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
    assert process.stdout is not None
    assert process.stderr is not None
    for _ in range(chance.randint(0, MOST_LINES)):
        line = process.stdout.readline()
        if not line:
            break
        told.hear(line.decode())
    # Nothing is ever written to its errors unless it fails, so this is a wait for a moment.
    select.select([process.stderr], [], [], chance.random() * LONGEST_MOMENT)
    process.kill()
    rest, errors = process.communicate()
    assert process.returncode == -signal.SIGKILL, errors.decode()
    for line in rest.decode().splitlines(keepends=True):
        if line.endswith("\n"):
            told.hear(line)


def check(place: str, told: Told, chance: random.Random) -> None:
    """Hold a repository that a process was killed on against what it had said."""
    with Repository.open(place, author="heir") as repo:
        live = {info.id: info for info in repo.branches()}
        for branch_id, name in told.names.items():
            if branch_id not in told.discarded and not told.is_open("discard", branch_id=branch_id):
                assert branch_id in live, f"{name} is gone"
        assert len(live.keys() - told.names.keys() - {repo.main.id}) <= int(told.is_open("fork"))
        for info in live.values():
            branch = repo.branch(info.name)
            check_versions(branch, told, chance)
            check_registry(repo, branch, told)
            assert not missing_files(repo, branch.id), f"files of {branch.name} are gone"
        for info in live.values():
            probe(repo.branch(info.name), told)
        check_leftovers(repo)
        for info in live.values():
            check_versions(repo.branch(info.name), told, chance)
        told.open = None
        forget_collected(repo, told)


def check_versions(branch: Branch, told: Told, chance: random.Random) -> None:
    said = told.rows.get(branch.id, {})
    last = max(said, default=1)
    may_have_moved = told.open is not None and told.open["id"] == branch.id
    assert last <= branch.head, f"commits of {branch.name} are lost"
    if said:
        assert branch.head <= last + int(may_have_moved), f"{branch.name} has a commit that nobody made"
    for version in {*sorted(said)[-1:], *chance.sample(sorted(said), min(len(said), OLD_VERSIONS))}:
        assert rows_of(branch.at(version)) == said[version], f"{branch.name} at {version}"
    if branch.head != last:
        rows_of(branch)


def check_registry(repo: Repository, branch: Branch, told: Told) -> None:
    registry, catalog = repo._store.registry, repo._store.catalog(branch.id)
    row = registry.branch(branch.id)
    assert row is not None
    merges = {(merge.target_id, merge.source_id, merge.source_version) for merge in registry.merges()}
    said = {merge for merge in told.merges if merge[0] == branch.id}
    with repo._store.engine.metadata_session(branch.id) as cursor:
        made = [news.journal.merged for news in catalog.news(row.fork_version or 0, branch.head, cursor)]
    logged = {(branch.id, merged[0], merged[1]) for merged in made if merged}
    assert said | logged <= merges, f"merges into {branch.name} are lost"
    for (branch_id, version), table in told.keyed.items():
        if branch_id == branch.id:
            assert branch.at(version).table(table).key == ("y",)


def missing_files(repo: Repository, branch_id: str) -> set[str]:
    """Files that a catalog names at any version and that are not there."""
    return named_files(repo, branch_id) - stored_files(repo)


def stored_files(repo: Repository) -> set[str]:
    return {file.base for file in repo._store.engine.place.data.list()}


def named_files(repo: Repository, branch_id: str) -> set[str]:
    engine = repo._store.engine
    with engine.metadata_session(branch_id) as cursor:
        data, deletes = (engine.metadata(branch_id, f"ducklake_{kind}_file") for kind in ("data", "delete"))
        paths = cursor.execute(f"SELECT path FROM {data} UNION ALL SELECT path FROM {deletes}").fetchall()
    return {Path(path).name for (path,) in paths}


def probe(branch: Branch, told: Told) -> None:
    """The branch can be written as if nothing had happened."""
    with branch.transaction() as tx:
        for table in ("a", "b"):
            tx.execute(f"DELETE FROM {table} WHERE k = -1")
            tx.execute(f"INSERT INTO {table} VALUES (-1, {branch.head})")
    told.names[branch.id] = branch.name
    told.rows.setdefault(branch.id, {})[branch.head] = rows_of(branch)


def check_leftovers(repo: Repository) -> None:
    """A collection leaves nothing but what some branch needs."""
    repo.gc(NOW)
    known = {row.id for row in repo._store.registry.all_branches() if row.status is not BranchStatus.COLLECTED}
    left = repo._store.engine.place.leftovers().keys()
    assert left <= known, f"leftovers: {left - known}"
    needed = {name for branch_id in known for name in named_files(repo, branch_id)}
    assert stored_files(repo) == needed


def forget_collected(repo: Repository, told: Told) -> None:
    kept = {info.id for info in repo.branches("all")}
    told.discarded = {info.id for info in repo.branches("discarded")}
    for known in (told.names, told.rows):
        for branch_id in known.keys() - kept:
            del known[branch_id]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_killed_process_loses_nothing_and_leaves_nothing_half_done(tmp_path: Path, seed: int) -> None:
    kill_again_and_again(str(tmp_path / "hati"), seed, KILLS, lambda: None)


@pytest.mark.parametrize("seed", SERVER_SEEDS)
def test_the_same_on_a_server(new_server: NewPlace, postgres: Postgres, seed: int) -> None:
    def end_connections() -> None:
        """The server notices by itself that a process died, but what that had begun may go on for a moment."""
        with postgres.connect(Address.parse(place).database or "") as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    place = new_server()
    kill_again_and_again(place, seed, SERVER_KILLS, end_connections)


def kill_again_and_again(place: str, seed: int, kills: int, end_connections: Callable[[], None]) -> None:
    told, interrupted = Told(), []
    with Repository.open(place) as repo, repo.main.transaction() as tx:
        for table in ("a", "b"):
            tx.execute(f"CREATE TABLE {table} (k INTEGER PRIMARY KEY, v INTEGER)")
    for kill in range(kills):
        print(f"seed {seed}, kill {kill}: {told.open}")
        kill_one(place, seed * KILLS + kill, told)
        interrupted.append(told.open["begin"] if told.open else "nothing")
        end_connections()
        check(place, told, random.Random(seed))
    print(f"seed {seed}: killed during {interrupted}, after {told.lines} lines")
    assert told.lines > kills
