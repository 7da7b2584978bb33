"""What one room is allowed, and what people read when it is too much."""

from __future__ import annotations

import asyncio

import pytest

import prompts
from assistant.arriving.limits import Limits
from assistant.arriving.mention import Mention
from assistant.turns.overlap import Overlap
from chat.message import Attachment
from tests.unit.assistant.doubles import ADA, BOB, Held, RoomDouble, saying
from tests.unit.assistant.scene import Setting, play, talking
from tests.waiting import eventually

TOO_MANY = prompts.load("notice_too_many_messages")
TOO_MANY_WAITING = prompts.load("notice_too_many_waiting")
BUSY = prompts.load("notice_busy")
NO_FILES = prompts.load("notice_no_files")


async def test_who_writes_too_much_is_told_once_and_others_are_still_answered() -> None:
    setting = Setting(limits=Limits(messages_per_minute=3), mention=Mention.NEVER)
    async with talking(room=RoomDouble(ADA, BOB), setting=setting) as scene:
        for number in range(10):
            scene.chat.receive(f"{number}")
        scene.chat.receive("hello", BOB)
        await eventually(lambda: any("hello" in question for question in scene.questions))
        await eventually(lambda: TOO_MANY in scene.chat.completed)
        assert scene.chat.completed.count(TOO_MANY) == 1
        assert scene.notices.counts["notice_too_many_messages"] == 7
        said = "\n".join(text for role, text in scene.asked[-1] if role == "user")
        assert '"2"' in said
        assert '"3"' not in said


def test_a_minute_later_the_same_person_is_heard_again() -> None:
    async def scene_of_one() -> None:
        async with talking(setting=Setting(limits=Limits(messages_per_minute=2))) as scene:
            for text in ("one", "two", "three"):
                scene.chat.receive(text)
                await asyncio.sleep(1.0)
            await scene.shown("echo one", "echo two", TOO_MANY)
            await asyncio.sleep(56.0)
            scene.chat.receive("four")
            await asyncio.sleep(2.0)
            scene.chat.receive("five")
            await scene.shown("echo one", "echo two", TOO_MANY, "echo five")

    play(scene_of_one())


async def test_edits_count_as_messages_but_a_stop_and_a_deletion_always_get_through() -> None:
    async with talking(
        Held("half"), setting=Setting(limits=Limits(messages_per_minute=1))
    ) as scene:
        message = scene.chat.receive("one")
        await scene.begins("half")
        scene.chat.edit(message, "two")
        await eventually(lambda: TOO_MANY in scene.chat.completed)
        assert len(scene.asked) == 1
        scene.chat.receive("/stop")
        await eventually(lambda: scene.answering.outcomes["stopped"] == 1)
        scene.chat.delete(message)
        await scene.shown(TOO_MANY)


async def test_no_more_wait_than_may_and_those_who_wait_are_answered() -> None:
    held = Held("half")
    setting = Setting(Overlap.QUEUE, limits=Limits(waiting=3))
    async with talking(held, setting=setting) as scene:
        scene.chat.receive("first")
        await scene.begins("half")
        for number in range(10):
            scene.chat.receive(f"{number}")
        assert len(scene.conversation.waiting) == 3
        held.go_on.set()
        answers = [TOO_MANY_WAITING, "half", "echo 0", "echo 1", "echo 2"]
        await eventually(lambda: sorted(scene.chat.completed) == sorted(answers))
        assert scene.questions == ["first", "0", "1", "2"]
        scene.chat.receive("after that")
        await eventually(lambda: "echo after that" in scene.chat.completed)


@pytest.mark.parametrize("late", [False, True])
def test_a_turn_waits_a_minute_for_a_slot_and_is_refused_then(late: bool) -> None:
    async def scene_of_one() -> None:
        loop = asyncio.get_running_loop()
        async with talking(setting=Setting(turns_at_once=1)) as scene:
            async with scene.resources.slots.slot(1.0):
                asked_at = loop.time()
                scene.chat.receive("hello")
                await asyncio.sleep(59.0)
                assert scene.chat.texts == []
                if late:
                    await scene.shown(BUSY)
                    assert loop.time() - asked_at == pytest.approx(60.0, abs=0.1)
                    assert scene.asked == []
            if late:
                scene.model.script.answers[:] = [saying("hello")]
                scene.chat.receive("hello again")
                await scene.shown(BUSY, "hello")
                note = prompts.load("note_no_answer")
                assert scene.asked[0] == [("user", f"hello\n({note})\nhello again")]
            else:
                await scene.shown("echo hello")

    play(scene_of_one())


