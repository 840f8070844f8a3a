"""What a branch may be called, and by what a row is named."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from hati_core.errors import InvalidBranchName

MAIN = "main"
LONGEST = 80


def folded(name: str) -> str:
    """A name without regard to case and to how its accents were typed: names that fold alike are the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).strip().casefold())


def valid_branch_name(name: str) -> str:
    """The name in its normal form, without space around it.

    Raises:
        InvalidBranchName: empty, longer than 80 characters, with control characters, or reserved.
    """
    tidy = unicodedata.normalize("NFC", name).strip()
    if not tidy:
        raise InvalidBranchName("Give the branch a name, for instance “aggressive-growth”.")
    if len(tidy) > LONGEST:
        raise InvalidBranchName(f"A branch name has at most {LONGEST} characters; this one has {len(tidy)}.")
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in tidy):
        raise InvalidBranchName("A branch name cannot have line breaks, control or invisible characters.")
    if tidy.casefold() == MAIN:
        raise InvalidBranchName("“main” is the name of the branch that all others come from. Choose another name.")
    return tidy


def key_text(key: Iterable[object]) -> str:
    """The values of a key, as messages name a row by them."""
    return " · ".join(str(value) for value in key)
