"""Somebody whose connection breaks in the middle: a process that speaks, and is then killed."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

from livekit import rtc

from tests.e2e.people import Door
from tests.e2e.speech.microphone import Microphone
from tests.e2e.speech.sound import silence
from tests.e2e.speech.voices import say
from tests.environment import environment_with
from tests.waiting import eventually
from worker.devstack.paths import PROJECT

SPOKEN = b"spoken\n"
LIMIT = 40.0
"""Seconds for the process to start, to be heard and to speak."""


@contextlib.asynccontextmanager
async def vanishing_speaker(door: Door, identity: str, text: str) -> AsyncIterator[None]:
    """Let somebody come in, say this, and vanish with the last word, without a farewell."""
    token = door.token(identity, door.room_name)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__, door.url, token, text),
        stdout=asyncio.subprocess.PIPE,
        env=environment_with(),
        cwd=PROJECT,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(LIMIT):
            line = await process.stdout.readline()
        assert line == SPOKEN
        process.kill()
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def speak(url: str, token: str, text: str) -> None:
    """Say it, and tell who started this process."""
    room = rtc.Room()
    await room.connect(url, token, rtc.RoomOptions(auto_subscribe=False))
    microphone = Microphone(room)
    await microphone.publish()
    await eventually(lambda: microphone.is_heard, LIMIT)
    await microphone.play(say(text) + silence(0.15))
    sys.stdout.buffer.write(SPOKEN)
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(speak(*sys.argv[1:]))
