"""What a program may write that somebody sent off."""

from __future__ import annotations

import pytest

from hati_core import Branch, Mandate, Origin, Repository, TableEdits
from hati_core.errors import QueryTimeout, TooManyRows
from hati_core.scenarios.actions import make_action


def test_a_commit_tells_which_run_and_step_it_comes_from(branch: Branch) -> None:
    mandate = Mandate(Origin("run1", 7))
    branch.execute("UPDATE portfolio SET shares = 1 WHERE ticker = 'AAPL'", mandate=mandate)
    branch.edit("portfolio", TableEdits(deletes=[("MSFT",)]), mandate=mandate)
    branch.act(make_action("scale_positions", {"table": "portfolio", "factor": 3}), mandate=mandate)
    branch.execute("UPDATE portfolio SET shares = 2")
    assert [commit.origin for commit in branch.log(4)] == [None, *[Origin("run1", 7)] * 3]


def test_a_merge_tells_which_run_asked_for_it(repo: Repository, main: Branch) -> None:
    repo.create_branch("tech").execute("UPDATE portfolio SET shares = 1")
    commit = repo.apply_merge(repo.plan_merge("tech"), mandate=Mandate(Origin("run1")))
    assert commit.origin == Origin("run1", None)


def test_more_rows_than_allowed_are_not_written(branch: Branch) -> None:
    head = branch.head
    with pytest.raises(TooManyRows, match=r"would change 3 rows of “test .*”, and 2 may still change"):
        branch.execute("UPDATE portfolio SET shares = 1", mandate=Mandate(Origin("run1"), rows=2))
    assert branch.head == head
    assert branch.execute("UPDATE portfolio SET shares = 1", mandate=Mandate(Origin("run1"), rows=3)) == 3


def test_nothing_is_written_once_it_was_stopped_however_late(branch: Branch) -> None:
    mandate, head = Mandate(Origin("run1")), branch.head

    def write_and_stop() -> None:
        with branch.transaction(mandate=mandate) as tx:
            tx.execute("UPDATE portfolio SET shares = 1")
            mandate.stop()

    with pytest.raises(QueryTimeout):
        write_and_stop()
    assert branch.head == head


def test_what_has_begun_to_last_is_waited_for(branch: Branch) -> None:
    stop = Mandate(Origin("run1")).stop
    with stop.lasting():
        stop()
        assert not stop.settled(timeout=0)
    assert stop.settled(timeout=0)
    with pytest.raises(QueryTimeout, match="Nothing was written"), stop.lasting():
        pass
