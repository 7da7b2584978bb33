"""Sound that a speech service understands is a question of the conversation: all parts but room and LLM are real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import openai
import pytest

import prompts
from assistant.arriving.limits import Limits
from speech.transcription import Transcriber, Transcription
from speech.utterance import Utterance
from tests.doubles import FakeSpeech, SpeechReply
from tests.unit.assistant.arriving.speakers import Speakers
from tests.unit.assistant.scene import Setting, talking
from tests.unit.speech.transcription.sounds import piece


@pytest.fixture
def service() -> Iterator[FakeSpeech]:
    with FakeSpeech() as service:
        yield service


@asynccontextmanager
async def hearing(service: FakeSpeech, speakers: Speakers) -> AsyncIterator[Transcription]:
    client = openai.AsyncOpenAI(base_url=service.base_url, api_key="key", max_retries=0)
    async with client:
        transcriber = Transcriber(client, model="ears", language=None)
        transcription = Transcription(
            transcriber,
            speakers.spoken,
            is_own_voice=lambda text, _: text == "My own words.",
            allows=speakers.spoken.allows,
        )
        yield transcription
        transcription.cancel()
        await transcription.settled()
        await transcriber.aclose()


async def say(ears: Transcription, number: int, *seconds: float) -> None:
    now = asyncio.get_running_loop().time()
    utterance = Utterance(f"ada-{number}", "ada", "TR_ada", now)
    ears.began(utterance)
    for length in seconds:
        ears.heard(utterance, piece(length))
    ears.ended(utterance)
    await asyncio.wait_for(ears.settled(), 10)


async def test_sound_in_pieces_is_shown_and_asked_as_one(service: FakeSpeech) -> None:
    service.hear = lambda sound: f"Part {sound.seconds:.0f}."
    async with talking() as scene, hearing(service, speakers := Speakers(scene)) as ears:
        await say(ears, 1, 1.0, 2.0)
        await scene.shown("echo Part 1. Part 2.")
        assert speakers.screen.finals == [("ada", "Part 1. Part 2.")]


async def test_a_service_that_refuses_is_told_to_the_speaker(service: FakeSpeech) -> None:
    service.hear = lambda _: SpeechReply(status=401)
    async with talking() as scene, hearing(service, Speakers(scene)) as ears:
        await say(ears, 1, 1.0)
        await scene.shown(prompts.load("notice_not_heard_operator"))
        assert not scene.asked


async def test_the_agent_does_not_answer_its_own_voice(service: FakeSpeech) -> None:
    service.hear = lambda sound: "My own words." if sound.number == 1 else "And mine."
    async with talking() as scene, hearing(service, speakers := Speakers(scene)) as ears:
        await say(ears, 1, 1.0)
        await say(ears, 2, 1.0)
        await scene.shown("echo And mine.")
        assert speakers.voice.notes == ["dropped", "asked"]


async def test_who_sends_too_much_is_told_and_costs_no_request(service: FakeSpeech) -> None:
    setting = Setting(limits=Limits(messages_per_minute=1))
    async with (
        talking(setting=setting) as scene,
        hearing(service, Speakers(scene)) as ears,
    ):
        await say(ears, 1, 1.0)
        await scene.has_asked(1)
        await say(ears, 2, 1.0)
        await scene.has_completed(2)
        assert prompts.load("notice_too_many_messages") in scene.chat.completed
        assert len(service.sounds) == 1
