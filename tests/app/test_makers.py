"""Who made what is looked at, in words."""

from __future__ import annotations

import pytest

from pages.parts.makers import who


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ([], "Somebody"),
        (["bob"], "bob"),
        (["bob", "cyd"], "bob and cyd"),
        (["ann", "bob", "cyd"], "ann, bob and cyd"),
        (["ann", "bob", "cyd", "dan", "eve"], "ann, bob, cyd and 2 more"),
    ],
)
def test_authors_are_named_up_to_three(names: list[str], told: str) -> None:
    assert who(names) == told
