"""Branches beside each other: what differs, how each is spread over its parts, and that it is worked out once."""

from __future__ import annotations

import pytest

from hati_core import Branch, BranchInfo, Breakdown, ChangeKind, Repository, RowFilter
from hati_core.errors import EngineRestarted, HatiError
from hati_core.scenarios.allocation import Holding, largest_parts
from tests.core.dying import Trap

VALUE = Breakdown("portfolio", "shares * current_price", ("ticker",))
EVERY = ("AAPL", "GOOGL", "MSFT", "NVDA")


@pytest.fixture
def bold(repo: Repository, main: Branch) -> Branch:
    """A branch with twice the AAPL (18,500 more), NVDA new (190,000) and GOOGL gone (8,750 less)."""
    branch = repo.create_branch("bold")
    with branch.transaction() as tx:
        tx.execute("UPDATE portfolio SET shares = 200 WHERE ticker = 'AAPL'")
        tx.execute("INSERT INTO portfolio VALUES ('NVDA', 200, 800.0, 950.0)")
        tx.execute("DELETE FROM portfolio WHERE ticker = 'GOOGL'")
    return branch


def infos(repo: Repository) -> list[BranchInfo]:
    return repo.branches()


def test_a_difference_is_worked_out_once_for_two_versions(repo: Repository, bold: Branch) -> None:
    before, after = infos(repo)
    found = repo.comparisons.diff(before, after)
    table = found.tables["portfolio"]
    assert (table.added, table.removed, table.changed) == (1, 1, 1)
    assert repo.comparisons.diff(before, after) is found
    bold.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'MSFT'")
    assert repo.comparisons.diff(*infos(repo)).tables["portfolio"].changed == 2
    assert repo.comparisons.diff(before, after).tables["portfolio"].changed == 1


def test_another_key_makes_another_difference(repo: Repository, bold: Branch) -> None:
    repo.comparisons.diff(*infos(repo))
    repo.set_key("portfolio", ["ticker", "shares"])
    table = repo.comparisons.diff(*infos(repo)).tables["portfolio"]
    assert (table.added, table.removed, table.changed) == (2, 2, 0)


def test_changed_rows_are_filtered_by_column_and_text(repo: Repository, bold: Branch) -> None:
    bold.execute("UPDATE portfolio SET current_price = 421.5 WHERE ticker = 'MSFT'")
    table = repo.comparisons.diff(*infos(repo)).tables["portfolio"]

    def found(wanted: RowFilter) -> list[str]:
        rows = table.where(wanted)
        assert rows.added + rows.removed + rows.changed == len(rows.rows())
        return [row.key[0] for row in rows.rows()]

    assert found(RowFilter()) == ["AAPL", "GOOGL", "MSFT", "NVDA"]
    assert found(RowFilter(column="shares")) == ["AAPL", "GOOGL", "NVDA"]
    assert found(RowFilter(text="aapl")) == ["AAPL"]
    assert found(RowFilter(text="421.5")) == ["MSFT"]
    assert found(RowFilter(text="100")) == ["AAPL"]
    assert found(RowFilter(column="shares", text="msft")) == []
    assert found(RowFilter(text="shares")) == []
    assert found(RowFilter(text="%' OR true --")) == []
    assert [row.key[0] for row in table.where(RowFilter(column="shares")).rows(ChangeKind.CHANGED)] == ["AAPL"]


@pytest.mark.parametrize("wanted", [RowFilter(column="shares"), RowFilter(text="googl")])
def test_rows_of_a_table_that_one_branch_dropped_are_filtered_too(
    repo: Repository, main: Branch, wanted: RowFilter
) -> None:
    repo.create_branch("bold").execute("DROP TABLE portfolio")
    table = repo.comparisons.diff(*infos(repo)).tables["portfolio"].where(wanted)
    assert table.removed == len(table.rows()) == (1 if wanted.text else 3)


