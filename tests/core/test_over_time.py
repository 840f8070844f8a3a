"""The value of branches through time: which tables are histories of prices, and what holdings were worth in them."""

from __future__ import annotations

from datetime import date

import pytest

from hati_core import Branch, BranchInfo, Repository
from hati_core.over_time import Series, common_begin
from hati_core.scenarios.history import History
from hati_core.scenarios.performance import Point

JANUARY, FEBRUARY, MARCH, APRIL = (date(2024, month, 1) for month in (1, 2, 3, 4))


def info(repo: Repository, name: str = "main") -> BranchInfo:
    return next(found for found in repo.branches() if found.name == name)


def histories(repo: Repository, name: str = "main") -> tuple[History, ...]:
    breakdown = repo.measures.metrics(repo.main)[0].breakdown
    assert breakdown
    return repo.over_time.histories(info(repo, name), breakdown)


def values(repo: Repository, name: str = "main") -> dict[date, float]:
    series = repo.over_time.series(info(repo, name), histories(repo, name)[0])
    return {point.day: point.value for point in series.points}


def add_prices(branch: Branch, rows: str, columns: str = "day DATE, ticker VARCHAR, price DOUBLE") -> None:
    branch.execute(f"CREATE TABLE prices ({columns})")
    branch.execute(f"INSERT INTO prices VALUES {rows}")


def test_a_history_is_known_by_a_date_a_number_and_the_names_of_the_holdings(repo: Repository, main: Branch) -> None:
    add_prices(
        main,
        "('2024-01-01', 'AAPL', 1.0, 9), ('2024-01-01', 'MSFT', 2.0, 9)",
        "noted TIMESTAMP, what VARCHAR, quoted DECIMAL(9,2), volume BIGINT",
    )
    main.execute("CREATE TABLE news AS SELECT DATE '2024-01-01' AS day, 'no ticker' AS headline, 3 AS stars")
    main.execute("CREATE TABLE sectors AS SELECT 'AAPL' AS ticker, 1.0 AS weight")
    found = histories(repo)
    assert {history.table for history in found} == {"prices"}
    assert found[0] == History("prices", "noted", "quoted", ("what",), "portfolio", ("ticker",), "shares", by_day=False)
    assert {history.price for history in found} == {"quoted", "volume"}
    assert {history.quantity for history in found} == {"shares", "avg_cost", "current_price"}


def test_the_table_that_knows_most_positions_comes_first(repo: Repository, main: Branch) -> None:
    add_prices(main, "('2024-01-01', 'AAPL', 1.0)")
    main.execute("CREATE TABLE quotes AS SELECT current_date AS day, ticker, 1.0 AS price FROM portfolio")
    assert [history.table for history in histories(repo)][:1] == ["quotes"]


def test_a_closing_price_is_preferred_to_others_of_the_day(repo: Repository, main: Branch) -> None:
    add_prices(main, "('2024-01-01', 'AAPL', 1, 2)", "day DATE, ticker VARCHAR, open DOUBLE, close DOUBLE")
    assert histories(repo)[0].price == "close"


def test_a_key_of_two_columns_is_found_by_both(repo: Repository) -> None:
    repo.main.execute(
        "CREATE TABLE plans "
        "(product VARCHAR, tier VARCHAR, price DOUBLE, quantity INTEGER, PRIMARY KEY (product, tier))"
    )
    repo.main.execute("INSERT INTO plans VALUES ('a', 'free', 0, 900), ('a', 'team', 50, 40)")
    add_prices(
        repo.main,
        "('2024-01-01', 'a', 'free', 1), ('2024-01-01', 'a', 'team', 40)",
        "day DATE, product VARCHAR, tier VARCHAR, price DOUBLE",
    )
    assert (histories(repo)[0].names, histories(repo)[0].quantity) == (("product", "tier"), "quantity")
    assert values(repo) == {JANUARY: 900 * 1 + 40 * 40}


def test_numbers_that_coincide_are_no_names(repo: Repository) -> None:
    repo.main.execute("CREATE TABLE stock (id INTEGER PRIMARY KEY, quantity INTEGER, price DOUBLE)")
    repo.main.execute("INSERT INTO stock VALUES (1, 10, 2.0), (2, 10, 3.0)")
    repo.main.execute("CREATE TABLE visits AS SELECT current_date AS day, 1 AS people, 2.0 AS hours")
    assert histories(repo) == ()


def test_holdings_of_now_are_worth_the_prices_of_then(repo: Repository, main: Branch) -> None:
    add_prices(
        main,
        "('2024-01-01', 'AAPL', 10), ('2024-01-01', 'GOOGL', 20), ('2024-01-01', 'MSFT', 30), "
        "('2024-02-01', 'AAPL', 11), ('2024-02-01', 'GOOGL', 18), ('2024-02-01', 'MSFT', 30)",
    )
    bold = repo.create_branch("bold")
    bold.execute("UPDATE portfolio SET shares = 200 WHERE ticker = 'AAPL'")
    # 100 AAPL, 50 GOOGL, 75 MSFT.
    assert values(repo) == {JANUARY: 1000 + 1000 + 2250, FEBRUARY: 1100 + 900 + 2250}
    assert values(repo, "bold") == {JANUARY: 2000 + 1000 + 2250, FEBRUARY: 2200 + 900 + 2250}


def test_a_missing_price_is_the_last_one_known(repo: Repository, main: Branch) -> None:
    add_prices(
        main,
        "('2024-01-01', 'AAPL', 10), ('2024-01-01', 'GOOGL', 20), ('2024-01-01', 'MSFT', 30), "
        "('2024-02-01', 'AAPL', 11), ('2024-02-01', 'MSFT', NULL), "
        "('2024-03-01', 'GOOGL', 18), ('2024-03-01', 'MSFT', 'NaN')",
    )
    assert values(repo) == {JANUARY: 4250, FEBRUARY: 1100 + 1000 + 2250, MARCH: 1100 + 900 + 2250}


