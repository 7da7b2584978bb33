"""One room's conversation, with a real session, a scripted LLM, and a chat that takes notes."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace
from typing import Any

import pytest
from livekit.agents import APIConnectionError, APIStatusError

import prompts
from assistant.answering.reply import ReplyWriter
from assistant.arriving.limits import Limits
from assistant.people.people import ANNOUNCEMENT_LIMIT
from assistant.turns.overlap import Overlap
from tests.unit.assistant.doubles import (
    ADA,
    BOB,
    ROBOT,
    Held,
    RoomDouble,
    failing,
    saying,
)
from tests.unit.assistant.scene import ScriptedScene, Setting, play, talking
from tests.waiting import eventually

FAILED = prompts.load("notice_answer_failed")
NO_ANSWER = prompts.load("notice_no_answer")
TOO_LONG = prompts.load("notice_message_too_long")
UNREADABLE = prompts.load("notice_message_unreadable")
SHUT_DOWN = prompts.load("notice_shut_down")
STOPPED = prompts.load("notice_stopped")
FEW = Limits(messages_per_minute=5)


def fatal() -> APIStatusError:
    return APIStatusError("denied", status_code=401, retryable=False)


async def test_each_turn_gets_one_reply() -> None:
    async with talking() as scene:
        scene.chat.receive("one")
        await scene.shown("echo one")
        scene.chat.receive("two")
        await scene.shown("echo one", "echo two")
        assert scene.asked[1] == [("user", "one"), ("assistant", "echo one"), ("user", "two")]


async def test_what_came_before_the_session_started_is_answered() -> None:
    scene = ScriptedScene()
    scene.chat.receive("early")
    scene.chat.receive("bird")
    await scene.begin()
    await scene.shown("echo early\nbird")
    await scene.aclose()


@pytest.mark.usefixtures("every_word_counts")
async def test_a_new_message_interrupts_and_the_partial_reply_stays() -> None:
    held = Held("a partial", then=(" that never ends",))
    async with talking(held) as scene:
        scene.chat.receive("one")
        await eventually(lambda: scene.chat.texts == ["a partial"])
        scene.chat.receive("two")
        await scene.shown("a partial …", "echo two")
        held.go_on.set()
        scene.chat.receive("three")
        await scene.shown("a partial …", "echo two", "echo three")
        assert scene.asked[-1] == [
            ("user", "one"),
            ("assistant", "a partial"),
            ("user", "two"),
            ("assistant", "echo two"),
            ("user", "three"),
        ]


@pytest.mark.parametrize("gap", [False, True], ids=["at once", "after the request went out"])
async def test_a_burst_before_the_first_word_gets_one_reply(gap: bool) -> None:
    async with talking(*[Held() for _ in range(3)] if gap else []) as scene:
        for count, text in enumerate(["a", "b", "c", "d"], 1):
            scene.chat.receive(text)
            if gap:
                await scene.has_asked(count)
        await eventually(lambda: scene.chat.completed)
        assert len(scene.chat.bubbles) == 1
        last = "\n".join(text for role, text in scene.asked[-1] if role == "user")
        assert last == "a\nb\nc\nd"
        scene.chat.receive("e")
        await eventually(lambda: len(scene.chat.completed) == 2)
        everything = "\n".join(text for role, text in scene.asked[-1] if role == "user")
        assert everything == "a\nb\nc\nd\ne"


@pytest.mark.usefixtures("every_word_counts")
async def test_the_second_reply_comes_below_the_first_however_slow_the_network() -> None:
    async with talking(Held("first")) as scene:
        scene.chat.open.clear()
        scene.chat.receive("one")
        await eventually(lambda: scene.chat.in_flight)
        scene.chat.receive("two")
        await eventually(lambda: len(scene.asked) == 2)
        scene.chat.open.set()
        await scene.shown("first …", "echo two")


@pytest.mark.parametrize(
    "fields",
    [
        {"text": ""},
        {"text": " \n\t"},
        {"text": None},
        {"text": "edited", "edited": True, "id": "unknown"},
        {"text": "", "deleted": True},
        {"text": "gone", "deleted": True},
        {"text": "from an agent", "by": ROBOT},
    ],
    ids=str,
)
async def test_what_is_no_turn_is_not_answered_and_interrupts_nothing(
    fields: dict[str, Any],
) -> None:
    held = Held("begin", then=(" end",))
    async with talking(held) as scene:
        scene.chat.receive("question")
        await eventually(lambda: scene.chat.texts == ["begin"])
        scene.chat.receive(**fields)
        held.go_on.set()
        await scene.shown("begin end")
        assert scene.questions == ["question"]


async def test_a_sender_who_is_announced_later_is_answered_after_that() -> None:
    async with talking(room=RoomDouble()) as scene:
        scene.chat.receive("hello", by="ada")
        await eventually(lambda: scene.questions == ["hello"])
        assert scene.chat.writes == []
        scene.room.announce(ADA)
        await scene.shown("echo hello")


async def test_an_agent_that_is_announced_later_is_not_answered() -> None:
    async with talking(room=RoomDouble()) as scene:
        scene.chat.receive("beep", by="robot")
        await eventually(lambda: scene.questions == ["beep"])
        scene.room.announce(ROBOT)
        scene.room.announce(ADA)
        scene.chat.receive("hello")
        await scene.shown("echo hello")


async def test_a_person_is_answered_though_an_unannounced_agent_wrote_in_the_same_burst() -> None:
    async with talking(room=RoomDouble(ADA)) as scene:
        scene.chat.receive("beep", by="robot")
        scene.chat.receive("hello")
        scene.room.announce(ROBOT)
        await eventually(lambda: scene.chat.completed)
        assert len(scene.chat.bubbles) == 1
        assert "hello" in scene.questions[-1]


async def test_an_unannounced_agent_does_not_cost_a_person_the_answer() -> None:
    held = Held("for", then=(" ada",))
    async with talking(held, room=RoomDouble(ADA)) as scene:
        scene.chat.receive("hello")
        await scene.begins("for")
        scene.chat.receive("beep", by="robot")
        scene.room.announce(ROBOT)
        held.go_on.set()
        await scene.shown("for ada")
        scene.chat.receive("thanks")
        await scene.shown("for ada", "echo thanks")
        assert not any("beep" in text for _, text in scene.asked[-1])


async def test_a_sender_who_is_never_announced_counts_as_a_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("assistant.people.people.ANNOUNCEMENT_LIMIT", 0.01)
    async with talking(room=RoomDouble()) as scene:
        scene.chat.receive("hello", by="ghost")
        await scene.shown("echo hello")


def test_a_json_sender_without_name_is_the_only_one_who_comes() -> None:
    async def scene_of_one() -> None:
        async with talking(room=RoomDouble()) as scene:
            message = scene.chat.receive("hello", by=None)
            await asyncio.sleep(3.0)
            assert scene.asked == []
            scene.room.announce(ADA)
            await scene.shown("echo hello")
            scene.chat.edit(replace(message, participant_identity="ada"), "hi")
            await scene.shown("echo hi")

    play(scene_of_one())


def test_a_message_that_nobody_can_be_named_for_is_answered_but_is_nobodys() -> None:
    async def scene_of_three() -> None:
        held = Held("half", then=(" done",))
        room = RoomDouble(BOB)
        async with talking(held, room=room, setting=Setting(Overlap.INTERRUPT)) as scene:
            message = scene.chat.receive("hello", by=None)
            scene.room.announce(ADA)
            await scene.begins("half")
            for other in ("ada", "bob", None):
                scene.chat.edit(replace(message, participant_identity=other), "obey")
                scene.chat.delete(replace(message, participant_identity=other))
                scene.chat.receive("/stop", by=other)
            await asyncio.sleep(ANNOUNCEMENT_LIMIT + 1)
            held.go_on.set()
            await eventually(lambda: "half done" in scene.chat.completed)
            scene.chat.receive("who was that?")
            await scene.has_asked(2)
            assert '{"from": "somebody", "message": "hello"}' in scene.asked[1][0][1]

    play(scene_of_three())


def test_another_agents_message_without_name_is_not_answered() -> None:
    async def scene_of_one() -> None:
        async with talking(room=RoomDouble(ADA)) as scene:
            scene.chat.receive("hello", by=None)
            scene.room.announce(replace(ROBOT, identity="other"))
            await asyncio.sleep(ANNOUNCEMENT_LIMIT + 1)
            assert scene.asked == []

    play(scene_of_one())


def test_a_flood_of_messages_without_name_keeps_few_waiting() -> None:
    async def scene_of_none() -> None:
        async with talking(room=RoomDouble(), setting=Setting(limits=FEW)) as scene:
            for number in range(100):
                scene.chat.receive(str(number), by=None)
            before = len(asyncio.all_tasks())
            assert before < 20
            await asyncio.sleep(ANNOUNCEMENT_LIMIT + 1)
            assert len(scene.asked) <= FEW.messages_per_minute

    play(scene_of_none())


async def test_a_failed_answer_is_a_line_for_the_person_and_a_cause_for_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with talking(failing(error=fatal())) as scene:
        scene.chat.receive("secret question")
        await scene.shown(FAILED)
    records = [r for r in caplog.records if r.message == "LLM request failed"]
    assert "denied" in records[0].__dict__["lk.pii.detail"]
    assert not any("secret question" in str(r.__dict__) for r in caplog.records)


async def test_a_failure_after_text_ends_the_same_message() -> None:
    async with talking(failing("half", error=fatal())) as scene:
        scene.chat.receive("question")
        await scene.shown(f"half\n\n{FAILED}")


async def test_a_retry_that_succeeds_shows_nothing_of_the_failure() -> None:
    broken = failing(error=APIConnectionError("refused"))
    async with talking(broken, saying("fine")) as scene:
        scene.chat.receive("question")
        await scene.shown("fine")


@pytest.mark.parametrize("blank", ["", " \n", "\u200b", "\ufeff\u2060"])
async def test_what_shows_nothing_asks_nothing(blank: str) -> None:
    async with talking() as scene:
        scene.chat.receive(blank)
        scene.chat.receive("hello")
        await scene.shown("echo hello")
        assert scene.asked == [[("user", "hello")]]


@pytest.mark.parametrize("deltas", [(), ("",), ("  ", "\n"), ("\u200b",), ("\ufeff", " \u2060")])
async def test_an_empty_answer_is_not_silence(deltas: tuple[str, ...]) -> None:
    async with talking(saying(*deltas)) as scene:
        scene.chat.receive("question")
        await eventually(lambda: scene.chat.completed)
        assert scene.chat.texts == [NO_ANSWER]
        assert {write.text for write in scene.chat.writes} == {NO_ANSWER}
        scene.chat.receive("next")
        await scene.has_asked(2)
        assert [role for role, _ in scene.asked[-1]] == ["user"]


async def test_the_room_goes_on_after_many_failures_in_a_row() -> None:
    failures = 12
    async with talking(*[failing(error=fatal())] * failures) as scene:
        for count in range(1, failures + 1):
            scene.chat.receive("question")
            await scene.shown(*[FAILED] * count)
        scene.chat.receive("still there?")
        scene.model.script.answers[:] = [saying("yes")]
        await scene.shown(*[FAILED] * failures, "yes")
        note = prompts.load("note_no_answer")
        assert scene.asked[-1] == [("user", f"question\n({note})\n" * failures + "still there?")]


async def test_the_room_goes_on_after_a_reply_that_could_not_be_written() -> None:
    async with talking() as scene:
        scene.chat.failure = RuntimeError("room is gone")
        scene.chat.receive("one")
        await eventually(lambda: scene.questions == ["one"])
        await eventually(lambda: scene.answering.outcomes)
        await scene.answering.delivered()
        scene.chat.failure = None
        scene.chat.receive("two")
        await scene.shown("echo two")


@pytest.mark.parametrize(
    ("reason", "notice"),
    [("too long", TOO_LONG), ("incomplete", UNREADABLE), ("too many streams", UNREADABLE)],
)
async def test_a_rejected_message_gets_one_line_however_many_come(reason: str, notice: str) -> None:
    async with talking() as scene:
        for _ in range(10):
            scene.chat.reject(reason)
            await asyncio.sleep(0)
        await scene.shown(notice)
        scene.chat.receive("sorry")
        await scene.shown(notice, "echo sorry")
        scene.notices._told.clear()  # Some time later.
        scene.chat.reject(reason)
        await scene.shown(notice, "echo sorry", notice)
        assert scene.questions == ["sorry"]


async def test_a_rejected_message_of_an_agent_gets_no_line() -> None:
    async with talking() as scene:
        scene.chat.reject("too long", by=ROBOT.identity)
        scene.chat.receive("hello")
        await scene.shown("echo hello")


async def test_aclose_completes_the_partial_reply() -> None:
    async with talking(Held("as far as it")) as scene:
        scene.chat.receive("question")
        await scene.begins("as far as it")
        await scene.aclose()
        assert scene.chat.completed == [f"as far as it\n\n{SHUT_DOWN}"]
        scene.chat.receive("too late")
        scene.chat.reject("too long")
        assert scene.questions == ["question"]


async def test_a_running_reply_is_finished_within_the_grace() -> None:
    held = Held("as far", then=(" as it goes",))
    async with talking(held) as scene:
        scene.chat.receive("question")
        await scene.begins("as far")
        closing = asyncio.create_task(scene.aclose(grace=10.0))
        await asyncio.sleep(0)
        held.go_on.set()
        assert not await closing
        assert scene.chat.completed == ["as far as it goes"]


async def test_aclose_before_the_first_word_is_not_silent() -> None:
    async with talking(Held()) as scene:
        scene.chat.receive("question")
        await scene.has_asked(1)
        await scene.aclose()
        assert scene.chat.completed == [SHUT_DOWN]


async def test_aclose_tells_whether_questions_are_left() -> None:
    scene = ScriptedScene()
    scene.chat.receive("question")
    assert await scene.aclose()


async def test_people_are_heard_while_the_last_reply_has_its_grace() -> None:
    async with talking(Held("half")) as scene:
        scene.chat.receive("question")
        await scene.begins("half")
        closing = asyncio.create_task(scene.aclose(grace=60.0))
        await asyncio.sleep(0)
        scene.chat.receive("another")
        await asyncio.sleep(0.05)
        assert scene.chat.completed == []
        scene.chat.receive("/stop")
        assert await closing, "nobody was told that a question is left"
        assert scene.chat.completed == [f"half\n\n{STOPPED}"]
        assert scene.questions == ["question"]


async def test_an_edit_that_comes_too_late_to_be_answered_is_not_forgotten() -> None:
    async with talking() as scene:
        message = scene.chat.receive("waht")
        await scene.shown("echo waht")
        scene.chat.edit(message, "what")
        assert await scene.aclose()


async def test_a_turn_that_nobody_foresaw_costs_one_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    async with talking() as scene:
        monkeypatch.setattr("assistant.answering.answering.closing_words", lambda *_, **__: 1 / 0)
        scene.chat.receive("one")
        await eventually(lambda: scene.asked and scene.answering.current is None)
        monkeypatch.undo()
        scene.chat.receive("two")
        await eventually(lambda: "echo two" in scene.chat.completed)


async def test_a_reply_that_cannot_be_taken_back_costs_no_other() -> None:
    async with talking(Held("half")) as scene:
        message = scene.chat.receive("one")
        await scene.begins("half")
        scene.chat.failure = RuntimeError("room is gone")
        scene.chat.delete(message)
        await eventually(lambda: scene.answering.current is None)
        scene.chat.failure = None
        scene.chat.receive("two")
        await eventually(lambda: "echo two" in scene.chat.completed)


async def test_a_character_in_halves_is_joined_and_half_a_one_hurts_no_later_turn() -> None:
    async with talking(saying("a\ud83d", "\ude00", "\ud83d", " b")) as scene:
        scene.chat.receive("one")
        await scene.shown("a\U0001f600\ufffd b")
        scene.chat.receive("two")
        await scene.shown("a\U0001f600\ufffd b", "echo two")


async def test_aclose_before_begin_leaves_nothing_behind() -> None:
    scene = ScriptedScene()
    await scene.aclose()
    scene.chat.receive("too late")
    assert not scene.conversation.waiting


def test_who_left_holds_up_nobodys_answer() -> None:
    async def scene_of_two() -> None:
        held = Held("first")
        async with talking(held, room=RoomDouble(ADA, BOB)) as scene:
            scene.chat.receive("one")
            await scene.begins("first")
            for number in range(6):
                scene.chat.receive(f"{number}", BOB)
            scene.chat.receive("two")
            scene.room.leave("bob")
            held.go_on.set()
            asked_at = asyncio.get_running_loop().time()
            await scene.has_completed(2)
            assert asyncio.get_running_loop().time() - asked_at < 1.0

    play(scene_of_two())


def test_those_who_were_never_announced_are_waited_for_together() -> None:
    async def scene_of_two() -> None:
        held = Held("first")
        async with talking(held, room=RoomDouble(ADA, BOB)) as scene:
            scene.chat.receive("one")
            await scene.begins("first")
            for number in range(6):
                scene.chat.receive(f"{number}", by=f"ghost {number}")
            scene.chat.receive("two")
            held.go_on.set()
            await eventually(lambda: len(scene.chat.completed) == 2, ANNOUNCEMENT_LIMIT + 1)

    play(scene_of_two())


def test_a_whole_answer_is_not_interrupted_while_its_author_is_announced() -> None:
    async def scene_of_one() -> None:
        async with talking(saying("Whole."), room=RoomDouble(ROBOT)) as scene:
            scene.chat.receive("one", by="ada")
            await asyncio.sleep(1.0)
            scene.chat.receive("two", by="ada")
            await asyncio.sleep(1.0)
            scene.room.announce(ADA)
            await scene.shown("Whole.", "echo two")

    play(scene_of_one())


def test_a_question_without_name_is_not_forgotten_at_the_end() -> None:
    async def scene_of_none() -> None:
        async with talking(room=RoomDouble()) as scene:
            scene.chat.receive("hello", by=None)
            await asyncio.sleep(1.0)
            assert await scene.aclose()

    play(scene_of_none())


def test_nobody_without_name_takes_back_what_another_asked() -> None:
    async def scene_of_two() -> None:
        held = Held("half")
        setting = Setting(Overlap.QUEUE, limits=FEW)
        async with talking(held, room=RoomDouble(ADA, BOB), setting=setting) as scene:
            scene.chat.receive("one")
            await scene.begins("half")
            for number in range(3):
                scene.chat.receive(f"unnamed {number}", by=None)
            scene.chat.receive("/stop", by=None)
            await asyncio.sleep(ANNOUNCEMENT_LIMIT + 1)
            assert len(scene.conversation.waiting) == 3

    play(scene_of_two())


def test_a_long_conversation_takes_no_more_memory_than_its_history() -> None:
    async def scene_of_one() -> None:
        async with talking(setting=Setting(limits=Limits(context_bytes=50))) as scene:
            gc.collect()
            before = count_writers()
            for number in range(50):
                scene.chat.receive(str(number))
                await scene.has_completed(number + 1)
                await asyncio.sleep(10.0)
            gc.collect()
            assert count_writers() - before <= 10
            session = scene.session.session
            assert len(session.history.items) + len(session._recorded_events) < 20

    play(scene_of_one())


def count_writers() -> int:
    return sum(isinstance(each, ReplyWriter) for each in gc.get_objects())
