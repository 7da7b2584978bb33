"""What refusals teach about a service's model. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant.language_model.refusal import Refusal

from .fitting import fitting, newest_turn_size, size_of
from .messages import Message, regular

LARGEST_LIMIT = "max_completion_tokens"
"""OpenAI's name for the most tokens of an answer."""

OLDER_LIMIT = "max_tokens"
"""The name that it had before, which most other services know."""

REQUIRED = frozenset({"model", "messages", "stream", "tools"})
"""Fields that a request cannot be made without, or that have a lesson of their own."""

SMALLEST_CONTEXT = 2_000
"""Bytes; a model that takes less than this is told the newest turn alone."""

_SYSTEM_ROLE = re.compile(
    r"system.{0,40}(?:role|instruction|message|prompt)|(?:role|roles).{0,60}system"
    r"|developer instruction|conversation roles must alternate",
    re.IGNORECASE | re.DOTALL,
)
_NOT_SUPPORTED = re.compile(
    r"not (?:be )?(?:support|enabl|allow|permit|accept|valid|implement)|unsupport|unknown|unrecogni[sz]ed"
    r"|invalid|unexpected|extra (?:inputs|fields)|not one of|only .{0,40}(?:role|support|allow)|must alternate"
    r"|does not exist|disabled|requires|no endpoints? found",
    re.IGNORECASE,
)
_TOOLS = re.compile(r"\btools?\b|tool[_ -]?(?:use|call|choice)|function.?call", re.IGNORECASE)
_THINKING = re.compile(r"\b(?:thinking|reasoning)\b", re.IGNORECASE)
_STREAMING = re.compile(r"\bstream(?:ing)?\b(?!_)", re.IGNORECASE)
_STRICT = re.compile(r"\bstrict\b|additional_?properties", re.IGNORECASE)
_ROLES = ("user",)
_NOT_A_LESSON = (401, 402, 403, 408, 409, 429)


@dataclass(frozen=True)
class Lessons:
    """What is known of a model, beyond what all services take."""

    without: frozenset[str] = frozenset()
    """Optional fields that are not to be sent."""

    limit_name: str = ""
    """What the field for the most tokens of an answer is called; empty if nothing is known."""

    system_role: bool = True
    """Whether there may be a system message."""

    tools: bool = True
    """Whether tools may be offered."""

    strict_tools: bool = True
    """Whether tools may have ``strict`` and ``additionalProperties``."""

    streams: bool = True
    """Whether answers may be asked for as streams."""

    path: str = ""
    """Put before the path of a request, where the base URL has none."""

    most_bytes: int | None = None
    """How much of a conversation fits, in bytes of JSON; None as long as nothing was too much."""


def learn(
    known: Lessons,
    refusal: Refusal,
    body: Mapping[str, Any],
    wanted: Sequence[Message] | None = None,
) -> Lessons:
    """What is known after a refusal; the same as before if it teaches nothing.

    Args:
        known: What the request was made with.
        refusal: What the service said.
        body: The request as it was sent.
        wanted: The messages that it was made of; None if they were sent as they are.
    """
    if not may_teach(refusal):
        return known
    if (field := _refused_field(refusal, body)) is not None:
        return _without(known, field, refusal)
    if refusal.is_too_long:
        return _shorter(known, body["messages"] if wanted is None else wanted)
    if refusal.is_filtered:
        return known
    return _of_sentence(known, refusal.text, body)


def may_teach(refusal: Refusal) -> bool:
    """Whether a refusal is about the request, so that another one may succeed."""
    if refusal.is_about_money or refusal.is_unknown_model:
        return False
    return refusal.status not in _NOT_A_LESSON or refusal.is_too_long


def _refused_field(refusal: Refusal, body: Mapping[str, Any]) -> str | None:
    """The optional field that a refusal is about."""
    optional = [name for name in body if name not in REQUIRED]
    named = [name for name in optional if name in refusal.fields]
    if not named and _THINKING.search(refusal.text):
        named = [name for name in optional if name == "reasoning_effort"]
    if not named and (_NOT_SUPPORTED.search(refusal.text) or not refusal.is_too_long):
        # The longest first: "max_tokens" is no word of its own in "max_completion_tokens".
        by_length = sorted((n for n in optional if n not in _ROLES), key=len, reverse=True)
        named = [n for n in by_length if re.search(rf"(?<!\w){re.escape(n)}(?!\w)", refusal.text)]
    return named[0] if named else None


def _without(known: Lessons, field: str, refusal: Refusal) -> Lessons:
    if field in (LARGEST_LIMIT, OLDER_LIMIT):
        other = OLDER_LIMIT if field == LARGEST_LIMIT else LARGEST_LIMIT
        if not known.limit_name:
            return replace(known, limit_name=other)
    if field in ("tool_choice", "parallel_tool_calls") and "auto" in refusal.text:
        # What vLLM says of a server that was not started for tools.
        return replace(known, tools=False)
    return replace(known, without=known.without | {field})


def _shorter(known: Lessons, wanted: Sequence[Message]) -> Lessons:
    told = regular(wanted)
    if known.most_bytes is not None:
        told = fitting(told, known.most_bytes)
    sent = size_of(told)
    if newest_turn_size(told) >= sent:
        return known
    most = sent // 2
    return replace(known, most_bytes=most if most >= SMALLEST_CONTEXT else 0)


def _of_sentence(known: Lessons, text: str, body: Mapping[str, Any]) -> Lessons:
    if not _NOT_SUPPORTED.search(text):
        return known
    if body.get("tools") and _STRICT.search(text) and known.strict_tools:
        return replace(known, strict_tools=False)
    if body.get("tools") and _TOOLS.search(text):
        return replace(known, tools=False)
    if _SYSTEM_ROLE.search(text) and known.system_role:
        return replace(known, system_role=False)
    if body.get("stream") and _STREAMING.search(text) and known.streams:
        return replace(known, streams=False)
    return known
