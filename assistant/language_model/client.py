"""The HTTP client of an OpenAI-compatible service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import cached_property
from typing import Any

import httpx2
import openai
from openai.resources.chat import AsyncChat, AsyncCompletions
from openai.types.chat import ChatCompletionChunk

from .chunks import Fields, decode_chunk

NO_KEY_NEEDED = "no-key-needed"
"""Sent where only a base URL is configured: self-hosted servers ask for no key, but the OpenAI
client insists on one."""

RETRY_AFTER = "chat.retry_after"
"""Key in an error's body: the header of that name, of which the plugin passes on nothing else."""

KEEP_ALIVE = 60.0
"""Seconds for which an idle connection is kept: about as long as a person takes to write again."""

CONNECTIONS = httpx2.Limits(
    max_connections=1000, max_keepalive_connections=100, keepalive_expiry=KEEP_ALIVE
)

# Reading the certificates takes some 100 ms, for which an event loop would stand still: they are
# read while the process imports this, before it has rooms.
_TLS = httpx2.create_ssl_context()


class ChunkStream(openai.AsyncStream[object]):
    """A stream of completion chunks, decoded by `decode_chunk`; all else is the SDK's."""

    async def __aiter__(self) -> AsyncIterator[Fields]:
        async for data in super().__aiter__():
            yield decode_chunk(data)


_NO_PARAMETERS = ("extra_headers", "extra_query", "timeout")
"""What `create` takes that does not go into the request's body."""


class PlainCompletions(AsyncCompletions):
    """The SDK's completions, for parameters that are plain JSON already, as the plugin makes them.

    The SDK would look in every field of every message for what is to be translated, by the types of
    all kinds of messages, which cost more than all else that it does for a request. What it is
    given as ``extra_body`` it sends as it is.
    """

    async def create(
        self,
        *,
        model: str,
        messages: Any,
        stream: Any = False,
        extra_body: Any = None,
        **options: Any,
    ) -> Any:
        """Ask for a completion, see `openai.resources.chat.AsyncCompletions.create`."""
        passed = {name: options.pop(name) for name in _NO_PARAMETERS if name in options}
        body = {"messages": messages, **options, **(extra_body or {})}
        return await super().create(
            model=model, messages=(), stream=stream, extra_body=body, **passed
        )


class PlainChat(AsyncChat):
    """The SDK's chat, with `PlainCompletions`."""

    @cached_property
    def completions(self) -> PlainCompletions:
        """See `openai.resources.chat.AsyncChat.completions`."""
        return PlainCompletions(self._client)


class CompletionClient(openai.AsyncOpenAI):
    """The SDK's client, with less work for a completion's messages and chunks."""

    @cached_property
    def chat(self) -> PlainChat:
        """See `openai.AsyncOpenAI.chat`."""
        return PlainChat(self)

    async def post(self, path: str, **options: Any) -> Any:
        """Send a POST request, see `openai.AsyncOpenAI.post`."""
        if options.get("stream_cls") == openai.AsyncStream[ChatCompletionChunk]:
            options["stream_cls"] = ChunkStream
        try:
            return await super().post(path, **options)
        except openai.APIStatusError as error:
            error.body = _with_retry_after(error)
            raise
        except openai.APITimeoutError as error:
            # Over aiohttp a connection that is refused or cut comes out as a timeout too.
            if _is_timeout(error):
                raise
            raise openai.APIConnectionError(request=error.request) from error


def _with_retry_after(error: openai.APIStatusError) -> object:
    wanted = error.response.headers.get("retry-after")
    if wanted is None:
        return error.body
    return {**(error.body if isinstance(error.body, dict) else {}), RETRY_AFTER: wanted}


def _is_timeout(error: BaseException) -> bool:
    origin: BaseException | None = error
    while origin is not None:
        if isinstance(origin, TimeoutError):
            return True
        origin = origin.__cause__
    return False


def create_client(api_key: str | None, base_url: str | None) -> CompletionClient:
    """Build a client. Call it in the event loop that will use it, and ``close`` it in the end.

    Args:
        api_key: None for a service that needs none.
        base_url: None for OpenAI itself.
    """
    return CompletionClient(
        api_key=api_key or NO_KEY_NEEDED,
        base_url=base_url,
        # Retrying is the agent's: it knows whether text was already shown.
        max_retries=0,
        # Over aiohttp a chunk costs less CPU than over httpx, and rooms get it sooner.
        http_client=openai.DefaultAioHttpClient(verify=_TLS, limits=CONNECTIONS),
    )
