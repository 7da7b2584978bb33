"""What each kind of client shows of what arrives, as written down from the clients' own sources."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from chat import ChatMessage
from chat.dialect import Dialect
from chat.terminal.played.bubble import Bubble, Stream
from chat.terminal.played.clients import CLIENTS
from chat.terminal.played.screens import SCREENS
from chat.wire import decode

STREAM, JSON, UPDATE, SEGMENT = (
    "lk.chat",
    "lk-chat-topic",
    "lk-chat-update-topic",
    "lk.transcription",
)


@dataclass
class Json:
    """A JSON packet arrives; fields that are None are left out."""

    text: str
    id: str | None = "a"
    topic: str = JSON
    sender: str | None = "agent"
    more: dict[str, object] = field(default_factory=dict)


@dataclass
class Proto:
    """A protobuf packet arrives."""

    text: str
    id: str = "a"
    sender: str = "agent"


@dataclass
class Chunk:
    """Text arrives on a stream, which opens with it if it is not open."""

    text: str
    id: str = "a"
    topic: str = STREAM
    sender: str = "agent"
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass
class End:
    """A stream ends."""

    id: str = "a"
    topic: str = STREAM
    sender: str = "agent"
    attributes: dict[str, str] = field(default_factory=dict)


Arrival = Json | Proto | Chunk | End


def segment(text: str, stream: str = "s", segment_id: str = "a", *, final: str = "false") -> Chunk:
    attributes = {"lk.segment_id": segment_id, "lk.transcription_final": final}
    return Chunk(text, stream, SEGMENT, attributes=attributes)


def segment_end(stream: str = "s", segment_id: str = "a", *, final: str = "true") -> End:
    attributes = {"lk.segment_id": segment_id, "lk.transcription_final": final}
    return End(stream, SEGMENT, attributes=attributes)


def bubbles(dialect: Dialect, arrivals: Iterable[Arrival]) -> list[Bubble]:
    """What stands on the screen at last, in the order in which it appeared."""
    screen = SCREENS[dialect]()
    shown: dict[tuple[str | None, str], Bubble] = {}
    opened: dict[tuple[str, str], Stream] = {}
    for arrival in arrivals:
        bubble = None
        match arrival:
            case Json(topic=topic) if topic in screen.packet_topics:
                fields = {"id": arrival.id, "message": arrival.text, "timestamp": 1_790_000_000_000}
                present = {k: v for k, v in fields.items() if v is not None} | arrival.more
                bubble = screen.take_packet(arrival.sender, decode(json.dumps(present).encode()))
            case Proto(text, identifier, sender) if screen.protobuf:
                bubble = screen.take_protobuf(sender, ChatMessage(text, id=identifier))
            case Chunk(topic=topic) if topic == screen.stream_topic:
                stream = Stream(arrival.sender, arrival.id, arrival.attributes)
                bubble = screen.grow(opened.setdefault(stream.key, stream), arrival.text)
            case End(topic=topic) if topic == screen.stream_topic:
                key = (arrival.sender, arrival.id)
                stream = opened.pop(key, Stream(*key, arrival.attributes))
                bubble = screen.end(stream, {**stream.attributes, **arrival.attributes})
        if bubble is not None:
            shown[bubble.key] = bubble
    return list(shown.values())


def shown(dialect: Dialect, arrivals: Iterable[Arrival]) -> list[str]:
    """The texts on the screen; those that are still being written end in an ellipsis."""
    return [b.text + ("…" if b.complete is False else "") for b in bubbles(dialect, arrivals)]


TWIN: dict[str, object] = {"ignoreLegacy": True}

Table = dict[str, tuple[list[Arrival], list[str]]]
"""What arrives, and what a client shows in the end, by the name of the case."""

STREAM_TABLE: Table = {
    "grows": ([Chunk("He"), Chunk("llo")], ["Hello…"]),
    "ends": ([Chunk("He"), Chunk("llo"), End()], ["Hello"]),
    "ends without text": ([End()], []),
    "later stream replaces": ([Chunk("Hello"), End(), Chunk("Bye"), End()], ["Bye"]),
    "later stream grows": ([Chunk("Hello"), End(), Chunk("B"), Chunk("ye")], ["Bye…"]),
    "two at once": ([Chunk("a"), Chunk("b", "b"), Chunk("a")], ["aa…", "b…"]),
    "other sender": ([Chunk("a"), End(), Chunk("b", sender="bob")], ["a", "b…"]),
    "twin": ([Chunk("a"), End(), Json("a", more=TWIN)], ["a"]),
    "twin alone": ([Json("a", more=TWIN)], []),
    "JSON alone": ([Json("a")], ["a"]),
    "JSON that is no twin": ([Json("a", more={"ignoreLegacy": False})], ["a"]),
    "JSON replaces": ([Chunk("a"), End(), Json("b")], ["b"]),
    "stream replaces JSON": ([Json("b"), Chunk("a"), End()], ["a"]),
    "JSON without id": ([Json("a", None), Json("b", None)], ["a", "b"]),
    "JSON of the unannounced": ([Json("a", sender=None), Json("b")], ["a", "b"]),
    "JSON edit": ([Json("a"), Json("b", topic=UPDATE)], ["a"]),
    "transcription": ([segment("a")], []),
    "protobuf": ([Proto("a")], []),
}

JSON_EDIT_TABLE: Table = {
    "one": ([Json("a")], ["a"]),
    "edited": ([Json("a"), Json("b", topic=UPDATE)], ["b"]),
    "replaced": ([Json("a"), Json("b")], ["b"]),
    "update of the unknown": ([Json("b", topic=UPDATE)], ["b"]),
    "other sender": ([Json("a"), Json("b", topic=UPDATE, sender="bob")], ["a", "b"]),
    "without id": ([Json("a", None), Json("b", None)], ["a", "b"]),
    "deleted": ([Json("a"), Json("", topic=UPDATE, more={"deleted": True})], [""]),
    "twin": ([Json("a", more=TWIN)], ["a"]),
    "stream": ([Chunk("a"), End()], []),
    "transcription": ([segment("a")], []),
    "protobuf": ([Proto("a")], []),
}

JSON_FINAL_TABLE: Table = {
    "one": ([Json("a")], ["a"]),
    "same id": ([Json("a"), Json("a")], ["a", "a"]),
    "without id": ([Json("a", None), Json("b", None)], ["a", "b"]),
    "edited": ([Json("a"), Json("b", topic=UPDATE)], ["a"]),
    "twin": ([Json("a", more=TWIN)], ["a"]),
    "stream": ([Chunk("a"), End()], []),
    "transcription": ([segment("a")], []),
    "protobuf": ([Proto("a")], []),
}

SEGMENT_TABLE: Table = {
    "grows": ([segment("He"), segment("llo")], ["Hello…"]),
    "ends": ([segment("He"), segment("llo"), segment_end()], ["Hello"]),
    "ends without text": ([segment_end()], []),
    "another stream follows": (
        [segment("He"), segment_end(final="false"), segment("Hello", "t")],
        ["Hello…"],
    ),
    "the end of all": (
        [segment("He"), segment_end(final="false"), segment("Hello", "t"), segment_end("t")],
        ["Hello"],
    ),
    "later stream replaces": (
        [segment("a"), segment_end(), segment("b", "t"), segment("c", "t"), segment_end("t")],
        ["bc"],
    ),
    "later stream while one is open": ([segment("a"), segment("b", "t")], ["b…"]),
    "final from the start": ([segment("a", final="true"), segment("b", final="true")], ["b…"]),
    "final in one chunk": (
        [segment("a"), segment_end(), segment("b", "t", final="true"), segment_end("t")],
        ["b"],
    ),
    "another segment begins": (
        [segment("a"), segment("b", "t", "b"), segment("c"), segment("d", "t", "b")],
        ["c…", "d…"],
    ),
    "another segment of another sender": (
        [segment("a"), Chunk("b", "t", SEGMENT, sender="bob"), segment("c")],
        ["ac…", "b…"],
    ),
    "same segment of another sender": (
        [segment("a"), Chunk("b", "s", SEGMENT, "bob", {"lk.segment_id": "a"})],
        ["a…", "b…"],
    ),
    "without attributes": (
        [Chunk("a", "s", SEGMENT), Chunk("b", "s", SEGMENT), End("s", SEGMENT)],
        ["ab"],
    ),
    "chat stream": ([Chunk("a"), End()], []),
    "JSON": ([Json("a"), Json("b", topic=UPDATE)], []),
    "protobuf": ([Proto("a")], []),
}

PROTO_TABLE: Table = {
    "one": ([Proto("a")], ["a"]),
    "edited": ([Proto("a"), Proto("b")], ["b"]),
    "other sender": ([Proto("a"), Proto("b", sender="bob")], ["a", "b"]),
    "stream": ([Chunk("a"), End()], []),
    "JSON": ([Json("a"), Json("b", topic=UPDATE)], []),
    "transcription": ([segment("a")], []),
}

TABLES: dict[Dialect, Table] = {
    Dialect.STREAM: STREAM_TABLE,
    Dialect.JSON_EDIT: JSON_EDIT_TABLE,
    Dialect.JSON_FINAL: JSON_FINAL_TABLE,
    Dialect.SEGMENT: SEGMENT_TABLE,
    Dialect.PROTO: PROTO_TABLE,
}

CASES = [
    pytest.param(dialect, *case, id=f"{dialect.value}: {name}")
    for dialect, table in TABLES.items()
    for name, case in table.items()
]


@pytest.mark.parametrize(("dialect", "arrivals", "expected"), CASES)
def test_a_client_shows(dialect: Dialect, arrivals: list[Arrival], expected: list[str]) -> None:
    assert shown(dialect, arrivals) == expected


@pytest.mark.parametrize(
    ("dialect", "arrival"), [(Dialect.JSON_EDIT, Json("a")), (Dialect.PROTO, Proto("a"))]
)
def test_who_is_shown_edits_cannot_know_the_last_one(dialect: Dialect, arrival: Arrival) -> None:
    (bubble,) = bubbles(dialect, [arrival])
    assert bubble.complete is None


def test_whatever_can_be_played_has_a_screen() -> None:
    assert set(SCREENS) == set(CLIENTS) == set(Dialect) - {Dialect.UNKNOWN}
