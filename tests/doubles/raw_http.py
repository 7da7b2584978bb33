"""A double of an LLM service that sends exactly the bytes it is told to, and knows nothing of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import Any, Self

EVENT_STREAM = {"content-type": "text/event-stream"}

TURNS_OF_THE_LOOP = 4
"""How often the event loop runs before the next piece: the client, in the same loop, reads each by
itself then, as what is written on loopback is there at once."""


class End(Enum):
    """What becomes of the connection after the body."""

    WHOLE = "whole"
    """The body ends as HTTP has it."""
    CLOSE = "close"
    """The connection is closed before HTTP's own end of the body."""
    RESET = "reset"
    """The connection is reset, as by a server that was killed."""


@dataclass(frozen=True)
class RawAnswer:
    """What is sent for one request."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: EVENT_STREAM)
    pieces: Sequence[int] = ()
    """Where the body is split, as offsets in bytes; each piece arrives by itself."""
    then: End = End.WHOLE

    def split(self) -> list[bytes]:
        """The pieces that arrive one by one."""
        ends = [*sorted(at for at in self.pieces if 0 < at < len(self.body)), len(self.body)]
        return [self.body[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@dataclass(frozen=True)
class RawRequest:
    """What came in one request."""

    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: dict[str, Any]
    """Empty if there was none."""

    @property
    def text(self) -> str:
        """The body as JSON, without any space between its tokens."""
        return json.dumps(self.body, separators=(",", ":"), ensure_ascii=False)

    @property
    def messages(self) -> list[tuple[str, str]]:
        """Role and text of each message."""
        return [(each["role"], text_of(each.get("content"))) for each in self.body["messages"]]


def text_of(content: Any) -> str:
    """The text of a message, whichever form its content has."""
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content)
    return content or ""


class RawService:
    """A server on loopback in the running event loop, as an async context manager."""

    def __init__(self, answer: Callable[[RawRequest], RawAnswer]) -> None:
        """Answer nothing before it is entered.

        Args:
            answer: Called with each POST request.
        """
        self.answer = answer
        self.requests: list[RawRequest] = []
        """All POST requests so far."""
        self.url = ""
        """Without a path; known once it is entered."""
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        # A client that had enough leaves.
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._exchange(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, request = await _read(reader)
        if method == "POST":
            self.requests.append(request)
            answer = self.answer(request)
        else:
            answer = RawAnswer(b'{"object":"list","data":[]}', headers={})
        await _send(writer, answer)


async def _read(reader: asyncio.StreamReader) -> tuple[str, RawRequest]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    method, path, _ = first.split(" ", 2)
    named = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in named}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return method, RawRequest(path, headers, json.loads(body or "{}"))


async def _send(writer: asyncio.StreamWriter, answer: RawAnswer) -> None:
    status = HTTPStatus(answer.status) if answer.status in _STANDARD else None
    phrase = "Odd" if status is None else status.phrase
    lines = [
        f"HTTP/1.1 {answer.status} {phrase}",
        *(f"{name}: {value}" for name, value in answer.headers.items()),
        "transfer-encoding: chunked",
        "connection: close",
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    for piece in answer.split():
        if piece:
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
            for _ in range(TURNS_OF_THE_LOOP if answer.pieces else 1):
                await asyncio.sleep(0)
    if answer.then is End.WHOLE:
        writer.write(b"0\r\n\r\n")
        await writer.drain()
    elif answer.then is End.RESET:
        await _let_the_client_read()
        # Linger for 0 seconds: to close is to reset.
        connection: socket.socket = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()


_STANDARD = frozenset(HTTPStatus)


async def _let_the_client_read() -> None:
    for _ in range(10 * TURNS_OF_THE_LOOP):
        await asyncio.sleep(0)
