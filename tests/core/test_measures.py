"""Metrics: ready-made and one's own, on every branch, with what they are made of."""

from __future__ import annotations

import pytest

from hati_core import Branch, BranchView, Breakdown, Metric, Repository, Unit
from hati_core.errors import InvalidMetric
from hati_core.measures import Part
from hati_core.storage.places import place_of
from hati_core.storage.registry import Registry
from hati_core.storage.registry_rows import Measurement


def values(repo: Repository, branch: Branch) -> dict[str, float | None]:
    measures = repo.measures
    return {found.metric.name: found.value for found in measures.values(branch, measures.metrics(branch))}


def grown(repo: Repository) -> Branch:
    """A branch with a new position, a doubled one, and one less."""
    branch = repo.create_branch("growth")
    branch.execute("INSERT INTO portfolio VALUES ('NVDA', 200, 800.0, 950.0)")
    branch.execute("UPDATE portfolio SET shares = 200 WHERE ticker = 'AAPL'")
    branch.execute("DELETE FROM portfolio WHERE ticker = 'GOOGL'")
    return branch


def measured(repo: Repository, branch: BranchView, metric: Metric) -> float | None:
    (found,) = repo.measures.values(branch, [metric])
    return found.value


def test_a_portfolio_is_measured_ready_made(repo: Repository, main: Branch) -> None:
    assert values(repo, main) == {
        "Portfolio value": 58_750.0,
        "Unrealised P&L": 14_500.0,
        "Positions": 3.0,
        "Largest weight": pytest.approx(31_500 / 58_750),
        "Concentration (HHI)": 4_088,
        "Cost": 44_250.0,
    }


def test_prices_and_quantities_of_products_are_measured_ready_made(repo: Repository) -> None:
    repo.main.execute("CREATE TABLE plans (product VARCHAR, tier VARCHAR, price DECIMAL(10,2), quantity INTEGER)")
    repo.main.execute("INSERT INTO plans VALUES ('Hati', 'free', 0, 900), ('Hati', 'team', 49.5, 40)")
    assert values(repo, repo.main) == {
        "Revenue": 1_980.0,
        "Units": 940.0,
        "Average price": pytest.approx(1_980 / 940),
    }


def test_a_table_that_is_neither_is_worth_its_sum(repo: Repository) -> None:
    repo.main.execute("CREATE TABLE stock (id INTEGER, qty INTEGER, price DOUBLE)")
    repo.main.execute("INSERT INTO stock VALUES (1, 3, 2.0), (2, 1, 2.0)")
    assert values(repo, repo.main) == {
        "Total value": 8.0,
        "Rows": 2.0,
        "Largest weight": 0.75,
        "Concentration (HHI)": 6_250.0,
    }


def test_every_table_of_positions_has_its_sum_and_the_one_made_first_comes_first(repo: Repository) -> None:
    repo.main.execute("CREATE TABLE book (name VARCHAR, units INTEGER, price DOUBLE)")
    repo.main.execute("CREATE TABLE another AS SELECT 'desk' AS product, 200.0 AS price, 3 AS quantity")
    repo.main.execute("CREATE TABLE cellar AS SELECT 'wine' AS label, 10 AS units, 5.0 AS price")
    assert [metric.name for metric in repo.measures.metrics(repo.main)] == [
        "Portfolio value",
        "Positions",
        "Largest weight",
        "Concentration (HHI)",
        "Revenue",
        "Portfolio value of cellar",
    ]


def test_a_table_that_comes_later_leaves_metrics_in_their_places(repo: Repository) -> None:
    repo.main.execute("CREATE TABLE sales AS SELECT 'desk' AS product, 200.0 AS price, 3 AS quantity")
    repo.set_metric("Net", "SELECT sum(price) FROM sales", breakdown=Breakdown("sales", "price", ("product",)))
    repo.set_metric("Rows", "SELECT count(*) FROM sales")
    before = repo.create_branch("before")
    repo.main.execute("CREATE TABLE p AS SELECT 'A' AS ticker, 3 AS shares, 5.0 AS price")
    names = [metric.name for metric in repo.measures.metrics(repo.main)]
    assert names == ["Revenue", "Units", "Average price", "Net", "Portfolio value", "Rows"]
    values = repo.measures.values(before, repo.measures.metrics(repo.main))
    assert [found.problem for found in values if found.value is None] == ["There is no table “p” on this branch."]


def test_a_table_keeps_its_place_when_it_is_renamed(repo: Repository) -> None:
    repo.main.execute("CREATE TABLE b AS SELECT 'desk' AS product, 200.0 AS price, 3 AS quantity")
    repo.main.execute("CREATE TABLE a AS SELECT 'A' AS ticker, 3 AS shares, 5.0 AS price")
    repo.main.execute("ALTER TABLE b RENAME TO z")
    assert repo.measures.metrics(repo.create_branch("later"))[0].name == "Revenue"


