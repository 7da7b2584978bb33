"""Who wrote before being announced is a participant all the same."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import pytest
from livekit import rtc

from chat import ChatManager, ChatMessage
from chat.newcomer import make_newcomer
from tests.doubles import FakeRoom
from tests.waiting import eventually

AGENT = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
STANDARD = rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD
PROPERTIES = [name for name in dir(rtc.RemoteParticipant) if not name.startswith("_")]


class Listening:
    """A manager in a room, and what it has received."""

    def __init__(self) -> None:
        self.room = FakeRoom()
        self.received: list[ChatMessage] = []
        ChatManager(self.room).on("message_received", self.received.append)

    async def message_of(self, identity: str, text: str = "hi") -> ChatMessage:
        reader = self.room.open_stream(identity, text)
        reader.write(text)
        reader.end()
        await eventually(lambda: self.received and self.received[-1].message == text)
        return self.received[-1]


@pytest.fixture
async def listening() -> Listening:
    return Listening()


def shown(participant: rtc.Participant | None) -> Mapping[str, object]:
    assert isinstance(participant, rtc.RemoteParticipant)
    return {name: getattr(participant, name) for name in PROPERTIES}


async def test_an_sdk_that_makes_participants_otherwise_costs_the_participant_alone(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "livekit.rtc._proto.participant_pb2", None)
    message = await listening.message_of("ada")
    assert (message.participant_identity, message.participant) == ("ada", None)
    real = listening.room.announce("ada")
    assert (await listening.message_of("ada", "again")).participant is real


def test_all_but_the_identity_is_empty() -> None:
    properties = dict(shown(make_newcomer("ada")))
    assert properties.pop("identity") == "ada"
    assert properties["kind"] == STANDARD
    assert (properties["sid"], properties["name"], properties["metadata"]) == ("", "", "")
    assert properties["attributes"] == properties["track_publications"] == {}
    assert properties["joined_at"] is None


async def test_a_newcomer_is_the_same_participant_in_each_of_its_messages(
    listening: Listening,
) -> None:
    first = await listening.message_of("ada", "one")
    second = await listening.message_of("ada", "two")
    assert first.participant is second.participant
    other = await listening.message_of("bob", "three")
    assert other.participant is not first.participant


async def test_once_announced_it_shows_what_the_room_shows(listening: Listening) -> None:
    message = await listening.message_of("ada")
    real = listening.room.announce("ada", AGENT)
    assert shown(message.participant) == shown(real)
    listening.room.activate("ada")
    listening.room.write_attribute("ada", "mood", "good")
    assert message.participant is not None
    assert message.participant.kind == AGENT
    assert message.participant.attributes == {"mood": "good"}
    assert message.participant.state == rtc.ParticipantState.PARTICIPANT_STATE_ACTIVE
    # The SDK replaces the whole of it, too.
    blank = make_newcomer("ada")
    assert blank is not None
    real._info = blank._info
    assert shown(message.participant) == shown(real)
    assert (await listening.message_of("ada", "again")).participant is real


async def test_a_message_that_ends_after_its_sender_left_has_a_participant(
    listening: Listening,
) -> None:
    listening.room.join("ada")
    reader = listening.room.open_stream("ada", "1")
    reader.write("bye")
    listening.room.leave("ada")
    reader.end()
    await eventually(lambda: listening.received)
    assert shown(listening.received[0].participant)["identity"] == "ada"
