"""One turn of a conversation: what was asked, how it was answered, and how the answer ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from uuid import uuid4

from livekit.agents import llm

from .bubble import Bubble

UNKNOWN = ""
"""Stands for the identity of an author whom nobody can name. No participant has it."""


class Outcome(Enum):
    """How a reply ended. Every reply ends in exactly one of these.

    `ANEW` and `SUPERSEDED` end an attempt only: what it answered is answered by another.
    """

    DONE = "done"
    """The LLM finished it."""

    INTERRUPTED = "interrupted"
    """Its asker wrote again: it stays as it stood."""

    STOPPED = "stopped"
    """A person stopped it."""

    CUT = "cut"
    """It reached the longest that a reply may be."""

    FILTERED = "filtered"
    """The LLM service withheld the rest."""

    TOO_LONG = "too long"
    """What it answers is by itself too long for the LLM."""

    REFUSED = "refused"
    """The worker was too busy to begin it."""

    EMPTY = "empty"
    """The LLM had nothing to say."""

    FAILED = "failed"
    """The LLM failed, or did not answer in time."""

    SHUT_DOWN = "shut down"
    """The agent had to leave."""

    WITHDRAWN = "withdrawn"
    """There is nothing left for it to answer."""

    ANEW = "anew"
    """What it answers was changed: the next attempt writes in the same bubble."""

    SUPERSEDED = "superseded"
    """Its asker wrote again when it had hardly begun: both messages are answered together, in its
    bubble."""


@dataclass(frozen=True)
class UnreadFile:
    """A file that came with a message, or should have. Nobody has looked into it."""

    name: str
    """One printable line; empty if it is not known."""

    mime_type: str
    """Likewise."""

    size: int | None = None
    """In bytes; None if it did not arrive."""

    problem: str = ""
    """Why it did not arrive; empty if it did."""

    def described(self) -> dict[str, str | int]:
        """What there is to say about it."""
        facts = {"name": self.name, "type": self.mime_type, "problem": self.problem}
        known: dict[str, str | int] = {key: value for key, value in facts.items() if value}
        return known if self.size is None else known | {"bytes": self.size}


@dataclass(eq=False)
class Question:
    """A message that a person wrote to the agent, or said."""

    id: str
    """The message's id, unique among its author's; that of the utterance if it was spoken."""

    identity: str
    """Its author; `UNKNOWN` if that could not be found out."""

    name: str
    """What the room calls the author: one printable line, but not unique, and freely chosen."""

    text: str
    """What it says now."""

    asked_at: float = 0.0
    """When it came, by the event loop's clock; when its author began to speak, if it was spoken."""

    arrived_at: float = 0.0
    """When it was put with those that wait, by the same clock."""

    announced: bool = True
    """Whether the room had announced its author by then."""

    files: tuple[UnreadFile, ...] = ()
    """What came with it, however its text is edited."""

    overlapped: bool = False
    """Whether it came while a reply to something else was running."""

    spoken: bool = False
    """Whether it was spoken: its words are what a transcriber made of the sound."""


@dataclass(eq=False)
class Turn:
    """Questions that are answered together, and their answer."""

    questions: list[Question]
    """Oldest first. None in a turn that the agent began, such as a greeting."""

    created_at: float
    """When the newest question was taken up, in seconds since the epoch."""

    answer: list[llm.ChatItem] = field(default_factory=list)
    """What the LLM said, its tool calls included; as far as it came, if it did not finish."""

    outcome: Outcome | None = None
    """How the answer ended. None before that, and for what nobody was asked to answer."""

    bubble: Bubble = field(default_factory=Bubble)
    """Where people see the answer."""

    ended_at: float = 0.0
    """When it was answered, or overheard, by the event loop's clock."""

    id: str = field(default_factory=lambda: uuid4().hex)
    """Never used again, in no process."""

    attempts: int = 0
    """How many processes have begun the answer that is not ended."""

    restored: bool = False
    """Whether a former process began it."""

    earlier: bool = False
    """Whether it is from before the room was last opened: not everybody may be told of it."""

    insiders: frozenset[str] = frozenset()
    """Who may be told of it, besides its authors, if it is earlier."""

    @property
    def authors(self) -> set[str]:
        """The identities of those who asked."""
        return {question.identity for question in self.questions}

    def may_be_told(self, identities: Iterable[str]) -> bool:
        """Whether all of these people may be told of it."""
        insiders = self.insiders | self.authors - {UNKNOWN}
        return not self.earlier or insiders.issuperset(identities)
