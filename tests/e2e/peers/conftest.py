"""A server without a worker: on the shared one, it would join these rooms and answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.tokens import MintToken, token_minter
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
