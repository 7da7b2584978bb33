"""What becomes of messages that come during a reply."""

from __future__ import annotations

import asyncio
import json

import pytest

from assistant.answering.answering import ProcessResources
from assistant.answering.slots import TurnSlots
from assistant.options import RoomOptions
from assistant.room import RoomAssistant
from assistant.turns.overlap import Overlap
from tests.doubles import FakeRoom
from tests.unit.assistant.doubles import ADA, BOB, ROBOT, Held, RoomDouble, ScriptedLLM
from tests.unit.assistant.scene import Setting, play, talking
from tests.waiting import eventually


def two() -> RoomDouble:
    return RoomDouble(ADA, BOB)


@pytest.mark.usefixtures("every_word_counts")
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
    monkeypatch.setattr("assistant.conversation.consumer.QUIET_WINDOW", 0.2)
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
        for number in range(25):
            scene.chat.receive(f"question {number}")
        held.go_on.set()
        await scene.has_asked(3)
        assert len(scene.questions[1].splitlines()) == 20
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


@pytest.mark.usefixtures("every_word_counts")
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


@pytest.mark.usefixtures("every_word_counts")
async def test_agents_do_not_count_as_people() -> None:
    async with talking(Held("half"), room=RoomDouble(ADA, ROBOT)) as scene:
        scene.chat.receive("one")
        await scene.begins("half")
        scene.chat.receive("two")
        await scene.shown("half …", "echo two")


@pytest.mark.usefixtures("every_word_counts")
async def test_the_default_follows_who_is_there_when_a_message_comes() -> None:
    first, second = Held("first", then=(" done",)), Held("second")
    async with talking(first, second) as scene:
        scene.chat.receive("one")
        await scene.begins("first")
        scene.room.announce(BOB)
        scene.chat.receive("two")
        first.go_on.set()
        await scene.begins("first done", "second")
        scene.room.leave("bob")
        scene.chat.receive("three")
        await scene.shown("first done", "second …", "echo three")


async def test_somebody_not_announced_yet_counts_as_one_more_person() -> None:
    held = Held("half", then=(" done",))
    async with talking(held) as scene:
        scene.chat.receive("one")
        await scene.begins("half")
        scene.chat.receive("two", by="bob")
        scene.room.announce(BOB)
        held.go_on.set()
        await scene.has_asked(2)
        assert scene.chat.texts[0] == "half done"


def test_the_window_ends_half_a_second_after_the_newest_message() -> None:
    async def scene_of_two() -> None:
        loop = asyncio.get_running_loop()
        held = Held("half")
        async with talking(held, room=two()) as scene:
            scene.chat.receive("one")
            await scene.begins("half")
            scene.chat.receive("two", BOB)
            held.go_on.set()
            await scene.shown("half")
            for text in ("three", "four"):
                await asyncio.sleep(0.4)
                scene.chat.receive(text, BOB)
            newest = loop.time()
            await asyncio.sleep(0.48)
            assert len(scene.asked) == 1
            await scene.has_asked(2)
            assert loop.time() - newest == pytest.approx(0.5, abs=0.03)
            assert len(scene.questions[1].splitlines()) == 3

    play(scene_of_two())


def test_what_did_not_overlap_is_not_kept_waiting() -> None:
    async def scene_of_two() -> None:
        loop = asyncio.get_running_loop()
        async with talking(room=two()) as scene:
            for count in (1, 2):
                asked_at = loop.time()
                scene.chat.receive("hello")
                await scene.has_asked(count)
                assert loop.time() - asked_at < 0.05
                await scene.has_completed(count)

    play(scene_of_two())


def test_messages_that_keep_coming_are_answered_when_twenty_are_there() -> None:
    async def scene_of_two() -> None:
        held = Held("half")
        async with talking(held, room=two()) as scene:
            scene.chat.receive("first")
            await scene.begins("half")
            for number in range(20):
                assert len(scene.asked) == 1
                scene.chat.receive(str(number), BOB)
                held.go_on.set()
                await asyncio.sleep(0.4)
            assert len(scene.asked) == 2, "it waited for quiet though twenty were there"
            assert len(scene.questions[1].splitlines()) == 20

    play(scene_of_two())


@pytest.mark.parametrize("overlap", Overlap)
@pytest.mark.parametrize("pace", [0.0, 0.15, 0.7])
def test_nothing_is_lost_or_answered_twice(overlap: Overlap, pace: float) -> None:
    sent = [f"question {number}" for number in range(25)]

    async def scene_of_one() -> None:
        setting = Setting(overlap)
        async with talking(*[Held("a") for _ in range(3)], setting=setting) as scene:
            held = list(scene.model.script.answers)
            for number, text in enumerate(sent):
                scene.chat.receive(text)
                await asyncio.sleep(pace)
                if number == 20:
                    for answer in held:
                        assert isinstance(answer, Held)
                        answer.go_on.set()
            await eventually(
                lambda: not scene.conversation.waiting and scene.answering.current is None, 60.0
            )
            told = [text for role, text in scene.asked[-1] if role == "user"]
            assert "\n".join(told).splitlines() == sent
            replies = [text for role, text in scene.asked[-1] if role == "assistant"]
            assert len(scene.chat.completed) == len(scene.chat.texts) == len(replies) + 1
            if overlap is Overlap.QUEUE:
                assert told == sent

    play(scene_of_one())


def say(room: FakeRoom, stream_id: str, text: str) -> None:
    reader = room.open_stream("ada", stream_id)
    reader.write(text)
    reader.end()


@pytest.mark.usefixtures("every_word_counts")
@pytest.mark.parametrize(
    ("metadata", "configured", "heard"),
    [
        ('{"chat.overlap": "queue"}', Overlap.INTERRUPT, "half done"),
        ('{"chat.overlap": "interrupt"}', Overlap.QUEUE, "half"),
        ('{"chat.overlap": "whatever"}', Overlap.QUEUE, "half done"),
        ("", None, "half"),
    ],
)
async def test_a_jobs_metadata_goes_before_the_setting(
    metadata: str, configured: Overlap | None, heard: str
) -> None:
    held = Held("half", then=(" done",))
    model, room = ScriptedLLM(held), FakeRoom()
    assistant = RoomAssistant(
        room,
        model,
        ProcessResources(TurnSlots(1)),
        RoomOptions(overlap=configured),
        job_metadata=metadata,
    )
    await assistant.start(asyncio.sleep(0))
    try:
        room.join("ada")
        say(room, "1", "one")
        await eventually(lambda: room.me.sent)
        say(room, "2", "two")
        # Whatever interrupts does so before this lets the reply go on.
        await asyncio.sleep(0.05)
        held.go_on.set()
        await eventually(lambda: len(model.script.requests) == 2)
        assert ("assistant", heard) in model.script.requests[1]
    finally:
        await assistant.aclose()
