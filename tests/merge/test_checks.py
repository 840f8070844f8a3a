"""The merged result is held to the rules of its tables, also where neither side breaks one alone."""

from __future__ import annotations

import pytest
from merge_desk import Desk, set_up

from hati_core import Repository, Side, Violation
from hati_core.errors import CheckViolation

START = {"AAPL": (100, 1.5), "MSFT": (75, 2.5), "XOM": (10, 4.5)}


@pytest.fixture
def desk(repo: Repository) -> Desk:
    """A desk in a repository of its own, since checks hold for every table of a name."""
    return set_up(repo)


def refused(desk: Desk, branch: object, side: Side | None = None) -> Violation:
    """The one violation of a merge into the trunk, which is not applied."""
    plan = desk.plan(branch).with_default(side)  # type: ignore[arg-type]
    (violation,) = plan.violations
    before = desk.trunk.head
    with pytest.raises(CheckViolation, match="Nothing was written") as caught:
        desk.repo.apply_merge(plan)
    assert caught.value.violations == (violation,)
    assert desk.trunk.head == before
    return violation


def test_a_check_over_two_cells_edited_on_two_sides_is_a_violation_of_the_merge_alone(desk: Desk) -> None:
    desk.repo.set_check("portfolio", "small", "shares * price < 500")
    branch = desk.fork("UPDATE portfolio SET price = 4.5 WHERE ticker = 'AAPL'")
    desk.trunk.execute("UPDATE portfolio SET shares = 300 WHERE ticker = 'AAPL'")
    plan = desk.plan(branch)
    assert not plan.conflicts
    violation = refused(desk, branch)
    assert (violation.table, violation.rule) == ("portfolio", "small")
    assert violation.rows == ({"ticker": "AAPL", "shares": 300, "price": 4.5},)
    assert "ticker = “AAPL”, shares = 300, price = 4.5" in violation.message
    assert f"on “{desk.trunk.name}”" in violation.message
    desk.trunk.execute("UPDATE portfolio SET shares = 110 WHERE ticker = 'AAPL'")
    desk.merge(branch)
    assert desk.rows()["AAPL"] == (110, 4.5)


def test_a_resolution_can_break_a_check_and_another_keep_it(desk: Desk) -> None:
    branch = desk.fork("UPDATE portfolio SET shares = 1, price = 1 WHERE ticker = 'AAPL'")
    desk.trunk.execute("UPDATE portfolio SET shares = 200 WHERE ticker = 'AAPL'")
    desk.repo.set_check("portfolio", "cheap or few", "shares < 150 OR price > 1")
    assert refused(desk, branch, Side.OURS).rule == "cheap or few"
    assert desk.plan(branch).with_default(Side.THEIRS).violations == ()
    (conflict,) = desk.plan(branch).conflicts
    assert desk.plan(branch).with_resolution(conflict.id, {"shares": 150}).violations
    desk.repo.apply_merge(desk.plan(branch).with_resolution(conflict.id, {"shares": 149}))
    assert desk.rows()["AAPL"] == (149, 1.0)


def test_a_delete_and_rows_that_hold_break_nothing(desk: Desk) -> None:
    branch = desk.fork(
        "DELETE FROM portfolio WHERE ticker = 'XOM'", "UPDATE portfolio SET shares = NULL, price = NULL WHERE false"
    )
    branch.execute("UPDATE portfolio SET price = NULL WHERE ticker = 'AAPL'")
    desk.repo.set_check("portfolio", "positive", "price > 0")
    desk.merge(branch)
    assert desk.rows() == {"AAPL": (100, None), "MSFT": (75, 2.5)}


def test_a_check_that_cannot_be_worked_out_on_the_merged_row_is_a_violation(desk: Desk) -> None:
    desk.trunk.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, kind VARCHAR, text VARCHAR)")
    desk.trunk.execute("INSERT INTO notes VALUES (1, 'text', '1')")
    desk.repo.set_check("notes", "numbers", "CASE WHEN kind = 'number' THEN text::INTEGER > 0 END")
    branch = desk.fork("UPDATE notes SET text = 'one'")
    desk.trunk.execute("UPDATE notes SET kind = 'number'")
    assert "cannot be worked out" in refused(desk, branch).message


def test_a_table_made_on_the_branch_comes_with_its_checks(desk: Desk) -> None:
    branch = desk.fork("CREATE TABLE notes (id INTEGER PRIMARY KEY, size INTEGER CONSTRAINT small CHECK (size < 9))")
    branch.execute("INSERT INTO notes VALUES (1, 1)")
    desk.merge(branch)
    with pytest.raises(CheckViolation, match="size = 10"):
        desk.trunk.execute("INSERT INTO notes VALUES (2, 10)")
    branch.execute("UPDATE notes SET size = 2")
    desk.merge(branch)
    assert desk.trunk.query("FROM notes") == [{"id": 1, "size": 2}]


