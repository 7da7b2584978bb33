"""A share of the event loop."""

from __future__ import annotations

import asyncio

from assistant.language_model.loop_share import SHARE, LoopShare
from tests.virtual_time import VirtualTimeLoop, run_in_virtual_time


class Others:
    """Another task, which notes when it has the loop."""

    def __init__(self) -> None:
        self.turns = 0
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            self.turns += 1
            await asyncio.sleep(0)

    def stop(self) -> None:
        self._task.cancel()


def work(seconds: float) -> None:
    """Take time without leaving the loop."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    loop.advance(seconds)


def test_others_run_once_in_each_share() -> None:
    async def run() -> int:
        others, share = Others(), LoopShare()
        for _ in range(100):
            work(SHARE / 10)
            await share.give_way()
        others.stop()
        return others.turns

    assert 7 <= run_in_virtual_time(run()) <= 11


def test_who_waits_anyway_gives_no_more_way() -> None:
    async def run() -> int:
        others, share = Others(), LoopShare()
        for _ in range(100):
            work(SHARE * 0.9)
            await share.give_way()
            await asyncio.sleep(0)
        others.stop()
        return others.turns

    assert run_in_virtual_time(run()) == 100
