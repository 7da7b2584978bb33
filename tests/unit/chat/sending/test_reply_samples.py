"""What goes out to each dialect for one reply, frame by frame, against the samples."""

from __future__ import annotations

from typing import Any

import pytest

from chat import ChatManager, ChatMessage, Dialect
from tests.doubles import Chunk, FakeRoom, Frame, Header, Packet, Protobuf, Trailer
from tests.samples import Sample, load
from tests.virtual_time import run_in_virtual_time

REPLIES = load("replies")


def test_every_dialect_has_a_sample() -> None:
    assert set(REPLIES) == {dialect.value for dialect in Dialect}


@pytest.mark.parametrize("sample", REPLIES.values(), ids=REPLIES.keys())
def test_a_reply_goes_out_as_in_the_sample(sample: Sample) -> None:
    async def scenario() -> None:
        room = FakeRoom()
        chat = ChatManager(room)
        room.join("ada")
        room.write_attribute("ada", "chat.dialect", sample["dialect"])
        message: ChatMessage | None = None
        for step in sample["steps"]:
            before = len(room.me.sent)
            if message is None:
                message = await chat.send_message(step["text"], complete=step["complete"])
            else:
                message.message, message.deleted = step["text"], step["deleted"]
                await chat.update_message(message, complete=step["complete"])
            await chat._outbox.settled(10)
            frames = [plain(frame, message) for frame in room.me.sent[before:]]
            assert frames == step["frames"], step["step"]
        await chat.aclose()

    run_in_virtual_time(scenario())


def plain(frame: Frame, message: ChatMessage) -> dict[str, Any]:
    """A frame as the samples have it, with what differs each time replaced by its name."""
    if isinstance(frame, Header | Packet | Protobuf):
        assert frame.addressees == ("ada",)
    fields: dict[str, Any]
    match frame:
        case Header():
            fields = {"topic": frame.topic, "id": frame.stream_id, "attributes": frame.attributes}
        case Chunk():
            fields = {"id": frame.stream_id, "index": frame.index, "text": frame.text}
        case Trailer():
            fields = {"id": frame.stream_id, "attributes": frame.attributes}
        case Packet():
            fields = {"topic": frame.topic, "payload": frame.json}
        case Protobuf():
            fields = {"id": frame.id, "text": frame.text, "deleted": frame.deleted}
    return {"frame": type(frame).__name__.lower(), **_named(fields, message)}


def _named(value: Any, message: ChatMessage) -> Any:
    if isinstance(value, dict):
        return {key: _named(item, message) for key, item in value.items()}
    names = {message.id: "<id>", round(message.timestamp.timestamp() * 1000): "<timestamp>"}
    return names.get(value, value) if isinstance(value, str | int) else value
