"""A reply that has hardly begun when its asker writes on: what was asked is answered in its bubble."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from livekit.agents import APIStatusError

import prompts
from assistant.arriving.limits import Limits
from assistant.turns.overlap import Overlap
from tests.unit.assistant.doubles import ADA, BOB, Answer, Held, RoomDouble, failing, saying
from tests.unit.assistant.scene import ScriptedScene, Setting, play, talking
from tests.waiting import eventually

STOPPED = prompts.load("notice_stopped")
TAKEN_BACK = prompts.load("notice_taken_back")
FAILED = prompts.load("notice_answer_failed")
FILTERED = prompts.load("notice_filtered")
NO_ANSWER = prompts.load("notice_no_answer")
SHUT_DOWN = prompts.load("notice_shut_down")
BUSY = prompts.load("notice_busy")
UNANSWERED = prompts.load("note_no_answer")

DOZEN = "one two three four five six seven eight nine ten eleven twelve"


def slow(text: str, *, start: float = 0.3, pause: float = 0.3) -> Answer:
    """An answer of a word now and then."""

    async def answer() -> AsyncIterator[str]:
        await asyncio.sleep(start)
        for word in text.split(" "):
            yield f"{word} "
            await asyncio.sleep(pause)

    return answer


async def interrupt(scene: ScriptedScene, shown: str = "Hel") -> str:
    """Ask, see the reply begin, and write on. Returns the id of its bubble."""
    scene.chat.receive("one")
    await scene.begins(shown)
    (bubble,) = scene.chat.bubbles
    scene.chat.receive("two")
    await scene.has_asked(2)
    return bubble


def test_the_next_answer_takes_over_the_bubble_with_its_first_word() -> None:
    async def scene_of_one() -> None:
        held = Held(then=("Hello ", "to both"))
        async with talking(Held("Hel"), held) as scene:
            bubble = await interrupt(scene)
            await asyncio.sleep(20.0)
            assert scene.chat.texts == ["Hel"]
            held.go_on.set()
            await scene.shown("Hello to both")
            assert list(scene.chat.bubbles) == [bubble]
            assert not any(write.text.endswith("…") for write in scene.chat.writes)
            assert scene.questions == ["one", "one\ntwo"]
            scene.chat.receive("three")
            await scene.shown("Hello to both", "echo three")
            assert scene.asked[-1] == [
                ("user", "one\ntwo"),
                ("assistant", "Hello to both"),
                ("user", "three"),
            ]
            assert scene.answering.outcomes == {"superseded": 1, "done": 2}

    play(scene_of_one())


@pytest.mark.parametrize(
    ("text", "seconds", "kept"),
    [(DOZEN, 1.9, False), (DOZEN, 2.1, True), ("a few words", 30.0 - 1, False)],
    ids=["lately", "well begun", "few words"],
)
def test_what_is_older_and_longer_stays(text: str, seconds: float, kept: bool) -> None:
    async def scene_of_one() -> None:
        async with talking(Held(text)) as scene:
            scene.chat.receive("one")
            await scene.begins(text)
            await asyncio.sleep(seconds)
            scene.chat.receive("two")
            await scene.shown(*([f"{text} …", "echo two"] if kept else ["echo one\ntwo"]))

    play(scene_of_one())


@pytest.mark.parametrize("start", [0.1, 0.3, 0.6])
@pytest.mark.parametrize("latency", [0.0, 0.25])
def test_lines_in_quick_succession_are_one_answer_in_one_bubble(
    start: float, latency: float
) -> None:
    async def scene_of_one() -> None:
        answers = [slow(f"answer {number} " + DOZEN, start=start) for number in range(4)]
        async with talking(*answers) as scene:
            scene.chat.latency = lambda: latency
            for text in ("hello", "I have", "a question", "about cats"):
                scene.chat.receive(text)
                await asyncio.sleep(0.4)
            await scene.shown(f"answer 3 {DOZEN} ")
            assert len({write.id for write in scene.chat.writes}) == 1
            assert scene.questions[-1] == "hello\nI have\na question\nabout cats"

    play(scene_of_one())


def test_a_whole_answer_is_complete_however_short() -> None:
    async def scene_of_one() -> None:
        async with talking(saying("Hi!")) as scene:
            scene.chat.receive("one")
            await scene.shown("Hi!")
            scene.chat.receive("two")
            await scene.shown("Hi!", "echo two")

    play(scene_of_one())


def refused() -> APIStatusError:
    return APIStatusError("denied", status_code=401, retryable=False)


@pytest.mark.parametrize(
    ("answer", "read"),
    [(failing(error=refused()), FAILED), (saying(), NO_ANSWER), (saying("\u200b"), NO_ANSWER)],
    ids=["failed", "empty", "blank"],
)
def test_an_answer_that_comes_to_nothing_leaves_its_line_in_place_of_the_beginning(
    answer: Answer, read: str
) -> None:
    async def scene_of_one() -> None:
        async with talking(Held("Hel"), answer, saying("fine")) as scene:
            bubble = await interrupt(scene)
            await scene.shown(read)
            assert list(scene.chat.bubbles) == [bubble]
            scene.chat.receive("three")
            await scene.shown(read, "fine")
            assert scene.asked[-1] == [("user", f"one\ntwo\n({UNANSWERED})\nthree")]

    play(scene_of_one())


def test_a_stop_leaves_its_line_in_place_of_the_beginning() -> None:
    async def scene_of_one() -> None:
        async with talking(Held("Hel"), Held()) as scene:
            bubble = await interrupt(scene)
            scene.chat.receive("/stop")
            await scene.shown(STOPPED)
            assert list(scene.chat.bubbles) == [bubble]
            await asyncio.sleep(60.0)
            await scene.shown(STOPPED)
            scene.chat.receive("three")
            await scene.has_completed(2)
            assert "Hel" not in str(scene.asked[-1])

    play(scene_of_one())


async def test_a_stop_in_the_moment_of_the_interruption_stops_both() -> None:
    async with talking(Held("Hel")) as scene:
        scene.chat.receive("one")
        await scene.begins("Hel")
        scene.chat.receive("two")
        scene.chat.receive("/stop")
        await scene.has_completed(2)
        assert sorted(scene.chat.completed) == sorted([f"Hel\n\n{STOPPED}", TAKEN_BACK])
        assert len(scene.asked) == 1


@pytest.mark.parametrize("deleted", ["first", "second"])
@pytest.mark.parametrize("moment", ["at once", "later"])
def test_what_is_left_after_a_deletion_is_answered_alone(deleted: str, moment: str) -> None:
    async def scene_of_one() -> None:
        async with talking(Held("Hel"), *([Held()] if moment == "later" else [])) as scene:
            first = scene.chat.receive("one")
            await scene.begins("Hel")
            second = scene.chat.receive("two")
            if moment == "later":
                await scene.has_asked(2)
            scene.chat.delete(first if deleted == "first" else second)
            await scene.shown("echo two" if deleted == "first" else "echo one")
            assert len(scene.chat.bubbles) == 1

    play(scene_of_one())


@pytest.mark.parametrize("moment", ["at once", "later"])
def test_nothing_is_left_when_all_is_deleted(moment: str) -> None:
    async def scene_of_one() -> None:
        async with talking(Held("Hel"), Held(), Held()) as scene:
            first = scene.chat.receive("one")
            await scene.begins("Hel")
            second = scene.chat.receive("two")
            if moment == "later":
                await scene.has_asked(2)
            scene.chat.delete(first)
            scene.chat.delete(second)
            await asyncio.sleep(5.0)
            await scene.shown()
            scene.model.script.answers[:] = []
            scene.chat.receive("three")
            await scene.shown("echo three")
            assert scene.asked[-1] == [("user", "three")]

    play(scene_of_one())


@pytest.mark.parametrize("edited", [0, 1])
def test_an_edit_of_what_was_put_back_is_what_is_answered(edited: int) -> None:
    async def scene_of_one() -> None:
        async with talking(Held("Hel"), Held()) as scene:
            messages = [scene.chat.receive("one")]
            await scene.begins("Hel")
            messages.append(scene.chat.receive("two"))
            await scene.has_asked(2)
            scene.chat.edit(messages[edited], "TWO" if edited else "ONE")
            await scene.shown("echo one\nTWO" if edited else "echo ONE\ntwo")
            assert len(scene.chat.bubbles) == 1

    play(scene_of_one())


def test_who_writes_on_after_such_an_edit_is_answered_in_the_same_bubble_too() -> None:
    async def scene_of_one() -> None:
        async with talking(Held("Hel"), Held(), Held()) as scene:
            scene.chat.receive("one")
            await scene.begins("Hel")
            message = scene.chat.receive("two")
            await scene.has_asked(2)
            scene.chat.edit(message, "TWO")
            await scene.has_asked(3)
            scene.chat.receive("three")
            await scene.shown("echo one\nTWO\nthree")

    play(scene_of_one())


@pytest.mark.parametrize("grace", [0.0, 10.0])
def test_who_leaves_leaves_its_line_in_place_of_the_beginning(grace: float) -> None:
    async def scene_of_one() -> None:
        async with talking(Held("Hel"), Held()) as scene:
            await interrupt(scene)
            await scene.aclose(grace)
            await scene.shown(SHUT_DOWN)

    play(scene_of_one())


@pytest.mark.parametrize("grace", [0.0, 10.0])
def test_who_leaves_in_the_moment_of_the_interruption_leaves_no_beginning(grace: float) -> None:
    async def scene_of_one() -> None:
        async with talking(Held("Hel")) as scene:
            scene.chat.receive("one")
            await scene.begins("Hel")
            scene.chat.receive("two")
            assert await scene.aclose(grace), "nobody was told that questions are left"
            assert scene.chat.completed == scene.chat.texts
            assert scene.chat.completed in ([], [f"Hel\n\n{SHUT_DOWN}"])
            assert len(scene.asked) == 1

    play(scene_of_one())


def test_a_busy_worker_leaves_its_line_in_place_of_the_beginning() -> None:
    async def scene_of_one() -> None:
        async with talking(Held("Hel"), setting=Setting(turns_at_once=1)) as scene:
            scene.chat.receive("one")
            await scene.begins("Hel")
            other = asyncio.create_task(hold_a_slot(scene))
            await asyncio.sleep(1.0)
            scene.chat.receive("two")
            await asyncio.sleep(59.0)
            assert scene.chat.texts == ["Hel"]
            await asyncio.sleep(2.0)
            await scene.shown(BUSY)
            other.cancel()
            scene.chat.receive("three")
            await scene.has_completed(2)

    play(scene_of_one())


async def hold_a_slot(scene: ScriptedScene) -> None:
    async with scene.resources.slots.slot(60.0):
        await asyncio.sleep(3_600.0)


@pytest.mark.parametrize("overlap", [Overlap.COLLECT, Overlap.QUEUE])
def test_other_policies_let_a_reply_go_on_however_little_there_is_of_it(overlap: Overlap) -> None:
    async def scene_of_one() -> None:
        held = Held("Hel", then=("lo",))
        async with talking(held, setting=Setting(overlap)) as scene:
            scene.chat.receive("one")
            await scene.begins("Hel")
            scene.chat.receive("two")
            await asyncio.sleep(5.0)
            held.go_on.set()
            await scene.shown("Hello", "echo two")

    play(scene_of_one())


def test_in_a_group_a_question_of_somebody_else_is_answered_with_it() -> None:
    async def scene_of_two() -> None:
        setting = Setting(Overlap.INTERRUPT)
        async with talking(
            Held("Hel"), Held(), room=RoomDouble(ADA, BOB), setting=setting
        ) as scene:
            scene.chat.receive("one")
            await scene.begins("Hel")
            scene.chat.receive("bob's", BOB)
            await asyncio.sleep(1.0)
            assert len(scene.asked) == 1
            scene.chat.receive("two")
            await scene.has_asked(2)
            assert scene.questions[-1].count('"message"') == 3
            scene.chat.receive("three")
            await scene.has_completed(1)
            assert len(scene.chat.bubbles) == 1
            assert scene.questions[-1].count('"message"') == 4

    play(scene_of_two())


def test_somebody_who_joins_meanwhile_keeps_no_beginning_waiting() -> None:
    async def scene_of_two() -> None:
        async with talking(Held("Hel")) as scene:
            scene.chat.receive("one")
            await scene.begins("Hel")
            scene.chat.receive("two")
            scene.room.announce(BOB)
            begun_at = asyncio.get_running_loop().time()
            await scene.shown("echo one\ntwo")
            assert asyncio.get_running_loop().time() - begun_at < 0.2

    play(scene_of_two())


def test_what_does_not_fit_into_the_bubbles_turn_is_answered_below_it() -> None:
    async def scene_of_one() -> None:
        setting = Setting(limits=Limits(context_bytes=1_000))
        answers: list[Answer] = [Held("Hel"), saying("first"), saying("second")]
        async with talking(*answers, setting=setting) as scene:
            scene.chat.receive("a" * 600)
            await scene.begins("Hel")
            (bubble,) = scene.chat.bubbles
            scene.chat.receive("b" * 600)
            await scene.shown("first", "second")
            assert next(iter(scene.chat.bubbles)) == bubble
            assert [text[0] for text in scene.questions] == ["a", "a", "b"]

    play(scene_of_one())


def test_an_answer_anew_that_has_hardly_begun_is_taken_over_too() -> None:
    async def scene_of_one() -> None:
        async with talking(saying("old"), Held("ne")) as scene:
            message = scene.chat.receive("waht")
            await scene.shown("old")
            (bubble,) = scene.chat.bubbles
            scene.chat.edit(message, "what")
            await scene.begins("ne")
            scene.chat.receive("next")
            await scene.shown("echo what\nnext")
            assert list(scene.chat.bubbles) == [bubble]

    play(scene_of_one())


@pytest.mark.parametrize("finished", [True, False])
def test_a_slow_network_shows_nothing_twice_and_keeps_the_order(finished: bool) -> None:
    async def scene_of_one() -> None:
        async with talking(Held("Hel"), Held("Hello th")) as scene:
            scene.chat.latency = lambda: 1.0
            scene.chat.receive("one")
            await eventually(lambda: scene.chat.in_flight)
            if finished:
                await asyncio.sleep(1.5)
            scene.chat.receive("two")
            await scene.has_asked(2)
            await asyncio.sleep(0.2)
            scene.chat.receive("three")
            await scene.shown("echo one\ntwo\nthree")
            assert len({write.id for write in scene.chat.writes}) == 1
            scene.chat.receive("four")
            await scene.shown("echo one\ntwo\nthree", "echo four")

    play(scene_of_one())
