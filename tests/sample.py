"""The sample portfolio, as the first page of the app loads it."""

from __future__ import annotations

from hati_core import Repository
from pages.parts.start import SAMPLE, SAMPLES


def load_sample(repo: Repository) -> None:
    """Put the 33 holdings and their prices on ``main``."""
    for table, file, key in SAMPLE:
        with (SAMPLES / file).open("rb") as content:
            importer = repo.importer(file, content)
            importer.load(repo.main, table, key, has_header=True)
            importer.close()