async def test_rooms_that_share_slots_take_turns() -> None:
    first, second = Held("first"), Held("second")
    setting = Setting(turns_at_once=1)
    async with talking(first, setting=setting) as one, talking(second, setting=setting) as other:
        other.resources.slots = one.resources.slots
        one.chat.receive("hello")
        await one.begins("first")
        other.chat.receive("hello")
        await eventually(lambda: other.answering.current is not None)
        assert other.asked == []
        first.go_on.set()
        await other.begins("second")
        assert one.chat.completed == ["first"]


async def test_ten_long_turns_fit_into_a_context_as_large_as_that(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    answers = [saying("short") for _ in range(10)]
    setting = Setting(limits=Limits(context_bytes=310_000))
    async with talking(*answers, setting=setting) as scene:
        for number in range(10):
            scene.chat.receive(f"{number}" * 30_000)
            await scene.has_completed(number + 1)
        firsts = [text[0] for role, text in scene.asked[-1] if role == "user"]
        assert firsts == list("0123456789")
    assert "oldest turns left out of the context" not in caplog.messages


@pytest.mark.parametrize("letter", ["x", "ü", "語", "😀"])
async def test_the_oldest_turns_are_left_out_of_a_context_that_is_full(
    letter: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    answers = [saying("short") for _ in range(10)]
    async with talking(*answers, setting=Setting(limits=Limits(context_bytes=100_000))) as scene:
        for number in range(10):
            scene.chat.receive(f"{number}".ljust(30_000 // len(letter.encode()), letter))
            await scene.has_completed(number + 1)
            told = sum(len(text.encode()) for _, text in scene.asked[-1])
            assert told <= 100_000
        firsts = [text[0] for role, text in scene.asked[-1] if role == "user"]
        assert firsts == list("89")  # It was cut to the newest two at 3, 5, 7 and 9.
    left_out = [r for r in caplog.records if r.message == "oldest turns left out of the context"]
    assert sum(record.__dict__["turns"] for record in left_out) == 8


async def test_a_question_that_is_too_large_is_told_cut_with_a_mark() -> None:
    setting = Setting(limits=Limits(context_bytes=1_000))
    async with talking(saying("short"), saying("short"), setting=setting) as scene:
        scene.chat.receive("x" * 2_000)
        await scene.shown("short")
        scene.chat.receive("y" * 2_000)
        await scene.has_completed(2)
        ((role, text),) = scene.asked[-1]
        beginning, middle, end = text.splitlines()
        assert role == "user"
        assert set(beginning + end) == {"y"}
        assert middle == f"({prompts.load('note_shortened')})"


async def test_what_does_not_fit_of_what_waits_is_answered_after_the_rest() -> None:
    held = Held("half")
    setting = Setting(Overlap.COLLECT, limits=Limits(context_bytes=1_000))
    answers = [saying(f"answer {number}") for number in range(3)]
    async with talking(held, *answers, setting=setting) as scene:
        scene.chat.receive("first")
        await scene.begins("half")
        for letter in "abcde":
            scene.chat.receive(letter * 350)
        held.go_on.set()
        await scene.shown("half", "answer 0", "answer 1", "answer 2")
        assert [text[::351] for text in scene.questions] == ["f", "ab", "cd", "e"]


async def test_a_file_without_words_is_answered_in_words_once() -> None:
    picture = Attachment("file", "a.png", "image/png", b"\x89PNG")
    async with talking() as scene:
        for _ in range(3):
            scene.chat.receive("", attachments=(picture,))
        scene.chat.receive("look", attachments=(picture,))
        await eventually(lambda: len(scene.chat.completed) == 2)
        assert NO_FILES in scene.chat.completed
        (question,) = scene.questions
        assert question.startswith("look\n")
