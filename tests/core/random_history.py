"""A random history of one repository beside a model of it in plain dicts."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from hati_core import Branch, BranchView, Repository, Side
from hati_core.merge.plan import MergePlan, PlanKind
from hati_core.model import TableEdits
from hati_core.storage.compaction import compact_branches
from tests.merge.merge_oracle import Cells, Table, merge

KEYS = range(24)
NOW = timedelta(0)
COLUMNS = ("a", "b")
TEXTS = (None, "", "x", "it's")


class GivenUp(Exception):
    """Makes a transaction roll back."""


class RandomHistory:
    """Steps of a history that is the same for the same seed; :meth:`check` holds the repository against the model."""

    def __init__(self, place: str, seed: int) -> None:
        self.place = place
        self.random = random.Random(seed)
        self.repo = Repository.open(place, author="ada")
        self.names: dict[str, str] = {}
        self.discarded: dict[str, str] = {}
        self.states: dict[str, dict[int, Table]] = {}
        self.done: list[str] = []
        with self.repo.main.transaction() as tx:
            tx.execute("CREATE TABLE t (k INTEGER PRIMARY KEY, a INTEGER, b VARCHAR)")
        self.first = self.repo.main.head
        self.names["main"] = self.repo.main.id
        self.states[self.repo.main.id] = {self.first: {}}
        self.insert()

    def close(self) -> None:
        self.repo.close()

    def step(self) -> None:
        """Do one thing, chosen at random, and look at what is most likely to have suffered."""
        chances: list[tuple[int, Callable[[], None]]] = [
            (6, self.insert),
            (10, self.update),
            (5, self.delete),
            (4, self.several),
            (4, self.edit),
            (2, self.roll_back),
            (1, self.replace_all),
            (4, self.fork),
            (4, self.fork_an_old_version),
            (6, self.merge),
            (3, self.revert),
            (2, self.discard),
            (1, self.bring_back),
            (2, self.collect),
            (4, self.compact),
            (1, self.reopen),
        ]
        act = self.random.choices([act for _, act in chances], [weight for weight, _ in chances])[0]
        self.done.append(act.__name__)
        act()
        self.check_one(self.any_branch())

    def any_branch(self) -> Branch:
        return self.repo.branch(self.random.choice(sorted(self.names)))

    def head_of(self, branch: Branch) -> Table:
        return self.states[branch.id][max(self.states[branch.id])]

    def took(self, branch: Branch, before: int, state: Table) -> None:
        """Note what a commit made of a branch; a statement that touched nothing may be a version or not."""
        after = branch.head
        assert after - before in (0, 1), (branch, before, after)
        if after == before:
            assert state == self.head_of(branch), branch
        self.states[branch.id][after] = state

    def write(self, branch: Branch, *statements: tuple[str, Table]) -> None:
        before = branch.head
        with branch.transaction() as tx:
            for sql, _ in statements:
                tx.execute(sql)
        self.took(branch, before, statements[-1][1])

    def cells(self) -> Cells:
        return {"a": self.random.choice([None, *range(5)]), "b": self.random.choice(TEXTS)}

    def some(self, keys: list[int], most: int = 4) -> list[int]:
        return sorted(self.random.sample(keys, min(len(keys), self.random.randint(1, most))))

    def inserted(self, table: Table) -> tuple[str, Table]:
        rows = {key: self.cells() for key in self.some([key for key in KEYS if key not in table])}
        values = ", ".join(f"({key}, {sql(row['a'])}, {sql(row['b'])})" for key, row in rows.items())
        text = f"INSERT INTO t VALUES {values}" if rows else "UPDATE t SET a = a WHERE false"
        return text, {**table, **rows}

    def updated(self, table: Table) -> tuple[str, Table]:
        keys = self.some(sorted(table))
        column, value = self.random.choice([("a", self.cells()["a"]), ("b", self.cells()["b"])])
        after = {key: {**row, column: value} if key in keys else row for key, row in table.items()}
        return f"UPDATE t SET {column} = {sql(value)} WHERE list_contains({keys}::INTEGER[], k)", after

    def deleted(self, table: Table) -> tuple[str, Table]:
        keys = self.some(sorted(table))
        after = {key: row for key, row in table.items() if key not in keys}
        return f"DELETE FROM t WHERE list_contains({keys}::INTEGER[], k)", after

    def insert(self) -> None:
        branch = self.any_branch()
        self.write(branch, self.inserted(self.head_of(branch)))

    def update(self) -> None:
        branch = self.any_branch()
        self.write(branch, self.updated(self.head_of(branch)))

    def delete(self) -> None:
        branch = self.any_branch()
        self.write(branch, self.deleted(self.head_of(branch)))

    def several(self) -> None:
        branch = self.any_branch()
        statements, state = [], self.head_of(branch)
        for _ in range(self.random.randint(2, 4)):
            statements.append(self.random.choice([self.inserted, self.updated, self.deleted])(state))
            state = statements[-1][1]
        self.write(branch, *statements)

    def edit(self) -> None:
        branch = self.any_branch()
        table = self.head_of(branch)
        new = {key: self.cells() for key in self.some([key for key in KEYS if key not in table])}
        changed = {key: self.cells() for key in self.some(sorted(table))}
        gone = [key for key in self.some(sorted(table)) if key not in changed]
        before = branch.head
        branch.edit(
            "t",
            TableEdits(
                [{"k": key, **row} for key, row in new.items()],
                {(key,): dict(row) for key, row in changed.items()},
                [(key,) for key in gone],
            ),
        )
        after = {key: row for key, row in {**table, **new, **changed}.items() if key not in gone}
        self.took(branch, before, after)

    def roll_back(self) -> None:
        branch = self.any_branch()
        before = branch.head
        with suppress(GivenUp), branch.transaction() as tx:
            state = self.head_of(branch)
            for make in (self.inserted, self.updated, self.deleted):
                text, state = make(state)
                tx.execute(text)
            raise GivenUp
        assert branch.head == before

    def replace_all(self) -> None:
        branch = self.any_branch()
        self.write(branch, ("DELETE FROM t", {}), self.inserted({}))

    def fork(self) -> None:
        self.forked(self.any_branch(), None)

    def fork_an_old_version(self) -> None:
        parent = self.any_branch()
        self.forked(parent, self.random.randint(self.first, parent.head))

    def forked(self, parent: Branch, at: int | None) -> None:
        if len(self.names) > 8:
            return
        child = self.repo.create_branch(f"b{len(self.states)}", parent=parent.name, at=at)
        self.names[child.name] = child.id
        states = self.states[parent.id]
        self.states[child.id] = {version: state for version, state in states.items() if at is None or version <= at}

    def merge(self) -> None:
        if len(self.names) > 1:
            source, target = self.random.sample(sorted(self.names), 2)
            self.applied(self.repo.plan_merge(source, into=target))

    def revert(self) -> None:
        branch = self.any_branch()
        if branch.head > self.first:
            self.applied(self.repo.plan_revert(branch.name, self.random.randint(self.first + 1, branch.head)))

    def applied(self, plan: MergePlan) -> None:
        base, ours, theirs = (self.states[p.branch_id][p.version] for p in (plan.base, plan.ours, plan.theirs))
        expected = merge(base, ours, theirs)
        kinds = {(conflict.key[0], conflict.kind.value) for conflict in plan.conflicts}
        assert kinds == {(clash.key, clash.kind) for clash in expected.clashes}, (plan.kind, plan.base)
        side = self.random.choice([Side.OURS, Side.THEIRS])
        branch = self.repo.branch(plan.target)
        before = branch.head
        self.repo.apply_merge(plan.with_default(side))
        self.took(branch, before, expected.ours_wins if side is Side.OURS else expected.theirs_wins)
        if plan.kind is PlanKind.MERGE:
            assert not self.repo.plan_merge(plan.source, into=plan.target).tables

    def discard(self) -> None:
        branch = self.any_branch()
        if branch.name != "main":
            self.repo.discard(branch.name)
            self.discarded[branch.name] = self.names.pop(branch.name)

    def bring_back(self) -> None:
        if self.discarded:
            name = self.random.choice(sorted(self.discarded))
            self.repo.undiscard(name)
            self.names[name] = self.discarded.pop(name)

    def collect(self) -> None:
        dry = self.repo.gc(NOW, dry_run=True)
        wet = self.repo.gc(NOW)
        assert (dry.branches, dry.files, dry.bytes) == (wet.branches, wet.files, wet.bytes)
        for name in wet.branches:
            del self.discarded[name]

    def compact(self) -> None:
        branch = self.any_branch()
        versions = sorted({self.random.randint(self.first, branch.head) for _ in range(3)} | {branch.head})
        before = branch.head, [self.physical(branch, version) for version in versions]
        row = self.repo._store.row(branch.name)
        compact_branches(self.repo._store.engine, [row], least=self.random.choice([2, 2, 4]), patient=True)
        assert (branch.head, [self.physical(branch, version) for version in versions]) == before, versions

    def physical(self, branch: Branch, version: int) -> list[object]:
        """Rows with their lineage, and how they came and went since."""
        catalog = self.repo._store.catalog(branch.id)
        with self.repo._store.engine.session(branch.id) as cursor:
            feed = f"('{catalog.alias}', 'main', 't', {version}, {branch.head})"
            return [
                cursor.execute(f"SELECT rowid, snapshot_id, * FROM {relation} ORDER BY ALL").fetchall()
                for relation in (
                    catalog.at("t", version),
                    f"ducklake_table_insertions{feed}",
                    f"ducklake_table_deletions{feed}",
                )
            ]

    def reopen(self) -> None:
        self.repo.close()
        self.repo = Repository.open(self.place, author="ada")

    def check_one(self, branch: Branch) -> None:
        """The head and one old version of a branch."""
        self.check_state(branch, branch.head)
        self.check_state(branch.at(version := self.random.randint(self.first, branch.head)), version)

    def check_state(self, view: BranchView, version: int) -> None:
        rows = view.query("FROM t")
        found = {row["k"]: {column: row[column] for column in COLUMNS} for row in rows}
        assert (found, len(rows)) == (self.states[view.id][version], len(found)), (view.name, version)
        assert view.query("SELECT count(*) AS n FROM t") == [{"n": len(rows)}], (view.name, version)

    def check_all(self) -> None:
        """Every branch at every version, and that no catalog ever inlined data."""
        assert {info.name for info in self.repo.branches()} == set(self.names)
        for name in sorted(self.names):
            branch = self.repo.branch(name)
            assert branch.head == max(self.states[branch.id])
            for version in range(self.first, branch.head + 1):
                self.check_state(branch.at(version), version)
            self.check_inlining(branch)

    def check_inlining(self, branch: Branch) -> None:
        engine = self.repo._store.engine
        with engine.metadata_session(branch.id) as cursor:
            options = cursor.execute(
                f"SELECT value FROM {engine.metadata(branch.id, 'ducklake_metadata')} "
                "WHERE key = 'data_inlining_row_limit'"
            ).fetchall()
            tables = cursor.execute("SELECT DISTINCT database_name, table_name FROM duckdb_tables()").fetchall()
        inlined = [table for _, table in tables if re.fullmatch(r"ducklake_inlined_data_\d+_\d+", table)]
        assert (options, inlined) == ([("0",)], []), branch.name


def sql(value: object) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
