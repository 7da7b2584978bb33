import json
import re
from datetime import UTC, datetime

import pytest

from chat import ChatMessage
from chat.dialect import Dialect
from chat.terminal.played.parcels import Packet, Parcel, Protobuf, TextStream, mint_id, pack

MESSAGE = ChatMessage("Grüße", id="a", timestamp=datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC))
MILLISECONDS = 1_790_000_000_000
BARE = {"message": "Grüße", "timestamp": MILLISECONDS}
WITH_ID = {**BARE, "id": "a"}


def described(parcel: Parcel) -> object:
    return json.loads(parcel.payload) if isinstance(parcel, Packet) else parcel


@pytest.mark.parametrize(
    ("dialect", "sent"),
    [
        (Dialect.STREAM, [TextStream("a", "Grüße"), {**WITH_ID, "ignoreLegacy": True}]),
        (Dialect.JSON_EDIT, [WITH_ID]),
        (Dialect.JSON_FINAL, [BARE]),
        (Dialect.SEGMENT, [TextStream("a", "Grüße")]),
        (Dialect.PROTO, [Protobuf(MESSAGE)]),
        (Dialect.UNKNOWN, []),
    ],
)
def test_a_message_goes_out_as_its_client_sends_it(dialect: Dialect, sent: list[object]) -> None:
    assert [described(parcel) for parcel in pack(MESSAGE, dialect)] == sent


def test_json_is_written_as_browsers_write_it() -> None:
    (packet,) = pack(MESSAGE, Dialect.JSON_FINAL)
    assert isinstance(packet, Packet)
    assert packet.payload == '{"message":"Grüße","timestamp":1790000000000}'.encode()


@pytest.mark.parametrize("dialect", list(Dialect))
def test_ids_are_uuids_and_those_of_swift_in_capitals(dialect: Dialect) -> None:
    digit = "[0-9A-F]" if dialect is Dialect.SEGMENT else "[0-9a-f]"
    assert re.fullmatch(rf"{digit}{{8}}(-{digit}{{4}}){{3}}-{digit}{{12}}", mint_id(dialect))
    assert mint_id(dialect) != mint_id(dialect)
