"""A real room with the agent's voice in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest

from tests.doubles.speech import FakeSpeech
from tests.tokens import MintToken
from tests.waiting import eventually
from worker.devstack.livekit_server import LiveKitServer

from .stage import Listener, Stage


@pytest.fixture
def speech() -> Iterator[FakeSpeech]:
    """A speech service that speaks in tones."""
    with FakeSpeech() as service:
        yield service


@pytest.fixture
async def stage(
    livekit_server: LiveKitServer, token: MintToken, speech: FakeSpeech
) -> AsyncIterator[Stage]:
    """The agent in a room where it is alone."""
    stage = Stage(speech, uuid4().hex)
    await stage.room.connect(livekit_server.url, token("agent", stage.name, kind="agent"))
    yield stage
    await stage.aclose()


@pytest.fixture
async def ann(
    stage: Stage, livekit_server: LiveKitServer, token: MintToken
) -> AsyncIterator[Listener]:
    """Somebody who joined it."""
    ann = Listener()
    await ann.connect(livekit_server.url, token("ann", stage.name))
    # A worker of the same run may have sent its agent, too.
    await eventually(lambda: "ann" in stage.room.remote_participants)
    yield ann
    await ann.aclose()