def test_a_position_that_was_sold_off_is_none_and_nothing_held_is_worth_nothing(repo: Repository, main: Branch) -> None:
    main.execute("UPDATE portfolio SET shares = 0 WHERE ticker = 'AAPL'")
    assert values(repo, main)["Positions"] == 2.0
    main.execute("UPDATE portfolio SET shares = 0")
    assert values(repo, main) == dict.fromkeys(values(repo, main), 0.0)


def test_other_tables_are_counted_and_none_is_no_metric(repo: Repository) -> None:
    assert values(repo, repo.main) == {}
    repo.main.execute("CREATE TABLE notes AS SELECT 'a' AS text FROM range(2)")
    assert values(repo, repo.main) == {"Rows in notes": 2.0}


def test_a_value_follows_its_branch(repo: Repository, main: Branch) -> None:
    branch = repo.create_branch("growth")
    assert values(repo, branch)["Positions"] == 3
    branch.execute("INSERT INTO portfolio VALUES ('NVDA', 200, 800.0, 950.0)")
    assert (values(repo, branch)["Positions"], values(repo, main)["Positions"]) == (4, 3)


def test_what_was_measured_at_a_version_holds_for_every_process_and_every_fork(repo: Repository, main: Branch) -> None:
    metric = Metric("Shares", "SELECT sum(shares) FROM portfolio")
    others = Registry(place_of(repo.place))
    others.keep_measured({Measurement.of(metric.sql, main.id, main.head): 42.0})
    fork = repo.create_branch("growth")
    assert [measured(repo, branch, metric) for branch in (main, fork, main.at(main.head))] == [42.0, 42.0, 42.0]
    fork.execute("UPDATE portfolio SET shares = shares + 1")
    assert [measured(repo, branch, metric) for branch in (main, fork)] == [42.0, 228.0]
    assert others.measured([(fork.id, fork.head)]) == {Measurement.of(metric.sql, fork.id, fork.head): 228.0}
    others.close()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT random()",
        "SELECT epoch_ns(now())",
        "SELECT sum(luck) FROM dice",
        "SELECT epoch_ns(get_current_timestamp())",
    ],
)
def test_what_time_or_chance_decides_is_measured_each_time(repo: Repository, main: Branch, sql: str) -> None:
    main.execute("CREATE VIEW dice AS SELECT random() AS luck FROM portfolio")
    metric = Metric("Dice", sql)
    assert measured(repo, main, metric) != measured(repo, main, metric)


def test_a_list_of_branches_is_measured_at_once(repo: Repository, main: Branch) -> None:
    metrics = [
        Metric("Shares", "SELECT sum(shares) FROM portfolio"),
        Metric("Typo", "SELECT sum(share) FROM portfolio"),
    ]
    repo.create_branch("growth").execute("UPDATE portfolio SET shares = 1")
    for _ in range(2):
        listed = repo.measures.listed(repo.branches(), metrics)
        assert {name: found[0].value for name, found in listed.items()} == {"main": 225.0, "growth": 3.0}
        assert all("share" in (found[1].problem or "") for found in listed.values())


def test_own_metrics_stand_behind_ready_made_ones_in_the_order_they_were_set(repo: Repository, main: Branch) -> None:
    repo.set_metric("Shares", "SELECT sum(shares) FROM portfolio")
    repo.set_metric("Paid", "SELECT sum(shares * avg_cost) FROM portfolio", unit=Unit.MONEY)
    repo.set_metric("Shares", "SELECT sum(shares) + 1 FROM portfolio")
    found = values(repo, main)
    assert list(found)[-2:] == ["Shares", "Paid"]
    assert (found["Portfolio value"], found["Shares"], found["Paid"]) == (58_750.0, 226.0, 44_250.0)


def test_an_own_metric_takes_the_place_of_the_ready_made_one_of_its_name(repo: Repository, main: Branch) -> None:
    repo.set_metric("Positions", "SELECT count(*) * 10 FROM portfolio")
    assert list(values(repo, main).items())[2] == ("Positions", 30.0)
    assert repo.measures.metrics(main)[1].unit == Unit.MONEY


@pytest.mark.parametrize(
    ("name", "sql", "sentence"),
    [
        (" ", "SELECT 1", "Give the metric a name"),
        ("M", "SELECT ticker FROM portfolio LIMIT 1", "not a number"),
        ("M", "SELECT shares FROM portfolio", "one number"),
        ("M", "SELECT 1, 2", "one number"),
        ("M", "SELECT sum(shares) FROM nowhere", "does not run on “main”"),
        ("M", "SELEC 1", "does not run on “main”"),
        ("M", "DELETE FROM portfolio", "does not run on “main”"),
        ("M", "SELECT NULL", "not a number"),
    ],
)
def test_a_metric_that_gives_no_number_is_refused(
    shared_repo: Repository, shared_main: Branch, name: str, sql: str, sentence: str
) -> None:
    with pytest.raises(InvalidMetric, match=sentence):
        shared_repo.set_metric(name, sql)
    assert "Portfolio value" in values(shared_repo, shared_main)


