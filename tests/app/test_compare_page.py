"""Compare: branches side by side, what makes up the difference, and the rows behind it."""

from __future__ import annotations

import pytest

from hati_core import Repository
from tests.app.screen import Screen


def test_without_tables_the_overview_is_the_way(empty: Repository, screen: Screen) -> None:
    screen.open("Compare")
    assert "There is nothing to compare yet" in screen.text
    assert "Begin on the overview" in screen.text
    assert not screen.at.multiselect


def test_main_alone_needs_a_branch(portfolio: Repository, screen: Screen) -> None:
    screen.open("Compare")
    assert "Compare needs main and at least one branch." in screen.text
    assert "Make a branch" in screen.text
    assert not screen.at.dataframe


def test_the_branch_in_view_is_compared_with_main(branches: Repository, screen: Screen) -> None:
    screen.open("Compare", branch="aggressive-growth")
    assert screen.at.query_params["with"] == "main|aggressive-growth"
    assert screen.matrix()["main"].to_dict() == {
        "Changed inputs": "reference",
        "Portfolio value": "$58,750",
        "Unrealised P&L": "$14,500",
        "Positions": "3",
        "Largest weight": "53.6 %",
        "Concentration (HHI)": "4,088",
        "Cost": "$44,250",
    }
    assert screen.matrix()["aggressive-growth"].to_dict() == {
        "Changed inputs": "~ AAPL shares 100 → 200\n+ NVDA added",
        "Portfolio value": "$267,250\n▲ +$208,500 · +354.9 %",
        "Unrealised P&L": "$48,000\n▲ +$33,500 · +231.0 %",
        "Positions": "4\n▲ +1 · +33.3 %",
        "Largest weight": "71.1 %\n▲ +17.5 pts",
        "Concentration (HHI)": "5,396\n▲ +1,308 · +32.0 %",
        "Cost": "$219,250\n▲ +$175,000 · +395.5 %",
    }
    assert "main → aggressive-growth: +$208,500" in screen.text
    assert screen.figure("waterfall") == "main to aggressive-growth: NVDA +$190,000; AAPL +$18,500"
    assert "Next: merge aggressive-growth into main" in screen.text
    assert "conservative-hedge" not in screen.text


def test_the_first_changes_are_named_and_the_rest_counted(branches: Repository, screen: Screen) -> None:
    idea = branches.create_branch("idea")
    idea.execute("UPDATE portfolio SET shares = shares + 1, avg_cost = 1, current_price = 2")
    idea.execute("INSERT INTO portfolio SELECT 'T' || n, 1, 1.0, 1.0 FROM range(10) AS r(n)")
    screen.open("Compare", branch="idea")
    lines = screen.matrix()["idea"]["Changed inputs"].split("\n")
    assert lines[0] == "~ AAPL shares 100 → 101, avg_cost 150 → 1 and 1 more cell"
    assert len(lines) == 5
    assert lines[-1] == "and 9 rows more"


def test_a_metric_that_fails_on_one_branch_says_so_in_its_cell_alone(branches: Repository, screen: Screen) -> None:
    branches.branch("aggressive-growth").execute("ALTER TABLE portfolio DROP COLUMN avg_cost")
    screen.open("Compare", **{"with": "main|aggressive-growth|conservative-hedge"})
    failed = screen.matrix()["aggressive-growth"]
    assert failed["Portfolio value"].startswith("$267,250")
    assert failed["Changed inputs"].startswith("! portfolio: column avg_cost removed")
    assert failed["Unrealised P&L"].startswith("–\n! ")
    assert "avg_cost" in failed["Unrealised P&L"]
    assert screen.matrix()["conservative-hedge"]["Unrealised P&L"].startswith("$15,500")
    assert screen.problems == []


