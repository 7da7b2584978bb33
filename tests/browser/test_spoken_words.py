"""What people say, on pages built with components-react: once, with the name, above the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from itertools import cycle
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from livekit import rtc
from playwright.sync_api import Browser

from chat import ChatManager
from tests.browser.chat_page import Bubble, ChatPage
from tests.browser.loop_thread import LoopThread
from tests.tokens import MintToken, ParticipantKind, token_minter
from tests.waiting import eventually
from worker.devstack.livekit_server import LiveKitServer

AGENT = "Assistant"
JOIN_LIMIT = 15.0
"""Seconds until the agent may write to a page that has joined."""

STATE_INTERVAL = 0.5
"""Seconds between two states of the agent."""

page = pytest.mark.parametrize("page", ["react-2.9.20", "react-2.9.24"])


@pytest.fixture(scope="module")
def livekit_server() -> Iterator[LiveKitServer]:
    """A server without a worker: the agent of these tests is a program of their own."""
    with LiveKitServer.start() as server:
        yield server


@pytest.fixture(scope="module")
def token(livekit_server: LiveKitServer) -> MintToken:
    """Mints tokens for that server."""
    return token_minter(livekit_server)


class Speakers:
    """An agent that shows what people say, and people without a page."""

    def __init__(self, loop: LoopThread, enter: Callable[..., Coroutine[Any, Any, None]]) -> None:
        self._loop = loop
        self._enter = enter
        self._rooms: dict[str, rtc.Room] = {}
        self._chat: ChatManager | None = None
        self._states: asyncio.Future[None] | None = None

    def join(self, name: str, kind: ParticipantKind = "standard") -> None:
        self._loop.run(self._join(name, kind))

    async def _join(self, name: str, kind: ParticipantKind) -> None:
        room = self._rooms[name] = rtc.Room()
        if kind == "agent":
            self._chat = ChatManager(room)
        await self._enter(room, name, kind)
        if kind == "agent":
            self._states = asyncio.ensure_future(_change_state(room.local_participant))

    def leave(self, name: str) -> None:
        self._loop.run(self._rooms.pop(name).disconnect())
        others = self._rooms[AGENT].remote_participants
        self._loop.run(eventually(lambda: name.lower() not in others, JOIN_LIMIT))

    def await_people(self, *identities: str) -> None:
        roster = self._manager._roster
        here = set(identities)
        self._loop.run(eventually(lambda: here <= set(roster.reachable()), JOIN_LIMIT))

    def show(self, identity: str, text: str, *, final: bool = False, said: int = 1) -> None:
        """Show words of somebody, the first thing that they say or a later one."""
        shown = self._manager.show_transcript(identity, f"SG_{said}", text, final=final)
        self._loop.run(shown)

    def show_and_answer(self, identity: str, text: str, answer: str, said: int = 1) -> None:
        """The final words, and their answer right behind them."""
        self._loop.run(self._show_and_answer(identity, f"SG_{said}", text, answer))

    async def _show_and_answer(self, identity: str, said: str, text: str, answer: str) -> None:
        await self._manager.show_transcript(identity, said, text, final=True)
        reply = await self._manager.send_message(answer[:3], complete=False)
        reply.message = answer
        await self._manager.update_message(reply)

    @property
    def _manager(self) -> ChatManager:
        assert self._chat is not None
        return self._chat

    def close(self) -> None:
        self._loop.run(self._close())

    async def _close(self) -> None:
        if self._states is not None:
            self._states.cancel()
        if self._chat is not None:
            await self._chat.aclose()
        for room in self._rooms.values():
            await room.disconnect()


async def _change_state(agent: rtc.LocalParticipant) -> None:
    """Be a ready agent: pages offer a chat then, and see only what changes after they came."""
    for state in cycle(("listening", "thinking")):
        await agent.set_attributes({"lk.agent.state": state})
        await asyncio.sleep(STATE_INTERVAL)


class Stage:
    """A room with an agent, and a way to open pages in it."""

    def __init__(
        self, server: LiveKitServer, token: MintToken, browser: Browser, pages: str
    ) -> None:
        self._server = server
        self._token = token
        self._browser = browser
        self._pages = pages
        self._room = f"spoken-{uuid4().hex[:8]}"

    async def enter(self, room: rtc.Room, name: str, kind: ParticipantKind) -> None:
        token = self._token(name.lower(), self._room, name=name, kind=kind)
        await room.connect(self._server.url, token, rtc.RoomOptions(auto_subscribe=False))

    @contextmanager
    def opened(self, page: str, person: str) -> Iterator[ChatPage]:
        token = self._token(person.lower(), self._room, name=person)
        access = urlencode({"url": self._server.url, "token": token})
        context = self._browser.new_context()
        try:
            chat = ChatPage(context.new_page(), f"{self._pages}/{page}.html#{access}")
            chat.connect()
            yield chat
            assert chat.problems == []
        finally:
            context.close()


@pytest.fixture
def stage(livekit_server: LiveKitServer, token: MintToken, browser: Browser, pages: str) -> Stage:
    return Stage(livekit_server, token, browser, pages)


@pytest.fixture
def speakers(stage: Stage) -> Iterator[Speakers]:
    with LoopThread() as loop:
        speakers = Speakers(loop, stage.enter)
        speakers.join(AGENT, "agent")
        yield speakers
        speakers.close()


@page
def test_ones_own_words_are_ones_own_bubble(page: str, stage: Stage, speakers: Speakers) -> None:
    with stage.opened(page, "Ann") as ann:
        speakers.await_people("ann")
        speakers.show("ann", "What is")
        ann.wait_for_text("What is")
        speakers.show_and_answer("ann", "What is it?", "It is what it is.")
        ann.wait_for_text("It is what it is.")

        assert ann.bubbles() == [Bubble("Ann", "What is it?"), Bubble(AGENT, "It is what it is.")]
        assert ann.growth("Ann") == ["What is", "What is it?"]
        assert ann.most_bubbles() == 2


@page
def test_words_and_typed_lines_stand_in_their_order(
    page: str, stage: Stage, speakers: Speakers
) -> None:
    with stage.opened(page, "Ann") as ann:
        speakers.await_people("ann")
        expected = []
        for number in range(3):
            ann.say(f"typed {number}")
            ann.wait_for_text(f"typed {number}")
            speakers.show("ann", f"said {number}", said=number)
            speakers.show_and_answer("ann", f"said {number}.", f"answer {number}", said=number)
            ann.wait_for_text(f"answer {number}")
            expected += [Bubble("Ann", f"typed {number}"), Bubble("Ann", f"said {number}.")]
            expected += [Bubble(AGENT, f"answer {number}")]
            assert ann.bubbles() == expected
        assert ann.most_bubbles() == len(expected)


@page
def test_anothers_words_have_that_persons_name(page: str, stage: Stage, speakers: Speakers) -> None:
    speakers.join("Ben")
    with stage.opened(page, "Ann") as ann:
        speakers.await_people("ann", "ben")
        speakers.show("ben", "What is")
        ann.wait_for_text("What is")
        speakers.show_and_answer("ben", "What is it?", "It is what it is.")
        ann.wait_for_text("It is what it is.")

        assert ann.bubbles() == [Bubble("Ben", "What is it?"), Bubble(AGENT, "It is what it is.")]
        assert ann.most_bubbles() == 2


@page
def test_two_people_who_speak_at_once_have_a_bubble_each(
    page: str, stage: Stage, speakers: Speakers
) -> None:
    with stage.opened(page, "Ann") as ann, stage.opened(page, "Ben") as ben:
        speakers.await_people("ann", "ben")
        speakers.show("ann", "What", said=1)
        speakers.show("ben", "Where", said=2)
        speakers.show("ann", "What is it?", final=True, said=1)
        speakers.show_and_answer("ben", "Where is it?", "It is here.", said=2)
        for chat in (ann, ben):
            chat.wait_for_text("It is here.")
            assert chat.bubbles() == [
                Bubble("Ann", "What is it?"),
                Bubble("Ben", "Where is it?"),
                Bubble(AGENT, "It is here."),
            ]
            assert chat.most_bubbles() == 3


@page
def test_the_words_of_somebody_who_left_say_whose_they_are(
    page: str, stage: Stage, speakers: Speakers
) -> None:
    speakers.join("Ben")
    with stage.opened(page, "Ann") as ann:
        speakers.await_people("ann", "ben")
        speakers.show("ben", "What is")
        ann.wait_for_text("What is")
        speakers.leave("Ben")
        speakers.show("ben", "What is it?", final=True)
        ann.wait_for_text("Ben: What is it?")
        # The page knows no name any more.
        assert ann.bubbles() == [Bubble("", "Ben: What is it?")]
