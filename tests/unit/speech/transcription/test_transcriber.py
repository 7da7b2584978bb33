"""The real plugin asks a real HTTP server, which hears, refuses, fails, dawdles and comes back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TypeAlias

import openai
import pytest

from speech.service import SpeechService
from speech.transcription import Transcriber
from speech.trouble import TroubleError
from speech.utterance import Trouble
from tests.doubles import FakeSpeech, Sound, SpeechReply
from tests.unit.speech.transcription.sounds import piece
from tests.waiting import eventually

Hear: TypeAlias = Callable[[Sound], str | SpeechReply]
Make: TypeAlias = Callable[..., Transcriber]


@pytest.fixture
def fake() -> Iterator[FakeSpeech]:
    with FakeSpeech() as fake:
        yield fake


@pytest.fixture
async def make(fake: FakeSpeech) -> AsyncIterator[Make]:
    """Makes a transcriber with a client like the worker's, which talks over aiohttp."""
    clients: list[openai.AsyncOpenAI] = []

    def make(
        language: str | None = None,
        limit: float = 5.0,
        url: str = "",
        service: SpeechService | None = None,
    ) -> Transcriber:
        client = openai.AsyncOpenAI(
            base_url=url or fake.base_url,
            api_key="key",
            max_retries=0,
            http_client=openai.DefaultAioHttpClient(),
        )
        clients.append(client)
        return Transcriber(client, model="ears", language=language, limit=limit, service=service)

    yield make
    for client in clients:
        await client.close()


async def outcome(transcriber: Transcriber) -> str | Trouble:
    try:
        return await transcriber.transcribe(piece())
    except TroubleError as error:
        return error.trouble


async def test_sends_the_sound_and_returns_the_words(fake: FakeSpeech, make: Make) -> None:
    assert await make().transcribe(piece(1.5)) == "Sentence 1."

    assert fake.sounds[0].samples == piece(1.5).sound
    assert fake.sounds[0].seconds == 1.5
    assert fake.sounds[0].fields["model"] == "ears"
    assert "language" not in fake.sounds[0].fields


async def test_names_the_language_if_there_is_one(fake: FakeSpeech, make: Make) -> None:
    await make(language="de").transcribe(piece())

    assert fake.sounds[0].fields["language"] == "de"


@pytest.mark.parametrize(
    ("reply", "trouble"),
    [
        pytest.param(SpeechReply(status=401), Trouble.REFUSED, id="key"),
        pytest.param(SpeechReply(status=404), Trouble.REFUSED, id="no speech there"),
        pytest.param(SpeechReply(status=429), Trouble.BUSY, id="busy"),
        pytest.param(SpeechReply(status=500), Trouble.FAILED, id="server error"),
        pytest.param(SpeechReply(cut=True), Trouble.UNREACHABLE, id="dropped"),
        pytest.param(SpeechReply(body=b'{"te', cut=True), Trouble.UNREACHABLE, id="cut"),
        pytest.param(SpeechReply(delay=9.0), Trouble.SLOW, id="slow"),
        pytest.param(SpeechReply(body=b'{"text": null}'), Trouble.FAILED, id="null"),
        pytest.param(SpeechReply(body=b'{"text": 5}'), Trouble.FAILED, id="a number"),
        pytest.param(SpeechReply(body=b"{}"), Trouble.FAILED, id="no text"),
        pytest.param(SpeechReply(body=b"[1]"), Trouble.FAILED, id="a list"),
        pytest.param(SpeechReply(body=b""), Trouble.FAILED, id="empty"),
        pytest.param(SpeechReply(body=b"", status=204), Trouble.FAILED, id="no content"),
        pytest.param(
            SpeechReply(body=b"<html>Hi</html>", headers={"Content-Type": "text/html"}),
            Trouble.FAILED,
            id="a page",
        ),
        pytest.param(
            SpeechReply(body=b"", status=307, headers={"Location": "/elsewhere"}),
            Trouble.REFUSED,
            id="moved to nowhere",
        ),
        pytest.param(
            SpeechReply(body=b"", status=307, headers={"Location": "/v1/audio/transcriptions"}),
            Trouble.UNREACHABLE,
            id="in circles",
        ),
    ],
)
async def test_says_what_is_wrong(
    fake: FakeSpeech, make: Make, reply: SpeechReply, trouble: Trouble
) -> None:
    fake.hear = lambda _: reply

    assert await outcome(make(limit=1.0)) is trouble


