"""``hati merge`` and ``hati sync``."""

from __future__ import annotations

from pathlib import Path

import pytest

from hati_core import Branch, Repository, Side
from tests.cli.conftest import Hati


def shares(branch: Branch) -> dict[str, int]:
    """Shares by ticker."""
    return {row["ticker"]: row["shares"] for row in branch.query("FROM portfolio")}


@pytest.fixture
def rival(trunk: Branch, growth: Branch) -> Branch:
    """The trunk, on which AAPL and MSFT were changed too."""
    trunk.execute("UPDATE portfolio SET shares = 90 WHERE ticker <> 'GOOGL'", message="Sell some", author="ada")
    return trunk


def test_a_merge_without_conflicts_is_one_signed_commit(hati: Hati, trunk: Branch, growth: Branch) -> None:
    ended = hati("merge", growth.name, "--into", trunk.name, "-m", "As agreed")
    assert ended.code == 0
    assert ended.out.splitlines()[0] == f"Merged {growth.name}@2 into {trunk.name}, which is at version 2 now."
    assert "Portfolio value: $58,750 → $45,750 (−$13,000)" in ended.out
    assert "  ~ AAPL  shares 100 → 200" in ended.out
    commit = trunk.log(1)[0]
    assert (commit.author, commit.message, commit.merged_from) == ("eve", "As agreed", growth.name)
    assert "has all of" in hati("merge", growth.name, "--into", trunk.name).out


def test_a_dry_run_says_the_same_and_writes_nothing(hati: Hati, trunk: Branch, growth: Branch) -> None:
    found = hati("merge", growth.name, "--into", trunk.name, "--dry-run", "--json").document
    assert (found["merged"], found["commit"], found["conflicts"]) == (False, None, 0)
    assert found["tables"]["portfolio"]["changed"] == 1
    assert found["metrics"]["Portfolio value"] == {"before": 58750.0, "after": 45750.0}
    assert trunk.head == 1


def test_conflicts_are_listed_with_who_and_what(hati: Hati, rival: Branch, growth: Branch) -> None:
    ended = hati("merge", growth.name, "--into", rival.name)
    assert ended.code == 3
    lines = ended.out.splitlines()
    assert lines[0] == f"2 conflicts between {rival.name}@2 and {growth.name}@2. Nothing was written."
    assert lines[2] == "! portfolio · AAPL · shares"
    assert lines[3].split() == ["base", "100"]
    assert lines[4].split()[:3] == [*rival.name.split(), "90"]
    assert "by ada" in lines[4]
    assert "by bob" in lines[5]
    assert "! portfolio · MSFT" in lines
    assert "(no such row)" in ended.out
    assert rival.head == 2


def test_conflicts_as_json(hati: Hati, rival: Branch, growth: Branch) -> None:
    ended = hati("merge", growth.name, "--into", rival.name, "--json")
    found = ended.document
    assert (ended.code, found["merged"], found["open_conflicts"]) == (3, False, 2)
    cell, row = found["questions"]
    assert (cell["table"], cell["key"], cell["column"]) == ("portfolio", {"ticker": "AAPL"}, "shares")
    assert (cell["base"], cell["target"], cell["source"]) == (100, 90, 200)
    assert (cell["target_changed"]["by"], cell["source_changed"]["by"]) == ("ada", "bob")
    assert (row["kind"], row["column"], row["source"]) == ("edit_delete", None, None)


@pytest.mark.parametrize(("strategy", "apple", "has_msft"), [("branch_wins", 200, False), ("main_wins", 90, True)])
def test_a_strategy_settles_what_conflicts(
    strategy: str, apple: int, has_msft: bool, hati: Hati, rival: Branch, growth: Branch
) -> None:
    assert hati("merge", growth.name, "--into", rival.name, "--strategy", strategy).code == 0
    assert (shares(rival)["AAPL"], "MSFT" in shares(rival)) == (apple, has_msft)


def test_abort_refuses_conflicts(hati: Hati, rival: Branch, growth: Branch) -> None:
    ended = hati("merge", growth.name, "--into", rival.name, "--strategy", "abort", "--json")
    assert (ended.code, ended.document["open_conflicts"], rival.head) == (3, 2, 2)


def test_an_unknown_strategy_is_wrong_usage(hati: Hati, rival: Branch, growth: Branch) -> None:
    assert hati("merge", growth.name, "--into", rival.name, "--strategy", "mine").code == 2
    assert rival.head == 2


def test_what_was_chosen_in_the_app_counts(hati: Hati, repo: Repository, rival: Branch, growth: Branch) -> None:
    plan = repo.plan_merge(growth.name, rival.name)
    choices = repo.choices(growth.name, rival.name)
    choices.choose(plan, {conflict.id: Side.THEIRS for conflict in plan.conflicts})
    ended = hati("merge", growth.name, "--into", rival.name)
    assert (ended.code, ended.err) == (0, "Taken in: 2 choices made on the page Merge.\n")
    assert shares(rival) == {"AAPL": 200, "GOOGL": 50}


