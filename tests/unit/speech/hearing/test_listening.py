from __future__ import annotations

import asyncio

import pytest

from speech.frame import frame_of
from speech.hearing.cutter import Began, Cutter, Ended, Event
from speech.hearing.listening import Listening
from speech.utterance import Piece
from tests.unit.speech.hearing.loudness import LoudnessVad, silence, tone
from tests.waiting import eventually


async def heard(*sounds: bytes) -> list[Event]:
    """What is told of sounds, each of which is finished before the next."""
    told: list[Event] = []
    listening = Listening(LoudnessVad(), Cutter(1.2), told.append)
    for sound in sounds[:-1]:
        listening.push(frame_of(sound))
        listening.finish()
    listening.push(frame_of(sounds[-1]))
    listening.end()
    await listening.run()
    await listening.aclose()
    return told


def kinds(events: list[Event]) -> str:
    return " ".join(type(event).__name__.lower() for event in events)


async def test_speech_becomes_an_utterance() -> None:
    assert kinds(await heard(silence(1) + tone(1) + silence(1.5))) == "began piece ended"


async def test_the_end_in_mid_speech_loses_no_sample() -> None:
    sound = tone(0.777)
    events = await heard(sound)
    assert kinds(events) == "began piece ended"
    pieces = [event for event in events if isinstance(event, Piece)]
    assert pieces[0].sound.startswith(sound)


async def test_finishing_separates_what_follows_without_a_pause() -> None:
    events = await heard(tone(0.777), tone(0.555))
    assert kinds(events) == "began piece ended began piece ended"
    first, second = (event for event in events if isinstance(event, Piece))
    assert first.sound.startswith(tone(0.777))
    assert second.sound.startswith(tone(0.555))


async def test_the_age_counts_what_waits_to_be_judged() -> None:
    events = await heard(silence(0.512) + tone(3))
    assert [event.age for event in events if isinstance(event, Began)] == [
        pytest.approx(3, abs=0.04)
    ]


async def test_a_model_that_fails_raises_and_the_utterance_ends() -> None:
    told: list[Event] = []
    listening = Listening(LoudnessVad(fails_after=20), Cutter(1.2), told.append)
    running = asyncio.ensure_future(listening.run())
    listening.push(frame_of(tone(2)))
    await eventually(running.done)
    with pytest.raises(RuntimeError):
        running.result()
    await listening.aclose()
    assert kinds(told) == "began piece ended"
    assert isinstance(told[-1], Ended)


async def test_what_comes_after_the_end_is_not_heard() -> None:
    told: list[Event] = []
    listening = Listening(LoudnessVad(), Cutter(1.2), told.append)
    listening.push(frame_of(tone(1)))
    listening.end()
    listening.push(frame_of(tone(1)))
    listening.finish()
    listening.end()
    await listening.run()
    await listening.aclose()
    assert [event.speech for event in told if isinstance(event, Piece)] == [
        pytest.approx(1, abs=0.04)
    ]


async def test_what_comes_faster_than_it_is_judged_is_dropped_and_that_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("speech.hearing.listening.BACKLOG", 1.0)
    told: list[Event] = []
    listening = Listening(LoudnessVad(), Cutter(1.2), told.append)
    for _ in range(4):
        listening.push(frame_of(tone(0.777)))
    listening.end()
    await listening.run()
    await listening.aclose()
    assert kinds(told) == "began piece ended"
    assert [event.speech for event in told if isinstance(event, Piece)] == [
        pytest.approx(2 * 0.777, abs=0.04)
    ]
    assert [record.message for record in caplog.records] == [
        "sound is lost: more comes than can be judged"
    ]
