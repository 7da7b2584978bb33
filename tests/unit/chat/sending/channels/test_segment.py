"""One segment at a time: Swift and Flutter drop what is open of others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from chat import ChatManager, Dialect
from tests.doubles import Client, FakeRoom, Fate, Page
from tests.virtual_time import run_in_virtual_time


class Sending:
    """A manager that speaks to ada's Swift client."""

    def __init__(self) -> None:
        self.room = FakeRoom()
        self.chat = ChatManager(self.room, dialect=Dialect.SEGMENT)
        self.room.join("ada")
        self.page = Page("ada", Client.SESSION)
        self.room.me.on_frame = self.page.take


def play(scenario: Callable[[Sending], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        sending = Sending()
        await scenario(sending)
        await sending.chat.aclose()

    run_in_virtual_time(main())


def test_a_second_message_waits_for_the_firsts_end_but_not_its_caller() -> None:
    async def scenario(sending: Sending) -> None:
        first = await sending.chat.send_message("a", complete=False)
        async with asyncio.timeout(1):
            await sending.chat.send_message("second")
        assert sending.page.texts == ["a"]
        first.message = "ab"
        await sending.chat.update_message(first)
        await asyncio.sleep(0.1)
        assert sending.page.texts == ["ab", "second"]

    play(scenario)


def test_two_that_grow_at_once_are_both_whole_in_the_end() -> None:
    async def scenario(sending: Sending) -> None:
        first = await sending.chat.send_message("a", complete=False)
        second = await sending.chat.send_message("c", complete=False)
        for _ in range(3):
            for message, more in ((first, "b"), (second, "d")):
                message.message = f"{message.message}{more}"
                await sending.chat.update_message(message, complete=False)
        await sending.chat.update_message(second)
        await sending.chat.update_message(first)
        await asyncio.sleep(0.1)
        assert sending.page.texts == ["abbb", "cddd"]

    play(scenario)


def test_one_that_is_begun_anew_for_a_newcomer_holds_no_caller_up() -> None:
    async def scenario(sending: Sending) -> None:
        first = await sending.chat.send_message("a", complete=False)
        sending.room.leave("ada")
        sending.room.join("cid")
        page = Page("cid", Client.SESSION)
        sending.room.me.on_frame = page.take
        async with asyncio.timeout(1):
            await sending.chat.send_message("second")
        await asyncio.sleep(0.1)
        assert page.texts == ["a"]
        await sending.chat.update_message(first)
        await asyncio.sleep(0.1)
        assert page.texts == ["a", "second"]

    play(scenario)


def test_one_that_is_given_up_holds_nobody_up() -> None:
    async def scenario(sending: Sending) -> None:
        sending.room.me.fates.extend([Fate.FAILED] * 20)
        await sending.chat.send_message("lost", complete=False)
        sending.room.me.fates.clear()
        await sending.chat.send_message("whole")
        assert sending.page.texts == ["whole"]

    play(scenario)


def test_closing_waits_for_what_waits() -> None:
    async def scenario(sending: Sending) -> None:
        first = await sending.chat.send_message("a", complete=False)
        await sending.chat.send_message("second")
        sending.room.me.open.clear()
        completing = asyncio.ensure_future(sending.chat.update_message(first))
        await asyncio.sleep(0)
        closing = asyncio.ensure_future(sending.chat.aclose())
        await asyncio.sleep(0.1)
        sending.room.me.open.set()
        await asyncio.gather(completing, closing)
        assert sending.page.texts == ["a", "second"]

    play(scenario)
