"""Rooms with end-to-end encryption: answered with their key; without it, the log says what is wrong."""

from __future__ import annotations

from livekit import rtc

from tests.doubles import FakeOpenAI
from tests.e2e.people import Door
from tests.tokens import MintToken
from tests.waiting import eventually
from tests.worker_process import running_worker
from worker.devstack.livekit_server import LiveKitServer

KEY = "a key for everybody"


def encryption(key: str) -> rtc.E2EEOptions:
    return rtc.E2EEOptions(key_provider_options=rtc.KeyProviderOptions(shared_key=key.encode()))


async def test_with_its_key_a_room_is_answered_encrypted(
    livekit_server: LiveKitServer, fake_openai: FakeOpenAI, token: MintToken, isolation: str
) -> None:
    settings = {"CHAT_ISOLATION": isolation, "CHAT_E2EE_KEY": KEY}
    with running_worker(livekit_server, fake_openai, **settings):
        door = Door(livekit_server.url, token, "encrypted")
        async with (
            door.enter("ada", encryption=encryption(KEY)) as ada,
            # Who has no key sees that there is nothing to see.
            door.enter("eve", encryption=encryption("another key")) as eve,
        ):
            await ada.say("Hello, Assistant")
            await ada.sees("You said: Hello, Assistant")
            assert eve.texts == []


async def test_without_its_key_the_log_says_so(
    livekit_server: LiveKitServer, fake_openai: FakeOpenAI, token: MintToken, isolation: str
) -> None:
    line = "WARN  livekit::rtc_engine::rtc_session] Failed to decrypt data packet[hidden]"
    with running_worker(livekit_server, fake_openai, CHAT_ISOLATION=isolation) as worker:
        door = Door(livekit_server.url, token, "encrypted")
        async with door.enter("ada", encryption=encryption(KEY)) as ada:
            await ada.say("Hello, Assistant")
            await eventually(lambda: any(line in r["message"] for r in worker.logs), 15)
            assert fake_openai.requests == []
