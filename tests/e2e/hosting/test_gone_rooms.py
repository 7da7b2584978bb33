"""What the agent loses in mid-reply: its room, its place in it, its permission to write."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import pytest
from livekit import api

from tests.doubles import FakeOpenAI, Reply, words
from tests.e2e.hosting.rooms import IDENTITY, Rooms, records
from tests.e2e.people import Door
from tests.e2e.scripts import in_turn
from tests.tokens import MintToken
from tests.waiting import eventually
from tests.worker_process import WorkerProcess, running_worker
from worker.devstack.livekit_server import LiveKitServer

ROOM = "room"

CANARY = "canarybird"
"""What the reply says, word after word."""

LETTING_GO = 1.5
"""Seconds in which the LLM must be let go, on a busy machine."""

LINES = 40
"""Most lines that a reply's end may cost, the framework's own included."""


async def remove_agent(rooms: Rooms, worker: WorkerProcess) -> None:
    await rooms.remove_agent(ROOM)


async def delete_room(rooms: Rooms, worker: WorkerProcess) -> None:
    await rooms.close(ROOM)


async def delete_room_in_grace(rooms: Rooms, worker: WorkerProcess) -> None:
    """Have the agent leave, which lets it go on with its reply for a while, and delete the room."""
    await rooms.undispatch(ROOM)
    await eventually(lambda: records(worker, "job ended by LiveKit"), 10)
    await rooms.close(ROOM)


@pytest.mark.parametrize("lose", [remove_agent, delete_room, delete_room_in_grace])
@pytest.mark.parametrize("dialect", ["stream", "json-edit", "segment"])
async def test_a_reply_whose_room_is_gone_is_dropped_at_once_and_quietly(
    livekit_server: LiveKitServer,
    fake_openai: FakeOpenAI,
    token: MintToken,
    rooms: Rooms,
    lose: Callable[[Rooms, WorkerProcess], Awaitable[None]],
    dialect: str,
) -> None:
    fake_openai.script = in_turn(Reply([f"{CANARY} "] * 3000, interval=0.01))
    door = Door(livekit_server.url, token, ROOM)
    with running_worker(livekit_server, fake_openai) as worker:
        async with door.enter("ada", dialect=dialect) as ada:
            await ada.say("tell me")
            await eventually(lambda: fake_openai.requests, 20)
            if dialect != "segment":  # Whose topic Ada's client does not listen to.
                await eventually(lambda: any(CANARY in text for text in ada.texts), 20)
            before = len(worker.logs)
            await lose(rooms, worker)
            await eventually(lambda: fake_openai.cancelled == 1, LETTING_GO)
            await eventually(lambda: records(worker, "room is gone"), 5)
        await ended(rooms, worker)
        after = worker.logs[before:]
    assert [record["answering"] for record in records(worker, "room is gone")] == [True]
    assert CANARY not in json.dumps(worker.logs)
    assert len(after) <= LINES, after


async def ended(rooms: Rooms, worker: WorkerProcess) -> None:
    """Wait until the job has ended."""
    worker.ask_to_end()
    await eventually(lambda: worker.wait_for_end(0.1) is not None, 30)


async def permit(rooms: Rooms, *, writing: bool) -> None:
    """Give the agent the permission to publish data, or take it away."""
    permission = api.ParticipantPermission(
        can_subscribe=True, can_publish=True, can_publish_data=writing, can_update_metadata=True
    )
    await rooms.livekit.room.update_participant(
        api.UpdateParticipantRequest(room=ROOM, identity=IDENTITY, permission=permission)
    )


@pytest.mark.parametrize("given_back", ["in mid-reply", "after the reply"])
@pytest.mark.parametrize("dialect", ["stream", "json-edit", "unknown"])
async def test_what_may_not_be_written_is_written_when_it_may_be_again(
    livekit_server: LiveKitServer,
    fake_openai: FakeOpenAI,
    token: MintToken,
    rooms: Rooms,
    dialect: str,
    given_back: str,
) -> None:
    text = " ".join(str(number) for number in range(100))
    story = Reply(words(text), interval=0.02, hold_after=60)
    fake_openai.script = in_turn(story)
    door = Door(livekit_server.url, token, ROOM)
    with running_worker(livekit_server, fake_openai) as worker:
        async with door.enter("ada", dialect=dialect) as ada:
            await ada.say("count")
            await eventually(lambda: ada.texts and "20" in ada.texts[0], 20)
            await permit(rooms, writing=False)
            await eventually(lambda: records(worker, "not permitted to send chat messages"), 10)
            if given_back == "after the reply":
                story.release.set()
                await eventually(lambda: records(worker, "reply ended"), 20)
            await permit(rooms, writing=True)
            story.release.set()
            await ada.reads(text, limit=20)
            await ada.ask("next")
