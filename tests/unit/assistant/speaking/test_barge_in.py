"""The voice gives way to people who speak, and goes on if they said nothing to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from assistant.speaking.barge_in import SETTLING_LIMIT, GivingWay
from assistant.turns.floor import WORDLESS_LIMIT
from speech.utterance import Utterance
from tests.virtual_time import run_in_virtual_time

ADA = Utterance("a", "ada", "TR_a", 0.0)
BOB = Utterance("b", "bob", "TR_b", 0.0)


class VoiceDouble:
    """A voice that is saying something until it is silenced."""

    def __init__(self) -> None:
        self.is_speaking = True
        self.is_paused = False

    @property
    def is_audible(self) -> bool:
        return self.is_speaking and not self.is_paused

    def pause(self) -> None:
        assert not self.is_paused
        self.is_paused = True

    def resume(self) -> None:
        self.is_paused = False

    def silence(self) -> None:
        self.is_speaking = False


def playing(scene: Callable[[VoiceDouble, GivingWay], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        voice = VoiceDouble()
        way = GivingWay(voice)
        await scene(voice, way)
        way.close()

    run_in_virtual_time(main())


def test_it_pauses_at_once_and_goes_on_when_it_was_nothing() -> None:
    async def scene(voice: VoiceDouble, way: GivingWay) -> None:
        way.began(ADA)
        assert not voice.is_audible
        way.dropped(ADA)
        assert voice.is_audible

    playing(scene)


@pytest.mark.parametrize("has_words", [True, False])
def test_it_is_silenced_by_what_is_meant_for_it(has_words: bool) -> None:
    async def scene(voice: VoiceDouble, way: GivingWay) -> None:
        way.began(ADA)
        if has_words:
            way.words(ADA)
        way.ended(ADA)
        way.asked(ADA)
        assert not voice.is_speaking
        assert not voice.is_paused

    playing(scene)


@pytest.mark.parametrize(
    ("ends", "at"), [(True, SETTLING_LIMIT), (False, WORDLESS_LIMIT)], ids=["a cough", "music"]
)
def test_it_goes_on_when_no_words_come(ends: bool, at: float) -> None:
    async def scene(voice: VoiceDouble, way: GivingWay) -> None:
        way.began(ADA)
        if ends:
            way.ended(ADA)
        await asyncio.sleep(at - 0.1)
        assert not voice.is_audible
        await asyncio.sleep(0.2)
        assert voice.is_audible
        way.dropped(ADA)
        assert voice.is_audible

    playing(scene)


def test_words_make_it_wait_until_they_are_understood() -> None:
    async def scene(voice: VoiceDouble, way: GivingWay) -> None:
        way.began(ADA)
        way.words(ADA)
        way.ended(ADA)
        await asyncio.sleep(10 * WORDLESS_LIMIT)
        assert not voice.is_audible
        way.dropped(ADA)
        assert voice.is_audible

    playing(scene)


def test_words_that_come_late_pause_it_again_and_silence_it() -> None:
    async def scene(voice: VoiceDouble, way: GivingWay) -> None:
        way.began(ADA)
        way.ended(ADA)
        await asyncio.sleep(SETTLING_LIMIT + 1)
        assert voice.is_audible
        way.words(ADA)
        assert not voice.is_audible
        way.asked(ADA)
        assert not voice.is_speaking

    playing(scene)


def test_it_goes_on_as_soon_as_it_knows_its_own_echo() -> None:
    async def scene(voice: VoiceDouble, way: GivingWay) -> None:
        way.began(ADA)
        way.echoed(ADA)
        assert voice.is_audible
        way.ended(ADA)
        way.dropped(ADA)
        assert voice.is_audible

    playing(scene)


def test_who_has_a_loudspeaker_breaks_it_off_by_words_alone() -> None:
    async def scene(voice: VoiceDouble, way: GivingWay) -> None:
        way.began(ADA)
        way.echoed(ADA)
        way.dropped(ADA)
        way.began(again := replace(ADA, id="again"))
        assert voice.is_audible
        way.began(BOB)
        assert not voice.is_audible, "it is not everybody's echo"
        way.dropped(BOB)
        way.echoed(again)
        way.words(again)
        assert not voice.is_audible
        way.asked(again)
        assert not voice.is_speaking

    playing(scene)


def test_who_spoke_over_it_without_an_echo_has_no_loudspeaker_any_more() -> None:
    async def scene(voice: VoiceDouble, way: GivingWay) -> None:
        way.began(ADA)
        way.echoed(ADA)
        way.dropped(ADA)
        again, later = replace(ADA, id="again"), replace(ADA, id="later")
        way.began(again)
        way.words(again)
        way.asked(again)
        voice.is_speaking = True
        way.began(later)
        assert not voice.is_audible

    playing(scene)


def test_what_is_to_be_said_waits_for_who_has_a_loudspeaker_too() -> None:
    async def scene(voice: VoiceDouble, way: GivingWay) -> None:
        way.began(ADA)
        way.echoed(ADA)
        way.dropped(ADA)
        voice.is_speaking = False
        way.began(replace(ADA, id="again"))
        voice.is_speaking = True
        assert not voice.is_audible

    playing(scene)


def test_it_waits_for_the_last_of_several() -> None:
    async def scene(voice: VoiceDouble, way: GivingWay) -> None:
        way.began(ADA)
        way.began(BOB)
        way.dropped(ADA)
        assert not voice.is_audible
        way.dropped(BOB)
        assert voice.is_audible

    playing(scene)


def test_what_is_to_be_said_next_waits_for_who_still_speaks() -> None:
    async def scene(voice: VoiceDouble, way: GivingWay) -> None:
        way.began(ADA)
        way.began(BOB)
        way.asked(ADA)
        voice.is_speaking = True
        assert not voice.is_audible
        way.dropped(BOB)
        assert voice.is_audible

    playing(scene)


def test_an_answer_that_nobody_spoke_over_is_said_after_a_further_question() -> None:
    async def scene(voice: VoiceDouble, way: GivingWay) -> None:
        voice.is_speaking = False
        way.began(ADA)
        way.words(ADA)
        voice.is_speaking = True
        assert not voice.is_audible, "it waits for who speaks already"
        way.asked(ADA)
        assert voice.is_audible

    playing(scene)


def test_once_closed_it_does_nothing_more() -> None:
    async def scene(voice: VoiceDouble, way: GivingWay) -> None:
        way.began(ADA)
        way.close()
        await asyncio.sleep(2 * WORDLESS_LIMIT)
        assert voice.is_paused

    playing(scene)
