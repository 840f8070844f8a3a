"""What the rows that were touched look like at several points, without reading the rest of the table.

Every point is reached from the common ancestor of all by a feed of changes. What a feed comes
to is, for each key, the images of rows that went and those that came; what went and came again
cancels out. For each key in any feed, the row at a point is what that point's feed left, or else
what the ancestor had; what the ancestor had is in any feed that touched the key. The cost
follows the change.
"""

from __future__ import annotations

from collections.abc import Mapping

from hati_core.merge.feed import UNSETTLED_ROWID, logged_rows
from hati_core.merge.lineage import Lineage
from hati_core.merge.shape import Shape, TableAt
from hati_core.merge.touched import last_touch
from hati_core.quote import identifier, literal


def states_query(shape: Shape, lineage: Lineage, ancestor: TableAt, points: Mapping[str, TableAt]) -> str:
    """The query for ``key``, a row struct per point, the last version that touched it there, and ``fault``.

    ``fault`` is the label of a point (or ``ancestor``) on which the key stands for more than
    one row, or for none because it is empty; NULL where all is well.
    """
    feeds = {name: _events(shape, lineage, ancestor, there) for name, there in points.items()}
    live = {name: events for name, events in feeds.items() if events}
    if not live:
        fields = ", ".join(f"{identifier(column.name)} {column.type}" for column in shape.columns)
        nothing = ", ".join(f"NULL::STRUCT({fields}) AS {name}, NULL::BIGINT AS {name}_version" for name in points)
        return f"SELECT NULL AS key, {nothing}, NULL::VARCHAR AS fault WHERE false"
    nets = ", ".join(f"{name}_net AS MATERIALIZED ({_net(events)})" for name, events in live.items())
    keys = " UNION ".join(f"SELECT key FROM {name}_net" for name in live)
    joins = " ".join(f"LEFT JOIN {name}_net ON {name}_net.key = keys.key" for name in live)
    columns = ", ".join(_state(name, live) for name in points)
    return (
        f"WITH {nets}, keys AS MATERIALIZED ({keys}), held AS ({_held(shape, ancestor)}) "
        f"SELECT keys.key, {columns}, CASE {_faults(shape, live)} END AS fault "
        f"FROM keys {joins} LEFT JOIN held ON held.key = keys.key"
    )


def _state(name: str, live: Mapping[str, str]) -> str:
    origin = f"coalesce({', '.join(f'{feed}_net.before' for feed in live)})"
    if name not in live:
        return f"{origin} AS {name}, NULL::BIGINT AS {name}_version"
    return (
        f"CASE WHEN {name}_net.key IS NULL THEN {origin} ELSE {name}_net.after END AS {name}, "
        f"{name}_net.version AS {name}_version"
    )


def _net(events: str) -> str:
    """What a feed comes to: the image that went, the image that came, and how many of each there were."""
    return (
        "SELECT key, max(version) AS version, any_value(image) FILTER (net < 0) AS before, "
        "any_value(image) FILTER (net > 0) AS after, "
        "coalesce(-sum(net) FILTER (net < 0), 0) AS went, coalesce(sum(net) FILTER (net > 0), 0) AS came "
        "FROM (SELECT key, image, max(version) AS version, sum(CASE WHEN coming THEN 1 ELSE -1 END) AS net "
        # A row that was changed and then removed was last touched by an image that cancels out.
        f"FROM ({events}) GROUP BY key, image) GROUP BY key HAVING bool_or(net <> 0)"
    )


def _held(shape: Shape, ancestor: TableAt) -> str:
    """How many rows of the ancestor have each key; by lineage only the row numbers that can repeat."""
    if ancestor.info is None or not shape.has_key_at(ancestor.label):
        return "SELECT NULL AS key, 0 AS rows WHERE false"
    rows = f"FROM {ancestor.relation}"
    if not shape.by_lineage:
        names = zip(shape.key_at(ancestor.label), shape.key, strict=True)
        matched = " AND ".join(f"t.{identifier(a)} = keys.key.{identifier(b)}" for a, b in names)
    else:
        matched = f"t.rowid = keys.key.rowid AND t.rowid >= {UNSETTLED_ROWID}"
        rows = f"SELECT rowid {rows}"
    return f"SELECT keys.key, count(*) AS rows FROM ({rows}) AS t JOIN keys ON {matched} GROUP BY ALL"


