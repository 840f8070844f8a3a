"""Who gets in, what a server does with clients that do not speak the protocol, and how it stops."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import psycopg2
import pytest

from hati_core import Repository
from hati_core.errors import RepositoryError
from hati_core.serve.auth import is_loopback, password_from, require_password
from hati_core.serve.server import Server, serve
from tests.serve.conftest import ROOT, Served, serving

SECRET = "correct horse battery staple"


def startup(**options: str) -> bytes:
    content = struct.pack("!i", 196608) + b"".join(f"{k}\0{v}\0".encode() for k, v in options.items()) + b"\0"
    return struct.pack("!i", len(content) + 4) + content


def all_of(talk: socket.socket) -> bytes:
    """Everything until the other side closes."""
    received = b""
    while part := talk.recv(65536):
        received += part
    return received


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a server that asks for a password."""
    place = tmp_path_factory.mktemp("guarded")
    (place / "password").write_text(f"{SECRET}\n")
    Repository.open(str(place / "hati")).close()
    with serving(str(place / "hati"), "--password-file", str(place / "password")) as (port, process):
        assert SECRET not in Path(f"/proc/{process.pid}/cmdline").read_text() if Path("/proc").exists() else True
        yield port


def test_the_right_password_lets_in_and_a_wrong_one_does_not(guarded: int) -> None:
    address = f"host=localhost port={guarded} dbname=main user=ada"
    with psycopg.connect(address, password=SECRET) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with closing(psycopg2.connect(address, password=SECRET)) as other:
        assert other.server_version == 150000
    for wrong in ("nonsense", SECRET.upper()):
        with pytest.raises(psycopg.OperationalError, match="The password is wrong"):
            psycopg.connect(address, password=wrong)


def test_nothing_is_told_before_the_password(guarded: int) -> None:
    with socket.create_connection(("localhost", guarded), timeout=20) as talk:
        talk.sendall(startup(user="ada", database="main") + b"Q" + struct.pack("!i", 13) + b"SELECT 1\0")
        told = all_of(talk)
    assert b"SCRAM-SHA-256" in told
    assert b"C08P01" in told
    assert b"server_version" not in told


def test_other_machines_need_a_password() -> None:
    assert is_loopback("localhost")
    assert is_loopback("127.0.0.1")
    assert not is_loopback("0.0.0.0")
    require_password("0.0.0.0", "a password")
    with pytest.raises(RepositoryError, match="HATI_PASSWORD"):
        require_password("0.0.0.0", None)
    refused = subprocess.run(
        [sys.executable, "-m", "hati_core", "serve", "--host", "0.0.0.0", "nowhere"],
        cwd=ROOT, env={"PATH": ""}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert refused.returncode == 1
    assert "can be reached from other machines, so a password is needed" in refused.stderr
    assert not (ROOT / "nowhere").exists()


def test_a_password_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from a file\n")
    assert password_from({"HATI_PASSWORD": "from there"}, None) == "from there"
    assert password_from({"HATI_PASSWORD": "from there"}, str(file)) == "from a file"
    assert password_from({}, None) is None
    file.write_text("\n")
    for path in (file, tmp_path / "nothing"):
        with pytest.raises(RepositoryError, match="password"):
            password_from({}, str(path))


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\0\0\0\4",
        b"\xff\xff\xff\xff" * 4,
        struct.pack("!ii", 8, 131072),
        startup(database="main"),
        startup(user="ada", database="main") + b"?" + struct.pack("!i", 4),
        startup(user="ada", database="main") + b"Q" + struct.pack("!i", 2**31 - 1),
        struct.pack("!ii", 8, 80877103) + startup(user="ada"),
    ],
)
def test_bytes_that_are_no_message_end_the_connection_and_nothing_else(served: Served, sent: bytes) -> None:
    with socket.create_connection(("localhost", served.port), timeout=20) as talk:
        talk.sendall(sent)
        talk.shutdown(socket.SHUT_WR)
        told = all_of(talk)
    assert b"SFATAL\0" in told
    with served.connect() as client:
        assert client.execute("SELECT 1").fetchone() == (1,)


def test_a_message_that_cannot_be_read_fails_its_group_and_no_other(served: Served) -> None:
    sync = b"S" + struct.pack("!i", 4)
    with socket.create_connection(("localhost", served.port), timeout=20) as talk:
        broken = b"B" + struct.pack("!i", 10) + b"no end"
        query = b"Q" + struct.pack("!i", 13) + b"SELECT 7\0"
        talk.sendall(
            startup(user="ada", database="main") + broken + broken + sync + query + b"X" + struct.pack("!i", 4)
        )
        told = all_of(talk)
    assert told.count(b"C08P01") == 1
    assert told.endswith(b"SELECT 1\0" + b"Z" + struct.pack("!i", 5) + b"I")


