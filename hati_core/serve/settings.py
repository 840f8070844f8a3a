"""The settings of a session that PostgreSQL's clients read and write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hati_core.serve.failures import Refusal
from hati_core.sql.functions_allowed import names

SERVER_VERSION = "15.0"
"""The version of PostgreSQL whose catalogs and protocol are spoken."""
_REPORTED = names(
    "application_name client_encoding DateStyle default_transaction_read_only in_hot_standby integer_datetimes "
    "IntervalStyle is_superuser server_encoding server_version session_authorization standard_conforming_strings "
    "TimeZone"
)
_DEFAULTS = {
    "application_name": "",
    "branch": "main",
    "bytea_output": "hex",
    "client_encoding": "UTF8",
    "client_min_messages": "notice",
    "commit_message": "",
    "DateStyle": "ISO, MDY",
    "default_table_access_method": "heap",
    "default_tablespace": "",
    "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "off",
    "extra_float_digits": "1",
    "idle_in_transaction_session_timeout": "60s",
    "in_hot_standby": "off",
    "integer_datetimes": "on",
    "IntervalStyle": "postgres",
    "is_superuser": "off",
    "jit": "off",
    "lc_collate": "C.UTF-8",
    "lc_ctype": "C.UTF-8",
    "lock_timeout": "0",
    "max_connections": "100",
    "max_identifier_length": "63",
    "max_index_keys": "32",
    "row_security": "on",
    "search_path": "main",
    "server_encoding": "UTF8",
    "server_version": SERVER_VERSION,
    "server_version_num": "150000",
    "session_authorization": "",
    "standard_conforming_strings": "on",
    "statement_timeout": "0",
    "synchronous_commit": "on",
    "TimeZone": "UTC",
    "transaction_isolation": "read committed",
    "transaction_read_only": "off",
    "xmloption": "content",
}
_FIXED = {
    "client_encoding": re.compile(r"utf-?8|unicode|default|auto", re.I),
    "DateStyle": re.compile(r"iso\b.*|default", re.I),
    "IntervalStyle": re.compile(r"postgres|default", re.I),
    "TimeZone": re.compile(r"utc|etc/utc|gmt|z|default|local", re.I),
    "bytea_output": re.compile(r"hex|default", re.I),
    "standard_conforming_strings": re.compile(r"on|true|default", re.I),
}
"""Settings of one value, and what else a client may call it."""
_READ_ONLY = names(
    "in_hot_standby integer_datetimes is_superuser lc_collate lc_ctype max_identifier_length max_index_keys "
    "server_encoding server_version server_version_num"
)
_NAMES = {name.lower(): name for name in _DEFAULTS}
_OWN = re.compile(r"\w+\.[\w.]+|hatidata_\w+|agent_id|author")
"""Settings that programs make up: kept, and read by nobody but them and us."""
_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?")
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_OPTION = re.compile(r"(?:-c\s*|--)([^\s=]+)=((?:\\.|[^\s\\])*)")


@dataclass(frozen=True)
class Change:
    """What a SET did: the setting as it is called, and a sentence where the client has to know more."""

    name: str
    note: str = ""


class Settings:
    """What the settings of one session are; they begin as the client's first message has them."""

    def __init__(self, options: Mapping[str, str]) -> None:
        self._values: dict[str, str] = {}
        given = dict(_options(options.get("options", "")))
        given |= {name: value for name, value in options.items() if name not in ("user", "database", "options")}
        for name, value in given.items():
            if not name.startswith("_pq_."):
                self.set(name, value)
        self._values["session_authorization"] = options.get("user", "")
        self._first = dict(self._values)

    def __getitem__(self, name: str) -> str:
        """A setting, by the name that it has here; empty where it was never set."""
        return self._values.get(name, _DEFAULTS.get(name, ""))

    def set(self, name: str, value: str | None) -> Change:
        """Give a setting a value, or with None its first one.

        Raises:
            Refusal: there is no such setting, or it has one value only.
        """
        known = self._name(name)
        if known in _READ_ONLY:
            raise Refusal("55P02", f"{known} cannot be changed.")
        if value is None:
            self._values.pop(known, None)
            if known in self._first:
                self._values[known] = self._first[known]
            return Change(known)
        if known in _FIXED and not _FIXED[known].fullmatch(value.strip(" '")):
            if known == "TimeZone":
                # Clients send the zone of their machine without being asked; instants are right in any.
                return Change(known, "Times with a zone are told in UTC here, whatever the zone of the client.")
            raise Refusal("22023", f"{known} is always {self[known]} here.", f"Leave {known} as it is.")
        if known.endswith("_timeout"):
            self._values[known] = str(value)
            try:
                self.seconds(known)
            except Refusal:
                del self._values[known]
                raise
        elif known not in _FIXED:
            self._values[known] = value
        return Change(known)

    def begin(self, name: str, value: str) -> None:
        """Give a setting its value and have that be its first one."""
        self._values[name] = self._first[name] = value

    def first(self, name: str) -> str:
        """What a setting was when the session began; empty where the client did not say."""
        return self._first.get(name, "")

    def reset(self) -> None:
        """Give every setting its first value."""
        self._values = dict(self._first)

    def show(self, name: str) -> str:
        """What a setting is.

        Raises:
            Refusal: there is no such setting.
        """
        return self[self._name(name)]

    def is_known(self, name: str) -> bool:
        """Whether there is a setting of that name."""
        return name.lower() in _NAMES or name in self._values

    def _name(self, name: str) -> str:
        known = _NAMES.get(name.lower())
        if known is None and (_OWN.fullmatch(name) or name in self._values):
            return name
        if known is None:
            raise Refusal(
                "42704", f"There is no setting “{name}”.", "SHOW ALL lists those that there are. Leave it out."
            )
        return known

    def seconds(self, name: str) -> float | None:
        """A time limit; None is none.

        Raises:
            Refusal: it is no time.
        """
        found = _TIME.fullmatch(self[name].strip().lower())
        if found is None:
            raise Refusal("22023", f"“{self[name]}” is no time.", f"Write SET {name} = '30s', or 0 for none.")
        return float(found[1]) * _UNITS[found[2] or "ms"] or None

    @property
    def all(self) -> dict[str, str]:
        """Every setting, in order of their names."""
        return {name: self[name] for name in sorted({*_DEFAULTS, *self._values}, key=str.lower)}

    @property
    def reported(self) -> dict[str, str]:
        """Those that a client is told of without asking."""
        return {name: self[name] for name in sorted(_REPORTED)}


def is_reported(name: str) -> bool:
    """Whether a client is told when a setting changes."""
    return name in _REPORTED


def _options(text: str) -> list[tuple[str, str]]:
    """``-c name=value`` and ``--name=value``, as libpq sends them; a backslash keeps a space."""
    return [(name.replace("-", "_"), re.sub(r"\\(.)", r"\1", value)) for name, value in _OPTION.findall(text)]
