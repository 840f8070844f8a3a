"""How fast branches are, as ratios: a branch against ``main``, and against copying the table.

Sides that are compared take turns, so that a busy machine slows both; each figure is a median.
Run: ``make bench``, or ``.venv/bin/python -m tests.benchmarks.bench --rows 1000 1000000``.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from hati_core import Branch, Repository

SIZES = (1_000, 1_000_000, 10_000_000)
MERGED_ROWS = 1_000


@dataclass(frozen=True)
class Figure:
    """One line of the table; ``limit`` is what to reach, as a text and as a test of it."""

    name: str
    value: str
    beside: str
    target: str
    reached: bool | None


class Bench:
    """The measurements at one number of rows."""

    def __init__(self, root: Path, rows: int, runs: int) -> None:
        self._repo = Repository.open(root / f"{rows}", author="bench")
        self._rows = rows
        self._runs = runs
        self._made = 0
        main = self._repo.main
        columns = "ticker VARCHAR PRIMARY KEY, shares INTEGER, avg_cost DOUBLE, current_price DOUBLE"
        main.execute(f"CREATE TABLE portfolio ({columns})")
        main.execute(
            "INSERT INTO portfolio SELECT printf('T%08d', range), hash(range, 1) % 1000, "
            f"hash(range, 2) % 100000 / 100, hash(range, 3) % 100000 / 100 FROM range({rows})"
        )
        self._write(main)
        self._fork()

    def close(self) -> None:
        """Let go of the repository."""
        self._repo.close()

    def fork(self) -> float:
        """Median milliseconds of a fork."""
        return median(timed(self._fork) for _ in range(self._runs))

    def writes(self) -> tuple[float, float, float]:
        """Median milliseconds of a one-row write: on main, at once on a fresh branch, on a fresh copy of the table."""
        sides: tuple[list[float], ...] = ([], [], [])
        for number in range(self._runs):
            branch = self._fork()
            sides[1].append(timed(lambda branch=branch: self._write(branch)))
            sides[0].append(timed(lambda: self._write(self._repo.main)))
            if number < 3:
                sides[2].append(timed(self._copy_and_write))
                self._repo.main.execute("DROP TABLE copied")
        on_main, on_branch, copied = map(median, sides)
        return on_main, on_branch, copied

    def reads(self) -> tuple[float, float]:
        """Median milliseconds of the portfolio's value: on main and on a branch, both written once and read before."""
        main, branch = self._repo.main, self._fork()
        self._write(branch)
        sql = "SELECT sum(shares * current_price) FROM portfolio"
        for side in (main, branch):
            side.query(sql)
        pairs = [(timed(lambda: main.query(sql)), timed(lambda: branch.query(sql))) for _ in range(3 * self._runs)]
        return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)

    def merge(self) -> float:
        """Median milliseconds to plan and apply a merge into a main that has moved by as many other rows."""
        return median(self._merge() for _ in range(3))

    def _merge(self) -> float:
        branch, step = self._fork(), max(2, self._rows // MERGED_ROWS)
        branch.execute(_every(step, 0))
        self._repo.main.execute(_every(step, 1))
        return timed(lambda: self._repo.merge(branch.name, "abort"))

    def _fork(self) -> Branch:
        self._made += 1
        return self._repo.create_branch(f"b{self._made}")

    def _write(self, branch: Branch) -> None:
        branch.execute(f"UPDATE portfolio SET shares = shares + 1 WHERE ticker = 'T{self._rows // 2:08}'")

    def _copy_and_write(self) -> None:
        main = self._repo.main
        main.execute("CREATE TABLE copied AS FROM portfolio")
        main.execute(f"UPDATE copied SET shares = shares + 1 WHERE ticker = 'T{self._rows // 2:08}'")


def _every(step: int, rest: int) -> str:
    """Change every so many rows."""
    return f"UPDATE portfolio SET shares = shares + 1 + {rest} WHERE ticker[2:]::INTEGER % {step} = {rest}"


def timed(work: Callable[[], object]) -> float:
    """Milliseconds that ``work`` takes."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def figures(bench: Bench, rows: int, smallest_fork: float | None) -> tuple[list[Figure], float]:
    """All lines for one size, and its fork's milliseconds."""
    fork = bench.fork()
    on_main, on_branch, copied = bench.writes()
    read_main, read_branch = bench.reads()
    merge = bench.merge()
    flat = fork / (smallest_fork or fork)
    large = rows >= 10_000_000
    return [
        Figure("fork", ms(fork), f"{flat:.2f} × that of the smallest", "< 50 ms, flat", fork < 50),
        Figure("write on main", ms(on_main), "", "", None),
        compared("first write on a branch", on_branch, on_main, 1.5),
        Figure(
            "copy of the table + write",
            ms(copied),
            f"{copied / on_branch:.1f} × first write on a branch",
            "≥ 30 × at 10 M" if large else "",
            copied >= 30 * on_branch if large else None,
        ),
        Figure("read on main", ms(read_main), "", "", None),
        compared("read on a branch", read_branch, read_main, 1.15),
        Figure(f"merge of {min(MERGED_ROWS, rows // 2):,} rows", ms(merge), "", "< 2 s at 10 M", merge < 2000),
    ], fork


def compared(name: str, value: float, on_main: float, most: float) -> Figure:
    """The line for what takes ``most`` times as long as on main at the most."""
    return Figure(name, ms(value), f"{value / on_main:.2f} × main", f"≤ {most} × main", value <= most * on_main)


def ms(milliseconds: float) -> str:
    """Milliseconds, as shown."""
    return f"{milliseconds:,.1f} ms"


def main() -> None:
    """Measure every size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=SIZES)
    parser.add_argument("--runs", type=int, default=9, help="how often each figure is taken")
    options = parser.parse_args()
    smallest = None
    print(f"{'rows':>12}  {'what':<26}{'median':>14}  {'beside':<38}{'to reach':<18}")
    with tempfile.TemporaryDirectory() as root:
        for rows in sorted(options.rows):
            bench = Bench(Path(root), rows, options.runs)
            lines, fork = figures(bench, rows, smallest)
            smallest = smallest or fork
            bench.close()
            for line in lines:
                verdict = {None: "", True: "ok", False: "miss"}[line.reached]
                shown = f"{line.name:<26}{line.value:>14}  {line.beside:<38}{line.target:<18}{verdict}"
                print(f"{rows:>12,}  {shown}", flush=True)


if __name__ == "__main__":
    main()
