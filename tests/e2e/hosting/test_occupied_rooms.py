"""A room keeps its agent, however a second one is dispatched to it, and gets one after a kill.

Half a minute must pass in each case: an agent that LiveKit wrongly ends goes within seconds, one that
was killed within 21 s. The cases of a mode share its workers and this wait.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass

import pytest
from livekit import api

from tests.doubles import FakeOpenAI, Message, Reply, echo, last_user_text
from tests.e2e.hosting.rooms import IDENTITY, Rooms
from tests.e2e.people import Door, Person
from tests.e2e.scripts import BEGINNING, STALLING
from tests.tokens import MintToken, token_minter
from tests.waiting import eventually
from tests.worker_process import WorkerProcess, running_worker
from worker.devstack.livekit_server import LiveKitServer
from worker.hosting.admission import NEW_ROOM_SECONDS

SETTLED = 30.0
"""Seconds after which nothing happens any more of itself."""

RECOVERY_LIMIT = 15.0
"""Seconds from a dispatch to an agent where a dead one is in the room, on a busy machine."""

READY_LIMIT = 15.0
POLL_INTERVAL = 0.2

RACES = 3

LONG = "tell me something long"
"""Is answered with a reply that begins, and does not end before the agent has to leave."""

AUTOMATIC = ""
NAMES = (AUTOMATIC, "one", "two", "doomed")
"""The workers, by the name under which they are dispatched."""


@dataclass(frozen=True)
class Scene:
    """A server with workers."""

    rooms: Rooms
    url: str
    token: MintToken
    workers: dict[str, WorkerProcess]

    async def is_ready(self) -> None:
        """Wait until the server writes jobs down at once, and so ends the wrong ones at once.

        After a worker has registered, it takes up to 5 s for that (livekit-server 1.13.11, the time for
        which its agent client collects the names of workers).
        """
        await self.rooms.open("ready")
        async with asyncio.timeout(READY_LIMIT):
            # The server's doing, which no event here can announce.
            while not await self.rooms.jobs_of("ready"):  # noqa: ASYNC110
                await asyncio.sleep(POLL_INTERVAL)

    @contextlib.asynccontextmanager
    async def conversation(self, room: str, *agent_names: str) -> AsyncIterator[Person]:
        """Somebody in a new room whose agent has answered."""
        await self.rooms.open_for(room, *agent_names)
        async with Door(self.url, self.token, room).enter() as ada:
            await ada.ask("before")
            yield ada

    async def has_one_agent(self, room: str, ada: Person) -> str:
        """Check that one agent remains, and answers; return its sid."""
        await asyncio.sleep(SETTLED)
        agents = await self.rooms.agents_in(room)
        assert [agent.identity for agent in agents] == [IDENTITY]
        await ada.ask("after")
        return agents[0].sid


async def second_dispatch(scene: Scene, room: str) -> None:
    async with scene.conversation(room, AUTOMATIC) as ada:
        await keeps_its_agent(scene, room, ada, AUTOMATIC)


async def two_named_workers(scene: Scene, room: str) -> None:
    async with scene.conversation(room, "one") as ada:
        await keeps_its_agent(scene, room, ada, "two")


async def named_worker_beside_automatic_one(scene: Scene, room: str) -> None:
    async with scene.conversation(room, AUTOMATIC) as ada:
        await keeps_its_agent(scene, room, ada, "one")


async def keeps_its_agent(scene: Scene, room: str, ada: Person, dispatched: str) -> None:
    (first,) = await scene.rooms.agents_in(room)
    # Nobody asks about a room that was just opened.
    await asyncio.sleep(NEW_ROOM_SECONDS)
    await scene.rooms.dispatch(room, dispatched)
    assert await scene.has_one_agent(room, ada) == first.sid
    refused = "dispatch refused: the room has an agent"
    scene.workers[dispatched].wait_for_log(refused, 0, lambda line: line["room"] == room)


async def dispatch_after_a_kill(scene: Scene, room: str) -> None:
    async with scene.conversation(room, "doomed") as ada:
        (ghost,) = await scene.rooms.agents_in(room)
        scene.workers["doomed"].kill()
        await scene.rooms.dispatch(room, "one")
        await eventually(
            lambda: ada.agent is not None and ada.agent.sid != ghost.sid, RECOVERY_LIMIT
        )
        await scene.has_one_agent(room, ada)


async def dispatch_after_one_was_deleted(scene: Scene, room: str) -> None:
    """The first agent completes its reply, and must not count as the room's agent any more."""
    async with scene.conversation(room, "one") as ada:
        (first,) = await scene.rooms.agents_in(room)
        await ada.say(LONG)
        await eventually(lambda: ada.texts[-1].startswith(BEGINNING), RECOVERY_LIMIT)
        await scene.rooms.undispatch(room)
        await scene.rooms.dispatch(room, "one")
        await eventually(
            lambda: ada.agent is not None and ada.agent.sid != first.sid, RECOVERY_LIMIT
        )
        await asyncio.sleep(SETTLED)
        (second,) = await scene.rooms.agents_in(room)
        assert (second.identity, second.sid != first.sid) == (IDENTITY, True)
        await ada.say("after")
        # Alone, or together with what the second agent was sent again.
        await eventually(lambda: any(text.endswith("after") for text in ada.texts), RECOVERY_LIMIT)


