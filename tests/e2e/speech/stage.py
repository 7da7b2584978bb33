"""Rooms where a worker with a voice answers, and the way for speakers into them."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from livekit import api

from tests.doubles import FakeOpenAI, last_user_text
from tests.e2e.people import Door
from tests.e2e.speech.speaker import Speaker, enter_to_speak
from tests.tokens import token_minter
from tests.worker_process import AGENT, WorkerProcess, running_worker
from worker.devstack.livekit_server import LiveKitServer


@dataclass(frozen=True)
class Stage:
    """A room that nobody was in, and the worker that comes when somebody enters."""

    door: Door
    worker: WorkerProcess

    def anew(self) -> Stage:
        """Another room of the same worker."""
        return Stage(Door(self.door.url, self.door.token, _new_name()), self.worker)

    @contextlib.asynccontextmanager
    async def enter(self, identity: str = "ada", **options: Any) -> AsyncIterator[Speaker]:
        """Come in to speak; the options are those of `enter_to_speak`."""
        async with enter_to_speak(self.door, identity, **options) as speaker:
            yield speaker


@dataclass(frozen=True)
class House:
    """A LiveKit server with one worker, which answers in all its rooms."""

    server: LiveKitServer
    worker: WorkerProcess

    def stage(self) -> Stage:
        """A new room."""
        door = Door(self.server.url, token_minter(self.server), _new_name())
        return Stage(door, self.worker)

    async def stage_for(self, metadata: Mapping[str, str]) -> Stage:
        """A new room, and what its dispatch says of the job."""
        stage = self.stage()
        agent = api.RoomAgentDispatch(metadata=json.dumps(metadata))
        request = api.CreateRoomRequest(name=stage.door.room_name, agents=[agent])
        server, url = self.server, self.server.url.replace("ws", "http", 1)
        async with api.LiveKitAPI(url, server.api_key, server.api_secret) as livekit:
            await livekit.room.create_room(request)
        return stage


@contextlib.contextmanager
def open_house(
    llm: FakeOpenAI,
    speech: str,
    voice: str,
    *,
    server: LiveKitServer | None = None,
    arguments: Sequence[str] = AGENT,
    **settings: str,
) -> Iterator[House]:
    """Run a worker, and a server for it.

    Args:
        llm: What answers.
        speech: The base URL of the speech service.
        voice: What `CHAT_VOICE` is.
        server: The server, if there is one already.
        arguments: Python's command line.
        settings: Further settings.
    """
    with (
        LiveKitServer.start() if server is None else contextlib.nullcontext(server) as livekit,
        running_worker(
            livekit,
            llm,
            arguments=arguments,
            CHAT_VOICE=voice,
            OPENAI_SPEECH_BASE_URL=speech,
            **{"OPENAI_SPEECH_API_KEY": "unused", **settings},
        ) as worker,
    ):
        yield House(livekit, worker)


def asked(llm: FakeOpenAI) -> list[str]:
    """What people said last in each request, as the LLM was told it."""
    return [last_user_text(request["messages"]) for request in llm.requests]


def _new_name() -> str:
    return f"room-{uuid.uuid4().hex[:12]}"
