"""What is in a file of ``services``: the answers of an LLM service, and what must come of them.

The texts in ``shown`` and ``told_next`` may have placeholders: ``{notice_…}`` and ``{note_…}`` stand for
the prompt of that name, ``{*}`` for any text.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.doubles import End, RawAnswer, RawRequest

from . import load

KINDS = ("history", "end", "answer", "request", "tools", "thought")
"""What a sample is about: a history that a service refuses, an answer's end, an answer's shape, a
request that is refused, tool calls, or a model's thoughts."""

UNSAID = "*"
"""Stands for a cause that a sample does not name."""


@dataclass(frozen=True)
class SampleAnswer:
    """What the service sends for one request.

    In a file, a text in its place is an ordinary answer which says that text.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    """Its content type is ``text/event-stream`` for status 200 unless said, else JSON."""
    body: str | Sequence[str | Mapping[str, Any]] = ""
    """The body, or its parts; a part ``{"text": …, "times": …}`` is repeated."""
    body_base64: str = ""
    """The body, where it is no text."""
    pieces: int | Sequence[int] = ()
    """Where the bytes are split, as offsets; a number is the length of each piece."""
    then: str = "whole"
    """``close`` or ``reset`` ends the connection before HTTP's own end of the body."""
    when: str = ""
    """It is passed over if the request's body lacks this text, see `RawRequest.text`."""

    def raw(self) -> RawAnswer:
        """The answer as it is sent."""
        body = base64.b64decode(self.body_base64) or self._text().encode()
        step = self.pieces if isinstance(self.pieces, int) else 0
        pieces = self.pieces if not isinstance(self.pieces, int) else range(step, len(body), step)
        kind = "text/event-stream" if self.status == 200 else "application/json"
        headers = {"content-type": kind, **self.headers}
        return RawAnswer(body, self.status, headers, pieces, End(self.then))

    def _text(self) -> str:
        parts = [self.body] if isinstance(self.body, str) else self.body
        return "".join(
            part if isinstance(part, str) else part["text"] * part["times"] for part in parts
        )


@dataclass(frozen=True, kw_only=True)
class ServiceSample:
    """The answers to what is asked, and what must come of them."""

    source: str
    """Who sends this, and where that is publicly known."""
    kind: str
    """One of `KINDS`."""
    answers: Sequence[str | SampleAnswer]
    """One for each successive request. Those after them are answered as they should be."""
    shown: Sequence[str]
    """The final text of the bubble for each message that is asked."""
    outcomes: Sequence[str] = ()
    """How each reply ended, see `Outcome`; ``done`` for all unless said."""
    asked: Sequence[str] = ("Which colour has a heron?",)
    """What a person asks, one after the other."""
    shown_has: Sequence[str] = ()
    """What the last of the texts has in it, such as a time in place of ``{*}``."""
    logged: str | Sequence[str] | None = UNSAID
    """The ``cause`` in each warning, or several of which each warning has one; None if there is no
    warning, ``*`` if it does not matter."""
    requests: int | None = None
    """How many are made; None if that does not matter."""
    most_requests: int | None = None
    """How many are made at most."""
    paths: Sequence[str] = ()
    """The paths of the requests, without a query; empty if they do not matter."""
    request_has: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Texts in the body of a request, see `RawRequest.text`, by its number, which begins with 1.
    ``last`` is the request of the ordinary message that follows."""
    request_lacks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Texts that are not there."""
    told_next: Sequence[Sequence[str]] = ()
    """Role and text of the messages of the ordinary turn that follows, without the instructions, and
    without notes unless they are named; empty if only the rules matter that each request must keep."""
    never_told: Sequence[str] = ()
    """Texts that must not be in that request."""
    tools: bool = False
    """Whether the agent has the tools ``get_weather(city)`` and ``get_time()``."""
    called: Sequence[Sequence[Any]] = ()
    """Name and arguments of the calls of these tools, in any order."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What is chosen of the model, see `ModelChoices`."""
    base_path: str = "/v1"
    """The path of the base URL."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no such kind: {self.kind}")
        if len(self.shown) != len(self.asked):
            raise ValueError("each message that is asked needs a text that is shown")


def load_services() -> dict[str, ServiceSample]:
    """All samples by their names.

    Raises:
        TypeError: One has a field that samples do not have.
    """
    return {name: _sample(fields) for name, fields in load("services").items()}


def _sample(fields: dict[str, Any]) -> ServiceSample:
    answers = [
        each if isinstance(each, str) else SampleAnswer(**each) for each in fields["answers"]
    ]
    return ServiceSample(**{**fields, "answers": answers})


def ordinary(text: str, request: RawRequest) -> RawAnswer:
    """An answer as it should be: a stream if that was asked for, else one completion."""
    head = {"id": "chatcmpl-1", "created": 1, "model": request.body.get("model", "")}
    if not request.body.get("stream"):
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        whole = {**head, "object": "chat.completion", "choices": [choice]}
        return RawAnswer(json.dumps(whole).encode(), headers={"content-type": "application/json"})
    events = [
        {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None},
        {"index": 0, "delta": {"content": text}, "finish_reason": None},
        {"index": 0, "delta": {}, "finish_reason": "stop"},
    ]
    chunks = [{**head, "object": "chat.completion.chunk", "choices": [each]} for each in events]
    lines = [*(json.dumps(chunk) for chunk in chunks), "[DONE]"]
    return RawAnswer("".join(f"data: {line}\n\n" for line in lines).encode())
