"""Several workers on one server, each of which can die, freeze or be told to end, and who is in a room."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from tests.e2e.people import ANSWER_LIMIT, Person
from tests.waiting import eventually
from tests.worker_process import AGENT, REGISTER_LIMIT, REGISTERED, WorkerProcess
from worker.devstack.livekit_server import LiveKitServer


class Fleet:
    """The workers of one deployment. A context manager: all are ended with it, frozen ones too."""

    def __init__(self, server: LiveKitServer, llm_url: str, **settings: str) -> None:
        """Make a fleet without workers.

        Args:
            server: Where they register.
            llm_url: What answers for them.
            settings: Further environment variables of all of them.
        """
        self._settings = {
            "LIVEKIT_URL": server.url,
            "LIVEKIT_API_KEY": server.api_key,
            "LIVEKIT_API_SECRET": server.api_secret,
            "OPENAI_API_KEY": "unused",
            "OPENAI_BASE_URL": llm_url,
            "CHAT_MODEL": "fake-model",
            "CHAT_HEALTH_PORT": "0",
            # Who asks here is a program, and answers like one.
            "CHAT_BOT_TURNS": "0",
            **settings,
        }
        self.workers: list[WorkerProcess] = []
        """Those that were started and not killed; one that was told to end stays among them."""
        self.started: list[WorkerProcess] = []
        """All of them, in the order in which they were started."""

    def begin(self, **settings: str) -> WorkerProcess:
        """Start a worker, with further settings of its own, without waiting for it."""
        worker = WorkerProcess(AGENT, self._settings | settings)
        self.workers.append(worker)
        self.started.append(worker)
        return worker

    def start(self, **settings: str) -> WorkerProcess:
        """Start a worker and wait until it can be given rooms."""
        worker = self.begin(**settings)
        self.registered(worker)
        return worker

    def registered(self, worker: WorkerProcess) -> None:
        """Wait until one that was begun can be given rooms."""
        worker.wait_for_log(REGISTERED, REGISTER_LIMIT)

    def kill(self, worker: WorkerProcess) -> None:
        """Let it be gone from one moment to the next, with all its processes."""
        worker.kill()
        self.workers.remove(worker)

    def freeze(self, worker: WorkerProcess) -> None:
        """Stop it where it is; its connections stay open."""
        worker.freeze()

    def thaw(self, worker: WorkerProcess) -> None:
        """Let a frozen one go on as if nothing had been."""
        worker.thaw()

    def end(self, worker: WorkerProcess) -> None:
        """Tell it to end, as an orchestrator does first."""
        worker.ask_to_end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Rooms that are being handed over would take their time, and nobody is there any more.
        for worker in self.workers:
            if worker.wait_for_end(0) is None:
                worker.kill()
        for worker in self.started:
            worker.stop()


def agent_sid(person: Person) -> str | None:
    """The sid of the agent that a person sees; each join of an agent has another one."""
    return person.agent.sid if person.agent else None


async def another_agent(person: Person, than: str | None, limit: float) -> float:
    """Wait for an agent in the person's room that has joined since, and say how long it took.

    Args:
        person: Who looks.
        than: The sid of the one that was there.
        limit: Seconds after which it fails.

    Raises:
        TimeoutError: None came in time.
    """
    began = asyncio.get_running_loop().time()
    await eventually(lambda: agent_sid(person) not in (None, than), limit)
    return asyncio.get_running_loop().time() - began


async def an_answer(
    person: Person, question: str, containing: str = "", limit: float = ANSWER_LIMIT
) -> float:
    """Ask, and say how many seconds it took until one more complete message was there.

    Args:
        person: Who asks.
        question: What.
        containing: What is part of the answer, and of no other one that may still come.
        limit: Seconds after which it fails.

    Raises:
        TimeoutError: None came in time.
    """

    def count() -> int:
        return sum(containing in answer for answer in person.answers)

    began = asyncio.get_running_loop().time()
    before = count()
    await person.say(question)
    await eventually(lambda: count() > before, limit)
    return asyncio.get_running_loop().time() - began
