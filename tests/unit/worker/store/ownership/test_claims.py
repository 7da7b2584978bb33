from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from tests.unit.worker.store.ownership.fleet import AGENT, Fleet, open_fleet
from worker.store.database.schema import workers


@pytest.fixture
async def fleet(store_url: str) -> AsyncIterator[Fleet]:
    async with open_fleet(store_url) as fleet:
        yield fleet


async def test_a_new_room_belongs_to_whoever_claims_it(fleet: Fleet) -> None:
    worker = await fleet.worker()
    claim = await worker.claims.claim(AGENT, "cats", "RM_1", 1_000, "meow\0")

    assert claim is not None
    assert (claim.epoch, claim.conversation_id, claim.away_since) == (1, None, None)
    row = await fleet.room("cats")
    assert (row["owner"], row["state"], row["joined_at"]) == (worker.id, "open", 1_000)
    assert row["job_metadata"] == "meow"


async def test_of_two_agents_the_one_that_joined_last_has_the_room(fleet: Fleet) -> None:
    first, second = await fleet.workers(2)

    assert await second.must_claim("cats", 2_000)
    assert await first.claim("cats", 1_000) is None
    assert (await fleet.room("cats"))["owner"] == second.id


async def test_an_agent_that_joins_later_takes_the_room_over_from_a_living_one(
    fleet: Fleet,
) -> None:
    first, second = await fleet.workers(2)
    old = await first.must_claim("cats", 1_000)
    new = await second.must_claim("cats", 2_000)

    assert new.epoch == old.epoch + 1
    assert new.away_since is None
    assert not await first.release("cats", old.epoch)
    assert not await first.lose("cats", old.epoch)
    assert (await fleet.room("cats"))["owner"] == second.id


async def test_the_first_of_two_agents_of_the_same_worker_does_not_get_the_room_back(
    fleet: Fleet,
) -> None:
    worker = await fleet.worker()
    await worker.must_claim("cats", 2_000)

    assert await worker.claim("cats", 1_000) is None


async def test_a_claim_whose_answer_was_lost_is_made_again(fleet: Fleet) -> None:
    dead, worker = await fleet.workers(2)
    await dead.must_claim("cats", 1_000)
    await fleet.expire(worker)
    first = await worker.must_claim("cats", 2_000)
    again = await worker.must_claim("cats", 2_000)

    assert again.epoch == first.epoch + 1
    assert first.away_since is not None
    assert again.away_since == pytest.approx(first.away_since)


async def test_another_opening_of_the_room_begins_without_a_conversation(fleet: Fleet) -> None:
    first, second = await fleet.workers(2)
    await first.must_claim("cats", 1_000, sid="RM_1")
    await fleet.change("cats", conversation_id="c1", tries=3)
    same = await first.must_claim("cats", 1_500, sid="RM_1")
    other = await second.must_claim("cats", 2_000, sid="RM_2")

    assert same.conversation_id == "c1"
    assert (other.epoch, other.conversation_id, other.away_since) == (3, None, None)
    assert (await fleet.room("cats"))["tries"] == 0


async def test_a_late_claim_for_a_former_opening_is_refused(fleet: Fleet) -> None:
    first, second = await fleet.workers(2)
    await second.must_claim("cats", 2_000, sid="RM_2")

    assert await first.claim("cats", 1_000, sid="RM_1") is None


@pytest.mark.parametrize("how", ["expired", "gone", "lost", "closed", "released"])
async def test_a_room_without_a_living_owner_is_free_however_late_that_one_joined(
    fleet: Fleet, how: str
) -> None:
    former, worker = await fleet.workers(2)
    epoch = (await former.must_claim("cats", 9_000)).epoch
    if how == "lost":
        await former.lose("cats", epoch)
    elif how in ("closed", "released"):
        await former.release("cats", epoch, closed=how == "closed")
    elif how == "gone":
        await fleet.forget(former)
    else:
        await fleet.expire(worker)

    claim = await worker.must_claim("cats", 1_000)

    assert claim.epoch == epoch + 1
    # It is known since when it was away only if it died, and its last heartbeat is known.
    assert (claim.away_since is not None) == (how in ("expired", "lost"))


async def test_a_room_that_was_taken_is_claimed_by_who_took_it(fleet: Fleet) -> None:
    former, worker = await fleet.workers(2)
    await former.must_claim("cats", 9_000)
    await fleet.change("cats", conversation_id="c1")
    await fleet.expire(worker)
    (lost,) = await worker.take()
    claim = await worker.must_claim("cats", 1_000)

    assert (claim.epoch, claim.conversation_id) == (3, "c1")
    assert lost.lost_at is not None
    assert claim.away_since == pytest.approx(lost.lost_at)


