import asyncio

from chat.terminal.played.bubble import Bubble
from chat.terminal.played.settling import Settling
from tests.virtual_time import run_in_virtual_time

FIRST, SECOND, OTHER = Bubble("a", "1", "x"), Bubble("a", "1", "xy"), Bubble("a", "2", "z")


def test_a_message_settles_once_it_is_left_alone() -> None:
    async def scenario() -> None:
        settled: list[Bubble] = []
        settling = Settling(lambda _: False, settled.append, quiet=2)
        settling.touch(FIRST)
        await asyncio.sleep(1)
        settling.touch(SECOND)
        settling.touch(OTHER)
        await asyncio.sleep(1.5)
        assert settled == []
        await asyncio.sleep(1)
        assert settled == [SECOND, OTHER]

    run_in_virtual_time(scenario())


def test_a_message_does_not_settle_while_its_sender_is_at_work() -> None:
    async def scenario() -> None:
        settled: list[Bubble] = []
        busy = True
        settling = Settling(lambda _: busy, settled.append, quiet=2)
        settling.touch(FIRST)
        await asyncio.sleep(9)
        assert settled == []
        busy = False
        await asyncio.sleep(2)
        assert settled == [FIRST]

    run_in_virtual_time(scenario())


def test_nothing_settles_after_closing() -> None:
    async def scenario() -> None:
        settled: list[Bubble] = []
        settling = Settling(lambda _: False, settled.append, quiet=2)
        settling.touch(FIRST)
        settling.close()
        await asyncio.sleep(5)
        assert settled == []

    run_in_virtual_time(scenario())
