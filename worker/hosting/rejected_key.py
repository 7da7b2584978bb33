"""Detects that the LiveKit server rejects the worker's key, which livekit-agents treats as an outage."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from types import SimpleNamespace

import aiohttp

REJECTIONS = (401, 403)
"""What a server answers to a key that it does not know, a wrong secret, or a token without the grant."""

_REGISTRATION = "/agent"
"""The end of the path at which workers register."""


def watch_rejections(
    session: aiohttp.ClientSession, on_rejected: Callable[[], Awaitable[None]]
) -> None:
    """Call back, and wait for it, each time the server rejects a registration.

    livekit-agents' own lines about it are dropped from then on: it writes one for each attempt.

    Args:
        session: What the worker connects with.
        on_rejected: What to do before livekit-agents is told.
    """

    async def on_answer(
        _session: aiohttp.ClientSession,
        _context: SimpleNamespace,
        answer: aiohttp.TraceRequestEndParams,
    ) -> None:
        if answer.url.path.endswith(_REGISTRATION) and answer.response.status in REJECTIONS:
            await on_rejected()

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(on_answer)
    trace.freeze()
    session.trace_configs.append(trace)
    logging.getLogger("livekit.agents").addFilter(_is_no_rejection)


def _is_no_rejection(record: logging.LogRecord) -> bool:
    return getattr(getattr(record, "error", None), "status", None) not in REJECTIONS
