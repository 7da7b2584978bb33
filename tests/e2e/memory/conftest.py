"""A deployment with a store, which a whole module of tests shares: each test has a room of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from livekit import api

from tests.doubles import FakeOpenAI, echo
from tests.e2e.hosting.rooms import Rooms
from tests.e2e.memory.deployment import Deployment
from tests.e2e.people import Door
from tests.e2e.rescue.fleet import Fleet
from tests.postgres import PostgresServer
from worker.devstack.livekit_server import LiveKitServer


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """An empty database, as CHAT_MEMORY names it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('memory') / 'memory.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as url:
        yield url


@pytest.fixture(scope="module")
def deployment(store: str) -> Iterator[Deployment]:
    """A server, an LLM, and one worker with a memory, which may be killed and started again."""
    with (
        LiveKitServer.start() as server,
        FakeOpenAI() as llm,
        Fleet(server, llm.base_url, CHAT_MEMORY=store) as fleet,
    ):
        yield Deployment(server, llm, fleet, fleet.start(), store)


@pytest.fixture
def llm(deployment: Deployment) -> FakeOpenAI:
    """The deployment's LLM, which echoes until the test says otherwise, with nothing asked."""
    deployment.llm.script = echo
    deployment.llm.requests.clear()
    return deployment.llm


@pytest.fixture
async def rooms(deployment: Deployment) -> AsyncIterator[Rooms]:
    """Opens and closes rooms there."""
    server = deployment.server
    url = server.url.replace("ws", "http", 1)
    async with api.LiveKitAPI(url, server.api_key, server.api_secret) as livekit:
        yield Rooms(livekit)


@pytest.fixture
def door(deployment: Deployment, room_name: str) -> Door:
    """The way into a room there."""
    return deployment.door(room_name)
