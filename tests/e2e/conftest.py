"""One worker for all tests that do not harm it; each test has a room of its own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from tests.doubles import FakeOpenAI, echo
from tests.e2e.people import Door
from tests.tokens import MintToken, token_minter
from tests.worker_process import WorkerProcess, running_worker
from worker.devstack.livekit_server import LiveKitServer


@pytest.fixture(scope="session")
def livekit_server() -> Iterator[LiveKitServer]:
    """A server of these tests alone: `shared_worker` stays, and its agent comes into every room there."""
    with LiveKitServer.start() as server:
        yield server


@pytest.fixture(scope="session")
def token(livekit_server: LiveKitServer) -> MintToken:
    """Mints tokens for rooms on that server."""
    return token_minter(livekit_server)


@pytest.fixture(scope="session")
def shared_llm() -> Iterator[FakeOpenAI]:
    """The LLM of `shared_worker`."""
    with FakeOpenAI() as llm:
        yield llm


@pytest.fixture(scope="session")
def shared_worker(livekit_server: LiveKitServer, shared_llm: FakeOpenAI) -> Iterator[WorkerProcess]:
    """A worker with default settings. A test must leave it as it found it."""
    with running_worker(livekit_server, shared_llm) as process:
        yield process


@pytest.fixture
def llm(shared_llm: FakeOpenAI) -> FakeOpenAI:
    """The shared worker's LLM, which echoes until the test says otherwise, with nothing asked."""
    shared_llm.script = echo
    shared_llm.requests.clear()
    return shared_llm


@pytest.fixture
def room_name() -> str:
    """A room that nobody was in."""
    return f"room-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def door(
    shared_worker: WorkerProcess, livekit_server: LiveKitServer, token: MintToken, room_name: str
) -> Door:
    """The way into a room where the shared worker answers."""
    return Door(livekit_server.url, token, room_name)
