"""Knowing what became of a commit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hati_core.errors import EngineRestarted, HatiError
from hati_core.storage.catalog import Catalog


class Attempt:
    """A commit that is being made on a version, or not yet."""

    def __init__(self) -> None:
        self.on: int | None = None

    def begins(self, head: int) -> None:
        """From now on the commit may have come to pass, whatever happens."""
        self.on = head


@contextmanager
def certain(catalog: Catalog) -> Iterator[Attempt]:
    """Find out whether a commit came to pass during which DuckDB died; if so, the block ends well.

    The caller holds the branch, so that no version comes from anybody else.

    Raises:
        EngineRestarted: DuckDB died, and nothing was written; or nobody can say, and then the message tells so.
    """
    attempt = Attempt()
    try:
        yield attempt
    except EngineRestarted as error:
        if attempt.on is None or not _has_moved(catalog, attempt.on, error):
            raise


def _has_moved(catalog: Catalog, head: int, error: EngineRestarted) -> bool:
    try:
        return catalog.head() != head
    except HatiError as failure:
        raise EngineRestarted(
            f"DuckDB failed inside during the commit on “{catalog.name}” and had to be started anew, which did not "
            f"work: {failure.message} Look into the history of the branch whether the change was written.",
            branch=catalog.name,
        ) from error
