"""The official client of the protocol, talking to a server in a process of its own, or in this one."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp_types import Implementation

from hati_core import Branch, Repository
from hati_core.mcp.server import make_server
from hati_core.mcp.session import Session, Terms
from tests.core.conftest import set_up
from tests.core.processes import ROOT
from tests.looping import run_apart

INFO = Implementation(name="notebook", version="1.2")


@dataclass(frozen=True)
class Called:
    """What a tool answered, and whether the client was told that it failed."""

    answer: dict[str, Any]
    is_error: bool


class Tools:
    """The tools as a client calls them."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def __call__(self, name: str, /, **arguments: object) -> Called:
        found = await self.client.call_tool(name, arguments)
        return Called(found.structured_content, bool(found.is_error))


@pytest.fixture
def main(repo: Repository) -> Branch:
    """``main`` with the founding document's three positions."""
    return set_up(repo)


def command(place: str, *words: str) -> StdioServerParameters:
    """What a client starts: the command line, as its configuration says."""
    arguments = ["-W", "error", "-m", "hati_core", "--repo", place, "mcp", "--author", "ada", *words]
    return StdioServerParameters(command=sys.executable, args=arguments, cwd=ROOT)


@asynccontextmanager
async def connected(place: str, *words: str, mode: str = "auto") -> AsyncIterator[Tools]:
    """A client of a server in a process of its own."""
    async with Client(command(place, *words), mode=mode, client_info=INFO) as client:
        yield Tools(client)


@contextmanager
def _session(repo: Repository, terms: Terms) -> Iterator[tuple[Session, ThreadPoolExecutor]]:
    session = Session(repo, terms)
    with ThreadPoolExecutor(1) as pool:
        try:
            yield session, pool
        finally:
            pool.submit(session.close).result()


@asynccontextmanager
async def beside(repo: Repository, terms: Terms, client_info: Implementation = INFO) -> AsyncIterator[Tools]:
    """A client of a server in this process."""
    with _session(repo, terms) as (session, pool):
        async with Client(make_server(session, pool), client_info=client_info) as client:
            yield Tools(client)


def run(job: Callable[[], Awaitable[None]]) -> None:
    """Run a job of a client to its end."""

    async def whole() -> None:
        await job()

    run_apart(whole)
