"""One performance: a fresh worker and server, and people who open rooms and ask for replies."""

import asyncio
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import psutil

from benchmarks.churn import Sample
from benchmarks.churning import churn
from benchmarks.crowd import Crowd
from benchmarks.figures import Figures, summarize
from benchmarks.hearing import HEARD_LIMIT
from benchmarks.listening import TALK
from benchmarks.performance import ONE_BY_ONE, Memory, Performance
from benchmarks.processes import ChildFailedError, Listener, listening_to
from benchmarks.stores import OpenStore, fresh_store
from benchmarks.subjects import Subject
from benchmarks.tokens import GarbledReplyError
from benchmarks.usage import ProcessTree
from benchmarks.workloads import Program, Workload
from benchmarks.writing import writing_between
from tests.environment import environment_with
from worker.devstack.errors import StackError
from worker.devstack.livekit_server import LiveKitServer

START_LIMIT = 60.0
"""Seconds that a process may take to start."""

ROOM_LIMIT = 30.0
"""Seconds that an agent may take to listen in its room, and again to bring its first reply."""

AT_ONCE = 4
"""Rooms that are opened at the same time, after those that are opened one by one: enough for two
cores, and no burst."""

MEMORY_AT = (1, 5, 10, 20, 50, 100, 200, 300)
"""Numbers of rooms at which memory is read, and at the last room of each workload."""

LEAST_FREE_GB = 3.0
"""Memory of the machine that is left alone: a machine without any measures nothing."""

_STORED_AFTER = 2.0
"""Seconds after which what was written is counted: a database counts with some delay."""

_REGISTERED = "registered worker"
"""What every worker logs once it can be given rooms."""

_STARTED = re.compile(r'"start_ms": ?(\d+)')
"""What this worker's log has in each line that tells how long a room's agent took to be there."""

Progress = Callable[[str], None]
"""Called with what is being done."""


class _NoFurtherError(Exception):
    """A worker cannot be given more rooms; the reason is for people to read."""


class Stage:
    """Services with which one subject after the other performs, each on a fresh livekit-server."""

    def __init__(
        self, llm_url: str, speech: Listener, speech_url: str, set_up_limit: float
    ) -> None:
        """Make a stage.

        Args:
            llm_url: The fake LLM's address.
            speech: The fake speech service.
            speech_url: Its address.
            set_up_limit: Seconds that opening a program's rooms may take.
        """
        self.llm_url = llm_url
        """The fake LLM's address."""
        self.speech = speech
        """The fake speech service, which knows how much it was sent."""
        self._speech_url = speech_url
        self._set_up_limit = set_up_limit

    def perform(self, subject: Subject, program: Program, progress: Progress) -> Performance:
        """Run a fresh worker, as far as it gets. What went wrong is in what is returned."""
        done = Performance()
        try:
            with (
                fresh_store(subject.store) as store,
                LiveKitServer.start() as server,
                self._worker(subject, server, store.url) as worker,
                Crowd(server, subject.speaks) as crowd,
            ):
                worker.wait_for_line(_REGISTERED, START_LIMIT)
                trees = ProcessTree(worker.pid), ProcessTree(server.pid)
                left = self._set_up_limit
                act = _Act(worker, subject, store, *trees, crowd, done, progress, left)
                try:
                    act.play(program)
                finally:
                    # The native side writes into the same pipe, perhaps into the middle of a line.
                    found = map(_STARTED.search, worker.take_lines("start_ms"))
                    done.start_ms = [float(start[1]) for start in found if start]
        except (ChildFailedError, GarbledReplyError, StackError, _NoFurtherError) as error:
            done.stopped = str(error)
        return done

    def churn(self, subject: Subject, rooms: int, on_sample: Callable[[Sample], None]) -> None:
        """Run a fresh worker, which has so many rooms one after another.

        Args:
            subject: The worker.
            rooms: How many rooms, a multiple of those in a wave.
            on_sample: Called with what it takes, from when it has had no room yet.

        Raises:
            ChildFailedError: If it does not get as far.
        """
        with LiveKitServer.start() as server, self._worker(subject, server) as worker:
            worker.wait_for_line(_REGISTERED, START_LIMIT)
            asyncio.run(churn(server, worker, rooms, on_sample))

    @contextmanager
    def crowded(self, subject: Subject) -> Iterator[tuple[Listener, Crowd]]:
        """Run a fresh worker, and have people for its rooms, of whom nobody has joined yet."""
        with (
            LiveKitServer.start() as server,
            self._worker(subject, server) as worker,
            Crowd(server, subject.speaks) as crowd,
        ):
            worker.wait_for_line(_REGISTERED, START_LIMIT)
            yield worker, crowd

    def _worker(
        self, subject: Subject, server: LiveKitServer, memory: str = ""
    ) -> AbstractContextManager[Listener]:
        environment = environment_with(
            LIVEKIT_URL=server.url,
            LIVEKIT_API_KEY=server.api_key,
            LIVEKIT_API_SECRET=server.api_secret,
            OPENAI_BASE_URL=self.llm_url,
            OPENAI_API_KEY="unused",
            OPENAI_SPEECH_BASE_URL=self._speech_url,
            OPENAI_SPEECH_API_KEY="unused",
            CHAT_MODEL="fake-model",
            CHAT_MEMORY=memory,
            **subject.environment,
        )
        return listening_to(subject.title, subject.command, environment)


