from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.hearing.cutter import (
    AFTER,
    BEFORE,
    ENTER,
    EXIT,
    LONGEST,
    LONGEST_UTTERANCE,
    STEP,
    UNSURE,
    Began,
    Cutter,
    Ended,
    Event,
)
from speech.hearing.stretch import GAP
from speech.utterance import SAMPLE_BYTES, SAMPLE_RATE, Piece

WINDOW = 512
"""Samples of a window of Silero."""

PAUSE = 1.2


def tone(samples: int, loudness: int = 5000) -> bytes:
    return np.full(samples, loudness, np.int16).tobytes()


def seconds_of(
    probability: float, seconds: float, loudness: int = 5000
) -> list[tuple[bytes, float]]:
    windows = round(seconds * SAMPLE_RATE / WINDOW)
    return [(tone(WINDOW, loudness), probability)] * windows


def speech(seconds: float, loudness: int = 5000) -> list[tuple[bytes, float]]:
    return seconds_of(0.9, seconds, loudness)


def silence(seconds: float) -> list[tuple[bytes, float]]:
    return seconds_of(0.02, seconds, 3)


def cut(
    *parts: list[tuple[bytes, float]], pause: float = PAUSE, finish: bool = False
) -> list[Event]:
    cutter = Cutter(pause)
    events = [event for part in parts for window in part for event in cutter.add(*window)]
    return events + (cutter.finish() if finish else [])


def kinds(events: list[Event]) -> str:
    return " ".join(type(event).__name__.lower() for event in events)


def pieces(events: list[Event]) -> list[Piece]:
    return [event for event in events if isinstance(event, Piece)]


def test_a_sentence_is_one_piece_and_ends_after_the_pause() -> None:
    assert kinds(cut(silence(1), speech(2), silence(1.3))) == "began piece ended"
    assert kinds(cut(silence(1), speech(2), silence(1.1))) == "began piece"


def test_a_piece_begins_half_a_second_before_the_speech() -> None:
    (piece,) = pieces(cut(silence(2), speech(1), silence(1)))
    assert piece.seconds == pytest.approx(BEFORE + 1 + AFTER, abs=0.07)
    assert piece.speech == pytest.approx(1, abs=0.04)
    assert piece.confidence == pytest.approx(0.9)
    assert piece.peak == 5000


def test_it_begins_after_a_moment_of_speech_and_says_how_old_that_is() -> None:
    events = cut(silence(1), speech(0.32))
    assert [round(event.age, 2) for event in events if isinstance(event, Began)] == [0.22]


def test_after_a_short_pause_the_utterance_goes_on() -> None:
    events = cut(speech(1), silence(0.8), speech(1), silence(1.3))
    assert kinds(events) == "began piece piece ended"


def test_a_pause_shorter_than_a_step_ends_at_once() -> None:
    assert kinds(cut(speech(1), silence(0.35), pause=0.3)) == "began piece ended"


@pytest.mark.parametrize("spoken", [0.2, 0.26])
def test_a_short_word_is_told_when_it_has_ended(spoken: float) -> None:
    events = cut(silence(1), seconds_of(0.9, spoken + 0.02), silence(1.3))
    assert kinds(events) == "began piece ended"


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(speech(0.13), id="a click"),
        pytest.param(seconds_of(0.52, 5), id="a hum"),
        pytest.param(speech(2, loudness=100), id="across the street"),
        pytest.param((speech(0.06) + silence(0.3)) * 20, id="slow keystrokes"),
    ],
)
def test_what_is_no_speech_is_not_told(sound: list[tuple[bytes, float]]) -> None:
    assert kinds(cut(silence(1), sound, silence(2), finish=True)) == ""


def test_a_click_does_not_prolong_an_utterance() -> None:
    click = speech(0.06) + silence(0.45)
    events = cut(speech(1), silence(0.5), click * 4)
    assert kinds(events).endswith("ended")
    assert kinds(cut(speech(1), silence(0.5), click * 2, finish=True)).count("ended") == 1


def test_speech_that_begins_just_before_the_end_still_belongs_to_it() -> None:
    events = cut(speech(1), silence(1.1), speech(1), silence(1.3))
    assert kinds(events) == "began piece piece ended"


def test_a_hum_cannot_hold_an_utterance_open() -> None:
    assert kinds(cut(speech(1), seconds_of(0.4, 1), silence(0.5), seconds_of(0.51, 4))).endswith(
        "ended"
    )


def test_noise_before_speech_does_not_hide_it() -> None:
    events = cut(seconds_of(0.51, 10), speech(1), silence(1.3))
    assert kinds(events) == "began piece ended"
    assert pieces(events)[0].seconds < UNSURE + 1 + STEP


def test_a_long_piece_is_cut_where_it_is_quietest() -> None:
    hush = speech(0.1, loudness=40)
    events = cut(speech(27), hush, speech(8), silence(1.3))
    first, second = pieces(events)
    assert kinds(events) == "began piece piece ended"
    assert first.seconds == pytest.approx(27.1, abs=0.05)
    assert first.seconds + second.seconds == pytest.approx(35.1 + AFTER, abs=0.05)


def test_who_never_pauses_says_several_things_and_nothing_is_lost() -> None:
    windows = speech(700)
    events = cut(windows, silence(1.3))
    assert kinds(events).count("began") == kinds(events).count("ended") == 3
    heard = sum(piece.speech for piece in pieces(events))
    assert heard == pytest.approx(700, abs=0.1)
    lengths, said = [], 0.0
    for event in events:
        said = said + event.seconds if isinstance(event, Piece) else 0.0
        lengths += [said] if isinstance(event, Piece) else []
    assert max(lengths) < LONGEST_UTTERANCE + LONGEST + 1


