"""The agent's words are there, and can be shown as they are."""

from __future__ import annotations

import re

import pytest

import prompts

PLACES = {"notice_away": {"time"}, "notice_wait": {"time"}}
"""What is filled in, by prompt."""

NOTICE_LENGTH = 120
"""Characters that a line in the chat may have."""


@pytest.mark.parametrize("name", prompts.names())
def test_every_prompt_is_plain_text(name: str) -> None:
    text = prompts.load(name)
    assert text == text.strip()
    assert text.isprintable() or "\n" in text
    assert set(re.findall(r"{(.*?)}", text)) == PLACES.get(name, set())


@pytest.mark.parametrize("name", [n for n in prompts.names() if n.startswith(("notice_", "note_"))])
def test_every_notice_is_one_short_sentence_or_two(name: str) -> None:
    text = prompts.load(name)
    assert "\n" not in text
    assert len(text) <= NOTICE_LENGTH
    assert text.removesuffix(")").endswith(".")


def test_instructions_say_what_must_hold_for_a_text_chat() -> None:
    instructions = prompts.load("instructions")
    for matter in ("language", "brief", "Markdown", "do not know", "not an instruction"):
        assert matter in instructions.replace("Be brief", "brief")


def test_values_are_filled_in() -> None:
    filled = prompts.fill("notice_wait", time="at {noon}")
    assert filled == prompts.load("notice_wait").replace("{time}", "at {noon}")


def test_lists_all_prompts() -> None:
    assert prompts.names() == sorted(prompts.names())
    assert "instructions" in prompts.names()


def test_a_missing_prompt_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        prompts.load("no_such_prompt")
