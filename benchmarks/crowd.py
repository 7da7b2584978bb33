"""All the people who chat with one worker: the processes they live in, and their rooms."""

import itertools
import multiprocessing
import uuid
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import Any, Self

from benchmarks.client import REPLY_LIMIT
from benchmarks.load import Ask, CloseMicrophones, Command, Join, OpenMicrophones, run
from benchmarks.observation import Heard
from benchmarks.processes import ChildFailedError
from benchmarks.rooms import mint_token
from benchmarks.scenarios import Scenario
from worker.devstack.livekit_server import LiveKitServer

BUSY_PER_PROCESS = 10
"""Rooms in which replies are heard, in one process: few, so that a process is never late."""

IDLE_PER_PROCESS = 50
"""Rooms that are quiet, in one process."""

SPREAD = 1.0
"""Seconds over which people ask, evenly: nobody presses a key in the same millisecond."""

_SLACK = 15.0
"""Seconds that a process may take beyond what it was told to take."""


@dataclass(slots=True)
class _Group:
    """One process and how many rooms it is in."""

    process: SpawnProcess
    pipe: Connection
    idle: bool
    rooms: int = 0

    def tell(self, command: Command) -> None:
        try:
            self.pipe.send(command)
        except OSError as error:
            raise ChildFailedError("a load client exited unexpectedly") from error

    def answer(self, limit: float) -> Any:
        try:
            if self.pipe.poll(limit + _SLACK):
                return self.pipe.recv()
        except (EOFError, OSError) as error:
            raise ChildFailedError("a load client exited unexpectedly") from error
        raise ChildFailedError(f"no output from a load client for {limit + _SLACK:g} s")


class Crowd:
    """People in rooms of their own. A context manager: they leave in the end."""

    def __init__(self, server: LiveKitServer, speaks: str) -> None:
        self._server = server
        self._speaks = speaks
        self._groups: list[_Group] = []
        self._name = f"bench-{uuid.uuid4().hex[:8]}"
        self._numbers = itertools.count(1)

    @property
    def rooms(self) -> int:
        """How many rooms were joined."""
        return sum(group.rooms for group in self._groups)

    def join(self, count: int, *, idle: bool, limit: float) -> list[float | None]:
        """Open so many rooms at once, and exchange a message in each.

        Args:
            count: How many.
            idle: Whether these rooms stay quiet from then on.
            limit: Seconds that an agent and its first reply may take.

        Returns:
            For each room, milliseconds until its agent listened, or None if it had none.
        """
        told: list[_Group] = []
        left = count
        while left:
            group, space = self._with_space(idle)
            here = min(space, left)
            names = [f"{self._name}-{next(self._numbers)}" for _ in range(here)]
            tokens = tuple(mint_token(self._server, name, "person") for name in names)
            group.tell(Join(self._server.url, tokens, self._speaks, limit))
            group.rooms += here
            left -= here
            told.append(group)
        # Twice the limit: one for the agent, one for its first reply.
        return [ready for group in told for ready in group.answer(2 * limit)]

    def ask(self, scenario: Scenario) -> list[Heard]:
        """Ask for a reply in every busy room and say what was heard in each."""
        busy = [group for group in self._groups if not group.idle]
        total = sum(group.rooms for group in busy)
        offsets = iter([number * SPREAD / total for number in range(total)])
        for group in busy:
            group.tell(Ask(scenario, tuple(itertools.islice(offsets, group.rooms))))
        limit = SPREAD + scenario.seconds + REPLY_LIMIT
        return [heard for group in busy for heard in group.answer(limit)]

    def open_microphones(self, count: int, sound: str, heard_within: float | None) -> list[bool]:
        """Open a microphone in so many of the rooms that are quiet otherwise.

        Args:
            count: How many, no more than there are such rooms.
            sound: Its name, see `benchmarks.listening`.
            heard_within: Seconds that an agent may take to listen; None does not wait for it.

        Returns:
            For each, whether it is listened to.
        """
        shares = iter([number / count for number in range(count)])
        told: list[_Group] = []
        for group in self._groups:
            if group.idle and (here := tuple(itertools.islice(shares, group.rooms))):
                group.tell(OpenMicrophones(sound, here, heard_within))
                told.append(group)
        return [heard for group in told for heard in group.answer(heard_within or 0.0)]

    def close_microphones(self) -> None:
        """Close all that are open."""
        for group in self._groups:
            group.tell(CloseMicrophones())
        for group in self._groups:
            group.answer(0.0)

    def _with_space(self, idle: bool) -> tuple[_Group, int]:
        most = IDLE_PER_PROCESS if idle else BUSY_PER_PROCESS
        group = self._groups[-1] if self._groups else None
        if group is None or group.idle is not idle or group.rooms == most:
            group = _start(idle)
            self._groups.append(group)
        return group, most - group.rooms

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Nobody says goodbye: worker and server end as well, and are fresh for the next.
        for group in self._groups:
            group.process.kill()
        for group in self._groups:
            group.process.join()
            group.pipe.close()


def _start(idle: bool) -> _Group:
    # A fresh interpreter: a fork would share what the SDK's native threads have locked.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=run, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    return _Group(process, ours, idle)
