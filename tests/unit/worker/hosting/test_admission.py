"""Which dispatches are taken."""

from __future__ import annotations

import asyncio
from typing import cast

from livekit.agents import JobRequest

from worker.hosting import Admission


class Request:
    """A job request that is assigned when the test says so."""

    def __init__(self, number: int) -> None:
        self.id = f"job-{number}"
        self.assigned = asyncio.Event()
        self.answer: str | None = None

    async def accept(self, *, identity: str, name: str) -> None:
        assert (identity, name) == (f"agent-{self.id}", "Ada")
        self.answer = "accepted"
        await self.assigned.wait()

    async def reject(self, *, terminate: bool) -> None:
        self.answer = "terminated" if terminate else "rejected"


def ask(admission: Admission, request: Request) -> asyncio.Task[None]:
    answering = admission.answer(cast("JobRequest", request), identity="agent", name="Ada")
    return asyncio.get_running_loop().create_task(answering)


async def test_a_burst_is_taken_as_far_as_there_is_room_and_refused_beyond() -> None:
    admission = Admission(30, list, lambda: True)
    requests = [Request(number) for number in range(50)]
    answering = [ask(admission, request) for request in requests]
    await asyncio.wait(answering[30:], timeout=5)
    assert [request.answer for request in requests] == ["accepted"] * 30 + ["rejected"] * 20
    assert admission.rooms == 30
    for request in requests:
        request.assigned.set()
    await asyncio.gather(*answering)
    assert admission.rooms == 0


async def test_a_job_that_is_launched_and_still_being_accepted_counts_once() -> None:
    running: list[str] = []
    admission = Admission(2, lambda: running, lambda: True)
    first, second = Request(1), Request(2)
    answering = [ask(admission, first)]
    await asyncio.sleep(0)
    running.append(first.id)
    answering.append(ask(admission, second))
    await asyncio.sleep(0)
    assert (second.answer, admission.rooms) == ("accepted", 2)
    for request in (first, second):
        request.assigned.set()
    await asyncio.gather(*answering)


async def test_no_room_is_taken_without_memory() -> None:
    admission = Admission(2, list, lambda: False)
    request = Request(1)
    await ask(admission, request)
    assert request.answer == "rejected"
