"""PostgreSQL and S3: what is refused says why, no password is ever shown, and DuckDB's fences stay up."""

from __future__ import annotations

import json
import re
import traceback
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from psycopg import sql

from hati_core import HatiError, Repository
from hati_core.errors import BranchBusy, RepositoryError, StatementRefused, StorageUnavailable
from hati_core.storage.address import Address
from hati_core.storage.advisory import AdvisoryLocks
from tests.conftest import NewPlace
from tests.core.conftest import set_up
from tests.core.processes import outputs, run_python, start_python
from tests.core.shares import shares
from tests.servers import BUCKET, Postgres, running_s3

PASSWORD = "s3cr3t'\" %"
QUOTED = "s3cr3t%27%22%20%25"


@pytest.fixture(scope="module")
def server_repo(new_server: NewPlace) -> Iterator[Repository]:
    with Repository.open(new_server(), author="ada") as repo:
        set_up(repo)
        yield repo


@pytest.fixture
def database(postgres: Postgres, request: pytest.FixtureRequest) -> str:
    """A database of its own."""
    return postgres.create_database(re.sub(r"\W", "_", request.node.name)[-60:].lower())


@pytest.fixture(scope="module")
def ada(postgres: Postgres) -> str:
    """The name of a user with a password, whom the server asks for it."""
    with postgres.connect() as connection:
        connection.execute("CREATE ROLE ada LOGIN PASSWORD " + sql.quote(PASSWORD))
        ((file,),) = connection.execute("SHOW hba_file").fetchall()
        rules = Path(file)
        rules.write_text("local all ada scram-sha-256\n" + rules.read_text())
        connection.execute("SELECT pg_reload_conf()")
    return "ada"


