"""How fast branches are beside HatiData's own local engine and a native DuckDB table, in one run.

Sides that are compared take turns, so that a busy machine slows both; each figure is a median.
Run: ``make bench``, or ``.venv/bin/python -m tests.benchmarks.peers --rows 1000000``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from hati_core import Branch, Repository, Side
from tests.benchmarks.bench import Figure, ms, timed
from tests.benchmarks.others import Native, Peer, rows_query

SMALL = 1_000
SUM = "SELECT sum(shares * current_price) FROM portfolio"
CHANGED, CONFLICTS = 1_000, 100
BRANCHES, EXPLORED, THREADS = 200, 32, 8
MEGABYTE = 1_000_000


class Ours:
    """A repository with the portfolio on ``main``, keyed by ticker."""

    def __init__(self, root: Path, rows: int) -> None:
        self.root = root
        self.rows = rows
        self.repo = Repository.open(root, author="bench")
        self._made = 0
        columns = "ticker VARCHAR PRIMARY KEY, shares INTEGER, avg_cost DOUBLE, current_price DOUBLE"
        self.repo.main.execute(f"CREATE TABLE portfolio ({columns})")
        self.repo.main.execute(f"INSERT INTO portfolio {rows_query(rows)}")
        self.write(self.fork())

    def fork(self, parent: str = "main") -> Branch:
        """A fresh branch."""
        self._made += 1
        return self.repo.create_branch(f"b{self._made}", parent)

    def chain(self, depth: int) -> Branch:
        """A branch of a branch … of ``main``."""
        parent = self.repo.main
        for _ in range(depth):
            parent = self.fork(parent.name)
        return parent

    def write(self, branch: Branch) -> None:
        """Change one row."""
        branch.execute(one_row(self.rows))

    def sides(self) -> Branch:
        """A branch and ``main`` that each changed rows, some of them the same."""
        branch = self.fork()
        branch.execute(many_rows(0, CHANGED, "shares + 1"))
        self.repo.main.execute(many_rows(CHANGED - CONFLICTS, 2 * CHANGED - CONFLICTS, "shares + 2"))
        return branch

    def merge(self, branch: Branch) -> None:
        """Plan, settle every conflict for the branch, and apply."""
        plan = self.repo.plan_merge(branch.name)
        assert len(plan.conflicts) == CONFLICTS, len(plan.conflicts)
        self.repo.apply_merge(plan.with_default(Side.THEIRS))


def one_row(rows: int) -> str:
    """An update of the row in the middle."""
    return f"UPDATE portfolio SET shares = shares + 1 WHERE ticker = 'T{rows // 2:08}'"


def many_rows(first: int, until: int, value: str) -> str:
    """An update of the rows of those numbers."""
    return f"UPDATE portfolio SET shares = {value} WHERE ticker >= 'T{first:08}' AND ticker < 'T{until:08}'"


def turns(runs: int, *sides: Callable[[], object]) -> list[float]:
    """Median milliseconds of each side, taken in turns."""
    taken = [[timed(side) for side in sides] for _ in range(runs)]
    return [median(times) for times in zip(*taken, strict=True)]


def at_most(name: str, value: float, beside: float, label: str, most: float) -> Figure:
    """The line for what may take ``most`` times as long as something else."""
    ratio = value / beside
    return Figure(name, ms(value), f"{ratio:.2f} × {label} ({ms(beside)})", f"≤ {most} ×", ratio <= most)


def faster(name: str, value: float, beside: float, label: str, least: float) -> Figure:
    """The line for what has to be ``least`` times as fast as something else."""
    ratio = beside / value
    return Figure(name, ms(value), f"{ratio:.1f} × faster than {label} ({ms(beside)})", f"≥ {least} ×", ratio >= least)


def below(name: str, value: float, most: float, beside: str = "") -> Figure:
    """The line for what may take so many milliseconds."""
    return Figure(name, ms(value), beside, f"≤ {most:,.0f} ms", value <= most)


def forks(large: Ours, small: Ours, peer: Peer, runs: int) -> Iterator[Figure]:
    """Forks by size, by depth and beside the peer's views."""
    at_large, at_small, theirs = turns(runs, large.fork, small.fork, peer.fork)
    yield at_most(f"fork at {large.rows:,} rows", at_large, at_small, f"at {SMALL:,} rows", 1.3)
    yield Figure("fork of the peer (views)", ms(theirs), "", "", None)
    first, deep = large.chain(1), large.chain(99)
    at_one, at_hundred = turns(runs, lambda: large.fork(first.name), lambda: large.fork(deep.name))
    yield at_most("fork at depth 100", at_hundred, at_one, "at depth 1", 1.3)
    yield below("fork at depth 100", at_hundred, 40)


