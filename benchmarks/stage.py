"""One run: a fresh worker, one room, one client, and the replies that it asked for."""

import json
import os
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from benchmarks.client import AGENT_LIMIT, REPLY_LIMIT
from benchmarks.figures import Reply
from benchmarks.observation import Observation, Update
from benchmarks.processes import Listener, listening_to
from benchmarks.rooms import delete_room, mint_token
from benchmarks.scenarios import WARM_UP, Scenario
from benchmarks.subjects import Subject
from worker.devstack.livekit_server import LiveKitServer

START_LIMIT = 60.0
"""Seconds that a process may take to start."""

LEAVE_LIMIT = 10.0
"""Seconds that the client may take to leave the room."""

_REGISTERED = "registered worker"
"""What every worker logs once it can be given rooms."""

_OWN_SETTINGS = ("LIVEKIT_", "OPENAI_", "CHAT_")


class Stage:
    """A server and an LLM on which one subject after the other performs."""

    def __init__(self, server: LiveKitServer, llm: Listener) -> None:
        self._server = server
        self._llm = llm
        self._llm_url: str = json.loads(llm.wait_for_line('"base_url"', START_LIMIT))["base_url"]

    def perform(
        self, subject: Subject, plan: Sequence[Scenario], on_reply: Callable[[], None]
    ) -> list[Reply]:
        """Run a fresh worker and return the replies of ``plan``, in its order.

        Args:
            subject: Whose worker it is.
            plan: The replies to ask for, after a warm-up that is not returned.
            on_reply: Called after each of them.

        Raises:
            ChildFailedError: If the worker, the client or the LLM fails.
        """
        room = f"bench-{uuid.uuid4().hex[:12]}"
        replies = []
        with self._worker(subject) as worker:
            worker.wait_for_line(_REGISTERED, START_LIMIT)
            with self._client(subject, room, [WARM_UP, *plan]) as client:
                self._next_reply(client, WARM_UP)
                for scenario in plan:
                    replies.append(self._next_reply(client, scenario))
                    on_reply()
                client.wait_for_end(LEAVE_LIMIT)
            delete_room(self._server, room)
        return replies

    def _worker(self, subject: Subject) -> AbstractContextManager[Listener]:
        environment = _environment(
            LIVEKIT_URL=self._server.url,
            LIVEKIT_API_KEY=self._server.api_key,
            LIVEKIT_API_SECRET=self._server.api_secret,
            # Models for voice would take memory and time at the start, for nothing.
            LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE="0",
            OPENAI_BASE_URL=self._llm_url,
            OPENAI_API_KEY="unused",
            CHAT_MODEL="fake-model",
            CHAT_HEALTH_PORT="0",
        )
        return listening_to(subject.title, subject.command, environment)

    def _client(
        self, subject: Subject, room: str, plan: Sequence[Scenario]
    ) -> AbstractContextManager[Listener]:
        entries = json.dumps([(scenario.tokens, scenario.interval_us) for scenario in plan])
        command = [sys.executable, "-m", "benchmarks.client", "--speaks", subject.speaks, entries]
        environment = _environment(
            LIVEKIT_URL=self._server.url,
            LIVEKIT_TOKEN=mint_token(self._server, room, "person"),
        )
        return listening_to(f"the client of {subject.title}", command, environment)

    def _next_reply(self, client: Listener, scenario: Scenario) -> Reply:
        limit = AGENT_LIMIT + REPLY_LIMIT + scenario.tokens * scenario.interval_us / 1e6
        seen = json.loads(client.wait_for_line('"asked_us"', limit))
        request = json.loads(self._llm.wait_for_line('"requested_us"', START_LIMIT))
        updates = tuple(Update(at_us, held) for at_us, held in seen["updates"])
        return Reply(
            asked_us=seen["asked_us"],
            requested_us=request["requested_us"],
            observation=Observation(seen["text"], updates, seen["payload_bytes"]),
        )


@contextmanager
def set_up() -> Iterator[Stage]:
    """Start what all subjects share: a livekit-server and the fake LLM."""
    llm_command = [sys.executable, "-m", "benchmarks.fake_llm"]
    with (
        LiveKitServer.start() as server,
        listening_to("the fake LLM", llm_command, _environment()) as llm,
    ):
        yield Stage(server, llm)


def _environment(**settings: str) -> dict[str, str]:
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(_OWN_SETTINGS)
    }
    return inherited | {"PYTHONUNBUFFERED": "1"} | settings
