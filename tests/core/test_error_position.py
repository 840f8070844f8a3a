"""Errors are shown where they are."""

from __future__ import annotations

import pytest

from hati_core import Branch, HatiError
from hati_core.sql.position import position_of

LONG = f"SELECT {', '.join(f'shares AS s{n}' for n in range(40))}, prize, shares FROM portfolio"


@pytest.mark.parametrize(
    ("sql", "statement", "line", "column"),
    [
        ("SELEC 1", None, 1, 1),
        ("SELECT 1\nFROM portfolio\nWHERE AND", None, 3, 7),
        ("SELECT shares,\n  prize\nFROM portfolio", None, 2, 3),
        ("SELECT * FROM moonshots", None, 1, 15),
        ("SELECT 1;\nSELECT prize FROM portfolio", "SELECT prize FROM portfolio", 2, 8),
        (LONG, None, 1, LONG.index("prize") + 1),
    ],
)
def test_the_line_and_the_column_are_found(
    sql: str, statement: str | None, line: int, column: int, main: Branch
) -> None:
    with pytest.raises(HatiError) as raised:
        main.query(statement or sql)
    found = position_of(raised.value, sql, statement)
    assert found is not None
    assert (found.line, found.column) == (line, column)
    assert found.marked.splitlines()[1].index("^") == len(f"{line} | ") + column - 1


def test_an_error_that_is_nowhere_has_no_position(main: Branch) -> None:
    with pytest.raises(HatiError) as raised:
        main.query("SELECT * FROM read_csv('/etc/passwd')")
    assert position_of(raised.value, "SELECT * FROM read_csv('/etc/passwd')") is None
