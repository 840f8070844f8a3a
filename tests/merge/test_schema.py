"""Columns and tables that are dropped, renamed or retyped: settled, written, undone and merged again."""

from __future__ import annotations

import pytest
from merge_desk import Desk

from hati_core import ConflictKind, MergePlan, Repository, Side
from hati_core.errors import CheckViolation, InvalidResolution, UnresolvedConflicts
from hati_core.model import Conflict

pytestmark = pytest.mark.every_backend

DROP_PRICE = "ALTER TABLE portfolio DROP COLUMN price"


def only_conflict(plan: MergePlan) -> Conflict:
    (conflict,) = plan.conflicts
    assert conflict.kind is ConflictKind.SCHEMA
    return conflict


def columns(desk: Desk, table: str = "portfolio") -> dict[str, str]:
    return {column.name: column.type for column in desk.trunk.table(table).columns}


def merged(desk: Desk, plan: MergePlan, table: str = "portfolio") -> list[dict[str, object]]:
    """Apply a plan and check that its preview told what came of it."""
    sql = f"SELECT * FROM {table} ORDER BY 1"
    preview = plan.query(sql)
    desk.repo.apply_merge(plan)
    rows = desk.trunk.query(sql)
    assert rows == preview
    return rows


def test_a_conflict_about_a_column_says_what_is_at_stake(desk: Desk) -> None:
    branch = desk.fork(DROP_PRICE)
    desk.trunk.execute("UPDATE portfolio SET price = 9 WHERE ticker = 'AAPL'")
    conflict = only_conflict(desk.plan(branch))
    assert (conflict.table, conflict.key, conflict.columns) == ("portfolio", ("price",), ("column",))
    assert (conflict.base, conflict.ours, conflict.theirs) == (
        {"column": "price DOUBLE"},
        {"column": "price DOUBLE"},
        None,
    )


def test_an_open_conflict_about_a_column_stops_the_merge(desk: Desk) -> None:
    branch = desk.fork(DROP_PRICE)
    desk.trunk.execute("UPDATE portfolio SET price = 9")
    plan, before = desk.plan(branch), desk.trunk.head
    assert len(plan.open_conflicts) == 1
    with pytest.raises(UnresolvedConflicts):
        desk.repo.apply_merge(plan)
    assert desk.trunk.head == before
    settled = plan.with_resolution(only_conflict(plan).id, Side.OURS)
    assert not settled.open_conflicts
    assert settled.without_resolution(only_conflict(plan).id).open_conflicts


@pytest.mark.parametrize("resolution", [Side.BASE, {"column": "price"}, {"shares": Side.OURS}])
def test_a_conflict_about_a_column_takes_a_side_that_it_has(desk: Desk, resolution: object) -> None:
    branch = desk.fork(DROP_PRICE)
    desk.trunk.execute("UPDATE portfolio SET price = 9")
    plan = desk.plan(branch)
    with pytest.raises(InvalidResolution, match="price"):
        plan.with_resolution(only_conflict(plan).id, resolution)  # type: ignore[arg-type]


def test_a_choice_about_a_column_and_one_about_a_row_hold_together(desk: Desk) -> None:
    branch = desk.fork("ALTER TABLE portfolio RENAME COLUMN price TO cost", "UPDATE portfolio SET cost = 7, shares = 1")
    desk.trunk.execute("ALTER TABLE portfolio RENAME COLUMN price TO paid")
    desk.trunk.execute("UPDATE portfolio SET shares = 2 WHERE ticker = 'AAPL'")
    plan = desk.plan(branch)
    kinds = [(conflict.kind, conflict.columns) for conflict in plan.conflicts]
    assert kinds == [(ConflictKind.SCHEMA, ("name",)), (ConflictKind.EDIT_EDIT, ("shares",))]
    for conflict in plan.conflicts:
        plan = plan.with_resolution(conflict.id, {conflict.columns[0]: Side.THEIRS})
    assert not plan.open_conflicts
    assert merged(desk, plan)[0] == {"ticker": "AAPL", "shares": 1, "cost": 7.0}


def test_a_column_that_comes_back_has_its_values(desk: Desk) -> None:
    branch = desk.fork(
        "UPDATE portfolio SET price = 9 WHERE ticker = 'AAPL'", "DELETE FROM portfolio WHERE ticker = 'XOM'"
    )
    desk.trunk.execute(DROP_PRICE)
    desk.trunk.execute("UPDATE portfolio SET shares = 5 WHERE ticker = 'MSFT'")
    desk.trunk.execute("INSERT INTO portfolio VALUES ('NEW', 1)")
    rows = merged(desk, desk.plan(branch).with_default(Side.THEIRS))
    assert rows == [
        {"ticker": "AAPL", "shares": 100, "price": 9.0},
        {"ticker": "MSFT", "shares": 5, "price": 2.5},
        {"ticker": "NEW", "shares": 1, "price": None},
    ]