@dataclass
class _Act:
    """A running worker, the people in its rooms, and what was measured so far."""

    worker: Listener
    subject: Subject
    store: OpenStore
    tree: ProcessTree
    server_tree: ProcessTree
    crowd: Crowd
    done: Performance
    progress: Progress
    seconds_left: float
    """For opening rooms."""

    def play(self, program: Program) -> None:
        self._note_memory()
        for workload in program.workloads:
            short = self._open_rooms(workload)
            if short is not None and len(self.done.ready_ms) < workload.busy:
                raise _NoFurtherError(short)
            self._open_microphones(workload)
            self._measure_with_store(workload)
            if short is not None:
                raise _NoFurtherError(short)

    def _measure_with_store(self, workload: Workload) -> None:
        before, began = self.store.count(), time.monotonic()
        self.done.figures[workload.name] = self._measure(workload)
        seconds = time.monotonic() - began
        if before is None:
            return
        # What was written last is in the store, and in its own counts, a moment later.
        time.sleep(_STORED_AFTER)
        if (after := self.store.count()) is not None:
            self.done.writing[workload.name] = writing_between(before, after, seconds)

    def _measure(self, workload: Workload) -> Figures:
        heard = []
        before = self.tree.cpu_seconds(), self.server_tree.cpu_seconds()
        for _ in range(workload.replies):
            self.progress(workload.title)
            heard += self.crowd.ask(workload.scenario)
        cpu = self.tree.cpu_seconds() - before[0]
        server_cpu = self.server_tree.cpu_seconds() - before[1]
        self.worker.require_alive()
        return summarize(
            heard, workload.scenario, cpu=cpu, server_cpu=server_cpu, rooms=self.crowd.rooms
        )

    def _open_rooms(self, workload: Workload) -> str | None:
        """Open the rooms that are missing, or say why it stopped before all had their agent."""
        while (rooms := self.crowd.rooms) < workload.rooms:
            self.progress(f"{rooms} of {workload.rooms} rooms")
            if reason := self._reason_to_stop():
                self._note_memory()
                return f"{rooms} of {workload.rooms} rooms: {reason}"
            until = min(at for at in (*MEMORY_AT, workload.busy, workload.rooms) if at > rooms)
            at_once = 1 if rooms < ONE_BY_ONE else min(AT_ONCE, until - rooms)
            began = time.monotonic()
            joined = self.crowd.join(at_once, idle=rooms >= workload.busy, limit=ROOM_LIMIT)
            self.seconds_left -= time.monotonic() - began
            if None in joined:
                self.worker.require_alive()
                self._note_memory()
                return (
                    f"{rooms} of {workload.rooms} rooms: {joined.count(None)} of the next "
                    f"{len(joined)} had no agent, or no reply, within {ROOM_LIMIT:g} s"
                )
            self.done.ready_ms += [ready for ready in joined if ready is not None]
            if self.crowd.rooms == until:
                self._note_memory()
        return None

    def _open_microphones(self, workload: Workload) -> None:
        if not workload.microphones:
            return
        self.progress(f"opening {workload.microphones} microphones")
        listens = self.subject.listens
        limit = HEARD_LIMIT if listens else None
        heard = self.crowd.open_microphones(workload.microphones, TALK, limit)
        if listens and not all(heard):
            raise _NoFurtherError(f"{heard.count(False)} microphones were not listened to")

    def _reason_to_stop(self) -> str | None:
        if self.seconds_left <= 0:
            return "opening them took too long"
        if psutil.virtual_memory().available < LEAST_FREE_GB * 1e9:
            return "the machine ran out of memory"
        return None

    def _note_memory(self) -> None:
        """Read the memory with the rooms that have an agent."""
        taken = self.tree.settled_pss_mb()
        self.done.memory.append(Memory(len(self.done.ready_ms), taken, self.server_tree.pss_mb()))


@contextmanager
def set_up(set_up_limit: float) -> Iterator[Stage]:
    """Start what all subjects share: the fake LLM and the fake speech service.

    Args:
        set_up_limit: Seconds that opening the rooms of a program may take.
    """
    with (
        _service("the fake LLM", "benchmarks.fake_llm") as (_, llm_url),
        _service("the fake speech service", "benchmarks.fake_speech") as (speech, speech_url),
    ):
        yield Stage(llm_url, speech, speech_url, set_up_limit)


@contextmanager
def _service(name: str, module: str) -> Iterator[tuple[Listener, str]]:
    with listening_to(name, [sys.executable, "-m", module], environment_with()) as service:
        line = service.wait_for_line('"base_url"', START_LIMIT)
        yield service, json.loads(line)["base_url"]
