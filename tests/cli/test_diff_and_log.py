"""``hati diff`` and ``hati log``."""

from __future__ import annotations

import pytest

from hati_core import Branch, Repository
from tests.cli.conftest import Hati


def test_a_difference_is_told_by_table_row_and_cell(hati: Hati, trunk: Branch, growth: Branch) -> None:
    growth.execute("INSERT INTO portfolio VALUES ('TSLA', 1, 2, 3)")
    growth.execute("ALTER TABLE portfolio ADD COLUMN note VARCHAR")
    assert hati("diff", growth.name, trunk.name).out.splitlines() == [
        f"{growth.name}@4 compared with {trunk.name}@1",
        "",
        "portfolio  +1 −1 ~1",
        "  ! column note added",
        "  ~ AAPL  shares 100 → 200",
        "  − MSFT  shares 75, avg_cost 310.0, current_price 420.0, note NULL",
        "  + TSLA  shares 1, avg_cost 2.0, current_price 3.0, note NULL",
    ]


def test_a_difference_as_json(hati: Hati, trunk: Branch, growth: Branch) -> None:
    found = hati("diff", growth.name, trunk.name, "--json").document
    assert (found["branch"], found["version"], found["against"], found["against_version"]) == (
        growth.name,
        2,
        trunk.name,
        1,
    )
    table = found["tables"]["portfolio"]
    assert (table["added"], table["removed"], table["changed"], table["key"]) == (0, 1, 1, ["ticker"])
    first = table["rows"][0]
    assert (first["kind"], first["key"], first["columns"]) == ("changed", {"ticker": "AAPL"}, ["shares"])
    assert (first["before"]["shares"], first["after"]["shares"]) == (100, 200)


def test_as_many_rows_as_asked_for(hati: Hati, trunk: Branch, growth: Branch) -> None:
    one = hati("diff", growth.name, trunk.name, "--limit", "1").out
    assert "AAPL" in one
    assert "MSFT" not in one
    assert "and 1 more row" in one
    assert hati("diff", growth.name, trunk.name, "--limit", "0", "--json").document["tables"]["portfolio"]["rows"] == []


def test_two_versions_of_one_branch(hati: Hati, growth: Branch) -> None:
    by_option = hati("diff", growth.name, "--versions", "1", "2").out
    assert by_option.startswith(f"{growth.name}@2 compared with {growth.name}@1\n")
    assert hati("diff", f"{growth.name}@2", f"{growth.name}@1").out == by_option
    assert "no difference" in hati("diff", f"{growth.name}@2", growth.name).out


def test_a_table_that_neither_side_has_is_an_error(hati: Hati, growth: Branch) -> None:
    ended = hati("diff", growth.name, "--table", "nothing")
    assert ended.code == 1
    assert "There is no table “nothing” on either side. The tables are: portfolio." in ended.err


def test_versions_and_another_branch_do_not_go_together(hati: Hati, trunk: Branch, growth: Branch) -> None:
    assert hati("diff", growth.name, trunk.name, "--versions", "1", "2").code == 2


def test_a_table_without_a_key_names_rows_by_number(hati: Hati, growth: Branch) -> None:
    growth.execute("CREATE TABLE notes (text VARCHAR)")
    growth.execute("INSERT INTO notes VALUES ('a'), ('a')")
    lines = hati("diff", growth.name, "--table", "notes").out.splitlines()
    assert lines[2:4] == ["notes  +2", "  ! table created"]
    assert [line.split()[:2] for line in lines[4:]] == [["+", "row"], ["+", "row"]]


def test_the_log_goes_back_through_the_fork(hati: Hati, growth: Branch) -> None:
    lines = hati("log", growth.name).out.splitlines()
    assert lines[0].startswith(f"{growth.name}@2  ")
    assert "bob" in lines[0]
    assert "Double Apple · portfolio ~1 −1" in lines[0]
    assert lines[1].startswith("main@1  ")


def test_the_log_by_author_table_and_text(hati: Hati, growth: Branch) -> None:
    growth.execute("CREATE TABLE other AS SELECT 1 AS a", message="Something else")

    def found(*words: str) -> list[str]:
        return [one["message"] for one in hati("log", growth.name, *words, "--json").document["commits"]]

    assert found("--by", "bob") == ["Double Apple"]
    assert found("--table", "other") == ["Something else"]
    assert found("--text", "apple") == ["Double Apple"]
    assert found("--limit", "1") == ["Something else"]
    assert hati("log", growth.name, "--by", "nobody").out == "No commit is like that.\n"


def test_a_merge_and_an_undoing_are_marked(hati: Hati, repo: Repository, trunk: Branch, growth: Branch) -> None:
    repo.merge(growth.name, into=trunk.name)
    repo.apply_merge(repo.plan_revert(trunk.name, 2))
    undone, merged = hati("log", trunk.name, "--limit", "2").out.splitlines()[:2]
    assert merged.endswith(f"merges {growth.name}")
    assert undone.endswith("undoes 2")


@pytest.mark.parametrize("command", ["log", "diff"])
def test_a_version_that_is_not_there(command: str, hati: Hati, growth: Branch) -> None:
    ended = hati(command, f"{growth.name}@99")
    assert ended.code == 1
    assert "there is no version 99" in ended.err
