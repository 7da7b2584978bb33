"""The deployment that a worker belongs to, if its environment names one."""

from __future__ import annotations

import logging
import os

from livekit.agents import AgentServer

logger = logging.getLogger(__name__)


def explain_deployment(server: AgentServer) -> None:
    """Have a worker with a deployment say, once it is registered, that rooms do not call it by themselves.

    ``lk agent dev`` names one from its version 2.19 on, so that somebody who tries things out does not
    take the rooms of the workers in production.
    """
    deployment = os.environ.get("LIVEKIT_AGENT_DEPLOYMENT")
    if deployment:
        extra = {"deployment": deployment}
        server.once(
            "worker_registered",
            lambda *_: logger.info("only dispatches that name the deployment come", extra=extra),
        )