def test_finishing_ends_what_is_said_in_the_middle() -> None:
    events = cut(silence(1), speech(0.6), finish=True)
    assert kinds(events) == "began piece ended"
    assert pieces(events)[0].seconds == pytest.approx(BEFORE + 0.6, abs=0.05)


def test_finishing_tells_a_short_word() -> None:
    assert kinds(cut(speech(0.25), finish=True)) == "began piece ended"


def test_finishing_between_pieces_only_ends() -> None:
    assert kinds(cut(speech(1), silence(0.6), finish=True)) == "began piece ended"


def test_what_comes_after_finishing_is_another_utterance() -> None:
    cutter = Cutter(PAUSE)
    for window in speech(1):
        cutter.add(*window)
    cutter.finish()
    events = [event for window in speech(1) for event in cutter.add(*window)]
    assert kinds(events) == "began"
    assert kinds(cutter.finish()) == "piece ended"
    assert cutter.finish() == []


@dataclass(frozen=True)
class Heard:
    """A window, as the tests of properties make them."""

    samples: int
    probability: float


LIKELY = st.sampled_from([0.0, 0.3, 0.4, 0.55, 0.7, 0.95, 1.0])
SIZES = st.integers(1, 4000)
RUNS = st.lists(st.tuples(LIKELY, SIZES, st.integers(1, 80)), max_size=25)
PAUSES = st.sampled_from([0.1, 0.4, 0.8, 1.2, 3.0])


def expand(runs: list[tuple[float, int, int]]) -> list[Heard]:
    return [Heard(size, chance) for chance, size, times in runs for _ in range(times)]


def run(windows: list[Heard], pause: float) -> tuple[list[tuple[int, Event]], bytes]:
    """Every event with the number of windows heard by then; and all of the sound.

    No two neighbouring samples of it are at a distance as others are, so that a part of it says
    where it is from.
    """
    total = sum(window.samples for window in windows)
    whole = np.random.default_rng(7).integers(-30_000, 30_000, total, dtype=np.int16).tobytes()
    cutter, events, at = Cutter(pause), list[tuple[int, Event]](), 0
    for number, window in enumerate(windows, 1):
        end = at + window.samples * SAMPLE_BYTES
        events += [(number, event) for event in cutter.add(whole[at:end], window.probability)]
        at = end
    events += [(len(windows), event) for event in cutter.finish()]
    return events, whole


def places(windows: list[Heard], events: list[tuple[int, Event]], whole: bytes) -> list[range]:
    """Which windows each piece holds; fails if a piece is not from the sound, or out of order."""
    ends = np.cumsum([window.samples for window in windows]) * SAMPLE_BYTES
    starts = np.concatenate([[0], ends[:-1]])
    found, at = [], 0
    for _, event in events:
        if isinstance(event, Piece):
            start = whole.index(event.sound, at)
            at = start + len(event.sound)
            found.append(
                range(int(np.searchsorted(starts, start)), int(np.searchsorted(ends, at)) + 1)
            )
    return found


def spoken(windows: list[Heard]) -> list[bool]:
    marks, speaks = [], False
    for window in windows:
        speaks = window.probability >= (EXIT if speaks else ENTER)
        marks.append(speaks)
    return marks


@given(RUNS, PAUSES)
def test_utterances_begin_have_pieces_and_end(
    runs: list[tuple[float, int, int]], pause: float
) -> None:
    events, _ = run(expand(runs), pause)
    told = kinds([event for _, event in events]).split()
    state = "ended"
    for kind in told:
        assert kind in {"ended": {"began"}, "began": {"piece"}, "piece": {"piece", "ended"}}[state]
        state = kind
    assert state == "ended"


@given(RUNS, PAUSES)
def test_pieces_are_in_order_and_nothing_is_in_two(
    runs: list[tuple[float, int, int]], pause: float
) -> None:
    windows = expand(runs)
    events, whole = run(windows, pause)
    held = places(windows, events, whole)
    for before, after in pairwise(held):
        assert before.stop <= after.start
    for _, event in events:
        if isinstance(event, Piece):
            assert event.seconds <= LONGEST + 4000 / SAMPLE_RATE
            assert 0 <= event.speech <= event.seconds


@given(RUNS, PAUSES)
def test_no_speech_of_an_utterance_is_lost(
    runs: list[tuple[float, int, int]], pause: float
) -> None:
    windows = expand(runs)
    events, whole = run(windows, pause)
    kept = {number for held in places(windows, events, whole) for number in held}
    marks, began = spoken(windows), None
    for number, event in events:
        if isinstance(event, Began):
            began = number
        if isinstance(event, Ended) and began is not None:
            lost = [at for at in range(began - 1, number) if marks[at] and at not in kept]
            assert not lost


@given(RUNS, PAUSES)
def test_sure_speech_is_told(runs: list[tuple[float, int, int]], pause: float) -> None:
    windows = expand(runs)
    events, whole = run(windows, pause)
    kept = {number for held in places(windows, events, whole) for number in held}
    length = 0
    for at, window in enumerate(windows):
        length = length + window.samples if window.probability >= 0.7 else 0
        if length >= (0.3 + 4000 / SAMPLE_RATE) * SAMPLE_RATE:
            assert at in kept


def test_short_silences_between_pieces_are_kept() -> None:
    windows = [
        Heard(WINDOW, chance) for chance in [0.9] * 30 + [0.0] * 20 + [0.9] * 30 + [0.0] * 50
    ]
    events, whole = run(windows, PAUSE)
    first, second = places(windows, events, whole)
    assert 20 * WINDOW / SAMPLE_RATE < BEFORE + AFTER
    assert first.stop == second.start
    assert GAP < STEP
