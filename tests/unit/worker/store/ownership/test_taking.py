from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import update

from tests.unit.worker.store.ownership.fleet import AGENT, Fleet, FleetWorker, names, open_fleet
from worker.store.database.clock import LIFETIME
from worker.store.database.schema import workers
from worker.store.ownership.claims import GRACE
from worker.store.ownership.machine import Process
from worker.store.ownership.standing import MOST_TRIES, QUIET

ROOT = Path(__file__).parents[5]
ROUNDS = 20

PROGRAM = """
import sys
from worker.store.ownership.machine import this_process
process = this_process()
print(process.machine, process.pid, process.started_at, sep="|", flush=True)
sys.stdin.read()
"""


@pytest.fixture
async def fleet(store_url: str) -> AsyncIterator[Fleet]:
    async with open_fleet(store_url) as fleet:
        yield fleet


async def shift_worker(fleet: Fleet, worker: FleetWorker, seconds: float) -> None:
    later = update(workers).where(workers.c.id == worker.id)
    async with fleet.engine.begin() as connection:
        await connection.execute(later.values(expires_at=workers.c.expires_at + seconds))


async def test_nothing_is_taken_from_those_who_live(fleet: Fleet) -> None:
    first, second = await fleet.workers(2)
    claim = await first.must_claim("cats", 1_000)

    assert await second.take() == []
    assert await first.take() == []
    assert (await fleet.room("cats"))["epoch"] == claim.epoch


async def test_the_rooms_of_a_dead_worker_are_taken(fleet: Fleet) -> None:
    dead, worker = await fleet.workers(2)
    await dead.claim("cats", 1_000, "RM_1", "meow")
    await fleet.expire(worker)
    before = (await fleet.room("cats"))["changed_at"]
    (room,) = await worker.take()

    assert (room.name, room.sid, room.agent_name, room.job_metadata) == (
        "cats", "RM_1", AGENT, "meow",
    )  # fmt: skip
    # Its last heartbeat was when it claimed the room.
    assert room.lost_at == pytest.approx(before, abs=1.0)
    assert await worker.take() == []


async def test_the_rooms_of_a_worker_without_a_row_are_taken(fleet: Fleet) -> None:
    dead, worker = await fleet.workers(2)
    await dead.must_claim("cats", 1_000)
    await fleet.forget(dead)
    (room,) = await worker.take()

    assert room.lost_at is None


async def test_no_more_are_taken_than_asked_for(fleet: Fleet) -> None:
    dead, worker = await fleet.workers(2)
    for name in "abcde":
        await dead.must_claim(name, 1_000)
    await fleet.expire(worker)

    assert len(await worker.take(2)) == 2
    assert len(await worker.take(10)) == 3


async def test_a_lost_room_is_taken_after_a_moment_also_by_who_lost_it(fleet: Fleet) -> None:
    worker = await fleet.worker()
    claim = await worker.must_claim("cats", 1_000)
    await worker.lose("cats", claim.epoch)

    row = await fleet.room("cats")
    assert row["not_before"] - row["lost_at"] == pytest.approx(GRACE, abs=0.1)
    await fleet.pass_time(-30)
    assert await worker.take() == []
    await fleet.pass_time(30 + GRACE)
    (room,) = await worker.take()
    assert room.lost_at == pytest.approx((await fleet.room("cats"))["lost_at"])


@pytest.mark.parametrize("closed", [True, False])
async def test_a_room_that_was_given_up_on_purpose_stays(fleet: Fleet, closed: bool) -> None:
    worker, other = await fleet.workers(2)
    claim = await worker.must_claim("cats", 1_000)
    assert await worker.release("cats", claim.epoch, closed=closed)
    await fleet.expire(other)

    assert await other.take() == []


async def test_a_frozen_worker_has_lost_nothing_that_nobody_took(fleet: Fleet) -> None:
    frozen, other = await fleet.workers(2)
    kept = await frozen.must_claim("cats", 1_000)
    await fleet.expire()
    await frozen.beat()

    assert await other.take() == []
    assert (await fleet.room("cats"))["epoch"] == kept.epoch


