"""What people say is read once, in order, as theirs, and within limits."""

from __future__ import annotations

import logging

import pytest
from livekit import rtc

from chat import ChatManager, ChatMessage, TranscriptReader
from chat.receiving.transcripts import KEPT, MAX_OPEN_STREAMS, MAX_TRANSCRIPT_BYTES
from tests.doubles import FakeRoom
from tests.doubles.room import AGENT, STANDARD, FakeReader
from tests.waiting import eventually

TOPIC = "lk.transcription"


class Listening:
    """A reader in a room with Ann and an agent, and what it told."""

    def __init__(self) -> None:
        self.room = FakeRoom(identity="ben", kind=STANDARD)
        self.told: list[ChatMessage] = []
        self.reader = TranscriptReader(self.room, self.told.append)
        self.ann = self.room.join("ann")
        self.room.join("assistant", AGENT)
        self._streams = 0

    def open(self, speaker: str = "ann", segment: str = "SG_1", final: str = "false") -> FakeReader:
        self._streams += 1
        attributes = {"lk.segment_id": segment, "lk.transcription_final": final}
        return self.room.open_stream(speaker, f"stream-{self._streams}", attributes, topic=TOPIC)

    async def hear(self, text: str, *, final: bool = False, segment: str = "SG_1") -> None:
        stream = self.open(segment=segment, final="true" if final else "false")
        stream.write(text)
        stream.end()
        await eventually(lambda: stream.closed)

    @property
    def texts(self) -> list[tuple[str | None, bool]]:
        return [(message.message, message.complete) for message in self.told]


@pytest.fixture
async def listening() -> Listening:
    return Listening()


async def test_each_state_is_a_message_of_the_speaker(listening: Listening) -> None:
    await listening.hear("What is")
    await listening.hear("What is it?", final=True)
    assert listening.texts == [("What is", False), ("What is it?", True)]
    assert {message.id for message in listening.told} == {"SG_1"}
    assert {message.participant_identity for message in listening.told} == {"ann"}
    assert all(message.participant is listening.ann for message in listening.told)
    assert not any(message.is_local for message in listening.told)


async def test_what_we_say_ourselves_is_ours(listening: Listening) -> None:
    stream = listening.open("ben", final="true")
    stream.write("Me")
    stream.end()
    await eventually(lambda: listening.told)
    assert listening.told[0].is_local
    assert listening.told[0].participant is listening.room.me


async def test_somebody_who_left_is_known_by_the_identity(listening: Listening) -> None:
    listening.room.leave("ann")
    await listening.hear("Ann: Bye", final=True)
    assert listening.told[0].participant is None
    assert listening.told[0].participant_identity == "ann"


async def test_the_end_of_a_long_stream_may_make_it_final(listening: Listening) -> None:
    stream = listening.open(final="false")
    stream.write("Long ")
    stream.write("text")
    assert stream.info.attributes is not None
    stream.info.attributes["lk.transcription_final"] = "true"
    stream.end()
    await eventually(lambda: listening.texts == [("Long text", True)])


async def test_what_agents_say_of_themselves_is_not_read(listening: Listening) -> None:
    stream = listening.open("assistant", final="true")
    assert stream.closed
    await listening.hear("Hello", final=True)
    assert listening.texts == [("Hello", True)]


async def test_nothing_follows_the_final_state(listening: Listening) -> None:
    await listening.hear("What is it?", final=True)
    await listening.hear("What is")
    await listening.hear("What is it?", final=True)
    assert listening.texts == [("What is it?", True)]


async def test_an_older_state_that_ends_later_is_not_told(listening: Listening) -> None:
    late = listening.open()
    late.write("What")
    await listening.hear("What is")
    late.end()
    await eventually(lambda: late.closed)
    assert listening.texts == [("What is", False)]


async def test_one_id_of_two_speakers_means_two(listening: Listening) -> None:
    listening.room.join("zoe")
    await listening.hear("One", final=True)
    stream = listening.open("zoe", final="true")
    stream.write("Two")
    stream.end()
    await eventually(lambda: len(listening.told) == 2)


async def test_a_stream_without_segment_is_its_own(listening: Listening) -> None:
    for number in (1, 2):
        stream = listening.room.open_stream("ann", f"s{number}", topic=TOPIC)
        stream.write("Hi")
        stream.end()
    await eventually(lambda: [message.id for message in listening.told] == ["s1", "s2"])


@pytest.mark.parametrize("text", ["", "  ", "\u200b"])
async def test_blank_texts_are_not_told(listening: Listening, text: str) -> None:
    await listening.hear(text, final=True)
    assert listening.told == []


async def test_too_long_a_text_is_not_told(listening: Listening) -> None:
    await listening.hear("ü" * (MAX_TRANSCRIPT_BYTES // 2), final=True)
    stream = listening.open(segment="SG_2", final="true")
    stream.write("ü" * (MAX_TRANSCRIPT_BYTES // 2))
    stream.write("a")
    await eventually(lambda: stream.closed)
    assert [message.id for message in listening.told] == ["SG_1"]


async def test_what_breaks_off_is_not_told(listening: Listening) -> None:
    stream = listening.open(final="true")
    stream.write("What")
    stream.end(rtc.StreamError("aborted"))
    await eventually(lambda: stream.closed)
    assert listening.told == []
    await listening.hear("What is it?", final=True)
    assert listening.texts == [("What is it?", True)]


async def test_nobody_has_more_than_a_few_streams_open(listening: Listening) -> None:
    streams = [listening.open(segment=str(number)) for number in range(MAX_OPEN_STREAMS + 1)]
    assert [stream.closed for stream in streams] == [False] * MAX_OPEN_STREAMS + [True]
    streams[0].end()
    await eventually(lambda: streams[0].closed)
    assert not listening.open().closed


async def test_what_is_kept_of_old_ones_is_bounded(listening: Listening) -> None:
    for number in range(KEPT + 1):
        await listening.hear("Hi", final=True, segment=str(number))
    assert len(listening.reader._newest) == KEPT


async def test_closing_lets_go_of_everything(listening: Listening) -> None:
    stream = listening.open()
    listening.reader.close()
    assert stream.closed
    assert listening.room.listeners == []
    listening.reader.close()


async def test_another_handler_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    room = FakeRoom()
    room.register_text_stream_handler(TOPIC, lambda reader, identity: None)
    others = list(room.listeners)
    with caplog.at_level(logging.WARNING, "chat"):
        TranscriptReader(room, lambda message: None).close()
    assert room.listeners == others
    assert caplog.messages == ["transcripts not read, as another handler does"]


async def test_a_manager_alone_reads_none() -> None:
    room = FakeRoom()
    ChatManager(room)
    assert TOPIC not in [name for name, _ in room.listeners]