@pytest.mark.parametrize(
    "change",
    [
        DROP_PRICE,
        "ALTER TABLE portfolio RENAME COLUMN price TO cost",
        "ALTER TABLE portfolio ADD COLUMN sector VARCHAR DEFAULT 'none'",
        "ALTER TABLE portfolio ALTER COLUMN price SET DEFAULT 3",
        "ALTER TABLE portfolio RENAME TO positions",
        "DROP TABLE portfolio",
    ],
)
def test_a_merge_of_a_changed_schema_can_be_undone(desk: Desk, change: str) -> None:
    before = desk.trunk.query("FROM portfolio ORDER BY 1"), desk.trunk.table("portfolio").columns
    branch = desk.fork(change)
    commit = desk.repo.merge(branch.name, into=desk.trunk.name)
    assert set(desk.trunk.tables()) == set(branch.tables())
    desk.repo.apply_merge(desk.repo.plan_revert(desk.trunk.name, commit.version))
    after = desk.trunk.query("SELECT ticker, shares, price FROM portfolio ORDER BY 1"), desk.trunk.table("portfolio")
    assert (after[0], set(after[1].columns)) == (before[0], set(before[1]))


@pytest.mark.parametrize(
    "change",
    [DROP_PRICE, "ALTER TABLE portfolio RENAME COLUMN price TO cost", "ALTER TABLE portfolio RENAME TO positions"],
)
def test_what_was_merged_is_not_merged_again_and_later_edits_are(desk: Desk, change: str) -> None:
    branch = desk.fork(change)
    desk.trunk.execute("UPDATE portfolio SET shares = 7 WHERE ticker = 'MSFT'")
    desk.merge(branch)
    assert not desk.plan(branch).tables
    (name,) = branch.tables()
    branch.execute(f"UPDATE {name} SET shares = 5 WHERE ticker = 'AAPL'")
    desk.trunk.execute(f"UPDATE {name} SET shares = 6 WHERE ticker = 'XOM'")
    desk.merge(branch)
    assert [row["shares"] for row in desk.trunk.query(f"FROM {name} ORDER BY ticker")] == [5, 7, 6]


def test_two_defaults_are_a_conflict_and_the_choice_holds_for_new_rows(desk: Desk) -> None:
    branch = desk.fork("ALTER TABLE portfolio ALTER COLUMN shares SET DEFAULT 1")
    desk.trunk.execute("ALTER TABLE portfolio ALTER COLUMN shares SET DEFAULT 2")
    plan = desk.plan(branch)
    conflict = only_conflict(plan)
    assert (conflict.columns, conflict.base, conflict.ours) == (("default",), {"default": None}, {"default": "'2'"})
    for side, expected in ((Side.THEIRS, "1"), (Side.BASE, None)):
        chosen = plan.with_resolution(conflict.id, side)
        assert chosen.tables["portfolio"].schema_changes == (
            f"default of shares '2' → {repr(expected) if expected else 'none'}",
        )
    desk.repo.apply_merge(plan.with_default(Side.THEIRS))
    desk.trunk.execute("INSERT INTO portfolio (ticker) VALUES ('NEW')")
    assert desk.rows()["NEW"] == (1, None)


def test_values_that_do_not_fit_the_chosen_type_are_a_violation(desk: Desk) -> None:
    branch = desk.fork(
        "ALTER TABLE portfolio ALTER COLUMN shares SET DATA TYPE DOUBLE",
        "UPDATE portfolio SET shares = 1.5 WHERE ticker = 'AAPL'",
    )
    desk.trunk.execute("ALTER TABLE portfolio ALTER COLUMN shares SET DATA TYPE BIGINT")
    plan = desk.plan(branch).with_default(Side.OURS)
    (violation,) = plan.violations
    assert violation.rows[0]["ticker"] == "AAPL"
    with pytest.raises(CheckViolation, match=r"BIGINT.*1\.5"):
        desk.repo.apply_merge(plan)
    rows = merged(desk, desk.plan(branch).with_default(Side.THEIRS))
    assert (rows[0]["shares"], columns(desk)["shares"]) == (1.5, "DOUBLE")


def test_a_column_that_may_be_empty_on_the_branch_may_be_so_after_the_merge(desk: Desk) -> None:
    branch = desk.fork("ALTER TABLE portfolio ALTER COLUMN shares DROP NOT NULL", "UPDATE portfolio SET shares = NULL")
    plan = desk.plan(branch)
    assert (plan.violations, plan.tables["portfolio"].schema_changes) == ((), ("column shares may be empty",))
    assert merged(desk, plan)[0]["shares"] is None


