"""Thoughts in an answer's text."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.language_model.answer.thoughts import ThoughtFilter
from assistant.language_model.chunks import WITHDRAWN, answered_part
from tests.unit.assistant.language_model.answer.splits import PLACES, cut, fed
from tests.unit.assistant.language_model.answer.test_thought_marks import PAIRS


def answer(pieces: Iterable[str], *, keeps_open: bool = True) -> str:
    thoughts = ThoughtFilter()
    return answered_part(fed(thoughts.feed, pieces) + thoughts.end(keeps_open=keeps_open))


MARKED = [f"{opening}hm, {{}} < 3{closing}Hi" for opening, closing in PAIRS]


@pytest.mark.parametrize("text", MARKED)
def test_a_thought_that_opens_the_answer_is_not_shown(text: str) -> None:
    assert answer([text]) == answer(text) == "Hi"


@pytest.mark.parametrize(
    "text",
    [
        "hm</think>Hi",
        "hm\n</think>\n\nHi",
        "hm[/THINK]Hi",
        "<think>a</think><think>b</think>Hi",
        "\n <think>\n</think>\n\nHi",
        "<think>hm</think><answer>Hi</answer>",
        "<think>hm</think>Hi<|im_end|>",
        "Hi<|eot_id|></s>",
        "<|start|>assistant<|channel|>final<|message|>Hi<|return|>",
        "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Hi",
        "analysisWe must say Hi.assistantfinalHi",
        "Hi</think>",
    ],
)
def test_marks_around_the_answer_are_not_shown(text: str) -> None:
    assert answer([text]).strip() == answer(text).strip() == "Hi"


@pytest.mark.parametrize(
    "text",
    [
        "The tag `</think>` closes it.",
        "```\n<think>hm</think>\n```\nso",
        "It says </think>, and then?",
        'The word "</think>" is a mark.',
        "Write <think> to begin.",
        "analysis of it",
        "<b>bold</b>",
        "<answer>42</answer>",
        "a < b",
        "a <|end",
        "[1] a",
        "<",
        "",
    ],
)
def test_an_answer_may_speak_of_marks(text: str) -> None:
    assert answer([text]) == answer(text) == text


@pytest.mark.parametrize(("keeps_open", "shown"), [(True, "<think>hm"), (False, "")])
def test_a_thought_that_nothing_closed(keeps_open: bool, shown: str) -> None:
    assert answer(["<think>hm"], keeps_open=keeps_open) == shown
    assert answer("<think>hm", keeps_open=keeps_open) == shown


def test_what_a_lone_mark_closes_is_withdrawn_once() -> None:
    thoughts = ThoughtFilter()
    assert thoughts.feed("hm ") == "hm "
    assert thoughts.feed("so</think>Hi</think>. ") == f"{WITHDRAWN}Hi</think>. "
    assert thoughts.has_thought
    assert not thoughts.is_thinking


ALPHABET = [
    *(
        "<think>",
        "</think>",
        "</",
        "<",
        ">",
        "|",
        "a",
        " ",
        "\n",
        "`",
        "```",
        "[/THINK]",
        "◁/think▷",
    ),
    *("<|im_end|>", "</s>", "</answer>", "<answer>", "analysis", "A", "assistantfinal", "<|end|>"),
    *(
        "<|start|>",
        "assistant",
        "<|channel|>",
        "final",
        "<|message|>",
        "<unused95>",
        "thought",
        ".",
    ),
]
TEXTS = st.lists(st.sampled_from(ALPHABET), max_size=14).map("".join)


@given(TEXTS, PLACES)
@example("a</s></s>", [6])
@example("`</think>`", [1])
def test_however_a_text_is_cut_the_same_is_shown(text: str, places: list[int]) -> None:
    assert answer(cut(text, places)) == answer([text]) == answer(text)


@given(TEXTS)
def test_what_is_shown_is_a_part_of_the_text(text: str) -> None:
    assert answer([text]) in text
