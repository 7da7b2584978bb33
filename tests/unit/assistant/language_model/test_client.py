"""What a request for a completion says."""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Any

import httpx2
import openai
import pytest

from assistant.language_model.client import CompletionClient, create_client, service_url
from assistant.language_model.failure import AnswerFailedError
from assistant.language_model.request import ModelChoices
from tests.doubles import FakeOpenAI

HISTORY: list[Any] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "What is on the picture?"},
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
        ],
    },
    {"role": "tool", "tool_call_id": "1", "content": "a cat"},
    {
        "role": "user",
        "content": [
            {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
            {"type": "text", "text": "And here?"},
        ],
    },
]
TOOLS: list[Any] = [
    {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
]


async def ask(client: openai.AsyncOpenAI, **parameters: Any) -> None:
    """Ask for a streamed completion, as the plugin does, and read it to its end."""
    stream = await client.chat.completions.create(
        messages=HISTORY, model="any", stream=True, timeout=5.0, **parameters
    )
    async for _ in stream:
        pass
    await client.close()


async def test_a_request_says_what_the_sdks_own_would() -> None:
    parameters: dict[str, Any] = {
        "tools": TOOLS,
        "tool_choice": "auto",
        "temperature": 0.5,
        "stream_options": {"include_usage": True},
        "user": openai.omit,
        "extra_body": {"reasoning": {"effort": "low"}},
        "extra_headers": {"X-Trace": "1"},
    }
    with FakeOpenAI() as server:
        await ask(create_client("key", server.base_url), **parameters)
        await ask(openai.AsyncOpenAI(api_key="key", base_url=server.base_url), **parameters)
        ours, theirs = server.requests
    assert ours == theirs
    assert ours["messages"] == HISTORY


async def test_without_tools_no_tool_is_sent() -> None:
    with FakeOpenAI() as server:
        await ask(create_client("key", server.base_url), tools=openai.omit, tool_choice="auto")
        (request,) = server.requests
    assert request == {"model": "any", "messages": HISTORY, "stream": True}


async def test_what_is_chosen_is_sent_and_nothing_else_of_it() -> None:
    choices = ModelChoices(temperature=0.2, max_answer_tokens=50)
    with FakeOpenAI() as server:
        # The plugin chooses an effort by itself for models that it knows.
        await ask(create_client("key", server.base_url, choices), reasoning_effort="minimal")
        (request,) = server.requests
    assert request["temperature"] == 0.2
    assert request["max_tokens"] == 50
    assert "reasoning_effort" not in request


@pytest.fixture
def seen() -> list[httpx2.Request]:
    """The requests of a `recording_client`."""
    return []


def recording_client(
    seen: list[httpx2.Request], base_url: str | None, *answers: httpx2.Response
) -> CompletionClient:
    """A client whose requests are noted, and answered with these, then with 404."""
    left = list(answers)

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return left.pop(0) if left else httpx2.Response(404, json={"detail": "Not Found"})

    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    return CompletionClient(
        ModelChoices(), api_key="k", base_url=service_url(base_url), http_client=http
    )


async def test_no_header_of_livekits_reaches_a_service(seen: list[httpx2.Request]) -> None:
    client = recording_client(seen, "http://x/v1")
    headers = {"X-LiveKit-Worker-Token": "secret", "x-livekit-room-id": "RM_1", "X-Trace": "1"}
    with pytest.raises(AnswerFailedError):
        await ask(client, extra_headers=headers)
    (request,) = seen
    assert request.headers["x-trace"] == "1"
    assert not [name for name in request.headers if name.startswith("x-livekit")]


async def test_what_the_shell_has_for_other_programs_is_not_sent(
    seen: list[httpx2.Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-other")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-other")
    monkeypatch.setenv("OPENAI_BASE_URL", "")
    client = recording_client(seen, None)
    with pytest.raises(AnswerFailedError):
        await ask(client)
    (request,) = seen
    assert str(request.url) == "https://api.openai.com/v1/chat/completions"
    assert not [name for name in request.headers if name.startswith("openai-")]


@pytest.mark.parametrize(
    ("given", "used"),
    [
        (None, "https://api.openai.com/v1"),
        (" ", "https://api.openai.com/v1"),
        ("http://x:1/v1", "http://x:1/v1"),
        ("http://x:1/v1/", "http://x:1/v1"),
        ("http://x:1/v1/chat/completions", "http://x:1/v1"),
        ("http://x:1/v1/chat/completions/", "http://x:1/v1"),
        ("http://x:1/chat/completions", "http://x:1"),
        ("http://x:1/a/b?api-version=2", "http://x:1/a/b?api-version=2"),
    ],
)
def test_a_base_url_is_what_comes_before_the_path_of_a_request(
    given: str | None, used: str
) -> None:
    assert service_url(given) == used


async def test_the_usual_path_is_tried_where_none_is_given(seen: list[httpx2.Request]) -> None:
    client = recording_client(seen, "http://x")
    for learned in (True, False, True):
        with pytest.raises(AnswerFailedError) as caught:
            await client.chat.completions.create(model="any", messages=HISTORY, stream=True)
        assert caught.value.failure.learned is learned
    given, usual = "/chat/completions", "/v1/chat/completions"
    assert [request.url.path for request in seen] == [given, usual, given]


async def test_another_path_than_the_one_given_is_never_tried(seen: list[httpx2.Request]) -> None:
    client = recording_client(seen, "http://x/api")
    with pytest.raises(AnswerFailedError) as caught:
        await client.chat.completions.create(model="any", messages=HISTORY, stream=True)
    assert not caught.value.failure.learned


BODY = b'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


async def test_a_connection_that_was_dropped_meanwhile_costs_no_answer() -> None:
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await _read_request(reader)
        head = f"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {len(BODY)}"
        writer.write(f"{head}\r\n\r\n".encode() + BODY)
        # The next request comes on the same connection, which ends when it is there.
        await _read_request(reader)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = create_client(None, f"http://127.0.0.1:{port}/v1")
    for _ in range(2):
        stream = await client.chat.completions.create(model="any", messages=HISTORY, stream=True)
        assert [chunk async for chunk in stream]
    await client.close()
    server.close()
    assert connections == 2


async def _read_request(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError):
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        await reader.readexactly(int(length[1]) if length else 0)
