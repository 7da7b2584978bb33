"""Edits and deletions of what people wrote, in every phase."""

from __future__ import annotations

import asyncio

import pytest

from assistant.turns.overlap import Overlap
from tests.unit.assistant.doubles import Held, saying
from tests.unit.assistant.scene import Setting, talking
from tests.waiting import eventually


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
            monkeypatch.setattr("assistant.conversation.REGENERATION_LIMIT", 0.0)
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
