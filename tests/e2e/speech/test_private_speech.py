"""Whatever becomes of what is said, what a worker prints holds no word of it, no name and no key."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import partial

import pytest

import prompts
from tests.doubles import FakeOpenAI, Reply
from tests.doubles.speech import FakeSpeech, Line, Sound, SpeechReply
from tests.e2e.speech.sound import silence
from tests.e2e.speech.stage import House, open_house
from tests.e2e.speech.voices import say
from tests.waiting import eventually

IDENTITY = "identity-canary"
NAME = "Canary Carla"
HEARD = "heard-canary"
SAID = "said-canary"
ERROR = "error-canary"
KEY = "sk-key-canary"

QUOTING = f'{{"error": {{"message": "{ERROR}", "type": "x", "code": null}}}}'.encode()
"""Services repeat what they were asked."""

FAILURE = SpeechReply(status=500, body=QUOTING)

TROUBLES = [
    SpeechReply(status=400, body=QUOTING),
    SpeechReply(body=QUOTING),
    SpeechReply(body=f'{{"text": ["{ERROR}"]}}'.encode()),
    SpeechReply(body=f"<html>{ERROR}</html>".encode()),
    FAILURE,
]

SECRETS = (IDENTITY, NAME, "Carla", HEARD, SAID, ERROR, KEY)


@pytest.fixture
def speech() -> Iterator[FakeSpeech]:
    with FakeSpeech() as service:
        yield service


@pytest.fixture(params=["shared", "process"])
def house(llm: FakeOpenAI, speech: FakeSpeech, request: pytest.FixtureRequest) -> Iterator[House]:
    settings = {
        "CHAT_ISOLATION": request.param,
        "OPENAI_SPEECH_API_KEY": KEY,
        "CHAT_LOG_LEVEL": "debug",
        # Of the native lines, only these hold what people say.
        "RUST_LOG": "debug",
    }
    with open_house(llm, speech.base_url, "speak", **settings) as house:
        yield house


async def test_words_that_are_heard_and_spoken(
    house: House, llm: FakeOpenAI, speech: FakeSpeech
) -> None:
    llm.script = lambda _: Reply([f"This is {SAID}. ", f"And so is {SAID}."])
    speech.hear = _every_second(SpeechReply(f"This is {HEARD}."))
    speech.speak = _every_second(SpeechReply("Good morning."))
    tea = say("I would like a cup of green tea.") + silence(1.4)
    async with house.stage().enter(IDENTITY, name=NAME) as person:
        await person.open_microphone()
        for _ in TROUBLES:
            await person.play(tea)
        await person.sees_said(IDENTITY, f"This is {HEARD}.")
        await person.hears()
        # How much is spoken of a reply depends on who speaks meanwhile.
        while len(speech.lines) <= len(TROUBLES):
            before = len(speech.lines)
            await person.say("more")
            await eventually(partial(_are_more, speech.lines, before))
        speech.hear, speech.speak = lambda _: FAILURE, lambda _: FAILURE
        await person.play(tea)
        await person.sees(prompts.load("notice_not_heard"), prompts.load("notice_not_spoken"))
        assert len(speech.sounds) > len(TROUBLES)
        await asyncio.to_thread(house.worker.wait_for_log, "the speech service does not work")
    house.worker.stop()
    for secret in SECRETS:
        told = [record for record in house.worker.logs if secret in str(record)]
        assert not told, told[:5]


def _are_more(lines: list[Line], than: int) -> bool:
    return len(lines) > than


def _every_second(answer: SpeechReply) -> Callable[[Sound | Line], SpeechReply]:
    """One trouble after the other, and an answer after each: it is not an outage."""
    return lambda asked: answer if asked.number % 2 else TROUBLES[asked.number // 2 % len(TROUBLES)]
