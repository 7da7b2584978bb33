"""Sound of any file becomes what the model hears, and what it says becomes bytes."""

from __future__ import annotations

import contextlib
import io
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from worker.devstack.sound import read_wav, resample, to_pcm, write_wav

RATE = 16_000


def tone(frequency: float, rate: int, seconds: float = 0.5) -> NDArray[np.float32]:
    moments = np.arange(round(rate * seconds)) / rate
    sine: NDArray[np.float32] = (0.5 * np.sin(2 * np.pi * frequency * moments)).astype(np.float32)
    return sine


def loudness(samples: NDArray[np.float32]) -> float:
    """Of the middle: the ends of a tone are cut anywhere."""
    middle = samples[samples.size // 4 : -samples.size // 4]
    return float(np.sqrt(np.mean(middle**2)))


def wav(frames: bytes, channels: int = 1, width: int = 2, rate: int = RATE) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(width)
        writer.setframerate(rate)
        writer.writeframes(frames)
    return file.getvalue()


@given(st.lists(st.integers(-32_767, 32_767), max_size=50))
def test_samples_come_back_as_they_were(values: list[int]) -> None:
    samples = np.array(values, np.float32) / np.float32(32_768)
    read = read_wav(write_wav(to_pcm(samples), RATE), RATE)
    assert read.dtype == np.float32
    assert np.allclose(read, samples, atol=2 / 32_768)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 44_100, 48_000])
def test_a_tone_keeps_its_pitch_length_and_loudness(rate: int) -> None:
    heard = read_wav(write_wav(to_pcm(tone(440, rate)), rate), RATE)
    assert heard.size == RATE // 2
    assert loudness(heard) == pytest.approx(0.5 / np.sqrt(2), rel=0.01)
    strongest = np.argmax(np.abs(np.fft.rfft(heard)))
    assert strongest / 0.5 == pytest.approx(440, abs=2)


def test_what_is_too_high_for_the_rate_is_left_out_and_not_heard_as_another_tone() -> None:
    assert loudness(resample(tone(11_000, 48_000), 48_000, RATE)) < 0.001


def test_channels_are_mixed() -> None:
    left = np.full(100, 0.5, np.float32)
    both = np.stack([left, -left / 2], axis=1).reshape(-1)
    assert np.allclose(read_wav(wav(to_pcm(both), channels=2), RATE), 0.125, atol=0.001)


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_file_that_was_cut_is_read_up_to_there(cut: int) -> None:
    whole = wav(to_pcm(np.full(100, 0.5, np.float32)), channels=2)
    assert read_wav(whole[:-cut], RATE).size == 49


@pytest.mark.parametrize("rate", [4_000, 16_000, 48_000])
def test_a_file_without_sound_is_no_sound(rate: int) -> None:
    assert read_wav(wav(b"", rate=rate), RATE).size == 0
    assert read_wav(wav(b"\0\0", rate=rate), RATE).size <= 4


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a WAV"),
        (b"RIFF", "not a WAV"),
        (b"ID3 an mp3 file", "not a WAV"),
        (wav(b"\0" * 10, width=1), "8 bits"),
        (wav(b"\0" * 12, width=3), "24 bits"),
        (wav(b"\0\0", rate=10), "10 samples a second"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_wav(data, RATE)


@given(st.binary(max_size=80), st.integers(0, 60), st.binary(min_size=1, max_size=4))
def test_no_file_does_more_than_being_refused(tail: bytes, place: int, other: bytes) -> None:
    file = bytearray(wav(tail))
    file[place : place + len(other)] = other
    with contextlib.suppress(ValueError):
        assert read_wav(bytes(file), RATE).dtype == np.float32