def _faults(shape: Shape, live: Mapping[str, str]) -> str:
    cases = ["WHEN held.rows > 1 THEN 'ancestor'"]
    empty = " OR ".join(f"keys.key.{identifier(c)} IS NULL" for c in shape.key)
    for name in live:
        net = f"{name}_net"
        cases.append(f"WHEN {net}.went > 1 THEN 'ancestor'")
        extra = f"{net}.before IS NULL AND held.rows > 0"
        if shape.by_lineage:
            extra += f" OR keys.key.branch <> '' AND {net}.went > 0"
        else:
            cases.append(f"WHEN {net}.before IS NOT NULL AND ({empty}) THEN 'ancestor'")
            extra += f" OR {net}.after IS NOT NULL AND ({empty})"
        cases.append(f"WHEN {net}.came > 1 OR {net}.key IS NOT NULL AND ({extra}) THEN {literal(name)}")
    return " ".join(cases)


def _events(shape: Shape, lineage: Lineage, ancestor: TableAt, there: TableAt) -> str | None:
    """Rows that went and came from the ancestor to a point, by version; None where nothing can have."""
    if not there.moved or not (ancestor.info or there.info):
        return None
    if is_logged(shape, ancestor, there):
        return _logged(shape, lineage, ancestor, there)
    return _wholesale(shape, ancestor, there)


def is_logged(shape: Shape, ancestor: TableAt, there: TableAt) -> bool:
    """Whether DuckLake's change feed tells all that happened to the rows on the way to a point."""
    is_one = ancestor.info and there.info and ancestor.info.uuid == there.info.uuid
    return bool(is_one) and all(column.is_readable_at(there.label) for column in shape.columns)


def _logged(shape: Shape, lineage: Lineage, ancestor: TableAt, there: TableAt) -> str:
    """Events from DuckLake's change feed."""
    feeds = logged_rows(there, shape.row(there, "feed."), ancestor.point.version + 1, there.point.version)
    key = _lineage_key(lineage, there) if shape.by_lineage else shape.key_of("image")
    return f"SELECT {key} AS key, version, coming, image FROM ({feeds})"


def _lineage_key(lineage: Lineage, there: TableAt) -> str:
    """A row of the ancestor by its rowid, a row born later by its rowid and the branch that made it."""
    line = lineage.line(there.point)
    owners = sorted(((version, branch_id) for branch_id, version in line.items()), key=lambda owner: owner[0])
    cases = " ".join(
        f"WHEN min(version) OVER one_row <= {version} THEN {literal(branch_id)}" for version, branch_id in owners
    )
    was_there = "min(version) FILTER (NOT coming) OVER one_row = min(version) OVER one_row"
    born = f"CASE WHEN {was_there} THEN '' {cases} END".replace("OVER one_row", "OVER (PARTITION BY row_id)")
    return f"struct_pack(rowid := row_id, branch := {born})"


def _wholesale(shape: Shape, ancestor: TableAt, there: TableAt) -> str:
    """Events for a table that was created, dropped or replaced on the way: every row goes, every row comes.

    So too for a table of which a column was dropped: what is logged does not tell its values.
    """
    feeds = []
    info = there.info or ancestor.info
    assert info is not None
    version = last_touch(there.catalog, info.uuid, ancestor.point.version, there.point.version) or there.point.version
    if ancestor.info:
        feeds.append(
            (f"SELECT rowid AS row_id, '' AS born, {shape.row(ancestor)} AS image FROM {ancestor.relation}", "false")
        )
    if there.info:
        feeds.append((_present(shape, ancestor, there), "true"))
    key = "struct_pack(rowid := row_id, branch := born)" if shape.by_lineage else shape.key_of("image")
    return " UNION ALL ".join(
        f"SELECT {key} AS key, {version}::BIGINT AS version, {coming} AS coming, image FROM ({rows})"
        for rows, coming in feeds
    )


def _present(shape: Shape, ancestor: TableAt, there: TableAt) -> str:
    """The rows at a point, each beside the ancestor's row where something of that is needed."""
    born = literal(there.point.branch_id)
    is_one = bool(ancestor.info and there.info and ancestor.info.uuid == there.info.uuid)
    lost = any(column.is_lost_at(there.label) for column in shape.columns)
    if not ancestor.info or not (is_one if shape.by_lineage else lost):
        return f"SELECT rowid AS row_id, {born} AS born, {shape.row(there)} AS image FROM {there.relation}"
    return (
        f"SELECT now.row_id, CASE WHEN past.row_id IS NULL THEN {born} ELSE '' END AS born, "
        f"{shape.row(there, 'now.cells.', 'past.cells.')} AS image FROM ({there.rows}) AS now "
        f"LEFT JOIN ({ancestor.rows}) AS past ON {shape.same_row('now', there, 'past', ancestor)}"
    )
