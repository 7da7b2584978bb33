"""Files that come with a message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from livekit import rtc

from chat import ChatManager, ChatMessage, Dialect, MissingAttachment, RejectedMessage
from chat.receiving.attachments import ARRIVAL_LIMIT, MAX_ATTACHMENTS
from tests.doubles import FakeRoom
from tests.virtual_time import run_in_virtual_time

MAX_BYTES = 8


class Listening:
    """A manager that hears ada."""

    def __init__(self) -> None:
        self.room = FakeRoom()
        self.room.join("ada")
        self.chat = ChatManager(self.room, max_attachment_bytes=MAX_BYTES)
        self.received: list[ChatMessage] = []
        self.rejected: list[RejectedMessage] = []
        self.chat.on("message_received", self.received.append)
        self.chat.on("message_rejected", self.rejected.append)

    async def text(self, *attachments: str, text: str = "look") -> None:
        reader = self.room.open_stream("ada", "1", attachments=list(attachments))
        if text:
            reader.write(text)
        reader.end()
        await asyncio.sleep(0.01)

    async def file(self, stream_id: str, data: bytes, sender: str = "ada") -> None:
        reader = self.room.open_file(sender, stream_id, f"{stream_id}.png")
        reader.write(data)
        reader.end()
        await asyncio.sleep(0.01)
        assert reader.closed

    @property
    def missing(self) -> tuple[MissingAttachment, ...]:
        (message,) = self.received
        return message.missing_attachments

    @property
    def files(self) -> list[tuple[str, bytes]]:
        (message,) = self.received
        return [(attachment.id, attachment.data) for attachment in message.attachments]


def play(scenario: Callable[[Listening], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        listening = Listening()
        await scenario(listening)
        await listening.chat.aclose()

    run_in_virtual_time(main())


def test_they_come_with_the_message_in_the_order_announced() -> None:
    async def scenario(listening: Listening) -> None:
        await listening.text("a", "b")
        assert listening.received == []
        await listening.file("b", b"second")
        await listening.file("a", b"first")
        assert listening.files == [("a", b"first"), ("b", b"second")]
        (first, _) = listening.received[0].attachments
        assert (first.name, first.mime_type) == ("a.png", "image/png")
        assert listening.missing == ()
        assert listening.rejected == []

    play(scenario)


def test_they_may_be_there_before_the_texts_end() -> None:
    async def scenario(listening: Listening) -> None:
        reader = listening.room.open_stream("ada", "1", attachments=["a"])
        await listening.file("a", b"early")
        reader.write("look")
        reader.end()
        await asyncio.sleep(0.01)
        assert listening.files == [("a", b"early")]

    play(scenario)


def test_a_message_may_be_nothing_but_files() -> None:
    async def scenario(listening: Listening) -> None:
        await listening.text("a", text="")
        await listening.file("a", b"data")
        assert listening.files == [("a", b"data")]
        assert listening.received[0].message == ""

    play(scenario)


def test_one_that_is_missing_holds_the_message_up_only_so_long() -> None:
    async def scenario(listening: Listening) -> None:
        await listening.text("a", "b")
        await listening.file("b", b"data")
        await asyncio.sleep(ARRIVAL_LIMIT * 0.9)
        assert listening.received == []
        await asyncio.sleep(ARRIVAL_LIMIT * 0.2)
        assert listening.files == [("b", b"data")]
        assert listening.rejected == [RejectedMessage("ada", "attachment missing")]
        assert listening.missing == (MissingAttachment("a", "missing"),)
        late = listening.room.open_file("ada", "a")
        assert late.closed

    play(scenario)


def test_one_that_is_too_large_is_not_read_to_its_end() -> None:
    async def scenario(listening: Listening) -> None:
        await listening.text("a", "b")
        endless = listening.room.open_file("ada", "a")
        for _ in range(10):
            endless.write(b"12345")
        await asyncio.sleep(0.01)
        assert endless.closed
        await listening.file("b", b"x" * MAX_BYTES)
        assert listening.files == [("b", b"x" * MAX_BYTES)]
        assert listening.rejected == [RejectedMessage("ada", "attachment too large")]
        (missing,) = listening.missing
        assert (missing.id, missing.reason, missing.mime_type) == ("a", "too large", "image/png")

    play(scenario)


def test_one_that_breaks_off_is_left_out() -> None:
    async def scenario(listening: Listening) -> None:
        await listening.text("a")
        broken = listening.room.open_file("ada", "a")
        broken.write(b"123")
        broken.end(rtc.StreamError("aborted"))
        await asyncio.sleep(0.01)
        assert listening.files == []
        assert listening.rejected == [RejectedMessage("ada", "attachment missing")]
        assert listening.missing == (MissingAttachment("a", "missing", "a.png", "image/png"),)

    play(scenario)


def test_what_was_not_announced_or_not_by_its_sender_is_not_read() -> None:
    async def scenario(listening: Listening) -> None:
        await listening.text("a")
        assert listening.room.open_file("ada", "b").closed
        assert listening.room.open_file("eve", "a").closed
        await listening.file("a", b"data")
        assert listening.files == [("a", b"data")]

    play(scenario)


def test_only_so_many_are_taken() -> None:
    async def scenario(listening: Listening) -> None:
        await listening.text(*[str(n) for n in range(MAX_ATTACHMENTS + 1)])
        for n in range(MAX_ATTACHMENTS):
            await listening.file(str(n), b"data")
        assert len(listening.files) == MAX_ATTACHMENTS
        assert listening.missing == (MissingAttachment(str(MAX_ATTACHMENTS), "too many"),)
        assert listening.room.open_file("ada", str(MAX_ATTACHMENTS)).closed

    play(scenario)


def test_one_that_is_sent_twice_is_taken_once() -> None:
    async def scenario(listening: Listening) -> None:
        await listening.text("a", "b")
        await listening.file("a", b"first")
        await listening.file("a", b"again")
        await listening.file("b", b"data")
        assert listening.files == [("a", b"first"), ("b", b"data")]

    play(scenario)


def test_the_dialect_is_not_concluded_before_they_are_there() -> None:
    async def scenario(listening: Listening) -> None:
        await listening.text("a")
        await asyncio.sleep(5)
        assert listening.chat._roster.dialect("ada") is Dialect.UNKNOWN
        await listening.file("a", b"data")
        twin = {"id": "1", "message": "look", "ignoreLegacy": True}
        listening.room.receive(twin, "ada", "lk-chat-topic")
        assert listening.chat._roster.dialect("ada") is Dialect.STREAM

    play(scenario)


def test_none_is_left_open_after_close() -> None:
    async def scenario(listening: Listening) -> None:
        await listening.text("a", "b")
        just_opened = listening.room.open_file("ada", "a")
        reading = listening.room.open_file("ada", "b")
        reading.write(b"1")
        await asyncio.sleep(0.01)
        listening.chat.close()
        await asyncio.sleep(0.01)
        assert just_opened.closed
        assert reading.closed
        assert asyncio.all_tasks() == {asyncio.current_task()}

    play(scenario)


def test_one_that_just_opened_is_not_left_open_by_close() -> None:
    async def scenario(listening: Listening) -> None:
        await listening.text("a")
        just_opened = listening.room.open_file("ada", "a")
        listening.chat.close()
        await asyncio.sleep(0.01)
        assert just_opened.closed

    play(scenario)
