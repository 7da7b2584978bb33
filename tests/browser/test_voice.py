"""Somebody speaks to a page that is built as the LiveKit playground is, and hears the answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chat_page import Bubble, OpenChat, only_grows
from tests.browser.loudspeaker import RECORD_TRACKS, listen_until_quiet
from tests.doubles import FakeOpenAI, Reply, words
from tests.e2e.speech.sound import silence
from tests.e2e.speech.voices import say, words_of
from tests.speech_service import SpeechService
from tests.worker_process import WorkerProcess, running_worker
from worker.devstack.livekit_server import LiveKitServer

AGENT = "Assistant"
QUESTION = "Where is the nearest train station?"
ANSWER = "I would like a cup of green tea. My sister lives near the river."
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)

QUIET = 4.0
"""Seconds from when the microphone opens, to when it hears the question."""

AT_ONCE = 0.3
"""The same, of somebody who does not wait for the room."""

FIRST = "Well, "
"""How the question begins. Whose microphone hears it at once may lose this: Chromium's recorder takes a moment
to begin, which is longer on a busy machine."""

RECORD_BEFORE = "window.roomOptions = { publishDefaults: { preConnectBuffer: true } };"
"""Record what is said before somebody hears it. Sessions ask for it, but livekit-client 2.23.0 looks for
that in the room's options only."""

page = pytest.mark.parametrize("page", ["react-2.9.20", "react-2.9.24"])


@pytest.fixture(scope="module", params=[QUIET, AT_ONCE], ids=["waits", "speaks at once"])
def browser(
    chromium: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """A Chromium whose microphone hears the question, once."""
    file = Path(tmp_path_factory.mktemp("microphone"), "question.wav")
    file.write_bytes((silence(request.param) + say(FIRST + QUESTION) + silence(1)).wav(48_000))
    flags = [*FLAGS, f"--use-file-for-fake-audio-capture={file}%noloop"]
    # Playwright's loop runs in this thread until the module ends: async tests belong elsewhere.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def worker(
    livekit_server: LiveKitServer, shared_openai: FakeOpenAI, speech_service: SpeechService
) -> Iterator[WorkerProcess]:
    """A worker that listens and speaks."""
    with running_worker(
        livekit_server,
        shared_openai,
        CHAT_VOICE="speak",
        OPENAI_SPEECH_BASE_URL=speech_service.base_url,
        OPENAI_SPEECH_API_KEY="unused",
    ) as process:
        yield process


@page
def test_spoken_words_are_a_bubble_of_ones_own_and_the_answer_is_heard(
    page: str, open_chat: OpenChat, fake_openai: FakeOpenAI, speech_service: SpeechService
) -> None:
    fake_openai.requests.clear()
    fake_openai.script = lambda _: Reply(words(ANSWER))
    ann = open_chat(page, script=RECORD_BEFORE + RECORD_TRACKS)
    ann.connect()
    ann.wait_for_text(ANSWER)
    own, answer = ann.bubbles()
    asked = words_of(QUESTION)
    assert (own.author, words_of(own.text)[-len(asked) :]) == ("Ann", asked)
    assert len(words_of(own.text)) <= len(words_of(FIRST + QUESTION))
    assert answer == Bubble(AGENT, ANSWER)
    assert only_grows(ann.growth(AGENT))
    assert ann.most_bubbles() == 2
    heard = speech_service.transcribe(listen_until_quiet(ann))
    assert words_of(heard) == words_of(ANSWER)
    assert ann.bubbles() == [own, answer]
    assert len(fake_openai.requests) == 1
