import asyncio
import logging
from collections.abc import Iterator

import pytest
from livekit import rtc

from chat import ChatMessage
from chat.dialect import Dialect
from chat.terminal.played.clients import CLIENTS
from chat.terminal.played.player import Player
from chat.terminal.played.settling import QUIET
from chat.terminal.watcher import AGENT_STATE, UNDELIVERED
from tests.doubles import Chunk, FakeRoom, Fate, Header, Packet, Trailer
from tests.doubles.room import AGENT, STANDARD, FakeReader
from tests.virtual_time import run_in_virtual_time

JSON = "lk-chat-topic"


class Scene:
    """A player in a room with an agent, and each state that it told of."""

    def __init__(self, dialect: Dialect) -> None:
        self.room = FakeRoom("ada", STANDARD)
        self.player = Player(self.room, dialect)
        self.agent = self.room.join("agent", AGENT)
        self.told: list[tuple[str, str | None, str | None, bool]] = []
        self.player.on("message_added", lambda message: self._tell("added", message))
        self.player.on("message_updated", lambda message: self._tell("updated", message))

    def _tell(self, event: str, message: ChatMessage) -> None:
        told = (event, message.participant_identity, message.message, message.complete)
        self.told.append(told)

    def open(self, stream_id: str, topic: str, attributes: dict[str, str]) -> FakeReader:
        """Let the agent open a stream."""
        reader = FakeReader(stream_id, attributes, [])
        for event, handler in list(self.room.listeners):
            if event == topic:
                handler(reader, "agent")
        return reader

    def receive(self, text: str, sender: str = "agent") -> None:
        """Let a JSON packet arrive."""
        self.room.receive({"id": "1", "message": text, "timestamp": 1}, sender, JSON)


@pytest.fixture
async def stream() -> Scene:
    return Scene(Dialect.STREAM)


@pytest.fixture
async def segment() -> Scene:
    return Scene(Dialect.SEGMENT)


async def settle() -> None:
    """Let every task run as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def quiet_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.WARNING, "chat"):
        yield


async def test_it_sends_to_everybody_what_the_client_sends(stream: Scene) -> None:
    sent = await stream.player.send_message("hi")
    header, chunk, trailer, packet = stream.room.me.sent
    assert header == Header(sent.id, "lk.chat", (), {})
    assert (chunk, trailer) == (Chunk(sent.id, 0, "hi"), Trailer(sent.id))
    assert isinstance(packet, Packet)
    assert (packet.topic, packet.addressees) == (JSON, ())
    assert packet.json["id"] == sent.id
    assert sent.is_local
    assert sent.participant_identity == "ada"


async def test_what_cannot_be_sent_is_said_and_not_tried_again(
    stream: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    stream.room.me.fates.append(Fate.FAILED)
    await stream.player.send_message("hi")
    assert stream.room.me.sent == []
    assert [record.getMessage() for record in caplog.records] == [UNDELIVERED]


async def test_a_stream_is_told_as_it_grows(segment: Scene) -> None:
    reader = segment.open("s", "lk.transcription", {"lk.transcription_final": "false"})
    reader.write("He")
    reader.write("llo")
    assert reader.info.attributes is not None
    reader.info.attributes["lk.transcription_final"] = "true"
    reader.end()
    await settle()
    assert segment.told == [
        ("added", "agent", "He", False),
        ("updated", "agent", "Hello", False),
        ("updated", "agent", "Hello", True),
    ]
    assert reader.closed


async def test_a_stream_that_breaks_off_is_left_as_it_stands(stream: Scene) -> None:
    reader = stream.open("s", "lk.chat", {})
    reader.write("He")
    reader.end(rtc.StreamError("broken"))
    await settle()
    assert stream.told[-1] == ("added", "agent", "He", False)
    assert reader.closed


async def test_what_another_process_of_the_agent_goes_on_in_is_one_message(stream: Scene) -> None:
    broken = stream.open("s", "lk.chat", {})
    broken.write("He")
    broken.end(rtc.StreamError("broken"))
    await settle()
    reader = stream.open("s", "lk.chat", {})
    reader.write("Hello")
    reader.end()
    await settle()
    assert stream.told[0] == ("added", "agent", "He", False)
    assert stream.told[-1] == ("updated", "agent", "Hello", True)
    assert [event for event, *_ in stream.told].count("added") == 1


async def test_what_cannot_be_read_shows_nothing(stream: Scene) -> None:
    stream.room.receive(b"{", "agent", JSON)
    stream.room.receive({"message": 1}, "agent", JSON)
    stream.room.receive({"message": "a"}, "agent", "another topic")
    assert stream.told == []


def test_edits_of_an_agent_are_a_message_that_grows_until_the_agent_rests() -> None:
    async def scenario() -> None:
        scene = Scene(Dialect.JSON_EDIT)
        scene.agent._info.attributes[AGENT_STATE] = "speaking"
        scene.receive("He")
        await asyncio.sleep(3 * QUIET)
        scene.receive("Hello")
        scene.agent._info.attributes[AGENT_STATE] = "listening"
        await asyncio.sleep(2 * QUIET)
        assert scene.told == [
            ("added", "agent", "He", False),
            ("updated", "agent", "Hello", False),
            ("updated", "agent", "Hello", True),
        ]
        scene.player.close()

    run_in_virtual_time(scenario())


async def test_what_people_write_is_complete_at_once() -> None:
    scene = Scene(Dialect.JSON_EDIT)
    scene.room.join("bob")
    scene.receive("hi", "bob")
    assert scene.told == [("added", "bob", "hi", True)]


@pytest.mark.parametrize("dialect", list(CLIENTS))
async def test_closing_releases_everything(dialect: Dialect) -> None:
    scene = Scene(dialect)
    reader = scene.open("s", "lk.chat", {})
    await scene.player.aclose()
    assert scene.room.listeners == []
    assert reader.closed == (dialect is Dialect.STREAM)
    scene.room.register_text_stream_handler("lk.chat", lambda *_: None)
    scene.room.register_text_stream_handler("lk.transcription", lambda *_: None)
    scene.player.close()
    assert len(scene.room.listeners) == 2
    await settle()
