"""A double of a LiveKit room: no server; what is sent is recorded, and can go wrong by script."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from livekit import rtc
from livekit.rtc._proto.participant_pb2 import OwnedParticipant, ParticipantInfo
from livekit.rtc.participant import PublishDataError

from .frames import SLOW, Chunk, Fate, Frame, Header, Packet, Trailer

STANDARD = rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD
AGENT = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT

STREAM_TIMESTAMP = 1_700_000_000_000
"""What the headers of streams from others carry, in milliseconds since the epoch."""


class FakeLocalParticipant(rtc.LocalParticipant):
    """Ourselves: records what is sent."""

    def __init__(self, identity: str, kind: rtc.ParticipantKind.ValueType) -> None:
        # None of what the SDK's own constructor and methods talk to exists here.
        self._info = _info(identity, kind, active=True)
        self.sent: list[Frame] = []
        """What reached the wire, in order."""
        self.fates: deque[Fate] = deque()
        """What becomes of the next frames; those after are delivered."""
        self.on_frame: Callable[[Frame], None] = lambda _: None
        """Called with each frame that reaches the wire."""
        self.open = asyncio.Event()
        """While cleared, every frame waits before it reaches the wire."""
        self.open.set()
        self.encrypted = False
        """Whether the server cannot see what is sent."""
        self.permitted = True
        """Whether the server passes on what is sent; else it drops it, and nobody is told."""
        self._minted = 0
        self.rpc_methods: set[str] = set()
        """What others can call."""

    async def stream_text(  # type: ignore[override]  # only what chat uses
        self,
        *,
        topic: str,
        stream_id: str = "",
        destination_identities: list[str],
        attributes: dict[str, str],
        sender_identity: str = "",
    ) -> rtc.TextStreamWriter:
        # As the SDK, which mints an id if it is given none.
        self._minted += not stream_id
        stream_id = stream_id or f"minted-{self._minted}"
        addressees = tuple(destination_identities)
        # The server names another sender only where it sees that it is an agent's text stream.
        sender = sender_identity if self.kind == AGENT and not self.encrypted else ""
        header = Header(stream_id, topic, addressees, attributes, sender)
        await self.transmit(header, rtc.StreamError)
        return FakeWriter(self, stream_id)

    async def set_attributes(self, attributes: dict[str, str]) -> None:
        pass

    def register_rpc_method(self, method_name: str, handler: object = None) -> None:  # type: ignore[override]  # no decorator
        self.rpc_methods.add(method_name)

    def unregister_rpc_method(self, method: str) -> None:
        self.rpc_methods.remove(method)

    async def publish_data(  # type: ignore[override]  # only what chat uses
        self, payload: bytes, *, topic: str, destination_identities: list[str]
    ) -> None:
        await self.transmit(Packet(payload, topic, tuple(destination_identities)), PublishDataError)

    async def transmit(self, frame: Frame, error: type[Exception]) -> None:
        """Bring a frame to the wire, or do to it what `fates` says."""
        fate = self.fates.popleft() if self.fates else Fate.DELIVERED
        await asyncio.sleep(SLOW if fate is Fate.SLOW else 0)
        await self.open.wait()
        lost = fate in (Fate.FAILED, Fate.REFUSED, Fate.STUCK)
        if not lost and self.permitted:
            self.sent.append(frame)
            self.on_frame(frame)
        if fate is Fate.FAILED:
            raise error("by script")
        if fate is Fate.REFUSED:
            raise AssertionError
        if fate is Fate.UNCONFIRMED:
            raise rtc.StreamError("by script")
        if fate in (Fate.STUCK, Fate.STUCK_DELIVERED):
            await asyncio.Event().wait()


class FakeWriter(rtc.TextStreamWriter):
    """An open stream of ours."""

    def __init__(self, participant: FakeLocalParticipant, stream_id: str) -> None:
        self._participant = participant
        self._stream_id = stream_id
        self._index = 0
        self._ended = False

    async def write(self, text: str) -> None:
        await self._send(Chunk(self._stream_id, self._index, text))
        self._index += 1

    async def aclose(self, *, reason: str = "", attributes: dict[str, str] | None = None) -> None:
        await self._send(Trailer(self._stream_id, attributes or {}))
        self._ended = True

    async def _send(self, frame: Frame) -> None:
        if self._ended:
            raise RuntimeError("stream is closed")
        try:
            await self._participant.transmit(frame, rtc.StreamError)
        except rtc.StreamError:
            # As in the SDK: after a failed write nothing more can be sent, not even the trailer.
            self._ended = True
            raise


class FakeReader(rtc.TextStreamReader):
    """A stream that somebody else opened."""

    def __init__(
        self,
        stream_id: str,
        attributes: dict[str, str],
        attachments: list[str],
        topic: str = "lk.chat",
    ) -> None:
        self._info = rtc.TextStreamInfo(
            stream_id, "text/plain", topic, STREAM_TIMESTAMP, None, attributes, attachments
        )
        self._arrived: asyncio.Queue[str | rtc.StreamError | None] = asyncio.Queue()
        self.closed = False
        """Whether its owner let go of it."""

    def write(self, text: str) -> None:
        """Let text arrive."""
        self._arrived.put_nowait(text)

    def end(self, error: rtc.StreamError | None = None) -> None:
        """Let the stream's end arrive."""
        self._arrived.put_nowait(error)

    async def __anext__(self) -> str:
        arrived = await self._arrived.get()
        if isinstance(arrived, str):
            return arrived
        raise arrived or StopAsyncIteration

    def close(self) -> None:
        self.closed = True


