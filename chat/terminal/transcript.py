"""What the terminal shows: final entries, and messages that still grow. No I/O.

Everything that leaves the transcript is printable, whatever the events carried.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from chat.printable import printable, printable_line

from .events import (
    Deleted,
    Disconnected,
    Entered,
    Event,
    Joined,
    Left,
    Person,
    Reconnected,
    Reconnecting,
    Refused,
    StateChanged,
    Warned,
    Wrote,
)

EXCERPT = 40
"""Characters of a deleted message that are quoted to tell which one it was."""

READY_STATES = frozenset({"listening", "thinking", "speaking"})
"""Values of `lk.agent.state` in which an agent takes messages."""


class Mark(Enum):
    """What a reader must know about a message beside its text."""

    NONE = ""
    EDITED = "edited"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is to be shown."""

    key: tuple[str, str]
    """Its author's identity and its id: the same for every version of one message."""
    author: str
    text: str
    agent: bool = False
    own: bool = False
    mark: Mark = Mark.NONE
    spoken: bool = False
    """Whether its author said it."""

    @property
    def remark(self) -> str:
        """All that a reader must know beside the text, in a few words; mostly empty."""
        return ", ".join(filter(None, ["spoken" if self.spoken else "", self.mark.value]))


@dataclass(frozen=True, slots=True)
class Notice:
    """A line about the room itself."""

    text: str


Entry = Message | Notice


class Transcript:
    """Turns events into what to show.

    Feed every event to `apply` and print what it returns, in that order and for good; show
    `growing` and `status` below, as they are at the time.
    """

    def __init__(self) -> None:
        self._growing: dict[tuple[str, str], Message] = {}
        self._printed: dict[tuple[str, str], str] = {}
        self._unfinished: set[tuple[str, str]] = set()
        self._here: dict[str, Person] = {}
        self._known: dict[str, Person] = {}
        self._states: dict[str, str] = {}
        self._room = ""
        self._connected = True

    @property
    def growing(self) -> tuple[Message, ...]:
        """The messages that are still being written, oldest first."""
        return tuple(self._growing.values())

    @property
    def agent_ready(self) -> bool:
        """Whether an agent is here and takes messages."""
        return any(state in READY_STATES for state in self._states.values())

    @property
    def agent_here(self) -> bool:
        """Whether any agent is here."""
        return any(person.agent for person in self._here.values())

    @property
    def status(self) -> str:
        """One line on the room at this moment."""
        return f"{self._room} · {self._activity()}"

    def apply(self, event: Event) -> list[Entry]:
        """Take in `event` and return the entries that it completes."""
        match event:
            case Wrote():
                return self._write(event)
            case Deleted(author, message_id):
                return [self._delete(author, message_id)]
            case Refused(author, reason):
                notice = f"A message from {self._name(author)} could not be received: {reason}."
                return [*self._cut_off(author), Notice(printable_line(notice))]
            case Warned(text):
                return [Notice(printable_line(f"Warning: {text}."))]
            case Entered(room, here):
                return self._enter(room, here)
            case Joined(person):
                return self._join(person)
            case Left(person):
                return self._leave(person)
            case StateChanged(agent, state):
                self._states[agent.identity] = printable_line(state)
                return []
            case Reconnecting():
                self._connected = False
                return [Notice("Connection lost, reconnecting…")]
            case Reconnected():
                self._connected = True
                return [Notice("Reconnected.")]
            case Disconnected(reason):
                self._connected = False
                return [*self._cut_off(), Notice(printable_line(reason))]

    def _write(self, event: Wrote) -> list[Entry]:
        key = (event.author.identity, event.message_id)
        message = Message(
            key=key,
            author=self._name(event.author),
            text=printable(event.text),
            agent=event.author.agent,
            own=event.author.own,
            mark=Mark.EDITED if self._is_edit(key) else Mark.NONE,
            spoken=event.spoken,
        )
        if not event.complete:
            self._growing[key] = message
            return []
        self._growing.pop(key, None)
        if self._printed.get(key) == message.text:
            return []
        self._unfinished.discard(key)
        self._printed[key] = message.text
        return [message]

    def _is_edit(self, key: tuple[str, str]) -> bool:
        """Whether a new text of a message changes what was shown as complete before."""
        return key in self._printed and key not in self._unfinished

    def _delete(self, author: Person, message_id: str) -> Notice:
        key = (author.identity, message_id)
        self._growing.pop(key, None)
        text = self._printed.pop(key, None)
        if not text:
            return Notice(f"{self._name(author)} deleted a message.")
        return Notice(f"{self._name(author)} deleted a message: “{_excerpt(text)}”")

    def _enter(self, room: str, here: tuple[Person, ...]) -> list[Entry]:
        self._room = printable_line(room)
        for person in here:
            self._here[person.identity] = self._known[person.identity] = person
        names = ", ".join(self._introduction(person) for person in here) or "nobody else yet"
        return [Notice(f"Room {self._room}. Here: {names}.")]

    def _join(self, person: Person) -> list[Entry]:
        already_here = person.identity in self._here
        self._here[person.identity] = self._known[person.identity] = person
        return [] if already_here else [Notice(f"{self._introduction(person)} joined.")]

    def _leave(self, person: Person) -> list[Entry]:
        self._here.pop(person.identity, None)
        self._states.pop(person.identity, None)
        # Another process of an agent may go on in what this one was writing.
        cut_off = self._cut_off(person, spoken_only=person.agent)
        return [*cut_off, Notice(f"{self._introduction(person)} left.")]

    def _cut_off(self, person: Person | None = None, *, spoken_only: bool = False) -> list[Entry]:
        """Give up what `person`, or anyone, was still writing, and return it as it stands."""
        cut_off: list[Entry] = []
        for message in self.growing:
            if spoken_only and not message.spoken:
                continue
            if person is None or _writes(person, message):
                del self._growing[message.key]
                self._unfinished.add(message.key)
                self._printed[message.key] = message.text
                cut_off.append(replace(message, mark=Mark.UNFINISHED))
        return cut_off

    def _name(self, person: Person) -> str:
        # A message can be here before its sender is announced, or after it left.
        known = self._known.get(person.identity, person)
        return printable_line(person.name or known.name or person.identity) or "someone"

    def _introduction(self, person: Person) -> str:
        return f"{self._name(person)} (agent)" if person.agent else self._name(person)

    def _activity(self) -> str:
        agents = [person for person in self._here.values() if person.agent]
        if not self._connected:
            return "not connected"
        if not agents:
            return "no agent here"
        if len(agents) == 1:
            return f"agent {self._state(agents[0])}"
        return ", ".join(f"{self._name(agent)} {self._state(agent)}" for agent in agents)

    def _state(self, agent: Person) -> str:
        state = self._states.get(agent.identity, "here")
        return f"{state}…" if state == "thinking" else state


def _writes(person: Person, message: Message) -> bool:
    """Whether no more of a message will come without `person`. What is said, an agent writes."""
    return person.agent if message.spoken else person.identity == message.key[0]


def _excerpt(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT else line[:EXCERPT].rstrip() + "…"
