"""People in a room, as the worker meets them: with today's clients, or with JSON alone."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from livekit import rtc

from chat import ChatManager, ChatMessage
from tests.doubles import FakeOpenAI, Reply, echo
from tests.tokens import MintToken, ParticipantKind
from tests.waiting import eventually

AGENT_LIMIT = 40.0
"""Seconds for the agent to join a new room, on a busy machine."""

ANSWER_LIMIT = 15.0
"""Seconds for an answer."""

TOPIC_JSON = "lk-chat-topic"
TOPIC_JSON_UPDATE = "lk-chat-update-topic"


@dataclass(frozen=True)
class Door:
    """The way into a room."""

    url: str
    token: MintToken
    room_name: str

    @contextlib.asynccontextmanager
    async def enter(
        self,
        identity: str = "ada",
        *,
        wait: bool = True,
        kind: ParticipantKind = "standard",
        dialect: str = "",
        name: str = "",
        attributes: dict[str, str] | None = None,
        can_update_own_metadata: bool = True,
        encryption: rtc.E2EEOptions | None = None,
        auto_subscribe: bool = True,
    ) -> AsyncIterator[Person]:
        """Come in with a client that speaks text streams.

        Args:
            identity: Under which identity.
            wait: Whether to wait for the agent first.
            kind: What to be.
            dialect: How to be spoken to, whatever one sends; empty leaves it to be learned.
            name: What to be called; empty leaves it to the identity.
            attributes: What the token says of the participant besides.
            can_update_own_metadata: Whether one may change that.
            encryption: How what is sent is encrypted, end to end; None sends it plain.
            auto_subscribe: Whether to receive all tracks of others.
        """
        room = rtc.Room()
        person = Person(room, ChatManager(room))
        token = self.token(
            identity,
            self.room_name,
            name=name,
            kind=kind,
            attributes={"chat.dialect": dialect, **(attributes or {})},
            can_update_own_metadata=can_update_own_metadata,
        )
        options = rtc.RoomOptions(auto_subscribe=auto_subscribe, encryption=encryption)
        await room.connect(self.url, token, options)
        try:
            if wait:
                await eventually(lambda: person.agent, AGENT_LIMIT)
            yield person
        finally:
            await person.chat.aclose()
            await room.disconnect()

    @contextlib.asynccontextmanager
    async def enter_with_json(self, identity: str = "bob") -> AsyncIterator[JsonPerson]:
        """Come in with a client that only knows JSON packets."""
        room = rtc.Room()
        person = JsonPerson(room)
        await room.connect(self.url, self.token(identity, self.room_name))
        try:
            await eventually(lambda: agent_in(room), AGENT_LIMIT)
            yield person
        finally:
            await room.disconnect()


def agent_in(room: rtc.Room) -> rtc.RemoteParticipant | None:
    """The agent, once it is there and shows what it does."""
    agent = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
    for participant in room.remote_participants.values():
        if participant.kind == agent and "lk.agent.state" in participant.attributes:
            return participant
    return None


class Person:
    """Somebody with a client on today's SDK, and what they see."""

    def __init__(self, room: rtc.Room, chat: ChatManager) -> None:
        self.room = room
        self.chat = chat
        self.seen: list[ChatMessage] = []
        """Every state of every message, in order."""
        self.deleted: list[ChatMessage] = []
        """Messages that were taken back."""
        chat.on("message_added", self.seen.append)
        chat.on("message_updated", self.seen.append)
        chat.on("message_deleted", self.deleted.append)

    @property
    def agent(self) -> rtc.RemoteParticipant | None:
        return agent_in(self.room)

    @property
    def bubbles(self) -> list[ChatMessage]:
        """The newest state of each message, in the order in which they appeared."""
        newest = {(m.participant_identity, m.id): m for m in self.seen}
        for message in self.deleted:
            newest.pop((message.participant_identity, message.id), None)
        return list(newest.values())

    @property
    def texts(self) -> list[str]:
        return [m.message or "" for m in self.bubbles]

    @property
    def answers(self) -> list[str]:
        """The texts of the complete messages."""
        return [m.message or "" for m in self.bubbles if m.complete]

    async def say(self, text: str) -> ChatMessage:
        return await self.chat.send_message(text)

    async def edit(self, message: ChatMessage, text: str) -> None:
        message.message = text
        await self.chat.update_message(message)

    async def delete(self, message: ChatMessage) -> None:
        message.deleted = True
        await self.chat.update_message(message)

    async def call_stop(self) -> str:
        """Press the button that stops a reply."""
        assert self.agent is not None
        return await self.room.local_participant.perform_rpc(
            destination_identity=self.agent.identity, method="chat.stop", payload=""
        )

    async def sees(self, *texts: str, limit: float = ANSWER_LIMIT) -> None:
        """Wait until each of these texts is shown, complete or not, among whatever else."""
        with contextlib.suppress(TimeoutError):
            await eventually(lambda: set(texts) <= set(self.texts), limit)
        assert set(texts) <= set(self.texts), self.texts

    async def reads(self, *texts: str, limit: float = ANSWER_LIMIT) -> None:
        """Wait until these are all the messages there are, complete."""
        with contextlib.suppress(TimeoutError):
            await eventually(lambda: self.answers == list(texts), limit)
        said = [text[:200] for text in self.texts]
        assert (self.answers, self.texts) == (list(texts), list(texts)), said

    async def welcomed(self, times: int) -> None:
        """Wait until the agent has bidden welcome so often."""
        with contextlib.suppress(TimeoutError):
            await eventually(lambda: self.answers.count("Welcome.") == times, ANSWER_LIMIT)
        assert self.answers.count("Welcome.") == times, self.texts

    async def ask(
        self, text: str, answer: str | None = None, *, limit: float = ANSWER_LIMIT
    ) -> None:
        """Say something and wait for the answer to it, by default the echo."""
        before = self.texts
        await self.say(text)
        await self.reads(*before, f"You said: {text}" if answer is None else answer, limit=limit)


