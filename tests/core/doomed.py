"""A process that works on a repository until it is killed, and says on its output what it begins and what is done.

``python -m tests.core.doomed <place> <seed>``. Every commit writes the same rows to two tables, so that
half of one would show.
"""

from __future__ import annotations

import json
import random
import sys
from datetime import timedelta
from typing import Any

from hati_core import Branch, BranchView, Repository

NOW = timedelta(0)
MOST_BRANCHES = 4
SOME_KEYS = range(8)


def rows_of(view: BranchView) -> list[list[int]]:
    """The rows at the head or at a version; the two tables have to be the same."""
    rows = view.query("SELECT k, a.v, b.v AS again FROM a FULL JOIN b USING (k) ORDER BY k")
    assert all(row["v"] == row["again"] for row in rows), f"half of a commit is visible on {view}"
    return [[row["k"], row["v"]] for row in rows]


class Doomed:
    """Does one thing after the other."""

    def __init__(self, repo: Repository, seed: int) -> None:
        self.repo = repo
        self.random = random.Random(seed)
        self.seed = seed
        self.acts = [self.fork, self.fork_an_old_version, self.write, self.write, self.merge, self.revert]
        self.acts += [self.sync, self.define, self.discard, self.bring_back, self.collect, self.compact]

    def run(self) -> None:
        if not self.repo.main.has_tables():
            with self.repo.main.transaction() as tx:
                for table in ("a", "b"):
                    tx.execute(f"CREATE TABLE {table} (k INTEGER PRIMARY KEY, v INTEGER)")
        self.say(ready=self.repo.main.head)
        while True:
            self.random.choice(self.acts)()

    def say(self, **what: Any) -> None:
        print(json.dumps(what), flush=True)

    def names(self) -> list[str]:
        return [info.name for info in self.repo.branches()]

    def any_branch(self) -> Branch:
        return self.repo.branch(self.random.choice(self.names()))

    def committed(self, act: str, branch: Branch, **more: Any) -> None:
        self.say(done=act, id=branch.id, name=branch.name, version=branch.head, rows=rows_of(branch), **more)

    def fork(self) -> None:
        self.forked(self.any_branch(), None)

    def fork_an_old_version(self) -> None:
        parent = self.any_branch()
        self.forked(parent, self.random.randint(1, parent.head))

    def forked(self, parent: Branch, at: int | None) -> None:
        if len(self.names()) < MOST_BRANCHES:
            self.say(begin="fork", id=None)
            name = f"{self.seed} {self.random.random()}"
            self.committed("fork", self.repo.create_branch(name, parent=parent.name, at=at))

    def write(self) -> None:
        branch = self.any_branch()
        key, value = self.random.choice(SOME_KEYS), self.random.randrange(1000)
        self.say(begin="write", id=branch.id)
        with branch.transaction() as tx:
            for table in ("a", "b"):
                tx.execute(f"DELETE FROM {table} WHERE k IN ({key}, {key + 1})")
                tx.execute(f"INSERT INTO {table} VALUES ({key}, {value})")
        self.committed("write", branch)

    def define(self) -> None:
        branch = self.any_branch()
        table = f"made_{self.random.randrange(10**9)}"
        self.say(begin="define", id=branch.id)
        branch.execute(f"CREATE TABLE {table} (z INTEGER, y INTEGER PRIMARY KEY)")
        self.committed("define", branch, table=table)

    def merge(self) -> None:
        if len(self.names()) > 1:
            source, target = map(self.repo.branch, self.random.sample(self.names(), 2))
            self.merged(source, target, "merge")

    def merged(self, source: Branch, target: Branch, act: str) -> None:
        self.say(begin=act, id=target.id)
        seen = source.head
        if act == "sync":
            self.repo.sync(target.name)
        else:
            self.repo.merge(source.name, "branch_wins", into=target.name)
        self.committed(act, target, merged=[source.id, seen])

    def sync(self) -> None:
        branch = self.any_branch()
        if branch.name != "main" and not self.repo.plan_merge("main", into=branch.name).conflicts:
            self.merged(self.repo.main, branch, "sync")

    def revert(self) -> None:
        branch = self.any_branch()
        if branch.head > 1:
            plan = self.repo.plan_revert(branch.name, self.random.randint(2, branch.head))
            if not plan.conflicts and not plan.violations:
                self.say(begin="revert", id=branch.id)
                self.repo.apply_merge(plan)
                self.committed("revert", branch)

    def discard(self) -> None:
        branch = self.any_branch()
        if branch.name != "main":
            self.say(begin="discard", id=branch.id)
            self.repo.discard(branch.name)
            self.say(done="discard", id=branch.id)

    def bring_back(self) -> None:
        for info in self.repo.branches("discarded")[:1]:
            self.say(begin="bring back", id=info.id)
            self.repo.undiscard(info.name, branch_id=info.id)
            self.say(done="bring back", id=info.id)

    def collect(self) -> None:
        self.say(begin="collect", id=None)
        self.repo.gc(NOW)
        self.say(done="collect", id=None)

    def compact(self) -> None:
        branch = self.any_branch()
        self.say(begin="compact", id=None)
        self.repo.compact(branch.name)
        self.say(done="compact", id=None)


if __name__ == "__main__":
    with Repository.open(sys.argv[1], author="doomed") as opened:
        Doomed(opened, int(sys.argv[2])).run()
