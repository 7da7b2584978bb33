"""How a participant is spoken to, by what it has sent."""

from __future__ import annotations

import json

import pytest

from chat.dialect import Dialect, Evidence, dialect_of
from chat.wire import decode

STREAM = "a text stream"
PLAIN: dict[str, object] = {"id": "1", "message": "hi"}
TWIN: dict[str, object] = {"id": "1", "message": "hi", "ignoreLegacy": True}
UNIGNORED_TWIN: dict[str, object] = {"id": "1", "message": "hi", "ignoreLegacy": False}
PROTOBUF_TWIN: dict[str, object] = {"id": "1", "message": "hi", "ignore": False}


@pytest.mark.parametrize(
    ("sent", "dialect"),
    [
        ([], Dialect.STREAM),
        ([STREAM], Dialect.STREAM),
        ([STREAM, TWIN], Dialect.STREAM),
        ([TWIN], Dialect.STREAM),
        ([UNIGNORED_TWIN], Dialect.STREAM),
        ([PLAIN], Dialect.JSON_EDIT),
        ([PROTOBUF_TWIN], Dialect.JSON_EDIT),
        ([PLAIN, PLAIN], Dialect.JSON_EDIT),
        ([PLAIN, STREAM], Dialect.STREAM),
        ([STREAM, PLAIN], Dialect.STREAM),
        ([PLAIN, TWIN], Dialect.STREAM),
    ],
    ids=str,
)
def test_learns_from_what_is_sent(sent: list[str | dict[str, object]], dialect: Dialect) -> None:
    evidence = Evidence()
    for item in sent:
        if isinstance(item, str):
            evidence = evidence.with_stream()
        else:
            evidence = evidence.with_packet(decode(json.dumps(item).encode()))
    assert dialect_of(evidence) is dialect
