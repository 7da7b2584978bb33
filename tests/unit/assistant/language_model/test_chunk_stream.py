"""The body of an answer: read in shares, to its end, and let go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx2
import openai
import pytest

from assistant.language_model.answer.json_objects import objects_in
from assistant.language_model.chunk_stream import (
    AFTER_THE_END,
    MOST_AFTER_THE_END,
    ChunkStream,
)
from assistant.language_model.failure import AnswerFailedError, Failure, Remedy
from assistant.language_model.loop_share import SHARE
from tests.unit.assistant.language_model.answer.splits import DONE, FIN, T, sse
from tests.unit.assistant.language_model.test_loop_share import Others, work
from tests.virtual_time import run_in_virtual_time

HI = sse(T("Hi"))
BROKEN = httpx2.ReadError("broken")
REFUSED = Failure("refused", remedy=Remedy.OPERATOR)


class Body(httpx2.AsyncByteStream):
    """A body of pieces, pauses in seconds, and errors."""

    def __init__(self, parts: Sequence[bytes | float | Exception]) -> None:
        self._parts = parts
        self.given = 0
        self.is_closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            if isinstance(part, Exception):
                raise part
            if isinstance(part, bytes):
                self.given += 1
                yield part
            else:
                await asyncio.sleep(part)

    async def aclose(self) -> None:
        self.is_closed = True


def stream_of(body: Body) -> ChunkStream:
    headers = {"content-type": "text/html"}
    request = httpx2.Request("POST", "http://x")
    response = httpx2.Response(200, stream=body, headers=headers, request=request)
    client = openai.AsyncOpenAI(api_key="k", base_url="http://x")
    stream = ChunkStream(cast_to=object, response=response, client=client)
    stream.on_refusal = lambda _: REFUSED
    stream.on_no_answer = lambda failure: failure
    return stream


class Reading:
    """What came of a body."""

    def __init__(self) -> None:
        self.text = ""
        self.failure: Failure | None = None
        self.seconds = 0.0


async def read(body: Body) -> Reading:
    loop, reading = asyncio.get_running_loop(), Reading()
    started = loop.time()
    try:
        async for chunk in stream_of(body):
            reading.text += chunk.choices[0].delta.content or ""
    except AnswerFailedError as error:
        reading.failure = error.failure
    reading.seconds = loop.time() - started
    assert body.is_closed
    return reading


def read_all(*parts: bytes | float | Exception) -> Reading:
    return run_in_virtual_time(read(Body(parts)))


@pytest.mark.parametrize(
    ("parts", "text", "cause"),
    [
        ([HI, sse(FIN), sse(DONE)], "Hi", None),
        ([HI, sse(FIN), BROKEN], "Hi", None),
        ([HI, sse(FIN), httpx2.ReadTimeout("late")], "Hi", None),
        ([HI, sse(DONE), BROKEN], "Hi", None),
        ([HI, BROKEN], "Hi", "broke off"),
        ([HI, ConnectionResetError()], "Hi", "broke off"),
        ([HI, httpx2.DecodingError("zip")], "Hi", "broke off"),
        ([HI, httpx2.ReadTimeout("late")], "Hi", "timeout"),
        ([HI], "Hi", "broke off"),
        ([BROKEN], "", "broke off"),
        ([httpx2.ReadTimeout("late")], "", "timeout"),
        ([], "", "no answer"),
        ([b"<html>"], "", "not an answer"),
        ([HI, sse({"error": "no"})], "Hi", "refused"),
        ([sse({"error": "no"}), BROKEN], "", "refused"),
    ],
)
def test_how_a_body_ends(
    parts: list[bytes | float | Exception], text: str, cause: str | None
) -> None:
    reading = read_all(*parts)
    assert reading.text == text
    assert (reading.failure.cause if reading.failure else None) == cause


def test_what_is_no_answer_is_described_by_its_content_type() -> None:
    failure = read_all(b"<html>").failure
    assert failure is not None
    assert "text/html" in failure.detail


def test_what_follows_a_finish_reason_is_waited_for_a_second_at_most() -> None:
    assert read_all(HI, sse(FIN), 60.0, HI).seconds == pytest.approx(AFTER_THE_END)
    assert read_all(HI, sse(FIN), 0.1, sse(DONE)).seconds == pytest.approx(0.1)
    assert read_all(HI, 5.0, sse(FIN)).seconds == pytest.approx(5.0)


def test_little_is_read_after_the_end() -> None:
    body = Body([HI, sse(FIN), *[b": alive\n\n"] * 1_000])
    run_in_virtual_time(read(body))
    assert body.given <= 2 + MOST_AFTER_THE_END


async def test_who_stops_reading_lets_the_connection_go() -> None:
    body = Body([HI] * 10)
    async with stream_of(body) as stream:
        async for _ in stream:
            break
    assert body.is_closed
    assert body.given < 10


@pytest.mark.parametrize(
    "parts", [[HI] * 200, [HI * 200], [HI * 20] * 10], ids=["pieces", "one piece", "some of each"]
)
def test_a_body_that_is_there_already_lets_others_run(
    parts: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.language_model.chunk_stream.PART", len(HI))

    def parse(data: str) -> Any:
        work(SHARE / 10)
        return objects_in(data)

    monkeypatch.setattr("assistant.language_model.answer.reader.objects_in", parse)

    async def run() -> int:
        others = Others()
        await read(Body([*parts, sse(FIN)]))
        others.stop()
        return others.turns

    assert 15 <= run_in_virtual_time(run()) <= 30
