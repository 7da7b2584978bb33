"""What people saw while workers were harmed, as it is counted, judged, shown and drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.aims import judge
from benchmarks.chaos.counting import count, find_absences, find_silences, find_together
from benchmarks.chaos.deaths import Ready, deaths_in
from benchmarks.chaos.figures import Chaos, Harm, RoomFigures, Span
from benchmarks.chaos.harm import KINDS, kinds
from benchmarks.chaos.plot import draw_chaos
from benchmarks.chaos.questions import (
    TOKENS,
    ask_for,
    has_notice,
    make_word,
    reply_tokens,
    words_asked,
    words_begun,
    words_whole,
)
from benchmarks.chaos.seen import Asked, Bubble, Presence, Seen
from benchmarks.chaos.tables import by_room, chaos
from benchmarks.results import Results, read
from prompts import load
from tests.unit.benchmarks.samples import ROOM, empty_results

ONE, TWO = make_word(3, 1), make_word(3, 2)
REPLY, OTHER = "".join(reply_tokens([ONE])), "".join(reply_tokens([TWO]))
HALF = REPLY[: len(REPLY) // 2]


def seen(
    asked: Sequence[Asked], bubbles: Sequence[Bubble] = (), grew_at: Sequence[float] = ()
) -> Seen:
    agent = Presence("PA_1", -10)
    return Seen("r", list(asked), list(bubbles), [agent], list(grew_at), until=100)


def figures(*bubbles: Bubble) -> RoomFigures:
    """What there is to be told of one question, asked at 10 s."""
    return count(seen([Asked(10, ONE)], bubbles))


def run(memory: str, *rooms: RoomFigures) -> Chaos:
    harms = [Harm(10, "kill", 1), Harm(20, "freeze", 2), Harm(30, "end", 3), Harm(40, "kill", 4)]
    return Chaos(memory, 60, 3, harms, list(rooms))


def test_a_reply_begins_and_ends_with_the_word_of_its_question() -> None:
    assert words_asked(ask_for(ONE)) == [ONE]
    assert len(reply_tokens([ONE])) == TOKENS
    assert words_begun(REPLY) == words_whole(REPLY) == {ONE}


def test_a_reply_to_two_questions_answers_both() -> None:
    asked = words_asked(f"{ask_for(ONE)}\n{ask_for(TWO)}")
    assert words_whole("".join(reply_tokens(asked))) == {ONE, TWO}


@given(st.integers(1, TOKENS - 1))
def test_a_reply_without_its_last_token_is_not_whole(tokens: int) -> None:
    text = "".join(reply_tokens([ONE])[:tokens])
    assert words_begun(text) == {ONE}
    assert words_whole(text) == set()


def test_the_agent_speaks_of_itself_alone_or_below_a_reply() -> None:
    notice = load("notice_shut_down")
    assert has_notice(notice)
    assert has_notice(f"{HALF}\n\n{notice}")
    assert words_whole(f"{HALF}\n\n{notice}") == set()
    assert not any(has_notice(text) for text in ("", HALF, REPLY))


def test_a_whole_reply_in_time_is_an_answer_and_nothing_else() -> None:
    assert figures(Bubble(REPLY, {ONE: 11})) == replace(ROOM, questions=1, answered=1)


def test_a_question_without_any_reply_is_lost() -> None:
    told = figures()
    assert (told.answered, told.lost, told.half, told.late) == (0, 1, 0, 0)


def test_a_reply_after_the_time_limit_is_lost_and_late() -> None:
    told = figures(Bubble(REPLY, {ONE: 40.5}))
    assert (told.answered, told.lost, told.late) == (0, 1, 1)
    assert figures(Bubble(REPLY, {ONE: 40.0})).answered == 1


def test_a_reply_without_its_end_is_half_and_not_lost_as_well() -> None:
    told = figures(Bubble(HALF))
    assert (told.answered, told.lost, told.half) == (0, 0, 1)


def test_a_reply_that_says_that_it_broke_off_is_sealed_and_not_half() -> None:
    told = figures(Bubble(f"{HALF}\n\n{load('notice_interrupted')}"))
    assert (told.answered, told.lost, told.half, told.sealed) == (0, 0, 0, 1)


def test_a_half_reply_that_is_answered_anew_elsewhere_is_half_and_doubled() -> None:
    told = figures(Bubble(HALF), Bubble(REPLY, {ONE: 20}))
    assert (told.answered, told.half, told.doubled) == (1, 1, 1)


def test_two_whole_replies_are_doubled_in_two_messages_and_in_one() -> None:
    assert figures(Bubble(REPLY, {ONE: 12}), Bubble(REPLY, {ONE: 13})).doubled == 1
    assert figures(Bubble(f"{REPLY}\n\n{REPLY}", {ONE: 12})).doubled == 1


def test_what_is_asked_again_is_not_lost() -> None:
    asked = [Asked(10, ONE), Asked(20, TWO, instead_of=ONE)]
    told = count(seen(asked, [Bubble(OTHER, {TWO: 22})]))
    assert (told.questions, told.answered, told.again, told.lost) == (2, 1, 1, 0)


def test_a_late_reply_to_what_was_asked_again_is_not_lost_either() -> None:
    asked = [Asked(10, ONE), Asked(20, TWO, instead_of=ONE)]
    told = count(seen(asked, [Bubble(OTHER, {TWO: 22}), Bubble(REPLY, {ONE: 60})]))
    assert (told.again, told.lost, told.late) == (1, 0, 0)


@given(st.lists(st.sampled_from([None, 12.0, 50.0]), max_size=12))
def test_every_question_is_answered_or_lost_where_nothing_is_half(
    answered_after: list[float | None],
) -> None:
    words = [make_word(1, number) for number in range(len(answered_after))]
    asked = [Asked(100.0 * number, word) for number, word in enumerate(words)]
    bubbles = [
        Bubble("".join(reply_tokens([each.word])), {each.word: each.at + after})
        for each, after in zip(asked, answered_after, strict=True)
        if after is not None
    ]
    told = count(seen(asked, bubbles))
    assert told.answered + told.lost == told.questions == len(words)
    assert told.late == answered_after.count(50.0)


@pytest.mark.parametrize(
    ("presences", "expected"),
    [
        ([], []),
        ([Presence("a", 5)], []),
        ([Presence("a", 5, 20)], [(20, 100)]),
        ([Presence("a", 5, 20), Presence("b", 27)], [(20, 27)]),
        ([Presence("b", 27), Presence("a", 5, 20)], [(20, 27)]),
        ([Presence("a", 5, 40), Presence("b", 20, 30), Presence("c", 50)], [(40, 50)]),
    ],
)
def test_nobody_is_there_between_two_agents(
    presences: list[Presence], expected: list[Span]
) -> None:
    assert find_absences(presences, 100) == expected


@pytest.mark.parametrize(
    ("harm", "presences", "expected"),
    [
        (Harm(10, "kill", 1), [Presence("a", 5, 30), Presence("b", 33)], [(10, 33)]),
        (Harm(10, "kill", 1), [Presence("a", 5, 12), Presence("b", 12)], [(10, 12)]),
        (Harm(10, "kill", 2), [Presence("a", 5, 12), Presence("b", 12)], []),
        (Harm(10, "end", 1), [Presence("a", 5, 12), Presence("b", 12)], []),
        (Harm(10, "freeze", 1), [Presence("a", 5, 16), Presence("b", 16)], [(10, 16)]),
        (Harm(10, "freeze", 1), [Presence("a", 5)], [(10, 25)]),
    ],
)
def test_an_agent_is_away_from_the_moment_in_which_its_worker_dies(
    harm: Harm, presences: list[Presence], expected: list[Span]
) -> None:
    ready = [Ready(0, "r", 2), Ready(5.5, "r", 1), Ready(6, "other", 2), Ready(12.5, "r", 2)]
    what = seen([])
    what.presences[:] = presences
    deaths = deaths_in("r", [harm], ready, frozen=15)
    assert count(what, deaths).absences == expected


@pytest.mark.parametrize(
    ("presences", "expected"),
    [
        ([Presence("a", 5, 20), Presence("b", 20)], []),
        ([Presence("a", 5, 20), Presence("b", 19)], [19]),
        ([Presence("a", 5), Presence("b", 19, 20)], [19]),
        ([Presence("a", 5), Presence("b", 5)], [5]),
    ],
)
def test_two_agents_are_there_at_once(presences: list[Presence], expected: list[float]) -> None:
    assert find_together(presences) == expected


@given(st.lists(st.floats(0, 99), min_size=2, max_size=12, unique=True))
def test_agents_that_take_turns_are_never_together(times: list[float]) -> None:
    spans = list(pairwise(sorted(times)))[::2]
    presences = [Presence(str(at), at, until) for at, until in spans]
    assert find_together(presences) == []
    gaps = find_absences(presences, 100)
    there = sum(until - since for since, until in spans)
    away = sum(until - since for since, until in gaps)
    assert there + away == pytest.approx(100 - spans[0][0])


def test_a_room_without_an_agent_in_the_end_is_forsaken() -> None:
    what = seen([])
    assert not count(what).forsaken
    what.presences[0].until = 50
    assert count(what).forsaken


def test_somebody_waits_until_text_comes_and_from_one_piece_to_the_next() -> None:
    asked, bubble = [Asked(10, ONE)], Bubble(REPLY, {ONE: 30})
    waits = list(find_silences(seen(asked, [bubble], [11, 12, 30])))
    assert waits == [(10, 11), (11, 12), (12, 30)]
    assert count(seen(asked, [bubble], [11, 12, 30])).silences == [(12, 30)]


def test_another_question_goes_on_with_the_same_wait() -> None:
    asked = [Asked(10, ONE), Asked(41, TWO)]
    answered = seen(asked, [Bubble(OTHER, {TWO: 52})], [50, 52])
    assert list(find_silences(answered)) == [(10, 50), (50, 52)]


def test_nobody_waits_once_the_newest_question_is_answered() -> None:
    asked = [Asked(10, ONE), Asked(40, TWO)]
    bubbles = [Bubble(OTHER, {TWO: 42}), Bubble(REPLY, {ONE: 70})]
    assert list(find_silences(seen(asked, bubbles, [42, 70]))) == [(10, 42)]


def test_who_waits_in_vain_waits_to_the_end() -> None:
    assert list(find_silences(seen([Asked(10, ONE)]))) == [(10, 100)]


def test_times_are_moved_to_the_first_harm() -> None:
    what = seen([Asked(10, ONE)], [Bubble(REPLY, {ONE: 12})], [12])
    moved = what.counted_from(5)
    assert (moved.asked[0].at, moved.bubbles[0].whole_at, moved.grew_at) == (5, {ONE: 7}, [7])
    assert (moved.presences[0].since, moved.presences[0].until, moved.until) == (-15, None, 95)


def test_each_kind_of_harm_comes_as_often_in_the_same_order_each_time() -> None:
    done = list(islice(kinds(7), 30))
    assert done == list(islice(kinds(7), 30))
    assert {kind: done.count(kind) for kind in KINDS} == dict.fromkeys(KINDS, 10)


@pytest.mark.parametrize(
    ("room", "words", "expected"),
    [
        (ROOM, "lost, doubled or half", True),
        (replace(ROOM, lost=1), "lost, doubled or half", False),
        (replace(ROOM, doubled=1), "lost, doubled or half", False),
        (replace(ROOM, half=1), "lost, doubled or half", False),
        (replace(ROOM, together=1), "never two agents", False),
        (replace(ROOM, absences=[(10, 17)]), "7 s without an agent", True),
        (replace(ROOM, absences=[(10, 17.5)]), "7 s without an agent", False),
    ],
)
def test_what_is_aimed_at_with_a_store(room: RoomFigures, words: str, expected: bool) -> None:
    results = empty_results()
    results.chaos = [run("sqlite", ROOM, room)]
    [verdict] = [each for each in judge(results) if words in each.aim]
    assert verdict.met is expected


@pytest.mark.parametrize(("until", "expected"), [(45.0, True), (45.5, False)])
def test_what_is_aimed_at_without_a_store(until: float, expected: bool) -> None:
    results = empty_results()
    results.chaos = [run("none", replace(ROOM, half=1, lost=1, absences=[(10, until)]))]
    together, absent = judge(results)
    assert (together.met, absent.met) == (True, expected)


def test_nothing_is_judged_where_nobody_was_harmed() -> None:
    results = empty_results()
    results.chaos = [replace(run("sqlite", ROOM), harms=[])]
    assert judge(results) == []


def test_the_table_adds_up_the_rooms_and_names_what_was_done() -> None:
    room = replace(ROOM, lost=1, absences=[(1.0, 5.0)], silences=[(1.0, 4.0)], forsaken=True)
    rows = chaos([run("none", room, room)])
    [cells] = rows.rows
    assert dict(zip(rows.heads, cells, strict=True))["lost"] == "2"
    assert cells[-6:] == ("4.0", "4.0", "4.0", "3.0", "3.0", "3.0")
    assert "2 killed, 1 frozen, 1 told to end. 2 rooms had no agent in the end." in rows.notes[0]
    assert len(by_room(run("none", room, room)).rows) == 2


def test_a_run_is_written_read_and_drawn(tmp_path: Path) -> None:
    results: Results = empty_results()
    results.chaos = [run("sqlite", replace(ROOM, silences=[(10, 14)], absences=[(11, 13)]))]
    results.write(tmp_path / "results.json")
    assert read([tmp_path / "results.json"]).chaos == results.chaos
    [plot] = draw_chaos(results.chaos, tmp_path)
    assert "no agent in the room" in plot.read_text()
