"""What people say while their client connects: clients send it as a byte stream of its own."""

from __future__ import annotations

import asyncio
import logging

from livekit import rtc

from chat import OwnedTasks, failure_fields

from .early_sound import EarlySound

logger = logging.getLogger(__name__)

TOPIC = "lk.agent.pre-connect-audio-buffer"

MOST_BYTES = 6_000_000
"""Bytes that are taken of a recording: a minute of 48 kHz; the rest is dropped."""

MOST_RECORDINGS = 8
"""Recordings of a room that are received or kept at once: one of each participant."""

READING = 10.0
"""Seconds to read one, at most."""

KEPT = 10.0
"""Seconds for which one waits until its track is subscribed. Later it is not what is being said."""

SAMPLE_RATES = range(8_000, 192_001)
CHANNELS = range(1, 3)

_Key = tuple[str, str]
"""Whose, and of which track."""


class PreconnectAudio:
    """Receives these recordings. Only a track's own participant can send its recording."""

    def __init__(self, room: rtc.Room) -> None:
        """Receive from now on: recordings come soon after the room is entered."""
        self._room = room
        self._recordings: dict[_Key, asyncio.Future[EarlySound | None]] = {}
        self._senders: set[str] = set()
        """Whose recording is received, or kept."""
        self._tasks = OwnedTasks()
        try:
            room.register_byte_stream_handler(TOPIC, self._receive)
            self._is_registered = True
        except ValueError:
            logger.warning("another receives what is said before microphones are subscribed")
            self._is_registered = False

    async def take(self, identity: str, track_sid: str, limit: float) -> EarlySound | None:
        """Return the recording of a track, awaited at most `limit` seconds; None without one."""
        key = (identity, track_sid)
        try:
            async with asyncio.timeout(limit):
                return await asyncio.shield(self._expect(key))
        except TimeoutError:
            return None
        finally:
            self._forget(key)

    async def aclose(self) -> None:
        """Receive no more."""
        if self._is_registered:
            self._room.unregister_byte_stream_handler(TOPIC)
        self._tasks.cancel()
        await self._tasks.wait()
        for future in self._recordings.values():
            future.cancel()

    def _expect(self, key: _Key) -> asyncio.Future[EarlySound | None]:
        if key not in self._recordings:
            self._recordings[key] = asyncio.get_running_loop().create_future()
        return self._recordings[key]

    def _forget(self, key: _Key) -> None:
        """Keep nothing of a track. Its participant may send another recording."""
        self._recordings.pop(key, None)
        self._senders.discard(key[0])

    def _receive(self, reader: rtc.ByteStreamReader, identity: str) -> None:
        if identity in self._senders or len(self._senders) >= MOST_RECORDINGS:
            reader.close()
            return
        self._senders.add(identity)
        key = (identity, (reader.info.attributes or {}).get("trackId", ""))
        self._tasks.spawn(self._read(reader, key), "pre-connect audio")

    async def _read(self, reader: rtc.ByteStreamReader, key: _Key) -> None:
        try:
            sound = await _recording(reader)
        finally:
            reader.close()
        asyncio.get_running_loop().call_later(KEPT, self._forget, key)
        future = self._expect(key)
        if not future.done():
            future.set_result(sound)


async def _recording(reader: rtc.ByteStreamReader) -> EarlySound | None:
    try:
        async with asyncio.timeout(READING):
            data = await _bytes(reader)
        return _described(reader.info, data)
    except (TimeoutError, ValueError, rtc.StreamError) as error:
        logger.warning("what was said before is lost", extra=failure_fields(error))
        return None


async def _bytes(reader: rtc.ByteStreamReader) -> bytes:
    data = bytearray()
    async for chunk in reader:
        data += chunk[: MOST_BYTES - len(data)]
        if len(data) >= MOST_BYTES:
            break
    return bytes(data)


def _described(info: rtc.ByteStreamInfo, data: bytes) -> EarlySound:
    attributes = info.attributes or {}
    rate, channels = int(attributes.get("sampleRate", "")), int(attributes.get("channels", ""))
    if rate not in SAMPLE_RATES or channels not in CHANNELS:
        raise ValueError("no sound has such a format")
    return EarlySound(data, info.mime_type or "", rate, channels)
