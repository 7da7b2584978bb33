"""What happens in the same moment as something else."""

from __future__ import annotations

import prompts
from tests.unit.assistant.doubles import ADA, ROBOT, Held, RoomDouble
from tests.unit.assistant.scene import talking
from tests.waiting import eventually

STOPPED = prompts.load("notice_stopped")


async def test_an_edit_before_the_first_word_keeps_the_order_on_a_slow_network() -> None:
    async with talking(Held("first"), Held()) as scene:
        scene.chat.open.clear()
        scene.chat.receive("one")
        await eventually(lambda: scene.chat.in_flight)
        two = scene.chat.receive("two")
        await scene.has_asked(2)
        scene.chat.edit(two, "three")
        await scene.has_asked(3)
        scene.chat.open.set()
        await scene.shown("first …", "echo three")


async def test_a_second_interruption_keeps_the_order_on_a_slow_network() -> None:
    async with talking(Held("first"), Held()) as scene:
        scene.chat.open.clear()
        scene.chat.receive("one")
        await eventually(lambda: scene.chat.in_flight)
        scene.chat.receive("two")
        await scene.has_asked(2)
        scene.chat.receive("three")
        await scene.has_asked(3)
        scene.chat.open.set()
        await scene.shown("first …", "echo two\nthree")


async def test_a_stop_right_after_an_interruption_stops_both() -> None:
    async with talking(Held()) as scene:
        scene.chat.receive("one")
        await scene.has_asked(1)
        scene.chat.receive("two")
        scene.chat.receive("/stop")
        await scene.shown(STOPPED)
        scene.chat.receive("three")
        await eventually(lambda: len(scene.chat.completed) == 2)
        assert len(scene.asked) == 2
        assert scene.asked[1][-1][1].endswith("three")
        assert "two" not in scene.asked[1][-1][1]


async def test_a_stop_holds_though_an_agent_is_found_among_the_authors() -> None:
    async with talking(Held(), room=RoomDouble(ADA)) as scene:
        scene.chat.receive("beep", by="robot")
        scene.chat.receive("hello")
        await scene.has_asked(1)
        scene.chat.receive("/stop")
        scene.room.announce(ROBOT)
        await eventually(lambda: scene.answering.outcomes["stopped"] == 1)
        scene.chat.receive("next")
        await eventually(lambda: any("next" in text for text in scene.chat.completed))
        assert not any("beep" in text for _, text in scene.asked[-1])
