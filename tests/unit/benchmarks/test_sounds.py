"""What microphones are given: that a detector of voices takes it for what it is meant to be."""

import asyncio

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import inference, vad
from livekit.plugins import silero

from benchmarks.microphone import cut
from benchmarks.sounds import PAUSE_S, RATE, TALK_S, Samples, count_sentences, quiet, talk


async def probabilities(detector: vad.VAD, sound: Samples) -> list[float]:
    stream = detector.stream()
    for frame in cut(sound):
        stream.push_frame(frame)
    stream.end_input()
    found = [e.probability async for e in stream if e.type is vad.VADEventType.INFERENCE_DONE]
    await stream.aclose()
    return found


@pytest.mark.parametrize("load", [silero.VAD.load, inference.VAD])
async def test_speech_is_taken_for_speech_and_the_pause_for_none(load: type[vad.VAD]) -> None:
    detector = await asyncio.to_thread(load)
    found = await probabilities(detector, talk())
    spoken = int(len(found) * TALK_S / (TALK_S + PAUSE_S))
    assert np.mean(found[:spoken]) > 0.9
    # A detector needs a moment to notice that it is over.
    assert max(found[spoken + 15 :]) < 0.2
    assert max(await probabilities(detector, quiet(2.0))) < 0.2


def test_the_same_sound_is_made_each_time() -> None:
    assert np.array_equal(talk(), talk())
    assert np.array_equal(quiet(1.0), quiet(1.0))


def test_sound_is_cut_into_frames_without_a_loss() -> None:
    sound = quiet(1.0)
    frames = cut(sound)
    assert b"".join(bytes(frame.data) for frame in frames) == sound.tobytes()
    assert {(f.sample_rate, f.num_channels) for f in frames} == {(RATE, 1)}
    assert isinstance(frames[0], rtc.AudioFrame)


@pytest.mark.parametrize(
    ("first", "seconds", "sentences"),
    [
        (0.0, 8.0, 1),
        (0.0, 8.1, 2),
        (0.0, 2.0, 1),
        (1.0, 2.0, 1),
        (1.0, 8.0, 2),
        (3.0, 5.0, 0),
        (4.0, 8.0, 1),
        (17.0, 1.0, 1),
    ],
)
def test_sentences_are_counted_in_part_too(first: float, seconds: float, sentences: int) -> None:
    assert count_sentences(first, seconds) == sentences
