"""Makes the messages of a request such as strict services take them. Pure.

Some insist that roles alternate, that a person begins, that nothing is blank, and that each tool call
has its result. Nobody minds if that is so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import prompts
from assistant.language_model.content import text_of
from chat import is_blank

Message = dict[str, Any]
"""A message of a request, by OpenAI's API."""

KEPT_SHARE = 0.7
"""Share of the size that fits, to which a conversation that exceeds it is cut: so that its beginning
stays the same for many turns, which services that keep it in a cache answer faster."""

LINE = "\n"
PARAGRAPH = "\n\n"


def regular(messages: Iterable[Message]) -> list[Message]:
    """Messages that begin with the instructions, then a person's; see `joined` for what is left."""
    instructions, others = _without_instructions(_with_text(messages))
    paired = _paired(others)
    first = next((i for i, message in enumerate(paired) if message["role"] == "user"), len(paired))
    before = [message["content"] for message in paired[:first] if message.get("content")]
    if before and first < len(paired):
        instructions.append(PARAGRAPH.join((prompts.load("note_already_said"), *before)))
        paired = paired[first:]
    system = [{"role": "system", "content": PARAGRAPH.join(instructions)}] if instructions else []
    return [*system, *paired]


def fitting(messages: Sequence[Message], most_bytes: int) -> list[Message]:
    """What is left of regular messages if the oldest turns must go. The newest always stays.

    A turn begins with a person's message. The same turns go again as long as the conversation goes
    on and fits.
    """
    system = [message for message in messages[:1] if message["role"] == "system"]
    turns = list(_turns(messages[len(system) :]))
    sizes = [size_of(turn) for turn in turns]
    room = most_bytes - size_of(system)
    first, total = 0, 0
    for newest, size in enumerate(sizes):
        total += size
        if total > room:
            while first < newest and total > room * KEPT_SHARE:
                total -= sizes[first]
                first += 1
    return [*system, *(message for turn in turns[first:] for message in turn)]


def newest_turn_size(messages: Sequence[Message]) -> int:
    """The size of what `fitting` never takes away."""
    system = [message for message in messages[:1] if message["role"] == "system"]
    turns = list(_turns(messages[len(system) :]))
    return size_of(system) + (size_of(turns[-1]) if turns else 0)


def without_system(messages: Sequence[Message]) -> list[Message]:
    """Regular messages whose instructions are in the first person's."""
    if not messages or messages[0]["role"] != "system":
        return list(messages)
    system, *others = messages
    if others and others[0]["role"] == "user" and isinstance(others[0]["content"], str):
        text = PARAGRAPH.join((system["content"], others[0]["content"]))
        return [{**others[0], "content": text}, *others[1:]]
    return [{**system, "role": "user"}, *others]


def without_tools(messages: Sequence[Message]) -> list[Message]:
    """Messages without tool calls and their results."""
    kept = [
        {name: value for name, value in message.items() if name != "tool_calls"}
        for message in messages
        if message["role"] != "tool"
    ]
    return [message for message in kept if message.get("content")]


def size_of(messages: Iterable[Message]) -> int:
    """Bytes of messages as they travel."""
    return sum(
        len(json.dumps(message, ensure_ascii=False).encode("utf-8", "replace"))
        for message in messages
    )


def _with_text(messages: Iterable[Message]) -> Iterator[Message]:
    """Messages whose content is a text, as far as it is only text; without those that say nothing."""
    for message in messages:
        content = message.get("content")
        if isinstance(content, list) and all(_is_text(part) for part in content):
            content = PARAGRAPH.join(filter(None, map(text_of, content)))
        says_something = not isinstance(content, str) or not is_blank(content)
        if message["role"] == "tool":
            yield {**message, "content": content if content and says_something else "(nothing)"}
        elif content and says_something:
            yield {**message, "content": content}
        elif message.get("tool_calls"):
            yield {**message, "content": ""}


def _is_text(part: object) -> bool:
    return isinstance(part, str) or (isinstance(part, dict) and part.get("type") == "text")


def _without_instructions(messages: Iterable[Message]) -> tuple[list[str], list[Message]]:
    instructions, others = [], []
    for message in messages:
        if message["role"] in ("system", "developer"):
            instructions.append(text_of(message["content"]))
        else:
            others.append(message)
    return instructions, others


def _paired(messages: Sequence[Message]) -> list[Message]:
    """Messages without results that nobody asked for, and without calls that have none."""
    results = {message.get("tool_call_id") for message in messages if message["role"] == "tool"}
    asked: set[Any] = set()
    paired = []
    for message in messages:
        if message["role"] == "tool":
            if message.get("tool_call_id") not in asked:
                continue
        elif message.get("tool_calls"):
            calls = [call for call in message["tool_calls"] if call.get("id") in results]
            asked.update(call["id"] for call in calls)
            message = {**message, "tool_calls": [_with_arguments(call) for call in calls]}
            if not calls:
                del message["tool_calls"]
                if not message["content"]:
                    continue
        paired.append(message)
    return paired


def _with_arguments(call: Message) -> Message:
    """A call whose arguments are JSON: a model may have written anything."""
    function = call.get("function") or {}
    try:
        json.loads(function.get("arguments") or "")
    except (ValueError, RecursionError):
        return {**call, "function": {**function, "arguments": "{}"}}
    return call


def joined(messages: Iterable[Message]) -> list[Message]:
    """Messages of which no two in a row are by the same role, but for the results of tools."""
    alternating: list[Message] = []
    for message in messages:
        last = alternating[-1] if alternating else None
        if last is not None and _joins(last, message):
            alternating[-1] = _join(last, message)
        else:
            alternating.append(message)
    return alternating


def _joins(first: Message, second: Message) -> bool:
    same_role = first["role"] == second["role"] != "tool"
    return same_role and not first.get("tool_calls")


def _join(first: Message, second: Message) -> Message:
    between = LINE if first["role"] == "user" else PARAGRAPH
    texts = (first["content"], second["content"])
    if all(isinstance(text, str) for text in texts):
        return {**first, **second, "content": between.join(filter(None, texts))}
    parts = [part for text in texts for part in _parts(text)]
    return {**first, **second, "content": parts}


def _parts(content: Any) -> list[Any]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def _turns(messages: Iterable[Message]) -> Iterator[list[Message]]:
    turn: list[Message] = []
    for message in messages:
        if message["role"] == "user" and turn:
            yield turn
            turn = []
        turn.append(message)
    if turn:
        yield turn
