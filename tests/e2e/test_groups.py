"""Several people in one room."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack

import prompts
from tests.doubles import FakeOpenAI, Reply
from tests.e2e.people import Door, introduce
from tests.e2e.scripts import holding, in_turn, last_lines

MENTION_ME = prompts.load("notice_mention_me")


async def test_what_two_people_write_during_a_reply_is_answered_together(
    door: Door, llm: FakeOpenAI
) -> None:
    async with (
        door.enter("ada", dialect="stream", name="Ada Ames") as ada,
        door.enter("bob", dialect="stream", name="Bob Bell") as bob,
    ):
        await introduce(llm, ada, bob)
        first = holding("A long story")
        llm.script = in_turn(first, Reply(["To both."]))
        await ada.say("tell me")
        await bob.sees("A")
        await ada.say("and why?")
        await bob.say("and when?")
        await ada.sees("and when?")
        await bob.sees("and why?")
        first.release.set()
        for reader in (ada, bob):
            await reader.sees("A long story", "To both.")
        asked = [json.loads(line) for line in last_lines(llm)]
        assert sorted(asked, key=lambda line: str(line["from"])) == [
            {"from": "Ada Ames", "message": "and why?"},
            {"from": "Bob Bell", "message": "and when?"},
        ]
        assert len(llm.requests) == 2


async def test_five_people_are_answered_when_they_name_the_agent(
    door: Door, llm: FakeOpenAI
) -> None:
    async with AsyncExitStack() as room:
        people = [
            await room.enter_async_context(door.enter(identity, dialect="stream"))
            for identity in ("ada", "bob", "cleo", "dan", "eve")
        ]
        await introduce(llm, *people)
        ada, bob, *_ = people
        llm.script = in_turn(Reply(["Tea."]), Reply(["Green tea."]))
        await ada.say("Who wants coffee?")
        await bob.sees(MENTION_ME)
        await ada.say("Or something else?")
        await bob.sees("Or something else?")
        await bob.say("@assistant, what else is there?")
        await ada.sees("Tea.")
        assert [json.loads(line) for line in last_lines(llm)] == [
            {"from": "ada", "message": "Who wants coffee?"},
            {"from": "ada", "message": "Or something else?"},
            {"from": "bob", "message": "@assistant, what else is there?"},
        ]
        await bob.say("And which?")
        await ada.sees("Green tea.")
        assert bob.texts.count(MENTION_ME) == 1
        assert len(llm.requests) == 2


async def test_what_another_agent_says_is_neither_answered_nor_told(
    door: Door, llm: FakeOpenAI
) -> None:
    async with (
        door.enter("ada", dialect="stream") as ada,
        door.enter("robot", kind="agent", dialect="stream") as robot,
    ):
        await robot.say("@Assistant, and you?")
        await ada.sees("@Assistant, and you?")
        robot.chat.on("message_added", lambda: robot.say("@Assistant, and you?"))
        await ada.say("hello")
        await ada.sees("You said: hello")
        await ada.say("again")
        await ada.sees("You said: again")
        assert len(llm.requests) == 2
        assert "and you?" not in json.dumps(llm.requests)
