"""Words become sound, or trouble with a name, in time."""

from __future__ import annotations

import asyncio
import io
import threading
import wave
from collections.abc import AsyncIterator, Mapping

import openai
import pytest

from speech.trouble import TroubleError
from speech.utterance import Trouble
from speech.voice.synthesizer import Synthesizer
from tests.doubles.speech import FakeSpeech, SpeechReply, tone
from tests.waiting import eventually


class Asker:
    """Asks for sound, and keeps it."""

    def __init__(self, base_url: str) -> None:
        self.client = openai.AsyncOpenAI(
            api_key="key",
            base_url=base_url,
            max_retries=0,
            http_client=openai.DefaultAioHttpClient(),
        )
        self.synthesizer = Synthesizer(self.client, model="tts", voice="ash")
        self.samples = bytearray()

    async def ask(self, text: str = "Hello.") -> bytes:
        await self.synthesizer.synthesize(text, self.samples.extend)
        return bytes(self.samples)


def without_end(samples: bytes) -> bytes:
    """Take off the silence that the plugin puts at the end."""
    return samples.removesuffix(bytes(2 * 24_000 // 100))


@pytest.fixture
async def asker(speech: FakeSpeech) -> AsyncIterator[Asker]:
    asker = Asker(speech.base_url)
    yield asker
    await asker.synthesizer.aclose()
    await asker.client.close()


async def test_it_asks_for_raw_samples_and_gets_all(asker: Asker, speech: FakeSpeech) -> None:
    assert without_end(await asker.ask("Hello there.")) == tone("Hello there.")
    fields = speech.lines[0].fields
    assert (fields["model"], fields["voice"], fields["response_format"]) == ("tts", "ash", "pcm")


async def test_a_service_that_numbers_no_answers_is_not_warned_of(
    asker: Asker, caplog: pytest.LogCaptureFixture
) -> None:
    await asker.ask()
    assert not caplog.records


async def test_a_file_in_place_of_samples_is_decoded(asker: Asker, speech: FakeSpeech) -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setparams((1, 2, 24_000, 0, "NONE", ""))
        wav.writeframes(tone("Hello."))
    headers = {"Content-Type": "audio/wav"}
    speech.speak = lambda _: SpeechReply(body=file.getvalue(), headers=headers)
    assert without_end(await asker.ask()) == tone("Hello.")


@pytest.mark.parametrize(
    ("reply", "trouble"),
    [
        (SpeechReply(status=401), Trouble.REFUSED),
        (SpeechReply(status=404), Trouble.REFUSED),
        (SpeechReply(status=429), Trouble.BUSY),
        (SpeechReply(status=500), Trouble.FAILED),
        (SpeechReply(cut=True), Trouble.UNREACHABLE),
        (SpeechReply(body=b""), Trouble.FAILED),
        (SpeechReply(body=b'{"error": {"message": "No speech here."}}'), Trouble.FAILED),
        (SpeechReply(body=b"<!DOCTYPE html><html>Hello</html>"), Trouble.FAILED),
    ],
)
async def test_a_failure_is_told_as_what_it_is(
    asker: Asker, speech: FakeSpeech, reply: SpeechReply, trouble: Trouble
) -> None:
    speech.speak = lambda _: reply
    with pytest.raises(TroubleError) as failed:
        await asker.ask()
    assert failed.value.trouble is trouble
    assert not asker.samples
    assert len(speech.lines) == 1


@pytest.mark.parametrize("kind", ["application/json", "text/html"])
async def test_a_page_with_a_good_status_is_no_sound(
    asker: Asker, speech: FakeSpeech, kind: str
) -> None:
    headers: Mapping[str, str] = {"Content-Type": kind}
    speech.speak = lambda _: SpeechReply(body=b'{\n  "detail": "no such voice"}', headers=headers)
    with pytest.raises(TroubleError):
        await asker.ask()
    assert not asker.samples


async def test_a_service_that_is_not_there_is_unreachable() -> None:
    asker = Asker("http://127.0.0.1:9/v1")
    with pytest.raises(TroubleError) as failed:
        await asker.ask()
    assert failed.value.trouble is Trouble.UNREACHABLE
    await asker.client.close()


async def test_what_does_not_begin_in_time_is_slow(
    asker: Asker, speech: FakeSpeech, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("speech.voice.synthesizer.FIRST_LIMIT", 0.2)
    hold = threading.Event()
    speech.speak = lambda _: SpeechReply(hold=hold)
    with pytest.raises(TroubleError) as failed:
        await asker.ask()
    assert failed.value.trouble is Trouble.SLOW
    await eventually(lambda: speech.cancelled)
    hold.set()


async def test_what_breaks_off_is_trouble_after_its_sound(asker: Asker, speech: FakeSpeech) -> None:
    speech.speak = lambda _: SpeechReply(body=tone("Hello there."), cut=True)
    with pytest.raises(TroubleError):
        await asker.ask()


async def test_giving_up_ends_the_request(asker: Asker, speech: FakeSpeech) -> None:
    hold = threading.Event()
    speech.speak = lambda _: SpeechReply("Hello.", hold=hold)
    asking = asyncio.ensure_future(asker.ask())
    await eventually(lambda: speech.open)
    asking.cancel()
    await asyncio.wait({asking})
    await eventually(lambda: speech.cancelled)
    hold.set()
    speech.speak = lambda _: SpeechReply("Hello.")
    assert without_end(await asker.ask()) == tone("Hello.")


async def test_a_service_in_an_outage_is_not_asked_each_time(
    asker: Asker, speech: FakeSpeech
) -> None:
    speech.speak = lambda _: SpeechReply(status=401)
    for _ in range(5):
        with pytest.raises(TroubleError):
            await asker.ask()
    assert len(speech.lines) < 5
