"""Streamed completions as services send them, and what the plugin makes of them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx2
import openai
from livekit.agents import APIConnectOptions, APIError, llm
from livekit.plugins import openai as openai_plugin


def event(*choices: dict[str, Any], **fields: Any) -> bytes:
    """One chunk, as the server-sent event it comes in."""
    chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return f"data: {json.dumps({**chunk, 'choices': choices, **fields})}\n\n".encode()


def choice(delta: dict[str, Any] | None, finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}


def text(*deltas: str) -> bytes:
    return b"".join(event(choice({"content": delta})) for delta in deltas)


def call(index: int, arguments: str, call_id: str | None = None, **fields: Any) -> dict[str, Any]:
    """A piece of a tool call; the first of a call has an id."""
    function: dict[str, Any] = {"arguments": arguments}
    if call_id is not None:
        function["name"] = f"tool_{call_id}"
    return {"index": index, "id": call_id, "type": "function", "function": function, **fields}


def calls(*pieces: dict[str, Any]) -> bytes:
    return event(choice({"content": None, "tool_calls": pieces}))


def finish(reason: str) -> bytes:
    return event(choice({}, reason))


DONE = b"data: [DONE]\n\n"


class _Pieces(httpx2.AsyncByteStream):
    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


def serving(pieces: Sequence[bytes]) -> httpx2.AsyncClient:
    """An HTTP client whose every request is answered with these pieces of a stream."""

    def answer(_: httpx2.Request) -> httpx2.Response:
        headers = {"content-type": "text/event-stream"}
        return httpx2.Response(200, headers=headers, stream=_Pieces(pieces))

    return httpx2.AsyncClient(transport=httpx2.MockTransport(answer))


async def collect(
    client: openai.AsyncOpenAI, tools: Sequence[str] = ()
) -> tuple[list[llm.ChatChunk], str | None]:
    """What the plugin passes on of an answer, and the error that it ends with.

    Args:
        client: Asks; it is closed.
        tools: The names of the tools that are offered.
    """
    model = openai_plugin.LLM(model="m", client=client)
    chunks = []
    try:
        async with model.chat(
            chat_ctx=llm.ChatContext.empty(),
            tools=[_tool(name) for name in tools],
            conn_options=APIConnectOptions(max_retry=0),
        ) as stream:
            async for chunk in stream:
                chunks.append(chunk)
    except APIError as error:
        return chunks, repr(error) + str(error)
    finally:
        await client.close()
    return chunks, None


def _tool(name: str) -> llm.Tool:
    async def run(raw_arguments: dict[str, object]) -> None:
        """Do nothing."""

    schema = {"name": name, "description": "", "parameters": {"type": "object", "properties": {}}}
    return llm.function_tool(run, raw_schema=schema)
