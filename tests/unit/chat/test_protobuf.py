"""Chat goes on where the SDK's internals for protobuf packets are missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from chat import ChatManager, Dialect
from tests.doubles import FakeRoom, Page

PROGRAM = """
import asyncio, json, logging, sys
logging.basicConfig(format="LOG %(message)s", stream=sys.stdout)
from livekit import rtc
from livekit.rtc._proto import ffi_pb2
{breakage}
from chat import ChatManager, protobuf

async def main():
    room = rtc.Room()
    chat = ChatManager(room)
    chat.on("message_received", lambda message: print(message.message))
    kind = rtc.DataPacketKind.KIND_RELIABLE
    room.emit("data_received", rtc.DataPacket(b'{{"message": "hi"}}', kind, None, "lk-chat-topic"))
    await chat.aclose()
    print(protobuf.SUPPORTED)

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("breakage", "output"),
    [
        ("", ["hi", "True"]),
        (
            "del ffi_pb2.FfiRequest",
            ["LOG this SDK does not support protobuf chat packets", "hi", "False"],
        ),
    ],
    ids=["as it is", "broken"],
)
def test_chat_works_with_and_without_the_internals(breakage: str, output: list[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(breakage=breakage)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert result.stdout.splitlines() == output


async def test_without_them_a_stream_goes_to_who_should_have_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chat.protobuf.SUPPORTED", False)
    room = FakeRoom()
    chat = ChatManager(room, dialect=Dialect.PROTO)
    page = Page("ada")
    room.me.on_frame = page.take
    room.join("ada")
    await chat.send_message("hi")
    assert page.texts == ["hi"]
