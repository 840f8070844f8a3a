"""The founding document's program runs word for word with the original client, and prints what the document says.

Source: “OpenAI Agents + HatiData: Branch-Based Exploration”, seed/openai-agents-hatidata-branch-exploration.txt. The
indentation, which the document has lost, and empty lines are all that was added.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hati_core import Repository
from tests.serve.conftest import fixed_port, serving

pytestmark = pytest.mark.every_backend

HERE = Path(__file__).parent
PROGRAM = HERE / "founding_program.txt"
EXPECTED = HERE / "founding_output.txt"
CLIENT = Path(sys.prefix) / "peers"


def test_the_program_prints_the_documents_output(place: str) -> None:
    assert (CLIENT / "hatidata_agent").is_dir(), "the original client is missing: make test installs it"
    environment = {**os.environ, "PYTHONPATH": str(CLIENT)}
    command = [sys.executable, str(PROGRAM)]
    Repository.open(place).close()
    with fixed_port() as port, serving(place, "--port", str(port)):
        ended = subprocess.run(
            command, cwd=CLIENT, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
    assert ended.stderr == ""
    assert _lines(ended.stdout) == _lines(EXPECTED.read_text(encoding="utf-8"))
    with Repository.open(place) as repo:
        authors = {commit.author for commit in repo.main.log() if commit.version}
    assert authors == {"portfolio-agent"}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
