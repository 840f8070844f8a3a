"""The command line prints amounts in the repository's currency, and numbers alone as JSON."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hati_core import Branch, Repository
from tests.cli.conftest import Hati


@pytest.fixture(autouse=True)
def in_euros(repo: Repository) -> Iterator[None]:
    """The repository of the module is shared."""
    repo.set_currency("€")
    yield
    repo.set_currency("$")


def test_values_of_branches_and_what_a_merge_changes(hati: Hati, trunk: Branch, growth: Branch) -> None:
    (line,) = (line for line in hati("branch", "--values").out.splitlines() if line.startswith(growth.name))
    assert "€45,750" in line
    told = hati("merge", growth.name, "--into", trunk.name, "--dry-run").out
    assert "Portfolio value: €58,750 → €45,750 (−€13,000)" in told
    assert "$" not in told


def test_json_has_numbers(hati: Hati, growth: Branch) -> None:
    shown = hati("branch", "show", growth.name, "--json").document
    assert shown["values"]["Portfolio value"] == 45750.0
