"""A double of the LLM that a worker talks to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

import prompts

from .loopback import LoopbackService

MODEL = "fake-model"
"""The only model that `FakeOpenAI` lists; requests for any other are answered too."""

HOLD_LIMIT = 30.0
"""Seconds that a reply is held back at most, so that a test which fails does not hang."""

Message = dict[str, Any]
"""One entry of a request's `messages`."""


@dataclass(frozen=True)
class Reply:
    """What `FakeOpenAI` does with one request."""

    tokens: Sequence[str | dict[str, Any] | bytes | Callable[[], str]] = ()
    """The deltas: text, or all fields of one; a callable is asked for its text at the moment it is
    sent. Bytes are written as they are, in place of an event."""
    interval: float = 0.0
    """Seconds from one token to the next."""
    delay: float = 0.0
    """Seconds before the first token."""
    status: int = 200
    """Anything but 200 is answered with OpenAI's error body instead of tokens."""
    quotes: bool = False
    """Whether that error body repeats the question, as services do."""
    headers: dict[str, str] = field(default_factory=dict)
    """Headers of a response whose status is not 200."""
    finish_reason: str | None = "stop"
    """Why the answer ends."""
    cut_after: int | None = None
    """Close the connection after that many tokens, without an end of the stream."""
    stall_after: int | None = None
    """Send nothing more after that many tokens, and leave the connection open."""
    keep_alive: float | None = None
    """Seconds from one comment to the next while it stalls; None sends none."""
    hold_after: int | None = None
    """After that many tokens, wait until `release` is set."""
    release: threading.Event = field(default_factory=threading.Event)


def words(text: str) -> list[str]:
    """Split `text` the way a model does: each word with the space before it."""
    return re.findall(r"\s*\S+|\s+$", text)


def _note(pattern: str) -> re.Pattern[str]:
    """Lines by nobody that say this, alone with the agent or in a group."""
    return re.compile(rf'^(?:\((?:{pattern})\)|{{"note": "(?:{pattern})"}})(?:\n|\Z)', re.MULTILINE)


_TIME = re.escape(prompts.load("date_and_time")) + ".*"
_NOTES = "|".join(re.escape(prompts.load(n)) for n in prompts.names() if n.startswith("note_"))


def without_time(text: str) -> str:
    """Return a user message without the lines that tell the LLM the time."""
    return _note(_TIME).sub("", text)


def last_user_text(messages: list[Message]) -> str:
    """Return what people wrote last in a request: the newest user message, from its last note on."""
    for message in reversed(messages):
        if message["role"] == "user":
            content = message["content"]
            if not isinstance(content, str):
                content = "".join(part.get("text", "") for part in content)
            return _note(f"{_TIME}|{_NOTES}").split(content)[-1]
    return ""


def echo(messages: list[Message]) -> Reply:
    """Answer "You said: ..." word by word."""
    return Reply(words(f"You said: {last_user_text(messages)}"))


class FakeOpenAI(LoopbackService):
    """An OpenAI-compatible server on loopback, as a context manager."""

    def __init__(self, script: Callable[[list[Message]], Reply] = echo) -> None:
        super().__init__()
        self.script = script
        """Called with the messages of each request, in the server's thread."""
        self.requests: list[dict[str, Any]] = []
        """The body of every completion request, in order of arrival."""
        self.cancelled = 0
        """How many streams the client closed before their end."""

    def _application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/chat/completions", self._completion)
        return app

    async def _models(self, _: web.Request) -> web.Response:
        model = {"id": MODEL, "object": "model", "created": 0, "owned_by": "tests"}
        return web.json_response({"object": "list", "data": [model]})

    async def _completion(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.requests.append(body)
        reply = self.script(body["messages"])
        if reply.status != 200:
            question = last_user_text(body["messages"]) if reply.quotes else ""
            error = _error_body(reply.status, question)
            return web.json_response(error, status=reply.status, headers=reply.headers)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        try:
            await response.prepare(request)
            async for event in self._events(reply, body):
                await response.write(event)
        except (asyncio.CancelledError, ConnectionResetError):
            if not self._stopping.is_set():
                self.cancelled += 1
            raise
        if reply.cut_after is not None and request.transport is not None:
            request.transport.close()
        return response

    async def _events(self, reply: Reply, body: dict[str, Any]) -> AsyncIterator[bytes]:
        chunk = _ChunkFactory(body)
        await asyncio.sleep(reply.delay)
        yield chunk.delta({"role": "assistant", "content": "", "refusal": None})
        due = self._loop.time()
        for sent, token in enumerate(reply.tokens):
            if sent == reply.cut_after:
                return
            if sent == reply.stall_after:
                async for comment in self._stall(reply.keep_alive):
                    yield comment
                return
            if sent == reply.hold_after:
                await asyncio.to_thread(reply.release.wait, HOLD_LIMIT)
                due = self._loop.time()
            # Waiting for an absolute time keeps the rate when a single token is late.
            await asyncio.sleep(max(0.0, due - self._loop.time()))
            due += reply.interval
            yield _event(chunk, token)
        yield chunk.delta({}, finish_reason=reply.finish_reason)
        if chunk.include_usage:
            yield chunk.usage(len(reply.tokens))
        yield b"data: [DONE]\n\n"

    async def _stall(self, keep_alive: float | None) -> AsyncIterator[bytes]:
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), keep_alive)
            yield b": keep-alive\n\n"


class _ChunkFactory:
    """Builds the server-sent events of one completion."""

    def __init__(self, body: dict[str, Any]) -> None:
        self.include_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        self._envelope = {
            "id": f"chatcmpl-{time.monotonic_ns()}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": body["model"],
            "service_tier": "default",
            "system_fingerprint": "fp_fake",
        }

    def delta(self, delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return self._event([choice], usage=None)

    def usage(self, completion_tokens: int) -> bytes:
        count = {"prompt_tokens": 1, "completion_tokens": completion_tokens}
        return self._event([], usage={**count, "total_tokens": 1 + completion_tokens})

    def _event(self, choices: list[dict[str, Any]], usage: dict[str, int] | None) -> bytes:
        chunk = {**self._envelope, "choices": choices}
        if self.include_usage:
            chunk["usage"] = usage
        return f"data: {json.dumps(chunk)}\n\n".encode()


def _event(chunk: _ChunkFactory, token: str | dict[str, Any] | bytes | Callable[[], str]) -> bytes:
    if isinstance(token, bytes):
        return token
    if isinstance(token, dict):
        return chunk.delta(token)
    return chunk.delta({"content": token if isinstance(token, str) else token()})


def _error_body(status: int, question: str) -> dict[str, Any]:
    code = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}.get(status)
    kind = "server_error" if status >= 500 else "invalid_request_error"
    message = f"The test answers this request with status {status}."
    if question:
        message += f" You asked: {question}"
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}
