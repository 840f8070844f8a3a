"""Writing what a merge asks, with an empty place for each answer: JSON for programs, CSV for spreadsheets."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hati_core.cli.files import placed, require_place
from hati_core.cli.plain_json import dumped, plain
from hati_core.cli.questions import SIDES, VALUE, Labels, Makers, Question
from hati_core.cli.resolutions import ENDS, NULL, ends_of, require_form
from hati_core.merge.plan import MergePlan
from hati_core.model import Side

_RISKY = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[-+]?[0-9.,]+([eE][-+]?[0-9]+)?%?")


def write(file: Path, plan: MergePlan, asked: Sequence[Question], makers: Makers, *, may_replace: bool) -> None:
    """Write what a plan asks, in the form that the end of the file's name says.

    Raises:
        InvalidResolution: the name ends in neither .json nor .csv.
        ExportRefused: it cannot be put there, or a file is there, which may have been filled in.
    """
    require_form(file)
    require_place(file, may_replace=may_replace)
    with placed(file) as beside:
        _write(beside, plan, asked, makers, is_json=file.suffix.lower() == ".json")


def _write(file: Path, plan: MergePlan, asked: Sequence[Question], makers: Makers, *, is_json: bool) -> None:
    labels = Labels.of(plan)
    if is_json:
        found = [question_document(one, labels, makers) for one in asked]
        document = {"merge": ends_of(plan), "choices": labels.choices, "conflicts": found}
        file.write_text(dumped(document) + "\n", encoding="utf-8")
        return
    # With the mark that tells a spreadsheet that it is UTF-8.
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        sides = [f"{name} has" for name in (labels.base, labels.target, labels.source)]
        changed = [f"{name} changed by" for name in (labels.target, labels.source)]
        writer.writerow(["table", "key", "column", *sides, "choice", "value", *changed, "conflict", *ENDS])
        for one in asked:
            writer.writerow(_cells(one, labels, makers, ends_of(plan)))


def question_document(one: Question, labels: Labels, makers: Makers) -> Mapping[str, Any]:
    """A question with what each side has, who made it, and what was chosen."""

    def changed(side: Side) -> Mapping[str, Any] | None:
        commit = makers.of(one.conflict, side, one.column)
        return {"by": commit.author, "at": commit.at, "message": commit.message} if commit else None

    return {
        "conflict": one.conflict.id,
        "kind": one.conflict.kind,
        "table": one.conflict.table,
        "key": one.key,
        "column": one.column,
        "base": one.sides[Side.BASE],
        "target": one.sides[Side.OURS],
        "source": one.sides[Side.THEIRS],
        "target_changed": changed(Side.OURS),
        "source_changed": changed(Side.THEIRS),
        "choice": labels.text(one.choice),
        "value": one.value,
    }


def side_text(value: Any) -> str:
    """What a side has, in one line: a cell, or all cells of a row."""
    if value is None:
        return NULL
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {side_text(part)}" for name, part in value.items())
    return str(plain(value))


def _cells(one: Question, labels: Labels, makers: Makers, ends: Mapping[str, Any]) -> Iterator[str]:
    yield _safe(one.conflict.table)
    yield _safe(" · ".join(str(part) for part in one.key.values()))
    yield one.column or ""
    for side in SIDES:
        is_gone = one.column is None and one.sides[side] is None
        yield "(no such row)" if is_gone else _safe(side_text(one.sides[side]))
    yield labels.text(one.choice)
    yield side_text(one.value) if one.choice == VALUE else ""
    for side in (Side.OURS, Side.THEIRS):
        commit = makers.of(one.conflict, side, one.column)
        yield _safe(f"{commit.author}, {commit.at:%Y-%m-%d %H:%M}: {commit.message}") if commit else ""
    yield one.conflict.id
    yield from (str(ends[end]) for end in ENDS)


def _safe(text: str) -> str:
    """Text that a spreadsheet does not compute."""
    return f"'{text}" if _RISKY.match(text) and not _NUMBER.fullmatch(text) else text
