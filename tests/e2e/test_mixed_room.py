"""A full room where everybody does something else at the same time."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial

import pytest

import prompts
from tests.doubles import FakeOpenAI, Message, Reply, last_user_text
from tests.e2e.people import Door, Person, introduce
from tests.e2e.scripts import BEGINNING, STALLING, conversation, holding, in_turn, last_lines
from tests.waiting import eventually

MENTION_ME = prompts.load("notice_mention_me")
STOPPED = f"{BEGINNING}\n\n{prompts.load('notice_stopped')}"
STOP_REFUSED = prompts.load("notice_stop_refused")
TOO_LONG = prompts.load("notice_message_too_long")
TOO_LONG_BYTES = 33_000
TOO_MANY_WAITING = prompts.load("notice_too_many_waiting")
EACH = 25
"""Messages of each of two people: together more than the 41 that are answered or may wait."""
TOGETHER = 20
"""Messages that are answered together at most."""


@pytest.fixture
async def people(door: Door, llm: FakeOpenAI) -> AsyncIterator[list[Person]]:
    """Five people whom the agent knows."""
    async with AsyncExitStack() as room:
        five = [
            await room.enter_async_context(door.enter(identity, dialect="stream"))
            for identity in ("ada", "bob", "cleo", "dan", "eve")
        ]
        await introduce(llm, *five)
        yield five


def from_agent(reader: Person) -> dict[str, tuple[str | None, bool]]:
    """What somebody sees of the agent: text, and whether it is complete, by id."""
    return {
        m.id: (m.message, m.complete)
        for m in reader.bubbles
        if m.participant_identity == "agent-assistant"
    }


def _sees_the_same_complete(reader: Person, other: Person) -> bool:
    seen = from_agent(reader)
    return seen == from_agent(other) and all(complete for _, complete in seen.values())


async def test_five_people_ask_edit_delete_stop_and_chat_among_themselves(
    people: list[Person], llm: FakeOpenAI
) -> None:
    ada, bob, cleo, dan, eve = people
    story = holding("A long story")
    llm.script = in_turn(story, Reply(["Coffee is a drink."]), STALLING, Reply(["Good night."]))
    await ada.say("Assistant, tell me a story")
    for reader in people:
        await reader.sees("A")

    about_tea = await bob.say("Assistant, what is tea?")
    about_milk = await cleo.say("Assistant, what is milk?")
    await bob.edit(about_tea, "Assistant, what is coffee?")
    await cleo.delete(about_milk)
    # What comes after an edit shows that the agent has read the edit.
    await bob.say("I am thirsty.")
    await cleo.say("Never mind.")
    await dan.say("Lovely weather.")
    await eve.say("/stop")
    await ada.sees(MENTION_ME, STOP_REFUSED)
    for speaker in (bob, cleo, dan):
        # Each is told of this one, and so the agent has read what they said before.
        await speaker.say("x" * TOO_LONG_BYTES)
    await eventually(lambda: ada.texts.count(TOO_LONG) == 3)
    assert ada.texts.count(MENTION_ME) == 1, "one line for the room"
    story.release.set()

    for reader in people:
        await reader.sees("A long story", "Coffee is a drink.")
    lines = [json.loads(line) for line in last_lines(llm)]
    assert lines.pop() == {"from": "bob", "message": "Assistant, what is coffee?"}
    assert sorted((line["from"], line["message"]) for line in lines) == [
        ("bob", "I am thirsty."),
        ("cleo", "Never mind."),
        ("dan", "Lovely weather."),
    ]

    await dan.say("Assistant, sing")
    await dan.sees(BEGINNING)
    await bob.edit(about_tea, "Assistant, what is cocoa?")
    await dan.say("/stop")
    for reader in people:
        await reader.sees(STOPPED)

    await eve.say("Good night, Assistant")
    for reader in people:
        await reader.sees("Good night.")
    told = json.dumps(conversation(llm.requests[-1]))
    assert "cocoa" in told
    assert prompts.load("note_stopped") in told
    for gone in ("tea?", "milk", "coffee?"):
        assert gone not in told
    assert len(llm.requests) == 4
    for reader in people:
        await eventually(partial(_sees_the_same_complete, reader, ada))


async def test_of_a_flood_by_two_what_may_wait_is_answered_together(
    door: Door, llm: FakeOpenAI
) -> None:
    story = holding("A long story")

    def tell_a_story_then_count(messages: list[Message]) -> Reply:
        if len(llm.requests) == 1:
            return story
        return Reply([f"{len(last_user_text(messages).splitlines())} read."])

    async with (
        door.enter("ada", dialect="stream") as ada,
        door.enter("bob", dialect="stream") as bob,
    ):
        await introduce(llm, ada, bob)
        llm.script = tell_a_story_then_count
        await ada.say("tell me")
        await bob.sees("A")
        for number in range(EACH):
            await ada.say(f"ada {number}")
            await bob.say(f"bob {number}")
        await ada.sees(TOO_MANY_WAITING)
        story.release.set()
        await eventually(lambda: ada.answers.count(f"{TOGETHER} read.") == 2, 10)
        assert "A long story" in ada.answers
        assert ada.texts.count(TOO_MANY_WAITING) == 1, "once for both of them"
        await ada.say("and now?")
        await ada.sees("1 read.")
    assert len(llm.requests) == 4
