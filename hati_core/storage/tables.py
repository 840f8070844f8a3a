"""The tables of the registry."""

from __future__ import annotations

import sqlalchemy as sa

from hati_core.model import BranchStatus

_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
"""Times are text, so text has to sort by its bytes."""

schema = sa.MetaData()
about = sa.Table(
    "about",
    schema,
    sa.Column("name", _TEXT, primary_key=True),
    sa.Column("value", _TEXT, nullable=False),
)
branches = sa.Table(
    "branches",
    schema,
    sa.Column("id", _TEXT, primary_key=True),
    sa.Column("name", _TEXT, nullable=False),
    sa.Column("folded", _TEXT, nullable=False),
    sa.Column("parent_id", _TEXT),
    sa.Column("fork_version", sa.Integer),
    sa.Column("status", _TEXT, nullable=False),
    sa.Column("author", _TEXT, nullable=False),
    sa.Column("description", _TEXT, nullable=False),
    sa.Column("created_at", _TEXT, nullable=False),
    sa.Column("expires_at", _TEXT),
    sa.Column("discarded_at", _TEXT),
    sa.Column("recorded_version", sa.Integer, nullable=False),
)
live_names = sa.Index(
    "live_names",
    branches.c.folded,
    unique=True,
    sqlite_where=branches.c.status == BranchStatus.ACTIVE.value,
    postgresql_where=branches.c.status == BranchStatus.ACTIVE.value,
)
merges = sa.Table(
    "merges",
    schema,
    sa.Column("target_id", _TEXT, primary_key=True),
    sa.Column("target_version", sa.Integer, primary_key=True),
    sa.Column("source_id", _TEXT, primary_key=True),
    sa.Column("source_version", sa.Integer, primary_key=True),
    sa.Column("at", _TEXT, nullable=False),
)
keys = sa.Table(
    "keys",
    schema,
    sa.Column("table_uuid", _TEXT, primary_key=True),
    sa.Column("columns", _TEXT, nullable=False),
)
checks = sa.Table(
    "checks",
    schema,
    sa.Column("table_uuid", _TEXT, primary_key=True),
    sa.Column("folded", _TEXT, primary_key=True),
    sa.Column("name", _TEXT, nullable=False),
    sa.Column("expression", _TEXT, nullable=False),
)
choices = sa.Table(
    "choices",
    schema,
    sa.Column("source_id", _TEXT, primary_key=True),
    sa.Column("target_id", _TEXT, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("author", _TEXT, nullable=False),
    sa.Column("at", _TEXT, nullable=False),
    sa.Column("undone", sa.Boolean, nullable=False),
    sa.Column("changes", _TEXT, nullable=False),
)
"""Steps in settling the conflicts of a merge, by number; those that are undone are the last."""
metrics = sa.Table(
    "metrics",
    schema,
    sa.Column("name", _TEXT, primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("definition", _TEXT, nullable=False),
)
measured = sa.Table(
    "measured",
    schema,
    sa.Column("branch_id", _TEXT, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("query", _TEXT, primary_key=True),
    sa.Column("value", sa.Float(53), nullable=False),
)
"""What queries, known by the digests of their texts, gave at versions, which never change."""
statements = sa.Table(
    "statements",
    schema,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("branch_id", _TEXT, nullable=False, index=True),
    sa.Column("sql", _TEXT, nullable=False),
    sa.Column("author", _TEXT, nullable=False),
    sa.Column("at", _TEXT, nullable=False),
)
"""What people ran on branches, in the order of the ids."""
runs = sa.Table(
    "runs",
    schema,
    sa.Column("id", _TEXT, primary_key=True),
    sa.Column("kind", _TEXT, nullable=False),
    sa.Column("goal", _TEXT, nullable=False),
    sa.Column("author", _TEXT, nullable=False),
    sa.Column("branch", _TEXT, nullable=False),
    sa.Column("model", _TEXT, nullable=False),
    sa.Column("by_rule", sa.Boolean, nullable=False),
    sa.Column("status", _TEXT, nullable=False),
    sa.Column("started_at", _TEXT, nullable=False),
    sa.Column("conversation", _TEXT),
    sa.Column("metric", _TEXT),
    sa.Column("direction", _TEXT),
    sa.Column("limits", _TEXT, nullable=False),
    sa.Column("outcome", _TEXT, nullable=False),
    sa.Column("problem", _TEXT),
    sa.Column("ended_at", _TEXT),
    sa.Column("spent", _TEXT, nullable=False),
)
scenarios = sa.Table(
    "scenarios",
    schema,
    sa.Column("run", _TEXT, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("branch_id", _TEXT, nullable=False),
    sa.Column("body", _TEXT, nullable=False),
)
steps = sa.Table(
    "steps",
    schema,
    sa.Column("run", _TEXT, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("body", _TEXT, nullable=False),
)
"""What agents did, step by step; ``body`` is for the run log to read."""
run_branches = sa.Table(
    "run_branches",
    schema,
    sa.Column("branch_id", _TEXT, primary_key=True),
    sa.Column("run", _TEXT, nullable=False),
)
"""The branches that runs made, which they may write."""
proposals = sa.Table(
    "proposals",
    schema,
    sa.Column("id", _TEXT, primary_key=True),
    sa.Column("run", _TEXT, nullable=False),
    sa.Column("status", _TEXT, nullable=False),
    sa.Column("made_at", _TEXT, nullable=False),
    sa.Column("body", _TEXT, nullable=False),
)
