"""How an attempt to answer ends: what happens to its bubble, and the last words there. No I/O."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import prompts
from assistant.language_model import Failure, Remedy
from assistant.turns.turn import Outcome
from chat import is_blank

ELLIPSIS = "…"

A_MINUTE = "in a minute"

_NOTICES_BY_REMEDY = {
    Remedy.ASK_AGAIN: "notice_answer_failed",
    Remedy.WAIT: "notice_wait",
    Remedy.SHORTEN: "notice_question_too_long",
    Remedy.REPHRASE: "notice_filtered",
    Remedy.OPERATOR: "notice_operator",
}

_NOTICES = {
    Outcome.STOPPED: "notice_stopped",
    Outcome.CUT: "notice_cut",
    Outcome.FILTERED: "notice_filtered",
    Outcome.TOO_LONG: "notice_question_too_long",
    Outcome.REFUSED: "notice_busy",
    Outcome.EMPTY: "notice_no_answer",
    Outcome.FAILED: "notice_answer_failed",
    Outcome.SHUT_DOWN: "notice_shut_down",
}


class BubbleEnd(Enum):
    """What happens to a bubble when an attempt ends."""

    COMPLETE = "complete"
    """It gets its last words."""

    LEAVE = "leave"
    """It stays as it stands, for the next attempt if there is one."""

    TAKE_BACK = "take back"
    """It is deleted."""


@dataclass(frozen=True)
class AttemptEnd:
    """How an attempt ends."""

    outcome: Outcome
    """What counts in the end, which may differ from how the generation ended."""

    bubble: BubbleEnd
    """What happens to the bubble."""


def end_of(outcome: Outcome, *, has_text: bool, has_questions: bool) -> AttemptEnd:
    """Decide how an attempt ends.

    Args:
        outcome: How its generation ended, or was cut off.
        has_text: Whether the LLM wrote anything that people can see.
        has_questions: Whether anything is left to be answered; else all of it was deleted.
    """
    if not has_questions:
        return AttemptEnd(Outcome.WITHDRAWN, BubbleEnd.TAKE_BACK)
    match outcome, has_text:
        case ((Outcome.ANEW | Outcome.SUPERSEDED), _):
            return AttemptEnd(outcome, BubbleEnd.LEAVE)
        case Outcome.INTERRUPTED, False:
            return AttemptEnd(Outcome.SUPERSEDED, BubbleEnd.LEAVE)
        case Outcome.DONE, False:
            return AttemptEnd(Outcome.EMPTY, BubbleEnd.COMPLETE)
    return AttemptEnd(outcome, BubbleEnd.COMPLETE)


def closing_words(
    outcome: Outcome, text: str, failure: Failure | None = None, *, thought: bool = False
) -> str:
    """What to put at the end of a reply; empty if its own last word will do.

    Args:
        outcome: How it ended.
        text: All of it so far.
        failure: Why the LLM failed, if it did.
        thought: Whether the LLM thought.
    """
    after_text = not is_blank(text)
    if outcome is Outcome.INTERRUPTED:
        return ELLIPSIS if not after_text or text[-1].isspace() else f" {ELLIPSIS}"
    if (notice := _NOTICES.get(outcome)) is None:
        return ""
    if outcome is Outcome.FAILED and failure is not None:
        notice = _NOTICES_BY_REMEDY[failure.remedy]
    elif outcome is Outcome.CUT and thought and not after_text:
        notice = "notice_thinking_cut"
    words = prompts.fill(notice, time=_time(failure))
    return ("\n\n" if after_text else "") + words


def last_words(notice: str, text: str) -> str:
    """What to put at the end of a reply to which nothing is added any more.

    Args:
        notice: The name of its prompt; empty for nothing.
        text: All of the reply so far.
    """
    if not notice:
        return ""
    return ("" if is_blank(text) else "\n\n") + prompts.load(notice)


def _time(failure: Failure | None) -> str:
    """In what time people may ask again, in words."""
    if failure is None or failure.retry_after is None:
        return A_MINUTE
    seconds = math.ceil(failure.retry_after)
    if seconds <= 90:
        return f"in about {max(5, math.ceil(seconds / 5) * 5)} seconds"
    minutes = math.ceil(seconds / 60)
    return f"in about {minutes} minutes" if minutes <= 90 else "in some hours"
