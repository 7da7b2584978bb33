"""What is taken note of as a reply is generated."""

from __future__ import annotations

from typing import Any

import pytest
from livekit.agents import llm

from assistant.language_model.chunks import FINISH_REASON, GUARD, PROGRESS, THOUGHT
from assistant.language_model.failure import Failure, Remedy
from assistant.language_model.generation import Ending, Generation, GenerationLimits, Sign
from assistant.language_model.surrogates import SurrogateJoiner


def chunk(text: str | None = None, calls: int = 0, **notes: Any) -> llm.ChatChunk:
    names = {"thought": THOUGHT, "progress": PROGRESS, "finish": FINISH_REASON}
    call = llm.FunctionToolCall(name="look", arguments="\ud83d\ude00", call_id="a")
    extra = {names.get(name, name): value for name, value in notes.items()}
    delta = llm.ChoiceDelta(content=text, tool_calls=[call] * calls, extra=extra or None)
    return llm.ChatChunk(id="c", delta=delta)


def generation(max_chars: int = 100) -> Generation:
    return Generation(GenerationLimits(max_chars=max_chars), deadline=0.0)


@pytest.mark.parametrize(
    ("given", "sign"),
    [
        (chunk("Hi"), Sign.ANSWER),
        (chunk(calls=1), Sign.ANSWER),
        (chunk(progress=True), Sign.ANSWER),
        (chunk(thought=True), Sign.THOUGHT),
        (chunk("Hi", thought=True), Sign.ANSWER),
        (chunk(thought="yes"), Sign.NONE),
        (chunk(""), Sign.NONE),
        (chunk(finish="stop"), Sign.NONE),
        (llm.ChatChunk(id="c"), Sign.NONE),
    ],
)
def test_what_a_chunk_shows_of_a_model_at_work(given: llm.ChatChunk, sign: Sign) -> None:
    assert generation().admit(given, SurrogateJoiner()) is sign


def test_what_is_ours_is_taken_out_and_the_rest_stays() -> None:
    given = chunk(f"a <{GUARD}b", calls=1, thought=True, progress=True, finish="stop", google=1)
    generation().admit(given, SurrogateJoiner())
    assert given.delta is not None
    assert given.delta.content == "a <b"
    assert given.delta.extra == {"google": 1}
    assert given.delta.tool_calls[0].arguments == "\U0001f600"


@pytest.mark.parametrize(
    ("reasons", "ending"),
    [
        ([], Ending.COMPLETE),
        (["stop"], Ending.COMPLETE),
        (["length"], Ending.CUT),
        (["content_filter"], Ending.FILTERED),
        (["content_filter", "stop"], Ending.COMPLETE),
        (["whatever"], Ending.COMPLETE),
        ([5], Ending.COMPLETE),
    ],
)
def test_the_latest_request_says_how_it_ended(reasons: list[Any], ending: Ending) -> None:
    reply = generation()
    for reason in reasons:
        reply.admit(chunk(finish=reason), SurrogateJoiner())
    assert reply.ending is ending


def test_text_beyond_the_limit_is_cut_with_the_calls_behind_it() -> None:
    reply, characters = generation(max_chars=5), SurrogateJoiner()
    shown = ""
    for text in ("abc", "def", "ghi"):
        given = chunk(text, calls=1)
        reply.admit(given, characters)
        assert given.delta is not None
        shown += given.delta.content or ""
        assert bool(given.delta.tool_calls) is (not reply.exhausted)
        if reply.exhausted:
            break
    assert (shown, reply.ending, reply.exhausted) == ("abcde", Ending.CUT, True)


@pytest.mark.parametrize(
    ("remedy", "ending"), [(Remedy.REPHRASE, Ending.FILTERED), (Remedy.WAIT, Ending.FAILED)]
)
def test_a_failure_is_an_ending(remedy: Remedy, ending: Ending) -> None:
    reply, failure = generation(), Failure("any", remedy=remedy)
    reply.fail(failure)
    assert (reply.ending, reply.failure) == (ending, failure)


def test_thoughts_are_remembered() -> None:
    reply = generation()
    reply.admit(chunk(thought=True), SurrogateJoiner())
    reply.admit(chunk("Hi"), SurrogateJoiner())
    assert reply.thought
