"""What one agent of a room hands to the next: questions, above all. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from assistant.turns.turn import Question, UnreadFile
from chat import ChatMessage, MissingAttachment


@dataclass(frozen=True)
class HandedQuestion:
    """A question that nobody has begun to answer."""

    id: str
    """The message's id, unique among its author's."""

    identity: str
    """Its author; `UNKNOWN` if that could not be found out."""

    name: str
    """What the room called the author."""

    text: str
    """What it says now."""

    age: float = 0.0
    """Seconds since it came: the clocks of two processes have nothing in common."""

    files: tuple[UnreadFile, ...] = ()
    """What came with it."""

    spoken: bool = False
    """Whether it was spoken."""

    @classmethod
    def of(cls, question: Question, now: float) -> HandedQuestion:
        """Describe a question at a time of the event loop's clock."""
        return cls(
            question.id,
            question.identity,
            question.name,
            question.text,
            max(0.0, now - question.asked_at),
            question.files,
            question.spoken,
        )

    def question(self, now: float, *, announced: bool) -> Question:
        """Return the question that it is in this process, at a time of the event loop's clock.

        Args:
            now: That time.
            announced: Whether the room has announced its author here.
        """
        return Question(
            self.id,
            self.identity,
            self.name,
            self.text,
            asked_at=now - self.age,
            announced=announced,
            files=self.files,
            spoken=self.spoken,
        )


@dataclass(frozen=True)
class MissedMessage:
    """What was written while no agent was there: a question, an edit, a deletion or a command."""

    id: str
    """The message's id, unique among its author's."""

    identity: str | None
    """Its author; None if that could not be found out."""

    text: str | None
    """What it says; None in a deletion."""

    deleted: bool = False
    """Whether its author deleted it."""

    edited: bool = False
    """Whether its author edited it."""

    files: tuple[tuple[str, str], ...] = ()
    """Names and types of what came with it, which nobody has."""

    @classmethod
    def of(cls, message: ChatMessage) -> MissedMessage:
        """Describe a message."""
        arrived = tuple((file.name, file.mime_type) for file in message.attachments)
        missing = tuple((file.name, file.mime_type) for file in message.missing_attachments)
        return cls(
            message.id,
            message.participant_identity,
            message.message,
            message.deleted,
            message.edited,
            arrived + missing,
        )

    @property
    def key(self) -> tuple[str | None, str, str | None, bool]:
        """What it has in common with the same one that somebody else heard, and with no other."""
        return self.identity, self.id, self.text, self.deleted

    @property
    def message(self) -> ChatMessage:
        """The message that it was."""
        return ChatMessage(
            self.text,
            self.id,
            deleted=self.deleted,
            edited=self.edited,
            missing_attachments=tuple(
                MissingAttachment(self.id, "missing", *file) for file in self.files
            ),
            participant_identity=self.identity,
        )


@dataclass(frozen=True)
class HandedOver:
    """What one agent tells the next, or a part of it."""

    questions: tuple[HandedQuestion, ...] = ()
    """What is still to be answered, oldest first."""

    answered: tuple[tuple[str, str], ...] = ()
    """What is not to be: the author and the id of messages, some of which clients may send again."""

    missed: tuple[MissedMessage, ...] = ()
    """What came when neither of them was there, oldest first."""


_HANDED_OVER = TypeAdapter(HandedOver)


def to_json(left: HandedOver) -> str:
    """Write it down, even if it is nothing."""
    return _HANDED_OVER.dump_json(left).decode()


def from_json(text: str) -> HandedOver:
    """Read it; what an agent of another version wrote may be nothing to this one."""
    try:
        return _HANDED_OVER.validate_json(text)
    except ValidationError:
        return HandedOver()
