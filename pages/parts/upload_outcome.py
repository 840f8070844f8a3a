"""What taking a file in would do, which rows it cannot take, and doing it as one commit."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from hati_core import Branch, ChangeKind
from hati_core.imports import Importer, ImportMode, ImportPlan
from pages.parts.makers import who
from pages.parts.palette import SIGNS
from pages.parts.rows_table import changes_table
from pages.parts.session import author
from pages.parts.upload_columns import Destination
from pages.parts.words import count, plain

_PLAN = "upload plan"
_SEEN = "upload plan seen"
_GOOD, _ALL = "Take in the rows that fit", "Nothing unless all fit"


def outcome(importer: Importer, branch: Branch, where: Destination, place: str) -> ImportPlan | None:
    """Say what would be done, and do it when the button is pressed; returns what was done."""
    plan = _plan(importer, branch, where, place)
    st.markdown(_sentence(plan, branch.name))
    if plan.changes:
        _changes(plan, place)
    only_good = _rejected(importer, branch, plan, place) if plan.rejected else False
    message = st.text_input(
        "Message",
        placeholder="What is this, and where does it come from?",
        key=f"upload-message-{place}",
        max_chars=200,
    )
    label = f"Import {count(plan.good, 'row')}" if where.is_new else f"Import into {plain(plan.order.table)}"
    blocked = plan.is_idle or (plan.rejected > 0 and not only_good)
    seen, st.session_state[_SEEN] = st.session_state.get(_SEEN), (place, branch.id, plan.version)
    if not st.button(label, type="primary", key="upload-import", disabled=blocked):
        return None
    if seen != st.session_state[_SEEN]:
        saved = plain(who(branch.authors(seen[2]) if seen and seen[:2] == (place, branch.id) else []))
        st.warning(f"{saved} saved on {plain(branch.name)} meanwhile. Look at what would be done now, and press again.")
        return None
    with st.spinner("Importing…"):
        return importer.run(
            branch,
            where.order,
            only_good=only_good,
            expected_version=plan.version,
            message=message or None,
            author=author(),
        )


def _plan(importer: Importer, branch: Branch, where: Destination, place: str) -> ImportPlan:
    """Worked out once for one order on one state of the branch."""
    wanted = (place, branch.id, branch.head, where.order, st.session_state.get("upload preview", ("", None))[1])
    known = st.session_state.get(_PLAN)
    if known is None or known[0] != wanted:
        with st.spinner("Working out what it would do…"):
            known = (wanted, importer.plan(branch, where.order))
        st.session_state[_PLAN] = known
    plan: ImportPlan = known[1]
    return plan


def _sentence(plan: ImportPlan, branch: str) -> str:
    table = plain(plan.order.table.strip())
    if plan.order.mode is ImportMode.NEW:
        return f"**On {plain(branch)}:** the new table {table} with {count(plan.added, 'row')}."
    if plan.is_idle:
        return (
            f"**On {plain(branch)}:** nothing in {table} would change; {count(plan.unchanged, 'row')} are as they are."
        )
    signs = (
        (plan.added, "green", SIGNS[ChangeKind.ADDED], "added"),
        (plan.changed, "blue", SIGNS[ChangeKind.CHANGED], "changed"),
        (plan.removed, "red", SIGNS[ChangeKind.REMOVED], "removed"),
    )
    parts = [f":{colour}[**{sign}** {number:,} {word}]" for number, colour, sign, word in signs if number]
    parts += [f"{plan.unchanged:,} as they are"] if plan.unchanged else []
    return f"**On {plain(branch)}**, in {table}: {', '.join(parts)}."


def _changes(plan: ImportPlan, place: str) -> None:
    """Rows that would change, each cell before and after."""
    changed = {name for change in plan.changes for name in change.columns}
    columns = [column.name for column in plan.order.columns if column.name in changed or column.name in plan.order.key]
    changes_table(plan.changes, columns, f"upload-changes-{place}")
    if plan.changed > len(plan.changes):
        st.caption(f"The first {len(plan.changes)} of {count(plan.changed, 'changed row')}.")


def _rejected(importer: Importer, branch: Branch, plan: ImportPlan, place: str) -> bool:
    """The rows that cannot be taken in, with their file; whether to take in the others."""
    with st.container(border=True, key="upload-rejected"):
        st.markdown(f":orange[**!**] **{count(plan.rejected, 'row')} cannot be taken in**, of {plan.rows:,}.")
        frame = pd.DataFrame(
            {
                plan.place.capitalize(): [row.line for row in plan.rejects],
                "Why not": [row.reason for row in plan.rejects],
                "As written": [" | ".join(row.values) for row in plan.rejects],
            }
        )
        st.dataframe(
            frame,
            hide_index=True,
            height=240 if len(frame) > 5 else "content",
            column_config={
                plan.place.capitalize(): st.column_config.NumberColumn(width="small", format="localized"),
                "Why not": st.column_config.TextColumn(width="large"),
            },
        )
        if plan.rejected > len(plan.rejects):
            st.caption(f"The first {len(plan.rejects):,}; the file below has all.")
        st.download_button(
            "Download the rejected rows",
            lambda: importer.rejected_file(branch, plan.order).read_bytes(),
            file_name=f"{plan.order.table.strip()} rejected.csv",
            mime="text/csv",
            icon=":material/download:",
            key=f"upload-download-{place}",
            on_click="ignore",
        )
        choice = st.radio("With these rows", [_ALL, _GOOD], key=f"upload-choice-{place}", horizontal=True)
    return choice == _GOOD and plan.good > 0
