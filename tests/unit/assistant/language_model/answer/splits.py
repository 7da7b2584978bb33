"""Answers cut into pieces, as networks cut them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

from assistant.language_model.answer.reader import AnswerReader
from assistant.language_model.chunks import GUARD, Fields, answered_part
from assistant.language_model.failure import Failure

Piece = TypeVar("Piece", bytes, str)


def cut(whole: Piece, places: Iterable[int]) -> list[Piece]:
    """A text or a body in pieces; none of it is lost."""
    ends: list[int] = sorted(min(place, len(whole)) for place in places)
    pieces = zip([0, *ends], [*ends, len(whole)], strict=True)
    return [whole[start:end] for start, end in pieces]


PLACES = st.lists(st.integers(0, 400), max_size=30)
"""Where to cut."""


def fed(feed: Callable[[str], str], pieces: Iterable[str]) -> str:
    return "".join(map(feed, pieces))


class Answer:
    """What a reader makes of a body."""

    def __init__(self, pieces: Sequence[bytes], tools: Sequence[str] = ()) -> None:
        self.reader = AnswerReader(tools)
        self.chunks: list[Fields] = []
        for piece in pieces:
            if self.reader.is_over:
                break
            if (chunk := self.reader.feed(piece)) is not None:
                self.chunks.append(chunk)
        self.failure: Failure | None
        last, self.failure = self.reader.end()
        self.chunks.append(last)

    @property
    def deltas(self) -> list[Any]:
        return [chunk.choices[0].delta for chunk in self.chunks]

    @property
    def passed_on(self) -> str:
        """All text, also what was withdrawn."""
        return "".join(delta.content or "" for delta in self.deltas).replace(GUARD, "")

    @property
    def text(self) -> str:
        """What is seen in the end."""
        return answered_part(self.passed_on)

    @property
    def notes(self) -> dict[str, Any]:
        return {k: v for d in self.deltas for k, v in (d.extra_content or {}).items()}

    @property
    def calls(self) -> list[tuple[str, str]]:
        found = self.deltas[-1].tool_calls or []
        return [(call.function.name, call.function.arguments) for call in found]

    @property
    def end(self) -> str:
        """How it ended, in a word."""
        if self.reader.refusal is not None:
            return "refusal"
        return "whole" if self.failure is None else self.failure.cause


def sse(*objects: object) -> bytes:
    """A body of events."""
    return b"".join(
        b"data: " + (each if isinstance(each, bytes) else json.dumps(each).encode()) + b"\n\n"
        for each in objects
    )


def said(delta: object, reason: object = None, **fields: Any) -> dict[str, Any]:
    """A chunk with one choice."""
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}], **fields}


def T(text: object) -> dict[str, Any]:  # noqa: N802 - as short as it stands in tables
    return said({"content": text})


FIN = said({}, "stop")
DONE = b"[DONE]"
