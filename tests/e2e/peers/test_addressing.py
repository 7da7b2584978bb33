"""What of an addressed text stream reaches those to whom it is not addressed."""

from __future__ import annotations

import asyncio

from livekit import rtc
from livekit.rtc._ffi_client import FfiClient
from livekit.rtc._proto.ffi_pb2 import FfiEvent

from tests.tokens import Join
from tests.waiting import eventually

JOIN_LIMIT = 10.0
"""Seconds until two participants know of each other; three were seen."""

ADDRESSES_CONTENTS = (1, 2)
"""The livekit that addresses chunks and trailer, not only the header: a fact that docs/clients.md states."""


class StreamEvents:
    """What the native side gets of text streams, handlers or not: the SDK hides what has no header."""

    def __init__(self, room: rtc.Room) -> None:
        assert room._ffi_handle is not None
        self._room_handle = room._ffi_handle.handle
        self._queue = FfiClient.instance.queue.subscribe(filter_fn=self._is_ours)

    def _is_ours(self, event: FfiEvent) -> bool:
        return event.room_event.room_handle == self._room_handle

    def take(self) -> list[tuple[str, str]]:
        """What came so far, with the text of chunks, and hear no more."""
        FfiClient.instance.queue.unsubscribe(self._queue)
        taken = []
        while not self._queue.empty():
            event = self._queue.get_nowait().room_event
            kind = event.WhichOneof("message") or ""
            if kind.startswith("stream_"):
                text = event.stream_chunk_received.chunk.content.decode()
                taken.append((kind.removesuffix("_received"), text))
        return taken


def is_active(room: rtc.Room, identity: str) -> bool:
    other = room.remote_participants.get(identity)
    return other is not None and other.state == rtc.ParticipantState.PARTICIPANT_STATE_ACTIVE


async def test_contents_reach_only_the_addressees_from_livekit_1_2_on(join: Join) -> None:
    ann, eve, agent = await join("ann"), await join("eve"), await join("agent")
    await eventually(lambda: is_active(agent, "ann") and is_active(agent, "eve"), JOIN_LIMIT)
    anns, eves = StreamEvents(ann), StreamEvents(eve)
    all_came = {room: asyncio.Event() for room in (ann, eve)}
    for room, came in all_came.items():
        room.on("data_received", lambda _, came=came: came.set())

    writer = await agent.local_participant.stream_text(topic="test", destination_identities=["ann"])
    await writer.write("a secret")
    await writer.aclose()
    # Packets of one sender keep their order.
    await agent.local_participant.publish_data(b"that was it")
    for came in all_came.values():
        await eventually(came)

    contents = [("stream_chunk", "a secret"), ("stream_trailer", "")]
    assert anns.take() == [("stream_header", ""), *contents]
    installed = tuple(map(int, rtc.__version__.split(".")[:2]))
    assert eves.take() == ([] if installed >= ADDRESSES_CONTENTS else contents)