def first_writes(large: Ours, peer: Peer, native: Native, runs: int) -> Iterator[Figure]:
    """The first one-row write in a fresh branch beside the others'."""
    sql = one_row(large.rows)
    sides: tuple[list[float], ...] = ([], [], [], [])
    for number in range(runs):
        branch = large.fork()
        sides[0].append(timed(lambda branch=branch: large.write(branch)))
        sides[1].append(timed(lambda: large.write(large.repo.main)))
        if number < 3:
            theirs = peer.fork()
            sides[2].append(timed(lambda theirs=theirs: peer.first_write(theirs, sql)))
            peer.discard(theirs)
            sides[3].append(timed(lambda: native.copy_and_write(sql)))
    ours, on_main, peers, natives = map(median, sides)
    yield faster("first write in a branch", ours, peers, "the peer's", 50)
    yield faster("first write in a branch", ours, natives, "a native copy", 50)
    yield at_most("first write in a branch", ours, on_main, "on main", 1.3)


def reads(large: Ours, native: Native, runs: int) -> Iterator[Figure]:
    """Reads of a branch at depth 50 with 50 commits beside ``main`` and a native table."""
    deep = large.chain(50)
    for number in range(50):
        deep.execute(f"UPDATE portfolio SET shares = {number} WHERE ticker = 'T{number * large.rows // 60:08}'")
    middle = large.rows // 2
    keys = ", ".join(f"'T{number * large.rows // 100:08}'" for number in range(100))
    for name, sql, most in (
        ("sum, depth 50, 50 commits", SUM, 1.15),
        ("100 rows by key", f"FROM portfolio WHERE ticker IN ({keys})", 1.5),
        ("a range of 100 rows", f"FROM portfolio WHERE ticker BETWEEN 'T{middle:08}' AND 'T{middle + 99:08}'", 1.5),
    ):
        asked = (
            lambda sql=sql: deep.query(sql),
            lambda sql=sql: large.repo.main.query(sql),
            lambda sql=sql: native.read(sql),
        )
        turns(1, *asked)
        branch, main, natives = turns(runs, *asked)
        yield at_most(name, branch, main, "main", most)
        yield (
            at_most(name, branch, natives, "native", 2)
            if sql is SUM
            else Figure(name, ms(branch), f"{branch / natives:.2f} × native ({ms(natives)})", "", None)
        )


def merges(large: Ours, peer: Peer) -> Iterator[Figure]:
    """Plan and apply beside the peer's merge, which replaces the table; then its memory, in a fresh process."""
    ours, theirs = [], []
    for _ in range(3):
        branch = large.sides()
        ours.append(timed(lambda branch=branch: large.merge(branch)))
        other = peer.fork()
        peer.first_write(other, many_rows(0, CHANGED, "shares + 1"))
        theirs.append(timed(lambda other=other: peer.merge(other)))
    yield below(f"merge, {CHANGED:,} rows a side, {CONFLICTS} conflicts", median(ours), 1000)
    yield faster("merge", median(ours), median(theirs), "the peer's", 1)
    branch = large.sides()
    large.repo.close()
    command = [sys.executable, "-m", "tests.benchmarks.peers", "--memory-of", str(large.root), branch.name]
    grown = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout) / MEGABYTE
    large.repo = Repository.open(large.root, author="bench")
    yield Figure("memory of that merge", f"{grown:,.0f} MB", "above idle, at its peak", "≤ 300 MB", grown <= 300)


def print_memory_of_merge(root: str, branch: str) -> None:
    """Bytes that a merge takes above what the process has when it is idle."""
    with Repository.open(root, author="bench") as repo:
        for name in ("main", branch):
            repo.branch(name).query("SELECT 1")
        idle = resident()
        with peak() as highest:
            repo.apply_merge(repo.plan_merge(branch).with_default(Side.THEIRS))
    print(max(highest) - idle)


