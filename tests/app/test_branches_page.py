"""Branches: the list, making one, discarding and bringing back."""

from __future__ import annotations

import pytest

from hati_core import Repository
from tests.app.screen import Screen


def _create(screen: Screen, name: str) -> Screen:
    with screen.dialog("new-branch"):
        return screen.type("Name", name).press("new-branch-create")


def _names(repository: Repository) -> list[str]:
    return [info.name for info in repository.branches()]


def test_without_tables_there_is_nothing_to_branch(empty: Repository, screen: Screen) -> None:
    screen.open("Branches")
    assert "There is nothing to branch yet" in screen.text
    assert "Begin on the overview" in screen.text
    assert "New branch" not in screen.buttons


def test_main_alone_cannot_be_discarded(portfolio: Repository, screen: Screen) -> None:
    screen.open("Branches")
    assert "1 branch" in screen.text
    assert "what everybody sees · 1 commit" in screen.text
    assert "$58,750" in screen.text
    assert "Discarded branches (0)" in [expander.label for expander in screen.at.expander]
    assert "Discard" not in screen.buttons


def test_each_branch_says_what_it_changed_whose_it_is_and_what_it_is_worth(
    branches: Repository, screen: Screen
) -> None:
    screen.open("Branches")
    assert "3 branches" in screen.text
    assert "from main at version 1 · 2 changed rows · ada · just now" in screen.text
    assert "from main at version 1 · 1 changed row · bob · just now" in screen.text
    assert "$267,250" in screen.text
    assert "+$37,000 vs main" in screen.text
    assert screen.buttons.count("Discard") == 2
    assert "Next: change aggressive-growth on its own" in screen.text


def test_a_new_branch_comes_into_view(portfolio: Repository, screen: Screen) -> None:
    _create(screen.open("Branches"), "aggressive-growth")
    assert "aggressive-growth is yours to change. main stays as it is." in screen.text
    assert screen.branch == "aggressive-growth"
    assert screen.problems == []
    (info,) = [info for info in portfolio.branches() if not info.is_main]
    assert (info.parent, info.base, info.author) == ("main", 1, "ada")


def test_a_branch_can_begin_at_an_older_version_of_another(branches: Repository, screen: Screen) -> None:
    with screen.open("Branches").dialog("new-branch"):
        screen.pick("From", "aggressive-growth")
        start = screen.at.selectbox(key="new-branch-at-aggressive-growth")
        assert "version 2 · Bet on chips" in start.options[0]
        start.select_index(1)
        screen.run().type("Name", "before-the-bet").press("new-branch-create")
    assert screen.problems == []
    assert branches.branch("before-the-bet").query("SELECT count(*) AS n FROM portfolio") == [{"n": 3}]


@pytest.mark.parametrize(
    ("name", "title", "sentence"),
    [
        ("aggressive-growth", "The name is taken", "aggressive-growth"),
        ("Aggressive-GROWTH", "The name is taken", "Aggressive-GROWTH"),
        ("", "This name cannot be used", "Give the branch a name"),
        ("   ", "This name cannot be used", "Give the branch a name"),
        ("x" * 300, "This name cannot be used", "at most 80 characters; this one has 300"),
        ("main", "This name cannot be used", "“main” is the name of the branch that all others come from"),
    ],
)
def test_a_name_that_cannot_be_is_explained_in_the_dialog(
    name: str, title: str, sentence: str, branches: Repository, screen: Screen
) -> None:
    _create(screen.open("Branches"), name)
    (problem,) = screen.problems
    assert problem.startswith(f"{title}. ")
    assert sentence in problem
    assert screen.at.text_input(key="new-branch-name").value == name
    assert screen.branch == "main"
    assert _names(branches) == ["main", "aggressive-growth", "conservative-hedge"]


def test_sql_in_a_name_is_only_a_name(branches: Repository, screen: Screen) -> None:
    name = "x'; DROP TABLE portfolio"
    _create(screen.open("Branches"), name)
    assert screen.problems == []
    assert screen.branch == name
    assert branches.branch(name).query("SELECT count(*) AS n FROM portfolio") == [{"n": 3}]
    for page in ("Overview", "Data", "Compare", "Merge"):
        assert screen.open(page).problems == []
        assert screen.branch == name
    assert branches.main.query("SELECT count(*) AS n FROM portfolio") == [{"n": 3}]


def test_discarding_asks_says_what_goes_and_leaves_main_in_view(branches: Repository, screen: Screen) -> None:
    growth = branches.branch("aggressive-growth")
    with screen.open("Branches", branch="aggressive-growth").dialog(f"discard-{growth.id}"):
        assert "aggressive-growth leaves the list. Its 2 changed rows stay restorable for seven days" in screen.text
        assert "aggressive-growth" in _names(branches)
        screen.press("discard-confirm")
    assert "aggressive-growth was discarded." in screen.text
    assert screen.branch == "main"
    assert "There is no branch" not in screen.text
    assert _names(branches) == ["main", "conservative-hedge"]


