"""What is remembered of a room, and for how long."""

from __future__ import annotations

import json
import logging
from collections import Counter
from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from livekit.agents import llm

import prompts
from assistant.turns.dates import Dates
from assistant.turns.history import MOST_TURNS, History
from assistant.turns.rendering import FULL_SHARE, render
from assistant.turns.sizes import json_bytes
from assistant.turns.turn import UNKNOWN, Outcome, Question, Turn
from tests.doubles.strict import Message, merged, refusals, size_of

LEFT_OUT = prompts.load("note_left_out")


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
    history = remembering(asked("aaaa"), asked("bbbb"), asked("cccc"), max_bytes=35)
    assert told(history) == ["bbbb", "re bbbb", "cccc"]
    assert history.find("aaaa", "ada") is None
    assert caplog.records[0].__dict__["turns"] == 1


@pytest.mark.parametrize(
    "text", ["ä" * 10, '"' * 10, "\\" * 10, "x" + "\n" * 10, "x" + "\0" * 4], ids=ascii
)
def test_it_is_bytes_with_their_escapes_that_count(text: str) -> None:
    for max_bytes, fits in ((33, True), (23, False)):
        history = remembering(asked(text, None), asked("b", Outcome.WITHDRAWN), max_bytes=max_bytes)
        assert any(text in each for each in told(history)) is fits


def test_json_around_what_several_wrote_counts_with_its_escapes() -> None:
    turns = [asked('"' * 20, None, by) for by in ("ada", "bob")]
    # Each quote is a backslash and a quote in the line, and both are escaped in the request.
    line = len('"{\\"from\\": \\"Ada (ada)\\", \\"message\\": \\"\\"}"') + 20 * 4
    assert len(told(remembering(*turns, max_bytes=2 * line))) == 2
    assert len(told(remembering(*turns, max_bytes=2 * line - 1))) == 1


def test_tool_calls_count_too() -> None:
    first = asked("a")
    call = llm.FunctionCall(call_id="1", name="look", arguments="x" * 50)
    output = llm.FunctionCallOutput(call_id="1", output="y" * 50, is_error=False)
    first.answer = [call, output, *first.answer]
    assert told(remembering(first, asked("b"), max_bytes=130)) == ["a", "re a", "b"]
    assert told(remembering(first, asked("b"), max_bytes=120)) == ["b"]


def test_of_too_many_turns_many_are_forgotten_at_once() -> None:
    history = remembering(*(asked(str(n), None) for n in range(MOST_TURNS + 1)))
    kept = [n for n in range(MOST_TURNS + 1) if history.find(str(n), "ada")]
    assert kept == list(range(MOST_TURNS + 1 - int(MOST_TURNS * FULL_SHARE), MOST_TURNS + 1))


SAMPLE = st.text(max_size=40) | st.text(st.sampled_from('"\\\n\0ä😀x'), max_size=200)
OUTCOMES = st.sampled_from([*Outcome, None])
ANSWERS = st.none() | SAMPLE
SAID = st.tuples(
    SAMPLE, OUTCOMES, st.sampled_from(["ada", "bob", "eve"]), ANSWERS, st.integers(0, 9_000)
)
ZONE = Dates(timezone(timedelta(hours=5, minutes=30), "Asia/Kolkata"))


def history_of(
    said: list[tuple[str, Outcome | None, str, str | None, int]], max_bytes: int
) -> History:
    history, now = History(max_bytes, ZONE), 0.0
    for text, outcome, by, answer, seconds in said:
        turn = asked(text, None, by)
        now += seconds
        turn.created_at = now
        history.add(turn)
        turn.outcome = outcome
        if answer is not None:
            turn.answer = [llm.ChatMessage(role="assistant", content=[answer])]
        if outcome is not None:
            history.ended(turn)
    return history


def request_of(items: list[llm.ChatItem]) -> list[Message]:
    """The messages of a request, as the LLM's client sends them."""
    told = [item for item in items if isinstance(item, llm.ChatMessage)]
    return [{"role": item.role, "content": item.text_content} for item in told]


@settings(deadline=None)
@given(st.lists(SAID, min_size=1, max_size=30), st.integers(600, 3_000))
def test_whatever_was_said_a_strict_service_takes_it_and_it_fits(
    said: list[tuple[str, Outcome | None, str, str | None, int]], max_bytes: int
) -> None:
    history = history_of(said, max_bytes)
    items = history.context(history._turns[-1]).items
    assert refusals(merged(request_of(items))) == []
    assert size_of(request_of(items)) <= max_bytes


@settings(deadline=None)
@given(st.lists(SAID, min_size=1, max_size=30), st.integers(600, 3_000))
def test_no_more_is_forgotten_than_to_have_some_room(
    said: list[tuple[str, Outcome | None, str, str | None, int]], max_bytes: int
) -> None:
    history = history_of(said, max_bytes)
    before = list(history._turns)
    asked_last = before[-1]
    whole = [*before[:-1], replace(asked_last, answer=[], outcome=None)]

    def size(turns: list[Turn]) -> int:
        return size_of(request_of(render(turns, ZONE)))

    too_large = size(whole) > max_bytes
    history.context(asked_last)
    dropped = len(before) - len(history._turns)
    assert (dropped > 0) == (too_large and len(before) > 1)
    if dropped and len(history._turns) > 1:
        assert size(whole[dropped:]) <= max_bytes * FULL_SHARE


