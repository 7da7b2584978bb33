"""How a participant speaks, by what arrives of it, in any order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from chat.detection import REMEMBERED, TWIN_LIMIT, UNDECIDED_REMEMBERED, Hearing
from chat.dialect import Dialect
from chat.wire import JsonPacket, decode
from tests.virtual_time import run_in_virtual_time


class Ear:
    """A hearing, and whom it concluded."""

    def __init__(self) -> None:
        self.concluded: list[str] = []
        self.hearing = Hearing(self.concluded.append)

    def stream(self, message_id: str = "1", who: str = "ada", *, announced: bool = True) -> None:
        self.hearing.stream_opened(who, message_id)
        self.hearing.stream_ended(who, message_id, announced=announced)

    def packet(self, who: str | None = "ada", message_id: str | None = "1", **keys: Any) -> None:
        self.hearing.packet(who, packet(id=message_id, **keys))


def packet(**fields: Any) -> JsonPacket:
    return decode(json.dumps({"message": "hi", **fields}).encode())


def play(scenario: Callable[[Ear], Coroutine[Any, Any, None]]) -> Ear:
    async def main() -> Ear:
        ear = Ear()
        await scenario(ear)
        await asyncio.sleep(TWIN_LIMIT * 2)
        return ear

    return run_in_virtual_time(main())


STREAM, PROTOBUF = "stream", "protobuf"
WEB = {"ignoreLegacy": True}
OLD_WEB = {"ignore": False}


@pytest.mark.parametrize(
    ("heard", "dialect"),
    [
        ([], Dialect.UNKNOWN),
        ([STREAM, WEB], Dialect.STREAM),
        ([WEB, STREAM], Dialect.STREAM),
        ([WEB], Dialect.STREAM),
        ([STREAM], Dialect.SEGMENT),
        ([{}], Dialect.JSON_EDIT),
        ([PROTOBUF], Dialect.PROTO),
        ([PROTOBUF, OLD_WEB], Dialect.JSON_EDIT),
        ([OLD_WEB, PROTOBUF], Dialect.JSON_EDIT),
        ([{"id": None}], Dialect.JSON_FINAL),
    ],
    ids=str,
)
def test_a_message_and_its_twin_tell_the_dialect_in_either_order(
    heard: list[Any], dialect: Dialect
) -> None:
    async def scenario(ear: Ear) -> None:
        for way in heard:
            if way == STREAM:
                ear.stream()
            elif way == PROTOBUF:
                ear.hearing.protobuf("ada", "1")
            else:
                ear.hearing.packet("ada", packet(**{"id": "1", **way}))

    assert play(scenario).hearing.dialect("ada") is dialect


def test_twins_with_different_ids_are_one_clients() -> None:
    async def scenario(ear: Ear) -> None:
        ear.stream("1")
        ear.packet(message_id="2", ignoreLegacy=True)

    assert play(scenario).hearing.dialect("ada") is Dialect.STREAM


def test_nothing_is_concluded_before_the_twins_time_is_over() -> None:
    async def scenario(ear: Ear) -> None:
        ear.stream()
        await asyncio.sleep(TWIN_LIMIT * 0.9)
        assert ear.hearing.undecided("ada")
        assert ear.hearing.dialect("ada") is Dialect.UNKNOWN
        ear.packet(ignoreLegacy=True)
        assert not ear.hearing.undecided("ada")

    assert play(scenario).concluded == ["ada"]


def test_the_twins_time_begins_with_the_streams_end() -> None:
    async def scenario(ear: Ear) -> None:
        ear.hearing.stream_opened("ada", "1")
        await asyncio.sleep(TWIN_LIMIT * 10)
        assert ear.hearing.undecided("ada")
        ear.hearing.stream_ended("ada", "1", announced=True)
        await asyncio.sleep(TWIN_LIMIT * 1.1)
        assert ear.hearing.dialect("ada") is Dialect.SEGMENT

    play(scenario)


def test_an_earlier_conclusion_holds_until_the_next() -> None:
    async def scenario(ear: Ear) -> None:
        ear.packet(ignoreLegacy=True)
        ear.stream("2")
        assert not ear.hearing.undecided("ada")
        assert ear.hearing.dialect("ada") is Dialect.STREAM

    assert play(scenario).hearing.dialect("ada") is Dialect.SEGMENT


def test_swift_is_known_by_its_ids_at_once() -> None:
    async def scenario(ear: Ear) -> None:
        ear.hearing.stream_opened("ada", "6F9619FF-8B86-D011-B42D-00C04FC964FF")
        assert ear.hearing.dialect("ada") is Dialect.SEGMENT

    play(scenario)


def test_a_repeated_stream_id_is_heard_anew_each_time() -> None:
    async def scenario(ear: Ear) -> None:
        for other in "23":
            ear.stream("1")
            ear.packet(message_id=other, ignoreLegacy=True)

    assert play(scenario).hearing.dialect("ada") is Dialect.STREAM


def test_two_people_with_one_stream_id_are_kept_apart() -> None:
    async def scenario(ear: Ear) -> None:
        ear.stream(who="ada")
        ear.stream(who="eve")
        ear.packet("ada", ignoreLegacy=True)

    ear = play(scenario)
    assert ear.hearing.dialect("ada") is Dialect.STREAM
    assert ear.hearing.dialect("eve") is Dialect.SEGMENT


@pytest.mark.parametrize("twin_id", ["1", "2"])
@pytest.mark.parametrize("stream_first", [True, False])
def test_an_unnamed_twin_counts_for_who_is_announced(twin_id: str, stream_first: bool) -> None:
    async def scenario(ear: Ear) -> None:
        if stream_first:
            ear.stream(announced=False)
        ear.packet(None, twin_id, ignoreLegacy=True)
        if not stream_first:
            ear.stream(announced=False)
        await asyncio.sleep(TWIN_LIMIT * 10)
        ear.hearing.announced("ada")
        assert ear.hearing.dialect("ada") is Dialect.STREAM

    play(scenario)


def test_a_stream_of_who_is_not_announced_is_judged_when_it_is() -> None:
    async def scenario(ear: Ear) -> None:
        ear.stream(announced=False)
        await asyncio.sleep(TWIN_LIMIT * 10)
        assert ear.hearing.undecided("ada")
        ear.hearing.announced("ada")
        await asyncio.sleep(TWIN_LIMIT * 1.1)
        assert ear.hearing.dialect("ada") is Dialect.SEGMENT

    play(scenario)


def test_an_unnamed_packet_is_not_taken_for_one_of_who_streams_or_is_known() -> None:
    async def scenario(ear: Ear) -> None:
        ear.packet("bob", ignoreLegacy=True)
        ear.hearing.stream_opened("ada", "a stream")
        ear.packet(None)
        ear.hearing.announced("ada")
        ear.hearing.announced("bob")
        assert ear.hearing.undecided("ada")
        assert ear.hearing.dialect("bob") is Dialect.STREAM
        ear.hearing.announced("cid")
        assert ear.hearing.dialect("cid") is Dialect.JSON_EDIT

    play(scenario)


def test_who_comes_back_takes_its_unnamed_packet_with_it() -> None:
    async def scenario(ear: Ear) -> None:
        ear.packet("ada")
        ear.packet(None)
        ear.hearing.announced("ada")
        ear.hearing.announced("bob")
        assert ear.hearing.dialect("bob") is Dialect.UNKNOWN

    play(scenario)


def test_different_unnamed_packets_are_nobodys() -> None:
    async def scenario(ear: Ear) -> None:
        ear.packet(None, "1")
        ear.packet(None, None)
        assert ear.hearing.heard_unnamed
        for who in ("ada", "bob"):
            ear.hearing.announced(who)
            assert ear.hearing.dialect(who) is Dialect.UNKNOWN
        assert not ear.hearing.heard_unnamed

    play(scenario)


def test_only_so_much_is_remembered() -> None:
    async def scenario(ear: Ear) -> None:
        ear.packet("first")
        for number in range(max(REMEMBERED, UNDECIDED_REMEMBERED * 2)):
            ear.packet(f"other {number}")
            ear.stream(str(number), f"endless {number}", announced=False)
        assert ear.hearing.dialect("first") is Dialect.UNKNOWN
        undecided = [n for n in range(REMEMBERED) if ear.hearing.undecided(f"endless {n}")]
        assert len(undecided) == UNDECIDED_REMEMBERED

    play(scenario)


def test_after_its_end_nothing_is_concluded() -> None:
    async def scenario(ear: Ear) -> None:
        ear.stream()
        ear.hearing.close()

    assert play(scenario).concluded == []
