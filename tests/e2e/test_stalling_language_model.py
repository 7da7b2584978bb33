"""An LLM that goes silent, until the limit runs out: the bubble ends with a line, the room goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import prompts
from tests.doubles import MODEL, FakeOpenAI, Reply, echo, words
from tests.e2e.people import Door, introduce
from tests.e2e.scripts import BEGINNING, STALLING, conversation, in_turn
from tests.tokens import token_minter
from tests.waiting import eventually
from tests.worker_process import WorkerProcess, running_worker
from worker.devstack.livekit_server import LiveKitServer

IMPATIENT = {
    "CHAT_FIRST_TOKEN_LIMIT": "1",
    "CHAT_GAP_LIMIT": "1",
    "CHAT_THINKING_LIMIT": "1",
    "CHAT_REPLY_LIMIT": "4",
}
"""Long enough for an LLM that answers, on a busy machine."""

FAILED = prompts.load("notice_answer_failed")
FOREVER = 10_000
"""Tokens of a reply that does not end by itself within a test."""


@pytest.fixture(scope="module")
def stalling_llm() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as llm:
        yield llm


@pytest.fixture(scope="module")
def server() -> Iterator[LiveKitServer]:
    """A server of these tests' own: a worker on the shared one would take others' rooms."""
    with LiveKitServer.start() as server:
        yield server


@pytest.fixture(scope="module")
def impatient_worker(server: LiveKitServer, stalling_llm: FakeOpenAI) -> Iterator[WorkerProcess]:
    with running_worker(server, stalling_llm, **IMPATIENT) as worker:
        yield worker


@pytest.fixture
def llm(impatient_worker: WorkerProcess, stalling_llm: FakeOpenAI) -> FakeOpenAI:
    """The impatient worker's LLM, with nothing asked and no stream closed."""
    stalling_llm.script = echo
    stalling_llm.requests.clear()
    stalling_llm.cancelled = 0
    return stalling_llm


@pytest.fixture
def door(server: LiveKitServer, room_name: str) -> Door:
    return Door(server.url, token_minter(server), room_name)


def causes(worker: WorkerProcess, message: str) -> list[str]:
    return [record["cause"] for record in worker.logs if record["message"] == message]


@pytest.mark.parametrize(
    "silence",
    [
        Reply(delay=60),
        Reply(["never sent"], stall_after=0, keep_alive=0.1),
        Reply([{"content": ""}] * FOREVER, interval=0.1),
        Reply([{"reasoning_content": "Hm. "}] * FOREVER, interval=0.1),
    ],
    ids=["silent", "comments", "empty deltas", "reasoning"],
)
async def test_an_llm_that_never_begins_is_given_up(
    door: Door, llm: FakeOpenAI, impatient_worker: WorkerProcess, silence: Reply
) -> None:
    before = len(causes(impatient_worker, "LLM request failed"))
    llm.script = lambda _: silence
    async with door.enter("ada", dialect="stream") as ada:
        await ada.ask("are you there?", FAILED)
        await eventually(lambda: llm.cancelled == len(llm.requests))
        llm.script = echo
        await ada.ask("and now?")
    assert causes(impatient_worker, "LLM request failed")[before:] == ["timeout"]


async def test_the_fallback_answers_for_an_llm_that_never_begins(fake_openai: FakeOpenAI) -> None:
    fake_openai.script = in_turn(Reply(delay=60))
    with (
        LiveKitServer.start() as server,
        running_worker(server, fake_openai, CHAT_FALLBACK_MODEL="fallback", **IMPATIENT),
    ):
        async with Door(server.url, token_minter(server), "room").enter("ada") as ada:
            await ada.ask("are you there?")
            await eventually(lambda: fake_openai.cancelled == 1)
    assert [request["model"] for request in fake_openai.requests] == [MODEL, "fallback"]


@pytest.mark.parametrize("keep_alive", [None, 0.1], ids=["silent", "comments"])
async def test_an_llm_that_stalls_in_the_middle_leaves_what_it_said(
    door: Door, llm: FakeOpenAI, impatient_worker: WorkerProcess, keep_alive: float | None
) -> None:
    before = len(causes(impatient_worker, "LLM request failed"))
    said = words(BEGINNING)
    llm.script = in_turn(Reply([*said, " never"], stall_after=len(said), keep_alive=keep_alive))
    async with door.enter("ada", dialect="stream") as ada, door.enter_with_json("bob") as bob:
        await ada.say("tell me")
        await ada.sees(BEGINNING)
        await ada.reads(f"{BEGINNING}\n\n{FAILED}")
        await eventually(lambda: llm.cancelled == 1)
        await eventually(lambda: f"{BEGINNING}\n\n{FAILED}" in bob.texts.values())
        await ada.ask("go on")
    assert conversation(llm.requests[-1]) == [
        ("user", "tell me"),
        ("assistant", BEGINNING),
        ("user", f"({prompts.load('note_broken_off')})\ngo on"),
    ]
    assert len(llm.requests) == 2, "what was shown must not be asked for again"
    assert causes(impatient_worker, "LLM request failed")[before:] == ["timeout"]


async def test_an_answer_without_end_is_given_up(door: Door, llm: FakeOpenAI) -> None:
    llm.script = in_turn(Reply([" more"] * FOREVER, interval=0.1))
    async with door.enter("ada", dialect="stream") as ada:
        await ada.say("tell me")
        await eventually(lambda: ada.answers, 10)
        said = ada.answers[0].removesuffix(f"\n\n{FAILED}")
        assert said != ada.answers[0]
        assert said.count(" more") > 10, "the limit of the whole, not of a gap, has ended it"
        await eventually(lambda: llm.cancelled == 1)
        await ada.ask("next")


async def test_what_was_asked_during_the_silence_is_answered_after_it(
    door: Door, llm: FakeOpenAI
) -> None:
    async with (
        door.enter("ada", dialect="stream") as ada,
        door.enter("bob", dialect="stream") as bob,
    ):
        await introduce(llm, ada, bob)
        llm.script = in_turn(STALLING, Reply(["To Bob."]))
        await ada.say("tell me")
        await bob.sees(BEGINNING)
        await bob.say("and me?")
        for reader in (ada, bob):
            await reader.sees(f"{BEGINNING}\n\n{FAILED}", "To Bob.")


async def test_a_stall_can_be_stopped_before_the_limit(door: Door, llm: FakeOpenAI) -> None:
    llm.script = in_turn(Reply(delay=60), Reply(["Next answer."]))
    async with door.enter("ada", dialect="stream") as ada:
        await ada.say("are you there?")
        await eventually(lambda: llm.requests)
        assert await ada.call_stop() == "stopped"
        await ada.reads(prompts.load("notice_stopped"))
        await eventually(lambda: llm.cancelled == 1)
        await ada.ask("next", "Next answer.")
    assert len(llm.requests) == 2
