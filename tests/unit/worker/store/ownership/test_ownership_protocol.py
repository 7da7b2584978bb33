"""Workers beat, die, freeze, wake, join, lose and take rooms, in any order."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.unit.worker.store.ownership.fleet import Fleet, FleetWorker, open_fleet
from worker.rescue.ownership import LostRoom
from worker.store.database.clock import LIFETIME
from worker.store.ownership.standing import QUIET

WORKERS = 3
ROOMS = ("cats", "dogs")

a_worker = st.integers(0, WORKERS - 1)
a_room = st.sampled_from(ROOMS)


@dataclass
class Actor:
    """A worker's process."""

    worker: FleetWorker
    runs: bool = True
    """Whether it is neither frozen nor dead."""

    age: float = 0.0
    """Seconds since its last heartbeat."""

    epochs: dict[str, int] = field(default_factory=dict)
    """The rooms of which it thinks that they are its own, with the epoch of its last claim."""

    taken: dict[str, LostRoom] = field(default_factory=dict)
    """What it took and has not joined yet."""

    @property
    def counts_as_alive(self) -> bool:
        return self.age < LIFETIME


class Protocol(RuleBasedStateMachine):
    """Compares the rows with what a single observer has seen."""

    def __init__(self, runner: asyncio.Runner, fleet: Fleet) -> None:
        super().__init__()
        self.runner = runner
        self.fleet = fleet
        self.clock = 0
        self.newest = dict.fromkeys(ROOMS, 0)
        """The highest epoch that anybody got."""
        runner.run(fleet.clear())
        self.dead: list[Actor] = []
        self.actors = [Actor(worker) for worker in runner.run(fleet.workers(WORKERS))]

    @rule(who=a_worker, name=a_room)
    def join(self, who: int, name: str) -> None:
        """An agent joins, and LiveKit removes the one before: it has the room for certain."""
        actor = self.actors[who]
        if actor.runs:
            self.clock += 1
            claim = self.runner.run(actor.worker.claim(name, self.clock))
            assert claim is not None
            self.note_epoch(name, claim.epoch)
            actor.epochs[name] = claim.epoch
            actor.taken.pop(name, None)

    @rule(who=a_worker, name=a_room, ago=st.integers(1, 3))
    def claim_late(self, who: int, name: str, ago: int) -> None:
        """An agent claims that joined before the last one, whom LiveKit has removed."""
        actor = self.actors[who]
        if not actor.runs or self.clock <= ago:
            return
        row = self.runner.run(self.fleet.find_room(name))
        claim = self.runner.run(actor.worker.claim(name, self.clock - ago))
        if claim is None:
            assert row is not None
            assert row["joined_at"] >= self.clock - ago
            assert self.lives(row["owner"])
            return
        self.note_epoch(name, claim.epoch)
        actor.epochs[name] = claim.epoch

    @rule(who=a_worker)
    def beat(self, who: int) -> None:
        actor = self.actors[who]
        if actor.runs:
            self.runner.run(actor.worker.beat())
            actor.age = 0.0

    @rule(who=a_worker)
    def freeze(self, who: int) -> None:
        self.actors[who].runs = False

    @rule(who=a_worker)
    def wake(self, who: int) -> None:
        self.actors[who].runs = True

    @rule(who=a_worker)
    def restart(self, who: int) -> None:
        """The process is killed, and another one comes."""
        self.dead.append(self.actors[who])
        self.actors[who] = Actor(self.runner.run(self.fleet.worker()))

    @rule(seconds=st.sampled_from([1.0, 3.0, 10.0, QUIET + 1]))
    def pass_time(self, seconds: float) -> None:
        self.runner.run(self.fleet.pass_time(seconds))
        for actor in [*self.actors, *self.dead]:
            actor.age += seconds

    @rule(who=a_worker, name=a_room, lost=st.booleans())
    def leave(self, who: int, name: str, lost: bool) -> None:
        """A job ends: it changes the row only if the room is still its own."""
        actor = self.actors[who]
        epoch = actor.epochs.get(name)
        if not actor.runs or epoch is None:
            return
        worker = actor.worker
        ends = worker.lose(name, epoch) if lost else worker.release(name, epoch)
        before = self.runner.run(self.fleet.room(name))
        if self.runner.run(ends):
            assert before["epoch"] == epoch
            assert before["owner"] == worker.id
        else:
            assert self.runner.run(self.fleet.room(name)) == before
        del actor.epochs[name]

    @rule(who=a_worker, more=st.sets(a_worker))
    def take(self, who: int, more: set[int]) -> None:
        """Several workers look for lost rooms at once."""
        takers = [self.actors[each] for each in {who, *more} if self.actors[each].runs]
        before = self.runner.run(self.fleet.rooms(*ROOMS))
        found = self.runner.run(all_take(takers))
        names = [room.name for rooms in found for room in rooms]
        assert len(names) == len(set(names))
        for actor, rooms in zip(takers, found, strict=True):
            assert actor.counts_as_alive or not rooms
            for room in rooms:
                row = before[room.name]
                assert row["state"] == "lost" or not self.lives(row["owner"])
                self.note_epoch(room.name, row["epoch"] + 1)
                actor.taken[room.name] = room

    @rule(who=a_worker, name=a_room, close=st.booleans())
    def give_back(self, who: int, name: str, close: bool) -> None:
        """What was taken is not joined."""
        actor = self.actors[who]
        if actor.runs and (room := actor.taken.pop(name, None)):
            before = self.runner.run(self.fleet.room(name))
            ownership = actor.worker.ownership
            self.runner.run(ownership.close_room(room) if close else ownership.put_back(room))
            after = self.runner.run(self.fleet.room(name))
            assert after == before or before["owner"] == actor.worker.id

    @invariant()
    def at_most_one_thinks_that_it_may_write_and_is_right(self) -> None:
        for name, row in self.runner.run(self.fleet.rooms(*ROOMS)).items():
            # A room that is given up has another epoch, which nobody got.
            assert row["epoch"] >= self.newest[name]
            self.newest[name] = row["epoch"]
            current = [each for each in self.actors if each.epochs.get(name) == row["epoch"]]
            assert len(current) <= 1
            if current and row["owner"] is not None:
                assert row["owner"] == current[0].worker.id

    def teardown(self) -> None:
        """Whoever is dead loses all rooms, each to exactly one of those who live."""
        self.pass_time(QUIET + 1)
        living = [actor for actor in self.actors if actor.runs]
        for who in range(WORKERS):
            self.beat(who)
        left = self.runner.run(self.rooms_to_take())
        found = self.runner.run(all_take(living))
        taken = [room.name for rooms in found for room in rooms]
        assert not living or sorted(taken) == sorted(left)
        for actor, rooms in zip(living, found, strict=True):
            for room in rooms:
                assert self.runner.run(self.fleet.room(room.name))["owner"] == actor.worker.id

    async def rooms_to_take(self) -> list[str]:
        return [
            name
            for name, row in (await self.fleet.rooms(*ROOMS)).items()
            if row["owner"] is not None and (row["state"] == "lost" or not self.lives(row["owner"]))
        ]

    def note_epoch(self, name: str, epoch: int) -> None:
        """An epoch that somebody got is newer than all before it."""
        assert epoch > self.newest[name]
        self.newest[name] = epoch

    def lives(self, owner: str | None) -> bool:
        everybody = [*self.actors, *self.dead]
        return any(each.worker.id == owner and each.counts_as_alive for each in everybody)


async def all_take(takers: list[Actor]) -> list[list[LostRoom]]:
    return await asyncio.gather(*(actor.worker.taking.take(5) for actor in takers))


def test_a_room_has_at_most_one_agent_that_writes_and_never_stays_with_a_dead_worker(
    store_url: str,
) -> None:
    with asyncio.Runner() as runner:
        context = open_fleet(store_url)
        fleet = runner.run(enter(context))

        class OnThisDatabase(Protocol):
            def __init__(self) -> None:
                super().__init__(runner, fleet)

        try:
            run_state_machine_as_test(
                OnThisDatabase, settings=settings(max_examples=20, stateful_step_count=20)
            )
        finally:
            runner.run(fleet.engine.dispose())


async def enter(context: AbstractAsyncContextManager[Fleet]) -> Fleet:
    return await context.__aenter__()
