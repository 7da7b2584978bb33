"""Without a store: a room that lost its agent gets another, one that is to have none stays without.

LiveKit keeps an agent that was killed for 21 s, and workers look each 10 s. All cases share the server and
this wait, those of rooms that stay without an agent the workers, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import pytest
from livekit import api

from tests.doubles import FakeOpenAI, echo
from tests.e2e.hosting.rooms import IDENTITY, Rooms, records
from tests.e2e.memory.deployment import AWAY
from tests.e2e.people import Door, Person
from tests.tokens import MintToken, token_minter
from tests.waiting import eventually
from tests.worker_process import AGENT, WorkerProcess, running_worker
from worker.devstack.livekit_server import LiveKitServer
from worker.rescue.notes import Note, read_note

pytestmark = pytest.mark.timeout(600)  # The first case waits for all of them.

BACK = 35.0
"""Seconds from a kill to the next agent, at most."""

BUSY = 5.0
"""Seconds more on a busy machine."""

STAYS_AWAY = 25.0
"""Seconds after which each worker has looked twice at a room without an agent, and joined it if it would."""

LOOK_INTERVAL = 0.25
"""Seconds between two looks for an agent that is not to come."""

WITHDRAWN = 20.0
"""Seconds after which an agent has gone whose note was deleted."""

SETTLED = 5.0
"""Seconds after which agents that removed each other have gone."""

MENDED = 10.0
"""Seconds in which an agent that woke up joins again, if it does, and leaves."""

STARTS = 20.0
"""Seconds after its registration at which a worker has a process for a room, on a busy machine."""

READY_LIMIT = 15.0
ANSWER_LIMIT = 30.0
"""Seconds for the first answer, while the workers of all cases start."""

METADATA = '{"of": "the application"}'

OTHER_AGENT = ("-m", "tests.e2e.rescue.other_agents", "start")


TAKES_ROOMS = "takes rooms on request"
LOOKS_ON = "ends"
"""The name of two workers for all rooms that are to stay without an agent."""


@dataclass
class Scene:
    """A server, and the workers that a case starts."""

    rooms: Rooms
    server: LiveKitServer
    llm: FakeOpenAI
    token: MintToken
    stack: contextlib.ExitStack
    starting: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    """So many workers start at a time: all at once, none would be registered in time."""

    async def start(self, name: str, arguments: tuple[str, ...] = AGENT) -> WorkerProcess:
        """Run one more worker of this name, which the server writes down jobs of at once."""
        worker = running_worker(
            self.server,
            self.llm,
            arguments=arguments,
            CHAT_ISOLATION="process" if name in IN_PROCESSES else "shared",
            CHAT_AGENT_NAME=name,
        )
        async with self.starting:
            return await asyncio.to_thread(self.stack.enter_context, worker)

    async def start_taker(self, name: str) -> WorkerProcess:
        """Run one more worker of this name, which joins its rooms when it is told to."""
        worker = await self.start(name, OTHER_AGENT)
        await asyncio.to_thread(worker.wait_for_log, TAKES_ROOMS, READY_LIMIT)
        return worker

    @contextlib.asynccontextmanager
    async def conversation(self, name: str, workers: str = "") -> AsyncIterator[Person]:
        """Somebody in a new room for these workers, whose agent has answered and been written down."""
        await self.open(name, workers)
        async with Door(self.server.url, self.token, name).enter() as ada:
            await ada.ask("before", limit=ANSWER_LIMIT)
            await self.is_written_down(name)
            yield ada

    async def open(self, name: str, workers: str = "") -> None:
        """Create a room whose agent is to come from these workers, by default those of the room's name."""
        agents = [api.RoomAgentDispatch(agent_name=workers or name, metadata=METADATA)]
        request = api.CreateRoomRequest(name=name, empty_timeout=600, agents=agents)
        await self.rooms.livekit.room.create_room(request)

    async def agent(self, room: str) -> api.ParticipantInfo:
        (agent,) = await self.rooms.agents_in(room)
        return agent

    async def is_written_down(self, room: str) -> None:
        """Wait until the server lists the job of a room."""
        async with asyncio.timeout(READY_LIMIT):
            # The server's doing, which no event here can announce.
            while not await self.rooms.jobs_of(room):  # noqa: ASYNC110
                await asyncio.sleep(0.2)

    async def gets_another(self, room: str, ada: Person, sid: str, limit: float = BACK) -> None:
        """Check that the room gets another agent in time, which answers and stays the only one."""
        await eventually(lambda: ada.agent is not None and ada.agent.sid != sid, limit + BUSY)
        await asyncio.sleep(SETTLED)
        assert (await self.agent(room)).identity == IDENTITY
        said = f"to {sid}"
        await ada.say(said)
        await ada.sees(f"You said: {said}")
        assert ada.texts.count(f"You said: {said}") == 1

    async def keeps_one_agent(self, room: str, ada: Person) -> None:
        """Check that all that is asked now and later is answered once, by one agent."""
        for when in ("at once", "after a while"):
            await self.answers(ada, when)
            await asyncio.sleep(MENDED)
            await self.agent(room)
            assert ada.texts.count(f"You said: {when}") == 1

    async def answers(self, ada: Person, text: str) -> None:
        """Wait for an answer; who is told that the agent was away asks again, as people do.

        A worker that wakes up may have taken the other one's connection until both notice. Without a store
        nobody knows then what was asked.
        """
        told, answer = apologies(ada), f"You said: {text}"
        await ada.say(text)
        await eventually(lambda: answer in ada.texts or apologies(ada) > told, BACK + BUSY)
        with contextlib.suppress(TimeoutError):
            await eventually(lambda: answer in ada.texts, SETTLED)
        if answer not in ada.texts:
            await ada.say(text)
            await ada.sees(answer)

    async def notes(self, room: str) -> list[Note]:
        """The notes that are all the dispatches of a room."""
        noted = [
            read_note(each) for each in await self.rooms.livekit.agent_dispatch.list_dispatch(room)
        ]
        assert None not in noted
        return [each for each in noted if each is not None]

    async def stays_empty(self, room: str, ada: Person) -> None:
        """Check that no agent comes any more, not even for a moment, once the last one has gone."""
        await eventually(lambda: ada.agent is None, WITHDRAWN)
        loop = asyncio.get_running_loop()
        until = loop.time() + STAYS_AWAY
        while loop.time() < until:
            assert await self.rooms.agents_in(room) == []
            await asyncio.sleep(LOOK_INTERVAL)


