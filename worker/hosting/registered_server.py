"""livekit-agents' server, which reports when it is not registered, and why."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
from aiohttp import web

from worker.refusal import BAD_SETTINGS

from .discreet_server import DiscreetServer
from .internals import Feature, Internal
from .registration import Registration
from .rejected_key import watch_rejections

logger = logging.getLogger(__name__)

HEALTH = Feature(
    "the health check does not fail when the worker is not registered",
    (
        Internal("livekit.agents", "AgentServer.run", touches=frozenset({"_http_server", "app"})),
        Internal(
            "livekit.agents",
            "AgentServer._connection_task",
            touches=frozenset({"_handle_register", "_run_ws"}),
        ),
        Internal("livekit.agents", "AgentServer._run_ws", frozenset({"ws"})),
        Internal("livekit.agents.utils.http_server", "HttpServer.app"),
    ),
)

REJECTED_KEY = Feature(
    "a worker with a wrong key or secret keeps trying and does not exit",
    (
        *HEALTH.internals,
        Internal(
            "livekit.agents", "AgentServer.run", touches=frozenset({"_http_session", "_conn_task"})
        ),
        Internal(
            "livekit.agents",
            "AgentServer._connection_task",
            touches=frozenset({"_http_session", "ws_connect"}),
        ),
        Internal("livekit.agents", "AgentServer.aclose", touches=frozenset({"_conn_task"})),
    ),
)

_REJECTED = "LIVEKIT_API_KEY or LIVEKIT_API_SECRET rejected by the LiveKit server at LIVEKIT_URL"
_REJECTED_LATER = f"{_REJECTED}; they were accepted before, so the worker keeps trying"

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class RegisteredServer(DiscreetServer):
    """Its health check fails while it is not registered; it ends if its key is refused at first."""

    def __init__(self, *, health_grace: float, **options: Any) -> None:
        """Prepare to run.

        Args:
            health_grace: Seconds without a registration after which the health check fails.
            options: What `DiscreetServer` takes.
        """
        self.health_note: Callable[[], str] = lambda: ""
        """Says in a line what else the health check is to tell while it succeeds; empty if nothing."""
        self._health_grace = health_grace
        self._registration = Registration()
        self._served: Any = None
        self._has_warned = False
        self._is_rejected = False
        self._ending: asyncio.Task[None] | None = None
        self._http_session = None
        super().__init__(**options)
        if not REJECTED_KEY.misfits:
            # Called before the first attempt to register, which is a task of its own.
            self.once("worker_started", self._watch_rejections)

    async def run(self, *, devmode: bool = False, unregistered: bool = False) -> None:
        """Run as `DiscreetServer` does."""
        if not unregistered:
            self._registration.miss()
        await super().run(devmode=devmode, unregistered=unregistered)

    async def aclose(self) -> None:
        """Close as `AgentServer` does.

        Raises:
            SystemExit: The key was refused. `run` could not raise it without a traceback in the log.
        """
        await super().aclose()
        if self._is_rejected:
            raise SystemExit(BAD_SETTINGS)

    @property
    def is_registered(self) -> bool:
        """Whether LiveKit knows it now."""
        return self._registration.had and self._registration.missing_for == 0

    @contextlib.asynccontextmanager
    async def http_session(self) -> AsyncIterator[aiohttp.ClientSession]:
        """The session that this worker registers with; another where livekit-agents has none."""
        if self._http_session is not None:
            yield self._http_session
        else:
            async with aiohttp.ClientSession(trust_env=True) as session:
                yield session

    @property
    def _http_server(self) -> Any:
        """The server of the health check, which `run` makes and starts."""
        return self._served

    @_http_server.setter
    def _http_server(self, server: Any) -> None:
        self._served = server
        if server is not None and not HEALTH.misfits:
            server.app.middlewares.append(self._check_health)

    @web.middleware
    async def _check_health(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        missing_for = self._registration.missing_for
        if request.path == "/" and missing_for > self._health_grace:
            reason = f"not registered with the LiveKit server for {missing_for:.0f} s"
            return web.Response(status=503, text=reason)
        answer = await handler(request)
        # Not a failure: the worker answers all the same, and to restart it would help nobody.
        note = self.health_note() if request.path == "/" else ""
        if note and isinstance(answer, web.Response) and answer.status == 200:
            answer.text = f"{answer.text}\n{note}"
        return answer

    async def _run_ws(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        """Serve the connection over which this worker has just been registered, until it ends."""
        self._registration.hold()
        self._has_warned = False
        try:
            await super()._run_ws(ws)
        finally:
            self._registration.miss()

    def _watch_rejections(self) -> None:
        if self._http_session is not None:
            watch_rejections(self._http_session, self._on_rejected)

    async def _on_rejected(self) -> None:
        if self._registration.had:
            if not self._has_warned:
                self._has_warned = True
                logger.warning(_REJECTED_LATER)
            return
        logger.error(_REJECTED)
        self._is_rejected = True
        self._ending = asyncio.get_running_loop().create_task(super().aclose())
        # Closing cancels this attempt. There is to be no other.
        await asyncio.Event().wait()
