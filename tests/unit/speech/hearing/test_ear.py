"""An ear on a track of its own, without a room."""

from __future__ import annotations

import asyncio

import pytest
from livekit import rtc
from livekit.agents import vad

from speech.hearing.cutter import Cutter, Event
from speech.hearing.ear import LATE, Ear
from speech.utterance import SAMPLE_RATE, Piece
from tests.unit.speech.hearing.loudness import LoudnessVad, tone
from tests.waiting import eventually


def an_ear(told: list[Event], *, is_muted: bool = False) -> Ear:
    source = rtc.AudioSource(SAMPLE_RATE, 1)
    track = rtc.LocalAudioTrack.create_audio_track("sound", source)
    return Ear(track, Cutter(1.2), told.append, is_muted=is_muted)


async def loaded() -> vad.VAD:
    return LoudnessVad()


async def nothing() -> bytes:
    return b""


async def speech() -> bytes:
    return tone(1)


async def test_what_was_said_before_is_heard_though_the_track_ends_at_once() -> None:
    told: list[Event] = []
    ear = an_ear(told)
    ear.end(late=0)
    await ear.listen(loaded, speech)
    assert [event.speech for event in told if isinstance(event, Piece)] == [
        pytest.approx(1, abs=0.04)
    ]


async def test_what_was_said_before_is_finished_though_the_track_is_muted() -> None:
    told: list[Event] = []
    ear = an_ear(told, is_muted=True)
    listening = asyncio.create_task(ear.listen(loaded, speech))
    await eventually(lambda: len(told) == 3)
    ear.end(late=0)
    await listening


async def test_muting_an_ear_that_has_failed_leaves_nothing_behind() -> None:
    async def fail() -> vad.VAD:
        raise RuntimeError("no model")

    ear = an_ear([])
    with pytest.raises(RuntimeError):
        await ear.listen(fail, nothing)
    ear.mute()
    timer, loop = ear._timer, asyncio.get_running_loop()
    assert timer is not None
    await eventually(lambda: loop.time() > timer.when() + LATE / 2)
    assert ear._timer is timer
