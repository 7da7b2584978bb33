"""A worker that listens, and one that speaks, too, for all tests together."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.doubles import FakeOpenAI
from tests.e2e.speech.stage import House, Stage, open_house
from tests.e2e.speech.voices import HIGH, LOW, say
from tests.speech_service import SpeechService


@pytest.fixture(scope="session", autouse=True)
def voices() -> None:
    """Voices that are ready to speak: loading them would keep everything else waiting."""
    for voice in (HIGH, LOW):
        say("Hello.", voice)


@pytest.fixture(scope="session")
def listening_house(shared_llm: FakeOpenAI, speech_service: SpeechService) -> Iterator[House]:
    """Where the agent listens and writes. A test must leave it as it found it."""
    with open_house(shared_llm, speech_service.base_url, "listen") as house:
        yield house


@pytest.fixture(scope="session")
def speaking_house(shared_llm: FakeOpenAI, speech_service: SpeechService) -> Iterator[House]:
    """Where the agent speaks, too. A test must leave it as it found it."""
    with open_house(shared_llm, speech_service.base_url, "speak") as house:
        yield house


@pytest.fixture
def listening(listening_house: House, llm: FakeOpenAI) -> Stage:
    """A room where the agent listens and writes."""
    return listening_house.stage()


@pytest.fixture
def speaking(speaking_house: House, llm: FakeOpenAI) -> Stage:
    """A room where the agent speaks, too."""
    return speaking_house.stage()
