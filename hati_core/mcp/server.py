"""The MCP server on standard input and output: an adapter between the protocol and the agent's tools.

Standard output carries the protocol and nothing else; whatever is logged goes to standard error.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError

from hati_core.agent.answers import as_text
from hati_core.agent.instructions import for_client
from hati_core.agent.toolkit import Tool
from hati_core.mcp.session import UNNAMED, Session, Terms
from hati_core.release import version
from hati_core.repository import Repository
from hati_core.storage.limits import Stop

_SIGNALLED = 128
"""What shells add to the number of the signal that ended a program."""
_Context = ServerRequestContext[Any, Any]


def serve(repo: Repository, terms: Terms) -> None:
    """Serve one client on standard input and output until it goes."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    asyncio.run(_serve(Session(repo, terms)))


async def _serve(session: Session) -> None:
    # One call at a time: a client's writes come in the order in which it asked for them.
    pool = ThreadPoolExecutor(1, thread_name_prefix="hati mcp")
    server = make_server(session, pool)
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(number, _end, session, pool, number)
    try:
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())
    finally:
        # A call that is under way comes to its end first.
        await asyncio.get_running_loop().run_in_executor(pool, session.close)
        pool.shutdown()


def _end(session: Session, pool: ThreadPoolExecutor, number: int) -> None:
    """End the program once the session is closed: what waits for a line of standard input cannot be interrupted."""
    session.interrupt()
    pool.submit(session.close).add_done_callback(lambda _: os._exit(_SIGNALLED + number))


def make_server(session: Session, pool: ThreadPoolExecutor) -> Server[Any]:
    """The server of one session, whose calls run in ``pool``."""
    tools = {tool.name: tool for tool in session.tools}

    async def list_tools(_context: _Context, _params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[described(tool) for tool in tools.values()])

    async def call_tool(context: _Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        tool = tools.get(params.name)
        if tool is None:
            raise MCPError(types.INVALID_PARAMS, f"There is no tool “{params.name}”. There are: {', '.join(tools)}.")
        stop, arguments = Stop(), json.dumps(params.arguments or {})
        work = pool.submit(session.call, tool, arguments, _client(context), stop)
        try:
            answer = await asyncio.wrap_future(work)
        except asyncio.CancelledError:
            # The client does not want it any more: what runs is cut off, but for a commit that has begun.
            stop()
            raise
        text = as_text(answer)
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=text)],
            structured_content=json.loads(text),
            is_error="error" in answer,
        )

    return Server(
        "hati",
        version=version(),
        title="Hati",
        description="Branches of tables: try scenarios, see what each is worth, propose the good one.",
        instructions=for_client(session.terms.may_merge),
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def described(tool: Tool) -> types.Tool:
    """A tool as the protocol describes it."""
    hints = types.ToolAnnotations(read_only_hint=tool.reads_only, destructive_hint=False, open_world_hint=False)
    return types.Tool(name=tool.name, description=tool.description, input_schema=dict(tool.schema), annotations=hints)


def _client(context: _Context) -> str:
    params = context.session.client_params
    return f"{params.client_info.name} {params.client_info.version}" if params else UNNAMED
