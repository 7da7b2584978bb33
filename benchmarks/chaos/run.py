"""One run: workers, people, and harm."""

import itertools
import json
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.chaos.counting import ANSWER_LIMIT, count
from benchmarks.chaos.deaths import Ready, deaths_in
from benchmarks.chaos.figures import Chaos, Harm, Kind
from benchmarks.chaos.harm import FROZEN, KINDS, Harmer, kinds
from benchmarks.chaos.people import People
from benchmarks.stores import Store, fresh_store
from tests.e2e.rescue.fleet import Fleet
from worker.devstack.livekit_server import LiveKitServer

ROOMS = 20
WORKERS = 3

SECONDS = 600.0
SHORT_SECONDS = 60.0

_READY = "agent ready"

SEED = 7
"""Of the order in which things happen: the same for all that are compared."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done in a run."""

    seconds: float
    """How long workers are harmed."""

    kinds: Sequence[Kind] = KINDS
    """What happens to them."""

    rooms: int = ROOMS
    """How many rooms there are, with a person in each."""

    logs: Path | None = None
    """The folder for what the workers log and people see; None keeps nothing of it."""


def wreak(store: Store, llm_url: str, plan: Plan, on_step: Callable[[str], None]) -> Chaos:
    """Harm workers while people ask, and count what they saw.

    Args:
        store: What keeps the conversations.
        llm_url: The address of the fake LLM.
        plan: What is done.
        on_step: Called with what is being done.

    Raises:
        ChildFailedError: If it could not be begun.
    """
    numbers, seconds = itertools.count(1), plan.seconds

    def on_harm(harm: Harm) -> None:
        on_step(f"chaos, {store}: {harm.at:.0f} of {seconds:.0f} s, {next(numbers)} workers harmed")

    on_step(f"chaos, {store}: starting {WORKERS} workers")
    name = f"chaos-{uuid.uuid4().hex[:8]}"
    with (
        fresh_store(store) as opened,
        LiveKitServer.start() as server,
        Fleet(server, llm_url, CHAT_MEMORY=opened.url, CHAT_MAX_ROOMS="1000") as fleet,
        _logs_of(fleet, plan.logs, store),
    ):
        harmer = Harmer(fleet, kinds(SEED, plan.kinds), on_harm)
        harmer.populate(WORKERS)
        with People(server, [f"{name}-{number}" for number in range(plan.rooms)]) as people:
            people.wait_until_answered()
            since, date = time.monotonic(), time.time()
            people.begin((since, since + seconds))
            harmer.go_on(since, seconds)
            harmer.thaw_all()
            seen = people.seen(ANSWER_LIMIT)
    if plan.logs is not None:
        people_saw = json.dumps([asdict(each) for each in seen], indent=1)
        (plan.logs / f"{store}-people.json").write_text(people_saw)
    ready = list(_agents_ready(fleet, date))
    rooms = [count(each, deaths_in(each.room, harmer.harms, ready, FROZEN)) for each in seen]
    return Chaos(store, seconds, WORKERS, harmer.harms, rooms)


def _agents_ready(fleet: Fleet, since: float) -> Iterator[Ready]:
    """Find in the logs of a fleet which agent was ready when, in seconds since this date."""
    for number, worker in enumerate(fleet.started, 1):
        for line in worker.logs:
            if line["message"] == _READY:
                date = datetime.fromisoformat(line["timestamp"]).timestamp()
                yield Ready(date - since, line["room"], number)


@contextmanager
def _logs_of(fleet: Fleet, folder: Path | None, store: Store) -> Iterator[None]:
    """Keep what the workers of a fleet have logged, however the run ends: a line of JSON for each line."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        if folder is not None:
            for number, worker in enumerate(fleet.started, 1):
                lines = "".join(f"{json.dumps(line)}\n" for line in worker.logs)
                (folder / f"{store}-worker-{number}.log").write_text(lines)