async def dispatches_at_the_same_time(scene: Scene, room: str) -> None:
    async def race(room: str) -> None:
        await scene.rooms.open_for(room, "one", "two", "one")
        async with Door(scene.url, scene.token, room).enter() as ada:
            await scene.has_one_agent(room, ada)

    # Who joins first differs from one to the next.
    await asyncio.gather(*(race(f"{room}-{number}") for number in range(RACES)))


def tell(messages: list[Message]) -> Reply:
    return STALLING if last_user_text(messages).endswith(LONG) else echo(messages)


Case = Callable[[Scene, str], Awaitable[None]]

CASES: list[Case] = [
    second_dispatch,
    two_named_workers,
    named_worker_beside_automatic_one,
    dispatch_after_a_kill,
    dispatch_after_one_was_deleted,
    dispatches_at_the_same_time,
]


@pytest.fixture(scope="module", params=["shared", "process"])
def outcomes(request: pytest.FixtureRequest) -> Iterator[dict[str, BaseException | None]]:
    """What came of each case, all run at once: None if it went well."""
    with FakeOpenAI(tell) as llm, LiveKitServer.start() as server:
        yield asyncio.run(run_cases(server, llm, request.param))


async def run_cases(
    server: LiveKitServer, llm: FakeOpenAI, isolation: str
) -> dict[str, BaseException | None]:
    url = server.url.replace("ws", "http", 1)
    with contextlib.ExitStack() as stack:
        workers = (
            running_worker(server, llm, CHAT_ISOLATION=isolation, CHAT_AGENT_NAME=name)
            for name in NAMES
        )
        entering = (asyncio.to_thread(stack.enter_context, worker) for worker in workers)
        running = dict(zip(NAMES, await asyncio.gather(*entering), strict=True))
        async with api.LiveKitAPI(url, server.api_key, server.api_secret) as livekit:
            scene = Scene(Rooms(livekit), server.url, token_minter(server), running)
            await scene.is_ready()
            names = [case.__name__ for case in CASES]
            run = (case(scene, name) for case, name in zip(CASES, names, strict=True))
            return dict(zip(names, await asyncio.gather(*run, return_exceptions=True), strict=True))


@pytest.mark.parametrize("case", [case.__name__ for case in CASES])
def test_one_agent_remains_and_answers(
    outcomes: dict[str, BaseException | None], case: str
) -> None:
    if (error := outcomes[case]) is not None:
        raise error
