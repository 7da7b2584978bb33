"""The person who chats, as a process of its own: ``python -m benchmarks.client``.

A bare room client, so that it is not what is measured: for each arrival it notes time and
payload and nothing else; what they mean is worked out after the reply. It asks for the replies
that its argument lists and prints each observation as a line of JSON.
"""

import argparse
import asyncio
import gc
import json
import os
import sys
import uuid
from collections.abc import Mapping

from livekit import rtc

from benchmarks.clock import now_us
from benchmarks.observation import Event, observe
from benchmarks.scenarios import Scenario
from benchmarks.topics import (
    AGENT_STATE,
    CHAT_STREAM_TOPIC,
    CHAT_TOPIC,
    CHAT_UPDATE_TOPIC,
    TRANSCRIPTION_STREAM_TOPIC,
)

AGENT_LIMIT = 60.0
"""Seconds that an agent may take to be in the room and listening."""

REPLY_LIMIT = 60.0
"""Seconds that a reply may take longer than the LLM needs for it."""

SETTLE = 0.5
"""Seconds after a reply in which what still comes is counted, and the machine comes to rest."""


class Recorder:
    """Notes every arrival of text in a room."""

    def __init__(self, room: rtc.Room) -> None:
        self._events: list[tuple[int, str, str | bytes]] = []
        self._expected_chars = 0
        self._complete = asyncio.Event()
        self._readers: set[asyncio.Task[None]] = set()
        room.on("data_received", self._note_packet)
        for topic in (CHAT_STREAM_TOPIC, TRANSCRIPTION_STREAM_TOPIC):
            room.register_text_stream_handler(topic, self._take_stream)

    def expect(self, chars: int) -> None:
        """Begin a reply of so many characters, forgetting what came before."""
        self._events.clear()
        self._expected_chars = chars
        self._complete.clear()

    async def wait_until_complete(self, limit: float) -> None:
        """Wait until all of the reply is there, or raise TimeoutError after ``limit`` seconds."""
        async with asyncio.timeout(limit):
            await self._complete.wait()

    def events(self) -> list[Event]:
        """Everything that came since `expect`."""
        return [Event(*event) for event in self._events]

    def _note_packet(self, packet: rtc.DataPacket) -> None:
        at_us = now_us()
        if packet.topic not in (CHAT_TOPIC, CHAT_UPDATE_TOPIC):
            return
        self._events.append((at_us, "", packet.data))
        # Parsing is left to the last few packets, which alone can be long enough.
        if len(packet.data) >= self._expected_chars:
            message = json.loads(packet.data)["message"]
            if len(message) >= self._expected_chars:
                self._complete.set()

    def _take_stream(self, reader: rtc.TextStreamReader, _: str) -> None:
        task = asyncio.create_task(self._note_stream(reader))
        self._readers.add(task)
        task.add_done_callback(self._readers.discard)

    async def _note_stream(self, reader: rtc.TextStreamReader) -> None:
        stream_id = reader.info.stream_id
        chars = 0
        async for piece in reader:
            self._events.append((now_us(), stream_id, piece))
            chars += len(piece)
            if chars >= self._expected_chars:
                self._complete.set()


async def wait_for_agent(room: rtc.Room) -> None:
    """Wait until an agent is in the room and says that it listens."""
    changed = asyncio.Event()

    def note_change(*_: object) -> None:
        changed.set()

    room.on("participant_connected", note_change)
    room.on("participant_attributes_changed", note_change)
    async with asyncio.timeout(AGENT_LIMIT):
        while not any(map(_listens, room.remote_participants.values())):
            changed.clear()
            await changed.wait()


def _listens(participant: rtc.RemoteParticipant) -> bool:
    is_agent = participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
    return is_agent and participant.attributes.get(AGENT_STATE) == "listening"


async def send(room: rtc.Room, text: str, speaks: str) -> None:
    """Send a chat message as ``stream`` or as ``json``."""
    if speaks == "stream":
        await room.local_participant.send_text(text, topic=CHAT_STREAM_TOPIC)
        return
    message = {"id": uuid.uuid4().hex, "message": text, "timestamp": 0}
    await room.local_participant.publish_data(json.dumps(message), topic=CHAT_TOPIC)


async def ask(
    room: rtc.Room, recorder: Recorder, scenario: Scenario, speaks: str
) -> dict[str, object]:
    """Ask for one reply and say what was seen of it."""
    recorder.expect(scenario.chars)
    gc.collect()
    asked_us = now_us()
    await send(room, scenario.request, speaks)
    await recorder.wait_until_complete(scenario.tokens * scenario.interval_us / 1e6 + REPLY_LIMIT)
    await asyncio.sleep(SETTLE)
    seen = observe(recorder.events())
    return {
        "asked_us": asked_us,
        "text": seen.text,
        "updates": [(update.at_us, update.held) for update in seen.updates],
        "payload_bytes": seen.payload_bytes,
    }


async def chat(plan: list[Scenario], speaks: str) -> None:
    """Join the room, ask for each reply in turn, and leave."""
    room = rtc.Room()
    recorder = Recorder(room)
    await room.connect(os.environ["LIVEKIT_URL"], os.environ["LIVEKIT_TOKEN"])
    try:
        await wait_for_agent(room)
        for scenario in plan:
            _report(await ask(room, recorder, scenario, speaks))
    finally:
        await room.disconnect()


def _report(line: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Chat as the arguments say, with ``LIVEKIT_URL`` and ``LIVEKIT_TOKEN`` from outside."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speaks", choices=["stream", "json"], default="stream")
    parser.add_argument("plan", help="JSON: [[tokens, microseconds between two], …]")
    arguments = parser.parse_args()
    plan = [Scenario(*entry) for entry in json.loads(arguments.plan)]
    # A collection in the middle of a reply would show as a delay of the worker's.
    gc.disable()
    asyncio.run(chat(plan, arguments.speaks))


if __name__ == "__main__":
    main()
