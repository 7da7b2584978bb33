"""A job's room in the store is given up when the job ends, and left when it turns out to be another's."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import pytest
from livekit import agents
from livekit.protocol.agent import Job
from livekit.protocol.models import Room

from tests.doubles import FakeRoom
from tests.unit.worker.store.ownership.fleet import AGENT, open_fleet
from worker.rescue import Need
from worker.serving.held_rooms import HeldRoom
from worker.store.database.failures import StoreError
from worker.store.database.transactions import Transactions, Work
from worker.store.ownership.claims import Claims

T = TypeVar("T")

JOINED = datetime(2026, 1, 1, tzinfo=UTC)
LATER = int(JOINED.timestamp() * 1000) + 1
"""When another agent joins, as a store has it."""


@dataclass
class HasJob:
    """What a held room knows of its job."""

    room: Any = None
    job: Job = field(default_factory=lambda: Job(agent_name=AGENT, room=Room(name="cats")))


class Interrupted:
    """A database that is out of order whenever a test says so."""

    def __init__(self, store: Transactions) -> None:
        self._store = store
        self.is_down = False

    async def run(self, work: Work[T], **options: Any) -> T:
        if self.is_down:
            raise StoreError("unreachable")
        return await self._store.run(work, **options)


def hold(claims: Claims, ended: list[str], room: FakeRoom | None = None) -> HeldRoom:
    job: Any = HasJob(room)
    return HeldRoom(claims, cast("agents.JobContext", job), lambda: ended.append("cats"))


@pytest.mark.parametrize(
    ("need", "state"), [(Need.NONE, "closed"), (Need.ANOTHER, "lost"), (Need.HAS_COME, "lost")]
)
@pytest.mark.parametrize("claims_late", [False, True])
async def test_a_room_is_given_up_also_if_it_is_claimed_after_the_job_has_ended(
    store_url: str, need: Need, state: str, claims_late: bool
) -> None:
    ended: list[str] = []
    async with open_fleet(store_url) as fleet:
        worker = await fleet.worker()
        room = hold(worker.claims, ended)
        if claims_late:
            await room.end(need)
        claimed = await room.claim("RM_cats", JOINED)
        if not claims_late:
            await room.end(need)
        row = await fleet.room("cats")

    assert claimed is not None
    assert (row["epoch"], row["state"]) == (claimed.epoch, state)
    assert ended == ["cats"]


async def test_a_room_that_was_never_claimed_is_ended_and_has_no_row(store_url: str) -> None:
    ended: list[str] = []
    async with open_fleet(store_url) as fleet:
        worker = await fleet.worker()
        await hold(worker.claims, ended).end(Need.NONE)
        assert await fleet.find_room("cats") is None

    assert ended == ["cats"]


class Checked:
    """A room that an agent holds, and what it learns of it."""

    def __init__(self, claims: Claims) -> None:
        self.room = FakeRoom()
        self.room.connected = True
        self.replaced = 0
        self.held = hold(claims, [], self.room)
        self.held.on_replaced = self._on_replaced

    def _on_replaced(self) -> None:
        self.replaced += 1
        # As the job does, which ends then.
        self.room.connected = False


async def test_a_room_of_its_own_is_kept(store_url: str) -> None:
    async with open_fleet(store_url) as fleet:
        worker = await fleet.worker()
        ours = Checked(worker.claims)
        await ours.held.claim("RM_cats", JOINED)
        before = dict(await fleet.room("cats"))
        await ours.held.check()
        assert (ours.replaced, dict(await fleet.room("cats"))) == (0, before)


async def test_a_room_that_is_not_claimed_yet_is_not_checked(store_url: str) -> None:
    async with open_fleet(store_url) as fleet:
        ours = Checked((await fleet.worker()).claims)
        await (await fleet.worker()).must_claim("cats", LATER)
        await ours.held.check()
        assert (ours.replaced, (await fleet.room("cats"))["state"]) == (0, "open")


@pytest.mark.parametrize(("is_mended", "state"), [(False, "open"), (True, "lost")])
async def test_a_room_of_another_worker_is_left_and_disturbed_if_the_connection_was_mended(
    store_url: str, is_mended: bool, state: str
) -> None:
    async with open_fleet(store_url) as fleet:
        worker, other = await fleet.workers(2)
        ours = Checked(worker.claims)
        await ours.held.claim("RM_cats", JOINED)
        claim = await other.must_claim("cats", LATER)
        ours.room.connected = is_mended
        await ours.held.check()
        row = await fleet.room("cats")
        assert (ours.replaced, row["state"], row["owner"]) == (1, state, other.id)
        # What the end of the job does is for nobody but itself.
        await ours.held.end(Need.NONE)
        row = await fleet.room("cats")
        assert (row["state"], row["epoch"]) == (state, claim.epoch)


@pytest.mark.parametrize(
    ("need", "state"), [(Need.NONE, "lost"), (Need.ANOTHER, "lost"), (Need.HAS_COME, "open")]
)
async def test_who_ends_without_knowing_of_another_agent_has_that_one_join_anew(
    store_url: str, need: Need, state: str
) -> None:
    async with open_fleet(store_url) as fleet:
        worker, other = await fleet.workers(2)
        ours = Checked(worker.claims)
        await ours.held.claim("RM_cats", JOINED)
        await other.must_claim("cats", LATER)
        await ours.held.end(need)
        row = await fleet.room("cats")
        assert (row["state"], row["owner"]) == (state, other.id)


async def test_a_room_that_was_opened_anew_is_left_alone(store_url: str) -> None:
    async with open_fleet(store_url) as fleet:
        worker, other = await fleet.workers(2)
        ours = Checked(worker.claims)
        await ours.held.claim("RM_cats", JOINED)
        await other.must_claim("cats", LATER, "RM_other")
        await ours.held.check()
        assert (ours.replaced, (await fleet.room("cats"))["state"]) == (1, "open")


async def test_a_store_that_does_not_answer_takes_no_room_away(store_url: str) -> None:
    async with open_fleet(store_url) as fleet:
        worker, other = await fleet.workers(2)
        store = Interrupted(fleet.store)
        ours = Checked(Claims(store, worker.heartbeat))
        await ours.held.claim("RM_cats", JOINED)
        await other.must_claim("cats", LATER)
        store.is_down = True
        await ours.held.check()
        assert ours.replaced == 0
        store.is_down = False
        await ours.held.check()
        assert ours.replaced == 1
