"""What is logged of a job that others have ended."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
from livekit import rtc
from livekit.agents import JobContext

from tests.doubles import FakeRoom
from worker.hosting.outside_end import log_end_from_outside

USUAL = {"CLIENT_INITIATED", "ROOM_DELETED", "ROOM_CLOSED"}


@pytest.mark.parametrize("reason", rtc.DisconnectReason.keys())
async def test_every_reason_but_the_usual_ones_is_a_warning(
    reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    room = FakeRoom()
    log_end_from_outside(cast("JobContext", SimpleNamespace(room=room)))
    room.emit("disconnected", rtc.DisconnectReason.Value(reason))
    logged = [(record.levelname, vars(record)["reason"]) for record in caplog.records]
    assert logged == ([] if reason in USUAL else [("WARNING", reason)])
