"""The founding document's program runs word for word with the original client, and prints what the document says.

Source: “OpenAI Agents + HatiData: Branch-Based Exploration”, seed/openai-agents-hatidata-branch-exploration.txt. The
indentation, which the document has lost, and empty lines are all that was added.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from filelock import FileLock

from hati_core import Repository
from hati_core.serve.server import Server

HERE = Path(__file__).parent
PROGRAM = HERE / "founding_program.py"
EXPECTED = HERE / "founding_program.txt"
CLIENT = Path(sys.prefix) / "peers"
PORT = 5439
"""The program names it."""


def test_the_program_prints_the_documents_output(repo: Repository) -> None:
    assert (CLIENT / "hatidata_agent").is_dir(), "the original client is missing: make test installs it"
    environment = {**os.environ, "PYTHONPATH": str(CLIENT)}
    # Other runs of the suite on this machine want the same port.
    with FileLock(Path(tempfile.gettempdir()) / f"hati-{PORT}.lock", timeout=120):
        server = Server(repo, "localhost", PORT)
        server.start()
        try:
            ended = subprocess.run(
                [sys.executable, str(PROGRAM)],
                cwd=CLIENT,
                env=environment,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        finally:
            server.close()
    assert ended.stderr == ""
    assert _lines(ended.stdout) == _lines(EXPECTED.read_text(encoding="utf-8"))
    assert {commit.author for commit in repo.main.log() if commit.version} == {"portfolio-agent"}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
