"""A real room with the agent's voice in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest

from tests.doubles.speech import FakeSpeech
from tests.tokens import MintToken, token_minter
from tests.waiting import eventually
from worker.devstack.livekit_server import LiveKitServer

from .stage import Listener, Stage


@pytest.fixture(scope="module")
def livekit_server() -> Iterator[LiveKitServer]:
    """A server without a worker, whose agent would join these rooms."""
    with LiveKitServer.start() as server:
        yield server


@pytest.fixture(scope="module")
def token(livekit_server: LiveKitServer) -> MintToken:
    """Mints tokens for rooms on it."""
    return token_minter(livekit_server)


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
    await eventually(lambda: "ann" in stage.room.remote_participants)
    yield ann
    await ann.aclose()
