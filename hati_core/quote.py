"""The only place where an identifier or a literal becomes SQL text."""

from __future__ import annotations

from collections.abc import Iterable


def identifier(name: str) -> str:
    """Quote one identifier for DuckDB."""
    return '"' + name.replace('"', '""') + '"'


def identifiers(names: Iterable[str], prefix: str = "") -> str:
    """Quote several identifiers, comma separated, each behind an optional ``prefix`` such as ``t.``."""
    return ", ".join(prefix + identifier(name) for name in names)


def literal(text: str) -> str:
    """Quote a string literal, for the few places where DuckDB takes no bound value (ATTACH, CALL options)."""
    return "'" + text.replace("'", "''") + "'"
