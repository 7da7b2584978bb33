"""The questions that wait: their order, changes to them, and waiting for them."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.turns.turn import UNKNOWN, Question, Turn
from assistant.turns.waiting import WaitingQuestions
from tests.virtual_time import run_in_virtual_time


def question(message_id: str, identity: str = "ada") -> Question:
    return Question(message_id, identity, "Ada", f"text of {message_id}")


def filled(*questions: Question) -> WaitingQuestions:
    waiting = WaitingQuestions()
    for each in questions:
        waiting.add(each)
    return waiting


def ids(waiting: WaitingQuestions) -> list[str]:
    return [each.id for each in waiting]


@pytest.mark.parametrize(
    ("most", "taken", "left"),
    [(1, ["a"], ["b", "c"]), (2, ["a", "b"], ["c"]), (9, ["a", "b", "c"], [])],
)
async def test_the_oldest_are_taken_first(most: int, taken: list[str], left: list[str]) -> None:
    waiting = filled(question("a"), question("b"), question("c"))
    assert [each.id for each in waiting.take(most)] == taken
    assert ids(waiting) == left
    assert len(waiting) == len(left)


async def test_what_is_put_back_comes_before_what_waits() -> None:
    waiting = filled(question("a"), question("b"))
    taken = waiting.take(2)
    waiting.add(question("c"))
    waiting.put_back(taken)
    assert ids(waiting) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("asked_by", "sought_by", "found"),
    [
        ("ada", "ada", True),
        ("ada", "bob", False),
        ("ada", UNKNOWN, False),
        (UNKNOWN, "ada", False),
        (UNKNOWN, UNKNOWN, False),
    ],
)
async def test_a_question_is_found_by_its_author_alone(
    asked_by: str, sought_by: str, found: bool
) -> None:
    asked = question("a", asked_by)
    waiting = filled(asked)
    assert (waiting.find("a", sought_by) is asked) is found
    assert waiting.find("b", asked_by) is None


async def test_the_same_id_by_two_people_is_two_questions() -> None:
    hers, his = question("a", "ada"), question("a", "bob")
    waiting = filled(hers, his)
    assert waiting.find("a", "bob") is his
    waiting.remove(his)
    assert list(waiting) == [hers]


async def test_all_of_one_author_are_taken_back() -> None:
    mine, other = question("a"), question("c")
    waiting, turn = filled(mine, question("b", "bob"), other), Turn([question("d")], 0.0)
    waiting.answer_again(turn)
    assert waiting.remove_by("ada") == ([mine, other], [turn])
    assert ids(waiting) == ["b"]
    assert waiting.again is None
    assert waiting.remove_by("ada") == ([], [])


async def test_turns_to_be_answered_anew_are_taken_one_after_the_other_and_none_twice() -> None:
    waiting, first, second = WaitingQuestions(), Turn([], 0.0), Turn([], 0.0)
    for turn in (first, second, first):
        waiting.answer_again(turn)
    assert waiting.again is first
    assert [waiting.take_again() for _ in range(3)] == [first, second, None]


async def test_a_turn_to_be_answered_anew_is_taken_once() -> None:
    waiting, turn = WaitingQuestions(), Turn([question("a")], 0.0)
    assert waiting.take_again() is None
    waiting.answer_again(turn)
    await waiting.some()
    assert waiting.take_again() is turn
    assert waiting.take_again() is None


@pytest.mark.parametrize("way", ["added", "put back", "again"])
async def test_some_waits_for_anything_to_answer(way: str) -> None:
    waiting = WaitingQuestions()
    waiter = asyncio.create_task(waiting.some())
    await asyncio.sleep(0)
    waiting.put_back([])
    await asyncio.sleep(0)
    assert not waiter.done()
    if way == "added":
        waiting.add(question("a"))
    elif way == "put back":
        waiting.put_back([question("a")])
    else:
        waiting.answer_again(Turn([question("a")], 0.0))
    async with asyncio.timeout(1):
        await waiter


async def test_a_question_that_was_taken_back_is_not_waited_for_in_vain() -> None:
    waiting, gone = WaitingQuestions(), question("a")
    waiter = asyncio.create_task(waiting.some())
    await asyncio.sleep(0)
    waiting.add(gone)
    waiting.remove(gone)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not waiter.done()
    waiting.add(question("b"))
    async with asyncio.timeout(1):
        await waiter


def begun(message_id: str, at: float) -> Question:
    it = question(message_id)
    it.asked_at = at
    return it


@given(st.lists(st.floats(0, 100), max_size=12), st.integers(0, 12))
async def test_questions_wait_in_the_order_in_which_they_were_begun(
    moments: list[float], taken: int
) -> None:
    each = [begun(str(number), at) for number, at in enumerate(moments)]
    waiting = filled(*each)
    expected = [question.id for question in sorted(each, key=lambda question: question.asked_at)]
    assert ids(waiting) == expected
    waiting.put_back(waiting.take(taken))
    assert ids(waiting) == expected
    assert waiting.oldest is next(iter(waiting), None)


async def test_what_was_begun_before_what_is_put_back_goes_before_it() -> None:
    waiting = filled(begun("a", 1.0), begun("c", 3.0))
    taken = waiting.take(2)
    waiting.add(begun("b", 2.0))
    waiting.put_back(taken)
    assert ids(waiting) == ["a", "b", "c"]


def test_quiet_is_counted_from_the_arrival_of_what_was_begun_long_before() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(10)
        waiting = filled(begun("typed", loop.time()))
        quiet = asyncio.create_task(waiting.quiet(0.5, 20))
        await asyncio.sleep(0.4)
        waiting.add(begun("spoken", 3.0))
        await quiet
        return loop.time()

    assert run_in_virtual_time(main()) == pytest.approx(10.9)


@pytest.mark.parametrize(("looks", "ends"), [(True, 1.0), (False, 3.0)])
def test_who_waits_for_a_change_is_woken_when_told_to_look_again(looks: bool, ends: float) -> None:
    async def main() -> tuple[bool, float]:
        loop, waiting = asyncio.get_running_loop(), WaitingQuestions()
        if looks:
            loop.call_at(1.0, waiting.look_again)
        return await waiting.changed(3.0), loop.time()

    woken, at = run_in_virtual_time(main())
    assert woken is looks
    assert at == pytest.approx(ends)


def quiet_after(gaps: list[float], most: int) -> float:
    """When the wait for quiet ends, with questions so long after one another."""

    async def main() -> float:
        waiting = filled(question("first"))
        loop = asyncio.get_running_loop()
        quiet = asyncio.create_task(waiting.quiet(0.5, most))
        for number, gap in enumerate(gaps):
            await asyncio.sleep(gap)
            late = question(str(number))
            late.asked_at = loop.time()
            waiting.add(late)
        await quiet
        return loop.time()

    return run_in_virtual_time(main())


@pytest.mark.parametrize(
    ("gaps", "most", "ends"),
    [
        ([], 20, 0.5),
        ([0.4], 20, 0.9),
        ([0.4, 0.4, 0.4], 20, 1.7),
        ([0.4, 0.4, 0.4], 4, 1.2),
        ([0.1], 1, 0.1),
    ],
    ids=["nothing more", "one more", "each begins a new window", "enough", "enough at once"],
)
def test_quiet_ends_when_none_comes_for_the_window_or_enough_are_there(
    gaps: list[float], most: int, ends: float
) -> None:
    assert quiet_after(gaps, most) == pytest.approx(ends)