def test_what_fails_on_the_reference_has_nothing_to_be_compared_with(branches: Repository, screen: Screen) -> None:
    branches.main.execute("ALTER TABLE portfolio DROP COLUMN avg_cost")
    branches.set_metric("Cost", "SELECT sum(avg_cost) FROM portfolio", branch="aggressive-growth")
    screen.open("Compare", branch="aggressive-growth", metric="Cost")
    assert screen.matrix()["main"]["Cost"].startswith("–\n! ")
    assert screen.matrix()["aggressive-growth"]["Cost"] == "1,380\nno value to compare with"
    assert "What makes up the difference" not in screen.text


def test_the_figures_are_about_the_metric_that_is_chosen(branches: Repository, screen: Screen) -> None:
    screen.open("Compare", branch="aggressive-growth").pick("Metric of the figures", "Unrealised P&L")
    assert screen.at.query_params["metric"] == "Unrealised P&L"
    assert screen.figure("value bars").endswith("main $14,500; aggressive-growth $48,000")
    assert screen.figure("waterfall") == "main to aggressive-growth: NVDA +$30,000; AAPL +$3,500"
    screen.pick("Metric of the figures", "Positions")
    assert screen.figure("value bars") == "Positions by branch: main 3; aggressive-growth 4"
    assert "What makes up the difference" not in screen.text
    assert "How each branch is spread" not in screen.text


def test_the_largest_changes_are_as_many_as_asked_for(branches: Repository, screen: Screen) -> None:
    branches.branch("conservative-hedge").execute(
        "INSERT INTO portfolio SELECT 'T' || n, 1, 1.0, 10.0 + n FROM range(9) AS r(n)"
    )
    screen.open("Compare", branch="conservative-hedge", top="6")
    assert screen.figure("waterfall").count(";") == 6
    assert screen.figure("waterfall").endswith("other +$46")
    assert "other" not in screen.pick("Largest changes", "12").figure("waterfall")


def test_the_rows_behind_the_difference_show_before_and_after(branches: Repository, screen: Screen) -> None:
    screen.open("Compare", branch="aggressive-growth")
    assert screen.listed("differences").to_dict("records") == [
        {"": "~ changed", "ticker": "AAPL", "shares": "100 → 200", "avg_cost": "150", "current_price": "185"},
        {"": "+ added", "ticker": "NVDA", "shares": "200", "avg_cost": "800", "current_price": "950"},
    ]
    assert screen.pick("Rows to show", "added").listed("differences")["ticker"].tolist() == ["NVDA"]
    assert screen.at.query_params["diff-kind"] == "added"


def test_changed_cells_stand_beside_each_other_under_the_names_of_the_branches(
    branches: Repository, screen: Screen
) -> None:
    screen.open("Compare", branch="aggressive-growth").pick("Changed cells", "two")
    rows = screen.listed("differences")
    assert rows.columns.tolist() == [
        "", "ticker", "shares · main", "shares · aggressive-growth", "avg_cost", "current_price",
    ]  # fmt: skip
    assert rows.iloc[0].tolist()[:4] == ["~ changed", "AAPL", "100", "~ 200"]
    assert rows.iloc[1].tolist()[:4] == ["+ added", "NVDA", "", "200"]


def test_rows_are_filtered_by_table_column_and_text(branches: Repository, screen: Screen) -> None:
    growth = branches.branch("aggressive-growth")
    growth.execute("CREATE TABLE notes (id VARCHAR PRIMARY KEY, text VARCHAR)")
    growth.execute("INSERT INTO notes VALUES ('a', 'Hello'), ('b', 'world')")
    growth.execute("UPDATE portfolio SET avg_cost = 1 WHERE ticker = 'MSFT'")
    screen.open("Compare", branch="aggressive-growth", **{"diff-table": "notes"})
    assert "! table created" in screen.text
    assert screen.fill("Cell contains", "hello").listed("differences")["id"].tolist() == ["a"]
    screen.fill("Cell contains", "").pick("Table with differences", "portfolio")
    assert screen.pick("Changed column", "c:avg_cost").listed("differences")["ticker"].tolist() == ["MSFT", "NVDA"]
    screen.fill("Cell contains", "no such text")
    assert "No row of portfolio differs in this way." in screen.text


