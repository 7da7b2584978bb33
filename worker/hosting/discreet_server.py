"""livekit-agents' server, whose processes print nothing private unless told to."""

from __future__ import annotations

import logging
from typing import Any

from livekit.agents import AgentServer

from worker.privacy.hooks import hide_private
from worker.privacy.native_stderr import start_native_filter

from .native_logs import choose_native_levels

logger = logging.getLogger(__name__)


class DiscreetServer(AgentServer):
    """Prints nothing of what people say, of their names and of tokens."""

    def __init__(self, *, log_private: bool, **options: Any) -> None:
        """Prepare to run.

        Args:
            log_private: Whether to print all that, for finding faults.
            options: What `AgentServer` takes.
        """
        self._log_private = log_private
        super().__init__(**options)

    async def run(self, *, devmode: bool = False, unregistered: bool = False) -> None:
        """Run as `AgentServer` does. Logging was set up before, and no other process started."""
        choose_native_levels()
        if self._log_private:
            logger.warning("CHAT_LOG_PRIVATE is set: messages, names and tokens are logged")
        else:
            hide_private()
            if not start_native_filter():
                logger.warning("cannot filter native log lines, so none are printed")
        await super().run(devmode=devmode, unregistered=unregistered)
