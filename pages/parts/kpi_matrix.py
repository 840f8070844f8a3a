"""Metrics in rows, branches in columns: what each branch changed on top, what came of it below."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from hati_core import HatiError, Metric, Unit
from hati_core.measures import MetricValue
from pages.parts.changed_inputs import changed_inputs
from pages.parts.exporting import card_head, csv_button
from pages.parts.palette import dot
from pages.parts.shell import Page
from pages.parts.words import MINUS, amount, difference, plain

Values = Mapping[str, Sequence[MetricValue]]
_LONGEST_PROBLEM = 100
_HARD_SPACE = "\u00a0"
_LONGEST_CHANGE = 90
_WIDE = 3


def kpi_matrix(page: Page, metrics: Sequence[Metric], values: Values) -> None:
    """The card with the matrix; the first branch is what the others are compared with."""
    names = list(values)
    inputs = {name: _inputs(page, names[0], name) for name in names[1:]}
    with st.container(border=True):
        card_head(
            f"**Side by side** · Δ against {plain(names[0])}",
            csv_button("the matrix", "metrics", lambda: matrix_frame(metrics, values, inputs)),
        )
        st.table(matrix(metrics, values, inputs, page.colours), border="horizontal", hide_index=True)
        if len(names) > _WIDE:
            st.caption("On a narrow screen, scroll the table sideways to see every branch.")


def _inputs(page: Page, reference: str, name: str) -> list[str]:
    infos = {info.name: info for info in page.infos}
    try:
        return changed_inputs(page.repository.comparisons.diff(infos[reference], infos[name])) or ["no change"]
    except HatiError as error:
        return [f"! {error.message}"]


def matrix(
    metrics: Sequence[Metric], values: Values, inputs: Mapping[str, Sequence[str]], colours: Mapping[str, str]
) -> pd.DataFrame:
    """The matrix as Markdown; a metric that fails on a branch says why in that cell alone."""
    reference = next(iter(values))
    rows = [
        {"": "**Changed inputs**", reference: ":gray[reference]"}
        | {
            name: "  \n".join(f":small[{plain(_cut(line, _LONGEST_CHANGE))}]" for line in lines)
            for name, lines in inputs.items()
        }
    ]
    for at, metric in enumerate(metrics):
        row = {"": f"**{plain(metric.name)}**"}
        for name, found in values.items():
            row[name] = _cell(found[at], None if name == reference else values[reference][at])
        rows.append(row)
    frame = pd.DataFrame(rows, columns=["", *values])
    return frame.set_axis(["", *(f"{dot(colours[name])} {plain(name)}" for name in values)], axis="columns")


def _cell(here: MetricValue, reference: MetricValue | None) -> str:
    if here.value is None:
        return f"–  \n:small[! {plain(_first_sentence(here.problem or 'no value'))}]"
    worth = f"**{plain(amount(here.value, here.metric.unit))}**"
    if reference is None:
        return worth
    if reference.value is None:
        return f"{worth}  \n:small[:gray[no value to compare with]]"
    mark, told = change(here.value, reference.value, here.metric.unit)
    # Only where more is better is it green: a count or a weight is neither.
    colour = {"▲": "green", "▼": "red"}.get(mark, "gray") if here.metric.more_is_better else "gray"
    return f"{worth}  \n:small[:{colour}[{mark}{mark and _HARD_SPACE}{plain(told).replace(' %', f'{_HARD_SPACE}%')}]]"


def change(here: float, reference: float, unit: Unit) -> tuple[str, str]:
    """A mark for the direction, and the difference as on every page, with its share of the reference if any."""
    delta = here - reference
    if not delta:
        return "", "±0"
    told = difference(reference, here, unit)
    share = relative(here, reference)
    # Points of a percentage in per cent of a percentage would confuse.
    if share is not None and not unit.is_percent:
        told += f" · {'+' if share > 0 else MINUS}{_per_cent(abs(share) * 100)} %"
    return "▲" if delta > 0 else "▼", told


def _per_cent(share: float) -> str:
    """With as many digits as tell it from nought."""
    return f"{share:,.1f}" if share >= 0.1 else f"{share:.2f}" if share >= 0.01 else "<0.01"


def relative(here: float, reference: float) -> float | None:
    """The change as a fraction of the reference; None where that is nought."""
    return (here - reference) / abs(reference) if reference else None


def matrix_frame(metrics: Sequence[Metric], values: Values, inputs: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """The matrix with numbers, as a spreadsheet wants it; percentages are fractions of 1."""
    reference = next(iter(values))
    rows: list[dict[str, object]] = [
        {"metric": "Changed inputs", **{name: "; ".join(lines) for name, lines in inputs.items()}}
    ]
    for at, metric in enumerate(metrics):
        base = values[reference][at]
        row: dict[str, object] = {"metric": metric.name, "unit": metric.unit.kind.value}
        for name, found in values.items():
            row[name] = found[at].value if found[at].value is not None else found[at].problem
        for name, found in values.items():
            value = found[at].value
            if name != reference and value is not None and base.value is not None:
                row[f"Δ {name}"] = value - base.value
                row[f"Δ % {name}"] = relative(value, base.value)
        rows.append(row)
    others = [name for name in values if name != reference]
    columns = ["metric", "unit", *values, *(f"{kind} {name}" for name in others for kind in ("Δ", "Δ %"))]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def _first_sentence(problem: str) -> str:
    """What went wrong; what might have been meant instead has no room in a cell."""
    return _cut(re.split(r"(?<=[.!?])\s", problem)[0], _LONGEST_PROBLEM)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