def test_the_address_gives_the_view_again(branches: Repository, screen: Screen) -> None:
    screen.open("Compare", **{"with": "main|aggressive-growth|conservative-hedge"})
    screen.pick("Look closer at", "conservative-hedge").pick("Metric of the figures", "Unrealised P&L")
    screen.pick("Changed cells", "two").pick("Largest parts", "6").fill("Cell contains", "bnd")
    address = dict(screen.at.query_params)
    again = Screen().open("Compare", **{name: "".join(value) for name, value in address.items()})
    assert again.text == screen.text
    assert again.figure("waterfall") == screen.figure("waterfall") == "main to conservative-hedge: BND +$1,000"
    assert again.listed("differences")["ticker"].tolist() == ["BND"]
    assert again.field("Cell contains") == "bnd"


def test_the_branches_in_the_address_are_compared_in_their_order(branches: Repository, screen: Screen) -> None:
    screen.open("Compare", **{"with": "conservative-hedge|aggressive-growth"})
    assert screen.matrix().columns.tolist() == ["conservative-hedge", "aggressive-growth"]
    assert "▲ +$171,500" in screen.matrix()["aggressive-growth"]["Portfolio value"]
    assert "conservative-hedge → aggressive-growth: +$171,500" in screen.text
    assert screen.figure("waterfall").startswith(
        "conservative-hedge to aggressive-growth: NVDA +$190,000; BND −$37,000"
    )


def test_five_branches_stand_side_by_side_and_one_is_looked_at_closer(branches: Repository, screen: Screen) -> None:
    branches.create_branch("same-as-main")
    branches.create_branch("fifth", "aggressive-growth")
    names = ["main", "aggressive-growth", "conservative-hedge", "same-as-main", "fifth"]
    screen.open("Compare", **{"with": "|".join(names)})
    assert screen.matrix().columns.tolist() == names
    assert screen.matrix()["same-as-main"]["Changed inputs"] == "no change"
    assert screen.matrix()["same-as-main"]["Portfolio value"] == "$58,750\n±0"
    assert screen.figure("value bars").count(";") == 4
    assert screen.figure("treemaps").count(";") == 4
    assert "main → aggressive-growth: +$208,500" in screen.text
    screen.pick("Look closer at", "same-as-main")
    assert screen.at.query_params["closer"] == "same-as-main"
    assert "main → same-as-main: ±0" in screen.text
    assert "Nothing in portfolio is worth more or less." in screen.text
    assert "Every row is the same on both." in screen.text
    assert "Next: merge same-as-main into main" in screen.text


def test_more_branches_than_five_in_the_address_are_cut(branches: Repository, screen: Screen) -> None:
    for number in range(5):
        branches.create_branch(f"idea-{number}")
    screen.open("Compare", **{"with": "|".join(["main", *(f"idea-{number}" for number in range(5))])})
    assert len(screen.matrix().columns) == 5
    assert screen.problems == []


@pytest.mark.parametrize("asked", ["main", "main|moonshot", "|", ""])
def test_less_than_two_branches_in_the_address_are_not_an_error(
    asked: str, branches: Repository, screen: Screen
) -> None:
    screen.open("Compare", **{"with": asked})
    assert screen.problems == []
    assert "Choose at least two branches." in screen.text or len(screen.matrix().columns) >= 2


def test_a_branch_in_the_address_that_is_gone_is_named(branches: Repository, screen: Screen) -> None:
    branches.discard("aggressive-growth")
    screen.open("Compare", **{"with": "main|aggressive-growth|conservative-hedge", "closer": "aggressive-growth"})
    assert "There is no branch “aggressive-growth” any more, so it is not compared." in screen.text
    assert screen.matrix().columns.tolist() == ["main", "conservative-hedge"]


def test_a_branch_twice_in_the_address_is_compared_once(branches: Repository, screen: Screen) -> None:
    screen.open("Compare", **{"with": "main|main|conservative-hedge"})
    assert screen.problems == []
    assert screen.matrix().columns.tolist() == ["main", "conservative-hedge"]