def test_credentials_that_expire_are_renewed_in_time(
    database: str, postgres: Postgres, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tmp_path / "keys.json"
    config = tmp_path / "config"
    config.write_text(f"[default]\nregion = eu-west-1\ncredential_process = cat {keys}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)

    def hand_out(key: str) -> None:
        soon = (datetime.now(UTC) + timedelta(minutes=2)).isoformat()
        told = {"AccessKeyId": key, "SecretAccessKey": "s", "SessionToken": "t", "Expiration": soon}
        keys.write_text(json.dumps({"Version": 1, **told}))

    hand_out("first")
    with Repository.open(postgres.address(database, f"{bucket}/{database}"), author="ada") as repo:
        set_up(repo)
        hand_out("second")
        assert len(shares(repo.main)) == 3
        with repo._store.engine.session(repo.main.id) as cursor:
            ((told,),) = cursor.execute(
                "SELECT secret_string FROM duckdb_secrets() WHERE name = 'hati_data'"
            ).fetchall()
        assert "key_id=second" in told
        keys.unlink()
        with pytest.raises(StorageUnavailable, match="bucket"):
            repo.main.execute("UPDATE portfolio SET shares = 0")
        hand_out("third")
        assert 0 not in shares(repo.main).values()


def refused(address: str) -> str:
    """The sentence with which a place is refused; nothing about it, causes included, may show the password."""
    with pytest.raises(RepositoryError) as error:
        Repository.open(address)
    shown = "".join(traceback.format_exception(error.value)) + repr(error.value)
    assert not [part for part in ("s3cr3t", QUOTED) if part in shown]
    return error.value.message


def test_a_repository_needs_no_bucket(postgres: Postgres, database: str, tmp_path: Path) -> None:
    address = postgres.address(database, str(tmp_path / "rows"))
    with Repository.open(address) as repo:
        main = set_up(repo)
        repo.create_branch("growth").execute("UPDATE portfolio SET shares = 1")
        repo.merge("growth")
        assert set(shares(main).values()) == {1}
    assert list((tmp_path / "rows").rglob("*.parquet"))
    with Repository.open(address.partition("&data=")[0]) as again:
        assert set(shares(again.main).values()) == {1}


def test_two_places_for_the_rows_are_refused(postgres: Postgres, database: str, tmp_path: Path) -> None:
    Repository.open(postgres.address(database, str(tmp_path / "rows"))).close()
    assert "keeps its rows in" in refused(postgres.address(database, str(tmp_path / "elsewhere")))


def test_a_new_repository_has_to_say_where_its_rows_go(postgres: Postgres, database: str) -> None:
    assert "?data=s3://bucket/prefix" in refused(postgres.address(database, ""))


def test_a_server_that_nobody_runs(bucket: str) -> None:
    told = refused(f"postgresql://ada:{QUOTED}@127.0.0.1:1/x?data={bucket}/x")
    assert told.startswith(f"The repository postgresql://ada@127.0.0.1:1/x?data={bucket}/x cannot be used: nothing")


def test_a_wrong_password(postgres: Postgres, database: str, bucket: str, ada: str) -> None:
    told = refused(f"postgresql://{ada}:{QUOTED}x@/{database}?host={postgres.host}&data={bucket}/x")
    assert "the password or the user is wrong" in told


def test_the_right_password_is_not_shown(postgres: Postgres, database: str, bucket: str, ada: str) -> None:
    address = f"postgresql://{ada}:{QUOTED}@/{database}?host={postgres.host}&data={bucket}/{database}"
    assert f"GRANT CREATE ON DATABASE {database}" in refused(address)
    with postgres.connect() as connection:
        connection.execute(f'GRANT CREATE ON DATABASE "{database}" TO ada')
    with Repository.open(address) as repo:
        branch = set_up(repo)
        assert shares(branch)["AAPL"] == 100
        engine = repo._store.engine
        with engine.session(branch.id) as cursor:
            shown = repr(cursor.execute("FROM duckdb_databases()").fetchall())
            shown += repr(cursor.execute("FROM duckdb_secrets()").fetchall())
            shown += repr(cursor.execute("FROM duckdb_settings()").fetchall())
        shown += repr(repo) + repr(vars(engine.place)) + repo.place + engine.place.identity
    assert "s3cr3t" not in shown
    assert "a-secret" not in shown


def test_a_database_that_is_not_there(postgres: Postgres, bucket: str) -> None:
    assert "the server has no database “nowhere”" in refused(postgres.address("nowhere", f"{bucket}/x"))


def test_a_bucket_that_is_not_there(postgres: Postgres, database: str, bucket: str) -> None:
    assert refused(postgres.address(database, "s3://nowhere/x")).startswith(
        "The bucket “nowhere” cannot be used: there"
    )


def test_a_bucket_without_credentials(
    postgres: Postgres, database: str, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert "set AWS_ACCESS_KEY_ID" in refused(postgres.address(database, f"{bucket}/x"))


def test_a_key_that_the_bucket_does_not_know(
    postgres: Postgres, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_s3() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        strict = urllib.request.Request(
            f"{environment['AWS_ENDPOINT_URL']}/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"}
        )
        urllib.request.urlopen(strict).close()
        assert "check AWS_ACCESS_KEY_ID" in refused(postgres.address(database, f"s3://{BUCKET}/x"))


def test_a_shared_folder_that_this_machine_has_not_mounted(postgres: Postgres, database: str, tmp_path: Path) -> None:
    address = postgres.address(database, str(tmp_path / "rows"))
    Repository.open(address).close()
    (tmp_path / "rows").rename(tmp_path / "unmounted")
    assert "Mount it on this machine" in refused(address)
    assert not (tmp_path / "rows").exists()


def test_a_shared_folder_that_cannot_be_made(postgres: Postgres, database: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "a part of that path is a file" in refused(postgres.address(database, str(tmp_path / "file" / "rows")))


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        (f"postgresql://ada:{QUOTED}@h:port/d", "cannot be read. It has the form"),
        (f"postgresql://ada:{QUOTED}@h/d?s3cret=1", "an option that is not known"),
        (f"postgresql://ada:{QUOTED}@h/d?schema=A-B", "cannot be the schema"),
        (f"postgresql://ada:{QUOTED}@h/d?schema=hati_0123456789ab", "cannot be the schema"),
        (f"postgresql://ada:{QUOTED}@h/d?data=rows", "the whole path of a shared folder"),
        (f"postgresql://ada:{QUOTED}@h/d?data=s3://key:{QUOTED}@bucket", "credentials come from the environment"),
        (f"mysql://ada:{QUOTED}@h/d", "“mysql://” are not known"),
    ],
)
def test_an_address_that_cannot_be_read(address: str, sentence: str) -> None:
    assert sentence in refused(address)


def test_an_address_is_shown_without_its_password() -> None:
    address = Address.parse(f"postgresql://ada:{QUOTED}@host:5433/db?sslmode=require&data=s3://b/p&schema=lab")
    assert str(address) == "postgresql://ada@host:5433/db?data=s3://b/p&schema=lab"
    assert "s3cr3t" not in repr(address)
    assert address.settings["password"] == PASSWORD
    assert (
        Address.parse(f"postgresql://ada:{QUOTED}x@host/db").identity
        != Address.parse(f"postgresql://ada:{QUOTED}@host/db").identity
    )


@pytest.mark.parametrize(
    "statement",
    [
        "ATTACH 'dbname=postgres' AS other (TYPE postgres)",
        "FROM read_csv('/etc/passwd')",
        "COPY (SELECT 1) TO '/tmp/out.csv'",
        "FROM read_parquet('s3://bucket/elsewhere/x.parquet')",
        "COPY (SELECT 1) TO 's3://bucket/elsewhere/x.parquet'",
        "FROM read_csv('https://example.org/x.csv')",
        "INSTALL spatial",
        "SET enable_external_access = true",
        "SET pg_debug_show_queries = true",
    ],
)
def test_the_fences_hold_without_the_gate(server_repo: Repository, statement: str) -> None:
    main = server_repo.main
    with pytest.raises(HatiError), server_repo._store.engine.session(main.id) as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "FROM hati_server.place_0.branches",
        "DROP SCHEMA hati_server.place_0",
        "FROM postgres_query('hati_server', 'SELECT 1')",
        "CALL postgres_execute('hati_server', 'DROP SCHEMA place_0')",
        "FROM postgres_scan('dbname=postgres', 'pg_catalog', 'pg_authid')",
        "FROM postgres_scan_pushdown('dbname=postgres', 'pg_catalog', 'pg_authid')",
        "CALL postgres_attach('dbname=postgres')",
        "CALL postgres_configure_pool(max_connections = 0)",
        "CALL pg_clear_cache()",
        "FROM duckdb_secrets()",
        "SELECT current_setting('s3_endpoint')",
        "FROM which_secret('s3://bucket', 's3')",
        "CREATE SECRET s (TYPE s3)",
        "DROP SECRET hati_data",
        "USE hati_server",
        "DETACH hati_server",
    ],
)
def test_the_gate_stops_what_the_fences_leave_open(server_repo: Repository, statement: str) -> None:
    with pytest.raises(StatementRefused):
        server_repo.main.execute(statement)
    with pytest.raises(StatementRefused):
        server_repo.main.query(statement)