class FakeByteReader(rtc.ByteStreamReader):
    """A file that somebody else sends."""

    def __init__(self, stream_id: str, name: str, mime_type: str) -> None:
        self._info = rtc.ByteStreamInfo(
            stream_id, mime_type, "lk.chat", STREAM_TIMESTAMP, None, {}, name
        )
        self._arrived: asyncio.Queue[bytes | rtc.StreamError | None] = asyncio.Queue()
        self.closed = False
        """Whether its owner let go of it."""

    def write(self, data: bytes) -> None:
        """Let a piece arrive."""
        self._arrived.put_nowait(data)

    def end(self, error: rtc.StreamError | None = None) -> None:
        """Let the end arrive."""
        self._arrived.put_nowait(error)

    async def __anext__(self) -> bytes:
        arrived = await self._arrived.get()
        if isinstance(arrived, bytes):
            return arrived
        raise arrived or StopAsyncIteration

    def close(self) -> None:
        self.closed = True


class FakeRoom(rtc.Room):
    """A room that we are in. Needs a running loop."""

    def __init__(
        self, identity: str = "assistant", kind: rtc.ParticipantKind.ValueType = AGENT
    ) -> None:
        super().__init__()
        self._info.sid = "RM_fake"
        self.me = FakeLocalParticipant(identity, kind)
        self.listeners: list[tuple[str, Callable[..., Any]]] = []
        """The handlers on the room: events', and text streams' under their topic."""
        self.connected = False
        """Whether the room says that it is connected; what is sent reaches the wire anyway."""
        self._others: dict[str, rtc.RemoteParticipant] = {}
        self._e2ee_manager = rtc.E2EEManager(0, None)

    def encrypt(self) -> None:
        """Encrypt what is sent from now on."""
        self._e2ee_manager._enabled = self.me.encrypted = True

    def isconnected(self) -> bool:
        return self.connected

    @property
    def local_participant(self) -> rtc.LocalParticipant:
        return self.me

    @property
    def remote_participants(self) -> Mapping[str, rtc.RemoteParticipant]:
        return self._others

    def on(self, event: Any, callback: Callable[..., Any] | None = None) -> Callable[..., Any]:
        if callback is not None:
            self.listeners.append((event, callback))
        return super().on(event, callback)

    def off(self, event: Any, callback: Callable[..., Any]) -> None:
        if (event, callback) in self.listeners:
            self.listeners.remove((event, callback))
        super().off(event, callback)

    def register_text_stream_handler(self, topic: str, handler: Callable[..., Any]) -> None:
        super().register_text_stream_handler(topic, handler)
        self.listeners.append((topic, handler))

    def unregister_text_stream_handler(self, topic: str) -> None:
        super().unregister_text_stream_handler(topic)
        self.listeners = [pair for pair in self.listeners if pair[0] != topic]

    def announce(
        self, identity: str, kind: rtc.ParticipantKind.ValueType = STANDARD
    ) -> rtc.RemoteParticipant:
        """Let a participant connect that cannot be spoken to yet."""
        participant = rtc.RemoteParticipant(
            OwnedParticipant(info=_info(identity, kind, active=False))
        )
        self._others[identity] = participant
        self.emit("participant_connected", participant)
        return participant

    def activate(self, identity: str) -> None:
        """Let a participant that was announced become active."""
        participant = self._others[identity]
        participant._info.state = rtc.ParticipantState.PARTICIPANT_STATE_ACTIVE
        self.emit("participant_active", participant)

    def join(
        self, identity: str, kind: rtc.ParticipantKind.ValueType = STANDARD
    ) -> rtc.RemoteParticipant:
        """Let a participant connect and become active."""
        participant = self.announce(identity, kind)
        self.activate(identity)
        return participant

    def permit(self, *, writing: bool) -> None:
        """Tell us whether we may publish data. What the server does with it is `me.permitted`."""
        self.me._info.permission.can_publish_data = writing
        self.emit("participant_permissions_changed", self.me, self.me.permissions)

    def leave(self, identity: str) -> None:
        """Let a participant disconnect."""
        self.emit("participant_disconnected", self._others.pop(identity))

    def receive(self, payload: bytes | dict[str, Any], sender: str | None, topic: str) -> None:
        """Let a packet arrive; from a sender that is not announced, or is None, without name."""
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        participant = self._others.get(sender) if sender is not None else None
        kind = rtc.DataPacketKind.KIND_RELIABLE
        self.emit("data_received", rtc.DataPacket(data, kind, participant, topic))

    def open_stream(
        self,
        sender: str,
        stream_id: str,
        attributes: dict[str, str] | None = None,
        attachments: list[str] | None = None,
        *,
        topic: str = "lk.chat",
    ) -> FakeReader:
        """Let a text stream open, and return what feeds it."""
        reader = FakeReader(stream_id, attributes or {}, attachments or [], topic)
        for registered, handler in list(self.listeners):
            if registered == topic:
                handler(reader, sender)
        return reader

    def open_file(
        self, sender: str, stream_id: str, name: str = "a.png", mime_type: str = "image/png"
    ) -> FakeByteReader:
        """Let a byte stream on ``lk.chat`` open, and return what feeds it."""
        reader = FakeByteReader(stream_id, name, mime_type)
        handler = self._byte_stream_handlers.get("lk.chat")
        if handler is not None:
            handler(reader, sender)
        return reader

    def write_attribute(self, identity: str, name: str, value: str) -> None:
        """Give a participant an attribute."""
        self._others[identity]._info.attributes[name] = value


def _info(identity: str, kind: rtc.ParticipantKind.ValueType, *, active: bool) -> ParticipantInfo:
    states = rtc.ParticipantState
    state = states.PARTICIPANT_STATE_ACTIVE if active else states.PARTICIPANT_STATE_JOINED
    return ParticipantInfo(identity=identity, kind=kind, state=state)