def test_that_a_column_may_not_be_empty_is_said_to_be_left_out(desk: Desk) -> None:
    branch = desk.fork("ALTER TABLE portfolio ALTER COLUMN price SET NOT NULL")
    (note,) = desk.plan(branch).notes
    assert "“price” of “portfolio” may not be empty is not merged" in note


def test_a_renamed_table_takes_the_other_sides_edits_along(desk: Desk) -> None:
    branch = desk.fork("ALTER TABLE portfolio RENAME TO positions", "ALTER TABLE positions RENAME COLUMN price TO cost")
    desk.trunk.execute("UPDATE portfolio SET price = 9 WHERE ticker = 'AAPL'")
    plan = desk.plan(branch)
    assert plan.tables["positions"].schema_changes == ("renamed from portfolio", "column price renamed to cost")
    rows = merged(desk, plan, "positions")
    assert rows[0] == {"ticker": "AAPL", "shares": 100, "cost": 9.0}
    assert (list(desk.trunk.tables()), desk.trunk.table("positions").key) == (["positions"], ("ticker",))


def test_edits_follow_a_table_that_the_trunk_renamed(desk: Desk) -> None:
    branch = desk.fork("UPDATE portfolio SET price = 9 WHERE ticker = 'AAPL'")
    desk.trunk.execute("ALTER TABLE portfolio RENAME TO positions")
    assert merged(desk, desk.plan(branch), "positions")[0]["price"] == 9.0


@pytest.mark.parametrize(("side", "name"), [(Side.OURS, "holdings"), (Side.THEIRS, "positions")])
def test_one_table_given_two_names_is_a_conflict(desk: Desk, side: Side, name: str) -> None:
    branch = desk.fork("ALTER TABLE portfolio RENAME TO positions", "UPDATE positions SET price = 9")
    desk.trunk.execute("ALTER TABLE portfolio RENAME TO holdings")
    plan = desk.plan(branch)
    conflict = only_conflict(plan)
    assert (conflict.key, conflict.columns, conflict.ours) == ((), ("name",), {"name": "holdings"})
    assert merged(desk, plan.with_resolution(conflict.id, side), name)[0]["price"] == 9.0
    assert list(desk.trunk.tables()) == [name]


def test_tables_that_swap_their_names_keep_their_rows(desk: Desk) -> None:
    desk.trunk.execute("CREATE TABLE rates AS SELECT 1 AS id, 2.0 AS rate UNION ALL SELECT 2, 3.0")
    branch = desk.fork(
        "ALTER TABLE portfolio RENAME TO tmp",
        "ALTER TABLE rates RENAME TO portfolio",
        "ALTER TABLE tmp RENAME TO rates",
    )
    desk.trunk.execute("UPDATE portfolio SET price = 9")
    desk.merge(branch)
    assert desk.trunk.query("SELECT DISTINCT price FROM rates") == [{"price": 9.0}]
    assert desk.trunk.query("FROM portfolio ORDER BY id")[0] == {"id": 1, "rate": 2.0}


@pytest.mark.parametrize(("side", "kept"), [(Side.OURS, "positions_2"), (Side.THEIRS, "positions")])
def test_a_table_name_taken_on_both_sides_loses_neither_table(desk: Desk, side: Side, kept: str) -> None:
    branch = desk.fork("CREATE TABLE positions AS SELECT 1 AS id")
    desk.trunk.execute("ALTER TABLE portfolio RENAME TO positions")
    plan = desk.plan(branch)
    conflict = only_conflict(plan)
    assert conflict.ours == {"name": "positions, renamed from portfolio"}
    desk.repo.apply_merge(plan.with_resolution(conflict.id, side))
    assert set(desk.trunk.tables()) == {"positions", "positions_2"}
    assert desk.trunk.query(f"FROM {kept}") == [{"id": 1}]


DROP_TABLE, EDIT_TABLE = "DROP TABLE portfolio", "UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'"


@pytest.mark.parametrize(
    ("on_branch", "on_trunk", "stays"),
    [(DROP_TABLE, EDIT_TABLE, Side.OURS), (EDIT_TABLE, DROP_TABLE, Side.THEIRS)],
    ids=["dropped on the branch", "dropped on the trunk"],
)
def test_a_table_dropped_by_one_side_and_edited_by_the_other_is_a_conflict(
    desk: Desk, on_branch: str, on_trunk: str, stays: Side
) -> None:
    branch = desk.fork(on_branch)
    desk.trunk.execute(on_trunk)
    plan = desk.plan(branch)
    conflict = only_conflict(plan)
    assert (conflict.key, conflict.base) == ((), {"table": "portfolio"})
    edited = conflict.ours if stays is Side.OURS else conflict.theirs
    assert edited == {"table": "portfolio, 1 row changed"}
    goes = Side.THEIRS if stays is Side.OURS else Side.OURS
    fork = desk.repo.create_branch(f"{branch.name} kept", desk.trunk.name)
    kept = desk.repo.plan_merge(branch.name, into=fork.name)
    desk.repo.apply_merge(kept.with_default(stays))
    assert fork.query("SELECT shares FROM portfolio WHERE ticker = 'AAPL'") == [{"shares": 1}]
    assert fork.table("portfolio").key == ("ticker",)
    desk.repo.apply_merge(plan.with_resolution(conflict.id, goes))
    assert desk.trunk.tables() == {}


