"""Which things of several points are the same one: by lineage, and where lineage ends by name."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeVar

from hati_core.model import Column, TableInfo

Named = TypeVar("Named", Column, TableInfo)


def paired(found: Mapping[str, Sequence[Named]], identity: Callable[[str, Named], Hashable]) -> list[dict[str, Named]]:
    """Group what was found at several points, by label of the point.

    What has one identity is one thing, whatever it is called. Where that leaves a thing without
    a partner at some points and another one of the same name only there, they are taken for one:
    it was dropped and made again, or made on both sides.
    """
    groups: dict[Hashable, dict[str, Named]] = {}
    for label, things in found.items():
        for thing in things:
            groups.setdefault(identity(label, thing), {})[label] = thing
    result: list[dict[str, Named]] = []
    for group in groups.values():
        partner = next((other for other in result if _can_be_one(other, group)), None)
        if partner is None:
            result.append(group)
        else:
            partner.update(group)
    return result


def _can_be_one(left: Mapping[str, Named], right: Mapping[str, Named]) -> bool:
    names = {thing.name.casefold() for thing in left.values()}
    return not left.keys() & right.keys() and any(thing.name.casefold() in names for thing in right.values())
