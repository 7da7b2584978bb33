from __future__ import annotations

import numpy as np
import pytest

from speech.hearing.stretch import Stretch, Window, peak_of


def window(probability: float, *, is_speech: bool, loudness: int = 5000) -> Window:
    return Window(np.full(1600, loudness, np.int16).tobytes(), probability, is_speech)


def spoken(count: int, probability: float = 0.9) -> list[Window]:
    return [window(probability, is_speech=True)] * count


def silent(count: int) -> list[Window]:
    return [window(0.0, is_speech=False)] * count


@pytest.mark.parametrize(
    ("samples", "peak"), [([], 0), ([1, -7, 3], 7), ([-32768, 0], 32767), ([32767], 32767)]
)
def test_the_peak_is_the_loudest_sample(samples: list[int], peak: int) -> None:
    assert peak_of(np.array(samples, np.int16).tobytes()) == peak


def test_speech_and_the_silence_after_it_are_counted() -> None:
    stretch = Stretch([*silent(2), *spoken(3), *silent(1)])
    assert (stretch.samples, stretch.speech, stretch.silence) == (9600, 4800, 1600)
    assert stretch.age == pytest.approx(0.4)


@pytest.mark.parametrize(("count", "likely", "sure"), [(1, 0, 0), (2, 1, 0), (3, 1, 1)])
def test_longer_speech_is_surer(count: int, likely: bool, sure: bool) -> None:
    stretch = Stretch(spoken(count))
    assert (stretch.is_likely, stretch.is_sure) == (likely, sure)


def test_improbable_speech_is_not_likely() -> None:
    assert not Stretch(spoken(20, probability=0.5)).is_likely


def test_keystrokes_are_not_taken_together() -> None:
    assert not Stretch([*spoken(1), *silent(3)] * 10).is_likely
    assert Stretch([*spoken(1), *silent(1)] * 10).is_sure


def test_trimming_drops_the_oldest() -> None:
    stretch = Stretch([*spoken(3), *silent(5)])
    stretch.trim(0.5)
    assert (stretch.samples, stretch.speech, stretch.silence) == (8000, 0, 8000)


def test_a_piece_has_the_means_of_its_speech() -> None:
    piece = Stretch([*silent(1), *spoken(1, 0.6), *spoken(1, 1.0)]).piece()
    assert (piece.seconds, piece.speech, piece.peak) == (0.3, 0.2, 5000)
    assert piece.confidence == pytest.approx(0.8)
