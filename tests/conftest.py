"""What the tests share: a real livekit-server, a fake LLM, real ears, and tokens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.doubles import FakeOpenAI
from tests.speech_service import SpeechService
from tests.tokens import MintToken, token_minter
from worker.devstack.livekit_server import LiveKitServer

# Both go by the time that something takes, which depends on what else the machine does.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def livekit_server() -> Iterator[LiveKitServer]:
    """A livekit-server for the whole run; tests keep apart by using rooms of their own."""
    with LiveKitServer.start() as server:
        yield server


@pytest.fixture
def fake_openai() -> Iterator[FakeOpenAI]:
    """An LLM that echoes, until the test gives it another `script`."""
    with FakeOpenAI() as llm:
        yield llm


@pytest.fixture(scope="session")
def speech_service() -> Iterator[SpeechService]:
    """The speech service of `make dev`, for the whole run."""
    for module in ("hibari", "moonshine_voice"):
        pytest.importorskip(module, reason="the group `speech` is not installed")
    with SpeechService.start() as service:
        yield service


@pytest.fixture(scope="session")
def token(livekit_server: LiveKitServer) -> MintToken:
    """Mints tokens for rooms on the server."""
    return token_minter(livekit_server)
