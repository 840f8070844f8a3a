"""What a program may write that somebody sent off: in whose name, how much, and for how long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hati_core.errors import TooManyRows
from hati_core.model import Origin, Touch
from hati_core.storage.limits import Stop


@dataclass(frozen=True)
class Mandate:
    """Every commit under it says its origin, and none is made once ``stop`` was called.

    ``rows`` is how many rows one commit may insert, update and delete; None is any number.
    """

    origin: Origin
    stop: Stop = field(default_factory=Stop)
    rows: int | None = None

    def require_few(self, branch: str, touched: Iterable[Touch]) -> None:
        """Check what a commit is about to change.

        Raises:
            TooManyRows: it is more than was allowed.
        """
        count = sum(touch.inserted + touch.updated + touch.deleted for touch in touched)
        if self.rows is not None and count > self.rows:
            raise TooManyRows(
                f"This would change {count:,} rows of “{branch}”, and {self.rows:,} may still change. "
                "Nothing was written; change fewer.",
                branch=branch,
            )
