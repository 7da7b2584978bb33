"""The marks of open models."""

from __future__ import annotations

import pytest

from assistant.language_model.answer.thought_marks import (
    LONE_CLOSING,
    LONGEST_MARK,
    OPENING,
    closing_of,
    is_ending,
    may_become_opening,
    unfinished_mark,
)

PAIRS = [
    ("<think>", "</think>"),
    ("<THINK>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("<longcat_think>", "</longcat_think>"),
    ("<|think|>", "<|/think|>"),
    ("<think_start>", "<think_end>"),
    ("<|thinking_start|>", "<|thinking_end|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|open|>think<|sep|>", "<|close|>think<|sep|>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|channel>thought", "<channel|>"),
    ("<unused94>thought", "<unused95>"),
    ("<|inner_prefix|>", "<|inner_suffix|>"),
    ("<|channel|>analysis<|message|>", "<|end|>"),
    ("<|channel|>commentary<|message|>", "<|end|>"),
]


@pytest.mark.parametrize(("opening", "closing"), PAIRS)
def test_each_opening_has_its_closing(opening: str, closing: str) -> None:
    mark = OPENING.match(opening)
    assert mark is not None
    assert mark.group() == opening
    assert closing_of(mark).fullmatch(closing)


@pytest.mark.parametrize("opening", [opening for opening, _ in PAIRS])
def test_each_part_of_an_opening_may_become_one(opening: str) -> None:
    assert len(opening) < LONGEST_MARK
    assert all(may_become_opening(opening[:end]) for end in range(len(opening)))


@pytest.mark.parametrize(
    "text", ["Hi", "<b>Hi", "[1] Hi", "a <think>", "<think", "anal", "x" * 200]
)
def test_other_texts_open_nothing(text: str) -> None:
    assert not OPENING.match(text)


@pytest.mark.parametrize("text", ["Hi", "[T]", "◁x", "<b> and so on and on, at length", "<" * 200])
def test_what_can_open_nothing_is_not_waited_for(text: str) -> None:
    assert not may_become_opening(text)


@pytest.mark.parametrize(
    "closing",
    ["</think>", "</seed:think>", "[/THINK]", "◁/think▷", "<|END_THINKING|>", "<unused95>"],
)
def test_what_closes_a_thought_is_known_without_its_opening(closing: str) -> None:
    assert LONE_CLOSING.fullmatch(closing)
    for end in range(1, len(closing)):
        assert unfinished_mark("Hi" + closing[:end]) == 2


@pytest.mark.parametrize("text", ["<|im_end|>", "</s>", "<end_of_turn>\n", "<|eot_id|></s>"])
def test_marks_at_an_end_are_waited_for_and_known(text: str) -> None:
    for end in range(1, len(text) + 1):
        assert unfinished_mark("Hi" + text[:end]) == 2
    assert is_ending(text, after_thought=False)


@pytest.mark.parametrize(("after_thought", "is_mark"), [(True, True), (False, False)])
def test_the_mark_of_an_answer_is_one_after_a_thought(after_thought: bool, is_mark: bool) -> None:
    assert is_ending("</answer>", after_thought=after_thought) is is_mark
