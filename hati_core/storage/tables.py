"""The tables of the registry."""

from __future__ import annotations

import sqlalchemy as sa

from hati_core.model import BranchStatus

schema = sa.MetaData()
about = sa.Table(
    "about",
    schema,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
)
branches = sa.Table(
    "branches",
    schema,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("folded", sa.String, nullable=False),
    sa.Column("parent_id", sa.String),
    sa.Column("fork_version", sa.Integer),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("author", sa.String, nullable=False),
    sa.Column("description", sa.String, nullable=False),
    sa.Column("created_at", sa.String, nullable=False),
    sa.Column("expires_at", sa.String),
    sa.Column("discarded_at", sa.String),
    sa.Column("recorded_version", sa.Integer, nullable=False),
)
live_names = sa.Index(
    "live_names", branches.c.folded, unique=True, sqlite_where=branches.c.status == BranchStatus.ACTIVE.value
)
merges = sa.Table(
    "merges",
    schema,
    sa.Column("target_id", sa.String, primary_key=True),
    sa.Column("target_version", sa.Integer, primary_key=True),
    sa.Column("source_id", sa.String, primary_key=True),
    sa.Column("source_version", sa.Integer, primary_key=True),
    sa.Column("at", sa.String, nullable=False),
)
keys = sa.Table(
    "keys",
    schema,
    sa.Column("table_uuid", sa.String, primary_key=True),
    sa.Column("columns", sa.String, nullable=False),
)
checks = sa.Table(
    "checks",
    schema,
    sa.Column("table_uuid", sa.String, primary_key=True),
    sa.Column("folded", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("expression", sa.String, nullable=False),
)
metrics = sa.Table(
    "metrics",
    schema,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("definition", sa.String, nullable=False),
)
