from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest

from tests.unit.worker.store.ownership.fleet import AGENT, Direct, Fleet, names, open_fleet
from worker.rescue.ownership import LostRoom, Ownership
from worker.store.database.address import parse_address
from worker.store.database.engine import create_engine
from worker.store.ownership.heartbeat import Heartbeat, new_worker_id
from worker.store.ownership.ownership import SharedOwnership
from worker.store.ownership.steadiness import Steadiness

CATS = LostRoom("cats", "RM_cats", AGENT, "")


@pytest.fixture
async def fleet(store_url: str) -> AsyncIterator[Fleet]:
    async with open_fleet(store_url) as fleet:
        yield fleet


async def test_lost_rooms_are_taken_by_who_beats_steadily(fleet: Fleet) -> None:
    dead = await fleet.worker()
    await dead.must_claim("cats", 1_000)
    await fleet.expire()
    steadiness = Steadiness()
    heartbeat = Heartbeat(fleet.store, new_worker_id(AGENT), steadiness=steadiness)
    ownership = SharedOwnership(fleet.store, AGENT, heartbeat)

    assert await ownership.take_lost(10) == []
    assert await heartbeat.beat()
    steadiness.note_failure()
    assert await ownership.take_lost(10) == []
    # One that starts need not wait.
    other = await fleet.worker()
    assert await other.ownership.take_lost(0) == []
    assert names(await other.ownership.take_lost(10)) == ["cats"]


async def test_a_taken_room_without_people_is_closed(fleet: Fleet) -> None:
    dead, worker = await fleet.workers(2)
    await dead.must_claim("cats", 1_000)
    await fleet.expire(worker)
    (room,) = await worker.take()
    await worker.ownership.close_room(room)
    await fleet.expire(worker)

    row = await fleet.room("cats")
    assert (row["state"], row["owner"]) == ("closed", None)
    assert await worker.take() == []


async def test_a_room_that_could_not_be_joined_is_taken_again_later_for_ever(
    fleet: Fleet,
) -> None:
    dead, worker = await fleet.workers(2)
    await dead.must_claim("cats", 1_000)
    await fleet.expire(worker)
    for _ in range(10):
        (room,) = await worker.take()
        await worker.ownership.put_back(room)
        assert await worker.take() == []
        await fleet.pass_time(2.1)


async def test_what_was_joined_since_is_neither_closed_nor_put_back(fleet: Fleet) -> None:
    dead, worker, other = await fleet.workers(3)
    await dead.must_claim("cats", 1_000)
    await fleet.expire(worker, other)
    (room,) = await worker.take()
    for joined_at, who in enumerate((worker, other), 2_000):
        claim = await who.must_claim("cats", joined_at)
        await worker.ownership.close_room(room)
        await worker.ownership.put_back(room)
        row = await fleet.room("cats")
        assert (row["state"], row["owner"], row["epoch"]) == ("open", who.id, claim.epoch)


async def test_a_taken_room_is_not_closed_by_another_worker_or_for_another_opening(
    fleet: Fleet,
) -> None:
    dead, worker, other = await fleet.workers(3)
    await dead.must_claim("cats", 1_000)
    await fleet.expire(worker, other)
    await worker.take()
    await other.ownership.close_room(CATS)
    await worker.ownership.close_room(LostRoom("cats", "RM_other", AGENT, ""))

    assert (await fleet.room("cats"))["owner"] == worker.id


async def test_rooms_are_looked_after_unless_they_were_given_up_or_opened_again(
    fleet: Fleet,
) -> None:
    worker, other = await fleet.workers(2)
    epochs = {
        name: (await worker.must_claim(name, 1_000)).epoch
        for name in ("open", "lost", "closed", "released", "again")
    }
    await worker.lose("lost", epochs["lost"])
    await worker.release("closed", epochs["closed"])
    await worker.release("released", epochs["released"], closed=False)
    opened = {name: f"RM_{name}" for name in (*epochs, "unknown")} | {"again": "RM_2"}

    looked_after = {"open", "lost", "closed"}
    assert await other.ownership.owned(opened) == looked_after
    # Whoever died is found by `take_lost`.
    await fleet.expire(other)
    assert await other.ownership.owned(opened) == looked_after
    assert await other.ownership.owned({}) == set()
    foreign = await fleet.worker("another")
    assert await foreign.ownership.owned(opened) == set()


async def test_many_rooms_are_looked_up(fleet: Fleet) -> None:
    worker = await fleet.worker()
    await worker.must_claim("room-1200", 1_000, "RM_1")
    opened = {f"room-{number}": "RM_1" for number in range(1_300)}

    assert await worker.ownership.owned(opened) == {"room-1200"}


async def test_the_first_worker_is_one_of_those_of_the_deployment_that_live(
    fleet: Fleet,
) -> None:
    workers = sorted(await fleet.workers(3), key=lambda worker: worker.id)
    strangers = [await fleet.worker(f"other-{number}") for number in range(8)]
    assert [await each.ownership.is_first() for each in workers] == [True, False, False]
    for number in (0, 1):
        await fleet.expire(*workers[number + 1 :], *strangers)
        firsts = [await each.ownership.is_first() for each in workers]
        assert firsts == [each is workers[number + 1] for each in workers]


async def test_a_store_that_does_not_answer_has_nothing_and_raises_nothing() -> None:
    engine = create_engine(parse_address("postgresql://nobody:nothing@127.0.0.1:1/none"), 1)
    steadiness = Steadiness()
    steadiness.note_beat(time.monotonic(), 0.0)
    heartbeat = Heartbeat(Direct(engine), new_worker_id(AGENT), steadiness=steadiness)
    ownership: Ownership = SharedOwnership(Direct(engine), AGENT, heartbeat)

    assert heartbeat.is_steady
    assert await ownership.take_lost(10) == []
    assert await ownership.owned({"cats": "RM_cats"}) == set()
    assert not await ownership.is_first()
    await ownership.close_room(CATS)
    await ownership.put_back(CATS)
    await engine.dispose()