def test_there_are_only_so_many_sessions(repo: Repository) -> None:
    server = Server(repo, "localhost", 0, most=2)
    server.start()
    try:
        with ExitStack() as open_ones:
            talks = [
                open_ones.enter_context(socket.create_connection(("localhost", server.port), 20)) for _ in range(3)
            ]
            told = []
            for talk in talks:
                talk.sendall(startup(user="ada", database="main"))
                told.append(talk.recv(65536))
        assert [b"C53300" in part for part in told] == [False, False, True]
    finally:
        server.close()


def test_a_silent_client_holds_up_nobody(served: Served) -> None:
    with (
        socket.create_connection(("localhost", served.port)),
        socket.create_connection(("localhost", served.port)) as b,
    ):
        b.sendall(startup(user="ada")[:7])
        with served.connect() as client:
            assert client.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_and_undoes_what_was_not_committed(tmp_path: Path, how: signal.Signals) -> None:
    place = str(tmp_path / "hati")
    with Repository.open(place) as repository, serving(place) as (port, process):
        repository.main.execute("CREATE TABLE t (a INTEGER)")
        client = psycopg.connect(f"host=localhost port={port} dbname=main user=ada")
        client.execute("INSERT INTO t VALUES (1)")
        process.send_signal(how)
        assert process.wait(20) == 0
        with pytest.raises(psycopg.OperationalError):
            client.execute("SELECT 1")
        client.close()
        repository.main.execute("INSERT INTO t VALUES (2)")
        assert repository.main.query("SELECT a FROM t") == [{"a": 2}]


def test_a_port_that_is_taken_is_said_in_a_sentence(served: Served, tmp_path: Path) -> None:
    Repository.open(str(tmp_path / "hati")).close()
    refused = subprocess.run(
        [sys.executable, "-m", "hati_core", "serve", str(tmp_path / "hati"), "--port", str(served.port)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert refused.returncode == 1
    assert f"Nobody can listen on localhost:{served.port}" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--port", "99999"), 2, "'99999' is no port: give a number from 0 to 65535"),
        (("--port", "-1"), 2, "'-1' is no port"),
        (("--port", "0", "--host", "no.such.host.invalid"), 1, "no.such.host.invalid is no address of this machine"),
    ],
)
def test_an_address_that_cannot_be_is_said_in_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    Repository.open(tmp_path / "hati").close()
    refused = subprocess.run(
        [sys.executable, "-m", "hati_core", "serve", str(tmp_path / "hati"), *arguments],
        cwd=ROOT, env={**os.environ, "HATI_PASSWORD": "x"}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert refused.returncode == code
    assert said in refused.stderr
    assert "It failed inside" not in refused.stderr


def test_a_program_that_serves_on_what_is_no_port_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="99999 is not a port"):
        serve(str(tmp_path / "hati"), port=99_999)


def test_hati_init_makes_the_repository_and_tells_how_to_serve_it(tmp_path: Path) -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    module, function = scripts["hati"].split(":")
    program = f"import sys; from {module} import {function}; sys.exit({function}(['init']))"
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert "initialized successfully" in ended.stdout
    assert "hati serve" in ended.stdout
    assert (tmp_path / ".hati" / "registry.sqlite").exists()


def test_a_portal_gives_its_rows_bit_by_bit(served: Served) -> None:
    def message(kind: bytes, content: bytes) -> bytes:
        return kind + struct.pack("!i", len(content) + 4) + content

    group = message(b"P", b"\0SELECT * FROM range(5)\0\0\0") + message(b"B", b"\0\0\0\0\0\0\0\0")
    group += b"".join(message(b"E", b"\0" + struct.pack("!i", limit)) for limit in (2, 2, 0))
    with socket.create_connection(("localhost", served.port), timeout=20) as talk:
        talk.sendall(startup(user="ada", database="main") + group + message(b"S", b"") + message(b"X", b""))
        told = all_of(talk)
    kinds, at = b"", 0
    while at < len(told):
        kinds += told[at : at + 1]
        at += 1 + int.from_bytes(told[at + 1 : at + 5])
    assert kinds.endswith(b"Z12DDsDDsDCZ")
