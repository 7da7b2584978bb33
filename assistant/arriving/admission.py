"""How much is taken of one person, and that they are one."""

from __future__ import annotations

import asyncio

from assistant.conversation.conversation import Conversation
from assistant.people.notices import Notices

from .bots import REACTION, BotWatch
from .limits import Limits, RateLimit


class Admission:
    """Counts what people send, and tells those who send too much."""

    def __init__(self, conversation: Conversation, notices: Notices, limits: Limits) -> None:
        """Nobody has sent anything yet.

        Args:
            conversation: Knows when the agent last said something, and to whom.
            notices: Tells people what is not taken.
            limits: How much is.
        """
        self._conversation = conversation
        self._notices = notices
        self._waiting = limits.waiting
        self._rate = RateLimit(limits.messages_per_minute)
        self._bots = BotWatch(limits.bot_turns)

    def allows(self, identity: str) -> bool:
        """Count a message, and tell its author if it is one too many."""
        return self._tell(identity, self._rate.allows(identity, _now()))

    def would_allow(self, identity: str) -> bool:
        """Whether a message would be allowed, without counting it. If not, its author is told."""
        return self._tell(identity, self._rate.has_room(identity, _now()))

    def is_person(self, identity: str) -> bool:
        """Take note of a typed message, and tell its author if they are taken for a bot."""
        conversation, now = self._conversation, _now()
        spoken_at = max(conversation.spoke_at, self._notices.told_at)
        is_silent = not conversation.is_answering and now - spoken_at >= REACTION
        answered_at = conversation.answered_at(identity)
        if self._bots.sees_bot(identity, now, answered_at, is_silent=is_silent):
            self._notices.tell("notice_bot", identity, once=True)
            return False
        return True

    def has_place(self, identity: str) -> bool:
        """Whether one more question can wait; if not, its author is told."""
        has_place = len(self._conversation.waiting) < self._waiting
        if not has_place:
            self._notices.tell("notice_too_many_waiting", identity)
        return has_place

    def _tell(self, identity: str, allowed: bool) -> bool:
        if not allowed:
            self._notices.tell("notice_too_many_messages", identity)
        return allowed


def _now() -> float:
    return asyncio.get_running_loop().time()
