"""Events in a room, as plain values. No I/O."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """A participant, as others see it."""

    identity: str
    name: str
    """What it calls itself, as it came: not yet safe to print. Empty if it is not known yet."""
    agent: bool = False
    own: bool = False
    """Whether it is the user of this terminal."""


@dataclass(frozen=True, slots=True)
class Wrote:
    """A message has a new text: it began, grew, ended or was edited."""

    author: Person
    message_id: str
    text: str
    complete: bool = True
    spoken: bool = False
    """Whether its author said it, and an agent writes it down."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """A message was deleted."""

    author: Person
    message_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A message could not be received."""

    author: Person
    reason: str


@dataclass(frozen=True, slots=True)
class Warned:
    """The chat package logged a warning, such as a message of ours that was not delivered."""

    text: str


@dataclass(frozen=True, slots=True)
class Joined:
    """A participant joined."""

    person: Person


@dataclass(frozen=True, slots=True)
class Left:
    """A participant left."""

    person: Person


@dataclass(frozen=True, slots=True)
class StateChanged:
    """An agent says what it is doing."""

    agent: Person
    state: str
    """The value of `lk.agent.state`: listening, thinking, speaking, …"""


@dataclass(frozen=True, slots=True)
class Entered:
    """The terminal joined the room."""

    room: str
    here: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """The connection to the server was lost and is being restored."""


@dataclass(frozen=True, slots=True)
class Reconnected:
    """The connection to the server is back."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The terminal left the room for good."""

    reason: str


Event = (
    Wrote
    | Deleted
    | Refused
    | Warned
    | Joined
    | Left
    | StateChanged
    | Entered
    | Reconnecting
    | Reconnected
    | Disconnected
)
