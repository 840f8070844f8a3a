"""What a branch may be called, and which names are the same."""

from __future__ import annotations

import unicodedata

import pytest

from hati_core import Branch, Repository
from hati_core.errors import BranchExists, BranchNotFound, InvalidBranchName


@pytest.mark.parametrize(
    "name", ["aggressive-growth", "Tech +20 % (v2)", "x'; DROP TABLE portfolio; --", "Größe 🚀", "a" * 80]
)
def test_what_a_person_types_is_a_name(repo: Repository, main: Branch, name: str) -> None:
    branch = repo.create_branch(name)
    branch.execute("DELETE FROM portfolio")
    assert repo.branch(name).name == name
    assert [info.name for info in repo.branches()] == ["main", name]
    assert main.query("SELECT count(*) AS n FROM portfolio") == [{"n": 3}]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Give the branch a name"),
        ("   ", "Give the branch a name"),
        ("x" * 300, "at most 80 characters; this one has 300"),
        ("main", "the branch that all others come from"),
        (" MAIN ", "the branch that all others come from"),
        ("two\nlines", "control or invisible"),
        ("nul\0", "control or invisible"),
        ("zero\u200bwidth", "control or invisible"),
        ("right\u202eleft", "control or invisible"),
    ],
)
def test_other_names_are_refused_with_a_reason(repo: Repository, name: str, sentence: str) -> None:
    with pytest.raises(InvalidBranchName, match=sentence):
        repo.create_branch(name)
    assert len(repo.branches()) == 1


@pytest.mark.parametrize("again", ["Größe", "größe", "GRÖSSE", " Größe ", unicodedata.normalize("NFD", "Größe")])
def test_a_taken_name_is_refused_however_it_is_typed(repo: Repository, again: str) -> None:
    repo.create_branch("Größe")
    with pytest.raises(BranchExists, match="already"):
        repo.create_branch(again)
    assert repo.branch(again).name == "Größe"
    assert len(list((repo.root / "catalogs").glob("*.sqlite"))) == 2


def test_a_name_that_nobody_has_is_not_found(repo: Repository) -> None:
    with pytest.raises(BranchNotFound, match="no branch called “growth”"):
        repo.branch("growth")
    with pytest.raises(BranchNotFound, match="no branch called “growth”"):
        repo.create_branch("other", parent="growth")


def test_a_name_is_free_again_after_a_discard(repo: Repository) -> None:
    first = repo.create_branch("growth")
    repo.discard("growth")
    second = repo.create_branch("growth")
    assert first.id != second.id
