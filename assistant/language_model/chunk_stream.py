"""Reads the body of one answer: regular chunks, and a share of the event loop for everybody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import httpx2
import openai

from .answer.reader import AnswerReader
from .failure import BROKE_OFF, TIMEOUT, AnswerFailedError, Failure
from .loop_share import LoopShare
from .refusal import Refusal

PART = 16_384
"""Bytes that are read at once of a piece of the body, which may be of any size once it is unpacked."""

AFTER_THE_END = 1.0
"""Seconds that are waited for what follows a finish reason: usage, the end of the body. A connection
whose body was read to its end is used again."""

MOST_AFTER_THE_END = 64
"""Pieces that are read then."""

_BROKEN = (OSError, httpx2.HTTPError, httpx2.StreamError)


class ChunkStream(openai.AsyncStream[object]):
    """A streamed answer as regular chunks. It ends with `AnswerFailedError` if the answer failed."""

    tools: Collection[str] = ()
    """The names of the tools that the model was offered."""

    on_refusal: Callable[[Refusal], Failure]
    """Says what it stands for that the service reports an error in mid-answer."""

    on_no_answer: Callable[[Failure], Failure]
    """Says what it stands for that something else came than an answer."""

    async def __aiter__(self) -> AsyncIterator[Any]:
        reader = AnswerReader(self.tools)
        broken: Failure | None = None
        try:
            async with aclosing(self._pieces(reader)) as pieces:
                async for piece in pieces:
                    if (chunk := reader.feed(piece)) is not None:
                        yield chunk
        except (TimeoutError, httpx2.TimeoutException):
            broken = TIMEOUT
        except _BROKEN:
            broken = BROKE_OFF
        finally:
            await self.response.aclose()
        last, failure = reader.end()
        yield last
        if reader.refusal is not None:
            failure = self.on_refusal(reader.refusal)
        elif broken is not None and failure is not None and not reader.is_confirmed:
            failure = broken
        elif failure is not None and not reader.is_answer:
            failure = self.on_no_answer(self._described(failure))
        if failure is not None:
            raise AnswerFailedError(failure)

    async def _pieces(self, reader: AnswerReader) -> AsyncGenerator[bytes, None]:
        """The body: all that the reader needs, and a little of what follows that."""
        body, share = self.response.aiter_bytes(), LoopShare()
        while not (reader.is_confirmed or reader.is_over):
            if (piece := await anext(body, None)) is None:
                return
            for start in range(0, len(piece), PART):
                yield piece[start : start + PART]
                await share.give_way()
        due = asyncio.get_running_loop().time() + AFTER_THE_END
        for _ in range(MOST_AFTER_THE_END):
            try:
                async with asyncio.timeout_at(due):
                    piece = await anext(body, None)
            except (TimeoutError, *_BROKEN):
                return  # Nothing of this makes a whole answer fail.
            if piece is None:
                return
            yield piece

    def _described(self, failure: Failure) -> Failure:
        kind = self.response.headers.get("content-type", "")
        return replace(failure, detail=f"content type {kind[:100]!r}")
