"""What psql shows, in its own words."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from hati_core import Branch
from tests.serve.conftest import psql_paths

Psql = Callable[..., str]
QUESTIONS = (Path(__file__).parent / "dbeaver.sql").read_text(encoding="utf-8").splitlines()


def test_a_table_is_described_with_its_key_and_checks(psql: Psql) -> None:
    shown = psql(r"\d portfolio")
    assert 'Table "main.portfolio"' in shown
    assert " ticker | character varying        |           | not null | " in shown
    assert " price  | numeric(10,2)            |           |          | '1.5'" in shown
    assert " tags   | text[]                   |" in shown
    assert '    "portfolio_pkey" PRIMARY KEY, btree (ticker)' in shown
    assert '    "shares_check" CHECK (shares > 0)' in shown


def test_tables_views_schemas_and_databases_are_listed(psql: Psql, branch: Branch) -> None:
    assert psql(r"\dt").splitlines()[3:5] == [" main   | portfolio | table | ada", "(1 row)"]
    assert " main   | worth     | view  | ada" in psql(r"\d")
    assert branch.name in psql(r"\dn")
    assert branch.name in psql(r"\l")
    assert f" {branch.name} | portfolio | table | ada" in psql(r"\dt", branch=branch.name)
    assert "ducklake" not in psql(r"\dt *.*")


@pytest.mark.parametrize("program", psql_paths(), ids=range(len(psql_paths())))
def test_no_question_of_any_psql_is_an_error(psql: Psql, program: str) -> None:
    commands = (r"\d portfolio", r"\d+ portfolio", r"\d+ worth", r"\dv", r"\di+", r"\du+", r"\df+", r"\dp", r"\dT+",
                r"\dx", r"\ds", r"\dt+", r"\l+", r"\dn+", r"\sv worth", r"\dO+", r"\db+", r"\dd", r"\dL+", r"\dC+",
                r"\dD+", r"\dA", r"\dAc", r"\dAf", r"\dAo", r"\dAp", r"\dF", r"\dFd", r"\dFp", r"\dFt", r"\dRp",
                r"\dRs", r"\drds", r"\dX", r"\dP", r"\dl", r"\dy", r"\des", r"\det", r"\dew", r"\da", r"\do", r"\dc",
                r"\ddp", r"\sf branch_list", r"\d *.*")  # fmt: skip
    shown = psql(*commands, program=program)
    assert "ERROR" not in shown
    assert "CREATE OR REPLACE VIEW main.worth AS" in shown
    assert re.search(r"^View definition:\n.*portfolio\)?;$", shown, flags=re.MULTILINE)
    assert "0 bytes" not in shown


def test_the_functions_about_branches_are_listed(psql: Psql) -> None:
    shown = psql(r"\df branch_*")
    assert re.search(r"main +\| branch_create +\| TABLE\(branch, version\) +\| 'name' \[, 'parent'\] +\| func", shown)
    assert "(10 rows)" in shown
    assert "SELECT branch_log(['name' [, limit]])" in psql(r"\sf branch_log")


def test_dbeavers_questions_are_answered(psql: Psql) -> None:
    shown = psql(*QUESTIONS)
    assert "ERROR" not in shown
    assert len(re.findall(r"^\(\d+ rows?\)$", shown, flags=re.MULTILINE)) == len(QUESTIONS)


def test_a_select_looks_as_psql_draws_it(psql: Psql) -> None:
    assert psql("SELECT ticker, shares, price, tags FROM portfolio") == (
        " ticker | shares | price  |       tags       \n"
        "--------+--------+--------+------------------\n"
        ' AAPL   |    100 | 185.00 | {tech,"big one"}\n'
        " MSFT   |     75 | 420.00 | \n"
        "(2 rows)\n\n"
    )


def test_an_error_points_at_its_place(psql: Psql) -> None:
    shown = psql("SELECT ticker,\n nope FROM portfolio")
    assert "ERROR:  There is no column “nope”" in shown
    assert "LINE 2:  nope FROM portfolio\n         ^" in shown


def test_several_statements_are_one_commit(psql: Psql, branch: Branch) -> None:
    head = branch.head
    assert psql("DELETE FROM portfolio WHERE ticker = 'MSFT'; UPDATE portfolio SET shares = 5", branch=branch.name) == (
        "DELETE 1\nUPDATE 1\n"
    )
    assert branch.head == head + 1
    assert "ERROR" in psql("UPDATE portfolio SET shares = 6; SELECT nope FROM portfolio", branch=branch.name)
    assert branch.query("SELECT shares FROM portfolio") == [{"shares": 5}]
