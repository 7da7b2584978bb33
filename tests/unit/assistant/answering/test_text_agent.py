"""The agent with a real session and a server on loopback: limits, second requests, endings."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from livekit.agents import AgentSession, function_tool
from livekit.agents.voice import SpeechHandle
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.agents.voice.io import TextOutput

from assistant.answering.text_agent import TextAgent
from assistant.language_model import LanguageModel, RoomLLM
from assistant.language_model.generation import Ending, GenerationFailedError, GenerationLimits
from tests.doubles import FakeOpenAI, Message, Reply, echo
from tests.waiting import eventually

ENOUGH = GenerationLimits()
SHORT = GenerationLimits(first_token=1.0, gap=1.0, thinking=1.0)


@pytest.fixture
def server() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as llm:
        yield llm


@pytest.fixture(autouse=True)
def no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.answering.text_agent.RETRY_DELAY", 0.01)


def scripted(*replies: Reply) -> Callable[[list[Message]], Reply]:
    left = list(replies)
    return lambda messages: left.pop(0) if left else echo(messages)


class Notes(TextOutput):
    """A text output that keeps what it is given."""

    def __init__(self) -> None:
        super().__init__(label="notes", next_in_chain=None)
        self.text = ""

    async def capture_text(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


class AgentWithTool(TextAgent):
    """An agent that can look at a clock, which takes its time."""

    duration = 0.0

    @function_tool
    async def look_at_clock(self) -> str:
        """Tell the time."""
        await asyncio.sleep(self.duration)
        return "noon"


@dataclass
class Room:
    """A session and what it touches."""

    agent: AgentWithTool
    session: AgentSession[None]
    notes: Notes

    def ask(self, question: str = "hi") -> SpeechHandle:
        self.notes.text = ""
        self.agent.begin()
        return self.session.generate_reply(user_input=question)

    async def answer(self, question: str = "hi") -> str:
        """What is shown for a question."""
        await self.ask(question).wait_for_playout()
        return self.notes.text

    @property
    def end(self) -> tuple[Ending, str | None]:
        failure = self.agent.failure
        return self.agent.ending, None if failure is None else failure.cause


@contextlib.asynccontextmanager
async def chatting(
    base_url: str, limits: GenerationLimits = ENOUGH, fallback_model: str | None = None
) -> AsyncIterator[Room]:
    language_model = LanguageModel(
        model="first", api_key=None, base_url=base_url, fallback_model=fallback_model
    )
    agent, notes = AgentWithTool("Be brief.", limits), Notes()
    session = AgentSession[None](
        llm=language_model.for_room(),
        vad=None,
        turn_handling={"turn_detection": "manual"},
        conn_options=SessionConnectOptions(max_unrecoverable_errors=sys.maxsize),
    )
    session.output.transcription = notes
    await session.start(agent, session_host=False, record=False)
    try:
        yield Room(agent, session, notes)
    finally:
        await session.aclose()
        await language_model.aclose()


TOOL_CALL = {
    "tool_calls": [
        {
            "index": 0,
            "id": "call",
            "type": "function",
            "function": {"name": "look_at_clock", "arguments": ""},
        }
    ]
}
ARGUMENTS = {"tool_calls": [{"index": 0, "function": {"arguments": " "}}]}
CLOCK = Reply([TOOL_CALL, {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}])
ERROR_EVENT = b'data: {"error": {"message": "overloaded by: hi", "type": "overloaded"}}\n\n'
COMPLETE = (Ending.COMPLETE, None)


def failed(cause: str) -> tuple[Ending, str]:
    return Ending.FAILED, cause


@pytest.mark.parametrize(
    ("replies", "shown", "end", "requests"),
    [
        ([], "You said: hi", COMPLETE, 1),
        ([Reply(status=500)], "You said: hi", COMPLETE, 2),
        ([Reply(status=500)] * 2, "", failed("status 500"), 2),
        ([Reply(status=429)], "You said: hi", COMPLETE, 2),
        ([Reply(status=429, headers={"retry-after": "0.02"})], "You said: hi", COMPLETE, 2),
        ([Reply(status=429, headers={"retry-after": "60"})], "", failed("status 429"), 1),
        ([Reply(status=429, headers={"retry-after": "soon"})], "You said: hi", COMPLETE, 2),
        ([Reply(status=401)], "", failed("status 401"), 1),
        ([Reply(status=404)], "", failed("status 404"), 1),
        ([Reply(["never", " sent"], cut_after=0)], "You said: hi", COMPLETE, 2),
        ([Reply(["half", " an answer"], cut_after=1)], "half", failed("broke off"), 1),
        ([Reply([ERROR_EVENT])], "You said: hi", COMPLETE, 2),
        ([Reply(["half", ERROR_EVENT])], "half", failed("error event"), 1),
        ([Reply(["half", b"data: oops\n\n"])], "half", COMPLETE, 1),
        (
            [Reply(["all", " there is"], finish_reason="length")],
            "all there is",
            (Ending.CUT, None),
            1,
        ),
        ([Reply(["bad"], finish_reason="content_filter")], "bad", (Ending.FILTERED, None), 1),
        ([Reply([], finish_reason="content_filter")], "", (Ending.FILTERED, None), 1),
        ([Reply(["odd"], finish_reason=None)], "odd", COMPLETE, 1),
        ([Reply([])], "", COMPLETE, 1),
        ([CLOCK], "You said: hi", COMPLETE, 2),
        ([CLOCK, Reply(["noo"], finish_reason="length")], "noo", (Ending.CUT, None), 2),
        ([CLOCK, Reply(status=401)], "", failed("status 401"), 2),
    ],
)
async def test_answers_and_their_endings(
    server: FakeOpenAI,
    replies: list[Reply],
    shown: str,
    end: tuple[Ending, str | None],
    requests: int,
) -> None:
    server.script = scripted(*replies)
    async with chatting(server.base_url) as room:
        assert await room.answer() == shown
        assert room.end == end
        assert len(server.requests) == requests
        server.script = echo
        assert (await room.answer("and now?")).endswith("and now?")
        assert room.end == COMPLETE


@pytest.mark.parametrize(
    "silent",
    [
        Reply([""], stall_after=0),
        Reply([""], stall_after=0, keep_alive=0.01),
        Reply([""] * 200, interval=0.01),
        Reply([{"reasoning_content": "hm"}] * 200, interval=0.01),
        Reply(["<think>", *["hm"] * 200], interval=0.01),
    ],
    ids=["silence", "comments", "empty deltas", "reasoning", "thinking"],
)
async def test_what_nobody_sees_does_not_count_as_an_answer(
    server: FakeOpenAI, silent: Reply
) -> None:
    server.script = scripted(silent)
    async with chatting(server.base_url, SHORT) as room:
        assert await room.answer() == ""
        assert room.end == failed("timeout")
        # The time in which an answer must begin is the same for one request and for two.
        assert len(server.requests) == 1
        await eventually(lambda: server.cancelled == 1)
        assert (await room.answer()).endswith("hi")


@pytest.mark.parametrize("keep_alive", [None, 0.01])
async def test_an_answer_that_stalls_ends_as_failed(
    server: FakeOpenAI, keep_alive: float | None
) -> None:
    server.script = scripted(Reply(["half", "never"], stall_after=1, keep_alive=keep_alive))
    async with chatting(server.base_url, SHORT) as room:
        assert await room.answer() == "half"
        assert room.end == failed("timeout")
        assert len(server.requests) == 1
        await eventually(lambda: server.cancelled == 1)


async def test_the_arguments_of_a_tool_call_count(server: FakeOpenAI) -> None:
    arguments = [ARGUMENTS] * 30
    last = {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}
    server.script = scripted(Reply([TOOL_CALL, *arguments, last], interval=0.05))
    async with chatting(server.base_url, SHORT) as room:
        assert await room.answer() == "You said: hi"
        assert room.end == COMPLETE


async def test_the_limit_of_the_whole_spans_tool_calls(server: FakeOpenAI) -> None:
    server.script = scripted(
        Reply(["Wait. ", *CLOCK.tokens]), Reply(["tick "] * 500, interval=0.01)
    )
    async with chatting(server.base_url, GenerationLimits(whole=1.0)) as room:
        room.agent.duration = 0.5
        started = asyncio.get_running_loop().time()
        shown = await room.answer()
        assert asyncio.get_running_loop().time() - started < 1.5
        assert shown.startswith("Wait. tick ")
        assert room.end == failed("timeout")


async def test_the_limit_of_the_whole_leaves_no_time_for_a_second_request(
    server: FakeOpenAI,
) -> None:
    server.script = scripted(Reply([""], stall_after=0))
    async with chatting(server.base_url, replace(SHORT, whole=0.3)) as room:
        assert await room.answer() == ""
        assert room.end == failed("timeout")
        assert len(server.requests) == 1


async def test_each_reply_has_limits_of_its_own(server: FakeOpenAI) -> None:
    async with chatting(server.base_url, GenerationLimits(whole=1.0, max_chars=20)) as room:
        for question in ("one", "two", "three"):
            assert await room.answer(question) == f"You said: {question}"
            await asyncio.sleep(0.5)


@pytest.mark.parametrize(
    ("tokens", "shown", "ending"),
    [
        (["123", "456", "789"], "1234567", Ending.CUT),
        (["1234567", "8"], "1234567", Ending.CUT),
        (["1234567"], "1234567", Ending.COMPLETE),
    ],
)
async def test_text_beyond_the_limit_is_cut(
    server: FakeOpenAI, tokens: list[str], shown: str, ending: Ending
) -> None:
    server.script = scripted(Reply([*tokens, *[""] * 1000], interval=0.001))
    async with chatting(server.base_url, GenerationLimits(max_chars=7)) as room:
        assert await room.answer() == shown
        assert room.end == (ending, None)
        if ending is Ending.CUT:
            await eventually(lambda: server.cancelled == 1)


async def test_the_limit_of_text_spans_tool_calls(server: FakeOpenAI) -> None:
    server.script = scripted(Reply(["12345", *CLOCK.tokens]), Reply(["6789"]))
    async with chatting(server.base_url, GenerationLimits(max_chars=7)) as room:
        assert await room.answer() == "1234567"
        assert room.end == (Ending.CUT, None)


@pytest.mark.parametrize("when", ["before the first word", "after it"])
async def test_an_interrupted_answer_is_no_longer_generated(server: FakeOpenAI, when: str) -> None:
    before = Reply([""], stall_after=0)
    server.script = scripted(
        before if when.startswith("before") else Reply(["on"] * 9, stall_after=5)
    )
    async with chatting(server.base_url) as room:
        speech = room.ask()
        await eventually(lambda: server.requests if when.startswith("before") else room.notes.text)
        speech.interrupt()
        await speech.wait_for_playout()
        await eventually(lambda: server.cancelled == 1)
        assert room.end == COMPLETE
        assert (await room.answer()).endswith("hi")


async def test_an_interrupted_reply_leaves_the_next_ones_ending_alone(server: FakeOpenAI) -> None:
    server.script = scripted(Reply(["on"] * 9, stall_after=5), Reply(["x"], finish_reason="length"))
    async with chatting(server.base_url) as room:
        first = room.ask()
        await eventually(lambda: room.notes.text)
        second = room.ask("next")
        first.interrupt()
        await second.wait_for_playout()
        assert room.end == (Ending.CUT, None)


async def test_a_server_that_is_down_is_asked_again_by_the_next_message() -> None:
    with FakeOpenAI() as stopped:
        url = stopped.base_url
    async with chatting(url) as room:
        for _ in range(2):
            assert await room.answer() == ""
            assert room.end == failed("connection")


@pytest.mark.parametrize(
    ("first", "cause"),
    [
        (Reply(status=500), "status 500"),
        (Reply(status=404), "status 404"),
        (Reply(status=429, headers={"retry-after": "60"}), "status 429"),
        (Reply([""], stall_after=0), "timeout"),
        (Reply(["x"], cut_after=0), "broke off"),
    ],
)
async def test_the_fallback_model_is_asked_where_the_first_fails(
    server: FakeOpenAI, caplog: pytest.LogCaptureFixture, first: Reply, cause: str
) -> None:
    server.script = scripted(first)
    async with chatting(server.base_url, SHORT, fallback_model="second") as room:
        assert await room.answer() == "You said: hi"
        assert room.end == COMPLETE
    assert [request["model"] for request in server.requests] == ["first", "second"]
    [line] = [r for r in caplog.records if r.name == "assistant.answering.text_agent"]
    assert line.__dict__["cause"] == cause
    assert line.__dict__["model"] == "first"


async def test_the_fallback_model_never_repeats_what_was_shown(server: FakeOpenAI) -> None:
    server.script = scripted(Reply(["half", "never"], cut_after=1))
    async with chatting(server.base_url, fallback_model="second") as room:
        assert await room.answer() == "half"
        assert room.end == failed("broke off")
    assert len(server.requests) == 1


async def test_the_fallback_models_tokens_are_counted(server: FakeOpenAI) -> None:
    server.script = scripted(Reply(status=500))
    async with chatting(server.base_url, fallback_model="second") as room:
        counted: list[str] = []
        model = room.session.llm
        assert isinstance(model, RoomLLM)
        model.on("metrics_collected", lambda metrics: counted.append(metrics.metadata.model_name))
        await room.answer()
        await eventually(lambda: counted == ["second"])


async def test_a_failure_is_logged_once_and_quotes_nobody(
    server: FakeOpenAI, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG, logger="livekit")
    caplog.set_level(logging.DEBUG, logger="assistant")
    question = "my secret"
    server.script = lambda _: Reply(status=401, quotes=True)
    async with chatting(server.base_url) as room:
        speech = room.ask(question)
        await speech.wait_for_playout()
        error = speech.exception()
        assert isinstance(error, GenerationFailedError)
        assert error.cause == "status 401"
        assert question not in repr(error)
    lines = [r for r in caplog.records if r.name == "assistant.answering.text_agent"]
    assert [(line.getMessage(), line.__dict__["cause"]) for line in lines] == [
        ("LLM request failed", "status 401")
    ]
    assert question in lines[0].__dict__["lk.pii.detail"]
    for record in caplog.records:
        said = {k: v for k, v in record.__dict__.items() if not k.startswith("lk.pii.")}
        assert question not in str(said)
    assert question not in caplog.text
    assert question not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=500, quotes=True),
        Reply(status=429, quotes=True),
        Reply(["half", b'data: {"error": {"message": "cannot say: my secret"}}\n\n']),
    ],
    ids=["500", "429", "error event"],
)
async def test_the_frameworks_lines_quote_nobody(
    server: FakeOpenAI,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    reply: Reply,
) -> None:
    caplog.set_level(logging.DEBUG, logger="livekit")
    server.script = lambda _: reply
    async with chatting(server.base_url) as room:
        await room.answer("my secret")
        assert room.agent.ending is Ending.FAILED
    assert any(r.name == "livekit.agents" for r in caplog.records)
    assert "my secret" not in caplog.text
    assert "my secret" not in "".join(capfd.readouterr())
