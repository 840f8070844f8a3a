"""Random histories of a repository leave every version of every branch as a model in plain dicts has it.

``SOAK=1`` runs many long ones; a failure names its seed, and ``HISTORY_SEEDS=7,8`` runs those again.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.core.random_history import RandomHistory

SOAK = os.environ.get("SOAK") == "1"
STEPS = 250 if SOAK else 40
SEEDS = [int(seed) for seed in os.environ.get("HISTORY_SEEDS", "").split(",") if seed] or list(range(60 if SOAK else 3))


@pytest.mark.parametrize("seed", SEEDS)
def test_every_version_stays_what_it_was(tmp_path: Path, seed: int) -> None:
    history = RandomHistory(tmp_path / "hati", seed)
    try:
        for _ in range(STEPS):
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