def test_a_metric_that_fails_on_a_branch_says_so_alone(repo: Repository, main: Branch) -> None:
    repo.set_metric("Shares", "SELECT sum(shares) FROM portfolio")
    repo.set_metric("Rows", "SELECT count(*) FROM portfolio")
    branch = repo.create_branch("growth")
    branch.execute("ALTER TABLE portfolio DROP COLUMN shares")
    shares, rows = repo.measures.values(branch, repo.measures.metrics(branch))
    assert shares.value is None
    assert "shares" in (shares.problem or "")
    assert rows.value == 3


def test_the_largest_parts_come_first_and_the_rest_is_other(repo: Repository, main: Branch) -> None:
    value = Breakdown("portfolio", "shares * current_price", ("ticker",))
    assert repo.measures.parts(main, value) == [Part("MSFT", 31_500), Part("AAPL", 18_500), Part("GOOGL", 8_750)]
    assert repo.measures.parts(main, value, limit=1) == [Part("MSFT", 31_500), Part("other", 27_250)]


def test_what_makes_two_branches_differ_adds_up(repo: Repository, main: Branch) -> None:
    value = Breakdown("portfolio", "shares * current_price", ("ticker",))
    branch = grown(repo)
    deltas = {change.label: change.delta for change in repo.measures.changes(main, branch, value)}
    assert deltas == {"NVDA": 190_000, "AAPL": 18_500, "GOOGL": -8_750}
    shown = {change.label: change.delta for change in repo.measures.changes(main, branch, value, limit=1)}
    assert shown == {"NVDA": 190_000, "other": 9_750}
    assert repo.measures.changes(main, main, value) == []


def test_the_metrics_of_a_plan_are_those_that_the_merge_leaves_and_one_that_fails_says_so_alone(
    repo: Repository, main: Branch
) -> None:
    growth = repo.create_branch("growth")
    growth.execute("UPDATE portfolio SET shares = 200 WHERE ticker = 'AAPL'")
    metrics = [
        Metric("Shares", "SELECT sum(shares) FROM portfolio"),
        Metric("Shares again", "SELECT sum(shares) FROM portfolio"),
        Metric("Notes", "SELECT count(*) FROM notes"),
        Metric("Rows", "SELECT shares FROM portfolio"),
        Metric("Pair", "SELECT 1, 2"),
        Metric("Nothing", "SELECT 1 WHERE false"),
    ]
    plan = repo.plan_merge("growth")
    together = repo.measures.merged_values(plan, metrics[:2])
    assert [found.value for found in together] == [325.0, 325.0]
    found = repo.measures.merged_values(plan, metrics)
    assert found[:2] == together
    assert [value.value for value in found[2:]] == [None] * 4
    assert all(value.problem for value in found[2:])
    assert repo.measures.merged_values(plan, []) == []


def test_what_a_merge_would_change_adds_up_before_it_is_made(repo: Repository, main: Branch) -> None:
    value = Breakdown("portfolio", "shares * current_price", ("ticker",))
    grown(repo)
    main.execute("UPDATE portfolio SET current_price = 100 WHERE ticker = 'AAPL'")
    plan = repo.plan_merge("growth")
    planned = repo.measures.merged_changes(plan, value)
    assert {part.label: part.delta for part in planned} == {"NVDA": 190_000, "AAPL": 10_000, "GOOGL": -8_750}
    assert [part.label for part in repo.measures.merged_changes(plan, value, limit=1)] == ["NVDA", "other"]
    before = main.head
    repo.apply_merge(plan)
    assert repo.measures.changes(main.at(before), main, value) == planned
    assert repo.measures.merged_changes(repo.plan_merge("growth"), value) == []


@pytest.mark.parametrize(
    ("statement", "delta"), [("DROP TABLE portfolio", -58_750), ("CREATE TABLE more AS FROM portfolio", 0)]
)
def test_tables_that_a_merge_drops_or_makes_count_whole(
    repo: Repository, main: Branch, statement: str, delta: float
) -> None:
    branch = repo.create_branch("growth")
    branch.execute(statement)
    plan = repo.plan_merge("growth")
    changed = {
        table: sum(
            part.delta
            for part in repo.measures.merged_changes(plan, Breakdown(table, "shares * current_price", ("ticker",)))
        )
        for table in ("portfolio", "more")
    }
    assert changed == {"portfolio": delta, "more": 0 if delta else 58_750}
