"""What the README shows works as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_python_examples_run_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    for example in examples:
        exec(compile(example, "README.md", "exec"), namespace)
    assert (tmp_path / ".hati" / "registry.sqlite").exists()
    assert namespace["conflict"].ours["shares"] == 90  # type: ignore[attr-defined]


def test_every_path_in_the_map_exists() -> None:
    (table,) = re.findall(r"\| to change \| open \|\n(.*?)\n\n", README, flags=re.DOTALL)
    paths = [path for path in re.findall(r"`([\w./<>]+)`", table) if "/" in path and "<" not in path]
    assert len(paths) >= 15
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("command", ["run", "test", "check", "bench"])
def test_the_make_commands_exist(command: str) -> None:
    assert f"make {command}" in README
    assert re.search(rf"^{command}:", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
