"""A service of OpenAI's kind on loopback, for doubles."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from concurrent.futures import Future
from typing import Self

from aiohttp import web

START_LIMIT = 10.0
"""Seconds that the server may take to listen, and to end."""


class LoopbackService(ABC):
    """A server on loopback, as a context manager.

    It lives in a thread and an event loop of its own, so that it serves a worker in another
    process however busy or blocked the test is.
    """

    def __init__(self) -> None:
        self.base_url = ""
        """What the setting with the service's URL is to be; known once the server has started."""
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._started: Future[str] = Future()
        self._loop: asyncio.AbstractEventLoop
        self._stopping: asyncio.Event

    def __enter__(self) -> Self:
        self._thread.start()
        self.base_url = self._started.result(START_LIMIT)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(START_LIMIT)

    @abstractmethod
    def _application(self) -> web.Application:
        """What answers the requests."""

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        # Without handler_cancellation a client that leaves goes unnoticed until the next write.
        runner = web.AppRunner(
            self._application(), handler_cancellation=True, access_log=None, shutdown_timeout=0
        )
        try:
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0]
            self._started.set_result(f"http://{host}:{port}/v1")
            await self._stopping.wait()
        except OSError as error:
            self._started.set_exception(error)
        finally:
            await runner.cleanup()
