"""The agent's process is killed in the middle of a reply, and the next one goes on in it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from livekit import api, rtc
from playwright.sync_api import Browser

from chat import ChatManager, ChatMessage
from tests.browser.chat_page import Bubble, ChatPage, only_grows
from tests.browser.loop_thread import LoopThread
from tests.mortal_agent import JOINED, WROTE, MortalAgent, change_state
from tests.tokens import MintToken, token_minter
from tests.waiting import eventually
from worker.devstack.livekit_server import LiveKitServer

AGENT = "Assistant"
LIMIT = 15.0
"""Seconds until the agent may write to somebody who is there."""

HALF = "Once upon a"
REST = [" time", " there", " was", " an", " end."]
WHOLE = HALF + "".join(REST)

AGENT_IS_GONE = """
    !["Assistant", "listening", "thinking"].some(
      (sign) => document.querySelector("output").textContent.includes(sign))
"""
"""Whether a page shows neither the agent nor what it does."""

AGENT_IS_THERE = f"!({AGENT_IS_GONE})"
"""Whether it does. Data packets may overtake this on a busy machine, and a page shows a sender that it does not
know as somebody else."""

LEFT = "Participant assistant unexpectedly disconnected in the middle of sending data"
"""What the SDK logs of the stream that the first process left open."""

ALREADY_OPEN = "A data stream read is already in progress for a stream with id m1."
"""What the SDK logs of the stream by which the second process closes that of the first."""

REACT_PAGES = ["react-2.9.20", "react-2.9.24"]
CORE_PAGES = ["core-0.9.3", "core-0.11.5", "core-0.12.1", "core-0.12.15"]


@pytest.fixture(scope="module")
def livekit_server() -> Iterator[LiveKitServer]:
    """A server without a worker: the agents of these tests are programs of their own."""
    with LiveKitServer.start() as server:
        yield server


@pytest.fixture(scope="module")
def token(livekit_server: LiveKitServer) -> MintToken:
    """Mints tokens for that server."""
    return token_minter(livekit_server)


class Succession:
    """A room with a page, and one process of the agent after the other."""

    def __init__(
        self,
        server: LiveKitServer,
        token: MintToken,
        browser: Browser,
        pages: str,
        loop: LoopThread,
    ) -> None:
        self._server = server
        self._token = token
        self._context = browser.new_context()
        self._pages = pages
        self._loop = loop
        self._room_name = f"succession-{uuid4().hex[:8]}"
        self._room: rtc.Room | None = None
        self._chat: ChatManager | None = None
        self._states: asyncio.Future[None] | None = None

    def begin(self) -> MortalAgent:
        """Let the first process come, which waits for a question."""
        agent = MortalAgent(
            self._server.url, self._agents_token, greetings=1, message_id="m1", text=HALF
        )
        agent.wait_until(JOINED)
        return agent

    def open(self, page: str) -> ChatPage:
        """Open a page, which meets the agent."""
        access = {
            "url": self._server.url,
            "token": self._token("ann", self._room_name, name="Ann"),
        }
        chat = ChatPage(self._context.new_page(), f"{self._pages}/{page}.html#{urlencode(access)}")
        if page.startswith("react"):
            chat.connect()
        else:
            chat.wait_for_participant(AGENT)
        return chat

    def remove_first(self) -> None:
        """Let the server notice that the first process is gone, which takes it 20 seconds."""
        self._loop.run(self._remove_first())

    async def _remove_first(self) -> None:
        server = self._server
        url = server.url.replace("ws", "http", 1)
        async with api.LiveKitAPI(url, server.api_key, server.api_secret) as livekit:
            ghost = api.RoomParticipantIdentity(room=self._room_name, identity=AGENT.lower())
            await livekit.room.remove_participant(ghost)

    def succeed(self) -> None:
        """Let the second process come."""
        self._loop.run(self._succeed())

    async def _succeed(self) -> None:
        room = self._room = rtc.Room()
        self._chat = ChatManager(room)
        await room.connect(self._server.url, self._agents_token)
        self._states = asyncio.ensure_future(change_state(room.local_participant))

    def go_on(self) -> None:
        """Complete the reply, word by word."""
        self._loop.run(self._go_on())

    async def _go_on(self) -> None:
        chat = self._manager
        reply = chat.adopt("m1", HALF, complete=False)
        for word in REST:
            reply.message = (reply.message or "") + word
            await chat.update_message(reply, complete=False)
            await asyncio.sleep(0.3)
        await chat.update_message(reply)

    def say(self, text: str) -> ChatMessage:
        return self._loop.run(self._manager.send_message(text))

    def await_page(self) -> None:
        roster = self._manager._roster
        self._loop.run(eventually(lambda: "ann" in roster.reachable(), LIMIT))

    @property
    def _agents_token(self) -> str:
        return self._token(AGENT.lower(), self._room_name, name=AGENT, kind="agent")

    @property
    def _manager(self) -> ChatManager:
        assert self._chat is not None
        return self._chat

    def close(self) -> None:
        self._context.close()
        self._loop.run(self._close())

    async def _close(self) -> None:
        if self._states is not None:
            self._states.cancel()
        if self._chat is not None:
            await self._chat.aclose()
        if self._room is not None:
            await self._room.disconnect()


@pytest.fixture
def succession(
    livekit_server: LiveKitServer, token: MintToken, browser: Browser, pages: str
) -> Iterator[Succession]:
    with LoopThread() as loop:
        succession = Succession(livekit_server, token, browser, pages, loop)
        yield succession
        succession.close()


@pytest.mark.parametrize(
    ("page", "noticed"),
    [
        *((page, False) for page in [*REACT_PAGES, *CORE_PAGES]),
        # The pages on React show no chat once their agent has left.
        *((page, True) for page in CORE_PAGES),
    ],
)
def test_half_a_reply_is_completed_in_its_bubble(
    page: str, noticed: bool, succession: Succession
) -> None:
    with succession.begin() as agent:
        ann = succession.open(page)
        ann.say("Tell me something.")
        agent.wait_until(WROTE)
        ann.wait_for_text(HALF)
    asked = Bubble("Ann", "Tell me something.")
    assert ann.bubbles() == [asked, Bubble(AGENT, HALF)]
    if noticed:
        succession.remove_first()
        ann.wait_until(AGENT_IS_GONE)

    succession.succeed()
    succession.await_page()
    ann.wait_until(AGENT_IS_THERE)
    succession.go_on()
    ann.wait_for_text(WHOLE)
    succession.say("The end.")
    ann.wait_for_text("The end.")
    assert ann.bubbles() == [asked, Bubble(AGENT, WHOLE), Bubble(AGENT, "The end.")]
    assert ann.most_bubbles() == 3
    assert only_grows(ann.growth(AGENT))
    assert set(ann.problems) <= {LEFT, ALREADY_OPEN}
