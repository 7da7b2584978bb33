"""How services say that an answer ended. Pure."""

from __future__ import annotations

import re
from enum import Enum


class Finish(Enum):
    """How an answer ended, from best to worst."""

    STOP = "stop"
    """The model said all that it had to say, tool calls included."""

    LENGTH = "length"
    """It was cut at its largest length."""

    CONTENT_FILTER = "content_filter"
    """A filter withheld the rest."""

    ERROR = "error"
    """Something else ended it: an error, or a word that nobody knows."""

    def worse(self, other: Finish | None) -> Finish:
        """The worse of two; of several words the worst counts."""
        order = list(Finish)
        return self if other is None or order.index(self) >= order.index(other) else other


_WORDS = {
    Finish.STOP: (
        "stop stopped stop_sequence stop_token end eos eos_token end_turn end_of_turn end_of_text done"
        " complete completed finish finished ok success succeeded normal tool_call tool_calls tool_use"
        " function_call function_calls max_steps load unload"
    ),
    Finish.LENGTH: (
        "length max_length max_tokens max_output_tokens max_new_tokens max_completion_tokens"
        " model_length model_context_window_exceeded context_length context_window token_limit limit"
        " length_limit truncated incomplete"
    ),
    Finish.CONTENT_FILTER: (
        "content_filter content_filtered filter filtered safety recitation blocklist blocked"
        " prohibited_content spii image_safety guardrail guardrails guardrail_intervened moderation"
        " sensitive refusal refused policy policy_violation content_policy content_policy_violation"
        " content_blocked toxicity error_toxic language risk"
    ),
}

_FINISH_BY_WORD = {word: finish for finish, words in _WORDS.items() for word in words.split()}

_NO_WORDS = frozenset({"", "null", "none", "unspecified", "undefined"})

_PREFIX = re.compile(r"^(?:finish_reason|stop_reason)_")
_SEPARATORS = re.compile(r"[\s._-]+")
_OF_ERROR = re.compile(r"error|fail|exception|rate|time|cancel|abort")
_OF_LENGTH = re.compile(r"length|tokens|truncat|too_long|context")
_OF_FILTER = re.compile(r"filter|safety|moderat|policy|blocked|sensitive|guardrail|prohibited")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def finish_of(reason: object) -> Finish | None:
    """What a finish reason means; None if it does not say that anything ended.

    Args:
        reason: Whatever stands in that place.
    """
    if not isinstance(reason, str):
        return None
    word = _SEPARATORS.sub("_", _CAMEL.sub("_", reason.strip())).lower().strip("_")
    word = _PREFIX.sub("", word)
    return None if word in _NO_WORDS else _FINISH_BY_WORD.get(word) or _by_part(word)


def _by_part(word: str) -> Finish:
    """What a word that is not in the table most likely means."""
    if _OF_ERROR.search(word):
        return Finish.ERROR
    if _OF_LENGTH.search(word):
        return Finish.LENGTH
    return Finish.CONTENT_FILTER if _OF_FILTER.search(word) else Finish.ERROR
