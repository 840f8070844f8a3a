"""Errors of the database in a person's words."""

from __future__ import annotations

import pytest

from hati_core import Branch
from hati_core.errors import HatiError


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("SELECT * FROM absent", "There is no table “absent”."),
        ("SELECT share FROM portfolio", "There is no column “share”; there is “shares” and “current_price”."),
        ("SELECT p.prize FROM portfolio AS p", "There is no column “prize” in “p”; there is “current_price”"),
        ("SELECT book.shares FROM portfolio", "The query has no table “book”; there is “portfolio”."),
        ("SELECT CAST('ten' AS INTEGER)", "“ten” is not a whole number."),
        ("SELECT CAST('99999999999' AS INTEGER)", "“99999999999” is too large or too small for the type INT32."),
        ("SELECT CAST(99999999999 AS INTEGER)", "“99999999999” is too large or too small for the type INT32."),
        ("SELECT CAST('x' AS DECIMAL(18, 2))", "“x” is not a number."),
        ("SELECT CAST('soon' AS DATE)", "“soon” is not a date such as 2024-01-31."),
        ("SELECT CAST('maybe' AS BOOLEAN)", "“maybe” is not yes or no."),
    ],
)
def test_what_the_database_says_is_worded_for_people(shared_main: Branch, sql: str, sentence: str) -> None:
    with pytest.raises(HatiError) as failed:
        shared_main.query(sql)
    assert failed.value.message.startswith(sentence)


def test_what_is_not_known_is_said_as_it_is(shared_main: Branch) -> None:
    with pytest.raises(HatiError, match="Overflow in addition"):
        shared_main.query("SELECT 2147483647::INTEGER + 1::INTEGER")
