"""How long a page takes to answer, in milliseconds of its script, as one person alone uses it.

Run: ``make bench``, or ``.venv/bin/python -m tests.benchmarks.pages --rows 1000000``.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from hati_core import Repository
from pages.parts.session import repository
from tests.app.screen import Screen
from tests.benchmarks.bench import Figure, timed
from tests.benchmarks.others import COLUMNS, rows_query
from tests.benchmarks.peers import below

CONFLICTS = 1_000
BRANCHES, HELD = 50, 100_000


def choices(home: Path, rows: int, runs: int) -> Iterator[Figure]:
    """The Merge page with many conflicts: opening it, and choosing for one of them."""
    with Repository.open(home, author="bench") as repo:
        _fill(repo, rows)
        changed = f"UPDATE portfolio SET shares = shares + {{}} WHERE ticker < 'T{CONFLICTS:08}'"
        repo.create_branch("bold").execute(changed.format(1))
        repo.main.execute(changed.format(2))
    screen = Screen()
    opened = timed(lambda: screen.open("Merge", branch="bold"))
    assert f"of {CONFLICTS:,}" in screen.metrics["! Conflicts left"], screen.metrics
    _choose(screen, 0)
    chosen = median(timed(lambda number=number: _choose(screen, number)) for number in range(1, runs + 1))
    name = f"{CONFLICTS:,} conflicts, {rows:,} rows"
    yield below(f"{name}: a choice", chosen, 300, "the whole page, warm")
    yield Figure(f"{name}: opening", f"{opened:,.0f} ms", "with the program's own start", "", None)


def _choose(screen: Screen, number: int) -> None:
    """Take the one branch's value, then the other's, of the conflict in hand."""
    radio = next(radio for radio in screen.at.radio if str(radio.key).startswith("choice-"))
    radio.set_value(radio.options[number % 2])
    screen.run()


def lists(home: Path, runs: int) -> Iterator[Figure]:
    """The pages that show every branch."""
    with Repository.open(home, author="bench") as repo:
        _fill(repo, HELD)
        for number in range(BRANCHES - 1):
            repo.create_branch(f"b{number}").execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'T00000000'")
    never = timed(lambda: Screen().open("Overview"))
    for page in ("Overview", "Branches"):
        repository.clear()
        screen = Screen()
        cold = timed(lambda screen=screen, page=page: screen.open(page))
        warm = median(timed(screen.run) for _ in range(runs))
        yield below(f"{page}, {BRANCHES} branches, warm", warm, 400)
        yield below(f"{page}, {BRANCHES} branches, cold", cold, 2000, "the repository opened anew")
    yield Figure("Overview, nothing ever measured", f"{never:,.0f} ms", "with the program's own start", "", None)


def compared(home: Path, runs: int) -> Iterator[Figure]:
    """The page Compare with as many branches as it takes, and a history of prices."""
    with Repository.open(home, author="bench") as repo:
        _fill(repo, HELD)
        repo.main.execute(
            "CREATE TABLE prices AS SELECT DATE '2024-01-01' + (month * 30)::INTEGER AS day, ticker, "
            "current_price * (1 + month / 100) AS price FROM portfolio, range(24) AS months(month)"
        )
        for number in range(1, 5):
            changed = f"UPDATE portfolio SET shares = shares + {number} WHERE ticker < 'T{number * CONFLICTS:08}'"
            repo.create_branch(f"b{number}").execute(changed)
    screen = Screen()
    names = ["main", *(f"b{number}" for number in range(1, 5))]
    cold = timed(lambda: screen.open("Compare", **{"with": "|".join(names)}))
    assert len(screen.at.table[0].value.columns) == 1 + len(names), screen.problems
    warm = median(timed(screen.run) for _ in range(runs))
    yield below(f"Compare, 5 branches, {HELD:,} rows, warm", warm, 400)
    yield Figure("Compare, nothing ever worked out", f"{cold:,.0f} ms", "with the program's own start", "", None)


def _fill(repo: Repository, rows: int) -> None:
    repo.main.execute(f"CREATE TABLE portfolio ({COLUMNS})")
    repo.main.execute(f"INSERT INTO portfolio {rows_query(rows)}")
    repo.set_key("portfolio", ["ticker"])


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=9, help="how often each figure is taken")
    parser.add_argument("--of", choices=["choices", "lists", "compared"], default="choices")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        os.environ["HATI_HOME"] = str(Path(root) / options.of)
        home = Path(os.environ["HATI_HOME"])
        measured = {
            "choices": lambda: choices(home, options.rows, options.runs),
            "lists": lambda: lists(home, options.runs),
            "compared": lambda: compared(home, options.runs),
        }
        for line in measured[options.of]():
            verdict = {None: "", True: "ok", False: "miss"}[line.reached]
            print(f"{line.name:<46}{line.value:>12}  {line.beside:<34}{line.target:<12}{verdict}", flush=True)


if __name__ == "__main__":
    main()
