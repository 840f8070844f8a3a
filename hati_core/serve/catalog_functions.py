"""What PostgreSQL's tables say of the functions about branches, so that ``\\df`` and editors find them."""

from __future__ import annotations

from hati_core.serve.catalog_rows import OWNER, RECORD, Rows, oid_of
from hati_core.serve.types import SCALARS
from hati_core.sql_calls import Signature, signatures

_SQL = 14
_PROC = {
    "proowner": OWNER,
    "prolang": _SQL,
    "procost": 100.0,
    "prorows": 100.0,
    "provariadic": 0,
    "prosupport": "-",
    "prokind": "f",
    "prosecdef": False,
    "proleakproof": False,
    "proisstrict": False,
    "proretset": True,
    "proparallel": "u",
    "prorettype": RECORD,
}


def add_functions(rows: Rows, namespace: int) -> None:
    """Add a row for each function; they are in every branch's schema, of which ``namespace`` is the one in view."""
    for signature in signatures():
        _add(rows, signature, namespace)


def _add(rows: Rows, signature: Signature, namespace: int) -> None:
    oid = oid_of("function", signature.name)
    arguments = signature.form.partition("(")[2].rpartition(")")[0]
    entry = {"oid": oid, "proname": signature.name, "pronamespace": namespace, "prosrc": signature.form}
    most = len(signature.kinds)
    counts = {"pronargs": most, "pronargdefaults": most - signature.least}
    numbers = [SCALARS["int8" if kind is int else "text"].oid for kind in signature.kinds]
    types = {"proargtypes": numbers, "provolatile": "v" if signature.writes else "s"}
    rows.add("pg_proc", {**_PROC, **entry, **counts, **types})
    result = "rows of the statement"
    if signature.columns:
        result = f"TABLE({', '.join(signature.columns)})"
    rows.add("pg_signatures", {"oid": oid, "name": signature.name, "arguments": arguments, "result": result})
    rows.define(oid, f"SELECT {signature.form}")
