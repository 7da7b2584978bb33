"""One opening of a room, as the store's thread knows it: who has it, and which conversation goes on there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

Scope = Literal["room", "person"]
"""To what a conversation belongs that nobody named."""

_PERSON = "person:"


@dataclass(frozen=True)
class Claimed:
    """A room that was claimed."""

    epoch: int
    """Counts how often the room was claimed. What another epoch has written stays."""

    lost_at: float | None = None
    """When the agent that had the room before was last known to live, if it died, in seconds since the
    epoch."""


class RoomClaim(Protocol):
    """Claims one room for this worker."""

    async def claim(self, room_sid: str, joined_at: datetime) -> Claimed | None:
        """Claim the room, whose agent has joined.

        Where the sid is another than the row's, the row's conversation is none from then on.

        Returns:
            None if the room belongs to an agent that joined later.

        Raises:
            StoreError: The store fails.
        """
        ...


@dataclass(frozen=True)
class RoomPlace:
    """Where a room's conversation belongs."""

    agent_name: str
    """The name under which its agent was dispatched; empty for automatic dispatch."""

    room: str
    """The room's name."""

    scope: Scope = "room"
    """To what the conversation belongs, unless it is named."""

    named: str | None = None
    """The conversation's name, if the dispatch gave one."""

    @property
    def shared_key(self) -> str:
        """The key of what everybody in the room takes part in."""
        return f"room:{self.room}" if self.named is None else f"named:{self.named}"

    def key_for(self, identity: str) -> str:
        """The key of the conversation that a first person begins."""
        if self.named is None and self.scope == "person" and identity:
            return f"{_PERSON}{identity}"
        return self.shared_key


@dataclass(frozen=True)
class Conversation:
    """A conversation that goes on in a room."""

    id: str
    """Never used again."""

    key: str
    """What it belongs to."""

    @property
    def is_personal(self) -> bool:
        """Whether it belongs to a person."""
        return self.key.startswith(_PERSON)


@dataclass(eq=False)
class Opening:
    """One opening of a room. Used on the store's thread alone."""

    place: RoomPlace
    """Where its conversation belongs."""

    claim: RoomClaim
    """Claims the room."""

    tell_replaced: Callable[[], None]
    """Tells the room that it has another agent; from any thread."""

    sid: str = ""
    """The room's sid; empty until it is entered."""

    joined_at: datetime | None = None
    """When the agent joined, by the server's clock."""

    author: str | None = None
    """The first person, by whom a conversation is chosen."""

    is_shared: bool = False
    """Whether more than one person is there, or was."""

    claimed: Claimed | None = None
    """The claim, once it is made."""

    is_replaced: bool = False
    """Whether the room has another agent."""

    is_closed: bool = False
    """Whether the room was closed, and opened again: whoever is there now is nobody of this opening."""

    conversation: Conversation | None = None
    """What goes on, as far as that is decided; it may have to be left, see `current`."""

    has_lost: bool = False
    """Whether something was not kept that should have been."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by whoever claims the room, or chooses the conversation."""

    @property
    def current(self) -> Conversation | None:
        """The conversation that goes on; None if it is still to be chosen."""
        if self.conversation and self.conversation.is_personal and self.is_shared:
            return None
        return self.conversation

    @property
    def needs_conversation(self) -> bool:
        """Whether a conversation is to be chosen. As long as nobody is there, none is."""
        has_people = self.author is not None or self.conversation is not None
        return has_people and self.current is None and not self.is_closed

    @property
    def is_settled(self) -> bool:
        """Whether nothing is to be claimed or chosen, as far as one knows."""
        is_claimed = self.is_replaced or self.claimed is not None
        return not self.sid or (is_claimed and not self.needs_conversation)

    def replace(self) -> None:
        """Note that the room has another agent, and tell it once."""
        if not self.is_replaced:
            self.is_replaced = True
            self.tell_replaced()
