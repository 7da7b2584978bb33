"""When the agent must be named, and what names it."""

from __future__ import annotations

import pytest

from assistant.arriving.mention import Mention, mentions, needs_mention


@pytest.mark.parametrize(
    ("mention", "from_people"), [(Mention.AUTO, 3), (Mention.ALWAYS, 2), (Mention.NEVER, 99)]
)
def test_it_must_be_named_from_so_many_people_on(mention: Mention, from_people: int) -> None:
    needed = [people for people in range(9) if needs_mention(mention, people)]
    assert needed == list(range(from_people, 9))


@pytest.mark.parametrize(
    "text",
    [
        "Assistant",
        "assistant, hi",
        "hi @Assistant!",
        "@ASSISTANT?",
        "thanks assistant.",
        "(assistant)",
        "what does the assistant's clock say",
        "line one\n@assistant line two",
        "„Assistant“",
    ],
)
def test_its_name_as_a_word_names_it(text: str) -> None:
    assert mentions(text, "Assistant")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "assistants",
        "my-assistant",
        "@assistant-two",
        "someone@assistant.example",
        "assistant.example",
        "www.assistant",
        "assistant_2",
        "@@assistant",
        "asistant",
    ],
)
def test_another_word_does_not(text: str) -> None:
    assert not mentions(text, "Assistant")


@pytest.mark.parametrize("name", ["C-3PO", "Dr. Who?", "助手", "a+b (c)", "Ärztin"])
def test_any_name_can_be_mentioned(name: str) -> None:
    assert mentions(f"hello @{name} how are you", name)
    assert mentions(name.lower(), name)
    assert not mentions("hello you", name)


def test_what_a_name_has_in_parentheses_need_not_be_written() -> None:
    assert mentions("hello @Assistant", "Assistant (small local model)")
    assert not mentions("that small one", "Assistant (small local model)")
