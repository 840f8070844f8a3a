"""A portfolio on a branch of its own, for each test that merges by hand."""

from __future__ import annotations

import pytest
from merge_desk import Desk, set_up

from hati_core import Repository


@pytest.fixture
def desk(shared_repo: Repository) -> Desk:
    return set_up(shared_repo)
