"""Messages that the strictest services take."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

import prompts
from assistant.language_model.request.messages import (
    NO_RESULT,
    joined,
    regular,
    without_system,
    without_tools,
)
from chat import is_blank
from tests.unit.assistant.language_model.request.strict import (
    IMAGE,
    MESSAGES,
    called,
    complaints,
    message,
)

SAID = prompts.load("note_already_said")
SYSTEM = message("system", "Be brief.")
HI, HELLO = message("user", "Hi"), message("assistant", "Hello")
CALLS = message("assistant", "", tool_calls=[called("a")])


@pytest.mark.parametrize(
    ("given_messages", "kept"),
    [
        ([SYSTEM, HI, HELLO, HI], [SYSTEM, HI, HELLO, HI]),
        ([SYSTEM, HELLO, HI], [message("system", f"Be brief.\n\n{SAID}\n\nHello"), HI]),
        ([HELLO, HI], [message("system", f"{SAID}\n\nHello"), HI]),
        (
            [HI, SYSTEM, message("developer", "Be kind.")],
            [message("system", "Be brief.\n\nBe kind."), HI],
        ),
        ([HI, HI], [message("user", "Hi\nHi")]),
        ([HI, HELLO, HELLO], [HI, message("assistant", "Hello\n\nHello")]),
        ([HI, message("assistant", " \u200b\n"), HI], [message("user", "Hi\nHi")]),
        ([SYSTEM], [message("user", "Be brief.")]),
        ([SYSTEM, HELLO], [message("user", "Be brief."), HELLO]),
        ([HELLO], [message("user", SAID), HELLO]),
        ([], []),
        ([message("user", ["H", {"type": "text", "text": "i"}])], [message("user", "H\n\ni")]),
        ([message("user", [IMAGE, " ", 5])], [message("user", [IMAGE])]),
        (
            [message("user", [IMAGE]), HI],
            [message("user", [IMAGE, {"type": "text", "text": "Hi"}])],
        ),
        ([message("user", 5)], [message("user", "5")]),
        ([HI, {"role": "assistant", "content": None}], [HI]),
        ([HI, {"role": "assistant"}], [HI]),
        (
            [HI, CALLS, message("tool", " ", tool_call_id="a")],
            [HI, CALLS, message("tool", NO_RESULT, tool_call_id="a")],
        ),
        (
            [HI, HELLO, CALLS, message("tool", "a cat", tool_call_id="a")],
            [HI, {**CALLS, "content": "Hello"}, message("tool", "a cat", tool_call_id="a")],
        ),
    ],
)
def test_messages_alternate_and_say_something(
    given_messages: list[dict[str, Any]], kept: list[dict[str, Any]]
) -> None:
    assert joined(regular(given_messages)) == kept


@given(MESSAGES)
def test_any_messages_become_such_as_strict_services_take(messages: list[dict[str, Any]]) -> None:
    made = joined(regular(messages))
    assert complaints(made) == []
    assert joined(regular(made)) == made


@given(MESSAGES)
def test_the_newest_persons_text_stays(messages: list[dict[str, Any]]) -> None:
    newest = "What is the newest?"
    made = joined(regular([*messages, message("user", newest)]))
    assert made[-1]["role"] == "user"
    content = made[-1]["content"]
    assert (content if isinstance(content, str) else content[-1]["text"]).endswith(newest)


@given(MESSAGES)
def test_every_visible_text_of_a_person_stays(messages: list[dict[str, Any]]) -> None:
    told = str(joined(regular(messages)))
    for each in messages:
        if (
            each["role"] == "user"
            and isinstance(each["content"], str)
            and not is_blank(each["content"])
        ):
            assert repr(each["content"])[1:-1] in told


@given(MESSAGES)
def test_instructions_can_go_with_the_first_person(messages: list[dict[str, Any]]) -> None:
    made = without_system(regular(messages))
    assert complaints(made) == []
    assert all(each["role"] != "system" for each in made)


def test_instructions_and_the_first_persons_words_are_paragraphs() -> None:
    assert without_system([SYSTEM, HI, HELLO]) == [message("user", "Be brief.\n\nHi"), HELLO]


@given(MESSAGES)
def test_tools_can_be_left_out(messages: list[dict[str, Any]]) -> None:
    made = joined(regular(without_tools(regular(messages))))
    assert complaints(made) == []
    assert all(each["role"] != "tool" and "tool_calls" not in each for each in made)
