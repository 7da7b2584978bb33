"""The body of a request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.language_model.request.body import ModelChoices, acceptable
from assistant.language_model.request.lessons import Lessons
from tests.unit.assistant.language_model.request.strict import MESSAGES, complaints, message
from tests.unit.assistant.language_model.request.test_lessons import BODY, CHOICES

NO_CHOICES = ModelChoices()


def made(
    lessons: Lessons, choices: ModelChoices = CHOICES, *, is_openai: bool = False, **fields: Any
) -> dict[str, Any]:
    return acceptable({**BODY, **fields}, choices, lessons, is_openai=is_openai)


def test_what_is_chosen_is_sent() -> None:
    body = made(Lessons())
    assert (body["temperature"], body["reasoning_effort"], body["max_tokens"]) == (0.5, "low", 50)


def test_what_is_not_chosen_is_not_sent() -> None:
    body = made(Lessons(), NO_CHOICES, temperature=None, reasoning_effort="minimal")
    assert not body.keys() & {"temperature", "reasoning_effort", "max_tokens"}
    assert None not in body.values()


@pytest.mark.parametrize(
    ("is_openai", "limit_name", "sent"),
    [
        (True, "", "max_completion_tokens"),
        (False, "", "max_tokens"),
        (True, "max_tokens", "max_tokens"),
        (False, "max_completion_tokens", "max_completion_tokens"),
    ],
)
def test_the_largest_answer_has_the_services_name(
    is_openai: bool, limit_name: str, sent: str
) -> None:
    body = made(Lessons(limit_name=limit_name), is_openai=is_openai, max_tokens=9)
    assert [name for name in body if name.startswith("max_")] == [sent]
    assert body[sent] == 50
    without = made(Lessons(limit_name=limit_name), NO_CHOICES, is_openai=is_openai, max_tokens=9)
    assert without[sent] == 9


def test_what_is_known_to_be_refused_is_left_out() -> None:
    assert "stream_options" not in made(Lessons(without=frozenset({"stream_options"})))
    assert "messages" in made(Lessons(without=frozenset({"messages", "model", "stream"})))
    body = made(Lessons(streams=False))
    assert body["stream"] is False
    assert "stream_options" not in body


def test_without_tools_nothing_of_them_is_sent() -> None:
    for body in (
        made(Lessons(tools=False)),
        made(Lessons(), tools=[]),
        made(Lessons(), tools=None),
    ):
        assert not body.keys() & {"tools", "tool_choice", "parallel_tool_calls"}


def test_tools_can_be_described_for_services_that_know_less() -> None:
    properties = {"strict": {"type": "object", "additionalProperties": False, "properties": {}}}
    function = {"name": "look", "strict": True, "parameters": {"properties": properties}}
    (tool,) = made(Lessons(strict_tools=False), tools=[{"function": function}])["tools"]
    parameters = {"properties": {"strict": {"type": "object", "properties": {}}}}
    assert tool == {"function": {"name": "look", "parameters": parameters}}
    assert function["strict"] is True


LESSONS = st.builds(
    Lessons,
    system_role=st.booleans(),
    tools=st.booleans(),
    streams=st.booleans(),
    most_bytes=st.none() | st.integers(0, 2_000),
)


@given(MESSAGES, LESSONS)
def test_messages_are_such_as_strict_services_take(
    messages: list[dict[str, Any]], lessons: Lessons
) -> None:
    body = made(lessons, messages=messages)
    assert complaints(body["messages"]) == []
    if not lessons.system_role:
        assert all(each["role"] != "system" for each in body["messages"])


TEXT = st.text("ab ", min_size=1, max_size=9).filter(str.strip)
TURNS = st.lists(
    st.tuples(TEXT, TEXT).map(
        lambda turn: [message("user", turn[0]), message("assistant", turn[1])]
    ),
    min_size=1,
    max_size=8,
)


@given(TURNS, st.booleans(), LESSONS)
def test_a_request_begins_as_the_one_before(
    turns: list[list[dict[str, Any]]], greets: bool, lessons: Lessons
) -> None:
    told = [message("system", "Be brief."), *([message("assistant", "Hello")] if greets else [])]
    lessons, before = replace(lessons, most_bytes=None), list[dict[str, Any]]()
    for question, answer in turns:
        told.append(question)
        messages = made(lessons, messages=told)["messages"]
        assert messages[: len(before)] == before
        before = messages
        told.append(answer)
