"""Scenes in which an agent dies, and another one goes on with what was kept."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from assistant.memory.kept import KeptTurn
from chat import ChatMessage
from tests.doubles.memory import MemoryDouble, StoreDouble
from tests.unit.assistant.doubles import ADA, ROBOT, Answer, ChatDouble, RoomDouble, ScriptedLLM
from tests.unit.assistant.scene import ScriptedScene, Setting


class Life:
    """A room, what people see there, and what is kept, whichever process has it."""

    def __init__(self, room: RoomDouble | None = None, setting: Setting | None = None) -> None:
        self.room = room or RoomDouble(ADA, ROBOT)
        self.setting = setting
        self.chat = ChatDouble()
        self.store = StoreDouble()

    @contextlib.asynccontextmanager
    async def agent(
        self,
        *answers: Answer,
        memory: MemoryDouble | None = None,
        model: ScriptedLLM | None = None,
        rescued: bool = False,
    ) -> AsyncIterator[RememberingScene]:
        """An agent in the room. It dies at the end of the block: what it has not kept is lost."""
        memory = memory or MemoryDouble(self.store)
        scene = RememberingScene(self, memory, *answers, model=model)
        await scene.begin(rescued=rescued)
        try:
            yield scene
        finally:
            memory.die()
            scene.parts.cancel()
            await scene.session.aclose()
            assert memory.misuse == []


async def had(life: Life, *questions: str) -> list[ChatMessage]:
    """Let a first agent answer these questions, and die."""
    async with life.agent() as scene:
        asked = []
        for question in questions:
            asked.append(scene.chat.receive(question))
            await scene.has_completed(len(asked))
        await scene.answering.delivered()
    return asked


def rows(life: Life) -> list[KeptTurn]:
    """The turns that are kept, in the order in which they were first."""
    return [turn for turn, _ in life.store.only.turns.values()]


def kept_texts(life: Life) -> list[list[str]]:
    """What was asked in each of them."""
    return [
        [question.text for question in life.store.only.questions_of(turn.id)] for turn in rows(life)
    ]


class RememberingScene(ScriptedScene):
    """The conversation of one process."""

    def __init__(
        self,
        life: Life,
        memory: MemoryDouble,
        *answers: Answer,
        model: ScriptedLLM | None = None,
    ) -> None:
        self.memory = memory
        super().__init__(
            *answers,
            room=life.room,
            setting=life.setting,
            model=model,
            memory=memory,
            chat=life.chat,
        )

    @property
    def told(self) -> list[str]:
        """All texts of the newest request."""
        return [text for _, text in self.asked[-1]]
