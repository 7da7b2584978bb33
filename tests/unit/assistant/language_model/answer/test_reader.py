"""Answers as services send them, and everything that can be done to them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.language_model.answer.server_events import EVENT_LIMIT
from assistant.language_model.chunks import FINISH_REASON, PROGRESS, THOUGHT
from tests.unit.assistant.language_model.answer.splits import (
    DONE,
    FIN,
    PLACES,
    Answer,
    T,
    cut,
    said,
    sse,
)
from tests.unit.assistant.language_model.answer.test_json_objects import JSON

ERROR = {"error": {"message": "no"}}
CALL = {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "look", "arguments": "{}"}}]}
FLY = {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "fly", "arguments": "{}"}}]}
WHOLE = {
    "object": "chat.completion",
    "choices": [{"index": 0, "message": {"content": "Hello"}, "finish_reason": "stop"}],
}


@pytest.mark.parametrize(
    ("body", "text", "end"),
    [
        (sse(T("Hi"), FIN, DONE), "Hi", "whole"),
        (sse(T("Hi"), FIN), "Hi", "whole"),
        (sse(T("Hi"), DONE), "Hi", "whole"),
        (sse(T("Hi")), "Hi", "broke off"),
        (sse(T("Hi"), b'{"choices":[{"del'), "Hi", "broke off"),
        (b"", "", "no answer"),
        (sse(DONE), "", "no answer"),
        (sse(said({"content": ""}, "stop")), "", "whole"),
        (b"<html>\n<p>Hi</p>", "", "not an answer"),
        (b"ok", "", "not an answer"),
        (b'{"status": "ok"}', "", "not an answer"),
        (b'{"choi', "", "broke off"),
        (json.dumps(WHOLE).encode(), "Hello", "whole"),
        (json.dumps(WHOLE, indent=1).encode(), "Hello", "whole"),
        (sse(T("Hel"), T("lo"), WHOLE), "Hello", "whole"),
        (sse(T("\nHello\n"), {**WHOLE, "object": "chat.completion.chunk"}), "Hello\n", "whole"),
        (sse(T("Hel"), WHOLE), "Hello", "whole"),
        (
            sse(
                {"message": {"content": "ha"}},
                {"message": {"content": "ha"}, "done": False},
                {"done": True},
            ),
            "haha",
            "whole",
        ),
        (sse(T("Hi"), said({}, "error")), "Hi", "finish reason"),
        (sse(T("Hi"), said({}, "error"), DONE), "Hi", "finish reason"),
        (sse(T("Hi"), said({}, ""), said({}, None), FIN), "Hi", "whole"),
        (sse(ERROR), "", "refusal"),
        (sse(T("Hi"), ERROR), "Hi", "refusal"),
        (sse(T("Hi"), ERROR, FIN, DONE), "Hi", "refusal"),
        (sse(T("Hi"), FIN, ERROR), "Hi", "whole"),
        (sse(T("Hi"), said({}, "error"), ERROR), "Hi", "refusal"),
        (sse(T("Hi")) + b"event: error\ndata: overloaded\n\n", "Hi", "refusal"),
        (sse(T("H"), b"oops", T("i"), FIN), "Hi", "whole"),
        (sse(T("H"), b"[" * 100_000, T("i"), FIN), "Hi", "whole"),
        (sse(T("H"), b"", None, 5, "x", [], {}, T("i"), FIN), "Hi", "whole"),
        (
            b"event: ping\n\n: hi\n\n" + sse(T("Hi"), FIN).replace(b"data: ", b"data:"),
            "Hi",
            "whole",
        ),
        (b"\n".join(json.dumps(each).encode() for each in (T("H"), T("i"), FIN)), "Hi", "whole"),
        (sse(T("Hi")) + b"[DONE]\n", "Hi", "whole"),
        (sse(T("Hi"), b'"[done]"'), "Hi", "whole"),
        (sse([T("H"), T("i")], FIN), "Hi", "whole"),
        (sse(json.dumps(T("H")).encode() + json.dumps(FIN).encode()), "H", "whole"),
        (sse(said({"content": "H\t"})).replace(b"\\t", b"\t") + sse(FIN), "H\t", "whole"),
        (sse(T("Hi")).replace(b"Hi", b"H\xff") + sse(FIN), "H\ufffd", "whole"),
        (sse(T("Hi\x18\x1a"), FIN), "Hi", "whole"),
        (sse(T("<think>hm"), DONE), "<think>hm", "whole"),
        (sse(T("<think>hm")), "", "broke off"),
        (sse(T("<think>hm"), said({}, "length")), "", "whole"),
        (sse(T("Hi")) + b"data: " + b"x" * EVENT_LIMIT, "Hi", "broke off"),
        (sse(T("x" * EVENT_LIMIT)), "", "not an answer"),
    ],
)
def test_answers_of_every_shape(body: bytes, text: str, end: str) -> None:
    for pieces in ([body], cut(body, range(0, len(body), 7))):
        answer = Answer(pieces)
        assert (answer.text, answer.end) == (text, end)


@pytest.mark.parametrize(
    ("body", "tools", "calls", "end"),
    [
        (sse(said(CALL), said({}, "tool_calls"), DONE), ["look"], [("look", "{}")], "whole"),
        (sse(said(CALL), said({}, "stop")), ["look"], [("look", "{}")], "whole"),
        (sse(said(CALL), DONE), ["look"], [("look", "{}")], "whole"),
        (sse(T("Hm."), said(CALL), DONE), ["look"], [("look", "{}")], "whole"),
        (sse(said(CALL)), ["look"], [], "broke off"),
        (sse(said(CALL), said({}, "length")), ["look"], [], "whole"),
        (sse(said(CALL), ERROR), ["look"], [], "refusal"),
        (sse(said(FLY), DONE), ["look"], [], "unknown tool"),
        (sse(said(CALL), DONE), [], [], "unknown tool"),
        (sse(T("<tool_call>{}"), FIN), ["look"], [], "tool call as text"),
        (sse(T("hm</think><tool_call>{}"), FIN), ["look"], [], "tool call as text"),
    ],
)
def test_tool_calls_are_passed_on_when_all_is_there(
    body: bytes, tools: list[str], calls: list[tuple[str, str]], end: str
) -> None:
    answer = Answer([body], tools)
    assert (answer.calls, answer.end) == (calls, end)


@pytest.mark.parametrize(
    ("body", "note"),
    [
        (sse(T("Hi"), said({}, "MAX_TOKENS")), {FINISH_REASON: "length"}),
        (sse(T("Hi"), said({}, "length"), FIN), {FINISH_REASON: "length"}),
        (sse(T("Hi"), said({}, "SAFETY")), {FINISH_REASON: "content_filter"}),
        (sse(said({"reasoning": "hm"}), FIN), {THOUGHT: True, FINISH_REASON: "stop"}),
        (sse(T("<think>hm"), FIN), {THOUGHT: True, FINISH_REASON: "stop"}),
        (sse(said(CALL), DONE), {PROGRESS: True}),
        (sse(said({"extra_content": {"a": 1}}), DONE), {"a": 1}),
    ],
)
def test_what_is_to_be_noted_comes_with_the_chunks(body: bytes, note: dict[str, Any]) -> None:
    assert Answer([body], ["look"]).notes == note


def test_counts_of_tokens_come_last_and_once() -> None:
    body = sse(
        T("Hi"),
        {**FIN, "usage": {"prompt_tokens": 1}},
        {"choices": [], "usage": {"prompt_tokens": 2}},
    )
    answer = Answer([body])
    assert [chunk.usage.prompt_tokens for chunk in answer.chunks if chunk.usage] == [2]


STREAMS: list[list[object]] = [
    [T("Hel"), T("lo <b> "), T("</b>"), FIN, DONE],
    [T("<think>hm"), T("</thi"), T("nk>\n\nHello"), FIN],
    [T("hm</think>"), T("Hello"), said({}, "length"), DONE],
    [said({"reasoning": "hm"}), T("Hello"), said(CALL), said({}, "tool_calls"), DONE],
    [T("Hello"), {"choices": [], "usage": {"prompt_tokens": 1}}, DONE],
    [T("Hello"), ERROR],
    [WHOLE],
]
FIELDS = (
    "choices",
    "delta",
    "content",
    "finish_reason",
    "index",
    "tool_calls",
    "id",
    "name",
    "usage",
)


def changed(value: Any, name: str, to: Any) -> Any:
    """The same, with a field that has another value or, if that is `...`, is missing."""
    if isinstance(value, list):
        return [changed(inner, name, to) for inner in value]
    if not isinstance(value, dict):
        return value
    return {
        own: to if own == name else changed(inner, name, to)
        for own, inner in value.items()
        if not (own == name and to is ...)
    }


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    stream: list[object] = list(draw(st.sampled_from(STREAMS)))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(stream) - 1))
        match draw(st.sampled_from(["change", "drop", "repeat", "insert", "swap"])):
            case "change":
                stream[at] = changed(
                    stream[at], draw(st.sampled_from(FIELDS)), draw(JSON | st.just(...))
                )
            case "drop":
                stream[at] = {}
            case "repeat":
                stream.insert(at, stream[at])
            case "insert":
                stream.insert(at, draw(JSON | st.binary(max_size=9)))
            case "swap":
                stream[at], stream[0] = stream[0], stream[at]
    body = sse(*stream)
    return body[: draw(st.integers(0, len(body)) | st.just(len(body)))]


CAUSES = {
    *("whole", "refusal", "broke off", "no answer", "not an answer", "finish reason"),
    *("unknown tool", "tool call as text"),
}


@given(mutations(), PLACES)
def test_whatever_is_done_to_an_answer_it_has_one_end(body: bytes, places: list[int]) -> None:
    answer = Answer(cut(body, places), ["look"])
    assert answer.end in CAUSES
    once = Answer([body], ["look"])
    for name in ("text", "end", "calls", "notes"):
        assert getattr(once, name) == getattr(answer, name)


@given(st.binary(max_size=300), PLACES)
def test_no_bytes_raise_anything(body: bytes, places: list[int]) -> None:
    assert Answer(cut(body, places)).end in CAUSES


@given(st.integers(0, 2), st.data())
def test_a_cut_never_shows_more_and_is_never_whole_before_the_end(
    which: int, data: st.DataObject
) -> None:
    stream = STREAMS[which]
    whole, body = Answer([sse(*stream)]), sse(*stream)
    first_end = body.index(b'"finish_reason": "')
    answer = Answer([body[: data.draw(st.integers(0, first_end))]])
    assert answer.end in ("broke off", "no answer")
    assert whole.passed_on.startswith(answer.passed_on) or whole.text.startswith(answer.text)
