"""Edits and deletions of what people wrote, in every phase."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from livekit.agents import APIConnectionError, APIStatusError

import prompts
from assistant.conversation.stop import Stop
from assistant.turns.overlap import Overlap
from tests.unit.assistant.doubles import ADA, BOB, Held, RoomDouble, failing, saying
from tests.unit.assistant.scene import ScriptedScene, Setting, play, talking
from tests.waiting import eventually

STOPPED = prompts.load("notice_stopped")
FAILED = prompts.load("notice_answer_failed")
SHUT_DOWN = prompts.load("notice_shut_down")


async def tell(scene: ScriptedScene) -> list[tuple[str, str]]:
    """What the LLM is told when the next question is asked."""
    scene.chat.receive("and now?")
    await eventually(lambda: scene.asked and "and now?" in scene.questions[-1])
    await eventually(lambda: scene.answering.current is None)
    return scene.asked[-1]


async def test_an_edit_of_what_waits_replaces_it() -> None:
    held = Held("half")
    async with talking(held, setting=Setting(Overlap.QUEUE)) as scene:
        scene.chat.receive("one")
        await scene.begins("half")
        waiting = scene.chat.receive("tow")
        scene.chat.edit(waiting, "two")
        held.go_on.set()
        await scene.shown("half", "echo two")


async def test_an_edit_of_what_is_answered_answers_anew_in_the_same_bubble() -> None:
    async with talking(Held("wrong"), Held("wrong too"), saying("right")) as scene:
        message = scene.chat.receive("waht")
        await scene.begins("wrong")
        bubble = next(iter(scene.chat.bubbles))
        scene.chat.edit(message, "wat")
        await scene.begins("wrong too")
        scene.chat.edit(message, "what")
        await scene.shown("right")
        assert list(scene.chat.bubbles) == [bubble]
        assert scene.asked[-1] == [("user", "what")]


async def test_an_edit_of_the_last_question_answers_anew_in_the_same_bubble() -> None:
    async with talking() as scene:
        message = scene.chat.receive("waht")
        await scene.shown("echo waht")
        bubble = next(iter(scene.chat.bubbles))
        scene.chat.edit(message, "what")
        await scene.shown("echo what")
        assert list(scene.chat.bubbles) == [bubble]
        scene.chat.receive("next")
        await scene.shown("echo what", "echo next")
        assert scene.asked[-1][:2] == [("user", "what"), ("assistant", "echo what")]


@pytest.mark.parametrize("late", [True, False], ids=["too late", "not the last"])
async def test_an_edit_of_an_older_question_only_changes_what_the_llm_is_told(
    late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talking() as scene:
        message = scene.chat.receive("waht")
        await scene.shown("echo waht")
        shown = ["echo waht"]
        if late:
            monkeypatch.setattr("assistant.conversation.conversation.REGENERATION_LIMIT", 0.0)
        else:
            scene.chat.receive("second")
            await scene.shown("echo waht", "echo second")
            shown.append("echo second")
        scene.chat.edit(message, "what")
        await asyncio.sleep(0)
        scene.chat.receive("last")
        await scene.shown(*shown, "echo last")
        assert scene.asked[-1][0] == ("user", "what")
        assert len(scene.asked) == len(shown) + 1


async def test_an_edited_command_does_not_run_and_no_edit_becomes_one() -> None:
    held = Held("half", then=(" done",))
    async with talking(held) as scene:
        command = scene.chat.receive("/stop")
        message = scene.chat.receive("one")
        await scene.begins("half")
        scene.chat.edit(command, "/stop")
        scene.chat.edit(command, "not a command")
        scene.chat.edit(message, "/stop")
        held.go_on.set()
        await scene.shown("half done")
        assert len(scene.asked) == 1


async def test_a_deletion_of_what_waits_removes_it() -> None:
    held = Held("half")
    async with talking(held, setting=Setting(Overlap.QUEUE)) as scene:
        scene.chat.receive("one")
        await scene.begins("half")
        scene.chat.delete(scene.chat.receive("two"))
        scene.chat.receive("three")
        held.go_on.set()
        await scene.shown("half", "echo three")


async def test_a_deletion_of_what_is_answered_takes_the_answer_back() -> None:
    async with talking(Held("half")) as scene:
        message = scene.chat.receive("secret")
        await scene.begins("half")
        scene.chat.delete(message)
        await scene.begins()
        scene.chat.receive("next")
        await scene.shown("echo next")
        assert scene.asked[-1] == [("user", "next")]


async def test_a_deletion_before_the_first_word_leaves_nothing() -> None:
    async with talking(Held()) as scene:
        message = scene.chat.receive("secret")
        await scene.has_asked(1)
        scene.chat.delete(message)
        await eventually(lambda: scene.answering.current is None)
        assert scene.chat.writes == []


async def test_a_deletion_of_the_last_question_takes_the_answer_back() -> None:
    async with talking() as scene:
        scene.chat.receive("one")
        await scene.shown("echo one")
        message = scene.chat.receive("secret")
        await scene.shown("echo one", "echo secret")
        scene.chat.delete(message)
        await scene.shown("echo one")
        scene.chat.receive("next")
        await scene.shown("echo one", "echo next")
        assert not any("secret" in text for _, text in scene.asked[-1])


async def test_a_deletion_of_an_older_question_only_takes_it_out_of_the_context() -> None:
    async with talking() as scene:
        message = scene.chat.receive("secret")
        await scene.shown("echo secret")
        scene.chat.receive("two")
        await scene.shown("echo secret", "echo two")
        scene.chat.delete(message)
        scene.chat.receive("three")
        await scene.shown("echo secret", "echo two", "echo three")
        assert not any("secret" in text for _, text in scene.asked[-1])


async def test_a_deletion_of_one_of_several_questions_answers_the_others_anew() -> None:
    async with talking(Held(), Held("to both"), saying("to one")) as scene:
        first = scene.chat.receive("one")
        await scene.has_asked(1)
        scene.chat.receive("two")
        await scene.begins("to both")
        scene.chat.delete(first)
        await scene.shown("to one")
        assert scene.questions[-1] == "two"


@pytest.mark.parametrize(("seconds", "anew"), [(299.0, True), (301.0, False)])
def test_the_last_question_is_answered_anew_within_five_minutes(seconds: float, anew: bool) -> None:
    async def scene_of_one() -> None:
        async with talking() as scene:
            message = scene.chat.receive("waht")
            await scene.shown("echo waht")
            bubble = list(scene.chat.bubbles)
            await asyncio.sleep(seconds)
            scene.chat.edit(message, "what")
            await asyncio.sleep(5.0)
            await scene.shown("echo what" if anew else "echo waht")
            assert list(scene.chat.bubbles) == bubble
            assert len(scene.asked) == 1 + anew
            assert ("user", "what") in await tell(scene)

    play(scene_of_one())


def test_every_regeneration_begins_the_five_minutes_again() -> None:
    async def scene_of_one() -> None:
        async with talking() as scene:
            message = scene.chat.receive("0")
            for number in range(1, 4):
                await asyncio.sleep(290.0)
                scene.chat.edit(message, str(number))
                await scene.shown(f"echo {number}")

    play(scene_of_one())


@pytest.mark.parametrize("pace", [0.0, 0.02, 0.3])
def test_of_several_edits_in_a_row_the_last_counts(pace: float) -> None:
    async def scene_of_one() -> None:
        async with talking() as scene:
            message = scene.chat.receive("draft")
            await scene.shown("echo draft")
            bubble = list(scene.chat.bubbles)
            for number in range(8):
                scene.chat.edit(message, f"draft {number}")
                await asyncio.sleep(pace)
            await scene.shown("echo draft 7")
            assert list(scene.chat.bubbles) == bubble
            told = await tell(scene)
            assert told[:2] == [("user", "draft 7"), ("assistant", "echo draft 7")]

    play(scene_of_one())


def test_the_old_answer_stands_until_the_new_one_has_a_word() -> None:
    async def scene_of_one() -> None:
        held = Held(then=("new",))
        async with talking(saying("old"), held) as scene:
            message = scene.chat.receive("waht")
            await scene.shown("old")
            scene.chat.edit(message, "what")
            await scene.has_asked(2)
            await asyncio.sleep(5.0)
            assert scene.chat.texts == ["old"]
            held.go_on.set()
            await scene.shown("new")

    play(scene_of_one())


def test_an_edit_in_the_pause_before_the_llm_is_asked_again_is_what_it_is_asked() -> None:
    async def scene_of_one() -> None:
        async with talking(failing(error=APIConnectionError("gone"))) as scene:
            message = scene.chat.receive("waht")
            await scene.has_asked(1)
            await asyncio.sleep(0.2)
            scene.chat.edit(message, "what")
            await asyncio.sleep(5.0)
            await scene.shown("echo what")
            assert scene.questions == ["waht", "what"]

    play(scene_of_one())


def test_an_edit_while_waiting_for_a_slot_is_what_the_llm_is_asked() -> None:
    async def scene_of_one() -> None:
        async with talking(setting=Setting(turns_at_once=1)) as scene:
            async with scene.resources.slots.slot(1.0):
                message = scene.chat.receive("waht")
                await asyncio.sleep(1.0)
                scene.chat.edit(message, "what")
                await asyncio.sleep(1.0)
            await scene.shown("echo what")
            assert scene.questions == ["what"]

    play(scene_of_one())


def test_an_edit_in_the_quiet_window_is_what_the_llm_is_asked() -> None:
    async def scene_of_one() -> None:
        held = Held("half")
        async with talking(held, setting=Setting(Overlap.COLLECT)) as scene:
            scene.chat.receive("one")
            await scene.begins("half")
            message = scene.chat.receive("tow")
            held.go_on.set()
            await scene.shown("half")
            await asyncio.sleep(0.2)
            scene.chat.edit(message, "two")
            await scene.shown("half", "echo two")

    play(scene_of_one())


async def test_an_edit_of_an_answered_question_does_not_disturb_the_running_reply() -> None:
    held = Held("half", then=(" done",))
    async with talking(saying("first"), held) as scene:
        message = scene.chat.receive("waht")
        await scene.shown("first")
        scene.chat.receive("two")
        await scene.begins("first", "half")
        scene.chat.edit(message, "what")
        held.go_on.set()
        await scene.shown("first", "half done")
        assert (await tell(scene))[0] == ("user", "what")
        assert len(scene.asked) == 3


async def test_an_edit_of_one_of_several_questions_answers_all_of_them_anew() -> None:
    async with talking(Held(), Held("to both"), saying("to both anew")) as scene:
        first = scene.chat.receive("one")
        await scene.has_asked(1)
        scene.chat.receive("two")
        await scene.begins("to both")
        scene.chat.edit(first, "ONE")
        await scene.shown("to both anew")
        assert scene.questions[-1] == "ONE\ntwo"


async def test_an_edit_of_a_stopped_question_is_answered_in_the_same_bubble() -> None:
    async with talking(Held("half")) as scene:
        message = scene.chat.receive("waht")
        await scene.begins("half")
        bubble = list(scene.chat.bubbles)
        assert scene.arrivals.stop("ada") is Stop.STOPPED
        await scene.has_completed(1)
        scene.chat.edit(message, "what")
        await scene.shown("echo what")
        assert list(scene.chat.bubbles) == bubble
        assert await tell(scene) == [
            ("user", "what"),
            ("assistant", "echo what"),
            ("user", "and now?"),
        ]


async def test_a_stop_while_an_edit_is_answered_ends_in_the_same_bubble() -> None:
    async with talking(saying("old"), Held("new")) as scene:
        message = scene.chat.receive("waht")
        await scene.shown("old")
        bubble = list(scene.chat.bubbles)
        scene.chat.edit(message, "what")
        await scene.begins("new")
        scene.chat.receive("/stop")
        await scene.has_completed(1)
        assert list(scene.chat.bubbles) == bubble
        assert scene.chat.texts[0].startswith("new")
        assert scene.answering.outcomes["stopped"] == 1


async def test_a_waiting_question_that_is_edited_to_a_command_stays_what_it_was() -> None:
    held = Held("half")
    async with talking(held, setting=Setting(Overlap.QUEUE)) as scene:
        scene.chat.receive("one")
        await scene.begins("half")
        scene.chat.edit(scene.chat.receive("two"), "/stop")
        held.go_on.set()
        await scene.shown("half", "echo two")


async def test_a_typed_command_is_no_question_that_could_be_edited_or_deleted() -> None:
    async with talking() as scene:
        command = scene.chat.receive("/stop")
        scene.chat.edit(command, "tell me a story")
        scene.chat.delete(command)
        assert await tell(scene) == [("user", "and now?")]
        await scene.shown("echo and now?")


@pytest.mark.parametrize("phase", ["waiting", "running", "answered"])
async def test_nobody_edits_or_deletes_what_another_wrote(phase: str) -> None:
    held = Held("half", then=(" done",))
    async with talking(held, room=RoomDouble(ADA, BOB)) as scene:
        mine = scene.chat.receive("mine")
        await scene.begins("half")
        if phase == "waiting":
            mine = scene.chat.receive("mine too")
        if phase == "answered":
            held.go_on.set()
            await scene.shown("half done")
        forged = replace(mine, participant_identity="bob")
        scene.chat.edit(forged, "forged")
        scene.chat.delete(forged)
        held.go_on.set()
        told = await tell(scene)
        assert scene.chat.texts[0] == "half done"
        said = "\n".join(text for _, text in told)
        assert "forged" not in said
        assert str(mine.message) in said


def test_a_deletion_in_the_quiet_window_leaves_nothing_to_answer() -> None:
    async def scene_of_one() -> None:
        held = Held("half")
        async with talking(held, setting=Setting(Overlap.COLLECT)) as scene:
            scene.chat.receive("one")
            await scene.begins("half")
            message = scene.chat.receive("secret")
            held.go_on.set()
            await scene.shown("half")
            scene.chat.delete(message)
            await asyncio.sleep(5.0)
            assert len(scene.asked) == 1
            assert not any("secret" in text for _, text in await tell(scene))

    play(scene_of_one())


def test_a_deletion_in_the_pause_before_the_llm_is_asked_again_is_final() -> None:
    async def scene_of_one() -> None:
        async with talking(failing(error=APIConnectionError("gone"))) as scene:
            message = scene.chat.receive("secret")
            await scene.has_asked(1)
            await asyncio.sleep(0.2)
            scene.chat.delete(message)
            await asyncio.sleep(5.0)
            assert scene.chat.writes == []
            assert len(scene.asked) == 1
            assert await tell(scene) == [("user", "and now?")]

    play(scene_of_one())


def test_a_deletion_while_waiting_for_a_slot_gives_up_the_place_in_line() -> None:
    async def scene_of_one() -> None:
        async with talking(setting=Setting(turns_at_once=1)) as scene:
            async with scene.resources.slots.slot(1.0):
                message = scene.chat.receive("secret")
                await asyncio.sleep(1.0)
                scene.chat.delete(message)
                await asyncio.sleep(1.0)
                assert scene.answering.current is None
            assert await tell(scene) == [("user", "and now?")]

    play(scene_of_one())


async def test_a_deletion_while_an_edit_is_answered_takes_the_bubble_back() -> None:
    async with talking(saying("old"), Held()) as scene:
        message = scene.chat.receive("waht")
        await scene.shown("old")
        scene.chat.edit(message, "secret")
        await scene.has_asked(2)
        scene.chat.delete(message)
        await scene.begins()
        assert await tell(scene) == [("user", "and now?")]


async def test_of_several_answered_questions_a_deleted_one_only_leaves_the_context() -> None:
    async with talking(Held()) as scene:
        first = scene.chat.receive("secret")
        await scene.has_asked(1)
        scene.chat.receive("two")
        await scene.shown("echo secret\ntwo")
        scene.chat.delete(first)
        assert (await tell(scene))[0] == ("user", "two")
        assert len(scene.asked) == 3


async def test_the_same_message_deleted_again_and_edited_after_that_stays_deleted() -> None:
    async with talking() as scene:
        message = scene.chat.receive("secret")
        await scene.shown("echo secret")
        scene.chat.delete(message)
        scene.chat.delete(message)
        scene.chat.edit(message, "secret again")
        await scene.shown()
        assert await tell(scene) == [("user", "and now?")]


def test_an_answer_stays_until_another_begins() -> None:
    async def scene_of_one() -> None:
        async with talking(saying("old"), Held()) as scene:
            message = scene.chat.receive("waht")
            await scene.shown("old")
            scene.chat.edit(message, "what")
            await scene.has_asked(2)
            scene.chat.receive("/stop")
            await scene.shown(f"old\n\n{STOPPED}")
            assert (await tell(scene))[:2] == [("user", "what"), ("assistant", "old")]

    play(scene_of_one())


@pytest.mark.parametrize("said", [(), ("half",)])
def test_what_was_edited_is_answered_before_what_came_after_it(said: tuple[str, ...]) -> None:
    async def scene_of_one() -> None:
        held = Held(then=("new",))
        async with talking(Held(*said), held) as scene:
            message = scene.chat.receive("waht")
            await scene.has_asked(1)
            await asyncio.sleep(1.0)
            scene.chat.edit(message, "what")
            scene.chat.receive("next")
            await scene.has_asked(2)
            await asyncio.sleep(1.0)
            held.go_on.set()
            await scene.shown("new", "echo next")
            assert scene.questions == ["waht", "what", "next"]

    play(scene_of_one())


@pytest.mark.parametrize("said", ["Old answer.", ""])
def test_an_answer_still_being_written_is_not_cut_by_its_successor(said: str) -> None:
    async def scene_of_one() -> None:
        held = Held("Begun. ", then=(said,))
        async with talking(held, Held()) as scene:
            scene.chat.latency = lambda: 1.0
            message = scene.chat.receive("waht")
            await held.started.wait()
            await asyncio.sleep(0.5)
            held.go_on.set()
            await eventually(lambda: scene.answering.current is None)
            scene.chat.edit(message, "what")
            await scene.has_asked(2)
            scene.chat.receive("/stop")
            await scene.shown(f"Begun. {said}\n\n{STOPPED}")

    play(scene_of_one())


def test_an_edit_does_not_outlive_the_agents_leaving() -> None:
    async def scene_of_one() -> None:
        async with talking(Held("half"), Held("never")) as scene:
            message = scene.chat.receive("waht")
            await scene.begins("half")
            scene.chat.edit(message, "what")
            await scene.aclose()
            await scene.shown(f"half\n\n{SHUT_DOWN}")

    play(scene_of_one())


def test_an_answer_anew_that_fails_leaves_the_old_one() -> None:
    async def scene_of_one() -> None:
        denied = APIStatusError("denied", status_code=401, retryable=False)
        async with talking(saying("old"), failing(error=denied)) as scene:
            message = scene.chat.receive("waht")
            await scene.shown("old")
            scene.chat.edit(message, "what")
            await scene.shown(f"old\n\n{FAILED}")

    play(scene_of_one())


def test_stopping_twice_says_so_once() -> None:
    async def scene_of_one() -> None:
        async with talking(Held("half"), Held()) as scene:
            message = scene.chat.receive("waht")
            await scene.begins("half")
            scene.chat.receive("/stop")
            await scene.shown(f"half\n\n{STOPPED}")
            scene.chat.edit(message, "what")
            await scene.has_asked(2)
            scene.chat.receive("/stop")
            await scene.shown(f"half\n\n{STOPPED}")

    play(scene_of_one())
