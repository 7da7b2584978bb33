"""The tests' own speakers: what they say into a room comes out of it, word for word."""

from __future__ import annotations

import asyncio

import pytest
from livekit import rtc

from tests.e2e.speech.microphone import Microphone
from tests.e2e.speech.recording import Recording
from tests.e2e.speech.sound import silence
from tests.e2e.speech.speaker import SETTLING
from tests.e2e.speech.voices import HIGH, LOW, say, words_of
from tests.speech_service import SpeechService
from tests.tokens import MintToken
from tests.waiting import eventually
from worker.devstack.livekit_server import LiveKitServer


@pytest.mark.parametrize(("frame", "voice"), [(10, LOW), (20, HIGH), (100, HIGH)])
async def test_what_is_said_into_a_microphone_is_understood_elsewhere_in_real_time(
    livekit_server: LiveKitServer,
    token: MintToken,
    room_name: str,
    speech_service: SpeechService,
    frame: int,
    voice: str,
) -> None:
    ada, bob = rtc.Room(), rtc.Room()
    recordings: list[Recording] = []
    bob.on("track_subscribed", lambda track, *_: recordings.append(Recording(track)))
    for room, identity in ((ada, "ada"), (bob, "bob")):
        await room.connect(livekit_server.url, token(identity, room_name))
    microphone = Microphone(ada, frame=frame)
    await microphone.publish()
    await eventually(lambda: recordings and microphone.is_heard)
    await microphone.play(silence(SETTLING))
    first, second = say("Please tell me the way to the train station.", voice), say("Stop.", voice)
    now = asyncio.get_running_loop().time
    began = now()
    await microphone.play(first + silence(0.8) + second)
    assert now() - began == pytest.approx(first.seconds + 0.8 + second.seconds, abs=0.3)
    await eventually(lambda: recordings[0].is_silent_for(0.5))
    spans = recordings[0].audible()
    assert len(spans) == 2
    assert spans[1].begin - spans[0].end == pytest.approx(0.8, abs=0.15)
    heard = await recordings[0].words(speech_service)
    assert heard == words_of("Please tell me the way to the train station. Stop.")
    await microphone.aclose()
    await recordings[0].aclose()
    await ada.disconnect()
    await bob.disconnect()
