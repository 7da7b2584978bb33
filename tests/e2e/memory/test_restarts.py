"""The worker dies and another one goes on: people and the LLM notice nothing of it."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from tests.doubles import FakeOpenAI, Reply
from tests.e2e.memory.deployment import Deployment, said
from tests.e2e.people import ANSWER_LIMIT, Door, Person
from tests.e2e.scripts import conversation
from tests.waiting import eventually

LONG_AGO = 400.0
"""Seconds after which an edited question is not answered anew any more, and more."""


def told(llm: FakeOpenAI) -> list[str]:
    """The texts that the newest request tells of the conversation."""
    return [text for _, text in conversation(llm.requests[-1])]


async def test_messages_from_before_a_restart_are_told_edited_and_deleted(
    deployment: Deployment, llm: FakeOpenAI, door: Door
) -> None:
    async with door.enter("ada", dialect="stream") as ada:
        older = await ada.say("one")
        await ada.reads("You said: one")
        deleted = await ada.say("two")
        await ada.reads("You said: one", "You said: two")
        newest = await ada.say("three")
        await ada.reads("You said: one", "You said: two", "You said: three")
        bubbles = {bubble.message: bubble.id for bubble in ada.bubbles}

        await deployment.delivered(door.room_name, 3)
        await deployment.restart(ada)
        await ada.edit(older, "uno")
        await ada.delete(deleted)
        await ada.edit(newest, "tres")
        # The answer to what is not the newest stays to be seen, and is forgotten all the same.
        await _reads(ada, "You said: one", "You said: two", "You said: tres")
        asked = [conversation(request)[-1] for request in llm.requests]
        assert asked == [("user", text) for text in ("one", "two", "three", "tres")]
        assert {b.message: b.id for b in ada.bubbles}["You said: tres"] == bubbles[
            "You said: three"
        ]
        assert told(llm) == ["uno", "You said: one", "tres"]

        await ada.say("four")
        await ada.sees("You said: four")
        assert told(llm) == ["uno", "You said: one", "tres", "You said: tres", "four"]
        kept = {"uno", "You said: one", "tres", "You said: tres", "four", "You said: four"}
        await _keeps(deployment, door, kept)


async def test_a_question_of_long_ago_is_edited_but_not_answered_anew(
    deployment: Deployment, llm: FakeOpenAI, door: Door
) -> None:
    async with door.enter("ada", dialect="stream") as ada:
        newest = await ada.say("one")
        await ada.reads("You said: one")
        await _keeps(deployment, door, {"one", "You said: one"})
        long_ago = f"created_at = created_at - {LONG_AGO}, ended_at = ended_at - {LONG_AGO}"
        await deployment.delivered(door.room_name, 1)
        await deployment.restart(ada, meanwhile=f"UPDATE turn SET {long_ago}")
        await ada.edit(newest, "uno")
        await _keeps(deployment, door, {"uno", "You said: one"})
        await ada.say("two")
        await ada.sees("You said: two")
        assert told(llm) == ["uno", "You said: one", "two"]
        assert len(llm.requests) == 2


@pytest.mark.parametrize("deletes", [False, True], ids=["kept", "deleted"])
async def test_half_a_reply_is_completed_unless_its_question_is_deleted(
    deployment: Deployment, llm: FakeOpenAI, door: Door, deletes: bool
) -> None:
    async with door.enter("ada", dialect="stream") as ada:
        await ada.ask("hello")
        half, anew = (
            Reply(["half ", "a reply"], hold_after=1),
            Reply(["half ", "a reply"], hold_after=1),
        )
        replies = [half, anew]
        llm.script = lambda _: replies.pop(0)
        asked = await ada.say("tell me")
        await ada.sees("half ")
        bubble = ada.bubbles[-1].id
        await _keeps(deployment, door, {"hello", "You said: hello", "tell me", "half "})

        await deployment.restart(ada)
        half.release.set()
        await eventually(lambda: len(llm.requests) == 3, ANSWER_LIMIT)
        assert told(llm) == ["hello", "You said: hello", "tell me"]
        if deletes:
            await ada.delete(asked)
            await eventually(lambda: bubble not in {b.id for b in ada.bubbles}, ANSWER_LIMIT)
            anew.release.set()
            await _keeps(deployment, door, {"hello", "You said: hello"})
            return
        anew.release.set()
        await eventually(lambda: "half a reply" in ada.answers, ANSWER_LIMIT)
        assert [b.id for b in ada.bubbles if b.message == "half a reply"] == [bubble]
        assert len(llm.requests) == 3


async def _reads(person: Person, *texts: str) -> None:
    with contextlib.suppress(TimeoutError):
        await eventually(lambda: said(person) == list(texts), ANSWER_LIMIT)
    assert said(person) == list(texts)


async def _keeps(deployment: Deployment, door: Door, texts: set[str]) -> None:
    """Wait until these texts are in the rows, and no others."""
    found: set[object] = set()
    for _ in range(100):
        if (found := await deployment.texts(door.room_name)) == texts:
            return
        await asyncio.sleep(0.1)
    assert found == texts
