"""SQL on the branch in view, through the gate: what reads shows its rows, what writes is previewed first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from hati_core import HatiError, Preview
from hati_core.errors import StatementRefused
from hati_core.quote import identifier
from hati_core.sql import gate
from hati_core.sql.gate import Statement, StatementKind
from hati_core.sql.position import position_of
from hati_core.storage.limits import Stop
from pages.parts.console_history import history
from pages.parts.console_job import Job, start, waiting
from pages.parts.console_result import Result, show_result
from pages.parts.makers import who
from pages.parts.session import announce, author, complain
from pages.parts.shell import Page
from pages.parts.words import count, plain
from pages.parts.write_preview import write_preview

ROW_LIMIT = 1_000
SECONDS = 30.0
_RESULT = "sql result"
_PREVIEW = "sql preview"
_JOB = "sql job"


@dataclass(frozen=True)
class _Written:
    """What a write came to, in rows."""

    rows: int


def console(page: Page, table: str) -> None:
    """Statements, a button, and their rows or what they would change."""
    st.caption(
        f"On {plain(page.branch.name)} only. Several statements are divided by semicolons; those that write are "
        "shown before they run, and become one commit."
    )
    place = f"sql-{table}"
    sql = st.text_area(
        "SQL",
        value=f"SELECT *\nFROM {identifier(table)}\nLIMIT 100",
        height=140,
        key=place,
        label_visibility="collapsed",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Run", type="primary", icon=":material/play_arrow:", key=f"run-sql-{page.branch.id}", shortcut="mod+enter"
        )
        _badge(sql)
        history(page.branch, place)
    job: Job | None = st.session_state.get(_JOB)
    if pressed:
        _forget(job)
        job = _begin(page, sql)
    if job and job.branch_id == page.branch.id:
        if not job.is_done:
            waiting(job)
            return
        st.session_state.pop(_JOB, None)
        _finish(page, job)
    _outcome(page, sql)


def _begin(page: Page, sql: str) -> Job | None:
    """Start what was typed in a thread of its own, so that it can be stopped."""
    try:
        statements = _checked(sql)
    except HatiError as error:
        _explain(error, sql)
        return None
    at, sqls = page.branch.at(page.info.head), [one.sql for one in statements]
    make: Callable[[Stop], object]
    if statements[0].kind is StatementKind.QUERY:
        make = lambda stop: [  # noqa: E731
            at.query(one, limit=ROW_LIMIT + 1, timeout=SECONDS, stop=stop) for one in sqls
        ][-1]
    else:
        make = lambda stop: page.branch.preview(sqls, timeout=SECONDS, stop=stop)  # noqa: E731
    with st.spinner("Running…"):
        job = start(page.branch.id, page.info.head, sql, make)
    st.session_state[_JOB] = job
    return job


def _checked(sql: str) -> list[Statement]:
    statements = gate.split(sql)
    reads = [one.kind is StatementKind.QUERY for one in statements]
    if any(reads) and not all(reads):
        raise StatementRefused("Reading and writing do not go together here. Run the one and then the other.")
    return statements


def _finish(page: Page, job: Job) -> None:
    """Take over what a job has found."""
    if isinstance(job.error, HatiError):
        _explain(job.error, job.sql)
        return
    if job.error:
        raise job.error
    if isinstance(job.found, Preview):
        st.session_state[_PREVIEW] = (page.branch.id, job.sql, job.found)
        return
    if isinstance(job.found, _Written):
        _written(page, job, job.found.rows)
        return
    assert isinstance(job.found, list)
    page.branch.note_statement(job.sql, author())
    last = gate.split(job.sql)[-1].sql
    st.session_state[_RESULT] = Result(page.branch.id, job.version, last, job.found)


def _outcome(page: Page, sql: str) -> None:
    """The rows that were found last on this branch, or what would be changed."""
    branch_id, asked, preview = st.session_state.get(_PREVIEW, ("", "", None))
    if preview is not None and branch_id == page.branch.id and asked == sql:
        _planned(page, sql, preview)
    result: Result | None = st.session_state.get(_RESULT)
    if result and result.branch_id == page.branch.id:
        show_result(page, result, ROW_LIMIT, SECONDS)


def _planned(page: Page, sql: str, preview: Preview) -> None:
    with st.container(border=True, key="sql-preview"):
        st.markdown(f"**What this would change on {plain(page.branch.name)}**")
        if not preview:
            st.caption("No row and no column would be another one.")
        write_preview(preview, "sql-preview")
        if page.info.head != preview.version:
            saved = who(page.branch.authors(preview.version))
            st.warning(f"{plain(saved)} saved meanwhile. Press Run again to see what it would change now.")
        with st.container(horizontal=True, horizontal_alignment="right"):
            if st.button("Leave it", key="sql-leave"):
                _forget(None)
                st.rerun()
            blocked = bool(preview.violations) or page.info.head != preview.version
            label = f"Run on {plain(page.branch.name)}"
            if st.button(label, type="primary", key=f"sql-apply-{page.branch.id}", disabled=blocked):
                _write(page, sql, preview)


def _write(page: Page, sql: str, preview: Preview) -> None:
    """Run what was previewed in a thread of its own, so that it can be stopped up to its commit."""
    branch, signed = page.branch, author()

    def make(stop: Stop) -> _Written:
        with branch.transaction(author=signed, timeout=SECONDS, stop=stop) as tx:
            if tx.head != preview.version:
                saved = who(branch.authors(preview.version))
                raise StatementRefused(f"{saved} saved meanwhile. Press Run again to see what it would change now.")
            return _Written(sum(tx.execute(statement) for statement in preview.statements))

    with st.spinner("Running…"):
        job = start(branch.id, preview.version, sql, make)
    if job.is_done:
        _finish(page, job)
    else:
        st.session_state[_JOB] = job
        st.rerun()


def _written(page: Page, job: Job, rows: int) -> None:
    """Say what was written, after the next run."""
    page.branch.note_statement(job.sql, author())
    made = page.branch.log(1)[0]
    defined = made.summary if any(touch.note for touch in made.touched) else ""
    done = plain(defined) if defined and made.version > job.version else f"{count(rows, 'row')} changed"
    if made.version == job.version:
        done = "Done, without a change to any row,"
    _forget(None)
    announce(f"{done} on {plain(page.branch.name)}.")
    st.rerun()


def _forget(job: Job | None) -> None:
    if job:
        job.stop()
    for name in (_JOB, _PREVIEW, _RESULT):
        st.session_state.pop(name, None)


def _explain(error: HatiError, sql: str) -> None:
    """What went wrong, and where."""
    complain(error)
    try:
        pieces: list[str | None] = [one.sql for one in gate.split(sql)]
    except HatiError:
        pieces = [None]
    found = next((place for piece in pieces if (place := position_of(error, sql, piece))), None)
    if found:
        st.code(found.marked, language=None)


def _badge(sql: str) -> None:
    """Whether what is typed reads or writes."""
    try:
        kinds = {one.kind for one in gate.split(sql)}
    except HatiError:
        return
    if kinds == {StatementKind.QUERY}:
        st.badge("reads", icon=":material/visibility:", color="gray")
    elif StatementKind.QUERY not in kinds:
        st.badge("writes", icon=":material/edit:", color="orange")
