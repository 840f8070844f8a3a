"""The command that starts the app."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from hati_core.cli.exits import Exit
from hati_core.cli.parsing import Commands, add_parser, author_of, port
from hati_core.cli.serving import place_from_environment
from hati_core.errors import RepositoryError

_ROOT = Path(__file__).parents[2]
_EXAMPLES = """  hati app
  hati app --port 9000
  hati --repo /some/folder app"""


def add_to(commands: Commands) -> None:
    """Add ``app``."""
    about = "Start the app in the browser, on the repository that all other commands work on. Ctrl+C ends it."
    parser = add_parser(commands, "app", about, _EXAMPLES)
    parser.add_argument("--port", type=port, default=8501, metavar="PORT", help="where it is served; 8501 unless said")
    parser.add_argument("--headless", action="store_true", help="open no browser")
    parser.set_defaults(run=_start)


def _start(chosen: argparse.Namespace) -> Exit:
    if not (_ROOT / "app.py").exists():
        raise RepositoryError(f"The app is not beside this program: there is no app.py in {_ROOT}.")
    environment = {**os.environ, "HATI_HOME": absolute(chosen.repo or place_from_environment())}
    if author := author_of(chosen):
        environment["HATI_AUTHOR"] = author
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(chosen.port)]
    command += ["--server.headless", "true"] if chosen.headless else []
    if os.name == "posix":
        # The app takes the place of this program, so that what stops this stops the app.
        os.chdir(_ROOT)
        os.execve(command[0], command, environment)
    return Exit(min(subprocess.call(command, cwd=_ROOT, env=environment), 1))


def absolute(place: str) -> str:
    """A place that means the same from every folder."""
    return place if "://" in place else str(Path(place).absolute())
