"""Reads what a service says when it refuses a request, or breaks an answer off. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from .refusal import Refusal

MOST_SECONDS = 1e6
"""Seconds for which a service can want to be left alone."""

MOST_TEXT = 20_000
"""Characters of an error that are looked at."""

SHORTEST_QUOTE = 20
"""Characters of what was asked that count as a quote if an error has them."""

_QUOTES = frozenset({"input", "messages", "prompt", "body", "request", "failed_generation"})
"""Fields in which services repeat what they were asked, or what the model wrote."""

_WAITS = frozenset({"retry_after", "retryAfter", "retryDelay", "retry_after_seconds"})
_WAIT = re.compile(
    r"(?:try again|retry|wait)\W{0,4}(?:in|after|for)?\s?(?P<number>\d{1,6}(?:\.\d{1,9})?)"
    r"\s?(?P<unit>ms|millisecond|s|m|h)",
    re.IGNORECASE,
)
_UNITS = {"ms": 0.001, "millisecond": 0.001, "m": 60.0, "h": 3600.0}


def read_refusal(status: int | None, body: object, retry_after: str | None = None) -> Refusal:
    """Read what a service says, in whatever shape.

    Args:
        status: The HTTP status; None for an event, which may name a number of its own.
        body: The JSON, or the text in its place.
        retry_after: The header of that name, in seconds.
    """
    strings = list(_strings(body))
    text = " ".join(strings)[:MOST_TEXT]
    number = status if status is not None else next(_numbers(body), None)
    wait = _seconds(retry_after)
    wait = _seconds_in_words(text) if wait is None else wait
    return Refusal(number, text, frozenset(_places(body)), wait)


def without_quotes(refusal: Refusal, asked: Iterable[str]) -> Refusal:
    """The same without what a service repeats of what it was asked.

    Args:
        refusal: What it said.
        asked: The texts that it was sent.
    """
    text = refusal.text
    for quote in asked:
        for form in (quote, json.dumps(quote, ensure_ascii=False)[1:-1], json.dumps(quote)[1:-1]):
            if len(form) >= SHORTEST_QUOTE:
                text = text.replace(form, " ")
    return replace(refusal, text=text)


def _strings(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < 8 and isinstance(value, Mapping):
        for name, inner in value.items():
            if name in _QUOTES:
                continue
            if name in _WAITS and isinstance(inner, (str, int, float)):
                yield f"retry after {inner} s"
            elif isinstance(inner, bool) and inner:
                yield str(name)  # Azure marks filters like this.
            elif isinstance(inner, int) and name in ("code", "status"):
                yield str(inner)
            else:
                yield from _strings(inner, depth + 1)
    elif depth < 8 and isinstance(value, list):
        for inner in value[:50]:
            yield from _strings(inner, depth + 1)


def _numbers(value: object, depth: int = 0) -> Iterator[int]:
    """What may be an HTTP status."""
    if isinstance(value, list) and depth < 5:
        for inner in value[:50]:
            yield from _numbers(inner, depth + 1)
    if depth > 4 or not isinstance(value, Mapping):
        return
    for name in ("code", "status", "status_code", "error_code"):
        number = value.get(name)
        if isinstance(number, str) and number.isascii() and number.isdigit() and len(number) == 3:
            number = int(number)
        if isinstance(number, int) and 400 <= number <= 599:
            yield number
    for inner in value.values():
        yield from _numbers(inner, depth + 1)


def _places(value: object, depth: int = 0) -> Iterator[str]:
    """The fields that are named as the place of the error, as OpenAI and FastAPI do it."""
    if depth > 5:
        return
    if isinstance(value, list):
        for inner in value[:50]:
            yield from _places(inner, depth + 1)
    elif isinstance(value, Mapping):
        if isinstance(param := value.get("param"), str):
            yield from re.findall(r"[A-Za-z_]\w*", param)
        if isinstance(loc := value.get("loc"), list):
            yield from (part for part in loc if isinstance(part, str))
        for inner in value.values():
            if isinstance(inner, (list, Mapping)):
                yield from _places(inner, depth + 1)


def _seconds_in_words(text: str) -> float | None:
    """When to ask again, as OpenAI, Groq, Azure and Gemini say it beside the header, or instead of it."""
    found = _WAIT.search(text)
    if found is None:
        return None
    return _seconds(found["number"], _UNITS.get(found["unit"].lower(), 1.0))


def _seconds(number: str | None, unit: float = 1.0) -> float | None:
    try:
        seconds = float(number) * unit if number is not None else None
    except ValueError:
        return None
    return None if seconds is None or math.isnan(seconds) else min(max(0.0, seconds), MOST_SECONDS)
