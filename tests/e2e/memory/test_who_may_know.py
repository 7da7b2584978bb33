"""Whoever joins an open room may know what was said there; once it was closed, only who took part."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from tests.doubles import FakeOpenAI
from tests.e2e.hosting.rooms import Rooms
from tests.e2e.memory.deployment import Deployment
from tests.e2e.people import Door
from tests.e2e.rescue.fleet import an_answer

CANARY = "canary-of-ada"

ECHO = "You said: "
"""Begins each answer."""


def told(llm: FakeOpenAI) -> str:
    """All that the LLM was asked since it was last forgotten."""
    return str(llm.requests)


async def test_strangers_under_a_reused_name_learn_nothing_and_the_first_people_have_theirs(
    door: Door, llm: FakeOpenAI, rooms: Rooms
) -> None:
    async with door.enter("ada", dialect="stream") as ada:
        await ada.ask(CANARY)
    await rooms.close(door.room_name)
    llm.requests.clear()

    async with door.enter("bob", dialect="stream") as bob:
        await bob.ask("the secret of bob")
        async with door.enter("cy", dialect="stream") as cy:
            await an_answer(cy, "Assistant, who is there?", ECHO)
    assert CANARY not in told(llm)
    await rooms.close(door.room_name)
    llm.requests.clear()

    async with door.enter("ada", dialect="stream") as ada:
        await ada.ask("again")
    assert CANARY in told(llm)
    assert "secret of bob" not in told(llm)
    await rooms.close(door.room_name)
    llm.requests.clear()

    async with door.enter("bob", dialect="stream") as bob:
        await an_answer(bob, "again", ECHO)
    assert "secret of bob" in told(llm)
    assert CANARY not in told(llm)


async def test_as_long_as_a_stranger_is_there_nothing_is_told_of_an_earlier_opening(
    door: Door, llm: FakeOpenAI, rooms: Rooms
) -> None:
    async with door.enter("ada", dialect="stream") as ada:
        await ada.ask(CANARY)
    await rooms.close(door.room_name)
    async with door.enter("ada", dialect="stream") as ada:
        llm.requests.clear()
        await ada.ask("premier")
        assert CANARY in told(llm)
        async with door.enter("bob", dialect="stream") as bob:
            llm.requests.clear()
            # Who has written is known to be there, however late the room announces it.
            await an_answer(bob, "Assistant, second", ECHO)
            await an_answer(ada, "Assistant, third", ECHO)
            assert CANARY not in told(llm)
            assert "premier" in told(llm), "of this opening he may know all"


@pytest.mark.parametrize("restarts", [False, True], ids=["same worker", "restarted worker"])
async def test_who_joins_an_open_room_may_know_what_was_said_there(
    deployment: Deployment, door: Door, llm: FakeOpenAI, restarts: bool
) -> None:
    async with door.enter("ada", dialect="stream") as ada:
        await ada.ask(CANARY)
        if restarts:
            await deployment.restart(ada)
        async with door.enter("bob", dialect="stream") as bob:
            llm.requests.clear()
            await an_answer(bob, "Assistant, what did I miss?", ECHO)
            assert CANARY in told(llm)


async def test_a_stranger_who_was_there_when_the_worker_died_still_learns_nothing(
    deployment: Deployment, door: Door, llm: FakeOpenAI, rooms: Rooms
) -> None:
    async with door.enter("ada", dialect="stream") as ada:
        await ada.ask(CANARY)
    await rooms.close(door.room_name)
    async with AsyncExitStack() as there:
        ada = await there.enter_async_context(door.enter("ada", dialect="stream"))
        await ada.ask("bonjour")
        bob = await there.enter_async_context(door.enter("bob", dialect="stream"))
        await deployment.restart(ada)
        llm.requests.clear()
        await an_answer(bob, "Assistant, what was it?", ECHO)
        assert CANARY not in told(llm)
        assert "bonjour" in told(llm)
