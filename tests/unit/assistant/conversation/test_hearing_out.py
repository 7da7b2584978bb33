"""Questions are answered in the order in which they were begun, also while somebody speaks."""

from __future__ import annotations

import asyncio

import pytest

from assistant.conversation.stop import Stop
from assistant.turns.floor import HEARING_LIMIT
from assistant.turns.overlap import Overlap
from assistant.turns.turn import Question
from tests.unit.assistant.doubles import ADA, BOB, Held, RoomDouble
from tests.unit.assistant.scene import ScriptedScene, Setting, group, play, talking


def now() -> float:
    return asyncio.get_running_loop().time()


def speaks(scene: ScriptedScene) -> Question:
    """Let Bob begin to speak now."""
    scene.conversation.floor.take("u", now())
    return Question("u", "bob", "Bob", "spoken", asked_at=now(), spoken=True)


def understand(scene: ScriptedScene, question: Question | None) -> None:
    if question is not None:
        scene.conversation.ask(question)
    scene.conversation.floor.leave("u")


def test_a_typed_question_waits_for_who_began_to_speak_before_it() -> None:
    async def main() -> None:
        async with talking(room=group("Ada", "Bob"), setting=Setting(Overlap.QUEUE)) as scene:
            spoken = speaks(scene)
            await asyncio.sleep(1)
            scene.chat.receive("typed", ADA)
            await asyncio.sleep(HEARING_LIMIT - 0.1)
            assert not scene.asked
            understand(scene, spoken)
            await scene.has_completed(2)
            assert ["spoken" in text for text in scene.questions] == [True, False]

    play(main())


def test_it_does_not_wait_for_who_began_after_it() -> None:
    async def main() -> None:
        async with talking(room=group("Ada", "Bob")) as scene:
            scene.chat.receive("typed", ADA)
            speaks(scene)
            await scene.has_completed(1)
            assert now() < 1

    play(main())


def test_it_does_not_wait_longer_than_the_limit_from_its_own_arrival() -> None:
    async def main() -> None:
        async with talking(room=group("Ada", "Bob")) as scene:
            speaks(scene)
            scene.conversation.floor.has_words("u")
            await asyncio.sleep(10)
            scene.chat.receive("typed", ADA)
            arrived = now()
            await scene.has_asked(1)
            assert now() - arrived == pytest.approx(HEARING_LIMIT, abs=0.1)

    play(main())


def test_it_does_not_wait_for_what_goes_on_for_long_without_a_word() -> None:
    async def main() -> None:
        async with talking(room=group("Ada", "Bob")) as scene:
            speaks(scene)
            await asyncio.sleep(10)
            scene.chat.receive("typed", ADA)
            await scene.has_asked(1)
            assert now() < 10.1

    play(main())


def test_it_is_answered_at_once_when_who_spoke_asked_nothing() -> None:
    async def main() -> None:
        async with talking(room=group("Ada", "Bob")) as scene:
            speaks(scene)
            await asyncio.sleep(1)
            scene.chat.receive("typed", ADA)
            await asyncio.sleep(1)
            understand(scene, None)
            await scene.has_asked(1)
            assert now() < 2.2

    play(main())


@pytest.mark.parametrize("change", ["edited", "deleted", "stopped"])
def test_what_waits_for_a_speaker_can_still_be_changed(change: str) -> None:
    async def main() -> None:
        async with talking(room=group("Ada", "Bob")) as scene:
            speaks(scene)
            await asyncio.sleep(1)
            typed = scene.chat.receive("typed", ADA)
            await asyncio.sleep(1)
            if change == "edited":
                scene.chat.edit(typed, "better")
            elif change == "deleted":
                scene.chat.delete(typed)
            else:
                assert scene.arrivals.stop("ada") is Stop.TAKEN_BACK
            await asyncio.sleep(HEARING_LIMIT + 1)
            assert scene.questions == (["better"] if change == "edited" else [])

    play(main())


def test_an_edit_of_the_last_question_does_not_wait_for_speakers() -> None:
    async def main() -> None:
        async with talking(room=RoomDouble(ADA, BOB)) as scene:
            first = scene.chat.receive("first", ADA)
            await scene.has_completed(1)
            speaks(scene)
            await asyncio.sleep(1)
            scene.chat.receive("second", ADA)
            await asyncio.sleep(1)
            scene.chat.edit(first, "anew")
            await scene.has_asked(2)
            assert now() < 2.5

    play(main())


def test_what_is_collected_is_answered_with_what_is_being_said() -> None:
    async def main() -> None:
        held = Held("answer")
        async with talking(held, room=RoomDouble(ADA, BOB)) as scene:
            scene.chat.receive("first", ADA)
            await scene.has_asked(1)
            scene.chat.receive("second", ADA)
            await asyncio.sleep(0.1)
            spoken = speaks(scene)
            await asyncio.sleep(0.1)
            held.go_on.set()
            await asyncio.sleep(2)
            understand(scene, spoken)
            await scene.has_completed(2)
            assert "second" in scene.questions[1]
            assert "spoken" in scene.questions[1]

    play(main())