def test_with_a_full_context_the_beginning_of_the_prompt_seldom_changes() -> None:
    history = History(20_000, ZONE)
    changes, last = 0, ""
    for number in range(400):
        turn = asked(f"question {number} " + "x" * 150, None)
        turn.created_at = number * 90.0
        history.add(turn)
        prompt = json.dumps(request_of(history.context(turn).items)).removesuffix('"}]')
        is_full = number >= 200
        changes += is_full and not prompt.startswith(last)
        last = prompt
        turn.answer = [llm.ChatMessage(role="assistant", content=["y" * 150])]
        turn.outcome = Outcome.DONE
        history.ended(turn)
    # 30 % of 20,000 bytes hold some 17 of these turns.
    assert 1 < changes <= 200 // 15


def test_each_turn_is_looked_at_a_constant_number_of_times_for_a_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: Counter[str] = Counter()

    def counted(text: str) -> int:
        looks[text] += 1
        return json_bytes(text)

    monkeypatch.setattr("assistant.turns.rendering.json_bytes", counted)
    history = remembering(*(asked(f"question {n}", None) for n in range(300)), max_bytes=3_000)
    told(history)
    assert sum(looks.values()) < 5 * 300


def test_a_question_that_alone_is_too_large_is_told_cut_then_and_later() -> None:
    large = asked("b" * 5_000, None)
    history = remembering(large, max_bytes=1_000)
    (cut,) = told(history)
    assert cut.startswith("bbb")
    assert cut.endswith("bbb")
    assert prompts.load("note_shortened") in cut
    assert 690 <= json_bytes(cut) <= 700
    large.answer, large.outcome = [llm.ChatMessage(role="assistant", content=["c"])], Outcome.DONE
    history.add(asked("d"))
    assert told(history) == [cut, "c", "d"]


def test_questions_that_were_edited_to_be_too_large_share_the_room() -> None:
    turn = asked("short", None)
    turn.questions += [asked(letter * 5_000).questions[0] for letter in "bc"]
    (text,) = told(remembering(turn, max_bytes=1_000))
    assert text.startswith("short\nbbb")
    assert text.endswith("ccc")
    assert text.count(prompts.load("note_shortened")) == 2
    assert json_bytes(text) <= 1_000


def test_of_questions_that_cannot_even_be_marked_the_newest_is_told() -> None:
    turn = asked("a" * 5_000, None)
    turn.questions += [asked(f"{n}" * 5_000).questions[0] for n in range(40)]
    (text,) = told(remembering(turn, max_bytes=1_000))
    assert json_bytes(text) <= 1_000
    assert prompts.load("note_shortened") in text


@pytest.mark.parametrize(
    ("sizes", "fitting"),
    [([400] * 4, 2), ([100] * 5, 5), ([2_000], 1), ([2_000, 1], 1), ([1, 2_000], 1), ([], 0)],
    ids=str,
)
def test_as_many_questions_are_told_together_as_fit(sizes: list[int], fitting: int) -> None:
    questions = [asked("x" * size).questions[0] for size in sizes]
    history = History(1_000)
    assert history.count_fitting(questions) == fitting
    if sizes and fitting > 1:
        (text,) = told(remembering(Turn(questions[:fitting], 0.0), max_bytes=1_000))
        assert prompts.load("note_shortened") not in text


def test_two_refusals_of_the_content_in_a_row_forget_all_that_came_before() -> None:
    history = remembering()
    for text, outcome in [
        ("a", Outcome.DONE),
        ("b", Outcome.FILTERED),
        ("c", Outcome.FAILED),
        ("d", Outcome.FILTERED),
    ]:
        history.add(turn := asked(text, outcome))
        history.ended(turn)
        history.add(asked(f"overheard after {text}", None))
    assert told(history) == [f"({LEFT_OUT})", "overheard after d"]


def test_an_answer_between_two_refusals_of_the_content_proves_the_rest_innocent() -> None:
    history = remembering()
    for text, outcome in [
        ("a", Outcome.DONE),
        ("b", Outcome.FILTERED),
        ("c", Outcome.DONE),
        ("d", Outcome.FILTERED),
        ("e", Outcome.DONE),
    ]:
        history.add(turn := asked(text, outcome))
        history.ended(turn)
    assert told(history)[0] == "a"


def test_a_question_that_is_refused_again_after_an_edit_is_a_second_refusal() -> None:
    history = remembering(asked("a"))
    turn = asked("b", Outcome.FILTERED)
    history.add(turn)
    history.ended(turn)
    assert told(history, turn) == ["a", "re a", "b"]
    history.ended(turn)
    assert told(history, turn) == ["b"]


def test_what_was_said_after_a_turn_is_not_for_its_answer() -> None:
    turn = asked("a", None)
    history = remembering(asked("0"), turn, asked("overheard", None))
    assert told(history, turn) == ["0", "re 0", "a"]


def test_a_turn_is_told_whatever_came_after_it() -> None:
    turn = asked("a", None)
    history = remembering(turn, *(asked("overheard" * 100, None) for _ in range(3)), max_bytes=100)
    assert told(history, turn) == ["a"]
    for number in range(2 * MOST_TURNS):
        history.add(asked(str(number), None))
    assert told(history, turn) == ["a"]


def test_half_a_character_can_be_measured() -> None:
    assert told(remembering(asked("x\ud83d"), asked("b"), max_bytes=40))[0] == "x\ud83d"