@contextmanager
def peak() -> Iterator[list[int]]:
    """Watch the resident memory of this process, in bytes."""
    seen, over = [resident()], threading.Event()

    def watch() -> None:
        while not over.wait(0.002):
            seen.append(resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def resident() -> int:
    """The resident memory of this process in bytes, as Linux tells it."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def storage(root: Path, rows: int) -> Figure:
    """What a hundred branches with ten edited rows each add to ``main`` alone."""
    ours = Ours(root, rows)
    alone = size_of(root)
    for number in range(100):
        ours.fork().execute(many_rows(number * 10, number * 10 + 10, "shares + 1"))
    ours.repo.close()
    ratio = size_of(root) / alone
    shown = f"{(size_of(root) - alone) / MEGABYTE:,.1f} MB more than main's {alone / MEGABYTE:,.0f}"
    return Figure("storage of 100 branches", f"{ratio:.3f} ×", shown, "≤ 1.05 ×", ratio <= 1.05)


def size_of(root: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(file.stat().st_size for file in root.rglob("*") if file.is_file())


def small_tables(root: Path, runs: int) -> Iterator[Figure]:
    """Fork, write, read and merge together, where a table has few rows; beside the peer."""
    for rows in (3, SMALL):
        ours, peer = Ours(root / f"small {rows}", rows), Peer(root / f"small {rows}.duckdb", rows)
        together, theirs = turns(runs, lambda o=ours: _small_story(o), lambda p=peer, r=rows: _peers_story(p, r))
        yield below(f"fork + write + read + merge, {rows:,} rows", together, 200, f"the peer: {ms(theirs)}")
        ours.repo.close()
        peer.close()


def _small_story(ours: Ours) -> None:
    branch = ours.fork()
    ours.write(branch)
    branch.query(SUM)
    ours.repo.merge(branch.name, "abort")


def _peers_story(peer: Peer, rows: int) -> None:
    branch = peer.fork()
    peer.first_write(branch, one_row(rows))
    peer.read(branch, SUM)
    peer.merge(branch)


def listing(root: Path, runs: int) -> Iterator[Figure]:
    """The list of branches with the value of every metric on each, in a fresh process and later."""
    ours = Ours(root / "listing", SMALL)
    for _ in range(BRANCHES - 2):
        ours.write(ours.fork())
    ours.repo.close()
    never = _cold(ours)
    cold = _cold(ours)
    warm = median(timed(lambda: listed(ours.repo)) for _ in range(runs))
    yield below(f"list {BRANCHES} branches with metrics, warm", warm, 50)
    yield below(f"list {BRANCHES} branches with metrics, cold", cold, 3000, "opening included")
    yield Figure("the same, nothing ever measured", ms(never), "opening included", "", None)
    ours.repo.close()


def _cold(ours: Ours) -> float:
    """Milliseconds from an address to the list."""
    ours.repo.close()
    return timed(lambda: setattr(ours, "repo", _opened_and_listed(ours.root)))


def _opened_and_listed(root: Path) -> Repository:
    repo = Repository.open(root, author="bench")
    listed(repo)
    return repo


def listed(repo: Repository) -> None:
    """What the list of branches shows."""
    metrics = repo.measures.metrics(repo.main)
    found = repo.measures.listed(repo.branches(), metrics)
    assert len(found) == BRANCHES, len(found)
    assert all(value.problem is None for values in found.values() for value in values)


def exploring(root: Path) -> Figure:
    """Branches forked, written five times and measured, by eight threads and by one."""
    ours = Ours(root / "exploring", 100_000)
    metrics = ours.repo.measures.metrics(ours.repo.main)

    def explore(number: int) -> None:
        branch = ours.repo.create_branch(f"explored {number}")
        for _ in range(5):
            ours.write(branch)
        assert all(value.problem is None for value in ours.repo.measures.values(branch, metrics))

    def all_at_once(first: int, threads: int) -> None:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(explore, range(first, first + EXPLORED)))

    times = [
        timed(lambda first=first, threads=threads: all_at_once(first, threads))
        for first, threads in ((0, 1), (100, THREADS), (200, 1), (300, THREADS))
    ]
    ours.repo.close()
    one, many = (times[0] + times[2]) / 2, (times[1] + times[3]) / 2
    name = f"{EXPLORED} branches by {THREADS} threads"
    return faster(name, many, one, "by one", 1.6)


def figures(root: Path, rows: int, runs: int) -> Iterator[Figure]:
    """Every line, in the order in which it is measured."""
    large, small = Ours(root / "large", rows), Ours(root / "few", SMALL)
    peer, native = Peer(root / "peer.duckdb", rows), Native(root / "native.duckdb", rows)
    # A commit waits for the disk, which would still be busy with the gigabytes just made.
    os.sync()
    yield from forks(large, small, peer, runs)
    yield from first_writes(large, peer, native, runs)
    yield from reads(large, native, runs)
    yield from merges(large, peer)
    for side in (large.repo, small.repo, peer, native):
        side.close()
    yield storage(root / "storage", rows)
    yield from small_tables(root, runs)
    yield from listing(root, runs)
    yield exploring(root)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=9, help="how often each figure is taken")
    parser.add_argument("--memory-of", nargs=2, metavar=("REPOSITORY", "BRANCH"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory_of:
        print_memory_of_merge(*options.memory_of)
        return
    print(f"{options.rows:,} rows, beside HatiData's local engine (the peer) and a native DuckDB table")
    print(f"{'what':<44}{'median':>14}  {'beside':<52}{'to reach':<12}")
    with tempfile.TemporaryDirectory() as root:
        for line in figures(Path(root), options.rows, options.runs):
            verdict = {None: "", True: "ok", False: "miss"}[line.reached]
            print(f"{line.name:<44}{line.value:>14}  {line.beside:<52}{line.target:<12}{verdict}", flush=True)


if __name__ == "__main__":
    main()
