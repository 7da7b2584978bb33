"""What it stands for that a service refuses a request, or breaks an answer off. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from . import refusal_words as words
from .failure import Failure, Remedy

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

    @property
    def is_too_long(self) -> bool:
        """Whether the request was too long for the model."""
        if self.status in _TOO_LONG_STATUSES:
            return True
        # Limits for a minute are told in tokens too; only this one does not pass by waiting.
        pattern = words.TOO_LARGE_FOR_ANY_MINUTE if self.is_busy else words.TOO_LONG
        return self.status not in (401, 403) and pattern.search(self.text) is not None

    @property
    def is_busy(self) -> bool:
        """Whether the service has too much to do, or has done enough for this key."""
        return self.status in _BUSY_STATUSES or words.BUSY.search(self.text) is not None

    @property
    def is_filtered(self) -> bool:
        """Whether it is refused for its content."""
        is_page = self.text.lstrip().startswith("<")
        asked = self.status not in (401, 404, 429) and not is_page
        return asked and words.FILTERED.search(self.text) is not None

    @property
    def is_elsewhere(self) -> bool:
        """Whether there is no API where it was looked for."""
        if self.is_unknown_model:
            return False
        return self.status in (404, 405) or (
            self.status is None and words.NO_SUCH_PATH.search(self.text) is not None
        )

    @property
    def is_about_money(self) -> bool:
        """Whether nothing is left to pay with."""
        return self.status == 402 or words.QUOTA.search(self.text) is not None

    @property
    def is_unknown_model(self) -> bool:
        """Whether the service does not have the model."""
        return words.UNKNOWN_MODEL.search(self.text) is not None


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
        advice = _ADVICE.get(status or 0, "CHAT_LOG_PRIVATE=true logs the service's own words")
        if refusal.is_unknown_model:
            advice = _ADVICE[404]
        return Failure(name, remedy=Remedy.OPERATOR, advice=advice, detail=detail)
    passing = status is None or _is_server_error(status) or status in _PASSING_STATUSES
    return Failure(name, passing, retry_after=refusal.retry_after, detail=detail)


def _needs_operator(refusal: Refusal) -> bool:
    return refusal.is_unknown_model or words.KEY.search(refusal.text) is not None


def _is_server_error(status: int | None) -> bool:
    return status is not None and status >= 500
