"""Agents of two names have one database: neither knows what people told the other, nor takes its rooms."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator

import pytest

from tests.doubles import FakeOpenAI
from tests.e2e.hosting.rooms import records
from tests.e2e.memory.deployment import BACK_LIMIT, Deployment
from tests.e2e.rescue.fleet import Fleet, agent_sid, an_answer, another_agent
from tests.worker_process import WorkerProcess
from worker.devstack.livekit_server import LiveKitServer

ECHO = "You said: "
"""Begins each answer."""

BLUE, RED = "blue", "red"

END_LIMIT = 10.0
"""Seconds until a process that was killed has ended, on a busy machine."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One file: rooms and conversations are chosen by the same statements in each database."""
    return f"sqlite:///{tmp_path_factory.mktemp('names') / 'memory.db'}"


@pytest.fixture(scope="module")
def deployment(store: str) -> Iterator[Deployment]:
    """A worker of each name; the blue one is the one that lives."""
    with (
        LiveKitServer.start() as server,
        FakeOpenAI() as llm,
        Fleet(server, llm.base_url, CHAT_MEMORY=store) as fleet,
    ):
        blue, red = (fleet.begin(CHAT_AGENT_NAME=name) for name in (BLUE, RED))
        for worker in (blue, red):
            fleet.registered(worker)
        yield Deployment(server, llm, fleet, blue, store, {"CHAT_AGENT_NAME": BLUE})


async def says(
    deployment: Deployment, text: str, room_name: str, agent_name: str, conversation: str
) -> str:
    """Say something to an agent, and return what the LLM was told for it."""
    text = f"{text} {uuid.uuid4().hex}"
    opened = deployment.opened(room_name, agent_name, conversation)
    async with opened as door, door.enter("ada", dialect="stream") as ada:
        deployment.llm.requests.clear()
        await ada.ask(text)
        await deployment.keeps(text)
        return str(deployment.llm.requests)


@pytest.mark.parametrize("conversation", ["", "order"], ids=["of the room", "named"])
async def test_an_agent_is_not_told_what_another_was(
    deployment: Deployment, llm: FakeOpenAI, room_name: str, conversation: str
) -> None:
    async def tells(agent_name: str, text: str) -> str:
        return await says(deployment, text, room_name, agent_name, conversation)

    await tells(BLUE, "told-to-blue")
    assert "told-to-blue" not in await tells(RED, "told-to-red")
    by_blue = await tells(BLUE, "again")
    assert "told-to-blue" in by_blue
    assert "told-to-red" not in by_blue


async def test_a_lost_room_is_taken_by_a_worker_of_its_name_alone(
    deployment: Deployment, llm: FakeOpenAI, room_name: str
) -> None:
    fleet, blue = deployment.fleet, deployment.worker
    (red,) = (worker for worker in fleet.workers if worker is not blue)
    blues, reds = f"{room_name}-blue", f"{room_name}-red"
    async with (
        deployment.opened(blues, BLUE) as blue_door,
        deployment.opened(reds, RED) as red_door,
        blue_door.enter("ada", dialect="stream") as ada,
        red_door.enter("bob", dialect="stream") as bob,
    ):
        await ada.ask(f"told-to-blue {blues}")
        await bob.ask(f"told-to-red {reds}")
        await deployment.keeps(blues, reds)
        # Begun in this thread: the kernel ends a process together with the thread that began it.
        next_red = fleet.begin(CHAT_AGENT_NAME=RED)
        await asyncio.to_thread(fleet.registered, next_red)
        of_blue, of_red = agent_sid(ada), agent_sid(bob)

        # Who notices that the red one is gone could have noticed that of the blue one.
        for worker in (blue, red):
            fleet.kill(worker)
            await asyncio.to_thread(worker.wait_for_end, END_LIMIT)
        deployment.worker = fleet.begin(**deployment.settings)
        await another_agent(bob, of_red, BACK_LIMIT)
        await asyncio.to_thread(fleet.registered, deployment.worker)
        await another_agent(ada, of_blue, BACK_LIMIT)

        assert rescued_by(next_red) == [reds]
        assert rescued_by(deployment.worker) == [blues]
        llm.requests.clear()
        await an_answer(ada, "again", f"{ECHO}again")
        assert "told-to-blue" in str(llm.requests)
        assert "told-to-red" not in str(llm.requests)


def rescued_by(worker: WorkerProcess) -> list[str]:
    """The rooms that a worker has taken from others."""
    return [record["room"] for record in records(worker, "room rescued")]
