"""The packages that a run needs are loaded before it works; where that fails, it can be tried again."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hati_core.agent.loading import load
from hati_core.errors import PackagesNotLoaded
from tests.core.processes import run_python

_FAILS = "import pathlib\nleft = pathlib.Path({place!r})\nn = int(left.read_text())\nleft.write_text(str(n - 1))\n"


@pytest.fixture
def fragile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that fails to load as often as the file says."""
    monkeypatch.syspath_prepend(tmp_path)
    left = tmp_path / "left"
    failure = "if n > 0:\n    raise SystemError('AST constructor recursion depth mismatch')\n"
    (tmp_path / "fragile_package.py").write_text(_FAILS.format(place=str(left)) + failure)
    return left


def test_what_fails_once_is_loaded_again(fragile: Path) -> None:
    fragile.write_text("1")
    load(("fragile_package",))
    assert fragile.read_text() == "-1"


def test_what_keeps_failing_is_said_and_can_be_tried_later(fragile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "fragile_package", raising=False)
    fragile.write_text("3")
    with pytest.raises(PackagesNotLoaded, match="recursion depth mismatch"):
        load(("fragile_package",))
    load(("fragile_package",))


def test_a_run_that_could_not_begin_says_so_and_is_repeated(place: str) -> None:
    program = (
        "from hati_core import Repository\n"
        "from hati_core.agent import Access, AgentDesk\n"
        "from hati_core.runs import RunLimits\n"
        "from tests.core.conftest import set_up\n"
        "sys.modules['agents'] = None\n"
        "with Repository.open(sys.argv[1], author='ada') as repo:\n"
        "    set_up(repo)\n"
        "    desk = AgentDesk(repo, access=Access(None, None))\n"
        "    run = desk.wait(desk.explore('Raise the portfolio value', limits=RunLimits(scenarios=1)).id)\n"
        "    print(run.status.value, run.problem, 'nothing was tried' in run.outcome, len(repo.branches()))\n"
        "    del sys.modules['agents']\n"
        "    again = desk.wait(desk.repeat(run.id).id)\n"
        "    print(again.status.value, again.goal == run.goal, again.limits == run.limits)\n"
    )
    assert run_python(program, place).splitlines() == ["failed not_loaded True 1", "done True True"]
