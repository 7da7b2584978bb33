"""The deployment that a worker belongs to, if its environment names one."""

from __future__ import annotations

import logging
import os

from livekit.agents import AgentServer

logger = logging.getLogger(__name__)


def explain_deployment(server: AgentServer) -> None:
    """Log, once the worker is registered, that a deployment name keeps it from other rooms.

    ``lk agent dev`` sets one from its version 2.19 on, so that trying something out does not take rooms
    from the workers in production.
    """
    deployment = os.environ.get("LIVEKIT_AGENT_DEPLOYMENT")
    if deployment:
        extra = {"deployment": deployment}
        server.once(
            "worker_registered",
            lambda *_: logger.info(
                "only dispatches with this deployment name reach the worker", extra=extra
            ),
        )
