"""Half an hour of everything that people and LLMs do, in compressed time, again and again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from livekit.agents import APIConnectionError, APIStatusError

import prompts
from assistant.arriving.limits import Limits
from assistant.arriving.mention import Mention
from assistant.turns.turn import Outcome
from chat import ChatMessage
from tests.unit.assistant.doubles import ADA, ROBOT, Answer, Person, RoomDouble, ScriptedLLM
from tests.unit.assistant.scene import ScriptedScene, Setting, play

MINUTES = 30
SETTLING = 1_300.0
"""Seconds after which nothing can be under way any more: a reply may take ten minutes, twice."""

NOTICES = {prompts.load(name) for name in prompts.names() if name.startswith("notice_")}


class MoodyLLM(ScriptedLLM):
    """Answers, dawdles, stalls, fails, floods, or says nothing."""

    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self._dice = dice

    def otherwise(self, question: str) -> Answer:
        dice = self._dice
        moods = ["talk", "stall", "fail", "refuse", "die", "nothing", "flood"]
        mood = dice.choices(moods, [20, 1, 2, 1, 2, 1, 1])[0]
        words, pause, start = dice.randint(1, 30), dice.uniform(0.0, 0.5), dice.uniform(0.0, 4.0)

        async def answer() -> AsyncIterator[str]:
            await asyncio.sleep(start)
            if mood == "fail":
                raise APIConnectionError("gone")
            if mood == "refuse":
                raise APIStatusError("denied", status_code=401, retryable=False)
            if mood == "nothing":
                return
            for number in range(words):
                yield f"word{number} "
                await asyncio.sleep(pause)
            if mood == "stall":
                await asyncio.sleep(10_000)
            if mood == "die":
                raise APIConnectionError("gone", retryable=False)
            if mood == "flood":
                for _ in range(20):
                    yield "x" * 9_999

        return answer


class Crowd:
    """People who do all that people do."""

    def __init__(self, scene: ScriptedScene, dice: random.Random, people: list[Person]) -> None:
        self.asked: dict[str, ChatMessage] = {}
        self.deleted: set[str] = set()
        self.taken_back: set[str] = set()
        self._scene = scene
        self._dice = dice
        self._people = people

    def act(self) -> None:
        """Have somebody do something."""
        person = self._dice.choice(self._people)
        if person.identity not in self._scene.room.remote_participants:
            self._scene.room.announce(person)
            return
        action = self._dice.choices(
            [self._ask, self._burst, self._stop, self._edit, self._delete, self._leave],
            [10, 2, 2, 3, 2, 1],
        )[0]
        action(person)

    def _ask(self, person: Person) -> None:
        message = self._scene.chat.receive(f"question {len(self.asked)}", person)
        self.asked[message.id] = message

    def _burst(self, person: Person) -> None:
        for _ in range(self._dice.randint(2, 5)):
            self._ask(person)

    def _stop(self, person: Person) -> None:
        before = {question.id for question in self._scene.conversation.waiting}
        self._scene.chat.receive("/stop", person)
        self.taken_back |= before - {question.id for question in self._scene.conversation.waiting}

    def _edit(self, person: Person) -> None:
        if (message := self._recent(person)) is not None:
            self._scene.chat.edit(message, f"{message.message} again")

    def _delete(self, person: Person) -> None:
        if (message := self._recent(person)) is not None:
            self.deleted.add(message.id)
            self._scene.chat.delete(message)

    def _leave(self, person: Person) -> None:
        self._scene.room.leave(person.identity)

    def _recent(self, person: Person) -> ChatMessage | None:
        mine = [
            message
            for message in list(self.asked.values())[-6:]
            if message.participant_identity == person.identity and message.id not in self.deleted
        ]
        return self._dice.choice(mine) if mine else None


def gathered(seed: int, dice: random.Random) -> tuple[ScriptedScene, Crowd]:
    """A scene, and one to five people for it."""
    people = [
        replace(ADA, identity=name.lower(), name=name)
        for name in ["Ada", "Bob", "Cyd", "Dan", "Eve"][: 1 + seed % 5]
    ]
    limits = Limits(messages_per_minute=10_000, waiting=10_000, context_bytes=50_000_000)
    scene = ScriptedScene(
        room=RoomDouble(*people, ROBOT),
        setting=Setting(mention=Mention.NEVER, limits=limits),
        model=MoodyLLM(dice),
    )
    scene.chat.latency = lambda: dice.choice([0.0, 0.0, 0.05, 0.4])
    return scene, Crowd(scene, dice, people)


async def live_through(seed: int) -> None:
    dice = random.Random(seed)
    scene, crowd = gathered(seed, dice)
    loop = asyncio.get_running_loop()
    await scene.begin()
    while loop.time() < MINUTES * 60:
        await asyncio.sleep(dice.expovariate(1 / 8))
        crowd.act()
    while scene.conversation.waiting or scene.answering.current is not None:
        assert loop.time() < MINUTES * 60 + 50 * SETTLING, "it never comes to rest"
        await asyncio.sleep(10)
    await scene.aclose()
    check(scene, crowd)


def check(scene: ScriptedScene, crowd: Crowd) -> None:
    turns = scene.history._turns
    bubbles = scene.chat.bubbles
    assert all(bubble.complete for bubble in bubbles.values()), "a bubble is frozen"

    answered = [question.id for turn in turns for question in turn.questions]
    assert len(answered) == len(set(answered)), "a question was answered twice"
    assert set(answered) == set(crowd.asked) - crowd.deleted - crowd.taken_back

    shown = {}
    for turn in turns:
        assert turn.outcome not in (None, Outcome.WITHDRAWN, Outcome.SHUT_DOWN)
        assert turn.bubble.message is not None, "a turn ended in silence"
        assert turn.bubble.text == bubbles[turn.bubble.message.id].text
        shown[turn.bubble.message.id] = turn
    assert len(shown) == len(turns), "two turns share a bubble"
    # What is left of answers whose question was deleted when it was not the newest any more.
    others = [text.text for message_id, text in bubbles.items() if message_id not in shown]
    leftovers = [text for text in others if text not in NOTICES]
    assert len(leftovers) <= len(crowd.deleted)
    assert set(shown) <= set(bubbles)
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("seed", [*range(7), 26])
def test_nothing_is_lost_doubled_or_frozen(seed: int) -> None:
    play(live_through(seed))


async def leave_in_the_middle(seed: int) -> None:
    dice = random.Random(seed)
    scene, crowd = gathered(seed, dice)

    async def never_rest() -> None:
        while True:
            await asyncio.sleep(dice.expovariate(2.0))
            crowd.act()

    await scene.begin()
    acting = asyncio.create_task(never_rest())
    await asyncio.sleep(dice.uniform(1.0, 60.0))
    unanswered = await scene.aclose(grace=dice.choice([0.0, 2.0, 10.0]))
    acting.cancel()
    assert all(bubble.complete for bubble in scene.chat.bubbles.values()), "a bubble is frozen"
    ended = [turn for turn in scene.history._turns if turn.outcome is not None]
    answered = {question.id for turn in ended for question in turn.questions}
    left = set(crowd.asked) - answered - crowd.deleted - crowd.taken_back
    assert unanswered or not left, "questions were forgotten"


@pytest.mark.parametrize("seed", range(40))
def test_leaving_in_the_middle_freezes_and_forgets_nothing(seed: int) -> None:
    play(leave_in_the_middle(seed))
