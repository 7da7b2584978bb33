"""What the LLM says in tests of a whole conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.doubles import FakeOpenAI, Message, Reply, echo, without_time, words

BEGINNING = "Once upon a time"
"""All that `STALLING` ever says."""

STALLING = Reply(words(f"{BEGINNING} there was"), stall_after=len(words(BEGINNING)))
"""A reply that begins, and never ends by itself."""


def holding(whole: str) -> Reply:
    """A reply of which the first word comes at once, the others when it is released."""
    return Reply(words(whole), hold_after=1)


def in_turn(*replies: Reply) -> Callable[[list[Message]], Reply]:
    """Give each request the next of these replies; what comes after them is echoed."""
    left = list(replies)
    return lambda messages: left.pop(0) if left else echo(messages)


def conversation(request: dict[str, Any]) -> list[tuple[str, str]]:
    """Role and text of what a request tells of the conversation, without instructions and time."""
    messages = [m for m in request["messages"] if m["role"] not in ("system", "developer")]
    return [(m["role"], without_time(m["content"])) for m in messages]


def last_lines(llm: FakeOpenAI) -> list[str]:
    """What people wrote since the last answer, as the newest request tells it."""
    role, text = conversation(llm.requests[-1])[-1]
    assert role == "user"
    return text.split("\n")