async def test_a_frozen_worker_does_not_get_back_what_was_taken(fleet: Fleet) -> None:
    frozen, other = await fleet.workers(2)
    old = await frozen.must_claim("cats", 1_000)
    await fleet.expire(other)
    await other.take()
    await frozen.beat()

    assert await frozen.take() == []
    assert not await frozen.release("cats", old.epoch)
    assert not await frozen.lose("cats", old.epoch)
    await other.must_claim("cats", 2_000)
    assert await frozen.claim("cats", 1_000) is None


async def test_who_has_expired_itself_takes_nothing(fleet: Fleet) -> None:
    dead, worker = await fleet.workers(2)
    await dead.must_claim("cats", 1_000)
    await fleet.expire()

    # The store was away: the others had no chance to beat, either.
    assert await worker.taking.take(10) == []


@pytest.mark.parametrize("hours", [1, -1])
async def test_a_room_is_taken_although_the_clock_was_set(fleet: Fleet, hours: int) -> None:
    dead, worker = await fleet.workers(2)
    claim = await dead.must_claim("cats", 1_000)
    await dead.lose("cats", claim.epoch)
    await fleet.pass_time(hours * 3_600.0)

    assert names(await worker.take()) == ["cats"]


async def test_a_heartbeat_far_in_the_future_has_expired(fleet: Fleet) -> None:
    dead, worker = await fleet.workers(2)
    await dead.must_claim("cats", 1_000)
    await shift_worker(fleet, dead, 3_600.0)
    (room,) = await worker.take()

    assert room.lost_at is not None
    assert room.lost_at <= (await fleet.room("cats"))["changed_at"]


async def test_a_room_that_ends_its_workers_is_given_up(
    fleet: Fleet, caplog: pytest.LogCaptureFixture
) -> None:
    worker = await fleet.worker()
    for _ in range(MOST_TRIES):
        dead, worker = worker, await fleet.worker()
        await dead.must_claim("cats", 1_000)
        await fleet.expire(worker)
        assert names(await worker.take()) == ["cats"]
    await fleet.expire()
    last = await fleet.worker()

    with caplog.at_level(logging.ERROR):
        assert await last.take() == []
        assert await last.take() == []
    assert caplog.messages == ["room given up: it ended its workers too often"]
    assert (await fleet.room("cats"))["state"] == "closed"
    assert await last.ownership.owned({"cats": "RM_cats"}) == {"cats"}


async def test_two_quiet_minutes_make_up_for_all_tries(fleet: Fleet) -> None:
    worker = await fleet.worker()
    for _ in range(2 * MOST_TRIES):
        dead, worker = worker, await fleet.worker()
        await dead.must_claim("cats", 1_000)
        await fleet.pass_time(121, worker)
        assert names(await worker.take()) == ["cats"]
    assert (await fleet.room("cats"))["tries"] == 1


async def test_a_room_is_not_blamed_for_agents_that_lived_a_while(fleet: Fleet) -> None:
    worker = await fleet.worker()
    for _ in range(2 * MOST_TRIES):
        dead, worker = worker, await fleet.worker()
        await dead.must_claim("cats", 1_000)
        await fleet.pass_time(QUIET + 0.1, dead, worker)
        await fleet.expire(worker)
        assert names(await worker.take()) == ["cats"]
    assert (await fleet.room("cats"))["tries"] == 1


@pytest.mark.parametrize("joins", ["before the former one leaves", "after it"])
async def test_a_room_that_is_handed_over_is_not_blamed_for_earlier_deaths(
    fleet: Fleet, joins: str
) -> None:
    former, next_one = await fleet.workers(2)
    claim = await former.must_claim("cats", 1_000)
    await fleet.change("cats", tries=MOST_TRIES)
    if joins == "after it":
        await former.claims.lose(AGENT, "cats", claim.epoch, to_another=True)
    await next_one.must_claim("cats", 2_000)
    assert (await fleet.room("cats"))["tries"] == 0


async def test_a_room_that_is_taken_and_joined_keeps_its_tries(fleet: Fleet) -> None:
    dead, worker = await fleet.workers(2)
    await dead.must_claim("cats", 1_000)
    await fleet.expire(worker)
    assert names(await worker.take()) == ["cats"]
    await worker.must_claim("cats", 2_000)
    assert (await fleet.room("cats"))["tries"] == 1


