"""What all commands have in common: help, exit codes, where the repository is, and what goes wrong."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from hati_core import Repository, errors
from hati_core.cli.commands import COMMANDS
from hati_core.cli.exits import Exit, exit_of
from tests.cli.conftest import Hati
from tests.core.processes import ROOT, run_python

NAMES = [command.name for command in COMMANDS]
DOING = ("list", "create", "show", "rename", "keep", "restore")


def test_help_lists_every_command_and_what_exit_codes_mean(hati: Hati) -> None:
    ended = hati("--help")
    assert (ended.code, ended.err) == (0, "")
    for command in COMMANDS:
        assert re.search(rf"^    {command.name} +{re.escape(command.purpose[:30])}", ended.out, flags=re.MULTILINE)
    for code in Exit:
        assert re.search(rf"^  {code.value}  \w", ended.out, flags=re.MULTILINE)
    assert "HATI_HOME" in ended.out


@pytest.mark.parametrize("words", [(name,) for name in NAMES] + [("branch", doing) for doing in DOING], ids=" ".join)
def test_every_command_explains_itself(words: tuple[str, ...], hati: Hati) -> None:
    ended = hati(*words, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"usage: hati {' '.join(words)}")


@pytest.mark.parametrize("name", [name for name in NAMES if name != "init"])
def test_the_examples_of_a_command_are_read_by_it(name: str, hati: Hati) -> None:
    from hati_core.cli.commands import parser_for

    examples = [line.strip() for line in hati(name, "--help").out.splitlines() if re.match(r"  (echo .*)?hati ", line)]
    assert examples
    for example in examples:
        words = shlex.split(example.rpartition("| ")[2])[1:]
        assert parser_for(words).parse_args(words).run


def test_help_waits_for_no_engine() -> None:
    program = (
        "from hati_core.cli.commands import main\n"
        "assert main(['--help']) == 0\n"
        "print(sorted({'duckdb', 'pandas', 'openai', 'sqlalchemy', 'sqlglot', 'mcp', 'streamlit'} & set(sys.modules)))"
    )
    assert run_python(program).splitlines()[-1] == "[]"


@pytest.mark.parametrize("words", [(), ("nonsense",), ("branch", "nonsense"), ("log", "--nonsense"), ("merge",)])
def test_wrong_usage_ends_with_2(words: tuple[str, ...], hati: Hati) -> None:
    ended = hati(*words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("usage: hati")


def test_wrong_usage_is_a_document_as_json(hati: Hati) -> None:
    ended = hati("--json", "brnch")
    assert (ended.code, ended.document["error"]) == (2, "usage")
    assert "invalid choice: 'brnch'" in ended.document["message"]
    assert "argument DOING: invalid choice: 'lst'" in hati("branch", "lst").err
    for command in ("app", "serve"):
        assert "99999' is no port" in hati(command, "--port", "99999").err


def test_the_version_is_told(hati: Hati) -> None:
    assert re.fullmatch(r"hati \S+\n", hati("--version").out)


def test_a_repository_that_is_there_is_not_made_again(hati: Hati) -> None:
    made = hati("--repo", "my place", "init")
    assert made.out.startswith("Hati initialized successfully. The repository is in ")
    assert "hati serve 'my place'" in made.out
    assert hati("init", "my place").out.startswith("There is a repository already, which stays as it is.")
    assert hati("--json", "init", "other").document["made"]
    assert not hati("--json", "init", "other").document["made"]


def test_what_is_not_there_is_not_served(hati: Hati) -> None:
    ended = hati("serve", "nowhere")
    assert (ended.code, list(Path().iterdir())) == (1, [])
    assert "There is no repository in" in ended.err


def test_a_title_fits_what_it_is_about(hati: Hati, repo: Repository) -> None:
    for words, title in (
        (("merge", "main"), "The merge cannot be done. “main” cannot be merged into itself"),
        (("revert", "99999"), "No such version. “main” has no commit"),
        (
            ("sql", "-b", "main@1", "DELETE FROM portfolio"),
            "The statement is not allowed here. Version 1 of “main” stays",
        ),
        (("discard", "main"), "The branch cannot be used. “main” cannot be discarded"),
    ):
        ended = hati(*words)
        assert (ended.code, ended.err[: len(title)]) == (1, title)


def test_errors_end_with_what_they_mean() -> None:
    assert exit_of(errors.BranchBusy("held")) is Exit.MOVED
    assert exit_of(errors.BranchMoved("moved", branch="x", expected=1, actual=2)) is Exit.MOVED
    assert exit_of(errors.CheckViolation("broken", violations=())) is Exit.CONFLICTS
    assert exit_of(errors.UnresolvedConflicts("open", conflicts=())) is Exit.CONFLICTS
    assert exit_of(errors.BranchNotFound("none")) is Exit.ERROR


def test_an_error_is_a_sentence_and_one_document_as_json(hati: Hati) -> None:
    ended = hati("log", "no\x1b[2Jwhere", "--json")
    assert ended.code == 1
    assert ended.document["error"] == "branch_not_found"
    assert ended.err.startswith("No such branch. There is no branch called “no\\x1b[2Jwhere”.")
    assert "\x1b" not in ended.out + ended.err


def test_a_fault_of_the_program_is_a_sentence_too(hati: Hati, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Repository, "branches", lambda *_: 1 / 0)
    ended = hati("branch")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "It failed inside. ZeroDivisionError: division by zero. Set HATI_TRACEBACK=1 to see where.\n"
    monkeypatch.setenv("HATI_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        hati("branch")


def test_an_answer_that_cannot_be_written_is_a_sentence(shared_place: str, hati: Hati) -> None:
    command = f"{shlex.quote(sys.executable)} -m hati_core sql 'SELECT 1' > /dev/full"
    environment = {**os.environ, "HATI_HOME": shared_place}
    ended = subprocess.run(["bash", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (1, "The answer cannot be written. No space left on device.\n")


def test_a_file_that_is_not_there_is_a_document_as_json(hati: Hati) -> None:
    assert hati("sql", "-f", "nothing.sql", "--json").document["error"] == "file"


def test_a_file_that_is_no_text_is_a_sentence(hati: Hati) -> None:
    Path("odd.sql").write_bytes(b"SELECT '\xff\xfe'")
    assert "no text in UTF-8" in hati("sql", "-f", "odd.sql").err


def test_a_folder_without_a_repository_stays_without_one(hati: Hati) -> None:
    ended = hati("--repo", "elsewhere", "branch")
    assert (ended.code, ended.out) == (1, "")
    assert "Make one by “hati init”" in ended.err
    assert list(Path().iterdir()) == []


def test_the_option_says_which_repository_before_the_environment(hati: Hati) -> None:
    with Repository.open("elsewhere", author="ada") as other:
        other.create_branch("only here")
    assert "only here" in hati("--repo", "elsewhere", "branch").out
    assert "only here" in hati("branch", "--repo", "elsewhere").out
    assert "only here" not in hati("branch").out


def test_an_address_that_cannot_be_reached_tells_no_password(hati: Hati) -> None:
    ended = hati("--repo", "postgresql://ada:hidden@127.0.0.1:1/x?data=/tmp/x", "branch")
    assert ended.code == 1
    assert "hidden" not in ended.err
    assert hati("--repo", "mysql://x", "branch").code == 1


def test_whoever_reads_only_the_beginning_is_no_failure(shared_place: str, hati: Hati) -> None:
    command = f"{shlex.quote(sys.executable)} -m hati_core sql 'FROM range(100000)' --format csv | head -n 1"
    environment = {**os.environ, "HATI_HOME": shared_place}
    ended = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "range\n", "")
