"""The README's commands for other programs work as they stand, one after the other."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from tests.serve.conftest import ROOT, fixed_port, psql_path, serving

README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTION = README[README.index("## From other programs") : README.index("## One machine or many")]


def test_the_commands_of_the_section_run_one_after_the_other(tmp_path: Path) -> None:
    made, asked = re.findall(r"^```\n(.*?)```", SECTION, flags=re.DOTALL | re.MULTILINE)
    (program,) = re.findall(r"^```py\n(.*?)```", SECTION, flags=re.DOTALL | re.MULTILINE)
    assert made == ".venv/bin/hati init\n.venv/bin/hati serve\n"
    place = tmp_path / "hati"
    init = [sys.executable, "-m", "hati_core", "init"]
    subprocess.run(init, cwd=ROOT, env={**os.environ, "HATI_HOME": str(place)}, check=True, timeout=60)
    with fixed_port() as port, serving(str(place), "--port", str(port)):
        shown = [_psql(line) for line in asked.splitlines()]
        namespace: dict[str, object] = {}
        exec(compile(program, "README.md", "exec"), namespace)
        namespace["engine"].dispose()  # type: ignore[attr-defined]
    assert "AAPL   | 18.5" in shown[4]
    assert "Merge rally into main" in shown[5]
    assert '"prices_pkey" PRIMARY KEY' in shown[6]
    assert list(namespace["frame"]["ticker"]) == ["MSFT", "AAPL"]  # type: ignore[index]


def _psql(line: str) -> str:
    program, *arguments = shlex.split(line)
    assert program == "psql"
    ended = subprocess.run(
        [psql_path(), "-X", *arguments], capture_output=True, text=True, timeout=30, check=False,
        env={**os.environ, "PGUSER": "ada"},
    )  # fmt: skip
    assert ended.stderr == ""
    return ended.stdout
