"""The LLM client against a server on loopback: what fails is retried only where nothing was shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import prompts
from assistant.language_model import create_llm
from tests.doubles import FakeOpenAI, Message, Reply, echo
from tests.unit.assistant.scene import Scene, conversing
from tests.waiting import eventually

FAILED = prompts.load("notice_answer_failed")


@pytest.fixture
def server() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as llm:
        yield llm


def scripted(*replies: Reply) -> Callable[[list[Message]], Reply]:
    left = list(replies)
    return lambda messages: left.pop(0) if left else echo(messages)


@pytest.mark.parametrize(
    ("replies", "shown", "requests"),
    [
        ([], "You said: hi", 1),
        ([Reply(status=500)], "You said: hi", 2),
        ([Reply(status=500)] * 2, FAILED, 2),
        ([Reply(status=429)], "You said: hi", 2),
        ([Reply(status=401)], FAILED, 1),
        ([Reply(status=404)], FAILED, 1),
        ([Reply(["never", " sent"], cut_after=0)], "You said: hi", 2),
        ([Reply(["half", " an answer"], cut_after=1)], f"half\n\n{FAILED}", 1),
        ([Reply(["never sent"], stall_after=0)], "You said: hi", 2),
        ([Reply(["half", " an answer"], stall_after=1)], f"half\n\n{FAILED}", 1),
    ],
)
async def test_answers_and_failures(
    server: FakeOpenAI,
    monkeypatch: pytest.MonkeyPatch,
    replies: list[Reply],
    shown: str,
    requests: int,
) -> None:
    monkeypatch.setattr("assistant.session.LLM_SILENCE_LIMIT", 1.0)
    server.script = scripted(*replies)
    model = create_llm(model="any", api_key="key", base_url=server.base_url)
    async with conversing(model) as scene:
        scene.chat.receive("hi")
        await scene.shown(shown)
        assert len(server.requests) == requests
        await goes_on(scene, shown)
    await model.aclose()


async def goes_on(scene: Scene, *earlier: str) -> None:
    scene.chat.receive("and now?")
    await scene.shown(*earlier, "You said: and now?")


async def test_a_server_that_is_down_is_asked_again_by_the_next_message() -> None:
    with FakeOpenAI() as stopped:
        url = stopped.base_url
    model = create_llm(model="any", api_key=None, base_url=url)
    async with conversing(model) as scene:
        scene.chat.receive("hi")
        await scene.shown(FAILED)
        scene.chat.receive("hi again")
        await scene.shown(FAILED, FAILED)
    await model.aclose()


async def test_an_interrupted_answer_is_no_longer_generated(server: FakeOpenAI) -> None:
    server.script = scripted(Reply(["on"] * 10_000, interval=0.01))
    model = create_llm(model="any", api_key=None, base_url=server.base_url)
    async with conversing(model) as scene:
        scene.chat.receive("begin")
        await eventually(lambda: scene.chat.writes)
        scene.chat.receive("stop")
        await eventually(lambda: "You said: stop" in scene.chat.completed)
        await eventually(lambda: server.cancelled == 1)
    await model.aclose()