def test_a_statement_that_does_not_bind_leaves_all_branches_usable(server_repo: Repository) -> None:
    """DuckDB's PostgreSQL extension then forgets every schema that it knows."""
    branch = server_repo.create_branch("not bound")
    for wrong in ("SELECT nothing FROM portfolio", "FROM nowhere", "SELECT sum(ticker) FROM portfolio"):
        with pytest.raises(HatiError, match=r"nothing|nowhere|sum"):
            branch.query(wrong)
        assert shares(branch) == shares(server_repo.main)
        branch.execute("UPDATE portfolio SET avg_cost = avg_cost + 1")
    assert len(server_repo.branches()) >= 2


def test_letting_go_of_one_catalog_leaves_the_others(server_repo: Repository) -> None:
    engine = server_repo._store.engine
    branch = server_repo.create_branch("let go")
    then = branch.at(branch.head)
    assert shares(then) == shares(branch) == shares(server_repo.main)
    engine.detach(branch.id)
    with engine.metadata_session(server_repo.main.id) as cursor:
        attached = {name for (name,) in cursor.execute("SELECT database_name FROM duckdb_databases()").fetchall()}
    assert not [name for name in attached if branch.id in name]
    branch.execute("UPDATE portfolio SET shares = 9")
    assert set(shares(branch).values()) == {9}


def test_work_goes_on_after_the_server_dropped_every_connection(new_server: NewPlace, postgres: Postgres) -> None:
    with Repository.open(address := new_server()) as repo:
        main = set_up(repo)
        with postgres.connect(Address.parse(address).database or "") as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        main.execute("UPDATE portfolio SET shares = 3")
        assert set(shares(repo.create_branch("later")).values()) == {3}


