"""Who can be spoken to, and how."""

from __future__ import annotations

import json
from typing import Any

import pytest
from livekit import rtc

from chat.dialect import Dialect
from chat.roster import REMEMBERED, Roster
from chat.wire import JsonPacket, decode
from tests.doubles import FakeRoom

AGENT = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
STANDARD = rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD
SIP = rtc.ParticipantKind.PARTICIPANT_KIND_SIP
EGRESS = rtc.ParticipantKind.PARTICIPANT_KIND_EGRESS


class Following:
    """A roster, and what it has told."""

    def __init__(self, kind: rtc.ParticipantKind.ValueType = AGENT) -> None:
        self.room = FakeRoom(kind=kind)
        self.arrived: list[str] = []
        self.departed: list[str] = []
        self.roster = Roster(self.room, self.arrived.append, self.departed.append)


@pytest.fixture
async def following() -> Following:
    return Following()


def packet(**fields: Any) -> JsonPacket:
    return decode(json.dumps({"id": "1", "message": "hi", **fields}).encode())


async def test_a_participant_is_reachable_once_it_is_active(following: Following) -> None:
    following.room.announce("ada")
    assert following.roster.reachable() == []
    assert following.roster.expected() == {"ada"}
    assert following.arrived == []
    following.room.activate("ada")
    assert following.roster.reachable() == ["ada"]
    assert following.roster.expected() == set()
    assert following.arrived == ["ada"]


async def test_a_participant_that_left_is_not_reachable(following: Following) -> None:
    following.room.join("ada")
    following.room.leave("ada")
    assert following.roster.reachable() == []
    assert following.departed == ["ada"]


async def test_who_was_heard_before_it_was_announced_is_expected(following: Following) -> None:
    following.roster.heard_stream("ada")
    assert following.roster.expected() == {"ada"}
    following.room.join("ada")
    assert following.roster.expected() == set()


async def test_who_was_heard_and_left_is_not_expected(following: Following) -> None:
    following.roster.heard_stream("ada")
    following.room.join("ada")
    following.room.leave("ada")
    assert following.roster.expected() == set()


@pytest.mark.parametrize(
    ("we", "they", "addressed"),
    [
        (AGENT, STANDARD, True),
        (AGENT, AGENT, False),
        (AGENT, SIP, False),
        (AGENT, EGRESS, False),
        (STANDARD, STANDARD, True),
        (STANDARD, AGENT, True),
        (STANDARD, EGRESS, False),
    ],
)
async def test_addresses_only_those_who_chat(
    we: rtc.ParticipantKind.ValueType, they: rtc.ParticipantKind.ValueType, addressed: bool
) -> None:
    following = Following(we)
    following.room.announce("other", they)
    assert following.roster.expected() == ({"other"} if addressed else set())
    following.room.activate("other")
    assert following.roster.reachable() == (["other"] if addressed else [])
    assert following.arrived == (["other"] if addressed else [])


async def test_learns_each_participants_dialect(following: Following) -> None:
    roster = following.roster
    following.room.join("ada")
    following.room.join("bob")
    assert roster.dialect("bob") is Dialect.STREAM
    roster.heard_packet("bob", packet())
    assert roster.dialect("ada") is Dialect.STREAM
    assert roster.dialect("bob") is Dialect.JSON_EDIT


async def test_a_dialect_is_kept_while_its_speaker_is_away(following: Following) -> None:
    following.room.join("bob")
    following.roster.heard_packet("bob", packet())
    following.room.leave("bob")
    following.room.join("bob")
    assert following.roster.dialect("bob") is Dialect.JSON_EDIT


async def test_a_packet_without_sender_is_taken_for_the_next_newcomers(
    following: Following,
) -> None:
    following.room.join("ada")
    following.roster.heard_packet(None, packet())
    assert following.roster.expects_unnamed
    following.room.join("bob")
    assert not following.roster.expects_unnamed
    following.room.join("cid")
    assert following.roster.dialect("ada") is Dialect.STREAM
    assert following.roster.dialect("bob") is Dialect.JSON_EDIT
    assert following.roster.dialect("cid") is Dialect.STREAM


async def test_a_packet_without_sender_is_not_taken_for_an_agents(following: Following) -> None:
    following.roster.heard_packet(None, packet())
    following.room.join("other agent", AGENT)
    assert following.roster.expects_unnamed


async def test_the_oldest_evidence_is_forgotten(following: Following) -> None:
    following.roster.heard_packet("ada", packet())
    for number in range(REMEMBERED):
        following.roster.heard_packet(f"other {number}", packet())
    assert following.roster.dialect("ada") is Dialect.STREAM
    assert "ada" not in following.roster.expected()
    assert len(following.roster.expected()) == REMEMBERED


async def test_close_leaves_no_listener(following: Following) -> None:
    following.roster.close()
    assert following.room.listeners == []
