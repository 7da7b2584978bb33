"""The manager's own promises: what it returns, what it waits for, and what it leaves behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from livekit import rtc

from chat import ChatManager, ChatMessage, generate_id
from chat.sending.outbox import LINGER
from tests.doubles import Chunk, FakeRoom, Header, Packet
from tests.virtual_time import run_in_virtual_time
from tests.waiting import eventually


@pytest.fixture
async def room() -> FakeRoom:
    return FakeRoom()


async def test_returns_what_was_sent(room: FakeRoom) -> None:
    message = await ChatManager(room).send_message("hi")
    assert message.message == "hi"
    assert message.participant is room.me
    assert message.participant_identity == "assistant"
    assert message.is_local
    assert message.complete
    assert message.timestamp.tzinfo is UTC
    assert (datetime.now(UTC) - message.timestamp).total_seconds() < 60


async def test_a_message_can_have_an_id_that_was_chosen_before(room: FakeRoom) -> None:
    room.join("ada")
    chosen = generate_id()
    message = await ChatManager(room).send_message("hi", message_id=chosen)
    assert message.id == chosen
    assert [f.stream_id for f in room.me.sent if isinstance(f, Header)] == [chosen]


async def test_adopting_sends_nothing(room: FakeRoom) -> None:
    chat = ChatManager(room)
    room.join("ada")
    written = datetime(2026, 1, 1, tzinfo=UTC)
    message = chat.adopt("m1", "Hel", complete=False, timestamp=written)
    await asyncio.sleep(0)
    room.join("bob")
    await asyncio.sleep(0)
    assert room.me.sent == []
    assert (message.id, message.message, message.timestamp) == ("m1", "Hel", written)
    assert message.is_local
    assert not message.complete


async def test_says_on_the_message_whether_it_is_complete(room: FakeRoom) -> None:
    chat = ChatManager(room)
    message = await chat.send_message("h", complete=False)
    assert not message.complete
    await chat.update_message(message)
    assert message.complete
    message.deleted = True
    await chat.update_message(message, complete=False)
    assert message.complete


async def test_does_not_echo_what_it_sends(room: FakeRoom) -> None:
    room.join("ada")
    chat = ChatManager(room)
    received: list[ChatMessage] = []
    chat.on("message_received", received.append)
    chat.on("message_added", received.append)
    await chat.send_message("hi")
    assert received == []


async def test_waits_until_the_text_is_written(room: FakeRoom) -> None:
    room.join("ada")
    chat = ChatManager(room)
    room.me.open.clear()
    sending = asyncio.ensure_future(chat.send_message("hi", complete=False))
    done, _ = await asyncio.wait({sending}, timeout=0.01)
    assert not done
    room.me.open.set()
    await sending
    assert room.me.sent[-1] == Chunk((await sending).id, 0, "hi")


async def test_can_be_created_before_the_room_is_connected() -> None:
    unconnected = rtc.Room()
    chat = ChatManager(unconnected)
    await chat.aclose()


async def test_a_second_manager_is_refused_and_leaves_nothing_behind(room: FakeRoom) -> None:
    chat = ChatManager(room)
    before = list(room.listeners)
    with pytest.raises(ValueError, match=r"lk\.chat"):
        ChatManager(room)
    assert room.listeners == before
    chat.close()
    ChatManager(room)


async def test_a_message_can_be_answered_in_a_handler(room: FakeRoom) -> None:
    room.join("ada")
    chat = ChatManager(room)

    @chat.on("message_received")
    async def answer(message: ChatMessage) -> None:
        await chat.send_message(f"You said: {message.message}")

    room.receive({"id": "1", "message": "hi"}, "ada", "lk-chat-topic")
    await eventually(lambda: room.me.sent)
    await chat.aclose()


async def test_close_leaves_no_listener_reader_or_task(room: FakeRoom) -> None:
    room.join("ada")
    before = asyncio.all_tasks()
    chat = ChatManager(room)
    hanging = asyncio.Event()

    @chat.on("message_received")
    async def wait(_: ChatMessage) -> None:
        await hanging.wait()

    room.receive({"id": "1", "message": "hi"}, "ada", "lk-chat-topic")
    reader = room.open_stream("ada", "2")
    reader.write("hi")
    room.me.open.clear()
    sending = asyncio.ensure_future(chat.send_message("hi"))
    await asyncio.sleep(0)
    just_opened = room.open_stream("ada", "3")
    chat.close()
    await asyncio.wait_for(sending, 5)
    await eventually(lambda: asyncio.all_tasks() == before)
    assert room.listeners == []
    assert reader.closed
    assert just_opened.closed


async def test_after_close_nothing_is_received(room: FakeRoom) -> None:
    room.join("ada")
    chat = ChatManager(room)
    received: list[ChatMessage] = []
    chat.on("message_received", received.append)
    chat.close()
    room.receive({"id": "1", "message": "hi"}, "ada", "lk-chat-topic")
    assert received == []


async def test_close_can_be_repeated_beside_a_successor(room: FakeRoom) -> None:
    chat = ChatManager(room)
    chat.close()
    successor = ChatManager(room)
    chat.close()
    await chat.aclose()
    room.join("ada")
    received: list[ChatMessage] = []
    successor.on("message_added", received.append)
    room.open_stream("ada", "1").write("hi")
    await eventually(lambda: received)


async def test_a_handler_may_close_its_manager(room: FakeRoom) -> None:
    room.join("ada")
    chat = ChatManager(room)
    done = asyncio.Event()

    @chat.on("message_received")
    async def leave(_: ChatMessage) -> None:
        await chat.aclose()
        done.set()

    room.receive({"id": "1", "message": "hi"}, "ada", "lk-chat-topic")
    assert await eventually(done)


async def test_aclose_waits_for_deliveries_and_handlers(room: FakeRoom) -> None:
    room.join("ada")
    chat = ChatManager(room)
    handled = asyncio.Event()
    release = asyncio.Event()

    @chat.on("message_received")
    async def handle(_: ChatMessage) -> None:
        await release.wait()
        handled.set()

    room.receive({"id": "1", "message": "hi"}, "ada", "lk-chat-topic")
    room.me.open.clear()
    sending = asyncio.ensure_future(chat.send_message("bye"))
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(chat.aclose())
    done, _ = await asyncio.wait({closing}, timeout=0.01)
    assert not done
    room.me.open.set()
    release.set()
    await closing
    assert handled.is_set()
    assert [type(frame) for frame in room.me.sent] == [Packet]
    await sending


def test_aclose_does_not_wait_for_ever() -> None:
    async def scenario() -> None:
        room = FakeRoom()
        room.join("ada")
        chat = ChatManager(room)
        chat.on("message_received", endless)
        room.receive({"id": "1", "message": "hi"}, "ada", "lk-chat-topic")
        room.me.open.clear()
        sending = asyncio.ensure_future(chat.send_message("bye"))
        await asyncio.sleep(0)
        await chat.aclose()
        await sending
        assert asyncio.get_running_loop().time() <= 10
        assert asyncio.all_tasks() == {asyncio.current_task()}

    async def endless() -> None:
        await asyncio.Event().wait()

    play(scenario)


def test_aclose_lets_leave_what_was_sent_just_now() -> None:
    async def scenario() -> None:
        room = FakeRoom()
        room.join("ada")
        room.connected = True
        now = asyncio.get_running_loop().time
        for seconds, expected in ((0.0, LINGER), (LINGER / 3, 2 * LINGER / 3), (60.0, 0.0)):
            chat = ChatManager(room)
            await chat.send_message("bye")
            await asyncio.sleep(seconds)
            began = now()
            await chat.aclose()
            assert now() - began == pytest.approx(expected, abs=0.02)

    play(scenario)


def play(scenario: Callable[[], object]) -> None:
    async def main() -> None:
        result = scenario()
        assert asyncio.iscoroutine(result)
        await result

    run_in_virtual_time(main())