def test_a_rule_that_would_be_broken_is_told_with_the_rows(hati: Hati, trunk: Branch, raised: Branch) -> None:
    ended = hati("merge", raised.name, "--into", trunk.name)
    assert (ended.code, trunk.head) == (3, 4)
    assert "would break a rule" in ended.out
    assert "k 1, low 8, high 5" in ended.out
    assert hati("merge", raised.name, "--into", trunk.name, "--json").document["violations"][0]["table"] == "plan"


@pytest.mark.parametrize("command", [["merge"], ["sync"], ["discard"], ["branch", "show"], ["import", "x.csv", "-b"]])
def test_what_is_about_a_branch_as_it_is_takes_no_version(command: list[str], hati: Hati, growth: Branch) -> None:
    Path("x.csv").write_text("a\n1\n")
    ended = hati(*command, f"{growth.name}@1")
    assert (ended.code, ended.out) == (1, "")
    assert f"no branch called “{growth.name}@1”" in ended.err


def test_merging_into_itself_is_an_error(hati: Hati, growth: Branch) -> None:
    ended = hati("merge", growth.name, "--into", growth.name)
    assert (ended.code, ended.out) == (1, "")
    assert "into itself" in ended.err


def test_sync_takes_in_what_is_new_on_main(hati: Hati, repo: Repository, growth: Branch) -> None:
    before = shares(repo.main)
    repo.main.execute("INSERT INTO portfolio VALUES ('NVDA', 5, 1, 1)")
    try:
        assert f"Merged main@{repo.main.head} into {growth.name}" in hati("sync", growth.name).out
        assert shares(growth) == {"AAPL": 200, "GOOGL": 50, "NVDA": 5}
    finally:
        repo.main.execute("DELETE FROM portfolio WHERE ticker = 'NVDA'")
    assert shares(repo.main) == before


def test_main_wins_over_a_branch_that_takes_it_in(hati: Hati, repo: Repository, growth: Branch) -> None:
    repo.main.execute("UPDATE portfolio SET shares = 7 WHERE ticker = 'AAPL'")
    try:
        assert hati("sync", growth.name).code == 3
        assert hati("sync", growth.name, "--strategy", "main_wins").code == 0
        assert shares(growth)["AAPL"] == 7
    finally:
        repo.main.execute("UPDATE portfolio SET shares = 100 WHERE ticker = 'AAPL'")


@pytest.fixture
def undone(hati: Hati, trunk: Branch, growth: Branch) -> Branch:
    """The branch, merged into the trunk, which undid that."""
    hati("merge", growth.name, "--into", trunk.name)
    assert hati("revert", growth.name, "--branch", trunk.name, "--yes").code == 0
    return growth


def test_work_is_not_taken_out_of_a_branch_because_its_merge_was_undone_unless_said(
    hati: Hati, trunk: Branch, undone: Branch
) -> None:
    words = ("merge", trunk.name, "--into", undone.name)
    before = undone.head
    ended = hati(*words)
    assert (ended.code, undone.head, shares(undone)["AAPL"]) == (3, before, 200)
    assert "Add --yes to do it" in ended.out
    assert f"To have it again: hati revert {trunk.head} --branch '{trunk.name}' --yes" in ended.out
    asked = hati(*words, "--json").document
    assert (asked["needs_yes"], asked["merged"], len(asked["way_back"])) == (True, False, 1)
    assert (hati(*words, "--dry-run").code, undone.head) == (0, before)
    ended = hati(*words, "--yes")
    assert (ended.code, shares(undone)["AAPL"]) == (0, 100)
    assert f"The way back: hati revert {undone.head} --branch '{undone.name}' --yes" in ended.out
    assert hati("revert", str(undone.head), "--branch", undone.name, "--yes").code == 0
    assert shares(undone)["AAPL"] == 200


def test_what_was_undone_is_brought_back_by_the_command_that_is_named(
    hati: Hati, trunk: Branch, undone: Branch
) -> None:
    ended = hati("merge", undone.name, "--into", trunk.name)
    assert (ended.code, shares(trunk)["AAPL"]) == (0, 100)
    assert "has all of" in ended.out
    assert f"! To have it again: hati revert {trunk.head} --branch '{trunk.name}' --yes" in ended.out
    assert hati("revert", str(trunk.head), "--branch", trunk.name, "--yes").code == 0
    assert shares(trunk)["AAPL"] == 200
    assert hati("merge", trunk.name, "--into", undone.name).code == 0
    assert shares(undone)["AAPL"] == 200
