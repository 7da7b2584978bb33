from __future__ import annotations

import asyncio
import threading

import pytest

from speech.hearing.hearing_thread import HearingThread
from tests.waiting import eventually


async def test_coroutines_run_in_a_thread_of_their_own() -> None:
    thread = HearingThread()
    ran_in = await asyncio.wrap_future(thread.run(_name()))
    await thread.aclose()
    assert ran_in == "hearing"


async def test_its_executor_is_its_own() -> None:
    thread = HearingThread()
    ran_in = await asyncio.wrap_future(thread.run(_name_in_executor()))
    await thread.aclose()
    assert ran_in.startswith("vad")


async def test_closing_cancels_what_runs_and_ends_the_threads() -> None:
    before = {each.name for each in threading.enumerate()}
    thread, began, ended = HearingThread(), threading.Event(), threading.Event()

    async def wait_forever() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    running = thread.run(wait_forever())
    await eventually(began.is_set)
    await thread.aclose()
    assert ended.is_set()
    assert running.cancelled()
    assert not {"hearing", "vad_0"} & ({each.name for each in threading.enumerate()} - before)


async def test_nothing_is_called_after_the_end() -> None:
    thread, called = HearingThread(), list[int]()
    await thread.aclose()
    thread.call(called.append, 1)
    with pytest.raises(RuntimeError):
        thread.run(_name())
    assert not called


async def _name() -> str:
    return threading.current_thread().name


async def _name_in_executor() -> str:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, lambda: threading.current_thread().name)
