"""``hati branch``, ``hati discard`` and ``hati gc``."""

from __future__ import annotations

from typing import Any

import pytest

from hati_core import Branch, Repository
from tests.cli.conftest import Hati


def listed(hati: Hati, name: str, *words: str) -> list[dict[str, Any]]:
    """What the list says of one branch."""
    return [one for one in hati("branch", *words, "--json").document["branches"] if one["name"] == name]


def test_the_list_shows_every_live_branch_with_its_values(hati: Hati, trunk: Branch, growth: Branch) -> None:
    lines = hati("branch", "--values").out.splitlines()
    assert lines[0].split()[:3] == ["branch", "version", "from"]
    assert lines[2].startswith("main ")
    (line,) = (line for line in lines if line.startswith(growth.name))
    assert f"2  {trunk.name}@1" in line
    assert "$45,750" in line


def test_the_list_as_json(hati: Hati, trunk: Branch, growth: Branch) -> None:
    (found,) = listed(hati, growth.name, "--values")
    assert (found["parent"], found["forked_at"], found["version"], found["status"]) == (trunk.name, 1, 2, "active")
    assert found["values"]["Portfolio value"] == 45750.0
    (main,) = listed(hati, "main")
    assert (main["parent"], main["forked_at"]) == (None, None)


def test_a_branch_is_made_from_a_version_of_another_and_signed(hati: Hati, repo: Repository, growth: Branch) -> None:
    words = ("--from", f"{growth.name}@1", "--ttl", "14d", "--description", "Try")
    found = hati("branch", "create", "what-if", *words, "--json").document
    assert (found["parent"], found["forked_at"], found["author"]) == (growth.name, 1, "eve")
    assert (found["description"], found["expires_at"] is None) == ("Try", False)
    assert len(repo.branch("what-if").query("FROM portfolio")) == 3


def test_an_option_may_stand_before_the_command_and_after_it(hati: Hati) -> None:
    assert hati("--author", "zoe", "branch", "create", "one", "--json").document["author"] == "zoe"
    assert hati("--author", "zoe", "branch", "create", "two", "--author", "yan", "--json").document["author"] == "yan"


def test_a_branch_whose_name_looks_like_a_version_is_meant_itself(hati: Hati, repo: Repository) -> None:
    repo.create_branch("main@1").execute("DELETE FROM portfolio")
    count = "SELECT count(*) AS n FROM portfolio"
    assert hati("sql", "-b", "main@1", count, "--json").document == [{"n": 0}]
    assert hati("sql", "-b", "main@1@1", count, "--json").document == [{"n": 3}]


def test_a_branch_is_shown_with_its_tables_and_metrics(hati: Hati, trunk: Branch, growth: Branch) -> None:
    shown = hati("branch", "show", growth.name).out
    assert f"from  {trunk.name}@1" in shown
    assert "changed  2 rows" in shown
    assert "portfolio, key ticker" in shown
    found = hati("branch", "show", growth.name, "--json").document
    assert found["changed_rows"] == 2
    assert found["tables"][0]["columns"]["shares"] == "INTEGER"


def test_a_renamed_branch_goes_by_its_new_name_everywhere(
    hati: Hati, repo: Repository, shared_place: str, growth: Branch
) -> None:
    with Repository.open(shared_place) as other:
        other.branch(growth.name).log(1)
        assert hati("branch", "rename", growth.name, "Tech +20 %").code == 0
        for one in (repo, other):
            assert one.branch("tech +20 %").log(1)[0].branch == "Tech +20 %"
            assert one.plan_merge("Tech +20 %").source == "Tech +20 %"
    assert f"no branch called “{growth.name}”" in hati("log", growth.name).err


def test_a_branch_is_not_renamed_to_what_it_cannot_be_called(hati: Hati, trunk: Branch, growth: Branch) -> None:
    for old, new, says in (
        ("main", "x", "“main” is the name"),
        (growth.name, "main", "“main” is the name"),
        (growth.name, trunk.name.upper(), "already"),
        (growth.name, " ", "Give the branch a name"),
    ):
        ended = hati("branch", "rename", old, new)
        assert (ended.code, ended.out) == (1, "")
        assert says in ended.err
    assert listed(hati, growth.name)
    assert listed(hati, trunk.name)


def test_only_the_case_of_a_name_can_be_changed(hati: Hati, repo: Repository, growth: Branch) -> None:
    assert hati("branch", "rename", growth.name, growth.name.upper()).code == 0
    assert repo.branch(growth.name).name == growth.name.upper()


def test_what_was_discarded_comes_back(hati: Hati, growth: Branch) -> None:
    assert hati("discard", growth.name).out.endswith(f"hati branch restore '{growth.name}'\n")
    assert listed(hati, growth.name, "--discarded")
    assert not listed(hati, growth.name)
    assert hati("branch", "restore", growth.name).code == 0
    assert listed(hati, growth.name)


def test_nothing_is_discarded_where_one_name_is_wrong(hati: Hati, growth: Branch) -> None:
    assert hati("discard", growth.name, "nowhere").code == 1
    assert hati("discard", growth.name, "main").code == 1
    assert listed(hati, growth.name)


def test_a_time_to_live_is_taken_away_again(hati: Hati, growth: Branch) -> None:
    assert "discards itself at" in hati("branch", "keep", growth.name, "--ttl", "2w").out
    assert "stays until" in hati("branch", "keep", growth.name).out
    assert listed(hati, growth.name)[0]["expires_at"] is None


@pytest.mark.parametrize("ttl", ["soon", "-1d", "3", "99999999999w"])
def test_a_time_that_is_none_is_wrong_usage(ttl: str, hati: Hati) -> None:
    ended = hati("branch", "create", "x", f"--ttl={ttl}")
    assert (ended.code, ended.out) == (2, "")
    assert "usage: hati branch create" in ended.err


def test_collecting_says_first_what_it_would_remove(hati: Hati, growth: Branch) -> None:
    hati("discard", growth.name)
    assert hati("gc", "--grace", "0m", "--dry-run", "--json").document["branches"] == [growth.name]
    assert listed(hati, growth.name, "--all")
    assert "Removed 1 branch" in hati("gc", "--grace", "0m").out
    assert not listed(hati, growth.name, "--all")


def test_branches_are_listed_by_name_of_the_command_too(hati: Hati) -> None:
    assert hati("branch", "list").out == hati("branch").out
    listed = hati("branch", "list", "--values", "--json").document
    assert (
        listed == hati("branch", "--values", "--json").document == hati("branch", "--values", "list", "--json").document
    )
    assert "values" in listed["branches"][0]
