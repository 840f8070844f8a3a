"""One open repository for each author that is connected: it signs what the repository itself commits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from hati_core.repository import Repository


class Authors:
    """Lends the repository in somebody's name; those of one name share it."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._guard = threading.Lock()
        self._open: dict[str, tuple[Repository, int]] = {}

    @contextmanager
    def lent(self, author: str) -> Iterator[Repository]:
        """The repository, whose commits are this author's."""
        with self._guard:
            repository, users = self._open.get(author, (None, 0))
            repository = repository or self._repository.again(author)
            self._open[author] = (repository, users + 1)
        try:
            yield repository
        finally:
            with self._guard:
                repository, users = self._open.pop(author)
                if users > 1:
                    self._open[author] = (repository, users - 1)
                else:
                    repository.close()
