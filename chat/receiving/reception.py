"""From packets and streams to events: each message once, however often it arrives. No I/O."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from chat.message import Attachment, ChatMessage, MissingAttachment, generate_id, timestamp_from_ms
from chat.wire import ATTRIBUTE_DELETED, ATTRIBUTE_REVISION, BLANK, MAX_ID_LENGTH

from .seen import SeenMessages, Verdict

logger = logging.getLogger(__name__)

Reason = Literal[
    "too long", "incomplete", "too many streams", "attachment too large", "attachment missing"
]


@dataclass(frozen=True)
class RejectedMessage:
    """A message, or an attachment, that was not received."""

    participant_identity: str | None
    """Who sent it; None for a JSON sender that the room has not announced yet."""

    reason: Reason
    """Over the size limit; a stream that ended with an error; too many streams at a time. If it is
    an attachment, the message is delivered without it."""


@dataclass(frozen=True)
class StreamHeader:
    """What is known of a text stream when it opens."""

    stream_id: str
    timestamp: int
    """Milliseconds since the epoch, by the sender's clock."""
    attributes: Mapping[str, str]
    by_agent: bool
    """Whether its sender is an agent."""


class Reception:
    """Turns packets and streams into the events of `ChatManager`."""

    def __init__(
        self, emit: Callable[..., Any], attribute: Callable[[ChatMessage, str | None], ChatMessage]
    ) -> None:
        """Nothing received yet.

        Args:
            emit: Called with an event's name and its argument.
            attribute: Returns a copy of a message with its sender, given the sender's identity.
        """
        self.refused = 0
        """Edits and deletions of other people's messages that were refused."""
        self._emit = emit
        self._attribute = attribute
        self._seen = SeenMessages()

    def take_packet(self, message: ChatMessage, identity: str | None, *, update: bool) -> None:
        """Handle a JSON packet that is not the twin of a text stream.

        Args:
            message: What it says.
            identity: Who sent it; None if the room has not announced the sender yet.
            update: Whether it came on the update topic.
        """
        text = message.message or ""
        verdict = self._seen.judge_packet(
            identity, message.id, text, update=update, deleted=message.deleted
        )
        if verdict is Verdict.REFUSED:
            self.refused += 1
            logger.warning("edit of another participant's chat message refused")
            return
        nothing = verdict is Verdict.NEW and not text.strip() and not message.deleted
        if verdict is Verdict.DUPLICATE or nothing:
            return
        edited = verdict is Verdict.EDIT and self._seen.was_complete(identity, message.id)
        self._seen.remember(identity, message.id, text, deleted=message.deleted)
        message = replace(message, edited=edited)
        shown: ShownAs = "message_added" if verdict is Verdict.NEW else "message_updated"
        self.announce(self._attribute(message, identity), shown)

    def open_stream(self, header: StreamHeader, identity: str) -> IncomingStream:
        """Handle a text stream: pass what arrives to the object returned."""
        return IncomingStream(self, self._seen, header, identity)

    def reject(self, identity: str | None, reason: Reason) -> None:
        """Report a message that is not received."""
        logger.warning("chat message rejected", extra={"reason": reason})
        self._emit("message_rejected", RejectedMessage(identity, reason))

    def announce(self, message: ChatMessage, shown: ShownAs, *, whole: bool = True) -> None:
        """Emit the events for a message's new state; complete ones are also received.

        Args:
            message: The state.
            shown: Which event it is, if it is no deletion.
            whole: False for the last state of a message whose rest was lost.
        """
        self._emit("message_deleted" if message.deleted else shown, replace(message))
        if message.complete and whole:
            self._emit("message_received", replace(message))

    def show(self, message: ChatMessage, identity: str, shown: ShownAs, *, whole: bool) -> None:
        """Emit the events for a state of a streamed message."""
        self.announce(self._attribute(message, identity), shown, whole=whole)


ShownAs = Literal["message_added", "message_updated"]


class IncomingStream:
    """A message that arrives as a text stream, from its header to its end."""

    def __init__(
        self, reception: Reception, seen: SeenMessages, header: StreamHeader, identity: str
    ) -> None:
        """See `Reception.open_stream`."""
        usable_id = 0 < len(header.stream_id) <= MAX_ID_LENGTH
        self.identity = identity
        """Who sends it."""
        self.by_agent = header.by_agent
        """Whether an agent does: another process may go on in its message."""
        self._reception = reception
        self._seen = seen
        self._shown: ShownAs | None = None
        self._is_blank = True
        self._message = ChatMessage(
            message="",
            id=header.stream_id if usable_id else generate_id(),
            timestamp=timestamp_from_ms(header.timestamp),
            deleted=header.attributes.get(ATTRIBUTE_DELETED) == "true",
            complete=False,
        )
        self._verdict = seen.judge_stream(
            identity,
            self._message.id,
            revision=header.attributes.get(ATTRIBUTE_REVISION) == "true",
            by_agent=header.by_agent,
        )
        if self._verdict is Verdict.ID_REUSED:
            self._message.id = generate_id()
            self._verdict = Verdict.NEW
        if self._verdict is not Verdict.DUPLICATE:
            # Before any text arrives: the twin may overtake it.
            seen.remember_open(identity, self._message.id)

    def grow(self, chunk: str) -> None:
        """Add a chunk of text."""
        text = self._message.message = (self._message.message or "") + chunk
        self._is_blank = self._is_blank and not chunk.strip()
        if self._message.deleted or self._verdict is Verdict.DUPLICATE or self._is_blank:
            return
        if self._shown is None and self._seen.is_duplicate(self.identity, self._message.id, text):
            return  # The same text again, as after a lost connection.
        self._show()

    def finish(self, announced: Iterable[Attachment | MissingAttachment] = ()) -> None:
        """Handle the stream's end, with what became of the attachments that it announced."""
        text = self._message.message or ""
        announced = tuple(announced)
        attachments = tuple(a for a in announced if isinstance(a, Attachment))
        missing = tuple(a for a in announced if isinstance(a, MissingAttachment))
        self._message.attachments, self._message.missing_attachments = attachments, missing
        if self._verdict is Verdict.EDIT and text == BLANK:
            text = self._message.message = ""
        nothing = self._verdict is Verdict.NEW and not text.strip() and not attachments
        duplicate = self._seen.is_duplicate(self.identity, self._message.id, text)
        if not self._message.deleted and (nothing or (duplicate and self._shown is None)):
            self._seen.remember_closed(self.identity, self._message.id)
            return
        self._complete()
        self._show()

    def break_off(self) -> None:
        """Handle a stream that broke off: what was shown of it is complete as it is."""
        if self._shown is None:
            self._seen.remember_closed(self.identity, self._message.id)
            return
        self._complete(whole=False)
        self._show(whole=False)

    def _complete(self, *, whole: bool = True) -> None:
        self._note_whether_edited()
        self._message.complete = True
        if self._message.deleted:
            self._message.message = ""
        self._seen.remember(
            self.identity,
            self._message.id,
            self._message.message or "",
            by_stream=True,
            deleted=self._message.deleted,
            whole=whole,
        )

    def _note_whether_edited(self) -> None:
        # Not known when it was opened: the stream that it edits may have been open, too.
        if not self._message.complete:
            self._message.edited = self._seen.was_complete(self.identity, self._message.id)

    def _show(self, *, whole: bool = True) -> None:
        self._note_whether_edited()
        if self._shown is None and self._verdict is Verdict.NEW:
            self._shown = "message_added"
        else:
            self._shown = "message_updated"
        self._reception.show(self._message, self.identity, self._shown, whole=whole)