def apologies(ada: Person) -> int:
    """How often the agent has said that it was away."""
    return sum(text.startswith(AWAY) for text in ada.texts)


async def killed_beside_another(scene: Scene, name: str) -> None:
    """The next agent may do all that the first one might, and dies and is followed in its turn."""
    first = await scene.start(name)
    async with scene.conversation(name) as ada:
        before = await scene.agent(name)
        second = await scene.start(name)
        first.kill()
        await scene.gets_another(name, ada, before.sid)
        after = await scene.agent(name)
        assert (after.permission, after.name, after.kind) == (
            before.permission,
            before.name,
            before.kind,
        )
        assert after.attributes["lk.agent.name"] == before.attributes["lk.agent.name"] == name
        (note,) = await scene.notes(name)
        assert (note.agent_name, note.job_metadata) == (name, METADATA)
        (rescued,) = records(second, "room rescued")
        assert (rescued["room"], rescued["job_id"][:7]) == (name, "rescue-")
        await scene.start(name)
        second.kill()
        await scene.gets_another(name, ada, after.sid)


async def killed_and_restarted(scene: Scene, name: str) -> None:
    only = await scene.start(name)
    async with scene.conversation(name) as ada:
        before = await scene.agent(name)
        only.kill()
        await scene.start(name)
        await scene.gets_another(name, ada, before.sid)
        await scene.rooms.undispatch(name)
        await scene.stays_empty(name, ada)


async def killed_in_a_process(scene: Scene, name: str) -> None:
    only = await scene.start(name)
    async with scene.conversation(name) as ada:
        before = await scene.agent(name)
        only.kill()
        await scene.start(name)
        await scene.gets_another(name, ada, before.sid, STARTS + BACK)
        await scene.rooms.remove_agent(name)
        await scene.stays_empty(name, ada)


async def dispatch_lost_to_a_frozen_worker(scene: Scene, name: str) -> None:
    with frozen(await scene.start(name)):
        await scene.open(name)
        async with Door(scene.server.url, scene.token, name).enter(wait=False) as ada:
            await scene.start(name)
            await scene.gets_another(name, ada, "")


async def frozen_and_awake(scene: Scene, name: str) -> None:
    """A worker that wakes up leaves."""
    first = await scene.start(name)
    async with scene.conversation(name) as ada:
        before = await scene.agent(name)
        await scene.start(name)
        with frozen(first):
            await scene.gets_another(name, ada, before.sid)
        await eventually(lambda: records(first, "worker stood still"), 15)
        await scene.keeps_one_agent(name, ada)


async def taken_while_frozen_for_3_s(scene: Scene, name: str) -> None:
    await taken_while_frozen(scene, name, 3)


async def taken_while_frozen_for_30_s(scene: Scene, name: str) -> None:
    await taken_while_frozen(scene, name, 30)


