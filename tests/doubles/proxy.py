"""A proxy in front of a server, which can be gone, silent, or as if it were not there."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from worker.devstack.ports import LOOPBACK, free_port


class Proxy:
    """Passes bytes on while it is open. It begins closed."""

    def __init__(self, target: int) -> None:
        """Prepare.

        Args:
            target: The server's port.
        """
        self.port = free_port()
        """Where clients connect."""
        self._target = target
        self._server: asyncio.Server | None = None
        self._flows = asyncio.Event()
        self._links: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Take connections, and pass on what comes."""
        self._flows.set()
        self._server = await asyncio.start_server(self._link, LOOPBACK, self.port)

    def freeze(self) -> None:
        """Pass nothing on, and close nothing either, as a network does that fails."""
        self._flows.clear()

    def thaw(self) -> None:
        """Pass on what waited, and what comes."""
        self._flows.set()

    async def close(self) -> None:
        """Break all connections, and refuse others."""
        if self._server is not None:
            self._server.close()
        for link in self._links:
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = asyncio.current_task()
        assert link is not None
        self._links.add(link)
        link.add_done_callback(self._links.discard)
        far_reader, far_writer = await asyncio.open_connection(LOOPBACK, self._target)
        ways = [self._pass(reader, far_writer), self._pass(far_reader, writer)]
        flows = [asyncio.ensure_future(way) for way in ways]
        try:
            await asyncio.wait(flows, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            pass  # Both ends learn of it below.
        finally:
            for flow in flows:
                flow.cancel()
            for end in (writer, far_writer):
                end.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self._flows.wait()
            writer.write(data)
            await writer.drain()
