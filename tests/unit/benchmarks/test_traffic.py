"""What is counted of a reply."""

from __future__ import annotations

from benchmarks.traffic import CHUNK_BYTES, Traffic, _Counting
from tests.doubles import FakeRoom


async def test_a_stream_is_its_header_its_chunks_and_its_trailer() -> None:
    traffic = Traffic("stream", 1)
    participant = _Counting(FakeRoom().local_participant, traffic)
    writer = await participant.stream_text(
        topic="lk.chat", stream_id="1", destination_identities=["ada"], attributes={}
    )
    await writer.write("é" * CHUNK_BYTES)
    await writer.aclose(attributes={})
    assert (traffic.packets, traffic.payload_bytes) == (4, 2 * CHUNK_BYTES)


async def test_a_data_packet_is_its_payload() -> None:
    traffic = Traffic("json-edit", 1)
    participant = _Counting(FakeRoom().local_participant, traffic)
    payload = b'{"id": "1", "message": "hi", "timestamp": 1}'
    await participant.publish_data(payload, topic="lk-chat-topic", destination_identities=["ada"])
    assert (traffic.packets, traffic.payload_bytes) == (1, len(payload))
