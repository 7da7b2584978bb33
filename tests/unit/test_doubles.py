"""The fake LLM is what OpenAI's own client takes for the real one; the raw one sends what it is told."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import openai
import pytest
from openai.types.chat import ChatCompletionChunk

from tests.doubles import MODEL, End, FakeOpenAI, RawAnswer, RawService, Reply, words
from tests.waiting import eventually


@pytest.fixture
async def client(fake_openai: FakeOpenAI) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(
        base_url=fake_openai.base_url, api_key="unused", max_retries=0, timeout=5
    ) as client:
        yield client


async def ask(
    client: openai.AsyncOpenAI, text: str = "hi", *, usage: bool = False
) -> openai.AsyncStream[ChatCompletionChunk]:
    return await client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": text}],
        stream=True,
        stream_options={"include_usage": usage},
    )


async def texts(stream: openai.AsyncStream[ChatCompletionChunk]) -> list[str]:
    return [choice.delta.content or "" async for chunk in stream for choice in chunk.choices]


async def test_echoes_word_by_word(client: openai.AsyncOpenAI, fake_openai: FakeOpenAI) -> None:
    assert await texts(await ask(client, "how  are you?")) == [
        *("", "You", " said:", " how", "  are", " you?", ""),
    ]
    assert fake_openai.requests[0]["messages"] == [{"role": "user", "content": "how  are you?"}]
    assert fake_openai.cancelled == 0


async def test_frames_the_stream_like_openai(client: openai.AsyncOpenAI) -> None:
    chunks = [chunk async for chunk in await ask(client, usage=True)]

    assert chunks[0].choices[0].delta.role == "assistant"
    assert [c.choices[0].finish_reason for c in chunks if c.choices] == [None] * 4 + ["stop"]
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 3
    assert len({chunk.id for chunk in chunks}) == 1


async def test_lists_its_model(client: openai.AsyncOpenAI) -> None:
    assert [model.id async for model in client.models.list()] == [MODEL]


async def test_asks_a_callable_token_when_it_is_due(
    client: openai.AsyncOpenAI, fake_openai: FakeOpenAI
) -> None:
    fake_openai.script = lambda _: Reply([lambda: str(len(fake_openai.requests))])
    assert "".join(await texts(await ask(client))) == "1"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, openai.AuthenticationError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
    ],
)
async def test_refuses_with_openais_errors(
    client: openai.AsyncOpenAI,
    fake_openai: FakeOpenAI,
    status: int,
    error: type[openai.APIStatusError],
) -> None:
    fake_openai.script = lambda _: Reply(status=status)
    with pytest.raises(error, match=f"status {status}"):
        await ask(client)


async def test_cuts_the_connection_mid_stream(
    client: openai.AsyncOpenAI, fake_openai: FakeOpenAI
) -> None:
    fake_openai.script = lambda _: Reply(words("one two three"), cut_after=2)
    stream = await ask(client)
    assert [(await anext(stream)).choices[0].delta.content for _ in range(3)] == ["", "one", " two"]
    with pytest.raises(openai.APIConnectionError):
        await anext(stream)
    assert fake_openai.cancelled == 0


async def test_counts_a_stream_that_the_client_leaves(
    client: openai.AsyncOpenAI, fake_openai: FakeOpenAI
) -> None:
    fake_openai.script = lambda _: Reply(words("one two three"), stall_after=1)
    stream = await ask(client)
    await anext(stream)
    assert fake_openai.cancelled == 0
    await stream.close()
    assert await eventually(lambda: fake_openai.cancelled == 1)


async def _read_to_the_end(url: str) -> tuple[list[bytes], bool]:
    """The pieces of an answer, and whether it ended as HTTP has it."""
    pieces = []
    async with aiohttp.ClientSession() as session, session.post(url, json={"a": 1}) as response:
        try:
            async for piece in response.content.iter_any():
                pieces.append(piece)
        except aiohttp.ClientError:
            return pieces, False
    return pieces, True


@pytest.mark.parametrize("then", End)
async def test_raw_answers_arrive_byte_by_byte_and_end_as_they_are_told_to(then: End) -> None:
    answer = RawAnswer(b"\xff\r\n\x00x", pieces=[1, 2, 3, 4], then=then)
    async with RawService(lambda _: answer) as service:
        pieces, whole = await _read_to_the_end(f"{service.url}/v1")
        assert pieces == [b"\xff", b"\r", b"\n", b"\x00", b"x"]
        assert whole == (then is End.WHOLE)
    [request] = service.requests
    assert (request.path, request.text) == ("/v1", '{"a":1}')
