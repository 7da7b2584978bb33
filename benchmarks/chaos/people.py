"""The people of all rooms: the processes they live in, which tell in the end what was seen."""

import asyncio
import contextlib
import logging
import multiprocessing
import signal
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import Any, Self

import uvloop

from benchmarks.chaos.counting import ANSWER_LIMIT
from benchmarks.chaos.person import Person
from benchmarks.chaos.seen import Seen
from benchmarks.native_logs import keep_native_logs_native
from benchmarks.processes import ChildFailedError
from benchmarks.rooms import mint_token
from worker.devstack.livekit_server import LiveKitServer

PER_PROCESS = 10
"""People in one process: few, so that it is never late."""

JOIN_LIMIT = 60.0
"""Seconds that an agent may take to come, and again for its first reply."""

JOINS_LIMIT = 300.0
"""Seconds that all of them together may take."""

AT_ONCE = 2
"""People of a process who join at the same time: a burst would keep workers from taking rooms."""

_SLACK = 60.0
"""Seconds that a process may take beyond that."""

Window = tuple[float, float]
"""From when until when questions are asked, in seconds of the machine's clock."""


class People:
    """One person in each of so many rooms. A context manager: their processes end with it."""

    def __init__(self, server: LiveKitServer, names: Sequence[str]) -> None:
        """Have a person join each of these rooms, from now on."""
        self._pipes: list[Connection] = []
        self._processes: list[SpawnProcess] = []
        # A fresh interpreter: a fork would share what the SDK's native threads have locked.
        context = multiprocessing.get_context("spawn")
        for first in range(0, len(names), PER_PROCESS):
            here = names[first : first + PER_PROCESS]
            tokens = [mint_token(server, name, "person") for name in here]
            ours, theirs = context.Pipe()
            told = (theirs, server.url, first, here, tokens)
            process = context.Process(target=_live, args=told, daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def wait_until_answered(self) -> None:
        """Wait until everybody has had a first reply.

        Raises:
            ChildFailedError: Somebody had none in time.
        """
        if missing := [reason for each in self._answers(JOINS_LIMIT) for reason in each if reason]:
            raise ChildFailedError("; ".join(missing))

    def begin(self, window: Window) -> None:
        """Let everybody ask, again and again."""
        for pipe in self._pipes:
            pipe.send(window)

    def seen(self, limit: float) -> list[Seen]:
        """Wait until everybody has done so and left, for so many seconds; say what they saw."""
        return [seen for each in self._answers(limit + 2 * ANSWER_LIMIT) for seen in each]

    def _answers(self, limit: float) -> list[Any]:
        answers = []
        for pipe in self._pipes:
            try:
                if not pipe.poll(limit + _SLACK):
                    raise ChildFailedError(f"nothing from people for {limit + _SLACK:g} s")
                answers.append(pipe.recv())
            except (EOFError, OSError) as error:
                raise ChildFailedError("people's process exited unexpectedly") from error
        return answers

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for process, pipe in zip(self._processes, self._pipes, strict=True):
            process.kill()
            process.join()
            pipe.close()


def _live(
    pipe: Connection, url: str, first: int, names: Sequence[str], tokens: Sequence[str]
) -> None:
    # Ctrl-C is for the process at the other end, which then ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Streams that break off are complained of, as they should be, but here they are what is counted.
    for name in ("livekit", "chat"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    keep_native_logs_native()
    with contextlib.suppress(EOFError, BrokenPipeError):
        uvloop.run(_ask(pipe, url, first, names, tokens))


async def _ask(
    pipe: Connection, url: str, first: int, names: Sequence[str], tokens: Sequence[str]
) -> None:
    people = [Person(first + number, name) for number, name in enumerate(names)]
    turns = asyncio.Semaphore(AT_ONCE)

    async def join(person: Person, token: str) -> str | None:
        async with turns:
            return await person.join(url, token, JOIN_LIMIT)

    joining = zip(people, tokens, strict=True)
    pipe.send(await asyncio.gather(*(join(person, token) for person, token in joining)))
    since, until = await asyncio.to_thread(pipe.recv)
    await asyncio.gather(*(person.ask_until(until) for person in people))
    pipe.send(await asyncio.gather(*(person.leave(since) for person in people)))
