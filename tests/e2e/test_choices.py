"""A worker with other settings than the defaults, on a server of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import prompts
from tests.doubles import FakeOpenAI, Reply
from tests.e2e.people import Door
from tests.e2e.scripts import conversation, holding, in_turn
from tests.tokens import token_minter
from tests.worker_process import running_worker
from worker.devstack.livekit_server import LiveKitServer

GREETING = "Good day!"
PER_MINUTE = 7
WAITING = 3
TOO_MANY = prompts.load("notice_too_many_messages")
TOO_MANY_WAITING = prompts.load("notice_too_many_waiting")


@pytest.fixture(scope="module")
def chosen_llm() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as llm:
        yield llm


@pytest.fixture(scope="module")
def server(chosen_llm: FakeOpenAI) -> Iterator[LiveKitServer]:
    """A server where a worker with choices answers."""
    with (
        LiveKitServer.start() as server,
        running_worker(
            server,
            chosen_llm,
            CHAT_GREETING=GREETING,
            CHAT_OVERLAP="queue",
            CHAT_MAX_MESSAGES_PER_MINUTE=str(PER_MINUTE),
            CHAT_MAX_WAITING=str(WAITING),
        ),
    ):
        yield server


@pytest.fixture
def chosen_door(server: LiveKitServer, room_name: str) -> Door:
    return Door(server.url, token_minter(server), room_name)


async def test_the_first_person_is_greeted_and_the_llm_knows_it(
    chosen_door: Door, chosen_llm: FakeOpenAI
) -> None:
    async with (
        chosen_door.enter("ada", dialect="stream") as ada,
        chosen_door.enter("bob", dialect="stream") as bob,
    ):
        await ada.reads(GREETING)
        await ada.say("hello")
        await ada.reads(GREETING, "You said: hello")
        await bob.sees("You said: hello")
        assert ada.texts.count(GREETING) == 1
    request = chosen_llm.requests[-1]
    assert conversation(request) == [("user", "hello")]
    # Some services insist that a person begins.
    assert request["messages"][0]["content"].endswith(GREETING)


async def test_queued_messages_are_answered_one_by_one(
    chosen_door: Door, chosen_llm: FakeOpenAI
) -> None:
    async with chosen_door.enter("ada", dialect="stream") as ada:
        await ada.reads(GREETING)
        first = holding("A story")
        chosen_llm.script = in_turn(first)
        await ada.say("tell me")
        await ada.sees("A")
        await ada.say("one")
        await ada.say("two")
        first.release.set()
        await ada.reads(GREETING, "A story", "You said: one", "You said: two")


async def test_a_flood_of_messages_is_refused_in_one_line(
    chosen_door: Door, chosen_llm: FakeOpenAI
) -> None:
    async with chosen_door.enter("mallory", dialect="stream") as mallory:
        await mallory.reads(GREETING)
        for number in range(PER_MINUTE):
            await mallory.ask(str(number))
        for number in range(20):
            await mallory.say(f"flood {number}")
        await mallory.sees(TOO_MANY)
        async with chosen_door.enter("ada", dialect="stream") as ada:
            before = len(chosen_llm.requests)
            chosen_llm.script = lambda _: Reply(["Read."])
            await ada.say("hello")
            await ada.sees("Read.")
            assert len(chosen_llm.requests) == before + 1
        assert mallory.texts.count(TOO_MANY) == 1


async def test_more_than_may_wait_is_refused_in_one_line_and_the_rest_is_answered(
    chosen_door: Door, chosen_llm: FakeOpenAI
) -> None:
    async with chosen_door.enter("ada", dialect="stream") as ada:
        await ada.reads(GREETING)
        before = len(chosen_llm.requests)
        first = holding("A story")
        chosen_llm.script = in_turn(first)
        await ada.say("tell me")
        await ada.sees("A")
        for number in range(WAITING + 2):
            await ada.say(str(number))
        await ada.sees(TOO_MANY_WAITING)
        first.release.set()
        answers = [f"You said: {number}" for number in range(WAITING)]
        await ada.sees("A story", *answers)
        await ada.say("and now?")
        await ada.sees("You said: and now?")
        assert sorted(ada.texts) == sorted(
            [GREETING, "A story", TOO_MANY_WAITING, *answers, "You said: and now?"]
        )
        assert len(chosen_llm.requests) == before + 1 + WAITING + 1
