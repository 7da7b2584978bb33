"""A server without a worker: on the shared one, it would join these rooms and answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from livekit import rtc

from tests.tokens import Join, MintToken, token_minter
from worker.devstack.livekit_server import LiveKitServer


@pytest.fixture(scope="package")
def livekit_server() -> Iterator[LiveKitServer]:
    """A server of these tests' own."""
    with LiveKitServer.start() as server:
        yield server


@pytest.fixture(scope="package")
def token(livekit_server: LiveKitServer) -> MintToken:
    """Mints tokens for that server."""
    return token_minter(livekit_server)


@pytest.fixture
async def join(
    livekit_server: LiveKitServer, token: MintToken, request: pytest.FixtureRequest
) -> AsyncIterator[Join]:
    """Joins the test's room, under an identity, until the test ends."""
    rooms: list[rtc.Room] = []

    async def join(identity: str) -> rtc.Room:
        room = rtc.Room()
        rooms.append(room)
        await room.connect(livekit_server.url, token(identity, request.node.name))
        return room

    yield join
    for room in rooms:
        await room.disconnect()
