"""A process of the agent is killed in the middle of a message, and the next one goes on in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import pytest
from livekit import rtc

from chat import ChatManager, ChatMessage, Dialect
from chat.terminal.played.clients import CLIENTS
from chat.terminal.played.player import Player
from tests.mortal_agent import JOINED, WROTE, MortalAgent
from tests.tokens import MintToken
from tests.waiting import eventually
from worker.devstack.livekit_server import LiveKitServer

LIMIT = 15.0
"""Seconds for something to reach everybody, on a busy machine."""

AGENT = "assistant"
HALF, WHOLE = "Once upon", "Once upon a time, there was an end."


class Guest:
    """Somebody in the room, and what their client shows of the agent."""

    def __init__(self, make_chat: Callable[[rtc.Room], ChatManager | Player]) -> None:
        self.room = rtc.Room()
        self.chat = make_chat(self.room)
        self.events: list[tuple[str, str]] = []
        """Each event, and the text it told."""
        self.bubbles: dict[str, tuple[str, bool]] = {}
        """Of each message the newest text, and whether it is complete."""
        self.chat.on("message_added", lambda message: self._note("added", message))
        self.chat.on("message_updated", lambda message: self._note("updated", message))
        self.chat.on("message_rejected", lambda rejected: self.events.append(("rejected", "")))
        if isinstance(self.chat, ChatManager):
            self.chat.on("message_received", lambda message: self._note("received", message))

    def _note(self, event: str, message: ChatMessage) -> None:
        if message.participant_identity == AGENT:
            self.events.append((event, message.message or ""))
            self.bubbles[message.id] = (message.message or "", message.complete)

    @property
    def shown(self) -> list[tuple[str, bool]]:
        return list(self.bubbles.values())


GUESTS: dict[str, Callable[[rtc.Room], ChatManager | Player]] = {
    "chat": ChatManager,
    **{dialect.value: partial(Player, dialect=dialect) for dialect in CLIENTS},
}
GROWS = set(GUESTS) - {"json-final"}

Join = Callable[[str], Awaitable[Guest]]


@pytest.fixture
def room_name(request: pytest.FixtureRequest) -> str:
    return str(request.node.name)


@pytest.fixture
async def guests(
    livekit_server: LiveKitServer, token: MintToken, room_name: str
) -> AsyncIterator[dict[str, Guest]]:
    guests = {name: Guest(make_chat) for name, make_chat in GUESTS.items()}
    for name, guest in guests.items():
        await guest.room.connect(livekit_server.url, token(name, room_name))
    yield guests
    for guest in guests.values():
        guest.chat.close()
        await guest.room.disconnect()


@pytest.fixture
async def successor(
    livekit_server: LiveKitServer, token: MintToken, room_name: str
) -> AsyncIterator[Callable[[], Awaitable[ChatManager]]]:
    room = rtc.Room()
    chat = ChatManager(room)

    async def join() -> ChatManager:
        await room.connect(livekit_server.url, token(AGENT, room_name, kind="agent"))
        return chat

    yield join
    await chat.aclose()
    await room.disconnect()


@pytest.mark.parametrize("known_again", [True, False])
async def test_each_client_shows_the_completed_message_once(
    known_again: bool,
    livekit_server: LiveKitServer,
    token: MintToken,
    room_name: str,
    guests: dict[str, Guest],
    successor: Callable[[], Awaitable[ChatManager]],
) -> None:
    agent = MortalAgent(
        livekit_server.url,
        token(AGENT, room_name, kind="agent"),
        greetings=len(guests),
        message_id="m1",
        text=HALF,
    )
    with agent:
        await asyncio.to_thread(agent.wait_until, JOINED)
        await eventually(lambda: all(map(knows_the_agent, guests.values())), LIMIT)
        await greet(guests)
        await asyncio.to_thread(agent.wait_until, WROTE)
        await eventually(lambda: texts(guests, GROWS) == {HALF}, LIMIT)
    assert guests["json-final"].shown == []

    chat = await successor()
    if known_again:
        await eventually(lambda: all(map(knows_the_agent, guests.values())), LIMIT)
        await greet(guests)
        await eventually(lambda: all(dialect_is_known(chat, guest) for guest in guests), LIMIT)
    adopted = chat.adopt("m1", HALF, complete=False)
    adopted.message = WHOLE[:20]
    await chat.update_message(adopted, complete=False)
    adopted.message = WHOLE
    await chat.update_message(adopted)
    if not known_again:
        await greet(guests)
    await eventually(lambda: texts(guests, set(guests)) == {WHOLE}, LIMIT)

    # What comes after it has not been overtaken by another copy.
    await eventually(lambda: all(dialect_is_known(chat, guest) for guest in guests), LIMIT)
    last = await chat.send_message("The end.")
    await eventually(
        lambda: all((g.shown[-1:] == [("The end.", True)]) for g in guests.values()), LIMIT
    )
    assert last.message == "The end."
    for name, guest in guests.items():
        assert [text for text, _ in guest.shown] == [WHOLE, "The end."], name
    kinds = [event for event, _ in guests["chat"].events]
    assert kinds.count("added") == 2
    received = [text for event, text in guests["chat"].events if event == "received"]
    assert received == [WHOLE, "The end."]
    assert "rejected" not in kinds


async def greet(guests: dict[str, Guest]) -> None:
    """Let everybody say something, which shows what their client reads."""
    for guest in guests.values():
        await guest.chat.send_message("Hello")


def knows_the_agent(guest: Guest) -> bool:
    return AGENT in guest.room.remote_participants


def dialect_is_known(chat: ChatManager, identity: str) -> bool:
    return chat._roster.dialect(identity) is not Dialect.UNKNOWN


def texts(guests: dict[str, Guest], of: set[str]) -> set[str]:
    """The texts that these guests show, one each."""
    shown = [guests[name].shown for name in of]
    return {bubbles[0][0] if len(bubbles) == 1 else f"{len(bubbles)} bubbles" for bubbles in shown}
