"""Random histories of a repository leave every version of every branch as a model in plain dicts has it.

``SOAK=1`` runs many long ones; a failure names its seed, and ``HISTORY_SEEDS=7,8`` runs those again.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import NewPlace
from tests.core.random_history import RandomHistory

SOAK = os.environ.get("SOAK") == "1"
STEPS = 250 if SOAK else 40
SEEDS = [int(seed) for seed in os.environ.get("HISTORY_SEEDS", "").split(",") if seed] or list(range(60 if SOAK else 3))
SERVER_STEPS = 120 if SOAK else 10
SERVER_SEEDS = SEEDS[: 20 if SOAK else 1]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_version_stays_what_it_was(tmp_path: Path, seed: int) -> None:
    live_through(str(tmp_path / "hati"), seed, STEPS)


@pytest.mark.parametrize("seed", SERVER_SEEDS)
def test_every_version_stays_what_it_was_on_a_server(new_server: NewPlace, seed: int) -> None:
    live_through(new_server(), seed, SERVER_STEPS)


def live_through(place: str, seed: int, steps: int) -> None:
    history = RandomHistory(place, seed)
    try:
        for _ in range(steps):
            history.step()
        history.check_all()
        history.reopen()
        history.collect()
        history.check_all()
    except BaseException:
        print(f"seed {seed}, after {len(history.done)} steps, the last ones {history.done[-8:]}")
        raise
    finally:
        history.close()
