"""What a room asks of whoever keeps its conversation."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from .kept import KeptQuestion, KeptTurn, Recollection


class RoomMemory(Protocol):
    """Keeps the conversation of one room.

    What is to be kept is put in a queue and never waited for, except by `kept`. No method raises because
    of the store: one that is down costs memory, never an answer. All are called on the room's event loop.
    """

    async def enter(self, room_sid: str, joined_at: datetime) -> Recollection | None:
        """Take the room, which is connected now, and find the conversation that goes on there.

        Args:
            room_sid: The room's sid, another each time that a room of this name is opened.
            joined_at: When the agent joined, by the server's clock: of two agents that take the same
                room, the one that joined later has it.

        Returns:
            What is remembered, if this opening of the room has a conversation already. None if it has
            none yet, which is begun with `meet`, or if the store does not answer.
        """
        ...

    async def meet(self, identity: str) -> Recollection:
        """Choose the conversation by the first person: the newest in which they took part, or a new one.

        Call it once, where `enter` found none, before anything is kept of a question.

        Args:
            identity: Who it is.
        """
        ...

    async def share(self) -> None:
        """Go on in the room's own conversation, as a second person has come.

        It changes something only where a conversation belongs to a person.
        """
        ...

    async def late_questions(self) -> tuple[KeptQuestion, ...]:
        """What a former agent of the room wrote down after this one entered it, and nobody answers."""
        ...

    def keep_question(self, question: KeptQuestion) -> None:
        """Keep a question in its newest state."""
        ...

    def keep_turn(self, turn: KeptTurn) -> None:
        """Keep a turn in its newest state; a state that is still waiting to be written is replaced."""
        ...

    def forget_question(self, author: str, message_id: str) -> None:
        """Forget a question that its author deleted."""
        ...

    def forget_turn(self, turn_id: str) -> None:
        """Forget a turn and its reply; its questions, if it has any left, wait again."""
        ...

    async def kept(self, limit: float) -> bool:
        """Wait until all that was to be kept so far is in the store.

        Args:
            limit: Seconds to wait at most.

        Returns:
            Whether it is.
        """
        ...
