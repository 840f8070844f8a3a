"""Whether what is asked for with a file fits the file and the table, and the plan that comes of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from hati_core.errors import ImportRefused, InvalidKey
from hati_core.importing import cells
from hati_core.importing.judging import Verdict
from hati_core.importing.order import ImportMode, ImportOrder, ImportPlan, RejectedRow
from hati_core.importing.reading import Dates, Numbers
from hati_core.importing.staging import Staged
from hati_core.model import TableInfo
from hati_core.quote import identifier

_SHOWN = 3


def require_columns(order: ImportOrder, sources: Collection[str], file: str) -> None:
    """Check that the columns that are taken in are in the file, each with a name of its own.

    Raises:
        ImportRefused: they are not, or there is none.
        InvalidKey: a column of the key is not taken in.
    """
    if not order.columns:
        raise ImportRefused("No column is taken in. Choose at least one.")
    for column in order.columns:
        if column.source not in sources:
            raise ImportRefused(f"“{file}” has no column “{column.source}”.")
        if not column.name.strip():
            raise ImportRefused(f"Give the column “{column.source}” a name, or leave it out.")
    names = [column.name.casefold() for column in order.columns]
    for column in order.columns:
        if names.count(column.name.casefold()) > 1:
            raise ImportRefused(
                f"Two columns of the file would become “{column.name}”. Leave one out, or give it another name."
            )
    for name in order.key:
        if name.casefold() not in names:
            raise InvalidKey(f"“{name}” is part of the key, so it has to be taken in.", table=order.table)


def fitted(order: ImportOrder, info: TableInfo) -> ImportOrder:
    """The order for a table that is there, with the names and types of its columns.

    Raises:
        ImportRefused: the table has no such column, or rows cannot be matched.
    """
    by_name = {column.name.casefold(): column for column in info.columns}
    for taken in order.columns:
        if taken.name.casefold() not in by_name:
            raise ImportRefused(
                f"“{info.name}” has no column “{taken.name}”. Leave “{taken.source}” out, or add the column to the "
                f"table first. Its columns are: {', '.join(info.column_names)}.",
                table=info.name,
            )
    columns = tuple(
        replace(taken, name=by_name[taken.name.casefold()].name, type=by_name[taken.name.casefold()].type)
        for taken in order.columns
    )
    there = {column.name for column in columns}
    if order.mode is ImportMode.UPSERT and not info.key:
        raise ImportRefused(
            f"No column tells the rows of “{info.name}” apart, so they cannot be matched. Add the rows, replace all, "
            "or choose a key first.",
            table=info.name,
        )
    absent = [name for name in info.key if name not in there]
    if absent and order.mode is not ImportMode.APPEND:
        raise ImportRefused(
            f"Rows of “{info.name}” are matched by {' + '.join(info.key)}, and the file has nothing for "
            f"“{absent[0]}”. Choose a column for it.",
            table=info.name,
        )
    return replace(order, table=info.name, columns=columns, key=info.key)


def require_filled(order: ImportOrder, info: TableInfo, verdict: Verdict) -> None:
    """Check that new rows get a value in every column that cannot be empty.

    Raises:
        ImportRefused: the file has none for one of them.
    """
    there = {column.name for column in order.columns}
    for column in info.columns:
        if verdict.added and not column.nullable and column.default is None and column.name not in there:
            raise ImportRefused(
                f"“{column.name}” of “{info.name}” cannot be empty, and the file has nothing for it. Choose a column.",
                table=info.name,
            )


def plan_of(
    staged: Staged, order: ImportOrder, version: int, verdict: Verdict, rejects: Sequence[RejectedRow]
) -> ImportPlan:
    """What was found out, as one value."""
    wrong = len(staged.misread)
    return ImportPlan(
        order,
        version,
        staged.rows + wrong,
        verdict.added,
        verdict.changed,
        verdict.unchanged,
        verdict.removed,
        verdict.rejected + wrong,
        tuple(rejects),
        staged.place,
    )


def refusal(file: str, plan: ImportPlan) -> ImportRefused:
    """The error for an import of everything where some rows cannot be taken in."""
    told = "; ".join(f"{plan.place} {row.line:,}: {row.reason}" for row in plan.rejects[:_SHOWN])
    more = " …" if plan.rejected > _SHOWN else ""
    return ImportRefused(
        f"{plan.rejected:,} of {plan.rows:,} rows of “{file}” cannot be taken in ({told}{more}). Nothing was written; "
        "correct them, or take in the others only.",
        table=plan.order.table,
    )


def typed(staged: Staged, types: Sequence[str], numbers: Numbers | None, dates: Dates | None) -> str:
    """The rows of a file by the names of its columns, with these types, as SQL that can follow FROM."""
    comma, day_first = numbers is Numbers.COMMA, dates is Dates.DAY_FIRST
    chosen = ", ".join(
        f"{cells.value(c.staged, c.type, kind, comma=comma, day_first=day_first)} AS {identifier(c.name)}"
        for c, kind in zip(staged.columns, types, strict=True)
    )
    return f"(SELECT {chosen} FROM {staged.relation})"


def key_note(staged: Staged, key: tuple[str, ...]) -> str:
    """What a person should know where no key was found for a new table; nothing where one was, or there are no rows."""
    if key or not staged.rows:
        return ""
    if staged.rows == 1:
        return (
            "The file has one row, so nothing shows which columns tell rows apart. Choose those that identify a row, "
            "or import without a key."
        )
    return (
        "No column, and no pair of columns, is unique. Choose several columns that together "
        "identify a row, or import without a key."
    )


def notes(staged: Staged) -> list[str]:
    """What a person should know of the file as a whole."""
    said = []
    if staged.reading.encoding not in (None, "utf-8"):
        said.append(
            f"The file is not UTF-8; it is read as {staged.reading.encoding}. Look at letters such as é or ü, and "
            "choose another encoding if they are wrong."
        )
    if staged.reading.skip:
        said.append(f"The table begins in {staged.place} {staged.reading.skip + 1:,}; what is above is left out.")
    if staged.reading.has_header is False:
        said.append(
            "The first line looks like data, so the columns are numbered. Switch the header on if it holds names."
        )
    if staged.misread:
        said.append(f"{len(staged.misread):,} lines are no rows; they are listed below with the reason.")
    if staged.rows == 0:
        said.append("There are column names but no rows: the table will be empty.")
    return said
