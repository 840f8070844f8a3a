"""What the README shows works as it stands."""

from __future__ import annotations

import csv
import json
import re
import shlex
import sys
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

from hati_core import Repository
from hati_core.cli.commands import COMMANDS, main
from hati_core.cli.exits import MEANINGS
from tests.looping import run_apart

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


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the assets and no repository yet, which commands take for the checkout."""
    (tmp_path / "assets").symlink_to(ROOT / "assets")
    monkeypatch.chdir(tmp_path)
    for name in ("HATI_HOME", "HATI_AUTHOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_the_commands_run_one_after_the_other(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # One that is open all the time spares each command to start the engine anew.
    with Repository.open(".hati") as repo:
        for line in _commands():
            if "--resolutions" in line:
                _fill(checkout / "choices.csv", "aggressive-growth")
            expected = re.search(r"# exit code (\d)", line)
            code = main(shlex.split(line, comments=True)[1:])
            assert code == (int(expected[1]) if expected else 0), (line, capsys.readouterr())
        assert repo.main.query("SELECT shares FROM portfolio WHERE ticker = 'AAPL'") == [{"shares": 200}]
    assert (checkout / "holdings.xlsx").exists()


def _commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    found = [line for block in blocks for line in block.splitlines() if line.strip()]
    assert len(found) >= 15
    assert all(line.startswith("hati ") for line in found)
    return found


def _fill(file: Path, choice: str) -> None:
    """Make the same choice for every line, as a person would in a spreadsheet."""
    with file.open(encoding="utf-8-sig", newline="") as content:
        rows = list(csv.DictReader(content))
    with file.open("w", newline="") as content:
        writer = csv.DictWriter(content, rows[0])
        writer.writeheader()
        writer.writerows({**row, "choice": choice} for row in rows)


def test_every_command_is_named_and_exit_codes_mean_what_is_written() -> None:
    for command in COMMANDS:
        assert f"hati {command.name}" in README, command.name
    for code in MEANINGS:
        assert re.search(rf"^\| {code.value} \| \w", README, flags=re.MULTILINE)


DOCUMENTS = {
    "branch": ["branch", "--values"],
    "diff": ["diff", "growth"],
    "log": ["log"],
    "merge": ["merge", "growth", "--dry-run"],
    "revert": ["revert", "1"],
    "sql": ["sql", "-b", "growth", "DELETE FROM t", "--preview"],
    "import": ["import", "t.csv", "--table", "u"],
    "export": ["export", "t", "--to", "t.parquet"],
    "discard": ["discard", "growth"],
    "gc": ["gc", "--dry-run"],
}


def test_json_documents_have_the_keys_that_are_written(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text("k,n\n1,2\n")
    with Repository.open(".hati") as repo:
        for words in (["import", "t.csv", "--key", "k"], ["branch", "create", "growth"]):
            assert main(words) == 0
        repo.branch("growth").execute("UPDATE t SET n = 3")
        for name, words in DOCUMENTS.items():
            capsys.readouterr()
            main([*words, "--json"])
            document = json.loads(capsys.readouterr().out)
            listed = [one for one in document.get(f"{name}es", document.get("commits", [])) if isinstance(one, dict)]
            assert set(document).union(*listed) <= _written(name), name
            for table in document.get("tables", {}).values():
                assert set(table) <= _written("diff")


def _written(command: str) -> set[str]:
    """The keys that the README names for a command."""
    row = re.search(rf"^\| `{command}`.*$", README, flags=re.MULTILINE)
    assert row, command
    return set(re.findall(r"`(\w+)`", row[0]))


def test_a_client_that_is_set_up_as_shown_works(checkout: Path) -> None:
    (text,) = re.findall(r"```json\n(.*?)```", README, flags=re.DOTALL)
    server = json.loads(text)["mcpServers"]["hati"]
    assert server["command"].endswith(".venv/bin/hati")
    place = str(checkout / ".hati")
    arguments = [place if word.endswith(".hati") else word for word in server["args"]]
    assert place in arguments
    with Repository.open(place) as repo:
        repo.main.execute("CREATE TABLE t AS SELECT 1 AS n")

    async def job() -> None:
        # The command itself is there once the project is installed; this is what it runs.
        started = StdioServerParameters(command=sys.executable, args=["-m", "hati_core", *arguments], cwd=ROOT)
        async with Client(started) as client:
            found = await client.call_tool("query", {"branch": "main", "sql": "FROM t"})
            assert found.structured_content["rows"] == [{"n": 1}]

    run_apart(job)


def test_every_path_in_the_map_exists() -> None:
    (table,) = re.findall(r"\| to change \| open \|\n(.*?)\n\n", README, flags=re.DOTALL)
    paths = [path for path in re.findall(r"`([\w./<>]+)`", table) if "/" in path and "<" not in path]
    assert len(paths) >= 15
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("command", ["run", "test", "check", "bench"])
def test_the_make_commands_exist(command: str) -> None:
    assert f"make {command}" in README
    assert re.search(rf"^{command}:", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
