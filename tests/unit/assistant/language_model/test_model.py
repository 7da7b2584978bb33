"""One client for all rooms, an LLM for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from livekit.agents import APIConnectionError, APIConnectOptions, llm

from assistant.language_model import LanguageModel, RoomLLM
from tests.doubles import FakeOpenAI


@pytest.fixture
def server() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as fake:
        yield fake


def language_model(base_url: str) -> LanguageModel:
    return LanguageModel(model="any", api_key=None, base_url=base_url)


async def ask(model: RoomLLM) -> str:
    context = llm.ChatContext.empty()
    context.add_message(role="user", content="hi")
    options = APIConnectOptions(max_retry=0)
    return (await model.chat(chat_ctx=context, conn_options=options).collect()).text


async def test_a_room_that_closes_leaves_the_client_to_the_others(server: FakeOpenAI) -> None:
    shared = language_model(server.base_url)
    first, second = shared.for_room(), shared.for_room()
    assert await ask(first) == "You said: hi"
    await first.aclose()
    assert await ask(second) == "You said: hi"
    await shared.aclose()
    with pytest.raises(APIConnectionError):
        await ask(second)


async def test_a_room_does_not_hear_of_the_others(server: FakeOpenAI) -> None:
    shared = language_model(server.base_url)
    first, second = shared.for_room(), shared.for_room()
    heard: list[str] = []
    first.on("metrics_collected", lambda _: heard.append("first"))
    second.on("metrics_collected", lambda _: heard.append("second"))
    await ask(first)
    assert heard == ["first"]
    await shared.aclose()


async def test_prewarming_never_raises(server: FakeOpenAI) -> None:
    shared = language_model(server.base_url)
    await shared.prewarm()
    await shared.aclose()
    with FakeOpenAI() as stopped:
        url = stopped.base_url
    shared = language_model(url)
    await shared.prewarm()
    await shared.aclose()
