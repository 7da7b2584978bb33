"""One room's conversation: messages become turns, each is answered by one reply."""

from __future__ import annotations

import asyncio
import logging

from livekit import rtc
from livekit.agents import AgentSession, ErrorEvent
from livekit.agents.voice import SpeechHandle

import prompts
from chat import ChatManager, ChatMessage, RejectedMessage

from .reply import GrowingReplies, ReplyWriter
from .senders import is_agent, is_person
from .text_output import ReplyTextOutput

logger = logging.getLogger(__name__)

COMPLAINT_INTERVAL = 5.0
"""Seconds from one line about messages that cannot be read to the next: one tells a sender enough,
however much it floods the room."""

CLOSING_LIMIT = 5.0
"""Seconds that a reply has for being completed when the conversation ends."""


class Conversation:
    """Answers what people write in a room.

    One consumer takes the messages in order. A message that comes while a reply is being written
    interrupts it: the reply stays as it stands, and the new message is answered. Messages that come
    before the first word of a reply are answered together with the one it was for.
    """

    def __init__(
        self,
        room: rtc.Room,
        chat: ChatManager,
        session: AgentSession[None],
        output: ReplyTextOutput,
        growing: GrowingReplies,
    ) -> None:
        """Start listening; messages wait until `begin`.

        Args:
            room: Tells who is a person.
            chat: Where messages come from and replies go.
            session: What generates them.
            output: The session's text output.
            growing: The process's count of growing replies.
        """
        self._room = room
        self._chat = chat
        self._session = session
        self._output = output
        self._growing = growing
        self._waiting: list[ChatMessage] = []
        self._unanswered: list[ChatMessage] = []
        self._arrived = asyncio.Event()
        self._reply: ReplyWriter | None = None
        self._consumer: asyncio.Task[None] | None = None
        self._complaint: asyncio.Task[ChatMessage] | None = None
        self._next_complaint = 0.0
        chat.on("message_received", self._on_message)
        chat.on("message_rejected", self._on_rejected)
        session.on("error", self._on_error)

    def begin(self) -> None:
        """Answer from now on, beginning with what came before. Call after the session started."""
        loop = asyncio.get_running_loop()
        self._consumer = loop.create_task(self._consume(), name="conversation")
        self._consumer.add_done_callback(_log_end)

    async def aclose(self) -> None:
        """Stop: a reply that is being written is completed as it stands."""
        self._chat.off("message_received", self._on_message)
        self._chat.off("message_rejected", self._on_rejected)
        self._session.off("error", self._on_error)
        if self._consumer is not None:
            self._consumer.cancel()
            await asyncio.wait({self._consumer})
        if self._reply is not None:
            await asyncio.wait(
                {asyncio.ensure_future(self._reply.written())}, timeout=CLOSING_LIMIT
            )

    def _on_message(self, message: ChatMessage) -> None:
        if message.deleted or message.edited or not (message.message or "").strip():
            return
        if message.participant is not None and is_agent(message.participant):
            return
        self._waiting.append(message)
        self._arrived.set()

    async def _consume(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            turn, self._waiting = self._waiting, []
            await self._answer(turn)

    async def _answer(self, turn: list[ChatMessage]) -> None:
        self._unanswered += turn
        permission = self._permission(list(self._unanswered), self._reply)
        reply = ReplyWriter(self._chat, self._growing, permission)
        self._reply = self._output.reply = reply
        text = "\n".join(message.message or "" for message in turn)
        try:
            speech = self._session.generate_reply(user_input=text)
        except RuntimeError:  # The session has ended.
            self._output.reply = None
            reply.finish()
            raise
        try:
            await self._until_done_or_overtaken(speech)
        finally:
            if not speech.done():
                speech.interrupt()
            self._output.reply = None
            self._end(reply, speech)

    async def _permission(self, asked: list[ChatMessage], previous: ReplyWriter | None) -> bool:
        """Let a reply be written after the one before, and only if it answers a person."""
        if previous is not None:
            await previous.written()
        for message in sorted(asked, key=lambda message: message.participant is None):
            if await is_person(self._room, message):
                return True
        return False

    async def _until_done_or_overtaken(self, speech: SpeechHandle) -> None:
        done = asyncio.ensure_future(speech.wait_for_playout())
        overtaken = asyncio.ensure_future(self._arrived.wait())
        try:
            await asyncio.wait({done, overtaken}, return_when=asyncio.FIRST_COMPLETED)
            if not speech.done():
                speech.interrupt()
            # The session must have put the partial reply into its history before it goes on.
            await done
        finally:
            done.cancel()
            overtaken.cancel()

    def _end(self, reply: ReplyWriter, speech: SpeechHandle) -> None:
        """Complete a reply; one that nobody interrupted must not end in silence."""
        if reply.has_text or not speech.interrupted:
            self._unanswered.clear()
        if speech.done() and not speech.interrupted:
            if speech.exception() is not None:
                self._add_notice(reply, "notice_answer_failed")
            elif not reply.has_text:
                self._add_notice(reply, "notice_no_answer")
        reply.finish()

    def _add_notice(self, reply: ReplyWriter, prompt: str) -> None:
        reply.append(("\n\n" if reply.has_text else "") + prompts.load(prompt))

    def _on_error(self, event: ErrorEvent) -> None:
        error = getattr(event.error, "error", event.error)
        logger.warning(
            "LLM request failed",
            extra={
                "cause": type(error).__name__,
                "status": getattr(error, "status_code", None),
                # Services quote what they were asked.
                "lk.pii.detail": str(error),
            },
        )

    def _on_rejected(self, rejected: RejectedMessage) -> None:
        sender = self._room.remote_participants.get(rejected.participant_identity or "")
        if sender is not None and is_agent(sender):
            return
        loop = asyncio.get_running_loop()
        if loop.time() < self._next_complaint:
            return
        self._next_complaint = loop.time() + COMPLAINT_INTERVAL
        too_long = rejected.reason == "too long"
        prompt = "notice_message_too_long" if too_long else "notice_message_unreadable"
        complaint = self._chat.send_message(prompts.load(prompt))
        self._complaint = loop.create_task(complaint, name="complaint")


def _log_end(consumer: asyncio.Task[None]) -> None:
    if not consumer.cancelled() and (error := consumer.exception()) is not None:
        logger.error("conversation ended", exc_info=error)
