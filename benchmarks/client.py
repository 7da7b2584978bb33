"""One person who chats in one room, with as little work of its own as possible.

For each arrival it notes time and payload and nothing else, so that it is not what is measured;
what they mean is worked out after the reply.
"""

import asyncio
import contextlib
import json
import uuid
from collections.abc import Sequence

from livekit import rtc

from benchmarks.clock import now_us
from benchmarks.microphone import Microphone
from benchmarks.observation import Event, Heard, observe
from benchmarks.scenarios import WARM_UP, Scenario
from benchmarks.topics import (
    AGENT_STATE,
    CHAT_STREAM_TOPIC,
    CHAT_TOPIC,
    CHAT_UPDATE_TOPIC,
    TRANSCRIPTION_STREAM_TOPIC,
)

REPLY_LIMIT = 30.0
"""Seconds that a reply may take longer than the LLM needs for it."""

SETTLE = 0.5
"""Seconds after a reply in which what still comes is counted, and the machine comes to rest."""


WARM_UP_TRIES = 3
"""How often the first message is sent at most: RoomIO drops what comes while it starts."""


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

    async def wait_until_complete(self, limit: float) -> bool:
        """Wait ``limit`` seconds at most for all of the reply, and say whether it is there."""
        try:
            async with asyncio.timeout(limit):
                await self._complete.wait()
        except TimeoutError:
            return False
        return True

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
        # A stream that breaks off leaves the reply incomplete, which is what is counted.
        with contextlib.suppress(rtc.StreamError):
            async for piece in reader:
                self._events.append((now_us(), stream_id, piece))
                chars += len(piece)
                if chars >= self._expected_chars:
                    self._complete.set()


class Person:
    """A room client that asks for replies."""

    def __init__(self, speaks: str) -> None:
        """Build a person who sends messages as ``stream`` or as ``json``."""
        self._speaks = speaks
        self._room = rtc.Room()
        self._recorder = Recorder(self._room)
        self._microphone: Microphone | None = None

    async def join(self, url: str, token: str, limit: float) -> float | None:
        """Join, and exchange one message with the agent, as a cold room costs far more.

        Returns:
            Milliseconds from joining to an agent that says it listens, or None if there was none,
            or no complete reply, within ``limit`` seconds.
        """
        began_us = now_us()
        try:
            await self._room.connect(url, token)
        except rtc.ConnectError:
            return None
        if not await self._wait_for_agent(limit):
            return None
        ready_ms = (now_us() - began_us) / 1000
        for _ in range(WARM_UP_TRIES):
            self._recorder.expect(WARM_UP.chars)
            await self._send(WARM_UP.request)
            if await self._recorder.wait_until_complete(limit / WARM_UP_TRIES):
                return ready_ms
        return None

    async def leave(self) -> None:
        """Leave the room."""
        await self._room.disconnect()

    async def open_microphone(
        self, frames: Sequence[rtc.AudioFrame], share: float, heard_within: float | None
    ) -> bool:
        """Speak into the room from now on.

        Args:
            frames: What is said, again and again.
            share: Where in it to begin, from 0 to 1.
            heard_within: Seconds that the agent may take to listen; None does not wait for it.

        Returns:
            Whether it listens.
        """
        self._microphone = Microphone(self._room, frames, share)
        await self._microphone.open()
        return heard_within is not None and await self._microphone.wait_until_heard(heard_within)

    async def close_microphone(self) -> None:
        """Speak no more, if a microphone is open."""
        if self._microphone is not None:
            await self._microphone.close()
            self._microphone = None

    async def ask(self, scenario: Scenario, offset: float) -> Heard:
        """Ask for one reply, ``offset`` seconds from now, and say what was heard of it."""
        await asyncio.sleep(offset)
        self._recorder.expect(scenario.chars)
        asked_us = now_us()
        await self._send(scenario.request)
        await self._recorder.wait_until_complete(scenario.seconds + REPLY_LIMIT)
        await asyncio.sleep(SETTLE)
        return Heard(asked_us, now_us(), observe(self._recorder.events()))

    async def _wait_for_agent(self, limit: float) -> bool:
        changed = asyncio.Event()

        def note_change(*_: object) -> None:
            changed.set()

        self._room.on("participant_connected", note_change)
        self._room.on("participant_attributes_changed", note_change)
        try:
            async with asyncio.timeout(limit):
                while not any(map(_listens, self._room.remote_participants.values())):
                    changed.clear()
                    await changed.wait()
        except TimeoutError:
            return False
        return True

    async def _send(self, text: str) -> None:
        participant = self._room.local_participant
        if self._speaks == "stream":
            await participant.send_text(text, topic=CHAT_STREAM_TOPIC)
            return
        message = {"id": uuid.uuid4().hex, "message": text, "timestamp": 0}
        await participant.publish_data(json.dumps(message), topic=CHAT_TOPIC)


def _listens(participant: rtc.RemoteParticipant) -> bool:
    is_agent = participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
    return is_agent and participant.attributes.get(AGENT_STATE) == "listening"
