"""What went wrong on the way to a merge, each with the way on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from hati_core import HatiError
from hati_core.errors import BranchDiscarded, BranchNotFound, EngineRestarted, InvalidKey
from pages.parts.session import complain
from pages.parts.shell import Page
from pages.parts.words import plain


@contextmanager
def remedied(page: Page, branch: str) -> Iterator[None]:
    """As :func:`told`, with the next step; ``branch`` is where a key is set when the error names no live one."""
    try:
        yield
    except HatiError as error:
        complain(error)
        _way_on(error, error.branch if error.branch in page.names else branch)


def _way_on(error: HatiError, branch: str) -> None:
    if isinstance(error, InvalidKey) and error.table:
        st.page_link(
            "pages/data.py",
            label=f"Choose the key of {plain(error.table)}",
            icon=":material/key:",
            query_params={"branch": branch, "table": error.table},
        )
    elif isinstance(error, EngineRestarted):
        st.button("Work it out again", icon=":material/refresh:", key="plan-again")
    elif isinstance(error, BranchNotFound | BranchDiscarded):
        st.page_link("pages/branches.py", label="See which branches there are", icon=":material/account_tree:")
