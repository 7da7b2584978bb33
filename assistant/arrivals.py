"""What people do to a conversation: they ask, edit, delete and stop."""

from __future__ import annotations

import asyncio
import logging

from chat import ChatManager, ChatMessage, RejectedMessage

from .conversation import Conversation
from .limits import Limits, RateLimit
from .mention import FOLLOW_UP_LIMIT, Mention, mentions, needs_mention
from .notices import Notices
from .people import People, is_agent
from .stopping import Stop, is_stop
from .turns.turn import Question

logger = logging.getLogger(__name__)

_STOP_NOTICES = {
    Stop.REFUSED: "notice_stop_refused",
    Stop.TAKEN_BACK: "notice_taken_back",
}


class Arrivals:
    """Hands what arrives in a chat to the conversation, as far as the limits allow."""

    def __init__(
        self,
        chat: ChatManager,
        people: People,
        conversation: Conversation,
        notices: Notices,
        *,
        agent_name: str,
        mention: Mention,
        limits: Limits,
    ) -> None:
        """Listen from now on.

        Args:
            chat: Where messages come from.
            people: Who is in the room.
            conversation: What they are handed to.
            notices: Tells people what is not taken.
            agent_name: The name by which people address the agent.
            mention: When they must.
            limits: How much is taken.
        """
        self._chat = chat
        self._people = people
        self._conversation = conversation
        self._notices = notices
        self._agent_name = agent_name
        self._mention = mention
        self._limits = limits
        self._rate = RateLimit(limits.messages_per_minute)
        self._last_speaker: str | None = None
        chat.on("message_received", self._on_message)
        chat.on("message_rejected", self._on_rejected)

    def close(self) -> None:
        """Take nothing any more."""
        self._chat.off("message_received", self._on_message)
        self._chat.off("message_rejected", self._on_rejected)

    def stop(self, identity: str | None) -> Stop:
        """Stop what somebody may stop; tell them if it is not theirs."""
        result = self._conversation.stop(identity, self._people.is_moderator(identity))
        if (notice := _STOP_NOTICES.get(result)) is not None:
            self._notices.tell(notice, identity)
        return result

    def _on_message(self, message: ChatMessage) -> None:
        if message.participant is not None and is_agent(message.participant):
            return
        identity, text = message.participant_identity, message.message or ""
        if message.deleted:
            self._conversation.delete(message.id, identity)
        elif is_stop(text):
            # An edit does not run a command, nor does it turn a question into one.
            if not message.edited:
                self.stop(identity)
        elif not text.strip():
            if message.attachments:
                self._notices.tell("notice_no_files", identity)
        elif not self._rate.allows(identity, asyncio.get_running_loop().time()):
            self._notices.tell("notice_too_many_messages", identity)
        elif message.edited:
            self._conversation.edit(message.id, identity, text)
        else:
            self._ask(Question(message.id, identity, self._people.name(identity), text))

    def _ask(self, question: Question) -> None:
        follows_up = self._follows_up(question)
        self._last_speaker = question.identity
        if self._is_addressed(question) or follows_up:
            if len(self._conversation.waiting) >= self._limits.waiting:
                self._notices.tell("notice_too_many_waiting", question.identity)
            else:
                self._conversation.ask(question)
        else:
            self._conversation.overhear(question)
            self._notices.tell("notice_mention_me", question.identity)

    def _is_addressed(self, question: Question) -> bool:
        people = len(self._people.with_author(question.identity))
        return not needs_mention(self._mention, people) or mentions(question.text, self._agent_name)

    def _follows_up(self, question: Question) -> bool:
        """Whether it continues what its author and the agent were at, nobody else speaking."""
        if self._last_speaker != question.identity:
            return False
        return self._conversation.answered_lately(question.identity, FOLLOW_UP_LIMIT)

    def _on_rejected(self, rejected: RejectedMessage) -> None:
        sender = self._people.find(rejected.participant_identity)
        if sender is not None and is_agent(sender):
            return
        too_long = rejected.reason == "too long"
        notice = "notice_message_too_long" if too_long else "notice_message_unreadable"
        self._notices.tell(notice, rejected.participant_identity)
