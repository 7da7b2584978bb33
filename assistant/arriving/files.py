"""What is known of the files of a message without looking into them. No I/O."""

from __future__ import annotations

from assistant.turns.turn import UnreadFile
from chat import ChatMessage, printable_line

MOST_FILES = 16
"""Files of one message that are told of."""

LONGEST_NAME = 128
"""Characters of a file's name, or of its type, that are told."""


def unread_files(message: ChatMessage) -> tuple[UnreadFile, ...]:
    """The files that came with a message, then those that should have, in printable words."""
    arrived = [
        UnreadFile(_line(file.name), _line(file.mime_type), len(file.data))
        for file in message.attachments
    ]
    missing = [
        UnreadFile(_line(file.name), _line(file.mime_type), problem=file.reason)
        for file in message.missing_attachments
    ]
    return tuple([*arrived, *missing][:MOST_FILES])


def _line(text: str) -> str:
    return printable_line(text)[:LONGEST_NAME]
