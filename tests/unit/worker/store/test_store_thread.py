"""The end of the store's thread, and of what runs there."""

from __future__ import annotations

import asyncio
from concurrent.futures import CancelledError

import pytest

from tests.waiting import eventually
from worker.store.store_thread import StoreThread


class Steps:
    """What happened, in order."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def dispose(self) -> None:
        self.taken.append("disposed")

    async def wait(self) -> None:
        """Wait for ever, and tidy up in a task of its own, as SQLAlchemy does."""
        self.taken.append("began")
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.shield(asyncio.create_task(self._tidy_up()))

    async def _tidy_up(self) -> None:
        self.taken.append("tidies up")
        try:
            await asyncio.sleep(0.1)
            self.taken.append("tidied up")
        except asyncio.CancelledError:
            self.taken.append("left untidy")
            raise


@pytest.mark.parametrize("cancels", [True, False], ids=["cancelled before", "cancelled by the end"])
async def test_what_is_cancelled_tidies_up_before_the_thread_ends(cancels: bool) -> None:
    steps = Steps()
    thread = StoreThread(steps.dispose)
    waiting = thread.run(steps.wait())
    await eventually(lambda: "began" in steps.taken)
    if cancels:
        waiting.cancel()
        await eventually(lambda: "tidies up" in steps.taken)
    await thread.aclose()
    assert steps.taken == ["began", "tidies up", "tidied up", "disposed"]
    with pytest.raises(CancelledError):
        waiting.result()


async def test_what_was_just_asked_for_ends_too() -> None:
    steps = Steps()
    thread = StoreThread(steps.dispose)
    waiting = [thread.run(steps.wait()) for _ in range(20)]
    await thread.aclose()
    assert steps.taken[-1] == "disposed"
    assert all(each.cancelled() for each in waiting)


async def test_a_thread_that_has_ended_takes_nothing() -> None:
    steps = Steps()
    thread = StoreThread(steps.dispose)
    await thread.aclose()
    await thread.aclose()
    thread.call(steps.taken.append, "called")
    with pytest.raises(RuntimeError):
        thread.run(steps.wait())
    assert steps.taken == ["disposed"]
