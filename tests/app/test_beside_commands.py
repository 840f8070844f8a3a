"""The app goes on where commands of another process have changed what it shows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hati_core import Repository
from tests.app.screen import ROOT, Screen


def hati(home: Path, *words: str) -> None:
    """Run a command in a process of its own."""
    command = [sys.executable, "-m", "hati_core", "--repo", str(home), "--author", "eve", *words]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def test_what_a_command_writes_shows_at_once(branches: Repository, screen: Screen, home: Path) -> None:
    screen.open("Overview")
    assert screen.metrics["Portfolio value"] == "$58,750"
    hati(home, "merge", "aggressive-growth")
    hati(home, "branch", "rename", "conservative-hedge", "bonds")
    screen.run()
    assert screen.metrics["Portfolio value"] == "$267,250"
    screen.open("History", branch="main")
    assert "eve" in screen.text
    screen.open("Branches")
    assert "bonds" in screen.text
    assert "conservative-hedge" not in screen.text
