"""What becomes of messages that come during a reply."""

from __future__ import annotations

import asyncio
import json

import pytest

from assistant.turns.overlap import MOST_TOGETHER, Overlap
from tests.unit.assistant.doubles import ADA, BOB, Held, RoomDouble
from tests.unit.assistant.scene import Setting, talking


def two() -> RoomDouble:
    return RoomDouble(ADA, BOB)


async def test_one_person_interrupts_the_reply_to_themselves() -> None:
    async with talking(Held("half")) as scene:
        scene.chat.receive("one")
        await scene.begins("half")
        scene.chat.receive("two")
        await scene.shown("half …", "echo two")


async def test_with_several_people_what_comes_meanwhile_is_answered_together() -> None:
    held = Held("half", then=(" and half",))
    async with talking(held, room=two()) as scene:
        scene.chat.receive("one")
        await scene.begins("half")
        scene.chat.receive("two", BOB)
        scene.chat.receive("three")
        held.go_on.set()
        await scene.has_asked(2)
        lines = [json.loads(line) for line in scene.questions[1].splitlines()]
        assert [line["message"] for line in lines] == ["two", "three"]
        assert scene.chat.completed[0] == "half and half"


async def test_what_is_collected_waits_for_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.conversation.QUIET_WINDOW", 0.2)
    held = Held("half")
    async with talking(held, room=two()) as scene:
        scene.chat.receive("one")
        await scene.begins("half")
        scene.chat.receive("two", BOB)
        held.go_on.set()
        await scene.shown("half")
        for text in ("three", "four"):
            await asyncio.sleep(0.05)
            assert len(scene.asked) == 1
            scene.chat.receive(text, BOB)
        await scene.has_asked(2)
        assert len(scene.questions[1].splitlines()) == 3


async def test_no_more_than_twenty_are_answered_together() -> None:
    held = Held("half")
    setting = Setting(Overlap.COLLECT)
    async with talking(held, setting=setting) as scene:
        scene.chat.receive("first")
        await scene.begins("half")
        for number in range(MOST_TOGETHER + 5):
            scene.chat.receive(f"question {number}")
        held.go_on.set()
        await scene.has_asked(3)
        assert len(scene.questions[1].splitlines()) == MOST_TOGETHER
        assert len(scene.questions[2].splitlines()) == 5


async def test_a_queue_is_answered_one_by_one() -> None:
    held = Held("half")
    async with talking(held, setting=Setting(Overlap.QUEUE)) as scene:
        scene.chat.receive("first")
        await scene.begins("half")
        for text in ("two", "three"):
            scene.chat.receive(text)
        held.go_on.set()
        await scene.shown("half", "echo two", "echo three")


async def test_in_a_group_only_the_asker_interrupts() -> None:
    held = Held("half", then=(" done",))
    async with talking(held, room=two(), setting=Setting(Overlap.INTERRUPT)) as scene:
        scene.chat.receive("one")
        await scene.begins("half")
        scene.chat.receive("two", BOB)
        await asyncio.sleep(0.05)
        assert scene.chat.texts == ["half"]
        scene.chat.receive("three")
        await scene.has_asked(2)
        assert scene.chat.completed[0] == "half …"
        assert len(scene.questions[1].splitlines()) == 2


async def test_a_reply_without_text_is_begun_anew_with_the_new_message() -> None:
    async with talking(Held()) as scene:
        scene.chat.receive("one")
        await scene.has_asked(1)
        scene.chat.receive("two")
        await scene.shown("echo one\ntwo")
