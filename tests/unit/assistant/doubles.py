"""What a conversation touches, without a network: a chat, a room, an LLM."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, cast

from livekit import rtc
from livekit.agents import llm
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions

from chat import ChatManager, ChatMessage, RejectedMessage, generate_id

STANDARD = rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD
AGENT = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT


@dataclass(frozen=True)
class Person:
    """A participant, as far as a conversation looks at it."""

    identity: str = "ada"
    kind: int = STANDARD
    name: str = ""
    state: int = rtc.ParticipantState.PARTICIPANT_STATE_ACTIVE
    attributes: dict[str, str] = field(default_factory=dict)


ADA = Person()
BOB = Person("bob", name="Bob")
EVE = Person("eve", name="Eve")
ROBOT = Person("robot", AGENT)


class RoomDouble(rtc.EventEmitter[str]):
    """A room: who is in it, and its events."""

    def __init__(self, *people: Person) -> None:
        super().__init__()
        self.remote_participants: dict[str, Person] = {p.identity: p for p in people}
        self.local_participant = self
        self.connected = True
        self.rpc_methods: dict[str, Callable[..., Any]] = {}
        self.states: list[str] = []
        """Every value of the agent's state attribute, in order."""
        self.room_sid = "RM_one"
        self.joined_at: datetime | None = None

    @property
    async def sid(self) -> str:
        return self.room_sid

    def isconnected(self) -> bool:
        return self.connected

    async def set_attributes(self, attributes: dict[str, str]) -> None:
        self.states += attributes.values()

    def announce(self, person: Person) -> None:
        self.remote_participants[person.identity] = person
        self.emit("participant_connected", person)

    def activate(self, identity: str) -> None:
        person = dataclasses.replace(
            self.remote_participants[identity], state=rtc.ParticipantState.PARTICIPANT_STATE_ACTIVE
        )
        self.remote_participants[identity] = person
        self.emit("participant_active", person)

    def leave(self, identity: str) -> None:
        self.emit("participant_disconnected", self.remote_participants.pop(identity))

    def register_rpc_method(self, name: str, handler: Callable[..., Any]) -> None:
        self.rpc_methods[name] = handler

    def unregister_rpc_method(self, name: str) -> None:
        del self.rpc_methods[name]

    @property
    def room(self) -> rtc.Room:
        return cast(rtc.Room, self)


@dataclass(frozen=True)
class Write:
    """One call of `send_message` or `update_message`."""

    id: str
    text: str
    complete: bool
    deleted: bool = False


class ChatDouble(rtc.EventEmitter[str]):
    """Takes the place of `ChatManager`: notes what is written, and can hold it up or fail."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[Write] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.open = asyncio.Event()
        """Cleared, it holds up every write."""
        self.open.set()
        self.failure: Exception | None = None
        """Raised by every write, if there is one."""
        self.latency: Callable[[], float] = lambda: 0.0
        """Seconds that the next write takes."""

    @property
    def manager(self) -> ChatManager:
        return cast(ChatManager, self)

    @property
    def bubbles(self) -> dict[str, Write]:
        """The newest state of each message, in the order in which they appeared."""
        newest = {write.id: write for write in self.writes}
        return {message_id: write for message_id, write in newest.items() if not write.deleted}

    @property
    def texts(self) -> list[str]:
        return [write.text for write in self.bubbles.values()]

    @property
    def completed(self) -> list[str]:
        return [write.text for write in self.bubbles.values() if write.complete]

    async def send_message(
        self, message: str, *, complete: bool = True, message_id: str | None = None
    ) -> ChatMessage:
        sent = ChatMessage(message=message, id=message_id or generate_id(), is_local=True)
        await self.update_message(sent, complete=complete)
        return sent

    def adopt(
        self, message_id: str, text: str, *, complete: bool, timestamp: datetime | None = None
    ) -> ChatMessage:
        adopted = ChatMessage(message=text, id=message_id, is_local=True, complete=complete)
        adopted.timestamp = timestamp or adopted.timestamp
        return adopted

    async def update_message(self, message: ChatMessage, *, complete: bool = True) -> None:
        write = Write(message.id, message.message or "", complete, message.deleted)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await self.open.wait()
            if (latency := self.latency()) > 0:
                await asyncio.sleep(latency)
            if self.failure is not None:
                raise self.failure
        finally:
            self.in_flight -= 1
        self.writes.append(write)

    def close(self) -> None:
        """Release nothing: there are no handlers of its own."""

    def receive(
        self, text: str | None, by: Person | str | None = ADA, **fields: Any
    ) -> ChatMessage:
        """Deliver a message; a `by` that is not a `Person` is not announced yet."""
        known = isinstance(by, Person)
        message = ChatMessage(
            message=text,
            participant=cast(rtc.Participant, by) if known else None,
            participant_identity=by.identity if isinstance(by, Person) else by,
            **fields,
        )
        self.emit("message_received", message)
        return message

    def edit(self, message: ChatMessage, text: str) -> None:
        """Deliver an edit by the message's author."""
        edited = dataclasses.replace(message, message=text, edited=True)
        self.emit("message_received", edited)

    def delete(self, message: ChatMessage) -> None:
        """Deliver a deletion by the message's author."""
        deleted = dataclasses.replace(message, message=None, deleted=True)
        self.emit("message_received", deleted)

    def reject(self, reason: Any, by: str | None = ADA.identity) -> None:
        self.emit("message_rejected", RejectedMessage(by, reason))


