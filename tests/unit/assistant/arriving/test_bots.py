"""Who answers faster than a person can."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import prompts
from assistant.arriving.bots import REACTION, REMEMBERED, BotWatch
from assistant.arriving.mention import Mention
from tests.unit.assistant.doubles import ADA, BOB, ROBOT, Held, RoomDouble
from tests.unit.assistant.scene import ScriptedScene, Setting, group, play, talking

NOTICE = prompts.load("notice_bot")
TURNS = 5


class Bot:
    """Somebody who writes back, some seconds after each answer."""

    def __init__(self, watch: BotWatch, identity: str = "bot") -> None:
        self.watch = watch
        self.identity = identity
        self.now = 0.0

    def answers(self, silence: float, *, messages: int = 1) -> bool:
        """Whether it is seen as one after it has written back to one more answer."""
        answered_at, self.now = self.now + 1.0, self.now + 1.0 + silence
        return [
            self.watch.sees_bot(self.identity, self.now, answered_at, is_silent=False)
            for _ in range(messages)
        ][-1]


def test_of_all_who_ever_wrote_back_at_once_only_so_many_are_remembered() -> None:
    watch = BotWatch(1)
    for number in range(REMEMBERED + 1):
        Bot(watch, str(number)).answers(0.1)
    assert len(watch._counts) == REMEMBERED
    assert "0" not in watch._counts


def test_who_always_writes_back_at_once_is_a_bot_after_a_few_turns() -> None:
    bot = Bot(BotWatch(3))
    assert [bot.answers(0.01) for _ in range(5)] == [False, False, False, True, True]


def test_many_messages_after_the_same_answer_count_once() -> None:
    person = Bot(BotWatch(3))
    assert not person.answers(0.01, messages=30)
    assert not person.answers(0.01, messages=30)


def test_one_pause_makes_it_a_person() -> None:
    bot = Bot(BotWatch(1))
    assert [bot.answers(0.01), bot.answers(0.01)] == [False, True]
    assert not bot.answers(REACTION)
    assert not bot.answers(0.01)


def test_who_lets_the_agent_be_silent_is_a_bot_no_longer() -> None:
    watch = BotWatch(1)
    bot = Bot(watch)
    assert [bot.answers(0.01), bot.answers(0.01)] == [False, True]
    same_answer = bot.now - 0.01
    assert watch.sees_bot("bot", bot.now + 0.1, same_answer, is_silent=False)
    assert not watch.sees_bot("bot", bot.now + 9.0, same_answer, is_silent=True)


def test_who_was_never_answered_is_no_bot() -> None:
    watch = BotWatch(1)
    assert not any(watch.sees_bot("ada", float(n), None, is_silent=False) for n in range(9))


def test_each_is_counted_apart() -> None:
    watch = BotWatch(1)
    bot, person = Bot(watch), Bot(watch, "ada")
    assert [bot.answers(0.0), bot.answers(0.0)] == [False, True]
    assert not person.answers(0.0)


def test_nobody_is_a_bot_where_that_is_not_wanted() -> None:
    bot = Bot(BotWatch(0))
    assert not any(bot.answers(0.0) for _ in range(100))


@given(st.lists(st.sampled_from([0.0, 0.01, 0.4, 0.6, 60.0]), max_size=50), st.integers(1, 6))
def test_more_answers_at_once_than_are_allowed_make_a_bot(
    silences: list[float], turns: int
) -> None:
    bot, at_once = Bot(BotWatch(turns)), 0
    for silence in silences:
        at_once = at_once + 1 if silence < REACTION else 0
        assert bot.answers(silence) is (at_once > turns)


def answering_everything(scene: ScriptedScene, by: str = "bob") -> None:
    """Put a bot into the scene that answers whatever the agent has completed."""
    seen: set[str] = set()
    update = scene.chat.update_message

    async def update_and_be_answered(message: object, *, complete: bool = True) -> None:
        await update(message, complete=complete)  # type: ignore[arg-type]  # The double's own.
        for message_id, write in scene.chat.bubbles.items():
            if write.complete and message_id not in seen:
                seen.add(message_id)
                scene.chat.receive("I agree!", by=replace(BOB, identity=by))

    scene.chat.update_message = update_and_be_answered  # type: ignore[method-assign]


def test_a_bot_that_answers_every_answer_is_told_so_once_and_left_alone() -> None:
    async def scene_of_two() -> None:
        setting = Setting(mention=Mention.NEVER, bot_turns=TURNS)
        async with talking(room=RoomDouble(ADA, BOB, ROBOT), setting=setting) as scene:
            scene.chat.latency = lambda: 0.01
            answering_everything(scene)
            scene.chat.receive("hello", by=ADA)
            await scene.has_completed(2 + TURNS + 1)
            assert scene.chat.texts[-1] == NOTICE
            assert len(scene.asked) == 2 + TURNS
            # A person is answered as ever, and the bot is neither answered nor warned again.
            scene.chat.receive("still there?", by=ADA)
            await scene.has_completed(2 + TURNS + 2)
            assert len(scene.asked) == 2 + TURNS + 1
            assert scene.chat.texts.count(NOTICE) == 1

    play(scene_of_two())


@pytest.mark.parametrize("seconds", [REACTION, 3.0])
def test_a_person_who_writes_on_after_each_answer_is_answered_for_ever(seconds: float) -> None:
    async def scene_of_one() -> None:
        async with talking(setting=Setting(bot_turns=TURNS)) as scene:
            for number in range(3 * TURNS):
                scene.chat.receive(f"{number}", by=ADA)
                await scene.has_completed(number + 1)
                await asyncio.sleep(seconds)
            assert len(scene.asked) == 3 * TURNS

    play(scene_of_one())


def test_in_a_lively_room_nobody_is_taken_for_a_bot() -> None:
    people = [f"P{number}" for number in range(12)]

    async def scene_of_many() -> None:
        dice = random.Random(7)
        setting = Setting(mention=Mention.NEVER, bot_turns=TURNS)
        async with talking(room=group(*people), setting=setting) as scene:
            scene.chat.latency = lambda: 1.4

            async def chatter(name: str) -> None:
                person = replace(BOB, identity=name.lower(), name=name)
                for number in range(30):
                    await asyncio.sleep(dice.uniform(5.0, 25.0))
                    scene.chat.receive(f"{number}", by=person)

            await asyncio.gather(*map(chatter, people))
            assert scene.notices.counts["notice_bot"] == 0

    play(scene_of_many())


def test_who_stops_each_answer_to_write_on_is_no_bot() -> None:
    async def scene_of_one() -> None:
        answers = [Held("half") for _ in range(3 * TURNS)]
        async with talking(*answers, setting=Setting(bot_turns=TURNS)) as scene:
            for number in range(3 * TURNS):
                scene.chat.receive(f"{number}", by=ADA)
                await scene.has_asked(number + 1)
                await asyncio.sleep(2.0)
                scene.arrivals.stop("ada")
                await asyncio.sleep(0.02)
            assert len(scene.asked) == 3 * TURNS
            assert scene.notices.counts["notice_bot"] == 0

    play(scene_of_one())
