"""Files of choices: filled in by a person, read, and held to the merge that they were written for."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hati_core.cli.questions import VALUE, Labels
from hati_core.errors import BranchMoved, InvalidResolution, InvalidValue
from hati_core.merge.plan import MergePlan
from hati_core.model import Conflict, ConflictKind, Resolution, Side
from hati_core.names import folded

NULL = "NULL"
ENDS = ("source", "source_version", "target", "target_version")


@dataclass(frozen=True)
class Answer:
    """One line of a file, as it was written; ``place`` says where, for a person."""

    place: str
    conflict: str
    column: str | None
    choice: str
    value: Any


@dataclass(frozen=True)
class Filled:
    """What a file says: the ends of the merge that it was made for, and the answers."""

    ends: Mapping[str, Any]
    answers: Sequence[Answer]


def ends_of(plan: MergePlan) -> dict[str, Any]:
    """The ends of a merge as a file has them."""
    return {
        "source": plan.source,
        "source_version": plan.source_version,
        "target": plan.target,
        "target_version": plan.target_version,
    }


def require_form(file: Path) -> None:
    """Check that the name says in which form a file is.

    Raises:
        InvalidResolution: it does not.
    """
    if file.suffix.lower() not in (".json", ".csv"):
        raise InvalidResolution(f"A file of choices ends in .json or .csv; “{file.name}” does not.")


def read(file: Path) -> Filled:
    """What a file says, before it is known whether it fits.

    Raises:
        InvalidResolution: it is no such file.
    """
    require_form(file)
    text = file.read_bytes().decode("utf-8-sig", errors="replace")
    try:
        return _from_json(text) if file.suffix.lower() == ".json" else _from_csv(text)
    except (ValueError, KeyError, TypeError, AttributeError, csv.Error) as error:
        reason = f"it has no “{error.args[0]}”" if isinstance(error, KeyError) else str(error)
        raise InvalidResolution(
            f"“{file.name}” cannot be read as a file of choices: {reason}. Write one anew by --conflicts-to, and fill "
            "in its column “choice”."
        ) from error


def answered(filled: Filled, plan: MergePlan, *, only_fitting: bool = False) -> MergePlan:
    """The plan with the answers of a file.

    With ``only_fitting`` the branches may have moved: answers to what is no more are left out.

    Raises:
        BranchMoved: a branch has commits that were not there when the file was written.
        InvalidResolution: it was written for another merge, or an answer is none.
        InvalidValue: a value does not fit its column.
    """
    _require_ends(filled, plan, may_have_moved=only_fitting)
    labels, rows = Labels.of(plan), plan.rows({answer.conflict for answer in filled.answers})
    found: dict[str, Resolution] = {}
    for answer in filled.answers:
        conflict = rows.get(answer.conflict)
        if conflict is None and not only_fitting:
            raise InvalidResolution(
                f"{answer.place}: there is no such conflict. The column “conflict” says which; leave it as it was."
            )
        if conflict and (choice := _choice(conflict, answer, labels)) is not None:
            _add(found, conflict, answer, choice)
    try:
        return plan.with_resolutions(found)
    except InvalidValue as error:
        raise _placed(error, filled, plan, found) from error


def _placed(error: InvalidValue, filled: Filled, plan: MergePlan, found: Mapping[str, Resolution]) -> InvalidValue:
    """The error for a value, with the place in the file where it stands."""
    for answer in filled.answers:
        if answer.conflict not in found or answer.column != error.column:
            continue
        try:
            plan.with_resolutions({answer.conflict: found[answer.conflict]})
        except InvalidValue as wrong:
            placed = f"{answer.place}: {wrong.message}"
            return InvalidValue(placed, column=wrong.column, branch=wrong.branch, table=wrong.table)
    return error


def _choice(conflict: Conflict, answer: Answer, labels: Labels) -> Side | str | None:
    """What one answer says; None where it says nothing."""
    if not answer.choice.strip():
        if answer.value not in (None, ""):
            raise InvalidResolution(
                f"{answer.place}: there is a value and no choice. Write “{VALUE}” as the choice to take it."
            )
        return None
    choice = labels.read(answer.choice)
    if choice is None:
        known = ", ".join(f"“{word}”" for word in labels.choices)
        raise InvalidResolution(f"{answer.place}: “{answer.choice}” is no choice. Write {known}, or nothing.")
    if choice == VALUE and _is_whole(conflict, answer):
        raise InvalidResolution(f"{answer.place}: this is settled by taking what a branch has, not by a value.")
    return choice


def _is_whole(conflict: Conflict, answer: Answer) -> bool:
    return answer.column is None or conflict.kind is ConflictKind.SCHEMA


def _add(found: dict[str, Resolution], conflict: Conflict, answer: Answer, choice: Side | str) -> None:
    if isinstance(choice, Side) and _is_whole(conflict, answer):
        found[conflict.id] = choice
        return
    before = found.get(conflict.id)
    cells = dict(before) if isinstance(before, Mapping) else {}
    found[conflict.id] = {**cells, str(answer.column): choice if isinstance(choice, Side) else answer.value}


def has_moved(filled: Filled, plan: MergePlan) -> bool:
    """Whether a branch has commits that were not there when a file was written."""
    return dict(filled.ends) | {"source": "", "target": ""} != ends_of(plan) | {"source": "", "target": ""}


def _require_ends(filled: Filled, plan: MergePlan, *, may_have_moved: bool) -> None:
    now, then = ends_of(plan), filled.ends
    if any(folded(str(then[end])) != folded(str(now[end])) for end in ("source", "target")):
        raise InvalidResolution(
            f"These choices are for merging “{then['source']}” into “{then['target']}”, and this merges "
            f"“{plan.source}” into “{plan.target}”."
        )
    for end in ("source", "target"):
        seen, is_now = int(then[f"{end}_version"]), int(now[f"{end}_version"])
        if seen != is_now and not may_have_moved:
            raise BranchMoved(
                f"“{now[end]}” has moved from version {seen} to {is_now} since these choices were made. Nothing was "
                "written. Give the same command a --conflicts-to as well: it writes the conflicts as they are now, "
                "with every choice that still fits.",
                branch=str(now[end]),
                expected=seen,
                actual=is_now,
            )


def _from_json(text: str) -> Filled:
    document = json.loads(text)
    answers = [
        Answer(
            f"Conflict {number}",
            str(one["conflict"]),
            one.get("column"),
            str(one.get("choice") or ""),
            one.get("value"),
        )
        for number, one in enumerate(document["conflicts"], 1)
    ]
    return Filled(_read_ends(document["merge"]), answers)


def _from_csv(text: str) -> Filled:
    first = text.split("\n", 1)[0]
    # Where 1,5 is a number, spreadsheets separate by semicolons.
    delimiter = ";" if first.count(";") > first.count(",") else ","
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    if not rows:
        raise ValueError("it has no rows")
    answers = [
        Answer(
            f"Row {number}",
            row["conflict"] or "",
            row["column"] or None,
            row["choice"] or "",
            _value(number, row["choice"] or "", row["value"] or ""),
        )
        for number, row in enumerate(rows, 2)
    ]
    return Filled(_read_ends(rows[0]), answers)


def _read_ends(found: Mapping[str, Any]) -> dict[str, Any]:
    return {end: int(found[end]) if end.endswith("version") else found[end] for end in ENDS}


def _value(number: int, choice: str, text: str) -> str | None:
    """A value as somebody typed it: NULL leaves the cell empty."""
    if folded(choice) == VALUE and not text.strip():
        raise ValueError(f"row {number} needs a value beside “{VALUE}”, or {NULL} to leave the cell empty")
    return None if text.strip().upper() == NULL else text
