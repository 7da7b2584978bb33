"""Answers as services send them, damaged or in other pieces, for property tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.doubles import End, RawAnswer

WORDS = ("Herons", "stand", "silently", "waiting", "patiently.")
TEXTS = [WORDS[0], *(f" {word}" for word in WORDS[1:])]
WHOLE = "".join(TEXTS)


def chunk(delta: Any, reason: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
    return {"id": "1", "object": "chat.completion.chunk", "model": "m", "choices": [choice]}


def line(text: str, done: bool = False) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {"model": "m", "message": message, "done": done, "done_reason": "stop" if done else None}


USAGE = {"prompt_tokens": 1, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 0}}
MESSAGE = {"role": "assistant", "content": WHOLE, "refusal": None}

STREAMS: dict[str, list[dict[str, Any]]] = {
    "chunks": [
        chunk({"role": "assistant", "content": "", "refusal": None}),
        *(chunk({"content": text}) for text in TEXTS),
        chunk({}, "stop"),
        {**chunk({}), "choices": [], "usage": USAGE},
    ],
    "thoughts": [
        chunk({"role": "assistant", "reasoning_content": "They think."}),
        chunk({"reasoning_details": [{"type": "reasoning.text", "text": "They think."}]}),
        chunk({"content": [{"type": "thinking", "thinking": [{"text": "They think."}]}]}),
        *(chunk({"content": [{"type": "text", "text": text}]}) for text in TEXTS),
        chunk({}, "stop"),
    ],
    "marks": [chunk({"content": text}) for text in ("<th", "ink>Th", "ey.</think>", *TEXTS)]
    + [chunk({}, "stop")],
    "a call": [
        chunk(
            {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": ""}}]}
        ),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}),
        chunk({}, "tool_calls"),
    ],
    "an error": [
        *(chunk({"content": text}) for text in TEXTS[:2]),
        {"error": {"message": "no", "type": "server_error", "param": None, "code": 500}},
    ],
    "lines": [*(line(text) for text in TEXTS), line("", done=True)],
    "a completion": [{**chunk(None), "choices": [{"message": MESSAGE, "finish_reason": "stop"}]}],
}

NO_EVENTS = ("lines", "a completion")

VALUES: list[Any] = [None, True, 0, -7, 1.5, "", "x", [], [1], ["x"], {}, {"a": 1}, [[]], [None]]


@dataclass
class Mutated:
    """A damaged answer."""

    body: bytes
    pieces: list[int] = field(default_factory=list)
    end: End = End.WHOLE
    repeats: bool = False
    """Whether something is in it twice."""

    @property
    def answer(self) -> RawAnswer:
        return RawAnswer(self.body, pieces=self.pieces, then=self.end)


def paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the fields of a value are, and those of their values."""
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in parts:
        yield (*here, key)
        if isinstance(part, dict | list):
            yield from paths(part, (*here, key))


@st.composite
def mutated(draw: st.DrawFn) -> Mutated:
    """A valid answer, damaged in one to three ways."""
    name = draw(st.sampled_from(list(STREAMS)))
    events = json.loads(json.dumps(STREAMS[name]))
    ways = draw(st.sets(st.sampled_from(sorted(WAYS)), min_size=1, max_size=3))
    if "fields" in ways:
        damage_fields(draw, events)
    if "repeated" in ways:
        at = draw(st.integers(0, len(events) - 1))
        events.insert(draw(st.integers(0, len(events))), events[at])
    lines = [json.dumps(event) for event in events]
    if "doubled field" in ways:
        at = draw(st.integers(0, len(lines) - 1))
        lines[at] = f"{lines[at][:-1]}, {lines[at][1:]}" if len(lines[at]) > 2 else lines[at]
    body = framed(lines, name, draw(st.sampled_from(LINE_ENDS)) if "line ends" in ways else "\n")
    result = Mutated(body.encode(), repeats="repeated" in ways)
    if "bytes" in ways:
        result.body = flipped(draw, result.body)
    if "cut" in ways:
        result.body = result.body[: draw(st.integers(0, len(result.body)))]
        result.end = draw(st.sampled_from(End))
    if "split" in ways:
        step = draw(st.integers(1, 40))
        result.pieces = list(range(step, len(result.body), step))
    return result


WAYS = {"fields", "repeated", "doubled field", "line ends", "bytes", "cut", "split"}

LINE_ENDS = ["\r\n", "\r", "\n\n"]


def damage_fields(draw: st.DrawFn, events: list[Any]) -> None:
    """Drop fields, or give them values of another type."""
    for _ in range(draw(st.integers(1, 3))):
        *above, last = draw(st.sampled_from(list(paths(events))))
        holder: Any = events
        for key in above:
            holder = holder[key]
        if isinstance(holder, dict) and draw(st.booleans()):
            del holder[last]
        else:
            holder[last] = draw(st.sampled_from(VALUES))


def framed(lines: list[str], name: str, line_end: str) -> str:
    """The events as the service sends them."""
    if name in NO_EVENTS:
        return line_end.join([*lines, ""])
    return "".join(f"data: {text}{line_end}{line_end}" for text in [*lines, "[DONE]"])


def flipped(draw: st.DrawFn, body: bytes) -> bytes:
    """The same with bits of some bytes turned over."""
    changed = bytearray(body)
    for _ in range(draw(st.integers(1, 4))):
        changed[draw(st.integers(0, len(body) - 1))] ^= draw(st.integers(1, 255))
    return bytes(changed)


@st.composite
def arriving(draw: st.DrawFn) -> Mutated:
    """A valid answer with text, whose bytes arrive in any pieces, with line ends of any kind."""
    name = draw(st.sampled_from(WITH_TEXT))
    # Lines of JSON are no stream of events, which alone may end in CR.
    line_end = draw(st.sampled_from(["\n", "\r\n"] if name in NO_EVENTS else ["\n", *LINE_ENDS]))
    body = framed([json.dumps(event) for event in STREAMS[name]], name, line_end).encode()
    pieces = draw(st.lists(st.integers(1, len(body) - 1), max_size=20) | st.just(range(len(body))))
    return Mutated(body, list(pieces))


WITH_TEXT = ["chunks", "thoughts", "marks", "lines", "a completion"]
