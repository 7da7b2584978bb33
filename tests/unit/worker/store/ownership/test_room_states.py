"""Every state of a room, and every event. The events are those of the worker `me`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest

from tests.unit.worker.store.ownership.fleet import AGENT, Fleet, FleetWorker, open_fleet
from worker.rescue.ownership import LostRoom

SAME = "same"
MINE = "open me +1"
ENDED = "closed nobody +0"

TABLE = {
    # state:          late claim, later claim, new opening, late opening, take, release, lose, ...
    "new":            (MINE, MINE, MINE, MINE, SAME, SAME, SAME, SAME, SAME),
    "mine":           (SAME, MINE, MINE, SAME, SAME, ENDED, "lost me +0", SAME, SAME),
    "another's":      (SAME, MINE, MINE, SAME, SAME, ENDED, "lost other +0", SAME, SAME),
    "a dead one's":   (MINE, MINE, MINE, MINE, MINE, ENDED, "lost dead +0", SAME, SAME),
    "just lost":      (MINE, MINE, MINE, MINE, SAME, SAME, SAME, SAME, SAME),
    "lost":           (MINE, MINE, MINE, MINE, MINE, SAME, SAME, SAME, SAME),
    "closed":         (MINE, MINE, MINE, MINE, SAME, SAME, SAME, SAME, SAME),
    "released":       (MINE, MINE, MINE, MINE, SAME, SAME, SAME, SAME, SAME),
    "taken by me":    (MINE, MINE, MINE, MINE, SAME, ENDED, "lost me +0", ENDED, "lost me +0"),
    "taken by other": (MINE, MINE, MINE, MINE, SAME, ENDED, "lost other +0", SAME, SAME),
}  # fmt: skip
"""What becomes of a room: its state, who has it, and what was added to the epoch."""


@dataclass(frozen=True)
class Scene:
    """The room `cats`, and three workers."""

    fleet: Fleet
    me: FleetWorker
    other: FleetWorker
    dead: FleetWorker

    async def look(self) -> tuple[str, str, int]:
        row = await self.fleet.find_room("cats")
        if row is None:
            return "none", "nobody", 0
        roles = {self.me.id: "me", self.other.id: "other", self.dead.id: "dead", None: "nobody"}
        return row["state"], roles[row["owner"]], row["epoch"]

    async def set(self, state: str) -> None:
        if state == "new":
            return
        if state == "mine":
            await self.me.must_claim("cats", 1_000)
            return
        if state == "a dead one's" or state.startswith("taken"):
            await self.dead.must_claim("cats", 1_000)
            await self.fleet.expire(self.me, self.other)
            if state.startswith("taken"):
                taker = self.me if state == "taken by me" else self.other
                assert await taker.take()
            return
        epoch = (await self.other.must_claim("cats", 1_000)).epoch
        if state in ("closed", "released"):
            assert await self.other.release("cats", epoch, closed=state == "closed")
        elif state in ("lost", "just lost"):
            assert await self.other.lose("cats", epoch)
            await self.fleet.pass_time(2.0 if state == "lost" else -20.0, self.me, self.other)


Event = Callable[[Scene, int], Awaitable[object]]

CATS = LostRoom("cats", "RM_cats", AGENT, "")

EVENTS: dict[str, Event] = {
    "late claim": lambda scene, _: scene.me.claim("cats", 500),
    "later claim": lambda scene, _: scene.me.claim("cats", 2_000),
    "new opening": lambda scene, _: scene.me.claim("cats", 2_000, "RM_2"),
    "late claim of a former opening": lambda scene, _: scene.me.claim("cats", 500, "RM_0"),
    "take": lambda scene, _: scene.me.take(),
    "release": lambda scene, epoch: scene.me.release("cats", epoch),
    "lose": lambda scene, epoch: scene.me.lose("cats", epoch),
    "close": lambda scene, _: scene.me.ownership.close_room(CATS),
    "put back": lambda scene, _: scene.me.ownership.put_back(CATS),
}


@pytest.fixture
async def fleet(store_url: str) -> AsyncIterator[Fleet]:
    async with open_fleet(store_url) as fleet:
        yield fleet


@pytest.mark.parametrize("state", TABLE)
async def test_each_event_has_its_outcome(fleet: Fleet, state: str) -> None:
    for (name, event), expected in zip(EVENTS.items(), TABLE[state], strict=True):
        await fleet.clear()
        me, other, dead = await fleet.workers(3)
        scene = Scene(fleet, me, other, dead)
        await scene.set(state)
        before = await scene.look()
        await event(scene, before[2])
        after = await scene.look()

        outcome = f"{after[0]} {after[1]} {after[2] - before[2]:+}"
        assert (SAME if after == before else outcome) == expected, name


@pytest.mark.parametrize("state", [state for state in TABLE if state != "new"])
async def test_an_agent_of_another_epoch_changes_nothing(fleet: Fleet, state: str) -> None:
    scene = Scene(fleet, *await fleet.workers(3))
    await scene.set(state)
    before = await fleet.room("cats")
    for epoch in (before["epoch"] - 1, before["epoch"] + 1):
        assert not await scene.me.lose("cats", epoch)
        assert not await scene.me.release("cats", epoch, closed=True)
        assert not await scene.me.release("cats", epoch, closed=False)

    assert await fleet.room("cats") == before
