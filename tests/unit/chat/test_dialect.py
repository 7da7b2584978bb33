"""What single packets tell of the client that sent them."""

from __future__ import annotations

import json

import pytest

from chat.dialect import Dialect, dialect_of_packet, dialect_of_stream_alone, parse_dialect
from chat.wire import decode

UUID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"


@pytest.mark.parametrize(
    ("fields", "dialect"),
    [
        ({"id": UUID, "ignoreLegacy": True}, Dialect.STREAM),
        ({"id": UUID, "ignoreLegacy": False}, Dialect.STREAM),
        ({"ignoreLegacy": True}, Dialect.STREAM),
        ({"id": UUID, "ignore": True}, Dialect.JSON_EDIT),
        ({"id": UUID, "ignore": False}, Dialect.JSON_EDIT),
        ({"id": UUID}, Dialect.JSON_EDIT),
        ({"id": "Zq3abcDEF123"}, Dialect.JSON_EDIT),
        ({"id": "1790000000000", "timestamp": 1_790_000_000_000}, Dialect.JSON_FINAL),
        ({"id": "1790000000001", "timestamp": 1_790_000_000_000}, Dialect.JSON_EDIT),
        ({"id": "١٢"}, Dialect.JSON_EDIT),
        ({"id": "9" * 256}, Dialect.JSON_EDIT),
        ({}, Dialect.JSON_FINAL),
        ({"id": 7}, Dialect.JSON_FINAL),
        ({"id": ""}, Dialect.JSON_FINAL),
    ],
)
def test_a_packet_tells_its_client(fields: dict[str, object], dialect: Dialect) -> None:
    payload = {"message": "hi", "timestamp": 1_790_000_000_000, **fields}
    assert dialect_of_packet(decode(json.dumps(payload).encode())) is dialect


@pytest.mark.parametrize(
    ("stream_id", "dialect"),
    [(UUID.upper(), Dialect.SEGMENT), (UUID, None), ("", None), (UUID.upper() + "\n", None)],
)
def test_only_an_upper_case_uuid_tells_by_itself(stream_id: str, dialect: Dialect | None) -> None:
    assert dialect_of_stream_alone(stream_id) is dialect


@pytest.mark.parametrize("dialect", Dialect)
def test_every_dialect_is_chosen_by_its_name(dialect: Dialect) -> None:
    assert parse_dialect(dialect.value) is dialect


@pytest.mark.parametrize("name", [None, "", "STREAM", "klingon"])
def test_no_other_name_chooses_one(name: str | None) -> None:
    assert parse_dialect(name) is None
