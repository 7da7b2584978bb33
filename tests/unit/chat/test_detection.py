"""How a participant speaks, by what arrives of it, in any order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from chat.detection import (
    LATE_TWIN_LIMIT,
    REMEMBERED,
    TWIN_LIMIT,
    UNDECIDED_REMEMBERED,
    DialectDetector,
)
from chat.dialect import Dialect
from chat.wire import JsonPacket, decode
from tests.virtual_time import run_in_virtual_time


class Sender:
    """A detector that is told of packets, and whom it has detected."""

    def __init__(self) -> None:
        self.detected: list[str] = []
        self.corrected: list[tuple[str, float]] = []
        self.detector = DialectDetector(self.detected.append, self._on_corrected)

    def _on_corrected(self, identity: str, since: float) -> None:
        self.corrected.append((identity, since))

    def stream(self, message_id: str = "1", who: str = "ada", *, announced: bool = True) -> None:
        self.detector.stream_opened(who, message_id)
        self.detector.stream_ended(who, message_id, announced=announced)

    def packet(self, who: str | None = "ada", message_id: str | None = "1", **keys: Any) -> None:
        self.detector.packet(who, packet(id=message_id, **keys))


def packet(**fields: Any) -> JsonPacket:
    return decode(json.dumps({"message": "hi", **fields}).encode())


def play(scenario: Callable[[Sender], Coroutine[Any, Any, None]]) -> Sender:
    async def main() -> Sender:
        sender = Sender()
        await scenario(sender)
        await asyncio.sleep(TWIN_LIMIT * 2)
        return sender

    return run_in_virtual_time(main())


STREAM, PROTOBUF = "stream", "protobuf"
WEB = {"ignoreLegacy": True}
OLD_WEB = {"ignore": False}


@pytest.mark.parametrize(
    ("sent", "dialect"),
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
    sent: list[Any], dialect: Dialect
) -> None:
    async def scenario(sender: Sender) -> None:
        for way in sent:
            if way == STREAM:
                sender.stream()
            elif way == PROTOBUF:
                sender.detector.protobuf("ada", "1")
            else:
                sender.detector.packet("ada", packet(**{"id": "1", **way}))

    assert play(scenario).detector.dialect("ada") is dialect


def test_twins_with_different_ids_are_one_clients() -> None:
    async def scenario(sender: Sender) -> None:
        sender.stream("1")
        sender.packet(message_id="2", ignoreLegacy=True)

    assert play(scenario).detector.dialect("ada") is Dialect.STREAM


def test_nothing_is_detected_before_the_twins_time_is_over() -> None:
    async def scenario(sender: Sender) -> None:
        sender.stream()
        await asyncio.sleep(TWIN_LIMIT * 0.9)
        assert sender.detector.undecided("ada")
        assert sender.detector.dialect("ada") is Dialect.UNKNOWN
        sender.packet(ignoreLegacy=True)
        assert not sender.detector.undecided("ada")

    assert play(scenario).detected == ["ada"]


def test_the_twins_time_begins_with_the_streams_end() -> None:
    async def scenario(sender: Sender) -> None:
        sender.detector.stream_opened("ada", "1")
        await asyncio.sleep(TWIN_LIMIT * 10)
        assert sender.detector.undecided("ada")
        sender.detector.stream_ended("ada", "1", announced=True)
        await asyncio.sleep(TWIN_LIMIT * 1.1)
        assert sender.detector.dialect("ada") is Dialect.SEGMENT

    play(scenario)


def test_an_earlier_detection_holds_until_the_next() -> None:
    async def scenario(sender: Sender) -> None:
        sender.packet(ignoreLegacy=True)
        sender.stream("2")
        assert not sender.detector.undecided("ada")
        assert sender.detector.dialect("ada") is Dialect.STREAM

    assert play(scenario).detector.dialect("ada") is Dialect.SEGMENT


def test_swift_is_known_by_its_ids_at_once() -> None:
    async def scenario(sender: Sender) -> None:
        sender.detector.stream_opened("ada", "6F9619FF-8B86-D011-B42D-00C04FC964FF")
        assert sender.detector.dialect("ada") is Dialect.SEGMENT

    play(scenario)


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest.mark.parametrize("twin_id", ["1", "2"])
@pytest.mark.parametrize("late", [TWIN_LIMIT * 2, 5.0, LATE_TWIN_LIMIT])
def test_a_late_twin_corrects_what_was_concluded_without_it(twin_id: str, late: float) -> None:
    async def scenario(sender: Sender) -> None:
        began = now()
        sender.stream()
        await asyncio.sleep(late)
        assert sender.detector.dialect("ada") is Dialect.SEGMENT
        assert sender.detected == ["ada"]
        sender.packet(message_id=twin_id, ignoreLegacy=True)
        assert sender.detector.dialect("ada") is Dialect.STREAM
        assert sender.corrected == [("ada", began)]

    assert play(scenario).detected == ["ada"]


def test_of_several_streams_without_twins_the_first_counts() -> None:
    async def scenario(sender: Sender) -> None:
        began = now()
        for number in "123":
            sender.stream(number)
            await asyncio.sleep(1.0)
        sender.packet(message_id="2", ignoreLegacy=True)
        assert sender.corrected == [("ada", began)]

    play(scenario)


def test_a_packet_long_after_a_stream_corrects_nothing_but_decides() -> None:
    async def scenario(sender: Sender) -> None:
        sender.stream()
        await asyncio.sleep(LATE_TWIN_LIMIT * 2)
        sender.packet(message_id="1", ignoreLegacy=True)

    sender = play(scenario)
    assert sender.corrected == []
    assert sender.detector.dialect("ada") is Dialect.STREAM


def test_what_was_shown_is_not_corrected() -> None:
    async def scenario(sender: Sender) -> None:
        sender.detector.stream_opened("ada", "6F9619FF-8B86-D011-B42D-00C04FC964FF")
        await asyncio.sleep(1.0)
        sender.packet(ignoreLegacy=True)
        sender.detector.protobuf("bob", "1")
        await asyncio.sleep(1.0)
        sender.packet("bob", ignore=False)

    assert play(scenario).corrected == []


def test_whose_twin_was_late_gets_more_time_and_others_do_not() -> None:
    async def scenario(sender: Sender) -> None:
        for who in ("ada", "bob"):
            sender.stream(who=who)
        await asyncio.sleep(1.0)
        sender.packet("ada", ignoreLegacy=True)
        for who in ("ada", "bob"):
            sender.stream("2", who)
        await asyncio.sleep(LATE_TWIN_LIMIT - 1)
        assert sender.detector.dialect("ada") is Dialect.STREAM
        assert sender.detector.dialect("bob") is Dialect.SEGMENT
        await asyncio.sleep(2.0)
        assert sender.detector.dialect("ada") is Dialect.SEGMENT

    play(scenario)


def test_a_repeated_stream_id_is_judged_anew_each_time() -> None:
    async def scenario(sender: Sender) -> None:
        for other in "23":
            sender.stream("1")
            sender.packet(message_id=other, ignoreLegacy=True)

    assert play(scenario).detector.dialect("ada") is Dialect.STREAM


def test_two_people_with_one_stream_id_are_kept_apart() -> None:
    async def scenario(sender: Sender) -> None:
        sender.stream(who="ada")
        sender.stream(who="eve")
        sender.packet("ada", ignoreLegacy=True)

    sender = play(scenario)
    assert sender.detector.dialect("ada") is Dialect.STREAM
    assert sender.detector.dialect("eve") is Dialect.SEGMENT


@pytest.mark.parametrize("twin_id", ["1", "2"])
@pytest.mark.parametrize("stream_first", [True, False])
def test_an_unattributed_twin_counts_for_who_is_announced(twin_id: str, stream_first: bool) -> None:
    async def scenario(sender: Sender) -> None:
        if stream_first:
            sender.stream(announced=False)
        sender.packet(None, twin_id, ignoreLegacy=True)
        if not stream_first:
            sender.stream(announced=False)
        await asyncio.sleep(TWIN_LIMIT * 10)
        sender.detector.announced("ada")
        assert sender.detector.dialect("ada") is Dialect.STREAM

    play(scenario)


def test_a_stream_of_who_is_not_announced_is_judged_when_it_is() -> None:
    async def scenario(sender: Sender) -> None:
        sender.stream(announced=False)
        await asyncio.sleep(TWIN_LIMIT * 10)
        assert sender.detector.undecided("ada")
        sender.detector.announced("ada")
        await asyncio.sleep(TWIN_LIMIT * 1.1)
        assert sender.detector.dialect("ada") is Dialect.SEGMENT

    play(scenario)


def test_an_unattributed_packet_is_not_taken_for_one_of_who_streams_or_is_known() -> None:
    async def scenario(sender: Sender) -> None:
        sender.packet("bob", ignoreLegacy=True)
        sender.detector.stream_opened("ada", "a stream")
        sender.packet(None)
        sender.detector.announced("ada")
        sender.detector.announced("bob")
        assert sender.detector.undecided("ada")
        assert sender.detector.dialect("bob") is Dialect.STREAM
        sender.detector.announced("cid")
        assert sender.detector.dialect("cid") is Dialect.JSON_EDIT

    play(scenario)


def test_who_comes_back_takes_its_unattributed_packet_with_it() -> None:
    async def scenario(sender: Sender) -> None:
        sender.packet("ada")
        sender.packet(None)
        sender.detector.announced("ada")
        sender.detector.announced("bob")
        assert sender.detector.dialect("bob") is Dialect.UNKNOWN

    play(scenario)


def test_different_unattributed_packets_are_nobodys() -> None:
    async def scenario(sender: Sender) -> None:
        sender.packet(None, "1")
        sender.packet(None, None)
        assert sender.detector.has_unattributed
        for who in ("ada", "bob"):
            sender.detector.announced(who)
            assert sender.detector.dialect(who) is Dialect.UNKNOWN
        assert not sender.detector.has_unattributed

    play(scenario)


def test_only_so_much_is_remembered() -> None:
    async def scenario(sender: Sender) -> None:
        sender.packet("first")
        for number in range(max(REMEMBERED, UNDECIDED_REMEMBERED * 2)):
            sender.packet(f"other {number}")
            sender.stream(str(number), f"endless {number}", announced=False)
        assert sender.detector.dialect("first") is Dialect.UNKNOWN
        undecided = [n for n in range(REMEMBERED) if sender.detector.undecided(f"endless {n}")]
        assert len(undecided) == UNDECIDED_REMEMBERED

    play(scenario)


def test_after_its_end_nothing_is_detected() -> None:
    async def scenario(sender: Sender) -> None:
        sender.stream()
        sender.detector.close()

    assert play(scenario).detected == []
