"""Recordings of what was said before a microphone is heard: who gets them, and for how long."""

from __future__ import annotations

import asyncio

import pytest

from speech.hearing.early_sound import EarlySound
from speech.hearing.preconnect import KEPT, MOST_BYTES, MOST_RECORDINGS, TOPIC, PreconnectAudio
from tests.doubles import FakeRoom
from tests.doubles.room import FakeByteReader
from tests.virtual_time import run_in_virtual_time
from tests.waiting import eventually

LIMIT = 3.0


class Here:
    """A room in which recordings arrive."""

    def __init__(self) -> None:
        self.room = FakeRoom()
        self.preconnect = PreconnectAudio(self.room)

    def send(self, identity: str, track: str = "TR_1", **attributes: str) -> FakeByteReader:
        """Let a recording begin to arrive."""
        reader = FakeByteReader("stream", "early", "audio/pcm")
        described = {"trackId": track, "sampleRate": "16000", "channels": "1", **attributes}
        reader.info.attributes = described
        self.room._byte_stream_handlers[TOPIC](reader, identity)
        return reader

    async def sent(self, identity: str, data: bytes, track: str = "TR_1") -> None:
        """Let a whole recording arrive."""
        reader = self.send(identity, track)
        reader.write(data)
        reader.end()
        await eventually(lambda: reader.closed)

    async def taken(self, identity: str, track: str = "TR_1") -> bytes | None:
        sound = await self.preconnect.take(identity, track, LIMIT)
        return sound.data if sound is not None else None


@pytest.mark.parametrize("is_awaited", [False, True])
def test_a_recording_is_for_its_own_track_and_once(is_awaited: bool) -> None:
    async def run() -> None:
        here = Here()
        waiting = asyncio.create_task(here.taken("ann")) if is_awaited else None
        await asyncio.sleep(0)
        await here.sent("ann", b"ab")
        assert await here.taken("ann", "TR_2") is None
        assert await here.taken("bob") is None
        assert await (waiting or here.taken("ann")) == b"ab"
        assert await here.taken("ann") is None

    run_in_virtual_time(run())


def test_a_recording_that_nobody_comes_for_is_not_kept() -> None:
    async def run() -> None:
        here = Here()
        await here.sent("ann", b"ab")
        await asyncio.sleep(KEPT + 1)
        assert await here.taken("ann") is None
        await here.sent("ann", b"cd")
        assert await here.taken("ann") == b"cd"

    run_in_virtual_time(run())


def test_a_participant_sends_one_at_a_time_and_keeps_nobody_from_it() -> None:
    async def run() -> None:
        here = Here()
        readers = [here.send("ann", track) for track in ["TR_1", "TR_1", "TR_2", ""] * 3]
        assert [reader.closed for reader in readers] == [False] + [True] * 11
        await here.sent("bob", b"ab")
        assert await here.taken("bob") == b"ab"
        await here.preconnect.aclose()
        assert readers[0].closed

    run_in_virtual_time(run())


def test_a_room_receives_some_at_once() -> None:
    async def run() -> None:
        here = Here()
        readers = [here.send(f"person {number}") for number in range(MOST_RECORDINGS + 1)]
        assert [reader.closed for reader in readers] == [False] * MOST_RECORDINGS + [True]
        await here.preconnect.aclose()

    run_in_virtual_time(run())


def test_no_more_is_taken_than_a_minute_of_sound() -> None:
    async def run() -> None:
        here = Here()
        reader = here.send("ann")
        for _ in range(7):
            reader.write(bytes(1_000_000))
        sound = await here.taken("ann")
        assert sound is not None
        assert len(sound) == MOST_BYTES
        assert reader.closed

    run_in_virtual_time(run())


@pytest.mark.parametrize(
    "attributes",
    [{"sampleRate": ""}, {"sampleRate": "1"}, {"channels": "x"}, {"channels": "0"}],
)
def test_what_is_described_as_no_sound_is_nothing_at_once(attributes: dict[str, str]) -> None:
    async def run() -> float:
        here = Here()
        reader = here.send("ann", **attributes)
        reader.write(b"ab")
        reader.end()
        assert await here.taken("ann") is None
        return asyncio.get_running_loop().time()

    assert run_in_virtual_time(run()) < LIMIT


def test_a_recording_that_stalls_is_nothing() -> None:
    async def run() -> EarlySound | None:
        here = Here()
        here.send("ann").write(b"ab")
        return await here.preconnect.take("ann", "TR_1", 60)

    assert run_in_virtual_time(run()) is None