def test_taking_branches_away_asks_for_two(branches: Repository, screen: Screen) -> None:
    screen.open("Compare", branch="aggressive-growth").pick("Branches", ["main"])
    assert "Choose at least two branches." in screen.text
    assert not screen.at.dataframe
    hedge = screen.pick("Branches", ["main", "conservative-hedge"]).matrix()["conservative-hedge"]
    assert "+$37,000" in hedge["Portfolio value"]


def test_the_branches_chosen_last_are_there_on_coming_back(branches: Repository, screen: Screen) -> None:
    screen.open("Compare").pick("Branches", ["conservative-hedge", "main"])
    screen.open("Overview").open("Compare")
    assert screen.matrix().columns.tolist() == ["conservative-hedge", "main"]


def test_a_compared_branch_that_was_discarded_meanwhile_is_left_out(branches: Repository, screen: Screen) -> None:
    screen.open("Compare", **{"with": "main|aggressive-growth|conservative-hedge"})
    branches.discard("aggressive-growth")
    screen.run()
    assert screen.problems == []
    assert screen.matrix().columns.tolist() == ["main", "conservative-hedge"]


def test_rows_that_cannot_be_told_apart_leave_the_values(branches: Repository, screen: Screen) -> None:
    for name in ("main", "aggressive-growth"):
        branches.branch(name).execute("CREATE TABLE notes (text VARCHAR)")
        branches.branch(name).execute("INSERT INTO notes VALUES ('a'), ('a')")
    screen.open("Compare", branch="aggressive-growth")
    assert screen.matrix()["aggressive-growth"]["Portfolio value"].startswith("$267,250")
    assert "Row by row" in screen.text


def test_a_table_that_one_branch_dropped_is_shown_as_removed(branches: Repository, screen: Screen) -> None:
    branches.branch("aggressive-growth").execute("DROP TABLE portfolio")
    screen.open("Compare", branch="aggressive-growth")
    assert screen.matrix()["aggressive-growth"]["Portfolio value"].startswith("–\n! ")
    assert "−3" in screen.text
    assert screen.problems == []


def test_prices_of_products_are_compared_without_a_line_of_code(empty: Repository, screen: Screen) -> None:
    empty.main.execute(
        "CREATE TABLE plans "
        "(product VARCHAR, tier VARCHAR, price DOUBLE, quantity INTEGER, PRIMARY KEY (product, tier))"
    )
    empty.main.execute("INSERT INTO plans VALUES ('Hati', 'free', 0, 900), ('Hati', 'team', 50, 40)")
    empty.create_branch("dearer").execute("UPDATE plans SET price = 60 WHERE tier = 'team'")
    empty.create_branch("cheaper").execute("UPDATE plans SET price = 45, quantity = 50 WHERE tier = 'team'")
    screen.open("Compare", **{"with": "main|dearer|cheaper"})
    headline = screen.matrix().iloc[1]
    assert headline.tolist() == ["$2,000", "$2,400\n▲ +$400 · +20.0 %", "$2,250\n▲ +$250 · +12.5 %"]
    assert screen.matrix()["dearer"]["Changed inputs"] == "~ Hati · team price 50 → 60"
    assert screen.figure("waterfall") == "main to dearer: Hati · team +$400"
    assert "Through time" not in screen.text


def test_data_without_numbers_shows_its_rows(empty: Repository, screen: Screen) -> None:
    empty.main.execute("CREATE TABLE notes (id VARCHAR PRIMARY KEY, text VARCHAR)")
    empty.main.execute("INSERT INTO notes VALUES ('a', 'hello'), ('b', 'world')")
    empty.create_branch("polite").execute("UPDATE notes SET text = 'dear world' WHERE id = 'b'")
    screen.open("Compare")
    assert screen.matrix()["polite"].to_dict() == {
        "Changed inputs": "~ b text world → dear world",
        "Rows in notes": "2\n±0",
    }
    assert screen.listed("differences")["text"].tolist() == ["world → dear world"]
    assert "How each branch is spread" not in screen.text