async def test_who_takes_a_room_last_has_it_although_another_claimed_it_meanwhile(
    fleet: Fleet,
) -> None:
    former, rescuer, dispatched = await fleet.workers(3)
    await former.must_claim("cats", 1_000)
    await fleet.expire(rescuer, dispatched)
    assert await rescuer.take()
    between = await dispatched.must_claim("cats", 2_000)
    last = await rescuer.must_claim("cats", 3_000)

    assert last.epoch == between.epoch + 1
    assert not await dispatched.lose("cats", between.epoch)


async def test_an_owner_is_known_to_live_before_its_first_heartbeat(fleet: Fleet) -> None:
    worker, other = await fleet.workers(2)
    await fleet.forget(worker)
    await worker.must_claim("cats", 1_000)

    assert await other.take() == []
    async with fleet.engine.connect() as connection:
        ids = (await connection.scalars(select(workers.c.id))).all()
    assert set(ids) == {worker.id, other.id}


@pytest.mark.parametrize("shift", [-3_600.0, 3_600.0])
async def test_the_clock_of_a_worker_means_nothing(
    fleet: Fleet, shift: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    former, worker = await fleet.workers(2)
    await former.must_claim("cats", 1_000)
    monkeypatch.setattr("time.time", lambda: shift)
    await worker.beat()

    assert await worker.take() == []
    assert await worker.claim("cats", 500) is None
    assert await former.take() == []


async def test_what_does_not_run_any_more_is_lost_if_nobody_says_why(fleet: Fleet) -> None:
    worker, other = await fleet.workers(2)
    for name in ("runs", "crashed", "ended"):
        await worker.must_claim(name, 1_000)
    await other.must_claim("foreign", 1_000)

    assert await worker.claims.reconcile(AGENT, ["runs"]) == 0
    epoch = (await fleet.room("ended"))["epoch"]
    assert await worker.claims.release(AGENT, "ended", epoch, closed=True)
    assert await worker.claims.reconcile(AGENT, ["runs"]) == 1
    states = {name: (await fleet.room(name))["state"] for name in ("runs", "crashed", "ended")}
    assert states == {"runs": "open", "crashed": "lost", "ended": "closed"}
    assert (await fleet.room("foreign"))["owner"] == other.id


async def test_what_was_taken_and_never_joined_is_lost_again(fleet: Fleet) -> None:
    former, worker, other = await fleet.workers(3)
    await former.must_claim("cats", 1_000)
    await fleet.expire(worker, other)
    assert await worker.take()
    assert await worker.claims.reconcile(AGENT, []) == 0
    await fleet.pass_time(60, worker, other)

    assert await worker.claims.reconcile(AGENT, []) == 0
    assert await worker.claims.reconcile(AGENT, []) == 1
    await fleet.pass_time(2, worker, other)
    assert await other.take()


async def test_rooms_of_other_deployments_are_others(fleet: Fleet) -> None:
    ours, theirs = await fleet.worker("helper"), await fleet.worker("")
    mine = await ours.must_claim("cats", 1_000)
    assert (await theirs.must_claim("cats", 500)).epoch == 1
    await theirs.claims.reconcile("", [])

    assert (await fleet.room("cats", "helper"))["epoch"] == mine.epoch
    await fleet.expire(theirs)
    assert await theirs.take() == []


async def test_a_room_whose_agent_was_disturbed_gets_one_that_joins_anew(fleet: Fleet) -> None:
    woken, owner = await fleet.workers(2)
    old = await woken.must_claim("cats", 1_000, sid="RM_1")
    new = await owner.must_claim("cats", 2_000, sid="RM_1")

    assert not await woken.claims.has(AGENT, "cats", old.epoch)
    assert await owner.claims.has(AGENT, "cats", new.epoch)
    assert not await owner.claims.disturb(AGENT, "cats", "RM_1")
    assert not await woken.claims.disturb(AGENT, "cats", "RM_2")
    assert await woken.claims.disturb(AGENT, "cats", "RM_1")
    await fleet.pass_time(2.0, woken, owner)
    assert [room.name for room in await owner.take()] == ["cats"]
    # Its agent has not joined yet.
    assert not await woken.claims.disturb(AGENT, "cats", "RM_1")


async def test_an_agent_that_has_come_has_longer_to_claim_than_one_that_is_to_come(
    fleet: Fleet,
) -> None:
    former, worker = await fleet.workers(2)
    replaced = await former.must_claim("cats", 1_000)
    lost = await former.must_claim("dogs", 1_000)
    await former.claims.lose(AGENT, "cats", replaced.epoch, to_another=True)
    await former.claims.lose(AGENT, "dogs", lost.epoch)

    await fleet.pass_time(2.0, former, worker)
    assert [room.name for room in await worker.take()] == ["dogs"]
    await fleet.pass_time(4.0, former, worker)
    assert [room.name for room in await worker.take()] == ["cats"]
