"""What the tests of the agent share."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from hati_core import Branch, Repository
from hati_core.agent.toolkit import EVERY_TOOL, call
from hati_core.agent.workspace import Allowance, Workspace
from hati_core.runs import RunLimits
from hati_core.storage.limits import Stop
from tests.core.conftest import set_up

Call = Callable[..., dict[str, Any]]


@pytest.fixture
def main(repo: Repository) -> Branch:
    """``main`` with the founding document's three positions."""
    return set_up(repo)


@pytest.fixture
def work(repo: Repository, main: Branch) -> Workspace:
    """A workspace of a run that may make five branches and change a hundred rows."""
    limits = RunLimits(scenarios=5, rows=100)
    return Workspace(repo, "run1", "agent for ada", Stop(), limits, Allowance(100), forks=Allowance(5))


@pytest.fixture
def tools(work: Workspace) -> Call:
    """Calls a tool by name, as a model does."""
    return calling(work)


def calling(work: Workspace) -> Call:
    """Calls tools in a workspace."""
    known = {tool.name: tool for tool in EVERY_TOOL}

    def run(name: str, /, **arguments: object) -> dict[str, Any]:
        return call(work, known[name], json.dumps(arguments))

    return run
