"""A repository in PostgreSQL: a schema per branch, the registry in another, rows in a bucket or a shared folder.

All catalogs are reached through one attached database. DuckDB attaches no PostgreSQL database
once its fences are up, but DuckLake goes on with one of the same name and path that is there
already; and so a process takes a handful of connections, however many branches it has open.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import uuid
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import sqlalchemy as sa
from psycopg import sql
from psycopg.conninfo import make_conninfo

from hati_core.errors import RepositoryError, StorageUnavailable
from hati_core.quote import identifier, literal
from hati_core.storage import schemas
from hati_core.storage.address import Address
from hati_core.storage.advisory import AdvisoryLocks, Connection
from hati_core.storage.cutback import cut_back, shortened_files
from hati_core.storage.folder import DataFolder
from hati_core.storage.place import WAIT_SECONDS, Data, Stored
from hati_core.storage.server_failures import explained

_DATABASE = "hati_server"
"""What DuckDB calls the one attached database."""
_DEFAULTS = {"connect_timeout": "10", "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}
_OURS = "-c search_path={schema} -c idle_session_timeout=0 -c tcp_keepalives_idle=30 -c lock_timeout=30s"
"""A server that lost sight of a process for a minute gives its locks to others."""
_POOLED = 8
_ENDING_MILLISECONDS = 10_000
"""How long the server may take to end a connection."""


class Server:
    """The place of one address."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._schema = address.schema
        self.identity = address.identity
        self.locks = AdvisoryLocks(self._connect, address.schema)
        self._engine = sa.create_engine("postgresql+psycopg://", creator=self._connect_for_registry, pool_pre_ping=True)
        self._data: Data | None = _data(address.data) if address.data else None
        self._scratch: Path | None = None
        self._instance = ""

    @classmethod
    def at(cls, url: str) -> Server:
        """The place of a url; nothing is reached yet.

        Raises:
            RepositoryError: it cannot be read.
        """
        return cls(Address.parse(url))

    @property
    def name(self) -> str:
        return str(self._address)

    def __repr__(self) -> str:
        return f"Server({self.name})"

    @property
    def data(self) -> Data:
        if self._data is None:
            raise RepositoryError(
                f"The repository {self.name} is new, so its address has to say where its rows are to lie: "
                "?data=s3://bucket/prefix, or ?data=/a/shared/folder."
            )
        return self._data

    @property
    def root(self) -> Path:
        """A folder of this process, for what is not kept."""
        if self._scratch is None:
            self._scratch = Path(tempfile.mkdtemp(prefix="hati-"))
            # Many programs end without closing.
            weakref.finalize(self, shutil.rmtree, self._scratch, ignore_errors=True)
        return self._scratch

    @property
    def scratch(self) -> Path:
        return self.root

    @property
    def extensions(self) -> Sequence[str]:
        return ("postgres_scanner", "ducklake", *(("httpfs",) if self.data.url.startswith("s3://") else ()))

    def _connect(self) -> Connection:
        settings = _DEFAULTS | self._address.settings | {"options": _OURS.format(schema=self._schema)}
        return psycopg.connect(make_conninfo(**settings), autocommit=True)

    def _connect_for_registry(self) -> Connection:
        connection = self._connect()
        connection.autocommit = False
        return connection

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """Lend a connection of the pool; what was done with it is one transaction."""
        with explained(self._address), self._engine.connect() as lent:
            connection = lent.connection.driver_connection
            assert isinstance(connection, psycopg.Connection)
            with connection.transaction():
                yield connection

    def prepare(self) -> None:
        with self._connected() as connection:
            ((database, may_create),) = connection.execute(
                "SELECT current_database(), has_database_privilege(current_database(), 'CREATE')"
            ).fetchall()
            if not may_create:
                raise StorageUnavailable(
                    f"The user of {self.name} may not make schemas, which branches are kept in. Have somebody who may "
                    f"run GRANT CREATE ON DATABASE {database} for that user."
                )
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"hati {self._schema}"])
            connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(self._schema)))
            connection.execute("CREATE TABLE IF NOT EXISTS place (data VARCHAR PRIMARY KEY)")
            recorded = [str(data) for (data,) in connection.execute("SELECT data FROM place")]
            self._agree_on_data(recorded)
            if not recorded:
                self.data.probe(create=True)
                connection.execute("INSERT INTO place VALUES (%s)", [self.data.url])
        if recorded:
            self.data.probe(create=False)

    def _agree_on_data(self, recorded: Sequence[str]) -> None:
        """Rows that one process puts elsewhere would be missing for the others."""
        if recorded and self._data is None:
            self._data = _data(recorded[0])
            self._address = replace(self._address, data=recorded[0].rstrip("/"))
        elif recorded and recorded[0] != self.data.url:
            raise RepositoryError(
                f"The repository {self.name} keeps its rows in {recorded[0]}, not in {self.data.url}. "
                "Leave data= out of its address, or correct it."
            )

    def before_fences(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._instance = f"hati {uuid.uuid4().hex}"
        settings = self._address.settings
        known = {"host": "HOST", "port": "PORT", "user": "USER", "dbname": "DATABASE", "password": "PASSWORD"}
        secret = ", ".join(f"{known[name]} {literal(value)}" for name, value in settings.items() if name in known)
        server = f"CREATE SECRET hati_server (TYPE postgres{', ' if secret else ''}{secret})"
        self._tell(connection, server, *self.data.secrets())
        connection.execute(f"SET pg_pool_max_connections = {_POOLED}")
        # DuckDB forgets what it knows of the database whenever a statement of anybody does not bind, and reads all of
        # it again. Told to keep to one schema, it would keep to that one then.
        connection.execute(f"ATTACH {literal(self._options)} AS {_DATABASE} (TYPE postgres, SECRET hati_server)")

    def before_use(self, connection: duckdb.DuckDBPyConnection) -> None:
        if renewal := self.data.renewal():
            self._tell(connection, renewal)

    def _tell(self, connection: duckdb.DuckDBPyConnection, *secrets: str) -> None:
        # An error would show the statement, and with it what must not be shown.
        try:
            for statement in secrets:
                connection.execute(statement)
        except duckdb.Error:
            raise StorageUnavailable(f"DuckDB does not take the credentials for {self.name}.") from None

    @property
    def _options(self) -> str:
        """What DuckDB is told beside the secret; DuckLake goes by it to see that the database is the same."""
        return make_conninfo(**(_DEFAULTS | dict(self._address.options) | {"application_name": self._instance}))

    def after_death(self) -> None:
        """DuckDB does not let go of connections in a transaction, and what they have locked would stay so."""
        with self._connected() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, %s) FROM pg_stat_activity WHERE application_name = %s",
                [_ENDING_MILLISECONDS, self._instance],
            )

    def allowed(self) -> Sequence[str]:
        return (self.data.url, f"{self.scratch}/")

    def schema_of(self, branch_id: str) -> str:
        """The schema that holds the catalog of a branch."""
        return f"{self._schema}_{branch_id}"

    def attach(
        self, connection: duckdb.DuckDBPyConnection, branch_id: str, alias: str, version: int | None, *, create: bool
    ) -> None:
        schema, past = self.schema_of(branch_id), "" if version is None else f", SNAPSHOT_VERSION {version}"
        with self._connected() as server:
            found = server.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema]).fetchall()
        if not found and not create:
            raise StorageUnavailable(
                f"The catalog {schema} is missing in {self.name}. It may have been collected; open another branch."
            )
        # DuckDB learns of schemas once, or by making them.
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_DATABASE}.{identifier(schema)}")
        connection.execute(
            f"ATTACH {literal(f'ducklake:postgres:{self._options}')} AS {identifier(alias)} ("
            f"METADATA_CATALOG '{_DATABASE}', METADATA_SCHEMA {literal(schema)}, "
            f"DATA_PATH {literal(self.data.url)}, OVERRIDE_DATA_PATH true, DATA_INLINING_ROW_LIMIT 0, "
            f"CREATE_IF_NOT_EXISTS {create}{past})"
        )

    def detach(self, connection: duckdb.DuckDBPyConnection, alias: str) -> None:
        """Detach the catalog without the database that it shares with all others.

        DuckLake detaches its metadata too, which DuckDB refuses for the current database.
        """
        with connection.cursor() as cursor:
            cursor.execute(f"USE {_DATABASE}.{identifier(self._schema)}")
            try:
                cursor.execute(f"DETACH {identifier(alias)}")
            except duckdb.BinderException:
                found = cursor.execute("SELECT 1 FROM duckdb_databases() WHERE database_name = $1", [alias]).fetchall()
                if found:
                    raise

    def metadata(self, branch_id: str, alias: str) -> str:
        return f"{_DATABASE}.{identifier(self.schema_of(branch_id))}"

    def clone(
        self, cursor: duckdb.DuckDBPyConnection, alias: str, parent_id: str, child_id: str, at: int | None
    ) -> None:
        """Everything is copied from one state, and becomes visible at once."""
        parent = self.metadata(parent_id, alias)
        shortened = shortened_files(cursor, parent, at, self.data.url) if at is not None else []
        with self._connected() as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            child = self.schema_of(child_id)
            schemas.copy(connection, self.schema_of(parent_id), child)
            if at is not None:
                raw = psycopg.RawCursor(connection)
                cut_back(raw.execute, identifier(child), schemas.columns(connection, child), shortened, at)

    def make_like(self, branch_id: str, other_id: str) -> None:
        """Make the tables of a catalog like those of another one, empty."""
        with self._connected() as connection:
            schemas.make_like(connection, self.schema_of(other_id), self.schema_of(branch_id))

    def fill(self, branch_id: str, contents: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Put rows in place of what the tables of a catalog hold, all at once; rows are by table, values by column.

        Raises:
            StorageUnavailable: there is no such table or column here, or a value does not fit.
        """
        with self._connected() as connection:
            schemas.fill(connection, self.schema_of(branch_id), contents)

    def drop(self, branch_id: str) -> None:
        self._drop_schema(self.schema_of(branch_id))

    def _drop_schema(self, schema: str) -> None:
        # One by one: each locks all of its tables, and a transaction may hold only so many locks.
        with self._connected() as connection:
            schemas.drop(connection, schema)

    def unattached(self, branch_id: str, table: str) -> str | None:
        """A name that DuckDB does not know would make it read all schemas again."""
        return None

    def settled(self, branch_id: str) -> tuple[int, ...] | None:
        """Nothing tells that cheaper than :meth:`heads`."""
        return None

    def heads(self, cursor: duckdb.DuckDBPyConnection, branch_ids: Sequence[str]) -> Mapping[str, int]:
        ids = {self.schema_of(branch_id): branch_id for branch_id in branch_ids}
        head = sql.SQL("SELECT {}, max(snapshot_id) FROM {}.ducklake_snapshot")
        with self._connected() as connection:
            rows = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s)", [list(ids)])
            there = [str(name) for (name,) in rows]
            if not there:
                return {}
            asked = [head.format(sql.Literal(schema), sql.Identifier(schema)) for schema in there]
            found = connection.execute(sql.SQL(" UNION ALL ").join(asked)).fetchall()
        return {ids[str(schema)]: version for schema, version in found if isinstance(version, int)}

    @contextmanager
    def lock(self, branch_id: str, name: str, timeout: float = WAIT_SECONDS) -> Iterator[None]:
        with explained(self._address), self.locks.hold(branch_id, name, timeout):
            yield

    def require_locks(self, held: Mapping[str, str]) -> None:
        self.locks.require(held)

    def forget_lock(self, branch_id: str) -> None:
        """Nothing stays."""

    def registry(self) -> sa.Engine:
        return self._engine

    def leftovers(self) -> Mapping[str, Sequence[Stored]]:
        """A schema does not tell its age; whoever is making one holds its lock."""
        ours = re.compile(re.escape(self._schema) + "_([0-9a-f]{12})")
        with self._connected() as connection:
            names = schemas.names(connection)
        return {match[1]: [Stored(name, 0, 0.0)] for name in names if (match := ours.fullmatch(name))}

    def remove_leftovers(self, leftovers: Sequence[Stored]) -> None:
        for schema in leftovers:
            self._drop_schema(schema.name)

    def close(self) -> None:
        self.locks.close()
        self._engine.dispose()
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = None


def _data(url: str) -> Data:
    if url.startswith("s3://"):
        from hati_core.storage.bucket import Bucket

        return Bucket(url)
    if "://" in url or not Path(url).is_absolute():
        raise RepositoryError(
            "data= in the repository's address has to be s3://bucket/prefix or the whole path of a shared folder."
        )
    return DataFolder(Path(url).resolve())
