"""Audio of a real server reaches the stream that it is for, and no room."""

from __future__ import annotations

import asyncio
import contextlib
import math
import struct
from collections.abc import AsyncIterator, Iterator

import pytest
from livekit import rtc
from livekit.rtc._ffi_client import FfiClient, FfiQueue
from livekit.rtc._proto.ffi_pb2 import FfiEvent

from tests.tokens import MintToken
from tests.waiting import eventually
from worker.devstack.livekit_server import LiveKitServer
from worker.hosting.event_routing import install_routing, route_events

RATE = 48_000
FRAME = RATE // 20
QUIET, LOUD = 500, 10_000
"""Amplitudes by which two microphones are told apart."""


@pytest.fixture
def plain_queue() -> Iterator[FfiQueue[FfiEvent]]:
    """The SDK's own queue, which it has again after the test."""
    client = FfiClient.instance
    kind, queue = type(client), client.queue
    yield queue
    client.__class__, client._queue = kind, queue


@contextlib.asynccontextmanager
async def microphone(server: LiveKitServer, token: str, amplitude: int) -> AsyncIterator[None]:
    """Somebody who hums in a room."""
    wave = [round(amplitude * math.sin(2 * math.pi * 440 * n / RATE)) for n in range(FRAME)]
    frame = rtc.AudioFrame(struct.pack(f"<{FRAME}h", *wave), RATE, 1, FRAME)
    room = rtc.Room()
    await room.connect(server.url, token)
    source = rtc.AudioSource(RATE, 1)
    track = rtc.LocalAudioTrack.create_audio_track("microphone", source)
    await room.local_participant.publish_track(track)

    async def hum() -> None:
        while True:
            await source.capture_frame(frame)

    humming = asyncio.get_running_loop().create_task(hum())
    try:
        yield
    finally:
        humming.cancel()
        await asyncio.wait({humming})
        await room.disconnect()


async def hear(stream: rtc.AudioStream, frames: int) -> int:
    """The highest amplitude in so many frames of a stream."""
    highest = 0
    async with asyncio.timeout(20):
        async for event in stream:
            highest = max(highest, *map(abs, event.frame.data))
            frames -= 1
            if not frames:
                break
    return highest


def _note_events(room: rtc.Room, noted: list[str | None], patch: pytest.MonkeyPatch) -> None:
    put = room._ffi_queue.put_nowait

    def put_and_note(event: FfiEvent) -> None:
        noted.append(event.WhichOneof("message"))
        put(event)

    patch.setattr(room._ffi_queue, "put_nowait", put_and_note)


class Listener:
    """A connected room, and its tracks."""

    def __init__(self) -> None:
        self.room = rtc.Room()
        self.tracks: list[rtc.Track] = []
        self.room.on("track_subscribed", lambda track, *_: self.tracks.append(track))

    async def connect(self, server: LiveKitServer, token: str) -> None:
        """Join, and wait for the microphone."""
        await self.room.connect(server.url, token)
        await eventually(lambda: self.tracks, 20)


async def test_each_stream_hears_its_own_microphone_whenever_it_was_made(
    livekit_server: LiveKitServer,
    token: MintToken,
    plain_queue: FfiQueue[FfiEvent],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quiet, loud = Listener(), Listener()
    async with (
        microphone(livekit_server, token("ada", "quiet"), QUIET),
        microphone(livekit_server, token("bob", "loud"), LOUD),
    ):
        await quiet.connect(livekit_server, token("agent", "quiet"))
        await loud.connect(livekit_server, token("agent", "loud"))
        streams = [rtc.AudioStream(quiet.tracks[0])]
        install_routing()
        assert FfiClient.instance.queue is not plain_queue
        for listener in (quiet, loud):
            route_events(listener.room)
            streams.append(rtc.AudioStream(listener.tracks[0]))
        for_rooms: list[str | None] = []
        for listener in (quiet, loud):
            _note_events(listener.room, for_rooms, monkeypatch)
        heard = await asyncio.gather(*(hear(stream, 50) for stream in streams))
        assert max(heard[:2]) < 4 * QUIET
        assert heard[2] > LOUD / 2
        assert "audio_stream_event" not in for_rooms
        await asyncio.gather(*(stream.aclose() for stream in streams))
    # Both have left, which their rooms are told.
    await eventually(lambda: for_rooms.count("room_event") >= 2)
    for listener in (quiet, loud):
        await listener.room.disconnect()
