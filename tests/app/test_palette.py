"""A branch keeps its colour."""

from __future__ import annotations

from datetime import UTC, datetime

from hati_core import BranchInfo
from hati_core.model import BranchStatus
from pages.parts.palette import BRANCHES, MAIN, branch_colours


def _info(name: str, status: BranchStatus = BranchStatus.ACTIVE) -> BranchInfo:
    parent = None if name == "main" else "main"
    return BranchInfo(name, name, parent, 0, 1, status, datetime(2026, 1, 1, tzinfo=UTC), "ada")


def test_main_is_slate_and_others_are_told_apart() -> None:
    colours = branch_colours([_info("main"), *(_info(f"b{n}") for n in range(len(BRANCHES)))])
    assert colours["main"] == MAIN
    assert len(set(colours.values())) == len(BRANCHES) + 1


def test_a_branch_keeps_its_colour_when_others_come_and_go() -> None:
    before = branch_colours([_info("main"), _info("a"), _info("b")])
    after = branch_colours([_info("main"), _info("a", BranchStatus.DISCARDED), _info("b"), _info("c")])
    assert after["b"] == before["b"]
    assert after["c"] not in (after["b"], MAIN)


def test_a_name_that_was_used_before_has_the_colour_of_the_live_branch() -> None:
    infos = [_info("main"), _info("a"), _info("b", BranchStatus.DISCARDED), _info("b")]
    assert branch_colours(infos)["b"] == BRANCHES[2]
    assert branch_colours([infos[0], infos[1], infos[3], infos[2]])["b"] == BRANCHES[1]


def test_colours_repeat_when_they_run_out() -> None:
    colours = branch_colours([_info("main"), *(_info(f"b{n}") for n in range(40))])
    assert len(colours) == 41
    assert set(colours.values()) == {MAIN, *BRANCHES}