def test_a_renamed_branch_is_in_view_by_its_new_name(branches: Repository, screen: Screen) -> None:
    growth = branches.branch("aggressive-growth")
    with screen.open("Branches").dialog(f"rename-{growth.id}"):
        screen.type("Name", "conservative-hedge").press("rename-confirm")
        assert "conservative-hedge" in screen.problems[0]
        screen.type("Name", "bold growth").press("rename-confirm")
    assert screen.branch == "bold growth"
    assert "aggressive-growth is called bold growth now." in screen.text
    assert _names(branches) == ["main", "bold growth", "conservative-hedge"]


def test_keeping_a_branch_changes_nothing(branches: Repository, screen: Screen) -> None:
    growth = branches.branch("aggressive-growth")
    with screen.open("Branches").dialog(f"discard-{growth.id}"):
        screen.press("discard-keep")
    assert "aggressive-growth" in _names(branches)
    assert "leaves the list" not in screen.text


def test_a_discarded_branch_comes_back_with_what_it_had(branches: Repository, screen: Screen) -> None:
    growth = branches.branch("aggressive-growth")
    branches.discard("aggressive-growth")
    screen.open("Branches")
    assert "Discarded branches (1)" in [expander.label for expander in screen.at.expander]
    screen.press(f"undiscard-{growth.id}")
    assert "aggressive-growth is back." in screen.text
    assert screen.branch == "aggressive-growth"
    assert "$267,250" in screen.text


def test_a_branch_whose_name_was_taken_meanwhile_cannot_come_back(branches: Repository, screen: Screen) -> None:
    old = branches.branch("aggressive-growth")
    branches.discard("aggressive-growth")
    branches.create_branch("aggressive-growth")
    screen.open("Branches").press(f"undiscard-{old.id}")
    (problem,) = screen.problems
    assert problem.startswith("The name is taken. ")
    assert "Discard that one first" in problem


def test_of_two_discarded_branches_of_one_name_the_one_that_was_pressed_comes_back(
    branches: Repository, screen: Screen
) -> None:
    first = branches.branch("aggressive-growth")
    branches.discard("aggressive-growth")
    branches.create_branch("aggressive-growth")
    branches.discard("aggressive-growth")
    screen.open("Branches").press(f"undiscard-{first.id}")
    assert branches.branch("aggressive-growth").id == first.id


def test_many_branches_come_a_page_at_a_time(portfolio: Repository, screen: Screen) -> None:
    for number in range(25):
        portfolio.create_branch(f"idea-{number:02}")
    screen.open("Branches")
    assert "26 branches" in screen.text
    assert screen.buttons.count("Discard") == 11
    screen.at.pagination[0].set_value(3)
    screen.run()
    assert screen.buttons.count("Discard") == 2


def test_a_branch_is_made_with_an_end_that_can_be_moved_and_taken_away(portfolio: Repository, screen: Screen) -> None:
    with screen.open("Branches").dialog("new-branch"):
        screen.at.selectbox(key="new-branch-keep").set_value("14 days")
        screen.type("Name", "brief").press("new-branch-create")
    assert "14 days left" in screen.buttons
    branch = portfolio.branch("brief")
    for chosen, shown in (("1 day", "1 day left"), ("Until it is discarded", "No end")):
        with screen.dialog(f"lifetime-{branch.id}"):
            screen.at.selectbox(key=f"lifetime-of-{branch.id}").set_value(chosen)
            screen.press("lifetime-confirm")
        assert screen.problems == []
        assert shown in screen.buttons
    assert portfolio.branches()[1].expires_at is None


def test_main_has_no_end_to_set(portfolio: Repository, screen: Screen) -> None:
    screen.open("Branches")
    assert not [button for button in screen.at.button if str(button.key).startswith("lifetime-")]


def test_the_graph_of_all_branches_is_shown(branches: Repository, screen: Screen) -> None:
    assert "aggressive-growth from main at version 1" in screen.open("Branches").figure("branch graph")


def test_a_branch_says_where_nothing_of_it_is_left_to_merge(branches: Repository, screen: Screen) -> None:
    branches.create_branch("untouched")
    branches.merge("aggressive-growth", "branch_wins")
    screen.open("Branches")
    marks = {
        name: next(piece.value for piece in screen.at.markdown if f"**{name}**" in piece.value.replace("\\", ""))
        for name in ("untouched", "aggressive-growth", "conservative-hedge")
    }
    assert "no changes yet" in marks["untouched"]
    assert "nothing left to merge into main" in marks["aggressive-growth"]
    assert "badge" not in marks["conservative-hedge"]
