"""A room in the store, from when its agent has joined to the job's end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from livekit.agents import JobContext

from worker import rescue
from worker.store.conversations.room_opening import Claimed
from worker.store.database.transactions import answer_or
from worker.store.ownership.claims import Claim, Claims


class HeldRoom:
    """A job's room in the store: claimed once its agent has joined, given up when the job ends."""

    def __init__(
        self,
        claims: Claims,
        job: JobContext,
        on_end: Callable[[], None],
        on_claim: Callable[[], None] = lambda: None,
    ) -> None:
        """Hold nothing yet.

        Args:
            claims: Those of the worker.
            job: Whose room.
            on_end: Called once it is given up.
            on_claim: Called once it is claimed, from any thread.
        """
        self._claims = claims
        self._agent_name, self._name = job.job.agent_name, job.job.room.name
        self._metadata = job.job.metadata
        self._on_end = on_end
        self._on_claim = on_claim
        self._claim: Claim | None = None
        self._need: rescue.Need | None = None
        self._room, self._sid = job.room, ""
        # Whether this one's connection may have taken that of the room's next agent.
        self._may_disturb = True
        self.on_replaced: Callable[[], None] = lambda: None
        """Called if it turns out that another worker has the room."""

    async def claim(self, room_sid: str, joined_at: datetime) -> Claimed | None:
        """See `RoomClaim.claim`."""
        self._sid = room_sid
        milliseconds = int(joined_at.timestamp() * 1000)
        claim = await self._claims.claim(
            self._agent_name, self._name, room_sid, milliseconds, self._metadata
        )
        self._claim = claim
        if claim is not None:
            self._on_claim()
        # The store may have been away until the job had ended.
        if self._need is not None:
            await self._give_up(self._need)
        return None if claim is None else Claimed(claim.epoch, claim.away_since)

    def is_same_room(self, other: HeldRoom) -> bool:
        """Whether another job is in the same room, or was."""
        return (self._agent_name, self._name) == (other._agent_name, other._name)

    async def check(self) -> None:
        """Find out whether another worker has the room by now."""
        if (claim := self._claim) is None:
            return
        still = self._claims.has(self._agent_name, self._name, claim.epoch)
        if await answer_or(True, still):
            return
        # Who has noticed that its connection is gone takes nobody's.
        self._may_disturb = self._room.isconnected()
        self.on_replaced()
        await self._disturb()

    async def _disturb(self) -> None:
        """Have the room's other agent join anew, if its connection may be taken.

        LiveKit gives a connection that is mended to whoever has the identity: who does not know that the room has
        another agent has taken that one's, which hears nothing any more, and does not notice.
        """
        if self._may_disturb:
            self._may_disturb = False
            disturbed = self._claims.disturb(self._agent_name, self._name, self._sid)
            await answer_or(False, disturbed)

    async def end(self, need: rescue.Need) -> None:
        """Give the room up.

        Args:
            need: Whether it is to have another agent.
        """
        # The claim is made in another thread: each looks at what the other has done after its own part.
        self._need = need
        try:
            await self._give_up(need)
        finally:
            self._on_end()

    async def _give_up(self, need: rescue.Need) -> None:
        if (claim := self._claim) is None:
            return
        room = self._agent_name, self._name, claim.epoch
        if need is rescue.Need.NONE:
            given_up = self._claims.release(*room, closed=True)
        else:
            has_come = need is rescue.Need.HAS_COME
            given_up = self._claims.lose(*room, to_another=has_come)
        was_its_own = await answer_or(True, given_up)
        if not was_its_own and need is not rescue.Need.HAS_COME:
            await self._disturb()