async def test_tries_are_one_two_and_four_seconds_apart(fleet: Fleet) -> None:
    worker = await fleet.worker()
    claim = await worker.must_claim("cats", 1_000)
    await worker.lose("cats", claim.epoch)
    await fleet.pass_time(2)
    for pause in (1, 2, 4, 4):
        assert names(await worker.take()) == ["cats"]
        row = await fleet.room("cats")
        assert row["not_before"] - row["changed_at"] == pytest.approx(pause)
        await fleet.forget(worker)
        worker = await fleet.worker()
        await fleet.pass_time(-30, worker)
        assert await worker.take() == []
        await fleet.pass_time(30 + pause, worker)
    assert names(await worker.take()) == ["cats"]


async def test_a_room_of_another_opening_has_no_tries(fleet: Fleet) -> None:
    dead, worker = await fleet.workers(2)
    await dead.must_claim("cats", 1_000)
    await fleet.change("cats", tries=MOST_TRIES)
    await dead.must_claim("cats", 2_000, sid="RM_other")
    await fleet.expire(worker)

    assert names(await worker.take()) == ["cats"]


async def test_since_when_it_was_away_survives_a_rescuer_that_dies(fleet: Fleet) -> None:
    dead, first, second = await fleet.workers(3)
    await dead.must_claim("cats", 1_000)
    await fleet.expire(first, second)
    (lost,) = await first.take()
    await fleet.expire(second)
    (again,) = await second.take()

    assert lost.lost_at is not None
    assert again.lost_at == pytest.approx(lost.lost_at - LIFETIME - 0.1)


async def test_no_two_workers_take_the_same_room(fleet: Fleet) -> None:
    wanted = [f"room-{number}" for number in range(6)]
    for _ in range(ROUNDS):
        await fleet.clear()
        dead, *living = await fleet.workers(5)
        for name in wanted:
            await dead.must_claim(name, 1_000)
        await fleet.expire(*living)
        taken = await asyncio.gather(*(worker.taking.take(3) for worker in living))
        rest = [await worker.take() for worker in living]

        assert names([room for some in [*taken, *rest] for room in some]) == sorted(wanted)
        for worker, some, more in zip(living, taken, rest, strict=True):
            for room in [*some, *more]:
                assert (await fleet.room(room.name))["owner"] == worker.id


async def test_of_agents_that_claim_at_once_the_last_one_has_the_room(fleet: Fleet) -> None:
    for _ in range(ROUNDS):
        await fleet.clear()
        workers = await fleet.workers(4)
        claims = await asyncio.gather(
            *(worker.claim("cats", 1_000 + at) for at, worker in enumerate(workers))
        )

        row = await fleet.room("cats")
        assert row["owner"] == workers[-1].id
        assert claims[-1] is not None
        assert claims[-1].epoch == row["epoch"]
        epochs = [claim.epoch for claim in claims if claim]
        assert len(set(epochs)) == len(epochs)


async def test_a_room_that_is_claimed_while_it_is_taken_belongs_to_one_of_both(
    fleet: Fleet,
) -> None:
    for _ in range(ROUNDS):
        await fleet.clear()
        dead, taker, joined = await fleet.workers(3)
        await dead.must_claim("cats", 1_000)
        await fleet.expire(taker, joined)
        taken, claim = await asyncio.gather(taker.taking.take(5), joined.claim("cats", 2_000))

        # Who joined has it in any order; if it was first, nothing was lost any more.
        assert claim is not None
        assert (await fleet.room("cats"))["owner"] == joined.id
        assert claim.epoch == 2 + len(taken)


async def test_a_worker_that_is_killed_on_this_machine_is_missed_at_once(fleet: Fleet) -> None:
    async with child_process() as (child, process):
        other, worker = await fleet.worker(process=process), await fleet.worker()
        await other.must_claim("cats", 1_000)
        assert await worker.take() == []

        child.kill()
        await child.wait()
        assert names(await worker.take()) == ["cats"]


@asynccontextmanager
async def child_process() -> AsyncIterator[tuple[asyncio.subprocess.Process, Process]]:
    """Another process of this machine, as it describes itself."""
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, cwd=ROOT, stdin=pipe, stdout=pipe
    )
    try:
        assert child.stdout is not None
        machine, pid, started_at = (await child.stdout.readline()).decode().strip().split("|")
        if not machine:
            pytest.skip("the processes of this machine can't be seen")
        yield child, Process(machine, int(pid), float(started_at))
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()