def test_nothing_above_nought_cannot_be_divided(branches: Repository, screen: Screen) -> None:
    for name in ("main", "aggressive-growth"):
        branches.branch(name).execute("UPDATE portfolio SET shares = -1")
    screen.open("Compare", branch="aggressive-growth")
    assert "there is nothing to divide" in screen.text
    assert screen.problems == []


def test_the_sample_is_valued_through_time(sample: Repository, screen: Screen) -> None:
    screen.open("Compare", **{"with": "main|tech-heavy|defensive"})
    assert screen.figure("series") == (
        "Value on the last day: main $2,153,580; tech-heavy $2,662,248; defensive $2,153,580"
    )
    performance = screen.part("through-time", "dataframe")[0].value
    assert performance["branch"].tolist() == ["main", "tech-heavy", "defensive"]
    assert performance.iloc[0].tolist()[1:] == ["155.7 %", "11.9 %", "14.3 %", "−17.5 %"]
    assert "defensive: 1 row of 34 left out, without any price in prices: BND" in screen.text
    assert "2014-01-31 to 2022-05-31" in screen.text
    assert "tech-heavy return a year 13.2 %" in screen.figure("risk")


def test_branches_beyond_five_in_a_link_are_named(branches: Repository, screen: Screen) -> None:
    for name in "abcd":
        branches.create_branch(name)
    screen.open("Compare", **{"with": "main|a|b|c|d|aggressive-growth"})
    assert "At most 5 branches are compared at once, so “aggressive-growth” of this link is left out." in screen.text
    assert screen.matrix().columns.tolist() == ["main", "a", "b", "c", "d"]


def test_the_closer_look_begins_with_the_branch_in_view(branches: Repository, screen: Screen) -> None:
    link = "main|aggressive-growth|conservative-hedge"
    screen.open("Compare", branch="conservative-hedge", **{"with": link})
    assert "main → conservative-hedge" in screen.text
    screen.pick("Look closer at", "aggressive-growth").run()
    assert "main → aggressive-growth" in screen.text
    other = Screen().open("Compare", branch="conservative-hedge", **{"with": link, "closer": "aggressive-growth"})
    assert "main → aggressive-growth" in other.text


def test_the_other_parts_are_the_same_on_every_branch(sample: Repository, screen: Screen) -> None:
    screen.open("Compare", **{"with": "main|tech-heavy", "parts": "6"})
    main, tech = screen.figure("treemaps").split("; ")
    parts = [{part.rsplit(" ", 1)[0] for part in told.split(": ")[-1].split(", ")} for told in (main, tech)]
    assert parts[0] == parts[1]


@pytest.mark.parametrize("metric", ["Portfolio value", "Unrealised P&L", "Cost", "Positions"])
def test_the_series_is_called_what_it_is_whatever_the_metric(sample: Repository, screen: Screen, metric: str) -> None:
    screen.open("Compare", branch="tech-heavy", metric=metric)
    assert "Through time · value of what is held now, shares × price of each day" in screen.text
    assert screen.figure("series") == "Value on the last day: main $2,153,580; tech-heavy $2,662,248"


def test_a_branch_without_the_history_is_named_and_the_others_stay(sample: Repository, screen: Screen) -> None:
    sample.branch("tech-heavy").execute("DROP TABLE prices")
    screen.open("Compare", **{"with": "main|tech-heavy|defensive"})
    assert "tech-heavy: There is no table “prices”" in screen.text
    assert screen.figure("series").count(";") == 1


def test_parts_are_coloured_by_a_column_of_groups(sample: Repository, screen: Screen) -> None:
    screen.open("Compare", branch="tech-heavy", colour="g:sector")
    assert "Health Care" in screen.text
    assert "The same area is the same amount on every branch." in screen.text
