"""What people run on a branch is kept for all who work there."""

from __future__ import annotations

import pytest

from hati_core import Branch, Repository
from hati_core.storage.statement_log import KEPT


@pytest.mark.every_backend
def test_statements_are_kept_by_branch_newest_first(repo: Repository, main: Branch) -> None:
    other = repo.create_branch("growth")
    main.note_statement("SELECT 1", "ada")
    other.note_statement("SELECT 2", "grace")
    main.note_statement("SELECT 3", "grace")
    with repo.again() as later:
        kept = later.main.statements()
    assert [(one.sql, one.author) for one in kept] == [("SELECT 3", "grace"), ("SELECT 1", "ada")]
    assert [one.sql for one in main.statements(1)] == ["SELECT 3"]
    assert [one.sql for one in other.statements()] == ["SELECT 2"]


def test_a_text_stands_once_where_it_was_run_last(main: Branch) -> None:
    for sql in ("SELECT 1", "SELECT 2", "SELECT 1"):
        main.note_statement(sql, "ada")
    assert [one.sql for one in main.statements()] == ["SELECT 1", "SELECT 2"]


def test_the_oldest_are_let_go(main: Branch) -> None:
    for number in range(KEPT + 2):
        main.note_statement(f"SELECT {number}", "ada")
    kept = main.statements(KEPT + 2)
    assert (len(kept), kept[0].sql, kept[-1].sql) == (KEPT, f"SELECT {KEPT + 1}", "SELECT 2")
