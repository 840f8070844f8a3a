"""What tests that merge by hand do with branches."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from hati_core import Branch, BranchView, MergePlan, Repository, Side

numbers = itertools.count()

Rows = dict[str, tuple[object, ...]]


def set_up(repo: Repository) -> Desk:
    """A desk whose trunk has three positions."""
    trunk = repo.create_branch(f"trunk {next(numbers)}")
    with trunk.transaction() as tx:
        tx.execute("CREATE TABLE portfolio (ticker VARCHAR PRIMARY KEY, shares INTEGER NOT NULL, price DOUBLE)")
        tx.execute("INSERT INTO portfolio VALUES ('AAPL', 100, 1.5), ('MSFT', 75, 2.5), ('XOM', 10, 4.5)")
    return Desk(repo, trunk)


@dataclass(frozen=True)
class Desk:
    """A trunk with the table ``portfolio``, and what is done with it; other tests see nothing of it."""

    repo: Repository
    trunk: Branch

    def fork(self, *statements: str, parent: Branch | None = None) -> Branch:
        """A branch of the trunk, or of another branch, on which some statements were run."""
        branch = self.repo.create_branch(f"branch {next(numbers)}", (parent or self.trunk).name)
        for statement in statements:
            branch.execute(statement)
        return branch

    def plan(self, branch: Branch, into: Branch | None = None) -> MergePlan:
        return self.repo.plan_merge(branch.name, into=(into or self.trunk).name)

    def merge(self, branch: Branch, into: Branch | None = None, side: Side | None = None) -> None:
        self.repo.apply_merge(self.plan(branch, into).with_default(side))

    def rows(self, where: BranchView | MergePlan | None = None) -> Rows:
        """Shares and price by ticker, on the trunk unless somewhere else is named."""
        found = (where or self.trunk).query("SELECT * FROM portfolio ORDER BY ticker")
        return {row.pop("ticker"): tuple(row.values()) for row in found}
