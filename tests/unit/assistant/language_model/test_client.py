"""What a request for a completion says."""

from __future__ import annotations

from typing import Any

import openai

from assistant.language_model.client import create_client
from tests.doubles import FakeOpenAI

HISTORY: list[Any] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "What is on the picture?"},
    {
        "role": "assistant",
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


async def test_without_tools_none_are_sent() -> None:
    with FakeOpenAI() as server:
        await ask(create_client("key", server.base_url), tools=openai.omit)
        (request,) = server.requests
    assert request == {"model": "any", "messages": HISTORY, "stream": True}