def test_a_column_added_to_a_table_that_the_other_side_drops_is_a_conflict(desk: Desk) -> None:
    branch = desk.fork("ALTER TABLE portfolio ADD COLUMN sector VARCHAR")
    desk.trunk.execute("DROP TABLE portfolio")
    conflict = only_conflict(desk.plan(branch))
    assert conflict.theirs == {"table": "portfolio, columns changed, 0 rows changed"}


def test_a_diff_tells_renamed_columns_and_tables(desk: Desk) -> None:
    branch = desk.fork(
        "ALTER TABLE portfolio RENAME COLUMN price TO cost",
        "ALTER TABLE portfolio ALTER COLUMN shares SET DATA TYPE BIGINT",
        "ALTER TABLE portfolio RENAME TO positions",
        "UPDATE positions SET cost = 9 WHERE ticker = 'AAPL'",
    )
    (table,) = desk.repo.diff(branch.name, desk.trunk.name).tables.values()
    assert (table.table, table.added, table.removed, table.changed) == ("positions", 0, 0, 1)
    assert table.schema_changes == (
        "renamed from portfolio",
        "column shares is BIGINT, was INTEGER",
        "column cost, was price",
    )
    (row,) = table.rows()
    assert row.before is not None
    assert (row.columns, row.before["cost"]) == (("cost",), 1.5)


def test_a_merged_schema_is_there_after_reopening(desk: Desk, shared_place: str) -> None:
    branch = desk.fork(
        "ALTER TABLE portfolio RENAME TO positions",
        "ALTER TABLE positions RENAME COLUMN price TO cost",
        "ALTER TABLE positions ADD COLUMN sector VARCHAR DEFAULT 'none'",
        "ALTER TABLE positions ALTER COLUMN shares SET DATA TYPE BIGINT",
        "UPDATE positions SET cost = 9 WHERE ticker = 'AAPL'",
    )
    desk.trunk.execute("UPDATE portfolio SET shares = 5 WHERE ticker = 'AAPL'")
    desk.merge(branch)
    desk.repo._store.engine.detach(desk.trunk.id)
    with Repository.open(shared_place) as again:
        rows = again.branch(desk.trunk.name).query("FROM positions WHERE ticker = 'AAPL'")
    assert rows == [{"ticker": "AAPL", "shares": 5, "cost": 9.0, "sector": "none"}]


def test_a_column_that_a_merge_widened_can_be_filtered(desk: Desk) -> None:
    """DuckLake of DuckDB 1.5.5 keeps statistics of the old type, and a filter then closes the database."""
    branch = desk.fork("ALTER TABLE portfolio ALTER COLUMN shares SET DATA TYPE BIGINT")
    assert desk.trunk.query("SELECT ticker FROM portfolio WHERE shares = 7") == []
    desk.merge(branch)
    assert desk.trunk.query("SELECT ticker FROM portfolio WHERE shares = 75 AND shares % 2 = 1") == [{"ticker": "MSFT"}]
    assert not desk.plan(branch).tables


def test_a_choice_about_a_column_works_out_no_other_table_anew(desk: Desk) -> None:
    desk.trunk.execute("CREATE TABLE cash (account VARCHAR PRIMARY KEY, amount DOUBLE)")
    branch = desk.fork(DROP_PRICE, "INSERT INTO cash VALUES ('savings', 5.0)")
    desk.trunk.execute("UPDATE portfolio SET price = 9 WHERE ticker = 'AAPL'")
    plan = desk.plan(branch)
    settled = plan.with_resolution(only_conflict(plan).id, Side.THEIRS)
    before, after = plan.work(), settled.work()
    assert after["cash"].classified is before["cash"].classified
    assert after["portfolio"].classified is not before["portfolio"].classified
    assert settled.query("FROM cash") == [{"account": "savings", "amount": 5.0}]


def test_a_decimal_column_whose_type_nobody_changed_is_left_alone(desk: Desk) -> None:
    desk.trunk.execute("ALTER TABLE portfolio ADD COLUMN fee DECIMAL(9, 2)")
    branch = desk.fork("UPDATE portfolio SET fee = 1.25 WHERE ticker = 'AAPL'")
    plan = desk.plan(branch)
    assert plan.tables["portfolio"].schema_changes == ()
    assert plan.work()["portfolio"].alterations == ()
