"""Choices for a merge outlive plans, sessions and processes, until the merge is made."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from merge_desk import Desk

from hati_core import Branch, ConflictFilter, ConflictKind, MergePlan, Repository, Side
from hati_core.choosing import Choices
from hati_core.errors import InvalidResolution, InvalidValue


def conflicted(desk: Desk) -> tuple[Branch, MergePlan, Choices]:
    """Both branches changed the shares and the price of AAPL, and the shares of MSFT."""
    branch = desk.fork("UPDATE portfolio SET shares = 1, price = 1 WHERE ticker IN ('AAPL', 'MSFT')")
    desk.trunk.execute("UPDATE portfolio SET shares = 2 WHERE ticker IN ('AAPL', 'MSFT')")
    desk.trunk.execute("UPDATE portfolio SET price = 2 WHERE ticker = 'AAPL'")
    return branch, desk.plan(branch), desk.repo.choices(branch.name, desk.trunk.name)


def can(choices: Choices) -> tuple[bool, bool]:
    """Whether there is something to take back, and something to make again."""
    chosen = choices.chosen()
    return chosen.last is not None, chosen.next is not None


def ids(plan: MergePlan) -> dict[str, str]:
    return {conflict.key[0]: conflict.id for conflict in plan.conflicts}


def test_what_one_person_chose_another_finds(desk: Desk) -> None:
    branch, plan, choices = conflicted(desk)
    aapl, msft = (ids(plan)[ticker] for ticker in ("AAPL", "MSFT"))
    choices.choose(plan, {aapl: {"price": "7.5"}}, "ada")
    after = choices.choose(plan, {msft: Side.THEIRS}, "bob")
    assert set(after.resolutions) == {aapl, msft}
    colleague = desk.repo.choices(branch.name, desk.trunk.name)
    found = colleague.taken_in(desk.plan(branch))
    assert found.resolutions == {aapl: {"price": 7.5}, msft: Side.THEIRS}
    assert [(c.conflict_id, c.author) for c in colleague.chosen().kept.values()] == [(aapl, "ada"), (msft, "bob")]
    assert all(choice.at for choice in colleague.chosen().kept.values())
    assert colleague.taken_in(found) is found


def test_steps_are_undone_and_done_again_whoever_made_them(desk: Desk) -> None:
    branch, plan, choices = conflicted(desk)
    aapl, msft = (ids(plan)[ticker] for ticker in ("AAPL", "MSFT"))
    assert can(choices) == (False, False)
    plan = choices.choose(plan, {aapl: {"shares": Side.OURS}})
    plan = choices.choose(plan, {aapl: {"price": 3}, msft: Side.OURS})
    states = [choices.state]
    plan = desk.repo.choices(branch.name, desk.trunk.name).undo(plan)
    assert plan.resolutions == {aapl: {"shares": Side.OURS}}
    states.append(choices.state)
    assert can(choices) == (True, True)
    plan = choices.redo(plan)
    assert plan.resolutions == {aapl: {"shares": Side.OURS, "price": 3.0}, msft: Side.OURS}
    plan = choices.clear(plan)
    assert (plan.resolutions, choices.chosen().resolutions) == ({}, {})
    plan = choices.undo(plan)
    assert set(plan.resolutions) == {aapl, msft}
    plan = choices.undo(choices.undo(plan))
    assert choices.undo(plan).resolutions == {}
    plan = choices.choose(plan, {msft: Side.BASE})
    assert can(choices) == (True, False)
    assert choices.redo(plan).resolutions == {msft: Side.BASE}
    states.append(choices.state)
    assert len(set(states)) == 3


def test_two_people_settle_two_cells_of_one_row_from_the_same_plan(desk: Desk) -> None:
    branch = desk.fork("UPDATE portfolio SET shares = 1, price = 1 WHERE ticker = 'AAPL'")
    desk.trunk.execute("UPDATE portfolio SET shares = 2, price = 2 WHERE ticker = 'AAPL'")
    plan, choices = desk.plan(branch), desk.repo.choices(branch.name, desk.trunk.name)
    aapl = ids(plan)["AAPL"]
    choices.choose(plan, {aapl: {"shares": Side.OURS}}, "ada")
    after = choices.choose(plan, {aapl: {"price": "7"}}, "bob")
    assert after.resolutions == {aapl: {"shares": Side.OURS, "price": 7.0}}
    assert choices.taken_in(desk.plan(branch)).resolutions == after.resolutions


def test_a_choice_that_changes_nothing_is_no_step(desk: Desk) -> None:
    _, plan, choices = conflicted(desk)
    msft = ids(plan)["MSFT"]
    plan = choices.undo(choices.choose(plan, {msft: Side.OURS}))
    stale = choices.choose(plan, {msft: None})
    assert (can(choices), stale.resolutions) == ((False, True), {})
    plan = choices.redo(stale)
    choices.choose(plan, {msft: Side.OURS})
    assert choices.undo(plan).resolutions == {}


def test_a_choice_that_cannot_be_made_is_not_kept(desk: Desk) -> None:
    _, plan, choices = conflicted(desk)
    for wrong, error in (({"shares": "many"}, InvalidValue), ({"ticker": "X"}, InvalidResolution)):
        with pytest.raises(error):
            choices.choose(plan, {ids(plan)["AAPL"]: wrong})
    with pytest.raises(InvalidResolution):
        choices.choose(plan, {"nothing": Side.OURS})
    assert choices.chosen().kept == {}


def test_when_a_branch_moves_the_choices_that_fit_stay_and_the_others_are_named(desk: Desk) -> None:
    branch, plan, choices = conflicted(desk)
    aapl, msft = (ids(plan)[ticker] for ticker in ("AAPL", "MSFT"))
    choices.choose(plan, {aapl: Side.THEIRS, msft: Side.THEIRS})
    desk.trunk.execute("UPDATE portfolio SET shares = 9 WHERE ticker = 'MSFT'")
    again = choices.taken_in(desk.plan(branch))
    assert again.resolutions == {aapl: Side.THEIRS}
    assert [(c.table, c.key, c.columns) for c in choices.unfit(again)] == [("portfolio", ("MSFT",), ("shares",))]
    choices.drop_unfit(again)
    assert choices.unfit(again) == []
    assert set(choices.chosen().kept) == {aapl}


def test_choices_end_with_the_merge(desk: Desk) -> None:
    branch, plan, choices = conflicted(desk)
    plan = choices.choose(plan, dict.fromkeys(ids(plan).values(), Side.OURS))
    desk.repo.apply_merge(plan)
    assert (choices.chosen().kept, can(choices)) == ({}, (False, False))
    branch.execute("UPDATE portfolio SET shares = 3")
    assert desk.plan(branch).resolutions == {}


def test_choices_about_columns_are_kept_with_those_about_rows(desk: Desk) -> None:
    branch = desk.fork(
        "ALTER TABLE portfolio RENAME COLUMN price TO cost", "UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'"
    )
    desk.trunk.execute("ALTER TABLE portfolio RENAME COLUMN price TO value")
    desk.trunk.execute("UPDATE portfolio SET shares = 2 WHERE ticker = 'AAPL'")
    plan, choices = desk.plan(branch), desk.repo.choices(branch.name, desk.trunk.name)
    name = next(conflict for conflict in plan.conflicts if conflict.kind is ConflictKind.SCHEMA)
    plan = choices.choose(plan, {name.id: Side.THEIRS})
    row = next(conflict for conflict in plan.conflicts if conflict.kind is ConflictKind.EDIT_EDIT)
    plan = choices.choose(plan, {row.id: {"shares": 12}})
    again = choices.taken_in(desk.plan(branch))
    assert again.resolutions == plan.resolutions == {name.id: Side.THEIRS, row.id: {"shares": 12}}
    assert again.tables["portfolio"].columns == ("ticker", "shares", "cost")
    assert choices.undo(choices.undo(again)).resolutions == {}


def test_what_is_left_takes_one_side_in_one_step(desk: Desk) -> None:
    _, plan, choices = conflicted(desk)
    aapl, msft = (ids(plan)[ticker] for ticker in ("AAPL", "MSFT"))
    plan = choices.choose(plan, {aapl: {"price": 3}})
    plan = choices.choose_rest(plan, Side.THEIRS)
    assert plan.resolutions == {aapl: {"price": 3.0, "shares": Side.THEIRS}, msft: Side.THEIRS}
    assert not plan.open_conflicts
    assert choices.undo(plan).resolutions == {aapl: {"price": 3.0}}


def test_what_is_left_of_one_column_takes_one_side(desk: Desk) -> None:
    _, plan, choices = conflicted(desk)
    aapl, msft = (ids(plan)[ticker] for ticker in ("AAPL", "MSFT"))
    plan = choices.choose_rest(plan, Side.OURS, ConflictFilter(column="shares"))
    assert plan.resolutions == {aapl: {"shares": Side.OURS}, msft: Side.OURS}
    assert choices.choose_rest(plan, Side.OURS, ConflictFilter(table="nowhere")) is plan
    assert choices.undo(plan).resolutions == {}


def test_taking_the_rest_settles_rows_that_a_choice_about_a_column_brings_up(desk: Desk) -> None:
    branch = desk.fork("ALTER TABLE portfolio DROP COLUMN price")
    desk.trunk.execute("UPDATE portfolio SET price = 2 WHERE ticker = 'AAPL'")
    desk.trunk.execute("UPDATE portfolio SET shares = 2 WHERE ticker = 'AAPL'")
    branch.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'")
    choices = desk.repo.choices(branch.name, desk.trunk.name)
    plan = choices.choose_rest(desk.plan(branch), Side.OURS)
    assert not plan.open_conflicts
    assert choices.taken_in(desk.plan(branch)).resolutions == plan.resolutions
    assert desk.rows(plan)["AAPL"] == (2, 2.0)


def test_what_somebody_else_chose_is_not_taken_along_with_the_rest(desk: Desk) -> None:
    branch, plan, choices = conflicted(desk)
    aapl, msft = (ids(plan)[ticker] for ticker in ("AAPL", "MSFT"))
    desk.repo.choices(branch.name, desk.trunk.name).choose(plan, {aapl: {"shares": Side.OURS}}, "bob")
    after = choices.choose_rest(plan, Side.THEIRS, author="ada")
    assert after.resolutions == {aapl: {"shares": Side.OURS, "price": Side.THEIRS}, msft: Side.THEIRS}
    assert choices.undo(after).resolutions == {aapl: {"shares": Side.OURS}}


def test_sides_that_one_person_passes_over_in_one_cell_are_one_step(desk: Desk) -> None:
    _, plan, choices = conflicted(desk)
    aapl = ids(plan)["AAPL"]
    plan = choices.choose(plan, {aapl: {"price": 3}}, "ada")
    for side in (Side.OURS, Side.THEIRS, Side.BASE):
        plan = choices.choose(plan, {aapl: {"shares": side}}, "ada")
    assert plan.resolutions == {aapl: {"price": 3.0, "shares": Side.BASE}}
    plan = choices.undo(plan)
    assert plan.resolutions == {aapl: {"price": 3.0}}
    assert choices.redo(plan).resolutions == {aapl: {"price": 3.0, "shares": Side.BASE}}


def test_sides_that_one_person_passes_over_for_a_row_are_one_step(desk: Desk) -> None:
    branch = desk.fork("DELETE FROM portfolio WHERE ticker = 'AAPL'")
    desk.trunk.execute("UPDATE portfolio SET shares = 2, price = 2 WHERE ticker = 'AAPL'")
    plan, choices = desk.plan(branch), desk.repo.choices(branch.name, desk.trunk.name)
    for side in (Side.OURS, Side.THEIRS):
        plan = choices.choose(plan, {ids(plan)["AAPL"]: side})
    assert choices.undo(plan).resolutions == {}


def test_passing_over_sides_and_back_is_no_step(desk: Desk) -> None:
    _, plan, choices = conflicted(desk)
    msft = ids(plan)["MSFT"]
    plan = choices.choose(plan, {msft: Side.OURS}, "bob")
    for side in (Side.THEIRS, Side.OURS):
        plan = choices.choose(plan, {msft: {"shares": side}}, "ada")
    assert plan.resolutions == {msft: Side.OURS}
    (step,) = choices.chosen().steps
    assert step.author == "bob"


@pytest.mark.parametrize(
    ("first", "second", "author"),
    [
        (Side.OURS, Side.THEIRS, "bob"),
        (7, Side.THEIRS, "ada"),
        (Side.OURS, 7, "ada"),
        (7, 8, "ada"),
    ],
)
def test_what_was_typed_or_is_somebody_else_s_stays_a_step_of_its_own(
    first: object, second: object, author: str, desk: Desk
) -> None:
    _, plan, choices = conflicted(desk)
    aapl = ids(plan)["AAPL"]
    plan = choices.choose(plan, {aapl: {"shares": first}}, "ada")
    plan = choices.choose(plan, {aapl: {"shares": second}}, author)
    assert choices.undo(plan).resolutions == {aapl: {"shares": first}}


def test_opening_a_row_again_and_choosing_for_another_cell_are_steps_of_their_own(desk: Desk) -> None:
    _, plan, choices = conflicted(desk)
    aapl, msft = (ids(plan)[ticker] for ticker in ("AAPL", "MSFT"))
    plan = choices.choose(plan, {msft: Side.OURS})
    plan = choices.undo(choices.choose(plan, {msft: None}))
    assert plan.resolutions == {msft: Side.OURS}
    for column in ("shares", "price"):
        plan = choices.choose(plan, {aapl: {column: Side.OURS}})
    assert choices.undo(plan).resolutions == {msft: Side.OURS, aapl: {"shares": Side.OURS}}


def test_a_choice_long_after_another_is_a_step_of_its_own(desk: Desk) -> None:
    _, plan, choices = conflicted(desk)
    choices.choose(plan, {ids(plan)["MSFT"]: Side.OURS}, "ada")
    chosen = choices.chosen()
    (made,) = chosen.kept.values()
    other = replace(made, resolution=Side.THEIRS)
    assert made.at is not None
    assert chosen.in_passing(other, "ada", made.at + timedelta(seconds=4)) == chosen.last
    assert chosen.in_passing(other, "ada", made.at + timedelta(seconds=6)) is None


def test_a_step_is_not_replaced_once_somebody_has_seen_it_and_gone_on(desk: Desk) -> None:
    branch, plan, choices = conflicted(desk)
    aapl, msft = (ids(plan)[ticker] for ticker in ("AAPL", "MSFT"))
    choices.choose(plan, {aapl: {"shares": Side.OURS}}, "ada")
    passed = choices.chosen().last
    assert passed is not None
    choices.choose(plan, {msft: Side.OURS}, "bob")
    log = desk.repo.choices(branch.name, desk.trunk.name)._log
    log.add(*choices._ends, "ada", passed.changes, instead_of=passed)
    assert [step.author for step in choices.chosen().steps] == ["ada", "bob", "ada"]


def test_what_is_new_to_somebody_is_told_apart_from_what_was_seen(desk: Desk) -> None:
    branch, plan, choices = conflicted(desk)
    aapl, msft = (ids(plan)[ticker] for ticker in ("AAPL", "MSFT"))
    choices.choose(plan, {aapl: Side.OURS}, "ada")
    seen = choices.chosen()
    assert seen.state == choices.state
    colleague = desk.repo.choices(branch.name, desk.trunk.name)
    plan = colleague.choose(plan, {msft: Side.OURS}, "bob")
    assert [(step.author, step.undone) for step in choices.chosen().news(seen)] == [("bob", False)]
    colleague.undo(colleague.undo(plan))
    assert seen.state != choices.state
    assert [(step.author, step.undone) for step in choices.chosen().news(seen)] == [("ada", True)]


@pytest.mark.parametrize(
    ("kind", "sides", "value"),
    [
        ("BIGINT", ("1", "2"), 9_007_199_254_740_993),
        ("DOUBLE", ("1", "2"), 0.1 + 0.2),
        ("DECIMAL(38,10)", ("1", "2"), Decimal("12345678901234567890.0123456789")),
        ("VARCHAR", ("'a'", "'b'"), 'quo"te, {brace} \n ☂'),
        ("DATE", ("'2024-01-01'", "'2024-01-02'"), date(2024, 2, 29)),
        ("BLOB", ("'a'", "'b'"), b"\x00\xff\\x41'"),
        ("BOOLEAN", ("true", "NULL"), False),
        ("INTEGER[]", ("[1]", "[2]"), [1, None, 3]),
        ("STRUCT(a INTEGER, b VARCHAR)", ("{a: 1, b: 'x'}", "{a: 2, b: 'x'}"), {"a": 1, "b": 'it\'s, {odd}: "x"'}),
        ("INTEGER", ("1", "2"), None),
    ],
)
def test_typed_values_come_back_as_they_were(desk: Desk, kind: str, sides: tuple[str, str], value: object) -> None:
    desk.trunk.execute(f"CREATE TABLE kinds (id INTEGER PRIMARY KEY, cell {kind})")
    desk.trunk.execute("INSERT INTO kinds VALUES (1, NULL)")
    branch = desk.fork(f"UPDATE kinds SET cell = {sides[0]}")
    desk.trunk.execute("DELETE FROM kinds" if sides[1] == "NULL" else f"UPDATE kinds SET cell = {sides[1]}")
    choices = desk.repo.choices(branch.name, desk.trunk.name)
    (conflict,) = desk.plan(branch).conflicts
    choices.choose(desk.plan(branch), {conflict.id: {"cell": value}})
    found = choices.taken_in(desk.plan(branch))
    assert found.resolutions[conflict.id] == {"cell": value}
    assert choices.taken_in(found) is found
    desk.repo.apply_merge(found)
    assert desk.trunk.query("SELECT cell FROM kinds") == [{"cell": value}]


def test_choices_of_a_branch_that_is_gone_for_good_go_with_it(repo: Repository) -> None:
    repo.main.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, cell INTEGER)")
    repo.main.execute("INSERT INTO t VALUES (1, 1)")
    branch = repo.create_branch("growth")
    branch.execute("UPDATE t SET cell = 2")
    repo.main.execute("UPDATE t SET cell = 3")
    plan, choices = repo.plan_merge("growth"), repo.choices("growth")
    choices.choose(plan, {plan.conflicts[0].id: Side.OURS})
    repo.discard("growth")
    assert choices.chosen().kept
    repo.gc(timedelta(0))
    assert not choices.chosen().kept
