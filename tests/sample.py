"""The sample portfolios, as the first page of the app loads them."""

from __future__ import annotations

from hati_core import Repository
from pages.parts.start import SAMPLE, SAMPLES, TUTORIAL


def load_sample(repo: Repository, files: tuple[tuple[str, str, tuple[str, ...]], ...] = SAMPLE) -> None:
    """Put the 33 holdings and their prices on ``main``, or the files of another portfolio."""
    for table, file, key in files:
        with (SAMPLES / file).open("rb") as content:
            importer = repo.importer(file, content)
            importer.load(repo.main, table, key, has_header=True)
            importer.close()


def load_tutorial(repo: Repository) -> None:
    """Put the three positions of the tutorial on ``main``."""
    load_sample(repo, TUTORIAL)
