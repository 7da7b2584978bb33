"""A stop stops, in every phase, what its sender may stop, and nothing else."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from livekit.agents import APIConnectionError

import prompts
from assistant.stopping import Stop
from assistant.turns.overlap import Overlap
from tests.unit.assistant.doubles import ADA, BOB, Held, Person, RoomDouble, failing
from tests.unit.assistant.scene import Setting, talking
from tests.waiting import eventually

STOPPED = prompts.load("notice_stopped")
NOTE = prompts.load("note_stopped")
REFUSED = prompts.load("notice_stop_refused")
TAKEN_BACK = prompts.load("notice_taken_back")


async def test_a_stop_keeps_what_came_and_the_llm_is_told() -> None:
    async with talking(Held("half")) as scene:
        scene.chat.receive("one")
        await scene.begins("half")
        scene.chat.receive(" /STOP ")
        await scene.shown(f"half\n\n{STOPPED}")
        scene.chat.receive("two")
        await eventually(lambda: len(scene.chat.completed) == 2)
        assert scene.asked[1] == [
            ("user", "one"),
            ("assistant", "half"),
            ("user", f"({NOTE})\ntwo"),
        ]


async def test_a_stop_before_the_first_word_does_not_hurt_the_next_turn() -> None:
    async with talking(Held()) as scene:
        scene.chat.receive("one")
        await scene.has_asked(1)
        scene.chat.receive("/stop")
        scene.chat.receive("/stop")
        await scene.shown(STOPPED)
        scene.chat.receive("two")
        await scene.has_asked(2)
        assert scene.questions[1].endswith("two")
        await eventually(lambda: len(scene.chat.completed) == 2)
        assert not scene.chat.completed[1].endswith(STOPPED)


async def test_a_stop_in_the_pause_before_the_llm_is_asked_again_is_final() -> None:
    async with talking(failing(error=APIConnectionError("gone"))) as scene:
        scene.chat.receive("one")
        await scene.has_asked(1)
        scene.chat.receive("/stop")
        await scene.shown(STOPPED)
        await asyncio.sleep(0.6)  # Longer than the pause: nothing must come of it.
        assert len(scene.asked) == 1


async def test_a_stop_ends_the_wait_for_a_slot() -> None:
    async with talking(setting=Setting(turns_at_once=1)) as scene:
        async with scene.shared.slots.slot(1.0):
            scene.chat.receive("one")
            await eventually(lambda: scene.answering.current is not None)
            scene.chat.receive("/stop")
            await scene.shown(STOPPED)
        assert scene.asked == []


async def test_with_nothing_to_stop_nothing_happens() -> None:
    async with talking() as scene:
        assert scene.arrivals.stop("ada") is Stop.NOTHING
        scene.chat.receive("hello")
        await scene.shown("echo hello")


async def test_in_a_group_another_person_may_not_stop_a_turn() -> None:
    held = Held("half", then=(" done",))
    async with talking(held, room=RoomDouble(ADA, BOB)) as scene:
        scene.chat.receive("one")
        await scene.begins("half")
        assert scene.arrivals.stop("bob") is Stop.REFUSED
        held.go_on.set()
        await eventually(lambda: len(scene.chat.completed) == 2)
        assert set(scene.chat.completed) == {"half done", REFUSED}


async def test_a_moderator_may() -> None:
    moderator = replace(BOB, attributes={"chat.moderator": "true"})
    async with talking(Held("half"), room=RoomDouble(ADA, moderator)) as scene:
        scene.chat.receive("one")
        await scene.begins("half")
        assert scene.arrivals.stop("bob") is Stop.STOPPED
        await scene.shown(f"half\n\n{STOPPED}")


async def test_what_waits_is_taken_back_while_somebody_elses_turn_goes_on() -> None:
    held = Held("half", then=(" done",))
    setting = Setting(Overlap.QUEUE)
    async with talking(held, room=RoomDouble(ADA, BOB), setting=setting) as scene:
        scene.chat.receive("one")
        await scene.begins("half")
        scene.chat.receive("two", BOB)
        scene.chat.receive("three", Person())
        scene.chat.receive("/stop", BOB)
        held.go_on.set()
        await scene.has_asked(2)
        await eventually(lambda: len(scene.chat.completed) == 3)
        assert not any("two" in question for question in scene.questions)
        assert TAKEN_BACK in scene.chat.completed
