"""The public API: what ``livekit.rtc.ChatManager`` was, on today's SDK."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from livekit import rtc

from .dialect import Dialect
from .events import ChatEvents
from .message import ChatMessage, generate_id
from .receiving.inbox import Inbox
from .roster import Roster
from .sending.draft import Draft
from .sending.outbox import Outbox
from .sending.transcripts import Transcripts
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

    Events:

    - ``message_received``: a complete message, a complete edit of one, or a deletion.
    - ``message_added``: the first text of a message, which may not be complete.
    - ``message_updated``: a message grew, was completed, or was edited.
    - ``message_deleted``: its sender deleted it.
    - ``message_rejected``: a message could not be received. The argument is a `RejectedMessage`.

    The argument of the others is a new `ChatMessage` each time, which later growth and edits do not
    change. The same `participant_identity` and `id` mean the same message. Handlers may be coroutine
    functions. Messages that this side sends cause no events.
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

        Create it before ``room.connect()``, or right after it without an ``await`` in between: the
        SDK drops text streams that no handler is registered for.

        Args:
            room: The room. It can have one manager: the SDK allows one text stream handler a topic.
            max_message_bytes: Messages that are longer, in bytes of UTF-8, are rejected before their
                end. None is 32 KiB.
            max_attachment_bytes: The same for each attachment. None is 5 MiB.
            dialect: Everybody's dialect; None detects it from what each participant sends. The
                participant attribute ``chat.dialect`` overrides both.

        Raises:
            ValueError: Another handler for ``lk.chat`` text streams is registered on the room.
        """
        super().__init__()
        self._room = room
        self._roster = Roster(
            room,
            self._on_arrival,
            self._on_departure,
            dialect,
            on_correction=self._on_correction,
        )
        self._outbox = Outbox(room, self._roster, twins=self._is_client)
        self._transcripts = Transcripts(room, self._roster, self._outbox)
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
        self._listeners: dict[Any, Callable[..., None]] = {
            "reconnected": self._outbox.reconnected,
            "disconnected": self._on_room_gone,
            "participant_permissions_changed": self._on_permissions,
        }
        for event, listener in self._listeners.items():
            room.on(event, listener)

    @property
    def refused(self) -> int:
        """How many edits and deletions of other people's messages were refused."""
        return self._inbox.refused

    @property
    def undelivered(self) -> int:
        """How many deliveries of a complete text to a participant were given up after retries."""
        return self._outbox.undelivered

    async def send_message(
        self, message: str, *, complete: bool = True, message_id: str | None = None
    ) -> ChatMessage:
        """Send a message.

        Args:
            message: Its text, which may be empty if it is not complete yet.
            complete: False if it will grow: call `update_message` with more text, the last time with
                ``complete=True``. Swift and Flutter clients can show only one message at a time
                grow, so one that is never completed holds back later ones for them.
            message_id: Its id, from `generate_id`, if it must be known before anything is sent. No
                earlier message may have it. None makes one.

        Returns:
            The message. Keep it for `update_message`.
        """
        sent = self._own_message(message_id or generate_id(), message, complete=complete)
        await self._send(sent, complete=complete, new=True)
        return sent

    def adopt(
        self, message_id: str, text: str, *, complete: bool, timestamp: datetime | None = None
    ) -> ChatMessage:
        """Take over a message that an earlier process sent under our identity, at least in part.

        Nothing is sent by that. The first `update_message` with it reaches everybody who is there by
        then: who shows a part of it, or an older text, gets that replaced in place, and the others
        get it as a new one.

        Clients that append every packet are not sent it if they may have it complete already.

        Args:
            message_id: Its id.
            text: What people may show of it; they may also show less, or nothing.
            complete: Whether it may have been sent complete.
            timestamp: When it was written first; None is now.

        Returns:
            The message. Keep it for `update_message`.
        """
        adopted = self._own_message(message_id, text, complete=complete)
        adopted.timestamp = timestamp or adopted.timestamp
        self._outbox.adopt(adopted)
        return adopted

    async def update_message(self, message: ChatMessage, *, complete: bool = True) -> None:
        """Send the new state of a message: more text, another text, its completion, its deletion.

        If the text begins with the one delivered before, only the rest is sent; any other text
        replaces it. A state that was sent already is not sent again. It returns once participants
        have this text or a newer one.

        Call it whenever the text grows. One write at a time is in flight; text that arrives
        meanwhile goes into the next one. Writes are spaced for clients that edit whole texts, and
        while many messages of the process grow at once: the call does not wait for that. The last
        one, with ``complete=True``, is never held back.

        Args:
            message: A message from `send_message` or `adopt`, or one with the same id. Set ``deleted`` to
                delete it.
            complete: False while more text is expected.
        """
        await self._send(message, complete=complete, new=False)

    async def show_transcript(
        self, identity: str, transcript_id: str, text: str, *, final: bool, track_sid: str = ""
    ) -> None:
        """Show what a participant says as that participant's own message, in clients that can.

        Call it with all that was understood so far, whenever that changes. It returns once participants
        have this text or a newer one, at the latest after two seconds: what is sent then is shown below.

        Only an agent can send for others, and only in a room without end-to-end encryption; otherwise
        the words arrive as ours, with the speaker's name before them.

        Args:
            identity: Who speaks.
            transcript_id: The same for every state of these words, and for no others of the speaker.
            text: All of them. If it is blank nothing new is shown; a final one ends what is shown.
            final: Whether this is the last state. Those that follow are not sent.
            track_sid: The track on which they were said. Some pages show words only beside their
                track.
        """
        await self._transcripts.show(
            identity, transcript_id, text, final=final, track_sid=track_sid
        )

    def _own_message(self, message_id: str, text: str, *, complete: bool) -> ChatMessage:
        return ChatMessage(
            message=text,
            id=message_id,
            participant=self._room.local_participant,
            participant_identity=self._room.local_participant.identity,
            is_local=True,
            complete=complete,
        )

    async def _send(self, message: ChatMessage, *, complete: bool, new: bool) -> None:
        message.complete = complete or message.deleted
        text = well_formed(message.message or "")
        draft = Draft(text=text, complete=message.complete, deleted=message.deleted)
        await self._outbox.send(message, draft, new=new)

    def close(self) -> None:
        """Release every handler and task. Messages that are being delivered are given up."""
        self._stop_listening()
        self._outbox.close()
        self._handler_tasks.cancel()

    async def aclose(self) -> None:
        """Finish deliveries and handlers, then release every handler and task.

        They have `CLOSING_LIMIT` seconds each. What was sent just now has left when this returns.
        """
        self._stop_listening()
        await self._outbox.settled(CLOSING_LIMIT)
        await self._handler_tasks.wait(CLOSING_LIMIT)
        if self._room.isconnected():
            await self._outbox.linger()
        self.close()

    def _stop_listening(self) -> None:
        self._inbox.close()
        self._roster.close()
        for event, listener in self._listeners.items():
            self._room.off(event, listener)

    def _is_client(self) -> bool:
        kind = self._room.local_participant.kind
        return kind != rtc.ParticipantKind.PARTICIPANT_KIND_AGENT

    def _on_room_gone(self, reason: object = None) -> None:
        # A lost connection comes back as "reconnected"; after this event nothing does.
        self._outbox.close()

    def _on_permissions(self, participant: rtc.Participant, permissions: Any) -> None:
        if participant.identity != self._room.local_participant.identity:
            return
        if permissions.can_publish_data:
            self._outbox.resume()
        else:
            self._outbox.silence()

    def _on_arrival(self, identity: str) -> None:
        self._outbox.arrived(identity)

    def _on_correction(self, identity: str, since: float) -> None:
        self._outbox.corrected(identity, since)

    def _on_departure(self, identity: str, is_agent: bool) -> None:
        self._outbox.departed(identity, is_agent=is_agent)
