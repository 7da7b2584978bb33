"""A room whose agents die as soon as they have come is given up, and no other room is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.rescue.deployment import Database, Deployment
from tests.e2e.rescue.fleet import agent_sid, another_agent
from tests.waiting import eventually
from worker.store.ownership.standing import LONGEST_PAUSE, MOST_TRIES

BACK = 7.0 + LONGEST_PAUSE
"""Seconds from a death to the next agent, at most."""

GIVEN_UP = "room given up: it ended its workers too often"


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    with Deployment.start(Database(f"sqlite:///{tmp_path / 'memory.db'}")) as deployment:
        yield deployment


async def test_a_room_that_ends_its_workers_is_given_up(deployment: Deployment) -> None:
    deployment.have_workers(3)
    async with deployment.conversation() as (room, ada):
        for _ in range(MOST_TRIES):
            sid, owner = agent_sid(ada), deployment.owner(room)
            # As soon as it has come, as by what it finds in the room.
            deployment.fleet.kill(owner)
            deployment.fleet.begin()
            await another_agent(ada, sid, BACK)
        deployment.fleet.kill(deployment.owner(room))
        deployment.fleet.begin()
        async with deployment.conversation() as (_, bob):
            await eventually(
                lambda: any(worker.has_logged(GIVEN_UP) for worker in deployment.fleet.workers),
                BACK,
            )
            await bob.say("and I")
            await bob.sees("You said: and I")
        assert deployment.room_state(room) == "closed"
