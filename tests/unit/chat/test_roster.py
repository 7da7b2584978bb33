"""Who can be spoken to, and how."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from livekit import rtc

from chat.dialect import Dialect
from chat.roster import ANNOUNCEMENT_LIMIT, Roster
from chat.wire import JsonPacket, decode
from tests.doubles import FakeRoom
from tests.virtual_time import run_in_virtual_time

AGENT = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
STANDARD = rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD
SIP = rtc.ParticipantKind.PARTICIPANT_KIND_SIP
EGRESS = rtc.ParticipantKind.PARTICIPANT_KIND_EGRESS


class Following:
    """A roster, and what it has told."""

    def __init__(
        self, kind: rtc.ParticipantKind.ValueType = AGENT, dialect: Dialect | None = None
    ) -> None:
        self.room = FakeRoom(kind=kind)
        self.arrived: list[str] = []
        self.departed: list[tuple[str, bool]] = []
        self.roster = Roster(self.room, self.arrived.append, self._note_departure, dialect)

    def _note_departure(self, identity: str, is_agent: bool) -> None:
        self.departed.append((identity, is_agent))


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
    assert following.departed == [("ada", False)]


async def test_who_wrote_before_being_announced_is_expected(following: Following) -> None:
    following.roster.expect("ada")
    assert following.roster.expected() == {"ada"}
    following.room.join("ada")
    assert following.roster.expected() == set()


def test_who_wrote_and_is_never_announced_is_not_expected_for_ever() -> None:
    async def main() -> None:
        following = Following()
        for number in range(100):
            following.roster.expect(str(number))
        await asyncio.sleep(ANNOUNCEMENT_LIMIT * 0.9)
        following.roster.expect("99")
        assert len(following.roster.expected()) == 100
        await asyncio.sleep(ANNOUNCEMENT_LIMIT * 0.9)
        assert following.roster.expected() == {"99"}
        await asyncio.sleep(ANNOUNCEMENT_LIMIT)
        following.roster.expect("new")
        assert list(following.roster._newcomers) == ["new"]

    run_in_virtual_time(main())


async def test_who_wrote_and_left_is_not_expected(following: Following) -> None:
    following.roster.expect("ada")
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
    assert roster.dialect("bob") is Dialect.UNKNOWN
    roster.detector.packet("bob", packet())
    assert roster.dialect("ada") is Dialect.UNKNOWN
    assert roster.dialect("bob") is Dialect.JSON_EDIT


async def test_a_dialect_is_kept_while_its_speaker_is_away(following: Following) -> None:
    following.room.join("bob")
    following.roster.detector.packet("bob", packet())
    following.room.leave("bob")
    following.room.join("bob")
    assert following.roster.dialect("bob") is Dialect.JSON_EDIT


async def test_a_packet_without_sender_is_the_newcomers_who_is_there_alone(
    following: Following,
) -> None:
    following.roster.detector.packet(None, packet())
    assert following.roster.detector.has_unattributed
    following.room.join("bob")
    assert not following.roster.detector.has_unattributed
    following.room.join("cid")
    assert following.roster.dialect("bob") is Dialect.JSON_EDIT
    assert following.roster.dialect("cid") is Dialect.UNKNOWN


async def test_a_packet_without_sender_tells_nothing_where_several_are(
    following: Following,
) -> None:
    following.room.join("ada")
    following.roster.detector.packet(None, packet())
    following.room.join("bob")
    assert following.roster.dialect("ada") is Dialect.UNKNOWN
    assert following.roster.dialect("bob") is Dialect.UNKNOWN


async def test_a_packet_without_sender_is_not_taken_for_an_agents(following: Following) -> None:
    following.roster.detector.packet(None, packet())
    following.room.join("other agent", AGENT)
    assert following.roster.detector.has_unattributed


async def test_who_spoke_is_not_addressed_before_it_is_known_how(following: Following) -> None:
    following.room.join("ada")
    following.arrived.clear()
    following.roster.detector.stream_opened("ada", "1")
    assert following.roster.reachable() == []
    assert following.roster.expected() == {"ada"}
    following.roster.detector.packet("ada", packet(ignoreLegacy=True))
    assert following.roster.reachable() == ["ada"]
    assert following.arrived == ["ada"]


@pytest.mark.parametrize("given", [None, Dialect.JSON_EDIT])
async def test_an_attribute_goes_before_what_is_given_and_that_before_what_is_detected(
    given: Dialect | None,
) -> None:
    following = Following(dialect=given)
    following.room.join("ada")
    following.roster.detector.packet("ada", packet(ignoreLegacy=True))
    assert following.roster.dialect("ada") is (given or Dialect.STREAM)
    following.room.write_attribute("ada", "chat.dialect", "segment")
    assert following.roster.dialect("ada") is Dialect.SEGMENT
    following.room.write_attribute("ada", "chat.dialect", "klingon")
    assert following.roster.dialect("ada") is (given or Dialect.STREAM)


async def test_who_is_chosen_a_dialect_for_need_not_be_detected(following: Following) -> None:
    following.room.join("ada")
    following.room.write_attribute("ada", "chat.dialect", "stream")
    following.roster.detector.stream_opened("ada", "1")
    assert following.roster.reachable() == ["ada"]


async def test_another_agent_that_streams_without_twins_listens_to_chat() -> None:
    following = Following(STANDARD)
    following.room.join("assistant", AGENT)
    following.roster.detector.stream_opened("assistant", "6F9619FF-8B86-D011-B42D-00C04FC964FF")
    assert following.roster.dialect("assistant") is Dialect.STREAM


async def test_close_leaves_no_listener(following: Following) -> None:
    following.roster.close()
    assert following.room.listeners == []
