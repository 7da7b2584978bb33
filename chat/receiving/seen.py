"""Remembers what was received, to drop duplicates and recognise edits. No I/O."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum, auto

REMEMBERED = 2_000
"""Messages that are remembered, oldest forgotten first. Of their texts only a hash is kept."""

Sender = str | None
"""An identity; None for a JSON sender that the room has not announced yet."""


class Verdict(Enum):
    """What an arriving message is."""

    NEW = auto()
    """A message not seen before."""

    EDIT = auto()
    """Another text of a message by the same sender."""

    DUPLICATE = auto()
    """A message that was received already, as clients send it in two ways."""

    ID_REUSED = auto()
    """A new message under an id that its sender has used before."""

    REFUSED = auto()
    """An attempt to change somebody else's message."""


@dataclass
class _Entry:
    text_hash: int | None = None
    """Hash of the last text of which no more came; None before the first."""

    broken_off: bool = False
    """Whether the rest of that text was lost: nobody knows how much."""

    by_stream: bool = False
    """Whether a text stream carried it."""

    open: bool = False
    """Whether a text stream that carries it is open."""

    deleted: bool = False
    """Whether its sender deleted it."""

    whole: bool = False
    """Whether a text of it was received completely."""

    @property
    def empty(self) -> bool:
        """Whether nothing was received, as after a text stream without text."""
        return not self.open and self.text_hash is None

    def says(self, text: str) -> bool:
        """Whether `text` was received, or is being received: a twin has the text of its stream."""
        return self.open or self.has_received(text)

    def has_received(self, text: str) -> bool:
        """Whether `text` is the last one, and was received completely."""
        return self.text_hash == hash(text) and not self.broken_off


class SeenMessages:
    """The latest messages received, by sender and id."""

    def __init__(self) -> None:
        self._entries: OrderedDict[tuple[Sender, str], _Entry] = OrderedDict()
        self._authors: dict[str, Sender] = {}

    def judge_packet(
        self, sender: Sender, message_id: str, text: str, *, update: bool, deleted: bool = False
    ) -> Verdict:
        """Judge a JSON packet.

        Args:
            sender: Who sent it.
            message_id: Its id.
            text: Its whole text.
            update: Whether it came on the update topic.
            deleted: Whether it deletes the message.
        """
        entry = self._find(sender, message_id)
        if entry is not None and (deleted or entry.deleted):
            # A late copy of a deleted message must not restore it.
            duplicate = entry.deleted and (deleted or not update)
            return Verdict.DUPLICATE if duplicate else Verdict.EDIT
        if entry is not None:
            return Verdict.DUPLICATE if entry.says(text) else Verdict.EDIT
        author = self._authors.get(message_id)
        if sender is None and (known := self._find(author, message_id)) and known.says(text):
            return Verdict.DUPLICATE
        # Ids of old Flutter clients are milliseconds, and two people can have the same one. Only an
        # explicit update of somebody else's id is refused.
        return Verdict.REFUSED if update and author not in (None, sender) else Verdict.NEW

    def judge_stream(
        self, sender: Sender, message_id: str, *, revision: bool, by_agent: bool
    ) -> Verdict:
        """Judge a text stream by its header; its text is not known yet.

        Args:
            sender: Who opened it.
            message_id: The stream's id.
            revision: Whether the header says that it edits.
            by_agent: Whether the sender is an agent: agents replace a text by another stream.
        """
        entry = self._find(sender, message_id)
        if entry is None:
            return Verdict.NEW
        if revision or by_agent:
            return Verdict.EDIT
        return Verdict.ID_REUSED if entry.by_stream else Verdict.DUPLICATE

    def is_duplicate(self, sender: Sender, message_id: str, text: str) -> bool:
        """Whether `text` is the last complete text received of this message."""
        entry = self._find(sender, message_id)
        return entry is not None and entry.has_received(text)

    def was_complete(self, sender: Sender, message_id: str) -> bool:
        """Whether a complete text of this message was received."""
        entry = self._find(sender, message_id)
        return entry is not None and entry.whole

    def remember_open(self, sender: Sender, message_id: str) -> None:
        """Note that a text stream with more of a message is open."""
        entry = self._entry(sender, message_id)
        entry.by_stream = entry.open = True

    def remember_closed(self, sender: Sender, message_id: str) -> None:
        """Note that a text stream ended without anything new."""
        self._entry(sender, message_id).open = False

    def remember(
        self,
        sender: Sender,
        message_id: str,
        text: str,
        *,
        by_stream: bool = False,
        deleted: bool = False,
        whole: bool = True,
    ) -> None:
        """Note the newest text of a message of which no more is to come.

        Args:
            sender: Who sent it.
            message_id: Its id.
            text: The whole text.
            by_stream: Whether a text stream carried it.
            deleted: Whether it was deleted.
            whole: False if the rest of it was lost.
        """
        entry = self._entry(sender, message_id)
        entry.deleted = deleted
        entry.whole = entry.whole or whole
        entry.text_hash, entry.broken_off = hash(text), not whole
        entry.by_stream = entry.by_stream or by_stream
        entry.open = False

    def _find(self, sender: Sender, message_id: str) -> _Entry | None:
        """What was received of a message, perhaps before its sender was announced."""
        entry = self._entries.get((sender, message_id))
        if (entry is None or entry.empty) and self._authors.get(message_id) in (None, sender):
            entry = self._entries.get((None, message_id))
        return None if entry is None or entry.empty else entry

    def _entry(self, sender: Sender, message_id: str) -> _Entry:
        key = (sender, message_id)
        entry = self._entries.setdefault(key, _Entry())
        self._entries.move_to_end(key)
        if self._authors.get(message_id) is None:
            self._authors[message_id] = sender
        while len(self._entries) > REMEMBERED:
            (forgotten_sender, forgotten_id), _ = self._entries.popitem(last=False)
            if self._authors.get(forgotten_id) == forgotten_sender:
                self._authors.pop(forgotten_id, None)
        return entry
