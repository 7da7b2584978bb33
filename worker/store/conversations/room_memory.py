"""The memory of one room, as the room sees it: values go to the store's thread, little comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, TypeVar

from assistant.memory.kept import KeptQuestion, KeptTurn, Recollection
from worker.store.database.transactions import StoreAccess

from .entries import ForgottenQuestion, ForgottenTurn
from .recalling import Reach
from .recorder import Recorder
from .room_opening import Opening, RoomClaim, RoomPlace
from .writer import Writer

T = TypeVar("T")

PROMPT = 0.15
"""Seconds that the store may take where somebody waits for an answer."""

RESCUE = 2.0
"""Seconds that it may take in a room that was rescued: without it half a reply cannot be finished."""


class StoredRoomMemory:
    """A `RoomMemory`. Make it on the room's event loop."""

    def __init__(
        self,
        store: StoreAccess,
        writer: Writer,
        place: RoomPlace,
        claim: RoomClaim,
        on_replaced: Callable[[], None],
        *,
        patience: float = PROMPT,
        meeting: float = PROMPT,
        reach: Reach | None = None,
    ) -> None:
        """Make the memory of a room that is not connected yet.

        Args:
            store: Where it is kept.
            writer: Writes for all rooms.
            place: Where the conversation belongs.
            claim: Claims the room.
            on_replaced: Called once, on the room's event loop, if the room has another agent.
            patience: Seconds that `enter` waits for the store at most, `PROMPT` or `RESCUE`.
            meeting: Seconds that `meet` waits likewise: an answer waits for it.
            reach: How far back one remembers.
        """
        self._store = store
        self._patience = patience
        self._meeting = meeting
        loop = asyncio.get_running_loop()
        opening = Opening(place, claim, lambda: _call_on(loop, on_replaced))
        self._recorder = Recorder(opening, writer, reach or Reach())

    async def enter(self, room_sid: str, joined_at: datetime) -> Recollection | None:
        """See `RoomMemory.enter`."""
        return await self._ask(self._recorder.enter(room_sid, joined_at), self._patience)

    async def meet(self, identity: str) -> Recollection:
        """See `RoomMemory.meet`."""
        return await self._ask(self._recorder.meet(identity), self._meeting) or Recollection()

    async def share(self) -> None:
        """See `RoomMemory.share`."""
        self._store.call(self._recorder.share)

    async def late_questions(self) -> tuple[KeptQuestion, ...]:
        """See `RoomMemory.late_questions`."""
        return await self._ask(self._recorder.late_questions(), self._patience) or ()

    def keep_question(self, question: KeptQuestion) -> None:
        """See `RoomMemory.keep_question`."""
        self._store.call(self._recorder.put, question)

    def keep_turn(self, turn: KeptTurn) -> None:
        """See `RoomMemory.keep_turn`."""
        self._store.call(self._recorder.put, turn)

    def forget_question(self, author: str, message_id: str) -> None:
        """See `RoomMemory.forget_question`."""
        self._store.call(self._recorder.put, ForgottenQuestion(author, message_id))

    def forget_turn(self, turn_id: str) -> None:
        """See `RoomMemory.forget_turn`."""
        self._store.call(self._recorder.put, ForgottenTurn(turn_id))

    async def kept(self, limit: float) -> bool:
        """See `RoomMemory.kept`."""
        waiting = self._recorder.kept()
        return await self._ask(waiting, limit, and_end=True) or False

    async def _ask(
        self, coroutine: Coroutine[Any, Any, T], limit: float, *, and_end: bool = False
    ) -> T | None:
        """Wait for something in the store's thread, and no longer than `limit`.

        It goes on there, unless it is to end; nothing of it raises because of the store.
        """
        try:
            asked = self._store.start(coroutine)
        except RuntimeError:
            return None
        done, _ = await asyncio.wait({asyncio.wrap_future(asked)}, timeout=limit)
        if not done:
            if and_end:
                asked.cancel()
            return None
        return None if asked.cancelled() else asked.result()


def _call_on(loop: asyncio.AbstractEventLoop, function: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(function)
    except RuntimeError:  # The room's loop has ended, and the room with it.
        return
