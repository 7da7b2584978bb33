"""Files that come with a message: byte streams on ``lk.chat`` whose ids its text header names.

Clients send them after the text (client-sdk-js ``sendText`` with attachments).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal

from livekit import rtc

from chat.message import Attachment, MissingAttachment
from chat.tasks import OwnedTasks
from chat.wire import TOPIC_STREAM

from .reception import Reason

MAX_ATTACHMENTS = 8
"""Attachments that are received with one message; the rest are not."""

ARRIVAL_LIMIT = 30.0
"""Seconds after the text's end in which attachments must have arrived whole."""

Reject = Callable[[str, Reason], None]

Arrived = Attachment | MissingAttachment
"""What became of an attachment."""


class Expected:
    """The attachments that the header of one message announced."""

    def __init__(
        self,
        identity: str,
        ids: Sequence[str],
        waiting: dict[tuple[str, str], asyncio.Future[Arrived]],
        reject: Reject,
    ) -> None:
        """Expect byte streams.

        Args:
            identity: Who sends the message.
            ids: The byte streams' ids.
            waiting: What is expected in the room, by sender and id; entries are added.
            reject: Called if some do not arrive.
        """
        self._identity = identity
        self._waiting = waiting
        self._reject = reject
        loop = asyncio.get_running_loop()
        keys = [(identity, i) for i in dict.fromkeys(ids)]
        self._surplus = [MissingAttachment(i, "too many") for _, i in keys[MAX_ATTACHMENTS:]]
        # Two messages may announce the same file.
        self._futures = {
            key: waiting.setdefault(key, loop.create_future()) for key in keys[:MAX_ATTACHMENTS]
        }

    async def collect(self) -> list[Arrived]:
        """Wait for them. Returns what became of each in time, in the order of the header."""
        futures = list(self._futures.values())
        if futures:
            _, late = await asyncio.wait(futures, timeout=ARRIVAL_LIMIT)
            if late:
                self._reject(self._identity, "attachment missing")
        self.forget()
        arrived = [
            future.result() if future.done() else MissingAttachment(stream_id, "missing")
            for (_, stream_id), future in self._futures.items()
        ]
        return arrived + self._surplus

    def forget(self) -> None:
        """Stop expecting them."""
        for key, future in self._futures.items():
            if self._waiting.get(key) is future:
                del self._waiting[key]


class AttachmentReader:
    """Reads the byte streams that messages announced, and closes others unread."""

    def __init__(self, room: rtc.Room, max_bytes: int, reject: Reject) -> None:
        """Start listening.

        Args:
            room: The room.
            max_bytes: Larger attachments are rejected before their end.
            reject: Called with what is rejected.
        """
        self._room = room
        self._max_bytes = max_bytes
        self._reject = reject
        self._waiting: dict[tuple[str, str], asyncio.Future[Arrived]] = {}
        self._tasks = OwnedTasks()
        self._readers: dict[tuple[str, str], rtc.ByteStreamReader] = {}
        room.register_byte_stream_handler(TOPIC_STREAM, self._on_stream)

    def close(self) -> None:
        """Stop listening."""
        self._room.unregister_byte_stream_handler(TOPIC_STREAM)
        self._tasks.cancel()
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()

    def expect(self, identity: str, ids: Sequence[str]) -> Expected:
        """Expect the attachments that a message announced."""
        return Expected(identity, ids, self._waiting, self._reject)

    def _on_stream(self, reader: rtc.ByteStreamReader, identity: str) -> None:
        key = (identity, reader.info.stream_id)
        if key not in self._waiting or key in self._readers:
            reader.close()
            return
        self._readers[key] = reader
        self._tasks.spawn(self._read(reader, identity), "chat attachment reader")

    async def _read(self, reader: rtc.ByteStreamReader, identity: str) -> None:
        data = bytearray()
        rejected: Reason | None = None
        try:
            async for chunk in reader:
                data += chunk
                if len(data) > self._max_bytes:
                    rejected = "attachment too large"
                    break
        except rtc.StreamError:
            rejected = "attachment missing"
        finally:
            reader.close()
            self._readers.pop((identity, reader.info.stream_id), None)
        if rejected is not None:
            self._reject(identity, rejected)
        future = self._waiting.get((identity, reader.info.stream_id))
        if future is not None and not future.done():
            future.set_result(_outcome(reader.info, bytes(data), rejected))


def _outcome(info: rtc.ByteStreamInfo, data: bytes, rejected: Reason | None) -> Arrived:
    if rejected is None:
        return Attachment(info.stream_id, info.name, info.mime_type, data)
    reason: Literal["too large", "missing"] = (
        "too large" if rejected == "attachment too large" else "missing"
    )
    return MissingAttachment(info.stream_id, reason, info.name, info.mime_type)
