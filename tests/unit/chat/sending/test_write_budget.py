"""Growing messages of all rooms of a process share its budget of writes."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

import pytest

from chat import ChatManager, Dialect
from chat.sending.channels.open_stream import OpenStreamChannel
from tests.doubles import Chunk, FakeRoom, Fate, Packet
from tests.virtual_time import run_in_virtual_time
from tests.waiting import eventually


class Sending:
    """A manager in a room of its own, where ada reads."""

    def __init__(self, dialect: Dialect = Dialect.STREAM) -> None:
        self.room = FakeRoom()
        self.chat = ChatManager(self.room, dialect=dialect)
        self.room.join("ada")

    @property
    def written(self) -> list[str]:
        return [frame.text for frame in self.room.me.sent if isinstance(frame, Chunk)]

    @property
    def shown(self) -> str:
        return "".join(self.written)

    async def grow(self, tokens: int, interval: float) -> None:
        """Send a message token by token, and wait for each update."""
        message = await self.chat.send_message("", complete=False)
        for number in range(tokens):
            message.message = f"{message.message}{number} "
            await self.chat.update_message(message, complete=False)
            await asyncio.sleep(interval)
        await self.chat.update_message(message)


def play(scenario: Coroutine[None, None, None]) -> None:
    run_in_virtual_time(scenario)


def text(tokens: int) -> str:
    return "".join(f"{number} " for number in range(tokens))


def test_one_message_is_written_as_fast_as_the_network_takes_it() -> None:
    async def scenario() -> None:
        sending = Sending()
        await sending.grow(50, interval=0.001)
        assert sending.written == [f"{number} " for number in range(50)]

    play(scenario())


@pytest.mark.parametrize("rooms", [2, 30, 300])
def test_many_messages_keep_to_the_budget_and_no_caller_waits_for_it(rooms: int) -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        sendings = [Sending() for _ in range(rooms)]
        await asyncio.gather(*(sending.grow(1_000, interval=0.01) for sending in sendings))
        assert loop.time() == pytest.approx(10, abs=0.1)
        writes = sum(len(sending.written) for sending in sendings)
        # In ten seconds; with two messages the tokens themselves are fewer than the budget.
        assert 200 * 10 * min(1, rooms / 3) <= writes <= 1.1 * (300 * 10 + 2 * rooms)
        assert all(sending.shown == text(1_000) for sending in sendings)
        assert not OpenStreamChannel.growing

    play(scenario())


@pytest.mark.parametrize("dialect", [Dialect.JSON_EDIT, Dialect.SEGMENT])
def test_every_dialect_keeps_to_the_budget(dialect: Dialect) -> None:
    async def scenario() -> None:
        rooms = 200
        sendings = [Sending(dialect) for _ in range(rooms)]
        await asyncio.gather(*(sending.grow(400, interval=0.025) for sending in sendings))
        kinds = Chunk | Packet
        writes = sum(isinstance(f, kinds) for each in sendings for f in each.room.me.sent)
        assert writes <= 1.1 * (300 * 10 + 2 * rooms)
        assert not OpenStreamChannel.growing

    play(scenario())


async def test_growing_costs_no_look_at_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    sending = Sending()
    message = await sending.chat.send_message("a", complete=False)
    looks: list[str] = []

    def look() -> list[str]:
        looks.append("at everybody")
        return ["ada"]

    monkeypatch.setattr(sending.chat._roster, "reachable", look)
    for text in ("ab", "abc"):
        message.message = text
        await sending.chat.update_message(message, complete=False)
    assert looks == []
    await sending.chat.update_message(message)
    assert looks
    assert sending.shown == "abc"


async def open_streams(count: int) -> list[Sending]:
    sendings = [Sending() for _ in range(count)]
    for sending in sendings:
        await sending.chat.send_message("open", complete=False)
    assert len(OpenStreamChannel.growing) == count
    return sendings


@pytest.mark.parametrize("dialect", [Dialect.STREAM, Dialect.SEGMENT])
def test_neither_the_first_text_nor_the_last_edit_waits(dialect: Dialect) -> None:
    async def scenario() -> None:
        loop, others = asyncio.get_running_loop(), await open_streams(300)
        sending = Sending(dialect)
        message = await sending.chat.send_message("first", complete=False)
        assert sending.written == ["first"]
        message.message = "first, second"
        await sending.chat.update_message(message, complete=False)
        await asyncio.sleep(0.1)
        assert sending.written == ["first"], "it may be written once a second here"
        started = loop.time()
        message.message = "first, second, last"
        await sending.chat.update_message(message)
        assert sending.written == ["first", ", second, last"]
        assert loop.time() == started
        assert all(other.written == ["open"] for other in others)

    play(scenario())


async def test_a_stream_does_not_count_whose_readers_left_while_it_was_opened() -> None:
    sending = Sending()
    sending.room.me.open.clear()
    growing = asyncio.ensure_future(sending.chat.send_message("a", complete=False))
    await eventually(lambda: OpenStreamChannel.growing)
    sending.room.leave("ada")
    sending.room.me.open.set()
    await growing
    assert not OpenStreamChannel.growing


async def test_streams_count_no_longer_when_their_readers_left_or_the_manager_is_closed() -> None:
    left, closed = await open_streams(2)
    left.room.leave("ada")
    assert len(OpenStreamChannel.growing) == 1
    closed.chat.close()
    assert not OpenStreamChannel.growing


async def test_a_stream_does_not_count_that_was_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.sending.channels.retries.RETRY_LIMIT", 0)
    sending = Sending()
    message = await sending.chat.send_message("a", complete=False)
    assert len(OpenStreamChannel.growing) == 1
    sending.room.me.fates.append(Fate.FAILED)
    message.message = "ab"
    await sending.chat.update_message(message, complete=False)
    assert not OpenStreamChannel.growing
    await sending.chat.update_message(message)
    assert sending.shown == "aab", "the whole text on another stream"
