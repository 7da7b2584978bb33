"""A server of these tests' own: they start and end workers, which would take others' rooms."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from livekit import api

from tests.e2e.hosting.rooms import Rooms
from tests.tokens import MintToken, token_minter
from worker.devstack.livekit_server import LiveKitServer


@pytest.fixture
def livekit_server() -> Iterator[LiveKitServer]:
    """A server without a worker."""
    with LiveKitServer.start() as server:
        yield server


@pytest.fixture
def token(livekit_server: LiveKitServer) -> MintToken:
    """Mints tokens for that server."""
    return token_minter(livekit_server)


@pytest.fixture
async def rooms(livekit_server: LiveKitServer) -> AsyncIterator[Rooms]:
    """Opens and closes rooms on that server."""
    url = livekit_server.url.replace("ws", "http", 1)
    secret = livekit_server.api_secret
    async with api.LiveKitAPI(url, livekit_server.api_key, secret) as livekit:
        yield Rooms(livekit)


@pytest.fixture(params=["shared", "process"])
def isolation(request: pytest.FixtureRequest) -> str:
    """Where the rooms run."""
    mode: str = request.param
    return mode