async def taken_while_frozen(scene: Scene, name: str, seconds: float) -> None:
    """A store's lost room is joined at once; who wakes up after that leaves, and answers nothing."""
    first = await scene.start(name)
    async with scene.conversation(name) as ada:
        before = await scene.agent(name)
        second = await scene.start_taker(name)
        with frozen(first):
            os.kill(second.pid, signal.SIGUSR1)
            await scene.gets_another(name, ada, before.sid, limit=BUSY)
            # This is the fault.
            await asyncio.sleep(max(0.0, seconds - SETTLED))
        await scene.keeps_one_agent(name, ada)
        # The place of the job that lost its room is free.
        await scene.rooms.remove_agent(name)
        await asyncio.sleep(SETTLED)
        assert await scene.rooms.agents_in(name) == []


async def taken_by_two_at_once(scene: Scene, name: str) -> None:
    first = await scene.start(name)
    async with scene.conversation(name) as ada:
        before = await scene.agent(name)
        both = await asyncio.gather(scene.start_taker(name), scene.start_taker(name))
        first.kill()
        for worker in both:
            os.kill(worker.pid, signal.SIGUSR1)
        await scene.gets_another(name, ada, before.sid, limit=BUSY)
        assert [len(records(worker, "room rescued")) for worker in both] == [1, 1]
        assert len(await scene.notes(name)) == 1
        removed = [each for worker in both for each in records(worker, "job ended by LiveKit")]
        assert [each["reason"] for each in removed] == ["DUPLICATE_IDENTITY"]


async def removed(scene: Scene, name: str) -> None:
    async with scene.conversation(name, LOOKS_ON) as ada:
        await scene.rooms.remove_agent(name)
        await scene.stays_empty(name, ada)


async def dispatch_deleted(scene: Scene, name: str) -> None:
    async with scene.conversation(name, LOOKS_ON) as ada:
        await scene.rooms.undispatch(name)
        await scene.stays_empty(name, ada)


async def ends(scene: Scene, name: str) -> None:
    await scene.open(name, LOOKS_ON)
    async with Door(scene.server.url, scene.token, name).enter() as ada:
        await scene.stays_empty(name, ada)


async def looked_for_by_two(scene: Scene, name: str) -> None:
    first = await scene.start(name)
    async with scene.conversation(name) as ada:
        before = await scene.agent(name)
        await asyncio.gather(scene.start(name), scene.start(name))
        first.kill()
        await scene.gets_another(name, ada, before.sid)
        assert len(await scene.notes(name)) == 1
        await scene.rooms.remove_agent(name)
        await scene.stays_empty(name, ada)


async def of_others(scene: Scene, name: str) -> None:
    """Workers look after the dispatches of their own name alone."""
    doomed = await scene.start(name)
    async with scene.conversation(name) as ada:
        doomed.kill()
        await eventually(lambda: ada.agent is None, BACK)
        await scene.stays_empty(name, ada)


@contextlib.contextmanager
def frozen(worker: WorkerProcess) -> Iterator[None]:
    """Stop a worker where it is, with its connections open, and let it go on."""
    worker.freeze()
    try:
        yield
    finally:
        worker.thaw()


Case = Callable[[Scene, str], Awaitable[None]]

CASES: list[Case] = [
    killed_beside_another,
    killed_and_restarted,
    killed_in_a_process,
    dispatch_lost_to_a_frozen_worker,
    frozen_and_awake,
    taken_while_frozen_for_3_s,
    taken_while_frozen_for_30_s,
    taken_by_two_at_once,
    removed,
    dispatch_deleted,
    ends,
    looked_for_by_two,
    of_others,
]

IN_PROCESSES = frozenset({killed_in_a_process.__name__})
"""The cases whose workers have a process for each room: what they look for is the same in each isolation."""


@pytest.fixture(scope="module")
def outcomes() -> Iterator[dict[str, BaseException | None]]:
    """What came of each case, all run at once: None if it went well."""
    with FakeOpenAI(echo) as llm, LiveKitServer.start() as server:
        yield asyncio.run(run_cases(server, llm))


async def run_cases(server: LiveKitServer, llm: FakeOpenAI) -> dict[str, BaseException | None]:
    url = server.url.replace("ws", "http", 1)
    with contextlib.ExitStack() as stack:
        async with api.LiveKitAPI(url, server.api_key, server.api_secret) as livekit:
            scene = Scene(Rooms(livekit), server, llm, token_minter(server), stack)
            await asyncio.gather(*(scene.start(LOOKS_ON, OTHER_AGENT) for _ in range(2)))
            names = [case.__name__ for case in CASES]
            run = (case(scene, name) for case, name in zip(CASES, names, strict=True))
            return dict(zip(names, await asyncio.gather(*run, return_exceptions=True), strict=True))


@pytest.mark.parametrize("case", [case.__name__ for case in CASES])
def test_a_lost_room_gets_one_agent(outcomes: dict[str, BaseException | None], case: str) -> None:
    if (error := outcomes[case]) is not None:
        raise error
