"""What the shell is told."""

from __future__ import annotations

from enum import IntEnum

from hati_core.errors import (
    BranchBusy,
    BranchMoved,
    CheckViolation,
    HatiError,
    KeyViolation,
    MergeConflict,
    StaleEdit,
)


class Exit(IntEnum):
    """How a command ended. These numbers are part of what the command line promises."""

    DONE = 0
    ERROR = 1
    USAGE = 2
    CONFLICTS = 3
    MOVED = 4


MEANINGS = {
    Exit.DONE: "done, or there was nothing to do",
    Exit.ERROR: "it could not be done; a sentence on standard error says why",
    Exit.USAGE: "the command was written wrongly",
    Exit.CONFLICTS: "nothing was written: conflicts are open, rows break a rule or do not fit, or --yes is missing",
    Exit.MOVED: "nothing was written: somebody else changed the branch meanwhile, or holds it",
}
_OF: tuple[tuple[type[HatiError], Exit], ...] = (
    (MergeConflict, Exit.CONFLICTS),
    (CheckViolation, Exit.CONFLICTS),
    (KeyViolation, Exit.CONFLICTS),
    (BranchMoved, Exit.MOVED),
    (BranchBusy, Exit.MOVED),
    (StaleEdit, Exit.MOVED),
)


def exit_of(error: HatiError) -> Exit:
    """What an error ends a command with."""
    return next((code for kind, code in _OF if isinstance(error, kind)), Exit.ERROR)