def test_the_series_begins_when_every_position_has_a_price(repo: Repository, main: Branch) -> None:
    add_prices(
        main,
        "('2024-01-01', 'AAPL', 10), ('2024-01-01', 'GOOGL', 20), ('2024-02-01', 'MSFT', 30), "
        "('2024-03-01', 'AAPL', 20)",
    )
    series = repo.over_time.series(info(repo), histories(repo)[0])
    assert [(point.day, point.value) for point in series.points] == [(FEBRUARY, 4250), (MARCH, 5250)]
    assert (series.begins, series.earliest, series.latest) == (FEBRUARY, JANUARY, "MSFT")


def test_positions_without_a_price_are_left_out_and_named(repo: Repository, main: Branch) -> None:
    add_prices(main, "('2024-01-01', 'AAPL', 10), ('2024-01-01', 'XRX', 1)")
    series = repo.over_time.series(info(repo), histories(repo)[0])
    assert [point.value for point in series.points] == [1000]
    assert (series.positions, series.missing, series.left_out) == (3, 2, ("GOOGL", "MSFT"))


def test_what_is_held_with_nothing_delays_nothing(repo: Repository, main: Branch) -> None:
    add_prices(main, "('2024-01-01', 'AAPL', 10), ('2024-02-01', 'MSFT', 30)")
    main.execute("UPDATE portfolio SET shares = 0 WHERE ticker <> 'AAPL'")
    assert values(repo) == {JANUARY: 1000}


def test_of_several_prices_of_a_day_the_last_counts_and_of_one_moment_their_mean(
    repo: Repository, main: Branch
) -> None:
    main.execute("DELETE FROM portfolio WHERE ticker <> 'AAPL'")
    add_prices(
        main,
        "('2024-01-01 09:00', 'AAPL', 1), ('2024-01-01 17:00', 'AAPL', 4), ('2024-01-01 17:00', 'AAPL', 6)",
        "noted TIMESTAMP, ticker VARCHAR, price DOUBLE",
    )
    assert values(repo) == {JANUARY: 500}


def test_times_with_a_zone_and_endless_ones_do_no_harm(repo: Repository, main: Branch) -> None:
    add_prices(
        main,
        "('2024-01-01 12:00:00+00', 'AAPL', 1), ('infinity', 'AAPL', 4), (NULL, 'AAPL', 4)",
        "noted TIMESTAMPTZ, ticker VARCHAR, price DOUBLE",
    )
    assert list(values(repo)) == [JANUARY]


def test_no_position_with_a_price_is_an_empty_series(repo: Repository, main: Branch) -> None:
    add_prices(main, "('2024-01-01', 'AAPL', 10)")
    history = histories(repo)[0]
    main.execute("DELETE FROM portfolio WHERE ticker = 'AAPL'")
    series = repo.over_time.series(info(repo), history)
    assert (series.points, series.begins, series.missing) == ((), None, 2)


def test_a_version_is_valued_once_and_the_next_one_anew(repo: Repository, main: Branch) -> None:
    add_prices(main, "('2024-01-01', 'AAPL', 10), ('2024-01-01', 'GOOGL', 20), ('2024-01-01', 'MSFT', 30)")
    history, before = histories(repo)[0], info(repo)
    assert repo.over_time.series(before, history) is repo.over_time.series(before, history)
    main.execute("UPDATE prices SET price = 0 WHERE ticker = 'MSFT'")
    assert values(repo) == {JANUARY: 2000}
    assert repo.over_time.series(before, history).points[0].value == 4250


def test_series_are_compared_from_the_first_day_that_all_have() -> None:
    def series(*points: Point) -> Series:
        return Series(points, 1, 0, (), None, None)

    long = series(Point(JANUARY, 1.0), Point(MARCH, 3.0), Point(APRIL, 4.0))
    late = series(Point(FEBRUARY, 5.0), Point(APRIL, 6.0))
    assert common_begin([long, late, series()]) == FEBRUARY
    assert common_begin([series()]) is None
    assert long.since(FEBRUARY) == (Point(FEBRUARY, 1.0), Point(MARCH, 3.0), Point(APRIL, 4.0))
    assert late.since(FEBRUARY) == late.points
    assert long.since(JANUARY) == long.points
    assert series(Point(JANUARY, 1.0)).since(MARCH) == (Point(MARCH, 1.0),)
    assert series().since(MARCH) == ()


@pytest.mark.parametrize("rows", [3, 40])
def test_the_value_agrees_with_adding_up_day_by_day(repo: Repository, main: Branch, rows: int) -> None:
    main.execute(
        "CREATE TABLE prices AS SELECT DATE '2024-01-01' + (n * 7 % 11)::INTEGER AS day, t.ticker, "
        "10 + (n * n * 13 + length(t.ticker) * n) % 17 AS price "
        f"FROM range({rows}) AS r(n), portfolio AS t WHERE (n + length(t.ticker)) % 3 <> 0 OR n = 0"
    )
    by_hand = main.query(
        "SELECT d.day, sum(shares * (SELECT avg(price) FROM prices AS p WHERE p.ticker = h.ticker AND p.day = "
        "(SELECT max(day) FROM prices AS q WHERE q.ticker = h.ticker AND q.day <= d.day))) AS value "
        "FROM (SELECT DISTINCT day FROM prices) AS d, portfolio AS h WHERE d.day >= (SELECT max(first) FROM "
        "(SELECT min(day) AS first FROM prices GROUP BY ticker)) GROUP BY d.day"
    )
    assert values(repo) == pytest.approx({row["day"]: row["value"] for row in by_hand})