def test_parts_that_make_up_a_difference_are_worked_out_once(repo: Repository, bold: Branch) -> None:
    before, after = infos(repo)
    changes = repo.comparisons.changes(before, after, VALUE, 2)
    assert [(part.label, part.delta) for part in changes] == [("NVDA", 190_000), ("AAPL", 18_500), ("other", -8_750)]
    assert repo.comparisons.changes(before, after, VALUE, 2) is changes


def test_what_asks_for_chance_is_worked_out_each_time(repo: Repository, bold: Branch) -> None:
    luck = Breakdown("portfolio", "shares * random()", ("ticker",))
    first, second = (repo.comparisons.changes(*infos(repo), luck, 2) for _ in range(2))
    assert first != second


def test_an_allocation_has_the_largest_parts_beside_the_reference(repo: Repository, bold: Branch) -> None:
    before, after = infos(repo)
    largest = [repo.comparisons.largest(info, VALUE, 2) for info in (before, after)]
    assert largest == [{"MSFT": 31_500, "AAPL": 18_500}, {"NVDA": 190_000, "AAPL": 37_000}]
    labels = largest_parts(largest, 2)
    assert labels == ("NVDA", "AAPL")
    found = repo.comparisons.allocation(before, after, VALUE, labels)
    assert found.shown == (Holding("NVDA", 190_000, 0), Holding("AAPL", 37_000, 18_500))
    assert found.rest == Holding("other", 31_500, 40_250)
    assert repo.comparisons.allocation(before, before, VALUE, labels).rest == Holding("other", 40_250, 40_250)
    assert (found.rest_parts, found.below, found.total) == (1, 0, 258_500)
    assert repo.comparisons.allocation(before, after, VALUE, labels) is found
    assert repo.comparisons.allocation(before, after, VALUE, (*labels, "MSFT")).rest is None


def test_parts_below_nought_are_counted_apart(repo: Repository, bold: Branch) -> None:
    bold.execute("UPDATE portfolio SET shares = -10 WHERE ticker = 'MSFT'")
    found = repo.comparisons.allocation(*infos(repo), VALUE, EVERY)
    assert [part.label for part in found.shown] == ["NVDA", "AAPL"]
    assert (found.below, found.below_amount, found.rest) == (1, -4_200, None)


def test_nothing_held_is_an_empty_allocation(repo: Repository, bold: Branch) -> None:
    bold.execute("DELETE FROM portfolio")
    found = repo.comparisons.allocation(*infos(repo), VALUE, EVERY)
    assert (found.shown, found.rest, found.total) == ((), None, 0)


def test_parts_have_the_group_that_their_rows_are_in(repo: Repository, bold: Branch) -> None:
    bold.execute("ALTER TABLE portfolio ADD COLUMN sector VARCHAR")
    bold.execute("ALTER TABLE portfolio ADD COLUMN note VARCHAR")
    bold.execute("UPDATE portfolio SET note = ticker, sector = CASE ticker WHEN 'NVDA' THEN 'chips' ELSE 'it' END")
    before, after = infos(repo)
    assert repo.comparisons.groups(after, VALUE) == ("sector",)
    assert repo.comparisons.groups(before, VALUE) == ()
    found = repo.comparisons.allocation(before, after, VALUE, EVERY, "sector")
    assert [(part.label, part.group) for part in found.shown] == [("NVDA", "chips"), ("AAPL", "it"), ("MSFT", "it")]


def test_a_breakdown_that_does_not_run_says_so(repo: Repository, bold: Branch) -> None:
    with pytest.raises(HatiError):
        repo.comparisons.allocation(*infos(repo), Breakdown("portfolio", "nonsense", ("ticker",)), EVERY)


def test_a_difference_that_an_error_inside_duckdb_took_is_worked_out_again(repo: Repository, bold: Branch) -> None:
    before, after = infos(repo)
    trap = Trap(repo, repo.create_branch("trap"))
    lost = repo.comparisons.diff(before, after)
    with pytest.raises(EngineRestarted):
        trap.step_in()
    assert lost.is_lost
    assert len(repo.comparisons.diff(before, after).tables["portfolio"].rows()) == 3
