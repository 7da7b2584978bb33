"""A stop stops, in every phase, what its sender may stop, and nothing else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from livekit.agents import APIConnectionError

import prompts
from assistant.answering import slots
from assistant.conversation.stop import Stop
from assistant.turns.overlap import Overlap
from tests.unit.assistant.doubles import ADA, BOB, Held, Person, RoomDouble, failing, saying
from tests.unit.assistant.scene import ScriptedScene, Setting, play, talking
from tests.waiting import eventually

STOPPED = prompts.load("notice_stopped")
NOTE = prompts.load("note_stopped")
REFUSED = prompts.load("notice_stop_refused")
TAKEN_BACK = prompts.load("notice_taken_back")


class Endless:
    """An answer of a word every tenth of a second, that notes whether it was closed."""

    def __init__(self) -> None:
        self.said = 0
        self.closed = asyncio.Event()

    async def __call__(self) -> AsyncIterator[str]:
        try:
            while True:
                yield "word "
                self.said += 1
                await asyncio.sleep(0.1)
        finally:
            self.closed.set()


async def goes_on_unharmed(scene: ScriptedScene) -> None:
    """Check that what is asked after a stop is answered whole."""
    before = len(scene.asked), list(scene.chat.completed)
    scene.model.script.answers[:] = [saying("a whole", " answer")]
    scene.chat.receive("next")
    await scene.shown(*before[1], "a whole answer")
    assert len(scene.asked) == before[0] + 1
    assert scene.questions[-1].endswith("next")


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


async def test_a_stop_ends_the_wait_for_a_slot() -> None:
    async with talking(setting=Setting(turns_at_once=1)) as scene:
        async with scene.resources.slots.slot(1.0):
            scene.chat.receive("one")
            await eventually(lambda: scene.answering.current is not None)
            scene.chat.receive("/stop")
            await scene.shown(STOPPED)
        assert scene.asked == []


async def test_a_stop_ends_the_wait_to_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "BEGINNING_SECONDS", 3600.0)
    async with talking() as scene:
        for _ in range(slots.BEGINNING_AT_ONCE):
            await scene.resources.starts.admit()
        scene.chat.receive("hello")
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


async def test_a_typed_stop_of_another_person_is_refused_once_in_words() -> None:
    held = Held("half", then=(" done",))
    async with talking(held, room=RoomDouble(ADA, BOB)) as scene:
        scene.chat.receive("one")
        await scene.begins("half")
        for _ in range(3):
            scene.chat.receive("/stop", BOB)
        await eventually(lambda: REFUSED in scene.chat.texts)
        held.go_on.set()
        await eventually(lambda: len(scene.chat.completed) == 2)
        assert sorted(scene.chat.completed) == sorted(["half done", REFUSED])
        assert len(scene.asked) == 1


@pytest.mark.parametrize("value", ["", "0", "false", "False"])
async def test_who_is_set_not_to_be_a_moderator_is_none(value: str) -> None:
    person = replace(BOB, attributes={"chat.moderator": value})
    async with talking(Held("half"), room=RoomDouble(ADA, person)) as scene:
        scene.chat.receive("one")
        await scene.begins("half")
        assert scene.arrivals.stop("bob") is Stop.REFUSED


async def test_who_is_left_alone_may_stop_what_another_asked() -> None:
    async with talking(Held("half"), room=RoomDouble(ADA, BOB)) as scene:
        scene.chat.receive("one")
        await scene.begins("half")
        scene.room.leave("ada")
        scene.chat.receive("/stop", BOB)
        await scene.shown(f"half\n\n{STOPPED}")


@pytest.mark.parametrize("latency", [0.0, 0.15])
@pytest.mark.parametrize("moment", [0.0, 0.25, 0.6, 1.3])
def test_nothing_is_written_half_a_second_after_a_stop_and_the_llm_is_let_go(
    moment: float, latency: float
) -> None:
    async def scene_of_one() -> None:
        endless, loop = Endless(), asyncio.get_running_loop()
        async with talking(endless) as scene:
            scene.chat.latency = lambda: latency
            scene.chat.receive("tell me a story")
            await eventually(lambda: endless.said > 10)
            await asyncio.sleep(moment)  # A write may be under way.
            stopped_at = loop.time()
            scene.chat.receive("/stop")
            await eventually(lambda: scene.chat.completed)
            assert loop.time() - stopped_at <= 0.5
            assert endless.closed.is_set()
            writes, said = len(scene.chat.writes), endless.said
            await asyncio.sleep(60.0)
            assert (len(scene.chat.writes), endless.said) == (writes, said)
            assert scene.chat.completed[0].endswith(STOPPED)
            await goes_on_unharmed(scene)

    play(scene_of_one())


def test_a_stop_in_the_quiet_window_takes_back_what_was_gathered() -> None:
    async def scene_of_two() -> None:
        held = Held("half")
        async with talking(held, room=RoomDouble(ADA, BOB)) as scene:
            scene.chat.receive("one")
            await scene.begins("half")
            scene.chat.receive("two", BOB)
            held.go_on.set()
            await scene.shown("half")
            await asyncio.sleep(0.1)
            scene.chat.receive("/stop", BOB)
            await asyncio.sleep(60.0)
            await scene.shown("half", TAKEN_BACK)
            assert len(scene.asked) == 1
            await goes_on_unharmed(scene)
            assert not any("two" in text for _, text in scene.asked[-1])

    play(scene_of_two())


def test_a_stop_in_the_quiet_window_leaves_what_others_asked() -> None:
    async def scene_of_two() -> None:
        held = Held("half")
        async with talking(held, room=RoomDouble(ADA, BOB)) as scene:
            scene.chat.receive("one")
            await scene.begins("half")
            scene.chat.receive("two", BOB)
            scene.chat.receive("three", ADA)
            held.go_on.set()
            await scene.shown("half")
            scene.chat.receive("/stop", BOB)
            await scene.has_asked(2)
            assert "three" in scene.questions[1]
            assert "two" not in scene.questions[1]

    play(scene_of_two())


async def test_a_stop_of_ones_own_reply_leaves_what_one_queued() -> None:
    async with talking(Held("half"), setting=Setting(Overlap.QUEUE)) as scene:
        scene.chat.receive("one")
        await scene.begins("half")
        scene.chat.receive("two")
        scene.chat.receive("/stop")
        await eventually(lambda: len(scene.chat.completed) == 2)
        assert scene.chat.completed[0] == f"half\n\n{STOPPED}"
        assert scene.questions[-1].endswith("two")


async def test_a_second_stop_takes_back_what_one_queued_as_well() -> None:
    async with talking(Held("half"), setting=Setting(Overlap.QUEUE)) as scene:
        scene.chat.receive("one")
        await scene.begins("half")
        scene.chat.receive("two")
        scene.chat.receive("/stop")
        scene.chat.receive("/stop")
        await scene.shown(f"half\n\n{STOPPED}", TAKEN_BACK)
        await goes_on_unharmed(scene)
        assert not any("two" in text for _, text in scene.asked[-1])


async def test_a_stop_when_all_is_said_changes_nothing() -> None:
    async with talking() as scene:
        scene.chat.receive("one")
        await scene.shown("echo one")
        scene.chat.receive("/stop")
        scene.chat.receive("/stop")
        await goes_on_unharmed(scene)
        assert scene.asked[-1][-1] == ("user", "next")


async def test_a_stop_mid_reply_twice_is_one_stop() -> None:
    async with talking(Held("half")) as scene:
        scene.chat.receive("one")
        await scene.begins("half")
        assert [scene.arrivals.stop("ada") for _ in range(2)] == [Stop.STOPPED] * 2
        await scene.shown(f"half\n\n{STOPPED}")
        assert scene.arrivals.stop("ada") is Stop.NOTHING
        assert scene.answering.outcomes == {"stopped": 1}
        await goes_on_unharmed(scene)


async def test_the_llm_is_told_of_a_stop_among_several_people_in_a_line_of_its_own() -> None:
    async with talking(Held("half"), room=RoomDouble(ADA, BOB)) as scene:
        scene.chat.receive("one")
        await scene.begins("half")
        scene.chat.receive("/stop")
        await scene.has_completed(1)
        scene.chat.receive("two", BOB)
        await scene.has_asked(2)
        note, question = scene.questions[1].splitlines()
        assert json.loads(note) == {"note": NOTE}
        assert json.loads(question)["message"] == "two"


def test_a_stop_while_waiting_for_a_slot_gives_up_the_place_in_line() -> None:
    async def scene_of_one() -> None:
        async with talking(setting=Setting(turns_at_once=1)) as scene:
            async with scene.resources.slots.slot(1.0):
                scene.chat.receive("one")
                await asyncio.sleep(30.0)
                scene.chat.receive("/stop")
                await scene.shown(STOPPED)
            await goes_on_unharmed(scene)
            async with scene.resources.slots.slot(0.1):
                pass

    play(scene_of_one())


def test_a_stop_in_the_pause_before_the_llm_is_asked_again_is_final() -> None:
    async def scene_of_one() -> None:
        async with talking(failing(error=APIConnectionError("gone"))) as scene:
            scene.chat.receive("one")
            await scene.has_asked(1)
            await asyncio.sleep(0.2)
            scene.chat.receive("/stop")
            await scene.shown(STOPPED)
            await asyncio.sleep(60.0)
            assert len(scene.asked) == 1
            await goes_on_unharmed(scene)

    play(scene_of_one())


def test_a_stop_right_after_an_edit_takes_back_the_new_answer() -> None:
    async def scene_of_one() -> None:
        async with talking(saying("old")) as scene:
            message = scene.chat.receive("waht")
            await scene.shown("old")
            scene.chat.edit(message, "what")
            scene.chat.receive("/stop")
            await asyncio.sleep(60.0)
            await scene.shown("old", TAKEN_BACK)
            assert len(scene.asked) == 1
            await goes_on_unharmed(scene)
            assert scene.asked[-1][0] == ("user", "what")

    play(scene_of_one())


def test_an_edit_in_the_quiet_window_is_answered_anew_at_once() -> None:
    async def scene_of_one() -> None:
        held = Held("half")
        async with talking(held, setting=Setting(Overlap.COLLECT)) as scene:
            message = scene.chat.receive("one")
            await scene.begins("half")
            scene.chat.receive("two")
            held.go_on.set()
            await scene.shown("half")
            scene.chat.edit(message, "ONE")
            await asyncio.sleep(0.1)
            scene.chat.receive("/stop")
            await asyncio.sleep(60.0)
            await scene.shown("echo ONE", TAKEN_BACK)
            assert scene.questions == ["one", "ONE"]

    play(scene_of_one())


def test_nobody_takes_back_the_answer_to_an_edit_of_another() -> None:
    async def scene_of_two() -> None:
        async with talking(saying("old"), room=RoomDouble(ADA, BOB)) as scene:
            message = scene.chat.receive("waht")
            await scene.shown("old")
            scene.chat.edit(message, "what")
            assert scene.arrivals.stop("bob") is Stop.NOTHING
            await scene.shown("echo what")

    play(scene_of_two())


async def test_a_stop_while_the_reply_to_an_edit_is_about_to_begin_is_final() -> None:
    async with talking(Held("half")) as scene:
        message = scene.chat.receive("waht")
        await scene.begins("half")
        scene.chat.edit(message, "what")
        assert scene.arrivals.stop("ada") is Stop.STOPPED
        await scene.shown(f"half\n\n{STOPPED}")
        await goes_on_unharmed(scene)
        assert len(scene.asked) == 2
