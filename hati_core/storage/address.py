"""The address of a repository in PostgreSQL, taken apart; the only place that sees the password in it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from hati_core.errors import RepositoryError

_EXAMPLE = "postgresql://user@host/database?data=s3://bucket/prefix"
_PARTS = ("host", "port", "user", "password")
_OPTIONS = ("connect_timeout", "passfile", "sslmode", "sslrootcert", "sslcert", "sslkey", "target_session_attrs")
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,39}")
_LOOKS_LIKE_A_BRANCH = re.compile(r".*_[0-9a-f]{12}")


@dataclass(frozen=True)
class Address:
    """A database, the schema of its registry, and where the rows lie; what is None is left to libpq's own defaults."""

    host: str | None
    port: str | None
    user: str | None
    database: str | None
    password: str | None = field(repr=False)
    schema: str
    data: str | None
    options: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, url: str) -> Address:
        """Take a url apart.

        Raises:
            RepositoryError: it cannot be read; the message shows no values of it, which may be secret.
        """
        try:
            parts = urlsplit(url)
            port = str(parts.port) if parts.port else None
            query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        except ValueError:
            raise RepositoryError(f"The repository's address cannot be read. It has the form {_EXAMPLE}.") from None
        unknown = sorted(query.keys() - {*_PARTS, *_OPTIONS, "dbname", "schema", "data"})
        if unknown:
            raise RepositoryError(
                f"The repository's address has an option that is not known: {unknown[0]}. "
                f"Known are data, schema, {', '.join(_OPTIONS)}."
            )
        schema = query.get("schema", "hati")
        if not _SCHEMA.fullmatch(schema) or _LOOKS_LIKE_A_BRANCH.fullmatch(schema):
            raise RepositoryError(
                f"“{schema}” cannot be the schema of a repository: use up to 40 small letters, digits and _, "
                "beginning with a letter."
            )
        return cls(
            host=_text(parts.hostname) or query.get("host"),
            port=port or query.get("port"),
            user=_text(parts.username) or query.get("user"),
            database=_text(parts.path.lstrip("/")) or query.get("dbname"),
            password=_text(parts.password) or query.get("password"),
            schema=schema,
            data=query.get("data") or None,
            options=tuple((name, query[name]) for name in _OPTIONS if name in query),
        )

    def __str__(self) -> str:
        """The address without its password."""
        user = f"{quote(self.user)}@" if self.user else ""
        host = quote(self.host or "", safe="") + (f":{self.port}" if self.port else "")
        named = {"data": self.data, "schema": None if self.schema == "hati" else self.schema}
        query = "&".join(f"{name}={value}" for name, value in named.items() if value)
        return f"postgresql://{user}{host}/{quote(self.database or '')}{'?' if query else ''}{query}"

    @property
    def identity(self) -> str:
        """The same for the same address with the same rights; tells nothing of the password."""
        parts = (self.host, self.port, self.user, self.database, self.password, self.schema, self.data, self.options)
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    @property
    def settings(self) -> dict[str, str]:
        """What libpq is told, the password included."""
        named = {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "dbname": self.database,
            "password": self.password,
        }
        return {name: value for name, value in named.items() if value} | dict(self.options)


def _text(part: str | None) -> str | None:
    return unquote(part) if part else None
