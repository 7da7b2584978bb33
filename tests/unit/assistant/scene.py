"""A conversation with a real session, and a chat that takes notes."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from livekit.agents import llm

from assistant.conversation import Conversation
from assistant.reply import GrowingReplies
from assistant.session import create_session, start_session
from assistant.text_output import ReplyTextOutput
from tests.unit.assistant.doubles import ADA, ROBOT, Answer, ChatDouble, RoomDouble, ScriptedLLM
from tests.waiting import eventually


@dataclass
class Scene:
    """A conversation under test and what it touches."""

    conversation: Conversation
    chat: ChatDouble
    room: RoomDouble
    growing: GrowingReplies

    async def shown(self, *texts: str) -> None:
        """Wait until these are the complete messages, in this order, and no others are there."""
        with contextlib.suppress(TimeoutError):
            await eventually(lambda: self.chat.completed == list(texts))
        assert self.chat.completed == self.chat.texts == list(texts)


@dataclass
class ScriptedScene(Scene):
    """A scene whose LLM says what the test tells it to."""

    model: ScriptedLLM

    @property
    def asked(self) -> list[list[tuple[str, str]]]:
        """Role and text of each message of each request."""
        return self.model.script.requests

    async def has_asked(self, times: int) -> None:
        """Wait until so many requests went out."""
        await eventually(lambda: len(self.asked) == times)

    @property
    def questions(self) -> list[str]:
        """The newest user message of each request."""
        return self.model.script.last_user_texts


@contextlib.asynccontextmanager
async def conversing(model: llm.LLM[Any], room: RoomDouble | None = None) -> AsyncIterator[Scene]:
    """A conversation that has begun."""
    room = room or RoomDouble(ADA, ROBOT)
    chat, growing = ChatDouble(), GrowingReplies()
    session, output = create_session(model), ReplyTextOutput()
    conversation = Conversation(room.room, chat.manager, session, output, growing)
    await start_session(session, "Be brief.", output)
    conversation.begin()
    try:
        yield Scene(conversation, chat, room, growing)
        assert chat.most_in_flight <= 1
    finally:
        await conversation.aclose()
        await session.aclose()
    assert growing.count == 0


@contextlib.asynccontextmanager
async def talking(*answers: Answer, room: RoomDouble | None = None) -> AsyncIterator[ScriptedScene]:
    """A conversation with an LLM that gives these answers, then echoes."""
    model = ScriptedLLM(*answers)
    async with conversing(model, room) as scene:
        yield ScriptedScene(scene.conversation, scene.chat, scene.room, scene.growing, model)
