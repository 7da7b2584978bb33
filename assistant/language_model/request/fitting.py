"""What is told of a conversation that is larger than what fits. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from .messages import Message, split_instructions

KEPT_SHARE = 0.7
"""Share of the size that fits, to which a conversation that exceeds it is cut: so that its beginning
stays the same for many turns, which services that keep it in a cache answer faster."""


def fitting(messages: Sequence[Message], most_bytes: int) -> list[Message]:
    """What is left of regular messages if the oldest turns must go. The newest always stays.

    A turn begins with a person's message. The same turns go again as long as the conversation goes
    on and fits: it is gone through as it was asked about, turn by turn.
    """
    instructions, others = split_instructions(messages)
    turns = list(_turns(others))
    sizes = [[size_of([message]) for message in turn] for turn in turns]
    room = most_bytes - size_of(instructions)
    first, total = 0, 0
    for newest, turn in enumerate(turns):
        for message, size in zip(turn, sizes[newest], strict=True):
            total += size
            is_asked = message["role"] != "assistant" or message is others[-1]
            if is_asked and total > room:
                while first < newest and total > room * KEPT_SHARE:
                    total -= sum(sizes[first])
                    first += 1
    return [*instructions, *(message for turn in turns[first:] for message in turn)]


def newest_turn_size(messages: Sequence[Message]) -> int:
    """The size of what `fitting` never takes away."""
    instructions, others = split_instructions(messages)
    turns = list(_turns(others))
    return size_of(instructions) + (size_of(turns[-1]) if turns else 0)


def size_of(messages: Iterable[Message]) -> int:
    """Bytes of messages as they travel, escapes counted."""
    return sum(
        len(json.dumps(message, ensure_ascii=False).encode("utf-8", "replace"))
        for message in messages
    )


def _turns(messages: Iterable[Message]) -> Iterator[list[Message]]:
    turn: list[Message] = []
    for message in messages:
        if message["role"] == "user" and turn:
            yield turn
            turn = []
        turn.append(message)
    if turn:
        yield turn
