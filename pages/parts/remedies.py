"""What went wrong on the way to a merge, each with the way on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from hati_core import HatiError
from hati_core.errors import BranchDiscarded, BranchNotFound, EngineRestarted, InvalidKey
from pages.parts.session import complain
from pages.parts.shell import Page
from pages.parts.words import plain


@contextmanager
def remedied(page: Page, *branches: str) -> Iterator[None]:
    """As :func:`told`, with the next step on the first of the branches where it can be taken."""
    try:
        yield
    except HatiError as error:
        complain(error)
        _way_on(page, error, branches)


def _way_on(page: Page, error: HatiError, branches: Sequence[str]) -> None:
    if isinstance(error, InvalidKey) and error.table:
        concerned = [name for name in (error.branch, *branches) if name in page.names]
        there = (name for name in concerned if error.table in page.repository.branch(name).tables())
        st.page_link(
            "pages/data.py",
            label=f"Choose the key of {plain(error.table)}",
            icon=":material/key:",
            query_params={"branch": next(there, page.branch.name), "table": error.table},
        )
    elif isinstance(error, EngineRestarted):
        st.button("Work it out again", icon=":material/refresh:", key="plan-again")
    elif isinstance(error, BranchNotFound | BranchDiscarded):
        st.page_link("pages/branches.py", label="See which branches there are", icon=":material/account_tree:")
