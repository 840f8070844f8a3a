"""Scenario actions on a branch: what they do to its rows, as one commit, as previewed."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hati_core import Branch, Repository
from hati_core.errors import BranchMoved, HatiError, InvalidAction, KeyViolation, TableNotFound
from hati_core.scenarios.actions import make_action
from tests.core.shares import shares


def act(branch: Branch, name: str, **arguments: Any) -> None:
    branch.act(make_action(name, {"table": "portfolio", **arguments}))


OLD_COST = (
    "Bought units are reckoned at the old avg_cost of their row, not at today's price, "
    "so the unrealised P&L changes with them though nothing was earned."
)


def prices(branch: Branch) -> list[float]:
    return [row["current_price"] for row in branch.query("SELECT current_price FROM portfolio ORDER BY ticker")]


def only(ticker: str) -> dict[str, Any]:
    return {"column": "ticker", "operator": "is", "value": ticker}


def test_a_shock_is_one_commit_called_by_what_it_does(branch: Branch) -> None:
    before = branch.head
    commit = branch.act(make_action("shock_prices", {"table": "portfolio", "percent": -20}), author="bob")
    assert (commit.version, commit.author, commit.message) == (before + 1, "bob", "Lower current_price by 20 %")
    assert prices(branch) == [148.0, 140.0, 336.0]
    own = branch.act(make_action("shock_prices", {"table": "portfolio", "percent": 25}), "Back again")
    assert (own.message, prices(branch)) == ("Back again", [185.0, 175.0, 420.0])


def test_positions_are_scaled_to_whole_shares(branch: Branch) -> None:
    act(branch, "scale_positions", factor=1.15)
    assert shares(branch) == {"AAPL": 115, "GOOGL": 57, "MSFT": 86}
    act(branch, "scale_positions", factor=0, where=only("AAPL"))
    assert shares(branch)["AAPL"] == 0


@pytest.mark.parametrize(
    ("how", "amount", "after"),
    [
        ("by percent", 10, {"AAPL": 90, "GOOGL": 45, "MSFT": 67}),
        ("by percent", 100, {"AAPL": 0, "GOOGL": 0, "MSFT": 0}),
        ("to a quantity", 60, {"AAPL": 60, "GOOGL": 50, "MSFT": 60}),
        ("to a value", 10_000, {"AAPL": 54, "GOOGL": 50, "MSFT": 23}),
    ],
)
def test_trimming_sells_and_never_buys(branch: Branch, how: str, amount: int, after: dict[str, int]) -> None:
    act(branch, "trim_positions", how=how, amount=amount)
    assert shares(branch) == after


def test_dropped_fractions_are_told_with_what_they_come_to(branch: Branch) -> None:
    trim = make_action("trim_positions", {"table": "portfolio", "amount": 50})
    assert branch.preview(trim).notes == (
        "shares holds whole numbers, so fractions of 0.50 in all are dropped: 225 become 112, −50.2 %.",
    )
    even = make_action("trim_positions", {"table": "portfolio", "where": only("AAPL")})
    assert branch.preview(even).notes == ()
    large = {"column": "shares", "operator": "is more than", "value": 60}
    assert branch.preview(make_action("trim_positions", {"table": "portfolio", "where": large})).notes == ()


def test_buying_at_the_old_cost_is_told_and_selling_is_not(branch: Branch) -> None:
    double, halve = (make_action("scale_positions", {"table": "portfolio", "factor": f}) for f in (2, 0.4))
    assert branch.preview(double).notes == (OLD_COST,)
    assert OLD_COST not in branch.preview(halve).notes
    branch.execute("ALTER TABLE portfolio DROP COLUMN avg_cost")
    assert branch.preview(double).notes == ()


def test_a_position_is_added_and_one_that_is_there_breaks_the_key(branch: Branch) -> None:
    act(branch, "add_position", values={"ticker": "NVDA", "shares": "200", "current_price": 950})
    assert shares(branch)["NVDA"] == 200
    again = make_action("add_position", {"table": "portfolio", "values": {"ticker": "NVDA"}})
    assert [found.rule for found in branch.preview(again).violations] == ["PRIMARY KEY (ticker)"]
    with pytest.raises(KeyViolation):
        branch.act(again)


def test_a_value_is_set_where_a_condition_holds(branch: Branch) -> None:
    where = {"column": "current_price", "operator": "is at least", "value": 185}
    act(branch, "set_value", column="avg_cost", value="1.5", where=where)
    assert branch.query("SELECT ticker FROM portfolio WHERE avg_cost = 1.5 ORDER BY 1") == [
        {"ticker": "AAPL"},
        {"ticker": "MSFT"},
    ]
    act(branch, "set_value", column="avg_cost", where=only("AAPL"))
    assert branch.query("SELECT ticker FROM portfolio WHERE avg_cost IS NULL") == [{"ticker": "AAPL"}]


def test_rebalancing_moves_the_money_and_says_what_is_left(branch: Branch) -> None:
    action = make_action("rebalance", {"table": "portfolio", "by": "ticker", "weights": {"AAPL": 50, "MSFT": 50}})
    preview = branch.preview(action)
    assert preview.notes == ("540.00 of 58,750.00 is left over: shares holds whole numbers.", OLD_COST)
    branch.act(action, expected_version=preview.version)
    assert shares(branch) == {"AAPL": 158, "GOOGL": 0, "MSFT": 69}


def test_rebalancing_by_group_keeps_proportions_inside_and_among_the_others(branch: Branch) -> None:
    with branch.transaction() as tx:
        tx.execute("CREATE TABLE book (name VARCHAR, desk VARCHAR, units DOUBLE, price DOUBLE)")
        tx.execute(
            "INSERT INTO book VALUES ('a', 'x', 1, 100), ('b', 'x', 3, 100), ('c', 'y', 2, 200), ('d', 'z', 4, 50)"
        )
        tx.execute("INSERT INTO book VALUES ('e', NULL, 1, 0), ('f', 'x', 5, NULL)")
    action = make_action("rebalance", {"table": "book", "by": "desk", "weights": {"x": 70}})
    assert branch.preview(action).notes == ()
    branch.act(action)
    found = branch.query("SELECT name, units FROM book ORDER BY name")
    assert {row["name"]: pytest.approx(row["units"]) for row in found} == {
        "a": 1.75, "b": 5.25, "c": 1.0, "d": 2.0, "e": 1, "f": 5
    }  # fmt: skip


def test_a_part_that_holds_nothing_yet_is_bought(branch: Branch) -> None:
    act(branch, "add_position", values={"ticker": "NVDA", "shares": 0, "current_price": 100})
    act(branch, "rebalance", by="ticker", weights={"NVDA": 10})
    assert shares(branch) == {"AAPL": 90, "GOOGL": 45, "MSFT": 67, "NVDA": 58}


def test_what_no_row_can_take_is_told(branch: Branch) -> None:
    act(branch, "scale_positions", factor=0, where={"column": "ticker", "operator": "is not", "value": "AAPL"})
    action = make_action("rebalance", {"table": "portfolio", "by": "ticker", "weights": {"AAPL": 40}})
    note, _ = branch.preview(action).notes
    assert note == "11,100.00 of 18,500.00 is left over: no other row holds anything that could take the other 60 %."


@pytest.mark.parametrize(
    ("name", "arguments", "error", "says"),
    [
        ("shock_prices", {"where": only("APPL")}, InvalidAction, "has no row where ticker is APPL"),
        ("rebalance", {"by": "ticker", "weights": {"AAPL": 1, "X": 2}}, InvalidAction, "no row where ticker is X"),
        ("set_value", {"column": "shares", "value": 100, "where": only("AAPL")}, InvalidAction, "changes no row"),
        ("set_value", {"column": "shares", "value": 10**12}, HatiError, "1000000000000"),
        ("shock_prices", {"table": "absent"}, TableNotFound, "no table “absent”"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(
    branch: Branch, name: str, arguments: dict[str, Any], error: type[HatiError], says: str
) -> None:
    before = branch.head
    with pytest.raises(error, match=says):
        act(branch, name, **arguments)
    assert branch.head == before


def test_an_action_is_refused_where_the_branch_moved_since_its_preview(branch: Branch) -> None:
    action = make_action("shock_prices", {"table": "portfolio"})
    version = branch.preview(action).version
    branch.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'")
    with pytest.raises(BranchMoved):
        branch.act(action, expected_version=version)


def test_an_action_is_undone_like_any_commit(shared_repo: Repository, branch: Branch) -> None:
    commit = branch.act(make_action("scale_positions", {"table": "portfolio", "factor": 3}))
    shared_repo.apply_merge(shared_repo.plan_revert(branch.name, commit.version))
    assert shares(branch) == {"AAPL": 100, "GOOGL": 50, "MSFT": 75}


def test_an_action_does_what_its_preview_shows(shared_repo: Repository, branch: Branch) -> None:
    action = make_action("trim_positions", {"table": "portfolio", "how": "to a quantity", "amount": 60})
    preview = branch.preview(action)
    before = shared_repo.create_branch(f"{branch.name} before", parent=branch.name)
    branch.act(action)
    diff = shared_repo.diff(branch.name, before.name).tables["portfolio"]
    assert preview.tables["portfolio"].rows() == diff.rows()


positions = st.lists(
    st.tuples(st.integers(0, 10_000), st.decimals("0.01", "5000", places=2)), min_size=2, max_size=6
).filter(lambda rows: any(shares for shares, _ in rows))


@given(rows=positions, data=st.data())
def test_weights_are_reached_within_one_share_and_never_overspent(
    shared_repo: Repository, rows: Any, data: st.DataObject
) -> None:
    branch = shared_repo.create_branch(f"weights {uuid.uuid4()}")
    weights = data.draw(st.lists(st.integers(0, 100 // len(rows)), min_size=len(rows), max_size=len(rows)))
    weights[0] += 100 - sum(weights)
    values = ", ".join(f"({at}, {shares}, {price})" for at, (shares, price) in enumerate(rows))
    with branch.transaction() as tx:
        tx.execute("CREATE OR REPLACE TABLE book (id INTEGER PRIMARY KEY, shares INTEGER, price DECIMAL(10,2))")
        tx.execute(f"INSERT INTO book VALUES {values}")
    wanted = {str(at): weight for at, weight in enumerate(weights)}
    preview = branch.preview(make_action("rebalance", {"table": "book", "by": "id", "weights": wanted}))
    after = {at: shares for at, (shares, _) in enumerate(rows)}
    for change in preview.tables["book"].rows() if preview else ():
        after[change.key[0]] = change.after["shares"]  # type: ignore[index]
    total = sum(shares * price for shares, price in rows)
    for at, (_, price) in enumerate(rows):
        ideal = float(total) * weights[at] / 100 / float(price)
        assert ideal - 1 <= after[at] <= ideal + 1e-5
