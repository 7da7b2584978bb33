"""A long conversation with a service that insists on everything, and has a small context."""

from __future__ import annotations

import json

from tests.doubles import FakeOpenAI, RawAnswer, RawRequest, RawService
from tests.doubles.strict import refusals
from tests.e2e.people import ANSWER_LIMIT, Door, Person
from tests.samples.service_sample import ordinary
from tests.tokens import token_minter
from tests.waiting import eventually
from tests.worker_process import WorkerProcess, running_worker
from worker.devstack.livekit_server import LiveKitServer

CONTEXT = 4_000
"""Tokens that fit, at four bytes a token."""

TURNS = 60
MOST_LESSONS = 4
"""Requests that may be refused until it is known what the service takes."""


class StrictService:
    """Answers what the strictest service would answer, and says why it does not answer the rest."""

    def __init__(self) -> None:
        self.refused: list[str] = []

    def answer(self, request: RawRequest) -> RawAnswer:
        """What `RawService` calls for each request."""
        tokens = len(json.dumps(request.body["messages"], ensure_ascii=False).encode()) // 4
        if tokens > CONTEXT:
            words = (
                f"This model's maximum context length is {CONTEXT} tokens. However, your messages "
                f"resulted in {tokens} tokens. Please reduce the length of the messages."
            )
            return self._refuse(words, "context_length_exceeded")
        if "stream_options" in request.body:
            return self._refuse("Extra inputs are not permitted: stream_options", None)
        if reasons := refusals(request.body["messages"]):
            return self._refuse("; ".join(reasons), None)
        number = len(request.messages)
        return ordinary(f"It is answered, {number}. " + "So it goes on and on. " * 12, request)

    def _refuse(self, words: str, code: str | None) -> RawAnswer:
        self.refused.append(words)
        error = {"message": words, "type": "invalid_request_error", "param": None, "code": code}
        body = json.dumps({"error": error}).encode()
        return RawAnswer(body, status=400, headers={"content-type": "application/json"})


async def test_every_turn_of_a_long_conversation_is_answered(
    fake_openai: FakeOpenAI, room_name: str
) -> None:
    service = StrictService()
    async with RawService(service.answer) as http:
        settings = {
            "OPENAI_BASE_URL": f"{http.url}/v1",
            "CHAT_GREETING": "Hello. What is it about?",
            "CHAT_MAX_MESSAGES_PER_MINUTE": "1000",
        }
        with (
            LiveKitServer.start() as server,
            running_worker(server, fake_openai, **settings) as worker,
        ):
            door = Door(server.url, token_minter(server), room_name)
            async with door.enter("ada", dialect="stream") as ada:
                await ada.reads("Hello. What is it about?")
                for turn in range(TURNS):
                    await ask(ada, f"Question {turn}: " + "and what of this? " * 12)
            check(service, worker)


async def ask(person: Person, question: str) -> None:
    answers = len(person.answers) + 1
    await person.say(question)
    await eventually(lambda: len(person.answers) == answers, ANSWER_LIMIT)
    assert person.answers[-1].startswith("It is answered"), person.answers[-1]


def check(service: StrictService, worker: WorkerProcess) -> None:
    assert len(service.refused) <= MOST_LESSONS, service.refused
    lessons = [r for r in worker.logs if r["message"] == "learned what the LLM service takes"]
    assert len(lessons) == len(service.refused)
    assert not [r for r in worker.logs if r["message"].startswith("LLM request failed")]
