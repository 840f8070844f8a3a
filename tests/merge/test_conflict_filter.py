"""Looking at some conflicts out of many, where they lie."""

from __future__ import annotations

import pytest
from merge_desk import Desk

from hati_core import ConflictFilter, ConflictKind, MergePlan, Side


@pytest.fixture
def plan(desk: Desk) -> MergePlan:
    """Conflicts of every kind in two tables."""
    desk.trunk.execute("CREATE TABLE bonds (name VARCHAR PRIMARY KEY, coupon DOUBLE)")
    desk.trunk.execute("INSERT INTO bonds VALUES ('Bund', 1), ('Gilt', 2)")
    branch = desk.fork(
        "UPDATE portfolio SET shares = 1, price = 1 WHERE ticker = 'AAPL'",
        "DELETE FROM portfolio WHERE ticker = 'MSFT'",
        "INSERT INTO portfolio VALUES ('Größe', 7, 1)",
        "UPDATE bonds SET coupon = 5",
        "ALTER TABLE bonds RENAME COLUMN coupon TO rate",
    )
    desk.trunk.execute("UPDATE portfolio SET shares = 2, price = 2 WHERE ticker = 'AAPL'")
    desk.trunk.execute("UPDATE portfolio SET shares = 2 WHERE ticker = 'MSFT'")
    desk.trunk.execute("INSERT INTO portfolio VALUES ('Größe', 8, 1)")
    desk.trunk.execute("UPDATE bonds SET coupon = 6")
    desk.trunk.execute("ALTER TABLE bonds RENAME COLUMN coupon TO yield")
    return desk.plan(branch)


def keys(plan: MergePlan, wanted: ConflictFilter) -> list[str]:
    return [str(conflict.key[0]) for conflict in plan.conflicts.where(wanted)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (ConflictFilter(table="bonds"), ["coupon", "Bund", "Gilt"]),
        (ConflictFilter(table="nowhere"), []),
        (ConflictFilter(kind=ConflictKind.EDIT_DELETE), ["MSFT"]),
        (ConflictFilter(kind=ConflictKind.SCHEMA), ["coupon"]),
        (ConflictFilter(column="price"), ["AAPL"]),
        (ConflictFilter(column="shares"), ["AAPL", "Größe", "MSFT"]),
        (ConflictFilter(column="name"), ["coupon"]),
        (ConflictFilter(text="GRÖSS"), []),
        (ConflictFilter(text="gRÖß"), ["Größe"]),
        (ConflictFilter(text="yield"), ["coupon"]),
        (ConflictFilter(text="'"), []),
        (ConflictFilter(text="75"), ["MSFT"]),
        (ConflictFilter(table="portfolio", column="shares", text="msft"), ["MSFT"]),
    ],
)
def test_a_filter_takes_what_meets_all_of_it(plan: MergePlan, wanted: ConflictFilter, expected: list[str]) -> None:
    assert keys(plan, wanted) == expected
    assert len(plan.conflicts.where(wanted)) == len(expected)


def test_what_is_settled_is_left_out_of_the_open_ones_that_a_filter_takes(plan: MergePlan) -> None:
    wanted = ConflictFilter(column="shares")
    settled = plan.with_resolution(next(iter(plan.conflicts.where(wanted))).id, Side.OURS)
    assert [conflict.key for conflict in settled.open_conflicts.where(wanted)] == [("Größe",), ("MSFT",)]
    assert len(settled.conflicts.where(wanted)) == 3


def test_facets_count_what_a_filter_would_take(plan: MergePlan) -> None:
    facets = plan.conflicts.facets()
    assert facets.tables == {"bonds": 3, "portfolio": 3}
    assert facets.columns == {"shares": 3, "price": 1, "yield": 2, "name": 1}
    assert facets.kinds == {
        ConflictKind.SCHEMA: 1,
        ConflictKind.EDIT_EDIT: 3,
        ConflictKind.EDIT_DELETE: 1,
        ConflictKind.INSERT_INSERT: 1,
    }
    for column, count in facets.columns.items():
        assert len(plan.conflicts.where(ConflictFilter(column=column))) == count


def test_every_conflict_knows_its_place(plan: MergePlan) -> None:
    wanted = ConflictFilter(table="portfolio")
    for conflicts in (plan.conflicts, plan.conflicts.where(wanted)):
        assert [conflicts.index(conflict) for conflict in conflicts] == list(range(len(conflicts)))
    with pytest.raises(ValueError, match="not among"):
        plan.conflicts.where(wanted).index(plan.conflicts[0])
