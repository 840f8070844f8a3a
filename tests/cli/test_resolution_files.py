"""Files of choices: written by ``hati merge --conflicts-to``, filled in, and handed back by ``--resolutions``."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hati_core import Branch, Repository
from tests.cli.conftest import Ended, Hati
from tests.cli.test_merge_command import shares

Merge = Callable[..., Ended]
Choose = Callable[[Path, dict[str, Any]], None]


@pytest.fixture
def rival(trunk: Branch, growth: Branch) -> Branch:
    """The trunk, on which AAPL and MSFT were changed too."""
    trunk.execute("UPDATE portfolio SET shares = 90 WHERE ticker <> 'GOOGL'", message="=Sell", author="ada")
    return trunk


@pytest.fixture
def merge(hati: Hati, rival: Branch, growth: Branch) -> Merge:
    """Merges the branch into the trunk."""
    return lambda *words: hati("merge", growth.name, "--into", rival.name, *words)


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as content:
        return list(csv.DictReader(content))


def fill(file: Path, choices: dict[str, Any]) -> None:
    """Fill in choices by ticker: a choice, or a pair of choice and value."""
    if file.suffix == ".json":
        document = json.loads(file.read_text())
        for one in document["conflicts"]:
            one["choice"], one["value"] = pair(choices.get(one["key"]["ticker"], ""))
        file.write_text(json.dumps(document))
        return
    rows = rows_of(file)
    for row in rows:
        row["choice"], value = pair(choices.get(row["key"], ""))
        row["value"] = "" if value is None else str(value)
    with file.open("w", newline="") as content:
        writer = csv.DictWriter(content, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def pair(choice: Any) -> tuple[str, Any]:
    return choice if isinstance(choice, tuple) else (choice, None)


@pytest.fixture(params=["choices.csv", "choices.json"])
def file(request: pytest.FixtureRequest, merge: Merge) -> Path:
    """A file of each form with what the merge asks."""
    ended = merge("--conflicts-to", request.param)
    assert (ended.code, ended.err) == (3, f"2 questions written to {request.param}.\n")
    return Path(request.param)


def test_a_filled_file_settles_the_merge(file: Path, merge: Merge, rival: Branch, growth: Branch) -> None:
    fill(file, {"AAPL": ("value", 120), "MSFT": growth.name})
    assert merge("--resolutions", str(file), "-m", "Settled").code == 0
    assert shares(rival) == {"AAPL": 120, "GOOGL": 50}
    assert rival.log(1)[0].message == "Settled"


def test_a_file_that_is_there_is_kept_unless_said(file: Path, merge: Merge, growth: Branch) -> None:
    fill(file, {"AAPL": ("value", 120), "MSFT": growth.name})
    filled = file.read_bytes()
    ended = merge("--conflicts-to", str(file))
    assert ended.code == 1
    assert "is there already" in ended.err
    assert file.read_bytes() == filled
    assert merge("--conflicts-to", str(file), "--force").code == 3
    assert [one["choice"] for one in read(file)] == ["", ""]
    assert [one.name for one in Path().iterdir()] == [file.name]


@pytest.fixture
def table(merge: Merge) -> Path:
    """A file with what the merge asks, for a spreadsheet."""
    merge("--conflicts-to", "choices.csv")
    return Path("choices.csv")


def test_base_and_the_target_can_be_chosen(table: Path, merge: Merge, rival: Branch) -> None:
    fill(table, {"AAPL": "Base", "MSFT": rival.name.upper()})
    assert merge("--resolutions", "choices.csv").code == 0
    assert shares(rival) == {"AAPL": 100, "GOOGL": 50, "MSFT": 90}


def test_what_is_left_empty_stays_open(table: Path, merge: Merge, rival: Branch, growth: Branch) -> None:
    fill(table, {"AAPL": growth.name})
    ended = merge("--resolutions", "choices.csv")
    assert ended.code == 3
    assert ended.out.startswith("1 conflict between")
    assert "! portfolio · MSFT" in ended.out
    assert rival.head == 2


def test_a_file_holds_for_its_versions_and_what_fits_is_taken_over(
    file: Path, merge: Merge, rival: Branch, growth: Branch
) -> None:
    fill(file, {"AAPL": ("value", 120), "MSFT": growth.name})
    rival.execute("UPDATE portfolio SET shares = 80 WHERE ticker = 'MSFT'")
    ended = merge("--resolutions", str(file))
    assert (ended.code, rival.head) == (4, 3)
    assert f"“{rival.name}” has moved from version 2 to 3 since these choices were made" in ended.err
    again = f"again{file.suffix}"
    assert merge("--resolutions", str(file), "--conflicts-to", again).code == 4
    assert rival.head == 3
    fill_rest = Path(again)
    kept = [one["choice"] for one in read(fill_rest)]
    assert kept == ["value", ""]
    fill(fill_rest, {"AAPL": ("value", 120), "MSFT": rival.name})
    assert merge("--resolutions", again).code == 0
    assert shares(rival) == {"AAPL": 120, "GOOGL": 50, "MSFT": 80}


def read(file: Path) -> list[dict[str, Any]]:
    return json.loads(file.read_text())["conflicts"] if file.suffix == ".json" else rows_of(file)


def test_a_choice_that_is_none_is_named(table: Path, merge: Merge, rival: Branch) -> None:
    for choice, says in (
        ("mian", "Row 2: “mian” is no choice. Write"),
        (("value", "many"), "Row 2: “many” does not fit “shares”"),
        (("value", 1.5), "it would lose its fraction"),
        (("", 5), "Row 2: there is a value and no choice"),
    ):
        fill(table, {"AAPL": choice})
        ended = merge("--resolutions", "choices.csv")
        assert (ended.code, rival.head) == (1, 2)
        assert says in ended.err


def test_a_row_as_a_whole_takes_no_value(table: Path, merge: Merge, rival: Branch) -> None:
    fill(table, {"MSFT": ("value", 5)})
    assert "by taking what a branch has, not by a value" in merge("--resolutions", "choices.csv").err
    assert rival.head == 2


def test_a_file_of_another_merge_is_refused(table: Path, hati: Hati, repo: Repository, rival: Branch) -> None:
    other = repo.create_branch(f"{rival.name} other", rival.name)
    ended = hati("merge", other.name, "--into", rival.name, "--resolutions", "choices.csv")
    assert ended.code == 1
    assert "These choices are for merging" in ended.err


def test_an_empty_cell_and_a_value_that_was_forgotten(table: Path, merge: Merge, rival: Branch) -> None:
    fill(table, {"AAPL": "value"})
    assert "row 2 needs a value beside “value”, or NULL" in merge("--resolutions", "choices.csv").err
    fill(table, {"AAPL": ("value", "null"), "MSFT": "base"})
    assert merge("--resolutions", "choices.csv").code == 0
    assert shares(rival) == {"AAPL": None, "GOOGL": 50, "MSFT": 75}


def test_a_spreadsheet_that_separates_by_semicolons(table: Path, merge: Merge, rival: Branch) -> None:
    fill(table, {"AAPL": "base", "MSFT": "base"})
    rows = rows_of(table)
    with table.open("w", newline="", encoding="utf-8-sig") as content:
        writer = csv.DictWriter(content, rows[0], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    assert merge("--resolutions", "choices.csv").code == 0
    assert shares(rival)["AAPL"] == 100


def test_text_that_a_spreadsheet_would_compute_is_only_text(hati: Hati, repo: Repository, trunk: Branch) -> None:
    trunk.execute("INSERT INTO portfolio VALUES ('=1+1', 1, 1, 1)")
    branch = repo.create_branch(f"{trunk.name} formulas", trunk.name)
    branch.execute("UPDATE portfolio SET shares = -2 WHERE shares = 1")
    trunk.execute("UPDATE portfolio SET shares = 3 WHERE shares = 1")
    hati("merge", branch.name, "--into", trunk.name, "--conflicts-to", "c.csv")
    (row,) = rows_of(Path("c.csv"))
    assert (row["key"], row[f"{branch.name} has"]) == ("'=1+1", "-2")


def test_a_file_that_is_none_is_refused(merge: Merge, rival: Branch) -> None:
    for name, content, says in (
        ("x.json", "{", "cannot be read as a file of choices"),
        ("x.json", "[]", "cannot be read as a file of choices"),
        ("x.json", '{"conflicts": []}', "it has no “merge”"),
        ("x.csv", "", "it has no rows"),
        ("x.csv", "a,b\n1,2\n", "it has no “conflict”"),
        ("x.txt", "", "ends in .json or .csv"),
    ):
        Path(name).write_text(content)
        ended = merge("--resolutions", name)
        assert (ended.code, rival.head) == (1, 2)
        assert says in ended.err
    assert merge("--conflicts-to", "x.txt").code == 1


def test_a_branch_that_is_called_like_a_choice_is_written_so_that_it_is_clear(
    hati: Hati, repo: Repository, trunk: Branch
) -> None:
    branch = repo.create_branch("base", trunk.name)
    branch.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'")
    trunk.execute("UPDATE portfolio SET shares = 2 WHERE ticker = 'AAPL'")
    hati("merge", "base", "--into", trunk.name, "--conflicts-to", "c.json")
    assert json.loads(Path("c.json").read_text())["choices"] == [trunk.name, "branch base", "base", "value"]
    fill(Path("c.json"), {"AAPL": "branch base"})
    assert hati("merge", "base", "--into", trunk.name, "--resolutions", "c.json").code == 0
    assert shares(trunk)["AAPL"] == 1


def test_columns_that_differ_are_settled_by_a_side(hati: Hati, repo: Repository, trunk: Branch) -> None:
    branch = repo.create_branch(f"{trunk.name} columns", trunk.name)
    branch.execute("ALTER TABLE portfolio RENAME COLUMN shares TO units")
    trunk.execute("ALTER TABLE portfolio RENAME COLUMN shares TO pieces")
    hati("merge", branch.name, "--into", trunk.name, "--conflicts-to", "c.json")
    document = json.loads(Path("c.json").read_text())
    (one,) = document["conflicts"]
    assert (one["kind"], one["column"], one["target"], one["source"]) == ("schema", "name", "pieces", "units")
    one["choice"] = branch.name
    Path("c.json").write_text(json.dumps(document))
    assert hati("merge", branch.name, "--into", trunk.name, "--resolutions", "c.json").code == 0
    assert "units" in trunk.table("portfolio").column_names


def test_a_row_that_breaks_a_rule_is_mended_in_the_file(hati: Hati, trunk: Branch, raised: Branch) -> None:
    assert hati("merge", raised.name, "--into", trunk.name, "--conflicts-to", "c.json").code == 3
    document = json.loads(Path("c.json").read_text())
    assert [(one["kind"], one["column"]) for one in document["conflicts"]] == [
        ("violation", "low"),
        ("violation", "high"),
    ]
    document["conflicts"][1] |= {"choice": "value", "value": 9}
    Path("c.json").write_text(json.dumps(document))
    assert hati("merge", raised.name, "--into", trunk.name, "--resolutions", "c.json").code == 0
    assert trunk.query("FROM plan") == [{"k": 1, "low": 8, "high": 9}]


def test_each_question_names_who_changed_its_cell_and_not_who_touched_the_row_last(
    merge: Merge, growth: Branch, rival: Branch, tmp_path: Path
) -> None:
    file = tmp_path / "choices.csv"
    growth.execute("UPDATE portfolio SET avg_cost = 1 WHERE ticker = 'AAPL'", message="Cheaper", author="eve")
    rival.execute("UPDATE portfolio SET avg_cost = 2 WHERE ticker = 'AAPL'", message="Dearer", author="dan")
    merge("--conflicts-to", str(file))
    changed = {row["column"]: row[f"{rival.name} changed by"] for row in rows_of(file) if row["key"] == "AAPL"}
    assert {column: who.partition(",")[0] for column, who in changed.items()} == {"shares": "ada", "avg_cost": "dan"}
