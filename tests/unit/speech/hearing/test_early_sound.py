from __future__ import annotations

import io
import wave

import av
import numpy as np
import pytest

from speech.hearing.early_sound import LONGEST, EarlySound, decode
from speech.utterance import SAMPLE_BYTES, SAMPLE_RATE
from tests.unit.speech.hearing.loudness import tone


async def test_samples_of_the_same_format_are_taken_as_they_are() -> None:
    sound = tone(0.5)
    assert await decode(EarlySound(sound, "", SAMPLE_RATE, 1)) == sound


async def test_a_broken_last_sample_is_left_out() -> None:
    assert await decode(EarlySound(b"\1\0\2", "", SAMPLE_RATE, 1)) == b"\1\0"


async def test_two_channels_are_mixed() -> None:
    stereo = np.array([[100, 300], [-100, -300]], np.int16).tobytes()
    mono = np.array([200, -200], np.int16).tobytes()
    assert await decode(EarlySound(stereo, "", SAMPLE_RATE, 2)) == mono


async def test_another_rate_is_resampled() -> None:
    sound = await decode(EarlySound(tone(2, 48_000), "audio/pcm", 48_000, 1))
    assert len(sound) / SAMPLE_BYTES / SAMPLE_RATE == pytest.approx(2, abs=0.05)


async def test_no_more_than_a_minute_is_taken() -> None:
    sound = await decode(EarlySound(bytes(70 * SAMPLE_RATE * SAMPLE_BYTES), "", SAMPLE_RATE, 1))
    assert len(sound) == LONGEST * SAMPLE_RATE * SAMPLE_BYTES


@pytest.mark.parametrize("mime_type", ["audio/webm;codecs=opus", "audio/opus"])
@pytest.mark.parametrize("container", ["webm", "ogg"])
async def test_opus_is_decoded(container: str, mime_type: str) -> None:
    await _is_decoded(EarlySound(_packed(container, "libopus"), mime_type, 48_000, 1))


async def test_what_safari_records_is_decoded() -> None:
    await _is_decoded(EarlySound(_packed("mp4", "aac"), "video/mp4", 48_000, 1))


async def _is_decoded(sound: EarlySound) -> None:
    samples = await decode(sound)
    assert len(samples) / SAMPLE_BYTES / SAMPLE_RATE == pytest.approx(2, abs=0.1)
    assert np.abs(np.frombuffer(samples, np.int16)).max() > 5000


@pytest.mark.parametrize("mime_type", ["audio/opus", "video/mp4"])
@pytest.mark.parametrize("data", [b"", b"no sound at all", b"OggS, but nothing follows"])
async def test_what_is_no_sound_is_nothing(data: bytes, mime_type: str) -> None:
    assert await decode(EarlySound(data, mime_type, 48_000, 1)) == b""


async def test_nothing_but_the_containers_of_clients_is_opened() -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as output:
        output.setparams((1, SAMPLE_BYTES, SAMPLE_RATE, 0, "NONE", ""))
        output.writeframes(tone(1))
    assert await decode(EarlySound(file.getvalue(), "audio/opus", 48_000, 1)) == b""


def _packed(container: str, codec: str) -> bytes:
    """Two seconds of sound, compressed as clients send it while it is recorded."""
    file = io.BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov"} if container == "mp4" else {}
    with av.open(file, "w", format=container, options=options) as output:
        stream = output.add_stream(codec, rate=48_000, layout="mono")
        assert isinstance(stream, av.AudioStream)
        samples = np.frombuffer(tone(2, 48_000), np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = 48_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            output.mux(packet)
    return file.getvalue()
