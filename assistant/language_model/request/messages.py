"""Makes the messages of a request such as strict services take them. Pure.

Some insist that roles alternate, that a person begins, that nothing is blank, and that each tool call
has its result. Nobody minds if that is so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import prompts
from assistant.language_model.content import text_of
from chat import is_blank

from .tool_results import paired

Message = dict[str, Any]
"""A message of a request, by OpenAI's API."""

LINE = "\n"
PARAGRAPH = "\n\n"
NO_RESULT = "(nothing)"
"""The result of a tool that says nothing."""

_BETWEEN = {"user": LINE}
_INSTRUCTING = ("system", "developer")


def regular(messages: Iterable[Message]) -> list[Message]:
    """Messages that begin with the instructions, then a person's; see `joined` for what is left.

    Where no person said anything, the instructions are taken for a person's.
    """
    told = list(_with_content(messages))
    instructing = (text_of(each["content"]) for each in told if each["role"] in _INSTRUCTING)
    instructions = list(filter(None, instructing))
    others = list(paired(each for each in told if each["role"] not in _INSTRUCTING))
    first = next((i for i, message in enumerate(others) if message["role"] == "user"), None)
    if first is None:
        if others and not instructions:
            instructions.append(prompts.load("note_already_said"))
        return [*_message("user", instructions), *others]
    if before := [text for each in others[:first] if (text := text_of(each["content"]))]:
        instructions.append(PARAGRAPH.join((prompts.load("note_already_said"), *before)))
    return [*_message("system", instructions), *others[first:]]


def split_instructions(messages: Sequence[Message]) -> tuple[list[Message], list[Message]]:
    """The instructions of regular messages, which may be none, and the others."""
    count = 1 if messages and messages[0]["role"] == "system" else 0
    return list(messages[:count]), list(messages[count:])


def joined(messages: Iterable[Message], between: str | None = None) -> list[Message]:
    """Messages of which no two in a row are by the same role, but for the results of tools.

    Args:
        messages: Regular messages.
        between: What is put between two; None for a line break or, in answers, a blank line.
    """
    alternating: list[Message] = []
    for message in messages:
        last = alternating[-1] if alternating else None
        if last is not None and _joins(last, message):
            text = _BETWEEN.get(message["role"], PARAGRAPH) if between is None else between
            alternating[-1] = _join(last, message, text)
        else:
            alternating.append(message)
    return alternating


def without_system(messages: Sequence[Message]) -> list[Message]:
    """Regular messages whose instructions are in the first person's."""
    instructions, others = split_instructions(messages)
    asked = [{**each, "role": "user"} for each in instructions]
    return joined([*asked, *others], between=PARAGRAPH)


def without_tools(messages: Sequence[Message]) -> list[Message]:
    """Messages without tool calls and their results."""
    kept = [
        {name: value for name, value in message.items() if name != "tool_calls"}
        for message in messages
        if message["role"] != "tool"
    ]
    return [message for message in kept if message.get("content")]


def _message(role: str, paragraphs: Sequence[str]) -> list[Message]:
    return [{"role": role, "content": PARAGRAPH.join(paragraphs)}] if paragraphs else []


def _with_content(messages: Iterable[Message]) -> Iterator[Message]:
    """Messages with a text, or with parts if there is more than text; without those that say nothing."""
    for message in messages:
        content = _content_of(message)
        if content or message.get("tool_calls"):
            yield {**message, "content": content}
        elif message["role"] == "tool":
            yield {**message, "content": NO_RESULT}


def _content_of(message: Message) -> str | list[Any]:
    content = message.get("content")
    if not isinstance(content, list):
        text = text_of(content)
        return "" if is_blank(text) else text
    parts = [part for part in map(_part, content) if part is not None]
    if all(map(_is_text, parts)):
        return PARAGRAPH.join(text_of(part) for part in parts)
    return parts


def _part(part: object) -> Message | None:
    if isinstance(part, str):
        part = {"type": "text", "text": part}
    if not isinstance(part, dict):
        return None
    if not _is_text(part):
        return part
    text = text_of(part)
    return None if is_blank(text) else {**part, "type": "text", "text": text}


def _is_text(part: Message) -> bool:
    return bool(part.get("type", "text") == "text")


def _joins(first: Message, second: Message) -> bool:
    same_role = first["role"] == second["role"] != "tool"
    return same_role and not first.get("tool_calls")


def _join(first: Message, second: Message, between: str) -> Message:
    texts = (first["content"], second["content"])
    if all(isinstance(text, str) for text in texts):
        return {**first, **second, "content": between.join(filter(None, texts))}
    parts = [part for text in texts for part in _parts(text)]
    return {**first, **second, "content": parts}


def _parts(content: Any) -> list[Any]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return list(content)
