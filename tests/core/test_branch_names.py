"""What a branch may be called, and which names are the same."""

from __future__ import annotations

import unicodedata

import pytest

from hati_core import Branch, Repository
from hati_core.errors import BranchExists, BranchNotFound, InvalidBranchName


@pytest.mark.parametrize(
    "name", ["aggressive-growth", "Tech +20 % (v2)", "x'; DROP TABLE portfolio; --", "Größe 🚀", "a" * 80]
)
def test_what_a_person_types_is_a_name(shared_repo: Repository, shared_main: Branch, name: str) -> None:
    branch = shared_repo.create_branch(name)
    branch.execute("DELETE FROM portfolio")
    assert shared_repo.branch(name).id == branch.id
    assert name in [info.name for info in shared_repo.branches()]
    assert shared_main.query("SELECT count(*) AS n FROM portfolio") == [{"n": 3}]


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
def test_other_names_are_refused_with_a_reason(shared_repo: Repository, name: str, sentence: str) -> None:
    before = shared_repo.branches("all")
    with pytest.raises(InvalidBranchName, match=sentence):
        shared_repo.create_branch(name)
    assert shared_repo.branches("all") == before


def test_a_taken_name_is_refused_however_it_is_typed(repo: Repository) -> None:
    repo.create_branch("Größe")
    for again in ("Größe", "größe", "GRÖSSE", " Größe ", unicodedata.normalize("NFD", "Größe")):
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
