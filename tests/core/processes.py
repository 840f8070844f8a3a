"""Python programs in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]


def start_python(program: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a program; ``sys`` is there already."""
    command = [sys.executable, "-W", "error", "-c", f"import sys\n{program}", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def outputs(processes: Sequence[subprocess.Popen[str]], seconds: float = 60) -> list[str]:
    """What each of them printed; one that failed fails the test with what it had to say."""
    ended = [(process.communicate(timeout=seconds), process.returncode) for process in processes]
    assert all(code == 0 for _, code in ended), "\n".join(errors for (_, errors), _ in ended)
    return [printed for (printed, _), _ in ended]


def run_python(program: str, *arguments: object) -> str:
    """Run a program to its end; returns what it printed."""
    return outputs([start_python(program, *arguments)])[0]
