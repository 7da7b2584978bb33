"""What is remembered of a room, and for how long."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit.agents import llm

from assistant.turns.history import MOST_TURNS, History
from assistant.turns.rendering import render
from assistant.turns.turn import UNKNOWN, Outcome, Question, Turn


def asked(text: str, outcome: Outcome | None = Outcome.DONE, by: str = "ada") -> Turn:
    turn = Turn([Question(text, by, "Ada", text)], 0.0, outcome=outcome)
    if outcome is Outcome.DONE:
        turn.answer = [llm.ChatMessage(role="assistant", content=[f"re {text}"])]
    return turn


def remembering(*turns: Turn, max_bytes: int = 10_000) -> History:
    history = History(max_bytes)
    for turn in turns:
        history.add(turn)
    return history


def told(history: History, turn: Turn | None = None) -> list[str]:
    """What the LLM is told to answer a turn, by default the newest."""
    turns = history._turns if turn is None else [turn]
    items = history.context(turns[-1]).items if turns else []
    return [item.text_content or "" for item in items if isinstance(item, llm.ChatMessage)]


def test_it_begins_empty() -> None:
    history = remembering()
    assert history.empty
    assert history.last is None
    assert told(history) == []


def test_turns_are_told_in_order() -> None:
    assert told(remembering(asked("a"), asked("b"), asked("c"))) == ["a", "re a", "b", "re b", "c"]


def test_a_turn_that_is_answered_again_keeps_its_place_and_its_answer_is_not_told() -> None:
    first, second = asked("a"), asked("b")
    history = remembering(first, second, first)
    assert told(history, first) == ["a"]
    assert first.answer
    assert told(history) == ["a", "re a", "b"]


@pytest.mark.parametrize("outcome", Outcome)
def test_the_last_turn_is_the_newest_that_was_answered_in_any_way(outcome: Outcome) -> None:
    answered = asked("b", outcome)
    history = remembering(asked("a"), answered, asked("to somebody else", None))
    assert history.last is answered


def test_a_removed_turn_is_neither_told_nor_found() -> None:
    gone = asked("a")
    history = remembering(gone, asked("b"))
    history.remove(gone)
    assert told(history) == ["b"]
    assert history.find("a", "ada") is None
    history.remove(gone)
    assert not history.empty


@pytest.mark.parametrize(
    ("by", "sought_by", "found"),
    [("ada", "ada", True), ("ada", "bob", False), (UNKNOWN, "ada", False), ("ada", UNKNOWN, False)],
)
def test_a_question_is_found_by_its_author_alone(by: str, sought_by: str, found: bool) -> None:
    turn = asked("a", by=by)
    history = remembering(turn, asked("b"))
    assert history.find("a", sought_by) == ((turn, turn.questions[0]) if found else None)


def test_of_two_with_the_same_id_the_newest_is_found() -> None:
    newest = asked("a")
    assert remembering(asked("a"), newest).find("a", "ada") == (newest, newest.questions[0])


def test_the_oldest_turns_are_forgotten_when_they_do_not_fit(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    history = remembering(asked("aaaa"), asked("bbbb"), asked("cccc"), max_bytes=22)
    assert told(history) == ["bbbb", "re bbbb", "cccc"]
    assert history.find("aaaa", "ada") is None
    assert caplog.records[0].__dict__["turns"] == 1


def test_it_is_bytes_that_count() -> None:
    history = remembering(asked("ä" * 10, None), asked("b", Outcome.STOPPED), max_bytes=20)
    assert not any("ä" in text for text in told(history))


def test_the_newest_turn_is_told_whatever_its_size() -> None:
    assert told(remembering(asked("a"), asked("b" * 99, None), max_bytes=10)) == ["b" * 99]


def test_tool_calls_count_too() -> None:
    first = asked("a")
    call = llm.FunctionCall(call_id="1", name="look", arguments="x" * 50)
    output = llm.FunctionCallOutput(call_id="1", output="y" * 50, is_error=False)
    first.answer = [call, output, *first.answer]
    assert told(remembering(first, asked("b"), max_bytes=120)) == ["a", "re a", "b"]
    assert told(remembering(first, asked("b"), max_bytes=100)) == ["b"]


def test_no_more_than_the_most_turns_are_kept() -> None:
    history = remembering(*(asked(str(n), None) for n in range(MOST_TURNS + 2)))
    assert history.find("1", "ada") is None
    assert history.find("2", "ada") is not None


OUTCOMES = st.sampled_from([Outcome.DONE, Outcome.STOPPED, None])
SAID = st.tuples(st.text(max_size=30), OUTCOMES, st.sampled_from(["ada", "bob", "eve"]))


def size(turns: list[Turn]) -> int:
    texts = (item.text_content or "" for item in render(turns) if isinstance(item, llm.ChatMessage))
    return sum(len(text.encode(errors="surrogatepass")) for text in texts)


@given(st.lists(SAID, min_size=1, max_size=40), st.integers(1, 2_000))
def test_no_more_is_forgotten_than_must_be(
    said: list[tuple[str, Outcome | None, str]], max_bytes: int
) -> None:
    turns = [asked(text, outcome, by) for text, outcome, by in said]
    expected = [*turns[:-1], replace(turns[-1], answer=[], outcome=None)]
    while size(expected) > max_bytes and len(expected) > 1:
        del expected[0]
    assert told(remembering(*turns, max_bytes=max_bytes)) == [
        item.text_content for item in render(expected) if isinstance(item, llm.ChatMessage)
    ]


def test_what_was_said_after_a_turn_is_not_for_its_answer() -> None:
    turn = asked("a", None)
    history = remembering(asked("0"), turn, asked("overheard", None))
    assert told(history, turn) == ["0", "re 0", "a"]


def test_a_turn_is_told_whatever_came_after_it() -> None:
    turn = asked("a", None)
    history = remembering(turn, *(asked("overheard" * 100, None) for _ in range(3)), max_bytes=100)
    assert told(history, turn) == ["a"]
    for number in range(MOST_TURNS):
        history.add(asked(str(number), None))
    assert told(history, turn) == ["a"]


def test_half_a_character_can_be_measured() -> None:
    assert told(remembering(asked("\ud83d"), asked("b"), max_bytes=20))[0] == "\ud83d"
