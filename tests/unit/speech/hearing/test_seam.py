from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.hearing.seam import LONGEST, PART, STEP, find_overlap
from speech.utterance import SAMPLE_BYTES, SAMPLE_RATE

SURE = PART + STEP
"""Seconds from which on what both have is found."""


def noise(seconds: float, seed: int) -> bytes:
    random = np.random.default_rng(seed)
    return random.normal(0, 3000, round(seconds * SAMPLE_RATE)).astype(np.int16).tobytes()


def heard_again(sound: bytes, gain: float) -> bytes:
    """The same, by another encoder."""
    samples = np.frombuffer(sound, np.int16)
    changed = samples * gain + np.random.default_rng(9).normal(0, 200, len(samples))
    return changed.astype(np.int16).tobytes()


def seconds(count: int) -> float:
    return count / SAMPLE_BYTES / SAMPLE_RATE


@given(st.floats(SURE + 0.01, LONGEST), st.floats(0.5, 1.5), st.integers(0, 1000))
def test_what_both_have_is_found(length: float, gain: float, seed: int) -> None:
    before, after = noise(1.5, seed), noise(1, seed + 1)
    both = before[-round(length * SAMPLE_RATE) * SAMPLE_BYTES :]
    found = find_overlap(before, heard_again(both, gain) + after)
    assert found == len(both)


@given(st.floats(0.0, 1.5), st.floats(0.0, 1.5), st.integers(0, 1000))
def test_what_only_follows_is_kept(length: float, rest: float, seed: int) -> None:
    assert find_overlap(noise(length, seed), noise(rest, seed + 1)) == 0


def test_a_beginning_that_is_played_faster_is_found_where_it_ends() -> None:
    before = noise(1, 1)
    both = before[-round(0.3 * SAMPLE_RATE) * SAMPLE_BYTES :]
    left_out = 80 * SAMPLE_BYTES
    found = find_overlap(before, both[: 4 * left_out] + both[5 * left_out :] + noise(1, 2))
    assert seconds(found) == pytest.approx(0.3 - seconds(left_out), abs=0.001)


@pytest.mark.parametrize("level", [0, 1])
def test_silence_is_not_taken_for_the_same_silence(level: int) -> None:
    quiet = np.full(SAMPLE_RATE, level, np.int16).tobytes()
    assert find_overlap(quiet, quiet) == 0


@pytest.mark.parametrize(("before", "after"), [(b"", b""), (noise(1, 1), b""), (b"", noise(1, 1))])
def test_of_nothing_nothing_is_found(before: bytes, after: bytes) -> None:
    assert find_overlap(before, after) == 0
