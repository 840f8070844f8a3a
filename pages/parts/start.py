"""The first run: start with the tutorial, with the larger sample, or with a file of one's own."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from hati_core import Repository, Unit
from pages.parts.session import announce, author, told
from pages.parts.upload import import_dialog
from pages.parts.words import amount, plain

SAMPLES = Path(__file__).parents[2] / "assets" / "sample"
TUTORIAL = (("portfolio", "tutorial.csv", ("ticker",)),)
_TUTORIAL_VALUE = 58_750
SAMPLE = (("portfolio", "holdings.csv", ("ticker",)), ("prices", "prices.csv", ("date", "ticker")))


def first_run(repository: Repository) -> None:
    """Three ways to begin, side by side."""
    st.markdown("#### What would you like to explore?", anchors=False)
    with st.grid(3, min_column_width=220):
        with st.container(border=True, height="stretch"):
            st.markdown("**:material/school: Tutorial portfolio**")
            worth = plain(amount(_TUTORIAL_VALUE, Unit.MONEY.in_currency(repository.currency)))
            st.caption(f"Three positions worth {worth}. Learn to branch, compare and merge in a few minutes.")
            if st.button("Start the tutorial", type="primary", key="start-tutorial", width="stretch"):
                _load(repository, TUTORIAL, "The tutorial portfolio is on main. Now make a branch.")
        with st.container(border=True, height="stretch"):
            st.markdown("**:material/monitoring: Sample portfolio**")
            st.caption("33 holdings in nine sectors, with eight years of real month-end prices.")
            if st.button("Load the sample", key="start-sample", width="stretch"):
                _load(repository, SAMPLE, "The sample portfolio is on main. Now make a branch.")
        with st.container(border=True, height="stretch"):
            st.markdown("**:material/upload_file: Your own file**")
            st.caption(
                "A CSV, Excel or Parquet file with one row per thing. You see what is in it before it is taken in."
            )
            if st.button("Choose a file", key="start-own", width="stretch"):
                import_dialog(repository, "main")
    place = plain(repository.place)
    st.caption(f"Everything stays in {place}. Nothing you try on a branch can change main until you merge it.")


def _load(repository: Repository, files: tuple[tuple[str, str, tuple[str, ...]], ...], done: str) -> None:
    with told(), st.spinner("Loading…"):
        for table, file, key in files:
            with (SAMPLES / file).open("rb") as content:
                importer = repository.importer(file, content)
            try:
                importer.load(repository.main, table, key, has_header=True, author=author())
            finally:
                importer.close()
        announce(done)
        st.rerun()
