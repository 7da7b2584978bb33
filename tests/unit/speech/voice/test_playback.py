"""Frames are played once each, in order, whatever is paused when; and it is known whether it sounds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import pytest
from livekit import rtc

from speech.voice.agent_track import QUEUE_SECONDS, AgentTrack
from speech.voice.playback import Playback
from speech.voice.sound import FRAME_SECONDS
from tests.doubles import FakeRoom
from tests.virtual_time import run_in_virtual_time


class FakeTrack(AgentTrack):
    """A track whose sound is heard after it was queued, as in native code."""

    def __init__(self) -> None:
        super().__init__(FakeRoom())
        self.heard: list[int] = []
        """The numbers of the frames that sounded."""
        self._queue: list[tuple[float, int]] = []
        self._free_at = 0.0

    def _settle(self) -> None:
        """Note which frames have sounded to their end."""
        now = asyncio.get_running_loop().time()
        while self._queue and self._queue[0][0] < now + 1e-6:
            self.heard.append(self._queue.pop(0)[1])

    @property
    def queued_seconds(self) -> float:
        self._settle()
        return max(0.0, self._free_at - asyncio.get_running_loop().time())

    async def play(self, frame: rtc.AudioFrame) -> None:
        self._settle()
        loop = asyncio.get_running_loop()
        self._free_at = max(loop.time(), self._free_at) + FRAME_SECONDS
        self._queue.append((self._free_at, frame.userdata["number"]))
        if (over := self._free_at - loop.time() - QUEUE_SECONDS) > 0:
            await asyncio.sleep(over)
        self._settle()

    def clear(self) -> None:
        self._settle()
        self._queue.clear()
        self._free_at = 0.0


def frame(number: int) -> rtc.AudioFrame:
    return rtc.AudioFrame(bytes(20), 24_000, 1, 10, userdata={"number": number})


Play = Callable[[Playback, FakeTrack], Coroutine[None, None, None]]


def played(frames: int, meanwhile: Play) -> tuple[list[int], list[bool]]:
    """Play some frames, and do something meanwhile. Returns what was heard, and the changes."""

    async def run() -> tuple[list[int], list[bool]]:
        changes: list[bool] = []
        track = FakeTrack()
        playback = Playback(track, lambda: changes.append(playback.is_audible))

        async def play() -> None:
            for number in range(frames):
                await playback.play(frame(number))
            await playback.drain()

        async with asyncio.TaskGroup() as group:
            group.create_task(play())
            group.create_task(meanwhile(playback, track))
        assert track.queued_seconds < 1e-6
        return track.heard, changes

    return run_in_virtual_time(run())


async def nothing(*_: object) -> None:
    pass


def test_all_is_heard_and_then_it_is_quiet() -> None:
    heard, changes = played(40, nothing)
    assert heard == list(range(40))
    assert changes == [True, False]


@pytest.mark.parametrize("after", [0.0, 0.01, 0.12, 0.5, 1.03, 1.9, 1.99])
def test_a_pause_loses_nothing_and_repeats_nothing(after: float) -> None:
    async def pause(playback: Playback, track: FakeTrack) -> None:
        await asyncio.sleep(after)
        playback.pause()
        assert not playback.is_audible
        heard = list(track.heard)
        await asyncio.sleep(60)
        assert track.heard == heard
        playback.resume()

    heard, changes = played(40, pause)
    assert heard == list(range(40))
    assert changes[-1] is False
    assert changes[-2] is True


def test_it_can_be_paused_again_and_again() -> None:
    async def pause(playback: Playback, track: FakeTrack) -> None:
        while len(track.heard) < 30:
            await asyncio.sleep(0.13)
            playback.pause()
            playback.pause()
            await asyncio.sleep(1)
            playback.resume()
            playback.resume()

    assert played(40, pause)[0] == list(range(40))


def test_what_is_cleared_is_not_heard_and_what_comes_after_is() -> None:
    async def clear(playback: Playback, track: FakeTrack) -> None:
        await asyncio.sleep(0.52)
        playback.pause()
        playback.clear()
        assert not playback.is_audible
        playback.resume()

    heard, _ = played(40, clear)
    assert heard[:10] == list(range(10))
    assert heard[-1] == 39
    assert len(heard) < 40


def test_a_gap_in_the_sound_is_noticed() -> None:
    async def run() -> list[bool]:
        changes: list[bool] = []
        playback = Playback(FakeTrack(), lambda: changes.append(playback.is_audible))
        await playback.play(frame(0))
        await asyncio.sleep(1)
        await playback.play(frame(1))
        await playback.drain()
        return changes

    assert run_in_virtual_time(run()) == [True, False, True, False]
