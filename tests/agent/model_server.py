"""A server on this machine that speaks the Responses API and Chat Completions, and misbehaves as it is told."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What one request gets: words, calls of tools as (name, arguments), or a status.

    ``cut`` breaks off the stream, ``early`` ends it as if that had been all, ``held`` waits in its middle.
    """

    text: str = ""
    calls: Sequence[tuple[str, str]] = ()
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None
    cut: bool = False
    early: bool = False
    silent: bool = False
    held: threading.Event | None = None


Asked = dict[str, Any]
"""A request as it came."""


class ModelServer(ThreadingHTTPServer):
    """Gives its replies one after the other, the last one again and again, or what a function makes of a request.

    Keeps what it was asked.
    """

    daemon_threads = True

    def __init__(self, replies: Sequence[Reply | Callable[[Asked], Reply]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies = list(replies)
        self.asked: list[Asked] = []
        self.keys: list[str | None] = []
        self.closing = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def next(self, asked: Asked) -> Reply:
        found = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return found if isinstance(found, Reply) else found(asked)


@contextmanager
def serving(*replies: Reply | Callable[[Asked], Reply]) -> Iterator[ModelServer]:
    """Serve while the block runs."""
    server = ModelServer(replies)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: ModelServer

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing is printed."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append(asked)
        self.server.keys.append(self.headers["authorization"])
        reply = self.server.next(asked)
        if reply.silent:
            self.server.closing.wait(30)
            return
        if reply.status != 200:
            self._send(reply.status, "application/json", reply.headers)
            self.wfile.write(json.dumps(reply.body or {"error": {"message": "no"}}).encode())
            return
        # Where it is cut off, more was promised than comes.
        self._send(200, "text/event-stream", {"content-length": "1000000"} if reply.cut else {})
        events = _responses(reply) if self.path.endswith("/responses") else _chunks(reply)
        for at, event in enumerate(events[: len(events) // 2] if reply.cut or reply.early else events):
            if reply.held and at == len(events) // 2:
                reply.held.wait(60)
            self.wfile.write(f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n".encode())

    def _send(self, status: int, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"content-type": kind, "connection": "close", **headers}.items():
            self.send_header(name, value)
        self.end_headers()


def _words(reply: Reply) -> list[str]:
    return re.findall(r"\S+\s*", reply.text)


def _responses(reply: Reply) -> list[Any]:
    content = [{"type": "output_text", "text": reply.text, "annotations": []}]
    message = {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": content}
    calls = [
        {"type": "function_call", "id": f"f{at}", "call_id": f"c{at}-{id(reply)}", "name": name, "arguments": arguments}
        for at, (name, arguments) in enumerate(reply.calls)
    ]
    usage = {
        "input_tokens": 100,
        "output_tokens": 10,
        "total_tokens": 110,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }
    response = {
        "id": "r",
        "object": "response",
        "created_at": 0,
        "model": "m",
        "output": calls or ([message] if reply.text else []),
        "parallel_tool_calls": False,
        "tool_choice": "auto",
        "tools": [],
        "status": "completed",
        "usage": usage,
    }
    place = {"item_id": "m", "output_index": 0, "content_index": 0}
    deltas = [{"type": "response.output_text.delta", "delta": word, "logprobs": [], **place} for word in _words(reply)]
    begun = {"type": "response.created", "response": {**response, "output": [], "usage": None, "status": "in_progress"}}
    events = [begun, *deltas, {"type": "response.completed", "response": response}]
    return [{**event, "sequence_number": at} for at, event in enumerate(events)]


def _chunks(reply: Reply) -> list[Any]:
    def chunk(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        choices = [{"index": 0, "delta": delta, "finish_reason": reason}]
        about = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m"}
        return {**about, "choices": choices}

    calls = [
        {
            "index": at,
            "id": f"c{at}-{id(reply)}",
            "type": "function",
            "function": {"name": name, "arguments": arguments},
        }
        for at, (name, arguments) in enumerate(reply.calls)
    ]
    words = [chunk({"content": word}) for word in _words(reply)]
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    end = chunk({}, "tool_calls" if calls else "stop")
    return [
        chunk({"role": "assistant"}),
        *words,
        *([chunk({"tool_calls": calls})] if calls else []),
        end,
        {**chunk({}), "choices": [], "usage": usage},
        "[DONE]",
    ]
