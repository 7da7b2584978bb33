"""What is noticed of an event loop that is blocked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from tests.waiting import eventually
from worker.hosting.watcher import LoopWatcher


@pytest.fixture
def watcher() -> Iterator[LoopWatcher]:
    watcher = LoopWatcher()
    yield watcher
    watcher.stop()


def hold_up(seconds: float) -> None:
    time.sleep(seconds)


async def test_a_blocked_loop_is_named_and_shows_in_its_lateness(
    watcher: LoopWatcher, caplog: pytest.LogCaptureFixture
) -> None:
    watcher.start()

    async def culprit() -> None:
        hold_up(1.2)

    await asyncio.get_running_loop().create_task(culprit(), name="the culprit")
    assert watcher.lag > 0.5
    await eventually(lambda: len(caplog.records) == 2)
    blocked, free = (vars(record) for record in caplog.records)
    assert blocked["message"] == "event loop blocked"
    assert blocked["task"] == "the culprit"
    assert blocked["stack"][-1].endswith(" hold_up")
    assert free["message"] == "event loop no longer blocked"
    assert free["blocked_seconds"] > 0.5


async def test_lateness_fades(watcher: LoopWatcher) -> None:
    watcher.start()
    hold_up(0.8)
    await eventually(lambda: watcher.lag > 0.3)
    worst = watcher.lag
    await eventually(lambda: watcher.lag < worst / 2)
