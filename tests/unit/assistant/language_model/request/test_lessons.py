"""What refusals teach, and that they teach it once."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.language_model.refusal import Refusal
from assistant.language_model.refusal_body import read_refusal
from assistant.language_model.request.body import ModelChoices, acceptable
from assistant.language_model.request.fitting import size_of
from assistant.language_model.request.lessons import SMALLEST_CONTEXT, Lessons, learn
from tests.unit.assistant.language_model.request.strict import complaints, message

TOOL = {
    "type": "function",
    "function": {
        "name": "look",
        "strict": True,
        "parameters": {"type": "object", "properties": {}, "additionalProperties": False},
    },
}
NEWEST = "What is the newest?"
BODY: dict[str, Any] = {
    "model": "m",
    "stream": True,
    "stream_options": {"include_usage": True},
    "messages": [
        message("system", "Be brief."),
        *[message("user", "x" * 3_000), message("assistant", "y" * 3_000)] * 5,
        message("user", NEWEST),
    ],
    "tools": [TOOL],
    "tool_choice": "auto",
    "parallel_tool_calls": True,
    "user": "u",
    "metadata": {"a": "b"},
}
CHOICES = ModelChoices(temperature=0.5, reasoning_effort="low", max_answer_tokens=50)


def body_for(lessons: Lessons) -> dict[str, Any]:
    return acceptable(BODY, CHOICES, lessons, is_openai=True)


def refusal(status: int | None, text: str, param: str | None = None) -> Refusal:
    return read_refusal(status, {"error": {"message": text, "param": param}})


@pytest.mark.parametrize(
    ("status", "text", "param", "learned"),
    [
        (400, "Unknown parameter", "stream_options", {"without": frozenset({"stream_options"})}),
        (
            422,
            "stream_options: Extra inputs are not permitted",
            None,
            {"without": frozenset({"stream_options"})},
        ),
        (
            400,
            "does not support 'reasoning_effort'",
            None,
            {"without": frozenset({"reasoning_effort"})},
        ),
        (400, "m does not support thinking", None, {"without": frozenset({"reasoning_effort"})}),
        (400, "Use 'max_tokens' instead", "max_completion_tokens", {"limit_name": "max_tokens"}),
        (400, "temperature: only 1 is supported", None, {"without": frozenset({"temperature"})}),
        (400, "System role not supported", None, {"system_role": False}),
        (400, "Conversation roles must alternate user/assistant/...", None, {"system_role": False}),
        (500, "Conversation roles must alternate user/assistant/...", None, {"system_role": False}),
        (400, "m does not support tools", None, {"tools": False}),
        (404, "No endpoints found that support tool use.", None, {"tools": False}),
        (
            400,
            '"auto" tool choice requires --enable-auto-tool-choice',
            "tool_choice",
            {"tools": False},
        ),
        (
            400,
            "Invalid: additionalProperties is not allowed in tools",
            None,
            {"strict_tools": False},
        ),
        (400, "streaming is not supported", None, {"streams": False}),
        (None, "streaming is not supported", None, {"streams": False}),
    ],
)
def test_a_refusal_teaches_what_to_leave_out(
    status: int | None, text: str, param: str | None, learned: dict[str, Any]
) -> None:
    assert learn(Lessons(), refusal(status, text, param), body_for(Lessons())) == Lessons(**learned)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (401, "tools are not supported with this key"),
        (402, "invalid stream_options"),
        (429, "exceeded token rate limit of your tier, retry after 6 seconds"),
        (429, "stream_options"),
        (400, "insufficient_quota: tools are disabled"),
        (404, "The model does not exist or does not support tools. model_not_found"),
        (400, "content_filter"),
        (500, "Internal server error"),
        (None, "hm"),
    ],
)
def test_what_is_not_about_the_request_teaches_nothing(status: int | None, text: str) -> None:
    assert learn(Lessons(), refusal(status, text), body_for(Lessons())) == Lessons()


@pytest.mark.parametrize("status", [400, 413, None])
def test_what_is_too_long_is_halved_until_the_newest_turn_alone_is_left(status: int | None) -> None:
    lessons, sizes = Lessons(), []
    while (
        known := learn(lessons, refusal(status, "context_length_exceeded"), body_for(lessons))
    ) != lessons:
        sizes.append(size_of(body_for(lessons)["messages"]))
        lessons = known
    assert all(
        after <= before / 2 or after < SMALLEST_CONTEXT
        for before, after in itertools.pairwise(sizes)
    )
    last = body_for(lessons)["messages"]
    assert [each["content"] for each in last] == ["Be brief.", NEWEST]
    assert len(sizes) <= 7


WORDS = [
    *("context_length_exceeded", "not supported", "invalid", "system role", "tools", "thinking"),
    *("streaming", "strict", "auto", "max_tokens", "max_completion_tokens", "stream_options"),
    *("temperature", "reasoning_effort", "tool_choice", "parallel_tool_calls", "user", "metadata"),
    *(
        "model",
        "messages",
        "stream",
        "too large",
        "per minute",
        "extra_forbidden",
        "content_filter",
    ),
]
REFUSALS = st.builds(
    refusal,
    st.none() | st.sampled_from([400, 404, 413, 422, 429, 500]),
    st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join),
    st.none() | st.sampled_from(WORDS),
)


@given(st.lists(REFUSALS, min_size=1, max_size=4))
def test_no_refusals_teach_for_ever(refusals: list[Refusal]) -> None:
    lessons, count = Lessons(), 0
    for _ in range(30):
        before = lessons
        for each in refusals:
            known = learn(lessons, each, body_for(lessons))
            count += known != lessons
            lessons = known
        if lessons == before:
            break
    else:
        pytest.fail("something was learned each time")
    assert count <= 20
    body = body_for(lessons)
    assert body["model"] == "m"
    assert body["messages"][-1]["content"].endswith(NEWEST)
    assert complaints(body["messages"]) == []


@given(REFUSALS)
def test_the_same_refusal_teaches_a_bounded_number_of_times(each: Refusal) -> None:
    lessons, count = Lessons(), 0
    while (known := learn(lessons, each, body_for(lessons))) != lessons:
        lessons, count = known, count + 1
        assert count <= 12
