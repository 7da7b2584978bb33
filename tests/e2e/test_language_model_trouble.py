"""When the LLM fails, the person sees a line, the log has the cause, and the room goes on."""

from __future__ import annotations

import json

import pytest

import prompts
from tests.doubles import FakeOpenAI, Message, Reply, echo
from tests.e2e.people import Door
from tests.waiting import eventually
from tests.worker_process import WorkerProcess

FAILED = prompts.load("notice_answer_failed")
OPERATOR = prompts.load("notice_operator")
WAIT = prompts.fill("notice_wait", time="in a minute")
NO_ANSWER = prompts.load("notice_no_answer")


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        (Reply(status=500), FAILED),
        (Reply(status=401), OPERATOR),
        (Reply(status=429), WAIT),
        (Reply(["never sent"], cut_after=0), FAILED),
        (Reply(["one ", "two ", "three"], interval=0.05, cut_after=2), f"one two \n\n{FAILED}"),
        (Reply([]), NO_ANSWER),
    ],
    ids=["500", "401", "429", "cut before text", "cut after text", "empty"],
)
async def test_a_failure_is_a_line_in_one_bubble_and_the_room_goes_on(
    door: Door, llm: FakeOpenAI, shared_worker: WorkerProcess, reply: Reply, shown: str
) -> None:
    before = len(shared_worker.logs)
    llm.script = lambda _: reply
    async with door.enter() as ada:
        await ada.ask("confidential question", shown)
        llm.script = echo
        await ada.ask("next")
    logs = shared_worker.logs[before:]
    assert "confidential" not in json.dumps(logs)
    if shown != NO_ANSWER:
        causes = [r["cause"] for r in logs if r["message"] == "LLM request failed"]
        assert causes
        assert all(causes)


async def test_a_server_that_fails_once_is_asked_again(door: Door, llm: FakeOpenAI) -> None:
    def fail_once(messages: list[Message]) -> Reply:
        return Reply(status=500) if len(llm.requests) == 1 else echo(messages)

    llm.script = fail_once
    async with door.enter() as ada:
        await ada.ask("hello")
        assert len(llm.requests) == 2


async def test_many_failures_in_a_row(door: Door, llm: FakeOpenAI) -> None:
    llm.script = lambda _: Reply(status=401)
    async with door.enter() as ada:
        for _ in range(6):
            await ada.ask("hello", OPERATOR)
        llm.script = echo
        await ada.ask("hello")


async def test_a_json_client_sees_the_failure_too(door: Door, llm: FakeOpenAI) -> None:
    llm.script = lambda _: Reply(["one ", "two"], interval=0.05, cut_after=1)
    async with door.enter_with_json() as bob:
        await bob.say("hello")
        await bob.reads(f"one \n\n{FAILED}")


async def test_an_answer_that_stalls_is_overtaken_by_the_next_message(
    door: Door, llm: FakeOpenAI
) -> None:
    llm.script = lambda messages: (
        Reply(["half", "never"], stall_after=1) if len(llm.requests) == 1 else echo(messages)
    )
    async with door.enter() as ada:
        await ada.say("hello")
        await eventually(lambda: ada.texts == ["half"], 10)
        await ada.say("still there?")
        await ada.reads("You said: hello\nstill there?")
