"""Which rows of a table are in view: search, filters and order, kept in the address."""

from __future__ import annotations

import streamlit as st

from hati_core import BranchView, TableInfo
from hati_core.browsing import Filter, Look, Operator, dump_filters, filter_words, load_filters, read_filter
from hati_core.scenarios.roles import is_numeric
from hati_core.written import Writing
from pages.parts.session import asked_for, told, went_back, write_address
from pages.parts.words import count, plain

_BY_KEY = "The key"
_AS_STORED = Writing()
"""How values stand in an address, whoever opens it."""
_NUMBERS = (
    Operator.EQUAL,
    Operator.UNEQUAL,
    Operator.LESS,
    Operator.AT_MOST,
    Operator.GREATER,
    Operator.AT_LEAST,
    Operator.EMPTY,
    Operator.FILLED,
)
_TEXTS = (
    Operator.CONTAINS,
    Operator.BEGINS,
    Operator.EQUAL,
    Operator.UNEQUAL,
    Operator.EMPTY,
    Operator.FILLED,
)


def choose_look(view: BranchView, info: TableInfo, place: str, writing: Writing) -> Look:
    """Ask which rows are to be in view, and remember it in the address."""
    state = f"look {place}"
    asked = _asked(view, info) if went_back() or st.session_state.get("look in address") != place else None
    look: Look = (st.session_state.get(state, Look()) if asked is None else asked).fitting(info)
    attempt = st.session_state.get(f"{state} cleared", 0) + went_back()
    st.session_state[f"{state} cleared"] = attempt
    with st.container(horizontal=True, vertical_alignment="bottom", key="look"):
        search = st.text_input(
            "Search",
            value=look.search,
            placeholder="Find in any column",
            icon=":material/search:",
            key=f"search-{place}-{attempt}",
            label_visibility="collapsed",
            width=280,
        )
        filters = _filters(view, info, look, place, attempt, writing)
        sort, descending = _order(info, look, place, attempt)
        if look and st.button("Show all", icon=":material/filter_alt_off:", key=f"show-all-{place}"):
            st.session_state[f"{state} cleared"] = attempt + 1
            _remember(Look(), state, place)
            st.rerun()
    chosen = Look(search.strip(), filters, sort, descending, writing.comma)
    _remember(chosen, state, place)
    return chosen


def describe_look(info: TableInfo, look: Look, total: int, writing: Writing) -> None:
    """How many rows are in view, and in words which, where that is not simply all of them."""
    parts = [count(total, "row")]
    parts += [f"with “{look.search}” "] if look.search else []
    parts += [filter_words(info, one, writing) for one in look.filters]
    if look.sort:
        parts.append(f"by {look.sort}, {'largest' if look.descending else 'smallest'} first")
    st.caption(plain(" · ".join(parts)), width="content")


def _asked(view: BranchView, info: TableInfo) -> Look | None:
    """What the address asks for when the page is entered."""
    search, filters, sort = asked_for("find"), asked_for("where"), asked_for("sort")
    if search is None and filters is None and sort is None:
        return None
    named = (sort or "").removeprefix("-")
    fitting = []
    for one in load_filters(filters or ""):
        with told():
            fitting.append(read_filter(view, info, one, _AS_STORED))
    return Look(search or "", tuple(fitting), named or None, (sort or "").startswith("-")).fitting(info)


def _remember(look: Look, state: str, place: str) -> None:
    st.session_state[state] = look
    st.session_state["look in address"] = place
    sort = f"{'-' if look.descending else ''}{look.sort}" if look.sort else ""
    for name, value in (("find", look.search), ("where", dump_filters(look.filters)), ("sort", sort)):
        write_address(name, value)


def _filters(
    view: BranchView, info: TableInfo, look: Look, place: str, attempt: int, writing: Writing
) -> tuple[Filter, ...]:
    """The filters that stay, with those that are added."""
    kept = list(look.filters)
    label = f"Filter ({len(kept)})" if kept else "Filter"
    with st.popover(label, icon=":material/filter_alt:"):
        for at, one in enumerate(look.filters):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(plain(filter_words(info, one, writing)))
                if st.button("Remove", icon=":material/close:", key=f"unfilter-{place}-{attempt}-{at}-{hash(one)}"):
                    kept.remove(one)
        column = info.column(st.selectbox("Column", info.column_names, key=f"filter-column-{place}-{attempt}"))
        assert column is not None
        operators: tuple[Operator, ...] = _TEXTS if column.type == "VARCHAR" else _NUMBERS
        if not (is_numeric(column) or column.type == "VARCHAR"):
            operators = (*_NUMBERS, Operator.CONTAINS)
        operator = st.selectbox(
            "Is", operators, format_func=lambda sign: sign.value, key=f"filter-is-{place}-{attempt}-{column.name}"
        )
        value = ""
        if operator.takes_value:
            numbers = writing.number if is_numeric(column) else ""
            hint = {"DATE": "2024-12-31", "BOOLEAN": "true"}.get(column.type, numbers)
            value = st.text_input("Value", placeholder=hint, key=f"filter-value-{place}-{attempt}-{column.name}")
        new = Filter(column.name, operator, value.strip())
        ready = not operator.takes_value or bool(value.strip())
        if st.button("Add filter", type="primary", key=f"add-filter-{place}", disabled=not ready):
            with told():
                read = read_filter(view, info, new, writing)
                kept += [read] if read not in kept else []
    if tuple(kept) != look.filters:
        state = f"look {place}"
        _remember(Look(look.search, tuple(kept), look.sort, look.descending), state, place)
        st.rerun()
    return tuple(kept)


def _order(info: TableInfo, look: Look, place: str, attempt: int) -> tuple[str | None, bool]:
    label = f"Order: {plain(look.sort)} {'↓' if look.descending else '↑'}" if look.sort else "Order"
    with st.popover(label, icon=":material/swap_vert:"):
        options = [_BY_KEY, *info.column_names]
        chosen = st.selectbox(
            "Order by",
            range(len(options)),
            index=options.index(look.sort, 1) if look.sort else 0,
            format_func=lambda at: options[at],
            key=f"order-{place}-{attempt}",
        )
        descending = st.toggle("Largest first", value=look.descending, key=f"descending-{place}-{attempt}")
    return (options[chosen], descending) if chosen else (None, False)
