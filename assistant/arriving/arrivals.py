"""What people do to a conversation: they ask, edit, delete and stop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable

from assistant.conversation.conversation import Conversation
from assistant.conversation.stop import Stop
from assistant.people.notices import Notices
from assistant.people.people import People, is_agent
from assistant.turns.turn import UNKNOWN, Question
from chat import ChatManager, ChatMessage, OwnedTasks, RejectedMessage, is_blank

from .bots import REACTION, BotWatch
from .commands import is_stop
from .files import unread_files
from .limits import Limits, RateLimit
from .mention import FOLLOW_UP_LIMIT, Mention, mentions, needs_mention

logger = logging.getLogger(__name__)

_REJECTION_NOTICES = {
    "too long": "notice_message_too_long",
    "attachment too large": "notice_file_too_large",
    "attachment missing": "notice_file_missing",
}

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
        self._bots = BotWatch(limits.bot_turns)
        self._last_speaker: str | None = None
        self._unnamed = OwnedTasks()
        self._tasks = OwnedTasks()
        chat.on("message_received", self._on_message)
        chat.on("message_rejected", self._on_rejected)

    def close(self) -> None:
        """Take nothing any more."""
        self._chat.off("message_received", self._on_message)
        self._chat.off("message_rejected", self._on_rejected)
        self._unnamed.cancel()
        self._tasks.cancel()

    @property
    def undecided(self) -> bool:
        """Whether messages are waiting for the name of their author."""
        return bool(self._unnamed)

    def stop(self, identity: str) -> Stop:
        """Stop what somebody may stop; tell them if it is not theirs."""
        result = self._conversation.stop(identity, self._people.is_moderator(identity))
        if (notice := _STOP_NOTICES.get(result)) is not None:
            self._notices.tell(notice, identity)
        return result

    def _on_message(self, message: ChatMessage) -> None:
        if message.participant_identity is not None:
            self._take(message, message.participant_identity)
        elif self._allows(UNKNOWN):
            # Each keeps a task waiting, so they are counted before their author is known.
            author = self._people.newcomer()
            self._unnamed.spawn(self._take_unnamed(message, author), "author of a message")

    async def _take_unnamed(self, message: ChatMessage, author: Awaitable[str]) -> None:
        self._take(message, await author)

    def _take(self, message: ChatMessage, identity: str) -> None:
        text = message.message or ""
        sender = message.participant or self._people.find(identity)
        if sender is not None and is_agent(sender):
            return
        if message.deleted:
            self._conversation.delete(message.id, identity)
        elif is_stop(text, self._agent_name):
            # An edit does not run a command, nor does it turn a question into one.
            if not message.edited:
                self.stop(identity)
        elif is_blank(text):
            if message.attachments:
                self._notices.tell("notice_no_files", identity)
        elif identity != UNKNOWN and not (self._allows(identity) and self._is_person(identity)):
            return
        elif message.edited:
            self._edit(message.id, identity, text)
        else:
            self._ask(self._question(message, identity))

    def _question(self, message: ChatMessage, identity: str) -> Question:
        return Question(
            message.id,
            identity,
            self._people.name(identity),
            message.message or "",
            asked_at=asyncio.get_running_loop().time(),
            announced=self._people.find(identity) is not None,
            files=unread_files(message),
        )

    def _allows(self, identity: str) -> bool:
        allowed = self._rate.allows(identity, asyncio.get_running_loop().time())
        if not allowed:
            self._notices.tell("notice_too_many_messages", identity)
        return allowed

    def _is_person(self, identity: str) -> bool:
        conversation, now = self._conversation, asyncio.get_running_loop().time()
        spoken_at = max(conversation.spoke_at, self._notices.told_at)
        is_silent = not conversation.is_answering and now - spoken_at >= REACTION
        answered_at = conversation.answered_at(identity)
        if self._bots.sees_bot(identity, now, answered_at, is_silent=is_silent):
            self._notices.tell("notice_bot", identity, once=True)
            return False
        return True

    def _edit(self, message_id: str, identity: str, text: str) -> None:
        self._conversation.edit(message_id, identity, text)
        if not mentions(text, self._agent_name):
            return
        question = self._conversation.take_overheard(message_id, identity)
        if question is not None:
            self._ask(question)

    def _ask(self, question: Question) -> None:
        follows_up = self._follows_up(question)
        self._last_speaker = question.identity
        if self._is_addressed(question.text, question.identity) or follows_up:
            if len(self._conversation.waiting) >= self._limits.waiting:
                self._notices.tell("notice_too_many_waiting", question.identity)
            else:
                self._conversation.ask(question)
        else:
            self._conversation.overhear(question)
            self._tasks.spawn(self._answer_overheard(question), "author of a message")

    async def _answer_overheard(self, question: Question) -> None:
        """Tell a person how to be answered; do not listen to agents."""
        author = await self._people.author(question)
        if author is not None and is_agent(author):
            self._conversation.take_overheard(question.id, question.identity)
        else:
            readers = [person.identity for person in self._people.audience]
            self._notices.tell("notice_mention_me", question.identity, once=True, readers=readers)

    def _is_addressed(self, text: str, identity: str) -> bool:
        people = len(self._people.with_author(identity))
        return not needs_mention(self._mention, people) or mentions(text, self._agent_name)

    def _follows_up(self, question: Question) -> bool:
        """Whether it continues what its author and the agent were at, nobody else speaking."""
        if question.identity == UNKNOWN or self._last_speaker != question.identity:
            return False
        return self._conversation.answered_lately(question.identity, FOLLOW_UP_LIMIT)

    def _on_rejected(self, rejected: RejectedMessage) -> None:
        identity = rejected.participant_identity
        sender = self._people.find(identity) if identity is not None else None
        if sender is not None and is_agent(sender):
            return
        notice = _REJECTION_NOTICES.get(rejected.reason, "notice_message_unreadable")
        self._notices.tell(notice, identity)