async def introduce(llm: FakeOpenAI, *people: Person) -> None:
    """Let each of them be answered, so that the agent knows who is there."""
    llm.script = lambda _: Reply(["Welcome."])
    for number, person in enumerate(people, 1):
        await person.say("Hello, Assistant")
        for reader in people:
            await reader.welcomed(number)
    llm.script = echo
    llm.requests.clear()


@dataclass
class JsonPerson:
    """Somebody whose client only knows JSON packets."""

    room: rtc.Room
    packets: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)
    """When, on which topic, and what."""
    streams: int = 0
    """Text streams that were opened to this client, in vain."""

    def __post_init__(self) -> None:
        self.room.on("data_received", self._on_data)

    def _on_data(self, packet: rtc.DataPacket) -> None:
        now = asyncio.get_running_loop().time()
        self.packets.append((now, packet.topic or "", json.loads(packet.data)))

    async def send(self, payload: bytes | dict[str, Any], topic: str = TOPIC_JSON) -> None:
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        await self.room.local_participant.publish_data(data, topic=topic)

    async def say(self, text: str, identifier: str = "m1") -> None:
        await self.send({"id": identifier, "message": text, "timestamp": 1_790_000_000_000})

    @property
    def texts(self) -> dict[str, str]:
        """The newest text of each message; the parts of a long one, whose ids end in -2 and so on,
        put together."""
        parts = {fields["id"]: fields["message"] for _, _, fields in self.packets}
        texts: dict[str, str] = {}
        for identifier, text in parts.items():
            message = identifier.partition("-")[0]
            texts[message] = texts.get(message, "") + text
        return texts

    async def reads(self, *texts: str, limit: float = ANSWER_LIMIT) -> None:
        """Wait until these are the texts of all the messages there are."""
        with contextlib.suppress(TimeoutError):
            await eventually(lambda: list(self.texts.values()) == list(texts), limit)
        assert list(self.texts.values()) == list(texts)
