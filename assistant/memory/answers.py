"""What the LLM said in a turn, as JSON where it is more than the text that people see. No I/O."""

from __future__ import annotations

import logging
from functools import cache

from livekit.agents import llm
from pydantic import TypeAdapter, ValidationError

from chat import failure_fields, is_blank

logger = logging.getLogger(__name__)


def answer_json(items: list[llm.ChatItem], text: str) -> str | None:
    """The items of an answer as JSON; None if they are no more than a text.

    Args:
        items: What the LLM said, its tool calls included.
        text: What people see of it.
    """
    if not items or _is_just(items, text):
        return None
    return _adapter().dump_json(items, exclude_none=True).decode()


def answer_items(json: str | None, text: str, created_at: float) -> list[llm.ChatItem]:
    """The items of an answer that is remembered.

    Args:
        json: What `answer_json` returned. What cannot be read is replaced by the text: it may be from
            another version of livekit-agents.
        text: What people see of it.
        created_at: When it was given, in seconds since the epoch.
    """
    if json is not None:
        try:
            return _adapter().validate_json(json)
        except ValidationError as error:
            logger.warning("answer restored as text only", extra=failure_fields(error))
    if is_blank(text):
        return []
    return [llm.ChatMessage(role="assistant", content=[text], created_at=created_at)]


def _is_just(items: list[llm.ChatItem], text: str) -> bool:
    (item, *others) = items
    return not others and isinstance(item, llm.ChatMessage) and item.text_content == text


@cache
def _adapter() -> TypeAdapter[list[llm.ChatItem]]:
    # It takes half a millisecond to build.
    return TypeAdapter(list[llm.ChatItem])
