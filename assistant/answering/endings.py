"""How a person sees that a reply has ended otherwise than by its last word. No I/O."""

from __future__ import annotations

import prompts
from assistant.turns.turn import Outcome

ELLIPSIS = "…"

_NOTICES = {
    Outcome.STOPPED: "notice_stopped",
    Outcome.CUT: "notice_cut",
    Outcome.FILTERED: "notice_filtered",
    Outcome.REFUSED: "notice_busy",
    Outcome.EMPTY: "notice_no_answer",
    Outcome.FAILED: "notice_answer_failed",
    Outcome.SHUT_DOWN: "notice_shut_down",
}


def closing_words(outcome: Outcome, *, after_text: bool, after_space: bool) -> str:
    """What to put at the end of a reply; empty if its own last word will do.

    Args:
        outcome: How it ended.
        after_text: Whether anything of it can be seen.
        after_space: Whether it ends with white space.
    """
    if outcome is Outcome.INTERRUPTED:
        return ELLIPSIS if after_space or not after_text else f" {ELLIPSIS}"
    if (notice := _NOTICES.get(outcome)) is None:
        return ""
    return ("\n\n" if after_text else "") + prompts.load(notice)
