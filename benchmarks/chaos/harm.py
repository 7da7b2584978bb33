"""What happens to the workers: at even intervals one is killed, frozen or told to end."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from benchmarks.chaos.figures import Harm, Kind
from tests.e2e.rescue.fleet import Fleet
from tests.worker_process import REGISTER_LIMIT, REGISTERED, WorkerProcess

KINDS: tuple[Kind, ...] = ("kill", "freeze", "end")

EVERY = 10.0
"""Seconds from one to the next."""

FROZEN = 15.0
"""Seconds for which a worker is frozen."""

_LOOK = 0.2
"""Seconds between two looks at what is due."""


def kinds(seed: int, chosen: Sequence[Kind] = KINDS) -> Iterator[Kind]:
    """Say what happens, in a random order in which each comes as often as the others.

    Args:
        seed: Of the order.
        chosen: What may happen.
    """
    chance = random.Random(seed)
    while True:
        yield from chance.sample(chosen, len(chosen))


@dataclass
class Harmer:
    """Harms the workers of a fleet.

    One that is killed or told to end is replaced at once. One that is frozen comes back by itself:
    what it believes then is part of what is measured. None is harmed while no other one takes rooms.
    """

    fleet: Fleet
    chosen: Iterator[Kind]
    on_harm: Callable[[Harm], None]

    harms: list[Harm] = field(default_factory=list)
    """What was done so far."""

    _healthy: list[WorkerProcess] = field(default_factory=list)
    _frozen: list[tuple[float, WorkerProcess]] = field(default_factory=list)
    _numbers: dict[int, int] = field(default_factory=dict)

    def populate(self, count: int) -> None:
        """Start so many workers and wait for them."""
        for _ in range(count):
            self._add(self.fleet.begin())
        for worker in self._healthy:
            # They start at the same time, each as long as all of them one after the other.
            worker.wait_for_log(REGISTERED, count * REGISTER_LIMIT)

    def go_on(self, since: float, seconds: float) -> None:
        """Harm workers for so many seconds from a moment of the monotonic clock on."""
        due = since + EVERY
        while (now := time.monotonic()) < since + seconds:
            self._thaw(now)
            # The last one is left alone long enough to see what becomes of it.
            if due <= now < since + seconds - EVERY / 2 and (worker := self._victim()):
                # Evenly, also after it had to wait.
                due = max(due + EVERY, now + EVERY / 2)
                self._harm(worker, next(self.chosen), now - since)
            time.sleep(_LOOK)

    def thaw_all(self) -> None:
        """Let nobody stay frozen."""
        self._thaw(float("inf"))

    def _victim(self) -> WorkerProcess | None:
        """The oldest worker that takes rooms, as it has the most of them; None if no other one does."""
        # Without a worker no room can have an agent, and starting one takes long on a busy machine.
        ready = [worker for worker in self._healthy if worker.has_logged(REGISTERED)]
        return ready[0] if len(ready) > 1 else None

    def _harm(self, worker: WorkerProcess, kind: Kind, at: float) -> None:
        self._healthy.remove(worker)
        harm = Harm(at, kind, self._numbers[worker.pid])
        match kind:
            case "kill":
                self.fleet.kill(worker)
            case "freeze":
                self.fleet.freeze(worker)
                self._frozen.append((time.monotonic() + FROZEN, worker))
            case "end":
                self.fleet.end(worker)
        if kind != "freeze":
            self._add(self.fleet.begin())
        self.harms.append(harm)
        self.on_harm(harm)

    def _thaw(self, now: float) -> None:
        for until, worker in [each for each in self._frozen if each[0] <= now]:
            self._frozen.remove((until, worker))
            # One that lost everything meanwhile may have been ended from outside.
            with suppress(ProcessLookupError):
                self.fleet.thaw(worker)
            self._healthy.append(worker)

    def _add(self, worker: WorkerProcess) -> None:
        self._numbers[worker.pid] = len(self._numbers) + 1
        self._healthy.append(worker)