def test_a_branch_that_is_held_elsewhere_is_busy_until_its_holder_dies(new_server: NewPlace) -> None:
    """The holder is killed, so that only the server can let the branch go."""
    with Repository.open(address := new_server()) as repo:
        main = set_up(repo)
        holder = start_python(
            "import threading\nfrom hati_core import Repository\n"
            "repo = Repository.open(sys.argv[1])\n"
            "with repo._store.engine.place.lock(sys.argv[2], 'main'):\n"
            "    print('held', flush=True)\n"
            "    threading.Event().wait()",
            address,
            main.id,
        )
        with holder:
            assert holder.stdout
            assert holder.stdout.readline() == "held\n"
            with pytest.raises(BranchBusy), repo._store.engine.place.lock(main.id, "main", timeout=0):
                pass
            holder.kill()
        assert main.execute("UPDATE portfolio SET shares = 3") == 3


def test_a_process_that_ends_without_closing_leaves_no_scratch_folder(new_server: NewPlace) -> None:
    program = (
        "from hati_core import Repository\nrepo = Repository.open(sys.argv[1])\nprint(repo.root, repo.root.exists())"
    )
    folder, was_there = run_python(program, new_server()).split()
    assert was_there == "True"
    assert not Path(folder).exists()


def test_a_lock_is_held_by_one_thread_at_a_time(new_server: NewPlace, postgres: Postgres) -> None:
    database = Address.parse(new_server()).database or ""
    locks = AdvisoryLocks(lambda: postgres.connect(database), "scope")
    with (
        locks.hold("a", "a"),
        locks.hold("b", "b"),
        pytest.raises(BranchBusy, match="held “a” for 0 seconds"),
        locks.hold("a", "a", timeout=0),
    ):
        pass
    with locks.hold("a", "a", timeout=0):
        pass
    locks.close()


WORK = """
from datetime import timedelta
from hati_core import Repository
from hati_core.errors import BranchMoved
with Repository.open(sys.argv[1], author=sys.argv[2]) as repo:
    for number in range(2):
        name = f"{sys.argv[2]} {number}"
        branch = repo.create_branch(name)
        branch.execute("UPDATE counters SET n = n + 1 WHERE who = $1", [sys.argv[2]])
        while True:
            try:
                repo.merge(name)
                break
            except BranchMoved:
                pass
        repo.main.execute("UPDATE counters SET n = n + 10 WHERE who = 'all'")
        repo.discard(name)
        repo.gc(timedelta(0) if sys.argv[2] == 'ada' else timedelta(days=1))
"""


def test_processes_that_fork_write_merge_and_collect_at_once_lose_nothing(new_server: NewPlace) -> None:
    with Repository.open(address := new_server()) as repo:
        repo.main.execute("CREATE TABLE counters (who VARCHAR PRIMARY KEY, n INTEGER)")
        repo.main.execute("INSERT INTO counters VALUES ('ada', 0), ('bob', 0), ('eve', 0), ('all', 0)")
        outputs([start_python(WORK, address, who) for who in ("ada", "bob", "eve")])
        assert {row["who"]: row["n"] for row in repo.main.query("FROM counters")} == {
            "ada": 2,
            "bob": 2,
            "eve": 2,
            "all": 60,
        }
        for version in range(repo.main.head + 1):
            if "counters" in repo.main.at(version).tables():
                repo.main.at(version).query("FROM counters")


def test_folders_work_without_the_packages_that_servers_need(tmp_path: Path) -> None:
    program = (
        "extensions = ['duckdb_extension_postgres_scanner', 'duckdb_extension_httpfs']\n"
        "for name in ['psycopg', 'boto3', 'botocore', *extensions]:\n"
        "    sys.modules[name] = None\n"
        "from hati_core import Repository\n"
        "with Repository.open(sys.argv[1]) as repo:\n"
        "    repo.main.execute('CREATE TABLE t AS SELECT 1 AS a')\n"
        "    print(repo.create_branch('b').query('FROM t'))"
    )
    assert run_python(program, tmp_path) == "[{'a': 1}]\n"
