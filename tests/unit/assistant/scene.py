"""A room's assistant with a real session, a scripted LLM, and a chat that takes notes."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

from livekit.agents import llm

from assistant.answering.answering import ProcessResources
from assistant.answering.session import TextSession, create_session
from assistant.answering.slots import TurnSlots
from assistant.answering.text_agent import TextAgent
from assistant.answering.text_output import ReplyTextOutput
from assistant.arriving.limits import Limits
from assistant.arriving.mention import Mention
from assistant.memory.memory import RoomMemory
from assistant.options import RoomOptions
from assistant.parts import assemble
from assistant.turns.dates import Dates
from assistant.turns.overlap import Overlap
from tests.unit.assistant.doubles import ADA, ROBOT, Answer, ChatDouble, RoomDouble, ScriptedLLM
from tests.virtual_time import run_in_virtual_time
from tests.waiting import eventually


@dataclass(frozen=True)
class Setting:
    """Where a scene plays."""

    overlap: Overlap | None = None
    mention: Mention = Mention.AUTO
    limits: Limits = field(default_factory=Limits)
    turns_at_once: int = 10
    bot_turns: int = 0
    """None by default: people in a test write faster than people do."""
    dates: Dates | None = None
    """None by default: what the LLM is told is what people say."""


class Scene:
    """A conversation under test and what it touches."""

    def __init__(
        self,
        model: llm.LLM[Any],
        room: RoomDouble | None = None,
        setting: Setting | None = None,
        agent: TextAgent | None = None,
        memory: RoomMemory | None = None,
        chat: ChatDouble | None = None,
    ) -> None:
        setting = setting or Setting()
        self.room = room or RoomDouble(ADA, ROBOT)
        self.chat = chat or ChatDouble()
        self.resources = ProcessResources(TurnSlots(setting.turns_at_once))
        agent = agent or TextAgent("Be brief.")
        session = TextSession(create_session(model), agent, ReplyTextOutput())
        limits = replace(setting.limits, bot_turns=setting.bot_turns)
        options = RoomOptions(
            overlap=setting.overlap, mention=setting.mention, dates=setting.dates, limits=limits
        )
        self.parts = assemble(
            self.room.room, self.chat.manager, session, self.resources, options, memory=memory
        )
        self.people = self.parts.people
        self.history = self.parts.history
        self.notices = self.parts.notices
        self.session = session
        self.answering = self.parts.answering
        self.conversation = self.parts.conversation
        self.arrivals = self.parts.arrivals

    async def begin(self, *, rescued: bool = False) -> None:
        """Start the session, and answer."""
        await self.session.start()
        self.parts.comeback.begin(self.room.room, rescued=rescued)
        self.conversation.begin()

    async def aclose(self, grace: float = 0.0) -> bool:
        """End it. Returns whether questions are left."""
        unanswered = await self.parts.end_conversation(grace)
        await self.notices.written()
        self.parts.cancel()
        await self.session.aclose()
        return unanswered

    async def shown(self, *texts: str) -> None:
        """Wait until these are the complete messages, in this order, and no others are there."""
        with contextlib.suppress(TimeoutError):
            await eventually(lambda: self.chat.completed == list(texts))
        assert self.chat.completed == self.chat.texts == list(texts)

    async def has_completed(self, count: int) -> None:
        """Wait until there are so many complete messages."""
        await eventually(lambda: len(self.chat.completed) == count)

    async def begins(self, *texts: str) -> None:
        """Wait until these are the messages, complete or not."""
        with contextlib.suppress(TimeoutError):
            await eventually(lambda: self.chat.texts == list(texts))
        assert self.chat.texts == list(texts)


class ScriptedScene(Scene):
    """A scene whose LLM says what the test tells it to."""

    def __init__(
        self,
        *answers: Answer,
        room: RoomDouble | None = None,
        setting: Setting | None = None,
        model: ScriptedLLM | None = None,
        memory: RoomMemory | None = None,
        chat: ChatDouble | None = None,
    ) -> None:
        self.model = model or ScriptedLLM(*answers)
        super().__init__(self.model, room, setting, memory=memory, chat=chat)

    @property
    def asked(self) -> list[list[tuple[str, str]]]:
        """Role and text of each message of each request."""
        return self.model.script.requests

    async def has_asked(self, times: int) -> None:
        """Wait until so many requests went out."""
        await eventually(lambda: len(self.asked) >= times)
        assert len(self.asked) == times

    @property
    def questions(self) -> list[str]:
        """The newest user message of each request."""
        return self.model.script.last_user_texts


@contextlib.asynccontextmanager
async def conversing(scene: Scene) -> AsyncIterator[None]:
    """Let a scene play, and end."""
    await scene.begin()
    try:
        yield
        assert scene.chat.most_in_flight <= 1 + len(scene.notices.counts)
    finally:
        await scene.aclose()


@contextlib.asynccontextmanager
async def talking(
    *answers: Answer,
    room: RoomDouble | None = None,
    setting: Setting | None = None,
) -> AsyncIterator[ScriptedScene]:
    """A conversation with an LLM that gives these answers, then echoes."""
    scene = ScriptedScene(*answers, room=room, setting=setting)
    async with conversing(scene):
        yield scene


def group(*people: str) -> RoomDouble:
    """A room with these people, named as they are identified."""
    return RoomDouble(*(replace(ADA, identity=who.lower(), name=who) for who in people), ROBOT)


CLOCKS = (
    "assistant.answering.answering.time.monotonic",
    "assistant.conversation.consumer.time",
    "assistant.conversation.conversation.time",
    "assistant.memory.times.time",
)


def play(scene: Coroutine[Any, Any, None]) -> None:
    """Let a scene play in virtual time: what it waits for costs nothing, and is exact."""
    run_in_virtual_time(scene, *CLOCKS)
