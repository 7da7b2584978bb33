"""What people do in the chat: they write, edit, delete and give commands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from assistant.conversation.conversation import Conversation
from assistant.people.notices import Notices
from assistant.people.people import People, is_agent
from assistant.turns.turn import UNKNOWN, Question
from chat import ChatManager, ChatMessage, OwnedTasks, RejectedMessage, is_blank

from .arrivals import Arrivals
from .commands import is_stop
from .files import unread_files

_REJECTION_NOTICES = {
    "too long": "notice_message_too_long",
    "attachment too large": "notice_file_too_large",
    "attachment missing": "notice_file_missing",
}


class TypedMessages:
    """Takes what arrives in a chat, as far as the limits allow."""

    def __init__(
        self,
        chat: ChatManager,
        people: People,
        conversation: Conversation,
        notices: Notices,
        arrivals: Arrivals,
    ) -> None:
        """Listen from now on.

        Args:
            chat: Where messages come from.
            people: Who is in the room.
            conversation: What edits and deletions are handed to.
            notices: Tells people what is not taken.
            arrivals: What questions and stops are handed to.
        """
        self._chat = chat
        self._people = people
        self._conversation = conversation
        self._notices = notices
        self._arrivals = arrivals
        self._admission = arrivals.admission
        self._addressing = arrivals.addressing
        self._unnamed = OwnedTasks()
        chat.on("message_received", self.take)
        chat.on("message_rejected", self._on_rejected)

    def close(self) -> None:
        """Take nothing any more."""
        self._chat.off("message_received", self.take)
        self._chat.off("message_rejected", self._on_rejected)
        self._unnamed.cancel()

    @property
    def undecided(self) -> bool:
        """Whether messages are waiting for the name of their author."""
        return bool(self._unnamed)

    def take(self, message: ChatMessage) -> None:
        """Take a message, an edit or a deletion, as if it had just come."""
        if message.participant_identity is not None:
            self._take(message, message.participant_identity)
        elif self._admission.allows(UNKNOWN):
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
        elif is_stop(text, self._addressing.agent_name):
            # An edit does not run a command, nor does it turn a question into one.
            if not message.edited:
                self._arrivals.stop(identity)
        elif is_blank(text):
            if message.attachments:
                self._notices.tell("notice_no_files", identity)
        elif identity != UNKNOWN and not self._admits(identity):
            return
        elif message.edited or self._conversation.knows(message.id, identity):
            # What a former agent was told, this one's chat has never seen: it takes an edit for new.
            self._edit(message.id, identity, text)
        else:
            self._arrivals.take(self._question(message, identity))

    def _admits(self, identity: str) -> bool:
        return self._admission.allows(identity) and self._admission.is_person(identity)

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

    def _edit(self, message_id: str, identity: str, text: str) -> None:
        self._conversation.edit(message_id, identity, text)
        if not self._addressing.names_agent(text):
            return
        question = self._conversation.take_overheard(message_id, identity)
        if question is not None:
            question.asked_at = asyncio.get_running_loop().time()
            self._arrivals.take(question)

    def _on_rejected(self, rejected: RejectedMessage) -> None:
        identity = rejected.participant_identity
        sender = self._people.find(identity) if identity is not None else None
        if sender is not None and is_agent(sender):
            return
        notice = _REJECTION_NOTICES.get(rejected.reason, "notice_message_unreadable")
        self._notices.tell(notice, identity)
