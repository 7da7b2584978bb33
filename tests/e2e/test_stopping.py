"""Stopping a reply: by typing the command or by a client's button, and who may."""

from __future__ import annotations

import pytest
from livekit import rtc

import prompts
from tests.doubles import FakeOpenAI, Reply
from tests.e2e.people import Door, Person, introduce
from tests.e2e.scripts import BEGINNING, STALLING, in_turn, last_lines
from tests.waiting import eventually

STOPPED = f"{BEGINNING}\n\n{prompts.load('notice_stopped')}"
REFUSED = prompts.load("notice_stop_refused")
STOP_LIMIT = 2.0
"""Seconds in which a person sees that the reply has stopped."""


async def type_stop(person: Person) -> None:
    await person.say("/stop")


async def press_stop(person: Person) -> None:
    assert await person.call_stop() == "stopped"


@pytest.mark.parametrize("stop", [type_stop, press_stop])
async def test_a_stopped_reply_says_so_and_the_llm_is_let_go(
    door: Door, llm: FakeOpenAI, stop: object
) -> None:
    assert callable(stop)
    llm.script = in_turn(STALLING, Reply(["Next answer."]))
    cancelled = llm.cancelled
    async with door.enter("ada", dialect="stream") as ada:
        await ada.say("tell me")
        await ada.sees(BEGINNING)
        await stop(ada)
        await ada.reads(STOPPED, limit=STOP_LIMIT)
        assert await ada.call_stop() == "nothing"
        await eventually(lambda: llm.cancelled > cancelled)
        await ada.ask("next", "Next answer.")
    assert last_lines(llm) == [f"({prompts.load('note_stopped')})", "next"]
    assert len(llm.requests) == 2


async def test_only_the_asker_or_a_moderator_stops_a_reply(door: Door, llm: FakeOpenAI) -> None:
    moderator = {"chat.moderator": "true"}
    async with (
        door.enter("ada", dialect="stream") as ada,
        door.enter("bob", dialect="stream") as bob,
        door.enter("maya", dialect="stream", attributes=moderator) as maya,
    ):
        await introduce(llm, ada, bob, maya)
        llm.script = in_turn(STALLING)
        await ada.say("Assistant, tell me")
        await ada.sees(BEGINNING)
        with pytest.raises(rtc.RpcError) as refusal:
            await bob.call_stop()
        assert refusal.value.code == 403
        await bob.say("/stop")
        await ada.sees("/stop", REFUSED)
        assert BEGINNING in ada.texts
        assert ada.texts.count(REFUSED) == 1
        assert await maya.call_stop() == "stopped"
        await ada.sees(STOPPED, limit=STOP_LIMIT)
