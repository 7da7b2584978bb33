"""Tasks that are ended with their owner."""

from __future__ import annotations

import asyncio

from chat import OwnedTasks


async def test_tasks_are_waited_for_with_a_limit_and_then_cancelled() -> None:
    tasks = OwnedTasks()
    quick = tasks.spawn(asyncio.sleep(0, "done"), "quick")
    endless = tasks.spawn(asyncio.Event().wait(), "endless")
    await tasks.wait(0.01)
    assert quick.result() == "done"
    assert not endless.done()
    tasks.cancel()
    await asyncio.wait({endless}, timeout=5)
    assert endless.cancelled()


async def test_a_task_can_end_all_but_itself() -> None:
    tasks = OwnedTasks()
    other = tasks.spawn(asyncio.Event().wait(), "other")

    async def end_all() -> str:
        await tasks.wait(0)
        tasks.cancel()
        await asyncio.sleep(0)
        return "still here"

    assert await tasks.spawn(end_all(), "ender") == "still here"
    assert other.cancelled()