async def test_says_when_nobody_listens(make: Make) -> None:
    assert await outcome(make(url="http://127.0.0.1:9/v1")) is Trouble.UNREACHABLE


async def test_accepts_that_nothing_was_said(fake: FakeSpeech, make: Make) -> None:
    fake.hear = lambda _: ""

    assert await outcome(make()) == ""


@pytest.mark.parametrize("reply", [SpeechReply(status=500), SpeechReply(cut=True)])
async def test_tries_again_what_may_be_chance(
    fake: FakeSpeech, make: Make, reply: SpeechReply, caplog: pytest.LogCaptureFixture
) -> None:
    fake.hear = lambda sound: reply if sound.number == 1 else "Hello."

    with caplog.at_level(logging.INFO, "speech"):
        assert await outcome(make()) == "Hello."

    assert len(fake.sounds) == 2
    assert [record for record in caplog.records if record.name.startswith("speech")] == []


@pytest.mark.parametrize("status", [400, 401, 429])
async def test_does_not_try_again_what_would_be_refused_again(
    fake: FakeSpeech, make: Make, status: int
) -> None:
    fake.hear = lambda _: SpeechReply(status=status)

    await outcome(make())

    assert len(fake.sounds) == 1


@pytest.mark.parametrize("status", [500, 401, 429])
async def test_makes_no_storm_of_an_outage(
    fake: FakeSpeech, make: Make, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    fake.hear = lambda _: SpeechReply(status=status)
    transcriber = make()

    results = await asyncio.gather(*(outcome(transcriber) for _ in range(50)))
    results += [await outcome(transcriber) for _ in range(50)]

    assert len(set(results)) == 1
    # As many as may be under way at a time when the first one fails, and their second attempts.
    assert len(fake.sounds) <= (16 if status == 500 else 8)
    warnings = [record.message for record in caplog.records]
    assert warnings == ["the speech service does not work"]


async def test_asks_again_when_the_service_wants_to_be_asked(
    fake: FakeSpeech, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("speech.circuit.SHORTEST_PAUSE", 0.05)
    busy = SpeechReply(status=429, headers={"Retry-After": "0.2"})
    fake.hear = lambda sound: busy if sound.number == 1 else "Hello."
    service = SpeechService("transcription")
    transcriber = make(service=service)

    assert await outcome(transcriber) is Trouble.BUSY
    assert await outcome(transcriber) is Trouble.BUSY
    assert len(fake.sounds) == 1

    await eventually(lambda: service.outage is None)
    assert await outcome(transcriber) == "Hello."


async def test_sends_a_few_sounds_at_a_time(fake: FakeSpeech, make: Make) -> None:
    fake.hear = lambda sound: SpeechReply(str(sound.number), delay=0.05)
    transcriber = make()

    await asyncio.gather(*(outcome(transcriber) for _ in range(24)))

    assert fake.most == 8


async def test_lets_go_of_a_request_that_nobody_waits_for(fake: FakeSpeech, make: Make) -> None:
    fake.hear = lambda _: SpeechReply(delay=30.0)
    task = asyncio.create_task(outcome(make(limit=30.0)))
    await eventually(lambda: fake.open == 1)

    task.cancel()

    await eventually(lambda: fake.cancelled == 1)
    assert task.cancelled()


async def test_leaves_the_client_open(fake: FakeSpeech, make: Make) -> None:
    transcriber = make()
    await transcriber.aclose()

    assert await outcome(transcriber) == "Sentence 1."
