"""A real room in which the agent speaks, and somebody who records what arrives."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Iterator

import openai
from livekit import rtc

from speech.utterance import Trouble
from speech.voice.synthesizer import Synthesizer
from speech.voice.voice import Voice
from tests.doubles.speech import FakeSpeech

LOUD = 1000
"""A sample that is louder is sound."""

HEARD_RATE = 24_000


class Listener:
    """A person in the room who subscribes to the agent's track, and records it."""

    def __init__(self) -> None:
        self.room = rtc.Room()
        self.frames: list[tuple[float, bytes]] = []
        """When each frame came, and its samples."""
        self.unpublished = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.room.on("track_subscribed", self._subscribed)
        self.room.on("track_unpublished", lambda *_: self.unpublished.set())

    async def connect(self, url: str, token: str, *, listens: bool = True) -> None:
        """Join. Who does not listen has to `listen` later."""
        await self.room.connect(url, token, rtc.RoomOptions(auto_subscribe=listens))

    def listen(self) -> None:
        """Subscribe to the agent's track."""
        for participant in self.room.remote_participants.values():
            for publication in participant.track_publications.values():
                publication.set_subscribed(True)

    def _subscribed(self, track: rtc.Track, *_: object) -> None:
        self._tasks.append(asyncio.create_task(self._record(track)))

    async def _record(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream(track, sample_rate=HEARD_RATE, num_channels=1, frame_size_ms=20)
        try:
            async for event in stream:
                now = asyncio.get_running_loop().time()
                self.frames.append((now, bytes(event.frame.data)))
        finally:
            await stream.aclose()

    @property
    def loud(self) -> list[float]:
        """When sound came."""
        return [at for at, data in self.frames if peak(data) > LOUD]

    @property
    def loud_seconds(self) -> float:
        """How long it sounded in all."""
        return len(self.loud) * 0.02

    async def aclose(self) -> None:
        await self.room.disconnect()
        # Until then a track may come, which nothing is heard of any more.
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def peak(data: bytes) -> int:
    return max(map(abs, array("h", data)), default=0)


class Stage:
    """The agent's room and voice, on a speech service that is a double."""

    def __init__(self, speech: FakeSpeech, name: str = "room") -> None:
        self.name = name
        """The room's name."""
        self.room = rtc.Room()
        self.client = openai.AsyncOpenAI(
            api_key="key",
            base_url=speech.base_url,
            max_retries=0,
            http_client=openai.DefaultAioHttpClient(),
        )
        self.synthesizer = Synthesizer(self.client, model="tts", voice="ash")
        self.changes: list[bool] = []
        """What `is_audible` became, in order."""
        self.troubles: list[Trouble] = []
        self.voice = Voice(self.room, self.synthesizer, on_trouble=self.troubles.append)
        self.voice.on_change = self._note

    def _note(self) -> None:
        was_audible = bool(self.changes) and self.changes[-1]
        if self.voice.is_audible != was_audible:
            self.changes.append(self.voice.is_audible)

    async def aclose(self) -> None:
        await self.voice.aclose()
        await self.synthesizer.aclose()
        await self.client.close()
        await self.room.disconnect()


def voice_tasks() -> Iterator[str]:
    """The tasks of the voice that have not ended."""
    for task in asyncio.all_tasks():
        if task.get_name() in ("voice", "voice track", "synthesis"):
            yield task.get_name()
