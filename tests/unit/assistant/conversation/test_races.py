"""What happens in the same moment as something else."""

from __future__ import annotations

import pytest

import prompts
from assistant.turns.overlap import Overlap
from tests.unit.assistant.doubles import ADA, ROBOT, Held, RoomDouble
from tests.unit.assistant.scene import Setting, talking
from tests.waiting import eventually

STOPPED = prompts.load("notice_stopped")
TAKEN_BACK = prompts.load("notice_taken_back")


@pytest.mark.usefixtures("every_word_counts")
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


@pytest.mark.usefixtures("every_word_counts")
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
        await scene.has_completed(2)
        assert sorted(scene.chat.completed) == sorted([STOPPED, TAKEN_BACK])
        scene.chat.receive("three")
        await scene.has_completed(3)
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


async def test_a_stop_right_after_an_edit_leaves_what_waits() -> None:
    async with talking(Held("half"), setting=Setting(Overlap.QUEUE)) as scene:
        one = scene.chat.receive("one")
        await scene.begins("half")
        scene.chat.receive("two")
        scene.chat.edit(one, "ONE")
        scene.chat.receive("/stop")
        await scene.has_completed(2)
        stopped, answer = scene.chat.completed
        assert stopped == f"half\n\n{STOPPED}"
        assert answer.endswith("two")


async def test_an_edit_twice_on_a_slow_network_is_one_bubble() -> None:
    async with talking(Held("first"), Held("second")) as scene:
        scene.chat.open.clear()
        message = scene.chat.receive("one")
        await eventually(lambda: scene.chat.in_flight)
        scene.chat.edit(message, "two")
        await scene.has_asked(2)
        scene.chat.edit(message, "three")
        await scene.has_asked(3)
        scene.chat.open.set()
        await scene.shown("echo three")
        assert scene.chat.most_in_flight == 1
