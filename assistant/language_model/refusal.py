"""What a service says when it refuses a request, or breaks an answer off. Pure.

Services have OpenAI's codes, or codes of their own, or only a sentence. What is looked for are the
words that they have in common.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .failure import Failure, Remedy

MOST_SECONDS = 1e6
"""Seconds for which a service can want to be left alone."""

MOST_TEXT = 20_000
"""Characters of an error that are looked at."""

_FLAGS = re.IGNORECASE

_TOO_LONG = re.compile(
    r"context[_ ]?(?:length|window|size|limit)|exceed_context_size|maximum context|max(?:imum)?[_ ]seq"
    r"|(?:prompt|input|request|message|conversation|content)s? (?:is |are |was )?too (?:long|large)"
    r"|string_above_max_length|too many (?:input |prompt )?tokens|reduce (?:the|your) (?:length|message|prompt)"
    r"|tokens? .{0,60}exceed|exceed.{0,60}(?:tokens?\b|max.{0,12}length)|input length|input_too_long"
    r"|longer than the (?:model|maximum|max)|larger than the (?:model|maximum|max)"
    r"|(?:less|fewer|more) than .{0,20}tokens|tokens?\b.{0,60}(?:must|should) (?:be|have)"
    r"|num(?:ber)? of (?:input |prompt )?tokens|max_model_len|range of input length"
    r"|request_too_large|payload too large|request entity too large|上下文|超长|最大.{0,8}长度",
    _FLAGS,
)
_TOO_LARGE_FOR_ANY_MINUTE = re.compile(
    r"request too large|reduce (?:the|your) (?:length|message|prompt|input)|must be reduced"
    r"|context[_ ](?:length|window|size)",
    _FLAGS,
)
_FILTERED = re.compile(
    r"content[_ ]?(?:filter|policy|management|moderation|safety)|responsible_?ai|data_?inspection"
    r"|content exists risk|inappropriate content|moderation|safety (?:system|filter|setting|reason)"
    r"|prohibited[_ ]content|violat\w+ .{0,40}(?:polic|guideline|terms)|polic\w+ .{0,20}violat|safety_check|unsafe (?:content|or sensitive)"
    r"|sensitive (?:content|information|words?)|flagged|guardrail|blocked by|\b1301\b|敏感|不安全",
    _FLAGS,
)
_QUOTA = re.compile(
    r"insufficient[_ ](?:quota|balance|credits?|funds)|billing|exceeded your current quota|out of credits?"
    r"|credit balance|payment required|arrearage|余额|欠费",
    _FLAGS,
)
_UNKNOWN_MODEL = re.compile(
    r"model[_ ]not[_ ]found|(?:model|deployment).{0,80}(?:does not exist|not found|not exist|unknown"
    r"|not available|no longer)|no such model|unknown model|invalid model",
    _FLAGS,
)
_KEY = re.compile(r"invalid[_ ]api[_ ]key|incorrect api key|unauthori[sz]ed|authentication", _FLAGS)
_BUSY = re.compile(
    r"rate[_ ]?limit|too many requests|overloaded|server is busy|capacity|try again later"
    r"|resource[_ ]?exhausted|throttl",
    _FLAGS,
)
_NO_SUCH_PATH = re.compile(
    r"unexpected endpoint|(?:unknown|invalid|no such|no) (?:request )?(?:url|path|route|endpoint)|cannot post"
    r"|page not found|not found\W*$",
    _FLAGS,
)
_TOO_LONG_STATUSES = (413,)
_OPERATORS_STATUSES = (400, 401, 402, 403, 404, 405, 406, 410, 411, 415, 421, 422, 426, 451, 501)
_BUSY_STATUSES = (429, 503, 529)
_PASSING_STATUSES = (408, 409, 425)

_ADVICE = {
    401: "check OPENAI_API_KEY",
    403: "may this key use this model?",
    404: "check CHAT_MODEL and OPENAI_BASE_URL",
}


@dataclass(frozen=True)
class Refusal:
    """What a service says of a request that it did not answer."""

    status: int | None
    """Its HTTP status, or the number that takes its place in an event; None if there is none."""

    text: str
    """All its words, which may quote what it was asked."""

    fields: frozenset[str] = frozenset()
    """What it names as the place of the error: fields of the request, without indexes."""

    retry_after: float | None = None
    """Seconds that it wants to be left alone; None if it does not say."""

    as_event: bool = False
    """Whether it came in the stream of an answer."""

    @property
    def is_too_long(self) -> bool:
        """Whether the request was too long for the model."""
        if self.status in _TOO_LONG_STATUSES:
            return True
        # Limits for a minute are told in tokens too; only this one does not pass by waiting.
        pattern = _TOO_LARGE_FOR_ANY_MINUTE if self.is_busy else _TOO_LONG
        return self.status not in (401, 403) and pattern.search(self.text) is not None

    @property
    def is_busy(self) -> bool:
        """Whether the service has too much to do, or has done enough for this key."""
        return self.status in _BUSY_STATUSES or _BUSY.search(self.text) is not None

    @property
    def is_filtered(self) -> bool:
        """Whether it is refused for its content."""
        is_page = self.text.lstrip().startswith("<")
        asked = self.status not in (401, 404, 429) and not is_page
        return asked and _FILTERED.search(self.text) is not None

    @property
    def is_elsewhere(self) -> bool:
        """Whether there is no API where it was looked for."""
        if self.is_unknown_model:
            return False
        return self.status in (404, 405) or (
            self.status is None and _NO_SUCH_PATH.search(self.text) is not None
        )

    @property
    def is_about_money(self) -> bool:
        """Whether nothing is left to pay with."""
        return self.status == 402 or _QUOTA.search(self.text) is not None

    @property
    def is_unknown_model(self) -> bool:
        """Whether the service does not have the model."""
        return _UNKNOWN_MODEL.search(self.text) is not None


def read_refusal(
    status: int | None, body: object, retry_after: str | None = None, *, as_event: bool = False
) -> Refusal:
    """Read what a service says.

    Args:
        status: The HTTP status; None for an event, which may name a number of its own.
        body: The JSON, or the text in its place.
        retry_after: The header of that name, in seconds.
        as_event: Whether it came in the stream of an answer.
    """
    strings = list(_strings(body))
    text = " ".join(strings)[:MOST_TEXT]
    number = status if status is not None else next(_numbers(body), None)
    return Refusal(number, text, frozenset(_places(body)), _seconds(retry_after), as_event)


def failure_of(refusal: Refusal) -> Failure:
    """Say what a refusal stands for."""
    status, detail = refusal.status, refusal.text
    name = f"status {status}" if status is not None else "error event"
    if refusal.is_about_money:
        return Failure(
            name, remedy=Remedy.OPERATOR, advice="the account has no credit", detail=detail
        )
    if refusal.is_too_long and not _is_server_error(status):
        return Failure("too long", remedy=Remedy.SHORTEN, detail=detail)
    if refusal.is_filtered:
        return Failure("content filter", remedy=Remedy.REPHRASE, detail=detail)
    if status in _BUSY_STATUSES or (status is None and refusal.is_busy):
        return Failure(name, True, Remedy.WAIT, refusal.retry_after, detail=detail)
    if status in _OPERATORS_STATUSES or (status is None and _needs_operator(refusal)):
        advice = _ADVICE.get(status or 0, "see the service's own words at this level of the log")
        if refusal.is_unknown_model:
            advice = _ADVICE[404]
        return Failure(name, remedy=Remedy.OPERATOR, advice=advice, detail=detail)
    passing = status is None or _is_server_error(status) or status in _PASSING_STATUSES
    return Failure(name, passing, retry_after=refusal.retry_after, detail=detail)


def _needs_operator(refusal: Refusal) -> bool:
    return refusal.is_unknown_model or _KEY.search(refusal.text) is not None


def _is_server_error(status: int | None) -> bool:
    return status is not None and status >= 500


def _strings(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < 8 and isinstance(value, Mapping):
        for name, inner in value.items():
            if isinstance(inner, bool) and inner:
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


def _seconds(retry_after: str | None) -> float | None:
    try:
        seconds = float(retry_after) if retry_after is not None else None
    except ValueError:
        return None
    return None if seconds is None or math.isnan(seconds) else min(max(0.0, seconds), MOST_SECONDS)
