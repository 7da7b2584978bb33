from __future__ import annotations

import numpy as np
import pytest
from livekit.agents import vad

from speech.frame import frame_of
from speech.hearing.cutter import Cutter, Event
from speech.hearing.listening import Listening
from speech.hearing.vad_model import find_silero
from speech.utterance import SAMPLE_RATE


@pytest.fixture(scope="module")
def silero() -> vad.VAD:
    return find_silero()()


def noise(seconds: float, loudness: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.random.default_rng(1).normal(0, loudness, int(seconds * SAMPLE_RATE))


def keystrokes() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    sound, click = noise(10, 30), noise(0.012, 9000)
    for start in range(3000, len(sound) - 3000, 3700):
        sound[start : start + len(click)] += click
    return sound


def cough() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    burst = noise(0.28, 9000)
    return np.concatenate([noise(1, 20), burst * np.exp(-np.arange(len(burst)) / 1500)])


def hum() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    wave: np.ndarray[tuple[int], np.dtype[np.float64]] = 8000 * np.sin(
        2 * np.pi * 50 * np.arange(5 * SAMPLE_RATE) / SAMPLE_RATE
    )
    return wave


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(noise(5, 0), id="silence"),
        pytest.param(noise(5, 300), id="soft noise"),
        pytest.param(noise(5, 3000), id="loud noise"),
        pytest.param(keystrokes(), id="keystrokes"),
        pytest.param(cough(), id="a cough"),
        pytest.param(hum(), id="hum"),
    ],
)
async def test_silero_finds_no_speech_where_there_is_none(
    silero: vad.VAD, sound: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> None:
    told: list[Event] = []
    listening = Listening(silero, Cutter(1.2), told.append)
    listening.push(frame_of(sound.clip(-32_000, 32_000).astype(np.int16).tobytes()))
    listening.end()
    await listening.run()
    await listening.aclose()
    assert not told


async def test_silero_brings_every_sample_and_nothing_but_probabilities(silero: vad.VAD) -> None:
    stream = silero.stream()
    sound = noise(2, 3000).astype(np.int16)[: 512 * 60]
    stream.push_frame(frame_of(sound.tobytes()))
    stream.end_input()
    events = [event async for event in stream]
    await stream.aclose()
    assert {event.type for event in events} == {vad.VADEventType.INFERENCE_DONE}
    assert b"".join(bytes(event.frames[0].data) for event in events) == sound.tobytes()
