"""The public face: what ``livekit.rtc.ChatManager`` was, on today's SDK."""

from __future__ import annotations

from typing import Literal

from livekit import rtc

from .dialect import Dialect
from .events import ChatEvents
from .message import ChatMessage
from .receiving.inbox import Inbox
from .roster import Roster
from .sending.draft import Draft
from .sending.outbox import Outbox
from .wire import well_formed

EventTypes = Literal[
    "message_received",
    "message_added",
    "message_updated",
    "message_deleted",
    "message_rejected",
]

MAX_MESSAGE_BYTES = 32 * 1024
"""Largest message that is received if no other limit is given, in bytes of UTF-8."""

MAX_ATTACHMENT_BYTES = 5 * 1024 * 1024
"""Largest attachment that is received if no other limit is given."""

CLOSING_LIMIT = 5.0
"""Seconds that `ChatManager.aclose` waits for deliveries and handlers."""


class ChatManager(ChatEvents[EventTypes]):
    """Sends and receives the chat messages of a room.

    Events, each with a fresh `ChatMessage` that later growth and edits do not change; the same
    `participant_identity` and `id` mean the same message:

    - ``message_received``: a message that is complete, or a complete edit of one, or a deletion.
    - ``message_added``: the first text of a message, which may not be complete.
    - ``message_updated``: a message grew, was completed, or was edited.
    - ``message_deleted``: its sender took it back.
    - ``message_rejected``: a message could not be read; the argument is a `RejectedMessage`.

    Handlers may be coroutine functions. What this side sends is not echoed as an event.
    """

    def __init__(
        self,
        room: rtc.Room,
        *,
        max_message_bytes: int | None = None,
        max_attachment_bytes: int | None = None,
        dialect: Dialect | None = None,
    ) -> None:
        """Listen to a room, which may be connected later.

        Create it before ``room.connect()``, or right after without awaiting anything in between:
        the SDK drops text streams for which no handler is registered.

        Args:
            room: The room. One manager a room: the SDK allows one text stream handler a topic.
            max_message_bytes: Longer messages, in bytes of UTF-8, are not read to their end, but
                rejected. None is 32 KiB.
            max_attachment_bytes: The same for each file that comes with a message. None is 5 MiB.
            dialect: How to speak to everybody; None learns it from what each participant sends.
                The participant attribute ``chat.dialect`` goes before either.

        Raises:
            ValueError: Another handler for ``lk.chat`` text streams is registered on the room.
        """
        super().__init__()
        self._room = room
        self._roster = Roster(room, self._on_arrival, self._on_departure, dialect)
        self._outbox = Outbox(room, self._roster, twins=self._is_client)
        try:
            self._inbox = Inbox(
                room,
                self._roster,
                self.emit,
                MAX_MESSAGE_BYTES if max_message_bytes is None else max_message_bytes,
                MAX_ATTACHMENT_BYTES if max_attachment_bytes is None else max_attachment_bytes,
            )
        except ValueError:
            self._roster.close()
            raise
        room.on("reconnected", self._outbox.reconnected)

    @property
    def refused(self) -> int:
        """Edits and deletions of other people's messages that were refused."""
        return self._inbox.refused

    @property
    def undelivered(self) -> int:
        """Deliveries of a complete text to one participant that were given up after retries."""
        return self._outbox.undelivered

    async def send_message(self, message: str, *, complete: bool = True) -> ChatMessage:
        """Send a message.

        Args:
            message: Its text; may be empty if it is not complete yet.
            complete: False if it will grow; call `update_message` with more text, at last with
                ``complete=True``. A message that never is holds back later ones for Swift and
                Flutter clients, which can show one at a time grow.

        Returns:
            The message. Keep it for `update_message`.
        """
        sent = ChatMessage(
            message=message,
            participant=self._room.local_participant,
            participant_identity=self._room.local_participant.identity,
            is_local=True,
            complete=complete,
        )
        await self._send(sent, complete=complete, new=True)
        return sent

    async def update_message(self, message: ChatMessage, *, complete: bool = True) -> None:
        """Send what `message` says now: more text, another text, its completion, or its deletion.

        A text that starts with what was delivered before costs only its tail; any other replaces
        the text. It returns once participants have the text or newer text. Sending what was
        already sent sends nothing.

        Call it as often as the text grows: one write at a time is in flight, and what comes
        meanwhile goes together in the next. Writes are spaced where a client edits whole texts,
        or where many messages of the process grow at once; the call does not wait for that.
        The last one, with ``complete=True``, is never held back.

        Args:
            message: A message that `send_message` returned, or one with the id of such a message.
                Set ``deleted`` to delete it.
            complete: False while more text is expected.
        """
        await self._send(message, complete=complete, new=False)

    async def _send(self, message: ChatMessage, *, complete: bool, new: bool) -> None:
        message.complete = complete or message.deleted
        text = well_formed(message.message or "")
        draft = Draft(text=text, complete=message.complete, deleted=message.deleted)
        await self._outbox.send(message, draft, new=new)

    def close(self) -> None:
        """Release every handler and task. Messages under way are given up."""
        self._stop_listening()
        self._outbox.close()
        self._handler_tasks.cancel()

    async def aclose(self) -> None:
        """Release every handler and task, once messages under way and handlers are done.

        They have `CLOSING_LIMIT` seconds.
        """
        self._stop_listening()
        await self._outbox.settled(CLOSING_LIMIT)
        await self._handler_tasks.wait(CLOSING_LIMIT)
        self.close()

    def _stop_listening(self) -> None:
        self._inbox.close()
        self._roster.close()
        self._room.off("reconnected", self._outbox.reconnected)

    def _is_client(self) -> bool:
        kind = self._room.local_participant.kind
        return kind != rtc.ParticipantKind.PARTICIPANT_KIND_AGENT

    def _on_arrival(self, identity: str) -> None:
        self._outbox.arrived(identity)

    def _on_departure(self, identity: str) -> None:
        self._outbox.departed(identity)
