"""Which branches are compared by which metric, and what makes up the difference of two."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from hati_core import Metric
from hati_core.measures import PartChange
from pages.parts.exporting import camera, card_head, csv_button, file_name, html_button
from pages.parts.figures import BranchValue, waterfall
from pages.parts.kpi_matrix import Values
from pages.parts.session import asked_for, choose, selection, told, write_address
from pages.parts.shell import Page
from pages.parts.words import difference, plain

MOST_BRANCHES = 5
_STATE = "compared branches"
_TOPS = ("6", "12", "24", "48")
_NARROW = 160
_CLOSER, _CLOSER_FOR = "closer", "branch of the closer look"


def chosen_branches(page: Page) -> list[str]:
    """Two to five branches, the first being what the others are compared with; kept in the address."""
    wanted = list(dict.fromkeys(name for name in (asked_for("with") or "").split("|") if name))
    there = [name for name in wanted if name in page.names]
    asked = there[:MOST_BRANCHES]
    _name_the_gone([name for name in wanted if name not in page.names], there[MOST_BRANCHES:])
    default = ["main", page.branch.name] if not page.info.is_main else page.names[:MOST_BRANCHES]
    kept = [name for name in st.session_state.get(_STATE, []) if name in page.names]
    if asked:
        kept = asked
    elif len(kept) < 2 or page.branch.name not in kept:
        kept = default
    key = f"compare-{'|'.join(default)}"
    if asked or key not in st.session_state:
        st.session_state[key] = kept
    chosen = st.multiselect(
        "Branches",
        page.names,
        max_selections=MOST_BRANCHES,
        key=key,
        help="The first is what the others are compared with.",
    )
    st.session_state[_STATE] = chosen
    write_address("with", "|".join(chosen))
    return chosen


def _name_the_gone(gone: list[str], too_many: list[str]) -> None:
    if gone:
        st.warning(f"There is no branch {_quoted(gone)} any more, so it is not compared.", icon=":material/info:")
    if too_many:
        st.warning(
            f"At most {MOST_BRANCHES} branches are compared at once, so {_quoted(too_many)} of this link is left out.",
            icon=":material/info:",
        )


def _quoted(names: list[str]) -> str:
    return ", ".join(f"“{plain(name)}”" for name in names)


def looked_at(page: Page, names: list[str]) -> str:
    """The branch that is looked at closer: the one in view, until another one is chosen."""
    others = {name: name for name in names[1:]}
    start = page.branch.name if page.branch.name in others else names[1]
    if st.session_state.get(_CLOSER_FOR) != page.branch.name and not asked_for(_CLOSER):
        choose(_CLOSER, start)
    st.session_state[_CLOSER_FOR] = page.branch.name
    return selection("Look closer at", _CLOSER, others, start) if len(others) > 1 else names[1]


def chosen_metric(metrics: Sequence[Metric]) -> int:
    """The place of the metric that the figures are about; kept in the address."""
    if len(metrics) == 1:
        return 0
    names = {metric.name: metric.name for metric in metrics}
    chosen = selection("Metric of the figures", "metric", names, metrics[0].name)
    return next(place for place, metric in enumerate(metrics) if metric.name == chosen)


def made_of(page: Page, metric: Metric, position: int, before: str, after: str, values: Values) -> None:
    """The waterfall from one branch to another; nothing for a metric that is no sum, or has no value."""
    first, last = values[before][position].value, values[after][position].value
    if metric.breakdown is None or first is None or last is None:
        return
    with st.container(border=True), told():
        apart = difference(first, last, metric.unit)
        title = f"**What makes up the difference** · {plain(before)} → {plain(after)}: {plain(apart)}"
        head = st.container()
        top = int(selection("Largest changes", "top", {option: option for option in _TOPS}, "12", width=_NARROW))
        infos = {info.name: info for info in page.infos}
        changes = page.repository.comparisons.changes(infos[before], infos[after], metric.breakdown, top)
        if not changes:
            with head:
                st.markdown(title)
            st.caption(f"Nothing in {plain(metric.breakdown.table)} is worth more or less.")
            return
        figure = waterfall(
            BranchValue(before, first), BranchValue(after, last), changes, metric.unit, page.colours, page.theme
        )
        name = file_name("difference", before, after)
        with head:
            card_head(
                title,
                csv_button("the parts", name, lambda: changes_frame(changes)),
                html_button("the figure", name, figure),
            )
        parts = "; ".join(f"{c.label} {difference(c.before, c.after, metric.unit)}" for c in changes)
        st.plotly_chart(figure, theme=None, config=camera(name), key="waterfall", alt=f"{before} to {after}: {parts}")


def changes_frame(changes: Sequence[PartChange]) -> pd.DataFrame:
    """A row a part, for a spreadsheet."""
    rows = [(change.label, change.before, change.after, change.delta) for change in changes]
    return pd.DataFrame(rows, columns=["part", "before", "after", "change"])