def test_a_check_that_comes_with_a_replaced_table_is_asked_of_every_row_of_the_result(desk: Desk) -> None:
    branch = desk.fork(
        "CREATE OR REPLACE TABLE portfolio "
        "(ticker VARCHAR PRIMARY KEY, shares INTEGER NOT NULL CONSTRAINT few CHECK (shares < 200), price DOUBLE)",
        "INSERT INTO portfolio VALUES ('AAPL', 100, 1.5), ('MSFT', 75, 2.5), ('XOM', 11, 4.5)",
    )
    desk.trunk.execute("INSERT INTO portfolio VALUES ('NVDA', 500, 1)")
    assert refused(desk, branch).rows[0]["ticker"] == "NVDA"
    desk.trunk.execute("UPDATE portfolio SET shares = 50 WHERE ticker = 'NVDA'")
    desk.merge(branch)
    assert desk.rows() == {**START, "XOM": (11, 4.5), "NVDA": (50, 1.0)}
    with pytest.raises(CheckViolation, match="“few”"):
        desk.trunk.execute("UPDATE portfolio SET shares = 500")


def test_a_check_of_a_column_that_comes_by_the_merge_is_asked_of_every_row(desk: Desk) -> None:
    branch = desk.fork("ALTER TABLE portfolio ADD COLUMN floor DOUBLE DEFAULT 1.0")
    desk.repo.set_check("portfolio", "above floor", "price > floor")
    desk.trunk.execute("UPDATE portfolio SET price = 0.5 WHERE ticker = 'XOM'")
    assert refused(desk, branch).rows[0]["ticker"] == "XOM"
    desk.trunk.execute("UPDATE portfolio SET price = 1.1 WHERE ticker = 'XOM'")
    desk.merge(branch)
    with pytest.raises(CheckViolation, match=r"floor = 1"):
        desk.trunk.execute("UPDATE portfolio SET price = 0.9 WHERE ticker = 'AAPL'")


@pytest.mark.parametrize("change", ["DROP COLUMN price", "RENAME COLUMN price TO cost"])
def test_a_merge_does_not_take_a_column_from_under_a_check_that_was_set_since(desk: Desk, change: str) -> None:
    branch = desk.fork(f"ALTER TABLE portfolio {change}")
    desk.repo.set_check("portfolio", "positive", "price > 0")
    assert "would drop or rename “price”" in refused(desk, branch).message
    desk.repo.drop_check("portfolio", "positive")
    desk.merge(branch)
    assert "price" not in desk.trunk.table("portfolio").column_names


def other_key(desk: Desk) -> object:
    """The trunk replaces its table by one with another key than the rows merge by; the branch adds a row."""
    desk.trunk.execute("CREATE TABLE seats (guest VARCHAR PRIMARY KEY, seat INTEGER)")
    desk.trunk.execute("INSERT INTO seats VALUES ('ada', 1)")
    branch = desk.fork("INSERT INTO seats VALUES ('bob', 2)")
    desk.trunk.execute("CREATE OR REPLACE TABLE seats (guest VARCHAR, seat INTEGER PRIMARY KEY)")
    desk.trunk.execute("INSERT INTO seats VALUES ('ada', 1), ('cyd', 2)")
    return branch


def test_a_key_that_only_the_merged_result_breaks_is_a_violation_that_names_the_rows(desk: Desk) -> None:
    violation = refused(desk, other_key(desk))
    assert (violation.rule, violation.rows) == ("PRIMARY KEY (seat)", ({"seat": 2},))


def test_a_key_that_only_the_merged_result_leaves_empty_is_a_violation(desk: Desk) -> None:
    branch = other_key(desk)
    branch.execute("UPDATE seats SET seat = NULL WHERE guest = 'bob'")  # type: ignore[attr-defined]
    found = desk.plan(branch).violations  # type: ignore[arg-type]
    assert {violation.rule for violation in found} == {"NOT NULL seat", "PRIMARY KEY (seat)"}


def test_undoing_a_commit_is_held_to_checks_too(desk: Desk) -> None:
    desk.trunk.execute("UPDATE portfolio SET shares = 50 WHERE ticker = 'AAPL'")
    undone = desk.trunk.head
    desk.trunk.execute("UPDATE portfolio SET price = 8 WHERE ticker = 'AAPL'")
    desk.repo.set_check("portfolio", "small", "shares * price < 500")
    plan = desk.repo.plan_revert(desk.trunk.name, undone)
    assert [violation.rule for violation in plan.violations] == ["small"]
    with pytest.raises(CheckViolation):
        desk.repo.apply_merge(plan)


def test_a_table_that_takes_the_name_of_another_is_held_to_its_own_checks(desk: Desk) -> None:
    desk.repo.set_check("portfolio", "some shares", "shares > 0")
    branch = desk.fork(
        "CREATE TABLE positions (id INTEGER PRIMARY KEY, shares INTEGER)", "INSERT INTO positions VALUES (1, 0)"
    )
    desk.trunk.execute("ALTER TABLE portfolio RENAME TO positions")
    desk.repo.apply_merge(desk.plan(branch).with_default(Side.THEIRS))
    desk.trunk.execute("INSERT INTO positions VALUES (2, -1)")
    with pytest.raises(CheckViolation, match="some shares"):
        desk.trunk.execute("INSERT INTO positions_2 VALUES ('NEW', 0, 1)")
