"""People edit and delete what they asked, and the answers follow."""

from __future__ import annotations

import contextlib

import pytest

import prompts
from tests.doubles import FakeOpenAI, Reply
from tests.e2e.people import Door, introduce
from tests.e2e.scripts import BEGINNING, STALLING, conversation, in_turn
from tests.waiting import eventually

STOPPED = prompts.load("notice_stopped")


@pytest.mark.parametrize("first", [STALLING, Reply([BEGINNING])], ids=["running", "answered"])
async def test_an_edited_question_is_answered_anew_in_the_same_bubble(
    door: Door, llm: FakeOpenAI, first: Reply
) -> None:
    llm.script = in_turn(first, Reply(["Better."]))
    cancelled = llm.cancelled
    async with door.enter("ada", dialect="stream") as ada:
        asked = await ada.say("helo")
        await ada.sees(BEGINNING)
        if first is not STALLING:
            await ada.reads(BEGINNING)
        bubble = ada.bubbles[0]
        await ada.edit(asked, "hello")
        await ada.reads("Better.")
        assert ada.bubbles[0].id == bubble.id
        assert conversation(llm.requests[-1]) == [("user", "hello")]
        if first is STALLING:
            await eventually(lambda: llm.cancelled > cancelled)
        await ada.ask("next")
    assert len(llm.requests) == 3


async def test_a_stop_right_after_an_edit_is_not_lost(door: Door, llm: FakeOpenAI) -> None:
    llm.script = in_turn(STALLING, STALLING)
    async with door.enter("ada", dialect="stream") as ada:
        asked = await ada.say("helo")
        await ada.sees(BEGINNING)
        await ada.edit(asked, "hello")
        await ada.say("/stop")
        with contextlib.suppress(TimeoutError):
            await eventually(lambda: ada.answers)
        assert [text.endswith(STOPPED) for text in ada.answers] == [True]


async def test_an_edit_of_an_older_question_only_changes_what_is_remembered(
    door: Door, llm: FakeOpenAI
) -> None:
    async with door.enter("ada", dialect="stream") as ada:
        older = await ada.say("one")
        await ada.reads("You said: one")
        await ada.ask("two")
        await ada.edit(older, "uno")
        await ada.ask("three")
        assert ada.texts == ["You said: one", "You said: two", "You said: three"]
    asked = [text for role, text in conversation(llm.requests[-1]) if role == "user"]
    assert asked == ["uno", "two", "three"]
    assert len(llm.requests) == 3


@pytest.mark.parametrize("answer", [STALLING, Reply([BEGINNING])], ids=["running", "answered"])
async def test_a_deleted_question_takes_its_answer_with_it(
    door: Door, llm: FakeOpenAI, answer: Reply
) -> None:
    async with (
        door.enter("ada", dialect="stream") as ada,
        door.enter("bob", dialect="stream") as bob,
    ):
        await introduce(llm, ada, bob)
        llm.script = in_turn(answer, Reply(["Next answer."]))
        cancelled = llm.cancelled
        asked = await ada.say("a secret")
        for reader in (ada, bob):
            await reader.sees(BEGINNING)
        if answer is STALLING:
            assert BEGINNING not in bob.answers
        else:
            await eventually(lambda: BEGINNING in bob.answers)
        bubble = next(m for m in bob.bubbles if m.message == BEGINNING)
        await ada.delete(asked)
        await eventually(lambda: bubble.id in {m.id for m in bob.deleted})
        await eventually(lambda: BEGINNING not in ada.texts)
        if answer is STALLING:
            await eventually(lambda: llm.cancelled > cancelled)
        await bob.say("next")
        await ada.sees("Next answer.")
    told = str(conversation(llm.requests[-1]))
    assert "secret" not in told
    assert BEGINNING not in told
