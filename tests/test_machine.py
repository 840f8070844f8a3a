"""What keeps the suite quick."""

from __future__ import annotations

import os
import sys

import duckdb
import pytest

from tests import machine


@pytest.mark.skipif(sys.platform != "linux", reason="DuckDB looks for its share on Linux alone")
def test_the_workers_of_a_run_share_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    cores = os.cpu_count() or 1
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", str(cores))
    monkeypatch.setenv("SOAK", "0")
    monkeypatch.setenv(machine.CORES, "")
    monkeypatch.delenv(machine.CORES)
    machine.share_cores()
    with duckdb.connect() as connection:
        assert connection.execute("SELECT current_setting('threads')").fetchone() == (1,)
