"""`lk agent dev`, `start` and `console`, played: how LiveKit's own command line runs this worker.

The real one is a Go program that takes ten minutes to build, and its newest versions cannot be had as
a Go module. It starts ``python -m livekit.agents`` and talks to it by length-prefixed protobuf on a
port of this machine; that is what is here, as of its version 2.18.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Mapping
from typing import TypeVar

from google.protobuf.message import Message
from livekit.protocol.agent import Job
from livekit.protocol.agent_pb.agent_dev import (
    AgentDevMessage,
    GetRunningAgentJobsRequest,
    GetRunningAgentJobsResponse,
)
from livekit.protocol.agent_pb.agent_session import AgentSessionMessage, SessionRequest

from tests.e2e.programs import START_LIMIT, Program, python_program

LIMIT = 30.0
"""Seconds for an answer of the worker, or of its LLM."""

M = TypeVar("M", bound=Message)

_LENGTH = struct.Struct(">I")


class Channel:
    """A port where one process of the worker connects."""

    def __init__(self) -> None:
        self._connected: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = (
            asyncio.Queue()
        )
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Listen, on the address that is yielded."""

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._connected.put_nowait((reader, writer))

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        try:
            yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            if self._writer is not None:
                self._writer.close()
            server.close()

    async def connected(self) -> None:
        """Wait for a process, and talk to that one from now on."""
        if self._writer is not None:
            self._writer.close()
        async with asyncio.timeout(START_LIMIT):
            self._reader, self._writer = await self._connected.get()

    def send(self, message: Message) -> None:
        assert self._writer is not None
        payload = message.SerializeToString()
        self._writer.write(_LENGTH.pack(len(payload)) + payload)

    async def receive(self, message: M) -> M:
        """Read a message into `message`."""
        assert self._reader is not None
        async with asyncio.timeout(LIMIT):
            (length,) = _LENGTH.unpack(await self._reader.readexactly(_LENGTH.size))
            message.ParseFromString(await self._reader.readexactly(length))
        return message


class Dev:
    """`lk agent dev`: gives a new process the jobs of the one that it takes the place of."""

    def __init__(self, channel: Channel, address: str, settings: Mapping[str, str]) -> None:
        self._channel = channel
        self._address = address
        self._settings = settings
        self._jobs = GetRunningAgentJobsResponse()

    @contextlib.asynccontextmanager
    async def process(self) -> AsyncIterator[Program]:
        """Run the worker, with the jobs that were taken from the process before."""
        options = ["--dev", "--log-level", "DEBUG", "--cli-addr", self._address]
        command = ["-m", "livekit.agents", "start", "agent.py", *options]
        async with python_program(*command, settings=self._settings) as program:
            await self._channel.connected()
            told = await self._channel.receive(AgentDevMessage())
            assert told.server_info.url == self._settings["LIVEKIT_URL"]
            asked = await self._channel.receive(AgentDevMessage())
            assert asked.HasField("get_running_jobs_request")
            self._channel.send(AgentDevMessage(get_running_jobs_response=self._jobs))
            await program.prints("registered worker")
            yield program

    async def take_jobs(self) -> list[Job]:
        """Ask the process for the jobs that it runs, and keep them for the next."""
        request = GetRunningAgentJobsRequest()
        self._channel.send(AgentDevMessage(get_running_jobs_request=request))
        answer = await self._channel.receive(AgentDevMessage())
        self._jobs = answer.get_running_jobs_response
        return [Job.FromString(job.job) for job in self._jobs.jobs]


@contextlib.asynccontextmanager
async def dev(settings: Mapping[str, str]) -> AsyncIterator[Dev]:
    """Be `lk agent dev` with these settings of the worker's."""
    channel = Channel()
    async with channel.listening() as address:
        yield Dev(channel, address, settings)


class Console:
    """`lk agent console --text`."""

    def __init__(self, channel: Channel, program: Program) -> None:
        self.program = program
        """The worker."""
        self._channel = channel

    def be_text_only(self) -> None:
        """Switch the session's sound off, on both sides."""
        io = SessionRequest.UpdateIO()
        io.input.audio_enabled = io.output.audio_enabled = False
        io.output.transcription_enabled = False
        self._channel.send(AgentSessionMessage(request=SessionRequest(update_io=io)))

    async def ask(self, text: str) -> list[str]:
        """Type a line, and return the texts of the answer."""
        run = SessionRequest(request_id=text, run_input=SessionRequest.RunInput(text=text))
        self._channel.send(AgentSessionMessage(request=run))
        while True:
            response = (await self._channel.receive(AgentSessionMessage())).response
            if response.request_id == text:
                assert not response.error, response.error
                messages = [item.message for item in response.run_input.items]
                return [content.text for message in messages for content in message.content]


@contextlib.asynccontextmanager
async def console(settings: Mapping[str, str]) -> AsyncIterator[Console]:
    """Run the worker as `lk agent console --text` does."""
    channel = Channel()
    async with channel.listening() as address:
        command = ["-m", "livekit.agents", "console", "agent.py", "--connect-addr", address]
        async with python_program(*command, settings=settings) as program:
            await channel.connected()
            playing = Console(channel, program)
            playing.be_text_only()
            yield playing
