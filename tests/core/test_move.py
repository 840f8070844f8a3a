"""A repository moves from a folder to a server with all that is in it, and the folder stays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from hati_core import BranchView, Repository
from hati_core.cli.commands import main as run
from hati_core.model import KeyOrigin
from tests.conftest import NewPlace
from tests.core.conftest import set_up
from tests.core.shares import shares


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with a bit of everything, closed."""
    with Repository.open(tmp_path / "old", author="ada") as repo:
        main = set_up(repo)
        main.execute('CREATE TABLE "odd ""name"" 🎈" (k INTEGER PRIMARY KEY, "it\'s" VARCHAR)')
        main.execute('INSERT INTO "odd ""name"" 🎈" VALUES (1, $1), (2, $2)', ["a\x00b", "tab\t, \\N, “quoted” 🎈"])
        repo.create_branch("growth", description="it's\ta try").execute("UPDATE portfolio SET shares = 1")
        main.execute("DELETE FROM portfolio WHERE ticker = 'MSFT'", message="It's “gone” \\ 🎈")
        repo.create_branch("merged").execute("UPDATE portfolio SET shares = 7 WHERE ticker = 'AAPL'")
        repo.merge("merged")
        repo.create_branch("put away").execute("DROP TABLE portfolio")
        repo.discard("put away")
        repo.set_metric("Shares", "SELECT sum(shares) FROM portfolio")
    return tmp_path / "old"


def states(repo: Repository) -> dict[str, object]:
    """Everything that can be asked of every branch at every version."""
    found: dict[str, object] = {"branches": repo.branches("all")}
    for info in repo.branches():
        branch = repo.branch(info.name)
        found[f"log of {info.name}"] = branch.log(100)
        for version in range(branch.head + 1):
            found[f"{info.name} at {version}"] = contents(branch.at(version))
    return found


def contents(branch: BranchView) -> dict[str, object]:
    tables = branch.tables()
    quoted = {name: name.replace('"', '""') for name in tables}
    return {name: (tables[name], branch.query(f'FROM "{quoted[name]}" ORDER BY ALL')) for name in tables}


def files(folder: Path) -> dict[str, bytes]:
    """What a closed repository consists of; locks, journals and scratch files come and go."""
    kept = [file for name in ("catalogs", "data") for file in (folder / name).rglob("*") if file.is_file()]
    return {file.name: file.read_bytes() for file in kept if file.suffix in (".parquet", ".sqlite")}


def test_everything_comes_along(folder: Path, new_server: NewPlace, capsys: pytest.CaptureFixture[str]) -> None:
    before, address = files(folder), new_server()
    assert run(["move", str(folder), address]) == 0
    assert "Copied 4 branches with" in capsys.readouterr().out
    assert files(folder) == before
    with Repository.open(folder, author="ada") as old, Repository.open(address, author="ada") as new:
        assert states(new) == states(old)
        assert new.main.table("portfolio").key_origin is KeyOrigin.DECLARED
        assert "Shares" in [metric.name for metric in new.measures.metrics(new.main)]
        assert not new.plan_merge("merged").conflicts
        assert set(shares(new.branch("growth")).values()) == {1}
        new.merge("growth", strategy="branch_wins")
        assert new.undiscard("put away").tables().keys() == {'odd "name" 🎈'}
        assert shares(old.main) != shares(new.main)


def test_a_place_with_something_in_it_is_refused(
    folder: Path, new_server: NewPlace, capsys: pytest.CaptureFixture[str]
) -> None:
    address = new_server()
    with Repository.open(address) as there:
        there.main.execute("CREATE TABLE t AS SELECT 1 AS a")
    assert run(["move", str(folder), address]) == 1
    assert "There are branches at postgresql://" in capsys.readouterr().err
    with Repository.open(address) as there:
        assert there.main.query("FROM t") == [{"a": 1}]
        assert len(there.branches("all")) == 1


def test_a_move_that_breaks_off_leaves_nothing_and_can_be_repeated(
    folder: Path, new_server: NewPlace, capsys: pytest.CaptureFixture[str]
) -> None:
    address = new_server()
    lost = (folder / "data").rename(folder / "elsewhere")
    (folder / "data").mkdir()
    assert run(["move", str(folder), address]) == 1
    assert "Traceback" not in capsys.readouterr().err
    (folder / "data").rmdir()
    lost.rename(folder / "data")
    assert run(["move", str(folder), address]) == 0


def test_only_from_a_folder_to_a_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["move", str(tmp_path), str(tmp_path / "other")]) == 1
    assert "from a folder to a server" in capsys.readouterr().err
    assert run(["move", str(tmp_path), "postgresql://ada:hidden@localhost/x?data=s3://bucket/x"]) == 1
    told = capsys.readouterr().err
    assert "There is no repository in" in told
    assert "hidden" not in told
