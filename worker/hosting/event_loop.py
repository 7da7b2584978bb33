"""Which event loops this process makes."""

from __future__ import annotations

import asyncio
import warnings

import uvloop


def use_uvloop() -> None:
    """Have all event loops be uvloop's, those that livekit-agents makes, too."""
    with warnings.catch_warnings():
        # livekit-agents makes its loops by the policy, and has no other place to say which.
        # Python 3.14 warns of policies; 3.16 will have none.
        warnings.simplefilter("ignore", DeprecationWarning)
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
