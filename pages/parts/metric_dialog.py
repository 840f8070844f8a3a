"""Writing a metric: its name, what it is computed from, and what that gives before it is saved."""

from __future__ import annotations

import streamlit as st

from hati_core import Breakdown, HatiError, Metric, Unit
from hati_core.errors import InvalidMetric
from hati_core.scenarios.metrics import value_metric
from hati_core.scenarios.roles import label_columns
from hati_core.scenarios.units import UnitKind
from pages.parts.session import announce, complain
from pages.parts.shell import Page
from pages.parts.words import amount, plain

_SUM, _QUERY = "sum", "query"
_KINDS = {_SUM: "Sum over the rows of a table", _QUERY: "A query of your own"}
_KINDS_OF_UNITS = {
    UnitKind.MONEY: "Money",
    UnitKind.NUMBER: "Number",
    UnitKind.PERCENT: "Percent, of a fraction of 1",
}


@st.dialog("Metric", icon=":material/functions:", width="large")
def metric_dialog(page: Page, before: Metric | None) -> None:
    """Write a metric anew, or change the one that was there; it holds for every branch."""
    place = before.name if before else ""
    name = st.text_input(
        "Name",
        value=place,
        placeholder="Dividends",
        key=f"metric-name-{place}",
        max_chars=60,
    ).strip()
    kinds = list(_KINDS)
    kind = st.segmented_control(
        "Computed as",
        kinds,
        default=_SUM if before is None or before.breakdown else _QUERY,
        required=True,
        format_func=_KINDS.__getitem__,
        key=f"metric-kind-{place}",
    )
    unit = _unit(page.repository.currency, before)
    metric = _sum(page, name, unit, before) if kind == _SUM else _query(name, unit, before)
    if metric is None:
        st.caption("Say what it is computed from, and what it gives is shown here.")
        return
    found = page.repository.measures.tried(metric, page.branch)
    with st.container(border=True):
        if found.problem:
            st.markdown(f":orange[:material/warning:] On {plain(page.branch.name)}: {plain(found.problem)}")
        else:
            st.metric(f"On {plain(page.branch.name)} now", plain(amount(found.value, unit)))
    if not name:
        st.caption("Give it a name to save it.")
    if st.button(
        "Save for every branch",
        type="primary",
        key=f"metric-save-{place}",
        disabled=not name or found.problem is not None,
    ):
        _save(page, metric, before)


def _unit(currency: str, before: Metric | None) -> Unit:
    units = [Unit.of(kind).in_currency(currency) for kind in _KINDS_OF_UNITS]
    return st.selectbox(
        "Shown as",
        units,
        index=units.index(before.unit.in_currency(currency)) if before else 0,
        format_func=lambda unit: f"{_KINDS_OF_UNITS[unit.kind]}{f', in {unit.symbol}' if unit.is_money else ''}",
        key=f"metric-unit-{before.name if before else ''}",
    )


def _sum(page: Page, name: str, unit: Unit, before: Metric | None) -> Metric | None:
    """The sum of what each row adds; its parts explain on Compare and Merge where a difference comes from."""
    tables = page.branch.tables()
    parts = before.breakdown if before else None
    place = before.name if before else ""
    names = list(tables)
    at = names.index(parts.table) if parts and parts.table in names else 0
    table = st.selectbox("Table", names, index=at, key=f"metric-table-{place}")
    own = parts if parts and parts.table == table else None
    expression = st.text_input(
        "What each row adds",
        value=own.amount if own else "",
        placeholder="shares * current_price",
        help="An SQL expression over the columns of one row.",
        key=f"metric-amount-{place}-{table}",
        max_chars=500,
    ).strip()
    info = tables[table]
    known = [label for label in (own.labels if own else label_columns(info)) if label in info.column_names]
    labels = st.multiselect(
        "Parts are named by",
        list(info.column_names),
        known,
        help="A difference between branches is explained by these parts.",
        key=f"metric-labels-{place}-{table}",
    )
    if not expression:
        return None
    if not labels:
        labels = list(label_columns(info))
    return value_metric(name, Breakdown(table, expression, tuple(labels)), unit)


def _query(name: str, unit: Unit, before: Metric | None) -> Metric | None:
    sql = st.text_area(
        "Query",
        value=before.sql if before else "",
        placeholder="SELECT max(column) FROM table",
        help="One SELECT that gives one row with one number.",
        key=f"metric-sql-{before.name if before else ''}",
        max_chars=5000,
    ).strip()
    return Metric(name, sql, unit) if sql else None


def _save(page: Page, metric: Metric, before: Metric | None) -> None:
    """Under another name it stays in its place; a name that is taken is refused, so that no metric is lost."""
    repository, branch = page.repository, page.branch.name
    try:
        taken = {one.metric.name for one in repository.metrics(branch) if not one.is_removed}
        if before is None and metric.name in taken:
            raise InvalidMetric(f"There is a metric called “{metric.name}” already. Choose another name.")
        if before is not None and before.name != metric.name:
            repository.rename_metric(before.name, metric.name, branch=branch)
        repository.set_metric(metric.name, metric.sql, unit=metric.unit, breakdown=metric.breakdown, branch=branch)
    except HatiError as error:
        complain(error)
        return
    announce(f"{plain(metric.name)} is measured on every branch.")
    st.rerun()