def joined(messages: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The messages with one for those of one role in a row, as a request has them."""
    return [
        (role, "\n".join(text for _, text in together))
        for role, together in groupby(messages, key=itemgetter(0))
    ]


Answer = Callable[[], AsyncIterator[str | llm.ChoiceDelta]]
"""The deltas of one answer, most of them just text. It may wait, and it may raise."""


@dataclass
class Script:
    """What `ScriptedLLM` is asked, and what it answers."""

    answers: list[Answer] = field(default_factory=list)
    """One per attempt; when they are used up, it echoes."""
    requests: list[list[tuple[str, str]]] = field(default_factory=list)
    """Role and text of each message of each request, without the instructions."""

    @property
    def last_user_texts(self) -> list[str]:
        """The newest user message of each request."""
        return [[text for role, text in r if role == "user"][-1] for r in self.requests]


class ScriptedLLM(llm.LLM[Any]):
    """An LLM that says what a test tells it to, in the test's own event loop."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__()
        self.script = Script(list(answers))

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        **_: Any,
    ) -> llm.LLMStream:
        asked: list[tuple[str, str]] = [
            (item.role, item.text_content or "")
            for item in chat_ctx.items
            if isinstance(item, llm.ChatMessage) and item.role != "system"
        ]
        self.script.requests.append(joined(asked))
        return _ScriptedStream(
            self,
            self.otherwise(asked[-1][1]),
            chat_ctx=chat_ctx,
            tools=tools or [],
            conn_options=conn_options,
        )

    def otherwise(self, question: str) -> Answer:
        """The answer to a request for which no answer was written: an echo."""
        return saying(f"echo {question}")


class _ScriptedStream(llm.LLMStream):
    def __init__(self, model: ScriptedLLM, echo: Answer, **kwargs: Any) -> None:
        self._answers = model.script.answers
        self._echo = echo
        super().__init__(model, **kwargs)

    async def _run(self) -> None:
        # It runs again for a retry, which takes the next answer.
        answer = self._answers.pop(0) if self._answers else self._echo
        async for part in answer():
            if isinstance(part, str):
                part = llm.ChoiceDelta(role="assistant", content=part)
            self._event_ch.send_nowait(llm.ChatChunk(id="answer", delta=part))


def saying(*deltas: str | llm.ChoiceDelta) -> Answer:
    """An answer of these deltas, at once."""

    async def answer() -> AsyncIterator[str | llm.ChoiceDelta]:
        for delta in deltas:
            yield delta

    return answer


def failing(*deltas: str, error: Exception) -> Answer:
    """An answer that ends with an error after these deltas."""

    async def answer() -> AsyncIterator[str]:
        for delta in deltas:
            yield delta
        raise error

    return answer


class Held:
    """An answer that goes on only when the test lets it."""

    def __init__(self, *before: str, then: tuple[str, ...] = ()) -> None:
        self.go_on = asyncio.Event()
        self.started = asyncio.Event()
        self._before = before
        self._then = then

    async def __call__(self) -> AsyncIterator[str]:
        self.started.set()
        for delta in self._before:
            yield delta
        await self.go_on.wait()
        for delta in self._then:
            yield delta


class Listener:
    """Hears what is read out: each reply as a double that takes notes, and never ends by itself."""

    def __init__(self) -> None:
        self.replies: list[HeardReply] = []
        """In the order in which they began."""

    def open(self) -> HeardReply:
        self.replies.append(HeardReply())
        return self.replies[-1]

    @property
    def heard(self) -> list[str]:
        """What was read out of each reply that had words, with how it ended, if it did."""
        return [f"{reply.text}{reply.end}" for reply in self.replies if reply.text]


class HeardReply:
    """A reply that is read out."""

    def __init__(self) -> None:
        self.text = ""
        self.end = ""
        self.is_over = False

    def append(self, text: str) -> None:
        if not self.is_over:
            self.text += text

    def withdraw(self, start: int) -> None:
        self.text = self.text[:start]

    def finish(self) -> None:
        if not self.is_over:
            self.end = "."

    def abandon(self) -> None:
        if not self.is_over:
            self.is_over, self.end = True, "!"
