"""The rules of the strictest chat completion services, as reasons to refuse a request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any

from chat import is_blank

SYSTEM = ("system", "developer")
"""The roles of instructions."""

Message = dict[str, Any]
"""One entry of a request's `messages`."""


def refusals(messages: Sequence[Message], most_bytes: int | None = None) -> list[str]:
    """Why a strict service would refuse these messages; empty if it takes them.

    It wants one system message at most, which comes first; then the user, and from there on user and
    assistant in turn, with the user last; each call of a tool answered before that; nothing blank.

    Args:
        messages: The messages of a request, instructions included.
        most_bytes: Bytes that the strings of the conversation may take as JSON, without the
            instructions; None is no limit.
    """
    return list(_refusals(list(messages), most_bytes))


def merged(messages: Sequence[Message]) -> list[Message]:
    """The same with one message for those of one role in a row, unless tools come into it."""
    result: list[Message] = []
    for (role, is_plain), group in groupby(messages, key=lambda m: (m["role"], _is_plain(m))):
        if not is_plain:
            result += group
        else:
            result.append({"role": role, "content": "\n\n".join(map(text_of, group))})
    return result


def text_of(message: Message) -> str:
    """The text of a message, whichever form its content has."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


def size_of(messages: Sequence[Message]) -> int:
    """Bytes that the strings of a conversation take as JSON."""
    calls = [call["function"] for message in messages for call in message.get("tool_calls", [])]
    strings = [text_of(message) for message in messages if _is_plain(message) or text_of(message)]
    strings += [call["arguments"] for call in calls]
    return sum(
        len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")) for text in strings
    )


def _is_plain(message: Message) -> bool:
    return message["role"] != "tool" and not message.get("tool_calls")


def _refusals(messages: list[Message], most_bytes: int | None) -> Iterator[str]:
    if messages and messages[0]["role"] in SYSTEM:
        instructions = messages.pop(0)
        if is_blank(text_of(instructions)):
            yield "blank instructions"
    if any(message["role"] in SYSTEM for message in messages):
        yield "a system message that is not the first"
    if any(is_blank(text_of(message)) for message in messages if _is_plain(message)):
        yield "a blank message"
    if not messages or messages[0]["role"] != "user":
        yield "the first message is not the user's"
    if messages and messages[-1]["role"] == "assistant":
        yield "the last message is the assistant's"
    roles = [message["role"] for message in messages if _is_plain(message)]
    if any(one == other for one, other in pairwise(roles)):
        yield "roles do not alternate"
    yield from _tool_refusals(messages)
    if most_bytes is not None and (size := size_of(messages)) > most_bytes:
        yield f"{size} bytes are more than {most_bytes}"


def _tool_refusals(messages: Sequence[Message]) -> Iterator[str]:
    due: set[str] = set()
    for message in messages:
        if message["role"] == "tool":
            if message["tool_call_id"] not in due:
                yield "an output without its call"
            due.discard(message["tool_call_id"])
            continue
        if due:
            yield "a call without its output"
        due = {call["id"] for call in message.get("tool_calls", [])}
    if due:
        yield "a call without its output"
